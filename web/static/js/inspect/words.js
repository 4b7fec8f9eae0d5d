// How the inspector's screens say states, days and times: always a sign and a word.

import { h } from "../dom.js";
import { page, t } from "../page.js";

const locale = page.lang === "en" ? "en-GB" : "zh-CN";
const zone = page.zone ? { timeZone: page.zone } : {};
const day = new Intl.DateTimeFormat(locale, { dateStyle: "long", ...zone });
const near = new Intl.DateTimeFormat(locale, { month: "long", day: "numeric", ...zone });
const year = new Intl.DateTimeFormat("en", { year: "numeric", ...zone });
const clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hour12: false, ...zone });

// a bare ISO day is that day everywhere
const bare = (iso) => iso.length === 10;
const noon = (iso) => new Date(`${iso}T12:00:00Z`);
const plain = { timeZone: "UTC" };
const bareDay = new Intl.DateTimeFormat(locale, { dateStyle: "long", ...plain });
const bareNear = new Intl.DateTimeFormat(locale, { month: "long", day: "numeric", ...plain });

/** A day without its clock: 2026年3月5日. */
export const dayOf = (iso) => (bare(iso) ? bareDay.format(noon(iso)) : day.format(new Date(iso)));

/** A day of this year without the year. */
export function shortDay(iso) {
  if (bare(iso)) return (iso.slice(0, 4) === today().slice(0, 4) ? bareNear : bareDay).format(noon(iso));
  const at = new Date(iso);
  return year.format(at) === year.format(new Date()) ? near.format(at) : day.format(at);
}

/** Day and clock of an instant. */
export const momentOf = (iso) => t("i.moment", { day: shortDay(iso), time: clock.format(new Date(iso)) });

export const SIGNS = { met: "✓", not_met: "✗", not_applicable: "–", unknown: "?" };

/** A sign of a state with its word beside it. */
export const stateWord = (state) => h("span", { class: `state is-${state}` },
  h("b", { "aria-hidden": "true" }, SIGNS[state]), t(`i.state.${state}`));

/** Address of an order's own page. */
export const orderPage = (id) => `/manage/orders/${encodeURIComponent(id)}${page.lang === "en" ? "?lang=en" : ""}`;

/** Whether somebody makes no visits but checks of their own. */
export const checksItself = ({ visits }) => visits.every(({ id }) => id === "self");

/** What a visit found of the station as a whole. */
export const resultWord = (result) => h("span", { class: `state is-${result}` },
  h("b", { "aria-hidden": "true" }, SIGNS[result]), t(`i.result.${result}`));

const WORK_SIGNS = { reinspect: "↻", overdue: "!", due: "○", round: "▸", done: "✓", fresh: "·" };

/** What there is to do at a site, as a badge; one of a round bears its number. */
export const workWord = (work, number = null) => h("span", { class: `work is-${work}` },
  h("b", { "aria-hidden": "true" }, number ?? workSign(work)), t(`i.work.${work}`));

export const workSign = (work) => WORK_SIGNS[work] ?? "·";

/** Whether a day has passed already. */
export const isPast = (isoDay) => isoDay < today();

/** The day of now by the city's clock, ISO; or that of some days later. */
export function today(later = 0) {
  const at = new Date(Date.now() + later * 86_400_000);
  return new Intl.DateTimeFormat("sv", { year: "numeric", month: "2-digit", day: "2-digit", ...zone }).format(at);
}

/** Address of the form of a station, or of the re-inspection of an order of it. */
export const wayTo = (stationId, orderId = null) => (orderId
  ? `#/o/${encodeURIComponent(orderId)}/${encodeURIComponent(stationId)}` : `#/s/${encodeURIComponent(stationId)}`);

/** Metres between two places [lon, lat] on the sphere. */
export function apart([ax, ay], [bx, by]) {
  const rad = Math.PI / 180;
  const half = Math.sin(((by - ay) * rad) / 2) ** 2
    + Math.cos(ay * rad) * Math.cos(by * rad) * Math.sin(((bx - ax) * rad) / 2) ** 2;
  return 2 * 6371008.8 * Math.asin(Math.sqrt(half));
}
