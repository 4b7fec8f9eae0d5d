"""The law of places by brute force: presence, placement and counts, one station at a time.

Places and stations are in degrees and every distance is a geodesic. What runs along streets comes
from the reference's own streets (`reference.law`).
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from typing import Any

import pyproj
import shapely

from reference.law import Result
from reference.plane import XY, foot, rounded

GEOD = pyproj.Geod(ellps="WGS84")
COMMUNITIES = {"city_community": True, "rural_community": False}
AREAS = (*COMMUNITIES, "subdistrict", "compound", "civilised_unit")
STREETS = ("junction", "bus_stop", "frontage")
JUNCTION_M, STOP_M, FRONT_M = 40.0, 30.0, 15.0
Answer = tuple[str, float | None]  # state, and metres or a number


@dataclass(frozen=True)
class Place:
    """One place: what it is, where it is, and for a community whether it is urban."""

    kind: str  # of facilities, or community, subdistrict, compound, civilised_unit, junction ...
    id: str
    adcode: str | None
    shape: Any = None  # in degrees
    urban: bool | None = None
    frontage: str = "none"

    def outlined(self) -> bool:
        """Whether it has an inside."""
        return self.shape is not None and shapely.get_dimensions(self.shape) == 2


@dataclass(frozen=True)
class Station:
    """One active station."""

    id: str
    type: str
    adcode: str | None
    at: XY | None
    parent: str | None = None


@dataclass
class Town:
    """What is known of a city."""

    adcode: str
    counties: list[str]
    places: list[Place]
    stations: list[Station]
    built_up: Any = None
    complete: Mapping[str, Iterable[str]] = field(default_factory=dict)
    streets: Result | None = None
    has_streets: bool = False
    project: Any = None  # degrees to the plane of `streets`

    def declared(self, layer: str, adcode: str | None) -> bool:
        """Whether a layer is declared complete in a district: in it, or in what it lies in."""
        said = {*self.complete.get(layer, ()), *self.complete.get(layer.split(":")[0], ())}
        if "*" in said:
            return True
        code = adcode or ""
        if any(code.startswith(_stem(c)) for c in said):
            return True
        whole = code == self.adcode and bool(self.counties)
        return whole and all(any(c.startswith(_stem(s)) for s in said) for c in self.counties)


def _stem(code: str) -> str:
    """A province's or a city's code without the zeros that stand for all of it."""
    if len(code) == 6:
        for zeros in ("0000", "00"):
            code = code.removesuffix(zeros)
    return code


def apart(at: XY | None, shape: Any) -> float:
    """Ground metres from a point to a geometry, by geodesics to its nearest place."""
    if at is None or shape is None or shape.is_empty:
        return math.inf
    west, south, east, north = shape.bounds
    lon, lat = at
    if lon < west - 0.01 or lon > east + 0.01 or lat < south - 0.01 or lat > north + 0.01:
        return math.inf
    return _measured(lon, lat, shape)


@cache
def _measured(lon: float, lat: float, shape: Any) -> float:
    if shapely.get_dimensions(shape) == 2 and shape.covers(shapely.Point(lon, lat)):
        return 0.0
    # the shape of the ellipsoid here finds the foot; how far that is, a geodesic tells
    per_lon = GEOD.inv(lon, lat, lon + 1e-4, lat)[2] * 1e4
    per_lat = GEOD.inv(lon, lat, lon, lat + 1e-4)[2] * 1e4
    best = math.inf
    for ring in _lines(shape):
        flat = [((x - lon) * per_lon, (y - lat) * per_lat) for x, y in ring]
        if len(flat) == 1:
            flat = flat * 2
        for a, b in pairwise(flat):
            x, y = _nearest(a, b)
            if math.hypot(x, y) < best + 1:
                there = GEOD.inv(lon, lat, lon + x / per_lon, lat + y / per_lat)[2]
                best = min(best, there)
    return best


def _nearest(a: XY, b: XY) -> XY:
    dx, dy = b[0] - a[0], b[1] - a[1]
    squared = dx * dx + dy * dy
    t = 0.0 if squared == 0 else min(max(-(a[0] * dx + a[1] * dy) / squared, 0.0), 1.0)
    return a[0] + t * dx, a[1] + t * dy


def _lines(shape: Any) -> list[list[XY]]:
    if hasattr(shape, "geoms"):
        return [line for part in shape.geoms for line in _lines(part)]
    if shape.geom_type == "Polygon":
        return [list(ring.coords) for ring in (shape.exterior, *shape.interiors)]
    return [list(shape.coords)]


# ----------------------------------------------------------------------------- presence


def answers(rule: Any, town: Town) -> dict[str, Answer]:
    """Every subject of a rule → its state, and what was measured."""
    return {"presence": presence, "placement": placement, "count": count}[rule.kind](rule, town)


def _is(place: Place, kind: str) -> bool | None:
    """Whether a place is of a kind that a rule names; None where nobody knows."""
    if kind in COMMUNITIES:
        if place.kind != "community":
            return False
        return None if place.urban is None else place.urban == COMMUNITIES[kind]
    return place.kind == kind


def _stands_at(station: Station, place: Place, within_m: float) -> float | None:
    """Metres where a station stands at a place; None where it does not."""
    if place.kind in ("community", "subdistrict") and not place.outlined():
        return None
    area = place.kind in ("community", "subdistrict", "compound")
    metres = rounded(apart(station.at, place.shape))
    reach = 0.0 if area and place.outlined() else within_m
    return metres if metres <= reach else None


def presence(rule: Any, town: Town) -> dict[str, Answer]:
    """Every place of the rule's kinds has an active station that counts."""
    found: dict[str, Answer] = {}
    for kind in rule.at:
        own = [(p, _is(p, kind)) for p in town.places if _is(p, kind) is not False]
        layer = _layer(kind)
        if not own and not (kind == "junction" and town.has_streets):
            if not town.declared(layer, town.adcode):
                found[f"{town.adcode}:{kind}"] = ("unknown", None)
            continue
        for place, certain in own:
            if rule.with_frontage and place.frontage == "none":
                continue
            found[place.id] = _present(rule, town, place, certain)
    return found


