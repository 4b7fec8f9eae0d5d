"""Hold a register against itself: its storage, the chain of its actions, its present state.

Everything is read in one state of the register and in the order it is compared in, so that a
register of any size is verified in the same memory.
"""

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import OperationalError

from stationmap.errors import RegisterError
from stationmap.messages import N_, render
from stationmap.store import backend, models
from stationmap.store.events import GENESIS, Chain, Row, applied, difference, plain

SHOWN = 20  # problems told one by one
_UNREADABLE = N_("the database cannot be read to its end: its file is damaged")
_AT_ONCE = 2_000  # rows fetched together
_FACTS = ("number", "id", "at", "by", "kind", "note", "undoes", "events", "content")

# SQLite's tree of places against the stations, from either side; single precision, rounded outwards
_MISPLACED = (
    """SELECT s.id FROM station s LEFT JOIN station_rtree r ON r.number = s.created
    WHERE CASE WHEN s.geometry IS NULL OR r.number IS NULL
    THEN (s.geometry IS NULL) <> (r.number IS NULL)
    ELSE point_x(s.geometry) NOT BETWEEN r.west AND r.east
    OR point_y(s.geometry) NOT BETWEEN r.south AND r.north END""",
    """SELECT '#' || r.number FROM station_rtree r LEFT JOIN station s ON s.created = r.number
    WHERE s.id IS NULL""",
)


@dataclass(frozen=True)
class Problem:
    """One thing that does not hold: an English template and its values."""

    template: str
    params: dict[str, Any]

    def render(self, lang: str) -> str:
        """Return the sentence in `lang` ("zh" or "en")."""
        return render(self.template, self.params, lang=lang)

    def __str__(self) -> str:
        return self.render("en")


@dataclass
class Verification:
    """What was read, and what does not hold.

    Attributes
    ----------
    actions, events, rows : int
    hash : str
        Of the last action: it stands for the whole history.
    problems : list of Problem
        The first `SHOWN`; `count` is how many there are in all.
    """

    actions: int = 0
    events: int = 0
    rows: int = 0
    hash: str = GENESIS
    problems: list[Problem] = field(default_factory=list)
    count: int = 0

    @property
    def sound(self) -> bool:
        """Whether everything holds."""
        return not self.count

    def add(self, template: str, **params: Any) -> None:
        """Take in a problem."""
        self.count += 1
        if len(self.problems) < SHOWN:
            self.problems.append(Problem(template, params))


def verify(engine: Engine) -> Verification:
    """Verify a register of today's form.

    1. What the database says of its own storage (SQLite), and of where the stations are.
    2. Every action and event is there, in order, and the hash of each covers the one before.
    3. The present state is what the events make, row by row and column by column.

    Raises
    ------
    RegisterError
        The database cannot be read for another reason than damage.
    """
    found = Verification()
    try:
        with backend.reading(engine) as connection:
            if engine.dialect.name == "sqlite":
                _check_storage(connection, found)
            _check_chain(connection, found)
            _check_state(connection, found)
    except RegisterError as error:
        if error.params.get("why") != "damaged":
            raise
        found.add(_UNREADABLE)
    except (OperationalError, ValueError, TypeError, LookupError, struct.error):
        # bytes that are no text, no place or no JSON any more
        found.add(_UNREADABLE)
    return found


def _check_storage(connection: Connection, found: Verification) -> None:
    for (text,) in connection.exec_driver_sql(f"PRAGMA integrity_check({SHOWN})"):
        if text != "ok":
            found.add(N_("the database says of its file: {detail}"), detail=text)
    for question in _MISPLACED:
        for (name,) in connection.exec_driver_sql(question):
            found.add(N_("station {id} is not found at its place"), id=name)


# ------------------------------------------------------------------- the chain


def _check_chain(connection: Connection, found: Verification) -> None:
    action, event = models.action, models.event
    events = _streamed(connection, sa.select(event).order_by(event.c.seq))
    waiting = _Events(events, found)
    number, seq, digest = 0, 0, GENESIS
    for row in _streamed(connection, sa.select(action).order_by(action.c.number)):
        if row.number != number + 1:
            found.add(N_("before action {number} actions are missing"), number=row.number)
        chain = Chain(digest)
        facts = row._mapping
        chain.add_action(**{name: facts[name] for name in _FACTS})
        held = 0
        for one in waiting.of(row.number):
            held, seq = held + 1, one.seq
            chain.add_event(one.seq, one.entity, one.entity_id, one.before, one.after)
        if (held, seq, chain.hexdigest()) != (row.events, row.seq, row.hash):
            found.add(
                N_("action {number} ({kind}, {at}) or what it changed is not as it was written"),
                number=row.number,
                kind=row.kind,
                at=row.at,
            )
        # on from what stands there, so that one fault is told but once
        number, seq, digest = row.number, row.seq, row.hash
        found.actions += 1
    waiting.rest()
    found.hash = digest
    heads = connection.execute(sa.select(models.head)).all()
    if [(h.seq, h.actions, h.hash) for h in heads] != [(seq, number, digest)]:
        found.add(N_("the last action is not the one that the register notes as its last"))


