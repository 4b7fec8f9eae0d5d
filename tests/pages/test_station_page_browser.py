"""A station's page in a real Chromium: for every eye and hand, and from the card on the map."""

from pathlib import Path

import pytest
from pages_town import address, chromium, town  # noqa: F401

pytestmark = pytest.mark.chromium

HERE = Path(__file__).parent
RULES = (HERE / "accessible.js").read_text(encoding="utf-8")
CONTRAST = (HERE / "contrast.js").read_text(encoding="utf-8")


@pytest.fixture
def visit(chromium, address):  # noqa: F811
    """Open pages; at the end nothing may have gone wrong, nothing asked of others, no text run."""
    contexts, wrong = [], []

    def start(width, scheme="light"):
        context = chromium.new_context(
            viewport={"width": width, "height": 844}, color_scheme=scheme, base_url=address
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: said.type == "error" and wrong.append(said.text))
        page.on("request", lambda r: r.url.startswith(address) or wrong.append(r.url))
        return page

    yield start
    for context in contexts:
        for page in context.pages:
            assert page.evaluate("window.hit ?? null") is None
        context.close()
    assert wrong == []


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (390, "dark"), (1440, "light")])
def test_everybody_can_read_and_use_it(visit, width, scheme):
    page = visit(width, scheme)
    for path in ("/stations/HOSTILE", "/stations/LOST?lang=en", "/stations/CLOSED"):
        page.goto(path, wait_until="load")
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        assert page.evaluate(RULES) == [], path
        assert page.evaluate(CONTRAST) == [], path


def test_the_keyboard_reaches_the_way_there_first_of_all(visit):
    page = visit(390)
    page.goto("/stations/P80", wait_until="load")
    reached = []
    for _ in range(16):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent.trim()"))
    maps = [reached.index(name) for name in ("高德地图", "百度地图", "腾讯地图", "苹果地图")]
    assert maps == sorted(maps)
    assert maps[-1] < reached.index("反映问题") < reached.index("打印海报（PDF）")


def test_the_card_on_the_map_leads_to_it_and_it_leads_back(visit):
    page = visit(1440)
    page.goto("/?station=HOSTILE", wait_until="load")
    page.get_by_role("link", name="公开页面与门口海报").click()
    page.wait_for_url("**/stations/HOSTILE")
    page.get_by_role("link", name="在地图上看").click()
    page.get_by_role("link", name="公开页面与门口海报").wait_for()


def test_the_code_is_black_on_white_in_the_dark(visit):
    page = visit(390, "dark")
    page.goto("/stations/P80", wait_until="load")
    fills = page.evaluate(
        "[...document.querySelectorAll('svg.code path')].map((p) => getComputedStyle(p).fill)"
    )
    assert fills == ["rgb(255, 255, 255)", "rgb(0, 0, 0)"]
    box = page.locator("svg.code").bounding_box()
    assert min(box["width"], box["height"]) >= 200
