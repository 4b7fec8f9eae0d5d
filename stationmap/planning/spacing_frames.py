"""The tables of a spacing plan: what is proposed, what stays open, and what would close that."""

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from stationmap.checks.kerbs import Prepared
from stationmap.checks.spacing_gaps import gap_geometry, gap_places, named
from stationmap.checks.spacing_rule import Cut
from stationmap.checks.spacing_tally import covered_stretches, where_most_lies
from stationmap.covering import F, I, ticks
from stationmap.crs import to_wgs84
from stationmap.linear import TICKS_PER_M, expand
from stationmap.messages import N_
from stationmap.planning.plan import PROPOSALS, UNCOVERABLE
from stationmap.planning.sites import Sites, free_table
from stationmap.planning.windows import Atoms
from stationmap.standards import SpacingRule

NO_HOST = N_("no shop or facility is known along this stretch near enough to the street to count")
NONE_NEAR = N_("no shop or facility is known on this frontage near enough to the street to count")
NO_PLACE = N_("the line of the street runs over itself here, so no place on it can be told apart")


def figures(prepared: Prepared, found: Cut) -> Mapping[str, Any]:
    """Sum up the kerbs that were cut, in the names of `Spacing.summary`."""
    _, row, covered = covered_stretches(prepared, found)
    long, done = int(prepared.stretches.frontage_ticks[row].sum()), int(covered.sum())
    return {
        "frontage_m": long / TICKS_PER_M,
        "covered_m": done / TICKS_PER_M,
        "covered_share": done / long if long else None,
        "gaps": len(found.gap_owner),
        "gap_m": int(found.gap_ticks.sum()) / TICKS_PER_M,
        "points_needed": int(found.needed.sum()),
        "runs": len(found.run_ok),
        "runs_count_ok": int(found.run_ok.sum()),
    }


def proposals(
    sites: Sites,
    order: I,
    parts: Atoms,
    *,
    left_m: F,
    adds_m: F,
    closes_m: F,
    rule: SpacingRule | None,
) -> gpd.GeoDataFrame:
    """Describe chosen points in building order.

    Parameters
    ----------
    sites : Sites
    order : array of int
        Points, the first to build first.
    parts : Atoms
        Of all points.
    left_m : array of float
        Metres of each stretch of `parts` that no fixed station covers.
    adds_m : array of float
        Metres that each adds at its turn.
    closes_m : array of float
        Metres of gap that each closes at its turn.
    rule : SpacingRule, optional
    """
    rows = sites.table.iloc[order - sites.fixed].reset_index(drop=True)
    feet = _feet(sites, order, parts, left_m)
    alone = parts.covers[:, order].T.astype(np.float64) @ (parts.length / TICKS_PER_M)
    frame = rows.assign(
        proposal_id=rows["candidate_id"],
        rule_id=rule.id if rule else None,
        type=rule.site_type if rule else None,
        **{name: feet[name] for name in feet if name != "adcode"},
        adcode=rows["adcode"].where(rows["adcode"].notna(), feet["adcode"]),
        covers_m=np.round(alone, 4),
        adds=np.round(adds_m, 4),
        closes_m=np.round(closes_m, 4),
        order=np.arange(1, len(rows) + 1),
    )
    return frame[list(PROPOSALS)]


