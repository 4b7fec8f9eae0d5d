"""The unit's home: notices, supplies, applications and remarks, each within its scope."""

import datetime as dt
import io
import re
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from babel.messages.pofile import read_po
from openpyxl import load_workbook
from pages_town import HOSTILE, districts_file, make, place, table
from registers import postgis_address, postgis_database, postgis_server  # noqa: F401
from signed_in import account, client, cookie_name, post, token

from stationmap.city import City, restocking
from stationmap.crs import convert
from stationmap.errors import RegisterError
from stationmap.store import Change, Register
from web.app import create_app

WEST, EAST = "330802", "330803"
TODAY = dt.datetime.now(ZoneInfo("Asia/Shanghai")).date()


def day(offset):
    return (TODAY + dt.timedelta(days=offset)).isoformat()


def units(folder):
    """Two units; all stations of the town but one name the first."""
    rows = [
        {"编号": "U1", "名称": "某街道办事处", "所属区县": WEST},
        {"编号": "U2", "名称": "市图书馆", "所属区县": EAST},
    ]
    return table(folder / "units.csv", rows)


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """The town with its units, and somebody signed in for each of them."""
    folder = tmp_path_factory.mktemp("home")
    city = make(folder)
    city.import_file("units", units(folder))
    app = create_app(city.path)
    register = app.extensions["city"].register
    library = {
        "name": "图书馆站",
        "type": "post",
        "status": "active",
        "unit_id": "U2",
        "unit": "市图书馆",
        "adcode": EAST,
        "geometry": place(700, 5),
    }
    # the unit's name alone would not make a station of another county its own
    write(
        register,
        Change("station", "LIB", library),
        *(Change("station", own, {"unit_id": "U1"}) for own in ("P640", "HOSTILE")),
    )
    return SimpleNamespace(
        app=app,
        register=register,
        unit=client(app, role="unit", unit_id="U1", adcode=WEST),
        other=client(app, role="unit", unit_id="U2", adcode=EAST),
        west=client(app, role="county", adcode=WEST),
        east=client(app, role="county", adcode=EAST),
        city=client(app),
        public=app.test_client(),
    )


def write(register, *changes):
    return register.write(list(changes), action=str(uuid.uuid4()), by="cli", kind="edit")


def said(response):
    """The sentences that a page says after a form: done, wrong, and of its fields."""
    found = re.findall(
        r'class="(?:done|form-wrong|field-error)[^>]*>(.*?)</p>', response.text, re.S
    )
    return " ".join(re.sub(r"<[^>]+>|\s+", " ", one).strip() for one in found)


def card(office, station_id, lang="zh"):
    return office.public.get(f"/api/v1/stations/{station_id}?lang={lang}").json


# -- closure notices -------------------------------------------------------------------------


def test_a_closure_shows_at_once_and_ends_early(office):
    notice = {"station": "P0", "from_date": day(0), "to_date": day(3), "reason": f"装修{HOSTILE}"}
    answer = post(office.unit, "/home/closures", notice, follow_redirects=True)
    assert answer.status_code == 200
    assert "停开公告已发布" in said(answer)
    assert HOSTILE not in answer.text
    (seen,) = card(office, "P0")["notices"]
    assert (seen["in_force"], seen["from"], seen["to"]) == (True, day(0), day(3))
    assert seen["reason"] == f"装修{HOSTILE}"
    assert f"{TODAY.year}年{TODAY.month}月{TODAY.day}日至" in seen["days"]
    assert card(office, "P0", "en")["notices"][0]["days"] == f"{day(0)} to {day(3)}"
    assert "今天停开" in office.unit.get("/home").text
    (row,) = office.register.rows("closure", station_id="P0")
    ended = post(office.unit, f"/home/closures/{row['id']}/end", {"station": "P0"})
    assert ended.status_code == 303
    assert card(office, "P0")["notices"] == []
    events = office.register.history("closure", row["id"])
    assert [event.by for event in events] == [office.unit.account.id] * 2


def test_a_closure_that_began_before_keeps_the_days_it_was_closed(office):
    notice = {"station_id": "P40", "from_date": day(-5), "to_date": None, "reason": "大修"}
    write(office.register, Change("closure", "old", notice))
    assert card(office, "P40")["notices"][0]["in_force"] is True
    post(office.unit, "/home/closures/old/end", {"station": "P40"})
    assert office.register.get("closure", "old")["to_date"] == day(-1)
    assert card(office, "P40")["notices"] == []
    assert "大修" in office.unit.get("/home/stations/P40").text


