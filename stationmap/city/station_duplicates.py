"""Stations that may stand twice in the register: near each other and alike, or of one number."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, takewhile

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rapidfuzz import fuzz
from scipy.spatial import cKDTree

from stationmap import crs
from stationmap.facilities import name_key
from stationmap.io.notes import Note
from stationmap.messages import N_

NEAR_M = 100.0
"""Alike names within this many metres (inclusive) are proposed."""

SAME_NAME_M = 500.0
"""The same name within this many metres (inclusive) is proposed."""

SAME_PLACE_M = 10.0
ALIKE = 80.0  # of 100
VERY_ALIKE = 92.0
_NEIGHBOURS = 8
_MOST_OF_ONE_NAME = 40
# what tells 有礼点1 from 有礼点2, and an east gate from a west one
_TELLING = re.compile("[0-9a-z一二三四五六七八九十百甲乙丙丁东西南北]")

LIKELY, PERHAPS = "likely", "perhaps"


@dataclass(frozen=True)
class Pair:
    """Two stations that may be one.

    Attributes
    ----------
    keep, drop : str
        Station ids; the one of which more is known is kept.
    sure : {"likely", "perhaps"}
    apart_m : float or None
        Ground metres between them; None where one has no place.
    why : Note
    """

    keep: str
    drop: str
    sure: str
    apart_m: float | None
    why: Note


def propose(frame: gpd.GeoDataFrame) -> list[Pair]:
    """Propose pairs of stations that may be one, the surest first.

    Parameters
    ----------
    frame : GeoDataFrame
        A stations frame in EPSG:4326; withdrawn stations are left aside.

    Returns
    -------
    list of Pair
        Each pair once.
    """
    table = _Table(frame[(frame["status"] != "closed").to_numpy()])
    found: dict[tuple[int, int], Pair] = {}
    for one, other in (*table.of_one_number(), *table.of_one_name(), *table.neighbours()):
        key = (min(one, other), max(one, other))
        if key not in found and (pair := table.judge(*key)):
            found[key] = pair
    return sorted(found.values(), key=_rank)


class _Table:
    """The stations as arrays."""

    def __init__(self, frame: gpd.GeoDataFrame) -> None:
        self.ids = frame["station_id"].tolist()
        self.names = [name_key(name) for name in frame["name"]]
        self.telling = ["".join(_TELLING.findall(name)) for name in self.names]
        texts = ("type", "unit", "address", "platform_id")
        plain = frame[list(texts)].astype("object").where(frame[list(texts)].notna(), None)
        self.columns = {name: plain[name].tolist() for name in texts}
        self.addresses = [name_key(address) for address in self.columns["address"]]
        self.known = frame.notna().sum(axis=1).to_numpy()
        self.placed = np.flatnonzero((~frame.geometry.isna() & ~frame.geometry.is_empty).to_numpy())
        self.xy = self._metric(frame)

    def _metric(self, frame: gpd.GeoDataFrame) -> NDArray[np.float64]:
        xy = np.full((len(frame), 2), np.nan)
        if len(self.placed):
            points = frame.geometry.iloc[self.placed]
            west, south, east, north = points.total_bounds
            here = points.to_crs(crs.local_crs([west, east], [south, north]))
            xy[self.placed] = np.column_stack([here.x, here.y])
        return xy

    def of_one_number(self) -> Iterator[tuple[int, int]]:
        """Stations of one number on the volunteer platform."""
        return self._within(pd.Series(self.columns["platform_id"], dtype="object"))

    def of_one_name(self) -> Iterator[tuple[int, int]]:
        return self._within(pd.Series([name or None for name in self.names], dtype="object"))

    def _within(self, keys: "pd.Series[str]") -> Iterator[tuple[int, int]]:
        several = keys[keys.notna() & keys.duplicated(keep=False)]
        for rows in several.groupby(several).indices.values():
            if len(rows) <= _MOST_OF_ONE_NAME:
                yield from combinations(several.index[rows].tolist(), 2)

    def neighbours(self) -> Iterator[tuple[int, int]]:
        """Stations near each other whose names have the same numbers and sides."""
        if len(self.placed) < 2:
            return
        xy = self.xy[self.placed]
        count = min(_NEIGHBOURS + 1, len(xy))
        away, near = cKDTree(xy).query(xy, k=count, distance_upper_bound=NEAR_M * 1.01)
        row, column = np.nonzero(np.isfinite(away))
        one, other = self.placed[row], self.placed[near[row, column]]
        telling = pd.factorize(np.array(self.telling, dtype=object))[0]
        some = (one != other) & (telling[one] == telling[other])
        yield from zip(one[some].tolist(), other[some].tolist(), strict=True)

    def judge(self, one: int, other: int) -> Pair | None:
        """Say whether and why two rows may be one station."""
        apart = math.dist(self.xy[one], self.xy[other])
        away = None if math.isnan(apart) else apart
        said = self._said(one, other, away)
        if said is None:
            return None
        sure, template = said
        keep, drop = (one, other) if self.known[one] >= self.known[other] else (other, one)
        why = Note(template, {"apart_m": "" if away is None else f"{away:.0f}"})
        return Pair(self.ids[keep], self.ids[drop], sure, away, why)

    def _said(self, one: int, other: int, away: float | None) -> tuple[str, str] | None:
        if self._same("platform_id", one, other):
            return LIKELY, N_("the same number on the volunteer platform")
        if self.telling[one] != self.telling[other]:
            return None
        if self.names[one] and self.names[one] == self.names[other]:
            return self._of_same_name(one, other, away)
        if away is None or away > NEAR_M:
            return None
        if not (self.names[one] and self.names[other]):
            return None
        same_type = self._same("type", one, other)
        alike = fuzz.ratio(self.names[one], self.names[other])
        if away <= SAME_PLACE_M and same_type and self._same("unit", one, other):
            sure = LIKELY if alike >= ALIKE else PERHAPS
            return sure, N_("the same type and unit at the same place")
        apart = self._elsewhere(one, other)
        # two villages share all of their names but the village's own: nothing is one's alone
        exchanged = all(_own_parts(self.names[one], self.names[other]))
        if alike < ALIKE or (exchanged and apart):
            return None
        likely = alike >= VERY_ALIKE and same_type and not exchanged and not apart
        return (LIKELY if likely else PERHAPS), N_("the names are alike, {apart_m} m apart")

    def _of_same_name(self, one: int, other: int, away: float | None) -> tuple[str, str] | None:
        if away is None:
            if self._same("address", one, other):
                return LIKELY, N_("the same name and address, one of them without a place")
            if self._same("unit", one, other):
                return PERHAPS, N_("the same name and unit, one of them without a place")
            return None
        apart = self._elsewhere(one, other)
        if away > SAME_NAME_M or (away > NEAR_M and apart):
            return None
        sure = LIKELY if away <= NEAR_M and not apart else PERHAPS
        return sure, N_("the same name, {apart_m} m apart")

    def _elsewhere(self, one: int, other: int) -> bool:
        """Whether both give an address, and neither's is a part of the other's."""
        first, second = self.addresses[one], self.addresses[other]
        return bool(first and second) and first not in second and second not in first

    def _same(self, column: str, one: int, other: int) -> bool:
        values = self.columns[column]
        return values[one] is not None and values[one] == values[other]


def _own_parts(one: str, other: str) -> tuple[str, str]:
    """Return what two names have between the beginning and the end that they share."""
    first = _shared(one, other)
    rest = one[first:], other[first:]
    last = _shared(rest[0][::-1], rest[1][::-1])
    return rest[0][: len(rest[0]) - last], rest[1][: len(rest[1]) - last]


def _shared(one: str, other: str) -> int:
    """Count the letters with which two texts begin alike."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _rank(pair: Pair) -> tuple[bool, float, str, str]:
    away = np.inf if pair.apart_m is None else pair.apart_m
    return pair.sure != LIKELY, away, pair.keep, pair.drop
