"""Ways of one name cut where they meet, and joined end to end into chains.

An *edge* is a piece of one way between two places where ways of its group meet; a group is the ways
that may join each other: one name and one sort (street, link road, roundabout).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from stationmap.linear import expand

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Lineworks = npt.NDArray[np.object_]

NODE_M = 0.01
"""What lies closer to an end of a line is that end: the finest step of OSM's coordinates, 1e-7°."""


@dataclass(frozen=True)
class Edges:
    """Pieces of ways; all arrays have one entry an edge, `line` in a metric CRS.

    `way` is the row of the way an edge is a piece of; `one_way` edges run along their line.
    """

    line: Lineworks
    way: Ints
    group: Ints
    one_way: Bools

    def take(self, rows: Ints | Bools) -> "Edges":
        """Return the edges at `rows` (positions or a mask)."""
        return Edges(self.line[rows], self.way[rows], self.group[rows], self.one_way[rows])

    def and_also(self, other: "Edges") -> "Edges":
        """Return these edges followed by those of `other`."""
        return Edges(
            np.concatenate([self.line, other.line]),
            np.concatenate([self.way, other.way]),
            np.concatenate([self.group, other.group]),
            np.concatenate([self.one_way, other.one_way]),
        )

    def __len__(self) -> int:
        return len(self.line)


@dataclass(frozen=True)
class Chains:
    """Edges in the order in which they follow each other; chain i owns rows first[i]:first[i+1]."""

    first: Ints
    edge: Ints
    reverse: Bools

    def __len__(self) -> int:
        return len(self.first) - 1

    @property
    def chain(self) -> Ints:
        """Chain of each row."""
        return np.repeat(np.arange(len(self)), np.diff(self.first))


def cut(lines: Lineworks, *, group: Ints, one_way: Bools) -> Edges:
    """Cut ways at their inner vertices where another way of their group begins or ends.

    A way that turns back along itself is cut at the turn too, and of edges that lie on each
    other only the first is kept: a street drawn there and back is one street.

    Parameters
    ----------
    lines : (n,) LineStrings in a metric CRS, without repeated vertices
    group : (n,) ways of different groups never meet
    one_way : (n,) traffic runs along the line only
    """
    lines, line_of_kept = _snap(lines)
    group, one_way = group[line_of_kept], one_way[line_of_kept]
    xy, line_of = shapely.get_coordinates(lines, return_index=True)
    place = _places(xy, group[line_of])
    is_end = (np.diff(line_of, prepend=-1) != 0) | (np.diff(line_of, append=-1) != 0)
    meets = np.zeros(place.max(initial=-1) + 1, dtype=bool)
    meets[place[is_end]] = True
    turns = np.zeros(len(xy), dtype=bool)
    turns[1:-1] = (place[2:] == place[:-2]) & ~is_end[1:-1]
    cuts = np.flatnonzero(is_end | meets[place] | turns)
    begin, end = cuts[:-1], cuts[1:]
    inside = line_of[begin] == line_of[end]
    begin, end = begin[inside], end[inside]
    size = end - begin + 1
    rows = np.repeat(begin, size) + expand(size)[1]
    pieces = shapely.linestrings(xy[rows], indices=np.repeat(np.arange(len(size)), size))
    way = line_of[begin]
    edges = Edges(np.asarray(pieces, dtype=object), line_of_kept[way], group[way], one_way[way])
    shape = pd.Series(shapely.to_wkb(shapely.normalize(edges.line)))
    repeated = pd.DataFrame({"group": edges.group, "shape": shape}).duplicated()
    return edges.take(~repeated.to_numpy())


