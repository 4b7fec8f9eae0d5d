// What the plan's tab shows stands in the address: what was asked for, and the changes made by hand.

import { change, current } from "../url.js";

/** What ids of stations that are not there yet begin with. */
export const NEW = "new-";
const LONGEST = 3000; // letters of changes that an address carries
const ELSEWHERE = "kept";
const PLACE = "stationmap.plan.changes";
const FIELDS = ["station_id", "lon", "lat", "type", "status", "name", "host_id"];

const packed = (value) => encodeURIComponent(value ?? "").replace(/[~!.]/g,
  (letter) => (letter === "." ? letter : `%${letter.charCodeAt(0).toString(16)}`));

// as exact as scenarios are kept: points a spacing apart close a gap only where they stand exactly
const short = (value) => (typeof value === "number" ? Number(value.toFixed(10)) : value);

/** Changes as one text for the address: fields with ~ between, stations with ! between. */
const written = (changes) => changes
  .map((one) => FIELDS.map((name) => packed(short(one[name]))).join("~").replace(/~+$/, ""))
  .join("!");

function one(text) {
  const values = text.split("~").map(decodeURIComponent);
  const found = {};
  FIELDS.forEach((name, i) => {
    if (values[i]) found[name] = name === "lon" || name === "lat" ? Number(values[i]) : values[i];
  });
  return found;
}

function read(text) {
  try {
    return text.split("!").filter(Boolean).map(one).filter((change) => change.station_id);
  } catch {
    return []; // an address that somebody cut
  }
}

const store = () => {
  try {
    return sessionStorage;
  } catch {
    return null;
  }
};

/** Whether the changes stand in this browser alone, as too many for an address. */
export const tooLong = () => current().changes === ELSEWHERE;

const opened = { id: null, changes: [] }; // the scenario that lies on the map

/** Take the changes of a scenario: they need not stand in the address as long as they stay. */
export const lay = (id, changes) => Object.assign(opened, { id, changes });

/** Whether the scenario of the address is not read yet. */
export const unread = () => Boolean(current().scenario) && onlyScenario() && current().scenario !== opened.id;
const onlyScenario = () => !current().changes && !current().plan;

/** Changes made by hand: a list of stations as they would be. */
export function edits() {
  const { changes, scenario } = current();
  if (scenario && onlyScenario()) return scenario === opened.id ? opened.changes : [];
  return read(changes === ELSEWHERE ? store()?.getItem(PLACE) ?? "" : changes);
}

/** State of the address that holds these changes. */
export function holding(changes) {
  const text = written(changes);
  if (text.length <= LONGEST) return { changes: text };
  try {
    store()?.setItem(PLACE, text);
  } catch {
    // a full store: the changes live as long as the page
  }
  return { changes: ELSEWHERE };
}

const NUMBERS = ["budget", "n"];

/** What was asked for: {budget, free, streets, n}; null where no plan was. */
export function asked() {
  const { plan } = current();
  if (!plan) return null;
  const found = { budget: null, n: null, free: false, streets: [] };
  for (const piece of plan.split(";")) {
    const [name, value = ""] = piece.split(":");
    if (NUMBERS.includes(name) && Number(value) >= 0) found[name] = Math.floor(Number(value));
    if (name === "free") found.free = true;
    if (name === "streets") found.streets = value.split("|").filter(Boolean).map(unpacked);
  }
  return found;
}

function unpacked(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** State of the address that asks for a plan. */
export function asking({ budget, free, streets, n = null }) {
  const pieces = [
    "on",
    budget !== null && `budget:${budget}`,
    free && "free",
    streets.length && `streets:${streets.map((id) => encodeURIComponent(id)).join("|")}`,
    n !== null && `n:${n}`,
  ];
  return { plan: pieces.filter(Boolean).join(";") };
}

// -- one step after the other ------------------------------------------------------------------

const steps = [];
const whole = () => {
  const { changes } = current();
  if (changes === ELSEWHERE) return store()?.getItem(PLACE) ?? "";
  return changes;
};

/** Make a step: it can be undone. */
export function step(changes) {
  const { plan, scenario, district } = current();
  steps.push({ text: whole(), plan, scenario, district });
  change(changes);
}

export const canUndo = () => steps.length > 0;

/** Take the last step back. */
export function undo() {
  const { plan, scenario, district } = current();
  const now = JSON.stringify({ text: whole(), plan, scenario, district });
  // the way back of the browser may have undone some already
  let last = steps.pop();
  while (last && JSON.stringify(last) === now) last = steps.pop();
  if (!last) return;
  const { text, ...rest } = last;
  change({ ...holding(read(text)), ...rest });
}
