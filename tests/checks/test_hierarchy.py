"""Hierarchy: parents that exist, are head stations, active and of the right level; circles."""

import numpy as np
import pytest
from facts_builder import facts, rule

from stationmap.checks import hierarchy
from stationmap.checks.findings import frame
from stationmap.standards import HierarchyRule

RULE = rule(HierarchyRule, head="home")
CITY = {"station_id": "city", "name": "衢州市志愿者之家", "type": "home"}
KECHENG = {"station_id": "kc", "name": "柯城区志愿者之家", "type": "home", "parent_id": "city"}
QUJIANG = {**KECHENG, "station_id": "qj", "name": "衢江区志愿者之家", "adcode": "330803"}
COUNTIES = [{"adcode": "330802", "name": "柯城区"}, {"adcode": "330803", "name": "衢江区"}]
ALL = ("stations:home", "stations:post")


def said(*stations, complete=ALL, lang="zh"):
    known = facts(stations=stations, districts=COUNTIES, complete=complete)
    found = frame(hierarchy.check(RULE, known), lang=lang)
    return found.set_index("subject_id")


def of_branch(**fields):
    """What is said of one branch among the three heads."""
    return said(CITY, KECHENG, QUJIANG, {"station_id": "b", **fields}).loc["b"]


def test_heads_and_branches_in_order_are_met():
    found = said(CITY, KECHENG, QUJIANG, {"parent_id": "kc"}, {"parent_id": "city"})
    assert set(found["state"]) == {"met"}
    assert found.loc["city", "message"] == "衢州市志愿者之家为市级总站"


@pytest.mark.parametrize(
    ("fields", "message_id"),
    [
        ({"parent_id": "kc"}, "hierarchy.met"),
        ({"parent_id": "city"}, "hierarchy.met"),
        ({}, "hierarchy.none"),
        ({"parent_id": "nobody"}, "hierarchy.missing"),
        ({"parent_id": "b"}, "hierarchy.circle"),
        ({"parent_id": "qj"}, "hierarchy.elsewhere"),
        ({"parent_id": "kc", "adcode": "330802004"}, "hierarchy.met"),
        ({"parent_id": "kc", "adcode": None}, "hierarchy.nowhere"),
        ({"parent_id": "kc", "adcode": "330800"}, "hierarchy.nowhere"),
        ({"type": "home", "name": "某处志愿者之家", "parent_id": "kc"}, "hierarchy.not_city"),
    ],
)
def test_each_way_to_have_a_parent(fields, message_id):
    assert of_branch(**fields)["message_id"] == message_id


def test_a_parent_in_another_county_is_named():
    assert "衢江区" in of_branch(parent_id="qj")["message"]


def test_a_branch_under_a_branch_and_under_a_suspended_head():
    found = said(
        CITY,
        {**KECHENG, "status": "suspended"},
        {"station_id": "a", "parent_id": "kc"},
        {"station_id": "b", "parent_id": "a"},
    )
    assert list(found["message_id"]) == [
        "hierarchy.city_head",
        "hierarchy.not_active",
        "hierarchy.no_head",
    ]
    assert set(found.loc[["a", "b"], "state"]) == {"not_met"}


@pytest.mark.parametrize(("complete", "state"), [(ALL, "not_met"), ((), "unknown")])
@pytest.mark.parametrize("parent", [None, "nobody"])
def test_without_a_known_parent_the_list_must_be_complete(complete, state, parent):
    found = said(CITY, KECHENG, {"station_id": "b", "parent_id": parent}, complete=complete)
    assert found.loc["b", "state"] == state


def test_a_list_that_names_no_parents_faults_nobody():
    found = said(CITY, {"station_id": "a"}, {"station_id": "b"})
    assert found.loc["a", "message_id"] == "hierarchy.none_at_all"
    assert list(found["state"]) == ["met", "unknown", "unknown"]


def test_completeness_of_the_county_where_it_stands_decides():
    found = said(
        CITY,
        KECHENG,
        {"station_id": "here"},
        {"station_id": "there", "adcode": "330803"},
        complete={"stations:post": {"330802"}},
    )
    assert found.loc["here", "state"] == "not_met"
    assert found.loc["there", "state"] == "unknown"


def test_the_head_under_which_heads_stand_is_the_citys_whatever_its_name():
    top = {**CITY, "name": "第一志愿者之家"}
    stray = {"station_id": "stray", "name": "衢州市志愿者之家", "type": "home"}
    found = said(top, KECHENG, stray)
    assert found.loc["city", "message_id"] == "hierarchy.city_head"
    assert found.loc["stray", "message_id"] == "hierarchy.own_head"


def test_a_lone_head_named_after_a_county_is_not_taken_for_the_citys():
    found = said({**KECHENG, "parent_id": None}, {"station_id": "b", "parent_id": "kc"})
    assert found.loc["kc", "message_id"] == "hierarchy.own_head"
    assert found.loc["kc", "state"] == "met"
    assert found.loc["b", "state"] == "met"


def test_of_two_equal_heads_each_is_one_of_its_level_and_neither_the_citys():
    other = {**CITY, "station_id": "other"}
    below = {"station_id": "third", "type": "home", "parent_id": "city"}
    twin = {"station_id": "fourth", "type": "home", "parent_id": "other"}
    found = said(CITY, other, below, twin)
    assert set(found.loc[["city", "other"], "message_id"]) == {"hierarchy.own_head"}
    assert set(found.loc[["third", "fourth"], "message_id"]) == {"hierarchy.which"}
    assert set(found.loc[["third", "fourth"], "state"]) == {"unknown"}


def test_no_stations_no_findings():
    assert said().empty


def test_circles_are_those_of_a_walk():
    rng = np.random.default_rng(3)
    for size in (1, 2, 7, 60):
        parent = rng.integers(-1, size, size)
        expected = []
        for row in range(size):
            at = parent[row]
            for _ in range(size):
                if at in (-1, row):
                    break
                at = parent[at]
            expected.append(at == row)
        assert hierarchy.on_circle(parent).tolist() == expected
