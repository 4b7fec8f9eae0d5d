"""What the stations of a city have within reach, and how much that is in each hour."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stationmap import covering
from stationmap.checks.facts import COUNTY
from stationmap.checks.spacing import Spacing
from stationmap.city import inspected
from stationmap.city.answers import Answers
from stationmap.covering import HOURS, ByHour, F, I, Pieces, times
from stationmap.errors import InputError
from stationmap.planning.demand import COMMUNITIES, FACILITIES, GROUPS, PEOPLE, demand_of
from stationmap.planning.serving import lonlat, pairs
from stationmap.standards.tables import categories
from stationmap.stations import counting

FRONTAGE = "frontage"
BUILT, EFFECTIVE = "built", "effective"
KIND, KEPT = "coverage", 6

I8 = NDArray[np.int8]


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
    unplaced : (groups,) float64
        Weight of demand whose place is not known, which is in none of the above.
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
    unplaced: F
    straight: bool = False


class Figures:
    """What is covered by the stations of a city on a day, whatever is asked of supplies.

    Attributes
    ----------
    ground : Ground
    monday : date
        Of the week, whose days are taken for ordinary ones.
    """

    def __init__(self, answers: Answers, ground: Ground, *, today: dt.date) -> None:
        self._answers, self._today = answers, today
        self.ground = ground
        self.monday = today - dt.timedelta(days=today.weekday())
        self._kept: dict[tuple[str, ...], dict[str, dict[str, ByHour]]] = {}

    def of(self, supplies: tuple[str, ...]) -> dict[str, dict[str, ByHour]]:
        """Return figures by hour ("hours") and at any hour ("any"): built, effective if known."""
        if supplies not in self._kept:
            self._kept[supplies] = {
                name: self._by_hour(self.supplied(supplies, serves))
                for name, serves in self.serving.items()
            }
        return self._kept[supplies]

    def _by_hour(self, has: I8) -> dict[str, ByHour]:
        ground = self.ground
        mask = np.hstack((times.both(self.open, has), has))
        found = covering.by_hour(
            mask, ground.pairs, ground.weight, ground.group, groups=len(ground.adcodes)
        )
        # what has no known place may be near any station
        perhaps = np.outer(ground.unplaced, (mask != times.CLOSED).any(axis=0))
        found = ByHour(found.weight + ground.unplaced, found.certain, found.possible + perhaps)
        return {"hours": found.columns(slice(HOURS)), "any": found.columns(slice(HOURS, None))}

    @cached_property
    def open(self) -> I8:
        """In which hours each station is open."""
        stations = self.ground.stations
        mask = covering.open_mask(stations["hours"].to_list(), monday=self.monday)
        mask[stations["station_id"].isin(self._shut()).to_numpy(dtype=bool)] = times.CLOSED
        return mask

    @cached_property
    def serving(self) -> dict[str, NDArray[np.bool_]]:
        """Which stations count: "built" all, "effective" those that serve, if that is known."""
        ids = self.ground.stations["station_id"]
        found = {BUILT: np.ones(len(ids), dtype=np.bool_)}
        if inspected.are_there(self._answers.register):
            idle = self._answers.idle(self._today)
            found[EFFECTIVE] = (~ids.isin(idle)).to_numpy(dtype=bool)
        return found

    def supplied(self, supplies: Sequence[str], serves: NDArray[np.bool_]) -> I8:
        """Whether stations serve and have some supplies: one column."""
        stations, missed = self.ground.stations, self._answers.missed_supplies()
        mask = covering.supply_mask(
            stations["supplies"].to_list(),
            [missed.get(own, ()) for own in stations["station_id"]],
            asked=supplies,
        )
        mask[~serves] = times.CLOSED
        return mask[:, None]

    def _shut(self) -> set[str]:
        """Return the stations that are closed until further notice."""
        frame = self._answers.register.snapshot.frames["closure"]
        begun = frame["from_date"] <= self._today.isoformat()
        return set(frame.loc[begun & frame["to_date"].isna(), "station_id"])


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


def figures_of(
    answers: Answers, carrier: str, *, rule: str | None, within_m: float, today: dt.date
) -> Figures:
    """Return the figures of a version of a city; see `city.coverage.CoverageAsked`.

    The last few are kept with the version.

    Raises
    ------
    PackError, CityError, InputError
        As `city.coverage.of`.
    """
    return answers.newest(
        KIND,
        _key(carrier, rule, within_m, today),
        lambda: Figures(answers, _ground(answers, carrier, rule, within_m), today=today),
        most=KEPT,
    )


def is_kept(
    answers: Answers, carrier: str, *, rule: str | None, within_m: float, today: dt.date
) -> bool:
    """Whether `figures_of` has them at hand."""
    return answers.is_kept(KIND, _key(carrier, rule, within_m, today))


def _key(carrier: str, rule: str | None, within_m: float, today: dt.date) -> tuple[object, ...]:
    return (carrier, rule, None if carrier == FRONTAGE else within_m, today)


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
        np.zeros(len(codes)),
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
    located = places.geometry.notna().to_numpy(dtype=bool)
    number, codes = _counties(places["adcode"])
    weight = places["weight"].to_numpy(dtype=np.float64)
    unplaced = np.bincount(number[~located], weight[~located], len(codes)).astype(np.float64)
    places, number, weight = (
        places[located].reset_index(drop=True),
        number[located],
        weight[located],
    )
    every = answers.stations()
    types = {kind.id for kind in answers.pack.site_types}
    active = every[counting(every, types=types)]
    network = answers.walking()
    place, station, _ = pairs(lonlat(places), lonlat(active), network, within_m)
    return Ground(
        PEOPLE if kind == PEOPLE else "places",
        None,
        places,
        weight,
        number,
        (place, station),
        codes,
        _facts(answers, active["station_id"].tolist()),
        unplaced,
        straight=not len(network.edges),
    )
