"""Coverage of a city by hour of the week, by supply and by district, built and effective.

What is covered is shop frontage, within the spacing of a station along the street, or demand
(people, communities, facilities), within some metres of one on foot.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stationmap.checks.facts import stem
from stationmap.city.answers import Answers
from stationmap.city.coverage_ground import (
    BUILT,
    EFFECTIVE,
    FRONTAGE,
    Figures,
    figures_of,
    is_kept,
)
from stationmap.city.plans import in_district
from stationmap.covering import ByHour, I, Pieces, times
from stationmap.crs import to_wgs84
from stationmap.errors import InputError
from stationmap.linear import TICKS_PER_M, substrings
from stationmap.stations import SUPPLIES

METRES_A_MINUTE = 80.0
"""assumed: what people walk in a minute."""
MOST_M = 5_000.0
NOT_COVERED = (
    *("name", "adcode", "state", "weight", "street_id", "part", "side", "from_m", "to_m"),
    "geometry",
)

I8 = NDArray[np.int8]


@dataclass(frozen=True)
class CoverageAsked:
    """What coverage is asked for.

    Attributes
    ----------
    carrier : str
        What is to be covered: "frontage", "people", "people:GROUP" (see
        `planning.demand.GROUPS`), "communities" or "facilities:CATEGORY".
    rule : str or None
        The spacing rule of frontage, the pack's only one unless given.
    within_m : float
        The longest walk to a station, metres, inclusive; not for frontage.
    supplies : tuple of str
        What a station has to have.
    district : str
        Only what lies in it: the code of a county, or the beginning of one.
    """

    carrier: str = FRONTAGE
    rule: str | None = None
    within_m: float = 500.0
    supplies: tuple[str, ...] = ()
    district: str = ""


class Coverage:
    """The coverage of one version of a city on a day.

    Attributes
    ----------
    asked : CoverageAsked
    ground : Ground
    monday : date
        Of the week, whose days are taken for ordinary ones.
    groups : (k,) int64
        The counties that are meant, numbers in ``ground.adcodes``.
    """

    def __init__(self, answers: Answers, asked: CoverageAsked, *, figures: Figures) -> None:
        self._answers, self._figures, self.asked = answers, figures, asked
        self.ground = ground = figures.ground
        self.monday = figures.monday
        within = [code.startswith(stem(asked.district)) for code in ground.adcodes]
        self.groups = np.flatnonzero(np.array(within, dtype=np.bool_))

    @property
    def readings(self) -> dict[str, dict[str, ByHour]]:
        """Figures of all counties; see `Figures.of`."""
        return self._figures.of(self.asked.supplies)

    def by_supply(self) -> dict[str, dict[str, dict[str, ByHour]]]:
        """Return the same for each supply alone, of the counties that are meant together."""
        return {
            supply: {
                name: {key: by.of(self.groups) for key, by in one.items()}
                for name, one in self._figures.of((supply,)).items()
            }
            for supply in SUPPLIES
        }

    def not_covered(self, day: int, hour: int, *, effective: bool = False) -> gpd.GeoDataFrame:
        """List what is not covered in an hour, or only perhaps.

        Parameters
        ----------
        day : int
            0 is Monday.
        hour : int
            0 to 23.
        effective : bool
            Of the stations that serve; built where nobody can tell.

        Returns
        -------
        GeoDataFrame
            `NOT_COVERED`, EPSG:4326: state is "no", or "perhaps" where a station within reach has
            unknown hours or supplies; weight in the unit of the ground; the heaviest first.
        """
        serving = self._figures.serving
        serves = serving.get(EFFECTIVE if effective else BUILT, serving[BUILT])
        has = self._figures.supplied(self.asked.supplies, serves)
        mask = times.both(self._figures.open[:, [day * 24 + hour]], has)[:, 0]
        state = times.states(mask, self.ground.pairs, demands=len(self.ground.group))
        bare = (state != times.OPEN) & np.isin(self.ground.group, self.groups)
        rows = np.flatnonzero(bare)
        if self.ground.pieces is None:
            found = self._places(rows, state[rows])
        else:
            found = self._stretches(self.ground.pieces, rows, state)
        order = np.argsort(-found["weight"].to_numpy(), kind="stable")
        return found.iloc[order].reset_index(drop=True)

    def told_stations(self) -> dict[str, int]:
        """Count the stations that have anything within reach: all, of unknown hours, idle."""
        near, serving = np.unique(self.ground.pairs[1]), self._figures.serving
        has = self._figures.supplied(self.asked.supplies, serving[BUILT])[near, 0]
        serves = serving.get(EFFECTIVE, serving[BUILT])[near]
        return {
            "stations": len(near),
            "hours_unknown": int((self._figures.open[near] == times.UNKNOWN).all(axis=1).sum()),
            "supplies_unknown": int((has == times.UNKNOWN).sum()),
            "not_serving": int((~serves).sum()),
        }

    def _places(self, rows: I, state: I8) -> gpd.GeoDataFrame:
        ground = self.ground
        assert ground.places is not None
        frame = ground.places.iloc[rows].reset_index(drop=True)
        return self._frame(
            frame.geometry,
            name=frame["name"],
            group=ground.group[rows],
            state=state,
            weight=ground.weight[rows],
        )

    def _stretches(self, found: Pieces, rows: I, state: I8) -> gpd.GeoDataFrame:
        """Join touching pieces of one state to stretches."""
        prepared = self._answers.prepared(self.asked.rule)
        same = np.zeros(len(rows), dtype=np.bool_)
        one, two = rows[:-1], rows[1:]
        same[1:] = (
            (found.kerb[one] == found.kerb[two])
            & (found.high[one] == found.low[two])
            & (found.group[one] == found.group[two])
            & (state[one] == state[two])
        )
        begin = np.flatnonzero(~same)
        end = np.append(begin[1:], len(rows)) - 1 if len(rows) else begin
        first, last = rows[begin], rows[end]
        line, side = np.divmod(found.kerb[first], len(prepared.sides))
        from_m, to_m = found.low[first] / TICKS_PER_M, found.high[last] / TICKS_PER_M
        part = prepared.parts.iloc[line].reset_index(drop=True)
        lines = substrings(prepared.lines, line, from_m, to_m)
        return self._frame(
            to_wgs84(gpd.GeoDataFrame(geometry=lines, crs=prepared.lines.crs)).geometry,
            name=part["name"],
            group=found.group[first],
            state=state[first],
            weight=(found.high[last] - found.low[first]) / TICKS_PER_M,
            street_id=part["street_id"],
            part=part["part"],
            side=np.asarray(prepared.sides, dtype=object)[side],
            from_m=from_m,
            to_m=to_m,
        )

    def _frame(
        self, geometry: gpd.GeoSeries, *, group: I, state: I8, **columns: Any
    ) -> gpd.GeoDataFrame:
        words = np.where(state == times.UNKNOWN, "perhaps", "no")
        adcode = np.asarray([*self.ground.adcodes, ""], dtype=object)[group]
        table = pd.DataFrame({**columns, "adcode": adcode, "state": words})
        table = table.reindex(columns=NOT_COVERED[:-1])
        return gpd.GeoDataFrame(table, geometry=np.asarray(geometry), crs="EPSG:4326")


def of(answers: Answers, asked: CoverageAsked, today: dt.date) -> Coverage:
    """Work out the coverage of a version of a city.

    Raises
    ------
    PackError
        There is no such spacing rule.
    CityError
        The city has no streets.
    InputError
        A word is none of those expected, a distance is out of bounds, or there is nothing to cover.
    """
    unknown = [supply for supply in asked.supplies if supply not in SUPPLIES]
    if unknown:
        raise InputError(
            "{option} is “{value}”; expected one of {expected}",
            option="supply",
            value=unknown[0],
            expected=", ".join(SUPPLIES),
        )
    if asked.district:
        in_district(answers, asked.district)
    figures = figures_of(
        answers, asked.carrier, rule=asked.rule, within_m=_metres(asked.within_m), today=today
    )
    found = Coverage(answers, asked, figures=figures)
    if asked.district and not len(found.groups):
        raise InputError(
            "there is nothing to cover in {district}; the districts with some are {known}",
            district=asked.district,
            known=", ".join(found.ground.adcodes) or "–",
        )
    return found


def at_hand(answers: Answers, asked: CoverageAsked, today: dt.date) -> bool:
    """Whether the figures were worked out lately, so that `of` answers at once."""
    return is_kept(answers, asked.carrier, rule=asked.rule, within_m=asked.within_m, today=today)


def _metres(within_m: float) -> float:
    if not 0 < within_m <= MOST_M:
        raise InputError(
            "the longest walk is {value} m; expected more than 0 and at most {most}",
            value=f"{within_m:g}",
            most=f"{MOST_M:g}",
        )
    return within_m
