"""Vector tiles, viewport selection and aggregation: what a map has to draw, and no more.

Web Mercator serves drawing alone; nothing here is ever measured in it.

Tiles are 512 px wide: tile z/x/y is drawn at map zoom z + 1, where 256 px tiles are counted.
One feature per layer keeps a tile small and its drawing to one path per style.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from mapbox_vector_tile.Mapbox import vector_tile_pb2
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

TILE_PX = 512
EXTENT = 4096
MARGIN = 128  # tile units drawn beyond each edge: half the widest stroke, 16 px
# numbers of the Mapbox Vector Tile Specification 2.1
LINESTRING, POLYGON = 2, 3
MOVE_TO, LINE_TO, CLOSE_PATH = 1, 2, 7
MAX_LAT_DEG = 85.0511287798066
MAX_TILE_ZOOM = 18

PATH = "path"
# first map zoom at which a class of ways is drawn; later ones lie on top of earlier ones
STREET_ZOOMS: Mapping[str, tuple[int, tuple[str, ...]]] = {
    PATH: (16, ("footway", "path", "steps", "cycleway", "bridleway", "track", "corridor")),
    "service": (15, ("service", "busway", "road")),
    "minor": (13, ("residential", "living_street", "unclassified")),
    "pedestrian": (14, ("pedestrian",)),
    "tertiary": (12, ("tertiary", "tertiary_link")),
    "secondary": (11, ("secondary", "secondary_link")),
    "primary": (9, ("primary", "primary_link", "trunk", "trunk_link")),
    "motorway": (8, ("motorway", "motorway_link")),
}
COUNTY_LEVEL = 6
GROUND_ZOOMS: Mapping[str, int] = {"park": 9, "water": 8, "waterway": 12, "building": 15}


def to_world(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    """Place of points in the Web Mercator square.

    Parameters
    ----------
    lon, lat : array_like
        WGS-84 degrees, any shape; latitudes beyond ±85.0511° are held there.

    Returns
    -------
    x, y : ndarray
        0 to 1 eastwards from 180° W and southwards from 85.0511° N; times ``256 * 2**zoom`` they
        are map pixels.
    """
    lat = np.radians(np.clip(np.asarray(lat, dtype=float), -MAX_LAT_DEG, MAX_LAT_DEG))
    x = np.asarray(lon, dtype=float) / 360.0 + 0.5
    return x, 0.5 - np.arcsinh(np.tan(lat)) / (2.0 * np.pi)


def from_world(x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
    """Longitude and latitude (degrees) of places in the Web Mercator square."""
    lat = np.degrees(np.arctan(np.sinh((0.5 - np.asarray(y, dtype=float)) * 2.0 * np.pi)))
    return (np.asarray(x, dtype=float) - 0.5) * 360.0, lat


def _to_world(coordinates: Floats) -> Floats:
    return np.column_stack(to_world(coordinates[:, 0], coordinates[:, 1]))


class TileSet:
    """Some layers of geometries from which vector tiles are cut.

    Parameters
    ----------
    layers : mapping of str to (geometries, first_zoom)
        In drawing order, the lowest first; geometries are WGS-84 lines or polygons, first_zoom is
        the lowest map zoom at which the layer is drawn.
    """

    def __init__(self, layers: Mapping[str, tuple[Any, int]]) -> None:
        self._layers: list[tuple[str, int, Any, shapely.STRtree]] = []
        for name, (geometries, first_zoom) in layers.items():
            usable = np.asarray(geometries, dtype=object)
            usable = usable[~(shapely.is_missing(usable) | shapely.is_empty(usable))]
            world = shapely.transform(shapely.get_parts(usable), _to_world)
            self._layers.append((name, first_zoom, world, shapely.STRtree(world)))

    def tile(self, z: int, x: int, y: int) -> bytes:
        """Encode the 512 px tile z/x/y (counted from the north-west); empty bytes outside.

        Lines are thinned to half a pixel, polygons below 4 px² are left out.
        """
        size = 2.0**-z
        unit = size / EXTENT
        box = np.array([x, y, x + 1, y + 1]) * size
        window = shapely.box(*(box + np.array([-1, -1, 1, 1]) * MARGIN * unit))
        corner = box[:2]
        tile = vector_tile_pb2.tile()
        for name, first_zoom, world, tree in self._layers:
            if z + 1 < first_zoom or not len(world):
                continue
            seen = world[np.sort(tree.query(window))]
            local = shapely.transform(seen, lambda c: (c - corner) / unit)
            parts, areal = _thin(local, px=EXTENT / TILE_PX)
            commands = _commands(parts, areal=areal)
            if len(commands):
                layer = tile.layers.add(name=name, version=2, extent=EXTENT)
                feature = layer.features.add(type=POLYGON if areal else LINESTRING)
                feature.geometry.extend(commands.tolist())
        return bytes(tile.SerializeToString())


def _thin(geometries: Any, *, px: float) -> tuple[Any, bool]:
    """Clip to the tile, simplify and round; parts that remain, and whether they are polygons."""
    areal = bool(len(geometries)) and shapely.get_dimensions(geometries[0]) == 2
    limits = (-MARGIN, -MARGIN, EXTENT + MARGIN, EXTENT + MARGIN)
    if areal:
        geometries = geometries[shapely.area(geometries) >= 4 * px * px]
    geometries = shapely.simplify(geometries, px / 2, preserve_topology=areal)
    parts = shapely.get_parts(shapely.clip_by_rect(geometries, *limits))
    parts = shapely.transform(parts, np.round)
    if areal:
        parts = parts[(shapely.get_dimensions(parts) == 2) & (shapely.area(parts) > 0)]
        # outer rings clockwise on the screen, as the vector tile specification asks
        return shapely.orient_polygons(parts, exterior_cw=False), areal
    return parts[shapely.length(parts) >= px], areal


def _commands(parts: Any, *, areal: bool) -> NDArray[np.int64]:
    """Write lines or polygons of whole tile units as the integers of one feature.

    Source: Mapbox Vector Tile Specification 2.1, section 4.3: for each line or ring MoveTo its
    first vertex, LineTo the others, ClosePath a ring (whose last vertex is not repeated);
    coordinates are steps from the vertex before, zigzag encoded.
    """
    lines = shapely.get_rings(parts) if areal else parts
    coordinates, line = shapely.get_coordinates(lines, return_index=True)
    vertices = coordinates.astype(np.int64)
    new = np.ones(len(line), dtype=bool)
    new[1:] = (line[1:] != line[:-1]) | (vertices[1:] != vertices[:-1]).any(axis=1)
    if areal:
        new[:-1] &= line[1:] == line[:-1]  # without the last vertex of each ring
        new[-1:] = False
    vertices, line = vertices[new], line[new]
    count = np.bincount(line, minlength=len(lines))
    enough = count >= (3 if areal else 2)
    vertices, count = vertices[enough[line]], count[enough]
    if not len(count):
        return np.zeros(0, dtype=np.int64)
    steps = np.diff(vertices, axis=0, prepend=[[0, 0]])
    size = 2 + 2 * count + (1 if areal else 0)
    start = np.cumsum(size) - size
    written = np.empty(size.sum(), dtype=np.int64)
    owner = np.repeat(np.arange(len(count)), count)
    k = np.arange(len(owner)) - (np.cumsum(count) - count)[owner]
    at = start[owner] + 1 + 2 * k + (k > 0)
    written[at], written[at + 1] = ((steps << 1) ^ (steps >> 63)).T
    written[start] = MOVE_TO | 1 << 3
    written[start + 3] = LINE_TO | (count - 1) << 3
    if areal:
        written[start + size - 1] = CLOSE_PATH | 1 << 3
    return written


def street_tiles(ways: gpd.GeoDataFrame) -> TileSet:
    """Tiles of the streets (columns highway, geometry; EPSG:4326), minor ones below major ones."""
    return TileSet({name: _street_layer(ways, name) for name in STREET_ZOOMS if name != PATH})


def _street_layer(ways: gpd.GeoDataFrame, name: str) -> tuple[Any, int]:
    zoom, classes = STREET_ZOOMS[name]
    return ways.geometry.to_numpy()[ways["highway"].isin(list(classes)).to_numpy()], zoom


def ground_tiles(
    landscape: gpd.GeoDataFrame, districts: gpd.GeoDataFrame, ways: gpd.GeoDataFrame
) -> TileSet:
    """Tiles of what lies under the streets: parks, water, buildings, paths, outlines of counties.

    Parameters
    ----------
    landscape : GeoDataFrame
        Columns kind ("park", "water", "building"), geometry; EPSG:4326 as are the others.
    districts : GeoDataFrame
        Columns level (as OpenStreetMap counts them), geometry. Where none is a county or larger,
        those of the highest level are outlined.
    ways : GeoDataFrame
        Columns highway, geometry.
    """
    geometry = np.asarray(landscape.geometry.array, dtype=object)
    kind = landscape["kind"].to_numpy().astype(object)
    kind[(kind == "water") & (shapely.get_dimensions(geometry) == 1)] = "waterway"
    dimension = np.where(kind == "waterway", 1, 2)
    drawable = shapely.get_dimensions(geometry) == dimension
    layers = {
        name: (geometry[(kind == name) & drawable], zoom) for name, zoom in GROUND_ZOOMS.items()
    }
    level = districts["level"].to_numpy(dtype=float, na_value=0.0)
    shown = districts[level <= max(COUNTY_LEVEL, np.min(level, initial=np.inf))]
    outlines = shapely.boundary(np.asarray(shown.geometry.array, dtype=object))
    # what two districts share is drawn once
    shared = [shapely.line_merge(shapely.union_all(outlines))]
    return TileSet({**layers, PATH: _street_layer(ways, PATH), "district": (shared, 8)})


@dataclass(frozen=True)
class Viewport:
    """What a map shows: bounds in WGS-84 degrees (inclusive) and its zoom."""

    west: float
    south: float
    east: float
    north: float
    zoom: int

    def holds(self, lon: ArrayLike, lat: ArrayLike) -> NDArray[np.bool_]:
        """Which points lie inside; a viewport with west > east crosses the 180° meridian."""
        lon, lat = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
        if self.west <= self.east:
            across = (lon >= self.west) & (lon <= self.east)
        else:
            across = (lon >= self.west) | (lon <= self.east)
        return across & (lat >= self.south) & (lat <= self.north)


def aggregate(
    lon: ArrayLike, lat: ArrayLike, *, zoom: int, values: Mapping[str, ArrayLike], cell_px: int = 96
) -> pd.DataFrame:
    """Gather points into the cells of a fixed pixel grid.

    Parameters
    ----------
    lon, lat : array_like
        WGS-84 degrees, shape (n,).
    zoom : int
        Map zoom whose pixels the cells are counted in; a pan keeps the cells where they are.
    values : mapping of str to array_like
        Summed over each cell.
    cell_px : int
        Width of a cell.

    Returns
    -------
    DataFrame
        One row a cell: lon, lat (mean place of its points), count, and each sum.
    """
    x, y = to_world(lon, lat)
    cells = 256 * 2**zoom / cell_px
    frame = pd.DataFrame(
        {"row": np.floor(y * cells), "column": np.floor(x * cells), "x": x, "y": y, "count": 1}
        | {name: np.asarray(v) for name, v in values.items()}
    )
    sums = frame.groupby(["row", "column"], sort=True).sum()
    place = from_world(sums.pop("x") / sums["count"], sums.pop("y") / sums["count"])
    sums.insert(0, "lon", place[0])
    sums.insert(1, "lat", place[1])
    return sums.reset_index(drop=True)


def street_labels(ways: gpd.GeoDataFrame, *, bend_deg: float = 15.0) -> pd.DataFrame:
    """Find places along named ways where the name can be written straight.

    The ways of one name and class are joined end to end; each run of them that bends by at most
    `bend_deg` from its first segment is one place.

    Parameters
    ----------
    ways : GeoDataFrame
        Columns name, name_en, highway, geometry (LineString, EPSG:4326).
    bend_deg : float
        Largest deviation of a segment's direction within a run, exclusive.

    Returns
    -------
    DataFrame
        name, name_en, first_zoom (of the map), lon, lat (middle of the run), angle_deg (-90 to
        90, clockwise on the screen), span (length as a share of the world's width: times
        ``256 * 2**zoom`` it is pixels); important and long runs first.
    """
    ranks = {way: rank for rank, (_, ways_) in enumerate(STREET_ZOOMS.values()) for way in ways_}
    zooms = np.array([zoom for zoom, _ in STREET_ZOOMS.values()])
    named = ways[ways["name"].notna() & (ways["name"] != "") & ways["highway"].isin(list(ranks))]
    geometry = np.asarray(named.geometry.array, dtype=object)
    rank = named["highway"].map(ranks).to_numpy(dtype=np.int64)
    group = pd.DataFrame({"name": named["name"].to_numpy(), "rank": rank}).groupby(
        ["name", "rank"], sort=True
    )
    members = list(group.indices.values())
    joined = shapely.line_merge([shapely.multilinestrings(geometry[m]) for m in members])
    lines, owner = shapely.get_parts(joined, return_index=True)
    first_way = np.array([m[0] for m in members], dtype=np.int64)[owner]

    coordinates, line = shapely.get_coordinates(lines, return_index=True)
    x, y = to_world(coordinates[:, 0], coordinates[:, 1])
    start = np.flatnonzero(line[1:] == line[:-1])
    start = start[np.hypot(np.diff(x)[start], np.diff(y)[start]) > 0]
    direction = np.degrees(np.arctan2(np.diff(y)[start], np.diff(x)[start]))
    run = _straight_runs(direction, line[start], bend_deg=bend_deg)
    first = np.flatnonzero(np.diff(run, prepend=-1))
    a, b = start[first], start[np.append(first[1:], len(run)) - 1] + 1 if len(run) else first
    lon, lat = from_world((x[a] + x[b]) / 2, (y[a] + y[b]) / 2)
    angle = np.degrees(np.arctan2(y[b] - y[a], x[b] - x[a]))
    way = first_way[line[a]]
    found = pd.DataFrame(
        {
            "name": named["name"].to_numpy()[way],
            "name_en": named["name_en"].to_numpy()[way],
            "first_zoom": zooms[rank[way]],
            "lon": lon,
            "lat": lat,
            "angle_deg": (angle + 90.0) % 180.0 - 90.0,
            "span": np.hypot(x[b] - x[a], y[b] - y[a]),
            "rank": rank[way],
        }
    )
    found = found.sort_values(["rank", "span"], ascending=False, kind="stable")
    return found.drop(columns="rank").reset_index(drop=True)


def _straight_runs(
    direction: Floats, line: NDArray[np.int64], *, bend_deg: float
) -> NDArray[np.int64]:
    """Give one number to each run of consecutive segments that stay near its first direction."""
    run = np.zeros(len(direction), dtype=np.int64)
    number, anchor, owner = -1, 0.0, -1
    for i, (angle, of) in enumerate(zip(direction.tolist(), line.tolist(), strict=True)):
        bend = abs((angle - anchor + 180.0) % 360.0 - 180.0)
        if of != owner or bend >= bend_deg:
            number, anchor, owner = number + 1, angle, of
        run[i] = number
    return run


def pick_labels(
    labels: pd.DataFrame, *, view: Viewport, english: bool = False, limit: int = 120
) -> pd.DataFrame:
    """Street names worth writing in a viewport: they fit their run and do not repeat nearby.

    Returns rows of `street_labels` with the text to write, in the chosen language where the
    street has a name in it, as column text.
    """
    scale = 256 * 2.0**view.zoom
    seen = labels[view.holds(labels["lon"], labels["lat"]) & (labels["first_zoom"] < view.zoom)]
    text = seen["name_en"].fillna(seen["name"]) if english else seen["name"]
    text = text.astype("str")
    # a Chinese character is about 13 px wide (3 bytes), a Latin one 7 px (1 byte)
    letters = text.str.len()
    need_px = 7 * letters + 3 * (text.str.encode("utf-8").str.len() - letters) + 12
    seen = seen.assign(text=text)[seen["span"] * scale >= need_px]
    cells = np.column_stack(to_world(seen["lon"], seen["lat"])) * scale // 320
    keys = pd.DataFrame({"text": seen["text"].to_numpy(), "x": cells[:, 0], "y": cells[:, 1]})
    return seen[~keys.duplicated().to_numpy()].head(limit)
