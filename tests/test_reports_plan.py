"""The report of a plan: what it counts and says; nothing in it is lost, run or put to shame."""

import io
import re
import struct
import subprocess
from dataclasses import replace
from shutil import which

import pandas as pd
import pytest
import shapely
from conftest import need
from docx import Document
from openpyxl import load_workbook
from plan_builder import NASTY, dossier, plan

from stationmap import reports
from stationmap.errors import InputError
from stationmap.messages import render
from stationmap.reports import content, plan_maps
from stationmap.reports.plan import ROWS, plan_report
from stationmap.reports.plan_files import workbook
from stationmap.reports.plan_places import Places
from stationmap.reports.plan_sentences import sentences
from stationmap.reports.plan_words import document


@pytest.fixture(scope="module")
def made():
    return dossier()


@pytest.fixture(scope="module")
def report(made):
    return plan_report(made, lang="zh")


def blocks(report):
    for _, heading, found in report.outline():
        yield from ((heading, block) for block in found)
    for annex in report.annexes:
        yield from ((annex.heading, block) for block in annex.blocks)


def tables(report) -> dict[str, content.Table]:
    """Tables of a report by their title, or else their heading."""
    return {b.title or h: b for h, b in blocks(report) if isinstance(b, content.Table)}


def said(report) -> str:
    texts = [report.title, report.subtitle, *(p.text for p in (*report.opening, *report.closing))]
    for heading, block in blocks(report):
        texts.append(heading)
        if isinstance(block, content.Paragraph):
            texts.append(block.text)
        elif isinstance(block, content.Table):
            texts += [block.title, block.note, *(c.heading for c in block.columns)]
            texts += [cell for row in block.rows for cell in row]
    return "\n".join(texts)


def test_the_answer_tells_coverage_gaps_and_stations(made):
    answer, *more = sentences(made, lang="zh")
    assert answer == (
        "测试市新增 3 个有礼点后，临街店面覆盖由 40.0% 提高到 80.0%，空白路段总长由 0.50 千米变为 "
        "0.20 千米（布点前 5 段，布点后 2 段）。"
    )
    assert more == [
        "已证明更少的点位达不到同样效果。",
        "另有 2 段、共 0.2 千米没有可依托的店铺或设施，如需补齐，须设 2 个独立点位。",
    ]


@pytest.mark.parametrize(
    ("summary", "proof"),
    [
        (
            {"status": "bounded", "bound": 2},
            "At least 2 of them are proven to be needed: 1 at most",
        ),
        ({"budget": 500, "target": 0.8}, "fewer new stations cannot do the same"),
        ({"budget": 500, "target": 0.8, "status": "bounded", "bound": 2}, "At least 2 of them"),
        ({"budget": 3, "objective": 800.0, "bound": 800.0}, "no other 3 places reach more"),
        (
            {"budget": 3, "status": "bounded", "bound": 850.0, "gap": 0.0588},
            "no 3 places reach more than 85.00% (a gap of 5.88% at most)",
        ),
    ],
)
def test_the_proof_claims_no_more_than_the_bound(summary, proof):
    assert any(proof in one for one in sentences(dossier(plan(**summary)), lang="en"))


def test_more_but_shorter_gaps_are_told_as_such():
    made = dossier()
    after = made.before.iloc[[0, 0, 1, 1, 2, 2]].assign(length_m=30.0)
    told = sentences(dossier(after=after), lang="zh")[0]
    assert "0.50 千米变为 0.18 千米（布点前 5 段，布点后 6 段）" in told
    assert "段数变多，总长变短" in told
    same = sentences(dossier(after=after.assign(length_m=500 / 6)), lang="zh")[0]
    assert same.endswith("段数变多。")
    assert "段数变多" not in sentences(made, lang="zh")[0]


def test_it_is_told_by_what_a_plan_is_measured():
    asked = {"budget": 3, "bound": 800.0}
    assert "布点前 5 个，布点后 5 个" in sentences(dossier(plan(**asked)), lang="zh")[1]
    weighed = plan(weights={"empty_nest": 3.0}, unit="people", kind="access")
    assert "不是实际人数" in sentences(dossier(weighed), lang="zh")[1]


