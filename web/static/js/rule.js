// One rule opened: its clause, what is assumed, why something is unknown, and its findings.

import { flying, measure } from "./cards.js";
import { $, h } from "./dom.js";
import { exports } from "./exports.js";
import { failure } from "./failure.js";
import { moment, number, page, t } from "./page.js";
import { ask, segment, Trouble } from "./server.js";
import { said, SIGNS } from "./signs.js";
import { address, current, follow } from "./url.js";

const PAGE = 50;
const LIST = { rule: "", state: "", words: "" };
let shown = 0;

/** Layers that are imported by one command: what is absent, what is only not declared complete. */
function lacking(kind, layers) {
  const list = (rows) => rows.map(({ name, rows: n }) =>
    (n ? t("missing.counted", { name, n: number(n) }) : name)).join(t("summary.list"));
  const [absent, undeclared] = [layers.filter(({ rows }) => !rows), layers.filter(({ rows }) => rows)];
  return h("li", {},
    undeclared.length > 0 && h("p", {}, t("missing.undeclared", { names: list(undeclared) })),
    absent.length > 0 && h("p", {}, t("missing.absent", { names: list(absent) })),
    kind && h("p", {}, h("code", {}, t("missing.command", { kind, city: page.folder }))),
    kind && h("p", { class: "quiet" },
      t("missing.or", { layer: [...new Set(layers.map(({ layer }) => layer.split(":")[0]))].join(", ") })));
}

/** What is missing, and what to do about it; null where nothing is. */
export function missing(layers) {
  if (!layers.length) return null;
  const kinds = [...new Set(layers.map(({ kind }) => kind))];
  return h("details", { class: "how missing" },
    h("summary", {}, t("missing.title")),
    h("p", {}, t("missing.text")),
    h("ul", { class: "plain" }, kinds.map((kind) =>
      lacking(kind, layers.filter((layer) => layer.kind === kind)))));
}

function head(data) {
  const { rule } = data;
  return [
    h("a", { class: "back", href: address(LIST), onclick: follow(LIST) }, "← ", t("rule.back")),
    h("h2", { tabindex: -1, id: "rule-name" }, h("span", { class: "rule-id" }, rule.rule_id), rule.title),
    h("p", { class: "where" }, [rule.kind_name, rule.group].filter(Boolean).join(" · "),
      h("span", { class: "tag" }, rule.force_name)),
    h("section", { class: "clause" },
      rule.text !== rule.title && h("p", {}, rule.text),
      h("p", { class: "cite" }, [rule.document, rule.document_title, rule.article].filter(Boolean).join(" · ")),
      h("p", { class: "quiet" }, t("rule.paraphrase"))),
    rule.assumed.length > 0 && h("details", { class: "how" },
      h("summary", {}, t("how.assumed")),
      h("ul", {}, rule.assumed.map((sentence) => h("li", {}, sentence)))),
    data.pending && h("p", { class: "notice" }, t("rules.pending", { time: moment(data.pending) })),
    data.counts.unknown > 0 && missing(data.missing),
    exports(rule.rule_id),
  ];
}

/** Press one to see only the findings of a state. */
function chips(counts) {
  const { state } = current();
  const total = SIGNS.reduce((sum, name) => sum + counts[name], 0);
  const chip = (name, content) => {
    const to = { state: name };
    return h("a", {
      class: "chip", href: address(to), onclick: follow(to), "data-state": name,
      "aria-current": state === name ? "true" : null,
    }, content);
  };
  return h("nav", { class: "chips", "aria-label": t("rule.states") },
    chip("", h("span", { class: "said" }, t("rule.all"), h("strong", {}, number(total)))),
    SIGNS.filter((name) => counts[name] > 0 || name === state)
      .map((name) => chip(name, said(name, number(counts[name])))));
}

function row(finding) {
  const open = { finding: finding.finding_id, station: "", facility: "" };
  const where = [finding.subject, finding.site_type, finding.district].filter(Boolean).join(" · ");
  return h("li", {},
    h("a", { class: "finding", href: address(open), onclick: flying(open) },
      h("span", { class: "finding-head" },
        h("strong", {}, finding.subject_name ?? finding.subject_id), said(finding.sign)),
      h("span", {}, finding.message),
      h("span", { class: "where" }, [where, measure(finding)].filter(Boolean).join(" · "),
        finding.assumed && h("span", { class: "tag" }, t("list.assumed")),
        !finding.place && h("span", { class: "tag" }, t("finding.nowhere")))));
}

function nothing(counts) {
  const some = SIGNS.some((name) => counts[name] > 0);
  const { words, type, district, state } = current();
  const clear = { state: "", words: "", type: "", district: "" };
  return words || type || district || state || some
    ? h("div", { class: "empty" }, h("h2", {}, t("rule.none_title")), h("p", {}, t("rule.none_text")),
      h("a", { class: "btn btn-accent", href: address(clear), onclick: follow(clear) }, t("list.clear")))
    : h("div", { class: "empty" }, h("h2", {}, t("rules.no_subject")), h("p", {}, t("rule.no_subject_text")));
}

/** Show the rule of `query` and its findings; `more` adds the next page. */
export async function showRule(query, { entered = false, more = false } = {}) {
  const [box, body] = [$("rules-head"), $("rules-body")];
  const { rule, ...filters } = query;
  body.setAttribute("aria-busy", "true");
  try {
    const data = await ask("rules", `rules/${segment(rule)}/findings`, {
      ...filters, offset: more ? shown : 0, limit: PAGE,
    });
    shown = data.offset + data.findings.length;
    const rows = data.findings.map(row);
    if (more) {
      $("findings").append(...rows);
      rows[0]?.querySelector("a").focus({ preventScroll: true });
    } else {
      box.replaceChildren(...head(data).filter(Boolean));
      body.replaceChildren(chips(data.counts),
        ...(rows.length
          ? [h("ol", { id: "findings", class: "plain findings", "aria-label": t("rule.findings") }, rows)]
          : [nothing(data.counts)]),
        h("div", { id: "findings-foot", class: "foot" }));
      if (entered) {
        $("panel-body").scrollTop = 0;
        $("rule-name").focus({ preventScroll: true });
      }
    }
    const left = data.total - shown;
    $("findings-foot").replaceChildren(...(left > 0 ? [h("button", {
      type: "button", class: "btn btn-outline", onclick: () => showRule(query, { more: true }),
    }, t("list.more", { n: number(Math.min(left, PAGE)) }))] : []));
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    const gone = error.status === 404;
    body.replaceChildren(failure(gone ? t("rule.missing") : error.message,
      gone ? null : () => showRule(query, { entered, more })));
    if (gone) {
      box.replaceChildren(h("a", { class: "back", href: address(LIST), onclick: follow(LIST) }, "← ", t("rule.back")));
    }
  } finally {
    body.removeAttribute("aria-busy");
  }
}
