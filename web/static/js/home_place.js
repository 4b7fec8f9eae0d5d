// One pin on a small map, and the field that holds its place in WGS-84.

import { showAround } from "./around.js";
import { addBasemap } from "./basemap.js";
import { useDatum } from "./datum.js";
import { $ } from "./dom.js";
import { page, t } from "./page.js";
import { addScale } from "./scale.js";

const DECIMALS = 6;
const CLOSE = 17;
const map = window.map_stations;
const field = $("place");
const datum = $("datum");
const icon = L.divIcon({ className: "pin", iconSize: [28, 36], iconAnchor: [14, 34] });
let pin = null;

function put({ lat, lng }, { typed = false } = {}) {
  if (pin) pin.setLatLng([lat, lng]);
  else {
    pin = L.marker([lat, lng], { icon, draggable: Boolean(field), keyboard: false }).addTo(map);
    pin.on("dragend", () => put(pin.getLatLng()));
  }
  if (typed || !field) return;
  field.value = `${lng.toFixed(DECIMALS)}, ${lat.toFixed(DECIMALS)}`;
  datum.value = "wgs84";
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function read() {
  const [lng, lat] = field.value.split(/[,，\s]+/).map(Number);
  const usable = field.value.trim() && Math.abs(lng) <= 180 && Math.abs(lat) <= 85;
  return usable ? { lat, lng } : null;
}

useDatum(map);
if (page.at) {
  const [lng, lat] = page.at;
  put({ lat, lng }, { typed: true });
  map.setView([lat, lng], CLOSE, { animate: false });
} else if (page.near) {
  map.setView([page.near[1], page.near[0]], CLOSE, { animate: false });
} else if (page.bounds) {
  const [west, south, east, north] = page.bounds;
  map.fitBounds([[south, west], [north, east]], { animate: false, maxZoom: CLOSE });
}
const base = addBasemap(map, page.version);
const around = showAround(map, { gaps: !field });
addScale(map, "bottomleft");
L.control.zoom({ position: "topright", zoomInTitle: t("map.zoom_in"), zoomOutTitle: t("map.zoom_out") }).addTo(map);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  base.restyle();
  around.recolor();
});
if (field) {
  map.on("click", (event) => put(event.latlng));
  $("pin-middle").addEventListener("click", () => put(map.getCenter()));
  const follow = () => {
    const at = read();
    // numbers of another datum are converted when they are sent
    if (!at || datum.value !== "wgs84") return;
    put(at, { typed: true });
    if (!map.getBounds().contains(at)) map.setView(at, CLOSE, { animate: false });
  };
  field.addEventListener("change", follow);
  datum.addEventListener("change", follow);
  // a draft may be back in the field
  follow();
}
