"""Every sentence in the code has a Chinese line with the same fields, and no line is left over."""

import ast
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from jinja2.ext import babel_extract

from stationmap import errors
from stationmap.messages import catalogue, render

ROOT = Path(__file__).parent.parent
PACKAGES = ("stationmap", "web", "geodata")
CORE = ROOT / "stationmap" / "locale" / "zh"
MARKS = ("N_", "_")


def modules() -> Iterator[tuple[Path, ast.Module]]:
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            yield file, ast.parse(file.read_text(encoding="utf-8"))


def error_classes(trees) -> set[str]:
    """Names of the error tree and of every class in the code that extends it."""
    names = {n for n, v in vars(errors).items() if isinstance(v, type) and issubclass(v, Exception)}
    classes = [n for _, tree in trees for n in ast.walk(tree) if isinstance(n, ast.ClassDef)]
    for _ in range(3):
        names |= {c.name for c in classes if any(name_of(base) in names for base in c.bases)}
    return names


def name_of(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


TREES = list(modules())
ERRORS = error_classes(TREES)
RAISED = [
    (file, node)
    for file, tree in TREES
    for node in ast.walk(tree)
    if isinstance(node, ast.Call) and name_of(node.func) in ERRORS and node.args
]


def templates() -> dict[str, str]:
    """Every template of the code: text → where it stands."""
    found = {}
    for file, tree in TREES:
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Call)
                and name_of(node.func) in {*MARKS, *ERRORS}
                and node.args
                and isinstance(node.args[0], ast.Constant)
                and isinstance(node.args[0].value, str)
            ):
                found[node.args[0].value] = f"{file.relative_to(ROOT)}:{node.lineno}"
    for file in sorted((ROOT / "web").rglob("*.html")):
        with file.open("rb") as stream:
            for line, _, text, _ in babel_extract(stream, MARKS, [], {"encoding": "utf-8"}):
                # a call with parameters is told as a tuple
                template = text if isinstance(text, str) else text[0]
                found[template] = f"{file.relative_to(ROOT)}:{line}"
    return found


def entries() -> list[tuple[Path, object]]:
    files = [f for package in PACKAGES for f in sorted((ROOT / package).rglob("*.po"))]
    found = []
    for file in files:
        with file.open("rb") as stream:
            found += [(file, message) for message in read_po(stream) if message.id]
    return found


def test_every_template_has_a_chinese_line():
    chinese = {message.id for _, message in entries() if message.string and not message.fuzzy}
    missing = {text: place for text, place in templates().items() if text not in chinese}
    assert not missing, "\n".join(f"{place}: {text}" for text, place in missing.items())


def test_templates_of_the_core_are_in_the_core_catalogues():
    known = catalogue("zh", folder=CORE.parent)
    missing = [
        f"{place}: {text}"
        for text, place in templates().items()
        if not place.startswith("web") and text not in known
    ]
    assert not missing, "\n".join(missing)


def test_no_line_is_left_over():
    used = templates()
    over = [f"{file.name}: {message.id}" for file, message in entries() if message.id not in used]
    assert not over, "\n".join(over)


def test_chinese_lines_have_the_fields_of_their_templates():
    wrong = [
        f"{file.name}: {message.id}"
        for file, message in entries()
        if fields(message.id) != fields(message.string)
    ]
    assert not wrong, "\n".join(wrong)


def test_one_template_has_one_chinese_line():
    said = {}
    for file, message in entries():
        first = said.setdefault(message.id, (file, message.string))
        assert first[1] == message.string, f"{message.id} differs in {first[0]} and {file}"


def test_errors_are_templates_not_formatted_text():
    formatted = [
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for file, node in RAISED
        if isinstance(node.args[0], ast.JoinedStr | ast.BinOp)
        or (isinstance(node.args[0], ast.Call) and name_of(node.args[0].func) == "format")
    ]
    assert not formatted, formatted


def test_errors_give_their_templates_every_field():
    wrong = []
    for file, node in RAISED:
        template = node.args[0]
        given = {keyword.arg for keyword in node.keywords}
        if isinstance(template, ast.Constant) and None not in given:
            lacking = fields(template.value) - given
            if lacking:
                wrong.append(f"{file.relative_to(ROOT)}:{node.lineno} lacks {lacking}")
    assert not wrong, "\n".join(wrong)


def test_the_code_has_errors_to_check():
    """A guard of the guards: the walk above finds what is known to be there."""
    assert len(RAISED) > 20
    assert {"InputError", "InvalidPack", "CityError"} <= ERRORS
    assert "station_id {station_id} stands twice; every station needs its own" in templates()


def test_catalogue_reads_every_file_and_english_needs_none():
    assert catalogue("zh")["Planned"] == "拟建"
    assert catalogue("en") == {}


@pytest.mark.parametrize(("lang", "said"), [("zh", "k 的值为 0；至少为 1"), ("en", "k is 0; ")])
def test_render_fills_the_template_in_the_language(lang, said):
    assert render("k is {k}; expected at least 1", {"k": 0}, lang=lang).startswith(said)


def test_what_is_not_translated_stays_english():
    assert render("no such template {x}", {"x": "{y}"}, lang="zh") == "no such template {y}"
