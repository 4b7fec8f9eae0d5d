// Shapes and colours of station types: never by colour alone. The same outline draws map and legend.

import { page } from "./page.js";
import { s } from "./dom.js";

const polygon = (corners, turn, inner = 1) => {
  const n = inner === 1 ? corners : corners * 2;
  const points = Array.from({ length: n }, (_, i) => {
    const r = inner !== 1 && i % 2 ? inner : 1;
    const angle = turn + (2 * Math.PI * i) / n;
    return [r * Math.sin(angle), -r * Math.cos(angle)];
  });
  return (r) => `M${points.map(([x, y]) => `${(x * r).toFixed(2)},${(y * r).toFixed(2)}`).join("L")}Z`;
};

const SHAPES = [
  (r) => polygon(5, 0, 0.45)(r * 1.3),
  (r) => polygon(3, 0)(r * 1.2),
  (r) => polygon(4, Math.PI / 4)(r * 1.15),
  (r) => `M${-r},0A${r},${r} 0 1 1 ${r},0A${r},${r} 0 1 1 ${-r},0Z`,
  (r) => polygon(4, 0)(r * 1.15),
  (r) => polygon(6, 0)(r * 1.1),
  (r) => polygon(5, Math.PI)(r * 1.1),
];

const order = new Map(page.types.map((type, i) => [type.id, i]));

/** Number of a type's look: its place in the pack; unknown types share the last one. */
export const lookOf = (type) => (order.get(type) ?? SHAPES.length - 1) % SHAPES.length;

/** Outline of a look with radius r, as SVG path data. */
export const outline = (look, r) => SHAPES[look](r);

const kept = new Map();

/** The same as a Path2D, made once. */
export function path(look, r) {
  const key = `${look}/${r}`;
  if (!kept.has(key)) kept.set(key, new Path2D(outline(look, r)));
  return kept.get(key);
}

/** A small picture of a type and status, for the legend and the cards. */
export function symbol(type, status = "active") {
  const look = lookOf(type);
  const cross = status === "closed" && s("path", { d: "M-5,-5L5,5M5,-5L-5,5", class: "cross" });
  const slash = status === "idle" && s("path", { d: "M-8,8L8,-8", class: "slash" });
  const bar = status === "suspended" && s("path", { d: "M-3,0H3", class: "cross" });
  return s(
    "svg",
    { viewBox: "-10 -10 20 20", class: `symbol look-${look} is-${status}`, "aria-hidden": "true" },
    status === "closed" ? null : s("path", { d: outline(look, 7) }),
    cross || null,
    bar || null,
    slash || null,
  );
}
