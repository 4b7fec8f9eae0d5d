"""Adopting scenarios: once, within bounds, held against the city as it stands, and undone."""

import re
import uuid

import pytest
import signed_in
from pages_town import own_town, place, town  # noqa: F401
from scenario_hand import API, EAST, WEST, adopt, keep, moved, new, send, status_of
from signed_in import post

from stationmap.store import Change
from stationmap.store.verify import verify
from web.app import create_app


@pytest.fixture
def app(own_town):  # noqa: F811
    return create_app(own_town.path)


@pytest.fixture
def city(app):
    return app.extensions["city"]


@pytest.fixture
def office(app):
    return signed_in.client(app)


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


def test_what_was_changed_after_the_scenario_was_kept_is_looked_at_first(city, office):
    made = keep(office, new(1, 190), moved("P640", 560))
    city.register.write(
        [Change("station", "P640", {"geometry": place(630, 5)})],
        action=str(uuid.uuid4()),
        by="cli",
        kind="edit",
    )
    steps = office.get(f"{API}/{made['id']}/adopt").json["steps"]
    assert [one["change"] for one in steps if not one["plain"]] == ["P640"]
    assert "又改动过" in steps[0]["doubts"][0]
    done = adopt(office, made).json
    assert (done["planned"], done["edited"]) == (1, 0)
    assert city.register.get("station", "P640")["geometry"] == pytest.approx(place(630, 5))
    assert adopt(office, made, take=["P640"]).json["edited"] == 1


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


def test_the_pages_work_from_list_to_adoption_without_a_script(app, city):
    planner = signed_in.client(app, role="planner")
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
