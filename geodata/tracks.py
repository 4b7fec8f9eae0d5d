"""Streets of the demo city with the doors along them, and which of them the spacing rule asks."""

from dataclasses import dataclass, field
from itertools import pairwise

from geodata.plane import Grid, Line, along, foot, length
from geodata.shops import Shop
from geodata.town import Town

FRONT_M, JOIN_M = 15.0, 20.0  # the frontage defaults of the standards packs
REACH_M, REACH_MAIN_M = 30.0, 50.0
MAIN = ("trunk", "primary")
ARTERIAL = (*MAIN, "secondary", "pedestrian")
TRADE = ("restaurant", "fast_food", "cafe", "pharmacy", "bank", "internet_cafe", "karaoke_box")


@dataclass
class Track:
    """One chain of a street: its line, and the doors along it as (metres, distance, shop)."""

    name: str
    highway: str
    line: Line
    old: bool
    bus: bool
    doors: list[tuple[float, float, int]] = field(default_factory=list)
    runs: list[tuple[float, float]] = field(default_factory=list)

    def fronted(self, low: float, high: float) -> bool:
        """Whether the whole of a stretch is shop front."""
        return any(a <= low and high <= b for a, b in self.runs)

    @property
    def subject(self) -> bool:
        """Whether the spacing rule holds here: an avenue, a bus route, or a busy street."""
        front = sum(b - a for a, b in self.runs)
        busy = bool(self.name) and len(self.doors) >= 5 and front >= 0.5 * length(self.line)
        return bool(self.doors) and (self.bus or self.highway in ARTERIAL or busy)


def trades(shop: Shop) -> bool:
    """Whether a shop counts as one: shop=* that is not vacant, or one of the trades."""
    return ("shop" in shop.tags and not shop.vacant) or shop.tags.get("amenity") in TRADE


def tracks(town: Town, shops: list[Shop], routes: dict[int, set[str]]) -> list[Track]:
    """Tracks that the spacing rule asks, avenues first; `routes` has the bus routes of edges."""
    grid = Grid(60.0)
    for number, shop in enumerate(shops):
        if trades(shop):
            grid.add(number, [shop.door])
    out = []
    for numbers in _chains(town):
        street = town.streets[town.network.edges[numbers[0]].line]
        line = [town.network.edges[numbers[0]].points[0]]
        for number in numbers:
            line += town.network.edges[number].points[1:]
        old = town.zone(along(line, length(line) / 2)[0]) == "old"
        bus = any(routes.get(n) for n in numbers)
        track = Track(street.name, street.highway.removesuffix("_link"), line, old, bus)
        _find_doors(track, grid, shops)
        if track.subject:
            out.append(track)
    rank = {highway: n for n, highway in enumerate(ARTERIAL)}
    return sorted(out, key=lambda t: (rank.get(t.highway, 9), t.name))


def _chains(town: Town) -> list[list[int]]:
    """Edges of every street in unbroken chains."""
    chains: list[list[int]] = []
    for number, edge in enumerate(town.network.edges):
        if town.streets[edge.line].kind == "street":
            last = town.network.edges[chains[-1][-1]] if chains else None
            if last and last.line == edge.line and last.end == edge.start:
                chains[-1].append(number)
            else:
                chains.append([number])
    return chains


def _find_doors(track: Track, grid: Grid, shops: list[Shop]) -> None:
    """Find the doors within reach, and the runs of shop front that they make."""
    near: set[int] = set()
    for a, b in pairwise(track.line):
        near.update(grid.near([a, b], REACH_MAIN_M))
    reach = REACH_MAIN_M if track.highway in MAIN else REACH_M
    for shop in near:
        at, away, _ = foot(track.line, shops[shop].door)
        if away <= reach:
            track.doors.append((at, away, shop))
    track.doors.sort()
    for at, _, _ in track.doors:
        low, high = max(at - FRONT_M, 0.0), min(at + FRONT_M, length(track.line))
        if track.runs and low - track.runs[-1][1] < JOIN_M:
            track.runs[-1] = (track.runs[-1][0], max(high, track.runs[-1][1]))
        else:
            track.runs.append((low, high))
