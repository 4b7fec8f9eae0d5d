"""待定位 in a real Chromium: proposals on the map, a tap, the pin by keyboard, the next one."""

import re
import shutil

import pytest
from locate_town import lost, make
from pages_town import chromium, place, serve  # noqa: F401 - a fixture
from pages_town import make as make_town
from signed_in import client, cookie

from web.app import create_app

pytestmark = pytest.mark.chromium


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("locate-browser")
    city = make(make_town(folder).path, folder)
    running = serve(city.path)
    yield city, running.address, cookie(client(create_app(city.path)), running.address)
    running.close()
    city.register.close()
    shutil.rmtree(folder)


@pytest.fixture
def page(served, chromium):  # noqa: F811 - pytest fills it in
    _, address, own = served
    context = chromium.new_context(viewport={"width": 390, "height": 844}, base_url=address)
    context.add_cookies([own])
    page = context.new_page()
    page.wrong = []
    page.on("pageerror", lambda error: page.wrong.append(str(error)))
    page.on("console", lambda m: page.wrong.append(m.text) if m.type == "error" else None)
    yield page
    assert page.wrong == []
    context.close()


def at(city, station_id):
    return city.register.get("station", station_id)["geometry"]


def test_a_tap_then_the_keyboard_then_the_next_one(served, page):
    city = served[0]
    page.goto("/manage/locate/station?id=L4")
    page.locator(".proposal-pin").first.wait_for()
    assert page.locator("#pin-save").is_hidden()
    page.evaluate(
        "([lon, lat]) => window.map_stations.setView([lat, lon], 18, {animate: false})",
        place(90, 204),
    )
    box = page.locator("#locate-map").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    tapped = page.locator("[name=place]").input_value()
    lon, lat = map(float, tapped.split(","))
    assert (lon, lat) == pytest.approx(place(90, 204), abs=2e-5)
    page.locator(".own-pin").focus()
    page.keyboard.press("ArrowRight")
    moved = page.locator("[name=place]").input_value()
    assert float(moved.split(",")[0]) > lon
    page.locator("#pin-save").click()
    page.get_by_text("水亭有礼点已定位").wait_for()
    assert at(city, "L4") == pytest.approx(tuple(map(float, moved.split(","))), abs=1e-7)
    # the page went on to another one; undo brings this one back
    assert "id=L4" not in page.url
    page.get_by_role("button", name="撤销").click()
    page.get_by_text("又回到待定位").wait_for()
    assert "L4" in lost(city)


def test_accepting_on_the_map_and_wide_layout(served, page):
    city = served[0]
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto("/manage/locate/station?id=L2")
    page.get_by_role("button", name=re.compile("在图上看.*汽车西站")).first.click()
    assert page.locator("[data-proposal='0'].chosen").count() == 1
    page.locator(".proposal-pin").first.click()
    # the button of the card has the focus: Enter accepts
    page.keyboard.press("Enter")
    page.get_by_text("汽车西站租车点已定位").wait_for()
    assert at(city, "L2") == pytest.approx(place(240, 60), abs=2e-6)


def test_nothing_is_wider_than_a_phone_and_targets_are_large(page):
    for address in ("/manage/locate", "/manage/locate/station?id=L1", "/manage/locate/exact"):
        page.goto(address)
        wide, small = page.evaluate(
            """() => [
              document.documentElement.scrollWidth - innerWidth,
              [...document.querySelectorAll('main a.btn, main button, main input, main select')]
                .filter((e) => e.checkVisibility() && !['checkbox', 'hidden'].includes(e.type))
                .filter((e) => e.getBoundingClientRect().height < 44).map((e) => e.outerHTML),
            ]"""
        )
        assert wide <= 0, address
        assert small == [], address
