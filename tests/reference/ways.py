"""Raw ways to parts: pairs of carriageways first, then joining end to end."""

import math
from collections import defaultdict
from dataclasses import dataclass, field, replace

from reference.plane import XY, direction_at, foot, length, point_at, rounded, turn_deg

PAIR_M = 40.0
Key = tuple[object, ...]


@dataclass(frozen=True)
class Way:
    """One OSM way: its tags and its longitudes and latitudes."""

    way_id: int
    points: tuple[XY, ...]
    name: str = ""
    highway: str = "secondary"
    oneway: int = 0
    junction: str = ""
    tunnel: bool = False
    bridge: bool = False
    motorroad: bool = False
    area: bool = False
    bus: bool = False
    piece: int = 0  # which piece of the way, once it is cut where another way ends at it

    @property
    def key(self) -> tuple[int, int]:
        """Identity of the way or of its piece."""
        return self.way_id, self.piece

    @property
    def dropped(self) -> bool:
        """Never frontage: tunnels, motor roads, outlines drawn as areas."""
        motorway = self.highway in ("motorway", "motorway_link")
        return self.tunnel or motorway or self.motorroad or self.area

    @property
    def apart(self) -> bool:
        """Link roads and roundabouts are no piece of a through street."""
        return self.highway.endswith("_link") or self.junction in ("roundabout", "circular")


@dataclass(frozen=True)
class Piece:
    """A way or a stretch of it, in its direction of travel if it is one-way."""

    way: Way
    keys: tuple[Key, ...]
    xy: tuple[XY, ...]
    oneway: bool


@dataclass
class Part:
    """A chain without a branch: vertices, and the way that each segment comes from."""

    name: str
    xy: list[XY]
    ways: list[Way]
    closed: bool
    twins: list["Twin"] = field(default_factory=list)

    @property
    def length(self) -> float:
        """Metres from end to end, or once around."""
        return length(self.xy)


@dataclass(frozen=True)
class Twin:
    """The carriageway that is not measured, its way, and the ways of the one that is."""

    xy: tuple[XY, ...]
    way: tuple[int, int]
    hosts: frozenset[tuple[int, int]]


def _piece(way: Way, project) -> Piece | None:
    keys: list[Key] = []
    for lon, lat in way.points:
        key = (round(lon, 9), round(lat, 9))
        if not keys or keys[-1] != key:
            keys.append(key)
    if len(keys) < 2:
        return None
    if way.oneway < 0:
        keys.reverse()
    return Piece(way, tuple(keys), tuple(project(*key) for key in keys), way.oneway != 0)


def cut_at_ends(ways: list[Way]) -> list[Way]:
    """Cut ways at the vertices where another way of their name ends."""
    ends: dict[tuple[str, bool], set[XY]] = defaultdict(set)
    for way in ways:
        ends[way.name, way.apart] |= {way.points[0], way.points[-1]}
    found = []
    for way in ways:
        start = 0
        for i in range(1, len(way.points)):
            last = i == len(way.points) - 1
            if last or way.points[i] in ends[way.name, way.apart]:
                points = way.points[start : i + 1]
                if len(set(points)) > 1:
                    found.append(replace(way, points=points, piece=start))
                start = i
    return found


def _chain(pieces: list[Piece], partner) -> list[list[tuple[int, bool]]]:
    """Walk from end to end, then around what is left: lists of (piece, backwards)."""
    seen: set[int] = set()
    walks = []

    def walk(start: int, end: int) -> list[tuple[int, bool]]:
        found = []
        index, enter = start, end
        while index not in seen:
            seen.add(index)
            found.append((index, enter == 1))
            following = partner.get((index, 1 - enter))
            if following is None:
                break
            index, enter = following
        return found

    loose = [(i, end) for i in range(len(pieces)) for end in (0, 1) if (i, end) not in partner]
    for index, end in [*loose, *((i, 0) for i in range(len(pieces)))]:
        if index not in seen:
            walks.append(walk(index, end))
    return walks


