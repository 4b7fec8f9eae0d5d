"""Office tables (.xlsx, .xls, .csv): the sheet, the headings and the coordinates, found and noted.

Nothing is decided silently: what was chosen among several or passed over is told in `Table.notes`.
"""

import csv
import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from stationmap.errors import InputError
from stationmap.io import cells
from stationmap.io.coordinates import has_pair, numbers, place_columns
from stationmap.io.files import replacing
from stationmap.io.headings import datum_of, normal, roles_of
from stationmap.io.notes import Note
from stationmap.io.sheets import Grid, column_letters, read_grids
from stationmap.messages import N_

HEADING_ROWS = 30  # how far down a sheet its headings are looked for
# two columns of one of these roles must not be taken for one another
DECISIVE = ("id", "name", "lon", "lat", "x", "y", "easting", "northing", "lonlat")
EXPLANATIONS = ("填写说明", "How to fill in")  # sheets of our own blank workbooks
MAX_SHEET_ROWS = 1_048_576
MAX_CELL_TEXT = 32_767
_SAMPLE = 200
# what no XML document may hold, beside lone surrogates
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@dataclass(frozen=True)
class Table:
    """A sheet with its headings understood.

    Attributes
    ----------
    frame : DataFrame
        Values as in the file (object), one row for each row that is not wholly blank; columns
        are the headings, a heading's second use "(2)", a column without one "column G".
    sheet : str
        Name of the sheet; "" for a text file.
    first_row : int
        Row of the headings as Excel counts, from 1.
    roles : dict
        Role → heading. Coordinates in degrees have the roles "lon" and "lat", in metres "x"
        (easting) and "y" (northing), whatever their headings are.
    rows : ndarray of int64
        Row of each frame row as Excel shows it.
    datum : str or None
        The datum that the headings of the coordinates name.
    notes : tuple of Note
        What was found, chosen or passed over.
    """

    frame: pd.DataFrame
    sheet: str
    first_row: int
    roles: dict[str, str]
    rows: NDArray[np.int64]
    datum: str | None = None
    notes: tuple[Note, ...] = field(default=())

    def text(self, role: str) -> "pd.Series[Any]":
        """Text of a role's column (object; None where blank or where no column has the role)."""
        if role not in self.roles:
            return pd.Series([None] * len(self.frame), index=self.frame.index, dtype=object)
        texts = [cells.text(value) for value in self.frame[self.roles[role]]]
        return pd.Series(texts, index=self.frame.index, dtype=object)

    def numbers(self, role: str) -> NDArray[np.float64]:
        """Numbers of a role's column; NaN where there is none."""
        if role not in self.roles:
            return np.full(len(self.frame), np.nan)
        return numbers(self.frame[self.roles[role]])


def read(
    path: str | Path,
    *,
    sheet: str | None = None,
    columns: Mapping[str, str] | None = None,
    kind: str | None = None,
    placed: bool = True,
) -> Table:
    """Read one table of a workbook or a delimited text file.

    Parameters
    ----------
    path : str or Path
        An .xlsx, .xls, .ods, .csv or .tsv file; its content decides, not its name. Text is UTF-8
        (with or without a mark), UTF-16 with a mark, else GB18030.
    sheet : str, optional
        Sheet to read. Without it the only sheet with a pair of coordinate columns is taken, else
        the one with most known headings.
    columns : mapping, optional
        Role → heading, where the headings do not say it or say it twice.
    kind : str, optional
        The kind of list (`headings.role_of`).
    placed : bool
        Whether its rows have places: then a sheet with coordinates comes before others.

    Returns
    -------
    Table

    Raises
    ------
    InputError
        No table, no known heading, several sheets or columns that could be meant, or a sheet or
        column that is not there.
    """
    path = Path(path)
    grids = read_grids(path)
    wanted = dict(columns or {})
    notes: list[Note] = []
    if sheet is not None:
        chosen = [grid for grid in grids if grid.name.strip() == sheet.strip()]
        if not chosen:
            raise InputError(
                "{file} has no sheet {sheet}: its sheets are {sheets}",
                file=path.name,
                sheet=sheet,
                sheets=", ".join(grid.name for grid in grids),
            )
        draft = _draft(chosen[0], wanted, kind=kind)
    else:
        grids = [grid for grid in grids if grid.name not in EXPLANATIONS] or grids
        draft, notes = _choose(grids, wanted, kind=kind, placed=placed, file=path.name)
    return _table(draft, wanted, notes, file=path.name)


