"""The mainlands of a walking network, ready to be searched: whole, or about a place."""

import math
from functools import cached_property
from threading import Lock
from typing import Any

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra

from stationmap.linear import expand
from stationmap.walking.edges import Edges
from stationmap.walking.feet import REACH_M, Feet, Foot, Snapped
from stationmap.walking.ground import F, Ints, metres_a_degree
from stationmap.walking.kept import Kept

_FIRST_M = 2_000.0  # the least neighbourhood; each next one reaches twice as far
_SMALL = 12_000  # nodes of a network that is searched whole: its size costs little
MOST_NODES = 2_000_000
"""Nodes of all parts that are kept together: some 120 MB."""


class Around:
    """The part of the network that holds every node within some metres of a place.

    The last row of the matrix is of no node: a search starts there, at a place on an edge.

    Attributes
    ----------
    reach_m : float
        How far from the place; infinite for the whole network.
    nodes : (n,) int64
        Rows of the network's nodes, ascending.
    box : (west, south, east, north)
        WGS-84 degrees: every place within `reach_m` lies inside.
    """

    def __init__(
        self,
        reach_m: float,
        nodes: Ints,
        links: tuple[F, Ints, Ints],
        box: tuple[float, float, float, float],
    ) -> None:
        self.reach_m, self.nodes, self.box = reach_m, nodes, box
        metres, end, first = links
        n = len(nodes)
        self.matrix = csr_array(
            (
                np.r_[metres, 0.0, 0.0],
                np.r_[end, n, n].astype(np.int32),
                np.r_[first, first[-1] + 2].astype(np.int32),
            ),
            shape=(n + 1, n + 1),
        )
        self._lock = Lock()

    def rows(self, nodes: Ints) -> Ints:
        """Rows in here of nodes of the network; the row of no node for those that are not here."""
        n = len(self.nodes)
        if not n:
            return np.zeros(len(nodes), dtype=np.int64)
        row = np.minimum(np.searchsorted(self.nodes, nodes), n - 1)
        row[self.nodes[row] != nodes] = n
        return row

    def search(self, ends: Ints, metres: tuple[float, float], limit_m: float) -> F:
        """Metres along the network to every node in here, infinite where it is not reached.

        Parameters
        ----------
        ends : (2,) int64
            Rows in here of the ends of the edge from which the search starts.
        metres : (float, float)
            To these ends.
        limit_m : float
            How far the search goes; nodes beyond `reach_m` are not found on the shortest way.

        Returns
        -------
        (n + 1,) float64
            Infinite for the last one, which is no node.
        """
        far: F = self._run(ends, metres, limit_m, before=False)
        far[-1] = np.inf
        return far

    def traced(self, ends: Ints, metres: tuple[float, float], limit_m: float) -> tuple[F, Ints]:
        """As `search`, and the node before each node on the way to it."""
        far, before = self._run(ends, metres, limit_m, before=True)
        far[-1] = np.inf
        return far, before

    def search_from(self, ends: Ints, metres: F, limit_m: float) -> F:
        """As `search`, from many places: `ends` and `metres` are (2, k), the answer (k, n + 1)."""
        n, k = len(self.nodes), ends.shape[1]
        # each place is one more node; an end that is not here leads back to where it came from
        ends = np.where(ends < n, ends, n + 1 + np.arange(k))
        matrix = self.matrix
        whole = csr_array(
            (
                np.r_[matrix.data[:-2], metres.T.ravel()],
                np.r_[matrix.indices[:-2], ends.T.ravel().astype(np.int32)],
                np.r_[matrix.indptr[:-1], matrix.indptr[-2] + 2 * np.arange(k + 1)],
            ),
            shape=(n + 1 + k, n + 1 + k),
        )
        far: F = dijkstra(whole, indices=n + 1 + np.arange(k), limit=limit_m)[:, : n + 1]
        return far

    def _run(self, ends: Ints, metres: tuple[float, float], limit_m: float, *, before: bool) -> Any:
        # the two entries of the last row are of one search at a time: copying the matrix for each
        # would take longer than the search
        with self._lock:
            self.matrix.indices[-2:] = ends
            self.matrix.data[-2:] = metres
            return dijkstra(
                self.matrix, indices=len(self.nodes), limit=limit_m, return_predecessors=before
            )


