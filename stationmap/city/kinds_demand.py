"""Imports of demand: how many people live where, and how many of some groups of people."""

from collections.abc import Mapping
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from stationmap.city.kind import Context, Kind, amount, refuse_repeats, row_ids
from stationmap.city.known import Names, adcodes
from stationmap.city.place import Placed
from stationmap.city.quarantine import Quarantine
from stationmap.city.rows import Rows
from stationmap.io.notes import Note
from stationmap.messages import N_
from stationmap.planning.demand import GROUPS

OWN, COMMUNITY = "coordinates", "community"
"""What placed a row: its coordinates or outline, or the community that it names."""
_COUNTY = 6


def _demand(rows: Rows, placed: Placed, quarantine: Quarantine, context: Context) -> pd.DataFrame:
    code = adcodes(rows, context)
    name = rows.text("name")
    community = rows.text("community")
    by_community = _place_by_community(rows, code, placed, quarantine, context)
    people = amount(rows, "people", quarantine)
    quarantine.refuse(
        np.isnan(people),
        N_("the row does not say how many people live there"),
        N_("write the number, 0 where nobody does, or delete the row"),
    )
    groups = {group: amount(rows, group, quarantine) for group in GROUPS}
    for group, number in groups.items():
        with np.errstate(invalid="ignore"):
            more = number > people
        quarantine.refuse(
            more,
            N_("{heading}: {value} is more than all {people} people of the row"),
            N_("correct one of the two numbers"),
            by_row={
                "value": rows.text(group).to_numpy(),
                "people": [f"{v:g}" for v in people],
            },
            heading=rows.found.get(group, group),
        )
    refuse_repeats(rows, quarantine)
    _tell_others(context)
    return pd.DataFrame(
        {
            "id": row_ids(rows, placed),
            "name": name.where(name.notna(), community),
            "people": people,
            **groups,
            "located_by": np.where(by_community, COMMUNITY, OWN),
            "adcode": code,
        }
    )


def _place_by_community(
    rows: Rows, code: pd.Series, placed: Placed, quarantine: Quarantine, context: Context
) -> NDArray[np.bool_]:
    """Put rows without coordinates into the middle of the community that they name."""
    missing = shapely.is_missing(placed.geometry) & quarantine.good
    found = np.zeros(len(missing), dtype=bool)
    if not missing.any():
        return found
    zones = context.now.zones()
    zones = zones[(zones["kind"] == "community") & zones.geometry.notna()]
    point = dict(zip(zones["id"], zones.geometry.representative_point(), strict=True))
    everywhere, in_county = _names(zones), {}
    for county, own in zones.groupby(zones["adcode"].astype("str").str[:_COUNTY]):
        in_county[county] = _names(own)
    said = [rows.text(role).tolist() for role in ("community", "name", "id", "adcode")]
    for row in np.flatnonzero(missing):
        names = in_county.get(str(code.iloc[row])[:_COUNTY], everywhere)
        for word in (column[row] for column in said):
            known = names.find(word) or everywhere.find(word)
            if known is not None:
                placed.geometry[row], found[row] = point[known], True
                break
    named = rows.text("community").where(rows.text("community").notna(), rows.text("name"))
    quarantine.refuse(
        missing & ~found,
        N_("the row has no coordinates, and no community with an outline is called {value}"),
        N_("give its coordinates, or import the communities first"),
        by_row={"value": named.fillna("").to_numpy()},
    )
    context.warn(
        N_("{rows} rows have no coordinates and stand in the middle of the community they name"),
        found & quarantine.good,
    )
    return found


def _names(zones: gpd.GeoDataFrame) -> Names:
    codes = zones["adcode"].tolist()
    others = [(c, i) for c, i in zip(codes, zones["id"], strict=True) if isinstance(c, str)]
    return Names(zones["id"], zones["name"], others=others)


def _tell_others(context: Context) -> None:
    """Say that people of two lists count twice."""
    others = set(context.now.layer("demand")["source"]) - {context.source}
    if others:
        template = N_(
            "the city has people of {sources} beside those of {source}: who stands in both counts "
            "twice; --set source={sources} would replace them instead"
        )
        params = {"sources": ", ".join(sorted(others)), "source": context.source}
        context.warnings.append(Note(template, params))


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "demand": Kind(
            "demand",
            "place",
            " ".join(("id name people", *GROUPS, "adcode district community")),
            _demand,
        )
    }
)
