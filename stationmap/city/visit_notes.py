"""When a visit was, and what its inspector should know of what became of it."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from stationmap.city.sent import Sent, SentOrder
from stationmap.city.visit_orders import Checklists, due_of, righted
from stationmap.inspections import orders
from stationmap.io.notes import Note
from stationmap.messages import N_
from stationmap.store import Register, inspections

SKEW_S = 120  # a phone's clock is taken for right up to this
REACH_DAYS = 366  # a visit that is said to be longer ago is one of a wrong clock
LATE = dt.timedelta(days=1)
"""A visit that took longer to arrive is told to be of an earlier day."""


def instant(sent: Sent, *, now: dt.datetime) -> tuple[dt.datetime, dict[str, Any] | None]:
    """Return when the visit was, by the server's clock, and what was wrong with the phone's.

    A phone that tells its clock as it sends has told how far off it is.
    """
    try:
        claimed, told = (_utc(text) for text in (sent.claimed_at, sent.sent_at or sent.claimed_at))
        off = (told - now) if sent.sent_at else dt.timedelta()
        at = claimed - off if abs(off.total_seconds()) > SKEW_S else claimed
    except (ValueError, OverflowError):
        return now, {"claimed": sent.claimed_at}
    if not now - dt.timedelta(days=REACH_DAYS) <= at <= now + dt.timedelta(seconds=SKEW_S):
        return now, {"claimed": sent.claimed_at}
    wrong = abs(off.total_seconds()) > SKEW_S
    return min(at, now), {"off_s": round(off.total_seconds())} if wrong else None


def _utc(text: str) -> dt.datetime:
    at = dt.datetime.fromisoformat(text)
    return at.astimezone(dt.UTC) if at.tzinfo else at.replace(tzinfo=dt.UTC)


def notes(
    register: Register,
    sent: Sent,
    row: Mapping[str, Any],
    *,
    order: Mapping[str, Any] | None,
    decided: Mapping[str, Any] | None,
    failed: Sequence[str],
    former: bool,
    checklists: Checklists,
    days: int,
    zone: str,
) -> list[Note]:
    """Return the sentences of a receipt.

    Parameters
    ----------
    register : Register
    sent : Sent
    row : dict
        The inspection as the register has it.
    order : dict, optional
        The order that was issued with it.
    decided : dict, optional
        The order that it re-inspected, as it stands.
    failed : sequence of str
        Keys of the lines that are not met.
    former : bool
        Whether its checklist is not the one in force any more.
    checklists : callable
        See `visit_orders.Checklists`.
    days : int
        How long an order gives where nothing else is asked for.
    zone : str
        The city's.
    """
    at, received = (
        dt.datetime.fromisoformat(row[name]).astimezone(ZoneInfo(zone))
        for name in ("at", "received_at")
    )
    found = []
    if row["clock"]:
        told = N_("The clock of this phone is wrong ({claimed}); the visit is dated {at}.")
        found.append(Note(told, {"claimed": sent.claimed_at[:16], "at": f"{at:%Y-%m-%d %H:%M}"}))
    elif received - at > LATE:
        told = N_("This visit was made on {at} and arrived on {received}; both are kept.")
        found.append(Note(told, {"at": f"{at:%Y-%m-%d}", "received": f"{received:%Y-%m-%d}"}))
    if again := inspections.repeated(register, row["id"]):
        told = N_(
            "{count} of the photos are the very pictures of an earlier one: where something was "
            "put right, a new one has to show it."
        )
        found.append(Note(told, {"count": again}))
    if former:
        told = N_("The standard has a newer edition by now; this inspection is kept by the former.")
        found.append(Note(told, {}))
    if sent.order:
        today = received.date()
        due = due_of(sent.order, today=today, days=days).isoformat()
        right = righted(register, row, checklists)
        found += _of_order(sent.order, order, due=due, right=right)
    if decided and decided["closed_by"] not in (None, sent.id):
        told = N_("The order was closed by another inspection meanwhile; yours is kept beside it.")
        found.append(Note(told, {}))
    settled = decided is not None and decided["state"] not in orders.UNSETTLED
    if settled and failed:
        told = N_(
            "What you found not met is in no order now: begin an inspection of this station anew "
            "to issue one."
        )
        found.append(Note(told, {}))
    return found


def _of_order(
    asked: SentOrder, order: Mapping[str, Any] | None, *, due: str, right: Collection[str]
) -> list[Note]:
    found = []
    left = set(asked.lines) - set(order["lines"] if order else ())
    if left.intersection(right):
        told = N_("A later visit found some of these items put right: they are not ordered.")
        found.append(Note(told, {}))
    if left.difference(right):
        told = N_(
            "Some of these items are in an order of this station already, so not in this one."
        )
        found.append(Note(told, {}))
    if order and due != asked.due:
        told = N_("The order cannot run until {asked}; it is due on {due}.")
        found.append(Note(told, {"asked": asked.due, "due": due}))
    return found
