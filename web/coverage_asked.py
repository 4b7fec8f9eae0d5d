"""What of coverage an address asks for: what is covered, how far, with what, where and when."""

from dataclasses import dataclass

from stationmap.city import coverage as covering
from stationmap.city.coverage import Coverage, CoverageAsked
from stationmap.city.coverage_ground import BUILT, EFFECTIVE, FRONTAGE, carriers
from stationmap.stations import SUPPLIES
from web.params import Params
from web.view import CityView
from web.words import WebError

WALKS = (300, 400, 500, 800, 1000, 1200)
"""Metres on foot that can be asked for; 400 m are 5 minutes."""
USUAL_WALK = 500
USUAL_HOUR = (4, 19)
"""Friday after work."""


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


def shown(now: CityView, params: Params) -> Shown:
    """Read the values of a request and work out what they ask for.

    Raises
    ------
    InputError
        A value is none that can be asked for, or there is nothing to cover.
    """
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
    found = covering.of(now.answers, asked, now.today)
    reading = params.one_of("coverage", (BUILT, EFFECTIVE), default=BUILT)
    return Shown(found, (day, hour), reading if reading in found.readings else BUILT)


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
