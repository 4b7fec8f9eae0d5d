"""Standards and findings in a real Chromium: what a planner does, by mouse, keyboard and thumb."""

import pytest
from judged_town import ODD, judged, judged_address  # noqa: F401
from pages_town import HOSTILE, address, chromium, place, serve, town  # noqa: F401
from test_browser import DESK, PHONE, on_map, painted, rgb, visit  # noqa: F401

from stationmap.city import City

pytestmark = pytest.mark.chromium

HOSPITALS = "Q-T3:presence"
TARGET = 44


@pytest.fixture
def tour(visit, judged_address):  # noqa: F811
    """Start visits to the judged town."""

    def start(path="/?tab=standards", **options):
        one = visit(judged_address, **options)
        one.open(path)
        return one

    return start


def open_rule(page, key=HOSPITALS):
    page.click(f"[data-rule='{key}']")
    page.wait_for_selector("#findings")


def counted(page):
    """Findings of the hospitals' rule by state, as the server has them."""
    path = f"/api/v1/rules/{HOSPITALS}/findings"
    return page.evaluate(f"() => fetch('{path}').then((r) => r.json()).then((j) => j.counts)")


def test_the_tabs_stand_in_the_address_and_the_way_back_works(tour):
    one = tour("/")
    page = one.page
    assert page.is_visible("#gaps")
    page.click("[data-tab=standards]")
    page.wait_for_selector("[data-rule]")
    assert one.query()["tab"] == "standards"
    assert page.is_hidden("#gaps")
    assert page.get_attribute("[data-tab=standards]", "aria-current") == "page"
    page.click("[data-tab=indicators]")
    assert page.is_visible("#indicators")
    page.go_back()
    page.go_back()
    page.wait_for_selector("#gaps", state="visible")
    assert "tab" not in one.query()


def test_a_rule_shows_its_clause_and_its_findings_shortfalls_first(tour):
    one = tour()
    page = one.page
    row = page.inner_text(f"[data-rule='{HOSPITALS}']")
    found = counted(page)
    assert found["not_met"] == 2
    for said in ("Q-T3", "不符合 2", "符合 1", "约束性"):
        assert said in row.replace("\n", " ")
    assert (f"情况不明 {found['unknown']}" in row.replace("\n", " ")) == (found["unknown"] > 0)
    assert "建议" not in row
    open_rule(page)
    assert page.evaluate("document.activeElement.id") == "rule-name"
    head = page.inner_text("#rules-head")
    assert "衢市创建办〔2018〕6号" in head
    assert "附件3 第一条" in head
    rows = page.locator(".finding")
    assert rows.count() == sum(found.values())
    assert HOSTILE in rows.nth(0).inner_text()
    assert "不符合" in rows.nth(0).inner_text()
    page.click(".rules-head .back")
    page.wait_for_selector(f"[data-rule='{HOSPITALS}']:focus")


def test_why_something_cannot_be_told_is_said_with_the_command_that_mends_it(tour):
    page = tour().page
    page.click(".missing summary")
    assert "stationmap import stations" in page.inner_text(".missing")


def test_findings_are_filtered_and_the_map_with_them(tour):
    one = tour()
    page = one.page
    open_rule(page)
    one.settle()
    assert rgb(page, "--sign-not_met") in painted(page, "findings")
    page.click("[data-state=met]")
    page.wait_for_function("() => document.querySelectorAll('.finding').length === 1")
    one.settle()
    assert one.query()["state"] == "met"
    assert rgb(page, "--sign-not_met") not in painted(page, "findings")
    assert rgb(page, "--sign-met") in painted(page, "findings")
    page.click("[data-state='']")
    page.fill("#rules-form [name=words]", "远处")
    page.wait_for_function("() => document.querySelectorAll('.finding').length === 1")
    page.wait_for_function("() => new URL(location).searchParams.get('words') === '远处'")
    page.fill("#rules-form [name=words]", "nothing so called")
    page.wait_for_selector("#rules-body .empty")
    page.click("#rules-body .empty a")
    every = sum(counted(page).values())
    page.wait_for_function(f"() => document.querySelectorAll('.finding').length === {every}")
    page.select_option("#rules-form [name=district]", "330802")
    page.wait_for_function(
        f"() => document.querySelector('.finding').innerText.includes('{'img'}')"
    )
    assert one.query()["district"] == "330802"


