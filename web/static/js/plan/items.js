// Stations as they would be: the proposals of a plan up to a number, and what was changed by hand.

import { ask, segment, Trouble } from "../server.js";
import { placeOf, wordsOf } from "./result.js";
import { NEW } from "./state.js";

const originals = new Map(); // stations there are, by their id, as far as they were looked at

/** Keep a station there is: {lon, lat, type, status, name}. */
export function learn(id, station) {
  if (!originals.has(id)) originals.set(id, station);
}

export const original = (id) => originals.get(id);

/** Forget them: the data are others. */
export const forgetStations = () => originals.clear();

/** Ask for the stations that are changed and not known yet; returns the ids that are not there. */
export async function learnAll(ids) {
  const gone = [];
  for (const id of ids) {
    if (id.startsWith(NEW) || originals.has(id)) continue;
    try {
      const { place, type, status, name } = await ask(`plan-station/${id}`, `stations/${segment(id)}`, { out_datum: "wgs84" });
      if (place) originals.set(id, { lon: place[0], lat: place[1], type, status, name });
      else gone.push(id);
    } catch (error) {
      if (!(error instanceof Trouble) || error.status !== 404) throw error;
      gone.push(id);
    }
  }
  return gone;
}

const isProposal = (id) => id.startsWith(`${NEW}p`);

/** Number in the building order of a point that was kept from a plan; null for others. */
const numberOf = (id) => Number(/^new-(\d{1,6})$/.exec(id)?.[1] ?? 0) || null;

/** Id of a proposal by its place in the building order. */
export const proposalId = (order) => `${NEW}p${order}`;

/** Proposals of a plan in building order, as items. */
export function proposalsOf(plan) {
  return [...plan.proposals.features]
    .sort((a, b) => a.properties.order - b.properties.order)
    .map((feature) => {
      const { properties } = feature;
      const [lon, lat] = placeOf(feature);
      return {
        id: proposalId(properties.order), order: properties.order, number: properties.order, lon, lat, type: properties.type,
        status: "active", isNew: true, isChanged: false, name: properties.name || null,
        host_id: properties.host_id || null, properties, where: wordsOf(properties).where,
      };
    });
}

/** Free-standing points that a plan suggests where no host is. */
export const suggestedOf = (plan) => plan.suggested.features.map((feature) => {
  const [lon, lat] = placeOf(feature);
  return { lon, lat };
});

/** {items, later}: all that would be other, and the proposals beyond number `n`. */
export function itemsOf(proposals, n, edits) {
  const by = new Map(edits.map((one) => [one.station_id, one]));
  const items = [];
  const later = [];
  for (const proposal of proposals) {
    const edit = by.get(proposal.id);
    if (edit?.status === "closed") continue;
    const there = edit ? { ...proposal, ...kept(edit), isChanged: true } : proposal;
    // moved away from its host it is nobody's
    if (edit?.lon !== undefined) Object.assign(there, { host_id: null, where: "" });
    (proposal.order <= n ? items : later).push(there);
  }
  for (const edit of edits) {
    const id = edit.station_id;
    if (isProposal(id)) continue;
    const before = original(id);
    if (id.startsWith(NEW)) {
      if (edit.lon !== undefined) {
        items.push({
          status: "active", host_id: edit.host_id, ...kept(edit), id, number: numberOf(id), isNew: true, isChanged: false,
        });
      }
    } else if (before) {
      items.push({
        ...before, ...kept(edit), id, isNew: false, isChanged: true,
        from: edit.lon === undefined ? null : [before.lon, before.lat],
      });
    }
  }
  return { items, later };
}

function kept({ lon, lat, type, status, name }) {
  return Object.fromEntries(Object.entries({ lon, lat, type, status, name }).filter(([, value]) => value !== undefined));
}

/** Changes as the server takes them; `whole` with the names and hosts of new stations too. */
export function changesOf(items, edits, { whole = false } = {}) {
  const by = new Map(edits.map((one) => [one.station_id, one]));
  return items.map((item) => {
    if (!item.isNew) return by.get(item.id);
    const { id, lon, lat, type, status } = item;
    // kept, it is one new station among others, and no more the proposal of a plan
    const found = { station_id: whole && item.order ? `${NEW}${item.order}` : id, lon, lat, type };
    if (status !== "active") found.status = status;
    if (whole && item.name) found.name = item.name;
    if (whole && item.host_id) found.host_id = item.host_id;
    return found;
  }).filter(Boolean);
}

/** The edits with that of one item changed; what is as it was before needs none. */
export function edited(edits, item, values) {
  const before = item.isNew ? null : original(item.id);
  const at = edits.findIndex((one) => one.station_id === item.id);
  // a place has both of its degrees
  const moves = values.lon !== undefined || values.lat !== undefined;
  const place = moves ? { lon: item.lon, lat: item.lat } : {};
  const next = { ...(at < 0 ? { station_id: item.id } : edits[at]), ...place, ...values };
  if (before) {
    for (const name of ["type", "status"]) if (next[name] === before[name]) delete next[name];
    if (next.lon === before.lon && next.lat === before.lat) {
      delete next.lon;
      delete next.lat;
    }
  }
  const rest = edits.slice();
  const nothing = Object.keys(next).length === 1;
  if (at < 0) return nothing ? rest : [...rest, next];
  rest.splice(at, 1, ...(nothing ? [] : [next]));
  return rest;
}

/** The edits without what was done to one item; a proposal of the plan stands as proposed again. */
export const restored = (edits, id) => edits.filter((one) => one.station_id !== id);

/** The edits with a new station more, and its id. */
export function added(edits, values) {
  const numbers = edits.map(({ station_id: id }) => Number(/^new-a(\d+)$/.exec(id)?.[1] ?? 0));
  const id = `${NEW}a${Math.max(0, ...numbers) + 1}`;
  return { id, edits: [...edits, { station_id: id, ...values }] };
}
