"""The law of walking by brute force: ways as mapped, a foot by trying every piece, plain Dijkstra.

It reads OpenStreetMap files itself and keeps every vertex as a node. Lengths are geodesics; a plane
about the place only proposes where a foot may be. Slow on purpose, and without code of the product.

The law: a place and a station are snapped to the nearest edge of a mainland that is no staircase,
whatever is asked (nobody's door is on the stairs; within 500 m). Mainlands are those of the whole
network, stairs included. Without steps: the shortest way between the same two feet that uses no
staircase; where there is none, there is no step-free way. Straight walking when straight is no more
than off(place), but without steps only if the station's foot can be reached without steps from that
of the place or both feet are the same.
"""

import heapq
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import osmium
import pyproj

GEOD = pyproj.Geod(ellps="WGS84")
REACH_M = 500.0  # nobody is snapped farther
MAINLAND_M = 2000.0
TIE_M = 0.02  # feet as near as this are one as good as the other
STEP = 10**7  # coordinates are the same where they are so after rounding to 1e-7°

QUIET = ("footway", "path", "pedestrian", "steps", "living_street", "residential", "service")
ANYWHERE = frozenset(
    [*QUIET, "unclassified", "road", "track", "cycleway", "bridleway", "corridor", "platform"]
)
WITH_LINKS = ("tertiary", "secondary", "primary", "trunk")
CARRIAGEWAYS = frozenset([*WITH_LINKS, *(f"{name}_link" for name in WITH_LINKS)])
WELCOME = frozenset(["yes", "designated", "permissive", "official"])
UNWELCOME = frozenset(["no", "private", "use_sidepath"])
PAVED_SIDE = frozenset(["both", "left", "right", "yes"])
ABOVE_GROUND = frozenset(["no", "building_passage", "culvert", "covered"])

LonLat = tuple[float, float]


def is_underground(tags: Mapping[str, str]) -> bool:
    """Whether a way runs in a tunnel of its own."""
    return tags.get("tunnel", "no") not in ABOVE_GROUND


def on_foot(tags: Mapping[str, str]) -> str:
    """What a way says of walkers: "yes", "no" or nothing."""
    paved = is_underground(tags) and tags.get("sidewalk") in PAVED_SIDE
    if tags.get("foot") in WELCOME or paved:
        return "yes"
    closed = tags.get("access") in ("no", "private")
    return "no" if tags.get("foot") in UNWELCOME or closed else ""


def walkable(tags: Mapping[str, str]) -> bool:
    """Whether walkers may use a way."""
    highway = tags.get("highway")
    if highway not in ANYWHERE | CARRIAGEWAYS or tags.get("motorroad") == "yes":
        return False
    if highway in CARRIAGEWAYS and is_underground(tags):
        return on_foot(tags) == "yes"
    return on_foot(tags) != "no"


@dataclass(frozen=True)
class Road:
    """A walkable way: its vertices, and whether it is a flight of steps."""

    points: tuple[LonLat, ...]
    stairs: bool = False


def read(path: Path) -> list[Road]:
    """Read the walkable ways of a file; where a vertex is not in it, the way is cut."""
    found = []
    for way in osmium.FileProcessor(str(path)).with_locations():
        if not way.is_way():
            continue
        tags = {tag.k: tag.v for tag in way.tags}
        if not walkable(tags):
            continue
        runs: list[list[LonLat]] = [[]]
        for ref in way.nodes:
            if ref.location.valid():
                runs[-1].append((ref.location.lon, ref.location.lat))
            else:
                runs.append([])
        stairs = tags["highway"] == "steps"
        found += [Road(tuple(run), stairs) for run in runs if len(run) > 1]
    return found


def metres(one: LonLat, other: LonLat) -> float:
    """Length of the geodesic."""
    return GEOD.inv(*one, *other)[2]


@dataclass(frozen=True)
class Foot:
    """Where a place meets the network: on a piece, so far from its beginning."""

    piece: int
    at: LonLat
    off_m: float
    from_start_m: float
    to_end_m: float


