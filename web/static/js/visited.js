// What inspections say of a station, for its card; and the inspector's way to its checklist.

import { h } from "./dom.js";
import { date, page, t } from "./page.js";
import { ask, segment, Trouble } from "./server.js";
import { sign } from "./signs.js";

const SIGN = { met: "met", not_met: "not_met", not_applicable: "not_applicable", unknown: "unknown" };

/** Last visit in one line. */
export function lastVisit({ last_visit: last }) {
  if (!last) return t("visited.never");
  return t("visited.last", { date: date(last.on), visit: last.visit_name, result: last.result_name });
}

/** One reason why a station does not serve, with its day. */
export const reason = ({ text, on, kind }) =>
  (on ? t(kind === "stale" ? "visited.since" : "visited.on", { why: text, date: date(on) }) : text);

/** Why a station in operation does not serve at present. */
export function idle({ serves, serves_not: why }) {
  if (serves !== false) return null;
  return h("div", { class: "notice idle" },
    h("strong", {}, t("visited.idle")),
    h("ul", {}, why.map((one) => h("li", {}, reason(one)))));
}

const line = (row) => h("li", { class: "line" }, sign(SIGN[row.state]),
  h("span", {}, row.text,
    h("span", { class: "quiet" },
      ` ${[row.state_name, row.on && date(row.on)].filter(Boolean).join(" · ")}`)));

function groups(lines) {
  const found = new Map();
  for (const row of lines) {
    if (!found.has(row.item)) found.set(row.item, []);
    found.get(row.item).push(row);
  }
  return [...found.values()].map((rows) => h("section", {},
    h("h4", {}, rows[0].document ? `${rows[0].item} ${rows[0].title}` : rows[0].title),
    h("ul", { class: "plain" }, rows.map(line)),
    rows[0].document && h("p", { class: "cite" }, `${rows[0].document} · ${rows[0].article}`)));
}

/** The checklist of a station, asked for when it is opened. */
export function checklist({ station_id: id }) {
  const box = h("div", { "aria-live": "polite" }, h("p", { class: "bone" }));
  const open = async (event) => {
    if (!event.target.open || box.dataset.asked) return;
    box.dataset.asked = "1";
    try {
      const { lines } = await ask("checklist", `stations/${segment(id)}/checklist`);
      box.replaceChildren(...groups(lines));
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      delete box.dataset.asked;
      box.replaceChildren(h("p", {}, error.message));
    }
  };
  return h("details", { class: "checklist", ontoggle: open },
    h("summary", {}, t("visited.checklist")), box);
}

/** Whether the one who is signed in inspects this station. */
function mine({ adcode, unit_id: unit }) {
  const { inspect } = page;
  if (!inspect) return false;
  return inspect.unit ? unit === inspect.unit : (adcode ?? "").startsWith(inspect.adcode);
}

function order({ id, state, due }, late) {
  return h("p", { class: late ? "notice" : "quiet" },
    h("a", { href: `${page.inspect.orders}/${segment(id)}?lang=${page.lang}` }, t("visited.order")),
    ` ${t(`order.${state}`)} · ${t(late ? "visited.late" : "visited.due", { date: date(due) })}`);
}

/** The way from a station's card to its checklist, and the order that stands there; for inspectors. */
export function inspecting(station) {
  if (!mine(station)) return null;
  const box = h("div", {});
  ask("site", `inspect/sites/${segment(station.station_id)}`).then((site) => {
    if (site.order) box.replaceChildren(order(site.order, site.work === "overdue"));
  }, (error) => {
    if (!(error instanceof Trouble)) throw error;
    box.replaceChildren(h("p", { class: "quiet" }, error.message));
  });
  const words = t(page.inspect.unit ? "visited.own_check" : "visited.begin");
  return h("div", { class: "inspecting" },
    h("a", {
      class: "btn btn-accent",
      href: `${page.inspect.url}#/s/${encodeURIComponent(station.station_id)}`,
    }, words),
    box);
}
