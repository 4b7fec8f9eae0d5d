"""Buildings of the demo city: rows along the streets, slabs inside the blocks, their facilities."""

import random
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from geodata.network import long_axis
from geodata.plane import (
    Grid,
    Line,
    Point,
    along,
    area,
    beside,
    distance,
    edges,
    foot,
    inside,
    length,
    middle,
    quads_overlap,
    shrink,
)
from geodata.town import Town, warped

# metres from a street's line to the fronts along it
SETBACK_M = {
    "trunk": 20.0,
    "primary": 18.0,
    "secondary": 14.5,
    "tertiary": 11.0,
    "residential": 8.0,
    "unclassified": 9.0,
    "living_street": 5.0,
    "pedestrian": 6.5,
}
KEEP_OFF_M = {"bank": 12.0, "creek": 18.0, "line": 6.0, "limit": 4.0}
# by zone: share of the front built on, length of a building, gap to the next, depth
FRONT = {
    "old": (0.9, (12.0, 26.0), (0.6, 3.0), (9.0, 13.0)),
    "town": (0.68, (24.0, 54.0), (4.0, 16.0), (11.0, 15.0)),
    "works": (0.45, (36.0, 70.0), (12.0, 40.0), (16.0, 24.0)),
    "rural": (0.10, (9.0, 13.0), (14.0, 40.0), (9.0, 11.0)),
}
# by zone: share built, length and depth of a slab, gap in a row, pitch of the rows
SLAB = {
    "old": (0.55, (14.0, 26.0), 10.0, 5.0, 15.0),
    "town": (0.72, (40.0, 62.0), 12.5, 13.0, 34.0),
    "works": (0.75, (60.0, 95.0), 38.0, 22.0, 62.0),
}
VILLAGE_M = 420.0  # a village road is built up this far from the village's middle


@dataclass
class Building:
    """Footprint (front side first); where it stands on a street's front: edge, side, place."""

    ring: tuple[Point, Point, Point, Point]
    edge: int = -1
    left: bool = True
    at_m: float = 0.0
    front_m: float = 0.0
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Facility:
    """Place of the facility table: a point at `door`, an `outline`, or a tagged building."""

    name: str
    tags: dict[str, str]
    door: Point
    outline: tuple[Point, ...] = ()
    station: str = ""
    kind: str = ""
    ground: bool = False  # the outline is the ground, not a building