def test_a_closure_to_come_is_told_and_is_not_in_force(office):
    notice = {"station": "P80", "from_date": day(2), "reason": "调休"}
    post(office.unit, "/home/closures", notice)
    (seen,) = card(office, "P80")["notices"]
    assert (seen["in_force"], seen["to"]) == (False, None)
    assert "即将停开" in office.unit.get("/home/stations/P80").text
    (row,) = office.register.rows("closure", station_id="P80")
    post(office.unit, f"/home/closures/{row['id']}/end", {"station": "P80"})
    assert office.register.get("closure", row["id"]) is None


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"from_date": day(3), "to_date": day(1), "reason": "x"}, "早于开始日期"),
        ({"from_date": day(-9), "to_date": day(-1), "reason": "x"}, "已经过去"),
        ({"from_date": "明天", "reason": "x"}, "应为日期"),
        ({"from_date": day(0), "reason": " "}, "请填写“原因”"),
        ({"from_date": day(0), "reason": "找张三13812345678"}, "手机号"),
        ({"from_date": day(0), "reason": "长" * 301}, "最多 300 个字"),
        ({"from_date": "2206-01-01", "reason": "x"}, "请核对年份"),
    ],
)
def test_a_wrong_notice_is_refused_with_what_was_typed_kept(office, form, sentence):
    before = office.register.seq()
    answer = post(office.unit, "/home/closures", {"station": "P300", **form})
    assert answer.status_code == 400
    assert sentence in said(answer)
    assert form["from_date"] in answer.text
    assert office.register.seq() == before


def test_one_day_cannot_be_announced_twice(office):
    notice = {"station": "P640", "from_date": day(1), "to_date": day(4), "reason": "培训"}
    assert post(office.unit, "/home/closures", notice).status_code == 303
    answer = post(office.unit, "/home/closures", {**notice, "from_date": day(4), "to_date": day(5)})
    assert answer.status_code == 400
    assert "这几天已有停开公告" in said(answer)
    next_day = {**notice, "from_date": day(5), "to_date": day(5)}
    assert post(office.unit, "/home/closures", next_day).status_code == 303


def test_a_form_sent_twice_is_kept_once(office):
    notice = {"station": "PLAN", "from_date": day(0), "to_date": day(0), "reason": "停电"}
    action = str(uuid.uuid4())
    for _ in range(2):
        assert post(office.unit, "/home/closures", notice, action=action).status_code == 303
    assert len(office.register.rows("closure", station_id="PLAN")) == 1
    assert office.register.action(action).events == 1
    other = post(office.unit, "/home/closures", {**notice, "reason": "停水"}, action=action)
    assert other.status_code == 409
    assert "停水" in other.text
    assert [r["reason"] for r in office.register.rows("closure", station_id="PLAN")] == ["停电"]


def test_the_same_form_at_the_same_time_is_kept_once(office):
    fields = {"station": "CLOSED", "supply": "water", "action": str(uuid.uuid4())}
    fields["csrf_token"] = token(office.unit)
    cookie = office.unit.get_cookie(cookie_name(office.unit)).value

    def send(_):
        made = office.app.test_client()
        made.set_cookie(cookie_name(made), cookie)
        return made.post("/home/restocks", data=fields).status_code

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(send, range(6))) == {303}
    assert len(office.register.rows("restock", station_id="CLOSED")) == 1


def test_one_form_closes_several_stations_or_none(office):
    before = office.register.seq()
    notice = {"unit": "U1", "from_date": day(20), "to_date": day(26), "reason": "放假"}
    page = office.unit.get("/home/closures/new").text
    assert 'value="P300"' in page
    assert 'value="LIB"' not in page
    foreign = post(office.unit, "/home/closures/many", {**notice, "station": ["P300", "LIB"]})
    assert foreign.status_code == 404
    assert "至少选择一个站点" in said(post(office.unit, "/home/closures/many", notice))
    assert office.register.seq() == before
    both, mark = {**notice, "station": ["P300", "HOSTILE"]}, str(uuid.uuid4())
    for _ in range(2):
        assert post(office.unit, "/home/closures/many", both, action=mark).status_code == 303
    assert office.register.action(mark).events == 2
    clash = post(office.unit, "/home/closures/many", {**notice, "station": ["P40", "P300"]})
    assert clash.status_code == 400
    assert "“有礼点300”：这几天已有停开公告" in said(clash)
    assert not office.register.rows("closure", station_id="P40", from_date=day(20))
    assert post(office.west, f"/manage/stations/changes/{mark}/undo").status_code in (303, 404)
    assert post(office.city, f"/manage/stations/changes/{mark}/undo").status_code == 303
    assert card(office, "P300")["notices"] == []


