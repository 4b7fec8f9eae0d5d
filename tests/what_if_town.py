"""A small random town with something for every rule to look at, as facts."""

from dataclasses import replace
from datetime import date
from random import Random

import pandas as pd
import pyproj
import shapely
from facts_builder import CITY, CRS, EAST, NORTH, facts, place, rule, square
from street_builder import CRS as DRAWN_IN
from street_builder import districts, points, streets, way

from stationmap.checks import spacing
from stationmap.checks.facts import Facts
from stationmap.standards import (
    CountRule,
    IndicatorRule,
    Pack,
    PlacementRule,
    PresenceRule,
    SpacingRule,
    load,
)
from stationmap.stations import STATUSES, counting

SIDE = 1200.0  # metres
COUNTIES = ("330802", "330803")
PACK = load("quzhou-2018")
TYPES = tuple(one.id for one in PACK.site_types)
KINDS = ("hospital", "library", "park", "square", "bank", "guidance_centre", "scenic")
_MORE = (
    rule(PresenceRule, id="X-1", site_type="post", counts=["post", "point"], at=["bank", "park"],
         within_m=120.0, built_up=True),
    rule(PresenceRule, id="X-2", site_type="square", at=["city_community", "rural_community"]),
    rule(PresenceRule, id="X-6", site_type="point", at=["junction", "bus_stop"],
         with_frontage=True),
    rule(PlacementRule, id="X-3", site_type="post", at=["city_community", "rural_community"]),
    rule(CountRule, id="X-4", site_type="point", per="city_community", at_least=2, at_most=3),
    rule(CountRule, id="X-5", site_type="post", per="county", at_least=4),
    rule(IndicatorRule, id="X-7", name={"zh": "站", "en": "s"}, numerator="stations", per="unit",
         also=["county", "city"], at_least=3.0, measure="number"),
)  # fmt: skip
# the streets are drawn from a place of their own
_TO_PLACE = pyproj.Transformer.from_crs(DRAWN_IN, CRS, always_xy=True)


def at(x: float, y: float) -> shapely.Point:
    """The point of the streets' plane, in the metric CRS of the facts."""
    east, north = _TO_PLACE.transform(x, y)
    return place(east - EAST, north - NORTH)


def area(x: float, y: float, side: float) -> shapely.Polygon:
    """A square with its corner there."""
    corner = at(x, y)
    return square(corner.x - EAST, corner.y - NORTH, side=side)


def pack(*, decides: str) -> Pack:
    """The standard of Quzhou with more kinds of rules, and a second rule about spacing."""
    own = PACK.rule(kind="spacing")
    assert isinstance(own, SpacingRule)
    second = {"id": "X-0", "spacing_m": 120.0, "counts": ("point", "post"), "decides": decides}
    # figures of volunteers and of units hang on no station
    kept = [r for r in PACK.rules if r.kind not in ("indicator", "unit") or r.id == "Q-P.1"]
    return PACK.model_copy(update={"rules": (*kept, own.model_copy(update=second), *_MORE)})


def town(seed: int) -> tuple[Facts, pd.DataFrame]:
    """A random town's facts and its exemptions; the same for the same seed."""
    rng = Random(seed)
    one = pack(decides=rng.choice(["gap", "count", "covered"]))
    laid, ways = _streets(rng)
    ready = {
        own.id: spacing.prepare(laid, spacing_m=own.spacing_m, snap_m=own.snap_m, sides=own.sides)
        for own in one.rules
        if isinstance(own, SpacingRule)
    }
    layers = ["facilities", "streets", "community", "compound", "projects", "activities", "units"]
    layers += [f"stations:{own}" for own in TYPES]
    complete = {layer: rng.choice([("*",), ("*",), (COUNTIES[0],), ()]) for layer in layers}
    units = [
        {"id": f"U{n}", "name": f"单位{n}", "adcode": rng.choice(COUNTIES), "civilised": n == 0}
        for n in range(4)
    ]
    listed = _stations(rng)
    base = facts(
        pack=one,
        complete=complete,
        stations=listed,
        facilities=[
            {"name": f"设施{n}", "category": rng.choice(KINDS), "adcode": rng.choice(COUNTIES),
             "geometry": None if n == 0 else _shape(rng)}
            for n in range(24)
        ],
        zones=_zones(rng),
        bus_stops=[{"name": f"站牌{n}", "geometry": at(*_spot(rng))} for n in range(5)],
        districts=[
            {"adcode": code, "name": f"区{code}", "level": 6,
             "geometry": shapely.box(*(at(SIDE / 2 * n, 0).coords[0]),
                                     *(at(SIDE / 2 * (n + 1), SIDE).coords[0]))}
            for n, code in enumerate(COUNTIES)
        ],
        units=units,
        projects=[
            {"station_id": f"S{rng.randrange(40)}", "name": rng.choice(["文明劝导", "信息咨询"]),
             "published": rng.choice(["online;offline", "online", None])}
            for _ in range(25)
        ],
        activities=[
            {"station_id": f"S{rng.randrange(40)}",
             "date": date(2026, rng.randint(2, 5), rng.randint(1, 28))}
            for _ in range(60)
        ],
        counts=[
            {"subject": CITY, "subject_kind": "district", "count": "registered", "value": 900.0},
        ],
        inspections=_inspections(rng, one) if rng.random() < 0.6 else None,
    )  # fmt: skip
    held = {
        own.id: spacing.check(
            ready[own.id],
            base.stations.loc[
                counting(base.stations, types=own.counts), ["station_id", "geometry"]
            ],
        )
        for own in one.rules
        if isinstance(own, SpacingRule)
    }
    found = replace(base, streets=lambda: laid, spacing=held.get)
    return found, _exemptions(rng, held, ways)


