"""A backup holds everything, in one file on either backend; a restore brings it back or nothing."""

import hashlib
import sqlite3
import subprocess
import sys

import pytest
import sqlalchemy as sa
from registers import contents, fill, mark

from stationmap.errors import InputError, RegisterError
from stationmap.store import Change, Register, backend, backup, migrate, models
from stationmap.store.verify import verify


@pytest.fixture
def saved(register, tmp_path):
    """A register with something in it, its backup and the folder for what is replaced."""
    fill(register)
    file = tmp_path / "out" / "saved.sqlite"
    return register, backup.backup(register.engine, file), tmp_path / "aside"


def url_of(register: Register) -> str:
    return register.engine.url.render_as_string(hide_password=False)


def test_a_backup_holds_every_table_as_it_is(saved):
    register, made, _ = saved
    copy = Register.open(made.file)
    assert contents(copy) == contents(register)
    assert verify(copy.engine).hash == verify(register.engine).hash
    copy.close()


def test_a_backup_is_one_file_for_its_owner_with_the_digest_beside(saved):
    _, made, _ = saved
    assert sorted(p.name for p in made.file.parent.iterdir()) == [
        "saved.sqlite",
        "saved.sqlite.sha256",
    ]
    assert made.file.stat().st_mode & 0o077 == 0
    assert made.sha256 == hashlib.sha256(made.file.read_bytes()).hexdigest()
    assert (made.file.parent / "saved.sqlite.sha256").read_text() == (
        f"{made.sha256}  saved.sqlite\n"
    )
    assert backup.check(made.file).sound


def test_a_backup_does_not_overwrite(saved):
    register, made, _ = saved
    with pytest.raises(InputError, match="exists already"):
        backup.backup(register.engine, made.file)
    assert backup.check(made.file).sound


def test_a_restore_brings_back_what_was_saved_and_keeps_what_was_there(saved):
    register, made, aside = saved
    before = contents(register, leave_out=("session", "audit"))
    register.write([Change("station", "S0", None)], action=mark(), by="a1", kind="edit")
    register.write([Change("unit", "U7", {"name": "新"})], action=mark(), by="a1", kind="edit")
    later = contents(register)
    done = backup.restore(url_of(register), made.file, aside=aside)
    assert contents(register, leave_out=("session", "audit")) == before
    assert verify(register.engine).sound
    kept = Register.open(done.kept)
    assert contents(kept) == later
    kept.close()
    assert sorted(p.name for p in aside.iterdir()) == [
        done.kept.name,
        done.kept.name + ".sha256",
    ]


def test_after_a_restore_stations_are_found_where_they_are(saved):
    register, made, aside = saved
    register.write(
        [Change("station", "S0", {"geometry": (1, 1)})], action=mark(), by="a1", kind="edit"
    )
    backup.restore(url_of(register), made.file, aside=aside)
    total, rows = register.find_stations(bbox=(118.8595, 28.96, 118.8605, 28.98))
    assert (total, rows[0]["id"]) == (1, "S0")
    assert register.find_stations(bbox=(0, 0, 2, 2))[0] == 0


def test_after_a_restore_everybody_signs_in_anew_and_the_log_goes_on(saved):
    register, made, aside = saved
    with register.writing() as connection:
        connection.execute(sa.insert(models.audit).values(at="later", action="edit"))
    backup.restore(url_of(register), made.file, aside=aside)
    found = contents(register)
    assert found["session"] == []
    assert found["secret"] == [("a1", "x", "t")]
    with register.writing() as connection:
        connection.execute(sa.insert(models.audit).values(at="last", action="login"))
        rows = connection.execute(sa.select(models.audit).order_by(models.audit.c.seq)).all()
    assert [row.action for row in rows] == ["login", "edit", "db.restore", "login"]
    assert [row.seq for row in rows] == sorted({row.seq for row in rows})


