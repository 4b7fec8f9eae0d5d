"""Which shops and facilities can take a station, and how they suit."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import Point, box
from spacing_towns import CRS, streets_of

from stationmap import standards, stations
from stationmap.checks.spacing import prepare
from stationmap.crs import to_wgs84
from stationmap.planning.candidates import CANDIDATES, HELD_M, hosting, of_city, weights
from stationmap.planning.spacing_plan import plan_spacing_of
from stationmap.standards import tables

PACK = standards.load("quzhou-2018")
RULE = next(rule for rule in PACK.rules if rule.kind == "spacing")


@pytest.fixture(scope="module")
def prepared():
    from planning_towns import line, ring

    return prepare(streets_of([line(200.0), ring(40.0, y=400.0)]), spacing_m=50.0)


def places(*rows):
    """Rows of id, category, shape; further columns by name."""
    frame = pd.DataFrame([{"name": None, "source": "t", **row} for row in rows])
    shapes = list(frame.pop("shape")) if len(frame) else []
    columns = ["id", "name", "category", "source"]
    frame = frame if len(frame) else pd.DataFrame({name: [] for name in columns})
    return to_wgs84(gpd.GeoDataFrame(frame, geometry=shapes, crs=CRS))


def shop(number, x, y=5.0, category="bank", **more):
    return {"id": number, "name": number, "category": category, "shape": Point(x, y)} | more


def standing(*rows):
    """A stations frame of id, type, status and place."""
    ids, types, statuses, shapes, *units = zip(*rows, strict=True) if rows else [()] * 4
    columns = {"station_id": ids, "name": ids, "type": types, "status": statuses}
    points = to_wgs84(gpd.GeoDataFrame(geometry=list(shapes), crs=CRS)).geometry
    if units:
        columns["unit"] = units[0]
    frame = gpd.GeoDataFrame(pd.DataFrame(columns), geometry=list(points), crs=4326)
    return stations.conform(frame)


def found(prepared, shops=(), facilities=(), there=(), **asked):
    return of_city(
        prepared=prepared,
        shops=places(*shops),
        facilities=places(*facilities),
        rule=RULE,
        pack=PACK,
        stations=standing(*there),
        **asked,
    )


def test_shops_and_facilities_that_the_pack_names_stand_near_a_street_or_are_none(prepared):
    some = sorted(hosting(PACK, RULE))
    assert some == ["bus_stop"]
    none = next(one for one in tables.categories() if one not in some)
    hosts = found(
        prepared,
        [shop("a", 10), shop("b", 20, 30.0), shop("c", 30, 30.002), shop("d", 40, 900)],
        [shop("a", 50, category="bus_stop"), shop("y", 60, category=none)],
    )
    assert hosts["candidate_id"].tolist() == ["facility:a", "shop:a", "shop:b"]
    assert tuple(hosts.columns) == CANDIDATES
    assert hosts.crs == 4326
    assert set(hosts["adcode"]) == {"330802"}


def test_a_host_that_holds_a_counting_station_is_none_however_it_stands(prepared):
    shops = [shop(str(k), 20 * k) for k in range(1, 7)]
    there = [
        ("S1", "point", "active", Point(20 + HELD_M - 0.01, 5)),
        ("S2", "point", "planned", Point(40, 5)),
        ("S3", "point", "closed", Point(60, 5)),
        ("S4", "post", "active", Point(80, 5)),
        ("S5", "point", "active", Point(100, 5 + HELD_M + 0.01)),
        ("S6", "point", "suspended", Point(120, 5)),
    ]
    hosts = found(prepared, shops, there=there)
    assert hosts["host_id"].tolist() == ["3", "4", "5"]
    assert hosts.attrs == {"excluded": 0, "held": 3}
    # a station of another type makes its host a partner
    assert hosts["partner"].tolist() == [False, True, False]


def test_a_partner_bears_the_name_of_a_station_or_of_its_unit(prepared):
    names = ["中国银行(荷花路)", "邮局", "药店", "南湖书店"]
    shops = [shop(str(k), 20 * k + 10, name=name) for k, name in enumerate(names)]
    there = [
        ("S1", "point", "active", Point(900, 900), "中国银行（荷花路）"),
        ("南湖书店", "point", "planned", Point(900, 900), None),
        ("S3", "point", "closed", Point(900, 900), "药店"),
    ]
    assert found(prepared, shops, there=there)["partner"].tolist() == [True, False, False, True]


def test_excluded_hosts_are_left_out_and_counted(prepared):
    shops = [shop(str(k), 20 * k) for k in range(1, 7)]
    by_id = found(prepared, shops, exclude=["2", "shop:4", "nobody"])
    assert by_id["host_id"].tolist() == ["1", "3", "5", "6"]
    area = gpd.GeoDataFrame(geometry=[box(30, 0, 70, 20)], crs=CRS)
    by_area = found(prepared, shops, exclude=to_wgs84(area))
    assert by_area["host_id"].tolist() == ["1", "4", "5", "6"]
    assert by_id.attrs["excluded"] == by_area.attrs["excluded"] == 2
    plan = plan_spacing_of(prepared, fixed=standing(), candidates=by_id, lines=[0])
    assert plan.summary["excluded"] == 2


def test_an_outline_is_taken_where_it_is_nearest_to_the_street(prepared):
    hall = {"id": "hall", "category": "mall", "shape": box(50, 20, 90, 200)}
    around = {"id": "ring", "category": "mall", "shape": box(30, 399, 60, 401)}
    hosts = found(prepared, [hall, around]).set_index("host_id")
    point = hosts.geometry.to_crs(CRS)["hall"]
    assert point.y == pytest.approx(20, abs=1e-6)
    assert 50 <= point.x <= 90
    assert hosts["front_m"]["hall"] == pytest.approx(40, abs=1e-3)
    assert hosts["front_m"]["ring"] < 5  # across the origin of the ring
    assert np.isnan(found(prepared, [shop("p", 10)])["front_m"]).all()


def test_a_large_outline_has_a_front_on_each_street_that_the_former_are_too_far_from():
    from planning_towns import line

    streets = prepare(streets_of([line(200.0), line(200.0, y=100.0)]), spacing_m=50.0)
    hosts = found(streets, [{"id": "block", "category": "mall", "shape": box(80, 20, 120, 75)}])
    assert hosts["candidate_id"].tolist() == ["shop:block", "shop:block-2"]
    assert set(hosts["host_id"]) == {"block"}
    assert hosts.geometry.to_crs(CRS).y.round(3).tolist() == [20, 75]
    near = prepare(streets_of([line(200.0), line(200.0, y=45.0)]), spacing_m=50.0)
    one = found(near, [{"id": "kiosk", "category": "mall", "shape": box(80, 18, 90, 22)}])
    assert one["candidate_id"].tolist() == ["shop:kiosk"]
    excluded = found(
        streets,
        [{"id": "block", "category": "mall", "shape": box(80, 20, 120, 75)}],
        exclude=["block"],
    )
    assert len(excluded) == 0
    assert excluded.attrs["excluded"] == 1


def test_one_front_at_a_corner_does_for_two_streets():
    from shapely import LineString

    streets = [LineString([(0, 0), (100, 8)]), LineString([(0, 0), (8, 100)])]
    prepared = prepare(streets_of(streets), spacing_m=80.0)
    block = {"id": "block", "category": "mall", "shape": box(20, 20, 80, 80)}
    hosts = found(prepared, [block])
    assert hosts["front"].tolist() == ["街0", "街1", "街0;街1"]
    plan = plan_spacing_of(prepared, fixed=standing(), candidates=hosts)
    assert plan.summary["after"]["gaps"] == 0
    assert plan.proposals[["host_id", "front"]].values.tolist() == [["block", "街0;街1"]]
    assert found(prepared, [shop("a", 10)])["front"].tolist() == [None]


def test_suitability_weighs_category_partner_hours_and_front(prepared):
    share = weights()["weight"]
    assert sum(share.values()) == pytest.approx(1)
    there = [("S", "home", "active", Point(900, 900), "中国银行")]
    hosts = found(
        prepared,
        [
            shop("1", 10),
            shop("2", 30, category="bar"),
            shop("3", 50, name="中国银行"),
            shop("4", 70, hours="Mo-Su 08:00-22:00"),
            shop("7", 75, hours="周一至周五 9:00-17:00"),
            shop("8", 80, hours="周一至周五 13:00-21:00"),
            shop("9", 85, hours="ask the owner"),
            shop("10", 88, hours="24/7"),
            {"id": "5", "category": "bank", "shape": box(90, 5, 105, 9)},
            shop("6", 130, category="never heard of"),
        ],
        there=there,
    ).set_index("host_id")["suitability"]
    unknown = weights()["hours"]["unknown"] * share["hours"]
    assert hosts["1"] == hosts["9"] == pytest.approx(share["category"] + unknown)
    assert hosts["2"] < hosts["6"] < hosts["1"]
    assert hosts["3"] == pytest.approx(hosts["1"] + share["partner"])
    assert hosts["4"] == hosts["10"] == pytest.approx(share["category"] + share["hours"])
    assert hosts["7"] < hosts["8"] < hosts["4"]
    assert hosts["7"] < hosts["9"]
    assert hosts["5"] == pytest.approx(hosts["1"] + share["front"] / 2)


def test_a_city_without_shops_or_streets_has_no_candidates(prepared):
    assert len(found(prepared)) == 0
    bare = prepare(streets_of([]), spacing_m=50.0)
    assert len(found(bare, [shop("a", 10)])) == 0


def test_every_weight_is_of_a_known_kind_and_a_share():
    table = weights()
    assert table["assumed"] is True
    assert set(table["facility"]) - {"other"} <= set(tables.categories())
    values = [v for kind in ("shop", "facility", "weight") for v in table[kind].values()]
    assert all(0 <= value <= 1 for value in values)
