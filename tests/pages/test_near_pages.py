"""The residents' page without a script: the right stations, plain sentences, one tap."""

import gzip
import json
import re

import pytest
from near_town import HERE, MARK, NIGHT, asked, near_app, near_city, near_town  # noqa: F401
from pages_town import HOSTILE, SIDE, place

from stationmap.store import Change
from web.near import MAP_SCRIPTS, STATIC

NUMBERS = re.compile(r'data-station="([^"]+)"')


@pytest.fixture(scope="module")
def client(near_city):  # noqa: F811
    return near_app(near_city).test_client()


def found(answer):
    """Ids of the stations that a page lists, in its order."""
    return NUMBERS.findall(answer.text)


def notices(answer):
    return re.findall(r'<p class="notice"[^>]*>([^<]+)', answer.text)


def test_it_asks_for_nothing_and_leaves_nothing(client):
    answer = client.get("/near")
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert "geolocation=(self)" in answer.headers["Permissions-Policy"]
    assert "geolocation=()" in client.get("/").headers["Permissions-Policy"]


def test_the_nearest_come_first_and_what_is_unknown_is_marked(client):
    answer = client.get("/near", query_string=asked())
    assert found(answer) == ["P300", "P80", "P40", "P0", "HOSTILE"]
    assert "步行 <strong>20 米</strong>" in answer.text
    assert "约 1 分钟" in answer.text
    card = answer.text.split('data-station="P40"')[1].split("</li>\n<li")[0]
    assert "时间待核实" in card
    assert "物资待核实" in card
    assert "P640" not in found(answer), "a suspended station is no answer"


def test_a_need_leaves_out_what_lacks_it_but_not_what_nobody_knows(client):
    answer = client.get("/near", query_string=asked(need=["umbrella"]))
    assert found(answer) == ["P80", "P40", "P0", "HOSTILE"]
    assert 'value="umbrella" checked' in answer.text


def test_at_night_the_closed_ones_are_left_out_unless_asked_for(near_city):  # noqa: F811
    client = near_app(near_city, at=NIGHT).test_client()
    assert found(client.get("/near", query_string=asked())) == ["P40", "P0"]
    assert found(client.get("/near", query_string=asked(open="any")))[0] == "P300"
    later = asked(open="at", time="2026-03-06T09:00")
    assert found(client.get("/near", query_string=later))[0] == "P300"


def test_what_nobody_knows_of_is_told_beside_each(client):
    answer = client.get("/near", query_string=asked(need="toilet"))
    assert answer.text.count("待核实：厕所") >= 4, "the town's data have no toilets at all"


def test_where_nothing_fits_the_nearest_are_named_with_what_they_lack(tmp_path):
    city = near_town(tmp_path)
    known = [Change("station", "P40", {"supplies": "water", "hours": "08:30-17:30"})]
    city.register.write(known, action=MARK.format(2), by="cli", kind="edit")
    client = near_app(city).test_client()
    answer = client.get("/near", query_string=asked(lon=place(560, 5)[0], need="charging"))
    assert "没有符合条件的站点" in answer.text
    assert found(answer) == ["P640", "HOSTILE", "P300"]
    assert "暂停开放" in answer.text
    assert answer.text.count("没有：充电") == 2
    assert "不限物资" in answer.text
    assert found(client.get("/near", query_string=asked(need="charging", open="any"))) == found(
        client.get("/near", query_string=asked(need="charging"))
    )


def test_a_street_is_a_place_to_start_from(client):
    answer = client.get("/near", query_string={"q": SIDE})
    assert f"从{SIDE}出发" in answer.text
    assert found(answer)
    door = client.get("/near", query_string={"q": f"{SIDE}120号"})
    assert f"从{SIDE}出发" in door.text
    assert any(f"{SIDE}较长" in said for said in notices(door))
    several = client.get("/near", query_string={"q": "街", "need": "water"})
    choices = re.findall(r'<a href="(/near\?[^"]+)" data-part><strong>', several.text)
    assert len(choices) > 1
    assert "need=water" in choices[0]
    assert found(client.get(choices[0].replace("&amp;", "&")))
    nowhere = client.get("/near", query_string={"q": "没有的路"})
    assert "没有叫“没有的路”的地方" in nowhere.text


