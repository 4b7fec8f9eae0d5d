"""Orders: what an inspection found is to be put right until a day (pure).

::

    open ──answer──▶ answered ──re-inspection finds all met──▶ closed
      │                 │  ▲
      │                 │  └──answer── returned ◀──┐
      │                 └──not enough, or─────────┤
      └──────────a re-inspection finds a line not met

An answer never closes an order: only a re-inspection that finds every line of it met does, of an
order that nobody answered too. One that should not have been issued is withdrawn ("cancelled") out
of any state in which something remains to be done.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from stationmap.errors import InputError
from stationmap.inspections.checklist import MET, NOT_APPLICABLE, NOT_MET
from stationmap.messages import N_

OPEN, ANSWERED, CLOSED, RETURNED = "open", "answered", "closed", "returned"
CANCELLED = "cancelled"
STATES: Mapping[str, str] = MappingProxyType(
    {
        OPEN: N_("To be put right"),
        ANSWERED: N_("Answered, to be re-inspected"),
        RETURNED: N_("Returned to be put right"),
        CLOSED: N_("Settled and closed"),
        CANCELLED: N_("Withdrawn"),
    }
)
UNSETTLED = (OPEN, ANSWERED, RETURNED)
"""States in which something remains to be done."""

ANSWER, RETURN, EXTEND, CANCEL = "answer", "return", "extend", "cancel"
STEPS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {ANSWER: UNSETTLED, RETURN: (ANSWERED,), EXTEND: UNSETTLED, CANCEL: UNSETTLED}
)
"""What people do with an order on a page → the states in which they may; closing is none of it."""
WHO: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        ANSWER: frozenset({"unit", "county", "city"}),
        RETURN: frozenset({"county", "city"}),
        EXTEND: frozenset({"county", "city"}),
        CANCEL: frozenset({"county", "city"}),
    }
)
"""Step → roles that may take it, each within its own scope."""
MOST_DAYS = 366  # that a deadline may lie ahead


def decide(lines: Sequence[str], answers: Mapping[str, str]) -> str | None:
    """Return what a re-inspection makes of an order.

    Parameters
    ----------
    lines : sequence of str
        Keys of the lines that the order names.
    answers : mapping
        Key → state, as the re-inspection found it.

    Returns
    -------
    str or None
        "returned" with any line that is not met; "closed" where each is met or does not apply;
        None while one was not looked at: the order stays as it is.
    """
    found = [answers.get(key) for key in lines]
    if NOT_MET in found:
        return RETURNED
    settled = bool(found) and all(state in (MET, NOT_APPLICABLE) for state in found)
    return CLOSED if settled else None


def due_of(today: dt.date, days: int) -> str:
    """Return the last day (inclusive, ISO text) of a deadline of so many days from `today` on."""
    return (today + dt.timedelta(days=days)).isoformat()


def overdue(order: Mapping[str, Any], today: dt.date) -> int:
    """Return by how many days an order is overdue; 0 of one that is not, or asks nothing by then.

    The day of the deadline itself is still in time. One that was answered waits for its
    re-inspection: nothing is left for the unit to do.
    """
    if order["state"] not in (OPEN, RETURNED):
        return 0
    return max(0, (today - dt.date.fromisoformat(order["due"])).days)


def may(order: Mapping[str, Any], step: str, *, role: str) -> bool:
    """Whether a role may take a step with an order as it stands."""
    return role in WHO[step] and order["state"] in STEPS[step]


def answered(order: Mapping[str, Any], *, answer: str, at: str) -> dict[str, Any]:
    """Return what an answer of the unit sets; one more answer replaces the one before.

    Parameters
    ----------
    order : mapping
        As it stands.
    answer : str
        What was done about it.
    at : str
        The instant, UTC ISO text.

    Raises
    ------
    InputError
        The order is closed.
    """
    _check(order, ANSWER)
    return {"state": ANSWERED, "answer": answer, "answered_at": at}


def returned(
    order: Mapping[str, Any], *, reason: str, due: str, today: dt.date, at: str
) -> dict[str, Any]:
    """Return what sets an answered order back to be put right until a new day.

    Raises
    ------
    InputError
        The order has no answer to return, or the day is none, past or too far ahead.
    """
    _check(order, RETURN)
    last = deadline(due, today=today)
    return {"state": RETURNED, "decision": reason, "decided_at": at, "due": last}


def extended(
    order: Mapping[str, Any], *, reason: str, due: str, today: dt.date, at: str
) -> dict[str, Any]:
    """Return what gives an order a later deadline.

    Raises
    ------
    InputError
        The order is closed, or the day is none, not later than before, past or too far ahead.
    """
    _check(order, EXTEND)
    last = deadline(due, today=today)
    if last <= order["due"]:
        raise InputError(
            "The new deadline is not later than the present one; nothing was saved yet. Choose a "
            "later day."
        )
    return {"decision": reason, "decided_at": at, "due": last}


def cancelled(order: Mapping[str, Any], *, reason: str, at: str) -> dict[str, Any]:
    """Return what withdraws an order: nothing remains to be done, and nothing was put right.

    Raises
    ------
    InputError
        The order is settled already.
    """
    _check(order, CANCEL)
    return {"state": CANCELLED, "decision": reason, "decided_at": at}


def deadline(text: str, *, today: dt.date) -> str:
    """Read a deadline that somebody chose.

    Returns
    -------
    str
        The last day, inclusive, as ISO text.

    Raises
    ------
    InputError
        It is no day, past, or too far ahead.
    """
    try:
        day = dt.date.fromisoformat(text.strip())
    except ValueError as error:
        raise InputError(
            "Please choose until which day it shall be put right; nothing was saved yet."
        ) from error
    if day < today:
        raise InputError(
            "The deadline is a day in the past; nothing was saved yet. Choose a later."
        )
    if (day - today).days > MOST_DAYS:
        raise InputError(
            "The deadline lies more than a year ahead; nothing was saved yet. Choose an earlier."
        )
    return day.isoformat()


def _check(order: Mapping[str, Any], step: str) -> None:
    if order["state"] in STEPS[step]:
        return
    if order["state"] == CLOSED:
        raise InputError(
            "This order was closed meanwhile: a re-inspection found all of it met. What you sent "
            "was not needed and was not saved."
        )
    if order["state"] == CANCELLED:
        raise InputError(
            "This order was withdrawn meanwhile: nothing is to be done about it. What you sent was "
            "not needed and was not saved."
        )
    raise InputError(
        "There is no answer to return at present; nothing was saved. See below how the order "
        "stands."
    )
