// The indicators' panel: one indicator, its figures by city, county and unit, and what is missing.

import { choropleth } from "./choropleth.js";
import { $, h } from "./dom.js";
import { indicatorExports } from "./exports.js";
import { failure } from "./failure.js";
import { page, t } from "./page.js";
import { ask, onNewData, Trouble } from "./server.js";
import { sign } from "./signs.js";
import { tab } from "./tabs.js";
import { address, change, current, follow, watch } from "./url.js";

const locale = page.lang === "en" ? "en-GB" : "zh-CN";
const figure = new Intl.NumberFormat(locale, { maximumFractionDigits: 2 });
const STATES = ["not_met", "unknown", "met", "not_applicable"];
const wide = matchMedia("(min-width: 1024px)");
const TEMPLATE = "indicators";

const WORDS = {
  met: () => t("indicator.met"),
  not_met: () => t("indicator.not_met"),
  advised: () => t("indicator.advised"),
  unknown: () => t("indicator.unknown"),
  not_applicable: () => t("indicator.not_applicable"),
  information: () => t("indicator.information"),
};

/** A state as the reader sees it: an advisory target asks in other words, a figure may be for information. */
function standing({ force }, row) {
  if (row.held) return row.state === "not_met" && force === "advisory" ? "advised" : row.state;
  return row.value === null ? "unknown" : "information";
}

function state(indicator, row) {
  const name = standing(indicator, row);
  const shape = name === "information" ? "not_applicable" : name;
  return h("span", { class: `said said-${shape}` }, sign(shape), h("span", {}, WORDS[name]()));
}

/** So many people, hours, times. */
function amount(n, kind) {
  const said = { n: figure.format(n) };
  if (kind === "people") return t("amount.people", said);
  if (kind === "hours") return t("amount.hours", said);
  return kind === "times" ? t("amount.times", said) : said.n;
}

/** A value as the indicator is said: in per cent, so much each, so many. */
function level({ measure, amount: kind }, value) {
  if (value === null) return null;
  if (measure === "share") return t("unit.percent", { n: figure.format(value) });
  return amount(value, kind);
}

// -- one indicator ---------------------------------------------------------------------------

function head(indicator) {
  const { target, force } = indicator;
  return [
    h("h2", { tabindex: -1, id: "indicator-name" }, indicator.name,
      h("span", { class: "tag" }, force === "binding" ? t("gap.binding") : t("gap.advisory"))),
    target === null
      ? h("p", {}, t("indicator.no_target"))
      : h("p", { class: "indicator-target" },
        t("indicator.target", { who: indicator.level, target: level(indicator, target) })),
    h("p", {}, indicator.text),
    h("p", { class: "cite" }, `${indicator.document} · ${indicator.article} · ${indicator.id}`),
    indicator.assumed.length > 0 && h("details", { class: "how" },
      h("summary", {}, t("how.assumed")),
      h("ul", {}, indicator.assumed.map((sentence) => h("li", {}, sentence)))),
    indicator.absent && h("p", { class: "notice" }, indicator.absent),
  ];
}

function summary(indicator) {
  const rows = STATES.filter((name) => indicator.counts[name] > 0 && name !== "not_applicable");
  return rows.length > 1 && h("p", { class: "indicator-counts" }, rows.map((name) =>
    h("span", {}, state(indicator, { held: true, state: name }), " ", h("strong", {}, figure.format(indicator.counts[name])))));
}

/** How many more, or how many in all where none is counted. */
function needed(indicator, row) {
  if (!row.held || indicator.target === null) return "–";
  const required = row.required ?? (indicator.base === null ? indicator.target : null);
  if (required === null) return "?";
  const more = row.counted === null ? required : row.needed;
  return figure.format(Math.max(more, 0));
}

/** What the value was worked out from; of what is unknown, what is asked. */
function basis(indicator, row) {
  const { counted, base, period } = row;
  const under = base === null ? null : amount(base, indicator.base_amount);
  if (counted === null && under && row.held && row.required !== null) {
    return t("indicator.asked", {
      required: amount(row.required, indicator.amount), target: level(indicator, indicator.target),
      base: indicator.base, n: under,
    });
  }
  if (counted === null) return row.sentence;
  const over = amount(counted, indicator.amount);
  const said = under
    ? t("indicator.of", { counted: indicator.counted, over, base: indicator.base, under })
    : t("indicator.alone", { counted: indicator.counted, over });
  return [said, period].filter(Boolean).join(" · ");
}

/** What a click on the county does, for those who have no pointer. */
function countyLink({ id, name }, chosen) {
  const open = { district: chosen ? "" : id };
  return h("a", { href: address(open), onclick: follow(open), "aria-current": chosen ? "true" : null }, name);
}

