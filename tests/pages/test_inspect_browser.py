"""The inspectors' screens in a real Chromium, on a phone: from the map to the closed order."""

import io
import re
import uuid
from pathlib import Path

import pytest
import signed_in
from inspect_field import PHONE, Field, engine
from pages_town import HOSTILE, chromium, own_town, place, table, town  # noqa: F401
from PIL import Image

from stationmap.store import Change

pytestmark = pytest.mark.chromium

HERE = Path(__file__).parent
RULES = (HERE / "accessible.js").read_text(encoding="utf-8")
CONTRAST = (HERE / "contrast.js").read_text(encoding="utf-8")
WEST, UNIT = "330802", "某街道办事处"
UMBRELLA, CHARGER, SIGN = "Q-C8#1", "Q-C8#2", "Q-C9#1"


@pytest.fixture
def field(chromium, own_town, tmp_path):  # noqa: F811
    rows = [{"编号": "U1", "名称": UNIT, "所属区县": WEST}]
    own_town.import_file("units", table(tmp_path / "units.csv", rows))
    made = Field(chromium, own_town)
    owned = Change("station", "P0", {"unit_id": "U1", "supervising_unit": "柯城区民政局"})
    made.register.write([owned], action=str(uuid.uuid4()), by="cli", kind="edit")
    yield made
    made.close()
    assert [one for phone in made.phones for one in phone.wrong] == []


def picture(colour):
    """A photo of one colour, as a camera hands it over."""
    stream = io.BytesIO()
    Image.new("RGB", (800, 600), colour).save(stream, "JPEG")
    return {"name": f"{colour}.jpg", "mimeType": "image/jpeg", "buffer": stream.getvalue()}


def line(page, key):
    """The card of a line."""
    return page.locator(f'[id="line-{key}"]')


def answer(page, key, state):
    """Put the switch of a line to a state."""
    line(page, key).locator(f".i-switch label.is-{state}").tap()


def photograph(page, key, *colours):
    """Take photos of a line, one after the other."""
    for colour in colours:
        before = line(page, key).locator(".i-thumb").count()
        line(page, key).locator("input[capture]").set_input_files(picture(colour))
        line(page, key).locator(f".i-thumb >> nth={before}").wait_for()


def drawn(page, key):
    """How many pictures of a line are on the screen, and not only their frames."""
    return (
        line(page, key)
        .locator(".i-thumb img")
        .evaluate_all(
            "(all) => Promise.all(all.map((one) => one.decode().then(() => one.naturalWidth > 0)))"
            ".then((drawn) => drawn.filter(Boolean).length)"
        )
    )


def submit(page):
    """Press the button of the foot, and the one of the sheet that comes up."""
    page.get_by_role("button", name="提交", exact=True).tap()
    page.get_by_role("button", name="确认提交").tap()
    page.get_by_role("heading", name="提交成功").wait_for()


def test_from_the_map_to_the_closed_order(field):
    phone = field.phone(field.inspector())
    page = phone.context.new_page()
    page.on("pageerror", lambda error: phone.wrong.append(error.stack))
    lon, lat = place(0, 5)
    page.goto(f"{field.address}/?at=17/{lat}/{lon}")
    page.wait_for_load_state("networkidle")
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
    closed = field.register.get("rectification", order["id"])
    assert closed["state"] == "closed"
    assert closed["closed_by"] == next(
        row["id"] for row in field.inspections() if row["id"] != visit["id"]
    )


def test_a_re_inspection_that_fails_returns_the_order(field):
    page = field.phone(field.inspector()).page("/inspect/#/s/P0")
    answer(page, UMBRELLA, "not_met")
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


def test_two_windows_show_one_draft_and_what_became_of_it(field):
    phone = field.phone(field.inspector())
    one, other = phone.page("/inspect/#/s/P0"), phone.page("/inspect/#/s/P0")
    answer(one, "visit#1", "met")
    other.get_by_text("1/8").wait_for()
    assert line(other, "visit#1").get_by_role("radio", name="符合", exact=True).is_checked()
    answer(other, UMBRELLA, "not_met")
    one.get_by_text("2/8").wait_for()
    submit(one)
    other.get_by_role("heading", name="提交成功").wait_for()
    assert len(field.inspections()) == 1


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
    assert "同日他人的检查" in mine.inner_text("#main")
    assert len(field.inspections()) == 2


