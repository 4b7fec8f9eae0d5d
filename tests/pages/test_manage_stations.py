"""The administrators' stations: everybody within bounds, every change kept, none lost."""

import datetime as dt
import html
import io
import re
import uuid
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
import signed_in
from babel.messages.pofile import read_po
from pages_town import HOSTILE, own_town, place, town  # noqa: F401
from registers import postgis_database, postgis_server, postgis_template  # noqa: F401
from signed_in import post

import web
from stationmap.errors import Conflict
from stationmap.store import Change, audit
from stationmap.store.backup import backup, restore
from web import station_rows
from web.app import create_app

BASE = "/manage/stations"
FOREIGN = "HOSTILE"  # lies in the other county
WEST, EAST = "330802", "330803"


@pytest.fixture
def app(own_town):  # noqa: F811
    return create_app(own_town.path)


@pytest.fixture
def register(app):
    return app.extensions["city"].register


@pytest.fixture
def city(app):
    return signed_in.client(app)


@pytest.fixture
def county(app):
    return signed_in.client(app, role="county", adcode=WEST)


@pytest.fixture
def unit(app, register):
    """A unit's account; the unit looks after P0 alone."""
    write(register, Change("unit", "U1", {"name": "图书馆", "adcode": WEST}))
    write(register, Change("station", "P0", {"unit_id": "U1", "unit": "图书馆"}))
    return signed_in.client(app, role="unit", adcode=WEST, unit_id="U1")


def write(register, *changes, **options):
    return register.write(list(changes), action=str(uuid.uuid4()), by="cli", kind="edit", **options)


def version(register, station_id, entity="station"):
    row = register.get(entity, station_id)
    return row["version"] if row else 0


def save(client, register, station_id, *, at=None, **fields):
    at = version(register, station_id) if at is None else at
    return post(client, f"{BASE}/edit?id={station_id}", {"version": at, **fields})


def words(response):
    """Text of a page as a reader sees it."""
    plain = re.sub(r"<(script|style|template).*?</\1>|<[^>]+>", " ", response.text, flags=re.S)
    return re.sub(r"\s+", " ", html.unescape(plain))


def events(register, station_id, entity="station"):
    return register.history(entity, station_id, limit=100)


# -- the list --------------------------------------------------------------------------------


def test_the_list_holds_what_lies_in_the_county(city, county):
    everything, own = words(city.get(BASE)), words(county.get(BASE))
    assert "共 9 个" in everything
    assert "共 6 个" in own
    assert "有礼点640" in everything
    assert "有礼点640" not in own


def test_asking_for_another_county_finds_no_more_than_ones_own(county):
    found = words(county.get(f"{BASE}?district={EAST}"))
    assert "共 6 个" in found
    assert "有礼点640" not in found


def test_a_units_list_holds_its_own_stations(unit):
    found = words(unit.get(BASE))
    assert "共 1 个" in found
    assert "有礼点0" in found
    assert "没有符合条件的站点" in words(unit.get(f"{BASE}?q=有礼点40"))


@pytest.mark.parametrize(
    ("query", "total"),
    [
        ("q=有礼点 640", 1),
        ("q=%25", 0),
        ("q=_", 0),
        ("status=planned", 1),
        ("type=point&status=active", 6),
        ("placed=no", 1),
        ("placed=yes", 8),
        (f"district={EAST}", 2),
    ],
)
def test_filters_stand_in_the_address(city, query, total):
    found = words(city.get(f"{BASE}?{query}"))
    assert (f"共 {total} 个" in found) if total else ("没有符合条件的站点" in found)


@pytest.mark.parametrize("said", ["%00", "a%00b", "%ff", "..", "/", "%2e%2e%2f", "'%20OR%201=1--"])
def test_odd_ids_and_words_are_nothing_to_find(city, said):
    for page in ("edit", "contact", "history", "state"):
        assert city.get(f"{BASE}/{page}?id={said}").status_code == 404
    for name in ("q", "type", "district", "unit"):
        assert city.get(f"{BASE}?{name}={said}").status_code == 200
    assert city.get(f"{BASE}/merge?keep={said}").status_code == 404
    assert city.get(f"{BASE}/merge?keep=P0&drop={said}").status_code == 404


@pytest.mark.parametrize("name", ["endpoint", "_external", "_scheme", "_anchor", "station_id"])
def test_a_filter_of_any_name_stays_in_the_address(city, name):
    page = city.get(f"{BASE}?{name}=x&limit=25")
    assert page.status_code == 200
    assert all(
        address.startswith(BASE) for address in re.findall(r'rel="next" href="([^"]+)"', page.text)
    )


def test_pages_in_english_hold_none_of_our_chinese(city):
    with (Path(web.__file__).parent / "locale/zh/stations.po").open("rb") as stream:
        ours = {str(m.string) for m in read_po(stream) if m.id}
    ours = {text for text in ours if len(text) > 3 and not re.search("[{%]|[a-z]", text)}
    assert len(ours) > 40
    for path in ("?", "/edit?id=P0&", "/edit?id=LOST&", "/new?", "/contact?id=P0&", "/changes?",
                 "/history?id=P0&", "/duplicates?", "/merge?keep=P0&", "/merge?keep=P0&drop=P40&",
                 "?q=nothing&"):  # fmt: skip
        said = words(city.get(f"{BASE}{path}lang=en"))
        assert [text for text in ours if text in said] == []


