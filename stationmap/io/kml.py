"""KML and KMZ to frames: placemarks with their names, folders and tables.

Read with the XML parser of Python's library, not with a GIS driver: those write over Chinese column
names and split a file by its folders. Nothing but the one document is opened: document types and
entities are refused, links are counted and not followed.
"""

import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.parsers import expat

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from stationmap.errors import InputError
from stationmap.io.files import MAX_UNPACKED_BYTES, check_file, check_packed, sniff
from stationmap.io.notes import Note
from stationmap.io.sheets import decode
from stationmap.messages import N_

KINDS = ("xml:kml", "xml:kml:kml", "kmz")
"""What `files.sniff` says of files that this module reads."""

_MAX_DEPTH = 200
_MAX_COLUMNS = 1_000
_FOLDER_NAME = 200  # characters kept of it: every placemark repeats those around it
_PIECE = 1 << 20
_SHAPES = ("Point", "LineString", "LinearRing", "Polygon", "MultiGeometry")
_RINGS = ("outerBoundaryIs", "innerBoundaryIs")
_PASSED_OVER = ("NetworkLink", "GroundOverlay", "ScreenOverlay", "PhotoOverlay")
_FOLDERS = ("Folder", "Document")
_DEPTH_OF_THE_WHOLE = 2  # kml, and the document or folder that holds everything
_OWN = ("name", "description", "address")
_DECLARATION = re.compile(rb"\A\s*<\?xml[^>]*\?>")


def read(path: str | Path, *, layer: str | None = None) -> gpd.GeoDataFrame:
    """Read the placemarks of a KML or KMZ file.

    Parameters
    ----------
    path : str or Path
    layer : str, optional
        Only the placemarks of this folder, and of those in it.

    Returns
    -------
    GeoDataFrame
        One row a placemark, in the order of the file: name, description, address and layer (the
        folders around it, joined by "/"), each where there are any; a column of text for each
        name of the extended data; geometry in two dimensions or None. No CRS: KML is WGS-84
        by definition, but tools in China export GCJ-02. ``attrs["notes"]`` (list of Note) counts
        what was passed over.

    Raises
    ------
    InputError
        Not KML, damaged, too large once unpacked, with a document type, or without the layer.
    """
    path = check_file(path)
    document = _Document()
    data = _unpacked(path) if sniff(path) == "kmz" else _bytes(path)
    _parse(_as_utf8(data, file=path.name), document, file=path.name)
    if not document.rows:
        raise InputError("{file} has no placemarks", file=path.name)
    frame = document.frame()
    if layer is not None:
        frame = _of_layer(frame, layer, file=path.name)
    frame.attrs["notes"] = document.notes()
    return frame


def _of_layer(frame: gpd.GeoDataFrame, layer: str, *, file: str) -> gpd.GeoDataFrame:
    folders = frame["layer"].fillna("") if "layer" in frame else pd.Series("", frame.index)
    inside = (folders + "/").str.startswith(f"{layer}/")
    if not inside.any():
        raise InputError(
            "{file} has no layer {layer}: its layers are {layers}",
            file=file,
            layer=layer,
            layers=", ".join(filter(None, dict.fromkeys(folders))) or "–",
        )
    return frame[inside].reset_index(drop=True)


def _bytes(path: Path) -> bytes:
    if path.stat().st_size > MAX_UNPACKED_BYTES:
        raise InputError(
            "{file} is larger than {most} MB: split it",
            file=path.name,
            most=MAX_UNPACKED_BYTES // 1_000_000,
        )
    return path.read_bytes()


def _unpacked(path: Path) -> bytes:
    """Return the main document of a KMZ: doc.kml, else its first .kml."""
    check_packed(path)
    with zipfile.ZipFile(path) as archive:
        names = [n for n in archive.namelist() if n.lower().endswith(".kml") and _inside(n)]
        if not names:
            raise InputError("{file} holds no .kml", file=path.name)
        return archive.read(next((n for n in names if n.lower() == "doc.kml"), names[0]))


def _inside(name: str) -> bool:
    return not name.startswith(("/", "\\")) and ".." not in re.split(r"[/\\]", name)


