"""Gaps as places on streets: chainages, ids, geometry, and the strip of one street."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stationmap.checks.kerbs import Prepared
from stationmap.checks.matching import Matches, Stations
from stationmap.checks.spacing_rule import Cut
from stationmap.covering import I, ticks
from stationmap.linear import TICKS_PER_M, substrings


def gap_places(prepared: Prepared, found: Cut) -> pd.DataFrame:
    """List gaps by place: line, side, from_m, to_m, length_m, points_needed."""
    return pd.DataFrame(gap_columns(prepared, found))


def gap_columns(prepared: Prepared, found: Cut) -> dict[str, NDArray[Any]]:
    """List the same as arrays: for a few gaps a frame costs more than finding them."""
    sides = len(prepared.sides)
    kerb = found.kerb[found.gap_owner]
    length_m = prepared.length_m[kerb]
    passes = prepared.closed[kerb] & (ticks(found.to_m) > ticks(length_m))
    return {
        "line": kerb // sides,
        "side": named(prepared.sides, kerb % sides),
        "from_m": np.round(found.from_m, 4),
        "to_m": np.round(found.to_m - np.where(passes, length_m, 0.0), 4),
        "length_m": found.gap_ticks / TICKS_PER_M,
        "points_needed": found.needed,
    }


def gap_ids(prepared: Prepared, places: pd.DataFrame) -> list[str]:
    """Name gaps by street, part, the metre where they begin, and side."""
    part = prepared.parts.iloc[places["line"]]
    return [
        gap_id(street, number, from_m, side)
        for street, number, from_m, side in zip(
            part["street_id"], part["part"], places["from_m"], places["side"], strict=True
        )
    ]


def gap_id(street_id: str, part: int, from_m: float, side: str) -> str:
    """Name one gap."""
    return f"{street_id}-{part}-{from_m:.0f}-{side}"


def gap_geometry(prepared: Prepared, found: Cut) -> NDArray[np.object_]:
    """Cut the gaps out of the measured lines; planar."""
    line = found.kerb[found.gap_owner] // len(prepared.sides)
    return substrings(prepared.lines, line, found.from_m, found.to_m)


def named(names: tuple[str, ...], number: I) -> NDArray[np.object_]:
    """Put names for numbers."""
    return np.asarray([*names, ""], dtype=object)[number]


def strips(
    prepared: Prepared, found: Cut, matches: Matches, stations: Stations
) -> list[dict[str, Any]]:
    """Lay out kerbs for a picture to scale; see `Spacing.strips`."""
    placed, row = matches.on_kerbs(prepared.sides)
    number = matches.station[row]
    gaps = gap_places(prepared, found)
    gaps.insert(0, "gap_id", gap_ids(prepared, gaps))
    gaps = gaps.drop(columns=["line", "side"])
    bare_owner, bare_low, bare_high = found.bare
    laid_out = []
    for owner, kerb in enumerate(found.kerb.tolist()):
        frontage = _frontage(prepared, kerb)
        bare_here = bare_owner == owner
        here = slice(*placed.first[owner : owner + 2])
        laid_out.append(
            {
                "part": int(prepared.parts["part"].iloc[kerb // len(prepared.sides)]),
                "side": prepared.sides[kerb % len(prepared.sides)],
                "length_m": round(float(prepared.length_m[kerb]), 4),
                "closed": bool(prepared.closed[kerb]),
                "frontage": _metres(frontage),
                "covered": _metres(_without(frontage, bare_low[bare_here], bare_high[bare_here])),
                "gaps": gaps[found.gap_owner == owner].to_dict("records"),
                "stations": [
                    {"station_id": stations.id_of(station), "at_m": round(at_m, 4)}
                    for station, at_m in zip(
                        number[here].tolist(), placed.at_m[here].tolist(), strict=True
                    )
                ],
            }
        )
    return laid_out


def _frontage(prepared: Prepared, kerb: int) -> list[tuple[int, int]]:
    runs, length = prepared.runs, int(ticks(prepared.length_m[kerb]))
    here = slice(*runs.first[kerb : kerb + 2])
    low, high = ticks(runs.from_m[here]).tolist(), ticks(runs.to_m[here]).tolist()
    spans = [(a, min(b, length)) for a, b in zip(low, high, strict=True)]
    return sorted(spans + [(0, b - length) for b in high if b > length])


def _without(spans: list[tuple[int, int]], low: I, high: I) -> list[tuple[int, int]]:
    """Take sorted spans out of others."""
    left = []
    for begin, stop in spans:
        start = begin
        for a, b in zip(low.tolist(), high.tolist(), strict=True):
            if start < b and a < stop:
                left.append((start, a))
                start = b
        left.append((start, stop))
    return [(a, b) for a, b in left if a < b]


def _metres(spans: list[tuple[int, int]]) -> list[list[float]]:
    return [[a / TICKS_PER_M, b / TICKS_PER_M] for a, b in spans]
