// What the phone keeps for one account: drafts, photos, what waits to be sent, receipts, and the stations
// that were taken along. Every step is one transaction, so whoever ends the browser between any two
// finds the state before or after, never between. Other windows of the same account are told of each.

import { t } from "../page.js";
import { done } from "./db.js";
import { API, Trouble, askFor, carry, get } from "./net.js";
import { digest, shrink } from "./photos.js";
import { Sites, orderOf } from "./sites.js";
import { remember } from "./who.js";

const RECEIPTS = 200;
const THUMBS = 600;
const MOST_PHOTOS = 20; // of one line, as the server takes them
const DAY = 86_400_000;

/** Whether anything was entered in a draft that would be missed. */
export const isTouched = (draft) => Boolean(
  draft.note || draft.signature || draft.signed_post
  || [draft.answers, draft.same, draft.notes, draft.photos, draft.supplies].some((part) => Object.keys(part).length),
);

/** Whether somebody of the unit signs at a visit of this kind. */
export const signs = (visit) => visit === "call" || visit === "supervision";

/** Key under which a draft keeps the picture of the signature. */
export const SIGNATURE = "signature";

const now = () => new Date().toISOString();
const copy = (value) => structuredClone(value);
const gone = (finished) => Object.assign(new Trouble(t(finished ? "engine.finished" : "engine.discarded")), { gone: true, finished });

// ---- who works with this phone

/** Ask the server who is signed in, remember it, and use its form token. */
export async function whoAmI(seconds = 10) {
  const me = await get(`${API}/me`, {}, seconds);
  carry(me.csrf);
  await remember(me);
  return me;
}

// ---- the store

/** Open what the phone keeps for `me` (an answer of `whoAmI`, or `remembered` by who.js). */
export async function openStore(me) {
  askFor(me.account.id);
  const listeners = new Set();
  const told = (event) => { for (const listener of listeners) listener(event); };
  const channel = "BroadcastChannel" in self ? new BroadcastChannel(`inspect:${me.account.id}`) : null;
  const store = new Store(me, (event) => { told({ ...event, own: true }); channel?.postMessage(event); });
  if (channel) channel.onmessage = ({ data }) => told({ ...data, own: false });
  store.on = (listener) => { listeners.add(listener); return () => listeners.delete(listener); };
  await store.counts();
  // a phone without room must open all the same: submitting makes room
  await store.tidy().catch((error) => console.warn(error));
  return store;
}

class Store extends Sites {
  #addresses = new Map();
  #adding = new Map();

  constructor(me, tell) {
    super(me.account.id, tell);
    this.me = me;
    this.account = me.account;
  }

  /** Hold what the server said anew of this account. */
  renew(me) {
    this.me = me;
    this.say("me", me.account.id);
  }

  // ---- drafts

  /** The one draft of a station, or of an order of it: found, or made with its id for good. */
  async draft(stationId, orderId = null) {
    const site = await this.kept(stationId);
    // an order is decided by the words in which it was given
    const checklist = orderOf(site, orderId)?.checklist ?? site?.checklist ?? this.me.checklist;
    const kinds = this.me.visits.map(({ id }) => id);
    // rounds come from draws for visits that are not announced
    const visit = site?.work === "round" && kinds.includes("covert") ? "covert" : kinds[0] ?? "call";
    const place = `${stationId}\n${orderId ?? ""}`;
    const { draft, made } = await this.write(["drafts"], async ({ drafts }) => {
      const found = await done(drafts.index("place").get(place));
      if (found) return { draft: found, made: false };
      const fresh = {
        id: crypto.randomUUID(), place, station_id: stationId, order_id: orderId,
        checklist, visit,
        started_at: now(), changed_at: null, answers: {}, same: [], notes: {}, photos: {}, supplies: {},
        note: "", signature: null, signed_post: "", seen: site?.seen ?? null, order: null,
      };
      await done(drafts.add(fresh));
      return { draft: fresh, made: true };
    });
    if (made) this.say("draft", draft.id);
    return draft;
  }

  /** A draft by its id; null where there is none (any more). */
  find(draftId) { return this.read(["drafts"], ({ drafts }) => done(drafts.get(draftId))).then((found) => found ?? null); }

  /** All drafts, the one changed last first; also those in which nothing is entered yet (`isTouched`). */
  async drafts() {
    const all = await this.read(["drafts"], ({ drafts }) => done(drafts.getAll()));
    const when = (draft) => draft.changed_at ?? draft.started_at;
    return all.sort((a, b) => (when(a) < when(b) ? 1 : -1));
  }

