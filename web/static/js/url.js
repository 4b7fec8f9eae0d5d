// The page's state is its address: filters, what is open, what is hidden, where the map is.

const NAMES = [
  "tab", "q", "class", "district", "sort", "street", "gap", "station", "hide", "at",
  "rule", "state", "type", "words", "finding", "facility", "off", "states",
  "indicator", "period", "base", "coverage", "work", "plan", "changes", "scenario",
];

const read = () => {
  const query = new URLSearchParams(location.search);
  return Object.fromEntries(NAMES.map((name) => [name, query.get(name) ?? ""]));
};

let state = read();
const listeners = [];

/** Address of the page with some of the state changed; the rest, and the language, are kept. */
export function address(changes = {}) {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries({ ...state, ...changes })) {
    if (value) query.set(name, value);
    else query.delete(name);
  }
  const text = query.toString().replaceAll("%2F", "/").replaceAll("%2C", ",");
  return text ? `?${text}` : location.pathname;
}

/** What the page shows now. */
export const current = () => state;

/** Change the state; `quietly` replaces the entry in the history and tells nobody. */
export function change(changes, { quietly = false } = {}) {
  const next = address(changes);
  const before = state;
  state = { ...state, ...changes };
  if (quietly) history.replaceState(null, "", next);
  else {
    history.pushState(null, "", next);
    listeners.forEach((listener) => listener(state, before));
  }
}

/** Call back on every change that is not quiet, and when the reader goes back or forward. */
export function watch(listener) {
  listeners.push(listener);
}

addEventListener("popstate", () => {
  const before = state;
  state = read();
  listeners.forEach((listener) => listener(state, before));
});

/** Let a plain click on a link change the state; other clicks stay the browser's. */
export function follow(changes) {
  return (event) => {
    if (event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    change(changes);
  };
}
