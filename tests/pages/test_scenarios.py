"""Scenarios: kept, compared, shared and adopted, within bounds, once, and with nothing lost."""

import io
import json
import re
import shutil
import uuid
import zipfile

import geopandas as gpd
import pandas as pd
import pytest
import shapely
import signed_in
from pages_town import HOSTILE, place, town  # noqa: F401
from scenario_hand import API, EAST, WEST, keep, moved, new, send, status_of
from signed_in import post

from stationmap import stations
from stationmap.checks import spacing
from stationmap.city import scenario_adopt, scenario_figures, scenarios
from stationmap.city.what_if import can_tell
from stationmap.crs import to_metric
from stationmap.planning.changes import Change
from stationmap.planning.whatif import Finding
from web.app import create_app


@pytest.fixture(scope="module")
def app(town, tmp_path_factory):  # noqa: F811
    folder = tmp_path_factory.mktemp("scenarios") / "town"
    shutil.copytree(town.path, folder)
    return create_app(folder)


@pytest.fixture(scope="module")
def city(app):
    return app.extensions["city"]


@pytest.fixture(scope="module")
def planner(app):
    return signed_in.client(app, role="planner")


@pytest.fixture(scope="module")
def office(app):
    return signed_in.client(app)


# ------------------------------------------------------------------- keeping


def test_keeping_a_scenario_changes_no_station_and_is_done_once(city, planner):
    before, mark = city.now().version, str(uuid.uuid4())
    body = {"name": " 方案一 ", "changes": [new(1, 190), moved("P640", 560)], "action": mark}
    first, again = send(planner, "POST", **body), send(planner, "POST", **body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json == again.json
    assert first.json["name"] == "方案一"
    assert first.json["counts"] == {"new": 1, "moved": 1, "closed": 0, "altered": 0}
    assert [one["id"] for one in planner.get(API).json["scenarios"]][:1] == [first.json["id"]]
    assert city.now().version == before
    assert status_of(city, "P640") == "active"


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        ("", [new(1, 190)], "方案名称"),
        ("很" * 81, [new(1, 190)], "80"),
        ("打 13812345678", [new(1, 190)], "手机号"),
        ("方案", [], "还没有改动任何站点"),
        ("方案", [{"station_id": "nobody", "status": "closed"}], "nobody"),
        ("方案", [new(1, 190), new(1, 200)], "new-1"),
        ("方案", "DROP TABLE", "列表"),
        ("方案", [new(1, 190, type="castle")], "无法读取"),
    ],
)
def test_what_cannot_be_kept_is_told_in_one_sentence(city, planner, name, changes, said):
    before = city.register.seq()
    answer = send(planner, "POST", name=name, changes=changes)
    assert answer.status_code == 400
    assert said in answer.json["detail"]
    assert city.register.seq() == before


def test_two_scenarios_never_have_one_name(planner):
    names = [keep(planner, new(1, 190), name="同名" * 40)["name"] for _ in range(3)]
    assert len(set(names)) == 3
    assert names[1].endswith(" (2)")
    assert max(map(len, names)) <= 80


def test_two_who_change_one_scenario_do_not_overwrite_each_other(office, planner):
    made = keep(planner, new(1, 190))
    path = f"/{made['id']}"
    mine = send(planner, "PUT", path, version=made["version"], name="甲")
    theirs = send(office, "PUT", path, version=made["version"], name="乙")
    assert (mine.status_code, theirs.status_code) == (200, 409)
    assert planner.get(API + path).json["name"] == "甲"
    other = send(office, "PUT", path, version=mine.json["version"], changes=[new(2, 150)])
    assert [one["station_id"] for one in other.json["changes"]] == ["new-2"]
    assert other.json["name"] == "甲"