def _as_utf8(data: bytes, *, file: str) -> bytes:
    """Return a document in UTF-8, whatever its declaration says."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace").encode()
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return decode(data, file=file).encode()
    return data.removeprefix(b"\xef\xbb\xbf")


def _parse(data: bytes, document: "_Document", *, file: str) -> None:
    parser = expat.ParserCreate("UTF-8")
    parser.buffer_text = True
    parser.StartElementHandler = document.start
    parser.EndElementHandler = document.end
    parser.CharacterDataHandler = document.text
    parser.StartDoctypeDeclHandler = _refuse_doctype(file)
    try:
        for start in range(0, len(data), _PIECE):
            parser.Parse(data[start : start + _PIECE])
        parser.Parse(b"", True)  # noqa: FBT003 - says that this is the end
    except expat.ExpatError as error:
        raise InputError(
            "{file}, line {line}: the XML is broken ({detail}): export it again",
            file=file,
            line=error.lineno,
            detail=expat.ErrorString(error.code),
        ) from error
    except _TooManyColumnsError:
        raise InputError(
            "{file}, line {line}: its tables have more than {most} columns: export fewer",
            file=file,
            line=parser.CurrentLineNumber,
            most=_MAX_COLUMNS,
        ) from None
    except _TooDeepError:
        raise InputError(
            "{file}, line {line}: elements are nested too deeply: export it again",
            file=file,
            line=parser.CurrentLineNumber,
        ) from None


def _refuse_doctype(file: str) -> Callable[..., None]:
    def refuse(*_: Any) -> None:
        raise InputError(
            "{file} has a document type (DOCTYPE), which KML has not: export it again", file=file
        )

    return refuse


class _TooManyColumnsError(Exception):
    """A name of its own for every value."""


class _TooDeepError(Exception):
    """Elements within elements without end."""


class _Document:
    """Placemarks as they are met; only what stands in a placemark or names a folder is kept."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.columns: dict[str, None] = {}
        self.path: list[str] = []
        self.folders: list[str] = []
        self.layers: dict[str | None, str | None] = {}  # each path is held once
        self.words: list[str] = []
        self.place: dict[str, Any] | None = None
        self.key: str | None = None
        self.shapes: list[tuple[str, list[Any]]] = []
        self.unread = 0
        self.passed_over = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(":")[2]
        self.path.append(tag)
        self.words = []
        if len(self.path) > _MAX_DEPTH:
            raise _TooDeepError
        if tag in _FOLDERS and len(self.path) > _DEPTH_OF_THE_WHOLE:
            self.folders.append("")
        elif tag == "Placemark":
            self.place, self.shapes = {}, []
        elif tag in _PASSED_OVER:
            self.passed_over += 1
        elif self.place is not None:
            if tag in ("Data", "SimpleData"):
                self.key = attributes.get("name", "").strip() or None
            elif tag in _SHAPES or (tag in _RINGS and self.shapes and self.path[-2] == "Polygon"):
                self.shapes.append((tag, []))

    def text(self, words: str) -> None:
        self.words.append(words)

    def end(self, _name: str) -> None:
        tag = self.path.pop()
        around = self.path[-1] if self.path else ""
        said = "".join(self.words).strip()
        self.words = []
        if tag in _FOLDERS and len(self.path) >= _DEPTH_OF_THE_WHOLE:
            self.folders.pop()
        elif tag == "name" and around in _FOLDERS and self.folders:
            self.folders[-1] = said[:_FOLDER_NAME]
        elif self.place is None:
            return
        elif tag == "Placemark":
            layer = "/".join(filter(None, self.folders)) or None
            self.rows.append(self.place | {"layer": self.layers.setdefault(layer, layer)})
            self.place = None
        elif around == "Placemark" and tag in _OWN:
            self.place[tag] = said or None
        elif tag in ("value", "SimpleData") and self.key:
            column = f"{self.key}_2" if self.key in (*_OWN, "layer", "geometry") else self.key
            self.columns.setdefault(column)
            if len(self.columns) > _MAX_COLUMNS:
                raise _TooManyColumnsError
            self.place[column] = said or None
            self.key = None
        elif tag == "coordinates" and self.shapes:
            self.shapes[-1][1].append(said)
        elif self.shapes and tag == self.shapes[-1][0]:
            self._close_shape()

    def _close_shape(self) -> None:
        tag, parts = self.shapes.pop()
        if tag in _RINGS:
            shape: Any = (tag, parts[0] if parts else None)
        else:
            shape = _shape(tag, parts)
            if shape is None:
                self.unread += 1
        if self.shapes:
            self.shapes[-1][1].append(shape)
        elif self.place is not None and shape is not None:
            self.place["geometry"] = shape

    def frame(self) -> gpd.GeoDataFrame:
        """Make a frame of the gathered rows."""
        own = [n for n in (*_OWN, "layer") if any(row.get(n) for row in self.rows)]
        columns = [*own, *self.columns]
        table = {n: np.array([row.get(n) for row in self.rows], dtype=object) for n in columns}
        geometry = np.array([row.get("geometry") for row in self.rows], dtype=object)
        frame = pd.DataFrame({n: pd.Series(v, dtype=object) for n, v in table.items()})
        return gpd.GeoDataFrame(frame, geometry=geometry)

    def notes(self) -> list[Note]:
        """Say what was passed over."""
        counts = (
            (N_("{count} links to other files or pictures were not followed"), self.passed_over),
            (N_("{count} shapes have coordinates that cannot be read"), self.unread),
        )
        return [Note(template, {"count": count}) for template, count in counts if count]


