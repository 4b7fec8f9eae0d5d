"""From raw ways, shops, districts and stations to gaps and the three readings."""

import itertools
import math
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import Any

import pyproj
import shapely
import shapely.ops

from reference.pairs import carriageways, twins_of
from reference.plane import (
    XY,
    Interval,
    clip,
    foot,
    left_of,
    point_at,
    rounded,
    total,
    union,
)
from reference.spacing import Run, count_needed, covered, cut_run, on_run
from reference.ways import Part, Piece, Way, assemble, pieces_of


@dataclass(frozen=True)
class Rule:
    """The numbers of the spacing rule."""

    along: tuple[str, ...] = ("commercial", "main", "secondary", "bus_route")
    spacing_m: float = 50.0
    snap_m: float = 30.0
    sides: str = "both"
    reach_m: float = 30.0
    reach_main_m: float = 50.0
    front_m: float = 15.0
    join_m: float = 20.0
    min_shops: int = 5
    min_share: float = 0.5


@dataclass
class City:
    """What lies on the ground, in degrees."""

    ways: list[Way]
    shops: list[Any] = field(default_factory=list)  # shapely points or outlines
    stations: list[XY] = field(default_factory=list)  # counting ones only
    districts: dict[str, Any] = field(default_factory=dict)
    retail: list[Any] = field(default_factory=list)
    bus_stops: list[XY] = field(default_factory=list)
    complete: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Gap:
    """One gap; `ends` are its first and last place in degrees."""

    name: str
    side: str
    from_m: float
    to_m: float
    length_m: float
    points_needed: int
    frontage: str
    shops_m: float
    street_class: str
    adcode: str | None
    part_m: float
    closed: bool
    ends: tuple[XY, XY]


@dataclass(frozen=True)
class Front:
    """A stretch of a part on one side: its class, its district, its frontage."""

    part: int
    side: str
    from_m: float
    to_m: float
    street_class: str
    adcode: str | None
    frontage: str  # "shops", "assumed" or "none"