@pytest.mark.parametrize(("why", "status"), [("full", 507), ("busy", 503)])
def test_a_register_that_takes_nothing_keeps_what_was_typed(office, monkeypatch, why, status):
    def refuse(*_, **__):
        raise RegisterError("the register is busy: another one writes; try again", why=why)

    monkeypatch.setattr(Register, "write", refuse)
    notice = {"station": "P80", "from_date": day(9), "reason": "管道抢修"}
    answer = post(office.unit, "/home/closures", notice)
    assert answer.status_code == status
    assert "register is busy" in said(answer)
    assert "管道抢修" in answer.text


# -- scope -----------------------------------------------------------------------------------


def test_another_units_station_is_not_there(office):
    before = office.register.seq()
    foreign = {"station": "LIB", "from_date": day(0), "reason": "x", "supply": "water", "why": "x"}
    assert office.unit.get("/home/stations/LIB").status_code == 404
    for path in ("/home/closures", "/home/restocks", "/home/withdrawals"):
        assert post(office.unit, path, foreign).status_code == 404, path
    assert office.register.seq() == before
    assert office.other.get("/home/stations/LIB").status_code == 200
    assert "图书馆站" not in office.unit.get("/home").text


def test_a_row_of_another_station_cannot_be_reached_through_ones_own(office):
    notice = {"station_id": "LIB", "from_date": day(0), "to_date": None, "reason": "闭馆"}
    shortage = {"station_id": "LIB", "supply": "water", "state": "short", "at": "2026-01-01"}
    write(office.register, Change("closure", "lib", notice), Change("restock", "lib", shortage))
    for path in ("/home/closures/lib/end", "/home/restocks/lib/done"):
        assert post(office.unit, path, {"station": "P0"}).status_code == 404, path
    assert office.register.get("closure", "lib")["to_date"] is None
    assert office.register.get("restock", "lib")["state"] == "short"


def test_counties_see_their_units_and_the_city_all(office):
    assert "某街道办事处" in office.west.get("/home").text
    assert "市图书馆" not in office.west.get("/home").text
    assert "市图书馆" in office.east.get("/home").text
    assert {"某街道办事处", "市图书馆"} <= set(
        re.findall(r">([^<>]+)</a>", office.city.get("/home").text)
    )
    assert office.west.get("/home?unit=U2").status_code == 404
    # of a unit with stations in both counties each sees its own
    assert "P640" not in office.west.get("/home?unit=U1").text
    assert "P640" in office.east.get("/home?unit=U1").text
    assert office.west.get("/home/stations/P640").status_code == 404


@pytest.mark.parametrize("role", ["planner", "inspector"])
def test_others_have_no_home(office, role):
    made = client(office.app, role=role)
    assert made.get("/home").status_code == 403
    assert post(made, "/home/closures", {"station": "P0"}).status_code == 403


def test_nobody_signed_in_is_sent_to_sign_in(office):
    assert office.public.get("/home").status_code == 303
    assert office.public.post("/home/closures", data={"station": "P0"}).status_code == 401


# -- supplies --------------------------------------------------------------------------------


def test_a_shortage_is_reported_seen_by_the_county_and_replenished(office):
    report = {"station": "P0", "supply": "umbrella", "note": "剩 1 把"}
    assert post(office.unit, "/home/restocks", report).status_code == 303
    again = post(office.unit, "/home/restocks", report)
    assert again.status_code == 400
    assert "已经上报" in said(again)
    assert "雨伞不足" in office.west.get("/home?unit=U1").text
    (row,) = office.register.rows("restock", station_id="P0")
    for _ in range(2):
        done = post(office.unit, f"/home/restocks/{row['id']}/done", {"station": "P0"})
        assert done.status_code == 303
    (row,) = office.register.rows("restock", station_id="P0")
    assert row["state"] == "replenished"
    assert row["done_at"] >= row["at"]
    assert post(office.unit, "/home/restocks", report).status_code == 303
    (row,) = office.register.rows("restock", station_id="P0", state="short")
    back = {"station": "P0", "from": "home", "unit": "U1"}
    done = post(office.west, f"/home/restocks/{row['id']}/done", back)
    assert done.location == "/home?unit=U1"


