"""Datums, metric systems and ground scale."""

import math

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from stationmap import crs
from stationmap.errors import CrsError

GEOD = pyproj.Geod(ellps="WGS84")
CHINA = [(87.6, 43.8), (91.1, 29.65), (109.5, 18.25), (118.87, 28.94), (122.4, 53.5), (134.3, 48.3)]
ABROAD = {
    "Helsinki": (24.94, 60.17),
    "Porto Alegre": (-51.2, -30.03),
    "Seoul": (126.98, 37.57),
    "Osaka": (135.5, 34.69),
    "Tokyo": (139.7, 35.68),
    "Ulaanbaatar": (106.9, 47.9),
    "Hanoi": (105.85, 21.03),
    "Singapore": (103.82, 1.35),
    "Kathmandu": (85.32, 27.7),
    "Almaty": (76.9, 43.24),
    "Vladivostok": (131.9, 43.12),
    "Taipei": (121.5, 25.04),
    "the pole": (120.0, 90.0),
}
BORDER_TOWNS = {
    "Dandong": (124.39, 40.12),
    "Hunchun": (130.36, 42.86),
    "Fuyuan": (134.3, 48.36),
    "Heihe": (127.53, 50.245),
    "Mohe": (122.36, 53.48),
    "Manzhouli": (117.43, 49.6),
    "Erenhot": (111.98, 43.65),
    "Khorgos": (80.4, 44.2),
    "Tashkurgan": (75.23, 37.77),
    "Purang": (81.18, 30.29),
    "Zhangmu": (85.98, 27.99),
    "Medog": (95.33, 29.33),
    "Ruili": (97.85, 24.01),
    "Mohan": (101.69, 21.18),
    "Hekou": (103.96, 22.52),
    "Dongxing": (107.97, 21.54),
    "Sanya": (109.5, 18.25),
    "Hong Kong": (114.17, 22.3),
    "Macau": (113.55, 22.19),
    "Pingtan": (119.8, 25.5),
    "Shengsi": (122.45, 30.73),
}


def published_gcj02(lon: float, lat: float) -> tuple[float, float]:
    """The formula as eviltransform and coord-convert print it, sine by sine."""
    pi, ee, sin = math.pi, 0.00669342162296594323, math.sin
    x, y = lon - 105.0, lat - 35.0
    waves = (20 * sin(6 * x * pi) + 20 * sin(2 * x * pi)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x)) + waves
    north += (20 * sin(y * pi) + 40 * sin(y / 3 * pi)) * 2 / 3
    north += (160 * sin(y / 12 * pi) + 320 * sin(y * pi / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x)) + waves
    east += (20 * sin(x * pi) + 40 * sin(x / 3 * pi)) * 2 / 3
    east += (150 * sin(x / 12 * pi) + 300 * sin(x / 30 * pi)) * 2 / 3
    phi = math.radians(lat)
    magic = 1 - ee * sin(phi) ** 2
    d_lat = north * 180 / (6378245.0 * (1 - ee) / (magic * math.sqrt(magic)) * pi)
    d_lon = east * 180 / (6378245.0 / math.sqrt(magic) * math.cos(phi) * pi)
    return lon + d_lon, lat + d_lat


def metres(lon_a, lat_a, lon_b, lat_b):
    return GEOD.inv(lon_a, lat_a, lon_b, lat_b)[2]


# ----------------------------------------------------------------------------- GCJ-02 and BD-09


@pytest.mark.parametrize(
    ("wgs", "gcj"),
    [
        # test vectors of eviltransform; it uses another ellipsoid, hence some centimetres
        ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
        ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),
        ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),
    ],
)
def test_agrees_with_the_vectors_of_eviltransform(wgs, gcj):
    assert crs.convert(*wgs, source="wgs84", target="gcj02") == pytest.approx(gcj, abs=1e-6)
    assert crs.convert(*gcj, source="gcj02", target="wgs84") == pytest.approx(wgs, abs=1e-6)


