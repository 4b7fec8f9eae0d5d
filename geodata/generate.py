"""The demo city, generated: a credible county town that exists nowhere, and its stations.

``python -m geodata.generate`` writes ``geodata/demo``. The same seed gives the same texts; only
the standard library draws and computes, so no other library's version changes them.
"""

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geodata import districts, town
from geodata.boundaries import Boundaries
from geodata.buildings import Builder, Facility
from geodata.districts import Area
from geodata.osmxml import OsmXml, packed
from geodata.plane import Line, area, clipped, inside, parallel, shrink, smooth, unspiked
from geodata.points import Points
from geodata.register import Register, fill, planted_json
from geodata.shops import Shop, open_shops
from geodata.town import Town, warped
from geodata.tracks import tracks
from geodata.walks import walks
from geodata.ways import Ways

SEED = 20180622
DEMO = Path(__file__).parent / "demo"


@dataclass
class Made:
    """What one seed makes, before it is written."""

    town: Town
    builder: Builder
    shops: list[Shop]
    areas: list[Area]
    communities: list[Area]
    rngs: list[random.Random]


def make(seed: int = SEED) -> Made:
    """Make the town, its buildings, shops, districts and communities."""
    # a stream of its own for each step, so that a change to one leaves the others
    rngs = [random.Random(seed + step) for step in range(6)]  # noqa: S311
    plan = town.build(rngs[0])
    builder = Builder(plan, rngs[1])
    builder.run()
    communities = districts.communities(plan)
    for community in communities:
        builder.open(_community_centre(plan, community))
    shops = open_shops(builder, rngs[2])
    return Made(plan, builder, shops, districts.districts(plan), communities, rngs)


def _community_centre(plan: Town, community: Area) -> dict[str, Any]:
    entry = next(c for c in plan.plan["community"] if c["name"] == community.name)
    suffix = (
        ("党群服务中心", "Service Centre")
        if community.urban
        else ("便民服务中心", "Service Centre")
    )
    return {
        "kind": "community",
        "name": community.name + suffix[0],
        "en": f"{community.en} {suffix[1]}",
        "form": "house",
        "at": entry["at"],
        "station": "square" if community.urban else "post",
    }


def files(seed: int = SEED) -> dict[str, bytes]:
    """Return the demo city's files, name → content; the OSM file is packed by `write`."""
    made = make(seed)
    plan, xml = made.town, OsmXml(made.town.plan["city"]["note"])
    ways = Ways(plan, made.builder, xml, made.rngs[3])
    text = _osm(made, ways, xml)
    asked = tracks(plan, made.shops, ways.routes)
    points = Points(plan, made.shops, asked, made.rngs[4])
    points.choose()
    register = Register(plan, made.areas, made.communities, made.rngs[5])
    fill(register, made.builder, points)
    return {
        "demo-city.osm": text.encode("utf-8"),
        "stations.csv": register.csv(),
        "planted.json": planted_json(register, points, seed=seed).encode("utf-8"),
    }


def _osm(made: Made, ways: Ways, xml: OsmXml) -> str:
    plan = made.town
    ways.write(walks(made.builder))
    ways.write_buses()
    _landscape(plan, xml)
    _buildings(made, xml)
    Boundaries(plan, made.communities, ways.paths, xml).write(made.areas)
    return xml.text()


