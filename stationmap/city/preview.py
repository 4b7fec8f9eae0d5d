"""What an import would do, as plain values for a page: sheets, columns, places, rows, changes.

Everything here reads files that others made, so a server runs it in a child process (module
`apart`). Sentences stay templates with their parameters until somebody reads them: `packed` and
`unpacked` carry them from one process to the other.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from stationmap.city.answers import Answers
from stationmap.city.city import City
from stationmap.city.diff import Diff
from stationmap.city.enter import How
from stationmap.city.import_report import ImportReport
from stationmap.city.imports import OSM, import_file
from stationmap.city.kinds import KINDS
from stationmap.city.place import outside, place
from stationmap.city.quarantine import Entry, Quarantine
from stationmap.city.rows import IGNORED, Rows, read
from stationmap.crs import convert
from stationmap.datum import HYPOTHESES, Evidence
from stationmap.errors import InputError, StationMapError
from stationmap.io import cells, tabular, vector
from stationmap.io.files import sniff
from stationmap.io.notes import Note
from stationmap.standards import Pack

SAMPLES = 3  # values shown of a column
SAMPLE_LENGTH = 60
POINTS = 600  # places drawn on the map
_NO_WORDS = ("entries",)  # parameters of an error that no sentence has
LINES = 2000  # rows of one list of a comparison
LAST_ROW = 10_000_000
LISTS = ("new", "changed", "same", "missing", "conflicts", "kept", "held", "removed_by_hand")
TABLES = ("xlsx", "xls", "ods", "text", "binary")
_SPLIT = re.compile(r" \[[12]\]$")  # halves of a column of pairs, which the file does not have


@dataclass(frozen=True)
class Options:
    """What a person chose for an import; see `City.import_file`.

    ``name`` is what the file is called at home: it is stored under another name here. ``add`` is
    None until somebody chose: then the file is looked at as the whole list. ``numbered`` are
    headings under which a workbook of refused rows has their numbers in the file before it.
    """

    kind: str
    name: str
    datum: str = "auto"
    columns: Mapping[str, str] = field(default_factory=dict)
    sets: Mapping[str, str] = field(default_factory=dict)
    sheet: str | None = None
    complete: bool = False
    add: bool | None = None
    replace: bool = False
    within: str = ""
    numbered: Sequence[str] = ()

    def to_json(self) -> dict[str, Any]:
        """Return plain values, which give the options back: ``Options(**values)``."""
        return asdict(self)


# ------------------------------------------------------------------- sentences


@dataclass(frozen=True)
class Said:
    """A sentence that was rendered where its parts were at hand: language → text."""

    texts: Mapping[str, str]

    def render(self, lang: str) -> str:
        """Return the sentence in `lang` ("zh" or "en")."""
        return self.texts[lang]


def packed(value: Any, *, names: Mapping[str, str]) -> Any:
    """Return a sentence, or a parameter of one, as plain values for JSON.

    `names` maps names of stored files to what they are called at home.
    """
    if isinstance(value, Note):
        params = {key: packed(v, names=names) for key, v in value.params.items()}
        return {"template": value.template, "params": params}
    if isinstance(value, StationMapError):
        params = {key: v for key, v in value.params.items() if key not in _NO_WORDS}
        return packed(Note(value.template, params), names=names)
    if hasattr(value, "render"):
        return {"said": {lang: value.render(lang) for lang in ("zh", "en")}}
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not np.isfinite(value):
        return None
    if value is None or isinstance(value, bool | int | float):
        return value
    return names.get(str(value), str(value))


def unpacked(value: Any) -> Any:
    """Return what `packed` was given: a Note, a `Said` or a plain value."""
    if not isinstance(value, dict):
        return value
    if "said" in value:
        return Said(value["said"])
    return Note(value["template"], {key: unpacked(v) for key, v in value["params"].items()})


# ------------------------------------------------------------------- the whole


def preview(city: City, path: Path, options: Options) -> dict[str, Any]:
    """Tell what an import of a file would do; write nothing.

    Returns
    -------
    dict
        ``form``, ``sheets``, ``columns`` (of the sheet that would be read), ``numbers`` (row → its
        number in the file before, where the file says it), ``places`` (points
        under each datum, degrees in WGS-84, and how many lie outside the city), ``evidence``,
        ``refused`` (the sentence when nothing can be imported as it is, else None), ``entries``
        (its rows, where each was refused), ``report`` and the city's ``version``.

    Raises
    ------
    InputError
        The file cannot be opened at all.
    """
    now, names = city.now(), {path.name: options.name, str(path): options.name}
    found: dict[str, Any] = {"form": sniff(path), "version": now.version}
    found |= _looked_into(path, options, found["form"])
    found |= {"places": None, "evidence": None, "refused": None, "report": None, "entries": []}
    if options.kind != OSM:
        try:
            rows = _rows(path, options, pack=now.pack)
            _tell_roles(found["columns"], rows)
            found |= _places(rows, options, now)
        except InputError as error:
            found["refused"] = packed(error, names=names)
    try:
        report = bring(city, path, options, dry_run=True)
    except InputError as error:
        found["refused"] = packed(error, names=names)
        found["entries"] = [_entry(e, names=names) for e in error.params.get("entries", [])]
        evidence = error.params.get("evidence")
        if found["evidence"] is None and isinstance(evidence, Evidence):
            found["evidence"] = _weighed(evidence)
    else:
        found["refused"] = None
        found["report"] = reported(report, names=names)
    return found


def bring(
    city: City, path: Path, options: Options, *, dry_run: bool, lang: str = "zh", **how: Any
) -> ImportReport:
    """Import a file, or only try to, as `City.import_file` does; `how` are fields of `How`."""
    name = options.name
    return import_file(
        city.path,
        city.register,
        city.now,
        options.kind,
        path,
        datum=options.datum,
        columns=options.columns,
        sets=options.sets,
        sheet=options.sheet,
        complete=options.complete,
        how=How(
            within=options.within,
            add=bool(options.add),
            replace=options.replace,
            name=name,
            **how,
        ),
        dry_run=dry_run,
        lang=lang,
        progress=lambda _: None,
    )


def reported(report: ImportReport, *, names: Mapping[str, str]) -> dict[str, Any]:
    """Return a report as plain values."""
    return {
        "counts": vars(report.counts),
        "layers": {layer: vars(counts) for layer, counts in report.layers.items()},
        "source": report.source,
        "datum": report.datum,
        "decided": report.decided,
        "outside": report.outside,
        "removed": report.removed,
        "written": report.written,
        "entries": [_entry(entry, names=names) for entry in report.entries],
        "notes": [packed(note, names=names) for note in report.notes],
        "warnings": [packed(note, names=names) for note in report.warnings],
        "diff": _compared(report.diff) if report.diff else None,
    }


def _compared(diff: Diff) -> dict[str, Any]:
    """Return a comparison's lists, the first `LINES` rows of each; of what stays, the number."""
    found = {}
    for name in LISTS:
        lines = getattr(diff, name)
        shown = [] if name == "same" else lines[:LINES]
        found[name] = {"count": len(lines), "rows": [line.to_json() for line in shown]}
    return found


