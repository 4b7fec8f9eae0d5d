"""Packs say what their documents say, and a wrong pack is refused with line and remedy."""

import re
import tomllib
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from stationmap import standards
from stationmap.errors import PackError
from stationmap.messages import render
from stationmap.standards import Frontage, InvalidPack, SpacingRule
from stationmap.standards.read import PACKS

SEEDS = Path(__file__).parent.parent.parent / "shared" / "seeds"
ASSUMED = (
    "snap_m",
    "sides",
    "decides",
    "frontage.reach_m",
    "frontage.reach_main_m",
    "frontage.front_m",
    "frontage.join_m",
    "frontage.min_shops",
    "frontage.min_share",
)
CLAUSE = {"document": "1", "article": "1", "text": {"zh": "一"}}


def changed(text, old, new):
    """One edit of Quzhou's pack: in its spacing rule if that has the words, else where they are."""
    spacing = text.index('[[rule]]\nid = "Q-S1"')
    at = text.find(old, spacing)
    at = text.index(old) if at < 0 or at > text.index("[[rule]]", spacing + 1) else at
    return text[:at] + new + text[at + len(old) :]


@pytest.fixture(scope="module")
def text():
    return standards.path_of("quzhou-2018").read_text(encoding="utf-8")


@pytest.fixture
def edited(text, tmp_path):
    """The problems of the shipped pack after one edit, with the edited text's lines."""

    def edit(old, new):
        file = tmp_path / "office.toml"
        file.write_text(changed(text, old, new), encoding="utf-8")
        return standards.problems(file), file.read_text(encoding="utf-8").splitlines()

    return edit


# ---------------------------------------------------------------------------- what the packs say


@pytest.mark.parametrize("pack_id", standards.available())
def test_every_shipped_pack_is_whole(pack_id):
    pack = standards.load(pack_id)
    assert standards.problems(standards.path_of(pack_id)) == []
    assert pack.id == pack_id == standards.path_of(pack_id).stem
    assert pack.id.endswith(pack.edition)
    raw = tomllib.loads(standards.path_of(pack_id).read_text(encoding="utf-8"))

    def bilingual(value):
        if isinstance(value, dict):
            assert ("zh" in value) == ("en" in value), value
        for inner in value.values() if isinstance(value, dict) else value:
            if isinstance(inner, dict | list):
                bilingual(inner)

    bilingual(raw)
    numbers = {pack.document.number}
    assert {t.belongs_at.document for t in pack.site_types} <= numbers
    assert {r.clause.document for r in pack.rules} <= numbers


def test_quzhou_2018_is_its_document():
    pack = standards.load("quzhou-2018")
    assert (pack.adcode, pack.edition) == ("330800", "2018")
    assert (pack.jurisdiction.zh, pack.jurisdiction.en) == ("衢州市", "Quzhou")
    assert pack.document.number == "衢市创建办〔2018〕6号"
    assert pack.document.date == date(2018, 6, 22)
    assert {t.id: t.name.zh for t in pack.site_types} == {
        "home": "志愿者之家",
        "kiosk": "有礼亭",
        "post": "有礼站（台）",
        "point": "有礼点",
        "square": "学雷锋广场",
    }
    assert pack.site_type("point").name.en == "Courtesy Point"
    assert pack.label("stations").zh == "阵地"
    assert pack.label("gap").get("zh") == "空白路段"
    assert pack.label("gap").get("en") == "Gap"
    with pytest.raises(KeyError):
        pack.site_type("tower")


def test_quzhou_2018_spacing_is_its_clause():
    rule = standards.load("quzhou-2018").rule()
    assert (rule.id, rule.kind, rule.force) == ("Q-S1", "spacing", "binding")
    assert rule.site_type == "point"
    assert rule.counts == ("point",)
    assert rule.along == ("commercial", "main", "secondary", "bus_route")
    assert rule.spacing_m == 50
    # our readings, each of which the report has to name
    assert rule.assumed == ASSUMED
    assert (rule.snap_m, rule.sides, rule.decides) == (30, "both", "gap")
    assert rule.frontage == Frontage(
        reach_m=30, reach_main_m=50, front_m=15, join_m=20, min_shops=5, min_share=0.5
    )
    assert rule.clause.article == "附件3 第一条"


