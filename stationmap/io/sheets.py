"""Spreadsheets and delimited text as grids of cells, whatever the file calls itself."""

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

from stationmap.errors import InputError
from stationmap.io.cells import unguarded
from stationmap.io.files import check_file, check_packed, sniff
from stationmap.io.workbook import UnreadableError, read_sheets, read_sheets_apart

MAX_CELLS = 20_000_000
DELIMITERS = ",\t;|"

_CELL = re.compile(rb"<(?:\w+:)?c\b[^>]*?\br=[\"']([A-Z]{1,3})(\d{1,7})[\"'][^>/]*>")
_SAMPLE_LINES = 60
_DAMAGE_SHARE = 0.2  # of the non-ASCII characters; above it the text is not UTF-8 at all


class Grid(NamedTuple):
    """Cells of one sheet: `rows` of values, and the number Excel shows for the first of them."""

    name: str
    first_row: int
    first_column: int
    rows: list[list[Any]]
    hidden: bool = False
    merged: tuple[tuple[int, int, int, int], ...] = ()  # top, left, bottom, right in `rows`


def read_grids(path: str | Path) -> list[Grid]:
    """Read every sheet of a workbook, or a delimited text file as one sheet without a name.

    Raises
    ------
    InputError
        The file is not a table, is damaged, locked with a password, or unpacks to too much.
    """
    path = check_file(path)
    kind = sniff(path)
    if kind in ("xlsx", "ods"):
        check_packed(path)
        _check_extent(path)
    if kind in ("xlsx", "ods", "xls"):
        return _read_workbook(path, kind)
    if kind == "text" or (kind == "binary" and path.read_bytes()[:2] in (b"\xff\xfe", b"\xfe\xff")):
        return [Grid("", 1, 1, _read_text(path))]
    if kind.startswith("xml:"):
        raise InputError(
            "{file} is a web page or XML under a table's name: open it in a spreadsheet program"
            " and save it as .xlsx",
            file=path.name,
        )
    raise InputError("{file} is not a table: expected an .xlsx, .xls or .csv file", file=path.name)


def _check_extent(path: Path) -> None:
    """Refuse a sheet whose filled cells lie so far apart that its grid would not fit in memory."""
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            if not re.fullmatch(r"xl/worksheets/[^/]+\.xml", entry.filename):
                continue
            with archive.open(entry) as stream:
                columns, rows = _filled_cells(stream)
            if not rows:
                continue
            high = max(rows) - min(rows) + 1
            wide = max(columns) - min(columns) + 1
            if high * wide > MAX_CELLS:
                raise InputError(
                    "{file} has a sheet of {cells} million cells: delete the stray cells far"
                    " below or beside the table",
                    file=path.name,
                    cells=round(high * wide / 1e6),
                )


def _filled_cells(stream: IO[bytes]) -> tuple[set[int], set[int]]:
    """Numbers of the columns and rows of a sheet that have a cell with content."""
    letters: set[bytes] = set()
    digits: set[bytes] = set()
    rest = b""
    while piece := stream.read(1 << 22):
        piece = rest + piece
        end = piece.rfind(b"<")
        rest = piece[end:]
        for column, row in _CELL.findall(piece, 0, end):
            letters.add(column)
            digits.add(row)
    return {_column_number(name.decode()) for name in letters}, {int(row) for row in digits}


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def column_letters(number: int) -> str:
    """Return the letters Excel shows for a column counted from 1: 28 is "AB"."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _read_workbook(path: Path, kind: str) -> list[Grid]:
    try:
        sheets = read_sheets(path) if kind == "xlsx" else read_sheets_apart(path)
    except UnreadableError as error:
        if str(error) == "password":
            raise InputError(
                "{file} is locked with a password: save a copy without one", file=path.name
            ) from error
        if not str(error):
            raise InputError(
                "{file} is damaged: open it in a spreadsheet program, if that can, and save it as"
                " .xlsx",
                file=path.name,
            ) from error
        raise InputError(
            "{file} cannot be read as a workbook ({detail}): open it in a spreadsheet program and"
            " save it as .xlsx",
            file=path.name,
            detail=error,
        ) from error
    return [
        Grid(
            name=sheet["name"],
            first_row=sheet["top"] + 1,
            first_column=sheet["left"] + 1,
            rows=sheet["rows"],
            hidden=sheet["hidden"],
            merged=tuple(map(tuple, sheet["merged"])),
        )
        for sheet in sheets
    ]


def _read_text(path: Path) -> list[list[Any]]:
    text = decode(path.read_bytes(), file=path.name)
    delimiter = _delimiter(text)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[list[Any]] = []
    try:
        rows.extend([unguarded(cell) for cell in row] for row in lines)
    except csv.Error as error:
        if "limit" in str(error):
            raise InputError(
                "{file}, row {row}: a cell has more than {most} characters; a quotation mark may "
                "be opened and not closed",
                file=path.name,
                row=len(rows) + 1,
                most=csv.field_size_limit(),
            ) from error
        raise InputError(
            "{file}, row {row}: a quotation mark is opened and not closed, or stands inside a"
            " quoted cell ({detail})",
            file=path.name,
            row=len(rows) + 1,
            detail=error,
        ) from error
    return rows


def decode(data: bytes, *, file: str) -> str:
    """Decode text: UTF-16 by its mark, UTF-8, else GB18030 (GBK and GB2312 are part of it).

    Raises
    ------
    InputError
        The text is neither, or is UTF-8 with damaged places: read as GB18030 it would give other
        characters, silently.
    """
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        try:
            return data.decode("utf-16")
        except UnicodeDecodeError as error:
            raise InputError(
                "{file}: the text is UTF-16 but damaged or cut short; save it again as UTF-8",
                file=file,
            ) from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        loose = data.decode("utf-8-sig", errors="replace")
        wide = sum(not c.isascii() for c in loose)
        if loose.count("\ufffd") <= _DAMAGE_SHARE * wide:
            raise InputError(
                "{file}, row {row}: the text is UTF-8 but damaged here; save it again as UTF-8",
                file=file,
                row=data.count(b"\n", 0, error.start) + 1,
            ) from error
    try:
        return data.decode("gb18030")
    except UnicodeDecodeError as error:
        raise InputError(
            "{file}, row {row}: the text is neither UTF-8 nor GBK/GB18030; save it again as UTF-8",
            file=file,
            row=data.count(b"\n", 0, error.start) + 1,
        ) from error


def _delimiter(text: str) -> str:
    """Return the delimiter that splits the first lines into the most even columns."""
    sample = list(_first_lines(text))

    def evenness(delimiter: str) -> tuple[int, int]:
        try:
            widths = [len(row) for row in csv.reader(sample, delimiter=delimiter) if row]
        except csv.Error:
            return 0, 0
        usual = max(set(widths), key=widths.count, default=1)
        return (widths.count(usual) * (usual > 1), usual)

    return max(DELIMITERS, key=evenness)


def _first_lines(text: str) -> Iterator[str]:
    stream = io.StringIO(text, newline="")
    for _ in range(_SAMPLE_LINES):
        line = stream.readline()
        if not line:
            return
        yield line
