"""What the answers are made of: features, cells, and names in the reader's language."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import shapely
from flask import jsonify
from flask.typing import ResponseReturnValue

from stationmap.standards import Rule
from web.public_places import published, settings
from web.view import CityView
from web.words import ASSUMED, STREET_CLASSES, say

MAP_DATUM = "wgs84"
"""Of what the map draws: it is never had in another one."""


def class_name(street_class: str, lang: str) -> str:
    """Name a class of streets."""
    return say(STREET_CLASSES.get(street_class, street_class), lang=lang)


def type_name(now: CityView, type_id: str | None, lang: str) -> str:
    """Name a site type as the pack does; by its id where the pack has none."""
    for site_type in now.pack.site_types:
        if site_type.id == type_id:
            return site_type.name.get(lang)
    return str(type_id or "")


def assumption(rule: Rule, name: str, lang: str) -> str:
    """Say what a value means that the document does not give; `name` is a dotted parameter."""
    value: Any = rule
    for step in name.split("."):
        value = getattr(value, step)
    if isinstance(value, tuple):
        value = ", ".join(map(str, value))
    shown = f"{value:.0%}" if name.endswith("share") else value
    shown = f"{shown:g}" if isinstance(shown, float) else shown
    return say(ASSUMED.get(f"{name}={value}", ASSUMED.get(name, name)), lang=lang, value=shown)


def collection(
    now: CityView,
    features: Iterable[dict[str, Any]],
    *,
    total: int,
    gathered: bool = False,
    **more: Any,
) -> ResponseReturnValue:
    """Answer with a FeatureCollection, and what else it says of itself."""
    return jsonify(
        type="FeatureCollection",
        version=now.version,
        datum=MAP_DATUM,
        total=total,
        gathered=gathered,
        **more,
        features=list(features),
    )


def cells(
    now: CityView, table: pd.DataFrame, columns: tuple[str, ...], **more: Any
) -> ResponseReturnValue:
    """Answer with the cells that a map layer was gathered into."""
    rows = table.to_dict("records")
    features = (
        feature(
            "Point",
            place_of(row["lon"], row["lat"]),
            {name: round(row[name]) for name in columns},
        )
        for row in rows
    )
    return collection(now, features, total=int(table["count"].sum()), gathered=True, **more)


def feature(kind: str, coordinates: Any, properties: Mapping[str, Any]) -> dict[str, Any]:
    """Make a GeoJSON feature."""
    geometry = {"type": kind, "coordinates": coordinates}
    return {"type": "Feature", "geometry": geometry, "properties": dict(properties)}


def coordinates(geometry: Any) -> list[list[float]]:
    """Coordinates of a geometry (WGS-84) as they are published."""
    found: list[list[float]]
    found = np.round(shapely.get_coordinates(geometry), settings().decimals).tolist()
    return found


def place_of(lon: float, lat: float) -> list[float]:
    """Return [longitude, latitude] of a place (WGS-84) as it is published."""
    return published(lon, lat, datum=MAP_DATUM)


def metres(value: Any) -> float:
    """Round to a decimetre."""
    return round(float(value), 1)


def text(value: Any) -> str | None:
    """Text, or None where there is none."""
    return None if value is None or pd.isna(value) or value == "" else str(value)


def plain(value: Any) -> Any:
    """Make a value of numpy one of Python; NaN is None."""
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and np.isnan(value) else value
