"""Questions to the register's tables; each takes a connection, so that one state answers."""

import datetime as dt
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Connection

from stationmap.store import models
from stationmap.store.events import Action, Event, Row, applied, plain, restored
from stationmap.store.models import ENTITIES

CHUNK = 500  # ids in one question
MOST_COUNTED = 10_000
"""Matches of a search that are counted; what is beyond them is only said to be more."""

MERGE = "merge"
"""Kind of the action that makes one station of two; its note is the id of the one kept."""

_LETTER = re.compile("[A-Za-z]")
_OF_STATIONS = ("closure", "restock", "application", "remark", "inspection", "rectification")
_SEARCHED = ("name", "address", "unit", "id")
_ORDER = (models.station.c.name, models.station.c.id)
# the same order in PostgreSQL, and short enough for its index
_ORDER_POSTGIS = (
    sa.func.left(models.station.c.name, 100).collate("C").nulls_first(),
    models.station.c.id.collate("C"),
)


def chunks(ids: Iterable[str]) -> Iterator[list[str]]:
    """Cut ids into lists that one question holds."""
    rest = iter(ids)
    while some := list(islice(rest, CHUNK)):
        yield some


def rows_by_id(connection: Connection, entity: str, ids: Collection[str]) -> list[Row]:
    """Return the rows of some ids, all columns."""
    table = ENTITIES[entity]
    return [
        dict(row)
        for some in chunks(ids)
        for row in connection.execute(
            sa.select(table).where(_among(connection, table.c.id, some))
        ).mappings()
    ]


def delete(connection: Connection, entity: str, ids: Collection[str]) -> None:
    """Remove rows from the present state."""
    table = ENTITIES[entity]
    for some in chunks(ids):
        connection.execute(sa.delete(table).where(_among(connection, table.c.id, some)))


def _among(
    connection: Connection, column: sa.Column[str], ids: list[str]
) -> sa.ColumnElement[bool]:
    if connection.dialect.name == "postgresql":
        # one array is looked up by hash, a list of parameters one by one
        return column == sa.any_(sa.cast(ids, ARRAY(sa.Text)))
    return column.in_(ids)


def frame(connection: Connection, entity: str) -> pd.DataFrame:
    """Return all rows of an entity in the order they came to be, the columns for everybody."""
    chosen = sa.select(*models.read_by_all(entity)).order_by(ENTITIES[entity].c.created)
    found = connection.execute(chosen)
    return _typed(entity, pd.DataFrame.from_records(found.fetchall(), columns=list(found.keys())))


