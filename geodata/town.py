"""Streets and blocks of the demo city, from its hand-drawn plan (``town.toml``) and a seed."""

import math
import random
import tomllib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from geodata.network import Block, Cutter, Network, node, overshot
from geodata.plane import (
    Line,
    Point,
    along,
    area,
    edges,
    foot,
    inside,
    length,
    middle,
    parallel,
    smooth,
)

HERE = Path(__file__).parent
TARGET_M2 = {"old": 13_000.0, "town": 36_000.0, "works": 70_000.0, "rural": 420_000.0}


def warped(place: Sequence[float]) -> Point:
    """Where a place of the plan stands: the plan is drawn straight, the town is not."""
    x, y = float(place[0]), float(place[1])
    calm = max(0.0, 1 - (x / 3300) ** 4) * max(0.0, 1 - (y / 2450) ** 4)
    east = 75 * math.sin(y / 640 + 0.6) + 38 * math.sin((x + y) / 830)
    north = 85 * math.sin(x / 760 + 0.4) + 42 * math.sin((x - 1.3 * y) / 900 + 1.0)
    return x + calm * east, y + calm * north


@dataclass(frozen=True)
class Street:
    """One line of the plan: a street, one carriageway of it, a bank, a limit."""

    kind: str  # street, bank, creek, line, limit
    points: Line
    name: str = ""
    en: str = ""
    highway: str = ""
    oneway: bool = False
    closed: bool = False
    twin: int = 0  # carriageways of one street share a number
    tags: dict[str, str] = field(default_factory=dict)
    bridge: str = ""
    tunnel: tuple[float, float] | None = None


@dataclass
class Town:
    """The plan made: lines, their network, its blocks and what each block is used for."""

    plan: dict[str, Any]
    words: dict[str, Any]
    streets: list[Street]
    network: Network
    blocks: list[Block]
    uses: list[str]
    districts: list[int]
    river: Line
    hill: Line
    railway: Line
    ring: Line

    def zone(self, place: Point) -> str:
        """Part of the town a place lies in: old, town, works or rural."""
        return _zone(self.ring, place)


def build(rng: random.Random) -> Town:
    """Draw the plan, cut its blocks up by minor streets, and say what each block is."""
    plan = tomllib.loads((HERE / "town.toml").read_text("utf-8"))
    words = tomllib.loads((HERE / "words.toml").read_text("utf-8"))
    streets = _drawn(plan)
    ring = next(s.points for s in streets if s.closed and s.oneway)
    first = _network(streets)
    cutter = Cutter(rng)
    for place in first.nodes:
        cutter.meet(place)
    for block in first.blocks():
        use = _use(block, first, streets, ring)
        if use in TARGET_M2:
            cutter.cut(list(block.ring), target_m2=TARGET_M2[use])
    hill = smooth([warped(p) for p in plan["hill"]["ring"]], closed=True)
    streets += [s for s in _minor(cutter, words, ring, rng) if not _over(hill, s.points)]
    network = _network(streets)
    blocks = network.blocks()
    return Town(
        plan=plan,
        words=words,
        streets=streets,
        network=network,
        blocks=blocks,
        uses=[_use(b, network, streets, ring) for b in blocks],
        districts=_districts(blocks, network, streets, plan),
        river=smooth([warped(p) for p in plan["river"]["through"]]),
        hill=hill,
        railway=smooth([warped(p) for p in plan["railway"]["through"]]),
        ring=ring,
    )


def _network(streets: list[Street]) -> Network:
    """Network of the lines; nothing crosses a roundabout's island."""
    network = node(
        [(s.points, s.closed) for s in streets], keep=lambda n: streets[n].kind != "street"
    )
    islands = [s.points for s in streets if s.tags.get("junction") == "roundabout"]
    kept = [
        e
        for e in network.edges
        if not any(inside(i, along(e.points, length(e.points) / 2)[0]) for i in islands)
        or streets[e.line].points in islands
    ]
    return Network(network.nodes, kept)


