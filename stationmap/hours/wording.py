"""Opening hours as offices write them, to OpenStreetMap's syntax; what is not understood is not."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import opening_hours as osm_hours

from stationmap.hours.writing import DAYS, MONTHS, WORKING_DAYS, Block, Unread, written

_CHINESE_DAYS = {c: i for i, c in enumerate("一二三四五六日")} | {"天": 6}
_CHINESE_DAYS |= {str(i + 1): i for i in range(7)}
_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九十")} | {"两": 2, "〇": 0}
_EVERY = frozenset(range(7))
_WORKDAYS = frozenset(range(5))
_WEEKEND = frozenset((5, 6))
_SETS_OF_DAYS = ("days", "english_days", "every", "workdays", "weekend", "holidays")
_DAY, _NOON = 1440, 720
# a range that ends before it starts is a night only if it looks like one
_EVENING, _MORNING = 16 * 60, 9 * 60
# when what is called so begins, at the earliest and the latest
_STARTS: Mapping[str | None, tuple[int, int]] = {
    "am": (0, _NOON + 30),
    "pm": (_NOON, _DAY),
    "evening": (_EVENING, _DAY),
    "midday": (10 * 60, 15 * 60),
    "night": (0, 8 * 60),
}

_PREPARE = (
    (re.compile("[‐-―−─~〜﹣ー]+|--+"), "-"),
    (re.compile("[∶︰﹕]"), ":"),
    (re.compile(r"(?<=:\d\d)一(?=\d{1,2}:)"), "-"),
    (re.compile(r"\b([a-z]+)\."), r"\1"),
    # until when one is let in, or a word for it before the hour, is not when it opens
    (
        re.compile(
            r"(?:最[晚后]|停止)(?:入[馆场园]|进[馆场])(?:时间)?[::为]?\d{1,2}:\d\d"
            r"|\d{1,2}:\d\d(?:以?后|之后|起)?(?:停止|最[晚后]|谢绝)"
            r"(?:入[馆场园]|进[馆场入]|售票|取号|取票|检票|领票|换票)"
            r"|(?:闭馆前|提前)\d+(?:分钟|小时)停止(?:入[馆场园]|进[馆场]|售票)"
        ),
        " ",
    ),
    (re.compile("如?有?特殊情况[,]?(?:会|将)?(?:提前)?(?:另行)?(?:通知|公告)"), " "),
    (
        re.compile("([零〇一二两三四五六七八九十]{1,3})(?=[点时]|小时)"),
        lambda m: str(_number(m[1])),
    ),
)

_D = "(?:周|星期|礼拜)"
_C = r"(?:[一二三四五六日天]|[1-7](?![\d:.点时]))"
_TO = r"\s*(?:-|至|到)\s*"
_DAY_ITEM = rf"{_D}{_C}(?:{_TO}{_D}?{_C})?"
_LIST = rf"(?:[、,和及与/&\s]*{_DAY_ITEM}|[、,和及与/]?{_C}(?:{_TO}{_D}?{_C})?)*"
_ENGLISH_DAY = r"\b(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?s?\b"
_ENGLISH_TO = r"\s*(?:-|to|through|thru|until|till)\s*"
_HOUR = r"(?:[01]?\d|2[0-4])"
_TIMES = (
    rf"(?P<h1>{_HOUR})[:.](?P<m1>[0-5]\d)(?::00\b)?(?:\s*(?P<half1>[ap])m?\b)?"
    rf"|(?P<h2>{_HOUR})[点时](?:(?P<m2>[0-5]?\d)分?|(?P<half>半)|(?P<quarter>[一1]刻)|整)?"
    rf"|(?P<h3>{_HOUR})\s*(?P<half3>[ap])m\b"
    rf"|(?P<h4>{_HOUR})(?=\s*(?:-|至|到)\s*(?:次日|下午|晚上)?{_HOUR}[点时])"
    rf"|(?P<h5>[01]\d|2[0-4])(?P<m5>[0-5]\d)(?=\s*-\s*\d{{4}}|(?![\d:]))"
)
_MONTH_RANGE = (
    r"(?P<from>\d{1,2})月?(?:份)?(?:(?P<from_day>\d{1,2})[日号])?"
    r"(?:-|至|到)(?:次年|翌年|来年|第二年)?(?P<to>\d{1,2})月(?:份)?(?:(?P<to_day>\d{1,2})[日号]|底)?"
)
_WORDS = {
    "months": _MONTH_RANGE,
    "season": "[春夏秋冬]+(?:季|令)?(?:时间|作息)?时?",
    "all_day": r"(?:7[x*/×]24|24[/x*×]7|24)\s*-?(?:小时|h(?:ou)?rs?|h\b)|24/7|全天候?|全日|整天"
    r"|all[ -]day|around the clock",
    "days": rf"(?:每|逢)*{_DAY_ITEM}{_LIST}",
    "english_days": rf"{_ENGLISH_DAY}(?:{_ENGLISH_TO}{_ENGLISH_DAY})?",
    "every": r"每[天日]|天天|一周七天|daily|every ?day|each day|7 days a week",
    "workdays": r"(?:国家)?(?:法定)?工作日|\b(?:week|work(?:ing)? ?)days?\b",
    "weekend": r"周末|双休日|休息日|\bweek-?ends?\b",
    "as_usual": r"(?:国家)?(?:法定)?节?假日(?:不休息?|照常(?:开放|营业)?|正常(?:开放|营业))"
    r"|全年(?:无休|365天)?(?:开放|营业)?|365天(?:无休|开放|营业)?|(?:均|全部)?无休(?:息日)?|不打烊",
    "holidays": r"(?:国家)?(?:法定)?(?:节假日|节日|假日|假期)"
    r"|(?:public|bank|national)? ?holidays?\b|\bph\b",
    "notice": r"(?:开放时间)?(?:另行(?:通知|公告)|以(?:现场|馆方|官方)?(?:公告|通知|公示)为准)",
    "closed": r"(?:闭|休)馆|关闭|休息|(?:不|停止|暂停)(?:对外)?(?:开放|营业|开馆|办公)|\bclosed?\b"
    r"|\boff\b",
    "except": r"除外|以外|外(?!面|籍|省)|\bexcept(?:ed)?\b",
    "next_day": r"次日|第二天|翌日|隔天|next day",
    "leave_out": "除了?",
    "part": r"(?P<am>上午|早上|早晨|清晨|早)|(?P<pm>下午|午后)|(?P<evening>晚上|夜间|晚间|夜晚|晚)"
    r"|(?P<midday>中午)|(?P<night>凌晨)|(?P<daytime>白天|日间)",
    "time": _TIMES,
    "to": r"\s*(?:-|至|到|\b(?:to|until|till?|through)\b)\s*",
    "noise": r"(?:对外)?(?:开放|营业|服务|办公|工作|接待|值班|开馆)(?:时间)?|(?:免费|正常|照常)开放"
    r"|均|为|是|\bopen(?:ing)?\b|\bhours\b|\bfrom\b|\band\b|\bon\b"
    r"|[\s,;。.、:/&()\[\]和及与+|]+",
}
_TOKEN = re.compile("|".join(f"(?P<T_{name}>{word})" for name, word in _WORDS.items()))
# hours alone are read as offices write them: 8:30-5:30 is a slip, not a night
_OSM_LIKE = re.compile(
    rf"^(?=.*\d:\d\d).*\b(?:{'|'.join((*DAYS, *MONTHS))}|PH|SH|week)\b", re.DOTALL
)
_BY_LAW = re.compile("法定|国家|public|bank|national|ph")
# 1:30-4:30 without a word for the time of day is seldom meant for the night
_AFTERNOON = re.compile(r"[1-4](?!\d)(?!.*[ap]m?$)")
_SUN = re.compile("sun|dawn|dusk|easter", re.IGNORECASE)


_Token = tuple[str, re.Match[str]]


def to_osm(text: str) -> str | None:
    """Return opening hours in OpenStreetMap's syntax; None where any part cannot be read."""
    text = unicodedata.normalize("NFKC", text).strip()
    osm_like = _OSM_LIKE.search(text) and not _SUN.search(text) and osm_hours.validate(text)
    if osm_like and not osm_hours.OpeningHours(text).warnings:
        return text
    text = text.lower()
    for pattern, to in _PREPARE:
        text = pattern.sub(to, text)
    try:
        return written(_read(list(_tokens(text))))
    except Unread:
        return None


