"""Units: a volunteer organisation, regular activity, an account on the platform."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stationmap.checks import words
from stationmap.checks.facts import Facts
from stationmap.checks.findings import MET, NOT_MET, UNKNOWN, Batch
from stationmap.checks.words import Said
from stationmap.messages import N_
from stationmap.standards import UnitRule

MESSAGES: Mapping[str, str] = MappingProxyType(
    {
        "unit.met": N_("{name} has: {required}"),
        "unit.lacking": N_("{name} has not: {lacking}"),
        "unit.unknown": N_("{name}: not known: {open}"),
        "unit.doubt": N_("{name}: not known whether it is a civilised unit"),
        "unit.no_units": N_("no units are known; import them, or declare them complete"),
    }
)
_REQUIRED: Mapping[str, str] = MappingProxyType(
    {
        "organisation": N_("a volunteer organisation"),
        "activity": N_("regular activity"),
        "platform": N_("an account on the platform"),
    }
)
B = NDArray[np.bool_]


def check(rule: UnitRule, facts: Facts) -> list[Batch]:
    """Say of every unit, or every civilised one, whether it has what the rule requires.

    1. Civilised units are those that the list of units names so, or that are in the layer of
       civilised units; where neither says, the unit is unknown, unless that layer is declared
       complete.
    2. An organisation is as the list says; a blank is unknown.
    3. Activity is regular if the unit, or a station of it, held one within the pack's
       ``stale_days``; without one it is lacking where activities are declared complete.
    4. A unit without a number on the platform is not on it where units are declared complete and
       the list has such numbers at all.
    5. Anything that lacks is not met; else anything that is not known leaves the unit unknown.
    """
    subjects, doubt = _subjects(rule, facts)
    if subjects.empty:
        return _nothing_known(rule, facts)
    has = {"organisation": _organisation, "activity": _activity, "platform": _platform}
    size = len(subjects)
    lacking, unsaid = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
    for bit, name in enumerate(rule.requires):
        held, known = has[name](facts, subjects)
        lacking += (known & ~held) * (1 << bit)
        unsaid += ~known * (1 << bit)
    conditions: list[tuple[B, str, str]] = [
        (doubt, UNKNOWN, "unit.doubt"),
        (lacking > 0, NOT_MET, "unit.lacking"),
        (unsaid > 0, UNKNOWN, "unit.unknown"),
    ]
    told = [condition for condition, _, _ in conditions]
    return [
        Batch(
            rule,
            "unit",
            subject_id=subjects["id"].to_numpy(dtype=object),
            subject_name=subjects["name"].to_numpy(dtype=object),
            adcode=subjects["adcode"].to_numpy(dtype=object),
            geometry=subjects["geometry"].to_numpy(dtype=object),
            state=np.select(told, [state for _, state, _ in conditions], MET),
            message=np.select(told, [message for _, _, message in conditions], "unit.met"),
            messages=MESSAGES,
            params={
                "name": words.names(subjects["name"], subjects["id"]),
                "required": words.Several([Said(_REQUIRED[name]) for name in rule.requires]),
                "lacking": _named(rule, lacking),
                "open": _named(rule, unsaid),
            },
            # no document says how often is regular
            assumed="activity" in rule.requires,
        )
    ]


def _subjects(rule: UnitRule, facts: Facts) -> tuple[pd.DataFrame, B]:
    """Return the units that the rule speaks of, and whether it is in doubt that it does."""
    zones = facts.zones[facts.zones["kind"] == "civilised_unit"]
    places = zones.dropna(subset=["name"]).drop_duplicates("name").set_index("name")["geometry"]
    table = pd.DataFrame(facts.units).astype(object)
    table["geometry"] = table["name"].map(places.to_dict()).astype(object)
    if rule.of == "civilised":
        said = table["civilised"].where(table["civilised"].notna(), None)
        in_layer = table["name"].isin(places.index)
        complete = facts.declared("civilised_unit", table["adcode"])
        doubt = said.isna() & ~in_layer & ~complete
        chosen = (said == True) | in_layer | doubt  # noqa: E712 - None is neither
        only = zones[~zones["name"].isin(table["name"])]
        table = pd.concat(
            [table[chosen], pd.DataFrame(only[["id", "name", "adcode", "geometry"]]).astype(object)]
        )
        unsure = np.append(doubt[chosen].to_numpy(dtype=bool), np.zeros(len(only), dtype=bool))
    else:
        unsure = np.zeros(len(table), dtype=bool)
    table["geometry"] = table["geometry"].where(table["geometry"].notna(), None)
    return table.reset_index(drop=True), unsure


def _organisation(facts: Facts, units: pd.DataFrame) -> tuple[B, B]:  # noqa: ARG001
    said = units["organisation"]
    return (said == True).to_numpy(dtype=bool), said.notna().to_numpy(dtype=bool)  # noqa: E712


def _activity(facts: Facts, units: pd.DataFrame) -> tuple[B, B]:
    unit_of = facts.stations.dropna(subset=["unit_id"]).set_index("station_id")["unit_id"]
    today = pd.Timestamp(facts.today)
    age = (today - facts.activities["date"].dt.normalize()).dt.days
    recent = facts.activities[((age >= 0) & (age <= facts.pack.stale_days)).to_numpy(dtype=bool)]
    active = {*recent["unit_id"].dropna(), *recent["station_id"].map(unit_of).dropna()}
    held = units["id"].isin(active).to_numpy(dtype=bool)
    return held, held | facts.declared("activities", units["adcode"])


def _platform(facts: Facts, units: pd.DataFrame) -> tuple[B, B]:
    held = units["platform_id"].notna().to_numpy(dtype=bool)
    numbered = bool(facts.units["platform_id"].notna().any())
    return held, held | (numbered & facts.declared("units", units["adcode"]))


def _named(rule: UnitRule, bits: NDArray[np.int64]) -> NDArray[np.object_]:
    lists = np.empty(1 << len(rule.requires), dtype=object)
    for value in range(len(lists)):
        named = [n for bit, n in enumerate(rule.requires) if value >> bit & 1]
        lists[value] = words.Several([Said(_REQUIRED[name]) for name in named])
    found: NDArray[np.object_] = lists[bits]
    return found


def _nothing_known(rule: UnitRule, facts: Facts) -> list[Batch]:
    if len(facts.units) or facts.declared("units", [facts.adcode])[0]:
        return []
    return [
        Batch(
            rule,
            "city",
            subject_id=[facts.adcode or facts.name],
            subject_name=facts.name,
            adcode=facts.adcode or None,
            geometry=[None],
            state=UNKNOWN,
            message="unit.no_units",
            messages=MESSAGES,
        )
    ]
