// Small map of the list: the sites on it, by shape and colour of what there is to do.

import { addBasemap } from "../basemap.js";
import { useDatum } from "../datum.js";
import { h } from "../dom.js";
import { page, t } from "../page.js";
import { addScale } from "../scale.js";
import { workSign, workWord } from "./words.js";

const PLACE_ZOOM = 16;
const CROWD = 20; // sites above which their marks are drawn smaller

/** Draw it into `box`; `chosen(site)` is told of a tap. The result has fill(sites), here(place) and leave(). */
export function listMap(box, { chosen }) {
  const map = L.map(box, { zoomControl: false, attributionControl: false, maxZoom: 19, minZoom: 3, fadeAnimation: false });
  const [west, south, east, north] = page.bounds ?? [73, 18, 135, 54];
  map.fitBounds([[south, west], [north, east]], { animate: false });
  box.setAttribute("role", "application");
  box.setAttribute("aria-label", t("i.map"));
  L.control.zoom({ position: "topright", zoomInTitle: t("map.zoom_in"), zoomOutTitle: t("map.zoom_out") }).addTo(map);
  addScale(map, "bottomleft");
  useDatum(map);
  const base = addBasemap(map, page.version);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", base.restyle);
  const marks = L.layerGroup().addTo(map);
  const way = L.polyline([], { className: "i-way", interactive: false }).addTo(map);
  let me = null;
  const mark = (site) => {
    const words = `${site.name} · ${t(`i.work.${site.work}`)}`;
    const one = L.marker([site.place[1], site.place[0]], {
      icon: L.divIcon({
        className: `i-mark is-${site.work}`, iconSize: [36, 36],
        html: h("span", {}, String(site.number ?? workSign(site.work))),
      }),
      title: words, alt: words, keyboard: true, zIndexOffset: site.number ? -site.number : -1000,
    });
    one.on("click", () => chosen(site));
    return one;
  };
  return {
    fill(sites, { still = false } = {}) {
      box.classList.toggle("is-crowded", sites.length > CROWD);
      marks.clearLayers();
      const placed = sites.filter(({ place }) => place);
      placed.forEach((site) => marks.addLayer(mark(site)));
      way.setLatLngs(placed.filter(({ number }) => number).map(({ place: [lon, lat] }) => [lat, lon]));
      if (placed.length && !still) {
        map.fitBounds(placed.map(({ place: [lon, lat] }) => [lat, lon]), { padding: [32, 32], maxZoom: PLACE_ZOOM, animate: false });
      }
    },
    here([lon, lat]) {
      me ??= L.circleMarker([lat, lon], { radius: 9, className: "i-here", interactive: false }).addTo(map);
      me.setLatLng([lat, lon]);
      map.setView([lat, lon], Math.max(map.getZoom(), 15), { animate: false });
    },
    middle() {
      const { lat, lng } = map.getCenter();
      return [lng, lat];
    },
    size: () => map.invalidateSize({ animate: false }),
    leave() {
      dark.removeEventListener("change", base.restyle);
      map.remove();
    },
  };
}

/** Words of the shapes. */
export const legend = () => h("details", { class: "i-legend" }, h("summary", {}, t("i.legend")),
  h("ul", {}, ["reinspect", "overdue", "due", "round", "done", "fresh"].map((work) => h("li", {}, workWord(work)))));
