"""Single values of office tables: numbers, days and periods as people write them."""

import datetime as dt
import math
import re
import unicodedata
from typing import Any

_NUMBER = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?")
_UNITS = re.compile(r"(?:人次|人|名|个|家|支|次|场|小时|h)$", re.IGNORECASE)
_MINUTES = re.compile(r"(?:分钟|min)$", re.IGNORECASE)
_BRACKET = re.compile(r"[(\[【〔](.*?)[)\]】〕]")
_DAY = re.compile(
    r"(?P<y>\d{4})(?:年|[-/.])(?P<m>\d{1,2})(?:月|[-/.])(?P<d>\d{1,2})日?"
    r"(?:[t ].*|\d{1,2}[:时].*)?",
    re.IGNORECASE,
)
_PACKED_DAY = re.compile(r"(?P<y>(?:19|20)\d\d)(?P<m>[01]\d)(?P<d>[0-3]\d)")
_BETWEEN = re.compile("[至到~—]+")
_SERIAL = re.compile(r"(\d{5})(?:\.\d+)?")
_YEARS = (1900, 9999)
_SERIAL_ZERO = dt.date(1899, 12, 30)  # day 0 of a workbook
_YEAR = re.compile(r"((?:19|20)\d\d)年?度?")
_MONTH = re.compile(r"((?:19|20)\d\d)(?:年|[-/.])?(\d{1,2})月?份?")
_QUARTER = re.compile(r"((?:19|20)\d\d)年?-?(?:第?([1-4一二三四])季度?|Q([1-4]))", re.IGNORECASE)
_HALF = re.compile(r"((?:19|20)\d\d)年?-?(?:([上下])半年|H([12]))", re.IGNORECASE)
_CHINESE = {"一": 1, "二": 2, "三": 3, "四": 4, "上": 1, "下": 2}


def number(value: Any) -> float:
    """Read a number; NaN where the text is none.

    Thousands separators, full-width digits and a unit after it (人, 小时, 次 …) are understood, so
    are minutes, which become hours. What is about or between numbers (约500, 3-5, 12 %) is none.
    """
    text = _plain(value)
    share = 1 / 60 if _MINUTES.search(text) else 1.0
    text = _MINUTES.sub("", _UNITS.sub("", text))
    read = float(text.replace(",", "")) * share if _NUMBER.fullmatch(text) else math.nan
    return read if math.isfinite(read) else math.nan  # hundreds of digits


def scale(heading: str) -> float:
    """Factor that the unit in a heading's brackets gives: 万人 is ten thousand, 分钟 a sixtieth."""
    units = "".join(_BRACKET.findall(unicodedata.normalize("NFKC", heading)))
    return 1e4 if "万" in units else 1 / 60 if "分钟" in units else 1.0


def day(value: Any, *, last: bool = False) -> dt.date | None:
    """Read a day: 2026-03-05, 2026年3月5日, 2026/3/5, 20260305, or a workbook's day number.

    Of two days with 至, 到 or ~ between them the first, or the last if asked. None where the text
    is none, has no year, or one before 1900.
    """
    text = _BETWEEN.split(_plain(value, blanks=True))[-1 if last else 0].strip()
    if found := _SERIAL.fullmatch(text):
        return _SERIAL_ZERO + dt.timedelta(days=int(found[1]))
    parts = _DAY.fullmatch(text) or _PACKED_DAY.fullmatch(text)
    if parts is None:
        return None
    year, month, of_month = (int(parts[name]) for name in "ymd")
    if not _YEARS[0] <= year <= _YEARS[1]:
        return None  # 0202年 would make an empty month of each in between
    try:
        return dt.date(year, month, of_month)
    except ValueError:
        return None


def period(value: Any, *, month: Any = None) -> str | None:
    """Read a period: a year "2026", half "2026H1", quarter "2026Q3" or month "2026-09".

    Parameters
    ----------
    value : str
        2026年, 2026年9月, 2026-09, 2026年第三季度, 2026年上半年; a day stands for its month.
    month : str, optional
        A month from a column of its own; `value` is then its year.
    """
    text = _plain(value).removeprefix("截至").removeprefix("截止")
    if month is not None:
        text = f"{text.removesuffix('年')}年{_plain(month).removesuffix('月')}月"
    if found := _YEAR.fullmatch(text):
        return found[1]
    for pattern, letter in ((_QUARTER, "Q"), (_HALF, "H")):
        if found := pattern.fullmatch(text):
            return f"{found[1]}{letter}{_CHINESE.get(found[2], found[2]) or found[3]}"
    if (found := _MONTH.fullmatch(text)) and 1 <= int(found[2]) <= 12:
        return f"{found[1]}-{int(found[2]):02d}"
    on = day(text)
    return f"{on:%Y-%m}" if on and month is None else None


def chainage(value: Any) -> float:
    """Read metres along a street: a number, or K1+200; NaN where the text is neither."""
    found = re.fullmatch(r"K(\d+)\+(\d+(?:\.\d+)?)", _plain(value), re.IGNORECASE)
    if found:
        return number(found[1]) * 1000 + number(found[2])
    return number(_plain(value).removesuffix("米").removesuffix("m"))


def _plain(value: Any, *, blanks: bool = False) -> str:
    text = unicodedata.normalize("NFKC", str(value)).strip()
    return text if blanks else re.sub(r"\s", "", text)