def test_fewer_than_asked_for_is_explained():
    asked = {"budget": 10, "bound": 800.0}
    told = sentences(dossier(plan(**asked)), lang="zh")
    assert any("要求至多 10 个，超过 3 个后不再提高" in one for one in told)


def test_a_target_that_is_reached_is_told():
    whole = plan(target=0.3)
    none = replace(whole, proposals=whole.proposals.iloc[:0])
    assert "已达到 30% 的目标" in sentences(dossier(none), lang="zh")[0]


def test_a_place_is_no_shop_and_no_street_makes_no_sheet():
    found = plan()
    rows = found.proposals.assign(host_kind="place", category="people", street_id=None)
    places = dossier(replace(found, proposals=rows, suggested=found.suggested.iloc[:0]))
    sheets = workbook(places, lang="zh")
    assert "按街道" not in sheets
    assert set(sheets["新增点位"]["类别"]) == {"服务对象所在处"}


def test_what_has_no_name_can_be_found(made):
    found = plan()
    found.proposals.loc[0, "name"] = None
    nameless = dossier(found)
    row = next(
        r
        for r in tables(plan_report(nameless, lang="zh"))["附表1　各街道拟设点位"].rows
        if r[0] == "1"
    )
    assert row[3] == "（无名） 118.80000, 28.90000"
    sheet = workbook(nameless, lang="zh")["新增点位"].set_index("建设顺序")
    assert sheet.loc[1, ["经度", "纬度", "街道编号"]].tolist() == [118.8, 28.9, "330802-人民路"]


def test_an_unnamed_street_is_told_by_the_streets_at_its_ends(made):
    one, other = made.streets.iloc[[0]], made.streets.iloc[[0]].assign(name="横街")
    ends = [
        shapely.box(*shape.buffer(1).bounds)
        for shape in made.streets.iloc[1].geometry.boundary.geoms
    ]
    named = pd.concat([one.set_geometry(ends[:1]), other.set_geometry(ends[1:])])
    streets = pd.concat([made.streets.iloc[[1]], named.assign(street_id=["a", "b"])])
    places = Places(dossier(streets=streets), lambda text, **given: render(text, given, lang="zh"))
    assert places.street("", "330802-w7", 1) == "（无名）人民路至横街"
    assert places.street("", "330802-w8", 1) == "（无名） w8"


def test_a_chainage_on_a_street_of_several_parts_says_which(made):
    more = pd.concat([made.streets, made.streets.iloc[[0]].assign(part=2)])
    report = plan_report(dossier(streets=more), lang="zh")
    rows = tables(report)["附表1　各街道拟设点位"].rows
    assert sorted(row[2] for row in rows) == ["101", "第1段 100", "第1段 102"]
    assert tables(report)["无处可依托"].rows[0][2 + made.several].startswith("第1段 ")
    assert (
        workbook(dossier(streets=more), lang="zh")["新增点位"]["第几段"].dropna().tolist()
        == [1] * 3
    )


def test_the_stages_say_how_covered_and_gaps_differ(report):
    assert "两项相加不等于全长" in tables(report)["分阶段成效"].note


def test_an_empty_plan_claims_nothing():
    empty = plan()
    empty = type(empty)(
        empty.proposals.iloc[:0],
        empty.uncoverable.iloc[:0],
        empty.suggested.iloc[:0],
        empty.curve.iloc[:1],
        {**empty.summary, "proposals": 0, "bound": 0},
    )
    made = dossier(empty)
    assert len(sentences(made, lang="zh")) == 1
    assert "没有可新增的点位" in said(plan_report(made, lang="zh"))


def test_every_station_stands_once_in_the_annexed_table(report):
    rows = tables(report)["附表1　各街道拟设点位"].rows
    assert sorted(int(row[0]) for row in rows) == [1, 2, 3]
    assert [row[1] for row in rows] == ["人民路", "人民路", "（无名）人民路附近"]
    assert [row[3] for row in rows][:2] == ["好店0", "独立点位 118.80100, 28.90000"]


