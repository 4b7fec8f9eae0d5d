// My sites: what there is to do today, on a small map and in a list.

import { h } from "../dom.js";
import { metres, page, t } from "../page.js";
import { empty, foot, head } from "./frame.js";
import { legend, listMap } from "./list_map.js";
import { apart, checksItself, momentOf, resultWord, shortDay, wayTo, workWord } from "./words.js";

const PAGE = 50;
const MOST = 200; // that are asked for at once
const TYPING_MS = 300;
const LISTS = ["today", "due", "orders", "near", "all"];
const KEPT = "inspect-list"; // which list was looked at last, for this tab

/** Where the phone is, asked once the list "near" is wanted; null if it may not or cannot say. */
const position = () => new Promise((done) => {
  if (!navigator.geolocation) {
    done(null);
    return;
  }
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => done([coords.longitude, coords.latitude]), () => done(null),
    { enableHighAccuracy: true, maximumAge: 30_000, timeout: 10_000 },
  );
});

const isAgain = (site, me) => site.work === "reinspect" && site.order && !checksItself(me);
const begin = (site, me) => wayTo(site.station_id, isAgain(site, me) ? site.order.id : null);

/** What is said of a site in a row, and in short on the map's card. */
function about(site, from, { short = false } = {}) {
  const { last, order } = site;
  return [
    h("span", { class: "i-row-head" }, h("b", {}, site.name), workWord(site.work, site.number)),
    short ? null : h("span", { class: "quiet" }, [site.type_name, site.address || site.district].filter(Boolean).join(" · ")),
    h("span", { class: "quiet" },
      last ? [t("i.last", { day: shortDay(last.at) }), " ", last.result && resultWord(last.result)] : t("i.never"),
      order && h("span", {}, " · ", t("i.order_short", { due: shortDay(order.due) })),
      from && site.place && h("span", {}, " · ", t("i.away", { far: metres(apart(from, site.place)) }))),
  ];
}

/** Visits beside which somebody else's of the same day stand. */
async function told(store) {
  const ones = (store.me.received ?? []).filter(({ others }) => others?.length);
  if (!ones.length) return [];
  const names = await Promise.all(ones.map(({ station_id: id }) => store.kept(id)));
  return [h("details", { class: "notice i-both" }, h("summary", {}, t("i.both", { n: new Set(ones.map((one) => one.station_id)).size })),
    h("ul", { class: "i-rows" }, ones.map((one, i) => h("li", {},
      h("a", { href: `#/v/${one.id}` }, h("b", {}, names[i]?.name ?? one.station_id)),
      one.others.map((other) => h("a", { href: `#/v/${other.id}` },
        [momentOf(other.at), other.visit_name, other.by].filter(Boolean).join(" · ")))))))];
}

