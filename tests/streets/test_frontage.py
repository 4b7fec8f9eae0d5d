"""Classes and shop frontage along parts."""

import pytest
import shapely
from street_builder import districts, frontage, layer, points, streets, way

STREET = way(1, [(0, 0), (400, 0)], name="礼贤路")


def classes(made):
    return sorted(set(made.stretches["street_class"]))


def test_where_shops_are_not_complete_the_whole_part_counts_and_known_shops_are_kept_beside():
    made = streets([STREET], shops=points([(200, 10)]))
    assert frontage(made) == [(0, 400, "assumed")]
    assert made.shop_stretches[["from_m", "to_m"]].round(3).values.tolist() == [[185, 215]]


def test_where_shops_are_complete_only_their_stretches_are_frontage():
    made = streets([STREET], shops=points([(200, 10)]), complete=["*"])
    assert frontage(made) == [(0, 185, "none"), (185, 215, "shops"), (215, 400, "none")]


def test_shops_may_be_complete_in_one_district_only():
    two = districts(c339901=(-10, -50, 200, 50), c339902=(200, -50, 500, 50))
    made = streets([STREET], shops=points([(300, 5)]), within=two, complete=["339902"])
    assert frontage(made) == [
        (0, 200, "assumed"),
        (200, 285, "none"),
        (285, 315, "shops"),
        (315, 400, "none"),
    ]


@pytest.mark.parametrize(("y", "found"), [(29.999, True), (30.001, False)])
def test_a_shop_fronts_a_secondary_road_within_30_metres(y, found):
    made = streets([STREET], shops=points([(200, y)]))
    assert (len(made.shop_stretches) == 1) is found


@pytest.mark.parametrize("highway", ["trunk", "primary"])
@pytest.mark.parametrize(("y", "found"), [(49.999, True), (50.001, False)])
def test_a_shop_fronts_a_main_road_within_50_metres(highway, y, found):
    made = streets([{**STREET, "highway": highway}], shops=points([(200, y)]))
    assert (len(made.shop_stretches) == 1) is found


def test_a_shop_drawn_as_an_outline_is_measured_from_the_outline():
    hall = layer(
        [{"id": "1", "name": "", "category": "", "geometry": shapely.box(150, 29.5, 250, 90)}],
        ["id", "name", "category"],
    )
    assert len(streets([STREET], shops=hall).shop_stretches) == 1


@pytest.mark.parametrize(("apart", "stretches"), [(49.999, 1), (50.0, 2), (50.001, 2)])
def test_stretches_closer_than_20_metres_join(apart, stretches):
    made = streets([STREET], shops=points([(100, 5), (100 + apart, 5)]))
    assert len(made.shop_stretches) == stretches


def test_shop_stretches_end_where_the_part_ends():
    made = streets([STREET], shops=points([(4, 5), (399, -5)]), complete=["*"])
    assert frontage(made) == [(0, 19, "shops"), (19, 384, "none"), (384, 400, "shops")]


def test_a_corner_shop_fronts_both_streets():
    other = way(2, [(200, 20), (200, 300)], name="信安街")
    made = streets([STREET, other], shops=points([(210, 18)]))
    assert sorted(made.shop_stretches["line"]) == [0, 1]


def test_a_shop_behind_the_other_carriageway_counts_on_the_measured_one():
    ways = [
        way(1, [(0, 0), (500, 0)], name="大道", oneway=1),
        way(2, [(500, 38), (0, 38)], name="大道", oneway=1),
    ]
    made = streets(ways, shops=points([(250, 60)]))
    assert made.shop_stretches[["from_m", "to_m"]].round(3).values.tolist() == [[235, 265]]


def test_frontage_of_a_ring_joins_through_its_origin():
    ring = [(0, 0), (0, -100), (200, -100), (200, 100), (0, 100), (0, 0)]
    made = streets(
        [way(1, ring, name="环路")], shops=points([(-5, -97), (-5, -70)]), complete=["*"]
    )
    [kinds] = [set(made.stretches["frontage"])]
    assert kinds == {"shops", "none"}
    total = made.shop_stretches["to_m"] - made.shop_stretches["from_m"]
    assert total.sum() == pytest.approx(57, abs=0.01)


