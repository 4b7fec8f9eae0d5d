"""Where each hypothesis puts a table's places, and where random shifts of the whole table do.

A shift moves all places together, so that their clusters, and those of the atlas, are in the null
as they are in the data. Shifts start from the mean of the hypothesised positions, reach
`SHIFT_REACH_M` and keep `SHIFT_CLEAR_M` away from every hypothesis. The seed is fixed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray

from stationmap.crs import WGS84, F, convert, local_crs

HYPOTHESES = ("wgs84", "gcj02", "bd09")
FEWEST_PLACES = 6  # distinct places that a table needs for any verdict
APART_M = 150.0  # datums closer than this cannot be told from each other

SEED = 2018
SHIFTS = 499
SHIFT_REACH_M = 1_500.0
SHIFT_CLEAR_M = 200.0
MOST_PLACES = 1_000

I = NDArray[np.int64]  # noqa: E741 - beside F
B = NDArray[np.bool_]
Words = NDArray[np.object_]


@dataclass(frozen=True)
class Support:
    """What one kind of evidence says for one hypothesis.

    Attributes
    ----------
    matches : int
        Facility: places within 100 m of one of the same name or category. District: places inside
        the district they state. Street: places within 25 m of a street.
    distinct : int
        Facility: matches that are no neighbours (one for each cell of 200 m); else as `matches`.
    by_name : int
        Facility: matches that rest on the name; else 0.
    points_used : int
        Places that can bear witness: in reach of the atlas, those of one spot counted once.
    expected : float
        Matches at a random shift, on average.
    median_m : float
        Facility: median distance of the matches. District: median distance of the places outside
        to their district. Street: median distance of all places. Metres; NaN when there is none.
    p_chance : float
        Share of random shifts that fit at least as well; never below 1 / (shifts + 1).
    weight : float
        Nats: log likelihood ratio against chance, up to a constant common to all hypotheses.
        Streets: minus the mean distance in metres.
    """

    matches: int
    distinct: int
    by_name: int
    points_used: int
    expected: float
    median_m: float
    p_chance: float
    weight: float


@dataclass(frozen=True)
class Finding:
    """What one kind of evidence says for all hypotheses, and which it favours.

    Attributes
    ----------
    kind : {"facility", "district", "street"}
    supports : tuple of Support
        In the order of `HYPOTHESES`.
    favours : int or None
        Index of the hypothesis that it favours.
    strong : bool
        Whether overwhelmingly; else middling.
    rest : int or None
        Another hypothesis that the places not matched under the favoured one speak for.
    """

    kind: str
    supports: tuple[Support, ...]
    favours: int | None
    strong: bool = False
    rest: int | None = None


@dataclass(frozen=True)
class Places:
    """A table's places on a plane, where each hypothesis and each shift puts them.

    Attributes
    ----------
    table : DataFrame
        The n rows with coordinates.
    xy : ndarray, shape (3, n, 2)
        Metres, under `HYPOTHESES`.
    shifts : ndarray, shape (SHIFTS, 2)
        From the mean position, metres.
    apart_m : ndarray, shape (3, 3)
        Median distance between the hypotheses.
    to_plane : pyproj.Transformer
        From EPSG:4326.
    """

    table: pd.DataFrame
    xy: F
    shifts: F
    apart_m: F
    to_plane: pyproj.Transformer

    @property
    def middle(self) -> F:
        """Mean position of each place, shape (n, 2)."""
        return np.asarray(self.xy.mean(axis=0))

    @property
    def spots(self) -> int:
        """How many places are distinct, to 25 m."""
        return len(thin(np.arange(len(self.table)), self.middle, cell_m=25.0))

    def positions(self, rows: I, *, shifts: int = SHIFTS) -> F:
        """Positions of some rows under each hypothesis, then each shift: (3 + shifts, rows, 2)."""
        moved = self.middle[rows] + self.shifts[:shifts, None]
        return np.concatenate([self.xy[:, rows], moved])

    def project(self, geometries: Any) -> Words:
        """Geometries of EPSG:4326 on the plane."""
        given = np.asarray(geometries, dtype=object)
        return np.asarray(shapely.transform(given, self.to_plane.transform, interleaved=False))


def locate(points: pd.DataFrame) -> Places | None:
    """Put a table's places where each hypothesis has them; None when no row has coordinates."""
    lon = pd.to_numeric(points["lon"], errors="coerce").to_numpy(np.float64)
    lat = pd.to_numeric(points["lat"], errors="coerce").to_numpy(np.float64)
    known = (np.abs(lon) <= 180) & (np.abs(lat) <= 90)
    if not known.any():
        return None
    table, lon, lat = points[known].reset_index(drop=True), lon[known], lat[known]
    # about the median place, which a stray row does not move; across the 180th meridian too
    lon_0 = lon[0] + np.median((lon - lon[0] + 180.0) % 360.0 - 180.0)
    to_plane = pyproj.Transformer.from_crs(WGS84, local_crs(lon_0, np.median(lat)), always_xy=True)
    degrees = [convert(lon, lat, source=datum, target="wgs84") for datum in HYPOTHESES]
    xy = np.stack([np.stack(to_plane.transform(*d), axis=-1) for d in degrees])
    on_plane = np.isfinite(xy).all(axis=(0, 2))
    table, xy = table[on_plane].reset_index(drop=True), xy[:, on_plane]
    apart_m = np.median(np.linalg.norm(xy[:, None] - xy[None], axis=-1), axis=-1)
    offsets = np.median(xy - xy.mean(axis=0), axis=1)
    return Places(table, xy, _random_shifts(offsets), apart_m, to_plane)


def _random_shifts(offsets: F) -> F:
    drawn = np.random.default_rng(SEED).uniform(-SHIFT_REACH_M, SHIFT_REACH_M, (8 * SHIFTS, 2))
    clear = np.linalg.norm(drawn[:, None] - offsets, axis=-1).min(axis=1) > SHIFT_CLEAR_M
    inside = np.linalg.norm(drawn, axis=-1) < SHIFT_REACH_M
    return np.asarray(drawn[clear & inside][:SHIFTS])


def thin(rows: I, xy: F, groups: I | None = None, *, cell_m: float, most: int | None = None) -> I:
    """Keep one row of each group in each cell of the plane; of too many a random choice."""
    cells = np.floor(xy / cell_m).astype(np.int64)
    if groups is not None:
        cells = np.column_stack([cells, groups])
    first = np.unique(cells, axis=0, return_index=True)[1]
    if most is not None and len(first) > most:
        first = np.random.default_rng(SEED).choice(first, most, replace=False)
    return rows[np.sort(first)]


def p_chances(weight: F) -> F:
    """P-value of the first three of the weights among the rest, which are chance."""
    null = weight[3:]
    return np.asarray((1 + (null >= weight[:3, None] - 1e-9).sum(axis=1)) / (1 + len(null)))


def words(frame: pd.DataFrame, column: str) -> Words:
    """Give the texts of a column without spaces and case; None where missing or empty."""
    if column not in frame:
        return np.full(len(frame), None, dtype=object)
    texts = frame[column].astype(object).where(frame[column].notna(), "").astype(str)
    plain = texts.str.replace(r"\s+", "", regex=True).str.casefold()
    return np.array([text or None for text in plain], dtype=object)


def codes(words: Words, known: Mapping[str, int]) -> I:
    """Give the number of each word; -1 where it is not known."""
    return np.array([known.get(word, -1) for word in words], dtype=np.int64)
