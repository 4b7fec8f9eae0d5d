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

/** What the server said to whoever was signed in last; null if nobody is known. */
export const remembered = () => once("readonly", (store) => store.get("me")).then((me) => me ?? null, () => null);

/** Remember it, without what opens the server's door. */
export const remember = (me) => once("readwrite", (store) => store.put({ ...me, csrf: "" }, "me")).catch(() => {});

/** Know nobody: whoever signs in next is somebody else, as far as the phone can tell. */
export const forget = () => once("readwrite", (store) => store.delete("me")).catch(() => {});
