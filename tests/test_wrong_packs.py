"""What an office may get wrong in each of the five packs: told with line, key and remedy."""

import pytest

from stationmap import standards

# what: (pack, words, words in their place, key, part of the sentence)
MISTAKES = {
    "an unknown kind of rule": (
        "simao-2015",
        'kind = "unit"',
        'kind = "units"',
        "rule[SM-V].kind",
        "nearest: unit",
    ),
    "a place that is no category": (
        "ordos-2018",
        '"museum",',
        '"musem",',
        "rule[OR-T.5].at[7]",
        "nearest: museum",
    ),
    "the name of a place for its id": (
        "changzhi-2021",
        'at = ["practice_centre"]',
        'at = ["新时代文明实践中心（所、站）"]',
        "rule[CZ-T.7].at[1]",
        "nearest: practice_centre;",
    ),
    "the name of a type for its id": (
        "changzhi-2021",
        'site_type = "point"',
        'site_type = "小区志愿服务点"',
        "rule[CZ-T.5].site_type",
        "nearest: point;",
    ),
    "a kind of area that is none": (
        "ordos-2018",
        'at = ["subdistrict"]',
        'at = ["sub_district"]',
        "rule[OR-T.1].at[1]",
        "nearest: subdistrict",
    ),
    "a type that the pack does not have": (
        "ordos-2018",
        'counts = ["station", "demonstration"]',
        'counts = ["station", "demonstrations"]',
        "rule[OR-T.1].counts[2]",
        "nearest: demonstration",
    ),
    "a head type that the pack does not have": (
        "quzhou-2018",
        'head = "home"',
        'head = "house"',
        "rule[Q-T1.3].head",
        "nearest: home",
    ),
    "an item for a type that is not there": (
        "ordos-2018",
        'site_types = ["head"]',
        'site_types = ["haed"]',
        "item[OR-M].site_types[1]",
        "nearest: head",
    ),
    "a line of an item for a type that is not there": (
        "changzhi-2021",
        'site_types = ["station"] },',
        'site_types = ["stations"] },',
        "item[CZ-1].part[2].site_types[1]",
        "nearest: station",
    ),
    "a force that is none": (
        "zhanjiang-2018",
        'force = "advisory"',
        'force = "optional"',
        "rule[ZJ-H].force",
        "one of binding, advisory",
    ),
    "a rule that stands twice among its kind": (
        "changzhi-2021",
        'id = "CZ-T.3"',
        'id = "CZ-T.2"',
        "rule[CZ-T.2].id",
        "of kind presence; give one of them a number",
    ),
    "an item that stands twice": (
        "zhanjiang-2018",
        'id = "ZJ-2"',
        'id = "ZJ-1"',
        "item[ZJ-1].id",
        "stands twice",
    ),
    "a process that stands twice": (
        "changzhi-2021",
        'id = "CZ-D.2"',
        'id = "CZ-D.1"',
        "process[CZ-D.1].id",
        "stands twice",
    ),
    "two lines of an item with one number": (
        "ordos-2018",
        "{ number = 2, ",
        "{ number = 1, ",
        "item[OR-M].part[2].number",
        "is 1, which stands twice",
    ),
    "an adcode in numbers": (
        "simao-2015",
        'adcode = "530802"',
        "adcode = 530802",
        "adcode",
        "is 530802; expected text in quotes",
    ),
    "an adcode with a letter": (
        "simao-2015",
        'adcode = "530802"',
        'adcode = "53O802"',
        "adcode",
        "six digits in quotes",
    ),
    "a date of another form": (
        "simao-2015",
        "date = 2015-07-24",
        'date = "2015年7月24日"',
        "document.date",
        "such as 2018-06-22, without quotes",
    ),
    "a deadline in quotes": (
        "zhanjiang-2018",
        "by = 2018-11-30",
        'by = "2018-11"',
        "rule[ZJ-P].by",
        "such as 2018-06-22, without quotes",
    ),
    "a count of nothing": (
        "zhanjiang-2018",
        "at_least = 1\n",
        "at_least = 0\n",
        "rule[ZJ-P].at_least",
        "at least 1",
    ),
    "a range upside down": (
        "zhanjiang-2018",
        "at_most = 3",
        "at_most = 1",
        "rule[ZJ-A].at_most",
        "is 1; expected a number of at least 2",
    ),
    "a percentage for a share": (
        "ordos-2018",
        "at_least = 0.13",
        "at_least = 13",
        "rule[OR-I.1].at_least",
        "write 13 % as 0.13",
    ),
    "a number of something": (
        "simao-2015",
        'numerator = "trainings"',
        'numerator = "trainings"\ndenominator = "units"',
        "rule[SM-I.1].denominator",
        'with measure = "number" there is no',
    ),
    "an unknown count": (
        "simao-2015",
        'numerator = "registered"',
        'numerator = "volunteers"',
        "rule[SM-I].numerator",
        "nearest: ",
    ),
    "headcounts where no units are asked": (
        "quzhou-2018",
        'per = "unit"',
        'per = "county"',
        "rule[Q-I.1].headcounts",
        'expected per = "unit"',
    ),
    "half a person": (
        "quzhou-2018",
        '"市委办" = 45',
        '"市委办" = 45.5',
        "rule[Q-I.1].headcounts.市委办",
        "whole number",
    ),
    "frontage without streets": (
        "quzhou-2018",
        'along = ["commercial", "main", "secondary", "bus_route"]\nwithin_m = 50',
        "within_m = 50",
        "rule[Q-T4].at[1]",
        "add along",
    ),
    "streets without frontage": (
        "quzhou-2018",
        'at = ["frontage", "junction", "bus_stop"]',
        'at = ["junction", "bus_stop"]',
        "rule[Q-T4].along",
        'add "frontage" to at',
    ),
    "frontage of a park": (
        "quzhou-2018",
        'at = ["junction", "bus_stop"]\nwith_frontage',
        'at = ["park"]\nwith_frontage',
        "rule[Q-S2].with_frontage",
        "add junction or bus_stop",
    ),
    "a distance of nothing": (
        "changzhi-2021",
        "within_m = 50",
        "within_m = 0",
        "rule[CZ-T.1].within_m",
        "above 0",
    ),
    "yes for true": (
        "changzhi-2021",
        "on_duty = true",
        'on_duty = "yes"',
        "rule[CZ-5].on_duty",
        "expected true or false",
    ),
    "hours that cannot be read": (
        "zhanjiang-2018",
        'model = "Mo-Fr 08:30',
        'model = "工作日 08:30',
        "rule[ZJ-H].model",
        "such as Mo-Fr 08:30-11:30",
    ),
    "a part of the product that is none": (
        "simao-2015",
        'served_by = "feed"',
        'served_by = "feeds"',
        "process[SM-S].served_by",
        "nearest: feed",
    ),
    "a role that is none": (
        "ordos-2018",
        'role = "head"',
        'role = "main"',
        "site_type[head].role",
        "one of head, station, point",
    ),
    "a mistyped key of an item": (
        "changzhi-2021",
        "may_not_apply = true",
        "may_not_aply = true",
        "item[CZ-2].part[2].may_not_aply",
        "nearest valid key: may_not_apply",
    ),
    "an expression that never ends": (
        "changzhi-2021",
        'of = "county_or_unit"',
        'pattern = "(县+)+区"',
        "rule[CZ-1].part[2].pattern",
        "may never end",
    ),
    "an expression that is none": (
        "changzhi-2021",
        'of = "county_or_unit"',
        'pattern = "(县"',
        "rule[CZ-1].part[2].pattern",
        "check its brackets",
    ),
    "a part of a name that is nothing": (
        "changzhi-2021",
        ', of = "county_or_unit"',
        "",
        "rule[CZ-1].part[2]",
        "exactly one of text, pattern and of",
    ),
    "a part of a name that is two things": (
        "changzhi-2021",
        'of = "county_or_unit"',
        'of = "county_or_unit", text = "县"',
        "rule[CZ-1].part[2]",
        "exactly one of text, pattern and of",
    ),
    "a parent that is unknown": (
        "simao-2015",
        'edition = "2015"',
        'edition = "2015"\nextends = "simao-2014"',
        "extends",
        "nearest: simao-2015",
    ),
}


