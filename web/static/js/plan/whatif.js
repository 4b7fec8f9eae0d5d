// What a change would do: asked while the hand still moves, one question at a time, the newest wins.

import { page, t } from "../page.js";
import { ask, Trouble } from "../server.js";

const LONG = 6000; // letters of an address that every server takes
const MOST = 50; // stations that may change in one address
let under_way = false;
let next = null;
let token = ""; // with which the server takes long lists, from whoever is signed in

/** Send long lists with this token. */
export const trust = (csrf) => { token = csrf; };

/** Whether so many changes can be asked about: long lists are taken from planners alone. */
export const canAsk = (changes) => Boolean(token) || changes.length <= MOST;

/** JSON of changes, with degrees as exact as scenarios are kept. */
const sent = (changes) => JSON.stringify(changes, (name, value) =>
  ((name === "lon" || name === "lat") ? Number(value.toFixed(10)) : value ?? undefined));

/** Ask once, apart from what is followed. */
async function answer(changes, planned) {
  const text = sent(changes);
  const counts = planned ? "1" : "";
  if (!token || (changes.length <= MOST && encodeURIComponent(text).length <= LONG)) {
    return ask("what-if", "what-if", { changes: text, planned: counts });
  }
  let response;
  try {
    response = await fetch(`/api/v1/what-if?${new URLSearchParams({ lang: page.lang, planned: counts })}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": token },
      body: `{"changes":${text}}`,
    });
  } catch {
    throw new Trouble(t("error.network"));
  }
  const found = await response.json().catch(() => ({ detail: t("error.network") }));
  if (!response.ok) throw new Trouble(found.detail);
  return found;
}

async function work() {
  under_way = true;
  while (next) {
    const { changes, planned, since, told, failed } = next;
    next = null;
    try {
      told(await answer(changes, planned));
      painted(since);
    } catch (error) {
      if (!(error instanceof Trouble)) {
        under_way = false;
        throw error;
      }
      if (!next) failed(error.message);
    }
  }
  under_way = false;
}

/** Note how long it took from the hand to the picture, for whoever measures. */
function painted(since) {
  requestAnimationFrame(() => setTimeout(() => {
    if (performance.getEntriesByName("what-if").length > 2000) performance.clearMeasures("what-if");
    performance.measure("what-if", { start: since, end: performance.now() });
  }));
}

/**
 * Follow the changes: `told` gets the answer, `failed` a sentence. What comes while a question is
 * under way waits for its answer, and only the newest of it is asked. With `planned` the stations
 * that are planned already count as if they stood.
 */
export function follow(changes, { told, failed, planned, since = performance.now() }) {
  next = { changes, planned, since, told, failed };
  if (!under_way) work();
}

/** Forget what waits: there is nothing to ask any more. */
export const forget = () => { next = null; };