@pytest.mark.parametrize(
    ("source", "target", "expected", "tolerance_deg"),
    [
        # test vectors of coordtransform; its inverses take a single step, hence metres
        ("wgs84", "gcj02", (116.41024449916938, 39.91640428150164), 1e-12),
        ("gcj02", "bd09", (116.41036949371029, 39.92133699351021), 1e-12),
        ("wgs84", "bd09", (116.41662724378733, 39.922699552216216), 1e-12),
        ("gcj02", "wgs84", (116.39775550083061, 39.91359571849836), 3e-5),
        ("bd09", "gcj02", (116.39762729119315, 39.90865673957631), 3e-5),
        ("bd09", "wgs84", (116.3913836995125, 39.907253214522164), 6e-5),
    ],
)
def test_agrees_with_the_vectors_of_coordtransform(source, target, expected, tolerance_deg):
    found = crs.convert(116.404, 39.915, source=source, target=target)
    assert found == pytest.approx(expected, abs=tolerance_deg)


@settings(deadline=None, max_examples=200)
@given(st.floats(74, 134), st.floats(18.2, 53))
def test_agrees_with_the_published_formula_all_over_china(lon, lat):
    expected = published_gcj02(lon, lat) if crs.in_china(lon, lat) else (lon, lat)
    found = crs.convert(lon, lat, source="wgs84", target="gcj02")
    assert found == pytest.approx(expected, abs=1e-12, rel=0)


@pytest.mark.parametrize("target", ["gcj02", "bd09"])
def test_there_and_back_is_below_a_tenth_of_a_millimetre_everywhere_in_china(target):
    rng = np.random.default_rng(1)
    lon, lat = rng.uniform(73, 136, 100_000), rng.uniform(17, 54, 100_000)
    inside = crs.in_china(lon, lat)
    assert 0.3 < inside.mean() < 0.6
    lon, lat = lon[inside], lat[inside]
    there = crs.convert(lon, lat, source="wgs84", target=target)
    back = crs.convert(*there, source=target, target="wgs84")
    assert metres(lon, lat, *back).max() < 1e-4
    assert metres(lon, lat, *there).min() > 1  # nothing was left where it was


def test_gcj02_to_bd09_agrees_with_the_way_through_wgs84():
    lon, lat = np.array(CHINA).T
    gcj = crs.convert(lon, lat, source="wgs84", target="gcj02")
    bd = crs.convert(lon, lat, source="wgs84", target="bd09")
    np.testing.assert_allclose(crs.convert(*gcj, source="gcj02", target="bd09"), bd, atol=1e-9)
    np.testing.assert_allclose(crs.convert(*bd, source="bd09", target="gcj02"), gcj, atol=1e-9)


@pytest.mark.parametrize("place", ABROAD)
@pytest.mark.parametrize("source", crs.DATUMS)
@pytest.mark.parametrize("target", crs.DATUMS)
def test_places_abroad_are_unchanged(place, source, target):
    assert crs.convert(*ABROAD[place], source=source, target=target) == ABROAD[place]


@pytest.mark.parametrize("town", BORDER_TOWNS)
def test_border_towns_and_islands_count_as_china(town):
    assert crs.in_china(*BORDER_TOWNS[town])


def test_the_quick_boxes_lie_inside_china():
    for box in crs._CHINA_CORE:
        assert crs._CHINA.covers(shapely.box(*box))
    assert shapely.box(*crs._CHINA_WIDE).covers(crs._CHINA.buffer(0.1))


def test_cgcs2000_is_wgs84():
    lon, lat = np.array(CHINA).T
    assert np.array_equal(crs.convert(lon, lat, source="cgcs2000", target="wgs84"), (lon, lat))
    np.testing.assert_array_equal(
        crs.convert(lon, lat, source="cgcs2000", target="gcj02"),
        crs.convert(lon, lat, source="wgs84", target="gcj02"),
    )


def test_nan_and_infinity_stay_and_do_not_touch_their_neighbours():
    lon = np.array([np.nan, 118.87, 118.87, np.inf, 118.87])
    lat = np.array([28.94, np.nan, 28.94, 28.94, -np.inf])
    for source, target in [("wgs84", "gcj02"), ("gcj02", "wgs84"), ("bd09", "gcj02")]:
        x, y = crs.convert(lon, lat, source=source, target=target)
        np.testing.assert_array_equal(np.delete(x, 2), np.delete(lon, 2))
        np.testing.assert_array_equal(np.delete(y, 2), np.delete(lat, 2))
        alone = crs.convert(118.87, 28.94, source=source, target=target)
        assert (x[2], y[2]) == alone != (118.87, 28.94)