def test_residents_read_what_a_station_is_out_of(office):
    version = office.register.get("station", "P80")["version"]
    write(office.register, Change("station", "P80", {"supplies": "umbrella;water"}, version))
    assert card(office, "P80")["supplies_short"] == []
    reports = {
        f"SHORT-{supply}": restocking.shortage("P80", supply=supply, note="灯坏了")
        for supply in ("umbrella", "charging", "other")
    }
    write(office.register, *(Change("restock", i, row) for i, row in reports.items()))
    assert card(office, "P80")["supplies"] == ["雨伞", "饮水"]
    assert card(office, "P80")["supplies_short"] == ["雨伞"]
    assert card(office, "P40")["supplies_short"] == []
    done = {"state": restocking.REPLENISHED}
    write(office.register, *(Change("restock", i, done) for i in reports))
    assert card(office, "P80")["supplies_short"] == []


def test_the_menu_counts_what_waits_and_an_approval_leads_to_the_station(office):
    def waiting():
        found = re.search(r'nav-count">(\d+)<', office.west.get("/manage/stations").text)
        return int(found[1]) if found else 0

    before = waiting()
    row = apply(office, "菜单里的点", x=230)
    assert waiting() == before + 1
    assert "nav-count" not in office.unit.get("/home").text
    answer = decide(office.west, row, "approve", status="planned")
    assert answer.location == f"/manage/applications/{row['id']}"
    station = office.register.get("application", row["id"])["station_id"]
    assert f'href="/home/stations/{station}"' in office.west.get(answer.location).text
    assert waiting() == before


def test_the_example_of_a_place_lies_in_this_city(office):
    text = office.unit.get("/home/applications/new").text
    lon, lat = map(float, re.search(r"如 ([\d.]+), ([\d.]+)", text).groups())
    west, south, east, north = office.app.extensions["stationmap"].now().bounds
    assert west <= lon <= east
    assert south <= lat <= north


def test_what_was_done_already_offers_no_way_back(office):
    post(office.west, "/home/restocks", {"station": "P0", "supply": "water"})
    (row,) = office.register.rows("restock", station_id="P0", supply="water", state="short")
    offered = []
    for _ in range(2):
        done = f"/home/restocks/{row['id']}/done"
        page = post(office.west, done, {"station": "P0"}, follow_redirects=True)
        assert page.status_code == 200
        offered.append("/undo" in page.text)
    assert offered == [True, False]


def test_something_else_needs_its_word(office):
    answer = post(office.unit, "/home/restocks", {"station": "P300", "supply": "other"})
    assert answer.status_code == 400
    assert "余量和需要补充的数量" in said(answer)
    assert (
        post(office.unit, "/home/restocks", {"station": "P300", "supply": "gold"}).status_code
        == 400
    )


# -- applications ----------------------------------------------------------------------------


def apply(office, name, *, x=200, **form):
    """Apply for a station in the town's west; return the application's row."""
    lon, lat = place(x, 5)
    fields = {"name": name, "type": "point", "reason": "人流大", "place": f"{lon}, {lat}", **form}
    answer = post(office.unit, "/home/applications", fields)
    assert answer.status_code == 303, said(answer)
    return next(
        r
        for r in office.register.rows("application", kind="admission")
        if r["station"]["name"] == name
    )


def decide(client, row, step, **form):
    return post(client, f"/manage/applications/{row['id']}", {"step": step, **form})


