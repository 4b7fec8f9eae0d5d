"""What a station closes at its turn: metres of gap, as the rule measures them; and the order."""

import bisect
import heapq
from itertools import pairwise

import numpy as np
from scipy import sparse

from stationmap.covering import B, F, I, ticks
from stationmap.linear import TICKS_PER_M
from stationmap.planning.windows import Along


class Gaps:
    """The gaps along streets while stations are added one by one.

    Parameters
    ----------
    along : Along
        The runs, with all points along them.
    there : array of bool
        Which points stand or will.
    fixed : int
        The first so many stand from the beginning.
    """

    def __init__(self, along: Along, *, there: B, fixed: int) -> None:
        self._spacing = along.spacing
        self._ring = along.ring.tolist()
        self._ends = list(zip(along.from_m.tolist(), along.to_m.tolist(), strict=True))
        self._stood: dict[int, list[float]] = {}
        self._served: set[int] = set()
        self._on: list[list[tuple[int, float]]] = [[] for _ in there]
        self._near: list[list[int]] = [[] for _ in there]
        self._points: dict[int, list[tuple[float, int]]] = {}
        run, row = along.standing
        kept = there[along.point[row]]
        run, row = run[kept], row[kept]
        at_m, point = along.placed.at_m[row].tolist(), along.point[row].tolist()
        for own, at, who in zip(run.tolist(), at_m, point, strict=True):
            self._on[who].append((own, at))
            self._points.setdefault(own, []).append((at, who))
        window, near = along.lonely()
        kept, short = there[near], np.flatnonzero(~along.long)[window]
        for own, who in zip(short[kept].tolist(), near[kept].tolist(), strict=True):
            self._near[who].append(own)
        for points in self._points.values():
            points.sort()
        for who in range(fixed):
            self.add(who)

    def closes(self, point: int) -> int:
        """Tell how many ticks of gap a station at a point would close now."""
        closed = sum(self._long(run) for run in set(self._near[point]) - self._served)
        done: list[tuple[int, float]] = []
        for run, at in self._on[point]:
            closed += self._cut(run, at)
            done.append((run, at))
        for run, at in done:
            stood = self._stood[run]
            stood.pop(bisect.bisect_left(stood, at))
        return closed

    def add(self, point: int) -> int:
        """Put a station at a point; return the ticks of gap that it closes."""
        closed = self.closes(point)
        self._served.update(self._near[point])
        for run, at in self._on[point]:
            bisect.insort(self._stood.setdefault(run, []), at)
        return closed

    def beside(self, point: int) -> set[int]:
        """List the points in the pieces that a station at a point ends, and itself."""
        found = {point}
        for run, at in self._on[point]:
            points = self._points[run]
            if self._ring[run]:
                found.update(who for _, who in points)
                continue
            stood = self._stood[run]
            before, behind = bisect.bisect_left(stood, at), bisect.bisect_right(stood, at)
            low = stood[before - 1] if before else self._ends[run][0]
            high = stood[behind] if behind < len(stood) else self._ends[run][1]
            start = bisect.bisect_left(points, (low, -1))
            found.update(who for _, who in points[start : bisect.bisect_right(points, (high, -1))])
        return found

    def _cut(self, run: int, at: float) -> int:
        """Stand at a chainage of a long run; return by how much less of it is gap."""
        stood = self._stood.setdefault(run, [])
        place = bisect.bisect_left(stood, at)
        from_m, to_m = self._ends[run]
        if self._ring[run]:
            around = to_m - from_m
            low = stood[place - 1] - around * (place == 0) if stood else None
            high = stood[place % len(stood)] + around * (place == len(stood)) if stood else None
            stood.insert(place, at)
            if low is None or high is None:
                return 0  # one station leaves the whole round open, and a ring here is longer
        else:
            low = stood[place - 1] if place else from_m
            high = stood[place] if place < len(stood) else to_m
            stood.insert(place, at)
        was, *now = (self._open(b - a) for a, b in ((low, high), *pairwise((low, at, high))))
        return was - sum(now)

    def _open(self, length_m: float) -> int:
        long = int(ticks(length_m))
        return long if long > self._spacing else 0

    def _long(self, run: int) -> int:
        from_m, to_m = self._ends[run]
        return int(ticks(to_m - from_m))


def in_closing_order(covers: sparse.csc_array, left: F, columns: I, gaps: Gaps) -> tuple[I, F, F]:
    """Order points so that each adds most to those before it, of equals the one that closes most.

    Parameters
    ----------
    covers : sparse array of bool, (stretches, points)
        By columns.
    left : array of float
        Ticks of each stretch that are not covered yet.
    columns : array of int
        The points to order.
    gaps : Gaps
        With the stations that are there; those ordered are added.

    Returns
    -------
    order : array of int
    values : array of float
        Ticks covered by the first 0, 1, … of them.
    closes_m : array of float
        Metres of gap that each closes at its turn.
    """
    indptr, indices = covers.indptr, covers.indices
    left = left.astype(np.float64, copy=True)

    def entry(column: int) -> tuple[float, int, int]:
        rows = indices[indptr[column] : indptr[column + 1]]
        return -float(left[rows].sum()), -gaps.closes(column), column

    heap = [entry(int(column)) for column in columns]
    heapq.heapify(heap)
    open_ = {int(column) for column in columns}
    order: list[int] = []
    values, closes = [0.0], []
    while heap:
        top = heapq.heappop(heap)
        column = top[-1]
        if column not in open_:
            continue
        now = entry(column)
        if now != top:
            heapq.heappush(heap, now)
            continue
        open_.remove(column)
        order.append(column)
        closes.append(gaps.add(column))
        left[indices[indptr[column] : indptr[column + 1]]] = 0.0
        values.append(values[-1] - now[0])
        for other in gaps.beside(column) & open_:
            heapq.heappush(heap, entry(other))
    return np.array(order, np.int64), np.array(values), np.array(closes, np.float64) / TICKS_PER_M
