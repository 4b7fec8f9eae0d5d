"""Subjects: the stations that a rule speaks of, and where their list is complete."""

from collections.abc import Collection, Mapping
from typing import Any

import geopandas as gpd
import numpy as np
from numpy.typing import ArrayLike, NDArray

from stationmap.checks.facts import Facts
from stationmap.checks.findings import Batch
from stationmap.standards import Rule


def of_types(facts: Facts, types: Collection[str]) -> gpd.GeoDataFrame:
    """Return the active stations of some types, of all types where none is named."""
    if not types:
        return facts.active
    return facts.active[facts.active["type"].isin(list(types))].reset_index(drop=True)


def listed_completely(facts: Facts, stations: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Tell for each station whether those of its type are declared complete where it lies."""
    complete = np.zeros(len(stations), dtype=bool)
    for site_type in stations["type"].dropna().unique():
        own = (stations["type"] == site_type).to_numpy(dtype=bool)
        complete[own] = facts.declared(f"stations:{site_type}", stations["adcode"][own])
    return complete


def station_batch(
    rule: Rule,
    stations: gpd.GeoDataFrame,
    *,
    state: ArrayLike,
    message: ArrayLike,
    messages: Mapping[str, str],
    **said: Any,
) -> Batch:
    """Return what a rule says of stations; `said` are the other fields of a `Batch`."""
    return Batch(
        rule,
        "station",
        subject_id=stations["station_id"].to_numpy(dtype=object),
        subject_name=stations["name"].to_numpy(dtype=object),
        adcode=stations["adcode"].to_numpy(dtype=object),
        geometry=stations["geometry"].to_numpy(dtype=object),
        state=state,
        message=message,
        messages=messages,
        **{"assumed": bool(rule.assumed)} | said,
    )


def bare(district: str) -> str:
    """Return a district's name without its last 市, 区, 县 or 旗, if two characters are left."""
    return district[:-1] if len(district) > 2 and district[-1] in "市区县旗" else district
