"""Every requirement of the documents is carried by a pack and proved by a test, as README says.

The list of requirements and the documents lie beside the project; what needs them skips where they
do not.
"""

import re
from collections import defaultdict

import pytest
from conftest import ROOT

from stationmap import standards
from stationmap.reports.assumed import PARAMETERS as IN_REPORTS
from web.words import ASSUMED as ON_PAGES

# the pack of the ids that begin so
PACK_OF = {
    "Q": "quzhou-2018",
    "CZ": "changzhi-2021",
    "ZJ": "zhanjiang-2018",
    "OR": "ordos-2018",
    "SM": "simao-2015",
}
SEEDS = {
    "quzhou-2018": "000_2781c17ad2fbe161.txt",
    "simao-2015": "001_bbeebcff088ae642.txt",
    "changzhi-2021": "002_ce165a034ce78c87.txt",
    "zhanjiang-2018": "003_2679065a9dc2e800.txt",
    "ordos-2018": "004_f43f25f931f63903.txt",
}
ID = r"[A-Z]{1,2}-[A-Z]*[0-9]*"
# advisory by their documents: 仅供参考, 原则上, 力争, 根据需要, 逐步; open lists (等, 主要);
# and words that may mean less (饭店)
ADVISORY = {
    "quzhou-2018": {"Q-V.1", "Q-V.2", "Q-V.3", "Q-V.4"},
    "changzhi-2021": {"CZ-T.6", "CZ-T.9"},
    "zhanjiang-2018": {"ZJ-H", "ZJ-A", "ZJ-A.1", "ZJ-I.1", "ZJ-U", "ZJ-U.1"},
    "ordos-2018": {"OR-I.1", "OR-I.2", "OR-T"},
    "simao-2015": {"SM-I.1"},
}
# lines of checklist items that are advisory: as needed, gradually, may (可)
ADVISORY_PARTS = {
    "Q-C5": {8, 9, 10},
    "Q-C8": {6, 7, 8, 9, 10, 11},
    "CZ-2": {2, 3, 4, 5, 6},
    "ZJ-W.6": {2},
}
# official names, which are said as they are
NAMES = ("新时代文明实践学雷锋志愿服务站", "新时代文明实践", "全国志愿服务信息系统")
RUN = 14


@pytest.fixture(scope="module")
def required(shared):
    """Ids of the list of requirements: the first column of its tables, ranges written out."""
    text = shared("../REQUIREMENTS.md").read_text(encoding="utf-8")
    found = []
    for cell in re.findall(rf"^\| ({ID}(?:\.\.[0-9]+)?) \|", text, re.MULTILINE):
        first, _, last = cell.partition("..")
        stem, number = re.fullmatch(r"(.*?)([0-9]*)", first).groups()
        numbers = range(int(number), int(last) + 1) if last else [number]
        found += [f"{stem}{n}" for n in numbers]
    assert len(found) > 50
    return found


def entries(pack_id):
    """Every entry of a pack: (id, its kind)."""
    pack = standards.load(pack_id)
    rules = [(r.id, r.kind) for r in pack.rules]
    items = [(i.id, "item") for i in pack.items]
    return [*rules, *items, *((p.id, "process") for p in pack.processes)]


def requirement_of(entry_id):
    return entry_id.partition(".")[0]


def pack_of(requirement):
    return PACK_OF[requirement.partition("-")[0]]


# ---------------------------------------------------------------------------- the packs


def test_every_requirement_is_carried_by_the_pack_of_its_document(required):
    carried = {p: {requirement_of(e) for e, _ in entries(p)} for p in PACK_OF.values()}
    lacking = [r for r in required if r not in carried[pack_of(r)]]
    assert not lacking


@pytest.mark.parametrize("pack_id", PACK_OF.values())
def test_no_pack_carries_what_no_document_asks(pack_id, required):
    over = {entry for entry, _ in entries(pack_id) if requirement_of(entry) not in required}
    assert not over
    assert {pack_of(requirement_of(entry)) for entry, _ in entries(pack_id)} == {pack_id}


