// The link to what is shown now, for a colleague: place, view, filters, what is open.

import { put } from "./clipboard.js";
import { $ } from "./dom.js";
import { t } from "./page.js";
import { address } from "./url.js";

const SHOWN_MS = 4000;

/** Let the button copy the link; `note` says it on the map. */
export function bindCopy(map, note) {
  const button = $("copy");
  let timer = 0;
  button.addEventListener("click", async () => {
    const { lat, lng } = map.getCenter();
    const at = [map.getZoom(), lat.toFixed(5), lng.toFixed(5)].join("/");
    const link = new URL(address({ at }), location.href).href;
    const done = await put(link);
    button.focus();
    if (!done) {
      note(t("copy.by_hand", { link }), { lasting: true });
      return;
    }
    button.classList.add("done");
    $("copy-said").textContent = t("copy.done");
    clearTimeout(timer);
    timer = setTimeout(() => {
      button.classList.remove("done");
      $("copy-said").textContent = "";
    }, SHOWN_MS);
  });
}