def test_a_filter_that_is_none_is_refused_with_a_sentence(city):
    response = city.get(f"{BASE}?status=lost")
    assert response.status_code == 400
    assert "status" in words(response)


def test_what_people_typed_is_text_on_every_page(city, register):
    save(city, register, FOREIGN, note="", name=HOSTILE, hours=HOSTILE[:90])
    for path in ("", f"/edit?id={FOREIGN}", f"/history?id={FOREIGN}", "/changes",
                 f"/contact?id={FOREIGN}", f"/merge?keep=P0&drop={FOREIGN}", "/duplicates",
                 f"/merge?keep={FOREIGN}"):  # fmt: skip
        page = city.get(BASE + path)
        assert page.status_code == 200
        assert "<img src=x" not in page.text
        assert "<script>window.hit" not in page.text


def test_the_list_is_taken_away_and_comes_back_as_it_was(city, register, own_town, tmp_path):  # noqa: F811
    write(register, Change("contact", "P0", {"person": "张三", "phone": "13800000000"}))
    data = city.get(f"{BASE}/export.csv?district={WEST}").data
    assert "张三" not in data.decode("utf-8-sig")
    assert "13800000000" not in data.decode("utf-8-sig")
    file = tmp_path / "again.csv"
    file.write_bytes(data)
    report = own_town.import_file("stations", file, dry_run=True)
    counts = report.counts
    assert (counts.read, counts.accepted, counts.quarantined) == (6, 6, 0)
    assert report.datum == "wgs84"


def test_the_table_has_each_thing_once_and_nothing_of_contacts(city, register):
    write(
        register,
        Change("station", "P0", {"phone": "0570-3021234"}),
        Change("contact", "P0", {"person": "王五", "phone": "0570-7654321"}),
    )
    table = pd.read_csv(io.BytesIO(city.get(f"{BASE}/export.csv").data), dtype=str)
    row = table.set_index("站点编号").loc["P0"]
    assert (row["所属区县"], row["服务电话"]) == ("柯城区", "0570-3021234")
    assert not {"县（市、区）", "公开电话", "联系人", "联系电话"} & set(table.columns)
    assert "站点台账" in re.search("<h1>(.*?)<", city.get(BASE).text)[1]


def test_a_workbook_holds_text_and_no_formula(city, register):
    openpyxl = pytest.importorskip("openpyxl")
    save(city, register, "P0", name='=HYPERLINK("http://x")')
    data = city.get(f"{BASE}/export.xlsx").data
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert any("HYPERLINK" in str(cell.value) for cell in cells)


# -- one station -----------------------------------------------------------------------------


def test_a_change_is_one_event_with_its_author_and_the_map_has_it(county, register):
    before = len(events(register, "P0"))
    response = save(county, register, "P0", name="新名", hours="周一至周日 9:00-17:00")
    assert response.status_code == 303
    found = events(register, "P0")
    assert len(found) == before + 1
    assert found[0].by == county.account.id
    assert found[0].after == {
        "name": "新名", "hours": "周一至周日 9:00-17:00", "hours_source": "register",
        "brought": found[0].after["brought"],
    }  # fmt: skip
    assert county.get("/api/v1/stations/P0").json["name"] == "新名"
    told = words(county.get(f"{BASE}/history?id=P0"))
    assert f"{county.account.name} 修改" in told
    assert "有礼点0 → 新名" in told


def test_the_same_form_sent_twice_is_one_event(county, register):
    at, mark = version(register, "P0"), str(uuid.uuid4())
    fields = {"version": at, "name": "新名", "hours": "随时"}
    first = post(county, f"{BASE}/edit?id=P0", fields, action=mark)
    count = len(events(register, "P0"))
    again = post(county, f"{BASE}/edit?id=P0", fields, action=mark)
    assert (first.status_code, again.status_code) == (303, 303)
    assert len(events(register, "P0")) == count


def test_nothing_different_is_no_event_and_said_so(county, register):
    seq = register.seq()
    save(county, register, "P0", name="有礼点0")
    assert register.seq() == seq
    assert "没有变化" in words(county.get(f"{BASE}/edit?id=P0"))


def test_faults_are_marked_and_what_was_typed_stays(county, register):
    response = save(county, register, "P0", name="别的名字", opened_on="昨天", phone="无")
    said = words(response)
    assert response.status_code == 400
    assert "“昨天”不是日期" in said
    assert "“无”不是电话号码" in said
    assert 'value="别的名字"' in response.text
    assert register.get("station", "P0")["name"] == "有礼点0"


def test_dragging_moves_it_on_the_map_and_into_its_district(city, register):
    lon, lat = place(700, 3)
    save(city, register, "P0", place=f"{lon}, {lat}", datum="wgs84")
    row = register.get("station", "P0")
    assert row["geometry"] == (lon, lat)
    assert row["adcode"] == EAST
    assert events(register, "P0")[0].kind == "move"
    assert city.get("/api/v1/stations/P0").json["place"] == [round(lon, 6), round(lat, 6)]


