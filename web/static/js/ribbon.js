// The first-run ribbon: shown until it is closed, then never again on this device.

import { $ } from "./dom.js";
import { address, follow } from "./url.js";

const KEY = "stationmap.ribbon.closed";

const closed = () => {
  try {
    return localStorage.getItem(KEY) === "1";
  } catch {
    return true;
  }
};

/** Show the ribbon on a first visit, leading to the largest gap. */
export function showRibbon({ gap_id, street_id }) {
  const ribbon = $("ribbon");
  if (closed() || !ribbon.hidden) return;
  const open = { street: street_id, gap: gap_id, station: "" };
  const link = $("ribbon-gap");
  link.href = address(open);
  link.addEventListener("click", follow(open));
  $("ribbon-close").addEventListener("click", () => {
    ribbon.hidden = true;
    localStorage.setItem(KEY, "1");
    dispatchEvent(new Event("resize"));
  });
  ribbon.hidden = false;
  dispatchEvent(new Event("resize"));
}