def test_a_station_is_applied_for_approved_listed_and_put_into_operation(office):
    row = apply(office, "新点甲", supplies=["umbrella", "water"], hours="周一至周五 8:30-17:30")
    assert "新点甲" in office.west.get("/manage/applications").text
    assert "新点甲" not in office.east.get("/manage/applications").text
    answer = decide(office.west, row, "approve", status="planned", decision="同意，请按标准布置")
    assert answer.status_code == 303
    row = office.register.get("application", row["id"])
    station = office.register.get("station", row["station_id"])
    assert (station["status"], station["unit_id"], station["adcode"]) == ("planned", "U1", WEST)
    assert station["geometry"] == pytest.approx(place(200, 5))
    assert station["supplies"] == "umbrella;water"
    seen = card(office, station["id"])
    assert (seen["name"], seen["status"]) == ("新点甲", "planned")
    assert "同意，请按标准布置" in office.unit.get("/home/applications").text
    opened = post(office.west, f"/manage/applications/{row['id']}/open", follow_redirects=True)
    assert "已转为正常运行" in said(opened)
    assert card(office, station["id"])["status"] == "active"


def test_who_decides_reads_what_stands_around_the_place(office):
    row = apply(office, "空白点", x=400)
    page = office.west.get(f"/manage/applications/{row['id']}").text
    # the gap from 300 to 640 m
    assert "最近的站点（正常运行或拟建）是有礼点300，相距 100 米" in page
    assert "位于人民路的空白路段（长 340 米，需增设 6 个）" in page
    home = apply(office, "总站", x=400, type="home")
    assert "空白路段（长" not in office.west.get(f"/manage/applications/{home['id']}").text
    for one in (row, home):
        post(office.unit, f"/home/applications/{one['id']}/back")


def test_an_approval_is_one_action_and_can_be_undone(office):
    row = apply(office, "新点乙")
    mark = str(uuid.uuid4())
    form = {"step": "approve", "status": "active"}
    post(office.west, f"/manage/applications/{row['id']}", form, action=mark)
    assert {event.entity for event in office.register.events(mark)} == {"application", "station"}
    undone = post(office.west, f"/manage/stations/changes/{mark}/undo")
    assert undone.status_code == 303
    row = office.register.get("application", row["id"])
    assert (row["state"], row["station_id"]) == ("submitted", None)
    assert not office.register.rows("station", name="新点乙")


def test_a_refusal_says_why_and_changes_nothing_else(office):
    row = apply(office, "新点丙")
    without = decide(office.west, row, "refuse")
    assert without.status_code == 400
    assert "请填写“给单位的答复”" in said(without)
    assert (
        decide(office.west, row, "refuse", decision="与有礼点80 相距不足 50 米").status_code == 303
    )
    assert "相距不足 50 米" in office.unit.get("/home/applications").text
    late = decide(office.west, row, "approve", status="active")
    assert late.status_code == 400
    assert "刚才已经办结" in said(late)
    assert not office.register.rows("station", name="新点丙")


def test_a_county_takes_its_refusal_back_and_no_other_countys(office):
    row = apply(office, "有礼点83")
    mark = str(uuid.uuid4())
    form = {"step": "refuse", "decision": "再看"}
    path = f"/manage/applications/{row['id']}"
    page = post(office.west, path, form, action=mark, follow_redirects=True)
    undo = re.search(r'action="([^"]+/undo)"', page.text)[1]
    assert post(office.east, undo).status_code == 404
    assert post(office.west, undo).status_code == 303
    assert office.register.get("application", row["id"])["state"] == "submitted"


def test_two_offices_deciding_at_once_leave_one_decision(office):
    row = apply(office, "新点丁")
    offices = [
        client(office.app, own=office.city.account),
        client(office.app, own=office.west.account),
    ]
    forms = [
        {"step": "approve", "status": "active", "action": str(uuid.uuid4())},
        {"step": "refuse", "decision": "暂缓", "action": str(uuid.uuid4())},
    ]
    for made, form in zip(offices, forms, strict=True):
        form["csrf_token"] = token(made)

    def send(turn):
        made, form = turn
        return made.post(f"/manage/applications/{row['id']}", data=form).status_code

    with ThreadPoolExecutor(2) as pool:
        found = sorted(pool.map(send, zip(offices, forms, strict=True)))
    assert found[0] == 303
    assert found[1] in (400, 409)
    state = office.register.get("application", row["id"])["state"]
    assert len(office.register.rows("station", name="新点丁")) == (state == "approved")


def test_the_unit_takes_an_application_back(office):
    row = apply(office, "新点戊")
    assert post(office.other, f"/home/applications/{row['id']}/back").status_code == 404
    assert post(office.unit, f"/home/applications/{row['id']}/back").status_code == 303
    assert office.register.get("application", row["id"])["state"] == "withdrawn"
    assert decide(office.west, row, "approve", status="active").status_code == 400


