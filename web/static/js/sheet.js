// On a phone the panel is a sheet over the map, in three heights; drag it, or press its handle.

import { $ } from "./dom.js";
import { narrow, t } from "./page.js";

const HEIGHTS = ["peek", "half", "full"];
const DRAG_PX = 24;

const panel = $("panel");
const handle = $("sheet-handle");

/** Height the sheet covers of the map, px. */
export const covered = () => (narrow.matches ? panel.getBoundingClientRect().height : 0);

/** Set the sheet's height: "peek", "half" or "full". */
function setSheet(height) {
  panel.dataset.sheet = height;
  handle.setAttribute("aria-expanded", String(height !== "peek"));
  handle.setAttribute("aria-label", t(height === "full" ? "sheet.less" : "sheet.more"));
}

/** Half the sheet, half the map: what is opened is read and seen. */
export function beside() {
  if (narrow.matches) setSheet("half");
}

export function bindSheet() {
  setSheet("peek");
  let start = null;
  handle.addEventListener("click", () => {
    const next = { peek: "half", half: "full", full: "peek" };
    setSheet(next[panel.dataset.sheet]);
  });
  handle.addEventListener("pointerdown", (event) => {
    start = event.clientY;
    handle.setPointerCapture(event.pointerId);
  });
  handle.addEventListener("pointerup", (event) => {
    const moved = start === null ? 0 : start - event.clientY;
    start = null;
    if (Math.abs(moved) < DRAG_PX) return;
    const steps = Math.sign(moved) * (Math.abs(moved) > innerHeight * 0.35 ? 2 : 1);
    const now = HEIGHTS.indexOf(panel.dataset.sheet) + steps;
    setSheet(HEIGHTS[Math.min(Math.max(now, 0), HEIGHTS.length - 1)]);
    // the click that follows a drag is not a press
    handle.addEventListener("click", (click) => click.stopImmediatePropagation(), {
      once: true, capture: true,
    });
  });
}
