// Counties coloured by an indicator: classes that break at the target, names and values written.

import { palette } from "./base.js";
import { canvas, pane, toWorld } from "./canvas.js";
import { $, h } from "./dom.js";
import { t } from "./page.js";

const FONT = '"PingFang SC", "Microsoft YaHei", "Noto Sans SC", "Noto Sans CJK SC", sans-serif';
const FILL = 0.7;
const HATCH_PX = 8;

/** Values at which a class begins; with a target it is one of them. */
function breaksOf({ measure, target }, values, held) {
  const most = Math.max(...values, 0);
  if (held && target !== null) {
    const above = measure === "share" && target * 1.5 >= 100 ? (target + 100) / 2 : target * 1.5;
    return above > target && (measure !== "share" || above < 100)
      ? [target / 2, target, above] : [target / 2, target];
  }
  return most > 0 ? [0.25, 0.5, 0.75].map((share) => Number((most * share).toPrecision(2))) : [];
}

const classOf = (breaks, value) => breaks.filter((at) => value >= at).length;

/** Colours are spread over the ramp's five, so that fewer classes still differ well. */
const toneOf = (breaks, number) =>
  breaks.length ? Math.round((number * 4) / breaks.length) : 2;

function hatch(color) {
  const tile = new OffscreenCanvas(HATCH_PX, HATCH_PX);
  const ctx = tile.getContext("2d");
  ctx.fillStyle = color("unknown-paper");
  ctx.fillRect(0, 0, HATCH_PX, HATCH_PX);
  ctx.strokeStyle = color("unknown-line");
  ctx.lineWidth = 1.5;
  for (const shift of [-HATCH_PX, 0, HATCH_PX]) {
    ctx.beginPath();
    ctx.moveTo(shift - 1, HATCH_PX + 1);
    ctx.lineTo(shift + HATCH_PX + 1, -1);
    ctx.stroke();
  }
  return tile;
}

const ringsOf = ({ type, coordinates }) => (type === "Polygon" ? coordinates : coordinates.flat());

function inside(rings, [x, y]) {
  let odd = false;
  for (const ring of rings) {
    for (let i = 1; i < ring.length; i += 1) {
      const [[ax, ay], [bx, by]] = [ring[i - 1], ring[i]];
      if (ay > y !== by > y && x < ax + ((y - ay) / (by - ay)) * (bx - ax)) odd = !odd;
    }
  }
  return odd;
}

/**
 * The layer: show(indicator, features, chosen), hide(), corners() of what it shows. `say` has
 * name(row) and level(value) to write values, target(), and open(id) for a click.
 */
