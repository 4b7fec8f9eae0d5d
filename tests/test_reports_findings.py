"""Reports of findings: what they count, what they write; nothing in them is lost or run."""

import io
import re
import subprocess
from shutil import which
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from conftest import need
from dossier_builder import ADVICE, NASTY, PLACEMENT, PRESENCE, RULES, batch, dossier
from openpyxl import load_workbook

from stationmap import reports, standards
from stationmap.checks.findings import frame
from stationmap.errors import InputError
from stationmap.reports import assumed, content, maps, pdf, sheets
from stationmap.reports.bulletin import LISTED, bulletin

CHINESE_OUTCOMES = ["符合", "不符合", "建议", "情况不明", "不适用"]
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")


@pytest.fixture(scope="module")
def made():
    return dossier()


@pytest.fixture(scope="module")
def report(made):
    return bulletin(made, lang="zh")


def tables(report) -> dict[str, content.Table]:
    """Tables of a report by heading and title."""
    found = {}
    sections = [(heading, blocks) for _, heading, blocks in report.outline()]
    sections += [(annex.heading, annex.blocks) for annex in report.annexes]
    for heading, blocks in sections:
        for block in blocks:
            if isinstance(block, content.Table):
                found[f"{heading}/{block.title}"] = block
    return found


def said(report) -> str:
    """All text of a report."""
    parts = [report.title, report.subtitle]
    parts += [p.text for p in (*report.opening, *report.closing)]
    sections = [(heading, blocks) for _, heading, blocks in report.outline()]
    sections += [(annex.heading, annex.blocks) for annex in report.annexes]
    for heading, blocks in sections:
        parts += [heading, *(b.text for b in blocks if isinstance(b, content.Paragraph))]
    for table in tables(report).values():
        parts += [table.title, table.note, *(c.heading for c in table.columns)]
        parts += [cell for row in table.rows for cell in row]
    return "\n".join(parts)


# ------------------------------------------------------------------- counting


def test_rules_of_one_id_are_counted_apart_and_advice_is_no_failure(made):
    counted = made.by_rule.drop(columns="rule")
    assert counted.loc[("Q-T2", "presence")].tolist() == [13, 25, 0, 2, 1, 41]
    assert counted.loc[("Q-T2", "placement")].tolist() == [3, 1, 0, 0, 0, 4]
    assert counted.loc[("Q-T5", "presence")].tolist() == [1, 0, 4, 0, 0, 5]
    assert made.tally.tolist() == [17, 26, 4, 2, 1]


def test_counties_count_what_binding_rules_ask_for(made):
    west, east = made.by_county.loc["330802"], made.by_county.loc["330803"]
    assert [west[n] for n in ("due", "built", "lacking", "untold")] == [32, 5, 25, 2]
    assert west["share"] == pytest.approx(5 / 32)
    # an exempt place is not due, an advisory rule asks for nothing
    assert [east[n] for n in ("due", "built", "lacking", "untold")] == [8, 8, 0, 0]
    assert east["advised"] == 4
    assert made.built["due"] == 40
    assert made.built["share"] == pytest.approx(13 / 40)


def test_a_rule_without_subjects_still_stands_in_the_table():
    found = dossier(findings=frame([batch(RULES[1], PLACEMENT)], lang="zh"))
    assert found.by_rule.loc[("Q-T2", "presence"), "all"] == 0
    assert len(found.by_rule) == len(RULES)


def test_a_city_without_any_finding_has_a_report(tmp_path):
    empty = dossier(findings=frame([], lang="zh"), exemptions=None, missing=[])
    reports.write_findings(tmp_path / "empty.docx", empty, lang="zh")
    reports.write_findings(tmp_path / "empty.xlsx", empty, lang="en")
    reports.write_findings(tmp_path / "empty.png", empty, lang="zh")


# ------------------------------------------------------------------- content