class Builder:
    """Puts buildings where nothing else stands."""

    def __init__(self, town: Town, rng: random.Random) -> None:
        self.town, self.rng = town, rng
        self.buildings: list[Building] = []
        self.facilities: list[Facility] = []
        self.reserved: dict[int, str] = {}  # block → kind of facility
        self.grid = Grid(60.0)
        self.block_of = {
            side: number for number, block in enumerate(town.blocks) for side in block.sides
        }
        self.villages = [warped(c["at"]) for c in town.plan["community"] if c.get("rural")]
        self.walls: dict[int, list[tuple[Point, Point, float, int]]] = {}
        table = tomllib.loads((Path(__file__).parent / "facilities.toml").read_text("utf-8"))
        self.kinds: dict[str, dict[str, str]] = table["kind"]
        self.planned = table["facility"]

    def run(self) -> None:
        """Reserve the facilities' blocks, line the streets, fill the blocks, open the doors."""
        open_entry = {"block": self._block, "box": self._box}
        for entry in self.planned:
            open_entry.get(entry["form"], lambda _: None)(entry)
        for number in range(len(self.town.network.edges)):
            self._row(number, left=True)
            self._row(number, left=False)
        for entry in self.planned:
            if entry["form"] in ("house", "door"):
                self.open(entry)
        for block, kind in sorted(self.reserved.items()):
            self._campus(block, kind)
        for number, use in enumerate(self.town.uses):
            if use in SLAB and number not in self.reserved:
                self._slabs(number, use)

    # --- rules -------------------------------------------------------------------------------

    def _setback(self, edge: int) -> float:
        street = self.town.streets[self.town.network.edges[edge].line]
        if street.kind != "street":
            return KEEP_OFF_M[street.kind]
        return SETBACK_M[street.highway.removesuffix("_link")]

    def _walls(self, block: int) -> list[tuple[Point, Point, float, int]]:
        """Sides of a block with the distance that buildings keep from each."""
        if block not in self.walls:
            self.walls[block] = [
                (a, b, self._setback(edge) - 1.0, edge)
                for edge, _ in self.town.blocks[block].sides
                for a, b in zip(
                    self.town.network.edges[edge].points,
                    self.town.network.edges[edge].points[1:],
                    strict=False,
                )
            ]
        return self.walls[block]

    def _fits(
        self, ring: Sequence[Point], block: int, *, own: int = -1, apart_m: float = 0.0
    ) -> bool:
        """Whether a footprint lies in its block, off the streets, and free of other buildings."""
        if not all(inside(self.town.blocks[block].ring, p) for p in ring):
            return False
        if any(inside(self.town.hill, p) for p in ring):
            return False
        mids = [((a[0] + b[0]) / 2, (a[1] + b[1]) / 2) for a, b in edges(ring)]
        for a, b, keep, edge in self._walls(block):
            margin = keep if edge != own else min(keep, 3.0)
            low_x, high_x = min(a[0], b[0]) - margin, max(a[0], b[0]) + margin
            low_y, high_y = min(a[1], b[1]) - margin, max(a[1], b[1]) + margin
            for p in (*ring, *mids):
                if low_x < p[0] < high_x and low_y < p[1] < high_y and foot((a, b), p)[1] < margin:
                    return False
        if any(foot(self.town.railway, p)[1] < 22.0 for p in ring if p[1] > 2000):
            return False
        grown = _grown(ring, apart_m) if apart_m else ring
        return not any(quads_overlap(grown, self.buildings[n].ring) for n in self.grid.near(grown))

    def _add(self, building: Building) -> None:
        self.grid.add(len(self.buildings), building.ring)
        self.buildings.append(building)

    # --- streets' fronts -----------------------------------------------------------------------

    def _row(self, edge: int, *, left: bool) -> None:
        block = self.block_of.get((edge, left))
        line = self.town.network.edges[edge].points
        if block is None or self.town.streets[self.town.network.edges[edge].line].kind != "street":
            return
        zone = self.town.uses[block]
        if zone not in FRONT or block in self.reserved:
            return
        share, span, gap, deep = FRONT[zone]
        if zone == "rural" and any(distance(line[0], v) < VILLAGE_M for v in self.villages):
            share = 0.75
        street = self.town.streets[self.town.network.edges[edge].line]
        if street.highway in ("primary", "secondary", "pedestrian") and zone != "rural":
            share = 1 - (1 - share) * 0.5
        corner = 9.0 if zone == "old" else 17.0
        setback = self._setback(edge) + (self.rng.uniform(0, 2.5) if zone != "old" else 0.0)
        at, end = corner, length(line) - corner
        while at + span[0] < end:
            front = min(self.rng.uniform(*span), end - at)
            depth = self.rng.uniform(*deep)
            if self.rng.random() < share:
                ring = _footprint(line, at, front, setback, depth, left=left)
                if self._fits(ring, block, own=edge):
                    self._add(Building(ring, edge, left, at, front))
            at += front + self.rng.uniform(*gap)

    def open(self, entry: dict[str, Any]) -> None:
        """Open a facility (form house or door) at the nearest building of a street's front."""
        place = warped(entry["at"])
        name = entry.get("street", "")
        free = [
            (distance(_front(b), place), n)
            for n, b in enumerate(self.buildings)
            if b.edge >= 0
            and not b.tags
            and b.front_m > 10
            and name in ("", self.town.streets[self.town.network.edges[b.edge].line].name)
        ]
        building = self.buildings[min(free)[1]]
        tags = self._tags(entry)
        if entry["form"] == "house":
            building.tags = tags
            self._facility(entry, _front(building), building.ring)
        else:
            building.tags = {"building": "yes"}
            self._facility(entry, _front(building, inside_m=1.0), ())

    def _tags(self, entry: dict[str, Any]) -> dict[str, str]:
        return {**self.kinds[entry["kind"]], "name": entry["name"], "name:en": entry["en"]}

    def _facility(self, entry: dict[str, Any], door: Point, outline: Sequence[Point]) -> None:
        tags, station = self._tags(entry), entry.get("station", "")
        self.facilities.append(
            Facility(
                name=entry["name"],
                tags=tags,
                door=door,
                outline=tuple(outline),
                station=station,
                kind=entry["kind"],
                ground=entry["form"] == "block" or entry["kind"] == "square",
            )
        )

    # --- whole blocks ---------------------------------------------------------------------------

    def _block(self, entry: dict[str, Any]) -> None:
        place = warped(entry["at"])
        free = [
            (0.0 if inside(b.ring, place) else distance(middle(b.ring), place), n)
            for n, b in enumerate(self.town.blocks)
            if n not in self.reserved and self.town.uses[n] in SLAB
        ]
        number, outline = next(
            (n, o)
            for _, n in sorted(free)
            if (o := shrink(self.town.blocks[n].ring, self._kerb(n)))
        )
        self.reserved[number] = entry["kind"]
        widest = max(
            self.town.blocks[number].sides,
            key=lambda side: self._rank(side[0]),
        )[0]
        points = self.town.network.edges[widest].points
        gate, _ = along(points, length(points) / 2)
        door = min(outline, key=lambda p: distance(p, gate))
        at, _, _ = foot([*outline, outline[0]], gate)
        door, _ = along([*outline, outline[0]], at)
        self._facility(entry, door, outline)

    def _kerb(self, block: int) -> float:
        """Metres from the streets' lines to the fence of a block."""
        return min(9.0, 0.6 * max(self._setback(e) for e, _ in self.town.blocks[block].sides))

    def _rank(self, edge: int) -> float:
        street = self.town.streets[self.town.network.edges[edge].line]
        points = self.town.network.edges[edge].points
        return self._setback(edge) * 100 + length(points) if street.kind == "street" else 0.0

    def _box(self, entry: dict[str, Any]) -> None:
        place = warped(entry["at"])
        _, (ux, uy) = along(self.town.railway, foot(self.town.railway, place)[0])
        ring = _box(place, (ux, uy), *(float(v) for v in entry["size"]))
        door = ((ring[0][0] + ring[1][0]) / 2, (ring[0][1] + ring[1][1]) / 2)
        if "building" in self.kinds[entry["kind"]]:
            self._add(Building(ring, tags=self._tags(entry)))
            self._facility(entry, door, ring)
        else:
            self._add(Building(ring, tags={"not": "a building"}))
            self._facility(entry, door, ring)

    def _campus(self, block: int, kind: str) -> None:
        """Put buildings on the ground of a facility."""
        if kind in ("park", "square"):
            return
        ring = list(self.town.blocks[block].ring)
        big = kind in ("mall", "coach", "market", "stadium")
        span, depth = (70.0, 46.0) if big else (44.0, 16.0)
        few = 1 if big or kind == "temple" else 5
        for n, quad in enumerate(self._rows(ring, span, depth, 16.0, 44.0)):
            if n % 2 == 0 and few and self._fits(quad, block, apart_m=6.0):
                self._add(Building(quad))
                few -= 1

    def _slabs(self, block: int, zone: str) -> None:
        share, span, depth, gap, pitch = SLAB[zone]
        ring = list(self.town.blocks[block].ring)
        for quad in self._rows(ring, self.rng.uniform(*span), depth, gap, pitch):
            if self.rng.random() < share and self._fits(
                quad, block, apart_m=5.0 if zone == "old" else 9.0
            ):
                self._add(Building(quad))

    def _rows(
        self, ring: Line, span: float, depth: float, gap: float, pitch: float
    ) -> Iterator[tuple[Point, Point, Point, Point]]:
        """Footprints in rows across a block, their long side as near east-west as it allows."""
        ux, uy = long_axis(ring)
        if abs(ux) < abs(uy):
            ux, uy = -uy, ux
        if ux < 0:
            ux, uy = -ux, -uy
        s = [x * ux + y * uy for x, y in ring]
        t = [y * ux - x * uy for x, y in ring]
        row = min(t) + self.rng.uniform(0.3, 0.7) * pitch
        while row < max(t):
            at = min(s) + self.rng.uniform(0.2, 0.6) * span
            while at < max(s):
                centre = (at * ux - row * uy, at * uy + row * ux)
                yield _box(centre, (ux, uy), span, depth)
                at += span + gap
            row += pitch


