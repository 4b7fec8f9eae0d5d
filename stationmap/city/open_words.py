"""Whether a station is open, in words: 开放中，至 18:00; 未到开放时间（8:30 开放）; 时间待核实."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from stationmap.hours import State
from stationmap.io.notes import Note
from stationmap.messages import N_, render

_DAY = dt.timedelta(days=1)
_WEEK = dt.timedelta(days=7)
_WEEKDAYS = (
    N_("Monday"),
    N_("Tuesday"),
    N_("Wednesday"),
    N_("Thursday"),
    N_("Friday"),
    N_("Saturday"),
    N_("Sunday"),
)


def open_words(
    state: State,
    lang: str,
    zone: str,
    *,
    when: dt.datetime | None = None,
    closed_for: Note | None = None,
) -> dict[str, Any]:
    """Say whether a station is open at an instant, and what comes next.

    Parameters
    ----------
    state : State
        Of its hours at that instant.
    lang : str
    zone : str
        The city's time zone, whose clocks the words follow.
    when : datetime, optional
        The instant, aware; now unless given.
    closed_for : Note, optional
        Why it is closed whatever its hours say, such as a closure notice; when it opens after it is
        told by `state`.

    Returns
    -------
    dict
        ``state`` ("open", "closed" or "unknown"), ``text``, and as ISO 8601 with the city's offset
        or None: ``until`` (when it closes), ``opens_at`` (when it is next open for certain) and
        ``may_open_at`` (from when its hours are not known, where that comes before). ``why`` says
        what makes the hours unknown on that day; "" where nothing more is known.
    """
    clock = ZoneInfo(zone)
    at = (when or dt.datetime.now(dt.UTC)).astimezone(clock)
    until = state.until.astimezone(clock) if state.until and state.state == "open" else None
    opens = state.opens_at.astimezone(clock) if state.opens_at else None
    may_open = state.may_open_at.astimezone(clock) if state.may_open_at else None
    if closed_for is not None:
        text, until = closed_for.render(lang), None
    elif state.state == "open":
        text = _open(until, at=at, lang=lang)
    elif state.state == "closed":
        text = _closed(opens, may_open, at=at, lang=lang)
    else:
        text = _say(N_("Hours to be confirmed"), lang=lang)
    return {
        "state": "closed" if closed_for is not None else state.state,
        "text": text,
        "until": until and until.isoformat(timespec="minutes"),
        "opens_at": opens and opens.isoformat(timespec="minutes"),
        "may_open_at": may_open and may_open.isoformat(timespec="minutes"),
        "why": _say(state.why, lang=lang) if state.why and state.state == "unknown" else "",
    }


def _open(until: dt.datetime | None, *, at: dt.datetime, lang: str) -> str:
    if until is None or until - at > _WEEK:
        return _say(N_("Open now"), lang=lang)
    midnight = until.date() == at.date() + _DAY and until.time() == dt.time()
    hour = "24:00" if midnight else _clock(until)
    if midnight or until.date() == at.date():
        return _say(N_("Open until {time}"), lang=lang, time=hour)
    return _say(N_("Open until {day} {time}"), lang=lang, day=_day(until, at, lang), time=hour)


def _closed(
    opens: dt.datetime | None, may_open: dt.datetime | None, *, at: dt.datetime, lang: str
) -> str:
    if may_open is not None:
        day, time = _day(may_open, at, lang), _clock(may_open)
        if may_open.date() == at.date():
            return _say(N_("Not open; hours from {time} to be confirmed"), lang=lang, time=time)
        if may_open.time() == dt.time():
            return _say(N_("Not open; hours from {day} on to be confirmed"), lang=lang, day=day)
        template = N_("Not open; hours from {day} {time} to be confirmed")
        return _say(template, lang=lang, day=day, time=time)
    if opens is None:
        return _say(N_("Not open"), lang=lang)
    if opens.date() == at.date():
        return _say(N_("Not open yet (opens at {time})"), lang=lang, time=_clock(opens))
    template = N_("Not open; opens {day} {time}")
    return _say(template, lang=lang, day=_day(opens, at, lang), time=_clock(opens))


def _day(day: dt.datetime, at: dt.datetime, lang: str) -> str:
    """Name a day as people do who speak on another: 明天, 周一, 11月30日."""
    if day.date() == at.date() + _DAY:
        return _say(N_("tomorrow"), lang=lang)
    if day.date() - at.date() < _WEEK:
        return _say(_WEEKDAYS[day.weekday()], lang=lang)
    return _say(N_("{year}-{month:02}-{day:02}"), lang=lang, **_parts(day))


def _parts(day: dt.datetime) -> dict[str, int]:
    return {"year": day.year, "month": day.month, "day": day.day}


def _clock(time: dt.datetime) -> str:
    return f"{time.hour}:{time.minute:02}"


def _say(template: str, *, lang: str, **params: Any) -> str:
    return render(template, params, lang=lang)
