"""Scenarios: kept, compared, shared and adopted, within bounds, once, and with nothing lost."""

import io
import json
import re
import uuid
import zipfile

import geopandas as gpd
import pandas as pd
import pytest
import shapely
import signed_in
from pages_town import HOSTILE, own_town, place, town  # noqa: F401
from signed_in import post

from stationmap import stations
from stationmap.checks import spacing
from stationmap.city import scenario_adopt, scenario_figures, scenarios
from stationmap.crs import to_metric
from stationmap.store import Change
from stationmap.store.verify import verify
from web.app import create_app

API = "/api/v1/scenarios"
WEST, EAST = "330802", "330803"


def new(number, x, y=5, **more):
    lon, lat = place(x, y)
    return {"station_id": f"new-{number}", "lon": lon, "lat": lat, "type": "point", **more}


def moved(own, x, y=5):
    lon, lat = place(x, y)
    return {"station_id": own, "lon": lon, "lat": lat}


@pytest.fixture
def app(own_town):  # noqa: F811
    return create_app(own_town.path)


@pytest.fixture
def city(app):
    return app.extensions["city"]


@pytest.fixture
def planner(app):
    return signed_in.client(app, role="planner")


@pytest.fixture
def office(app):
    return signed_in.client(app)


def send(client, method, path="", *, action=None, **body):
    """Send JSON with the token that the list of scenarios gives."""
    token = client.get(API).json["csrf"]
    sent = {"action": action or str(uuid.uuid4()), **body}
    return client.open(API + path, method=method, json=sent, headers={"X-CSRFToken": token})


def keep(client, *changes, name="方案一", **more):
    answer = send(client, "POST", name=name, changes=list(changes), **more)
    assert answer.status_code == 201, answer.text
    return answer.json


def adopt(client, made, **more):
    version = client.get(f"{API}/{made['id']}").json["version"]
    return send(client, "POST", f"/{made['id']}/adopt", version=version, **more)


def status_of(city, own):
    row = city.register.get("station", own)
    return row and row["status"]


# ------------------------------------------------------------------- keeping


