"""Rules for the sources of the pages that a linter would not know."""

import re
from pathlib import Path

import pytest

import web
from web.texts import SCRIPT_TEXTS

ROOT = Path(web.__file__).parent
JS = ROOT / "static" / "js"
SCRIPTS = sorted([*JS.glob("*.js"), *(JS / "plan").glob("*.js"), *(JS / "coverage").glob("*.js")])
TEMPLATES = sorted((ROOT / "templates").glob("*.html"))
PYTHON = sorted(ROOT.glob("*.py"))
# ways by which text becomes markup or script, in the browser and in Folium
FORBIDDEN = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment"
    r"|\beval\(|new Function|setHTML|srcdoc|javascript:"
    r"|\b(?:Popup|Tooltip|Html|GeoJsonPopup|GeoJsonTooltip|Element|MacroElement)\("
)
# keys of texts that are put together from parts
COMPOSED = re.compile(
    r"^(gap\.(left|right|binding|advisory)|how\.(count|gap|covered)|table\.|order\.|work\.|"
    r"coverage\.(built|effective)|plan\.(file|key|live)_)"
)


def read(path):
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", [*SCRIPTS, *TEMPLATES, *PYTHON], ids=lambda path: path.name)
def test_text_never_becomes_markup(path):
    assert not FORBIDDEN.search(read(path)), FORBIDDEN.findall(read(path))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_only_what_no_user_wrote_is_safe_in_a_template(path):
    assert set(re.findall(r"\{\{ *([\w.]+) *\| *safe", read(path))) <= {
        "shell.element",
        "shell.script",
        "page_data",
        "answer_data",
    }
    assert not re.search(r"<\w[^>]*\s(?:style|on\w+)=", read(path))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_are_short_modules_without_sentences(path):
    text = read(path)
    assert text.count("\n") < 300
    assert text.startswith("//")
    code = re.sub(r"//.*|/\*.*?\*/", "", text, flags=re.DOTALL)
    assert not re.search(r"[\u4e00-\u9fff]", code)


def test_no_page_names_another_server():
    files = [*SCRIPTS, *TEMPLATES, *(ROOT / "static" / "css").glob("*.css")]
    named = [
        (path.name, url)
        for path in files
        for url in re.findall(r"https?://[^\s'\"]+", read(path))
        if not url.startswith("http://www.w3.org/")
    ]
    assert named == []


def test_scripts_use_the_texts_there_are():
    asked = {
        key
        for path in SCRIPTS
        if path.parent.name != "coverage"  # which brings texts of its own
        for call in re.findall(r"\b(?:t|rich)\(([^\n]*)", read(path))
        for key in re.findall(r"\"([a-z]+\.[a-z_]+)\"", call)
    }
    assert asked <= set(SCRIPT_TEXTS)
    left_over = {key for key in set(SCRIPT_TEXTS) - asked if not COMPOSED.match(key)}
    assert left_over == set()
