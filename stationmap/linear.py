"""Places along lines: chainage, offset, substrings and nearness, in ground metres, on arrays.

A place on a line is its chainage: the ground metres along the line from its first vertex. Lines are
kept as one ragged array of vertices in a metric CRS; each line carries its own scale, so lengths
and distances are metres on the ellipsoid (right to 0.05 % for lines up to some 50 km).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pyproj
import shapely
from numpy.typing import ArrayLike, NDArray

from stationmap.crs import require_metric, scale_factor
from stationmap.errors import InputError

F = NDArray[np.float64]
I = NDArray[np.int64]  # noqa: E741
B = NDArray[np.bool_]

# two places count as equally near, or as one vertex, when they differ by less
_SAME_M = 1e-6
# lengths are rounded to 0.1 mm before they are compared with a limit
TICKS_PER_M = 10_000
# vertices, and pairs of a point and a segment, worked on at a time: they stay in the CPU's cache
_BLOCK = 1 << 15


@dataclass(frozen=True)
class Lines:
    """Ragged polylines in a metric CRS.

    Attributes
    ----------
    xy : (n, 2) float64
        Vertices of all lines one after the other, planar metres of `crs`.
    first : (m + 1,) int64
        Line i has the vertices ``first[i]`` up to but not including ``first[i + 1]``.
    at_m : (n,) float64
        Ground chainage of each vertex, 0 at the first of its line.
    length_m : (m,) float64
        Ground metres; 0 for an empty line.
    closed : (m,) bool
        First vertex equals last, and the length is not 0.
    scale : (m,) float64
        Planar metres per ground metre.
    crs : pyproj.CRS
    """

    xy: F
    first: I
    at_m: F
    length_m: F
    closed: B
    scale: F
    crs: pyproj.CRS

    @cached_property
    def _along(self) -> F:
        """Chainages of all vertices, counted on from line to line 1 m apart, for searching."""
        start_m = np.cumsum(self.length_m + 1.0) - self.length_m
        return self.at_m + np.repeat(start_m, np.diff(self.first))

    def __len__(self) -> int:
        return len(self.length_m)

    @classmethod
    def from_geometries(cls, geometries: ArrayLike, *, crs: Any) -> "Lines":
        """Take apart an array of LineStrings.

        Parameters
        ----------
        geometries : array_like of shapely LineString
            None and empty ones become lines of length 0 that are near nothing.
        crs : anything that pyproj reads
            The metric CRS of the coordinates.

        Raises
        ------
        CrsError
            When lengths cannot be measured in `crs`.
        InputError
            For another type of geometry, or a coordinate that is not finite.
        """
        shapes = np.asarray(geometries, dtype=object).reshape(-1)
        kind = shapely.get_type_id(shapes)
        wrong = np.flatnonzero(~np.isin(kind, (-1, 1, 2)))
        if wrong.size:
            raise InputError(
                "line {row} is a {kind}: expected a LineString; split it into its parts first",
                row=int(wrong[0]),
                kind=shapes[wrong[0]].geom_type,
            )
        xy, owner = shapely.get_coordinates(shapes, return_index=True)
        count = np.bincount(owner, minlength=len(shapes))
        return cls.from_vertices(xy, np.concatenate(([0], np.cumsum(count))), crs=crs)

    @classmethod
    def from_vertices(cls, xy: ArrayLike, first: ArrayLike, *, crs: Any) -> "Lines":
        """Measure ragged polylines given as vertices and offsets, as `Lines` keeps them.

        Parameters
        ----------
        xy : (n, 2) array_like
            Planar metres of `crs`.
        first : (m + 1,) array_like of int
            Offsets of the lines in `xy`, from 0 to n.
        crs : anything that pyproj reads

        Raises
        ------
        CrsError, InputError
            As in `from_geometries`.
        """
        metric = require_metric(crs, what="lines")
        xy = np.ascontiguousarray(xy, dtype=np.float64).reshape(-1, 2)
        first = np.asarray(first, dtype=np.int64)
        if not np.isfinite(xy).all():
            bad = int(np.flatnonzero(~np.isfinite(xy).all(axis=1))[0])
            raise InputError(
                "line {row} has a coordinate that is not a finite number: repair or leave it out",
                row=int(np.searchsorted(first, bad, side="right")) - 1,
            )
        count = np.diff(first)
        used = np.flatnonzero(count)  # empty lines have no vertex to stand on
        start, count = first[used], count[used]
        m, scale = len(first) - 1, np.ones(len(first) - 1)
        length_m, closed = np.zeros(m), np.zeros(m, dtype=np.bool_)
        at_m = np.zeros(len(xy))
        if used.size:
            middle = np.add.reduceat(xy, start, axis=0) / count[:, None]
            scale[used] = scale_factor(metric, middle[:, 0], middle[:, 1])
            at_m[1:] = np.hypot(np.diff(xy[:, 0]), np.diff(xy[:, 1]))
            at_m /= np.repeat(scale[used], count)
            at_m[start] = 0.0
            # one running sum that starts afresh at each line, so that no error piles up
            at_m[start[1:]] = -np.add.reduceat(at_m, start)[:-1]
            np.cumsum(at_m, out=at_m)
            at_m -= np.repeat(at_m[start], count)
            end = start + count - 1
            length_m[used] = at_m[end]
            closed[used] = (xy[start] == xy[end]).all(axis=1) & (length_m[used] > 0)
        return cls(xy, first, at_m, length_m, closed, scale, metric)


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
    segments = np.maximum(lines.first[on + 1] - lines.first[on] - 1, 0)
    segments[~(np.isfinite(x) & np.isfinite(y))] = 0
    for chunk in _blocks(segments):
        pair, k = expand(segments[chunk])
        pair += chunk.start
        px, py = x[pair], y[pair]
        segment = _Segments.of(lines, on[pair], lines.first[on[pair]] + k)
        t, squared = segment.foot(px, py)
        at_m, distance_m, facing_m = segment.measure(t, squared, px, py)
        pick, offset_m = _nearest(pair, distance_m, facing_m)
        found[:, pair[pick]] = at_m[pick], distance_m[pick], offset_m
    return found[0], found[1], found[2]


def interpolate(lines: Lines, line: ArrayLike, at_m: ArrayLike) -> tuple[F, F]:
    """Planar coordinates of places on lines.

    Parameters
    ----------
    lines : Lines
    line : (k,) array_like of int
    at_m : (k,) array_like
        Chainage, metres; below 0 gives the first vertex, beyond the length the last.

    Returns
    -------
    x, y : (k,) float64
        Metres of ``lines.crs``; NaN on an empty line.
    """
    on, at = np.asarray(line, dtype=np.int64), np.asarray(at_m, dtype=np.float64)
    xy = np.full((len(on), 2), np.nan)
    some = lines.first[on + 1] > lines.first[on]
    xy[some] = _points(lines, on[some], at[some], _vertex(lines, on[some], at[some]))
    return xy[:, 0], xy[:, 1]


def substrings(
    lines: Lines, line: ArrayLike, from_m: ArrayLike, to_m: ArrayLike
) -> NDArray[np.object_]:
    """Cut stretches out of lines.

    Parameters
    ----------
    lines : Lines
    line : (k,) array_like of int
    from_m, to_m : (k,) array_like
        Chainages, metres, clipped to the line. On a closed line a stretch with ``from_m > to_m``,
        or one with `to_m` beyond the length, runs through the origin.

    Returns
    -------
    (k,) array of shapely LineString
        Planar, in ``lines.crs``; None on an empty line, two equal vertices where from equals to.
    """
    on = np.asarray(line, dtype=np.int64)
    shapes = np.full(len(on), None, dtype=object)
    some = lines.first[on + 1] > lines.first[on]
    if not some.any():
        return shapes
    on, low, high = (
        on[some],
        np.asarray(from_m, np.float64)[some],
        np.asarray(to_m, np.float64)[some],
    )
    length, around = lines.length_m[on], lines.closed[on]
    high = np.where(around & (low > high), high + length, high)
    low, high = np.clip(low, 0.0, length), np.clip(high, 0.0, np.where(around, 2, 1) * length)
    wraps = high > length + _SAME_M
    high = np.where(wraps, high - length, high)
    # vertices strictly inside, counted on beyond the last vertex where the stretch wraps
    last = lines.first[on + 1] - 1
    turn = last - lines.first[on]
    before = _vertex(lines, on, low + _SAME_M)
    behind = _vertex(lines, on, high - _SAME_M) + np.where(wraps, turn, 0)
    count = np.maximum(behind - before, 0) + 2
    cut, k = expand(count)
    vertex = before[cut] + k
    vertex -= np.where(vertex > last[cut], turn[cut], 0)
    stop = np.cumsum(count)
    vertex[stop - 1] = 0  # any: its place is taken by the end
    xy = lines.xy[vertex]
    xy[stop - count] = _points(lines, on, low, before)
    xy[stop - 1] = _points(lines, on, high, behind - np.where(wraps, turn, 0))
    shapes[some] = shapely.from_ragged_array(
        shapely.GeometryType.LINESTRING, xy, (np.concatenate(([0], stop)),)
    )
    return shapes


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


# ----------------------------------------------------------------------------- places and feet


class _Segments(NamedTuple):
    """Segments of lines: start, direction and square of their planar length; ground measures."""

    ax: F
    ay: F
    dx: F
    dy: F
    squared: F
    start_m: F
    long_m: F
    scale: F

    @classmethod
    def of(cls, lines: Lines, line: I, vertex: I) -> "_Segments":
        """Take the segments from some vertices to the next."""
        a, b = lines.xy[vertex], lines.xy[vertex + 1]
        dx, dy, start_m = b[:, 0] - a[:, 0], b[:, 1] - a[:, 1], lines.at_m[vertex]
        squared = dx * dx + dy * dy
        squared[squared == 0] = 1.0
        long_m = lines.at_m[vertex + 1] - start_m
        return cls(a[:, 0], a[:, 1], dx, dy, squared, start_m, long_m, lines.scale[line])

    def take(self, rows: I) -> "_Segments":
        return _Segments(*(values[rows] for values in self))

    def foot(self, px: F, py: F) -> tuple[F, F]:
        """Share along each segment (0 to 1) of the foot of a point; planar distance squared."""
        ex, ey = px - self.ax, py - self.ay
        t = np.minimum(np.maximum((ex * self.dx + ey * self.dy) / self.squared, 0.0), 1.0)
        ex -= t * self.dx
        ey -= t * self.dy
        return t, ex * ex + ey * ey

    def measure(self, t: F, squared: F, px: F, py: F) -> tuple[F, F, F]:
        """Ground chainage and distance of feet; signed distance from the segment drawn on."""
        cross = self.dx * (py - self.ay) - self.dy * (px - self.ax)
        facing_m = cross / (np.sqrt(self.squared) * self.scale)
        return self.start_m + t * self.long_m, np.sqrt(squared) / self.scale, facing_m


def _nearest(group: I, distance_m: F, facing_m: F) -> tuple[I, F]:
    """Pick the nearest foot of each group: its row, and its signed offset.

    Rows of a group stand together in the order of chainage. At a vertex both segments are equally
    near; the one that faces the point more tells the side.
    """
    opens = np.ones(len(group), dtype=np.bool_)
    np.not_equal(group[1:], group[:-1], out=opens[1:])
    start = pick = turned = opens.nonzero()[0]
    if len(start) < len(group):
        row, which = np.arange(len(group)), opens.cumsum() - 1
        tie = distance_m <= np.minimum.reduceat(distance_m, start)[which] + _SAME_M
        pick = np.minimum.reduceat(np.where(tie, row, len(group)), start)
        face = np.where(tie, np.abs(facing_m), -1.0)
        most = face >= np.maximum.reduceat(face, start)[which] - _SAME_M
        turned = np.minimum.reduceat(np.where(most, row, len(group)), start)
    side = np.sign(np.rint(facing_m[turned] * TICKS_PER_M))
    return pick, side * distance_m[pick]


def _vertex(lines: Lines, line: I, at_m: F) -> I:
    """Last vertex of a line at or before a chainage."""
    first, last = lines.first[line], lines.first[line + 1] - 1
    along = lines._along[first] + at_m
    return np.clip(np.searchsorted(lines._along, along, side="right") - 1, first, last)


def _points(lines: Lines, line: I, at_m: F, vertex: I) -> F:
    """Coordinates of places behind a vertex of their line."""
    first, last = lines.first[line], lines.first[line + 1] - 1
    vertex = np.maximum(np.minimum(vertex, last - 1), first)
    after = np.minimum(vertex + 1, last)
    start_m, long = lines.at_m[vertex], lines.at_m[after] - lines.at_m[vertex]
    t = np.clip((at_m - start_m) / np.where(long > 0, long, 1.0), 0.0, 1.0)[:, None]
    return (1.0 - t) * lines.xy[vertex] + t * lines.xy[after]


# ----------------------------------------------------------------------------- grid join


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
        np.cumsum(np.bincount(at, minlength=columns * rows), out=start[1:])
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
    segments = _Segments.of(lines, owner + block.start, vertex)
    reach = ((distance_m + 1e-4) * segments.scale) ** 2
    run_segment, run_from, run_count = grid.runs(*segments[:4])
    hits = []
    for chunk in _blocks(run_count):
        run, k = expand(run_count[chunk])
        run += chunk.start
        segment, point = run_segment[run], run_from[run] + k
        t, squared = segments.take(segment).foot(grid.x[point], grid.y[point])
        near = np.flatnonzero(squared <= reach[segment])
        hits.append((segment[near], point[near], t[near], squared[near]))
    if not hits:
        return
    segment, point, t, squared = (np.concatenate(part) for part in zip(*hits, strict=True))
    # feet of one line and point together, in the order of segments
    group = owner[segment] * len(grid.x) + point
    order = _stable_order(group)
    segment, point, t, squared = segment[order], point[order], t[order], squared[order]
    at_m, apart_m, facing_m = segments.take(segment).measure(
        t, squared, grid.x[point], grid.y[point]
    )
    pick, offset_m = _nearest(group[order], apart_m, facing_m)
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


def expand(count: I) -> tuple[I, I]:
    """Enumerate members of groups: ``[2, 1]`` has owners ``[0, 0, 1]``, members ``[0, 1, 0]``."""
    owner = np.arange(len(count)).repeat(count)
    member = np.arange(len(owner)) - (count.cumsum() - count).repeat(count)
    return owner, member


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
