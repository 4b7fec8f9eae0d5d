"""Changes, events and receipts: what is asked of a register, and what it keeps of it (pure)."""

import datetime as dt
import hashlib
import math
import re
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pandas as pd
import shapely
import sqlalchemy as sa

from stationmap.errors import InputError
from stationmap.store.models import ENTITIES, Json, Point, canonical

Row = dict[str, Any]
OWN = frozenset({"id", "created", "version"})
"""Columns that the register itself fills."""

GENESIS = "0" * 64
_ODD = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Change:
    """What is to become of one row.

    Attributes
    ----------
    entity, id : str
    after : mapping or None
        Columns to set, the others stay (of a new row: are empty); None removes the row.
    expects : int, optional
        The version at which the row was read: another one is a Conflict; 0: there must be none
        yet; None: whatever stands there.
    """

    entity: str
    id: str
    after: Mapping[str, Any] | None
    expects: int | None = None


@dataclass(frozen=True)
class Receipt:
    """What became of a write: the register's sequence after it, the instant, how many events.

    `again` says that the same action had been taken before, and this is its receipt; `kept` are
    the (entity, id) that an undo left alone, as they were changed since.
    """

    action: str
    seq: int
    at: str
    events: int
    again: bool = False
    kept: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Event:
    """One change of one row: only the columns that changed.

    `before` is None where the row did not exist, `after` None where it was removed.
    """

    seq: int
    action: str
    at: str
    by: str
    kind: str
    note: str
    entity: str
    id: str
    before: Row | None
    after: Row | None


@dataclass(frozen=True)
class Action:
    """One write: who, when by the server's clock, what kind, how many events.

    `undoes` is the action that it undid, `undone_by` the one that undid it.
    """

    id: str
    seq: int
    at: str
    by: str
    kind: str
    note: str
    events: int
    undoes: str | None
    undone_by: str | None


