"""The law of the nearest station by brute force: every station is asked whether it fits.

What fits is in operation, lacks nothing that is asked and is not closed when it is asked to be
open. What is not known never stands in the way.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely

from reference.walking import LonLat, metres

TOILET_M = 100.0
SHOWN = ("active", "suspended")
OTHERS = 3


@dataclass(frozen=True)
class Site:
    """One station: what it has (None: nobody says) and what its hours say of an instant."""

    id: str
    at: LonLat
    status: str
    supplies: frozenset[str] | None
    toilet_m: float | None  # to the nearest; None: the city knows of no toilets
    says: Callable[[object], str]  # instant → open, closed or unknown
    shut: Callable[[object], bool] = lambda when: False  # whether a notice holds
    missed: frozenset[str] = frozenset()  # what the newest inspection did not find

    def state(self, when: object) -> str:
        """Open, closed or unknown at an instant."""
        if self.status == "suspended" or self.shut(when):
            return "closed"
        return self.says(when)

    def has(self, need: str) -> bool | None:
        """Whether it meets a need; None: nobody knows."""
        if need == "step_free":  # a question to the way, not to the station
            return True
        if need == "toilet":
            return None if self.toilet_m is None else self.toilet_m <= TOILET_M
        if need in self.missed:
            return False
        return None if self.supplies is None else need in self.supplies


@dataclass(frozen=True)
class Wish:
    """What is asked; `open_at` None: open or not."""

    k: int
    needs: frozenset[str]
    open_at: object | None
    max_m: float = math.inf


@dataclass(frozen=True)
class Told:
    """What is said of one station."""

    far_m: float
    lacks: frozenset[str]
    unknown: frozenset[str]
    state: str


def toilet_near(at: LonLat, toilets: Iterable[Any]) -> float | None:
    """Metres to the nearest toilet, a point or an outline in degrees; None: none are known."""
    scale = np.array([math.cos(math.radians(at[1])), 1.0])
    found = []
    for toilet in toilets:
        flat = shapely.transform(toilet, lambda xy: (xy - at) * scale)
        x, y = shapely.get_coordinates(shapely.shortest_line(shapely.Point(0, 0), flat))[1] / scale
        found.append(metres(at, (at[0] + x, at[1] + y)))
    return min(found, default=None)


def told(site: Site, wish: Wish, *, far_m: float, now: object) -> Told:
    """What is said of a station."""
    has = {need: site.has(need) for need in wish.needs}
    lacks = frozenset(n for n, value in has.items() if value is False)
    unknown = frozenset(n for n, value in has.items() if value is None)
    return Told(far_m, lacks, unknown, site.state(now if wish.open_at is None else wish.open_at))


def fits(site: Site, answer: Told, wish: Wish) -> bool:
    """Whether a station is what was asked for."""
    shut = wish.open_at is not None and answer.state == "closed"
    near = answer.far_m <= wish.max_m
    return site.status == "active" and not answer.lacks and not shut and near


@dataclass(frozen=True)
class Ways:
    """Metres from a place to every station."""

    walked: Mapping[str, float]
    off: Mapping[str, float]  # straight: nobody knows the way, as they are not on the network
    none: Mapping[str, float]  # straight: there is no way
    over_steps: frozenset[str] = frozenset()  # of those without a way: stairs alone lead there


def nearest(
    sites: Mapping[str, Site], ways: Ways, wish: Wish, *, now: object
) -> tuple[list[str], list[str], dict[str, Told]]:
    """Ids of what fits, nearest first; if nothing does, of the nearest others; and all answers.

    Stations off the network may fit and stand behind those that are on it; those to which no way
    leads never fit. Others stand in the same order, all without a way last.
    """
    answers = {}
    for group in (ways.walked, ways.off, ways.none):
        for name, far in group.items():
            if sites[name].status in SHOWN:
                answer = told(sites[name], wish, far_m=far, now=now)
                told_of_way = frozenset([] if group is ways.walked else ["step_free"]) & wish.needs
                if name in ways.over_steps:
                    answers[name] = replace(answer, lacks=answer.lacks | told_of_way)
                else:
                    answers[name] = replace(answer, unknown=answer.unknown | told_of_way)

    def order(name: str) -> tuple[bool, float, str]:
        return name not in ways.walked, answers[name].far_m, name

    ranked = sorted(answers, key=order)
    found = [n for n in ranked if n not in ways.none and fits(sites[n], answers[n], wish)]
    return found[: wish.k], [] if found else ranked[:OTHERS], answers
