"""Inspections as the checks take them, and the stations that do not serve by them."""

import datetime as dt
from collections.abc import Collection, Mapping

import geopandas as gpd
import pandas as pd

from stationmap.checks import whole
from stationmap.city.register import Held
from stationmap.errors import CityError
from stationmap.inspections import SELF, Checklist, judgements
from stationmap.standards import Pack


def are_there(held: Held) -> bool:
    """Whether any inspection judges a station: a unit's own checks are its own word."""
    rows = held.snapshot.frames["inspection"]
    return bool(((rows["visit"] != SELF) & rows["voided"].isna()).any())


def judged(held: Held, *, zone: str, of: Collection[str] | None = None) -> pd.DataFrame:
    """Return the newest judgement of each line at each station, or at some; see `judgements`."""
    rows = held.snapshot.frames["inspection"]
    if of is not None:
        rows = rows[rows["station_id"].isin(of)]
    return judgements(rows, checklists(held, rows["checklist"]), zone=zone)


def checklists(held: Held, wanted: pd.Series) -> dict[str, Checklist]:
    """Return the checklists by which some inspections were made, by id.

    Raises
    ------
    CityError
        One is not kept, so nobody can tell what was asked.
    """
    editions = held.snapshot.frames["checklist"]
    used = editions[editions["id"].isin(wanted)]
    found = {
        own: Checklist.of_content(content)
        for own, content in zip(used["id"], used["content"], strict=True)
    }
    if lost := sorted(set(wanted.unique()) - set(found)):
        raise CityError(
            "checklist {id}, by which stations were inspected, is missing from the register, so "
            "the inspections cannot be read; nothing of them is lost. Have the administrator put "
            "the checklist back, or the register from a backup.",
            id=lost[0],
        )
    return found


def idle(
    active: gpd.GeoDataFrame,
    judgements: pd.DataFrame,
    *,
    pack: Pack,
    listed_on: Mapping[str, dt.date],
    entered_on: Mapping[str, dt.date],
    today: dt.date,
) -> frozenset[str]:
    """Return those of some active stations that do not serve; see `checks.whole.serving`."""
    serves = whole.serving(
        active,
        judgements,
        pack=pack,
        listed_on=listed_on,
        entered_on=entered_on,
        today=today,
    )
    return frozenset(active.loc[~serves, "station_id"])
