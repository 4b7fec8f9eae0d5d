"""Public holidays and weekends that are worked, by the notices, and by a city's own file."""

import datetime as dt
import re
import tomllib

import chinese_calendar
import pytest
import small_city
from chinese_calendar import constants

from stationmap.errors import CityError
from stationmap.hours import Calendar
from stationmap.hours.calendar import FILE

SHIPPED = Calendar.shipped()
# weekends that a notice calls adjacent (与周末连休), and the package counts in
ADJACENT = {
    dt.date(2019, 4, 6), dt.date(2019, 4, 7), dt.date(2019, 6, 8), dt.date(2019, 6, 9),
    dt.date(2019, 9, 14), dt.date(2019, 9, 15), dt.date(2023, 12, 30), dt.date(2023, 12, 31),
}  # fmt: skip


def every_day(first, last):
    for days in range((last - first).days + 1):
        yield first + dt.timedelta(days=days)


def test_the_table_has_the_holidays_that_an_independent_table_has():
    assert SHIPPED.years == frozenset(range(2018, 2027))
    days = list(every_day(dt.date(2018, 1, 1), dt.date(2026, 12, 26)))
    kinds = {day: SHIPPED.kind(day) for day in days}
    assert {d for d in days if kinds[d] == "workday"} == {
        d for d in constants.workdays if d.year >= 2018
    }
    theirs = {d for d in constants.holidays if d.year >= 2018}
    assert {d for d in days if kinds[d] == "holiday"} == theirs - ADJACENT
    for day, kind in kinds.items():
        worked = kind == "workday" or (kind == "ordinary" and day.weekday() < 5)
        assert worked == chinese_calendar.is_workday(day), day


def test_each_year_of_the_table_cites_its_notice(pytestconfig):
    path = pytestconfig.rootpath / "stationmap" / "hours" / FILE
    for year, table in tomllib.loads(path.read_text("utf-8")).items():
        assert re.match(
            rf"国办发明电〔{int(year) - 1}〕\d+号 https://www\.gov\.cn/", table["notice"]
        )


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        ("2026-10-01", "holiday"),
        ("2026-10-10", "workday"),
        ("2026-10-08", "ordinary"),
        ("2026-07-01", "ordinary"),
        ("2018-12-29", "workday"),  # by the notice of 2019
        ("2025-12-31", "ordinary"),
        ("2026-12-31", "unknown"),  # the notice of 2027 may name it
        ("2027-01-01", "unknown"),
        ("2027-02-06", "unknown"),
        ("2027-10-09", "unknown"),
        ("2027-03-20", "ordinary"),
        ("2027-08-02", "ordinary"),
        ("2027-11-30", "ordinary"),
        ("2017-10-01", "unknown"),
        ("0001-01-01", "unknown"),
        ("9999-12-31", "unknown"),
    ],
)
def test_a_day_of_a_year_without_notice_is_unknown_when_it_may_be_a_holiday(day, kind):
    assert SHIPPED.kind(dt.date.fromisoformat(day)) == kind


def test_no_holiday_ever_set_falls_on_a_day_that_is_taken_for_ordinary_without_a_notice():
    empty = Calendar({}, frozenset())
    since = {d for d in {*constants.holidays, *constants.workdays} if d.year >= 2008}
    # once, for a parade of which nobody could know
    since -= {dt.date(2015, 9, 3)}
    assert {d for d in since if empty.kind(d) != "unknown"} == set()


def test_a_year_in_the_citys_own_file_holds_as_a_whole(tmp_path):
    path = tmp_path / FILE
    path.write_text(
        '[2026]\nholidays = ["2026-03-03/2026-03-04"]\n'
        '[2027]\nnotice = "…"\nholidays = [2027-01-01]\nworkdays = ["2026-12-27", "2027-01-09"]\n',
        "utf-8",
    )
    own = Calendar.with_file(path)
    said = {
        "2026-03-03": "holiday", "2026-03-04": "holiday", "2026-03-05": "ordinary",
        "2026-10-01": "ordinary", "2025-10-01": "holiday", "2027-01-01": "holiday",
        "2026-12-27": "workday", "2026-12-31": "ordinary", "2027-01-09": "workday",
        "2027-10-01": "ordinary", "2028-10-01": "unknown",
    }  # fmt: skip
    assert {day: own.kind(dt.date.fromisoformat(day)) for day in said} == said
    assert SHIPPED.kind(dt.date(2026, 10, 1)) == "holiday"


@pytest.mark.parametrize(
    "text",
    [
        "[2027",
        "二〇二七 = 1",
        "holidays = ['2027-01-01']",
        "[27]\nholidays = []",
        "[2027]\nholiday = ['2027-01-01']",
        "[2027]\nholidays = ['2027-02-30']",
        "[2027]\nholidays = ['元旦']",
        "[2027]\nholidays = 7",
        "[2027]\nholidays = [['2027-01-01']]",
        "[2027]\nholidays = ['2027-01-03/2027-01-01']",
        "[2027]\nholidays = ['2027-01-01/2027-12-31']",
        "[2027]\nholidays = ['9999-12-31']",
        "[2027]\nholidays = ['2028-01-01']",
        "[2027]\nholidays = ['2026-11-30']",
        "[2027]\nholidays = ['2027-01-01']\nworkdays = ['2027-01-01']",
        b"\xff\xfe",
        None,
    ],
)
def test_a_file_that_is_none_is_refused_with_a_sentence(tmp_path, text):
    path = tmp_path / FILE
    if text is not None:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(CityError) as refused:
        Calendar.with_file(path)
    assert str(refused.value).startswith("holidays.toml of the city cannot be read: ")
    assert "holidays.toml 无法读取" in refused.value.render("zh")


def test_a_city_goes_by_its_own_file_from_the_moment_it_is_there(tmp_path):
    city = small_city.make(tmp_path, stations=False)
    day = dt.date(2027, 2, 8)
    contents = city.now()
    assert contents.calendar() is SHIPPED
    path = city.path / FILE
    path.write_text('[2027]\nholidays = ["2027-02-08"]\n', "utf-8")
    assert contents.calendar().kind(day) == "holiday"
    assert contents.calendar() is contents.calendar()
    path.write_text("[2027]\nholidays = []\nworkdays = []  # 改正\n", "utf-8")
    assert contents.calendar().kind(day) == "ordinary"
    path.unlink()
    assert contents.calendar().kind(day) == "unknown"


def test_a_file_of_the_city_that_is_none_leaves_the_shipped_days_and_says_so(tmp_path):
    city = small_city.make(tmp_path, stations=False)
    contents, path = city.now(), city.path / FILE
    assert contents.calendar_fault() is None
    path.write_text("[2027\n", "utf-8")
    assert contents.calendar() is SHIPPED
    assert "holidays.toml 无法读取" in contents.calendar_fault().render("zh")
    path.write_text('[2027]\nholidays = ["2027-02-08"]\n', "utf-8")
    assert contents.calendar_fault() is None
    assert contents.calendar().kind(dt.date(2027, 2, 8)) == "holiday"
