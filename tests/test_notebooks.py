"""Every notebook runs from top to bottom on the demo city, with public names only."""

import ast
import json
from pathlib import Path

import matplotlib
import pytest

import stationmap
from geodata.cli import demo

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))


def cells(path):
    book = json.loads(path.read_text("utf-8"))
    return ["".join(cell["source"]) for cell in book["cells"] if cell["cell_type"] == "code"]


@pytest.fixture(scope="module")
def demo_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("notebooks")
    demo(folder / "demo-city")
    return folder


def test_there_is_a_notebook():
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_from_top_to_bottom(path, demo_folder, monkeypatch, shared):
    if "STATIONMAP_DATA" in path.read_text("utf-8"):
        monkeypatch.setenv("STATIONMAP_DATA", str(shared("porto-alegre-coverage").parent))
    matplotlib.use("agg")
    monkeypatch.chdir(demo_folder)
    names = {"__name__": "__main__"}
    for number, source in enumerate(cells(path)):
        tree = ast.parse(source)
        shown = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, f"{path.name}[{number}]", "exec"), names)
        if shown is not None:
            value = eval(compile(ast.Expression(shown.value), path.name, "eval"), names)
            assert value is not None, f"cell {number} shows nothing"
            repr(value)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_uses_public_names_only(path):
    nodes = [node for source in cells(path) for node in ast.walk(ast.parse(source))]
    modules = [node.module for node in nodes if isinstance(node, ast.ImportFrom)]
    assert not [m for m in modules if m.split(".")[0] in ("stationmap", "web", "geodata")]
    for node in nodes:
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "stationmap":
            assert node.attr in stationmap.__all__