def test_a_deleted_scenario_comes_back_as_it_was(planner):
    made = keep(planner, new(1, 190), note="备注")
    gone = send(planner, "DELETE", f"/{made['id']}", version=made["version"])
    assert planner.get(f"{API}/{made['id']}").status_code == 404
    assert post(planner, gone.json["undo"]).status_code == 303
    back = planner.get(f"{API}/{made['id']}").json
    assert {**back, "version": 0} == {**made, "version": 0}


# ------------------------------------------------------------------- who may


def test_scenarios_are_changed_by_their_author_and_the_office_above(app):
    west = signed_in.client(app, role="planner", adcode=WEST)
    made = keep(west, new(1, 190))
    body = {"version": made["version"], "name": "别的"}
    for role, adcode, status in (
        ("planner", WEST, 403),
        ("county", EAST, 403),
        ("inspector", "", 403),
        ("county", WEST, 200),
    ):
        other = signed_in.client(app, role=role, adcode=adcode)
        assert other.get(f"{API}/{made['id']}").status_code == 200
        assert send(other, "PUT", f"/{made['id']}", **body).status_code == status, (role, adcode)


def test_a_link_is_open_to_all_only_while_the_scenario_is_published(app, planner):
    made, nobody = keep(planner, new(1, 190, name=HOSTILE)), app.test_client()
    paths = [made["url"], f"{made['url']}/file.geojson"]
    assert {nobody.get(path).status_code for path in paths} == {303}
    assert nobody.get(f"/plans/{uuid.uuid4()}").status_code == 303  # tells nothing of what is there
    form = {"version": made["version"], "published": "1"}
    assert post(planner, made["url"], form).status_code == 303
    pages = [nobody.get(path) for path in paths]
    assert {page.status_code for page in pages} == {200}
    assert {page.headers["Cache-Control"] for page in pages} == {"no-store"}
    assert HOSTILE not in pages[0].text
    assert planner.account.name not in pages[0].text
    assert "csrf_token" not in pages[0].text
    assert nobody.get("/plans").status_code == 303
    assert nobody.get(API).status_code == 401
    version = planner.get(f"{API}/{made['id']}").json["version"]
    post(planner, made["url"], {"version": version, "published": "0"})
    assert {nobody.get(path).status_code for path in paths} == {303}


# ------------------------------------------------------------------- figures


def test_figures_are_those_of_a_full_check_of_the_stations_as_they_would_be(city, planner):
    changes = [new(1, 190), moved("P640", 560), {"station_id": "P80", "status": "closed"}]
    now = city.now()
    made = scenarios.get(city.register, keep(planner, *changes)["id"])
    found = scenario_figures.figures(now, made)
    frame = now.stations().set_index("station_id", drop=False)
    frame.loc["P640", "geometry"] = shapely.Point(place(560, 5))
    frame.loc["P80", "status"] = "closed"
    added = frame.loc[["P0"]].assign(station_id="new-1", geometry=[shapely.Point(place(190, 5))])
    frame = pd.concat([frame, added.set_crs(frame.crs)])
    rule = found.rule
    counts = stations.counting(frame, types=rule.counts)
    whole = spacing.check(
        now.prepared(rule.id), to_metric(frame.loc[counts, ["station_id", "geometry"]], now.crs())
    )
    assert found.after == whole.summary()
    assert found.before == now.spacing(rule.id).summary()
    was, would = now.gaps(rule.id), whole.gaps(rule)
    places = ["street_id", "from_m", "to_m"]

    def rows(gaps):
        return set(map(tuple, gaps[places].round(3).itertuples(index=False)))

    assert rows(found.new) == rows(would) - rows(was)
    assert rows(found.closed) == rows(was) - rows(would)
    assert rows(found.remaining) == rows(would)
    assert found.before["gaps"] != found.after["gaps"] or len(found.new)


def finding(kind, *, subject="station", own="S1"):
    rest = ("binding", None, None, "", "", "", "", "", False)
    return Finding("f", "R", kind, subject, own, own, None, "not_met", *rest)


