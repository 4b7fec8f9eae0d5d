"""Facilities: the points and outlines of one facility made one, and those without a category."""

import re
import unicodedata

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

# assumed: how far apart two sources put one place
NEAR_M = 30.0
SAME_NAME_M = 50.0
TOUCH_M = 1.0

_PREFIXES = tuple(
    re.compile(f"^[\u4e00-\u9fff]{{{least},5}}?{end}(?=..)")
    for least, end in (
        (2, "(?:省|自治区)"),
        (2, "(?<![超城夜花菜股门集楼闹都])市(?![场民政容区])"),
        (1, "(?<!知)县"),
        (2, "(?<![社小园景校院厂库街林营牧山矿湖片])区"),
        (2, "旗"),
    )
)
_UNSAID = re.compile(r"[\W_]+")

Rows = NDArray[np.intp]
Pairs = tuple[Rows, Rows]


def merge(frame: gpd.GeoDataFrame, *, crs: pyproj.CRS) -> gpd.GeoDataFrame:
    """Return each facility once, of rows of one category that stand for the same.

    1. Points of one name within `SAME_NAME_M`, and outlines of one name that are nested or within
       `TOUCH_M`, are one facility.
    2. So are an outline and the points inside it, or within `NEAR_M` of it, if their names are
       equal, one is missing or one contains the other. A name that could be that of several
       facilities (a bank without its branch) goes to the nearest only.
    3. An outline without a name inside another of its category is part of that.

    Names are compared without spaces, brackets, widths and the province, city or county before
    them. Limits are inclusive. The result does not depend on the order of the rows.

    Parameters
    ----------
    frame : GeoDataFrame
        id, name, category, source, geometry in EPSG:4326; further columns pass. Rows without a
        category or a geometry pass as they are.
    crs : pyproj.CRS
        Local metric CRS to measure in.

    Returns
    -------
    GeoDataFrame
        The same columns, in EPSG:4326, in the order of `frame`, with row numbers from 0. Of one
        facility the row of its largest outline stays, with the area of all of them; without
        outlines the first by source and id. The fuller name wins.
    """
    frame = frame.reset_index(drop=True)
    usable = frame["category"].notna() & ~(frame.geometry.is_empty | frame.geometry.isna())
    rows = _sorted(frame[usable])
    if len(rows) == 0:
        return frame
    keys = np.array([name_key(name) for name in rows["name"]], dtype=object)
    group = _groups(rows, keys, crs=crs)
    lead, names, shapes = _one_each(rows, keys, group, crs=crs)
    stays = ~usable.to_numpy()
    stays[lead] = True
    found = frame.copy()
    found.loc[lead, "name"] = names
    found.loc[lead, "geometry"] = gpd.GeoSeries(shapes, index=lead, crs=frame.crs)
    return found[stays].reset_index(drop=True)


def without_category(frame: pd.DataFrame) -> pd.DataFrame:
    """Count the rows of no category by their source and what they say of themselves.

    Parameters
    ----------
    frame : DataFrame
        Columns source, category and tags (the category or tag as its source has it, or None).

    Returns
    -------
    DataFrame
        source, word (None where the source says nothing), count; by source, the most first.
    """
    rows = frame.loc[frame["category"].isna(), ["source", "tags"]].rename(columns={"tags": "word"})
    counts = rows.groupby(["source", "word"], dropna=False, observed=True).size()
    found = counts.rename("count").reset_index()
    found["word"] = found["word"].astype(object).where(found["word"].notna(), None)
    return found.sort_values(
        ["source", "count", "word"], ascending=[True, False, True], ignore_index=True
    )


def name_key(name: str | None) -> str:
    """Return what two names of one facility share; "" for none."""
    if name is None or pd.isna(name):
        return ""
    key = _UNSAID.sub("", unicodedata.normalize("NFKC", name)).casefold()
    for prefix in _PREFIXES:
        key = prefix.sub("", key)
    return key


