"""Opening hours: what a station's words mean, when it is open, what of other hours it lacks."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np
import opening_hours as osm_hours
from numpy.typing import NDArray

from stationmap.hours.calendar import Calendar
from stationmap.hours.states import Shut, State, state_of
from stationmap.hours.wording import to_osm
from stationmap.hours.writing import WORKING_DAYS
from stationmap.messages import N_

__all__ = ["Calendar", "Hours", "Shut", "State", "osm", "parse", "state_at"]

Week = tuple[tuple[tuple[int, int], ...], ...]

_DAY = 1440
_NIGHT_ENDS = 720
_MONDAY = datetime(2026, 1, 5)
_WEEKS = 52
_STATES = ("closed", "off", "unknown")
_END = _MONDAY + timedelta(weeks=_WEEKS)


@dataclass(frozen=True)
class Hours:
    """Opening hours that could be read.

    Attributes
    ----------
    osm : str
        In OpenStreetMap's ``opening_hours`` syntax, normalised; with what was said of holidays.
    """

    osm: str

    @cached_property
    def weekly(self) -> Week:
        """Intervals [start, end) in minutes after midnight, for each day from Monday.

        An end beyond 1440 is on the next day. Of hours that change with the season, those of
        every week of the year; holidays are left aside.
        """
        return _week(self._open)

    @property
    def minutes(self) -> int:
        """Minutes a week."""
        return int(self._open.sum())

    def open_at(
        self, when: datetime, *, zone: str = "Asia/Shanghai"
    ) -> Literal["open", "closed", "unknown"]:
        """Tell whether it is open at an aware time, by the clocks of `zone`.

        Holidays are told by the caller: here every day is an ordinary one.

        Raises
        ------
        ValueError
            The time has no time zone.
        """
        if when.tzinfo is None:
            raise ValueError("the time has no time zone")
        local = when.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        state = osm_hours.OpeningHours(self.osm).state(local)[0]
        if state == osm_hours.State.OPEN:
            return "open"
        return "closed" if state == osm_hours.State.CLOSED else "unknown"

    def state(self, when: datetime, *, zone: str, calendar: Calendar, shut: Shut = ()) -> State:
        """Return whether it is open at an aware time, by the clocks of `zone`, holidays and all.

        Where the hours only name weekdays, and the day is a public holiday or a weekend that is
        worked, they are unknown as far as the readings differ (`stationmap.hours.days.line`).

        Raises
        ------
        ValueError
            The time has no time zone.
        """
        return state_of(self.osm, when, zone=zone, calendar=calendar, shut=shut)

    def covers(self, other: "Hours") -> tuple[int, ...]:
        """Minutes of the other hours that these do not cover, for each day from Monday."""
        lacking = (other._open & ~self._open).reshape(7, _DAY).sum(axis=1)
        return tuple(int(minutes) for minutes in lacking)

    @cached_property
    def _open(self) -> NDArray[np.bool_]:
        """For each minute of the week, whether it is open then in every week of the year."""
        year = np.zeros(_WEEKS * 7 * _DAY, dtype=bool)
        for first, last, state, _ in osm_hours.OpeningHours(self.osm).intervals(_MONDAY, _END):
            if state == osm_hours.State.OPEN:
                year[_minute(first) : _minute(last)] = True
        return np.asarray(year.reshape(_WEEKS, 7 * _DAY).all(axis=0))


@lru_cache(maxsize=4096)
def parse(text: str | None) -> Hours | None:
    """Read opening hours in Chinese, English or OpenStreetMap's syntax.

    Returns
    -------
    Hours or None
        None where nothing is said, or where any part of it cannot be read: nothing is guessed.
    """
    said = to_osm(text) if text else None
    if said is None:
        return None
    read = osm_hours.OpeningHours(said).normalize()
    ever = any(state == osm_hours.State.OPEN for _, _, state, _ in read.intervals(_MONDAY, _END))
    return Hours(_with_times(str(read))) if ever else None


def osm(text: str | None) -> str | None:
    """Return what `parse` reads in OpenStreetMap's ``opening_hours`` syntax; None where unread."""
    read = parse(text)
    return read.osm if read else None


def state_at(
    text: str | None, when: datetime, *, zone: str, calendar: Calendar, shut: Shut = ()
) -> State:
    """Return the state of a place at an aware time, with the days on which it is shut.

    Parameters
    ----------
    text : str or None
        What it says of its hours.
    when : datetime
        An aware time.
    zone : str
        The zone of its clocks, such as "Asia/Shanghai".
    calendar : Calendar
        The public holidays there.
    shut : tuple of (date, date or None)
        Days, by its clocks and with both ends, on which it is closed whatever its hours say; None:
        until further notice. `until`, `opens_at` and `may_open_at` go by them too.

    Raises
    ------
    ValueError
        The time has no time zone.
    """
    read = parse(text)
    if read is not None:
        return read.state(when, zone=zone, calendar=calendar, shut=shut)
    said = text and text.strip()
    unread = N_("its hours cannot be read") if said else N_("its hours are not known")
    return state_of(None, when, zone=zone, calendar=calendar, shut=shut, unread=unread)


def _with_times(osm: str) -> str:
    """Give days without times (Mo) the whole day, as people would not read them so.

    A comment alone would make a rule unknown to other programs: that of working days says open.
    """
    mark = f' "{WORKING_DAYS}"'
    if '"' in osm.replace(mark, ""):
        return osm
    rules = []
    for rule in osm.split("; "):
        said = rule.removesuffix(mark)
        timed = ":" in said or said == "24/7" or said.endswith(_STATES)
        said = said if timed else f"{said} 00:00-24:00"
        rules.append(f"{said} open{mark}" if rule.endswith(mark) else said)
    return "; ".join(rules)


def _minute(when: datetime) -> int:
    return int((when.replace(tzinfo=None) - _MONDAY).total_seconds() // 60)


def _week(minutes: NDArray[np.bool_]) -> Week:
    """Intervals of a week by the day they start on; those beyond the next noon are cut."""
    if minutes.all():
        return (((0, _DAY),),) * 7
    first_closed = int(np.argmin(minutes))
    steps = np.diff(np.roll(minutes, -first_closed).astype(np.int8), append=0)
    starts = np.flatnonzero(steps == 1) + 1 + first_closed
    ends = np.flatnonzero(steps == -1) + 1 + first_closed
    days: list[list[tuple[int, int]]] = [[] for _ in range(7)]
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        day = start // _DAY
        begins = start - day * _DAY
        while end - day * _DAY > _DAY + _NIGHT_ENDS:
            days[day % 7].append((begins, _DAY))
            day, begins = day + 1, 0
        days[day % 7].append((begins, end - day * _DAY))
    return tuple(tuple(sorted(intervals)) for intervals in days)
