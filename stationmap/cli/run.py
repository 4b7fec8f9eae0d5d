"""Running a command: its language, the commands of other packages, and what an error looks like."""

import inspect
import os
import re
import sys
import tempfile
import traceback
import warnings
from collections.abc import Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import typer
from typer.exceptions import TyperException

from stationmap.cli.commands import app
from stationmap.cli.output import LANG_VARIABLE, language, print_json, said, tell
from stationmap.errors import InputError, StationMapError
from stationmap.messages import LANGUAGES, N_

GROUP = "stationmap.commands"
DONE, CRASHED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130


# what the library says of a call that it cannot read, and how we say it
_USAGE = (
    (r"Missing \w+ (.+?)\.?", N_("{what} is missing (see --help)")),
    (r"No such option:? (.+)", N_("there is no option {what} (see --help)")),
    (r"No such command (.+?)\.?", N_("there is no command {what} (see --help)")),
    (r"Option (.+) requires .*", N_("{what} needs a value (see --help)")),
    (r"Got unexpected extra argument.*\((.+)\)", N_("{what} is too much (see --help)")),
    (
        r"Invalid value for '([^']+)'.* valid integer.*",
        N_("{what} needs a whole number, such as 20"),
    ),
    (r"Invalid value for '([^']+)'.* valid (?:number|float).*", N_("{what} needs a number")),
    (r"Invalid value for (.+?)\.?", N_("the value cannot be used: {what} (see --help)")),
)


def main() -> None:
    """Run the command of ``sys.argv`` and exit."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str
        As after the program's name.

    Returns
    -------
    int
        0 done, 1 a fault of this program, 2 bad input, 130 interrupted.
    """
    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # remarks of libraries are for programmers
    try:
        return _call(list(arguments))
    except (KeyboardInterrupt, typer.Abort):
        tell(N_("Interrupted; the city is as it was."))
        return INTERRUPTED
    except BrokenPipeError:
        # whoever read our output has enough; keep Python from flushing into the closed pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except Exception as error:  # the last guard: no traceback for a user
        return _answer(error, as_json="--json" in arguments)


def _call(arguments: list[str]) -> int:
    left = _take_language(arguments)
    add_commands(left)
    _show_examples_as_written()
    code = app(args=left, prog_name="stationmap", standalone_mode=False)
    if code == INTERRUPTED:
        raise KeyboardInterrupt
    return code if isinstance(code, int) else DONE


def _answer(error: Exception, *, as_json: bool) -> int:
    """Say what is wrong; return the exit code."""
    if isinstance(error, StationMapError):
        return _refuse(error.render(language()), as_json=as_json, error=error)
    if isinstance(error, TyperException):
        message = error.format_message()
        if message.startswith("Usage:"):
            typer.echo(message, err=True)
            return BAD_INPUT
        return _refuse(_usage(message), as_json=as_json)
    if isinstance(error, ModuleNotFoundError):
        return _refuse(_missing(error.name or ""), as_json=as_json)
    if isinstance(error, OSError):
        sentence = said(
            N_("{file} cannot be read or written: {detail}"),
            file=error.filename or "–",
            detail=error.strerror or error,
        )
        return _refuse(sentence, as_json=as_json)
    return _crashed(error, as_json=as_json)


def _take_language(arguments: list[str]) -> list[str]:
    """Take ``--lang`` from wherever it stands; the environment carries it to every command."""
    left, chosen = [], None
    waiting = iter(arguments)
    for argument in waiting:
        if argument == "--lang":
            chosen = next(waiting, "")
        elif argument.startswith("--lang="):
            chosen = argument.removeprefix("--lang=")
        else:
            left.append(argument)
    if chosen is not None:
        if chosen not in LANGUAGES:
            raise InputError(
                "--lang {given}: no such language; expected one of: {known}",
                given=chosen,
                known=", ".join(LANGUAGES),
            )
        os.environ[LANG_VARIABLE] = chosen
    return left


def add_commands(arguments: Sequence[str]) -> None:
    """Add the commands of other packages: the one that is asked for, or all for the help."""
    known = {command.name for command in app.registered_commands}
    asked = next((a for a in arguments if not a.startswith("-")), None)
    for entry in entry_points(group=GROUP):
        if entry.name not in known and asked in (None, entry.name):
            app.command(entry.name)(_loaded(entry))


def _show_examples_as_written() -> None:
    # raw docstrings hold the mark of a paragraph that must not be filled as two characters
    groups = [found.typer_instance for found in app.registered_groups if found.typer_instance]
    for group in (app, *groups):
        for command in group.registered_commands:
            text = command.help or inspect.getdoc(command.callback) or ""
            command.help = text.replace("\\b\n", "\b\n")


def _loaded(entry: EntryPoint) -> Any:
    try:
        return entry.load()
    except ModuleNotFoundError as error:
        sentence = _missing(error.name or entry.module)

        def unavailable() -> None:
            raise StationMapError("{sentence}", sentence=sentence)

        unavailable.__doc__ = sentence
        return unavailable


def _missing(module: str) -> str:
    return said(
        N_(
            "this needs the Python package {module}, which is not installed; install all of it "
            'with: pip install "stationmap[files,plot,web]"'
        ),
        module=module.partition(".")[0],
    )


def _usage(message: str) -> str:
    for pattern, template in _USAGE:
        if found := re.fullmatch(pattern, message):
            return said(template, what=found[1])
    return message


def _refuse(sentence: str, *, as_json: bool, error: StationMapError | None = None) -> int:
    typer.echo(said(N_("Error: {sentence}"), sentence=sentence), err=True)
    if as_json:
        document: dict[str, Any] = {"error": sentence}
        evidence = error.params.get("evidence") if error else None
        if evidence is not None:
            document["datum"] = {"name": None, "decided": False, "evidence": evidence.to_json()}
        print_json(document)
    return BAD_INPUT


def _crashed(error: Exception, *, as_json: bool) -> int:
    with tempfile.NamedTemporaryFile(
        "w", prefix="stationmap-", suffix=".log", delete=False, encoding="utf-8"
    ) as log:
        log.write("".join(traceback.format_exception(error)))
    sentence = said(
        N_(
            "StationMap made a mistake and stopped; the city is as it was. Send {file} to its "
            "makers: it holds the details."
        ),
        file=log.name,
    )
    typer.echo(sentence, err=True)
    if as_json:
        print_json({"error": sentence})
    return CRASHED
