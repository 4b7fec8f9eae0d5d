"""What everybody is told of a station beside its facts: the days on which it is closed."""

from typing import Any

from stationmap.city import notices
from web.view import CityView


def closures_of(now: CityView) -> list[dict[str, Any]]:
    """Return all closure notices of the register as it stood at this version."""
    frame = now.answers.register.snapshot.frames["closure"]
    names = ["id", "station_id", "from_date", "to_date", "reason"]
    rows = zip(*(frame[name].tolist() for name in names), strict=True)
    texts = (
        {n: v if isinstance(v, str) else None for n, v in zip(names, row, strict=True)}
        for row in rows
    )
    return list(texts)


def notices_of(now: CityView, station_id: str, lang: str) -> list[dict[str, Any]]:
    """Return a station's closure notices of today and later, the earliest first.

    Each has ``in_force`` (it holds today), ``from`` and ``to`` (days in the city's time zone, both
    inclusive; ``to`` is None until further notice), ``days`` (the same in words) and ``reason``.
    """
    rows = [row for row in closures_of(now) if row["station_id"] == station_id]
    return [
        {
            "in_force": row["phase"] == notices.NOW,
            "from": row["from_date"],
            "to": row["to_date"],
            "days": notices.Days.of(row).render(lang),
            "reason": row["reason"],
        }
        for row in notices.current(rows, today=now.today)
    ]
