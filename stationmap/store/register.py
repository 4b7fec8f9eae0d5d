"""Register: stations, units and all that is kept of them, as events and as their present state."""

import datetime as dt
import weakref
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stationmap.errors import Conflict, InputError
from stationmap.store import backend, migrate, models, queries, snapshot, standing, unmerge
from stationmap.store.events import (
    Action,
    Chain,
    Change,
    Event,
    Receipt,
    Row,
    action_of,
    applied,
    clean,
    content_hash,
    difference,
    now,
    plain,
    plain_of,
    restored,
    row_of,
    tracked,
)
from stationmap.store.models import ENTITIES, canonical
from stationmap.store.snapshot import Snapshot
from stationmap.store.watch import Watch

AS_THE_SOURCE_SAYS = ("import", "adopt", "undo")
"""Kinds of action that tell themselves what a source had brought (see `events.tracked`)."""


class Register:
    """One city's register, on SQLite or on PostGIS; may be used by many threads and processes.

    Every write is one transaction: it is whole and lasts once its receipt is given, or has not
    happened. Whoever reads sees one state. Methods raise RegisterError where the database is busy,
    full, damaged or out of reach.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        weakref.finalize(self, engine.dispose)
        self._watch = Watch(engine.url)
        weakref.finalize(self, self._watch.close)

    @classmethod
    def open(cls, url: str | Path) -> "Register":
        """Open a register; make it where there is none, bring an older one to today's form.

        Parameters
        ----------
        url : str or Path
            A file, ``sqlite:///FILE``, or ``postgresql://USER@HOST/NAME``.

        Raises
        ------
        RegisterError
            It cannot be reached, is damaged, or was written by a newer program.
        """
        engine = backend.engine_of(url)
        try:
            with backend.faults(engine):
                migrate.up(engine)
        except BaseException:
            engine.dispose()
            raise
        return cls(engine)

    @property
    def engine(self) -> sa.Engine:
        """The database behind the register."""
        return self._engine

    @property
    def backend(self) -> str:
        """Kind of database: "sqlite" or "postgis"."""
        return "sqlite" if self._engine.dialect.name == "sqlite" else "postgis"

    @property
    def url(self) -> str:
        """Address of the register, a password hidden."""
        return self._engine.url.render_as_string(hide_password=True)

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()
        self._watch.close()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection that sees one state from beginning to end."""
        with backend.reading(self._engine) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection that alone may write; the block's work stands whole, or not at all."""
        with backend.writing(self._engine) as connection:
            yield connection

    # -- reading -----------------------------------------------------------------------------

    def seq(self) -> int:
        """Return the number of the last event; 0 before the first."""
        with self.reading() as connection:
            return int(_head(connection).seq)

    def state(self) -> str:
        """Return a short text that every public event changes, and a restored backup too; cheap."""
        return self._watch.kept(self._state)

    def _state(self) -> str:
        with self.reading() as connection:
            return snapshot.state(connection, snapshot.last_public(connection))

    def get(self, entity: str, id: str) -> Row | None:  # noqa: A002 - the column's name
        """Return one row with all its columns; None where there is none of this id."""
        found = self.rows(entity, id=id)
        return found[0] if found else None

    def rows(self, entity: str, **equals: Any) -> list[Row]:
        """Return the rows whose columns equal what is given, in the order they came to be."""
        with self.reading() as connection:
            return standing.rows(connection, entity, **equals)

    def find_stations(self, **filters: Any) -> tuple[int, list[Row]]:
        """Search the stations; see `queries.find_stations`."""
        with self.reading() as connection:
            return queries.find_stations(connection, **filters)

    def snapshot(self, previous: Snapshot | None = None) -> Snapshot:
        """Read the public entities, all of one state; only what changed where `previous` is given.

        `previous` itself is returned where nothing has changed since.
        """
        with self.reading() as connection:
            return snapshot.read(connection, previous)

    def history(
        self,
        entity: str,
        id: str,  # noqa: A002 - the column's name
        *,
        before: int | None = None,
        limit: int = 50,
    ) -> list[Event]:
        """Return the events of one row, newest first; those before event number `before`."""
        subject = (models.event.c.entity == entity) & (models.event.c.entity_id == id)
        with self.reading() as connection:
            return queries.events(connection, subject, before=before, limit=limit)

    def removed(self, entity: str, ids: Collection[str]) -> dict[str, Row]:
        """Return the rows that stood under some ids and that a person removed, as they were."""
        with self.reading() as connection:
            return queries.removed(connection, entity, ids, unless=AS_THE_SOURCE_SAYS)

    def actions(self, **filters: Any) -> list[Action]:
        """Return actions, newest first; see `queries.actions`."""
        with self.reading() as connection:
            return queries.actions(connection, **filters)

    def touched(self, actions: Collection[str], entity: str) -> dict[str, int]:
        """Return how many rows of an entity some actions changed, by action."""
        with self.reading() as connection:
            return queries.touched(connection, actions, entity)

    def written_at(self, events: Collection[int]) -> dict[int, dt.date]:
        """Return the day (UTC) of each of some events, by its number."""
        with self.reading() as connection:
            return queries.days_of(connection, events)

    def action(self, id: str) -> Action | None:  # noqa: A002 - the column's name
        """Return one action; None where there is none of this id."""
        with self.reading() as connection:
            return next(iter(queries.actions(connection, id=action_of(id), limit=1)), None)

    def events(self, action: str, *, offset: int = 0, limit: int = 100) -> list[Event]:
        """Return the events of one action in their order, from the `offset`-th on."""
        with self.reading() as connection:
            return queries.events_of(connection, action_of(action), offset=offset, limit=limit)

    def events_within(self, action: str, *, adcode: str, limit: int = 100) -> list[Event]:
        """Return the first events of an action on stations that are in a district now."""
        with self.reading() as connection:
            return queries.events_within(connection, action_of(action), adcode=adcode, limit=limit)

    # -- writing -----------------------------------------------------------------------------

    def write(
        self,
        changes: Sequence[Change],
        *,
        action: str,
        by: str,
        kind: str,
        note: str = "",
        only_if: standing.Check | None = None,
        request: Any = None,
    ) -> Receipt:
        """Make changes, all or none, as one action.

        Parameters
        ----------
        changes : sequence of Change
            At most one of each row. What stands already makes no event.
        action : str
            The client's UUID: sent again with the same changes it answers the first receipt.
        by : str
            Id of the account that asks, or "cli".
        kind : str
            What is done, in a word: edit, move, import …
        note : str
            Anything to remember of it; no part of the action's identity.
        only_if : callable, optional
            Called once nobody else can write, with what answers as `rows` does; what it raises
            refuses the write.
        request : optional
            What the client sent, as JSON has it: sent again it answers the first receipt, whatever
            changes would follow from it by then. The changes themselves unless given.

        Raises
        ------
        Conflict
            A row is not at the version it was read at, or the action was taken with other changes.
        InputError
            The action is no UUID, a text cannot be stored, or another account has the name.
        """
        action = action_of(action)
        asked = [
            (c.entity, c.id, None if c.after is None else clean(c.entity, c.after), c.expects)
            for c in changes
        ]
        if len({(entity, row_id) for entity, row_id, *_ in asked}) < len(asked):
            raise ValueError("a row can be changed but once in an action")
        with self.writing() as connection:
            content = content_hash(kind, asked) if request is None else _request(kind, request)
            if earlier := _earlier(connection, action, content):
                return earlier
            if only_if is not None:
                only_if(partial(standing.rows, connection))
            current = standing.current(
                connection, [(entity, row_id) for entity, row_id, *_ in asked]
            )
            steps = []
            for entity, row_id, after, expects in asked:
                row = current.get((entity, row_id))
                if expects is not None and (row["version"] if row else 0) != expects:
                    raise standing.stale(connection, entity, row_id, after, row, expects)
                steps.append((entity, row_id, row, _wanted(row, after, kind=kind)))
            return _record(
                connection, steps, action=action, by=by, kind=kind, note=note, content=content
            )

    def again(self, action: str, *, kind: str, request: Any) -> Receipt | None:
        """Return the receipt of a request that was written before (see `write`); None of a new one.

        Raises
        ------
        Conflict
            The action was taken with another request.
        """
        with self.reading() as connection:
            return _earlier(connection, action_of(action), _request(kind, request))

    def changed_since(self, action: str) -> list[Event]:
        """Return those events of an action whose rows are no longer as it left them."""
        with self.reading() as connection:
            return [e for e, _, stands in _present(connection, action_of(action)) if not stands]

    def undo(
        self,
        undone: str,
        *,
        action: str,
        by: str,
        keep_changed: bool = False,
        over: bool = False,
        note: str = "",
    ) -> Receipt:
        """Put back what an action changed.

        Parameters
        ----------
        undone : str
            Id of the action to undo; an undo can be undone too.
        action, by, note : str
            See `write`.
        keep_changed : bool
            Leave alone the rows that were changed since, and name them in the receipt; so is a
            station that the action brought once another became part of it, or a notice is of it.
        over : bool
            Put them back too, over what was changed; but for what somebody took out since. Of a
            merge into what goes, the other station comes back.

        Raises
        ------
        Conflict
            A row was changed since, or the action is undone already.
        InputError
            There is no such action.
        """
        action, undone = action_of(action), action_of(undone)
        with self.writing() as connection:
            content = content_hash(
                "undo", [("action", undone, None, 2 if over else int(keep_changed))]
            )
            if earlier := _earlier(connection, action, content):
                return replace(earlier, kept=_left_alone(connection, undone, by=action))
            found = next(iter(queries.actions(connection, id=undone, limit=1)), None)
            if found is None:
                raise InputError("there is no action {action} to undo", action=undone)
            if found.undone_by is not None:
                nothing = {"yours": None, "current": None, "base": None}
                raise Conflict("this was undone already", entity="action", id=undone, **nothing)
            steps, kept = [], []
            for one, current, stands in _present(connection, undone):
                lost = current is None and one.before is not None and one.after is not None
                if not stands and (lost or not over):
                    if not (keep_changed or over):
                        raise Conflict(
                            "{id} was changed since; undo that first, or undo the rest alone",
                            entity=one.entity, id=one.id, yours=one.before, current=current,
                            base=None,
                        )  # fmt: skip
                    kept.append((one.entity, one.id))
                    continue
                before = None if one.before is None else restored(one.entity, one.before)
                row = applied(plain(current) if current else None, before)
                steps.append((one.entity, one.id, current, row))
            if over:
                going = {own for entity, own, _, row in steps if entity == "station" and not row}
                again = unmerge.steps(connection, found, going)
                steps += [one for one in again if one[:2] not in {step[:2] for step in steps}]
            receipt = _record(
                connection,
                steps,
                action=action,
                by=by,
                kind="undo",
                note=note,
                content=content,
                undoes=undone,
            )
            return Receipt(receipt.action, receipt.seq, receipt.at, receipt.events, kept=kept)