def _present(rule: Any, town: Town, place: Place, certain: bool | None) -> Answer:
    counting = [s for s in town.stations if s.type in rule.counts]
    metres = [_stands_at(s, place, rule.within_m) for s in counting]
    nearest = min((m for m in metres if m is not None), default=None)
    nowhere = place.shape is None
    if place.kind in ("community", "subdistrict"):
        nowhere = not place.outlined()
    if certain is None or nowhere:
        return "unknown", nearest
    if rule.built_up:
        if town.built_up is None:
            return "unknown", nearest
        if not town.built_up.intersects(shapely.point_on_surface(place.shape)):
            return "not_applicable", nearest
    if nearest is not None:
        return "met", nearest
    whole = all(town.declared(f"stations:{t}", place.adcode) for t in rule.counts)
    return ("not_met" if whole else "unknown"), None


def _layer(kind: str) -> str:
    if kind in COMMUNITIES:
        return "community"
    return kind if kind in AREAS else f"facilities:{kind}"


# ----------------------------------------------------------------------------- placement


def placement(rule: Any, town: Town) -> dict[str, Answer]:
    """Every active station of the type stands at one of the places."""
    found = {}
    both = set(COMMUNITIES) <= set(rule.at)
    allowed = [(p, _allowed(p, rule.at, both=both)) for p in town.places]
    allowed = [(p, sure) for p, sure in allowed if sure is not False]
    lost = [p for p, _ in allowed if p.kind in AREAS or p.kind == "community"]
    lost = [p for p in lost if p.shape is None or (not p.outlined() and _needs_outline(p))]
    for station in town.stations:
        if station.type != rule.site_type:
            continue
        if station.at is None:
            found[station.id] = ("unknown", None)
            continue
        at = [(_stands_at(station, p, rule.within_m), sure) for p, sure in allowed]
        near = [m for m, sure in at if m is not None and sure]
        if "frontage" in rule.at and town.streets is not None:
            beside = at_frontage(town, station.at, rule.along, rule.within_m)
            near += [beside] if beside is not None else []
        maybe = any(m is not None for m, sure in at if not sure)
        maybe = maybe or any(_may_lie(p, station) for p in lost)
        known = all(
            town.declared("streets" if k in STREETS else _layer(k), station.adcode) for k in rule.at
        )
        state = "met" if near else "unknown" if maybe or not known else "not_met"
        found[station.id] = (state, min(near, default=None))
    return found


def _allowed(place: Place, kinds: Iterable[str], *, both: bool) -> bool | None:
    if place.kind == "community" and both:
        return True
    said = [_is(place, kind) for kind in kinds]
    return True if True in said else None if None in said else False


def _needs_outline(place: Place) -> bool:
    return place.kind in ("community", "subdistrict")


def _may_lie(place: Place, station: Station) -> bool:
    """Whether a place that is only listed may be where a station is: in one county."""
    if place.adcode is None or station.adcode is None:
        return True
    return place.adcode[:6] == station.adcode[:6]


def at_frontage(town: Town, at: XY, along: Iterable[str], within_m: float) -> float | None:
    """Metres from a station to a street of the classes that has frontage at its foot point."""
    best = None
    result = town.streets
    assert result is not None
    here = town.project(*at)
    for number, part in enumerate(result.parts):
        at_m, metres = foot(here, part.xy)
        metres = min([metres, *(foot(here, xy)[1] for xy in result.twins[number])])
        metres = rounded(metres)
        if metres > within_m:
            continue
        for front in result.fronts:
            if front.part != number or front.frontage == "none" or front.street_class not in along:
                continue
            if front.from_m - 1e-4 <= at_m <= front.to_m + 1e-4:
                best = metres if best is None else min(best, metres)
    return best