function line(indicator, row, { chosen }) {
  const attributes = { id: `indicator-${row.id}`, class: chosen ? "chosen" : null };
  const held = row.held && indicator.target !== null;
  return [
    h("tr", attributes,
      h("th", { scope: "row" }, row.kind === "county" ? countyLink(row, chosen) : row.name, row.kind === "city" && h("span", { class: "tag" }, t("indicator.whole"))),
      h("td", {}, level(indicator, row.value) ?? "?"),
      h("td", {}, held ? level(indicator, indicator.target) : "–"),
      h("td", {}, needed(indicator, row))),
    h("tr", { class: "basis" }, h("td", { colspan: 4 }, state(indicator, row), h("br"), basis(indicator, row),
      row.source && h("span", { class: "quiet" }, ` · ${t("indicator.source", { source: row.source })}`))),
  ];
}

function table(indicator, rows, caption) {
  const titles = [t("indicator.name"), t("indicator.value"), t("indicator.aim"), t("indicator.needed")];
  return h("table", { class: "figures indicator-table" },
    caption && h("caption", {}, caption),
    h("thead", {}, h("tr", {}, titles.map((title) => h("th", { scope: "col" }, title)))),
    h("tbody", {}, rows.map((row) => line(indicator, row, { chosen: row.id === current().district }))));
}

/** What to do about what is unknown. */
function remedy(indicator) {
  if (!indicator.counts.unknown && !indicator.absent) return null;
  const blank = page.templates?.some(({ id }) => id === TEMPLATE);
  return h("aside", { class: "notice indicator-remedy" },
    h("p", {}, t("indicator.remedy", { counted: indicator.counted })),
    h("p", {}, h("code", {}, t("indicator.command", { city: page.folder ?? page.city }))),
    blank && h("p", {}, h("a", {
      href: `/download/template/${TEMPLATE}.xlsx?lang=${page.lang}`, download: true,
    }, t("indicator.blank"))));
}

function opened(indicator) {
  const { rows, units, units_total: total } = indicator;
  return [
    ...head(indicator),
    summary(indicator),
    indicatorExports(),
    rows.length > 0 && table(indicator, rows),
    total > 0 && h("h3", {}, t("indicator.units", { n: figure.format(total) })),
    total > 0 && table(indicator, units),
    total > units.length && h("p", { class: "quiet" }, t("indicator.more", { n: figure.format(total - units.length) })),
    remedy(indicator),
  ];
}

function chooser(all, chosen) {
  return h("label", { class: "field" }, h("span", { class: "visually-hidden" }, t("indicator.choose")),
    h("select", {
      class: "form-select", id: "indicator",
      onchange: (event) => change({ indicator: event.target.value }),
    }, all.map(({ id, name }) => h("option", { value: id, selected: id === chosen.id }, `${name} (${id})`))));
}

const none = () => h("div", { class: "empty" }, h("h2", {}, t("indicator.none_title")),
  h("p", {}, t("indicator.none_text")));

// -- the panel -------------------------------------------------------------------------------

/** Fill `box`, the section #indicators; `desk` = {map, fit, note} (see main.js). */
export function mount(box, desk) {
  let data = null;
  const areas = choropleth(desk.map, {
    name: (row) => level(data.chosen, row.value), target: () => level(data.chosen, data.chosen.target),
    level: (value) => level(data.chosen, value),
    open: (id) => change({ district: id === current().district ? "" : id }),
  });

  function draw() {
    const { all, features } = data;
    data.chosen = all.find(({ id }) => id === current().indicator) ?? all[0];
    if (!data.chosen) {
      box.replaceChildren(none());
      areas.hide();
      return;
    }
    box.replaceChildren(h("div", { class: "indicator-choice" }, chooser(all, data.chosen)),
      h("div", { class: "indicator" }, ...opened(data.chosen).filter(Boolean)));
    areas.show(data.chosen, features, current().district);
  }

  async function load() {
    box.setAttribute("aria-busy", "true");
    if (!data) box.replaceChildren(h("p", { class: "bone wide" }), h("p", { class: "bone" }));
    try {
      const [said, drawn] = await Promise.all([
        ask("indicators", "indicators"), ask("districts", "map/districts"),
      ]);
      data = { all: said.indicators, features: drawn.features };
      if (tab() === "indicators") draw();
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      box.replaceChildren(failure(error.message, load));
    }
    box.removeAttribute("aria-busy");
  }

  async function look(before = null) {
    const on = tab() === "indicators";
    $("stage").classList.toggle("is-indicators", on);
    if (!on) {
      areas.hide();
      return;
    }
    if (!data) await load();
    else draw();
    if (data?.features.length && (!before || before.tab !== current().tab)) $("legend").open = wide.matches;
    const entered = before && (before.tab || page.firstTab) !== "indicators";
    if (entered && data?.features.length) desk.fit(areas.corners(), 14);
    const row = current().district && document.getElementById(`indicator-${current().district}`);
    if (row && before && before.district !== current().district) row.scrollIntoView({ block: "nearest" });
  }

  watch((now, before) => {
    const names = ["tab", "indicator", "district"];
    if (names.some((name) => now[name] !== before[name])) look(before);
  });
  onNewData(() => {
    data = null;
    if (tab() === "indicators") look();
  });
  look();
}
