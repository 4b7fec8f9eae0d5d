"""Three kinds of evidence for a datum, each against a null of random shifts of the whole table.

1. **facility**: a place of the atlas with the same name, or else of the same category, close by.
   Each match weighs the more, the more seldom a random shift comes as close to one of that kind.
2. **district**: the place lies inside the district that its row states. Only places near a border
   bear witness.
3. **street**: nearness to streets.

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
from scipy.spatial import cKDTree

from stationmap.crs import WGS84, F, convert, local_crs

HYPOTHESES = ("wgs84", "gcj02", "bd09")
FEWEST_PLACES = 6  # distinct places that a table needs for any verdict
APART_M = 150.0  # datums closer than this cannot be told from each other

SEED = 2018
SHIFTS = 499
SHIFT_REACH_M = 1_500.0
SHIFT_CLEAR_M = 200.0
MOST_PLACES = 1_000

# how near a facility: survey and web places of one thing lie some 0-60 m apart
BANDS_M = (25.0, 50.0, 100.0)
BAND_SHARES = (0.4, 0.3, 0.3)  # assumed shares of true matches by band
MATCHING_SHARE = 0.3  # assumed share of places that have their match in the atlas
CLUMP_M = 200.0  # matches in one cell of this size count once: one coincidence makes them all
COMMON_NAME = 3  # a name that more facilities bear identifies none of them
_GROUP_M = 1e7

BORDER_M = 2_500.0
DISTRICT_CELL_M = 1_000.0  # one witness for each cell: neighbours share the border's errors
_INSIDE_NATS = float(np.log(9.0))  # a stated district holds for nine of ten places near a border

STREET_REACH_M = 300.0
STREET_SHIFTS = 199
STREET_PLACES = 300

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
        Facility, street: median distance of the matches. District: median distance of the places
        outside to their district. Metres; NaN when there is none.
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
        return len(_thin(np.arange(len(self.table)), self.middle, cell_m=25.0))

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
    to_plane = pyproj.Transformer.from_crs(WGS84, local_crs(lon, lat), always_xy=True)
    degrees = [convert(lon, lat, source=datum, target="wgs84") for datum in HYPOTHESES]
    xy = np.stack([np.stack(to_plane.transform(*d), axis=-1) for d in degrees])
    apart_m = np.median(np.linalg.norm(xy[:, None] - xy[None], axis=-1), axis=-1)
    offsets = np.median(xy - xy.mean(axis=0), axis=1)
    return Places(table, xy, _random_shifts(offsets), apart_m, to_plane)


def _random_shifts(offsets: F) -> F:
    drawn = np.random.default_rng(SEED).uniform(-SHIFT_REACH_M, SHIFT_REACH_M, (8 * SHIFTS, 2))
    clear = np.linalg.norm(drawn[:, None] - offsets, axis=-1).min(axis=1) > SHIFT_CLEAR_M
    inside = np.linalg.norm(drawn, axis=-1) < SHIFT_REACH_M
    return np.asarray(drawn[clear & inside][:SHIFTS])


def _thin(rows: I, xy: F, groups: I | None = None, *, cell_m: float, most: int | None = None) -> I:
    """Keep one row of each group in each cell of the plane; of too many a random choice."""
    cells = np.floor(xy / cell_m).astype(np.int64)
    if groups is not None:
        cells = np.column_stack([cells, groups])
    first = np.unique(cells, axis=0, return_index=True)[1]
    if most is not None and len(first) > most:
        first = np.random.default_rng(SEED).choice(first, most, replace=False)
    return rows[np.sort(first)]


def _p_chance(weight: F) -> F:
    """P-value of the first three of the weights among the rest, which are chance."""
    null = weight[3:]
    return np.asarray((1 + (null >= weight[:3, None] - 1e-9).sum(axis=1)) / (1 + len(null)))


def _words(frame: pd.DataFrame, column: str) -> Words:
    """Give the texts of a column without spaces and case; None where missing or empty."""
    if column not in frame:
        return np.full(len(frame), None, dtype=object)
    texts = frame[column].astype(object).where(frame[column].notna(), "").astype(str)
    plain = texts.str.replace(r"\s+", "", regex=True).str.casefold()
    return np.array([text or None for text in plain], dtype=object)


# ----------------------------------------------------------------------------- 1. facilities


def facility_evidence(places: Places, facilities: pd.DataFrame | None) -> Finding | None:
    """Weigh nearness to facilities of the same name or, failing that, the same category.

    Middling: it outweighs every random shift, and their mean by four standard deviations; at
    least four neighbourhoods match; and each other hypothesis is a hundred times less likely.
    Strong: seven, six and eight thousand; and five, four and a hundred without the matches of its
    weightiest square kilometre, for one cluster upon another is a single coincidence.
    """
    if facilities is None or not len(facilities):
        return None
    atlas = _Atlas.of(facilities, places)
    rows, groups = atlas.witnesses(places)
    if not len(rows):
        return None
    away_m, clump = atlas.nearest(places.positions(rows), groups, reach_m=BANDS_M[-1])
    band = np.searchsorted(BANDS_M, away_m)
    ratio = _log_ratios(band, groups)
    everywhere = np.ones(len(rows), dtype=np.bool_)
    weight, distinct = whole = _weigh(band, clump, ratio, everywhere)
    p = _p_chance(weight)
    hit = band < len(BANDS_M)
    supports = tuple(
        Support(
            matches=int(hit[h].sum()),
            distinct=int(distinct[h]),
            by_name=int((hit[h] & (groups >= atlas.first_name)).sum()),
            points_used=len(rows),
            expected=float(hit[3:].sum(axis=1).mean()),
            median_m=float(np.median(away_m[h, hit[h]])) if hit[h].any() else float("nan"),
            p_chance=float(p[h]),
            weight=float(weight[h]),
        )
        for h in range(3)
    )
    best = int(np.argmax(weight[:3]))
    if not _stands(*whole, best, deviations=4.0, clumps=4, times=100.0):
        return Finding("facility", supports, None)
    strong = _stands(*whole, best, deviations=7.0, clumps=6, times=8_000.0)
    if strong:
        dense = _weightiest(places.xy[best, rows], np.where(hit[best], ratio[best], 0.0))
        others = _weigh(band, clump, ratio, ~(hit[best] & dense))
        strong = _stands(*others, best, deviations=5.0, clumps=4, times=100.0)
    # do the places left over speak for another datum? then the table mixes two
    rest_weight, rest_distinct = _weigh(band, clump, ratio, ~hit[best])
    rest_p = _p_chance(rest_weight)
    second = int(np.argmax(rest_weight[:3]))
    mixed = second != best and rest_p[second] <= 0.005 and rest_distinct[second] >= 3
    return Finding("facility", supports, best, strong, second if mixed else None)


@dataclass(frozen=True)
class _Atlas:
    """Facilities by group (a distinctive name, or a category), ready to be searched."""

    tree: cKDTree
    clump_of_spot: I
    categories: Mapping[str, int]
    names: Mapping[str, int]

    @property
    def first_name(self) -> int:
        return len(self.categories)

    @classmethod
    def of(cls, facilities: pd.DataFrame, places: Places) -> "_Atlas":
        name, category = _words(facilities, "name"), _words(facilities, "category")
        count = pd.Series(name, dtype=object).value_counts()
        shared = set(count.index[count <= COMMON_NAME]) & set(_words(places.table, "name"))
        categories = {c: i for i, c in enumerate(sorted({c for c in category if c}))}
        names = {n: i + len(categories) for i, n in enumerate(sorted(shared - {None}))}
        group = np.concatenate([_codes(category, categories), _codes(name, names)])
        member = np.flatnonzero(group >= 0)
        shapes = places.project(facilities.geometry)
        spots, of_member = _spots(shapes[member % len(facilities)])
        # a third coordinate keeps the groups out of each other's reach
        tree = cKDTree(np.column_stack([spots, group[member][of_member] * _GROUP_M]))
        return cls(tree, _clumps(shapes)[member % len(facilities)][of_member], categories, names)

    def witnesses(self, places: Places) -> tuple[I, I]:
        """Rows with one of their group around, and the group: their name's, else category's."""
        table, middle = places.table, places.middle
        group = _codes(_words(table, "name"), self.names)
        for _ in range(2):
            away_m, _ = self.nearest(middle, group, reach_m=2 * SHIFT_REACH_M)
            alone = ~np.isfinite(away_m) | (group < 0)
            group = np.where(alone, _codes(_words(table, "category"), self.categories), group)
        rows = np.flatnonzero(~alone)
        rows = _thin(rows, middle[rows], group[rows], cell_m=25.0, most=MOST_PLACES)
        return rows, group[rows]

    def nearest(self, xy: F, groups: I, *, reach_m: float) -> tuple[F, I]:
        """Distance to the nearest facility of the group, inf beyond the reach; and its clump."""
        third = np.broadcast_to(groups * _GROUP_M, xy.shape[:-1])
        asked = np.concatenate([xy, third[..., None]], axis=-1)
        away_m, spot = self.tree.query(asked, distance_upper_bound=reach_m)
        return away_m, np.append(self.clump_of_spot, -1)[spot]


def _clumps(geometries: Words) -> I:
    """Give a number to each cell of the plane with the middle of a geometry."""
    west, south, east, north = shapely.bounds(geometries).T
    cells = np.floor(np.column_stack([west + east, south + north]) / (2 * CLUMP_M))
    return np.unique(cells, axis=0, return_inverse=True)[1].reshape(-1)


def _codes(words: Words, known: Mapping[str, int]) -> I:
    return np.array([known.get(word, -1) for word in words], dtype=np.int64)


def _spots(geometries: Words) -> tuple[F, I]:
    """Points that stand for geometries: vertices every 25 m or so, and a grid inside large ones."""
    west, south, east, north = shapely.bounds(geometries).T
    across_m = np.fmax(east - west, north - south)
    step_m = np.fmax(25.0, across_m / 20)
    outline = shapely.segmentize(geometries, step_m)
    xy, row = shapely.get_coordinates(outline, return_index=True)
    parts, rows = [xy], [row]
    for i in np.flatnonzero((across_m > 50.0) & (shapely.get_dimensions(geometries) == 2)):
        x, y = np.meshgrid(
            np.arange(west[i], east[i], step_m[i]), np.arange(south[i], north[i], step_m[i])
        )
        inside = shapely.contains_xy(geometries[i], x, y)
        parts.append(np.column_stack([x[inside], y[inside]]))
        rows.append(np.full(inside.sum(), i))
    xy, row = np.concatenate(parts), np.concatenate(rows)
    known = np.isfinite(xy).all(axis=1)
    return xy[known], row[known]


def _log_ratios(band: I, groups: I) -> F:
    """Log likelihood ratio of each distance band, right datum against chance, group by group."""
    ratio = np.empty(band.shape)
    shares = MATCHING_SHARE * np.array([*BAND_SHARES, 0.0])
    for group in np.unique(groups):
        mine = groups == group
        count = np.bincount(band[3:, mine].ravel(), minlength=len(shares))
        by_chance = (count + 0.5) / (count.sum() + 1.0)
        ratio[:, mine] = np.log(1.0 - MATCHING_SHARE + shares / by_chance)[band[:, mine]]
    return ratio


def _weigh(band: I, clump: I, ratio: F, counted: B) -> tuple[F, F]:
    """Weight and number of clumps matched at each position.

    However many places match in one clump, it counts once, with the best of them.
    """
    hit = (band < len(BANDS_M)) & counted
    position = np.nonzero(hit)[0]
    order = np.lexsort((ratio[hit], clump[hit], position))
    key = np.stack([position, clump[hit]])[:, order]
    best = np.append((np.diff(key) != 0).any(axis=0), np.True_)[: len(order)]
    position, gained = key[0, best], ratio[hit][order][best]
    weight = np.bincount(position, gained, minlength=len(band))
    missed = ((band == len(BANDS_M)) & counted).sum(axis=1)
    distinct = np.bincount(position, minlength=len(band))
    return weight + missed * np.log(1.0 - MATCHING_SHARE), distinct.astype(np.float64)


def _stands(
    weight: F, distinct: F, best: int, *, deviations: float, clumps: int, times: float
) -> bool:
    """Whether a hypothesis stands out from the random shifts and from the other hypotheses."""
    null, rivals = weight[3:], np.delete(weight[:3], best)
    return bool(
        weight[best] > null.max()
        and weight[best] - null.mean() >= deviations * null.std()
        and distinct[best] >= clumps
        and weight[best] - rivals.max() >= np.log(times)
    )


def _weightiest(xy: F, gained: F) -> B:
    """Tell which places lie in the square kilometre, about one of them, that gains most."""
    near = np.asarray(np.abs(xy[:, None] - xy[None]).max(axis=-1) <= 500.0)
    return np.asarray(near[np.argmax(near @ gained)])


# ----------------------------------------------------------------------------- 2. districts


def district_evidence(places: Places, districts: pd.DataFrame | None) -> Finding | None:
    """Weigh whether places lie inside the district that their rows state.

    Against each other hypothesis, the witnesses are the places inside under one of the two only.
    Strong: at least eight for it and at most a tenth of them against, and at most 1 % of random
    shifts fit as well. Middling: four, a fourth, 5 %.
    """
    if districts is None or not len(districts) or "district" not in places.table:
        return None
    polygons = shapely.make_valid(places.project(districts.geometry))
    stated = _codes(_words(places.table, "district"), _district_rows(districts))
    rows = np.flatnonzero(stated >= 0)
    middle = places.middle
    border_m = shapely.distance(
        shapely.points(middle[rows]), shapely.boundary(polygons)[stated[rows]]
    )
    rows = rows[border_m <= BORDER_M]
    rows = _thin(rows, middle[rows], stated[rows], cell_m=DISTRICT_CELL_M, most=MOST_PLACES)
    if not len(rows):
        return None
    xy = places.positions(rows)
    inside = np.zeros(xy.shape[:2], dtype=np.bool_)
    for row in np.unique(stated[rows]):
        mine = stated[rows] == row
        shapely.prepare(polygons[row])
        inside[:, mine] = shapely.contains_xy(polygons[row], *np.moveaxis(xy[:, mine], 2, 0))
    weight = inside.sum(axis=1) * _INSIDE_NATS
    p = _p_chance(weight)
    supports = []
    for h in range(3):
        out = ~inside[h]
        away_m = shapely.distance(shapely.points(xy[h, out]), polygons[stated[rows]][out])
        supports.append(
            Support(
                matches=int(inside[h].sum()),
                distinct=int(inside[h].sum()),
                by_name=0,
                points_used=len(rows),
                expected=float(inside[3:].sum(axis=1).mean()),
                median_m=float(np.median(away_m)) if out.any() else float("nan"),
                p_chance=float(p[h]),
                weight=float(weight[h]),
            )
        )
    best = int(np.argmax(weight[:3]))
    rivals = [h for h in range(3) if h != best]
    pro = np.array([(inside[best] & ~inside[h]).sum() for h in rivals])
    con = np.array([(inside[h] & ~inside[best]).sum() for h in rivals])
    strong = (pro >= 8).all() and (con <= 0.1 * pro).all() and p[best] <= 0.01
    middling = (pro >= 4).all() and (con <= 0.25 * pro).all() and p[best] <= 0.05
    favours = best if strong or middling else None
    return Finding("district", tuple(supports), favours, bool(strong))


def _district_rows(districts: pd.DataFrame) -> dict[str, int]:
    """Row of each district by adcode, name and name without 市, 区, 县; ambiguous ones left out."""
    names = _words(districts, "name")
    short = [n[:-1] if n and len(n) > 2 and n[-1] in "市区县" else None for n in names]
    said = pd.Series([*_words(districts, "adcode"), *names, *short], dtype=object)
    row = pd.Series(np.tile(np.arange(len(districts)), 3)).groupby(said)
    return {str(word): int(rows.iloc[0]) for word, rows in row if rows.nunique() == 1}


# ----------------------------------------------------------------------------- 3. streets


def street_evidence(places: Places, streets: pd.DataFrame | None) -> Finding | None:
    """Weigh nearness to streets; never strong, for on a grid a wrong datum may come closer.

    Middling: at least ten places, closer than under 99 % of random shifts, while no other
    hypothesis is closer than under 95 %.
    """
    if streets is None or not len(streets):
        return None
    lines = places.project(streets.geometry)
    tree = shapely.STRtree(lines)
    rows = _thin(np.arange(len(places.table)), places.middle, cell_m=25.0)
    # the same places under each hypothesis, else the extract's edge would choose between them
    near = (_street_distances(tree, places.xy[:, rows]) < STREET_REACH_M).all(axis=0)
    rows = rows[near]
    if len(rows) > STREET_PLACES:
        rows = np.sort(np.random.default_rng(SEED).choice(rows, STREET_PLACES, replace=False))
    if not len(rows):
        return None
    away_m = _street_distances(tree, places.positions(rows, shifts=STREET_SHIFTS))
    # a shift may move places off the extract: the others speak for it
    reached = away_m < STREET_REACH_M
    capped_m = np.where(reached, away_m.clip(max=60.0), 0.0).sum(axis=1)
    weight = -capped_m / np.fmax(reached.sum(axis=1), 1)
    p = _p_chance(weight)
    matches = (away_m <= 25.0).sum(axis=1)
    supports = tuple(
        Support(
            matches=int(matches[h]),
            distinct=int(matches[h]),
            by_name=0,
            points_used=len(rows),
            expected=float(matches[3:].mean()),
            median_m=float(np.median(away_m[h])),
            p_chance=float(p[h]),
            weight=float(weight[h]),
        )
        for h in range(3)
    )
    best = int(np.argmax(weight[:3]))
    clear = len(rows) >= 10 and p[best] <= 0.01 and np.delete(p, best).min() > 0.05
    return Finding("street", supports, best if clear else None)


def _street_distances(tree: shapely.STRtree, xy: F) -> F:
    away_m = np.full(xy.shape[:-1], STREET_REACH_M)
    (point, _), found_m = tree.query_nearest(
        shapely.points(xy.reshape(-1, 2)),
        max_distance=STREET_REACH_M,
        return_distance=True,
        all_matches=False,
    )
    away_m.reshape(-1)[point] = found_m
    return away_m
