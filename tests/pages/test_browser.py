"""The page in a real Chromium: what a planner does, with nothing from outside and no text run."""

import re

import pytest
from pages_town import (  # noqa: F401
    HOSTILE,
    MAIN,
    address,
    chromium,
    own_town,
    place,
    serve,
    table,
    town,
)

pytestmark = pytest.mark.chromium

DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
CHINESE = re.compile(r"[\u3000-\u303f\u4e00-\u9fff]+")


class Visit:
    """One page and what went wrong on it."""

    def __init__(self, browser, address, **options):  # noqa: F811
        self.context = browser.new_context(**{"viewport": DESK, "locale": "zh-CN", **options})
        self.page = self.context.new_page()
        self.page.set_default_timeout(15_000)
        self.address, self.wrong, self.asked = address, [], []
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("dialog", lambda dialog: self.wrong.append(dialog.message))
        self.page.on("console", self._console)
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on(
            "response", lambda r: r.status >= 400 and self.wrong.append(f"{r.status} {r.url}")
        )

    def _console(self, message):
        own_doing = "getImageData" in message.text
        if message.type in {"error", "warning"} and not own_doing:
            self.wrong.append(message.text)

    def open(self, path="/"):
        self.page.goto(self.address + path)
        self.page.wait_for_function(
            "() => !document.querySelector('[aria-busy]') && !document.querySelector('.busy')"
        )
        return self.page

    def settle(self):
        """Wait until the map stands still and nothing is under way."""
        self.page.wait_for_timeout(900)
        self.page.wait_for_function("() => !document.querySelector('.busy')")

    def query(self):
        return self.page.evaluate("Object.fromEntries(new URLSearchParams(location.search))")


@pytest.fixture
def visit(chromium, address):  # noqa: F811
    """Make visits; at the end nothing may have gone wrong, and nothing come from elsewhere."""
    visits = []

    def start(served=address, **options):
        visits.append(Visit(chromium, served, **options))
        return visits[-1]

    yield start
    for one in visits:
        hit = one.page.evaluate("window.hit ?? null") if not one.page.is_closed() else None
        one.context.close()
        assert one.wrong == []
        assert hit is None, "text of a user was run"
        assert {url.split("/")[2] for url in one.asked if not url.startswith("data:")} == {
            one.address.split("/")[2]
        }


def painted(page, pane):
    """Colours in a canvas of the map, as a set of (r, g, b) of opaque pixels."""
    return {
        tuple(pixel)
        for pixel in page.evaluate(
            """(pane) => {
              const canvas = document.querySelector(`.leaflet-${pane}-pane canvas`);
              const { width, height } = canvas;
              const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
              const found = new Map();
              for (let i = 0; i < data.length; i += 4)
                if (data[i + 3] === 255) found.set(`${data[i]},${data[i + 1]},${data[i + 2]}`, 1);
              return [...found.keys()].map((key) => key.split(",").map(Number));
            }""",
            pane,
        )
    }


def on_map(page, x, y):
    """Place on the screen of metres east and north of the town's corner."""
    lon, lat = place(x, y)
    return page.evaluate(
        """([lat, lon]) => {
          const point = map_stations.latLngToContainerPoint([lat, lon]);
          const box = map_stations.getContainer().getBoundingClientRect();
          return [point.x + box.left, point.y + box.top];
        }""",
        [lat, lon],
    )


def rgb(page, name):
    value = page.evaluate(f"getComputedStyle(document.documentElement).getPropertyValue('{name}')")
    return tuple(int(value.strip()[k : k + 2], 16) for k in (1, 3, 5))


# -- what a planner does ---------------------------------------------------------------------


def test_gaps_are_seen_at_once_on_the_map_and_in_the_list(visit):
    page = visit().open()
    line = page.inner_text(".headline")
    assert re.match(
        r"商业街、主干道、次干道与公交线路临街店面 1\.\d 公里，50 米内有有礼点 \d+ %，", line
    )
    assert re.search(r"空白路段 \d+ 处，至少需增设有礼点 \d+ 个。$", line)
    assert page.locator("#streets li").count() == 4
    assert MAIN in page.inner_text("#streets li:first-child")
    assert "需增设 17 个" in page.inner_text("#streets li:first-child")
    assert {rgb(page, f"--gap-{k}") for k in (2,)} <= painted(page, "gaps")
    assert rgb(page, "--type-3") in painted(page, "top")
    assert page.locator(".leaflet-streets-pane canvas").count() > 0


