"""Every page of the administrators in Chromium: names, targets, headings, contrast, the focus."""

import uuid
from pathlib import Path

import pytest
from locate_town import EAST, make
from pages_town import chromium, place, serve, table  # noqa: F401 - a fixture
from pages_town import make as make_town
from signed_in import client, cookie

from stationmap.store import Change
from web.app import create_app

pytestmark = pytest.mark.chromium

HERE = Path(__file__).parent
RULES = (HERE / "accessible.js").read_text(encoding="utf-8")
CONTRAST = (HERE / "contrast.js").read_text(encoding="utf-8")
PAGES = {
    "city": (
        "/manage/stations",
        "/manage/stations/edit?id=P0",
        "/manage/stations/edit?id=L2",
        "/manage/stations/new",
        "/manage/stations/contact?id=P0",
        "/manage/stations/history?id=P0",
        "/manage/stations/changes",
        "/manage/stations/duplicates",
        "/manage/import",
        "/manage/locate",
        "/manage/locate/station?id=L2",
        "/manage/locate/station?id=L6",
        "/manage/locate/exact",
        "/manage/stations/merge?keep=P0",
        "/manage/stations/merge?keep=P0&drop=P40",
        "/manage/applications",
        "/home",
        "/manage/accounts",
        "/manage/accounts/new",
        "/manage/audit",
        "/account",
        "/manage/stations/edit?id=nobody",
    ),
    "unit": ("/home", "/home/stations/P0", "/home/applications/new", "/home/closures/new"),
    "": ("/login",),
}
EVERY = [(who, path) for who, paths in PAGES.items() for path in paths]
FOCUS = """() => {
  const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(document.activeElement);
  const ringed = (outlineStyle !== "none" && parseFloat(outlineWidth) > 0) || boxShadow !== "none";
  return [document.activeElement.outerHTML.slice(0, 120), ringed];
}"""


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("accessible")
    city = make(make_town(folder).path, folder)
    unit = {"name": "某街道办事处", "adcode": EAST}
    owned = Change("station", "P0", {"unit_id": "U1", "unit": unit["name"]})
    action = "7d0b3b5e-3a59-4c4b-9f0e-222222222222"
    city.register.write([Change("unit", "U1", unit), owned], action=action, by="cli", kind="edit")
    app = create_app(city.path)
    running = serve(city.path)
    people = {
        "city": cookie(client(app, role="city"), running.address),
        "unit": cookie(client(app, role="unit", unit_id="U1", adcode=EAST), running.address),
    }
    yield running.address, people, city
    running.close()
    city.register.close()


@pytest.fixture(scope="module")
def pages(served, chromium):  # noqa: F811 - pytest fills it in
    """One page for each person, window and palette."""
    address, people, _ = served
    made = {}

    def page(who, width, scheme):
        if (who, width, scheme) not in made:
            context = chromium.new_context(
                viewport={"width": width, "height": 900}, base_url=address, color_scheme=scheme
            )
            if who:
                context.add_cookies([people[who]])
            made[who, width, scheme] = context.new_page()
        return made[who, width, scheme]

    yield page
    for one in made.values():
        one.context.close()


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1440, "dark")])
@pytest.mark.parametrize(("who", "path"), EVERY)
def test_page(pages, who, path, width, scheme):
    page = pages(who, width, scheme)
    page.goto(path, wait_until="load")
    assert page.evaluate(RULES) == []
    assert page.evaluate(CONTRAST) == []


@pytest.mark.parametrize("path", ["/manage/locate/station?id=L2", "/manage/stations/edit?id=P0"])
def test_the_focus_is_seen_wherever_it_goes(pages, path):
    page = pages("city", 1440, "light")
    page.goto(path, wait_until="load")
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        element, ringed = page.evaluate(FOCUS)
        if element.startswith("<body"):
            break
        assert ringed, element
        reached.add(element)
    assert len(reached) > 15


def test_what_is_wrong_with_a_form_has_the_focus(pages):
    page = pages("city", 390, "light")
    page.goto("/manage/accounts/new")
    page.fill("[name=name]", "a")
    page.select_option("[name=role]", "city")
    page.locator("main button[type=submit]").click()
    page.locator(".form-wrong").wait_for()
    page.wait_for_function("() => document.activeElement.classList.contains('form-wrong')")


def test_the_present_place_is_in_view_and_the_menu_closes(pages):
    page = pages("city", 390, "light")
    page.goto("/manage/audit", wait_until="load")
    left, right = page.evaluate(
        """() => {
          const at = document.querySelector(".manage-nav [aria-current]").getBoundingClientRect();
          return [at.left, at.right];
        }"""
    )
    assert 0 <= left < right <= 390
    page.locator(".account-menu summary").click()
    assert page.locator(".account-panel").is_visible()
    page.keyboard.press("Escape")
    assert page.locator(".account-panel").is_hidden()


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1440, "dark")])
def test_each_step_of_an_import(pages, tmp_path, width, scheme):
    page = pages("city", width, scheme)

    def look():
        assert page.evaluate(RULES) == []
        assert page.evaluate(CONTRAST) == []

    rows = [
        {"编号": f"N{k}", "名称": f"新点{k}", "类型": "有礼点", "经度": lon, "纬度": lat}
        for k, (lon, lat) in enumerate(place(90 * k, 5) for k in range(8))
    ]
    rows += [{"编号": "N9", "名称": "新点9", "经度": "东", "纬度": ""}, {"编号": "N9"}]
    page.goto("/manage/import")
    page.set_input_files("#file", table(tmp_path / f"新{width}.csv", rows))
    page.locator("form[enctype] button[type=submit]").click()
    page.wait_for_url("**/columns")
    look()
    page.locator("input[name=datum][value=wgs84]").check()
    page.locator(".import-foot .btn-accent").click()
    page.wait_for_url("**/rows")
    look()
    page.locator(".import-foot .btn-accent").click()
    page.wait_for_url("**/done")
    look()


def test_two_versions_side_by_side(pages, served):
    register = served[2].register
    for width, scheme in ((390, "light"), (1440, "dark")):
        page = pages("city", width, scheme)
        page.goto("/manage/stations/edit?id=P40")
        change = Change("station", "P40", {"address": f"新地址 {width}"})
        register.write([change], action=str(uuid.uuid4()), by="cli", kind="edit")
        page.fill("[name=address]", f"我的地址 {width}")
        page.locator(".station-save button").click()
        page.get_by_text("我的地址").first.wait_for()
        assert page.evaluate(RULES) == []
        assert page.evaluate(CONTRAST) == []
