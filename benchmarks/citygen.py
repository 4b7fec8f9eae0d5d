"""A deterministic synthetic city for the benchmarks: a street lattice with stations along it.

Streets are the edges of a lattice with rows and columns 100 to 600 m apart, in EPSG:32649. West of
the middle they are straight; east of it the crossings are shifted and the streets bend. Stations
lie along the streets at random, some 10 m from the line; one street in eight has none (holes) and
one station in twenty lies far off (outliers). Real cities are more skewed: a lattice has clean
topology and an even density.
"""

import argparse
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import shapely

CRS = "EPSG:32649"
ORIGIN_M = (450_000.0, 3_150_000.0)
BEND_EVERY_M = 60.0


class City(NamedTuple):
    """Vertices and offsets of the streets, planar metres; coordinates of the stations."""

    xy: np.ndarray
    first: np.ndarray
    stations: np.ndarray

    def streets_frame(self) -> gpd.GeoDataFrame:
        lines = shapely.from_ragged_array(shapely.GeometryType.LINESTRING, self.xy, (self.first,))
        return gpd.GeoDataFrame({"street": np.arange(len(lines))}, geometry=lines, crs=CRS)

    def stations_frame(self) -> gpd.GeoDataFrame:
        ids = np.char.add("S", np.arange(len(self.stations)).astype(str))
        points = shapely.points(self.stations)
        return gpd.GeoDataFrame({"station_id": ids.astype(object)}, geometry=points, crs=CRS)


def generate(*, streets: int, stations: int, seed: int = 20181) -> City:
    """Make about `streets` streets and exactly `stations` stations."""
    rng = np.random.default_rng(seed)
    side = max(2, round((1 + np.sqrt(1 + 2 * streets)) / 2))  # 2 side (side - 1) edges
    across, up = (np.cumsum(rng.uniform(100.0, 600.0, side)) for _ in range(2))
    x, y = (a + o for a, o in zip(np.meshgrid(across, up), ORIGIN_M, strict=True))
    bent = np.arange(side) >= side // 2
    x += rng.uniform(-40.0, 40.0, x.shape) * bent
    y += rng.uniform(-40.0, 40.0, y.shape) * bent
    node = np.arange(side * side).reshape(side, side)
    start = np.concatenate((node[:, :-1].ravel(), node[:-1].ravel()))
    end = np.concatenate((node[:, 1:].ravel(), node[1:].ravel()))
    order = np.argsort(start, kind="stable")
    start, end = start[order], end[order]
    a = np.column_stack((x.ravel()[start], y.ravel()[start]))
    b = np.column_stack((x.ravel()[end], y.ravel()[end]))
    xy, first = _bend(rng, a, b, np.broadcast_to(bent, (side, side)).ravel()[start])
    return City(xy, first, _stations(rng, xy, first, stations))


def _bend(rng, a, b, bent):
    long = np.hypot(*(b - a).T)
    pieces = np.where(bent, np.maximum(2, np.rint(long / BEND_EVERY_M)), 1).astype(np.int64)
    first = np.concatenate(([0], np.cumsum(pieces + 1)))
    owner = np.repeat(np.arange(len(a)), pieces + 1)
    k = np.arange(len(owner)) - first[owner]
    xy = a[owner] + (k / pieces[owner])[:, None] * (b - a)[owner]
    inner = (k > 0) & (k < pieces[owner])
    xy[inner] += rng.normal(0.0, 8.0, (inner.sum(), 2))
    return xy, first


def _stations(rng, xy, first, number):
    step = np.diff(xy, axis=0)
    owner = np.repeat(np.arange(len(first) - 1), np.diff(first))[:-1]
    long = np.hypot(*step.T)
    long[first[1:-1] - 1] = 0.0
    long[(rng.random(len(first) - 1) < 1 / 8)[owner]] = 0.0
    total = np.cumsum(long)
    at = rng.uniform(0.0, total[-1], number)
    segment = np.searchsorted(total, at)
    t = 1.0 - (total[segment] - at) / long[segment]
    far = np.where(rng.random(number) < 1 / 20, 60.0, 10.0)
    return xy[segment] + t[:, None] * step[segment] + rng.normal(0.0, far, (2, number)).T


def write(folder: Path, *, streets: int, stations: int, encoding: str = "WKB") -> tuple[Path, Path]:
    """Write the city as two GeoParquet files (kept if there already) and return their paths."""
    name = f"{streets}-{stations}-{encoding.lower()}"
    paths = folder / f"streets-{name}.parquet", folder / f"stations-{name}.parquet"
    if not all(path.exists() for path in paths):
        folder.mkdir(parents=True, exist_ok=True)
        city = generate(streets=streets, stations=stations)
        frames = city.streets_frame(), city.stations_frame()
        for frame, path in zip(frames, paths, strict=True):
            frame.to_parquet(path, geometry_encoding=encoding)
    return paths


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--streets", type=int, default=20_000)
    parser.add_argument("--stations", type=int, default=100_000)
    args = parser.parse_args()
    for path in write(args.folder, streets=args.streets, stations=args.stations):
        print(path)
