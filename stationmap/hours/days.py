"""What opening hours say of one day: an ordinary one, a holiday, a weekend that is worked."""

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import opening_hours as osm_hours

from stationmap.hours.calendar import Kind
from stationmap.hours.writing import (
    DAYS,
    MONTHS,
    WORKING_DAYS,
    Season,
    in_season,
    season_of,
)

CLOSED, UNKNOWN, OPEN = 0, 1, 2
Span = tuple[int, int, int]
"""Minutes after midnight, the first within and the last without, and the state between them."""
Spans = tuple[Span, ...]

_DAY = 1440
_WEEK = range(5)
_WEEKEND = (5, 6)
_NAME = "|".join(MONTHS)
_MONTH = rf"(?:{_NAME})(?: \d\d?)?(?:-(?:(?:{_NAME})(?: \d\d?)?|\d\d?))?"
_WEEKDAY = rf"(?:PH|(?:{'|'.join(DAYS)})(?:-(?:{'|'.join(DAYS)}))?)"
_TIME = r"\d\d:\d\d-\d\d:\d\d"
_RULE = re.compile(
    rf"(?:24/7|(?:(?P<months>{_MONTH}(?:,{_MONTH})*)(?: |$))?"
    rf"(?:(?P<days>{_WEEKDAY}(?:,{_WEEKDAY})*)(?: |$))?(?P<times>{_TIME}(?:,{_TIME})*)?)"
    r' ?(?P<state>open|closed|off|unknown)?(?: ?"(?P<comment>[^"]*)")?'
)
_MODIFIED = {None: OPEN, "open": OPEN, "unknown": UNKNOWN, "closed": CLOSED, "off": CLOSED}


@dataclass(frozen=True)
class _Rule:
    seasons: tuple[Season, ...]
    days: frozenset[int]
    holidays: bool
    spans: Spans
    added: bool
    working: bool


@lru_cache(maxsize=1 << 16)
def line(osm: str, day: dt.date, kind: Kind, before: Kind) -> Spans:
    """Return the states of a day from midnight to midnight, each until the next.

    Parameters
    ----------
    osm : str
        Normalised opening hours.
    kind, before : str
        What the day is, and the day before, whose night may reach into this one.

    Notes
    -----
    What hours say of holidays, and of working days (工作日), holds. Where they only name weekdays,
    a holiday is read as its own weekday and as a Saturday and a Sunday, a worked weekend day as
    itself and as each weekday that is not closed; where the readings differ the state is unknown.
    """
    rules = _rules(osm)
    if rules is None:
        if kind != "ordinary":
            return ((0, _DAY, UNKNOWN),)
        return _joined(_of_library(osm, day))
    spans = list(_reading(rules, day, kind))
    if day > dt.date.min:
        night = _reading(rules, day - dt.timedelta(days=1), before)
        spans += [(start - _DAY, end - _DAY, state) for start, end, state in night if end > _DAY]
    return _joined(spans)


def starting(osm: str, day: dt.date, kind: Kind) -> Spans:
    """Return the spans of a day that are not closed; those of a night end beyond 1440.

    See `line`. Nothing is told of the night before.
    """
    rules = _rules(osm)
    if rules is not None:
        spans = _joined(_reading(rules, day, kind), end=2 * _DAY)
    else:
        spans = line(osm, day, kind, "ordinary")
    return tuple(span for span in spans if span[2] != CLOSED)


def _joined(spans: Iterable[Span], *, end: int = _DAY) -> Spans:
    """Fill a day with spans, where the more open one holds, and what is between them closed."""
    inside = [(max(a, 0), min(b, end), s) for a, b, s in spans if a < end and b > 0 and s]
    edges = sorted({0, end, *(a for a, _, _ in inside), *(b for _, b, _ in inside)})
    found: list[Span] = []
    for start, stop in pairwise(edges):
        state = max((s for a, b, s in inside if a <= start < b), default=CLOSED)
        if found and found[-1][2] == state:
            found[-1] = (found[-1][0], stop, state)
        else:
            found.append((start, stop, state))
    return tuple(found)


