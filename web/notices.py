"""What everybody is told of a station beside its facts: the days on which it is closed."""

from typing import Any

from stationmap.city import notices
from web.view import CityView


def closures_of(now: CityView, *, station_id: str | None = None) -> list[dict[str, Any]]:
    """Return the closure notices of this version of the register, all or those of one station."""
    frame = now.answers.register.snapshot.frames["closure"]
    if station_id is not None:
        frame = frame[(frame["station_id"] == station_id).to_numpy(dtype=bool)]
    names = ["id", "station_id", "from_date", "to_date", "reason"]
    rows = zip(*(frame[name].tolist() for name in names), strict=True)
    return [
        {n: v if isinstance(v, str) else None for n, v in zip(names, row, strict=True)}
        for row in rows
    ]


def notices_of(now: CityView, station_id: str, lang: str) -> list[dict[str, Any]]:
    """Return a station's closure notices of today and later, the earliest first.

    Each has ``in_force`` (it holds today), ``from`` and ``to`` (days in the city's time zone, both
    inclusive; ``to`` is None until further notice), ``days`` (the same in words) and ``reason``.
    """
    rows = closures_of(now, station_id=station_id)
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