def test_the_report_says_the_frames_counts(made, report):
    found = tables(report)
    built = found["一、总体情况/各县（市、区）应建、已建情况"]
    assert list(map(list, built.rows)) == [
        ["柯城区", "32", "5", "25", "2", "不低于 15.6%", "26", "0"],
        ["衢江区", "8", "8", "0", "0", "100%", "0", "4"],
        ["全市合计", "40", "13", "25", "2", "不低于 32.5%", "26", "4"],
    ]
    every = found["附表1　各条规定核对结果/"]
    assert [c.heading for c in every.columns[3:]] == CHINESE_OUTCOMES
    assert [row[3:] for row in every.rows] == [
        ["13", "25", "0", "2", "1"],
        ["3", "1", "0", "0", "0"],
        ["1", "0", "4", "0", "0"],
    ]


def test_shortfalls_are_listed_up_to_a_number_and_the_rest_is_counted(report):
    lists = [t for t in tables(report).values() if t.columns[-1].heading == "实测／规定"]
    assert len(lists) == 1
    assert len(lists[0].rows) == LISTED
    assert lists[0].note == f"另有 {25 - LISTED} 项未列出，见 xlsx 明细表。"
    assert lists[0].rows[0][-1] == "132.4 米 / 50 米"


def test_advice_stands_apart_from_failures(report):
    headings = [heading for level, heading, _ in report.outline() if level == 1]
    assert headings[1] == "二、不符合规定的情况"
    assert headings[2] == "三、建议"
    order = [heading for _, heading, _ in report.outline()]
    failures = order[order.index(headings[1]) + 1 : order.index(headings[2])]
    assert len(failures) == 2
    words = RULES[2].clause.text.zh
    assert f"（一）{words}" in order[order.index(headings[2]) :]
    assert not any(words in heading for heading in failures)


def test_what_is_unknown_assumed_exempt_and_used_is_said(report):
    text = said(report)
    for word in (
        "衢市创建办〔2018〕6号",
        "2026年3月5日",
        "清单未声明齐全，不能判定",
        "有礼亭清单",
        "已有 7 行，未声明齐全",
        "距处所不超过 50 米",
        "已到期",
        "长期",
        "市文明办",
        "cdcdcdcdcd",
        "ababababab",
    ):
        assert word in text, word


def test_the_report_speaks_english(made):
    text = said(bulletin(made, lang="en"))
    ours = [line for line in text.split("\n") if re.search("[\u4e00-\u9fff]", line)]
    known = [
        "衢州",
        "柯城区",
        "衢江区",
        "有站",
        "无站",
        "豁免",
        "不能判定",
        "附件",
        "衢市",
        "站点",
        "社区",
    ]
    known += ["有礼亭", "志愿汇", "改造", "撤并", "市文明办", "名\x07称", "公园"]
    assert [line for line in ours if not any(word in line for word in known)] == []
    for word in ("Not met", "at least 15.6%", "5 March 2026", "not imported", "expired"):
        assert word in text


def test_headings_are_numbered_as_official_documents_do():
    assert [content.chinese_number(n) for n in (1, 10, 11, 20, 21, 99)] == [
        *("一", "十", "十一", "二十", "二十一", "九十九")
    ]
    assert content.numbered(3, level=2, lang="zh") == "（三）"
    assert content.numbered(3, level=1, lang="en") == "3. "


@pytest.mark.parametrize(("share", "text"), [(0.99999, "99.9%"), (1, "100%"), (0, "0.0%")])
def test_below_all_is_never_said_to_be_all(share, text):
    assert reports.wording.percent(share) == text


@pytest.mark.parametrize("pack_id", standards.available())
def test_every_assumed_value_of_our_packs_has_words(pack_id):
    names = {name for entry in standards.load(pack_id).entries() for name in entry.assumed}
    assert names <= set(assumed.PARAMETERS)


# ------------------------------------------------------------------- workbook


@pytest.fixture(scope="module")
def book(made, tmp_path_factory):
    path = tmp_path_factory.mktemp("book") / "r.xlsx"
    reports.write_findings(path, made, lang="zh")
    return load_workbook(path)


def rows(sheet) -> list[dict]:
    values = sheet.iter_rows(values_only=True)
    headings = next(values)
    return [dict(zip(headings, row, strict=True)) for row in values]