def test_a_county_cannot_push_a_station_over_its_border(county, register):
    lon, lat = place(700, 3)
    response = save(county, register, "P0", place=f"{lon}, {lat}", datum="wgs84")
    assert response.status_code == 400
    assert "不在您负责的范围" in words(response)
    assert register.get("station", "P0")["adcode"] == WEST


@pytest.mark.parametrize("page", ["edit", "contact", "history", "state"])
def test_stations_of_others_are_not_there(county, unit, page):
    assert county.get(f"{BASE}/{page}?id={FOREIGN}").status_code == 404
    assert unit.get(f"{BASE}/{page}?id=P40").status_code == 404
    assert unit.get(f"{BASE}/{page}?id=P0").status_code == 200


def test_stations_of_others_cannot_be_written(county, unit, register):
    seq = register.seq()
    assert save(county, register, FOREIGN, name="x").status_code == 404
    assert save(unit, register, "P40", name="x").status_code == 404
    gone = post(county, f"{BASE}/merge", {"keep": "P0", "drop": FOREIGN})
    assert gone.status_code == 404
    assert register.seq() == seq


def test_a_unit_called_as_one_of_another_county_gets_none_of_its_stations(app, register):
    write(register, Change("unit", "U9", {"name": "同名单位", "adcode": WEST}))
    for own, adcode in (("near", WEST), ("far", EAST)):
        row = {"name": own, "type": "point", "status": "active", "unit": "同名单位"}
        write(register, Change("station", own, {**row, "adcode": adcode}))
    named = signed_in.client(app, role="unit", adcode=WEST, unit_id="U9")
    for own, status in (("near", 200), ("far", 404)):
        assert named.get(f"{BASE}/contact?id={own}").status_code == status
        assert named.get(f"/home/stations/{own}").status_code == status


def test_a_unit_changes_facts_and_nothing_else(unit, register):
    lon, lat = place(30, 3)
    save(unit, register, "P0", address="人民路 2 号", status="closed", type="station",
         place=f"{lon}, {lat}", unit="别的单位")  # fmt: skip
    assert events(register, "P0")[0].after.keys() - {"brought"} == {"address"}


@pytest.mark.parametrize("role", ["planner", "inspector"])
def test_planners_and_inspectors_look_and_change_nothing(app, register, role):
    client = signed_in.client(app, role=role)
    page = client.get(f"{BASE}/edit?id=P0")
    assert page.status_code == 200
    assert 'type="submit"' not in page.text.split('<main id="main"')[1].split("</main>")[0]
    assert save(client, register, "P0", name="x").status_code == 403
    assert client.get(f"{BASE}/contact?id=P0").status_code == 403
    assert client.get(f"{BASE}/new").status_code == 403


def test_a_number_of_the_version_that_is_none_is_refused(city):
    for said in ("", "x", "-1", "9" * 20, "１"):
        assert post(city, f"{BASE}/edit?id=P0", {"version": said, "name": "x"}).status_code == 400


# -- two at once -----------------------------------------------------------------------------


def test_two_who_edit_one_station_are_both_told_and_nothing_is_lost(app, register):
    first, second = signed_in.client(app), signed_in.client(app, role="county", adcode=WEST)
    at = version(register, "P0")
    save(first, register, "P0", at=at, name="甲的名字", address="甲路 1 号")
    told = second.get(f"{BASE}/state?id=P0").json
    assert told["version"] != at
    assert first.account.name in told["said"]

    response = save(second, register, "P0", at=at, name="乙的名字", hours="9:00-17:00")
    assert response.status_code == 409
    said = words(response)
    assert register.get("station", "P0")["name"] == "甲的名字"
    for part in ("甲的名字", "乙的名字", "有礼点0", "甲路 1 号", "9:00-17:00", first.account.name):
        assert part in said
    offered = choices(response.text)
    assert offered["name"] == {"乙的名字": True, "甲的名字": False}
    assert offered["address"] == {HOSTILE: False, "甲路 1 号": True}

    kept = {name: next(v for v, on in two.items() if on) for name, two in offered.items()}
    shown = re.search(r'name="version" value="(\d+)"', response.text)[1]
    merged = save(second, register, "P0", at=shown, **{**kept, "name": "甲的名字"})
    assert merged.status_code == 303
    row = register.get("station", "P0")
    assert (row["name"], row["address"], row["hours"]) == ("甲的名字", "甲路 1 号", "9:00-17:00")
    assert {e.by for e in events(register, "P0")[:2]} == {first.account.id, second.account.id}


def choices(page):
    """Radios of a page: name → value → whether it is chosen."""
    found = {}
    for name, value, on in re.findall(
        r'type="radio" name="(\w+)" value="([^"]*)"( checked)?', page
    ):
        found.setdefault(name, {})[html.unescape(value)] = bool(on)
    return found


def test_a_third_who_saves_meanwhile_brings_the_choice_again(app, register):
    one, other = signed_in.client(app), signed_in.client(app)
    at = version(register, "P0")
    save(one, register, "P0", name="一")
    assert save(other, register, "P0", at=at, name="二").status_code == 409
    middle = version(register, "P0")
    save(one, register, "P0", name="三")
    again = save(other, register, "P0", at=middle, name="二")
    assert again.status_code == 409
    assert "三" in words(again)
    assert register.get("station", "P0")["name"] == "三"