def as_frame(entity: str, rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return rows as a frame with the columns of `frame`."""
    names = [column.name for column in models.read_by_all(entity)]
    return _typed(
        entity, pd.DataFrame.from_records([[r[n] for n in names] for r in rows], columns=names)
    )


def _typed(entity: str, found: pd.DataFrame) -> pd.DataFrame:
    """Keep places and JSON as they are, numbers as floats: nothing depends on what is missing."""
    kinds = {}
    for column in models.read_by_all(entity):
        if isinstance(column.type, models.Point | models.Json | sa.Boolean):
            kinds[column.name] = "object"
        elif isinstance(column.type, sa.Text):
            kinds[column.name] = "str"
        elif column.name in {"created", "version"}:
            kinds[column.name] = "int64"
        else:
            kinds[column.name] = "float64"
    return found.astype(kinds)


# ------------------------------------------------------------------- stations


def find_stations(
    connection: Connection,
    *,
    words: str = "",
    status: str = "",
    type: str = "",  # noqa: A002 - the column's name
    adcode: str = "",
    unit_id: str = "",
    source: str = "",
    placed: bool | None = None,
    bbox: tuple[float, float, float, float] | None = None,
    ids: Collection[str] | None = None,
    offset: int = 0,
    limit: int | None = 50,
) -> tuple[int, list[Row]]:
    """Search the stations.

    Parameters
    ----------
    connection : Connection
    words : str
        Every word stands in the name, the address, the unit or the id, whatever the case of its
        letters from a to z.
    status, type, unit_id, source : str
        Only stations with this one; all where empty.
    adcode : str
        Only stations whose adcode begins so.
    placed : bool, optional
        Only those with a place, or (False) only those without: 待定位.
    bbox : tuple of float, optional
        Only those within west, south, east, north in degrees, borders included.
    ids : collection of str, optional
        Only some of these.
    offset, limit : int
        Which of them, in the order of their names; None for all.

    Returns
    -------
    total : int
        How many there are in all. Where words are searched for, and not all are asked for, they
        are counted as far as `MOST_COUNTED`: a larger number says that there are more than these,
        and more than are on the pages up to this one if there is another.
    rows : list of dict
    """
    table = models.station
    same = {"status": status, "type": type, "unit_id": unit_id, "source": source}
    where = [table.c[name] == value for name, value in same.items() if value]
    if adcode:
        where.append(table.c.adcode.startswith(adcode, autoescape=True))
    where += [_holds(connection, word) for word in words.split()]
    if placed is not None:
        where.append(table.c.geometry.is_not(None) if placed else table.c.geometry.is_(None))
    if bbox is not None:
        where.append(_in_box(connection, bbox))
    if ids is not None:
        where.append(_among(connection, table.c.id, list(ids)))
    # which ones: answered by the index alone, then the rows of the page
    sqlite = connection.dialect.name == "sqlite"
    chosen = sa.select(table.c.id).where(*where).order_by(*(_ORDER if sqlite else _ORDER_POSTGIS))
    if words and limit is not None:
        total, page = _searched(connection, chosen, offset=offset, limit=limit)
    else:
        counted = sa.select(sa.func.count()).select_from(table).where(*where)
        total = connection.scalar(counted) or 0
        page = connection.scalars(chosen.offset(offset).limit(limit)).all()
    rows = {row["id"]: row for row in rows_by_id(connection, "station", page)}
    return total, [rows[station] for station in page]


def _searched(
    connection: Connection, chosen: sa.Select[Any], *, offset: int, limit: int
) -> tuple[int, Sequence[str]]:
    """Return how many a search finds, counted as far as `MOST_COUNTED`, and a page of their ids.

    It looks at every row until it has enough: once, not for the number and for the page.
    """
    start = offset if offset + limit > MOST_COUNTED else 0
    upto = max(MOST_COUNTED, offset + limit) + 1
    ids = connection.scalars(chosen.offset(start).limit(upto - start)).all()
    if start and not ids:  # beyond the last one
        return len(connection.scalars(chosen.limit(MOST_COUNTED + 1)).all()), []
    return start + len(ids), ids[offset - start : offset - start + limit]


def _holds(connection: Connection, word: str) -> sa.ColumnElement[bool]:
    """Whether a word stands somewhere in a station's words, whatever the case of its a to z."""
    texts: list[Any] = [models.station.c[name] for name in _SEARCHED]
    if connection.dialect.name == "postgresql" and _LETTER.search(word):
        # SQLite's LIKE minds no case of these letters, nor does "C"; only they are worth the time
        word = _LETTER.sub(lambda found: found[0].lower(), word)
        texts = [sa.func.lower(text.collate("C")) for text in texts]
    return sa.or_(*(text.contains(word, autoescape=True) for text in texts))


def _in_box(
    connection: Connection, bbox: tuple[float, float, float, float]
) -> sa.ColumnElement[bool]:
    box = dict(zip("wsen", bbox, strict=True))
    if connection.dialect.name == "postgresql":
        return sa.text("station.geometry && ST_MakeEnvelope(:w, :s, :e, :n, 4326)").bindparams(
            **box
        )  # type: ignore[return-value]
    # an R-tree keeps single precision, rounded outwards: the place itself decides
    return sa.text(  # type: ignore[return-value]
        "station.created IN (SELECT number FROM station_rtree "
        "WHERE east >= :w AND west <= :e AND north >= :s AND south <= :n) "
        "AND point_x(station.geometry) BETWEEN :w AND :e "
        "AND point_y(station.geometry) BETWEEN :s AND :n"
    ).bindparams(**box)


# ------------------------------------------------------------------- events


def _selected() -> sa.Select[Any]:
    event, action = models.event, models.action
    return sa.select(
        event.c.seq,
        action.c.id.label("action"),
        action.c.at,
        action.c.by,
        action.c.kind,
        action.c.note,
        event.c.entity,
        event.c.entity_id,
        event.c.before,
        event.c.after,
    ).join_from(event, action, event.c.action == action.c.number)


def _events(connection: Connection, chosen: sa.Select[Any]) -> list[Event]:
    return [
        Event(*row[:8], *(None if text is None else json.loads(text) for text in row[8:]))
        for row in connection.execute(chosen)
    ]


def events(
    connection: Connection,
    subject: sa.ColumnElement[bool],
    *,
    before: int | None = None,
    limit: int | None = None,
) -> list[Event]:
    """Return the events that a condition names, newest first."""
    chosen = _selected().where(subject).order_by(models.event.c.seq.desc()).limit(limit)
    if before is not None:
        chosen = chosen.where(models.event.c.seq < before)
    return _events(connection, chosen)


def events_of(
    connection: Connection, action: str, *, offset: int, limit: int | None
) -> list[Event]:
    """Return the events of an action in their order."""
    # by its number alone: then the index gives them in their order, however many there are
    number = sa.select(models.action.c.number).where(models.action.c.id == action)
    own = models.event.c.action == connection.scalar(number)
    chosen = _selected().where(own).order_by(models.event.c.seq)
    return _events(connection, chosen.offset(offset).limit(limit))


def events_within(connection: Connection, action: str, *, adcode: str, limit: int) -> list[Event]:
    """Return the first events of an action on stations that are in a district now."""
    number = sa.select(models.action.c.number).where(models.action.c.id == action)
    station, event = models.station, models.event
    chosen = (
        _selected()
        .join(station, (event.c.entity == "station") & (station.c.id == event.c.entity_id))
        .where(event.c.action == connection.scalar(number))
        .where(station.c.adcode.startswith(adcode, autoescape=True))
        .order_by(event.c.seq)
        .limit(limit)
    )
    return _events(connection, chosen)


def actions(
    connection: Connection,
    *,
    id: str | None = None,  # noqa: A002 - the column's name
    before: int | None = None,
    limit: int = 50,
    kinds: Collection[str] = (),
    by: str | Collection[str] | None = None,
    since: str = "",
    until: str = "",
) -> list[Action]:
    """Return actions, newest first.

    Parameters
    ----------
    connection : Connection
    id : str, optional
        Of one action.
    before : int, optional
        Those whose last event is before this number.
    limit : int
    kinds : collection of str
        Of these kinds; of all unless given.
    by : str or collection of str, optional
        Of this account, or of one of these.
    since, until : str
        Not before and before an instant (UTC, ISO text to the millisecond).
    """
    action = models.action
    names = ["id", "seq", "at", "by", "kind", "note", "events", "undoes"]
    chosen = (
        sa.select(*(action.c[name] for name in names)).order_by(action.c.number.desc()).limit(limit)
    )
    for where in (
        action.c.id == id if id is not None else None,
        action.c.number < _number_at(before) if before is not None else None,
        action.c.kind.in_(list(kinds)) if kinds else None,
        action.c.by.in_([by] if isinstance(by, str) else list(by)) if by is not None else None,
        action.c.at >= since if since else None,
        action.c.at < until if until else None,
    ):
        if where is not None:
            chosen = chosen.where(where)
    found = connection.execute(chosen).all()
    undone_by = _undone_by(connection, [row.id for row in found])
    return [Action(*(*row, undone_by.get(row.id))) for row in found]


def days_of(connection: Connection, numbers: Collection[int]) -> dict[int, dt.date]:
    """Return the day (UTC) of each of some events, by its number."""
    event, action = models.event, models.action
    chosen = sa.select(event.c.seq, action.c.at).join(action, action.c.number == event.c.action)
    found: dict[int, dt.date] = {}
    asked = iter(numbers)
    while some := list(islice(asked, CHUNK)):
        for seq, at in connection.execute(chosen.where(event.c.seq.in_(some))):
            found[seq] = dt.date.fromisoformat(at[:10])
    return found


def _number_at(seq: int) -> sa.ColumnElement[int]:
    """Return the number of the action of an event, or of the next; actions before it are less."""
    event = models.event
    chosen = sa.select(event.c.action).where(event.c.seq >= seq).order_by(event.c.seq).limit(1)
    return sa.func.coalesce(chosen.scalar_subquery(), sa.literal(2**53))


def touched(connection: Connection, actions: Collection[str], entity: str) -> dict[str, int]:
    """Return how many rows of an entity some actions changed, by action."""
    event, action = models.event, models.action
    chosen = (
        sa.select(action.c.id, sa.func.count())
        .join(event, event.c.action == action.c.number)
        .where(action.c.id.in_(list(actions)))
        .where(event.c.entity == entity)
        .group_by(action.c.id)
    )
    return {own: int(count) for own, count in connection.execute(chosen)}


def undoing(connection: Connection, ids: Collection[str]) -> list[tuple[int, str, str]]:
    """Return all undoes of some actions, and theirs: number, what is undone, by which action."""
    action, found, asked = models.action, [], list(ids)
    chosen = sa.select(action.c.number, action.c.undoes, action.c.id)
    while asked:
        new = [
            tuple(row)
            for some in chunks(asked)
            for row in connection.execute(
                chosen.where(_among(connection, action.c.undoes, some))
            ).all()
        ]
        found += new
        asked = [by for *_, by in new]
    return sorted(found)


def _undone_by(connection: Connection, ids: Collection[str]) -> dict[str, str]:
    """Return which of some actions are undone, and by which one."""
    undone_by: dict[str, str] = {}
    # newest first: an undo that is undone itself undoes nothing
    for _, undone, by in reversed(undoing(connection, ids)):
        if by not in undone_by:
            undone_by.setdefault(undone, by)
    return undone_by


def used_since(connection: Connection, ids: Collection[str], *, seq: int) -> set[str]:
    """Return the stations of some ids that have got something that is theirs since an event."""
    found: set[str] = set()
    for entity, name in (("contact", "id"), *((e, "station_id") for e in _OF_STATIONS)):
        table = ENTITIES[entity]
        for some in chunks(ids):
            own = _among(connection, table.c[name], some) & (table.c.created > seq)
            found |= set(connection.execute(sa.select(table.c[name]).where(own)).scalars())
    return found


def merged_into_since(connection: Connection, action_id: str) -> set[str]:
    """Return the stations of which others became a part after an action, and still are."""
    action = models.action
    after = sa.select(action.c.number).where(action.c.id == action_id).scalar_subquery()
    chosen = (
        sa.select(action.c.id, action.c.note)
        .where(action.c.kind == MERGE)
        .where(action.c.number > after)
    )
    kept = {row.id: row.note for row in connection.execute(chosen)}
    undone = _undone_by(connection, list(kept))
    return {note for id_, note in kept.items() if id_ not in undone}


def last_events(connection: Connection, entity: str, ids: Iterable[str]) -> dict[str, int]:
    """Return the number of the last event of each of some rows, of those that are gone too."""
    event = models.event
    found: dict[str, int] = {}
    for some in chunks(ids):
        chosen = (
            sa.select(event.c.entity_id, sa.func.max(event.c.seq))
            .where(event.c.entity == entity)
            .where(_among(connection, event.c.entity_id, some))
            .group_by(event.c.entity_id)
        )
        found.update(tuple(row) for row in connection.execute(chosen))
    return found


def removed(
    connection: Connection, entity: str, ids: Iterable[str], *, unless: Collection[str]
) -> dict[str, Row]:
    """Return the rows of some ids whose last event removed them, unless of one of some kinds."""
    event, action = models.event, models.action
    found: dict[str, Row] = {}
    for some in chunks(ids):
        last = (
            sa.select(sa.func.max(event.c.seq).label("seq"))
            .where(event.c.entity == entity)
            .where(_among(connection, event.c.entity_id, some))
            .group_by(event.c.entity_id)
            .subquery()
        )
        chosen = (
            sa.select(event.c.entity_id, event.c.before, action.c.kind, action.c.undoes)
            .join(last, last.c.seq == event.c.seq)
            .join(action, action.c.number == event.c.action)
            .where(event.c.after.is_(None))
        )
        for row_id, before, kind, undoes in connection.execute(chosen).all():
            if _again(connection, kind, undoes) not in unless:
                found[row_id] = json.loads(before)
    return found


def _again(connection: Connection, kind: str, undoes: str | None) -> str:
    """Return the kind of what an action does: the undo of an undo does again what was undone."""
    action = models.action
    chosen = sa.select(action.c.kind, action.c.undoes)
    done, steps = kind, 0
    while undoes is not None:
        done, undoes = connection.execute(chosen.where(action.c.id == undoes)).one()
        steps += 1
    return done if steps % 2 == 0 else kind


def row_at(connection: Connection, entity: str, row_id: str, *, seq: int) -> Row | None:
    """Return a row as it was after event number `seq`, without what the register fills itself."""
    subject = (models.event.c.entity == entity) & (models.event.c.entity_id == row_id)
    found = rows_by_id(connection, entity, [row_id])
    row = plain(found[0]) if found else None
    for one in events(connection, subject):
        if one.seq <= seq:
            break
        row = applied(row, one.before)
    return None if row is None else restored(entity, row)