def test_the_workbook_has_a_sheet_for_each_rule(book):
    assert book.sheetnames == [
        "汇总",
        "各县（市、区）",
        *("Q-T2 应设", "Q-T2 选址", "Q-T5"),
        *("假设与不明", "数据来源"),
    ]
    summary = rows(book["汇总"])
    assert [[row[name] for name in CHINESE_OUTCOMES] for row in summary] == [
        [13, 25, 0, 2, 1],
        [3, 1, 0, 0, 0],
        [1, 0, 4, 0, 0],
    ]
    first = rows(book.worksheets[2])
    assert pd.Series([row["结果"] for row in first]).value_counts().to_dict() == {
        "不符合": 25,
        "符合": 13,
        "情况不明": 2,
        "不适用": 1,
    }
    assert first[0]["实测"] == pytest.approx(132.44)
    assert (first[0]["规定值"], first[0]["单位"]) == (50, "米")
    assert (first[0]["经度"], first[0]["纬度"]) == (118.8, 28.9)
    assert first[0]["县（市、区）"] == "柯城区"


def test_no_cell_of_the_workbook_is_a_formula(book):
    for sheet in book.worksheets:
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref is not None
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f", (sheet.title, cell.coordinate, cell.value)
    names = [row["对象"] for row in rows(book.worksheets[2])]
    assert names[:4] == list(NASTY[:4])
    assert any(row["文件"] == "=站点.xlsx" for row in rows(book["数据来源"]))


def test_more_rows_than_a_sheet_holds_go_on_in_another(made, tmp_path, monkeypatch):
    monkeypatch.setattr(sheets, "SHEET_ROWS", 20)
    reports.write_findings(tmp_path / "r.xlsx", made, lang="en")
    found = load_workbook(tmp_path / "r.xlsx")
    parts = [s for s in found.worksheets if "Presence" in s.title and s.title.startswith("Q-T2")]
    assert [s.max_row - 1 for s in parts] == [20, 20, 1]
    assert parts[1].title in str([c.value for row in found["Summary"].rows for c in row])


def test_many_rules_share_a_sheet_by_kind(made, tmp_path, monkeypatch):
    monkeypatch.setattr(sheets, "RULE_SHEETS", 2)
    reports.write_findings(tmp_path / "r.xlsx", made, lang="en")
    found = load_workbook(tmp_path / "r.xlsx")
    assert found["Presence"].max_row - 1 == 41 + 5
    assert found["Placement"].max_row - 1 == 4


# ------------------------------------------------------------------- Word


@pytest.fixture(scope="module")
def word(made, tmp_path_factory):
    from docx import Document

    path = tmp_path_factory.mktemp("word") / "r.docx"
    reports.write_findings(path, made, lang="zh")
    return Document(str(path))


def test_word_holds_the_reports_tables(word, report):
    wanted = [[[c.heading for c in t.columns], *map(list, t.rows)] for t in tables(report).values()]
    found = [[[cell.text for cell in row.cells] for row in table.rows] for table in word.tables]
    assert found == [[[CONTROL.sub("", cell) for cell in row] for row in t] for t in wanted]


def test_word_looks_like_an_official_document(word, report):
    from docx.oxml.ns import qn

    section = word.sections[0]
    sizes = [section.page_width, section.page_height, section.top_margin, section.bottom_margin]
    assert [round(s.mm) for s in sizes] == [210, 297, 37, 35]
    assert [round(s.mm) for s in (section.left_margin, section.right_margin)] == [28, 26]
    for style, font in (
        ("Normal", "仿宋_GB2312"),
        ("Title", "方正小标宋简体"),
        ("Heading 1", "黑体"),
    ):
        fonts = word.styles[style].element.rPr.rFonts
        assert fonts.get(qn("w:eastAsia")) == font
        assert not any("Theme" in key for key in fonts.attrib)
    for table in word.tables:
        marks = table.rows[0]._tr.trPr
        assert marks.find(qn("w:tblHeader")) is not None
    feet = (section.footer, section.even_page_footer)
    assert all("PAGE" in foot._element.xml for foot in feet)
    shown = [p.text for p in word.paragraphs if p.style.name.startswith("Heading")]
    assert shown[: len(list(report.outline()))] == [heading for _, heading, _ in report.outline()]


