"""Coordinates straight from the geometry column of a GeoParquet table, without geometry objects."""

import json
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyproj
import shapely
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from stationmap.covering import B, F, I
from stationmap.errors import InputError
from stationmap.linear import expand

_POINT, _LINE = 1, 2  # types in well-known binary
_HEAD = 9  # bytes before the coordinates of a line: byte order, type, number of vertices


def lines_of(table: pa.Table) -> tuple[F, I, pyproj.CRS | None]:
    """Read LineStrings: vertices (n, 2), offsets of the lines in them, CRS.

    Raises
    ------
    InputError
        When the table is not GeoParquet, or a geometry is of another type.
    """
    column, encoding, crs = _geometry(table)
    if encoding == "linestring":
        count = pc.fill_null(pc.list_value_length(column), 0).to_numpy()
        return _coordinates(column.flatten()), _offsets(count), crs
    raw, at = _bytes(column)
    count = (np.diff(at) - _HEAD) // 16
    whole = (16 * count + _HEAD == np.diff(at)).all()
    if not whole or not _all_are(_LINE, column, raw[at[:-1, None] + np.arange(5)]):
        xy, owner = shapely.get_coordinates(_shapes(column, _LINE), return_index=True)
        return xy, _offsets(np.bincount(owner, minlength=len(column))), crs
    if not count.any():
        return np.zeros((0, 2)), _offsets(count), crs
    line, k = expand(count)
    vertices = sliding_window_view(raw, 16)[at[line] + _HEAD + 16 * k]
    return vertices.view("<f8"), _offsets(count), crs


def points_of(table: pa.Table) -> tuple[F, pyproj.CRS | None]:
    """Read points: coordinates (n, 2), NaN for one without a place; CRS.

    Raises
    ------
    InputError
        When the table is not GeoParquet, or a geometry is of another type.
    """
    column, encoding, crs = _geometry(table)
    if encoding == "point":
        return _coordinates(column), crs
    raw, at = _bytes(column)
    if (np.diff(at) != 21).any() or not _all_are(_POINT, column, raw.reshape(-1, 21)[:, :5]):
        shapes = _shapes(column, _POINT)
        xy = np.full((len(shapes), 2), np.nan)
        some = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
        xy[some] = shapely.get_coordinates(shapes[some])
        return xy, crs
    return raw.reshape(-1, 21)[:, 5:].copy().view("<f8"), crs


def _geometry(table: pa.Table) -> tuple[Any, str, pyproj.CRS | None]:
    """Find the geometry column in one piece, its encoding and CRS, by the GeoParquet metadata."""
    try:
        about = json.loads(table.schema.metadata[b"geo"])
        name = about["primary_column"]
        about = about["columns"][name]
    except (TypeError, KeyError, ValueError) as error:
        raise InputError(
            "the table has no GeoParquet metadata: write it with GeoDataFrame.to_parquet"
        ) from error
    crs = about.get("crs", "OGC:CRS84")
    column = table.column(name).combine_chunks()
    return column, about["encoding"], None if crs is None else _crs(json.dumps(crs))


@lru_cache(maxsize=4)
def _crs(text: str) -> pyproj.CRS:
    return pyproj.CRS.from_user_input(json.loads(text))


def _coordinates(points: Any) -> F:
    return np.column_stack([axis.to_numpy(zero_copy_only=False) for axis in points.flatten()[:2]])


def _offsets(count: I) -> I:
    return np.concatenate(([0], np.cumsum(count, dtype=np.int64)))


def _bytes(column: Any) -> tuple[NDArray[np.uint8], I]:
    """Well-known binary of a column as it lies in memory: bytes, offsets of the rows."""
    if not len(column):
        return np.zeros(0, dtype=np.uint8), np.zeros(1, dtype=np.int64)
    wide = np.int64 if pa.types.is_large_binary(column.type) else np.int32
    _, offsets, data = column.buffers()
    at = np.frombuffer(offsets, wide)[column.offset : column.offset + len(column) + 1]
    at = at.astype(np.int64)
    return np.frombuffer(data, np.uint8)[at[0] : at[-1]], at - at[0]


def _all_are(kind: int, column: Any, head: NDArray[np.uint8]) -> bool:
    """Tell whether all rows are little-endian geometries of a type, in two dimensions."""
    plain = np.array((1, kind, 0, 0, 0), dtype=np.uint8)
    return not column.null_count and bool((head == plain).all())


def _shapes(column: Any, kind: int) -> NDArray[np.object_]:
    shapes = shapely.from_wkb(column.to_numpy(zero_copy_only=False))
    wrong: B = ~np.isin(shapely.get_type_id(shapes), (-1, kind - 1))
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise InputError(
            "row {row} is a {kind}: expected a {expected}",
            row=row,
            kind=shapes[row].geom_type,
            expected={_POINT: "Point", _LINE: "LineString"}[kind],
        )
    return np.asarray(shapes, dtype=object)
