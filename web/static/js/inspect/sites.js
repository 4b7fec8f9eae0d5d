// Stations, lists of them, checklists and small pictures of earlier visits: from the server while there is
// one, and as kept for where there is none.

import { page, t } from "../page.js";
import { done, open, transact } from "./db.js";
import { API, Trouble, get, patience } from "./net.js";

const now = () => new Date().toISOString();

/** An order that a station waits for; whole where the station itself was asked for, not only a list. */
export const orderOf = (site, orderId) => [...site?.orders ?? [], site?.order].find((order) => order && order.id === orderId);

const segment = encodeURIComponent;
const ignore = () => {};
const offline = (error) => error instanceof Trouble && (error.status === 0 || error.status === 401 || error.status >= 500);
const unlessOffline = (asked) => asked.catch((error) => {
  if (offline(error) || error.status === 404) return null;
  throw error;
});
const matches = (site, q) => !q || [site.name, site.address, site.station_id].some((text) => text?.includes(q));

/** The part of the store that can be had again; and how all of it is read and written. */
export class Sites {
  #open;
  #db = null;
  #tell;

  constructor(account, tell) {
    this.#tell = tell;
    this.#open = () => open(account, {
      closed: () => { this.#db = null; },
      outdated: () => { this.#db = null; tell({ kind: "lost", problem: t("engine.blocked") }); },
    });
  }

  /** Tell the listeners, and other windows, that something of this kind changed. */
  say(kind, id) { this.#tell({ kind, id }); }

  /** Do `work(stores)` in one transaction that changes nothing. */
  read(names, work) { return this.#transact(names, "readonly", work); }

  /** Do `work(stores)` in one transaction, wholly or not at all. */
  async write(names, work) {
    try {
      return await this.#transact(names, "readwrite", work);
    } catch (error) {
      if (!error.full) throw error;
      // pictures of earlier visits can be had again, what was found cannot
      await this.#transact(["thumbs"], "readwrite", ({ thumbs }) => done(thumbs.clear()));
      return this.#transact(names, "readwrite", work);
    }
  }

  async #connected() {
    try {
      this.#db ??= this.#open();
      return await this.#db;
    } catch (error) {
      this.#db = null;
      throw error;
    }
  }

  async #transact(names, mode, work) {
    try {
      return await transact(await this.#connected(), names, mode, work);
    } catch (error) {
      if (!error.cut) throw error;
      this.#db = null;
      return transact(await this.#connected(), names, mode, work);
    }
  }

  /** A station as the phone keeps it; null where it was not taken along. */
  kept(stationId) { return this.read(["sites"], ({ sites }) => done(sites.get(stationId))).then((found) => found ?? null); }

  /** Keep stations, as the server told of them. */
  async keepSites(list) {
    if (!list.length) return;
    await this.write(["sites"], async ({ sites }) => {
      for (const site of list) {
        const before = site.lines ? null : await done(sites.get(site.station_id));
        await done(sites.put({ ...before, ...site, kept_at: now() }));
      }
    });
    this.say("sites", "");
  }

  /** A station with its last findings: from the server, or as kept (`fresh` says which); null for neither. */
  async site(stationId) {
    const kept = await this.kept(stationId);
    const whole = kept?.lines ? kept : null;
    try {
      const site = await get(`${API}/sites/${segment(stationId)}`, {}, patience(whole));
      await this.keepSites([site]).catch(ignore);
      return { ...site, kept_at: now(), fresh: true };
    } catch (error) {
      if (error.status === 404) return null;
      if (!offline(error)) throw error;
      return kept && { lines: {}, supplies: {}, ...kept, fresh: false };
    }
  }

  /** An order with its station_id, as its station tells of it; null where that is not known here. */
  async order(orderId) {
    const find = async () => (await this.read(["sites"], ({ sites }) => done(sites.getAll())))
      .find((site) => orderOf(site, orderId));
    let found = await find();
    if (!found) {
      await this.sites("orders").catch(ignore);
      found = await find();
    }
    const site = found && await this.site(found.station_id);
    const order = orderOf(site, orderId);
    return order ? { ...order, station_id: site.station_id } : null;
  }

  /** One inspection in the words of its own checklist; null where it cannot be had now. */
  visit(id) { return unlessOffline(get(`${API}/visits/${segment(id)}`)); }

  /** Inspections of a station, newest first: {visits, next}; null where they cannot be had now. */
  visits(stationId, { before = null, limit = 20 } = {}) {
    return unlessOffline(get(`${API}/sites/${segment(stationId)}/visits`, before ? { before, limit } : { limit }));
  }

  /** A list of stations ("today", "due", "orders", "near", "all"): {total, sites, fresh, kept_at}. */
  async sites(list, values = {}) {
    const whole = !values.q && !values.offset;
    const kept = await this.read(["lists", "sites"], async ({ lists, sites }) => {
      const found = await done(lists.get(list));
      if (found) return { ...found, sites: (await Promise.all(found.ids.map((id) => done(sites.get(id))))).filter(Boolean) };
      return list === "all" ? { kept_at: null, sites: await done(sites.getAll()) } : null;
    });
    try {
      const answer = await get(`${API}/sites`, { list, ...values }, patience(kept));
      await this.keepSites(answer.sites).catch(ignore);
      if (whole) await this.#keepList(list, answer).catch(ignore);
      return { ...answer, kept_at: now(), fresh: true };
    } catch (error) {
      if (!offline(error)) throw error;
      if (!kept) throw new Trouble(t("engine.not_kept"), error);
      const sites = kept.sites.filter((site) => matches(site, values.q));
      return { total: sites.length, sites, kept_at: kept.kept_at, fresh: false };
    }
  }

  #keepList(name, { total, sites: rows }) {
    return this.write(["lists"], ({ lists }) => done(lists.put({
      name, total, ids: rows.map((site) => site.station_id), kept_at: now(),
    })));
  }

  /** A checklist in the page's language, kept for good, as it never changes; null where it cannot be had now. */
  async checklist(id) {
    const key = `${id}:${page.lang}`;
    const kept = await this.read(["checklists"], ({ checklists }) => done(checklists.get(key)));
    if (kept) return kept.checklist;
    const checklist = await unlessOffline(get(`${API}/checklists/${segment(id)}`));
    if (checklist) await this.write(["checklists"], ({ checklists }) => done(checklists.put({ id: key, checklist }))).catch(ignore);
    return checklist;
  }

  /** Keep a small picture of an earlier visit. */
  keepThumb(id, blob) {
    return this.write(["thumbs"], ({ thumbs }) => done(thumbs.put({ id, blob, kept_at: now() })));
  }

  /** Which of these small pictures are not kept yet. */
  missingThumbs(ids) {
    return this.read(["thumbs"], async ({ thumbs }) => {
      const missing = [];
      for (const id of ids) if (!await done(thumbs.getKey(id))) missing.push(id);
      return missing;
    });
  }
}