def test_a_place_that_both_moved_is_chosen_as_one(app, register):
    one, other = signed_in.client(app), signed_in.client(app)
    at = version(register, "P0")
    places = [place(20, 3), place(60, 3)]
    said = ["{}, {}".format(*where) for where in places]
    save(one, register, "P0", at=at, place=said[0], datum="wgs84")
    response = save(other, register, "P0", at=at, place=said[1], datum="wgs84")
    assert choices(response.text)["place"] == {said[1]: True, said[0]: False}
    save(other, register, "P0", place=said[1])
    assert register.get("station", "P0")["geometry"] == places[1]


def test_a_station_that_was_taken_out_meanwhile_loses_nothing_typed(city, register, monkeypatch):
    from web import manage_stations

    stale = register.get("station", "P0")
    write(register, Change("station", "P0", None))
    monkeypatch.setattr(manage_stations, "own", lambda _id: stale)
    response = save(city, register, "P0", at=stale["version"], name="我的修改")
    assert response.status_code == 409
    assert "我的修改" in words(response)


# -- new stations ----------------------------------------------------------------------------


def test_a_station_is_entered_once(county, register):
    lon, lat = place(30, 3)
    fields = {"name": "新点", "type": "point", "status": "planned", "place": f"{lon}, {lat}"}
    mark = str(uuid.uuid4())
    first = post(county, f"{BASE}/new", fields, action=mark)
    again = post(county, f"{BASE}/new", fields, action=mark)
    assert first.headers["Location"] == again.headers["Location"]
    rows = register.rows("station", name="新点")
    assert len(rows) == 1
    assert rows[0]["adcode"] == WEST
    assert county.get(f"/api/v1/stations/{rows[0]['id']}").json["status"] == "planned"


def test_a_new_station_beside_one_like_it_is_told(city):
    lon, lat = place(8, 3)
    fields = {"name": "有礼点0", "type": "point", "status": "active", "place": f"{lon}, {lat}"}
    response = post(city, f"{BASE}/new", fields)
    assert "可能相同的站点：有礼点0" in words(city.get(response.headers["Location"]))


def test_what_is_to_be_looked_at_wears_no_sign_of_success(city, register):
    save(city, register, "P0", hours="看门口的牌子")
    shown = city.get(f"{BASE}/edit?id=P0").text
    saved, warned = re.findall(r'<div class="(done[^"]*)".*?<span[^>]*>(.)</span>', shown, re.S)
    assert saved == ("done", "✓")
    assert warned == ("done is-warning", "!")


def test_a_new_station_needs_type_place_of_ones_own_and_a_free_id(county, register):
    seq = register.seq()
    said = words(post(county, f"{BASE}/new", {"name": "新点", "id": "P0"}))
    assert "请选择站点类型" in said
    assert "编号 P0 已有站点在用" in said
    lon, lat = place(700, 3)
    fields = {"name": "新点", "type": "point", "status": "active", "place": f"{lon}, {lat}"}
    assert post(county, f"{BASE}/new", fields).status_code == 400
    assert register.seq() == seq


def test_a_new_station_without_a_place_belongs_to_the_county_and_is_to_be_located(county, register):
    fields = {"name": "待定新点", "type": "point", "status": "planned", "place": "", "adcode": WEST}
    post(county, f"{BASE}/new", fields)
    row = register.rows("station", name="待定新点")[0]
    assert (row["adcode"], row["geometry"]) == (WEST, None)
    assert "待定新点" in words(county.get(f"{BASE}?placed=no"))


# -- contacts --------------------------------------------------------------------------------


def test_a_contact_is_for_the_offices_alone_and_each_look_is_logged(app, county, register):
    fields = {"person": "李四", "phone": "13912345678", "note": "工作日", "version": 0}
    assert post(county, f"{BASE}/contact?id=P0", fields).status_code == 303
    assert 'value="13912345678"' in county.get(f"{BASE}/contact?id=P0").text
    inspector = signed_in.client(app, role="inspector")
    resident = app.test_client()
    for client, path in (
        (inspector, f"{BASE}/history?id=P0"),
        (inspector, f"{BASE}/edit?id=P0"),
        (inspector, f"{BASE}/export.csv"),
        (county, f"{BASE}/edit?id=P0"),
        (resident, "/api/v1/stations/P0"),
        (resident, "/"),
    ):
        page = client.get(path)
        assert page.status_code == 200
        assert "13912345678" not in page.text
        assert "李四" not in page.text
    log = words(signed_in.client(app).get("/manage/audit"))
    assert "station:P0" in log


def test_a_contact_is_seen_on_no_page_of_a_change_without_a_line_in_the_log(county, register):
    def looks():
        lines = audit.read(register, adcode="", action="contact.read", limit=100)
        return [line["object"] for line in lines]

    receipt = write(register, Change("contact", "P0", {"person": "赵六"}))
    path = f"{BASE}/changes/{receipt.action}"
    assert "赵六" in county.get(path).text
    assert looks() == [f"action:{receipt.action}"]
    write(register, Change("contact", "P0", {"person": "钱七"}))
    refused = post(county, f"{path}/undo")
    assert refused.status_code == 409
    assert "赵六" in refused.text
    assert looks() == [f"action:{receipt.action}"] * 2


