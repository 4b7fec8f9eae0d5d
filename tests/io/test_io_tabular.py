"""Office tables: sheet, headings, coordinates and encodings are found, or one sentence says why."""

import datetime as dt
import math
import zipfile

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stationmap.errors import InputError
from stationmap.io import tabular

PLACES = [["名称", "经度", "纬度"], ["府山公园", 118.87, 28.95], ["南湖广场", 118.88, 28.96]]


def book(path, sheets, *, merge=(), hidden=()):
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
        if name in hidden:
            sheet.sheet_state = "hidden"
    for name, span in merge:
        made[name].merge_cells(span)
    made.save(path)
    return path


def text_file(path, rows, *, encoding="utf-8", delimiter=","):
    lines = [delimiter.join(map(str, row)) for row in rows]
    path.write_bytes("\r\n".join(lines).encode(encoding))
    return path


def message(path, **options):
    with pytest.raises(InputError) as caught:
        tabular.read(path, **options)
    text = str(caught.value)
    assert "\n" not in text
    assert caught.value.render("zh") != text
    return text


def said(table):
    return " | ".join(map(str, table.notes))


# --- sheets and headings -----------------------------------------------------------------------


def test_sheet_of_data_is_taken_and_the_dictionary_passed_over(tmp_path):
    dictionary = [["字段", "说明"], ["名称", "站点名称"], ["经度", "WGS84"], ["纬度", "WGS84"]]
    columns = [["POINT_X", "经度"], ["POINT_Y", "纬度"], ["Caption", "名称"]]
    path = book(tmp_path / "a.xlsx", {"字段说明": dictionary, "站点": PLACES, "说明": columns})
    table = tabular.read(path)
    assert table.sheet == "站点"
    assert table.roles == {"name": "名称", "lon": "经度", "lat": "纬度"}
    assert table.rows.tolist() == [2, 3]
    assert table.first_row == 1
    assert "字段说明, 说明" in said(table)


def test_two_sheets_of_data_are_asked_about(tmp_path):
    path = book(tmp_path / "a.xlsx", {"柯城": PLACES, "衢江": PLACES, "Sheet3": []})
    assert message(path) == (
        "a.xlsx has several sheets that could be meant: 柯城, 衢江; choose one with --sheet"
    )
    assert tabular.read(path, sheet="衢江").sheet == "衢江"
    assert "has no sheet 江山: its sheets are 柯城, 衢江" in message(path, sheet="江山")


def test_hidden_sheet_only_when_named(tmp_path):
    path = book(tmp_path / "a.xlsx", {"旧": PLACES, "新": PLACES}, hidden=["旧"])
    assert tabular.read(path).sheet == "新"
    assert tabular.read(path, sheet="旧").sheet == "旧"


def test_sheet_without_coordinates_by_most_known_headings(tmp_path):
    stations = [["站点名称", "地址", "所属单位"], ["城南站", "南街1号", "文明办"]]
    totals = [["单位", "数量"], ["文明办", 3]]
    path = book(tmp_path / "a.xlsx", {"汇总": totals, "明细": stations})
    table = tabular.read(path)
    assert table.sheet == "明细"
    assert table.roles == {"name": "站点名称", "address": "地址", "unit": "所属单位"}


def test_title_rows_blank_rows_and_repeated_headings(tmp_path):
    rows = [
        ["衢州市有礼点一览表"],
        [],
        ["", "填报单位：文明办"],
        *PLACES,
        [],
        PLACES[0],
        ["总站", 118.9, 29],
    ]
    table = tabular.read(book(tmp_path / "a.xlsx", {"S": rows}, merge=[("S", "A1:C1")]))
    assert table.first_row == 4
    assert table.rows.tolist() == [5, 6, 9]
    assert table.text("name").tolist() == ["府山公园", "南湖广场", "总站"]
    assert "the headings stand in row 4" in said(table)


