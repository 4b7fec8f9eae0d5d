// Sends what waits until the server acknowledges it: photos first, resumed where they broke off, then the
// inspection. Every step may be repeated: the server knows each by its id.

import { t } from "../page.js";
import { API, Trouble, call, get } from "./net.js";
import { photosOf, whoAmI } from "./store.js";

const FIRST_WAIT = 2;
const BUSY_WAIT = 10; // seconds until it is asked again whether another window still sends
const LONGEST_WAIT = 300;
const PIECE = { first: 256 * 1024, least: 16 * 1024, most: 1_000_000 };
const SILENT = 60_000; // ms after which another window that sends is thought to sleep
const FRESH = 10 * 60_000; // ms for which today's round need not be asked for again
const TAKEN = 50; // stations of one question
const CONFLICTS = 3;
const HELLO = 30; // seconds for the first question, on the slowest of lines

const later = (error) => error.status === 0 || error.status === 429 || error.status >= 500;
/** Whether it is the server's trouble with this one, and not with all. */
const alone = (error) => error instanceof Trouble && error.status >= 500 && ![503, 507].includes(error.status);

class Stop extends Error {
  constructor(kind, problem) {
    super(problem);
    this.kind = kind;
  }
}

/** Begin to send for a store; the result has `state`, `now()` and `takeAlong(ids)`. */
export function start(store) {
  const sync = new Sync(store);
  sync.begin();
  return sync;
}

class Sync {
  #store;
  #timer = null;
  #tries = 0;
  #turn = 0;
  #busy = false;
  #again = false;
  #heard = 0;
  #taken = 0;
  #piece = PIECE.first;

  constructor(store) {
    this.#store = store;
    /** {online, sending, problem, kind, signIn}: kind is "", "offline", "slow", "server", "sign_in", "other". */
    this.state = { online: navigator.onLine, sending: false, problem: "", kind: "", signIn: false };
  }