def _ends(pieces: list[Piece]) -> dict[Key, list[tuple[int, int]]]:
    found: dict[Key, list[tuple[int, int]]] = defaultdict(list)
    for index, piece in enumerate(pieces):
        found[piece.keys[0]].append((index, 0))
        found[piece.keys[-1]].append((index, 1))
    return found


def _may_join(pieces: list[Piece], one: tuple[int, int], other: tuple[int, int]) -> bool:
    both_oneway = pieces[one[0]].oneway and pieces[other[0]].oneway
    return not (both_oneway and one[1] == other[1])


def _turn(pieces: list[Piece], one: tuple[int, int], other: tuple[int, int]) -> float:
    a, b = pieces[one[0]].xy, pieces[other[0]].xy
    before = a[1] if one[1] == 0 else a[-2]
    after = b[1] if other[1] == 0 else b[-2]
    return turn_deg(before, a[0] if one[1] == 0 else a[-1], after)


def _join_named(pieces: list[Piece]) -> dict[tuple[int, int], tuple[int, int]]:
    """Exactly two ends of the name meet: they join, unless it would be head to head."""
    partner = {}
    for ends in _ends(pieces).values():
        if len(ends) == 2 and _may_join(pieces, *ends):
            partner[ends[0]], partner[ends[1]] = ends[1], ends[0]
    return partner


def _join_unnamed(pieces: list[Piece]) -> dict[tuple[int, int], tuple[int, int]]:
    """At each node the straightest pair first, then the straightest of the rest."""
    partner = {}
    for ends in _ends(pieces).values():
        pairs = sorted(
            (_turn(pieces, a, b), a, b)
            for i, a in enumerate(ends)
            for b in ends[i + 1 :]
            if _may_join(pieces, a, b)
        )
        for _, a, b in pairs:
            if a not in partner and b not in partner:
                partner[a], partner[b] = b, a
    return partner


def _oneway_chains(pieces: list[Piece]) -> list[list[Piece]]:
    """One-way pieces head to tail, as far as there is one way on and it does not turn back."""
    heads, tails = defaultdict(list), defaultdict(list)
    for index, piece in enumerate(pieces):
        tails[piece.keys[0]].append(index)
        heads[piece.keys[-1]].append(index)
    partner = {}
    for key, coming in heads.items():
        going = tails.get(key, [])
        if len(coming) == len(going) == 1:
            one, other = (coming[0], 1), (going[0], 0)
            if _turn(pieces, one, other) <= 90:
                partner[one], partner[other] = other, one
    return [[pieces[i] for i, _ in walk] for walk in _chain(pieces, partner)]


def _opposite(p: XY, d: XY, line: list[XY]) -> bool:
    at, distance = foot(p, line)
    if rounded(distance) > PAIR_M or _beyond(p, line, at):
        return False
    e = direction_at(line, at)
    return d[0] * e[0] + d[1] * e[1] < -0.5


def _beyond(p: XY, line: list[XY], at: float) -> bool:
    """Whether `p` lies ahead of an end of the line, not beside it."""
    if 0 < at < length(line):
        return False
    end, inner = (line[0], line[1]) if at == 0 else (line[-1], line[-2])
    return (p[0] - end[0]) * (end[0] - inner[0]) + (p[1] - end[1]) * (end[1] - inner[1]) > 1e-9


def _pair(pieces: list[Piece]) -> tuple[list[Piece], list[Twin]]:
    """Measure the longer of two opposite chains; what runs beside it is its twin."""
    chains = _oneway_chains(pieces)

    def rank(chain: list[Piece]) -> tuple[float, int]:
        return -rounded(sum(length(p.xy) for p in chain)), min(p.way.way_id for p in chain)

    measured: list[list[Piece]] = []
    twins: list[Twin] = []
    for chain in sorted(chains, key=rank):
        hosts = [(other, _line(other)) for other in measured]
        kept: list[Piece] = []
        for piece in chain:
            kept += _cut_twin(piece, hosts, twins)
        measured += _oneway_chains(kept)
    return [p for chain in measured for p in chain], twins


def _line(chain: list[Piece]) -> list[XY]:
    return [xy for piece in chain for xy in piece.xy]


