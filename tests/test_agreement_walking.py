"""Walks on crooked little networks are those of a brute force: loops, repeats, islands, stairs.

The reference (``reference.walking``) keeps every vertex and tries every piece. The networks are
drawn by lot, always the same ones; places that two feet are equally near to are left out, as no two
programs need agree on them.
"""

import math
import random
from itertools import pairwise, permutations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from reference.walking import Ground, Road, metres

from stationmap.walking import Network, Walks

LON, LAT = 118.8, 28.9
BOX_DEG = 0.012  # 1.2 km


def close(one: float, other: float) -> bool:
    """Within a centimetre on a kilometre: where on a piece of that length its middle is."""
    return abs(one - other) <= 0.005 + 1e-5 * max(one, other)


def roads(made: random.Random) -> list[Road]:
    """Ways through a few crossings, some of them twice, in one to three towns far apart."""
    found = []
    for town in range(made.randint(1, 3)):
        lon = LON + town * made.choice([0.0135, 0.05])
        points = [
            (
                round(lon + made.uniform(0, BOX_DEG), 7),
                round(LAT + made.uniform(0, BOX_DEG), 7),
            )
            for _ in range(made.randint(3, 14))
        ]
        for _ in range(made.randint(1, 12)):
            line = [made.choice(points) for _ in range(made.randint(2, 6))]
            if made.random() < 0.2:  # a short loop that ends where it began
                line = [line[0], (round(line[0][0] + 0.0007, 7), line[0][1]), line[-1], line[0]]
            if len(set(line)) > 1:
                found.append(Road(tuple(line), made.random() < 0.2))
        if found and made.random() < 0.3:
            found += [found[-1], Road(found[-1].points[::-1])]
    return found


def frame(found: list[Road]) -> gpd.GeoDataFrame:
    """The ways as an atlas has them."""
    count = len(found)
    columns = dict.fromkeys(["name", "name_en", "name_alt", "junction", "foot"], [None] * count)
    columns |= dict.fromkeys(["tunnel", "bridge", "motorroad", "area", "bus"], [False] * count)
    columns |= {"way_id": range(1, count + 1), "oneway": [0] * count}
    columns["highway"] = ["steps" if road.stairs else "footway" for road in found]
    lines = [shapely.LineString(road.points) for road in found]
    return gpd.GeoDataFrame(columns, geometry=lines, crs="EPSG:4326")


def place(made: random.Random, ground: Ground) -> tuple[float, float]:
    """A place beside the network, at a vertex, or far from all."""
    while True:
        if not ground.with_doors.any():  # stairs alone: nothing has a foot
            return (LON + made.uniform(0, BOX_DEG), LAT)
        x, y = made.choice(ground.places.tolist())[:2]
        off = made.choice([0.0, 0.0, 1e-8, 0.0005, 0.002, 0.006])
        at = (x + made.gauss(0, off), y + made.gauss(0, off))
        if ground.is_plain(at):
            return at


@pytest.mark.parametrize("seed", range(120))
def test_walks_on_crooked_networks_are_the_brute_force(seed):
    made = random.Random(seed)
    found = roads(made)
    network, free = Network.from_ways(frame(found)), made.random() < 0.3
    ground = Ground(found, step_free=free)
    if not ground.ends:
        return
    stations = {f"S{n:02d}": place(made, ground) for n in range(made.randint(1, 25))}
    stations |= {f"A{n}": made.choice(list(stations.values())) for n in range(made.randint(0, 3))}
    ids, lonlat = list(stations), np.array(list(stations.values()))
    walks = Walks(network, station_ids=ids, lon=lonlat[:, 0], lat=lonlat[:, 1], step_free=free)
    for _ in range(12):
        at = place(made, ground) if made.random() < 0.7 else made.choice(list(stations.values()))
        due = ground.walks(at, stations) or {}
        told = dict(zip(ids, walks.metres(*at, np.arange(len(ids))).tolist(), strict=True))
        assert {n for n, m in told.items() if not math.isnan(m)} == set(due)
        assert all(close(told[name], far) for name, far in due.items()), (seed, at)
        where = np.array([made.random() < 0.6 for _ in ids])
        k, reach = made.choice([1, 2, 5, 100]), made.choice([math.inf, 900.0])
        passing = [due[n] for n, passes in zip(ids, where, strict=True) if passes and n in due]
        expected = sorted(far for far in passing if far <= reach)[:k]
        nearest = walks.nearest(*at, k=k, where=where, max_m=reach)
        assert len(nearest) == len(expected)
        for walk, far in zip(nearest, expected, strict=True):
            assert where[walk.row]
            assert ids[walk.row] == walk.station_id
            assert close(walk.walk_m, far), (seed, at)
            assert close(walk.walk_m, due[walk.station_id]), (seed, at)
            assert close(walk.straight_m, metres(at, stations[walk.station_id]))
        assert len({walk.row for walk in nearest}) == len(nearest)
        shown = [walk.station_id for walk in nearest]
        for one, other in permutations([n for n, ok in zip(ids, where, strict=True) if ok], 2):
            if stations[one] == stations[other] and one < other and other in shown:
                assert one in shown[: shown.index(other)], (seed, at)
        for walk in nearest[:3]:
            route = walks.route(*at, walk.station_id)
            line = [tuple(point) for point in np.asarray(route.line).tolist()]
            length = sum(metres(*step) for step in pairwise(line))
            assert close(length, walk.walk_m), (seed, at, walk)
            assert close(route.length_m, walk.walk_m), (seed, at, walk)


@pytest.mark.parametrize("seed", range(120, 160))
def test_every_node_has_the_metres_of_the_brute_force_to_its_nearest(seed):
    made = random.Random(seed)
    found = roads(made)
    network, free = Network.from_ways(frame(found)), made.random() < 0.3
    ground = Ground(found, step_free=free)
    if not ground.ends:
        return
    stations = {n: place(made, ground) for n in range(made.randint(1, 10))}
    lonlat = np.array(list(stations.values()))
    far, which = network.to_nearest(lonlat[:, 0], lonlat[:, 1], step_free=free)
    for node, m, nearest in zip(np.asarray(network.nodes).tolist(), far, which, strict=True):
        due = ground.from_vertex(tuple(node), stations)
        if not due:
            assert not math.isfinite(m), (seed, node)
            continue
        assert close(m, min(due.values())), (seed, node)
        assert close(m, due[int(nearest)]), (seed, node)


@pytest.mark.parametrize("seed", range(160, 220))
def test_a_walk_without_steps_is_never_shorter(seed):
    made = random.Random(seed)
    found = roads(made)
    network, ground = Network.from_ways(frame(found)), Ground(found)
    places = np.array([place(made, ground) for _ in range(20)])
    ids = [f"S{n:02d}" for n in range(len(places))]
    ordinary, free = (
        Walks(network, station_ids=ids, lon=places[:, 0], lat=places[:, 1], step_free=free)
        for free in (False, True)
    )
    for at in [*places[:5].tolist(), *(place(made, ground) for _ in range(10))]:
        longer = free.metres(*at, np.arange(len(ids)))
        shorter = ordinary.metres(*at, np.arange(len(ids)))
        led = ~np.isnan(longer)
        assert not np.isnan(shorter[led]).any(), (seed, at)
        assert (longer[led] >= shorter[led] - 1e-6).all(), (seed, at)
        assert {walk.row for walk in free.nearest(*at, k=100)} == set(np.flatnonzero(led).tolist())
