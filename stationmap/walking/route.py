"""The shortest walk between two places as a line, and leg by leg."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from scipy.sparse.csgraph import dijkstra

from stationmap.walking.ground import F, Ints, apart_m, earth_centred, metres_a_degree
from stationmap.walking.side import Side, Snapped

LegKind = Literal["footway", "crossing", "steps", "road", "path"]
Turn = Literal["", "straight", "left", "right", "back"]

_STRAIGHT_DEG, _BACK_DEG = 40.0, 150.0
_LOOK_M = 15.0  # how far before and behind a corner its turn is measured
_SHORT_M = 15.0  # a shorter way to or from the network is no leg of its own


@dataclass(frozen=True)
class Leg:
    """A piece of a route on one way.

    Attributes
    ----------
    name : str or None
        Name of the way.
    kind : str
        "footway", "crossing", "steps", "road" or "path"; "path" also from a place to the network.
    length_m : float
    stairs : bool
    turn : str
        How to turn into it: "left", "right", "straight", "back"; "" for the first leg.
    """

    name: str | None
    kind: LegKind
    length_m: float
    stairs: bool
    turn: Turn


@dataclass(frozen=True)
class Route:
    """A walk from a place to a station.

    Attributes
    ----------
    line : (m, 2) float64
        Longitude and latitude, WGS-84 degrees, from the place to the station.
    length_m : float
        Metres of the line: those of the legs together.
    legs : tuple of Leg
    """

    line: F
    length_m: float
    legs: tuple[Leg, ...]


def route(
    side: Side,
    foot: Snapped,
    feet: Snapped,
    row: int,
    *,
    start: tuple[float, float],
    stop: tuple[float, float],
) -> Route | None:
    """Find the shortest walk from a place to one of several others.

    Parameters
    ----------
    side : Side
    foot : Snapped
        Of the one place.
    feet : Snapped
        Of the others.
    row : int
        Which of the others.
    start, stop : (lon, lat)
        Both places, WGS-84 degrees.
    """
    straight = float(apart_m(earth_centred(*start), earth_centred(*stop)))
    if foot.edge[0] >= 0 and straight <= foot.off_m[0]:
        leg = Leg(None, "path", straight, stairs=False, turn="")
        return Route(np.array([start, stop]), straight, (leg,))
    if foot.edge[0] < 0 or feet.edge[row] < 0:
        return None
    pieces = _pieces(side, foot, feet, row)
    if pieces is None:
        return None
    return _told(side, pieces, foot, feet, row, start=start, stop=stop)


@dataclass(frozen=True)
class _Piece:
    """A stretch of one edge, from a chainage to another."""

    edge: int
    from_m: float
    to_m: float


def _pieces(side: Side, foot: Snapped, feet: Snapped, row: int) -> list[_Piece] | None:
    """Return the stretches of the shortest way between two feet; None where there is none."""
    edges = side.edges
    e, a = int(foot.edge[0]), float(foot.at_m[0])
    f, b = int(feet.edge[row]), float(feet.at_m[row])
    mine = [(int(edges.start[e]), 0.0), (int(edges.end[e]), float(edges.length_m[e]))]
    theirs = [(int(edges.start[f]), 0.0), (int(edges.end[f]), float(edges.length_m[f]))]
    metres, before = dijkstra(
        side.matrix, indices=[node for node, _ in mine], return_predecessors=True
    )
    ways = [
        (abs(a - m) + metres[i, node] + abs(n - b), i, j)
        for i, (_, m) in enumerate(mine)
        for j, (node, n) in enumerate(theirs)
    ]
    far, i, j = min(ways)
    if e == f and abs(a - b) <= far:
        return [_Piece(e, a, b)]
    if not np.isfinite(far):
        return None
    nodes = [theirs[j][0]]
    while nodes[-1] != mine[i][0]:
        nodes.append(int(before[i, nodes[-1]]))
    nodes.reverse()
    middle = [_along(side, n, m) for n, m in pairwise(nodes)]
    return [_Piece(e, a, mine[i][1]), *middle, _Piece(f, theirs[j][1], b)]


def _along(side: Side, node: int, other: int) -> _Piece:
    matrix = side.matrix
    low, high = matrix.indptr[node], matrix.indptr[node + 1]
    at = low + int(np.searchsorted(matrix.indices[low:high], other))
    edge = int(side.shortest[at])
    length = float(side.edges.length_m[edge])
    forward = side.edges.start[edge] == node
    return _Piece(edge, 0.0, length) if forward else _Piece(edge, length, 0.0)


def _told(
    side: Side,
    pieces: list[_Piece],
    foot: Snapped,
    feet: Snapped,
    row: int,
    *,
    start: tuple[float, float],
    stop: tuple[float, float],
) -> Route:
    edges = side.edges
    pieces = [p for p in pieces if p.from_m != p.to_m]
    lines = [_line(side, p) for p in pieces]
    first = np.array([start, (foot.lon[0], foot.lat[0])])
    last = np.array([(feet.lon[row], feet.lat[row]), stop])
    off, out = float(foot.off_m[0]), float(feet.off_m[row])
    parts: list[tuple[str | None, LegKind, float, F]] = [
        (edges.name[p.edge], edges.kind[p.edge], abs(p.to_m - p.from_m), line)
        for p, line in zip(pieces, lines, strict=True)
    ]
    if parts and off < _SHORT_M:
        name, kind, metres, line = parts[0]
        parts[0] = (name, kind, metres + off, np.r_[first[:1], line])
    else:
        parts.insert(0, (None, "path", off, first))
    if out < _SHORT_M:
        name, kind, metres, line = parts[-1]
        parts[-1] = (name, kind, metres + out, np.r_[line, last[1:]])
    else:
        parts.append((None, "path", out, last))
    whole = np.concatenate([line for *_, line in parts])
    fresh = np.r_[True, (np.diff(whole, axis=0) != 0).any(axis=1)]
    legs: list[Leg] = []
    opens: list[F] = []
    for name, kind, metres, line in parts:
        if legs and (legs[-1].name, legs[-1].kind) == (name, kind):
            legs[-1] = Leg(name, kind, legs[-1].length_m + metres, legs[-1].stairs, legs[-1].turn)
            opens[-1] = np.r_[opens[-1], line]
        else:
            turn = _turn(opens[-1], line) if legs else ""
            legs.append(Leg(name, kind, metres, kind == "steps", turn))
            opens.append(line)
    return Route(whole[fresh], sum(leg.length_m for leg in legs), tuple(legs))


def _line(side: Side, piece: _Piece) -> F:
    """Vertices of a stretch, its ends included."""
    edges = side.edges
    first, last = int(edges.first[piece.edge]), int(edges.first[piece.edge + 1])
    at, lonlat = edges.at_m[first:last], edges.lonlat[first:last]
    low, high = sorted((piece.from_m, piece.to_m))
    inside = lonlat[(at > low) & (at < high)]
    ends = np.c_[np.interp([low, high], at, lonlat[:, 0]), np.interp([low, high], at, lonlat[:, 1])]
    line = np.r_[ends[:1], inside, ends[1:]]
    turned: F = line if piece.from_m <= piece.to_m else line[::-1]
    return turned


def _turn(before: F, after: F) -> Turn:
    """How one turns from a line into the next."""
    into, out = _heading(before[::-1]) + 180.0, _heading(after)
    angle = (out - into + 180.0) % 360.0 - 180.0
    if abs(angle) <= _STRAIGHT_DEG:
        return "straight"
    if abs(angle) >= _BACK_DEG:
        return "back"
    return "right" if angle > 0 else "left"


def _heading(line: F) -> float:
    """Degrees clockwise from north in which a line sets out."""
    scale = metres_a_degree(line[0, 1])
    steps = (line - line[0]) * scale
    far = np.hypot(*steps.T)
    beyond: Ints = np.flatnonzero(far >= _LOOK_M)
    x, y = steps[beyond[0] if len(beyond) else int(far.argmax())]
    return float(np.degrees(np.arctan2(x, y)))