class Ground:
    """The pieces that walkers may use, every one between two vertices."""

    def __init__(self, roads: Iterable[Road], *, step_free: bool = False) -> None:
        numbers: dict[tuple[int, int], int] = {}
        ends, places, stairs = [], [], []
        for road in roads:
            for one, other in pairwise(road.points):
                a, b = (
                    numbers.setdefault((round(x * STEP), round(y * STEP)), len(numbers))
                    for x, y in (one, other)
                )
                if a != b:
                    ends.append((a, b))
                    places.append((*one, *other))
                    stairs.append(road.stairs)
        self.step_free, self.numbers = step_free, numbers
        self.ends = ends
        self.stairs = np.array(stairs, dtype=bool)
        self.places = np.array(places).reshape(-1, 4)
        self.lengths = GEOD.inv(*self.places.T)[2].tolist() if ends else []
        self.beside: dict[int, list[tuple[int, float, bool]]] = defaultdict(list)
        for (a, b), length, steps in zip(ends, self.lengths, stairs, strict=True):
            self.beside[a].append((b, length, steps))
            self.beside[b].append((a, length, steps))
        self._feet: dict[LonLat, list[Foot]] = {}
        self._part_lands()

    def _part_lands(self) -> None:
        """Metres of every component, and which of them are mainlands."""
        self.land_of: dict[int, int] = {}
        for land, first in enumerate(self.beside):
            waiting = [] if first in self.land_of else [first]
            while waiting:
                node = waiting.pop()
                if node not in self.land_of:
                    self.land_of[node] = land
                    waiting += [other for other, _, _ in self.beside[node]]
        self.lands: dict[int, float] = defaultdict(float)
        for (a, _), length in zip(self.ends, self.lengths, strict=True):
            self.lands[self.land_of[a]] += length
        longest = max(self.lands.values(), default=0.0)
        self.main = {n for n, m in self.lands.items() if m >= MAINLAND_M or m == longest}
        of_main = np.array([self.land_of[a] in self.main for a, _ in self.ends], dtype=bool)
        self.with_doors = of_main & ~self.stairs

    def feet(self, at: LonLat) -> list[Foot]:
        """Feet of a place, off stairs, the nearest first, those as near as it behind; none: []."""
        if at not in self._feet:
            self._feet[at] = self._find(at)
        return self._feet[at]

    def _find(self, at: LonLat) -> list[Foot]:
        lat = at[1]
        a_m, e2 = GEOD.a, GEOD.es
        squeeze = 1 - e2 * math.sin(math.radians(lat)) ** 2
        east = math.radians(1) * math.cos(math.radians(lat)) * a_m / math.sqrt(squeeze)
        north = math.radians(1) * a_m * (1 - e2) / squeeze**1.5
        start = (self.places[:, :2] - at) * (east, north)
        step = (self.places[:, 2:] - self.places[:, :2]) * (east, north)
        share = np.clip(-(start * step).sum(axis=1) / (step**2).sum(axis=1), 0.0, 1.0)
        far = np.hypot(*(start + share[:, None] * step).T)
        far[~self.with_doors] = math.inf
        near = far.min(initial=math.inf)
        if near > REACH_M * 1.01:
            return []
        tried = np.flatnonzero(far <= near * 1.001 + 2 * TIE_M)
        feet = sorted((self._foot(int(n), float(share[n]), at) for n in tried), key=_near)
        return [f for f in feet if f.off_m <= min(REACH_M, feet[0].off_m + TIE_M)]

    def _foot(self, piece: int, share: float, at: LonLat) -> Foot:
        x1, y1, x2, y2 = self.places[piece]
        foot = (x1 + share * (x2 - x1), y1 + share * (y2 - y1))
        return Foot(piece, foot, metres(at, foot), metres((x1, y1), foot), metres(foot, (x2, y2)))

    def is_plain(self, at: LonLat) -> bool:
        """Whether a place has one foot and no other as near, or none."""
        feet = self.feet(at)
        return all(self._same(feet[0], foot) for foot in feet[1:])

    def _same(self, one: Foot, other: Foot) -> bool:
        """Whether two feet are one place of the network: a common vertex, or pieces that repeat."""
        if metres(one.at, other.at) > 1e-6:
            return False
        a, b = (set(self.ends[f.piece]) for f in (one, other))
        at_vertex = all(min(f.from_start_m, f.to_end_m) < 1e-6 for f in (one, other))
        return a == b or (bool(a & b) and at_vertex)

    def spread(self, foot: Foot) -> dict[int, float]:
        """Metres along the network from a foot to every vertex that can be reached."""
        a, b = self.ends[foot.piece]
        return self.spread_from([(foot.from_start_m, a), (foot.to_end_m, b)])

    def spread_from(self, heap: list[tuple[float, int]]) -> dict[int, float]:
        """Metres to every vertex that can be reached from some, so far away themselves."""
        heapq.heapify(heap)
        done: dict[int, float] = {}
        while heap:
            far, node = heapq.heappop(heap)
            if node in done:
                continue
            done[node] = far
            for other, length, steps in self.beside[node]:
                if other not in done and not (steps and self.step_free):
                    heapq.heappush(heap, (far + length, other))
        return done

    def walks(self, at: LonLat, stations: Mapping[str, LonLat]) -> dict[str, float] | None:
        """Walking metres to every station that has a way; None where the place is not snapped."""
        feet = self.feet(at)
        if not feet:
            return None
        mine = feet[0]
        reached = self.spread(mine)
        found = {}
        for name, place in stations.items():
            straight = metres(at, place)
            walk = self._walk(mine, reached, place)
            if straight <= mine.off_m and not (self.step_free and walk is None):
                walk = straight
            if walk is not None:
                found[name] = max(walk, straight)
        return found

    def _walk(self, mine: Foot, reached: Mapping[int, float], place: LonLat) -> float | None:
        theirs = next(iter(self.feet(place)), None)
        if theirs is None:
            return None
        a, b = self.ends[theirs.piece]
        ways = [theirs.from_start_m + reached.get(a, math.inf)]
        ways.append(theirs.to_end_m + reached.get(b, math.inf))
        if theirs.piece == mine.piece:
            ways.append(abs(theirs.from_start_m - mine.from_start_m))
        net = min(ways)
        return None if net == math.inf else mine.off_m + net + theirs.off_m

    def from_vertex(self, at: LonLat, places: Mapping[int, LonLat]) -> dict[int, float]:
        """Metres from a vertex, along the network, to every place that has a way; islands: none."""
        a = self.numbers[round(at[0] * STEP), round(at[1] * STEP)]
        if self.land_of[a] not in self.main:
            return {}
        reached, found = self.spread_from([(0.0, a)]), {}
        for name, place in places.items():
            for foot in self.feet(place)[:1]:
                b, c = self.ends[foot.piece]
                ways = [foot.from_start_m + reached.get(b, math.inf)]
                ways.append(foot.to_end_m + reached.get(c, math.inf))
                if min(ways) < math.inf:
                    found[name] = min(ways) + foot.off_m
        return found

    def carries(self, one: LonLat, other: LonLat, *, within_m: float) -> bool:
        """Whether some one piece that may be used runs along the step between two places."""
        apart = []
        for lon, lat in (one, other):
            scale = np.array([math.cos(math.radians(lat)), 1.0]) * 111_195
            start = (self.places[:, :2] - (lon, lat)) * scale
            step = (self.places[:, 2:] - self.places[:, :2]) * scale
            share = np.clip(-(start * step).sum(axis=1) / (step**2).sum(axis=1), 0.0, 1.0)
            apart.append(np.hypot(*(start + share[:, None] * step).T))
        usable = ~self.stairs if self.step_free else np.ones(len(self.ends), dtype=bool)
        return bool((np.maximum(*apart)[usable] <= within_m).any())


def _near(foot: Foot) -> float:
    return foot.off_m
