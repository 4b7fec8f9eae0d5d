"""The pages of 待定位: the queue, one station after the other, many at once, and back again."""

import io
import json
import re
import shutil

import openpyxl
import pytest
from locate_town import EAST, LOST, WEST, Person, change, lost, make
from pages_town import MAIN, SIDE, place
from pages_town import make as make_town
from signed_in import client

from stationmap.city import City
from web.app import create_app


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The town; what is done to it is done to a copy."""
    folder = tmp_path_factory.mktemp("locate")
    city = make(make_town(folder).path, folder)
    yield city
    city.register.close()


@pytest.fixture(scope="module")
def reader(made):
    """The city's administrator before the town itself, to look only."""
    return Person(client(create_app(made.path), role="city"))


@pytest.fixture
def city(made, tmp_path):
    made.now()
    shutil.copytree(made.path, tmp_path / "town")
    return City.open(tmp_path / "town")


@pytest.fixture
def app(city):
    return create_app(city.path)


@pytest.fixture
def person(app):
    return lambda role, adcode="": Person(client(app, role=role, adcode=adcode))


@pytest.fixture
def admin(person):
    return person("city")


def key_of(page, name):
    """Key of the proposal of a name, as the page's form has it."""
    card = next(c for c in page.split("<li id=") if f"<strong>{name}</strong>" in c)
    return re.search('name="proposal" value="([^"]+)"', card).group(1)


def version_of(page):
    return re.search('name="version" value="([0-9]+)"', page).group(1)


def accept(person, station_id, name, *, status=303, query=""):
    address = f"/manage/locate/station?id={station_id}{query}"
    page = person.get(address)
    sent = {"version": version_of(page), "proposal": key_of(page, name)}
    return person.send(address, page, status=status, **sent)


def at(city, station_id):
    return city.register.get("station", station_id)["geometry"]


def test_queue_lists_who_has_no_place_and_what_is_proposed(reader):
    page = reader.get("/manage/locate")
    for name, _, _ in LOST.values():
        assert name in page
    assert "共 8 个" in page
    assert "名称吻合" in page
    assert "只知街道" in page
    assert "没有建议" in page
    assert "有礼点40" not in page


def test_the_list_of_stations_leads_here(reader):
    page = reader.get("/manage/stations?q=L2")
    assert 'href="/manage/locate/station?id=L2"' in page


def test_search_narrows_the_queue(reader):
    page = reader.get("/manage/locate?q=汽车")
    assert "汽车西站租车点" in page
    assert "礼城图书馆有礼亭" not in page
    assert "没有符合" in reader.get("/manage/locate?q=无此字")


def test_a_place_is_searched_to_move_a_map_to_it(reader):
    answer = json.loads(reader.get("/manage/locate/places?q=汽车"))
    one = next(p for p in answer["places"] if p["name"] == "汽车西站")
    assert (one["lon"], one["lat"]) == pytest.approx(place(240, 60), abs=2e-6)
    west, south, east, north = one["box"]
    assert west <= one["lon"] <= east
    assert south <= one["lat"] <= north
    assert answer["said"].startswith("找到")
    none = json.loads(reader.get("/manage/locate/places?q=无此字"))
    assert none["places"] == []
    assert "没有叫这个名字" in none["said"]


def test_accepting_a_proposal_places_the_station_and_tells_on_what_grounds(city, admin):
    answer = accept(admin, "L2", "汽车西站")
    assert at(city, "L2") == pytest.approx(place(240, 60), abs=2e-6)
    row = city.register.get("station", "L2")
    assert row["adcode"] == WEST
    # no list gave these coordinates
    assert row["source_lon"] is None
    assert row["source_datum"] is None
    last = city.register.history("station", "L2")[0]
    assert last.kind == "locate"
    assert "推定" in last.note
    assert "名称就是“汽车西站”" in last.note
    assert "L2" not in lost(city)
    # the next one of the queue follows, and says that this was done
    page = admin.get(answer.location)
    assert "汽车西站租车点已定位" in page
    assert "撤销" in page


def test_a_tap_on_the_map_places_it_by_hand(city, admin):
    lon, lat = place(333, 44)
    address = "/manage/locate/station?id=L6"
    page = admin.get(address)
    admin.send(address, page, version=version_of(page), place=f"{lon}, {lat}", datum="wgs84")
    assert at(city, "L6") == pytest.approx((lon, lat), abs=1e-6)
    assert "由人在图上点出" in city.register.history("station", "L6")[0].note


def test_coordinates_of_another_datum_are_converted(city, admin):
    address = "/manage/locate/station?id=L6"
    page = admin.get(address)
    lon, lat = place(333, 44)
    sent = {"place": f"{lon + 0.0045}, {lat - 0.003}", "datum": "gcj02"}
    admin.send(address, page, version=version_of(page), **sent)
    assert at(city, "L6") == pytest.approx((lon, lat), abs=6e-4)
    assert at(city, "L6") != pytest.approx((lon + 0.0045, lat - 0.003), abs=2e-3)


