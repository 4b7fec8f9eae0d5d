"""The checklist on paper and as a form: every line of every pack is there; the form converts."""

import re
from xml.etree import ElementTree as ET

import openpyxl
import pandas as pd
import pytest
import small_city
from pyxform.xls2xform import convert

from stationmap import standards
from stationmap.city import forms
from stationmap.errors import InputError
from stationmap.inspections import Checklist
from stationmap.io import xlsform
from stationmap.reports import pdf, sheet

PACKS = standards.available()
NASTY = pd.DataFrame(
    {
        "station_id": ["=1+1", "ZL 2", "a'b"],
        "name": ["<b>甲</b>", '=HYPERLINK("http://x")', None],
    }
)
NONE = pd.DataFrame(columns=["station_id", "name", "type"])


def rows_of(path, name):
    sheet_ = openpyxl.load_workbook(path)[name]
    heads, *rows = sheet_.iter_rows(values_only=True)
    return [dict(zip(heads, row, strict=True)) for row in rows]


def texts(page):
    body = page[page.index("<body>") : page.index("</html>")]
    root = ET.fromstring(re.sub(r"<(meta|link)[^>]*>", "", body))
    return [
        ["".join(c.itertext()) for c in row] for row in root.iter("tr") if row.get("class") is None
    ]


@pytest.mark.parametrize("pack_id", PACKS)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_sheet_has_every_line_of_its_type_and_no_other(pack_id, lang):
    pack = standards.load(pack_id)
    for site in pack.site_types:
        page = sheet.sheets(pack, [sheet.Blank(site.id)], lang=lang)
        asked = Checklist.of_pack(pack).of_type(site.id)
        found = [row for row in texts(page) if len(row) == 6 and sheet.BOX in row[2]]
        assert len(found) == len(asked)
        for row, line in zip(found, asked, strict=True):
            assert row[1].startswith(line.text[lang])
            assert (row[4] == sheet.BOX) == line.may_not_apply
            advisory = {"zh": "（建议）", "en": " (advisory)"}[lang]
            assert row[1].endswith(advisory) == (line.force == "advisory")


def test_what_is_known_of_a_station_is_text_and_nothing_else():
    pack = standards.load("quzhou-2018")
    known = {"name": "<script>alert(1)</script>\0", "id": "A&B"}
    page = sheet.sheets(pack, [sheet.Blank("point", known)], lang="zh")
    assert "&lt;script&gt;" in page
    assert "A&amp;B" in page
    assert "<script" not in page


def test_a_type_begins_on_a_page_of_its_own(tmp_path):
    from weasyprint import CSS, HTML

    pack = standards.load("quzhou-2018")
    blanks = [sheet.Blank(site.id) for site in pack.site_types]
    page = HTML(string=sheet.sheets(pack, blanks, lang="zh"), url_fetcher=pdf.fetcher({}))
    pages = page.render(stylesheets=[CSS(string=sheet.STYLE.read_text("utf-8"))]).pages
    assert len(blanks) <= len(pages) <= 2 * len(blanks)
    sheet.write_pdf(tmp_path / "a.pdf", pack, blanks, lang="zh")
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize("pack_id", PACKS)
@pytest.mark.parametrize("stations", [NASTY, NONE], ids=["stations", "none"])
def test_the_form_converts_without_a_warning(pack_id, stations, tmp_path):
    pack = standards.load(pack_id)
    if len(stations):
        stations = stations.assign(type=pack.site_types[0].id)
    path = tmp_path / "form.xlsx"
    xlsform.write(path, pack, stations)
    warnings = []
    made = convert(str(path), validate=False, warnings=warnings)
    assert warnings == []
    for name in map(xlsform.name_of, Checklist.of_pack(pack).by_key):
        assert f"/{name}" in made.xform


@pytest.mark.parametrize("pack_id", PACKS)
def test_every_line_is_one_question_in_both_languages(pack_id, tmp_path):
    pack, path = standards.load(pack_id), tmp_path / "form.xlsx"
    xlsform.write(path, pack, NONE)
    lines = Checklist.of_pack(pack).by_key
    names = {xlsform.name_of(key): key for key in lines}
    assert len(names) == len(lines), "two lines of one name"
    asked = {row["name"]: row for row in rows_of(path, "survey")}
    assert len(asked) == len(rows_of(path, "survey"))
    for name, key in names.items():
        row, line = asked[name], lines[key]
        assert row["label::中文 (zh)"].endswith(line.text["zh"])
        assert row["label::English (en)"].endswith(line.text["en"])
        assert row["type"] == f"select_one answer{'_na' if line.may_not_apply else ''}"
        assert all(f"{t}" in (row["relevant"] or "") for t in line.site_types)


def test_no_cell_of_the_form_is_a_formula(tmp_path):
    pack, path = standards.load("quzhou-2018"), tmp_path / "form.xlsx"
    xlsform.write(path, pack, NASTY.assign(type="point"))
    book = openpyxl.load_workbook(path)
    assert not [c for s in book for row in s.iter_rows() for c in row if c.data_type == "f"]
    assert "=1+1" in {row["name"] for row in rows_of(path, "choices")}


@pytest.mark.parametrize("name", ["${x", "$ {Q}", "a${station}b"])
def test_no_name_of_a_station_is_a_reference_that_breaks_the_form(name, tmp_path):
    pack = standards.load(PACKS[0])
    stations = NASTY.head(1).assign(type=pack.site_types[0].id, name=name)
    xlsform.write(tmp_path / "form.xlsx", pack, stations)
    made = convert(str(tmp_path / "form.xlsx"), validate=False)
    assert name.replace("$", "＄") in made.xform


def test_the_stations_in_operation_can_be_chosen_with_their_type(tmp_path):
    city = small_city.make(tmp_path)
    now = city.now()
    forms.write_form(tmp_path / "f.xlsx", now, station=None, site_type=None, lang="zh")
    chosen = {
        row["name"]: row["type"]
        for row in rows_of(tmp_path / "f.xlsx", "choices")
        if row["list_name"] == "station"
    }
    active = now.stations().query("status == 'active'")
    assert chosen == dict(zip(active["station_id"], active["type"], strict=True))


def test_a_station_or_type_that_is_not_there_is_named(tmp_path):
    now = small_city.make(tmp_path).now()
    for asked in ({"station": "nowhere", "site_type": None}, {"station": None, "site_type": "x"}):
        for write in (forms.write_form, forms.write_sheets):
            with pytest.raises(InputError, match=r"nowhere|type x"):
                write(tmp_path / "f.xlsx", now, **asked, lang="en")
    assert not (tmp_path / "f.xlsx").exists()
