"""停开公告: the days on which a station is closed, and which of them hold on a given day.

Days are those of the city's time zone. A notice holds from its first day to its last, both
inclusive; one without a last day holds until further notice.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from stationmap.city import values
from stationmap.city.wording import Day, worded
from stationmap.errors import InputError
from stationmap.hours import Shut
from stationmap.messages import N_, render

NOW, COMING, OVER = "now", "coming", "over"
REASON = 300  # characters
REACH_DAYS = 366  # a notice begins and ends within so many days of today
_DAY = dt.timedelta(days=1)


class SharedDaysError(InputError):
    """A notice of the same station has some of the days already."""


@dataclass(frozen=True)
class Days:
    """The days of a notice, as a sentence has them."""

    first: str
    last: str | None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Days":
        """Take those of a notice."""
        return cls(row["from_date"], row["to_date"])

    def render(self, lang: str) -> str:
        """Return the days in `lang` ("zh" or "en")."""
        first, last = Day(self.first), Day(self.last or self.first)
        if self.last is None:
            return render(N_("from {first} until further notice"), {"first": first}, lang=lang)
        if self.first == self.last:
            return first.render(lang)
        return render(N_("{first} to {last}"), {"first": first, "last": last}, lang=lang)


def closure(
    station_id: str,
    *,
    first: str,
    last: str,
    reason: str,
    today: dt.date,
    others: Iterable[Mapping[str, Any]] = (),
    labels: tuple[str, str, str] = ("from_date", "to_date", "reason"),
) -> dict[str, Any]:
    """Return the columns of a new notice.

    Parameters
    ----------
    station_id : str
    first, last : str
        The first and the last day as people write them; nothing in `last`: until further notice.
    reason : str
        Why; shown to everybody.
    today : date
    others : iterable of mapping
        Notices of the same station; the new one may not share a day with any of them.
    labels : tuple of str
        What the form calls the first day, the last day and the reason.

    Raises
    ------
    InputError
        A day cannot be read, the days are in the wrong order, are over or far away, the reason is
        missing.
    SharedDaysError
        A notice of some of these days is there already.
    """
    begin = _read(first, what=labels[0])
    end = _read(last, what=labels[1]) if last.strip() else None
    if end is not None and end < begin:
        raise InputError(
            "The last day, {last}, comes before the first, {first}. Nothing was saved; correct "
            "one of the two days.",
            first=Day(begin.isoformat()),
            last=Day(end.isoformat()),
        )
    if end is not None and end < today:
        raise InputError(
            "The last day, {last}, is over already. Nothing was saved; choose today or a later "
            "day, or leave it empty: until further notice.",
            last=Day(end.isoformat()),
        )
    if abs((begin - today).days) > REACH_DAYS or (end and (end - today).days > REACH_DAYS):
        raise InputError(
            "A closure notice reaches at most {days} days from today. Nothing was saved; check "
            "the year. For longer, set the station to suspended.",
            days=REACH_DAYS,
        )
    row = {
        "station_id": station_id,
        "from_date": begin.isoformat(),
        "to_date": end.isoformat() if end else None,
        "reason": worded(reason, what=labels[2], limit=REASON, required=True),
    }
    shared = next((other for other in others if _share_a_day(row, other)), None)
    if shared is not None:
        raise SharedDaysError(
            "There is a notice for these days already: {days}, {reason}. Nothing was saved; end "
            "that one first, or choose other days.",
            days=Days.of(shared),
            reason=shared["reason"],
        )
    return row


def shut(rows: Iterable[Mapping[str, Any]]) -> Shut:
    """Return the days of notices as `stationmap.hours.state_at` takes them."""
    day = dt.date.fromisoformat
    return tuple(
        (day(row["from_date"]), day(row["to_date"]) if row["to_date"] else None) for row in rows
    )


def phase(row: Mapping[str, Any], *, today: dt.date) -> str:
    """Tell whether a notice holds today ("now"), later ("coming") or no more ("over")."""
    if row["to_date"] is not None and row["to_date"] < today.isoformat():
        return OVER
    return COMING if row["from_date"] > today.isoformat() else NOW


def current(rows: Iterable[Mapping[str, Any]], *, today: dt.date) -> list[dict[str, Any]]:
    """Return the notices that hold today or later, the earliest first, each with its phase."""
    found = [{**row, "phase": phase(row, today=today)} for row in rows]
    return sorted(
        (row for row in found if row["phase"] != OVER),
        key=lambda row: (row["from_date"], row["id"]),
    )


def ended(row: Mapping[str, Any], *, today: dt.date) -> dict[str, Any] | None:
    """Return what to set so that a notice no longer holds today; None: it is taken back whole.

    One that began before today keeps its days up to yesterday; one that begins today or later was
    never in force on a whole day and is removed (its history stays).
    """
    yesterday = (today - _DAY).isoformat()
    return {"to_date": yesterday} if row["from_date"] <= yesterday else None


def _read(text: str, *, what: str) -> dt.date:
    found = values.day(text) if text.strip() else None
    if found is None:
        raise InputError(
            "“{what}” is “{text}”; expected a day such as 2026-03-05. Nothing was saved yet.",
            what=what,
            text=text[:30],
        )
    return found


def _share_a_day(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    last, other_last = one["to_date"] or "9999-12-31", other["to_date"] or "9999-12-31"
    return bool(one["from_date"] <= other_last and other["from_date"] <= last)
