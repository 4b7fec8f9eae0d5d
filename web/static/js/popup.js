// A station's facts: at its place on the map, on a phone in the sheet. Everything in it is text.

import { $, facts, h } from "./dom.js";
import { narrow, t } from "./page.js";
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

/**
 * Show a station; `closed` is called when the reader closes it. Returns {place, sentence, close}:
 * where it stands, what to say if it cannot be shown, and a function that takes it away.
 */
export async function openStation(map, station_id, closed) {
  let station;
  try {
    station = await ask("station", `stations/${segment(station_id)}`);
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    return { sentence: error.status === 404 ? t("station.missing") : error.message, close() {} };
  }
  const show = narrow.matches || !station.place ? inSheet : onMap;
  return { place: station.place, close: show(map, station, closed) };
}

function onMap(map, station, closed) {
  const [lon, lat] = station.place;
  const popup = L.popup({
    maxWidth: 320, minWidth: 240, autoPanPaddingTopLeft: [16, 16], autoPanPaddingBottomRight: [76, 16],
  }).setLatLng([lat, lon]).setContent(content(station));
  popup.on("remove", closed);
  popup.openOn(map);
  popup.getElement().querySelector(".leaflet-popup-close-button")
    .setAttribute("aria-label", t("map.close"));
  return () => popup.off("remove", closed).remove();
}

function inSheet(map, station, closed) {
  const box = $("station");
  const button = h("button", {
    type: "button", class: "icon-button", "aria-label": t("map.close"), onclick: closed,
  }, "×");
  box.replaceChildren(button, content(station));
  box.hidden = false;
  $("panel-body").scrollTop = 0;
  return () => {
    box.hidden = true;
    box.replaceChildren();
  };
}
