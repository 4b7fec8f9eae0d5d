"""Every limit of the spacing law at its value and 1 mm to either side, through the public doors.

Towns here are drawn in metres on the plane of their own local system, near its middle, where a
metre of the plane is a metre of ground to a nanometre.
"""

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
    ways_frame,
)

from stationmap import streets
from stationmap.checks import spacing
from stationmap.checks.spacing import find_gaps
from stationmap.crs import local_crs
from stationmap.standards import load

CRS = local_crs([118.87], [28.94])
BACK = pyproj.Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)
RULE = load("quzhou-2018").rule(kind="spacing")
MM = 0.001


def degrees(points) -> list[tuple[float, float]]:
    """Longitude and latitude of places in metres, unrounded."""
    lon, lat = BACK.transform([p[0] for p in points], [p[1] for p in points])
    return list(zip(lon, lat, strict=True))


def way(points, *, way_id=1, name="礼贤街", highway="secondary", **tags) -> Way:
    return Way(way_id, tuple(degrees(points)), name=name, highway=highway, **tags)


def shop_at(x, y) -> shapely.Point:
    return shapely.Point(degrees([(x, y)])[0])


def area(corners) -> shapely.Polygon:
    return shapely.Polygon(degrees(corners))


def build(ways, *, shops=(), retail=(), stops=(), rule=RULE, complete=("*",)) -> streets.Streets:
    return streets.build(
        ways_frame(list(ways)),
        shops_frame(list(shops)),
        rule=rule,
        districts=districts_frame({}),
        areas=areas_frame(list(retail)),
        bus_stops=bus_stops_frame(degrees(stops) if stops else []),
        crs=CRS,
        complete=set(complete),
    )


def stations(*places) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"station_id": [f"p{i}" for i in range(len(places))]},
        geometry=shapely.points(np.reshape(places, (len(places), 2))),
        crs=CRS,
    )


def check(built, *places, sides="both", spacing_m=50.0, snap_m=30.0) -> spacing.Spacing:
    prepared = spacing.prepare(built, spacing_m=spacing_m, snap_m=snap_m, sides=sides)
    return spacing.check(prepared, stations(*places))


def frontage(built) -> list[tuple[float, float]]:
    """Known shop frontage on the first line."""
    rows = built.shop_stretches[built.shop_stretches["line"] == 0]
    return [(round(a, 6), round(b, 6)) for a, b in zip(rows["from_m"], rows["to_m"], strict=True)]


STREET = way([(0, 0), (300, 0)])


# Carriageways: opposite one-way ways of one name within 40 m.


@pytest.mark.parametrize(("apart_m", "parts"), [(40 - MM, 1), (40.0, 1), (40 + MM, 2)])
def test_carriageways_within_40_m_are_one_part(apart_m, parts):
    built = build(
        [
            way([(0, 0), (300, 0)], oneway=1),
            way([(280, apart_m), (20, apart_m)], way_id=2, oneway=1),
        ]
    )
    assert len(built.parts) == parts
    assert len(built.twins) == 2 - parts


@pytest.mark.parametrize("first", [1, 2])
def test_of_equal_carriageways_the_lowest_way_is_measured(first):
    north = way([(0, 20), (300, 20)], way_id=first, oneway=1)
    south = way([(300, 0), (0, 0)], way_id=3 - first, oneway=1)
    built = build([north, south])
    (line,) = built.parts.geometry
    assert line.coords[0][1] == pytest.approx(20 if first == 1 else 0, abs=1e-6)


@pytest.mark.parametrize("longer_m", [-MM, MM])
def test_of_carriageways_the_longer_is_measured(longer_m):
    north = way([(0, 20), (300 + longer_m, 20)], oneway=1)
    south = way([(300, 0), (0, 0)], way_id=2, oneway=1)
    (line,) = build([north, south]).parts.geometry
    assert line.coords[0][1] == pytest.approx(20 if longer_m > 0 else 0, abs=1e-6)


# Shops: reach, front, join.


@pytest.mark.parametrize(
    ("highway", "reach_m"),
    [("secondary", 30), ("pedestrian", 30), ("primary", 50), ("trunk", 50)],
)
@pytest.mark.parametrize(("off_m", "fronts"), [(-MM, True), (0, True), (MM, False)])
def test_a_shop_within_reach_fronts_15_m_to_each_side(highway, reach_m, off_m, fronts):
    built = build([way([(0, 0), (300, 0)], highway=highway)], shops=[shop_at(100, reach_m + off_m)])
    assert frontage(built) == ([(85.0, 115.0)] if fronts else [])
    assert check(built).summary()["frontage_m"] == pytest.approx(30.0 * fronts, abs=1e-6)


