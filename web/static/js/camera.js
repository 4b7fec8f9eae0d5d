// Where the map looks: at what is chosen, at the whole city, or where the address says.

import { $ } from "./dom.js";
import { calm, narrow, page } from "./page.js";
import { covered } from "./sheet.js";
import { current } from "./url.js";

const FLIGHT_S = 0.7;
export const EDGE_PX = 48;

/** {fit, whole, start} of a map. */
export function cameraOf(map) {
  /** Fly to points [lon, lat]; `above` px stay free over them. */
  function fit(points, maxZoom = 17, above = EDGE_PX) {
    const bounds = L.latLngBounds(points.map(([lon, lat]) => [lat, lon]));
    const legend = $("legend");
    const left = legend.open && !narrow.matches ? legend.offsetWidth + EDGE_PX : EDGE_PX;
    const right = [EDGE_PX, EDGE_PX + covered()];
    const options = { paddingTopLeft: [left, above], paddingBottomRight: right, maxZoom };
    if (calm.matches) map.fitBounds(bounds, { ...options, animate: false });
    else map.flyToBounds(bounds, { ...options, duration: FLIGHT_S });
  }

  function whole() {
    const [west, south, east, north] = page.bounds ?? [73, 18, 135, 54];
    map.fitBounds([[south, west], [north, east]], {
      animate: false, paddingBottomRight: [0, covered()], maxZoom: 17,
    });
  }

  function start() {
    const [zoom, lat, lon] = current().at.split("/").map(Number);
    if (current().at && [zoom, lat, lon].every(Number.isFinite)) {
      map.setView([lat, lon], zoom, { animate: false });
    } else whole();
  }

  return { fit, whole, start };
}