# ------------------------------------------------------------------- the work of a write

_Step = tuple[str, str, Row | None, Row | None]  # entity, id, row as it stands, plain row wanted


def _head(connection: Connection) -> Any:
    return connection.execute(sa.select(models.head)).one()


def _request(kind: str, request: Any) -> str:
    return content_hash(kind, [("request", kind, {"sent": request}, None)])


def _earlier(connection: Connection, action: str, content: str) -> Receipt | None:
    """Return the receipt of the same action taken before."""
    taken = connection.execute(sa.select(models.action).where(models.action.c.id == action)).first()
    if taken is None:
        return None
    if taken.content != content:
        raise Conflict(
            "this was sent before with other content; what was saved first stands: open the form "
            "again and look",
            entity="action", id=action, yours=None, current=None, base=None,
        )  # fmt: skip
    return Receipt(action, taken.seq, taken.at, taken.events, again=True)


def _wanted(row: Row | None, after: Row | None, *, kind: str) -> Row | None:
    """Return the plain row that a change asks for."""
    if after is None:
        return None
    stands = plain(row) if row else {}
    wanted = applied(stands, plain_of(after)) or {}
    if row is not None and kind not in AS_THE_SOURCE_SAYS and "brought" in stands:
        wanted["brought"] = tracked(stands, wanted)
    return wanted


