"""Free-standing points of a plan, spread evenly where the plan leaves them room.

A plan chooses them as far on as the spacing lets them be; one that stands exactly the spacing from
its neighbour would open a gap with the first centimetre that is lost in a list of coordinates.
"""

from dataclasses import replace
from itertools import pairwise

import numpy as np

from stationmap.checks.matching import match
from stationmap.covering import B, F, I, Placed
from stationmap.linear import interpolate
from stationmap.planning.sites import Sites, free_table
from stationmap.planning.windows import Along


def spread(sites: Sites, chosen: B) -> Sites:
    """Move chosen free-standing points to even distances between their neighbours.

    Points that serve several streets, or a street whose sides are checked apart, stay; so do those
    of a street where a gap would open.
    """
    if len(sites.prepared.sides) > 1 or not (sites.is_free & chosen).any():
        return sites
    there = sites.is_fixed | chosen
    was = _open_ticks(sites, there)
    kerb, point, at_m = _even(sites, there)
    for _ in range(2):
        moved = _moved(sites, kerb, point, at_m)
        opened = np.flatnonzero(_open_ticks(moved, there) > was)
        alone = np.bincount(moved.point, minlength=len(sites))[point] == 1
        stays = np.unique(np.concatenate((sites.kerb[opened], kerb[~alone])))
        if not len(stays):
            return moved
        keep = ~np.isin(kerb, stays)
        kerb, point, at_m = kerb[keep], point[keep], at_m[keep]
    return sites


def _even(sites: Sites, there: B) -> tuple[I, I, F]:
    """Find kerb, point and new chainage of the points that can be moved."""
    row = np.flatnonzero(there[sites.point])
    placed = Placed(sites.placed.at_m[row], np.searchsorted(row, sites.placed.first))
    along = Along.of(sites.prepared, sites.kerb, placed, sites.point[row])
    free = sites.is_free & (np.bincount(sites.point, minlength=len(sites)) == 1)
    found: list[tuple[int, int, float]] = []
    for run in np.flatnonzero(along.long).tolist():
        stood = slice(along.first[run], along.last[run])
        points, at_m = along.point[stood], along.placed.at_m[stood]
        held = ~free[points]
        if held.all():
            continue
        low_m, high_m = float(along.from_m[run]), float(along.to_m[run])
        if along.ring[run]:
            first = int(np.argmax(held))
            around_m = high_m - low_m
            at_m = np.roll(at_m, -first) + around_m * (np.arange(len(at_m)) >= len(at_m) - first)
            points, held = np.roll(points, -first), np.roll(held, -first)
            held[0], low_m, high_m = True, float(at_m[0]), float(at_m[0]) + around_m
        ends = np.concatenate(([-1], np.flatnonzero(held), [len(points)]))
        cuts = np.concatenate(([low_m], at_m[held], [high_m]))
        for (one, two), (begin, end) in zip(pairwise(ends), pairwise(cuts), strict=True):
            step = (end - begin) / (two - one)
            found += [
                (int(along.owner[run]), int(points[k]), float(begin + (k - one) * step))
                for k in range(one + 1, two)
            ]
    owner = np.array([row[0] for row in found], np.int64)
    point = np.array([row[1] for row in found], np.int64)
    place_m = np.array([row[2] for row in found], np.float64)
    kerb = sites.kerb[owner]
    length_m = sites.prepared.length_m[kerb]
    return kerb, point, np.where(sites.prepared.closed[kerb], place_m % length_m, place_m)


def _open_ticks(sites: Sites, there: B) -> I:
    """Gap along each kerb."""
    found = sites.cut(there)
    open_ticks: I = np.zeros(len(sites.kerb), np.int64)
    np.add.at(open_ticks, found.gap_owner, found.gap_ticks)
    return open_ticks


def _moved(sites: Sites, kerb: I, point: I, at_m: F) -> Sites:
    x, y = sites.x.copy(), sites.y.copy()
    x[point], y[point] = interpolate(sites.prepared.lines, kerb, at_m)
    table = sites.table.copy()
    fresh = free_table(sites.prepared, kerb, at_m)
    rows = table.index[point - sites.fixed]
    table.loc[rows, "candidate_id"] = fresh["candidate_id"].to_numpy()
    table.loc[rows, "geometry"] = fresh.geometry.to_numpy()
    matches = match(sites.prepared, x, y)
    placed, row = matches.on_kerbs(sites.prepared.sides)
    return replace(sites, table=table, x=x, y=y, placed=placed, point=matches.station[row])
