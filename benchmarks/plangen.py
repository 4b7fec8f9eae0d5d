"""Demand points every 10 m along the streets of the synthetic city, and shops that could be sites.

Shops stand along the streets at random, some 10 m from the line, none on one street in eight; a
shop covers the demand points within 50 m in a straight line. Cover sets along a street are nearly
intervals; at corners a shop covers points of two streets.
"""

from itertools import pairwise
from typing import NamedTuple

import citygen
import numpy as np
from scipy import sparse
from scipy.spatial import KDTree

EVERY_M, COVER_M = 10.0, 50.0
SHOPS_PER_POINT = 0.88
METRES_PER_STREET = 352.0


class Town(NamedTuple):
    """Planar metres of demand points and shops, and which shop covers which point."""

    points: np.ndarray
    shops: np.ndarray
    covers: sparse.csr_array
    suitability: np.ndarray


def generate(*, points: int, seed: int = 20183) -> Town:
    """Make exactly `points` demand points, and shops at the same density whatever their number."""
    streets = round(1.2 * points * EVERY_M / METRES_PER_STREET) + 20
    shops = round(points * SHOPS_PER_POINT)
    city = citygen.generate(streets=streets, stations=1, seed=seed)
    demand = _every(city.xy, city.first, EVERY_M)[:points]
    if len(demand) < points:
        raise ValueError("the streets are too short: raise METRES_PER_STREET")
    rng = np.random.default_rng(seed + 1)
    last = np.searchsorted(city.first, _vertex_of(city, demand[-1]))
    sites = citygen._stations(rng, city.xy[: city.first[last]], city.first[: last + 1], shops)
    i, j = _within(demand, sites)
    covers = sparse.csr_array((np.ones(len(i), bool), (i, j)), shape=(points, shops))
    return Town(demand, sites, covers, rng.integers(0, 101, shops) / 100)


def _every(xy, first, step_m):
    """Places every so many metres along each line, its begin among them."""
    placed = []
    for a, b in pairwise(first):
        at = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(xy[a:b], axis=0).T))))
        along = np.arange(0.0, at[-1], step_m)
        placed.append(np.column_stack([np.interp(along, at, xy[a:b, k]) for k in (0, 1)]))
    return np.concatenate(placed)


def _vertex_of(city, place):
    return int(np.argmin(np.hypot(*(city.xy - place).T))) + 1


def _within(demand, sites):
    near = KDTree(sites).query_ball_point(demand, COVER_M, return_sorted=True)
    lengths = np.fromiter(map(len, near), np.int64, len(near))
    return np.repeat(np.arange(len(near)), lengths), np.concatenate(near).astype(np.int64)
