"""Evidence by streets: places are nearer to streets than random shifts are."""

import numpy as np
import pandas as pd
import shapely

from stationmap.crs import F
from stationmap.datum.places import SEED, Finding, Places, Support, p_chances, thin

STREET_REACH_M = 300.0
STREET_SHIFTS = 199
STREET_PLACES = 300


def street_evidence(places: Places, streets: pd.DataFrame | None) -> Finding | None:
    """Weigh nearness to streets; never strong, for on a grid a wrong datum may come closer.

    Middling: at least ten places, closer than under 99 % of random shifts, while no other
    hypothesis is closer than under 95 %.
    """
    if streets is None or not len(streets):
        return None
    lines = places.project(streets.geometry)
    tree = shapely.STRtree(lines)
    rows = thin(np.arange(len(places.table)), places.middle, cell_m=25.0)
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
    p = p_chances(weight)
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
