"""Rows of a file by what they mean: tables and geodata files read into the same shape."""

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pyproj
from numpy.typing import NDArray

from stationmap.city import private
from stationmap.errors import InputError
from stationmap.io import cells, headings, kml, tabular, vector
from stationmap.io.files import sniff
from stationmap.io.notes import Note
from stationmap.messages import N_
from stationmap.standards import tables

_OSM = ("pbf", "osm", "osm.gz", "osm.bz2")
_GEODATA = ("gpkg", "parquet", "shp", "json", *kml.KINDS)

# roles that place a row, and roles that tell the datum, whatever the kind of data
COORDINATES = ("lon", "lat", "x", "y")
EVIDENCE = ("name", "category", "subcategory", "type", "district")
# codes by which rows are told apart; they stay as they are
_CODES = ("id", "adcode", "station_id", "unit_id", "subject_id", "rule_id", "subject", "parent")
_PHONES = ("phone", "contact_person", "contact_phone")  # their kind parts them from the others
IGNORED = "ignore:"
"""Before the heading of a column that is not to be read, given as the role of that column."""
_TOTAL = re.compile(
    r"(?:本页|\w{1,12}?[市县区旗省镇乡])?\s*(?:[合小总共]\s*计|(?:sub|grand )?total)"
    r"\s*:?\s*(?:\d+\s*[个处家座所条行人次]?)?",
    re.I,
)
_SPEAKING = 0.1  # share of the rows whose words must mean something
_NAMED = (*COORDINATES, "easting", "northing", "lonlat")


@dataclass
class Rows:
    """Rows of one file.

    Attributes
    ----------
    file, sheet : str
        Name of the file, and of the sheet or layer that was read.
    cells : DataFrame
        A column of text for each role that was found or set; coordinates as they stand in the
        file; missing is None. Its index is 0 … n-1.
    numbers : ndarray of int
        The number of each row as a spreadsheet shows it, or of each feature from 1.
    geometry : ndarray or None
        Geometries of a geodata file, as found.
    crs : pyproj.CRS or None
        What the file declares.
    datum : str or None
        The datum that a heading names.
    found : dict
        Role → heading, as the file has them.
    notes : list of Note
        What the reader found, chosen or passed over.
    totals : ndarray of bool
        Rows that add up others: their first cell or their name says 合计, 小计 or 总计.
    warnings : list of Note
        What was left out of cells.
    """

    file: str
    sheet: str
    cells: pd.DataFrame
    numbers: NDArray[np.int64]
    geometry: NDArray[np.object_] | None
    crs: pyproj.CRS | None
    datum: str | None
    found: dict[str, str]
    notes: list[Note]
    totals: NDArray[np.bool_]
    warnings: list[Note] = field(default_factory=list)

    def text(self, role: str) -> pd.Series:
        """Text of a role; all None where the file has no such column."""
        if role in self.cells:
            return self.cells[role]
        return pd.Series([None] * len(self.cells), index=self.cells.index, dtype="object")

    def categories(self) -> tuple[pd.Series, pd.Series]:
        """Return the words for a row's category, and the facility category that they mean."""
        said = self.text("category")
        category = pd.Series(None, index=said.index, dtype="object")
        for role in ("category", "subcategory", "type"):
            words = self.text(role)
            said = said.where(said.notna(), words)
            category = category.where(category.notna(), _category(words))
        if category.notna().mean() < _SPEAKING:
            # a table whose columns do not tell is of one kind, and is called by it
            for word in (self.sheet, self.file.rpartition(".")[0]):
                one = _category(pd.Series([word], dtype="object"))[0]
                if one is not None:
                    return said.fillna(word), category.fillna(one)
        named = tables.category_by_name(self.text("name"), category, said)
        return said, pd.Series(named, index=said.index, dtype="object")


