"""Chainage, offset, substrings and nearness, against shapely, geodesics and brute force."""

import itertools

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiLineString, Point
from shapely.ops import substring

from stationmap.crs import local_crs
from stationmap.errors import CrsError, InputError
from stationmap.linear import Lines, interpolate, locate, near, substrings, within

CRS = local_crs(118.0, 29.0)  # scale 1 near the origin: planar metres are ground metres
FLAT = 1e-7  # of a metre: how far 200 m from the meridian the scale is from 1

ZOO = {
    "none": None,
    "empty": LineString(),
    "point-like": LineString([(5, 5), (5, 5)]),
    "straight": LineString([(0, 0), (100, 0)]),
    "right angle": LineString([(0, 0), (50, 0), (50, 50)]),
    "duplicate vertices": LineString([(0, 20), (30, 20), (30, 20), (30, 20), (60, 20)]),
    "closed": LineString([(0, 0), (50, 0), (50, 50), (0, 50), (0, 0)]),
    "closed through a duplicate": LineString([(0, 0), (0, 0), (40, 0), (40, 30), (0, 0)]),
    "self-crossing": LineString([(0, 0), (80, 80), (80, 0), (0, 80)]),
    "there and back": LineString([(0, -10), (60, -10), (0, -10)]),
    "hairpin": LineString([(0, 0), (100, 0), (5, 3)]),
    "many vertices": LineString(
        np.column_stack((np.linspace(0, 90, 700), 30 * np.sin(np.linspace(0, 40, 700))))
    ),
    "with z": LineString([(0, 0, 7), (10, 0, 9)]),
}
SHAPES = np.array(list(ZOO.values()), dtype=object)
LINES = Lines.from_geometries(SHAPES, crs=CRS)
NAMES = list(ZOO)


def one(*coordinates):
    return Lines.from_geometries([LineString(coordinates)], crs=CRS)


# --------------------------------------------------------------------------- Lines


def test_lengths_of_the_zoo_are_those_of_shapely():
    expected = np.where(shapely.is_missing(SHAPES), 0, shapely.length(SHAPES))
    assert LINES.length_m == pytest.approx(expected, abs=1e-6)
    closed = [NAMES[i] for i in np.flatnonzero(LINES.closed)]
    assert closed == ["closed", "closed through a duplicate", "there and back"]


def test_chainage_starts_at_zero_on_every_line_and_never_falls():
    for i in range(len(LINES)):
        at = LINES.at_m[LINES.first[i] : LINES.first[i + 1]]
        assert (at[:1] == 0).all()
        assert (np.diff(at) >= 0).all()
        assert LINES.length_m[i] == (at[-1] if len(at) else 0)


def test_chainage_does_not_drift_over_a_whole_city():
    many = Lines.from_geometries([LineString([(0, 0), (33.3, 0), (100.1, 0)])] * 50_000, crs=CRS)
    assert np.ptp(many.length_m) < 1e-9
    assert np.ptp(many.at_m[1::3]) < 1e-9


@pytest.mark.parametrize("bad", [4326, 3857, None, 2263])
def test_lines_refuse_a_crs_in_which_lengths_cannot_be_measured(bad):
    with pytest.raises(CrsError):
        Lines.from_geometries([], crs=bad)


def test_lines_refuse_other_geometries_and_name_the_row():
    with pytest.raises(InputError, match="line 1 is a MultiLineString"):
        Lines.from_geometries([SHAPES[3], MultiLineString([SHAPES[3]])], crs=CRS)
    with pytest.raises(InputError, match="line 0 is a Point"):
        Lines.from_geometries([Point(0, 0)], crs=CRS)


def test_lines_refuse_coordinates_that_are_not_finite_and_name_the_row():
    for wrong in (np.nan, np.inf):
        with np.errstate(invalid="ignore"):
            broken = shapely.linestrings([[0, 0], [wrong, 1]])
        with pytest.raises(InputError, match="line 2 has a coordinate"):
            Lines.from_geometries([SHAPES[3], None, broken, SHAPES[3]], crs=CRS)


