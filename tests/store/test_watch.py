"""A register is read again when somebody wrote to it, whoever that was, and only then."""

import shutil
import sqlite3
import uuid

import pytest

from stationmap.store import Change, Register


def wrote(register, name):
    made = [Change("station", "A", {"name": name, "type": "point", "status": "active"})]
    register.write(made, action=str(uuid.uuid4()), by="cli", kind="edit")


@pytest.fixture
def file(tmp_path):
    return tmp_path / "register.sqlite"


def reads(register, monkeypatch):
    """Count how often the register is read, from now on."""
    count, own = [], register.reading
    monkeypatch.setattr(register, "reading", lambda: count.append(1) or own())
    return count


def test_a_state_is_read_once_until_it_changes(file, monkeypatch):
    register = Register.open(file)
    wrote(register, "一")
    first, count = register.state(), reads(register, monkeypatch)
    assert [register.state() for _ in range(5)] == [first] * 5
    assert len(count) <= 1
    wrote(register, "二")
    assert register.state() != first


def test_what_another_program_commits_is_seen_at_once(file):
    ours, theirs = Register.open(file), Register.open(file)
    seen = set()
    for number in range(20):
        wrote(theirs, str(number))
        assert ours.state() == theirs.state()
        seen.add(ours.state())
    assert len(seen) == 20


def test_a_file_put_in_its_place_is_seen(file, tmp_path):
    register = Register.open(file)
    wrote(register, "一")
    other = Register.open(tmp_path / "other.sqlite")
    wrote(other, "二")
    wrote(other, "三")
    due = other.state()
    with sqlite3.connect(tmp_path / "other.sqlite") as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    assert register.state() != due
    register.close()
    shutil.copy(tmp_path / "other.sqlite", tmp_path / "copy")
    (tmp_path / "copy").replace(file)
    for ending in ("-wal", "-shm"):
        file.with_name(file.name + ending).unlink(missing_ok=True)
    assert register.state() == due


def test_a_register_that_is_gone_is_no_longer_taken_for_unchanged(file):
    register = Register.open(file)
    wrote(register, "一")
    assert register.state() == register.state()
    mark = register._watch.mark()
    file.rename(file.with_name("elsewhere"))
    assert mark is not None
    assert register._watch.mark() is None
