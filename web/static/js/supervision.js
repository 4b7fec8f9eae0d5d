// A draw on its map: rounds as lines, sites numbered in the order in which they are visited.

import { addBasemap } from "./basemap.js";
import { useDatum } from "./datum.js";
import { h } from "./dom.js";
import { page, t } from "./page.js";
import { addScale } from "./scale.js";

const COLOURS = ["#1d4ed8", "#a21caf", "#b45309", "#0f766e", "#be123c", "#4d5b16"]; // as in supervision.css
const map = window.map_stations;
const words = document.querySelector(".round-map").dataset;

const filled = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");

map.getContainer().setAttribute("role", "application");
map.getContainer().setAttribute("aria-label", words.label);
map.scrollWheelZoom.disable();
map.once("focus", () => map.scrollWheelZoom.enable());
L.control.zoom({ position: "topright", zoomInTitle: t("map.zoom_in"), zoomOutTitle: t("map.zoom_out") }).addTo(map);
addScale(map, "bottomleft");
useDatum(map);

const all = [];
for (const { number, sites } of page.rounds) {
  const colour = COLOURS[number % COLOURS.length];
  const line = sites.map(({ place: [lon, lat] }) => [lat, lon]);
  all.push(...line);
  if (number) {
    L.polyline(line, { color: "#fff", weight: 6, opacity: 0.9, interactive: false }).addTo(map);
    L.polyline(line, { color: colour, weight: 3, interactive: false }).addTo(map);
  }
  sites.forEach(({ name, order, done }, place) => {
    const pin = h("span", { class: done ? "round-pin is-done" : "round-pin" }, done ? "✓" : order ? String(order) : "·");
    pin.style.setProperty("--round", colour);
    const said = filled(order ? words.site : words.loose, { round: number, order, name });
    const text = done ? `${said} (${words.done})` : said;
    L.marker(line[place], {
      icon: L.divIcon({ className: "", iconSize: [28, 28], html: pin }), title: text, alt: text,
    }).bindTooltip(h("span", {}, text)).addTo(map);
  });
}
if (all.length) map.fitBounds(all, { animate: false, maxZoom: 17, padding: [32, 32] });
else if (page.bounds) {
  const [west, south, east, north] = page.bounds;
  map.fitBounds([[south, west], [north, east]], { animate: false });
}
const base = addBasemap(map, page.version);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => base.restyle());
