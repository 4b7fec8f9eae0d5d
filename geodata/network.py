"""Planar network of the demo city: lines noded where they cross, blocks between, blocks cut up."""

import math
import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from geodata.plane import (
    Grid,
    Line,
    Point,
    area,
    crossing,
    distance,
    edges,
    foot,
    inside,
    length,
)

MERGE_M = 1.5  # crossings closer than this are one node
STUB_M = 90.0  # loose ends shorter than this are overshoot


@dataclass(frozen=True)
class Edge:
    """Piece of one line between two nodes."""

    line: int
    start: int
    end: int
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Block:
    """Face of the network; sides are (edge, forward) with the block on their left."""

    ring: tuple[Point, ...]
    sides: tuple[tuple[int, bool], ...]


@dataclass
class Network:
    """Noded lines: ``nodes`` by number, ``edges`` in the order of their lines."""

    nodes: list[Point] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)

    def blocks(self) -> list[Block]:
        """Bounded faces, each counter-clockwise."""
        leaving: dict[int, list[tuple[float, int, bool]]] = defaultdict(list)
        for number, edge in enumerate(self.edges):
            for forward, points in ((True, edge.points), (False, edge.points[::-1])):
                a, b = points[0], points[1]
                angle = math.atan2(b[1] - a[1], b[0] - a[0])
                leaving[edge.start if forward else edge.end].append((angle, number, forward))
        order = {n: [(e, f) for _, e, f in sorted(out)] for n, out in leaving.items()}
        seen: set[tuple[int, bool]] = set()
        found = []
        for number in range(len(self.edges)):
            for first in ((number, True), (number, False)):
                if first in seen:
                    continue
                sides, ring, side = [], [], first
                while side not in seen:
                    seen.add(side)
                    sides.append(side)
                    edge, forward = self.edges[side[0]], side[1]
                    ring += list(edge.points if forward else edge.points[::-1])[:-1]
                    around = order[edge.end if forward else edge.start]
                    side = around[around.index((side[0], not forward)) - 1]
                if area(ring) > 1.0:
                    found.append(Block(tuple(ring), tuple(sides)))
        return found


@dataclass(frozen=True)
class _Cut:
    """Crossing on a line: segment, fraction along it, node."""

    segment: int
    share: float
    node: int


def node(lines: Sequence[tuple[Line, bool]], *, keep: Callable[[int], bool]) -> Network:
    """Network of `lines` (points, closed), noded at every crossing.

    Loose ends under `STUB_M` are cut off, except on lines that `keep` names.
    """
    network, nearby = Network(), Grid(4.0)

    def numbered(p: Point) -> int:
        close = [n for n in nearby.near([p], MERGE_M) if distance(network.nodes[n], p) < MERGE_M]
        if close:
            return close[0]
        network.nodes.append(p)
        nearby.add(len(network.nodes) - 1, [p])
        return len(network.nodes) - 1

    cuts = _crossings(lines, numbered)
    for number, (points, closed) in enumerate(lines):
        stops = sorted(cuts[number], key=lambda cut: (cut.segment, cut.share, cut.node))
        path = points
        if closed:
            path = [*points, *points, points[0]]
            stops.append(_Cut(stops[0].segment + len(points), stops[0].share, stops[0].node))
        else:
            stops.insert(0, _Cut(0, 0.0, numbered(points[0])))
            stops.append(_Cut(len(points) - 2, 1.0, numbered(points[-1])))
        for one, two in pairwise(stops):
            a, b = network.nodes[one.node], network.nodes[two.node]
            between = [
                p
                for p in path[one.segment + 1 : two.segment + 1]
                if distance(p, a) > 0.5 and distance(p, b) > 0.5
            ]
            ahead = (two.segment, two.share) > (one.segment, one.share)
            if ahead and (one.node != two.node or len(between) > 1):
                network.edges.append(Edge(number, one.node, two.node, (a, *between, b)))
    return _trim(network, keep=keep)


