"""The shortest walk between two places as a line, and leg by leg."""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np

from stationmap.walking.feet import Foot
from stationmap.walking.ground import F, ground_m, metres_a_degree
from stationmap.walking.side import Around, Side

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


Place = tuple[float, float]


def straight_on(start: Place, goal: Place) -> Route:
    """Return the straight walk between two places."""
    metres = ground_m(*start, *goal)
    leg = Leg(None, "path", metres, stairs=False, turn="")
    return Route(np.array([start, goal]), metres, (leg,))


def trace(
    side: Side,
    around: Around,
    feet: tuple[Foot, Foot],
    *,
    limit_m: float,
    ends: tuple[Place, Place],
) -> Route:
    """Find the shortest walk between two places along the network.

    Parameters
    ----------
    side : Side
    around : Around
        A part of it that holds the walk.
    feet : (Foot, Foot)
        Of both places.
    limit_m : float
        The length of the walk, or more.
    ends : (place, place)
        Both places, WGS-84 degrees.
    """
    return _told(side, _pieces(side, around, feet, limit_m), feet, ends)


class _Piece(NamedTuple):
    """A stretch of one edge, from a chainage to another."""

    edge: int
    from_m: float
    to_m: float


def _pieces(side: Side, around: Around, feet: tuple[Foot, Foot], limit_m: float) -> list[_Piece]:
    """Return the stretches of the shortest way between two feet."""
    (mine, to_mine), (theirs, to_theirs) = (side.ends(foot) for foot in feet)
    here, there = around.rows(mine), around.rows(theirs)
    far, before = around.traced(here, to_mine, limit_m * (1.0 + 1e-9) + 1e-6)
    onward = far[there] + to_theirs
    j = int(onward.argmin())
    start, goal = feet
    if start.edge == goal.edge and abs(start.at_m - goal.at_m) <= onward[j]:
        return [_Piece(start.edge, start.at_m, goal.at_m)]
    rows = [int(there[j])]
    nobody = len(around.nodes)
    while before[rows[-1]] != nobody:
        rows.append(int(before[rows[-1]]))
    rows.reverse()
    # the search set out over the end that it reached in as many metres as lie between
    ways = [to_mine[i] if here[i] == rows[0] else np.inf for i in range(2)]
    first = float(side.edges.length_m[start.edge]) if ways[1] < ways[0] else 0.0
    last = float(side.edges.length_m[goal.edge]) if j else 0.0
    middle = [_along(side, around, a, b) for a, b in pairwise(rows)]
    return [_Piece(start.edge, start.at_m, first), *middle, _Piece(goal.edge, last, goal.at_m)]


def _along(side: Side, around: Around, row: int, other: int) -> _Piece:
    """Go along the shortest edge from a node to its neighbour."""
    node = int(around.nodes[row])
    edge = side.edge_between(node, int(around.nodes[other]))
    length = float(side.edges.length_m[edge])
    forward = side.edges.start[edge] == node
    return _Piece(edge, 0.0, length) if forward else _Piece(edge, length, 0.0)


def _told(
    side: Side, pieces: list[_Piece], feet: tuple[Foot, Foot], ends: tuple[Place, Place]
) -> Route:
    """Put stretches into one line, and into legs by the name and kind of their ways."""
    edges = side.edges
    start, goal = feet
    parts: list[tuple[str | None, LegKind, float, F]] = [
        (edges.name[p.edge], edges.kind[p.edge], abs(p.to_m - p.from_m), _line(side, p))
        for p in pieces
        if p.from_m != p.to_m
    ]
    first = np.array([ends[0], (start.lon, start.lat)])
    last = np.array([(goal.lon, goal.lat), ends[1]])
    if parts and start.off_m < _SHORT_M:
        name, kind, metres, line = parts[0]
        parts[0] = (name, kind, metres + start.off_m, np.r_[first[:1], line])
    else:
        parts.insert(0, (None, "path", start.off_m, first))
    if goal.off_m < _SHORT_M:
        name, kind, metres, line = parts[-1]
        parts[-1] = (name, kind, metres + goal.off_m, np.r_[line, last[1:]])
    else:
        parts.append((None, "path", goal.off_m, last))
    whole = np.concatenate([line for *_, line in parts])
    fresh = np.r_[True, (np.diff(whole, axis=0) != 0).any(axis=1)]
    legs: list[Leg] = []
    before = first
    for name, kind, metres, line in parts:
        if legs and (legs[-1].name, legs[-1].kind) == (name, kind):
            legs[-1] = replace(legs[-1], length_m=legs[-1].length_m + metres)
            before = np.r_[before, line]
        else:
            turn = _turn(before, line) if legs else ""
            legs.append(Leg(name, kind, metres, stairs=kind == "steps", turn=turn))
            before = line
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
    scale = metres_a_degree(float(line[0, 1]))
    steps = (line - line[0]) * scale
    far = np.hypot(*steps.T)
    beyond = np.flatnonzero(far >= _LOOK_M)
    x, y = steps[beyond[0] if len(beyond) else int(far.argmax())]
    return float(np.degrees(np.arctan2(x, y)))
