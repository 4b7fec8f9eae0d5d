// The figures that follow the hand: coverage, gaps, points needed and findings, before and after.

import { h } from "../dom.js";
import { failure } from "../failure.js";
import { number, page, t } from "../page.js";
import { said, SIGNS } from "../signs.js";

const MOST = 12; // findings that are listed

const tenth = new Intl.NumberFormat(page.lang === "en" ? "en-GB" : "zh-CN", {
  minimumFractionDigits: 1, maximumFractionDigits: 1,
});
/** A share in tenths of a percent, as one station is little in a city; the first of two without the sign. */
export function tenths(share, first) {
  const value = 100 * share;
  // what is not all never reads as 100, what is not nothing never as 0
  const n = tenth.format(value > 0 && value < 100 ? Math.min(Math.max(value, 0.1), 99.9) : value);
  return first ? n : t("unit.percent", { n });
}

const FIGURES = [
  { name: "covered_share", write: tenths, better: 1 },
  { name: "gaps", write: (n) => number(n), better: -1 },
  { name: "points_needed", write: (n) => number(n), better: -1 },
  { name: "findings_not_met", write: (n) => number(n), better: -1 },
];

const COUNTS_GAPS = ["gaps", "findings_not_met"]; // each gap is a shortfall too

/** Whether one long gap became several shorter ones: more of them, and less of it. */
const isSplit = (before, after) => after.gaps > before.gaps && after.gap_m < before.gap_m;

function figure({ name, write, better }, before, after, neutral) {
  if (before === null || before === undefined || after === null || after === undefined) return null;
  const [from, to] = [write(before, true), write(after)];
  const way = neutral ? 0 : Math.sign(after - before) * better;
  const mark = way > 0 ? "is-better" : way < 0 ? "is-worse" : "is-same";
  const same = write(before) === to;
  return h("div", { class: `live-figure ${mark}`, "data-figure": name },
    h("dt", {}, t(`plan.live_${name}`)),
    h("dd", {},
      h("span", { class: "live-before" }, from),
      h("span", { class: "live-arrow", "aria-hidden": "true" }, same ? "=" : "→"),
      h("span", { class: "visually-hidden" }, t("plan.becomes")),
      h("strong", {}, to)));
}

const signOf = (state) => (SIGNS.includes(state) ? said(state) : state ?? t("plan.none_before"));

function finding(one) {
  return h("li", {},
    h("span", { class: "finding-head" }, h("strong", {}, one.subject_name ?? one.subject_id ?? one.finding_id),
      h("span", { class: "live-states" }, signOf(one.before), h("span", { "aria-hidden": "true" }, "→"), signOf(one.after))),
    h("span", { class: "where" }, [one.message, one.clause].filter(Boolean).join(" · ")));
}

function findings(list) {
  if (!list.length) return null;
  return h("details", { class: "how live-findings" },
    h("summary", {}, t("plan.findings", { n: number(list.length) })),
    h("ul", { class: "plain found" }, list.slice(0, MOST).map(finding)),
    list.length > MOST && h("p", { class: "quiet" }, t("plan.findings_more", { n: number(list.length - MOST) })));
}

/** Box of the figures; its show(answer), wait() and fail(sentence, again) fill it. */
export function liveBox() {
  const figures = h("dl", { class: "live-figures" });
  const list = h("div", {});
  const said_to = h("div", {});
  const box = h("section", { class: "live", "aria-label": t("plan.live"), hidden: true }, figures, said_to);
  let opened = false;
  return {
    box,
    list,
    show({ summary, findings: changed = [], planned = true }) {
      const { before, after } = summary;
      figures.replaceChildren(...FIGURES.map((one) => figure(
        one, before[one.name], after[one.name], COUNTS_GAPS.includes(one.name) && isSplit(before, after),
      )).filter(Boolean));
      opened = list.querySelector("details")?.open ?? opened;
      list.replaceChildren(...[findings(changed)].filter(Boolean));
      if (opened) list.querySelector("details")?.setAttribute("open", "");
      said_to.replaceChildren(...[
        isSplit(before, after) && h("p", { class: "quiet" }, t("plan.split")),
        !planned && page.plan.planned > 0
          && h("p", { class: "quiet" }, t("plan.without_planned", { n: number(page.plan.planned) })),
      ].filter(Boolean));
      box.classList.remove("is-old");
      box.hidden = false;
    },
    /** Figures alone, and why the map does not follow: too much is changed for a resident's question. */
    short(known) {
      if (known) this.show({ summary: known });
      else figures.replaceChildren();
      said_to.replaceChildren(h("p", { class: "notice" }, t("plan.too_many"), " ",
        !page.plan.signedIn && h("a", { href: page.plan.signIn }, t("plan.sign_in_link"))));
      box.hidden = false;
    },
    /** What is shown is of a moment ago. */
    wait: () => box.classList.add("is-old"),
    fail(sentence, again) {
      box.hidden = false;
      said_to.replaceChildren(failure(sentence, again));
    },
    hide() {
      box.hidden = true;
      list.replaceChildren();
    },
  };
}
