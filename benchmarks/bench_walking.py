"""Walking: nearest stations with filters, and every node to its nearest, beside the usual tools.

Run ``python benchmarks/bench_walking.py [--nodes 200000] [--stations 4000] [--queries 3000]``. The
network is a lattice (`walkgen`). Asked are

* the nearest k stations on foot that have something and are open: `stationmap.walking.Walks`, and a
  whole city's answer with states and reasons (`stationmap.city.near`), each against one
  straight-line query of `stationmap.index` with the same filter. The goal is a p99 of ten such
  queries. What is worked out once for a part of the city is told apart: "first" are the queries
  that meet it, each asked once; of the others the best of three counts;
* metres from every node to its nearest station: against scipy's ``dijkstra(min_only=True)`` and
  networkx's ``multi_source_dijkstra_path_length`` on graphs built before, stations as nodes.

Answers are compared first. Prints times of this machine and, what counts, ratios.
"""

import argparse
import datetime as dt
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import geopandas as gpd
import networkx as nx
import numpy as np
import pyproj
import scipy.sparse
import shapely
from scipy.sparse.csgraph import dijkstra
from walkgen import Lattice, generate

from stationmap.city.near import Asked
from stationmap.index import StationIndex
from stationmap.walking import Network, Walks

GEOD = pyproj.Geod(ellps="WGS84")
REPEAT = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nodes", type=int, default=200_000)
    parser.add_argument("--stations", type=int, default=4000)
    parser.add_argument("--queries", type=int, default=3000)
    parser.add_argument("--k", type=int, default=5)
    options = parser.parse_args()
    run(nodes=options.nodes, stations=options.stations, queries=options.queries, k=options.k)


def run(*, nodes: int, stations: int, queries: int, k: int) -> dict[str, float]:
    """Return the ratios by name."""
    made = generate(nodes=nodes, stations=stations)
    ways = made.ways()
    network, built = _timed(lambda: Network.from_ways(ways))
    print(
        f"{len(made.places)} nodes, {len(made.start)} edges, {stations} stations, "
        f"{queries} queries, k = {k}; network built in {built:.2f} s"
    )
    peer = _peer(made)
    ratios = every_node(made, network, peer)
    rng = np.random.default_rng(5)
    low, high = made.places.min(axis=0), made.places.max(axis=0)
    asked = (low + (high - low) * rng.random((queries, 2))).tolist()
    return ratios | nearest(made, network, peer, asked, k=k) | whole(made, asked, k=k)


# ------------------------------------------------------------------ every node to its nearest


def _peer(made: Lattice) -> scipy.sparse.csr_matrix:
    """Streets and stations as one graph: every station is a node beside the ends of its street."""
    n, m = len(made.places), len(made.stations)
    a, b = (made.places[ends[made.beside]] for ends in (made.start, made.end))
    scale = np.cos(np.radians(made.stations[:, 1:])) * [1.0, 0.0] + [0.0, 1.0]
    step, start = (b - a) * scale, (made.stations - a) * scale
    share = (start * step).sum(axis=1) / (step**2).sum(axis=1)
    foot = a + share[:, None] * (b - a)
    off = GEOD.inv(*made.stations.T, *foot.T)[2]
    from_start, to_end = (off + GEOD.inv(*ends.T, *foot.T)[2] for ends in (a, b))
    own = np.arange(n, n + m)
    rows = np.concatenate((made.start, made.start[made.beside], made.end[made.beside]))
    columns = np.concatenate((made.end, own, own))
    lengths = np.concatenate((made.length_m, from_start, to_end))
    one_way = scipy.sparse.coo_matrix((lengths, (rows, columns)), shape=(n + m, n + m)).tocsr()
    return one_way + one_way.T


def every_node(made: Lattice, network: Network, peer: scipy.sparse.csr_matrix) -> dict[str, float]:
    """Metres from every node to its nearest station, by all."""
    n = len(made.places)
    sources = np.arange(n, n + len(made.stations))
    lon, lat = made.stations.T
    graph = nx.from_scipy_sparse_array(peer, edge_attribute="weight")
    jobs = {
        "ours": lambda: network.to_nearest(lon, lat)[0],
        "scipy": lambda: dijkstra(peer, indices=sources, min_only=True)[:n],
        "networkx": lambda: nx.multi_source_dijkstra_path_length(graph, set(sources.tolist())),
    }
    times: dict[str, list[float]] = {name: [] for name in jobs}
    answers = {}
    for turn in range(REPEAT):
        for name, job in jobs.items():
            if name != "networkx" or turn == 0:
                answers[name], spent = _timed(job)
                times[name].append(spent)
    place_of = {tuple(p): i for i, p in enumerate(made.places.round(7).tolist())}
    row = np.array([place_of[tuple(p)] for p in np.asarray(network.nodes).round(7).tolist()])
    ours, theirs = answers["ours"], answers["scipy"][row]
    both = np.isfinite(ours) & np.isfinite(theirs)
    apart = int((np.abs(ours - theirs)[both] > 0.05).sum() + (np.isfinite(ours) & ~both).sum())
    print(f"every node to its nearest: nodes that differ from scipy's by 5 cm: {apart}")
    mine = float(np.median(times["ours"]))
    ratios = {f"every node / {p}": mine / float(np.median(times[p])) for p in jobs if p != "ours"}
    for name, spent in times.items():
        print(f"  {name:<10} {np.median(spent):.3f} s, {np.median(spent) / mine:.2f} of ours")
    return ratios


