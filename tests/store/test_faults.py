"""Whatever is wrong with the database: one sentence, reading goes on where it can, nothing lost."""

import json
import random
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from conftest import need
from postgis import server
from registers import contents, fill, mark

from stationmap.errors import RegisterError
from stationmap.store import Change, Register, backend, models
from stationmap.store.verify import verify

STATION = [Change("station", "S1", {"name": "一号站"})]


def holding(register: Register):
    """Hold the right to write as another program would; gives what lets go of it."""
    if register.backend == "sqlite":
        other = sqlite3.connect(register.engine.url.database, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
    else:
        address = register.engine.url.set(drivername="postgresql")
        other = psycopg.connect(address.render_as_string(hide_password=False))
        other.execute("SELECT * FROM head FOR UPDATE")
    return other


def test_a_locked_register_says_so_and_is_read_meanwhile(register, monkeypatch):
    address = register.engine.url.render_as_string(hide_password=False)
    monkeypatch.setattr(backend, "WAIT_S", 0.2)
    impatient = Register.open(address)
    fill(impatient)
    seq, action = impatient.seq(), mark()
    other = holding(impatient)
    with pytest.raises(RegisterError, match="written by another program") as busy:
        impatient.write(STATION, action=action, by="a1", kind="edit")
    assert busy.value.params["why"] == "busy"
    assert impatient.seq() == seq
    assert impatient.get("station", "S0")["name"] == "改名"
    assert len(impatient.snapshot().frames["station"]) == 6
    other.close()
    assert not impatient.write(STATION, action=action, by="a1", kind="edit").again
    assert verify(impatient.engine).sound
    impatient.close()


def test_a_full_disk_says_so_and_loses_nothing(tmp_path):
    alone = ["unshare", "-rm"]
    mount = [*alone, "mount", "-t", "tmpfs", "tmpfs", str(tmp_path)]
    can = shutil.which("unshare") and subprocess.run(mount, check=False).returncode == 0
    need(can, "a disk of its own cannot be mounted here")
    command = [sys.executable, str(Path(__file__).with_name("full_disk.py")), str(tmp_path)]
    done = subprocess.run([*alone, *command], check=True, stdout=subprocess.PIPE, text=True)
    found = json.loads(done.stdout)
    assert found["times"] > 3
    assert found["why"] == found["backup"] == found["open"] == "full"
    assert "磁盘已满" in found["said"]
    assert found["readable"] == found["snapshot"] == 20 * found["times"]
    assert found["left"] == []
    assert not found["again"]
    assert found["stations"] == 20 * (found["times"] + 1)
    assert found["problems"] == []


def reasons(file: Path) -> list[str]:
    """Use a register in every way; why it refused, if it did. Any other error is a failure."""
    said = []

    def tried(use) -> None:
        try:
            use()
        except RegisterError as error:
            said.append(error.params["why"])

    def all_ways() -> None:
        register = Register.open(file)
        uses = [
            register.seq,
            register.state,
            register.snapshot,
            register.actions,
            *(lambda name=name: register.rows(name) for name in models.ENTITIES),
            lambda: register.history("station", "S0"),
            lambda: register.find_stations(words="站", bbox=(118, 28, 119, 29)),
            lambda: register.write(STATION, action=mark(), by="a1", kind="edit"),
        ]
        for use in uses:
            tried(use)
        register.close()

    tried(all_ways)
    return said


def test_flipped_bytes_are_told_and_never_taken_for_sound(tmp_path):
    whole = tmp_path / "whole.sqlite"
    register = Register.open(whole)
    fill(register)
    wanted = contents(register)
    register.close()
    data, luck, told = whole.read_bytes(), random.Random(5), 0
    # half of the bytes are chosen among those that are not empty space
    written = [n for n in range(len(data)) if data[n]]
    places = [luck.choice(written if n % 2 else range(len(data))) for n in range(100)]
    for number, place in enumerate(places):
        file = tmp_path / f"{number}.sqlite"
        spoiled = bytearray(data)
        spoiled[place] ^= 1 << luck.randrange(8)
        file.write_bytes(spoiled)
        engine = backend.engine_of(file)
        sound = verify(engine).sound
        if sound:
            untouched = {"leave_out": ("session", "secret", "setting", "audit")}
            left_out = untouched["leave_out"]
            kept = {name: rows for name, rows in wanted.items() if name not in left_out}
            assert contents(Register(engine), **untouched) == kept, place
        engine.dispose()
        refused = reasons(file)
        assert set(refused) <= {"damaged", "unknown", "newer"}, place
        told += bool(refused) or not sound
    assert told > 30


def test_a_file_that_is_no_database_is_told(tmp_path):
    file = tmp_path / "register.sqlite"
    file.write_text("站点,地址\n" * 500)
    with pytest.raises(RegisterError, match="damaged"):
        Register.open(file)
    assert file.read_text().startswith("站点")


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(RegisterError, match="opened for writing"):
        Register.open(tmp_path / "none" / "register.sqlite")


@pytest.mark.parametrize("url", ["mysql://x/y", "postgresql", "", "sqlite:/x/y"])
def test_an_address_that_is_none_is_told(url):
    with pytest.raises(RegisterError):
        Register.open(url)


@pytest.mark.postgis
def test_a_database_that_does_not_answer_is_told_and_used_again_once_it_does():
    with server() as postgres:
        with postgres.connect() as connection:
            connection.execute("CREATE DATABASE city")
        register = Register.open(postgres.url("city"))
        action = mark()
        register.write(STATION, action=action, by="a1", kind="edit")
        postgres.stop()
        for use in (
            register.seq,
            register.snapshot,
            lambda: register.write(STATION, action=mark(), by="a1", kind="edit"),
            lambda: Register.open(postgres.url("city")),
        ):
            with pytest.raises(RegisterError, match="does not answer") as gone:
                use()
            assert gone.value.params["why"] == "unreachable"
            assert "password" not in str(gone.value)
        postgres.start()
        assert register.get("station", "S1")["name"] == "一号站"
        assert register.write(STATION, action=action, by="a1", kind="edit").again
        register.close()


@pytest.mark.postgis
def test_a_password_is_in_no_sentence(postgis_server):
    url = f"postgresql://postgres:s3cret@/none?host={postgis_server.home}"
    with pytest.raises(RegisterError) as gone:
        Register.open(url)
    assert "s3cret" not in str(gone.value) + gone.value.render("zh") + repr(gone.value.params)
