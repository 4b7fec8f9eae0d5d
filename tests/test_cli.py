"""The command line: its contracts, its two languages, and its manners when something is wrong."""

import io
import json
import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import version

import geopandas as gpd
import pandas as pd
import pytest
import shapely
import small_city
from conftest import need
from openpyxl import load_workbook
from small_city import LAT, LON, osm_file, station_rows, table

from stationmap.cli import run as cli
from stationmap.cli.output import LANG_VARIABLE, working
from stationmap.io.notes import Note

GAPS = [
    *("gap_id", "street_id", "street_name", "street_class", "adcode", "part", "side"),
    *("from_m", "to_m", "length_m", "points_needed", "frontage", "shops_m"),
    *("rule_id", "document", "clause"),
]

FINDINGS = [
    *("finding_id", "rule_id", "kind", "subject_kind", "subject_id", "subject_name", "adcode"),
    *("state", "force", "measured", "limit", "unit", "message_id", "message", "document"),
    *("clause", "assumed", "geometry"),
]


@pytest.fixture(autouse=True)
def english(monkeypatch):
    monkeypatch.setenv(LANG_VARIABLE, "en")


@pytest.fixture
def command(capsys):
    """Run a command; return exit code, standard output, standard error."""

    def call(*arguments):
        code = cli.run([str(a) for a in arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in err + out
        return code, out, err

    return call


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """A town with stations that no test changes."""
    return small_city.make(tmp_path_factory.mktemp("full")).path


@pytest.fixture
def own_town(town, tmp_path):
    return shutil.copytree(town, tmp_path / "town")


# --------------------------------------------------------------------- contracts


def test_from_nothing_to_gaps(command, tmp_path):
    city = tmp_path / "city"
    assert command("new", city, "--standard", "quzhou-2018", "--name", "示例")[0] == 0
    code, out, err = command("import", "osm", osm_file(tmp_path / "t.osm"), "--city", city)
    assert (code, err) == (0, "")
    assert "roads: read 3, accepted 3" in out
    rows = table(tmp_path / "s.csv", station_rows())
    code, out, err = command(
        "import", "stations", rows, "--city", city, "--datum", "wgs84", "--json"
    )
    assert (code, err) == (0, "")
    document = json.loads(out)
    counts = ("read", "accepted", "quarantined", "unchanged", "to_locate")
    assert [document[key] for key in counts] == [6, 6, 0, 0, 0]
    assert document["datum"]["name"] == "wgs84"
    assert document["datum"]["decided"] is False
    code, out, err = command("gaps", city)
    assert (code, err) == (0, "")
    assert "more Courtesy point" in out or "needed" in out
    assert "人民路" in out


def test_gaps_json_is_one_document_of_the_contract(command, town):
    code, out, err = command("gaps", town, "--json")
    assert (code, err) == (0, "")
    document = json.loads(out)
    assert document.keys() == {"summary", "gaps"}
    expected = "frontage_m assumed_m stations_counted gaps points_needed count_ok covered_share"
    assert {*expected.split(), "by_class", "by_district"} <= document["summary"].keys()
    assert document["gaps"]["type"] == "FeatureCollection"
    features = document["gaps"]["features"]
    assert len(features) == document["summary"]["gaps"] > 0
    assert list(features[0]["properties"]) == GAPS
    assert features[0]["geometry"]["type"] == "LineString"
    lon, lat = features[0]["geometry"]["coordinates"][0]
    assert abs(lon - LON) < 0.1
    assert abs(lat - LAT) < 0.1


def test_osm_json_tells_every_layer(command, own_town, town):
    code, out, _ = command(
        "import", "osm", town.parent / "town.osm", "--city", own_town, "--json", "--dry-run"
    )
    document = json.loads(out)
    assert code == 0
    assert document["layers"]["ways"]["read"] == 3
    assert document["read"] == sum(one["read"] for one in document["layers"].values())
    assert document["unchanged"] == document["accepted"]


@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "parquet", "csv", "xlsx", "png"])
def test_gaps_are_written_in_every_format(command, town, tmp_path, suffix):
    out = tmp_path / f"gaps.{suffix}"
    count = json.loads(command("gaps", town, "--json")[1])["summary"]["gaps"]
    code, _, err = command("gaps", town, "--out", out)
    assert code == 0
    assert "written" in err
    assert [p.name for p in tmp_path.iterdir()] == [out.name]
    if suffix in ("gpkg", "geojson"):
        frame = gpd.read_file(out)
    elif suffix == "parquet":
        frame = gpd.read_parquet(out)
    elif suffix == "csv":
        frame = pd.read_csv(out)
    elif suffix == "xlsx":
        frame = pd.read_excel(out)
    else:
        assert out.read_bytes().startswith(b"\x89PNG")
        assert out.stat().st_size > 20_000
        return
    assert len(frame) == count
    assert list(frame.columns[: len(GAPS)]) == GAPS


