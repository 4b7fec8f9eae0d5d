"""The command ``check``: what it prints, what it writes, and what it refuses."""

import io
import json
import os
from contextlib import redirect_stdout

import pyogrio
import pytest
import small_city
from openpyxl import load_workbook
from small_city import station_rows, table

from stationmap import standards
from stationmap.city import City
from stationmap.city.dossier import dossier
from stationmap.city.inspections import read_inspections
from stationmap.cli import run as cli
from stationmap.cli.output import LANG_VARIABLE
from stationmap.io import tabular
from stationmap.reports.bulletin import bulletin
from stationmap.reports.content import Picture, Table

PACK = standards.load("quzhou-2018")


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
    return small_city.make(tmp_path_factory.mktemp("check")).path


@pytest.fixture(scope="module")
def printed(town):
    """What is printed for the whole town, in English, and the JSON of the same."""
    texts = []
    for options in ([], ["--json"]):
        with redirect_stdout(io.StringIO()) as out:
            assert cli.run(["check", str(town), *options, "--lang", "en"]) == 0
        texts.append(out.getvalue())
    os.environ.pop(LANG_VARIABLE, None)
    return texts[0], json.loads(texts[1])


def findings(command, *arguments):
    code, out, _ = command("check", *arguments, "--json")
    assert code == 0
    found = json.loads(out)
    assert set(found) == {"summary", "findings"}
    assert found["findings"]["type"] == "FeatureCollection"
    return [f["properties"] for f in found["findings"]["features"]], found["summary"]


# ------------------------------------------------------------------- what it prints


def test_every_rule_stands_in_the_documents_order(printed):
    out = printed[0]
    ids = [line.split()[0] for line in out.splitlines() if line.startswith("  Q-")]
    assert ids == [entry.id for entry in PACK.entries()]
    for heading in ("Clause", "What it asks", "Met", "Not met", "Advice", "Cannot be told"):
        assert heading in out
    assert "附件3" in out


def test_the_counts_printed_are_those_of_the_findings(printed):
    out, document = printed
    rows, states = document["findings"]["features"], document["summary"]["by_state"]
    first = out.splitlines()[0]
    assert f"Cannot be told {states['unknown']:,}" in first
    assert f"Met {states['met']:,}" in first
    assert f"Not met {states['not_met'] - states['advised']:,}" in first
    assert len(rows) == sum(states[s] for s in ("met", "not_met", "unknown", "not_applicable"))


def test_what_is_lacking_comes_with_the_command_that_brings_it(printed, town):
    out = printed[0]
    assert f"stationmap import stations FILE --city {town} --complete --set type=post" in out
    assert f"stationmap import communities FILE --city {town} --complete" in out
    assert f"stationmap check {town} --inspections FILE" in out


def test_a_rule_asked_for_is_listed_finding_by_finding(command, town, printed):
    whole = printed[0]
    _, out, _ = command("check", town, "--rule", "Q-T3.1")
    assert "市图书馆" in out
    assert "市图书馆" not in whole
    assert [line.split()[0] for line in out.splitlines() if line.startswith("  Q-")] == ["Q-T3.1"]


def test_it_speaks_chinese(command, town, monkeypatch):
    monkeypatch.setenv(LANG_VARIABLE, "zh")
    _, out, _ = command("check", town)
    for word in ("规定内容", "不符合", "情况不明", "缺少的数据及补齐办法", "检查记录"):
        assert word in out


def test_unknown_until_the_list_is_declared_complete(command, tmp_path):
    city = small_city.make(tmp_path, stations=False)
    before, _ = findings(command, city.path, "--rule", "Q-T3.1")
    assert {r["subject_name"]: r["state"] for r in before}["市图书馆"] == "unknown"
    city.import_file(
        "stations", table(tmp_path / "all.csv", station_rows()), datum="wgs84", complete=True
    )
    after, _ = findings(command, city.path, "--rule", "Q-T3.1")
    assert {r["subject_name"]: r["state"] for r in after}["市图书馆"] == "not_met"


# ------------------------------------------------------------------- standards, districts, rules