@pytest.mark.parametrize("pack_id", PACK_OF.values())
def test_entries_have_the_force_of_their_document(pack_id):
    pack = standards.load(pack_id)
    every = (*pack.rules, *pack.items, *pack.processes)
    assert {e.id for e in every if e.force == "advisory"} == ADVISORY[pack_id]
    parts = {i.id: {p.number for p in i.part if p.force == "advisory"} for i in pack.items}
    expected = {i.id: ADVISORY_PARTS.get(i.id, set()) for i in pack.items}
    assert parts == expected
    assert [i.id for i in pack.items if any(p.may_not_apply for p in i.part)] == [
        i.id for i in pack.items if i.id in ADVISORY_PARTS
    ]


def test_the_figures_of_the_documents_are_in_the_packs():
    """Each read off its document; the row of the requirement says where."""

    def rule(rule_id, kind):
        return standards.load(pack_of(rule_id)).rule(rule_id, kind=kind)

    assert rule("Q-S1", "spacing").spacing_m == 50
    assert rule("Q-C2", "activity").at_least == 3
    assert rule("Q-C2", "activity").published == ("online", "offline")
    assert str(rule("Q-P", "unit").by) == "2018-08-31"
    assert rule("Q-T1.1", "count").at_least == 1
    assert (rule("Q-T1.2", "count").at_least, rule("Q-T1.2", "count").at_most) == (1, 1)
    assert rule("Q-I.2", "indicator").at_least == 1
    assert str(rule("ZJ-P", "count").by) == "2018-11-30"
    assert (rule("ZJ-A", "activity").at_least, rule("ZJ-A", "activity").per) == (2, "month")
    assert rule("ZJ-H", "hours").model == (
        "Mo-Fr 08:30-11:30,15:00-18:00; Sa-Su 09:00-11:30,15:00-18:30"
    )
    assert rule("OR-I.1", "indicator").at_least == 0.13
    assert rule("OR-I.2", "indicator").at_least == 270_000
    assert rule("OR-I.3", "indicator").at_least == 0.7
    assert rule("OR-I.4", "indicator").at_least == 25
    assert rule("OR-I.5", "indicator").at_least == 4
    assert rule("SM-I", "indicator").at_least == 0.1
    assert rule("SM-I.1", "indicator").at_least == 2
    naming = rule("CZ-1", "naming")
    assert naming.site_types == ("station",)
    assert [part.text or part.of for part in naming.part] == [
        "长治市",
        "county_or_unit",
        "新时代文明实践学雷锋志愿服务站",
    ]


def test_a_point_of_quzhou_is_held_to_its_sign_and_the_five_supplies_only():
    pack = standards.load("quzhou-2018")
    held = {
        item.id: [p.number for p in item.part if not p.site_types or "point" in p.site_types]
        for item in pack.items
        if not item.site_types or "point" in item.site_types
    }
    assert held == {"Q-C8": [1, 2, 3, 4, 5], "Q-C9": [1]}
    others = {i.id for i in pack.items if not i.site_types or "post" in i.site_types}
    assert others == {f"Q-C{n}" for n in range(1, 9)}


def test_headcounts_are_those_of_annex_2(shared):
    text = shared(f"../seeds/{SEEDS['quzhou-2018']}").read_text(encoding="utf-8")
    annex = text[text.index("## 附件 2") : text.index("备注：报送数据")]
    # a row is one or two pairs of a name and a number
    pairs = re.findall(r"(?:^|\t)([^\t\n]*?[^\t\n\d]) *\t *(\d+) *(?=\t|$)", annex, re.MULTILINE)
    expected = {name.strip(): int(number) for name, number in pairs}
    assert len(expected) == len(pairs) > 90
    for rule_id in ("Q-I.1", "Q-I.2"):
        rule = standards.load("quzhou-2018").rule(rule_id, kind="indicator")
        assert rule.headcounts == expected


# ---------------------------------------------------------------------------- the documents


def bare(text):
    """Text without spaces and punctuation, for a run of characters goes on past these."""
    return re.sub(r"[^\w]|_", "", text)


