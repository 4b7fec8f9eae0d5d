"""Every reader of a city sees what stands in its register, however it came to stand there."""

import random
import subprocess
import sys
import uuid

import pandas as pd
import pytest
import small_city
from geopandas.testing import assert_geodataframe_equal

from stationmap.city import City, apart
from stationmap.city.preview import Options
from stationmap.store import Change

ROUNDS = 12
STEPS = 6


@pytest.fixture(params=["sqlite", pytest.param("postgis", marks=pytest.mark.postgis)])
def city(request, tmp_path):
    """A town with stations, its register on either database."""
    made = City.create(tmp_path / "town", standard="quzhou-2018", adcode="330800")
    if request.param == "postgis":
        server = request.getfixturevalue("postgis_server")
        name = f"answers_{uuid.uuid4().hex[:8]}"
        with server.connect() as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE spatial")
        path = made.path / "city.toml"
        text = path.read_text("utf-8").replace('url = ""', f'url = "{server.url(name)}"')
        path.write_text(text, encoding="utf-8")
        made = City.open(made.path)
    made.import_file("osm", small_city.osm_file(tmp_path / "town.osm"))
    rows = small_city.table(tmp_path / "stations.csv", small_city.station_rows())
    made.import_file("stations", rows, datum="wgs84")
    return made


def edit(city: City, station_id: str, after: dict | None, *, expects=None) -> None:
    city.register.write(
        [Change("station", station_id, after, expects=expects)],
        action=str(uuid.uuid4()),
        by="test",
        kind="edit",
    )


def random_change(city: City, dice: random.Random) -> None:
    ids = [row["id"] for row in city.register.rows("station")]
    place = (
        small_city.LON + dice.uniform(-0.001, 0.005),
        small_city.LAT + dice.choice((0.0, 0.004)) + dice.uniform(-0.0004, 0.0004),
    )
    deed = dice.choice(("move", "move", "status", "type", "unplace", "remove", "add", "undo"))
    if deed == "add" or not ids:
        new = {
            "name": "新",
            "type": "point",
            "status": "active",
            "source": "手工",
            "geometry": place,
        }
        edit(city, f"N{dice.randrange(10**6)}", new)
    elif deed == "undo":
        last = next(a for a in city.register.actions() if a.undone_by is None)
        city.register.undo(last.id, action=str(uuid.uuid4()), by="test")
    else:
        after = {
            "move": {"geometry": place},
            "status": {"status": dice.choice(("active", "planned", "suspended", "closed"))},
            "type": {"type": dice.choice(("point", "post"))},
            "unplace": {"geometry": None},
            "remove": None,
        }[deed]
        edit(city, dice.choice(ids), after)


def assert_same_answers(one: City, other: City) -> None:
    a, b = one.now(), other.now()
    assert a.version == b.version
    assert_geodataframe_equal(a.stations(), b.stations())
    for with_planned in (False, True):
        assert (
            a.spacing(with_planned=with_planned).summary()
            == b.spacing(with_planned=with_planned).summary()
        )
        assert_geodataframe_equal(
            a.gaps(with_planned=with_planned), b.gaps(with_planned=with_planned)
        )


def test_answers_kept_up_to_date_equal_those_of_a_city_opened_anew(city):
    dice = random.Random(20181)
    other_worker = City.open(city.path)
    other_worker.check()
    assert_same_answers(other_worker, city)
    for _ in range(ROUNDS):
        for _ in range(dice.randrange(1, STEPS)):
            random_change(city, dice)
        anew = City.open(city.path)
        assert_same_answers(other_worker, anew)
    pd.testing.assert_frame_equal(other_worker.check().findings, anew.check().findings)


def test_an_edit_is_in_the_next_answer_of_every_worker(city):
    workers = [City.open(city.path) for _ in range(3)]
    before = [w.spacing().summary()["stations_counted"] for w in workers]
    edit(city, "A2", {"status": "suspended"})
    after = [w.spacing().summary()["stations_counted"] for w in workers]
    assert after == [n - 1 for n in before]
    shown = subprocess.run(
        [sys.executable, "-m", "stationmap", "gaps", str(city.path), "--json"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert f'"stations_counted": {after[0]}' in shown


def test_what_the_streets_alone_decide_is_not_worked_out_again_for_an_edit(city):
    first = city.now()
    streets = first.streets()
    edit(city, "A2", {"geometry": (small_city.LON, small_city.LAT + 0.004)})
    assert city.now() is not first
    assert city.now().streets() is streets


def test_answers_of_a_version_stay_as_they_are(city):
    held = city.now()
    gaps = held.gaps().copy()
    edit(city, "A2", {"status": "closed"})
    city.now().gaps()
    assert_geodataframe_equal(held.gaps(), gaps)
    assert (held.stations()["status"] == "active").all()


@pytest.mark.postgis
def test_a_file_is_read_apart_with_a_register_that_the_environment_leads_to(
    postgis_server, tmp_path, monkeypatch
):
    with postgis_server.connect() as connection:
        connection.execute("CREATE DATABASE apart TEMPLATE spatial")
    monkeypatch.setenv("PGHOST", str(postgis_server.home))
    town = City.create(tmp_path / "town", standard="quzhou-2018", adcode="330800")
    path = town.path / "city.toml"
    text = path.read_text("utf-8").replace('url = ""', 'url = "postgresql://postgres@/apart"')
    path.write_text(text, encoding="utf-8")
    file = small_city.table(tmp_path / "a.csv", small_city.station_rows(2))
    found = apart.look(town.path, file, Options("stations", "a.csv", datum="wgs84"))
    assert found["report"]["counts"]["read"] == 2