def _present(connection: Connection, undone: str) -> list[tuple[Event, Row | None, bool]]:
    """Return the events of an action, each with its row now and whether that is as it was left."""
    events = queries.events_of(connection, undone, offset=0, limit=None)
    current = standing.current(connection, [(e.entity, e.id) for e in events])
    last = {key: row["version"] for key, row in current.items()}
    gone: dict[str, list[str]] = {}
    for one in events:
        if (one.entity, one.id) not in current:
            gone.setdefault(one.entity, []).append(one.id)
    for entity, ids in gone.items():
        for row_id, seq in queries.last_events(connection, entity, ids).items():
            last[entity, row_id] = seq
    left = {(e.entity, e.id): e.seq for e in events}
    # what undid an undo left the rows as the action itself had
    again = {undone: True}
    for _, what, by in queries.undoing(connection, [undone]):
        again[by] = not again[what]
        if again[by]:
            redone = queries.events_of(connection, by, offset=0, limit=None)
            left |= {(e.entity, e.id): e.seq for e in redone}
    keys = [(e.entity, e.id) for e in events]
    brought = [e.id for e in events if e.entity == "station" and e.before is None]
    # what was kept of two, or has a notice or a contact since, is not to go with what brought it
    used = queries.used_since(connection, brought, seq=max(left.values(), default=0))
    used |= queries.merged_into_since(connection, undone)
    held = {("station", own) for own in used.intersection(brought)}
    stands = [last[key] == left[key] and key not in held for key in keys]
    return list(zip(events, map(current.get, keys), stands, strict=True))