def _tokens(text: str) -> Iterator[_Token]:
    position = 0
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None or found.end() == position:
            raise Unread
        position = found.end()
        yield str(found.lastgroup).removeprefix("T_"), found


def _read(tokens: list[_Token]) -> list[Block]:
    """Read tokens from left to right into blocks: days, then their times or that it is closed."""
    reader = _Reader(tokens)
    while reader.at < len(tokens):
        reader.step()
    if reader.season_word or reader.exceptions:
        raise Unread
    return _days_after_times(reader.blocks)


@dataclass
class _Reader:
    tokens: list[_Token]
    at: int = 0
    blocks: list[Block] = field(default_factory=list)
    season: str = ""
    season_word: bool = False
    exceptions: int = 0

    @property
    def last(self) -> Block | None:
        return self.blocks[-1] if self.blocks else None

    def step(self) -> None:
        kind, found = self.tokens[self.at]
        self.at += 1
        if kind in _SETS_OF_DAYS:
            self.name_days(kind, found[0])
        elif kind in ("closed", "except", "notice"):
            self.state(kind)
        elif kind in ("all_day", "part", "time"):
            self.times(kind)
        elif kind == "months":
            self.name_season(_months(found))
        elif kind == "season":
            last = self.last
            self.season_word = last is None or last.said or not last.season
        elif kind == "leave_out":
            self.exceptions += 1
        elif kind not in ("noise", "as_usual"):
            raise Unread

    def name_season(self, season: str) -> None:
        self.season, self.season_word = season, False
        if self.last is not None and not self.last.said:
            self.last.season = season
            return
        named = [b.days for b in self.blocks if b.named and not b.state]
        days = named[-1] if named else _EVERY
        self.blocks.append(Block(days, named=False, season=season))

    def name_days(self, kind: str, text: str) -> None:
        last = self.last
        if last is None or last.said:
            last = Block(frozenset(), season=self.season)
            self.blocks.append(last)
        elif not last.named:
            last.days, last.named = frozenset(), True
        last.days |= _days(kind, text)
        last.holidays |= kind == "holidays"
        last.working |= text.endswith(WORKING_DAYS)
        last.loosely |= kind == "holidays" and not _BY_LAW.search(text)

    def state(self, kind: str) -> None:
        last = self.last
        if last is None or last.said or not last.named or (kind == "notice" and last.days):
            raise Unread
        last.state = "unknown" if kind == "notice" else "off"
        self.exceptions -= kind == "except" and self.exceptions > 0
        before = self.blocks[-2] if len(self.blocks) > 1 else last
        if kind == "except" and before.state == "off" and last.holidays and not last.days:
            last.state = "usual"  # closed on Mondays, holidays excepted

    def times(self, kind: str) -> None:
        if self.season_word:
            raise Unread
        last = self.last
        if last is None or last.state:
            last = Block(_EVERY, named=False, season=self.season)
            self.blocks.append(last)
        if kind == "all_day":
            last.times.append((0, _DAY))
        else:
            self.at = _range(self.tokens, self.at - 1, last)


