"""The city's open data: the layers that everybody gets, as published, and their files."""

import json
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import pyarrow.parquet as pq
import shapely
from numpy.typing import ArrayLike, NDArray

from stationmap import hours, reports
from stationmap.city.answers import Answers
from stationmap.crs import convert_geometry
from stationmap.errors import InputError
from stationmap.io import tabular, vector
from stationmap.io.files import replacing
from stationmap.messages import N_

LAYERS: Mapping[str, str] = MappingProxyType(
    {
        "stations": N_("stations"),
        "gaps": N_("gaps along streets"),
        "streets": N_("streets"),
        "facilities": N_("facilities"),
        "districts": N_("districts"),
        "findings": N_("findings of the check"),
    }
)
"""Name of a layer → what it is, for readers."""

ONE_LAYER = (".geojson", ".csv", ".parquet")
"""Endings of files that hold one layer."""
# the other files say themselves that they are in WGS-84, or have no place to say otherwise
ANY_DATUM = (".geojson", ".csv")
SOURCE_PLACE = ("source_lon", "source_lat")
"""Columns in which a place stands as its source gave it."""

OPENING_HOURS = "opening_hours"
"""Column of the hours in OpenStreetMap's syntax."""

_TEXT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True)
class About:
    """What a file says of itself: whose data, of which version and day, and in which datum."""

    city: str
    version: str
    date: str
    datum: str


def about(answers: Answers, *, datum: str = "wgs84") -> About:
    """Return what files of a version say of themselves.

    Parameters
    ----------
    answers : Answers
    datum : str
        Of their coordinates, one of `stationmap.crs.DATUMS`.
    """
    today = answers.today().isoformat()
    return About(answers.config.name, answers.version, today, datum)


def usual_datum(answers: Answers, ending: str) -> str:
    """Return the datum of a file that nobody asked for in another: the one the city publishes in.

    Parameters
    ----------
    answers : Answers
    ending : str
        Of the file, with its dot.
    """
    return answers.config.published.datum if ending in ANY_DATUM else "wgs84"


def layers(answers: Answers, *, datum: str, lang: str, public: bool) -> dict[str, gpd.GeoDataFrame]:
    """Return the layers of a version.

    Parameters
    ----------
    answers : Answers
    datum : str
        Of the coordinates, one of `stationmap.crs.DATUMS`. Frames in another datum than WGS-84
        are marked EPSG:4326 all the same, as no code says what they are.
    lang : str
        Of the findings' sentences, "zh" or "en".
    public : bool
        `LAYERS` as everybody gets them; else all that the office has, the places in full.
    """
    decimals = answers.config.published.decimals if public else None
    found = answers.export_layers(lang=lang)
    return {
        name: published(frame, datum=datum, decimals=decimals)
        for name, frame in found.items()
        if name in LAYERS or not public
    }


def published(frame: gpd.GeoDataFrame, *, datum: str, decimals: int | None) -> gpd.GeoDataFrame:
    """Return a frame with its places as they leave the house; those of its source no preciser.

    Of stations it tells the hours in OpenStreetMap's syntax too; see `told`.

    Parameters
    ----------
    frame : GeoDataFrame
        In EPSG:4326.
    datum : str
        Of the coordinates to return, one of `stationmap.crs.DATUMS`.
    decimals : int
        Decimals of a degree that are kept; None for all.
    """
    frame = told(frame)
    shapes = published_shapes(frame.geometry.to_numpy(), datum=datum, decimals=decimals)
    places = [name for name in SOURCE_PLACE if name in frame and decimals is not None]
    rounded = {name: frame[name].round(decimals) for name in places}
    return frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs)).assign(
        **rounded
    )


