"""What a version of a city tells of the stations near a place: see `stationmap.city.near`."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pandas as pd
import shapely

from stationmap.city import restocking
from stationmap.city.near import Nearby
from stationmap.city.near_places import TOILET, Facts, Paths, Places
from stationmap.city.register import Held
from stationmap.inspections import COVERT, SELF

if TYPE_CHECKING:
    from stationmap.city.answers import Answers

# assumed: borders are no better than this, about 200 m
_BORDER_DEG = 0.002


def nearby(answers: "Answers") -> Nearby:
    """Prepare a version of a city for being asked what is near."""
    held = answers.register
    return Nearby(
        answers.near_places(),
        Facts(
            closures=_closures(held),
            short=_short(held),
            missed=answers.missed_supplies(),
            checked_on=answers.checked_on,
        ),
        paths=answers.near_paths,
        area=answers.near_area(),
        zone=answers.config.time_zone,
        calendar=answers.calendar,
    )


def places(answers: "Answers", crs: Any) -> Places:
    """Take the stations of a version, and the toilets near them."""
    facilities = answers.facilities()
    toilets = facilities.geometry[(facilities["category"] == TOILET).to_numpy(dtype=bool)]
    return Places(answers.stations(), toilets=toilets, crs=crs)


def paths(answers: "Answers", step_free: bool, former: Paths | None) -> Paths | None:  # noqa: FBT001
    """Find the ways to the stations of a version, or go on with those of the version before.

    None where the city has no network.
    """
    network, here = answers.walking(), answers.near_places()
    if not len(network.edges) or not network.length_m:
        return None
    if former is not None and former.places.same_places(here):
        return former
    return Paths(network, here, step_free=step_free)


def area(answers: "Answers") -> Any:
    """Return the city in degrees, a little widened; None where nobody knows.

    Its districts together; without any, the window of what the map has.
    """
    shapes = answers.layer("districts").geometry.dropna().to_numpy()
    if len(shapes):
        found = shapely.buffer(shapely.union_all(shapely.make_valid(shapes)), _BORDER_DEG)
    else:
        extent = answers.extent()
        if extent is None:
            return None
        found = shapely.buffer(shapely.box(*extent), _BORDER_DEG, join_style="mitre")
    shapely.prepare(found)
    return found


def checked_on(rows: pd.DataFrame, *, zone: str, today: dt.date) -> dict[str, dt.date]:
    """Return the day of the newest inspection of each station, by the clocks of `zone`.

    A unit's own checks and voided ones do not count, nor unannounced visits of the day itself: the
    next stops of their round lie near.
    """
    clock = ZoneInfo(zone)
    begins = dt.datetime.combine(today, dt.time(), tzinfo=clock).astimezone(dt.UTC)
    hidden = (rows["visit"] == COVERT) & (rows["at"] >= begins.isoformat(timespec="milliseconds"))
    rows = rows[((rows["visit"] != SELF) & rows["voided"].isna() & ~hidden).to_numpy(dtype=bool)]
    newest = rows.groupby("station_id", sort=False)["at"].max()
    return {
        own: dt.datetime.fromisoformat(at).astimezone(clock).date()
        for own, at in zip(newest.index, newest, strict=True)
    }


def _closures(held: Held) -> Mapping[str, list[Mapping[str, Any]]]:
    frame = held.snapshot.frames["closure"]
    names = ["station_id", "from_date", "to_date", "reason"]
    found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for own, first, last, reason in zip(*(frame[n].tolist() for n in names), strict=True):
        to_date = last if isinstance(last, str) else None
        found[own].append({"from_date": first, "to_date": to_date, "reason": reason})
    return dict(found)


def _short(held: Held) -> Mapping[str, tuple[str, ...]]:
    frame = held.snapshot.frames["restock"]
    frame = frame[(frame["state"] == restocking.SHORT).to_numpy(dtype=bool)]
    found: dict[str, tuple[str, ...]] = defaultdict(tuple)
    for own, supply in zip(frame["station_id"].tolist(), frame["supply"].tolist(), strict=True):
        found[own] = tuple(dict.fromkeys([*found[own], supply]))
    return dict(found)