def test_a_finding_takes_the_map_there_and_leads_to_the_facility(tour):
    one = tour("/?tab=standards&at=13/28.95/118.8745")
    page = one.page
    open_rule(page)
    page.click(".finding >> nth=0")
    card = page.wait_for_selector(".leaflet-popup .station")
    one.settle()
    for said in (HOSTILE, "不符合", "附件3 第一条", "标准 Q-T3"):
        assert said in card.inner_text()
    assert page.evaluate("map_stations.getZoom()") >= 16
    x, y = on_map(page, 200, 100)
    box = page.locator("#stage").bounding_box()
    assert box["x"] < x < box["x"] + box["width"]
    assert box["y"] < y < box["y"] + box["height"]
    page.click(".station .btn")
    page.wait_for_function("() => !document.querySelector('.station')?.innerText.includes('查看')")
    assert one.query()["facility"] == ODD
    assert "类别" in page.inner_text(".station")
    page.click(".station .cite a")
    page.wait_for_selector("#rule-name")
    assert one.query()["rule"] == HOSPITALS


def test_a_sign_on_the_map_opens_its_card_as_text(tour):
    one = tour("/?at=17/28.9509/118.8720")
    page = one.page
    one.settle()
    page.mouse.click(*on_map(page, 200, 100))
    card = page.wait_for_selector(".station")
    assert HOSTILE in card.inner_text()
    assert one.query()["facility"] == ODD
    page.click(".leaflet-popup-close-button")
    page.wait_for_selector(".station", state="detached")
    assert "facility" not in one.query()


def test_a_station_tells_what_it_meets_and_why_it_does_not_count(tour):
    page = tour("/?station=HOSTILE").page
    card = page.wait_for_selector(".station").inner_text()
    assert "不计入间距规定：只有有礼点计入" in card
    assert "符合" in card
    assert "情况不明" in card
    assert "附件3 第一条" in card


def test_layers_are_chosen_in_the_legend(tour):
    one = tour("/")
    page = one.page
    one.settle()
    shown = painted(page, "findings")
    assert rgb(page, "--sign-not_met") in shown
    assert rgb(page, "--sign-met") not in shown
    # shut, it hides nothing of the map
    assert page.is_hidden("#legend-body")
    page.click("#legend summary")
    page.check("#legend [data-state=met]")
    one.settle()
    assert one.query()["states"] == "not_met,advised,met"
    assert rgb(page, "--sign-met") in painted(page, "findings")
    for kind in ("presence", "placement", "hierarchy"):
        page.uncheck(f"#legend [data-kind={kind}]")
    one.settle()
    assert set(one.query()["off"].split(",")) == {"presence", "placement", "hierarchy"}
    assert rgb(page, "--sign-not_met") not in painted(page, "findings")
    page.uncheck("#legend [data-kind=spacing]")
    one.settle()
    assert rgb(page, "--gap-2") not in painted(page, "gaps")
    page.reload()
    one.settle()
    assert not page.is_checked("#legend [data-kind=spacing]")
    assert rgb(page, "--gap-2") not in painted(page, "gaps")


def test_a_copied_link_shows_the_same_to_a_colleague(tour, visit, judged_address):  # noqa: F811
    one = tour("/?at=15/28.95/118.8745")
    page = one.page
    page.click("[data-tab=standards]")
    open_rule(page)
    page.click("[data-state=not_met]")
    page.wait_for_function("() => document.querySelectorAll('.finding').length === 2")
    page.click(".finding >> nth=1")
    page.wait_for_selector(".station")
    one.settle()
    page.evaluate(
        "window.copied = null; navigator.clipboard.writeText = async (t) => { copied = t; }"
    )
    button = page.locator("#copy").bounding_box()
    assert min(button["width"], button["height"]) >= TARGET
    page.focus("#copy")
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.querySelector('#copy-said').innerText")
    assert page.inner_text("#copy-said") == "链接已复制"
    link = page.evaluate("copied")
    other = visit(judged_address)
    there = other.open(link.removeprefix(judged_address))
    there.wait_for_selector(".station")
    there.wait_for_function("() => document.querySelectorAll('.finding').length === 2")
    other.settle()
    # a view is laid out in whole pixels: 2 m here
    (mine, at), (theirs, there_at) = ((q, q.pop("at")) for q in (one.query(), other.query()))
    assert theirs == mine
    assert [float(v) for v in there_at.split("/")] == pytest.approx(
        [float(v) for v in at.split("/")], abs=3e-5
    )
    assert there.inner_text(".station") == page.inner_text(".station")
    same = "[map_stations.getZoom(), map_stations.getCenter().lat]"
    assert there.evaluate(same) == pytest.approx(page.evaluate(same), abs=3e-5)
    assert there.get_attribute("[data-state=not_met]", "aria-current") == "true"


def test_it_works_by_keyboard_alone(tour):
    one = tour()
    page = one.page
    page.focus("[data-tab=standards]")
    for _tab in ("plan", "indicators", "first of the list"):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('#rules-head') !== null")
    page.focus(f"[data-rule='{HOSPITALS}']")
    page.keyboard.press("Enter")
    page.wait_for_selector("#rule-name:focus")
    page.focus(".finding")
    page.keyboard.press("Enter")
    page.wait_for_selector(".leaflet-popup .station")
    assert one.query()["finding"].endswith(ODD)