def test_another_standard_by_id_and_by_file(command, town, tmp_path):
    rows, _ = findings(command, town, "--standard", "changzhi-2021")
    assert {r["rule_id"][:2] for r in rows} == {"CZ"}
    file = tmp_path / "own.toml"
    file.write_bytes(standards.path_of("zhanjiang-2018").read_bytes())
    rows, _ = findings(command, town, "--standard", file)
    assert {r["rule_id"][:2] for r in rows} == {"ZJ"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--rule", "Q-T99"], ["Q-T99", "Q-T3.1", "Q-C9"]),
        (["--district", "110000"], ["110000", "districts"]),
        (["--standard", "atlantis"], ["atlantis", "quzhou-2018"]),
        (["--out", "r.odt"], ["r.odt", ".docx"]),
        (["--out", "no/such/folder/r.xlsx"], ["folder", "make it"]),
    ],
)
def test_what_is_unknown_is_answered_with_what_is_known(command, town, options, words):
    code, out, err = command("check", town, *options)
    assert code == 2
    assert out == ""
    for word in words:
        assert word in err


# ------------------------------------------------------------------- inspections


def judged(path, rows):
    return table(path, rows)


def row(station="A0", item="Q-C9", state="符合", at="2026-03-05"):
    return {"站点编号": station, "检查项": item, "结果": state, "日期": at}


def test_judgements_decide_the_items(command, town, tmp_path):
    file = judged(
        tmp_path / "检查.csv",
        [row(), row("A1", state="不符合"), row("A2", state="未检查")],
    )
    rows, _ = findings(command, town, "--rule", "Q-C9", "--inspections", file)
    whole = {r["subject_id"]: r["state"] for r in rows if r["kind"] == "checklist"}
    assert [whole[f"A{k}"] for k in range(4)] == ["met", "not_met", "unknown", "unknown"]


def test_a_line_of_an_item_and_a_visit_can_be_judged(tmp_path):
    lines = [row(item="Q-C8/2", state="不符合"), row(item="走访")]
    found = read_inspections(judged(tmp_path / "x.csv", lines), pack=PACK)
    assert found[["item", "part", "state"]].to_numpy().tolist() == [
        ["Q-C8", 2, "not_met"],
        ["visit", 0, "met"],
    ]


def test_the_newest_judgement_decides(command, town, tmp_path):
    file = judged(
        tmp_path / "检查.csv", [row(at="2026年3月6日", state="不符合"), row(at="2026/3/5")]
    )
    rows, _ = findings(command, town, "--rule", "Q-C9", "--inspections", file)
    assert {r["subject_id"]: r["state"] for r in rows}["A0"] == "not_met"


def test_rows_that_cannot_be_read_are_all_named(command, town, tmp_path):
    wrong = [row(), row(item="Q-C77"), row(state="还行"), row(at="昨天"), row(item="Q-C8/99")]
    code, _, err = command("check", town, "--inspections", judged(tmp_path / "x.csv", wrong))
    assert code == 2
    assert "rows 3, 4, 5, 6" in err
    assert "Q-C9" in err
    short = [{"站点编号": "A0", "结果": "符合", "日期": "2026-03-05"}]
    code, _, err = command("check", town, "--inspections", judged(tmp_path / "y.csv", short))
    assert code == 2
    assert "检查项" in err


def test_stations_that_the_city_does_not_have_are_warned_about(command, town, tmp_path):
    file = judged(tmp_path / "x.csv", [row("Z9"), row()])
    code, _, err = command("check", town, "--inspections", file)
    assert code == 0
    assert "Z9" in err
    assert "A0" not in err


# ------------------------------------------------------------------- files


def test_the_workbook_has_what_was_printed(command, town, printed, tmp_path):
    path = tmp_path / "r.xlsx"
    code, _, err = command("check", town, "--out", path)
    assert code == 0
    assert "r.xlsx" in err
    summary = printed[1]["summary"]
    sheet = load_workbook(path)["Summary"]
    headings = [cell.value for cell in sheet[1]]
    column = headings.index("Cannot be told")
    told = sum(r[column].value for r in sheet.iter_rows(min_row=2))
    assert told == summary["by_state"]["unknown"]
    assert sheet.max_row - 1 == len(PACK.entries())


