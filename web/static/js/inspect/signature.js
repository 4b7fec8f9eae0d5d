// The unit signs on the spot: a white sheet for the finger, kept as a picture.

import { h } from "../dom.js";
import { t } from "../page.js";
import { dialog } from "./frame.js";
import { thumb } from "./photos_box.js";
import { typed } from "./lines.js";
import { signs } from "./store.js";

const PEN = 3;

/** Sheet to sign on; gives the picture to `take`, nothing if it stayed empty. */
function sheet(take) {
  const canvas = h("canvas", { class: "i-sheet", role: "img", "aria-label": t("i.sign_here") });
  let [drawn, last] = [false, null];
  const context = () => canvas.getContext("2d");
  const clear = () => {
    const ratio = Math.min(devicePixelRatio || 1, 3);
    canvas.width = Math.round(canvas.clientWidth * ratio);
    canvas.height = Math.round(canvas.clientHeight * ratio);
    const pen = context();
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    Object.assign(pen, { strokeStyle: "#111", lineCap: "round", lineJoin: "round", lineWidth: PEN * ratio });
    drawn = false;
    done.disabled = true;
  };
  const at = (event) => {
    const { left, top } = canvas.getBoundingClientRect();
    const ratio = canvas.width / canvas.clientWidth;
    return [(event.clientX - left) * ratio, (event.clientY - top) * ratio];
  };
  canvas.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    last = at(event);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!last) return;
    const pen = context();
    const next = at(event);
    pen.beginPath();
    pen.moveTo(...last);
    pen.lineTo(...next);
    pen.stroke();
    last = next;
    drawn = true;
    done.disabled = false;
  });
  for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => { last = null; });
  const done = h("button", {
    class: "btn btn-accent", type: "button", disabled: true,
    onclick: () => canvas.toBlob((blob) => {
      box.close();
      if (drawn) take(blob);
    }, "image/png"),
  }, t("i.sign_done"));
  const box = dialog({
    title: t("i.sign_here"), kind: "is-sheet", body: canvas,
    foot: [h("button", { class: "btn btn-outline", type: "button", onclick: clear }, t("i.sign_again")), done],
  });
  clear();
}

/** Card of the signature on the form; fill(draft) hides it where the visit is not announced. */
export function signatureCard({ store, change, photo, drop }) {
  const post = h("input", { class: "form-control", id: "signed-post", maxlength: 50, autocomplete: "off" });
  const kept = typed(post, (words) => change((draft) => { draft.signed_post = words.trim(); }));
  const said = h("p", { class: "field-error", role: "alert", hidden: true });
  const picture = h("div", { class: "i-photos" });
  const button = h("button", {
    class: "btn btn-outline", type: "button",
    onclick: () => sheet(async (blob) => {
      said.hidden = true;
      try {
        await photo("signature", blob);
      } catch (error) {
        said.textContent = error.sentence ?? error.message;
        said.hidden = false;
      }
    }),
  });
  const box = h("section", { class: "i-card" },
    h("div", { class: "i-item-head" }, h("h2", {}, t("i.signature"))),
    h("p", { class: "quiet" }, t("i.signature_how")),
    picture, button, said,
    h("div", { class: "form-field" }, h("label", { for: "signed-post" }, t("i.signed_post")), post));
  let shown = null;
  return {
    box,
    fill(draft) {
      box.hidden = !signs(draft.visit);
      button.textContent = t(draft.signature ? "i.sign_anew" : "i.sign");
      if (document.activeElement !== post && !kept.busy()) post.value = draft.signed_post ?? "";
      if (shown === draft.signature) return;
      shown = draft.signature;
      picture.replaceChildren(...(shown ? [thumb(store, shown, t("i.signature"), { remove: drop })] : []));
    },
    flush: kept.now,
  };
}