def test_planned_stations_count_only_when_asked(command, own_town, tmp_path):
    rows = [{**r, "编号": f"P{k}", "状态": "拟建"} for k, r in enumerate(station_rows())]
    rows = [{**r, "纬度": r["纬度"] + small_city.STEP_DEG} for r in rows]
    file = table(tmp_path / "planned.csv", rows)
    assert command("import", "stations", file, "--city", own_town, "--datum", "wgs84")[0] == 0
    counted = [
        json.loads(command("gaps", own_town, "--json", *option)[1])["summary"]["stations_counted"]
        for option in ([], ["--with-planned"])
    ]
    assert counted == [6, 12]


def test_export_has_every_layer(command, town, tmp_path):
    out = tmp_path / "city.gpkg"
    code, _, err = command("export", town, "--out", out)
    assert code == 0
    assert "city.gpkg" in err
    names = {"stations", "streets", "shops", "facilities", "districts", "gaps", "findings"}
    assert set(gpd.list_layers(out)["name"]) == names
    assert len(gpd.read_file(out, layer="stations")) == 6
    streets = gpd.read_file(out, layer="streets")
    assert list(streets.columns) == ["street_id", "name", "part", "adcode", "length_m", "geometry"]
    facilities = gpd.read_file(out, layer="facilities")
    assert list(facilities.columns) == ["id", "name", "category", "source", "geometry"]


def test_export_of_an_empty_city_has_the_same_layers(command, town, tmp_path):
    for city in (town, tmp_path / "empty"):
        if city != town:
            assert command("new", city, "--standard", "quzhou-2018")[0] == 0
        assert command("export", city, "--out", tmp_path / f"{city.name}.gpkg")[0] == 0
    full, empty = tmp_path / "town.gpkg", tmp_path / "empty.gpkg"
    names = list(gpd.list_layers(full)["name"])
    assert list(gpd.list_layers(empty)["name"]) == names
    for name in names:
        columns = list(gpd.read_file(full, layer=name).columns)
        assert list(gpd.read_file(empty, layer=name).columns) == columns
    assert list(gpd.read_file(empty, layer="gaps").columns) == [*GAPS, "geometry"]
    assert list(gpd.read_file(empty, layer="findings").columns) == FINDINGS
    assert command("export", tmp_path / "empty", "--out", tmp_path / "empty.xlsx")[0] == 0
    assert load_workbook(tmp_path / "empty.xlsx").sheetnames == names


def test_text_never_becomes_a_formula(command, own_town, tmp_path):
    rows = [{**station_rows(1)[0], "名称": '=HYPERLINK("x")', "编号": "F"}]
    file = table(tmp_path / "evil.csv", rows)
    assert command("import", "stations", file, "--city", own_town, "--datum", "wgs84")[0] == 0
    out = tmp_path / "city.xlsx"
    assert command("export", own_town, "--out", out)[0] == 0
    cells = [c for sheet in load_workbook(out) for row in sheet.iter_rows() for c in row]
    assert not [c.value for c in cells if c.data_type == "f"]
    assert any("HYPERLINK" in str(c.value) for c in cells)


def test_standards_are_listed_and_shown(command):
    code, out, _ = command("standards", "list")
    assert code == 0
    assert "quzhou-2018" in out
    code, out, _ = command("standards", "show", "quzhou-2018")
    assert code == 0
    assert "Q-S1" in out
    assert "spacing_m = 50" in out
    assert "frontage.reach_m" in out.split("Q-S1")[1].split("assumed here")[1].split("\n")[0]


