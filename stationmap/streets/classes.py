"""What kind of street a way is: names, sorts, and the classes that spacing rules speak of."""

import re
import unicodedata
from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from stationmap.streets.network import Bools, Ints, Lineworks

CLASSES = ("commercial", "main", "secondary", "bus_route")

MAIN = ("trunk", "primary")
STREETS = (
    *MAIN,
    "secondary",
    "tertiary",
    "unclassified",
    "residential",
    "living_street",
    "pedestrian",
    "busway",
    "road",
)
"""OSM ``highway`` values that are streets; footways, service ways, tracks and motorways are not."""

BUS_STOP_M = 30.0
"""A street runs a bus where a stop stands no farther from it than this (assumed)."""

TAGS = {
    "name": "",
    "name_en": "",
    "name_alt": "",
    "highway": "",
    "oneway": 0,
    "junction": "",
    "tunnel": False,
    "bridge": False,
    "motorroad": False,
    "area": False,
    "bus": False,
}
"""Tags that street ways have, and what an absent one means."""

SORT_STREET, SORT_LINK, SORT_ROUNDABOUT = 0, 1, 2

_LATIN_WORD = re.compile(r"[A-Za-z][a-zÀ-ÿ]+[A-Za-zÀ-ÿ.'’-]*")
_HAN = re.compile(r"[一-鿿]")
_EMPTY_BRACKETS = re.compile(r"[(\[]\s*[)\]]")


def street_key(name: str) -> str:
    """Return the normal form of a street's name, by which its ways find each other; "" for none.

    Width, case and spaces do not count; of a name given in Chinese and in Latin letters
    ("汉中路 Hanzhong Road") the Chinese part counts.
    """
    key = unicodedata.normalize("NFKC", name)
    if _HAN.search(key):
        key = _EMPTY_BRACKETS.sub("", _LATIN_WORD.sub("", key)).strip(" /;,-|")
    return " ".join(key.split()).casefold()


def street_ways(ways: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Pick the ways that can carry shop frontage and give each its key and sort.

    Tunnels, motor roads and outlines drawn as areas are left out, and so is what has no length.
    Link roads and roundabouts are sorts of their own, joined apart from through streets.

    Only highway and geometry must be there; an absent or empty tag is as in `TAGS`, an absent
    way_id the row's number from 1.

    Returns
    -------
    GeoDataFrame
        The ways in the order of their ids, single LineStrings without repeated vertices, one-way
        ways turned to run with the traffic; with the columns key, sort, road (highway without
        "_link").
    """
    absent = {name: value for name, value in TAGS.items() if name not in ways}
    if "way_id" not in ways:
        absent["way_id"] = range(1, len(ways) + 1)
    ways = ways.assign(**absent)
    ways = ways.fillna(TAGS)
    road = ways["highway"].str.removesuffix("_link")
    wanted = road.isin(STREETS) & ~(ways["tunnel"] | ways["motorroad"] | ways["area"])
    ways = ways[wanted & ~(ways.geometry.is_empty | ways.geometry.isna())]
    ways = ways.explode(index_parts=False, ignore_index=True)
    lines = np.asarray(shapely.remove_repeated_points(ways.geometry.values), dtype=object)
    ways = ways.set_geometry(gpd.GeoSeries(lines, index=ways.index, crs=ways.crs))
    ways = ways[(shapely.length(lines) > 0) & (shapely.get_type_id(lines) == 1)].reset_index(
        drop=True
    )
    ways = ways.sort_values("way_id", kind="stable", ignore_index=True)
    against = (ways["oneway"] < 0).to_numpy()
    lines = np.asarray(ways.geometry.values, dtype=object)
    lines[against] = shapely.reverse(lines[against])
    keys = {name: street_key(name) for name in ways["name"].unique()}
    round_about = ways["junction"].isin(["roundabout", "circular"])
    link = ways["highway"].str.endswith("_link")
    return ways.assign(
        geometry=lines,
        key=ways["name"].map(keys),
        sort=np.select([round_about, link], [SORT_ROUNDABOUT, SORT_LINK], SORT_STREET),
        road=ways["highway"].str.removesuffix("_link"),
    )


def way_classes(
    ways: gpd.GeoDataFrame, *, areas: gpd.GeoDataFrame, bus_stops: gpd.GeoDataFrame
) -> pd.DataFrame:
    """Classes that each way has by itself: one bool column for each of `CLASSES`.

    commercial: a pedestrian street, or more than half of it inside retail land use;
    main: trunk, primary; secondary; bus_route: on a bus route relation, or the nearest street of a
    bus stop within `BUS_STOP_M`. All frames in one metric CRS.
    """
    lines = np.asarray(ways.geometry.values, dtype=object)
    retail = areas.geometry.values[(areas["kind"] == "retail").to_numpy()]
    return pd.DataFrame(
        {
            "commercial": (ways["road"] == "pedestrian").to_numpy() | _mostly_inside(lines, retail),
            "main": ways["road"].isin(MAIN).to_numpy(),
            "secondary": (ways["road"] == "secondary").to_numpy(),
            "bus_route": ways["bus"].to_numpy(dtype=bool) | _has_stop(lines, bus_stops),
        },
        index=ways.index,
    )


def first_class(classes: pd.DataFrame, *, along: Sequence[str]) -> npt.NDArray[np.object_]:
    """Class under which a rule counts each way: the first of `along` that it has, else ""."""
    has = [classes[name].to_numpy() for name in along]
    return np.select(has, list(along), "").astype(object)


def _mostly_inside(lines: Lineworks, polygons: Lineworks) -> Bools:
    inside = np.zeros(len(lines))
    if len(polygons):
        land = shapely.get_parts(shapely.union_all(shapely.make_valid(polygons)))
        line, area = shapely.STRtree(land).query(lines, predicate="intersects")
        np.add.at(inside, line, shapely.length(shapely.intersection(lines[line], land[area])))
    mostly: Bools = np.round(inside - shapely.length(lines) / 2, 4) > 0
    return mostly


def _has_stop(lines: Lineworks, bus_stops: gpd.GeoDataFrame) -> Bools:
    served = np.zeros(len(lines), dtype=bool)
    if len(lines) and len(bus_stops):
        points = shapely.centroid(np.asarray(bus_stops.geometry.values, dtype=object))
        tree = shapely.STRtree(lines)
        (_, line), distance = tree.query_nearest(
            points, max_distance=BUS_STOP_M * 1.001, return_distance=True, all_matches=False
        )
        served[line[np.round(distance, 4) <= BUS_STOP_M]] = True
    return served


def group_of(ways: gpd.GeoDataFrame) -> Ints:
    """Return the group of each way: ways of one key and sort may join."""
    group: Ints = ways.groupby(["key", "sort"], sort=False).ngroup().to_numpy(dtype=np.int64)
    return group
