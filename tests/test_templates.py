"""Blank workbooks: what an office fills in by their words is imported without options."""

import io
import shutil

import openpyxl
import pytest
import small_city

from stationmap import standards
from stationmap.city import City, layers, templates
from stationmap.cli.run import run
from stationmap.errors import InputError
from stationmap.io import headings
from stationmap.standards import tables

KINDS = templates.kinds()
PLACED = ("stations", "facilities", "communities", "demand")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return small_city.make(tmp_path_factory.mktemp("made"), stations=False)


@pytest.fixture
def town(made, tmp_path):
    return City.open(shutil.copytree(made.path, tmp_path / "town"))


def blank(path, kind, *, lang="zh", pack=None):
    templates.write(path, kind, lang=lang, pack=pack)
    return openpyxl.load_workbook(path)


def fill(path, kind, *, lang="zh", pack=None):
    """Fill in the examples, as the second sheet tells them."""
    book = blank(path, kind, lang=lang, pack=pack)
    for number, column in enumerate(templates.columns(kind, lang=lang, pack=pack), start=1):
        book.worksheets[0].cell(2, number).value = column.example or None
    book.save(path)
    return path


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_filled_in_by_its_words_is_imported_without_options(town, tmp_path, kind, lang):
    file = fill(tmp_path / f"{kind}.xlsx", kind, lang=lang, pack=town.pack)
    if kind == "inspections":
        # only of a station that is there
        own = {
            "编号": "330802-001",
            "名称": "站",
            "类型": small_city.TYPE,
            "经度": 118.87,
            "纬度": 28.95,
        }
        town.import_file("stations", small_city.table(tmp_path / "s.csv", [own]), datum="wgs84")
    report = town.import_file(kind, file)
    assert not report.entries
    assert report.counts.read == report.counts.accepted == 1
    assert report.datum == ("gcj02" if kind in PLACED else None)
    assert not town.import_file(kind, file).written
    now = town.now()
    if kind == "stations":
        frame = now.stations().assign(
            phone=[row["phone"] for row in town.register.rows("station")],
            contact_person=[row["person"] for row in town.register.rows("contact")],
            contact_phone=[row["phone"] for row in town.register.rows("contact")],
        )
    elif kind == "inspections":
        (row,) = town.register.rows("inspection")
        assert (row["station_id"], row["visit"]) == ("330802-001", "supervision")
        assert row["at"] == "2026-03-04T16:00:00.000+00:00", "midnight in the city"
        assert row["found"].replace("?", "") == "m"
        assert [*row["details"]["notes"]] == ["visit#1"]
        return
    else:
        layer = {"communities": "zones", "indicators": "counts"}.get(kind, kind)
        frame = now.table(layer) if layer in layers.TABLES else layers.read(now.atlas, layer)
    frame = frame[frame["source"] == kind]
    columns = {c.role: c for c in templates.columns(kind, lang=lang, pack=town.pack)}
    if kind == "indicators":
        given = {
            r: float(c.example) for r, c in columns.items() if isinstance(c.example, int | float)
        }
        assert dict(zip(frame["count"], frame["value"], strict=True)) == given
        assert set(frame["subject"]) == {"330802"}
        assert set(frame["period"]) == {"2026-09"}
        return
    row = frame.iloc[0]
    for role in ("name", "unit", "address", "reason", "approver", "content", "served", "quality"):
        if role in columns and role in frame:
            assert row[role] == columns[role].example
    for role in ("headcount", "hours", "from_m", "to_m"):
        if role in columns and kind != "stations":
            assert row[role] == columns[role].example
    # nothing that was filled in was left aside
    places = {"lon": "geometry", "lat": "geometry", "type": "type", "parent": "parent_id"}
    places |= {"id": "station_id" if kind == "stations" else "id", "station": "station_id"}
    places |= {"unit": "unit" if kind == "stations" else "unit_id", "district": "adcode"}
    places |= {"community": "located_by"}
    for role, column in columns.items():
        assert not column.example or frame[places.get(role, role)].notna().all(), role


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_heading_is_known_for_its_role(kind, lang):
    for column in templates.columns(kind, lang=lang):
        assert headings.role_of(column.heading, kind=kind) == column.role, column.heading
        # of a station alone it is kept whom to ask
        private = column.role.startswith("contact_")
        assert headings.names_persons(column.heading) == private


@pytest.mark.parametrize("kind", KINDS)
def test_a_workbook_has_frozen_headings_notes_lists_and_an_explanation(tmp_path, kind):
    pack = standards.load("quzhou-2018")
    book = blank(tmp_path / "a.xlsx", kind, pack=pack)
    sheet, explanation, lists = book.worksheets
    found = templates.columns(kind, pack=pack)
    assert sheet.freeze_panes == "A2"
    assert [cell.value for cell in sheet[1]] == [column.heading for column in found]
    assert [cell.comment.text for cell in sheet[1]] == [column.note for column in found]
    assert explanation.title == "填写说明"
    assert lists.sheet_state == "hidden"
    told = {row[0].value: row for row in explanation.iter_rows(min_row=6)}
    assert list(told) == [column.heading for column in found]
    offered = {
        str(rule.sqref).split(":")[0]: rule.formula1
        for rule in sheet.data_validations.dataValidation
    }
    for number, column in enumerate(found, start=1):
        letters = openpyxl.utils.get_column_letter(number)
        assert (f"{letters}2" in offered) == bool(column.choices)
        if column.choices:
            listed = [row[number - 1].value for row in lists.iter_rows()]
            assert [value for value in listed if value] == list(column.choices)
            assert offered[f"{letters}2"].endswith(f"${letters}${len(column.choices)}")


