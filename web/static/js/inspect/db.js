// IndexedDB as promises: a transaction happens wholly or not at all, and is on the disk when it is done.

import { t } from "../page.js";
import { Trouble } from "./net.js";

const VERSION = 1;
const MAKE = {
  // drafts being written; `place` lets a station (or an order of it) have one at a time
  drafts: [{ keyPath: "id" }, { place: ["place", { unique: true }] }],
  // frozen, to be sent until the server has said that it has them
  outbox: [{ keyPath: "id" }, {}],
  receipts: [{ keyPath: "id" }, { at: ["kept_at", {}] }],
  photos: [{ keyPath: "id" }, { draft: ["draft_id", {}] }],
  // taken along: stations, lists of them, checklists, small pictures of earlier visits
  sites: [{ keyPath: "station_id" }, {}],
  lists: [{ keyPath: "name" }, {}],
  checklists: [{ keyPath: "id" }, {}],
  thumbs: [{ keyPath: "id" }, { at: ["kept_at", {}] }],
  own: [{ keyPath: "name" }, {}],
};

/** Promise of an IndexedDB request. */
export const done = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

function upgrade(db) {
  for (const [name, [options, indexes]] of Object.entries(MAKE)) {
    if (db.objectStoreNames.contains(name)) continue;
    const made = db.createObjectStore(name, options);
    for (const [index, [path, more]] of Object.entries(indexes)) made.createIndex(index, path, more);
  }
}

/** Whether an error says that the phone has no room left. */
export const isFull = (error) => error?.name === "QuotaExceededError" || error?.inner?.name === "QuotaExceededError";

/**
 * Open the storage of an account; `closed()` is called when the browser takes the connection away, and
 * `outdated()` when a newer page needs it. Raises Trouble where this window may keep nothing.
 */
export function open(account, { closed, outdated }) {
  return new Promise((resolve, reject) => {
    let request;
    try {
      request = indexedDB.open(`inspect:${account}`, VERSION);
    } catch {
      reject(new Trouble(t("engine.private")));
      return;
    }
    request.onupgradeneeded = () => upgrade(request.result);
    request.onerror = () => reject(new Trouble(t(isFull(request.error) ? "engine.full" : "engine.private")));
    request.onblocked = () => reject(new Trouble(t("engine.blocked")));
    request.onsuccess = () => {
      const db = request.result;
      // a newer page in another window wants to change the storage: it goes first
      db.onversionchange = () => { db.close(); outdated(); };
      db.onclose = closed;
      resolve(db);
    };
  });
}

/**
 * Do `work(stores)` in one transaction; the promise settles when it is on the disk, or undone.
 * `work` may await only requests of these stores.
 */
export function transact(db, names, mode, work) {
  return new Promise((resolve, reject) => {
    let result, failure, tx;
    try {
      tx = db.transaction(names, mode, { durability: mode === "readwrite" ? "strict" : "default" });
    } catch {
      // phones cut the connection of pages that sleep
      reject(Object.assign(new Trouble(t("engine.gone")), { cut: true }));
      return;
    }
    tx.oncomplete = () => resolve(result);
    tx.onabort = () => {
      const error = failure ?? tx.error;
      reject(isFull(error) || isFull(tx.error) ? Object.assign(new Trouble(t("engine.full")), { full: true }) : error);
    };
    const stores = Object.fromEntries(names.map((name) => [name, tx.objectStore(name)]));
    Promise.resolve(work(stores)).then(
      (value) => { result = value; },
      (error) => {
        failure = error;
        try { tx.abort(); } catch { /* it is undone already */ }
      },
    );
  });
}
