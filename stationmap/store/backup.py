"""A register as one file to put away, and back: a SQLite file whichever database it is in.

The same way leads from SQLite to PostGIS: back up, change the address in ``city.toml``, restore.
"""

import datetime as dt
import errno
import fcntl
import hashlib
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from stationmap.errors import InputError, RegisterError
from stationmap.store import backend, migrate, models
from stationmap.store.events import now
from stationmap.store.verify import Verification, verify

_AT_ONCE = 2_000  # rows carried over together
_IN_USE_BYTE = 128  # every program that has a SQLite file open holds this byte of its -shm


@dataclass(frozen=True)
class Backup:
    """A backup that was written: its file, the file's SHA-256 and length in bytes."""

    file: Path
    sha256: str
    bytes: int


@dataclass(frozen=True)
class Restored:
    """What a restore brought, and where the register before it was put (None: there was none)."""

    brought: Verification
    kept: Path | None


def backup(engine: Engine, file: Path) -> Backup:
    """Write all that is in a register, in one state, to a new file; the register goes on meanwhile.

    Beside it stands its digest, ``FILE.sha256``, as sha256sum writes it. The file is there whole
    or not at all; only its owner may read it: it holds contacts and accounts.

    Raises
    ------
    InputError
        The file exists already.
    RegisterError
        The register cannot be read, or the disk is full.
    """
    if file.exists():
        raise InputError("{file} exists already and is kept; choose another name", file=str(file))
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(file.name + ".part")
    try:
        with _on_disk(file):
            if engine.dialect.name == "sqlite":
                with backend.faults(engine):
                    migrate.copy_pages(Path(engine.url.database or ""), part)
            else:
                _carry_out(engine, part)
            sha256 = _digest(part)
            digest = _digest_file(file)
            digest.write_text(f"{sha256}  {file.name}\n", "utf-8")
            for written in (part, digest):
                _sync(written)
            part.replace(file)
            _sync(file.parent)
    finally:
        for left in file.parent.glob(part.name + "*"):
            left.unlink()
    return Backup(file, sha256, file.stat().st_size)


def check(file: Path) -> Verification:
    """Verify a backup: its digest, if it has one, and everything that `verify` looks at.

    Raises
    ------
    RegisterError
        It is no backup, was written by a newer program, or is not the file that was written.
    """
    with tempfile.TemporaryDirectory(prefix="stationmap-") as folder:
        engine = _taken_in(file, Path(folder))
        try:
            return verify(engine)
        finally:
            engine.dispose()


def restore(url: str | Path, file: Path, *, aside: Path) -> Restored:
    """Put a backup in the place of a register: all of it, or nothing.

    The backup is verified first, and brought to today's form if it is older. The register that is
    there is backed up to the folder `aside`; one that is damaged is moved there as it is. Servers
    that run see the change at once. Everybody has to sign in anew, and the audit log stays.

    Raises
    ------
    InputError
        There is no such file.
    RegisterError
        The backup does not hold together, or the register cannot be written. Nothing was changed.
    """
    aside.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=aside) as folder:
        incoming = _taken_in(file, Path(folder))
        present = backend.engine_of(url)
        try:
            brought = verify(incoming)
            if not brought.sound:
                raise RegisterError(
                    "the backup {file} does not hold together ({problem}) and was not restored; "
                    "the register is as it was: take another backup",
                    file=file.name,
                    problem=brought.problems[0],
                    why="damaged",
                )
            new = _is_new(present)
            kept = _cleared(present, aside)
            target = aside / f"replaced-{_stamp()}.sqlite"
            with backend.writing(present) as connection:
                if kept is None and not new:
                    # nobody writes meanwhile, so that this is all there ever was
                    kept = backup(present, target).file
                _replace(connection, incoming, file=file.name)
            return Restored(brought, kept)
        finally:
            incoming.dispose()
            present.dispose()


# ------------------------------------------------------------------- the backup


def _taken_in(file: Path, folder: Path) -> Engine:
    """Open a copy of a backup in a folder that passes, brought to today's form."""
    if not file.is_file():
        raise InputError("there is no file {file}", file=str(file))
    known = _digest_file(file)
    if known.is_file() and _digest(file) != known.read_text("utf-8").partition(" ")[0]:
        raise RegisterError(
            "{file} is not the file that was written as a backup: it does not match its digest in "
            "{digest}; take another backup",
            file=file.name,
            digest=known.name,
            why="damaged",
        )
    copy = folder / file.name
    engine = backend.engine_of(copy)
    try:
        with _on_disk(copy):
            migrate.copy_pages(file, copy)
        with backend.reading(engine) as connection:
            found = migrate.revision(connection)
            views = "SELECT name FROM sqlite_master WHERE type = 'view'"
            only_tables = connection.exec_driver_sql(views).first() is None
        if found is not None and only_tables:
            migrate.up(engine)
            return engine
    except (sqlite3.DatabaseError, RegisterError) as error:
        engine.dispose()
        if isinstance(error, RegisterError) and error.params["why"] != "damaged":
            raise
    engine.dispose()
    raise RegisterError(
        "{file} is no backup of a register, or it is damaged; take another backup",
        file=file.name,
        why="damaged",
    )


