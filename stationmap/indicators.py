"""Indicators: the figures of cities, counties and units against the targets of a pack."""

import pandas as pd

from stationmap.checks import indicator
from stationmap.checks.facts import Facts
from stationmap.standards import IndicatorRule, Pack

__all__ = ["COLUMNS", "frame"]

COLUMNS = (*indicator.COLUMNS[:-1], "unit")


def frame(pack: Pack, facts: Facts) -> pd.DataFrame:
    """Measure every indicator of a pack.

    Returns
    -------
    DataFrame
        Columns as of `checks.indicator.measure` but for its message, and ``unit``: of value and
        target, "share" (1 is all), "mean" or "number". Rows in the pack's order of indicators,
        within each the city, then counties, then units, by adcode and id.
    """
    rules = [rule for rule in pack.rules if isinstance(rule, IndicatorRule)]
    tables = [indicator.measure(rule, facts).assign(unit=rule.measure) for rule in rules]
    held = [table for table in tables if len(table)]
    if not held:
        return pd.DataFrame({name: [] for name in COLUMNS})
    table = pd.concat(held, ignore_index=True)
    order = {rule.id: number for number, rule in enumerate(rules)}
    level = {"city": 0, "county": 1, "unit": 2}
    keys = pd.DataFrame(
        {
            "rule": table["indicator"].map(order),
            "level": table["subject_kind"].map(level),
            "adcode": table["adcode"].fillna("~").astype("str"),
            "subject": table["subject"].astype("str"),
        }
    )
    rows = keys.sort_values(list(keys.columns), kind="stable").index
    return table.loc[rows, list(COLUMNS)].reset_index(drop=True)
