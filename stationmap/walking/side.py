"""The mainlands of a walking network, ready to be searched: feet of places, and a matrix."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from stationmap.linear import expand
from stationmap.walking.edges import Edges
from stationmap.walking.ground import F, Ints, apart_m, earth_centred, metres_a_degree

REACH_M = 500.0
"""A place farther from every edge of a mainland than this, metres, is not snapped."""

_FIRST_REACH_M = 60.0  # most places are as near to a way
_CELL_M = 120.0
_BLOCK = 1 << 17  # pairs of a place and a segment worked on at a time


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


class Side:
    """Edges that places are snapped to and walks run along.

    Parameters
    ----------
    nodes : (n, 2) float64
        All nodes of the network, WGS-84 degrees.
    edges : Edges
        All edges of the network.
    used : (m,) int64
        Rows of the edges of mainlands.
    """

    def __init__(self, nodes: F, edges: Edges, used: Ints) -> None:
        self.nodes = nodes
        self.edges = edges
        self.used = used

    @cached_property
    def shortest(self) -> Ints:
        """The shortest edge between each pair of nodes, ordered by node and neighbour; no loops.

        Every edge stands twice: row i of `matrix` is of edge ``shortest[i]``.
        """
        return self._links[0]

    @cached_property
    def matrix(self) -> csr_array:
        """Metres between neighbouring nodes, symmetric."""
        _, start, end = self._links
        n = len(self.nodes)
        indptr = np.searchsorted(start, np.arange(n + 1))
        metres = self.edges.length_m[self.shortest]
        return csr_array((metres, end.astype(np.int32), indptr.astype(np.int32)), shape=(n, n))

    @cached_property
    def _links(self) -> tuple[Ints, Ints, Ints]:
        edge = np.r_[self.used, self.used]
        start = np.r_[self.edges.start[self.used], self.edges.end[self.used]]
        end = np.r_[self.edges.end[self.used], self.edges.start[self.used]]
        keep = start != end
        edge, start, end = edge[keep], start[keep], end[keep]
        order = np.lexsort((self.edges.length_m[edge], end, start))
        edge, start, end = edge[order], start[order], end[order]
        least = (np.diff(start, prepend=-1) != 0) | (np.diff(end, prepend=-1) != 0)
        return edge[least], start[least], end[least]

    def to_nearest(self, feet: Snapped) -> tuple[F, Ints]:
        """Metres from every node to the nearest of some places, and which; see `Network`."""
        n = len(self.nodes)
        metres, which = np.full(n, np.inf), np.full(n, -1, dtype=np.int64)
        place = np.flatnonzero(feet.edge >= 0)
        if not len(place):
            return metres, which
        edge, at_m, off_m = feet.edge[place], feet.at_m[place], feet.off_m[place]
        ways = csr_array(
            (
                np.c_[at_m, self.edges.length_m[edge] - at_m].ravel() + np.repeat(off_m, 2),
                np.c_[self.edges.start[edge], self.edges.end[edge]].ravel(),
                np.arange(0, 2 * len(place) + 1, 2),
            ),
            shape=(len(place), n + len(place)),
        )
        matrix = self.matrix
        whole = csr_array(
            (
                np.r_[matrix.data, ways.data],
                np.r_[matrix.indices, ways.indices],
                np.r_[matrix.indptr, matrix.indptr[-1] + ways.indptr[1:]],
            ),
            shape=(n + len(place), n + len(place)),
        )
        found, _, source = dijkstra(
            whole, indices=n + np.arange(len(place)), min_only=True, return_predecessors=True
        )
        reached = np.isfinite(found[:n])
        metres[reached] = found[:n][reached]
        which[reached] = place[source[:n][reached] - n]
        return metres, which

    def snap(self, lon: F, lat: F) -> Snapped:
        """Find the nearest place of an edge for each place; see `Network.snap`."""
        size = len(lon)
        found = Snapped(
            np.full(size, -1, dtype=np.int64), *(np.full(size, np.nan) for _ in range(4))
        )
        todo = np.flatnonzero(np.isfinite(lon) & np.isfinite(lat) & (np.abs(lat) < 90.0))
        for reach in (_FIRST_REACH_M, REACH_M):
            if not len(todo) or not len(self.used):
                break
            self._snap_within(reach, todo, lon, lat, found)
            todo = todo[found.edge[todo] < 0]
        return found

    def _snap_within(self, reach: float, todo: Ints, lon: F, lat: F, found: Snapped) -> None:
        grid = self._grid
        begin, size, of = grid.runs(lon[todo], lat[todo], reach)
        for chunk in _blocks(of, size, len(todo)):
            run, k = expand(size[chunk])
            run += chunk.start
            segment = grid.segment[begin[run] + k]
            owner = todo[of[run]]
            x, y = lon[owner], lat[owner]
            ax, ay, dx, dy = grid.segments[segment].T
            east, north = metres_a_degree(y)
            ex, ey = (x - ax) * east, (y - ay) * north
            mx, my = dx * east, dy * north
            t = np.clip((ex * mx + ey * my) / (mx * mx + my * my), 0.0, 1.0)
            near = np.hypot(ex - t * mx, ey - t * my)
            # the plane only proposes: metres over ground decide
            best = np.full(len(lon), np.inf)
            np.minimum.at(best, owner, near)
            keep = np.flatnonzero(near <= np.minimum(best[owner], reach) * 1.001 + 0.01)
            segment, owner, t = segment[keep], owner[keep], t[keep]
            fx = ax[keep] + t * dx[keep]
            fy = ay[keep] + t * dy[keep]
            off = apart_m(earth_centred(lon[owner], lat[owner]), earth_centred(fx, fy))
            order = np.lexsort((segment, off, owner))
            order = order[np.diff(owner[order], prepend=-1) != 0]
            order = order[off[order] <= reach]
            segment, owner = segment[order], owner[order]
            vertex = grid.vertex[segment]
            at_m = self.edges.at_m[vertex]
            found.edge[owner] = grid.edge[segment]
            found.at_m[owner] = at_m + t[order] * (self.edges.at_m[vertex + 1] - at_m)
            found.off_m[owner] = off[order]
            found.lon[owner], found.lat[owner] = fx[order], fy[order]

    @cached_property
    def _grid(self) -> "_Grid":
        return _Grid(self.edges, self.used)


class _Grid:
    """Segments of edges by cells of the ground; row after row of cells."""

    def __init__(self, edges: Edges, used: Ints) -> None:
        owner, k = expand(edges.first[used + 1] - edges.first[used] - 1)
        self.edge = used[owner]
        self.vertex = edges.first[self.edge] + k
        a, b = edges.lonlat[self.vertex], edges.lonlat[self.vertex + 1]
        self.segments = np.c_[a, b - a]
        lat = np.abs(np.r_[a[:, 1], b[:, 1]])
        east, north = metres_a_degree(float(np.median(lat)))
        low, high = np.minimum(a, b), np.maximum(a, b)
        self.corner = low.min(axis=0)
        span = (high.max(axis=0) - self.corner) * (east, north)
        most = 4096 + 4 * len(a)
        cell_m = max(_CELL_M, float(np.sqrt(span[0] * span[1] / most)), float(span.max()) / most)
        self.cell = np.array([cell_m / east, cell_m / north])
        self.shape = ((span / cell_m).astype(np.int64) + 1).astype(np.int64)
        # long segments go in piece by piece, so that each is only in cells that it is near to
        pieces = np.ceil(np.abs((b - a) / self.cell).max(axis=1)).astype(np.int64).clip(1)
        segment, k = expand(pieces)
        share = (b - a)[segment] / pieces[segment, None]
        start = a[segment] + share * k[:, None]
        c0 = self._cells(np.minimum(start, start + share))
        c1 = self._cells(np.maximum(start, start + share))
        wide, high_ = (c1 - c0 + 1).T
        piece, k = expand(wide * high_)
        column = c0[piece, 0] + k % wide[piece]
        row = c0[piece, 1] + k // wide[piece]
        at = row * self.shape[0] + column
        pair = np.unique(at * len(a) + segment[piece])
        self.segment = pair % len(a)
        self.start = np.searchsorted(pair // len(a), np.arange(self.shape.prod() + 1))

    def _cells(self, lonlat: F) -> Ints:
        cell = ((lonlat - self.corner) / self.cell).astype(np.int64)
        inside: Ints = np.clip(cell, 0, self.shape - 1)
        return inside

    def runs(self, lon: F, lat: F, reach: float) -> tuple[Ints, Ints, Ints]:
        """Find runs of `segment` that may lie within some metres: begin, size, of which place."""
        east, north = metres_a_degree(lat)
        wide, high = reach * 1.001 / np.maximum(east, 1e-6), reach * 1.001 / north
        x0, y0 = np.floor((np.c_[lon - wide, lat - high] - self.corner) / self.cell).T
        x1, y1 = np.floor((np.c_[lon + wide, lat + high] - self.corner) / self.cell).T
        columns, rows = self.shape
        off = (x1 < -1) | (y1 < -1) | (x0 > columns) | (y0 > rows)
        x0, x1 = np.clip(x0, 0, columns - 1), np.clip(x1, 0, columns - 1)
        y0, y1 = np.clip(y0, 0, rows - 1), np.clip(y1, 0, rows - 1)
        of, k = expand(np.where(off, 0, y1 - y0 + 1).astype(np.int64))
        base = (y0[of].astype(np.int64) + k) * columns
        begin = self.start[base + x0[of].astype(np.int64)]
        stop = self.start[base + x1[of].astype(np.int64) + 1]
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
