"""The residents' page in Chromium: two taps, no position, no network, no script, paper."""

import re
from pathlib import Path

import pytest
from near_town import HERE, asked, near_app, near_city, serve_app  # noqa: F401
from pages_town import SIDE, chromium  # noqa: F401

RULES = (Path(__file__).parent / "accessible.js").read_text("utf-8")
CONTRAST = (Path(__file__).parent / "contrast.js").read_text("utf-8")
PHONE = {"width": 390, "height": 844}
AT = {"longitude": HERE[0], "latitude": HERE[1], "accuracy": 20}


@pytest.fixture(scope="module")
def served(near_city):  # noqa: F811
    running = serve_app(near_app(near_city))
    yield running.address
    running.close()


@pytest.fixture
def opened(served, chromium):  # noqa: F811
    """Opens pages, each in a browser of its own; what goes wrong in them fails the test."""
    contexts, wrong = [], []

    def page(path="/near", **settings):
        context = chromium.new_context(
            base_url=served, **{"viewport": PHONE, "locale": "zh-CN", **settings}
        )
        contexts.append(context)
        found = context.new_page()
        found.on("pageerror", lambda error: wrong.append(str(error)))
        found.goto(path, wait_until="load")
        return found

    yield page
    for context in contexts:
        context.close()
    assert wrong == []


def listed(page):
    """Ids of the stations that the page lists."""
    return page.locator(".near-card").evaluate_all("all => all.map((one) => one.dataset.station)")


def query(**more):
    values = asked(**more)
    return "/near?" + "&".join(f"{name}={value}" for name, value in values.items())


def test_two_taps_from_opening_to_the_right_answer(opened):
    page = opened(geolocation=AT, permissions=[])
    page.context.grant_permissions(["geolocation"])
    page.locator("#locate").click()
    page.locator(".near-card").first.wait_for()
    assert listed(page)[0] == "P300"
    page.locator(".near-chip", has_text="雨伞").click()
    page.wait_for_url(re.compile("need=umbrella"))
    page.locator("#answer:not([aria-busy]) [data-station=P80]").wait_for()
    assert listed(page) == ["P80", "P40", "P0", "HOSTILE"]
    assert f"lon={HERE[0]:.5f}&" in page.url
    # who opens the address without a script gets the same
    plain = opened(page.url, java_script_enabled=False)
    assert listed(plain) == listed(page)


def test_whoever_allowed_it_before_needs_no_tap(opened):
    page = opened(geolocation=AT, permissions=["geolocation"])
    page.locator("[data-station=P300]").wait_for()


def test_without_a_position_a_street_does(opened):
    page = opened(permissions=[])
    page.locator("#locate").click()
    page.get_by_text("没有取得位置").wait_for()
    page.locator("#q").fill(SIDE)
    page.keyboard.press("Enter")
    page.locator(".near-from", has_text=f"从{SIDE}出发").wait_for()
    assert listed(page)


def test_a_place_on_the_map_does_too_with_the_keyboard_alone(opened):
    page = opened(permissions=[])
    page.locator("#pick-start").focus()
    page.keyboard.press("Enter")
    page.locator("#cross").wait_for()
    page.wait_for_function("document.activeElement.id === 'pick-middle'")
    page.keyboard.press("Enter")
    page.locator(".near-card").first.wait_for()
    assert page.get_by_text("从地图上选的位置出发").is_visible()
    assert page.locator("#stage").is_hidden()


def test_the_list_the_map_and_the_way_belong_together(opened):
    page = opened(query())
    page.locator("#map-switch").click()
    page.locator(".near-dot").nth(4).wait_for()
    page.locator("[data-station=P80] .near-go").focus()
    page.keyboard.press("Enter")
    page.locator("h1", has_text="有礼点80").wait_for()
    page.locator("path.near-line").wait_for()
    page.go_back()
    page.locator("[data-station=P80]").wait_for()
    assert listed(page)[0] == "P300"