def _carry_out(engine: Engine, file: Path) -> None:
    """Write a register of another database to a SQLite file."""
    target = backend.engine_of(file)
    try:
        file.touch(0o600)
        migrate.up(target)
        with backend.reading(engine) as source, backend.writing(target) as connection:
            connection.execute(sa.delete(models.head))
            for table in models.metadata.sorted_tables:
                _carry(source, connection, table)
    finally:
        target.dispose()
    with closing(sqlite3.connect(file)) as raw:
        raw.execute("PRAGMA journal_mode=DELETE")


def _carry(source: Connection, target: Connection, table: sa.Table) -> None:
    if source.dialect.name == target.dialect.name == "sqlite":
        # stored alike on both sides: nothing is to be read into Python's types and back
        chosen, insert = (
            str(statement.compile(dialect=target.dialect))
            for statement in (sa.select(table), sa.insert(table))
        )
        there, here = (c.connection.driver_connection for c in (source, target))
        assert isinstance(there, sqlite3.Connection)
        assert isinstance(here, sqlite3.Connection)
        here.executemany(insert, there.execute(chosen))
        return
    for rows in _portions(source, sa.select(table)):
        target.execute(sa.insert(table), rows)


def _portions(source: Connection, chosen: sa.Select[tuple[object, ...]]) -> Iterator[list[dict]]:  # type: ignore[type-arg]
    result = source.execute(chosen, execution_options={"yield_per": _AT_ONCE})
    for rows in result.mappings().partitions():
        yield [dict(row) for row in rows]


# ------------------------------------------------------------------- the restore


def _is_new(engine: Engine) -> bool:
    """Whether there is no register yet."""
    try:
        return migrate.found(engine) is None
    except RegisterError as error:
        if error.params["why"] != "damaged":
            raise
        return False


def _cleared(engine: Engine, aside: Path) -> Path | None:
    """Make the place fit to be written to; return where a damaged register was moved."""
    moved = None
    if _is_damaged(engine):
        engine.dispose()
        moved = _moved_aside(Path(engine.url.database or ""), aside)
    migrate.up(engine)
    return moved


def _is_damaged(engine: Engine) -> bool:
    if engine.dialect.name != "sqlite":
        return False
    try:
        with backend.reading(engine) as connection:
            return connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar() != "ok"
    except RegisterError as error:
        if error.params["why"] != "damaged":
            raise
        return True


def _moved_aside(present: Path, aside: Path) -> Path:
    if _in_use(present):
        raise RegisterError(
            "the register {name} is damaged and another program has it open; stop the server, "
            "then restore once more",
            name=present.name,
            why="busy",
        )
    target = aside / f"damaged-{_stamp()}.sqlite"
    for ending in ("-shm", "-wal", ""):
        part = present.with_name(present.name + ending)
        if part.exists():
            part.replace(target.with_name(target.name + ending))
    return target


def _in_use(present: Path) -> bool:
    shared = present.with_name(present.name + "-shm")
    if not shared.exists():
        return False
    with shared.open("r+b") as stream:
        try:
            fcntl.lockf(stream, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _IN_USE_BYTE)
        except OSError:
            return True
    return False


def _replace(connection: Connection, incoming: Engine, *, file: str) -> None:
    """Put everything of `incoming` in the place of what is there, but for sessions and the log."""
    passing, log = models.session, models.audit
    with backend.reading(incoming) as source:
        for table in models.metadata.sorted_tables:
            if table is not log:
                connection.execute(sa.delete(table))
            if table not in (passing, log):
                _carry(source, connection, table)
        logged = set(connection.execute(sa.select(log.c.seq)).scalars())
        for rows in _portions(source, sa.select(log)):
            if missing := [row for row in rows if row["seq"] not in logged]:
                connection.execute(sa.insert(log), missing)
    if connection.dialect.name == "postgresql":
        last = sa.select(sa.func.coalesce(sa.func.max(log.c.seq), 0) + 1).scalar_subquery()
        sequence = sa.func.pg_get_serial_sequence("audit", "seq")
        connection.execute(sa.select(sa.func.setval(sequence, last, False)))  # noqa: FBT003 - SQL's
    connection.execute(
        sa.insert(log).values(
            at=now(), action="db.restore", object=file, outcome="done", address="cli"
        )
    )


# ------------------------------------------------------------------- files


@contextmanager
def _on_disk(file: Path) -> Iterator[None]:
    """Say in a sentence why a file cannot be written."""
    try:
        yield
    except (OSError, sqlite3.OperationalError) as error:
        full = getattr(error, "errno", None) == errno.ENOSPC or "disk is full" in str(error)
        if not full:
            raise
        raise RegisterError(
            "there is no room for {file} on its disk; the register is as it was: make room, or "
            "choose another folder",
            file=file.name,
            why="full",
        ) from error


def _stamp() -> str:
    return f"{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%S%f}"


def _digest_file(file: Path) -> Path:
    return file.with_name(file.name + ".sha256")


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
