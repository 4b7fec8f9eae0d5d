"""Stretches of many lines as sorted intervals on one axis."""

from dataclasses import dataclass

import numpy as np

from stationmap.streets.network import Bools, Floats, Ints

APART_M = 1000.0
"""Room between two lines on the axis, wider than any distance that a rule joins across."""


@dataclass(frozen=True)
class Axis:
    """Lines laid end to end on one axis, `APART_M` apart; chainages become places on it."""

    length_m: Floats
    closed: Bools

    @property
    def base(self) -> Floats:
        """Place of each line's chainage 0."""
        room = self.length_m + APART_M
        return np.cumsum(room) - room

    def place(self, line: Ints, at_m: Floats) -> Floats:
        """Place on the axis of chainages of lines."""
        return self.base[line] + at_m

    def merge(
        self, line: Ints, from_m: Floats, to_m: Floats, *, closer_than_m: float
    ) -> tuple[Ints, Floats, Floats]:
        """Clip intervals to their lines and join those that touch or lie closer than a distance.

        On a closed line an interval may reach beyond either end: it goes on at the other, and
        the first and last join through the origin (both then reach it).
        """
        length, ring = self.length_m[line], self.closed[line]
        before, after = ring & (from_m < 0), ring & (to_m > length)
        line = np.r_[line, line[before], line[after]]
        low = np.r_[from_m, from_m[before] + length[before], np.zeros(after.sum())]
        high = np.r_[to_m, length[before], to_m[after] - length[after]]
        length = self.length_m[line]
        low, high = np.clip(low, 0, length), np.clip(high, 0, length)
        order = np.lexsort((low, line))
        line, low, high = line[order], low[order], high[order]
        if not len(line):
            return line, low, high
        start = self.place(line, low)
        reach = np.maximum.accumulate(self.place(line, high))
        gap = np.round(start[1:] - reach[:-1], 4)
        opens = np.r_[True, (gap >= closer_than_m) & (gap > 0)]
        first = np.flatnonzero(opens)
        line, low = line[first], low[first]
        high = reach[np.r_[first[1:] - 1, len(reach) - 1]] - self.base[line]
        return self._join_through_origin(line, low, high, closer_than_m)

    def _join_through_origin(
        self, line: Ints, low: Floats, high: Floats, closer_than_m: float
    ) -> tuple[Ints, Floats, Floats]:
        first = np.flatnonzero(np.diff(line, prepend=-1))
        last = np.flatnonzero(np.diff(line, append=-1))
        gap = np.round(low[first] + self.length_m[line[first]] - high[last], 4)
        joins = self.closed[line[first]] & (gap < closer_than_m)
        low, high = low.copy(), high.copy()
        low[first[joins]] = 0
        high[last[joins]] = self.length_m[line[last[joins]]]
        return line, low, high

    def inside(self, line: Ints, from_m: Floats, to_m: Floats, at: Floats) -> Bools:
        """Tell which places of the axis lie inside sorted, disjoint intervals."""
        edges = np.column_stack([self.place(line, from_m), self.place(line, to_m)]).ravel()
        within: Bools = np.searchsorted(edges, at, side="right") % 2 == 1
        return within
