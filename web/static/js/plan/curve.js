// The curve of coverage against the number of stations; a slider walks along it.

import { h, s } from "../dom.js";
import { number, percent, t } from "../page.js";

const [WIDTH, HEIGHT] = [360, 176];
const [LEFT, RIGHT, TOP, BOTTOM] = [44, 8, 8, 24];
const STEPS = [1, 2, 5, 10, 20, 25, 50];

const nice = (most, parts) => {
  const size = 10 ** Math.floor(Math.log10(Math.max(most / parts, 1)));
  return [1, 2, 5, 10].map((k) => k * size).find((step) => most / step <= parts) ?? most;
};

/**
 * Curve of rows {n, share, bound, value} from 0 on. `moved(n)` is called while the reader walks
 * along it, `set(n)` where they stop.
 */
export function curve(rows, n, { moved, set, place }) {
  const most = rows.at(-1).n;
  const total = rows.at(-1).share ? rows.at(-1).value / rows.at(-1).share : 0;
  const bound = ({ bound: value, share }) => (total ? Math.min(value / total, 1) : share);
  const low = Math.floor(rows[0].share * 10) / 10;
  const high = Math.min(Math.max(Math.ceil(Math.max(...rows.map(bound)) * 10) / 10, low + 0.1), 1);
  const x = (k) => LEFT + (k / Math.max(most, 1)) * (WIDTH - LEFT - RIGHT);
  const y = (share) => TOP + ((high - share) / (high - low)) * (HEIGHT - TOP - BOTTOM);
  const points = (of) => rows.map((row) => `${x(row.n).toFixed(1)},${y(of(row)).toFixed(1)}`).join(" ");
  const shares = (high - low) * 100;
  const every = (STEPS.find((step) => shares / step <= 5) ?? 50) / 100;
  const lines = Array.from({ length: Math.round((high - low) / every) + 1 }, (_, i) => low + i * every);
  const beat = nice(most, 5);
  const beats = Array.from({ length: Math.floor(most / beat) + 1 }, (_, i) => i * beat);

  const dot = s("circle", { r: 5, class: "curve-dot" });
  const rod = s("line", { y1: TOP, y2: HEIGHT - BOTTOM, class: "curve-rod" });
  const picture = s("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "curve", "aria-hidden": "true" },
    lines.map((share) => [
      s("line", { x1: LEFT, x2: WIDTH - RIGHT, y1: y(share), y2: y(share), class: "curve-grid" }),
      s("text", { x: LEFT - 6, y: y(share) + 4, class: "curve-share" }, percent(share)),
    ]),
    beats.map((k) => s("text", { x: x(k), y: HEIGHT - 6, class: "curve-n" }, number(k))),
    s("polyline", { points: points(bound), class: "curve-bound" }),
    s("polyline", { points: points(({ share }) => share), class: "curve-line" }),
    rod, dot);
  const said = h("output", { class: "curve-said" });
  const slider = h("input", {
    type: "range", class: "curve-slider", min: 0, max: most, step: 1, value: n, "aria-label": t("plan.slider"),
  });

  function show(k) {
    const row = rows[k];
    for (const [name, value] of [["cx", x(k)], ["cy", y(row.share)]]) dot.setAttribute(name, value);
    for (const name of ["x1", "x2"]) rod.setAttribute(name, x(k));
    const words = t("plan.at", { n: number(k), share: percent(row.share) });
    const where = k > 0 ? place(k) : null;
    said.replaceChildren(h("strong", {}, words), where ? ` · ${t("plan.at_place", { n: number(k), place: where })}` : "");
    slider.setAttribute("aria-valuetext", words);
  }

  const under = (event) => {
    const box = picture.getBoundingClientRect();
    const at = ((event.clientX - box.left) / box.width) * WIDTH;
    return Math.round(Math.min(Math.max((at - LEFT) / (WIDTH - LEFT - RIGHT), 0), 1) * most);
  };
  picture.addEventListener("pointermove", (event) => {
    if (event.pointerType === "mouse" && !event.buttons) show(under(event));
  });
  picture.addEventListener("pointerleave", () => show(Number(slider.value)));
  picture.addEventListener("click", (event) => {
    slider.value = under(event);
    show(Number(slider.value));
    set(Number(slider.value));
  });
  slider.addEventListener("input", () => {
    show(Number(slider.value));
    moved(Number(slider.value));
  });
  slider.addEventListener("change", () => set(Number(slider.value)));
  show(n);
  return h("figure", { class: "curve-box" },
    h("figcaption", {}, t("plan.curve")), picture, slider, said,
    h("p", { class: "quiet curve-key" },
      h("span", { class: "key-line" }), t("plan.curve_reached"), h("span", { class: "key-bound" }), t("plan.curve_bound")));
}
