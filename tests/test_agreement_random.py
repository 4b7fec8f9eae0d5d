"""On random towns the gaps are those of the brute-force reference, from raw ways to points needed.

The towns are the same on every run. ``reference.towns`` keeps every limit at arm's length, so that
a difference is a mistake and not a rounding; ``test_limits`` is about the limits.
"""

import dataclasses
from functools import cache
from random import Random

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import City, Result, Rule, Run, Way, count_needed, covered, cut_run, plane, solve
from reference.seams import differences, frames, stations_frame, tables
from reference.towns import random_town

from stationmap import stations as stations_module
from stationmap import streets
from stationmap.checks import spacing
from stationmap.checks.spacing import find_gaps
from stationmap.crs import local_crs
from stationmap.linear import Lines
from stationmap.standards import SpacingRule, load

PACK = load("quzhou-2018")
SEEDS = range(20)


@cache
def town(seed: int) -> City:
    """A random town, made once."""
    return random_town(seed)


@cache
def answer(seed: int, sides: str = "both") -> Result:
    """What the reference says of it, worked out once."""
    return solve(town(seed), Rule(sides=sides))


def pack_rule(rule: Rule) -> SpacingRule:
    """The pack's rule with the reference's sides."""
    found = PACK.rule(kind="spacing")
    assert isinstance(found, SpacingRule)
    assert found.along == rule.along
    assert found.spacing_m == rule.spacing_m
    return found.model_copy(update={"sides": rule.sides})


def town_crs(city: City, *, shift_deg: float = 0.0) -> pyproj.CRS:
    """The town's local system, or one whose middle lies some degrees west of the town."""
    points = [p for way in city.ways for p in way.points]
    lon, lat = [p[0] for p in points], [p[1] for p in points]
    return local_crs([x - shift_deg for x in lon], lat)


def build(city: City, rule: SpacingRule, *, crs: pyproj.CRS) -> streets.Streets:
    """The product's streets of a town."""
    return streets.build(**frames(city), rule=rule, crs=crs, complete=city.complete)


def check(built: streets.Streets, city: City, rule: SpacingRule) -> spacing.Spacing:
    """The product's check of a town."""
    prepared = spacing.prepare(
        built, spacing_m=rule.spacing_m, snap_m=rule.snap_m, sides=rule.sides
    )
    return spacing.check(prepared, stations_frame(city.stations).to_crs(built.crs))


def given_streets(result: Result, crs: pyproj.CRS) -> streets.Streets:
    """The reference's own parts and stretches, so that only the kernel is tried."""
    found = tables(result, crs)
    # the two planes differ by some 10 µm: stretches must end where the product's lines end
    measured = Lines.from_geometries(found["parts"].geometry, crs=crs).length_m
    ratio = measured / found["parts"]["length_m"].to_numpy()
    found["parts"]["length_m"] = measured
    for name in ("stretches", "shop_stretches"):
        for column in ("from_m", "to_m"):
            found[name][column] *= ratio[found[name]["line"]]
    return streets.Streets(crs=crs, raw_m=float(measured.sum()), **found)


def assert_same_totals(found: dict, expected: Result, *, tolerance_m: float = 0.01) -> None:
    """The summary's metres and counts."""
    assert found["frontage_m"] == pytest.approx(expected.frontage_m, abs=tolerance_m)
    assert found["assumed_m"] == pytest.approx(expected.assumed_m, abs=tolerance_m)
    share = expected.covered_m / expected.frontage_m if expected.frontage_m else 1.0
    assert found["covered_share"] == pytest.approx(share, abs=1e-5)
    assert found["gaps"] == len(expected.gaps)
    assert found["points_needed"] == sum(gap.points_needed for gap in expected.gaps)
    assert found["count_ok"] == (expected.runs == expected.runs_count_ok)
    assert found["stations_counted"] == len(expected.counted)


# The reference itself, on what can be worked out by hand.


def test_the_reference_knows_the_example_of_the_definitions():
    run = Run(0.0, 200.0)
    places = [0.0, 10.0, 20.0, 30.0, 200.0]
    ring = {"part_m": 200.0, "closed": False, "spacing_m": 50.0}
    assert count_needed(run, 50.0) == 3 <= len(places)
    assert cut_run(run, places, **ring) == [(30.0, 200.0, 3)]
    assert covered(run, places, **ring) == pytest.approx(0.65 * 200)


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ([], [(0.0, 120.0, 3)]),
        ([100.0], [(100.0, 220.0, 2)]),
        ([20.0, 80.0], [(20.0, 80.0, 1), (80.0, 140.0, 1)]),
        ([10.0, 50.0, 90.0], []),
    ],
)
def test_the_reference_cuts_a_ring_without_ends(places, expected):
    run = Run(0.0, 120.0, whole_ring=True)
    assert cut_run(run, places, part_m=120.0, closed=True, spacing_m=50.0) == expected