class Sheet(NamedTuple):
    """One sheet as `read` would take it; `roles` has every heading that names a role."""

    name: str
    hidden: bool
    frame: pd.DataFrame
    rows: NDArray[np.int64]
    roles: Mapping[str, list[str]]
    coordinates: bool


def sheets(
    path: str | Path, *, columns: Mapping[str, str] | None = None, kind: str | None = None
) -> list[Sheet]:
    """Return the sheets of a workbook, or the only one of a text file, without choosing.

    Parameters are those of `read`; sheets without any cell are left out.
    """
    drafts = [_draft(g, dict(columns or {}), kind=kind) for g in read_grids(path) if g.rows]
    return [
        Sheet(d.grid.name, d.grid.hidden, d.frame, d.rows, d.roles, d.coordinates) for d in drafts
    ]


@dataclass(frozen=True)
class _Draft:
    """A sheet with its heading row found."""

    grid: Grid
    heading_row: int  # index in grid.rows
    frame: pd.DataFrame
    rows: NDArray[np.int64]
    roles: dict[str, list[str]]  # role → the headings that name it
    coordinates: bool


def _draft(grid: Grid, wanted: Mapping[str, str], *, kind: str | None) -> _Draft:
    """Find the heading row: of the first rows, the one that names most roles."""
    rows = _unmerged(grid, across=HEADING_ROWS)
    named = [_roles(map(_heading, row), wanted, kind=kind) for row in rows[:HEADING_ROWS]]
    top = max(range(len(named)), key=lambda i: len(named[i]), default=0)
    rows = _unmerged(grid, across=top + 1)
    width = max(map(len, rows), default=0)
    body = [
        (grid.first_row + i, row)
        for i, row in enumerate(rows)
        if i > top and not all(map(cells.is_blank, row))
    ]
    heads = [_heading(value) for value in rows[top]] if rows else []
    heads += [""] * (width - len(heads))
    used = [j for j in range(width) if heads[j] or any(_filled(row, j) for _, row in body)]
    headings = _distinct([heads[j] or f"column {_letters(grid, j)}" for j in used])
    values = [[row[j] if j < len(row) else None for j in used] for _, row in body]
    frame = pd.DataFrame(values, columns=headings, dtype=object)
    numbers = np.array([number for number, _ in body], dtype=np.int64)
    repeated = _is_repeated(frame, [heads[j] for j in used])
    frame, numbers = frame[~repeated].reset_index(drop=True), numbers[~repeated]
    roles = _roles(headings, wanted, kind=kind)
    first = {role: found[0] for role, found in roles.items()}
    return _Draft(grid, top, frame, numbers, roles, has_pair(frame.head(_SAMPLE), first))


def _heading(value: Any) -> str:
    return re.sub(r"\s+", " ", cells.text(value) or "")


def _filled(row: list[Any], j: int) -> bool:
    return j < len(row) and not cells.is_blank(row[j])


def _letters(grid: Grid, j: int) -> str:
    return column_letters(grid.first_column + j)


def _distinct(headings: list[str]) -> list[str]:
    """Return the headings with the second and later uses of one numbered."""
    seen: dict[str, int] = {}
    result = []
    for heading in headings:
        seen[heading] = seen.get(heading, 0) + 1
        result.append(heading if seen[heading] == 1 else f"{heading} ({seen[heading]})")
    return result


def _is_repeated(frame: pd.DataFrame, heads: list[str]) -> NDArray[np.bool_]:
    """Rows that repeat the headings, as long printed tables do on every page."""
    repeated = np.zeros(len(frame), dtype=bool)
    alike = frame.to_numpy(dtype=object) == np.array(frame.columns, dtype=object)
    for i in np.flatnonzero(alike.any(axis=1)):
        repeated[i] = [_heading(value) for value in frame.iloc[i]] == heads
    return repeated


def _unmerged(grid: Grid, *, across: int) -> list[list[Any]]:
    """Rows with merged cells filled in: every way in the first rows, below only downwards."""
    rows = [list(row) for row in grid.rows]
    for top, left, bottom, right in grid.merged:
        if left == right or top < across:
            for row in rows[top : bottom + 1]:
                row[left : right + 1] = [rows[top][left]] * len(row[left : right + 1])
    return rows


