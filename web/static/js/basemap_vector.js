// Vector tiles of a PMTiles archive in the house's colours: layers of Protomaps and OpenMapTiles.

import { page } from "./page.js";

const FONT = '"PingFang SC", "Microsoft YaHei", "Noto Sans SC", "Noto Sans CJK SC", sans-serif';
const NAMES = page.lang === "en"
  ? ["name:en", "name_en", "name"]
  : ["name:zh-Hans", "name:zh", "name_zh", "name"];

// kinds of both schemes, by the street of ours that they look like: width in px at zoom 14
const ROADS = [
  ["street-path", 0.8, 13, ["path", "track", "other", "service"]],
  ["street-minor", 1.5, 12, ["minor_road", "minor", "tertiary"]],
  ["street-secondary", 3, 8, ["major_road", "secondary", "primary"]],
  ["street-motorway", 4, 3, ["highway", "motorway", "trunk"]],
];
const PARKS = new Set([
  "park", "forest", "wood", "grass", "nature_reserve", "national_park", "cemetery", "golf_course",
  "garden", "village_green", "playground", "protected_area",
]);

const kindOf = ({ props }) => props.kind ?? props.class;
const LINE = 2;
const AREA = 3;
const isOf = (type) => (_, feature) => feature.geomType === type;
const width = (base) => (zoom) =>
  Math.max(zoom >= 14 ? base * 1.5 ** (zoom - 14) : base * 0.8 ** (14 - zoom), 0.5);

function areas({ PolygonSymbolizer }, color) {
  const fill = (name) => new PolygonSymbolizer({ fill: color(name) });
  const park = { symbolizer: fill("park"), filter: (_, f) => PARKS.has(kindOf(f)) };
  return [
    { dataLayer: "earth", symbolizer: fill("land") },
    ...["landcover", "landuse", "park"].map((dataLayer) => ({ dataLayer, ...park })),
    { dataLayer: "water", symbolizer: fill("water"), filter: isOf(AREA) },
    ...["buildings", "building"].map((dataLayer) => (
      { dataLayer, minzoom: 14, symbolizer: fill("building") })),
  ];
}

function lines({ LineSymbolizer }, color) {
  const stroke = (name, base, dash) => new LineSymbolizer({
    color: color(name), width: width(base), lineCap: "round", lineJoin: "round", dash,
  });
  return [
    ...["water", "waterway"].map((dataLayer) => (
      { dataLayer, symbolizer: stroke("water", 1.6), filter: isOf(LINE) })),
    ...["roads", "transportation"].flatMap((dataLayer) => ROADS.map(([name, base, minzoom, kinds]) => ({
      dataLayer, minzoom, symbolizer: stroke(name, base), filter: (_, f) => kinds.includes(kindOf(f)),
    }))),
    ...["boundaries", "boundary"].map((dataLayer) => (
      { dataLayer, symbolizer: stroke("boundary", 1), filter: isOf(LINE) })),
  ];
}

function words({ LineLabelSymbolizer, CenteredTextSymbolizer }, color) {
  const text = { labelProps: NAMES, fill: color("label"), stroke: color("halo"), width: 2 };
  const along = new LineLabelSymbolizer({ ...text, font: `400 12px ${FONT}` });
  const at = (weight, size) => new CenteredTextSymbolizer({ ...text, font: `${weight} ${size}px ${FONT}` });
  return [
    ...["places", "place"].map((dataLayer) => ({ dataLayer, symbolizer: at(600, 14) })),
    ...["roads", "transportation_name"].map((dataLayer) => ({ dataLayer, minzoom: 13, symbolizer: along })),
    ...["water", "water_name"].map((dataLayer) => (
      { dataLayer, minzoom: 13, symbolizer: at(400, 12), filter: (_, f) => f.geomType !== LINE })),
  ];
}

/** Draw the archive in the pane "basemap", in the colours of a palette; returns the layer. */
export function vectorMap(map, color) {
  const kit = window.protomapsL;
  return kit.leafletLayer({
    pane: "basemap", url: page.basemap.url, maxDataZoom: page.basemap.maxZoom,
    paintRules: [...areas(kit, color), ...lines(kit, color)], labelRules: words(kit, color),
    backgroundColor: color("land"), lang: page.lang, attribution: "",
  }).addTo(map);
}
