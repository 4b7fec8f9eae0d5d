"""Zones of the demo city: communities, sub-districts, built-up area, compounds, civilised units.

Each kind is one GeoJSON file, as an office would export it; every feature says it is synthetic.
"""

import json
import random
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from geodata import districts
from geodata.districts import Area
from geodata.plane import Line, Point, area, inside, middle, shrink, to_lonlat
from geodata.register import SOURCE
from geodata.town import Town, warped

COMPOUNDS = 14
COMPOUND_M2 = (9_000.0, 60_000.0)
FENCE_M = 9.0  # from the streets' lines to the fence of a compound


@dataclass(frozen=True)
class Zone:
    """Area of a kind: its number, name, county, and its rings, outer ones counter-clockwise."""

    id: str
    name: str
    adcode: str
    rings: tuple[tuple[Point, ...], ...]
    urban: bool | None = None

    def holds(self, place: Point) -> bool:
        """Whether a place lies inside."""
        return sum(inside(ring, place) for ring in self.rings) % 2 == 1


def of_areas(town: Town, areas: Sequence[Area]) -> list[Zone]:
    """Zones of districts or communities."""
    return [Zone(a.adcode, a.name, a.district, _rings(town, a.rings), urban=a.urban) for a in areas]


def subdistricts(town: Town, communities: Sequence[Area]) -> list[Zone]:
    """Sub-districts: the communities that the plan joins."""
    known = {c.name: c for c in communities}
    out = []
    for entry in town.plan["subdistrict"]:
        members = [known[name] for name in entry["communities"]]
        blocks = {block for member in members for block in member.blocks}
        rings = _rings(town, districts.rim(town, blocks))
        out.append(Zone(entry["code"], entry["name"], members[0].district, rings))
    return out


def built_up(town: Town) -> list[Zone]:
    """Return the built-up area: what lies within the ring road."""
    ring = town.ring if area(town.ring) > 0 else town.ring[::-1]
    city = town.plan["city"]
    return [Zone("built-up", "建成区（合成）", city["adcode"], (tuple(ring),))]


def compounds(
    town: Town, areas: Sequence[Area], reserved: Collection[int], rng: random.Random
) -> list[Zone]:
    """Property-managed compounds: some of the blocks of the newer town that nothing else fills."""
    free = [
        (n, ring)
        for n, block in enumerate(town.blocks)
        if town.uses[n] == "town"
        and n not in reserved
        and COMPOUND_M2[0] < abs(area(block.ring)) < COMPOUND_M2[1]
        and inside(town.ring, middle(block.ring))
        and (ring := shrink(block.ring, FENCE_M))
    ]
    names = [a + b for a in town.plan["compound"]["heads"] for b in town.plan["compound"]["tails"]]
    rng.shuffle(names)
    county = {block: a.adcode for a in areas for block in a.blocks}
    return [
        Zone(f"XQ{k:03d}", name, county[n], (tuple(ring),))
        for k, ((n, ring), name) in enumerate(
            zip(sorted(rng.sample(free, COMPOUNDS)), names, strict=False), start=1
        )
    ]


def quiet_place(town: Town, name: str, others: Sequence[Point]) -> Point:
    """Place beside a street of the plan as far as possible from some others and from junctions."""
    entry = next(s for s in town.plan["street"] if s["name"] == name)
    ends = [warped(p) for p in entry["through"]]
    nodes = [town.network.nodes[n] for e in town.network.edges for n in (e.start, e.end)]
    away = [*others, *nodes]

    def apart(p: Point) -> float:
        return min((p[0] - q[0]) ** 2 + (p[1] - q[1]) ** 2 for q in away)

    steps = [
        (a[0] + (b[0] - a[0]) * k / 10, a[1] + (b[1] - a[1]) * k / 10)
        for a, b in pairwise(ends)
        for k in range(11)
    ]
    return max(steps, key=apart)


def geojson(zones: Sequence[Zone], *, code: str, name: str) -> bytes:
    """Return a GeoJSON file of zones (WGS 84), one feature a line.

    `code` and `name` are the headings of number and name.
    """
    features = []
    for zone in zones:
        said: dict[str, Any] = {code: zone.id, name: zone.name, "行政区划代码": zone.adcode}
        if zone.urban is not None:
            said["城乡"] = "城市社区" if zone.urban else "农村社区"
        feature = {
            "type": "Feature",
            "properties": {**said, "备注": SOURCE},
            "geometry": {"type": "MultiPolygon", "coordinates": list(_polygons(zone.rings))},
        }
        features.append(json.dumps(feature, ensure_ascii=False, separators=(",", ":")))
    body = ",\n".join(features)
    return f'{{"type":"FeatureCollection","features":[\n{body}\n]}}\n'.encode()


def _polygons(rings: Sequence[Sequence[Point]]) -> Iterator[list[Line]]:
    """Polygons of outer rings, each with the holes inside it."""
    holes = [r for r in rings if area(r) < 0]
    for outer in (r for r in rings if area(r) > 0):
        mine = [h for h in holes if inside(outer, h[0])]
        yield [[to_lonlat(p) for p in (*ring, ring[0])] for ring in (outer, *mine)]


def _rings(town: Town, rings: Collection[Collection[districts.Side]]) -> tuple[Any, ...]:
    return tuple(tuple(districts.ring_points(town, ring)) for ring in rings)