def _crossings(
    lines: Sequence[tuple[Line, bool]], numbered: Callable[[Point], int]
) -> dict[int, list[_Cut]]:
    """Crossings of all lines with each other, by line."""
    segments = [
        (number, k, a, b)
        for number, (points, closed) in enumerate(lines)
        for k, (a, b) in enumerate(edges(points) if closed else pairwise(points))
    ]
    grid = Grid(80.0)
    for s, (_, _, a, b) in enumerate(segments):
        grid.add(s, (a, b))
    cuts: dict[int, list[_Cut]] = defaultdict(list)
    for s, (number, k, a, b) in enumerate(segments):
        for other in grid.near((a, b)):
            across, m, c, d = segments[other]
            hit = crossing(a, b, c, d) if other > s and across != number else None
            if hit:
                t, u = hit
                n = numbered((a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])))
                cuts[number].append(_Cut(k, t, n))
                cuts[across].append(_Cut(m, u, n))
    return cuts


def _trim(network: Network, *, keep: Callable[[int], bool]) -> Network:
    """Cut off loose ends, and the second of two edges on the same path."""
    known, kept = set(), []
    for e in network.edges:
        mid = (min(e.start, e.end), max(e.start, e.end), round(length(e.points)))
        if mid not in known or len(e.points) > 2:
            kept.append(e)
        known.add(mid)
    while True:
        degree: dict[int, int] = defaultdict(int)
        for e in kept:
            if not keep(e.line):
                degree[e.start] += 1
                degree[e.end] += 1
        rest = [
            e
            for e in kept
            if keep(e.line) or min(degree[e.start], degree[e.end]) > 1 or length(e.points) >= STUB_M
        ]
        if len(rest) == len(kept):
            return Network(network.nodes, kept)
        kept = rest


@dataclass(frozen=True)
class Cut:
    """New street through a block: its line, the depth of the cut, and the cut it continues."""

    line: Line
    depth: int
    continues: int | None