def test_without_a_network_the_last_answer_stays_with_its_time(opened):
    page = opened(query())
    page.evaluate("navigator.serviceWorker.ready")
    page.wait_for_function("navigator.serviceWorker.controller !== null")
    page.locator(".near-chip", has_text="雨伞").click()
    page.locator("#answer:not([aria-busy]) [data-station=P80]").wait_for()
    page.wait_for_function(
        "async () => Boolean(await (await caches.open('near-answers')).match(location.href))"
    )
    page.context.set_offline(True)
    page.goto("/near", wait_until="load")
    page.locator(".near-kept").wait_for()
    assert "2026年3月5日 12:00" in page.locator(".near-kept").inner_text()
    assert listed(page) == ["P80", "P40", "P0", "HOSTILE"]
    page.locator("[data-station=P80] .near-go").click()
    page.get_by_text("没有查到新的结果").wait_for()
    assert listed(page)[0] == "P80"
    page.context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    page.locator(".near-kept").wait_for(state="hidden")
    page.wait_for_url(re.compile("need=umbrella"))
    assert listed(page) == ["P80", "P40", "P0", "HOSTILE"]


def test_without_a_network_an_answer_of_another_question_says_so(opened):
    page = opened("/near")
    page.evaluate("navigator.serviceWorker.ready")
    page.wait_for_function("navigator.serviceWorker.controller !== null")
    page.goto("/near", wait_until="load")
    page.goto(query(need="umbrella"), wait_until="load")
    page.wait_for_function(
        "async () => Boolean(await (await caches.open('near-answers')).match(location.href))"
    )
    page.context.set_offline(True)
    other = page.locator(".near-other")
    page.goto(query(need="charging"), wait_until="load")
    assert other.is_visible()
    assert page.locator("[value=umbrella]").is_checked(), "the form is of the answer shown"
    assert not page.locator("[value=charging]").is_checked()
    # whoever opens the page without a question has asked nothing else
    page.goto("/near", wait_until="load")
    assert listed(page) == ["P80", "P40", "P0", "HOSTILE"]
    assert page.locator(".near-kept").is_visible()
    assert other.is_hidden()


def test_a_tap_on_the_whole_city_comes_nearer_first(opened):
    page = opened(permissions=[], reduced_motion="reduce")
    page.locator("#pick-start").click()
    page.locator("#cross").wait_for()
    farther = page.locator(".leaflet-control-zoom-out")
    scale = page.locator(".leaflet-control-scale-line").first
    other = "was => document.querySelector('.leaflet-control-scale-line').innerText !== was"
    for _ in range(4):
        near = scale.inner_text()
        farther.click()
        page.wait_for_function(other, arg=near)
    far = scale.inner_text()
    page.locator("#map").click(position={"x": 190, "y": 300})
    page.wait_for_function(other, arg=far)
    assert page.locator("#cross").is_visible(), "nothing was chosen yet"
    page.locator("#map").click(position={"x": 190, "y": 300})
    page.locator(".near-card").first.wait_for()


def test_all_of_a_card_leads_on(opened):
    page = opened(query())
    page.locator("[data-station=P80] .near-open").click(force=True)
    page.locator("h1", has_text="有礼点80").wait_for()


def test_one_tap_tells_the_unit_without_leaving_the_page(opened):
    page = opened(query(to="P80"))
    page.get_by_role("button", name="关着门").click()
    told = page.locator(".near-told a")
    told.wait_for()
    assert "/remarks/" in told.get_attribute("href")
    assert page.locator("h1", has_text="有礼点80").is_visible()


def test_paper_has_the_answer_and_nothing_to_press(opened):
    page = opened(query())
    page.emulate_media(media="print")
    assert page.locator(".near-card").first.is_visible()
    assert page.locator("#ask").is_hidden()
    assert page.locator("#map-switch").is_hidden()
    way = opened(query(to="P80"))
    way.emulate_media(media="print")
    assert way.locator(".near-legs").is_visible()
    assert way.locator(".near-tell").is_hidden()


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (390, "dark"), (1440, "light")])
def test_everybody_can_read_and_press_it(opened, width, scheme):
    page = opened(viewport={"width": width, "height": 844}, color_scheme=scheme)
    for path in ("/near", "/near?q=街", query(lang="en"), query(need="toilet"), query(to="P80")):
        page.goto(path, wait_until="load")
        assert page.evaluate(RULES) == []
        assert page.evaluate(CONTRAST) == []
