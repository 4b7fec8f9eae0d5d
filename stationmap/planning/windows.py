"""The spacing rule as a set cover: which places along frontage must hold a station among them.

Available cut points of a run of frontage are its ends and the places along it where a station
stands or could. No piece of the run is longer than the spacing s exactly when every half-open
window (c, c + s] that begins at a cut point and does not reach the run's end holds a station. Where
that cannot be everywhere, the pieces longer than s that are left are as short in total as can be
exactly when every window (c, c + s] and every window [c - s, c) holds a station, if it holds any
available place. Distances are compared as `checks.spacing_rule.cut` does.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from stationmap.checks.kerbs import Prepared, rows_of
from stationmap.covering import B, F, I, Placed, Spans, place, ticks
from stationmap.linear import expand


@dataclass(frozen=True)
class Along:
    """Runs of frontage of some kerbs, and the places along them; the kerbs count from 0 here.

    Attributes
    ----------
    prepared : Prepared
    kerb : (k,) int64
        The kerbs, as `prepared` numbers them.
    placed : Placed
        Places of points on these kerbs, repeated a lap before and behind on closed ones.
    point : (n,) int64
        Which point each place is of.
    owner, from_m, to_m, ring : (r,)
        The runs: kerb and chainages, and whether it is a ring; see `checks.kerbs.Runs`.
    first, last : (r,) int64
        The places first up to but not including last stand on the run; on a ring one lap.
    """

    prepared: Prepared
    kerb: I
    placed: Placed
    point: I
    owner: I
    from_m: F
    to_m: F
    ring: B
    first: I
    last: I

    @classmethod
    def of(cls, prepared: Prepared, kerb: I, placed: Placed, point: I) -> "Along":
        """Take the places of points on all kerbs, sorted; keep those of `kerb`."""
        owner, row = rows_of(placed.first, kerb)
        count = np.bincount(owner, minlength=len(kerb))
        ends = np.concatenate(([0], np.cumsum(count)))
        length_m, closed = prepared.length_m[kerb], prepared.closed[kerb]
        lapped = Placed(placed.at_m[row], ends).laps(length_m, closed)
        names = Placed(point[row].astype(np.float64), ends).laps(np.zeros(len(kerb)), closed)
        axis = place(lapped.kerb, ticks(lapped.at_m))
        on, run = prepared.runs.of(kerb)
        runs = prepared.runs
        from_m, to_m, ring = runs.from_m[run], runs.to_m[run], runs.ring[run]
        first = np.searchsorted(axis, place(on, ticks(from_m)))
        last = np.searchsorted(axis, place(on, ticks(to_m)) - ring, side="right")
        return cls(
            prepared,
            kerb,
            lapped,
            names.at_m.astype(np.int64),
            on,
            from_m,
            to_m,
            ring,
            first,
            last,
        )

    @property
    def spacing(self) -> int:
        """The rule's spacing in ticks."""
        return int(ticks(self.prepared.spacing_m))

    @cached_property
    def axis(self) -> I:
        """Where each place is, as `covering.place` gives it."""
        return place(self.placed.kerb, ticks(self.placed.at_m))

    @cached_property
    def long(self) -> B:
        """Whether each run is longer than the spacing."""
        found: B = ticks(self.to_m - self.from_m) > self.spacing
        return found

    @cached_property
    def standing(self) -> tuple[I, I]:
        """Run and place of all that stands on runs longer than the spacing."""
        run, k = expand(np.where(self.long, self.last - self.first, 0))
        return run, self.first[run] + k

    def windows(self) -> tuple[I, I, int]:
        """List what must hold a station: number of the window, point in it; how many there are.

        Windows that hold no point beside those at their cut point are left out.
        """
        run, stood = self.standing
        at_m, s = self.placed.at_m[stood], self.spacing
        open_end = np.flatnonzero(self.long & ~self.ring)
        goes_on = self.ring[run] | (ticks(self.to_m[run] - at_m) > s)
        came_on = self.ring[run] | (ticks(at_m - self.from_m[run]) > s)
        found = [
            self._before_or_behind(
                np.concatenate((open_end, run[goes_on])),
                np.concatenate((self.from_m[open_end], at_m[goes_on])),
                behind=True,
            ),
            self._before_or_behind(
                np.concatenate((open_end, run[came_on])),
                np.concatenate((self.to_m[open_end], at_m[came_on])),
                behind=False,
            ),
            self.lonely(),
        ]
        window, number = [], 0
        for one, _ in found:
            names, own = np.unique(one, return_inverse=True)
            window.append(number + own)
            number += len(names)
        return np.concatenate(window), np.concatenate([two for _, two in found]), number

    def _before_or_behind(self, run: I, cut_m: F, *, behind: bool) -> tuple[I, I]:
        """Pair windows of the spacing's width beside cut points of runs with points in them."""
        here, s = ticks(cut_m), self.spacing
        low, high = (here - 1, here + s + 1) if behind else (here - s - 1, here + 1)
        window, row = self._between(run, low, high)
        ahead_m = (self.placed.at_m[row] - cut_m[window]) * (1 if behind else -1)
        stands = (self.first[run[window]] <= row) & (row < self.last[run[window]])
        keep = (ahead_m > 0) & (ticks(ahead_m) <= s) & (stands | self.ring[run[window]])
        # what stands at the cut point itself shortens nothing
        helps = np.zeros(len(run), np.bool_)
        helps[window[keep & (ticks(ahead_m) > 0)]] = True
        keep &= helps[window]
        return window[keep], self.point[row[keep]]

    def lonely(self) -> tuple[I, I]:
        """Pair runs no longer than the spacing with the points that keep them from being lonely."""
        run, s = np.flatnonzero(~self.long), self.spacing
        from_m, to_m = self.from_m[run], self.to_m[run]
        window, row = self._between(run, ticks(from_m) - s - 1, ticks(to_m) + s + 1)
        at_m, own = self.placed.at_m[row], run[window]
        stands = (self.first[own] <= row) & (row < self.last[own])
        before = (row < self.first[own]) & (ticks(from_m[window] - at_m) <= s)
        behind = (row >= self.last[own]) & (ticks(at_m - to_m[window]) <= s)
        keep = stands | before | behind
        return window[keep], self.point[row[keep]]

    def _between(self, run: I, low: I, high: I) -> tuple[I, I]:
        """List the places of the kerbs of runs between chainages in ticks: number, row."""
        start = np.searchsorted(self.axis, place(self.owner[run], low))
        stop = np.searchsorted(self.axis, place(self.owner[run], high), side="right")
        window, k = expand(stop - start)
        return window, start[window] + k