class Cutter:
    """Cuts blocks up by streets across their longer side, one after another.

    Streets that meet on opposite sides of a street are drawn to one crossing, and a straight
    continuation is remembered so that it can carry the same name. The way of cutting follows
    Vanegas et al., "Procedural generation of parcels in urban modeling" (2012), section 4.
    """

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.cuts: list[Cut] = []
        self.ends: list[tuple[Point, int | None]] = []  # place, cut
        self.grid = Grid(60.0)

    def meet(self, place: Point, cut: int | None = None) -> None:
        """Make a place a junction that later cuts are drawn to."""
        self.grid.add(len(self.ends), [place])
        self.ends.append((place, cut))

    def cut(self, ring: Line, *, target_m2: float, depth: int = 0) -> None:
        """Cut a ring until its pieces are under about `target_m2`."""
        if area(ring) < target_m2 * self.rng.uniform(1.0, 1.7):
            return
        for position in (0.5, 0.42, 0.58, 0.34, 0.66):
            found = self._across(ring, position + self.rng.uniform(-0.06, 0.06))
            if found:
                break
        else:
            return
        (i, p), (j, q) = found
        number = len(self.cuts)
        bend = self._bend(ring, p, q)
        self.cuts.append(Cut(overshot([p, *bend, q]), depth, self._continued(p, q)))
        self.meet(p, number)
        self.meet(q, number)
        one = [p, *ring[i + 1 : j + 1], q, *bend[::-1]]
        two = [q, *ring[j + 1 :], *ring[: i + 1], p, *bend]
        for half in (one, two):
            if area(half) > 0:
                self.cut(half, target_m2=target_m2, depth=depth + 1)

    def _across(
        self, ring: Line, position: float
    ) -> tuple[tuple[int, Point], tuple[int, Point]] | None:
        """Return the two ends (side number, point) of a cut at `position` of the longer side."""
        ux, uy = long_axis(ring)
        ahead = [x * ux + y * uy for x, y in ring]
        at = min(ahead) + position * (max(ahead) - min(ahead))
        hits = []
        for i, (a, b) in enumerate(edges(ring)):
            s, t = ahead[i] - at, ahead[(i + 1) % len(ring)] - at
            if (s > 0) != (t > 0):
                f = s / (s - t)
                p = (a[0] + f * (b[0] - a[0]), a[1] + f * (b[1] - a[1]))
                hits.append((p[1] * ux - p[0] * uy, i, p))
        hits.sort()
        if len(hits) != 2:
            return None
        ends = sorted((self._drawn(ring, i, p) for _, i, p in hits), key=lambda end: end[0])
        (i, p), (j, q) = ends
        if i == j or distance(p, q) < 60.0:
            return None
        for end, side in ((p, i), (q, j)):
            a, b = ring[side], ring[(side + 1) % len(ring)]
            span = distance(a, b)
            dx, dy = (q[0] - p[0], q[1] - p[1])
            lean = abs(dx * (b[0] - a[0]) + dy * (b[1] - a[1])) / (span * math.hypot(dx, dy))
            if lean > 0.62 or any(distance(end, c) < 42.0 for c in _corners(ring)):
                return None
        steps = (k / 12 for k in range(1, 12))
        if all(inside(ring, (p[0] + t * (q[0] - p[0]), p[1] + t * (q[1] - p[1]))) for t in steps):
            return (i, p), (j, q)
        return None

    def _drawn(self, ring: Line, side: int, p: Point) -> tuple[int, Point]:
        """Draw an end to a cut that already arrives nearby from the other side."""
        for n in self.grid.near([p], 45.0):
            end = self.ends[n][0]
            if distance(end, p) < 45.0:
                for i, (a, b) in enumerate(edges(ring)):
                    if a != b and foot([a, b], end)[1] < 0.05:
                        return i, end
        return side, p

    def _continued(self, p: Point, q: Point) -> int | None:
        """Return the cut that this one continues nearly straight, if any."""
        for near, far in ((p, q), (q, p)):
            for n in self.grid.near([near], 1.0):
                end, number = self.ends[n]
                if number is not None and distance(end, near) < 0.5:
                    other = self.cuts[number].line
                    back = other[-1] if distance(other[0], near) < 5.0 else other[0]
                    turn = _angle(back, near) - _angle(near, far)
                    if abs(math.remainder(turn, math.tau)) < math.radians(28):
                        return number
        return None

    def _bend(self, ring: Line, p: Point, q: Point) -> Line:
        """Vertices of a slight bend between the ends of a cut; often none."""
        span = distance(p, q)
        ux, uy = (q[0] - p[0]) / span, (q[1] - p[1]) / span
        sag = self.rng.uniform(-0.05, 0.05) * span
        arc = [(t, 4 * t * (1 - t) * sag) for t in (0.25, 0.5, 0.75)]
        bend = [(p[0] + t * span * ux - s * uy, p[1] + t * span * uy + s * ux) for t, s in arc]
        return bend if abs(sag) > 2.0 and all(inside(ring, b) for b in bend) else []


def overshot(line: Line, by_m: float = 0.6) -> Line:
    """Line drawn out at both ends, so that it is surely noded there."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = line[0], line[1], line[-2], line[-1]
    s, t = by_m / distance(line[0], line[1]), by_m / distance(line[-2], line[-1])
    first, last = (ax - s * (bx - ax), ay - s * (by - ay)), (dx + t * (dx - cx), dy + t * (dy - cy))
    return [first, *line[1:-1], last]


def _angle(a: Point, b: Point) -> float:
    return math.atan2(b[1] - a[1], b[0] - a[0])


def _corners(ring: Line) -> list[Point]:
    """Vertices where a ring turns by more than 35°."""
    out = []
    for i, p in enumerate(ring):
        turn = _angle(ring[i - 1], p) - _angle(p, ring[(i + 1) % len(ring)])
        if abs(math.remainder(turn, math.tau)) > math.radians(35):
            out.append(p)
    return out


def long_axis(ring: Line) -> Point:
    """Return the unit vector along the longer side of the smallest box around a ring."""
    best, axis = math.inf, (1.0, 0.0)
    for a, b in edges(ring):
        step = distance(a, b)
        if step < 5.0:
            continue
        ux, uy = (b[0] - a[0]) / step, (b[1] - a[1]) / step
        s = [x * ux + y * uy for x, y in ring]
        t = [y * ux - x * uy for x, y in ring]
        wide, high = max(s) - min(s), max(t) - min(t)
        if wide * high < best - 1e-6:
            best, axis = wide * high, (ux, uy) if wide >= high else (-uy, ux)
    return axis
