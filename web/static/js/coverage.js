// Built or effective coverage: the switch in the top bar, with both shares beside each other.

import { $, h } from "./dom.js";
import { number, page, percent, t } from "./page.js";
import { address, change, current } from "./url.js";

const NAMES = ["built", "effective"];
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

/** Say what the two shares are, and what the difference hangs on. */
export function coverageLine({ built, effective }) {
  if (effective === null) return h("p", { class: "quiet" }, t("coverage.unknown_long"));
  return h("p", { class: "both", "aria-live": "off" },
    h("span", {}, t("coverage.both", { built: share(built), effective: share(effective) })),
    " ",
    t("coverage.idle", { n: number(effective.idle), of: number(built.stations), point: page.point }),
    effective.never > 0
      && ` ${t("coverage.never", { n: number(effective.never), days: number(effective.stale_days) })}`,
    coverage() && ` ${t("coverage.effective_long")}`);
}
