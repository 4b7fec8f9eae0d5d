"""Evidence by facilities: a place of the atlas with the same name or category is close by.

A place looks for its own name, or for its category where the atlas has not that name around. Each
match weighs the more, the more seldom a random shift comes as close to one of that kind.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from stationmap.crs import F
from stationmap.datum.places import (
    MOST_PLACES,
    SHIFT_REACH_M,
    B,
    Finding,
    I,
    Places,
    Support,
    Words,
    codes,
    p_chances,
    thin,
    words,
)

# how near a facility: survey and web places of one thing lie some 0-60 m apart
BANDS_M = (25.0, 50.0, 100.0)
BAND_SHARES = (0.4, 0.3, 0.3)  # assumed shares of true matches by band
MATCHING_SHARE = 0.3  # assumed share of places that have their match in the atlas
CLUMP_M = 200.0  # matches in one cell of this size count once: one coincidence makes them all
COMMON_NAME = 3  # a name that more facilities bear identifies none of them
_GROUP_M = 1e7


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
    p = p_chances(weight)
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
    rest_p = p_chances(rest_weight)
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
        name, category = words(facilities, "name"), words(facilities, "category")
        count = pd.Series(name, dtype=object).value_counts()
        shared = set(count.index[count <= COMMON_NAME]) & set(words(places.table, "name"))
        categories = {c: i for i, c in enumerate(sorted({c for c in category if c}))}
        names = {n: i + len(categories) for i, n in enumerate(sorted(shared - {None}))}
        group = np.concatenate([codes(category, categories), codes(name, names)])
        member = np.flatnonzero(group >= 0)
        shapes = places.project(facilities.geometry)
        spots, of_member = _spots(shapes[member % len(facilities)])
        # a third coordinate keeps the groups out of each other's reach
        tree = cKDTree(np.column_stack([spots, group[member][of_member] * _GROUP_M]))
        return cls(tree, _clumps(shapes)[member % len(facilities)][of_member], categories, names)

    def witnesses(self, places: Places) -> tuple[I, I]:
        """Rows with one of their group around, and the group: their name's, else category's."""
        table, middle = places.table, places.middle
        group = codes(words(table, "name"), self.names)
        for _ in range(2):
            away_m, _ = self.nearest(middle, group, reach_m=2 * SHIFT_REACH_M)
            alone = ~np.isfinite(away_m) | (group < 0)
            group = np.where(alone, codes(words(table, "category"), self.categories), group)
        rows = np.flatnonzero(~alone)
        rows = thin(rows, middle[rows], group[rows], cell_m=25.0, most=MOST_PLACES)
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
