"""A table of inspectors' judgements: one row a station, item and day."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from stationmap.checks.findings import MET, NOT_APPLICABLE, NOT_MET, UNKNOWN
from stationmap.city import values
from stationmap.errors import InputError
from stationmap.io import cells, tabular
from stationmap.io.headings import normal
from stationmap.standards import Item, Pack

VISIT = "visit"
# column → headings in use, as `io.headings.normal` leaves them
HEADINGS: Mapping[str, tuple[str, ...]] = {
    "station_id": ("站点编号", "阵地编号", "站点id", "编号", "stationid", "id"),
    "item": ("检查项", "检查项目", "检查项编号", "项目编号", "item", "itemid"),
    "state": ("结果", "检查结果", "判定", "result", "state"),
    "at": ("日期", "检查日期", "走访日期", "检查时间", "date", "at"),
}
_NAMES = {"station_id": "站点编号", "item": "检查项", "state": "结果", "at": "日期"}
STATES: Mapping[str, tuple[str, ...]] = {
    MET: ("符合", "合格", "是", "✓", "√", "met", "yes"),
    NOT_MET: ("不符合", "不合格", "否", "✗", "×", "notmet", "not_met", "no"),
    NOT_APPLICABLE: ("不适用", "–", "notapplicable", "not_applicable"),
    UNKNOWN: ("未检查", "情况不明", "", "?", "？", "unknown"),
}
_VISITS = (VISIT, "走访", "暗访", "开放")
_VISIT_LINES = 2  # open at its hours, staffed
_PART = re.compile(r"(.+?)[#／/](\d+)")


def read_inspections(path: str | Path, *, pack: Pack) -> pd.DataFrame:
    """Read judgements from an office table (.xlsx, .xls, .csv).

    Columns: 站点编号 (station_id); 检查项 (an item's id, with ``/2`` its second line, or 走访 for
    whether the station was found open, staffed and in use); 结果 (符合, 不符合, 不适用 or 未检查);
    日期.

    Parameters
    ----------
    path : str or Path
    pack : Pack
        Whose items are meant.

    Returns
    -------
    DataFrame
        station_id, item, part (0 for the item as a whole), state, at; as `checks.facts.Facts`
        takes them.

    Raises
    ------
    InputError
        A column is missing, or rows have an unknown item, result or day: all of them are named.
    """
    table = tabular.read(path, placed=False)
    columns = {role: _column(table, role, file=Path(path).name) for role in HEADINGS}
    known = {item.id.casefold(): item for item in pack.items}
    states = {word: state for state, words in STATES.items() for word in words}
    found, wrong = [], []
    for number, row in zip(table.rows, table.frame.itertuples(index=False), strict=True):
        given = dict(zip(table.frame.columns, row, strict=True))
        said = {role: cells.text(given[heading]) or "" for role, heading in columns.items()}
        item, part = item_of(said["item"], known)
        state = states.get(said["state"].strip().casefold())
        at = values.day(given[columns["at"]])
        if not said["station_id"] or item is None or state is None or at is None:
            wrong.append(int(number))
        else:
            found.append((said["station_id"], item, part, state, pd.Timestamp(at)))
    if wrong:
        raise InputError(
            "{file}: rows {rows} cannot be read: expected a station's id, an item ({items}; visit "
            "for a visit), a result (符合, 不符合, 不适用, 未检查) and a date such as 2026-03-05",
            file=Path(path).name,
            rows=_listed(wrong),
            items=", ".join(item.id for item in pack.items) or "–",
        )
    frame = pd.DataFrame(found, columns=["station_id", "item", "part", "state", "at"])
    return frame.astype({"part": np.int64, "at": "datetime64[us]"})


def _column(table: tabular.Table, role: str, *, file: str) -> Any:
    by_name = {normal(str(heading)): heading for heading in table.frame.columns}
    for name in HEADINGS[role]:
        if name in by_name:
            return by_name[name]
    raise InputError(
        "{file} has no column {heading}: inspections need the columns 站点编号, 检查项, 结果, "
        "日期; it has {headings}",
        file=file,
        heading=_NAMES[role],
        headings=", ".join(map(str, table.frame.columns)),
    )


def item_of(said: str, known: Mapping[str, Item]) -> tuple[str | None, int]:
    """Return the id of an item and the number of its line, 0 for the whole; None where unknown.

    `known` are the pack's items by id in small letters. Words behind the id are passed over.
    """
    said = said.strip().partition(" ")[0]
    found = _PART.fullmatch(said)
    own, part = (found[1].strip(), int(found[2])) if found else (said, 0)
    if own in _VISITS:
        return (VISIT, part) if part <= _VISIT_LINES else (None, 0)
    item = known.get(own.casefold())
    if item is None or part not in (0, *(line.number for line in item.part)):
        return None, 0
    return item.id, part


def _listed(rows: list[int]) -> str:
    shown = ", ".join(map(str, rows[:10]))
    return shown if len(rows) <= 10 else f"{shown} … ({len(rows)})"