def _cut_twin(piece: Piece, hosts, twins: list[Twin]) -> list[Piece]:
    """What of a piece stays measured; the rest goes to `twins`. Sampled every half metre."""
    size = length(piece.xy)
    steps = max(2, math.ceil(size / 0.5))
    places = [size * i / steps for i in range(steps + 1)]

    def host_at(at: float):
        p = point_at(piece.xy, at)
        d = direction_at(piece.xy, at)
        return next((c for c, line in hosts if _opposite(p, d, line)), None)

    found = [host_at(at) for at in places]
    found[0], found[-1] = found[1], found[-2]  # a mere touch at an end is no pair, nor its lack
    if all(h is None for h in found):
        return [piece]
    kept = []
    start = 0
    for i in range(1, len(places) + 1):
        if i < len(places) and (found[i] is None) == (found[start] is None):
            continue
        low = places[start] if start == 0 else (places[start - 1] + places[start]) / 2
        high = places[i - 1] if i == len(places) else (places[i - 1] + places[i]) / 2
        stretch = _stretch(piece, low, high, size)
        if found[start] is None:
            kept.append(stretch)
        else:
            hosts_here = {p.way.key for h in found[start:i] if h for p in h}
            twins.append(Twin(stretch.xy, piece.way.key, frozenset(hosts_here)))
        start = i
    return kept


def _stretch(piece: Piece, low: float, high: float, size: float) -> Piece:
    keys: list[Key] = []
    xy: list[XY] = []
    at = 0.0
    if low > 0:
        keys.append(("cut", piece.way.way_id, rounded(low)))
        xy.append(point_at(piece.xy, low))
    for i, (key, p) in enumerate(zip(piece.keys, piece.xy, strict=True)):
        if i:
            at += math.dist(piece.xy[i - 1], p)
        if low <= at <= high or (i == len(piece.xy) - 1 and high == size):
            keys.append(key)
            xy.append(p)
    if high < size:
        keys.append(("cut", piece.way.way_id, rounded(high)))
        xy.append(point_at(piece.xy, high))
    return Piece(piece.way, tuple(keys), tuple(xy), piece.oneway)


def _part(name: str, pieces: list[Piece], walk: list[tuple[int, bool]]) -> Part:
    keys: list[Key] = []
    xy: list[XY] = []
    ways: list[Way] = []
    for index, backwards in walk:
        piece = pieces[index]
        some_keys = piece.keys[::-1] if backwards else piece.keys
        some_xy = piece.xy[::-1] if backwards else piece.xy
        skip = 1 if keys else 0
        keys += some_keys[skip:]
        xy += some_xy[skip:]
        ways += [piece.way] * (len(some_xy) - 1)
    closed = keys[0] == keys[-1]
    if closed:
        west = min(range(len(xy) - 1), key=lambda i: xy[i])
        xy = xy[west:-1] + xy[: west + 1]
        ways = ways[west:] + ways[:west]
    elif (xy[-1][0], xy[-1][1]) < (xy[0][0], xy[0][1]):
        xy.reverse()
        ways.reverse()
    return Part(name, xy, ways, closed)


def assemble(ways: list[Way], project) -> list[Part]:
    """Parts of all these ways, name by name; through streets apart from links and roundabouts.

    Ways that are never frontage must be gone already: a street ends where they begin.
    """
    groups: dict[tuple[str, bool], list[Piece]] = defaultdict(list)
    for way in ways:
        piece = _piece(way, project)
        if piece is not None:
            groups[way.name, way.apart].append(piece)
    parts = []
    for (name, apart), group in sorted(groups.items(), key=lambda item: item[0]):
        pieces, twins = group, []
        if name and not apart:
            measured, twins = _pair([p for p in group if p.oneway])
            pieces = [p for p in group if not p.oneway] + measured
        partner = _join_named(pieces) if name else _join_unnamed(pieces)
        for walk in _chain(pieces, partner):
            part = _part(name, pieces, walk)
            mine = {way.key for way in part.ways}
            part.twins = [twin for twin in twins if twin.hosts & mine]
            parts.append(part)
    return parts