@dataclass(frozen=True)
class Atoms:
    """Stretches of frontage that are covered by the same points, as far as kerbs hold.

    Attributes
    ----------
    covers : sparse array of bool, (stretches, points)
        Which point covers which: within the spacing along the kerb.
    kerb : (stretches,) int64
        Kerb of each, as `Along` counts them.
    length : (stretches,) int64
        Ticks.
    """

    covers: sparse.csc_array
    kerb: I
    length: I


def atoms(along: Along, *, points: int) -> Atoms:
    """Part the frontage at the ends of what each of so many points covers."""
    prepared, placed = along.prepared, along.placed
    long = ticks(prepared.length_m[along.kerb])[placed.kerb]
    low = np.clip(ticks(placed.at_m - prepared.spacing_m), 0, long)
    high = np.clip(ticks(placed.at_m + prepared.spacing_m), 0, long)
    own, row = prepared.stretches.of(along.kerb)
    row_kept = prepared.stretches.frontage[row] > 0
    own, row = own[row_kept], row[row_kept]
    front = prepared.stretches.low[row], prepared.stretches.high[row]
    spans = Spans.of(own, *front)

    kerb = np.concatenate((placed.kerb, placed.kerb, own, own))
    at = np.concatenate((low, high, *front))
    axis, some = np.unique(place(kerb, at), return_index=True)
    kerb, at = kerb[some], at[some]
    same = kerb[1:] == kerb[:-1]
    inside = spans.within(kerb[:-1], at[:-1], at[1:] * same + at[:-1] * ~same) > 0
    number: I = np.concatenate(([0], np.cumsum(inside)))
    start: I = number[np.searchsorted(axis, place(placed.kerb, low))]
    stop: I = number[np.searchsorted(axis, place(placed.kerb, high))]
    which, k = expand(np.maximum(stop - start, 0))
    pairs = start[which] + k, along.point[which]
    shape = int(inside.sum()), points
    covers = sparse.csc_array((np.ones(len(which), np.bool_), pairs), shape=shape)
    covers.sum_duplicates()
    return Atoms(covers.astype(np.bool_), kerb[:-1][inside], (at[1:] - at[:-1])[inside])
