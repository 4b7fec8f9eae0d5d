"""Hours of stations: stated, readable, as long as the model, with a volunteer on duty."""

import pytest
from facts_builder import CLAUSE, facts

from stationmap.checks import hours
from stationmap.checks.findings import MET, NOT_MET, UNKNOWN, frame
from stationmap.errors import PackError
from stationmap.standards import HoursRule, Item, load

# Zhanjiang's model: five days of 3 + 3 hours, two of 2.5 + 3.5
MODEL = "Mo-Fr 08:30-11:30,15:00-18:00; Sa-Su 09:00-11:30,15:00-18:30"
ALL = ("stations:post", "stations:point")


def said(stations, *, complete=(), inspections=None, lang="en", pack="quzhou-2018", **fields):
    one = HoursRule.model_validate({"id": "T-1", "clause": CLAUSE, "kind": "hours", **fields})
    known = facts(stations=stations, complete=complete, inspections=inspections, pack=pack)
    return frame(hours.check(one, known), lang=lang)


def test_hours_are_stated_not_stated_or_not_to_be_read():
    stations = [{"hours": text} for text in ("周一至周五 8:30-17:30", None, "  ", "以公告为准")]
    found = said(stations, complete=ALL)
    assert list(found["state"]) == [MET, NOT_MET, NOT_MET, UNKNOWN]
    assert list(found["message_id"]) == ["hours.met", "hours.none", "hours.none", "hours.unread"]
    assert list(said(stations)["state"]) == [MET, UNKNOWN, UNKNOWN, UNKNOWN]


def test_only_active_stations_of_the_types_are_asked():
    stations = [
        {"type": "post"},
        {"type": "kiosk"},
        {"type": "post", "status": "planned"},
        {"type": "point", "hours": "24小时"},
    ]
    found = said(stations, complete=ALL, site_types=["post", "point"])
    assert list(zip(found["subject_id"], found["state"], strict=True)) == [
        ("S0", NOT_MET),
        ("S3", MET),
    ]


@pytest.mark.parametrize(
    ("text", "lacking", "state"),
    [
        (MODEL, 0, MET),
        ("全天开放", 0, MET),
        ("每天8:30-18:30", 0, MET),
        ("每天8:30-18:00", 1, NOT_MET),  # half an hour on two days
        ("每天8:30-18:29", 2 / 60, NOT_MET),
        ("周一至周五 8:30-11:30，15:00-18:00", 12, NOT_MET),
        ("每天20:00-次日2:00", 42, NOT_MET),
    ],
)
def test_what_lacks_of_the_model_is_measured_in_hours_a_week(text, lacking, state):
    found = said([{"hours": text}], model=MODEL, force="advisory").iloc[0]
    assert found["measured"] == pytest.approx(lacking)
    assert (found["state"], found["force"], found["unit"]) == (state, "advisory", "h")


def test_the_sentence_names_the_weekdays():
    stations = [{"hours": "周一至周五 8:30-11:30,15:00-18:00; 周六 9:00-11:00,15:00-18:30"}]
    message = said(stations, model=MODEL, lang="zh")["message"].iloc[0]
    assert message == "站0每周比参考开放时间少 6.5 小时：周六 0.5 小时、周日 6 小时"


@pytest.mark.parametrize(
    ("judged", "state"),
    [
        ([("met", "2026-05-01")], MET),
        ([("met", "2026-05-01"), ("not_met", "2026-06-01")], NOT_MET),
        ([("not_met", "2026-05-01"), ("met", "2026-06-01")], MET),
        ([("unknown", "2026-05-01")], UNKNOWN),
        ([], UNKNOWN),
        (None, UNKNOWN),
    ],
)
def test_the_newest_inspection_tells_who_is_on_duty(judged, state):
    pack = load("quzhou-2018").model_copy(
        update={"items": (Item(id="T-1.1", clause=CLAUSE, title={"zh": "队伍"}),)}
    )
    other = [{"station_id": "S0", "item": "T-2", "state": "not_met", "at": "2026-06-02"}]
    rows = (
        judged
        if judged is None
        else other
        + [{"station_id": "S0", "item": "T-1.1", "state": s, "at": at} for s, at in judged]
    )
    found = said([{"hours": "24小时"}], id="T-1.2", on_duty=True, inspections=rows, pack=pack)
    assert list(found["state"]) == [state]


@pytest.mark.parametrize(
    ("judged", "state"),
    [
        ([(2, "met", "2026-05-01")], MET),
        ([(2, "not_met", "2026-05-01")], NOT_MET),
        ([(1, "not_met", "2026-05-01")], UNKNOWN),
        ([(0, "met", "2026-05-01")], MET),
        ([(0, "not_met", "2026-05-01")], UNKNOWN),
        ([(0, "not_met", "2026-05-01"), (2, "met", "2026-05-01")], MET),
        ([(2, "not_met", "2026-05-01"), (0, "met", "2026-06-01")], MET),
        ([(2, "not_applicable", "2026-05-01")], UNKNOWN),
    ],
    ids=[
        "the line is met",
        "the line is not met",
        "another line is not met",
        "the item is met",
        "which line is not said",
        "the item failed for another line",
        "the item was met since",
        "it cannot be not applicable",
    ],
)
def test_the_line_about_duty_tells_not_its_neighbours(judged, state):
    rows = [
        {"station_id": "S0", "item": "CZ-5", "part": n, "state": s, "at": at} for n, s, at in judged
    ]
    one = load("changzhi-2021").rule("CZ-5", kind="hours")
    known = facts(
        stations=[{"hours": "24小时", "type": "station"}], inspections=rows, pack="changzhi-2021"
    )
    assert list(frame(hours.check(one, known), lang="en")["state"]) == [state]


def test_hours_not_stated_are_only_advised_against_where_the_document_asks_for_duty():
    found = said([{}], complete=ALL, on_duty=True).iloc[0]
    assert (found["message_id"], found["force"], found["assumed"]) == (
        "hours.none",
        "advisory",
        True,
    )
    found = said([{}], complete=ALL).iloc[0]
    assert (found["message_id"], found["force"], found["assumed"]) == (
        "hours.none",
        "binding",
        False,
    )


def test_nobody_on_duty_stands_before_hours_that_are_not_stated():
    rows = [{"station_id": "S0", "item": "CZ-5", "part": 2, "state": "not_met", "at": "2026-05-01"}]
    one = load("changzhi-2021").rule("CZ-5", kind="hours")
    known = facts(
        stations=[{"type": "station"}],
        inspections=rows,
        pack="changzhi-2021",
        complete=["stations:station"],
    )
    found = frame(hours.check(one, known), lang="en").iloc[0]
    assert (found["message_id"], found["force"]) == ("hours.off_duty", "binding")


def test_a_model_that_cannot_be_read_is_the_packs_fault():
    with pytest.raises(PackError, match="from nine to five"):
        said([{"hours": "24小时"}], model="from nine to five")


def test_no_station_no_finding():
    assert len(said([])) == 0
