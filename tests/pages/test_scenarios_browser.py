"""Scenarios in a real Chromium: list, one, side by side with maps that move as one, adopting."""

import datetime as dt
import re
import uuid
from pathlib import Path

import pytest
import signed_in
from pages_town import chromium, own_town, place, serve, town  # noqa: F401

from stationmap.city import scenarios
from web.app import create_app

pytestmark = pytest.mark.chromium

HERE = Path(__file__).parent
RULES = (HERE / "accessible.js").read_text(encoding="utf-8")
CONTRAST = (HERE / "contrast.js").read_text(encoding="utf-8")
SCALES = "[...document.querySelectorAll('.leaflet-control-scale-line')].map((e) => e.textContent)"


def kept(city, name, *changes):
    found, _ = scenarios.save(
        city.register,
        city.now(),
        name=name,
        changes=list(changes),
        action=str(uuid.uuid4()),
        by="cli",
        now=dt.datetime.now(dt.UTC),
    )
    return found.id


def new(number, x):
    lon, lat = place(x, 5)
    return {"station_id": f"new-{number}", "lon": lon, "lat": lat, "type": "point"}


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1440, "dark")])
def test_from_the_list_to_the_comparison_and_the_adoption(chromium, own_town, width, scheme):  # noqa: F811
    first = kept(own_town, "甲案", new(1, 190), {"station_id": "P80", "status": "closed"})
    second = kept(own_town, "乙案", new(1, 190), new(2, 240), new(3, 81))
    client, running = signed_in.client(create_app(own_town.path)), serve(own_town.path)
    context = chromium.new_context(
        viewport={"width": width, "height": 900},
        base_url=running.address,
        color_scheme=scheme,
        locale="zh-CN",
    )
    context.add_cookies([signed_in.cookie(client, running.address)])
    page, wrong = context.new_page(), []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)

    def fine():
        assert page.evaluate(RULES) == []
        assert page.evaluate(CONTRAST) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width

    page.goto("/plans")
    fine()
    page.get_by_role("button", name="并排比较").click()
    page.locator("#map_other .scenario-pin").first.wait_for()
    pins = [page.locator(f"{box} .scenario-pin").count() for box in ("#map_stations", "#map_other")]
    assert pins == [2, 3]
    fine()
    was = page.evaluate(SCALES)
    page.locator("#map_stations .leaflet-control-zoom-out").click()
    for box in ("#map_stations", "#map_other"):  # both, not only the one asked
        scale = page.locator(f"{box} .leaflet-control-scale-line")
        scale.filter(has_not_text=was[0]).wait_for()
    assert len(set(page.evaluate(SCALES))) == 1
    page.goto(f"/plans/{first}")
    page.locator(".scenario-pin.is-closed:not(.demo)").wait_for()
    fine()
    page.goto(f"/plans/{second}/adopt")
    fine()
    assert page.locator("input[name=take]:checked").count() == 2
    page.get_by_role("button", name="把勾选的列入拟建").click()
    page.get_by_text("新增拟建站点 2 个").wait_for()
    fine()
    page.get_by_role("button", name="撤销").first.click()
    page.wait_for_url(re.compile(second))
    assert own_town.register.rows("station", source=f"scenario:{second}") == []
    assert wrong == []
    context.close()
    running.close()