@pytest.mark.parametrize(("off_m", "fronts"), [(-MM, True), (0, True), (MM, False)])
def test_a_shop_is_reached_at_its_outline(off_m, fronts):
    near = 30 + off_m
    outline = area([(95, near + 10), (100, near), (130, near + 9), (110, near + 40)])
    assert frontage(build([STREET], shops=[outline])) == ([(85.0, 115.0)] if fronts else [])


@pytest.mark.parametrize(("off_m", "fronts"), [(-MM, True), (0, True), (MM, False)])
def test_a_shop_is_reached_from_either_carriageway(off_m, fronts):
    ways = [
        way([(0, 0), (300, 0)], oneway=1),
        way([(280, 25), (20, 25)], way_id=2, oneway=1),
    ]
    built = build(ways, shops=[shop_at(100, 55 + off_m)])
    assert frontage(built) == ([(85.0, 115.0)] if fronts else [])


@pytest.mark.parametrize(
    ("between_m", "stretches"),
    [
        (20 - MM, [(85.0, 165.0 - MM)]),
        (20.0, [(85.0, 115.0), (135.0, 165.0)]),
        (20 + MM, [(85.0, 115.0), (135.0 + MM, 165.0 + MM)]),
    ],
)
def test_shop_stretches_closer_than_20_m_join(between_m, stretches):
    built = build([STREET], shops=[shop_at(100, 5), shop_at(130 + between_m, -5)])
    assert np.array(frontage(built)) == pytest.approx(np.array(stretches), abs=1e-6)


def test_a_shop_at_the_end_of_a_part_fronts_no_further_than_the_end():
    built = build([STREET], shops=[shop_at(15 - MM, 5), shop_at(290, 5)])
    expected = np.array([(0.0, 30.0 - MM), (275.0, 300.0)])
    assert np.array(frontage(built)) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"reach_m": 20.0}, []),
        ({"front_m": 12.0}, [(88.0, 112.0)]),
    ],
)
def test_a_pack_sets_reach_and_front(changed, expected):
    rule = RULE.model_copy(update={"frontage": RULE.frontage.model_copy(update=changed)})
    assert frontage(build([STREET], shops=[shop_at(100, 25)], rule=rule)) == expected


# Stations: snap, spacing, near, side.


@pytest.mark.parametrize(("off_m", "counts"), [(-MM, True), (0, True), (MM, False)])
@pytest.mark.parametrize("y", [1, -1])
def test_a_station_within_30_m_counts(off_m, counts, y):
    built = build([STREET], complete=())
    found = check(built, (150, y * (30 + off_m)))
    assert found.summary()["stations_counted"] == int(counts)
    assert len(found.gaps(RULE)) == (2 if counts else 1)


@pytest.mark.parametrize(("off_m", "counts"), [(-MM, True), (0, True), (MM, False)])
def test_a_station_beyond_the_end_counts_within_30_m_of_it(off_m, counts):
    found = check(build([STREET], complete=()), (-30 - off_m, 0.0))
    assert found.summary()["stations_counted"] == int(counts)


@pytest.mark.parametrize(("off_m", "counts"), [(-MM, True), (0, True), (MM, False)])
def test_a_station_within_30_m_of_either_carriageway_counts(off_m, counts):
    ways = [
        way([(0, 0), (300, 0)], oneway=1),
        way([(280, 25), (20, 25)], way_id=2, oneway=1),
    ]
    found = check(build(ways, complete=()), (150, 55 + off_m))
    assert found.summary()["stations_counted"] == int(counts)


@pytest.mark.parametrize(
    ("piece_m", "points"),
    [
        (50 - MM, None),
        (50.0, None),
        (50.00004, None),  # rounded to 0.1 mm this is 50 m
        (50.00006, 1),
        (50 + MM, 1),
        (100.0, 1),
        (100 + MM, 2),
        (150.0, 2),
        (150 + MM, 3),
    ],
)
def test_a_piece_longer_than_50_m_is_a_gap_and_needs_a_point_every_50_m(piece_m, points):
    line = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (40 + piece_m, 0)])], crs=CRS)
    found = find_gaps(line, stations((40, 5)))
    assert list(found["points_needed"]) == ([] if points is None else [points])


