// A station without a place: what is proposed for it on the map, and a place of one's own.

import { showAround } from "./around.js";
import { addBasemap } from "./basemap.js";
import { useDatum } from "./datum.js";
import { $, h } from "./dom.js";
import { calm, page, t } from "./page.js";
import { searchPlaces } from "./place_search.js";
import { addScale } from "./scale.js";

const DECIMALS = 7;
const map = window.map_stations;
const box = $("locate-map");
const form = $("own-place");
const shapes = L.layerGroup().addTo(map);
let pin = null;

// -- what is proposed ------------------------------------------------------------------------

const card = (number) => $(`proposal-${number}`);
const parts = page.proposals.map(({ lon, lat, name, sure, shape }, number) => {
  const layers = [];
  if (shape && shape.type !== "Point") {
    layers.push(L.geoJSON(shape, { className: `proposed is-${sure}`, interactive: false }));
  }
  const words = `${number + 1} ${name}`;
  const mark = L.marker([lat, lon], {
    icon: L.divIcon({
      className: `proposal-pin is-${sure}`, iconSize: [32, 32],
      html: h("span", {}, String(number + 1)),
    }),
    title: words, alt: words, zIndexOffset: 500 - number,
    keyboard: false, // the button of its card does the same
  });
  mark.on("click", () => choose(number, { scroll: true }));
  layers.push(mark);
  layers.forEach((layer) => layer.addTo(shapes));
  return L.featureGroup(layers);
});

function choose(number, { scroll = false } = {}) {
  page.proposals.forEach((_, other) => card(other)?.classList.toggle("chosen", other === number));
  if (scroll) {
    card(number).scrollIntoView({ block: "nearest", behavior: calm.matches ? "auto" : "smooth" });
    card(number).querySelector("button")?.focus({ preventScroll: true });
  }
}

function look(number) {
  choose(number);
  map.fitBounds(parts[number].getBounds(), { maxZoom: 17, padding: [48, 48], animate: !calm.matches });
  box.scrollIntoView({ block: "nearest", behavior: calm.matches ? "auto" : "smooth" });
}

for (const button of document.querySelectorAll("[data-look]")) {
  button.hidden = false;
  button.addEventListener("click", () => look(Number(button.dataset.look)));
}

// -- a place of one's own --------------------------------------------------------------------

function write({ lat, lng }) {
  form.elements.place.value = `${Number(lng.toFixed(DECIMALS))}, ${Number(lat.toFixed(DECIMALS))}`;
  form.elements.datum.value = "wgs84";
  form.elements.place.dispatchEvent(new Event("input", { bubbles: true }));
}

function put(at) {
  if (pin) pin.setLatLng(at);
  else {
    const words = box.dataset.pin;
    pin = L.marker(at, {
      icon: L.divIcon({ className: "own-pin", iconSize: [44, 44], iconAnchor: [22, 44], html: h("span") }),
      draggable: true, title: words, alt: words, zIndexOffset: 1000,
    }).addTo(map);
    pin.getElement().setAttribute("aria-label", words);
    pin.on("dragend", () => write(pin.getLatLng()));
    pin.getElement().addEventListener("keydown", step);
  }
}

function step(event) {
  const by = { ArrowUp: [0, -2], ArrowDown: [0, 2], ArrowLeft: [-2, 0], ArrowRight: [2, 0] }[event.key];
  if (!by) return;
  event.preventDefault();
  event.stopPropagation();
  put(map.containerPointToLatLng(map.latLngToContainerPoint(pin.getLatLng()).add(by)));
  write(pin.getLatLng());
}

function take(at) {
  put(at);
  write(at);
}

/** Let the pin stand where the numbers say, as far as they are of the map's own datum. */
function follow() {
  const said = form.elements.place.value.split(/[\s,，、;]+/).filter(Boolean).map(Number);
  const ok = said.length === 2 && said.every(Number.isFinite)
    && Math.abs(said[0]) <= 180 && Math.abs(said[1]) <= 85;
  if (!ok || form.elements.datum.value !== "wgs84") {
    pin?.remove();
    pin = null;
    $("pin-save").hidden = true;
    return;
  }
  const at = L.latLng(said[1], said[0]);
  if (!pin || !pin.getLatLng().equals(at, 1e-7)) put(at);
  $("pin-save").hidden = false;
  if (!map.getBounds().contains(at)) map.setView(at, Math.max(map.getZoom(), 16), { animate: false });
}

// -- the page --------------------------------------------------------------------------------

map.getContainer().setAttribute("role", "application");
map.getContainer().setAttribute("aria-label", box.dataset.map);
map.scrollWheelZoom.disable();
map.once("focus", () => map.scrollWheelZoom.enable());
L.control.zoom({ position: "topright", zoomInTitle: t("map.zoom_in"), zoomOutTitle: t("map.zoom_out") }).addTo(map);
addScale(map, "bottomleft");
useDatum(map);
if (page.placed) map.setView([page.placed[1], page.placed[0]], 17, { animate: false });
else if (parts.length) {
  // those that are as sure as the first
  const bounds = parts.filter((_, number) => page.proposals[number].sure === page.proposals[0].sure)
    .reduce((all, part) => all.extend(part.getBounds()), L.latLngBounds([]));
  map.fitBounds(bounds, { animate: false, maxZoom: 17, padding: [48, 48] });
} else if (page.bounds) {
  const [west, south, east, north] = page.bounds;
  map.fitBounds([[south, west], [north, east]], { animate: false, maxZoom: 17 });
}
const base = addBasemap(map, page.version);
const around = showAround(map);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  base.restyle();
  around.recolor();
});

if (page.placed) {
  L.marker([page.placed[1], page.placed[0]], {
    icon: L.divIcon({ className: "own-pin", iconSize: [44, 44], iconAnchor: [22, 44], html: h("span") }),
    keyboard: false, alt: box.dataset.fixed,
  }).addTo(map);
} else {
  $("tap-how").hidden = false;
  map.on("click", ({ latlng }) => take(latlng));
  searchPlaces(map);
  $("pin-middle").addEventListener("click", () => {
    take(map.getCenter());
    pin.getElement().focus();
  });
  form.elements.place.addEventListener("input", follow);
  form.elements.datum.addEventListener("change", follow);
  if (form.elements.place.value) follow();
}
