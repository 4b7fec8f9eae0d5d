"""Coverage of a city by hour of the week, by supply and by district, built and effective.

What is covered is shop frontage, within the spacing of a station along the street, or demand
(people, communities, facilities), within some metres of one on foot.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stationmap import covering
from stationmap.checks.facts import COUNTY, stem
from stationmap.checks.spacing import Spacing
from stationmap.city import inspected
from stationmap.city.answers import Answers
from stationmap.covering import ByHour, F, I, Pieces, times
from stationmap.crs import to_wgs84
from stationmap.errors import InputError
from stationmap.linear import TICKS_PER_M, substrings
from stationmap.planning.demand import COMMUNITIES, FACILITIES, GROUPS, PEOPLE, demand_of
from stationmap.planning.serving import lonlat, pairs
from stationmap.standards.tables import categories
from stationmap.stations import SUPPLIES, counting

FRONTAGE = "frontage"
METRES_A_MINUTE = 80.0
"""assumed: what people walk in a minute."""
MOST_M = 5_000.0
NOT_COVERED = (
    *("name", "adcode", "state", "weight", "street_id", "part", "side", "from_m", "to_m"),
    "geometry",
)
BUILT, EFFECTIVE = "built", "effective"

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


@dataclass(frozen=True)
class Ground:
    """What the stations of a city have within reach, whenever they are open.

    Attributes
    ----------
    unit : str
        "m", with weights in ticks of 0.1 mm, "people" or "places".
    pieces : Pieces or None
        Of frontage.
    places : GeoDataFrame or None
        Of demand, as `demand_of` gives it, with a place each.
    weight, group : (n,)
        Of each piece or place; groups are numbers in `adcodes`.
    pairs : (carrier, station) of (k,) int64
    adcodes : tuple of str
        Of the counties.
    stations : DataFrame
        station_id, hours, supplies of the stations, numbered as in `pairs`.
    straight : bool
        Distances are straight lines, as the city has nothing to walk on.
    """

    unit: str
    pieces: Pieces | None
    places: gpd.GeoDataFrame | None
    weight: F | I
    group: I
    pairs: tuple[I, I]
    adcodes: tuple[str, ...]
    stations: pd.DataFrame
    straight: bool = False


class Coverage:
    """The coverage of one version of a city on a day.

    Attributes
    ----------
    asked : CoverageAsked
    ground : Ground
    monday : date
        Of the week, whose days are taken for ordinary ones.
    """

    def __init__(
        self, answers: Answers, asked: CoverageAsked, *, today: dt.date, ground: Ground
    ) -> None:
        self._answers, self._today = answers, today
        self.asked, self.ground = asked, ground
        self.monday = today - dt.timedelta(days=today.weekday())
        within = [code.startswith(stem(asked.district)) for code in ground.adcodes]
        self.groups = np.flatnonzero(np.array(within, dtype=np.bool_))

    @cached_property
    def readings(self) -> dict[str, dict[str, ByHour]]:
        """Figures by hour ("hours") and at any hour ("any"): built, and effective if known."""
        found = {}
        for name, serves in self._serving.items():
            found[name] = {
                "hours": self._by_hour(covering.times.both(self._open, self._has(serves))),
                "any": self._by_hour(self._has(serves)),
            }
        return found

    def by_supply(self) -> dict[str, dict[str, dict[str, ByHour]]]:
        """Return the same for each supply alone, over all groups chosen."""
        return {
            supply: {
                name: {
                    "hours": self._by_hour(times.both(self._open, has)).of(self.groups),
                    "any": self._by_hour(has).of(self.groups),
                }
                for name, serves in self._serving.items()
                for has in (self._supplied((supply,), serves),)
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
        serves = self._serving.get(EFFECTIVE if effective else BUILT, self._serving[BUILT])
        mask = times.both(self._open[:, [day * 24 + hour]], self._has(serves))[:, 0]
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
        near = np.unique(self.ground.pairs[1])
        known = self._open[near]
        supplied = self._supplied(self.asked.supplies, np.ones(len(self._open), dtype=np.bool_))
        return {
            "stations": len(near),
            "hours_unknown": int((known == times.UNKNOWN).all(axis=1).sum()),
            "supplies_unknown": int((supplied[near, 0] == times.UNKNOWN).sum()),
            "not_serving": int((~self._serving[EFFECTIVE][near]).sum())
            if EFFECTIVE in self._serving
            else 0,
        }

    def _by_hour(self, mask: I8) -> ByHour:
        ground = self.ground
        return covering.by_hour(
            mask, ground.pairs, ground.weight, ground.group, groups=len(ground.adcodes)
        )

    @cached_property
    def _open(self) -> I8:
        stations = self.ground.stations
        mask = covering.open_mask(stations["hours"].to_list(), monday=self.monday)
        mask[stations["station_id"].isin(self._shut()).to_numpy(dtype=bool)] = times.CLOSED
        return mask

    def _shut(self) -> set[str]:
        """Return the stations that are closed until further notice."""
        frame = self._answers.register.snapshot.frames["closure"]
        begun = frame["from_date"] <= self._today.isoformat()
        return set(frame.loc[begun & frame["to_date"].isna(), "station_id"])

    @cached_property
    def _serving(self) -> dict[str, NDArray[np.bool_]]:
        ids = self.ground.stations["station_id"]
        found = {BUILT: np.ones(len(ids), dtype=np.bool_)}
        if inspected.are_there(self._answers.register):
            idle = self._answers.idle(self._today)
            found[EFFECTIVE] = (~ids.isin(idle)).to_numpy(dtype=bool)
        return found

    def _has(self, serves: NDArray[np.bool_]) -> I8:
        return self._supplied(self.asked.supplies, serves)

    def _supplied(self, supplies: Sequence[str], serves: NDArray[np.bool_]) -> I8:
        """Whether stations serve and have some supplies: one column."""
        stations, missed = self.ground.stations, self._answers.missed_supplies()
        mask = covering.supply_mask(
            stations["supplies"].to_list(),
            [missed.get(own, ()) for own in stations["station_id"]],
            asked=supplies,
        )
        mask[~serves] = times.CLOSED
        return mask[:, None]

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


# ------------------------------------------------------------------- what is within reach


def carriers(answers: Answers) -> list[str]:
    """List what a city has to be covered: frontage, people, communities, kinds of facilities.

    Groups of people are left out: where few of them live is not for everybody.
    """
    found = [FRONTAGE] if answers.has_spacing else []
    if answers.demand().geometry.notna().any():
        found.append(PEOPLE)
    zones = answers.zones()
    if ((zones["kind"] == "community") & zones.geometry.notna()).any():
        found.append(COMMUNITIES)
    present = set(answers.facilities()["category"])
    return found + [f"{FACILITIES}:{name}" for name in categories() if name in present]


@lru_cache(maxsize=4)
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
    ground = _ground(answers, asked.carrier, asked.rule, _metres(asked.within_m))
    found = Coverage(answers, asked, today=today, ground=ground)
    if asked.district and not len(found.groups):
        raise InputError(
            "there is nothing to cover in {district}; the districts with some are {known}",
            district=asked.district,
            known=", ".join(ground.adcodes) or "–",
        )
    return found


def _metres(within_m: float) -> float:
    if not 0 < within_m <= MOST_M:
        raise InputError(
            "the longest walk is {value} m; expected more than 0 and at most {most}",
            value=f"{within_m:g}",
            most=f"{MOST_M:g}",
        )
    return within_m


@lru_cache(maxsize=4)
def _ground(answers: Answers, carrier: str, rule: str | None, within_m: float) -> Ground:
    if carrier == FRONTAGE:
        return _frontage(answers, answers.spacing(rule))
    if carrier.partition(":")[0] not in (PEOPLE, COMMUNITIES, FACILITIES):
        raise InputError(
            "{option} is “{value}”; expected one of {expected}",
            option="demand",
            value=carrier,
            expected=f"{FRONTAGE}, {PEOPLE}, {COMMUNITIES}, {FACILITIES}:CATEGORY",
        )
    return _demand(answers, carrier, within_m)


def _frontage(answers: Answers, spacing: Spacing) -> Ground:
    prepared = spacing.prepared
    matches = spacing.matches_of(np.arange(len(prepared.lines)))
    placed, row = matches.on_kerbs(prepared.sides)
    numbers, station = np.unique(matches.station[row], return_inverse=True)
    ids = [spacing.stations.id_of(number) for number in numbers.tolist()]
    stretches = prepared.stretches
    some = np.flatnonzero(stretches.frontage_ticks > 0)
    spans = tuple(
        column[some] for column in (stretches.kerb, stretches.low, stretches.high, stretches.adcode)
    )
    counties, codes = _counties(pd.Series(prepared.adcodes, dtype="str"))
    cut = covering.pieces(
        (spans[0], spans[1], spans[2], counties[spans[3]]),
        (placed.kerb, placed.at_m, station.astype(np.int64)),
        reach_m=prepared.spacing_m,
        length_m=prepared.length_m,
        closed=prepared.closed,
    )
    return Ground(
        "m",
        cut,
        None,
        cut.length,
        cut.group,
        cut.pairs,
        codes,
        _facts(answers, ids),
    )


def _counties(adcodes: pd.Series) -> tuple[I, tuple[str, ...]]:
    number, codes = pd.factorize(adcodes.fillna("").str[:COUNTY], sort=True)
    return number.astype(np.int64), tuple(codes)


def _facts(answers: Answers, ids: Sequence[str]) -> pd.DataFrame:
    frame = answers.stations()[["station_id", "hours", "supplies"]]
    found = frame.set_index("station_id", drop=False).loc[list(ids)].reset_index(drop=True)
    return pd.DataFrame(found.astype("object").where(found.notna(), None))


def _demand(answers: Answers, carrier: str, within_m: float) -> Ground:
    kind, _, group = carrier.partition(":")
    people = answers.demand()
    if kind == PEOPLE and group:
        if group not in GROUPS:
            raise InputError(
                "{option} is “{value}”; expected one of {expected}",
                option="demand",
                value=carrier,
                expected=", ".join(f"{PEOPLE}:{one}" for one in GROUPS),
            )
        people = people.assign(people=people[group].fillna(0.0))
    places = demand_of(
        PEOPLE if kind == PEOPLE else carrier,
        demand=people,
        zones=answers.zones(),
        facilities=answers.facilities(),
    )
    places = places[places.geometry.notna()].reset_index(drop=True)
    number, codes = _counties(places["adcode"])
    every = answers.stations()
    types = {kind.id for kind in answers.pack.site_types}
    active = every[counting(every, types=types)]
    network = answers.walking()
    place, station, _ = pairs(lonlat(places), lonlat(active), network, within_m)
    return Ground(
        PEOPLE if kind == PEOPLE else "places",
        None,
        places,
        places["weight"].to_numpy(dtype=np.float64),
        number,
        (place, station),
        codes,
        _facts(answers, active["station_id"].tolist()),
        straight=not len(network.edges),
    )
