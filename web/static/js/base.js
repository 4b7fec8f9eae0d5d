// The base map: the city's own streets, water, parks and buildings as vector tiles, and its colours.

import { pane } from "./canvas.js";

const STREETS = ["path", "service", "minor", "pedestrian", "tertiary", "secondary", "primary", "motorway"];
// width in px at zoom 14
const WIDTHS = [0.7, 0.9, 1.5, 1.8, 2.4, 3.0, 3.8, 4.2];
const TILE = 512;

/** Colours of the page's style sheet, light or dark as it is now. */
export function palette() {
  const style = getComputedStyle(document.documentElement);
  const known = new Map();
  return (name) => {
    if (!known.has(name)) known.set(name, style.getPropertyValue(`--${name}`).trim());
    return known.get(name);
  };
}

/** Width in px of the widest streets at a zoom. */
export const streetWidth = (zoom, width = 3.4) =>
  zoom >= 14 ? width * 1.5 ** (zoom - 14) : width * 0.8 ** (14 - zoom);

const line = (color, width, dash) => ({
  stroke: true, fill: false, opacity: 1, color, weight: width, lineCap: dash ? "butt" : "round",
  dashArray: dash ?? null,
});
const area = (color) => ({
  stroke: false, fill: true, fillColor: color, fillOpacity: 1, fillRule: "nonzero",
});

function styles(thin) {
  const color = palette();
  const streets = Object.fromEntries(STREETS.map((name, i) => [
    name,
    (_, zoom) => thin ? line(color("boundary"), 1) : line(
      color(`street-${name}`), Math.max(streetWidth(zoom, WIDTHS[i]), 0.5),
      name === "path" ? "4 3" : null,
    ),
  ]));
  return {
    ground: {
      park: area(color("park")),
      water: area(color("water")),
      building: area(color("building")),
      path: streets.path,
      waterway: (_, zoom) => line(color("water"), streetWidth(zoom, 1.6)),
      district: line(color("boundary"), 1.2, "6 4"),
    },
    streets,
  };
}

// VectorGrid's canvas knows nothing of screens with several pixels to a px
const SharpCanvas = L.Canvas.Tile.extend({
  initialize(coords, size, options) {
    L.Canvas.Tile.prototype.initialize.call(this, coords, size, options);
    const ratio = Math.min(window.devicePixelRatio || 1, 3);
    this._container.width = size.x * ratio;
    this._container.height = size.y * ratio;
    this._ctx.scale(ratio, ratio);
  },
});

const Tiles = L.VectorGrid.Protobuf.extend({
  // 512 px tiles: the server counts them one zoom lower
  _getVectorTilePromise(coords) {
    const lower = { x: coords.x, y: coords.y, z: coords.z - 1 };
    return L.VectorGrid.Protobuf.prototype._getVectorTilePromise.call(this, lower);
  },
});

/**
 * Add the city's own map, or thin streets alone for one over another map. The result has restyle()
 * for another palette, use(version) for a new ground, and show(whether).
 */
export function addBase(map, version, { thin = false } = {}) {
  const panes = thin ? {} : { ground: pane(map, "ground", 200) };
  panes.streets = pane(map, "streets", 320);
  let layers = [];
  let shown = true;
  const add = () => {
    const all = styles(thin);
    layers = !shown ? [] : Object.keys(panes).map((name) =>
      new Tiles(`/tiles/${name}/{z}/{x}/{y}.mvt?v=${version}`, {
        pane: panes[name],
        rendererFactory: (coords, size, options) => new SharpCanvas(coords, size, options),
        vectorTileLayerStyles: all[name],
        tileSize: TILE,
        minZoom: 3,
        updateWhenZooming: false,
        keepBuffer: 1,
      }).addTo(map),
    );
  };
  const restyle = () => {
    const old = layers;
    add();
    old.forEach((layer) => layer.remove());
  };
  add();
  return {
    restyle,
    use(newVersion) {
      if (newVersion === version) return;
      version = newVersion;
      restyle();
    },
    show(whether) {
      if (whether === shown) return;
      shown = whether;
      restyle();
    },
    busy: () => layers.some((layer) => layer.isLoading()),
  };
}
