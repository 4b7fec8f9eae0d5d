"""Questions about inspections, each answered by an index."""

from typing import Any

import sqlalchemy as sa

from stationmap.store import models
from stationmap.store.events import Row
from stationmap.store.register import Register

_TABLE = models.inspection
LATEST = ("9999", 2**53)  # beyond every inspection


def of_station(
    register: Register,
    station_id: str,
    *,
    before: tuple[str, int] = LATEST,
    limit: int | None = 50,
    voided: bool = False,
    own_checks: bool = True,
    covert_before: str = LATEST[0],
) -> list[Row]:
    """Return the inspections of a station, newest first.

    Parameters
    ----------
    register : Register
    station_id : str
    before : (str, int)
        ``at`` and ``created`` of the last one that was seen; those before it, exclusive.
    limit : int, optional
        How many; all without one.
    voided : bool
        Those that do not count any more too.
    own_checks : bool
        Those of its unit too.
    covert_before : str
        UTC ISO text; unannounced visits from this instant on, inclusive, are left out.
    """
    chosen = (
        sa.select(_TABLE)
        .where(_TABLE.c.station_id == station_id)
        .where((_TABLE.c.visit != "covert") | (_TABLE.c.at < covert_before))
        .where(_TABLE.c.at <= before[0])
        .where((_TABLE.c.at < before[0]) | (_TABLE.c.created < before[1]))
        .order_by(_TABLE.c.at.desc(), _TABLE.c.created.desc())
        .limit(limit)
    )
    if not own_checks:
        chosen = chosen.where(_TABLE.c.visit != "self")
    if not voided:
        chosen = chosen.where(_TABLE.c.voided.is_(None))
    with register.reading() as connection:
        rows: list[dict[str, Any]] = [dict(row) for row in connection.execute(chosen).mappings()]
    return rows


def repeated(register: Register, inspection_id: str) -> int:
    """Count the photos of an inspection whose very picture was kept before, of whatever."""
    photo = models.photo
    own = sa.select(photo.c.sha256, photo.c.created).where(photo.c.inspection_id == inspection_id)
    with register.reading() as connection:
        mine = connection.execute(own).all()
        first = (
            sa.select(photo.c.sha256, sa.func.min(photo.c.created))
            .where(photo.c.sha256.in_([row.sha256 for row in mine]))
            .group_by(photo.c.sha256)
        )
        before = {row[0]: row[1] for row in connection.execute(first)} if mine else {}
    start = min((row.created for row in mine), default=0)
    return sum(before[row.sha256] < start for row in mine)


def by_others(
    register: Register,
    station_id: str,
    *,
    inspector_id: str,
    since_at: str = "",
    after: int = 0,
    limit: int,
) -> list[Row]:
    """Return the inspections of a station by others that count, newest first.

    Parameters
    ----------
    register : Register
    station_id : str
    inspector_id : str
        Whose own are left out.
    since_at : str
        UTC ISO text; of visits from this instant on, inclusive.
    after : int
        Of those that entered the register after this event, exclusive.
    limit : int
        How many.
    """
    chosen = (
        sa.select(_TABLE)
        .where(_TABLE.c.station_id == station_id, _TABLE.c.voided.is_(None))
        .where(_TABLE.c.inspector_id.is_distinct_from(inspector_id))
        .where(_TABLE.c.at >= since_at, _TABLE.c.created > after)
        .order_by(_TABLE.c.at.desc(), _TABLE.c.created.desc())
        .limit(limit)
    )
    with register.reading() as connection:
        return [dict(row) for row in connection.execute(chosen).mappings()]