def _roles(
    headings: Iterable[str], wanted: Mapping[str, str], *, kind: str | None
) -> dict[str, list[str]]:
    """Role → headings that name it; a heading to which the caller gives a role has no other."""
    headings = [heading for heading in headings if heading]
    given = {role: _find(heading, headings) for role, heading in wanted.items()}
    taken = {heading for heading in given.values() if heading}
    found = roles_of((heading for heading in headings if heading not in taken), kind=kind)
    return found | {role: [heading] for role, heading in given.items() if heading}


def _find(heading: str, headings: list[str]) -> str | None:
    """Return the heading that is meant: the same text, else the same letters and digits."""
    if heading in headings:
        return heading
    return next((h for h in headings if normal(h) == normal(heading)), None)


def _choose(
    grids: list[Grid], wanted: Mapping[str, str], *, kind: str | None, placed: bool, file: str
) -> tuple[_Draft, list[Note]]:
    """Return the one sheet that holds the data, and a note on the others."""
    drafts = [_draft(grid, wanted, kind=kind) for grid in grids if grid.rows and not grid.hidden]
    drafts = [draft for draft in drafts if len(draft.frame)]
    if not drafts:
        raise InputError("{file} has no rows below its headings", file=file)
    named = [draft for draft in drafts if draft.roles]
    if not named:
        raise InputError(
            "{file} has no known heading in its first {rows} rows: expected for example name,"
            " address, longitude, latitude; say which column is which with --column",
            file=file,
            rows=HEADING_ROWS,
        )
    most = max(len(draft.roles) for draft in named)
    best = [d for d in named if d.coordinates and placed]
    best = best or [d for d in named if len(d.roles) == most]
    if len(best) > 1:
        raise InputError(
            "{file} has several sheets that could be meant: {sheets}; choose one with --sheet",
            file=file,
            sheets=", ".join(draft.grid.name for draft in best),
        )
    others = [grid.name for grid in grids if grid.rows and grid is not best[0].grid]
    if not others:
        return best[0], []
    text = N_("sheet {sheet} was read, not {others}")
    return best[0], [Note(text, {"sheet": best[0].grid.name, "others": ", ".join(others)})]


def _table(draft: _Draft, wanted: Mapping[str, str], notes: list[Note], *, file: str) -> Table:
    for heading in wanted.values():
        if _find(heading, list(draft.frame.columns)) is None:
            raise InputError(
                "{file} has no column {heading}: its columns are {headings}",
                file=file,
                heading=heading,
                headings=", ".join(draft.frame.columns),
            )
    if draft.heading_row:
        row = draft.grid.first_row + draft.heading_row
        notes.append(Note(N_("the headings stand in row {row}"), {"row": row}))
    roles = {
        role: _one_column(draft.frame, role, found, notes, file=file)
        for role, found in draft.roles.items()
    }
    places = place_columns(draft.frame, roles)
    datums = {datum for heading in places.headings if (datum := datum_of(heading))}
    return Table(
        frame=places.frame,
        sheet=draft.grid.name,
        first_row=draft.grid.first_row + draft.heading_row,
        roles=places.roles,
        rows=draft.rows,
        datum=datums.pop() if len(datums) == 1 else None,
        notes=(*notes, *places.notes),
    )


def _one_column(
    frame: pd.DataFrame, role: str, headings: list[str], notes: list[Note], *, file: str
) -> str:
    """Return the column that a role is read from, of those whose headings name it."""
    filled = [h for h in headings if not frame[h].map(cells.is_blank).all()] or headings[:1]
    different = [filled[0]]
    different += [h for h in filled[1:] if not frame[h].equals(frame[filled[0]])]
    if len(different) > 1 and role in DECISIVE:
        raise InputError(
            "{file} has two columns for {role}: {first} and {second}; choose one with"
            " --column {role}=HEADING",
            file=file,
            role=role,
            first=different[0],
            second=different[1],
        )
    if len(different) > 1:
        text = N_("{role} is read from column {first}; {others} were passed over")
        others = ", ".join(different[1:])
        notes.append(Note(text, {"role": role, "first": different[0], "others": others}))
    return different[0]


def write_csv(path: str | Path, frame: pd.DataFrame) -> None:
    """Write a frame as UTF-8 text with a mark, so that every spreadsheet program reads it right.

    Text that a spreadsheet would run as a formula gets an apostrophe, which `read` takes off.
    Geometries become columns: lon and lat for points, else WKT, with seven decimals.

    Parameters
    ----------
    path : str or Path
        File to write; what stands there is replaced at once, when the new one is complete.
    frame : DataFrame or GeoDataFrame
        A GeoDataFrame must be in EPSG:4326.
    """
    frame = _flat(frame, wkt=True)
    with (
        replacing(Path(path)) as temporary,
        temporary.open("w", encoding="utf-8-sig", errors="replace", newline="") as stream,
    ):
        writer = csv.writer(stream)
        writer.writerow([cells.guarded(str(column)) for column in frame.columns])
        writer.writerows(
            ["" if _is_missing(value) else cells.guarded(value) for value in row]
            for row in frame.itertuples(index=False, name=None)
        )


