"""The public names are few, all there, documented, and cost nothing until they are used."""

import subprocess
import sys

import stationmap


def test_the_public_names_are_listed_in_order_and_resolve():
    assert stationmap.__all__ == sorted(stationmap.__all__)
    assert len(stationmap.__all__) <= 26
    for name in stationmap.__all__:
        assert getattr(stationmap, name).__doc__, name
    assert dir(stationmap) == sorted(stationmap.__all__)


def test_there_is_no_other_name():
    missing = object()
    assert getattr(stationmap, "no_such_name", missing) is missing


def test_importing_the_package_loads_none_of_its_libraries():
    code = "import sys, stationmap; print(sorted({'numpy','pandas','typer'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