def test_export_offers_the_rule_that_is_open_and_blank_workbooks(tour):
    page = tour().page
    page.click("#rules-head .exports summary")
    links = page.eval_on_selector_all(
        "#rules-head .exports a", "(all) => all.map((a) => a.pathname + a.search)"
    )
    assert "/download/report.docx?lang=zh" in links
    assert "/download/template/stations.xlsx?lang=zh" in links
    assert "/api?lang=zh" in links
    open_rule(page)
    page.click("#rules-head .exports summary")
    with page.expect_download() as download:
        page.click("#rules-head .exports a >> nth=0")
    assert download.value.suggested_filename.startswith("礼城-Q-T3-")
    assert download.value.suggested_filename.endswith(".xlsx")


def test_gaps_are_exported_as_the_filters_show_them(tour):
    page = tour("/?district=330802").page
    page.click("#summary .exports summary")
    with page.expect_download() as download:
        page.click("#summary .exports a >> nth=0")
    assert "district=330802" in download.value.url
    assert download.value.suggested_filename.startswith("礼城-空白路段-")


def test_a_finding_of_a_gap_opens_its_street(tour):
    one = tour("/?tab=standards&rule=Q-S1&state=not_met")
    page = one.page
    page.click(".finding >> nth=0")
    # by the keyboard: the map is still on its way there, and its popup with it
    page.focus(".leaflet-popup .station .btn")
    page.keyboard.press("Enter")
    page.wait_for_selector("#street-name")
    page.wait_for_selector(".leaflet-popup", state="detached")
    asked = one.query()
    assert asked["street"]
    assert asked["gap"]
    assert "finding" not in asked


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_on_a_phone_it_is_a_sheet_for_the_thumb(tour, lang):
    one = tour(f"/?tab=standards&lang={lang}", viewport=PHONE, has_touch=True)
    page = one.page
    page.tap("#sheet-handle")
    page.tap("#sheet-handle")
    open_rule(page)
    page.wait_for_timeout(350)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    wide = page.evaluate(
        "[...document.querySelectorAll('#panel *')].filter((e) => !e.closest('.visually-hidden') &&"
        " e.getBoundingClientRect().right > innerWidth + 1).map((e) => e.className)"
    )
    assert wide == []
    small = page.evaluate(
        """[...document.querySelectorAll("#panel a, #panel button, #panel select, #panel input,"
           + "#panel summary, #copy")]
        .filter((e) => e.offsetParent && !e.closest("p")).filter((e) => {
          const { width, height } = e.getBoundingClientRect();
          return width < 44 || height < 44;
        }).map((e) => e.outerHTML.slice(0, 80))"""
    )
    assert small == []
    page.tap(".finding >> nth=0")
    page.wait_for_selector("#station .station")
    one.settle()
    assert HOSTILE in page.inner_text("#station")
    assert on_map(page, 200, 100)[1] < page.locator("#panel").bounding_box()["y"]


def test_english_leaves_no_sentence_behind(tour):
    page = tour("/?tab=standards&lang=en").page
    open_rule(page)
    words = page.inner_text("#standards")
    for sentence in ("All rules", "binding", "Not met", "has no Courtesy Post"):
        assert sentence in words
    for chinese in ("符合", "情况不明", "约束", "导出"):
        assert chinese not in words


def test_what_is_gone_is_said(tour):
    one = tour("/?tab=standards&rule=NONE&finding=Q-T3/none")
    page = one.page
    page.wait_for_selector(".failure")
    assert "没有这一条" in page.inner_text(".failure")
    assert "没有这条结果" in page.inner_text("#map-note")
    page.click(".rules-head .back")
    page.wait_for_selector("[data-rule]")
    one.wrong = [text for text in one.wrong if "404" not in text]


def test_a_standard_without_gaps_opens_with_its_rules(visit, tmp_path):  # noqa: F811
    City.create(tmp_path / "other", standard="ordos-2018", name="别城")
    served = serve(tmp_path / "other")
    try:
        page = visit(served.address).open()
        page.wait_for_selector("[data-rule]")
        page.click("[data-tab=gaps]")
        page.wait_for_selector("#summary .empty")
        assert "没有间距要求" in page.inner_text("#summary")
        assert page.is_hidden("#filters")
        assert page.is_hidden("#streets .bones >> nth=0")
        page.click("#summary .empty a")
        page.wait_for_selector("[data-rule]", state="visible")
    finally:
        served.close()


def test_the_headline_follows_the_filters(tour):
    one = tour("/")
    page = one.page
    before = page.inner_text(".headline")
    page.select_option("#filters [name=class]", "commercial")
    page.wait_for_function(
        "(old) => document.querySelector('.headline').innerText !== old", arg=before
    )
    assert page.inner_text(".headline").startswith("商业街临街店面")
    assert "筛选范围内" in page.inner_text("#summary")