def told(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return stations with `OPENING_HOURS` beside their hours, missing where those are unread.

    Other frames come back as they are.
    """
    if "station_id" not in frame or "hours" not in frame:
        return frame
    read = {text: hours.osm(text) for text in frame["hours"].dropna().unique()}
    found = frame.copy(deep=False)
    there = frame.columns.get_loc("hours") + 1
    found.insert(there, OPENING_HOURS, frame["hours"].map(read).astype("str"))
    return found


def published_shapes(shapes: ArrayLike, *, datum: str, decimals: int | None) -> NDArray[np.object_]:
    """Return geometries (EPSG:4326) in a datum, their coordinates rounded; None stays None.

    A corner stays where others round to its place: a shape keeps its type and its points.
    """
    moved = np.asarray(shapes, dtype=object)
    if datum not in ("wgs84", "cgcs2000"):
        moved = convert_geometry(moved, source="wgs84", target=datum)
    if decimals is None:
        return moved
    there = ~(shapely.is_missing(moved) | shapely.is_empty(moved))
    found = np.full(len(moved), None, dtype=object)
    found[there] = shapely.transform(moved[there], lambda xy: np.round(xy, decimals))
    return found


def write(path: Path, found: Mapping[str, gpd.GeoDataFrame], *, said: About) -> None:
    """Write published layers to one file, with its version and its day.

    Parameters
    ----------
    path : Path
        One layer to any of `ONE_LAYER`, several to any of `reports.EXPORTS`.
    found : mapping of str to GeoDataFrame
        Layer → frame, see `layers`.
    said : About

    Raises
    ------
    InputError
        The ending is unknown or of a file that holds one layer only, or another datum than
        WGS-84 is asked for in a file that is always in that one.
    """
    ending = reports.require_suffix(path, (*reports.EXPORTS, *ONE_LAYER))
    if ending not in ANY_DATUM and said.datum not in ("wgs84", "cgcs2000"):
        raise InputError(
            "a {ending} file is always in WGS-84; take GeoJSON or CSV for {datum}",
            ending=ending,
            datum=said.datum,
        )
    if ending in ONE_LAYER and len(found) != 1:
        raise InputError(
            "{file} can hold one layer, not {layers}: use .gpkg", file=path.name, layers=len(found)
        )
    with replacing(path) as temporary:
        if ending in _WRITERS:
            _WRITERS[ending](temporary, found, said)
        else:
            # neither a workbook nor KML has a place for its version
            reports.write_layers(temporary, found)


def feature_texts(frame: gpd.GeoDataFrame, properties: list[dict[str, Any]]) -> list[str]:
    """Return the text of a GeoJSON feature for each row, its geometry as it stands there."""
    shapes = shapely.to_geojson(frame.geometry.to_numpy())
    return [
        f'{{"type":"Feature","geometry":{shape or "null"},"properties":{json_text(row)}}}'
        for shape, row in zip(shapes, properties, strict=True)
    ]


def json_text(value: Any) -> str:
    """Return a value as JSON without blanks, its letters as they are."""
    return _TEXT.encode(value)


def rows_of(frame: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """Return all but the geometry, row by row, of plain values; what is missing is None."""
    columns = {name: values(frame[name]) for name in frame.columns if name != "geometry"}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def values(column: Any) -> list[Any]:
    """Return a column as plain values; missing ones, and numbers that are none, are None."""
    if column.dtype.kind == "f":
        column = column.where(np.isfinite(column))
    return list(column.astype(object).where(column.notna(), None))


def _geojson(path: Path, found: Mapping[str, gpd.GeoDataFrame], said: About) -> None:
    [(name, frame)] = found.items()
    head = json_text({"type": "FeatureCollection", "name": name, **asdict(said)})
    texts = ",\n".join(feature_texts(frame, rows_of(frame)))
    path.write_text(f'{head[:-1]},"features":[\n{texts}\n]}}\n', encoding="utf-8")


def _csv(path: Path, found: Mapping[str, gpd.GeoDataFrame], said: About) -> None:
    [frame] = found.values()
    tabular.write_csv(path, frame.assign(datum=said.datum))


def _geopackage(path: Path, found: Mapping[str, gpd.GeoDataFrame], said: About) -> None:
    vector.write(path, found)
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("UPDATE gpkg_contents SET description = ?", [json_text(asdict(said))])


def _geoparquet(path: Path, found: Mapping[str, gpd.GeoDataFrame], said: About) -> None:
    vector.write(path, found)
    table = pq.read_table(path)
    words = {f"stationmap.{name}": value for name, value in asdict(said).items()}
    pq.write_table(table.replace_schema_metadata({**(table.schema.metadata or {}), **words}), path)


_WRITERS: Mapping[str, Callable[[Path, Mapping[str, gpd.GeoDataFrame], About], None]] = (
    MappingProxyType(
        {".geojson": _geojson, ".csv": _csv, ".gpkg": _geopackage, ".parquet": _geoparquet}
    )
)
