"""Naming: the standard name part by part, and the part that does not match."""

import pytest
from facts_builder import facts, rule

from stationmap.checks import naming
from stationmap.checks.findings import frame
from stationmap.standards import NamingRule

LAST = "新时代文明实践学雷锋志愿服务站"
PARTS = [
    {"label": {"zh": "市名"}, "text": "长治市"},
    {"label": {"zh": "县（区）或单位名"}, "of": "county_or_unit"},
    {"label": {"zh": "固定后缀"}, "text": LAST},
]
COUNTIES = [
    {"adcode": "140403", "name": "潞州区"},
    {"adcode": "140404", "name": "上党区"},
    {"adcode": "140425", "name": "平顺县"},
]
UNIT = "长治市人民医院"


def said(*names, parts=PARTS, lang="zh", complete=(), **fields):
    own = {"adcode": "140403", "unit": UNIT} | fields
    known = facts(
        name="长治市",
        adcode="140400",
        stations=[{"name": name, **own} for name in names],
        districts=COUNTIES,
        complete=complete,
    )
    checked = naming.check(rule(NamingRule, site_types=["post"], part=parts), known)
    return frame(checked, lang=lang)


def one(name, **fields):
    return said(name, **fields).iloc[0]


@pytest.mark.parametrize(
    "middle", ["潞州区", "潞州", "人民医院", "长治市人民医院", "潞州区人民医院"]
)
def test_the_county_or_the_unit_in_each_way_to_write_it(middle):
    assert one(f"长治市{middle}{LAST}")["state"] == "met"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (f"潞州区{LAST}", f"市名应为“长治市”，实为“潞州区{LAST}”"),
        (f"长治市上党区{LAST}", "“上党区”是另一个县（市、区）"),
        (f"长治市平顺{LAST}", "“平顺”是另一个县（市、区）"),
        (f"长治市妇幼保健院{LAST}", "应为“潞州区 / 长治市人民医院”，实为“妇幼保健院”"),
        ("长治市潞州区学雷锋志愿服务站", f"固定后缀应为“{LAST}”，实为“学雷锋志愿服务站”"),
        (f"长治市潞州区{LAST[:-1]}", f"固定后缀应为“{LAST}”，实为“{LAST[:-1]}”"),
        ("长治市潞州区", "末尾缺少固定后缀"),
        ("长治市", "末尾缺少县（区）或单位名"),
        (f"长治市潞州区{LAST}一号", "固定后缀之后不应再有内容，实有“一号”"),
        (f"长治市{LAST}", "县（区）或单位名应为“潞州区 / 长治市人民医院”"),
    ],
)
def test_the_first_part_that_does_not_match_is_pointed_at(name, message):
    found = one(name)
    assert found["state"] == "not_met"
    assert message in found["message"]


@pytest.mark.parametrize(
    ("fields", "middle", "state"),
    [
        ({"unit": None}, "潞州区", "met"),
        ({"unit": None}, "妇幼保健院", "unknown"),
        ({"unit": None}, "上党区", "not_met"),
        ({"adcode": None}, "上党区", "not_met"),
        ({"adcode": None}, "人民医院", "met"),
        ({"adcode": None}, "某某医院", "unknown"),
        ({"adcode": "140400"}, "某某医院", "unknown"),
    ],
)
def test_what_is_not_known_of_a_station_is_not_held_against_it(fields, middle, state):
    assert one(f"长治市{middle}{LAST}", **fields)["state"] == state


def test_a_later_part_is_judged_though_the_unit_is_not_known():
    found = one("长治市妇幼保健院志愿服务站", unit=None)
    assert found["state"] == "not_met"
    assert "固定后缀" in found["message"]


@pytest.mark.parametrize(("complete", "state"), [((), "unknown"), (("stations:post",), "not_met")])
def test_a_station_without_a_name(complete, state):
    assert one(None, complete=complete)["state"] == state


def test_a_name_too_long_to_compare_is_unknown():
    assert one("长" * 201)["state"] == "unknown"
    assert one("长" * 200)["state"] == "not_met"


def test_patterns_are_tried_in_every_way():
    parts = [
        {"label": {"zh": "编号"}, "pattern": "[A-Z]*[0-9]*"},
        {"label": {"zh": "县区"}, "of": "county_or_unit"},
        {"label": {"zh": "类别"}, "pattern": "站|点"},
    ]
    found = said("A1潞州区点", "潞州站", "A1潞州区亭", "A1平顺县站", parts=parts)
    assert list(found["state"]) == ["met", "met", "not_met", "not_met"]
    assert "类别不合规范写法，实为“亭”" in found["message"][2]
    assert "“平顺县”是另一个" in found["message"][3]


def test_other_types_and_stations_not_in_operation_are_not_judged():
    assert said("x", type="point").empty
    assert said("x", status="planned").empty


def test_a_city_that_is_a_county_goes_by_its_own_name():
    known = facts(
        name="思茅区", adcode="530802", stations=[{"name": "思茅区站", "adcode": "530802"}]
    )
    parts = [{"label": {"zh": "区"}, "of": "county_or_unit"}, {"label": {"zh": "站"}, "text": "站"}]
    checked = naming.check(rule(NamingRule, site_types=["post"], part=parts), known)
    assert list(frame(checked, lang="zh")["state"]) == ["met"]


def test_a_longer_word_that_begins_like_the_county_may_be_a_unit_that_is_not_known():
    name = f"长治市潞州区东街社区{LAST}"
    assert one(name, unit=None)["message_id"] == "naming.undecided"
    assert "“潞州区东街社区”" in one(name, unit=None)["message"]
    assert one(name)["state"] == "not_met"
    assert one(name, unit="潞州区东街社区")["state"] == "met"
    assert one(f"长治市潞州区{LAST[:-1]}", unit=None)["state"] == "not_met"