def test_the_towns_hold_every_kind_of_street():
    seen: set[str] = set()
    for seed in SEEDS:
        result = answer(seed)
        seen |= {"closed" for p in result.parts if p.closed}
        seen |= {"pair" for lines in result.twins if lines}
        seen |= {"unnamed" for p in result.parts if not p.name}
        seen |= {"apart" for p in result.parts if p.pieces[0].way.apart}
        seen |= {f"class {f.street_class}" for f in result.fronts}
        seen |= {f"frontage {f.frontage}" for f in result.fronts}
        seen |= {f"district {f.adcode}" for f in result.fronts}
        seen |= {f"along {s.way.highway}" for p in result.parts for s in p.pieces}
        seen |= {"through the origin" for g in result.gaps if g.from_m > g.to_m}
        seen |= {"bridge" for p in result.parts if any(s.way.bridge for s in p.pieces)}
    assert seen >= {
        *("closed", "pair", "unnamed", "apart", "bridge", "through the origin"),
        *("class commercial", "class main", "class secondary", "class bus_route"),
        *("frontage shops", "frontage assumed", "frontage none"),
        *("district None", "district 330802", "district 330803"),
        "along residential",
    }


# The product against the reference.


@pytest.mark.parametrize("sides", ["both", "each"])
@pytest.mark.parametrize("seed", SEEDS[:8])
def test_given_the_parts_the_kernel_finds_the_same_gaps(seed, sides):
    city, expected, rule = town(seed), answer(seed, sides), Rule(sides=sides)
    crs = town_crs(city)
    ours = pack_rule(rule)
    found = check(given_streets(expected, crs), city, ours)
    assert differences(expected.gaps, found.gaps(ours)) == []
    assert_same_totals(found.summary(), expected)


def scribble(r: Random) -> list[tuple[float, float]]:
    """A line that wanders, doubles vertices, crosses itself and, at times, closes."""
    x, y = r.uniform(-400, 400), r.uniform(-400, 400)
    line = [(x, y)]
    for _ in range(r.randint(1, 7)):
        if r.random() < 0.1:
            line.append(line[-1])
        x, y = x + r.uniform(-90, 90), y + r.uniform(-90, 90)
        line.append((x, y))
    return [*line, line[0]] if r.random() < 0.35 and len(set(line)) > 2 else line


@given(seed=st.integers(0, 2**32), sides=st.sampled_from(["both", "each"]))
@settings(deadline=None, max_examples=60)
def test_on_any_lines_the_gaps_are_the_same(seed, sides):
    r = Random(seed)
    crs = local_crs([118.87], [28.94])
    lines = [scribble(r) for _ in range(r.randint(1, 5))]
    places = [(r.uniform(-600, 600), r.uniform(-600, 600)) for _ in range(r.randint(0, 120))]
    expected = []
    for street, line in enumerate(lines):
        part_m, closed = plane.length(line), line[0] == line[-1]
        feet = [(p, *plane.foot(p, line)) for p in places]
        for side in ["both"] if sides == "both" else ["left", "right"]:
            counting = [
                at
                for p, at, off_m in feet
                if off_m <= 30.0
                and (
                    side == "both" or off_m < 0.5 or plane.left_of(p, line, at) == (side == "left")
                )
            ]
            run = Run(0.0, part_m, whole_ring=closed)
            expected += [
                (street, side, points, b - a)
                for a, b, points in cut_run(
                    run, counting, part_m=part_m, closed=closed, spacing_m=50.0
                )
            ]
    found = find_gaps(
        gpd.GeoDataFrame(geometry=[shapely.LineString(line) for line in lines], crs=crs),
        gpd.GeoDataFrame(
            {"station_id": [str(i) for i in range(len(places))]},
            geometry=[shapely.Point(p) for p in places],
            crs=crs,
        ),
        sides=sides,
    )
    rows = zip(found.street, found.side, found.points_needed, found.length_m, strict=True)
    found_gaps, expected = sorted(rows), sorted(expected)
    assert [g[:3] for g in found_gaps] == [g[:3] for g in expected]
    assert [g[3] for g in found_gaps] == pytest.approx([g[3] for g in expected], abs=0.001)