@pytest.mark.parametrize("said", ["", "abc", "0, 0", "28.95, 118.87", "118.87"])
def test_what_is_no_place_of_the_city_writes_nothing(made, reader, said):
    address = "/manage/locate/station?id=L6"
    page = reader.get(address)
    answer = reader.send(address, page, 200, version=version_of(page), place=said, datum="wgs84")
    assert 'role="alert"' in answer.text
    assert at(made, "L6") is None


def test_a_street_alone_is_shown_but_cannot_be_accepted(reader):
    page = reader.get("/manage/locate/station?id=L4")
    assert "写到“水亭街”，首尾相距 300 米" in page
    assert 'name="proposal"' not in page
    answer = reader.send(
        "/manage/locate/station?id=L4",
        page,
        200,
        version=version_of(page),
        proposal="street:水亭街#1",
    )
    assert "这条建议不在了" in answer.text


def test_the_corner_of_two_streets(city, admin):
    accept(admin, "L3", f"{MAIN} / {SIDE}")
    assert at(city, "L3") == pytest.approx(place(500, 0), abs=3e-5)


def test_undo_makes_it_wait_again(city, admin):
    page = admin.get(accept(admin, "L2", "汽车西站").location)
    undo = re.search('action="(/manage/locate/undo/[^"]+)"', page).group(1)
    admin.send(undo, page)
    assert at(city, "L2") is None
    assert "又回到待定位" in admin.get("/manage/locate")
    admin.send(undo, page)
    assert "已经撤销过了" in admin.get("/manage/locate")


def test_undo_is_refused_when_somebody_changed_the_station_since(city, admin):
    page = admin.get(accept(admin, "L2", "汽车西站").location)
    undo = re.search('action="(/manage/locate/undo/[^"]+)"', page).group(1)
    change(city, "L2", name="改名")
    answer = admin.send(undo, page, 400)
    assert "撤回不了" in answer.text
    assert at(city, "L2") is not None


def test_undo_is_for_actions_of_this_page_only(city, admin):
    page = admin.get("/manage/locate")
    imported = city.register.actions(kinds=["import"])[0].id
    admin.send(f"/manage/locate/undo/{imported}", admin.get("/manage/locate/exact"), 404)
    assert "汽车西站租车点" in page


def test_two_people_at_once_lose_nothing(city, admin, person):
    address = "/manage/locate/station?id=L2"
    page = admin.get(address)
    other = person("county", WEST)
    accept(other, "L2", "汽车西站")
    first = at(city, "L2")
    lon, lat = place(100, 100)
    answer = admin.send(
        address, page, 409, version=version_of(page), place=f"{lon}, {lat}", datum="wgs84"
    )
    assert "有人已给这个站点定了位" in answer.text
    # nor does a form that leaves out what it saw
    admin.send(address, page, 409, place=f"{lon}, {lat}", datum="wgs84")
    assert at(city, "L2") == first


def test_the_same_form_twice_places_once(city, admin):
    address = "/manage/locate/station?id=L2"
    page = admin.get(address)
    sent = {
        "version": version_of(page),
        "proposal": key_of(page, "汽车西站"),
        "action": "6d0b3b5e-3a59-4c4b-9f0e-111111111111",
    }
    admin.send(address, page, **sent)
    before = city.register.seq()
    admin.send(address, page, **sent)
    assert city.register.seq() == before


def test_many_exact_ones_at_once_and_back(city, admin):
    page = admin.get("/manage/locate/exact")
    # the queue counts what is merely alike too
    assert "名称只是相近的别处不算" in page
    ids = re.findall('name="station" value="([^"]+)" checked', page)
    assert {"L1", "L2"} <= set(ids)
    assert not {"L3", "L4", "L6"} & set(ids)
    fields = dict(re.findall('name="((?:version|proposal)-[^"]+)" value="([^"]+)"', page))
    answer = admin.send("/manage/locate/exact", page, station=ids, **fields)
    assert not set(ids) & lost(city)
    assert at(city, "L1") == pytest.approx(place(120, 60), abs=2e-6)
    actions = {city.register.history("station", k)[0].action for k in ids}
    assert len(actions) == 1
    after = admin.get(answer.location)
    admin.send(re.search('action="(/manage/locate/undo/[^"]+)"', after).group(1), after)
    assert set(ids) <= lost(city)


def test_of_many_none_is_placed_when_one_was_changed(city, admin):
    page = admin.get("/manage/locate/exact")
    fields = dict(re.findall('name="((?:version|proposal)-[^"]+)" value="([^"]+)"', page))
    change(city, "L1", hours="8:30-17:30")
    answer = admin.send("/manage/locate/exact", page, 409, station=["L1", "L2"], **fields)
    assert "什么都没有写入" in answer.text
    assert {"L1", "L2"} <= lost(city)


