"""The public entities as they are at one moment, read whole or brought up to the next one."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stationmap.store import models, queries
from stationmap.store.models import PRIVATE, PUBLIC

FEW = 2_000  # changed rows up to which a snapshot is patched rather than read anew


@dataclass(frozen=True)
class Snapshot:
    """The public entities as they were at one sequence number.

    Attributes
    ----------
    seq : int
        Of the last event of one of them.
    state : str
        See `state`.
    frames : mapping
        Entity → its rows in the order in which they came to be, all columns; places are pairs of
        longitude and latitude in degrees (WGS-84), or None. Shared: copy before you change one.
    changed : mapping or None
        Entity → ids of the rows that differ from those of the snapshot before; None where there
        was none, or too much changed to say.
    """

    seq: int
    state: str
    frames: Mapping[str, pd.DataFrame]
    changed: Mapping[str, frozenset[str]] | None = None


def read(connection: Connection, previous: Snapshot | None) -> Snapshot:
    """Read the public entities; only what changed where `previous` leads to what is there."""
    seq = last_public(connection)
    mark = state(connection, seq)
    if previous is not None and previous.state == mark:
        return previous
    changed = None if previous is None else _changed_since(connection, previous)
    if previous is None or changed is None:
        return Snapshot(seq, mark, {name: queries.frame(connection, name) for name in PUBLIC})
    frames = dict(previous.frames)
    for name in PUBLIC:
        if ids := changed.get(name):
            frames[name] = _patched(connection, name, frames[name], ids)
    return Snapshot(seq, mark, frames, changed)


def last_public(connection: Connection) -> int:
    """Return the number of the last event of a public entity; 0 before the first.

    A remark, a contact or an account changes nothing that the map or a check could show.
    """
    event = models.event
    # what is left out, not what is wanted: SQLite would gather all of those by their index
    chosen = sa.select(event.c.seq).where(event.c.entity.not_in(PRIVATE))
    return int(connection.scalar(chosen.order_by(event.c.seq.desc()).limit(1)) or 0)


def state(connection: Connection, seq: int) -> str:
    """Return a mark of all that led to event number `seq`.

    The number alone is none: after a backup was restored it is counted once more.
    """
    event, action = models.event, models.action
    chosen = (
        sa.select(action.c.hash)
        .join_from(event, action, event.c.action == action.c.number)
        .where(event.c.seq == seq)
    )
    return f"{seq}:{connection.execute(chosen).scalar() or ''}"


def _changed_since(connection: Connection, previous: Snapshot) -> dict[str, frozenset[str]] | None:
    """Return which rows changed, by entity.

    None where they are too many to be read one by one, or another history is there now.
    """
    if state(connection, previous.seq) != previous.state:
        return None
    event = models.event
    # not distinct: for that SQLite walks through the index of all events there ever were
    chosen = (
        sa.select(event.c.entity, event.c.entity_id)
        .where(event.c.seq > previous.seq)
        .limit(FEW + 1)
    )
    found: dict[str, set[str]] = {}
    rows = connection.execute(chosen).all()
    if len(rows) > FEW:
        return None
    for entity, row_id in rows:
        found.setdefault(entity, set()).add(row_id)
    return {entity: frozenset(ids) for entity, ids in found.items()}


def _patched(
    connection: Connection, entity: str, frame: pd.DataFrame, ids: frozenset[str]
) -> pd.DataFrame:
    """Return a frame with some of its rows read anew, in the same order."""
    fresh = queries.rows_by_id(connection, entity, sorted(ids))
    kept = np.flatnonzero(~frame["id"].isin(ids).to_numpy())
    if not fresh:
        return frame.take(kept).reset_index(drop=True)
    both = pd.concat([frame, queries.as_frame(entity, fresh)], ignore_index=True)
    rows = np.concatenate([kept, np.arange(len(frame), len(both))])
    created = both["created"].to_numpy()[rows]
    # the columns are gone through but once
    return both.take(rows[np.argsort(created, kind="stable")]).reset_index(drop=True)
