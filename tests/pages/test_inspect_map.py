"""The inspectors' layer of the map: what waits where, within the scope, as the lists have it."""

import shutil
import uuid

import pytest
import signed_in
from inspected_town import day, inspect
from pages_town import LAT, LON, town  # noqa: F401

from stationmap.city import City
from stationmap.inspections import OPEN
from stationmap.store import Change
from web.app import create_app

WHOLE = f"bbox={LON - 0.02},{LAT - 0.02},{LON + 0.02},{LAT + 0.02}"


@pytest.fixture(scope="module")
def app(town, tmp_path_factory):  # noqa: F811
    """P0 failed and is overdue, P40 was answered, P80 seen today, P300 stale, P640 due again."""
    folder = tmp_path_factory.mktemp("work") / "town"
    shutil.copytree(town.path, folder)
    city = City.open(folder)
    stale = city.now().pack.stale_days
    for own, state in (("P0", "open"), ("P40", "answered")):
        number = str(uuid.uuid4())
        order = {"id": number, "lines": [OPEN], "due": day(city, days_ago=3), "unit": "某单位"}
        inspect(city, own, failed=[OPEN], days_ago=20, order=order)
        change = Change("rectification", number, {"state": state})
        city.register.write([change], action=str(uuid.uuid4()), by="cli", kind="order")
    inspect(city, "P80")
    inspect(city, "P300", days_ago=stale + 2)
    inspect(city, "P640", days_ago=stale // 2 + 2)
    return create_app(folder)


def work(client, query="zoom=16"):
    answer = client.get(f"/api/v1/inspect/map?{WHOLE}&{query}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    return [feature["properties"] for feature in answer.json["features"]]


def by_station(client):
    return {row["station_id"]: row["work"] for row in work(client)}


def test_each_station_shows_what_waits_there(app):
    found = by_station(signed_in.client(app, role="inspector"))
    assert found == {
        "P0": "overdue",
        "P40": "reinspect",
        "P80": "done",
        "P300": "stale",
        "P640": "due",
        "HOSTILE": "due",
    }


def test_a_round_comes_with_its_order(app):
    inspector = signed_in.client(app, role="inspector")
    city = app.extensions["city"]
    row = {
        "day": day(city),
        "inspector_id": inspector.account.id,
        "adcode": "",
        "stations": ["P640", "P300"],
    }
    change = Change("round", str(uuid.uuid4()), row, expects=0)
    city.register.write([change], action=str(uuid.uuid4()), by="cli", kind="round")
    found = {row["station_id"]: (row["work"], row["number"]) for row in work(inspector)}
    assert (found["P640"], found["P300"]) == (("round", 1), ("round", 2))
    assert by_station(signed_in.client(app, role="inspector"))["P640"] == "due"


def test_what_is_out_of_scope_is_not_there(app):
    assert set(by_station(signed_in.client(app, role="inspector", adcode="330803"))) == {
        "P640",
        "HOSTILE",
    }
    assert by_station(signed_in.client(app, role="unit", adcode="330802", unit_id="none")) == {}


def test_some_kinds_are_asked_for_and_far_away_they_are_counted(app):
    inspector = signed_in.client(app, role="inspector")
    assert {row["work"] for row in work(inspector, "zoom=16&work=stale,done")} <= {"stale", "done"}
    cells = work(inspector, "zoom=9")
    assert sum(cell["count"] for cell in cells) == 6
    assert (sum(c["overdue"] for c in cells), sum(c["done"] for c in cells)) == (1, 1)
    refused = inspector.get(f"/api/v1/inspect/map?{WHOLE}&zoom=9&work=holiday")
    assert refused.status_code == 400


def test_nobody_and_planners_get_no_work(app):
    assert app.test_client().get(f"/api/v1/inspect/map?{WHOLE}&zoom=16").status_code == 401
    planner = signed_in.client(app, role="planner")
    assert planner.get(f"/api/v1/inspect/map?{WHOLE}&zoom=16").status_code == 403
    assert '"inspect":null' in planner.get("/").text
    assert '"inspect":null' in app.test_client().get("/").text


def test_the_list_of_what_is_due_and_the_map_agree(app):
    inspector = signed_in.client(app, role="inspector")
    listed = inspector.get("/api/v1/inspect/sites?list=due").json["sites"]
    mapped = by_station(inspector)
    ids = {site["station_id"] for site in listed if site["place"]}
    assert {own for own in mapped if mapped[own] in ("due", "stale")} <= ids
    assert not {own for own in ids if mapped.get(own) == "done"}


def test_an_order_waits_from_the_moment_it_is_written_until_it_is_settled(app):
    inspector, register = signed_in.client(app, role="inspector"), app.extensions["city"].register
    unit = signed_in.client(app, role="unit", adcode="330802", unit_id="elsewhere")
    assert by_station(inspector)["P300"] == "stale"
    own, row = str(uuid.uuid4()), {"station_id": "P300", "adcode": "330802", "lines": [OPEN]}
    for state, shown in (("answered", "reinspect"), ("closed", "stale")):
        change = Change("rectification", own, {**row, "state": state, "due": "2026-01-01"})
        register.write([change], action=str(uuid.uuid4()), by="cli", kind="order")
        assert by_station(inspector)["P300"] == shown
        assert by_station(unit) == {}