def test_the_county_where_it_lies_decides_whatever_the_unit(office):
    row = apply(office, "东边点", x=900)
    assert row["station"]["adcode"] == EAST
    assert decide(office.west, row, "approve", status="active").status_code == 404
    assert office.west.get(f"/manage/applications/{row['id']}").status_code == 404
    assert office.unit.get(f"/manage/applications/{row['id']}").status_code == 403
    assert decide(office.east, row, "approve", status="active").status_code == 303


def test_all_that_is_wrong_with_an_application_is_said_at_once(office):
    lon, lat = place(200, 5)
    form = {"name": "", "type": "", "reason": "人流大", "place": f"{lat}, {lon}"}
    answer = post(office.unit, "/home/applications", form)
    assert answer.status_code == 400
    for sentence in ("请填写站点名称", "请选择站点类型", "经度和纬度"):
        assert sentence in said(answer), sentence
    assert "人流大" in answer.text
    nowhere = {**form, "name": "a", "type": "point", "place": "{}, {}".format(*place(-400, 5))}
    assert "不在本市任何县" in said(post(office.unit, "/home/applications", nowhere))


def test_numbers_read_off_a_web_map_are_converted(office):
    assert 'name="datum"' in office.unit.get("/home/applications/new").text
    there = place(200, 5)
    (lon,), (lat,) = convert([there[0]], [there[1]], source="wgs84", target="gcj02")
    row = apply(office, "高德上的点", place=f"{lon}, {lat}", datum="gcj02")
    assert row["station"]["geometry"] == pytest.approx(there, abs=2e-6)
    assert row["station"]["source_datum"] == "gcj02"
    wrong = post(office.unit, "/home/applications", {"name": "", "datum": "bd09"})
    assert '<option value="bd09" selected>' in wrong.text


def at_once(office, path, forms):
    """Send forms of one unit at the same moment; gives the statuses."""
    cookie = office.unit.get_cookie(cookie_name(office.unit)).value
    mine, start = token(office.unit), threading.Barrier(len(forms))

    def send(form):
        made = office.app.test_client()
        made.set_cookie(cookie_name(made), cookie)
        start.wait()
        sent = {**form, "csrf_token": mine, "action": str(uuid.uuid4())}
        return made.post(path, data=sent).status_code

    with ThreadPoolExecutor(len(forms)) as pool:
        return sorted(pool.map(send, forms))


@pytest.mark.parametrize(
    ("path", "form", "entity"),
    [
        ("/home/closures", {"from_date": day(20), "reason": "装修"}, "closure"),
        ("/home/closures/many", {"from_date": day(20), "reason": "装修"}, "closure"),
        ("/home/restocks", {"supply": "water"}, "restock"),
        ("/home/withdrawals", {"why": "搬迁"}, "application"),
    ],
)
def test_of_forms_that_ask_for_the_same_at_once_one_is_kept(office, path, form, entity):
    own = f"ONCE-{path.split('/')[-1]}"
    columns = {"name": own, "type": "post", "status": "active", "unit_id": "U1", "adcode": WEST}
    write(office.register, Change("station", own, {**columns, "geometry": place(400, 5)}))
    office.unit.get("/home")
    assert at_once(office, path, [{"station": own, **form}] * 4) == [303, 400, 400, 400]
    assert len(office.register.rows(entity, station_id=own)) == 1


def test_a_withdrawal_is_applied_for_and_decided(office):
    give_up = {"station": "LIB", "why": "馆舍搬迁"}
    assert post(office.other, "/home/withdrawals", give_up).status_code == 303
    again = post(office.other, "/home/withdrawals", give_up)
    assert "已经申请撤销" in said(again)
    (row,) = office.register.rows("application", station_id="LIB")
    assert office.register.get("station", "LIB")["status"] == "active"
    assert decide(office.west, row, "approve").status_code == 404
    assert decide(office.east, row, "approve").status_code == 303
    assert card(office, "LIB")["status"] == "closed"


# -- remarks ---------------------------------------------------------------------------------


@pytest.fixture
def resident(office):
    """Somebody without an account, at an address of their own."""
    made = office.app.test_client()
    made.environ_base["REMOTE_ADDR"] = f"10.9.{uuid.uuid4().int % 256}.{uuid.uuid4().int % 256}"
    return made


