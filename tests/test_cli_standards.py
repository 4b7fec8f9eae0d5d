"""The commands about standards: what an office sees that writes its own pack."""

import json

import pytest

from stationmap import standards
from stationmap.cli import run as cli
from stationmap.cli.output import LANG_VARIABLE

PACKS = ["changzhi-2021", "ordos-2018", "quzhou-2018", "simao-2015", "zhanjiang-2018"]


@pytest.fixture
def command(capsys, monkeypatch):
    """Run a command in English; return exit code, standard output, standard error."""
    monkeypatch.setenv(LANG_VARIABLE, "en")

    def call(*arguments):
        code = cli.run([str(a) for a in arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in err + out
        return code, out, err

    return call


@pytest.fixture
def blank(command, tmp_path):
    """Write a new pack file; return it."""

    def write(*options, name="our-city-2026.toml"):
        file = tmp_path / name
        code, out, _ = command("standards", "new", file, *options)
        assert code == 0
        assert f"stationmap standards validate {file}" in out
        return file

    return write


def filled_in(text):
    """Fill the empty quotes of a new pack."""
    text = text.replace('adcode = ""', 'adcode = "330800"')
    return text.replace('= ""', '= "某"').replace('zh = "" ', 'zh = "某" ')


# ---------------------------------------------------------------------------- list


def test_five_packs_are_listed(command):
    code, out, err = command("standards", "list", "--json")
    listed = json.loads(out)
    assert (code, err) == (0, "")
    assert [pack["id"] for pack in listed] == PACKS
    quzhou = listed[2]
    assert quzhou == {
        "id": "quzhou-2018",
        "name": "Quzhou volunteer-service stations (2018)",
        "edition": "2018",
        "document": "衢市创建办〔2018〕6号",
        "date": "2018-06-22",
        "jurisdiction": "Quzhou",
        "adcode": "330800",
        "rules": len(standards.load("quzhou-2018").rules),
        "items": 9,
        "processes": 3,
    }
    # two documents give the year alone
    assert [pack["date"] for pack in listed if pack["date"] is None] == [None, None]
    code, out, _ = command("standards", "list")
    assert code == 0
    assert all(pack in out for pack in PACKS)
    assert "2021: 13 rules, 11 items, 3 processes" in out


# ---------------------------------------------------------------------------- show


@pytest.mark.parametrize("pack_id", PACKS)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_pack_is_shown_whole(command, pack_id, lang):
    code, out, err = command("standards", "show", pack_id, "--lang", lang)
    assert (code, err) == (0, "")
    pack = standards.load(pack_id)
    for entry in (*pack.rules, *pack.items, *pack.processes):
        assert f"  {entry.id}  " in out
        assert entry.clause.article in out
        assert entry.clause.text.get(lang) in out
    for item in pack.items:
        assert all(part.text.get(lang) in out for part in item.part)
    assert all(t.name.get(lang) in out for t in pack.site_types)
    assert all(", ".join(rule.assumed) in out for rule in pack.rules)


def test_a_shown_pack_is_one_json_document(command):
    code, out, _ = command("standards", "show", "zhanjiang-2018", "--json")
    shown = json.loads(out)
    assert code == 0
    assert shown["rule"][0]["id"] == "ZJ-P"
    assert shown["rule"][0]["by"] == "2018-11-30"
    assert len(shown["item"]) == 12
    assert shown["process"][0]["served_by"] == "indicators"


def test_a_file_is_shown_like_a_pack_and_says_what_it_extends(command, tmp_path):
    file = tmp_path / "own.toml"
    file.write_text('id = "own"\nextends = "simao-2015"\nedition = "2"\n', encoding="utf-8")
    code, out, _ = command("standards", "show", file)
    assert code == 0
    assert "extends simao-2015" in out
    assert "SM-I" in out


# ---------------------------------------------------------------------------- validate


@pytest.mark.parametrize("pack_id", PACKS)
def test_every_shipped_pack_validates(command, pack_id):
    code, out, err = command("standards", "validate", pack_id)
    assert (code, err) == (0, "")
    assert out.count("\n") == 1
    assert "is valid" in out


def test_every_problem_is_told_with_file_line_and_key(command, tmp_path):
    file = tmp_path / "office.toml"
    text = standards.path_of("quzhou-2018").read_text(encoding="utf-8")
    for old, new in (
        ("spacing_m = 50", "spacing_m = -5"),
        ('kind = "hierarchy"', 'kind = "hierachy"'),
        ('at = ["guidance_centre"]', 'at = ["guidance_center"]'),
    ):
        assert old in text
        text = text.replace(old, new, 1)
    file.write_text(text, encoding="utf-8")
    lines = text.splitlines()

    code, out, err = command("standards", "validate", file)
    assert (code, out) == (2, "")
    assert err.count("office.toml, line ") == 3
    assert "3 problems; mend them" in err

    code, out, _ = command("standards", "validate", file, "--json")
    told = json.loads(out)
    assert (code, told["valid"]) == (2, False)
    assert {p["key"]: lines[p["line"] - 1] for p in told["problems"]} == {
        "rule[Q-T1].at[1]": 'at = ["guidance_center"]',
        "rule[Q-T1.3].kind": 'kind = "hierachy"',
        "rule[Q-S1].spacing_m": "spacing_m = -5",
    }
    assert "nearest: guidance_centre" in told["problems"][0]["message"]
    assert {p["file"] for p in told["problems"]} == {"office.toml"}

    code, out, _ = command("standards", "validate", "simao-2015", "--json")
    told = json.loads(out)
    assert (code, told["valid"], told["problems"]) == (0, True, [])


def test_what_is_no_pack_file_is_told_kindly(command, tmp_path):
    (tmp_path / "a.toml").write_text("", encoding="utf-8")
    (tmp_path / "notes.docx").write_bytes(b"PK\x03\x04\xff\xfe")
    for given, said in {
        tmp_path: "is a folder; name one file, in it are: a.toml",
        tmp_path / "b.toml": "there is no file",
        tmp_path / "notes.docx": "not UTF-8 text",
        tmp_path / "a.toml": "line 1: id is missing",
        "quzhou2018": "nearest: quzhou-2018",
        "": "is a folder",
    }.items():
        code, out, err = command("standards", "validate", given)
        assert (code, out) == (2, ""), given
        assert said in err
    assert "a.toml" in command("standards", "validate", tmp_path / "b.toml")[2]


# ---------------------------------------------------------------------------- new


def test_a_new_pack_validates_once_it_is_filled_in(command, blank):
    file = blank()
    text = file.read_text(encoding="utf-8")
    code, _, err = command("standards", "validate", file)
    assert code == 2
    # each empty quote is told, and nothing else
    assert err.count(", line ") == sum('""' in line for line in text.splitlines())
    file.write_text(filled_in(text), encoding="utf-8")
    assert command("standards", "validate", file)[0] == 0


def test_every_example_in_a_new_pack_is_right(command, blank):
    file = blank()
    text = filled_in(file.read_text(encoding="utf-8"))
    begins = text.index("# [[rule]]")
    lines = [
        line.removeprefix("# ") if line.isascii() or "=" in line or "{" in line else line
        for line in text[begins:].splitlines()
    ]
    examples = "\n".join(
        line if line.startswith(("[", "    ", "]")) or " = " in line else f"# {line}"
        for line in lines
    )
    file.write_text(text[:begins] + examples, encoding="utf-8")
    assert [p.message for p in standards.problems(file)] == []
    pack = standards.load_file(file)
    assert {rule.kind for rule in pack.rules} == set(standards.KINDS)
    assert (len(pack.items), len(pack.processes)) == (1, 1)


def test_a_new_pack_that_extends_names_the_rules_it_may_change(command, blank):
    file = blank("--extends", "quzhou-2018", name="quzhou-2026.toml")
    text = file.read_text(encoding="utf-8")
    assert 'extends = "quzhou-2018"' in text
    for rule in standards.load("quzhou-2018").rules:
        assert f'# id = "{rule.id}"\n# kind = "{rule.kind}"\n' in text
    file.write_text(filled_in(text), encoding="utf-8")
    code, out, _ = command("standards", "validate", file)
    assert code == 0
    assert f"{len(standards.load('quzhou-2018').rules)} rules" in out


def test_a_new_pack_never_overwrites_and_names_are_checked(command, blank, tmp_path):
    file = blank()
    before = file.read_bytes()
    for given, options, said in (
        (file, [], "is not overwritten"),
        (tmp_path / "city.txt", [], "it ends in .toml"),
        (tmp_path / "our city.toml", [], "letters, digits"),
        (tmp_path / "城市.toml", [], "letters, digits"),
        (tmp_path / "none" / "a.toml", [], "make it first"),
        (tmp_path / "b.toml", ["--extends", "quzhou2018"], "nearest: quzhou-2018"),
        (tmp_path / "quzhou-2018.toml", ["--extends", "quzhou-2018"], "cannot extend itself"),
    ):
        code, out, err = command("standards", "new", given, *options)
        assert (code, out) == (2, ""), given
        assert said in err
    assert file.read_bytes() == before
    assert [f.name for f in tmp_path.iterdir()] == [file.name]
