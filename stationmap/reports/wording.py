"""The words of reports: outcomes, subjects, layers of data, and what a rule is called."""

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from stationmap.checks import RULE_KINDS
from stationmap.messages import N_
from stationmap.standards import IndicatorRule, Item, Pack, Rule

Say = Callable[..., str]

# what becomes of a finding, in the order of tables; ``advised``: a shortfall of advisory force
OUTCOMES: Mapping[str, str] = {
    "met": N_("Met"),
    "not_met": N_("Not met"),
    "advised": N_("Advice"),
    "unknown": N_("Cannot be told"),
    "not_applicable": N_("Not applicable"),
}
# unit of a measured value → how it is said; one that is not here has none
UNITS: Mapping[str, str] = {
    "m": N_("{value} m"),
    "h": N_("{value} h"),
    "%": N_("{value}%"),
    "": "{value}",
}
FORCES: Mapping[str, str] = {"binding": N_("binding"), "advisory": N_("advisory")}
SUBJECTS: Mapping[str, str] = {
    "street": N_("street"),
    "gap": N_("gap"),
    "facility": N_("facility"),
    "junction": N_("junction"),
    "bus_stop": N_("bus stop"),
    "area": N_("area"),
    "station": N_("station"),
    "unit": N_("unit"),
    "city": N_("city"),
}


def words(rule: Rule, *, lang: str) -> str:
    """Return a rule in a few words: its title or name, else what its clause says."""
    if isinstance(rule, Item):
        return rule.title.get(lang)
    if isinstance(rule, IndicatorRule):
        return rule.name.get(lang)
    return rule.clause.text.get(lang)


def day(iso: str, *, lang: str) -> str:
    """Return a date as people write it: 2026年3月5日, 5 March 2026."""
    from datetime import date

    from babel.dates import format_date

    said: str = format_date(
        date.fromisoformat(iso[:10]),
        "y年M月d日" if lang == "zh" else "d MMMM y",
        locale="zh" if lang == "zh" else "en",
    )
    return said


def percent(share: float | None, *, digits: int = 1) -> str:
    """Return a share in per cent, "–" without one; below all never says all."""
    if share is None or share != share:
        return "–"
    if share == 1:
        return "100%"
    rounded = round(share * 100, digits)
    if rounded >= 100 and share < 1:
        rounded = 100 - 10**-digits
    return f"{rounded:.{digits}f}%"


def standing(row: Mapping[str, Any], say: Say) -> str:
    """Say how a missing layer stands: not imported, or imported and not declared complete."""
    if not row["rows"]:
        return say(N_("not imported"))
    return say(N_("{rows} rows, not declared complete"), rows=f"{row['rows']:,}")


def kind_label(kind: str) -> str:
    """Return the template of what a kind of rule is called."""
    known = RULE_KINDS.get(kind)
    return known.label if known else kind


def share_built(row: Any, say: Say) -> str:
    """Say which share is built; "at least" where some cannot be told."""
    if row["due"] == 0 or row["due"] == row["untold"]:
        return "–"
    if row["untold"]:
        return say(N_("at least {share}"), share=percent(row["share"]))
    return percent(row["share"])


def text(value: Any) -> str:
    """Return text, "" for what is missing."""
    return "" if value is None or pd.isna(value) else str(value)


def issued(pack: Pack, *, lang: str) -> str:
    """Return when a pack's document was issued; its edition where only the year is known."""
    date = pack.document.date
    return pack.edition if date is None else day(date.isoformat(), lang=lang)