/** The screen #/. */
export async function list({ store, sync, me, box, alive }) {
  const rows = h("ul", { class: "i-sites", "aria-busy": "true" });
  const total = h("p", { class: "total", role: "status" });
  const more = h("button", { class: "btn btn-outline", type: "button", hidden: true });
  const card = h("div", { class: "i-chosen", hidden: true });
  const stage = h("div", { class: "i-map" });
  const search = h("input", { class: "form-control", type: "search", maxlength: 100, autocomplete: "off", placeholder: t("i.search"), "aria-label": t("i.search") });
  const before = sessionStorage.getItem(KEPT);
  let which = LISTS.includes(before) ? before : "today";
  let from = null;
  let shown = [];
  let asked = 0;

  const choose = (site) => {
    card.replaceChildren(h("div", {}, about(site, from, { short: true })),
      h("a", { class: "btn btn-accent", href: begin(site, me) }, t(isAgain(site, me) ? "i.reinspect" : "i.start")));
    card.hidden = false;
  };
  const tabs = new Map(LISTS.map((id) => [id, h("button", { type: "button", onclick: () => pick(id) }, t(`i.list.${id}`))]));

  async function pick(id) {
    which = id;
    try {
      sessionStorage.setItem(KEPT, id);
    } catch {
      // the choice is for this screen alone
    }
    await load();
  }

  function fill(found, still) {
    rows.replaceChildren(...shown.map((site) => h("li", {}, h("a", { href: begin(site, me) }, about(site, from)))));
    rows.removeAttribute("aria-busy");
    const kept = !found.fresh && found.kept_at ? ` · ${t("i.as_of", { at: momentOf(found.kept_at) })}` : "";
    total.textContent = shown.length ? t("i.sites", { n: found.total }) + kept : "";
    more.hidden = shown.length >= found.total;
    more.textContent = t("i.more", { n: Math.min(PAGE, found.total - shown.length) });
    if (!shown.length) {
      const words = search.value.trim();
      rows.replaceChildren(h("li", {}, words ? empty(t("i.none_found"), t("i.none_found_text"))
        : empty(t(found.fresh ? `i.none.${which}` : "i.none_kept"), t(found.fresh ? `i.none_text.${which}` : "i.none_offline"),
          which !== "all" && h("button", { class: "btn btn-accent", type: "button", onclick: () => pick("all") }, t("i.list.all")))));
    }
    map.fill(shown, { still });
  }

  /** What the engine has of the list; without a network and nothing kept, nothing. */
  async function asking(values) {
    const said = Object.entries(values).filter(([, value]) => value !== undefined && value !== "" && value !== 0);
    try {
      return await store.sites(which, Object.fromEntries(said));
    } catch (error) {
      if (!error.sentence || (error.status && error.status < 500)) throw error;
      return { total: 0, sites: [], fresh: false, kept_at: null };
    }
  }

  async function load({ further = false, again = false } = {}) {
    const mine = (asked += 1);
    for (const [id, tab] of tabs) tab.setAttribute("aria-pressed", String(id === which));
    if (which === "near" && !from) {
      from = await position();
      if (!alive() || mine !== asked) return;
      if (from) map.here(from);
      else total.textContent = t("i.no_position");
    }
    if (!further && !again) card.hidden = true;
    if (!again) rows.setAttribute("aria-busy", "true");
    const [lon, lat] = which === "near" ? from ?? map.middle() : [];
    const found = await asking({ q: search.value.trim(), lon, lat, offset: further ? shown.length : 0, limit: again ? Math.min(Math.max(shown.length, PAGE), MOST) : PAGE });
    if (!alive() || mine !== asked) return;
    shown = further ? [...shown, ...found.sites] : found.sites;
    // the round comes first in the list of the day, in its order
    if (which === "today") shown = shown.map((site, i) => (site.work === "round" ? { ...site, number: i + 1 } : site));
    const unplaced = which === "near" && !from;
    fill(found, further || again);
    if (unplaced) total.textContent = t("i.no_position");
  }

  let waiting = null;
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => load(), TYPING_MS);
  });
  more.addEventListener("click", () => load({ further: true }));

  const below = foot({ store, sync });
  const both = h("div", {});
  const tell = async () => both.replaceChildren(...await told(store));
  box.replaceChildren(
    h("div", { class: "i-fixed" },
      head({ title: t("i.title"), about: [page.cityName, me.account?.name].filter(Boolean).join(" · "), back: "map" }),
      h("div", { class: "i-tabs", role: "group", "aria-label": t("i.lists") }, [...tabs.values()])),
    h("div", { class: "i-body is-list" },
      h("div", { class: "i-map-box" }, stage, card, h("div", { id: "legend-base", hidden: true })),
      h("div", { class: "i-list" }, both, search, h("div", { class: "i-counted" }, total, legend()), rows, more)),
    below.box);
  const map = listMap(stage, { chosen: choose });
  requestAnimationFrame(map.size);
  let { online } = sync.state;
  tell();
  await load();
  // without a round, what is due is the work of the day
  if (alive() && !before && !shown.length) {
    which = "due";
    await load();
  }
  return {
    heard(news) {
      below.fill();
      if (news.kind === "me") tell();
      const back = sync.state.online && !online;
      online = sync.state.online;
      if (news.kind === "receipt" || back) load({ again: true });
    },
    leave: () => map.leave(),
  };
}
