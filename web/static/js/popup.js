// What is open: a station, a facility or a finding, at its place on the map, on a phone in the sheet.

import { facilityCard, findingCard, stationCard } from "./cards.js";
import { $, h } from "./dom.js";
import { narrow, t } from "./page.js";
import { ask, segment, Trouble } from "./server.js";
import { SIGNS } from "./signs.js";

// by the name in the address: where to ask, what to draw, what to say of one that is gone
const KINDS = {
  station: {
    // the map itself is drawn in WGS-84, whatever is published
    ask: (id) => ask("open", `stations/${segment(id)}`, { out_datum: "wgs84" }),
    card: stationCard,
    gone: () => t("station.missing"),
  },
  facility: {
    ask: (id) => ask("open", `facilities/${segment(id)}`),
    card: facilityCard,
    gone: () => t("facility.missing"),
  },
  finding: {
    ask: (id) => ask("open", "finding", { id }),
    card: findingCard,
    gone: () => t("finding.missing"),
  },
};

export const OPEN = Object.keys(KINDS);

/**
 * Show the thing of a kind and id; `closed` is called when the reader closes it. Returns {place,
 * lines, sign, sentence, close}: where it is, its outline, the worst that is found of it, what to
 * say if it cannot be shown, and a function that takes it away.
 */
export async function openCard(map, kind, id, closed) {
  let thing;
  try {
    thing = await KINDS[kind].ask(id);
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    return { sentence: error.status === 404 ? KINDS[kind].gone() : error.message, close() {} };
  }
  const place = thing.place ?? thing.lines?.[0]?.[0] ?? null;
  const show = narrow.matches || !place ? inSheet : onMap;
  const signs = [thing, ...(thing.findings ?? [])].map(({ sign }) => SIGNS.indexOf(sign));
  const sign = SIGNS[Math.min(...signs.filter((rank) => rank >= 0))];
  return { place, lines: thing.lines, sign, close: show(map, KINDS[kind].card(thing), place, closed) };
}

function onMap(map, card, [lon, lat], closed) {
  const popup = L.popup({
    maxWidth: 360, minWidth: 260,
    autoPanPaddingTopLeft: [16, 16], autoPanPaddingBottomRight: [76, 16],
  }).setLatLng([lat, lon]).setContent(card);
  popup.on("remove", closed);
  popup.openOn(map);
  const element = popup.getElement();
  element.querySelector(".leaflet-popup-close-button").setAttribute("aria-label", t("map.close"));
  // what is found of it may come later, and the card grow over the edge of the map
  let height = element.offsetHeight;
  const growth = new ResizeObserver(() => {
    if (element.offsetHeight > height) {
      const beside = element.offsetWidth / 2 + 16;
      map.panInside([lat, lon], {
        paddingTopLeft: [beside, element.offsetHeight + 16], paddingBottomRight: [beside + 60, 16],
      });
    }
    height = element.offsetHeight;
  });
  growth.observe(element);
  return () => {
    growth.disconnect();
    popup.off("remove", closed).remove();
  };
}

function inSheet(map, card, place, closed) {
  const box = $("station");
  const button = h("button", {
    type: "button", class: "icon-button", "aria-label": t("map.close"), onclick: closed,
  }, "×");
  box.replaceChildren(button, card);
  box.hidden = false;
  $("panel-body").scrollTop = 0;
  return () => {
    box.hidden = true;
    box.replaceChildren();
  };
}
