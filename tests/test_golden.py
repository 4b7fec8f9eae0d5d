"""What the standards find in the demo city: what is planted, all of it and nothing else.

The list of what is planted comes from the generator, which knows no check; the golden files hold
the rest steady (``tests/demo_check.py`` writes them).
"""

import json
import re

import demo_check
import geopandas as gpd
import numpy as np
import pyproj
import pytest
from demo_check import (
    GOLDEN,
    OWN,
    PACKS,
    PLANTED,
    STREETS,
    TODAY,
    golden,
    shortfalls,
    tells,
    violations,
)

from stationmap.checks import RULE_KINDS

SPARED = "知礼合作银行建设支行"
EXPIRED = "知礼合作银行文昌支行"
WGS84 = pyproj.Geod(ellps="WGS84")


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    return demo_check.make(tmp_path_factory.mktemp("golden") / "demo-city")


@pytest.fixture(scope="module")
def checks(city):
    return {pack: demo_check.check(city, pack) for pack in PACKS}


@pytest.fixture(scope="module")
def findings(checks):
    return checks[OWN].findings


# --------------------------------------------------------------------- planted


def not_found(pack, found):
    return [v["id"] for v in violations(pack) if not any(tells(v, row) for row in found)]


def test_the_own_standard_finds_what_is_planted_and_nothing_else(findings):
    found = shortfalls(findings)
    assert not_found(OWN, found) == []
    doubtful = {("placement", "Q-T4", number) for number in PLANTED["points_in_doubt"]}
    assert {
        row: said
        for row, said in found.items()
        if row not in doubtful and not any(tells(v, row) for v in violations(OWN))
    } == {}


@pytest.mark.parametrize("pack", PACKS[1:])
def test_another_standard_finds_what_is_planted_against_it(checks, pack):
    assert violations(pack)
    assert not_found(pack, shortfalls(checks[pack].findings)) == []


def test_few_points_are_in_doubt():
    """Where fronts and busy streets begin hangs on a reading; most points lie well within it."""
    assert len(PLANTED["points_in_doubt"]) < 150
    assert sum(v["requirement"] == "Q-T4" for v in PLANTED["violations"]) > 30


def test_something_is_planted_against_every_kind_of_rule():
    kinds = {v["kind"] for v in PLANTED["violations"]} | {"spacing"}
    assert any(s["gap"] for s in PLANTED["stretches"])
    assert kinds == set(RULE_KINDS)


def test_every_standard_has_something_planted_against_it():
    assert {pack for v in PLANTED["violations"] for pack in v["packs"]} == set(PACKS)


def test_what_only_looks_wrong_is_not_found(checks):
    """A right name beside a near miss, hours that nobody can read, an exemption that is valid."""
    naming = checks["changzhi-2021"].findings
    naming = naming[naming["kind"] == "naming"].set_index("subject_name")
    right = "长治市明信区新时代文明实践学雷锋志愿服务站"
    assert naming.loc[right, "state"] == "met"
    assert naming.loc["长治市知礼区学雷锋志愿服务站", "state"] == "not_met"
    hours = checks["zhanjiang-2018"].findings
    hours = hours[hours["kind"] == "hours"].set_index("subject_name")
    assert hours.loc["示范农商银行知礼支行有礼站", "state"] == "unknown"
    assert hours.loc["示范市美术馆有礼站", "state"] == "not_met"


def test_an_exemption_spares_until_it_expires(findings, checks):
    banks = findings[findings["rule_id"] == "Q-T3.2"].set_index("subject_name")
    assert banks.loc[SPARED, "state"] == "not_applicable"
    assert "网点撤并" in banks.loc[SPARED, "message"]
    assert banks.loc[EXPIRED, "state"] == "not_met"
    assert sorted(checks[OWN].exemptions["valid"]) == [False, True]


def test_what_stays_unknown_says_why(findings):
    """Six stations have no place yet; nobody has inspected or counted the rest."""
    unknown = findings[findings["state"] == "unknown"]
    assert set(unknown["kind"]) <= {"checklist", "indicator", "placement", "hierarchy"}
    nowhere = unknown[unknown["kind"].isin(["placement", "hierarchy"])]
    assert nowhere.geometry.isna().all()
    assert nowhere["subject_id"].nunique() == 6


# --------------------------------------------------------------------- along the streets


@pytest.mark.parametrize("name", [s["id"] for s in PLANTED["stretches"]])
def test_a_planted_stretch_is_a_shortfall_only_if_it_is_a_gap(findings, name):
    stretch = next(s for s in PLANTED["stretches"] if s["id"] == name)
    gaps = findings[(findings["kind"] == "spacing") & (findings["state"] == "not_met")]
    gaps = gaps.to_crs(32650)
    place = gpd.GeoSeries.from_xy([stretch["lon"]], [stretch["lat"]], crs=4326).to_crs(gaps.crs)
    near = gaps[(gaps.distance(place.iloc[0]) < 3) & (gaps["subject_name"] == stretch["street"])]
    assert len(near) == stretch["gap"]
    if stretch["gap"]:
        assert near["measured"].iloc[0] == pytest.approx(stretch["length_m"], abs=0.05)


def test_junctions_and_stops_are_served_where_a_point_stands_within_50_m(findings, city):
    """Measured again on the ellipsoid, from every one to every active point."""
    stations = city.stations()
    points = stations[(stations["type"] == "point") & (stations["status"] == "active")]
    points = points[points.geometry.notna()]
    rows = findings[findings["rule_id"] == "Q-S2"]
    assert set(rows["subject_kind"]) == {"junction", "bus_stop"}
    for place, state in zip(rows.geometry, rows["state"], strict=True):
        lon, lat = (np.full(len(points), v) for v in (place.x, place.y))
        _, _, apart = WGS84.inv(lon, lat, points.geometry.x, points.geometry.y)
        assert state == ("met" if apart.min() <= 50 else "not_met")


def test_effective_coverage_leaves_out_what_inspectors_found_wrong(checks):
    (row,) = checks[OWN].summary["coverage"]
    built, effective = row["built"], row["effective"]
    failing = {v["subject_id"] for v in violations(OWN) if v["requirement"] == "Q-C9"}
    idle = {*PLANTED["points_found_shut"], *failing}
    assert 0 < built["stations_counted"] - effective["stations_counted"] <= len(idle)
    assert effective["covered_share"] < built["covered_share"]
    assert effective["points_needed"] > built["points_needed"]


# --------------------------------------------------------------------- golden


@pytest.mark.parametrize("pack", PACKS)
def test_the_check_finds_what_the_golden_file_says(checks, pack):
    document = json.loads((GOLDEN / f"{pack}.json").read_text(encoding="utf-8"))
    assert golden(checks[pack].findings, pack) == document


@pytest.mark.parametrize("pack", PACKS)
def test_a_reader_can_follow_why_each_entry_is_there(pack):
    document = json.loads((GOLDEN / f"{pack}.json").read_text(encoding="utf-8"))
    assert document["today"] == TODAY.isoformat()
    assert document["not_met"]
    for row in document["not_met"]:
        assert row["planted"], row
        assert re.search("[一-鿿]", row["why"]), row
    assert set(document["streets"]) == (set(STREETS) if pack == OWN else set())
