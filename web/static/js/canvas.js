// A canvas that moves with the map: Leaflet's own renderer, painted by one function.

import { shown } from "./datum.js";

/** A pane of the map that lets the pointer through. */
export function pane(map, name, level) {
  const element = map.createPane(name);
  element.style.zIndex = level;
  element.style.pointerEvents = "none";
  return name;
}

/** Degrees to the Web Mercator square, 0 to 1: of places as the server's grid has them. */
export function toSquare(lon, lat) {
  const sin = Math.sin((lat * Math.PI) / 180);
  return [lon / 360 + 0.5, 0.5 - Math.log((1 + sin) / (1 - sin)) / (4 * Math.PI)];
}

/** WGS-84 degrees to the Web Mercator square of the base map, where they are shown. */
export const toWorld = (lon, lat) => toSquare(...shown(lon, lat));

/** Function from the Web Mercator square to the map's layer points. */
export function projection(map) {
  const scale = 256 * 2 ** map.getZoom();
  const origin = map.getPixelOrigin();
  return (x, y) => [x * scale - origin.x, y * scale - origin.y];
}

/** A layer that calls `paint(context, project, bounds)` whenever the map has moved; has redraw(). */
export function canvas(map, paneName, paint) {
  const renderer = L.canvas({ pane: paneName, padding: 0.25 });
  const draw = () => {
    renderer._ctx.save();
    paint(renderer._ctx, projection(map), renderer._bounds);
    renderer._ctx.restore();
  };
  // only now: the renderer itself wipes the canvas when it hears of an update
  renderer.addTo(map).on("update", draw);
  return {
    redraw() {
      if (!renderer._bounds || map._animatingZoom) return;
      const { min, max } = renderer._bounds;
      renderer._ctx.clearRect(min.x, min.y, max.x - min.x, max.y - min.y);
      draw();
    },
  };
}
