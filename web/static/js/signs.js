// How a finding shows: a shape, a colour and a word for each state; the same on map, list and legend.

import { h, s } from "./dom.js";
import { t } from "./page.js";

// what wants attention first; the server's order
export const SIGNS = ["not_met", "advised", "unknown", "met", "not_applicable"];

// shown on the map unless the address says otherwise
export const SHORTFALLS = ["not_met", "advised"];

const circle = (r) => `M${-r},0A${r},${r} 0 1 1 ${r},0A${r},${r} 0 1 1 ${-r},0Z`;
const square = (r) => `M${-r},${-r}H${r}V${r}H${-r}Z`;
const diamond = (r) => `M0,${-r}L${r},0L0,${r}L${-r},0Z`;

// outline and mark within it, for a radius of 8
const SHAPES = {
  not_met: { outline: square(7), mark: "M-3.4,-3.4L3.4,3.4M3.4,-3.4L-3.4,3.4" },
  advised: { outline: "M0,-8.4L8.6,7H-8.6Z", mark: "M0,-2.6V2.2M0,4.4V4.9" },
  unknown: {
    outline: diamond(10),
    hatch: "M-7.4,1.6L1.6,-7.4M-1.6,7.4L7.4,-1.6",
    mark: "M-2.6,-2.4A2.6,2.4 0 1 1 0,0.2V1.6M0,4.6V5",
  },
  met: { outline: circle(7.6), mark: "M-3.6,0.2L-1,2.9L3.8,-2.6" },
  not_applicable: { outline: circle(7.6), mark: "M-3.6,0H3.6" },
};

/** A small picture of a state; the word stands beside it. */
export function sign(name) {
  const { outline, hatch, mark } = SHAPES[name];
  return s("svg", { viewBox: "-10 -10 20 20", class: `sign sign-${name}`, "aria-hidden": "true" },
    s("path", { class: "sign-outline", d: outline }),
    hatch && s("path", { class: "sign-hatch", d: hatch }),
    s("path", { class: "sign-mark", d: mark }));
}

const WORDS = {
  not_met: () => t("sign.not_met"),
  advised: () => t("sign.advised"),
  unknown: () => t("sign.unknown"),
  met: () => t("sign.met"),
  not_applicable: () => t("sign.not_applicable"),
};
export const signWord = (name) => WORDS[name]();

/** Picture and word of a state, with a number if there is one. */
export const said = (name, count = null) => h("span", { class: `said said-${name}` },
  sign(name), h("span", {}, signWord(name)), count !== null && h("strong", {}, count));

const kept = new Map();
const path = (text) => {
  if (!kept.has(text)) kept.set(text, new Path2D(text));
  return kept.get(text);
};

/** Draw a state on a canvas at x, y; `size` 1 is a radius of 8 px. */
export function drawSign(ctx, name, x, y, size, color) {
  const { outline, hatch, mark } = SHAPES[name];
  ctx.save();
  ctx.translate(x, y);
  ctx.scale(size, size);
  ctx.lineJoin = "round";
  ctx.lineCap = "round";
  ctx.fillStyle = color(`sign-${name}`);
  ctx.strokeStyle = color("halo");
  ctx.lineWidth = 3;
  ctx.stroke(path(outline));
  ctx.fill(path(outline));
  if (hatch) {
    ctx.strokeStyle = color("sign-hatch");
    ctx.lineWidth = 1.2;
    ctx.stroke(path(hatch));
  }
  ctx.strokeStyle = color(`on-sign-${name}`);
  ctx.lineWidth = 2;
  ctx.stroke(path(mark));
  ctx.restore();
}
