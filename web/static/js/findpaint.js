// Findings on the map: one sign for each place, pills where they are gathered, the outline of one.

import { palette } from "./base.js";
import { canvas, pane } from "./canvas.js";
import { number } from "./page.js";
import { drawSign, SIGNS } from "./signs.js";

const PILL = { height: 22, sign: 0.85, lift: 26 };
const FONT = '600 13px "PingFang SC", "Microsoft YaHei", "Noto Sans SC", "Noto Sans CJK SC", sans-serif';

/** Size of a sign at a zoom; 1 is a radius of 8 px. */
const sizeOf = (zoom) => (zoom < 14 ? 0.6 : zoom < 15 ? 0.75 : zoom < 16 ? 0.9 : 1.05);

// a sign about a station stands at the shoulder of its symbol
const aside = (item, size) => (item.subject_kind === "station" ? 9 * size : 0);

/** Paint `found.findings` (see features.js) and the outline `chosen.lines`; returns redraw, recolor. */
export function paintFindings(map, found, chosen) {
  let color = palette();

  function pill(ctx, x, y, cell) {
    const worst = SIGNS.find((name) => cell[name] > 0);
    const text = number(cell[worst]);
    ctx.font = FONT;
    const width = ctx.measureText(text).width + 32;
    ctx.beginPath();
    ctx.roundRect(x - width / 2, y - PILL.height / 2, width, PILL.height, PILL.height / 2);
    ctx.fillStyle = color("paper");
    ctx.strokeStyle = color(`sign-${worst}`);
    ctx.lineWidth = 1.5;
    ctx.fill();
    ctx.stroke();
    drawSign(ctx, worst, x - width / 2 + 12, y, PILL.sign, color);
    ctx.fillStyle = color("ink");
    ctx.textAlign = "left";
    ctx.textBaseline = "middle";
    ctx.fillText(text, x - width / 2 + 24, y + 0.5);
  }

  function outline(ctx, project) {
    for (const line of chosen.lines ?? []) {
      ctx.beginPath();
      line.forEach((at, i) => (i ? ctx.lineTo(...project(...at)) : ctx.moveTo(...project(...at))));
      ctx.lineJoin = "round";
      ctx.strokeStyle = color("halo");
      ctx.lineWidth = 6;
      ctx.stroke();
      ctx.strokeStyle = color("chosen");
      ctx.lineWidth = 2.5;
      ctx.stroke();
    }
  }

  function draw(ctx, project, bounds) {
    const { items, gathered } = found.findings;
    outline(ctx, project);
    const size = sizeOf(map.getZoom());
    // the worst are drawn last, on top
    for (let i = items.length - 1; i >= 0; i -= 1) {
      const [x, y] = project(...items[i].at);
      if (!bounds.contains([x, y])) continue;
      if (gathered) pill(ctx, x, y - PILL.lift, items[i]);
      else drawSign(ctx, items[i].sign, x + aside(items[i], size), y - aside(items[i], size), size, color);
    }
    if (chosen.finding) {
      const [x, y] = project(...chosen.finding.at);
      if (chosen.finding.sign) drawSign(ctx, chosen.finding.sign, x, y, size, color);
      ctx.beginPath();
      ctx.arc(x, y, 15, 0, 7);
      ctx.strokeStyle = color("chosen");
      ctx.lineWidth = 3;
      ctx.stroke();
    }
  }

  const layer = canvas(map, pane(map, "findings", 455), draw);
  return {
    redraw: () => layer.redraw(),
    recolor() {
      color = palette();
      layer.redraw();
    },
    /** Distance in px of a finding's sign, or of a cell's pill, from a point of the map. */
    distance(item, [x, y], point) {
      const size = sizeOf(map.getZoom());
      if (found.findings.gathered) return Math.hypot((x - point.x) / 2.4, y - PILL.lift - point.y);
      return Math.hypot(x + aside(item, size) - point.x, y - aside(item, size) - point.y);
    },
    reach: () => (found.findings.gathered ? PILL.height / 2 : 8 * sizeOf(map.getZoom())),
  };
}
