"""Questions for supervision: orders, open remarks, and draws without their pools."""

import json
from collections.abc import Collection
from typing import Any

import pandas as pd
import sqlalchemy as sa

from stationmap.store import models, queries
from stationmap.store.events import Row
from stationmap.store.register import Register

_ORDER = ("id", "station_id", "unit_id", "unit", "adcode", "state", "due", "issued_at")


def orders(register: Register) -> pd.DataFrame:
    """Return all orders, without their words: whose, in which state, due, issued, decided."""
    table = models.rectification
    names = (*_ORDER, "decided_at")
    chosen = sa.select(*(table.c[name] for name in names)).order_by(table.c.created)
    with register.reading() as connection:
        rows = connection.execute(chosen).all()
    return pd.DataFrame.from_records([tuple(row) for row in rows], columns=list(names))


def first_deadlines(register: Register, *, since: str, until: str) -> dict[str, str]:
    """Return the deadline with which orders were issued, of those closed in a period.

    Parameters
    ----------
    register : Register
    since, until : str
        Instants (UTC, ISO text), inclusive and exclusive.

    Returns
    -------
    dict
        Order → ISO day; one without a deadline is left out, and so are later deadlines.
    """
    table, event = models.rectification, models.event
    chosen = (
        sa.select(table.c.id, event.c.after)
        .join(event, event.c.seq == table.c.created)
        .where(table.c.state == "closed", table.c.decided_at >= since, table.c.decided_at < until)
    )
    with register.reading() as connection:
        rows = connection.execute(chosen).all()
    return {row.id: due for row in rows if (due := json.loads(row.after).get("due"))}


def stations_with_remarks(register: Register, *, state: str) -> set[str]:
    """Return the ids of stations that have a remark in a state."""
    table = models.remark
    chosen = sa.select(table.c.station_id).where(table.c.state == state).distinct()
    with register.reading() as connection:
        return {row.station_id for row in connection.execute(chosen)}


def draws(register: Register, *, adcode: str, offset: int, limit: int) -> tuple[int, list[Row]]:
    """Return draws of a scope, newest first, without their pools.

    Parameters
    ----------
    register : Register
    adcode : str
        What a draw's own adcode begins with; "" for all.
    offset, limit : int

    Returns
    -------
    total : int
    rows : list of dict
        With ``by``, the account that drew.
    """
    table, event, action = models.draw, models.event, models.action
    within = table.c.adcode.startswith(adcode, autoescape=True)
    columns = [column for column in table.columns if column.name != "pool"]
    chosen = (
        sa.select(*columns, action.c.by)
        .join(event, event.c.seq == table.c.created)
        .join(action, action.c.number == event.c.action)
        .where(within)
        .order_by(table.c.created.desc())
        .offset(offset)
        .limit(limit)
    )
    with register.reading() as connection:
        total = connection.scalar(sa.select(sa.func.count()).select_from(table).where(within)) or 0
        rows: list[dict[str, Any]] = [dict(r) for r in connection.execute(chosen).mappings()]
    return total, rows


def visited_since(
    register: Register, ids: Collection[str], *, since: str
) -> dict[str, dict[str, str]]:
    """Return which of some stations were visited by others than their unit, and when last.

    Parameters
    ----------
    register : Register
    ids : collection of str
    since : str
        Instant (UTC, ISO text), inclusive.

    Returns
    -------
    dict
        Station → kind of visit → the instant of the last one.
    """
    table = models.inspection
    chosen = (
        sa.select(table.c.station_id, table.c.visit, sa.func.max(table.c.at))
        .where(table.c.voided.is_(None), table.c.visit != "self", table.c.at >= since)
        .group_by(table.c.station_id, table.c.visit)
    )
    found: dict[str, dict[str, str]] = {}
    with register.reading() as connection:
        for some in queries.chunks(ids):
            rows = connection.execute(chosen.where(table.c.station_id.in_(some)))
            for station_id, visit, at in rows:
                found.setdefault(station_id, {})[visit] = at
    return found