def _spot(rng: Random) -> tuple[float, float]:
    return rng.uniform(0, SIDE), rng.uniform(0, SIDE)


def _shape(rng: Random):
    x, y = _spot(rng)
    return at(x, y) if rng.random() < 0.6 else area(x, y, rng.uniform(20, 120))


def _streets(rng: Random):
    ways = [
        way(n, [(0, y), (SIDE / 2, y + 20), (SIDE, y)], name=f"横{n}路")
        for n, y in enumerate((200, 600, 1000), start=1)
    ]
    ways += [way(9 + n, [(x, 0), (x, SIDE)], name=f"纵{n}路") for n, x in enumerate((300, 900))]
    ways.append(way(20, [(500, 300), (700, 300), (700, 500), (500, 500), (500, 300)], name="环路"))
    shops = points([
        (rng.uniform(0, SIDE), y + rng.choice((-12, 12)) + 10)
        for y in (200, 600, 1000) for _ in range(60)
    ])  # fmt: skip
    boxes = {
        f"c{code}": (SIDE / 2 * n, 0, SIDE / 2 * (n + 1), SIDE) for n, code in enumerate(COUNTIES)
    }
    laid = streets(ways, shops=shops, within=districts(**boxes), complete=COUNTIES[:1], crs=CRS)
    return laid, sorted(set(laid.parts["street_id"]))


def _zones(rng: Random):
    rows = [
        {"kind": "community", "name": f"社区{n}", "urban": rng.choice([True, True, False, None]),
         "adcode": rng.choice(COUNTIES), "geometry": area(*_spot(rng), rng.uniform(150, 500))}
        for n in range(8)
    ]  # fmt: skip
    rows += [{"kind": "community", "name": "册上社区", "urban": True, "adcode": COUNTIES[1]}]
    rows += [
        {
            "kind": "compound",
            "name": "小区",
            "adcode": COUNTIES[0],
            "geometry": area(*_spot(rng), 90),
        }
    ]
    if rng.random() < 0.7:
        rows.append({"kind": "built_up", "name": "建成区", "geometry": area(100, 100, 800)})
    return rows


def _stations(rng: Random):
    rows = []
    for n in range(40):
        spot = at(*rng.choice([_spot(rng), (rng.uniform(0, SIDE), rng.choice((203, 605, 995)))]))
        where = {} if n == 7 else {"x": spot.x - EAST, "y": spot.y - NORTH}
        rows.append({
            "name": rng.choice([None, f"衢州有礼{n}", f"区330802有礼点{n}"]),
            "type": "home" if n < 3 else rng.choice(TYPES),
            "status": rng.choice(["active"] * 4 + list(STATUSES)),
            "adcode": rng.choice(COUNTIES),
            "parent_id": rng.choice([None, None, "S0", "S1", "S2", "S12", "NO"]),
            "unit_id": rng.choice([None, "U0", "U1"]),
            "platform_id": rng.choice([None, "P"]),
            "hours": rng.choice([None, "08:00-20:00", "全天", "?"]),
            **where,
        })  # fmt: skip
    return rows


def _inspections(rng: Random, one: Pack):
    return [
        {"station_id": f"S{rng.randrange(40)}", "item": item.id, "part": rng.choice([0, 1]),
         "state": rng.choice(["met", "not_met"]), "at": date(2026, 5, rng.randint(1, 28))}
        for item in one.items for _ in range(6)
    ]  # fmt: skip


def _exemptions(rng: Random, held, ways) -> pd.DataFrame:
    columns = ["id", "rule_id", "subject_id", "from_m", "to_m", "reason", "approver", "until"]
    if rng.random() < 0.3:
        return pd.DataFrame(columns=columns)
    gap = next(iter(held.values())).gaps()["gap_id"]
    rows = [
        (None, f"S{rng.randrange(40)}", None, None),
        ("Q-S1", rng.choice(ways), 100.0, 700.0),
        (None, rng.choice(ways), None, None),
        (None, f"F{rng.randrange(24)}", None, None),
        ("Q-S1", rng.choice(gap.tolist()), None, None),
    ]
    return pd.DataFrame(
        [(f"E{n}", *row, "理由", "某人", None) for n, row in enumerate(rows)], columns=columns
    )
