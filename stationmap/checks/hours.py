"""Hours: stations state their opening hours, open as long as the model, with someone on duty."""

from collections.abc import Mapping
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stationmap import hours
from stationmap.checks import words
from stationmap.checks.facts import Facts
from stationmap.checks.findings import MET, NOT_MET, UNKNOWN, Batch
from stationmap.checks.subjects import listed_completely, of_types, station_batch
from stationmap.errors import PackError
from stationmap.hours import Hours
from stationmap.messages import N_
from stationmap.standards import HoursRule

MESSAGES: Mapping[str, str] = MappingProxyType(
    {
        "hours.met": N_("{name} states its opening hours: {said}"),
        "hours.none": N_("{name} states no opening hours"),
        "hours.none_undeclared": N_(
            "the opening hours of {name} are not known; the list of stations is not declared "
            "complete"
        ),
        "hours.unread": N_(
            "{name}: the opening hours {said} cannot be read; write them like 周一至周五 8:30-17:30"
        ),
        "hours.model": N_("{name} is open for all of the model hours: {said}"),
        "hours.short": N_("{name} lacks {lacking:.1f} h a week of the model hours: {days}"),
        "hours.on_duty": N_("{name}: a volunteer is on duty throughout the opening hours"),
        "hours.off_duty": N_("{name}: an inspection found no volunteer on duty"),
        "hours.duty_unknown": N_(
            "{name}: no inspection tells whether a volunteer is on duty throughout"
        ),
    }
)
_DAYS = (
    N_("Mon {hours:g} h"),
    N_("Tue {hours:g} h"),
    N_("Wed {hours:g} h"),
    N_("Thu {hours:g} h"),
    N_("Fri {hours:g} h"),
    N_("Sat {hours:g} h"),
    N_("Sun {hours:g} h"),
)

O = NDArray[np.object_]  # noqa: E741


def check(rule: HoursRule, facts: Facts) -> list[Batch]:
    """Say of every active station of the rule's types whether its hours are as they should be.

    1. Hours that are not stated are not met where the stations of the type are declared complete,
       unknown elsewhere; hours that cannot be read are unknown.
    2. With a model, every minute of the model week outside holidays has to be open;
       ``measured`` is what lacks, in hours a week.
    3. With ``on_duty``, the newest judgement of the checklist item of the same requirement tells;
       without one it is unknown. So it is if the item failed as a whole, and the rule names one of
       its lines. Hours that are not stated are then a shortfall of advisory force, and assumed: a
       document that wants someone on duty does not say that the hours have to be written down.

    Raises
    ------
    PackError
        The model cannot be read.
    """
    stations = of_types(facts, rule.site_types)
    said = stations["hours"].to_numpy(dtype=object)
    stated = stations["hours"].fillna("").astype(str).str.strip().ne("").to_numpy(dtype=bool)
    read = np.array([hours.parse(t) if s else None for t, s in zip(said, stated, strict=True)], "O")
    can = np.array([h is not None for h in read], dtype=bool)
    lacking, days = _lacking(read, _model(rule))
    duty = _duty(rule, facts, stations)
    good = np.full(len(stations), "hours.model" if rule.model else "hours.met", dtype=object)
    if rule.on_duty:
        good[:] = "hours.on_duty"
    complete = listed_completely(facts, stations)
    reasons: list[tuple[NDArray[np.bool_], str, str]] = [
        (duty == NOT_MET, NOT_MET, "hours.off_duty"),
        (lacking > 0, NOT_MET, "hours.short"),
        (~stated & complete, NOT_MET, "hours.none"),
        (~stated, UNKNOWN, "hours.none_undeclared"),
        (~can, UNKNOWN, "hours.unread"),
        (duty == UNKNOWN, UNKNOWN, "hours.duty_unknown"),
    ]
    conditions = [reason[0] for reason in reasons]
    message = np.select(conditions, [reason[2] for reason in reasons], good)
    read_into = (message == "hours.none") & rule.on_duty
    return [
        station_batch(
            rule,
            stations,
            state=np.select(conditions, [reason[1] for reason in reasons], MET),
            message=message,
            messages=MESSAGES,
            params={
                "name": words.names(stations["name"], stations["station_id"]),
                "said": said,
                "lacking": lacking,
                "days": days,
            },
            measured=lacking,
            limit=0.0 if rule.model else np.nan,
            unit="h",
            force=np.where(read_into, "advisory", rule.force),
            assumed=read_into | bool(rule.assumed),
        )
    ]


def _model(rule: HoursRule) -> Hours | None:
    if rule.model is None:
        return None
    model = hours.parse(rule.model)
    if model is None:
        raise PackError(
            "rule {rule_id}: the model hours {model} cannot be read; write them in "
            "OpenStreetMap's syntax, such as Mo-Fr 08:30-17:30",
            rule_id=rule.id,
            model=rule.model,
        )
    return model


def _lacking(read: O, model: Hours | None) -> tuple[NDArray[np.float64], O]:
    """Return the hours a week of the model that each lacks, and their weekdays in words."""
    lacking = np.full(len(read), np.nan)
    days: O = np.full(len(read), "", dtype=object)
    known: dict[Hours, tuple[int, ...]] = {}
    for row, own in enumerate(read):
        if own is None or model is None:
            continue
        minutes = known.get(own)
        if minutes is None:
            minutes = known[own] = own.covers(model)
        lacking[row] = sum(minutes) / 60
        days[row] = words.Several(
            [
                words.Said(template, hours=round(lost / 60, 1))
                for template, lost in zip(_DAYS, minutes, strict=True)
                if lost
            ]
        )
    return lacking, days


def _duty(rule: HoursRule, facts: Facts, stations: gpd.GeoDataFrame) -> O:
    """Return what the newest inspection says of the duty at each station."""
    found: O = np.full(len(stations), MET, dtype=object)
    if not rule.on_duty:
        return found
    requirement = rule.id.partition(".")[0]
    items = [i.id for i in facts.pack.items if i.id.partition(".")[0] == requirement]
    found[:] = UNKNOWN
    if facts.inspections is None:
        return found
    rows = facts.inspections
    rows = rows[rows["item"].isin(items) & rows["part"].isin([0, rule.duty_part])]
    newest = rows.sort_values(["at", "item", "part"], kind="stable").drop_duplicates(
        "station_id", keep="last"
    )
    failed = newest["state"] == NOT_MET
    tells = (newest["state"] == MET) | (failed & (newest["part"] == rule.duty_part))
    told = pd.Series(newest["state"].to_numpy(object), index=newest["station_id"])
    seen = stations["station_id"].map(told[tells.to_numpy(dtype=bool)].to_dict()).astype(object)
    return np.asarray(seen.where(seen.notna(), UNKNOWN), dtype=object)
