"""The plan's tab in a real Chromium: a plan, and stations changed by hand while figures follow."""

import json
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import signed_in
from pages_town import (  # noqa: F401
    address,
    chromium,
    client,
    own_town,
    place,
    serve,
    town,
)
from test_browser import DESK, PHONE, on_map, visit  # noqa: F401

from web.app import create_app

pytestmark = pytest.mark.chromium

HERE = Path(__file__).parent
RULES = (HERE / "accessible.js").read_text(encoding="utf-8")
CONTRAST = (HERE / "contrast.js").read_text(encoding="utf-8")
TAB = "/?tab=plan&at=17/28.9502/118.8740"


def figure(page, name):
    """Return a live figure before and after, as written."""
    box = page.locator(f"[data-figure={name}]")
    return box.locator(".live-before").inner_text(), box.locator("strong").inner_text()


def settled(page):
    """Wait until the figures are those of what is shown."""
    page.locator(".live:not(.is-old)").wait_for()


STILL = """() => {
  const { lat, lng } = map_stations.getCenter();
  const now = [lat, lng, map_stations.getZoom(), document.querySelector(".busy")].join();
  const same = window.seen_last === now;
  window.seen_last = now;
  return same && !document.querySelector(".busy, .leaflet-zoom-anim.leaflet-drag-target");
}"""


def ready(page):
    """Wait until the tab is laid out, the stations are there and the map stands still."""
    page.set_default_timeout(40_000)
    page.locator("#plan .plan-top .plan-acts").wait_for()
    page.wait_for_function(STILL, polling=120)
    return page


def pull(page, start, by, *, steps=6, let_go=True):
    """Take what is at a place on the screen along with the mouse."""
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(start[0] + by[0], start[1] + by[1], steps=steps)
    if let_go:
        page.mouse.up()


ON_SCREEN = """(at) => {
  const point = map_stations.latLngToContainerPoint(at);
  const box = map_stations.getContainer().getBoundingClientRect();
  return [point.x + box.left, point.y + box.top];
}"""


def exact(change):
    return [change["lat"], change["lon"]]


def changes_of(request):
    return json.loads(parse_qs(urlsplit(request.url).query)["changes"][0])


def test_a_plan_is_asked_for_and_stands_in_the_address(visit):  # noqa: F811
    page = visit().open(TAB)
    page.get_by_role("button", name="测算方案").click()
    page.locator(".plan-list li").first.wait_for()
    told = page.locator(".plan-result .headline").inner_text()
    rows = page.locator(".plan-list .plan-number").all_inner_texts()
    assert rows == [str(n) for n in range(1, len(rows) + 1)], "numbered in building order"
    assert f"新增 {len(rows)} 个有礼点" in told
    assert "已证明不能更少" in page.locator(".plan-result").inner_text()
    settled(page)
    was, now = (float(one.rstrip(" %")) for one in figure(page, "covered_share"))
    assert now > 95 > was
    # a reader walks along the curve by the keyboard
    slider = page.locator(".curve-slider")
    slider.focus()
    slider.evaluate("(one) => { one.value = 4; }")
    page.keyboard.press("ArrowLeft")
    slider.evaluate("(one) => one.dispatchEvent(new Event('change'))")
    assert "按建设顺序" in page.locator(".plan-result").inner_text()
    page.wait_for_url("**n%3A3*")
    page.reload()
    page.locator(".plan-list li").first.wait_for()
    assert page.locator(".curve-slider").input_value() == "3"
    assert "新增 3 个有礼点" in page.locator(".plan-result .headline").inner_text()


def test_streets_and_a_budget_are_asked_for(visit):  # noqa: F811
    here = visit()
    page = here.open(TAB)
    page.locator(".plan-streets input").fill("人民")
    page.locator(".plan-found button").first.wait_for()
    page.keyboard.press("Enter")
    assert "人民路" in page.locator(".plan-chips").inner_text()
    page.locator("[name=budget]").fill("2")
    with page.expect_request("**/api/v1/plan?*") as asked:
        page.get_by_role("button", name="测算方案").click()
    sent = parse_qs(urlsplit(asked.value.url).query)
    assert sent["street"] == ["330802-人民路"]
    assert sent["budget"] == ["2"]
    page.locator(".plan-list li").first.wait_for()
    assert page.locator(".plan-list li").count() == 2
    page.reload()
    page.locator(".plan-list li").first.wait_for()
    page.get_by_text("重新测算").click()
    assert "人民路" in page.locator(".plan-chips").inner_text()
    assert page.locator("[name=budget]").input_value() == "2"


