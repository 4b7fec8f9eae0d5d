// What a small map needs to find a place by: names of streets, stations with theirs, gaps if asked for.

import { hasOwnWords } from "./basemap.js";
import { toWorld } from "./canvas.js";
import { h } from "./dom.js";
import { page, rampOf } from "./page.js";
import { paintOn } from "./paint.js";
import { symbol } from "./symbols.js";

const STATIONS_ZOOM = 15;
const NAMES_ZOOM = 16;
const MARGIN = 0.2; // share of the view asked for beyond each edge

const world = ([lon, lat]) => toWorld(lon, lat);

async function ask(layer, query) {
  try {
    const answer = await fetch(`/api/v1/map/${layer}?${query}`);
    return answer.ok ? await answer.json() : null;
  } catch {
    return null; // the map without it still does
  }
}

function near({ geometry, properties }) {
  const [lon, lat] = geometry.coordinates;
  const mark = L.divIcon({
    className: "near-pin", iconSize: [20, 20], html: symbol(properties.type, properties.status),
  });
  return L.marker([lat, lon], { icon: mark, keyboard: false, zIndexOffset: -1000 })
    .bindTooltip(h("span", {}, properties.name ?? properties.station_id));
}

/** Draw it, anew whenever the map has moved; leaves out the station of id `without`, or all unless `sites`. */
export function showAround(map, { without = "", gaps = false, sites = true } = {}) {
  const none = { items: [], gathered: false };
  const found = { gaps: none, stations: none, labels: none, names: none };
  const paint = paintOn(map, found, {});
  const others = L.layerGroup().addTo(map);
  let asked = 0;

  async function look() {
    const turn = (asked += 1);
    const zoom = Math.round(map.getZoom());
    const view = map.getBounds().pad(MARGIN);
    const bbox = [view.getWest(), view.getSouth(), view.getEast(), view.getNorth()]
      .map((v) => v.toFixed(6)).join(",");
    const query = new URLSearchParams({ bbox, zoom, lang: page.lang });
    const close = zoom >= STATIONS_ZOOM;
    const [labels, stations, lines] = await Promise.all([
      hasOwnWords ? null : ask("labels", query),
      close && sites ? ask("stations", query) : null,
      close && gaps ? ask("gaps", query) : null,
    ]);
    if (turn !== asked) return;
    const those = (stations && !stations.gathered ? stations.features : [])
      .filter(({ properties }) => properties.station_id !== without);
    others.clearLayers();
    those.forEach((one) => others.addLayer(near(one)));
    found.names = {
      items: (zoom < NAMES_ZOOM ? [] : those).filter(({ properties }) => properties.name)
        .map(({ properties, geometry }) => ({ text: properties.name, at: world(geometry.coordinates) })),
    };
    found.labels = {
      items: (labels?.labels ?? [])
        .map(([text, lon, lat, angle]) => ({ text, at: toWorld(lon, lat), angle })),
    };
    found.gaps = {
      gathered: false,
      items: (lines && !lines.gathered ? lines.features : []).map(({ properties, geometry }) => ({
        ...properties, ramp: rampOf(properties.points_needed), line: geometry.coordinates.map(world),
      })),
    };
    paint.redraw();
  }

  map.on("moveend", look);
  look();
  return paint;
}
