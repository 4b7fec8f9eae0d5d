"""The inspectors' screens in a real Chromium, on a phone: from the map to the closed order."""

import re
import uuid

import pytest
import signed_in
from inspect_hand import (
    CHARGER,
    SIGN,
    UMBRELLA,
    UNIT,
    WEST,
    a_field,
    answer,
    drawn,
    line,
    photograph,
    picture,
    submit,
)
from pages_town import chromium, own_town, place, town  # noqa: F401

from stationmap.inspections import Checklist
from stationmap.store import Change

pytestmark = pytest.mark.chromium


@pytest.fixture
def field(chromium, own_town, tmp_path):  # noqa: F811
    with a_field(chromium, own_town, tmp_path) as made:
        yield made


def test_from_the_map_to_the_closed_order(field):
    phone = field.phone(field.inspector())
    page = phone.context.new_page()
    page.on("pageerror", lambda error: phone.wrong.append(error.stack))
    lon, lat = place(0, 5)
    with page.expect_response("**/api/v1/map/stations?*"):
        page.goto(f"{field.address}/?at=17/{lat}/{lon}")
    page.wait_for_selector("#streets a")
    point = page.evaluate(
        """([lon, lat]) => {
          const { x, y } = map_stations.latLngToContainerPoint([lat, lon]);
          const box = map_stations.getContainer().getBoundingClientRect();
          return [x + box.x, y + box.y];
        }""",
        [lon, lat],
    )
    # two taps: the station, and its checklist
    page.touchscreen.tap(*point)
    page.get_by_role("link", name="开始检查").tap()
    page.get_by_role("heading", name="有礼点0", exact=True).wait_for()
    assert page.get_by_text("从未检查").is_visible()

    for key in ("visit#1", "visit#2", "Q-C8#3", "Q-C8#4", "Q-C8#5", SIGN):
        answer(page, key, "met")
    for key in (UMBRELLA, CHARGER):
        answer(page, key, "not_met")
    photograph(page, UMBRELLA, "red", "orange")
    photograph(page, CHARGER, "purple")
    assert drawn(page, UMBRELLA) == 2
    line(page, UMBRELLA).get_by_role("button", name="备注").tap()
    page.keyboard.type("伞架是空的")
    assert page.get_by_text("8/8").is_visible()
    page.get_by_role("button", name="提交", exact=True).tap()
    sheet = page.get_by_role("dialog")
    assert sheet.get_by_role("switch").is_checked(), "the order is proposed"
    told = sheet.inner_text()
    assert UNIT in told
    assert "柯城区民政局" in told
    assert sheet.locator("input[type=checkbox].form-check-input:checked").count() == 2
    page.get_by_role("button", name="确认提交").tap()
    page.get_by_role("heading", name="提交成功").wait_for()
    assert "已开整改单" in page.inner_text("#main")
    page.get_by_role("link", name="看整改单").tap()
    page.wait_for_url("**/manage/orders/*")

    [visit] = field.inspections()
    [order] = field.register.rows("rectification")
    assert order["lines"] == [UMBRELLA, CHARGER]
    assert order["unit_id"] == "U1"
    assert visit["details"]["notes"] == {UMBRELLA: "伞架是空的"}
    assert len(field.photos()) == 3

    unit = signed_in.account(field.register, role="unit", unit_id="U1", adcode=WEST)
    theirs = field.phone(unit).context.new_page()
    theirs.goto(f"{field.address}/manage/orders/{order['id']}")
    theirs.locator("[name=answer]").fill("已补齐雨伞，充电座已修好")
    theirs.locator(f'input[name="photo:{UMBRELLA}"]').set_input_files(picture("green"))
    theirs.get_by_role("button", name="提交反馈").tap()
    theirs.get_by_text("已反馈待复查").first.wait_for()
    assert field.register.get("rectification", order["id"])["state"] == "answered"

    page = phone.page()
    page.get_by_role("link", name="有礼点0").tap()
    page.get_by_text("已补齐雨伞，充电座已修好").wait_for()
    assert page.locator(".i-line").count() == 2, "what failed, and nothing else"
    assert drawn(page, UMBRELLA) == 2, "as it was found"
    old = line(page, UMBRELLA).locator("figure >> nth=0")
    new = line(page, UMBRELLA).locator("figure >> nth=1")
    assert old.bounding_box()["x"] < new.bounding_box()["x"]
    new.locator("input[capture]").set_input_files(picture("blue"))
    new.locator(".i-thumb").wait_for()
    for key in (UMBRELLA, CHARGER):
        answer(page, key, "met")
    submit(page)
    assert "已销号" in page.inner_text("#main")
    assert "未查全" not in page.inner_text("#main"), "the rest was not asked"
    closed = field.register.get("rectification", order["id"])
    assert closed["state"] == "closed"
    assert closed["closed_by"] == next(
        row["id"] for row in field.inspections() if row["id"] != visit["id"]
    )


