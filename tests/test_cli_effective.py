"""Effective coverage on the command line: beside the built one, and never guessed."""

import json

import pytest
import small_city
from inspected_town import inspect

from stationmap.cli import run as cli
from stationmap.cli.output import LANG_VARIABLE
from stationmap.inspections import OPEN


@pytest.fixture(scope="module")
def unseen(tmp_path_factory):
    return small_city.make(tmp_path_factory.mktemp("unseen"))


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """The town where the third of six stations was found closed."""
    city = small_city.make(tmp_path_factory.mktemp("seen"))
    inspect(city, "A2", failed=[OPEN])
    inspect(city, "A4")
    return city


@pytest.fixture
def command(capsys, monkeypatch):
    """Run a command in a language; return exit code, standard output, standard error."""

    def call(*arguments, lang="zh"):
        monkeypatch.setenv(LANG_VARIABLE, lang)
        code = cli.run([str(a) for a in arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in err + out
        return code, out, err

    return call


def test_gaps_tells_both_shares_and_lists_the_effective_gaps(command, seen):
    code, out, _ = command("gaps", seen.path, "--effective")
    assert code == 0
    assert "计入的 6 个站点中，1 个不起作用" in out
    _, plain, _ = command("gaps", seen.path)
    assert "不起作用" not in plain
    found = [
        json.loads(command("gaps", seen.path, "--json", *more)[1])["summary"]
        for more in ((), ("--effective",))
    ]
    assert found[1]["built"] == found[0]
    assert found[1]["covered_share"] < found[0]["covered_share"]
    assert (found[0]["stations_counted"], found[1]["stations_counted"]) == (6, 5)


def test_a_map_of_effective_gaps_says_so_and_leaves_the_idle_station_out(command, seen, tmp_path):
    file = tmp_path / "gaps.kml"
    code, _, err = command("gaps", seen.path, "--effective", "--out", file)
    assert (code, file.exists()) == (0, True), err
    counting = seen.now().counting(effective=True)
    assert set(counting["station_id"]) == {"A0", "A1", "A3", "A4", "A5"}


@pytest.mark.parametrize(("lang", "word"), [("zh", "有效覆盖未知"), ("en", "is not known")])
def test_without_inspections_it_is_not_guessed(command, unseen, lang, word):
    code, out, err = command("gaps", unseen.path, "--effective", lang=lang)
    assert code != 0
    assert out == ""
    assert word in err


def test_check_tells_both(command, seen, unseen):
    assert "有效覆盖" in command("check", seen.path, "--rule", "Q-S1")[1]
    assert "有效覆盖" not in command("check", unseen.path, "--rule", "Q-S1")[1]
