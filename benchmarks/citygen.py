"""A deterministic synthetic city for the benchmarks: a street lattice with stations along it.

Streets are the edges of a lattice with rows and columns 100 to 600 m apart, in EPSG:32649. West of
the middle they are straight; east of it the crossings are shifted and the streets bend. Stations
lie along the streets at random, some 10 m from the line; one street in eight has none (holes) and
one station in twenty lies far off (outliers). Real cities are more skewed: a lattice has clean
topology and an even density.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
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


# ------------------------------------------------------------------------------- lists

CLASSES = {"primary": 0.1, "secondary": 0.2, "tertiary": 0.2, "residential": 0.5}
COUNTIES, COMMUNITIES = 10, 20  # strips of the city; communities across and up
SHOPS_PER_STREET = 3
# types of stations: share of all, and the categories of facilities at which some of them stand
TYPES = {
    "point": (0.75, ()),
    "post": (0.15, ("医院", "政务大厅", "图书馆", "博物馆", "银行网点", "法院", "汽车站")),
    "kiosk": (0.07, ("公园", "广场", "景区")),
    "square": (0.03, ()),
}
AT_FACILITIES = 0.6  # share of posts and kiosks


def lists(city: City, *, facilities: int, seed: int = 20182) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield all lists of the city as an office has them: (kind of import, table), WGS 84.

    Streets, shops, counties, communities, facilities (one in three an outline), units, projects
    and stations, each with its type, name, hours, head station, unit and account.
    """
    rng = np.random.default_rng(seed)
    streets = city.streets_frame().to_crs(4326)
    names = [f"第{n}路" for n in range(len(streets))]
    ways = rng.choice(list(CLASSES), len(streets), p=list(CLASSES.values()))
    yield "streets", streets.assign(name=names, highway=ways).drop(columns="street")
    shops = _along(rng, city, SHOPS_PER_STREET * len(streets), off_m=18.0)
    yield "shops", _frame(shops, 类别="便利店", prefix="店")

    west, south, east, north = shapely.total_bounds(shapely.points(city.xy))
    edges = np.linspace(west - 500, east + 500, COUNTIES + 1)
    counties = shapely.box(edges[:-1], south - 500, edges[1:], north + 500)
    codes = np.array([f"3399{n:02d}" for n in range(1, COUNTIES + 1)])
    yield "districts", _frame(counties, adcode=codes, prefix="区").drop(columns="id")
    x, y = np.meshgrid(
        np.linspace(west, east, COMMUNITIES + 1)[:-1],
        np.linspace(south, north, COMMUNITIES + 1)[:-1],
    )
    across, up = (east - west) / COMMUNITIES, (north - south) / COMMUNITIES
    cells = shapely.box(x.ravel(), y.ravel(), x.ravel() + across, y.ravel() + up)
    urban = np.where(rng.random(len(cells)) < 0.7, "城市社区", "农村社区")
    yield "communities", _frame(cells, 城乡=urban, prefix="社区")

    places = _along(rng, city, facilities, off_m=60.0)
    known = [word for _, words in TYPES.values() for word in words]
    category = rng.choice(known, facilities)
    outlines = shapely.buffer(places, 25.0, cap_style="square")
    shapes = np.where(np.arange(facilities) % 3 == 0, outlines, places)
    yield "facilities", _frame(shapes, 类别=category, prefix="设施")

    stations = _stations_list(rng, city, places, category, edges, codes)
    units = pd.DataFrame({"单位名称": stations["所属单位"].unique()})
    units["志愿汇账号"] = np.where(rng.random(len(units)) < 0.9, "HZ", None)
    yield "units", units
    staffed = stations.loc[stations["类型"] != "point", "站点编号"].to_numpy()
    projects = pd.DataFrame({"站点编号": np.repeat(staffed, 3)})
    projects["项目名称"] = np.tile(["文明劝导", "信息咨询", "便民服务"], len(staffed))
    projects["发布渠道"] = np.where(rng.random(len(projects)) < 0.95, "线上、线下", "线上")
    yield "projects", projects[rng.random(len(projects)) < 0.97]
    yield "stations", stations


def _along(rng, city, number, *, off_m):
    """Places along the streets, some metres to their side."""
    ends = city.first[1:] - 1
    vertex = rng.choice(np.setdiff1d(np.arange(len(city.xy)), ends), number)
    share = rng.random((number, 1))
    xy = city.xy[vertex] + share * (city.xy[vertex + 1] - city.xy[vertex])
    return shapely.points(xy + rng.normal(0.0, off_m, xy.shape))


def _frame(shapes, *, prefix, **columns):
    ids = [f"{prefix}{n}" for n in range(len(shapes))]
    table = pd.DataFrame({"id": ids, "name": ids, **columns})
    return gpd.GeoDataFrame(table, geometry=np.asarray(shapes, dtype=object), crs=CRS).to_crs(4326)


def _stations_list(rng, city, places, category, edges, codes):
    number = len(city.stations)
    xy = city.stations.copy()
    kind = rng.choice(list(TYPES), number, p=[share for share, _ in TYPES.values()])
    for name, (_, words) in TYPES.items():
        own = np.flatnonzero((kind == name) & (rng.random(number) < AT_FACILITIES))
        hosts = np.flatnonzero(np.isin(category, words))
        if len(words):
            at = shapely.get_coordinates(places[rng.choice(hosts, len(own))])
            xy[own] = at + rng.normal(0.0, 15.0, at.shape)
    kind[: len(codes) + 1] = "home"  # the city's, then one of each county
    county = np.clip(np.searchsorted(edges, xy[:, 0]) - 1, 0, len(codes) - 1)
    county[1 : len(codes) + 1] = np.arange(len(codes))
    middle = (edges[:-1] + edges[1:]) / 2
    xy[1 : len(codes) + 1, 0] = middle
    ids = np.char.add("S", np.arange(number).astype(str)).astype(object)
    parent = ids[county + 1]
    parent[: len(codes) + 1] = ids[0]
    parent[0] = None
    table = {
        "站点编号": ids,
        "站点名称": np.char.add("站点", np.arange(number).astype(str)),
        "类型": kind,
        "所属单位": np.char.add("单位", (np.arange(number) % 2000).astype(str)),
        "总站": parent,
        "志愿汇账号": np.where(rng.random(number) < 0.95, ids, None),
        "开放时间": rng.choice(["08:00-20:00", "周一至周五 08:30-17:30", "全天"], number),
    }
    return gpd.GeoDataFrame(table, geometry=shapely.points(xy), crs=CRS).to_crs(4326)


# ------------------------------------------------------------------------------- files


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