class _Events:
    """The events in their order, given out action by action."""

    def __init__(self, events: Iterator[sa.Row[Any]], found: Verification) -> None:
        self._events, self._found = events, found
        self._seq = 0
        self._next = next(events, None)

    def of(self, action: int) -> Iterator[sa.Row[Any]]:
        """Give the events of an action; those that should have come before it belong to none."""
        while self._next is not None and self._next.action <= action:
            one = self._take()
            if one.action == action:
                yield one
            else:
                self._found.add(N_("event {seq} belongs to no action"), seq=one.seq)

    def rest(self) -> None:
        """Tell of the events that no action claimed."""
        while self._next is not None:
            self._found.add(N_("event {seq} belongs to no action"), seq=self._take().seq)

    def _take(self) -> sa.Row[Any]:
        one = self._next
        assert one is not None
        if one.seq != self._seq + 1:
            self._found.add(N_("before event {seq} events are missing"), seq=one.seq)
        self._seq, self._next = one.seq, next(self._events, None)
        self._found.events += 1
        return one


# ------------------------------------------------------------------- the present state


def _check_state(connection: Connection, found: Verification) -> None:
    event = models.event
    unknown = sa.select(event.c.seq).where(event.c.entity.not_in(list(models.ENTITIES)))
    for (seq,) in connection.execute(unknown.order_by(event.c.seq)):
        found.add(N_("event {seq} is of a kind that this program does not know"), seq=seq)
    for entity in models.ENTITIES:
        made, kept = _rebuilt(connection, entity, found), _kept(connection, entity)
        wanted, stands = next(made, None), next(kept, None)
        while wanted is not None or stands is not None:
            if stands is None or (wanted is not None and wanted[0] < stands[0]):
                assert wanted is not None
                found.add(
                    N_("{entity} {id} is missing, though its events make it"),
                    entity=entity,
                    id=wanted[0],
                )
                wanted = next(made, None)
                continue
            found.rows += 1
            if wanted is None or stands[0] < wanted[0]:
                found.add(
                    N_("{entity} {id} is there, though no event makes it"),
                    entity=entity,
                    id=stands[0],
                )
            else:
                _compare(entity, wanted, stands, found)
                wanted = next(made, None)
            stands = next(kept, None)


_State = tuple[str, Row, int, int]  # id, plain row, numbers of its first and its last event


def _compare(entity: str, wanted: _State, stands: _State, found: Verification) -> None:
    differs = difference(wanted[1], stands[1])
    names = list(differs[0] or ()) if differs else []
    names += ["created"] if wanted[2] != stands[2] else []
    names += ["version"] if wanted[3] != stands[3] else []
    if names:
        found.add(
            N_("{entity} {id} is not what its events make of it ({columns})"),
            entity=entity,
            id=wanted[0],
            columns=", ".join(names),
        )


def _kept(connection: Connection, entity: str) -> Iterator[_State]:
    table = models.ENTITIES[entity]
    chosen = sa.select(table).order_by(_bytewise(connection, table.c.id))
    for row in _streamed(connection, chosen):
        values = dict(row._mapping)
        yield row.id, plain(values), row.created, row.version


def _rebuilt(connection: Connection, entity: str, found: Verification) -> Iterator[_State]:
    """Make the rows of an entity from its events, in the order of their ids."""
    event = models.event
    chosen = (
        sa.select(event.c.seq, event.c.entity_id, event.c.before, event.c.after)
        .where(event.c.entity == entity)
        .order_by(_bytewise(connection, event.c.entity_id), event.c.seq)
    )
    for row_id, events in groupby(_streamed(connection, chosen), key=attrgetter("entity_id")):
        row: Row | None = None
        created = version = 0
        for one in events:
            try:
                before, after = (
                    None if text is None else json.loads(text) for text in (one.before, one.after)
                )
                fits = _fits(row, before)
            except (ValueError, TypeError, AttributeError):
                found.add(N_("event {seq} cannot be read"), seq=one.seq)
                continue
            if not fits:
                found.add(N_("event {seq} does not follow from the one before it"), seq=one.seq)
            created, version = one.seq if row is None else created, one.seq
            row = applied(row, after)
        if row is not None:
            yield row_id, row, created, version


def _fits(row: Row | None, before: Row | None) -> bool:
    """Whether a row is as an event found it."""
    if row is None or before is None:
        return row is before
    return difference({name: row.get(name) for name in before}, before) is None


def _bytewise(connection: Connection, column: sa.Column[str]) -> sa.ColumnElement[str]:
    """Order as Python orders text; SQLite does so by itself."""
    return column if connection.dialect.name == "sqlite" else sa.collate(column, "C")


def _streamed(connection: Connection, chosen: sa.Select[Any]) -> Iterator[sa.Row[Any]]:
    yield from connection.execute(chosen, execution_options={"yield_per": _AT_ONCE})
