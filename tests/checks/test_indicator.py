"""Indicators: shares, means and numbers by city, county and unit, against their targets."""

import csv
import math

import numpy as np
import pandas as pd
import pytest
from facts_builder import COUNTY, facts, rule

from stationmap.checks import counts, indicator
from stationmap.checks.findings import frame
from stationmap.standards import IndicatorRule, load

OTHER = "330803"
COUNTIES = [
    {"adcode": COUNTY, "name": "柯城区", "level": 6},
    {"adcode": OTHER, "name": "衢江区", "level": 6},
    {"adcode": "330800", "name": "衢州市", "level": 5},
    {"adcode": "330702", "name": "婺城区", "level": 6},
]


def share(**fields):
    said = {
        "name": {"zh": "注册率"},
        "numerator": "registered",
        "denominator": "population",
        "per": "county",
        "measure": "share",
        "at_least": 0.1,
    }
    return rule(IndicatorRule, **(said | fields))


def row(count, value, *, subject=COUNTY, period="2024", kind="district", **fields):
    held = {"subject": subject, "subject_kind": kind, "count": count, "value": value}
    return held | {"period": period} | fields


def measured(indicator_rule, *rows, districts=COUNTIES, **given):
    return indicator.measure(indicator_rule, facts(counts=rows, districts=districts, **given))


def first(indicator_rule, *rows, **given):
    return measured(indicator_rule, *rows, **given).iloc[0]


def said(indicator_rule, *rows, lang="zh", districts=COUNTIES, **given):
    known = facts(counts=rows, districts=districts, **given)
    return frame(indicator.check(indicator_rule, known), lang=lang)


@pytest.mark.parametrize(
    ("registered", "state", "needed"),
    [(41_619, "met", 0), (41_618, "not_met", 1), (0, "not_met", 41_619), (50_000, "met", 0)],
)
def test_the_target_is_inclusive_and_never_rounded(registered, state, needed):
    found = first(share(), row("registered", registered), row("population", 416_188))
    assert (found["state"], found["needed"], found["required"]) == (state, needed, 41_619)


@pytest.mark.parametrize("people", [100, 300, 700, 1_100, 10_000_000])
@pytest.mark.parametrize("at_least", [0.07, 0.13, 0.29, 0.7])
def test_a_target_that_is_a_whole_number_of_people_asks_for_no_more(people, at_least):
    exact = round(people * round(at_least * 100) / 100)
    held = share(at_least=at_least), row("population", people)
    assert first(*held, row("registered", exact))["state"] == "met"
    assert first(*held, row("registered", exact - 1))["needed"] == 1


def test_a_shortfall_never_reads_as_its_target():
    found = said(share(), row("registered", 41_618), row("population", 416_188))
    assert "注册率 9.99%" in found["message"][0]
    assert found["limit"][0] == 10.0
    assert found["unit"][0] == "%"


def test_without_volunteers_it_is_unknown_and_the_target_is_said():
    found = measured(share(), row("population", 416_188)).set_index("subject").loc[COUNTY]
    assert found["state"] == "unknown"
    assert (found["target"], found["needed"]) == (0.1, 41_619)
    assert "41,619" in said(share(), row("population", 416_188))["message"][0]


def test_simao_needs_41_619_of_its_416_188_people(shared):
    with (shared("county-population-2020") / "population.csv").open(encoding="utf-8-sig") as file:
        rows = [
            row("population", float(line["POPU"]), subject=line["CODE"], name=line["NAME"],
                period="2020")
            for line in csv.DictReader(file)
            if line["POPU"]
        ]  # fmt: skip
    held = facts(pack="simao-2015", name="思茅区", adcode="530802", counts=rows)
    found = indicator.measure(load("simao-2015").rule("SM-I", kind="indicator"), held)
    assert found[["subject", "name", "state", "needed"]].values.tolist() == [
        ["530802", "思茅区", "unknown", 41_619]
    ]
    ordos = facts(pack="ordos-2018", name="鄂尔多斯市", adcode="150600", counts=rows)
    found = indicator.measure(load("ordos-2018").rule("OR-I.1", kind="indicator"), ordos)
    assert len(found) == 10
    assert found["state"].tolist() == ["unknown"] + ["not_applicable"] * 9
    people = sum(r["value"] for r in rows if r["subject"].startswith("1506"))
    assert found["required"][0] == math.ceil(people * 13 / 100)
    dongsheng = found.set_index("subject").loc["150602"]
    assert dongsheng["required"] == math.ceil(574_242 * 13 / 100)
    assert np.isnan(dongsheng["target"])


