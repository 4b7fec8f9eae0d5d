"""Junctions of streets, and the shop frontage beside a place."""

import numpy as np
import pytest
from street_builder import layer, points, streets, way

from stationmap.streets.junctions import SAME_JUNCTION_M, frontage_at, junctions


def found(ways, **more):
    return junctions(streets(ways, **more))


CROSS = [
    way(1, [(-300, 0), (0, 0), (300, 0)], name="东西路"),
    way(2, [(0, -300), (0, 0), (0, 300)], name="南北路"),
]


def test_streets_that_share_a_node_meet_in_one_junction():
    here = found(CROSS)
    assert len(here) == 1
    assert set(here["name"][0].split(" / ")) == {"东西路", "南北路"}
    assert here.geometry[0].distance(here.geometry[0].centroid) == 0
    assert np.hypot(here.geometry[0].x, here.geometry[0].y) < 1e-3


def test_streets_that_cross_without_a_node_do_not_meet():
    bridge = [way(1, [(-300, 0), (300, 0)], name="高架"), CROSS[1]]
    assert found(bridge).empty


def test_a_street_does_not_meet_itself():
    bent = [
        way(1, [(0, 0), (100, 0)], name="弯路"),
        way(2, [(100, 0), (100, 100)], name="弯路"),
    ]
    assert found(bent).empty


def test_a_street_that_two_carriageways_cross_meets_them_once():
    dual = [
        way(1, [(-300, 0), (0, 0), (300, 0)], name="大道", oneway=1),
        way(2, [(300, 20), (0, 20), (-300, 20)], name="大道", oneway=1),
        way(3, [(0, -300), (0, 0), (0, 20), (0, 300)], name="南北路"),
    ]
    assert len(found(dual)) == 1


@pytest.mark.parametrize(("apart", "count"), [(SAME_JUNCTION_M - 1, 1), (SAME_JUNCTION_M + 1, 2)])
def test_streets_that_meet_twice_have_two_junctions_with_ids_of_their_own(apart, count):
    loop = [
        way(1, [(-300, 0), (0, 0), (apart, 0), (500, 0)], name="直路"),
        way(2, [(0, 0), (0, 200), (apart, 200), (apart, 0)], name="环路"),
    ]
    here = found(loop)
    assert len(here) == count
    assert here["id"].is_unique
    assert [id_.endswith("#2") for id_ in here["id"]] == [False, True][:count]


def test_a_junction_has_known_frontage_where_shops_are_declared_complete():
    shops = points([(40, 10)])
    assert list(found(CROSS, shops=shops)["frontage"]) == ["assumed"]
    # the shop fronts 25 m to 55 m of the street: 25 m from the node, beyond the 15 m
    assert list(found(CROSS, shops=shops, complete=["*"])["frontage"]) == ["none"]
    near = points([(29, 10)])
    assert list(found(CROSS, shops=near, complete=["*"])["frontage"]) == ["shops"]


@pytest.mark.parametrize(
    ("x", "y", "kind"),
    [
        (100, 29.99, "shops"),
        (100, 30.1, "none"),
        (70.01, 0, "shops"),
        (69.9, 0, "none"),
        (np.nan, 0, "none"),
    ],
)
def test_frontage_lies_beside_a_place_within_reach(x, y, kind):
    # one shop fronts 85 m to 115 m; frontage begins within 15 m of the place
    laid = streets(
        [way(1, [(0, 0), (200, 0)], name="路")], shops=points([(100, 5)]), complete=["*"]
    )
    west = laid.parts.geometry.iloc[0].coords[0]
    at = frontage_at(laid, [west[0] + x], [west[1] + y], reach_m=30.0)
    assert list(at) == [kind]


def test_a_city_without_streets_has_no_junctions():
    assert found([]).empty
    assert layer([], ["way_id"]).empty
