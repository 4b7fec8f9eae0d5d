"""A reference city as the frames that the product takes, and its gaps beside the product's."""

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from reference.law import City, Gap, Result
from reference.ways import Way

WGS84 = "EPSG:4326"


def ways_frame(ways: list[Way]) -> gpd.GeoDataFrame:
    """Ways as an OSM file gives them."""
    return gpd.GeoDataFrame(
        {
            "way_id": np.array([w.way_id for w in ways], dtype="int64"),
            "name": pd.Series([w.name or None for w in ways], dtype=object),
            "name_en": pd.Series([None] * len(ways), dtype=object),
            "name_alt": pd.Series([None] * len(ways), dtype=object),
            "highway": pd.Series([w.highway for w in ways], dtype=object),
            "oneway": np.array([w.oneway for w in ways], dtype="int8"),
            "junction": pd.Series([w.junction or None for w in ways], dtype=object),
            "tunnel": np.array([w.tunnel for w in ways], dtype=bool),
            "bridge": np.array([w.bridge for w in ways], dtype=bool),
            "motorroad": np.array([w.motorroad for w in ways], dtype=bool),
            "area": np.array([w.area for w in ways], dtype=bool),
            "bus": np.array([w.bus for w in ways], dtype=bool),
        },
        geometry=[shapely.LineString(w.points) for w in ways],
        crs=WGS84,
    )


def _texts(n: int, prefix: str) -> pd.Series:
    return pd.Series([f"{prefix}{i}" for i in range(n)], dtype=object)


def shops_frame(shops: list) -> gpd.GeoDataFrame:
    """Shops as points or outlines."""
    n = len(shops)
    columns = {"id": _texts(n, "s"), "name": _texts(n, "店"), "category": _texts(n, "c")}
    return gpd.GeoDataFrame(columns | {"source": _texts(n, "t")}, geometry=shops, crs=WGS84)


def districts_frame(districts: dict) -> gpd.GeoDataFrame:
    """Districts of one level."""
    columns = {
        "adcode": pd.Series(list(districts), dtype=object),
        "name": pd.Series([f"区{code}" for code in districts], dtype=object),
        "level": np.full(len(districts), 6, dtype="int64"),
        "population": np.full(len(districts), np.nan),
    }
    return gpd.GeoDataFrame(columns, geometry=list(districts.values()), crs=WGS84)


def areas_frame(retail: list) -> gpd.GeoDataFrame:
    """Areas of land use."""
    kind = pd.Series(["retail"] * len(retail), dtype=object)
    return gpd.GeoDataFrame({"kind": kind}, geometry=list(retail), crs=WGS84)


def bus_stops_frame(stops: list) -> gpd.GeoDataFrame:
    """Bus stops."""
    n = len(stops)
    columns = {"id": _texts(n, "b"), "name": _texts(n, "站")}
    return gpd.GeoDataFrame(columns, geometry=shapely.points(np.reshape(stops, (n, 2))), crs=WGS84)


def stations_frame(stations: list) -> gpd.GeoDataFrame:
    """Stations by id and place."""
    n = len(stations)
    places = shapely.points(np.reshape(stations, (n, 2)))
    return gpd.GeoDataFrame({"station_id": _texts(n, "p")}, geometry=places, crs=WGS84)


def frames(city: City) -> dict[str, gpd.GeoDataFrame]:
    """All frames of a city but its stations."""
    return {
        "ways": ways_frame(city.ways),
        "shops": shops_frame(city.shops),
        "districts": districts_frame(city.districts),
        "areas": areas_frame(city.retail),
        "bus_stops": bus_stops_frame(city.bus_stops),
    }


def tables(result: Result, crs) -> dict[str, pd.DataFrame]:
    """Parts, stretches and twins as the kernel takes them, in a metric system."""

    def line(xy) -> shapely.LineString:
        return shapely.LineString([result.back(p) for p in xy])

    parts = gpd.GeoDataFrame(
        {
            "street_id": pd.Series([f"{p.name}#{i}" for i, p in enumerate(result.parts)]),
            "name": pd.Series([p.name or None for p in result.parts], dtype=object),
            "name_en": pd.Series([None] * len(result.parts), dtype=object),
            "part": np.ones(len(result.parts), dtype="int64"),
            "adcode": pd.Series([None] * len(result.parts), dtype=object),
            "length_m": [p.length for p in result.parts],
            "closed": np.array([p.closed for p in result.parts], dtype=bool),
        },
        index=pd.RangeIndex(len(result.parts)),
        geometry=[line(p.xy) for p in result.parts],
        crs=WGS84,
    ).to_crs(crs)
    twins = [(i, line(xy)) for i, lines in enumerate(result.twins) for xy in lines]
    fronts = [
        (f.part, f.from_m, f.to_m, f.street_class, f.adcode, f.frontage, f.side)
        for f in result.fronts
    ]
    head = ["line", "from_m", "to_m"]
    return {
        "parts": parts,
        "stretches": pd.DataFrame(
            fronts, columns=[*head, "street_class", "adcode", "frontage", "side"]
        ),
        "twins": gpd.GeoDataFrame(
            {"line": np.array([i for i, _ in twins], dtype="int64")},
            geometry=[g for _, g in twins],
            crs=WGS84,
        ).to_crs(crs),
        "shop_stretches": pd.DataFrame(
            [(i, a, b, side) for i, side, a, b in result.shop_fronts], columns=[*head, "side"]
        ),
    }


