"""A pack that extends another says what differs, is loaded whole, and is told by its own lines."""

import pytest

from stationmap import City, standards
from stationmap.errors import PackError

START = """\
id = "quzhou-2026"
extends = "quzhou-2018"
edition = "2026"
"""


@pytest.fixture
def office(tmp_path):
    """Write a pack file beside others; give its path."""

    def write(text, name="quzhou-2026"):
        file = tmp_path / f"{name}.toml"
        file.write_text(text, encoding="utf-8")
        return file

    return write


def only(file):
    (problem,) = standards.problems(file)
    return problem, file.read_text(encoding="utf-8").splitlines()[problem.line - 1]


# ---------------------------------------------------------------------------- what it becomes


def test_what_a_pack_does_not_say_is_its_parents(office):
    old, new = standards.load("quzhou-2018"), standards.load_file(office(START))
    assert (new.id, new.edition, new.extends) == ("quzhou-2026", "2026", "quzhou-2018")
    own = {"id", "edition", "extends"}
    assert new.model_dump(exclude=own) == old.model_dump(exclude=own)


def test_numbers_change_and_their_rule_stays(office):
    file = office(
        START + '[[rule]]\nid = "Q-S1"\nkind = "spacing"\nspacing_m = 80\nsnap_m = 20\n'
        "[rule.frontage]\nreach_m = 25\n"
    )
    old, new = standards.load("quzhou-2018").rule(), standards.load_file(file).rule()
    assert (new.spacing_m, new.snap_m, new.frontage.reach_m) == (80, 20, 25)
    # what the pack says is no longer assumed, the rest is as before
    assert set(old.assumed) - set(new.assumed) == {"snap_m", "frontage.reach_m"}
    own = {"spacing_m", "snap_m", "frontage", "assumed"}
    assert new.model_dump(exclude=own) == old.model_dump(exclude=own)
    assert new.frontage == old.frontage.model_copy(update={"reach_m": 25.0})


def test_a_pack_may_list_anew_what_it_assumes(office):
    changes = '[[rule]]\nid = "Q-S1"\nkind = "spacing"\nsnap_m = 20\nassumed = ["snap_m"]\n'
    assert standards.load_file(office(START + changes)).rule().assumed == ("snap_m",)


def test_rules_are_matched_by_id_and_kind_and_others_added(office):
    file = office(
        START + '[[rule]]\nid = "Q-T2"\nkind = "placement"\nwithin_m = 10\n'
        '[[rule]]\nid = "X-1"\nkind = "hierarchy"\nhead = "home"\n'
        '[rule.clause]\ndocument = "新"\narticle = "一"\ntext.zh = "新增"\n'
    )
    old, new = standards.load("quzhou-2018"), standards.load_file(file)
    assert new.rule("Q-T2", kind="placement").within_m == 10
    assert new.rule("Q-T2", kind="presence") == old.rule("Q-T2", kind="presence")
    assert [r.id for r in new.rules] == [*(r.id for r in old.rules), "X-1"]


def test_a_rule_that_stands_alone_is_known_by_its_id(office):
    file = office(START + '[[rule]]\nid = "Q-S1"\nspacing_m = 80\n')
    assert standards.load_file(file).rule().spacing_m == 80


def test_types_items_and_processes_are_matched_by_id(office):
    file = office(
        START + '[[site_type]]\nid = "point"\nalso = ["便民点"]\n'
        '[[item]]\nid = "Q-C7"\nforce = "advisory"\n'
        '[[process]]\nid = "Q-D.1"\nserved_by = "report"\n'
        '[labels]\ngap = { zh = "缺口" }\n'
    )
    old, new = standards.load("quzhou-2018"), standards.load_file(file)
    assert new.site_type("point").also == ("便民点",)
    assert new.site_type("point").name == old.site_type("point").name
    assert next(i for i in new.items if i.id == "Q-C7").force == "advisory"
    assert next(p for p in new.processes if p.id == "Q-D.1").served_by == "report"
    assert (new.label("gap").zh, new.label("gap").en) == ("缺口", "缺口")
    assert new.label("stations") == old.label("stations")
    assert len(new.items) == len(old.items)


def test_words_are_replaced_in_both_languages(office):
    new = standards.load_file(office(START + 'name = { zh = "新版" }\n'))
    assert new.name == standards.Text(zh="新版", en="新版")


def test_a_pack_extends_a_file_beside_it_and_that_one_another(office):
    rule = '[[rule]]\nid = "Q-S1"\nkind = "spacing"\nspacing_m = {}\n'
    office(START + rule.format(80))
    text = START.replace("2018", "2026", 1).replace('id = "quzhou-2026"', 'id = "quzhou-2027"')
    text = text.replace('extends = "quzhou-2018"', 'extends = "quzhou-2026"')
    file = office(text.replace('edition = "2026"', 'edition = "2027"'), "quzhou-2027")
    pack = standards.load_file(file)
    assert (pack.extends, pack.edition, pack.rule().spacing_m) == ("quzhou-2026", "2027", 80)


def test_two_editions_of_a_city_live_side_by_side(office):
    file = office(START + '[[rule]]\nid = "Q-S1"\nkind = "spacing"\nspacing_m = 80\n')
    new, old = standards.load_file(file), standards.load("quzhou-2018")
    assert (new.adcode, new.edition, old.edition) == ("330800", "2026", "2018")
    assert (new.rule().spacing_m, old.rule().spacing_m) == (80, 50)


def test_a_copy_of_a_shipped_pack_may_extend_the_shipped_one(office):
    file = office(START.replace("quzhou-2026", "own"), "quzhou-2018")
    assert standards.load_file(file).id == "own"


