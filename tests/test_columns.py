"""Coordinates read straight from GeoParquet columns are those that geopandas reads."""

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from shapely import LineString, MultiLineString, Point

from stationmap.checks.columns import lines_of, points_of
from stationmap.checks.spacing import find_gaps
from stationmap.errors import CrsError, InputError

CRS = "EPSG:32650"
LINES = [
    LineString([(500_000, 0), (500_100, 0)]),
    LineString([(500_000, 50), (500_040, 50), (500_040, 200)]),
    LineString([(500_000, 99), (500_009, 99)]),
]
POINTS = [Point(500_010, 3), Point(500_090, 4), Point(500_041, 120)]
AWKWARD = {
    "plain": ([], []),
    "none": ([None], [None]),
    "empty": ([LineString()], [Point()]),
    "with z": ([LineString([(0, 0, 1), (1, 1, 1)])], [Point(1, 2, 3)]),
}


def table(tmp_path, shapes, *, encoding="WKB", crs=CRS):
    frame = gpd.GeoDataFrame({"name": range(len(shapes))}, geometry=list(shapes), crs=crs)
    frame.to_parquet(tmp_path / "t.parquet", geometry_encoding=encoding)
    return frame, pq.read_table(tmp_path / "t.parquet")


@pytest.mark.parametrize(
    ("kind", "encoding"),
    # one geoarrow column holds either two or three dimensions
    [(kind, "WKB") for kind in AWKWARD]
    + [(kind, "geoarrow") for kind in AWKWARD if kind != "with z"],
)
def test_columns_hold_what_geopandas_reads(tmp_path, kind, encoding):
    lines, points = ([*a, *b] for a, b in zip((LINES, POINTS), AWKWARD[kind], strict=True))
    frame, stored = table(tmp_path, lines, encoding=encoding)
    xy, first, crs = lines_of(stored)
    assert crs == frame.crs
    expected, owner = shapely.get_coordinates(frame.geometry, return_index=True)
    assert np.array_equal(xy, expected)
    assert np.diff(first).tolist() == np.bincount(owner, minlength=len(lines)).tolist()

    frame, stored = table(tmp_path, points, encoding=encoding)
    xy, crs = points_of(stored)
    assert crs == frame.crs
    assert np.array_equal(xy[:3], shapely.get_coordinates(frame.geometry[:3]))
    assert np.isnan(xy[3:]).all() == (kind != "with z" or len(points) == 3)


@pytest.mark.parametrize("encoding", ["WKB", "geoarrow"])
def test_slices_and_several_chunks_are_read_as_one_column(tmp_path, encoding):
    _, stored = table(tmp_path, LINES, encoding=encoding)
    pieces = pa.concat_tables([stored.slice(1, 2), stored.slice(0, 1), stored.slice(0, 0)])
    xy, first, _ = lines_of(pieces)
    assert np.array_equal(xy, shapely.get_coordinates([LINES[1], LINES[2], LINES[0]]))
    assert first.tolist() == [0, 3, 5, 7]
    assert lines_of(stored.slice(0, 0))[1].tolist() == [0]
    _, stored = table(tmp_path, POINTS, encoding=encoding)
    assert np.array_equal(points_of(stored.slice(1))[0], shapely.get_coordinates(POINTS[1:]))
    assert points_of(stored.slice(0, 0))[0].shape == (0, 2)


@pytest.mark.parametrize("crs", [CRS, "EPSG:4326"])
def test_gaps_from_tables_are_those_from_frames(tmp_path, crs):
    streets = gpd.GeoDataFrame(geometry=LINES, crs=CRS).to_crs(crs)
    stations = gpd.GeoDataFrame(geometry=POINTS, crs=CRS)
    _, street_table = table(tmp_path, streets.geometry, crs=crs)
    _, station_table = table(tmp_path, stations.geometry)
    expected = find_gaps(streets, stations)
    assert len(expected) == 4
    found = find_gaps(street_table, station_table)
    assert found.crs == expected.crs
    assert found.geom_equals_exact(expected, 1e-9).all()
    assert found.drop(columns="geometry").equals(expected.drop(columns="geometry"))


def test_wrong_tables_are_refused(tmp_path):
    with pytest.raises(InputError, match="no GeoParquet metadata"):
        lines_of(pa.table({"geometry": [b""]}))
    _, points = table(tmp_path, POINTS)
    with pytest.raises(InputError, match="row 0 is a Point: expected a LineString"):
        lines_of(points)
    _, several = table(tmp_path, [LINES[0], MultiLineString([LINES[1]])])
    with pytest.raises(InputError, match="row 1 is a MultiLineString: expected a LineString"):
        lines_of(several)
    with pytest.raises(InputError, match="row 0 is a LineString: expected a Point"):
        points_of(several)
    _, nowhere = table(tmp_path, LINES, crs=None)
    with pytest.raises(CrsError):
        find_gaps(nowhere, points)