def test_clauses_are_our_words_not_the_documents_sentences(text):
    if not SEEDS.exists():
        pytest.skip("source documents not beside the project: ../shared/seeds")
    seed = next(SEEDS.glob("000_*")).read_text(encoding="utf-8")
    document = re.sub(r"\s+", "", seed)
    pack = standards.load("quzhou-2018")
    clauses = [t.belongs_at for t in pack.site_types] + [r.clause for r in pack.rules]
    for clause in clauses:
        said = re.sub(r"\s+", "", clause.text.zh)
        assert said not in document
        sentences = [s for s in re.split("[。；]", document) if len(s) > 12]
        assert not any(s in said for s in sentences)
    # but its figures, number and names are the document's
    for words in (
        "衢市创建办〔2018〕6号",
        "隔50米设置",
        "2018年6月22日",
        "有礼站（台）",
        "学雷锋广场",
    ):
        assert words in document


def test_a_rule_is_chosen_by_id_or_stands_alone():
    pack = standards.load("quzhou-2018")
    assert pack.rule("Q-S1") == pack.rule()
    with pytest.raises(PackError, match="fit Q-S9; expected one of Q-S1"):
        pack.rule("Q-S9")
    two = pack.model_copy(update={"rules": (pack.rule(), pack.rule())})
    with pytest.raises(PackError, match="2 rules"):
        two.rule()
    with pytest.raises(PackError, match="0 rules"):
        pack.model_copy(update={"rules": ()}).rule()


def test_what_a_pack_leaves_to_the_defaults_is_assumed():
    rule = SpacingRule(
        id="A-1",
        kind="spacing",
        site_type="point",
        along=["main"],
        spacing_m=80,
        snap_m=25,
        frontage={"reach_m": 40},
        clause=CLAUSE,
    )
    assert rule.counts == ("point",)
    assert "snap_m" not in rule.assumed
    assert "frontage.reach_m" not in rule.assumed
    assert set(rule.assumed) == set(ASSUMED) - {"snap_m", "frontage.reach_m"}
    with pytest.raises(ValidationError, match="frozen"):
        rule.spacing_m = 10


def test_letting_other_types_count_is_assumed_when_the_pack_says_so(edited, text, tmp_path):
    counts = 'counts = ["point", "post"]\nsite_type = "point"'
    text = changed(text, 'site_type = "point"', counts)
    text = changed(text, "assumed = [", 'assumed = ["counts",')
    file = tmp_path / "office.toml"
    file.write_text(text, encoding="utf-8")
    rule = standards.load_file(file).rule()
    assert rule.counts == ("point", "post")
    assert rule.assumed == ("counts", *ASSUMED)


def test_english_may_be_left_out_and_is_then_the_chinese():
    assert standards.Text(zh="有礼点").get("en") == "有礼点"
    assert standards.Text(zh="有礼点", en="Courtesy Point").get("en") == "Courtesy Point"


# ---------------------------------------------------------------------------- which pack


def test_an_unknown_pack_names_the_nearest_and_all():
    assert "quzhou-2018" in standards.available() == sorted(standards.available())
    with pytest.raises(PackError) as caught:
        standards.load("quzhou2018")
    assert "nearest: quzhou-2018" in str(caught.value)
    assert "没有标准 quzhou2018；最接近的是 quzhou-2018" in caught.value.render("zh")


@pytest.mark.parametrize("pack_id", ["../quzhou-2018", "", "quzhou-2018.toml", "QUZHOU-2018"])
def test_a_pack_id_is_never_a_path(pack_id):
    with pytest.raises(PackError, match="unknown standard"):
        standards.load(pack_id)


# ---------------------------------------------------------------------------- wrong packs