  /**
   * Change a draft: `fn(draft)` alters the newest state of it, whichever window wrote that, and must
   * not wait for anything. Returns the new state; raises Trouble (`gone`) when it is no draft any more.
   */
  async change(draftId, fn) {
    const draft = await this.write(["drafts", "outbox", "receipts"], async (stores) => {
      const found = await done(stores.drafts.get(draftId));
      if (!found) throw gone(await isFinished(stores, draftId));
      const { id, place, station_id, order_id } = found;
      fn(found);
      Object.assign(found, { id, place, station_id, order_id, changed_at: now() });
      await done(stores.drafts.put(found));
      return found;
    });
    this.say("draft", draftId);
    return draft;
  }

  /** Throw a draft and its photos away. */
  async discard(draftId) {
    await this.write(["drafts", "photos"], async ({ drafts, photos }) => {
      if (!await done(drafts.get(draftId))) return;
      await done(drafts.delete(draftId));
      await removeAll(photos, draftId);
    });
    this.say("draft", draftId);
  }

  // ---- photos

  /** Keep a picture with a line of a draft (or `SIGNATURE`), made small first. Returns its id. */
  async addPhoto(draftId, key, blob) {
    const adding = this.#add(draftId, key, blob);
    const all = this.#adding.get(draftId) ?? new Set();
    this.#adding.set(draftId, all.add(adding));
    try {
      return await adding;
    } finally {
      all.delete(adding);
    }
  }

