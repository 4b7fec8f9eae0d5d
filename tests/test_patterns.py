"""Regular expressions in packs end, or are refused with a reason and a remedy."""

import contextlib
import subprocess
import sys
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationmap.errors import PackError
from stationmap.standards import patterns

# what: (expression, part of the sentence)
REFUSED = {
    "a repeat in a repeat": ("(a+)+$", "may never end"),
    "a repeat of alternatives that begin alike": ("(a|ab)*c", "may never end"),
    "a repeat of alternatives": ("(a|a)*", "may never end"),
    "a repeat of what may be empty": ("(.*)*x", "may be empty"),
    "a repeat of nothing": ("(?:)*", "may be empty"),
    "nothing, four thousand million times": ("(?:^){4000000000}", "may be empty"),
    "a range in a range": ("(?:a{1,50}){1,50}", "may never end"),
    "a range of a range": ("a{1,50}{1,50}", "multiple repeat"),
    "an optional one forty times": ("(a?){40}a{40}", "may be empty"),
    "optional ones side by side": ("a?" * 40 + "a" * 40, "more than 50000 ways"),
    "alternatives side by side": ("(a|aa)" * 20 + "c", "more than 50000 ways"),
    "four repeats in a row": (".*.*.*.*=", "at most two"),
    "three repeats in a row": ("a+b*a+=", "at most two"),
    "lazy repeats too": (".*?.*?.*?=", "at most two"),
    "repeats in branches, again and again": ("(a*b|a*c)" * 3, "more than 50000 ways"),
    "a reference back": (r"(a+)\1", "refers back"),
    "a condition": (r"(a)?(?(1)b|c)", "depends on another group"),
    "a look ahead": ("(?=a+)b", "looks around"),
    "a look ahead for what is not": ("(?!a+)b", "looks around"),
    "a look back": ("(?<=a)b", "looks around"),
    "an atomic group": ("(?>a*)b", "atomic"),
    "a possessive repeat": ("a++b", "possessive"),
    "a flag": ("(?i)a", "flags"),
    "another flag": ("(?x) a", "flags"),
    "a name of a group": ("(?P<county>.+)县", "without a name"),
    "more characters than a name": ("a{5000}", "up to 200 characters"),
    "an endless expression": ("县" * 201, "201 characters"),
    "an open bracket": ("(县", "brackets"),
    "an open class": ("[县", "brackets"),
    "nothing to repeat": ("*县", "brackets"),
    "a range upside down": ("县{3,1}", "brackets"),
    "a backslash at the end": ("县\\", "brackets"),
}
# expression: (a name that it matches, one that it does not)
ACCEPTED = {
    "长治市.+(县|区)": ("长治市潞州区", "长治市潞州"),
    "志愿服务(站|台)?": ("志愿服务", "志愿服务点"),
    "(?:自治县|县|区)": ("自治县", "自治区"),
    "[一-龥]{2,10}社区": ("府山社区", "社区"),
    "第[0-9]+号": ("第12号", "第号"),
    r"\d{1,3}号?": ("12", "1234"),
    ".*站.*": ("有礼站（台）", "有礼点"),
    "(?:有礼){2}": ("有礼有礼", "有礼"),
    "(?:有礼|学雷锋){2}站": ("有礼学雷锋站", "有礼站"),
    "^新时代文明实践.*站$": ("新时代文明实践学雷锋志愿服务站", "文明实践站"),
    "(?i:wifi)": ("WiFi", "w"),
    "[ab]*": ("abba", "abc"),
}
ENOUGH_S = 20


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_not_proved_to_end_is_refused_with_a_remedy(what):
    pattern, said = REFUSED[what]
    with pytest.raises(PackError) as caught:
        patterns.compile(pattern)
    assert said in str(caught.value)
    assert ";" in str(caught.value)
    assert caught.value.render("zh") != str(caught.value)


@pytest.mark.parametrize("pattern", ACCEPTED)
def test_what_an_office_writes_is_accepted_and_matches(pattern):
    good, bad = ACCEPTED[pattern]
    assert patterns.paths(pattern) <= patterns.MAX_PATHS
    assert patterns.compile(pattern).fullmatch(good)
    assert not patterns.compile(pattern).fullmatch(bad)


def test_the_ways_are_those_counted_by_hand():
    counted = {
        "abc": 1,
        "a|bc|d": 3,
        "(ab|cd)(ef|gh|ij)": 6,
        "(ab|cd){3}": 8,
        "(?:ab|cd)?": 3,
        "a{2,5}": 4,
        "a*": 201,
        "a+": 200,
        ".+县.*": 200 * 201,
        "[ab][cd]": 1,
    }
    assert {p: patterns.paths(p) for p in counted} == counted


def test_the_limit_holds_on_both_sides():
    """50 000 ways are accepted, one more way is not: 200 · 250 by a repeat and alternatives."""
    at_limit = "a{1,100}b{1,100}(?:cd|ef|gh|ij|kl)"
    assert patterns.paths(at_limit) == patterns.MAX_PATHS
    with pytest.raises(PackError, match="more than 50000"):
        patterns.paths(at_limit + "m?")


def watched(code):
    """Run code in a process of its own, which is ended if it does not end."""
    subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=True, timeout=ENOUGH_S)


def test_every_accepted_expression_ends_on_the_worst_names():
    worst = [p for p, _ in REFUSED.values()] + list(ACCEPTED)
    worst += [
        "(a|aa)" * 15 + "c",
        "a+a+c",
        ".*.*=",
        "a{1,100}a{1,100}b",
        "(?:a|b|aa){9}c",
        "(?:ab|a)?" * 9,
    ]
    watched(
        f"""
        from stationmap.errors import PackError
        from stationmap.standards import patterns
        n = patterns.MAX_TEXT
        names = ["a" * n, "a" * (n - 1) + "!", "ab" * (n // 2), "有礼" * (n // 2), "a" * 20 * n]
        tried = 0
        for pattern in {worst!r}:
            try:
                expression = patterns.compile(pattern)
            except PackError:
                continue
            tried += 1
            for name in names:
                expression.fullmatch(name), expression.match(name + "\\n")
        assert tried >= 12, tried
        """
    )


def test_whatever_is_drawn_is_refused_or_ends():
    """Expressions of every shape, nested and side by side, each in its turn."""
    watched(
        """
        import random
        from stationmap.errors import PackError
        from stationmap.standards import patterns

        ATOMS = ["a", "b", "ab", ".", "[ab]", "(a|b)", "(a|ab)", "(aa|a|b)", "(?:)", "^"]
        REPEATS = ["", "", "*", "+", "?", "{2}", "{0,3}", "{1,50}", "*?", "{30}"]
        draw = random.Random(20260101)

        def expression(depth):
            return draw.choice(["", "", "|"]).join(
                "(" + (draw.choice(ATOMS) if depth == 0 or draw.random() < 0.7 else
                       expression(depth - 1)) + ")" + draw.choice(REPEATS)
                for _ in range(draw.randint(1, 5))
            )

        names = ("a" * 200, "ab" * 100, "a" * 199 + "!", "aab" * 66, "")
        ended = refused = 0
        for _ in range(3000):
            try:
                drawn = patterns.compile(expression(2))
            except PackError:
                refused += 1
                continue
            ended += 1
            for name in names:
                drawn.fullmatch(name)
        assert min(ended, refused) > 500, (ended, refused)
        """
    )


@given(st.text(max_size=60))
def test_any_text_is_an_expression_or_refused(text):
    with contextlib.suppress(PackError):
        assert patterns.compile(text).pattern == text