def read(
    path: Path,
    *,
    roles: Mapping[str, Sequence[str]],
    columns: Mapping[str, str],
    sets: Mapping[str, str],
    sheet: str | None,
    kind: str | None = None,
    placed: bool = True,
) -> Rows:
    """Read a table or geodata file by role.

    Parameters
    ----------
    path : Path
    roles : mapping
        The roles that the kind of data uses, each with headings that mean it beside its name and
        those that are known; coordinates and evidence come on top.
    columns : mapping
        Role → heading, where the heading does not tell by itself; `IGNORED` with the heading
        leaves a column out.
    sets : mapping
        Role → the value of all rows.
    sheet : str, optional
    kind : str, optional
        The kind of import, whose headings may have a meaning of their own.
    placed : bool
        Whether rows of this kind have places.

    Raises
    ------
    InputError
        The file cannot be read, or an option names a role or heading that is not there.
    """
    roles = {**dict.fromkeys(EVIDENCE, ()), **roles}
    for option, given, known in (
        ("--column", columns, [*roles, *_NAMED]),
        ("--set", sets, [*roles, "source"]),
    ):
        for role in given:
            if not role.startswith(IGNORED):
                _require(role, known, what=option, file=path.name)
    form = sniff(path)
    if form in _OSM:
        raise InputError(
            "{file} is OpenStreetMap data; bring it in with `stationmap import osm`",
            file=path.name,
        )
    if form in _GEODATA:
        rows = _from_geodata(path, layer=sheet, columns=columns, kind=kind)
    else:
        rows = _from_table(path, sheet=sheet, columns=columns, kind=kind, placed=placed)
    # an OSM tag is its own role
    taken = {*rows.found, *columns.values()}
    for role, also in roles.items():
        own = next((h for h in (role, *also) if h in rows.cells and h not in taken), None)
        rows.found |= {} if own is None else {role: own}
    data = {
        role: rows.cells[heading] if role in COORDINATES else rows.cells[heading].map(cells.text)
        for role, heading in rows.found.items()
        if role in (*roles, *COORDINATES)
    }
    data |= {role: pd.Series([value] * len(rows.cells)) for role, value in sets.items()}
    if not placed:
        persons = [str(h) for h in rows.cells if headings.names_persons(str(h))]
        persons = [h for h in persons if h not in columns.values()]
        if persons:
            template = N_("columns about persons are not stored: {headings}")
            rows.notes.append(Note(template, {"headings": ", ".join(persons)}))
    _leave_out_private(data, rows)
    found = pd.DataFrame(data, index=rows.cells.index, dtype="object")
    rows.cells = found.where(found.notna(), None)
    return rows


def _leave_out_private(data: dict[str, pd.Series], rows: Rows) -> None:
    cells_with = 0
    for role in data:
        if role not in (*COORDINATES, *_CODES):
            data[role], count = private.taken_out(data[role], phones=role not in _PHONES)
            cells_with += count
    if cells_with:
        template = N_("phone and identity numbers in {rows} cells were taken out")
        rows.warnings.append(Note(template, {"rows": cells_with}))


def _from_table(
    path: Path,
    *,
    sheet: str | None,
    columns: Mapping[str, str],
    kind: str | None,
    placed: bool,
) -> Rows:
    table = tabular.read(path, sheet=sheet, columns=columns, kind=kind, placed=placed)
    return Rows(
        file=path.name,
        sheet=table.sheet or path.stem,
        cells=table.frame.reset_index(drop=True),
        numbers=np.asarray(table.rows, dtype=np.int64),
        geometry=None,
        crs=None,
        datum=table.datum,
        found=dict(table.roles),
        notes=list(table.notes),
        totals=np.array(
            [
                _is_total(row) or _adds_up(cells.text(name))
                for row, name in zip(
                    table.frame.to_numpy(),
                    table.frame.get(table.roles.get("name"), [None] * len(table.frame)),
                    strict=True,
                )
            ],
            dtype=bool,
        ),
    )


def _is_total(row: NDArray[np.object_]) -> bool:
    """Whether the first cell that is more than a number says that the row adds up others."""
    return _adds_up(next((t for v in row if (t := cells.text(v)) and not t.isdecimal()), ""))


def _adds_up(text: str | None) -> bool:
    return _TOTAL.fullmatch(unicodedata.normalize("NFKC", text or "")) is not None


def _category(words: pd.Series) -> pd.Series:
    """Return the facility category that words mean; the id of one means itself."""
    known = tables.categories()
    found = pd.Series(tables.category_of_text(words), index=words.index, dtype="object")
    return words.where(words.isin(list(known)), found)


def _from_geodata(
    path: Path, *, layer: str | None, columns: Mapping[str, str], kind: str | None
) -> Rows:
    frame = vector.read(path, layer=layer)
    table = pd.DataFrame(frame.drop(columns=frame.geometry.name)).reset_index(drop=True)
    named = [h for h in map(str, table.columns) if IGNORED + h not in columns]
    found = {role: names[0] for role, names in headings.roles_of(named, kind=kind).items()}
    for role, heading in columns.items():
        found[role] = _require(heading, list(map(str, table.columns)), what=role, file=path.name)
    return Rows(
        file=path.name,
        sheet=layer or path.stem,
        cells=table,
        numbers=np.arange(1, len(table) + 1),
        geometry=np.asarray(frame.geometry, dtype=object),
        crs=frame.crs,
        datum=None,
        found=found,
        notes=list(frame.attrs.get("notes", [])),
        totals=np.zeros(len(table), dtype=bool),
    )


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word most like this one, None where none is near."""
    close = difflib.get_close_matches(word.casefold(), list(known), n=1, cutoff=0.4)
    return close[0] if close else None


def _require(word: str, known: list[str], *, what: str, file: str) -> str:
    if word not in known:
        raise InputError(
            "{file}: {what} names {word}, which is not there; expected one of: {known}",
            file=file,
            what=what,
            word=word,
            known=", ".join(known),
        )
    return word
