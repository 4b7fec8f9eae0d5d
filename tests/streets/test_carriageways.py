"""Pairs of carriageways: measured once, on the longer line, and never folded back."""

import itertools

import numpy as np
import pytest
import shapely
from street_builder import lengths, streets, way

EAST, WEST = 1, 1


def dual(apart: float, *, east=(0, 1000), west=(0, 1000), name="大道", **tags):
    return [
        way(1, [(east[0], 0), (east[1], 0)], name=name, oneway=EAST, **tags),
        way(2, [(west[1], apart), (west[0], apart)], name=name, oneway=WEST, **tags),
    ]


@pytest.mark.parametrize(("apart", "measured"), [(39.999, [1000.0]), (40.001, [1000.0, 1000.0])])
def test_opposite_carriageways_are_one_street_up_to_40_metres(apart, measured):
    assert lengths(streets(dual(apart))) == measured


def test_the_longer_carriageway_is_measured_and_the_other_is_its_twin():
    ways = [
        way(1, [(0, 0), (1000, 0)], name="大道", oneway=1),
        way(2, [(1000, 20), (500, 30), (0, 20)], name="大道", oneway=1),
    ]
    made = streets(ways)
    assert lengths(made) == [1000.2]
    assert made.twins["line"].tolist() == [0]
    assert shapely.length(made.twins.geometry.values[0]) == pytest.approx(1000, abs=0.01)


def test_equal_carriageways_are_measured_on_the_lowest_way_id():
    made = streets(dual(20))
    assert np.allclose(shapely.get_coordinates(made.parts.geometry.values)[:, 1], 0, atol=0.01)


def test_ways_of_one_direction_and_ways_of_two_names_are_no_pair():
    same = [
        way(1, [(0, 0), (500, 0)], name="大道", oneway=1),
        way(2, [(0, 20), (500, 20)], name="大道", oneway=1),
    ]
    assert lengths(streets(same)) == [500.0, 500.0]
    other = dual(20)
    other[1]["name"] = "小道"
    assert lengths(streets(other)) == [1000.0, 1000.0]


def test_a_one_way_tagged_against_its_line_is_turned_first():
    ways = dual(20)
    ways[1] = way(2, [(0, 20), (1000, 20)], name="大道", oneway=-1)
    assert lengths(streets(ways)) == [1000.0]


def test_what_reaches_beyond_its_pair_is_measured_too():
    made = streets(dual(20, east=(0, 1000), west=(400, 1600)))
    assert lengths(made) == [pytest.approx(400, abs=2), 1200.0]
    assert sum(lengths(made)) == pytest.approx(1600, abs=2)


def test_a_rest_shorter_than_the_pairing_distance_belongs_to_the_pair():
    assert lengths(streets(dual(20, east=(0, 1030), west=(15, 1010)))) == [1030.0]
    made = streets(
        [
            way(1, [(0, 0), (1000, 0)], name="大道", oneway=1),
            way(2, [(1030, 20), (20, 20)], name="大道", oneway=1),
        ]
    )
    assert lengths(made) == [1010.0]


def test_a_dual_carriageway_goes_on_as_a_two_way_street_without_a_break_or_a_fold():
    made = streets(
        [
            way(1, [(0, 0), (200, 0)], name="大道"),
            way(2, [(200, 0), (230, -8), (900, -8), (930, 0)], name="大道", oneway=1),
            way(3, [(930, 0), (900, 8), (230, 8), (200, 0)], name="大道", oneway=1),
            way(4, [(930, 0), (1200, 0)], name="大道"),
        ]
    )
    [length] = lengths(made)
    assert length == pytest.approx(1202.1, abs=0.1)


def test_one_way_streets_never_join_head_to_head():
    made = streets(
        [
            way(1, [(0, 0), (100, 0)], name="甲", oneway=1),
            way(2, [(200, 0), (100, 0)], name="甲", oneway=1),
            way(3, [(600, 0), (500, 0)], name="乙", oneway=1),
            way(4, [(600, 0), (700, 0)], name="乙", oneway=1),
        ]
    )
    assert lengths(made) == [100.0] * 4


def test_a_carriageway_that_turns_back_on_itself_is_measured_once():
    bend = [(x, y) for x, y in [(1000, 0), (1012, 3), (1017, 10), (1012, 17), (1000, 20)]]
    ways = [
        way(1, [(0, 0), *bend[:3]], name="大道", oneway=1),
        way(2, [*bend[2:], (0, 20)], name="大道", oneway=1),
    ]
    made = streets(ways)
    assert sum(lengths(made)) == pytest.approx(1016, abs=12)


def test_a_dual_carriageway_drawn_as_one_loop_is_measured_once():
    loop = [(0, 0), (1000, 0), (1015, 10), (1000, 20), (0, 20), (-15, 10), (0, 0)]
    made = streets([way(1, loop, name="大道", oneway=1)])
    assert sum(lengths(made)) == pytest.approx(1030, abs=25)


def test_side_lanes_of_one_name_are_measured_with_the_street():
    ways = [
        *dual(12),
        way(3, [(0, -14), (1000, -14)], name="大道", oneway=1),
        way(4, [(1000, 26), (0, 26)], name="大道", oneway=1),
    ]
    made = streets(ways)
    assert lengths(made) == [1000.0]
    assert len(made.twins) == 3


