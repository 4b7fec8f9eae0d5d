"""Random towns in which the law leaves no choice: every limit is missed by more than a metre."""

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

import pyproj
import shapely

from reference.law import City
from reference.plane import XY, direction_at, length, point_at
from reference.ways import Way

QUALIFYING = ("primary", "secondary", "trunk", "pedestrian")


@dataclass
class Town:
    """A growing city, drawn in metres about its middle and kept in degrees as OSM keeps them."""

    random: Random
    lon: float
    lat: float
    ways: list[Way] = field(default_factory=list)
    shops: list = field(default_factory=list)
    stations: list[XY] = field(default_factory=list)
    bus_stops: list[XY] = field(default_factory=list)
    lines: list[list[XY]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._plane = pyproj.Proj(proj="aeqd", lon_0=self.lon, lat_0=self.lat, ellps="WGS84")

    def place(self, p: XY) -> XY:
        """Degrees with seven decimals, as OSM has them."""
        lon, lat = self._plane(*p, inverse=True)
        return round(lon, 7), round(lat, 7)

    def way(self, line: list[XY], **tags) -> None:
        """Add one way as drawn."""
        points = tuple(self.place(p) for p in line)
        self.ways.append(Way(way_id=1000 + 7 * len(self.ways), points=points, **tags))

    def street(self, line: list[XY], *, pick: Callable[[], dict] | None = None, **tags) -> None:
        """Add a street cut into ways of random length and direction."""
        r = self.random
        self.lines.append(line)
        start = 0
        while start < len(line) - 1:
            stop = min(len(line) - 1, start + r.randint(1, 4))
            piece = line[start : stop + 1]
            piece = [p for p in piece for _ in range(1 + (r.random() < 0.05))]
            here = tags | (pick() if pick else {})
            oneway = here.get("oneway", 0)
            if r.random() < 0.5:
                piece = piece[::-1]
                here["oneway"] = -oneway
            self.way(piece, **here)
            start = stop

    def beside(self, line: list[XY], low: float, high: float) -> XY:
        """A random place some metres to a random side of a line."""
        r = self.random
        at = r.uniform(0, length(line))
        p, d = point_at(line, at), direction_at(line, at)
        off = r.choice((-1, 1)) * r.uniform(low, high)
        return p[0] - d[1] * off, p[1] + d[0] * off


def _bent(random: Random, a: XY, b: XY, steps: int, wobble: float) -> list[XY]:
    """Inner vertices of a bent line from `a` to `b`."""
    found = []
    for i in range(1, steps):
        t = i / steps
        found.append(
            (
                a[0] + (b[0] - a[0]) * t + random.uniform(-wobble, wobble),
                a[1] + (b[1] - a[1]) * t + random.uniform(-wobble, wobble),
            )
        )
    return found


def _tags_of(r: Random, kind: str) -> Callable[[], dict]:
    """Tags of the next way of a street: mostly its own kind, here and there a tunnel or bridge."""

    def pick() -> dict:
        tags: dict = {"highway": kind}
        if kind in QUALIFYING and r.random() < 0.15:
            tags["highway"] = r.choice(QUALIFYING)
        if kind in QUALIFYING and r.random() < 0.06:
            tags["tunnel"] = True
        elif r.random() < 0.08:
            tags["bridge"] = True
        if kind == "tertiary":
            tags["bus"] = True
        return tags

    return pick


def _lattice(town: Town, columns: int, rows: int, block: float) -> None:
    """Bent streets that cross at shared vertices; each has a name of its own."""
    r = town.random
    nodes = {
        (i, j): (
            i * block + j * 25 + r.uniform(-20, 20),
            j * block - i * 20 + r.uniform(-20, 20),
        )
        for i in range(columns)
        for j in range(rows)
    }
    between: dict[tuple[XY, XY], list[XY]] = {}

    def edge(a: XY, b: XY) -> list[XY]:
        if (a, b) not in between:
            between[a, b] = _bent(r, a, b, r.randint(1, 3), 6)
        return between[a, b]

    def line(keys) -> list[XY]:
        places = [nodes[k] for k in keys]
        found = [places[0]]
        for a, b in itertools.pairwise(places):
            found += [*edge(a, b), b]
        return found

    for j in range(rows):
        kind = r.choice((*QUALIFYING, "tertiary", "residential"))
        name = "" if r.random() < 0.2 else f"{j}号横街"
        town.street(line([(i, j) for i in range(columns)]), pick=_tags_of(r, kind), name=name)
    for i in range(columns):
        kind = r.choice((*QUALIFYING, "tertiary", "residential"))
        town.street(line([(i, j) for j in range(rows)]), pick=_tags_of(r, kind), name=f"{i}号直街")


def _two_carriageways(town: Town, at: XY) -> None:
    """A road that opens into two carriageways and, perhaps, closes again."""
    r = town.random
    x, y = at
    apart, size = r.uniform(12, 28), r.uniform(360, 480)
    heading = r.uniform(-1.2, 1.2)
    bend = r.uniform(-30, 30)

    def turned(p: XY) -> XY:
        c, s = math.cos(heading), math.sin(heading)
        return x + p[0] * c - p[1] * s, y + p[0] * s + p[1] * c

    def side(offset: float, low: float, high: float) -> list[XY]:
        return [
            (low, offset),
            ((low + high) / 2 - 40, offset + bend),
            ((low + high) / 2 + 40, offset + bend),
            (high, offset),
        ]

    name = f"双幅路{len(town.ways)}"
    highway = r.choice(("primary", "secondary"))
    ahead = side(0, 0, size)
    shape = r.choice(("ends apart", "opens at one end", "opens and closes", "lens"))
    if shape == "ends apart":
        back = side(apart, r.uniform(14, 30), size - r.uniform(14, 30))[::-1]
    elif shape == "opens at one end":
        back = [*side(apart, 60, size - 20)[::-1], (0.0, 0.0)]
    else:
        back = [(size, 0.0), *side(apart, 60, size - 60)[::-1], (0.0, 0.0)]
    buses = 0
    if shape in ("lens", "opens and closes") and r.random() < 0.5:
        # a route relation has one direction: it makes the street a bus route on either line
        highway, buses = "residential", r.choice((1, 2, 3))
    tags = {"name": name, "highway": highway}
    town.street([turned(p) for p in ahead], oneway=1, bus=buses in (1, 3), **tags)
    town.street([turned(p) for p in back], oneway=1, bus=buses in (2, 3), **tags)
    if shape in ("opens at one end", "opens and closes"):
        town.street([turned(p) for p in [(-150, 20), (-70, -5), (0, 0)]], **tags)
    if shape == "opens and closes":
        town.street([turned(p) for p in [(size, 0), (size + 90, 15), (size + 160, 0)]], **tags)


def _ring(town: Town, at: XY) -> None:
    """A closed street, cut anywhere; perhaps a roundabout."""
    r = town.random
    corners = r.randint(5, 9)
    radius = r.uniform(25, 110)
    spin = r.uniform(0, 1)
    ring = []
    for i in range(corners):
        angle = 2 * math.pi * (i + spin) / corners
        size = radius * r.uniform(0.85, 1.15)
        ring.append((at[0] + size * math.cos(angle), at[1] + size * math.sin(angle)))
    ring.append(ring[0])
    named = r.choice((f"环路{len(town.ways)}", ""))
    if r.random() < 0.3:
        town.lines.append(ring)
        town.way(ring, name=named, highway="secondary", oneway=1, junction="roundabout")
    else:
        town.street(ring, name=named, highway=r.choice(("secondary", "pedestrian")))


def _branching(town: Town, at: XY) -> None:
    """Three arms of one name, met at an end or at a vertex in the middle of a way."""
    r = town.random
    x, y = at
    name = f"岔路{len(town.ways)}"
    trunk = [(x, y), (x + 90, y + 12), (x + 170, y - 8), (x + 260, y + 15)]
    arm = [trunk[2], (x + 185, y + 80), (x + 140, y + 150)]
    if r.random() < 0.5:
        town.lines.append(trunk)
        town.way(trunk, name=name, highway="secondary")
    else:
        town.street(trunk, name=name, highway="secondary")
    town.street(arm, name=name, highway="secondary")
    # a link road of the same name starts at the end, but is no piece of the street
    town.lines.append([trunk[-1], (x + 330, y + 70)])
    town.way([trunk[-1], (x + 330, y + 70)], name=name, highway="secondary_link", oneway=1)


def _head_to_head(town: Town, at: XY) -> None:
    """Two one-way ways of one name that run towards each other are two parts."""
    x, y = at
    name = f"对头路{len(town.ways)}"
    one = [(x, y), (x + 100, y + 10), (x + 180, y + 5)]
    other = [(x + 330, y + 20), (x + 260, y - 10), (x + 180, y + 5)]
    town.lines += [one, other]
    town.way(one, name=name, highway="secondary", oneway=1)
    town.way(other[::-1], name=name, highway="secondary", oneway=-1)


def _never(town: Town, at: XY) -> None:
    """What is never frontage."""
    x, y = at
    line = [(x, y), (x + 150, y + 10)]
    town.way(line, name="地下路", highway="primary", tunnel=True)
    town.way([(a, b + 60) for a, b in line], name="高架路", highway="trunk", motorroad=True)
    town.way([(a, b + 120) for a, b in line], name="高速", highway="motorway", oneway=1)
    square = [(x, y + 200), (x + 60, y + 203), (x + 55, y + 260), (x, y + 200)]
    town.way(square, name="广场", highway="pedestrian", area=True)
    town.lines.append(line)


def _lollipop(town: Town, at: XY) -> None:
    """A way that ends at its own middle; a ring with a branch of its name."""
    x, y = at
    name = f"套环路{len(town.ways)}"
    stick = [(x, y), (x + 70, y + 8), (x + 120, y)]
    loop = [stick[-1], (x + 170, y + 45), (x + 215, y - 5), (x + 165, y - 50), stick[-1]]
    if town.random.random() < 0.5:
        town.lines.append(stick + loop[1:])
        town.way(stick + loop[1:], name=name, highway="secondary")
    else:
        town.street(stick, name=name, highway="secondary")
        turned = town.random.randint(1, 3)
        ring = loop[turned:-1] + loop[: turned + 1]
        town.street(ring, name=name, highway="secondary")


def _crosses_itself(town: Town, at: XY) -> None:
    """A street that crosses itself at a shared vertex in the middle of its ways."""
    x, y = at
    middle = (x + 100, y + 40)
    line = [(x, y), middle, (x + 190, y + 85), (x + 230, y + 20), (x + 170, y - 30), middle]
    line += [(x + 40, y + 100), (x - 10, y + 130)]
    town.lines.append(line)
    town.way(line, name=f"八字路{len(town.ways)}", highway="secondary")


def _fades(town: Town, at: XY) -> None:
    """A street that leaves the classes, comes back, and has a lane of its name beside it."""
    x, y = at
    name = f"渐变路{len(town.ways)}"
    line = [(x + 80 * i, y + 9 * (i % 3)) for i in range(7)]
    for kind, low, high in (
        ("primary", 0, 2),
        ("secondary", 2, 3),
        ("residential", 3, 4),
        ("secondary", 4, 6),
    ):
        town.street(line[low : high + 1], name=name, highway=kind)
    town.street([line[1], (x + 90, y + 60), (x + 85, y + 120)], name=name, highway="residential")


def _unnamed_crossing(town: Town, at: XY) -> None:
    """Ways without a name that meet: each goes on to where it is straightest."""
    x, y = at
    middle = (x + 110, y + 5)
    arms = [(x, y), (x + 215, y + 25), (x + 90, y + 110), (x + 135, y - 100)]
    for arm in arms[: town.random.choice((3, 4))]:
        bend = ((arm[0] + middle[0]) / 2 + 3, (arm[1] + middle[1]) / 2 - 4)
        town.street([arm, bend, middle], name="", highway="secondary")


def _shops_and_stations(town: Town, shops: int, stations: int) -> None:
    r = town.random
    busy = r.sample(town.lines, k=max(1, len(town.lines) // 2))
    for _ in range(shops):
        line = r.choice(busy if r.random() < 0.7 else town.lines)
        p = town.beside(line, 3, 58)
        w, h = r.uniform(3, 9), r.uniform(3, 9)
        corners = [(p[0] + a * w, p[1] + b * h) for a, b in ((0, 0), (1, 0.1), (0.9, 1), (0, 1))]
        # an outline across a street has no one foot point
        clear = min(shapely.LineString(drawn).distance(shapely.Point(p)) for drawn in town.lines)
        if r.random() < 0.15 and clear > 14:
            town.shops.append(shapely.Polygon([town.place(c) for c in corners]))
        else:
            town.shops.append(shapely.Point(town.place(p)))
    for _ in range(stations):
        line = r.choice(town.lines)
        if r.random() < 0.2:
            corner = r.choice(line)
            p = (corner[0] + r.uniform(-15, 15), corner[1] + r.uniform(-15, 15))
        elif r.random() < 0.1:
            p = town.beside(line, 0, 0.3)
        else:
            p = town.beside(line, 0.7, 35)
        town.stations.append(town.place(p))
    town.stations += r.sample(town.stations, k=min(2, len(town.stations)))


MAKERS = (
    _two_carriageways,
    _two_carriageways,
    _ring,
    _ring,
    _branching,
    _head_to_head,
    _never,
    _lollipop,
    _crosses_itself,
    _fades,
    _unnamed_crossing,
)


def random_town(seed: int, *, lon: float = 118.8721, lat: float = 28.9412) -> City:
    """A town with every kind of street that the definitions name."""
    r = Random(seed)
    town = Town(r, lon, lat)
    _lattice(town, r.randint(2, 4), r.randint(2, 4), r.uniform(170, 240))
    spots = [(x, y) for x in (-1900, -1100, 1400, 2200) for y in (-1200, -500, 200, 900)]
    r.shuffle(spots)
    for maker, spot in zip(MAKERS, spots, strict=False):
        maker(town, spot)
    _shops_and_stations(town, r.randint(10, 130), r.randint(5, 110))
    for line in r.sample(town.lines, k=2):
        town.bus_stops.append(town.place(town.beside(line, 4, 8)))
    # a slanted line parts the town into two districts; west of it a strip lies in none
    cut = r.uniform(-200, 500)
    west = [(-1850, -2500), (cut - 60, -2500), (cut + 60, 2500), (-1850, 2500)]
    east = [(cut - 60, -2500), (3600, -2500), (3600, 2500), (cut + 60, 2500)]
    x, y = r.uniform(0, 400), r.uniform(0, 400)
    retail = [(x, y), (x + 300, y + 20), (x + 280, y + 260), (x - 10, y + 250)]

    def area(corners):
        # a vertex every 100 m: a straight edge of kilometres is not straight in every plane
        outline = shapely.segmentize(shapely.Polygon(corners), 100.0)
        return shapely.Polygon([town.place(c) for c in outline.exterior.coords])

    complete = r.choice((frozenset(), frozenset({"330802"}), frozenset({"330803"}), frozenset("*")))
    return City(
        ways=town.ways,
        shops=town.shops,
        stations=town.stations,
        districts={"330802": area(west), "330803": area(east)},
        retail=[area(retail)],
        bus_stops=town.bus_stops,
        complete=complete,
    )
