// What is said of one thing: a finding, a facility, a station. Everything in it is text.

import { facts, h } from "./dom.js";
import { chainage, number, page, percent, t } from "./page.js";
import { ask, segment } from "./server.js";
import { said, SIGNS } from "./signs.js";
import { symbol } from "./symbols.js";
import { show } from "./tabs.js";
import { address, follow } from "./url.js";
import { checklist, idle, inspecting, lastVisit } from "./visited.js";

const AGAIN_MS = 1500;

/** Changes of the address that close whatever is open on the map. */
export const NOTHING = { station: "", facility: "", finding: "" };

// whether the map goes to what is opened next: it does from a list, not from the map itself
const wish = { fly: false };

/** Let a click on a link open something and take the map there. */
export function flying(changes) {
  const go = follow(changes);
  return (event) => {
    wish.fly = true;
    go(event);
  };
}

/** Whether the map shall go to what was just opened; asking uses it up. */
export function wished() {
  const { fly } = wish;
  wish.fly = false;
  return fly;
}

const link = (changes, text, properties = {}) =>
  h("a", { ...properties, href: address(changes), onclick: follow(changes) }, text);

/** Changes that open a rule in the standards' panel. */
const toRule = (rule) => ({ ...show("standards"), rule, state: "", words: "" });

function amount(value, unit) {
  if (value === null) return null;
  if (unit === "m") return chainage(value);
  if (unit === "%") return percent(value / 100);
  return unit === "h" ? t("unit.h", { n: number(value) }) : number(value);
}

/** What was measured and what is asked, as one line; "" without a measure. */
export function measure({ measured, limit, unit }) {
  const values = { measured: amount(measured, unit), limit: amount(limit, unit) };
  if (values.measured === null) return "";
  return t(values.limit === null ? "finding.measured" : "finding.measured_limit", values);
}

const cite = ({ document, clause, rule, rule_id }) => h("p", { class: "cite" },
  `${document} · ${clause} · `, link(toRule(rule), t("finding.rule", { rule: rule_id })));

const assumed = (finding) => finding.assumed && h("span", { class: "tag" }, t("list.assumed"));

/** Findings that the server is still at after new data: asked for until they are there. */
function waiting(path) {
  const box = h("div", { "aria-live": "polite" }, h("p", { class: "quiet" }, t("finding.waiting")));
  const again = async () => {
    if (!box.isConnected) return;
    const { findings: list } = await ask("findings", path).catch(() => ({ findings: null }));
    if (list) box.replaceChildren(...[findings(list)].flat());
    else setTimeout(again, AGAIN_MS);
  };
  setTimeout(again, AGAIN_MS);
  return box;
}

/** Findings of one thing, shortfalls first, each with its clause. */
function findings(list, title = t("finding.of_this")) {
  if (!list.length) return h("p", { class: "quiet" }, t("finding.none"));
  const rank = (finding) => SIGNS.indexOf(finding.sign);
  const rows = [...list].sort((a, b) => rank(a) - rank(b)).map((finding) =>
    h("li", {}, said(finding.sign), assumed(finding), h("p", {}, finding.message),
      measure(finding) && h("p", { class: "quiet" }, measure(finding)), cite(finding)));
  return [h("h3", {}, title), h("ul", { class: "plain found" }, rows)];
}

function whole({ subject_kind: kind, subject_id: id, strip }) {
  if (kind === "facility") return link({ ...NOTHING, facility: id }, t("finding.facility"), { class: "btn btn-outline" });
  if (kind === "station") return link({ ...NOTHING, station: id }, t("finding.station"), { class: "btn btn-outline" });
  if (strip) return link({ ...NOTHING, ...show("gaps"), ...strip }, t("finding.street"), { class: "btn btn-outline" });
  return null;
}