def _text(value) -> str:
    return "" if value is None or value != value else str(value)


def _same_place(gap: Gap, row, tolerance_m: float) -> bool:
    """Ends agree on the ground, in either order: a ring has no first end."""
    line = row.geometry
    if not gap.closed and line.geom_type == "LineString":
        ends = line.coords[0], line.coords[-1]
        metre = 1 / 111_000
        wide = metre / math.cos(math.radians(gap.ends[0][1]))
        for order in (ends, ends[::-1]):
            if all(
                abs(a[0] - b[0]) < tolerance_m * 1.01 * wide
                and abs(a[1] - b[1]) < tolerance_m * 1.01 * metre
                for a, b in zip(gap.ends, order, strict=True)
            ):
                return True
        return False
    return True


def same_gap(gap: Gap, row, *, tolerance_m: float, labels: bool) -> bool:
    """Whether a row of the gaps frame is this gap.

    On a ring the direction of chainage is not defined: from and to may change places, counted
    from the other way round.
    """

    def near(a: float, b: float) -> bool:
        return abs(a - b) <= tolerance_m

    def near_on_ring(a: float, b: float) -> bool:
        apart = (a - b) % gap.part_m
        return min(apart, gap.part_m - apart) <= tolerance_m

    if _text(row.street_name) != gap.name or row.points_needed != gap.points_needed:
        return False
    if not near(row.length_m, gap.length_m):
        return False
    if labels and (
        row.frontage != gap.frontage
        or row.street_class != gap.street_class
        or _text(row.adcode) != _text(gap.adcode)
        or not near(row.shops_m, gap.shops_m)
    ):
        return False
    if not gap.closed:
        chainage = near(row.from_m, gap.from_m) and near(row.to_m, gap.to_m)
        return chainage and row.side == gap.side and _same_place(gap, row, tolerance_m)
    whole = near(gap.length_m, gap.part_m) and gap.from_m == 0
    ahead = near_on_ring(row.from_m, gap.from_m) and near_on_ring(row.to_m, gap.to_m)
    around = near_on_ring(row.from_m, -gap.to_m) and near_on_ring(row.to_m, -gap.from_m)
    mirrored = {"left": "right", "right": "left", "both": "both"}[gap.side]
    if whole:
        return row.side in (gap.side, mirrored)
    return (ahead and row.side == gap.side) or (around and row.side == mirrored)


def differences(
    expected: list[Gap], found: gpd.GeoDataFrame, *, tolerance_m: float = 0.001, labels: bool = True
) -> list[str]:
    """What only one of the two has, in words; empty where they are equal."""
    rows = list(found.itertuples())
    missing = []
    for gap in expected:
        match = next(
            (r for r in rows if same_gap(gap, r, tolerance_m=tolerance_m, labels=labels)), None
        )
        if match is None:
            missing.append(gap)
        else:
            rows.remove(match)
    lost = [
        f"missing: {g.name or '(unnamed)'} {g.side} {g.from_m:.4f}-{g.to_m:.4f} "
        f"{g.length_m:.4f} m, {g.points_needed} points, {g.frontage} {g.shops_m:.4f} m, "
        f"{g.street_class}, {g.adcode}, {'ring' if g.closed else 'open'} of {g.part_m:.4f} m"
        for g in missing
    ]
    extra = [
        f"not expected: {_text(r.street_name) or '(unnamed)'} {r.side} "
        f"{r.from_m:.4f}-{r.to_m:.4f} {r.length_m:.4f} m, {r.points_needed} points, "
        f"{r.frontage} {r.shops_m:.4f} m, {r.street_class}, {r.adcode}"
        for r in rows
    ]
    return sorted(lost + extra)
