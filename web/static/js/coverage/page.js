// Coverage: what is not covered at the hour that the page shows, on its map.

import { addBasemap } from "../basemap.js";
import { useDatum } from "../datum.js";
import { h } from "../dom.js";
import { number, page, t } from "../page.js";
import { addScale } from "../scale.js";
import { ask } from "../server.js";

const map = window.map_stations;
const words = document.querySelector(".cover-map").dataset;
const note = document.getElementById("map-said");
const filled = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
const colour = (name) => getComputedStyle(document.body).getPropertyValue(name).trim();

map.getContainer().setAttribute("role", "application");
map.getContainer().setAttribute("aria-label", words.label);
map.scrollWheelZoom.disable();
map.once("focus", () => map.scrollWheelZoom.enable());
L.control.zoom({ position: "topright", zoomInTitle: t("map.zoom_in"), zoomOutTitle: t("map.zoom_out") }).addTo(map);
addScale(map, "bottomleft");
useDatum(map);
if (page.bounds) {
  const [west, south, east, north] = page.bounds;
  map.fitBounds([[south, west], [north, east]], { animate: false });
}
const base = addBasemap(map, page.version);

const renderer = L.canvas({ padding: 0.3, tolerance: 6 });
const NEAR = 15; // from this zoom a stretch is wide enough to be drawn broad
let drawn = null;

function told({ properties: { name, state, weight, street_id: street } }) {
  const size = street ? filled(words.metres, { n: number(weight) }) : "";
  return h("span", {}, [name, size, words[state]].filter(Boolean).join(" · "));
}

function draw(answer) {
  const wide = map.getZoom() < NEAR ? 3 : 6;
  const styles = {
    no: { color: colour("--cover-no"), weight: wide, opacity: 0.95 },
    perhaps: { color: colour("--cover-perhaps"), weight: wide, dashArray: "2 4", opacity: 1 },
  };
  drawn?.remove();
  drawn = L.geoJSON(answer, {
    renderer,
    style: ({ properties: { state } }) => ({ ...styles[state], lineCap: "butt", renderer }),
    pointToLayer: ({ properties: { state } }, at) => L.circleMarker(at, {
      renderer, radius: map.getZoom() < NEAR - 2 ? 4 : 7, weight: 2, fillOpacity: state === "no" ? 0.85 : 0.15, fillColor: styles[state].color,
    }),
    onEachFeature: (feature, layer) => layer.bindTooltip(() => told(feature), { sticky: true }),
  }).addTo(map);
}

async function show() {
  try {
    const answer = await ask("not-covered", "coverage/not-covered", page.ask);
    draw(answer);
    if (answer.features.length) map.fitBounds(drawn.getBounds(), { animate: false, padding: [24, 24], maxZoom: 17 });
    map.on("zoomend", () => draw(answer));
    const { total, features } = answer;
    note.textContent = features.length < total
      ? filled(words.more, { total: number(total), shown: number(features.length) }) : "";
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => draw(answer));
  } catch (trouble) {
    note.textContent = trouble.message;
  }
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => base.restyle());
show();
