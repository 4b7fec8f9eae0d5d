"""The data behind the page: the same figures as the check, one sentence for a mistake, no more."""

import gzip
import re

import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pages_town import HOSTILE, LAT, LON, MAIN, SIDE, client, own_town, place, table, town  # noqa: F401

from web.access import access_of
from web.app import create_app

WHOLE = f"{LON - 0.02},{LAT - 0.02},{LON + 0.02},{LAT + 0.02}"
ROUTES = [
    "summary",
    "streets",
    "map/gaps?bbox=118,28,119,29&zoom=15",
    "map/stations?bbox=118,28,119,29&zoom=15",
    "map/labels?bbox=118,28,119,29&zoom=15",
    "stations/P0",
]


def get(client, path):  # noqa: F811
    response = client.get(f"/api/v1/{path}")
    assert response.status_code == 200, response.text
    assert response.mimetype == "application/json"
    return response.json


@pytest.fixture(scope="module")
def main_street(client):  # noqa: F811
    found = get(client, f"streets?q={MAIN}")
    return get(client, f"streets/{found['streets'][0]['street_id']}")


# -- figures ---------------------------------------------------------------------------------


def test_the_summary_is_the_check(client, town):  # noqa: F811
    said, found = get(client, "summary"), town.spacing().summary()
    for name in ("frontage_m", "gaps", "points_needed", "covered_share", "runs_count_ok"):
        assert said[name] == found[name]
    assert {row["id"]: row["gaps"] for row in said["by_class"]} == {
        name: row["gaps"] for name, row in found["by_class"].items()
    }
    assert [row["name"] for row in said["by_district"]] == ["柯城区", "衢江区"]
    assert said["to_locate"] == 1
    assert said["stations_counted"] == 5
    shops = town.streets().shop_stretches
    assert said["known_frontage_m"] == pytest.approx((shops["to_m"] - shops["from_m"]).sum())


def test_the_largest_gap_is_the_largest(client, town):  # noqa: F811
    gaps = town.gaps()
    assert get(client, "summary")["largest"]["gap_id"] in set(
        gaps.loc[gaps["length_m"] == gaps["length_m"].max(), "gap_id"]
    )


def test_the_rule_is_said_with_its_clause_and_what_is_assumed(client):  # noqa: F811
    chinese, english = (get(client, f"summary?lang={lang}")["rule"] for lang in ("zh", "en"))
    assert chinese["document"] == english["document"] == "衢市创建办〔2018〕6号"
    assert chinese["article"] == "附件3 第一条"
    assert "站点距街道不超过 30 米，即计入该街道" in chinese["assumed"]
    assert "a station within 30 m of a street counts on it" in english["assumed"]
    assert "and shops along at least 50% of its length" in english["assumed"]
    assert len(chinese["assumed"]) == 9


def test_streets_are_ordered_as_asked(client):  # noqa: F811
    for sort, key in (("points", "points_needed"), ("length", "length_m")):
        values = [street[key] for street in get(client, f"streets?sort={sort}")["streets"]]
        assert values == sorted(values, reverse=True)
        assert len(values) == 4
    names = [street["name"] for street in get(client, "streets?sort=name")["streets"]]
    # by pinyin: Fuqian, Renmin, Shuiting
    assert [n for n in names if n != HOSTILE] == [SIDE, MAIN, "水亭街"]


def test_pages_of_streets_make_the_whole(client):  # noqa: F811
    whole = get(client, "streets")["streets"]
    pages = [get(client, f"streets?offset={k}&limit=1")["streets"] for k in range(5)]
    assert [street for page in pages for street in page] == whole
    assert pages[4] == []


def test_streets_are_filtered_by_name_class_and_district(client):  # noqa: F811
    def names(query):
        return {street["name"] for street in get(client, f"streets?{query}")["streets"]}

    assert names(f"q={MAIN[:2]}") == {MAIN}
    assert names("q=renmin") == {MAIN}
    assert names("q=%25") == set()
    # a street with shops all along is a commercial one as well
    assert "水亭街" in names("class=commercial")
    assert names("district=330802") >= {MAIN, "水亭街"}
    assert "水亭街" not in names("district=330803")
    assert MAIN in names("district=3308")
    assert names("district=44") == set()