@pytest.mark.parametrize(
    ("question", "status", "sentence"),
    [
        ({"lon": HERE[1], "lat": HERE[0]}, 400, "写反了"),
        ({"lon": "东", "lat": "nan"}, 400, "读不出来"),
        ({"lon": "1e999", "lat": "1"}, 400, "读不出来"),
        (asked(open="昨天"), 400, "时间“昨天”读不出来"),
        (asked(open="at"), 400, "请选择时间"),
        (asked(open="at", time=""), 400, "请选择时间"),
        (asked(datum="gcj"), 400, "坐标系"),
        (asked(need="gold"), 200, "不能按“gold”查找"),
        (asked(open="2019-01-01T10:00"), 200, "已经过去"),
        (asked(lon=0, lat=0), 200, "不在礼城范围内"),
        (asked(doubt=800), 200, "误差约 800 米"),
    ],
)
def test_an_odd_question_gets_a_sentence(client, question, status, sentence):
    answer = client.get("/near", query_string=question)
    assert answer.status_code == status
    assert any(sentence in said for said in notices(answer)), notices(answer)
    assert bool(found(answer)) == (status == 200)


def test_how_many_are_listed_is_never_spoken_of(client):
    for k in ("一", "-3", 10**9, 9999, "1_0", "²"):
        answer = client.get("/near", query_string=asked(k=k))
        assert answer.status_code == 200
        assert notices(answer) == []


def test_a_time_that_is_missing_leaves_the_question_as_it_is(client):
    page = client.get("/near", query_string=asked(open="at", need="umbrella")).text
    assert 'value="at" checked' in page
    assert 'value="umbrella" checked' in page
    assert 'name="lon"' in page


def test_a_link_to_what_is_gone_leads_to_what_is_there(client):
    answer = client.get("/near", query_string=asked(to="NOPE"))
    assert answer.status_code == 200
    assert any("链接里的站点已经没有了" in said for said in notices(answer))
    assert found(answer)[0] == "P300"


def test_no_name_becomes_a_part_of_the_page(client):
    for question in (asked(lon=place(650, 90)[0]), asked(at=HOSTILE), {"q": HOSTILE}):
        answer = client.get("/near", query_string=question)
        assert "<img src=x" not in answer.text
        assert "</script><script>" not in answer.text
    way = client.get("/near", query_string=asked(to="HOSTILE"))
    assert way.status_code == 200
    assert "<img src=x" not in way.text


def test_the_way_is_told_leg_by_leg_and_handed_over(client):
    answer = client.get("/near", query_string=asked(to="P80"))
    legs = re.findall(r'<li class="is-\w+"><b aria-hidden="true">.</b> ([^<]+)', answer.text)
    assert (legs[0].strip(), legs[-1].strip()) == ("我的位置", "有礼点80")
    assert [leg for leg in legs if re.search("沿.+街走|沿.+路走", leg)], legs
    data = json.loads(answer.text.split('id="answer-data">')[1].split("</script>")[0])
    assert data["line"][0] == pytest.approx(HERE, abs=1e-5)
    assert data["line"][-1] == pytest.approx(place(80, 5), abs=1e-5)
    hosts = set(re.findall(r'href="https://([^/"]+)', answer.text))
    assert hosts == {"uri.amap.com", "api.map.baidu.com", "apis.map.qq.com", "maps.apple.com"}
    called = client.get("/near", query_string=asked(to="P300")).text
    assert 'href="tel:0570-8880000"' in called
    gone = client.get("/near", query_string=asked(to="CLOSED"))
    assert gone.location == "/stations/CLOSED"


def test_one_tap_reaches_the_unit_and_changes_nothing(tmp_path):
    city = near_town(tmp_path)
    client = near_app(city).test_client()
    before = city.register.get("station", "P80")
    page = client.get("/near", query_string=asked(to="P80", need="umbrella")).text
    forms = [
        dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
        for form in re.findall(r"<form[^>]*data-tell>(.*?)</form>", page, flags=re.DOTALL)
    ]
    assert [(form["kind"], form.get("supply")) for form in forms] == [
        ("closed", None),
        ("supplies", "umbrella"),
        ("facts", None),
    ]
    for form in forms:
        sent = client.post("/remarks", data=form)
        assert sent.status_code == 303
        assert 'href="/near"' in client.get(sent.location).text
    rows = city.register.rows("remark", state="open")
    assert {(row["station_id"], row["kind"], row["text"] or "") for row in rows} == {
        ("P80", "closed", ""),
        ("P80", "supplies", "雨伞没有了"),
        ("P80", "facts", ""),
    }
    assert city.register.get("station", "P80") == before


