"""Opening hours: what people write, what is read of it, and when it is open."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stationmap.hours import Hours, parse

# in the forms of real venues, read by hand: (text, Mon … Sun), in hours; a day without times is
# closed (`test_hours_forms` has the rest of the forms)
_WORK = [(8.25, 11.25), (13.25, 16.75)]
READ_BY_HAND = [
    ("周二至周日 8:15—19:30，周一闭馆", [[]] + [[(8.25, 19.5)]] * 6),
    ("全天开放", [[(0, 24)]] * 7),
    ("周一至周日24小时开放", [[(0, 24)]] * 7),
    ("周一至周五13:15-20:45周六9:45-19:15", [[(13.25, 20.75)]] * 5 + [[(9.75, 19.25)], []]),
    (
        "周一闭馆周二至周五 13:45-20:15周六至周日 9:45-18:15",
        [[]] + [[(13.75, 20.25)]] * 4 + [[(9.75, 18.25)]] * 2,
    ),
    ("周一至周日上午8:15-11:15下午13:15-16:45", [_WORK] * 7),
    ("周一至周日 8:15-11:1513:15-16:45", [_WORK] * 7),
    ("工作日 8:25—17:05", [[(8 + 25 / 60, 17 + 5 / 60)]] * 5 + [[]] * 2),
    ("周三至周日 9:15—16:45，周一二闭馆", [[]] * 2 + [[(9.25, 16.75)]] * 5),
    ("9:15—16:15，周二闭馆", [[(9.25, 16.25)], []] + [[(9.25, 16.25)]] * 5),
    (
        "周一至周六上午9:15-11:15 下午2:15-5:15节假日闭馆",
        [[(9.25, 11.25), (14.25, 17.25)]] * 6 + [[]],
    ),
    (
        "周二至周日白天 9:15-17:15周三至周五晚上18:15-20:15法定节假日闭馆",
        [[], [(9.25, 17.25)]] + [[(9.25, 17.25), (18.25, 20.25)]] * 3 + [[(9.25, 17.25)]] * 2,
    ),
    (
        "周一周三周五13:15-20:15周二周四16:15-20:15周六日8:15-17:15",
        [[(13.25, 20.25)], [(16.25, 20.25)]] * 2 + [[(13.25, 20.25)]] + [[(8.25, 17.25)]] * 2,
    ),
    (
        "周一至周五 8:15-20:15周六、周日 9:15-18:15（周四、节假日不开放）",
        [[(8.25, 20.25)]] * 3 + [[]] + [[(8.25, 20.25)]] + [[(9.25, 18.25)]] * 2,
    ),
    (
        "周一至周日 9:15-16:15每周一夜间开放 18:15-20:15",
        [[(9.25, 16.25), (18.25, 20.25)]] + [[(9.25, 16.25)]] * 6,
    ),
    ("周二至周日 8:15-24:00", [[]] + [[(8.25, 24)]] * 6),
]


def week(hours):
    return [[(a / 60, b / 60) for a, b in day] for day in hours.weekly]


@pytest.mark.parametrize(("text", "days"), READ_BY_HAND, ids=[t for t, _ in READ_BY_HAND])
def test_hours_are_read_as_by_hand(text, days):
    assert week(parse(text)) == [[pytest.approx(pair) for pair in day] for day in days]


@pytest.mark.parametrize(
    ("text", "osm"),
    [
        ("周一至周五 08:30-17:30", "Mo-Fr 08:30-17:30"),
        ("星期一至星期五 上午8:30-11:30 下午3:00-6:00", "Mo-Fr 08:30-11:30,15:00-18:00"),
        ("每天9点到18点", "09:00-18:00"),
        ("九点半至十八点", "09:30-18:00"),
        ("上午9点至下午5点半", "09:00-17:30"),
        ("9-18点", "09:00-18:00"),
        ("0830-1730", "08:30-17:30"),
        ("８：３０－１７：３０", "08:30-17:30"),
        ("8：30~17：30", "08:30-17:30"),
        ("8.30—17.30", "08:30-17:30"),
        ("上午8:30—11:30，下午14:30—17:30", "08:30-11:30,14:30-17:30"),
        ("18:00-次日2:00", "Mo-Su 18:00-02:00"),
        ("12:00-次日2:00", "Mo-Su 12:00-02:00"),
        ("22:00-2:00", "Mo-Su 22:00-02:00"),
        ("晚上8:00-12:00", "20:00-24:00"),
        ("周一至周日9:00-17:00，节假日除外", "09:00-17:00; PH closed"),
        ("周一闭馆（法定节假日除外），9:00-17:00", "Tu-Su 09:00-17:00; PH 09:00-17:00"),
        ("除周一外每天9:00-17:00", "Tu-Su 09:00-17:00"),
        ("8:30-17:30(周一至周五),9:00-17:00(周六、周日)", "Mo-Fr 08:30-17:30; Sa-Su 09:00-17:00"),
        ("周一至周五 9:00-17:00 周三 9:00-20:00", "Mo-Tu,Th-Fr 09:00-17:00; We 09:00-20:00"),
        (
            "夏季（5月-9月）8:30-17:30，冬季（10月-次年4月）9:00-17:00",
            "Jan-Apr,Oct-Dec 09:00-17:00; May-Sep 08:30-17:30",
        ),
        (
            "5月1日至9月30日 8:30-17:30；10月1日至次年4月30日 9:00-17:00",
            "May 1-Sep 30 08:30-17:30; Oct 1-Apr 30 09:00-17:00",
        ),
        ("mo-fr 9:00-17:00", None),
        ("Mo-Fr 9:00-17:00; PH off", "Mo-Fr 09:00-17:00; PH closed"),
        ("Monday to Friday 9am-5pm", "Mo-Fr 09:00-17:00"),
        ("Mon-Fri 8:30 am - 5:30 pm, Sat 9am-12pm", "Mo-Fr 08:30-17:30; Sa 09:00-12:00"),
        ("Daily 9:00-17:00", "09:00-17:00"),
        ("24/7", "24/7"),
        ("周一全天，节假日闭馆", "Mo 00:00-24:00; PH closed"),
    ],
)
def test_what_people_write_becomes_openstreetmaps_syntax(text, osm):
    read = parse(text)
    assert (read and read.osm) == osm
    if osm:
        assert parse(osm) == read  # what is kept is read again as the same


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "  ",
        "以现场公告为准",
        "与商场营业时间一致",
        "开馆时间",
        "夏季 8:30—17:30",  # from when is summer?
        "周一至周日 夏令8:15-21:15；冬令9:15-19:15",
        "冬季 9:15—16:15（通常12—2月）",
        "24小时热线",
        "24小时免费停车",
        "室外场地全天免费",
        "周二至周日 1层 9:15—20:45，2-3层 9:15—17:15",
        "阅览区 周一至周日 8:15—21:15；书库 周二至周日 9:15—20:45",
        "每日9：15-17:15（培训期间除外）",
        "周一至周日 8:15-17:15（之后有人值守，实为24小时）",
        "周日闭馆周一到周五 14:15-20:15周六 10:15-20:15寒假：周六日闭馆",
        "8:30-5:30",  # afternoon, or a night?
        "9:00-9:00",
        "17:00-9:30",
        "9:00",
        "周一至周五",
        "周一闭馆",
        "闭馆",
        "open",
        "off",
        "2024",
        "sunrise-sunset",
        "25:00-26:00",
        "8:70-9:00",
        "周一9:00-17:00 周一闭馆",
        "每天9:00-17:00 周五18:00-20:00",  # also, or instead?
        "上午14:00-17:00",
        "中午18:00-20:00",
        "凌晨14:00-16:00",
        "12:00-2:00",  # until two at night, or in the afternoon?
        "24小时 周一至周五 18:00-21:00",
        "除周一 9:00-17:00",
        "周一至周五9:00-17:00，以现场公告为准",
        "13月-14月 9:00-17:00",
        "2月30日",
        "周八 9:00-17:00",
        "10:00-12:00,11:00-13:00",
        "Mo-Fr 09:00-25:99",
        "(" * 500,
        "9:00-" * 500,
    ],
)
def test_what_cannot_be_read_is_not_guessed(text):
    assert parse(text) is None


def test_seasons_count_for_the_week_only_when_open_all_year():
    hours = parse("5月-9月 8:30-17:30；10月-4月 9:00-18:00")
    assert week(hours)[0] == [(9, 17.5)]
    assert hours.open_at(datetime(2026, 7, 6, 8, 45, tzinfo=UTC) - timedelta(hours=8)) == "open"


def at(text, *, day, clock):
    hour, minute = map(int, clock.split(":"))
    return parse(text).open_at(datetime(2026, 1, 5 + day, hour, minute, tzinfo=UTC))


@pytest.mark.parametrize(
    ("clock", "state"),
    [("00:59", "closed"), ("01:00", "open"), ("08:59", "open"), ("09:00", "closed")],
)
def test_open_from_the_first_minute_and_closed_from_the_last_by_the_citys_clock(clock, state):
    # nine to five in Quzhou is one to nine by UTC
    assert at("周一 9:00-17:00", day=0, clock=clock) == state


def test_a_night_goes_on_after_midnight():
    text = "周五 20:00-次日2:00"
    assert week(parse(text))[4] == [(20, 26)]
    assert week(parse(text))[5] == []
    assert at(text, day=4, clock="17:59") == "open"
    assert at(text, day=4, clock="18:00") == "closed"


def test_what_depends_on_notice_is_unknown():
    assert parse("Mo-Fr 09:00-17:00 unknown") is None  # never open for sure
    hours = parse("Mo 09:00-17:00; Tu 09:00-17:00 unknown")
    assert hours.open_at(datetime(2026, 1, 6, 2, tzinfo=UTC)) == "unknown"


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        parse("24小时").open_at(datetime(2026, 1, 5, 9))


def test_covers_gives_the_minutes_that_lack():
    model = parse("Mo-Fr 08:30-11:30,15:00-18:00; Sa-Su 09:00-11:30,15:00-18:30")
    own = parse("周一至周五 8:30-17:59 周六 9:00-18:30")
    assert own.covers(model) == (1, 1, 1, 1, 1, 0, 360)
    assert model.covers(model) == (0,) * 7
    assert parse("全天").covers(model) == (0,) * 7
    assert parse("周日 20:00-次日10:00").covers(parse("周一 9:00-11:00")) == (60, 0, 0, 0, 0, 0, 0)


DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
CLOCK = st.integers(0, 47)


@given(st.lists(st.tuples(st.integers(0, 6), CLOCK, st.integers(1, 47)), min_size=1, max_size=6))
def test_the_week_has_the_minutes_that_a_walk_through_it_finds(said):
    rules = [
        f"{DAYS[day]} {a // 2:02d}:{a % 2 * 30:02d}-{(a + n) // 2:02d}:{(a + n) % 2 * 30:02d}"
        for day, a, n in said
    ]
    hours = Hours(", ".join(rules))
    open_halves = {(day * 48 + a + k) % 336 for day, a, n in said for k in range(n)}
    assert hours.minutes == 30 * len(open_halves)
    listed = [(d * 1440 + a, d * 1440 + b) for d, day in enumerate(hours.weekly) for a, b in day]
    assert {m // 30 % 336 for a, b in listed for m in range(a, b, 30)} == open_halves
    assert sum(b - a for a, b in listed) == hours.minutes


def test_two_thirds_of_a_real_table_can_be_read_and_the_rest_says_no_times(shared):
    table = pd.read_csv(shared("zhejiang-civic-venues/venues_gcj02.csv"), dtype=str)
    texts = table["开放时间"]
    read = texts.map(lambda text: parse(text) is not None)
    assert (len(texts), int(read.sum())) == (573, 385)
    # of what is not read, only these say a time at all: each for a floor, a season or a condition
    timed = sorted(texts[~read & texts.str.contains(r"\d[:：]\d\d")].unique())
    assert len(timed) == 12
    conditions = "春|夏|假|层|区|夜校|暑|保安|羽毛球"
    assert all(pd.Series(timed).str.contains(conditions))


PARTS = st.sampled_from(
    [
        "周一", "周二", "周五", "周六", "周日", "至", "-", "到", "、", "，", "；", " ", "（", "）",
        "9:00", "17:30", "8点", "18点半", "12:00", "24:00", "次日2:00", "0830", "5", "上午", "下午",
        "晚上", "中午", "凌晨", "闭馆", "除外", "除", "节假日", "工作日", "周末", "每天", "全天",
        "夏季", "5月", "9月", "10月-4月", "停止入馆", "另行通知", "Mo-Fr ", "PH off", "am", "to",
        "开放", "半", "24/7", "十", "三十点", "24小时", "closed",
    ]
)  # fmt: skip


@settings(deadline=None, max_examples=400)
@given(st.lists(PARTS, max_size=9).map("".join) | st.text(max_size=30))
def test_any_text_is_read_as_hours_that_are_read_again_as_the_same_or_not_at_all(text):
    hours = parse(text)
    if hours is not None:
        assert parse(hours.osm) == hours
        assert all(0 <= a < 1440 and a < b <= a + 1440 for day in hours.weekly for a, b in day)
        assert hours.minutes == sum(b - a for day in hours.weekly for a, b in day)