def test_subjects_are_the_counties_of_the_city_alone():
    assert measured(share())["subject"].tolist() == [COUNTY, OTHER]
    rows = [row("population", 5, subject=code) for code in ("330825", "330800", "330702")]
    assert measured(share(), *rows, districts=[])["subject"].tolist() == ["330825"]


def test_no_county_known_is_one_unknown_finding_of_the_city():
    found = said(share(), districts=[])
    assert found[["subject_id", "state"]].values.tolist() == [["330800:county", "unknown"]]
    assert said(share(per="unit"), districts=[])["state"].tolist() == ["unknown"]


@pytest.mark.parametrize(
    ("registered", "population", "periods"),
    [
        (["2023", "2024"], ["2020"], ("2024", "2020")),
        (["2024"], ["2010", "2020"], ("2024", "2020")),
        (["2020", "2024"], ["2020"], ("2024", "2020")),
        (["2015"], ["2020", "2010"], ("2015", "2010")),
        (["2015"], ["2020", "2022"], ("2015", "2020")),
    ],
)
def test_the_population_may_be_of_another_year(registered, population, periods):
    rows = [row("registered", 1, period=p) for p in registered]
    rows += [row("population", 100, period=p) for p in population]
    found = first(share(), *rows)
    assert (found["period"], found["base_period"]) == periods


def test_other_counts_are_compared_in_the_newest_period_that_has_both():
    held = share(numerator="active", denominator="registered", at_least=0.7)
    rows = [
        row("active", 69, period="2023"),
        row("registered", 100, period="2023"),
        row("active", 90, period="2024"),
    ]
    found = first(held, *rows)
    assert (found["period"], found["base_period"], found["value"]) == ("2023", "2023", 0.69)
    found = first(held, *rows[1:])
    assert (found["period"], found["base_period"], found["value"]) == ("2024", "2023", 0.9)


def test_periods_sort_by_their_end_the_shorter_first():
    periods = ["", "2024", "2025-03", "2025Q1", "2025H1", "2025-12", "2025Q4", "2025H2", "2025"]
    assert sorted(set(periods), key=counts.order) == periods
    assert counts.order("2025-03-31") == counts.order("2025-03")
    assert [counts.is_year(p) for p in ("2025", "", "2025H2")] == [True, True, False]


def test_part_of_a_year_fails_no_yearly_target():
    held = share(numerator="hours", denominator="registered", measure="mean", at_least=25)
    half = [row("hours", 1_300, period="2025H1"), row("registered", 100, period="2025H1")]
    assert first(held, *half)["message"] == "indicator.part_year"
    assert first(held, *half)["state"] == "unknown"
    enough = [row("hours", 2_500, period="2025H1"), half[1]]
    assert first(held, *enough)["state"] == "met"
    year = [row("hours", 2_400, period="2024"), row("registered", 100, period="2024")]
    found = first(held, *half, *year)
    assert (found["state"], found["period"]) == ("not_met", "2024")
    registered = first(share(), row("registered", 1, period="2025H1"), row("population", 100))
    assert registered["state"] == "not_met"


def test_both_periods_are_said():
    found = said(share(), row("registered", 9), row("population", 100, period="2020"))
    assert "2024 注册志愿者 9、2020 常住人口 100" in found["message"][0]


@pytest.mark.parametrize(("hours", "state", "needed"), [(2_500, "met", 0), (2_499.5, "not_met", 1)])
def test_a_mean_has_its_own_unit(hours, state, needed):
    held = share(numerator="hours", denominator="registered", measure="mean", at_least=25)
    found = first(held, row("hours", hours), row("registered", 100))
    assert (found["state"], found["needed"]) == (state, needed)
    checked = said(held, row("hours", hours), row("registered", 100))
    assert (checked["unit"][0], checked["limit"][0]) == ("h", 25)
    assert "小时（2024 服务时长" in checked["message"][0]


