"""Where free-standing points are tried, in the stretches that no host closes.

Whole spacings on from the stations, hosts and ends before a stretch: within one run no other places
would do with fewer. And where one point would serve two streets: at their crossing, and as far from
it along either street as a point still counts on the other; and whole spacings on from there.
"""

import bisect
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import numpy as np
import shapely

from stationmap.checks.kerbs import Prepared
from stationmap.checks.matching import match
from stationmap.covering import F, I, ticks
from stationmap.linear import interpolate, locate
from stationmap.planning.windows import Along

Stretches = Sequence[tuple[float, float]]

MOST_SHARED = 20_000
"""From more places that serve two streets no further points go on; assumed, for time's sake."""
_INSIDE_M = 0.02  # a place at the limit is taken so much nearer, to count whatever is rounded


def free_places(along: Along) -> tuple[I, F]:
    """List where free-standing points are tried: kerb (as `Prepared` numbers it), chainage.

    In runs no longer than the spacing that no point keeps from being lonely: in the middle, at the
    ends, and halfway to the next one where a point there would serve both.
    """
    open_ = _Open(along)
    line, at_m = _shared(along.prepared, open_)
    sides = len(along.prepared.sides)
    spots: dict[int, list[float]] = {}
    for one, at in zip(line.tolist(), at_m.tolist(), strict=True):
        spots.setdefault(one, []).append(at)
    owner, found = [], []
    for run, at in open_.places(spots, goes_on=len(line) <= MOST_SHARED, sides=sides):
        kerb = along.kerb[along.owner[run]]
        length_m = along.prepared.length_m[kerb]
        owner.append(kerb)
        found.append(at % length_m if along.prepared.closed[kerb] else at)
    return np.array(owner, np.int64), np.array(found, np.float64)