def _sorted(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Rows in an order of their own, so that no choice depends on the order they came in."""
    by = pd.DataFrame(
        {name: frame[name].fillna("").astype(str) for name in ("source", "id", "name")}
        | {"place": frame.geometry.to_wkb(hex=True)}
    )
    return frame.loc[by.sort_values(list(by.columns)).index]


def _groups(rows: gpd.GeoDataFrame, keys: NDArray[np.object_], *, crs: pyproj.CRS) -> Rows:
    """Return the number of the facility of each row."""
    shapes = _valid(rows.geometry.to_crs(crs).to_numpy())
    category = pd.factorize(rows["category"])[0]
    name = pd.factorize(keys)[0]
    named = keys != ""
    area = shapely.get_dimensions(shapes) == 2
    areas, points = np.flatnonzero(area), np.flatnonzero(~area)

    alike = _same_points(shapes, points[named[points]], category, name)
    outer, inner = _touching(shapes, areas, category)
    one_name = named[outer] & (name[outer] == name[inner])
    nested = ~named[inner] & shapely.covers(shapes[outer], shapes[inner])

    near, at = _near(shapes, points, areas, category)
    apart = shapely.distance(shapes[near], shapes[at])
    says_more = np.array([_contains(a, b) for a, b in zip(keys[near], keys[at], strict=True)], bool)
    says_less = np.array([_contains(b, a) for a, b in zip(keys[near], keys[at], strict=True)], bool)
    equal = named[near] & (name[near] == name[at])
    within = says_more & named[at] & (apart == 0)
    joined = _components(
        len(rows),
        alike,
        (outer[one_name], inner[one_name]),
        (near[equal | within], at[equal | within]),
    )

    # what remains is vague: a point that says less than the outline, or an outline that says less
    settled = np.zeros(len(rows), dtype=bool)
    settled[joined[at[within]]] = True
    less = says_less & ~equal & ~within
    more = says_more & ~less & ~equal & ~within & ~settled[joined[at]]
    vague = np.concatenate([near[less], at[more], inner[nested]])
    clear = np.concatenate([at[less], near[more], outer[nested]])
    far = np.concatenate([apart[less], apart[more], np.zeros(nested.sum())])
    best = pd.DataFrame({"group": joined[vague], "far": far, "clear": clear, "vague": vague})
    best = best[best["group"] != joined[clear]].sort_values(["group", "far", "clear"])
    best = best.drop_duplicates("group")
    return _components(
        len(rows),
        (np.arange(len(rows)), _first_of(joined)),
        (best["vague"].to_numpy(), best["clear"].to_numpy()),
    )


def _valid(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    bad = ~shapely.is_valid(shapes)
    shapes = shapes.copy()
    shapes[bad] = shapely.make_valid(shapes[bad])
    return shapes


def _contains(whole: str, part: str) -> bool:
    return part in whole


def _same_points(shapes: NDArray[np.object_], points: Rows, category: Rows, name: Rows) -> Pairs:
    """Pairs of points of one category and name, within `SAME_NAME_M`."""
    if len(points) == 0:
        return points, points
    what = pd.factorize(category[points].astype(np.int64) * (name.max() + 1) + name[points])[0]
    xy = shapely.get_coordinates(shapely.centroid(shapes[points]))
    # a third coordinate keeps what differs apart; rows at one place need no pairs among them
    places, first, same = np.unique(
        np.column_stack([xy, what * (10 * SAME_NAME_M)]),
        axis=0,
        return_index=True,
        return_inverse=True,
    )
    pairs = first[cKDTree(places).query_pairs(SAME_NAME_M, output_type="ndarray")]
    return (
        points[np.concatenate([pairs[:, 0], np.arange(len(points))])],
        points[np.concatenate([pairs[:, 1], first[same]])],
    )


def _touching(shapes: NDArray[np.object_], areas: Rows, category: Rows) -> Pairs:
    """Ordered pairs of outlines of one category that are nested, or touch."""
    tree = shapely.STRtree(shapes[areas])
    first, second = tree.query(shapes[areas], predicate="dwithin", distance=TOUCH_M)
    first, second = areas[first], areas[second]
    good = (first != second) & (category[first] == category[second])
    return first[good], second[good]


def _near(shapes: NDArray[np.object_], points: Rows, areas: Rows, category: Rows) -> Pairs:
    """Pairs (point, outline) of one category, the point inside or within `NEAR_M`."""
    tree = shapely.STRtree(shapes[areas])
    point, area = tree.query(shapes[points], predicate="dwithin", distance=NEAR_M)
    point, area = points[point], areas[area]
    good = category[point] == category[area]
    return point[good], area[good]


def _components(size: int, *pairs: Pairs) -> Rows:
    first = np.concatenate([pair[0] for pair in pairs])
    second = np.concatenate([pair[1] for pair in pairs])
    graph = coo_matrix((np.ones(len(first), dtype=bool), (first, second)), shape=(size, size))
    labels: Rows = connected_components(graph, directed=False)[1]
    return labels


def _first_of(labels: Rows) -> Rows:
    """Return the first row of the group of each row."""
    _, first, which = np.unique(labels, return_index=True, return_inverse=True)
    found: Rows = first[which]
    return found


def _one_each(
    rows: gpd.GeoDataFrame, keys: NDArray[np.object_], group: Rows, *, crs: pyproj.CRS
) -> tuple[Rows, NDArray[np.object_], NDArray[np.object_]]:
    """Return the label of the row of each group that stays, its name and its geometry."""
    size = rows.geometry.to_crs(crs).area.to_numpy()
    order = np.lexsort((np.arange(len(rows)), -size, group))
    lead = order[np.unique(group[order], return_index=True)[1]]
    several = np.bincount(group)[group] > 1
    names = rows["name"].to_numpy(dtype=object)[lead]
    shapes = rows.geometry.to_numpy(dtype=object)[lead]

    table = pd.DataFrame({"group": group, "key": keys, "name": rows["name"].to_numpy(object)})
    table = table[several & (keys != "")]
    table = table.assign(length=table["key"].str.len(), whole=table["name"].str.len())
    table = table.sort_values(["group", "length", "whole", "name"], ascending=[1, 0, 0, 1])
    fullest = table.drop_duplicates("group").set_index("group")
    told = table.join(fullest["key"].rename("full"), on="group")
    said = [_contains(full, key) for full, key in zip(told["full"], told["key"], strict=True)]
    agreed = pd.Series(said, index=told["group"], dtype=bool).groupby(level=0).all()
    takes = agreed.to_numpy() | (keys[lead[agreed.index]] == "")
    chosen = agreed.index[takes]
    names[chosen] = fullest.loc[chosen, "name"].to_numpy()

    outlines = np.flatnonzero(several & (size > 0))
    outlines = outlines[(np.bincount(group[outlines], minlength=len(lead)) > 1)[group[outlines]]]
    if len(outlines):
        which, position = np.unique(group[outlines], return_inverse=True)
        by_group = np.argsort(position, kind="stable")
        parts = _valid(rows.geometry.to_numpy(dtype=object)[outlines[by_group]])
        collections = shapely.geometrycollections(parts, indices=position[by_group])
        shapes[which] = shapely.union_all(collections[:, None], axis=1)
    return rows.index.to_numpy()[lead], names, shapes