# what stands in the line that is told, where it is not the line of the mistake
TOLD = {
    "a rule that stands twice among its kind": 'id = "CZ-T.2"',
    "an item that stands twice": 'id = "ZJ-1"',
    "a process that stands twice": 'id = "CZ-D.1"',
    "two lines of an item with one number": "{ number = 1, ",
    "headcounts where no units are asked": "[rule.headcounts]",
    "frontage without streets": 'at = ["frontage"',
    "streets without frontage": "along = ",
    "frontage of a park": "with_frontage = true",
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_a_pack_is_told_by_line_key_and_remedy(mistake, tmp_path):
    pack, old, new, key, said = MISTAKES[mistake]
    text = standards.path_of(pack).read_text(encoding="utf-8")
    assert old in text
    at = text.index(old)
    file = tmp_path / "office.toml"
    file.write_text(text[:at] + new + text[at + len(old) :], encoding="utf-8")

    found = [p for p in standards.problems(file) if p.key == key]
    assert len(found) == len(standards.problems(file)) - ("number = 1" in new)
    lines = file.read_text(encoding="utf-8").splitlines()
    edited = range(text[:at].count("\n") + 1, (text[:at] + new.rstrip()).count("\n") + 2)
    for problem in found:
        assert said in problem.message
        assert problem.file == "office.toml"
        if mistake in TOLD:
            assert TOLD[mistake] in lines[problem.line - 1]
        else:
            assert problem.line in edited
        assert problem.render("zh") != problem.message
        assert "{" not in problem.message + problem.render("zh")


def test_there_are_more_than_twenty_mistakes_and_all_packs_are_among_them():
    assert len(MISTAKES) > 20
    assert {pack for pack, *_ in MISTAKES.values()} == set(standards.available())
