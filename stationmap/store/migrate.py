"""The form of a register's tables: made in an empty database, brought up to date in an older one.

A register that is up to date costs one question. Otherwise whoever comes first migrates, in one
transaction and after a copy was made of what there was: in SQLite a file beside the register's,
in PostgreSQL a schema beside the register's, both called after the migration and the instant.
"""

import datetime as dt
import sqlite3
from contextlib import suppress
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from stationmap.errors import RegisterError
from stationmap.store import backend, models

REVISIONS = ("0001", "0002", "0003", "0004")
"""Names of the migrations in ``migrations/versions``, in their order."""

VERSION_TABLE = "register_version"
_LOCK = 5_714_271  # any number, the same in every program that migrates a register


def up(engine: Engine, *, to: str = REVISIONS[-1]) -> None:
    """Bring the tables to the form of a revision, today's unless said; make them where none are.

    Raises
    ------
    RegisterError
        The register was written by a newer program, the database holds tables of another one, or
        no copy can be made (a full disk, say). The register is as it was.
    """
    with backend.faults(engine):
        _make_file(engine)
        with engine.connect() as connection:
            if not _behind(connection, engine, to=to):
                return
        with engine.connect() as connection:
            waiting = connection.execution_options(
                stationmap_writes=True,
                **({} if _is_sqlite(engine) else {"isolation_level": "READ COMMITTED"}),
            )
            with waiting.begin():
                if not _is_sqlite(engine):
                    waiting.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
                # another program may have been faster
                if _behind(waiting, engine, to=to):
                    _migrate(waiting, engine, to=to)


def _make_file(engine: Engine) -> None:
    """Make a new SQLite file that its owner alone may read: contacts and accounts go there."""
    path = Path(engine.url.database or "")
    if _is_sqlite(engine) and path.parent.is_dir() and not path.exists():
        with suppress(OSError):  # opening it says better what is wrong
            path.touch(mode=0o600)


def found(engine: Engine) -> str | None:
    """Return the revision of a register without changing it; None where there is none."""
    if _is_sqlite(engine) and not Path(engine.url.database or "").exists():
        return None
    with backend.reading(engine) as connection:
        return revision(connection)


def revision(connection: Connection) -> str | None:
    """Return the revision whose form the tables have; None where there are none."""
    if not sa.inspect(connection).has_table(VERSION_TABLE):
        return None
    table = sa.table(VERSION_TABLE, sa.column("version_num"))
    return connection.execute(sa.select(table.c.version_num)).scalar()


def _behind(connection: Connection, engine: Engine, *, to: str) -> bool:
    found = revision(connection)
    name = backend.where(engine)
    if found is None:
        if ours := models.metadata.tables.keys() & set(sa.inspect(connection).get_table_names()):
            raise RegisterError(
                "the database {name} holds tables of another program ({tables}) and is left as it "
                "is; give the register a database of its own in city.toml",
                name=name,
                tables=", ".join(sorted(ours)[:3]),
                why="unknown",
            )
        return True
    if found not in REVISIONS:
        raise RegisterError(
            "the register {name} was written by a newer StationMap (revision {found}, this one "
            "knows {known}) and is left as it is; update this program",
            name=name,
            found=found,
            known=REVISIONS[-1],
            why="newer",
        )
    return REVISIONS.index(found) < REVISIONS.index(to)


def _migrate(connection: Connection, engine: Engine, *, to: str) -> None:
    from alembic import command  # costs more than opening a register that is up to date
    from alembic.config import Config

    if revision(connection) is not None:
        stamp = f"before_{to}_{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%S%f}"
        copy = _copy_file if _is_sqlite(engine) else _copy_schema
        copy(connection, engine, stamp)
    config = Config()
    config.set_main_option("script_location", "stationmap.store:migrations")
    config.attributes.update(connection=connection, version_table=VERSION_TABLE)
    command.upgrade(config, to)


def _copy_file(connection: Connection, engine: Engine, stamp: str) -> None:
    """Copy a SQLite register beside itself; `connection` holds the right to write meanwhile."""
    del connection
    present = Path(engine.url.database or "")
    target = present.with_name(f"{present.stem}.{stamp}{present.suffix}")
    copy_pages(present, target)


def copy_pages(present: Path, target: Path) -> None:
    """Write the committed state of a SQLite file to a new file that needs no other beside it."""
    source, copy = sqlite3.connect(present), sqlite3.connect(target)
    try:
        target.chmod(0o600)  # it holds what is private
        source.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
    except BaseException:
        copy.close()
        target.unlink(missing_ok=True)
        raise
    finally:
        source.close()
        copy.close()


def _copy_schema(connection: Connection, engine: Engine, stamp: str) -> None:
    """Copy a PostgreSQL register to a schema of its own, in the same transaction."""
    del engine
    names = [n for n in models.metadata.tables if sa.inspect(connection).has_table(n)]
    quoted = connection.dialect.identifier_preparer.quote
    connection.execute(sa.schema.CreateSchema(stamp))
    for name in (*names, VERSION_TABLE):
        connection.exec_driver_sql(
            f"CREATE TABLE {quoted(stamp)}.{quoted(name)} AS TABLE {quoted(name)}"
        )


def _is_sqlite(engine: Engine) -> bool:
    return engine.dialect.name == "sqlite"
