"""A station as search engines read it: JSON-LD in the words of schema.org."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from stationmap.crs import in_china
from stationmap.hours import parse

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DAY = 1440
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

    Returns
    -------
    dict
        Only what is known: without hours nothing is said of them.
    """
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
        "openingHoursSpecification": weekly(station["hours"])
        if station["status"] == "active"
        else [],
        "specialOpeningHoursSpecification": [_closed(notice) for notice in closures],
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


def _closed(notice: Mapping[str, Any]) -> dict[str, Any]:
    """Say of some days that it is closed; it is so that it opens and closes at one hour."""
    found = {
        "@type": "OpeningHoursSpecification",
        "validFrom": notice["from"],
        "validThrough": notice["to"],
        "opens": "00:00",
        "closes": "00:00",
    }
    return {name: value for name, value in found.items() if value}


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