def test_a_number_has_no_denominator():
    held = share(numerator="trainings", denominator=None, measure="number", at_least=2)
    for number, state in ((1, "not_met"), (2, "met")):
        found = first(held, row("trainings", number))
        assert found["state"] == state
        assert np.isnan(found["denominator"])
    assert "还差 1" in said(held, row("trainings", 1))["message"][0]


def test_a_share_above_all_is_met_and_suspicious():
    found = said(share(), row("registered", 101), row("population", 100))
    assert (found["state"][0], found["message_id"][0]) == ("met", "indicator.suspicious")


def test_a_base_of_none_does_not_apply():
    found = first(share(), row("registered", 0), row("population", 0))
    assert (found["state"], found["message"]) == ("not_applicable", "indicator.nothing")


def test_subjects_beside_have_figures_and_no_target():
    held = share(per="city", also=["county"])
    both = [row(c, v, subject=s) for s in (COUNTY, OTHER)
            for c, v in (("registered", 5), ("population", 100))]  # fmt: skip
    found = measured(held, *both).set_index("subject")
    assert found.loc["330800", ["value", "state"]].tolist() == [0.05, "not_met"]
    assert found.loc[COUNTY, ["value", "state"]].tolist() == [0.05, "not_applicable"]
    assert np.isnan(found.loc[COUNTY, "target"])
    assert "仅作情况反映" in said(held, *both).set_index("subject_id").loc[COUNTY, "message"]


def test_the_city_is_the_sum_only_of_all_its_counties():
    held = share(per="city")
    rows = [row("registered", 10), row("population", 100), row("population", 300, subject=OTHER)]
    found = first(held, *rows)
    assert (found["state"], found["missing"]) == ("unknown", "衢江区")
    assert "衢江区" in said(held, *rows)["message"][0]
    whole = first(held, *rows, row("registered", 30, subject=OTHER))
    assert (whole["numerator"], whole["denominator"], whole["state"]) == (40, 400, "met")
    other_year = first(held, *rows, row("registered", 30, subject=OTHER, period="2023"))
    assert other_year["state"] == "unknown"
    own = first(held, *rows, row("registered", 7, subject="330800"))
    assert (own["numerator"], own["denominator"]) == (7, 400)


def test_the_staff_of_the_city_are_those_of_its_own_units_too():
    held = share(numerator="staff_registered", denominator="headcount", per="city", at_least=1.0)
    units = [{"id": "U1", "name": "市纪委", "headcount": 60, "adcode": "330800"}]
    rows = [
        row(count, value, subject=code)
        for code in (COUNTY, OTHER)
        for count, value in (("staff_registered", 100), ("headcount", 100))
    ]
    without = first(held, *rows, units=units)
    assert (without["state"], without["missing"]) == ("unknown", "市纪委")
    counted = row("staff_registered", 50, subject="U1", kind="unit")
    found = first(held, *rows, counted, units=units)
    assert (found["numerator"], found["denominator"], found["state"]) == (250, 260, "not_met")


def test_sums_are_those_of_a_loop():
    rng = np.random.default_rng(5)
    codes = [f"3308{k:02d}" for k in range(1, 6)]
    districts = [{"adcode": c, "name": c, "level": 6} for c in codes]
    for _ in range(20):
        rows = [
            row("registered", float(rng.integers(1, 50)), subject=c, period=p)
            for c in codes
            for p in ("2022", "2023", "2024")
            if rng.random() < 0.85
        ]
        expected = None
        for period in ("2022", "2023", "2024"):
            held = {r["subject"]: r["value"] for r in rows if r["period"] == period}
            if len(held) == len(codes):
                expected = (period, sum(held.values()))
        held = share(numerator="registered", denominator=None, measure="number", per="city")
        found = measured(held, *rows, districts=districts).iloc[0]
        if expected is None:
            assert found["state"] == "unknown"
        else:
            assert (found["period"], found["numerator"]) == expected


