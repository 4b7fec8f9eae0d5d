"""The switch of coverages and the inspector's layer in a real Chromium, on a desk and a phone."""

import shutil

import pytest
import signed_in
from inspected_town import day, inspect
from pages_town import chromium, serve, town  # noqa: F401
from test_browser import DESK, PHONE, Visit, on_map, painted, rgb

from stationmap.city import City
from stationmap.inspections import OPEN
from web.app import create_app

pytestmark = pytest.mark.chromium

ORDER = "8f5ac1f0-7d9c-4a5e-9c46-0f4f2f6f3a11"
SEEN = "at=16/28.9504/118.8751&states=none"

# the street and the gap in which a station stands that does not serve
GAP_OF = """async (own) => {
  const get = async (path) => (await fetch(`/api/v1/${path}coverage=effective`)).json();
  for (const { street_id } of (await get("streets?")).streets)
    for (const { gaps } of (await get(`streets/${street_id}?`)).parts)
      for (const gap of gaps)
        if ((await get(`gaps/${gap[5]}?`)).idle?.stations.some((s) => s.station_id === own))
          return [street_id, gap[5]];
}"""


@pytest.fixture(scope="module")
def seen(town, tmp_path_factory):  # noqa: F811
    """The town with a station found closed and one in order."""
    folder = tmp_path_factory.mktemp("switch") / "town"
    shutil.copytree(town.path, folder)
    city = City.open(folder)
    inspect(city, "P300", failed=[OPEN], order={"id": ORDER, "lines": [OPEN], "due": day(city)})
    inspect(city, "P80")
    return city


@pytest.fixture(scope="module")
def served(seen):
    found = serve(seen.path)
    yield found
    found.close()


@pytest.fixture
def visit(chromium, served):  # noqa: F811
    """Make visits; at the end nothing may have gone wrong."""
    visits = []

    def start(address=served.address, **options):
        visits.append(Visit(chromium, address, **options))
        return visits[-1]

    yield start
    for one in visits:
        one.context.close()
        assert one.wrong == []


def shares(page):
    return page.locator("#coverage strong").all_inner_texts()


@pytest.mark.parametrize("size", [DESK, PHONE])
def test_the_switch_shows_both_shares_and_everything_follows(visit, size):
    here = visit(viewport=size)
    page = here.open(f"/?{SEEN}")
    both = shares(page)
    assert len(set(both)) == 2
    built = page.locator("#streets-total").inner_text()

    page.locator("[data-coverage=effective]").click()
    here.settle()
    assert here.query()["coverage"] == "effective"
    assert page.locator("#coverage [aria-current]").get_attribute("data-coverage") == "effective"
    assert shares(page) == both
    assert page.locator("#streets-total").inner_text() != built
    assert both[1] in page.locator("#summary .headline").inner_text()
    slash = rgb(page, "--sign-not_met")
    assert slash in painted(page, "top")
    # a link brings it along, and the way back leads back
    page.reload()
    here.settle()
    assert page.locator("#coverage [aria-current]").get_attribute("data-coverage") == "effective"
    page.go_back()
    here.settle()
    assert page.locator("#streets-total").inner_text() == built


@pytest.mark.parametrize("size", [DESK, PHONE])
def test_who_does_not_serve_is_told_in_the_summary_and_in_the_gap(visit, size):
    here = visit(viewport=size)
    page = here.open(f"/?{SEEN}&coverage=effective")
    assert "按有效覆盖计" in page.locator("#summary .headline").inner_text()
    listed = page.locator("#summary .idle-list")
    listed.locator("summary").focus()
    page.keyboard.press("Enter")
    listed.locator("li").first.wait_for()
    assert "公布的时间里没有开放" in listed.locator("li").inner_text()
    listed.locator("a").click()
    page.locator("article.station").wait_for()
    assert here.query()["station"] == "P300"

    own = page.evaluate(GAP_OF, "P300")
    page = here.open(f"/?street={own[0]}&gap={own[1]}&coverage=effective")
    card = page.locator(".card .idle")
    card.wait_for()
    assert "此处有 1 个有礼点暂不计入有效覆盖" in card.inner_text()
    assert "公布的时间里没有开放" in card.inner_text()
    assert "恢复后" in card.inner_text()
    assert card.locator("a").bounding_box()["height"] >= 44
    page = here.open(f"/?street={own[0]}&gap={own[1]}")
    assert page.locator(".card .idle").count() == 0