def test_a_strip_is_to_scale(main_street):
    (part,) = main_street["parts"]
    assert part["length_m"] == pytest.approx(1000, abs=1)
    assert [bead["station_id"] for bead in part["stations"]] == ["P0", "P40", "P80", "P300", "P640"]
    for bead in part["stations"]:
        assert bead["at_m"] == pytest.approx(int(bead["station_id"][1:]), abs=0.5)
    assert [round(gap[2], -1) for gap in part["gaps"]] == [220, 340, 360]
    assert [gap[3] for gap in part["gaps"]] == [4, 6, 7]
    assert part["line"][0] == pytest.approx(place(0, 0), abs=2e-6)


def test_the_list_and_the_strip_agree(client, main_street):  # noqa: F811
    (listed,) = get(client, f"streets?q={MAIN}")["streets"]
    (short,), (long,) = listed["parts"], main_street["parts"]
    assert [gap[:2] for gap in short["gaps"]] == [gap[:2] for gap in long["gaps"]]
    assert short["length_m"] == long["length_m"]
    covered = [[a, b] for a, b, _ in short["runs"]]
    assert covered[0][0] == long["runs"][0][0]
    assert covered[-1][1] == long["runs"][-1][1]


def test_every_gap_opens_with_its_place_and_clause(client, town):  # noqa: F811
    for row in town.gaps().to_dict("records"):
        gap = get(client, f"gaps/{row['gap_id']}")
        assert gap["length_m"] == pytest.approx(row["length_m"], abs=0.051)
        assert gap["points_needed"] == row["points_needed"]
        assert gap["clause"] == "附件3 第一条"
        assert shapely.LineString(gap["line"]).distance(row["geometry"]) < 1e-6
        assert gap["street"]["street_id"] == row["street_id"]


def test_a_station_tells_its_facts_as_text(client):  # noqa: F811
    station = get(client, "stations/HOSTILE")
    assert station["name"] == station["address"] == HOSTILE
    assert (station["type_name"], station["status_name"]) == ("有礼亭", "正常运行")
    assert station["counts"] is False
    assert get(client, "stations/P80")["counts"] is True
    assert get(client, "stations/PLAN")["counts"] is False
    assert get(client, "stations/LOST")["place"] is None
    assert get(client, "stations/P80?lang=en")["status_name"] == "In operation"
    assert station["source_row"] > 1


# -- viewports -------------------------------------------------------------------------------


def test_a_viewport_holds_what_lies_in_it(client, town):  # noqa: F811
    west, north = place(-50, 50)
    east, south = place(500, -50)
    box = f"bbox={west},{south},{east},{north}&zoom=16"
    window = shapely.box(west, south, east, north)
    gaps, stations = town.gaps(), town.stations()
    seen = {f["properties"]["gap_id"] for f in get(client, f"map/gaps?{box}")["features"]}
    assert seen == set(gaps.loc[gaps.intersects(window), "gap_id"])
    found = get(client, f"map/stations?{box}")
    assert {f["properties"]["station_id"] for f in found["features"]} == {
        "P0", "P40", "P80", "P300", "PLAN", "CLOSED",
    }  # fmt: skip
    assert found["total"] == 6
    assert stations["geometry"].isna().sum() == 1


def test_the_list_and_the_map_take_the_same_filters(client):  # noqa: F811
    for query in (f"q={MAIN}", "class=commercial", "district=330803"):
        features = get(client, f"map/gaps?bbox={WHOLE}&zoom=15&{query}")["features"]
        assert 0 < len(features) < get(client, f"map/gaps?bbox={WHOLE}&zoom=15")["total"]
    assert get(client, f"map/gaps?bbox={WHOLE}&zoom=15&q=nowhere")["features"] == []


def test_hidden_types_are_left_out(client):  # noqa: F811
    found = get(client, f"map/stations?bbox={WHOLE}&zoom=15&hide=point")
    assert {f["properties"]["type"] for f in found["features"]} == {"kiosk"}


def test_far_away_they_are_gathered_and_nothing_is_lost(client, town):  # noqa: F811
    near = get(client, f"map/gaps?bbox={WHOLE}&zoom=12")
    far = get(client, f"map/gaps?bbox={WHOLE}&zoom=11")
    assert (near["gathered"], far["gathered"]) == (False, True)
    assert sum(f["properties"]["count"] for f in far["features"]) == near["total"]
    needed = sum(f["properties"]["points_needed"] for f in far["features"])
    assert needed == town.gaps()["points_needed"].sum()
    stations = get(client, f"map/stations?bbox={WHOLE}&zoom=5")
    assert sum(f["properties"]["count"] for f in stations["features"]) == stations["total"] == 8


