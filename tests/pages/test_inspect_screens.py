"""The inspectors' screens in a real Chromium: every control, everybody's eyes, two windows."""

from pathlib import Path

import pytest
from inspect_field import DRAFT, FINISH, PHONE, engine, until
from inspect_hand import CHARGER, UMBRELLA, a_field, answer, line, photograph, submit
from pages_town import HOSTILE, chromium, own_town, town  # noqa: F401

pytestmark = pytest.mark.chromium

HERE = Path(__file__).parent
RULES = (HERE / "accessible.js").read_text(encoding="utf-8")
CONTRAST = (HERE / "contrast.js").read_text(encoding="utf-8")


@pytest.fixture
def field(chromium, own_town, tmp_path):  # noqa: F811
    with a_field(chromium, own_town, tmp_path) as made:
        yield made


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


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1440, "dark")])
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
    [order] = field.register.rows("rectification")
    for name, path, heading in (
        ("list", "#/", "检查"),
        ("again", "#/s/P0", "有礼点0"),
        ("hostile", "#/s/HOSTILE", HOSTILE),
        ("history", "#/h/P0", "有礼点0"),
        ("unsent", "#/out", "本机的检查"),
        ("visit", f"#/v/{visit['id']}", "有礼点0"),
        ("nothing", "#/s/nobody", "本机没有这个站点"),
        ("re-inspection", f"#/o/{order['id']}", "有礼点0"),
    ):
        page.evaluate("(path) => { location.hash = path; }", path)
        page.get_by_role("heading", level=1, name=heading, exact=True).wait_for()
        page.locator("[aria-busy=true]").wait_for(state="detached")
        check(name)
    page.evaluate("location.hash = '#/'")
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


def test_a_visit_without_an_answer_is_not_sent_but_told_what_it_lacks(field):
    page = field.phone(field.inspector()).page("/inspect/#/s/P0")
    page.get_by_label("总体说明").fill("门口积水")
    page.get_by_role("button", name="提交", exact=True).tap()
    page.get_by_text("至少检查一条").wait_for()
    assert page.get_by_role("button", name="确认提交").count() == 0
    page.get_by_role("button", name="关闭").tap()
    answer(page, "visit#1", "met")
    submit(page)
    assert len(field.inspections()) == 1


def test_a_refused_visit_and_a_newer_draft_of_its_station_are_both_at_hand(field):
    page = field.phone(field.inspector()).page()
    first = engine(page, DRAFT, "P0", 0)
    engine(page, "(s, [id]) => s.change(id, (one) => { one.answers.gone = 'met'; })", first)
    engine(page, FINISH, first)
    until(page, "async (store) => (await store.outbox()).find((one) => one.state === 'refused')")
    second = engine(page, DRAFT, "P0", 0)
    engine(page, "(s, [id]) => s.change(id, (one) => { one.note = '第二份'; })", second)
    page.evaluate("location.hash = '#/out'")
    page.locator(f'a[href="#/r/{first}"]').tap()
    shows = "(note) => document.getElementById('visit-note')?.value === note"
    page.get_by_role("button", name="打开修改").tap()
    page.wait_for_function(shows, arg="门口有积水")
    for own, note in ((second, "第二份"), (first, "门口有积水")):
        page.evaluate("location.hash = '#/out'")
        page.locator(f'a[href="#/d/{own}"]').tap()
        page.wait_for_function(shows, arg=note)


def test_what_was_found_stays_to_be_seen_when_the_station_is_anothers_by_now(field):
    page = field.phone(field.inspector()).page("/inspect/#/s/P0")
    draft = engine(page, DRAFT, "P0", 0)
    anothers = {"status": 404, "content_type": "application/json", "body": "{}"}
    page.context.route("**/inspect/visits", lambda route: route.fulfill(**anothers))
    page.context.route("**/inspect/sites/P0", lambda route: route.fulfill(**anothers))
    engine(page, FINISH, draft)
    page.evaluate("(id) => { location.hash = `#/r/${id}`; }", draft)
    page.get_by_role("button", name="打开修改").tap()
    page.wait_for_function("() => document.getElementById('visit-note')?.value === '门口有积水'")
    assert engine(page, "(store) => store.counts()")["drafts"] == 1


def test_what_is_typed_after_another_window_submitted_is_not_dropped_without_a_word(field):
    phone = field.phone(field.inspector())
    page = phone.page("/inspect/#/s/P0")
    answer(page, "visit#1", "met")
    other = phone.page()
    [draft] = engine(other, "(store) => store.drafts()")
    # the pause after which it is kept never comes
    page.evaluate("() => { window.setTimeout = () => 0; }")
    page.get_by_label("总体说明").fill("晚了")
    engine(other, FINISH, draft["id"])
    page.get_by_role("dialog").get_by_text("已经提交").wait_for()
    page.get_by_role("button", name="关闭").tap()
    page.get_by_role("heading", name="提交成功").wait_for()


def test_the_history_shows_what_waits_and_then_what_was_received(field):
    phone = field.phone(field.inspector())
    page, other = phone.page("/inspect/#/h/P0"), phone.page()
    page.get_by_text("从未检查").wait_for()
    field.wire.rule = lambda method, path, n: "before" if method == "POST" and n == 1 else None
    draft = engine(other, DRAFT, "P0", 0)
    engine(other, FINISH, draft)
    page.locator(f'a[href="#/r/{draft}"]').wait_for()
    page.locator(f'a[href="#/v/{draft}"]').wait_for()
    assert page.locator(".i-rows li").count() == 1
