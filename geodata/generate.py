"""The demo city, generated: a credible county town that exists nowhere, and its stations.

``python -m geodata.generate`` writes ``geodata/demo``. The same seed gives the same texts; only
the standard library draws and computes, so no other library's version changes them.
"""

import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from geodata import districts, people, town, zones
from geodata.books import Books
from geodata.books import facilities as listed_facilities
from geodata.boundaries import Boundaries
from geodata.buildings import Builder, Facility
from geodata.districts import Area
from geodata.osmxml import OsmXml, packed
from geodata.plane import Line, Point, area, clipped, inside, parallel, shrink, smooth, unspiked
from geodata.planting import WITHIN_M, Ground, Plants, off_the_streets, settle
from geodata.points import Points
from geodata.register import Register, decoy_station, fill, planted_json
from geodata.shops import Shop, open_shops
from geodata.town import Town, warped
from geodata.tracks import tracks
from geodata.untidy import FILE as UNTIDY
from geodata.untidy import Untidy
from geodata.walks import walks
from geodata.ways import Ways

SEED = 20180622
DEMO = Path(__file__).parent / "demo"


@dataclass
class Made:
    """What one seed makes, before it is written.

    ``osm_id`` tells under which id of the OSM file a facility, a shop or a park on open ground is
    found: by name, by number, by number.
    """

    town: Town
    builder: Builder
    shops: list[Shop]
    areas: list[Area]
    communities: list[Area]
    rngs: list[random.Random]
    osm_id: dict[str | int, str] = field(default_factory=dict)
    grounds: list[Ground] = field(default_factory=list)
    stops: list[Point] = field(default_factory=list)


def make(seed: int = SEED) -> Made:
    """Make the town, its buildings, shops, districts and communities."""
    # a stream of its own for each step, so that a change to one leaves the others
    rngs = [random.Random(seed + step) for step in range(11)]  # noqa: S311
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
        "kind": "community" if community.urban else "village",
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
    register.rng = made.rngs[6]
    settle(register, made.builder, made.shops, made.grounds)
    facilities = {f.name: f for f in made.builder.facilities}
    crowd = [s.door for s in made.shops] + [f.door for f in facilities.values()]
    decoys = {
        p.decoy: decoy_station(register, p, n) for n, p in enumerate(points.planted) if p.decoy
    }
    plants = Plants(register, facilities, crowd, decoys)
    plants.apply()
    books = Books(register, made.builder.facilities, plants, made.rngs[7])
    communities = zones.of_areas(plan, made.communities)
    astray = points.astray(made.stops, WITHIN_M)
    violations = plants.violations(
        osm_id=made.osm_id,
        zones=communities,
        units=books.unit_ids,
        districts={a.name: a.adcode for a in made.areas}
        | {plan.plan["city"]["name"]: plan.plan["city"]["adcode"]},
    )
    violations += off_the_streets({register.of_shop[n]: made.shops[n].name for n in astray["away"]})
    tables = books.tables(made.osm_id)
    untidy = Untidy(register, made.shops, made.builder.facilities, made.rngs[9])
    to_import = untidy.bytes()
    points_too: dict[str, Any] = {
        "new_stations": untidy.planted(),
        "points_in_doubt": [register.of_shop[n] for n in astray["doubtful"]],
        "points_found_shut": books.shut,
    }
    planted = planted_json(register, points, violations, points_too, seed=seed)
    return {
        "demo-city.osm": text.encode("utf-8"),
        "stations.csv": register.csv(),
        "facilities.csv": listed_facilities(plan, made.builder.facilities),
        **_zones(made, communities, books, made.rngs[8]),
        "demand.csv": people.demand(plan, made.areas, made.communities, made.rngs[10]),
        **tables,
        UNTIDY: to_import,
        "planted.json": planted.encode("utf-8"),
    }


def _zones(
    made: Made, communities: list[zones.Zone], books: Books, rng: random.Random
) -> dict[str, bytes]:
    plan, reserved = made.town, made.builder.reserved
    compounds = zones.compounds(plan, made.areas, reserved, rng)
    civilised = [
        zones.Zone(books.unit_ids[f.name], f.name, books.register.where(f.door)[0].adcode, (ring,))
        for f in made.builder.facilities
        if f.name in books.civilised
        and (ring := f.outline if area(f.outline) > 0 else f.outline[::-1])
    ]
    return {
        "communities.geojson": zones.geojson(communities, code="社区代码", name="社区名称"),
        "subdistricts.geojson": zones.geojson(
            zones.subdistricts(plan, made.communities), code="编号", name="街道名称"
        ),
        "built-up.geojson": zones.geojson(zones.built_up(plan), code="编号", name="建成区名称"),
        "compounds.geojson": zones.geojson(compounds, code="小区编号", name="小区名称"),
        "civilised-units.geojson": zones.geojson(civilised, code="单位编号", name="单位名称"),
    }


def _osm(made: Made, ways: Ways, xml: OsmXml) -> str:
    plan = made.town
    ways.write(walks(made.builder))
    made.stops += ways.write_buses()
    made.grounds += _landscape(plan, xml)
    _buildings(made, xml)
    Boundaries(plan, made.communities, ways.paths, xml).write(made.areas)
    return xml.text()


def _landscape(plan: Town, xml: OsmXml) -> list[Ground]:
    """Write river, creek, hill, riverside parks, railway, shopping and works areas.

    Returns the parks.
    """
    parks = []
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
    tags = {"leisure": "park", "tourism": "attraction", "natural": "wood", **named}
    number = xml.ring(plan.hill, tags)
    parks.append(Ground(f"w{number}", hill["name"], tuple(plan.hill)))
    for block, use in zip(plan.blocks, plan.uses, strict=True):
        if use == "bank" and area(block.ring) > 9000:
            ring = shrink(block.ring, 6.0)
            if ring:
                tags = {"leisure": "park", "name": "滨江公园", "name:en": "Riverside Park"}
                number = xml.ring(ring, tags)
                parks.append(Ground(f"w{number}", tags["name"], tuple(ring)))
        elif use == "works":
            ring = shrink(block.ring, 8.0)
            if ring:
                xml.ring(ring, {"landuse": "industrial"})
    for entry in plan.plan["retail"]:
        ring = _retail(plan, entry)
        xml.ring(ring, {"landuse": "retail", "name": entry["name"]})
    _railway(plan, xml)
    return parks


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
    shops = {s.building: n for n, s in enumerate(made.shops) if s.building is not None}
    for number, building in enumerate(builder.buildings):
        if building.ring in houses or "not" in building.tags:
            continue
        tags = {"building": "yes"}
        if number in shops:
            tags |= building.tags
        way = xml.ring(building.ring, tags)
        if number in shops:
            made.osm_id[shops[number]] = f"w{way}"
    for facility in builder.facilities:
        made.osm_id[facility.name] = _facility(facility, xml)
    for number, shop in enumerate(made.shops):
        if shop.building is None:
            made.osm_id[number] = f"n{xml.node(shop.door, shop.tags)}"


def _facility(facility: Facility, xml: OsmXml) -> str:
    if not facility.outline:
        return f"n{xml.node(facility.door, facility.tags)}"
    tags = facility.tags if facility.ground else {"building": "yes", **facility.tags}
    return f"w{xml.ring(facility.outline, tags)}"


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
