"""Streets of the demo city with the doors along them, and which of them the spacing rule asks."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from geodata.plane import Grid, Line, Point, along, distance, foot, length
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


def side_streets(town: Town, shops: list[Shop]) -> list[Track]:
    """Tracks of named streets that are no avenues, nearly busy alone or with their namesakes."""
    streets: dict[str, list[Track]] = defaultdict(list)
    for track in _all(town, shops, {}):
        if track.name and track.highway not in ARTERIAL:
            streets[track.name].append(track)
    return [t for same in streets.values() for t in same if _front(same) > 0.4 or _front([t]) > 0.4]


def _front(tracks: Sequence[Track]) -> float:
    """Share of shop front along tracks."""
    front = sum(b - a for t in tracks for a, b in t.runs)
    return front / sum(length(t.line) for t in tracks)


def reading(
    tracks: Sequence[Track],
    sides: Sequence[Track],
    places: Sequence[Point],
    door: Point,
    *,
    reach_m: float,
) -> str:
    """Tell whether a door is at shop front that the standard asks: "at", "away" or "doubtful".

    Doubtful is what hangs on where a front or a busy street begins: within `FRONT_M` of the limits
    along the street, or at a side street that is nearly busy.
    """
    if any(distance(place, door) <= reach_m for place in places):
        return "at"
    near = [(t, f[0]) for t in tracks if (f := foot(t.line, door))[1] <= reach_m]
    if any(t.highway in ARTERIAL and t.fronted(m - FRONT_M, m + FRONT_M) for t, m in near):
        return "at"
    if any(a - 2 * FRONT_M < m < b + 2 * FRONT_M for t, m in near for a, b in t.runs):
        return "doubtful"
    beside = any(foot(side.line, door)[1] <= reach_m for side in sides)
    return "doubtful" if beside else "away"


def meetings(tracks: Sequence[Track]) -> list[Point]:
    """Corners where tracks of different names share a vertex."""
    names: dict[Point, set[str]] = defaultdict(set)
    for track in tracks:
        for place in track.line:
            names[place].add(track.name)
    return [place for place, streets in names.items() if len(streets) > 1]


def trades(shop: Shop) -> bool:
    """Whether a shop counts as one: shop=* that is not vacant, or one of the trades."""
    return ("shop" in shop.tags and not shop.vacant) or shop.tags.get("amenity") in TRADE


def tracks(town: Town, shops: list[Shop], routes: dict[int, set[str]]) -> list[Track]:
    """Tracks that the spacing rule asks, avenues first; `routes` has the bus routes of edges."""
    out = [track for track in _all(town, shops, routes) if track.subject]
    rank = {highway: n for n, highway in enumerate(ARTERIAL)}
    return sorted(out, key=lambda t: (rank.get(t.highway, 9), t.name))


def _all(town: Town, shops: list[Shop], routes: dict[int, set[str]]) -> Iterator[Track]:
    grid = Grid(60.0)
    for number, shop in enumerate(shops):
        if trades(shop):
            grid.add(number, [shop.door])
    for numbers in _chains(town):
        street = town.streets[town.network.edges[numbers[0]].line]
        line = [town.network.edges[numbers[0]].points[0]]
        for number in numbers:
            line += town.network.edges[number].points[1:]
        old = town.zone(along(line, length(line) / 2)[0]) == "old"
        bus = any(routes.get(n) for n in numbers)
        track = Track(street.name, street.highway.removesuffix("_link"), line, old, bus)
        _find_doors(track, grid, shops)
        yield track


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
