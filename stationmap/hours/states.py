"""Open, closed or unknown at an instant, until when, and when it opens next."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from zoneinfo import ZoneInfo

from stationmap.hours.calendar import Calendar
from stationmap.hours.days import CLOSED, OPEN, UNKNOWN, Spans, line
from stationmap.messages import N_

# hours of a season open again within a year
_HORIZON = 400

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
    why : str
        Of an unknown one, a template that says why; else empty.
    """

    state: Literal["open", "closed", "unknown"]
    until: dt.datetime | None = None
    opens_at: dt.datetime | None = None
    why: str = ""


def state_of(osm: str, when: dt.datetime, *, zone: str, calendar: Calendar) -> State:
    """Return the state of normalised hours at an aware time, by the clocks of `zone`.

    Raises
    ------
    ValueError
        The time has no time zone.
    """
    if when.tzinfo is None:
        raise ValueError("the time has no time zone")
    clock = ZoneInfo(zone)
    local = when.astimezone(clock)
    day, minute = local.date(), local.hour * 60 + local.minute
    state, until, opens_at = CLOSED, None, None
    started = False
    for at, spans in _lines(osm, day, calendar=calendar):
        for start, end, found in spans:
            if at == day and end <= minute:
                continue
            if not started:
                state, started = found, True
                continue
            instant = dt.datetime.combine(at, dt.time(start // 60, start % 60), clock)
            if until is None and found != state:
                until = instant
            if found == OPEN and opens_at is None:
                opens_at = instant
        if until is not None and (state != CLOSED or opens_at is not None):
            break
    why = _WHY[calendar.kind(day)] if state == UNKNOWN else ""
    return State(_NAMES[state], until, opens_at if state == CLOSED else None, why)


def _lines(osm: str, day: dt.date, *, calendar: Calendar) -> Iterator[tuple[dt.date, Spans]]:
    one = dt.timedelta(days=1)
    before = calendar.kind(day - one) if day > dt.date.min else "ordinary"
    for _ in range(_HORIZON):
        kind = calendar.kind(day)
        yield day, line(osm, day, kind, before)
        if day == dt.date.max:
            return
        day, before = day + one, kind
