"""Fixtures shared by all tests."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from stationmap.cli.output import LANG_VARIABLE

# a gate tries the same inputs each time, so that it tells of the change and not of its luck
settings.register_profile("gate", derandomize=True)
if os.environ.get("REQUIRE_ALL"):
    settings.load_profile("gate")

pytest_plugins = ("registers",)

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def shared() -> Callable[[str], Path]:
    """Path of a real data file that lies beside the project; skips where it is absent."""

    def find(name: str) -> Path:
        path = SHARED / name
        if not path.exists():
            pytest.skip(f"real data not beside the project: ../shared/data/{name}")
        return path

    return find


@pytest.fixture(autouse=True)
def _language_is_given_back() -> Iterator[None]:
    """Keep the language that a command line chose from the tests that follow."""
    before = os.environ.get(LANG_VARIABLE)
    yield
    if before is None:
        os.environ.pop(LANG_VARIABLE, None)
    else:
        os.environ[LANG_VARIABLE] = before


def need(condition: object, reason: str) -> None:
    """Skip with a reason; with REQUIRE_ALL=1 a missing part is a failure."""
    if not condition:
        if os.environ.get("REQUIRE_ALL"):
            pytest.fail(f"REQUIRE_ALL is set, but {reason}")
        pytest.skip(reason)
