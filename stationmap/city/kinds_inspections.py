"""Imports of inspections: office tables of judgements, and answers to the form of ODK and Kobo.

An office table has one row for each station, line and day (检查项, 检查结果); of the form each row
is one visit, with a column for each line. What one visit found becomes one inspection.
"""

import datetime as dt
import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from stationmap.city import values
from stationmap.city.inspections import STATES, item_of
from stationmap.city.kind import Context, Kind
from stationmap.city.known import stations
from stationmap.city.layers import INSPECTIONS as LAYER
from stationmap.city.place import Placed
from stationmap.city.quarantine import Quarantine
from stationmap.city.rows import Rows
from stationmap.errors import InputError
from stationmap.inspections import (
    MET,
    NOT_APPLICABLE,
    NOT_MET,
    OPEN,
    STAFFED,
    UNKNOWN,
    VISIT,
    VISITS,
    Checklist,
    Line,
)
from stationmap.inspections.words import CONDITIONS
from stationmap.io import xlsform
from stationmap.io.headings import normal
from stationmap.messages import N_, printable
from stationmap.standards import Pack
from stationmap.stations import SUPPLIES

OTHERWISE = "supervision"
"""Kind of a visit of which a table does not tell the kind."""
_NAMESPACE = uuid.UUID("6f2a9a2e-5f43-4f0b-9f0a-3d1c5b0e7a11")
_STATES = {normal(word) or word: state for state, words in STATES.items() for word in words}
_VISITS = {"走访": "call", "督查": "supervision", "暗访": "covert", "自查": "self"}
_VISITS |= {visit: visit for visit in VISITS}
_OLDEST, _LATEST = 2000, 9998  # a visit of a year beyond is a slip; the last has no morrow
_MOST_COUNTED = 9999  # of a supply
_WRITE = N_("write one of: {known}")
_WHICH = N_("write which line it is, such as {example}")


@dataclass
class _Visit:
    """What is gathered of one visit: answers by key, and from which row each is."""

    row: int
    station: Mapping[str, Any]
    kind: str
    at: dt.datetime
    said_at: str
    instance: str
    rows: int = 0
    note: str = ""
    answers: dict[str, str] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    supplies: dict[str, dict[str, Any]] = field(default_factory=dict)
    from_row: dict[str, int] = field(default_factory=dict)


class _Wrong(Exception):  # noqa: N818 - no failure: what is wrong with one row
    """Why a row is refused, what to do, and the values of both."""

    def __init__(self, reason: str, advice: str, **params: Any) -> None:
        super().__init__(reason)
        self.reason, self.advice, self.params = reason, advice, params


class _Answer(NamedTuple):
    key: str
    state: str


def _more(pack: Pack) -> dict[str, Sequence[str]]:
    """Return the columns of the form's answers: one a line, by the question's name or its words."""
    found: dict[str, Sequence[str]] = {}
    for line in Checklist.of_pack(pack).lines:
        name = xlsform.name_of(line.key)
        found[name] = tuple(xlsform.label_of(line).values())
        found[name + xlsform.NOTE_OF] = ()
    for supply in SUPPLIES:
        found |= {xlsform.COUNT_OF + supply: (), xlsform.CONDITION_OF + supply: ()}
    return found


def _inspections(
    rows: Rows, placed: Placed, quarantine: Quarantine, context: Context
) -> pd.DataFrame:
    del placed
    reader = _Reader(rows, context)
    refused: dict[tuple[str, str], dict[int, Mapping[str, Any]]] = {}
    for row in range(len(rows.cells)):
        if quarantine.good[row]:
            try:
                reader.read(row)
            except _Wrong as wrong:
                refused.setdefault((wrong.reason, wrong.advice), {})[row] = wrong.params
    for (reason, advice), found in refused.items():
        where = np.zeros(len(quarantine.good), dtype=bool)
        where[list(found)] = True
        names = next(iter(found.values()))
        by_row = {name: np.full(len(where), None, dtype=object) for name in names}
        for row, params in found.items():
            for name, value in params.items():
                by_row[name][row] = value
        quarantine.refuse(where, reason, advice, by_row=by_row)
    return reader.frame()


