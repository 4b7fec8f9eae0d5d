"""The unit's home in a real Chromium: on a phone, with a thumb, and with a session that ends."""

import re
from types import SimpleNamespace

import pytest
import signed_in
from pages_town import chromium, make, place, serve, table  # noqa: F401

from stationmap.store import sessions
from web.app import create_app

pytestmark = pytest.mark.chromium

DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
# of what stands in a line of text the line decides
SMALL_TARGETS = """() => {
  const kinds = "a, button, input, select, textarea, summary";
  return [...document.querySelector("main").querySelectorAll(kinds)]
    .filter((e) => e.checkVisibility() && !e.closest("p, dd, .leaflet-container"))
    .map((e) => (["radio", "checkbox"].includes(e.type) ? e.closest("label") : e))
    .filter((e) => e.getBoundingClientRect().height < 43.5)
    .map((e) => e.outerHTML.slice(0, 120));
}"""


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """The town with a unit, served; accounts are made in another process's manner."""
    folder = tmp_path_factory.mktemp("browser")
    city = make(folder)
    rows = [{"编号": "U1", "名称": "某街道办事处", "所属区县": "330802"}]
    city.import_file("units", table(folder / "units.csv", rows))
    app = create_app(city.path)
    served = serve(city.path)
    yield SimpleNamespace(app=app, register=app.extensions["city"].register, address=served.address)
    served.close()


@pytest.fixture
def visit(chromium, town):  # noqa: F811
    """Open pages as somebody; at the end nothing may have gone wrong, and no text have run."""
    contexts, wrong = [], []

    def start(viewport=PHONE, **who):
        context = chromium.new_context(viewport=viewport, locale="zh-CN")
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda dialog: wrong.append(dialog.message))
        if who:
            own = signed_in.client(town.app, **who)
            context.add_cookies([signed_in.cookie(own, town.address)])
            page.account = own.account
        return page

    yield start
    for context in contexts:
        for page in context.pages:
            assert page.evaluate("window.hit ?? null") is None
        context.close()
    assert wrong == []


def fits(page):
    """Nothing reaches beyond the screen, and everything is large enough for a thumb."""
    page.wait_for_load_state()  # with its styles
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url
    assert page.evaluate(SMALL_TARGETS) == [], page.url


UNIT = {"role": "unit", "unit_id": "U1", "adcode": "330802"}
COUNTY = {"role": "county", "adcode": "330802"}


def test_a_closure_announced_with_a_thumb_stands_on_the_map(visit, town):
    page = visit(**UNIT)
    page.goto(f"{town.address}/home")
    fits(page)
    page.get_by_role("link", name=re.compile("^有礼点300")).click()
    fits(page)
    page.get_by_text("发布停开公告").click()
    page.get_by_label("原因").fill("消防演练")
    fits(page)
    page.get_by_role("button", name="发布公告").click()
    page.get_by_text("停开公告已发布").wait_for()
    resident = visit()
    resident.goto(f"{town.address}/?station=P300")
    resident.get_by_text("消防演练").wait_for()
    assert resident.get_by_text("今天停开").is_visible()
    page.get_by_role("button", name="今天恢复开放").click()
    page.get_by_text("没有停开公告").wait_for()


def test_a_resident_writes_from_the_card_and_reads_the_answer(visit, town):
    resident = visit()
    resident.goto(f"{town.address}/?station=P80")
    resident.get_by_role("link", name="反映问题").click()
    fits(resident)
    resident.get_by_label("该开放时没有开放").check()
    resident.get_by_label("反映内容").fill("上午十点关门 <script>window.hit=1</script>")
    resident.get_by_role("button", name="提交给所属单位").click()
    resident.get_by_text("待答复").wait_for()
    fits(resident)
    resident.context.grant_permissions(["clipboard-read", "clipboard-write"])
    resident.get_by_role("button", name="复制网址").click()
    resident.get_by_text("已复制").wait_for()
    assert resident.evaluate("navigator.clipboard.readText()") == resident.url
    unit = visit(**UNIT)
    unit.goto(f"{town.address}/home")
    unit.get_by_role("link", name="答复", exact=True).click()
    unit.get_by_label("答复").fill("当天停电，已恢复")
    unit.get_by_role("button", name="发送答复").click()
    unit.get_by_text("没有待答复的反映").wait_for()
    resident.reload()
    assert resident.get_by_text("当天停电，已恢复").is_visible()


