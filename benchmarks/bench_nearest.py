"""Nearest k of n stations: the live index against scipy's cKDTree and shapely's STRtree.

Run ``python benchmarks/bench_nearest.py [--size 1000000] [--queries 3000] [--k 5]``. The peers get
the stations in projected metres, built once; only the live index takes changes without a rebuild.
All answers are compared first. Prints times of this machine and, what counts, ratios.
"""

import argparse
import itertools
import time
from collections.abc import Callable

import geopandas as gpd
import numpy as np
import shapely
from scipy.spatial import cKDTree

from stationmap.crs import local_crs, to_metric
from stationmap.index import StationIndex


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=1_000_000)
    parser.add_argument("--queries", type=int, default=3000)
    parser.add_argument("--k", type=int, default=5)
    options = parser.parse_args()
    run(size=options.size, queries=options.queries, k=options.k)


def run(*, size: int, queries: int, k: int) -> dict[str, float]:
    """Return the ratios by name: time of the live index over time of the peer, medians."""
    rng = np.random.default_rng(20180622)
    lonlat = np.array([118.5, 28.5]) + rng.random((size, 2))
    points = gpd.GeoSeries(shapely.points(lonlat), crs="EPSG:4326")
    stations = gpd.GeoDataFrame({"station_id": np.arange(size).astype(str)}, geometry=points)
    asked = np.array([118.5, 28.5]) + rng.random((queries, 2))
    crs = local_crs(*lonlat.T)
    planar = to_metric(gpd.GeoDataFrame(geometry=shapely.points(asked), crs="EPSG:4326"), crs)
    asked_xy = shapely.get_coordinates(planar.geometry)
    place = list(zip(asked.tolist(), asked_xy.tolist(), strict=True))
    xy = shapely.get_coordinates(to_metric(stations, crs).geometry)
    index, built = _timed(lambda: StationIndex(stations))
    tree, tree_built = _timed(lambda: cKDTree(xy))
    strtree, str_built = _timed(lambda: shapely.STRtree(shapely.points(xy)))
    print(f"{size} stations, {queries} queries, k = {k}")
    print(f"build s          index {built:.2f}, cKDTree {tree_built:.2f}, STRtree {str_built:.2f}")

    ratios = {}
    for name, mine, peer_name, peer in _pairs(index, tree, strtree, size=size, k=k):
        differ = sum(mine(at) != peer(at) for at in place)
        my_us, peer_us = _median_us(mine, place), _median_us(peer, place)
        ratios[f"{name} / {peer_name}"] = my_us / peer_us
        print(
            f"{name:<20} index {my_us:.0f} µs, {peer_name} {peer_us:.0f} µs, "
            f"ratio {my_us / peer_us:.2f}; answers that differ: {differ}"
        )

    moved = _median_us(lambda at: index.move("0", lon=at[0][0], lat=at[0][1]), place)
    fresh = itertools.count(size)
    added = _median_us(lambda at: index.insert(str(next(fresh)), lon=at[0][0], lat=at[0][1]), place)
    for name, us in (("move one", moved), ("insert one", added)):
        ratios[f"{name} / cKDTree rebuild"] = us / (tree_built * 1e6)
        print(f"{name:<20} index {us:.0f} µs, 1 : {tree_built * 1e6 / us:.0f} of a cKDTree rebuild")
    return ratios


def _pairs(index: StationIndex, tree: cKDTree, strtree: shapely.STRtree, *, size: int, k: int):
    """(name, ours, peer's name, peer): both take ((lon, lat), (x, y)) and give station ids."""
    open_now = (np.arange(size) % 3 == 0).tolist()  # a third of the stations pass the filter

    def passes(station_id):
        return open_now[int(station_id)]

    def kd_open(at):
        wanted = 4 * k
        while True:
            near = np.atleast_1d(tree.query(at[1], min(wanted, size))[1]).tolist()
            found = [str(i) for i in near if open_now[i]]
            if len(found) >= k or wanted >= size:
                return found[:k]
            wanted *= 4

    return (
        (
            "nearest k",
            lambda at: [near.station_id for near in index.nearest(*at[0], k=k)],
            "cKDTree",
            lambda at: [str(i) for i in np.atleast_1d(tree.query(at[1], k)[1])],
        ),
        (
            "nearest k, filtered",
            lambda at: [near.station_id for near in index.nearest(*at[0], k=k, where=passes)],
            "cKDTree",
            kd_open,
        ),
        (
            "nearest 1",
            lambda at: index.nearest(*at[0])[0].station_id,
            "STRtree",
            lambda at: str(strtree.nearest(shapely.Point(at[1]))),
        ),
    )


def _timed(make: Callable):
    start = time.perf_counter()
    made = make()
    return made, time.perf_counter() - start


def _median_us(call: Callable, arguments: list) -> float:
    times = []
    for argument in arguments:
        start = time.perf_counter()
        call(argument)
        times.append(time.perf_counter() - start)
    return float(np.median(times)) * 1e6


if __name__ == "__main__":
    main()
