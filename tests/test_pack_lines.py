"""The line that is told of a place in a pack file is the line where it stands."""

import tomllib

from hypothesis import given, settings
from hypothesis import strategies as st

from stationmap.standards.lines import line_of, lines

TEXT = '''\
# a comment with [brackets] = and "quotes"
id = "a # no comment"   # a comment
'quoted key' = 'C:\\\\path\\'
"b.c" = 1
d.e.f = 1
dates = [2018-06-22, 07:32:00]
note = """
[[rule]]
id = "not here" """
raw = \'\'\'
[site_type] \'\'\'
end = """a""\\""""""
odd = [ # ]
  [1, 2],

  # between
  { x = "}", y = [
      3,
  ] }, "]",
]

[labels]
gap = { zh = "一", en = "a" }

[[rule]]
id = "1"
at = ["a",
      "b"]
[rule.frontage]
reach_m = 30
[[rule.part]]
number = 1
[[rule.part]]
number = 2
clause.text.zh = "二"

  [[rule]]  # indented
  id = "2"
  [[rule.part]]
  number = 3
'''


def test_every_place_of_a_text_with_all_that_toml_has():
    assert tomllib.loads(TEXT)
    found = lines(TEXT)
    shown = TEXT.splitlines()
    for loc, words in {
        ("id",): 'id = "a',
        ("quoted key",): "'quoted key'",
        ("b.c",): '"b.c"',
        ("d", "e", "f"): "d.e.f",
        ("dates", 1): "dates",
        ("note",): "note",
        ("raw",): "raw",
        ("end",): "end",
        ("odd",): "odd",
        ("odd", 0, 1): "  [1, 2]",
        ("odd", 1): "  { x",
        ("odd", 1, "x"): "  { x",
        ("odd", 1, "y", 0): "      3,",
        ("odd", 2): '  ] }, "]"',
        ("labels",): "[labels]",
        ("labels", "gap", "en"): "gap = ",
        ("rule", 0): "[[rule]]",
        ("rule", 0, "at", 1): '      "b"]',
        ("rule", 0, "frontage"): "[rule.frontage]",
        ("rule", 0, "frontage", "reach_m"): "reach_m",
        ("rule", 0, "part", 0): "[[rule.part]]",
        ("rule", 0, "part", 1, "number"): "number = 2",
        ("rule", 0, "part", 1, "clause", "text", "zh"): "clause.text",
        ("rule", 1): "  [[rule]]",
        ("rule", 1, "part", 0, "number"): "  number = 3",
    }.items():
        assert shown[found[loc] - 1].startswith(words), loc
    assert found["rule", 1, "id"] == TEXT.splitlines().index('  id = "2"') + 1
    # places that are not there have the line of what would hold them
    assert line_of(("rule", 1, "clause", "text"), found) == found["rule", 1]
    assert line_of(("nothing",), found) == 1


scalars = st.one_of(
    st.integers(0, 9).map(str),
    st.text("ab[]{}=,#'\n ", max_size=5).map(lambda t: '"' + t.replace("\n", "\\n") + '"'),
    st.text('ab[]{}=,#" \n', max_size=5).map(lambda t: "'" + t.replace("\n", " ") + "'"),
    st.text("ab[]{}=,#' \n", max_size=8).map(lambda t: '"""' + t + '"""'),
)
comments = st.sampled_from(["", " # ]}", ' # "', " # '''"])


class Written:
    """A TOML text that is written piece by piece, noting where each place stands."""

    def __init__(self, draw):
        self.draw, self.text, self.at = draw, "", {}

    def line(self):
        return self.text.count("\n") + 1

    def value(self, place, depth):
        kind = self.draw(st.integers(0, 2 if depth else 0))
        if kind == 0:
            self.text += self.draw(scalars)
        elif kind == 1:
            self.text += "["
            for number in range(self.draw(st.integers(0, 3))):
                self.text += self.draw(st.sampled_from(["", " ", "\n", " # ,[\n", "\n\n  "]))
                self.at[(*place, number)] = self.line()
                self.value((*place, number), depth - 1)
                self.text += self.draw(st.sampled_from([",", ", # ]\n"]))
            self.text += "]"
        else:
            keys = self.draw(st.lists(st.sampled_from("xyz"), unique=True, max_size=2))
            self.text += "{ "
            for number, key in enumerate(keys):
                self.text += ", " if number else ""
                self.at[(*place, key)] = self.line()
                self.text += f"{key} = "
                self.value((*place, key), depth - 1)
            self.text += " }"

    def pairs(self, place):
        for key in self.draw(st.lists(st.sampled_from("abc"), unique=True, max_size=3)):
            self.at[(*place, key)] = self.line()
            self.text += self.draw(st.sampled_from([key, f'"{key}"', f"  {key} "])) + " = "
            self.value((*place, key), 2)
            self.text += self.draw(comments) + "\n"


@st.composite
def documents(draw):
    text = Written(draw)
    text.pairs(())
    for number in range(draw(st.integers(0, 3))):
        text.text += draw(st.sampled_from(["", "\n", "# [[rule]]\n"]))
        text.at["rule", number] = text.line()
        text.text += draw(st.sampled_from(["[[rule]]", " [[ rule ]] # x"])) + "\n"
        text.pairs(("rule", number))
        if draw(st.booleans()):
            text.at["rule", number, "part", 0] = text.line()
            text.text += "[[rule.part]]\n"
            text.pairs(("rule", number, "part", 0))
    return text


@settings(deadline=None)
@given(documents())
def test_places_are_where_they_were_written(document):
    tomllib.loads(document.text)
    found = lines(document.text)
    assert {place: found.get(place) for place in document.at} == document.at