def _entry(entry: Entry, *, names: Mapping[str, str]) -> dict[str, Any]:
    reason, advice = (packed(note, names=names) for note in entry.refusal.sentences())
    return {
        "row": entry.row,
        "id": entry.id,
        "name": entry.name,
        "reason": reason,
        "advice": advice,
    }


# ------------------------------------------------------------------- sheets and columns


def _looked_into(path: Path, options: Options, form: str) -> dict[str, Any]:
    """Sheets of a workbook, and the columns of the one that would be read."""
    if form in TABLES:
        found = tabular.sheets(path, columns=options.columns, kind=options.kind)
        chosen = _chosen(found, options.sheet)
        sheets = [
            {
                "name": sheet.name,
                "rows": len(sheet.frame),
                "hidden": sheet.hidden,
                "chosen": sheet is chosen,
            }
            for sheet in found
        ]
        if chosen is None:
            return {"sheets": sheets, "columns": [], "numbers": {}}
        first = {role: headings[0] for role, headings in chosen.roles.items() if headings}
        before = _numbers_before(chosen.frame, options)
        numbers = zip(chosen.rows.tolist(), before, strict=True)
        return {
            "sheets": sheets,
            "columns": _columns(chosen.frame, first),
            "numbers": {str(row): int(number) for row, number in numbers if number > 0},
        }
    if options.kind == OSM:
        return {"sheets": [], "columns": [], "numbers": {}}
    frame = vector.read(path, layer=options.sheet)
    table = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    return {"sheets": [], "columns": _columns(table, {}), "numbers": {}}


def _numbers_before(frame: pd.DataFrame, options: Options) -> NDArray[np.int64]:
    """Return the numbers that rows had in the file that they were refused of; 0 for none."""
    heading = next((h for h in options.numbered if h in frame), None)
    if heading is None:
        return np.zeros(len(frame), dtype=np.int64)
    said = pd.to_numeric(frame[heading], errors="coerce")
    numbers: NDArray[np.int64] = said.where(said.between(1, LAST_ROW), 0).to_numpy(dtype=np.int64)
    return numbers


def _chosen(sheets: list[tabular.Sheet], wanted: str | None) -> tabular.Sheet | None:
    """Return the sheet that was asked for, else the one that is likeliest meant."""
    if wanted is not None:
        return next((s for s in sheets if s.name.strip() == wanted.strip()), None)
    filled = [s for s in sheets if len(s.frame) and not s.hidden]
    filled = [s for s in filled if s.name not in tabular.EXPLANATIONS] or filled
    return max(filled, key=lambda s: (s.coordinates, len(s.roles)), default=None)


