"""What lies near which line, and where along it: feet of points, and a grid join, on arrays."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stationmap.linear.lines import SAME_M, TICKS_PER_M, B, F, I, Lines, expand

_BLOCK = 1 << 15
"""Pairs of a point and a segment worked on at a time: they stay in the processor's cache."""


def locate(lines: Lines, line: ArrayLike, x: ArrayLike, y: ArrayLike) -> tuple[F, F, F]:
    """Foot points of points on given lines, point i on ``line[i]``.

    Parameters
    ----------
    lines : Lines
    line : (k,) array_like of int
    x, y : (k,) array_like
        Planar metres of ``lines.crs``.

    Returns
    -------
    at_m : (k,) float64
        Chainage of the nearest place of the line; of equally near ones (to 1 µm) the lowest.
    distance_m : (k,) float64
        Ground metres from point to foot point.
    offset_m : (k,) float64
        The distance, + left and − right of the line's direction; 0 straight ahead of an end of the
        line, and beside a line without length.

    All are NaN where the line is empty or the point is not finite.
    """
    on = np.asarray(line, dtype=np.int64)
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    found = np.full((3, len(on)), np.nan)
    count = np.maximum(lines.first[on + 1] - lines.first[on] - 1, 0)
    count[~(np.isfinite(x) & np.isfinite(y))] = 0
    for chunk in _blocks(count):
        pair, k = expand(count[chunk])
        pair += chunk.start
        px, py = x[pair], y[pair]
        segments = _Segments.of(lines, on[pair], lines.first[on[pair]] + k, group=pair)
        row = np.arange(len(pair))
        t, squared = segments.foot(row, px, py)
        row = row[segments.owns(row, t)]
        at_m, distance_m, facing_m = segments.measure(row, t[row], squared[row], px[row], py[row])
        pick, offset_m = _nearest(pair[row], distance_m, facing_m)
        found[:, pair[row[pick]]] = at_m[pick], distance_m[pick], offset_m
    return found[0], found[1], found[2]


