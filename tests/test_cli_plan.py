"""`stationmap plan`: the fewest stations at real hosts, adopted, and the loop closed by `gaps`."""

import datetime as dt
import json
import re
import shutil
from types import SimpleNamespace

import geopandas as gpd
import pandas as pd
import pytest
import small_city
from inspected_town import inspect
from openpyxl import load_workbook

from stationmap.city import City
from stationmap.city.plans import PlanAsked, alike, district_code, fit
from stationmap.cli import run as cli
from stationmap.cli.output import LANG_VARIABLE
from stationmap.inspections import OPEN


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return small_city.make(tmp_path_factory.mktemp("plan"))


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """The same town without a station."""
    return small_city.make(tmp_path_factory.mktemp("bare"), stations=False)


@pytest.fixture
def own(made, tmp_path):
    """A copy of the town, to be changed."""
    shutil.copytree(made.path, tmp_path / "own")
    return City.open(tmp_path / "own")


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


def answer(command, *arguments):
    code, out, err = command("plan", *arguments, "--json")
    assert code == 0, err
    return json.loads(out)


def refusal(command, *arguments, lang="en"):
    code, out, err = command("plan", *arguments, lang=lang)
    assert (code, out) == (2, "")
    assert len(err.strip().splitlines()) == 1
    return err


def stretches(features):
    """Street, part and rounded chainages of stretches that are open."""
    rows = (feature["properties"] for feature in features)
    return sorted(
        (
            row.get("street_id") or row["subject_id"],
            row["part"],
            round(row["from_m"]),
            round(row["to_m"]),
        )
        for row in rows
    )


def open_gaps(command, city):
    _, out, _ = command("gaps", city.path, "--with-planned", "--json")
    return stretches(json.loads(out)["gaps"]["features"])


def test_the_json_has_the_plan_its_proof_and_what_stays_open(command, made):
    found = answer(command, made.path)
    assert set(found) == {"summary", "proposals", "uncoverable", "suggested", "curve"}
    summary, proposals = found["summary"], found["proposals"]["features"]
    assert summary["objective"] == summary["bound"] == len(proposals) > 0
    assert summary["status"] == "optimal"
    assert [one["properties"]["order"] for one in proposals] == list(range(1, len(proposals) + 1))
    assert len(found["uncoverable"]["features"]) == summary["uncoverable"] > 0
    needed = sum(one["properties"]["points_needed"] for one in found["uncoverable"]["features"])
    assert len(found["suggested"]["features"]) == needed
    shares = [row["share"] for row in found["curve"]]
    assert shares == sorted(shares)
    assert [row["n"] for row in found["curve"]] == list(range(len(proposals) + 1))


def test_after_adopting_gaps_finds_none_but_those_the_plan_named(command, own):
    found = answer(command, own.path, "--adopt")
    assert found["scenario"]["planned"] == len(found["proposals"]["features"])
    assert open_gaps(command, own) == stretches(found["uncoverable"]["features"])
    stations = City.open(own.path).now().stations()
    assert (stations["status"] == "planned").sum() == found["scenario"]["planned"]


def test_after_adopting_free_standing_points_no_gap_is_left(command, own):
    found = answer(command, own.path, "--free-standing", "--adopt")
    assert found["uncoverable"]["features"] == []
    assert found["summary"]["free_standing_proposals"] > 0
    assert open_gaps(command, own) == []


def test_planned_stations_count_unless_told_otherwise(command, own):
    first = answer(command, own.path, "--adopt")["summary"]
    assert answer(command, own.path)["summary"]["proposals"] == 0
    again = answer(command, own.path, "--without-planned", "--street", "人民路")["summary"]
    assert 0 < again["proposals"] <= first["proposals"]


def test_nothing_is_adopted_where_a_station_stands_and_each_says_why(command, bare, tmp_path):
    shutil.copytree(bare.path, tmp_path / "own")
    own = City.open(tmp_path / "own")
    asked = ("--without-planned", "--budget", "2", "--adopt", "--free-standing")
    assert answer(command, own.path, *asked)["scenario"]["planned"] == 2
    again = answer(command, own.path, *asked)["scenario"]
    assert again["planned"] == 0
    assert ["已有" in one for one in again["left"]] == [True, True], again
    assert (City.open(own.path).now().stations()["status"] == "planned").sum() == 2


def test_a_district_may_be_called_by_its_name():
    named = pd.DataFrame({"name": ["柯城区"], "adcode": ["330802"]})
    town = SimpleNamespace(layer=lambda _: named)
    assert district_code(town, "柯城区") == district_code(town, "330802") == "330802"
    assert district_code(town, "别处") == "别处"