def _days_after_times(blocks: list[Block]) -> list[Block]:
    """Give times to the days behind them, where no days stand before: 9:00-17:00 (周一至周五)."""
    if blocks and blocks[-1].named and not blocks[-1].said:
        if blocks[0].named or any(b.state or b.season for b in blocks):
            raise Unread
        for block, after in pairwise(blocks):
            block.days, block.holidays, block.named = after.days, after.holidays, True
        blocks = blocks[:-1]
    if not blocks or not all(block.said for block in blocks):
        raise Unread
    return blocks


def _range(tokens: list[_Token], at: int, block: Block) -> int:
    """Read one range of times into a block; return where it ends."""
    part, at = _part(tokens, at)
    block.part |= part is not None
    said = tokens[at][1][0] if at < len(tokens) else ""
    first, at = _time(tokens, at)
    if at >= len(tokens) or tokens[at][0] != "to":
        raise Unread
    at += 1
    next_day = at < len(tokens) and tokens[at][0] == "next_day"
    at += next_day
    last_part, at = _part(tokens, at)
    last, at = _time(tokens, at)
    start = _in_part(first, part)
    earliest, latest = _STARTS.get(part, (0, _DAY))
    if not earliest <= start <= latest:
        raise Unread
    if next_day or (last_part == "night" and last <= start):
        end = (last if last_part in (None, "night") else _in_part(last, last_part)) + _DAY
    else:
        end = _in_part(last, last_part or part)
        if end <= start and last_part is None and start >= _EVENING and last <= _MORNING:
            end = last + _DAY
    if part is None and end <= _NOON and _AFTERNOON.match(said):
        raise Unread
    if (start, end) == (0, _DAY - 1):
        end = _DAY  # 0:00-23:59
    if (start, end) == (0, _DAY) and block.times == [(start, end)]:
        return at
    if not start < end <= start + _DAY or start >= _DAY:
        raise Unread
    if block.times and start < block.times[-1][1]:
        raise Unread
    block.times.append((start, end))
    return at


