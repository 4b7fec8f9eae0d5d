"""What the import page asks before it goes on: of files, lists that stand, places far away."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from stationmap.city import layers
from stationmap.city.answers import Answers
from stationmap.city.preview import Options
from stationmap.messages import N_
from web.import_kinds import is_listed
from web.words import WebError, say

_WORKBOOKS = (".xlsx", ".xls", ".ods")
FEW = 3
"""Places outside the city that need no word: stations stand beyond its border too."""
_SIMPLE_DEG = 5e-4  # about 50 m
_SENTENCE = N_("{outside} of {of} places do not lie in this city.")


def require_workbook(found: Mapping[str, Any], name: str) -> None:
    """Raise a WebError for text that is called a workbook and holds nothing to be read."""
    known = any(column["role"] for column in found["columns"])
    if found["form"] == "text" and not known and Path(name).suffix.lower() in _WORKBOOKS:
        raise WebError(
            "{file} is no Excel file: only its ending was changed. Open it in the program that "
            "made it, save it as an Excel workbook (.xlsx), then upload that. Nothing was changed.",
            file=name,
        )


def stands(options: Options, now: Answers) -> bool:
    """Whether rows of an earlier list of this kind and name stand in the register."""
    source = options.sets.get("source", "")
    known = (record.source for record in now.sources() if record.kind == options.kind)
    # inspections are added, whatever the list before had
    return is_listed(options.kind) and options.kind != layers.INSPECTIONS and source in known


def require_choice(options: Options, now: Answers, *, gone: int | None) -> None:
    """Raise a WebError while nobody said whether a list of a known name is the whole one.

    `gone` counts its rows that the file has not; None where that is not known.
    """
    if options.add is not None or not stands(options, now):
        return
    if gone is None:
        raise WebError(
            "A list “{source}” was imported before: choose whether this is the whole list or "
            "additions. Nothing was changed.",
            source=options.sets["source"],
        )
    raise WebError(
        "A list “{source}” was imported before, and {gone} of its rows are not in this file: "
        "choose whether this is the whole list or additions. Nothing was changed.",
        source=options.sets["source"],
        gone=gone,
    )


def gone(found: Mapping[str, Any], options: Options) -> int | None:
    """Count the rows that would go if the file is the whole list; None where it is not known."""
    report = found["report"]
    if options.add or report is None or report["diff"] is None:
        return None
    return int(report["diff"]["missing"]["count"])


def far(report: Mapping[str, Any]) -> bool:
    """Whether more than a few places of an import lie outside the city, or all of them."""
    outside: int = report["outside"]
    return outside > 0 and (outside > FEW or outside >= placed(report))


def placed(report: Mapping[str, Any]) -> int:
    """Count the places that an import would bring in."""
    counts: Mapping[str, int] = report["counts"]
    return max(int(report["outside"]), counts["accepted"] - counts["to_locate"])


def outside_said(outside: int, of: int, lang: str) -> str:
    """Say how many places lie outside the city; "" of none."""
    return say(_SENTENCE, lang=lang, outside=outside, of=of) if outside else ""


def outline(now: Answers) -> list[list[list[float]]]:
    """Return the lines that bound the city's districts, else its extent: longitude, latitude."""
    districts = now.layer("districts").geometry
    shapes = shapely.simplify(districts.to_numpy(), _SIMPLE_DEG)
    if not len(shapes):
        extent = now.extent()
        shapes = np.array([shapely.box(*extent)] if extent else [], dtype=object)
    rings = shapely.get_exterior_ring(shapely.get_parts(shapes))
    return [shapely.get_coordinates(ring).round(5).tolist() for ring in rings]
