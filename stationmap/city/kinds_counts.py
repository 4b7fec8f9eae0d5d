"""Imports of counts: how many people, volunteers, hours … a district or a unit had in a period."""

from typing import Any, get_args

import numpy as np
import pandas as pd

from stationmap.checks.counts import LABELS
from stationmap.city import known, values
from stationmap.city.kind import Context, Kind, amount, refuse_numbers, refuse_words
from stationmap.city.place import Placed
from stationmap.city.quarantine import Quarantine
from stationmap.city.rows import Rows
from stationmap.errors import InputError
from stationmap.io import headings
from stationmap.io.notes import Note
from stationmap.messages import N_
from stationmap.standards.rules import Count

COUNTS: tuple[str, ...] = get_args(Count)
_HOURS = "hours"  # the only count that need not be whole
_SUBJECT = ("subject", "subject_kind", "name", "period")
# a part and what it is a part of
_PARTS = (
    ("registered", "population"),
    ("active", "registered"),
    ("backbone", "registered"),
    ("staff_registered", "headcount"),
    ("staff_hours_reached", "staff_registered"),
    ("units_on_platform", "units"),
    ("stations_on_platform", "stations"),
)


def _indicators(
    rows: Rows, placed: Placed, quarantine: Quarantine, context: Context
) -> pd.DataFrame:
    del placed
    wide = [count for count in COUNTS if count in rows.cells]
    long = "count" in rows.cells and "value" in rows.cells
    if not wide and not long:
        raise InputError(
            "{file} has no column with counts; expected headings such as 注册志愿者人数, or two "
            "columns 指标 and 数值; name one with --column registered=HEADING (counts: {known})",
            file=rows.file,
            known=", ".join(COUNTS),
        )
    subjects = _subjects(rows, quarantine, context)
    subjects["period"] = _periods(rows, quarantine)
    if long:
        table = _long(rows, quarantine)
    else:
        table = _wide(rows, wide, quarantine)
        _warn_of_parts(table, context, good=quarantine.good)
    found = subjects.join(table, how="right").rename_axis("row").reset_index()
    first = found.groupby([*_SUBJECT[:2], "period", "count"], dropna=False)["row"].transform("min")
    twice = np.zeros(len(rows.cells), dtype=bool)
    twice[found.loc[found["row"] != first, "row"]] = True
    earlier = first.groupby(found["row"]).min().reindex(rows.cells.index, fill_value=0)
    quarantine.refuse(
        twice,
        N_("the same count of {value} stands already in row {first}"),
        N_("keep one of the two, or tell their periods apart"),
        by_row={"value": subjects["name"].to_numpy(), "first": rows.numbers[earlier.to_numpy()]},
    )
    return found


def _wide(rows: Rows, counts: list[str], quarantine: Quarantine) -> pd.DataFrame:
    """One column a count."""
    said = pd.DataFrame({count: rows.text(count) for count in counts})
    quarantine.refuse(
        said.isna().all(axis=1).to_numpy(),
        N_("the row has no number"),
        N_("write it, or delete the row"),
    )
    read = pd.DataFrame(
        {c: amount(rows, c, quarantine, whole=c != _HOURS) for c in counts}, index=said.index
    )
    long = read.melt(var_name="count", value_name="value", ignore_index=False)
    return long.dropna(subset="value").sort_index(kind="stable")


