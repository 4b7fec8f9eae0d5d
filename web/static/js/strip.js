// A street drawn as a strip, to scale: small in the list; large with stations and gaps as beads.

import { h, s } from "./dom.js";
import { chainage, metres, number, rampOf, t } from "./page.js";
import { lookOf, outline } from "./symbols.js";

const WIDTH = 360;
const ROW_M = 1000;
const ROW_HEIGHT = 60;
const AXIS = 28;
const BAND = 16;
const LABEL_PX = 28;

/** Pieces of a span on a line; a span whose end is not beyond its start runs through the origin. */
const pieces = (from, to, length) => (from < to ? [[from, to]] : [[from, length], [0, to]]);

/** Top and height of a band: the left kerb's is the upper half, the right kerb's the lower. */
const half = (side, y, height) =>
  side === "both" ? [y, height] : [side === "left" ? y : y + height / 2, height / 2];

const bars = (part, from, to, draw) =>
  pieces(from, to, part.length_m).map(([a, b]) => draw(a, b));

/** The whole street in one bar as long as the street is, beside the longest one in the list. */
export function miniature(street, longest) {
  const total = street.parts.reduce((sum, part) => sum + part.length_m, 0);
  const break_m = street.parts.length > 1 ? total * 0.008 : 0;
  const marks = [];
  let start = 0;
  for (const part of street.parts) {
    const offset = start;
    const rect = (name, [y, height]) => (a, b) =>
      s("rect", { x: offset + a, y, width: b - a, height, class: name });
    marks.push(rect("axis", [5, 2])(0, part.length_m));
    for (const [from, to, side] of part.runs) {
      marks.push(...bars(part, from, to, rect("covered", half(side, 3, 6))));
    }
    for (const [from, to, points, side] of part.gaps) {
      marks.push(...bars(part, from, to, rect(`gap ramp-${rampOf(points)}`, half(side, 1, 10))));
    }
    start += part.length_m + break_m;
  }
  const picture = s("svg", {
    viewBox: `0 0 ${start || 1} 12`, preserveAspectRatio: "none", class: "miniature", "aria-hidden": "true",
  }, marks);
  // by the root: a ring road would leave a side street nothing to be seen on
  picture.style.width = `${Math.max(100 * Math.sqrt(total / longest), 25)}%`;
  return picture;
}

/** Rows of [from, to) into which a part is folded. */
function rows(length) {
  const count = Math.max(Math.ceil(length / ROW_M - 0.15), 1);
  const size = count === 1 ? length : ROW_M;
  return Array.from({ length: count }, (_, i) => [i * size, i === count - 1 ? length : (i + 1) * size]);
}

function drawRow(part, [from, to], size, { chosen, pick }) {
  const x = (m) => ((m - from) / size) * (WIDTH - 16) + 8;
  const within = (a, b, draw) => {
    const [low, high] = [Math.max(a, from), Math.min(b, to)];
    return high > low ? draw(low, high) : null;
  };
  const rect = (name, [y, height]) => (a, b) =>
    s("rect", { x: x(a), y, width: Math.max(x(b) - x(a), 1), height, class: name });
  const all = (spans, draw) => spans.flatMap((span) =>
    bars(part, span[0], span[1], (a, b) => within(a, b, (low, high) => draw(low, high, span))));
  const gapMark = (low, high, [, , length, points, side, gap_id]) => {
    const wide = x(high) - x(low);
    const on = gap_id === chosen;
    return s("g", { class: `gap-mark${on ? " chosen" : ""}`, onclick: () => pick(gap_id) },
      rect(`gap ramp-${rampOf(points)}`, half(side, AXIS - BAND / 2, BAND))(low, high),
      wide > LABEL_PX && side === "both" && s("text", {
        x: (x(low) + x(high)) / 2, y: AXIS + 4, class: `gap-length on-${rampOf(points)}`,
      }, number(length)),
    );
  };
  const ticks = [];
  for (let m = Math.ceil(from / 100) * 100; m <= to; m += 100) {
    ticks.push(s("line", { x1: x(m), x2: x(m), y1: AXIS + 9, y2: AXIS + (m % 500 ? 12 : 15), class: "tick" }));
  }
  const beads = part.stations.filter(({ at_m }) => at_m >= from && at_m <= to).map((station) =>
    s("g", { transform: `translate(${x(station.at_m).toFixed(1)} ${AXIS - 15})`, class: `symbol look-${lookOf(station.type)} is-active` },
      s("line", { x1: 0, x2: 0, y1: 0, y2: 15, class: "stem" }),
      s("path", { d: outline(lookOf(station.type), 5) }),
      s("title", {}, [station.name, chainage(station.at_m)].filter(Boolean).join(" · ")),
    ));
  return s("svg", { viewBox: `0 0 ${WIDTH} ${ROW_HEIGHT}`, class: "strip-row", "data-from": from, "data-size": size },
    rect("axis", [AXIS - 1, 2])(from, to),
    all(part.runs, (low, high, [, , side]) => rect("covered", half(side, AXIS - 4, 8))(low, high)),
    all(part.gaps, gapMark),
    ticks,
    s("text", { x: 8, y: ROW_HEIGHT - 4, class: "at" }, number(from)),
    s("text", { x: x(to), y: ROW_HEIGHT - 4, class: "at end" }, chainage(to)),
    beads,
    s("line", { x1: 0, x2: 0, y1: 4, y2: AXIS + 16, class: "cursor", visibility: "hidden" }),
  );
}

