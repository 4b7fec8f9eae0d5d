"""``stationmap near``: a table for people, GeoJSON for programs, one sentence for what is odd."""

import json

import pytest
from small_city import LAT, LON, make

from stationmap.cli.run import run


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    return make(tmp_path_factory.mktemp("near"))


@pytest.fixture(autouse=True)
def _chinese(monkeypatch):
    monkeypatch.setenv("STATIONMAP_LANG", "zh")


def near(town, *options, at=f"{LON},{LAT}"):
    return run(["near", str(town.path), "--at", at, *options])


def test_the_nearest_stand_in_a_table_first_to_last(town, capsys):
    assert near(town, "-k", "3") == 0
    told = capsys.readouterr()
    assert [told.out.index(f"有礼点{n}") for n in range(3)] == sorted(
        told.out.index(f"有礼点{n}") for n in range(3)
    )
    assert "有礼点3" not in told.out
    assert "时间待核实" in told.out
    assert "待核实" in told.out
    assert told.err == ""


def test_programs_get_one_feature_collection(town, capsys):
    assert near(town, "--json", "--supply", "umbrella") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["type"] == "FeatureCollection"
    assert [one["id"] for one in found["features"]] == [f"A{n}" for n in range(5)]
    first = found["features"][0]
    assert first["geometry"]["coordinates"] == [LON, LAT]
    assert first["properties"]["walk_m"] == pytest.approx(0, abs=1)
    assert first["properties"]["unknown"] == ["umbrella"]
    assert (found["datum"], found["walked"], found["notices"]) == ("wgs84", True, [])


def test_a_place_in_gcj02_is_moved_to_where_it_is(town, capsys):
    assert near(town, "--datum", "gcj02", "-k", "1", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["features"][0]["properties"]["straight_m"] > 400


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--at", f"{LAT},{LON}"], "写反"),
        (["--at", "118.87"], "经度,纬度"),
        (["--at", "here,there"], "--at 是“here”"),
        (["--datum", "gcj2"], "不认识的坐标系"),
        (["--supply", "umbrela"], "没有“umbrela”这一项"),
        (["--open-at", "soon"], "--open-at 是“soon”"),
        (["--max-m", "-1"], "--max-m 是“-1”"),
        (["-k", "0x"], "1 到 50 的整数"),
        (["-k", "all"], "1 到 50 的整数"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(town, capsys, options, words):
    assert run(["near", str(town.path), "--at", f"{LON},{LAT}", *options]) == 2
    told = capsys.readouterr()
    assert words in told.err
    assert len(told.err.strip().splitlines()) == 1
    assert told.out == ""


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["-k", "1000000000"], "-k 最大取 50"),
        (["--open-at", "2020-01-01T10:00"], "已经过去"),
        (["--at", "0,0"], "不在town范围内"),
        (["--at", "-51.2,-30"], "直线"),
    ],
)
def test_what_is_odd_is_answered_and_said_beside_the_answer(town, capsys, options, words):
    assert run(["near", str(town.path), "--at", f"{LON},{LAT}", *options]) == 0
    told = capsys.readouterr()
    assert words in told.err
    assert "有礼点" in told.out


def test_where_nothing_fits_the_reasons_are_told(town, capsys):
    assert near(town, "--max-m", "5", at=f"{LON + 0.0004},{LAT}") == 0
    told = capsys.readouterr().out
    assert "没有符合的站点" in told
    assert "超出所说的距离" in told


def test_needs_and_places_are_read_as_people_write_them(town, capsys):
    found = []
    for need, place in (
        ("umbrella", f"{LON},{LAT}"),
        ("雨伞", f"{LON} {LAT}"),
        ("Umbrella", f"{LON}， {LAT}"),
    ):
        assert near(town, "--json", "--supply", need, at=place) == 0
        features = json.loads(capsys.readouterr().out)["features"]
        found.append([(one["id"], one["properties"]["unknown"]) for one in features])
    assert found[0] == found[1] == found[2]
    assert found[0][0] == ("A0", ["umbrella"])
