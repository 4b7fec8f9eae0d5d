// Pictures of a line: thumbs, the large view, the buttons that take one.

import { h } from "../dom.js";
import { t } from "../page.js";
import { ICONS, dialog, icon, sure } from "./frame.js";

const ACCEPTED = "image/jpeg,image/png,image/webp,image/*";

/** A thumb that opens large; `remove` adds a way to take it away. */
export function thumb(store, id, alt, { remove = null } = {}) {
  const img = h("img", { alt, width: 64, height: 64, loading: "lazy" });
  const box = h("button", { class: "i-thumb", type: "button", "aria-label": t("i.photo_open", { what: alt }) }, img);
  img.addEventListener("error", () => box.classList.add("missing"));
  store.photoUrl(id).then((url) => {
    if (url) img.src = url;
    else box.classList.add("missing");
  }, () => box.classList.add("missing"));
  box.addEventListener("click", () => large(store, id, alt, remove));
  return box;
}

async function large(store, id, alt, remove) {
  const img = h("img", { alt, class: "i-large" });
  const missing = h("p", { class: "quiet", hidden: true }, t("i.photo_missing"));
  img.addEventListener("error", () => {
    img.hidden = true;
    missing.hidden = false;
  });
  const box = dialog({
    title: alt, kind: "is-photo", body: [img, missing],
    foot: remove && h("button", {
      class: "btn btn-outline", type: "button",
      onclick: async () => {
        box.close();
        if (await sure({ title: t("i.photo_drop"), text: t("i.photo_drop_text"), yes: t("i.drop") })) remove(id);
      },
    }, t("i.photo_drop")),
  });
  try {
    img.src = await store.photoUrl(id, { full: true });
  } catch {
    img.dispatchEvent(new Event("error"));
  }
}

/** Strip of thumbs that keeps those that stay as they are. */
export function strip(store, { alt, remove = null }) {
  const box = h("div", { class: "i-photos" });
  const kept = new Map();
  return {
    box,
    fill(ids) {
      for (const [id, one] of kept) {
        if (!ids.includes(id)) {
          one.remove();
          kept.delete(id);
        }
      }
      for (const id of ids) {
        if (kept.has(id)) continue;
        const one = thumb(store, id, alt, { remove });
        kept.set(id, one);
        box.append(one);
      }
      box.hidden = !ids.length;
    },
    /** The shape of what is being made small; the result takes it away. */
    wait(count) {
      const bones = Array.from({ length: count }, () => h("span", { class: "i-thumb bone", "aria-hidden": "true" }));
      box.hidden = false;
      box.append(...bones);
      return () => {
        bones.forEach((one) => one.remove());
        box.hidden = !kept.size;
      };
    },
  };
}

/** A button that opens the camera, or the pictures of the phone; gives each file to `take`. */
export function shutter({ label, take, camera = true, words = "" }) {
  const input = h("input", {
    type: "file", accept: ACCEPTED, class: "i-file", "aria-label": label,
    capture: camera ? "environment" : null, multiple: !camera,
  });
  input.addEventListener("change", () => {
    const files = [...input.files];
    input.value = "";
    take(files);
  });
  return h("label", { class: `i-tool${words ? " has-words" : ""}`, title: label },
    input, icon(camera ? ICONS.camera : ICONS.picture), words && h("span", {}, words));
}
