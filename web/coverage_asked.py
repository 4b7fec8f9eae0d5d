"""What of coverage an address asks for: what is covered, how far, with what, where and when."""

from dataclasses import dataclass
from threading import BoundedSemaphore, Lock
from typing import Any

import geopandas as gpd
import numpy as np
from flask import abort

from stationmap.city import coverage as covering
from stationmap.city import coverage_told as told
from stationmap.city.coverage import Coverage, CoverageAsked
from stationmap.city.coverage_ground import BUILT, EFFECTIVE, FRONTAGE, carriers
from stationmap.messages import N_
from stationmap.planning.demand import PEOPLE
from stationmap.stations import SUPPLIES
from web.params import Params
from web.view import CityView
from web.words import WebError, say

WALKS = (300, 400, 500, 800, 1000, 1200)
"""Metres on foot that can be asked for; 400 m are 5 minutes."""
USUAL_WALK = 500
FEW = 20
"""assumed: of fewer people in one place neither a number nor a name is told."""
USUAL_HOUR = (4, 19)
"""Friday after work."""
NAMES = frozenset(("of", "within", "supply", "district", "coverage", "day", "hour", "lang"))
# one at a time: walks through a whole city take a processor for seconds
_ONE, _PLACES = Lock(), BoundedSemaphore(3)


@dataclass(frozen=True)
class Shown:
    """One coverage, and the hour and the reading that are looked at.

    Attributes
    ----------
    found : Coverage
    at : (int, int)
        Day from 0 (Monday), hour.
    reading : str
        "built" or "effective".
    """

    found: Coverage
    at: tuple[int, int]
    reading: str

    @property
    def asked(self) -> CoverageAsked:
        """What was asked for."""
        return self.found.asked

    def not_covered(self) -> gpd.GeoDataFrame:
        """List what is not covered at the hour, as everybody may see it.

        Of fewer than `FEW` people in one place neither their number nor a name is told.
        """
        frame = self.found.not_covered(*self.at, effective=self.reading == EFFECTIVE)
        if self.found.ground.unit != PEOPLE:
            return frame
        few = frame["weight"] < FEW
        return frame.assign(
            name=frame["name"].mask(few, None), weight=frame["weight"].mask(few, np.nan)
        )


def shown(now: CityView, params: Params) -> Shown:
    """Read the values of a request and work out what they ask for.

    Raises
    ------
    InputError
        A value is none that can be asked for, or there is nothing to cover.
    """
    params.only(NAMES)
    kinds = carriers(now.answers)
    if not kinds:
        raise WebError(
            "There is nothing to cover yet: no streets, communities or facilities were imported."
        )
    carrier = params.one_of("of", kinds, default=kinds[0])
    within = params.one_of("within", [str(m) for m in WALKS], default=str(USUAL_WALK))
    day = params.whole("day", default=USUAL_HOUR[0] + 1, low=1, high=7) - 1
    hour = params.whole("hour", default=USUAL_HOUR[1], low=0, high=23)
    asked = CoverageAsked(
        carrier=carrier,
        rule=now.spacing_rule.id if carrier == FRONTAGE else None,
        within_m=float(within),
        supplies=_supplies(params),
        district=params.one_of("district", list(now.counties), default=""),
    )
    found = _worked_out(now, asked)
    reading = params.one_of("coverage", (BUILT, EFFECTIVE), default=BUILT)
    return Shown(found, (day, hour), reading if reading in found.readings else BUILT)


def document(now: CityView, asked: Shown, lang: str) -> dict[str, Any]:
    """Return the figures, as `city.coverage_told.document`, with what is not told to everybody."""
    said = told.document(asked.found, now.answers, at=asked.at, lang=lang)
    if asked.found.ground.unit == PEOPLE:
        few = N_("Of fewer than {few} people in one place neither the number nor a name is told.")
        said["summary"]["notes"].append(say(few, lang=lang, few=FEW))
    return said


def _worked_out(now: CityView, asked: CoverageAsked) -> Coverage:
    if covering.at_hand(now.answers, asked, now.today):
        return covering.of(now.answers, asked, now.today)
    if not _PLACES.acquire(blocking=False):
        abort(503)
    try:
        with _ONE:
            return covering.of(now.answers, asked, now.today)
    finally:
        _PLACES.release()


def _supplies(params: Params) -> tuple[str, ...]:
    """Read supplies, each by itself or several with commas between; in the office's order."""
    given = {one for text in params.values.getlist("supply") for one in text.split(",") if one}
    for one in sorted(given):
        if one not in SUPPLIES:
            raise WebError(
                "{name} is “{value}”; expected one of {expected}",
                name="supply",
                value=one[:100],
                expected=", ".join(SUPPLIES),
            )
    return tuple(supply for supply in SUPPLIES if supply in given)