# ---------------------------------------------------------------------------- what is wrong with it


def test_a_mistake_is_told_by_the_line_of_the_file_that_makes_it(office):
    file = office(
        START + '\n[[rule]]\nid = "Q-T2"\nkind = "placement"\nat = ["prak"]\n'
        '\n[[rule]]\nid = "Q-S1"\nkind = "spacing"\nspacing_m = -5\nwide = 1\n'
        "[rule.frontage]\nmin_share = 50\n"
    )
    lines = file.read_text(encoding="utf-8").splitlines()
    told = {p.key: lines[p.line - 1] for p in standards.problems(file)}
    assert told == {
        "rule[Q-T2].at[1]": 'at = ["prak"]',
        "rule[Q-S1].spacing_m": "spacing_m = -5",
        "rule[Q-S1].wide": "wide = 1",
        "rule[Q-S1].frontage.min_share": "min_share = 50",
    }
    assert {p.file for p in standards.problems(file)} == {"quzhou-2026.toml"}


def test_a_new_rule_lacks_what_every_rule_needs(office):
    file = office(START + '[[rule]]\nid = "X-1"\nkind = "hierarchy"\nhead = "home"\n')
    problem, line = only(file)
    assert problem.key == "rule[X-1].clause"
    assert line == "[[rule]]"


def test_a_rule_named_by_an_id_of_two_kinds_has_to_say_which(office):
    problem, line = only(office(START + '[[rule]]\nid = "Q-T2"\nwithin_m = 10\n'))
    assert problem.key == "rule[Q-T2].kind"
    assert "is missing; expected one of spacing, presence" in problem.message
    assert line == "[[rule]]"


def test_a_change_made_twice_is_told(office):
    twice = '[[rule]]\nid = "Q-S1"\nkind = "spacing"\nspacing_m = 80\n' * 2
    keys = {p.key for p in standards.problems(office(START + twice))}
    assert "rule[Q-S1].id" in keys


@pytest.mark.parametrize("missing", ["id", "edition"])
def test_id_and_edition_are_never_the_parents(office, missing):
    text = "".join(line for line in START.splitlines(True) if not line.startswith(missing))
    problem, _ = only(office(text))
    assert problem.key == missing
    assert "is missing" in problem.message


def test_the_parents_id_is_refused(office):
    problem, line = only(office(START.replace("quzhou-2026", "quzhou-2018")))
    assert problem.key == "id"
    assert "give it its own" in problem.message
    assert line == 'id = "quzhou-2018"'


def test_an_unknown_parent_is_told_with_the_nearest(office):
    office(START, "quzhou-2025")
    problem, line = only(office(START.replace('extends = "quzhou-2018"', 'extends = "quzou-2025"')))
    assert problem.key == "extends"
    assert "nearest: quzhou-2025" in problem.message
    assert line.startswith("extends")


@pytest.mark.parametrize("parent", ["5", '["quzhou-2018"]', '"../quzhou-2018"', '""', "{ a = 1 }"])
def test_a_parent_is_an_id_and_never_a_path(office, parent, tmp_path):
    (tmp_path / "in").mkdir()
    office(START, "quzhou-2018")  # what a path would find
    file = tmp_path / "in" / "quzhou-2026.toml"
    file.write_text(START.replace('"quzhou-2018"', parent), encoding="utf-8")
    problem, line = only(file)
    assert problem.key == "extends"
    assert "expected" in problem.message
    assert line.startswith("extends")


def test_packs_that_extend_each_other_are_refused(office):
    first = office('id = "a"\nextends = "b"\nedition = "1"\n', "a")
    second = office('id = "b"\nextends = "a"\nedition = "1"\n', "b")
    for file in (first, second):
        problem, line = only(file)
        assert "which extends this pack" in problem.message
        assert line.startswith("extends")
        with pytest.raises(PackError, match="leave one of the two out"):
            standards.load_file(file)


def test_a_pack_that_extends_itself_is_refused(office):
    problem, _ = only(office(START.replace('extends = "quzhou-2018"', 'extends = "quzhou-2026"')))
    assert problem.key == "extends"
    assert "no such pack" in problem.message


def test_a_parent_with_faults_is_told_with_its_own_line(office):
    office(START + '[[rule]]\nid = "Q-S1"\nkind = "spacing"\nspacing_m = -5\n')
    text = START.replace("quzhou-2026", "quzhou-2027").replace("2018", "2026")
    problem, line = only(office(text, "quzhou-2027"))
    assert "mend first: quzhou-2026.toml, line 7: rule[Q-S1].spacing_m is -5" in problem.message
    assert line.startswith("extends")
    assert "请先改正" in problem.render("zh")


def test_a_city_keeps_its_own_copies_of_all_that_its_pack_is_made_of(office, tmp_path):
    """So that neither a moved folder nor a later release changes the standard in force."""
    office('id = "first"\nextends = "quzhou-2018"\nedition = "1"\n', "first")
    file = office(START.replace('"quzhou-2018"', '"first"'))
    assert [f.name for f in standards.files(file)] == [
        "quzhou-2026.toml",
        "first.toml",
        "quzhou-2018.toml",
    ]
    city = City.create(tmp_path / "city", standard=str(file))
    for beside in tmp_path.glob("*.toml"):
        beside.unlink()
    assert sorted(f.name for f in (tmp_path / "city" / "packs").iterdir()) == [
        "first.toml",
        "quzhou-2018.toml",
        "quzhou-2026.toml",
    ]
    assert City.open(city.path).pack.extends == "first"
