"""Workbooks as plain sheets, if need be in a child process with limits.

The parser of old .xls files gives up the whole process on some damaged ones, so these are read in a
child that may use `CHILD_BYTES` of memory and `CHILD_SECONDS`. This file is the child's program too
and imports nothing of StationMap.
"""

import datetime as dt
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import python_calamine as calamine

CHILD_BYTES = 2_000_000_000
CHILD_SECONDS = 60

Sheet = dict[str, Any]


class UnreadableError(Exception):
    """The workbook cannot be read: why, "password" if it is locked, nothing if the child died."""


def read_sheets(path: Path) -> list[Sheet]:
    """Read every worksheet: name, hidden, top and left (from 0), rows of values, merged ranges."""
    try:
        with path.open("rb") as stream, calamine.CalamineWorkbook.from_filelike(stream) as book:
            return [
                _sheet(book, meta)
                for meta in book.sheets_metadata
                if meta.typ == calamine.SheetTypeEnum.WorkSheet
            ]
    except calamine.PasswordError as error:
        raise UnreadableError("password") from error
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException as error:  # a panic of the parser is not an Exception
        raise UnreadableError(str(error).split("\n")[0] or type(error).__name__) from error


def _sheet(book: calamine.CalamineWorkbook, meta: calamine.SheetMetadata) -> Sheet:
    sheet = book.get_sheet_by_name(meta.name)
    top, left = sheet.start or (0, 0)
    return {
        "name": meta.name,
        "hidden": meta.visible != calamine.SheetVisibleEnum.Visible,
        "top": top,
        "left": left,
        "rows": sheet.to_python() if sheet.start else [],
        "merged": [
            (a - top, b - left, c - top, d - left)
            for (a, b), (c, d) in sheet.merged_cell_ranges or ()
        ],
    }


def read_sheets_apart(path: Path) -> list[Sheet]:
    """Like `read_sheets`, in a child process: whatever happens there, this one goes on."""
    command = [sys.executable, "-I", __file__, str(path)]
    try:
        done = subprocess.run(  # noqa: S603 - this file, with a path
            command, capture_output=True, timeout=CHILD_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise UnreadableError("") from error
    if done.returncode:
        raise UnreadableError("")
    answer = json.loads(done.stdout, object_hook=_from_json)
    if "error" in answer:
        raise UnreadableError(answer["error"])
    sheets: list[Sheet] = answer["sheets"]
    return sheets


def _to_json(value: Any) -> dict[str, Any]:
    if isinstance(value, dt.timedelta):
        return {"$": "timedelta", "value": value.total_seconds()}
    return {"$": type(value).__name__, "value": value.isoformat()}


def _from_json(data: dict[str, Any]) -> Any:
    kind = data.get("$")
    if kind == "timedelta":
        return dt.timedelta(seconds=data["value"])
    if kind in ("date", "time", "datetime"):
        return getattr(dt, kind).fromisoformat(data["value"])
    return data


def _child(path: Path) -> None:
    try:
        import resource  # not on every system

        resource.setrlimit(resource.RLIMIT_AS, (CHILD_BYTES, CHILD_BYTES))
        resource.setrlimit(resource.RLIMIT_CPU, (CHILD_SECONDS, CHILD_SECONDS))
    except ImportError:
        pass
    try:
        answer: dict[str, Any] = {"sheets": read_sheets(path)}
    except UnreadableError as error:
        answer = {"error": str(error)}
    json.dump(answer, sys.stdout, default=_to_json)


if __name__ == "__main__":
    _child(Path(sys.argv[1]))
