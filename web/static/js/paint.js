// Drawing on the map: gaps under the streets; stations, names and what is chosen above them.

import { palette, streetWidth } from "./base.js";
import { canvas, pane } from "./canvas.js";
import { chainage, number } from "./page.js";
import { path } from "./symbols.js";

const FONT = '"PingFang SC", "Microsoft YaHei", "Noto Sans SC", "Noto Sans CJK SC", sans-serif';
const METRES_ZOOM = 16;
const WORDS_MS = 120; // writing words is what takes longest
const NAME_PX = 18; // from a station down to its name

/** Width in px of a gap's stroke: it shows on both sides of the street drawn over it. */
const bandWidth = (zoom) => streetWidth(zoom) + (zoom >= 15 ? 10 : zoom >= 13 ? 7 : 5);

/** Radius in px of a station's symbol. */
const radius = (zoom) => (zoom < 13 ? 2.5 : zoom < 14 ? 3.5 : zoom < 15 ? 4.5 : zoom < 16 ? 6 : 7.5);

// the cell of the server's grid in which a gathered point lies
const CELL_PX = 96;
const cellOf = ({ square }, zoom) => square.map((v) => Math.floor((v * 256 * 2 ** zoom) / CELL_PX)).join();
const cellRadius = (value) => Math.min(13 + 3.2 * Math.log10(1 + value) * 2, 34);

/** Points of a line pushed sideways, in px; positive is left of its direction on the ground. */
function aside(points, distance) {
  return points.map(([x, y], i) => {
    const [ax, ay] = points[Math.max(i - 1, 0)];
    const [bx, by] = points[Math.min(i + 1, points.length - 1)];
    const length = Math.hypot(bx - ax, by - ay) || 1;
    return [x + ((by - ay) / length) * distance, y - ((bx - ax) / length) * distance];
  });
}

