"""Walking networks drawn in metres, for the tests of walking."""

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely

from stationmap.crs import local_crs
from stationmap.walking import Network, Walks

CRS = local_crs([118.89, 118.91], [28.94, 28.96])
TO_WGS84 = pyproj.Transformer.from_crs(CRS, 4326, always_xy=True)
GEOD = pyproj.Geod(ellps="WGS84")
NEAR_M = 0.05  # a metre of the plane is one over ground to 1e-5


def lonlat(x, y):
    return TO_WGS84.transform(x, y)


def network(*lines, **columns):
    """Ways drawn in metres; a line is its points, or (points, tags)."""
    rows = []
    for line in lines:
        points, tags = line if isinstance(line[1], dict) else (line, {})
        rows.append({"highway": "residential", **tags, "geometry": shapely.LineString(points)})
    frame = gpd.GeoDataFrame(rows, geometry="geometry", crs=CRS).to_crs(4326)
    return Network.from_ways(frame.assign(**columns))


def stations(net, places, **options):
    ids = [f"s{i}" for i in range(len(places))]
    lon, lat = lonlat(*np.array(places, dtype=float).T)
    return Walks(net, station_ids=ids, lon=lon, lat=lat, **options)


def walk(net, one, other, **options):
    return stations(net, [other], **options).metres(*lonlat(*one), [0])[0]


def both_answers(walks, at, **asked):
    """Answer of a search, then, asked often enough, of the lists."""
    found = [walks.nearest(*lonlat(*at), **asked) for _ in range(8)]
    first, last = found[0], found[-1]
    assert [w.station_id for w in first] == [w.station_id for w in last]
    assert [w.walk_m for w in first] == pytest.approx([w.walk_m for w in last], abs=1e-6)
    return last


def near(value):
    return pytest.approx(value, abs=NEAR_M)