def test_too_many_are_gathered_too(town, monkeypatch):  # noqa: F811
    monkeypatch.setattr("web.view.MAX_GAPS", 2)
    monkeypatch.setattr("web.view.MAX_STATIONS", 7)
    own = create_app(town.path).test_client()
    for layer, total in (("gaps", len(town.gaps())), ("stations", 8)):
        found = get(own, f"map/{layer}?bbox={WHOLE}&zoom=16")
        assert found["gathered"]
        assert found["total"] == total


def test_labels_come_in_the_language_of_the_page(client):  # noqa: F811
    def texts(lang):
        found = get(client, f"map/labels?bbox={WHOLE}&zoom=16&lang={lang}")
        return {label[0] for label in found["labels"]}

    assert {MAIN, SIDE, "水亭街", "后街"} <= texts("zh")
    assert {"Renmin Road", SIDE} <= texts("en")


def test_a_view_across_the_antimeridian_is_one(client):  # noqa: F811
    assert get(client, "map/gaps?bbox=170,-10,-170,10&zoom=5")["features"] == []
    turned = get(client, "map/stations?bbox=118,28,479,29&zoom=14")
    assert turned["total"] == 8


# -- mistakes --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("map/gaps?zoom=12", "bbox"),
        ("map/gaps?bbox=1,2,3&zoom=12", "bbox"),
        ("map/gaps?bbox=1,2,3,nan&zoom=12", "bbox"),
        ("map/gaps?bbox=1,9,3,2&zoom=12", "bbox"),
        ("map/gaps?bbox=1,2,3,91&zoom=12", "bbox"),
        ("map/gaps?bbox=1,2,1e400,3&zoom=12", "bbox"),
        ("map/stations?bbox=1,2,3,4", "zoom"),
        ("map/stations?bbox=1,2,3,4&zoom=1.5", "zoom"),
        ("map/labels?bbox=1,2,3,4&zoom=x", "zoom"),
        ("streets?sort=size", "sort"),
        ("streets?limit=many", "limit"),
        ("streets?offset=1;drop", "offset"),
        ("streets?class=motorway", "class"),
    ],
)
def test_a_mistake_is_said_in_one_sentence(client, path, word):  # noqa: F811
    for lang, sign in (("zh", "应为|缺少"), ("en", "expected")):
        response = client.get(f"/api/v1/{path}&lang={lang}")
        assert response.status_code == 400
        assert response.mimetype == "application/problem+json"
        assert set(response.json) == {"type", "title", "status", "detail"}
        assert word in response.json["detail"]
        assert re.search(sign, response.json["detail"])


def test_what_is_too_much_is_clamped_and_said(client):  # noqa: F811
    found = get(client, "streets?limit=100000&lang=en")
    assert found["notices"] == ["limit is limited to 200."]
    assert get(client, "streets?limit=200")["notices"] == []
    assert get(client, f"map/gaps?bbox={WHOLE}&zoom=99")["gathered"] is False
    assert get(client, f"streets?q={'x' * 101}")["notices"] == ["q 最大取 100。"]


@pytest.mark.parametrize("path", ["streets/nowhere", "gaps/none", "stations/%00", "none"])
def test_what_is_not_there_is_a_404(client, path):  # noqa: F811
    response = client.get(f"/api/v1/{path}?lang=en")
    assert response.status_code == 404
    assert response.json["detail"] == "There is nothing at this address."


def test_nothing_can_be_changed_through_the_api(client):  # noqa: F811
    app = client.application
    rules = [
        rule
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/") and access_of(app, rule.endpoint).permission is None
    ]
    assert len(rules) >= 10
    assert all(rule.methods <= {"GET", "HEAD", "OPTIONS"} for rule in rules)
    response = client.post("/api/v1/summary")
    assert response.status_code == 405
    assert "GET" in response.headers["Allow"]


def test_a_fault_says_nothing_of_the_inside(town, monkeypatch):  # noqa: F811
    own = create_app(town.path).test_client()
    monkeypatch.setattr("web.view.CityView.street_table", property(lambda self: 1 / 0))
    own.application.logger.disabled = True
    response = own.get("/api/v1/summary?lang=en")
    assert response.status_code == 500
    assert "ZeroDivision" not in response.text
    assert response.json["detail"].startswith("Something went wrong")


def test_a_damaged_city_is_said(own_town):  # noqa: F811
    own = create_app(own_town.path).test_client()
    assert own.get("/healthz").json["status"] == "ok"
    (own_town.path / "city.toml").write_text("nothing = [", encoding="utf-8")
    response = own.get("/healthz")
    assert response.status_code == 503
    assert "city.toml" in response.json["detail"]
    assert own.get("/").status_code == 503


