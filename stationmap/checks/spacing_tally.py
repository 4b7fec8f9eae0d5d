"""Sums of the spacing check by class and district, in whole numbers that add up exactly."""

from dataclasses import dataclass

import numpy as np

from stationmap.checks.kerbs import FRONTAGE, Prepared
from stationmap.checks.spacing_rule import Cut
from stationmap.covering import B, I, Spans, place, ticks
from stationmap.linear import expand


@dataclass(frozen=True)
class Tally:
    """Sums over kerbs.

    Attributes
    ----------
    runs_ok : int
        Runs of frontage with as many stations as they need by count.
    sums : (4, classes, districts) int64
        Covered ticks, gaps, points needed, ticks of gap.
    """

    runs_ok: int
    sums: I

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.runs_ok + other.runs_ok, self.sums + other.sums)


def tally(prepared: Prepared, cut: Cut, *, weight: I | None = None) -> Tally:
    """Add up what was found on kerbs, each times its weight (1 without)."""
    times = np.ones(len(cut.kerb), dtype=np.int64) if weight is None else weight
    owner, row, covered = covered_stretches(prepared, cut)
    street_class, adcode, _ = where_most_lies(prepared, cut)
    gap_times = times[cut.gap_owner]
    gaps = (gap_times, cut.needed * gap_times, cut.gap_ticks * gap_times)
    sums = [
        prepared.total(
            prepared.stretches.street_class[row],
            prepared.stretches.adcode[row],
            covered * times[owner],
        )
    ]
    sums += [prepared.total(street_class, adcode, value) for value in gaps]
    return Tally(int((cut.run_ok * times[cut.run_owner]).sum()), np.array(sums))


def covered_stretches(prepared: Prepared, cut: Cut) -> tuple[I, I, I]:
    """Covered frontage of the stretches of the kerbs: place in ``cut.kerb``, row, ticks."""
    stretches = prepared.stretches
    owner, row = stretches.of(cut.kerb)
    bare = Spans.of(*cut.bare)
    without = bare.within(owner, stretches.low[row], stretches.high[row])
    return owner, row, np.maximum(stretches.frontage_ticks[row] - without, 0)


def where_most_lies(prepared: Prepared, cut: Cut) -> tuple[I, I, B]:
    """Class and district of each gap, and whether any of its frontage is assumed.

    Class and district are those of most of its length, each for itself; of equal ones the first.
    """
    stretches, number = prepared.stretches, len(cut.gap_owner)
    gap, kerb, low, high = through_origin(prepared, cut)
    start = np.searchsorted(stretches.axis, place(kerb, low), side="right") - 1
    stop = np.searchsorted(stretches.axis, place(kerb, high))
    owner, k = expand(stop - start)
    row, gap = start[owner] + k, gap[owner]
    long = np.minimum(high[owner], stretches.high[row]) - np.maximum(low[owner], stretches.low[row])
    assumed = np.zeros(number, dtype=np.bool_)
    assumed[gap[stretches.frontage[row] == FRONTAGE.index("assumed")]] = True
    return (
        majority(gap, stretches.street_class[row], long, number),
        majority(gap, stretches.adcode[row], long, number),
        assumed,
    )


def shop_ticks(prepared: Prepared, cut: Cut) -> I:
    """Known shop frontage inside each gap, 0.1 mm."""
    gap, kerb, low, high = through_origin(prepared, cut)
    inside = prepared.shops.within(kerb, low, high)
    return np.bincount(gap, inside, len(cut.gap_owner)).astype(np.int64)


def through_origin(prepared: Prepared, cut: Cut) -> tuple[I, I, I, I]:
    """Spans of the gaps, two where one passes the origin: gap, kerb, low, high (ticks)."""
    kerb = cut.kerb[cut.gap_owner]
    low, high, length = ticks(cut.from_m), ticks(cut.to_m), ticks(prepared.length_m[kerb])
    gap = np.arange(len(kerb))
    over = np.flatnonzero(prepared.closed[kerb] & (high > length))
    return (
        np.concatenate((gap, over)),
        np.concatenate((kerb, kerb[over])),
        np.concatenate((low, np.zeros(len(over), dtype=np.int64))),
        np.concatenate((np.minimum(high, length), high[over] - length[over])),
    )


def majority(group: I, label: I, weight: I, number: int) -> I:
    """Label with the most weight in each group; of equal ones the first."""
    most = np.zeros(number, dtype=np.int64)
    most[group] = label
    mixed = np.flatnonzero(label != most[group])
    if mixed.size:
        mixed = np.flatnonzero(np.isin(group, group[mixed]))
        pair, first, which = np.unique(
            np.column_stack((group[mixed], label[mixed])),
            axis=0,
            return_index=True,
            return_inverse=True,
        )
        total = np.bincount(which.ravel(), weight[mixed])
        order = np.lexsort((first, -total, pair[:, 0]))
        top = order[np.flatnonzero(np.diff(pair[order, 0], prepend=-1))]
        most[pair[top, 0]] = pair[top, 1]
    return most
