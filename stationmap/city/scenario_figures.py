"""What a scenario would change along the streets: figures before and after, gaps closed and new."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from stationmap.city.answers import Answers
from stationmap.city.districts import with_adcode
from stationmap.city.scenarios import Scenario, host_names, kind_of, left_out
from stationmap.city.what_if import can_tell, what_if
from stationmap.crs import WGS84
from stationmap.planning.changes import Change
from stationmap.planning.whatif import Finding
from stationmap.standards import SpacingRule

MOST = 2000
"""Gaps up to which all of them are told."""
CHANGED = (
    "station_id",
    "kind",
    "name",
    "type",
    "status",
    "host_id",
    "adcode",
    "from_lon",
    "from_lat",
    "geometry",
)


@dataclass(frozen=True)
class Figures:
    """The city as it is, and as it would be with a scenario's stations in operation.

    Attributes
    ----------
    rule : SpacingRule or None
        None where the city has no streets or no spacing rule.
    before, after : mapping
        See `Spacing.summary`; empty without a rule.
    closed, new : GeoDataFrame or None
        Gaps (EPSG:4326) that would be no more, and that would be instead of them.
    remaining : GeoDataFrame or None
        All gaps that there would be, `new` among them; None where they are more than `MOST`.
    solved, caused : tuple of Finding
        Shortfalls of all rules that would be no more, and that would be new, as far as they can be
        told (`can_tell`).
    left_out : tuple of str
        Stations of the scenario that are not in the register any more: it goes without them.
    """

    rule: SpacingRule | None
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    closed: gpd.GeoDataFrame | None
    new: gpd.GeoDataFrame | None
    remaining: gpd.GeoDataFrame | None
    solved: tuple[Finding, ...]
    caused: tuple[Finding, ...]
    left_out: tuple[str, ...]


def figures(answers: Answers, scenario: Scenario, *, lang: str = "zh") -> Figures:
    """Work out a scenario's figures.

    Stations count as they do for the rules; new ones as if they were built.

    Parameters
    ----------
    answers : Answers
    scenario : Scenario
    lang : str
        Of the sentences of findings.
    """
    changes, gone = left_out(answers, scenario)
    found = what_if(answers, lang=lang).after(changes)
    differ = [
        (was, now)
        for was, now in found.findings()
        if (one := now or was) is not None
        and can_tell(one, changes)
        and _falls_short(was) != _falls_short(now)
    ]
    solved = tuple(was for was, now in differ if was is not None and not _falls_short(now))
    caused = tuple(now for _, now in differ if now is not None and _falls_short(now))
    rule = _rule(answers, scenario)
    if rule is None or rule.id not in found.spacing:
        return Figures(None, {}, {}, None, None, None, solved, caused, gone)
    before, after = found.summaries(rule.id)
    was = answers.gaps(rule.id)
    return Figures(
        rule,
        before,
        after,
        was[was["gap_id"].isin(found.gone(rule.id)).to_numpy(dtype=bool)],
        found.new(rule.id),
        found.spacing[rule.id].gaps(rule) if after["gaps"] <= MOST else None,
        solved,
        caused,
        gone,
    )


def _falls_short(finding: Finding | None) -> bool:
    return finding is not None and finding.state == "not_met"


def changed(answers: Answers, changes: tuple[Change, ...]) -> gpd.GeoDataFrame:
    """Return the stations of some changes as they would be.

    Parameters
    ----------
    answers : Answers
    changes : tuple of Change
        Of new stations, and of those that are in the register.

    Returns
    -------
    GeoDataFrame
        `CHANGED`, EPSG:4326, in the order of the changes. Unless its change says otherwise, a new
        station is active and called after its host; ``adcode`` is where it would lie, ``from_lon``
        and ``from_lat`` where one that is moved stands now.
    """
    held = answers.stations().set_index("station_id")
    hosts = host_names(answers, {change.host_id for change in changes if change.host_id})
    rows = []
    for change in changes:
        row = {} if change.is_new else held.loc[change.station_id]
        now = row.get("geometry")
        moved = change.lon is not None
        left = (now.x, now.y) if moved and now is not None else (None, None)
        rows.append(
            {
                "station_id": change.station_id,
                "kind": kind_of(change),
                "name": change.name or row.get("name") or hosts.get(change.host_id or ""),
                "type": change.type or row.get("type"),
                "status": change.status or row.get("status", "active"),
                "host_id": change.host_id,
                "adcode": row.get("adcode"),
                "from_lon": left[0],
                "from_lat": left[1],
                "geometry": shapely.Point(change.lon, change.lat) if moved else now,
            }
        )
    frame = gpd.GeoDataFrame(
        pd.DataFrame(rows, columns=list(CHANGED)).astype(
            {"from_lon": "float", "from_lat": "float"}
        ),
        geometry="geometry",
        crs=WGS84,
    )
    return with_adcode(
        frame, districts=answers.layer("districts"), city=answers.config.adcode
    ).assign(adcode=lambda made: made["adcode"].where(made["adcode"] != "nan"))


def _rule(answers: Answers, scenario: Scenario) -> SpacingRule | None:
    """Return the scenario's rule; of one that the standard has no more, the first there is."""
    known = [rule for rule in answers.pack.rules if isinstance(rule, SpacingRule)]
    first = next(iter(known), None)
    return next((rule for rule in known if rule.id == scenario.rule_id), first)