def join(edges: Edges, *, straightest: Bools) -> Chains:
    """Join edges end to end into maximal chains without a branch.

    1. Two ends that meet alone join, whatever the direction of their ways.
    2. Where more than two meet, none joins; but in a `straightest` group (unnamed ways) the pair
       that deviates least from straight on joins first.
    3. One-way edges never join head to head or tail to tail, nor turn back by more than 90°.

    Parameters
    ----------
    edges : Edges
    straightest : one flag an edge, equal within a group
    """
    count = len(edges)
    mate = np.full(2 * count, -1, dtype=np.int64)
    xy, away = _ends(edges.line)
    place = _places(xy, np.repeat(edges.group, 2))
    order = np.argsort(place, kind="stable")
    begins = np.flatnonzero(np.diff(place[order], prepend=-1))
    sizes = np.diff(begins, append=len(order))

    a, b = order[begins[sizes == 2]], order[begins[sizes == 2] + 1]
    free = _may_join(a, b, edges.one_way, away)
    mate[a[free]], mate[b[free]] = b[free], a[free]

    crowded = (sizes > 2) & straightest[order[begins] // 2]
    for begin, size in zip(begins[crowded], sizes[crowded], strict=True):
        ends = order[begin : begin + size]
        i, j = np.triu_indices(size, k=1)
        i, j = ends[i], ends[j]
        free = _may_join(i, j, edges.one_way, away)
        i, j = i[free], j[free]
        for k in np.argsort((away[i] * away[j]).sum(axis=1), kind="stable"):
            if mate[i[k]] < 0 and mate[j[k]] < 0:
                mate[i[k]], mate[j[k]] = j[k], i[k]
    return _walk(mate)


def chain_lines(edges: Edges, chains: Chains) -> Lineworks:
    """Return one LineString a chain, its edges in order and each shared vertex once."""
    xy, edge_of = shapely.get_coordinates(edges.line, return_index=True)
    size = np.bincount(edge_of, minlength=len(edges))
    first = np.r_[0, np.cumsum(size)]
    sizes = size[chains.edge]
    step = np.where(chains.reverse, -1, 1)
    start = np.where(chains.reverse, first[chains.edge + 1] - 1, first[chains.edge])
    within = expand(sizes)[1]
    rows = np.repeat(start, sizes) + np.repeat(step, sizes) * within
    chain = np.repeat(chains.chain, sizes)
    opens_chain = np.repeat(np.isin(np.arange(len(chains.edge)), chains.first), sizes)
    keep = (within > 0) | opens_chain
    lines = shapely.linestrings(xy[rows[keep]], indices=chain[keep])
    return np.asarray(lines, dtype=object)


def _snap(lines: Lineworks) -> tuple[Lineworks, Ints]:
    """Move vertices within `NODE_M` of an end of a line onto it, so that they are one node.

    Returns
    -------
    lines, row
        The lines that still have a length, and which they were.
    """
    xy, line_of = shapely.get_coordinates(lines, return_index=True)
    is_end = (np.diff(line_of, prepend=-1) != 0) | (np.diff(line_of, append=-1) != 0)
    ends = np.unique(xy[is_end], axis=0)
    if not len(ends):
        return lines, np.arange(len(lines))
    tree = cKDTree(ends)
    near = tree.query_pairs(NODE_M, output_type="ndarray")
    links = coo_array((np.ones(len(near)), near.T), shape=(len(ends), len(ends)))
    cluster = connected_components(links, directed=False)[1]
    ends = ends[np.unique(cluster, return_index=True)[1]][cluster]
    distance, end = tree.query(xy, distance_upper_bound=NODE_M)
    found = np.isfinite(distance)
    xy[found] = ends[end[found]]
    moved = shapely.remove_repeated_points(shapely.set_coordinates(lines.copy(), xy))
    kept = np.flatnonzero(shapely.length(moved) > 0)
    return np.asarray(moved, dtype=object)[kept], kept


def _places(xy: Floats, group: Ints) -> Ints:
    """Return one number for each distinct pair of group and node."""
    grid = np.round(xy / NODE_M).astype(np.int64)
    node = np.unique((grid[:, 0] << 32) + grid[:, 1], return_inverse=True)[1]
    return np.unique(group * (len(xy) + 1) + node, return_inverse=True)[1].astype(np.int64)


def _ends(lines: Lineworks) -> tuple[Floats, Floats]:
    """Return the ends and the unit directions away from them: rows 2i (start), 2i + 1 (stop)."""
    xy, line_of = shapely.get_coordinates(lines, return_index=True)
    first = np.flatnonzero(np.diff(line_of, prepend=-1))
    last = np.flatnonzero(np.diff(line_of, append=-1))
    points = np.empty((2 * len(lines), 2))
    away = np.empty_like(points)
    points[0::2], points[1::2] = xy[first], xy[last]
    away[0::2], away[1::2] = xy[first + 1] - xy[first], xy[last - 1] - xy[last]
    return points, away / np.hypot(away[:, 0], away[:, 1])[:, None]


def _may_join(i: Ints, j: Ints, one_way: Bools, away: Floats) -> Bools:
    both = one_way[i // 2] & one_way[j // 2]
    same_side = (i % 2) == (j % 2)
    turns_back = (away[i] * away[j]).sum(axis=1) > 1e-9
    free: Bools = ~(both & (same_side | turns_back))
    return free


def _walk(mate: Ints) -> Chains:
    """Follow the mates from every loose end, then round what is left: closed chains."""
    count = len(mate) // 2
    seen = np.zeros(count, dtype=bool)
    edge: list[int] = []
    reverse: list[bool] = []
    first = [0]
    loose = np.flatnonzero(mate < 0)
    mates = mate.tolist()
    for begin in [*loose.tolist(), *range(0, 2 * count, 2)]:
        end = begin
        while end >= 0 and not seen[end // 2]:
            seen[end // 2] = True
            edge.append(end // 2)
            reverse.append(end % 2 == 1)
            end = mates[end ^ 1]
        if len(edge) > first[-1]:
            first.append(len(edge))
    return Chains(np.array(first), np.array(edge, dtype=np.int64), np.array(reverse, dtype=bool))
