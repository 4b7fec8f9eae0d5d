"""Parts of streets: chains in the order of their chainage, with what lies along them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely

from stationmap.crs import to_wgs84
from stationmap.linear import Lines, interpolate, locate
from stationmap.streets.classes import MAIN, SORT_STREET
from stationmap.streets.frontage import Frontage, shop_feet, shop_stretches
from stationmap.streets.intervals import Axis
from stationmap.streets.network import Bools, Edges, Floats, Ints, Lineworks, chain_lines, join

COUNTY_LEVEL = 6
"""OSM ``admin_level`` of a county or district in China."""

TICK_M = 1e-4
"""Chainages are told apart to 0.1 mm."""


@dataclass(frozen=True)
class Chained:
    """Lines of parts, the edges along them, and the twins beside them with their lines.

    `spans` has line, from_m, to_m, way (row), street_class, main (trunk or primary), shops_only
    (bridge, link road, roundabout); they tile each line, sorted by line and from_m.
    """

    geometry: Lineworks
    lines: Lines
    spans: pd.DataFrame
    twin_line: Ints
    twins: Lineworks


def assemble(
    measured: Edges,
    rows: Ints,
    *,
    beside: pd.DataFrame,
    street_class: npt.NDArray[np.object_],
    ways: gpd.GeoDataFrame,
    crs: pyproj.CRS,
) -> Chained:
    """Join the edges at `rows` into parts, each turned to run from its western, then southern end.

    A closed part starts at its westernmost vertex and runs counter-clockwise. `street_class` has
    an entry for each measured edge.
    """
    edges = measured.take(rows)
    unnamed = (ways["key"] == "").to_numpy()[edges.way]
    chains = join(edges, straightest=unnamed)
    raw = chain_lines(edges, chains)
    before = Lines.from_geometries(raw, crs=crs)
    geometry, reverse, shift = _turn(raw, before, crs=crs)
    lines = Lines.from_geometries(geometry, crs=crs)

    line = chains.chain
    length = shapely.length(edges.line)[chains.edge] / before.scale[line]
    end = np.cumsum(length)
    end -= np.repeat(end[chains.first[:-1]] - length[chains.first[:-1]], np.diff(chains.first))
    start = end - length
    total = lines.length_m[line]
    start, end = (
        np.where(reverse[line], total - end, start),
        np.where(reverse[line], total - start, end),
    )
    start, end = start - shift[line], end - shift[line]
    behind = end <= TICK_M / 2
    start, end = np.where(behind, start + total, start), np.where(behind, end + total, end)
    spans = pd.DataFrame({"line": line, "from_m": start, "to_m": end, "edge": rows[chains.edge]})
    across = spans[(start < 0) & lines.closed[line]]
    tail = across.assign(from_m=across["from_m"] + lines.length_m[across["line"]])
    tail["to_m"] = lines.length_m[across["line"]]
    spans = pd.concat([spans, tail], ignore_index=True)
    spans["from_m"] = spans["from_m"].clip(lower=0)
    way = measured.way[spans["edge"]]
    facts = ways.iloc[way]
    spans = spans.assign(
        way=way,
        street_class=street_class[spans["edge"]],
        main=facts["road"].isin(MAIN).to_numpy(),
        shops_only=(facts["bridge"] | (facts["sort"] != SORT_STREET)).to_numpy(dtype=bool),
    )
    spans = spans.sort_values(["line", "from_m"], ignore_index=True)
    line_of = pd.Series(line, index=rows[chains.edge])
    with_host = beside[beside["edge"].isin(line_of.index)]
    twin_line = line_of[with_host["edge"]].to_numpy(dtype=np.int64)
    return Chained(geometry, lines, spans, twin_line, with_host["geometry"].to_numpy(dtype=object))


def _turn(raw: Lineworks, lines: Lines, *, crs: pyproj.CRS) -> tuple[Lineworks, Bools, Floats]:
    """Return the lines turned, which were reversed, and the (reversed) chainage now at 0."""
    first, last = lines.first[:-1], lines.first[1:] - 1
    asked = np.unique(np.r_[first, last, np.flatnonzero(np.repeat(lines.closed, last - first + 1))])
    points = gpd.GeoDataFrame(geometry=shapely.points(lines.xy[asked]), crs=crs)
    lonlat = np.full((len(lines.xy), 2), np.nan)
    lonlat[asked] = np.round(shapely.get_coordinates(to_wgs84(points).geometry.values), 9)
    begin, end = lonlat[first], lonlat[last]
    west = (end[:, 0] < begin[:, 0]) | ((end[:, 0] == begin[:, 0]) & (end[:, 1] < begin[:, 1]))
    reverse = np.where(lines.closed, ~shapely.is_ccw(raw), west)
    turned = raw.copy()
    turned[reverse] = shapely.reverse(raw[reverse])
    shift = np.zeros(len(raw))
    for ring in np.flatnonzero(lines.closed):
        vertices = slice(first[ring], last[ring] + 1)
        around, at = lonlat[vertices], lines.at_m[vertices]
        if reverse[ring]:
            around, at = around[::-1], lines.length_m[ring] - at[::-1]
        origin = int(np.lexsort((around[:-1, 1], around[:-1, 0]))[0])
        shift[ring] = at[origin]
        xy = np.roll(shapely.get_coordinates(turned[ring])[:-1], -origin, axis=0)
        turned[ring] = shapely.linestrings(np.vstack([xy, xy[:1]]))
    return turned, reverse, shift


def busy(
    measured: Edges,
    *,
    beside: pd.DataFrame,
    ways: gpd.GeoDataFrame,
    shops: gpd.GeoDataFrame,
    frontage: Frontage,
    crs: pyproj.CRS,
) -> Bools:
    """Tell which edges belong to a named part with enough shops along enough of it."""
    named = (ways["key"] != "").to_numpy() & (ways["sort"] == SORT_STREET).to_numpy()
    rows = np.flatnonzero(named[measured.way])
    found = np.zeros(len(measured), dtype=bool)
    if not len(rows) or not len(shops):
        return found
    no_class = np.full(len(measured), "", dtype=object)
    chained = assemble(measured, rows, beside=beside, street_class=no_class, ways=ways, crs=crs)
    axis = Axis(chained.lines.length_m, chained.lines.closed)
    feet = feet_of(shops, chained=chained, axis=axis, frontage=frontage)
    fronts = shop_stretches(
        feet, axis=axis, front_m=frontage.front_m, join_m=frontage.join_m, each_side=False
    )
    count = np.bincount(feet["line"].to_numpy(dtype=np.int64), minlength=len(axis.length_m))
    fronted = np.bincount(
        fronts["line"], weights=fronts["to_m"] - fronts["from_m"], minlength=len(axis.length_m)
    )
    enough = (count >= frontage.min_shops) & (
        np.round(fronted - frontage.min_share * axis.length_m, 4) >= 0
    )
    spans = chained.spans
    found[spans["edge"][enough[spans["line"]]]] = True
    return found


def feet_of(
    shops: gpd.GeoDataFrame, *, chained: Chained, axis: Axis, frontage: Frontage
) -> pd.DataFrame:
    """Find the feet of shops within reach of the road at the foot: trunk and primary reach farther.

    Returns
    -------
    DataFrame
        As `shop_feet`.
    """
    feet = shop_feet(
        chained.lines,
        chained.geometry,
        twins=chained.twins,
        twin_line=chained.twin_line,
        shops=shops,
        reach_m=max(frontage.reach_m, frontage.reach_main_m),
    )
    span = _span_at(chained, axis, feet["line"], feet["at_m"])
    reach = np.where(
        chained.spans["main"].to_numpy(dtype=bool)[span], frontage.reach_main_m, frontage.reach_m
    )
    return feet[feet["distance_m"].to_numpy(dtype=float) <= reach]


def _span_at(chained: Chained, axis: Axis, line: pd.Series, at_m: pd.Series) -> Ints:
    starts = axis.place(chained.spans["line"].to_numpy(), chained.spans["from_m"].to_numpy())
    asked = axis.place(line.to_numpy(dtype=np.int64), at_m.to_numpy(dtype=float))
    return np.maximum(np.searchsorted(starts, asked, side="right") - 1, 0).astype(np.int64)


def counties(districts: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Pick the districts that results are attributed to: the counties, by level or by adcode.

    Where none is marked as a county, every district with a six-digit adcode is taken.
    """
    level = pd.to_numeric(districts["level"], errors="coerce")
    digits = districts["adcode"].astype(str).str.fullmatch(r"\d{6}")
    picked = level == COUNTY_LEVEL
    picked = picked if picked.any() else digits & level.isna()
    picked = picked if picked.any() else digits
    return districts[picked].sort_values("adcode", ignore_index=True)