VALUES = st.one_of(
    st.text(max_size=20),
    st.floats().map(str),
    st.integers().map(str),
    st.lists(st.floats(-200, 200), min_size=4, max_size=4).map(lambda v: ",".join(map(str, v))),
)
NAMES = ["bbox", "zoom", "limit", "offset", "sort", "q", "class", "district", "hide", "lang", "x"]


@settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    path=st.sampled_from([*(r.partition("?")[0] for r in ROUTES), "gaps/x", "streets/x"]),
    query=st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=6),
)
def test_no_request_makes_the_server_fail(client, path, query):  # noqa: F811
    response = client.get(f"/api/v1/{path}", query_string=query)
    assert response.status_code in {200, 400, 404}
    assert response.json is not None


# -- kept answers ----------------------------------------------------------------------------


@pytest.mark.parametrize("route", ROUTES)
def test_an_unchanged_answer_is_not_sent_again(client, route):  # noqa: F811
    first = client.get(f"/api/v1/{route}")
    assert first.headers["Cache-Control"] == "no-cache"
    again = client.get(f"/api/v1/{route}", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert client.get(f"/api/v1/{route}", headers={"If-None-Match": '"old"'}).data == first.data


def test_new_data_on_disk_are_noticed_at_the_next_request(own_town, tmp_path):  # noqa: F811
    own = create_app(own_town.path).test_client()
    before = own.get("/api/v1/summary")
    lon, lat = place(850, 5)
    row = {"编号": "NEW", "名称": "新点", "类型": "有礼点", "经度": lon, "纬度": lat}
    # written by another process, as far as the server can tell
    own_town.import_file("stations", table(tmp_path / "more.csv", [row]), datum="wgs84")
    after = own.get("/api/v1/summary", headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert after.json["version"] != before.json["version"]
    assert after.json["stations_counted"] == 6
    assert own.get("/api/v1/stations/NEW").status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/", "/?lang=en", "/healthz", "/static/css/app.css", "/nothing", "/api/v1/summary",
     "/api/v1/none", "/api/v1/streets?limit=x", "/tiles/streets/13/6797/3415.mvt"],
)  # fmt: skip
def test_every_answer_is_protected(client, path):  # noqa: F811
    with client.get(path) as response:
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["X-Frame-Options"] == "DENY"
        assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "Set-Cookie" not in response.headers


def test_long_answers_are_packed_for_those_who_take_it(client):  # noqa: F811
    plain = client.get("/api/v1/streets")
    packed = client.get("/api/v1/streets", headers={"Accept-Encoding": "gzip, br"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert packed.content_length == len(packed.data) < len(plain.data)
    assert "Accept-Encoding" in plain.headers["Vary"]
    short = client.get("/healthz", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in short.headers


# -- a city that has little ------------------------------------------------------------------


def test_a_city_without_anything_answers_everything(tmp_path):
    from stationmap.city import City

    City.create(tmp_path / "empty", standard="quzhou-2018")
    own = create_app(tmp_path / "empty").test_client()
    assert own.get("/").status_code == 200
    assert get(own, "summary")["streets"] == 0
    for route in ROUTES[1:5]:
        assert get(own, route)
    assert get(own, "streets?q=x&class=main&district=33")["total"] == 0
    assert own.get("/tiles/ground/3/0/0.mvt").data == b""
    assert own.get("/api/v1/gaps/x").status_code == 404


def test_a_city_without_stations_is_all_gap(own_town, tmp_path):  # noqa: F811
    from pages_town import osm_file

    from stationmap.city import City

    city = City.create(tmp_path / "bare", standard="quzhou-2018")
    city.import_file("osm", osm_file(tmp_path / "town.osm"), complete=True)
    own = create_app(city.path).test_client()
    found = get(own, "summary")
    assert found["stations_counted"] == 0
    assert found["covered_share"] == 0
    assert get(own, f"map/stations?bbox={WHOLE}&zoom=15")["features"] == []


def test_a_broken_pack_of_the_city_is_no_fault_of_the_visitor(own_town):  # noqa: F811
    own = create_app(own_town.path).test_client()
    [pack] = (own_town.path / "packs").glob("*.toml")
    pack.write_text(pack.read_text("utf-8") + "\n[[rule]]\nnonsense = 1\n", "utf-8")
    assert own.get("/healthz").status_code == 503
