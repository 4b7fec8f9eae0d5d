// One street opened: its strip, its gaps, and the card of the gap that is chosen.

import { coverage, idleRow } from "./coverage.js";
import { $, facts, h } from "./dom.js";
import { failure } from "./failure.js";
import { chainage, metres, number, page, percent, rampOf, t } from "./page.js";
import { ask, segment, Trouble } from "./server.js";
import { strip } from "./strip.js";
import { address, change, current, follow } from "./url.js";

const LIST = { street: "", gap: "" };

/** Name and figures of a street. */
function heading(street) {
  const stations = new Set(street.parts.flatMap((part) => part.stations.map((bead) => bead.station_id)));
  const where = [...street.classes, ...street.districts].join(" · ");
  return [
    h("a", { class: "back", href: address(LIST), onclick: follow(LIST) }, "← ", t("street.back")),
    h("h2", { tabindex: -1, id: "street-name" }, street.name,
      street.second_name && h("span", { class: "second" }, street.second_name)),
    h("p", { class: "where" }, where),
    h("p", { class: "row-figures" },
      h("span", {}, metres(street.length_m)),
      street.gaps > 0 && h("span", {}, t("list.gaps", { n: number(street.gaps) })),
      street.points_needed > 0 && h("span", { class: "need" },
        t("list.points", { n: number(street.points_needed) })),
      h("span", {}, t("list.covered", { share: percent(street.covered_m / street.frontage_m) })),
      h("span", {}, t("street.stations", { n: number(stations.size) })),
      street.assumed && h("span", { class: "tag" }, t("list.assumed")),
    ),
  ];
}

function side(gap) {
  return gap.side === "both" ? null : t(`gap.${gap.side}`);
}

/** Stations that stand in a gap but do not serve, and what is left of it once they do. */
function standing({ stations, points_needed: points }) {
  return h("div", { class: "notice idle idle-list" },
    h("strong", {}, t("gap.idle", { n: number(stations.length), point: page.point })),
    h("ul", { class: "plain" }, stations.map(idleRow)),
    h("p", {}, points > 0
      ? t("gap.idle_left", { points: number(points), point: page.point })
      : t("gap.idle_none")));
}

function card(gap, fly) {
  const { rule } = gap;
  const known = metres(gap.shops_m);
  return h("article", { class: "card" },
    h("p", { class: "card-need" },
      t("gap.need", { n: number(gap.points_needed), point: page.point })),
    gap.idle && standing(gap.idle),
    facts([
      [t("gap.where"), t("gap.from_to", { from: chainage(gap.from_m), to: chainage(gap.to_m) })],
      [t("gap.side"), side(gap)],
      [t("gap.class"), gap.street_class],
      [t("gap.district"), gap.district],
      [t("gap.frontage"), gap.frontage === "shops" ? t("gap.shops") : t("gap.assumed", { known })],
    ]),
    h("h4", {}, t("gap.rule")),
    h("p", {}, rule.text),
    h("p", { class: "cite" }, `${gap.document} · ${gap.clause}`,
      h("span", { class: "tag" }, t(`gap.${rule.force}`))),
    h("details", {}, h("summary", {}, t("how.assumed")),
      h("ul", {}, rule.assumed.map((sentence) => h("li", {}, sentence)))),
    h("button", { type: "button", class: "btn btn-accent", onclick: fly }, t("gap.fly")),
  );
}

function gapRow(part, [from, to, length, points, kerb, gap_id], { of, chosen }) {
  const open = { gap: gap_id === chosen ? "" : gap_id };
  return h("li", { id: `gap-${gap_id}` },
    h("a", {
      class: "gap-row", href: address(open), onclick: follow(open),
      "aria-expanded": String(gap_id === chosen),
    },
      h("span", { class: `swatch ramp-${rampOf(points)}`, "aria-hidden": "true" }),
      h("span", { class: "gap-title" }, t("gap.title", { length: metres(length) })),
      h("span", { class: "need" }, t("list.points", { n: number(points) })),
      h("span", { class: "where" },
        of > 1 && `${t("street.part", { n: part.part, of })} · `,
        t(from < to ? "street.span" : "street.through", { from: chainage(from), to: chainage(to) }),
        kerb !== "both" && ` · ${t(`gap.${kerb}`)}`),
    ),
  );
}

function missing(sentence) {
  return h("div", { class: "empty" }, h("h2", {}, t("error.title")), h("p", {}, sentence),
    h("a", { class: "btn btn-outline", href: address(LIST), onclick: follow(LIST) }, t("street.back")));
}

/** Lines of a street as [lon, lat], and the same with the metres along them. */
export const lineOf = (street) => street.parts.map((part) => part.line);

/**
 * Show a street, and a gap of it if one is chosen. `map` = {show(street), fly(gap), follow(place)}.
 */
export async function showStreet(street_id, map) {
  const box = $("detail");
  box.setAttribute("aria-busy", "true");
  let street;
  try {
    street = await ask("detail", `streets/${segment(street_id)}`, { coverage: coverage() });
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    box.replaceChildren(error.status === 404
      ? missing(t("street.missing"))
      : failure(error.message, () => showStreet(street_id, map)));
    return null;
  } finally {
    box.removeAttribute("aria-busy");
  }
  draw(street, map);
  return street;
}

/** Draw a street that has been fetched, its chosen gap marked. */
export function draw(street, map) {
  const { gap: chosen } = current();
  const pick = (gap) => change({ gap });
  const of = street.parts.length;
  const strips = street.parts.map((part) => [
    of > 1 && h("h3", { class: "part" }, t("street.part", { n: part.part, of }), " · ", metres(part.length_m)),
    strip(part, {
      name: street.name, chosen, pick, moved: (at) => map.follow(at === null ? null : along(part, at)),
    }),
  ]);
  const gaps = street.parts.flatMap((part) =>
    part.gaps.map((gap) => gapRow(part, gap, { of, chosen })));
  $("detail").replaceChildren(
    ...heading(street),
    ...strips.flat().filter(Boolean),
    h("p", { class: "quiet" }, t("street.start")),
    gaps.length
      ? h("section", { class: "gaps" }, h("h3", {}, t("street.gaps")), h("ol", { class: "plain" }, gaps))
      : h("p", { class: "fine" }, "✓ ", t("street.no_gaps")),
  );
}

/** Put the chosen gap's card under its row; returns the gap. */
export async function showGap(gap_id, map) {
  let gap;
  try {
    gap = await ask("gap", `gaps/${segment(gap_id)}`, { coverage: coverage() });
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    $("detail").querySelector(".gaps")?.prepend(
      failure(error.status === 404 ? t("gap.missing") : error.message, null));
    return null;
  }
  const row = document.getElementById(`gap-${gap_id}`);
  if (row) {
    row.append(card(gap, () => map.fly(gap)));
    row.scrollIntoView({ block: "nearest" });
  }
  return gap;
}

/** Place [lon, lat] at a chainage of a part: its line is walked in proportion. */
export function along(part, at_m) {
  const { line } = part;
  const squeeze = Math.cos((line[0][1] * Math.PI) / 180);
  const steps = line.slice(1).map(([lon, lat], i) =>
    Math.hypot((lon - line[i][0]) * squeeze, lat - line[i][1]));
  const total = steps.reduce((sum, step) => sum + step, 0);
  let left = (at_m / part.length_m) * total;
  for (const [i, step] of steps.entries()) {
    if (left <= step && step > 0) {
      return [0, 1].map((k) => line[i][k] + ((line[i + 1][k] - line[i][k]) * left) / step);
    }
    left -= step;
  }
  return line.at(-1);
}