def _feet(sites: Sites, order: I, parts: Atoms, left_m: F) -> pd.DataFrame:
    """Tell where chosen points stand along the street where they cover most, and which others."""
    prepared, turn = sites.prepared, np.full(len(sites), -1)
    turn[order] = np.arange(len(order))
    kerbs = len(sites.kerb)
    on_kerb = np.full(len(prepared.length_m), -1)
    on_kerb[sites.kerb] = np.arange(kerbs)
    place = np.flatnonzero((turn[sites.point] >= 0) & (on_kerb[sites.placed.kerb] >= 0))
    who, kerb = turn[sites.point[place]], on_kerb[sites.placed.kerb[place]]
    covers = parts.covers[:, order].tocoo()
    pairs = covers.coords[1] * kerbs + parts.kerb[covers.coords[0]]
    known, which = np.unique(np.concatenate((pairs, who * kerbs + kerb)), return_inverse=True)
    of_pairs, asked = which[: len(pairs)], which[len(pairs) :]
    gains = [
        np.bincount(of_pairs, value[covers.coords[0]], len(known))[asked]
        for value in (left_m, parts.length / TICKS_PER_M)
    ]
    ranked = np.lexsort((kerb, -gains[1].round(4), -gains[0].round(4), who))
    best = ranked[np.unique(who[ranked], return_index=True)[1]]
    line = sites.kerb[kerb] // len(prepared.sides)
    streets = prepared.parts["street_id"].to_numpy(dtype=object)[line]
    also: list[list[str]] = [[] for _ in order]
    own = streets[best]
    for row in ranked.tolist():
        street, turn_of = str(streets[row]), int(who[row])
        if gains[1][row] > 0 and street != str(own[turn_of]) and street not in also[turn_of]:
            also[turn_of].append(street)
    part = prepared.parts.iloc[line[best]].reset_index(drop=True)
    return pd.DataFrame(
        {
            "street_id": part["street_id"],
            "street_name": part["name"],
            "adcode": part["adcode"],
            "part": part["part"],
            "side": named(prepared.sides, sites.kerb[kerb[best]] % len(prepared.sides)),
            "chainage_m": np.round(sites.placed.at_m[place[best]], 4),
            "also": [";".join(names) for names in also],
        }
    )


def uncoverable(sites: Sites, left: Cut, *, free_standing: bool) -> gpd.GeoDataFrame:
    """List the pieces of frontage that stay open, with the reason."""
    prepared = sites.prepared
    places = gap_places(prepared, left)
    _, adcode, _ = where_most_lies(prepared, left)
    part = prepared.parts.iloc[places["line"]].reset_index(drop=True)
    short = left.gap_ticks <= ticks(prepared.spacing_m)
    reason = np.where(short, NONE_NEAR, NO_HOST)
    frame = pd.DataFrame(
        {
            "kind": "gap",
            "subject_id": part["street_id"],
            "name": part["name"],
            "adcode": named(prepared.adcodes, adcode),
            "part": part["part"],
            "side": places["side"],
            "from_m": places["from_m"],
            "to_m": places["to_m"],
            "length_m": places["length_m"],
            "weight": np.nan,
            "points_needed": places["points_needed"],
            "reason": NO_PLACE if free_standing else reason,
        }
    )
    shapes = gap_geometry(prepared, left)
    found = gpd.GeoDataFrame(frame, geometry=shapes, crs=prepared.lines.crs)
    return to_wgs84(found)[list(UNCOVERABLE)]


def suggested(sites: Sites, left: Cut, rule: SpacingRule | None) -> gpd.GeoDataFrame:
    """Place the free-standing points that would close what stays open, evenly."""
    prepared = sites.prepared
    gap, k = expand(left.needed)
    kerb = sites.kerb[left.gap_owner[gap]]
    long_m = left.to_m - left.from_m
    # a ring without a station has no end to count from: as many points as pieces
    rounds = left.needed > -(-left.gap_ticks // ticks(prepared.spacing_m)) - 1
    pieces = left.needed + ~(rounds & (left.gap_ticks > ticks(prepared.spacing_m)))
    at_m = left.from_m[gap] + (k + 1) * (long_m / pieces)[gap]
    length_m = prepared.length_m[kerb]
    at_m = np.where(prepared.closed[kerb] & (at_m > length_m), at_m - length_m, at_m)
    rows = free_table(prepared, kerb, at_m)
    part = prepared.parts.iloc[kerb // len(prepared.sides)].reset_index(drop=True)
    frame = rows.assign(
        proposal_id=rows["candidate_id"],
        rule_id=rule.id if rule else None,
        type=rule.site_type if rule else None,
        street_id=part["street_id"],
        street_name=part["name"],
        part=part["part"],
        side=named(prepared.sides, kerb % len(prepared.sides)),
        chainage_m=np.round(at_m, 4),
        also="",
        covers_m=np.nan,
        adds=np.nan,
        closes_m=np.nan,
        order=pd.array([pd.NA] * len(rows), dtype="Int64"),
    )
    return frame[list(PROPOSALS)]
