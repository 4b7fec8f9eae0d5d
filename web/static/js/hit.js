// What lies under the pointer: a cell, then a finding, a station, a gap.

import { projection } from "./canvas.js";
import { $ } from "./dom.js";

const FINGER_PX = 14;
const MOUSE_PX = 4;

function toLine(px, py, points) {
  let best = Infinity;
  for (let i = 1; i < points.length; i += 1) {
    const [ax, ay] = points[i - 1];
    const [dx, dy] = [points[i][0] - ax, points[i][1] - ay];
    const share = Math.min(Math.max(((px - ax) * dx + (py - ay) * dy) / (dx * dx + dy * dy || 1), 0), 1);
    best = Math.min(best, Math.hypot(px - ax - share * dx, py - ay - share * dy));
  }
  return best;
}

/** {kind: "finding" | "station" | "gap" | "cell", item} at a layer point, or null. */
export function hit(map, found, { paint, signs, work }, point, coarse) {
  // what rests while counties are coloured cannot be seen
  if ($("stage").classList.contains("has-areas")) return null;
  const slack = coarse ? FINGER_PX : MOUSE_PX;
  const project = projection(map);
  const nearest = (items, distance, reach) => {
    let best = null;
    for (const item of items) {
      const d = distance(item);
      if (d <= reach(item) + slack && (!best || d < best.d)) best = { item, d };
    }
    return best?.item;
  };
  const toPoint = (item) => {
    const [x, y] = project(...item.at);
    return Math.hypot(x - point.x, y - point.y);
  };
  const cells = ["gaps", "stations"].filter((name) => found[name].gathered);
  for (const name of cells) {
    const value = (cell) => (name === "gaps" ? cell.points_needed : cell.count);
    const cell = nearest(found[name].items, toPoint, (item) => paint.cellRadius(value(item)) - slack);
    if (cell) return { kind: "cell", item: cell };
  }
  const waiting = nearest(
    found.work.items, (item) => work.distance(item, project(...item.at), point), work.reach,
  );
  if (waiting) return { kind: found.work.gathered ? "cell" : "station", item: waiting };
  const sign = nearest(
    found.findings.items, (item) => signs.distance(item, project(...item.at), point), signs.reach,
  );
  if (sign) return { kind: found.findings.gathered ? "cell" : "finding", item: sign };
  if (!found.stations.gathered) {
    const station = nearest(found.stations.items, toPoint, paint.radius);
    if (station) return { kind: "station", item: station };
  }
  if (!found.gaps.gathered) {
    const width = paint.bandWidth();
    const gap = nearest(
      found.gaps.items,
      (item) => toLine(point.x, point.y, paint.linePoints(item, project, width / 2)),
      () => width / 2,
    );
    if (gap) return { kind: "gap", item: gap };
  }
  return null;
}
