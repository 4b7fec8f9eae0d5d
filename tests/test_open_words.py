"""Whether a station is open, in words: what is said of today, tomorrow and later."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from stationmap.city.open_words import open_words
from stationmap.hours import Calendar, State, parse, state_at
from stationmap.io.notes import Note
from web.open_words import hours_words

ZONE = "Asia/Shanghai"
CALENDAR = Calendar.shipped()


def at(*when):
    return dt.datetime(*when, tzinfo=ZoneInfo(ZONE))


@pytest.mark.parametrize(
    ("hours", "when", "text"),
    [
        ("08:30-17:30", at(2026, 3, 5, 12, 0), "开放中，至 17:30"),
        ("08:30-17:30", at(2026, 3, 5, 7, 59), "未到开放时间（8:30 开放）"),
        ("08:30-17:30", at(2026, 3, 5, 17, 30), "未开放，明天 8:30 开放"),
        ("08:30-11:30,14:00-17:30", at(2026, 3, 5, 12, 0), "未到开放时间（14:00 开放）"),
        ("Mo-Fr 08:30-17:30", at(2026, 3, 6, 18, 0), "未开放，周一 8:30 开放"),
        ("24/7", at(2026, 3, 5, 3, 0), "开放中"),
        ("09:00-24:00", at(2026, 3, 5, 12, 0), "开放中，至 24:00"),
        ("18:00-02:00", at(2026, 3, 5, 23, 0), "开放中，至明天 2:00"),
        ("18:00-02:00", at(2026, 3, 6, 1, 0), "开放中，至 2:00"),
        ("Jun-Aug 09:00-17:00", at(2026, 3, 5, 12, 0), "未开放，2026年6月1日 9:00 开放"),
    ],
)
def test_what_comes_next_is_said_as_people_say_it(hours, when, text):
    state = parse(hours).state(when, zone=ZONE, calendar=CALENDAR)
    assert open_words(state, "zh", ZONE, when=when)["text"] == text


def test_programs_get_instants_with_the_citys_offset():
    when = at(2026, 3, 5, 12, 0).astimezone(dt.UTC)
    state = parse("08:30-17:30").state(when, zone=ZONE, calendar=CALENDAR)
    words = open_words(state, "en", ZONE, when=when)
    assert words["state"] == "open"
    assert words["until"] == "2026-03-05T17:30+08:00"
    assert (words["opens_at"], words["text"]) == (None, "Open until 17:30")


def test_unknown_hours_are_to_be_confirmed_and_never_closed():
    holiday = at(2026, 10, 1, 10, 0)
    state = parse("Mo-Fr 08:30-17:30").state(holiday, zone=ZONE, calendar=CALENDAR)
    words = open_words(state, "zh", ZONE, when=holiday)
    assert (words["state"], words["text"]) == ("unknown", "时间待核实")
    assert words["why"]


def test_what_closes_a_station_whatever_its_hours_is_said_in_their_place():
    note = Note("Suspended", {})
    words = open_words(State("open"), "zh", ZONE, closed_for=note)
    assert (words["state"], words["text"], words["until"]) == ("closed", "暂停开放", None)


@pytest.mark.parametrize(
    ("hours", "when", "text"),
    [
        ("Mo-Fr 08:30-17:30", at(2027, 1, 3, 20), "未开放，明天 8:30 起时间待核实"),
        ("Mo-Fr 08:30-17:30", at(2026, 9, 30, 20), "未开放，明天 8:30 起时间待核实"),
        ("Mo-Fr 08:30-17:30", at(2026, 12, 25, 20), "未开放，周日 8:30 起时间待核实"),
        ("Mo-Fr 08:30-17:30", at(2027, 1, 4, 7), "未开放，8:30 起时间待核实"),
        ("5月-9月 8:30-17:30", at(2026, 9, 30, 20), "未开放，明天起时间待核实"),
        ("工作日 8:30-17:30", at(2026, 9, 30, 20), "未开放，2026年10月8日 8:30 开放"),
    ],
)
def test_days_that_nobody_knows_of_are_to_be_confirmed(hours, when, text):
    state = parse(hours).state(when, zone=ZONE, calendar=CALENDAR)
    words = open_words(state, "zh", ZONE, when=when)
    assert words["text"] == text
    assert words["may_open_at"] == (state.may_open_at and f"{state.may_open_at:%FT%R}+08:00")


def test_a_notice_that_comes_is_in_what_is_said_of_today_and_tomorrow():
    shut = ((dt.date(2026, 11, 24), dt.date(2026, 12, 24)),)
    said = []
    for hours in ("周一至周五 8:30-17:30", "24小时"):
        when = at(2026, 11, 23, 20)
        state = state_at(hours, when, zone=ZONE, calendar=CALENDAR, shut=shut)
        said.append(open_words(state, "zh", ZONE, when=when)["text"])
    assert said == ["未开放，2026年12月25日 8:30 开放", "开放中，至 24:00"]


def test_when_it_opens_after_a_notice_is_told_beside_the_notice():
    shut, when = ((dt.date(2026, 11, 24), dt.date(2026, 12, 24)),), at(2026, 11, 24, 10)
    state = state_at("24小时", when, zone=ZONE, calendar=CALENDAR, shut=shut)
    words = open_words(state, "zh", ZONE, when=when, closed_for=Note("Suspended", {}))
    assert (words["text"], words["until"]) == ("暂停开放", None)
    assert words["opens_at"] == "2026-12-25T00:00+08:00"


@pytest.mark.parametrize(
    ("text", "lang", "shown"),
    [
        ("周一至周五 08:30-17:30", "en", "Mo-Fr 08:30-17:30"),
        ("周一至周五 08:30-17:30", "zh", "周一至周五 08:30-17:30"),
        ("以公告为准", "en", "以公告为准"),
        ("9am to 5pm", "en", "9am to 5pm"),
        (None, "en", None),
    ],
)
def test_who_reads_english_gets_hours_that_they_can_read(text, lang, shown):
    assert hours_words(text, lang) == shown