def _shape(tag: str, parts: list[Any]) -> Any:
    """Return the geometry of an element, from its coordinates and the shapes in it, or None."""
    if tag == "MultiGeometry":
        return _collected([part for part in parts if part is not None and not _is_text(part)])
    if tag == "Polygon":
        rings = [(which, _ring(part)) for which, part in _pairs(parts)]
        outer = next((ring for which, ring in rings if which == _RINGS[0]), None)
        if outer is None:
            return None
        holes = [ring for which, ring in rings if which == _RINGS[1] and ring is not None]
        return shapely.polygons(outer, holes or None)
    points = _coordinates(next((part for part in parts if _is_text(part)), ""))
    if tag == "LinearRing":
        return _closed(points)
    if points is None or len(points) < (1 if tag == "Point" else 2):
        return None
    return shapely.points(points[0]) if tag == "Point" else shapely.linestrings(points)


def _is_text(part: Any) -> bool:
    return isinstance(part, str)


def _pairs(parts: list[Any]) -> Iterator[tuple[str, Any]]:
    return (part for part in parts if isinstance(part, tuple))


def _ring(part: Any) -> Any:
    if _is_text(part):
        return None
    is_ring = shapely.get_type_id(part) == shapely.GeometryType.LINEARRING
    return part if is_ring else None


def _closed(points: Any) -> Any:
    if points is None or len(points) < 3:
        return None
    if (points[0] != points[-1]).any():
        points = np.concatenate([points, points[:1]])
    return shapely.linearrings(points) if len(points) > 3 else None


def _coordinates(text: str) -> Any:
    """Return places "lon,lat[,height]" as an array of two columns; None if one is no place."""
    places = ",".join(part.strip() for part in text.split(",")).split()
    try:
        found = np.array([place.split(",")[:2] for place in places], dtype=float)
    except ValueError:
        return None
    usable = found.ndim == 2 and found.shape[1] == 2 and bool(np.isfinite(found).all())
    return found if usable else None


def _collected(parts: list[Any]) -> Any:
    """Return shapes as one: several of a kind, or a collection."""
    if len(parts) < 2:
        return parts[0] if parts else None
    parts = [shapely.linestrings(p.coords) if p.geom_type == "LinearRing" else p for p in parts]
    makers = {
        "Point": shapely.multipoints,
        "LineString": shapely.multilinestrings,
        "Polygon": shapely.multipolygons,
    }
    kinds = {part.geom_type for part in parts}
    make = makers.get(kinds.pop()) if len(kinds) == 1 else None
    return (make or shapely.geometrycollections)(parts)
