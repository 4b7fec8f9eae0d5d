"""The section of a report on indicators against their targets."""

from typing import Any

import pandas as pd

from stationmap.messages import N_
from stationmap.reports.content import Block, Column, Paragraph, Section, Table
from stationmap.reports.dossier import Dossier
from stationmap.reports.wording import Say, percent, text
from stationmap.standards import IndicatorRule

LISTED = 20  # units that the report lists
_STATES = {
    "met": N_("target reached"),
    "not_met": N_("target not reached"),
    "unknown": N_("Cannot be told"),
    "not_applicable": N_("for information"),
}


def indicator_section(dossier: Dossier, say: Say, *, lang: str) -> Section | None:
    """Return the section; None where no indicator was checked.

    City and counties are listed, of the units those that fall short.
    """
    frame = dossier.indicators
    if frame is None or frame.empty:
        return None
    rules = {rule.id: rule for rule in dossier.rules if isinstance(rule, IndicatorRule)}
    frame = frame[frame["indicator"].isin(rules)]
    is_unit = (frame["subject_kind"] == "unit").to_numpy()
    short = frame[is_unit & (frame["state"] == "not_met").to_numpy()]
    blocks: list[Block] = []
    if not is_unit.all():
        blocks.append(_table("", frame[~is_unit], rules, say, lang=lang))
    if is_unit.any():
        units = frame[is_unit]
        said = say(
            N_(
                "Of {units} figures of units {met} reach their target, {short} do not, {unknown} "
                "cannot be told."
            ),
            units=f"{int((units['state'] != 'not_applicable').sum()):,}",
            met=f"{int((units['state'] == 'met').sum()):,}",
            short=f"{len(short):,}",
            unknown=f"{int((units['state'] == 'unknown').sum()):,}",
        )
        blocks.append(Paragraph(said))
    if len(short):
        blocks.append(
            _table(say(N_("Units short of a target")), short.head(LISTED), rules, say, lang=lang)
        )
        more = len(short) - LISTED
        if more > 0:
            said = say(N_("{more} more stand in the workbook (xlsx)."), more=f"{more:,}")
            blocks.append(Paragraph(said, "note"))
    return Section(say(N_("Indicators against targets")), tuple(blocks)) if blocks else None


def _table(
    title: str, frame: pd.DataFrame, rules: dict[str, IndicatorRule], say: Say, *, lang: str
) -> Table:
    rows = [
        [
            rules[row.indicator].name.get(lang),
            text(row.name) or text(row.subject),
            text(row.period) or "–",
            _number(row.numerator),
            _number(row.denominator),
            _figure(row.value, row.unit),
            _figure(row.target, row.unit),
            "–" if row.target != row.target else _number(row.needed),
            say(_STATES[row.state]),
        ]
        for row in frame.rename_axis(index=None).itertuples(index=False)
    ]
    columns = (
        Column(say(N_("Indicator")), 2.0),
        Column(say(N_("For")), 1.7),
        Column(say(N_("Period")), 2.0, number=True),
        Column(say(N_("Count so far")), 1.7, number=True),
        Column(say(N_("Of")), 1.7, number=True),
        Column(say(N_("Value")), 1.2, number=True),
        Column(say(N_("Target")), 1.2, number=True),
        Column(say(N_("Still needed")), 1.3, number=True),
        Column(say(N_("State")), 1.5, number=True),
    )
    return Table(title, columns, rows)


def _number(value: Any) -> str:
    return "–" if pd.isna(value) else f"{value:,.2f}".rstrip("0").rstrip(".")


def _figure(value: Any, unit: str) -> str:
    return percent(value) if unit == "share" else _number(value)