@dataclass
class Result:
    """Parts, their stretches, gaps, and the three readings."""

    parts: list[Part]
    gaps: list[Gap] = field(default_factory=list)
    fronts: list[Front] = field(default_factory=list)
    shop_fronts: list[tuple[int, str, float, float]] = field(default_factory=list)
    counted: set[int] = field(default_factory=set)  # stations, by their place in the list
    back: Any = None  # plane to degrees
    twins: list[list[tuple[XY, ...]]] = field(default_factory=list)  # by part
    frontage_m: float = 0.0
    assumed_m: float = 0.0
    covered_m: float = 0.0
    runs: int = 0
    runs_count_ok: int = 0
    by_class: dict[str, float] = field(default_factory=dict)
    by_district: dict[str | None, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Stretch:
    """A stretch of a part on which nothing changes."""

    from_m: float
    to_m: float
    piece: Piece
    adcode: str | None


def _own_plane(city: City):
    lons = [p[0] for way in city.ways for p in way.points]
    lats = [p[1] for way in city.ways for p in way.points]
    plane = pyproj.Proj(
        proj="aeqd",
        lon_0=(min(lons) + max(lons)) / 2,
        lat_0=(min(lats) + max(lats)) / 2,
        ellps="WGS84",
    )
    known: dict[XY, XY] = {}

    def project(lon: float, lat: float) -> XY:
        if (lon, lat) not in known:
            known[lon, lat] = plane(lon, lat)
        return known[lon, lat]

    def flat(geometry):
        def move(points):
            return [project(x, y) for x, y in points]

        return shapely.transform(geometry, move)

    def back(p: XY) -> XY:
        return plane(*p, inverse=True)

    return project, flat, back


class _Solver:
    def __init__(self, city: City, rule: Rule) -> None:
        self.city, self.rule = city, rule
        self.project, self.flat, self.back = _own_plane(city)
        self.shops = [self.flat(shop) for shop in city.shops]
        self.stations = [self.project(*p) for p in city.stations]
        self.districts = {code: self.flat(area) for code, area in city.districts.items()}
        self.retail = [self.flat(area) for area in city.retail]
        self.bus_stops = [self.project(*p) for p in city.bus_stops]
        self._beside: dict[int, tuple[Part, list[tuple[XY, ...]]]] = {}

    # classes ------------------------------------------------------------------------------------

    def parts(self) -> list[Part]:
        """Pair, give each piece its classes, keep those of the rule, join the rest of the way."""
        ways = [way for way in self.city.ways if not way.dropped]
        measured, self.twins = carriageways(pieces_of(ways, self._classes(ways), self.project))
        kept = []
        for part in assemble(measured):
            feet = self.shop_feet(part)
            fronts = self.shop_fronts(part, [at for at, _, _ in feet])
            share = round(total(fronts) / part.length, 9)
            named = part.name and not part.pieces[0].way.apart
            busy = len(feet) >= self.rule.min_shops and share >= self.rule.min_share
            for piece in {id(piece): piece for piece in part.pieces}.values():
                classes = piece.classes | ({"commercial"} if named and busy else set())
                if classes & set(self.rule.along):
                    kept.append(replace(piece, classes=frozenset(classes)))
        return assemble(kept)

    def class_of(self, piece: Piece) -> str:
        """The first of the rule's classes that a piece has."""
        return next(c for c in self.rule.along if c in piece.classes)

    def _classes(self, ways: list[Way]) -> dict[int, frozenset[str]]:
        found = {way.way_id: self._own_classes(way) for way in ways}
        lines = {way.way_id: [self.project(*p) for p in way.points] for way in ways}
        for stop in self.bus_stops:
            distance, nearest = min((foot(stop, line)[1], way_id) for way_id, line in lines.items())
            if rounded(distance) <= 30.0:
                found[nearest].add("bus_route")
        return {way_id: frozenset(classes) for way_id, classes in found.items()}

    def _own_classes(self, way: Way) -> set[str]:
        found = set()
        kind = way.highway.removesuffix("_link")
        if kind == "pedestrian" or self._mostly_retail(way):
            found.add("commercial")
        if kind in ("trunk", "primary"):
            found.add("main")
        if kind == "secondary":
            found.add("secondary")
        if way.bus:
            found.add("bus_route")
        return found

    def _mostly_retail(self, way: Way) -> bool:
        line = shapely.LineString([self.project(*p) for p in way.points])
        inside = sum(line.intersection(area).length for area in self.retail)
        return inside > line.length / 2

    # shops ----------------------------------------------------------------------------------------

    def reach(self, part: Part, at: float) -> float:
        """Reach of shops by the way under the foot point; at a vertex the wider of the two."""
        found = []
        done = 0.0
        for (a, b), piece in zip(itertools.pairwise(part.xy), part.pieces, strict=True):
            if done - 1e-6 <= at <= done + math.dist(a, b) + 1e-6:
                main = piece.way.highway.removesuffix("_link") in ("trunk", "primary")
                found.append(self.rule.reach_main_m if main else self.rule.reach_m)
            done += math.dist(a, b)
        return max(found)

    def shop_feet(self, part: Part) -> list[tuple[float, float, XY]]:
        """Foot chainage, distance, and the shop's own nearest place."""
        line = shapely.LineString(part.xy)
        found = []
        for shop in self.shops:
            outline = shop.exterior if shop.geom_type == "Polygon" else shop
            place = shapely.ops.nearest_points(outline, line)[0].coords[0]
            at, distance = foot(place, part.xy)
            twins = [shapely.LineString(xy) for xy in self.twins_of(part)]
            near = min([distance, *(float(twin.distance(outline)) for twin in twins)])
            if rounded(near) <= self.reach(part, at):
                found.append((at, distance, place))
        return found

    def twins_of(self, part: Part) -> list[tuple[XY, ...]]:
        """What runs beside a part, looked up once."""
        if id(part) not in self._beside:
            self._beside[id(part)] = part, twins_of(part, self.twins)
        return self._beside[id(part)][1]

    def shop_fronts(self, part: Part, feet: list[float]) -> list[Interval]:
        """Known shop frontage: 15 m to each side, stretches closer than 20 m joined."""
        whole = part.length
        turns = (-1, 0, 1) if part.closed else (0,)
        front = self.rule.front_m
        spans = [(at + t * whole - front, at + t * whole + front) for at in feet for t in turns]
        spans = spans if part.closed else clip(spans, 0.0, whole)
        return clip(union(spans, closer_than=self.rule.join_m), 0.0, whole)

    # stretches ------------------------------------------------------------------------------------

    def stretches(self, part: Part) -> list[Stretch]:
        """Ways of a part, cut at the district lines."""
        found = []
        done = 0.0
        for (a, b), piece in zip(itertools.pairwise(part.xy), part.pieces, strict=True):
            step = math.dist(a, b)
            segment = shapely.LineString([a, b])
            cuts = {0.0, step}
            for area in self.districts.values():
                crossing = shapely.get_parts(segment.intersection(area.boundary))
                cuts |= {math.dist(a, c) for g in crossing for c in g.coords}
            places = sorted(cuts)
            for low, high in itertools.pairwise(places):
                if high - low < 1e-9:
                    continue
                middle = shapely.Point(point_at([a, b], (low + high) / 2))
                adcode = next((c for c, d in self.districts.items() if d.contains(middle)), None)
                found.append(Stretch(done + low, done + high, piece, adcode))
            done += step
        return found

    # the check ------------------------------------------------------------------------------------

    def solve(self) -> Result:
        """Every part, side and run in turn."""
        parts = self.parts()
        result = Result(parts, back=self.back)
        result.twins = [self.twins_of(part) for part in parts]
        by_class: dict[str, float] = defaultdict(float)
        by_district: dict[str | None, float] = defaultdict(float)
        for number, part in enumerate(parts):
            shops = self.shop_feet(part)
            stations = self._stations_on(part)
            result.counted |= {i for i, *_ in stations}
            sides = ("both",) if self.rule.sides == "both" else ("left", "right")
            for side in sides:
                on_side = [at for at, d, p in shops if self._serves(p, d, part, at, side)]
                places = [at for _, at, d, p in stations if self._serves(p, d, part, at, side)]
                known = self.shop_fronts(part, on_side)
                fronts = [
                    Front(number, side, a, b, self.class_of(s.piece), s.adcode, label)
                    for s in self.stretches(part)
                    for a, b, label in self._frontage(s, known)
                ]
                result.fronts += fronts
                result.shop_fronts += [(number, side, a, b) for a, b in known]
                for front in fronts:
                    if front.frontage != "none":
                        size = front.to_m - front.from_m
                        result.frontage_m += size
                        result.assumed_m += size * (front.frontage == "assumed")
                        by_class[front.street_class] += size
                        by_district[front.adcode] += size
                for run in self._runs(part, fronts):
                    self._check(result, part, run, places, fronts, known)
        result.by_class, result.by_district = dict(by_class), dict(by_district)
        return result

    def _stations_on(self, part: Part) -> list[tuple[int, float, float, XY]]:
        found = []
        for i, p in enumerate(self.stations):
            at, distance = foot(p, part.xy)
            near = min([distance, *(foot(p, xy)[1] for xy in self.twins_of(part))])
            if rounded(near) <= self.rule.snap_m:
                found.append((i, at, distance, p))
        return found

    def _serves(self, p: XY, distance: float, part: Part, at: float, side: str) -> bool:
        if side == "both" or rounded(distance) < 0.5:
            return True
        return left_of(p, part.xy, at) == (side == "left")

    def _frontage(self, s: Stretch, known: list[Interval]) -> list[tuple[float, float, str]]:
        complete = "*" in self.city.complete or s.adcode in self.city.complete
        if not (complete or s.piece.way.bridge or s.piece.way.apart):
            return [(s.from_m, s.to_m, "assumed")]
        found = []
        done = s.from_m
        for a, b in clip(known, s.from_m, s.to_m):
            found += [(done, a, "none"), (a, b, "shops")]
            done = b
        return [(a, b, label) for a, b, label in [*found, (done, s.to_m, "none")] if b > a]

    @staticmethod
    def _runs(part: Part, fronts: list[Front]) -> list[Run]:
        whole = part.length
        joined = union((f.from_m, f.to_m) for f in fronts if f.frontage != "none")
        if not part.closed:
            return [Run(a, b) for a, b in joined]
        if len(joined) == 1 and rounded(total(joined)) >= rounded(whole):
            return [Run(0.0, whole, whole_ring=True)]
        if len(joined) > 1 and rounded(joined[0][0]) <= 0 and rounded(whole - joined[-1][1]) <= 0:
            joined = [*joined[1:-1], (joined[-1][0], joined[0][1] + whole)]
        return [Run(a, b) for a, b in joined]

    def _check(self, result, part, run, places, fronts, known) -> None:
        whole, spacing = part.length, self.rule.spacing_m
        ring = {"part_m": whole, "closed": part.closed}
        result.runs += 1
        here = on_run(run, places, **ring)
        result.runs_count_ok += len(here) >= count_needed(run, spacing)
        result.covered_m += covered(run, places, **ring, spacing_m=spacing)
        for a, b, points in cut_run(run, places, **ring, spacing_m=spacing):
            # a ring is unrolled: look at every turn of what lies on it
            turns = (0.0, whole) if part.closed else (0.0,)

            def inside(low: float, high: float, a=a, b=b, turns=turns) -> float:
                return sum(total(clip([(low + t, high + t)], a, b)) for t in turns)

            classes: dict[str, float] = defaultdict(float)
            adcodes: dict[str, float] = defaultdict(float)
            assumed = 0.0
            for f in fronts:
                size = inside(f.from_m, f.to_m)
                classes[f.street_class] += size
                adcodes[f.adcode or ""] += size
                assumed += size * (f.frontage == "assumed")
            from_m, to_m = a, b
            if part.closed and rounded(b - a) < rounded(whole):
                from_m, to_m = a % whole, b % whole
            result.gaps.append(
                Gap(
                    name=part.name,
                    side=fronts[0].side,
                    from_m=from_m,
                    to_m=to_m,
                    length_m=b - a,
                    points_needed=points,
                    frontage="assumed" if rounded(assumed) > 0 else "shops",
                    shops_m=sum(inside(lo, hi) for lo, hi in known),
                    street_class=max(classes, key=lambda c: classes[c]),
                    adcode=max(adcodes, key=lambda c: adcodes[c]) or None,
                    part_m=whole,
                    closed=part.closed,
                    ends=tuple(
                        self.back(point_at(part.xy, at % whole if part.closed else at))
                        for at in (a, b)
                    ),
                )
            )


def solve(city: City, rule: Rule | None = None) -> Result:
    """Apply the whole law to a city."""
    return _Solver(city, rule or Rule()).solve()
