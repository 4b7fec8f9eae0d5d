// The residents' page: what it does better with a script. Without one, the form and its links do all.

const root = document.documentElement;
const page = JSON.parse(document.getElementById("page-data").textContent);
const $ = (id) => document.getElementById(id);
const wide = matchMedia("(min-width: 720px)");
const LONGEST_MS = 20000; // a network of 3G may take long, nobody waits longer
const FINE = { enableHighAccuracy: true, timeout: 10000, maximumAge: 30000 };
const COARSE = { enableHighAccuracy: false, timeout: 8000, maximumAge: 300000 }; // indoors it is all there is
const AGAIN_MS = 10000; // between two looks for a network
const DECIMALS = 5;
const ROUGH_M = 100; // as in web/near_form.py

let map = null; // of map.js, once it is wanted
let beside = false; // whether the list has its map open, on a phone
let asked = null; // what stops the question on its way

const say = (text) => { $("said").textContent = text; };
const answerData = () => JSON.parse($("answer-data")?.textContent ?? "{}");

// -- asking ----------------------------------------------------------------------------------

/** Address of what the form asks now. */
function question(changes = {}) {
  const values = new FormData($("ask"));
  if (values.get("open") !== "at" || !values.get("time")) values.delete("time");
  if (values.get("open") === "now") values.delete("open");
  for (const name of ["q", "doubt"]) if (!values.get(name)) values.delete(name);
  for (const [name, value] of Object.entries(changes)) {
    values.delete(name);
    if (value !== null) values.set(name, value);
  }
  const text = new URLSearchParams(values).toString();
  const path = new URL(page.page, location.href).pathname;
  return text ? `${path}?${text}` : path;
}

/** Show another answer without loading the page anew; `quietly` leaves the history alone, `fresh` what is kept. */
async function go(address, { quietly = false, fresh = false, focus = "" } = {}) {
  asked?.abort();
  const mine = asked = new AbortController();
  if (!fresh) $("answer").setAttribute("aria-busy", "true");
  const late = setTimeout(() => !fresh && say(page.texts["near.looking"]), 1500);
  const enough = setTimeout(() => mine.abort("late"), LONGEST_MS);
  try {
    const response = await fetch(address, { headers: { Accept: "text/html" }, signal: mine.signal });
    const there = new DOMParser().parseFromString(await response.text(), "text/html");
    if (!there.getElementById("side")) { // a page of another kind: the browser shall show it
      location.assign(response.url);
      return;
    }
    // an answer that is kept may be that of another question: the page says which
    const { kept } = there.documentElement.dataset;
    if (kept && fresh) return;
    if (fresh) history.replaceState(null, "", address);
    if (!quietly && !kept) history.pushState(null, "", response.redirected ? response.url : address);
    take(there, kept ? "form" : focus);
    if (kept === "last") say(page.texts["near.offline"]);
  } catch {
    if (asked === mine && !fresh) say(page.texts["near.offline"]);
  } finally {
    clearTimeout(late);
    clearTimeout(enough);
    if (asked === mine) $("answer")?.removeAttribute("aria-busy");
  }
}

function take(there, focus) {
  const same = Boolean($("ask")) === Boolean(there.getElementById("ask"));
  document.title = there.title;
  const { kept: how } = there.documentElement.dataset;
  if (how) root.dataset.kept = how;
  else delete root.dataset.kept;
  for (const kept of document.querySelectorAll(".near-kept")) {
    kept.replaceWith(document.adoptNode(there.querySelector(".near-kept")));
  }
  document.querySelector(".near-lang").href = there.querySelector(".near-lang").getAttribute("href");
  // the form keeps what has been chosen since; it is only told where one is
  const parts = same && $("ask") && focus !== "form" ? ["where", "answer"] : ["side"];
  for (const id of parts) $(id).replaceWith(document.adoptNode(there.getElementById(id)));
  document.body.classList.toggle("is-list", Boolean($("ask")));
  begin();
  say("");
  if (!same || focus === "top") scrollTo(0, 0);
  const headline = $("headline");
  if (headline) {
    if (same && focus !== "top") $("heard").textContent = headline.textContent.replace(/\s+/g, " ").trim();
    else {
      headline.tabIndex = -1;
      headline.focus({ preventScroll: true });
    }
  }
}

/** With a network again what was kept gives way to what holds now. */
function refresh() {
  const busy = $("answer").hasAttribute("aria-busy") || document.hidden || !navigator.onLine;
  if (!root.hasAttribute("data-kept") || busy) return;
  // of the question that the kept answer is of, whatever the address says
  go($("ask") ? question() : location.href, { quietly: true, fresh: true, focus: "form" });
}

// -- where -----------------------------------------------------------------------------------

function from(lon, lat, { name = null, doubt = null } = {}) {
  go(question({
    lon: lon.toFixed(DECIMALS), lat: lat.toFixed(DECIMALS), at: name, doubt, q: null,
  }));
}

function locate(how = FINE) {
  if (!window.isSecureContext || !navigator.geolocation) {
    say(page.texts["near.insecure"]);
    return;
  }
  say(page.texts["near.locating"]);
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      from(coords.longitude, coords.latitude, { doubt: coords.accuracy >= ROUGH_M ? Math.round(coords.accuracy) : null });
    },
    (error) => {
      if (error.code !== error.PERMISSION_DENIED && how === FINE) {
        locate(COARSE);
        return;
      }
      say(page.texts[error.code === error.PERMISSION_DENIED ? "near.refused" : "near.lost"]);
      if (!document.querySelector(".near-from")) $("q")?.focus();
    },
    how,
  );
}