def _drawn(plan: dict[str, Any]) -> list[Street]:
    """Lines of the plan in its order; dual streets as two one-way carriageways."""
    river = smooth([warped(p) for p in plan["river"]["through"]])
    half = float(plan["river"]["half_width"])
    out = [
        Street("limit", [tuple(p) for p in plan["city"]["limits"]], closed=True),
        Street("bank", parallel(river, half)),
        Street("bank", parallel(river, -half)),
        Street("creek", smooth([warped(p) for p in plan["creek"]["through"]])),
        Street("line", smooth([warped(p) for p in plan["district_line"]["through"]])),
    ]
    for number, entry in enumerate(plan["street"], start=1):
        if "beside_river" in entry:
            low, high = entry["through"]
            shifted = parallel(river, float(entry["beside_river"]))
            points = smooth([p for p in shifted[::2] if low <= p[0] <= high])
        else:
            points = smooth(
                [warped(p) for p in entry["through"]], closed=entry.get("closed", False)
            )
        if not entry.get("closed", False):
            points = overshot(points, 22.0)
        out += _carriageways(entry, points, number)
    for number, entry in enumerate(plan["roundabout"], start=900):
        (x, y), r = warped(entry["at"]), entry["radius"]
        eighth = [(1, 0), (0.7071, 0.7071), (0, 1), (-0.7071, 0.7071)]
        circle = [(x + r * a, y + r * b) for a, b in eighth]
        circle += [(x - r * a, y - r * b) for a, b in eighth]
        tags = {"junction": "roundabout"}
        out += _carriageways(
            {**entry, "closed": True, "oneway": True, "tags": tags},
            smooth(circle, closed=True, step_m=6.0),
            number,
        )
    for number, entry in enumerate(plan["link"], start=950):
        points = overshot(smooth([tuple(p) for p in entry["through"]], step_m=15.0), 2.0)
        out += _carriageways({**entry, "oneway": True}, points, number)
    return out


def _carriageways(entry: dict[str, Any], points: Line, number: int) -> list[Street]:
    closed = bool(entry.get("closed", False))
    tags = dict(entry.get("tags", {}))
    if "ref" in entry:
        tags["ref"] = entry["ref"]
    tunnel = entry.get("tunnel")

    def street(line: Line, *, oneway: bool) -> Street:
        return Street(
            kind="street",
            points=line,
            name=entry.get("name", ""),
            en=entry.get("en", ""),
            highway=entry["class"],
            oneway=oneway,
            closed=closed,
            twin=number,
            tags=tags,
            bridge=entry.get("bridge", ""),
            tunnel=(tunnel[0], tunnel[1]) if tunnel else None,
        )

    if "dual" not in entry:
        return [street(points, oneway=bool(entry.get("oneway", False)))]
    # traffic keeps right: each carriageway has the other on its left
    half = float(entry["dual"])
    return [
        street(parallel(points, -half, closed=closed), oneway=True),
        street(parallel(points, half, closed=closed)[::-1], oneway=True),
    ]


OLD_TOWN = tuple(
    warped(p)
    for p in [
        (-700, -530),
        (0, -560),
        (704, -640),
        (704, 80),
        (690, 560),
        (0, 550),
        (-680, 556),
        (-692, 60),
    ]
)


def _zone(ring: Line, place: Point) -> str:
    if not inside(ring, place):
        return "rural"
    if inside(OLD_TOWN, place):
        return "old"
    return "works" if place[0] > 1420 and place[1] > -600 else "town"