export function choropleth(map, say) {
  let areas = [];
  let breaks = [];
  let chosen = "";
  let color = palette();
  const fillOf = ({ row }, ctx) => (row.value === null
    ? ctx.createPattern(hatch(color), "repeat")
    : color(`class-${toneOf(breaks, classOf(breaks, row.value))}`));

  function outline(ctx, project, rings) {
    ctx.beginPath();
    for (const ring of rings) {
      ring.forEach((at, i) => {
        const [x, y] = project(...at);
        if (i) ctx.lineTo(x, y);
        else ctx.moveTo(x, y);
      });
      ctx.closePath();
    }
  }

  function drawAreas(ctx, project) {
    ctx.lineJoin = "round";
    for (const area of areas) {
      outline(ctx, project, area.rings);
      ctx.globalAlpha = FILL;
      ctx.fillStyle = fillOf(area, ctx);
      ctx.fill("evenodd");
      ctx.globalAlpha = 1;
      ctx.strokeStyle = color("halo");
      ctx.lineWidth = 1.5;
      ctx.stroke();
    }
    const open = areas.find(({ id }) => id === chosen);
    if (open) {
      outline(ctx, project, open.rings);
      ctx.strokeStyle = color("chosen");
      ctx.lineWidth = 3;
      ctx.stroke();
    }
  }

  function drawWords(ctx, project, bounds) {
    const taken = [];
    ctx.textAlign = "center";
    ctx.lineJoin = "round";
    ctx.strokeStyle = color("halo");
    ctx.fillStyle = color("ink");
    ctx.lineWidth = 4;
    for (const { label, name, row } of areas) {
      const [x, y] = project(...label);
      if (!bounds.contains([x, y])) continue;
      const value = row.value === null ? t("indicator.unknown") : say.name(row);
      ctx.font = `600 14px ${FONT}`;
      const width = Math.max(ctx.measureText(name).width, ctx.measureText(value).width);
      const box = [x - width / 2, y - 20, x + width / 2, y + 20];
      if (taken.some((b) => box[0] < b[2] && box[2] > b[0] && box[1] < b[3] && box[3] > b[1])) continue;
      taken.push(box);
      for (const [text, dy, weight] of [[name, -3, 600], [value, 15, 400]]) {
        ctx.font = `${weight} 14px ${FONT}`;
        ctx.strokeText(text, x, y + dy);
        ctx.fillText(text, x, y + dy);
      }
    }
  }

  function range(from, to) {
    if (from === undefined) return to === undefined ? t("class.all") : t("class.under", { to: say.level(to) });
    return to === undefined
      ? t("class.from", { from: say.level(from) })
      : t("class.between", { from: say.level(from), to: say.level(to) });
  }

  function legend(indicator, held) {
    const step = (number) => {
      const [from, to] = [breaks[number - 1], breaks[number]];
      const atTarget = held && from !== undefined && from === indicator.target;
      return [
        h("p", { class: "legend-row" },
          h("span", { class: `swatch class-${toneOf(breaks, number)}`, "aria-hidden": "true" }),
          range(from, to)),
        atTarget && h("p", { class: "class-target" }, t("class.target", { target: say.target() })),
      ];
    };
    const known = areas.some(({ row }) => row.value !== null) || held;
    $("legend-indicators").replaceChildren(...[
      h("h3", {}, indicator.name),
      known && h("div", {}, Array.from({ length: breaks.length + 1 }, (_, i) => step(i)).reverse()),
      areas.some(({ row }) => row.value === null) && h("p", { class: "legend-row" },
        h("span", { class: "swatch class-unknown", "aria-hidden": "true" }), t("indicator.unknown")),
      !held && h("p", { class: "quiet" }, t("class.information")),
    ].filter(Boolean));
  }

  /** Why there is nothing to colour; "" where there is. */
  function why(indicator, features) {
    if (!features.length) return t("class.no_districts");
    return areas.length ? "" : t("class.no_counties", { who: indicator.level });
  }

  const note = h("p", { class: "map-note area-note", role: "status" });
  $("stage").append(note);
  const layers = [
    canvas(map, pane(map, "areas", 305), drawAreas),
    canvas(map, pane(map, "areawords", 455), drawWords),
  ];
  const redraw = () => layers.forEach((layer) => layer.redraw());
  map.on("click", ({ latlng }) => {
    const at = toWorld(latlng.lng, latlng.lat);
    const found = areas.find(({ rings }) => inside(rings, at));
    if (found) say.open(found.id);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    color = palette();
    redraw();
  });

  return {
    show(indicator, features, open) {
      const rows = new Map(indicator.rows.filter(({ kind }) => kind === "county").map((row) => [row.id, row]));
      areas = features.filter(({ properties }) => rows.has(properties.id)).map(({ properties, geometry }) => ({
        ...properties, row: rows.get(properties.id), label: toWorld(...properties.label),
        rings: ringsOf(geometry).map((ring) => ring.map((at) => toWorld(...at))),
        box: ringsOf(geometry).flat(),
      }));
      const held = areas.some(({ row }) => row.held);
      breaks = breaksOf(indicator, areas.map(({ row }) => row.value ?? 0), held);
      chosen = open;
      if (areas.length) legend(indicator, held && indicator.target !== null);
      else $("legend-indicators").replaceChildren(h("p", { class: "quiet" }, why(indicator, features)));
      note.textContent = why(indicator, features);
      $("stage").classList.toggle("has-areas", areas.length > 0);
      redraw();
    },
    hide() {
      areas = [];
      $("legend-indicators").replaceChildren();
      note.textContent = "";
      $("stage").classList.remove("has-areas");
      redraw();
    },
    corners: () => areas.flatMap(({ box }) => box),
  };
}