def within(lines: Lines, x: ArrayLike, y: ArrayLike, *, distance_m: float) -> tuple[I, I, F, F, F]:
    """Every pair of a point and a line no further apart than a distance.

    Segments and points are joined on a grid: points lie sorted by cell, and each row of cells that
    a segment passes asks for one run of them. Time grows with lines, points and pairs found.

    Parameters
    ----------
    lines : Lines
    x, y : (k,) array_like
        Planar metres of ``lines.crs``; points that are not finite are near nothing.
    distance_m : float
        Ground metres, inclusive, compared after rounding to 0.1 mm.

    Returns
    -------
    point, line : (p,) int64
        Indices of each pair; ordered by line, then chainage.
    at_m, distance_m, offset_m : (p,) float64
        Of the nearest foot point, as in `locate`.
    """
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    found = [(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0), np.zeros(0), np.zeros(0))]
    if lines.xy.size:
        grid = _Grid.of(lines, x, y, reach=(distance_m + 1e-4) * float(lines.scale.max()))
        for block in _blocks(np.diff(lines.first), size=_BLOCK // 4):
            found += _block_within(lines, grid, block, distance_m)
    point, line, at_m, apart_m, offset_m = (
        np.concatenate(part) for part in zip(*found, strict=True)
    )
    return point, line, at_m, apart_m, offset_m


class _Segments(NamedTuple):
    """Segments of lines: start, direction, square of their planar length; ground measures.

    `follows` tells whether a segment goes on from the one before; it has one entry more, False.
    Methods take rows of segments, and points with them.
    """

    ax: F
    ay: F
    dx: F
    dy: F
    squared: F
    start_m: F
    long_m: F
    scale: F
    follows: B

    @classmethod
    def of(cls, lines: Lines, line: I, vertex: I, *, group: I) -> "_Segments":
        """Take the segments from vertices to the next; those of a group go on from each other."""
        a, b = lines.xy[vertex], lines.xy[vertex + 1]
        dx, dy, start_m = b[:, 0] - a[:, 0], b[:, 1] - a[:, 1], lines.at_m[vertex]
        squared = dx * dx + dy * dy
        squared[squared == 0] = 1.0
        long_m = lines.at_m[vertex + 1] - start_m
        follows = np.zeros(len(group) + 1, dtype=np.bool_)
        np.equal(group[1:], group[:-1], out=follows[1:-1])
        return cls(a[:, 0], a[:, 1], dx, dy, squared, start_m, long_m, lines.scale[line], follows)

    def foot(self, rows: I, px: F, py: F) -> tuple[F, F]:
        """Share along the segment (0 to 1) of the foot of a point; planar distance squared."""
        dx, dy, ex, ey = self.dx[rows], self.dy[rows], px - self.ax[rows], py - self.ay[rows]
        t = np.minimum(np.maximum((ex * dx + ey * dy) / self.squared[rows], 0.0), 1.0)
        ex -= t * dx
        ey -= t * dy
        return t, ex * ex + ey * ey

    def owns(self, rows: I, t: F) -> B:
        """Leave out feet at the end of a segment: the next has the same one, or one nearer."""
        return (t < 1) | ~self.follows[rows + 1]

    def measure(self, rows: I, t: F, squared: F, px: F, py: F) -> tuple[F, F, F]:
        """Ground chainage and distance of feet; signed distance from the segment drawn on.

        At a vertex it is that from the segment, of the two, that faces the point more.
        """
        at_m = self.start_m[rows] + t * self.long_m[rows]
        facing_m = self._facing(rows, px, py)
        turn = (self.follows[rows] & (t == 0)).nonzero()[0]
        before = self._facing(rows[turn] - 1, px[turn], py[turn])
        more = np.abs(before) >= np.abs(facing_m[turn]) - SAME_M
        facing_m[turn[more]] = before[more]
        return at_m, np.sqrt(squared) / self.scale[rows], facing_m

    def _facing(self, rows: I, px: F, py: F) -> F:
        cross = self.dx[rows] * (py - self.ay[rows]) - self.dy[rows] * (px - self.ax[rows])
        return cross / (np.sqrt(self.squared[rows]) * self.scale[rows])


def _nearest(group: I, distance_m: F, facing_m: F) -> tuple[I, F]:
    """Pick the nearest foot of each group: its row, and its signed offset.

    Rows of a group stand together in the order of chainage. At a vertex both segments are equally
    near; the one that faces the point more tells the side.
    """
    opens = np.ones(len(group), dtype=np.bool_)
    np.not_equal(group[1:], group[:-1], out=opens[1:])
    start = opens.nonzero()[0]
    pick, turned = start, start
    size = np.diff(start, append=len(group))
    many = (size > 1).nonzero()[0]
    if many.size:
        pick, turned = start.copy(), start.copy()
        one, k = expand(size[many])
        row, first = start[many][one] + k, size[many].cumsum() - size[many]
        apart = distance_m[row]
        tie = apart <= np.minimum.reduceat(apart, first)[one] + SAME_M
        pick[many] = np.minimum.reduceat(np.where(tie, row, len(group)), first)
        face = np.where(tie, np.abs(facing_m[row]), -1.0)
        most = face >= np.maximum.reduceat(face, first)[one] - SAME_M
        turned[many] = np.minimum.reduceat(np.where(most, row, len(group)), first)
    side = np.sign(np.rint(facing_m[turned] * TICKS_PER_M))
    return pick, side * distance_m[pick]


@dataclass(frozen=True)
class _Grid:
    """Points sorted by cell, row of cells after row; cell c holds ``start[c]:start[c + 1]``."""

    west: float
    south: float
    cell: float
    columns: int
    rows: int
    reach: float  # planar metres, a little more than the distance asked for
    start: NDArray[np.int32]
    point: I
    x: F
    y: F

    @classmethod
    def of(cls, lines: Lines, x: F, y: F, *, reach: float) -> "_Grid":
        west, south = (float(axis.min()) - reach for axis in lines.xy.T)
        east, north = (float(axis.max()) + reach for axis in lines.xy.T)
        point = np.flatnonzero((x >= west) & (x <= east) & (y >= south) & (y <= north))
        x, y = x[point], y[point]
        # cells of twice the reach, unless that makes many more cells than there is to put in
        most = 1024 + 4 * (len(point) + len(lines.xy))
        cell = max(2 * reach, float(np.sqrt((east - west) * (north - south) / most)))
        cell = max(cell, (east - west) / most, (north - south) / most)
        columns, rows = int((east - west) / cell) + 1, int((north - south) / cell) + 1
        at = ((y - south) / cell).astype(np.int64) * columns
        at += ((x - west) / cell).astype(np.int64)
        order = _stable_order(at)
        start = np.zeros(columns * rows + 1, dtype=np.int32)
        np.cumsum(np.bincount(at[order], minlength=columns * rows), out=start[1:])
        return cls(west, south, cell, columns, rows, reach, start, point[order], x[order], y[order])

    def runs(self, ax: F, ay: F, dx: F, dy: F) -> tuple[I, I, I]:
        """Find the runs of sorted points near segments: segment, first point, number of points."""
        low = ((np.minimum(ay, ay + dy) - self.reach - self.south) / self.cell).astype(np.int64)
        high = ((np.maximum(ay, ay + dy) + self.reach - self.south) / self.cell).astype(np.int64)
        low, high = np.maximum(low, 0), np.minimum(high, self.rows - 1)
        segment, k = expand(high - low + 1)
        row = low[segment] + k
        # the piece of the segment that points of this row can be near to
        ax, ay, dx = ax[segment], ay[segment], dx[segment]
        per_y = 1.0 / np.where(np.abs(dy) < 1e-9, 1e-9, dy)[segment]
        edge = self.south + row * self.cell - ay
        t0 = np.clip((edge - self.reach) * per_y, 0.0, 1.0)
        t1 = np.clip((edge + self.cell + self.reach) * per_y, 0.0, 1.0)
        x0, x1 = ax + t0 * dx, ax + t1 * dx
        west, east = np.minimum(x0, x1) - self.reach, np.maximum(x0, x1) + self.reach
        c0 = np.clip(((west - self.west) / self.cell).astype(np.int64), 0, self.columns - 1)
        c1 = np.clip(((east - self.west) / self.cell).astype(np.int64), 0, self.columns - 1)
        base = row * self.columns
        begin, stop = self.start[base + c0], self.start[base + c1 + 1]
        some = stop > begin
        return segment[some], begin[some].astype(np.int64), (stop - begin)[some].astype(np.int64)


def _block_within(
    lines: Lines, grid: _Grid, block: slice, distance_m: float
) -> Iterator[tuple[I, I, F, F, F]]:
    """Do the work of `within` for some neighbouring lines."""
    first = lines.first[block.start : block.stop + 1]
    count = np.diff(first)
    owner = np.repeat(np.arange(len(count)), np.maximum(count - 1, 0))
    vertex = np.delete(np.arange(first[0], first[-1]), first[1:][count > 0] - 1 - first[0])
    segments = _Segments.of(lines, owner + block.start, vertex, group=owner)
    reach = ((distance_m + 1e-4) * segments.scale) ** 2
    run_segment, run_from, run_count = grid.runs(*segments[:4])
    hits = []
    for chunk in _blocks(run_count):
        run, k = expand(run_count[chunk])
        run += chunk.start
        segment, point = run_segment[run], run_from[run] + k
        t, squared = segments.foot(segment, grid.x[point], grid.y[point])
        near = ((squared <= reach[segment]) & segments.owns(segment, t)).nonzero()[0]
        hits.append((segment[near], point[near], t[near], squared[near]))
    if not hits:
        return
    segment, point, t, squared = (np.concatenate(part) for part in zip(*hits, strict=True))
    px, py = grid.x[point], grid.y[point]
    at_m, apart_m, facing_m = segments.measure(segment, t, squared, px, py)
    # feet of one line and point together, in the order of segments
    group = owner[segment] * len(grid.x) + point
    order = _stable_order(group)
    pick, offset_m = _nearest(group[order], apart_m[order], facing_m[order])
    pick = order[pick]
    ok = np.rint(apart_m[pick] * TICKS_PER_M) <= np.rint(distance_m * TICKS_PER_M)
    pick, offset_m = pick[ok], offset_m[ok]
    order = np.argsort(at_m[pick])
    order = order[_stable_order(owner[segment[pick[order]]])]
    pick, offset_m = pick[order], offset_m[order]
    line = owner[segment[pick]] + block.start
    yield grid.point[point[pick]], line, at_m[pick], apart_m[pick], offset_m


def _stable_order(key: I) -> I:
    """Sort whole numbers from 0 up, equal ones as they stand.

    Where key and row fit into 63 bits together, sorting both as one number is many times faster.
    """
    bits = len(key).bit_length()
    if int(key.max(initial=0)).bit_length() + bits > 63:
        return np.argsort(key, kind="stable")
    return np.sort((key << bits) | np.arange(len(key))) & ((1 << bits) - 1)


def _blocks(weight: I, *, size: int | None = None) -> Iterator[slice]:
    """Split a sequence into runs whose weights add up to about `size` (`_BLOCK`) each."""
    size = size or _BLOCK
    total = np.cumsum(weight)
    start = 0
    while start < len(total):
        done = total[start - 1] if start else 0
        stop = max(int(np.searchsorted(total, done + size, side="right")), start + 1)
        yield slice(start, stop)
        start = stop
