"""Activity: projects by station, activities by station and month."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from facts_builder import COUNTY, facts, rule

from stationmap.checks import activity
from stationmap.checks.findings import frame
from stationmap.standards import ActivityRule

PROJECTS = rule(
    ActivityRule, of="projects", at_least=3, per="station", published=["online", "offline"]
)
MONTHLY = rule(ActivityRule, of="activities", at_least=2, at_most=3, per="month")


def said(held, *, stations=({},), lang="zh", **given):
    known = facts(stations=stations, **given)
    return frame(activity.check(held, known), lang=lang).set_index("subject_id")


def projects(*published, station="S0"):
    return [
        {"station_id": station, "name": f"项目{k}", "published": p} for k, p in enumerate(published)
    ]


def held_on(*days, station="S0"):
    return [{"station_id": station, "date": day} for day in days]


BOTH = "online;offline"


@pytest.mark.parametrize(
    ("published", "complete", "message"),
    [
        ([BOTH] * 3, False, "met"),
        ([BOTH] * 2, True, "few"),
        ([BOTH] * 2, False, "undeclared"),
        ([BOTH, BOTH, "online"], True, "few"),
        ([BOTH, BOTH, None], True, "unsaid"),
        ([BOTH, None], True, "few"),
        ([], True, "few"),
        ([], False, "undeclared"),
        ([*[BOTH] * 3, None], True, "met"),
    ],
)
def test_projects_published_both_ways(published, complete, message):
    complete = ["projects"] if complete else []
    found = said(PROJECTS, projects=projects(*published), complete=complete).loc["S0"]
    assert found["message_id"] == f"activity.{message}"
    state = {"met": "met", "few": "not_met"}.get(message, "unknown")
    assert found["state"] == state


def test_one_project_twice_is_one():
    rows = projects(BOTH, "online") + projects(BOTH, "offline")
    found = said(PROJECTS, projects=rows, complete=["projects"])
    assert found.loc["S0", "measured"] == 2


def test_projects_of_other_stations_and_of_none_do_not_count():
    rows = projects(*[BOTH] * 3, station="S1") + projects(*[BOTH] * 3, station=None)
    found = said(PROJECTS, projects=rows, stations=[{}, {}], complete=["projects"])
    assert found["state"].tolist() == ["not_met", "met"]


def test_completeness_is_by_county():
    found = said(PROJECTS, stations=[{}, {"adcode": "330803"}], complete={"projects": {COUNTY}})
    assert found["state"].tolist() == ["not_met", "unknown"]


def test_only_stations_of_the_rules_types_that_are_open():
    held = PROJECTS.model_copy(update={"site_types": ("home",)})
    found = said(held, stations=[{}, {"type": "home"}, {"type": "home", "status": "closed"}])
    assert found.index.tolist() == ["S1"]


YEAR = [f"2026-{month:02d}-{day:02d}" for month in (1, 2, 3) for day in (1, 28)]


def test_two_a_month_are_enough_and_one_is_not():
    found = said(MONTHLY, activities=held_on(*YEAR), complete=["activities"]).loc["S0"]
    assert (found["state"], found["measured"], found["limit"]) == ("met", 2, 2)
    rows = held_on(*YEAR[:3], *YEAR[4:])
    found = said(MONTHLY, activities=rows, complete=["activities"]).loc["S0"]
    assert (found["state"], found["measured"]) == ("not_met", 1)
    assert "3 个月中有 1 个月活动不足 2 次，2026-02 仅 1 次" in found["message"]
    assert said(MONTHLY, activities=rows).loc["S0", "state"] == "unknown"


def test_months_without_any_are_nought():
    rows = held_on(*YEAR, station="S1") + held_on(*YEAR[:2])
    found = said(MONTHLY, stations=[{}, {}], activities=rows, complete=["activities"])
    assert found["measured"].tolist() == [0, 2]


def test_more_than_the_usual_is_met_and_said():
    rows = held_on(*YEAR, "2026-02-03", "2026-02-04")
    found = said(MONTHLY, activities=rows, complete=["activities"]).loc["S0"]
    assert (found["state"], found["message_id"]) == ("met", "activity.month_more")
    found = said(MONTHLY, activities=rows[:-1], complete=["activities"]).loc["S0"]
    assert found["message_id"] == "activity.month_met"


@pytest.mark.parametrize(
    ("opened", "months"),
    [("2026-01-31", 2), ("2026-02-01", 2), ("2026-02-02", 1), (None, 3), ("2020-05", 3)],
)
def test_a_new_station_is_asked_from_its_next_full_month_on(opened, months):
    found = said(
        MONTHLY, stations=[{"opened_on": opened}], activities=held_on(*YEAR), lang="en"
    ).loc["S0"]
    assert f"in each of {months} months" in found["message"]


def test_a_station_without_a_full_month_is_not_asked():
    rows = held_on(*YEAR, station="S1")
    stations = [{"opened_on": "2026-03-02"}, {}]
    found = said(MONTHLY, stations=stations, activities=rows, complete=["activities"])
    assert found["state"].tolist() == ["not_applicable", "met"]


def test_nothing_imported_is_unknown_even_where_declared():
    found = said(MONTHLY, complete=["activities"]).loc["S0"]
    assert (found["state"], found["message_id"]) == ("unknown", "activity.no_month")
    assert np.isnan(found["measured"])


def test_activities_without_a_date_may_be_those_that_lack():
    rows = [*held_on(*YEAR[:3], *YEAR[4:]), {"station_id": "S0", "date": None}]
    found = said(MONTHLY, activities=rows, complete=["activities"]).loc["S0"]
    assert found["message_id"] == "activity.undated"


@pytest.mark.parametrize(
    ("days", "today", "months"),
    [
        (["2026-01-08", "2026-03-24"], date(2026, 4, 1), ["2026-01", "2026-02", "2026-03"]),
        (["2026-01-09", "2026-03-24"], date(2026, 4, 1), ["2026-02", "2026-03"]),
        (["2026-01-08", "2026-03-23"], date(2026, 4, 1), ["2026-01", "2026-02"]),
        (["2026-01-08", "2026-03-24"], date(2026, 3, 31), ["2026-01", "2026-02"]),
        (["2026-01-08", "2026-05-30"], date(2026, 2, 1), []),
        (["2026-01-15"], date(2026, 6, 1), []),
        ([], date(2026, 6, 1), []),
    ],
)
def test_full_months(days, today, months):
    found = activity.full_months(facts(activities=held_on(*days), today=today))
    assert found.astype("datetime64[M]").astype(str).tolist() == months


def test_random_months_are_those_of_a_loop():
    rng = np.random.default_rng(7)
    stations = [
        {"opened_on": str(np.datetime64("2025-11-01") + rng.integers(0, 200))} for _ in range(12)
    ]
    span = pd.date_range("2026-01-01", "2026-04-30")
    rows = [
        {"station_id": f"S{rng.integers(0, 13)}", "date": str(day.date())}
        for day in span
        for _ in range(rng.integers(0, 3))
    ]
    rows += held_on("2026-01-01", "2026-04-30", station="elsewhere")
    found = said(MONTHLY, stations=stations, activities=rows, complete=["activities"])
    for number, station in enumerate(stations):
        opened = date.fromisoformat(station["opened_on"])
        worst = None
        for month in (1, 2, 3, 4):
            if opened > date(2026, month, 1):
                continue
            held = sum(
                r["station_id"] == f"S{number}" and int(r["date"][5:7]) == month for r in rows
            )
            worst = held if worst is None else min(worst, held)
        row = found.loc[f"S{number}"]
        if worst is None:
            assert row["state"] == "not_applicable"
        else:
            assert row["measured"] == worst
            assert row["state"] == ("met" if worst >= 2 else "not_met")