class Side:
    """Edges that walks run along: those of the mainlands, or those of them that are no stairs.

    Parameters
    ----------
    nodes : (n, 2) float64
        All nodes of the network, WGS-84 degrees.
    edges : Edges
        All edges of the network.
    used : (m,) int64
        Rows of these edges.
    feet : Feet
        Finds the nearest places of edges that are no stairs.
    """

    def __init__(self, nodes: F, edges: Edges, used: Ints, *, feet: Feet) -> None:
        self.nodes = nodes
        self.edges = edges
        self.used = used
        self.feet = feet
        self._around: Kept[tuple[int, int, int], Around] = Kept(MOST_NODES)

    @cached_property
    def land(self) -> Ints:
        """A number for each node, the same for those that are connected."""
        if not len(self.nodes):
            return np.zeros(0, dtype=np.int64)
        return np.asarray(connected_components(self._matrix, directed=False)[1], dtype=np.int64)

    def around(self, lon: float, lat: float, reach_m: float) -> Around:
        """Return a part of the network that holds all that is within some metres of a place."""
        level = max(0, math.ceil(math.log2(max(reach_m, _FIRST_M) / _FIRST_M)))
        reach = _FIRST_M * 2.0**level
        if len(self.nodes) <= _SMALL or reach > self._half_m:
            return self._whole
        cell = 2.0 * reach / self._metres_a_degree
        key = (level, math.floor(lon / cell[0]), math.floor(lat / cell[1]))
        found = self._around.get(key)
        if found is None:
            made = self.part(reach, np.array(key[1:]) * cell, cell)
            found = self._around.put(key, made, size=len(made.nodes))
        return found

    @cached_property
    def _metres_a_degree(self) -> F:
        return np.array(metres_a_degree(float(np.median(self.nodes[:, 1]))))

    @cached_property
    def _half_m(self) -> float:
        """Half of the longer side of the network, metres."""
        return float((np.ptp(self.nodes, axis=0) * self._metres_a_degree).max()) / 2.0

    @cached_property
    def _whole(self) -> Around:
        matrix, everywhere = self._matrix, (-np.inf, -np.inf, np.inf, np.inf)
        links = (matrix.data, matrix.indices, matrix.indptr)
        nodes = np.arange(len(self.nodes))
        return Around(np.inf, nodes, links, everywhere)

    @cached_property
    def _by_lon(self) -> tuple[Ints, F]:
        order = np.argsort(self.nodes[:, 0], kind="stable")
        return order, self.nodes[order, 0]

    def part(self, reach: float, corner: F, cell: F) -> Around:
        """Cut out what is within reach of a cell, and of the feet of places in it.

        Parameters
        ----------
        reach : float
            Metres.
        corner, cell : (2,) float64
            Western and southern edge of the cell, and its size, WGS-84 degrees.
        """
        far = (reach + REACH_M) * 1.01
        south, north = corner[1], corner[1] + cell[1]
        high = far / float(metres_a_degree(float(south))[1]) * 1.01
        pole = min(max(abs(south - high), abs(north + high)), 89.0)
        wide = far / float(metres_a_degree(float(pole))[0])
        west, east = float(corner[0] - wide), float(corner[0] + cell[0] + wide)
        box = (west, float(south - high), east, float(north + high))
        order, lon = self._by_lon
        nodes = order[np.searchsorted(lon, west) : np.searchsorted(lon, east, side="right")]
        lat = self.nodes[nodes, 1]
        nodes = np.sort(nodes[(lat >= box[1]) & (lat <= box[3])])
        local = np.full(len(self.nodes), -1, dtype=np.int32)
        local[nodes] = np.arange(len(nodes))
        first = self._matrix.indptr
        owner, k = expand((first[nodes + 1] - first[nodes]).astype(np.int64))
        entry = first[nodes][owner] + k
        end = local[self._matrix.indices[entry]]
        inside = end >= 0
        entry, end = entry[inside], end[inside]
        start = np.r_[0, np.cumsum(np.bincount(owner[inside], minlength=len(nodes)))]
        links = (self._matrix.data[entry], end, start)
        return Around(reach, nodes, links, box)

    @cached_property
    def _matrix(self) -> csr_array:
        """Metres between neighbouring nodes, symmetric."""
        shortest, start, end = self._links
        n = len(self.nodes)
        first = np.searchsorted(start, np.arange(n + 1))
        metres = self.edges.length_m[shortest]
        return csr_array((metres, end.astype(np.int32), first.astype(np.int32)), shape=(n, n))

    @cached_property
    def _links(self) -> tuple[Ints, Ints, Ints]:
        """Find the shortest edge between neighbouring nodes, both ways, by node and neighbour."""
        edge = np.r_[self.used, self.used]
        start = np.r_[self.edges.start[self.used], self.edges.end[self.used]]
        end = np.r_[self.edges.end[self.used], self.edges.start[self.used]]
        no_loop = start != end
        edge, start, end = edge[no_loop], start[no_loop], end[no_loop]
        pair = start * len(self.nodes) + end
        order = np.lexsort((self.edges.length_m[edge], pair))
        pair = pair[order]
        least = order[np.diff(pair, prepend=-1) != 0]
        return edge[least], start[least], end[least]

    def edge_between(self, node: int, other: int) -> int:
        """Return the shortest edge between two neighbouring nodes."""
        first, last = self._matrix.indptr[node : node + 2]
        at = first + np.searchsorted(self._matrix.indices[first:last], other)
        return int(self._links[0][at])

    def ends(self, foot: Foot) -> tuple[Ints, tuple[float, float]]:
        """Nodes at the ends of the edge of a foot, and metres to them along it."""
        nodes = np.array([self.edges.start[foot.edge], self.edges.end[foot.edge]])
        length = float(self.edges.length_m[foot.edge])
        return nodes, (foot.at_m, max(length - foot.at_m, 0.0))

    def to_nearest(self, feet: Snapped) -> tuple[F, Ints]:
        """Metres from every node to the nearest of some places, and which; see `Network`."""
        n = len(self.nodes)
        metres, which = np.full(n, np.inf), np.full(n, -1, dtype=np.int64)
        place = np.flatnonzero(feet.edge >= 0)
        if not len(place):
            return metres, which
        edge, at_m, off_m = feet.edge[place], feet.at_m[place], feet.off_m[place]
        # each place is one more node, with ways to both ends of its edge
        matrix = self._matrix
        to_ends = np.c_[at_m, (self.edges.length_m[edge] - at_m).clip(0.0)] + off_m[:, None]
        ends = np.c_[self.edges.start[edge], self.edges.end[edge]]
        whole = csr_array(
            (
                np.r_[matrix.data, to_ends.ravel()],
                np.r_[matrix.indices, ends.ravel()],
                np.r_[matrix.indptr, matrix.indptr[-1] + 2 * np.arange(1, len(place) + 1)],
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
