// The inspector's layer: what waits at each station, by shape, colour and word. For the signed-in alone.

import { palette } from "./base.js";
import { canvas, pane } from "./canvas.js";
import { h, s } from "./dom.js";
import { number, page, t } from "./page.js";
import { change, current } from "./url.js";

// what wants attention first; the server's order
export const WORK = ["reinspect", "overdue", "round", "stale", "due", "done"];
const NONE = "none";
const usual = () => (page.inspect?.all ? WORK : WORK.filter((name) => name !== "due" && name !== "stale"));

// outline and mark within a radius of 8, the colours of both
const circle = (r) => `M${-r},0A${r},${r} 0 1 1 ${r},0A${r},${r} 0 1 1 ${-r},0Z`;
const SHAPES = {
  reinspect: {
    outline: `${circle(8)}M-8,0V8H0Z`, mark: "M3.6,-2.4A4.2,4.2 0 1 0 4.2,1.2M4,-5V-1.8H0.8",
    tones: ["sign-not_met", "on-sign-not_met"],
  },
  overdue: { outline: "M-7.4,-7.4H7.4V7.4H-7.4Z", mark: "M0,-4.4V1.2M0,4.2V4.4", tones: ["sign-not_met", "on-sign-not_met"] },
  round: { outline: "M-8,-8H3L9,0L3,8H-8Z", mark: "M-3,-3.4L2,0L-3,3.4", tones: ["focus", "paper"] },
  stale: { outline: "M0,-10L10,0L0,10L-10,0Z", mark: "M-3.4,-3.8H3.4L-3.4,3.8H3.4Z", tones: ["sign-unknown", "on-sign-unknown"] },
  due: { outline: "M-7.4,7.4V-1A7.4,7.4 0 0 1 7.4,-1V7.4Z", mark: "M0,-3.4V0.6L3,2.4", tones: ["sign-advised", "on-sign-advised"] },
  done: { outline: circle(7.6), mark: "M-3.6,0.2L-1,2.9L3.8,-2.6", tones: ["sign-met", "on-sign-met"] },
};

/** Kinds of work that the address shows. */
export const shownWork = () => {
  const { work } = current();
  if (!page.inspect || work === NONE) return [];
  return work ? work.split(",").filter((name) => WORK.includes(name)) : usual();
};

/** What is asked of the server for the layer; null for nothing. */
export function workQuery() {
  const shown = shownWork();
  return shown.length ? { work: shown.length === WORK.length ? "" : shown.join(",") } : null;
}

function toggle(name, on) {
  const set = new Set(shownWork());
  if (on) set.add(name);
  else set.delete(name);
  const text = WORK.filter((kind) => set.has(kind)).join(",");
  change({ work: text === usual().join(",") ? "" : text || NONE });
}

/** A small picture of a kind of work; the word stands beside it. */
export function workSign(name) {
  const { outline, mark } = SHAPES[name];
  return s("svg", { viewBox: "-11 -11 22 22", class: `sign work-${name}`, "aria-hidden": "true" },
    s("path", { class: "sign-outline", d: outline }), s("path", { class: "sign-mark", d: mark }));
}

const word = (name) => t(`work.${name}`, { due: page.inspect.dueDays, stale: page.inspect.staleDays });

/** Rows of the legend: words, and boxes that show and hide. */
export function workLegend() {
  if (!page.inspect) return [];
  const row = (name) => h("label", { class: "legend-row" },
    h("input", {
      type: "checkbox", checked: shownWork().includes(name), "data-work": name,
      onchange: (event) => toggle(name, event.target.checked),
    }), workSign(name), h("span", {}, word(name)));
  return [h("h3", {}, t("work.title")), h("div", { role: "group", "aria-label": t("work.title") }, WORK.map(row))];
}

const kept = new Map();
const path = (text) => {
  if (!kept.has(text)) kept.set(text, new Path2D(text));
  return kept.get(text);
};

const FONT = '"PingFang SC", "Microsoft YaHei", "Noto Sans SC", "Noto Sans CJK SC", sans-serif';
const PILL = { width: 28, height: 22, drop: 26 };
// what is of many stations steps back
const SMALL = { due: 0.7, stale: 0.8 };
const sizeOf = (zoom) => (zoom < 14 ? 0.7 : zoom < 16 ? 0.9 : 1.15);
// at the other shoulder than a finding's sign
const aside = (size) => -9 * size;

/** Paint `found.work`; returns redraw, recolor, and what a pointer needs. */
export function paintWork(map, found) {
  let color = palette();

  function draw(ctx, name, x, y, size, order) {
    const { outline, mark, tones: [tone, on] } = SHAPES[name];
    ctx.save();
    ctx.translate(x, y);
    ctx.scale(size, size);
    ctx.lineJoin = ctx.lineCap = "round";
    ctx.strokeStyle = color("halo");
    ctx.lineWidth = 3;
    ctx.stroke(path(outline));
    ctx.fillStyle = color(tone);
    ctx.fill(path(outline));
    if (order && name === "round") {
      ctx.font = `700 11px ${FONT}`;
      ctx.textAlign = "center";
      ctx.textBaseline = "middle";
      ctx.fillStyle = color(on);
      ctx.fillText(order, -0.5, 0.5);
    } else {
      ctx.strokeStyle = color(on);
      ctx.lineWidth = 2;
      ctx.stroke(path(mark));
    }
    ctx.restore();
  }

  function pill(ctx, x, y, cell) {
    const worst = WORK.find((name) => cell[name] > 0);
    const text = number(cell[worst]);
    ctx.font = `600 13px ${FONT}`;
    const width = ctx.measureText(text).width + PILL.width;
    ctx.beginPath();
    ctx.roundRect(x - width / 2, y - PILL.height / 2, width, PILL.height, 4);
    ctx.fillStyle = color("paper");
    ctx.strokeStyle = color("muted");
    ctx.lineWidth = 1.5;
    ctx.fill();
    ctx.stroke();
    draw(ctx, worst, x - width / 2 + 12, y, 0.75);
    ctx.fillStyle = color("ink");
    ctx.textAlign = "left";
    ctx.textBaseline = "middle";
    ctx.fillText(text, x - width / 2 + 23, y + 0.5);
  }

  const layer = canvas(map, pane(map, "work", 457), (ctx, project, bounds) => {
    const { items, gathered } = found.work;
    const size = sizeOf(map.getZoom());
    for (let i = items.length - 1; i >= 0; i -= 1) {
      const [x, y] = project(...items[i].at);
      if (!bounds.contains([x, y])) continue;
      if (gathered) pill(ctx, x, y + PILL.drop, items[i]);
      else draw(ctx, items[i].work, x + aside(size), y + aside(size), size * (SMALL[items[i].work] ?? 1), items[i].number);
    }
  });
  return {
    redraw: () => layer.redraw(),
    recolor() {
      color = palette();
      layer.redraw();
    },
    distance(item, [x, y], point) {
      const off = found.work.gathered ? [0, PILL.drop] : [1, 1].map(() => aside(sizeOf(map.getZoom())));
      return Math.hypot(x + off[0] - point.x, y + off[1] - point.y);
    },
    reach: () => (found.work.gathered ? PILL.height / 2 : 8 * sizeOf(map.getZoom())),
  };
}
