"""A register is made and brought up to date by its migrations, after a copy was made of it."""

import threading
import uuid

import pytest
import sqlalchemy as sa
from alembic.config import Config
from alembic.script import ScriptDirectory
from registers import mark

from stationmap.errors import RegisterError
from stationmap.store import Change, Register, backend, migrate, models

PG_SCHEMA = """
SELECT table_name || '.' || column_name, data_type || udt_name || is_nullable ||
    coalesce(column_default, '') FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace
"""
SQLITE_SCHEMA = "SELECT name, sql FROM sqlite_master"


def schema_of(engine) -> dict[str, str]:
    """Every table, index and constraint, as the database itself tells it."""
    sqlite = engine.dialect.name == "sqlite"
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(SQLITE_SCHEMA if sqlite else PG_SCHEMA).all()
    found = {name: "".join(str(text).split()) for name, text in rows}
    return {name: text for name, text in found.items() if migrate.VERSION_TABLE not in name}


def test_the_migrations_make_the_tables_of_the_models(address, tmp_path, request):
    migrated = backend.engine_of(address)
    migrate.up(migrated)
    made = schema_of(migrated)
    migrated.dispose()
    if migrated.dialect.name == "sqlite":
        other = backend.engine_of(tmp_path / "models.sqlite")
    else:
        other = backend.engine_of(request.getfixturevalue("postgis_address")())
    with other.begin() as connection:
        models.metadata.create_all(connection)
        spatial = models.SQLITE_SQL if other.dialect.name == "sqlite" else models.POSTGIS_SQL
        for statement in spatial:
            connection.exec_driver_sql(statement)
    wanted = schema_of(other)
    other.dispose()
    assert wanted.keys() >= {"station", "head"} or "station.geometry" in wanted
    assert made == wanted


def test_the_revisions_are_those_of_the_folder():
    config = Config()
    config.set_main_option("script_location", "stationmap.store:migrations")
    scripts = ScriptDirectory.from_config(config)
    names = [script.revision for script in scripts.walk_revisions()][::-1]
    assert tuple(names) == migrate.REVISIONS


def older(address: str, *, rows: int = 3) -> None:
    """Make a register of the first revision with some stations in it."""
    engine = backend.engine_of(address)
    migrate.up(engine, to="0001")
    for n in range(rows):
        change = Change("station", f"S{n}", {"name": f"站{n}", "geometry": (118.8 + n, 28.9)})
        Register(engine).write([change], action=mark(), by="cli", kind="edit")
    engine.dispose()


def test_an_older_register_is_brought_up_to_date_with_what_it_holds(address):
    older(address)
    register = Register.open(address)
    assert register.get("station", "S2")["geometry"] == (120.8, 28.9)
    assert register.seq() == 3
    with register.reading() as connection:
        assert migrate.revision(connection) == migrate.REVISIONS[-1]
        assert connection.execute(sa.select(models.session)).all() == []
    register.close()


def test_a_copy_of_the_older_register_is_kept(address, tmp_path):
    older(address)
    register = Register.open(address)
    if register.backend == "sqlite":
        (copy,) = tmp_path.glob("register.before_*.sqlite")
        assert copy.stat().st_mode & 0o077 == 0
        kept = backend.engine_of(copy)
        with kept.connect() as connection:
            assert migrate.revision(connection) == "0001"
            assert len(connection.execute(sa.select(models.station)).all()) == 3
        kept.dispose()
    else:
        with register.reading() as connection:
            (name,) = (n for n in sa.inspect(connection).get_schema_names() if "before" in n)
            rows = connection.exec_driver_sql(f'SELECT name FROM "{name}".station ORDER BY id')
            assert [row.name for row in rows] == ["站0", "站1", "站2"]
    register.close()


def test_opening_a_register_that_is_up_to_date_leaves_no_copy(address, tmp_path):
    Register.open(address).close()
    Register.open(address).close()
    assert not list(tmp_path.glob("*before*"))


def test_a_migration_that_fails_leaves_the_register_as_it_was(address, monkeypatch):
    older(address)

    def broken(*_, **__):
        raise sa.exc.OperationalError("", {}, Exception("database or disk is full"))

    with monkeypatch.context() as patch:
        patch.setattr("alembic.op.create_index", broken)  # with half of the tables made
        with pytest.raises(RegisterError, match="disk under the register"):
            Register.open(address)
    engine = backend.engine_of(address)
    with engine.connect() as connection:
        assert migrate.revision(connection) == "0001"
        assert not sa.inspect(connection).has_table("session")
        assert len(connection.execute(sa.select(models.station)).all()) == 3
    engine.dispose()
    Register.open(address).close()


def test_a_newer_register_is_refused_and_left_alone(address):
    register = Register.open(address)
    with register.writing() as connection:
        connection.exec_driver_sql(f"UPDATE {migrate.VERSION_TABLE} SET version_num = '9999'")
    register.close()
    with pytest.raises(RegisterError, match="newer StationMap") as refused:
        Register.open(address)
    assert refused.value.params["why"] == "newer"
    assert "9999" in refused.value.render("zh")
    engine = backend.engine_of(address)
    with engine.connect() as connection:
        assert migrate.revision(connection) == "9999"
    engine.dispose()


def test_a_database_of_another_program_is_refused_and_left_alone(address):
    engine = backend.engine_of(address)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE station (code int)")
    with pytest.raises(RegisterError, match="another program"):
        migrate.up(engine)
    with engine.connect() as connection:
        assert not sa.inspect(connection).has_table("head")
    engine.dispose()


def test_programs_that_come_together_migrate_but_once(address, tmp_path):
    older(address)
    errors = []

    def come() -> None:
        try:
            Register.open(address).close()
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=come) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    register = Register.open(address)
    if register.backend == "sqlite":
        assert len(list(tmp_path.glob("register.before_*.sqlite"))) == 1
    else:
        with register.reading() as connection:
            names = sa.inspect(connection).get_schema_names()
        assert len([n for n in names if "before" in n]) == 1
    register.close()


def test_only_its_owner_may_read_a_new_register(tmp_path):
    path = tmp_path / "register.sqlite"
    register = Register.open(path)
    register.write([], action=str(uuid.uuid4()), by="cli", kind="test")
    files = list(tmp_path.iterdir())
    assert path in files
    assert all(file.stat().st_mode & 0o077 == 0 for file in files)
    register.close()
