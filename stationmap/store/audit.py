"""The audit log: who did what, when, from where, and how it ended; kept a year, then let go."""

import datetime as dt
from typing import Any

import sqlalchemy as sa

from stationmap.store import models
from stationmap.store.accounts import Account
from stationmap.store.register import Register

KEPT = dt.timedelta(days=366)
"""The law asks for six months; nothing is kept for ever."""
LONGEST = 300

Line = dict[str, Any]
"""seq, at, account_id, role, adcode, unit_id, action, object, outcome, address."""


def write(
    register: Register,
    *,
    at: dt.datetime,
    account: Account | None,
    action: str,
    subject: str,
    outcome: str,
    address: str,
) -> None:
    """Add a line, and drop those older than `KEPT`.

    Parameters
    ----------
    register : Register
    at : datetime
        UTC.
    account : Account or None
        Who; its role and scope are kept as they are now. None for who is not known.
    action, subject, outcome : str
        What, on what, how it ended; no personal data.
    address : str
        Network address.
    """
    table = models.audit
    row = {
        "at": at.isoformat(timespec="milliseconds"),
        "account_id": account.id if account else None,
        "role": account.role if account else None,
        "adcode": account.adcode if account else None,
        "unit_id": account.unit_id if account else None,
        "action": action,
        "object": _line(subject),
        "outcome": outcome,
        "address": address,
    }
    oldest = (at - KEPT).isoformat(timespec="milliseconds")
    with register.writing() as connection:
        connection.execute(sa.insert(table), [row])
        connection.execute(sa.delete(table).where(table.c.at < oldest))


def read(
    register: Register,
    *,
    adcode: str,
    account_id: str = "",
    action: str = "",
    first: str = "",
    last: str = "",
    before: int | None = None,
    limit: int = 100,
) -> list[Line]:
    """Return lines, newest first.

    Parameters
    ----------
    register : Register
    adcode : str
        Start of the code of those accounts' districts; "" for all, also lines of nobody known.
    account_id, action : str
        Only those of an account, or of an action.
    first, last : str
        UTC instants, ISO text: from `first` (inclusive) to `last` (exclusive).
    before : int, optional
        Only lines before this number.
    limit : int
    """
    table = models.audit
    chosen = sa.select(table).order_by(table.c.seq.desc()).limit(limit)
    if adcode:
        chosen = chosen.where(table.c.adcode.startswith(adcode, autoescape=True))
    for name, value in (("account_id", account_id), ("action", action)):
        if value:
            chosen = chosen.where(table.c[name] == value)
    if first:
        chosen = chosen.where(table.c.at >= first)
    if last:
        chosen = chosen.where(table.c.at < last)
    if before is not None:
        chosen = chosen.where(table.c.seq < before)
    with register.reading() as connection:
        return [dict(row) for row in connection.execute(chosen).mappings()]


def _line(text: str) -> str:
    """One line that tells one thing: whoever types a line break does not write a second one."""
    return "".join(c if c.isprintable() else "�" for c in text)[:LONGEST]
