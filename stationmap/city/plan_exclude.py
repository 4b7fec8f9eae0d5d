"""Hosts that a plan is to leave out: a list of their ids, or areas, from a file."""

from pathlib import Path
from typing import Any

import shapely

from stationmap.crs import to_wgs84
from stationmap.errors import InputError
from stationmap.io import sheets, vector

_AREAS = (".geojson", ".json", ".gpkg", ".kml", ".kmz", ".shp", ".parquet")
_HEADINGS = ("id", "编号", "host_id", "code", "依托单位编号")


def read_excluded(file: Path) -> tuple[tuple[str, ...], bytes | None]:
    """Read what is to be left out.

    Parameters
    ----------
    file : Path
        Geodata whose shapes are the areas; or a table (.csv, .xlsx, .txt) whose column of ids, or
        else first column, names shops and facilities.

    Returns
    -------
    tuple of str, bytes or None
        Ids; and the areas as WKB in EPSG:4326.

    Raises
    ------
    InputError
        The file cannot be read, or holds neither.
    """
    if file.suffix.lower() in _AREAS:
        frame = vector.read(file)
        if frame.crs is None:
            frame = frame.set_crs("EPSG:4326")
        shapes = to_wgs84(frame).geometry.dropna().to_numpy()
        area = shapely.union_all(shapely.make_valid(shapes))
        if shapely.is_empty(area):
            raise _nothing(file)
        return (), shapely.to_wkb(area)
    ids: list[str] = []
    for grid in sheets.read_grids(file):
        ids += _ids([row for row in grid.rows if any(map(_text, row))])
    if not ids:
        raise _nothing(file)
    return tuple(dict.fromkeys(ids)), None


def _ids(rows: list[list[Any]]) -> list[str]:
    """Take the column with a heading of ids; without one all of the first column."""
    if not rows:
        return []
    heads = [_text(value).lower() for value in rows[0]]
    column = next((heads.index(name) for name in _HEADINGS if name in heads), None)
    body = rows if column is None else rows[1:]
    found = (_text(row[column or 0]) for row in body if len(row) > (column or 0))
    return [one for one in found if one]


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()


def _nothing(file: Path) -> InputError:
    return InputError(
        "{file} names no host and no area to leave out: give a list of ids, or geodata with areas",
        file=file.name,
    )
