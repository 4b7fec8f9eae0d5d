// Requests to the server: with a time limit, with the form token, and with a sentence for every failure.

import { page, t } from "../page.js";

export const API = "/api/v1/inspect";

/** Something did not work; its message is a sentence to show. `status` is 0 where no answer came. */
export class Trouble extends Error {
  constructor(message, { status = 0, body = null, slow = false } = {}) {
    super(message);
    Object.assign(this, { status, body, slow });
  }

  get sentence() { return this.message; }
}

const who = { csrf: "", account: "" };
let silent = -Infinity; // when no answer came last

/** Seconds to wait for something: few where it is kept, fewer still where nobody answered just now. */
export const patience = (kept) => {
  if (!kept) return 20;
  return performance.now() - silent < 30_000 ? 1 : 4;
};

/** From now on requests carry this form token. */
export const carry = (csrf) => { who.csrf = csrf; };

/** From now on requests say for whom they ask: what is somebody else's, who signed in meanwhile, is not answered. */
export const askFor = (account) => { who.account = account; };

async function read(response) {
  const text = await response.text();
  if (!text) return {};
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/**
 * Ask the server; the answer is its JSON. Raises Trouble: with the status and the sentence that the
 * server says, or with status 0 where none came within `seconds`.
 */
export async function call(method, path, { json, bytes, headers = {}, seconds = 20, values = {} } = {}) {
  const query = new URLSearchParams(values);
  if (page.lang === "en") query.set("lang", "en");
  const address = query.toString() ? `${path}?${query}` : path;
  const control = new AbortController();
  const clock = setTimeout(() => control.abort(), seconds * 1000);
  const sent = { ...headers };
  if (method !== "GET") sent["X-CSRFToken"] = who.csrf;
  if (who.account && path !== `${API}/me`) sent["X-Account"] = who.account;
  if (json !== undefined) sent["Content-Type"] = "application/json";
  else if (bytes !== undefined) sent["Content-Type"] = "application/octet-stream";
  let response, body;
  try {
    response = await fetch(address, {
      method, headers: sent, cache: "no-store", redirect: "manual", signal: control.signal,
      body: json === undefined ? bytes : JSON.stringify(json),
    });
    body = await read(response);
  } catch {
    const slow = control.signal.aborted;
    silent = performance.now();
    throw new Trouble(t(slow ? "engine.slow" : "engine.offline"), { slow });
  } finally {
    clearTimeout(clock);
  }
  silent = -Infinity;
  // what is not from our server: a network that asks to be signed in to, or a proxy without its server
  if (response.type === "opaqueredirect" || body === null) {
    throw new Trouble(t("engine.unread"), { slow: true });
  }
  if (!response.ok) {
    throw new Trouble(body?.detail ?? t(response.status === 401 ? "engine.sign_in" : "engine.busy"),
      { status: response.status, body });
  }
  return body;
}

/** Read something; `values` go into the address. */
export const get = (path, values = {}, seconds = 20) => call("GET", path, { values, seconds });