@pytest.mark.parametrize("said", ["", "x", "9" * 5000])
def test_of_many_none_is_placed_where_the_form_does_not_say_what_it_saw(city, admin, said):
    page = admin.get("/manage/locate/exact")
    fields = dict(re.findall('name="((?:version|proposal)-[^"]+)" value="([^"]+)"', page))
    fields["version-L1"] = said
    admin.send("/manage/locate/exact", page, 409, station=["L1", "L2"], **fields)
    assert {"L1", "L2"} <= lost(city)


def test_a_station_that_is_ticked_twice_is_placed_once(city, admin):
    page = admin.get("/manage/locate/exact")
    fields = dict(re.findall('name="((?:version|proposal)-[^"]+)" value="([^"]+)"', page))
    admin.send("/manage/locate/exact", page, station=["L1", "L1"], **fields)
    assert "L1" not in lost(city)


def test_two_stations_of_one_match_are_left_unticked(city, admin):
    change(city, "L6", name="汽车西站有礼亭")
    page = admin.get("/manage/locate/exact")
    ids = re.findall('name="station" value="([^"]+)" checked', page)
    assert not {"L2", "L6"} & set(ids)
    assert "另有 1 个站点也对应这一处" in page


def test_a_station_that_stands_there_already_is_named(city, admin):
    lon, lat = place(240, 60)
    change(city, "P0", geometry=(lon, lat), name="西站老点")
    page = admin.get("/manage/locate/station?id=L2")
    assert "30 米内已有：西站老点" in page
    ids = re.findall('name="station" value="([^"]+)" checked', admin.get("/manage/locate/exact"))
    assert "L2" not in ids


def test_a_county_sees_and_places_its_own_only(city, person):
    east = person("county", EAST)
    page = east.get("/manage/locate")
    assert "人民医院有礼点" in page
    assert "汽车西站租车点" not in page
    east.get("/manage/locate/station?id=L2", 404)
    # what states no district is the city's
    east.get("/manage/locate/station?id=L7", 404)
    address = "/manage/locate/station?id=L5"
    shown = east.get(address)
    lon, lat = place(100, 100)
    answer = east.send(
        address, shown, 200, version=version_of(shown), place=f"{lon}, {lat}", datum="wgs84"
    )
    assert "柯城区" in answer.text
    assert at(city, "L5") is None
    accept(east, "L5", "人民医院")
    assert city.register.get("station", "L5")["adcode"] == EAST


def test_what_fits_outside_the_stated_district_is_told_and_not_proposed(city, admin):
    change(city, "L2", adcode=EAST)
    page = admin.get("/manage/locate/station?id=L2")
    assert "所写区县（衢江区）以外有：汽车西站（柯城区）" in page
    assert "<strong>汽车西站</strong>" not in page


def test_the_place_in_the_queue_is_told_to_who_comes_through_it_only(reader):
    first = re.search('href="(/manage/locate/station[^"]+at=1[^"]*)"', reader.get("/manage/locate"))
    page = reader.get(first.group(1).replace("&amp;", "&"))
    assert "第 2 个，共 8 个" in page
    assert "上一个" in page
    assert "跳过，看下一个" in page
    elsewhere = re.search("id=(L[0-9])", first.group(1)).group(1)
    assert "跳过，看下一个" not in reader.get(f"/manage/locate/station?id={elsewhere}&at=5")


def test_another_county_cannot_take_it_back(city, admin, person):
    page = admin.get(accept(admin, "L2", "汽车西站").location)
    undo = re.search('action="(/manage/locate/undo/[^"]+)"', page).group(1)
    east = person("county", EAST)
    east.send(undo, east.get("/manage/locate"), 404)
    assert at(city, "L2") is not None


def test_a_planner_may_not_and_nobody_is_asked_to_sign_in(app, person):
    planner = person("planner")
    planner.get("/manage/locate", 403)
    nobody = app.test_client()
    assert nobody.get("/manage/locate/station?id=L2").status_code == 303
    assert nobody.post("/manage/locate/station?id=L2").status_code == 401


def test_workbook_of_the_queue(reader):
    answer = reader.client.get("/manage/locate/queue.xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).active
    rows = {row[0]: row for row in sheet.iter_rows(values_only=True)}
    assert set(LOST) <= set(rows)
    assert "汽车西站" in rows["L2"]
    assert "名称吻合" in rows["L2"]
    assert rows["L4"][-1] is None


def test_hostile_names_stay_text(city, admin):
    change(city, "L6", name="<script>alert(1)</script>{{7*7}}", address="</script><b>x")
    for address in ("/manage/locate", "/manage/locate/station?id=L6"):
        page = admin.get(address)
        assert "<script>alert" not in page
        assert "</script><b>" not in page


def test_english_pages_have_no_chinese_of_ours(reader):
    page = reader.get("/manage/locate/station?id=L2&lang=en")
    assert "Place it here" in page
    assert "the name is that of" in page
