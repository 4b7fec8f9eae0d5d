"""Lists of the stations that an inspector has to see to, and a station as a phone has it."""

import datetime as dt
from collections.abc import Sequence

import numpy as np
import sqlalchemy as sa
from flask import abort
from numpy.typing import NDArray

from stationmap.inspections import orders
from stationmap.store import models, queries
from stationmap.store.accounts import Account
from web.caching import present
from web.desk import register
from web.inspect_sites import (
    Row,
    Stations,
    Waiting,
    due_days,
    first_of,
    judged_last,
    midnight,
    milliseconds,
    stations,
    today,
    unsettled_at,
)
from web.inspect_words import seen_as, visit_name
from web.parts import type_name

LISTS = ("today", "due", "orders", "near", "all")


def listed(
    which: str, account: Account, *, words: str, near: tuple[float, float] | None
) -> NDArray[np.int64]:
    """Return the rows of a list in its order, see `Stations`.

    Parameters
    ----------
    which : str
        One of `LISTS`.
    account : Account
    words : str
        Each of them stands in the name, address, unit or id.
    near : (float, float), optional
        Longitude and latitude: the nearest first, but for the list of today.
    """
    held = stations()
    if which in ("today", "orders"):
        waiting = Waiting.of(account)
        wanted = _of_today(waiting, account) if which == "today" else _with_orders(waiting)
        numbers = [held.number[own] for own in wanted if own in held.number]
        mine = (n for n in numbers if account.covers(held.adcode[n], held.unit_id[n]))
        rows = np.fromiter(mine, dtype=np.int64)
    elif which == "due":
        rows = _due(held, held.of(account))
    else:
        rows = held.of(account)
        if near is None:
            rows = rows[np.argsort(held.rank[rows], kind="stable")]
    for word in words.casefold().split():
        found = (n for n in rows.tolist() if word in held.words[n])
        rows = np.fromiter(found, dtype=np.int64)
    if near is not None and which != "today":
        rows = _nearest(held, rows, near)
    return rows


def _of_today(waiting: Waiting, account: Account) -> list[str]:
    """Return the day's round, what is to be re-inspected or overdue, and what was done."""
    late = [
        own
        for own, rows in waiting.orders.items()
        if any(r["state"] == orders.ANSWERED or orders.overdue(r, waiting.day) for r in rows)
    ]
    table = models.inspection
    chosen = sa.select(table.c.station_id).where(
        table.c.inspector_id == account.id, table.c.at >= waiting.since, table.c.voided.is_(None)
    )
    with register().reading() as connection:
        done = connection.scalars(chosen.order_by(table.c.at)).all()
    return list(dict.fromkeys([*waiting.round, *late, *done]))


def _with_orders(waiting: Waiting) -> list[str]:
    """Return the stations with unsettled orders: what was answered first, then the first due."""

    def place(own: str) -> tuple[bool, str]:
        row = first_of(waiting.orders[own])
        assert row is not None
        return row["state"] != orders.ANSWERED, row["due"] or ""

    return sorted(waiting.orders, key=place)


def _due(held: Stations, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the stations in operation where nobody was for too long, the longest first."""
    now = present()
    newest = judged_last(held)[rows]
    late = midnight(now, today(now) - dt.timedelta(days=due_days(now)))
    due = held.active[rows] & (newest < milliseconds(late))
    found: NDArray[np.int64] = rows[due][np.argsort(newest[due], kind="stable")]
    return found


def _nearest(
    held: Stations, rows: NDArray[np.int64], near: tuple[float, float]
) -> NDArray[np.int64]:
    """Sort rows by their distance from a place; those without a place come last."""
    if not len(rows):
        return rows
    lon, lat = np.radians(held.lonlat[rows]).T
    own_lon, own_lat = np.radians(near)
    x, y = (lon - own_lon) * np.cos((lat + own_lat) / 2), lat - own_lat
    order: NDArray[np.int64] = np.argsort(np.hypot(x, y), kind="stable")
    return rows[order]


def told(ids: Sequence[str], account: Account, lang: str) -> list[Row]:
    """Write the stations of a page as the interface tells them."""
    now, held = present(), stations()
    waiting = Waiting.of(account, unsettled_at(ids))
    newest = waiting.last.any if account.role == "unit" else waiting.last.judged
    with register().reading() as connection:
        inspections = {
            row["id"]: row
            for row in queries.rows_by_id(
                connection, "inspection", [newest[own].id for own in ids if own in newest]
            )
        }
    found = []
    for own in ids:
        row = held.row(own)
        if row is None:
            abort(404)
        seen = inspections.get(newest[own].id) if own in newest else None
        order = first_of(waiting.orders.get(own, ()))
        found.append(
            {
                "station_id": own,
                **{n: row[n] for n in ("name", "type", "address", "place", "unit", "unit_id")},
                "type_name": type_name(now, row["type"], lang),
                "district": now.district_name(row["adcode"] or ""),
                "supervising_unit": row["supervising_unit"],
                "status": row["status"],
                "work": waiting.work(own, active=row["status"] == "active"),
                "last": seen
                and {
                    **{n: seen[n] for n in ("id", "at", "result")},
                    "visit": seen_as(seen["visit"]),
                    "visit_name": visit_name(seen_as(seen["visit"]), lang),
                },
                "order": order and {n: order[n] for n in ("id", "state", "due", "lines")},
            }
        )
    return found
