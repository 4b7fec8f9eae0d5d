"""Checklists: what inspectors judged of each station, item by item, and where a station stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stationmap.checks import words
from stationmap.checks.facts import Facts
from stationmap.checks.findings import MET, NOT_APPLICABLE, NOT_MET, UNKNOWN, Batch
from stationmap.checks.subjects import station_batch
from stationmap.messages import N_
from stationmap.standards import Item, ItemPart

MESSAGES: Mapping[str, str] = MappingProxyType(
    {
        "checklist.met": N_("{item}: met on {date}"),
        "checklist.not_met": N_("{item}: not met on {date}"),
        "checklist.parts": N_("{item}: not met on {date}: {lacking}"),
        "checklist.not_applicable": N_("{item}: does not apply"),
        "checklist.not_inspected": N_("{item}: not inspected"),
        "checklist.partly": N_("{item}: not inspected in full; open: {open}"),
        "checklist.refused": N_(
            "{item}: judged not applicable, for which there is no room here; to be judged again"
        ),
    }
)
_NONE, _MET, _NOT_MET, _NOT_APPLICABLE = -1, 0, 1, 2
_CODES = {MET: _MET, NOT_MET: _NOT_MET, NOT_APPLICABLE: _NOT_APPLICABLE}
B = NDArray[np.bool_]
I = NDArray[np.int64]  # noqa: E741
S = NDArray[np.int8]


@dataclass(frozen=True)
class _Judged:
    """The newest judgements: one row for each active station, one column for each line.

    ``first`` is the column of each item as a whole; its line k stands k columns behind.
    """

    state: S
    at: I
    first: Mapping[str, int]


def check(item: Item, facts: Facts) -> list[Batch]:
    """Say of every active station of an item's types how it was last judged; see `check_all`."""
    return check_all((item,), facts)


def check_all(items: Sequence[Item], facts: Facts) -> list[Batch]:
    """Say of every active station how each item was last judged.

    1. The newest judgement counts, of a line (part) or of the item as a whole; one of the item
       newer than that of a line stands for the line too. Lines for other types of station are
       left out.
    2. "Not applicable" is accepted where the item or the line allows it; else the line is open.
    3. A binding line that is not met makes the item not met.
    4. An open binding line leaves it unknown.
    5. An advisory line that is not met is a shortfall of advisory force.
    6. Else it is met if any line is, not applicable if all judged are, unknown if none is.
    """
    if not items:
        return []
    judged = None if facts.inspections is None else _judged(items, facts, facts.inspections)
    kind = facts.active["type"].to_numpy(dtype=object)
    batches = []
    for item in items:
        own = np.isin(kind, item.site_types) if item.site_types else np.ones(len(kind), dtype=bool)
        rows = np.flatnonzero(own)
        batches.append(_batch(item, facts, rows, kind[rows], judged))
    return batches


def standing(findings: pd.DataFrame) -> pd.DataFrame:
    """Tell where each station stands against the binding items of its checklist.

    Parameters
    ----------
    findings : DataFrame
        Any findings; those of checklists on stations are looked at.

    Returns
    -------
    DataFrame
        station_id, name, adcode, standing (True: 达标, False: 未达标, None: unknown), failed (ids
        of the binding items not met, joined by "、"), open (how many of them are unknown).
        A binding item not met decides; else any open one leaves the station unknown, and so does
        a checklist of which nothing applies.
    """
    rows = findings[
        (findings["kind"] == "checklist")
        & (findings["subject_kind"] == "station")
        & (findings["force"] == "binding")
    ]
    code, ids = pd.factorize(rows["subject_id"])
    first = np.full(len(ids), -1, dtype=np.int64)
    first[code[::-1]] = np.arange(len(rows))[::-1]
    state = rows["state"].astype(object).to_numpy()
    fails = state == NOT_MET
    failing, open_items, met = (
        np.bincount(code[mask], minlength=len(ids))
        for mask in (fails, state == UNKNOWN, state == MET)
    )
    failed = np.full(len(ids), "", dtype=object)
    item = rows["rule_id"].astype(object).to_numpy()
    for name in dict.fromkeys(item[fails]):
        own = code[fails & (item == name)]
        failed[own] += np.where(failed[own] == "", "", "、").astype(object) + name
    reached = np.full(len(ids), None, dtype=object)
    reached[(met > 0) & (open_items == 0)] = True
    reached[failing > 0] = False
    return pd.DataFrame(
        {
            "station_id": np.asarray(ids, dtype=object),
            "name": rows["subject_name"].to_numpy(dtype=object)[first],
            "adcode": rows["adcode"].to_numpy(dtype=object)[first],
            "standing": pd.Series(reached, dtype=object),
            "failed": failed,
            "open": open_items,
        }
    )


def _judged(items: Sequence[Item], facts: Facts, inspections: pd.DataFrame) -> _Judged:
    """Lay the newest judgements out by station and line."""
    first: dict[str, int] = {}
    allowed: list[bool] = []
    for item in items:
        first[item.id] = len(allowed)
        known = {0, *(part.number for part in item.part)}
        allowed += [number in known for number in range(max(known) + 1)]
    ends = dict(zip(first, [*list(first.values())[1:], len(allowed)], strict=True))
    base, end = _mapped(inspections["item"], first), _mapped(inspections["item"], ends)
    column = base + inspections["part"].to_numpy(dtype=np.int64)
    rows_of = dict(zip(facts.active["station_id"], range(len(facts.active)), strict=True))
    station = _mapped(inspections["station_id"], rows_of)
    state = _mapped(inspections["state"], _CODES)
    at = inspections["at"].to_numpy(dtype="datetime64[us]").astype(np.int64)
    fits = (base >= 0) & (column >= base) & (column < end) & (station >= 0) & (state != _NONE)
    fits[fits] = np.array(allowed, dtype=bool)[column[fits]]
    rows = np.flatnonzero(fits)
    rows = rows[np.argsort(at[rows], kind="stable")]
    # of several judgements in one place the last is kept: the newest
    place = station[rows], column[rows]
    states = np.full((len(facts.active), len(allowed)), _NONE, dtype=np.int8)
    times = np.full(states.shape, np.iinfo(np.int64).min, dtype=np.int64)
    states[place], times[place] = state[rows], at[rows]
    return _Judged(states, times, first)