def test_word_names_stand_ins_for_official_fonts(word):
    from docx.opc.constants import RELATIONSHIP_TYPE

    part = word.part.part_related_by(RELATIONSHIP_TYPE.FONT_TABLE)
    assert "方正小标宋简体" in part.blob.decode()
    assert 'altName w:val="仿宋,' in part.blob.decode()


# ------------------------------------------------------------------- PDF


def test_pdf_says_what_word_says(made, report, tmp_path):
    need(which("pdftotext"), "pdftotext is not installed")
    reports.write_findings(tmp_path / "r.pdf", made, lang="zh")
    text = subprocess.run(
        ["pdftotext", "-layout", str(tmp_path / "r.pdf"), "-"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    plain = re.sub(r"\s", "", text)
    for table in tables(report).values():
        for row in table.rows:
            for cell in row:
                # a cell of several lines is torn apart by the layout of the text
                for piece in re.findall(r"[0-9.,%]{2,}", cell):
                    assert piece in plain
    assert "衢江区8800100%04" in plain
    assert "—1—" in plain
    assert "—2—" in plain


def test_no_text_of_the_pdf_leaves_the_page(report):
    from weasyprint import CSS, HTML

    pictures: dict[str, bytes] = {}
    page = HTML(string=pdf.html(report, pictures=pictures), url_fetcher=pdf.fetcher(pictures))
    document = page.render(stylesheets=[CSS(string=pdf._STYLE.read_text(encoding="utf-8"))])
    boxes = 0
    for found in document.pages:
        box = found._page_box
        left, right = box.margin_left, box.width + box.margin_left
        for one in box.descendants():
            if type(one).__name__ == "TextBox" and one.text.strip() and "—" not in one.text:
                boxes += 1
                assert one.position_x >= left - 1, one.text
                assert one.position_x + one.width <= right + 1, one.text
    assert boxes > 100


@pytest.mark.parametrize("before", range(12))
def test_ids_of_rules_stay_on_one_line(before):
    from weasyprint import CSS, HTML

    said = f"{'字' * before}依据衢市创建办〔2018〕6号正文 一（规定编号 Q-P.1、Q-C12）。符合 1 项"
    page = ET.Element("html", lang="zh-CN")
    pdf._add(ET.SubElement(page, "body"), content.Paragraph(said), {})
    page = HTML(string=ET.tostring(page, encoding="unicode", method="html"))
    document = page.render(stylesheets=[CSS(string=pdf._STYLE.read_text(encoding="utf-8"))])
    boxes = [b for found in document.pages for b in found._page_box.descendants()]
    lines = [b.text for b in boxes if type(b).__name__ == "TextBox"]
    assert {"Q-P.1", "Q-C12"} <= set(lines)
    assert "".join(lines).replace("— 1 —", "").replace(" ", "") == said.replace(" ", "")


def test_pdf_fetches_nothing_but_its_pictures():
    from weasyprint.urls import FatalURLFetchingError

    fetch = pdf.fetcher({"picture:0": b"png"})
    assert fetch.fetch("picture:0").read() == b"png"
    for address in ("http://127.0.0.1/x.png", "file:///etc/passwd", "picture:1"):
        with pytest.raises(FatalURLFetchingError):
            fetch.fetch(address)


def test_what_people_typed_is_text_in_the_page(report):
    page = pdf.html(report, pictures={})
    assert "名称&lt;b&gt;&amp;" in page
    assert "<b>" not in page


def test_without_pango_one_sentence_names_the_package(made, tmp_path, monkeypatch):
    import builtins

    real = builtins.__import__

    def refuse(name, *arguments, **options):
        if name == "weasyprint":
            raise OSError("cannot load library 'libpango-1.0-0'\nmore")
        return real(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(InputError, match=r"libpango-1\.0-0 libpangoft2-1\.0-0.*docx"):
        reports.write_findings(tmp_path / "r.pdf", made, lang="zh")
    assert not list(tmp_path.iterdir())


# ------------------------------------------------------------------- maps


def pixels(found, lang="zh") -> np.ndarray:
    from matplotlib.image import imread

    target = io.BytesIO()
    reports.pictures.draw_city(target, found, lang=lang)
    target.seek(0)
    return (imread(target)[:, :, :3] * 255).round().astype(int)


def ink(image, colour: str) -> int:
    wanted = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return int((np.abs(image - wanted).max(axis=2) <= 2).sum())


def test_the_map_shows_each_outcome_in_its_colour(made):
    fills = {name: mark[1] for name, mark in maps.MARKS.items() if mark[1] != "none"}
    whole = pixels(made)
    assert all(ink(whole, colour) > 30 for colour in fills.values())
    met = pixels(dossier(findings=frame([batch(RULES[1], {"330802": {"met": 3}})], lang="zh")))
    assert ink(met, fills["met"]) > 30
    assert ink(met, fills["not_met"]) == 0
    assert ink(met, fills["advised"]) == 0


def test_outcomes_differ_by_more_than_colour():
    looks = {(marker, fill == "none") for marker, fill, _, _ in maps.MARKS.values()}
    assert len(looks) == len(maps.MARKS)


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("zh", ["不符合 · 26", "情况不明", "来源", "北", "柯城区", "2026年3月5日"]),
        ("en", ["Not met · 26", "N"]),
    ],
)
def test_the_map_carries_legend_arrow_source_and_date(made, monkeypatch, lang, words):
    need(maps.chinese_font(), "no Chinese font is installed")
    from matplotlib.figure import Figure

    texts = []
    save = Figure.savefig
    monkeypatch.setattr(
        Figure,
        "savefig",
        lambda figure, *a, **k: (
            texts.extend(t.get_text() for t in figure.findobj(lambda o: hasattr(o, "get_text"))),
            save(figure, *a, **k),
        ),
    )
    reports.pictures.draw_city(io.BytesIO(), made, lang=lang)
    for word in words:
        assert any(word in text for text in texts), word
    assert any(text.endswith((" m", " km")) for text in texts)


def test_a_subject_is_drawn_once_with_its_worst_outcome():
    both = [
        batch(RULES[0], {"330802": {"met": 1}}),
        batch(RULES[1], {"330802": {"not_met": 1}}),
    ]
    drawn = reports.pictures._subjects(dossier(findings=frame(both, lang="zh")), kinds=None)
    assert drawn["outcome"].tolist() == ["not_met"]


def test_only_counties_with_shortfalls_get_a_map(made):
    drawn = [code for code, _ in reports.pictures.county_pictures(made, lang="zh")]
    assert drawn == ["330802", "330803"]
    rest = dossier(findings=frame([batch(RULES[1], PLACEMENT)], lang="zh"))
    assert [c for c, _ in reports.pictures.county_pictures(rest, lang="zh")] == ["330802"]


# ------------------------------------------------------------------- geodata


@pytest.mark.parametrize("ending", ["gpkg", "geojson", "parquet", "csv", "kml", "kmz"])
def test_geodata_hold_every_finding(made, tmp_path, ending):
    path = tmp_path / f"r.{ending}"
    reports.write_findings(path, made, lang="zh")
    size = sum(sum(c.values()) for cases in (PRESENCE, PLACEMENT, ADVICE) for c in cases.values())
    if ending == "parquet":
        found = len(gpd.read_parquet(path))
    elif ending in ("gpkg", "geojson"):
        found = len(gpd.read_file(path))
    elif ending == "csv":
        found = len(pd.read_csv(path))
    else:
        from stationmap.io import kml

        found = len(kml.read(path))
    assert found == size == 50


def test_an_unknown_ending_names_the_known_ones(made, tmp_path):
    with pytest.raises(InputError, match="docx"):
        reports.write_findings(tmp_path / "r.odt", made, lang="zh")
    with pytest.raises(InputError, match="folder"):
        reports.write_findings(tmp_path / "no" / "r.docx", made, lang="zh")