def test_what_is_written_after_a_restore_goes_on_from_there(saved):
    register, made, aside = saved
    register.write([Change("unit", "U7", {"name": "新"})], action=mark(), by="a1", kind="edit")
    seq = register.seq()
    backup.restore(url_of(register), made.file, aside=aside)
    receipt = register.write(
        [Change("unit", "U8", {"name": "又新"})], action=mark(), by="a1", kind="edit"
    )
    assert receipt.seq == seq
    assert verify(register.engine).sound


def test_a_register_moves_between_sqlite_and_postgis_and_back(
    tmp_path, postgis_address, monkeypatch
):
    start = Register.open(tmp_path / "start.sqlite")
    fill(start)
    first = backup.backup(start.engine, tmp_path / "first.sqlite")
    there = postgis_address()
    assert backup.restore(there, first.file, aside=tmp_path / "aside").kept is None
    moved = Register.open(there)
    same = {"leave_out": ("session", "audit")}
    assert contents(moved, **same) == contents(start, **same)
    moved.write(
        [Change("station", "S4", {"geometry": (118.9, 29)})], action=mark(), by="a1", kind="edit"
    )
    second = backup.backup(moved.engine, tmp_path / "second.sqlite")
    backup.restore(tmp_path / "back.sqlite", second.file, aside=tmp_path / "aside")
    back = Register.open(tmp_path / "back.sqlite")
    assert contents(back, **same) == contents(moved, **same)
    assert back.find_stations(bbox=(118.89, 28.99, 118.91, 29.01))[0] == 1
    for one in (start, moved, back):
        assert verify(one.engine).sound
        one.close()


def test_a_backup_of_an_older_program_is_brought_up_to_date(tmp_path, register):
    old = tmp_path / "old.sqlite"
    engine = backend.engine_of(old)
    migrate.up(engine, to="0001")
    Register(engine).write(
        [Change("unit", "U1", {"name": "旧"})], action=mark(), by="cli", kind="edit"
    )
    engine.dispose()
    backup.restore(url_of(register), old, aside=tmp_path / "aside")
    assert register.get("unit", "U1")["name"] == "旧"