def _use(block: Block, network: Network, streets: list[Street], ring: Line) -> str:
    """Use of a block by what bounds it: river, median, island, bank, or the zone it lies in."""
    lines = {network.edges[e].line for e, _ in block.sides}
    rim = sum(length([a, b]) for a, b in edges(block.ring))
    width = 2 * area(block.ring) / rim
    banks = [n for n in lines if streets[n].kind == "bank"]
    if len(banks) == 2:
        return "river"
    twins = [streets[n].twin for n in lines if streets[n].oneway]
    if width < 21 and len(twins) > len(set(twins)):
        return "median"
    if all(streets[n].tags.get("junction") for n in lines):
        return "island"
    if width < 4:
        return "sliver"
    if banks and width < 80 and any(streets[n].name.startswith("滨江") for n in lines):
        return "bank"
    return _zone(ring, middle(block.ring))


def _over(hill: Line, line: Line) -> bool:
    """Whether a line runs over the hill."""
    return any(inside(hill, along(line, length(line) * k / 8)[0]) for k in range(1, 8))


def _districts(
    blocks: list[Block], network: Network, streets: list[Street], plan: dict[str, Any]
) -> list[int]:
    """District of each block: flooded from a place in each, never across the district line."""
    sides: dict[int, list[int]] = defaultdict(list)
    for number, block in enumerate(blocks):
        for edge, _ in block.sides:
            if streets[network.edges[edge].line].kind not in ("creek", "line", "limit"):
                sides[edge].append(number)
    found = [-1] * len(blocks)
    for district, entry in enumerate(plan["district"]):
        start = next(n for n, b in enumerate(blocks) if inside(b.ring, warped(entry["at"])))
        todo = [start]
        while todo:
            number = todo.pop()
            if found[number] < 0:
                found[number] = district
                todo += [n for e, _ in blocks[number].sides for n in sides[e]]
    return found


def _minor(cutter: Cutter, words: dict[str, Any], ring: Line, rng: random.Random) -> list[Street]:
    """Streets of the cuts: what continues straight carries one name and one class."""
    root: list[int] = []
    zones = [_zone(ring, along(c.line, length(c.line) / 2)[0]) for c in cutter.cuts]
    for number, cut in enumerate(cutter.cuts):
        before = cut.continues
        same = before is not None and zones[before] == zones[number]
        root.append(root[before] if before is not None and same else number)
    span: dict[int, float] = defaultdict(float)
    for number, cut in enumerate(cutter.cuts):
        span[root[number]] += length(cut.line)
    heads, tails = words["street"]["head"], words["street"]["tail"]
    pairs = [(a, b) for a in heads for b in tails]
    rng.shuffle(pairs)
    names: dict[int, tuple[str, str, str]] = {}
    for number in sorted(set(root)):
        cut, long, zone = cutter.cuts[number], span[number], zones[number]
        highway = _minor_class(zone, cut.depth, long)
        suffix = {"old": ("巷", "Alley"), "rural": ("村道", "Village Road")}.get(zone)
        suffix = suffix or (("路", "Road") if highway == "tertiary" else ("街", "Street"))
        if pairs and (long > 300 or (zone == "old" and rng.random() < 0.6)):
            (a, ap), (b, bp) = pairs.pop()
            apostrophe = "'" if bp[0] in "aeo" else ""
            names[number] = (a + b + suffix[0], f"{ap}{apostrophe}{bp} {suffix[1]}", highway)
        else:
            names[number] = ("", "", highway)
    return [
        Street("street", cut.line, *names[root[number]], twin=1000 + root[number])
        for number, cut in enumerate(cutter.cuts)
    ]


def _minor_class(zone: str, depth: int, long: float) -> str:
    if zone == "old":
        return "living_street"
    if zone == "rural":
        return "unclassified"
    if depth <= 1 and long > 760:
        return "tertiary"
    return "residential" if long > 160 else "living_street"


def nearest_edge(town: Town, place: Point, *, name: str = "") -> int:
    """Edge nearest to a place, among those of the named street if one is given."""
    best, found = float("inf"), -1
    for number, edge in enumerate(town.network.edges):
        street = town.streets[edge.line]
        if street.kind == "street" and (not name or street.name == name):
            away = foot(edge.points, place)[1]
            if away < best:
                best, found = away, number
    return found
