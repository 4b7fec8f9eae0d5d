// Which of the stations there are lies under the hand.

import { projection } from "../canvas.js";
import { learn } from "./items.js";

/** Id of the station nearest to a layer point within `reach` px, of those not changed; or null. */
export function stationAt(map, { stations, plan }, point, reach) {
  if (stations.gathered) return null;
  const project = projection(map);
  let best = null;
  for (const station of stations.items) {
    if (plan?.changed.has(station.station_id)) continue;
    const [x, y] = project(...station.at);
    const d = Math.hypot(x - point.x, y - point.y);
    if (d <= reach && (!best || d < best.d)) best = { station, d };
  }
  if (!best) return null;
  const { station_id: id, type, status, name, at } = best.station;
  const scale = 256 * 2 ** map.getZoom();
  const { lat, lng } = map.options.crs.pointToLatLng(L.point(at[0] * scale, at[1] * scale), map.getZoom());
  learn(id, { lon: lng, lat, type, status, name });
  return id;
}
