"""Two carriageways of one street: which is measured, and what runs beside it."""

import math
from collections import defaultdict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from itertools import pairwise

from reference.plane import XY, direction_at, foot, length, point_at, rounded
from reference.ways import Key, Part, Piece, chain, turn

PAIR_M = 40.0
STEP_M = 0.5


@dataclass(frozen=True)
class Twin:
    """A stretch of the carriageway that is not measured."""

    name: str
    xy: tuple[XY, ...]
    classes: frozenset[str]


def carriageways(pieces: list[Piece]) -> tuple[list[Piece], list[Twin]]:
    """What is measured, and the twins; what either carriageway is, the measured one is."""
    groups: dict[str, list[Piece]] = defaultdict(list)
    found = []
    for piece in pieces:
        if piece.oneway and piece.way.name and not piece.way.apart:
            groups[piece.way.name].append(piece)
        else:
            found.append(piece)
    twins: list[Twin] = []
    for group in groups.values():
        measured, beside = _pair(group)
        for piece in measured:
            found += _shared(piece, beside)
        twins += beside
    return found, twins


def twins_of(part: Part, twins: list[Twin]) -> list[tuple[XY, ...]]:
    """The stretches of twins that run beside a part."""
    found = []
    for twin in twins:
        if twin.name == part.name:
            lines = _cut(twin.xy, lambda p, d: _opposite(p, d, part.xy, either_way=True))
            found += [xy for beside, xy, _, _ in lines if beside]
    return found


def _oneway_chains(pieces: list[Piece]) -> list[list[Piece]]:
    """One-way pieces head to tail, as far as there is one way on and it does not turn back."""
    heads, tails = defaultdict(list), defaultdict(list)
    for index, piece in enumerate(pieces):
        tails[piece.keys[0]].append(index)
        heads[piece.keys[-1]].append(index)
    partner = {}
    for key, coming in heads.items():
        going = tails.get(key, [])
        if len(coming) == len(going) == 1:
            one, other = (coming[0], 1), (going[0], 0)
            if turn(pieces, one, other) <= 90:
                partner[one], partner[other] = other, one
    return [[pieces[i] for i, _ in walk] for walk in chain(pieces, partner)]


def _opposite(p: XY, d: XY, line, inner=(), *, either_way: bool = False) -> bool:
    """Whether a line runs within 40 m beside a place, against the direction `d`."""
    at, distance = foot(p, line)
    if rounded(distance) > PAIR_M:
        return False
    if point_at(line, at) not in inner and _beyond(p, line, at):
        return False
    e = direction_at(line, at)
    cosine = d[0] * e[0] + d[1] * e[1]
    return abs(cosine) > 0.5 if either_way else cosine < -0.5


def _beyond(p: XY, line, at: float) -> bool:
    """Whether `p` lies ahead of an end of the line, not beside it."""
    if 0 < at < length(line):
        return False
    end, inner = (line[0], line[1]) if at == 0 else (line[-1], line[-2])
    return (p[0] - end[0]) * (end[0] - inner[0]) + (p[1] - end[1]) * (end[1] - inner[1]) > 1e-9


def _pair(pieces: list[Piece]) -> tuple[list[Piece], list[Twin]]:
    """Measure the longer of two opposite chains; what runs beside it is its twin."""

    def rank(chained: list[Piece]) -> tuple[float, int]:
        size = sum(length(p.xy) for p in chained)
        return -rounded(size), min(p.way.way_id for p in chained)

    measured: list[list[Piece]] = []
    twins: list[Twin] = []
    for chained in sorted(_oneway_chains(pieces), key=rank):
        hosts = [[xy for piece in other for xy in piece.xy] for other in measured]

        def beside(p: XY, d: XY, hosts=hosts) -> bool:
            return any(_opposite(p, d, host) for host in hosts)

        kept = []
        for piece in chained:
            for is_twin, xy, low, high in _cut(piece.xy, beside):
                if is_twin:
                    twins.append(Twin(piece.way.name, xy, piece.classes))
                else:
                    kept.append(_stretch(piece, xy, low, high))
        measured += _oneway_chains(kept)
    return [p for chained in measured for p in chained], twins


def _shared(piece: Piece, twins: list[Twin]) -> list[Piece]:
    """A measured piece, cut where the carriageway beside it begins to have other classes."""

    if all(twin.classes <= piece.classes for twin in twins):
        return [piece]
    ends = [end for twin in twins for end in (twin.xy[0], twin.xy[-1])]
    inner = {end for end in ends if ends.count(end) > 1}  # there the carriageway goes on

    def beside(p: XY, d: XY) -> frozenset[str]:
        near = [(rounded(foot(p, t.xy)[1]), t) for t in twins if _opposite(p, d, t.xy, inner)]
        nearest = min((distance for distance, _ in near), default=None)
        return piece.classes.union(*(t.classes for at, t in near if at == nearest))

    return [
        replace(_stretch(piece, xy, low, high), classes=classes)
        for classes, xy, low, high in _cut(piece.xy, beside)
    ]


def _cut(line, what: Callable[[XY, XY], Hashable]) -> list[tuple]:
    """Stretches of a line on which `what` says the same: (what, vertices, from, to).

    It is asked every half metre; a mere touch at an end counts for nothing.
    """
    size = length(line)
    steps = max(4, math.ceil(size / STEP_M))
    places = [size * i / steps for i in range(steps + 1)]
    said = [what(point_at(line, at), direction_at(line, at)) for at in places]
    said[0], said[-1] = said[1], said[-2]
    changes = [i for i in range(1, len(said)) if said[i] != said[i - 1]]
    cuts = [0.0, *((places[i - 1] + places[i]) / 2 for i in changes), size]
    values = [said[0], *(said[i] for i in changes)]
    return [
        (value, _vertices(line, low, high), low, high)
        for value, (low, high) in zip(values, pairwise(cuts), strict=True)
    ]


def _vertices(line, low: float, high: float) -> tuple[XY, ...]:
    at, inner = 0.0, []
    for i, p in enumerate(line):
        at += math.dist(line[i - 1], p) if i else 0.0
        if low < at < high and 0 < i < len(line) - 1:
            inner.append(p)
    first = line[0] if low == 0 else point_at(line, low)
    last = line[-1] if high == length(line) else point_at(line, high)
    return first, *inner, last


def _stretch(piece: Piece, xy: tuple[XY, ...], low: float, high: float) -> Piece:
    """A stretch of a piece; what is cut here has a node of its own."""
    known = dict(zip(piece.xy[1:-1], piece.keys[1:-1], strict=True))

    def node(at: float) -> Key:
        return ("cut", *piece.keys[0], *piece.keys[-1], piece.way.way_id, rounded(at))

    first = piece.keys[0] if low == 0 else node(low)
    last = piece.keys[-1] if high == length(piece.xy) else node(high)
    return replace(piece, keys=(first, *(known[p] for p in xy[1:-1]), last), xy=xy)