@pytest.mark.parametrize(
    ("piece_m", "points"),
    [(50 - MM, 1), (50.0, 1), (50 + MM, 1), (100.0, 1), (100 + MM, 2), (12.0, 1)],
)
def test_a_stretch_without_a_station_is_one_gap_whatever_its_length(piece_m, points):
    line = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (piece_m, 0)])], crs=CRS)
    found = find_gaps(line, stations())
    assert list(found["points_needed"]) == [points]
    assert list(found["length_m"]) == pytest.approx([piece_m], abs=1e-6)


@pytest.mark.parametrize(("off_m", "gaps"), [(-MM, 0), (0, 0), (MM, 1)])
@pytest.mark.parametrize("end", [85, 115])
def test_a_stretch_is_near_a_station_within_50_m_along_the_part(off_m, gaps, end):
    built = build([STREET], shops=[shop_at(100, 5)])
    x = end + (50 + off_m) * (1 if end > 100 else -1)
    assert len(check(built, (x, 5)).gaps(RULE)) == gaps


def ring_of(length_m) -> shapely.LineString:
    side = length_m / 4
    corners = [(0, 0), (side, 0), (side, side), (0, side), (0, 0)]
    return shapely.LineString(corners)


@pytest.mark.parametrize(
    ("length_m", "points"),
    [(50 - MM, 1), (50.0, 1), (50 + MM, 2), (100.0, 2), (100 + MM, 3), (30.0, 1)],
)
def test_an_empty_ring_needs_a_point_every_50_m(length_m, points):
    frame = gpd.GeoDataFrame(geometry=[ring_of(length_m)], crs=CRS)
    assert list(find_gaps(frame, stations())["points_needed"]) == [points]


@pytest.mark.parametrize(
    ("length_m", "points"),
    [(50 - MM, []), (50.0, []), (50 + MM, [1]), (100.0, [1]), (100 + MM, [2])],
)
def test_a_ring_with_one_station_is_one_piece(length_m, points):
    frame = gpd.GeoDataFrame(geometry=[ring_of(length_m)], crs=CRS)
    found = find_gaps(frame, stations((3, -1)))
    assert list(found["points_needed"]) == points
    assert list(found["length_m"]) == pytest.approx([length_m] * len(points), abs=1e-6)


@pytest.mark.parametrize(("off_m", "both"), [(0.5 - MM, True), (0.5, False), (0.5 + MM, False)])
@pytest.mark.parametrize("kerb", ["left", "right"])
def test_a_station_under_half_a_metre_counts_on_both_sides(off_m, both, kerb):
    built = build([STREET], complete=(), rule=RULE.model_copy(update={"sides": "each"}))
    found = check(built, (150, off_m if kerb == "left" else -off_m), sides="each").gaps(RULE)
    cut = {"left", "right"} if both else {kerb}
    per_side = found.groupby("side").size().to_dict()
    assert per_side == {side: 2 if side in cut else 1 for side in ("left", "right")}


# Three readings.


@pytest.mark.parametrize(("length_m", "enough"), [(100.0, True), (100 + MM, False)])
def test_by_count_one_station_serves_100_m(length_m, enough):
    built = build([way([(0, 0), (length_m, 0)])], complete=())
    assert check(built, (50, 5)).summary()["count_ok"] is enough


@pytest.mark.parametrize(
    ("length_m", "share"), [(100 - MM, 1.0), (100.0, 1.0), (200.0, 0.5), (100 + MM, None)]
)
def test_a_station_covers_50_m_to_each_side(length_m, share):
    built = build([way([(0, 0), (length_m, 0)])], complete=())
    found = check(built, (length_m / 2, 5)).summary()["covered_share"]
    assert found == pytest.approx(100 / length_m if share is None else share, abs=1e-9)


def test_the_three_readings_disagree_as_the_definitions_say():
    built = build([way([(0, 0), (200, 0)])], complete=())
    found = check(built, *[(x, 4) for x in (0, 10, 20, 30, 200)])
    gaps = found.gaps(RULE)
    assert found.summary()["count_ok"] is True
    assert list(gaps["length_m"]) == pytest.approx([170.0], abs=1e-6)
    assert list(gaps["points_needed"]) == [3]
    assert found.summary()["covered_share"] == pytest.approx(0.65, abs=1e-9)


