"""Stations by walking metres from a place.

A place and a station are both snapped to the nearest edge of a mainland that is no staircase,
within 500 m, whatever is asked: nobody's door is on the stairs. The walk is the way to the network,
along it, and from it; to a station that is no farther than the network, straight. It is never less
than the straight distance.

Without steps the walk goes between the same two feet, the shortest way that uses no staircase;
where there is none, there is no step-free way. Straight walking is step-free only where the
station's foot can be reached without steps from that of the place, or is the same. So a walk
without steps is never the shorter.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from stationmap.walking.feet import Foot
from stationmap.walking.ground import Bools, F, Ints, apart_m, earth_centred, ground_m, place_of
from stationmap.walking.kept import Kept
from stationmap.walking.lists import Lists, Placed
from stationmap.walking.network import Network
from stationmap.walking.route import Route, straight_on, trace
from stationmap.walking.side import MOST_NODES, Around, Side

# a first guess at how much longer than straight walks are, and how much further to look then
_DETOUR, _LEAST_M, _FURTHER = 1.25, 30.0, 1.3


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
        self._side = side = network.side(step_free=step_free)
        self._feet = feet = side.feet.many(self.lon, self.lat)
        on, off = feet.edge.clip(0), feet.edge < 0
        self._placed = np.isfinite(self.lon) & np.isfinite(self.lat)
        self._ends = np.full((2, len(self)), -1, dtype=np.int64)
        self._to_ends = np.zeros((2, len(self)))
        self._land = np.full(len(self), -1, dtype=np.int64)
        if not off.all():
            self._ends = np.stack([side.edges.start[on], side.edges.end[on]])
            self._to_ends = np.stack([feet.at_m, (side.edges.length_m[on] - feet.at_m).clip(0.0)])
            self._land = np.where(off, -1, side.land[self._ends[0]])
            self._ends[:, off], self._to_ends[:, off] = -1, 0.0
        self._xyz = earth_centred(self.lon, self.lat)
        order = sorted(range(len(self)), key=self.station_ids.__getitem__)
        self._rank = np.empty(len(self), dtype=np.int64)
        self._rank[order] = np.arange(len(self))
        self._row = {station_id: row for row, station_id in enumerate(self.station_ids)}
        self._parts: Kept[Around, _Part] = Kept(MOST_NODES)
        self._slots = np.flatnonzero(self._placed)
        self._tree = cKDTree(self._xyz[self._slots])
        self._lists: Lists | None = None
        snapped = np.flatnonzero(~off)
        if len(snapped):
            lonlat = np.c_[self.lon, self.lat][snapped]
            ends, to_ends = self._ends[:, snapped], self._to_ends[:, snapped]
            self._lists = Lists(side, Placed(snapped, lonlat, ends, to_ends, feet.off_m[snapped]))
        self._on_edge: dict[int, list[int]] = {}
        for row in snapped.tolist():
            self._on_edge.setdefault(int(feet.edge[row]), []).append(row)

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
        foot = self._side.feet.one(lon, lat)
        if foot is None or k < 1:
            return []
        found = self._listed(lon, lat, foot, k=k, where=where, max_m=max_m)
        return self._searched(lon, lat, foot, k, where, max_m) if found is None else found

    def _listed(
        self,
        lon: float,
        lat: float,
        foot: Foot,
        *,
        k: int,
        where: NDArray[np.bool_] | None,
        max_m: float,
    ) -> list[Walk] | None:
        """Answer from the lists; None where they do not tell."""
        near = self._lists.near(foot) if self._lists else None
        if near is None:
            return None
        rows, metres, complete = near
        on_edge = self._on_edge.get(foot.edge)
        if on_edge:
            along = np.abs(self._feet.at_m[on_edge] - foot.at_m) + self._feet.off_m[on_edge]
            rows, metres = np.concatenate((rows, on_edge)), np.concatenate((metres, along))
        metres = metres + foot.off_m
        complete += foot.off_m
        fits = (metres < complete) & (metres <= max_m)
        if where is not None:
            fits &= where[rows]
        rows, metres = rows[fits], metres[fits]
        best, last = self._straight(lon, lat, foot, where, max_m), foot.off_m
        order = metres.argsort()
        for row, walk in zip(rows[order].tolist(), metres[order].tolist(), strict=True):
            if row not in best:
                if len(best) >= k and walk > last:
                    break
                best[row] = last = walk
        if len(best) < k and complete <= max_m:
            return None
        walks = []
        for row, walk in best.items():
            straight = ground_m(lon, lat, float(self.lon[row]), float(self.lat[row]))
            walks.append(Walk(row, self.station_ids[row], max(walk, straight), straight))
        return sorted(walks, key=_nearest_first)[:k]

    def _straight(
        self, lon: float, lat: float, foot: Foot, where: NDArray[np.bool_] | None, max_m: float
    ) -> dict[int, float]:
        """Return the stations no farther than the network, which one walks to straight."""
        found, land = {}, self._land_of(foot)
        for slot in self._tree.query_ball_point(place_of(lon, lat), foot.off_m):
            row = int(self._slots[slot])
            straight = ground_m(lon, lat, float(self.lon[row]), float(self.lat[row]))
            fits = straight <= min(foot.off_m, max_m) and (where is None or where[row])
            if fits and (not self.step_free or self._land[row] == land):
                found[row] = straight
        return found

    def _searched(
        self,
        lon: float,
        lat: float,
        foot: Foot,
        k: int,
        where: NDArray[np.bool_] | None,
        max_m: float,
    ) -> list[Walk]:
        """Answer by a search of the network about the place."""
        place = np.array(place_of(lon, lat))
        land = self._land_of(foot)
        reach = 0.0
        while True:
            part = self._part(lon, lat, reach)
            straight = apart_m(part.xyz, place)
            may = self._led(part.land, straight, foot)
            if where is not None:
                may &= where[part.rows]
            most = min(part.around.reach_m, max_m)
            last = most == max_m or np.isinf(most)
            near = straight[may & (straight <= most)]
            limit = _guess(near, k, foot.off_m)
            # no walk is shorter than the straight line: too few near it, too few to walk to
            if last or (len(near) >= k and limit <= most):
                while True:
                    limit = min(limit, most)
                    walk = part.walk(foot, straight, limit)
                    found = (may & (walk <= limit)).nonzero()[0]
                    if len(found) >= min(k, len(near)) or limit >= most:
                        break
                    limit *= _FURTHER
                if last or len(found) >= k:
                    return self._first(part, found, walk, straight, k)
            reach = max(1.5 * part.around.reach_m, self._guess(place, land, where, k, foot.off_m))

    def metres(self, lon: float, lat: float, rows: ArrayLike) -> F:
        """Return the walk from a place to the stations in some rows; NaN where no way leads."""
        wanted = np.asarray(rows, dtype=np.int64)
        found = np.full(wanted.shape, np.nan)
        foot = self._side.feet.one(lon, lat)
        if foot is None:
            return found
        place = np.array(place_of(lon, lat))
        straight = apart_m(self._xyz[wanted], place)
        may = self._led(self._land[wanted], straight, foot)
        limit = _guess(straight[may], len(self), foot.off_m)
        while may.any():
            part = self._part(lon, lat, limit)
            walk = np.full(len(self), np.inf)
            walk[part.rows] = part.walk(foot, apart_m(part.xyz, place), limit)
            reached = may & (walk[wanted] <= limit)
            found[reached] = walk[wanted[reached]]
            may &= ~reached
            limit *= 2.0
        return found

    def route(self, lon: float, lat: float, station_id: str) -> Route | None:
        """Return the shortest walk to a station; None where no way leads or it is unknown."""
        row = self._row.get(station_id)
        foot = self._side.feet.one(lon, lat)
        if row is None or foot is None:
            return None
        walk = float(self.metres(lon, lat, [row])[0])
        if np.isnan(walk):
            return None
        goal = (float(self.lon[row]), float(self.lat[row]))
        theirs = self._feet[row]
        if theirs is None or ground_m(lon, lat, *goal) <= foot.off_m:
            return straight_on((lon, lat), goal)
        around = self._side.around(lon, lat, walk)
        return trace(self._side, around, (foot, theirs), limit_m=walk, ends=((lon, lat), goal))

    def _led(self, land: Ints, straight: F, foot: Foot) -> Bools:
        """Whether any walk leads to stations on some lands and so far straight from the place."""
        led: Bools = land == self._land_of(foot)
        if not self.step_free:
            led |= straight <= foot.off_m
        return led

    def _land_of(self, foot: Foot) -> int:
        return int(self._side.land[self._side.edges.start[foot.edge]])

    def _part(self, lon: float, lat: float, reach: float) -> "_Part":
        around = self._side.around(lon, lat, reach)
        part = self._parts.get(around)
        if part is None:
            west, south, east, north = around.box
            inside = (self.lon >= west) & (self.lon <= east)
            inside &= (self.lat >= south) & (self.lat <= north)
            rows = np.flatnonzero(inside & self._placed)
            made = _Part(
                self._side,
                around,
                rows,
                self._xyz[rows],
                self._land[rows],
                np.stack([around.rows(nodes) for nodes in self._ends[:, rows]]),
                self._to_ends[:, rows],
                self._feet.edge[rows],
                np.where(self._feet.edge[rows] < 0, np.inf, self._feet.off_m[rows]),
            )
            # it keeps its part of the network, unless that is the whole, which stays anyhow
            held = 0 if np.isinf(around.reach_m) else len(around.nodes)
            part = self._parts.put(around, made, size=len(rows) + held)
        return part

    def _guess(
        self, place: F, land: int, where: NDArray[np.bool_] | None, k: int, off_m: float
    ) -> float:
        may = self._land == land
        if where is not None:
            may &= where
        return _guess(apart_m(self._xyz[may], place), k, off_m)

    def _first(self, part: "_Part", found: Ints, walk: F, straight: F, k: int) -> list[Walk]:
        rows = part.rows[found]
        order = np.lexsort((self._rank[rows], walk[found]))[:k]
        return [
            Walk(row, self.station_ids[row], metres, direct)
            for row, metres, direct in zip(
                rows[order].tolist(),
                walk[found[order]].tolist(),
                straight[found[order]].tolist(),
                strict=True,
            )
        ]


def _nearest_first(walk: Walk) -> tuple[float, str]:
    return walk.walk_m, walk.station_id


class _Part(NamedTuple):
    """The stations in a part of the network; all arrays have one entry a station.

    `ends` are rows of `around`, `to_ends` metres to them from the foot, `off_m` is infinite for a
    station that is not snapped.
    """

    side: Side
    around: Around
    rows: Ints
    xyz: F
    land: Ints
    ends: Ints
    to_ends: F
    edge: Ints
    off_m: F

    def walk(self, foot: Foot, straight: F, limit_m: float) -> F:
        """Metres on foot to each station: right where they are no more than the limit."""
        nodes, to_ends = self.side.ends(foot)
        far = self.around.search(self.around.rows(nodes), to_ends, limit_m)
        over = far[self.ends]
        over += self.to_ends
        net = np.minimum(over[0], over[1])
        same = (self.edge == foot.edge).nonzero()[0]
        if len(same):
            net[same] = np.minimum(net[same], np.abs(self.to_ends[0, same] - foot.at_m))
        net += self.off_m
        net += foot.off_m
        net[straight <= foot.off_m] = 0.0
        walk: F = np.maximum(net, straight, out=net)
        return walk


def _guess(straight: F, k: int, off_m: float) -> float:
    """Guess how far to walk to the nearest `k` of stations at some straight distances."""
    if not len(straight):
        return _LEAST_M
    kth = straight.max() if k >= len(straight) else np.partition(straight, k - 1)[k - 1]
    return _DETOUR * float(kth) + 2.0 * off_m + _LEAST_M
