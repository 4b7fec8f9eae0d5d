// Questions to the server: JSON in the page's language, one at a time for each purpose.

import { page, t } from "./page.js";

const under_way = new Map();
const newer = [];
const later = [];
const LATER_MS = 10_000;
let waiting = 0;
let version = page.version;

/** Call back when the data on the server have changed. */
export const onNewData = (listener) => newer.push(listener);

/** Call back a while after an answer told of findings that are not those of the present data yet. */
export const onLater = (listener) => later.push(listener);

export class Trouble extends Error {}

/**
 * Ask for /api/v1/{path}. A later question for the same purpose cancels the earlier one, whose
 * promise then never settles. Raises Trouble with a sentence to show.
 */
export async function ask(purpose, path, values = {}) {
  under_way.get(purpose)?.abort();
  const control = new AbortController();
  under_way.set(purpose, control);
  const query = new URLSearchParams({ lang: page.lang });
  for (const [name, value] of Object.entries(values)) for (const one of [value].flat()) if (one !== "") query.append(name, one);
  let answer;
  try {
    const response = await fetch(`/api/v1/${path}?${query}`, { signal: control.signal });
    answer = await response.json();
    if (!response.ok) {
      const trouble = new Trouble(answer.detail);
      trouble.status = response.status;
      throw trouble;
    }
  } catch (error) {
    if (control.signal.aborted) return new Promise(() => {});
    throw error instanceof Trouble ? error : new Trouble(t("error.network"));
  }
  if (control.signal.aborted) return new Promise(() => {});
  if (typeof answer.version === "string" && answer.version !== version) {
    version = answer.version;
    newer.forEach((listener) => listener(version));
  }
  if (answer.pending && !waiting) {
    waiting = setTimeout(() => {
      waiting = 0;
      later.forEach((listener) => listener());
    }, LATER_MS);
  }
  return answer;
}

/** A path segment that may hold anything, slashes too. */
export const segment = (id) => id.split("/").map(encodeURIComponent).join("/");