def remark(resident, station="P40", **form):
    page = resident.get(f"/stations/{station}/remark").text
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    return resident.post("/remarks", data={**fields, "kind": "closed", "text": "", **form})


def test_a_remark_reaches_the_unit_changes_nothing_and_is_answered(office, resident):
    before = card(office, "P40")
    sent = remark(resident, kind="facts", text=f"门牌不对{HOSTILE}")
    assert sent.status_code == 303
    assert HOSTILE not in resident.get(sent.location).text
    assert "待答复" in resident.get(sent.location).text
    after = card(office, "P40")
    assert {k: v for k, v in after.items() if k != "version"} == {
        k: v for k, v in before.items() if k != "version"
    }
    assert "门牌不对" in office.unit.get("/home").text
    assert HOSTILE not in office.unit.get("/home").text
    (row,) = office.register.rows("remark", state="open")
    settle = f"/home/remarks/{row['id']}"
    assert post(office.other, settle, {"state": "answered", "answer": "x"}).status_code == 404
    assert post(office.unit, settle, {"state": "answered", "answer": ""}).status_code == 400
    answer = {"state": "answered", "answer": "已更正，谢谢"}
    assert post(office.unit, settle, answer).status_code == 303
    assert post(office.unit, settle, answer).status_code == 303
    late = post(office.west, settle, {"state": "dismissed", "answer": "重复"})
    assert late.status_code == 400
    assert "已经处理过" in said(late)
    assert "已更正，谢谢" in resident.get(sent.location).text
    assert office.register.history("remark", row["id"])[-1].by == "resident"


def test_a_remark_sent_twice_is_kept_once(office, resident):
    mark = str(uuid.uuid4())
    first, second = (remark(resident, text="没人", action=mark) for _ in range(2))
    assert first.location == second.location
    assert len([r for r in office.register.rows("remark") if r["text"] == "没人"]) == 1


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"kind": "service"}, "请填写“反映内容”"),
        ({"kind": ""}, "请选择反映的是哪方面"),
        ({"kind": "other", "text": "我是李四，电话 13912345678"}, "手机号"),
        ({"kind": "other", "text": "长" * 301}, "最多 300 个字"),
    ],
)
def test_a_remark_that_cannot_be_kept_is_refused(office, resident, form, sentence):
    before = office.register.seq()
    answer = remark(resident, **form)
    assert answer.status_code == 400
    assert sentence in said(answer)
    assert form.get("text", "") in answer.text
    assert office.register.seq() == before


def test_a_remark_needs_our_form_and_a_station_that_is_there(office, resident):
    resident.get("/stations/P40/remark")
    assert resident.post("/remarks", data={"station": "P40", "kind": "closed"}).status_code == 403
    assert remark(resident, station_id="x", station="P40").status_code == 303
    assert office.public.get("/stations/NONE/remark").status_code == 404
    assert office.public.get("/remarks/NONE").status_code == 404


def test_remarks_are_limited_by_address_and_only_for_an_hour(office, resident, monkeypatch):
    codes = [remark(resident, text=str(k)).status_code for k in range(11)]
    assert codes == [303] * 10 + [429]
    refused = remark(resident, text="仍在下面的字")
    assert "太频繁" in said(refused)
    assert "仍在下面的字" in refused.text
    neighbour = office.app.test_client()
    neighbour.environ_base["REMOTE_ADDR"] = "10.10.10.10"
    assert remark(neighbour).status_code == 303
    later = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=61)
    monkeypatch.setitem(office.app.config, "CLOCK", lambda: later)
    assert remark(resident, text="一小时后").status_code == 303


def test_no_address_is_kept_with_a_remark(office, resident):
    remark(resident, text="查找地址")
    address = resident.environ_base["REMOTE_ADDR"]
    path = City.open(office.app.extensions["city"].path).path
    data = b"".join(p.read_bytes() for p in path.glob("register.sqlite*"))
    assert "查找地址".encode() in data
    assert address.encode() not in data


def test_no_public_answer_carries_remarks_or_applications(office, resident):
    remark(resident, kind="other", text="只给单位看的话")
    apply(office, "只给县里看的点")
    for path in (
        "/",
        "/api/v1/summary",
        "/api/v1/stations/P40",
        "/api/v1/map/stations?bbox=118,28,119,29&zoom=15",
    ):
        text = office.public.get(path).text
        assert "只给单位看的话" not in text
        assert "只给县里看的点" not in text