/** Paint `found` (see features.js; `names` of stations beside it) and `chosen` = {street, gap, station, place}; returns redraw. */
export function paintOn(map, found, chosen) {
  let color = palette();
  const zoom = () => map.getZoom();

  const linePoints = (gap, project, width) => {
    const points = gap.line.map(([x, y]) => project(x, y));
    if (gap.side === "both") return points;
    return aside(points, ((gap.side === "left" ? 1 : -1) * width) / 2);
  };

  function stroke(ctx, points) {
    ctx.beginPath();
    points.forEach(([x, y], i) => (i ? ctx.lineTo(x, y) : ctx.moveTo(x, y)));
    ctx.stroke();
  }

  /** Gaps in view as they would be, by `found.plan` (see plan/tab.js): still open, and closed. */
  function gapsNow() {
    const { gaps: { items }, plan } = found;
    if (!plan) return { open: items, closed: [] };
    const closed = items.filter(({ gap_id: id }) => plan.gone.has(id));
    return { open: [...items.filter(({ gap_id: id }) => !plan.gone.has(id)), ...plan.added], closed };
  }

  function drawGaps(ctx, project) {
    const width = bandWidth(zoom());
    ctx.lineJoin = "round";
    if (chosen.street) {
      ctx.lineCap = "round";
      ctx.globalAlpha = 0.22;
      ctx.strokeStyle = color("chosen");
      ctx.lineWidth = width + 14;
      chosen.street.forEach((line) => stroke(ctx, line.map(([x, y]) => project(x, y))));
      ctx.globalAlpha = 1;
    }
    if (chosen.gap) {
      ctx.lineCap = "round";
      ctx.strokeStyle = color("chosen");
      ctx.lineWidth = width + 8;
      stroke(ctx, linePoints(chosen.gap, project, width / 2));
    }
    if (found.gaps.gathered) return;
    ctx.lineCap = "butt";
    const { open, closed } = gapsNow();
    ctx.strokeStyle = color("covered");
    for (const gap of closed) {
      ctx.lineWidth = (gap.side === "both" ? width : width / 2) * 0.6;
      stroke(ctx, linePoints(gap, project, width / 2));
    }
    for (const ramp of [0, 1, 2, 3]) {
      ctx.strokeStyle = color(`gap-${ramp}`);
      for (const gap of open) {
        if (gap.ramp !== ramp) continue;
        const one = gap.side === "both" ? width : width / 2;
        ctx.lineWidth = one;
        const broken = gap.frontage === "assumed" && zoom() >= 14 && gap.gap_id !== chosen.gap?.gap_id;
        ctx.setLineDash(broken ? [36, 2] : []);
        stroke(ctx, linePoints(gap, project, width / 2));
      }
    }
    ctx.setLineDash([]);
  }

  function drawCells(ctx, project) {
    const { gaps, stations } = found;
    const word = (text, x, y) => {
      ctx.fillStyle = color("on-cell");
      ctx.fillText(text, x, y + 0.5);
    };
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.font = `600 13px ${FONT}`;
    ctx.strokeStyle = color("halo");
    ctx.lineWidth = 2;
    const circles = new Map();
    for (const cell of gaps.gathered ? gaps.items : []) {
      const [x, y] = project(...cell.at);
      const r = cellRadius(cell.points_needed);
      circles.set(cellOf(cell, gaps.zoom), [x, y + r]);
      ctx.beginPath();
      ctx.arc(x, y, r, 0, 7);
      ctx.fillStyle = color("cell-gaps");
      ctx.fill();
      ctx.stroke();
      word(number(cell.points_needed), x, y);
    }
    for (const cell of stations.gathered ? stations.items : []) {
      const [x, y] = circles.get(cellOf(cell, stations.zoom)) ?? project(...cell.at);
      const text = number(cell.count);
      const w = ctx.measureText(text).width + 12;
      ctx.beginPath();
      ctx.roundRect(x - w / 2, y - 10, w, 20, 4);
      ctx.fillStyle = color("cell-stations");
      ctx.fill();
      ctx.stroke();
      word(text, x, y);
    }
  }

  /** Through the symbol of a station that is in operation and does not serve. */
  function slash(ctx, r) {
    const bar = new Path2D(`M${-r * 1.2},${r * 1.2}L${r * 1.2},${-r * 1.2}`);
    ctx.strokeStyle = color("halo");
    ctx.lineWidth = 4.5;
    ctx.stroke(bar);
    ctx.strokeStyle = color("sign-not_met");
    ctx.lineWidth = 2;
    ctx.stroke(bar);
  }

  function drawStation(ctx, station, x, y, r) {
    const tone = color(station.idle ? "muted" : `type-${station.look}`);
    const shape = path(station.look, r);
    ctx.translate(x, y);
    if (station.status === "closed") {
      ctx.strokeStyle = color("muted");
      ctx.lineWidth = 2;
      ctx.stroke(new Path2D(`M${-r},${-r}L${r},${r}M${r},${-r}L${-r},${r}`));
    } else {
      const full = station.status === "active" && !station.idle;
      ctx.fillStyle = full ? tone : color("halo");
      ctx.strokeStyle = full ? color("halo") : tone;
      ctx.lineWidth = full ? (r > 4 ? 1.5 : 0.75) : 2;
      ctx.setLineDash(station.status === "planned" && r > 4 ? [3, 2] : []);
      ctx.fill(shape);
      ctx.stroke(shape);
      ctx.setLineDash([]);
      if (station.status === "suspended") ctx.stroke(new Path2D(`M${-r / 2},0H${r / 2}`));
      if (station.idle) slash(ctx, r);
    }
    ctx.translate(-x, -y);
  }

  function drawWords(ctx, project, bounds) {
    const taken = [];
    const free = (x, y, w, height) => {
      const box = [x - w / 2, y - height / 2, x + w / 2, y + height / 2];
      const clash = taken.some((b) => box[0] < b[2] && box[2] > b[0] && box[1] < b[3] && box[3] > b[1]);
      if (!clash) taken.push(box);
      return !clash;
    };
    const word = (text, x, y, angle = 0, tone = "label") => {
      ctx.save();
      ctx.translate(x, y);
      ctx.rotate((angle * Math.PI) / 180);
      ctx.strokeStyle = color("halo");
      ctx.lineWidth = 3.5;
      ctx.strokeText(text, 0, 0);
      ctx.fillStyle = color(tone);
      ctx.fillText(text, 0, 0);
      ctx.restore();
    };
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.lineJoin = "round";
    if (zoom() >= METRES_ZOOM && !found.gaps.gathered) {
      ctx.font = `600 13px ${FONT}`;
      for (const gap of gapsNow().open) {
        const [x, y] = project(...middle(gap.line));
        const text = chainage(gap.length_m);
        if (bounds.contains([x, y]) && free(x, y, ctx.measureText(text).width + 8, 18)) {
          word(text, x, y, 0, "gap-text");
        }
      }
    }
    // names of stations, below their symbols, on maps that ask for them
    ctx.font = `600 12.5px ${FONT}`;
    for (const name of found.names?.items ?? []) {
      const [x, y] = project(...name.at);
      if (bounds.contains([x, y]) && free(x, y + NAME_PX, ctx.measureText(name.text).width + 4, 16)) {
        word(name.text, x, y + NAME_PX);
      }
    }
    ctx.font = `12.5px ${FONT}`;
    for (const label of found.labels.items) {
      const [x, y] = project(...label.at);
      if (!bounds.contains([x, y])) continue;
      const w = ctx.measureText(label.text).width;
      const turn = (label.angle * Math.PI) / 180;
      const [bw, bh] = [
        w * Math.abs(Math.cos(turn)) + 14 * Math.abs(Math.sin(turn)),
        w * Math.abs(Math.sin(turn)) + 14 * Math.abs(Math.cos(turn)),
      ];
      if (free(x, y, bw + 4, bh + 4)) word(label.text, x, y, label.angle);
    }
  }

  function drawTop(ctx, project, bounds) {
    const r = radius(zoom());
    drawCells(ctx, project);
    if (!found.stations.gathered) {
      for (const station of found.stations.items) {
        const [x, y] = project(...station.at);
        const other = found.plan?.changed.has(station.station_id);
        if (!other && bounds.contains([x, y])) drawStation(ctx, station, x, y, r);
      }
    }
    drawWords(ctx, project, bounds);
    for (const at of [chosen.station, chosen.place]) {
      if (!at) continue;
      const [x, y] = project(...at);
      ctx.beginPath();
      ctx.arc(x, y, at === chosen.place ? 9 : r + 6, 0, 7);
      ctx.strokeStyle = color("halo");
      ctx.lineWidth = 6;
      ctx.stroke();
      ctx.strokeStyle = color("chosen");
      ctx.lineWidth = 3;
      ctx.stroke();
    }
  }

  const layers = [
    canvas(map, pane(map, "gaps", 310), drawGaps),
    canvas(map, pane(map, "top", 450), drawTop),
  ];
  let later = 0;
  return {
    redraw: () => layers.forEach((layer) => layer.redraw()),
    /** Follow a hand: gaps at once, words and stations a little later. */
    follow() {
      layers[0].redraw();
      later ||= setTimeout(() => {
        later = 0;
        layers[1].redraw();
      }, WORDS_MS);
    },
    recolor() {
      color = palette();
      this.redraw();
    },
    radius: () => radius(zoom()),
    bandWidth: () => bandWidth(zoom()),
    cellRadius,
    linePoints,
  };
}

/** Middle of a line in the Web Mercator square. */
export function middle(line) {
  const steps = line.slice(1).map(([x, y], i) => Math.hypot(x - line[i][0], y - line[i][1]));
  let left = steps.reduce((sum, step) => sum + step, 0) / 2;
  for (const [i, step] of steps.entries()) {
    if (left <= step && step > 0) {
      const share = left / step;
      return [0, 1].map((k) => line[i][k] + (line[i + 1][k] - line[i][k]) * share);
    }
    left -= step;
  }
  return line[0];
}
