"""The error tree is what its module draws, speaks two languages, and is kept apart from bugs."""

import inspect
import re

import pytest

from stationmap import errors
from stationmap.errors import CrsError, InputError, StationMapError


def drawn():
    """The tree of the docstring: name → parents' names."""
    tree, path = {}, []
    for line in inspect.getdoc(errors).splitlines():
        match = re.match(r"([ │├└─]*)(\w+(?:Error|Undecided)|Conflict)\b( \(ValueError\))?", line)
        if match:
            depth = len(match[1]) // 4 - 1  # the drawing stands four columns in
            path[depth:] = [match[2]]
            tree[match[2]] = ([path[depth - 1]] if depth else ["Exception"]) + (
                ["ValueError"] if match[3] else []
            )
    return tree


def real():
    return {
        name: [base.__name__ for base in value.__bases__]
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, Exception)
    }


def test_the_tree_is_as_drawn():
    assert drawn() == real()
    assert len(drawn()) >= 6


@pytest.mark.parametrize("name", sorted(set(real()) - {"StationMapError", "Conflict"}))
def test_bad_input_is_a_value_error_of_ours(name):
    kind = getattr(errors, name)
    assert issubclass(kind, StationMapError)
    assert issubclass(kind, ValueError)


def test_an_error_says_its_sentence_in_both_languages():
    error = InputError("k is {k}; expected at least 1", k=0)
    assert str(error) == error.render("en") == "k is 0; expected at least 1"
    assert error.render("zh") == "k 的值为 0；至少为 1"
    assert error.params == {"k": 0}


def test_values_are_never_read_as_templates():
    error = CrsError(
        "the stations' geometry is in {crs}; convert it to EPSG:4326 first", crs="{lang}{0}"
    )
    assert "{lang}{0}" in str(error)
    assert "{lang}{0}" in error.render("zh")
