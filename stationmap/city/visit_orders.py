"""What a visit does to the orders of its station: issues one, settles or returns one.

It is worked out from the orders as they are read, and written only if they still stand so
(`still`).
"""

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import takewhile
from typing import Any

from stationmap.city.sent import Sent, SentOrder
from stationmap.errors import Conflict
from stationmap.inspections import MET, NOT_APPLICABLE, SELF, Checklist, orders
from stationmap.store import Change, Register, inspections
from stationmap.store.standing import Rows

Row = Mapping[str, Any]
Checklists = Callable[[str], Checklist]
"""Id → checklist."""
MOST_DAYS = 366
"""The longest time that an order may give."""


class ChangedError(Exception):
    """Orders of the station are no longer as they were read."""


def unsettled(rows: Rows, station_id: str) -> list[dict[str, Any]]:
    """Return the orders of a station that something remains to be done of."""
    found = rows("rectification", station_id=station_id)
    return [row for row in found if row["state"] in orders.UNSETTLED]


def still(station_id: str, standing: Sequence[Row]) -> Callable[[Rows], None]:
    """Return what raises ChangedError unless the orders of a station are as they were read."""

    def check(rows: Rows) -> None:
        now = [(row["id"], row["version"]) for row in unsettled(rows, station_id)]
        if now != [(row["id"], row["version"]) for row in standing]:
            raise ChangedError

    return check


def is_of_orders(error: Conflict) -> bool:
    """Whether it may be gone when the visit is looked at anew."""
    return error.params["entity"] in ("rectification", "checklist")


def due_of(order: SentOrder, *, today: dt.date, days: int) -> dt.date:
    """Return the deadline that an order gets: the one asked for if it can be, else `days` on."""
    asked = dt.date.fromisoformat(order.due)
    can_be = today <= asked <= today + dt.timedelta(days=MOST_DAYS)
    return asked if can_be else today + dt.timedelta(days=days)


def righted(register: Register, inspection: Row, checklists: Checklists) -> set[str]:
    """Return the keys of lines that visits later than this one, but here already, found right."""
    own, before = inspection["station_id"], inspection.get("created")
    rows = inspections.of_station(register, own, limit=None)
    found: dict[str, str] = {}
    for row in takewhile(lambda row: row["at"] > inspection["at"], rows):
        if row["visit"] != SELF and (before is None or row["created"] < before):
            found = checklists(row["checklist"]).answers(row["found"]) | found
    return {key for key, state in found.items() if state in (MET, NOT_APPLICABLE)}


def ordered(
    sent: Sent,
    station: Row,
    checklist: Checklist,
    standing: Sequence[Row],
    inspection: Row,
    *,
    due: dt.date | None,
    right: Collection[str],
) -> list[Change]:
    """Issue the order for what failed, no order is there for yet, and is not `right` by now.

    To whom it goes is the register's to say, not the phone's.
    """
    if sent.order is None:
        return []
    failed = checklist.failed(sent.answers, site_type=station["type"])
    there = {key for row in standing for key in row["lines"]}
    lines = [key for key in failed if key in sent.order.lines and key not in {*there, *right}]
    if not lines:
        return []
    assert due is not None
    after = {
        "note": sent.order.note,
        "due": due.isoformat(),
        **{name: station[name] for name in ("unit_id", "unit", "supervising_unit")},
        "station_id": station["station_id"],
        "inspection_id": sent.id,
        "checklist": checklist.id,
        "adcode": station["adcode"],
        "lines": lines,
        "state": orders.OPEN,
        "issued_at": inspection["received_at"],
    }
    return [Change("rectification", sent.order.id, after, expects=0)]


def decision(
    sent: Sent,
    standing: Sequence[Row],
    *,
    inspection: Row,
    others: Sequence[Row],
    found: Callable[[str], Row | None],
    checklists: Checklists,
    days: int,
    today: dt.date,
) -> list[Change]:
    """Close or return the order that is re-inspected.

    One that is settled stays so. So does any of which a later visit decided already, or that was
    issued by a visit after this one; and what was answered after this visit is not returned by
    it: it arrived late.

    Parameters
    ----------
    sent : Sent
    standing : sequence of dict
        The unsettled orders of the station.
    inspection : dict
        Its row, with ``at`` and ``received_at``.
    others : sequence of dict
        All re-inspections of this order so far; a unit's own are none.
    found : callable
        Id → inspection: the one that issued the order.
    checklists : callable
        See `Checklists`.
    days : int
        How long the unit has after a return at least, in days after `today`.
    today : date
    """
    row = next((row for row in standing if row["id"] == sent.order_id), None)
    if row is None or sent.visit == SELF:
        return []
    issued = found(row["inspection_id"])
    if issued is not None and issued["at"] > inspection["at"]:
        return []
    state = orders.decide(row["lines"], sent.answers)
    counting = (o for o in others if o["visit"] != SELF and not o["voided"])
    later = (o for o in counting if o["at"] > inspection["at"])
    if state is None or any(
        orders.decide(row["lines"], checklists(o["checklist"]).answers(o["found"])) for o in later
    ):
        return []
    after = {"state": state, "closed_by": None, "decided_at": inspection["received_at"]}
    if state == orders.CLOSED:
        after["closed_by"] = sent.id
    elif (row["answered_at"] or "") > inspection["at"]:
        return []
    else:
        after["due"] = max(row["due"] or "", orders.due_of(today, days=days))
    return [Change("rectification", row["id"], after, expects=row["version"])]


def reopened(register: Register, inspection: Row) -> list[Change]:
    """Let an order that a visit closed wait again, as it did before: the visit does not count."""
    found = []
    for row in register.rows("rectification", station_id=inspection["station_id"]):
        if row["closed_by"] != inspection["id"]:
            continue
        closing = next(
            event
            for event in register.history("rectification", row["id"])
            if event.action == inspection["id"]
        )
        after = {name: (closing.before or {}).get(name) for name in ("state", "decided_at")}
        found.append(
            Change("rectification", row["id"], {**after, "closed_by": None}, expects=row["version"])
        )
    return found


def withdrawn(register: Register, inspection_id: str, *, reason: str, at: str) -> list[Change]:
    """Withdraw the orders that a visit issued and that something remains to be done of."""
    rows = register.rows("rectification", inspection_id=inspection_id)
    return [
        Change(
            "rectification",
            row["id"],
            orders.cancelled(row, reason=reason, at=at),
            expects=row["version"],
        )
        for row in rows
        if row["state"] in orders.UNSETTLED
    ]