@pytest.mark.parametrize(
    ("one", "changes", "told"),
    [
        (finding("indicator", subject="area", own="330802"), [Change("new-1")], False),
        (finding("indicator", subject="area", own="330802"), [Change("S1")], True),
        (finding("hierarchy", own="new-1"), [Change("new-1")], False),
        (finding("hierarchy", own="S1"), [Change("new-1")], True),
        (finding("placement", own="new-1"), [Change("new-1")], True),
    ],
)
def test_what_registration_decides_is_not_told_of_new_stations(one, changes, told):
    assert can_tell(one, changes) is told


def test_two_scenarios_stand_side_by_side_with_two_maps(office):
    first = keep(office, new(1, 120), name="甲案")
    second = keep(office, new(1, 120), new(2, 165), new(3, 210), name="乙案")
    page = office.get(f"/plans/compare?a={first['id']}&b={second['id']}").text
    data = json.loads(re.search(r'id="page-data">(.*?)</script>', page, re.S)[1])
    assert [one["name"] for one in data["scenarios"]] == ["甲案", "乙案"]
    assert [len(one["stations"]) for one in data["scenarios"]] == [1, 3]
    assert page.count('class="scenario-map"') == 2
    line = re.search(r"计入覆盖的站点</th>(.*?)</tr>", page, re.S)[1]
    assert re.findall(r">(\d+)<", line) == ["5", "6", "8"]
    alone = office.get(f"/plans/compare?a={first['id']}&b={first['id']}")
    assert alone.status_code == 303


# ------------------------------------------------------------------- pages and files


def test_a_scenario_is_taken_away_as_workbook_geopackage_and_geojson(office, tmp_path):
    made = keep(office, new(1, 190, name="=1+1"), moved("P640", 560), name="变化")
    book = office.get(f"{made['url']}/file.xlsx")
    assert zipfile.is_zipfile(io.BytesIO(book.data))
    sheets = pd.read_excel(io.BytesIO(book.data), sheet_name=None, engine="openpyxl")
    assert list(sheets) == ["比选方案", "指标", "补上的空白路段", "新的空白路段"]
    assert sheets["比选方案"]["更改"].tolist() == ["新增", "移位"]
    # the scenario may be called as one of the columns is
    assert list(sheets["指标"]) == ["指标", "现状", "按本方案", "变化"]
    page = office.get(made["url"]).text
    assert re.findall(r'data-label="状态">(.*?)<', page) == ["拟建", "正常运行"]
    (tmp_path / "s.gpkg").write_bytes(office.get(f"{made['url']}/file.gpkg").data)
    frame = gpd.read_file(tmp_path / "s.gpkg", layer="scenario")
    assert frame["kind"].tolist() == ["new", "moved"]
    assert frame.crs.to_epsg() == 4326
    assert set(gpd.list_layers(tmp_path / "s.gpkg")["name"]) == {
        "scenario",
        "gaps_closed",
        "gaps_new",
    }
    features = office.get(f"{made['url']}/file.geojson").json["features"]
    assert features[0]["geometry"]["coordinates"] == pytest.approx(place(190, 5))
    assert office.get(f"{made['url']}/file.exe").status_code == 404


def test_names_are_shown_as_text(office):
    made = keep(office, new(1, 190, name=HOSTILE), name=HOSTILE[:80], note=HOSTILE)
    other = keep(office, new(1, 230), name="乙")
    for path in (
        "/plans",
        made["url"],
        f"{made['url']}/adopt",
        f"/plans/compare?a={made['id']}&b={other['id']}",
    ):
        page = office.get(path)
        assert page.status_code == 200
        assert "<img src=x" not in page.text
        assert "<script>window.hit" not in page.text


def test_ids_of_new_stations_follow_from_the_scenario_and_the_change(city, office):
    made = scenarios.get(city.register, keep(office, new(1, 190), new(2, 230))["id"])
    ids = [scenario_adopt.station_of(made, change) for change in made.changes]
    assert len(set(ids)) == 2
    assert all(re.fullmatch("S-[0-9a-f]{12}", own) for own in ids)
