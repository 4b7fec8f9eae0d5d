"""``stationmap undo``: an import is taken back whole, or but for what was changed since."""

import json
import uuid

import pytest
import small_city

from stationmap.cli import run as cli
from stationmap.cli.output import LANG_VARIABLE
from stationmap.store import Change


@pytest.fixture
def city(tmp_path):
    return small_city.make(tmp_path)


def run(capsys, *arguments):
    """Run a command; gives its exit code and what it wrote to stdout and to stderr."""
    code = cli.run(["undo", *map(str, arguments)])
    said = capsys.readouterr()
    return code, said.out, said.err


def imports(capsys, city):
    return json.loads(run(capsys, city.path, "--json")[1])


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_last_imports_are_listed_and_one_is_taken_back(city, capsys, monkeypatch, lang):
    monkeypatch.setenv(LANG_VARIABLE, lang)
    (one,) = imports(capsys, city)
    assert (one["file"], one["undone_by"]) == ("list.csv", None)
    code, out, err = run(capsys, city.path)
    assert code == 0
    assert one["id"][:8] in out
    assert {"zh": "地图数据", "en": "Map data"}[lang] in err
    assert len(city.register.rows("station")) > 0
    code, out, _ = run(capsys, city.path, one["id"][:8])
    assert code == 0
    assert "list.csv" in out
    assert city.register.rows("station") == []
    assert imports(capsys, city)[0]["undone_by"]
    assert run(capsys, city.path, one["id"])[0] == 2


def test_what_was_changed_since_is_left_alone_only_where_that_is_asked(city, capsys, monkeypatch):
    monkeypatch.setenv(LANG_VARIABLE, "en")
    (one,) = imports(capsys, city)
    change = Change("station", "A0", {"hours": "9:00-10:00"})
    city.register.write([change], action=str(uuid.uuid4()), by="cli", kind="edit")
    seq = city.register.seq()
    code, out, err = run(capsys, city.path, one["id"])
    assert (code, out) == (2, "")
    assert "station A0" in err
    assert city.register.seq() == seq
    code, out, _ = run(capsys, city.path, one["id"], "--keep", "--json")
    assert code == 0
    assert json.loads(out)["kept"] == [{"entity": "station", "id": "A0"}]
    assert [row["id"] for row in city.register.rows("station")] == ["A0"]


@pytest.mark.parametrize("mark", ["x", "", " ", "%", "00000000", "3f2a91c0-0000", "a" * 5000])
def test_what_is_no_import_is_said(city, capsys, monkeypatch, mark):
    monkeypatch.setenv(LANG_VARIABLE, "en")
    seq = city.register.seq()
    code, _, err = run(capsys, city.path, mark)
    assert (code == 0) == (mark == "")
    assert "cannot be taken back" in " ".join(err.split())
    assert city.register.seq() == seq