def test_supplies_signature_and_the_kinds_of_visit(field):
    page = field.phone(field.inspector()).page("/inspect/#/s/P0")
    more = page.get_by_role("button", name="加一：雨伞")
    for _ in range(3):
        more.tap()
    page.get_by_role("button", name="减一：雨伞").tap()
    page.locator(".i-supply >> nth=0").get_by_text("完好").tap()
    page.get_by_label("总体说明").fill("门口积水")
    page.get_by_role("button", name="签字", exact=True).tap()
    done = page.get_by_role("button", name="完成")
    assert done.is_disabled(), "an empty sheet is no signature"
    box = page.locator("canvas.i-sheet").bounding_box()
    page.mouse.move(box["x"] + 40, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + 120, steps=4)
    page.mouse.up()
    done.tap()
    page.get_by_role("button", name="重新签字").wait_for()
    page.get_by_label("签字人职务").fill("值班站长")
    answer(page, "visit#1", "met")
    # nobody signs for a visit that was not announced
    page.locator(".i-kinds").get_by_text("暗访").tap()
    page.get_by_role("button", name="重新签字").wait_for(state="hidden")
    page.locator(".i-kinds").get_by_text("督查").tap()
    page.get_by_role("button", name="重新签字").wait_for()
    page.get_by_label("签字人职务").fill("值班站长")
    submit(page)
    [visit] = field.inspections()
    assert visit["visit"] == "supervision"
    assert visit["details"]["supplies"]["umbrella"] == {"count": 2, "condition": "good"}
    assert visit["details"]["note"] == "门口积水"
    assert visit["details"]["signed_post"] == "值班站长"
    assert set(field.photos()) == {visit["details"]["signature"]}


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


def test_nothing_lies_under_the_foot_and_nothing_moves_under_the_thumb(field):
    page = field.phone(field.inspector()).page("/inspect/#/s/P0")
    line(page, UMBRELLA).scroll_into_view_if_needed()
    place_of = f"""() => document.getElementById("line-{CHARGER}").getBoundingClientRect().top"""
    before = page.evaluate(place_of)
    answer(page, UMBRELLA, "met")
    page.get_by_text("1/8").wait_for()
    page.get_by_text("未提交 1").wait_for()
    assert page.evaluate(place_of) == pytest.approx(before, abs=1)
    page.evaluate("document.documentElement.style.scrollBehavior = 'auto'")
    page.locator("h1").focus()
    hidden = []
    for _ in range(70):
        page.keyboard.press("Tab")
        hidden += page.evaluate(
            """() => {
              const one = document.activeElement;
              if (!one.closest(".i-body")) return [];
              const shown = (one.labels?.[0] ?? one).getBoundingClientRect();
              const foot = document.querySelector(".i-foot").getBoundingClientRect();
              const head = document.querySelector(".i-fixed").getBoundingClientRect();
              const free = shown.bottom <= foot.top + 1 && shown.top >= head.bottom - 1;
              return free ? [] : [one.outerHTML.slice(0, 120)];
            }"""
        )
    assert hidden == []


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (390, "dark"), (1440, "light")])
def test_each_screen_can_be_read_and_touched_by_everybody(field, width, scheme):
    own = field.inspector(adcode="")
    phone = field.phone(own)
    page = phone.page("/inspect/#/s/P0")
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({**PHONE, "width": width})

    def check(what):
        assert (what, page.evaluate(RULES)) == (what, [])
        assert (what, page.evaluate(CONTRAST)) == (what, [])

    answer(page, UMBRELLA, "not_met")
    answer(page, "visit#2", "not_applicable")
    photograph(page, UMBRELLA, "red")
    check("form")
    page.get_by_role("button", name="提交", exact=True).tap()
    check("review")
    page.get_by_role("button", name="确认提交").tap()
    page.get_by_role("heading", name="提交成功").wait_for()
    check("receipt")
    [visit] = field.inspections()
    for name, path in {
        "list": "#/",
        "again": "#/s/P0",
        "hostile": "#/s/HOSTILE",
        "history": "#/h/P0",
        "visit": f"#/v/{visit['id']}",
        "re-inspection": f"#/o/{field.register.rows('rectification')[0]['id']}",
        "unsent": "#/out",
        "nothing": "#/s/nobody",
    }.items():
        page.goto("about:blank")
        page.goto(f"{field.address}/inspect/{path}")
        page.wait_for_load_state("networkidle")
        page.locator(".i-screen h1").wait_for()
        check(name)
    page.goto(f"{field.address}/inspect/#/")
    page.get_by_role("button", name="全部").first.click()
    page.get_by_text(HOSTILE).first.wait_for()
    check("all")
    assert page.evaluate("window.hit") is None


def test_a_draft_is_discarded_only_when_asked_twice(field):
    page = field.phone(field.inspector()).page("/inspect/#/s/P0")
    answer(page, UMBRELLA, "met")
    page.get_by_text("未提交 1").wait_for()
    page.get_by_role("button", name="放弃本次检查").tap()
    page.get_by_role("button", name="保留").tap()
    assert engine(page, "(store) => store.counts()")["drafts"] == 1
    page.get_by_role("button", name="放弃本次检查").tap()
    page.get_by_role("dialog").get_by_role("button", name="放弃本次检查").tap()
    page.get_by_role("heading", name="检查", exact=True).wait_for()
    assert engine(page, "(store) => store.counts()")["drafts"] == 0