def test_a_contact_that_two_save_is_shown_to_the_second_with_both(app, register):
    one, other = signed_in.client(app), signed_in.client(app)
    post(one, f"{BASE}/contact?id=P0", {"person": "甲", "version": 0})
    response = post(other, f"{BASE}/contact?id=P0", {"person": "乙", "version": 0})
    assert response.status_code == 409
    assert "甲" in words(response)
    assert 'value="乙"' in response.text
    assert register.get("contact", "P0")["person"] == "甲"
    at = re.search(r'name="version" value="(\d+)"', response.text)[1]
    post(other, f"{BASE}/contact?id=P0", {"person": "甲、乙", "version": at})
    assert register.get("contact", "P0")["person"] == "甲、乙"


def test_the_public_telephone_is_shown_to_everybody(app, city, register):
    save(city, register, "P0", phone="0570-3021234")
    resident = app.test_client()
    assert resident.get("/api/v1/stations/P0").json["phone"] == "0570-3021234"
    assert resident.get("/api/v1/stations/P40").json["phone"] is None


# -- history and undo ------------------------------------------------------------------------


def test_a_change_is_undone_by_the_button_that_stands_beside_it(county, register):
    save(county, register, "P0", name="错名")
    page = county.get(f"{BASE}/edit?id=P0").text
    path = re.search(r'action="([^"]+/undo)"', page)[1]
    response = post(county, path)
    assert response.status_code == 303
    assert register.get("station", "P0")["name"] == "有礼点0"
    assert events(register, "P0")[0].kind == "undo"
    # and the undo again
    path = re.search(r'action="([^"]+/undo)"', county.get(f"{BASE}/edit?id=P0").text)[1]
    post(county, path)
    assert register.get("station", "P0")["name"] == "错名"
    told = words(county.get(f"{BASE}/history?id=P0"))
    assert "错名 → 有礼点0" in told
    assert "有礼点0 → 错名" in told


def pressed(client, page, **fields):
    """Press the button that undoes, as it stands on a page; the last one, below what was said."""
    return post(client, re.findall(r'<form[^>]* action="([^"]*/undo)"', page.text)[-1], fields)


def test_the_button_on_the_page_of_one_change_undoes_it(county, register):
    receipt = write(register, Change("station", "P0", {"hours": "9:00-10:00"}))
    save(county, register, "P0", name="错名")
    last = re.findall(r'href="([^"]+/changes/[^"]+)"', county.get(f"{BASE}/changes").text)[0]
    assert pressed(county, county.get(last)).status_code == 303
    assert register.get("station", "P0")["name"] == "有礼点0"
    # and the one that asks first
    save(county, register, "P0", hours="9:00-12:00")
    refused = pressed(county, county.get(f"{BASE}/changes/{receipt.action}"))
    assert refused.status_code == 409
    assert pressed(county, refused, rest="1").status_code == 303


def test_nothing_found_leaves_the_menu_and_the_way_back(county, app):
    came = {"Referer": f"http://localhost{BASE}?q=a"}
    for path in ("/nowhere", f"{BASE}/edit?id=none"):
        page = county.get(path, headers=came)
        assert page.status_code == 404
        assert 'class="manage-nav"' in page.text
        assert re.search(r'href="/manage/stations\?q=a">返回上一页', page.text)
    assert "manage-nav" not in app.test_client().get("/nowhere").text


def test_what_went_wrong_leaves_the_menu_wherever_there_is_one(county, app, monkeypatch):
    app.config["PROPAGATE_EXCEPTIONS"] = False

    def failing(error):
        def fail(*_, **__):
            raise error

        return fail

    refused = county.post(f"{BASE}/edit", data={})
    pages = {403: refused}
    for status, error in (
        (409, Conflict("this was undone already", entity="action", id="x")),
        (500, LookupError("a fault")),
    ):
        monkeypatch.setattr(station_rows.Names, "of", failing(error))
        pages[status] = county.get(f"{BASE}/edit?id=P0")
    for status, page in pages.items():
        assert page.status_code == status
        assert 'class="manage-nav"' in page.text
        assert "LookupError" not in page.text
    # and the sentence is said where the menu itself is what fails
    monkeypatch.setitem(app.jinja_env.globals, "navigation", failing(LookupError("a fault")))
    bare = county.get(f"{BASE}/edit?id=P0")
    assert bare.status_code == 500
    assert "manage-nav" not in bare.text
    assert re.search("<h1>.+</h1>", bare.text)


def test_an_instant_is_written_alike_on_every_page(city, register):
    save(city, register, "P0", hours="9:00-12:00")
    last = register.history("station", "P0", limit=1)[0]
    at = dt.datetime.fromisoformat(last.at).astimezone(ZoneInfo("Asia/Shanghai"))
    written = f"{at.year}年{at.month}月{at.day}日 {at:%H:%M}"
    pages = ("edit?id=P0", "history?id=P0", "changes", f"changes/{last.action}", "state?id=P0")
    for page in pages:
        answer = city.get(f"{BASE}/{page}")
        assert written in (answer.json["said"] if answer.is_json else answer.text), page


