"""Streets of a city as one spacing rule sees them: measured once, in parts, with their frontage."""

from collections.abc import Collection
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj

from stationmap.crs import require_metric, to_metric
from stationmap.linear import Lines
from stationmap.streets import carriageways, classes, frontage, network, parts, twins
from stationmap.streets.intervals import Axis

__all__ = ["Streets", "build"]


@dataclass(frozen=True)
class Streets:
    """One rule's streets of a city, in its local metric CRS; chainages are ground metres.

    Attributes
    ----------
    crs : pyproj.CRS
    parts : GeoDataFrame
        One row a part; its row number is the `line` of the other frames. Columns street_id, name,
        name_en (or the name in another second language), part, adcode, length_m, closed, geometry
        (the measured line, from its western, then southern end; a ring runs counter-clockwise
        from its westernmost vertex).
    stretches : DataFrame
        line, from_m, to_m, street_class, adcode, frontage ("shops", "assumed", "none"), side
        ("both", "left", "right"); the stretches of one line and side tile ``[0, length_m]``.
    twins : GeoDataFrame
        line, geometry: opposite carriageways; what lies within reach of one counts on `line`.
    shop_stretches : DataFrame
        line, from_m, to_m, side: known shop frontage; sorted, disjoint.
    raw_m : float
        Length of both carriageways, links and all, before anything was paired.
    """

    crs: pyproj.CRS
    parts: gpd.GeoDataFrame
    stretches: pd.DataFrame
    twins: gpd.GeoDataFrame
    shop_stretches: pd.DataFrame
    raw_m: float


def build(
    ways: gpd.GeoDataFrame,
    shops: gpd.GeoDataFrame,
    *,
    rule: frontage.StreetRule,
    districts: gpd.GeoDataFrame,
    areas: gpd.GeoDataFrame,
    bus_stops: gpd.GeoDataFrame,
    crs: pyproj.CRS,
    complete: Collection[str] = (),
    adcode: str = "",
) -> Streets:
    """Make the streets along which a spacing rule holds.

    Parameters
    ----------
    ways, shops, districts, areas, bus_stops : GeoDataFrame
        Layers of the atlas, each with its CRS.
    rule : StreetRule
        A spacing rule of a pack: the classes (`along`), the sides, the distances of frontage.
    crs : pyproj.CRS
        Local metric CRS of the city.
    complete : collection of str
        Adcodes of the counties whose shops are declared complete; "*" is everywhere.
    adcode : str
        County of what lies in no district.

    Raises
    ------
    CrsError
        When a frame has no CRS or `crs` is not metric.
    """
    require_metric(crs, what="streets.build")
    ways, shops, areas, bus_stops = (
        to_metric(frame, crs) for frame in (classes.street_ways(ways), shops, areas, bus_stops)
    )
    counties = to_metric(parts.counties(districts), crs)
    lines, group = ways.geometry.to_numpy(dtype=object), classes.group_of(ways)
    edges = network.cut(lines, group=group, one_way=(ways["oneway"] != 0).to_numpy())
    through = (ways["sort"] == classes.SORT_STREET).to_numpy()[edges.way]
    way_id = ways["way_id"].to_numpy()[edges.way]
    measured, unmeasured = carriageways.pair(edges.take(through), way_id=way_id[through], crs=crs)
    measured, beside = twins.beside(measured, unmeasured)
    measured = measured.and_also(edges.take(~through))

    has = classes.way_classes(ways, areas=areas, bus_stops=bus_stops)
    edge_has = has.iloc[measured.way].reset_index(drop=True)
    edge_has |= (
        has.iloc[beside["way"]]
        .groupby(beside["edge"].to_numpy())
        .any()
        .reindex(edge_has.index, fill_value=False)
    )
    if "commercial" in rule.along:
        edge_has["commercial"] |= parts.busy(
            measured, beside=beside, ways=ways, shops=shops, frontage=rule.frontage, crs=crs
        )
    street_class = classes.first_class(edge_has, along=rule.along)
    chained = parts.assemble(
        measured,
        np.flatnonzero(street_class != ""),
        beside=beside,
        street_class=street_class,
        ways=ways,
        crs=crs,
    )
    axis = Axis(chained.lines.length_m, chained.lines.closed)
    feet = parts.feet_of(shops, chained=chained, axis=axis, frontage=rule.frontage)
    shop_stretches = frontage.shop_stretches(
        feet,
        axis=axis,
        front_m=rule.frontage.front_m,
        join_m=rule.frontage.join_m,
        each_side=rule.sides == "each",
    )
    stretches = parts.stretches(
        chained,
        axis=axis,
        shop_stretches=shop_stretches,
        counties=counties,
        complete=complete,
        adcode=adcode,
        sides=("left", "right") if rule.sides == "each" else ("both",),
    )
    frame, order = parts.frame(chained, stretches, ways=ways, crs=crs)
    twin_m = Lines.from_geometries(chained.twins, crs=crs).length_m
    return Streets(
        crs=crs,
        parts=frame,
        stretches=_renumber(stretches, order),
        twins=gpd.GeoDataFrame(
            _renumber(pd.DataFrame({"line": chained.twin_line, "geometry": chained.twins}), order),
            crs=crs,
        ),
        shop_stretches=_renumber(shop_stretches, order),
        raw_m=float(chained.lines.length_m.sum() + twin_m.sum()),
    )


def _renumber(table: pd.DataFrame, order: network.Ints) -> pd.DataFrame:
    """Give rows the new numbers of their lines and sort them by it, keeping their order within."""
    table = table.assign(line=order[table["line"].to_numpy(dtype="int64")])
    keys = ["line", *(name for name in ("side", "from_m") if name in table)]
    return table.sort_values(keys, kind="stable", ignore_index=True)
