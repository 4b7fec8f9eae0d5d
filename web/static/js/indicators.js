// The indicators' panel: filled once, then told of the address by url.js.

/** Fill `box`, the section #indicators; `desk` = {map, fit, note} (see main.js). */
export function mount(box, desk) {
  void [box, desk];
}
