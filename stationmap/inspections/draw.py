"""Draws of sites for visits: any program that has the seed and the pool finds the same sites.

Counties get their share by the number of their sites, to within one; within a county a site's
chance is proportional to its weight. Sites are laid on a line, county by county, each as long as
its chance, within a county in the order of SHA-256("SEED/ID"); marks at distance 1 from one
another, the first at SHA-256("SEED") / 2^256, name those drawn (systematic sampling with
unequal probabilities). All of it is whole numbers: nothing depends on how a machine rounds.
"""

import base64
import hashlib
import json
import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from types import MappingProxyType

from stationmap.messages import N_

BASE = 1
"""Points of every site, so that each can be drawn."""
MOST_POINTS = 100
FACTORS: Mapping[str, str] = MappingProxyType(
    {
        "never": N_("never visited"),
        "stale": N_("not visited for long"),
        "failed": N_("failed when last visited"),
        "overdue": N_("an order is overdue"),
        "remarks": N_("residents’ remarks are open"),
    }
)
"""What adds to a site's weight, each once."""
POINTS: Mapping[str, int] = MappingProxyType(
    {"never": 4, "stale": 3, "failed": 3, "overdue": 4, "remarks": 2}
)
"""Points that a factor adds, unless the office says otherwise: our assumption."""


@dataclass(frozen=True)
class Site:
    """A site that can be drawn: its county ("" if unknown) and the factors that it has."""

    id: str
    county: str
    factors: tuple[str, ...] = ()

    def weight(self, points: Mapping[str, int]) -> int:
        """Return the site's points: `BASE`, and those of its factors."""
        return BASE + sum(points[factor] for factor in self.factors)


@dataclass(frozen=True)
class Share:
    """A county's part in a draw: its sites, how many were to be expected, how many were drawn."""

    county: str
    sites: int
    expected: Fraction
    drawn: int


def chances(
    sites: Sequence[Site], *, size: int, points: Mapping[str, int]
) -> tuple[list[int], int]:
    """Return each site's chance of being drawn, as numerators and their common denominator.

    Parameters
    ----------
    sites : sequence of Site
    size : int
        How many are drawn; of fewer sites all of them.
    points : mapping
        Factor → points, 0 or more.

    Returns
    -------
    numerators : list of int
        In the order of `sites`; their sum is `size` times the denominator. A site that is worth
        more than a whole chance is certain, and the others of its county share what is left.
    denominator : int
    """
    size = min(size, len(sites))
    of_county: dict[str, list[int]] = {}
    weights = [site.weight(points) for site in sites]
    for number, site in enumerate(sites):
        of_county.setdefault(site.county, []).append(number)
    certain: list[int] = []
    left: list[tuple[list[int], int, int]] = []  # members, times their weight, over so much
    for members in of_county.values():
        members.sort(key=lambda number: -weights[number])
        total, due = sum(weights[number] for number in members), size * len(members)
        sure = 0
        # the county is due `due / len(sites)` of those drawn, less the ones certain so far
        for number in members:
            if due * weights[number] < len(sites) * total:
                break
            total, due, sure = total - weights[number], due - len(sites), sure + 1
        certain += members[:sure]
        left.append((members[sure:], due, len(sites) * total))
    denominator = math.lcm(*(over for members, _, over in left if members))
    found = [0] * len(sites)
    for members, due, over in left:
        for number in members:
            found[number] = due * weights[number] * (denominator // over)
    for number in certain:
        found[number] = denominator
    return found, denominator


def draw(
    sites: Sequence[Site], *, size: int, seed: str, points: Mapping[str, int] = POINTS
) -> list[str]:
    """Draw sites.

    Parameters
    ----------
    sites : sequence of Site
        The pool, in any order; no id twice.
    size : int
        How many to draw; of fewer sites all are drawn.
    seed : str
        Any text; the same seed and pool give the same sites.
    points : mapping
        Factor → points, 0 or more.

    Returns
    -------
    list of str
        Ids, by county, then in the order in which they lay on the line.
    """
    numerators, one = chances(sites, size=size, points=points)
    order = sorted(
        range(len(sites)), key=lambda n: (sites[n].county, _digest(f"{seed}/{sites[n].id}"))
    )
    mark = (_digest(seed) * one) >> 256
    found = []
    for number, end in zip(order, accumulate(numerators[n] for n in order), strict=True):
        if mark < end:
            found.append(sites[number].id)
            mark += one
    return found


def shares(sites: Sequence[Site], drawn: Sequence[str]) -> list[Share]:
    """Tell each county's part in a draw, by county."""
    chosen = set(drawn)
    of_county: dict[str, list[bool]] = {}
    for site in sites:
        of_county.setdefault(site.county, []).append(site.id in chosen)
    return [
        Share(
            county=county,
            sites=len(members),
            expected=Fraction(len(chosen) * len(members), len(sites)),
            drawn=sum(members),
        )
        for county, members in sorted(of_county.items())
    ]


def written(sites: Sequence[Site]) -> str:
    """Write a pool as text that is kept: lines of JSON [id, county, [factor, …]], zlib, base64."""
    lines = (
        json.dumps([s.id, s.county, s.factors], ensure_ascii=False, separators=(",", ":"))
        for s in sites
    )
    return base64.b64encode(zlib.compress("\n".join(lines).encode())).decode("ascii")


def read(text: str) -> list[Site]:
    """Read what `written` wrote."""
    lines = zlib.decompress(base64.b64decode(text)).decode().split("\n")
    return [
        Site(id_, county, tuple(own)) for id_, county, own in map(json.loads, filter(None, lines))
    ]


def _digest(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest())