def _footprint(
    line: Sequence[Point], at: float, front: float, setback: float, depth: float, *, left: bool
) -> tuple[Point, Point, Point, Point]:
    """Footprint along a line: its front first, seen from the street."""
    sign = 1.0 if left else -1.0
    a, b = beside(line, at, sign * setback), beside(line, at + front, sign * setback)
    span = distance(a, b)
    nx, ny = -(b[1] - a[1]) / span * sign * depth, (b[0] - a[0]) / span * sign * depth
    return a, b, (b[0] + nx, b[1] + ny), (a[0] + nx, a[1] + ny)


def _front(building: Building, inside_m: float = 0.0) -> Point:
    """Middle of a building's front, moved `inside_m` into it."""
    a, b, c, _ = building.ring
    deep = distance(b, c)
    t = inside_m / deep
    return (
        (a[0] + b[0]) / 2 + (c[0] - b[0]) * t,
        (a[1] + b[1]) / 2 + (c[1] - b[1]) * t,
    )


def _box(
    centre: Point, axis: Point, span: float, depth: float
) -> tuple[Point, Point, Point, Point]:
    (x, y), (ux, uy) = centre, axis
    a, b = span / 2, depth / 2
    return (
        (x - a * ux + b * uy, y - a * uy - b * ux),
        (x + a * ux + b * uy, y + a * uy - b * ux),
        (x + a * ux - b * uy, y + a * uy + b * ux),
        (x - a * ux - b * uy, y - a * uy + b * ux),
    )


def _grown(ring: Sequence[Point], by_m: float) -> list[Point]:
    """Convex footprint grown about its middle by about `by_m` on every side."""
    turned = ring if area(ring) > 0 else ring[::-1]
    cx, cy = middle(turned)
    out = []
    for x, y in turned:
        away = distance((x, y), (cx, cy))
        f = (away + by_m * 1.2) / away
        out.append((cx + (x - cx) * f, cy + (y - cy) * f))
    return out
