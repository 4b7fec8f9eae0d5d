"""What everybody is told of a station beside its facts: when it is closed, what it is out of."""

from typing import Any

from stationmap.city import notices, restocking
from web.parts import text
from web.view import CityView

LATER = "9999-12-31"  # of a notice without a last day


def closures_of(now: CityView, *, station_id: str | None = None) -> list[dict[str, Any]]:
    """Return the closure notices of today and later, the earliest first, each with its phase.

    They are those of this version of the register, of all stations or of one.
    """
    frame = now.answers.register.snapshot.frames["closure"]
    if station_id is not None:
        frame = frame[(frame["station_id"] == station_id).to_numpy(dtype=bool)]
    last = frame["to_date"].fillna(LATER)
    frame = frame[(last >= now.today.isoformat()).to_numpy(dtype=bool)]
    names = ["id", "station_id", "from_date", "to_date", "reason"]
    rows = zip(*(frame[name].tolist() for name in names), strict=True)
    texts = (
        {n: v if isinstance(v, str) else None for n, v in zip(names, row, strict=True)}
        for row in rows
    )
    return notices.current(texts, today=now.today)


def notices_of(now: CityView, station_id: str, lang: str) -> list[dict[str, Any]]:
    """Return a station's closure notices of today and later, the earliest first.

    Each has ``in_force`` (it holds today), ``from`` and ``to`` (days in the city's time zone, both
    inclusive; ``to`` is None until further notice), ``days`` (the same in words) and ``reason``.
    """
    return [
        {
            "in_force": row["phase"] == notices.NOW,
            "from": row["from_date"],
            "to": row["to_date"],
            "days": notices.Days.of(row).render(lang),
            "reason": row["reason"],
        }
        for row in closures_of(now, station_id=station_id)
    ]


def short_of(now: CityView, station_id: str) -> set[str]:
    """Return the supplies that are reported as running short and not replenished yet."""
    frame = now.answers.register.snapshot.frames["restock"]
    mine = (frame["station_id"] == station_id) & (frame["state"] == restocking.SHORT)
    return set(frame.loc[mine.to_numpy(dtype=bool), "supply"])


def phone_of(now: CityView, station_id: str) -> str | None:
    """Return the telephone that a station gives everybody; contacts are kept elsewhere."""
    rows = now.answers.register.snapshot.frames["station"]
    return text(rows.loc[(rows["id"] == station_id).to_numpy(dtype=bool), "phone"].iloc[0])