def stretches(
    chained: Chained,
    *,
    axis: Axis,
    shop_stretches: pd.DataFrame,
    counties: gpd.GeoDataFrame,
    complete: Collection[str],
    adcode: str,
    sides: Sequence[str],
) -> pd.DataFrame:
    """Tile every line, side by side, with stretches of one class, county and frontage.

    Returns
    -------
    DataFrame
        line, from_m, to_m, street_class, adcode, frontage, side.
    """
    spans, lines = chained.spans, chained.lines
    line_count = len(lines)
    borders = _crossings(chained, counties)
    every = np.arange(line_count)
    found = []
    for side in sides:
        shops = shop_stretches[shop_stretches["side"] == side]
        line = np.r_[every, every, spans["line"], borders["line"], shops["line"], shops["line"]]
        at = np.r_[
            np.zeros(line_count),
            lines.length_m,
            spans["from_m"],
            borders["at_m"],
            shops["from_m"],
            shops["to_m"],
        ]
        line = line.astype(np.int64)
        tick = np.round(np.clip(at, 0, lines.length_m[line]), 4)
        order = np.lexsort((tick, line))
        line, tick, at = line[order], tick[order], np.clip(at, 0, lines.length_m[line])[order]
        fresh = (np.diff(line, prepend=-1) != 0) | (np.diff(tick, prepend=-1) > 0)
        line, at = line[fresh], at[fresh]
        same = line[1:] == line[:-1]
        line, low, high = line[:-1][same], at[:-1][same], at[1:][same]
        middle = (low + high) / 2
        table = pd.DataFrame({"line": line, "from_m": low, "to_m": high})
        span = _span_at(chained, axis, table["line"], pd.Series(middle))
        table["street_class"] = spans["street_class"].to_numpy()[span]
        table["adcode"] = _county_at(lines, line, middle, counties, adcode)
        known = axis.inside(
            shops["line"].to_numpy(dtype=np.int64),
            shops["from_m"].to_numpy(),
            shops["to_m"].to_numpy(),
            axis.place(line, middle),
        )
        everywhere = "*" in complete
        only_shops = spans["shops_only"].to_numpy(dtype=bool)[span] | (
            everywhere | table["adcode"].isin(list(complete)).to_numpy()
        )
        table["frontage"] = np.select([~only_shops, known], ["assumed", "shops"], "none")
        found.append(_merge_alike(table).assign(side=side))
    return pd.concat(found, ignore_index=True)