@pytest.mark.parametrize("lat", [18.0, 29.0, 53.0])
@pytest.mark.parametrize("where", ["centre", "zone edge"])
def test_lengths_and_distances_are_ground_metres_to_half_a_per_mille(lat, where):
    geod = pyproj.Geod(ellps="WGS84")
    lon = 117.0 if where == "centre" else 119.99
    crs = pyproj.CRS.from_epsg(32650)
    project = pyproj.Transformer.from_crs(4326, crs, always_xy=True).transform
    for azimuth in (0, 45, 90, 170):
        for length in (80.0, 900.0, 20_000.0):
            # a line of `length` ground metres through the place, and a point 30 m beside its middle
            ends = [geod.fwd(lon, lat, azimuth + turn, length / 2)[:2] for turn in (0, 180)]
            middle = geod.fwd(lon, lat, azimuth + 90, 30.0)[:2]
            line = Lines.from_geometries(
                [LineString([project(*end) for end in ends[::-1]])], crs=crs
            )
            assert line.length_m[0] == pytest.approx(length, rel=5e-4)
            x, y = project(*middle)
            at_m, distance_m, offset_m = locate(line, [0], [x], [y])
            assert at_m[0] == pytest.approx(length / 2, rel=5e-4)
            if length < 1000:  # a longer line is not the geodesic between its ends
                assert distance_m[0] == pytest.approx(30.0, rel=5e-4)
                assert offset_m[0] == -distance_m[0]


# --------------------------------------------------------------------------- locate


def test_locate_finds_the_nearest_place_of_every_line_in_the_zoo():
    rng = np.random.default_rng(7)
    x, y = rng.uniform(-60, 140, (2, 400))
    for i, shape in enumerate(SHAPES):
        at_m, distance_m, offset_m = locate(LINES, np.full(400, i), x, y)
        if shape is None or shape.is_empty:
            assert np.isnan([at_m, distance_m, offset_m]).all()
            continue
        points = shapely.points(x, y)
        assert distance_m == pytest.approx(shapely.distance(points, shape), abs=1e-6)
        aside = distance_m if LINES.length_m[i] else 0 * distance_m
        assert np.abs(offset_m) == pytest.approx(aside, abs=1e-6)
        foot = shapely.points(*interpolate(LINES, np.full(400, i), at_m))
        assert shapely.distance(points, foot) == pytest.approx(distance_m, abs=1e-6)


def test_of_equally_near_places_the_lowest_chainage_is_taken():
    at_m, _, _ = locate(LINES, [NAMES.index("self-crossing")], [40.0], [40.0])
    assert at_m[0] == pytest.approx(np.hypot(40, 40))  # passed again later
    at_m, _, _ = locate(LINES, [NAMES.index("closed")], [-5.0], [-5.0])
    assert at_m[0] == 0  # not the length
    at_m, _, _ = locate(LINES, [NAMES.index("closed")], [25.0], [25.0])
    assert at_m[0] == pytest.approx(25)  # the middle of the ring


def test_left_of_the_direction_is_positive_also_round_the_outside_of_a_sharp_bend():
    line = one((0, 0), (100, 0), (5, 3))  # a hairpin to the left
    x, y = [50.0, 50.0, 100.5, 104.0, 100.2], [0.5, -4.0, 0.1, 1.5, -3.0]
    _, _, offset_m = locate(line, np.zeros(5, int), x, y)
    assert np.sign(offset_m).tolist() == [1, -1, -1, -1, -1]


def test_a_point_straight_ahead_of_an_end_is_neither_left_nor_right():
    _, distance_m, offset_m = locate(one((0, 0), (100, 0)), [0, 0], [112.0, -7.0], [0.0, 0.0])
    assert distance_m == pytest.approx([12, 7])
    assert offset_m.tolist() == [0, 0]


