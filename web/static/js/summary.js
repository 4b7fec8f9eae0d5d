// The line at the top: how much frontage, how much of it covered, how many gaps; and how it is counted.

import { coverage, coverageLine, showCoverage } from "./coverage.js";
import { $, facts, h } from "./dom.js";
import { gapExports } from "./exports.js";
import { metres, number, page, percent, rich, t } from "./page.js";
import { ask, Trouble } from "./server.js";
import { failure } from "./failure.js";
import { show } from "./tabs.js";
import { address, current, follow } from "./url.js";

const strong = (text) => h("strong", {}, text);

function streetsWord(along) {
  const last = along.at(-1);
  const first = along.slice(0, -1).join(t("summary.list"));
  return first ? `${first}${t("summary.join")}${last}` : last;
}

function table(caption, rows) {
  const heads = ["frontage", "share", "gaps", "points"].map((name) => t(`table.${name}`));
  return h("table", { class: "figures" },
    h("caption", {}, caption),
    h("thead", {}, h("tr", {}, h("td"), heads.map((head) => h("th", { scope: "col" }, head)))),
    h("tbody", {}, rows.map((row) => h("tr", {},
      h("th", { scope: "row" }, row.name),
      h("td", {}, metres(row.frontage_m)),
      h("td", {}, row.covered_share === null ? "–" : percent(row.covered_share)),
      h("td", {}, number(row.gaps)),
      h("td", {}, number(row.points_needed)),
    ))),
  );
}

function how(data) {
  const { rule } = data;
  const spacing = metres(rule.spacing_m);
  const readings = [
    ["count", t("how.count_value", { ok: number(data.runs_count_ok), n: number(data.runs) })],
    ["gap", t("how.gap_value", { n: number(data.gaps) })],
    ["covered", t("how.covered_value", { share: percent(data.covered_share ?? 0), spacing })],
  ].map(([name, value]) => [
    t(`how.${name}`),
    h("span", {}, value, name === rule.decides && h("span", { class: "tag" }, t("how.decides"))),
  ]);
  return h("details", { class: "how" },
    h("summary", {}, t("how.title")),
    h("h3", {}, t("how.rule")),
    h("p", {}, rule.text),
    h("p", { class: "cite" }, `${rule.document} · ${rule.article}`),
    h("h3", {}, t("how.readings")),
    facts(readings),
    table(t("how.by_class"), data.by_class),
    data.by_district.length > 1 && table(t("how.by_district"), data.by_district),
    h("h3", {}, t("how.assumed")),
    h("ul", {}, rule.assumed.map((sentence) => h("li", {}, sentence))),
    h("p", { class: "quiet" }, t("how.counted", { n: number(data.stations_counted) }),
      data.to_locate > 0 && ` · ${t("how.to_locate", { n: number(data.to_locate) })}`),
  );
}

const noStreets = () => h("div", { class: "empty" },
  h("h2", {}, t("empty.streets_title")), h("p", {}, t("empty.streets_text")));

const noRule = () => h("div", { class: "empty" },
  h("h2", {}, t("empty.rule_title")), h("p", {}, t("empty.rule_text")),
  h("a", { class: "btn btn-accent", href: address(show("standards")), onclick: follow(show("standards")) },
    t("empty.rule_link")));

/** Fill the summary; returns its data. */
export async function showSummary() {
  const box = $("summary");
  box.setAttribute("aria-busy", "true");
  let data;
  try {
    const { q, class: street_class, district } = current();
    data = await ask("summary", "summary", {
      q, class: street_class, district, coverage: coverage(),
    });
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    box.replaceChildren(failure(error.message, showSummary));
    return null;
  } finally {
    box.removeAttribute("aria-busy");
  }
  if (!data.streets) {
    box.replaceChildren(data.has_rule ? noStreets() : noRule());
    return data;
  }
  showCoverage(data);
  const of = data.filtered ?? data;
  const line = rich(coverage() ? "summary.line_effective" : "summary.line", {
    streets: streetsWord(of.along),
    frontage: strong(metres(of.frontage_m)),
    share: strong(of.covered_share === null ? "–" : percent(of.covered_share)),
    spacing: metres(data.rule.spacing_m),
    gaps: strong(number(of.gaps)),
    points: strong(number(of.points_needed)),
    point: page.point,
  });
  const restored = coverage() ? data.effective.points_needed - data.built.points_needed : 0;
  const assumed = data.assumed_m > 0
    ? rich("summary.assumed", {
      assumed: strong(metres(data.assumed_m)), known: strong(metres(data.known_frontage_m)),
    })
    : [t("summary.all_known")];
  box.replaceChildren(...[
    data.filtered && h("p", { class: "quiet" }, t("summary.filtered")),
    h("p", { class: "headline" }, line),
    restored > 0 && h("p", { class: "notice idle" }, rich("coverage.idle_points", {
      points: strong(number(restored)), point: page.point,
    })),
    coverageLine(data),
    h("p", { class: data.assumed_m > 0 ? "assumed" : "quiet" }, assumed),
    ...(data.stations_counted ? [] : [h("p", { class: "notice" }, t("empty.stations"))]),
    how(data),
    gapExports(),
  ].filter(Boolean));
  return data;
}