# Classes.


def shops_in_a_row(count: int) -> list[shapely.Point]:
    """Shops 30 m apart, each fronting 30 m: what they front touches."""
    return [shop_at(20 + 30 * i, 8) for i in range(count)]


@pytest.mark.parametrize(("count", "parts"), [(4, 0), (5, 1), (6, 1)])
def test_five_shops_make_a_commercial_street(count, parts):
    built = build([way([(0, 0), (160, 0)], highway="residential")], shops=shops_in_a_row(count))
    assert len(built.parts) == parts
    assert set(built.stretches["street_class"]) == ({"commercial"} if parts else set())


@pytest.mark.parametrize(("off_m", "parts"), [(-MM, 1), (0, 1), (MM, 0)])
def test_half_of_it_shop_frontage_makes_a_commercial_street(off_m, parts):
    # five shops front 5 m to 155 m: 150 m
    street = way([(0, 0), (300 + off_m, 0)], highway="residential")
    assert len(build([street], shops=shops_in_a_row(5)).parts) == parts


@pytest.mark.parametrize(("inside_m", "parts"), [(100 - MM, 0), (100.0, 0), (100 + MM, 1)])
def test_more_than_half_in_retail_makes_a_commercial_street(inside_m, parts):
    street = way([(0, 0), (200, 0)], highway="residential")
    retail = area([(-50, -50), (inside_m, -50), (inside_m, 50), (-50, 50)])
    assert len(build([street], retail=[retail]).parts) == parts


@pytest.mark.parametrize(("off_m", "parts"), [(-MM, 1), (0, 1), (MM, 0)])
def test_a_bus_stop_within_30_m_makes_a_bus_route(off_m, parts):
    street = way([(0, 0), (200, 0)], highway="residential")
    built = build([street], stops=[(80, 30 + off_m)])
    assert len(built.parts) == parts
    assert set(built.stretches["street_class"]) == ({"bus_route"} if parts else set())


@pytest.mark.parametrize(("off_m", "nearer"), [(-MM, 2), (MM, 1)])
def test_a_bus_stop_stands_at_the_nearest_way_only(off_m, nearer):
    ways = [
        way([(0, 0), (200, 0)], highway="residential", name="一街"),
        way([(0, 40), (200, 40)], way_id=2, highway="residential", name="二街"),
    ]
    built = build(ways, stops=[(80, 20 - off_m)])
    assert list(built.parts["name"]) == [{1: "一街", 2: "二街"}[nearer]]


@pytest.mark.parametrize(
    ("buses", "measured"),
    [
        ((1,), [(0, 300)]),
        ((2,), [(300, 500)]),
        ((3,), [(300, 500)]),
        ((4,), [(0, 300)]),
        ((1, 3), [(0, 500)]),
        ((2, 4), [(0, 500)]),
        ((), []),
    ],
)
def test_a_pair_has_the_classes_of_either_carriageway(buses, measured):
    """Route relations have a direction: they name one carriageway or the other."""
    built = build(pair_with_buses(*buses), complete=())
    ends = [(g.coords[0][0], g.coords[-1][0]) for g in built.parts.geometry]
    assert ends == [pytest.approx(expected, abs=1.0) for expected in measured]
    for line, twin in zip(built.twins["line"], built.twins.geometry, strict=True):
        low, high = measured[line]
        assert low - 1 < twin.bounds[0] < twin.bounds[2] < high + 1


def pair_with_buses(*buses) -> list[Way]:
    """Two carriageways of two ways each, some of them bus routes."""
    lines = [[(0, 0), (300, 0)], [(300, 0), (500, 0)], [(500, 9), (300, 9)], [(300, 9), (0, 9)]]
    return [
        way(line, way_id=i, highway="residential", oneway=1, bus=i in buses)
        for i, line in enumerate(lines, start=1)
    ]


@pytest.mark.parametrize(("x", "counts"), [(250, 1), (320, 1), (335, 0), (400, 0)])
def test_a_station_counts_where_the_street_is_one_of_the_rule(x, counts):
    """Past 300 m neither carriageway is: a station there is near the end, or near nothing."""
    found = check(build(pair_with_buses(1), complete=()), (x, 15))
    assert found.summary()["stations_counted"] == counts