@pytest.mark.parametrize("sides", ["both", "each"])
@pytest.mark.parametrize("seed", SEEDS)
def test_from_raw_ways_the_gaps_are_the_same(seed, sides):
    city, expected, rule = town(seed), answer(seed, sides), Rule(sides=sides)
    ours = pack_rule(rule)
    found = check(build(city, ours, crs=town_crs(city)), city, ours)
    assert differences(expected.gaps, found.gaps(ours)) == []
    assert_same_totals(found.summary(), expected)


@pytest.mark.parametrize("seed", SEEDS[:4])
@pytest.mark.parametrize(("lat", "shift_deg"), [(18.3, 1.5), (29.0, -3.0), (53.4, 3.0)])
def test_at_the_edge_of_a_zone_the_gaps_are_the_same_on_the_ground(seed, lat, shift_deg):
    city = random_town(seed, lat=lat)
    expected = solve(city)
    ours = pack_rule(Rule())
    found = check(build(city, ours, crs=town_crs(city, shift_deg=shift_deg)), city, ours)
    # one scale per line: a part of some 700 m, 300 km from the middle, is right to a centimetre
    assert differences(expected.gaps, found.gaps(ours), tolerance_m=0.02) == []


@pytest.mark.parametrize("seed", SEEDS[:8])
def test_the_parts_and_their_stretches_are_the_same(seed):
    city, expected = town(seed), answer(seed)
    built = build(city, pack_rule(Rule()), crs=town_crs(city))

    def shape(name, length_m, closed):
        return (name, round(length_m, 2), closed)

    assert sorted(shape(p.name, p.length, p.closed) for p in expected.parts) == sorted(
        shape(n or "", length_m, c)
        for n, length_m, c in zip(
            built.parts["name"].fillna(""),
            built.parts["length_m"],
            built.parts["closed"],
            strict=True,
        )
    )
    theirs = pd.DataFrame([dataclasses.asdict(f) for f in expected.fronts])
    for key in (["street_class"], ["adcode"], ["frontage"], ["street_class", "frontage"]):
        sums = [
            (t.to_m - t.from_m).groupby([t[k].fillna("") for k in key]).sum().round(2).to_dict()
            for t in (theirs, built.stretches)
        ]
        left, right = ({k: v for k, v in s.items() if v > 0} for s in sums)
        assert right == pytest.approx(left, abs=0.02), key


@pytest.mark.parametrize("seed", SEEDS[:8])
def test_the_parts_of_one_name_in_one_county_are_one_street(seed):
    expected = answer(seed)
    built = build(town(seed), pack_rule(Rule()), crs=town_crs(town(seed)))
    metres: dict[int, dict[str, float]] = {}
    for front in expected.fronts:
        by_county = metres.setdefault(front.part, {})
        county = front.adcode or ""
        by_county[county] = by_county.get(county, 0.0) + front.to_m - front.from_m
    streets_of = {
        (part.name, max(metres[i], key=lambda county: metres[i][county]))
        for i, part in enumerate(expected.parts)
        if part.name
    }
    named = built.parts[built.parts["name"].fillna("") != ""]
    found = set(zip(named["name"], named["adcode"].fillna(""), strict=True))
    assert found == streets_of
    assert named.groupby(["name", named["adcode"].fillna("")])["street_id"].nunique().max() == 1
    assert named["street_id"].nunique() == len(streets_of)
    assert not built.parts.duplicated(["street_id", "part"]).any()


@pytest.mark.parametrize("seed", SEEDS[:6])
def test_cutting_and_turning_the_ways_changes_nothing(seed):
    # what is judged by the way, mostly in a retail area or next to a bus stop, is left out
    city = dataclasses.replace(town(seed), retail=[], bus_stops=[])
    ours = pack_rule(Rule())
    crs = town_crs(city)
    again = dataclasses.replace(city, ways=[])
    for number, way in enumerate(city.ways):
        back = way.points[::-1] if number % 2 else way.points
        oneway = -way.oneway if number % 2 else way.oneway
        middle = len(back) // 2
        pieces = [back] if middle in (0, len(back) - 1) or way.junction else [
            back[: middle + 1],
            back[middle:],
        ]  # fmt: skip
        again.ways += [
            dataclasses.replace(way, way_id=way.way_id + i, points=p, oneway=oneway)
            for i, p in enumerate(pieces)
        ]
    expected = solve(city).gaps
    assert differences(expected, check(build(again, ours, crs=crs), again, ours).gaps(ours)) == []


