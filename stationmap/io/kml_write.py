"""Frames to KML and KMZ: a folder for each layer, colours by state, a table for each placemark."""

import math
import re
import zipfile
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, TextIO
from xml.sax.saxutils import escape, quoteattr

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from stationmap.errors import CrsError, InputError
from stationmap.io.files import replacing

# colours as KML has them: opacity, blue, green, red
_COLOURS: Mapping[str, str] = {
    "met": "ff4caf50",
    "not_met": "ff2f2fd3",
    "advised": "ff0098ff",
    "unknown": "ff9e9e9e",
    "not_applicable": "ffd0d0d0",
    "gap": "ff2f2fd3",
    "active": "ffc07000",
    "planned": "ff0098ff",
    "suspended": "ff9e9e9e",
    "closed": "ff606060",
    "plain": "ffc07000",
}
_NAMES = ("name", "subject_name", "street", "street_name")
_DESCRIPTIONS = ("message", "description")
_DECIMALS = 7  # of a degree: a centimetre
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PACKED_AT = (1980, 1, 1, 0, 0, 0)  # the same content is the same file


def write(path: str | Path, layers: Mapping[str, gpd.GeoDataFrame]) -> None:
    """Write layers to a KML or KMZ file; what stands there is replaced when it is complete.

    A placemark is called by the column ``name``, else by ``subject_name`` or ``street``; it is
    described by ``message`` or ``description``; all columns that hold a value stand in its table.
    Its colour is that of ``state`` (advisory shortfalls apart), else of ``status``; gaps are red.

    Parameters
    ----------
    path : str or Path
        Ends in .kml or .kmz.
    layers : mapping of str to GeoDataFrame
        Name of the folder → frame in EPSG:4326; rows without a geometry are listed without one.

    Raises
    ------
    CrsError
        A frame is not in EPSG:4326.
    InputError
        The ending is neither, or the folder does not exist.
    """
    path = Path(path)
    ending = path.suffix.lower()
    if ending not in (".kml", ".kmz"):
        raise InputError("{file} ends in neither .kml nor .kmz", file=path.name)
    for name, frame in layers.items():
        if frame.crs is None:
            raise CrsError("the layer {layer} has no reference system: set its CRS", layer=name)
        if frame.crs != "EPSG:4326":
            raise CrsError("{file} must be in degrees: convert the layer to EPSG:4326", file=path)
    with replacing(path) as temporary:
        if ending == ".kml":
            with temporary.open("w", encoding="utf-8", newline="\n") as stream:
                _write(stream, path.stem, layers)
            return
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
            entry = zipfile.ZipInfo("doc.kml", date_time=_PACKED_AT)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, _document(path.stem, layers))


def _document(title: str, layers: Mapping[str, gpd.GeoDataFrame]) -> bytes:
    return "".join(_pieces(title, layers)).encode()


def _write(stream: TextIO, title: str, layers: Mapping[str, gpd.GeoDataFrame]) -> None:
    stream.writelines(_pieces(title, layers))


def _pieces(title: str, layers: Mapping[str, gpd.GeoDataFrame]) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2">\n'
    yield f"<Document>\n<name>{_text(title)}</name>\n"
    for style, colour in _COLOURS.items():
        yield (
            f'<Style id="{style}"><IconStyle><color>{colour}</color></IconStyle><LineStyle>'
            f"<color>{colour}</color><width>4</width></LineStyle><PolyStyle>"
            f"<color>60{colour[2:]}</color></PolyStyle></Style>\n"
        )
    for number, (name, frame) in enumerate(layers.items()):
        # a document in the document: GDAL finds the columns of a packed file in no other place
        yield f"<Document>\n<name>{_text(name)}</name>\n"
        yield from _schema(f"table{number}", frame)
        yield from _placemarks(frame, table=f"table{number}")
        yield "</Document>\n"
    yield "</Document>\n</kml>\n"


def _columns(frame: gpd.GeoDataFrame) -> list[Any]:
    """Return the columns of a layer's table: all but those that are a placemark's own."""
    return [c for c in frame.columns if c not in (frame.geometry.name, "name", "description")]


