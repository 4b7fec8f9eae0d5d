"""New data while people look: nobody waits for the whole city to be checked anew."""

import uuid
from threading import Event

import pytest
from pages_town import own_town, place, town  # noqa: F401

from stationmap.city.answers import Answers
from stationmap.store import Change
from web import findings, pace
from web.app import create_app


@pytest.fixture
def slow(monkeypatch):
    """Let every check from now on wait until the event is set."""
    go, whole = Event(), Answers.check

    def check(self, **asked):
        assert go.wait(30)
        return whole(self, **asked)

    monkeypatch.setattr(Answers, "check", check)
    monkeypatch.setattr(findings, "PATIENCE_S", 0.05)
    yield go
    go.set()


def move(city, station, *, x):
    change = Change("station", station, {"geometry": place(x, 5)})
    city.register.write([change], action=str(uuid.uuid4()), by="cli", kind="move")


def test_a_card_comes_before_the_city_is_checked_and_its_findings_after(
    own_town,  # noqa: F811
    slow,
):
    here, path = create_app(own_town.path).test_client(), "/api/v1/stations/P40"
    slow.set()
    before = here.get(path)
    assert before.json["findings"] is not None
    slow.clear()
    move(own_town, "P40", x=60)

    card = here.get(path, headers={"If-None-Match": before.headers["ETag"]})
    assert card.json["findings"] is None
    assert card.json["place"] != before.json["place"]
    assert card.headers["Cache-Control"] == "no-store"
    assert "ETag" not in card.headers
    box = ",".join(map(str, (*place(0, -50), *place(1000, 50))))
    for other in ("summary?", f"map/stations?bbox={box}&zoom=16", f"map/gaps?bbox={box}&zoom=16"):
        assert here.get(f"/api/v1/{other}").status_code == 200

    slow.set()
    for _ in range(200):
        settled = here.get(path)
        if settled.json["findings"] is not None:
            break
    assert settled.json["findings"]
    assert settled.headers["ETag"] != before.headers["ETag"]


def test_a_check_that_is_no_longer_wanted_is_not_made(own_town, slow, monkeypatch):  # noqa: F811
    made = []
    check = Answers.check

    def counted(self, **asked):
        made.append(self.version)
        return check(self, **asked)

    monkeypatch.setattr(Answers, "check", counted)
    here, path = create_app(own_town.path).test_client(), "/api/v1/stations/P40"
    slow.set()
    first = here.get(path).json["version"]
    slow.clear()
    versions = [first]
    for x in (50, 55, 60):
        move(own_town, "P40", x=x)
        answer = here.get(path).json
        assert answer["findings"] is None
        versions.append(answer["version"])
    slow.set()
    while here.get(path).json["findings"] is None:
        pass
    assert versions[2] not in made
    assert versions[3] in made


def test_lists_and_the_map_show_what_was_found_before_and_say_so(own_town, slow):  # noqa: F811
    here = create_app(own_town.path).test_client()
    box = ",".join(map(str, (*place(0, -50), *place(1000, 50))))
    paths = ["rules?", f"map/findings?bbox={box}&zoom=16&kind=presence,checklist"]
    slow.set()
    before = [here.get(f"/api/v1/{path}") for path in paths]
    assert [answer.json["pending"] for answer in before] == [None, None]
    slow.clear()
    move(own_town, "P40", x=60)

    for path, former in zip(paths, before, strict=True):
        answer = here.get(f"/api/v1/{path}", headers={"If-None-Match": former.headers["ETag"]})
        assert answer.json["pending"]
        assert answer.json["version"] != former.json["version"]
        assert answer.headers["Cache-Control"] == "no-store"
    slow.set()
    for _ in range(200):
        answer = here.get(f"/api/v1/{paths[0]}")
        if answer.json["pending"] is None:
            break
    assert answer.json["pending"] is None
    assert "ETag" in answer.headers


def test_while_changes_keep_coming_a_city_rests_between_checks(own_town, monkeypatch):  # noqa: F811
    made, clock = [], iter(range(0, 10_000, 10))
    check = Answers.check

    def counted(self, **asked):
        made.append(self.version)
        return check(self, **asked)

    monkeypatch.setattr(Answers, "check", counted)
    # each check seems to take ten seconds of a processor
    monkeypatch.setattr(findings, "thread_time", lambda: next(clock))
    monkeypatch.setattr(findings, "PATIENCE_S", 0.05)
    here, path = create_app(own_town.path).test_client(), "/api/v1/stations/P40"
    assert here.get(path).json["findings"]
    for x in (50, 55, 60):
        move(own_town, "P40", x=x)
        assert here.get(path).json["findings"] is None
        assert here.get("/api/v1/rules").json["pending"]
    assert len(made) == 1


def test_a_rest_is_as_long_as_the_check_was_and_no_longer_than_a_minute(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(pace, "monotonic", lambda: now[0])
    board = pace.Board()
    assert board.rest_s() == 0
    board.put("zh", board.number(), "first", took_s=2.0)
    assert board.rest_s() == pytest.approx(8.0)
    now[0] += 9
    assert board.rest_s() == 0
    board.put("zh", board.number(), "second", took_s=500.0)
    assert board.rest_s() == pytest.approx(60.0)
    # a check that began earlier and ends later does not take the place of the newer one
    board.put("zh", 1, "late", took_s=1.0)
    assert board.newest("zh")[0] == "second"
    assert board.newest("en") is None


def test_what_nobody_may_see_makes_nothing_new(own_town):  # noqa: F811
    here = create_app(own_town.path).test_client()
    version = here.get("/api/v1/summary").json["version"]
    change = Change("contact", "P40", {"person": "值班岗"})
    own_town.register.write([change], action=str(uuid.uuid4()), by="cli", kind="contact")
    assert here.get("/api/v1/summary").json["version"] == version
    move(own_town, "P40", x=60)
    assert here.get("/api/v1/summary").json["version"] != version
