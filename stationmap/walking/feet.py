"""The nearest place of an edge for places in the city: many at a time, or one at once."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from stationmap.linear import expand
from stationmap.walking.edges import Edges
from stationmap.walking.ground import (
    F,
    Ints,
    apart_m,
    earth_centred,
    ground_m,
    metres_a_degree,
)

REACH_M = 500.0
"""A place farther from every edge of a mainland than this, metres, is not snapped."""

_REACHES_M = (60.0, REACH_M)  # most places are near to a way
_CELL_M = 120.0
_BLOCK = 1 << 17  # pairs of a place and a segment worked on at a time
# the plane proposes, metres over ground decide among what is as near but for its error
_ERROR, _ERROR_M = 1.001, 0.01


class Foot(NamedTuple):
    """Where one place meets the network; see `Snapped`."""

    edge: int
    at_m: float
    off_m: float
    lon: float
    lat: float


_NOWHERE = Foot(-1, math.nan, math.nan, math.nan, math.nan)


@dataclass(frozen=True)
class Snapped:
    """Nearest places of edges, one entry a place asked for.

    Attributes
    ----------
    edge : (k,) int64
        Row of the edge; -1 where none is within `REACH_M`. The others are NaN there.
    at_m : (k,) float64
        Metres from the start of the edge.
    off_m : (k,) float64
        Metres straight from the place to the edge.
    lon, lat : (k,) float64
        Where on the edge, WGS-84 degrees.
    """

    edge: Ints
    at_m: F
    off_m: F
    lon: F
    lat: F

    def __getitem__(self, row: int) -> Foot | None:
        """One of them; None where it is not near the network."""
        edge = int(self.edge[row])
        if edge < 0:
            return None
        at_m, off_m = float(self.at_m[row]), float(self.off_m[row])
        return Foot(edge, at_m, off_m, float(self.lon[row]), float(self.lat[row]))


class Feet:
    """Finds feet of places on some edges of a network.

    Segments of the edges are kept by cells of the ground, row after row of cells: those near a
    place are a run of each row.

    Parameters
    ----------
    edges : Edges
    used : (m,) int64
        Rows of the edges that places are snapped to.
    """

    def __init__(self, edges: Edges, used: Ints) -> None:
        self._at_m = edges.at_m
        owner, k = expand(edges.first[used + 1] - edges.first[used] - 1)
        self._edge = used[owner]
        self._vertex = edges.first[self._edge] + k
        a, b = edges.lonlat[self._vertex], edges.lonlat[self._vertex + 1]
        self._segments = np.c_[a, b - a]
        self._corner, self._cell, self._shape = np.zeros(2), np.ones(2), np.zeros(2, np.int64)
        if not len(a):
            return
        east, north = metres_a_degree(float(np.median(a[:, 1])))
        low, high = np.minimum(a, b).min(axis=0), np.maximum(a, b).max(axis=0)
        span = (high - low) * (east, north)
        most = 4096 + 4 * len(a)
        cell_m = max(_CELL_M, math.sqrt(span[0] * span[1] / most), float(span.max()) / most)
        self._corner, self._cell = low, np.array([cell_m / east, cell_m / north])
        self._shape = (span / cell_m).astype(np.int64) + 1
        # long segments go in piece by piece, so that each is only in cells that it is near to
        pieces = np.ceil(np.abs((b - a) / self._cell).max(axis=1)).astype(np.int64).clip(1)
        segment, k = expand(pieces)
        step = (b - a)[segment] / pieces[segment, None]
        start = a[segment] + step * k[:, None]
        first, last = (self._cells(f(start, start + step)) for f in (np.minimum, np.maximum))
        wide, tall = (last - first + 1).T
        piece, k = expand(wide * tall)
        at = (first[piece, 1] + k // wide[piece]) * self._shape[0]
        at += first[piece, 0] + k % wide[piece]
        pair = np.sort(at * len(a) + segment[piece])  # numpy's unique takes ten times longer
        pair = pair[np.diff(pair, prepend=-1) != 0]
        self._segment = pair % len(a)
        cells = np.arange(int(self._shape.prod()) + 1)
        self._start = np.searchsorted(pair // len(a), cells)

    def _cells(self, lonlat: F) -> Ints:
        cell = ((lonlat - self._corner) / self._cell).astype(np.int64)
        inside: Ints = np.clip(cell, 0, self._shape - 1)
        return inside

    def one(self, lon: float, lat: float) -> Foot | None:
        """Find the foot of one place; None where no edge is within `REACH_M`."""
        columns, rows = int(self._shape[0]), int(self._shape[1])
        if not columns or not math.isfinite(lon) or not abs(lat) < 90.0:
            return None
        east, north = (float(v) for v in metres_a_degree(lat))
        west, south = lon - float(self._corner[0]), lat - float(self._corner[1])
        cell_x, cell_y = float(self._cell[0]), float(self._cell[1])
        for reach in _REACHES_M:
            wide, high = reach * _ERROR / east, reach * _ERROR / north
            x0 = max(math.floor((west - wide) / cell_x), 0)
            x1 = min(math.floor((west + wide) / cell_x), columns - 1)
            y0 = max(math.floor((south - high) / cell_y), 0)
            y1 = min(math.floor((south + high) / cell_y), rows - 1)
            # what lies on the far edge of the last cells is in them
            x0, y0 = min(x0, columns - 1), min(y0, rows - 1)
            if x1 < x0 or y1 < y0:
                continue
            runs = [
                self._segment[self._start[y * columns + x0] : self._start[y * columns + x1 + 1]]
                for y in range(y0, y1 + 1)
            ]
            foot = self._nearest(np.concatenate(runs), lon, lat, east, north)
            if foot is not None and foot.off_m <= reach:
                return foot
        return None

    def _nearest(
        self, segment: Ints, lon: float, lat: float, east: float, north: float
    ) -> Foot | None:
        if not len(segment):
            return None
        ax, ay, dx, dy = self._segments.take(segment, axis=0).T
        ex, ey = (lon - ax) * east, (lat - ay) * north
        mx, my = dx * east, dy * north
        t = (ex * mx + ey * my) / (mx * mx + my * my)
        t = np.minimum(np.maximum(t, 0.0), 1.0)
        ex -= t * mx
        ey -= t * my
        near = np.sqrt(ex * ex + ey * ey)
        tried = (near <= float(near.min()) * _ERROR + _ERROR_M).nonzero()[0].tolist()
        feet = []
        for i in tried:
            x, y = float(ax[i] + t[i] * dx[i]), float(ay[i] + t[i] * dy[i])
            feet.append((ground_m(lon, lat, x, y), int(segment[i]), float(t[i]), x, y))
        off, best, share, x, y = min(feet)
        vertex = self._vertex[best]
        at, beyond = float(self._at_m[vertex]), float(self._at_m[vertex + 1])
        return Foot(int(self._edge[best]), at + share * (beyond - at), off, x, y)

    def many(self, lon: F, lat: F) -> Snapped:
        """Find the feet of many places."""
        if len(lon) == 1:
            foot = self.one(float(lon[0]), float(lat[0])) or _NOWHERE
            return Snapped(*(np.array([value]) for value in foot))
        size = len(lon)
        found = Snapped(
            np.full(size, -1, dtype=np.int64), *(np.full(size, np.nan) for _ in range(4))
        )
        todo = np.flatnonzero(np.isfinite(lon) & np.isfinite(lat) & (np.abs(lat) < 90.0))
        for reach in _REACHES_M:
            if not len(todo) or not len(self._edge):
                break
            self._within(reach, todo, lon, lat, found)
            todo = todo[found.edge[todo] < 0]
        return found

    def _within(self, reach: float, todo: Ints, lon: F, lat: F, found: Snapped) -> None:
        """Find the feet that are no farther than `reach`."""
        begin, size, of = self._runs(lon[todo], lat[todo], reach)
        for chunk in _blocks(of, size, len(todo)):
            run, k = expand(size[chunk])
            run += chunk.start
            segment = self._segment[begin[run] + k]
            owner = of[run]
            x, y = lon[todo][owner], lat[todo][owner]
            ax, ay, dx, dy = self._segments[segment].T
            east, north = metres_a_degree(y)
            ex, ey, mx, my = (x - ax) * east, (y - ay) * north, dx * east, dy * north
            t = np.clip((ex * mx + ey * my) / (mx * mx + my * my), 0.0, 1.0)
            near = np.hypot(ex - t * mx, ey - t * my)
            best = np.full(len(todo), np.inf)
            np.minimum.at(best, owner, near)
            tried = np.flatnonzero(near <= best[owner] * _ERROR + _ERROR_M)
            segment, owner, t = segment[tried], owner[tried], t[tried]
            fx, fy = ax[tried] + t * dx[tried], ay[tried] + t * dy[tried]
            off = apart_m(earth_centred(x[tried], y[tried]), earth_centred(fx, fy))
            order = np.lexsort((segment, off, owner))
            order = order[np.diff(owner[order], prepend=-1) != 0]
            order = order[off[order] <= reach]
            segment, place = segment[order], todo[owner[order]]
            vertex = self._vertex[segment]
            at_m = self._at_m[vertex]
            found.edge[place] = self._edge[segment]
            found.at_m[place] = at_m + t[order] * (self._at_m[vertex + 1] - at_m)
            found.off_m[place] = off[order]
            found.lon[place], found.lat[place] = fx[order], fy[order]

    def _runs(self, lon: F, lat: F, reach: float) -> tuple[Ints, Ints, Ints]:
        """Find the runs of segments that may lie within reach: begin, size, of which place."""
        east, north = metres_a_degree(lat)
        wide, high = reach * _ERROR / east, reach * _ERROR / north
        x0, y0 = np.floor((np.c_[lon - wide, lat - high] - self._corner) / self._cell).T
        x1, y1 = np.floor((np.c_[lon + wide, lat + high] - self._corner) / self._cell).T
        columns, rows = self._shape
        off = (x1 < 0) | (y1 < 0) | (x0 > columns) | (y0 > rows)
        x0, x1 = (np.clip(v, 0, columns - 1).astype(np.int64) for v in (x0, x1))
        y0, y1 = (np.clip(v, 0, rows - 1).astype(np.int64) for v in (y0, y1))
        of, k = expand(np.where(off, 0, y1 - y0 + 1))
        base = (y0[of] + k) * columns
        begin, stop = self._start[base + x0[of]], self._start[base + x1[of] + 1]
        return begin, stop - begin, of


def _blocks(of: Ints, size: Ints, places: int) -> Iterator[slice]:
    """Split runs into slices of about `_BLOCK` pairs that never part the runs of one place."""
    first = np.searchsorted(of, np.arange(places + 1))
    total = np.r_[0, np.cumsum(size)][first]
    start = 0
    while start < places:
        stop = int(np.searchsorted(total, total[start] + _BLOCK, side="right")) - 1
        stop = min(max(stop, start + 1), places)
        yield slice(int(first[start]), int(first[stop]))
        start = stop
