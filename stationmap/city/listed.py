"""The rows of a list as the register keeps them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stationmap.city import layers
from stationmap.city.diff import Fresh, Refused
from stationmap.city.register import ENTITY, ids
from stationmap.city.rows import Rows
from stationmap.store.events import clean
from stationmap.store.models import ENTITIES

CONTACT: Mapping[str, str] = MappingProxyType(
    {"person": "contact_person", "phone": "contact_phone"}
)
"""Columns of a contact → the roles that a list of stations has them in."""

# columns of the register that rows of a file speak of in a role of another name
_ROLES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "parent_id": ("parent",),
        "hours_source": ("hours",),
        "adcode": ("adcode", "district"),
        "station_id": ("station_id", "station"),
        "unit_id": ("unit_id", "unit"),
        "published": ("published", "online", "offline"),
        "value": ("value",),
    }
)
_PLACE = ("geometry", "source_lon", "source_lat", "source_datum")
# column of the register → roles in which a row that cannot be used may name what it means
_WORDS: Mapping[str, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        layers.STATIONS: {"name": ("name",), "address": ("address",)},
        "units": {"name": ("name",)},
        "projects": {"name": ("name",)},
        "activities": {"name": ("name",)},
        "counts": {
            "subject": ("subject", "adcode", "unit_id"),
            "name": ("subject", "district", "unit", "name"),
        },
        "exemptions": {"subject_id": ("subject_id",)},
    }
)


@dataclass(frozen=True)
class Listed:
    """What a list brings for the register.

    Attributes
    ----------
    layer : str
    fresh : list of Fresh
    refused : Refused
        What the rows that cannot be used say they are.
    said : frozenset of str
        Columns of which the file speaks at all.
    contacts : dict
        Position in `fresh` → person and phone, for those that have one.
    spans : tuple of int
        Of how many rows of the file each is made; empty where each is one.
    """

    layer: str
    fresh: list[Fresh]
    refused: Refused
    said: frozenset[str]
    contacts: dict[int, dict[str, str | None]] = field(default_factory=dict)
    spans: tuple[int, ...] = ()


def as_listed(
    layer: str,
    frame: gpd.GeoDataFrame,
    extras: pd.DataFrame,
    *,
    rows: Rows,
    stems: NDArray[np.int64],
    good: NDArray[np.bool_],
) -> Listed:
    """Turn the rows of a layer into rows of the register.

    Parameters
    ----------
    layer : str
    frame : GeoDataFrame
        The rows that can be used, with the columns of the layer.
    extras : DataFrame
        What the register keeps of them beside these: the columns ``phone`` and those of `CONTACT`.
    rows : Rows
        The file.
    stems : ndarray of int
        From which of its rows each row of the frame stems.
    good : ndarray of bool
        Which of its rows can be used.
    """
    entity = ENTITY[layer]
    columns = {n: frame[n] for n in frame if n in ENTITIES[entity].columns and n != "id"}
    if "phone" in extras:
        columns["phone"] = extras["phone"]
    columns.pop("source", None)
    values = (
        clean(entity, dict(zip(columns, one, strict=True)))
        for one in zip(*(column.astype(object) for column in columns.values()), strict=True)
    )
    fresh = [
        Fresh(own, int(rows.numbers[stem]), row)
        for own, stem, row in zip(ids(layer, frame), stems.tolist(), values, strict=True)
    ]
    contacts = {}
    if set(CONTACT.values()) <= set(extras):
        people = zip(*(extras[name] for name in CONTACT.values()), strict=True)
        contacts = {
            position: dict(zip(CONTACT, one, strict=True))
            for position, one in enumerate(people)
            if any(one)
        }
    return Listed(layer, fresh, _refused(layer, rows, good=good), _said(columns, rows), contacts)


def _said(columns: Iterable[str], rows: Rows) -> frozenset[str]:
    placed = (
        rows.geometry is not None or {"lon", "lat"} <= {*rows.cells} or {"x", "y"} <= {*rows.cells}
    )
    return frozenset(
        name
        for name in columns
        if (name in _PLACE and placed)
        or any(role in rows.cells for role in _ROLES.get(name, (name,)))
        or (name == "adcode" and placed)
    )


def _refused(layer: str, rows: Rows, *, good: NDArray[np.bool_]) -> Refused:
    """Return what the rows that cannot be used say they are; totals mean none."""
    bad = ~good & ~rows.totals
    own = rows.text("id").where(bad)
    nameless = bad & own.isna().to_numpy()
    words = {
        column: frozenset(
            word for role in roles for word in rows.text(role)[nameless].dropna().tolist()
        )
        for column, roles in _WORDS[layer].items()
    }
    if layer == layers.STATIONS:
        # an address alone may be that of many
        named = rows.text("name").notna().to_numpy()
        words["address"] = frozenset(rows.text("address")[nameless & ~named].dropna().tolist())
    return Refused(frozenset(own.dropna().tolist()), words)
