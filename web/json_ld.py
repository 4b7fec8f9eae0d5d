"""A station as search engines read it: JSON-LD in the words of schema.org."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Any

from stationmap.crs import in_china
from stationmap.hours import Calendar, parse
from stationmap.hours.days import UNKNOWN, Spans, starting

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DAY = 1440
_ONE = dt.timedelta(days=1)
# holidays are told so many days ahead
_AHEAD = 366
# hours that are not the same every week are not told: a week cannot say them
_CHANGING = re.compile(r"\b(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|week|easter)\b|\d{4} ")


def place(
    *,
    address: str,
    station: Mapping[str, Any],
    lonlat: Sequence[float] | None,
    supplies: Mapping[str, bool],
    closures: Sequence[Mapping[str, Any]],
    city: str,
    district: str,
    today: dt.date,
    calendar: Calendar,
) -> dict[str, Any]:
    """Describe a station as a `CivicStructure <https://schema.org/CivicStructure>`_.

    Parameters
    ----------
    address : str
        Of its page.
    station : mapping
        ``station_id, name, type_name, status, address, hours, phone``; None where not known.
    lonlat : sequence of float or None
        WGS-84 degrees, as published.
    supplies : mapping
        What it has in words → whether it is there at present.
    closures : sequence of mapping
        Notices: ``from`` and ``to`` (ISO days, both inclusive; None without an end).
    city, district : str
    today : date
        By the city's clock.
    calendar : Calendar
        The public holidays.

    Returns
    -------
    dict
        Only what is known: without hours nothing is said of them.
    """
    week, special = _hours(station["hours"], closures, today=today, calendar=calendar)
    found = {
        "@context": "https://schema.org",
        "@type": "CivicStructure",
        "@id": address,
        "url": address,
        "name": station["name"] or station["station_id"],
        "identifier": station["station_id"],
        "description": station["type_name"],
        "telephone": station["phone"],
        "address": _postal(station["address"], lonlat, city=city, district=district),
        "geo": lonlat
        and {"@type": "GeoCoordinates", "longitude": lonlat[0], "latitude": lonlat[1]},
        "amenityFeature": [
            {"@type": "LocationFeatureSpecification", "name": name, "value": there}
            for name, there in supplies.items()
        ],
        "openingHoursSpecification": week if station["status"] == "active" else [],
        "specialOpeningHoursSpecification": [
            *(_special(notice["from"], notice["to"]) for notice in closures),
            *(special if station["status"] == "active" else []),
        ],
    }
    return {name: value for name, value in found.items() if value}


def weekly(hours: str | None) -> list[dict[str, Any]]:
    """Return hours that are the same every week as OpeningHoursSpecification; else nothing.

    Days of the same hours stand together. What lasts beyond midnight closes at an earlier hour than
    it opens; a whole day is 00:00 to 23:59, as search engines read it.
    """
    read = parse(hours)
    if read is None or _CHANGING.search(read.osm):
        return []
    days: dict[tuple[int, int], list[str]] = {}
    for day, intervals in enumerate(read.weekly):
        for start, end in intervals:
            rest = end - _DAY
            longer = rest > 0 and rest >= start  # than a day: what is left is the next one's
            if longer:
                days.setdefault((0, rest), []).append(_DAYS[(day + 1) % 7])
            days.setdefault((start, _DAY if longer else end), []).append(_DAYS[day])
    return [
        {
            "@type": "OpeningHoursSpecification",
            "dayOfWeek": names,
            "opens": _clock(start),
            "closes": "23:59" if (start, end) == (0, _DAY) else _clock(end % _DAY),
        }
        for (start, end), names in sorted(days.items())
    ]


def _postal(
    street: str | None, lonlat: Sequence[float] | None, *, city: str, district: str
) -> dict[str, str]:
    found = {
        "@type": "PostalAddress",
        "streetAddress": street,
        "addressLocality": district or city,
        "addressRegion": city if district else None,
        "addressCountry": "CN" if lonlat and in_china(lonlat[0], lonlat[1]).all() else None,
    }
    return {name: value for name, value in found.items() if value}


def _hours(
    hours: str | None,
    closures: Sequence[Mapping[str, Any]],
    *,
    today: dt.date,
    calendar: Calendar,
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the weekly hours, and those of coming holidays and worked weekends.

    The week is told until the day before the first of which nobody knows how it differs; where
    that is today, not at all.
    """
    week, read = weekly(hours), parse(hours)
    if not week or read is None:
        return [], []
    differing: dict[dt.date, Spans] = {}
    for day in (today + _ONE * ahead for ahead in range(_AHEAD)):
        kind = calendar.kind(day)
        if kind == "ordinary":
            continue
        spans = starting(read.osm, day, kind)
        if spans == starting(read.osm, day, "ordinary"):
            continue
        if any(state == UNKNOWN for _, _, state in spans):
            until = (day - _ONE).isoformat()
            week = [] if day == today else [one | {"validThrough": until} for one in week]
            break
        differing[day] = spans
    days = {day: spans for day, spans in differing.items() if not _within(day, closures)}
    special = []
    for first, last in _runs(days):
        for start, end in [(a, b) for a, b, _ in days[first]] or [(0, 0)]:
            ends = (first.isoformat(), last.isoformat())
            special.append(_special(*ends, start=start, end=end))
    return week, special


def _runs(days: Mapping[dt.date, Spans]) -> list[tuple[dt.date, dt.date]]:
    """Return the first and the last day of days on end with the same hours."""
    runs: list[tuple[dt.date, dt.date]] = []
    for day, spans in days.items():
        if runs and runs[-1][1] == day - _ONE and days[runs[-1][1]] == spans:
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    return runs


def _within(day: dt.date, closures: Sequence[Mapping[str, Any]]) -> bool:
    at = day.isoformat()
    return any(one["from"] <= at and (one["to"] is None or at <= one["to"]) for one in closures)


def _special(first: str, last: str | None, *, start: int = 0, end: int = 0) -> dict[str, Any]:
    """Say of some days when they are open, in minutes; closed: opens and closes at one hour."""
    found = {
        "@type": "OpeningHoursSpecification",
        "validFrom": first,
        "validThrough": last,
        "opens": _clock(start),
        "closes": "23:59" if (start, end) == (0, _DAY) else _clock(end % _DAY),
    }
    return {name: value for name, value in found.items() if value}


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