def test_population_of_the_districts_stands_in():
    districts = [{**COUNTIES[0], "population": 1000.0}, {**COUNTIES[1], "population": 2000.0}]
    found = measured(share(), row("registered", 90), districts=districts).set_index("subject")
    assert found.loc[COUNTY, "required"] == 100
    assert found.loc[OTHER, "required"] == 200
    counted = first(share(), row("population", 500), districts=districts)
    assert counted["required"] == 50


def test_stations_are_counted_from_the_register():
    held = share(numerator="stations_on_platform", denominator="stations", at_least=1.0)
    stations = [
        {"platform_id": "1"},
        {"platform_id": None},
        {"platform_id": "3", "adcode": OTHER},
        {"platform_id": None, "status": "closed", "adcode": OTHER},
    ]
    types = [f"stations:{t}" for t in ("home", "kiosk", "post", "point", "square")]
    found = measured(held, stations=stations, complete=types).set_index("subject")
    assert found["value"].tolist() == [0.5, 1.0]
    assert found["state"].tolist() == ["not_met", "met"]
    assert found["period"].tolist() == ["2026-06-15"] * 2
    partly = measured(held, stations=stations, complete=types[1:])
    assert set(partly["state"]) == {"unknown"}
    assert partly["value"].tolist() == [0.5, 1.0]
    nobody = measured(held, stations=[{"platform_id": None}], complete=types).iloc[0]
    assert nobody["state"] == "unknown"


def test_units_have_the_headcount_of_the_document_then_of_the_list_then_of_the_counts():
    held = share(
        numerator="staff_registered",
        denominator="headcount",
        per="unit",
        at_least=1.0,
        headcounts={"市纪委": 129, "市残联": 29, "柯城区": 5100},
    )
    units = [
        {"id": "U1", "name": "市纪委", "headcount": 7, "adcode": COUNTY},
        {"id": "U2", "name": "某局", "headcount": 20, "adcode": COUNTY},
        {"id": "U3", "name": "某校", "adcode": OTHER},
    ]
    rows = [
        row("staff_registered", 129, subject="U1", kind="unit"),
        row("staff_registered", 19, subject="某局", kind="unit"),
        row("headcount", 50, subject="U3", kind="unit"),
        row("staff_registered", 3, subject="U9", kind="unit", name="新单位"),
    ]
    found = measured(held, *rows, units=units).set_index("subject")
    assert found["denominator"].fillna(-1).tolist() == [129, 20, 50, -1, 29]
    assert found.index.tolist() == ["U1", "U2", "U3", "U9", "市残联"]
    assert found["state"].tolist() == ["met", "not_met", "unknown", "unknown", "unknown"]
    county = measured(
        share(**held.model_dump(include={"numerator", "denominator", "headcounts"})),
        *rows,
        units=units,
        complete=["units"],
    ).set_index("subject")
    assert county.loc[COUNTY, ["numerator", "denominator"]].tolist() == [148, 5100]
    assert np.isnan(county.loc[OTHER, "numerator"])


def test_the_headcounts_of_a_document_are_those_of_its_own_city():
    held = share(
        numerator="staff_registered",
        denominator="headcount",
        per="unit",
        at_least=1.0,
        headcounts={"市纪委": 129},
    )
    units = [{"id": "U1", "name": "市纪委", "headcount": 7, "adcode": COUNTY}]
    assert measured(held, units=units)["denominator"].tolist() == [129]
    assert measured(held, units=units, adcode="339900")["denominator"].tolist() == [7]


def test_the_prefix_of_a_city():
    assert [counts.prefix(c) for c in ("330800", "530802", "310000", "")] == [
        "3308",
        "530802",
        "31",
        "",
    ]


def test_columns_are_those_of_the_contract():
    assert list(measured(share()).columns[:8]) == [
        "subject",
        "period",
        "indicator",
        "value",
        "denominator",
        "target",
        "state",
        "source",
    ]
    assert isinstance(measured(share(), districts=[]), pd.DataFrame)
