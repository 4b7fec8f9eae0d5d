"""Ragged polylines: chainage of their vertices, places and stretches of them, on arrays."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyproj
import shapely
from numpy.typing import ArrayLike, NDArray

from stationmap.crs import require_metric, scale_factor
from stationmap.errors import InputError

F = NDArray[np.float64]
I = NDArray[np.int64]  # noqa: E741
B = NDArray[np.bool_]

SAME_M = 1e-6
"""Two places count as equally near, or as one vertex, when they differ by no more."""

TICKS_PER_M = 10_000
"""Lengths are rounded to ticks of 0.1 mm before they are compared with a limit."""


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
    wraps = high > length + SAME_M
    high = np.where(wraps, high - length, high)
    # vertices strictly inside, counted on beyond the last vertex where the stretch wraps
    last = lines.first[on + 1] - 1
    turn = last - lines.first[on]
    before = _vertex(lines, on, low + SAME_M)
    behind = _vertex(lines, on, high - SAME_M) + np.where(wraps, turn, 0)
    count = np.maximum(behind - before, 0) + 2
    cut, k = expand(count)
    vertex = before[cut] + k
    vertex -= np.where(vertex > last[cut], turn[cut], 0)
    stop = np.cumsum(count)
    vertex[stop - 1] = 0  # any: its place is taken by the end
    xy = lines.xy[vertex]
    xy[stop - count] = _points(lines, on, low, before)
    xy[stop - 1] = _points(lines, on, high, behind - np.where(wraps, turn, 0))
    shapes[some] = shapely.linestrings(xy, indices=cut)
    return shapes


def expand(count: I) -> tuple[I, I]:
    """Enumerate members of groups: ``[2, 1]`` has owners ``[0, 0, 1]``, members ``[0, 1, 0]``."""
    owner = np.arange(len(count)).repeat(count)
    member = np.arange(len(owner)) - (count.cumsum() - count).repeat(count)
    return owner, member


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
