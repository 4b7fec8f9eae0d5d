// What the signs on the map mean; the boxes beside the station types show and hide them.

import { $, h, s } from "./dom.js";
import { number, page, RAMP_WORDS, t } from "./page.js";
import { symbol } from "./symbols.js";
import { change, current } from "./url.js";

const hidden = () => new Set(current().hide.split(",").filter(Boolean));

function toggle(type, shown) {
  const set = hidden();
  if (shown) set.delete(type);
  else set.add(type);
  change({ hide: [...set].sort().join(",") });
}

function typeRow(type, count) {
  const box = h("input", {
    type: "checkbox", checked: !hidden().has(type.id), "data-type": type.id,
    onchange: (event) => toggle(type.id, event.target.checked),
  });
  return h("label", { class: "legend-row" }, box, symbol(type.id), h("span", {}, type.name),
    h("span", { class: "count" }, number(count)));
}

const lineSign = (name) => s("svg", { viewBox: "0 0 32 12", class: "line-sign", "aria-hidden": "true" },
  s("line", { x1: 0, x2: 32, y1: 6, y2: 6, class: name }));

/** Draw the legend with the number of stations of each type and status. */
export function showLegend(summary) {
  const stations = summary?.stations ?? [];
  const sum = (keep) => stations.filter(keep).reduce((total, { count }) => total + count, 0);
  const statuses = ["planned", "suspended", "closed"].filter((name) => sum(({ status }) => status === name));
  const known = new Set(page.types.map(({ id }) => id));
  const types = page.types.map((type) => typeRow(type, sum((row) => row.type === type.id)));
  const others = sum((row) => !known.has(row.type));
  const rest = statuses.map((status) => h("span", { class: "legend-row" },
    symbol(page.pointType, status), page.statuses[status],
    h("span", { class: "count" }, number(sum((row) => row.status === status)))));
  const parts = [
    h("h3", {}, t("legend.gaps")),
    h("div", { class: "ramp", role: "list" }, RAMP_WORDS.map((word, i) =>
      h("span", { class: "ramp-step", role: "listitem" }, h("span", { class: `swatch ramp-${i}` }), word))),
    summary?.assumed_m > 0
      && h("p", { class: "legend-row" }, lineSign("assumed-line"), t("legend.assumed")),
    h("h3", {}, page.stationsWord),
    ...types,
    others > 0 && h("p", { class: "legend-row" }, symbol(""), t("legend.other"),
      h("span", { class: "count" }, number(others))),
    rest.length > 0 && h("div", { class: "legend-rest" }, rest),
  ];
  $("legend-body").replaceChildren(...parts.filter(Boolean));
}

/** Put the address's choice into the boxes. */
export function fillLegend() {
  const set = hidden();
  for (const box of $("legend-body").querySelectorAll("input[data-type]")) {
    box.checked = !set.has(box.dataset.type);
  }
}