def _part(tokens: list[_Token], at: int) -> tuple[str | None, int]:
    part = None
    while at < len(tokens) and tokens[at][0] in ("part", "noise"):
        kind, found = tokens[at]
        if kind == "part":
            names = ("am", "pm", "evening", "midday", "night", "daytime")
            part = next(name for name in names if found[name] is not None)
        at += 1
    return part, at


def _time(tokens: list[_Token], at: int) -> tuple[int, int]:
    """Return the minutes after midnight of a time, and where it ends."""
    if at >= len(tokens) or tokens[at][0] != "time":
        raise Unread
    found = tokens[at][1]
    hour = next(int(found[h]) for h in ("h1", "h2", "h3", "h4", "h5") if found[h])
    minute = next((int(found[m]) for m in ("m1", "m2", "m5") if found[m]), 0)
    minute = 30 if found["half"] else 15 if found["quarter"] else minute
    half = found["half1"] or found["half3"]
    if half:
        if not 1 <= hour <= 12:
            raise Unread
        hour = hour % 12 + (12 if half == "p" else 0)
    if hour * 60 + minute > _DAY:
        raise Unread
    return hour * 60 + minute, at + 1


def _in_part(time: int, part: str | None) -> int:
    """Put a time on a clock of twelve hours into its part of the day."""
    if part == "evening" and time == _NOON:
        return _DAY
    if part in ("pm", "evening") and time < _NOON:
        return time + _NOON
    if part == "midday" and time < _NOON // 2:
        return time + _NOON
    return time


def _days(kind: str, text: str) -> frozenset[int]:
    if kind == "every":
        return _EVERY
    if kind == "workdays":
        return _WORKDAYS
    if kind == "weekend":
        return _WEEKEND
    if kind == "holidays":
        return frozenset()
    if kind == "english_days":
        named = [DAYS.index(word[:2].capitalize()) for word in re.findall(_ENGLISH_DAY, text)]
        return _between(named[0], named[-1]) if len(named) > 1 else frozenset(named)
    found: frozenset[int] = frozenset()
    for first, last in re.findall(rf"{_D}?({_C})(?:{_TO}{_D}?({_C}))?", text):
        start = _CHINESE_DAYS[first]
        days = _between(start, _CHINESE_DAYS[last]) if last else frozenset((start,))
        if found & days:
            raise Unread
        found |= days
    return found


def _between(first: int, last: int) -> frozenset[int]:
    if first == last:
        raise Unread
    return frozenset((first + step) % 7 for step in range((last - first) % 7 + 1))


def _months(found: re.Match[str]) -> str:
    ends = []
    for month, day in (("from", "from_day"), ("to", "to_day")):
        number, of_month = int(found[month]), found[day]
        longest = 29 if number == 2 else 30 if number in (4, 6, 9, 11) else 31
        if not 1 <= number <= 12 or (of_month and not 1 <= int(of_month) <= longest):
            raise Unread
        ends.append((MONTHS[number - 1], of_month))
    if not any(day for _, day in ends):
        return f"{ends[0][0]}-{ends[1][0]}"
    if not all(day for _, day in ends):
        raise Unread
    return "-".join(f"{month} {int(day)}" for month, day in ends)


def _number(text: str) -> int:
    tens, ten, ones = text.rpartition("十")
    return (_DIGITS.get(tens, 1) if ten else 0) * 10 + (_DIGITS.get(ones, 0) if ones else 0)