def _merge_alike(table: pd.DataFrame) -> pd.DataFrame:
    facts = ["line", "street_class", "adcode", "frontage"]
    changes = (table[facts] != table[facts].shift()).any(axis=1)
    to_m = table.loc[changes.shift(-1, fill_value=True), "to_m"].to_numpy()
    merged: pd.DataFrame = table[changes].assign(to_m=to_m).reset_index(drop=True)
    return merged


def _crossings(chained: Chained, counties: gpd.GeoDataFrame) -> pd.DataFrame:
    """Chainages at which lines cross a county's border: columns line, at_m."""
    borders = shapely.boundary(np.asarray(counties.geometry.values, dtype=object))
    border, line = shapely.STRtree(chained.geometry).query(borders, predicate="intersects")
    met = shapely.intersection(chained.geometry[line], borders[border])
    xy, row = shapely.get_coordinates(met, return_index=True)
    line = line[row]
    at, _, _ = locate(chained.lines, line, xy[:, 0], xy[:, 1])
    return pd.DataFrame({"line": line, "at_m": at})


def _county_at(
    lines: Lines, line: Ints, at_m: Floats, counties: gpd.GeoDataFrame, adcode: str
) -> npt.NDArray[np.object_]:
    found = np.full(len(line), adcode, dtype=object)
    if len(counties):
        points = shapely.points(*interpolate(lines, line, at_m))
        point, county = shapely.STRtree(counties.geometry.values).query(
            points, predicate="intersects"
        )
        point, county = point[::-1], county[::-1]
        order = np.lexsort((-county, point))
        found[point[order]] = counties["adcode"].to_numpy(dtype=object)[county[order]]
    return found


def frame(
    chained: Chained, stretches: pd.DataFrame, *, ways: gpd.GeoDataFrame, crs: pyproj.CRS
) -> tuple[gpd.GeoDataFrame, Ints]:
    """Name the parts: the frame of `Streets.parts`, and the new number of each line.

    The street of a part is the county that most of it lies in and its normalised name; an unnamed
    part is a street of its own, named by its lowest way id.
    """
    lines, spans = chained.lines, chained.spans
    length = (spans["to_m"] - spans["from_m"]).rename("length")
    facts = ways.iloc[spans["way"]].reset_index(drop=True)
    along = pd.concat(
        [spans["line"], length, facts[["name", "name_en", "name_alt", "key"]]], axis=1
    )
    names = _longest(along, "name")
    second = _longest(along, "name_en").where(lambda name: name != "", _longest(along, "name_alt"))
    key = along.groupby("line")["key"].first()
    lowest = facts["way_id"].groupby(spans["line"]).min()
    within = stretches.assign(length=stretches["to_m"] - stretches["from_m"])
    adcode = _longest(within, "adcode")
    street = key.where(key != "", "w" + lowest.astype(str))
    origin = lines.xy[lines.first[:-1]]
    table = pd.DataFrame(
        {
            "street_id": adcode.where(adcode != "", "0") + "-" + street,
            "name": names,
            "name_en": second,
            "adcode": adcode,
            "length_m": lines.length_m,
            "closed": lines.closed,
            "x": origin[:, 0],
            "y": origin[:, 1],
            "geometry": chained.geometry,
        },
        index=range(len(lines)),
    )
    table = table.sort_values(["street_id", "x", "y"], kind="stable")
    order = np.empty(len(table), dtype=np.int64)
    order[table.index] = np.arange(len(table))
    table.insert(3, "part", table.groupby("street_id").cumcount() + 1)
    columns = ["street_id", "name", "name_en", "part", "adcode", "length_m", "closed", "geometry"]
    return gpd.GeoDataFrame(
        table[columns].reset_index(drop=True), geometry="geometry", crs=crs
    ), order


def _longest(along: pd.DataFrame, column: str) -> pd.Series:
    """Value of a column that holds along most of each line (tie: the first in order)."""
    sums = along.fillna({column: ""}).groupby(["line", column])["length"].sum().reset_index()
    sums = sums.sort_values(["line", "length", column], ascending=[True, False, True])
    return sums.groupby("line")[column].first()