# ----------------------------------------------------------------------------- counts


def count(rule: Any, town: Town) -> dict[str, Answer]:
    """So many stations in every area of a level."""
    own = [s for s in town.stations if s.type == rule.site_type]
    head = _city_head(own) if rule.heads_only else None
    if head is not None:
        own = [s for s in own if (s == head) == (rule.per == "city")]
    puzzled = rule.heads_only and head is None
    if rule.per == "city":
        said = _enough(rule, len(own), town, town.adcode)
        return {town.adcode: ("unknown", said[1]) if puzzled and own else said}
    if rule.per == "county":
        if not town.counties:
            return {f"{town.adcode}:county": ("unknown", None)}
        codes = [(s.adcode or "")[:6] for s in own]
        found = {c: _enough(rule, codes.count(c), town, c) for c in town.counties}
        many = [c for c in found if rule.at_most is not None and codes.count(c) > rule.at_most]
        return found | {c: ("unknown", found[c][1]) for c in many if puzzled}
    kind = "subdistrict" if rule.per == "subdistrict" else "community"
    places = [p for p in town.places if p.kind == kind]
    if rule.per == "city_community":
        places = [p for p in places if p.urban is not False]
    if not places:
        declared = town.declared(kind, town.adcode)
        return {} if declared else {f"{town.adcode}:{rule.per}": ("unknown", None)}
    found = {}
    for place in places:
        inside = sum(_stands_at(s, place, 0.0) is not None for s in own)
        doubt = not place.outlined() or (rule.per == "city_community" and place.urban is None)
        found[place.id] = (
            ("unknown", float(inside)) if doubt else _enough(rule, inside, town, place.adcode)
        )
    return found


def _city_head(heads: list[Station]) -> Station | None:
    """The head station without a parent under which most others stand; None for equals."""
    below = {s: sum(h.parent == s.id for h in heads) for s in heads if s.parent is None}
    best = [s for s, number in below.items() if number == max(below.values())]
    return best[0] if len(best) == 1 else None


def _enough(rule: Any, number: int, town: Town, adcode: str | None) -> Answer:
    if rule.at_most is not None and number > rule.at_most:
        return "not_met", float(number)
    if number >= rule.at_least:
        return "met", float(number)
    return ("not_met" if town.declared(f"stations:{rule.site_type}", adcode) else "unknown"), float(
        number
    )


# ----------------------------------------------------------------------------- along streets


@dataclass(frozen=True)
class Junction:
    """Where streets meet: their names, its westernmost node, and the frontage there."""

    names: tuple[str, ...]
    at: XY  # in the plane of the streets
    frontage: str


def junctions(result: Result) -> list[Junction]:
    """Nodes that streets of several names have, near ones of the same streets as one.

    A street without a name is one by itself.
    """
    meeting: dict[tuple[int, int], set[tuple[str, int]]] = defaultdict(set)
    where: dict[tuple[int, int], XY] = {}
    for number, part in enumerate(result.parts):
        street = (part.name, 0) if part.name else ("", number + 1)
        for xy in (part.xy, *result.twins[number]):
            for x, y in xy:
                node = round(x * 1000), round(y * 1000)
                meeting[node].add(street)
                where[node] = x, y
    found: list[tuple[frozenset[tuple[str, int]], list[XY]]] = []
    for node, streets in sorted(meeting.items()):
        if len(streets) < 2:
            continue
        same = [f for f in found if f[0] == streets and _any_near(f[1], where[node])]
        merged = [where[node]] + [p for f in same for p in f[1]]
        found = [f for f in found if f not in same] + [(frozenset(streets), merged)]
    return [
        Junction(
            tuple(sorted(name for name, _ in streets)),
            min(nodes),
            front_at(result, min(nodes), reach_m=JUNCTION_M),
        )
        for streets, nodes in found
    ]


def _any_near(nodes: list[XY], at: XY) -> bool:
    return any(math.dist(node, at) <= JUNCTION_M for node in nodes)


def front_at(result: Result, at: XY, *, reach_m: float) -> str:
    """Frontage beside a place: of shops, assumed or none; of either carriageway."""
    found = {"none"}
    for number, part in enumerate(result.parts):
        at_m, metres = foot(at, part.xy)
        metres = min([metres, *(foot(at, xy)[1] for xy in result.twins[number])])
        if rounded(metres) > reach_m:
            continue
        turns = (-part.length, 0.0, part.length) if part.closed else (0.0,)
        for front in result.fronts:
            if front.part == number:
                beside = (
                    front.from_m + t - FRONT_M <= at_m <= front.to_m + t + FRONT_M for t in turns
                )
                if any(beside):
                    found.add(front.frontage)
    return "shops" if "shops" in found else "assumed" if "assumed" in found else "none"