def test_headings_over_two_rows_with_merged_cells(tmp_path):
    rows = [
        ["有礼点汇总", None, None, None],
        ["名称", "坐标", None, "地址"],
        [None, "经度", "纬度", None],
        ["甲", 118.87, 28.95, "南街"],
        [None, 118.88, 28.96, "北街"],
    ]
    merge = [("S", span) for span in ("A1:D1", "A2:A3", "B2:C2", "D2:D3", "A4:A5")]
    table = tabular.read(book(tmp_path / "a.xlsx", {"S": rows}, merge=merge))
    assert table.roles == {"name": "名称", "address": "地址", "lon": "经度", "lat": "纬度"}
    assert table.text("name").tolist() == ["甲", "甲"]
    assert table.rows.tolist() == [4, 5]


def test_footer_merged_across_the_table_fills_no_coordinate(tmp_path):
    rows = [*PLACES, ["注：坐标为天地图", None, None]]
    table = tabular.read(book(tmp_path / "a.xlsx", {"S": rows}, merge=[("S", "A4:C4")]))
    assert math.isnan(table.numbers("lon")[2])
    assert table.text("lon")[2] is None


def test_table_that_starts_far_from_the_corner(tmp_path):
    made = openpyxl.Workbook()
    for i, row in enumerate(PLACES):
        for j, value in enumerate(row):
            made.active.cell(row=7 + i, column=4 + j, value=value)
    made.active.cell(row=8, column=7, value="无标题")
    made.save(tmp_path / "a.xlsx")
    table = tabular.read(tmp_path / "a.xlsx")
    assert table.rows.tolist() == [8, 9]
    assert list(table.frame) == ["名称", "经度", "纬度", "column G"]


def test_duplicated_and_empty_columns(tmp_path):
    rows = [
        ["名称", "经度", "纬度", "备注", "备注", "", "父文件夹", ""],
        ["甲", 118.87, 28.95, "a", "b", "", "", ""],
    ]
    table = tabular.read(text_file(tmp_path / "a.csv", rows))
    assert list(table.frame) == ["名称", "经度", "纬度", "备注", "备注 (2)", "父文件夹"]
    assert table.roles["remark"] == "备注"
    assert "remark is read from column 备注; 备注 (2) were passed over" in said(table)


def test_two_columns_for_a_decisive_role_are_asked_about(tmp_path):
    rows = [["名称", "GCJ-02经度", "WGS84经度", "纬度"], ["甲", 118.875, 118.87, 28.95]]
    path = text_file(tmp_path / "a.csv", rows)
    assert "two columns for lon: GCJ-02经度 and WGS84经度" in message(path)
    table = tabular.read(path, columns={"lon": "GCJ-02经度"})
    assert table.roles["lon"] == "GCJ-02经度"
    assert table.datum == "gcj02"
    same = [["名称", "站点名称", "经度", "纬度"], ["甲", "甲", 118.87, 28.95]]
    assert tabular.read(text_file(tmp_path / "b.csv", same)).roles["name"] == "名称"
    empty = [["名称", "站点名称", "经度", "纬度"], ["", "甲", 118.87, 28.95]]
    assert tabular.read(text_file(tmp_path / "c.csv", empty)).roles["name"] == "站点名称"


def test_columns_said_by_the_caller(tmp_path):
    rows = [["甲列", "乙列", "丙列", "类别"], ["站", "118.87", "28.95", "点"]]
    path = text_file(tmp_path / "a.csv", rows)
    table = tabular.read(
        path, columns={"name": "甲列", "lon": "乙列", "lat": "丙 列", "type": "类别"}
    )
    assert table.roles == {"name": "甲列", "lon": "乙列", "lat": "丙列", "type": "类别"}
    assert "has no column 丁列: its columns are 甲列, 乙列, 丙列, 类别" in message(
        path, columns={"name": "丁列"}
    )


def test_nothing_known_and_nothing_there(tmp_path):
    path = text_file(tmp_path / "a.csv", [["甲", "乙"], [1, 2]])
    assert "no known heading in its first 30 rows" in message(path)
    assert "no rows below" in message(text_file(tmp_path / "b.csv", [["名称", "经度", "纬度"]]))
    assert "no rows" in message(book(tmp_path / "c.xlsx", {"Sheet1": []}))