const holds = (part, [from, to], at) =>
  pieces(from, to, part.length_m).some(([a, b]) => at >= a && at <= b);

/** What there is at a place of a part, in words. */
function describe(part, at) {
  const gap = part.gaps.find((span) => holds(part, span, at));
  const values = { at: chainage(at) };
  if (gap) return t("street.at_gap", { ...values, length: metres(gap[2]) });
  const fronted = part.runs.some((span) => holds(part, span, at));
  return t(fronted ? "street.at_covered" : "street.at_none", values);
}

/**
 * One part of a street as a large strip that can be walked along with pointer and keys.
 * `moved(at_m)` follows it, null when it is left; `pick(gap_id)` when a gap is chosen.
 */
export function strip(part, { name, chosen, moved, pick }) {
  const folded = rows(part.length_m);
  const size = folded.length === 1 ? part.length_m : ROW_M;
  const pictures = folded.map((span) => drawRow(part, span, size, { chosen, pick }));
  const words = h("output", { class: "strip-words" });
  let at = 0;

  function go(to) {
    at = Math.min(Math.max(to, 0), part.length_m);
    const row = Math.min(folded.findIndex(([, end]) => at <= end), folded.length - 1);
    pictures.forEach((picture, i) => {
      const cursor = picture.querySelector(".cursor");
      cursor.setAttribute("visibility", i === row ? "visible" : "hidden");
      const x = ((at - folded[i][0]) / size) * (WIDTH - 16) + 8;
      cursor.setAttribute("transform", `translate(${x.toFixed(1)} 0)`);
    });
    const said = describe(part, at);
    words.textContent = said;
    box.setAttribute("aria-valuenow", Math.round(at));
    box.setAttribute("aria-valuetext", said);
    moved(at);
  }

  const steps = { ArrowRight: 10, ArrowUp: 10, ArrowLeft: -10, ArrowDown: -10, PageUp: 100, PageDown: -100 };
  const box = h("div", {
    class: "strip", tabindex: 0, role: "slider", "aria-label": t("street.strip", { name }),
    "aria-valuemin": 0, "aria-valuemax": Math.round(part.length_m), "aria-valuenow": 0,
    onkeydown: (event) => {
      const ends = { Home: 0, End: part.length_m };
      if (event.key in steps) go(at + steps[event.key]);
      else if (event.key in ends) go(ends[event.key]);
      else return;
      event.preventDefault();
    },
    onblur: () => moved(null),
    onpointerleave: () => moved(null),
  }, pictures);
  pictures.forEach((picture, i) => {
    const follow = (event) => {
      const { left, width } = picture.getBoundingClientRect();
      const px = ((event.clientX - left) / width) * WIDTH;
      go(Math.min(folded[i][0] + ((px - 8) / (WIDTH - 16)) * size, folded[i][1]));
    };
    picture.addEventListener("pointermove", follow);
    picture.addEventListener("pointerdown", follow);
  });
  return h("div", { class: "strip-box" }, box, words);
}
