// What lies in view: gaps, stations and street names, asked for by viewport and kept until it is left.

import { ask, Trouble } from "./server.js";
import { hasOwnWords } from "./basemap.js";
import { toSquare, toWorld } from "./canvas.js";
import { coverage } from "./coverage.js";
import { findingsQuery, off } from "./layers.js";
import { current } from "./url.js";
import { lookOf } from "./symbols.js";
import { page, rampOf } from "./page.js";
import { workQuery } from "./work.js";

const MARGIN = 0.3; // share of the view asked for beyond each edge
const PAUSE_MS = 120;

const world = ([lon, lat]) => toWorld(lon, lat);

const READERS = {
  gaps: {
    query: ({ q, class: street_class, district }) =>
      (off().has("spacing") ? null : { q, class: street_class, district, coverage: coverage() }),
    single: ({ properties: p, geometry }) => ({
      ...p, ramp: rampOf(p.points_needed), line: geometry.coordinates.map(world),
    }),
  },
  stations: {
    query: ({ hide }) => ({ hide, coverage: coverage() }),
    single: ({ properties: p, geometry }) => ({
      ...p, look: lookOf(p.type), at: world(geometry.coordinates),
    }),
  },
  findings: {
    query: findingsQuery,
    single: ({ properties: p, geometry }) => ({ ...p, at: world(geometry.coordinates) }),
  },
  work: {
    path: "inspect/map",
    query: workQuery,
    single: ({ properties: p, geometry }) => ({ ...p, at: world(geometry.coordinates) }),
  },
};

/**
 * Keep `found` = {gaps, stations, findings, work, labels} in step with the view. `told` is called when something
 * arrived, `busy` with true and false around waiting, `failed` with a sentence.
 */
export function follow(map, { told, busy, failed }) {
  const empty = () => ({ items: [], gathered: false, box: null, zoom: null, key: null });
  const found = {
    gaps: empty(), stations: empty(), findings: empty(), work: empty(), labels: empty(),
  };
  const wanted = { labels: "" };
  let timer = 0;
  let waiting = 0;

  const needs = (layer, box, zoom, key) =>
    layer.key !== key || !layer.box?.contains(box) || layer.zoom !== zoom;

  async function load(name, values, read, box, zoom, key) {
    const wide = box.pad(MARGIN);
    const pole = (lat) => Math.min(Math.max(lat, -90), 90);
    const bbox = [wide.getWest(), pole(wide.getSouth()), wide.getEast(), pole(wide.getNorth())]
      .map((v) => v.toFixed(5)).join(",");
    busy((waiting += 1) > 0);
    const done = () => busy((waiting -= 1) > 0);
    // an answer that a later question has overtaken never comes
    const overtaken = found[name].overtaken;
    overtaken?.();
    found[name].overtaken = done;
    try {
      const answer = await ask(`map/${name}`, READERS[name]?.path ?? `map/${name}`, { ...values, bbox, zoom });
      // the layer may have been hidden meanwhile
      if (wanted[name] !== key) {
        found[name].overtaken = null;
        done();
        return;
      }
      found[name] = { ...read(answer), box: wide, zoom, key };
      told(name);
      done();
    } catch (error) {
      found[name].overtaken = null;
      done();
      if (!(error instanceof Trouble)) throw error;
      // whoever is signed in no longer is told so once
      if (error.status === 401) page.inspect = null;
      failed(error.message);
    }
  }

  function look(force = false) {
    const box = map.getBounds();
    const zoom = Math.round(map.getZoom());
    for (const [name, reader] of Object.entries(READERS)) {
      const values = reader.query(current());
      const key = JSON.stringify(values);
      wanted[name] = key;
      if (!values) {
        if (found[name].key === key) continue;
        found[name] = { ...empty(), overtaken: found[name].overtaken, key };
        // not at once: the first look comes before the map is ready to hear of it
        queueMicrotask(() => told(name));
      } else if (force || needs(found[name], box, zoom, key)) {
        load(name, values, (answer) => ({
          gathered: answer.gathered,
          pending: answer.pending,
          total: answer.total,
          items: answer.features.map(
            answer.gathered
              ? ({ properties, geometry }) => ({
                ...properties, at: world(geometry.coordinates), square: toSquare(...geometry.coordinates),
              })
              : reader.single,
          ),
        }), box, zoom, key);
      }
    }
    if (!hasOwnWords && (force || needs(found.labels, box, zoom, ""))) {
      load("labels", {}, (answer) => ({
        items: answer.labels.map(([text, lon, lat, angle]) => ({ text, at: toWorld(lon, lat), angle })),
      }), box, zoom, "");
    }
  }

  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE_MS);
  };
  map.on("moveend", soon);
  look();
  /** Ask anew for what was not of the present data. */
  const again = () => {
    for (const layer of Object.values(found)) if (layer.pending) layer.box = null;
    look();
  };
  return { found, look: (force) => look(force), soon, again };
}