@pytest.mark.parametrize(
    ("heading", "role"),
    [
        ("Name(名称）", "name"),
        ("Region（区域）", "district"),
        ("StationCap", "name"),
        ("ServerTime", "hours"),
        ("ＮＡＭＥ", "name"),
        (" 站点\n名称 ", "name"),
        ("*站点名称（必填）", "name"),
        ("amap_id", "id"),
        ("FNAME", "name"),
        ("主管部门", "supervising_unit"),
        ("道路等级", "highway"),
        ("父文件夹", None),
        ("BikeCount", None),
    ],
)
def test_headings_in_use(tmp_path, heading, role):
    path = book(tmp_path / "a.xlsx", {"S": [[heading, "经度", "纬度"], ["甲", 118.87, 28.95]]})
    table = tabular.read(path)
    column = table.frame.columns[0]
    assert {r for r, h in table.roles.items() if h == column} == ({role} if role else set())


# --- coordinates -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headings", "values", "roles", "words"),
    [
        (("X", "Y"), (118.87, 28.95), ("lon", "lat"), "X is the longitude and Y the latitude"),
        (("X", "Y"), (28.95, 118.87), ("lat", "lon"), "X is the latitude and Y the longitude"),
        (("POINT_X", "POINT_Y"), (118.87, 28.95), ("lon", "lat"), "POINT_X is the longitude"),
        (("横坐标", "纵坐标"), (118.87, 28.95), ("lon", "lat"), "横坐标 is the longitude"),
        (("x坐标", "y坐标"), (-51.2, -30.1), ("lon", "lat"), "do not tell"),
        (("X", "Y"), (-30.1, -151.2), ("lat", "lon"), "X is the latitude"),
        (("X", "Y"), (3204567.8, 487654.3), ("y", "x"), "X is north and Y east"),
        (("X", "Y"), (487654.3, 3204567.8), ("x", "y"), "X is east and Y north"),
        (("X", "Y"), (3204567.8, 40487654.3), ("y", "x"), "X is north and Y east"),
        (("X", "Y"), (71234.5, 68345.1), ("x", "y"), "do not tell"),
        (("X", "Y"), ("无", "无"), ("x", "y"), "no pair of numbers"),
        (("经度", "纬度"), (28.95, 118.87), ("lon", "lat"), ""),  # said in words: not judged here
        (("lng", "lat"), (118.87, 28.95), ("lon", "lat"), ""),
        (("longitude", "latitude"), (118.87, 28.95), ("lon", "lat"), ""),
        (("gcj02_lng", "gcj02_lat"), (118.87, 28.95), ("lon", "lat"), ""),
        (("东坐标(m)", "北坐标(m)"), (487654.3, 3204567.8), ("x", "y"), ""),
    ],
)
def test_coordinate_columns_by_heading_and_value(tmp_path, headings, values, roles, words):
    path = text_file(tmp_path / "a.csv", [["名称", *headings], ["甲", *values]])
    table = tabular.read(path)
    assert {role: h for role, h in table.roles.items() if role != "name"} == dict(
        zip(roles, headings, strict=True)
    )
    assert words in said(table)


@pytest.mark.parametrize(
    ("cell", "lon", "lat"),
    [
        ("118.87,28.95", 118.87, 28.95),
        ("28.95，118.87", 118.87, 28.95),
        ("POINT (118.87 28.95)", 118.87, 28.95),
        ("（118.87, 28.95）", 118.87, 28.95),
        ("E118°52′12″ / N28°57′", 118.87, 28.95),
    ],
)
def test_two_coordinates_in_one_cell(tmp_path, cell, lon, lat):
    path = book(tmp_path / "a.xlsx", {"S": [["名称", "坐标"], ["甲", cell], ["乙", None]]})
    table = tabular.read(path)
    assert table.numbers("lon")[0] == pytest.approx(lon)
    assert table.numbers("lat")[0] == pytest.approx(lat)
    assert np.isnan(table.numbers("lon")[1])


def test_location_that_is_an_address(tmp_path):
    table = tabular.read(text_file(tmp_path / "a.csv", [["name", "location"], ["甲", "南街1号"]]))
    assert table.roles == {"name": "name", "address": "location"}


def test_half_a_pair_is_told(tmp_path):
    table = tabular.read(text_file(tmp_path / "a.csv", [["名称", "经度"], ["甲", 118.87]]))
    assert "lon" not in table.roles
    assert "经度 alone give no place" in said(table)