def write_xlsx(path: str | Path, sheets: Mapping[str, pd.DataFrame]) -> None:
    """Write frames as the sheets of a workbook: headings frozen, filters on, widths to the text.

    Numbers, dates and truth values stay what they are; text never becomes a formula. Geometries
    become lon and lat columns of a point on them.

    Parameters
    ----------
    path : str or Path
        File to write; what stands there is replaced at once, when the new one is complete.
    sheets : mapping of str to DataFrame
        Sheet name → rows; a GeoDataFrame must be in EPSG:4326.

    Raises
    ------
    InputError
        A sheet has more rows than a workbook can hold.
    """
    book = Workbook(write_only=True)
    for name, sheet_frame in sheets.items():
        frame = _flat(sheet_frame, wkt=False)
        if len(frame) >= MAX_SHEET_ROWS:
            raise InputError(
                "{rows} rows are more than a workbook sheet can hold: write .csv or .gpkg",
                rows=len(frame),
            )
        sheet = book.create_sheet(_sheet_name(name))
        sheet.freeze_panes = "A2"
        last = column_letters(max(1, len(frame.columns)))
        sheet.auto_filter.ref = f"A1:{last}{len(frame) + 1}"
        for number, column in enumerate(frame.columns, start=1):
            width = _display_width(str(column), frame.iloc[:_SAMPLE, number - 1])
            sheet.column_dimensions[column_letters(number)].width = width
        sheet.append([_cell(sheet, str(column), bold=True) for column in frame.columns])
        for row in frame.itertuples(index=False, name=None):
            sheet.append([_cell(sheet, value) for value in row])
    with replacing(Path(path)) as temporary:
        book.save(temporary)


def _flat(frame: pd.DataFrame, *, wkt: bool) -> pd.DataFrame:
    """Replace the geometry of a frame by plain columns."""
    if not isinstance(frame, gpd.GeoDataFrame):
        return frame
    geometry = frame.geometry.to_numpy()
    flat = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    points = shapely.get_type_id(geometry) == shapely.GeometryType.POINT
    if wkt and not (points | shapely.is_missing(geometry)).all():
        return flat.assign(geometry=shapely.to_wkt(geometry, rounding_precision=7))
    places = np.where(points, geometry, shapely.point_on_surface(geometry))
    return flat.assign(lon=shapely.get_x(places).round(7), lat=shapely.get_y(places).round(7))


def _is_missing(value: Any) -> bool:
    return bool(pd.api.types.is_scalar(value) and pd.isna(value))


def _cell(sheet: Any, value: Any, *, bold: bool = False) -> Any:
    """Give what a worksheet appends for a value: plain where it is safe, a text cell else."""
    if isinstance(value, np.generic):
        value = value.item()
    if not isinstance(value, str):
        if _is_missing(value):
            return None
        if isinstance(value, dt.datetime):
            return value.replace(tzinfo=None)
        if isinstance(value, bool | dt.date | dt.time):
            return value
        if isinstance(value, int | float) and abs(value) < 2**53:
            return value
    text = str(value)[:MAX_CELL_TEXT]
    if not text.isprintable():
        text = _NOT_XML.sub("", text).encode("utf-8", "replace").decode()
    if not bold and not text.startswith("="):
        return text
    cell = WriteOnlyCell(sheet)
    cell.value, cell.data_type = text, "s"
    cell.quotePrefix = not bold
    cell.font = Font(bold=bold)
    return cell


def _sheet_name(name: str) -> str:
    return re.sub(r"[\[\]:*?/\\]", " ", name)[:31].strip() or "Sheet"


def _display_width(heading: str, values: "pd.Series[Any]") -> int:
    """Width in characters of a column; a Chinese character is two wide."""
    texts = [heading + "  ", *(str(value) for value in values if not _is_missing(value))]
    widest = max(sum(2 if ord(c) > 0x2E80 else 1 for c in t.split("\n")[0]) for t in texts)
    return min(max(widest + 2, 8), 60)
