// The plan's tab, whose scripts come when it is first opened; until then nothing of it is there.

import { tab } from "./tabs.js";

/** The tab over a map; see plan/tab.js for `options` and for what it does. */
export function planTab(options) {
  let open = null;
  return {
    async sync() {
      if (open) open.sync();
      else if (tab() === "plan") {
        const { mount } = await import("./plan/tab.js");
        open ??= mount(options);
      }
    },
    click: (...event) => open?.click(...event) ?? false,
    over: (point) => open?.over(point) ?? null,
    redraw: () => open?.redraw(),
    recolor: () => open?.recolor(),
    anew: () => open?.anew(),
  };
}