  async #add(draftId, key, original) {
    const taken = new Date(original.lastModified ?? Date.now()).toISOString();
    const blob = await shrink(original);
    const photo = {
      id: crypto.randomUUID(), draft_id: draftId, key, blob, size: blob.size,
      sha256: await digest(blob), taken_at: taken, sent: false, problem: "",
    };
    await this.write(["drafts", "photos", "outbox", "receipts"], async (stores) => {
      const draft = await done(stores.drafts.get(draftId));
      if (!draft) throw gone(await isFinished(stores, draftId));
      if (key === SIGNATURE) {
        if (draft.signature) await done(stores.photos.delete(draft.signature));
        draft.signature = photo.id;
      } else {
        const before = draft.photos[key] ?? [];
        if (before.length >= MOST_PHOTOS) throw new Trouble(t("i.photo_most", { n: MOST_PHOTOS }));
        draft.photos[key] = [...before, photo.id];
      }
      draft.changed_at = now();
      await done(stores.photos.put(photo));
      await done(stores.drafts.put(draft));
    });
    this.say("draft", draftId);
    return photo.id;
  }

  /** Take a picture out of its draft again. */
  async removePhoto(draftId, photoId) {
    await this.write(["drafts", "photos"], async ({ drafts, photos }) => {
      const draft = await done(drafts.get(draftId));
      if (!draft) return;
      leaveOut(draft, photoId);
      draft.changed_at = now();
      await done(drafts.put(draft));
      await done(photos.delete(photoId));
    });
    this.#forget(photoId);
    this.say("draft", draftId);
  }

  /** Address of a picture: the phone's own where it has it, else the server's. */
  async photoUrl(photoId, { full = false } = {}) {
    const made = this.#addresses.get(photoId) ?? (full ? null : this.#addresses.get(`${photoId} small`));
    if (made) return made;
    const [own, small] = await this.read(["photos", "thumbs"], async ({ photos, thumbs }) =>
      [await done(photos.get(photoId)), full ? null : await done(thumbs.get(photoId))]);
    if (!own && !small) return `/inspect/photos/${encodeURIComponent(photoId)}.jpg?size=${full ? "full" : "thumb"}`;
    const address = URL.createObjectURL((own ?? small).blob);
    this.#addresses.set(own ? photoId : `${photoId} small`, address);
    return address;
  }

  #forget(photoId) {
    const address = this.#addresses.get(photoId);
    if (address) URL.revokeObjectURL(address);
    this.#addresses.delete(photoId);
  }

  // ---- from the draft to the receipt

  /**
   * Freeze a draft: from now on it waits to be sent and is changed no more. However many windows do
   * it, it happens once; returns what waits (or the receipt), or null for what was discarded.
   */
  async finish(draftId) {
    await Promise.allSettled([...(this.#adding.get(draftId) ?? [])]);
    const result = await this.write(["drafts", "outbox", "receipts", "sites", "own"], async (stores) => {
      const draft = await done(stores.drafts.get(draftId));
      if (!draft) return (await done(stores.outbox.get(draftId))) ?? (await done(stores.receipts.get(draftId))) ?? null;
      const site = await done(stores.sites.get(draft.station_id));
      const device = await deviceOf(stores.own);
      const waiting = {
        id: draft.id, station_id: draft.station_id, name: site?.name ?? draft.station_id, place: draft.place,
        started_at: draft.started_at, finished_at: now(), state: "waiting", problem: null, conflicts: 0,
        visit: frozen(draft, device),
      };
      await done(stores.outbox.add(waiting));
      await done(stores.drafts.delete(draftId));
      return waiting;
    });
    this.say("outbox", draftId);
    return result;
  }

  /**
   * Make a draft again of what the server refused, to mend it; one that was begun for the same station since
   * stays beside it. Returns whether there was such.
   */
  async reopen(id) {
    const made = await this.write(["drafts", "outbox"], async ({ drafts, outbox }) => {
      const one = await done(outbox.get(id));
      if (one?.state !== "refused") return false;
      const other = await done(drafts.index("place").get(one.place));
      const beside = other && isTouched(other);
      if (other && !beside) await done(drafts.delete(other.id));
      const { device, ...kept } = one.visit;
      const place = beside ? `${one.place}\n${id}` : one.place;
      await done(drafts.add({ ...kept, place, started_at: one.started_at, changed_at: now() }));
      await done(outbox.delete(id));
      return true;
    });
    this.say("outbox", id);
    return made;
  }

  /** What waits to be sent, oldest first, each with how many `photos` it has and how many are `photos_sent`. */
  async outbox() {
    return this.read(["outbox", "photos"], async ({ outbox, photos }) => {
      const all = (await done(outbox.getAll())).sort((a, b) => (a.finished_at < b.finished_at ? -1 : 1));
      for (const one of all) {
        const ids = new Set(photosOf(one.visit));
        const own = (await done(photos.index("draft").getAll(one.id))).filter((photo) => ids.has(photo.id));
        one.photos = ids.size;
        one.photos_sent = own.filter((photo) => photo.sent).length;
      }
      return all;
    });
  }

  /** Receipts of this phone, newest first. */
  async receipts() {
    const all = await this.read(["receipts"], ({ receipts }) => done(receipts.index("at").getAll()));
    return all.reverse();
  }

  /** The receipt of an inspection; null until the server has acknowledged it. */
  receipt(id) { return this.read(["receipts"], ({ receipts }) => done(receipts.get(id))).then((found) => found ?? null); }

  /** {drafts, unsent, photos}: drafts begun, inspections not acknowledged, photos that only the phone has. */
  counts() {
    return this.read(["drafts", "outbox", "photos"], async ({ drafts, outbox, photos }) => ({
      drafts: (await done(drafts.getAll())).filter(isTouched).length,
      unsent: await done(outbox.count()),
      photos: await done(photos.count()),
    }));
  }

  // ---- for sync.js: each of these is one step of sending

  waiting(id) { return this.read(["outbox"], ({ outbox }) => done(outbox.get(id))); }

  photo(id) { return this.read(["photos"], ({ photos }) => done(photos.get(id))); }

  async markPhoto(id, values) {
    const draftId = await this.write(["photos"], async ({ photos }) => {
      const photo = await done(photos.get(id));
      if (photo) await done(photos.put({ ...photo, ...values }));
      return photo?.draft_id;
    });
    if (draftId) this.say("photo", draftId);
  }

  async markWaiting(id, values) {
    await this.write(["outbox"], async ({ outbox }) => {
      const one = await done(outbox.get(id));
      if (one) await done(outbox.put({ ...one, ...values }));
    });
    this.say("outbox", id);
  }

  /** The server has it, photos and all: keep the receipt, let the rest go. */
  async acknowledged(id, answer) {
    const settle = (withReceipt) => this.write(["outbox", "photos", "receipts"], async ({ outbox, photos, receipts }) => {
      const one = await done(outbox.get(id));
      if (!one) return [];
      await done(outbox.delete(id));
      const ids = await removeAll(photos, id);
      if (withReceipt) await done(receipts.put(receiptOf(one, answer)));
      return ids;
    });
    const photoIds = await settle(true).catch((error) => {
      // no room even for the receipt: what the server has makes room
      if (error.full) return settle(false);
      throw error;
    });
    photoIds.forEach((photoId) => this.#forget(photoId));
    this.say("receipt", id);
  }

  /** The server has other content under this id: what waits gets new ids, so that both are kept. */
  async another(id, problem) {
    const fresh = await this.write(["outbox", "photos"], async ({ outbox, photos }) => {
      const one = await done(outbox.get(id));
      if (!one) return null;
      const newId = crypto.randomUUID();
      const ids = new Map();
      for (const photo of await done(photos.index("draft").getAll(id))) {
        ids.set(photo.id, crypto.randomUUID());
        await done(photos.delete(photo.id));
        await done(photos.put({ ...photo, id: ids.get(photo.id), draft_id: newId, sent: false }));
      }
      const visit = copy(one.visit);
      visit.id = newId;
      for (const [key, list] of Object.entries(visit.photos)) visit.photos[key] = list.map((photo) => ids.get(photo) ?? photo);
      visit.signature = ids.get(visit.signature) ?? visit.signature;
      if (visit.order) visit.order.id = crypto.randomUUID();
      await done(outbox.delete(id));
      await done(outbox.put({ ...one, id: newId, visit, problem, conflicts: one.conflicts + 1 }));
      return newId;
    });
    this.say("outbox", id);
    return fresh;
  }

  // ---- room

  /** Whether what is unsent may be lost: it has waited for a day, or room is short, and the browser may clear it. */
  async atRisk() {
    const [oldest] = [...await this.drafts(), ...await this.outbox()].filter((one) => one.visit?.id || isTouched(one))
      .map((one) => one.started_at).sort();
    if (!oldest || await navigator.storage?.persisted?.()) return false;
    const { usage = 0, quota = 0 } = await navigator.storage?.estimate?.() ?? {};
    return Date.now() - Date.parse(oldest) > DAY || usage > 0.8 * quota;
  }

  /** Ask the browser never to clear what is kept here by itself. */
  async persist() {
    try {
      return await navigator.storage.persist();
    } catch {
      return false;
    }
  }

  /** Let go of what is old and can be had again, and of photos that belong to nothing. */
  async tidy() {
    const old = new Date(Date.now() - 14 * DAY).toISOString();
    await this.write(["drafts", "outbox", "photos", "receipts", "thumbs"], async (stores) => {
      for (const draft of await done(stores.drafts.getAll())) {
        if (!isTouched(draft) && draft.started_at < old) await done(stores.drafts.delete(draft.id));
      }
      const owners = new Set([
        ...await done(stores.drafts.getAllKeys()), ...await done(stores.outbox.getAllKeys()),
      ]);
      const cursor = stores.photos.index("draft").openKeyCursor();
      await each(cursor, ({ key, primaryKey }) => owners.has(key) || done(stores.photos.delete(primaryKey)));
      await shorten(stores.receipts, RECEIPTS);
      await shorten(stores.thumbs, THUMBS);
    });
  }
}

const photosOf = (visit) => [...Object.values(visit.photos).flat(), visit.signature].filter(Boolean);

async function isFinished({ outbox, receipts }, id) {
  return Boolean(await done(outbox.getKey(id)) ?? await done(receipts.getKey(id)));
}

const receiptOf = (one, answer) => ({
  ...answer, id: one.id, station_id: one.station_id, name: one.name, visit: one.visit.visit, kept_at: now(),
  notes: [...answer.notes ?? [], ...one.problem ? [one.problem] : []],
});

function leaveOut(draft, photoId) {
  if (draft.signature === photoId) draft.signature = null;
  for (const [key, ids] of Object.entries(draft.photos)) {
    draft.photos[key] = ids.filter((id) => id !== photoId);
    if (!draft.photos[key].length) delete draft.photos[key];
  }
}

async function removeAll(photos, draftId) {
  const ids = await done(photos.index("draft").getAllKeys(draftId));
  for (const id of ids) await done(photos.delete(id));
  return ids;
}

async function deviceOf(own) {
  const found = await done(own.get("device"));
  if (found) return found.value;
  const value = crypto.randomUUID();
  await done(own.put({ name: "device", value }));
  return value;
}

const SENT = [
  "id", "station_id", "order_id", "checklist", "visit", "answers", "same", "notes", "photos", "supplies", "note",
  "signature", "signed_post", "seen", "order",
];

/**
 * What is sent, word for word, however often: only `sent_at` is added each time. What is mended keeps the
 * day of the visit, and who was not announced asked nobody to sign.
 */
const frozen = (draft, device) => ({
  ...copy(Object.fromEntries(SENT.map((name) => [name, draft[name]]))),
  ...(signs(draft.visit) ? {} : { signature: null, signed_post: "" }),
  claimed_at: draft.claimed_at ?? now(), device,
});

const each = (request, work) => new Promise((resolve, reject) => {
  request.onerror = () => reject(request.error);
  request.onsuccess = () => {
    const cursor = request.result;
    if (!cursor) { resolve(); return; }
    Promise.resolve(work(cursor)).then(() => cursor.continue(), reject);
  };
});

/** Keep the newest `most` of a store that has the index `at`. */
async function shorten(objects, most) {
  const over = await done(objects.count()) - most;
  if (over <= 0) return;
  for (const key of await done(objects.index("at").getAllKeys(null, over))) await done(objects.delete(key));
}

export { photosOf };
