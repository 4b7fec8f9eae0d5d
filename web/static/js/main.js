// The planner's map: what the address says is what is shown.

import { addBasemap } from "./basemap.js";
import { cameraOf, EDGE_PX } from "./camera.js";
import { toWorld } from "./canvas.js";
import { NOTHING, wished } from "./cards.js";
import { bindCopy } from "./copy.js";
import { showCoverage } from "./coverage.js";
import { useDatum } from "./datum.js";
import { $ } from "./dom.js";
import { follow } from "./features.js";
import { paintFindings } from "./findpaint.js";
import { hit } from "./hit.js";
import { mount as mountIndicators } from "./indicators.js";
import { fillLegend, showLegend } from "./legend.js";
import { bindForm, fillForm, showList } from "./list.js";
import { teller } from "./news.js";
import { calm, date, moment, narrow, page, t } from "./page.js";
import { paintOn } from "./paint.js";
import { planTab } from "./plan.js";
import { OPEN, openCard } from "./popup.js";
import { showRibbon } from "./ribbon.js";
import { addScale } from "./scale.js";
import { onLater, onNewData } from "./server.js";
import { beside, bindSheet } from "./sheet.js";
import { bindStandards, showStandards } from "./standards.js";
import { draw, lineOf, showGap, showStreet } from "./street.js";
import { showSummary } from "./summary.js";
import { bindTabs, show as showing, showTab } from "./tabs.js";
import { address, change, current, watch } from "./url.js";
import { paintWork } from "./work.js";

const map = window.map_stations;
const chosen = { street: null, gap: null, station: null, place: null, finding: null, lines: null };
let street = null;
let shut = null; // takes the open card away

// -- the map ---------------------------------------------------------------------------------

const { fit, whole, start } = cameraOf(map);
const world = (line) => line.map(([lon, lat]) => toWorld(lon, lat));

function remember() {
  const { lat, lng } = map.getCenter();
  change({ at: [map.getZoom(), lat.toFixed(5), lng.toFixed(5)].join("/") }, { quietly: true });
  keepLanguageLink();
}

function keepLanguageLink() {
  const link = $("language");
  const query = new URLSearchParams(address());
  query.set("lang", link.hreflang === "en" ? "en" : "zh");
  link.href = `?${query}`;
}

const onMap = {
  show: (points) => fit(points),
  fly(gap) {
    beside();
    fit(gap.line);
  },
  follow(place) {
    chosen.place = place && toWorld(...place);
    if (place && !map.getBounds().pad(-0.08).contains([place[1], place[0]])) {
      map.panTo([place[1], place[0]], { animate: !calm.matches });
    }
    paint.redraw();
  },
};

map.getContainer().setAttribute("role", "application");
map.getContainer().setAttribute("aria-label", t("map.label"));
addScale(map, "bottomright");
L.control.zoom({
  position: "topright", zoomInTitle: t("map.zoom_in"), zoomOutTitle: t("map.zoom_out"),
}).addTo(map);
function gathered() {
  const { gaps, stations, findings } = viewport.found;
  if (findings.pending) return t("rules.pending", { time: moment(findings.pending) });
  return [gaps, stations, findings].some((layer) => layer.gathered && layer.total) ? t("map.gathered") : "";
}

const note = teller(gathered);

// a phone shows so little that a whole step of zoom is a long one
map.options.zoomSnap = narrow.matches ? 0.5 : 1;
useDatum(map);
start();
const base = addBasemap(map, page.ground);
const viewport = follow(map, {
  told: () => {
    note(gathered());
    redraw();
  },
  busy: (on) => $("stage").classList.toggle("busy", on),
  failed: (sentence) => note(sentence, { lasting: true }),
});
const paint = paintOn(map, viewport.found, chosen);
const signs = paintFindings(map, viewport.found, chosen);
const work = paintWork(map, viewport.found);
const plan = planTab({ map, found: viewport.found, fit, note, paint });

function redraw() {
  paint.redraw();
  signs.redraw();
  work.redraw();
  plan.redraw();
}

map.on("moveend", remember);
map.on("mousemove", (event) => {
  $("pointer").textContent = `${event.latlng.lng.toFixed(5)}, ${event.latlng.lat.toFixed(5)} WGS-84`;
  if (map.dragging.moving()) return;
  const under = () => hit(map, viewport.found, { paint, signs, work }, event.layerPoint, false);
  map.getContainer().style.cursor = plan.over(event.layerPoint) ?? (under() ? "pointer" : "");
});
map.on("mouseout", () => { $("pointer").textContent = ""; });
map.on("click", (event) => {
  const coarse = event.originalEvent.pointerType === "touch" || matchMedia("(pointer: coarse)").matches;
  const under = hit(map, viewport.found, { paint, signs, work }, event.layerPoint, coarse);
  if (plan.click(event, coarse, under?.kind === "cell")) return;
  if (under?.kind === "station") change({ ...NOTHING, station: under.item.station_id });
  if (under?.kind === "finding") {
    const { subject_kind: kind, subject_id: id, finding_id: finding } = under.item;
    change({ ...NOTHING, ...(OPEN.includes(kind) ? { [kind]: id } : { finding }) });
  }
  if (under?.kind === "gap") {
    const { gap_id: gap, street_id } = under.item;
    change({ ...NOTHING, ...showing("gaps"), gap, street: street_id });
  }
  if (under?.kind === "cell") map.setView(event.latlng, map.getZoom() + 2, { animate: !calm.matches });
});