def test_a_place_tapped_on_the_map_is_applied_for_and_approved(visit, town):
    page = visit(**UNIT)
    page.goto(f"{town.address}/home/applications/new")
    page.wait_for_function("() => window.map_stations?.listens('click')")
    fits(page)
    lon, lat = place(240, 5)
    x, y = page.evaluate(
        """([lat, lon]) => {
          const map = window.map_stations;
          map.setView([lat, lon], 17, { animate: false });
          map.getContainer().scrollIntoView({ block: "center", behavior: "instant" });
          const point = map.latLngToContainerPoint([lat, lon]);
          const box = map.getContainer().getBoundingClientRect();
          return [point.x + box.left, point.y + box.top];
        }""",
        [lat, lon],
    )
    page.get_by_label("坐标系").select_option("gcj02")
    page.mouse.click(x, y)
    assert page.locator("#datum").input_value() == "wgs84"
    seen = [float(v) for v in page.get_by_label("位置").input_value().split(",")]
    assert seen == pytest.approx([lon, lat], abs=2e-5)
    page.get_by_label("站点名称").fill("街角新点")
    page.get_by_label("类型").select_option(label="有礼点")
    page.get_by_label("雨伞").check()
    page.get_by_label("申请理由").fill("空白路段")
    page.get_by_role("button", name="提交申请").click()
    page.get_by_text("“街角新点”的申请已提交").wait_for()
    county = visit(DESK, **COUNTY)
    county.goto(f"{town.address}/manage/applications")
    county.get_by_role("link", name=re.compile("街角新点")).click()
    county.get_by_text("位于人民路的空白路段").wait_for()
    county.wait_for_function("() => document.querySelector('.pin')")
    county.get_by_label("正常运行：现在就开放").check()
    county.get_by_role("button", name="同意", exact=True).click()
    county.get_by_text("站点已列入台账").wait_for()
    (row,) = town.register.rows("station", name="街角新点")
    resident = visit(DESK)
    resident.goto(f"{town.address}/?station={row['id']}")
    resident.get_by_role("article", name="街角新点").wait_for()


def test_the_map_of_an_application_starts_at_home_and_says_what_stands_there(visit, town):
    page = visit(DESK, **UNIT)
    page.add_init_script(
        """window.written = new Set();
        const write = CanvasRenderingContext2D.prototype.fillText;
        CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
          window.written.add(text);
          return write.call(this, text, ...rest);
        };"""
    )
    page.goto(f"{town.address}/home/applications/new")
    page.locator(".near-pin").first.wait_for()
    assert page.evaluate("window.map_stations.getZoom()") >= 16
    page.wait_for_function("() => written.has('水亭街') && written.has('有礼点0')")
    assert re.fullmatch(r"\d+ 米", page.locator(".leaflet-control-scale").inner_text())


def test_what_was_typed_survives_a_session_that_ends(visit, town):
    page = visit(**UNIT)
    page.goto(f"{town.address}/home/stations/P0")
    page.get_by_text("申请撤销").click()
    page.get_by_label("撤销理由").fill("门面到期")
    sessions.end(town.register, page.account.id)
    page.get_by_role("button", name="提交申请").click()
    page.get_by_text("您已退出登录").or_(page.get_by_role("link", name="登录")).first.wait_for()
    assert town.register.rows("application", station_id="P0") == []
    again = signed_in.client(town.app, own=page.account)
    page.context.add_cookies([signed_in.cookie(again, town.address)])
    page.goto(f"{town.address}/home/stations/P0")
    # the form is opened again, with what was typed
    assert page.get_by_label("撤销理由").is_visible()
    assert page.get_by_label("撤销理由").input_value() == "门面到期"
    page.get_by_role("button", name="提交申请").click()
    page.get_by_text("申请已提交").wait_for()


def test_several_stations_are_ticked_at_once_by_keyboard(visit, town):
    page = visit(DESK, **UNIT)
    page.goto(f"{town.address}/home/closures/new")
    every = page.get_by_label("全选")
    every.focus()
    page.keyboard.press("Space")
    boxes = page.locator("[name=station]")
    assert boxes.count() > 3
    assert all(box.is_checked() for box in boxes.all())
    boxes.first.focus()
    page.keyboard.press("Space")
    assert every.evaluate("(box) => box.indeterminate")
    page.get_by_label("原因").fill("春节放假")
    page.keyboard.press("Enter")
    page.get_by_text(re.compile(r"\d+ 个站点的停开公告已发布")).wait_for()
