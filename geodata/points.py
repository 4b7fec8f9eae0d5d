"""Points (有礼点) of the demo city: which shop doors have one, and the gaps planted between."""

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from geodata.plane import Point, along, beside, distance, foot, length
from geodata.shops import Shop
from geodata.town import Town, warped
from geodata.tracks import ARTERIAL, Track, meetings, reading, side_streets, trades

SNAP_M = 30.0
SPACING_M = 50.0
QUIET = 83  # points on streets where the rule asks for none
OFF_M = {"off_31": 31.0, "off_29": 29.0}  # decoys beside the street, either side of the snap
STATUSES = {"active": 93, "planned": 3, "suspended": 2, "closed": 2}


@dataclass(frozen=True)
class Planted:
    """Stretch of a track between two points, with what stands in it and does not count."""

    id: str
    track: Track
    from_m: float
    to_m: float
    from_shop: int
    to_shop: int
    decoy: str = ""
    decoy_shop: int | None = None
    decoy_place: Point | None = None

    @property
    def length_m(self) -> float:
        """Metres along the street between the two points."""
        return self.to_m - self.from_m

    @cached_property
    def middle(self) -> Point:
        """Place on the street halfway between."""
        return along(self.track.line, (self.from_m + self.to_m) / 2)[0]


class Points:
    """Chooses the shops that are points, street by street.

    Attributes
    ----------
    status : dict
        Shop → status, in the order of choice.
    planted : list of Planted
    """

    def __init__(
        self, town: Town, shops: list[Shop], tracks: list[Track], rng: random.Random
    ) -> None:
        self.town, self.shops, self.tracks, self.rng = town, shops, tracks, rng
        self.status: dict[int, str] = {}
        self.planted: list[Planted] = []
        self.spoiling: set[int] = set()  # shops where a point would count in a planted stretch

    def choose(self) -> None:
        """Plant the stretches first, then serve the streets, then let some points rest."""
        for entry in self.town.plan["planted"]:
            self._plant(entry)
        self.spoiling = {n for n, shop in enumerate(self.shops) if self._spoils(shop.door)}
        for track in self.tracks:
            self._serve(track, self._share(track))
        self._elsewhere()
        self._rest()

    def corners(self) -> list[tuple[int, list[str]]]:
        """Active points within snapping distance of two avenues, with their names."""
        streets: dict[int, set[str]] = defaultdict(set)
        for track in (t for t in self.tracks if t.highway in ARTERIAL and t.name):
            for _, away, shop in track.doors:
                if away <= SNAP_M - 1.0 and self.status.get(shop) == "active":
                    streets[shop].add(track.name)
        return [(shop, sorted(names)) for shop, names in sorted(streets.items()) if len(names) > 1]

    def astray(self, stops: Sequence[Point], reach_m: float) -> dict[str, list[int]]:
        """Active points that are, or may be, away from the shop front that the standard asks."""
        avenues = [t for t in self.tracks if t.highway in ARTERIAL]
        places = [*meetings(avenues), *stops]
        sides = side_streets(self.town, self.shops)
        out: dict[str, list[int]] = {"at": [], "away": [], "doubtful": []}
        for shop, status in sorted(self.status.items()):
            if status == "active":
                door = self.shops[shop].door
                found = reading(self.tracks, sides, places, door, reach_m=reach_m)
                if self.shops[shop].building is not None and found == "at":
                    found = "doubtful"  # its front is measured from the whole building
                out[found].append(shop)
        return out

    def _share(self, track: Track) -> float:
        served = self.town.plan["served"]
        other = served["old"] if track.old else served[track.highway]
        return float(self.town.plan["served_streets"].get(track.name, other))

    # --- planted stretches ---

    def _plant(self, entry: dict[str, Any]) -> None:
        """Plant a stretch where two doors' distance comes nearest to the one aimed at."""
        place, aim = warped(entry["near"]), float(entry["length_m"])
        tracks = [t for t in self.tracks if t.name == entry["street"]]
        track = min(tracks, key=lambda t: foot(t.line, place)[1])
        at = foot(track.line, place)[0]
        found = min(
            self._stretches(track, at, entry),
            key=lambda p: abs(p.length_m - aim) + 0.05 * abs((p.from_m + p.to_m) / 2 - at),
        )
        self.planted.append(found)
        self.status |= {found.from_shop: "active", found.to_shop: "active"}

    def _stretches(self, track: Track, at: float, entry: dict[str, Any]) -> Iterator[Planted]:
        """Yield stretches of shop front near a place, with no point in them so far."""
        decoy, aim = entry.get("decoy", ""), float(entry["length_m"])
        doors = [d for d in track.doors if abs(d[0] - at) < 420 and d[1] < 24]
        feet = [foot(track.line, self.shops[s].door) for s in self.status]
        taken = [f[0] for f in feet if f[1] < SNAP_M + 2.0]
        for low, _, first in doors:
            for high, _, second in doors:
                span = high - low
                # a decoy that counted would close the gap
                inner = [d for d in doors if high - SPACING_M < d[0] < low + SPACING_M]
                if (
                    span < 20.0
                    or (span <= SPACING_M) != (aim <= SPACING_M)
                    or (decoy and not (inner and span < 2 * SPACING_M))
                    or not track.fronted(low, high)
                    or any(low - 1.0 < t < high + 1.0 for t in taken)
                ):
                    continue
                off = OFF_M.get(decoy)
                yield Planted(
                    id=entry["id"],
                    track=track,
                    from_m=low,
                    to_m=high,
                    from_shop=first,
                    to_shop=second,
                    decoy=decoy,
                    decoy_shop=inner[len(inner) // 2][2] if decoy and off is None else None,
                    decoy_place=beside(track.line, (low + high) / 2, off) if off else None,
                )

    def _spoils(self, door: Point) -> bool:
        """Whether a point at this door would count in a planted stretch."""
        for planted in self.planted:
            if distance(planted.middle, door) > planted.length_m + SNAP_M:
                continue
            at, away, _ = foot(planted.track.line, door)
            if away < SNAP_M + 2.0 and planted.from_m - 1.0 < at < planted.to_m + 1.0:
                return True
        return False

    # --- the rest of the town ---

    def _serve(self, track: Track, share: float) -> None:
        """Walk along a street, served for a while and then not, so that `share` is served."""
        if share <= 0:
            return
        total, at = length(track.line), 0.0
        if self.rng.random() > share:
            at = self.rng.uniform(0.1, 1.0) * 200 * (1 - share) / share
        while at < total:
            served = self.rng.uniform(90, 330) * (0.5 + share)
            self._serve_stretch(track, at, total if share >= 1 else at + served)
            at += served + served * (1 - share) / share * self.rng.uniform(0.6, 1.4)
            if share >= 1:
                return

    def _serve_stretch(self, track: Track, start: float, end: float) -> None:
        """Choose doors from `start` to `end` of a track, mostly just under 50 m apart."""
        doors = [
            (at, shop)
            for at, away, shop in track.doors
            if away < SNAP_M - 0.1 and (shop in self.status or shop not in self.spoiling)
        ]
        taken = sorted(at for at, shop in doors if shop in self.status)
        last = max([t for t in taken if start - 48 < t <= start], default=start - 30)
        while True:
            following = [t for t in taken if last + 1 < t <= last + 49]
            if following:
                last = following[-1]
                continue
            step = self.rng.uniform(20, 40) if self.rng.random() < 0.4 else 48.5
            ahead = [d for d in doors if last + 15 < d[0] <= last + step]
            beyond = [d for d in doors if d[0] > last + step]
            pick = ahead[-1:] or beyond[:1]
            if not pick or pick[0][0] > end:
                return
            last, shop = pick[0]
            self.status.setdefault(shop, "active")

    def _elsewhere(self) -> None:
        """Choose points on quiet streets, where the rule asks for none."""
        asked = {shop for track in self.tracks for _, _, shop in track.doors}
        quiet = [n for n, s in enumerate(self.shops) if trades(s) and n not in asked]
        self.status.update(dict.fromkeys(self.rng.sample(quiet, QUIET), "active"))

    def _rest(self) -> None:
        """Let some points be planned, suspended or closed; not where the tests rely on them."""
        kept = {s for p in self.planted for s in (p.from_shop, p.to_shop)}
        for track in self.tracks:
            if self._share(track) >= 1:
                kept.update(shop for _, away, shop in track.doors if away < SNAP_M)
        for shop in self.status:
            if shop not in kept:
                words, weights = list(STATUSES), list(STATUSES.values())
                self.status[shop] = self.rng.choices(words, weights=weights)[0]
        for planted in self.planted:
            if planted.decoy_shop is not None and planted.decoy in STATUSES:
                self.status[planted.decoy_shop] = planted.decoy


def junctions(town: Town, every: int = 3) -> list[tuple[Point, str]]:
    """Corners of every few crossings of two avenues, with their names."""
    names: dict[int, set[str]] = defaultdict(set)
    for edge in town.network.edges:
        street = town.streets[edge.line]
        if street.highway in ("primary", "secondary") and street.name and not street.oneway:
            names[edge.start].add(street.name)
            names[edge.end].add(street.name)
    found = [(town.network.nodes[n], sorted(s)) for n, s in sorted(names.items()) if len(s) == 2]
    return [((x + 14.0, y + 13.0), "".join(pair) + "路口") for (x, y), pair in found[::every]]
