"""Districts and communities of the demo city: blocks joined to areas that tile it."""

import heapq
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from geodata.plane import Line, Point, distance, middle
from geodata.town import Town, warped

Side = tuple[int, bool]  # edge, and whether the area lies on its left


@dataclass(frozen=True)
class Area:
    """District or community: its rim as rings of (edge, forward), outer ones counter-clockwise."""

    name: str
    en: str
    adcode: str
    district: str
    blocks: tuple[int, ...]
    rings: tuple[tuple[Side, ...], ...]
    urban: bool = True
    population: int = 0


def districts(town: Town) -> list[Area]:
    """Districts in the plan's order."""
    return [
        _area(
            town,
            entry,
            [n for n, d in enumerate(town.districts) if d == number],
            district=entry["adcode"],
            adcode=entry["adcode"],
        )
        for number, entry in enumerate(town.plan["district"])
    ]


def communities(town: Town) -> list[Area]:
    """Communities: each block belongs to the nearest centre over blocks of its own district."""
    members = _nearest(town, [warped(entry["at"]) for entry in town.plan["community"]])
    count: dict[str, int] = defaultdict(int)
    out = []
    for number, entry in enumerate(town.plan["community"]):
        blocks = [n for n, c in enumerate(members) if c == number]
        district = town.plan["district"][town.districts[blocks[0]]]["adcode"]
        count[district] += 1
        adcode = f"{district}001{count[district]:03d}"
        out.append(_area(town, entry, blocks, district=district, adcode=adcode))
    return out


def _area(
    town: Town, entry: dict[str, Any], blocks: Collection[int], *, district: str, adcode: str
) -> Area:
    return Area(
        name=entry["name"],
        en=entry["en"],
        adcode=adcode,
        district=district,
        blocks=tuple(blocks),
        rings=tuple(rim(town, set(blocks))),
        urban=not entry.get("rural", False),
        population=int(entry.get("population", 0)),
    )


def _nearest(town: Town, centres: list[Point]) -> list[int]:
    """Centre of each block: shortest way over neighbouring blocks, districts kept apart."""
    sides: dict[int, list[int]] = defaultdict(list)
    for number, block in enumerate(town.blocks):
        for edge, _ in block.sides:
            sides[edge].append(number)
    middles = [middle(b.ring) for b in town.blocks]
    todo = []
    for number, centre in enumerate(centres):
        start = min(range(len(middles)), key=lambda n: distance(middles[n], centre))
        todo.append((0.0, number, start))
    found = [-1] * len(town.blocks)
    heapq.heapify(todo)
    while todo:
        far, centre_no, number = heapq.heappop(todo)
        if found[number] >= 0:
            continue
        found[number] = centre_no
        for edge, _ in town.blocks[number].sides:
            for other in sides[edge]:
                if found[other] < 0 and town.districts[other] == town.districts[number]:
                    step = distance(middles[number], middles[other])
                    heapq.heappush(todo, (far + step, centre_no, other))
    return found


def rim(town: Town, blocks: set[int]) -> list[tuple[Side, ...]]:
    """Rings of sides that have the blocks on their left and none of them on their right."""
    sides = {side for n in blocks for side in town.blocks[n].sides}
    rim = sorted(side for side in sides if (side[0], not side[1]) not in sides)
    leaving: dict[int, list[Side]] = defaultdict(list)
    for edge, forward in rim:
        piece = town.network.edges[edge]
        leaving[piece.start if forward else piece.end].append((edge, forward))
    rings = []
    while any(leaving.values()):
        first = next(n for n, out in leaving.items() if out)
        ring: list[Side] = []
        place = first
        while not ring or place != first:
            edge, forward = leaving[place].pop()
            ring.append((edge, forward))
            piece = town.network.edges[edge]
            place = piece.end if forward else piece.start
        rings.append(tuple(ring))
    return rings


def ring_points(town: Town, ring: Collection[Side]) -> Line:
    """Points of a rim, without a repeated last one."""
    out: Line = []
    for edge, forward in ring:
        points = town.network.edges[edge].points
        out += list(points if forward else points[::-1])[:-1]
    return out
