// Whose phone this is: the account that was signed in last, kept where a browser that is killed keeps it.

const NAME = "inspect-who";
const STORE = "who";

function opened() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function once(mode, work) {
  const db = await opened();
  try {
    return await new Promise((resolve, reject) => {
      const tx = db.transaction(STORE, mode, { durability: "strict" });
      const request = work(tx.objectStore(STORE));
      tx.oncomplete = () => resolve(request.result);
      tx.onabort = () => reject(tx.error);
    });
  } finally {
    db.close();
  }
}

const plain = (name) => name.trim().toLowerCase();

/**
 * What the server said to whoever was signed in last; null if nobody is known, or if somebody of
 * another name has signed in since and the server has not been heard of them.
 */
export async function remembered() {
  try {
    const me = await once("readonly", (store) => store.get("me"));
    const claimed = await once("readonly", (store) => store.get("claimed"));
    return me && (!claimed || claimed === plain(me.account.name)) ? me : null;
  } catch {
    return null;
  }
}

/** Remember it, without what opens the server's door. */
export const remember = (me) => once("readwrite", (store) => {
  store.delete("claimed");
  return store.put({ ...me, csrf: "" }, "me");
}).catch(() => {});

/** Somebody of this name is signing in: until the server tells, nobody else's things are shown. */
export const claim = (name) => once("readwrite", (store) => store.put(plain(name), "claimed")).catch(() => {});

/** How many inspections of an account this phone keeps that the server has not, begun or waiting. */
export function unsent(account) {
  return new Promise((resolve) => {
    const request = indexedDB.open(`inspect:${account}`);
    // nothing was ever kept: no empty storage is left behind either
    request.onupgradeneeded = () => request.transaction.abort();
    request.onerror = () => resolve(0);
    request.onsuccess = () => {
      const tx = request.result.transaction(["drafts", "outbox"]);
      const drafts = tx.objectStore("drafts").getAll();
      const waiting = tx.objectStore("outbox").count();
      tx.oncomplete = () => resolve(drafts.result.filter((draft) => draft.changed_at).length + waiting.result);
      tx.onabort = () => resolve(0);
      request.result.close();
    };
  }).catch(() => 0);
}

/** Somebody signed out: know nobody. What they have not submitted waits for them. */
export const forget = () => once("readwrite", (store) => store.delete("me")).catch(() => {});
