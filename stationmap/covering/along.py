"""Covered share: how much frontage has a station within reach along the street.

Kerbs are the carriers of chainage here: a part, or one side of a part. Spans lie on kerbs, and are
counted in ticks of 0.1 mm, whole numbers, so that sums do not depend on their order.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stationmap.linear import TICKS_PER_M

F = NDArray[np.float64]
I = NDArray[np.int64]  # noqa: E741
B = NDArray[np.bool_]

# room on the common axis for one kerb: 110 000 km of chainage either way
_ROOM = 1 << 41


def ticks(metres: F | float) -> I:
    """Round metres to whole ticks of 0.1 mm."""
    rounded: I = np.rint(np.asarray(metres) * TICKS_PER_M).astype(np.int64)
    return rounded


def place(kerb: I, at: I) -> I:
    """Put chainages (ticks) of many kerbs on one axis, kerb after kerb."""
    return kerb * _ROOM + at


@dataclass(frozen=True)
class Spans:
    """Spans of kerbs, sorted and disjoint.

    Attributes
    ----------
    start : (n,) int64
        Where each begins, as `place` gives it.
    length : (n,) int64
        Ticks.
    before : (n,) int64
        Ticks of all spans before this one.
    """

    start: I
    length: I
    before: I

    @classmethod
    def of(cls, kerb: I, low: I, high: I) -> "Spans":
        """Take spans sorted by kerb and `low`, in ticks of chainage; empty ones are left out."""
        some = high > low
        length = (high - low)[some]
        return cls(place(kerb, low)[some], length, np.cumsum(length) - length)

    def within(self, kerb: I, low: I, high: I) -> I:
        """Ticks of the spans that lie between two chainages (ticks) of kerbs."""
        return self._up_to(place(kerb, high)) - self._up_to(place(kerb, low))

    def _up_to(self, axis: I) -> I:
        if not len(self.start):
            return np.zeros(len(axis), dtype=np.int64)
        span = np.maximum(self.start.searchsorted(axis, side="right") - 1, 0)
        inside: I = np.minimum(np.maximum(axis - self.start[span], 0), self.length[span])
        return self.before[span] + inside


@dataclass(frozen=True)
class Placed:
    """Stations on kerbs: chainages sorted kerb by kerb.

    Kerb i has the stations ``first[i]`` up to but not including ``first[i + 1]``.
    """

    at_m: F
    first: I

    @classmethod
    def chain(cls, one: "Placed", other: "Placed") -> "Placed":
        """Put the kerbs of another after those of one."""
        first = np.concatenate((one.first, one.first[-1] + other.first[1:]))
        return cls(np.concatenate((one.at_m, other.at_m)), first)

    @property
    def kerb(self) -> I:
        """Kerb of each station."""
        return np.repeat(np.arange(len(self.first) - 1), np.diff(self.first))

    def laps(self, length_m: F, closed: B) -> "Placed":
        """Repeat the stations of closed kerbs one lap before and one behind.

        What is asked about a stretch through the origin is then asked as on any other kerb.
        """
        if not closed.any():
            return self
        count = np.diff(self.first)
        times = np.where(closed, 3, 1)
        first = np.concatenate(([0], np.cumsum(count * times)))
        kerb = np.repeat(np.arange(len(count)), count * times)
        k = np.arange(len(kerb)) - first[kerb]
        lap = np.where(closed[kerb], k // np.maximum(count, 1)[kerb] - 1, 0)
        at_m = self.at_m[self.first[kerb] + k % np.maximum(count, 1)[kerb]]
        return Placed(at_m + lap * length_m[kerb], first)


def uncovered(placed: Placed, length_m: F, *, reach_m: float) -> tuple[I, I, I]:
    """Find what has no station within reach along its kerb.

    Parameters
    ----------
    placed : Placed
        With the `Placed.laps` of closed kerbs.
    length_m : (n,) float64
        Metres of each kerb.
    reach_m : float
        Metres along the kerb; what lies exactly this far is covered.

    Returns
    -------
    kerb, low, high : (k,) int64
        Spans, sorted and disjoint; chainages in ticks.
    """
    count = np.diff(placed.first)
    kerb = np.repeat(np.arange(len(count)), count + 1)
    # n stations part a kerb into n + 1 spans: the first begins at 0, the last ends at the length
    low_m, high_m = np.zeros(len(kerb)), length_m[kerb]
    inner = np.ones(len(kerb) - 1, dtype=np.bool_) if len(kerb) else np.zeros(0, dtype=np.bool_)
    inner[placed.first[1:-1] + np.arange(len(count) - 1)] = False
    low_m[1:][inner] = placed.at_m + reach_m
    high_m[:-1][inner] = placed.at_m - reach_m
    low = np.maximum(ticks(low_m), 0)
    high = np.minimum(ticks(high_m), ticks(length_m)[kerb])
    some = high > low
    return kerb[some], low[some], high[some]