def test_a_re_inspection_that_fails_returns_the_order(field):
    page = field.phone(field.inspector()).page("/inspect/#/s/P0")
    answer(page, UMBRELLA, "not_met")
    photograph(page, UMBRELLA, "red")
    submit(page)
    page.goto(f"{field.address}/inspect/#/s/P0")
    page.get_by_role("link", name="复查").tap()
    answer(page, UMBRELLA, "not_met")
    page.get_by_role("button", name="提交", exact=True).tap()
    assert page.get_by_role("dialog").get_by_role("switch").count() == 0, "no order of an order"
    page.get_by_role("button", name="确认提交").tap()
    page.get_by_role("heading", name="提交成功").wait_for()
    assert "退回整改" in page.inner_text("#main")
    [order] = field.register.rows("rectification")
    assert order["state"] == "returned"
    # what was ordered is still seen as it was then, though the last visit took no photo
    page.goto(f"{field.address}/inspect/#/o/{order['id']}/P0")
    line(page, UMBRELLA).wait_for()
    assert drawn(page, UMBRELLA) == 1


def test_an_order_is_decided_in_the_words_in_which_it_was_given(field):
    phone = field.phone(field.inspector())
    page = phone.page("/inspect/#/s/P0")
    answer(page, SIGN, "not_met")
    submit(page)
    [order] = field.register.rows("rectification")
    # the checklist has another edition by now, and the station is of a type that is not asked this
    former = field.register.get("checklist", order["checklist"])["content"] | {"edition": "former"}
    own = Checklist.of_content(former).id
    edition = {"pack": former["pack"], "edition": "former", "content": former}
    changes = [
        Change("checklist", own, edition),
        Change("rectification", order["id"], {"checklist": own}),
        Change("station", "P0", {"type": "post"}),
    ]
    field.register.write(changes, action=str(uuid.uuid4()), by="cli", kind="edit")
    page = phone.page(f"/inspect/#/o/{order['id']}/P0")
    answer(page, SIGN, "met")
    submit(page)
    assert "已销号" in page.inner_text("#main")
    assert field.register.get("rectification", order["id"])["state"] == "closed"


def test_same_as_last_time_is_said_line_by_line(field):
    page = field.phone(field.inspector()).page("/inspect/#/s/P0")
    answer(page, UMBRELLA, "not_met")
    answer(page, CHARGER, "met")
    photograph(page, UMBRELLA, "red")
    submit(page)
    page.goto(f"{field.address}/inspect/#/s/P0")
    again = page.get_by_role("button", name=re.compile("同上次"))
    again.first.wait_for()
    assert again.count() == 2, "lines that were looked at, and no button for all"
    last = line(page, UMBRELLA).locator(".i-last")
    assert "不符合" in last.inner_text()
    assert last.locator("img").count() == 1
    line(page, UMBRELLA).get_by_role("button", name="同上次").tap()
    line(page, CHARGER).get_by_role("button", name="同上次").tap()
    assert line(page, UMBRELLA).get_by_role("radio", name="不符合").is_checked()
    # looked again, and found otherwise
    answer(page, CHARGER, "not_met")
    page.get_by_role("button", name="提交", exact=True).tap()
    # the line of the open order is not ordered twice
    ticks = page.get_by_role("dialog").locator("input.form-check-input")
    assert ticks.evaluate_all("(all) => all.map((one) => [one.checked, one.disabled])") == [
        [False, True],
        [True, False],
    ]
    page.get_by_role("button", name="确认提交").tap()
    page.get_by_role("heading", name="提交成功").wait_for()
    second = max(field.inspections(), key=lambda row: row["seq"])
    assert second["details"]["same"] == [UMBRELLA]
    assert sorted(row["lines"] for row in field.register.rows("rectification")) == [
        [UMBRELLA],
        [CHARGER],
    ]


def test_a_newer_visit_of_somebody_else_is_shown_and_both_are_kept(field):
    mine = field.phone(field.inspector()).page("/inspect/#/s/P0")
    answer(mine, "visit#1", "met")
    theirs = field.phone(field.inspector()).page("/inspect/#/s/P0")
    answer(theirs, "visit#1", "not_met")
    submit(theirs)
    mine.reload()
    mine.get_by_text("您开始填写后").wait_for()
    assert line(mine, "visit#1").get_by_role("radio", name="符合", exact=True).is_checked()
    submit(mine)
    assert "其间他人的检查" in mine.inner_text("#main")
    assert len(field.inspections()) == 2


def test_a_unit_checks_itself_without_an_order(field):
    unit = signed_in.account(field.register, role="unit", unit_id="U1", adcode=WEST)
    page = field.phone(unit).page("/inspect/#/s/P0")
    answer(page, UMBRELLA, "not_met")
    assert page.locator(".i-kinds").count() == 0
    page.get_by_role("button", name="提交", exact=True).tap()
    sheet = page.get_by_role("dialog")
    assert "单位自查" in sheet.inner_text()
    assert sheet.get_by_role("switch").count() == 0
    page.get_by_role("button", name="确认提交").tap()
    page.get_by_role("heading", name="提交成功").wait_for()
    assert [row["visit"] for row in field.inspections()] == ["self"]
    assert field.register.rows("rectification") == []
