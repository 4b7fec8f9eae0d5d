"""For every node of a neighbourhood the stations nearest to it, worked out once.

A search of the network for each question takes most of its time; where questions come often, they
are answered from these lists. A list is complete up to a walk that it tells: what is asked for
beyond is searched for.
"""

from threading import Lock
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stationmap.walking.feet import Foot
from stationmap.walking.ground import F, Ints, metres_a_degree
from stationmap.walking.kept import Kept
from stationmap.walking.side import Around, Side

LENGTH = 48
"""Stations in the list of a node."""

_TILE_M = 4_000.0
_OFTEN = 6  # times that an end of an edge is asked for in a tile before its lists are made
_MOST_NODES = 300_000  # in all lists together: some 170 MB
_LEAST_M, _MOST_M = 300.0, 8_000.0
# searches at a time: each takes a row as wide as the part of the network, metres of 32 MB together
_AT_ONCE, _METRES_AT_ONCE = 64, 4_000_000


class Placed(NamedTuple):
    """Stations that are snapped to the network; all arrays have one entry a station.

    `ends` are the nodes of its edge, `to_ends` metres to them along it, `off_m` metres to the edge.
    """

    row: Ints
    lonlat: F
    ends: Ints
    to_ends: F
    off_m: F


class _Tile(NamedTuple):
    """Lists of some nodes, a row each: stations, metres to them, and how far it is complete."""

    station: NDArray[np.int32]
    metres: F
    complete_m: F


class Lists:
    """Stations near the nodes of a network; a tile of it is worked out when it is asked for often.

    Parameters
    ----------
    side : Side
    stations : Placed
        At least one.
    """

    def __init__(self, side: Side, stations: Placed) -> None:
        self._side, self._stations = side, stations
        self._asked: dict[int, int] = {}
        self._tiles: Kept[int, _Tile] = Kept(_MOST_NODES)
        self._making = Lock()
        corner = side.nodes.min(axis=0)
        cell = _TILE_M / np.array(metres_a_degree(float(np.median(side.nodes[:, 1]))))
        at = ((side.nodes - corner) / cell).astype(np.int64)
        wide = int(at[:, 0].max()) + 1
        self._tile_of = at[:, 1] * wide + at[:, 0]
        self._order = np.argsort(self._tile_of, kind="stable")
        self._first = np.searchsorted(
            self._tile_of[self._order], np.arange(int(self._tile_of.max()) + 2)
        )
        self._row = np.empty(len(side.nodes), dtype=np.int64)
        self._row[self._order] = (
            np.arange(len(side.nodes)) - self._first[self._tile_of[self._order]]
        )
        self._corner, self._cell, self._wide = corner, cell, wide

    def near(self, foot: Foot) -> tuple[NDArray[np.int32], F, float] | None:
        """Return the stations near a foot over the ends of its edge.

        Returns
        -------
        rows : (m,) int32
            A station may stand twice.
        metres : (m,) float64
            The walk from the foot to the station over one end; infinite for none.
        complete_m : float
            Every station with a shorter walk over an end is there.
        """
        (start, end), to_ends = self._side.ends(foot)
        one, other = (self._tile(int(self._tile_of[node])) for node in (start, end))
        if one is None or other is None:
            return None
        i, j = self._row[start], self._row[end]
        rows = np.concatenate((one.station[i], other.station[j]))
        metres = np.concatenate((one.metres[i] + to_ends[0], other.metres[j] + to_ends[1]))
        complete = min(one.complete_m[i] + to_ends[0], other.complete_m[j] + to_ends[1])
        return rows, metres, float(complete)

    def _tile(self, tile: int) -> _Tile | None:
        """Return the lists of a tile; None while it is not asked for often, or others are made."""
        found = self._tiles.get(tile)
        if found is not None:
            return found
        asked = self._asked[tile] = self._asked.get(tile, 0) + 1
        # one thread makes one tile at a time: the others go on searching, and memory is bounded
        if asked < _OFTEN or not self._making.acquire(blocking=False):
            return None
        try:
            found = self._tiles.get(tile)
            if found is None:
                self._asked[tile] = 0  # if it is let go, it must be asked for often again
                made = self._made(tile)
                found = self._tiles.put(tile, made, size=len(made.complete_m))
            return found
        finally:
            self._making.release()

    def _made(self, tile: int) -> _Tile:
        nodes = self._order[self._first[tile] : self._first[tile + 1]]
        corner = self._corner + np.array([tile % self._wide, tile // self._wide]) * self._cell
        reach = self._reach(corner + self._cell / 2.0)
        around = self._side.part(reach, corner, self._cell)
        near = np.flatnonzero(self._apart_m(corner) <= 1.02 * reach)
        # stations beside each other are searched from together: few nodes have news of them
        near = near[np.argsort(self._stations.lonlat[near, 0], kind="stable")]
        here = around.rows(nodes)
        width = min(LENGTH, len(near))
        station = np.zeros((width, len(nodes)), dtype=np.int32)
        metres = np.full((width, len(nodes)), np.inf)
        at_once = min(max(_METRES_AT_ONCE // (len(around.nodes) + 1), 1), _AT_ONCE)
        for begin in range(0, len(near), at_once):
            some = near[begin : begin + at_once]
            far = self._from(some, around, reach)[:, here]
            better = np.flatnonzero(far.min(axis=0) < metres.max(axis=0))
            rows = np.repeat(self._stations.row[some].astype(np.int32)[:, None], len(better), 1)
            both = np.concatenate((metres[:, better], far[:, better]))
            which = np.argpartition(both, width - 1, axis=0)[:width]
            metres[:, better] = np.take_along_axis(both, which, axis=0)
            rows = np.concatenate((station[:, better], rows))
            station[:, better] = np.take_along_axis(rows, which, axis=0)
        complete = np.full(len(nodes), reach)
        if len(near) > width:
            complete = np.minimum(complete, metres.max(axis=0))
        return _Tile(np.ascontiguousarray(station.T), np.ascontiguousarray(metres.T), complete)

    def _from(self, some: Ints, around: Around, reach: float) -> F:
        """Metres from some stations to every node of a part of the network."""
        stations = self._stations
        ends = around.rows(stations.ends[:, some].ravel()).reshape(2, -1)
        far = around.search_from(ends, stations.to_ends[:, some], reach)
        far += stations.off_m[some, None]
        return far

    def _apart_m(self, corner: F) -> F:
        """Metres, to one in a hundred, straight from each station to a tile."""
        beyond = np.maximum(corner - self._stations.lonlat, 0.0)
        beyond += np.maximum(self._stations.lonlat - (corner + self._cell), 0.0)
        apart: F = np.hypot(*(beyond * metres_a_degree(float(corner[1]))).T)
        return apart

    def _reach(self, middle: F) -> float:
        """How far lists go about a place, so that most nodes there have enough stations."""
        east, north = metres_a_degree(float(middle[1]))
        straight = np.hypot(*((self._stations.lonlat - middle) * (east, north)).T)
        # more are within a straight distance than within a walk as long
        kth = min(len(straight), 7 * LENGTH // 4) - 1
        return min(max(float(np.partition(straight, kth)[kth]), _LEAST_M), _MOST_M)