class _Open:
    """What no host closes: stretches of runs longer than the spacing, and lonely runs."""

    def __init__(self, along: Along) -> None:
        self._along = along
        self._spacing, self._step_m = along.spacing, along.prepared.spacing_m
        served = np.zeros(len(along.owner), np.bool_)
        short = np.flatnonzero(~along.long)
        served[short[along.lonely()[0]]] = True
        self._lonely: list[int] = short[~served[short]].tolist()
        self._cuts: dict[int, list[float]] = {}
        self._voids: dict[int, list[tuple[float, float]]] = {}
        for run in np.flatnonzero(along.long).tolist():
            stood = along.placed.at_m[along.first[run] : along.last[run]].tolist()
            from_m, to_m = float(along.from_m[run]), float(along.to_m[run])
            if along.ring[run] and not stood:
                self._voids[run] = [(from_m, to_m)]
                continue
            cuts = [*stood, stood[0] + to_m - from_m] if along.ring[run] else [from_m, *stood, to_m]
            voids = [(a, b) for a, b in pairwise(cuts) if int(ticks(b - a)) > self._spacing]
            if voids:
                self._cuts[run], self._voids[run] = cuts, voids

    def kerbs(self) -> Mapping[int, Stretches]:
        """Return for each kerb, as `Prepared` numbers it, where a point would be of use."""
        along = self._along
        found: dict[int, list[tuple[float, float]]] = {}
        for run, voids in self._voids.items():
            found.setdefault(int(along.kerb[along.owner[run]]), []).extend(voids)
        for run in self._lonely:
            reach = along.from_m[run] - self._step_m, along.to_m[run] + self._step_m
            found.setdefault(int(along.kerb[along.owner[run]]), []).append(reach)
        return found

    def places(
        self, spots: Mapping[int, Sequence[float]], *, goes_on: bool, sides: int
    ) -> Iterator[tuple[int, float]]:
        """List run and chainage of all places; `spots` are those on lines that serve others too."""
        along, step_m = self._along, self._step_m
        for run, voids in self._voids.items():
            kerb = int(along.kerb[along.owner[run]])
            around_m = float(along.to_m[run] - along.from_m[run])
            laps = (
                (0.0, float(along.prepared.length_m[kerb]))
                if along.prepared.closed[kerb]
                else (0.0,)
            )
            for at in (spot + lap for spot in spots.get(kerb // sides, ()) for lap in laps):
                for _, high in (void for void in voids if void[0] < at < void[1]):
                    stop = at + around_m if along.ring[run] and run not in self._cuts else high
                    number = -int(-ticks(stop - at) // self._spacing) if goes_on else 1
                    yield from ((run, at + k * step_m) for k in range(number))
            if run not in self._cuts:
                yield from (
                    (run, k * step_m) for k in range(-int(-ticks(around_m) // self._spacing))
                )
                continue
            starts = self._cuts[run][:-1]
            if along.ring[run]:
                twice = [*voids, *((a + around_m, b + around_m) for a, b in voids)]
            else:
                twice = voids
            for start in starts:
                stop = start + around_m if along.ring[run] else float(along.to_m[run])
                yield from ((run, at) for at in _chain(start, stop, twice, step_m))
        yield from self._beside_lonely(spots, sides=sides)

    def _beside_lonely(
        self, spots: Mapping[int, Sequence[float]], *, sides: int
    ) -> Iterator[tuple[int, float]]:
        along, step_m = self._along, self._step_m
        for run in self._lonely:
            from_m, to_m = float(along.from_m[run]), float(along.to_m[run])
            yield from ((run, at) for at in ((from_m + to_m) / 2, from_m, to_m))
            line = int(along.kerb[along.owner[run]]) // sides
            low, high = from_m - step_m, to_m + step_m
            yield from ((run, at) for at in spots.get(line, ()) if low < at < high)
        for run, other in pairwise(self._lonely):
            between = along.from_m[other] - along.to_m[run]
            if along.owner[run] == along.owner[other] and ticks(between) <= 2 * self._spacing:
                yield run, float(along.to_m[run] + between / 2)


def _chain(start_m: float, stop_m: float, voids: Stretches, step_m: float) -> Iterator[float]:
    """Walk on from a cut point in steps of the spacing, from void to void.

    Voids, sorted, are pieces of a run longer than the spacing with no point inside. One of length
    L takes at least F = ceil(L / spacing) - 1 points, wherever its neighbours stand, and the hosts
    at its ends let F suffice. So the fewest points are F in every void; pushed as far on as they
    can be they stand whole spacings from the last cut point before that holds a station, and they
    pass over hosts from one void into the next only where the void before holds its F.
    """
    spacing = int(ticks(step_m))
    void = bisect.bisect_left(voids, start_m, key=lambda one: one[0])
    k = 1
    while void < len(voids):
        low_m, high_m = voids[void]
        number = -(-int(ticks(high_m - low_m)) // spacing) - 1
        inside = []
        while ticks((at := start_m + k * step_m) - low_m) > 0 and ticks(high_m - at) > 0:
            inside.append(at)
            k += 1
        if len(inside) != number or inside[-1] >= stop_m:
            return
        yield from inside
        void += 1


def _shared(prepared: Prepared, open_: _Open) -> tuple[I, F]:
    """List places on lines, of use to that line and to another: line, chainage."""
    useful = open_.kerbs()
    sides = len(prepared.sides)
    lines = np.unique(np.array([one // sides for one in useful], np.int64))
    if len(lines) < 2:
        return np.zeros(0, np.int64), np.zeros(0)
    streets = np.asarray(prepared.tree.geometries)
    reach = prepared.snap_m - _INSIDE_M
    one, near = prepared.tree.query(streets[lines], predicate="dwithin", distance=reach)
    apart = (prepared.line_of[near] != lines[one]) & np.isin(prepared.line_of[near], lines)
    own, other = streets[lines[one[apart]]], streets[near[apart]]
    row = one[apart]
    zone = shapely.buffer(other, reach)
    some = [
        shapely.boundary(shapely.intersection(own, zone)),
        shapely.intersection(own, other),
        shapely.get_point(shapely.shortest_line(own, other), 0),
    ]
    found = [shapely.get_coordinates(shapes, return_index=True) for shapes in some]
    xy = np.concatenate([coordinates for coordinates, _ in found])
    line = lines[row[np.concatenate([index for _, index in found])]]
    at_m, _, _ = locate(prepared.lines, line, xy[:, 0], xy[:, 1])
    x, y = interpolate(prepared.lines, line, at_m)
    matches = match(prepared, x, y)
    placed, which = matches.on_kerbs(prepared.sides)
    serves: list[set[int]] = [set() for _ in line]
    spot = matches.station[which].tolist()
    for on, at, who in zip(placed.kerb.tolist(), placed.at_m.tolist(), spot, strict=True):
        laps = (at, at + prepared.length_m[on]) if prepared.closed[on] else (at,)
        if any(low < lap < high for low, high in useful.get(on, ()) for lap in laps):
            serves[who].add(on // sides)
    keep = np.array([len(of) > 1 for of in serves], np.bool_)
    spots = np.unique(np.column_stack((line[keep], ticks(at_m[keep]))), axis=0, return_index=True)
    pick = np.flatnonzero(keep)[spots[1]]
    return line[pick], at_m[pick]