def now() -> str:
    """Return the present instant, UTC, to the millisecond."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")


def action_of(text: str) -> str:
    """Return an action's id as it is stored.

    Raises
    ------
    InputError
        It is no UUID.
    """
    try:
        return str(uuid.UUID(text))
    except (ValueError, AttributeError, TypeError) as error:
        raise InputError(
            "{action} is no mark of an action; open the form again, then send it once more",
            action=str(text)[:60],
        ) from error


def clean(entity: str, values: Mapping[str, Any]) -> Row:
    """Return values as they are stored: missing is None, dates are ISO text, places are pairs.

    Raises
    ------
    KeyError
        The entity has no such column, or the register fills it itself.
    InputError
        A text holds what no database stores.
    """
    if own := OWN & values.keys():
        raise KeyError(f"{entity}: {', '.join(sorted(own))}")
    cleaner = _cleaners(entity)
    return {name: cleaner[name](value) for name, value in values.items()}


@cache
def _cleaners(entity: str) -> Mapping[str, Callable[[Any], Any]]:
    return {column.name: _cleaner(column.type) for column in ENTITIES[entity].columns}


def _cleaner(kind: sa.types.TypeEngine[Any]) -> Callable[[Any], Any]:
    if isinstance(kind, Json):
        return lambda value: value
    if isinstance(kind, Point):
        return _place
    read: Callable[[Any], Any] = _text
    for base, other in ((sa.Boolean, bool), (sa.Integer, int), (sa.Float, _number)):
        if isinstance(kind, base):
            read = other
    return lambda value: None if _is_missing(value) else read(value)


def _is_missing(value: Any) -> bool:
    return value is None or value is pd.NaT or value is pd.NA or value != value


def _number(value: Any) -> float | None:
    number = float(value)
    return number if math.isfinite(number) else None


def _text(value: Any) -> str:
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        value = value.date()  # a day of a table is midnight
    text = value.isoformat() if isinstance(value, dt.date) else str(value)
    if "\0" in text or (not text.isascii() and _ODD.search(text)):
        raise InputError(
            "{text} holds a sign that cannot be stored; type it anew",
            text=text.replace("\0", "�")[:60].encode("utf-8", "replace").decode(),
        )
    return text


def _place(value: Any) -> tuple[float, float] | None:
    if value is None:
        return None
    if isinstance(value, shapely.Point):
        return None if value.is_empty else (value.x, value.y)
    lon, lat = value
    return float(lon), float(lat)


def plain(row: Mapping[str, Any]) -> Row:
    """Return a row as it stands in events: without what the register fills, places as lists."""
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in row.items()
        if name not in OWN and value is not None
    }


def restored(entity: str, values: Mapping[str, Any]) -> Row:
    """Return columns of an event as they are in rows: lists are places again."""
    columns = ENTITIES[entity].columns
    return {
        name: tuple(value) if isinstance(columns[name].type, Point) and value else value
        for name, value in values.items()
    }


def plain_of(after: Mapping[str, Any]) -> Row:
    """Return columns to set as they stand in events: places as lists, None kept."""
    return {n: list(v) if isinstance(v, tuple) else v for n, v in after.items()}


def row_of(
    entity: str, row_id: str, wanted: Mapping[str, Any], *, created: int, version: int
) -> Row:
    """Return the whole row of a table for a plain row."""
    columns = dict.fromkeys(ENTITIES[entity].columns.keys())
    own = {"id": row_id, "created": created, "version": version}
    return {**columns, **restored(entity, wanted), **own}


def difference(current: Row | None, wanted: Row | None) -> tuple[Row | None, Row | None] | None:
    """Return before and after of what changes between two plain rows; None where nothing does."""
    if current is None or wanted is None:
        return None if current is wanted else (current, wanted)
    changed = sorted(
        name
        for name in current.keys() | wanted.keys()
        if not same(current.get(name), wanted.get(name))
    )
    if not changed:
        return None
    return {n: current.get(n) for n in changed}, {n: wanted.get(n) for n in changed}


def same(one: Any, other: Any) -> bool:
    """Whether two values are stored alike: 1 and 1.0 are, True and 1 are not."""
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def applied(row: Row | None, after: Mapping[str, Any] | None) -> Row | None:
    """Return a plain row after an event."""
    if after is None:
        return None
    merged = {**(row or {}), **after}
    return {name: value for name, value in merged.items() if value is not None}


def tracked(current: Row, wanted: Row) -> Any:
    """Return what the source had said where a row is changed by hand: column → its value.

    None for a row that no source brought.
    """
    brought = current.get("brought")
    if brought is None:
        return None
    names = (current.keys() | wanted.keys()) - {"brought", "source", "source_row"}
    said = {
        n: current.get(n)
        for n in names
        if n not in brought and not same(current.get(n), wanted.get(n))
    }
    return {n: v for n, v in {**brought, **said}.items() if not same(wanted.get(n), v)}


def content_hash(kind: str, changes: Iterable[tuple[str, str, Row | None, int | None]]) -> str:
    """Hash of what an action asks, whoever asks it whenever."""
    digest = hashlib.sha256(canonical(kind).encode())
    for change in changes:
        digest.update(canonical(change).encode())
    return digest.hexdigest()


class Chain:
    """Hash over all actions: each covers the one before it, its own facts and its events."""

    def __init__(self, before: str) -> None:
        self._digest = hashlib.sha256(before.encode())

    def add_action(
        self,
        *,
        number: int,
        id: str,  # noqa: A002 - the column's name
        at: str,
        by: str,
        kind: str,
        note: str,
        undoes: str | None,
        events: int,
        content: str,
    ) -> None:
        """Take in the facts of the action itself."""
        facts = [number, id, at, by, kind, note, undoes, events, content]
        self._digest.update(b"\n" + canonical(facts).encode())

    def add_event(
        self, seq: int, entity: str, entity_id: str, before: str | None, after: str | None
    ) -> None:
        """Take in one event, its columns as they are stored."""
        self._digest.update(b"\n" + canonical([seq, entity, entity_id, before, after]).encode())

    def hexdigest(self) -> str:
        """Return the hash that stands with the action."""
        return self._digest.hexdigest()