MISTAKES = {
    "a negative spacing": (
        "spacing_m = 50",
        "spacing_m = -5",
        "rule[Q-S1].spacing_m",
        "is -5; expected a number above 0",
    ),
    "a spacing of nothing": ("spacing_m = 50", "spacing_m = 0", "rule[Q-S1].spacing_m", "above 0"),
    "a spacing in words": (
        "spacing_m = 50",
        'spacing_m = "50"',
        "rule[Q-S1].spacing_m",
        'is "50"; expected a number',
    ),
    "an infinite spacing": (
        "spacing_m = 50",
        "spacing_m = inf",
        "rule[Q-S1].spacing_m",
        "finite number",
    ),
    "a spacing that is true": (
        "spacing_m = 50",
        "spacing_m = true",
        "rule[Q-S1].spacing_m",
        "expected a number",
    ),
    "an unknown kind": (
        'kind = "spacing"',
        'kind = "spacng"',
        "rule[Q-S1].kind",
        "services, unit; nearest: spacing",
    ),
    "an edition in numbers": (
        'edition = "2018"',
        "edition = 2018",
        "edition",
        "is 2018; expected text in quotes",
    ),
    "a mistyped key": (
        "snap_m = 30",
        "snapm = 30",
        "rule[Q-S1].snapm",
        "nearest valid key: snap_m",
    ),
    "a mistyped key in a table": (
        "front_m = 15",
        "frontm = 15",
        "rule[Q-S1].frontage.frontm",
        "nearest valid key: front_m",
    ),
    "a mistyped section": (
        "[labels]",
        "[label]",
        "label",
        "nearest valid key: labels",
    ),
    "an unknown label": ("stations = {", "station = {", "labels.station", "key: stations"),
    "an unknown street class": (
        '"secondary", "bus',
        '"secondry", "bus',
        "rule[Q-S1].along[3]",
        "nearest: secondary",
    ),
    "a notice to nobody known": (
        'adcode = "330800"',
        'notice_to = "supervisors"\nadcode = "330800"',
        "notice_to",
        "nearest: supervisor",
    ),
    "an unknown side": (
        'sides = "both"',
        'sides = "left"',
        "rule[Q-S1].sides",
        "one of both, each",
    ),
    "a site type that is not there": (
        'site_type = "point"',
        'site_type = "pont"',
        "rule[Q-S1].site_type",
        "nearest: point",
    ),
    "a counted type that is not there": (
        'site_type = "point"',
        'counts = ["kiosks"]\nsite_type = "point"',
        "rule[Q-S1].counts[1]",
        "nearest: kiosk",
    ),
    "an assumed field that is not there": (
        '    "snap_m",',
        '    "snapm",',
        "rule[Q-S1].assumed",
        'names "snapm"',
    ),
    "an adcode too short": (
        'adcode = "330800"',
        'adcode = "3308"',
        "adcode",
        "six digits in quotes",
    ),
    "a date in quotes": (
        "date = 2018-06-22",
        'date = "2018-06-22"',
        "document.date",
        "without quotes",
    ),
    "a list that is none": (
        'along = ["commercial", "main", "secondary", "bus_route"]',
        'along = "main"',
        "rule[Q-S1].along",
        "list in square brackets",
    ),
    "an empty list": (
        'along = ["commercial", "main", "secondary", "bus_route"]',
        "along = []",
        "rule[Q-S1].along",
        "at least one value",
    ),
    "a share above one": (
        "min_share = 0.5",
        "min_share = 50",
        "rule[Q-S1].frontage.min_share",
        "at most 1",
    ),
    "half a shop": (
        "min_shops = 5",
        "min_shops = 0.5",
        "rule[Q-S1].frontage.min_shops",
        "whole number",
    ),
    "an id that stands twice": ('id = "kiosk"', 'id = "point"', "site_type[point].id", "twice"),
    "an id with spaces": ('id = "Q-S1"', 'id = "Q S1"', "rule[Q S1].id", "without spaces"),
    "an empty name": ('zh = "有礼亭"', 'zh = ""', "site_type[kiosk].name.zh", "is empty"),
    "a name without languages": (
        'name = { zh = "有礼亭", en = "Courtesy Kiosk" }',
        'name = "有礼亭"',
        "site_type[kiosk].name",
        "table of keys",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_by_line_key_and_remedy(mistake, edited):
    old, new, key, said = MISTAKES[mistake]
    found, lines = edited(old, new)
    problem = next(p for p in found if p.key == key)
    assert said in problem.message
    assert problem.file == "office.toml"
    # the line is the edited one, or of a list that line where it begins
    begins = "assumed = [" if key.endswith("assumed") else new.splitlines()[0].split("=")[0]
    assert begins.strip() in lines[problem.line - 1]
    assert render(problem.template, problem.params, lang="zh") == problem.render("zh")
    assert problem.render("zh") != problem.message
    assert "{" not in problem.message + problem.render("zh")


@pytest.mark.parametrize(
    ("old", "key", "stands_in"),
    [
        ('edition = "2018"\n', "edition", "# 衢州市 2018"),
        ('zh = "有礼点", ', "site_type[point].name.zh", 'en = "Courtesy Point"'),
        ('issuer = "', "document.issuer", "[document]"),
        ('site_type = "point"', "rule[Q-S1].site_type", "[[rule]]"),
    ],
)
def test_a_missing_key_is_told_with_the_table_that_lacks_it(edited, old, key, stands_in):
    found, lines = edited(old, "x = " + old[old.index('"') :] if old.count('"') % 2 else "")
    problem = next(p for p in found if p.key == key)
    assert "is missing" in problem.message
    assert stands_in in lines[problem.line - 1]


def test_a_key_with_a_default_may_be_missing(edited):
    assert edited("reach_m = 30\n", "")[0] == []


def test_a_missing_clause_is_told_with_what_it_holds(edited):
    found, lines = edited("[rule.clause]\n", "[rule.claus]\n")
    assert {p.key for p in found} == {"rule[Q-S1].clause", "rule[Q-S1].claus"}
    missing, mistyped = sorted(found, key=lambda p: "unknown" in p.message)
    assert "is missing; expected a table with the keys document, article, text" in missing.message
    assert lines[missing.line - 1] == "[[rule]]"
    assert "nearest valid key: clause" in mistyped.message
    assert lines[mistyped.line - 1] == "[rule.claus]"


def test_where_the_kind_is_unknown_only_the_kind_is_told(edited):
    found, _ = edited('kind = "spacing"', 'kind = "presense"\nwithin_m = "3"\nalongside = 1')
    assert [p.key for p in found] == ["rule[Q-S1].kind"]
    assert "nearest: presence" in found[0].message


def test_a_rule_without_a_kind_is_told_the_kinds(edited):
    found, lines = edited('kind = "spacing"\n', "")
    (problem,) = found
    assert problem.key == "rule[Q-S1].kind"
    assert "is missing; expected one of spacing, presence" in problem.message
    assert lines[problem.line - 1] == "[[rule]]"


def test_keys_of_another_kind_of_rule_are_unknown(edited):
    found, _ = edited("spacing_m = 50", 'spacing_m = 50\nat = ["park"]')
    (problem,) = found
    assert problem.key == "rule[Q-S1].at"
    assert "spacing_m" in problem.message
    assert "heads_only" not in problem.message


def test_all_mistakes_are_told_at_once_in_the_order_of_lines(text, tmp_path):
    names = [
        "an edition in numbers",
        "an adcode too short",
        "a date in quotes",
        "an unknown label",
        "an empty name",
        "a negative spacing",
        "an unknown street class",
        "half a shop",
        "a mistyped key in a table",
    ]
    for old, new, _, _ in (MISTAKES[name] for name in names):
        text = changed(text, old, new)
    file = tmp_path / "office.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidPack) as caught:
        standards.load_file(file)
    assert {p.key for p in caught.value.problems} == {MISTAKES[name][2] for name in names}
    assert [p.line for p in caught.value.problems] == sorted(p.line for p in caught.value.problems)
    assert str(caught.value).count("office.toml, line ") == len(names)
    assert caught.value.render("zh").count("office.toml 第 ") == len(names)


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        (b'id = "a"\nname = {', 2, "not valid TOML"),
        (b'id = "a"\nid = "b"\n', 2, "not valid TOML"),
        (b'id = "a\n', 1, "not valid TOML"),
        ('id = "衢州"'.encode("gb18030"), 1, "UTF-8"),
        (b"\x00\x01", 1, "not valid TOML"),
        (b"a = " + b"[" * 5000 + b"]" * 5000, 1, "too long"),
        (b"a = " + b"[" * 300 + b"]" * 300, 1, "too long"),
        (b"[" + b".".join([b"a"] * 3000) + b"]", 1, "too long"),
        (b"a = " + b"9" * 5000, 1, "too long"),
    ],
)
def test_what_is_no_toml_is_told_with_its_line(tmp_path, content, line, said):
    file = tmp_path / "office.toml"
    file.write_bytes(content)
    (problem,) = standards.problems(file)
    assert problem.line == line
    assert said in problem.message
    with pytest.raises(PackError, match=said):
        standards.load_file(file)


