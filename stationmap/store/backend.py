"""What SQLite and PostGIS do differently: connecting, holding the right to write, and faults."""

import json
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from stationmap.errors import RegisterError
from stationmap.store import models

WAIT_S = 10  # for another writer
# what databases say when bytes are no longer those that were written
_DAMAGED = (
    "malformed",
    "not a database",
    "disk i/o",
    "checksum",
    "could not decode",
    "user-defined function",  # a place that is none
    # what SQLite's table of tables has lost
    "no such table",
    "no such column",
    "has no column",
)
_PLACE = struct.Struct("<5xdd")


def engine_of(url: str | Path) -> Engine:
    """Return an engine for a register's address: a path, ``sqlite:///…`` or ``postgresql://…``.

    Raises
    ------
    RegisterError
        The address is none of these.
    """
    try:
        # the path of a file may hold what means something in an address
        file = isinstance(url, Path)
        made = sa.URL.create("sqlite", database=str(url)) if file else sa.make_url(str(url))
    except sa.exc.ArgumentError as error:
        raise _unknown() from error
    if made.get_backend_name() == "sqlite":
        return _sqlite(made)
    if made.get_backend_name() == "postgresql":
        return _postgres(made.set(drivername="postgresql+psycopg"))
    raise _unknown()


def _unknown() -> RegisterError:
    return RegisterError(
        "the register's address in city.toml is not understood; expected postgresql://HOST/NAME, "
        "or none for a file in the city's folder",
        why="unknown",
    )


def _sqlite(url: sa.URL) -> Engine:
    engine = sa.create_engine(
        url,
        hide_parameters=True,  # contacts must not come into a log
        connect_args={"timeout": WAIT_S, "check_same_thread": False},
    )

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _: Any) -> None:
        connection.isolation_level = None  # transactions begin where we say
        connection.create_function("point_x", 1, lambda g: _PLACE.unpack(g)[0], deterministic=True)
        connection.create_function("point_y", 1, lambda g: _PLACE.unpack(g)[1], deterministic=True)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "trusted_schema=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("stationmap_writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgres(url: sa.URL) -> Engine:
    try:
        return sa.create_engine(
            url,
            pool_pre_ping=True,
            hide_parameters=True,
            isolation_level="REPEATABLE READ",
            connect_args={"connect_timeout": WAIT_S},
        )
    except ImportError as error:
        raise RegisterError(
            "a register on PostgreSQL needs psycopg; install it with "
            "`pip install 'stationmap[postgis]'`",
            why="unreachable",
        ) from error


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Give a connection that sees one state of the register from beginning to end."""
    with faults(engine), engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Give a connection that alone may write; its work stands when the block ends, or nothing."""
    postgres = engine.dialect.name == "postgresql"
    options: dict[str, Any] = {"stationmap_writes": True}
    if postgres:
        # who waits for the lock must see what the one before it wrote
        options["isolation_level"] = "READ COMMITTED"
    with (
        faults(engine),
        engine.connect().execution_options(**options) as connection,
        connection.begin(),
    ):
        if postgres:
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{WAIT_S}s'")
            connection.execute(sa.select(models.head.c.id).with_for_update())
        yield connection


@contextmanager
def faults(engine: Engine) -> Iterator[None]:
    """Say in one sentence what kept the database from answering."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise (said(error, engine) or error) from error
    except (struct.error, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise _damaged(engine) from error


def said(error: Exception, engine: Engine) -> RegisterError | None:
    """Return the sentence for a fault of the database; None for a fault of the program."""
    text = str(getattr(error, "orig", error)).lower()
    name = where(engine)
    if "locked" in text or "lock timeout" in text or "could not serialize" in text:
        return RegisterError(
            "the register {name} is being written by another program; nothing was lost: wait a "
            "moment, then do it once more",
            name=name,
            why="busy",
        )
    if "disk is full" in text or "no space left" in text or "could not extend" in text:
        return RegisterError(
            "the disk under the register {name} is full; nothing was written and nothing was lost: "
            "make room, then do it once more",
            name=name,
            why="full",
        )
    if any(words in text for words in _DAMAGED):
        return _damaged(engine)
    if any(words in text for words in ("readonly", "read-only", "unable to open", "permission")):
        return RegisterError(
            "the register {name} cannot be opened for writing; give this program the right to "
            "write there",
            name=name,
            why="unreachable",
        )
    broken = isinstance(error, DBAPIError) and error.connection_invalidated
    if broken or (isinstance(error, OperationalError) and engine.dialect.name == "postgresql"):
        return RegisterError(
            "the database of the register {name} does not answer; nothing was lost: start it, or "
            "correct its address in city.toml, then do it once more",
            name=name,
            why="unreachable",
        )
    return None


def _damaged(engine: Engine) -> RegisterError:
    return RegisterError(
        "the register {name} is damaged and nothing more is written to it; put back the last "
        "backup with `stationmap db restore`",
        name=where(engine),
        why="damaged",
    )


def where(engine: Engine) -> str:
    """Name of the register for people: its file, or database and host, without a password."""
    url = engine.url
    if engine.dialect.name == "sqlite":
        return Path(url.database or "").name
    return f"{url.database}@{url.host or 'localhost'}"
