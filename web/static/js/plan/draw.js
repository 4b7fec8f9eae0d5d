// What the plan shows on the map: proposals with their number in building order, and stations as they would be.

import { palette } from "../base.js";
import { canvas, pane, projection, toWorld } from "../canvas.js";
import { lookOf, path } from "../symbols.js";

const FONT = '"PingFang SC", "Microsoft YaHei", "Noto Sans SC", "Noto Sans CJK SC", sans-serif';
const [PIN_PX, DOT_PX, STATION_PX] = [13, 5, 8];
const PINS = 80; // more in view than this are dots, until the map is close
const PINS_ZOOM = 16;
const FINGER_PX = 16;
const MOUSE_PX = 4;

/**
 * Paint `shown` = {items, later, free, chosen, standing}: stations that would be new or other,
 * proposals of the plan beyond those looked at, free-standing points, the id that is chosen, and the
 * station itself where it is one that stands as it is.
 */
export function drawPlan(map, shown) {
  let color = palette();
  let pins = true;

  /** A drop with its point at the place. */
  function pin(ctx, x, y, text, chosen) {
    const r = PIN_PX;
    ctx.beginPath();
    ctx.arc(x, y - r * 1.5, r, Math.PI * 0.8, Math.PI * 0.2);
    ctx.lineTo(x, y);
    ctx.closePath();
    ctx.fillStyle = color("plan");
    ctx.strokeStyle = color(chosen ? "chosen" : "halo");
    ctx.lineWidth = chosen ? 3 : 1.5;
    ctx.fill();
    ctx.stroke();
    ctx.font = `600 ${text.length > 3 ? 10 : text.length > 2 ? 11 : 13}px ${FONT}`;
    ctx.fillStyle = color("on-plan");
    ctx.fillText(text, x, y - r * 1.5 + 0.5);
  }

  function dot(ctx, x, y, { full, square = false }, chosen) {
    ctx.beginPath();
    if (square) ctx.rect(x - DOT_PX, y - DOT_PX, 2 * DOT_PX, 2 * DOT_PX);
    else ctx.arc(x, y, DOT_PX, 0, 7);
    ctx.fillStyle = color(full ? "plan" : "halo");
    ctx.strokeStyle = color(chosen ? "chosen" : full ? "halo" : "plan");
    ctx.lineWidth = full ? 1.5 : 2;
    ctx.fill();
    ctx.stroke();
  }

  function station(ctx, item, x, y, project) {
    if (item.from) {
      const [fx, fy] = project(...toWorld(...item.from));
      ctx.strokeStyle = color("plan");
      ctx.lineWidth = 2;
      ctx.setLineDash([5, 4]);
      ctx.beginPath();
      ctx.moveTo(fx, fy);
      ctx.lineTo(x, y);
      ctx.stroke();
      ctx.setLineDash([]);
      ctx.beginPath();
      ctx.arc(fx, fy, 4, 0, 7);
      ctx.fillStyle = color("halo");
      ctx.fill();
      ctx.stroke();
    }
    ctx.beginPath();
    ctx.arc(x, y, STATION_PX + 5, 0, 7);
    ctx.fillStyle = color("halo");
    ctx.fill();
    ctx.strokeStyle = color(item.id === shown.chosen ? "chosen" : "plan");
    ctx.lineWidth = 3;
    ctx.stroke();
    ctx.translate(x, y);
    const r = STATION_PX;
    if (item.status === "active") {
      ctx.fillStyle = color(`type-${lookOf(item.type)}`);
      ctx.fill(path(lookOf(item.type), r));
    } else {
      ctx.strokeStyle = color(item.status === "closed" ? "muted" : `type-${lookOf(item.type)}`);
      ctx.lineWidth = 2;
      ctx.setLineDash(item.status === "planned" ? [3, 2] : []);
      const cross = new Path2D(`M${-r * 0.7},${-r * 0.7}L${r * 0.7},${r * 0.7}M${r * 0.7},${-r * 0.7}L${-r * 0.7},${r * 0.7}`);
      ctx.stroke(item.status === "closed" ? cross : path(lookOf(item.type), r));
      ctx.setLineDash([]);
    }
    ctx.translate(-x, -y);
  }

  function paint(ctx, project, bounds) {
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    const place = (item) => project(...toWorld(item.lon, item.lat));
    const seen = (list) => list.map((item) => [item, ...place(item)]).filter(([, x, y]) => bounds.contains([x, y]));
    for (const [, x, y] of seen(shown.standing ? [shown.standing] : [])) {
      ctx.beginPath();
      ctx.arc(x, y, STATION_PX + 5, 0, 7);
      ctx.strokeStyle = color("chosen");
      ctx.lineWidth = 3;
      ctx.stroke();
    }
    for (const [, x, y] of seen(shown.later)) dot(ctx, x, y, { full: false });
    for (const [item, x, y] of seen(shown.free)) dot(ctx, x, y, { full: false, square: true }, item.id === shown.chosen);
    const items = seen(shown.items);
    pins = map.getZoom() >= PINS_ZOOM || items.length <= PINS;
    for (const [item, x, y] of items.reverse()) {
      const chosen = item.id === shown.chosen;
      if (!item.number) station(ctx, item, x, y, project);
      else if (pins) pin(ctx, x, y, String(item.number), chosen);
      else dot(ctx, x, y, { full: true }, chosen);
    }
  }

  const layer = canvas(map, pane(map, "plan", 455), paint);
  return {
    redraw: () => layer.redraw(),
    recolor() {
      color = palette();
      layer.redraw();
    },
    /** The item under a layer point, or null. */
    at(point, coarse) {
      const project = projection(map);
      const slack = coarse ? FINGER_PX : MOUSE_PX;
      let best = null;
      for (const item of shown.items) {
        const [x, y] = project(...toWorld(item.lon, item.lat));
        const up = item.number && pins ? PIN_PX * 1.2 : 0;
        const reach = item.number ? (pins ? PIN_PX * 1.3 : DOT_PX) : STATION_PX + 5;
        const d = Math.hypot(x - point.x, y - up - point.y);
        if (d <= reach + slack && (!best || d < best.d)) best = { item, d };
      }
      return best?.item ?? null;
    },
  };
}