def test_the_first_page_is_light(client):
    packed = {"Accept-Encoding": "gzip"}
    page = client.get("/near", query_string=asked(), headers=packed)
    assert page.headers["Content-Encoding"] == "gzip"
    text = gzip.decompress(page.data).decode()
    files = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', text))
    assert not [path for path in files if "/vendor/" in path], "the map waits until it is wanted"
    sizes = {path: len(client.get(path, headers=packed).data) for path in files}
    assert len(page.data) + sum(sizes.values()) < 40_000, sizes
    with_map = [f"/static/{name}" for name in MAP_SCRIPTS]
    more = sum(len(client.get(path, headers=packed).data) for path in with_map)
    assert len(page.data) + sum(sizes.values()) + more < 150_000


def test_files_are_packed_whole_for_those_who_take_it_and_known_again(client):
    path = "/static/vendor/leaflet/leaflet.js"
    plain, packed = client.get(path), client.get(path, headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(packed.data) == plain.data
    assert "Content-Encoding" not in plain.headers
    assert "Accept-Encoding" in plain.headers["Vary"]
    assert int(packed.headers["Content-Length"]) == len(packed.data)
    for answer in (plain, packed):
        again = client.get(path, headers={"If-None-Match": answer.headers["ETag"]})
        assert again.status_code == 304
    part = client.get(path, headers={"Accept-Encoding": "gzip", "Range": "bytes=0-9"})
    assert part.data in (plain.data[:10], plain.data, packed.data)
    assert client.head(path, headers={"Accept-Encoding": "gzip"}).status_code == 200


def test_the_worker_keeps_what_is_there_within_its_bounds(client):
    answer = client.get("/near/sw.js")
    kept = json.loads(answer.text.split("const KEPT = ", 1)[1].split(";\n", 1)[0])
    assert answer.headers["Service-Worker-Allowed"] == kept["page"] == "/near"
    assert all((STATIC / path.removeprefix("/static/")).is_file() for path in kept["files"])
    linked = re.findall(r'(?:href|src)="(/static/[^"]+)"', client.get("/near").text)
    assert set(linked) <= set(kept["files"])
    assert client.get("/near").headers["Near-Version"] == kept["version"]
    about = client.get("/near/manifest.webmanifest").json
    assert (about["scope"], about["start_url"]) == ("/near", "/near")


def test_a_house_number_is_found_by_a_stations_address_or_said_to_be_unknown(tmp_path):
    city = near_town(tmp_path)
    known = [Change("station", "P80", {"address": f"礼城区{SIDE}18号"})]
    city.register.write(known, action=MARK.format(3), by="cli", kind="edit")
    client = near_app(city).test_client()
    there = client.get("/near", query_string={"q": f"{SIDE}18号"})
    assert found(there)[0] == "P80"
    assert notices(there) == []
    unknown = client.get("/near", query_string={"q": f"{SIDE}120号"})
    assert any(f"地图上没有120号，这里从{SIDE}算起" in said for said in notices(unknown))


def test_a_thin_answer_says_that_it_is_all_and_what_to_leave_out(client):
    answer = client.get("/near", query_string=asked(need=["umbrella", "water"]))
    assert found(answer) == ["P80", "P40"]
    assert "没有其他符合的站点了" in answer.text
    for kept, left in (("water", "雨伞"), ("umbrella", "饮水")):
        link = re.search(rf'href="([^"]+)" data-part>不要“{left}”', answer.text)[1]
        wider = client.get(link.replace("&amp;", "&"))
        assert f'value="{kept}" checked' in wider.text
        assert len(found(wider)) > 2


def test_a_way_without_steps_is_told_where_it_was_asked_for(client):
    assert "路上没有台阶" not in client.get("/near", query_string=asked()).text
    answer = client.get("/near", query_string=asked(need="step_free"))
    assert answer.text.count("路上没有台阶") == len(found(answer))