def test_findings_as_a_table_can_be_read_again(command, town, printed, tmp_path):
    rows = printed[1]["findings"]["features"]
    command("check", town, "--out", tmp_path / "r.csv")
    assert len(tabular.read(tmp_path / "r.csv", placed=False).frame) == len(rows)


def test_a_circular_without_districts_or_spacing(command, town, tmp_path):
    path = tmp_path / "r.docx"
    code, _, _ = command("check", town, "--standard", "simao-2015", "--out", path)
    assert code == 0
    from docx import Document

    text = "\n".join(p.text for p in Document(str(path)).paragraphs)
    assert standards.load("simao-2015").document.number in text


def test_a_geopackage_has_the_gaps_beside_the_findings(command, town, printed, tmp_path):
    command("check", town, "--out", tmp_path / "r.gpkg")
    layers = dict(pyogrio.list_layers(tmp_path / "r.gpkg"))
    assert set(layers) == {"findings", "gaps"}
    gaps = json.loads(command("gaps", town, "--json")[1])
    assert pyogrio.read_info(tmp_path / "r.gpkg", layer="gaps")["features"] == len(
        gaps["gaps"]["features"]
    )


def test_the_section_on_the_streets_says_the_figures_of_the_check(town):
    now = City.open(town).now()
    report = bulletin(dossier(now, now.check(lang="en"), lang="en"), lang="en")
    summary = now.spacing().summary()
    sections = {heading: blocks for _, heading, blocks in report.outline()}
    blocks = sections["2. Along the streets"]
    county, streets, longest = (b for b in blocks if isinstance(b, Table))
    assert list(county.rows[-1][1:]) == list(streets_total(summary))
    assert len(streets.rows) == len(summary["by_class"])
    assert len(longest.rows) == min(20, summary["gaps"])
    assert sum(int(row[-1]) for row in longest.rows) == summary["points_needed"]
    assert "the target is not reached" in blocks[0].text
    assert sum(isinstance(b, Picture) for b in blocks) == 1


def streets_total(summary):
    for name in ("frontage_m", "assumed_m", "covered_m"):
        yield f"{summary[name] / 1000:,.1f}"
    yield f"{summary['covered_share'] * 100:.1f}%"
    yield f"{summary['gaps']}"
    yield f"{summary['points_needed']}"


# ------------------------------------------------------------------- gaps


def test_gaps_say_the_reading_that_decides_and_the_known_frontage(command, town):
    _, out, _ = command("gaps", town, "--json")
    summary = json.loads(out)["summary"]
    assert summary["decides"] == "gap"
    assert summary["met"] is False
    # four bakeries 50 m apart, each 15 m to both sides, nearer than 20 m to the next: one piece
    assert summary["shops_m"] == pytest.approx(3 * 48.74 + 30, abs=0.5)
    assert "target is not reached" in command("gaps", town)[1]


def test_a_city_whose_own_standard_names_no_streets_is_held_to_one_that_does(tmp_path):
    city = City.create(tmp_path / "town", standard="changzhi-2021", adcode="140400")
    city.import_file("osm", small_city.osm_file(tmp_path / "town.osm"))
    now = city.now()
    check = now.check(standard=standards.load("quzhou-2018"))
    found = dossier(now, check, lang="zh")
    assert len(found.frontage.gaps) == found.frontage.summary["gaps"] > 0
    assert found.pack_sha256 == dossier(now, check, lang="en").pack_sha256 != ""


def test_the_report_on_an_edited_standard_shows_its_gaps_and_not_the_citys_own(town):
    now = City.open(town).now()
    rule = now.pack.rule("Q-S1").model_copy(update={"spacing_m": 500.0})
    edited = now.pack.model_copy(update={"rules": (rule,)})
    found = dossier(now, now.check(standard=edited), lang="zh")
    assert len(found.frontage.gaps) == found.frontage.summary["gaps"] < len(now.gaps())
    assert found.pack_sha256 == ""