def test_applications_and_remarks_are_taken_away_within_scope(office, resident):
    apply(office, "=HYPERLINK(1)")
    remark(resident, station="P40", kind="other", text="=1+1")
    remark(resident, station="P640", kind="other", text="东边的话")

    def cells(client, path):
        answer = client.get(path)
        assert answer.status_code == 200
        sheet = load_workbook(io.BytesIO(answer.data)).active
        found = [cell for row in sheet.iter_rows() for cell in row]
        assert not [cell for cell in found if cell.data_type == "f"]
        return {cell.value for cell in found}

    seen = cells(office.west, "/manage/applications.xlsx")
    assert {"=HYPERLINK(1)", "某街道办事处", "待审核", "柯城区"} <= seen
    assert "=HYPERLINK(1)" not in cells(office.east, "/manage/applications.xlsx")
    assert {"=1+1", "东边的话", "待答复"} <= cells(office.unit, "/home/remarks.xlsx")
    assert "东边的话" not in cells(office.west, "/home/remarks.xlsx")
    assert "=1+1" not in cells(office.other, "/home/remarks.xlsx")


def test_pages_speak_english(office):
    with (Path(__file__).parents[2] / "web/locale/zh/home.po").open("rb") as stream:
        chinese = {str(m.string) for m in read_po(stream) if m.id and len(str(m.string)) > 3}
    unit, city = (client(office.app, own=made.account) for made in (office.unit, office.city))
    for made, path in (
        (unit, "/home"),
        (unit, "/home/stations/PLAN"),
        (unit, "/home/applications"),
        (unit, "/home/applications/new"),
        (unit, "/home/remarks"),
        (city, "/home"),
        (city, "/manage/applications"),
        (office.public, "/stations/PLAN/remark"),
    ):
        answer = made.get(path, query_string={"lang": "en"})
        assert answer.status_code == 200, path
        assert '<html lang="en">' in answer.text, path
        assert not [words for words in chinese if words in answer.text], path


def test_accounts_made_here_differ(office):
    """A guard: the clients above are of different accounts, so that the refusals mean something."""
    made = {office.unit.account.id, office.other.account.id, office.west.account.id}
    assert len(made) == 3
    assert account(office.register).id not in made


# -- the same on PostGIS ---------------------------------------------------------------------


@pytest.mark.postgis
def test_the_whole_way_on_postgis(postgis_address, tmp_path):  # noqa: F811
    city = City.create(tmp_path / "town", standard="quzhou-2018", name="礼城")
    city.import_file("districts", districts_file(tmp_path / "districts.geojson"), datum="wgs84")
    settings = city.path / "city.toml"
    text = settings.read_text("utf-8").replace('url = ""', f'url = "{postgis_address()}"')
    settings.write_text(text, encoding="utf-8")
    app = create_app(city.path)
    register = app.extensions["city"].register
    assert register.backend == "postgis"
    station = {"name": "馆前点", "type": "point", "status": "active", "unit_id": "U1"}
    place_of = {"adcode": WEST, "geometry": place(100, 5)}
    write(
        register,
        Change("unit", "U1", {"name": "某街道办事处", "adcode": WEST}),
        Change("station", "A", {**station, **place_of}),
    )
    here = SimpleNamespace(
        register=register,
        unit=client(app, role="unit", unit_id="U1", adcode=WEST),
        west=client(app, role="county", adcode=WEST),
        public=app.test_client(),
    )
    fields = {"station": "A", "from_date": day(0), "reason": "装修", "action": str(uuid.uuid4())}
    fields["csrf_token"] = token(here.unit)
    cookie = here.unit.get_cookie(cookie_name(here.unit)).value

    def send(_):
        made = app.test_client()
        made.set_cookie(cookie_name(made), cookie)
        return made.post("/home/closures", data=fields).status_code

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(send, range(4))) == {303}
    assert len(register.rows("closure")) == 1
    assert card(here, "A")["notices"][0]["in_force"] is True
    assert remark(here.public, station="A", text="关门").status_code == 303
    assert "关门" in here.unit.get("/home").text
    row = apply(here, "新点", supplies=["kit"])
    assert decide(here.west, row, "approve", status="planned").status_code == 303
    row = register.get("application", row["id"])
    assert card(here, row["station_id"])["place"] == pytest.approx(place(200, 5))
