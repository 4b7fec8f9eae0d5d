"""Tables to take away: gaps and indicators, headed and worded in the reader's language."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from stationmap import indicators
from stationmap.messages import N_
from stationmap.standards import IndicatorRule
from web.indicators import scaled, source_name
from web.parts import class_name
from web.view import Bools, CityView
from web.words import say

SIDES = {"both": N_("both sides"), "left": N_("left"), "right": N_("right")}
FRONTAGES = {"shops": N_("known shops"), "assumed": N_("assumed")}
STATES = {
    "met": N_("Reached"),
    "not_met": N_("Not reached"),
    "unknown": N_("Cannot be told"),
    "not_applicable": N_("For information"),
}
UNITS = {"share": N_("%"), "mean": N_("mean"), "number": N_("number")}


def gap_table(now: CityView, keep: Bools, lang: str) -> pd.DataFrame:
    """List the gaps that are kept, those that need most points first; for a workbook."""
    lon, lat = now.gap_middles.round(now.answers.config.published.decimals).T
    gaps = now.gaps.assign(lon=lon, lat=lat)[keep].sort_values(
        ["points_needed", "length_m", "gap_id"], ascending=[False, False, True]
    )
    unnamed = say(N_("Unnamed street"), lang=lang)
    columns = {
        N_("Street name"): gaps["street_name"].replace("", unnamed).fillna(unnamed),
        N_("Class"): gaps["street_class"].map(lambda name: class_name(name, lang)),
        N_("District"): gaps["adcode"].fillna("").map(now.district_name),
        N_("Side"): gaps["side"].map({side: say(name, lang=lang) for side, name in SIDES.items()}),
        N_("From, m"): gaps["from_m"].round(1),
        N_("To, m"): gaps["to_m"].round(1),
        N_("Length, m"): gaps["length_m"].round(1),
        N_("Points needed"): gaps["points_needed"],
        N_("Shop frontage"): gaps["frontage"].map(
            {known: say(name, lang=lang) for known, name in FRONTAGES.items()}
        ),
        N_("Document"): gaps["document"],
        N_("Clause"): gaps["clause"],
        N_("Code of gap"): gaps["gap_id"],
        N_("Longitude"): gaps["lon"],
        N_("Latitude"): gaps["lat"],
    }
    return _worded(columns, lang)


def indicator_table(now: CityView, lang: str) -> pd.DataFrame:
    """List the figures of all indicators: of the city, its counties and units."""
    rules = {rule.id: rule for rule in now.pack.rules if isinstance(rule, IndicatorRule)}
    frame = indicators.frame(now.pack, now.answers.facts(today=now.today))
    own = [rules[rule_id] for rule_id in frame["indicator"]]

    def level(name: str) -> list[float]:
        pairs = zip(frame[name].astype("float64"), own, strict=True)
        return [np.nan if np.isnan(value) else scaled(value, rule) for value, rule in pairs]

    columns = {
        N_("Indicator"): [rule.name.get(lang) for rule in own],
        N_("Name"): frame["name"],
        N_("District"): frame["adcode"].fillna("").map(now.district_name),
        N_("Period"): frame["period"],
        N_("Value"): level("value"),
        N_("Target"): level("target"),
        N_("Unit of measure"): frame["unit"].map(lambda unit: say(UNITS[unit], lang=lang)),
        N_("State"): frame["state"].map(lambda state: say(STATES[state], lang=lang)),
        N_("Count so far"): frame["numerator"],
        N_("Of"): frame["denominator"],
        N_("Needed"): frame["needed"],
        N_("Source"): frame["source"].map(lambda source: source_name(source, lang)),
        N_("Document"): [rule.clause.document for rule in own],
        N_("Clause"): [rule.clause.article for rule in own],
        N_("Rule"): frame["indicator"],
    }
    return _worded(columns, lang)


def _worded(columns: Mapping[str, Any], lang: str) -> pd.DataFrame:
    said = {say(name, lang=lang): np.asarray(values) for name, values in columns.items()}
    return pd.DataFrame(said)
