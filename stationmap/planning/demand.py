"""Demand: who is to be within reach of a station, where, and how much each place weighs."""

from collections.abc import Mapping
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from stationmap.errors import InputError
from stationmap.messages import N_

F = NDArray[np.float64]

PEOPLE, COMMUNITIES, FACILITIES = "people", "communities", "facilities"
GROUPS: Mapping[str, str] = MappingProxyType(
    {
        "empty_nest": N_("empty-nest elderly"),
        "left_behind": N_("left-behind children"),
        "migrants": N_("migrant workers"),
        "disabled": N_("disabled people"),
    }
)
"""Groups of people that may weigh more than others → what they are called."""
COLUMNS = ("demand_id", "kind", "name", "adcode", "weight", "geometry")


def demand_of(
    of: str,
    *,
    demand: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame,
    facilities: gpd.GeoDataFrame,
    weights: Mapping[str, float] = MappingProxyType({}),
) -> gpd.GeoDataFrame:
    """Return what is to be reached: a point and a weight for each place.

    Parameters
    ----------
    of : str
        "people" (rows of `demand`, each weighing its people), "communities" (each one) or
        "facilities:CATEGORY", several joined by commas (each one).
    demand : GeoDataFrame
        id, name, people, a column for each of `GROUPS`, adcode, geometry in EPSG:4326.
    zones : GeoDataFrame
        id, kind, name, adcode, geometry in EPSG:4326.
    facilities : GeoDataFrame
        id, name, category, adcode, geometry in EPSG:4326.
    weights : mapping
        Group → for how many people one of it counts: with 3 a place weighs its people and twice
        those of the group. A group of which a place tells nothing counts as nobody there.

    Returns
    -------
    GeoDataFrame
        `COLUMNS` in EPSG:4326: points, None where the place is not known; outlines stand for a
        point within them. ``kind`` is "people", "community" or the category.

    Raises
    ------
    InputError
        Nothing of the kind is known, people are not given or no number, or a weight cannot be.
    """
    name, _, categories = of.partition(":")
    if name not in (PEOPLE, COMMUNITIES, FACILITIES) or bool(categories) != (name == FACILITIES):
        raise InputError(
            "unknown demand {demand}: expected people, communities or facilities:CATEGORY",
            demand=of,
        )
    if weights and name != PEOPLE:
        raise InputError(
            "weights by group count people: leave them out, or plan for people instead of {demand}",
            demand=of,
        )
    if name == PEOPLE:
        return _people(demand, weights)
    if name == COMMUNITIES:
        rows = zones[zones["kind"] == "community"]
        if rows.empty:
            raise InputError(
                "no communities are known: import them, or plan for people or facilities"
            )
        return _frame(rows, "community", np.ones(len(rows)))
    wanted = categories.split(",")
    rows = facilities[facilities["category"].isin(wanted)]
    missing = [one for one in wanted if not (facilities["category"] == one).any()]
    if missing:
        raise InputError(
            "no facility of category {category} is known: expected one of {known}",
            category=missing[0],
            known=", ".join(sorted(facilities["category"].dropna().unique())) or "–",
        )
    return _frame(rows, rows["category"].to_numpy(dtype=object), np.ones(len(rows)))


def as_candidates(demand: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the places of demand as candidates, of ``host_kind`` "place".

    Parameters
    ----------
    demand : GeoDataFrame
        `COLUMNS`; rows without a place are left out.

    Returns
    -------
    GeoDataFrame
        candidate_id, host_kind, host_id, name, category, hours, partner, front_m, suitability,
        adcode, geometry, in EPSG:4326.
    """
    rows = demand[demand.geometry.notna()].reset_index(drop=True)
    return gpd.GeoDataFrame(
        {
            "candidate_id": "place-" + rows["demand_id"].astype("str"),
            "host_kind": "place",
            "host_id": rows["demand_id"],
            "name": rows["name"],
            "category": rows["kind"],
            "hours": None,
            "partner": False,
            "front_m": np.nan,
            "suitability": 0.0,
            "adcode": rows["adcode"],
        },
        geometry=rows.geometry.to_numpy(),
        crs=demand.crs,
    )


def _people(demand: gpd.GeoDataFrame, weights: Mapping[str, float]) -> gpd.GeoDataFrame:
    if demand.empty:
        raise InputError(
            "nobody knows where people live: import a table of demand, or plan for communities or "
            "facilities"
        )
    for group, factor in weights.items():
        if group not in GROUPS:
            raise InputError(
                "unknown group of people {group}: expected one of {known}",
                group=group,
                known=", ".join(GROUPS),
            )
        if not np.isfinite(factor) or factor < 0:
            raise InputError(
                "the weight of {group} is {value}: expected a number of 0 or more",
                group=group,
                value=factor,
            )
    weight = pd.to_numeric(demand["people"], errors="coerce").to_numpy(dtype=np.float64, copy=True)
    _check(demand, weight)
    for group, factor in weights.items():
        members = pd.to_numeric(demand[group], errors="coerce").fillna(0.0).to_numpy(np.float64)
        _check(demand, members)
        weight += (factor - 1.0) * members
    if (weight < -1e-6).any():
        row = demand.iloc[int(np.flatnonzero(weight < -1e-6)[0])]
        raise InputError(
            "the groups of {name} are more people than live there, so it would weigh less than "
            "nothing: correct its numbers, or give its groups weights of 1 or more",
            name=_named(row),
        )
    return _frame(demand, PEOPLE, weight.clip(0.0))


def _check(demand: gpd.GeoDataFrame, people: F) -> None:
    wrong = np.flatnonzero(~(np.isfinite(people) & (people >= 0)))
    if len(wrong):
        raise InputError(
            "{name} has no usable number of people ({value}), like {count} places in all: give a "
            "number of 0 or more, or leave them out",
            name=_named(demand.iloc[int(wrong[0])]),
            value=people[wrong[0]],
            count=len(wrong),
        )


def _named(row: pd.Series) -> str:
    name = row["name"]
    return str(name) if isinstance(name, str) and name else str(row["id"])


def _frame(rows: gpd.GeoDataFrame, kind: object, weight: F) -> gpd.GeoDataFrame:
    shapes = rows.geometry.to_numpy()
    drawn = shapely.get_type_id(shapes) > 0
    points = np.where(drawn, shapely.point_on_surface(shapes), shapes)
    points[shapely.is_missing(points) | shapely.is_empty(points)] = None
    adcode = rows["adcode"].to_numpy(dtype=object) if "adcode" in rows else None
    frame = gpd.GeoDataFrame(
        {
            "demand_id": rows["id"].astype("str").to_numpy(),
            "kind": kind,
            "name": rows["name"].to_numpy(dtype=object),
            "adcode": adcode,
            "weight": weight,
        },
        geometry=points,
        crs=rows.crs,
    )
    return frame[list(COLUMNS)]