def test_degrees_win_over_metres_and_the_choice_is_told(tmp_path):
    rows = [["名称", "X", "Y", "经度", "纬度"], ["甲", 3204567, 487654, 118.87, 28.95]]
    table = tabular.read(text_file(tmp_path / "a.csv", rows))
    assert table.roles == {"name": "名称", "lon": "经度", "lat": "纬度"}
    assert "read from 经度, 纬度; X, Y are not used" in said(table)


@pytest.mark.parametrize(
    ("headings", "datum"),
    [
        (("经度", "纬度"), None),
        (("经度(GCJ-02)", "纬度(GCJ-02)"), "gcj02"),
        (("百度经度", "百度纬度"), "bd09"),
        (("经度(WGS84)", "纬度(WGS84)"), "wgs84"),
        (("经度（国家2000）", "纬度（国家2000）"), "cgcs2000"),
        (("高德经度", "百度纬度"), None),
    ],
)
def test_datum_named_by_the_headings(tmp_path, headings, datum):
    path = text_file(tmp_path / "a.csv", [["名称", *headings], ["甲", 118.87, 28.95]])
    assert tabular.read(path).datum == datum


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        (118.87, 118.87),
        ("118.87", 118.87),
        ("１１８．８７", 118.87),
        (" 118.87° ", 118.87),
        ("东经118.87", 118.87),
        ("43.2W", -43.2),
        ("118°52′12″", 118.87),
        ("118度52分12秒", 118.87),
        ("-43:30", -43.5),
        ("1,234.5", 1234.5),
        ("118.87.1", None),
        ("1e400", None),
        ("nan", None),
        ("inf", None),
        ("30:61:00", None),
        ("无", None),
        ("", None),
        (True, None),
        (math.inf, None),
    ],
)
def test_number_of_a_cell(cell, number):
    found = tabular.cells.number(cell)
    assert found == pytest.approx(number) if number is not None else math.isnan(found)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("  府山  ", "府山"),
        (324000.0, "324000"),
        (0.5, "0.5"),
        ("0012", "0012"),
        (True, "TRUE"),
        (dt.datetime(2018, 6, 22, tzinfo=None), "2018-06-22"),
        (dt.date(2018, 6, 22), "2018-06-22"),
        *[(blank, None) for blank in ("", " ", "NULL", "null", "[]", "-", "—", "／", "#N/A")],
        (None, None),
        (math.nan, None),
        (pd.NaT, None),
        (pd.NA, None),
    ],
)
def test_text_of_a_cell(cell, text):
    assert tabular.cells.text(cell) == text


# --- text files --------------------------------------------------------------------------------

RARE = [["名称", "经度", "纬度"], ["㙍头·䶮湖站", 118.87, 28.95], ["𠮷野家（衢州）", 118.88, 28.96]]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le-bom", "utf-16-be-bom"]
)
@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_encodings_and_delimiters_keep_every_character(tmp_path, encoding, delimiter):
    path = tmp_path / "a.txt"
    body = "\n".join(delimiter.join(map(str, row)) for row in RARE)
    if encoding.endswith("bom"):
        order = encoding[:9]
        path.write_bytes(("\ufeff" + body).encode(order))
    else:
        path.write_bytes(body.encode(encoding))
    table = tabular.read(path)
    assert table.text("name").tolist() == ["㙍头·䶮湖站", "𠮷野家（衢州）"]
    assert table.numbers("lat").tolist() == [28.95, 28.96]


def test_gbk_of_every_two_byte_character_is_lossless(tmp_path):
    """All of GBK survives: each character is the name of one row."""
    names = []
    for first in range(0x81, 0xFF):
        for second in range(0x40, 0xFF):
            try:
                names.append("字" + bytes([first, second]).decode("gbk"))
            except UnicodeDecodeError:
                continue
    assert len(names) > 20_000
    rows = [["名称", "经度", "纬度"], *([name, 118.87, 28.95] for name in names)]
    table = tabular.read(text_file(tmp_path / "a.csv", rows, encoding="gbk"))
    assert table.frame["名称"].tolist() == names


