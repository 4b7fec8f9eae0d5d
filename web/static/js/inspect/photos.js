// Photos made small on the phone: upright, at most 2560 px, without what the camera wrote about place and time.

import { t } from "../page.js";
import { Trouble } from "./net.js";

const LONGEST = 2560;
const QUALITY = 0.85;
// what the server takes as it is, where the phone cannot open it (too large for its memory)
const PLAIN = 25_000_000;
const KINDS = [
  [[0xff, 0xd8, 0xff], "image/jpeg"],
  [[0x89, 0x50, 0x4e, 0x47], "image/png"],
];

async function kindOf(blob) {
  const head = new Uint8Array(await blob.slice(0, 4).arrayBuffer());
  return KINDS.find(([sign]) => sign.every((byte, i) => head[i] === byte))?.[1];
}

/** The other way to open a picture: older browsers know of turned ones only so. */
async function element(blob) {
  const address = URL.createObjectURL(blob);
  try {
    const image = new Image();
    image.src = address;
    await image.decode();
    return image;
  } finally {
    URL.revokeObjectURL(address);
  }
}

async function decoded(blob) {
  try {
    return await createImageBitmap(blob, { imageOrientation: "from-image" });
  } catch {
    return element(blob);
  }
}

async function drawn(picture) {
  const width = picture.naturalWidth ?? picture.width;
  const height = picture.naturalHeight ?? picture.height;
  const scale = Math.min(1, LONGEST / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const pen = canvas.getContext("2d");
  // JPEG knows nothing of what is clear: it would turn black
  pen.fillStyle = "#ffffff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close?.();
  const blob = await new Promise((resolve) => { canvas.toBlob(resolve, "image/jpeg", QUALITY); });
  canvas.width = canvas.height = 0;
  if (!blob) throw new Error("no picture");
  return blob;
}

/** Return the picture as a JPEG. Raises Trouble with a sentence where nobody could open it. */
export async function shrink(blob) {
  try {
    return await drawn(await decoded(blob));
  } catch {
    const kind = await kindOf(blob).catch(() => null);
    if (!kind || blob.size > PLAIN) throw new Trouble(t("engine.photo_format"));
    return blob.slice(0, blob.size, kind);
  }
}

/** SHA-256 of a blob's bytes, as hexadecimal digits. */
export async function digest(blob) {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer()));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
