"""Open, closed or unknown at an instant, and until when: by hand, and minute by minute."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stationmap.hours import Calendar, Hours, parse, state_at

ZONE = "Asia/Shanghai"
CLOCK = ZoneInfo(ZONE)
CALENDAR = Calendar.shipped()
DAY = 1440


def at(when):
    return dt.datetime.fromisoformat(when).replace(tzinfo=CLOCK)


def told(text, when, calendar=CALENDAR):
    state = parse(text).state(at(when), zone=ZONE, calendar=calendar)
    shown = [t and f"{t:%Y-%m-%d %H:%M}" for t in (state.until, state.opens_at)]
    assert all(t is None or t.tzinfo is CLOCK for t in (state.until, state.opens_at))
    return state.state, *shown


SAME = "as until"
SEASONS = "5月1日至9月30日 8:00-18:00；10月1日至次年4月30日 9:00-17:00"
WEEKS = "week 1-53/2 Mo-Fr 09:00-17:00; week 2-53/2 Mo-Fr 10:00-17:00"
# of 2026 where no year is given: 09-30 was a Wednesday, 10-01 (Thursday) to 10-07 a holiday, 10-10
# a Saturday that was worked; (text, when, state, until, when it opens)
BY_HAND = [
    # ordinary days
    ("周一至周五 8:30-17:30", "09-30T08:29", "closed", "09-30 08:30", SAME),
    ("周一至周五 8:30-17:30", "09-30T08:30", "open", "09-30 17:30", None),
    ("周一至周五 8:30-17:30", "11-20T17:30", "closed", "11-23 08:30", SAME),
    ("8:30-11:30 14:00-17:00", "11-20T12:00", "closed", "11-20 14:00", SAME),
    ("24小时", "10-01T03:00", "open", None, None),
    # a holiday of which the hours do not tell
    ("周一至周五 8:30-17:30", "10-01T09:00", "unknown", "10-01 17:30", None),
    ("周一至周五 8:30-17:30", "10-01T20:00", "closed", "10-02 08:30", "10-08 08:30"),
    ("周一至周五 8:30-17:30", "10-03T09:00", "closed", "10-05 08:30", "10-08 08:30"),
    ("周二至周日 9:00-17:00 周一闭馆", "10-01T09:00", "open", "10-01 17:00", None),
    ("周二至周日 9:00-17:00 周一闭馆", "10-05T09:00", "unknown", "10-05 17:00", None),
    ("周一至周五9:00-20:00 周六日10:00-18:00", "10-01T09:30", "unknown", "10-01 10:00", None),
    ("周一至周五9:00-20:00 周六日10:00-18:00", "10-01T10:00", "open", "10-01 18:00", None),
    ("每天 9:00-17:00", "10-01T09:00", "open", "10-01 17:00", None),
    # what the hours say of holidays
    ("周一至周五9:00-17:00节假日闭馆", "10-01T09:00", "closed", "10-08 09:00", SAME),
    ("每天 9:00-17:00 节假日除外", "10-01T09:00", "closed", "10-08 09:00", SAME),
    ("周一闭馆（节假日除外）9:00-17:00", "10-05T09:00", "open", "10-05 17:00", None),
    ("周一至周五9:00-17:00法定节假日10:00-12:00", "10-01T09:00", "closed", "10-01 10:00", SAME),
    ("9:00-17:00，法定节假日开放时间另行通知", "10-01T03:00", "unknown", "10-08 00:00", None),
    # a Saturday that was worked
    ("周一至周五 8:30-17:30", "10-10T09:00", "unknown", "10-10 17:30", None),
    ("周六 9:00-17:00", "10-10T09:00", "unknown", "10-10 17:00", None),
    ("周二至周日 9:00-17:00 周一闭馆", "10-10T09:00", "open", "10-10 17:00", None),
    ("每天 9:00-17:00", "10-10T09:00", "open", "10-10 17:00", None),
    ("Mo closed; Tu-Su 09:00-17:00", "10-10T09:00", "open", "10-10 17:00", None),
    ("Mo-Fr 09:00-17:00; PH,Sa 10:00-12:00", "10-01T09:00", "closed", "10-01 10:00", SAME),
    ("PH off; Mo-Su 09:00-17:00", "10-01T09:00", "closed", "10-08 09:00", SAME),
    # working days follow the calendar
    ("工作日 8:30-17:00", "10-10T09:00", "open", "10-10 17:00", None),
    ("工作日 8:30-17:00", "10-01T09:00", "closed", "10-08 08:30", SAME),
    ("工作日 8:30-17:00", "10-09T18:00", "closed", "10-10 08:30", SAME),
    ("工作日8:30-17:00 周末9:00-12:00", "10-10T09:00", "open", "10-10 12:00", None),
    ("工作日8:30-17:00 周末9:00-12:00", "10-10T12:00", "unknown", "10-10 17:00", None),
    ("工作日8:30-17:00 周末9:00-12:00", "10-01T09:00", "unknown", "10-08 00:00", None),
    # nights, from a holiday and into one
    ("20:00-次日2:00", "10-01T01:59", "open", "10-01 02:00", None),
    ("周三 20:00-次日2:00", "10-01T01:00", "open", "10-01 02:00", None),
    ("周三至周四 20:00-次日2:00", "10-02T01:00", "unknown", "10-02 02:00", None),
    ("工作日 20:00-次日2:00", "10-11T01:00", "open", "10-11 02:00", None),
    # a year without a notice
    ("周一至周五 8:30-17:30", "2029-10-03T09:00", "unknown", "2029-10-03 17:30", None),
    ("周一至周五 8:30-17:30", "2029-08-01T09:00", "open", "2029-08-01 17:30", None),
    ("周一至周五 8:30-17:30", "2029-10-03T03:00", "closed", "2029-10-03 08:30", "2029-10-17 08:30"),
    ("工作日 8:30-17:30", "2029-10-06T09:00", "unknown", "2029-10-06 17:30", None),
    ("每天 9:00-17:00", "2029-10-03T09:00", "open", "2029-10-03 17:00", None),
    # seasons
    ("5月-9月 8:30-17:30", "11-22T12:00", "unknown", "2027-05-01 00:00", None),
    ("5月-9月 8:30-17:30", "09-30T17:30", "closed", "10-01 00:00", "2027-05-01 08:30"),
    ("May-Sep 08:30-17:30", "11-22T12:00", "closed", "2027-05-01 08:30", SAME),
    (SEASONS, "09-30T17:30", "open", "09-30 18:00", None),
    (SEASONS, "10-01T08:30", "closed", "10-01 09:00", SAME),
    # hours beyond months, weekdays and times: only ordinary days are told
    (WEEKS, "11-20T09:30", "open", "11-20 17:00", None),
    (WEEKS, "10-01T03:00", "unknown", "10-08 00:00", None),
    ('Mo-Fr 09:00-17:00 "by appointment"', "11-20T09:30", "unknown", "11-20 17:00", None),
]


@pytest.mark.parametrize(("text", "when", "state", "until", "opens_at"), BY_HAND)
def test_states_are_as_by_hand(text, when, state, until, opens_at):
    ends, opens = (t and f"2026-{t}"[-16:] for t in (until, opens_at))
    assert told(text, f"2026-{when}"[-16:]) == (state, ends, ends if opens_at == SAME else opens)


def test_a_state_that_is_unknown_says_why():
    hours = ["周一至周五 9:00-17:00", "以公告为准", None, " "]
    for when, why in [
        ("2026-10-01T10:00", "public holidays"),
        ("2026-10-10T10:00", "weekends that are worked"),
        ("2029-10-03T10:00", "announced yet"),
    ]:
        found = [state_at(text, at(when), zone=ZONE, calendar=CALENDAR) for text in hours]
        assert [s.state for s in found] == ["unknown"] * 4
        assert why in found[0].why
        assert [s.why for s in found[1:]] == [
            "its hours cannot be read", "its hours are not known", "its hours are not known"
        ]  # fmt: skip
    ordinary = at("2026-11-20T10:00")
    assert state_at(hours[0], ordinary, zone=ZONE, calendar=CALENDAR).why == ""


def test_the_clocks_are_those_of_the_zone():
    hours = parse("每天 9:00-17:00")
    instant = dt.datetime(2026, 11, 20, 1, tzinfo=dt.UTC)
    found = hours.state(instant, zone=ZONE, calendar=CALENDAR)
    assert (found.state, found.until) == ("open", at("2026-11-20T17:00"))
    away = hours.state(instant, zone="America/Sao_Paulo", calendar=CALENDAR)
    assert (away.state, away.opens_at.isoformat()) == ("closed", "2026-11-20T09:00:00-03:00")
    with pytest.raises(ValueError, match="time zone"):
        hours.state(dt.datetime(2026, 11, 20), zone=ZONE, calendar=CALENDAR)


@pytest.mark.parametrize("year", [1, 9999])
def test_the_first_and_the_last_day_of_time_have_a_state(year):
    for text in ("24小时", "周一 9:00-17:00", "20:00-次日2:00", "工作日 9:00-17:00"):
        for day in (dt.date(year, 1, 1), dt.date(year, 12, 31)):
            when = dt.datetime.combine(day, dt.time(12), dt.UTC)
            assert parse(text).state(when, zone="UTC", calendar=CALENDAR).state


WEEK = "周一至周五 8:30-17:30"
# (text, when, when it opens for certain, from when nobody knows)
NOT_KNOWN_BEFORE = [
    (WEEK, "2027-01-03T20:00", "2027-03-08T08:30", "2027-01-04T08:30"),
    (WEEK, "2026-09-30T20:00", "2026-10-08T08:30", "2026-10-01T08:30"),
    (WEEK, "2026-12-25T20:00", "2027-03-08T08:30", "2026-12-27T08:30"),
    (WEEK, "2026-09-28T20:00", "2026-09-29T08:30", None),
    ("工作日 8:30-17:30", "2026-09-30T20:00", "2026-10-08T08:30", None),
    ("每天 8:30-17:30", "2027-01-03T20:00", "2027-01-04T08:30", None),
    ("5月-9月 8:30-17:30", "2026-09-30T17:30", "2027-05-01T08:30", "2026-10-01T00:00"),
]


@pytest.mark.parametrize(("text", "when", "opens", "unknown"), NOT_KNOWN_BEFORE)
def test_days_that_nobody_knows_of_are_not_told_as_closed(text, when, opens, unknown):
    found = state_at(text, at(when), zone=ZONE, calendar=CALENDAR)
    assert found.state == "closed"
    assert (found.opens_at, found.may_open_at) == (at(opens), unknown and at(unknown))


def days(first, last=None):
    return (dt.date.fromisoformat(first), last and dt.date.fromisoformat(last))


TOMORROW = days("2026-11-24", "2026-12-24")
LATER = [
    # 2026-11-23 was a Monday; a notice from tomorrow, and one that holds until a known day
    (WEEK, "11-23T20:00", [TOMORROW], ("closed", "12-25T08:30", "12-25T08:30", None)),
    (WEEK, "11-23T17:29", [TOMORROW], ("open", "11-23T17:30", None, None)),
    (WEEK, "11-24T00:00", [TOMORROW], ("closed", "12-25T08:30", "12-25T08:30", None)),
    (WEEK, "12-24T23:59", [TOMORROW], ("closed", "12-25T08:30", "12-25T08:30", None)),
    (WEEK, "12-25T08:30", [TOMORROW], ("open", "12-25T17:30", None, None)),
    (WEEK, "11-24T09:00", [days("2026-11-24")], ("closed", None, None, None)),
    # one that ends before days that nobody knows of
    (WEEK, "12-24T12:00", [days("2026-12-20", "2026-12-31")],
     ("closed", "2027-01-01T08:30", "2027-03-08T08:30", "2027-01-01T08:30")),
    # the whole day: from midnight, until midnight
    ("24小时", "11-23T20:00", [TOMORROW], ("open", "11-24T00:00", None, None)),
    ("24小时", "11-23T20:00", [days("2026-11-24")], ("open", "11-24T00:00", None, None)),
    ("24小时", "11-24T00:00", [TOMORROW], ("closed", "12-25T00:00", "12-25T00:00", None)),
    ("20:00-次日2:00", "11-23T23:00", [TOMORROW], ("open", "11-24T00:00", None, None)),
    # two that follow each other, and one that is over
    (WEEK, "11-23T20:00", [days("2026-11-26", "2026-11-30"), days("2026-11-24", "2026-11-25")],
     ("closed", "12-01T08:30", "12-01T08:30", None)),
    (WEEK, "11-23T20:00", [days("2026-11-01", "2026-11-23")],
     ("closed", "11-24T08:30", "11-24T08:30", None)),
    # hours that nobody can tell
    (None, "11-23T20:00", [TOMORROW], ("unknown", "11-24T00:00", None, None)),
    ("以公告为准", "11-24T20:00", [TOMORROW],
     ("closed", "12-25T00:00", None, "12-25T00:00")),
]  # fmt: skip


@pytest.mark.parametrize(("text", "when", "shut", "expected"), LATER)
def test_what_comes_next_goes_by_the_days_on_which_a_place_is_shut(text, when, shut, expected):
    state, *instants = expected
    full = [t and at(f"2026-{t}"[-16:]) for t in (when, *instants)]
    found = state_at(text, full[0], zone=ZONE, calendar=CALENDAR, shut=tuple(shut))
    assert (found.state, found.until, found.opens_at, found.may_open_at) == (state, *full[1:])


def test_a_time_without_a_zone_is_refused():
    for text in (None, "24小时"):
        with pytest.raises(ValueError, match="time zone"):
            state_at(text, dt.datetime(2026, 11, 20), zone=ZONE, calendar=CALENDAR)


# ------------------------------------------------- the same, minute by minute, from what was meant

KINDS = {"ordinary": 0, "holiday": 1, "workday": 2, "unknown": 3}
CLOCKS = st.integers(0, 47).map(lambda half: half * 30)


@st.composite
def meant(draw):
    """Blocks of (weekdays, times, whether of working days), and what is said of holidays."""
    style = draw(st.sampled_from(["week", "working", "both"]))
    rest = list(range(7))
    blocks = []
    if style != "week":
        blocks.append((frozenset(range(5)), times(draw), True))
        rest = [5, 6]
    if style != "working":
        split = draw(st.integers(1, len(rest)))
        groups = [rest[:split], rest[split:]]
        blocks += [(frozenset(group), times(draw), False) for group in groups if group]
        closed = draw(st.sampled_from([None, None, *rest]))
        blocks = [(days - {closed}, spans, working) for days, spans, working in blocks]
        blocks = [block for block in blocks if block[0]]
    holidays = draw(st.sampled_from(["", "", "closed", "unknown", "times"]))
    if not blocks:
        blocks = [(frozenset([0]), ((540, 1020),), False)]
    return tuple(blocks), holidays, times(draw) if holidays == "times" else ()


def times(draw):
    edges = sorted(draw(st.sets(CLOCKS, min_size=2, max_size=4)))
    spans = list(zip(edges[::2], edges[1::2], strict=False))
    if draw(st.booleans()) and edges[0] >= 60:
        spans.append((max(edges) + 10, DAY + edges[0] - 30))  # a night
    return tuple(spans)


def written(blocks, holidays, on_holidays):
    names = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"]

    def clocks(spans):
        return ",".join(
            f"{a // 60:02d}:{a % 60:02d}-{b % DAY // 60:02d}:{b % 60:02d}" for a, b in spans
        )

    rules = [
        f"{','.join(names[d] for d in sorted(days))} {clocks(spans)}"
        + (' open "工作日"' if working else "")
        for days, spans, working in blocks
    ]
    said = {"closed": "PH closed", "unknown": "PH unknown", "times": f"PH {clocks(on_holidays)}"}
    # a comma, as "; " cuts the night of the day before
    return "; ".join([", ".join(rules), *([said[holidays]] if holidays else [])])


def readings(plan, weekday, kind, minute):
    """Every state that what is meant may have at a minute of a day (beyond 1440: its night)."""
    blocks, holidays, on_holidays = plan

    def within(spans):
        return any(a <= minute < b for a, b in spans)

    def on(day, *, with_working=True):
        return any(
            within(spans)
            for days, spans, working in blocks
            if day in days and (with_working or not working)
        )

    if kind == 0:
        return {on(weekday)}
    if kind == 1:
        if holidays == "closed":
            return {False}
        if holidays == "unknown":
            return {None} if minute < DAY else {False}
        if holidays == "times":
            return {within(on_holidays)}
        return {on(day, with_working=False) for day in (weekday, 5, 6)}
    if kind == 2:
        week = [d for d in range(5) if any(d in days for days, _, _ in blocks)]
        found = {on(day) for day in week} or {False}
        follows = any(working for _, _, working in blocks)
        if any(weekday in days for days, _, _ in blocks) or not follows:
            found.add(on(weekday))
        return found
    found = readings(plan, weekday, 0, minute) | readings(plan, weekday, 1, minute)
    return found | (readings(plan, weekday, 2, minute) if weekday > 4 else set())


def minute_by_minute(plan, when):
    def one(day, minute):
        found = readings(plan, day.weekday(), KINDS[CALENDAR.kind(day)], minute)
        return (
            "unknown" if found not in ({True}, {False}) else "open" if True in found else "closed"
        )

    day, minute = when.date(), when.hour * 60 + when.minute
    both = {one(day, minute), one(day - dt.timedelta(days=1), minute + DAY)}
    return next(state for state in ("open", "unknown", "closed") if state in both)


NOT_OPEN = ("closed", "unknown")
AROUND = st.sampled_from(
    ["2026-10-01", "2026-10-07", "2026-10-10", "2026-02-14", "2026-02-16", "2026-02-28",
     "2026-11-20", "2026-11-22", "2026-12-30", "2029-10-03", "2029-10-06", "2029-08-04"]
)  # fmt: skip


@settings(deadline=None, max_examples=150)
@given(meant(), AROUND, st.integers(0, DAY - 1))
def test_states_are_those_of_a_reading_minute_by_minute(plan, day, minute):
    when = at(f"{day}T00:00") + dt.timedelta(minutes=minute)
    found = Hours(written(*plan)).state(when, zone=ZONE, calendar=CALENDAR)
    assert found.state == minute_by_minute(plan, when)
    last = min(found.until or when + dt.timedelta(days=3), when + dt.timedelta(days=3))
    step = when
    while step < last:
        assert minute_by_minute(plan, step) == found.state
        step += dt.timedelta(minutes=10)
    if found.until is not None:
        assert minute_by_minute(plan, found.until) != found.state
        assert minute_by_minute(plan, found.until - dt.timedelta(minutes=1)) == found.state
    if found.state == "closed" and found.opens_at is not None:
        assert minute_by_minute(plan, found.opens_at) == "open"
        step = max(when, found.opens_at - dt.timedelta(days=3))
        while step < found.opens_at:
            known = found.may_open_at is None or step < found.may_open_at
            assert minute_by_minute(plan, step) in (("closed",) if known else NOT_OPEN)
            step += dt.timedelta(minutes=10)
    if found.may_open_at is not None:
        assert minute_by_minute(plan, found.may_open_at) == "unknown"
        assert found.until == found.may_open_at
    assert found.opens_at is None or found.state == "closed"


@settings(deadline=None, max_examples=100)
@given(meant(), st.integers(0, 364), st.integers(0, DAY - 1))
def test_ordinary_days_are_told_as_by_the_library_of_openstreetmap(plan, days, minute):
    ordinary = Calendar({}, frozenset(range(2025, 2028)))
    when = at("2026-01-01T00:00") + dt.timedelta(days=days, minutes=minute)
    hours = Hours(written(*plan))
    assert hours.state(when, zone=ZONE, calendar=ordinary).state == hours.open_at(when, zone=ZONE)