def test_damaged_utf8_is_not_read_as_gbk(tmp_path):
    path = text_file(tmp_path / "a.csv", [["名称", "经度", "纬度"], *[["南湖广场站", 1, 2]] * 50])
    data = bytearray(path.read_bytes())
    data[-30] = 0xFF
    path.write_bytes(data)
    assert "is UTF-8 but damaged here" in message(path)
    path.write_bytes(b"\xff\xff\xff\xff\x81 name,lon\n")
    assert "neither UTF-8 nor GBK" in message(path)


def test_rows_are_counted_as_a_spreadsheet_counts_them(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('名称,经度,纬度\n"甲\n一",118.87,28.95\n\n乙,118.88,28.96\n,,\n丙,1,2\n')
    table = tabular.read(path)
    assert table.rows.tolist() == [2, 4, 6]
    assert table.text("name")[0] == "甲\n一"


def test_open_quotation_mark_does_not_swallow_rows(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('名称,经度,纬度\n甲,118.87,28.95\n"乙,118.88,28.96\n丙,118.89,28.97\n')
    assert "a.csv, row 3: a quotation mark" in message(path)


def test_row_with_more_cells_than_headings_keeps_them(tmp_path):
    rows = [["名称", "地址", "经度", "纬度"], ["甲", "南街1号", "2楼", 118.87, 28.95]]
    table = tabular.read(text_file(tmp_path / "a.csv", rows))
    assert list(table.frame.iloc[0]) == ["甲", "南街1号", "2楼", "118.87", "28.95"]
    assert np.isnan(table.numbers("lon")[0])


# --- what a file claims to be ------------------------------------------------------------------


def test_content_decides_not_the_ending(tmp_path, shared):
    xlsx = book(tmp_path / "a.xlsx", {"S": PLACES})
    for name in ("a.xls", "a.csv", "a.dat"):
        assert len(tabular.read(xlsx.rename(tmp_path / name)).frame) == 2
        xlsx = tmp_path / name
    disguised = text_file(tmp_path / "b.xls", PLACES, encoding="gbk", delimiter="\t")
    assert tabular.read(disguised).text("name").tolist() == ["府山公园", "南湖广场"]
    real = tmp_path / "c.xlsx"
    real.write_bytes(shared("quzhou-public-facilities/旅游景点.xls").read_bytes())
    assert len(tabular.read(real).frame) == 20


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<html><table><tr><td>1</td></tr></table></html>", "web page or XML"),
        (b"<?xml version='1.0'?><Workbook></Workbook>", "web page or XML"),
        (b'{"type": "FeatureCollection"}', "is not a table"),
        (b"%PDF-1.4\x00\x01", "is not a table"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 2000, "cannot be read as a workbook"),
        (b"PK\x03\x04" + b"\x00" * 100, "is not a table"),
    ],
)
def test_what_is_no_table(tmp_path, content, words):
    path = tmp_path / "a.xlsx"
    path.write_bytes(content)
    assert words in message(path)


def test_workbook_cut_short_or_damaged(tmp_path):
    whole = book(tmp_path / "a.xlsx", {"S": PLACES}).read_bytes()
    path = tmp_path / "b.xlsx"
    for size in range(1, len(whole) - 1, 211):
        path.write_bytes(whole[:size])
        message(path)
    damaged = bytearray(whole)
    at = whole.index(b"xl/worksheets/sheet1.xml") + 40
    damaged[at : at + 20] = bytes(20)
    path.write_bytes(damaged)
    assert "damaged" in message(path)


def rezip(path, **replaced):
    """Write a workbook again with some entries replaced or added."""
    with zipfile.ZipFile(path) as source:
        entries = {name: source.read(name) for name in source.namelist()}
    entries |= replaced
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in entries.items():
            target.writestr(name, data)
    return path


def test_bombs_are_refused_before_they_are_unpacked(tmp_path):
    words = "unpacks to more"
    large = b"<worksheet>" + b" " * 60_000_000 + b"</worksheet>"
    ratio = rezip(book(tmp_path / "a.xlsx", {"S": PLACES}), **{"xl/worksheets/sheet1.xml": large})
    assert words in message(ratio)
    many = {f"xl/media/{i}.png": b"" for i in range(1001)}
    assert words in message(rezip(book(tmp_path / "b.xlsx", {"S": PLACES}), **many))


