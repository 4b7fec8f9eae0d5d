"""The section of a report on indicators against their targets."""

from typing import Any

import pandas as pd

from stationmap.messages import N_
from stationmap.reports.content import Column, Section, Table
from stationmap.reports.dossier import Dossier
from stationmap.reports.wording import Say

_STATES = {
    "met": N_("target reached"),
    "not_met": N_("target not reached"),
    "unknown": N_("Cannot be told"),
    "not_applicable": N_("no target"),
}


def indicator_section(dossier: Dossier, say: Say, *, lang: str) -> Section | None:
    """Return the section; None where the pack has no indicator."""
    frame = dossier.indicators
    if frame is None or frame.empty:
        return None
    del lang
    names = dossier.county_names
    rows = [
        [
            str(row.indicator),
            names.get(str(row.subject), str(row.subject)),
            _text(row.period),
            _number(row.value),
            _number(row.denominator),
            _number(row.target),
            say(_STATES.get(str(row.state), str(row.state))),
        ]
        for row in frame.itertuples()
    ]
    columns = (
        Column(say(N_("Indicator")), 2.6),
        Column(say(N_("For")), 1.4),
        Column(say(N_("Period")), 1.0),
        Column(say(N_("Value")), 1.0, number=True),
        Column(say(N_("Of")), 1.0, number=True),
        Column(say(N_("Target")), 1.0, number=True),
        Column(say(N_("State")), 1.2),
    )
    return Section(say(N_("Indicators against targets")), (Table("", columns, rows),))


def _number(value: Any) -> str:
    return "–" if value is None or pd.isna(value) else f"{value:,.6g}"


def _text(value: Any) -> str:
    return "–" if value is None or pd.isna(value) else str(value)