def _left_alone(connection: Connection, undone: str, *, by: str) -> list[tuple[str, str]]:
    """Return the rows of an action that its undo left alone."""
    done = {(e.entity, e.id) for e in queries.events_of(connection, by, offset=0, limit=None)}
    asked = queries.events_of(connection, undone, offset=0, limit=None)
    return [(e.entity, e.id) for e in asked if (e.entity, e.id) not in done]


def _record(
    connection: Connection,
    steps: Iterable[_Step],
    *,
    action: str,
    by: str,
    kind: str,
    note: str,
    content: str,
    undoes: str | None = None,
) -> Receipt:
    """Write the events, what follows from them, and the action that holds them together."""
    head, at = _head(connection), now()
    number = head.actions + 1
    events: list[Row] = []
    removed: dict[str, list[str]] = {}
    added: dict[str, list[Row]] = {}
    seq = head.seq
    for entity, row_id, row, wanted in steps:
        found = difference(plain(row) if row else None, wanted)
        if found is None:
            continue
        seq += 1
        if entity == "account" and found[1] and found[1].get("name"):
            standing.refuse_taken(connection, found[1]["name"], but=row_id)
        before, after = (None if one is None else canonical(one) for one in found)
        events.append(
            {
                "seq": seq,
                "action": number,
                "entity": entity,
                "entity_id": row_id,
                "before": before,
                "after": after,
            }
        )
        if row is not None:
            removed.setdefault(entity, []).append(row_id)
        if wanted is not None:
            added.setdefault(entity, []).append(
                row_of(entity, row_id, wanted, created=row["created"] if row else seq, version=seq)
            )
    facts: dict[str, Any] = {
        "number": number,
        "id": action,
        "at": at,
        "by": by,
        "kind": kind,
        "note": note,
        "undoes": undoes,
        "events": len(events),
        "content": content,
    }
    chain = Chain(head.hash)
    chain.add_action(**facts)
    for event in events:
        chain.add_event(*(event[n] for n in ("seq", "entity", "entity_id", "before", "after")))
    digest = chain.hexdigest()
    if events:
        connection.execute(sa.insert(models.event), events)
    for entity, ids in removed.items():
        queries.delete(connection, entity, ids)
    for entity, rows in added.items():
        connection.execute(sa.insert(ENTITIES[entity]), rows)
    connection.execute(sa.insert(models.action), [{**facts, "seq": seq, "hash": digest}])
    connection.execute(sa.update(models.head).values(seq=seq, actions=number, hash=digest))
    return Receipt(action, seq, at, len(events))
