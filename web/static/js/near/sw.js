// Keeps the last answers on the phone, and the few files that show them.
// KEPT = {version, page, files} stands above, written by the server.

const FILES = `near-${KEPT.version}`;
const ANSWERS = "near-answers";
const MOST = 8;
const LAST = new URL("/near-last", location.origin).href; // never fetched: the last answer by another name
const OWN = new Set(KEPT.files);
const PATIENCE_MS = 12000;
let outdated = false; // the pages are of a newer version than what is kept

self.addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const cache = await caches.open(FILES);
    await cache.addAll(KEPT.files.map((path) => new Request(path, { cache: "no-cache" })));
    await self.skipWaiting();
  })());
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) {
      if (name.startsWith("near-") && ![FILES, ANSWERS].includes(name)) await caches.delete(name);
    }
    await self.clients.claim();
  })());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (url.pathname === KEPT.page) event.respondWith(answer(event, request, url));
  else if (url.pathname.startsWith("/static/")) event.respondWith(file(event, request, url));
});

const asks = (url) => url.searchParams.has("lon") || url.searchParams.has("q");

/** From the network; where there is none, what is kept: this answer, else the last one. */
async function answer(event, request, url) {
  const stop = new AbortController();
  const enough = setTimeout(() => stop.abort(), PATIENCE_MS);
  request.signal.addEventListener("abort", () => stop.abort());
  try {
    const response = await fetch(request, { signal: stop.signal });
    const version = response.headers.get("Near-Version");
    if (version) outdated = version !== KEPT.version;
    if (response.ok && !response.redirected) event.waitUntil(keep(url, response.clone()));
    return response;
  } catch (error) {
    if (request.signal.aborted) throw error;
    const cache = await caches.open(ANSWERS);
    // whoever opens the page without a question looks for the last answer
    const bare = !asks(url);
    const same = bare ? undefined : await cache.match(url.href);
    const kept = same ?? (await cache.match(LAST)) ?? (await cache.match(KEPT.page, { ignoreSearch: true }));
    if (!kept) throw error;
    // the page itself says so, with the time of its answer
    const text = (await kept.text()).replace("<html ", `<html data-kept="${same || bare ? "same" : "last"}" `);
    return new Response(text, { headers: kept.headers });
  } finally {
    clearTimeout(enough);
  }
}

async function keep(url, response) {
  try {
    const cache = await caches.open(ANSWERS);
    const headers = new Headers(response.headers);
    for (const name of ["Content-Encoding", "Content-Length", "Set-Cookie"]) headers.delete(name);
    const text = await response.text();
    const copy = () => new Response(text, { headers });
    await cache.delete(url.href);
    await cache.put(url.href, copy());
    if (asks(url)) await cache.put(LAST, copy());
    const others = (await cache.keys()).filter((one) => one.url !== LAST);
    for (const old of others.slice(0, Math.max(0, others.length - MOST))) await cache.delete(old);
  } catch {
    // no room left: the page works with a network alone
  }
}

/** The page's own files at once from what is kept; those of the map when the network has failed. */
async function file(event, request, url) {
  const cache = await caches.open(FILES);
  const own = OWN.has(url.pathname) && !outdated;
  const kept = own && (await cache.match(url.pathname));
  if (kept) return kept;
  try {
    const response = await fetch(request);
    if (response.ok) event.waitUntil(cache.put(url.pathname, response.clone()).catch(() => {}));
    return response;
  } catch (error) {
    const old = await cache.match(url.pathname);
    if (!old) throw error;
    return old;
  }
}
