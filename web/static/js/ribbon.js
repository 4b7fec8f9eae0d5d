// The first-run ribbon: shown until it is closed, then never again on this device.

import { NOTHING } from "./cards.js";
import { $ } from "./dom.js";
import { show } from "./tabs.js";
import { address, follow } from "./url.js";

const KEY = "stationmap.ribbon.closed";

const closed = () => {
  try {
    return localStorage.getItem(KEY) === "1";
  } catch {
    return true;
  }
};

/** Show the ribbon on a first visit, leading to the largest gap and to the standards. */
export function showRibbon({ gap_id, street_id }) {
  const ribbon = $("ribbon");
  if (closed() || !ribbon.hidden) return;
  const open = { ...NOTHING, ...show("gaps"), street: street_id, gap: gap_id };
  for (const [id, to] of [["ribbon-gap", open], ["ribbon-standards", show("standards")]]) {
    $(id).href = address(to);
    $(id).addEventListener("click", follow(to));
  }
  $("ribbon-close").addEventListener("click", () => {
    ribbon.hidden = true;
    localStorage.setItem(KEY, "1");
    dispatchEvent(new Event("resize"));
  });
  ribbon.hidden = false;
  dispatchEvent(new Event("resize"));
}