def _schema(table: str, frame: gpd.GeoDataFrame) -> Iterator[str]:
    """Yield the table's columns: other programs take their names from here, Chinese ones too."""
    yield f'<Schema name="{table}" id="{table}">'
    for column in _columns(frame):
        kind = "double" if pd.api.types.is_float_dtype(frame[column]) else "string"
        yield f'<SimpleField type="{kind}" name={_attribute(column)}/>'
    yield "</Schema>\n"


def _placemarks(frame: gpd.GeoDataFrame, *, table: str) -> Iterator[str]:
    columns = _columns(frame)
    keys = [_attribute(column) for column in columns]
    values = [frame[column].astype(object).to_numpy() for column in columns]
    rows = zip(*values, strict=True) if values else ((),) * len(frame)
    names, described = _first(frame, _NAMES), _first(frame, _DESCRIPTIONS)
    shapes = frame.geometry.to_numpy()
    for row, name, words, style, shape in zip(
        rows, names, described, _styles(frame), shapes, strict=True
    ):
        said = "".join(
            f"<SimpleData name={key}>{value}</SimpleData>"
            for key, value in zip(keys, map(_value, row), strict=True)
            if value
        )
        yield (
            f"<Placemark>{_element('name', name)}{_element('description', words)}"
            f"<styleUrl>#{style}</styleUrl><ExtendedData>"
            f'<SchemaData schemaUrl="#{table}">{said}</SchemaData></ExtendedData>'
            f"{_shape(shape)}</Placemark>\n"
        )


def _first(frame: gpd.GeoDataFrame, columns: tuple[str, ...]) -> list[Any]:
    """Return the values of the first of the columns that the frame has."""
    column = next((c for c in columns if c in frame.columns), None)
    return [None] * len(frame) if column is None else frame[column].astype(object).tolist()


def _element(tag: str, value: Any) -> str:
    said = _value(value)
    return f"<{tag}>{said}</{tag}>" if said else ""


def _attribute(column: Any) -> str:
    return quoteattr(_clean(str(column)))


def _styles(frame: gpd.GeoDataFrame) -> NDArray[np.object_]:
    plain = "gap" if {"gap_id", "length_m"} <= set(frame.columns) else "plain"
    column = next((c for c in ("state", "status") if c in frame.columns), None)
    if column is None:
        return np.full(len(frame), plain, dtype=object)
    known = frame[column].isin(list(_COLOURS)).to_numpy(dtype=bool)
    styles: NDArray[np.object_] = np.full(len(frame), plain, dtype=object)
    styles[known] = frame[column].to_numpy(dtype=object)[known]
    if "force" in frame.columns:
        advisory = (frame["force"] == "advisory").to_numpy(dtype=bool)
        styles[(styles == "not_met") & advisory] = "advised"
    return styles


def _value(value: Any) -> str:
    """Return a cell as escaped text; "" where it is missing."""
    if isinstance(value, (list, tuple, set, frozenset, np.ndarray)):
        return _text(", ".join(map(str, value)))
    if value is None or pd.isna(value):
        return ""
    if isinstance(value, float):
        return f"{value:.10g}" if math.isfinite(value) else ""
    if isinstance(value, date):
        return str(value.isoformat())
    return _text(str(value))


def _text(text: str) -> str:
    return escape(_clean(text))


def _clean(text: str) -> str:
    """Leave out what XML cannot hold."""
    return _NOT_XML.sub("", text)


def _shape(shape: Any) -> str:
    if shape is None or shapely.is_empty(shape):
        return ""
    if not np.isfinite(shapely.get_coordinates(shape)).all():
        return ""
    kind = shape.geom_type
    if kind == "Polygon":
        holes = (f"<innerBoundaryIs>{_line(r)}</innerBoundaryIs>" for r in shape.interiors)
        outer = f"<outerBoundaryIs>{_line(shape.exterior)}</outerBoundaryIs>"
        return f"<Polygon>{outer}{''.join(holes)}</Polygon>"
    if kind in ("Point", "LineString", "LinearRing"):
        return _line(shape)
    return f"<MultiGeometry>{''.join(_shape(part) for part in shape.geoms)}</MultiGeometry>"


def _line(shape: Any) -> str:
    places = shapely.get_coordinates(shape).round(_DECIMALS).tolist()
    said = " ".join(f"{x!r},{y!r}" for x, y in places)
    return f"<{shape.geom_type}><coordinates>{said}</coordinates></{shape.geom_type}>"
