// Built or effective coverage: the switch in the top bar, with both shares beside each other.

import { flying, NOTHING } from "./cards.js";
import { $, h } from "./dom.js";
import { failure } from "./failure.js";
import { number, page, percent, t } from "./page.js";
import { ask, Trouble } from "./server.js";
import { address, change, current } from "./url.js";
import { reason } from "./visited.js";

const NAMES = ["built", "effective"];
const PAGE = 50;
let shares = {};
let known = true;

/** What is asked of the server: "" for built coverage, and where effective coverage is unknown. */
export const coverage = () => (known && current().coverage === "effective" ? "effective" : "");

const share = ({ covered_share: value }) => (value === null ? "–" : percent(value));

function one(name) {
  const to = { coverage: name === "built" ? "" : name };
  const chosen = (coverage() || "built") === name;
  const unknown = name === "effective" && shares[name] === null;
  return h("a", {
    href: unknown ? null : address(to), "data-coverage": name,
    "aria-current": chosen ? "true" : null, "aria-disabled": unknown ? "true" : null,
    title: t(unknown ? "coverage.unknown_long" : `coverage.${name}_long`),
    onclick: (event) => {
      if (event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      if (!unknown) change(to);
    },
  },
    h("span", { class: "coverage-name" }, t(`coverage.${name}`)),
    h("strong", {}, unknown ? t("coverage.unknown") : share(shares[name])));
}

/** Show the switch, or keep it in step; `summary` has new shares. */
export function showCoverage(summary = null) {
  if (summary) {
    if (!summary.streets) return;
    shares = { built: summary.built, effective: summary.effective };
    known = summary.effective !== null;
  }
  if (!shares.built) return;
  $("coverage").replaceChildren(...NAMES.map(one));
  $("coverage").hidden = false;
}

/** A station that does not serve: its name opens it on the map; its reasons beside it. */
export function idleRow({ station_id: station, name, why }) {
  const open = { ...NOTHING, station };
  return h("li", {},
    h("a", { href: address(open), onclick: flying(open) }, name ?? t("station.unnamed")),
    h("div", { class: "quiet" }, why.map(reason).join(t("summary.list"))));
}

/** How many stations do not serve; opened, it lists them, a page at a time. */
function idleList(said) {
  const list = h("ul", { class: "plain" });
  const foot = h("div", {});
  let shown = 0;
  const more = async () => {
    foot.replaceChildren(h("p", { class: "bone" }));
    try {
      const { stations, total } = await ask("idle", "idle", { offset: shown, limit: PAGE });
      list.append(...stations.map(idleRow));
      shown += stations.length;
      foot.replaceChildren(...(stations.length && shown < total ? [h("button", {
        type: "button", class: "btn btn-outline", onclick: more,
      }, t("list.more", { n: number(Math.min(total - shown, PAGE)) }))] : []));
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      foot.replaceChildren(failure(error.message, more));
    }
  };
  const open = ({ target }) => target.open && !shown && more();
  return h("details", { class: "how idle-list", ontoggle: open }, h("summary", {}, said), list, foot);
}

/** Say what the two shares are, and what the difference hangs on. */
export function coverageLine({ built, effective }) {
  if (effective === null) return h("p", { class: "quiet" }, t("coverage.unknown_long"));
  const idle = t("coverage.idle", {
    n: number(effective.idle), of: number(built.stations), point: page.point,
  });
  return h("div", { "aria-live": "off" },
    h("p", { class: "both" },
      h("span", {}, t("coverage.both", { built: share(built), effective: share(effective) }))),
    effective.idle > 0 ? idleList(idle) : h("p", {}, idle),
    effective.never > 0
      && h("p", {}, t("coverage.never", { n: number(effective.never), days: number(effective.stale_days) })),
    coverage() && h("p", { class: "quiet" }, t("coverage.effective_long")));
}
