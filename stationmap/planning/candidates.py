"""Candidates: the shops and facilities at which a new station could stand, and how they suit."""

import tomllib
from collections.abc import Collection, Mapping
from functools import cache
from importlib import resources
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from stationmap.checks.kerbs import Prepared
from stationmap.covering import B, F
from stationmap.crs import to_metric, to_wgs84
from stationmap.facilities import name_key
from stationmap.linear import locate
from stationmap.standards import Pack, PlacementRule, PresenceRule, SpacingRule, tables
from stationmap.stations import counting

CANDIDATES = (
    "candidate_id",
    "host_kind",
    "host_id",
    "name",
    "category",
    "hours",
    "partner",
    "front_m",
    "suitability",
    "adcode",
    "geometry",
)
HELD_M = 10.0
"""A station no farther than this from a host's point or outline stands at it; assumed."""


def of_city(
    *,
    prepared: Prepared,
    shops: gpd.GeoDataFrame,
    facilities: gpd.GeoDataFrame,
    rule: SpacingRule,
    pack: Pack,
    stations: gpd.GeoDataFrame,
    exclude: Collection[str] | gpd.GeoDataFrame = (),
) -> gpd.GeoDataFrame:
    """Return the hosts where a new station of a spacing rule's type would count on some street.

    Shops that stand within snapping distance of a street of the rule; and facilities there of the
    categories at which the pack wants or allows stations of the rule's type. Hosts that hold a
    counting station already, active or planned, are none. An outline is taken at its point nearest
    to a street.

    Suitability is the sum of four shares (``standards/tables/suitability.toml``; assumed, as no
    document weighs hosts): its category; whether it is a partner already (it holds a station of
    another type, or bears the name of a unit that has stations); whether its opening hours are
    known; and the length of its front.

    Parameters
    ----------
    prepared : Prepared
        The streets of the rule.
    shops, facilities : GeoDataFrame
        id, name, category, geometry; hours and adcode if they are known.
    rule : SpacingRule
    pack : Pack
    stations : GeoDataFrame
        The stations frame, every status.
    exclude : collection of str, or GeoDataFrame
        Ids of hosts that are to be none; or shapes, such as areas: hosts that touch them are none.

    Returns
    -------
    GeoDataFrame
        `CANDIDATES`, EPSG:4326, by candidate_id ("shop:" or "facility:" and the host's id).
        ``front_m`` is NaN, ``hours`` None where nobody knows. ``attrs["excluded"]`` is how many
        hosts `exclude` kept out, ``attrs["held"]`` how many hold a station.
    """
    wanted = facilities[facilities["category"].isin(list(hosting(pack, rule)))]
    frame = pd.concat([_hosts(shops, "shop"), _hosts(wanted, "facility")], ignore_index=True)
    frame = frame[~(shapely.is_missing(frame.geometry) | shapely.is_empty(frame.geometry))]
    frame = frame.drop_duplicates("candidate_id").sort_values("candidate_id", ignore_index=True)
    frame = gpd.GeoDataFrame(frame, geometry="geometry", crs="EPSG:4326")
    shapes = to_metric(frame[["geometry"]], prepared.lines.crs).geometry.to_numpy()
    near, line = _nearest_part(prepared, shapes)
    frame, shapes, line = frame[near].reset_index(drop=True), shapes[near], line[near]

    kept_out = _excluded(frame, shapes, exclude, prepared)
    own = counting(stations, types=rule.counts, with_planned=True)
    other = stations["status"].isin(["active", "planned"]).to_numpy(dtype=np.bool_) & ~own
    held = _beside(shapes, stations[own], prepared) & ~kept_out
    frame["partner"] = _beside(shapes, stations[other], prepared) | _unit(frame, stations)
    frame["front_m"] = _front(prepared, shapes, line)
    frame["suitability"] = _suitability(frame)
    frame["adcode"] = frame["adcode"].where(
        frame["adcode"].notna(), prepared.parts["adcode"].to_numpy(dtype=object)[line]
    )
    points = to_wgs84(
        gpd.GeoDataFrame(geometry=_at(prepared, shapes, line), crs=prepared.lines.crs)
    )
    drawn = shapely.get_dimensions(shapes) > 0
    frame = frame.set_geometry(frame.geometry.where(~drawn, points.geometry))
    found = frame.loc[~(kept_out | held), list(CANDIDATES)].reset_index(drop=True)
    found.attrs.update(excluded=int(kept_out.sum()), held=int(held.sum()))
    return found


def hosting(pack: Pack, rule: SpacingRule) -> frozenset[str]:
    """Return the categories of facilities at which the pack wants or allows the rule's type."""
    places = (
        place
        for other in pack.rules
        if isinstance(other, PresenceRule | PlacementRule) and other.site_type == rule.site_type
        for place in other.at
    )
    return frozenset(places) & frozenset(tables.categories())