def test_a_host_with_a_suspended_station_is_no_candidate_and_the_plan_tells_of_it(
    command, bare, tmp_path
):
    shutil.copytree(bare.path, tmp_path / "own")
    first = bare.now().plan(PlanAsked(budget=1)).proposals.iloc[0]
    row = {"编号": "Z", "名称": "停用点", "类型": small_city.TYPE, "状态": "暂停"}
    row |= {"经度": first.geometry.x, "纬度": first.geometry.y}
    own = City.open(tmp_path / "own")
    own.import_file("stations", small_city.table(tmp_path / "s.csv", [row]), datum="wgs84")
    found = answer(command, own.path)
    hosts = {one["properties"]["host_id"] for one in found["proposals"]["features"]}
    assert first["host_id"] not in hosts
    assert any("停用点" in one and "恢复开放" in one for one in found["summary"]["assumptions"])
    elsewhere = answer(command, own.path, "--street", "衢江路")["summary"]["assumptions"]
    assert not any("停用点" in one for one in elsewhere)


def test_a_plan_on_foot_leaves_hosts_with_a_suspended_station_alone(bare, tmp_path):
    shutil.copytree(bare.path, tmp_path / "own")
    asked = PlanAsked(within_m=150.0, demand="facilities:library", budget=1)
    first = bare.now().plan(asked).proposals.iloc[0]
    row = {"编号": "Z", "名称": "停用点", "类型": small_city.TYPE, "状态": "暂停"}
    row |= {"经度": first.geometry.x, "纬度": first.geometry.y}
    own = City.open(tmp_path / "own")
    own.import_file("stations", small_city.table(tmp_path / "s.csv", [row]), datum="wgs84")
    again = own.now().plan(asked).proposals
    assert len(again) == 1
    assert first["host_id"] not in set(again["host_id"])


def test_an_adoption_is_named_listed_and_taken_back(command, own):
    code, _, err = command("plan", own.path, "--adopt")
    assert code == 0
    (scenario,) = City.open(own.path).register.rows("scenario")
    assert scenario["id"] in err
    undo = re.search(r"stationmap undo (\S+) ([0-9a-f]{8})", err)
    assert undo[1] == str(own.path)
    listed = json.loads(command("undo", own.path, "--json")[1])
    (adopted,) = [one for one in listed if one["kind"] == "plan"]
    assert adopted["id"].startswith(undo[2])
    assert scenario["name"] in adopted["file"]
    assert scenario["name"] in command("undo", own.path)[1]
    code, out, _ = command("undo", own.path, undo[2])
    assert code == 0
    assert scenario["name"] in out
    assert not (City.open(own.path).now().stations()["status"] == "planned").any()


def test_a_name_in_use_is_refused_and_nothing_is_kept(command, own):
    answer(command, own.path, "--save", "一期方案")
    assert "“一期方案” already" in refusal(command, own.path, "--save", " 一期方案 ")
    assert len(City.open(own.path).register.rows("scenario")) == 1


def test_saving_keeps_a_scenario_and_plans_no_station(command, own):
    found = answer(command, own.path, "--save", "一期方案")
    assert found["scenario"]["name"] == "一期方案"
    assert not (City.open(own.path).now().stations()["status"] == "planned").any()
    rows = City.open(own.path).register.rows("scenario")
    assert [row["name"] for row in rows] == ["一期方案"]


def test_a_budget_is_kept_and_more_than_there_are_hosts_is_planned_with_fewer(command, bare):
    one = answer(command, bare.path, "--budget", "1")
    assert len(one["proposals"]["features"]) == 1
    assert one["curve"][1]["bound"] >= one["curve"][1]["value"] > one["curve"][0]["value"]
    many = answer(command, bare.path, "--budget", "500")["summary"]
    assert 1 < many["proposals"] <= many["candidates"] < 500


def test_only_the_streets_asked_for_are_planned(command, made):
    found = answer(command, made.path, "--street", "人民路", "--free-standing")
    assert {one["properties"]["street_name"] for one in found["proposals"]["features"]} == {
        "人民路"
    }
    by_id = found["proposals"]["features"][0]["properties"]["street_id"]
    same = answer(command, made.path, "--street", by_id, "--free-standing")
    assert same["proposals"] == found["proposals"]