def test_figures_follow_while_a_station_is_pulled(visit, town):  # noqa: F811
    before = [tuple(row) for row in town.stations()[["station_id", "status"]].to_numpy()]
    page = ready(visit().open(TAB))
    start, there = on_map(page, 300, 5), on_map(page, 420, 5)
    pull(page, start, (there[0] - start[0], 0), let_go=False)
    settled(page)
    # the hand still holds it: nothing stands in the address
    assert "changes" not in page.url
    assert page.locator(".live-figure").count() == 4
    was, now = figure(page, "covered_share")
    page.mouse.up()
    page.locator(".plan-editor").wait_for()
    settled(page)
    assert "P300" in page.url
    assert figure(page, "covered_share") == (was, now)
    # the link brings it along
    page.reload()
    settled(page)
    assert figure(page, "covered_share") == (was, now)
    assert [tuple(row) for row in town.stations()[["station_id", "status"]].to_numpy()] == before


def test_a_station_is_closed_changed_and_brought_back(visit):  # noqa: F811
    page = ready(visit().open(TAB))
    page.mouse.click(*on_map(page, 80, 5))
    card = page.locator(".plan-editor")
    card.wait_for()
    assert "有礼点80" in card.inner_text()
    card.get_by_role("button", name="停用").click()
    settled(page)
    was, now = (float(one.rstrip(" %")) for one in figure(page, "covered_share"))
    assert now < was
    card.get_by_role("button", name="恢复原样").click()
    page.locator(".live").wait_for(state="hidden")
    # a type that does not count is as good as none
    card.locator("select").first.select_option("square")
    settled(page)
    assert float(figure(page, "covered_share")[1].rstrip(" %")) == now
    page.get_by_role("button", name="撤销一步").click()
    page.locator(".live").wait_for(state="hidden")


def test_a_station_is_added_by_a_click_and_moved_by_the_keyboard(visit):  # noqa: F811
    page = ready(visit().open(TAB))
    page.get_by_role("button", name="加点", exact=True).click()
    page.mouse.click(*on_map(page, 450, 3))
    settled(page)
    assert figure(page, "covered_share")[0] != figure(page, "covered_share")[1]
    page.keyboard.press("Escape")
    page.locator(".plan-keys").focus()
    lat = float(page.locator("[name=lat]").input_value())
    page.keyboard.press("Shift+ArrowUp")
    page.keyboard.press("ArrowUp")
    moved = (float(page.locator("[name=lat]").input_value()) - lat) * 110_853
    assert moved == pytest.approx(11, abs=0.3)
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.activeElement.className").endswith("plan-keys")
    page.get_by_role("button", name="全部还原").click()
    page.locator(".live").wait_for(state="hidden")
    # without a mouse: in the middle of the map, and by a number
    page.get_by_text("不用鼠标").click()
    page.get_by_role("button", name="在地图中心加点").click()
    settled(page)
    page.locator("[name=number]").fill("P640")
    page.get_by_role("button", name="选中").click()
    page.locator(".plan-editor", has_text="有礼点640").wait_for()


def test_one_question_is_under_way_and_the_newest_wins(visit):  # noqa: F811
    here = visit()
    page = ready(here.open(TAB))
    under_way, most, asked = 0, 0, []

    def slow(route):
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        asked.append(changes_of(route.request)[0])
        time.sleep(0.15)
        under_way -= 1
        route.fallback()

    page.route("**/api/v1/what-if*", slow)
    start, there = on_map(page, 300, 5), on_map(page, 340, 5)
    page.mouse.move(*start)
    page.mouse.down()
    for step in range(1, 31):
        page.mouse.move(start[0] + (there[0] - start[0]) * step / 30, start[1])
    page.mouse.up()
    settled(page)
    assert most == 1
    assert len(asked) < 15, "what was overtaken is not asked"
    lon = float(page.locator("[name=lon]").input_value())
    assert asked[-1]["lon"] == pytest.approx(lon, abs=2e-6)
    assert page.evaluate("performance.getEntriesByName('what-if').length") > 0


def test_a_hand_beside_stations_moves_the_map_and_escape_gives_up(visit):  # noqa: F811
    here = visit()
    page = ready(here.open(TAB))
    centre = page.evaluate("map_stations.getCenter().lng")
    pull(page, on_map(page, 420, -40), (-120, 0))
    page.wait_for_function("(was) => map_stations.getCenter().lng > was", arg=centre)
    page.wait_for_function(STILL, polling=120)
    pull(page, on_map(page, 300, 5), (60, 30), let_go=False)
    settled(page)
    page.keyboard.press("Escape")
    page.mouse.up()
    page.locator(".live").wait_for(state="hidden")
    assert "changes" not in here.query()


