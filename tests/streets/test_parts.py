"""Parts of streets: joining, branches, rings, unnamed ways, counties, names."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from street_builder import CRS, RULE, districts, lengths, streets, way

from stationmap.errors import CrsError
from stationmap.streets import build
from stationmap.streets.classes import street_key


def test_pieces_of_one_name_join_whatever_their_direction():
    made = streets(
        [
            way(1, [(0, 0), (100, 0)], name="礼贤路"),
            way(2, [(250, 0), (100, 0)], name="礼贤路"),
            way(3, [(250, 0), (250, 80)], name="礼贤路"),
        ]
    )
    assert lengths(made) == [330.0]


def test_chainage_starts_at_the_western_then_the_southern_end():
    made = streets(
        [
            way(1, [(300, 5), (0, 0)], name="东西路"),
            way(2, [(500, 300), (500, 0)], name="南北路"),
        ]
    )
    start = {
        name: np.round(np.array(line.coords[0]))
        for name, line in zip(made.parts["name"], made.parts.geometry, strict=True)
    }
    assert np.allclose(start["东西路"], (0, 0), atol=0.01)
    assert np.allclose(start["南北路"], (500, 0), atol=0.01)


def test_a_branch_of_one_name_ends_every_part_there():
    made = streets(
        [
            way(1, [(0, 0), (100, 0), (200, 0)], name="礼贤路"),
            way(2, [(100, 0), (100, 70)], name="礼贤路"),
        ]
    )
    assert lengths(made) == [70.0, 100.0, 100.0]
    assert sorted(made.parts["part"]) == [1, 2, 3]
    assert made.parts["street_id"].nunique() == 1


def test_a_crossing_of_two_names_ends_nothing():
    made = streets(
        [
            way(1, [(0, 0), (100, 0), (200, 0)], name="礼贤路"),
            way(2, [(100, -50), (100, 0), (100, 70)], name="信安街"),
        ]
    )
    assert lengths(made) == [120.0, 200.0]


@pytest.mark.parametrize("reverse", [False, True])
def test_a_ring_starts_at_its_westernmost_vertex_and_runs_counter_clockwise(reverse):
    ring = [(100, 0), (200, 100), (100, 200), (0, 100), (100, 0)]
    if reverse:
        ring = ring[::-1]
    made = streets([way(1, ring[:3], name="环路"), way(2, ring[2:], name="环路")])
    [line] = made.parts.geometry
    assert made.parts["closed"].tolist() == [True]
    assert np.allclose(line.coords[0], (0, 100), atol=0.01)
    assert shapely.is_ccw(line)
    assert lengths(made) == [565.69]


def test_the_classes_along_a_ring_follow_its_turned_chainage():
    made = streets(
        [
            way(1, [(100, 0), (200, 100), (100, 200)], name="环路", highway="primary"),
            way(2, [(100, 200), (0, 100), (100, 0)], name="环路"),
        ]
    )
    leg = 100 * 2**0.5
    rows = made.stretches.round({"from_m": 2, "to_m": 2})
    assert list(zip(rows["from_m"], rows["to_m"], rows["street_class"], strict=True)) == [
        (0.0, round(leg, 2), "secondary"),
        (round(leg, 2), round(3 * leg, 2), "main"),
        (round(3 * leg, 2), round(4 * leg, 2), "secondary"),
    ]


def test_unnamed_ways_join_their_straightest_continuation():
    made = streets(
        [
            way(1, [(0, 0), (100, 0)]),
            way(2, [(100, 0), (200, 5)]),
            way(3, [(100, 0), (100, 60)]),
        ]
    )
    assert lengths(made) == [60.0, 200.12]
    assert sorted(made.parts["street_id"]) == ["0-w1", "0-w3"]


def test_an_unnamed_way_does_not_lend_its_length_to_a_named_street():
    made = streets([way(1, [(0, 0), (100, 0)], name="礼贤路"), way(2, [(100, 0), (150, 0)])])
    assert lengths(made) == [50.0, 100.0]


def test_a_part_ends_where_it_leaves_the_classes_of_the_rule_but_not_where_the_class_changes():
    made = streets(
        [
            way(1, [(0, 0), (100, 0)], name="礼贤路", highway="primary"),
            way(2, [(100, 0), (200, 0)], name="礼贤路", highway="secondary"),
            way(3, [(200, 0), (300, 0)], name="礼贤路", highway="residential"),
            way(4, [(300, 0), (400, 0)], name="礼贤路", highway="secondary"),
        ]
    )
    assert lengths(made) == [100.0, 200.0]
    assert made.stretches["street_class"].tolist() == ["main", "secondary", "secondary"]


def test_tunnels_motor_roads_and_areas_are_no_streets():
    made = streets(
        [
            way(1, [(0, 0), (100, 0)], name="甲", tunnel=True),
            way(2, [(0, 10), (100, 10)], name="乙", motorroad=True),
            way(3, [(0, 20), (100, 20), (100, 40), (0, 20)], name="丙", area=True),
            way(4, [(0, 50), (100, 50)], name="丁", highway="motorway"),
            way(5, [(0, 60), (100, 60)], name="戊", highway="footway"),
            way(6, [(0, 70), (60, 70)], name="己"),
        ]
    )
    assert lengths(made) == [60.0]


def test_roundabouts_and_link_roads_stay_apart_from_through_streets():
    ring = [(100, 0), (110, 10), (100, 20), (90, 10), (100, 0)]
    made = streets(
        [
            way(1, [(0, 10), (90, 10)], name="礼贤路"),
            way(2, [(110, 10), (200, 10)], name="礼贤路"),
            way(3, ring, name="礼贤路", junction="roundabout", oneway=1),
            way(4, [(50, 10), (60, 40)], name="礼贤路", highway="secondary_link"),
        ]
    )
    assert lengths(made) == [31.62, 56.57, 90.0, 90.0]
    apart = made.stretches.groupby("line")["frontage"].first()
    assert sorted(apart) == ["assumed", "assumed", "none", "none"]


def test_a_chain_across_a_district_line_stays_whole_and_its_stretches_tell_the_county():
    made = streets(
        [way(1, [(0, 0), (100, 0)], name="礼贤路"), way(2, [(100, 0), (300, 0)], name="礼贤路")],
        within=districts(c339901=(-10, -10, 120, 10), c339902=(120, -10, 400, 10)),
    )
    assert made.parts["street_id"].tolist() == ["339902-礼贤路"]
    assert made.stretches["adcode"].tolist() == ["339901", "339902"]
    assert np.allclose(made.stretches["to_m"], [120, 300], atol=0.01)


def test_only_counties_divide_streets_not_the_communities_inside_them():
    parts = districts(c339901=(-10, -10, 400, 10), c339999=(50, -10, 400, 10))
    parts["level"] = [6, 10]
    made = streets([way(1, [(0, 0), (300, 0)], name="礼贤路")], within=parts)
    assert made.stretches["adcode"].tolist() == ["339901"]


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("汉中路 Hanzhong Road", "汉中路"),
        ("汉中路（Hanzhong Rd.）", "汉中路"),
        ("Ｇ２０５国道", "g205国道"),
        ("  上  街 ", "上 街"),
        ("Mannerheimintie", "mannerheimintie"),
        ("中山路（北段）", "中山路(北段)"),
        ("", ""),
    ],
)
def test_a_name_in_two_languages_or_widths_is_one_name(name, key):
    assert street_key(name) == key


def test_bilingual_pieces_of_one_street_join_and_keep_the_second_name():
    made = streets(
        [
            way(1, [(0, 0), (100, 0)], name="汉中路", name_en="Hanzhong Road"),
            way(2, [(100, 0), (150, 0)], name="汉中路 Hanzhong Road"),
        ]
    )
    assert lengths(made) == [150.0]
    assert made.parts[["name", "name_en"]].values.tolist() == [["汉中路", "Hanzhong Road"]]


def test_repeated_vertices_empty_and_zero_length_ways_do_no_harm():
    rows = [
        way(1, [(0, 0), (0, 0), (100, 0), (100, 0)], name="礼贤路"),
        way(2, [(100, 0), (100, 0)], name="礼贤路"),
        {**way(3, [(0, 0), (1, 1)]), "geometry": shapely.LineString()},
        {**way(4, [(0, 0), (1, 1)]), "geometry": None},
        {
            **way(5, [(0, 0), (1, 1)], name="信安街"),
            "geometry": shapely.MultiLineString([[(0, 50), (40, 50)], [(40, 50), (60, 50)]]),
        },
    ]
    assert lengths(streets(rows)) == [60.0, 100.0]


def test_no_ways_make_no_streets():
    made = streets([])
    assert len(made.parts) == len(made.stretches) == len(made.twins) == 0
    assert made.raw_m == 0


def test_a_geographic_system_is_refused():
    with pytest.raises(CrsError):
        streets([way(1, [(0, 0), (9, 0)])], crs=CRS.geodetic_crs)


def test_a_name_and_a_class_are_all_that_survey_lines_need():
    lines = gpd.GeoDataFrame(
        {"name": ["礼贤路", None], "highway": ["secondary", "primary"]},
        geometry=[shapely.LineString([(0, 0), (90, 0)]), shapely.LineString([(0, 50), (70, 50)])],
        crs=CRS,
    )
    none = gpd.GeoDataFrame({"adcode": [], "level": [], "kind": []}, geometry=[], crs=CRS)
    made = build(lines, none, rule=RULE, districts=none, areas=none, bus_stops=none, crs=CRS)
    assert made.parts["street_id"].tolist() == ["0-w2", "0-礼贤路"]


def test_a_way_drawn_there_and_back_is_measured_once():
    there = [(0, 0), (50, 5), (100, 0)]
    made = streets(
        [
            way(1, [*there, *there[-2::-1]], name="礼贤路"),
            way(2, [(100, 0), (150, 0)], name="礼贤路"),
            way(3, [(150, 0), (100, 0)], name="礼贤路"),
        ]
    )
    assert lengths(made) == [150.5]


@pytest.mark.parametrize("apart", [0, 0.0005, 0.003, 0.009])
def test_ends_drawn_a_few_millimetres_apart_are_one_node(apart):
    shifts = np.random.default_rng(1).uniform(0, 1, (20, 2))
    for x, y in shifts:
        first = way(1, [(x, y), (x + 100, y)], name="礼贤路")
        second = way(2, [(x + 100, y + apart), (x + 250, y)], name="礼贤路")
        assert len(streets([first, second]).parts) == 1


def test_ends_farther_apart_than_a_node_do_not_join():
    first = way(1, [(0, 0), (100, 0)], name="礼贤路")
    assert len(streets([first, way(2, [(100.05, 0), (250, 0)], name="礼贤路")]).parts) == 2


def test_a_ring_that_closes_within_a_node_is_closed():
    made = streets(
        [
            way(1, [(0, 0), (25, 0), (25, 25)], name="环路"),
            way(2, [(25, 25), (0, 25), (0, 0.002)], name="环路"),
        ]
    )
    assert made.parts["closed"].tolist() == [True]
