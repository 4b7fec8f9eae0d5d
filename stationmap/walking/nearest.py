"""Stations by walking metres from a place.

A place and a station are both snapped to the nearest place of the network. The walk is the way to
the network, along it, and from it; to a station that is no farther than the network, straight. It
is never less than the straight distance.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse.csgraph import dijkstra

from stationmap.walking.ground import F, apart_m, earth_centred
from stationmap.walking.network import Network
from stationmap.walking.route import Route, route
from stationmap.walking.side import Snapped


class Walk(NamedTuple):
    """A station, its row among those given, and metres to it on foot and straight."""

    row: int
    station_id: str
    walk_m: float
    straight_m: float


class Walks:
    """Stations on a walking network, found by the walk from any place.

    Parameters
    ----------
    network : Network
    station_ids : (n,) sequence of str
    lon, lat : (n,) array_like
        WGS-84 degrees; a station without a place (NaN) is never found.
    step_free : bool
        Walk no steps.
    """

    def __init__(
        self,
        network: Network,
        *,
        station_ids: Sequence[str],
        lon: ArrayLike,
        lat: ArrayLike,
        step_free: bool = False,
    ) -> None:
        self.network = network
        self.step_free = step_free
        self.station_ids = tuple(station_ids)
        self.lon, self.lat = (np.asarray(v, dtype=np.float64) for v in (lon, lat))
        self._side = network.side(step_free=step_free)
        self._feet = self._side.snap(self.lon, self.lat)
        self._xyz = earth_centred(self.lon, self.lat)
        self._rank = np.argsort(np.argsort(np.array(self.station_ids, dtype=object)))
        self._row = {station_id: row for row, station_id in enumerate(self.station_ids)}

    def __len__(self) -> int:
        return len(self.station_ids)

    def nearest(
        self,
        lon: float,
        lat: float,
        *,
        k: int,
        where: NDArray[np.bool_] | None = None,
        max_m: float = np.inf,
    ) -> list[Walk]:
        """Return the `k` stations with the shortest walk, nearest first, ties by station id.

        Fewer if fewer can be reached; none where the place is not near the network.

        Parameters
        ----------
        lon, lat : float
            WGS-84 degrees.
        k : int
        where : (n,) ndarray of bool, optional
            Which stations may be found, in the order in which they were given; all if left out.
        max_m : float
            The longest walk, metres, inclusive.
        """
        foot = self._snap(lon, lat)
        walk, straight = self._all(lon, lat, foot)
        fits = walk <= max_m
        if where is not None:
            fits &= where
        rows = np.flatnonzero(fits & np.isfinite(walk))
        order = np.lexsort((self._rank[rows], walk[rows]))[:k]
        return [
            Walk(int(r), self.station_ids[r], float(walk[r]), float(straight[r]))
            for r in rows[order]
        ]

    def metres(self, lon: float, lat: float, rows: ArrayLike) -> F:
        """Return the walk from a place to the stations in some rows; NaN where no way leads."""
        walk, _ = self._all(lon, lat, self._snap(lon, lat))
        found: F = walk[np.asarray(rows, dtype=np.int64)]
        return np.where(np.isfinite(found), found, np.nan)

    def route(self, lon: float, lat: float, station_id: str) -> Route | None:
        """Return the shortest walk to a station; None where no way leads or it is unknown."""
        row = self._row.get(station_id)
        if row is None:
            return None
        return route(
            self._side,
            self._snap(lon, lat),
            self._feet,
            row,
            start=(lon, lat),
            stop=(float(self.lon[row]), float(self.lat[row])),
        )

    def _snap(self, lon: float, lat: float) -> Snapped:
        return self._side.snap(np.array([lon], dtype=np.float64), np.array([lat], dtype=np.float64))

    def _all(self, lon: float, lat: float, foot: Snapped) -> tuple[F, F]:
        straight = apart_m(self._xyz, earth_centred(lon, lat))
        edge = int(foot.edge[0])
        if edge < 0:
            return np.full(len(self), np.inf), straight
        feet, edges = self._feet, self._side.edges
        at, off = float(foot.at_m[0]), float(foot.off_m[0])
        ends = np.array([edges.start[edge], edges.end[edge]])
        to_ends = np.array([at, edges.length_m[edge] - at])
        far = (dijkstra(self._side.matrix, indices=ends) + to_ends[:, None]).min(axis=0)
        on = feet.edge.clip(0)
        net = np.minimum(
            far[edges.start[on]] + feet.at_m, far[edges.end[on]] + edges.length_m[on] - feet.at_m
        )
        same = feet.edge == edge
        net[same] = np.minimum(net[same], np.abs(feet.at_m[same] - at))
        walk = np.where(feet.edge >= 0, off + net + feet.off_m, np.inf)
        walk[straight <= off] = 0.0
        return np.maximum(walk, straight), straight
