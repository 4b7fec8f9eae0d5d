"""What stands at a moment: asked within the transaction that is to rely on it."""

from collections.abc import Callable, Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stationmap.errors import Conflict, InputError
from stationmap.store import queries
from stationmap.store.events import Row
from stationmap.store.models import ENTITIES, account

Rows = Callable[..., list[Row]]
"""What answers as `Register.rows` does."""
Check = Callable[[Rows], object]
"""What raises where something stands that refuses a write."""


def rows(connection: Connection, entity: str, **equals: Any) -> list[Row]:
    """Return the rows whose columns equal what is given, in the order they came to be."""
    if any(isinstance(value, str) and "\0" in value for value in equals.values()):
        return []  # no text holds it, and PostgreSQL refuses to look for it
    table = ENTITIES[entity]
    chosen = sa.select(table).order_by(table.c.created)
    for name, value in equals.items():
        chosen = chosen.where(table.c[name] == value)
    return [dict(row) for row in connection.execute(chosen).mappings()]


def current(connection: Connection, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Row]:
    """Return the rows that stand, by entity and id."""
    wanted: dict[str, list[str]] = {}
    for entity, row_id in keys:
        wanted.setdefault(entity, []).append(row_id)
    return {
        (entity, row["id"]): row
        for entity, ids in wanted.items()
        for row in queries.rows_by_id(connection, entity, ids)
    }


def refuse_taken(connection: Connection, name: str, *, but: str) -> None:
    """Refuse a name that an account has; where it has to last, in the write that gives it.

    Parameters
    ----------
    connection : Connection
    name : str
        As it is stored, see `accounts.login_name`.
    but : str
        Id of the account that may have it.

    Raises
    ------
    InputError
        The name is taken.
    """
    other = sa.select(account.c.id).where(account.c.name == name, account.c.id != but).limit(1)
    if connection.scalar(other) is not None:
        raise InputError("there is an account {name} already; choose another name", name=name)


def stale(
    connection: Connection,
    entity: str,
    row_id: str,
    yours: Row | None,
    current: Row | None,
    expects: int,
) -> Conflict:
    """Say that a row is not as it was read, with all three versions."""
    base = queries.row_at(connection, entity, row_id, seq=expects) if expects else None
    return Conflict(
        "{id} was changed by somebody else meanwhile; nothing of yours is lost: compare the two "
        "and save again",
        entity=entity, id=row_id, yours=yours, current=current, base=base,
    )  # fmt: skip
