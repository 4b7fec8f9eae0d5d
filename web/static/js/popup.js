// A station's facts on the map. Everything in it is text.

import { facts, h } from "./dom.js";
import { page, t } from "./page.js";
import { ask, segment, Trouble } from "./server.js";
import { symbol } from "./symbols.js";

function content(station) {
  const source = station.source_row === null
    ? station.source
    : t("station.source_row", { source: station.source, row: station.source_row });
  return h("article", { class: "station", "aria-label": station.name ?? t("station.unnamed") },
    h("h2", {}, symbol(station.type, station.status), station.name ?? t("station.unnamed")),
    facts([
      [t("station.type"), station.type_name],
      [t("station.status"), station.status_name],
      [t("station.unit"), station.unit],
      [t("station.supervising"), station.supervising_unit],
      [t("station.hours"), station.hours ?? t("station.hours_unknown")],
      [t("station.supplies"), station.supplies.join(t("summary.list"))],
      [t("station.address"), station.address],
      [t("station.district"), station.district],
      [t("station.source"), source],
    ]),
    h("p", { class: "quiet" }, t(station.counts ? "station.counts" : "station.counts_not")),
    station.demonstration && h("p", { class: "quiet" }, t("station.demonstration")),
  );
}

/** Open the popup of a station on the map; `closed` is called when the reader closes it. */
export async function openStation(map, station_id, { closed, found }) {
  let station;
  try {
    station = await ask("station", `stations/${segment(station_id)}`);
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    return { sentence: error.status === 404 ? t("station.missing") : error.message };
  }
  if (!station.place) return { station };
  const [lon, lat] = station.place;
  found(station.place);
  const popup = L.popup({
    maxWidth: 300, minWidth: 240, className: "station-popup", autoPanPaddingTopLeft: [16, 16],
    autoPanPaddingBottomRight: [16, innerWidth < 768 ? innerHeight * 0.3 : 16],
  }).setLatLng([lat, lon]).setContent(content(station));
  popup.on("remove", closed);
  popup.openOn(map);
  popup.getElement()?.querySelector(".leaflet-popup-close-button")
    ?.setAttribute("aria-label", t("map.close"));
  return { station, popup, lang: page.lang };
}
