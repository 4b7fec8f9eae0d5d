"""One cell of a table: when it is blank, its text and number, and text that is safe to write."""

import datetime as dt
import math
import re
import unicodedata
from typing import Any

import pandas as pd

from stationmap.messages import printable

_BLANK_WORDS = """null none nan nil n/a #n/a #na <na> [] {} () - -- --- — —— – / \\
#value! #ref! #div/0! #name? #null! #num!"""
BLANKS = frozenset(["", *_BLANK_WORDS.split()])

_NUMBER = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d*)?(?:e[+-]?\d+)?", re.IGNORECASE)
_DMS = re.compile(
    r"(?P<sign>[+-])?(?P<deg>\d{1,3})[°度:](?P<min>\d{1,2}(?:\.\d+)?)(?:['′分:]"
    r"(?:(?P<sec>\d{1,2}(?:\.\d+)?)(?:\"|″|''|′′|秒)?)?)?"
)
_HEMISPHERES = {"E": 1, "N": 1, "W": -1, "S": -1, "东经": 1, "北纬": 1, "西经": -1, "南纬": -1}
_HEMISPHERE = re.compile(r"^(东经|西经|北纬|南纬|[EWNS])[:.]?|([EWNS])$", re.IGNORECASE)
_PAIR = re.compile(r"(?:POINT)?[(\[]?([^,;|/]+?)[,;|/]([^,;|/]+?)[)\]]?", re.IGNORECASE)
_SPACED_PAIR = re.compile(r"(?:POINT)?[(\[]?([+-]?[\d.]+)\s+([+-]?[\d.]+)[)\]]?", re.IGNORECASE)

# what a spreadsheet would run as a formula, with the apostrophes that already guard it;
# full-width twins included (OWASP, CSV Injection)
_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
_PLAIN_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
_GUARDED = re.compile(r"'+[=+\-@\t\r\n＝＋－＠]")


def is_blank(value: Any) -> bool:
    """Whether a cell holds nothing: empty, NaN, or one of the words that stand for nothing."""
    if value is None or value is pd.NA:
        return True
    if isinstance(value, str):
        return unicodedata.normalize("NFKC", value).strip().casefold() in BLANKS
    return bool(value != value)  # NaN and NaT alone differ from themselves


def text(value: Any) -> str | None:
    """Text of a cell as a person reads it, or None; a whole number has no ".0", a date is ISO."""
    if is_blank(value):
        return None
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    if isinstance(value, dt.datetime):
        return (value.date() if value.time() == dt.time() else value).isoformat()
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return printable(str(value)).strip()


def number(value: Any) -> float:
    """Read a number, or degrees, minutes and seconds, of a cell; NaN where there is none.

    Full-width digits, thousands separators, a degree sign and hemisphere letters are understood.
    Infinity is not a number here.
    """
    if isinstance(value, bool) or is_blank(value):
        return math.nan
    if isinstance(value, int | float):
        return float(value) if math.isfinite(value) else math.nan
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", str(value)))
    sign = 1.0
    while found := _HEMISPHERE.search(plain):
        sign *= _HEMISPHERES[(found[1] or found[2]).upper()]
        plain = plain[: found.start()] + plain[found.end() :]
    plain = plain.removesuffix("°").removesuffix("度")
    if any(c.isdigit() for c in plain) and _NUMBER.fullmatch(plain):
        result = float(plain.replace(",", ""))
        return sign * result if math.isfinite(result) else math.nan
    if parts := _DMS.fullmatch(plain):
        minutes, seconds = float(parts["min"]), float(parts["sec"] or 0)
        if minutes < 60 and seconds < 60:
            degrees = int(parts["deg"]) + minutes / 60 + seconds / 3600
            return -sign * degrees if parts["sign"] == "-" else sign * degrees
    return math.nan


def pair(value: Any) -> tuple[float, float]:
    """Two numbers written in one cell ("118.87,28.95", "POINT (118.87 28.95)"), in their order."""
    if not isinstance(value, str) or is_blank(value):
        return math.nan, math.nan
    plain = unicodedata.normalize("NFKC", value).replace("、", ",").strip()
    found = _SPACED_PAIR.fullmatch(plain.replace("POINT (", "POINT(")) or _PAIR.fullmatch(plain)
    return (number(found[1]), number(found[2])) if found else (math.nan, math.nan)


def guarded(value: Any) -> Any:
    """Text that no spreadsheet runs as a formula: an apostrophe before it, no NUL in it."""
    if not isinstance(value, str):
        return value
    value = value.replace("\x00", "")
    return "'" + value if _FORMULA.match(value) and not _PLAIN_NUMBER.fullmatch(value) else value


def unguarded(value: Any) -> Any:
    """Take off the apostrophe that `guarded` put on."""
    return value[1:] if isinstance(value, str) and _GUARDED.match(value) else value
