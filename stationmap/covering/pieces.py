"""Frontage in pieces, each with the stations that have it within reach along the street."""

from dataclasses import dataclass

import numpy as np

from stationmap.covering.along import B, F, I, place, ticks
from stationmap.linear import expand


@dataclass(frozen=True)
class Pieces:
    """Frontage cut into pieces that the same stations cover from end to end.

    Attributes
    ----------
    kerb, low, high : (n,) int64
        Where each lies, chainages in ticks of 0.1 mm; sorted, disjoint.
    group : (n,) int64
        Of the stretch that it is of.
    pairs : (piece, station) of (k,) int64
        What each station covers; a pair may stand twice on a closed kerb.
    """

    kerb: I
    low: I
    high: I
    group: I
    pairs: tuple[I, I]

    @property
    def length(self) -> I:
        """Ticks of each."""
        return self.high - self.low


def pieces(
    spans: tuple[I, I, I, I],
    stations: tuple[I, F, I],
    *,
    reach_m: float,
    length_m: F,
    closed: B,
) -> Pieces:
    """Cut spans of frontage where the reach of a station begins or ends.

    Parameters
    ----------
    spans : kerb, low, high, group of (n,) int64
        Stretches of frontage, sorted and disjoint; chainages in ticks.
    stations : kerb, at_m, station of (k,)
        Where each stands; one may stand on several kerbs.
    reach_m : float
        Metres along the kerb; what lies exactly this far is covered, as in `uncovered`.
    length_m : (kerbs,) float64
    closed : (kerbs,) bool
    """
    kerb, low, high, group = spans
    on, begin, end, station = _covers(stations, reach_m, length_m, closed)
    start, stop = place(kerb, low), place(kerb, high)
    left, right = place(on, begin), place(on, end)
    cuts = np.sort(np.concatenate((start, stop, left, right)))
    cuts = cuts[np.diff(cuts, prepend=-1) != 0]
    span = start.searchsorted(cuts, side="right") - 1
    inside = np.flatnonzero(span >= 0)
    inside = inside[cuts[inside] < stop[span[inside]]]
    begins, ends, span = cuts[inside], cuts[inside + 1], span[inside]
    first, last = np.searchsorted(begins, left), np.searchsorted(begins, right)
    cover, k = expand(np.maximum(last - first, 0))
    origin = place(kerb[span], np.zeros_like(begins))
    pairs = first[cover] + k, station[cover]
    return Pieces(kerb[span], begins - origin, ends - origin, group[span], pairs)


def _covers(stations: tuple[I, F, I], reach_m: float, length_m: F, closed: B) -> tuple[I, I, I, I]:
    """Return what each station has within reach: kerb, low, high (ticks), station.

    On a closed kerb also what it has through the origin, as if it stood a lap before or behind.
    """
    kerb, at_m, station = stations
    round_ = np.flatnonzero(closed[kerb])
    row = np.concatenate((np.arange(len(kerb)), round_, round_))
    lap = np.repeat((0, -1, 1), (len(kerb), len(round_), len(round_)))
    on = kerb[row]
    at = at_m[row] + lap * length_m[on]
    low = np.maximum(ticks(at - reach_m), 0)
    high = np.minimum(ticks(at + reach_m), ticks(length_m)[on])
    some = high > low
    return on[some], low[some], high[some], station[row][some]