def test_a_file_that_is_not_there_or_is_empty_is_told(tmp_path):
    with pytest.raises(PackError, match="cannot be read"):
        standards.load_file(tmp_path / "none.toml")
    with pytest.raises(PackError, match="cannot be read"):
        standards.load_file(tmp_path)
    (tmp_path / "empty.toml").touch()
    told = {p.key for p in standards.problems(tmp_path / "empty.toml")}
    assert {"id", "edition", "name", "adcode", "document", "site_type"} <= told


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_files_saved_on_windows_load(text, tmp_path, newline, mark):
    file = tmp_path / "office.toml"
    file.write_bytes((mark + text.replace("\n", newline)).encode("utf-8"))
    assert standards.load_file(file) == standards.load("quzhou-2018")


def test_lines_are_found_past_texts_lists_and_quoted_keys(tmp_path):
    file = tmp_path / "office.toml"
    file.write_text(
        'note = """\nspacing_m = 1\n[[rule]]\n"""\n'
        "odd = [\n  1, # ]\n  [2],\n]\n"
        'names."strange key" = 1\n'
        "[document]\n"
        'titel = "x"\n',
        encoding="utf-8",
    )
    line = {p.key: p.line for p in standards.problems(file) if p.key}
    assert line["note"] == 1
    assert line["odd"] == 5
    assert line["names"] == 9
    assert line["document.titel"] == 11
    assert line["document.title"] == 10