@pytest.mark.parametrize("seed", SEEDS[:6])
def test_closed_and_planned_stations_do_not_count(seed):
    city = town(seed)
    decoys = random_town(seed + 1000).stations
    ids = [f"p{i}" for i in range(len(city.stations) + len(decoys))]
    kinds = ["active"] * len(city.stations)
    kinds += [("closed", "planned", "suspended")[i % 3] for i in range(len(decoys))]
    frame = gpd.GeoDataFrame(
        {"station_id": ids, "type": "point", "status": kinds},
        geometry=shapely.points([*city.stations, *decoys]),
        crs="EPSG:4326",
    )
    frame = pd.concat([frame, frame.iloc[:3].assign(station_id=["h1", "h2", "h3"], type="home")])
    register = stations_module.conform(frame)
    ours = pack_rule(Rule())
    counted = register[stations_module.counting(register, types=ours.counts)]
    built = build(city, ours, crs=town_crs(city))
    prepared = spacing.prepare(built, spacing_m=50.0, snap_m=30.0, sides="both")
    found = spacing.check(prepared, counted.to_crs(built.crs))
    assert differences(answer(seed).gaps, found.gaps(ours)) == []
    # planned ones count when the office asks what they would bring
    planned = [
        p for p, kind in zip(decoys, kinds[len(city.stations) :], strict=True) if kind == "planned"
    ]
    planned_too = dataclasses.replace(city, stations=[*city.stations, *planned])
    counted = register[stations_module.counting(register, types=ours.counts, with_planned=True)]
    found = spacing.check(prepared, counted.to_crs(built.crs))
    assert differences(solve(planned_too).gaps, found.gaps(ours)) == []


@pytest.mark.parametrize("seed", SEEDS[:8])
def test_an_update_equals_the_reference_of_the_changed_town(seed):
    city = town(seed)
    other = random_town(seed + 500).stations
    ours = pack_rule(Rule())
    found = check(build(city, ours, crs=town_crs(city)), city, ours)
    places = list(city.stations)
    kept = {f"p{i}": p for i, p in enumerate(places)}
    for station_id in list(kept)[::3]:
        del kept[station_id]
    moved = dict(zip(list(kept)[::4], other, strict=False))
    added = {f"new{i}": p for i, p in enumerate(other[-5:])}
    changed = stations_frame([*moved.values(), *added.values()])
    changed["station_id"] = [*moved, *added]
    now = kept | moved | added
    found = spacing.update(
        found,
        moved=changed[changed.station_id.isin(moved)],
        added=changed[changed.station_id.isin(added)],
        removed=list(dict.fromkeys(f"p{i}" for i in range(0, len(places), 3))),
    )
    expected = solve(dataclasses.replace(city, stations=list(now.values())))
    assert differences(expected.gaps, found.gaps(ours)) == []


@given(seed=st.integers(0, 2**32))
@settings(deadline=None, max_examples=40)
def test_in_any_tangle_of_one_way_streets_nothing_is_lost_or_made_up(seed):
    r = Random(seed)
    crs = local_crs([118.87], [28.94])
    back = pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    nodes = [(r.randint(0, 300), r.randint(0, 90)) for _ in range(r.randint(4, 7))]
    drawn, ways = [], []
    for way_id in range(r.randint(2, 5)):
        line = r.sample(nodes, r.randint(2, 3))
        drawn.append(shapely.LineString(line))
        points = tuple(back.transform(x, y) for x, y in line)
        ways.append(Way(way_id, points, name="乱麻路", oneway=r.choice((1, 1, 1, 0))))
    built = build(City(ways=ways), pack_rule(Rule()), crs=crs)
    parts, twins = built.parts.geometry.to_numpy(), built.twins.geometry.to_numpy()
    # every metre drawn is measured or runs beside what is, and nothing else is
    lines = shapely.union_all(np.concatenate([parts, twins]))
    for line in drawn:
        places = shapely.line_interpolate_point(line, np.arange(0.5, line.length, 1.0))
        assert np.count_nonzero(shapely.distance(lines, places) > 0.01) <= 1
    ground = shapely.union_all(drawn)
    vertices = shapely.points(shapely.get_coordinates(np.concatenate([parts, twins])))
    assert shapely.distance(ground, vertices).max() < 0.001
    for line, twin in zip(built.twins["line"], twins, strict=True):
        places = shapely.line_interpolate_point(twin, np.arange(0.0, twin.length, 1.0))
        assert shapely.distance(parts[line], places).max() < 45.0