  begin() {
    this.#store.on((event) => {
      if (!event.own) this.#heard = Date.now();
      if (event.kind === "outbox") this.#try();
    });
    addEventListener("online", () => { this.#tell({ online: true }); this.#try(); });
    addEventListener("offline", () => this.#tell({ online: false }));
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.#try(); });
    this.#try();
  }

  /** Try at once, whatever the waiting time, also what the server has refused before. */
  async now() {
    for (const { id, state } of await this.#store.outbox()) {
      if (state === "refused") await this.#store.markWaiting(id, { state: "waiting", problem: null, resent: false });
    }
    return this.#try();
  }

  async #try() {
    clearTimeout(this.#timer);
    if (this.#busy) {
      this.#again = true;
      return;
    }
    this.#busy = true;
    try {
      await this.#alone(() => this.#round());
    } catch (error) {
      this.#failed(error);
    }
    this.#busy = false;
    if (this.#again) {
      this.#again = false;
      this.#try();
    }
  }

  /** Keep stations with their last findings, pictures and checklists, for where there is no network. */
  async takeAlong(ids) {
    for (let i = 0; i < ids.length; i += TAKEN) {
      const { sites } = await get(`${API}/taken`, { ids: ids.slice(i, i + TAKEN).join(",") }, 60);
      await this.#store.keepSites(sites);
      const needed = sites.flatMap(({ checklist, orders = [] }) => [checklist, ...orders.map((order) => order.checklist)]);
      const checklists = new Set([this.#store.me.checklist, ...needed].filter(Boolean));
      for (const id of checklists) await this.#store.checklist(id);
      await this.#thumbs(sites.flatMap((site) => Object.values(site.lines ?? {}).flatMap((line) => line.photos ?? [])));
    }
  }

  async #thumbs(ids) {
    for (const id of await this.#store.missingThumbs([...new Set(ids)])) {
      const response = await fetch(`/inspect/photos/${encodeURIComponent(id)}.jpg?size=thumb`, { signal: AbortSignal.timeout?.(20_000) });
      if (response.ok) await this.#store.keepThumb(id, await response.blob());
    }
  }

  #tell(values) {
    const before = JSON.stringify(this.state);
    Object.assign(this.state, values);
    this.state.signIn = this.state.kind === "sign_in";
    if (JSON.stringify(this.state) !== before) this.#store.say("sync", "");
  }

  /** One window at a time; one that is silent though it sends is thought to sleep, and passed by. */
  async #alone(work) {
    if (!navigator.locks) return work();
    const name = `inspect-send:${this.#store.account.id}`;
    const steal = !document.hidden && this.#heard > 0 && Date.now() - this.#heard > SILENT;
    try {
      return await navigator.locks.request(name, steal ? { steal } : { ifAvailable: true }, async (lock) => {
        if (lock) {
          this.#heard = 0;
          return work();
        }
        this.#heard ||= Date.now();
        return this.#wait(BUSY_WAIT);
      });
    } catch (error) {
      // passed by, in turn, while asleep: every step is one that may be repeated
      if (error.name !== "AbortError") throw error;
      return this.#wait(LONGEST_WAIT);
    }
  }

  #wait(seconds) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#try(), seconds * 1000 * (0.75 + Math.random() / 2));
  }

  async #round() {
    const turn = ++this.#turn;
    this.#tell({ sending: true });
    try {
      await this.#known();
      let stuck = null;
      for (const { id, state } of await this.#store.outbox()) {
        if (turn !== this.#turn) return;
        if (state !== "waiting") continue;
        try {
          await this.#send(id);
        } catch (error) {
          if (!alone(error)) throw error;
          stuck = error;
        }
      }
      if (stuck) throw stuck;
      this.#tries = 0;
      this.#tell({ problem: "", kind: "", online: true });
      await this.#today();
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#tell({ sending: false });
    }
  }

  #failed(error) {
    if (error instanceof Stop) {
      this.#tell({ problem: error.message, kind: error.kind });
      return;
    }
    if (!(error instanceof Trouble)) {
      // a fault of this page: what waits still waits, and the next try may fare better
      console.error(error);
      this.#tell({ problem: t("engine.failed"), kind: "server" });
    } else if (error.status === 0) {
      this.#tell({ problem: error.message, kind: error.slow ? "slow" : "offline" });
    } else {
      this.#tell({ problem: error.status === 507 ? error.message : t("engine.busy"), kind: "server" });
    }
    this.#tries += 1;
    this.#wait(Math.min(FIRST_WAIT * 2 ** (this.#tries - 1), LONGEST_WAIT));
  }

  /** Whoever is signed in must be whose these are; the form token is renewed with it. */
  async #known() {
    let me;
    try {
      me = await whoAmI(HELLO);
    } catch (error) {
      if (error.status === 401) throw new Stop("sign_in", t("engine.sign_in"));
      if (error.status === 403) throw new Stop("sign_in", error.message);
      throw error;
    }
    if (me.account.id !== this.#store.account.id) {
      throw new Stop("other", t("engine.other", { name: this.#store.account.name }));
    }
    this.#store.renew(me);
  }

  /** Do a request; a session that ended, or a form token that did, is told from a refusal. */
  async #asked(request) {
    try {
      return await request();
    } catch (error) {
      if (error.status === 401) throw new Stop("sign_in", t("engine.sign_in"));
      if (error.status !== 403) throw error;
      await this.#known();
      return request();
    }
  }

  async #send(id) {
    try {
      const one = await this.#store.waiting(id);
      if (!one) return;
      for (const photoId of photosOf(one.visit)) await this.#photo(photoId);
      await this.#visit(one);
    } catch (error) {
      if (!(error instanceof Trouble) || later(error)) throw error;
      await this.#store.markWaiting(id, { state: "refused", problem: error.message });
    }
  }

  async #visit(one) {
    const post = () => call("POST", `${API}/visits`, {
      json: { ...one.visit, sent_at: new Date().toISOString() }, seconds: 40,
    });
    let answer;
    try {
      answer = await this.#asked(post);
    } catch (error) {
      const missing = error.status === 422 && error.body?.missing;
      if (missing) return this.#missing(one, missing, error);
      if (error.status !== 409 || one.conflicts >= CONFLICTS) throw error;
      const fresh = await this.#store.another(one.id, t("engine.conflict"));
      return fresh && this.#send(fresh);
    }
    await this.#store.acknowledged(one.id, answer);
    // what is found now is the last visit of the next one
    await this.takeAlong([one.station_id]).catch(() => {});
  }

  /** The server has not all the photos that we thought it has: they are sent again, once. */
  async #missing(one, ids, error) {
    if (one.resent) throw error;
    await this.#store.markWaiting(one.id, { resent: true });
    for (const id of ids) await this.#store.markPhoto(id, { sent: false });
    return this.#send(one.id);
  }

  async #photo(id) {
    const photo = await this.#store.photo(id);
    if (!photo) throw new Trouble(t("engine.photo_lost"), { status: 422 });
    if (photo.sent) return;
    const path = `${API}/photos/${id}`;
    const { size, sha256, taken_at } = photo;
    const hello = () => call("PUT", path, { json: { size, sha256, taken_at } });
    let at = await this.#asked(hello);
    let stood = 0;
    let anew = false;
    while (!at.photo) {
      const { offset } = at;
      this.#store.say("progress", id);
      try {
        at = await this.#send_piece(photo, path, offset, hello);
      } catch (error) {
        // it did not arrive as it was sent, or is no picture: once more tells which
        if (error.status !== 422 || anew) throw error;
        anew = true;
        at = await this.#asked(hello);
      }
      stood = at.photo || at.offset > offset ? 0 : stood + 1;
      if (stood > 3) throw new Trouble(t("engine.busy"));
    }
    // a note for ourselves: without room for it the server is asked again
    await this.#store.markPhoto(id, { sent: true }).catch((error) => { if (!error.full) throw error; });
  }

  /** Send one piece; its size follows what the network bears. */
  async #send_piece(photo, path, offset, hello) {
    let bytes;
    try {
      bytes = await photo.blob.slice(offset, offset + this.#piece).arrayBuffer();
    } catch {
      throw new Trouble(t("engine.photo_lost"), { status: 422 });
    }
    const began = performance.now();
    try {
      const at = await this.#asked(() => call("PATCH", path, {
        bytes, headers: { "Upload-Offset": String(offset) }, seconds: 45,
      }));
      if (performance.now() - began < 3_000) this.#piece = Math.min(this.#piece * 2, PIECE.most);
      return at;
    } catch (error) {
      if (error.status === 0) this.#piece = Math.max(this.#piece / 2, PIECE.least);
      // what the server has is not what we thought: it says where it stands
      if (error.status !== 404 && error.status !== 409) throw error;
      return hello();
    }
  }

  /** Take today's round along, now and then. */
  async #today() {
    if (Date.now() - this.#taken < FRESH) return;
    try {
      const { sites, fresh } = await this.#store.sites("today");
      if (!fresh) return;
      await this.takeAlong(sites.map((site) => site.station_id));
      this.#taken = Date.now();
    } catch (error) {
      // nothing is lost by it; it is asked for again with the next try
      if (!(error instanceof Trouble) && error.name !== "TimeoutError") console.error(error);
    }
  }
}