def _mapped(values: pd.Series, to: Mapping[str, int]) -> I:
    """Map text to numbers, each distinct one once; -1 where there is none."""
    code, known = pd.factorize(values)
    number = np.array([*(to.get(value, -1) for value in known), -1], dtype=np.int64)
    found: I = number[code]
    return found


def _batch(
    item: Item, facts: Facts, rows: I, kind: NDArray[np.object_], judged: _Judged | None
) -> Batch:
    stations = facts.active.iloc[rows]
    if judged is None:
        return station_batch(
            item,
            stations,
            state=UNKNOWN,
            message="checklist.not_inspected",
            messages=MESSAGES,
            params={"item": item.title},
        )
    lines = _lines(item, kind)
    size = len(rows)
    whole, whole_at = (table[rows, judged.first[item.id]] for table in (judged.state, judged.at))
    failed, opened, advised = (np.zeros(size, dtype=np.int64) for _ in range(3))
    any_judged, any_met, refused = (np.zeros(size, dtype=bool) for _ in range(3))
    newest = np.full(size, np.iinfo(np.int64).min, dtype=np.int64)
    for bit, (part, concerned) in enumerate(lines):
        column = judged.first[item.id] + part.number
        state, at = judged.state[rows, column], judged.at[rows, column]
        by_whole = (whole != _NONE) & ((state == _NONE) | (whole_at > at))  # 1
        state, at = np.where(by_whole, whole, state), np.where(by_whole, whole_at, at)
        may = part.may_not_apply | (by_whole & item.may_not_apply)
        wrong = (state == _NOT_APPLICABLE) & ~may & concerned
        refused |= wrong
        state = np.where(wrong | ~concerned, _NONE, state)  # 2
        binding = part.force == "binding"
        failed += ((state == _NOT_MET) & binding) * (1 << bit)
        opened += ((state == _NONE) & concerned & binding) * (1 << bit)
        advised += ((state == _NOT_MET) & (not binding)) * (1 << bit)
        any_judged |= state != _NONE
        any_met |= state == _MET
        newest = np.where(state != _NONE, np.maximum(newest, at), newest)
    shortfall = "checklist.parts" if item.part else "checklist.not_met"
    reasons: list[tuple[B, str, str]] = [
        (failed > 0, NOT_MET, shortfall),  # 3
        ((opened > 0) & refused, UNKNOWN, "checklist.refused"),  # 4
        ((opened > 0) & any_judged, UNKNOWN, "checklist.partly"),
        (opened > 0, UNKNOWN, "checklist.not_inspected"),
        (advised > 0, NOT_MET, shortfall),  # 5
        (any_met, MET, "checklist.met"),  # 6
        (any_judged, NOT_APPLICABLE, "checklist.not_applicable"),
        (refused, UNKNOWN, "checklist.refused"),
    ]
    told = [reason[0] for reason in reasons]
    state = np.select(told, [reason[1] for reason in reasons], UNKNOWN)
    message = np.select(told, [reason[2] for reason in reasons], "checklist.not_inspected")
    lacking = np.where(failed > 0, failed, advised)
    return station_batch(
        item,
        stations,
        state=state.astype(object),
        message=message.astype(object),
        messages=MESSAGES,
        params={
            "item": item.title,
            "date": _days(newest, any_judged),
            "lacking": _named(lacking, lines),
            "open": _named(opened, lines),
        },
        force=np.where((failed == 0) & (advised > 0) & (opened == 0), "advisory", item.force),
    )


def _lines(item: Item, kind: NDArray[np.object_]) -> list[tuple[ItemPart, B]]:
    """Return an item's lines, and which stations each concerns.

    An item without lines, at a station without any, is a line of its own, number 0.
    """
    lines = []
    concerned = np.zeros(len(kind), dtype=bool)
    for part in item.part:
        own = np.isin(kind, part.site_types) if part.site_types else np.ones(len(kind), dtype=bool)
        lines.append((part, own))
        concerned |= own
    if not concerned.all() or not item.part:
        whole = ItemPart.model_construct(
            number=0,
            text=item.title,
            force="binding",
            may_not_apply=item.may_not_apply,
            site_types=(),
        )
        lines.append((whole, ~concerned))
    return lines


def _named(bits: I, lines: list[tuple[ItemPart, B]]) -> NDArray[np.object_]:
    """Name the lines of which the bits are set; rows with the same share one list."""
    values, code = np.unique(bits, return_inverse=True)
    named = np.empty(len(values), dtype=object)
    for row, value in enumerate(values):
        named[row] = words.Several(
            [part.text for bit, (part, _) in enumerate(lines) if value >> bit & 1]
        )
    found: NDArray[np.object_] = named[code]
    return found


def _days(at: I, known: B) -> NDArray[np.object_]:
    """Return the day of each instant (microseconds), "" where none is known."""
    days = np.where(known, at // 86_400_000_000, np.iinfo(np.int64).min)
    values, code = np.unique(days, return_inverse=True)
    said = np.array(
        [
            "" if value == np.iinfo(np.int64).min else str(np.datetime64(int(value), "D"))
            for value in values
        ],
        dtype=object,
    )
    found: NDArray[np.object_] = said[code]
    return found