def _long(rows: Rows, quarantine: Quarantine) -> pd.DataFrame:
    """One row a count."""
    said, value = rows.text("count"), rows.text("value")
    known_words = headings.words().kinds["indicators"]
    words = {word: role for word, role in known_words.items() if role in COUNTS}
    words |= {headings.normal(count): count for count in COUNTS}
    count = said.map(lambda v: words.get(headings.normal(v)), na_action="ignore").astype("object")
    quarantine.refuse(
        (said.isna() | value.isna()).to_numpy(),
        N_("the row has no number"),
        N_("write it, or delete the row"),
    )
    refuse_words(
        said,
        count.isna().to_numpy(),
        quarantine,
        reason=N_("the count {value} is not known"),
        known=words,
        shown=", ".join(COUNTS),
    )
    heading = rows.found.get("value", "value")
    read = value.map(values.number, na_action="ignore").astype("float64").to_numpy()
    read = np.round(read * values.scale(heading), 6)
    for where, whole in ((count == _HOURS, False), (count != _HOURS, True)):
        refuse_numbers(
            value.where(where),
            np.where(where, read, np.nan),
            quarantine,
            heading=heading,
            whole=whole,
            by_row={"value": value.to_numpy()},
        )
    return pd.DataFrame({"count": count, "value": read}, index=said.index)


def _warn_of_parts(table: pd.DataFrame, context: Context, *, good: Any) -> None:
    wide = table.pivot(columns="count", values="value")
    for part, whole in _PARTS:
        if part in wide and whole in wide:
            more = (wide[part] > wide[whole]).reindex(range(len(good)), fill_value=False)
            context.warn(
                N_("{rows} rows have a larger {part} than {whole}"),
                more.to_numpy() & good,
                part=Note(LABELS[part], {}),
                whole=Note(LABELS[whole], {}),
            )


def _subjects(rows: Rows, quarantine: Quarantine, context: Context) -> pd.DataFrame:
    """Whose counts these are: a unit where the row names one, else a district."""
    named = known.districts(context)
    units = context.now.table("units")
    unit_names = known.Names(units["id"], units["name"])
    unit_said = rows.text("unit_id").where(rows.text("unit_id").notna(), rows.text("unit"))
    code = rows.text("adcode").map(known.adcode, na_action="ignore").astype("object")
    words = rows.text("district")
    for role in ("name", "subject"):
        words = words.where(words.notna(), rows.text(role))
    code = code.where(code.notna(), words.map(known.adcode, na_action="ignore").astype("object"))
    by_name = words.map(named, na_action="ignore").astype("object")
    code = code.where(code.notna(), by_name)
    unit = unit_said.where(unit_said.notna(), words.where(code.isna()))
    found = unit.map(unit_names.find, na_action="ignore").astype("object")
    context.warn(
        N_(
            "{rows} rows name a unit that the city does not know; they count once it is imported "
            "under this id"
        ),
        (unit_said.notna() & found.isna()).to_numpy() & quarantine.good,
    )
    found = found.where(found.notna(), unit_said)
    subject = found.where(found.notna(), code)
    quarantine.refuse(
        (subject.isna() & words.notna()).to_numpy(),
        N_("{value} is no district or unit of the city"),
        N_("write its adcode, or import the districts or units first"),
        by_row={"value": words.to_numpy()},
    )
    quarantine.refuse(
        subject.isna().to_numpy(),
        N_("the row does not say whose count it is"),
        N_("write an adcode, a district or a unit"),
    )
    label = unit_said.where(found.notna(), words).where(lambda s: s.notna(), words)
    return pd.DataFrame(
        {
            "subject": subject,
            "subject_kind": np.where(found.notna(), "unit", "district"),
            "name": label.where(label.notna(), subject),
        }
    )


def _periods(rows: Rows, quarantine: Quarantine) -> pd.Series:
    said, month = rows.text("period"), rows.text("month")
    found = pd.Series(
        [
            None if value is None else values.period(value, month=one)
            for value, one in zip(said, month, strict=True)
        ],
        index=said.index,
        dtype="object",
    )
    quarantine.refuse(
        (said.notna() & found.isna()).to_numpy(),
        N_("{value} is not a period"),
        N_("write a year, quarter or month, such as 2026, 2026Q3 or 2026-09"),
        by_row={"value": said.to_numpy()},
    )
    return found


INDICATORS = Kind(
    "counts",
    "none",
    " ".join(["subject adcode district name unit_id unit period month count value", *COUNTS]),
    _indicators,
)