def _hosts(rows: gpd.GeoDataFrame, kind: str) -> pd.DataFrame:
    ids = rows["id"].astype("str")
    return pd.DataFrame(
        {
            "candidate_id": kind + ":" + ids,
            "host_kind": kind,
            "host_id": ids,
            "name": rows["name"].astype("object"),
            "category": rows["category"].astype("object"),
            "hours": rows["hours"].astype("object") if "hours" in rows else None,
            "adcode": rows["adcode"].astype("object") if "adcode" in rows else None,
            "geometry": np.asarray(rows.geometry.values, dtype=object),
        }
    )


def _nearest_part(prepared: Prepared, shapes: Any) -> tuple[B, Any]:
    """Tell which shapes a street passes within snapping distance; the nearest part to each."""
    line = np.zeros(len(shapes), np.int64)
    near = np.zeros(len(shapes), np.bool_)
    if not len(shapes) or not len(prepared.lines):
        return near, line
    reach = (prepared.snap_m + 1e-3) * prepared.widest
    shape, row = prepared.tree.query(shapes, predicate="dwithin", distance=reach)
    apart = shapely.distance(shapes[shape], prepared.tree.geometries[row])
    order = np.lexsort((row, apart, shape))
    shape, row = shape[order], row[order]
    first = np.flatnonzero(np.diff(shape, prepend=-1))
    near[shape[first]] = True
    line[shape[first]] = prepared.line_of[row[first]]
    return near, line


def _at(prepared: Prepared, shapes: Any, line: Any) -> Any:
    """Return the point of each shape that is nearest to its part."""
    parts = np.asarray(prepared.tree.geometries)[line]
    return shapely.get_point(shapely.shortest_line(shapes, parts), 0)


def _front(prepared: Prepared, shapes: Any, line: Any) -> F:
    """Metres of the part that an outline stands along; NaN for a mere point."""
    found = np.full(len(shapes), np.nan)
    drawn = np.flatnonzero(shapely.get_dimensions(shapes) > 0)
    xy, owner = shapely.get_coordinates(shapes[drawn], return_index=True)
    at_m, _, _ = locate(prepared.lines, line[drawn][owner], xy[:, 0], xy[:, 1])
    ends = pd.DataFrame({"owner": owner, "at": at_m}).groupby("owner")["at"].agg(["min", "max"])
    span = (ends["max"] - ends["min"]).to_numpy()
    length = prepared.lines.length_m[line[drawn]]
    # across the origin of a ring the shorter way round is meant
    found[drawn] = np.where(
        prepared.lines.closed[line[drawn]], np.minimum(span, length - span), span
    )
    return found


def _beside(shapes: Any, stations: gpd.GeoDataFrame, prepared: Prepared) -> B:
    """Tell at which shapes one of the stations stands."""
    found = np.zeros(len(shapes), np.bool_)
    placed = stations[~(stations.geometry.isna() | stations.geometry.is_empty)]
    if len(placed) and len(shapes):
        points = to_metric(placed[["geometry"]], prepared.lines.crs).geometry.to_numpy()
        tree = shapely.STRtree(points)
        reach = HELD_M * prepared.widest
        found[tree.query(shapes, predicate="dwithin", distance=reach)[0]] = True
    return found


def _unit(frame: pd.DataFrame, stations: gpd.GeoDataFrame) -> B:
    """Tell which hosts bear the name of a unit that has stations."""
    units = {name_key(name) for name in stations["unit"].dropna().unique()} - {""}
    keys = pd.Series([name_key(name) for name in frame["name"]], index=frame.index)
    found: B = keys.isin(list(units)).to_numpy(dtype=np.bool_)
    return found


def _excluded(
    frame: gpd.GeoDataFrame,
    shapes: Any,
    exclude: Collection[str] | gpd.GeoDataFrame,
    prepared: Prepared,
) -> B:
    found: B
    if not isinstance(exclude, gpd.GeoDataFrame):
        ids = list(exclude)
        found = (frame["host_id"].isin(ids) | frame["candidate_id"].isin(ids)).to_numpy(np.bool_)
        return found
    found = np.zeros(len(frame), np.bool_)
    areas = to_metric(exclude[["geometry"]], prepared.lines.crs).geometry.dropna().to_numpy()
    if len(areas) and len(shapes):
        found[shapely.STRtree(areas).query(shapes, predicate="intersects")[0]] = True
    return found


def _suitability(frame: pd.DataFrame) -> F:
    """Weigh category, partner, hours and front; from 0 to 1."""
    table = weights()
    kinds = frame["host_kind"].to_numpy(dtype=object)
    category = [
        table[kind].get(str(own), table[kind]["other"])
        for kind, own in zip(kinds, frame["category"], strict=True)
    ]
    full_m = table["front"]["full_m"]
    shares = {
        "category": np.array(category, np.float64),
        "partner": frame["partner"].to_numpy(dtype=np.float64),
        "hours": frame["hours"].notna().to_numpy(dtype=np.float64),
        "front": np.nan_to_num(np.minimum(frame["front_m"].to_numpy(np.float64) / full_m, 1.0)),
    }
    total: F = sum((table["weight"][name] * share for name, share in shares.items()), np.zeros(1))
    return np.round(total, 4)


@cache
def weights() -> Mapping[str, Any]:
    """Return the table of weights of hosts."""
    file = resources.files("stationmap.standards") / "tables" / "suitability.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))