def test_the_switch_is_worked_by_keyboard_and_large_enough_for_a_thumb(visit):
    here = visit(viewport=PHONE)
    page = here.open("/")
    for one in page.locator("#coverage a").all():
        box = one.bounding_box()
        assert min(box["width"], box["height"]) >= 44
    page.locator("[data-coverage=effective]").focus()
    page.keyboard.press("Enter")
    here.settle()
    assert here.query()["coverage"] == "effective"


def test_without_inspections_the_switch_says_that_nothing_is_known(visit, town):  # noqa: F811
    other = serve(town.path)
    try:
        here = visit(other.address)
        page = here.open("/?coverage=effective")
        unknown = page.locator("[data-coverage=effective]")
        assert "还没有检查记录" in unknown.inner_text()
        assert unknown.get_attribute("aria-disabled") == "true"
        assert page.locator("#coverage [aria-current]").get_attribute("data-coverage") == "built"
        assert "有效覆盖未知" in page.locator("#summary").inner_text()
        unknown.click(force=True)
        assert page.locator("#coverage [aria-current]").get_attribute("data-coverage") == "built"
    finally:
        other.close()


def test_a_card_says_why_and_opens_the_checklist(visit, seen):
    here = visit(viewport=DESK)
    page = here.open("/?station=P300")
    card = page.locator("article.station")
    card.wait_for()
    said = card.inner_text()
    assert "暂不计入有效覆盖" in said
    assert card.locator("h2 .symbol .slash").count() == 1, "struck, as on the map"
    assert "公布的时间里没有开放" in said
    assert "督查：未达标" in said
    assert "开始检查" not in said
    card.locator(".checklist summary").click()
    card.locator(".checklist .line").first.wait_for()
    lines = card.locator(".checklist").inner_text()
    assert "不符合" in lines
    assert "一把雨伞" in lines


def test_an_inspector_goes_from_the_map_to_the_checklist_in_two_taps(visit, served, seen):
    app = create_app(seen.path)
    inspector = signed_in.client(app, role="inspector")
    here = visit(viewport=PHONE, has_touch=True, is_mobile=True)
    here.context.add_cookies([signed_in.cookie(inspector, served.address)])
    page = here.open(f"/?{SEEN}")
    here.settle()
    page.locator("#legend > summary").click()
    legend = page.locator("#legend-body").inner_text()
    for word in ("我的检查", "待复查", "整改逾期", "今日路线", "今日已查"):
        assert word in legend
    page.locator("#legend > summary").click()
    assert rgb(page, "--sign-advised") in painted(page, "work")
    # first tap: the station; second: its checklist
    page.touchscreen.tap(*on_map(page, 300, 5))
    begin = page.locator("article.station .inspecting a.btn")
    begin.wait_for()
    assert begin.inner_text() == "开始检查"
    page.locator(".inspecting p").wait_for()
    assert "待整改" in page.locator(".inspecting p").inner_text()
    assert ORDER in page.locator(".inspecting p a").get_attribute("href")
    begin.tap()
    page.wait_for_url("**/inspect/#/s/P300")


def test_boxes_of_the_legend_hide_kinds_of_work(visit, served, seen):
    inspector = signed_in.client(create_app(seen.path), role="inspector")
    here = visit(viewport=DESK)
    here.context.add_cookies([signed_in.cookie(inspector, served.address)])
    page = here.open(f"/?{SEEN}&off=spacing")
    here.settle()
    page.locator("#legend > summary").click()
    page.locator("[data-work=due]").uncheck()
    here.settle()
    assert here.query()["work"] == "reinspect,overdue,round,stale,done"
    assert rgb(page, "--sign-advised") not in painted(page, "work")
    page.locator("[data-work=due]").check()
    here.settle()
    assert "work" not in here.query()


def test_residents_are_shown_no_work(visit):
    here = visit(viewport=DESK)
    page = here.open("/")
    assert page.locator("[data-work]").count() == 0
    assert not [url for url in here.asked if "/api/v1/inspect" in url]