def test_a_click_on_a_street_opens_its_strip_and_a_gap_its_clause(visit):
    tour = visit()
    page = tour.open()
    page.click(f"#streets a:has-text('{MAIN}')")
    page.wait_for_selector(".strip-row")
    assert page.inner_text("#street-name").startswith(MAIN)
    assert page.locator(".gap-row").count() == 3
    assert page.locator(".strip-row .symbol").count() == 5
    page.click(".gap-row >> nth=1")
    card = page.wait_for_selector(".card")
    text = card.inner_text()
    assert "至少需增设有礼点 6 个" in text
    assert "衢市创建办〔2018〕6号 · 附件3 第一条" in text
    assert re.search(r"距起点 \d+ 米至 \d+ 米", text)
    assert "已知" in text
    page.click(".card summary")
    assert "站点距街道不超过 30 米" in card.inner_text()
    tour.settle()
    x, y = on_map(page, 470, 0)
    box = page.locator("#stage").bounding_box()
    assert box["x"] < x < box["x"] + box["width"]
    assert box["y"] < y < box["y"] + box["height"]
    assert page.evaluate("map_stations.getZoom()") >= 16
    assert set(tour.query()) == {"street", "gap", "at"}


def test_what_is_open_stands_in_the_address_and_the_way_back_works(visit):
    tour = visit()
    page = tour.open()
    page.click(f"#streets a:has-text('{MAIN}')")
    page.wait_for_selector(".strip-row")
    page.click(".gap-row >> nth=0")
    page.wait_for_selector(".card")
    tour.settle()
    there = page.url
    page.reload()
    page.wait_for_selector(".card")
    tour.settle()
    assert page.url == there
    page.go_back()
    page.wait_for_selector(".card", state="detached")
    page.go_back()
    page.wait_for_selector("#overview", state="visible")
    assert page.is_hidden("#detail")


def test_the_way_back_restores_the_place_on_the_map(visit):
    tour = visit()
    page = tour.open("/?at=14/28.95/118.8745")
    tour.settle()
    page.click(f"#streets a:has-text('{MAIN}')")
    page.wait_for_selector(".strip-row")
    page.click(".gap-row >> nth=1")
    page.wait_for_selector(".card")
    tour.settle()
    assert page.evaluate("map_stations.getZoom()") > 14
    page.go_back()
    page.wait_for_selector(".card", state="detached")
    page.go_back()
    page.wait_for_selector("#overview", state="visible")
    tour.settle()
    assert page.evaluate("map_stations.getZoom()") == 14
    assert page.evaluate("Math.abs(map_stations.getCenter().lng - 118.8745) < 1e-4")
    assert tour.query()["at"].startswith("14/28.95")


def test_a_gap_is_opened_from_the_map(visit):
    tour = visit()
    page = tour.open("/?at=17/28.95/118.8745")
    tour.settle()
    page.mouse.click(*on_map(page, 470, 0))
    page.wait_for_selector(".card")
    assert "gap" in tour.query()
    assert MAIN in page.inner_text("#street-name")


def test_a_station_opens_as_text_whatever_its_name(visit):
    tour = visit()
    page = tour.open("/?at=17/28.9505/118.8765")
    tour.settle()
    page.mouse.click(*on_map(page, 650, 90))
    popup = page.wait_for_selector(".station")
    assert HOSTILE in popup.inner_text()
    assert "有礼亭" in popup.inner_text()
    assert "周一至周五 08:30–17:30" in popup.inner_text()
    assert tour.query()["station"] == "HOSTILE"
    page.click(".leaflet-popup-close-button")
    page.wait_for_selector(".station", state="detached")
    assert "station" not in tour.query()


def test_a_link_to_a_station_leads_to_its_street_and_its_card_fits(visit):
    tour = visit(viewport={"width": 900, "height": 700})
    page = tour.open("/?station=P300")
    page.get_by_role("article", name="有礼点300").wait_for()
    page.wait_for_function("() => map_stations.getZoom() >= 16")
    tour.settle()
    stage, card = page.locator(".folium-map").bounding_box(), page.locator(".leaflet-popup")
    box = card.bounding_box()
    assert stage["y"] <= box["y"]
    assert box["y"] + box["height"] <= stage["y"] + stage["height"]
    assert box["height"] <= 0.6 * stage["height"]
    # what is found may come later, or be much: the card scrolls, and stays on the map
    page.evaluate(
        """() => {
          const more = document.createElement("div");
          more.style.height = "2000px";
          document.querySelector(".leaflet-popup article").append(more);
        }"""
    )
    page.wait_for_timeout(500)
    assert card.bounding_box()["y"] >= stage["y"]
    assert card.bounding_box()["height"] <= 0.6 * stage["height"]
    # a link that names its place shows that place
    tour.open("/?station=P300&at=15/28.95/118.8745")
    page.get_by_role("article", name="有礼点300").wait_for()
    assert page.evaluate("map_stations.getZoom()") == 15