def test_keeping_a_scenario_changes_no_station_and_is_done_once(city, planner):
    before, mark = city.now().version, str(uuid.uuid4())
    body = {"name": " 方案一 ", "changes": [new(1, 190), moved("P640", 560)], "action": mark}
    first, again = send(planner, "POST", **body), send(planner, "POST", **body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json == again.json
    assert first.json["name"] == "方案一"
    assert first.json["counts"] == {"new": 1, "moved": 1, "closed": 0, "altered": 0}
    assert [one["id"] for one in planner.get(API).json["scenarios"]] == [first.json["id"]]
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
    answer = send(planner, "POST", name=name, changes=changes)
    assert answer.status_code == 400
    assert said in answer.json["detail"]
    assert city.register.rows("scenario") == []


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


def test_a_scenario_with_a_station_that_is_gone_is_told_and_goes_without_it(city, office):
    made = keep(office, new(1, 190), {"station_id": "P80", "status": "closed"})
    city.register.write(
        [Change("station", "P80", None)], action=str(uuid.uuid4()), by="cli", kind="x"
    )
    page = office.get(made["url"])
    assert page.status_code == 200
    assert "P80" in page.text
    assert "已不在台账中" in page.text
    done = adopt(office, made)
    assert done.json["planned"] == 1
    assert [(one["change"], one["problem"]) for one in done.json["left"]] == [
        ("P80", "台账里已没有这个站点")
    ]


# ------------------------------------------------------------------- adopting


def test_adopting_plans_new_stations_and_edits_others_once(city, office):
    made = keep(office, new(1, 190, name="新点"), moved("P640", 560), new(2, 700))
    mark, version = str(uuid.uuid4()), made["version"]
    first = send(office, "POST", f"/{made['id']}/adopt", version=version, action=mark)
    again = send(office, "POST", f"/{made['id']}/adopt", version=version, action=mark)
    assert {k: first.json[k] for k in ("planned", "edited")} == {"planned": 2, "edited": 1}
    assert again.json == first.json
    after = office.get(f"{API}/{made['id']}").json
    rows = [city.register.get("station", after["adopted_as"][f"new-{n}"]) for n in (1, 2)]
    assert [row["status"] for row in rows] == ["planned", "planned"]
    assert [row["adcode"] for row in rows] == [WEST, EAST]  # where it lies decides
    assert {row["source"] for row in rows} == {f"scenario:{made['id']}"}
    assert rows[0]["name"] == "新点"
    assert city.register.get("station", "P640")["geometry"] == place(560, 5)
    assert len({e.action for e in city.register.history("station", rows[0]["id"])}) == 1
    third = adopt(office, made)
    assert third.status_code == 400
    assert len(city.register.rows("station", source=f"scenario:{made['id']}")) == 2
    assert verify(city.register.engine).sound


def test_undoing_an_adoption_puts_all_back_and_adopting_again_gives_the_same_ids(city, office):
    made = keep(office, new(1, 190), {"station_id": "P80", "status": "closed"})
    done = adopt(office, made).json
    own = office.get(f"{API}/{made['id']}").json["adopted_as"]["new-1"]
    assert (status_of(city, own), status_of(city, "P80")) == ("planned", "closed")
    post(office, done["undo"])
    assert (status_of(city, own), status_of(city, "P80")) == (None, "active")
    back = office.get(f"{API}/{made['id']}").json
    assert (back["adopted"], back["adopted_as"]) == (0, {})
    adopt(office, made)
    assert office.get(f"{API}/{made['id']}").json["adopted_as"]["new-1"] == own


def test_a_county_undoes_its_own_adoption_of_the_citys_scenario(app, city, office):
    made = keep(office, new(1, 190))
    west = signed_in.client(app, role="county", adcode=WEST)
    done = adopt(west, made).json
    own = office.get(f"{API}/{made['id']}").json["adopted_as"]["new-1"]
    changes = west.get("/manage/stations/changes").text
    assert "方案列入拟建" in changes
    action = done["undo"].rpartition("/")[2]
    assert post(office, done["undo"]).status_code == 404  # another's
    assert post(west, f"/manage/stations/changes/{action}/undo").status_code == 303
    assert status_of(city, own) is None


def test_what_was_changed_since_stays_when_an_adoption_is_undone(city, office):
    made = keep(office, new(1, 190), new(2, 230))
    done = adopt(office, made).json
    own = office.get(f"{API}/{made['id']}").json["adopted_as"]
    change = Change("station", own["new-1"], {"status": "active"})
    city.register.write([change], action=str(uuid.uuid4()), by="cli", kind="edit")
    page = post(office, done["undo"], follow_redirects=True).text
    assert "1" in re.search(r"已撤销[^<]*", page)[0]
    assert (status_of(city, own["new-1"]), status_of(city, own["new-2"])) == ("active", None)


def test_a_planner_adopts_within_its_scope_and_leaves_stations_there_to_the_office(app, city):
    west = signed_in.client(app, role="planner", adcode=WEST)
    made = keep(west, new(1, 190), new(2, 700), {"station_id": "P80", "status": "closed"})
    everything = [one["station_id"] for one in made["changes"]]
    done = adopt(west, made, take=everything).json
    assert (done["planned"], done["edited"]) == (1, 0)
    assert {one["change"]: one["problem"] for one in done["left"]} == {
        "new-2": "不在您管辖的范围内，请联系当地办公室",
        "P80": "已有站点由区县或市级办公室改动",
    }
    assert status_of(city, "P80") == "active"
    # the office above adopts the rest of the same scenario
    rest = adopt(signed_in.client(app), made, take=everything).json
    assert (rest["planned"], rest["edited"], rest["left"]) == (1, 1, [])


def test_hosts_that_are_gone_and_stations_there_already_are_told_and_left_out(city, office):
    shop = city.now().layer("shops")
    host = str(shop["id"].iloc[0])
    at = shop.geometry.iloc[0].representative_point()
    here = {"station_id": "new-0", "lon": at.x, "lat": at.y, "type": "post", "host_id": host}
    made = keep(
        office,
        here,
        new(1, 190, host_id="shop-that-closed"),
        new(2, 81),
        new(3, 400, host_id=host),
        new(4, 5000 * 111),
    )
    said = {one["change"]: one for one in office.get(f"{API}/{made['id']}/adopt").json["steps"]}
    assert said["new-0"]["plain"]
    assert said["new-1"]["doubts"] == ["依托点位 shop-that-closed 已不在"]
    assert said["new-2"]["doubts"] == ["该处已有站点：有礼点80"]
    assert "米" in said["new-3"]["doubts"][0]
    assert said["new-4"]["problem"] == "位置远在本市之外"
    assert adopt(office, made).json["planned"] == 1
    # whoever ticks them wants them
    assert adopt(office, made, take=list(said)).json["planned"] == 3


def test_an_adopted_scenario_stays_as_it_was_adopted(office):
    made = keep(office, new(1, 190))
    adopt(office, made)
    version = office.get(f"{API}/{made['id']}").json["version"]
    other = send(office, "PUT", f"/{made['id']}", version=version, changes=[new(1, 230)])
    assert other.status_code == 400
    assert "已经列入拟建" in other.json["detail"]
    assert send(office, "PUT", f"/{made['id']}", version=version, name="改名").status_code == 200
    copied = post(office, f"{made['url']}/copy", {"name": "另存"})
    own = copied.location.rpartition("/")[2]
    copy = office.get(f"{API}/{own}").json
    assert (copy["changes"], copy["adopted"]) == (made["changes"], 0)


def test_an_adoption_over_what_changed_meanwhile_writes_nothing(city, office):
    made = keep(office, new(1, 190))
    send(office, "PUT", f"/{made['id']}", version=made["version"], changes=[new(1, 230)])
    form = {"version": made["version"], "take": "new-1"}
    page = post(office, f"{made['url']}/adopt", form)
    assert page.status_code == 409
    assert "其他人刚刚改动过" in page.text
    assert 'value="new-1" checked' in page.text
    assert city.register.rows("station", source=f"scenario:{made['id']}") == []


def test_planned_stations_of_a_scenario_count_for_the_plan_and_not_as_built(city, office):
    before = city.now().spacing().summary()
    adopt(office, keep(office, new(1, 190)))
    now = city.now()
    assert now.spacing().summary() == before
    planned = now.spacing(with_planned=True).summary()["stations_counted"]
    assert planned == before["stations_counted"] + 2  # and the one that was planned before


def test_a_station_built_from_a_scenario_has_the_day_on_which_it_was_entered(city, office):
    made = keep(office, new(1, 190))
    adopt(office, made)
    own = office.get(f"{API}/{made['id']}").json["adopted_as"]["new-1"]
    assert set(city.now().register.entered_on([own, "P0"])) == {own}


# ------------------------------------------------------------------- pages and files


def test_the_pages_work_from_list_to_adoption_without_a_script(city, planner):
    made = keep(planner, new(1, 190, name="甲店"), new(2, 81, name="乙店"))
    assert made["url"] in planner.get("/plans").text
    page = planner.get(made["url"])
    assert page.status_code == 200
    assert "甲店" in page.text
    steps = planner.get(f"{made['url']}/adopt").text
    assert 'value="new-1" checked' in steps
    assert 'value="new-2">' in steps  # it stands near another: not ticked
    form = {"version": made["version"], "take": ["new-1"]}
    done = post(planner, f"{made['url']}/adopt", form, follow_redirects=True)
    assert "新增拟建站点 1 个" in done.text
    assert "1 个站点没有列入" in done.text
    assert len(city.register.rows("station", source=f"scenario:{made['id']}")) == 1


def test_a_scenario_is_taken_away_as_workbook_geopackage_and_geojson(office, tmp_path):
    made = keep(office, new(1, 190, name="=1+1"), moved("P640", 560), name="甲/案")
    book = office.get(f"{made['url']}/file.xlsx")
    assert zipfile.is_zipfile(io.BytesIO(book.data))
    sheets = pd.read_excel(io.BytesIO(book.data), sheet_name=None, engine="openpyxl")
    assert list(sheets) == ["比选方案", "指标", "补上的空白路段", "新的空白路段"]
    assert sheets["比选方案"]["更改"].tolist() == ["新增", "移位"]
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