def test_types_offered_are_those_of_the_pack_or_of_all(tmp_path):
    def types(pack):
        return next(c for c in templates.columns("stations", pack=pack) if c.role == "type").choices

    own = standards.load("quzhou-2018")
    assert list(types(own)) == [t.name.zh for t in own.site_types]
    every = {t.name.zh for one in standards.available() for t in standards.load(one).site_types}
    assert set(types(None)) == every
    assert len(types(None)) == len(every)


def test_every_choice_is_understood(town, tmp_path):
    pack = town.pack
    wanted = {"type": [], "status": []}
    for column in templates.columns("stations", pack=pack):
        if column.role in wanted:
            wanted[column.role] = list(column.choices)
    for role, choices in wanted.items():
        rows = [
            {"站点名称": f"{role}{k}", "站点类型": pack.site_types[0].name.zh}
            | ({"站点类型": word} if role == "type" else {"状态": word})
            for k, word in enumerate(choices)
        ]
        report = town.import_file("stations", small_city.table(tmp_path / f"{role}.csv", rows))
        assert not report.entries
    assert set(town.stations()["status"]) == {"active", "planned", "suspended", "closed"}
    for column in templates.columns("facilities"):
        if column.role == "category":
            assert list(tables.category_of_text(list(column.choices))) == list(tables.categories())


def test_a_blank_workbook_itself_has_no_rows(town, tmp_path):
    for kind in KINDS:
        templates.write(tmp_path / f"{kind}.xlsx", kind)
        with pytest.raises(InputError, match="no rows below its headings"):
            town.import_file(kind, tmp_path / f"{kind}.xlsx")


def test_it_can_be_written_to_a_stream_and_an_unknown_one_is_refused():
    stream = io.BytesIO()
    templates.write(stream, "units", lang="en")
    book = openpyxl.load_workbook(io.BytesIO(stream.getvalue()))
    assert book.worksheets[0].title == "Units"
    assert book.worksheets[1].title == "How to fill in"
    with pytest.raises(InputError, match="expected one of: stations, units"):
        templates.write(io.BytesIO(), "volunteers")


def test_a_total_below_the_filled_rows_is_set_aside(town, tmp_path):
    file = fill(tmp_path / "indicators.xlsx", "indicators", pack=town.pack)
    book = openpyxl.load_workbook(file)
    sheet = book.worksheets[0]
    sheet.cell(3, 2).value = "合 计"
    sheet.cell(3, 5).value = 488300
    book.save(file)
    report = town.import_file("indicators", file)
    assert (report.counts.read, report.counts.accepted, report.counts.quarantined) == (2, 1, 1)
    assert report.entries[0].refusal.reason == "the row is a total of others"


def test_leading_zeros_of_ids_stay(town, tmp_path):
    file = fill(tmp_path / "units.xlsx", "units")
    book = openpyxl.load_workbook(file)
    book.worksheets[0]["A2"].value = "00123"
    assert book.worksheets[0]["A2"].number_format == "@"
    book.save(file)
    town.import_file("units", file)
    assert town.now().table("units")["id"].tolist() == ["00123"]


@pytest.fixture
def speak(monkeypatch):
    """The language that a command chooses does not outlive the test."""
    return lambda lang: monkeypatch.setenv("STATIONMAP_LANG", lang)


def test_the_command_writes_it_and_says_so(made, tmp_path, capsys, speak):
    speak("zh")
    out = tmp_path / "站点台账.xlsx"
    assert run(["template", "stations", str(out), "--city", str(made.path)]) == 0
    assert capsys.readouterr().err == f"已写入：{out}\n"
    kinds_offered = openpyxl.load_workbook(out).worksheets[2]
    offered = [row[2].value for row in kinds_offered.iter_rows() if row[2].value]
    assert offered == [t.name.zh for t in made.pack.site_types]
    speak("en")
    for wrong, sentence in (
        (["template", "stations", "a.csv"], "a.csv must end in .xlsx"),
        (["template", "station", "a.xlsx"], "there is no blank workbook for station"),
        (["template", "units", str(tmp_path / "no" / "a.xlsx")], "does not exist: make it first"),
    ):
        assert run(wrong) == 2
        assert sentence in capsys.readouterr().err


def test_a_filled_in_workbook_goes_in_by_the_command(town, tmp_path, capsys, speak):
    speak("zh")
    file = fill(tmp_path / "units.xlsx", "units")
    assert run(["import", "units", str(file), "--city", str(town.path), "--complete"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("单位")
    assert town.complete("units") == {"*"}