# --------------------------------------------------------------------- languages


def test_the_language_is_asked_for_or_taken_from_the_environment(command, town, monkeypatch):
    chinese = "临街店面"
    for set_to, lang, expected in [
        ("zh", "en_GB.UTF-8", True),
        ("en", "zh_CN.UTF-8", False),
        ("", "zh_CN.UTF-8", True),
        ("", "en_GB.UTF-8", False),
        ("", "C", True),
    ]:
        monkeypatch.setenv(LANG_VARIABLE, set_to)
        monkeypatch.setenv("LANG", lang)
        assert (chinese in command("gaps", town)[1]) is expected
    for arguments, expected in [
        (["--lang", "zh", "gaps", town], True),
        (["gaps", town, "--lang=en"], False),
        (["gaps", "--lang", "zh", town], True),
    ]:
        assert (chinese in command(*arguments)[1]) is expected
    assert "street_name" not in command("gaps", town)[1]
    code, _, err = command("--lang", "fr", "gaps", town)
    assert code == 2
    assert "fr" in err


def test_the_summary_is_the_offices_sentence(command, town):
    out = command("gaps", town, "--lang", "zh")[1]
    first = out.splitlines()[0]
    assert "临街店面" in first
    assert "50 米内有有礼点" in first
    assert "处，至少需增设有礼点" in first


# --------------------------------------------------------------------- when something is wrong


def wrong(tmp_path, town):
    """Bad calls with a word of the sentence that they should get."""
    good = table(tmp_path / "good.csv", station_rows())
    swapped = [{**r, "经度": r["纬度"], "纬度": r["经度"]} for r in station_rows()]
    swapped = table(tmp_path / "swapped.csv", swapped)
    nan = table(tmp_path / "nan.csv", [{**r, "经度": "NaN"} for r in station_rows()])
    empty = tmp_path / "empty.csv"
    empty.write_text("")
    noise = tmp_path / "noise.osm.pbf"
    noise.write_bytes(os.urandom(500))
    points = tmp_path / "points.osm"
    points.write_text('<osm version="0.6"><node id="1" version="1" lon="1" lat="1"/></osm>')
    newer = shutil.copytree(town, tmp_path / "newer")
    toml = (newer / "city.toml").read_text("utf-8")
    (newer / "city.toml").write_text(toml.replace("version = 1", "version = 9"), "utf-8")
    bad_pack = tmp_path / "bad.toml"
    bad_pack.write_text('id = "x"\ncolour = "red"\n')
    shapes = gpd.GeoSeries([shapely.LineString([(LON, LAT), (LON, LAT + 0.01)])], crs=4326)
    frame = gpd.GeoDataFrame({"highway": ["primary"]}, geometry=shapes)
    frame.to_file(tmp_path / "r.shp", engine="pyogrio")
    (tmp_path / "r.prj").unlink()
    stations = ["import", "stations", "--city", town]
    return {
        "no such file": ([*stations, tmp_path / "no.csv"], "does not exist"),
        "a folder": ([*stations, tmp_path], "folder"),
        "empty": ([*stations, empty], "empty"),
        "noise": (["import", "osm", noise, "--city", town], "noise.osm.pbf"),
        "no ways": (["import", "osm", points, "--city", town], "no ways"),
        "no prj": (["import", "streets", tmp_path / "r.shp", "--city", town], ".prj"),
        "swapped": ([*stations, swapped, "--datum", "wgs84"], "swapped"),
        "NaN": ([*stations, nan, "--datum", "wgs84"], "NaN"),
        "undecided": ([*stations, good], "--datum"),
        "unknown datum": ([*stations, good, "--datum", "wgs72"], "wgs72"),
        "unknown kind": (["import", "shop", good, "--city", town], "shops"),
        "unknown type": ([*stations, good, "--datum", "wgs84", "--set", "type=kiosq"], "kiosk"),
        "half an option": ([*stations, good, "--set", "type"], "type=point"),
        "unknown role": ([*stations, good, "--set", "colour=red"], "colour"),
        "unknown heading": ([*stations, good, "--column", "type=型"], "型"),
        "no sheet": ([*stations, good, "--sheet", "九月"], "九月"),
        "unknown pack": (["new", tmp_path / "x", "--standard", "quzhou-2019"], "quzhou-2018"),
        "bad pack": (["new", tmp_path / "x", "--standard", bad_pack], "colour"),
        "not empty": (["new", town, "--standard", "quzhou-2018"], "exists already"),
        "no city": (["gaps", tmp_path / "nowhere"], "city.toml"),
        "newer city": (["gaps", newer], "newer StationMap"),
        "format": (["gaps", town, "--out", tmp_path / "gaps.pdf"], ".png"),
        "no folder": (["gaps", town, "--out", tmp_path / "no" / "gaps.csv"], "no"),
        "export format": (["export", town, "--out", tmp_path / "city.txt"], ".gpkg"),
        "no such pack": (["standards", "show", "x"], "quzhou-2018"),
        "no such option": (["gaps", town, "--colour"], "--colour"),
        "option missing": (["new", tmp_path / "x"], "--standard"),
        "no such command": (["gap", town], "gap"),
    }


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_bad_input_gets_one_sentence_and_changes_nothing(command, tmp_path, own_town, lang):
    cases = wrong(tmp_path, own_town)

    def content():
        # a database that is open has companions, which say nothing of what is in it
        files = (p for p in own_town.rglob("*") if not p.name.endswith(("-shm", "-wal")))
        return {str(p): p.read_bytes() for p in files if p.is_file()}

    before = content()
    for name, (arguments, word) in cases.items():
        code, out, err = command(*arguments, "--lang", lang)
        assert (code, out) == (2, ""), name
        assert lang == "zh" or word in err, (name, err)
        assert lang == "en" or re.search("[一-鿿]{2}", err.removeprefix("错误")), (name, err)
        assert len(err.strip().splitlines()) == 1 or "pack" in name, (name, err)
        assert err.startswith("错误：" if lang == "zh" else "Error: "), (name, err)
        assert "{" not in err, (name, err)
    assert content() == before
    assert not (tmp_path / "x").exists()