def test_shapes_broadcast_and_inputs_are_left_alone():
    lon, lat = np.full((3, 1), 118.87), np.array([28.9, 29.0])
    x, y = crs.convert(lon, lat, source="wgs84", target="bd09")
    assert x.shape == y.shape == (3, 2)
    assert np.array_equal(lon, np.full((3, 1), 118.87))
    x, _ = crs.convert(lat, lat, source="wgs84", target="wgs84")
    x += 1
    assert lat[0] == 28.9
    assert crs.convert(118.87, 28.94, source="wgs84", target="gcj02")[0].shape == ()
    assert crs.convert([], [], source="wgs84", target="gcj02")[0].shape == (0,)


def test_a_long_array_equals_its_points_one_by_one():
    rng = np.random.default_rng(2)
    lon, lat = rng.uniform(70, 140, 20_001), rng.uniform(10, 56, 20_001)
    x, y = crs.convert(lon, lat, source="gcj02", target="wgs84")
    for i in [*range(0, 20_001, 2_000), 8_191, 8_192]:
        one = crs.convert(lon[i], lat[i], source="gcj02", target="wgs84")
        np.testing.assert_allclose((x[i], y[i]), one, rtol=0, atol=1e-8)


def test_an_unknown_datum_is_named():
    with pytest.raises(CrsError, match="gcj-02"):
        crs.convert(118.87, 28.94, source="gcj-02", target="wgs84")


def test_geometries_convert_vertex_by_vertex():
    line = shapely.LineString([(118.8, 28.9), (118.9, 28.95)])
    solid = shapely.Point(118.8, 28.9, 7.5)
    shapes = np.array([line, None, shapely.Polygon(), solid, line.buffer(0.01)], dtype=object)
    there = crs.convert_geometry(shapes, source="wgs84", target="gcj02")
    expected = crs.convert([118.8, 118.9], [28.9, 28.95], source="wgs84", target="gcj02")
    np.testing.assert_array_equal(shapely.get_coordinates(there[0]).T, expected)
    assert there[1] is None
    assert there[2].is_empty
    assert there[3].z == 7.5
    assert not there[0].has_z
    assert shapes[0] == line == shapely.LineString([(118.8, 28.9), (118.9, 28.95)])
    back = crs.convert_geometry(there, source="gcj02", target="wgs84")
    assert shapely.equals_exact(back[4], shapes[4], tolerance=1e-9)


def test_both_boundaries_of_quzhou_overlap_after_conversion(shared):
    survey = gpd.read_file(shared("admin-boundaries/quzhou_counties_survey_wgs84.geojson"))
    datav = gpd.read_file(shared("admin-boundaries/quzhou_330800_datav_gcj02.geojson"))
    survey = survey.set_index("FNAME").geometry
    before = datav.set_index("name").geometry
    after = before.copy()
    after[:] = crs.convert_geometry(before.to_numpy(), source="gcj02", target="wgs84")
    metric = crs.local_crs(*shapely.get_coordinates(survey.to_numpy()).T)
    survey, before, after = (g.make_valid().to_crs(metric) for g in (survey, before, after))
    assert set(survey.index) == set(after.index)
    for county, truth in survey.items():
        iou = [
            truth.intersection(other[county]).area / truth.union(other[county]).area
            for other in (before, after)
        ]
        print(f"{county}: IoU {iou[0]:.4f} as published, {iou[1]:.4f} converted")
        assert iou[1] > max(0.96, iou[0] + 0.005)


# ----------------------------------------------------------------------------- metric systems


@settings(deadline=None, max_examples=100)
@given(
    lon=st.floats(-180, 180),
    lat=st.floats(-84, 84),
    bearing=st.floats(0, 360),
    away_m=st.floats(0, 40_000),
)
def test_lengths_in_the_local_crs_are_ground_metres(lon, lat, bearing, away_m):
    a_lon, a_lat, _ = GEOD.fwd(lon, lat, bearing, away_m)
    b_lon, b_lat, _ = GEOD.fwd(a_lon, a_lat, 40.0, 1_000.0)
    local = crs.local_crs(lon, lat)
    to = pyproj.Transformer.from_crs(4326, local, always_xy=True)
    x, y = to.transform([a_lon, b_lon], [a_lat, b_lat])
    planar = math.hypot(x[1] - x[0], y[1] - y[0])
    assert planar == pytest.approx(1_000.0, rel=5e-4)
    ground = planar / crs.scale_factor(local, np.mean(x), np.mean(y))
    assert ground == pytest.approx(1_000.0, abs=1e-3)


