"""Stations' pages in a real Chromium: two who edit at once, a pin that is dragged, a phone."""

import threading
import uuid

import pytest
import signed_in
from pages_town import HOSTILE, chromium, own_town, place, town  # noqa: F401
from werkzeug.serving import make_server

from stationmap.store import Change
from web.app import create_app

pytestmark = pytest.mark.chromium

BASE = "/manage/stations"
DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


class Office:
    """The town, served, and browsers of people who are signed in."""

    def __init__(self, browser, address, app):
        self.browser, self.address, self.app = browser, address, app
        self.register = app.extensions["city"].register
        self.people, self.wrong = [], []

    def sign_in(self, *, role="city", adcode="", unit_id=None, viewport=DESK, **options):
        client = signed_in.client(self.app, role=role, adcode=adcode, unit_id=unit_id)
        context = self.browser.new_context(viewport=viewport, locale="zh-CN", **options)
        context.add_cookies([signed_in.cookie(client, self.address)])
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("dialog", lambda dialog: self.wrong.append(dialog.message))
        page.on("console", self._console)
        page.on("request", lambda request: self._own(request.url))
        self.people.append((context, page))
        page.account = client.account
        return page

    def _console(self, message):
        # a refused form is meant to be refused
        if message.type in {"error", "warning"} and "409" not in message.text:
            self.wrong.append(message.text)

    def _own(self, url):
        if not url.startswith((self.address, "data:")):
            self.wrong.append(url)

    def open(self, page, path):
        page.goto(self.address + path)
        page.wait_for_load_state("networkidle")

    def change(self, station_id, **values):
        change = Change("station", station_id, values)
        self.register.write([change], action=str(uuid.uuid4()), by="cli", kind="edit")

    def row(self, station_id):
        return self.register.get("station", station_id)


@pytest.fixture
def office(chromium, own_town):  # noqa: F811
    app = create_app(own_town.path)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    made = Office(chromium, f"http://127.0.0.1:{server.port}", app)
    yield made
    hits = [page.evaluate("window.hit ?? null") for _, page in made.people]
    for context, _ in made.people:
        context.close()
    server.shutdown()
    server.server_close()
    thread.join(timeout=5)
    assert made.wrong == []
    assert set(hits) <= {None}, "text of a user was run"


def test_two_edit_one_station_at_once_and_nothing_is_lost(office):
    one, other = office.sign_in(), office.sign_in(role="county", adcode="330802")
    for page in (one, other):
        office.open(page, f"{BASE}/edit?id=P0")
    one.get_by_label("地址").fill("甲路 1 号")
    one.get_by_label("名称", exact=True).fill("甲的名字")
    other.get_by_label("名称", exact=True).fill("乙的名字")
    other.get_by_label("开放时间").fill("周一至周五 9:00-17:00")
    one.get_by_role("button", name="保存").click()
    one.get_by_text("已保存。").wait_for()

    # the second is told while still typing, and what was typed stands
    news = other.locator("#newer")
    news.wait_for(state="visible")
    assert one.account.name in news.inner_text()
    assert other.get_by_label("名称", exact=True).input_value() == "乙的名字"

    other.get_by_role("button", name="保存").click()
    other.get_by_role("heading", name="有两个版本").wait_for()
    assert office.row("P0")["name"] == "甲的名字"
    name = other.locator("fieldset", has_text="名称")
    assert name.get_by_text("两人都改了").is_visible()
    assert name.get_by_role("radio", checked=True).get_attribute("value") == "乙的名字"
    assert name.get_by_role("radio").count() == 2
    name.get_by_role("radio").nth(1).check()
    other.get_by_role("button", name="按所选保存").click()
    other.get_by_text("已保存。").wait_for()
    row = office.row("P0")
    assert (row["name"], row["address"], row["hours"]) == (
        "甲的名字", "甲路 1 号", "周一至周五 9:00-17:00",
    )  # fmt: skip

    # and the first one, whose page is open still, is told in turn
    one.locator("#newer").wait_for(state="visible")
    assert other.account.name in one.locator("#newer").inner_text()