def test_a_planner_keeps_a_scenario_and_is_led_to_adopt_it(visit, own_town):  # noqa: F811
    served = serve(own_town.path)
    try:
        planner = signed_in.client(create_app(own_town.path), role="planner")
        here = visit(served.address)
        here.context.add_cookies([signed_in.cookie(planner, served.address)])
        page = here.open("/?tab=plan&plan=on&at=17/28.9502/118.8740")
        page.locator(".plan-list li").first.wait_for()
        settled(page)
        new = page.locator(".plan-list li").count()
        assert figure(page, "gaps")[1] == "0", "what is planned counts, and all gaps close"
        page.locator(".plan-keep input").fill("<b>老街</b>方案")
        page.get_by_role("button", name="存为比选方案").click()
        page.locator(".plan-kept li", has_text="<b>老街</b>方案").wait_for()
        kept = here.query()["scenario"]
        found = planner.get(f"/api/v1/scenarios/{kept}").json
        assert found["counts"]["new"] == new
        assert all(one["host_id"] for one in found["changes"])
        # by its link alone it lies on the map again, numbered in building order
        page = here.open(f"/?tab=plan&scenario={kept}&at=18/28.9502/118.8740")
        settled(page)
        ready(page)
        first = next(one for one in found["changes"] if one["station_id"] == "new-1")
        page.evaluate("(at) => map_stations.setView(at, 18, { animate: false })", exact(first))
        ready(page)
        x, y = page.evaluate(ON_SCREEN, exact(first))
        page.mouse.click(x, y - 20)
        page.locator(".plan-editor", has_text="建议点位 1").wait_for()
        assert figure(page, "gaps")[1] == "1", "the planned station does not count here"
        assert "已列拟建的 1 个站点未计入" in page.locator(".live").inner_text()
        # what goes on in the address is as exact as what was kept
        page.get_by_text("不用鼠标").click()
        page.locator("[name=number]").fill("P640")
        page.get_by_role("button", name="选中").click()
        card = page.locator(".plan-editor", has_text="有礼点640")
        with page.expect_request(lambda one: "/api/v1/what-if" in one.url) as asked:
            card.get_by_role("button", name="停用").click()
        sent = {one["station_id"]: one for one in changes_of(asked.value)}
        assert all(exact(sent[one["station_id"]]) == exact(one) for one in found["changes"])
        page.get_by_role("button", name="撤销一步").click()
        settled(page)
        assert f"涉及站点 {new} 个" in page.locator(".plan-kept").inner_text()
        assert (
            page.locator(".plan-bar details")
            .first.inner_text()
            .startswith(f"手动调整了 {new} 个站点")
        )
        page.locator(".plan-keep input").fill("再存一次")
        page.get_by_role("button", name="列入拟建").click()
        page.wait_for_url("**/plans/*")
        assert own_town.now().stations()["status"].eq("planned").sum() == 1, "it asks first"
    finally:
        served.close()


def test_planned_stations_count_before_and_after_where_that_is_asked(client):  # noqa: F811
    def what_if(*changes, planned="0"):
        sent = {"changes": json.dumps(changes), "planned": planned}
        return client.get("/api/v1/what-if", query_string=sent).json

    built = {"station_id": "PLAN", "status": "active"}
    lon, lat = place(450, 5)
    new = {"station_id": "new-1", "type": "point", "lon": lon, "lat": lat}
    asked, spelled_out = what_if(new, planned="1"), what_if(built, new)
    assert asked["summary"]["after"] == spelled_out["summary"]["after"]
    assert asked["summary"]["before"] == what_if(built)["summary"]["after"]
    assert asked["summary"]["before"] != spelled_out["summary"]["before"]
    assert sorted(asked["gaps"]["gone"]) == sorted(spelled_out["gaps"]["gone"])
    nothing = what_if(planned="1")
    assert nothing["summary"]["before"] == nothing["summary"]["after"]
    assert nothing["findings"] == []


def test_residents_are_told_why_the_map_does_not_follow_long_lists(visit):  # noqa: F811
    some = "!".join(f"new-a{n}~118.{8700 + n}~28.95~point" for n in range(1, 52))
    page = visit().open(f"/?tab=plan&changes={some}")
    page.locator(".live .notice").wait_for()
    assert "超过 50 个站点" in page.locator(".live").inner_text()
    assert page.locator(".live a").get_attribute("href").startswith("/login")


def test_a_district_without_streets_is_told_in_a_sentence(visit):  # noqa: F811
    here = visit()
    page = here.open("/?tab=plan&plan=on&district=339999")
    page.locator(".plan-result .failure").wait_for()
    assert "339999" in page.locator(".plan-result .failure").inner_text()
    here.wrong.clear()


@pytest.mark.parametrize(("size", "scheme"), [(DESK, "light"), (PHONE, "dark")])
def test_the_tab_has_names_targets_and_contrast(visit, size, scheme):  # noqa: F811
    here = visit(viewport=size, color_scheme=scheme, has_touch=size is PHONE)
    page = here.open(TAB + "&plan=on;budget:4&changes=P300~~~~closed")
    page.locator(".plan-list li").first.wait_for()
    settled(page)
    page.evaluate("document.getElementById('panel').dataset.sheet = 'full'")
    page.locator("#panel-body").evaluate("(one) => { one.scrollTop = 0; }")
    assert page.evaluate(RULES) == []
    assert page.evaluate(CONTRAST) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_a_finger_moves_the_map_until_a_station_is_chosen(visit):  # noqa: F811
    here = visit(viewport=PHONE, has_touch=True, is_mobile=True)
    page = ready(here.open(TAB))
    page.touchscreen.tap(*on_map(page, 300, 5))
    page.locator(".plan-editor", has_text="有礼点300").wait_for()
    assert "changes" not in here.query()