def words(value):
    """Every text of a pack's data."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from words(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from words(inner)
    elif isinstance(value, str):
        yield value


@pytest.mark.parametrize("pack_id", PACK_OF.values())
def test_no_pack_copies_a_sentence_of_its_document(pack_id, shared):
    document = bare(shared(f"../seeds/{SEEDS[pack_id]}").read_text(encoding="utf-8"))
    runs = {document[at : at + RUN] for at in range(len(document))}
    pack = standards.load(pack_id).model_dump(exclude={"document"})
    copied = []
    for text in words(pack):
        for name in NAMES:
            text = text.replace(name, "|")  # noqa: PLW2901 - each name in turn
        for piece in text.split("|"):
            said = bare(piece)
            copied += [said for at in range(len(said) - RUN + 1) if said[at : at + RUN] in runs]
    assert not copied


@pytest.mark.parametrize("pack_id", PACK_OF.values())
def test_documents_and_articles_are_there(pack_id, shared):
    text = shared(f"../seeds/{SEEDS[pack_id]}").read_text(encoding="utf-8")
    text = re.sub(r"\s|\*", "", text).replace("(", "（").replace(")", "）")
    pack = standards.load(pack_id)
    assert re.sub(r"\s", "", pack.document.number) in text
    if pack.document.date is not None:
        day = pack.document.date
        assert f"{day.year}年{day.month}月{day.day}日" in text
    # section numbers that Zhanjiang's text writes in digits
    said = {"二": "2、", "三": "3、"} if pack_id == "zhanjiang-2018" else {}
    every = (*pack.rules, *pack.items, *pack.processes)
    clauses = [e.clause for e in every] + [t.belongs_at for t in pack.site_types]
    assert {clause.document for clause in clauses} == {pack.document.number}
    for clause in clauses:
        for annex in re.findall(r"附件(\d)", clause.article):
            assert f"附件{annex}" in text or f"{annex}.“" in text, clause.article
        for mark in re.findall(r"第[一二三四五六]条|（[一二三四五六七八九十]+）", clause.article):
            assert mark in text, clause.article
        for section in re.findall(r"(?:^|[；、 至])([一二三四五])(?=[（.、；]|$)", clause.article):
            assert f"{section}、" in text or said.get(section, "–") in text, clause.article


# ---------------------------------------------------------------------------- the README


ROW = re.compile(rf"^\| ({ID}) \| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)


def rows():
    """The rows of README's table: id → (in few words, document and clause, carried, proved)."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = ROW.findall(text)
    assert len({row[0] for row in found}) == len(found)
    return {row[0]: row[1:] for row in found}


def test_readme_has_a_row_for_every_requirement(required):
    assert list(rows()) == required


def test_readme_names_what_carries_a_requirement_and_nothing_else():
    carried = defaultdict(set)
    for pack_id in PACK_OF.values():
        for entry, kind in entries(pack_id):
            carried[requirement_of(entry)].add((entry, kind))
    told = {
        requirement: {
            (entry, kind)
            for entry, kinds in re.findall(r"`([\w.-]+)` ([a-z]+(?:, [a-z]+)*)", row[2])
            for kind in kinds.split(", ")
        }
        for requirement, row in rows().items()
    }
    assert told == carried


def test_readme_names_the_document_and_tests_that_are_there():
    for requirement, (_, clause, _, proved) in rows().items():
        pack = standards.load(pack_of(requirement))
        articles = {
            e.clause.article
            for e in (*pack.rules, *pack.items, *pack.processes)
            if requirement_of(e.id) == requirement
        }
        assert any(article in clause for article in articles), requirement
        tests = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", proved)
        assert tests, requirement
        for file, name in tests:
            text = (ROOT / file).read_text(encoding="utf-8")
            assert re.search(rf"^def {name}\(", text, re.MULTILINE), (
                f"{requirement}: {file}::{name}"
            )


def test_what_the_packs_assume_has_words_in_reports_and_on_the_page():
    packs = [standards.load(pack_id) for pack_id in PACK_OF.values()]
    assumed = {name for pack in packs for entry in pack.entries() for name in entry.assumed}
    assert assumed > {"within_m", "snap_m", "at_most"}
    assert assumed <= set(IN_REPORTS)
    assert assumed <= set(ON_PAGES)
