"""Supervision in a real Chromium: a draw, its rounds on the map, the table; phone and desk."""

from pathlib import Path

import pytest
import signed_in
from pages_town import chromium, make, serve  # noqa: F401

from web.app import create_app

pytestmark = pytest.mark.chromium

HERE = Path(__file__).parent
RULES = (HERE / "accessible.js").read_text(encoding="utf-8")
CONTRAST = (HERE / "contrast.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    city = make(tmp_path_factory.mktemp("supervised"))
    app = create_app(city.path)
    signed_in.account(city.register, role="inspector", name="检查员甲")
    running = serve(city.path)
    yield running.address, signed_in.client(app)
    running.close()


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1440, "dark")])
def test_from_the_draw_to_the_round_on_the_map(chromium, served, width, scheme):  # noqa: F811
    address, client = served
    context = chromium.new_context(
        viewport={"width": width, "height": 900},
        base_url=address,
        color_scheme=scheme,
        locale="zh-CN",
    )
    context.add_cookies([signed_in.cookie(client, address)])
    page, wrong = context.new_page(), []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)

    def fine():
        assert page.evaluate(RULES) == []
        assert page.evaluate(CONTRAST) == []

    page.goto("/manage/supervision")
    fine()
    page.locator("summary", has_text="风险分值").click()
    fine()
    page.fill("#size", "7")
    page.get_by_role("button", name="现在抽取").click()
    pins = page.locator(".leaflet-container .round-pin")
    # one of the seven has no place yet
    pins.nth(5).wait_for()
    assert pins.count() == 6
    fine()
    page.fill("#most", "3")
    page.get_by_label("检查员甲").check()
    page.get_by_role("button", name="编排路线").click()
    page.locator("article.round").first.wait_for()
    assert page.locator("article.round").count() == 3
    pins.nth(5).wait_for()
    assert sorted(pins.all_text_contents()) == ["1", "1", "2", "2", "3", "3"]
    assert (
        page.locator("article.round select").first.evaluate("e => e.selectedOptions[0].textContent")
        == "检查员甲"
    )
    fine()
    for place in ("table", "table?by=unit", "good", "good?list=demonstration"):
        page.goto(f"/manage/supervision/{place}")
        fine()
    assert wrong == []
    context.close()
