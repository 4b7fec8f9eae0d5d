"""Supervision: draws that prove themselves, and figures that stand in the reports."""

import csv
import datetime as dt
import json
import uuid

import pandas as pd
import pytest
import small_city
from docx import Document
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from stationmap.city import City, draws
from stationmap.city.supervision import full_months, so_far
from stationmap.cli import run as cli
from stationmap.cli.output import LANG_VARIABLE
from stationmap.inspections import Checklist, Line, judgements
from stationmap.inspections import draw as drawing
from stationmap.inspections.results import results
from stationmap.store import Change


@pytest.fixture(autouse=True)
def chinese(monkeypatch):
    monkeypatch.setenv(LANG_VARIABLE, "zh")


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
    """A town in which the first station was visited today and passed."""
    city = small_city.make(tmp_path_factory.mktemp("supervised"))
    checklist = Checklist.of_pack(city.pack)
    columns = {
        "station_id": city.stations()["station_id"].iloc[0],
        "checklist": checklist.id,
        "visit": "supervision",
        "at": dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds"),
        "found": checklist.found({line.key: "met" for line in checklist.lines}),
    }
    words = {"pack": checklist.pack, "edition": checklist.edition, "content": checklist.content}
    city.register.write(
        [
            Change("checklist", checklist.id, words),
            Change("inspection", str(uuid.uuid4()), columns),
        ],
        action=str(uuid.uuid4()),
        by="cli",
        kind="inspect",
    )
    return city.path


# -- the command -----------------------------------------------------------------------------


def test_a_draw_is_made_and_checked(command, town, tmp_path):
    code, out, _ = command("draw", town, "--size", 2, "--json")
    assert code == 0
    told = json.loads(out)
    assert told["holds"] is True
    assert len(told["drawn"]) == 2
    pool = tmp_path / "名单.csv"
    code, out, err = command("draw", town, "--check", told["id"], "--out", pool)
    assert code == 0, err
    assert told["seed"] in out
    assert "结果一致" in out
    rows = list(csv.DictReader(pool.open(encoding="utf-8-sig")))
    assert {one["id"] for one in told["drawn"]} <= {row["id"] for row in rows}
    assert len(rows) == told["pool"]


def test_a_record_that_was_changed_is_told(command, town):
    _, out, _ = command("draw", town, "--size", 1, "--json")
    told = json.loads(out)
    register = City.open(town).register
    wrong = {"seed": "0" * 32} | {"drawn": told["drawn"] * 2}
    register.write(
        [Change("draw", told["id"], wrong)], action=str(uuid.uuid4()), by="x", kind="edit"
    )
    code, _, err = command("draw", town, "--check", told["id"])
    assert code == 2
    assert "对不上" in err


def test_a_record_that_proves_itself_but_was_never_drawn_so_is_told(command, town):
    _, out, _ = command("draw", town, "--size", 1, "--json")
    own = json.loads(out)["id"]
    register = City.open(town).register
    row = register.get("draw", own)
    pool, seed = drawing.read(row["pool"]), "0" * 32
    (chosen,) = drawing.draw(pool, size=1, seed=seed, points=row["weights"]["points"])
    forged = {"seed": seed, "drawn": [row["drawn"][0] | {"id": chosen}]}
    register.write([Change("draw", own, forged)], action=str(uuid.uuid4()), by="x", kind="edit")
    assert draws.proof(register.get("draw", own)).holds
    code, _, err = command("draw", town, "--check", own)
    assert code == 2
    assert "对不上" in err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "--size"),
        (("--size", 3, "--check", "x"), "--size"),
        (("--size", 0), "1到2000"),
        (("--check", "x"), "没有编号为x的抽查"),
        (("--size", 3, "--out", "pool.pdf"), ".xlsx"),
        (("--size", 3, "--district", "999999"), "没有可抽的站点"),
    ],
)
def test_what_cannot_be_drawn_is_told_in_a_sentence(command, town, options, words):
    code, _, err = command("draw", town, *options)
    assert code == 2
    assert words in err


# -- reports ---------------------------------------------------------------------------------