def spoiled(kind, file):
    """Spoil a backup in one way."""
    if kind == "bytes":
        data = bytearray(file.read_bytes())
        data[len(data) // 2] ^= 0xFF
        file.write_bytes(data)
    elif kind == "cut":
        file.write_bytes(file.read_bytes()[:5000])
    elif kind == "other":
        file.write_text("id,name\n1,x\n")
    elif kind == "newer":
        with sqlite3.connect(file) as raw:
            raw.execute(f"UPDATE {migrate.VERSION_TABLE} SET version_num = '9999'")
        raw.close()
    elif kind == "tampered":
        with sqlite3.connect(file) as raw:
            raw.execute("UPDATE event SET after = replace(after, '改名', '改了')")
        raw.close()
    else:
        with sqlite3.connect(file) as raw:
            raw.execute("DROP TABLE register_version")
        raw.close()


@pytest.mark.parametrize(
    ("kind", "digest"),
    [
        ("bytes", True),  # one that nothing reads is told by the digest alone
        ("tampered", True),
        ("cut", False),
        ("other", False),
        ("newer", False),
        ("tampered", False),
        ("no register", False),
    ],
)
def test_a_spoiled_backup_is_refused_and_the_register_stays(saved, kind, digest):
    register, made, aside = saved
    spoiled(kind, made.file)
    if not digest:
        (made.file.parent / "saved.sqlite.sha256").unlink()
    before = contents(register)
    with pytest.raises(RegisterError) as refused:
        backup.restore(url_of(register), made.file, aside=aside)
    assert "saved.sqlite" in str(refused.value)
    if digest:
        assert "does not match its digest" in str(refused.value)
    assert contents(register) == before
    assert list(aside.iterdir()) == []


def test_a_restore_that_fails_on_its_way_changes_nothing(saved, monkeypatch):
    register, made, aside = saved
    before = contents(register)
    carried = backup._carry

    def failing(source, target, table):
        if table.name == "station":
            raise sa.exc.OperationalError("", {}, Exception("database or disk is full"))
        carried(source, target, table)

    monkeypatch.setattr(backup, "_carry", failing)
    with pytest.raises(RegisterError, match="disk under the register"):
        backup.restore(url_of(register), made.file, aside=aside)
    assert contents(register) == before


def test_no_file_no_restore(register, tmp_path):
    with pytest.raises(InputError, match="there is no file"):
        backup.restore(url_of(register), tmp_path / "none.sqlite", aside=tmp_path / "aside")


def destroyed(file):
    """Overwrite the head of a SQLite file, and drop what SQLite keeps beside it."""
    data = bytearray(file.read_bytes())
    data[:200] = b"\xff" * 200
    file.write_bytes(data)


def test_a_damaged_register_is_moved_aside_and_the_backup_put_in_its_place(tmp_path):
    file = tmp_path / "register.sqlite"
    register = Register.open(file)
    fill(register)
    made = backup.backup(register.engine, tmp_path / "saved.sqlite")
    wanted = contents(register, leave_out=("session", "audit"))
    register.close()
    destroyed(file)
    damaged = file.read_bytes()
    with pytest.raises(RegisterError, match="is damaged"):
        Register.open(file)
    done = backup.restore(file, made.file, aside=tmp_path / "aside")
    assert done.kept.read_bytes() == damaged
    register = Register.open(file)
    assert contents(register, leave_out=("session", "audit")) == wanted
    register.close()


HOLD = """
import sqlite3, sys
held = sqlite3.connect(sys.argv[1])
held.execute("SELECT count(*) FROM station").fetchone()
print("open", flush=True)
sys.stdin.read()
"""


def test_a_damaged_register_that_a_server_has_open_is_left_where_it_is(tmp_path):
    file = tmp_path / "register.sqlite"
    register = Register.open(file)
    fill(register)
    made = backup.backup(register.engine, tmp_path / "saved.sqlite")
    register.close()
    command = [sys.executable, "-c", HOLD, str(file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdout.readline() == b"open\n"
        destroyed(file)
        with pytest.raises(RegisterError, match="stop the server"):
            backup.restore(file, made.file, aside=tmp_path / "aside")
        assert file.read_bytes()[:200] == b"\xff" * 200
        server.stdin.close()
    assert backup.restore(file, made.file, aside=tmp_path / "aside").brought.sound


def test_a_backup_that_works_things_out_when_it_is_read_is_none(tmp_path):
    endless = """CREATE VIEW remark AS WITH RECURSIVE more(id) AS (SELECT 1 UNION ALL
        SELECT id + 1 FROM more) SELECT id FROM more"""
    file = tmp_path / "hostile.sqlite"
    Register.open(file).close()
    with sqlite3.connect(file) as raw:
        raw.execute("ALTER TABLE remark RENAME TO other")
        raw.execute(endless)
    raw.close()
    with pytest.raises(RegisterError, match="is no backup of a register"):
        backup.restore(tmp_path / "register.sqlite", file, aside=tmp_path / "aside")


def test_a_register_may_lie_in_a_folder_of_any_name(tmp_path):
    folder = tmp_path / "q?mode=ro&x #%41"
    folder.mkdir()
    register = Register.open(folder / "register.sqlite")
    fill(register)
    register.close()
    assert (folder / "register.sqlite").stat().st_size
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]


def test_a_fault_of_the_database_tells_no_value(tmp_path):
    register = Register.open(tmp_path / "register.sqlite")
    with register.reading() as connection, pytest.raises(sa.exc.SQLAlchemyError) as caught:
        connection.execute(sa.text("SELECT no_such(:phone)"), {"phone": "13877779998"})
    assert "13877779998" not in str(caught.value)
    register.close()