def _columns(frame: pd.DataFrame, roles: Mapping[str, str]) -> list[dict[str, Any]]:
    role_of = {h: role for role, h in roles.items() if not role.startswith(IGNORED)}
    found = []
    for number, heading in enumerate(map(str, frame.columns)):
        texts = [text for value in frame.iloc[:, number] if (text := cells.text(value))]
        found.append(
            {
                "heading": heading,
                "role": role_of.get(heading),
                "filled": len(texts),
                "samples": [t[:SAMPLE_LENGTH] for t in dict.fromkeys(texts)][:SAMPLES],
            }
        )
    return found


def _tell_roles(columns: list[dict[str, Any]], rows: Rows) -> None:
    """Say of the columns what they were read as, once that is decided by their values too."""
    read_as = {h: role for role, h in rows.found.items() if not role.startswith(IGNORED)}
    for column in columns:
        if column["heading"] in read_as:
            column["role"] = read_as[column["heading"]]
        elif f"{column['heading']} [1]" in read_as:
            column["role"] = "lonlat"


# ------------------------------------------------------------------- places under each datum


def _places(rows: Rows, options: Options, now: Answers) -> dict[str, Any]:
    """Where the rows lie under each datum, and what speaks for each."""
    spec = KINDS[options.kind]
    if spec.shape == "none":
        return {}
    shape = "place" if spec.listed and rows.geometry is None else spec.shape
    source = options.sets.get("source", "")
    # as if they were WGS-84: the degrees that stand in the file
    placed = place(
        rows,
        shape=shape,
        declared="wgs84",
        source=source,
        now=now,
        quarantine=Quarantine(len(rows.cells)),
    )
    there = np.flatnonzero(~shapely.is_missing(placed.geometry))
    if not len(there):
        return {"places": None, "evidence": None}
    shown = there[:: max(1, -(-len(there) // POINTS))]
    bounds = shapely.bounds(placed.geometry[shown])
    lon, lat = (bounds[:, 0] + bounds[:, 2]) / 2, (bounds[:, 1] + bounds[:, 3]) / 2
    name = rows.text("name")
    places: dict[str, Any] = {
        "rows": [int(rows.numbers[row]) for row in shown],
        "names": [name[row] for row in shown],
        "of": len(there),
        "outside": int(outside(placed.geometry[there], now.extent()).sum()),
        "stated": rows.datum or ("wgs84" if rows.crs is not None else None),
    }
    for datum in HYPOTHESES:
        x, y = convert(lon, lat, source=datum, target="wgs84")
        places[datum] = np.column_stack([x, y]).round(6).tolist()
    return {
        "places": places,
        "evidence": _weighed(placed.evidence) if placed.evidence is not None else None,
    }


def _rows(path: Path, options: Options, *, pack: Pack) -> Rows:
    spec = KINDS[options.kind]
    return read(
        path,
        roles=spec.columns(pack),
        columns=options.columns,
        sets=options.sets,
        sheet=options.sheet,
        kind=options.kind,
        placed=spec.shape != "none",
    )


def _weighed(evidence: Evidence) -> dict[str, Any]:
    return {
        "decided": evidence.decided,
        "reason": packed(Note(evidence.reason, dict(evidence.params)), names={}),
        "hypotheses": evidence.to_json()["hypotheses"],
    }


# ------------------------------------------------------------------- rows to correct


def write_refused(
    path: Path,
    target: Path,
    options: Options,
    *,
    said: Mapping[int, Sequence[str]],
    headings: Sequence[str],
) -> int:
    """Write rows of a file as they stand in it, with remarks, to be corrected and imported again.

    Parameters
    ----------
    path : Path
        The file that was to be imported.
    target : Path
        An .xlsx file.
    options : Options
    said : mapping of int to sequence of str
        Number of a row, as an import reports it → what is to be said of it.
    headings : sequence of str
        Headings of the number and of the remarks, which stand behind the file's own.

    Returns
    -------
    int
        The number of rows written.
    """
    if sniff(path) in TABLES:
        table = tabular.read(path, sheet=options.sheet, columns=options.columns, kind=options.kind)
        own = [h for h in table.frame.columns if not _SPLIT.search(str(h))]
        frame, numbers = table.frame[own], table.rows
    else:
        frame = vector.read(path, layer=options.sheet)
        numbers = np.arange(1, len(frame) + 1)
        if frame.crs is not None:
            frame = frame.to_crs(4326)
    chosen = np.isin(numbers, list(said))
    found = frame[chosen].reset_index(drop=True)
    rows = numbers[chosen].tolist()
    before = _numbers_before(found, options)
    number, *remarks = headings
    found = found.drop(columns=[h for h in headings if h in found])
    found[number] = np.where(before > 0, before, rows)
    for which, heading in enumerate(remarks):
        found[heading] = [said[row][which] for row in rows]
    tabular.write_xlsx(target, {options.sheet or options.kind: found})
    return len(found)