def test_a_street_with_a_hostile_name_is_text_too(visit):
    page = visit().open()
    page.click("#streets a:has-text('onerror')")
    page.wait_for_selector(".strip-row")
    assert HOSTILE in page.inner_text("#street-name")


def test_filters_change_list_map_and_address(visit):
    tour = visit()
    page = tour.open()
    before = painted(page, "gaps")
    page.fill("input[name=q]", "nowhere")
    page.wait_for_selector("#streets-foot .empty")
    tour.settle()
    assert tour.query()["q"] == "nowhere"
    assert rgb(page, "--gap-2") in before
    assert rgb(page, "--gap-2") not in painted(page, "gaps")
    page.click("#streets-foot a")
    page.wait_for_selector("#streets li >> nth=3")
    page.select_option("select[name=class]", "secondary")
    page.wait_for_function("() => document.querySelectorAll('#streets li').length < 4")
    page.select_option("select[name=sort]", "name")
    tour.settle()
    assert tour.query() | {"class": "secondary", "sort": "name"} == tour.query()
    page.reload()
    page.wait_for_function("() => document.querySelectorAll('#streets li').length > 0")
    assert page.input_value("select[name=class]") == "secondary"
    page.click("#language")
    page.wait_for_selector(".headline")
    assert tour.query() | {"class": "secondary", "sort": "name", "lang": "en"} == tour.query()


def test_types_are_hidden_and_shown(visit):
    tour = visit()
    page = tour.open()
    assert rgb(page, "--type-3") in painted(page, "top")
    page.click("#legend summary")
    page.uncheck("input[data-type=point]")
    tour.settle()
    assert tour.query()["hide"] == "point"
    assert rgb(page, "--type-3") not in painted(page, "top")
    page.check("input[data-type=point]")
    tour.settle()
    assert rgb(page, "--type-3") in painted(page, "top")


def test_english_leaves_nothing_behind(visit):
    tour = visit()
    page = tour.open("/?lang=en")
    page.click("details.how summary")
    page.click("#streets a:has-text('Renmin Road')")
    page.wait_for_selector(".strip-row")
    page.click(".gap-row >> nth=0")
    page.wait_for_selector(".card")
    page.click(".card summary")
    tour.settle()
    words = page.inner_text("body") + page.evaluate(
        "[...document.querySelectorAll('[aria-label],[title],[placeholder]')].map((e) =>"
        " [e.ariaLabel, e.title, e.placeholder].join(' ')).join(' ')"
    )
    # names of places, the document and the other language remain
    names = {
        "礼城",
        "中文",
        MAIN,
        "府前街",
        "水亭街",
        "柯城区",
        "衢江区",
        "衢市创建办",
        "号",
        "附件",
        "第一条",
    }
    left = {word.strip("〔〕") for word in CHINESE.findall(words)} - names - {"", "〔"}
    assert left == set()


def test_the_strip_is_walked_with_the_keys_and_the_map_follows(visit):
    tour = visit()
    page = tour.open()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.focus(f"#streets a:has-text('{MAIN}')")
    page.keyboard.press("Enter")
    page.wait_for_selector(".strip")
    page.wait_for_function("() => document.activeElement.id === 'street-name'")
    tour.settle()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('role')") == "slider"
    for _ in range(2):
        page.keyboard.press("PageUp")
    slider = page.locator(".strip")
    assert slider.get_attribute("aria-valuenow") == "200"
    assert "空白路段" in slider.get_attribute("aria-valuetext")
    assert rgb(page, "--chosen") in painted(page, "top")
    page.keyboard.press("End")
    assert slider.get_attribute("aria-valuenow") == slider.get_attribute("aria-valuemax")
    page.keyboard.press("Tab")
    assert "gap-row" in page.evaluate("document.activeElement.className")
    page.keyboard.press("Enter")
    page.wait_for_selector(".card")
    # the reader stays where she was, and goes on into the card
    assert page.evaluate("document.activeElement.getAttribute('aria-expanded')") == "true"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.card') !== null")


def test_the_first_run_ribbon_leads_to_a_gap_and_is_gone_for_good(visit):
    tour = visit()
    page = tour.open()
    page.click("#ribbon-gap")
    page.wait_for_selector(".card")
    page.click("#ribbon-close")
    page.reload()
    page.wait_for_selector(".card")
    assert page.is_hidden("#ribbon")


# -- other places and times ------------------------------------------------------------------


