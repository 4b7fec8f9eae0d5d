"""Which of many places lie within some walking metres of which others: pairs, exact."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike
from scipy.spatial import cKDTree

from stationmap.linear import expand
from stationmap.walking.feet import Snapped
from stationmap.walking.ground import F, Ints, apart_m, earth_centred, metres_a_degree
from stationmap.walking.network import Network
from stationmap.walking.side import Around, Side

_CELL_M = 1_500.0  # places of one cell share a part of the network
# metres of one table at a time: 32 MB
_AT_ONCE = 4_000_000
_ROUND = 1e4  # metres are compared as they are measured: to 0.1 mm


def reach(
    network: Network,
    from_lon: ArrayLike,
    from_lat: ArrayLike,
    to_lon: ArrayLike,
    to_lat: ArrayLike,
    *,
    within_m: float,
    step_free: bool = False,
) -> tuple[Ints, Ints, F]:
    """Find the pairs of places with a walk of at most some metres, by the law of `Walks`.

    Parameters
    ----------
    network : Network
    from_lon, from_lat : (k,) array_like
        Where people set out, WGS-84 degrees; NaN for a place that is not known, which is in no
        pair, like one that is not near the network.
    to_lon, to_lat : (n,) array_like
        Where they walk to.
    within_m : float
        The longest walk, metres, inclusive to 0.1 mm; finite.
    step_free : bool
        Walk no steps.

    Returns
    -------
    from_row, to_row : (m,) int64
        Rows of both places of each pair, ascending.
    metres : (m,) float64
        The walk.
    """
    starts, goals = (_lonlat(*pair) for pair in ((from_lon, from_lat), (to_lon, to_lat)))
    side = network.side(step_free=step_free)
    feet, theirs = (side.feet.many(*lonlat.T) for lonlat in (starts, goals))
    found = [_straight(side, starts, goals, feet, theirs, within_m, step_free=step_free)]
    # the way along the network is the same in both directions: search from the fewer
    if (feet.edge >= 0).sum() <= (theirs.edge >= 0).sum():
        along = _along(side, starts, feet, theirs, within_m)
    else:
        along = ((a, b, metres) for b, a, metres in _along(side, goals, theirs, feet, within_m))
    begin, end = earth_centred(*starts.T), earth_centred(*goals.T)
    for a, b, metres in along:
        straight = apart_m(begin[a], end[b])
        walk = np.maximum(metres, straight)
        fits = (np.rint(walk * _ROUND) <= round(within_m * _ROUND)) & (straight > feet.off_m[a])
        found.append((a[fits], b[fits], walk[fits]))
    a, b, metres = (np.concatenate(pieces) for pieces in zip(*found, strict=True))
    order = np.lexsort((metres, b, a))
    a, b, metres = a[order], b[order], metres[order]
    # two places on one edge are found over its ends and along it
    first = (np.diff(a, prepend=-1) != 0) | (np.diff(b, prepend=-1) != 0)
    return a[first], b[first], metres[first]


def _lonlat(lon: ArrayLike, lat: ArrayLike) -> F:
    lonlat: F = np.c_[np.atleast_1d(np.asarray(lon, float)), np.atleast_1d(np.asarray(lat, float))]
    return lonlat


def _straight(
    side: Side,
    starts: F,
    goals: F,
    feet: Snapped,
    theirs: Snapped,
    within_m: float,
    *,
    step_free: bool,
) -> tuple[Ints, Ints, F]:
    """Pairs with a goal no farther than the network, to which one walks straight."""
    snapped = np.flatnonzero(feet.edge >= 0)
    placed = np.flatnonzero(np.isfinite(goals).all(axis=1))
    nothing = np.zeros(0, dtype=np.int64)
    if not len(snapped) or not len(placed):
        return nothing, nothing, np.zeros(0)
    far = np.minimum(feet.off_m[snapped], within_m + 1.0)
    near = cKDTree(earth_centred(*goals[placed].T)).query_ball_point(
        earth_centred(*starts[snapped].T), far
    )
    owner, _ = expand(np.array([len(rows) for rows in near]))
    a = snapped[owner]
    b = placed[np.concatenate([np.array(rows, dtype=np.int64) for rows in near])]
    metres = apart_m(earth_centred(*starts[a].T), earth_centred(*goals[b].T))
    fits = (metres <= feet.off_m[a]) & (np.rint(metres * _ROUND) <= round(within_m * _ROUND))
    if step_free:
        mine, other = (
            np.where(f.edge < 0, -1, side.land[side.edges.start[f.edge]]) for f in (feet, theirs)
        )
        fits &= mine[a] == other[b]
    return a[fits], b[fits], metres[fits]


def _along(
    side: Side, lonlat: F, feet: Snapped, theirs: Snapped, within_m: float
) -> Iterator[tuple[Ints, Ints, F]]:
    """Pairs along the network, and a little more, with the ways to and from it."""
    goals = np.flatnonzero(theirs.edge >= 0)
    edges, edge = side.edges, theirs.edge[goals]
    ends = np.stack([edges.start[edge], edges.end[edge]])
    at_m = theirs.at_m[goals]
    to_ends = np.stack([at_m, (edges.length_m[edge] - at_m).clip(0.0)]) + theirs.off_m[goals]
    order = np.argsort(edge, kind="stable")
    for rows, around in _parts(side, lonlat, feet, within_m):
        nodes = around.rows(ends.ravel()).reshape(2, -1)
        # an end that is not here is a row that no search reaches
        here = np.flatnonzero((nodes < len(around.nodes)).any(axis=0))
        for some in _pieces(rows, width=len(around.nodes)):
            own, off = feet.edge[some], feet.off_m[some]
            mine = np.stack([edges.start[own], edges.end[own]])
            to_mine = np.stack([feet.at_m[some], (edges.length_m[own] - feet.at_m[some]).clip(0.0)])
            far = around.search_from(
                around.rows(mine.ravel()).reshape(2, -1), to_mine, within_m + 1.0
            )
            reached = np.asarray(np.isfinite(far).any(axis=0))
            near = here[reached[nodes[:, here]].any(axis=0)]
            for piece in _pieces(near, width=len(some)):
                over = far[:, nodes[0, piece]] + to_ends[0, piece]
                np.minimum(over, far[:, nodes[1, piece]] + to_ends[1, piece], out=over)
                over += off[:, None]
                a, b = np.nonzero(over <= within_m + 1.0)
                yield some[a], goals[piece[b]], over[a, b]
    # two feet on one edge may be nearer to each other than over its ends
    mine = np.flatnonzero(feet.edge >= 0)
    first = np.searchsorted(edge[order], feet.edge[mine], side="left")
    last = np.searchsorted(edge[order], feet.edge[mine], side="right")
    owner, k = expand(last - first)
    a, b = mine[owner], order[first[owner] + k]
    metres = np.abs(feet.at_m[a] - at_m[b]) + theirs.off_m[goals[b]] + feet.off_m[a]
    yield a, goals[b], metres


def _pieces(rows: Ints, *, width: int) -> list[Ints]:
    """Split rows so that a table of a piece and so many columns fits into memory."""
    return np.array_split(rows, -(-len(rows) * width // _AT_ONCE) or 1)


def _parts(side: Side, lonlat: F, feet: Snapped, within_m: float) -> Iterator[tuple[Ints, Around]]:
    """Rows of places that are snapped, cell by cell, each with all of the network in reach."""
    rows = np.flatnonzero(feet.edge >= 0)
    if not len(rows):
        return
    corner = lonlat[rows].min(axis=0)
    size = max(_CELL_M, within_m) / np.array(metres_a_degree(float(np.median(lonlat[rows, 1]))))
    cell = ((lonlat[rows] - corner) / size).astype(np.int64)
    key = cell[:, 1] * (cell[:, 0].max() + 1) + cell[:, 0]
    order = np.argsort(key, kind="stable")
    for own in np.split(order, np.flatnonzero(np.diff(key[order])) + 1):
        yield rows[own], side.part(within_m, corner + cell[own[0]] * size, size)
