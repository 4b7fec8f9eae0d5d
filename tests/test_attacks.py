"""Hostile packs, lists and names: refused with a sentence or shown as they are, never a fault."""

import os
import shutil
import threading
import time

import openpyxl
import pandas as pd
import pytest
import small_city
from dossier_builder import dossier
from facts_builder import facts, rule
from small_city import LAT, LON, table

from stationmap import reports, standards
from stationmap.checks import naming
from stationmap.checks.findings import frame
from stationmap.city import City, private, values
from stationmap.city.basemap import archive
from stationmap.city.config import Config
from stationmap.cli import run
from stationmap.errors import CityError, InputError
from stationmap.io import kml
from stationmap.io.files import replacing
from stationmap.standards import NamePart, NamingRule, Text
from web.app import create_app

NAMES = [
    "{name}",
    "{0.__class__}",
    "{",
    "%s%(x)s",
    "$\\frac{",
    "=1+1",
    "</title><img src=file:///etc/passwd>",
    "a\x07b\x0b\x1b[31m",
    "\ufffe\uffff",
    "]]>",
    "a\nb\r\nc",
    "长" * 40_000,
]
PHONE, CARD = "13800138000", "330802199003071234"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The small town, with stations A0 … A5."""
    return small_city.make(tmp_path_factory.mktemp("made"))


@pytest.fixture
def town(made, tmp_path):
    return City.open(shutil.copytree(made.path, tmp_path / "town"))


def only(file):
    (problem,) = standards.problems(file)
    assert problem.render("zh")
    return problem.message


# ---------------------------------------------------------------------------- packs


def test_a_pack_of_megabytes_is_refused_before_it_is_read(tmp_path):
    file = tmp_path / "big.toml"
    file.write_text('id = "' + "a" * 600_000 + '"', encoding="utf-8")
    assert "larger than 500 kB" in only(file)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_pack_that_is_no_file_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.toml")
    assert "cannot be read" in only(tmp_path / "pipe.toml")


def test_a_name_that_no_file_can_have_is_an_unknown_pack(tmp_path):
    file = tmp_path / "own.toml"
    file.write_text(f'id = "own"\nedition = "1"\nextends = "{"a" * 5000}"', encoding="utf-8")
    assert "no such pack" in only(file)


@pytest.mark.parametrize(("parents", "refused"), [(8, False), (9, True), (1100, True)])
def test_packs_extend_one_another_only_so_often(tmp_path, parents, refused):
    above = [*(f"p{k}" for k in range(1, parents)), "simao-2015"]
    for number, parent in enumerate(above):
        text = f'id = "p{number}"\nedition = "1"\nextends = "{parent}"\n'
        (tmp_path / f"p{number}.toml").write_text(text, encoding="utf-8")
    if refused:
        assert "at most 8 extend one another" in only(tmp_path / "p0.toml")
    else:
        assert not standards.problems(tmp_path / "p0.toml")


@pytest.mark.parametrize("length", [20, 199])
def test_a_name_with_the_county_many_times_is_compared_in_time(length):
    own = NamePart(label=Text(zh="县"), of="county_or_unit")
    unit = "甲" * 4
    known = facts(
        name="长治市",
        adcode="140400",
        stations=[{"name": "甲" * length + "乙", "adcode": "140403", "unit": unit}],
        districts=[{"adcode": "140403", "name": "甲甲县"}],
    )
    checked = naming.check(rule(NamingRule, site_types=["post"], part=[own] * 60), known)
    assert frame(checked, lang="zh")["state"].tolist() == ["not_met"]


# ---------------------------------------------------------------------------- files


def test_blanks_in_coordinates_are_read_in_time(tmp_path):
    file = tmp_path / "blanks.kml"
    place = f"118.9{' ' * 1_000_000},{' ' * 1_000_000}28.9"
    file.write_text(
        f"<kml><Placemark><Point><coordinates>{place}</coordinates></Point></Placemark></kml>"
    )
    begun = time.process_time()
    assert kml.read(file).geometry[0].coords[0] == (118.9, 28.9)
    assert time.process_time() - begun < 60  # hours, if every blank is looked at from every other


LINE = "<LineString><coordinates>0,0 1,0 1,1</coordinates></LineString>"
POINT = "<Point><coordinates>118.9,28.9</coordinates></Point>"
RING = "<LinearRing><coordinates>0,0 1,0 1,1</coordinates></LinearRing>"
OUTER = f"<outerBoundaryIs>{RING}</outerBoundaryIs>"


@pytest.mark.parametrize(
    ("shape", "kind"),
    [
        (f"<outerBoundaryIs>{POINT}</outerBoundaryIs>", "Point"),
        (f"<Polygon><outerBoundaryIs>{POINT}</outerBoundaryIs></Polygon>", None),
        (f"<Polygon><outerBoundaryIs>{LINE}</outerBoundaryIs></Polygon>", None),
        (f"<Polygon>{OUTER}<innerBoundaryIs>{POINT}</innerBoundaryIs></Polygon>", "Polygon"),
        (f"<MultiGeometry><innerBoundaryIs>{RING}</innerBoundaryIs>{POINT}</MultiGeometry>", None),
        (f"<Point><outerBoundaryIs>{RING}</outerBoundaryIs></Point>", None),
    ],
)
def test_shapes_within_the_wrong_shapes_are_no_fault(tmp_path, shape, kind):
    file = tmp_path / "wrong.kml"
    file.write_text(f"<kml><Placemark><name>a</name>{shape}</Placemark></kml>")
    (found,) = kml.read(file).geometry
    assert kind is None or found.geom_type == kind


def test_a_name_of_its_own_for_every_value_is_refused(tmp_path):
    file = tmp_path / "wide.kml"
    data = "".join(f'<Data name="k{k}"><value>1</value></Data>' for k in range(1001))
    file.write_text(f"<kml><Placemark><ExtendedData>{data}</ExtendedData></Placemark></kml>")
    with pytest.raises(InputError, match="more than 1000 columns"):
        kml.read(file)


def test_long_names_of_folders_are_not_repeated_for_every_placemark(tmp_path):
    file = tmp_path / "folders.kml"
    inside = f"<Placemark>{POINT}</Placemark>" * 100
    for _ in range(150):
        inside = f"<Folder><name>{'f' * 10_000}</name>{inside}</Folder>"
    file.write_text(f"<kml><Document>{inside}</Document></kml>")
    layers = kml.read(file)["layer"]
    assert len(layers[0]) < 40_000
    assert len({id(layer) for layer in layers}) == 1


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("名称\n甲\n".encode("utf-16")[:-1], "UTF-16 but damaged"),
        (b"\xff\xfe" + "名称\n".encode("utf-16-le") + b"\x00\xd8\n\x00", "UTF-16 but damaged"),
        (f"名称\n{'a' * 1_000_000}\n".encode(), "row 2: a cell has more than 131072 characters"),
    ],
)
def test_damaged_and_endless_text_is_refused(town, data, reason):
    file = town.path.parent / "text.csv"
    file.write_bytes(data)
    with pytest.raises(InputError, match=reason):
        town.import_file("units", file)


def test_numbers_of_hundreds_of_digits_are_none():
    assert values.number("9" * 400) != values.number("9" * 400)
    assert values.chainage(f"K{'9' * 400}+1") != values.chainage(f"K{'9' * 400}+1")
    assert values.chainage("K1+200.5") == 1200.5


@pytest.mark.parametrize("year", ["0001", "0202", "1899"])
def test_days_and_periods_before_1900_are_none(year):
    assert values.day(f"{year}-03-05") is None
    assert [values.period(year + p) for p in ("Q1", "H1", "-03", "-03-05")] == [None] * 4


def test_an_activity_of_the_year_202_makes_no_month_of_each_since(town):
    rows = [
        {"活动名称": "甲", "站点编号": "A1", "日期": day}
        for day in ("0202-03-01", "2026-03-01", "2026-03-31")
    ]
    report = town.import_file("activities", table(town.path.parent / "a.csv", rows))
    assert [e.row for e in report.entries] == [2]


@pytest.mark.parametrize("named", ["a\0b.pmtiles", "pipe.pmtiles", "/dev/zero", "."])
def test_a_base_map_that_is_no_file_is_refused(tmp_path, named):
    os.mkfifo(tmp_path / "pipe.pmtiles")
    settings = {"name": "甲", "adcode": "", "time_zone": "Asia/Shanghai", "standard": "a"}
    chosen = {"kind": "pmtiles", "file": named}
    config = Config.model_validate({**settings, "schema_version": 1, "basemap": chosen})
    with pytest.raises(CityError, match="there is no file"):
        archive(tmp_path, config)


@pytest.mark.parametrize("name", ["out[1].csv", "a*b.csv", "甲?.csv"])
def test_nothing_is_left_of_a_file_that_failed_whatever_its_name(tmp_path, name):
    (tmp_path / "other.csv").write_text("1")

    def fail():
        with replacing(tmp_path / name) as temporary:
            temporary.write_text("half")
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        fail()
    assert [file.name for file in tmp_path.iterdir()] == ["other.csv"]


# ---------------------------------------------------------------------------- persons


@pytest.mark.parametrize(
    "number",
    [
        PHONE,
        "138 0013 8000",
        "138-0013-8000",
        "+8613800138000",
        "0086 13800138000",
        "１３８００１３８０００",
        CARD,
        CARD[:-1] + "X",
        "330802900307123",
    ],
)
def test_numbers_of_persons_are_taken_out_however_written(number):
    texts, count = private.taken_out(pd.Series([f"老人{number}，", None]))
    assert (texts[0], count) == ("老人…，", 1)


@pytest.mark.parametrize(
    "text", ["91330802123456789X", "0570-3021234", "130102001001", "2026-03-05", "118.8712345"]
)
def test_other_numbers_stay(text):
    assert private.taken_out(pd.Series([text]))[0][0] == text


def test_no_column_of_any_list_keeps_numbers_of_persons(town):
    who = f"张三 {PHONE} {CARD}"
    place = {"经度": LON, "纬度": LAT}
    activity = {"站点编号": "A1", "日期": "2026-03-05", "活动时长": "1"}
    words = ("活动名称", "活动地点", "服务对象", "活动内容", "活动成效", "负责岗位", "记录岗位")
    exempt = {"条款": "Q-T2", "对象编号": "A1", "到期日": "2099-01-01"}
    lists = {
        "stations": [
            {"编号": "P", "名称": who, "类型": "有礼点", "开放时间": who, "地址": who} | place
        ],
        "facilities": [{"编号": "F", "名称": who, "类别": "hospital"} | place],
        "units": [{"单位名称": who, "统一社会信用代码": "U1", "志愿汇账号": PHONE}],
        "projects": [{"项目名称": who, "站点编号": "A1", "服务类别": who, "发布渠道": "线上"}],
        "activities": [activity | dict.fromkeys(words, who), {"活动名称": who, "日期": who}],
        "exemptions": [exempt | {"原因": who, "批准单位": who}],
    }
    for kind, rows in lists.items():
        file = table(town.path.parent / f"{kind}.csv", rows)
        options = {"datum": "wgs84"} if "经度" in rows[0] else {}
        report = town.import_file(kind, file, **options)
        assert any("identity numbers" in w.render("en") for w in report.warnings), kind
    now = town.now()
    names = ("units", "projects", "activities", "exemptions")
    kept = [now.stations(), now.facilities(), *map(now.table, names)]
    for held in [*kept, now.check(lang="zh").findings]:
        assert PHONE not in held.to_csv()
        assert CARD not in held.to_csv()
    for file in town.path.rglob("*"):
        if file.is_file() and file.suffix in (".csv", ".json", ".toml"):
            assert PHONE not in file.read_text(encoding="utf-8"), file


# ---------------------------------------------------------------------------- terminals

ESCAPE = "\x1b]0;title\x07\x1b[31m\x9b2J"


def test_no_list_brings_in_what_a_terminal_obeys(town, capsys):
    rows = [
        {"单位名称": f"甲{ESCAPE}", "职工人数": "1"},
        {"单位名称": "乙", "职工人数": f"{ESCAPE}9x"},
    ]
    file = table(town.path.parent / "u.csv", rows)
    assert run.run(["import", "units", str(file), "--city", str(town.path)]) == 0
    said = capsys.readouterr()
    assert "9x" in said.out + said.err
    assert not set(ESCAPE) & set(said.out + said.err) & set("\x07\x1b\x9b")
    assert town.now().table("units")["name"].tolist() == ["甲]0;title[31m2J"]


def test_no_pack_says_what_a_terminal_obeys(tmp_path, capsys):
    file = tmp_path / "own.toml"
    file.write_text('id = "own"\nextends = "a\\u001b[31m"\n', encoding="utf-8")
    assert run.run(["standards", "validate", str(file)]) != 0
    said = capsys.readouterr()
    assert "[31m" in said.out + said.err
    assert "\x1b" not in said.out + said.err


# ---------------------------------------------------------------------------- reports


@pytest.fixture(scope="module")
def hostile(made, tmp_path_factory):
    """A check of a town in which every name is hostile."""
    folder = tmp_path_factory.mktemp("hostile")
    city = City.open(shutil.copytree(made.path, folder / "town"))
    place = {"经度": LON, "纬度": LAT, "所属单位": NAMES[0]}
    rows = [
        {"编号": f"S{k}", "名称": name, "类型": "有礼点", "开放时间": name} | place
        for k, name in enumerate(NAMES)
    ]
    city.import_file("stations", table(folder / "s.csv", rows), datum="wgs84")
    rows = [
        {"编号": f"F{k}", "名称": name, "类别": "hospital"} | place for k, name in enumerate(NAMES)
    ]
    city.import_file("facilities", table(folder / "f.csv", rows), datum="wgs84")
    return city.now().check(lang="zh").findings


@pytest.mark.parametrize("ending", [".xlsx", ".docx", ".png", ".gpkg", ".kmz", ".csv"])
def test_reports_hold_any_name(hostile, tmp_path, ending):
    found = dossier(
        city="$\\frac{$<b>{n}",
        findings=hostile,
        rules=standards.load("quzhou-2018").entries(),
    )
    path = tmp_path / f"report{ending}"
    reports.write_findings(path, found, lang="zh")
    assert path.stat().st_size
    if ending == ".xlsx":
        book = openpyxl.load_workbook(path)
        cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
        assert "f" not in {cell.data_type for cell in cells}
        assert any("{0.__class__}" in str(cell.value) for cell in cells)


def test_many_reports_at_once_leave_the_map_its_threads(made, monkeypatch):
    app, go_on, codes = create_app(made.path), threading.Event(), []
    monkeypatch.setattr(reports, "write_findings", lambda path, *_, **__: _late(path, go_on))

    def ask():
        codes.append(app.test_client().get("/download/report.xlsx").status_code)

    waiting = [threading.Thread(target=ask) for _ in range(6)]
    for one in waiting:
        one.start()
    deadline = time.monotonic() + 60
    while len(codes) < 3 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert codes == [503, 503, 503]
    go_on.set()
    for one in waiting:
        one.join(timeout=60)
    assert sorted(codes) == [200, 200, 200, 503, 503, 503]
    ask()
    assert codes[-1] == 200


def _late(path, go_on):
    assert go_on.wait(timeout=60)
    path.write_bytes(b"PK")