def _landscape(plan: Town, xml: OsmXml) -> None:
    """Write river, creek, hill, riverside parks, railway, shopping and works areas."""
    river, creek = plan.plan["river"], plan.plan["creek"]
    half = float(river["half_width"])
    rim = parallel(plan.river, half) + parallel(plan.river, -half)[::-1]
    named = {"name": river["name"], "name:en": river["en"]}
    xml.ring(_within(plan, rim), {"natural": "water", "water": "river", **named})
    line = [xml.node(p) for p in _within(plan, plan.river)]
    xml.way(line, {"waterway": "river", **named})
    centre = smooth([warped(p) for p in creek["through"]])[:-1]
    half = float(creek["half_width"])
    rim = parallel(centre, half) + parallel(centre, -half)[::-1]
    xml.ring(_within(plan, rim), {"natural": "water", "water": "stream"})
    named = {"name": creek["name"], "name:en": creek["en"]}
    xml.way([xml.node(p) for p in _within(plan, centre)], {"waterway": "stream", **named})
    hill = plan.plan["hill"]
    named = {"name": hill["name"], "name:en": hill["en"]}
    xml.ring(plan.hill, {"leisure": "park", "tourism": "attraction", "natural": "wood", **named})
    for block, use in zip(plan.blocks, plan.uses, strict=True):
        if use == "bank" and area(block.ring) > 9000:
            ring = shrink(block.ring, 6.0)
            if ring:
                tags = {"leisure": "park", "name": "滨江公园", "name:en": "Riverside Park"}
                xml.ring(ring, tags)
        elif use == "works":
            ring = shrink(block.ring, 8.0)
            if ring:
                xml.ring(ring, {"landuse": "industrial"})
    for entry in plan.plan["retail"]:
        ring = _retail(plan, entry)
        xml.ring(ring, {"landuse": "retail", "name": entry["name"]})
    _railway(plan, xml)


def _within(plan: Town, line: Line) -> Line:
    """Part of a ring, or of a line between its ends, within the city's limits."""
    (west, south), _, (east, north), _ = plan.plan["city"]["limits"]
    return clipped(line, west, south, east, north)


def _retail(plan: Town, entry: dict[str, Any]) -> Line:
    """Rim of a shopping area, drawn in from the streets around it."""
    blocks = {
        n for n, b in enumerate(plan.blocks) if any(inside(b.ring, warped(p)) for p in entry["at"])
    }
    rings = [districts.ring_points(plan, r) for r in districts.rim(plan, blocks)]
    outer = unspiked(max(rings, key=area))
    return next((r for keep in (7.0, 5.0, 3.0, 1.0) if (r := shrink(outer, keep))), outer)


def _railway(plan: Town, xml: OsmXml) -> None:
    rail = plan.plan["railway"]
    tags = {"railway": "rail", "name": rail["name"], "name:en": rail["en"]}
    nodes = [xml.node(p) for p in _within(plan, plan.railway)]
    cuts = [0]
    under = [inside(plan.hill, p) for p in plan.railway]
    cuts += [k for k in range(1, len(under)) if under[k] != under[k - 1]]
    for a, b in zip(cuts, [*cuts[1:], len(nodes) - 1], strict=True):
        below = {"tunnel": "yes", "layer": "-1"} if under[a] else {}
        xml.way(nodes[a : b + 1], {**tags, **below})


def _buildings(made: Made, xml: OsmXml) -> None:
    """Write buildings, facilities and shops, street by street."""
    builder = made.builder
    houses = {f.outline for f in builder.facilities if f.outline}
    whole = {s.building for s in made.shops if s.building is not None}
    for number, building in enumerate(builder.buildings):
        if building.ring in houses or "not" in building.tags:
            continue
        tags = {"building": "yes"}
        if number in whole:
            tags |= building.tags
        xml.ring(building.ring, tags)
    for facility in builder.facilities:
        _facility(facility, xml)
    for shop in made.shops:
        if shop.building is None:
            xml.node(shop.door, shop.tags)


def _facility(facility: Facility, xml: OsmXml) -> None:
    if not facility.outline:
        xml.node(facility.door, facility.tags)
        return
    tags = facility.tags if facility.ground else {"building": "yes", **facility.tags}
    xml.ring(facility.outline, tags)


def write(folder: Path = DEMO, *, seed: int = SEED) -> None:
    """Write the demo city's files into a folder, the OSM file packed."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files(seed).items():
        if name.endswith(".osm"):
            (folder / f"{name}.gz").write_bytes(packed(content))
        else:
            (folder / name).write_bytes(content)


if __name__ == "__main__":
    write()