def test_what_was_changed_since_is_not_undone_unasked(city, register):
    receipt = write(
        register,
        Change("station", "P0", {"hours": "9:00-10:00"}),
        Change("station", "P40", {"hours": "9:00-10:00"}),
    )
    save(city, register, "P0", hours="9:00-12:00")
    path = f"{BASE}/changes/{receipt.action}/undo"
    refused = post(city, path)
    assert refused.status_code == 409
    assert "有礼点0" in words(refused)
    assert register.get("station", "P40")["hours"] == "9:00-10:00"
    post(city, path, {"rest": "1"})
    assert register.get("station", "P0")["hours"] == "9:00-12:00"
    assert register.get("station", "P40")["hours"] != "9:00-10:00"


def test_a_county_undoes_nothing_that_reaches_beyond_it(city, county, register):
    both = write(
        register,
        Change("station", "P0", {"hours": "9:00-10:00"}),
        Change("station", FOREIGN, {"hours": "9:00-10:00"}),
    )
    foreign = write(register, Change("station", "P640", {"name": "别处的秘密"}))
    page = county.get(f"{BASE}/changes/{both.action}")
    assert page.status_code == 200
    assert "/undo" not in page.text
    assert "请由市里的管理员撤销" in page.text
    assert "别处的秘密" not in words(county.get(f"{BASE}/changes"))
    assert county.get(f"{BASE}/changes/{foreign.action}").status_code == 404
    assert post(county, f"{BASE}/changes/{both.action}/undo").status_code == 404
    assert post(county, f"{BASE}/changes/{foreign.action}/undo").status_code == 404
    assert register.get("station", FOREIGN)["hours"] == "9:00-10:00"
    assert post(city, f"{BASE}/changes/{both.action}/undo").status_code == 303


def test_a_station_moved_in_from_elsewhere_is_not_undone_by_the_county(city, county, register):
    lon, lat = place(30, 20)
    save(city, register, FOREIGN, place=f"{lon}, {lat}", datum="wgs84")
    action = events(register, FOREIGN)[0].action
    assert county.get(f"{BASE}/edit?id={FOREIGN}").status_code == 200
    assert post(county, f"{BASE}/changes/{action}/undo").status_code == 404


def test_accounts_are_not_undone_here(app, city, register):
    own = signed_in.account(register, role="planner")
    action = register.history("account", own.id)[0].action
    assert city.get(f"{BASE}/changes/{action}").status_code == 404
    assert post(city, f"{BASE}/changes/{action}/undo").status_code == 404
    assert register.get("account", own.id) is not None


def test_the_words_that_inspections_were_made_by_are_not_undone_here(city, register):
    action = str(uuid.uuid4())
    change = Change("checklist", "c" * 32, {"pack": "p", "edition": "1", "content": {}})
    register.write([change], action=action, by="system", kind="edition")
    assert city.get(f"{BASE}/changes/{action}").status_code == 404
    assert post(city, f"{BASE}/changes/{action}/undo").status_code == 404
    assert register.get("checklist", "c" * 32) is not None


def test_orders_that_stay_with_the_former_unit_are_told_of(city, register):
    for number, state in enumerate(("open", "answered", "closed")):
        columns = {"station_id": "P0", "state": state, "lines": ["visit#1"], "unit": "原单位"}
        write(register, Change("rectification", f"o{number}", columns))
    save(city, register, "P0", hours="8:00-9:00")
    assert "仍由原责任单位办理" not in words(city.get(f"{BASE}/edit?id=P0"))
    save(city, register, "P0", unit="新单位")
    assert "有 2 张未办结的整改单，仍由原责任单位办理" in words(city.get(f"{BASE}/edit?id=P0"))


def test_changes_count_stations_and_are_found_by_person_and_day(app, city, register):
    own = signed_in.account(register, role="city", name="王小二")
    write(
        register,
        *[Change("station", name, {"hours": "9:00-10:00"}) for name in ("P0", "P40", "P80")],
        *[Change("contact", name, {"person": "甲"}) for name in ("P0", "P40", "P80")],
    )
    assert "等 3 个站点" in words(city.get(f"{BASE}/changes"))
    save(signed_in.client(app, own=own), register, "P0", name="新名")

    def listed(query):
        return re.findall(r'href="[^"]+/changes/([^"]+)"', city.get(f"{BASE}/changes?{query}").text)

    assert listed("who=小二") == [events(register, "P0")[0].action]
    assert listed("who=nobody") == []
    assert "没有符合条件的变更" in city.get(f"{BASE}/changes?who=nobody").text
    now = dt.datetime.now(dt.UTC).astimezone(ZoneInfo("Asia/Shanghai")).date()
    assert len(listed(f"first={now}&last={now}")) >= 2
    assert listed(f"last={now - dt.timedelta(days=1)}") == []
    assert city.get(f"{BASE}/changes?first=soon").status_code == 400


def test_a_long_history_is_paged(city, register):
    for number in range(60):
        write(register, Change("station", "P0", {"name": f"名{number}"}))
    first = city.get(f"{BASE}/history?id=P0")
    assert "名59" in words(first)
    assert "名5 → 名6" not in words(first)
    older = re.search(r'rel="next" href="([^"]+)"', first.text)[1]
    assert "名5 → 名6" in words(city.get(html.unescape(older)))


