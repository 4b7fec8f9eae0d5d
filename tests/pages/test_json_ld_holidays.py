"""Hours as search engines get them: never such as are known not to hold, or known of by nobody."""

import datetime as dt

import pytest

from stationmap.hours import Calendar
from web import json_ld

STATION = {
    "station_id": "A",
    "name": "甲",
    "type_name": "服务站",
    "status": "active",
    "address": None,
    "phone": None,
}
# around 1 October 2026: a holiday until the 7th, and Saturday the 10th worked
BEFORE = dt.date(2026, 9, 28)
# unknown from 27 December on, for want of the notice of 2027
UNTIL_NEW_YEAR = "2026-12-26"


def told(hours, today=BEFORE, closures=(), **station):
    found = json_ld.place(
        address="http://localhost/stations/A",
        station=STATION | {"hours": hours} | station,
        lonlat=None,
        supplies={},
        closures=closures,
        city="某市",
        district="",
        today=today,
        calendar=Calendar.shipped(),
    )
    names = ("openingHoursSpecification", "specialOpeningHoursSpecification")
    return tuple(found.get(name, []) for name in names)


def short(special):
    names = ("validFrom", "validThrough", "opens", "closes")
    return [tuple(one.get(name) for name in names) for one in special]


def test_holidays_and_worked_weekends_are_told_beside_the_week():
    week, special = told("工作日 8:30-17:30")
    assert [one["validThrough"] for one in week] == [UNTIL_NEW_YEAR]
    assert short(special) == [
        # the 3rd and the 4th are a weekend
        ("2026-10-01", "2026-10-02", "00:00", "00:00"),
        ("2026-10-05", "2026-10-07", "00:00", "00:00"),
        ("2026-10-10", "2026-10-10", "08:30", "17:30"),
    ]


def test_hours_of_holidays_are_told_in_all_their_parts():
    _, special = told("每天 8:00-18:00，法定节假日 9:00-11:00 14:00-16:00")
    assert short(special) == [
        ("2026-10-01", "2026-10-07", "09:00", "11:00"),
        ("2026-10-01", "2026-10-07", "14:00", "16:00"),
    ]


def test_the_week_is_told_until_the_day_before_the_first_that_nobody_knows_of():
    week, special = told("周一至周五 8:30-17:30")
    assert [one["validThrough"] for one in week] == ["2026-09-30"]
    assert special == []


@pytest.mark.parametrize(
    ("hours", "today"),
    [
        ("周一至周五 8:30-17:30", dt.date(2026, 10, 1)),
        ("周一至周五 8:30-17:30", dt.date(2027, 1, 3)),
        ("工作日 8:30-17:30", dt.date(2027, 1, 3)),
        ("每天 8:30-17:30，法定节假日闭馆", dt.date(2027, 1, 3)),
    ],
)
def test_hours_of_which_nobody_knows_whether_they_hold_today_are_left_out(hours, today):
    assert told(hours, today) == ([], [])


@pytest.mark.parametrize("hours", ["24小时", "每天 8:30-17:30", "20:00-次日2:00"])
def test_hours_that_are_the_same_every_day_need_no_calendar(hours):
    for today in (BEFORE, dt.date(2027, 1, 3), dt.date(2029, 10, 1)):
        week, special = told(hours, today)
        assert week == json_ld.weekly(hours)
        assert week
        assert special == []


def test_a_worked_weekend_under_a_notice_is_not_told_as_open():
    notice = {"from": "2026-10-09", "to": "2026-10-10"}
    _, special = told("工作日 8:30-17:30", closures=[notice])
    assert short(special) == [
        ("2026-10-09", "2026-10-10", "00:00", "00:00"),
        ("2026-10-01", "2026-10-02", "00:00", "00:00"),
        ("2026-10-05", "2026-10-07", "00:00", "00:00"),
    ]


def test_what_is_suspended_has_no_hours_on_holidays_either():
    assert told("工作日 8:30-17:30", status="suspended") == ([], [])