/** Whoever allowed it before is not asked for a tap. */
async function locateIfAllowed() {
  if (new URL(location.href).search.replace(/[?&]lang=\w+/, "")) return;
  try {
    const { state } = await navigator.permissions.query({ name: "geolocation" });
    if (state === "granted" && !answerData().me) locate();
  } catch {
    // a browser that cannot tell is asked with the button
  }
}

// -- the map ---------------------------------------------------------------------------------

const script = (src) => new Promise((done, failed) => {
  const element = Object.assign(document.createElement("script"), { src, onload: done, onerror: failed });
  document.head.append(element);
});

async function loadMap() {
  const style = Object.assign(document.createElement("link"), { rel: "stylesheet", href: page.map.style });
  document.head.prepend(style);
  for (const src of page.map.scripts) await script(src);
  return (await import(page.map.module)).nearMap($("map"), {
    chosen: (id) => choose(id),
    put: picked,
    first: answerData(),
  });
}

/** Open the map and draw what the page says; it is loaded when first wanted. */
async function showMap() {
  $("stage").hidden = false;
  try {
    map = await (map ??= loadMap());
    map.draw(answerData());
  } catch {
    map = null;
    $("stage").hidden = true;
    $("map-switch")?.setAttribute("aria-expanded", "false");
    say(page.texts["near.map_lost"]);
  }
}

function choose(id) {
  map?.choose?.(id);
  for (const card of document.querySelectorAll(".near-card")) {
    const is = card.dataset.station === id;
    card.classList.toggle("is-chosen", is);
    if (is) card.querySelector("a").focus({ preventScroll: true });
    if (is) card.scrollIntoView({ block: "nearest", behavior: "smooth" });
  }
}

async function pick() {
  $("stage").classList.add("is-picking");
  $("pick").hidden = false;
  await showMap();
  if (!map) return;
  $("cross").toggleAttribute("hidden", false);
  map.size();
  map.picking(true);
  $("pick-middle").focus();
}

function endPick() {
  if ($("pick").hidden) return;
  $("pick").hidden = true;
  $("cross").toggleAttribute("hidden", true);
  $("stage").classList.remove("is-picking");
  map?.picking?.(false);
  if (!wanted()) $("stage").hidden = true;
  map?.size?.();
}

function picked(lon, lat) {
  endPick();
  from(lon, lat, { name: page.texts["near.picked"] });
}

const wanted = () => wide.matches || !$("ask") || $("map-switch")?.getAttribute("aria-expanded") === "true";

// -- telling the unit ------------------------------------------------------------------------

async function tell(form) {
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    const response = await fetch(form.getAttribute("action"), { method: "POST", body: new FormData(form) });
    if (!response.ok || !response.redirected) { // what is wrong is said by a page of its own
      form.submit();
      return;
    }
    const link = Object.assign(document.createElement("a"), { href: response.url, textContent: page.texts["near.sent"] });
    const told = Object.assign(document.createElement("p"), { className: "notice near-told", tabIndex: -1 });
    told.setAttribute("role", "status");
    told.append("✓ ", link);
    form.replaceWith(told);
    told.focus();
  } catch {
    button.disabled = false;
    say(page.texts["near.not_sent"]);
  }
}

// -- the page --------------------------------------------------------------------------------

const plain = (event) => !(event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-part], a[data-way]");
  if (link && plain(event)) {
    event.preventDefault();
    go(link.getAttribute("href"), { focus: link.dataset.part === undefined ? "top" : "form" });
    return;
  }
  const button = event.target.closest("button")?.id;
  if (button === "locate") locate();
  if (button === "pick-start") pick();
  if (button === "pick-end") { endPick(); $("pick-start")?.focus(); }
  if (button === "pick-middle") picked(...map.middle());
  if (button === "map-switch") {
    const on = $("map-switch").getAttribute("aria-expanded") !== "true";
    $("map-switch").setAttribute("aria-expanded", String(on));
    beside = on;
    if (!on) $("stage").hidden = true;
    else showMap().then(() => $("answer").scrollIntoView());
  }
});

document.addEventListener("change", (event) => {
  const field = event.target;
  if (!["need", "open", "time"].includes(field.name)) return;
  const time = $("ask").elements.time;
  if (field.name === "open" && field.value === "at" && !time.value) {
    // the next whole hour, by the clock of the phone: something to start from
    const next = new Date(Math.ceil(Date.now() / 3.6e6) * 3.6e6);
    time.value = new Date(next - next.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
  }
  if (answerData().me) go(question());
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.id === "ask") {
    event.preventDefault();
    // what is typed counts more than where one was before
    const typed = form.elements.q?.value.trim();
    go(question(typed ? { lon: null, lat: null, at: null, doubt: null } : {}), { focus: "form" });
  } else if (form.dataset.tell !== undefined) {
    event.preventDefault();
    tell(form);
  }
});

document.addEventListener("keydown", (event) => { if (event.key === "Escape") endPick(); });
addEventListener("popstate", () => go(location.href, { quietly: true, focus: "form" }));
addEventListener("online", refresh);
setInterval(refresh, AGAIN_MS);
wide.addEventListener("change", () => (wanted() ? showMap() : ($("stage").hidden = true)));

/** What every new answer needs; nothing of it may wait for the network. */
function begin() {
  document.body.classList.toggle("is-list", Boolean($("ask")));
  const { me, stations } = answerData();
  const button = $("map-switch");
  if (button) {
    button.hidden = !(me && stations?.length);
    button.setAttribute("aria-expanded", String(beside && !button.hidden));
  }
  if (wanted()) showMap();
  else if ($("pick").hidden) $("stage").hidden = true;
}

begin();
if (root.dataset.tapped === undefined) locateIfAllowed();
else locate();
if ("serviceWorker" in navigator && window.isSecureContext) {
  const scope = new URL(page.page, location.href).pathname;
  navigator.serviceWorker.register(page.worker, { scope }).catch(() => {});
}
