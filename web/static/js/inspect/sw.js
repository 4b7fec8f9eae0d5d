// Keeps the inspectors' shell on the phone, all files of one version together, and the map that was seen.
// What belongs to an account is never here: the pages keep it, apart for each account.
// KEPT = {version, files, shells: {zh, en}} stands above, written by the server.

const CACHE = `inspect-${KEPT.version}`;
const TILES = "inspect-tiles";
const TILES_MOST = 800;
const FILES = new Set(KEPT.files);
const SHELL = new URL(KEPT.shells.zh, location.origin).pathname;

self.addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const cache = await caches.open(CACHE);
    // all or nothing: addAll keeps nothing where one of them fails
    await cache.addAll([...KEPT.files, ...Object.values(KEPT.shells)].map((path) => new Request(path, { cache: "no-cache" })));
  })());
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) {
      if (name.startsWith("inspect-") && name !== CACHE && name !== TILES) await caches.delete(name);
    }
    await self.clients.claim();
  })());
});

self.addEventListener("message", (event) => {
  if (event.data === "use") self.skipWaiting();
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate") {
    if (url.pathname === SHELL) event.respondWith(shell(request, url));
  } else if (FILES.has(url.pathname)) {
    event.respondWith(file(request, url));
  } else if (url.pathname.startsWith("/tiles/")) {
    event.respondWith(tile(event, request));
  }
});

async function shell(request, url) {
  const path = url.searchParams.get("lang") === "en" ? KEPT.shells.en : KEPT.shells.zh;
  return (await (await caches.open(CACHE)).match(path)) ?? fetch(request);
}

async function file(request, url) {
  return (await (await caches.open(CACHE)).match(url.pathname)) ?? fetch(request);
}

/** Tiles carry the mark of their ground in the address: one that is kept is right for good. */
async function tile(event, request) {
  const cache = await caches.open(TILES);
  const kept = await cache.match(request);
  if (kept) return kept;
  try {
    const response = await fetch(request);
    if (response.ok) event.waitUntil(keep(cache, request, response.clone()));
    return response;
  } catch {
    // a map without this tile, not a fault of the page
    return new Response(null, { status: 504 });
  }
}

async function keep(cache, request, response) {
  try {
    await cache.put(request, response);
    const all = await cache.keys();
    for (const old of all.slice(0, Math.max(0, all.length - TILES_MOST))) await cache.delete(old);
  } catch {
    // no room left: the map needs the network, what was found does not suffer
    await caches.delete(TILES);
  }
}