def test_entry_that_lies_about_its_size(tmp_path):
    path = rezip(
        book(tmp_path / "a.xlsx", {"S": PLACES}),
        **{"xl/worksheets/sheet1.xml": b"<worksheet>" + b" " * 60_000_000 + b"</worksheet>"},
    )
    data = bytearray(path.read_bytes())
    real = (60_000_023).to_bytes(4, "little")
    at, lies = 0, 0
    while (at := data.find(real, at)) >= 0:
        data[at : at + 4] = (1000).to_bytes(4, "little")
        lies += 1
    assert lies == 2
    path.write_bytes(data)
    message(path)


def test_two_cells_a_world_apart_do_not_fill_memory(tmp_path):
    made = openpyxl.Workbook()
    made.active["A1"], made.active["XFD1048576"] = "名称", "甲"
    made.save(tmp_path / "a.xlsx")
    assert "stray cells" in message(tmp_path / "a.xlsx")


# --- writing -----------------------------------------------------------------------------------

DANGEROUS = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\x00=1", "＝1", "'=1"]


def test_no_cell_of_a_workbook_becomes_a_formula(tmp_path):
    frame = pd.DataFrame({"=名称": DANGEROUS, "数": range(8), "日": [dt.date(2018, 6, 22)] * 8})
    tabular.write_xlsx(tmp_path / "a.xlsx", {"=S": frame})
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").worksheets[0]
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert "f" not in {cell.data_type for cell in cells}
    assert [cell.value for cell in sheet["B"][1:]] == list(range(8))
    assert sheet["C2"].is_date
    assert sheet["A2"].value == "=1+1"
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:C9"


