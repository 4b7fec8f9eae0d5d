"""What would be after a few changes, over HTTP: figures, gaps, findings, and what is refused."""

import json

import pytest
import signed_in
from pages_town import client, own_town, place, town  # noqa: F401 - fixtures

from web.app import create_app


def ask(client, changes, **more):  # noqa: F811
    return client.get("/api/v1/what-if", query_string={"changes": json.dumps(changes), **more})


def point(x, y=5, own="new-1"):
    lon, lat = place(x, y)
    return {"station_id": own, "lon": lon, "lat": lat, "type": "point"}


def test_a_station_in_a_gap_parts_it_and_nothing_is_saved(client):  # noqa: F811
    before = client.get("/api/v1/summary").json
    found = ask(client, [point(190)]).json
    was, now = found["summary"]["before"], found["summary"]["after"]
    assert was["gaps"] == before["gaps"]
    assert was["covered_share"] == pytest.approx(before["covered_share"])
    # from 80 to 300 m was one gap of 220 m, now it is two, and 100 m more are covered
    assert now["gaps"] == was["gaps"] + 1
    assert now["covered_m"] - was["covered_m"] == pytest.approx(100, abs=0.5)
    assert len(found["gaps"]["gone"]) == 1
    lengths = [f["properties"]["length_m"] for f in found["gaps"]["new"]["features"]]
    assert sorted(lengths) == pytest.approx([110, 110], abs=0.5)
    assert len(found["streets"]) == 1
    assert client.get("/api/v1/summary").json == before


def test_closing_a_station_shows_in_figures_gaps_and_findings(client):  # noqa: F811
    found = ask(client, [{"station_id": "P40", "status": "closed"}]).json
    was, now = found["summary"]["before"], found["summary"]["after"]
    assert now["gaps"] == was["gaps"] + 1  # 80 m without a station
    assert now["findings_not_met"] > was["findings_not_met"]
    said = [one for one in found["findings"] if one["kind"] == "spacing"]
    assert [(one["before"], one["after"]) for one in said] == [(None, "not_met")]
    assert said[0]["message"].startswith("人民路")


def test_a_new_station_is_not_told_what_only_its_opening_can_tell(client):  # noqa: F811
    kinds = {one["kind"] for one in ask(client, [point(190)]).json["findings"]}
    assert kinds.isdisjoint({"hours", "hierarchy", "naming", "checklist", "activity"})


@pytest.mark.parametrize(
    "changes",
    [
        '{"a"',
        "[" * 5000,
        '"x"',
        '[{"station_id":"P40","status":"odd"}]',
        '[{"station_id":"NONE","status":"closed"}]',
        '[{"station_id":"new-1","lon":1e400,"lat":1,"type":"point"}]',
        json.dumps([point(n, own=f"new-{n}") for n in range(51)]),
    ],
)
def test_what_cannot_be_read_is_one_sentence(client, changes):  # noqa: F811
    answer = client.get("/api/v1/what-if", query_string={"changes": changes})
    assert answer.status_code == 400
    assert len(answer.json["detail"]) > 8
    assert "Traceback" not in answer.text


def test_a_long_list_is_for_those_who_plan(client):  # noqa: F811
    assert client.post("/api/v1/what-if", json={"changes": []}).status_code == 401


def test_a_planner_is_told_the_same_of_a_long_list(client, own_town):  # noqa: F811
    changes = [point(100 + 10 * n, own=f"new-{n}") for n in range(12)]
    planner = signed_in.client(create_app(own_town.path), role="planner")
    token = {"X-CSRFToken": signed_in.token(planner)}
    answer = planner.post("/api/v1/what-if", json={"changes": changes}, headers=token)
    assert answer.status_code == 200
    asked = ask(client, changes).json
    assert answer.json["summary"] == asked["summary"]
    assert answer.json["gaps"] == asked["gaps"]


def test_an_unknown_scenario_or_rule_is_refused(client):  # noqa: F811
    assert ask(client, [], scenario="nothing").status_code == 404
    assert ask(client, [], scenario="00000000-0000-4000-8000-000000000000").status_code == 401
    assert ask(client, [], rule="NO-1").status_code == 400
