// The map of the residents' page: where one is, the stations that were found, the way to one of them.

import { showAround } from "../around.js";
import { addBasemap } from "../basemap.js";
import { useDatum } from "../datum.js";
import { h } from "../dom.js";
import { calm, page, t } from "../page.js";
import { addScale } from "../scale.js";

const NEAR_ZOOM = 17;
const CITY_ZOOM = 14;
const DOOR_ZOOM = 16; // from which on a finger means one place

const placesOf = ({ me, stations = [], line = [] }) =>
  [...stations.map(({ lon, lat }) => [lon, lat]), ...line, ...(me ? [me] : [])].map(([lon, lat]) => [lat, lon]);

/** Draw it into `box`; `chosen(id)` is told of a tap on a station, `put(lon, lat)` of one while picking. */
export function nearMap(box, { chosen, put, first }) {
  const map = L.map(box, { zoomControl: false, attributionControl: false, maxZoom: 19, minZoom: 3, fadeAnimation: false });
  const [west, south, east, north] = page.bounds ?? [73, 18, 135, 54];
  const fit = (places, animate) => map.fitBounds(places, { padding: [40, 40], maxZoom: NEAR_ZOOM, animate });
  if (placesOf(first).length) fit(placesOf(first), false);
  else map.fitBounds([[south, west], [north, east]], { animate: false });
  box.setAttribute("role", "application");
  box.setAttribute("aria-label", t("map.label"));
  L.control.zoom({ position: "topright", zoomInTitle: t("map.zoom_in"), zoomOutTitle: t("map.zoom_out") }).addTo(map);
  addScale(map, "bottomleft");
  useDatum(map);
  const base = addBasemap(map, page.ground);
  const names = showAround(map, { sites: false });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    base.restyle();
    names.restyle?.();
  });
  const drawn = L.layerGroup().addTo(map);
  const dots = new Map();
  let picking = false;
  let empty = true; // nothing was drawn yet: the whole city is in view
  map.on("click", ({ latlng }) => {
    if (!picking && !empty) return;
    if (map.getZoom() < DOOR_ZOOM) map.setView(latlng, DOOR_ZOOM, { animate: !calm.matches });
    else put(latlng.lng, latlng.lat);
  });

  function dot({ id, name, n, state, lon, lat }, alone) {
    const mark = L.marker([lat, lon], {
      icon: L.divIcon({ className: `near-dot is-${state}`, iconSize: [36, 36], html: h("span", {}, alone ? "★" : String(n)) }),
      title: name, alt: alone ? name : `${n} ${name}`, zIndexOffset: 1000 - n,
    });
    mark.on("click", () => chosen(id));
    dots.set(id, mark);
    return mark;
  }

  return {
    draw(data) {
      const { me, stations = [], line = [] } = data;
      drawn.clearLayers();
      dots.clear();
      const way = line.map(([lon, lat]) => [lat, lon]);
      if (way.length) {
        drawn.addLayer(L.polyline(way, { className: "near-line-under", interactive: false }));
        drawn.addLayer(L.polyline(way, { className: "near-line", interactive: false }));
      }
      for (const one of stations) drawn.addLayer(dot(one, line.length > 0));
      if (me) drawn.addLayer(L.circleMarker([me[1], me[0]], { radius: 9, className: "near-me", interactive: false }));
      map.invalidateSize({ animate: false });
      const places = placesOf(data);
      empty = !places.length;
      if (!empty) fit(places, !calm.matches);
    },
    choose(id) {
      for (const [own, mark] of dots) mark.getElement()?.classList.toggle("is-chosen", own === id);
    },
    picking(whether) {
      picking = whether;
      // of a whole city no doorstep can be told
      if (picking && empty) map.setZoom(Math.max(map.getZoom() + 1, CITY_ZOOM), { animate: false });
      box.classList.toggle("is-picking", whether);
    },
    middle() {
      const { lat, lng } = map.getCenter();
      return [lng, lat];
    },
    size: () => map.invalidateSize({ animate: false }),
  };
}