def test_on_a_phone_the_list_is_a_sheet_over_the_map(visit):
    tour = visit(viewport=PHONE, has_touch=True, device_scale_factor=3)
    page = tour.open()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390

    def height():
        page.wait_for_timeout(350)
        return page.locator("#panel").bounding_box()["height"]

    peek = height()
    page.tap("#sheet-handle")
    half = height()
    page.tap("#sheet-handle")
    full = height()
    assert peek < half < full
    page.tap(f"#streets a:has-text('{MAIN}')")
    page.wait_for_selector(".strip-row")
    assert height() == half
    page.tap(".gap-row >> nth=1")
    page.wait_for_selector(".card")
    tour.settle()
    assert on_map(page, 470, 0)[1] < page.locator("#panel").bounding_box()["y"]
    small = page.evaluate(
        """[...document.querySelectorAll("a, button, select, input, summary")]
          .filter((e) => e.checkVisibility() && !e.closest(".legend-row"))
          .filter((e) => !e.classList.contains("skip") && e.offsetHeight < 44)
          .map((e) => e.outerHTML.slice(0, 80))"""
    )
    assert small == []


def test_on_a_phone_a_station_opens_in_the_sheet(visit):
    tour = visit(viewport=PHONE, has_touch=True)
    page = tour.open("/?at=17/28.9505/118.8765")
    tour.settle()
    x, y = on_map(page, 650, 90)
    page.touchscreen.tap(x, y)
    page.wait_for_selector("#station .station")
    assert HOSTILE in page.inner_text("#station")
    tour.settle()
    assert on_map(page, 650, 90)[1] < page.locator("#panel").bounding_box()["y"]
    page.tap("#station button")
    page.wait_for_selector("#station .station", state="detached")
    assert page.is_visible("#overview")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_light_and_dark_follow_the_system(visit, scheme):
    page = visit(color_scheme=scheme).open()
    ground = page.evaluate("getComputedStyle(document.querySelector('.panel')).backgroundColor")
    brightness = sum(map(int, re.findall(r"\d+", ground)[:3])) / 3
    assert (brightness > 200) == (scheme == "light")
    assert rgb(page, "--gap-2") in painted(page, "gaps")


def test_new_data_are_shown_without_a_reload(visit, own_town, tmp_path):  # noqa: F811
    served = serve(own_town.path)
    try:
        tour = visit(served.address)
        page = tour.open()
        assert "空白路段" in page.inner_text(".headline")
        before = page.inner_text(".headline")
        lon, lat = place(820, 5)
        row = {"编号": "NEW", "名称": "新点", "类型": "有礼点", "经度": lon, "纬度": lat}
        own_town.import_file("stations", table(tmp_path / "more.csv", [row]), datum="wgs84")
        page.fill("input[name=q]", MAIN)
        page.wait_for_function(
            "(old) => document.querySelector('.headline').innerText !== old", arg=before
        )
        assert "数据已更新" in page.inner_text("#map-note")
        tour.settle()
    finally:
        served.close()


def test_a_server_that_is_gone_is_said_with_the_next_step(visit, own_town):  # noqa: F811
    served = serve(own_town.path)
    tour = visit(served.address)
    page = tour.open()
    page.route("**/api/v1/**", lambda route: route.abort())
    page.fill("input[name=q]", "路")
    page.wait_for_selector(".failure")
    assert "服务器没有应答" in page.inner_text(".failure")
    page.unroute("**/api/v1/**")
    page.click(".failure button")
    page.wait_for_selector(".failure", state="detached")
    page.wait_for_selector(f"#streets a:has-text('{MAIN}')")
    served.close()
    tour.wrong = [text for text in tour.wrong if "ERR_FAILED" not in text]


def test_a_city_without_streets_says_what_to_do(visit, tmp_path):
    from stationmap.city import City

    City.create(tmp_path / "empty", standard="quzhou-2018", name="空城")
    served = serve(tmp_path / "empty")
    try:
        page = visit(served.address).open()
        assert "还没有道路数据" in page.inner_text("#summary")
        assert "stationmap import osm" in page.inner_text("#summary")
        assert page.is_hidden("#filters")
        assert page.is_hidden("#ribbon")
    finally:
        served.close()


def test_what_is_gone_from_the_data_is_said(visit):
    tour = visit()
    page = tour.open("/?street=330802-gone&station=gone")
    assert "没有这条街道" in page.inner_text("#detail")
    assert "没有这个站点" in page.inner_text("#map-note")
    page.click("#detail a")
    page.wait_for_selector("#overview", state="visible")
    tour.wrong = [text for text in tour.wrong if "404" not in text]


def test_it_prints_without_anything_to_press(visit):
    page = visit().open()
    page.emulate_media(media="print")
    for hidden in ("#filters", "#language", "#whole", ".leaflet-control-zoom"):
        assert page.locator(hidden).first.is_hidden()
    for shown in (".headline", "#streets", ".folium-map"):
        assert page.locator(shown).first.is_visible()
    assert page.pdf(prefer_css_page_size=True)[:4] == b"%PDF"