def test_a_station_that_was_taken_out_shows_its_history_and_comes_back(city, county, register):
    write(register, Change("station", "P0", None), Change("station", "P640", None))
    shown = city.get(f"{BASE}/edit?id=P0", follow_redirects=True)
    assert "该站点已移出，可恢复" in shown.text
    took = re.search(r'href="([^"]+/changes/[^"]+)">查看是哪次', shown.text)[1]
    assert pressed(city, city.get(took)).status_code == 303
    assert register.get("station", "P0") is not None
    write(register, Change("station", "P640", None))
    assert county.get(f"{BASE}/edit?id=P640", follow_redirects=True).status_code == 404


def test_the_history_of_one_field_holds_that_field_alone(city, register):
    for number in range(70):
        write(register, Change("station", "P0", {"hours": f"9:{number % 60:02d}-17:00"}))
    save(city, register, "P0", name="甲", address="某路")
    said = words(city.get(f"{BASE}/history?id=P0&field=name"))
    assert "有礼点0 → 甲" in said
    assert "某路" not in said
    assert "9:05" not in said
    assert "这一项没有变更过" in words(city.get(f"{BASE}/history?id=P0&field=platform_id"))
    assert city.get(f"{BASE}/history?id=P0&field=secret").status_code == 400


# -- merging ---------------------------------------------------------------------------------


def merge(client, register, keep, drop, **chosen):
    fields = {
        "keep": keep,
        "drop": drop,
        "keep_version": version(register, keep),
        "drop_version": version(register, drop),
        **chosen,
    }
    return post(client, f"{BASE}/merge", fields)


def test_two_become_one_and_both_ids_lead_to_it(city, register):
    write(
        register,
        Change("project", "J1", {"station_id": "P40", "name": "读报"}),
        Change("contact", "P40", {"person": "王五"}),
        Change("station", "P80", {"parent_id": "P40"}),
    )
    response = merge(city, register, "P0", "P40", name="drop")
    assert response.status_code == 303
    assert register.get("station", "P40") is None
    assert register.get("station", "P0")["name"] == "有礼点40"
    assert register.get("project", "J1")["station_id"] == "P0"
    assert register.get("station", "P80")["parent_id"] == "P0"
    assert register.get("contact", "P0")["person"] == "王五"
    assert register.get("contact", "P40") is None
    found = city.get(f"{BASE}/edit?id=P40")
    assert found.headers["Location"].endswith("edit?id=P0")
    assert city.get("/api/v1/stations/P40", follow_redirects=True).json["station_id"] == "P0"
    assert "已并入" in words(city.get(f"{BASE}/history?id=P40"))

    post(city, f"{BASE}/changes/{events(register, 'P40')[0].action}/undo")
    assert register.get("station", "P40")["name"] == "有礼点40"
    assert register.get("station", "P0")["name"] == "有礼点0"
    assert register.get("project", "J1")["station_id"] == "P40"
    assert register.get("contact", "P40")["person"] == "王五"
    assert city.get("/api/v1/stations/P40").json["station_id"] == "P40"


def test_a_county_takes_back_its_merge_that_another_countys_station_followed(county, register):
    write(register, Change("station", FOREIGN, {"parent_id": "P40"}))
    assert merge(county, register, "P0", "P40").status_code == 303
    assert register.get("station", FOREIGN)["parent_id"] == "P0"
    path = f"{BASE}/changes/{events(register, 'P40')[0].action}"
    assert f"{path}/undo" in county.get(path).text
    assert post(county, f"{path}/undo").status_code == 303
    assert register.get("station", FOREIGN)["parent_id"] == "P40"
    other = write(register, Change("station", FOREIGN, {"parent_id": "P0"}))
    assert post(county, f"{BASE}/changes/{other.action}/undo").status_code == 404


def test_a_merge_of_what_was_changed_meanwhile_is_shown_again(city, register):
    at = version(register, "P0")
    write(register, Change("station", "P0", {"hours": "9:00-10:00"}))
    seq = register.seq()
    response = merge(city, register, "P0", "P40", keep_version=at, name="drop")
    assert response.status_code == 409
    assert register.seq() == seq
    assert choices(response.text)["name"] == {"keep": False, "drop": True}
    assert str(version(register, "P0")) in response.text


def test_two_of_one_name_are_told_apart_before_they_are_merged(city, register):
    write(
        register,
        Change("station", "P40", {"name": "有礼点0"}),
        Change("contact", "P0", {"person": "王五"}),
        Change("contact", "P40", {"person": "赵六"}),
    )
    page = words(city.get(f"{BASE}/merge?keep=P0&drop=P40"))
    assert "有礼点0（P40）”并入“有礼点0（P0）" in page
    assert "王五" in page
    assert "赵六" in page
    offered = words(city.get(f"{BASE}/merge?keep=P0&q=有礼点"))
    away = [int(m) for m in re.findall(r"相距 (\d+) 米", offered)]
    assert away == sorted(away)
    assert len(away) > 2