def test_each_side_has_its_own_frontage_and_what_stands_on_the_line_is_on_both():
    made = streets(
        [STREET], shops=points([(100, 10), (300, -10), (200, 0.4)]), complete=["*"], sides="each"
    )
    shops = {
        side: [(a, b) for a, b, kind in frontage(made, side) if kind == "shops"]
        for side in ("left", "right")
    }
    assert shops == {"left": [(85, 115), (185, 215)], "right": [(185, 215), (285, 315)]}


def test_bridges_are_frontage_only_where_they_have_shops():
    ways = [
        way(1, [(0, 0), (100, 0)], name="礼贤路"),
        way(2, [(100, 0), (200, 0)], name="礼贤路", bridge=True),
        way(3, [(200, 0), (300, 0)], name="礼贤路"),
    ]
    made = streets(ways, shops=points([(150, 5)]))
    assert len(made.parts) == 1
    assert [kind for _, _, kind in frontage(made)] == [
        "assumed",
        "none",
        "shops",
        "none",
        "assumed",
    ]


def test_a_pedestrian_street_is_commercial():
    assert classes(streets([{**STREET, "highway": "pedestrian"}])) == ["commercial"]


@pytest.mark.parametrize(("east", "found"), [(201, ["commercial"]), (199, [])])
def test_a_street_mostly_inside_retail_land_is_commercial(east, found):
    small = {**STREET, "highway": "residential"}
    assert classes(streets([small], retail=[(0, -50, east, 50)])) == found


@pytest.mark.parametrize(("count", "found"), [(5, ["commercial"]), (4, [])])
def test_a_named_street_with_five_shops_along_half_of_it_is_commercial(count, found):
    small = way(1, [(0, 0), (100, 0)], name="礼贤路", highway="residential")
    shops = points([(15 + 18 * i, 5) for i in range(count)])
    assert classes(streets([small], shops=shops)) == found
    unnamed = {**small, "name": ""}
    assert classes(streets([unnamed], shops=shops)) == []


@pytest.mark.parametrize(("length", "found"), [(199.99, ["commercial"]), (200.01, [])])
def test_five_shops_must_front_half_of_the_street(length, found):
    small = way(1, [(0, 0), (length, 0)], name="礼贤路", highway="residential")
    shops = points([(x, 5) for x in (15, 32, 49, 66, 85)])
    assert classes(streets([small], shops=shops)) == found


def test_a_bus_route_or_a_stop_along_the_way_makes_a_bus_street():
    small = {**STREET, "highway": "tertiary"}
    assert classes(streets([{**small, "bus": True}])) == ["bus_route"]
    assert classes(streets([small], bus_stops=[(200, 29.999)])) == ["bus_route"]
    assert classes(streets([small], bus_stops=[(200, 30.001)])) == []


def test_a_street_of_several_classes_counts_under_the_first_that_the_rule_names():
    wide = {**STREET, "highway": "primary", "bus": True}
    retail = [(-10, -50, 500, 50)]
    assert classes(streets([wide], retail=retail)) == ["commercial"]
    assert classes(streets([wide], retail=retail, along=("main", "commercial"))) == ["main"]
    assert classes(streets([wide], along=("bus_route",))) == ["bus_route"]


def test_the_stretches_of_a_line_tile_it():
    made = streets(
        [STREET, way(2, [(0, 100), (77.7, 130), (300, 90)], name="信安街", highway="primary")],
        shops=points([(30, 3), (333, 8), (100, 110)]),
        complete=["*"],
    )
    for line, rows in made.stretches.groupby("line"):
        assert rows["from_m"].iloc[0] == 0
        assert rows["to_m"].iloc[-1] == pytest.approx(made.parts["length_m"][line])
        assert (rows["from_m"].iloc[1:].values == rows["to_m"].iloc[:-1].values).all()