def _reading(rules: tuple[_Rule, ...], day: dt.date, kind: Kind) -> Spans:
    """Return the spans that start on a day; those of a night end beyond 1440."""
    readings = list(dict.fromkeys(_readings(rules, day, kind)))
    if len(readings) == 1:
        return readings[0]
    edges = sorted({minute for spans in readings for a, b, _ in spans for minute in (a, b)})
    found = []
    for start, end in pairwise(edges):
        states = {
            max((s for a, b, s in spans if a <= start < b), default=CLOSED) for spans in readings
        }
        found.append((start, end, states.pop() if len(states) == 1 else UNKNOWN))
    return tuple(found)


def _readings(rules: tuple[_Rule, ...], day: dt.date, kind: Kind) -> Iterator[Spans]:
    weekday = day.weekday()
    if kind in ("ordinary", "unknown"):
        yield _said(rules, day, weekday) or ()
    if kind in ("holiday", "unknown"):
        on_holidays = _said([rule for rule in rules if rule.holidays], day, None)
        if on_holidays is not None:
            yield on_holidays
        else:
            free = [rule for rule in rules if not rule.working]
            for as_day in (weekday, *_WEEKEND):
                yield _said(free, day, as_day) or ()
    if kind == "workday" or (kind == "unknown" and weekday in _WEEKEND):
        own = _said(rules, day, weekday)
        if own is not None or not any(rule.working for rule in rules):
            yield own or ()
        week = [_said(rules, day, as_day) or () for as_day in _WEEK]
        yield from [spans for spans in week if any(state for _, _, state in spans)] or [()]


def _said(rules: Iterable[_Rule], day: dt.date, weekday: int | None) -> Spans | None:
    """Return what holds on a weekday (None: a holiday) at that time of year; None if nothing."""
    found: Spans | None = None
    for rule in rules:
        meant = rule.holidays if weekday is None else weekday in rule.days
        if meant and in_season(day, rule.seasons):
            found = (*(found or ()), *rule.spans) if rule.added else rule.spans
    return found


def _of_library(osm: str, day: dt.date) -> Iterator[Span]:
    midnight = dt.datetime.combine(day, dt.time())
    tomorrow = midnight + dt.timedelta(days=1)
    states = {osm_hours.State.OPEN: OPEN, osm_hours.State.UNKNOWN: UNKNOWN}
    for first, last, state, _ in osm_hours.OpeningHours(osm).intervals(midnight, tomorrow):
        start, end = ((t.replace(tzinfo=None) - midnight).total_seconds() for t in (first, last))
        yield int(start // 60), int(end // 60), states.get(state, CLOSED)


@lru_cache(maxsize=4096)
def _rules(osm: str) -> tuple[_Rule, ...] | None:
    """Read hours that are made of months, weekdays, holidays and times; None if of more."""
    rules = []
    for group in osm.split("; "):
        for place, text in enumerate(group.split(", ")):
            found = _RULE.fullmatch(text)
            if not text or found is None:
                return None
            rules.append(_rule(found, added=place > 0))
    return tuple(rules)


def _rule(found: re.Match[str], *, added: bool) -> _Rule:
    state, comment = _MODIFIED[found["state"]], found["comment"]
    working = comment == WORKING_DAYS
    if comment is not None and not working and state == OPEN:
        state = UNKNOWN  # whatever condition it is
    names = found["days"].split(",") if found["days"] else []
    days = [name for name in names if name != "PH"]
    return _Rule(
        seasons=tuple(season_of(text) for text in (found["months"] or "").split(",") if text),
        days=frozenset(day for name in days for day in _weekdays(name))
        if names
        else frozenset(range(7)),
        holidays="PH" in names,
        spans=tuple((*_span(text), state) for text in (found["times"] or "00:00-24:00").split(",")),
        added=added,
        working=working,
    )


def _weekdays(text: str) -> Iterator[int]:
    first, _, last = text.partition("-")
    start = DAYS.index(first)
    for step in range((DAYS.index(last or first) - start) % 7 + 1):
        yield (start + step) % 7


def _span(text: str) -> tuple[int, int]:
    start, end = (int(clock[:2]) * 60 + int(clock[3:]) for clock in text.split("-"))
    return start, end if end > start else end + _DAY