def test_the_same_merge_sent_twice_is_one(city, register):
    mark = str(uuid.uuid4())
    fields = {
        "keep": "P0",
        "drop": "P40",
        "keep_version": version(register, "P0"),
        "drop_version": version(register, "P40"),
    }
    for _ in range(2):
        assert post(city, f"{BASE}/merge", fields, action=mark).status_code == 303
    assert len(events(register, "P40")) == 2


def test_a_station_is_not_merged_with_itself(city, register):
    response = merge(city, register, "P0", "P0")
    assert response.status_code == 400
    assert "不能和它自己合并" in words(response)


def test_duplicates_are_proposed_within_the_county(city, county, register):
    lon, lat = place(652, 91)
    write(register, Change("station", "TWIN", {
        "name": HOSTILE, "type": "pavilion", "status": "active", "geometry": (lon, lat),
        "adcode": EAST,
    }))  # fmt: skip
    assert "共 1 个" in words(city.get(f"{BASE}/duplicates"))
    assert "没有发现重复" in words(county.get(f"{BASE}/duplicates"))


# -- the map ---------------------------------------------------------------------------------


def test_the_map_offers_the_form_to_those_who_are_signed_in(app, county):
    resident = app.test_client().get("/").text
    assert '"edit":null' in resident
    assert f'"edit":{{"url":"{BASE}/edit","adcode":"{WEST}","unit":null}}' in county.get("/").text


# -- the other database ----------------------------------------------------------------------


@pytest.fixture
def on_postgis(own_town, tmp_path, postgis_database, postgis_template):  # noqa: F811
    """The town with its register carried to a PostGIS database."""
    address = postgis_database(postgis_template)
    file = tmp_path / "town.backup"
    backup(own_town.register.engine, file)
    restore(address, file, aside=tmp_path / "aside")
    settings = own_town.path / "city.toml"
    text = settings.read_text("utf-8").replace('url = ""', f'url = "{address}"')
    settings.write_text(text, "utf-8")
    made = create_app(own_town.path)
    yield made
    made.extensions["city"].register.close()


@pytest.mark.postgis
def test_a_day_of_work_on_postgis(on_postgis):
    register = on_postgis.extensions["city"].register
    assert register.backend == "postgis"
    city = signed_in.client(on_postgis)
    county = signed_in.client(on_postgis, role="county", adcode=WEST)
    assert "共 6 个" in words(county.get(BASE))
    for said in ("%00", "'%20OR%201=1--", "%25", "_", "%ff"):
        assert city.get(f"{BASE}?q={said}").status_code == 200
        assert city.get(f"{BASE}/edit?id={said}").status_code == 404
    at = version(register, "P0")
    save(city, register, "P0", at=at, name="甲\x00的名字")
    told = save(county, register, "P0", at=at, name="乙的名字")
    assert told.status_code == 409
    assert choices(told.text)["name"] == {"乙的名字": True, "甲的名字": False}
    assert "P40" in county.get(f"{BASE}/merge?keep=P0").text
    assert merge(county, register, "P0", "P40").status_code == 303
    assert city.get("/api/v1/stations/P40", follow_redirects=True).json["name"] == "甲的名字"
    post(county, f"{BASE}/changes/{events(register, 'P40')[0].action}/undo")
    assert register.get("station", "P40")["name"] == "有礼点40"
    assert "有礼点40" in city.get(f"{BASE}/export.csv").text


@pytest.mark.postgis
def test_a_sign_that_postgresql_refuses_is_no_fault_of_ours(on_postgis):
    city = signed_in.client(on_postgis)
    for address in (
        "/remarks/a%00",
        "/manage/accounts/a%00",
        "/manage/applications/a%00",
        f"{BASE}?q=a%00&type=%00&unit=%00&district=%00",
        f"{BASE}/history?id=P9%00",
        f"{BASE}/merge?keep=P0&q=%00",
        "/manage/locate?q=%00",
        "/manage/audit?account=%00",
        "/home?unit=%00",
    ):
        assert city.get(address).status_code in {200, 404}, address
    form = {"name": "admin\0", "password": "x" * 12}
    assert post(city, "/login", form).status_code == 401
    assert on_postgis.test_client().get("/api/v1/stations/%00").status_code == 404
    assert post(city, "/account/sessions/end", {"session": "\0"}).status_code == 404


def test_a_supply_of_any_name_breaks_no_page(city, register):
    edit = Change("station", "A0", {"supplies": "umbrella;雨衣{两件};{0}"})
    write(register, edit)
    for path in (f"{BASE}/edit?id=A0", f"{BASE}/history?id=A0", f"{BASE}/export.csv"):
        assert city.get(path).status_code == 200, path
    shown = city.get("/api/v1/stations/A0").json["supplies"]
    assert shown == ["雨伞", "雨衣{两件}", "{0}"]


def test_a_county_sees_a_large_action_whose_last_row_alone_is_its(county, register):
    far = [Change("station", f"N{k:03}", {"name": "远", "adcode": EAST}) for k in range(230)]
    own = Change("station", "P0", {"address": "新地址"})
    receipt = write(register, *far, own)
    assert f"{BASE}/changes/{receipt.action}" in county.get(f"{BASE}/changes").text
    page = county.get(f"{BASE}/changes/{receipt.action}")
    assert "新地址" in page.text
    assert "N000" not in page.text
