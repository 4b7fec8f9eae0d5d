"""What is near over HTTP: GeoJSON in any datum; odd questions get a sentence, never a fault."""

import gzip
import json
import uuid

import pytest
from near_town import HERE, NIGHT, asked, near_app, near_city, near_town  # noqa: F401
from pages_town import HOSTILE, place

from stationmap.crs import convert
from stationmap.store import Change
from web.allowance import PER_MINUTE, Allowance

NEAREST = "/api/v1/stations/nearest"


@pytest.fixture(scope="module")
def client(near_city):  # noqa: F811
    return near_app(near_city).test_client()


def ids(answer):
    return [one["id"] for one in answer.get_json()["features"]]


def test_the_nearest_come_first_with_all_that_is_told_of_them(client):
    answer = client.get(NEAREST, query_string=asked())
    assert answer.mimetype == "application/geo+json"
    assert ids(answer) == ["P300", "P80", "P40", "P0", "HOSTILE"]
    found = answer.get_json()
    assert (found["walked"], found["why_straight"], found["datum"]) == (True, None, "wgs84")
    assert (found["outside"], found["notices"], found["others"]) == (False, [], [])
    first = found["features"][0]["properties"]
    assert first["walk_m"] == pytest.approx(20, abs=0.5)
    assert first["straight_m"] <= first["walk_m"]
    assert (first["minutes"], first["phone"], first["supplies"]) == (1, "0570-8880000", ["water"])
    assert (first["open_state"], first["open_text"]) == ("open", "开放中，至 17:30")
    assert first["open_until"] == "2026-03-05T17:30+08:00"
    unknown = found["features"][2]["properties"]
    assert (unknown["open_state"], unknown["supplies"]) == ("unknown", None)


def test_needs_and_open_leave_out_what_lacks_them_alone(client, near_city):  # noqa: F811
    wanted = client.get(NEAREST, query_string=asked(supply="umbrella"))
    assert ids(wanted) == ["P80", "P40", "P0", "HOSTILE"]
    assert wanted.get_json()["features"][1]["properties"]["unknown"] == ["umbrella"]
    several = client.get(NEAREST, query_string=asked(supply=["umbrella", "water"]))
    assert ids(several) == ids(client.get(NEAREST, query_string=asked(supply="umbrella,water")))
    night = near_app(near_city, at=NIGHT).test_client()
    assert ids(night.get(NEAREST, query_string=asked(open_at="now"))) == ["P40", "P0"]


def test_where_nothing_fits_the_nearest_say_why(client):
    found = client.get(NEAREST, query_string=asked(max_m="5")).get_json()
    assert found["features"] == []
    assert [one["properties"]["misses"] for one in found["others"]] == [["far"]] * 3


def test_every_datum_is_answered_and_says_which_it_is(client):
    plain = client.get(NEAREST, query_string=asked(k=1)).get_json()
    lon, lat = plain["features"][0]["geometry"]["coordinates"]
    for datum in ("gcj02", "bd09", "cgcs2000"):
        x, y = convert(lon, lat, source="wgs84", target=datum)
        found = client.get(NEAREST, query_string=asked(k=1, out_datum=datum)).get_json()
        assert found["datum"] == datum
        got = found["features"][0]["geometry"]["coordinates"]
        assert got == pytest.approx([float(x), float(y)], abs=1.1e-6)