def test_points_that_are_not_finite_have_no_place():
    found = locate(one((0, 0), (100, 0)), [0, 0, 0], [np.nan, 5.0, 5.0], [0.0, np.inf, 0.0])
    assert np.isnan(found)[:, :2].all()
    assert np.isfinite(found)[:, 2].all()


# --------------------------------------------------------------------------- substrings

shares = st.floats(0, 1)
solid = st.sampled_from([i for i, s in enumerate(SHAPES) if LINES.length_m[i] > 0])


@given(solid, shares)
@settings(deadline=None, max_examples=200)
def test_interpolate_agrees_with_shapely(i, share):
    at_m = share * LINES.length_m[i]
    x, y = interpolate(LINES, [i], [at_m])
    expected = shapely.line_interpolate_point(SHAPES[i], at_m * LINES.scale[i])
    assert shapely.distance(Point(x[0], y[0]), expected) < 1e-6


def test_interpolate_stops_at_the_ends_and_knows_nothing_of_an_empty_line():
    x, _ = interpolate(LINES, [3, 3, 0, 2], [-5.0, 500.0, 0.0, 1.0])
    assert x[:2] == pytest.approx([0, 100])
    assert np.isnan(x[2])
    assert x[3] == 5


@given(solid, shares, shares)
@settings(deadline=None, max_examples=200)
def test_substrings_agree_with_shapely(i, a, b):
    low, high = (share * LINES.length_m[i] for share in sorted((a, b)))
    cut = substrings(LINES, [i], [low], [high])[0]
    expected = substring(SHAPES[i], low * LINES.scale[i], high * LINES.scale[i])
    assert cut.length == pytest.approx(expected.length, abs=1e-6)
    if expected.length > 1e-9:
        assert shapely.hausdorff_distance(cut, shapely.force_2d(expected)) < 1e-5


@given(st.lists(shares, min_size=1, max_size=6), solid)
@settings(deadline=None, max_examples=100)
def test_pieces_of_a_line_add_up_to_the_line(cuts, i):
    at = np.array([0, *sorted(cuts), 1]) * LINES.length_m[i]
    pieces = substrings(LINES, np.full(len(at) - 1, i), at[:-1], at[1:])
    assert shapely.length(pieces).sum() == pytest.approx(SHAPES[i].length, abs=1e-6)
    for piece, following in itertools.pairwise(pieces):
        assert piece.coords[-1] == pytest.approx(following.coords[0])


def test_a_stretch_of_a_ring_runs_on_through_the_origin():
    ring = NAMES.index("closed")
    assert substrings(LINES, [ring], [180], [10])[0].equals_exact(
        LineString([(0, 20), (0, 0), (10, 0)]), 1e-6
    )
    assert substrings(LINES, [ring], [20], [220])[0].equals_exact(
        LineString([(20, 0), (50, 0), (50, 50), (0, 50), (0, 0), (20, 0)]), 1e-6
    )
    assert substrings(LINES, [ring], [150], [200])[0].equals_exact(
        LineString([(0, 50), (0, 0)]), 1e-6
    )
    assert substrings(LINES, [ring], [200], [40])[0].length == pytest.approx(40)


def test_substrings_of_nothing_and_of_a_point():
    nothing, empty = substrings(LINES, [0, 1], [0, 0], [1, 1])
    assert nothing is None
    assert empty is None
    short = substrings(LINES, [3, 3, 2], [40, 120, 0], [40, 130, 9])
    assert shapely.length(short).tolist() == [0, 0, 0]
    assert len(substrings(LINES, [], [], [])) == 0


def test_duplicate_vertices_do_not_become_duplicate_ends():
    cut = substrings(LINES, [NAMES.index("duplicate vertices")], [30], [60])[0]
    assert shapely.get_num_coordinates(cut) == 2


# --------------------------------------------------------------------------- within