def test_a_ring_road_of_two_carriageways_is_one_closed_part():
    def ring(radius, ways):
        turn = np.linspace(0, 2 * np.pi, 73)
        return np.column_stack([radius * np.cos(turn), radius * np.sin(turn)])[::ways]

    outer, inner = ring(520, 1), ring(500, -1)
    ways = [
        way(i, list(map(tuple, piece)), name="环城路", oneway=1)
        for i, piece in enumerate([outer[:30], outer[29:], inner[:41], inner[40:]])
    ]
    made = streets(ways)
    assert made.parts["closed"].tolist() == [True]
    assert lengths(made) == [pytest.approx(shapely.length(shapely.LineString(outer)), abs=0.01)]
    assert shapely.length(made.twins.geometry.values).sum() == pytest.approx(
        shapely.length(shapely.LineString(inner)), abs=3
    )


def test_pairing_does_not_depend_on_how_ways_are_cut_or_ordered():
    xs = [0, 130, 390, 610, 1000]
    east = [((a, 0), (b, 0)) for a, b in itertools.pairwise(xs)]
    west = [((b, 20), (a, 20)) for a, b in itertools.pairwise([0, 200, 777, 1000])]
    ways = [way(i, list(line), name="大道", oneway=1) for i, line in enumerate(east + west)]
    for seed in range(5):
        order = np.random.default_rng(seed).permutation(len(ways))
        assert lengths(streets([ways[i] for i in order])) == [1000.0]


@pytest.mark.parametrize("turn_deg", [0, 30, 90, 137, 200])
def test_pairing_does_not_depend_on_direction(turn_deg):
    ways = dual(39.99)
    for row in ways:
        row["geometry"] = shapely.transform(
            row["geometry"],
            lambda xy: (
                xy
                @ np.array(
                    [
                        [np.cos(np.radians(turn_deg)), np.sin(np.radians(turn_deg))],
                        [-np.sin(np.radians(turn_deg)), np.cos(np.radians(turn_deg))],
                    ]
                )
            ),
        )
    assert lengths(streets(ways)) == [1000.0]


def pair_of_bus_streets(*bus):
    """Two carriageways, each of two ways; `bus` are the ids of the ways with a bus route."""
    lines = {
        1: [(-300, 0), (0, 0)],
        2: [(0, 0), (200, 0)],
        3: [(200, 9), (0, 9)],
        4: [(0, 9), (-300, 9)],
    }
    return streets(
        [
            way(i, line, name="大道", highway="residential", oneway=1, bus=i in bus)
            for i, line in lines.items()
        ]
    )


@pytest.mark.parametrize(
    ("bus", "measured"), [((1,), 300), ((4,), 300), ((3,), 200), ((1, 3), 500), ((2, 3), 200)]
)
def test_a_pair_has_the_classes_of_either_carriageway(bus, measured):
    assert lengths(pair_of_bus_streets(*bus)) == [measured]


def test_a_twin_belongs_to_the_stretch_it_runs_beside_and_to_no_other():
    made = pair_of_bus_streets(1)
    [line] = made.parts.geometry
    assert len(made.twins)
    for twin in made.twins.geometry:
        assert shapely.hausdorff_distance(twin, line) < 310
        assert shapely.distance(shapely.points(shapely.get_coordinates(twin)), line).max() < 10
    assert made.raw_m == pytest.approx(600, abs=0.1)


def test_a_measured_way_is_cut_where_the_ways_beside_it_change():
    made = streets(
        [
            way(1, [(-300, 0), (200, 0)], name="大道", highway="residential", oneway=1),
            way(2, [(200, 9), (0, 9)], name="大道", highway="residential", oneway=1, bus=True),
            way(3, [(0, 9), (-299, 9)], name="大道", highway="residential", oneway=1),
        ]
    )
    assert lengths(made) == [200.0]
    assert shapely.length(made.twins.geometry.values).sum() == pytest.approx(200, abs=0.01)


def test_a_bend_does_not_break_a_pair_whose_twin_alone_has_the_class():
    east = [(0, 0), (189, 10), (268, 31), (454, 50)]
    west = [(454, 50), (388, 67), (262, 55), (183, 38), (52, 30), (0, 0)]
    made = streets(
        [
            way(1, east, name="大道", highway="residential", oneway=1, bus=True),
            way(2, west, name="大道", highway="residential", oneway=1),
        ]
    )
    assert lengths(made) == [pytest.approx(shapely.LineString(west).length, abs=0.02)]


def test_every_metre_of_a_pair_is_measured_or_a_twin():
    ways = [
        way(1, [(111, 34), (126, 6), (15, 23)], name="大道", oneway=1),
        way(2, [(15, 23), (147, 58)], name="大道", oneway=1),
    ]
    made = streets(ways)
    drawn = sum(row["geometry"].length for row in ways)
    assert made.raw_m == pytest.approx(drawn, abs=0.1)


def test_no_twin_lies_farther_than_the_pairing_distance_from_its_street():
    ways = [
        way(1, [(-18, 14), (99, 13), (213, 14), (294, 12)], name="大道", oneway=1),
        way(2, [(212, 59), (86, 10), (-11, 13)], name="大道", oneway=1),
    ]
    made = streets(ways)
    for line, twin in zip(made.twins["line"], made.twins.geometry, strict=True):
        places = shapely.points(shapely.get_coordinates(shapely.segmentize(twin, 1)))
        assert shapely.distance(places, made.parts.geometry[line]).max() < 41


def test_the_order_of_the_ways_does_not_matter():
    ways = [*pair_rows(), *dual(20, name="小道")]
    first = lengths(streets(ways))
    for seed in range(4):
        order = np.random.default_rng(seed).permutation(len(ways))
        assert lengths(streets([ways[i] for i in order])) == first


def pair_rows():
    return [
        way(11, [(-300, 100), (0, 110), (200, 100)], name="大道", oneway=1),
        way(12, [(200, 109), (0, 122)], name="大道", oneway=1),
        way(13, [(0, 122), (-300, 109)], name="大道", oneway=1),
    ]
