"""What a visit does to the orders of its station: issues one, settles or returns one.

It is worked out from the orders as they are read, and written only if they still stand so
(`still`).
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from stationmap.city.sent import Sent
from stationmap.errors import Conflict
from stationmap.inspections import SELF, Checklist, orders
from stationmap.store import Change, Register
from stationmap.store.standing import Rows

Row = Mapping[str, Any]


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


def ordered(
    sent: Sent,
    station: Row,
    checklist: Checklist,
    standing: Sequence[Row],
    inspection: Row,
) -> list[Change]:
    """Issue the order for what failed and no order is there for yet."""
    if sent.order is None:
        return []
    failed = checklist.failed(sent.answers, site_type=station["type"])
    there = {key for row in standing for key in row["lines"]}
    lines = [key for key in failed if key in sent.order.lines and key not in there]
    if not lines:
        return []
    after = sent.order.model_dump(exclude={"id", "lines"}) | {
        "station_id": station["station_id"],
        "inspection_id": sent.id,
        "checklist": checklist.id,
        "adcode": station["adcode"],
        "lines": lines,
        "state": orders.OPEN,
        "issued_at": inspection["received_at"],
    }
    after["unit_id"] = sent.order.unit_id or station["unit_id"]
    after["unit"] = sent.order.unit or station["unit"]
    after["supervising_unit"] = sent.order.supervising_unit or station["supervising_unit"]
    return [Change("rectification", sent.order.id, after, expects=0)]


def decision(
    sent: Sent,
    standing: Sequence[Row],
    *,
    inspection: Row,
    others: Sequence[Row],
    checklists: Callable[[str], Checklist],
    days: int,
    today: dt.date,
) -> list[Change]:
    """Close or return the order that is re-inspected.

    One that is settled stays so. So does any of which a later visit decided already, and what was
    answered after this visit is not returned by it: it arrived late.

    Parameters
    ----------
    sent : Sent
    standing : sequence of dict
        The unsettled orders of the station.
    inspection : dict
        Its row, with ``at`` and ``received_at``.
    others : sequence of dict
        All re-inspections of this order so far.
    checklists : callable
        Id → checklist.
    days : int
        How long the unit has after a return, in days after `today`.
    today : date
    """
    row = next((row for row in standing if row["id"] == sent.order_id), None)
    if row is None or sent.visit == SELF:
        return []
    state = orders.decide(row["lines"], sent.answers)
    later = (o for o in others if o["at"] > inspection["at"] and not o["voided"])
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
        after["due"] = orders.due_of(today, days=days)
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
