"""Frames of what was gathered from an OpenStreetMap file, row by row."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely


def frame_of(columns: list[str], rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    """Return a frame of rows whose last value is a geometry as hexadecimal WKB or None."""
    frame = pd.DataFrame(rows, columns=[*columns, "geometry"], dtype=object)
    # GEOS reads bytes ten times faster than hexadecimal text
    wkb = [text and bytes.fromhex(text) for text in frame["geometry"]]
    geometry = shapely.from_wkb(np.array(wkb, dtype=object))
    several = shapely.get_type_id(geometry) == shapely.GeometryType.MULTIPOLYGON
    simple = several & (shapely.get_num_geometries(geometry) == 1)
    geometry[simple] = shapely.get_geometry(geometry[simple], 0)
    frame["geometry"] = geometry
    return frame


def texts(values: Any) -> "pd.Series[Any]":
    """Return a column of texts and None, which pandas would turn into another type."""
    return pd.Series(values, dtype=object)


def geo(frame: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return a frame with a column ``geometry`` in WGS-84 as a GeoDataFrame."""
    return gpd.GeoDataFrame(frame, geometry="geometry", crs="EPSG:4326")


def districts_of(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    """Return districts with level and population as numbers; what is none is missing."""
    districts = frame_of(["adcode", "name", "level", "population", "residential"], rows)
    districts["level"] = pd.to_numeric(districts["level"], errors="coerce").astype("Int64")
    people = districts["population"].astype("string").str.replace(r"[\s,]", "", regex=True)
    districts["population"] = pd.to_numeric(people, errors="coerce").astype(float)
    return districts
