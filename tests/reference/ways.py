"""Raw ways to pieces, and pieces to parts: joining end to end."""

from collections import defaultdict
from dataclasses import dataclass, replace

from reference.plane import XY, length, turn_deg

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
    classes: frozenset[str] = frozenset()

    @property
    def oneway(self) -> bool:
        """Whether traffic runs along the vertices only."""
        return self.way.oneway != 0


@dataclass
class Part:
    """A chain without a branch: vertices, and the piece that each segment comes from."""

    name: str
    xy: list[XY]
    pieces: list[Piece]
    closed: bool

    @property
    def length(self) -> float:
        """Metres from end to end, or once around."""
        return length(self.xy)


def _piece(way: Way, classes: frozenset[str], project) -> Piece | None:
    keys: list[Key] = []
    for lon, lat in way.points:
        key = (round(lon, 9), round(lat, 9))
        if not keys or keys[-1] != key:
            keys.append(key)
    if way.oneway < 0:
        keys.reverse()
    xy = tuple(project(*key) for key in keys)
    return Piece(way, tuple(keys), xy, classes) if len(keys) > 1 else None


def pieces_of(ways: list[Way], classes: dict[int, frozenset[str]], project) -> list[Piece]:
    """Ways, cut at the vertices where a way of their name ends; classes come by way id."""
    whole = [p for p in (_piece(w, classes[w.way_id], project) for w in ways) if p is not None]
    ends: dict[tuple[str, bool], set[Key]] = defaultdict(set)
    for piece in whole:
        ends[piece.way.name, piece.way.apart] |= {piece.keys[0], piece.keys[-1]}
    found = []
    for piece in whole:
        start = 0
        for i in range(1, len(piece.keys)):
            last = i == len(piece.keys) - 1
            if last or piece.keys[i] in ends[piece.way.name, piece.way.apart]:
                keys, xy = piece.keys[start : i + 1], piece.xy[start : i + 1]
                found.append(replace(piece, keys=keys, xy=xy))
                start = i
    return found


def chain(pieces: list[Piece], partner) -> list[list[tuple[int, bool]]]:
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


def turn(pieces: list[Piece], one: tuple[int, int], other: tuple[int, int]) -> float:
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
            (turn(pieces, a, b), a, b)
            for i, a in enumerate(ends)
            for b in ends[i + 1 :]
            if _may_join(pieces, a, b)
        )
        for _, a, b in pairs:
            if a not in partner and b not in partner:
                partner[a], partner[b] = b, a
    return partner


def _part(name: str, pieces: list[Piece], walk: list[tuple[int, bool]]) -> Part:
    keys: list[Key] = []
    xy: list[XY] = []
    segments: list[Piece] = []
    for index, backwards in walk:
        piece = pieces[index]
        some_keys = piece.keys[::-1] if backwards else piece.keys
        some_xy = piece.xy[::-1] if backwards else piece.xy
        skip = 1 if keys else 0
        keys += some_keys[skip:]
        xy += some_xy[skip:]
        segments += [piece] * (len(some_xy) - 1)
    closed = keys[0] == keys[-1]
    if closed:
        west = min(range(len(xy) - 1), key=lambda i: xy[i])
        xy = xy[west:-1] + xy[: west + 1]
        segments = segments[west:] + segments[:west]
    elif xy[-1] < xy[0]:
        xy.reverse()
        segments.reverse()
    return Part(name, xy, segments, closed)


def assemble(pieces: list[Piece]) -> list[Part]:
    """Parts of all these pieces, name by name; through streets apart from links and roundabouts.

    Twins and what is never frontage must be gone already: a street ends where they begin.
    """
    groups: dict[tuple[str, bool], list[Piece]] = defaultdict(list)
    for piece in pieces:
        groups[piece.way.name, piece.way.apart].append(piece)
    parts = []
    for (name, _), group in sorted(groups.items(), key=lambda item: item[0]):
        partner = _join_named(group) if name else _join_unnamed(group)
        parts += [_part(name, group, walk) for walk in chain(group, partner)]
    return parts
