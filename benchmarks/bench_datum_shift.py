"""WGS-84 to GCJ-02 and back: our arrays against the published packages, where installed.

Run ``python benchmarks/bench_datum_shift.py [--size 1000000]``. The places are even over China.
Peers: the published formula in plain Python as ``coord-convert`` has it (always at hand: it is
written below), and ``coord_convert``, ``eviltransform`` and ``coordTransform`` (in C, on lists)
when they can be imported; none is a dependency. Scalar peers get fewer points, everyone its own
form of input ready made. The error is that of the way there and back. All run on one thread; the
times are the processor's. Prints them and, what counts, ratios.
"""

import argparse
import importlib
import math
import statistics
import time
from collections.abc import Callable

import numpy as np
import pyproj

from stationmap.crs import convert, in_china

GEOD = pyproj.Geod(ellps="WGS84")
SCALAR_SIZE = 20_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    run(size=options.size, repeat=options.repeat)


def run(*, size: int = 1_000_000, repeat: int = 3) -> dict[str, float]:
    """Return the ratios by name: our points per second over the peer's, medians of the runs."""
    rng = np.random.default_rng(20180622)
    lon, lat = rng.uniform(74, 134, 3 * size), rng.uniform(18, 53, 3 * size)
    inside = in_china(lon, lat)
    lon, lat = lon[inside][:size], lat[inside][:size]
    ours = (
        lambda x, y: convert(x, y, source="wgs84", target="gcj02"),
        lambda x, y: convert(x, y, source="gcj02", target="wgs84"),
    )
    there, back = _measure("stationmap", *ours, lon, lat, repeat=repeat)
    ratios = {}
    for name, (forward, inverse, most) in _peers().items():
        peer = _measure(
            name, forward, inverse, lon[:most].tolist(), lat[:most].tolist(), repeat=repeat
        )
        ratios |= {f"forward / {name}": there / peer[0], f"inverse / {name}": back / peer[1]}
        print(f"{'':<28} ours is {there / peer[0]:.1f} and {back / peer[1]:.1f} times as fast")
    return ratios


def _measure(name, forward, inverse, lon, lat, *, repeat: int) -> tuple[float, float]:
    """Print and return points per second, forward and inverse."""
    speeds: tuple[list[float], list[float]] = ([], [])
    for _ in range(repeat):
        start = time.process_time()
        there = forward(lon, lat)
        middle = time.process_time()
        back = inverse(*there)
        end = time.process_time()
        speeds[0].append(len(lon) / (middle - start))
        speeds[1].append(len(lon) / (end - middle))
    error_m = GEOD.inv(lon, lat, *np.asarray(back))[2].max()
    fast = statistics.median(speeds[0]), statistics.median(speeds[1])
    print(
        f"{name:<28} {len(lon):>9} points: forward {fast[0] / 1e6:6.2f} M/s, "
        f"inverse {fast[1] / 1e6:6.2f} M/s, there and back {error_m * 1000:.4f} mm"
    )
    return fast


def _peers() -> dict[str, tuple[Callable, Callable, int | None]]:
    peers = {
        "published formula, scalar": (_scalar(published), _scalar(published_inverse), SCALAR_SIZE)
    }
    found = {name: _module(name) for name in ("coord_convert", "eviltransform", "coordTransform")}
    if module := found["coord_convert"]:
        module = importlib.import_module("coord_convert.transform")
        peers["coord_convert"] = (_scalar(module.wgs2gcj), _scalar(module.gcj2wgs), SCALAR_SIZE)
    if module := found["eviltransform"]:
        peers["eviltransform"] = (
            _swapped(module.wgs2gcj),
            _swapped(module.gcj2wgs_exact),
            SCALAR_SIZE,
        )
    if module := found["coordTransform"]:
        peers["coordTransform (C)"] = (module.wgs84_to_gcj02, module.gcj02_to_wgs84, None)
    absent = [name for name, module in found.items() if module is None]
    if absent:
        print(f"not installed here, not compared: {', '.join(absent)}")
    return peers


def _module(name: str):
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def _scalar(function: Callable) -> Callable:
    def convert_all(lon, lat):
        pairs = [function(x, y) for x, y in zip(lon, lat, strict=True)]
        return [x for x, _ in pairs], [y for _, y in pairs]

    return convert_all


def _swapped(function: Callable) -> Callable:
    return _scalar(lambda lon, lat: function(lat, lon)[::-1])


def published(lon: float, lat: float) -> tuple[float, float]:
    """WGS-84 to GCJ-02, sine by sine."""
    pi, ee, sin = math.pi, 0.00669342162296594323, math.sin
    x, y = lon - 105.0, lat - 35.0
    waves = (20 * sin(6 * x * pi) + 20 * sin(2 * x * pi)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x)) + waves
    north += (20 * sin(y * pi) + 40 * sin(y / 3 * pi)) * 2 / 3
    north += (160 * sin(y / 12 * pi) + 320 * sin(y * pi / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x)) + waves
    east += (20 * sin(x * pi) + 40 * sin(x / 3 * pi)) * 2 / 3
    east += (150 * sin(x / 12 * pi) + 300 * sin(x / 30 * pi)) * 2 / 3
    magic = 1 - ee * sin(math.radians(lat)) ** 2
    d_lat = north * 180 / (6378245.0 * (1 - ee) / (magic * math.sqrt(magic)) * pi)
    d_lon = east * 180 / (6378245.0 / math.sqrt(magic) * math.cos(math.radians(lat)) * pi)
    return lon + d_lon, lat + d_lat


def published_inverse(lon: float, lat: float) -> tuple[float, float]:
    """GCJ-02 to WGS-84 by the same iteration, a point at a time."""
    x, y = lon, lat
    for _ in range(10):
        there = published(x, y)
        dx, dy = lon - there[0], lat - there[1]
        x, y = x + dx, y + dy
        if abs(dx) + abs(dy) < 1e-7:
            break
    return x, y


if __name__ == "__main__":
    main()
