"""Units: organisation, regular activity and platform, of all units or of civilised ones."""

import pytest
from facts_builder import COUNTY, facts, rule, square

from stationmap.checks import unit
from stationmap.checks.findings import frame
from stationmap.standards import UnitRule

CIVILISED = rule(UnitRule, of="civilised", requires=["organisation", "activity"])
PLATFORM = rule(UnitRule, of="all", requires=["platform"])
HELD = {"unit_id": "U0", "date": "2026-06-01"}
WHOLE = {"name": "市纪委", "adcode": COUNTY, "civilised": True, "organisation": True}


def said(held, *units, lang="zh", **given):
    return frame(unit.check(held, facts(units=units, **given)), lang=lang)


def one(held, *units, **given):
    found = said(held, *units, **given).iloc[0]
    return found["state"], found["message_id"].removeprefix("unit.")


@pytest.mark.parametrize(
    ("organisation", "activities", "complete", "expected"),
    [
        (True, [HELD], (), ("met", "met")),
        (False, [HELD], (), ("not_met", "lacking")),
        (None, [HELD], (), ("unknown", "unknown")),
        (True, [], (), ("unknown", "unknown")),
        (True, [], ("activities",), ("not_met", "lacking")),
        (False, [], (), ("not_met", "lacking")),
        (None, [], ("activities",), ("not_met", "lacking")),
    ],
)
def test_a_civilised_unit_has_an_organisation_and_activity(
    organisation, activities, complete, expected
):
    row = WHOLE | {"organisation": organisation}
    assert one(CIVILISED, row, activities=activities, complete=complete) == expected


def test_what_lacks_is_named():
    found = said(CIVILISED, WHOLE | {"organisation": False}, complete=["activities"])
    assert found["message"][0] == "市纪委缺少志愿服务组织、经常性志愿服务活动"
    assert found["assumed"][0]
    assert not said(PLATFORM, WHOLE)["assumed"][0]


@pytest.mark.parametrize(
    ("day", "state"),
    [
        ("2025-06-15", "met"),
        ("2025-06-14", "not_met"),
        ("2026-06-15", "met"),
        ("2026-06-16", "not_met"),
    ],
)
def test_activity_is_regular_within_the_days_after_which_facts_are_stale(day, state):
    rows = [{"unit_id": "U0", "date": day}]
    assert one(CIVILISED, WHOLE, activities=rows, complete=["activities"])[0] == state


def test_activities_of_a_units_stations_are_its_own():
    rows = [{"station_id": "S0", "date": "2026-06-01"}]
    given = {"activities": rows, "complete": ["activities"]}
    assert one(CIVILISED, WHOLE, stations=[{"unit_id": "U0"}], **given)[0] == "met"
    assert one(CIVILISED, WHOLE, stations=[{"unit_id": "U1"}], **given)[0] == "not_met"


def test_units_that_are_not_civilised_are_not_asked():
    assert said(CIVILISED, WHOLE | {"civilised": False}).empty


def test_a_blank_is_in_doubt_unless_the_layer_of_civilised_units_tells():
    row = WHOLE | {"civilised": None}
    assert one(CIVILISED, row, activities=[HELD]) == ("unknown", "doubt")
    layer = [{"kind": "civilised_unit", "name": "市纪委", "geometry": square(0, 0)}]
    found = said(CIVILISED, row, activities=[HELD], zones=layer)
    assert found["state"].tolist() == ["met"]
    assert found.geometry[0] is not None
    assert said(CIVILISED, row, complete=["civilised_unit"]).empty


def test_a_civilised_unit_that_is_not_in_the_list_of_units_is_unknown():
    layer = [{"kind": "civilised_unit", "name": "某校", "adcode": COUNTY}]
    found = said(CIVILISED, WHOLE, activities=[HELD], zones=layer)
    assert found[["subject_name", "state"]].values.tolist() == [
        ["市纪委", "met"],
        ["某校", "unknown"],
    ]


def test_no_number_on_the_platform():
    with_number = {"name": "甲", "adcode": COUNTY, "platform_id": "7"}
    without = {"name": "乙", "adcode": COUNTY}
    assert said(PLATFORM, with_number, without)["state"].tolist() == ["met", "unknown"]
    complete = {"units": {COUNTY}}
    found = said(PLATFORM, with_number, without, complete=complete)
    assert found["state"].tolist() == ["met", "not_met"]
    elsewhere = without | {"adcode": "330803"}
    assert said(PLATFORM, with_number, elsewhere, complete=complete)["state"][1] == "unknown"


def test_a_list_without_any_number_tells_nothing_of_the_platform():
    assert one(PLATFORM, {"name": "甲"}, complete=["units"])[0] == "unknown"


def test_no_units_at_all():
    assert one(PLATFORM) == ("unknown", "no_units")
    assert said(PLATFORM, complete=["units"]).empty
