"""Which stations count on which parts, and where along them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray

from stationmap.checks.kerbs import Prepared
from stationmap.covering import F, I, Placed, ticks
from stationmap.errors import InputError
from stationmap.linear import locate, within
from stationmap.streets.frontage import ON_LINE_M


@dataclass(frozen=True)
class Matches:
    """Stations that count on lines, sorted by line, then chainage.

    Line i has the rows ``first[i]:first[i + 1]``; `station` is a station's number.
    """

    first: I
    station: I
    at_m: F
    offset_m: F

    @classmethod
    def of(cls, line: I, station: I, at_m: F, offset_m: F, *, lines: int) -> "Matches":
        """Sort matches on lines numbered from 0 up to `lines`."""
        order = np.lexsort((station, at_m, line))
        first = np.searchsorted(line[order], np.arange(lines + 1))
        return cls(first, station[order], at_m[order], offset_m[order])

    @property
    def line(self) -> I:
        """Line of each match."""
        return np.repeat(np.arange(len(self.first) - 1), np.diff(self.first))

    def by_line(self) -> list[tuple[I, F, F]]:
        """Part the matches line by line: station, at_m, offset_m of each."""
        ends = self.first.tolist()
        return [(self.station[a:b], self.at_m[a:b], self.offset_m[a:b]) for a, b in pairwise(ends)]

    def on_kerbs(self, sides: tuple[str, ...]) -> tuple[Placed, I]:
        """Give the stations to the kerbs that they serve: their places, and the row of each."""
        if len(sides) == 1:
            return Placed(self.at_m, self.first), np.arange(len(self.at_m))
        offset, apart = ticks(self.offset_m), ticks(ON_LINE_M)
        left, right = np.flatnonzero(offset > -apart), np.flatnonzero(offset < apart)
        row = np.concatenate((left, right))
        kerb = 2 * self.line[row] + np.repeat((0, 1), (len(left), len(right)))
        order = np.argsort(kerb, kind="stable")
        row, kerb = row[order], kerb[order]
        first = np.searchsorted(kerb, np.arange(2 * len(self.first) - 1))
        return Placed(self.at_m[row], first), row


@dataclass(frozen=True)
class Known:
    """Stations of a full check: ids, planar coordinates."""

    ids: NDArray[np.object_]
    x: F
    y: F

    @cached_property
    def number(self) -> Mapping[str, int]:
        """Row of each station id."""
        found = {str(station): number for number, station in enumerate(self.ids)}
        if len(found) < len(self.ids):
            raise InputError("two stations share one station_id: give each its own")
        return found


@dataclass(frozen=True)
class Stations:
    """Stations of a full check, with what changed since.

    Attributes
    ----------
    known : Known
    added : tuple of str
        Ids of stations that came later, numbered on from the known ones.
    changed : mapping of str to (number, x, y)
        Where changed stations are by now; NaN for those that count no more.
    """

    known: Known
    added: tuple[str, ...] = ()
    changed: Mapping[str, tuple[int, float, float]] = field(default_factory=dict)

    def get(self, station_id: str) -> tuple[int, float, float] | None:
        """Return number and place of a station; None when it never counted."""
        if station_id in self.changed:
            return self.changed[station_id]
        number = self.known.number.get(station_id)
        if number is None:
            return None
        return number, float(self.known.x[number]), float(self.known.y[number])

    def put(self, places: Mapping[str, tuple[float, float]]) -> tuple["Stations", list[int]]:
        """Set where stations are now; also return their numbers, in the order of `places`."""
        changed, added, numbers = dict(self.changed), list(self.added), []
        for station, (x, y) in places.items():
            was = self.get(station)
            if was is None:
                added.append(station)
            number = was[0] if was else len(self.known.ids) + len(added) - 1
            numbers.append(number)
            changed[station] = number, x, y
        return Stations(self.known, tuple(added), changed), numbers

    def id_of(self, number: int) -> str:
        """Return the id of a station number."""
        known = len(self.known.ids)
        return str(self.known.ids[number] if number < known else self.added[number - known])


def match(prepared: Prepared, x: F, y: F) -> Matches:
    """Find the stations of a whole city that count on each part.

    Parameters
    ----------
    prepared : Prepared
    x, y : (k,) float64
        Planar metres; numbered as they stand. Those that are not finite count nowhere.
    """
    station, near, at_m, _, offset_m = within(prepared.near, x, y, distance_m=prepared.snap_m)
    if prepared.near is prepared.lines:  # no twins: sorted already
        first = np.searchsorted(near, np.arange(len(prepared.lines) + 1))
        return Matches(first, station, at_m, offset_m)
    line, station, at_m, offset_m = _on_parts(prepared, station, near, at_m, offset_m, x, y)
    return Matches.of(line, station, at_m, offset_m, lines=len(prepared.lines))


def match_near(prepared: Prepared, station: I, near: I, x: F, y: F) -> tuple[I, I, F, F]:
    """Do as `match` for pairs found `around` some stations: line, station, at_m, offset_m."""
    at_m, distance_m, offset_m = locate(prepared.near, near, x[station], y[station])
    ok = ticks(distance_m) <= ticks(prepared.snap_m)
    return _on_parts(prepared, station[ok], near[ok], at_m[ok], offset_m[ok], x, y)


def around(prepared: Prepared, x: F, y: F) -> tuple[I, I]:
    """Pair places with the lines of ``prepared.near`` that may lie within snapping distance."""
    reach = (prepared.snap_m + 1e-3) * prepared.widest
    known = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    places = shapely.points(x[known], y[known])
    place, near = prepared.tree.query(places, predicate="dwithin", distance=reach)
    return known[place], near


def _on_parts(
    prepared: Prepared, station: I, near: I, at_m: F, offset_m: F, x: F, y: F
) -> tuple[I, I, F, F]:
    """Carry what is near a twin over to the part that is measured, each station once."""
    if prepared.near is prepared.lines:
        return near, station, at_m, offset_m
    line, own = prepared.line_of[near], near < len(prepared.lines)
    pair = line * len(x) + station
    line_2, station_2 = np.divmod(np.setdiff1d(pair[~own], pair[own]), max(len(x), 1))
    at_2, _, offset_2 = locate(prepared.lines, line_2, x[station_2], y[station_2])
    return (
        np.concatenate((line[own], line_2)),
        np.concatenate((station[own], station_2)),
        np.concatenate((at_m[own], at_2)),
        np.concatenate((offset_m[own], offset_2)),
    )
