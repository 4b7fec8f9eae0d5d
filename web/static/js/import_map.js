// The same places under each datum: the chosen one filled, the others as faint outlines; the city's
// own outline beside them.

import { palette } from "./base.js";
import { addBasemap } from "./basemap.js";
import { canvas, pane, toWorld } from "./canvas.js";
import { useDatum } from "./datum.js";
import { $ } from "./dom.js";
import { page, t } from "./page.js";
import { addScale } from "./scale.js";

const COLORS = { wgs84: "type-2", gcj02: "type-1", bd09: "type-5" };
const NEAR = 0.25; // degrees: places farther from the middle do not set the first view

const box = $("import-map");
const map = L.map(box, {
  zoomControl: false, attributionControl: false, minZoom: 3, maxZoom: 19, zoomSnap: 0.5,
});
const lists = Object.fromEntries(Object.keys(COLORS).map((datum) => [datum, page.places[datum]]));
const middle = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

function frame() {
  const places = lists[chosen()] ?? lists.wgs84;
  const [lon, lat] = [0, 1].map((i) => middle(places.map((place) => place[i])));
  const near = places.filter(([x, y]) => Math.hypot(x - lon, y - lat) < NEAR);
  const bounds = L.latLngBounds(near.map(([x, y]) => [y, x]));
  // where places lie elsewhere, the city is to be seen as well
  if (page.places.outside) for (const line of page.outline) line.forEach(([x, y]) => bounds.extend([y, x]));
  map.fitBounds(bounds, { padding: [32, 32], maxZoom: 16, animate: false });
}

function chosen() {
  const value = document.querySelector("input[name=datum]:checked")?.value ?? "auto";
  return value === "auto" ? box.dataset.auto : value;
}

function mark(context, datum, x, y, r) {
  context.beginPath();
  if (datum === "wgs84") context.arc(x, y, r, 0, 2 * Math.PI);
  else if (datum === "gcj02") context.rect(x - r, y - r, 2 * r, 2 * r);
  else {
    context.moveTo(x, y - r * 1.3);
    context.lineTo(x + r * 1.3, y);
    context.lineTo(x, y + r * 1.3);
    context.lineTo(x - r * 1.3, y);
    context.closePath();
  }
}

function paint(context, project) {
  const color = palette();
  const main = chosen();
  context.lineWidth = 2;
  context.strokeStyle = color("ink");
  for (const line of page.outline) {
    context.beginPath();
    for (const [lon, lat] of line) context.lineTo(...project(...toWorld(lon, lat)));
    context.stroke();
  }
  const order = Object.keys(lists).sort((a, b) => (a === main) - (b === main));
  for (const datum of order) {
    const solid = datum === main || !main;
    context.globalAlpha = solid ? 0.9 : 0.4;
    context.lineWidth = solid ? 2 : 1.5;
    context.strokeStyle = solid && main ? color("halo") : color(COLORS[datum]);
    context.fillStyle = color(COLORS[datum]);
    for (const [lon, lat] of lists[datum]) {
      mark(context, datum, ...project(...toWorld(lon, lat)), solid ? 5.5 : 4);
      if (datum === main) context.fill();
      context.stroke();
    }
  }
  context.globalAlpha = 1;
}

map.getContainer().setAttribute("role", "application");
map.setView([0, 0], 3);
useDatum(map);
frame();
const base = addBasemap(map, page.version);
addScale(map, "bottomleft");
L.control.zoom({ position: "topright", zoomInTitle: t("map.zoom_in"), zoomOutTitle: t("map.zoom_out") }).addTo(map);
const places = canvas(map, pane(map, "places", 450), paint);
places.redraw();

for (const input of document.querySelectorAll("input[name=datum]")) {
  input.addEventListener("change", () => places.redraw());
}
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  base.restyle();
  places.redraw();
});