def test_what_was_typed_before_does_not_write_over_what_others_saved_since(office):
    page = office.sign_in()
    office.open(page, f"{BASE}/edit?id=P0")
    page.get_by_label("地址").fill("我记下的地址")
    office.open(page, BASE)
    office.change("P0", name="别人改的名")
    office.open(page, f"{BASE}/edit?id=P0")
    page.get_by_text("已恢复您上次填写的内容").wait_for()
    assert page.get_by_label("地址").input_value() == "我记下的地址"
    page.get_by_role("button", name="保存").click()
    page.get_by_role("heading", name="有两个版本").wait_for()
    page.get_by_role("button", name="按所选保存").click()
    page.get_by_text("已保存。").wait_for()
    row = office.row("P0")
    assert (row["name"], row["address"]) == ("别人改的名", "我记下的地址")


def test_what_was_typed_before_can_be_let_go(office):
    page = office.sign_in()
    office.open(page, f"{BASE}/edit?id=P0")
    page.get_by_label("地址").fill("不要的地址")
    office.open(page, BASE)
    office.change("P0", name="别人改的名")
    office.open(page, f"{BASE}/edit?id=P0")
    page.get_by_role("button", name="不要了").click()
    page.get_by_label("主管部门").fill("文旅局")
    page.get_by_role("button", name="保存").click()
    page.get_by_text("已保存。").wait_for()
    row = office.row("P0")
    assert (row["name"], row["supervising_unit"]) == ("别人改的名", "文旅局")
    assert row["address"] == HOSTILE


def test_a_pin_is_dragged_or_moved_by_keys_and_undone(office):
    page = office.sign_in()
    office.open(page, f"{BASE}/edit?id=P0")
    before = office.row("P0")["geometry"]
    pin = page.get_by_role("button", name="站点位置：可拖动")
    pin.scroll_into_view_if_needed()
    box = pin.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 40, y, steps=6)
    page.mouse.move(x + 60, y, steps=6)
    page.mouse.up()
    field = page.get_by_label("经度, 纬度")
    lon = float(field.input_value().split(",")[0])
    assert 0.0002 < lon - before[0] < 0.0008
    page.get_by_role("button", name="图钉放回原处").click()
    assert float(field.input_value().split(",")[0]) == before[0]
    pin.focus()
    for _ in range(3):
        page.keyboard.press("ArrowUp")
    lat = float(field.input_value().split(",")[1])
    assert lat > before[1]
    page.get_by_role("button", name="保存").click()
    page.get_by_text("已保存。").wait_for()
    assert office.row("P0")["geometry"][1] == lat
    page.get_by_role("button", name="撤销").click()
    page.get_by_text("已恢复原样。").wait_for()
    assert office.row("P0")["geometry"] == before


def test_a_station_without_a_place_gets_one_by_a_tap(office):
    page = office.sign_in(viewport=PHONE, has_touch=True)
    office.open(page, f"{BASE}/edit?id=LOST")
    stage = page.locator("#place-map")
    stage.scroll_into_view_if_needed()
    stage.click(position={"x": 120, "y": 200})
    assert page.get_by_role("button", name="站点位置：可拖动").is_visible()
    page.get_by_role("button", name="保存").click()
    page.get_by_text("已保存。").wait_for()
    row = office.row("LOST")
    assert row["geometry"] is not None
    assert row["adcode"] in {"330802", "330803"}


def test_typed_coordinates_of_a_web_map_are_converted_on_saving(office):
    page = office.sign_in()
    office.open(page, f"{BASE}/edit?id=P0")
    page.get_by_label("经度, 纬度").fill("118.8745, 28.9475")
    page.get_by_label("这组数字的坐标系").select_option("gcj02")
    assert page.locator("#place-later").is_visible()
    page.get_by_role("button", name="保存").click()
    page.get_by_text("已保存。").wait_for()
    row = office.row("P0")
    assert (row["source_lon"], row["source_lat"], row["source_datum"]) == (
        118.8745, 28.9475, "gcj02",
    )  # fmt: skip
    assert abs(row["geometry"][0] - 118.8745) > 0.003


