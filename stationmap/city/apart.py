"""Reading other people's files in a child process: whatever happens there, the server goes on.

The child's environment holds nothing but how PostgreSQL is reached; it may use `BYTES` of memory
and `SECONDS` of time, and writes nowhere but where an import writes. It is asked and answers in
JSON; this file is its program too.
"""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

from stationmap.city.preview import (
    Options,
    bring,
    packed,
    preview,
    reported,
    unpacked,
    write_refused,
)
from stationmap.errors import CityError, InputError, RegisterError, StationMapError
from stationmap.io.notes import Note

BYTES = 4_000_000_000
SECONDS = 240
AT_ONCE = 2  # children; each takes a processor for seconds
_WAIT_S = 20.0
_places = BoundedSemaphore(AT_ONCE)
# and few that wait: a server's other pages need threads too
_queue = BoundedSemaphore(AT_ONCE + 1)


class ApartError(InputError):
    """What a child refused; its sentence, and its kind, are those of the child's error."""


_KINDS: dict[str, type[InputError]] = {
    "register": RegisterError,
    "city": CityError,
    "file": ApartError,
}


def look(city: Path, path: Path, options: Options) -> dict[str, Any]:
    """Return what `preview` says of a file, worked out in a child.

    Raises
    ------
    InputError
        The file cannot be opened, or takes more memory or time than a child has.
    CityError
        Too many files are being read just now.
    """
    return _ask({"do": "look", "city": str(city.resolve()), "path": str(path.resolve())}, options)


def carry_out(
    city: Path, path: Path, options: Options, *, by: str, action: str, lang: str
) -> dict[str, Any]:
    """Import a file in a child; return what `reported` says of it.

    Parameters
    ----------
    city, path : Path
    options : Options
    by : str
        The account that imports.
    action : str
        Its UUID: the same one again changes nothing again.
    lang : str
        Language of the list of refused rows.

    Raises
    ------
    InputError, CityError
        As `look`; nothing was changed.
    """
    how = {"by": by, "action": action, "lang": lang}
    places = {"city": str(city.resolve()), "path": str(path.resolve())}
    return _ask({"do": "bring", **places, "how": how}, options)


def refused(
    path: Path, target: Path, options: Options, *, said: dict[int, list[str]], headings: list[str]
) -> int:
    """Write the refused rows of a file as a workbook, in a child; see `write_refused`."""
    rows = [[row, *texts] for row, texts in said.items()]
    document = {"do": "refused", "path": str(path.resolve()), "target": str(target.resolve())}
    return int(_ask(document | {"said": rows, "headings": headings}, options)["rows"])


def _ask(document: dict[str, Any], options: Options) -> dict[str, Any]:
    if not _queue.acquire(blocking=False):
        raise _busy()
    try:
        if not _places.acquire(timeout=_WAIT_S):
            raise _busy()
        try:
            said = run(document | {"options": options.to_json()}, name=options.name)
        finally:
            _places.release()
    finally:
        _queue.release()
    if "error" in said:
        error = unpacked(said["error"])
        raise _KINDS[said["kind"]](error.template, **error.params)
    result: dict[str, Any] = said["result"]
    return result


def _busy() -> CityError:
    return CityError("other files are being read just now; try again in a minute")


def run(document: dict[str, Any], *, name: str) -> dict[str, Any]:
    """Have a child answer a document; `name` is what the file is called in a refusal."""
    command = [sys.executable, "-I", "-X", "utf8", "-m", "stationmap.city.apart"]
    try:
        done = subprocess.run(  # noqa: S603 - our own module; what others made is on its input
            command,
            input=json.dumps(document).encode(),
            capture_output=True,
            timeout=SECONDS,
            check=False,
            env={
                # PGPASSFILE and its like: the register may be on another computer
                **{name: value for name, value in os.environ.items() if name.startswith("PG")},
                "OPENBLAS_NUM_THREADS": "1",
                "OMP_NUM_THREADS": "1",
            },
            cwd="/",
        )
    except subprocess.TimeoutExpired as error:
        raise InputError(
            "{file} takes too long to read, and nothing was changed: delete what is not needed, "
            "or split it",
            file=name,
        ) from error
    if done.returncode:
        sys.stderr.buffer.write(done.stderr[-4000:])
        raise InputError(
            "{file} cannot be read: it is damaged, or needs more memory than a file should; "
            "nothing was changed; save it anew as .xlsx, or split it",
            file=name,
        )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


# ------------------------------------------------------------------- in the child


def _limit() -> None:
    try:
        import resource  # not on every system
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _do(document: dict[str, Any]) -> dict[str, Any]:
    from stationmap.city.city import City

    options = Options(**document["options"])
    path = Path(document["path"])
    if document["do"] == "refused":
        said = {row: texts for row, *texts in document["said"]}
        target, headings = Path(document["target"]), document["headings"]
        return {"rows": write_refused(path, target, options, said=said, headings=headings)}
    city = City.open(document["city"])
    if document["do"] == "look":
        return preview(city, path, options)
    report = bring(city, path, options, dry_run=False, **document["how"])
    return reported(report, names={path.name: options.name})


def answer(document: dict[str, Any]) -> dict[str, Any]:
    """Do what a document asks: the child's whole work.

    Returns
    -------
    dict
        ``result``; or ``error``, a packed sentence, and its ``kind``, one of `_KINDS`.
    """
    path, name = Path(document["path"]), document["options"]["name"]
    try:
        try:
            return {"result": _do(document)}
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            raise RegisterError(
                "the disk under the register {name} is full; nothing was written and nothing was "
                "lost: make room, then do it once more",
                name=Path(document.get("city", document["path"])).name,
                why="full",
            ) from error
    except StationMapError as error:
        kind = next((k for k, v in _KINDS.items() if isinstance(error, v)), "file")
        note = Note(error.template, error.params)
        return {"error": packed(note, names={path.name: name, str(path): name}), "kind": kind}


if __name__ == "__main__":
    _limit()
    json.dump(answer(json.load(sys.stdin)), sys.stdout)
