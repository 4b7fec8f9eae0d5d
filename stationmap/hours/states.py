"""Open, closed or unknown at an instant, until when, and when it opens next."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal
from zoneinfo import ZoneInfo

from stationmap.hours.calendar import Calendar
from stationmap.hours.days import CLOSED, OPEN, UNKNOWN, Spans, line
from stationmap.messages import N_

Shut = tuple[tuple[dt.date, dt.date | None], ...]
"""Days on which a place is closed whatever its hours say, both ends inclusive; None: no end."""

# hours of a season open again within a year
_HORIZON = 400
_ALL_DAY = 1440

_NAMES: dict[int, Literal["open", "closed", "unknown"]]
_NAMES = {OPEN: "open", CLOSED: "closed", UNKNOWN: "unknown"}
_WHY = {
    "ordinary": N_("its hours do not tell whether it is open at this time"),
    "holiday": N_("its hours do not tell of public holidays"),
    "workday": N_("its hours do not tell of weekends that are worked"),
    "unknown": N_("it is not announced yet whether this day is a public holiday"),
}


@dataclass(frozen=True)
class State:
    """Whether a place is open at an instant.

    Attributes
    ----------
    state : {"open", "closed", "unknown"}
    until : datetime or None
        When this state ends, in the zone asked for; None if not within a year.
    opens_at : datetime or None
        Of a closed one, when it is next open for certain; None if not within a year.
    may_open_at : datetime or None
        Of a closed one, from when its hours are not known, where that is before `opens_at`.
    why : str
        Of an unknown one, a template that says why; else empty.
    """

    state: Literal["open", "closed", "unknown"]
    until: dt.datetime | None = None
    opens_at: dt.datetime | None = None
    may_open_at: dt.datetime | None = None
    why: str = ""


def state_of(
    osm: str | None,
    when: dt.datetime,
    *,
    zone: str,
    calendar: Calendar,
    shut: Shut = (),
    unread: str = "",
) -> State:
    """Return the state of a place at an aware time, by the clocks of `zone`.

    Parameters
    ----------
    osm : str or None
        Normalised hours; None where nobody can tell them.
    when : datetime
        An aware time.
    zone : str
    calendar : Calendar
    shut : tuple of (date, date or None)
        Days of that zone on which it is closed whatever its hours say.
    unread : str
        Why nobody can tell them, a template.

    Raises
    ------
    ValueError
        The time has no time zone.
    """
    if when.tzinfo is None:
        raise ValueError("the time has no time zone")
    if osm is None and not shut:
        return State("unknown", why=unread)
    local = when.astimezone(ZoneInfo(zone))
    changes = _changes(_lines(osm, local.date(), calendar=calendar, shut=shut), local)
    _, state = next(changes)
    until, may_open_at = None, None
    if state != CLOSED:
        until, _ = next(changes, (None, None))
        why = (unread or _WHY[calendar.kind(local.date())]) if state == UNKNOWN else ""
        return State(_NAMES[state], until, why=why)
    for instant, found in changes:
        until = until or instant
        if found == OPEN:
            return State("closed", until, instant, may_open_at)
        if found == UNKNOWN:
            may_open_at = may_open_at or instant
    return State("closed", until, None, may_open_at)


def _changes(
    lines: Iterable[tuple[dt.date, Spans]], local: dt.datetime
) -> Iterator[tuple[dt.datetime, int]]:
    """Return the state at an instant, then each that differs from the one before, and since when.

    The clocks are those of the instant.
    """
    today, minute, before = local.date(), local.hour * 60 + local.minute, None
    for day, spans in lines:
        for start, end, state in spans:
            if state == before or (day == today and end <= minute):
                continue
            before = state
            time = dt.time(start // 60, start % 60)
            yield dt.datetime.combine(day, time, local.tzinfo), state


def _lines(
    osm: str | None, day: dt.date, *, calendar: Calendar, shut: Shut
) -> Iterator[tuple[dt.date, Spans]]:
    one = dt.timedelta(days=1)
    before = calendar.kind(day - one) if day > dt.date.min else "ordinary"
    for _ in range(_HORIZON):
        kind = calendar.kind(day)
        if any(first <= day and (last is None or day <= last) for first, last in shut):
            yield day, ((0, _ALL_DAY, CLOSED),)
        elif osm is None:
            yield day, ((0, _ALL_DAY, UNKNOWN),)
        else:
            yield day, line(osm, day, kind, before)
        if day == dt.date.max:
            return
        day, before = day + one, kind