def test_json_stays_one_document_when_something_is_wrong(command, tmp_path, town):
    for name, (arguments, _) in wrong(tmp_path, town).items():
        code, out, _ = command(*arguments, "--json")
        if name not in ("no such pack", "unknown pack", "bad pack", "export format", "not empty"):
            assert code == 2, name
            assert json.loads(out)["error"], name


def test_an_undecided_datum_comes_with_its_evidence_as_json(command, tmp_path, town):
    rows = table(tmp_path / "good.csv", station_rows())
    code, out, err = command("import", "stations", rows, "--city", town, "--json")
    document = json.loads(out)
    assert code == 2
    assert document["datum"]["name"] is None
    assert document["datum"]["decided"] is False
    assert document["datum"]["evidence"]["decided"] is None
    assert document["error"] in err


def test_a_fault_of_ours_is_said_plainly_and_kept_for_us(command, town, monkeypatch):
    from stationmap.city import City

    def broken(path):
        raise ZeroDivisionError("the details")

    monkeypatch.setattr(City, "open", broken)
    code, out, err = command("gaps", town)
    assert (code, out) == (1, "")
    log = next(word for word in err.split() if word.endswith(".log"))
    with open(log, encoding="utf-8") as stream:  # noqa: PTH123
        assert "the details" in stream.read()
    os.unlink(log)  # noqa: PTH108
    assert json.loads(command("gaps", town, "--json")[1])["error"]


@pytest.mark.parametrize(
    ("fault", "code", "word"),
    [
        (KeyboardInterrupt(), 130, "Interrupted"),
        (OSError(28, "No space left on device", "city.gpkg"), 2, "No space left"),
        (ModuleNotFoundError("No module named 'osmium'", name="osmium"), 2, "stationmap[files"),
    ],
)
def test_what_the_machine_refuses_is_said_plainly(command, town, monkeypatch, fault, code, word):
    from stationmap.city import City

    def refuse(path):
        raise fault

    monkeypatch.setattr(City, "open", refuse)
    assert command("gaps", town)[0] == code
    assert word in command("gaps", town)[2]