@pytest.mark.parametrize("lat", [18.0, 29.0, 53.0])
@pytest.mark.parametrize(("epsg", "edge_deg"), [(4547, 115.5), (4506, 102.0), (32650, 120.0)])
def test_lengths_at_the_edge_of_a_zone_are_right_after_the_scale(lat, epsg, edge_deg):
    to = pyproj.Transformer.from_crs(4326, epsg, always_xy=True)
    for bearing in range(0, 360, 30):
        b_lon, b_lat, _ = GEOD.fwd(edge_deg, lat, bearing, 1_000.0)
        x, y = to.transform([edge_deg, b_lon], [lat, b_lat])
        planar = math.hypot(x[1] - x[0], y[1] - y[0])
        ground = planar / crs.scale_factor(epsg, np.mean(x), np.mean(y))
        assert ground == pytest.approx(1_000.0, rel=1e-5)


@pytest.mark.parametrize(
    "definition",
    [4547, 32650, 32749, 4513, 3395, 3035, "+proj=lcc +lat_1=25 +lat_2=47 +lon_0=105 +units=m"],
)
def test_scale_equals_the_factors_of_proj(definition):
    try:
        metric = crs.require_metric(definition, what="test")
    except CrsError:
        assert definition == 3035  # equal area: no single factor exists
        return
    lon_0 = {4547: 114, 32650: 117, 32749: 111, 4513: 75}.get(metric.to_epsg(), 105)
    lon, lat = np.meshgrid(lon_0 + np.linspace(-4, 4, 9), [-40.0, 0.5, 18, 29, 53])
    proj = pyproj.Proj(metric)
    x, y = proj(lon, lat)
    expected = proj.get_factors(lon, lat).meridional_scale
    np.testing.assert_allclose(crs.scale_factor(metric, x, y), expected, rtol=1e-6)


def test_scale_far_from_the_meridian_and_of_nan():
    local = crs.local_crs(105.0, 35.0)
    x, y = pyproj.Proj(local)([120.0, 105.0], [35.0, 35.0])
    found = crs.scale_factor(local, [*x, np.nan], [*y, 0.0])
    expected = pyproj.Proj(local).get_factors([120.0, 105.0], [35.0, 35.0]).meridional_scale
    np.testing.assert_allclose(found[:2], expected, rtol=1e-9)
    assert np.isnan(found[2])


def test_local_crs_of_places_on_both_sides_of_the_date_line():
    local = crs.local_crs([179.5, -179.8, np.nan], [-17.0, -16.0, 3.0])
    x, y = pyproj.Transformer.from_crs(4326, local, always_xy=True).transform(
        [179.5, -179.8], [-17.0, -16.0]
    )
    assert np.abs(x).max() < 50_000
    assert math.hypot(x[1] - x[0], y[1] - y[0]) == pytest.approx(
        metres(179.5, -17.0, -179.8, -16.0), rel=5e-4
    )


@pytest.mark.parametrize("place", [(151.2, -33.9), (15.6, 78.2), (-68.3, -54.8), (0.0, 0.0)])
def test_local_crs_is_centred_on_a_single_place(place):
    local = crs.local_crs(*place)
    x, y = pyproj.Transformer.from_crs(4326, local, always_xy=True).transform(*place)
    assert (x, y) == pytest.approx((0.0, 0.0), abs=1e-3)
    assert crs.require_metric(local, what="test") == local


def test_local_crs_needs_a_place():
    with pytest.raises(CrsError, match="no coordinates"):
        crs.local_crs([np.nan], [1.0])
    with pytest.raises(CrsError, match="swapped"):
        crs.local_crs([28.9], [118.8])


@pytest.mark.parametrize(
    "definition",
    [
        None,
        4326,
        4490,
        3857,
        3035,  # equal area
        4979,  # geocentric degrees with height
        2263,  # US survey feet
        "+proj=eqc +units=m",
        "+proj=aeqd +lat_0=29 +lon_0=119 +units=m",
        "+proj=tmerc +lon_0=119 +units=km",
    ],
)
def test_what_cannot_be_measured_in_is_refused(definition):
    with pytest.raises(CrsError, match="streets"):
        crs.require_metric(definition, what="streets")


