// What a plan says: the answer in one sentence, its proof, the curve, the hosts in building order, what stays open.

import { h, s } from "../dom.js";
import { chainage, metres, number, page, percent, rich, t } from "../page.js";
import { current } from "../url.js";
import { curve } from "./curve.js";
import { tenths } from "./live.js";
import { asked } from "./state.js";

const FIRST = 60; // proposals that are listed at once
const FORMATS = ["docx", "pdf", "xlsx", "gpkg", "geojson"];

const strong = (text) => h("strong", {}, text);

/** Places of a feature's first point, [lon, lat]. */
export function placeOf({ geometry }) {
  let place = geometry?.coordinates ?? null;
  while (Array.isArray(place?.[0])) [place] = place;
  return place;
}

/** What the plan's own figures are of, where that is not the whole city. */
function scope() {
  if (asked()?.streets.length) return t("plan.chosen_streets");
  const { district } = current();
  return district ? page.districts.find(({ id }) => id === district)?.name ?? district : null;
}

/** The plan in one sentence, and what is proven of it. */
function headline(plan, n) {
  const { summary, curve: rows } = plan;
  const [before, after] = [rows[0].share, rows[n].share];
  if (rows.length === 1) return h("p", { class: "headline" }, t("plan.nothing"));
  const all = n === rows.length - 1;
  const place = scope();
  const proven = !all ? null : summary.status === "optimal"
    ? t(summary.budget ? "plan.proven_best" : "plan.proven_fewest")
    : summary.status === "tried" ? t("plan.tried")
    : t("plan.bounded", { gap: percent(summary.gap) });
  return [
    h("p", { class: "headline" }, rich(place ? "plan.headline_of" : "plan.headline", {
      place,
      n: strong(number(n)), before: strong(tenths(before)), after: strong(tenths(after)),
      point: page.point,
    })),
    proven && h("p", { class: summary.status === "optimal" ? "fine" : "quiet" }, proven),
    !all && h("p", { class: "quiet" }, t("plan.part", { n: number(n), of: number(rows.length - 1) })),
  ];
}

/** What a proposal is called, and where it is along its street. */
export function wordsOf(p) {
  const where = p.street_name && p.chainage_m !== null
    ? t("plan.along", { street: p.street_name, at: chainage(p.chainage_m) }) : p.street_name ?? "";
  const [name, ...kind] = [p.name, p.category_name, p.host_kind_name].filter(Boolean);
  return { name, where, kind: kind.join(" · ") };
}

function proposal(item, adds, pick) {
  const { name, where, kind } = wordsOf(item.properties);
  return h("li", {}, h("button", { type: "button", class: "plan-row", "data-id": item.id, onclick: () => pick(item.id) },
    h("span", { class: "plan-number" }, number(item.order)),
    h("span", { class: "plan-name" }, name),
    adds !== null && h("span", { class: "need" }, adds),
    h("span", { class: "where" }, [where, kind].filter(Boolean).join(" · "))));
}

function proposals(items, unit, pick) {
  const list = h("ol", { class: "plain plan-list" });
  const foot = h("div", { class: "foot" });
  let shown = 0;
  function more() {
    const next = items.slice(shown, shown + FIRST);
    shown += next.length;
    list.append(...next.map((item) => proposal(item, gain(item.properties.adds, unit), pick)));
    const left = items.length - shown;
    foot.replaceChildren(...(left > 0 ? [h("button", {
      type: "button", class: "btn btn-outline", onclick: more,
    }, t("list.more", { n: number(Math.min(left, FIRST)) }))] : []));
  }
  more();
  return [list, foot];
}

function gain(adds, unit) {
  if (adds === null || adds === undefined) return null;
  // no shop more is covered, but a stretch that was too long is cut
  if (unit === "m" && adds < 0.5) return t("plan.adds_none");
  return t("plan.adds", { n: unit === "m" ? metres(adds) : number(adds) });
}

function open(features, fly) {
  if (!features.length) return null;
  return h("details", { class: "how plan-open" },
    h("summary", {}, t("plan.open", { n: number(features.length) })),
    h("ul", { class: "plain" }, features.slice(0, 200).map(({ properties: p, geometry }) => h("li", {},
      h("button", { type: "button", class: "plan-row", onclick: () => fly(placeOf({ geometry })) },
        h("span", { class: "plan-name" }, p.name ?? p.subject_id),
        p.points_needed > 0 && h("span", { class: "need" }, t("plan.free_needed", { n: number(p.points_needed) })),
        h("span", { class: "where" }, [
          p.length_m > 0 && t("plan.stretch", { from: chainage(p.from_m), to: chainage(p.to_m), length: metres(p.length_m) }),
          p.reason].filter(Boolean).join(" · ")))))));
}

const files = (address) => h("details", { class: "exports" },
  h("summary", { class: "btn btn-outline" }, t("plan.files")),
  h("ul", { class: "plain" }, FORMATS.map((ending) => h("li", {},
    h("a", { href: address(ending), download: true }, t(`plan.file_${ending}`))))));

/**
 * The result of a plan up to station `n`. `act` = {moved(n), set(n), pick(id), fly(place),
 * address(ending)}; `items` are the proposals in building order.
 */
export function result(plan, items, n, act) {
  const { summary, curve: rows, uncoverable } = plan;
  const said = h("div", { "aria-live": "polite" }, headline(plan, n));
  const place = (k) => {
    const item = items[k - 1];
    return item ? wordsOf(item.properties).where || null : null;
  };
  const moved = (k) => {
    said.replaceChildren(...[headline(plan, k)].flat().filter(Boolean));
    act.moved(k);
  };
  return h("section", { class: "plan-result", "aria-label": t("plan.result") },
    said,
    (plan.notices ?? []).map((note) => h("p", { class: "notice" }, note)),
    current().coverage === "effective" && h("p", { class: "notice" }, t("plan.built_only")),
    summary.with_planned && page.plan.planned > 0
      && h("p", { class: "quiet" }, t("plan.with_planned", { n: number(page.plan.planned) })),
    rows.length > 2 && curve(rows, n, { moved, set: act.set, place }),
    open(uncoverable.features, act.fly),
    h("details", { class: "how" }, h("summary", {}, t("how.assumed")),
      h("ul", {}, (summary.assumptions ?? []).map((sentence) => h("li", {}, sentence)))),
    items.length > 0 && files(act.address),
    items.length > 0 && h("h2", { class: "plan-head" }, t("plan.order")),
    items.length > 0 && proposals(items, summary.unit, act.pick));
}

/** Grey lines while a plan is worked out. */
export const waiting = () => h("div", { class: "plan-result", "aria-busy": "true" },
  h("p", { class: "quiet" }, t("plan.working")),
  h("p", { class: "bone wide" }), h("p", { class: "bone" }),
  s("svg", { viewBox: "0 0 360 120", class: "curve bones", "aria-hidden": "true" },
    s("path", { d: "M44,100Q120,20 352,16", class: "curve-wait" })));
