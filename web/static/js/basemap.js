// What lies under the data, as the city's settings say, and whom it is from.

import { addBase, palette } from "./base.js";
import { pane } from "./canvas.js";
import { $, h } from "./dom.js";
import { page, t } from "./page.js";
import { vectorMap } from "./basemap_vector.js";
import { change, current, watch } from "./url.js";

const WITHOUT_STREETS = "plain";
const { kind, review } = page.basemap;
/** Whether the base map has names of streets, so that ours need not be written. */
export const hasOwnWords = !["streets", "none"].includes(kind);
// streets of WGS-84 do not fit a map in another datum
const overlaid = page.basemap.datum === "wgs84" && hasOwnWords;

function pictures(map) {
  const at = pane(map, "basemap", 150);
  const { layers, servers, maxZoom } = page.basemap;
  return layers.map((address) => L.tileLayer(address, {
    pane: at, subdomains: servers, maxNativeZoom: maxZoom, maxZoom: map.getMaxZoom(),
    // whoever sends the tiles learns which site asks, not what is looked at
    referrerPolicy: "origin",
  }).addTo(map));
}

/** Line of the corner: whose map it is, and its number. */
function credits(map) {
  const { credit, about } = page.basemap;
  if (!credit && !review) return;
  const Credits = L.Control.extend({
    onAdd: () => h("p", { class: "credits" },
      credit && h("a", { href: about, target: "_blank", rel: "noopener noreferrer" }, credit),
      review && h("span", {}, t("base.review", { number: review }))),
  });
  new Credits({ position: "bottomright" }).addTo(map);
}

function legend() {
  const own = h("input", {
    type: "checkbox", id: "own-streets",
    onchange: (event) => change({ base: event.target.checked ? "" : WITHOUT_STREETS }),
  });
  $("legend-base").replaceChildren(
    ...[
      overlaid && h("label", { class: "legend-row" }, own, t("base.own")),
      h("p", { class: "quiet" }, t("base.name", { name: page.basemap.name })),
    ].filter(Boolean),
  );
  const fill = () => { own.checked = current().base !== WITHOUT_STREETS; };
  watch(fill);
  fill();
}

/** Add the base map; the result has restyle() for another palette and use(version) for a new ground. */
export function addBasemap(map, version) {
  const own = kind === "streets" ? addBase(map, version)
    : overlaid ? addBase(map, version, { thin: true }) : null;
  let drawn = null;
  const draw = () => {
    const old = drawn;
    drawn = vectorMap(map, palette());
    old?.remove();
  };
  if (page.basemap.layers) pictures(map);
  if (kind === "pmtiles") {
    pane(map, "basemap", 150);
    draw();
  }
  if (overlaid) {
    const look = () => own.show(current().base !== WITHOUT_STREETS);
    watch(look);
    look();
  }
  credits(map);
  legend();
  return {
    restyle() {
      own?.restyle();
      if (drawn) draw();
    },
    use: (newer) => own?.use(newer),
  };
}