/** Card of one finding, and of what else is found of the same thing where it has no card of its own. */
export function findingCard(finding) {
  const name = finding.subject_name ?? finding.subject_id;
  return h("article", { class: "station", "aria-label": name },
    h("h2", {}, name),
    h("p", { class: "where" }, [finding.subject, finding.site_type, finding.district].filter(Boolean).join(" · ")),
    h("p", {}, said(finding.sign), assumed(finding)),
    h("p", {}, finding.message),
    measure(finding) && h("p", { class: "quiet" }, measure(finding)),
    finding.about && h("p", { class: "clause" }, finding.about.text),
    cite(finding),
    whole(finding) ?? (finding.findings.length > 0 && findings(finding.findings, t("finding.others"))),
  );
}

/** Card of a facility with all that is found of it. */
export function facilityCard(facility) {
  const name = facility.name ?? t("facility.unnamed");
  return h("article", { class: "station", "aria-label": name },
    h("h2", {}, name),
    facts([
      [t("facility.category"), facility.category],
      [t("station.district"), facility.district],
      [t("station.source"), facility.source],
    ]),
    facility.findings ? findings(facility.findings) : waiting(`facilities/${segment(facility.facility_id)}`),
  );
}

function counting({ counts, counts_not: why, serves }) {
  if (counts === null) return null;
  const yes = t(serves === false ? "station.counts_built" : "station.counts");
  return h("p", { class: "quiet" }, counts ? yes : t("station.counts_not", { why }));
}

/** Days on which a station is closed, today first. */
const closures = (notices) => notices.map((notice) => h("p", { class: "notice" },
  h("strong", {}, t(notice.in_force ? "station.closed_now" : "station.closed_later")),
  ` ${notice.days} · ${notice.reason}`));

/** What a station has, and which of it is not there just now. */
const supplies = ({ supplies: names, supplies_short: short }) => names
  .map((supply) => (short.includes(supply) ? t("station.supply_short", { supply }) : supply))
  .join(t("summary.list"));

/** Way to the form of a station, for those who look after it. */
function editLink({ station_id: id, adcode, unit_id: unit }) {
  const { edit } = page;
  if (!edit || (edit.unit ? unit !== edit.unit : !(adcode ?? "").startsWith(edit.adcode))) return null;
  const query = new URLSearchParams({ id, ...(page.lang === "en" ? { lang: "en" } : {}) });
  return h("p", {}, h("a", { class: "btn btn-outline", href: `${edit.url.split("?")[0]}?${query}` },
    t("station.edit")));
}

const pageOf = (address) => h("p", {}, h("a", { class: "btn btn-outline", href: address }, t("station.page")));

const remarkOn = (address) => h("p", {}, h("a", { class: "btn btn-outline", href: address }, t("station.remark")));

/** Card of a station with all that is found of it. */
export function stationCard(station) {
  const source = station.source_row === null
    ? station.source
    : t("station.source_row", { source: station.source, row: station.source_row });
  return h("article", { class: "station", "aria-label": station.name ?? t("station.unnamed") },
    h("h2", {}, symbol(station.type, station.serves === false ? "idle" : station.status), station.name ?? t("station.unnamed")),
    closures(station.notices),
    idle(station),
    inspecting(station),
    facts([
      [t("station.type"), station.type_name],
      [t("station.status"), station.status_name],
      [t("station.unit"), station.unit],
      [t("station.supervising"), station.supervising_unit],
      [t("station.hours"), station.hours ?? t("station.hours_unknown")],
      [t("station.supplies"), supplies(station)],
      [t("station.phone"), station.phone],
      [t("station.address"), station.address],
      [t("station.district"), station.district],
      [t("station.source"), source],
      [t("visited.title"), lastVisit(station)],
    ]),
    counting(station),
    checklist(station),
    station.demonstration && h("p", { class: "quiet" }, t("station.demonstration")),
    editLink(station),
    remarkOn(station.remark),
    pageOf(station.page),
    station.findings ? findings(station.findings) : waiting(`stations/${segment(station.station_id)}`),
  );
}