def test_a_station_is_entered_searched_and_merged_with_its_double(office):
    page = office.sign_in()
    office.open(page, BASE)
    page.get_by_role("link", name="新增站点").click()
    page.get_by_label("名称", exact=True).fill("有礼点0")
    page.get_by_label("类型").select_option("point")
    lon, lat = place(3, 8)
    page.get_by_label("经度, 纬度").fill(f"{lon}, {lat}")
    page.get_by_role("button", name="保存").click()
    page.get_by_text("站点已录入。").wait_for()
    office.open(page, f"{BASE}/duplicates")
    assert page.get_by_text("很可能").first.is_visible()
    page.get_by_role("link", name="对比").first.click()
    page.get_by_role("button", name="合并").click()
    page.get_by_text("已并入本站点").wait_for()
    assert len(office.register.rows("station", name="有礼点0")) == 1
    page.get_by_role("button", name="撤销").click()
    page.get_by_text("已恢复原样。").wait_for()
    assert len(office.register.rows("station", name="有礼点0")) == 2


PATHS = (
    "", "/edit?id=P0", "/new", "/contact?id=P0", "/history?id=P0", "/changes", "/duplicates",
    "/merge?keep=P0", "/merge?keep=P0&drop=HOSTILE",
)  # fmt: skip
TARGETS = """() => [...document.querySelectorAll("main :is(.btn, select, textarea, input, label)")]
  .filter((e) => e.offsetParent && e.type !== "checkbox" && e.type !== "radio")
  .filter((e) => e.tagName !== "LABEL" || e.querySelector("[type=checkbox], [type=radio]"))
  .filter((e) => e.getBoundingClientRect().height < 43.5)
  .map((e) => e.outerHTML.slice(0, 120))"""
BARE = """() => [...document.querySelectorAll("main :is(input, select, textarea)")]
  .filter((e) => e.type !== "hidden" && !e.labels?.length && !e.getAttribute("aria-label"))
  .map((e) => e.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_pages_fit_the_screen_and_a_thumb(office, viewport):
    page = office.sign_in(viewport=viewport)
    for path in PATHS:
        office.open(page, BASE + path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert page.evaluate(TARGETS) == [], path
        assert page.evaluate(BARE) == [], path


def test_the_card_of_the_map_leads_to_the_form_within_ones_charge(office):
    page = office.sign_in(role="county", adcode="330802")
    office.open(page, "/?station=P0")
    page.get_by_role("link", name="在台账中打开").click()
    page.get_by_role("heading", name="有礼点0").wait_for()
    office.open(page, "/?station=P640")
    page.get_by_role("heading", name="有礼点640").wait_for()
    assert page.get_by_role("link", name="在台账中打开").count() == 0


def test_what_others_typed_is_text_beside_the_pin_too(office):
    page = office.sign_in()
    office.change("P40", name=HOSTILE)
    office.open(page, f"{BASE}/edit?id=P0")
    near = page.locator(".near-pin").first
    near.wait_for()
    for mark in page.locator(".near-pin").all()[:4]:
        mark.hover()
    assert page.locator(".leaflet-tooltip img").count() == 0


def test_a_draft_that_is_back_is_told_above_the_columns(office):
    page = office.sign_in()
    office.open(page, f"{BASE}/edit?id=P0")
    page.fill("#name", "没写完")
    office.open(page, f"{BASE}/edit?id=P0")
    said = page.locator(".draft-said").bounding_box()
    facts, map_ = (page.locator(f".station-{p}").bounding_box() for p in ("facts", "place"))
    assert said["height"] < 120
    assert facts["x"] == said["x"] < map_["x"]
    assert abs(facts["y"] - map_["y"]) < 2
    assert page.input_value("#name") == "没写完"


def test_on_a_phone_the_citys_name_is_shown_whole(office):
    page = office.sign_in(viewport=PHONE)
    office.open(page, "/account")
    page.evaluate(
        "document.querySelector('.manage-top .city').textContent = '示范市（合成数据，演示用）'"
    )
    city = page.locator(".manage-top .city")
    assert city.evaluate("one => one.scrollWidth <= one.clientWidth")
    assert city.evaluate("one => one.scrollHeight <= one.parentElement.clientHeight")
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert page.get_by_role("link", name="有礼地图").count() == 1
