"""The README knows every command, option, setting and package; no file names a machine."""

import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest
import typer.main
from conftest import ROOT

from stationmap.checks import RULE_KINDS
from stationmap.city.config import Config
from stationmap.cli import run as cli

README = (ROOT / "README.md").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def commands():
    """Every command with its path, those of other packages included."""
    cli.add_commands([])
    found = []

    def walk(command, path):
        if hasattr(command, "commands"):
            for name, one in command.commands.items():
                walk(one, [*path, name])
        else:
            found.append((" ".join(path), command))

    walk(typer.main.get_command(cli.app), ["stationmap"])
    return found


COMMANDS = commands()


def test_there_are_the_commands_of_every_package():
    assert {name for name, _ in COMMANDS} >= {
        f"stationmap {name}" for name in ("demo", "new", "import", "gaps", "export", "serve")
    }


@pytest.mark.parametrize(("name", "command"), COMMANDS, ids=[name for name, _ in COMMANDS])
def test_every_command_and_option_stands_in_the_readme(name, command):
    assert f"`{name}" in README
    options = {option for p in command.params for option in p.opts if option.startswith("--")}
    for option in options - {"--help"}:
        assert f"`{option}" in README, option


@pytest.mark.parametrize(("name", "command"), COMMANDS, ids=[name for name, _ in COMMANDS])
def test_every_command_explains_itself_in_both_languages_with_examples(name, command):
    text = command.help
    assert re.search("[一-鿿]", text.splitlines()[0])
    assert re.search("[A-Za-z]{3}", text.splitlines()[0])
    assert f"  {name}" in re.split("Examples?:", text)[1]


def test_every_setting_and_rule_kind_stands_in_the_readme():
    for setting in Config.model_fields:
        assert f"`{setting}`" in README, setting
    for kind in RULE_KINDS:
        assert f"`{kind}`" in README, kind


def test_every_package_and_extra_has_its_reason_in_the_readme():
    extras = PROJECT["optional-dependencies"]
    packages = PROJECT["dependencies"] + [p for listed in extras.values() for p in listed]
    table = README[README.index("| package |") :]
    for package in packages:
        name = re.match(r"[\w-]+", package)[0]
        assert re.search(rf"\b{name}\b", table), name
    for extra in extras:
        assert f"`{extra}`" in README, extra


def test_every_target_of_the_makefile_stands_in_the_readme():
    targets = re.search(r"\.PHONY: (.+)", (ROOT / "Makefile").read_text())[1].split()
    for target in targets:
        assert f"make {target}" in README, target


def test_run_pins_are_test_pins_with_hashes():
    pins = {
        name: dict(re.findall(r"^([\w.-]+)==(\S+)", text, flags=re.MULTILINE))
        for name in ("run", "test")
        if (text := (ROOT / f".pins/{name}.txt").read_text())
    }
    assert len(pins["run"]) > 30
    assert pins["run"].items() <= pins["test"].items()
    for name in pins:
        text = (ROOT / f".pins/{name}.txt").read_text()
        assert len(re.findall(r"^[\w.-]+==", text, flags=re.MULTILINE)) == len(
            re.findall(r"^[\w.-]+==\S+ \\\n    --hash=sha256:", text, flags=re.MULTILINE)
        )


# --------------------------------------------------------------------- nothing of this machine


@cache
def tracked() -> list[Path]:
    """Files of the project as git has or would have them."""
    done = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if done.returncode == 0:
        return [ROOT / name for name in done.stdout.decode().split("\0") if name]
    return [p for p in ROOT.rglob("*") if p.is_file() and ".venv" not in p.parts]


def texts():
    for path in tracked():
        # the vendored scripts are others' and have their own manifest
        if path.is_file() and path != Path(__file__) and "vendor" not in path.parts:
            data = path.read_bytes()
            if b"\0" not in data[:8000]:
                yield path.relative_to(ROOT), data.decode("utf-8", errors="replace")


def registry_hosts() -> set[str]:
    """Hosts of package registries: the public ones, and those that this machine is told of."""
    told = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    ).stdout
    hosts = set(re.findall(r"https?://([^/\s'\"@]+@)?([^/\s'\"]+)", told))
    public = {"pypi" + ".org", "files.pythonhosted" + ".org", "registry.npmjs" + ".org"}
    return public | {host for _, host in hosts}


def test_no_file_names_a_registry():
    hosts = registry_hosts()
    words = [*hosts, "--index-url", "--extra-index", "--trusted-host", "--find-links"]
    found = [
        f"{path}: {word}"
        for path, text in texts()
        for word in words
        if word in text and not (path.name == "Makefile" and word.startswith("--"))
    ]
    assert not found, found


def test_no_file_has_a_path_of_a_machine():
    own = re.escape(str(ROOT))
    pages = "applications|closures|remarks|restocks|stations|withdrawals"  # of the unit's /home
    path_of_machine = re.compile(
        rf"(?<![\w.:/])(?:{own}|/(?:home/(?!{pages})|(?:root|Users|work|private)/)\w+)"
    )
    found = [
        f"{path}: {match[0]}" for path, text in texts() for match in path_of_machine.finditer(text)
    ]
    assert not found, found
