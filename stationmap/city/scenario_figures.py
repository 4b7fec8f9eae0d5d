"""What a scenario would change along the streets: figures before and after, gaps closed and new."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from stationmap import stations
from stationmap.checks import spacing
from stationmap.city.answers import Answers
from stationmap.city.districts import with_adcode
from stationmap.city.scenarios import Scenario, host_names, kind_of, left_out
from stationmap.crs import WGS84, to_metric
from stationmap.planning.changes import Change
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
    rule : SpacingRule
    before, after : mapping
        See `Spacing.summary`.
    closed, new : GeoDataFrame
        Gaps (EPSG:4326) that would be no more, and that would be instead of them.
    remaining : GeoDataFrame or None
        All gaps that there would be, `new` among them; None where they are more than `MOST`.
    left_out : tuple of str
        Stations of the scenario that are not in the register any more: it goes without them.
    """

    rule: SpacingRule
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    closed: gpd.GeoDataFrame
    new: gpd.GeoDataFrame
    remaining: gpd.GeoDataFrame | None
    left_out: tuple[str, ...]


def figures(answers: Answers, scenario: Scenario) -> Figures | None:
    """Work out a scenario's figures; None where the city has no streets or no spacing rule.

    Stations count as they do for the rule (active ones); new ones as if they were built.
    """
    if not answers.has_spacing:
        return None
    rule = _rule(answers, scenario)
    changes, gone = left_out(answers, scenario)
    was = answers.spacing(rule.id)
    frame = changed(answers, changes)
    counts = stations.counting(frame, types=rule.counts)
    here = to_metric(frame.loc[counts, ["station_id", "geometry"]], answers.crs())
    would = spacing.update(
        was, moved=here, removed=set(frame["station_id"]).difference(here["station_id"])
    )
    lines = sorted(would.changed)
    old, new = was.gaps(rule, lines=lines), would.gaps(rule, lines=lines)
    return Figures(
        rule=rule,
        before=was.summary(),
        after=would.summary(),
        closed=old[~old["gap_id"].isin(new["gap_id"]).to_numpy()],
        new=new[~new["gap_id"].isin(old["gap_id"]).to_numpy()],
        remaining=would.gaps(rule) if would.summary()["gaps"] <= MOST else None,
        left_out=gone,
    )


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


def _rule(answers: Answers, scenario: Scenario) -> SpacingRule:
    """Return the scenario's rule; of one that the standard has no more, the first there is."""
    known = [rule for rule in answers.pack.rules if isinstance(rule, SpacingRule)]
    return next((rule for rule in known if rule.id == scenario.rule_id), known[0])
