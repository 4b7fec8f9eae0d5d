"""Closure notices, shortages, remarks and applications: their rules, without any pages."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationmap.city import applications, notices, remarks, restocking
from stationmap.city.wording import Day, worded
from stationmap.errors import InputError

TODAY = dt.date(2026, 3, 5)
DAYS = st.integers(-40, 40)


def on(offset):
    return (TODAY + dt.timedelta(days=offset)).isoformat()


def row(first, last, number=0):
    last = None if last is None else on(last)
    return {"id": str(number), "from_date": on(first), "to_date": last, "reason": "x"}


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (0, 0, "now"),
        (-1, 0, "now"),
        (0, 1, "now"),
        (-9, None, "now"),
        (1, 1, "coming"),
        (1, None, "coming"),
        (-2, -1, "over"),
    ],
)
def test_a_notice_holds_from_its_first_day_to_its_last(first, last, expected):
    assert notices.phase(row(first, last), today=TODAY) == expected


@given(first=DAYS, length=st.one_of(st.none(), st.integers(0, 60)))
def test_an_ended_notice_holds_no_more_and_keeps_the_days_that_were(first, length):
    last = None if length is None else first + length
    notice = row(first, last)
    if notices.phase(notice, today=TODAY) == "over":
        return
    after = notices.ended(notice, today=TODAY)
    if after is None:
        assert first >= 0
        return
    ended = {**notice, **after}
    assert notices.phase(ended, today=TODAY) == "over"
    assert ended["from_date"] <= ended["to_date"] == on(-1)


@given(first=DAYS, length=st.integers(0, 30), other=DAYS, other_length=st.integers(0, 30))
def test_notices_share_a_day_exactly_where_their_days_meet(first, length, other, other_length):
    mine = set(range(first, first + length + 1))
    theirs = set(range(other, other + other_length + 1))
    ask = {"first": on(first), "last": on(first + length), "reason": "x", "today": TODAY}
    try:
        notices.closure("A", **ask, others=[row(other, other + other_length)])
    except notices.SharedDaysError:
        assert mine & theirs
    except InputError:
        assert first + length < 0
    else:
        assert not mine & theirs


def test_one_without_a_last_day_meets_everything_after_it():
    ask = {"first": on(30), "last": "", "reason": "x", "today": TODAY}
    with pytest.raises(notices.SharedDaysError) as refused:
        notices.closure("A", **ask, others=[row(2, None)])
    assert "2026年3月7日起，恢复开放时间另行通知" in refused.value.render("zh")
    assert notices.closure("A", **ask, others=[row(2, 29)])["to_date"] is None


@pytest.mark.parametrize("text", ["2026-03-06", "2026年3月6日", "2026/3/6", "20260306"])
def test_days_are_read_as_people_write_them(text):
    found = notices.closure("A", first=text, last=text, reason=" 停电 ", today=TODAY)
    assert found == {
        "station_id": "A",
        "from_date": "2026-03-06",
        "to_date": "2026-03-06",
        "reason": "停电",
    }


def test_the_notices_of_today_and_later_stand_in_their_order():
    rows = [row(5, 6, 1), row(-3, -1, 2), row(-3, 2, 3), row(5, None, 0)]
    found = notices.current(rows, today=TODAY)
    assert [(r["id"], r["phase"]) for r in found] == [
        ("3", "now"),
        ("0", "coming"),
        ("1", "coming"),
    ]


def test_days_in_words():
    assert notices.Days.of(row(0, 3)).render("zh") == "2026年3月5日至2026年3月8日"
    assert notices.Days.of(row(0, 0)).render("en") == "2026-03-05"
    assert Day("2026-11-22T16:30:00+00:00").render("zh") == "2026年11月22日"


@pytest.mark.parametrize("text", ["找13812345678", "+86 138-1234-5678", "身份证330802199003051234"])
def test_private_numbers_are_refused(text):
    with pytest.raises(InputError, match="mobile or identity card"):
        worded(text, what="原因", limit=300)


def test_a_public_telephone_and_signs_of_html_are_text():
    assert worded("电话 0570-3021234 <b>", what="x", limit=50) == "电话 0570-3021234 <b>"
    assert worded("a\x00\x1b[31mb", what="x", limit=50) == "a[31mb"
    assert worded("长" * 300, what="x", limit=300) == "长" * 300
    with pytest.raises(InputError):
        worded("长" * 301, what="x", limit=300)


def test_a_supply_waits_once_until_it_is_replenished():
    short = {"supply": "water", "state": "short"}
    with pytest.raises(InputError):
        restocking.shortage("A", supply="water", note="", others=[short])
    done = {**short, "state": "replenished"}
    assert restocking.shortage("A", supply="water", note="", others=[done])["state"] == "short"
    assert restocking.shortage("A", supply="kit", note="", others=[short])["supply"] == "kit"


def test_what_is_settled_stays_so():
    for state in ("answered", "dismissed"):
        with pytest.raises(InputError):
            remarks.settled({"state": state}, state="answered", answer="x", label="答复")
    for state in ("approved", "refused", "withdrawn"):
        for step in applications.MOVES:
            with pytest.raises(InputError):
                applications.moved({"state": state}, step=step, decision="x", label="x")


def test_a_refusal_needs_its_reason_and_an_approval_none():
    waits = {"state": "submitted"}
    assert applications.moved(waits, step="approve", label="x")["state"] == "approved"
    assert applications.moved(waits, step="withdraw", label="x")["state"] == "withdrawn"
    with pytest.raises(InputError):
        applications.moved(waits, step="refuse", label="x")
    with pytest.raises(InputError):
        applications.moved(waits, step="delete", decision="x", label="x")


def test_a_station_that_is_withdrawn_is_not_given_up_again():
    ask = {"unit_id": "U", "reason": "搬迁", "label": "x"}
    station = {"station_id": "A", "status": "active"}
    assert applications.withdrawal(station, **ask)["state"] == "submitted"
    with pytest.raises(InputError):
        applications.withdrawal({**station, "status": "closed"}, **ask)
    with pytest.raises(InputError):
        applications.withdrawal(station, **ask, waiting=[{"id": "1"}])
