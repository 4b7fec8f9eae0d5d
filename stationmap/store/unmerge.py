"""Merges that cannot stand any more: what was kept of two goes, with what had brought it."""

from collections.abc import Collection

from sqlalchemy.engine import Connection

from stationmap.store import queries, standing
from stationmap.store.events import Action, Row, applied, plain, restored

Step = tuple[str, str, Row | None, Row | None]  # entity, id, row as it stands, plain row wanted

_REFERENCES = ("station_id", "subject_id", "parent_id")
_MOST = 10**6  # merges of a register


def steps(connection: Connection, undone: Action, going: Collection[str]) -> list[Step]:
    """Return what takes back, of the merges since an action, those whose kept station goes.

    The other station comes back unless it goes too, and what referred to it refers to it again.

    Parameters
    ----------
    connection : Connection
    undone : Action
        What is undone.
    going : collection of str
        Ids of the stations that it had brought and that go with it.
    """
    wanted: dict[tuple[str, str], tuple[Row | None, Row | None]] = {}
    for merge in queries.actions(connection, kinds=(queries.MERGE,), limit=_MOST):
        if merge.seq <= undone.seq or merge.undone_by is not None or merge.note not in going:
            continue
        events = queries.events_of(connection, merge.id, offset=0, limit=None)
        keys = [(e.entity, e.id) for e in events]
        stands = standing.current(connection, keys)
        for one, key in zip(events, keys, strict=True):
            if one.entity == "station" and one.id in going:
                continue
            row, now = wanted.get(key, (stands.get(key), plain(stands.get(key) or {}) or None))
            before = None if one.before is None else restored(one.entity, one.before)
            if one.entity == "contact":
                # that of what is gone is nobody's any more
                back = one.id not in going or before is None
                as_left = (row["version"] if row else one.seq) == one.seq
                if back and as_left:
                    wanted[key] = row, applied(now, before)
            elif one.after is None and now is None:
                wanted[key] = row, applied(None, before)
            elif now is not None and before is not None:
                column = next((n for n in _REFERENCES if now.get(n) == merge.note), None)
                if column in before:
                    wanted[key] = row, applied(now, {column: before[column]})
    return [(*key, row, now) for key, (row, now) in wanted.items()]
