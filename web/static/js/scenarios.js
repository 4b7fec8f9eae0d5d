// Scenarios on their maps: stations as they would be, gaps closed and new; two maps move as one.

import { showAround } from "./around.js";
import { addBasemap } from "./basemap.js";
import { useDatum } from "./datum.js";
import { h } from "./dom.js";
import { page, t } from "./page.js";
import { addScale } from "./scale.js";

const SIGNS = { new: "＋", moved: "→", closed: "×", altered: "~" };
const SMALL_ZOOM = 14; // from here on pins have their signs
const latlng = ([lon, lat]) => [lat, lon];

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

function pin({ kind }, small) {
  const mark = h("span", { class: `scenario-pin is-${kind}${small ? " is-small" : ""}` }, SIGNS[kind]);
  const size = small ? 12 : 24;
  return L.divIcon({ className: "", iconSize: [size, size], html: mark });
}

/** Draw a scenario; returns the places that it touches. */
function draw(map, { stations, closed, new: fresh, others }) {
  const lines = L.layerGroup().addTo(map);
  const renderer = L.canvas({ padding: 0.3 });
  const paint = () => {
    lines.clearLayers();
    const looks = [
      [others ?? [], { color: colour("gap-1"), weight: 4, lineCap: "butt" }],
      [closed, { color: colour("closed"), weight: 6, opacity: 0.9 }],
      [fresh, { color: colour("new-gap"), weight: 5, dashArray: "8 6" }],
    ];
    for (const [some, look] of looks) {
      for (const line of some) L.polyline(line.map(latlng), { ...look, renderer, interactive: false }).addTo(lines);
    }
  };
  paint();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
  let small = map.getZoom() < SMALL_ZOOM;
  const marks = stations.map((one) => {
    if (one.from) {
      L.polyline([one.from, one.at].map(latlng), { color: "#0067a5", weight: 2, dashArray: "4 4", interactive: false }).addTo(map);
    }
    const mark = L.marker(latlng(one.at), { icon: pin(one, small), title: one.said, alt: one.said, keyboard: false });
    return [one, mark.bindTooltip(h("span", {}, one.said)).addTo(map)];
  });
  map.on("zoomend", () => {
    if (small === map.getZoom() < SMALL_ZOOM) return;
    small = !small;
    marks.forEach(([one, mark]) => mark.setIcon(pin(one, small)));
  });
  return [...stations.flatMap(({ at, from }) => (from ? [at, from] : [at])), ...closed.flat(), ...fresh.flat()].map(latlng);
}

function prepare(map, label) {
  map.getContainer().setAttribute("role", "application");
  map.getContainer().setAttribute("aria-label", label);
  map.scrollWheelZoom.disable();
  map.once("focus", () => map.scrollWheelZoom.enable());
  L.control.zoom({ position: "topright", zoomInTitle: t("map.zoom_in"), zoomOutTitle: t("map.zoom_out") }).addTo(map);
  addScale(map, "bottomleft");
  useDatum(map);
}

const first = window.map_stations;
const maps = [first];
const other = document.getElementById("map_other");
if (other) {
  const { maxZoom, minZoom } = first.options;
  maps.push(L.map(other, {
    center: first.getCenter(), zoom: first.getZoom(), maxZoom, minZoom, zoomControl: false,
    attributionControl: false, fadeAnimation: false,
  }));
}
const boxes = [...document.querySelectorAll(".scenario-map")];
maps.forEach((map, i) => prepare(map, boxes[i].getAttribute("aria-label")));
const touched = maps.flatMap((map, i) => draw(map, page.scenarios[i]));
const view = touched.length ? L.latLngBounds(touched) : page.bounds && L.latLngBounds(
  [page.bounds[1], page.bounds[0]], [page.bounds[3], page.bounds[2]],
);
if (view) maps.forEach((map) => map.fitBounds(view, { animate: false, maxZoom: 17, padding: [24, 24] }));

let leading = null;
for (const map of maps) {
  const base = addBasemap(map, page.version);
  // where all gaps that there would be are drawn, those of today would only be in the way
  const around = showAround(map, { gaps: !page.scenarios[maps.indexOf(map)].others });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    base.restyle();
    around.recolor();
  });
  map.on("move", () => {
    if (leading && leading !== map) return;
    leading = map;
    for (const one of maps) {
      if (one !== map) one.setView(map.getCenter(), map.getZoom(), { animate: false });
    }
    leading = null;
  });
}