# ------------------------------------------------------------------ the nearest k, with filters


def nearest(
    made: Lattice, network: Network, peer: scipy.sparse.csr_matrix, asked: list, *, k: int
) -> dict[str, float]:
    """The nearest k on foot among those that pass, against the straight line."""
    names = made.station_ids()
    lon, lat = made.stations.T
    walks, built = _timed(lambda: Walks(network, station_ids=names, lon=lon, lat=lat))
    passing = np.arange(len(names)) % 3 == 0
    _compare(made, walks, peer, passing, k=k)

    def ours(at):
        return walks.nearest(*at, k=k, where=passing)

    first, warm = _us(ours, asked, turns=1), _us(ours, asked)
    straight = _us(_straight(made, k), asked)
    print(f"nearest {k} of a third of the stations (stations put on the network in {built:.2f} s)")
    return _told("nearest k on foot", first, warm, straight)


def _straight(made: Lattice, k: int) -> Callable:
    points = gpd.GeoSeries(shapely.points(made.stations), crs="EPSG:4326")
    names = made.station_ids()
    index = StationIndex(gpd.GeoDataFrame({"station_id": names}, geometry=points))
    passing = {name: n % 3 == 0 for n, name in enumerate(names)}
    return lambda at: index.nearest(*at, k=k, where=passing.__getitem__)


def _compare(made, walks, peer, passing, *, k: int) -> None:
    """Hold answers at crossings against a Dijkstra from there."""
    n = len(made.places)
    rng = np.random.default_rng(9)
    differ = 0
    for node in rng.integers(0, n, 20):
        far = dijkstra(peer, indices=int(node))[n:]
        far[~passing] = np.inf
        due = np.sort(far)[:k]
        got = [walk.walk_m for walk in walks.nearest(*made.places[node], k=k, where=passing)]
        differ += len(got) != np.isfinite(due).sum() or not np.allclose(got, due, atol=0.05)
    print(f"nearest {k} on foot: of 20 answers differ from scipy's: {differ}")


def whole(made: Lattice, asked: list, *, k: int) -> dict[str, float]:
    """The whole answer of a city, with states, what is lacking and why."""
    now = dt.datetime(2026, 11, 24, 10, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
    with tempfile.TemporaryDirectory() as folder:
        city = made.city(Path(folder))
        nearby, built = _timed(lambda: city.now().nearby())

        def ours(at):
            asked = Asked(lon=at[0], lat=at[1], k=k, needs=("umbrella",), open_at=now, now=now)
            return nearby.near(asked)

        start = time.perf_counter()
        ours(asked[0])
        print(
            f"a city's answer, umbrella and open (made ready in {built:.2f} s, "
            f"first answer after {time.perf_counter() - start:.2f} s)"
        )
        first, warm = _us(ours, asked, turns=1), _us(ours, asked)
    return _told("whole answer", first, warm, _us(_straight(made, k), asked))


def _told(name: str, first: np.ndarray, warm: np.ndarray, straight: np.ndarray) -> dict[str, float]:
    p50, p99 = np.percentile(straight, [50, 99])
    print(f"  {'straight line':<24} p50 {p50:7.0f} µs, p99 {p99:7.0f} µs")
    ratios = {}
    for what, times in ((f"{name}, first", first), (name, warm)):
        half, most = np.percentile(times, [50, 99])
        ratios[f"{what}: p99 / straight p50"] = most / p50
        print(
            f"  {what:<24} p50 {half:7.0f} µs, p99 {most:7.0f} µs; p99 is {most / p50:.1f} of "
            f"one straight-line query, {most / p99:.1f} of its p99"
        )
    return ratios


def _us(call: Callable, arguments: list, *, turns: int = 3) -> np.ndarray:
    """Microseconds of each call, the least of its turns, which other work on the machine blurs."""
    times = np.full((turns, len(arguments)), np.inf)
    for turn in range(turns):
        for n, argument in enumerate(arguments):
            start = time.perf_counter()
            call(argument)
            times[turn, n] = time.perf_counter() - start
    return times.min(axis=0) * 1e6


def _timed(make: Callable):
    start = time.perf_counter()
    made = make()
    return made, time.perf_counter() - start


if __name__ == "__main__":
    main()
