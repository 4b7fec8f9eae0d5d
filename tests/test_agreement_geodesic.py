"""Lengths are ground metres, carriageways are measured once, and no street folds back on itself.

Lengths are held against geodesics on the ellipsoid, on real streets and on drawn ones near and far
from the middle of their reference system.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from reference import Way
from reference.seams import (
    areas_frame,
    bus_stops_frame,
    districts_frame,
    shops_frame,
    stations_frame,
    ways_frame,
)

from stationmap import streets
from stationmap.checks import spacing
from stationmap.crs import local_crs
from stationmap.io import osm
from stationmap.standards import load

RULE = load("quzhou-2018").rule(kind="spacing")
GEOD = pyproj.Geod(ellps="WGS84")
SHARE = 0.0005  # 0.05 %
CITIES = {
    "nanjing": "osm-nanjing-downtown/nanjing_downtown.osm.pbf",
    "helsinki": "osm-pbf-world/helsinki.osm.pbf",
    "guixi": "osm-china-small/guixi.osm",
    "porto alegre": "porto-alegre-coverage/poa.osm.pbf",
}
DRAWN = ("trunk", "primary", "secondary", "pedestrian")


@cache
def _real(path: Path) -> tuple[osm.OsmLayers, streets.Streets, gpd.GeoDataFrame]:
    layers = osm.read(path)
    lon, lat = shapely.get_coordinates(layers.ways.geometry.values).T
    built = streets.build(
        layers.ways,
        layers.shops,
        rule=RULE,
        districts=layers.districts,
        areas=layers.areas,
        bus_stops=layers.bus_stops,
        crs=local_crs(lon, lat),
        complete=(),
    )
    prepared = spacing.prepare(built, spacing_m=50.0, snap_m=30.0, sides="both")
    stations = gpd.GeoDataFrame(
        {"station_id": layers.bus_stops["id"].astype(str)},
        geometry=layers.bus_stops.to_crs(built.crs).geometry.centroid.values,
        crs=built.crs,
    )
    return layers, built, spacing.check(prepared, stations).gaps(RULE)


@pytest.fixture(params=CITIES)
def city(
    request: pytest.FixtureRequest, shared: Callable[[str], Path]
) -> tuple[osm.OsmLayers, streets.Streets, gpd.GeoDataFrame]:
    """Layers, streets and gaps of a real city; bus stops stand in for stations."""
    return _real(shared(CITIES[request.param]))


def geodesic_m(geometries) -> np.ndarray:
    """Length of each line on the ellipsoid; coordinates are degrees."""
    return np.array([GEOD.geometry_length(g) for g in geometries])


def names(frame) -> np.ndarray:
    return frame["name"].fillna("").to_numpy(dtype=str)


def dropped(ways: gpd.GeoDataFrame) -> np.ndarray:
    """Never frontage, whatever lies beside it."""
    motorway = ways["highway"].isin(["motorway", "motorway_link"])
    return (motorway | ways["tunnel"] | ways["motorroad"] | ways["area"]).to_numpy()


# Real streets.


def test_parts_are_as_long_as_geodesics(city):
    _, built, _ = city
    on_ground = geodesic_m(built.parts.to_crs(4326).geometry)
    np.testing.assert_allclose(built.parts["length_m"], on_ground, rtol=SHARE)
    assert len(on_ground) > 20


def test_gaps_are_as_long_as_geodesics(city):
    _, _, gaps = city
    on_ground = geodesic_m(gaps.geometry)
    assert gaps.crs == "EPSG:4326"
    np.testing.assert_allclose(gaps["length_m"], on_ground, rtol=SHARE, atol=0.001)
    assert len(on_ground) > 20


def test_gaps_lie_on_their_parts(city):
    _, built, gaps = city
    line = built.parts.set_index(["street_id", "part"]).geometry
    hosts = line.loc[list(zip(gaps["street_id"], gaps["part"], strict=True))].to_numpy()
    places, gap = shapely.get_coordinates(gaps.to_crs(built.crs).geometry.values, return_index=True)
    assert shapely.distance(shapely.points(places), hosts[gap]).max() < 0.001


def test_each_carriageway_is_measured_or_is_the_twin_of_one_that_is(city):
    _, built, _ = city
    measured = built.parts["length_m"].sum()
    beside = geodesic_m(built.twins.to_crs(4326).geometry).sum() if len(built.twins) else 0.0
    assert measured + beside == pytest.approx(built.raw_m, rel=SHARE)
    assert built.raw_m / 2 < measured < built.raw_m


def test_no_way_of_the_classes_is_lost(city):
    layers, built, _ = city
    ways = layers.ways[layers.ways["highway"].isin(DRAWN) & ~dropped(layers.ways)]
    ways = ways.to_crs(built.crs)
    lines = np.concatenate([built.parts.geometry.values, built.twins.geometry.values])
    places = [
        shapely.line_interpolate_point(g, np.arange(0.5, g.length, 10.0))
        for g in ways.geometry.values
    ]
    tree = shapely.STRtree(lines)
    (_, _), far = tree.query_nearest(
        np.concatenate(places), return_distance=True, all_matches=False
    )
    assert far.max() < 0.01


def test_no_twin_leaves_its_street(city):
    _, built, _ = city
    for line, twin in zip(built.twins["line"], built.twins.geometry, strict=True):
        places = shapely.line_interpolate_point(twin, np.arange(0.0, twin.length + 1.0, 1.0))
        away = shapely.distance(built.parts.geometry[line], places)
        assert away.max() < 41.0, built.parts.loc[line, "name"]


def folded_m(line: shapely.LineString, *, near_m: float = 20.0, step_m: float = 2.0) -> float:
    """Metres of a line that runs beside itself the other way."""
    at = np.arange(step_m / 2, line.length, step_m)
    places = shapely.line_interpolate_point(line, at)
    ahead = shapely.get_coordinates(
        shapely.line_interpolate_point(line, np.minimum(at + 1, line.length))
    )
    heading = ahead - shapely.get_coordinates(
        shapely.line_interpolate_point(line, np.maximum(at - 1, 0))
    )
    heading /= np.hypot(*heading.T)[:, None]
    one, other = shapely.STRtree(places).query(places, predicate="dwithin", distance=near_m)
    back = (heading[one] * heading[other]).sum(axis=1) < -0.7
    return float(np.unique(one[back]).size * step_m)


def test_the_measure_of_folding_sees_a_fold():
    straight = shapely.LineString([(0, 0), (400, 0)])
    corner = shapely.LineString([(0, 0), (200, 0), (200, 200)])
    hairpin = shapely.LineString([(0, 0), (200, 0), (200, 12), (0, 12)])
    assert [folded_m(g) for g in (straight, corner)] == [0, 0]
    assert folded_m(hairpin) == pytest.approx(400, abs=15)


def test_no_street_folds_back_on_itself(city):
    """Roundabouts and other small closed ways are as they were drawn, as are single ways."""
    layers, built, _ = city
    drawn = shapely.STRtree(layers.ways.to_crs(built.crs).geometry.values)
    for name, closed, line in zip(
        names(built.parts), built.parts["closed"], built.parts.geometry, strict=True
    ):
        folded = folded_m(line)
        if folded <= 60 or (closed and line.length < 200):
            continue
        whole = drawn.query(line, predicate="covered_by")
        single = any(drawn.geometries[i].length > 0.95 * line.length for i in whole)
        assert single, f"{name}: {folded:.0f} m of {line.length:.0f} m run back beside themselves"


def travel(places, oneway: gpd.GeoDataFrame) -> np.ndarray:
    """Direction of traffic at places that lie on one-way ways; 0 elsewhere."""
    found = np.zeros((len(places), 2))
    tree = shapely.STRtree(oneway.geometry.values)
    place, way = tree.query_nearest(places, max_distance=0.05, all_matches=False)
    lines = oneway.geometry.to_numpy()[way]
    at = shapely.line_locate_point(lines, places[place])
    behind = shapely.line_interpolate_point(lines, np.maximum(at - 1, 0))
    ahead = shapely.line_interpolate_point(lines, at + 1)
    along = shapely.get_coordinates(ahead) - shapely.get_coordinates(behind)
    along /= np.hypot(*along.T)[:, None]
    found[place] = along * oneway["oneway"].to_numpy()[way, None]
    return found


def test_opposite_carriageways_of_a_street_are_not_both_measured(city):
    layers, built, _ = city
    oneway = layers.ways[(layers.ways["oneway"] != 0) & ~dropped(layers.ways)].to_crs(built.crs)
    parts = built.parts[(names(built.parts) != "") & ~built.parts["closed"]]
    twice: dict[str, float] = {}
    for name, group in parts.groupby("name"):
        lines = group.geometry.to_numpy()
        tree = shapely.STRtree(lines)
        for one, other in tree.query(lines, predicate="dwithin", distance=35).T:
            if one == other:
                continue
            places = shapely.line_interpolate_point(
                lines[one], np.arange(5.0, lines[one].length, 10.0)
            )
            # parts meet at nodes: there, and where they set out, they are near each other
            ends = shapely.points([lines[k].coords[e] for k in (one, other) for e in (0, -1)])
            beside = shapely.distance(places, lines[other]) < 35
            beside &= shapely.distance(places[:, None], ends[None, :]).min(axis=1) > 45
            feet = shapely.line_locate_point(lines[other], places[beside])
            feet = shapely.line_interpolate_point(lines[other], feet)
            cosine = (travel(places[beside], oneway) * travel(feet, oneway)).sum(axis=1)
            twice[name] = twice.get(name, 0.0) + 10.0 * np.count_nonzero(cosine < -0.7)
    assert {name: metres for name, metres in twice.items() if metres > 60} == {}


# Drawn streets, from 18°N to 53°N, near and far from the middle of their system.

SHIFTS = [0.0, 1.5, -1.5, 3.0, -3.0]


def drawn_street(lat: float, azimuth: float) -> list[tuple[float, float]]:
    """A bent street of some 1.2 km, vertices every 100 m, its first 600 m straight."""
    lon, places = 118.87, [(118.87, lat)]
    for step in range(12):
        lon, at_lat, _ = GEOD.fwd(*places[-1], azimuth + 8 * max(step - 5, 0), 100.0)
        places.append((lon, at_lat))
    return places


def build_drawn(lines, *, shift_deg: float) -> streets.Streets:
    lon, lat = lines[0][0]
    return streets.build(
        ways_frame([Way(i, tuple(line), name=f"{i}号路") for i, line in enumerate(lines)]),
        shops_frame([]),
        rule=RULE,
        districts=districts_frame({}),
        areas=areas_frame([]),
        bus_stops=bus_stops_frame([]),
        crs=local_crs([lon - shift_deg], [lat]),
        complete=(),
    )


def check(built: streets.Streets, places) -> spacing.Spacing:
    prepared = spacing.prepare(built, spacing_m=50.0, snap_m=30.0, sides="both")
    return spacing.check(prepared, stations_frame(places).to_crs(built.crs))


@pytest.mark.parametrize("shift_deg", SHIFTS)
@pytest.mark.parametrize("lat", [18.0, 29.0, 53.0, -30.0])
def test_drawn_streets_are_as_long_as_geodesics(lat, shift_deg):
    lines = [drawn_street(lat + 0.1 * i, azimuth) for i, azimuth in enumerate((2.0, 48.0, 91.0))]
    built = build_drawn(lines, shift_deg=shift_deg)
    assert built.parts["length_m"].tolist() == pytest.approx([1200.0] * 3, rel=1e-6)
    gaps = check(built, [line[i] for line in lines for i in (0, 4, 12)]).gaps(RULE)
    assert sorted(gaps["length_m"]) == pytest.approx([400.0] * 3 + [800.0] * 3, rel=1e-5)
    np.testing.assert_allclose(gaps["length_m"], geodesic_m(gaps.geometry), rtol=1e-5)


@pytest.mark.parametrize("shift_deg", SHIFTS)
@pytest.mark.parametrize("lat", [18.0, 29.0, 53.0])
def test_a_station_is_within_30_m_of_ground_not_of_the_plane(lat, shift_deg):
    street = drawn_street(lat, 48.0)
    built = build_drawn([street], shift_deg=shift_deg)
    for off_m, counts in ((29.995, 1), (30.005, 0)):
        lon, at_lat, _ = GEOD.fwd(*street[3], 48.0 + 90.0, off_m)
        assert check(built, [(lon, at_lat)]).summary()["stations_counted"] == counts