def test_metric_systems_are_accepted_also_with_heights():
    for definition in (4549, 32650, "EPSG:4549+5705", crs.local_crs(119, 29)):
        assert crs.require_metric(definition, what="streets").name


def test_frames_move_to_metres_and_back():
    frame = gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.Point(118.87, 28.94)], crs=4326)
    local = crs.local_crs(118.87, 28.94)
    metric = crs.to_metric(frame, local)
    assert metric.crs == local
    assert crs.to_wgs84(metric).geometry[0].distance(frame.geometry[0]) < 1e-9
    with pytest.raises(CrsError, match="no coordinate reference system"):
        crs.to_wgs84(frame.set_crs(None, allow_override=True))
    with pytest.raises(CrsError, match="cannot be measured"):
        crs.to_metric(frame, 3857)


# ----------------------------------------------------------------------------- CGCS2000 planes


@pytest.mark.parametrize("central_meridian_deg", [75, 114, 117, 120, 135])
@pytest.mark.parametrize("zoned", [True, False])
def test_cgcs2000_planes_there_and_back(central_meridian_deg, zoned):
    lon = central_meridian_deg + np.array([-1.5, 0.0, 0.7, np.nan])
    lat = np.array([18.0, 29.0, 53.0, 29.0])
    east, north = crs.to_cgcs2000_plane(
        lon[:3], lat[:3], central_meridian_deg=central_meridian_deg, zoned=zoned
    )
    assert (east[1] > 1e6) == zoned
    east, north = np.append(east, np.nan), np.append(north, 3e6)
    given_cm = None if zoned else central_meridian_deg
    for x, y in [(east, north), (north, east)]:  # the order of geographers and of surveyors
        found = crs.from_cgcs2000_plane(x, y, central_meridian_deg=given_cm)
        np.testing.assert_allclose(found[0][:3], lon[:3], atol=1e-9)
        np.testing.assert_allclose(found[1][:3], lat[:3], atol=1e-9)
        assert np.isnan(found[0][3])


def test_every_zone_has_the_meridian_and_the_false_easting_of_its_number():
    for width, first_zoned, first_cm in [(3, 4513, 4534), (6, 4491, 4502)]:
        for i, cm in enumerate(range(75, 136, width)):
            for zoned, first in [(True, first_zoned), (False, first_cm)]:
                found = crs.cgcs2000_crs(central_meridian_deg=cm, width=width, zoned=zoned)
                p = {q.name: q.value for q in found.coordinate_operation.params}
                zone = cm // 3 if width == 3 else (cm + 3) // 6
                assert found.to_epsg() == first + i
                assert p["Longitude of natural origin"] == cm
                assert p["False easting"] == 500_000 + (zone * 1_000_000 if zoned else 0)


def test_rows_of_several_zones_are_read_together():
    lon, lat = np.array([118.4, 118.6, 117.0]), np.array([28.9, 28.9, 28.9])
    east = [
        crs.to_cgcs2000_plane(118.4, 28.9, central_meridian_deg=117, zoned=True),
        crs.to_cgcs2000_plane(118.6, 28.9, central_meridian_deg=120, zoned=True),
    ]
    six = crs.cgcs2000_crs(central_meridian_deg=117, width=6, zoned=True)
    east.append(pyproj.Transformer.from_crs(4490, six, always_xy=True).transform(117.0, 28.9))
    found = crs.from_cgcs2000_plane(*np.array(east).T)
    np.testing.assert_allclose(found, (lon, lat), atol=1e-9)


def test_what_is_no_cgcs2000_plane_is_refused():
    with pytest.raises(CrsError, match="central meridian"):
        crs.from_cgcs2000_plane([500_000.0], [3_200_000.0])
    with pytest.raises(CrsError, match="not projected CGCS2000"):
        crs.from_cgcs2000_plane([118.87], [28.94])
    with pytest.raises(CrsError, match="not projected CGCS2000"):
        crs.from_cgcs2000_plane([13_232_000.0], [3_369_000.0 * 3])
    with pytest.raises(CrsError, match="119"):
        crs.cgcs2000_crs(central_meridian_deg=119)
    with pytest.raises(CrsError, match="not 3 or 6"):
        crs.cgcs2000_crs(central_meridian_deg=120, width=2)
