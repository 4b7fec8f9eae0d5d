"""Walking network of the demo city: pavements, crossings, promenades, park paths and steps."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from geodata.buildings import SETBACK_M, Builder
from geodata.plane import (
    Line,
    Point,
    along,
    beside,
    distance,
    foot,
    inside,
    length,
    middle,
    parallel,
)
from geodata.town import Town, nearest_edge

Vertex = tuple[int, float]  # a node put into a street: edge, metres along it
PAVED = ("primary", "secondary")
CORNER_M = 13.0


@dataclass(frozen=True)
class Spot:
    """Node of the walking network: a place of its own, or a vertex of a street."""

    place: Point
    vertex: Vertex | None = None


@dataclass(frozen=True)
class Walk:
    """One way of the walking network."""

    spots: tuple[Spot, ...]
    tags: dict[str, str]


FOOTWAY = {"highway": "footway"}
PAVEMENT = {"highway": "footway", "footway": "sidewalk"}
CROSSING = {"highway": "footway", "footway": "crossing", "crossing": "marked"}
STEPS = {"highway": "steps"}


def walks(builder: Builder) -> list[Walk]:
    """All walks of the city; spots that compare equal are one node."""
    town = builder.town
    return [*_pavements(town), *_promenades(town), *_park_paths(builder), *_hill_paths(town)]


def _street(town: Town, edge: int) -> tuple[str, bool]:
    street = town.streets[town.network.edges[edge].line]
    return street.highway if street.kind == "street" else "", street.oneway


def _on_street(town: Town, edge: int, at_m: float) -> Spot:
    at = round(at_m, 2)
    return Spot(along(town.network.edges[edge].points, at)[0], (edge, at))


def _pavements(town: Town) -> list[Walk]:
    """Pavements on both sides of the avenues, joined round the corners and by crossings."""
    out: list[Walk] = []
    ends: dict[int, list[tuple[float, Spot, Spot, int]]] = defaultdict(list)
    for number, edge in enumerate(town.network.edges):
        highway, oneway = _street(town, number)
        span = length(edge.points)
        if not highway or span < 2.5 * CORNER_M or town.zone(edge.points[0]) == "rural":
            continue
        away = SETBACK_M[highway.removesuffix("_link")] - 5.0
        corners = []
        if highway in PAVED and not oneway:
            for sign in (1.0, -1.0):
                first = Spot(beside(edge.points, CORNER_M, sign * away))
                last = Spot(beside(edge.points, span - CORNER_M, sign * away))
                between = [
                    p
                    for p in parallel(edge.points, sign * away)[1:-1]
                    if CORNER_M + 3 < foot(edge.points, p)[0] < span - CORNER_M - 3
                ]
                out.append(Walk((first, *(Spot(p) for p in between), last), PAVEMENT))
                corners.append((first, last))
            (left_first, left_last), (right_first, right_last) = corners
        else:
            left_first = right_first = _on_street(town, number, CORNER_M)
            left_last = right_last = _on_street(town, number, span - CORNER_M)
        a, b = edge.points[0], edge.points[1]
        y, z = edge.points[-1], edge.points[-2]
        ends[edge.start].append((_bearing(a, b), left_first, right_first, number))
        ends[edge.end].append((_bearing(y, z), right_last, left_last, number))
    for node in sorted(ends):
        around = sorted(ends[node], key=lambda end: end[0])
        if len(around) < 3:
            continue
        for (_, left, right, number), following in zip(
            around, around[1:] + around[:1], strict=True
        ):
            if left.vertex is None:
                edge = town.network.edges[number]
                span = length(edge.points)
                at = CORNER_M if edge.start == node else span - CORNER_M
                out.append(Walk((right, _on_street(town, number, at), left), CROSSING))
            if left.vertex is None or following[2].vertex is None:
                out.append(Walk((left, following[2]), FOOTWAY))
    return out


def _bearing(a: Point, b: Point) -> float:
    return math.atan2(b[1] - a[1], b[0] - a[0])


def _link(town: Town, place: Point) -> Spot:
    """Return the vertex of the nearest street."""
    edge = nearest_edge(town, place)
    span = length(town.network.edges[edge].points)
    at = foot(town.network.edges[edge].points, place)[0]
    return _on_street(town, edge, min(max(at, 2.0), span - 2.0))


def _promenades(town: Town) -> list[Walk]:
    """Walk along each bank, with steps up to the riverside street."""
    out = []
    banks = [b for b, use in zip(town.blocks, town.uses, strict=True) if use == "bank"]
    for offset in (92.0, -90.0):
        line = parallel(town.river, offset)
        for block in banks:
            ats = [
                a for a in range(0, int(length(line)), 65) if inside(block.ring, along(line, a)[0])
            ]
            if len(ats) < 3:
                continue
            spots = [Spot(along(line, a)[0]) for a in ats]
            tags = {"highway": "footway", "name": "滨江步道", "name:en": "Riverside Walk"}
            out.append(Walk(tuple(spots), tags))
            for spot in spots[1::4]:
                street = _link(town, spot.place)
                t = 9.0 / max(distance(spot.place, street.place), 10.0)
                head = Spot(_between(spot.place, street.place, t))
                out += [Walk((spot, head), STEPS), Walk((head, street), FOOTWAY)]
    return out


def _between(a: Point, b: Point, t: float) -> Point:
    return a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t


def _park_paths(builder: Builder) -> list[Walk]:
    """Path across every park, from street to street through its middle."""
    out = []
    for block, kind in sorted(builder.reserved.items()):
        if kind != "park":
            continue
        ring = builder.town.blocks[block].ring
        centre = Spot(middle(ring))
        for k in (0, len(ring) // 3, 2 * len(ring) // 3):
            gate = _link(builder.town, ring[k])
            bend = _between(gate.place, centre.place, 0.5)
            side = (bend[0] + 0.1 * (gate.place[1] - centre.place[1]), bend[1])
            if distance(gate.place, centre.place) > 20:
                out.append(Walk((gate, Spot(side), centre), FOOTWAY))
    return out


def _hill_paths(town: Town) -> list[Walk]:
    """Path and steps up the hill, from the road before its tunnel."""
    top = middle(town.hill)
    gate = _link(town, (-1440.0, 1700.0))
    climb: Line = [_between(gate.place, top, t) for t in (0.2, 0.4, 0.6, 0.8, 1.0)]
    spots = [Spot((x + (40.0 if k % 2 else -40.0), y)) for k, (x, y) in enumerate(climb)]
    path: Sequence[Spot] = (gate, *spots)
    return [Walk((a, b), STEPS if k % 2 else FOOTWAY) for k, (a, b) in enumerate(pairwise(path))]
