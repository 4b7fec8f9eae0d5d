// Which layers of findings the address shows, and what it asks of them.

import { page } from "./page.js";
import { SHORTFALLS, SIGNS } from "./signs.js";
import { tab } from "./tabs.js";
import { change, current } from "./url.js";

const NONE = "none";
// of a rule that is open all is shown but what it does not concern
const CONCERNED = SIGNS.filter((name) => name !== "not_applicable").join(",");
const split = (text) => new Set(text.split(",").filter(Boolean));

/** Kinds of rule whose findings are hidden; "spacing" hides the gaps. */
export const off = () => split(current().off);

/** States that are shown on the map. */
export const states = () => (current().states ? split(current().states) : new Set(SHORTFALLS));

/** Show or hide the findings of a kind of rule. */
export function showKind(kind, shown) {
  const set = off();
  if (shown) set.delete(kind);
  else set.add(kind);
  change({ off: page.kinds.map(({ id }) => id).filter((id) => set.has(id)).join(",") });
}

/** Show or hide a state on the map. */
export function showState(name, shown) {
  const set = states();
  if (shown) set.add(name);
  else set.delete(name);
  const text = SIGNS.filter((sign) => set.has(sign)).join(",");
  change({ states: text === SHORTFALLS.join(",") ? "" : text || NONE });
}

/** What is asked of the server for the map, in step with the list; null for nothing at all. */
export function findingsQuery() {
  const { rule, state, district, type, words } = current();
  const standards = tab() === "standards";
  if (standards && rule) return { rule, state: state || CONCERNED, district, type, q: words };
  const shown = SIGNS.filter((sign) => states().has(sign)).join(",");
  if (!shown) return null;
  const kinds = page.kinds.map(({ id }) => id).filter((id) => id !== "spacing" && !off().has(id));
  if (!kinds.length) return null;
  return { kind: kinds.join(","), state: shown, district, type: standards ? type : "" };
}
