"""Questions about orders: lists of a scope, paged by the database, and how many stand where."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from stationmap.store import models, queries
from stationmap.store.events import Row
from stationmap.store.register import Register

COUNTY = 6  # digits of an adcode that name its county
SETTLED = ("closed", "cancelled")
LATE = ("open", "returned")
"""States in which a deadline can be missed."""

_TABLE = models.rectification


@dataclass(frozen=True)
class Asked:
    """Which orders are asked for; all of what is not given.

    Attributes
    ----------
    adcode : str
        What their adcode begins with.
    unit_id, station_id : str or None
    states : tuple of str
    late_on : str
        ISO day: only those that are overdue on it.
    since, until : str
        Issued, or settled, not before, and before, an instant (UTC, ISO text).
    """

    adcode: str = ""
    unit_id: str | None = None
    station_id: str | None = None
    states: tuple[str, ...] = ()
    late_on: str = ""
    since: str = ""
    until: str = ""

    @property
    def where(self) -> list[sa.ColumnElement[bool]]:
        """The conditions."""
        order = _TABLE.c
        found = [
            sa.func.substr(order.adcode, 1, len(self.adcode)) == self.adcode
            if self.adcode
            else None,
            order.unit_id == self.unit_id if self.unit_id is not None else None,
            order.station_id == self.station_id if self.station_id is not None else None,
            order.state.in_(self.states) if self.states else None,
            _late(self.late_on) if self.late_on else None,
            sa.or_(
                self._within(order.issued_at),
                sa.and_(order.state.in_(SETTLED), self._within(order.decided_at)),
            ),
        ]
        return [one for one in found if one is not None]

    def _within(self, instant: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
        ends = [instant >= self.since] if self.since else []
        return sa.and_(sa.true(), *ends, *([instant < self.until] if self.until else []))


def find(
    register: Register, asked: Asked, *, offset: int = 0, limit: int = 50
) -> tuple[int, list[Row]]:
    """Return how many orders there are, and a page of them.

    What is to be put right comes first, then what waits for its re-inspection, both by their
    deadlines; then the settled ones, the newest first.
    """
    order = _TABLE.c
    turn = sa.case((order.state.in_(LATE), 0), (order.state.in_(SETTLED), 2), else_=1)
    # which ones are sorted by their ids alone, then the rows of the page are read
    chosen = sa.select(order.id).where(*asked.where)
    chosen = chosen.order_by(
        turn,
        sa.case((order.state.in_(SETTLED), None), else_=order.due),
        sa.case((order.state.in_(SETTLED), order.decided_at), else_=None).desc(),
        order.created,
    )
    counted = sa.select(sa.func.count()).select_from(_TABLE).where(*asked.where)
    with register.reading() as connection:
        total = connection.scalar(counted) or 0
        ids = connection.scalars(chosen.offset(offset).limit(limit)).all()
        rows = {row["id"]: row for row in queries.rows_by_id(connection, _TABLE.name, ids)}
        return int(total), [rows[own] for own in ids]


def each(register: Register, asked: Asked, *, at_once: int = 200) -> Iterator[Row]:
    """Give orders one after the other, in the order in which they were issued."""
    last = -1
    while True:
        chosen = sa.select(_TABLE).where(*asked.where, _TABLE.c.created > last)
        with register.reading() as connection:
            found = connection.execute(chosen.order_by(_TABLE.c.created).limit(at_once)).mappings()
            rows = [dict(row) for row in found]
        if not rows:
            return
        yield from rows
        last = rows[-1]["created"]


def standing(register: Register, asked: Asked, *, today: str) -> list[dict[str, Any]]:
    """Count orders by county and unit.

    Returns
    -------
    list of dict
        county (adcode or ""), unit_id, unit, one count for each state, ``late`` on the ISO day
        `today`, and ``oldest``, the first deadline missed (None where none is).
    """
    order = _TABLE.c
    county = sa.func.substr(sa.func.coalesce(order.adcode, ""), 1, COUNTY)
    late = _late(today)
    states = ("open", "answered", "returned", *SETTLED)
    chosen = (
        sa.select(
            county.label("county"),
            order.unit_id,
            sa.func.max(order.unit).label("unit"),
            *(_number(order.state == state).label(state) for state in states),
            _number(late).label("late"),
            sa.func.min(sa.case((late, order.due), else_=None)).label("oldest"),
        )
        .where(*asked.where)
        # a unit that is a name alone has no id: two names are two units
        .group_by("county", order.unit_id, sa.case((order.unit_id.is_(None), order.unit)))
    )
    with register.reading() as connection:
        return [dict(row) for row in connection.execute(chosen).mappings()]


def _late(day: str) -> sa.ColumnElement[bool]:
    return sa.and_(_TABLE.c.state.in_(LATE), _TABLE.c.due < day)


def _number(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)