// -- what is open ----------------------------------------------------------------------------

async function openStreet(state, before) {
  const opened = Boolean(state.street);
  $("overview").hidden = opened;
  $("detail").hidden = !opened;
  if (!opened) {
    street = null;
    Object.assign(chosen, { street: null, gap: null, place: null });
    paint.redraw();
    if (before?.street) {
      document.querySelector(`[data-street="${CSS.escape(before.street)}"]`)?.focus({ preventScroll: true });
    }
    return;
  }
  beside();
  if (street?.street_id === state.street) {
    const row = document.activeElement?.closest(".gaps li")?.id;
    draw(street, onMap);
    document.getElementById(row)?.querySelector("a").focus({ preventScroll: true });
  } else {
    const found = await showStreet(state.street, onMap);
    if (current().street !== state.street) return;
    street = found;
    if (before) $("street-name")?.focus({ preventScroll: true });
    $("panel-body").scrollTop = 0;
    chosen.street = street && lineOf(street).map(world);
    if (street && !state.gap && (before || !state.at)) fit(lineOf(street).flat());
  }
  if (!state.gap) {
    chosen.gap = null;
    paint.redraw();
    return;
  }
  const gap = await showGap(state.gap, onMap);
  if (current().gap !== state.gap) return;
  chosen.gap = gap && { ...gap, line: world(gap.line) };
  paint.redraw();
  if (gap && (before || !state.at)) onMap.fly(gap);
}

async function showCard(state, before) {
  shut?.();
  shut = null;
  Object.assign(chosen, { station: null, finding: null, lines: null });
  const kind = OPEN.find((name) => state[name]);
  // a link that names no place on the map leads to what it opens
  const fly = wished() || (!before && !state.at);
  if (kind) {
    const { place, lines, sign, sentence, close } = await openCard(
      map, kind, state[kind], () => change(NOTHING),
    );
    // another card may have been asked for meanwhile
    if (current()[kind] !== state[kind]) return close();
    shut = close;
    const at = place ? toWorld(...place) : null;
    if (kind === "station") chosen.station = at;
    else chosen.finding = at && { at, sign };
    chosen.lines = lines?.map(world) ?? null;
    if (sentence) note(sentence, { lasting: true });
    else beside();
    const seen = place && map.getBounds().contains([place[1], place[0]]);
    if (place && (fly || narrow.matches || (before && !seen))) {
      const card = document.querySelector(".leaflet-popup");
      fit([place], Math.max(map.getZoom(), 16), card ? card.offsetHeight + EDGE_PX : EDGE_PX);
    }
  }
  redraw();
}

// what the layers of the map ask for
const SEEN = [
  "q", "class", "district", "hide", "tab", "rule", "state", "type", "words", "off", "states",
  "coverage", "work",
];
const differs = (state, before, names) => names.some((name) => state[name] !== before[name]);

watch((state, before) => {
  keepLanguageLink();
  showTab();
  // only the way back and forward brings another place along
  if (state.at && state.at !== before.at) start();
  if (differs(state, before, ["coverage"])) {
    showCoverage();
    street = null;
  }
  if (differs(state, before, ["q", "class", "district", "sort", "coverage"])) {
    fillForm();
    showList();
    showSummary();
  }
  if (differs(state, before, SEEN)) viewport.look();
  if (differs(state, before, ["hide", "off", "states", "coverage", "work"])) fillLegend();
  if (differs(state, before, ["tab", "rule", "state", "type", "words", "district"])) showStandards();
  if (differs(state, before, ["tab", "plan", "changes", "scenario", "district"])) plan.sync();
  if (differs(state, before, ["street", "gap", "coverage"])) openStreet(state, before);
  if (differs(state, before, OPEN)) showCard(state, before);
});

// -- the page --------------------------------------------------------------------------------

async function load() {
  showList();
  const summary = await showSummary();
  if (summary) base.use(summary.ground);
  showLegend(summary);
  if (summary?.largest) showRibbon(summary.largest);
  $("filters").hidden = summary?.streets === 0;
}

onNewData(() => {
  note(t("data.new"), { lasting: true });
  viewport.look(true);
  street = null;
  load();
  showStandards({ anew: true });
  plan.anew();
  if (current().street) openStreet(current(), null);
});

onLater(() => {
  viewport.again();
  showStandards({ anew: true });
});

bindSheet();
bindTabs();
bindStandards();
bindCopy(map, note);
bindForm();
fillForm();
keepLanguageLink();
const time = $("data-date");
if (time) time.textContent = date(time.dateTime);
$("whole").addEventListener("click", whole);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  base.restyle();
  paint.recolor();
  signs.recolor();
  work.recolor();
  plan.recolor();
});
addEventListener("resize", () => map.invalidateSize());
matchMedia("print").addEventListener("change", () => map.invalidateSize({ animate: false }));
load();
mountIndicators($("indicators"), { map, fit, note });
openStreet(current(), null);
plan.sync();
if (OPEN.some((name) => current()[name])) showCard(current());
