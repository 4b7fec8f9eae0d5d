"""Findings of the spacing rule: every gap is a shortfall, every street without one is met."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike, NDArray

from stationmap.checks import words
from stationmap.checks.facts import Facts
from stationmap.checks.findings import MET, NOT_MET, UNKNOWN, Batch
from stationmap.checks.kerbs import Prepared, rows_of
from stationmap.crs import to_wgs84
from stationmap.messages import N_
from stationmap.standards import SpacingRule

MESSAGES: Mapping[str, str] = MappingProxyType(
    {
        "spacing.gap": N_(
            "{name}: {length_m:.0f} m of frontage without a {site_type}, more than {spacing_m:g} "
            "m; at least {points_needed} more needed"
        ),
        "spacing.alone": N_(
            "{name}: {length_m:.0f} m of frontage with no {site_type} on it, nor within "
            "{spacing_m:g} m along the street; at least {points_needed} needed"
        ),
        "spacing.met": N_("{name}: a {site_type} every {spacing_m:g} m along its frontage"),
        "spacing.few": N_(
            "{name}: {short} of its {runs} stretches of frontage have fewer {site_type} than one "
            "every {spacing_m:g} m comes to"
        ),
        "spacing.count": N_(
            "{name}: as many {site_type} as one every {spacing_m:g} m of frontage comes to"
        ),
        "spacing.uncovered": N_(
            "{name}: {bare_m:.0f} m of frontage farther than {spacing_m:g} m along the street from "
            "any {site_type}"
        ),
        "spacing.covered": N_(
            "{name}: all of its frontage within {spacing_m:g} m along the street of a {site_type}"
        ),
        "spacing.no_streets": N_("the streets have not been imported"),
    }
)


def check(rule: SpacingRule, facts: Facts) -> list[Batch]:
    """Say every gap of the rule, and every street that has frontage and no gap.

    Where the pack lets the count or the covered share decide, a gap is no shortfall: then every
    street with frontage is said by that reading. What is measured along assumed frontage is
    assumed.
    """
    spacing = facts.spacing(rule.id)
    if spacing is None:
        return [
            Batch(
                rule,
                "city",
                subject_id=[f"{facts.adcode}:streets"],
                subject_name=facts.name,
                adcode=facts.adcode or None,
                geometry=[None],
                state=UNKNOWN,
                message="spacing.no_streets",
                messages=MESSAGES,
            )
        ]
    return found(rule, facts, spacing.prepared, gaps=spacing.gaps(rule), streets=spacing.streets())


def found(
    rule: SpacingRule,
    facts: Facts,
    prepared: Prepared,
    *,
    gaps: gpd.GeoDataFrame,
    streets: pd.DataFrame,
) -> list[Batch]:
    """Say gaps and streets; see `check`.

    Parameters
    ----------
    rule : SpacingRule
    facts : Facts
    prepared : Prepared
    gaps : GeoDataFrame
        As `Spacing.gaps` gives them, of some streets or all.
    streets : DataFrame
        As `Spacing.streets` gives them.
    """
    if rule.decides != "gap":
        return [_streets(rule, facts, prepared, _by_reading(rule, streets))]
    streets = streets[(streets["frontage_m"] > 0) & (streets["gaps"] == 0)]
    streets = streets.assign(state=MET, message="spacing.met", measured=np.nan)
    return [gap_batch(rule, facts, gaps), _streets(rule, facts, prepared, streets)]


def gap_batch(rule: SpacingRule, facts: Facts, gaps: Mapping[str, Any] | gpd.GeoDataFrame) -> Batch:
    """Say gaps: a frame as `Spacing.gaps` gives them, or its columns as arrays."""
    length_m = np.asarray(gaps["length_m"], dtype=np.float64)
    return Batch(
        rule,
        "gap",
        subject_id=np.asarray(gaps["gap_id"], dtype=object),
        subject_name=np.asarray(gaps["street_name"], dtype=object),
        adcode=np.asarray(gaps["adcode"], dtype=object),
        geometry=np.asarray(gaps["geometry"], dtype=object),
        state=NOT_MET,
        message=np.where(length_m > rule.spacing_m, "spacing.gap", "spacing.alone").astype(object),
        messages=MESSAGES,
        params={
            "name": _named(gaps["street_name"]),
            "length_m": length_m,
            "points_needed": np.asarray(gaps["points_needed"]),
            "site_type": facts.pack.site_type(rule.site_type).name,
            "spacing_m": rule.spacing_m,
        },
        measured=length_m,
        limit=rule.spacing_m,
        unit="m",
        assumed=np.asarray(gaps["frontage"], dtype=object) == "assumed",
    )


def _by_reading(rule: SpacingRule, streets: pd.DataFrame) -> pd.DataFrame:
    """Judge the streets with frontage by the count of stations, or by the covered share."""
    streets = streets[streets["frontage_m"] > 0]
    if rule.decides == "count":
        short, said = streets["runs"] - streets["runs_count_ok"], ("spacing.few", "spacing.count")
    else:
        short = (streets["frontage_m"] - streets["covered_m"]).round(4)
        said = ("spacing.uncovered", "spacing.covered")
    return streets.assign(
        state=np.where(short > 0, NOT_MET, MET),
        message=np.where(short > 0, *said),
        measured=short,
    )


def _streets(rule: SpacingRule, facts: Facts, prepared: Prepared, streets: pd.DataFrame) -> Batch:
    lines, own = prepared.lines, [prepared.lines_of_street[one] for one in streets["street_id"]]
    line = np.sort(np.concatenate([*own, np.empty(0, np.int64)])).astype(np.int64)
    of, vertex = rows_of(lines.first, line)
    parts = to_wgs84(
        gpd.GeoDataFrame(geometry=shapely.linestrings(lines.xy[vertex], indices=of), crs=lines.crs)
    )
    owner, ids = pd.factorize(prepared.parts["street_id"].iloc[line], sort=True)
    order = np.argsort(owner, kind="stable")
    shapes = shapely.multilinestrings(parts.geometry.to_numpy()[order], indices=owner[order])
    return Batch(
        rule,
        "street",
        subject_id=streets["street_id"].to_numpy(dtype=object),
        subject_name=streets["name"].to_numpy(dtype=object),
        adcode=streets["adcode"].to_numpy(dtype=object),
        geometry=shapes[ids.searchsorted(streets["street_id"])],
        state=streets["state"].to_numpy(dtype=object),
        message=streets["message"].to_numpy(dtype=object),
        messages=MESSAGES,
        params={
            "name": _named(streets["name"]),
            "site_type": facts.pack.site_type(rule.site_type).name,
            "spacing_m": rule.spacing_m,
            "runs": streets["runs"].to_numpy(),
            "short": (streets["runs"] - streets["runs_count_ok"]).to_numpy(),
            "bare_m": (streets["frontage_m"] - streets["covered_m"]).to_numpy(),
        },
        measured=streets["measured"].to_numpy(dtype=float),
        limit=rule.spacing_m if rule.decides == "gap" else 0.0,
        unit="" if rule.decides == "count" else "m",
        assumed=(streets["assumed_m"] > 0).to_numpy(),
    )


def _named(name: ArrayLike) -> NDArray[np.object_]:
    found: NDArray[np.object_] = np.array(name, dtype=object, copy=True, ndmin=1)
    found[pd.isna(found) | (found == "")] = words.place("unnamed")
    return found