def test_a_place_in_another_datum_is_the_same_place(client):
    x, y = convert(*HERE, source="wgs84", target="bd09")
    there = {"lon": f"{float(x):.7f}", "lat": f"{float(y):.7f}", "datum": "bd09"}
    here = client.get(NEAREST, query_string=asked(k=3)).get_json()
    same = client.get(NEAREST, query_string={**there, "k": 3}).get_json()
    for one, other in zip(here["features"], same["features"], strict=True):
        assert one["id"] == other["id"]
        # the question's own address is rounded to a metre
        assert one["properties"]["walk_m"] == pytest.approx(other["properties"]["walk_m"], abs=1)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"lon": HERE[1], "lat": HERE[0]}, "写反"),
        ({"lon": "28.95", "lat": "91"}, "写反"),
        ({"lon": None}, "缺少 lon"),
        ({"lat": ""}, "缺少 lat"),
        ({"lon": "nan"}, "lon 是“nan”"),
        ({"lon": "-inf"}, "lon 是“-inf”"),
        ({"lon": "118,87"}, "lon 是“118,87”"),
        ({"lat": "999"}, "不是有效位置"),
        ({"datum": "gcj2"}, "不认识的坐标系 gcj2"),
        ({"out_datum": "WGS-84"}, "out_datum"),
        ({"supply": "umbrela"}, "没有“umbrela”这一项"),
        ({"supply": HOSTILE}, "这一项"),
        ({"open_at": "yesterday"}, "open_at 是“yesterday”"),
        ({"open_at": "9999-12-31T00:00"}, "open_at"),
        ({"max_m": "-5"}, "max_m 是“-5”"),
        ({"max_m": "1e999"}, "max_m"),
        ({"k": "many"}, "应为 1 到 50 的整数"),
        ({"k": "9" * 30}, "应为 1 到 50 的整数"),
    ],
)
def test_what_cannot_be_answered_is_refused_in_one_sentence(client, change, words):
    question = {**asked(), **{name: str(value) for name, value in change.items()}}
    question = {name: value for name, value in question.items() if value != "None"}
    answer = client.get(NEAREST, query_string=question)
    assert answer.status_code == 400
    assert answer.mimetype == "application/problem+json"
    assert words in answer.get_json()["detail"]


@pytest.mark.parametrize(
    ("change", "notice", "count"),
    [
        ({"k": "1000000000"}, "k 最大取 50", 6),
        ({"k": "0"}, "k 最小取 1", 1),
        ({"open_at": "2020-01-01T10:00"}, "2020-01-01 10:00 已经过去", 5),
    ],
)
def test_an_odd_question_is_answered_and_what_is_odd_is_said(client, change, notice, count):
    found = client.get(NEAREST, query_string=asked(**change)).get_json()
    assert notice in " ".join(found["notices"])
    assert min(count, 5) <= len(found["features"]) <= max(count, 50)


@pytest.mark.parametrize(
    "there", [(0, 0), (-51.2, -30.0), (180, 90), (-180, -90), (28.66, 30.0), (119.5, 28.95)]
)
def test_a_place_anywhere_on_earth_has_an_answer(client, there):
    question = {"lon": str(there[0]), "lat": str(there[1]), "k": 2}
    answer = client.get(NEAREST, query_string=question)
    assert answer.status_code == 200
    found = answer.get_json()
    assert found["outside"]
    assert found["notices"]
    assert (found["walked"], len(found["features"])) == (False, 2)
    assert found["why_straight"]


def test_the_way_is_a_line_of_the_length_that_is_told(client):
    found = client.get(NEAREST, query_string=asked(k=2)).get_json()["features"][1]
    way = client.get(f"/api/v1/stations/{found['id']}/route", query_string=asked()).get_json()
    assert way["geometry"]["type"] == "LineString"
    assert way["properties"]["length_m"] == pytest.approx(found["properties"]["walk_m"], abs=0.2)
    legs = way["properties"]["legs"]
    assert sum(leg["length_m"] for leg in legs) == pytest.approx(
        way["properties"]["length_m"], abs=0.1 * len(legs)
    )
    assert way["geometry"]["coordinates"][-1] == pytest.approx(
        found["geometry"]["coordinates"], abs=2e-6
    )


def test_where_no_way_is_known_there_is_no_line_and_no_fault(client):
    way = client.get("/api/v1/stations/P0/route?lon=0&lat=0").get_json()
    assert way["geometry"] is None
    assert (way["properties"]["walked"], way["properties"]["length_m"]) == (False, None)
    gone = client.get("/api/v1/stations/NOBODY/route", query_string=asked())
    assert gone.status_code == 404


def test_places_of_the_city_are_found_by_name(client):
    found = client.get("/api/v1/places", query_string={"q": "人民路"}).get_json()
    assert "人民路" in [one["name"] for one in found["places"]]
    assert client.get("/api/v1/places").get_json()["places"] == []
    assert client.get("/api/v1/places", query_string={"q": "无此地" * 99}).status_code == 200
    moved = client.get("/api/v1/places", query_string={"q": "人民路", "out_datum": "gcj02"})
    assert moved.get_json()["places"][0]["place"] != found["places"][0]["place"]


