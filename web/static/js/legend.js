// What the signs on the map mean; the boxes beside them show and hide layers.

import { coverage } from "./coverage.js";
import { $, h, s } from "./dom.js";
import { off, showKind, showState, states } from "./layers.js";
import { number, page, RAMP_WORDS, t } from "./page.js";
import { sign, SIGNS, signWord } from "./signs.js";
import { symbol } from "./symbols.js";
import { change, current } from "./url.js";
import { shownWork, workLegend } from "./work.js";

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

function kindRow({ id }, name) {
  const box = h("input", {
    type: "checkbox", checked: !off().has(id), "data-kind": id,
    onchange: (event) => showKind(id, event.target.checked),
  });
  return h("label", { class: "legend-row" }, box, h("span", {}, name));
}

function stateRow(name) {
  const box = h("input", {
    type: "checkbox", checked: states().has(name), "data-state": name,
    onchange: (event) => showState(name, event.target.checked),
  });
  return h("label", { class: "legend-row" }, box, sign(name), h("span", {}, signWord(name)));
}

/** Findings: which states are shown, and of which kinds of rule. */
function findings() {
  const kinds = page.kinds.filter(({ id }) => id !== "spacing");
  if (!kinds.length) return [];
  return [
    h("h3", {}, t("legend.findings")),
    h("div", { class: "legend-grid", role: "group", "aria-label": t("rule.states") },
      SIGNS.map(stateRow)),
    h("h3", {}, t("legend.kinds")),
    h("div", { class: "legend-grid", role: "group", "aria-label": t("legend.kinds") },
      kinds.map((kind) => kindRow(kind, kind.name))),
  ];
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
  const spacing = page.kinds.find(({ id }) => id === "spacing");
  const parts = [
    ...workLegend(),
    spacing && kindRow(spacing, t("legend.gaps")),
    spacing && h("div", { class: "ramp", role: "list" }, RAMP_WORDS.map((word, i) =>
      h("span", { class: "ramp-step", role: "listitem" }, h("span", { class: `swatch ramp-${i}` }), word))),
    summary?.assumed_m > 0
      && h("p", { class: "legend-row" }, lineSign("assumed-line"), t("legend.assumed")),
    ...findings(),
    h("h3", {}, page.stationsWord),
    ...types,
    others > 0 && h("p", { class: "legend-row" }, symbol(""), t("legend.other"),
      h("span", { class: "count" }, number(others))),
    rest.length > 0 && h("div", { class: "legend-rest" }, rest),
    h("p", { class: "legend-row", id: "legend-idle", hidden: !coverage() },
      symbol(page.pointType, "idle"), t("legend.idle")),
  ];
  $("legend-body").replaceChildren(...parts.filter(Boolean));
}

/** Put the address's choice into the boxes. */
export function fillLegend() {
  const set = hidden();
  const idle = $("legend-idle");
  if (idle) idle.hidden = !coverage();
  for (const box of $("legend-body").querySelectorAll("input[data-type]")) {
    box.checked = !set.has(box.dataset.type);
  }
  for (const box of $("legend-body").querySelectorAll("input[data-kind]")) {
    box.checked = !off().has(box.dataset.kind);
  }
  for (const box of $("legend-body").querySelectorAll("input[data-state]")) {
    box.checked = states().has(box.dataset.state);
  }
  for (const box of $("legend-body").querySelectorAll("input[data-work]")) {
    box.checked = shownWork().includes(box.dataset.work);
  }
}
