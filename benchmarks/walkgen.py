"""A deterministic lattice of streets to walk on, with stations beside them, for the benchmarks.

Rows and columns lie 60 to 160 m apart, every crossing is shifted by up to 15 m, and one street in
thirty is missing. Stations stand 2 to 5 m from the middle half of a street. Clean topology and an
even density: real cities are more skewed.
"""

import csv
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from stationmap import City

ORIGIN = (118.0, 28.5)
M_PER_DEG = (97_900.0, 110_830.0)  # about there; what is measured is measured geodesically
HOURS = ("08:00-20:00", "全天", "周一至周五 08:30-17:30", "18:00-22:00")
SUPPLIES = ("雨伞、充电点", "雨伞、饮水点", "充电点、百宝箱", "")


class Lattice(NamedTuple):
    """Crossings (lon/lat), streets between them and stations beside streets."""

    places: np.ndarray  # (n, 2)
    start: np.ndarray
    end: np.ndarray
    length_m: np.ndarray
    runs: list[list[int]]  # crossings of each way
    stations: np.ndarray  # (m, 2)
    beside: np.ndarray  # (m,) the street of each station

    def ways(self) -> gpd.GeoDataFrame:
        """Return the ways as an atlas has them."""
        count = len(self.runs)
        lines = [shapely.LineString(self.places[run]) for run in self.runs]
        columns = dict.fromkeys(["name", "name_en", "name_alt", "junction"], [None] * count)
        columns |= dict.fromkeys(["tunnel", "bridge", "motorroad", "area", "bus"], [False] * count)
        columns |= {"way_id": np.arange(count), "highway": ["residential"] * count}
        columns |= {"oneway": np.zeros(count, dtype="int8")}
        return gpd.GeoDataFrame(columns, geometry=lines, crs="EPSG:4326")

    def station_ids(self) -> list[str]:
        return [f"S{n:05d}" for n in range(len(self.stations))]

    def city(self, folder: Path) -> City:
        """Make a city of it, through a file of OpenStreetMap and an office's table."""
        self._write_osm(folder / "lattice.osm")
        with (folder / "stations.csv").open("w", encoding="utf-8", newline="") as stream:
            rows = csv.writer(stream)
            rows.writerow(["编号", "名称", "类型", "经度", "纬度", "开放时间", "配备物资"])
            for n, (name, (lon, lat)) in enumerate(
                zip(self.station_ids(), self.stations.tolist(), strict=True)
            ):
                hours, supplies = HOURS[n % len(HOURS)], SUPPLIES[n // 7 % len(SUPPLIES)]
                place = (f"{lon:.7f}", f"{lat:.7f}")
                rows.writerow([name, f"站{name}", "有礼点", *place, hours, supplies])
        city = City.create(folder / "city", standard="quzhou-2018", name="bench", adcode="339900")
        city.import_file("osm", folder / "lattice.osm")
        city.import_file("stations", folder / "stations.csv", datum="wgs84")
        return City.open(folder / "city")

    def _write_osm(self, path: Path) -> None:
        with path.open("w", encoding="utf-8") as out:
            out.write('<?xml version="1.0" encoding="UTF-8"?>\n<osm version="0.6">\n')
            for n, (lon, lat) in enumerate(self.places.tolist(), start=1):
                out.write(f'<node id="{n}" version="1" lon="{lon:.7f}" lat="{lat:.7f}"/>\n')
            for n, run in enumerate(self.runs, start=1):
                refs = "".join(f'<nd ref="{node + 1}"/>' for node in run)
                tag = '<tag k="highway" v="residential"/>'
                out.write(f'<way id="{n}" version="1">{refs}{tag}</way>\n')
            out.write("</osm>\n")


def generate(*, nodes: int, stations: int, seed: int = 20181) -> Lattice:
    """Make about `nodes` crossings and exactly `stations` stations."""
    rng = np.random.default_rng(seed)
    side = max(3, round(np.sqrt(nodes)))
    across, up = (np.cumsum(rng.uniform(60.0, 160.0, side)) for _ in range(2))
    xy = np.stack(np.meshgrid(across, up), axis=-1) + rng.uniform(-15.0, 15.0, (side, side, 2))
    places = (xy / M_PER_DEG + ORIGIN).round(7).reshape(-1, 2)
    node = np.arange(side * side).reshape(side, side)
    start = np.concatenate((node[:, :-1].ravel(), node[:-1].ravel()))
    end = np.concatenate((node[:, 1:].ravel(), node[1:].ravel()))
    there = rng.random(len(start)) > 1 / 30
    missing = set(zip(start[~there].tolist(), end[~there].tolist(), strict=True))
    runs = [run for line in (*node, *node.T) for run in _runs(line.tolist(), missing)]
    start, end = start[there], end[there]
    geod = pyproj.Geod(ellps="WGS84")
    length = geod.inv(*places[start].T, *places[end].T)[2]
    beside = rng.integers(0, len(start), stations)
    a, b = xy.reshape(-1, 2)[start[beside]], xy.reshape(-1, 2)[end[beside]]
    along = b - a
    across_by = rng.uniform(2.0, 5.0, stations) / np.hypot(*along.T)
    foot = a + along * rng.uniform(0.25, 0.75, (stations, 1))
    at = foot + np.column_stack((-along[:, 1], along[:, 0])) * across_by[:, None]
    return Lattice(places, start, end, length, runs, (at / M_PER_DEG + ORIGIN).round(7), beside)


def _runs(line: list[int], missing: set[tuple[int, int]]) -> list[list[int]]:
    """Cut a row of crossings where a street is missing."""
    runs = [[line[0]]]
    for one, other in pairwise(line):
        if (one, other) in missing:
            runs.append([other])
        else:
            runs[-1].append(other)
    return [run for run in runs if len(run) > 1]