# TOML values of every shape, under keys that a pack knows
values = st.recursive(
    st.one_of(
        st.integers(-(10**6), 10**6), st.text(max_size=5), st.booleans(), st.floats(), st.dates()
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                ["id", "zh", "kind", "site_type", "counts", "at", "part", "clause", "text"]
            ),
            inner,
            max_size=3,
        ),
    ),
    max_leaves=6,
)
KINDS_AND_IDS = st.sampled_from([*standards.KINDS, "Q-S1", "Q-T2", "point"])
entries = st.lists(
    st.dictionaries(
        st.sampled_from(
            [
                "id",
                "kind",
                "site_type",
                "site_types",
                "at",
                "along",
                "part",
                "pattern",
                "model",
                "at_least",
                "at_most",
                "measure",
                "per",
                "headcounts",
                "assumed",
                "force",
                "clause",
            ]
        ),
        st.one_of(KINDS_AND_IDS, values),
        max_size=6,
    ),
    max_size=3,
)


def as_toml(value):
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        escaped = "".join(f"\\U{ord(c):08X}" for c in value)
        return f'"{escaped}"'
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k} = {as_toml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(as_toml(v) for v in value) + "]"
    return str(value)


@settings(deadline=None, max_examples=100)
@given(
    data=st.dictionaries(
        st.sampled_from(["id", "edition", "name", "labels", "document", "site_type", "rule"]),
        values,
        max_size=7,
    ),
    sections=st.dictionaries(
        st.sampled_from(["site_type", "rule", "item", "process"]), entries, max_size=3
    ),
    extends=st.sampled_from([None, "quzhou-2018", "none", 5]),
)
def test_whatever_a_file_holds_is_told_and_never_a_crash(data, sections, extends, tmp_path_factory):
    data = data | sections | ({} if extends is None else {"extends": extends})
    text = "".join(f"{key} = {as_toml(value)}\n" for key, value in data.items())
    if any(0xD800 <= ord(c) <= 0xDFFF for c in str(data)):
        return
    file = tmp_path_factory.mktemp("packs") / "any.toml"
    file.write_text(text, encoding="utf-8")
    found = standards.problems(file)
    assert found or extends == "quzhou-2018"
    for problem in found:
        assert 1 <= problem.line <= max(len(data), 1)
        assert problem.message
        assert problem.render("zh")


def test_packs_are_read_only_when_asked_for():
    assert PACKS.is_dir()
    assert standards.load("quzhou-2018") == standards.load("quzhou-2018")


# ---------------------------------------------------------------------------- words for site types


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("point", "point"),
        ("有礼点", "point"),
        ("Courtesy Point", "point"),
        (" courtesy point ", "point"),
        ("“有礼”亭", "kiosk"),
        ("学雷锋志愿服务“有礼亭”", "kiosk"),
        ("有礼站", "post"),
        ("有礼台", "post"),
        ("有礼站(台)", "post"),
        ("“衢州有礼”学雷锋广场", "square"),
        ("衢江区志愿者之家", "home"),
        ("有礼亭、有礼点", None),
        ("pointless", None),
        ("充电站", None),
        ("", None),
    ],
)
def test_lists_of_stations_name_their_types_in_many_ways(said, expected):
    assert standards.site_type(said, standards.load("quzhou-2018")) == expected
