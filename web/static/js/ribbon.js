// The first-run ribbon: shown until it is closed, then never again on this device.

import { $ } from "./dom.js";
import { change } from "./url.js";
import { ask } from "./server.js";

const KEY = "stationmap.ribbon.closed";

const closed = () => {
  try {
    return localStorage.getItem(KEY) === "1";
  } catch {
    return true;
  }
};

/** Show the ribbon on a first visit; call it where there is a gap to show. */
export function showRibbon() {
  const ribbon = $("ribbon");
  if (closed() || !ribbon.hidden) return;
  ribbon.hidden = false;
  dispatchEvent(new Event("resize"));
  $("ribbon-close").addEventListener("click", () => {
    ribbon.hidden = true;
    localStorage.setItem(KEY, "1");
    dispatchEvent(new Event("resize"));
  });
  $("ribbon-gap").addEventListener("click", async (event) => {
    event.preventDefault();
    const { streets } = await ask("ribbon", "streets", { sort: "points", limit: 1 });
    const gaps = (streets[0]?.parts ?? []).flatMap((part) => part.gaps);
    if (!gaps.length) return;
    const worst = gaps.reduce((a, b) => (b[3] > a[3] ? b : a));
    change({ street: streets[0].street_id, gap: worst[5], station: "" });
  });
}
