"""The whole check: all rules of a pack in one frame, what is missing, another city's standard."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from facts_builder import COUNTY, facts, place, rule
from test_along import LINE, known

from stationmap.checks import findings, whole
from stationmap.checks.whole import as_pack, check, types_as
from stationmap.errors import PackError
from stationmap.standards import CountRule, PresenceRule, available, load

NO_EXEMPTIONS = pd.DataFrame(
    columns=["id", "rule_id", "subject_id", "from_m", "to_m", "reason", "approver", "until"]
)
RULES = (
    rule(PresenceRule, id="T-2", site_type="post", at=["hospital"], within_m=50.0),
    rule(CountRule, id="T-1.1", site_type="home", per="city", force="advisory"),
)
PACK = load("quzhou-2018").model_copy(update={"rules": RULES, "items": ()})
SITES = [
    {"name": "甲院", "category": "hospital", "adcode": COUNTY, "geometry": place(0, 0)},
    {"name": "乙院", "category": "hospital", "adcode": "330803", "geometry": place(900, 0)},
]


def checked(*, rules=(), district=None, complete=("stations",), exemptions=NO_EXEMPTIONS):
    base = facts(pack=PACK, facilities=SITES, stations=[{"x": 5, "y": 5}], complete=complete)
    return check(PACK, base, rules=rules, district=district, exemptions=exemptions, lang="zh")


def test_findings_have_the_columns_of_the_contract_and_ids_of_their_own():
    frame = checked().findings
    assert list(frame.columns) == [*findings.COLUMNS]
    assert frame.crs.to_epsg() == 4326
    assert frame["finding_id"].is_unique
    assert set(frame["state"]) <= set(findings.STATES)
    assert frame["assumed"].dtype == bool


def test_the_summary_counts_by_rule_in_the_packs_order_by_district_and_by_state():
    summary = checked().summary
    assert [(r["rule_id"], r["met"], r["not_met"], r["advised"]) for r in summary["rules"]] == [
        ("T-2", 1, 1, 0),
        ("T-1.1", 0, 1, 1),
    ]
    assert summary["by_state"] == {
        "met": 1,
        "not_met": 2,
        "not_applicable": 0,
        "unknown": 0,
        "advised": 1,
    }
    assert summary["by_district"]["330803"]["not_met"] == 1


def test_a_rule_is_chosen_by_its_id_or_the_requirement_it_belongs_to():
    assert set(checked(rules=("T-1",)).findings["rule_id"]) == {"T-1.1"}
    with pytest.raises(PackError, match=r"no rule T-9; it has: T-2, T-1\.1"):
        checked(rules=("T-9",))


def test_a_district_keeps_its_own_findings():
    assert list(checked(district="330803").findings["subject_name"]) == ["乙院"]
    assert checked(district="330899").findings.empty


def test_what_nobody_declared_complete_is_listed_with_the_rules_that_ask_for_it():
    rows = {row["layer"]: row for row in checked(complete=("stations:post",)).summary["missing"]}
    assert set(rows) == {"facilities:hospital", "stations:home"}
    assert rows["facilities:hospital"] == {
        "layer": "facilities:hospital",
        "name": "医院",
        "rows": 2,
        "rules": ["T-2"],
    }
    assert checked(complete=("stations", "facilities")).summary["missing"] == []


def test_exemptions_are_listed_with_whether_they_hold():
    row = dict.fromkeys(NO_EXEMPTIONS.columns) | {
        "subject_id": "F1",
        "reason": "搬迁",
        "approver": "市文明办",
    }
    exemptions = pd.DataFrame([row | {"until": "2026-06-14"}, row | {"until": "2026-12-31"}])
    found = checked(exemptions=exemptions)
    assert found.exemptions["valid"].tolist() == [False, True]
    assert found.summary["by_state"]["not_applicable"] == 1


def test_gaps_are_not_worked_out_for_rules_that_do_not_ask_for_them():
    base = known([LINE], [(50, 0)])
    pack = base.pack.model_copy(update={"rules": (*base.pack.rules, RULES[1])})
    object.__setattr__(base, "spacing", lambda rule_id: pytest.fail("not asked for"))
    row = dict.fromkeys(NO_EXEMPTIONS.columns) | {"subject_id": "x", "reason": "y"}
    for exemptions in (NO_EXEMPTIONS, pd.DataFrame([row])):
        found = check(pack, base, rules=("T-1.1",), exemptions=exemptions, lang="zh").findings
        assert set(found["rule_id"]) == {"T-1.1"}


def test_built_and_effective_coverage_stand_beside_each_other():
    base = known([LINE], [(50, 0), (100, 0), (150, 0)])
    pack = base.pack.model_copy(update={"items": ()})
    assert whole.coverage(pack.rules, base)[0]["effective"] is None
    visits = pd.DataFrame(
        {
            "station_id": ["S0", "S1", "S2"],
            "item": "visit",
            "part": 0,
            "state": ["met", "not_met", "met"],
            "at": pd.Timestamp("2026-06-01"),
        }
    )
    object.__setattr__(base, "inspections", visits)
    row = whole.coverage(pack.rules, base)[0]
    assert (row["met"], row["decides"]) == (True, "gap")
    assert row["built"]["covered_share"] == 1.0
    assert row["built"]["stations_counted"] == 3
    assert row["effective"]["stations_counted"] == 2
    assert row["effective"]["gaps"] == 1


@pytest.mark.parametrize("other", available())
def test_stations_have_types_of_the_other_standard_by_role(other):
    own, pack = load("quzhou-2018"), load(other)
    types = types_as(own=own, pack=pack)
    known_types = {t.id: t.role for t in pack.site_types}
    assert set(types) == {t.id for t in own.site_types}
    assert set(types.values()) <= set(known_types)
    if "point" in known_types.values():
        assert known_types[types["point"]] == "point"
    frame = facts(stations=[{"type": "post"}, {"type": "point"}]).stations
    translated = as_pack(frame, own=own, pack=pack)
    if other == own.id:
        assert types == {t.id: t.id for t in own.site_types}
    assert list(translated["type"]) == [types["post"], types["point"]]
    assert list(frame["type"]) == ["post", "point"]


def test_a_frame_without_findings_keeps_its_columns():
    frame = findings.frame([], lang="zh")
    assert list(frame.columns) == [*findings.COLUMNS]
    assert findings.summary(frame)["rules"] == []
    assert np.isnan(frame["measured"].to_numpy()).sum() == 0
    assert date(2026, 6, 15) == checked().today