class _Reader:
    def __init__(self, rows: Rows, context: Context) -> None:
        self.rows, self.context = rows, context
        self.checklist = Checklist.of_pack(context.pack)
        self.items = {item.id.casefold(): item for item in context.pack.items}
        self.names = stations(context)
        frame = context.now.stations()
        self.stations = {row["station_id"]: row for row in frame.to_dict("records")}
        self.zone = ZoneInfo(context.now.config.time_zone)
        self.now = dt.datetime.now(self.zone)
        self.visits: dict[Any, _Visit] = {}
        self.by_line = "item" in rows.cells
        self.asked = [
            (line, name)
            for line in self.checklist.lines
            if (name := xlsform.name_of(line.key)) in rows.cells
        ]
        columns = {name: rows.text(name).to_list() for name in rows.cells}
        self.cells = columns
        if not self.by_line and not self.asked:
            raise InputError(
                "{file} has no column 检查项 with what was inspected, nor the columns of the form; "
                "name it with --column item=HEADING, or use the blank workbook",
                file=rows.file,
            )

    def text(self, name: str, row: int) -> str:
        value = self.cells[name][row] if name in self.cells else None
        return "" if value is None else printable(str(value)).strip()

    # ------------------------------------------------------------------- one row

    def read(self, row: int) -> None:
        station = self._station(row)
        kind, at = self._kind(row), self._at(row)
        answers = list(self._one(row, station) if self.by_line else self._all(row, station))
        instance = "" if self.by_line else self.text("id", row)
        said_at = self.text("at", row)
        whole = (station["station_id"], kind, at, instance, "" if self.by_line else row)
        visit = self.visits.get(whole) or _Visit(row, station, kind, at, said_at, instance)
        for key, state in answers:
            if visit.answers.get(key, state) != state:
                raise _Wrong(
                    N_("row {first} says something else of {line} on the same day"),
                    N_("leave one of them, or say that they are of two kinds of visit"),
                    first=int(self.rows.numbers[visit.from_row[key]]),
                    line=_shown(key),
                )
        self.visits[whole] = visit
        visit.rows += 1
        for key, state in answers:
            visit.answers[key] = state
            visit.from_row.setdefault(key, row)
        self._remarks(row, visit, answers)

    def _station(self, row: int) -> Mapping[str, Any]:
        said = next((s for name in ("station_id", "station", "id", "number")
                     if (s := self.text(name, row))), "")  # fmt: skip
        if not said:
            raise _Wrong(
                N_("the row does not say which station was inspected"),
                N_("write the id or the name of the station"),
            )
        found = self.stations.get(self.names.find(said))
        if found is None:
            raise _Wrong(
                N_("the city has no station {value}"),
                N_("write its id or name as the register has it, or import the station first"),
                value=said,
            )
        code = found["adcode"]
        if self.context.within and not str(code).startswith(self.context.within):
            raise _Wrong(
                N_("the station {value} is not one of this district"),
                N_("leave the row to the office that looks after the station"),
                value=said,
            )
        return {str(name): None if value != value else value for name, value in found.items()}

    def _kind(self, row: int) -> str:
        said = self.text("visit", row)
        found = _VISITS.get(said.casefold(), "") if said else OTHERWISE
        if not found:
            raise _Wrong(
                N_("the kind of visit {value} is not known"),
                _WRITE,
                value=said,
                known="走访 call, 督查 supervision, 暗访 covert, 自查 self",
            )
        return found

    def _at(self, row: int) -> dt.datetime:
        said = self.text("at", row)
        try:
            found: Any = dt.datetime.fromisoformat(said)
        except ValueError:
            day = values.day(said)
            found = dt.datetime.combine(day, dt.time()) if day else None
        if found is None or not _OLDEST <= found.year <= _LATEST:
            raise _Wrong(
                N_("{value} is not a day"),
                N_("write year, month and day, such as 2026-03-05"),
                value=said or "–",
            )
        at: dt.datetime = found if found.tzinfo else found.replace(tzinfo=self.zone)
        at = at.astimezone(self.zone)
        # nor later today: until then nobody could judge anew
        if at > self.now:
            raise _Wrong(
                N_("{value} is still to come"), N_("write the day of the visit"), value=said
            )
        return at

    def _one(self, row: int, station: Mapping[str, Any]) -> Iterator[_Answer]:
        """Read a row about one line, or about an item as a whole."""
        said = self.text("item", row)
        item, part = item_of(said, self.items)
        if item is None:
            raise _Wrong(
                N_("the checklist has no item {value}"),
                _WRITE,
                value=said or "–",
                known=", ".join([VISIT, *(one.id for one in self.items.values())]),
            )
        state = self._state(self.text("state", row))
        asked = [line for line in self.checklist.of_type(station["type"]) if line.item == item]
        if not asked:
            raise _Wrong(
                N_("{value} is not asked at stations of this type"),
                N_("leave the row out, or correct the station or the item"),
                value=said,
            )
        if part:
            asked = [line for line in asked if line.part == part]
            if not asked:
                raise _Wrong(
                    N_("{value} is not asked at stations of this type"),
                    N_("leave the row out, or correct the station or the item"),
                    value=said,
                )
        yield from _spread(asked, state, said=said)

    def _all(self, row: int, station: Mapping[str, Any]) -> Iterator[_Answer]:
        """Read a row that is a whole visit."""
        for line, name in self.asked:
            said = self.text(name, row)
            state = self._state(said)
            if state == UNKNOWN:
                continue
            if not line.concerns(station["type"]):
                raise _Wrong(
                    N_("{value} is not asked at stations of this type"),
                    N_("leave the row out, or correct the station or the item"),
                    value=_shown(line.key),
                )
            yield from _spread([line], state, said=_shown(line.key))

    def _state(self, said: str) -> str:
        state = _STATES.get(normal(said) or said)
        if state is None:
            raise _Wrong(
                N_("the result {value} is not known"),
                _WRITE,
                value=said,
                known="符合 met, 不符合 not_met, 不适用 not_applicable, 未检查 unknown",
            )
        return state

    def _remarks(self, row: int, visit: _Visit, answers: Sequence[_Answer]) -> None:
        if self.by_line:
            if (note := self.text("note", row)) and answers:
                visit.notes[answers[0].key] = note
            return
        visit.note = self.text("note", row)
        for line, name in self.asked:
            if note := self.text(name + xlsform.NOTE_OF, row):
                visit.notes[line.key] = note
        for supply in SUPPLIES:
            count = values.number(self.text(xlsform.COUNT_OF + supply, row))
            state = self.text(xlsform.CONDITION_OF + supply, row)
            known: dict[str, Any] = {"condition": state} if state in CONDITIONS else {}
            if 0 <= count <= _MOST_COUNTED:
                known |= {"count": int(count)}
            if known:
                visit.supplies[supply] = {"count": None, "condition": None} | known

    # ------------------------------------------------------------------- all of them

    def frame(self) -> pd.DataFrame:
        found = [self._values(visit) for visit in self.visits.values() if visit.answers]
        # the same visit twice in a file is one
        once = {one["id"]: one for one in reversed(found)}
        columns = ["row", "id", "station_id", "checklist", "visit", "at", "claimed_at", "found"]
        columns += ["result", "adcode", "unit_id", "details", "rows"]
        made = pd.DataFrame(list(reversed(once.values())), columns=columns, dtype=object)
        return made.astype({"row": np.int64})

    def _values(self, visit: _Visit) -> dict[str, Any]:
        answers, station = visit.answers, visit.station
        at = visit.at.astimezone(dt.UTC).isoformat(timespec="milliseconds")
        told = [visit.instance, station["station_id"], visit.kind, at, sorted(answers.items())]
        return {
            "row": visit.row,
            "rows": visit.rows,
            "id": str(uuid.uuid5(_NAMESPACE, json.dumps(told, ensure_ascii=False))),
            "station_id": station["station_id"],
            "checklist": self.checklist.id,
            "visit": visit.kind,
            "at": at,
            "claimed_at": visit.said_at,
            "found": self.checklist.found(answers),
            "result": self.checklist.result(answers, site_type=station["type"]),
            "adcode": station["adcode"],
            "unit_id": station["unit_id"],
            "details": {
                "imported": True,
                "notes": visit.notes,
                "note": visit.note,
                "supplies": visit.supplies,
                "same": [],
                "photos": {},
                "signature": None,
                "signed_post": "",
                "seen": None,
                "device": "",
            },
        }


def _spread(asked: Sequence[Line], state: str, *, said: str) -> Iterator[_Answer]:
    """Say of lines what was said of all of them together."""
    if state == UNKNOWN:
        return
    if state == NOT_APPLICABLE:
        free = [line for line in asked if line.may_not_apply]
        if not free or (len(asked) > 1 and len(free) < len(asked)):
            raise _Wrong(
                N_("{value} cannot be left out as not applicable"),
                N_("say whether it is met"),
                value=said,
            )
    if state == NOT_MET and len(asked) > 1:
        if {line.key for line in asked} == {OPEN, STAFFED}:
            asked = [line for line in asked if line.key == OPEN]
        else:
            raise _Wrong(
                N_("{value} has several lines, and which of them is not met is not said"),
                _WHICH,
                value=said,
                example=_shown(asked[0].key),
            )
    for line in asked:
        if len(asked) == 1 or line.force == "binding" or state != MET:
            yield _Answer(line.key, state)


def _shown(key: str) -> str:
    return key.replace("#", "/")


INSPECTIONS = Kind(
    LAYER,
    "none",
    "id station_id station number visit item state at note",
    _inspections,
    more=_more,
)
