"""The spacing rule itself: frontage, cut at the stations, and the pieces that are too long."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from stationmap.checks.kerbs import Prepared
from stationmap.covering import B, F, I, Placed, place, ticks, uncovered
from stationmap.linear import expand


@dataclass(frozen=True)
class Cut:
    """What the rule finds on some kerbs; `owner` counts the kerbs asked about.

    Attributes
    ----------
    kerb : (n,) int64
        The kerbs asked about; one may be asked about twice, with other stations.
    run_owner : (r,) int64
    run_ok : (r,) bool
        Whether each run of frontage has as many stations as it needs.
    gap_owner : (g,) int64
    from_m, to_m : (g,) float64
        Chainages of each gap; `to_m` is beyond the length where a gap passes the origin.
    gap_ticks : (g,) int64
        Length, 0.1 mm.
    needed : (g,) int64
        Points needed to close it.
    stations : Placed
        The stations on the kerbs, repeated a lap before and behind on closed ones.
    length_m : (n,) float64
        Of the kerbs.
    spacing_m : float
    """

    kerb: I
    run_owner: I
    run_ok: B
    gap_owner: I
    from_m: F
    to_m: F
    gap_ticks: I
    needed: I
    stations: Placed
    length_m: F
    spacing_m: float

    @cached_property
    def bare(self) -> tuple[I, I, I]:
        """Spans with no station within the spacing along the kerb: owner, low, high (ticks)."""
        return uncovered(self.stations, self.length_m, reach_m=self.spacing_m)


def cut(prepared: Prepared, kerb: I, stations: Placed) -> Cut:
    """Apply the rule to kerbs, given the places of the stations that count on each.

    1. A run of frontage is cut at the stations that stand on it, its ends included.
    2. A run with no station on it, nor within the spacing of it along the kerb, is one gap
       whatever its length.
    3. By count, a run needs as many stations as a gap of its length needs points (6).
    4. A ring has no ends: n stations cut it into n pieces, none leaves one piece all round.
    5. A piece longer than the spacing is a gap; one of exactly the spacing is none.
    6. A gap of length g needs max(1, ceil(g / spacing) - 1) points; a ring without a station
       needs ceil(g / spacing).

    Lengths are rounded to 0.1 mm before they are compared.
    """
    spacing = ticks(prepared.spacing_m)
    length_m, closed = prepared.length_m[kerb], prepared.closed[kerb]
    stations = stations.laps(length_m, closed)
    axis = place(stations.kerb, ticks(stations.at_m))
    at_m = np.append(stations.at_m, 0.0)  # one more for runs with no station before or behind
    owner, row = prepared.runs.of(kerb)
    from_m, to_m = prepared.runs.from_m[row], prepared.runs.to_m[row]
    ring = prepared.runs.ring[row]

    # RULE 1: the stations first up to last stand on the run
    first = np.searchsorted(axis, place(owner, ticks(from_m)))
    last = np.searchsorted(axis, place(owner, ticks(to_m)) - ring, side="right")
    standing = last - first

    # RULE 2
    before = (first > stations.first[owner]) & (ticks(from_m - at_m[first - 1]) <= spacing)
    behind = (last < stations.first[owner + 1]) & (ticks(at_m[last] - to_m) <= spacing)
    lonely = (standing == 0) & ~before & ~behind

    # RULE 3
    run_ok = standing >= points_needed(ticks(to_m - from_m), spacing, ring)

    # RULE 4: begin at the first station of a ring, and end there
    turns = ring & (standing > 0)
    from_m = np.where(turns, at_m[first], from_m)
    to_m = np.where(turns, from_m + length_m[owner], to_m)
    first += turns

    # RULE 5
    run, begin_m, end_m = _pieces(at_m, first, last, from_m, to_m)
    piece = ticks(end_m - begin_m)
    gap = np.flatnonzero((piece > spacing) | lonely[run])
    run, piece = run[gap], piece[gap]
    around = length_m[owner[run]]
    lap = np.where(closed[owner[run]] & (ticks(begin_m[gap]) >= ticks(around)), around, 0.0)

    return Cut(
        kerb,
        owner,
        run_ok,
        owner[run],
        begin_m[gap] - lap,
        end_m[gap] - lap,
        piece,
        points_needed(piece, spacing, (ring & ~turns)[run]),  # RULE 6
        stations,
        length_m,
        prepared.spacing_m,
    )


def points_needed(length: I, spacing: I, ring: B) -> I:
    """Points that close a gap, or that frontage needs by count; lengths in ticks."""
    parts = -(-length // spacing)
    return np.maximum(1, np.where(ring, parts, parts - 1))


def _pieces(at_m: F, first: I, last: I, from_m: F, to_m: F) -> tuple[I, F, F]:
    """Cut runs at the stations first up to last of each: run, begin and end of each piece."""
    count = last - first + 1
    run, k = expand(count)
    begin_m, end_m = at_m[first[run] + k - 1], at_m[first[run] + k]
    stop = np.cumsum(count)
    begin_m[stop - count], end_m[stop - 1] = from_m, to_m
    return run, begin_m, end_m