def test_no_cell_of_a_text_file_becomes_a_formula(tmp_path):
    frame = pd.DataFrame({"名称": DANGEROUS, "经度": -118.5, "纬度": ["-28.5"] * 8})
    tabular.write_csv(tmp_path / "a.csv", frame)
    raw = (tmp_path / "a.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    lines = raw.decode("utf-8-sig").split("\r\n")[1:9]
    assert all(line.lstrip('"').startswith("'") for line in lines)
    assert all(line.endswith(",-118.5,-28.5") for line in lines)
    read = tabular.read(tmp_path / "a.csv").frame["名称"].tolist()
    assert read == [text.replace("\x00", "") for text in DANGEROUS]


def test_workbook_keeps_types_and_wide_columns(tmp_path):
    frame = pd.DataFrame(
        {
            "站点": ["0012", None],
            "长度": [12.5, np.nan],
            "数": np.array([1, 2], dtype=np.int64),
            "示范": [True, False],
            "标识": pd.array([7, None], dtype="Int64"),
            "控制": ["a\x07b", "\ud800"],
        },
        dtype=object,
    )
    tabular.write_xlsx(tmp_path / "a.xlsx", {"表/一": frame, "空": frame.iloc[:0]})
    made = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert made.sheetnames == ["表 一", "空"]
    rows = list(made["表 一"].iter_rows(values_only=True))
    assert rows[1] == ("0012", 12.5, 1, True, 7, "ab")
    assert rows[2][:5] == (None, None, 2, False, None)
    assert made["表 一"].column_dimensions["A"].width >= 8
    read = tabular.read(tmp_path / "a.xlsx", sheet="表 一")
    assert read.text("name")[0] == "0012"


def test_writing_replaces_at_once_or_not_at_all(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("old")

    class Bad:
        def __str__(self):
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        tabular.write_csv(path, pd.DataFrame({"a": [Bad()]}))
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.csv"]
    with pytest.raises(InputError, match="make it first"):
        tabular.write_csv(tmp_path / "no" / "a.csv", pd.DataFrame())


TEXT = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\r\x00"), min_size=0, max_size=12
)


@settings(deadline=None, max_examples=80)
@given(
    rows=st.lists(st.tuples(TEXT, st.floats(-180, 180), st.floats(-90, 90)), min_size=1, max_size=6)
)
def test_csv_round_trip(tmp_path_factory, rows):
    """Every text and number that is written is read again, whatever it looks like."""
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    frame = pd.DataFrame(rows, columns=["名称", "经度", "纬度"]).astype({"名称": object})
    tabular.write_csv(path, frame)
    table = tabular.read(path)
    assert table.frame["名称"].tolist() == frame["名称"].tolist()
    assert table.numbers("lon").tolist() == frame["经度"].tolist()
    assert table.numbers("lat").tolist() == frame["纬度"].tolist()
    assert table.rows.tolist() == list(range(2, len(rows) + 2))


@settings(deadline=None, max_examples=150)
@given(data=st.binary(max_size=400))
def test_any_bytes_are_a_table_or_one_sentence(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("fuzz") / "a.csv"
    path.write_bytes("名称,经度,纬度\n".encode() + data)
    try:
        table = tabular.read(path)
    except InputError as error:
        assert str(error)  # noqa: PT017
    else:
        assert len(table.frame) == len(table.rows)


# --- real tables -------------------------------------------------------------------------------

QUZHOU = {
    "医疗.xls": ("Sheet1", 1956, {"district", "category", "level", "alias", "postcode"}),
    "公共厕所.xlsx": ("公共厕所", 87, set()),
    "公共自行车.xlsx": ("公共自行车", 180, {"phone", "hours", "remark", "id", "type"}),
    "垃圾中转站.xlsx": ("垃圾中转站", 9, set()),
    "旅游景点.xls": ("Sheet1", 20, {"level", "website", "description"}),
}


@pytest.mark.parametrize("name", QUZHOU)
def test_workbooks_of_quzhou_need_no_hand(shared, name):
    table = tabular.read(shared(f"quzhou-public-facilities/{name}"))
    sheet, rows, more = QUZHOU[name]
    assert (table.sheet, len(table.frame)) == (sheet, rows)
    assert set(table.roles) == {"name", "address", "lon", "lat"} | more
    assert table.rows.tolist() == list(range(2, rows + 2))
    assert table.text("name").notna().all()
    lon, lat = table.numbers("lon"), table.numbers("lat")
    assert 118.0540 <= lon.min() <= lon.max() <= 119.3243
    assert 28.2575 <= lat.min() <= lat.max() <= 29.4571


def test_medical_table_of_quzhou_in_full(shared):
    table = tabular.read(shared("quzhou-public-facilities/医疗.xls"))
    counts = table.text("district").value_counts()
    assert counts["柯城区"] == 436
    assert table.text("category").value_counts()["村卫生室"] == 1083
    assert table.text("alias").isna().sum() > 1000  # NULL
    assert table.text("postcode")[0] == "324000"


CSV = {
    "amap-civic-poi/nanjing_gcj02.csv": (1086, {"category", "id", "lon", "lat"}),
    "amap-civic-poi/quzhou_gcj02.csv": (926, {"category", "id", "lon", "lat"}),
    "shanghai-amap-poi/shanghai_bus.csv": (
        10186,
        {"name", "address", "district", "province", "type", "lon", "lat"},
    ),
    "porto-alegre-coverage/poa_points_of_interest.csv": (15, {"id", "lon", "lat"}),
    "county-population-2020/population.csv": (2990, {"adcode", "name", "population"}),
}


@pytest.mark.parametrize("name", CSV)
def test_real_text_tables(shared, name):
    table = tabular.read(shared(name))
    plain = pd.read_csv(shared(name), dtype=str, keep_default_na=False, encoding="utf-8-sig")
    assert (len(table.frame), set(table.roles)) == CSV[name]
    assert table.frame.to_numpy().tolist() == plain.to_numpy().tolist()


def test_venues_of_zhejiang(shared):
    table = tabular.read(shared("zhejiang-civic-venues/venues_gcj02.csv"))
    assert len(table.frame) == 573
    assert table.roles["hours"] == "开放时间"
    assert table.roles["district"] == "区县"
    assert np.isfinite(table.numbers("lon")).all()


def test_shanghai_marks_an_empty_address_with_brackets(shared):
    table = tabular.read(shared("shanghai-amap-poi/shanghai_hospital.csv"))
    assert table.text("address").isna().sum() == 302