def test_a_command_of_a_missing_package_says_how_to_get_it(command, monkeypatch):
    class Missing:
        name, module = "fly", "wings.cli"

        def load(self):
            raise ModuleNotFoundError("No module named 'wings'", name="wings")

    monkeypatch.setattr(cli, "entry_points", lambda group: [Missing()])
    code, _, err = command("fly")
    assert code == 2
    assert "wings" in err
    assert "pip install" in err


def test_commands_of_other_packages_are_found(command):
    code, out, _ = command("--help")
    assert code == 0
    for name in ("new", "import", "gaps", "export", "demo", "serve", "standards"):
        assert f"\n  {name}" in out


def test_without_a_command_it_explains_itself(command):
    for arguments in ([], ["standards"]):
        code, out, err = command(*arguments)
        assert (code, out) == (2, "")
        assert "Commands:" in err
    assert command("--version")[1].strip() == version("stationmap")


def test_examples_stand_line_by_line(command):
    for name in ("new", "import", "gaps", "export", "demo"):
        lines = command(name, "--help")[1].splitlines()
        assert sum(line.startswith(f"    stationmap {name}") for line in lines) >= 1, name


def test_running_it_as_a_module_works_through_a_closed_pipe(town):
    done = subprocess.run(
        f"'{sys.executable}' -m stationmap gaps '{town}' --json | head -c 10",
        shell=True,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == '{"summary"'
    assert done.stderr == ""


def test_pictures_speak_chinese_where_a_font_does(town, tmp_path, monkeypatch):
    from stationmap import reports

    need(reports.maps.chinese_font(), "no Chinese font is installed")
    from matplotlib.figure import Figure

    said = []
    save = Figure.savefig
    monkeypatch.setattr(
        Figure,
        "savefig",
        lambda figure, *a, **k: (
            said.extend(t.get_text() for t in figure.findobj(lambda o: hasattr(o, "get_text"))),
            save(figure, *a, **k),
        ),
    )
    monkeypatch.setenv(LANG_VARIABLE, "zh")
    assert cli.run(["gaps", str(town), "--out", str(tmp_path / "gaps.png")]) == 0
    text = " ".join(said)
    for word in ("空白路段", "需增设", "来源", "有礼点", " m"):
        assert word in text


def test_progress_shows_on_a_terminal_only(command, town, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    assert command("gaps", town)[2] == ""
    stderr = Terminal()
    monkeypatch.setattr(sys, "stderr", stderr)
    assert cli.run(["gaps", str(town)]) == 0
    assert "looking for gaps" in stderr.getvalue()


def test_a_city_without_a_code_is_told_so(command, tmp_path):
    known = command("new", tmp_path / "a", "--standard", "quzhou-2018", "--adcode", "330800")
    unknown = command("new", tmp_path / "b", "--standard", "quzhou-2018")
    assert "street ids begin with 0" not in known[1]
    assert "code is unknown; street ids begin with 0. Give --adcode" in unknown[1]


def test_both_helps_say_what_an_import_takes(command):
    for arguments in (["--help"], ["import", "--help"]):
        assert "Import a file: all usable rows, or nothing." in command(*arguments)[1]


def test_brackets_in_a_name_are_no_markup(command, tmp_path, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    stderr = Terminal()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", stderr)
        with working() as status:
            status(Note("reading {file}", {"file": "[/b] [old].csv"}))
    assert "reading [/b] [old].csv" in stderr.getvalue()
    roads = (("Foo [/b] 路", "secondary"), ("[old] A", "primary"))
    assert command("new", tmp_path / "city", "--standard", "quzhou-2018")[0] == 0
    command("import", "osm", osm_file(tmp_path / "t.osm", roads=roads), "--city", tmp_path / "city")
    rows = table(tmp_path / "s.csv", station_rows())
    command("import", "stations", rows, "--city", tmp_path / "city", "--datum", "wgs84")
    code, out, _ = command("gaps", tmp_path / "city")
    assert code == 0
    assert "Foo [/b] 路" in out
    assert "[old] A" in out