def test_more_stations_than_the_annex_holds_are_told():
    long = plan_report(dossier(plan(ROWS + 7)), lang="zh")
    table = tables(long)["附表1　各街道拟设点位"]
    assert len(table.rows) == ROWS
    assert "7" in table.note


def test_stages_end_with_all_stations_and_never_top_their_bound(report):
    rows = tables(report)["分阶段成效"].rows
    assert [row[0] for row in rows] == sorted(row[0] for row in rows)
    assert (rows[0][0], rows[-1][0]) == ("0", "3")
    number = [[float(cell.rstrip("%")) for cell in (row[1], row[4])] for row in rows]
    assert all(reached <= bound for reached, bound in number)


def test_the_report_names_clause_conditions_assumptions_reasons_and_consent(report):
    text = said(report)
    for part in ("附件3", "条件一。条件二。", "拟建", "原因1", "征得其同意", "附表2"):
        assert part in text, part
    assert not re.search(r"\bnan\b|None|<NA>", text)


def test_english_readers_read_no_chinese_but_names():
    text = said(plan_report(dossier(conditions=[]), lang="en"))
    text = re.sub(
        r"[《“][^》”]*[》”]|测试市|人民路|好店\d|原因\d|[^\s]*区\b|街道|.*附件.*", "", text
    )
    assert not re.findall("[\u4e00-\u9fff]{4,}", text)


def test_the_workbook_has_all_and_runs_nothing(made, tmp_path):
    sheets = workbook(made, lang="zh")
    assert list(sheets) == ["汇总", "新增点位", "按街道", "无处可依托", "建设顺序"]
    file = tmp_path / "plan.xlsx"
    reports.write_plan(file, made, lang="zh")
    book = load_workbook(file)
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert any("=1+1" in str(cell.value) for cell in cells)
    rows = list(book["新增点位"].iter_rows(values_only=True))
    assert [row[1] for row in rows[1:]].count("另需") == 2
    assert sorted(row[0] for row in rows[1:] if row[0] is not None) == [1, 2, 3]


def test_json_is_plain_and_says_reasons(made):
    found = document(made.plan, pack=made.pack, lang="zh", decimals=3)
    reasons = [one["properties"]["reason"] for one in found["uncoverable"]["features"]]
    assert reasons[0] == "拟建"
    assert "原因1" in reasons[1]
    assert found["summary"]["assumptions"] == ["拟建"]
    lon, lat = found["proposals"]["features"][1]["geometry"]["coordinates"]
    assert (lon, lat) == (round(lon, 3), round(lat, 3))


@pytest.mark.parametrize("after", [False, True])
def test_maps_are_pictures_with_a_frame_that_fits_the_plan(made, after):
    found = plan_maps.picture(made, after=after, lang="zh")
    width, height = struct.unpack(">II", found.png[16:24])
    assert found.png.startswith(b"\x89PNG")
    assert height / width == pytest.approx(found.ratio)


def test_files_of_a_report_open_and_hold_its_text(made, tmp_path):
    file = tmp_path / "plan.docx"
    reports.write_plan(file, made, lang="zh")
    opened = Document(file)
    text = "\n".join(p.text for p in opened.paragraphs)
    assert "测试市有礼点布点方案" in text
    cells = [c.text for table in opened.tables for row in table.rows for c in row.cells]
    assert NASTY.replace("\x07", "") in cells
    assert len(opened.inline_shapes) == 3  # before, after, the curve
    need(which("pdftotext"), "pdftotext is not installed")
    reports.write_plan(tmp_path / "plan.pdf", made, lang="zh")
    printed = subprocess.run(
        ["pdftotext", "-layout", tmp_path / "plan.pdf", "-"], capture_output=True, check=True
    ).stdout.decode()
    assert "布点方案" in printed
    assert "已证明" in printed


def test_other_endings_are_refused_before_the_work(tmp_path):
    with pytest.raises(InputError, match="no such output format"):
        reports.require_plan(tmp_path / "plan.doc")


def test_a_map_can_be_written_anywhere(made):
    target = io.BytesIO()
    plan_maps.draw(
        target, dossier(plan(), streets=None, before=None, after=None), after=True, lang="en"
    )
    assert target.getvalue().startswith(b"\x89PNG")