def test_any_page_may_read_it_and_nobody_keeps_where_somebody_was(client):
    for question in (asked(), {}):
        answer = client.get(NEAREST, query_string=question)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert "Set-Cookie" not in answer.headers
    assert client.get(NEAREST, query_string=asked()).headers["Cache-Control"] == "no-store"
    asks_first = client.options("/api/v1/stations/P0", headers={"Origin": "https://elsewhere"})
    assert asks_first.status_code == 200
    assert "If-None-Match" in asks_first.headers["Access-Control-Allow-Headers"]


def test_a_city_publishes_in_its_own_datum_and_precision(tmp_path):
    city = near_town(tmp_path)
    path = city.path / "city.toml"
    text = path.read_text("utf-8").replace("decimals = 6", "decimals = 3")
    path.write_text(text.replace('datum = "wgs84"', 'datum = "gcj02"'), "utf-8")
    client = near_app(city).test_client()
    lon, lat = (float(v) for v in convert(*place(300, 5), source="wgs84", target="gcj02"))
    due = [round(lon, 3), round(lat, 3)]
    found = client.get(NEAREST, query_string=asked(k=1)).get_json()
    assert (found["datum"], found["features"][0]["geometry"]["coordinates"]) == ("gcj02", due)
    card = client.get("/api/v1/stations/P300").get_json()
    assert (card["datum"], card["place"]) == ("gcj02", due)
    own = client.get("/api/v1/stations/P300?out_datum=wgs84").get_json()
    assert own["place"] == [round(v, 3) for v in place(300, 5)]
    way = client.get("/api/v1/stations/P300/route", query_string=asked()).get_json()
    assert way["datum"] == "gcj02"
    assert way["geometry"]["coordinates"][-1] == due


def test_what_is_written_now_is_answered_now(tmp_path):
    city = near_town(tmp_path)
    client = near_app(city).test_client()
    assert ids(client.get(NEAREST, query_string=asked()))[0] == "P300"

    def write(**facts):
        action = str(uuid.uuid4())
        city.register.write(
            [Change("station", "P300", facts)], action=action, by="cli", kind="edit"
        )

    write(supplies="umbrella")
    first = client.get(NEAREST, query_string=asked()).get_json()["features"][0]
    assert (first["id"], first["properties"]["supplies"]) == ("P300", ["umbrella"])
    write(geometry=place(900, 5))
    assert ids(client.get(NEAREST, query_string=asked()))[0] == "P80"
    write(status="closed")
    assert "P300" not in ids(client.get(NEAREST, query_string=asked(k=50)))


def test_nothing_of_contacts_or_sources_is_told(client):
    text = json.dumps(client.get(NEAREST, query_string=asked(k=50)).get_json())
    for word in ("contact", "person", "source_row", "source_lon", "platform_id", "brought"):
        assert word not in text


def test_it_is_packed_for_those_who_take_it(client):
    packed = client.get(NEAREST, query_string=asked(), headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    plain = client.get(NEAREST, query_string=asked())
    assert json.loads(gzip.decompress(packed.data)) == plain.get_json()
    assert len(packed.data) < len(plain.data) / 2


def test_one_address_that_asks_too_often_waits_and_others_do_not(near_city, monkeypatch):  # noqa: F811
    monkeypatch.setattr("web.allowance.PER_MINUTE", 3)
    client = near_app(near_city).test_client()

    def ask(address, path=NEAREST, **question):
        return client.get(
            path, query_string=question or asked(), environ_overrides={"REMOTE_ADDR": address}
        )

    assert [ask("203.0.113.5").status_code for _ in range(3)] == [200] * 3
    for path in (NEAREST, "/api/v1/stations/P0/route", "/api/v1/places"):
        refused = ask("203.0.113.5", path)
        assert refused.status_code == 429
        assert 1 <= int(refused.headers["Retry-After"]) <= 20
        assert "稍候再试" in refused.get_json()["detail"]
    assert ask("203.0.113.5", "/near").status_code == 429
    assert ask("203.0.113.6").status_code == 200
    assert [ask("127.0.0.1").status_code for _ in range(5)] == [200] * 5


def test_what_was_used_up_comes_back_with_time():
    kept = Allowance()
    assert all(kept.take("a", now=0.0) == 0 for _ in range(PER_MINUTE))
    assert kept.take("a", now=0.0) == pytest.approx(60 / PER_MINUTE)
    assert kept.take("a", now=1.0) == 0
