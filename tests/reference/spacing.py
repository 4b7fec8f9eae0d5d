"""The spacing rule on one run of frontage: gaps, points needed, three readings."""

import itertools
import math
from dataclasses import dataclass

from reference.plane import Interval, clip, rounded, total, union


@dataclass(frozen=True)
class Run:
    """Frontage without a break on a part: its ends, or a whole ring."""

    from_m: float
    to_m: float  # beyond the part's length where it runs through the origin of a ring
    whole_ring: bool = False

    @property
    def length(self) -> float:
        """Metres of frontage."""
        return self.to_m - self.from_m


def points_between(gap_m: float, spacing_m: float) -> int:
    """Points that a gap between two cut points needs."""
    return max(1, math.ceil(rounded(gap_m) / spacing_m) - 1)


def count_needed(run: Run, spacing_m: float) -> int:
    """Stations that a run needs under the reading by count."""
    if run.whole_ring:
        return math.ceil(rounded(run.length) / spacing_m)
    return points_between(run.length, spacing_m)


def _copies(places: list[float], part_m: float, closed: bool) -> list[float]:
    turns = (-1, 0, 1, 2) if closed else (0,)
    return sorted(place + turn * part_m for place in places for turn in turns)


def on_run(run: Run, places: list[float], *, part_m: float, closed: bool) -> list[float]:
    """Places of stations on a run, in its own (unrolled) chainage."""
    if run.whole_ring:
        return sorted(places)
    return [
        p
        for p in _copies(places, part_m, closed)
        if rounded(p - run.from_m) >= 0 and rounded(run.to_m - p) >= 0
    ]


def cut_run(
    run: Run, places: list[float], *, part_m: float, closed: bool, spacing_m: float
) -> list[tuple[float, float, int]]:
    """Gaps (from, to, points) of a run, given every counting station's place on the part."""
    here = on_run(run, places, part_m=part_m, closed=closed)
    if run.whole_ring:
        if not here:
            return [(run.from_m, run.to_m, math.ceil(rounded(part_m) / spacing_m))]
        ends = [*here, here[0] + part_m]
    else:
        if not here:
            near = [
                p
                for p in _copies(places, part_m, closed)
                if rounded(run.from_m - p) <= spacing_m and rounded(p - run.to_m) <= spacing_m
            ]
            if not near:
                return [(run.from_m, run.to_m, points_between(run.length, spacing_m))]
        ends = [run.from_m, *here, run.to_m]
    return [
        (a, b, points_between(b - a, spacing_m))
        for a, b in itertools.pairwise(ends)
        if rounded(b - a) > spacing_m
    ]


def covered(
    run: Run, places: list[float], *, part_m: float, closed: bool, spacing_m: float
) -> float:
    """Metres of a run within the spacing of a counting station along the part."""
    reach: list[Interval] = union(
        (p - spacing_m, p + spacing_m) for p in _copies(places, part_m, closed)
    )
    return min(total(clip(reach, run.from_m, run.to_m)), run.length)
