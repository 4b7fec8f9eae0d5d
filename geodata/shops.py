"""Shops of the demo city: doors along the street fronts, dense in the old town, sparse outside."""

import random
from dataclasses import dataclass
from typing import Any

from geodata.buildings import Builder, Building
from geodata.plane import Point, distance

# share of the doors of a front that are shops in a busy run, by zone and class of street
BUSY = {
    "old": {
        "pedestrian": 0.95,
        "primary": 0.85,
        "secondary": 0.7,
        "tertiary": 0.65,
        "residential": 0.42,
        "living_street": 0.14,
    },
    "town": {
        "primary": 0.92,
        "secondary": 0.9,
        "tertiary": 0.5,
        "residential": 0.22,
        "living_street": 0.06,
    },
    "works": {"primary": 0.40, "secondary": 0.45, "tertiary": 0.30, "residential": 0.12},
    "rural": {
        "secondary": 0.30,
        "tertiary": 0.10,
        "unclassified": 0.05,
        "primary": 0.12,
        "trunk": 0.15,
    },
}
DOOR_M = {"old": 8.5, "town": 10.0, "works": 16.0, "rural": 11.0}  # width of one shop
EDGE_OF_TOWN_M = 2800.0


@dataclass(frozen=True)
class Shop:
    """Shop with its door; `building` when the whole building is tagged as the shop."""

    name: str
    tags: dict[str, str]
    door: Point
    edge: int
    building: int | None = None

    @property
    def vacant(self) -> bool:
        """Whether the shop stands empty."""
        return self.tags.get("shop") == "vacant"


def open_shops(builder: Builder, rng: random.Random) -> list[Shop]:
    """Shops at the fronts of a built town, in runs as trade has them."""
    town, out = builder.town, []
    used: set[str] = set()
    side, busy, left_m = (-1, True), True, 0.0
    for number, building in enumerate(builder.buildings):
        if building.edge < 0 or building.tags:
            continue
        street = town.streets[town.network.edges[building.edge].line]
        zone = town.uses[builder.block_of[building.edge, building.left]]
        share = _share(zone, street.highway, building.ring[0])
        if (building.edge, building.left) != side or left_m <= 0:
            side = (building.edge, building.left)
            busy = rng.random() < (0.92 if zone == "old" else 0.86)
            left_m = rng.uniform(90, 320)
        left_m -= building.front_m
        if street.name in town.plan["busy_streets"]:
            share = 0.97
        elif not busy or street.oneway:
            share *= 0.06 if not busy else 0.1
        if building.front_m > 22 and rng.random() < share * 0.12:
            tags, name = _named(town.words, rng, used, big=True)
            building.tags = tags
            out.append(Shop(name, tags, _door(building, 0.5, 0.0), building.edge, number))
            continue
        doors = max(1, int(building.front_m / DOOR_M[zone]))
        for k in range(doors):
            if rng.random() < share:
                tags, name = _named(town.words, rng, used)
                out.append(Shop(name, tags, _door(building, (k + 0.5) / doors, 1.0), building.edge))
    return out


def _share(zone: str, highway: str, place: Point) -> float:
    base = BUSY.get(zone, {}).get(highway.removesuffix("_link"), 0.0)
    if zone != "town":
        return base
    return base * max(0.66, 1.3 - distance(place, (100.0, 0.0)) / EDGE_OF_TOWN_M)


def _door(building: Building, share: float, inside_m: float) -> Point:
    """Door at `share` of a building's front, `inside_m` behind the wall."""
    a, b, c, _ = building.ring
    t = inside_m / distance(b, c)
    return (
        a[0] + (b[0] - a[0]) * share + (c[0] - b[0]) * t,
        a[1] + (b[1] - a[1]) * share + (c[1] - b[1]) * t,
    )


def _named(
    words: dict[str, Any], rng: random.Random, used: set[str], *, big: bool = False
) -> tuple[dict[str, str], str]:
    """Tags and name of a shop; one in forty stands empty, one in seven has an English name."""
    if not big and rng.random() < 0.025:
        return {"shop": "vacant"}, ""
    kinds = words["shop"]
    if big:
        kinds = [
            k for k in kinds if k["tag"][1] in ("supermarket", "furniture", "restaurant", "hotel")
        ]
    kind = rng.choices(kinds, weights=[k["weight"] for k in kinds])[0]
    for _ in range(20):
        word, word_en = rng.choice(kind["words"])
        if rng.random() < 0.3:
            stem, stem_en = rng.choice(words["stems"]["surname"])
            stem, stem_en = (
                (stem + "记", stem_en + "ji")
                if rng.random() < 0.6
                else ("老" + stem, "Lao " + stem_en)
            )
        else:
            (a, ap), (b, bp) = (
                rng.choice(words["stems"]["head"]),
                rng.choice(words["stems"]["tail"]),
            )
            stem, stem_en = a + b, ap + bp
        if stem + word not in used:
            break
    used.add(stem + word)
    key, value = kind["tag"]
    tags = {key: value, "name": stem + word}
    if rng.random() < 0.14:
        tags["name:en"] = f"{stem_en} {word_en}"
    return tags, stem + word
