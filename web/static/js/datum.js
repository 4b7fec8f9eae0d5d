// The base map's datum: everything is kept in WGS-84 and shown where the base map has it.
//
// Chinese web maps draw in GCJ-02, 20 to 700 m aside. The formula is the published one, as in
// stationmap/crs.py; the inverse is found by the same steps.

import { page } from "./page.js";

const A_M = 6378245.0;
const EE = 0.00669342162296594323;
const SOLVED_DEG = 1e-7;
// no place outside is looked at: west, south, east, north
const WIDE = [70, 15, 138, 56];

const sin = (angle) => Math.sin(angle * Math.PI);
const waves = (v, a, b, c, d) => (2 / 3) * (a * sin(v) + b * sin(v / 3) + c * sin(v / 12) + d * sin(v / 30));

function forward(lon, lat) {
  const [x, y] = [lon - 105, lat - 35];
  const short = (2 / 3) * (20 * sin(6 * x) + 20 * sin(2 * x));
  const root = Math.sqrt(Math.abs(x));
  const east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    + short + waves(x, 20, 40, 150, 300);
  const north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    + short + waves(y, 20, 40, 160, 320);
  const phi = (lat * Math.PI) / 180;
  const w2 = 1 - EE * Math.sin(phi) ** 2;
  const w = Math.sqrt(w2);
  const degree = 180 / Math.PI / A_M;
  return [
    lon + (east * w / Math.cos(phi)) * degree,
    lat + (north * w2 * w * degree) / (1 - EE),
  ];
}

function inverse(lon, lat) {
  let [x, y] = [lon, lat];
  for (let step = 0; step < 8; step += 1) {
    const there = forward(x, y);
    const [dx, dy] = [lon - there[0], lat - there[1]];
    [x, y] = [x + dx, y + dy];
    if (Math.max(Math.abs(dx), Math.abs(dy)) < SOLVED_DEG) break;
  }
  return [x, y];
}

const isWide = (lon, lat) => lon > WIDE[0] && lat > WIDE[1] && lon < WIDE[2] && lat < WIDE[3];

function inChina(lon, lat) {
  const ring = page.basemap.china;
  let inside = false;
  for (let i = 1; i < ring.length; i += 1) {
    const [[ax, ay], [bx, by]] = [ring[i - 1], ring[i]];
    if (ay > lat !== by > lat && lon < ax + ((lat - ay) / (by - ay)) * (bx - ax)) inside = !inside;
  }
  return inside;
}

const shifted = page.basemap.datum === "gcj02";

/** Where a WGS-84 place lies on the base map, degrees. */
export function shown(lon, lat) {
  return shifted && isWide(lon, lat) && inChina(lon, lat) ? forward(lon, lat) : [lon, lat];
}

/** The WGS-84 place of one on the base map, degrees. */
export function onGround(lon, lat) {
  if (!shifted || !isWide(lon, lat)) return [lon, lat];
  const found = inverse(lon, lat);
  return inChina(...found) ? found : [lon, lat];
}

/** Let the map itself do so: its places, clicks and bounds are WGS-84, its pixels the base map's. */
export function useDatum(map) {
  if (!shifted) return;
  const mercator = L.Projection.SphericalMercator;
  map.options.crs = L.extend({}, L.CRS.EPSG3857, {
    projection: L.extend({}, mercator, {
      project({ lat, lng }) {
        const [x, y] = shown(lng, lat);
        return mercator.project(L.latLng(y, x));
      },
      unproject(point) {
        const { lat, lng } = mercator.unproject(point);
        const [x, y] = onGround(lng, lat);
        return L.latLng(y, x);
      },
    }),
  });
  map.setView(map.getCenter(), map.getZoom(), { reset: true });
}