def test_the_reports_of_a_check_have_the_part_on_supervision(command, town, tmp_path):
    document, book = tmp_path / "report.docx", tmp_path / "report.xlsx"
    for file in (document, book):
        code, _, err = command("check", town, "--out", file)
        assert code == 0, err
    said = [p.text for p in Document(document).paragraphs]
    assert any("站点督查情况" in text for text in said)
    assert any("好站点候选" in text for text in said)
    sheets = load_workbook(book)
    assert {"督查情况（按县）", "督查情况（按单位）", "好站点候选", "督查口径"} <= set(
        sheets.sheetnames
    )
    headings, *rows = sheets["督查情况（按县）"].values
    column = {name: [row[n] for row in rows] for n, name in enumerate(headings)}
    assert sum(column["检查到的"]) == sum(column["合格率"]) == 1


def test_without_a_visit_there_is_nothing_to_tell(tmp_path):
    city = small_city.make(tmp_path)
    assert so_far(city.now(), city.register) is None


# -- what visits make of a station -----------------------------------------------------------


def line(item, *, force="binding", may_not_apply=False, types=()):
    words = {"zh": item, "en": item}
    return Line(item, 0, words, words, None, "", "", words, force, may_not_apply, types)


CHECKLIST = Checklist(
    "x",
    "1",
    (
        line("a"),
        line("b", may_not_apply=True),
        line("c", force="advisory"),
        line("d", types=("big",)),
    ),
)


@pytest.mark.parametrize(
    ("type_", "found", "state"),
    [
        ("small", "mm??", "met"),
        ("small", "mx??", "met"),
        ("small", "mmn?", "met"),
        ("small", "mmmn", "met"),
        ("small", "xm??", "unknown"),
        ("small", "m???", "unknown"),
        ("small", "?n??", "not_met"),
        ("small", "????", "unknown"),
        ("big", "mm??", "unknown"),
        ("big", "mm?m", "met"),
        ("big", "mm?n", "not_met"),
    ],
)
def test_every_binding_line_of_the_type_decides(type_, found, state):
    seen = pd.DataFrame(
        [("s", CHECKLIST.id, "covert", "2026-01-05T00:00:00.000+00:00", found, None, 1)],
        columns=["station_id", "checklist", "visit", "at", "found", "voided", "created"],
    )
    types = pd.Series({"other": "small", "s": type_})
    told = results(seen, {CHECKLIST.id: CHECKLIST}, today=CHECKLIST, types=types)
    assert told.to_dict() == {"other": "unknown", "s": state}
    # as the checklist itself says of a single visit
    if state == "not_met" or "?" not in found[:2]:
        assert CHECKLIST.result(CHECKLIST.answers(found), site_type=type_) == state


OLDER = Checklist("x", "0", (line("b", may_not_apply=True), line("gone"), line("a")))
VISITS = st.lists(
    st.tuples(
        st.sampled_from(["s1", "s2", "s3", "elsewhere"]),
        st.sampled_from([CHECKLIST, OLDER]),
        st.integers(1, 3),
        st.lists(st.sampled_from("mnx?"), min_size=4, max_size=4).map("".join),
    ),
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(rows=VISITS)
def test_results_are_those_of_the_newest_judgements_of_each_line(rows):
    seen = pd.DataFrame(
        [
            (own, c.id, "call", f"2026-01-0{day}T00:00:00.000+00:00", f[: len(c.lines)], None, n)
            for n, (own, c, day, f) in enumerate(rows)
        ],
        columns=["station_id", "checklist", "visit", "at", "found", "voided", "created"],
    )
    lists = {c.id: c for c in (CHECKLIST, OLDER)}
    types = pd.Series({"s1": "small", "s2": "big", "s3": "small"})
    said = {own: {} for own in types.index}
    if rows:
        for row in judgements(seen, lists, zone="Asia/Shanghai").itertuples():
            said.get(row.station_id, {})[row.item] = row.state
    expected = {
        own: CHECKLIST.result(answers, site_type=types[own]) for own, answers in said.items()
    }
    # what is refused as "not applicable" is not known, as for a single visit
    assert results(seen, lists, today=CHECKLIST, types=types).to_dict() == expected


@pytest.mark.parametrize(
    ("since", "until", "months"),
    [
        ("2026-01-01", "2026-01-31", 1),
        ("2026-01-01", "2026-01-30", 0),
        ("2026-01-02", "2026-02-28", 1),
        ("2026-01-01", "2026-11-22", 10),
        ("2026-03-15", "2026-03-20", 0),
        ("2025-12-01", "2026-12-31", 13),
    ],
)
def test_full_months_of_a_period(since, until, months):
    first, last = dt.date.fromisoformat(since), dt.date.fromisoformat(until)
    assert full_months(first, last) == months
