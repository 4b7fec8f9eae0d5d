"""Imports of zones: the built-up area, communities, sub-districts, compounds, civilised units."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd
import shapely

from stationmap.city.kind import (
    Context,
    Kind,
    Make,
    refuse_nowhere,
    refuse_repeats,
    row_ids,
)
from stationmap.city.known import adcodes
from stationmap.city.place import Placed
from stationmap.city.quarantine import Quarantine
from stationmap.city.rows import Rows
from stationmap.city.zones import is_urban
from stationmap.messages import N_

_OUTLINED = ("community", "subdistrict")


def _making(zone: str, *, listed: bool = False) -> Make:
    """Make rows of one kind of zone; `listed` ones need no place, but then a name."""

    def make(rows: Rows, placed: Placed, quarantine: Quarantine, context: Context) -> pd.DataFrame:
        name = rows.text("name")
        if listed:
            quarantine.refuse(
                (name.isna() & rows.text("id").isna()).to_numpy(),
                N_("the row has no name"),
                N_("write one, or name the column with --column name=HEADING"),
            )
        else:
            refuse_nowhere(placed, quarantine)
        if zone in _OUTLINED:
            context.warn(
                N_("{rows} rows have no outline: which stations lie in them cannot be told"),
                (shapely.get_dimensions(placed.geometry) < 2) & quarantine.good,
            )
        own = rows.text("id").where(rows.text("id").notna(), rows.text("adcode"))
        refuse_repeats(rows, quarantine, ids=own)
        found = np.where(own.isna(), row_ids(rows, placed), own)
        ids = [f"{context.source}-{i}" if i in context.taken else i for i in found]
        return pd.DataFrame(
            {
                "id": np.array(ids, dtype=object),
                "kind": zone,
                "name": name,
                "urban": _urban(rows, quarantine, context) if zone == "community" else None,
                "adcode": adcodes(rows, context),
            }
        )

    return make


def _urban(rows: Rows, quarantine: Quarantine, context: Context) -> pd.Series:
    said = rows.text("urban")
    found = is_urban(said)
    for role in ("category", "type"):
        words = rows.text(role)
        said = said.where(said.notna(), words)
        found = found.where(found.notna(), is_urban(words))
    context.warn(
        N_("whether {rows} communities are urban or rural is unknown: no column says it"),
        found.isna().to_numpy() & quarantine.good,
    )
    return found.where(found.notna(), None)


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "built-up": Kind(
            "zones", "area", "id name adcode district", _making("built_up"), complete="built_up"
        ),
        "communities": Kind(
            "zones",
            "area",
            "id name adcode district urban category type",
            _making("community", listed=True),
            complete="community",
            listed=True,
        ),
        "subdistricts": Kind(
            "zones",
            "area",
            "id name adcode district",
            _making("subdistrict", listed=True),
            complete="subdistrict",
            listed=True,
        ),
        "compounds": Kind(
            "zones", "place", "id name adcode district", _making("compound"), complete="compound"
        ),
        "civilised-units": Kind(
            "zones",
            "place",
            "id name adcode district",
            _making("civilised_unit", listed=True),
            complete="civilised_unit",
        ),
    }
)
