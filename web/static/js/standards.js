// The standards' panel: the rules of the city's pack in its order, or one of them with its findings.

import { $, h } from "./dom.js";
import { exports } from "./exports.js";
import { failure } from "./failure.js";
import { missing, showRule } from "./rule.js";
import { date, moment, number, page, t } from "./page.js";
import { ask, Trouble } from "./server.js";
import { said, SIGNS } from "./signs.js";
import { tab } from "./tabs.js";
import { address, change, current, follow } from "./url.js";

const TYPING_MS = 250;
let shown = null; // what is drawn: the filters of the list, or of the rule
let opened = null; // the rule that was open before

/** Counts of a rule by state, those that are not nothing. */
export function counts(number_of) {
  const some = SIGNS.filter((name) => number_of[name] > 0);
  if (!some.length) return h("span", { class: "quiet" }, t("rules.no_subject"));
  return h("span", { class: "counts" }, some.map((name) => said(name, number(number_of[name]))));
}

function row(rule) {
  const open = { rule: rule.key, state: "", words: "" };
  return h("li", {},
    h("a", { class: "rule", href: address(open), onclick: follow(open), "data-rule": rule.key },
      h("span", { class: "rule-title" }, h("span", { class: "rule-id" }, rule.rule_id), rule.title),
      h("span", { class: "where" }, `${rule.kind_name} · ${rule.force_name} · ${rule.article}`),
      counts(rule.counts)));
}

/** Rules, then the items of each checklist under its name. */
function groups(rules) {
  const names = [...new Set(rules.map((rule) => rule.group))];
  return names.map((name) => [
    names.length > 1 && h("h3", { class: "group" }, name ?? t("rules.rules")),
    h("ol", { class: "plain" }, rules.filter((rule) => rule.group === name).map(row)),
  ]);
}

/** Ways of working that the document asks for, with what here serves them; nothing to count. */
function processes(list) {
  return list.length > 0 && [
    h("h3", { class: "group" }, t("rules.processes")),
    h("ul", { class: "plain processes" }, list.map((process) => h("li", { class: "rule" },
      h("span", { class: "rule-title" }, h("span", { class: "rule-id" }, process.rule_id), process.title),
      h("span", {}, process.text),
      h("span", { class: "where" }, `${process.document} · ${process.article}`),
      h("span", { class: "where" }, t("rules.served_by", { by: process.served_by }))))),
  ];
}

function overview(data) {
  const { document } = data;
  return [
    h("h2", {}, data.pack),
    h("p", { class: "cite" }, [document.number, document.title, document.issuer].join(" · ")),
    h("p", { class: "totals" }, counts(data.counts)),
    h("p", { class: "quiet" }, t("rules.date", { date: date(data.date) })),
    data.pending && h("p", { class: "notice" }, t("rules.pending", { time: moment(data.pending) })),
    missing(data.missing),
    exports(),
  ];
}

const asked = () => {
  const { rule, district, type, state, words } = current();
  return rule ? { rule, district, type, state, q: words } : { district, type };
};

async function showRules() {
  const [head, body] = [$("rules-head"), $("rules-body")];
  body.setAttribute("aria-busy", "true");
  try {
    const data = await ask("rules", "rules", asked());
    head.replaceChildren(...overview(data).filter(Boolean));
    body.replaceChildren(...(data.rules.length
      ? [groups(data.rules), processes(data.processes)].flat(2).filter(Boolean)
      : [h("div", { class: "empty" }, h("h2", {}, t("rules.none_title")), h("p", {}, t("rules.none_text")))]));
    if (opened) document.querySelector(`[data-rule="${CSS.escape(opened)}"]`)?.focus();
    opened = null;
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    body.replaceChildren(failure(error.message, () => showStandards({ anew: true })));
  } finally {
    body.removeAttribute("aria-busy");
  }
}

/** Show what the address asks for, if the panel is seen and shows something else. */
export function showStandards({ anew = false } = {}) {
  if (tab() !== "standards") return;
  const now = JSON.stringify(asked());
  if (now === shown && !anew) return;
  shown = now;
  const { rule, type, district, words } = current();
  const form = $("rules-form");
  form.elements.type.value = type;
  form.elements.district.value = district;
  if (document.activeElement !== form.elements.words) form.elements.words.value = words;
  form.elements.words.closest("label").hidden = !rule;
  if (rule) {
    const entered = opened !== rule;
    opened = rule;
    showRule(asked(), { entered });
  } else showRules();
}

function select(name, label, every, choices) {
  return h("label", { class: "field", hidden: choices.length < 2 },
    h("span", { class: "visually-hidden" }, label),
    h("select", { class: "form-select", name },
      h("option", { value: "" }, every),
      choices.map(({ id, name: word }) => h("option", { value: id }, word))));
}

/** Lay out the panel: a head, the filters, what they let through. */
export function bindStandards() {
  const form = h("form", { id: "rules-form", class: "filters", role: "search" },
    h("label", { class: "field grow", hidden: true },
      h("span", { class: "visually-hidden" }, t("rules.words")),
      h("input", {
        class: "form-control", type: "search", name: "words", maxlength: 100, autocomplete: "off",
        placeholder: t("rules.words"),
      })),
    select("type", t("station.type"), t("rules.all_types"), page.types),
    select("district", t("station.district"), t("rules.all_districts"), page.counties));
  const read = () => {
    const data = new FormData(form);
    return { type: data.get("type"), district: data.get("district"), words: data.get("words").trim() };
  };
  let timer = 0;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    change(read());
  });
  form.addEventListener("change", () => change(read()));
  form.elements.words.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => change(read()), TYPING_MS);
  });
  $("standards").replaceChildren(
    h("div", { id: "rules-head", class: "rules-head" }, h("p", { class: "bone wide" }), h("p", { class: "bone" })),
    form,
    h("div", { id: "rules-body", class: "rules-body" }));
  showStandards();
}