def brute_force(lines, shapes, x, y, limit_m):
    with np.errstate(invalid="ignore"):
        apart = shapely.distance(shapely.points(x, y)[:, None], shapes[None, :]) / lines.scale
    return {(p, i) for p, i in np.argwhere(np.round(apart, 4) <= limit_m).tolist()}


@pytest.mark.parametrize("block", [64, 1 << 15])
@pytest.mark.parametrize("limit_m", [0.5, 30.0, 400.0])
def test_within_finds_exactly_the_pairs_of_brute_force(monkeypatch, block, limit_m):
    monkeypatch.setattr(near, "_BLOCK", block)
    rng = np.random.default_rng(11)
    shapes = np.concatenate(
        (
            SHAPES,
            [LineString(rng.uniform(-500, 500, (rng.integers(2, 9), 2))) for _ in range(40)],
            [LineString(rng.integers(-5, 6, (3, 2)) * 40.0) for _ in range(40)],
        )
    )
    lines = Lines.from_geometries(shapes, crs=CRS)
    x, y = np.concatenate(
        (rng.uniform(-700, 700, (2, 900)), rng.integers(-9, 9, (2, 300)) * 20.0), 1
    )
    x[::97] = np.nan
    point, line, at_m, distance_m, offset_m = within(lines, x, y, distance_m=limit_m)
    pairs = set(zip(point.tolist(), line.tolist(), strict=True))
    assert len(pairs) == len(point)
    assert pairs == brute_force(lines, shapes, x, y, limit_m)
    assert (np.lexsort((at_m, line)) == np.arange(len(line))).all()
    again = locate(lines, line, x[point], y[point])
    assert np.array_equal(again, (at_m, distance_m, offset_m))


@pytest.mark.parametrize(
    ("away_m", "near"),
    [(29.999, True), (30.0, True), (30.00004, True), (30.00006, False), (30.001, False)],
)
def test_the_distance_is_inclusive_after_rounding_to_a_tenth_of_a_millimetre(away_m, near):
    line = one((-200, 0), (200, 0))
    for x, y in ((10, away_m), (10, -away_m), (200 + away_m, 0), (-200 - away_m, 0)):
        point, *_ = within(line, [x], [y], distance_m=30.0)
        assert len(point) == near


def test_a_point_near_several_segments_of_a_line_is_found_once_at_its_nearest_place():
    line = one((0, 0), (10, 0), (10, 10), (0, 10), (0, 3))
    point, _, at_m, distance_m, _ = within(line, [6.0], [5.5], distance_m=50.0)
    assert point.tolist() == [0]
    assert (at_m[0], distance_m[0]) == pytest.approx((15.5, 4.0))


def test_points_and_lines_far_apart_cost_no_memory():
    lines = Lines.from_geometries(
        [LineString([(0, 0), (50, 0)]), LineString([(4e5, 3e5), (4e5, 3e5 + 50)])], crs=CRS
    )
    point, line, *_ = within(lines, [25.0, 4e5, -9e6, 2e5], [5.0, 3e5, 9e6, 1e5], distance_m=30.0)
    assert (point.tolist(), line.tolist()) == ([0, 1], [0, 1])


def test_nothing_is_near_nothing():
    none = Lines.from_geometries([], crs=CRS)
    hollow = Lines.from_geometries([None, LineString()], crs=CRS)
    for lines in (none, hollow):
        assert [len(a) for a in within(lines, [1.0], [2.0], distance_m=30.0)] == [0] * 5
    assert [len(a) for a in within(one((0, 0), (9, 0)), [], [], distance_m=30.0)] == [0] * 5


def test_many_points_at_one_place_are_all_found():
    line = one((0, 0), (100, 0))
    point, *_ = within(line, np.full(70_000, 50.0), np.full(70_000, 3.0), distance_m=30.0)
    assert (np.sort(point) == np.arange(70_000)).all()
