"""Small facts for the tests of checks: each frame from a few rows, the rest filled in."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from stationmap import stations as frames
from stationmap.checks.facts import EVERYWHERE, Facts
from stationmap.standards import load

CITY = "330800"
COUNTY = "330802"
CRS = pyproj.CRS("EPSG:32650")
EAST, NORTH = 682_000.0, 3_204_000.0  # the origin of the places below, in the middle of Quzhou
CLAUSE = {"document": "文〔2018〕1号", "article": "第一条", "text": {"zh": "据此", "en": "As said"}}
_COLUMNS = {
    "facilities": ("id", "name", "category", "source", "adcode"),
    "zones": ("id", "kind", "name", "urban", "adcode", "source"),
    "bus_stops": ("id", "name", "adcode"),
    "districts": ("adcode", "name", "level", "population"),
    "counts": ("subject", "subject_kind", "name", "period", "count", "value", "source"),
    "units": (
        "id",
        "name",
        "adcode",
        "civilised",
        "organisation",
        "platform_id",
        "headcount",
        "source",
    ),
    "projects": ("id", "station_id", "name", "service", "published", "source"),
    "activities": (
        "id",
        "station_id",
        "unit_id",
        "name",
        "date",
        "place",
        "served",
        "content",
        "hours",
        "quality",
        "reported",
        "source",
    ),
    "inspections": ("station_id", "item", "part", "state", "at"),
}
Rows = Iterable[Mapping[str, Any]]


def rule(model, **fields):
    """Make a rule of a kind, with an id and a clause of its own unless given."""
    kind = model.model_fields["kind"].annotation.__args__[0]
    return model.model_validate({"id": "T-1", "clause": CLAUSE, "kind": kind, **fields})


def place(x: float, y: float) -> shapely.Point:
    """Return the point `x` metres east and `y` metres north of the origin, in the metric CRS."""
    return shapely.Point(EAST + x, NORTH + y)


def square(x: float, y: float, *, side: float = 100.0) -> shapely.Polygon:
    """Return a square with its south-western corner there, in the metric CRS."""
    return shapely.box(EAST + x, NORTH + y, EAST + x + side, NORTH + y + side)


def facts(
    *,
    pack: Any = "quzhou-2018",
    name: str = "衢州市",
    adcode: str = CITY,
    today: date = date(2026, 6, 15),
    complete: Mapping[str, Collection[str]] | Iterable[str] = (),
    streets: Any = None,
    spacing: Any = None,
    stations: Rows = (),
    inspections: Rows | None = None,
    **rows: Rows,
) -> Facts:
    """Make facts of rows for any of the frames; what a row leaves out is None.

    Station rows have ``x`` and ``y`` (metres from the origin) for a place, and stand active in
    `COUNTY` unless they say otherwise; ``station_id`` is S0, S1 … Rows of the other frames have
    ``id`` by number (F0 …, Z0 …), ``geometry`` in the metric CRS (as `place` and `square` make
    it; the facts have it in EPSG:4326), ``source`` "list". ``complete``
    is the layers declared everywhere, or layer → adcodes.
    """
    declared = complete if isinstance(complete, Mapping) else dict.fromkeys(complete, (EVERYWHERE,))
    given = {key: _table(key, rows.pop(key, ())) for key in _COLUMNS if key != "inspections"}
    assert not rows, f"unknown frames: {list(rows)}"
    return Facts(
        pack=load(pack) if isinstance(pack, str) else pack,
        name=name,
        adcode=adcode,
        crs=CRS,
        today=today,
        stations=_stations(stations),
        inspections=None if inspections is None else _table("inspections", inspections),
        complete=lambda layer: declared.get(layer, ()),
        streets=lambda: streets,
        spacing=lambda rule_id: spacing,
        **given,
    )


def _stations(rows: Rows) -> gpd.GeoDataFrame:
    table = pd.DataFrame(
        [
            {
                "station_id": f"S{k}",
                "name": f"站{k}",
                "type": "post",
                "adcode": COUNTY,
                "geometry": place(row["x"], row["y"]) if "x" in row else None,
                **{key: value for key, value in row.items() if key not in ("x", "y")},
            }
            for k, row in enumerate(rows)
        ],
        columns=None if rows else ["station_id", "geometry"],
    )
    placed = gpd.GeoDataFrame(table, geometry="geometry", crs=CRS).to_crs("EPSG:4326")
    return frames.conform(placed)


def _table(key: str, rows: Rows) -> pd.DataFrame:
    columns = _COLUMNS[key]
    filled = [{"id": f"{key[0].upper()}{k}", "source": "list", **row} for k, row in enumerate(rows)]
    table = pd.DataFrame(
        {name: np.array([row.get(name) for row in filled], dtype=object) for name in columns}
    )
    for name in ("value", "headcount", "population"):
        if name in table:
            table[name] = table[name].astype("float64")
    for name in ("date", "at"):
        if name in table:
            table[name] = pd.to_datetime(table[name])
    if key == "inspections":
        table["part"] = [int(row.get("part", 0)) for row in filled]
    if key in ("facilities", "zones", "bus_stops", "districts"):
        shapes = np.array([row.get("geometry") for row in filled], dtype=object)
        return gpd.GeoDataFrame(table, geometry=shapes, crs=CRS).to_crs("EPSG:4326")
    return table