def test_excluded_hosts_are_never_proposed(command, made, tmp_path):
    before = answer(command, made.path)["proposals"]["features"]
    host = before[0]["properties"]["host_id"]
    file = tmp_path / "不设.csv"
    file.write_text(f"编号,备注\n{host},业主不同意\n", encoding="utf-8")
    after = answer(command, made.path, "--exclude", file)
    assert host not in {one["properties"]["host_id"] for one in after["proposals"]["features"]}
    area = tmp_path / "area.geojson"
    lon, lat = before[0]["geometry"]["coordinates"]
    place = gpd.GeoSeries(gpd.points_from_xy([lon], [lat]), crs=4326).buffer(1e-5)
    place.to_file(area)
    inside = answer(command, made.path, "--exclude", area)
    assert inside["summary"]["excluded"] >= 1
    assert host not in {one["properties"]["host_id"] for one in inside["proposals"]["features"]}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--budget", "0"), "cannot add any"),
        (("--budget", "-2"), "cannot add any"),
        (("--street", "人民大路"), "人民路"),
        (("--district", "999999"), "there is no district 999999"),
        (("--rule", "Q-C1"), "Q-S1"),
        (("--rule", "nonsense"), "no rule nonsense"),
        (("--target", "95%"), "--within METRES"),
        (("--within", "500", "--minutes", "5"), "one of the two"),
        (("--within", "500", "--target", "0"), "a share above 0"),
        (("--within", "500", "--weight", "empty_nest"), "GROUP=NUMBER"),
        (("--budget", "abc"), "--budget needs a whole number"),
        (("--within", "far"), "--within needs a number"),
        (
            ("--within", "500", "--street", "人民路"),
            "cannot be narrowed to streets such as “人民路”",
        ),
        (("--within", "500", "--free-standing"), "free-standing points belong to plans along"),
        (("--within", "500", "--rule", "Q-S1"), "leave out the rule Q-S1"),
        (("--rule", "Q-S2", "--street", "人民路"), "cannot be narrowed to streets"),
        (("--rule", "Q-S2", "--free-standing"), "free-standing points belong to plans along"),
        (("--effective",), "nobody has inspected"),
        (("--out", "plan.doc"), "no such output format"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(command, made, arguments, says):
    assert says in refusal(command, made.path, *arguments)
    told = refusal(command, made.path, *arguments, lang="zh")
    assert told.startswith("错误：")
    assert "valid" not in told


def test_names_are_offered_in_the_script_of_the_question():
    names = ["人民路", "人民西路", "北门路", "Beimen Road", "Renmin Road"]
    assert alike("人民大路", names) == ["人民路", "人民西路"]
    assert alike("不存在路", names) == []
    assert alike("Beimen Rd", names)[0] == "Beimen Road"


def test_a_kept_plan_lasts_for_its_day(made, monkeypatch):
    now, asked = made.now(), PlanAsked(budget=1)
    first = now.plan(asked)
    assert now.plan(asked) is first
    tomorrow = now.today() + dt.timedelta(days=1)
    monkeypatch.setattr(now, "today", lambda: tomorrow)
    assert now.plan(asked) is not first


def test_hosts_that_nobody_would_ask_are_none(made):
    now = made.now()
    shops = now.hosts()["shop"]
    assert len(fit(shops)) == len(shops) > 0
    assert fit(shops.assign(category="funeral_directors")).empty


def test_effective_plans_for_places_leave_out_the_stations_that_do_not_serve(command, own):
    built = answer(command, own.path, "--rule", "Q-S2")["summary"]
    inspect(own, "A2", failed=[OPEN])
    inspect(own, "A3", failed=[OPEN])
    effective = answer(command, own.path, "--rule", "Q-S2", "--effective")["summary"]
    assert effective["before"]["value"] < built["before"]["value"]
    assert effective["before"]["stations"] == built["before"]["stations"] - 2


def test_ids_that_are_of_no_host_are_named(command, made, tmp_path):
    file = tmp_path / "x.csv"
    file.write_text("id\nnobody\n", encoding="utf-8")
    assert "nobody" in refusal(command, made.path, "--exclude", file)


@pytest.mark.parametrize("ending", ["gpkg", "geojson", "xlsx"])
def test_files_hold_every_station_of_the_plan(command, made, tmp_path, ending):
    found = answer(command, made.path)
    count = len(found["proposals"]["features"])
    file = tmp_path / f"plan.{ending}"
    code, out, err = command("plan", made.path, "--out", file)
    assert (code, file.exists()) == (0, True), err
    assert "已证明" in out
    if ending == "gpkg":
        assert len(gpd.read_file(file, layer="proposals")) == count
        assert len(gpd.read_file(file, layer="gaps_after")) == found["summary"]["uncoverable"]
    elif ending == "geojson":
        layers = gpd.read_file(file)["layer"].value_counts()
        assert layers["proposals"] == count
        assert layers["uncoverable"] == found["summary"]["uncoverable"]
    else:
        book = load_workbook(file, read_only=True)
        rows = list(book["新增点位"].iter_rows(values_only=True))
        proposed = [row for row in rows[1:] if row[1] == "拟设"]
        assert len(proposed) == count
        assert "nan" not in {str(cell) for row in rows for cell in row}


def test_a_plan_by_walking_distance_is_told_and_written(command, made, tmp_path):
    file = tmp_path / "plan.xlsx"
    found = answer(
        command, made.path, "--within", "150", "--demand", "facilities:library", "--out", file
    )
    assert found["summary"]["kind"] == "access"
    assert found["summary"]["within_m"] == 150
    told = [row[1] for row in load_workbook(file)["汇总"].iter_rows(values_only=True)]
    assert any("步行 150 米以内" in str(text) for text in told)


def test_a_plan_for_places_that_lack_a_station_is_told(command, made):
    code, out, err = command("plan", made.path, "--rule", "Q-T3", "--json")
    assert code == 0, err
    assert json.loads(out)["summary"]["kind"] == "presence"
