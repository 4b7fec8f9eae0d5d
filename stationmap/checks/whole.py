"""The check of a city against a standard: findings, their summary, what is assumed and missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stationmap import checks
from stationmap.checks import exempt, findings, spacing, words
from stationmap.checks.facts import Facts, stem
from stationmap.covering import effective
from stationmap.messages import N_
from stationmap.standards import Pack, Rule, SpacingRule, Text
from stationmap.stations import AS_ROLE

_NOT_VOLUNTEERS = frozenset({"population", "headcount"})  # counts of whom volunteers are a part


@dataclass(frozen=True)
class Check:
    """What the rules of a pack say of a city on a day.

    Attributes
    ----------
    pack : Pack
    facts : Facts
        What the rules looked at.
    findings : GeoDataFrame
        The findings frame, in EPSG:4326.
    summary : dict
        Counts by rule, by district and by state (see `checks.findings.summary`); ``missing``:
        layers that are not imported or not declared complete, so that something stays unknown
        (see `missing`); ``coverage``: built and effective (see `coverage`).
    exemptions : DataFrame
        All that were imported, with ``valid`` on the day.
    today : date
    """

    pack: Pack
    facts: Facts
    findings: gpd.GeoDataFrame
    summary: dict[str, Any]
    exemptions: pd.DataFrame
    today: date


def check(
    pack: Pack,
    facts: Facts,
    *,
    rules: tuple[str, ...] = (),
    district: str | None = None,
    exemptions: pd.DataFrame,
    lang: str,
) -> Check:
    """Hold a city to a pack.

    Parameters
    ----------
    pack : Pack
    facts : Facts
    rules : tuple of str
        Ids; all of the pack without any.
    district : str, optional
        Only findings in this district: its adcode, or the beginning of one.
    exemptions : DataFrame
    lang : str

    Raises
    ------
    PackError
        The pack has no rule of one of the ids.
    """
    named = [e for name in rules or (None,) for e in pack.entries(name)]
    chosen: list[Rule] = list({(e.id, e.kind): e for e in named}.values())
    frame = findings.frame(checks.run(chosen, facts), lang=lang)
    if len(exemptions):
        gaps = _gaps(chosen, facts)
        frame = exempt.spare(frame, exemptions, gaps=gaps, today=facts.today, lang=lang)
    if district is not None:
        frame = frame[frame["adcode"].fillna("").str.startswith(stem(district))].reset_index(
            drop=True
        )
    summary = findings.summary(frame, rules=chosen) | {
        "missing": missing(chosen, facts, lang=lang),
        "coverage": coverage(chosen, facts),
    }
    listed = exemptions.assign(valid=exempt.valid(exemptions, today=facts.today))
    return Check(pack, facts, frame, summary, listed, facts.today)


def coverage(rules: Sequence[Rule], facts: Facts) -> list[dict[str, Any]]:
    """Return built and effective coverage of the spacing rules among some rules.

    Returns
    -------
    list of dict
        rule_id, decides, met (by the reading that decides; None without frontage), built and
        effective: `Spacing.summary` each; effective is None while there are no inspections.
    """
    rows = []
    for rule in rules:
        if not isinstance(rule, SpacingRule) or (built := facts.spacing(rule.id)) is None:
            continue
        serving = None
        if facts.inspections is not None:
            idle = facts.active.loc[~serves(facts), "station_id"]
            serving = spacing.update(built, removed=idle.tolist()).summary()
        rows.append(
            {
                "rule_id": rule.id,
                "decides": rule.decides,
                "met": built.met(rule.decides),
                "built": built.summary(),
                "effective": serving,
            }
        )
    return rows


def serves(facts: Facts) -> NDArray[np.bool_]:
    """Tell which active stations serve; see `covering.effective`. There are inspections."""
    assert facts.inspections is not None
    return serving(
        facts.active,
        facts.inspections,
        pack=facts.pack,
        listed_on=facts.listed_on,
        entered_on=facts.entered_on,
        today=facts.today,
    )


def serving(
    active: pd.DataFrame,
    inspections: pd.DataFrame,
    *,
    pack: Pack,
    listed_on: Mapping[str, date],
    entered_on: Mapping[str, date],
    today: date,
) -> NDArray[np.bool_]:
    """Tell which of some stations serve, by the binding items of a pack; see `serves`."""
    return effective(
        active,
        asked(inspections, active, pack=pack),
        listed_on=listed(active, listed_on=listed_on, entered_on=entered_on),
        binding=binding(pack),
        stale_days=pack.stale_days,
        today=today,
    )


def listed(
    stations: pd.DataFrame, *, listed_on: Mapping[str, date], entered_on: Mapping[str, date]
) -> pd.Series:
    """Return when the facts of stations came: with their list, or written by hand; NaT else."""
    of_list = stations["source"].map(listed_on).astype(object)
    return pd.to_datetime(of_list.fillna(stations["station_id"].map(entered_on)))


def asked(inspections: pd.DataFrame, stations: pd.DataFrame, *, pack: Pack) -> pd.DataFrame:
    """Return the judgements without shortfalls that are none at a station of the type it is now.

    Parameters
    ----------
    inspections : DataFrame
        See `checks.facts.Facts`.
    stations : DataFrame
        station_id and type of all stations that are meant.
    pack : Pack
        Says of which types each line is asked.
    """
    every = [one.id for one in pack.site_types]
    elsewhere = [
        (item.id, number, kind)
        for item in pack.items
        for number, types in ((0, ()), *((part.number, part.site_types) for part in item.part))
        for kind in every
        if (item.site_types and kind not in item.site_types) or (types and kind not in types)
    ]
    wrong = inspections[(inspections["state"] == "not_met").to_numpy(dtype=bool)]
    kinds = stations.set_index("station_id")["type"].reindex(wrong["station_id"])
    of_kind = pd.MultiIndex.from_arrays([wrong["item"], wrong["part"], kinds.to_numpy()])
    return inspections.drop(index=wrong.index[of_kind.isin(elsewhere)])


def binding(pack: Pack) -> list[tuple[str, int]]:
    """Return item and part of every judgement whose shortfall keeps a station from serving."""
    return [
        (item.id, number)
        for item in pack.items
        if item.force == "binding"
        for number in (0, *(part.number for part in item.part if part.force == "binding"))
    ]


def missing(rules: Sequence[Rule], facts: Facts, *, lang: str) -> list[dict[str, Any]]:
    """List what rules ask for and nobody declared complete; streets and inspections if none came.

    Returns
    -------
    list of dict
        layer (its key), name, rows (how many there are), rules (ids that ask for it).
    """
    asked: dict[str, list[str]] = {}
    for rule in rules:
        for layer in checks.layers(rule):
            asked.setdefault(layer, []).append(rule.id)
    return [
        {
            "layer": layer,
            "name": _named(layer, facts.pack).render(lang),
            "rows": _rows(facts, layer),
            "rules": list(dict.fromkeys(ids)),
        }
        for layer, ids in asked.items()
        if not _told(facts, layer)
    ]


def _named(layer: str, pack: Pack) -> words.Said | Text:
    name, _, part = layer.partition(":")
    types = {t.id: t.name for t in pack.site_types}
    if name == "stations" and part in types:
        return words.Said(N_("{layer} ({part})"), layer=words.layer(name), part=types[part])
    return words.layer(layer)


def _told(facts: Facts, layer: str) -> bool:
    if layer == "streets":
        return facts.streets() is not None and bool(facts.complete(layer))
    if layer == "inspections":
        return facts.inspections is not None
    if layer == "counts":
        return not set(facts.counts["count"]) <= _NOT_VOLUNTEERS
    return bool(facts.complete(layer) or facts.complete(layer.partition(":")[0]))


def types_as(*, own: Pack, pack: Pack) -> dict[str, str]:
    """Return for each site type of a pack the one that it compares with in another.

    A type of the same id is itself (another edition has it too). Else a head station is the other
    pack's head, or its station; a point its point, or its station.
    """
    by_role = {role: _first(pack, role) for role in AS_ROLE}
    same = {t.id for t in pack.site_types}
    return {
        t.id: t.id
        if t.id in same
        else next(filter(None, (by_role[role] for role in AS_ROLE[t.role])), t.id)
        for t in own.site_types
    }


def as_pack(stations: gpd.GeoDataFrame, *, own: Pack, pack: Pack) -> gpd.GeoDataFrame:
    """Return stations with their types in another pack's words; see `types_as`."""
    if own.id == pack.id:
        return stations
    types = types_as(own=own, pack=pack)
    return stations.assign(type=stations["type"].map(lambda t: types.get(t, t)).astype("str"))


def _first(pack: Pack, role: str) -> str | None:
    return next((t.id for t in pack.site_types if t.role == role), None)


def _gaps(rules: Sequence[Rule], facts: Facts) -> pd.DataFrame:
    frames = [
        spacing.gaps(rule)[["gap_id", "street_id", "from_m", "to_m"]]
        for rule in rules
        if isinstance(rule, SpacingRule) and (spacing := facts.spacing(rule.id)) is not None
    ]
    if not frames:
        return pd.DataFrame(columns=["gap_id", "street_id", "from_m", "to_m"])
    return pd.DataFrame(pd.concat(frames))


def _rows(facts: Facts, layer: str) -> int:
    name, _, part = layer.partition(":")
    tables: Mapping[str, pd.DataFrame] = {
        "facilities": facts.facilities,
        "units": facts.units,
        "projects": facts.projects,
        "activities": facts.activities,
        "stations": facts.stations,
        "counts": facts.counts,
    }
    if name in tables:
        table = tables[name]
        column = {"facilities": "category", "stations": "type"}.get(name)
        return int((table[column] == part).sum()) if part and column else len(table)
    return int((facts.zones["kind"] == name).sum())
