"""``stationmap db``: what it prints, its exit codes, and what it leaves alone."""

import json
import shutil
import sqlite3

import pytest
from registers import fill

from stationmap.city import City
from stationmap.cli.run import run
from stationmap.store import Change, migrate


@pytest.fixture
def city(tmp_path, monkeypatch):
    """A city with something in its register."""
    monkeypatch.setenv("STATIONMAP_LANG", "zh")
    made = City.create(tmp_path / "衢州", standard="quzhou-2018")
    fill(made.register)
    made.register.close()
    return tmp_path / "衢州"


@pytest.fixture
def db(capsys):
    """Run ``stationmap db`` and give its exit code, its output and what went to standard error."""

    def call(*words) -> tuple[int, str, str]:
        code = run(["db", *map(str, words)])
        return code, *capsys.readouterr()

    return call


def test_verify_tells_what_there_is(city, db):
    code, out, _ = db("verify", city)
    assert code == 0
    assert out.startswith("核对无误：操作 7 次")
    code, out, _ = db("verify", city, "--json")
    found = json.loads(out)
    assert (found["sound"], found["actions"], found["problems"]) == (True, 7, [])


def test_verify_tells_what_does_not_hold(city, db):
    with sqlite3.connect(city / "register.sqlite") as raw:
        raw.execute("UPDATE unit SET name = 'x'")
    raw.close()
    code, out, err = db("verify", city)
    assert (code, out) == (2, "")
    assert "unit U1 与改动记录对不上（name）" in err
    assert "stationmap db restore" in err
    code, out, err = db("verify", city, "--json")
    assert code == 2
    assert json.loads(out)["problems"] == ["unit U1 与改动记录对不上（name）"]


def test_backup_and_restore_go_there_and_back(city, db):
    before = City.open(city).register.seq()
    code, out, _ = db("backup", city, "--json")
    made = json.loads(out)
    assert (code, made["sound"]) == (0, True)
    assert made["file"].startswith(str(city / "backups" / "register-"))
    assert "联系人" not in out
    code, out, _ = db("verify", city, made["file"])
    assert (code, out[:4]) == (0, "核对无误")
    changed = City.open(city).register
    changed.undo(changed.actions()[0].id, action="c0ffee00-0000-4000-8000-000000000000", by="cli")
    code, out, _ = db("restore", city, made["file"])
    assert code == 0
    assert "恢复前的台账存为" in out
    assert "所有人需重新登录" in out
    assert City.open(city).register.seq() == before
    assert len(list((city / "backups").glob("replaced-*.sqlite"))) == 1


def test_an_open_city_answers_from_what_was_restored(city, db):
    opened = City.open(city)
    assert "改名" in set(opened.stations()["name"])
    file = city.parent / "usb" / "register.sqlite"
    assert db("backup", city, "--out", file)[0] == 0
    action = "c0ffee00-0000-4000-8000-000000000001"
    (row,) = opened.register.rows("station", id="S0")
    change = Change("station", "S0", {"name": "又改"}, expects=row["version"])
    opened.register.write([change], action=action, by="cli", kind="edit")
    assert "又改" in set(opened.stations()["name"])
    assert db("restore", city, file)[0] == 0
    assert "改名" in set(opened.stations()["name"])
    assert "又改" not in set(opened.stations()["name"])


def test_backup_does_not_overwrite(city, db):
    out = city.parent / "a.sqlite"
    assert db("backup", city, "--out", out)[0] == 0
    code, _, err = db("backup", city, "--out", out)
    assert code == 2
    assert "已存在" in err


def test_a_spoiled_backup_is_refused_in_a_sentence(city, db):
    file = city.parent / "a.sqlite"
    db("backup", city, "--out", file)
    file.write_bytes(file.read_bytes()[:-1] + b"!")
    for words in (("verify", city, file), ("restore", city, file)):
        code, out, err = db(*words)
        assert (code, out) == (2, "")
        assert "与备份时不一致" in err
    assert db("restore", city, city.parent / "none.sqlite")[2].startswith("错误：没有")


def test_a_damaged_register_is_put_right_by_its_backup(city, db):
    db("backup", city, "--out", city.parent / "a.sqlite")
    (city / "register.sqlite").write_bytes(b"x" * 4096)
    for command in ("verify", "backup", "migrate"):
        code, _, err = db(command, city)
        assert code == 2
        assert "已损坏" in err
        assert "Traceback" not in err
    code, out, _ = db("restore", city, city.parent / "a.sqlite")
    assert code == 0
    assert "damaged-" in out
    assert db("verify", city)[0] == 0


def test_migrate_says_whether_there_was_anything_to_do(city, db):
    assert db("migrate", city)[1].startswith("台账库已是最新格式")
    (city / "register.sqlite").unlink()
    for left in city.glob("register.sqlite-*"):
        left.unlink()
    code, _, err = db("verify", city)
    assert code == 2
    assert "还没有台账库" in err
    assert not (city / "register.sqlite").exists()
    assert db("migrate", city)[1].startswith("已建好台账库")
    assert json.loads(db("migrate", city, "--json")[1])["before"] == migrate.REVISIONS[-1]


def test_what_is_no_city_is_told(tmp_path, db):
    shutil.rmtree(tmp_path / "nowhere", ignore_errors=True)
    for command in ("verify", "backup", "migrate"):
        code, _, err = db(command, tmp_path / "nowhere")
        assert code == 2
        assert "city.toml" in err
