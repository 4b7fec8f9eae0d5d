// A station's form: its pin on the map, and news of others who save it meanwhile.

import { showAround } from "./around.js";
import { addBasemap } from "./basemap.js";
import { useDatum } from "./datum.js";
import { $, h } from "./dom.js";
import { page, t } from "./page.js";
import { searchPlaces } from "./place_search.js";
import { addScale } from "./scale.js";
import { symbol } from "./symbols.js";

const POLL_MS = 4000;
const DECIMALS = 7;
const map = window.map_stations;
const form = $("station-form");
const field = form.elements.place;
const datum = form.elements.datum;
const box = $("place-map");
const start = page.station.place;

// -- the pin ---------------------------------------------------------------------------------

let pin = null;

const icon = () => L.divIcon({
  className: "place-pin", iconSize: [44, 44], iconAnchor: [22, 36],
  html: h("span", { class: "drop" }, symbol(page.station.type, page.station.status ?? "active")),
});

const numbers = (lon, lat) => `${Number(lon.toFixed(DECIMALS))}, ${Number(lat.toFixed(DECIMALS))}`;
const original = start ? numbers(...start) : "";

const write = ({ lat, lng }) => {
  field.value = numbers(lng, lat);
  datum.value = "wgs84";
  field.dispatchEvent(new Event("input", { bubbles: true }));
};

function put(at) {
  if (pin) pin.setLatLng(at);
  else {
    const words = field ? box.dataset.pin : box.dataset.fixed;
    pin = L.marker(at, { icon: icon(), draggable: Boolean(field), title: words, alt: words }).addTo(map);
    pin.getElement().setAttribute("aria-label", words);
    if (field) {
      pin.on("dragend", () => write(pin.getLatLng()));
      pin.getElement().addEventListener("keydown", step);
    }
  }
}

function step(event) {
  const by = { ArrowUp: [0, -2], ArrowDown: [0, 2], ArrowLeft: [-2, 0], ArrowRight: [2, 0] }[event.key];
  if (!by) return;
  event.preventDefault();
  event.stopPropagation();
  const to = map.latLngToContainerPoint(pin.getLatLng()).add(by);
  put(map.containerPointToLatLng(to));
  write(pin.getLatLng());
}

function drop() {
  pin?.remove();
  pin = null;
}

/** Let the pin stand where the numbers say, as far as they are of the map's own datum. */
function follow() {
  const said = field.value.split(/[\s,，、;]+/).filter(Boolean).map(Number);
  const plain = datum.value === "wgs84";
  const ok = said.length === 2 && said.every(Number.isFinite)
    && Math.abs(said[0]) <= 180 && Math.abs(said[1]) <= 85;
  $("place-later").hidden = plain || !field.value.trim();
  $("place-none").hidden = !field.value.trim();
  $("place-back").hidden = !start || field.value === original;
  if (!field.value.trim()) drop();
  else if (ok && plain) {
    const at = L.latLng(said[1], said[0]);
    if (!pin || !pin.getLatLng().equals(at, 1e-7)) put(at);
    if (!map.getBounds().contains(at)) map.setView(at, Math.max(map.getZoom(), 16), { animate: false });
  }
}

// -- news of others --------------------------------------------------------------------------

async function listen() {
  if (!document.hidden) {
    try {
      const answer = await fetch(page.stateUrl, { headers: { Accept: "application/json" } });
      if (answer.ok && !answer.redirected) {
        const { version, said } = await answer.json();
        if (String(version) !== form.elements.version.value) {
          $("newer-said").textContent = said;
          $("newer").hidden = false;
          return;
        }
      }
    } catch {
      // asked again in a while
    }
  }
  setTimeout(listen, POLL_MS);
}

// -- the page --------------------------------------------------------------------------------

map.getContainer().setAttribute("role", "application");
map.getContainer().setAttribute("aria-label", box.dataset.fixed);
map.scrollWheelZoom.disable();
map.once("focus", () => map.scrollWheelZoom.enable());
L.control.zoom({ position: "topright", zoomInTitle: t("map.zoom_in"), zoomOutTitle: t("map.zoom_out") }).addTo(map);
addScale(map, "bottomleft");
useDatum(map);
if (start) map.setView([start[1], start[0]], 17, { animate: false });
else if (page.bounds) {
  const [west, south, east, north] = page.bounds;
  map.fitBounds([[south, west], [north, east]], { animate: false, maxZoom: 17 });
}
const base = addBasemap(map, page.version);
const around = showAround(map, { without: page.station.id });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  base.restyle();
  around.recolor();
});

if (field) {
  field.addEventListener("input", follow);
  datum.addEventListener("change", follow);
  map.on("click", ({ latlng }) => {
    if (pin) return;
    put(latlng);
    write(latlng);
  });
  searchPlaces(map, (at) => {
    put(at);
    write(at);
  });
  $("place-back").addEventListener("click", () => {
    field.value = original;
    datum.value = "wgs84";
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
  $("place-none").addEventListener("click", () => {
    field.value = "";
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  });
  follow();
} else if (start) put(L.latLng(start[1], start[0]));

if (page.stateUrl) setTimeout(listen, POLL_MS);
