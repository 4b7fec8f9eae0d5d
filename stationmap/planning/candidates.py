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
from stationmap.hours import parse
from stationmap.linear import locate
from stationmap.standards import Pack, PlacementRule, PresenceRule, SpacingRule, tables
from stationmap.stations import counting

CANDIDATES = (
    "candidate_id",
    "host_kind",
    "host_id",
    "front",
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
INSIDE_M = 0.02
"""A place at a corner is taken so much nearer than the limit, to count whatever is rounded."""


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
    station of a type that counts already are none: in use, planned, or suspended, as that would
    be opened again. An outline is taken at its point nearest
    to a street; a large one also at its points nearest to further streets that the former are too
    far from to count on, and where it has one at a place that counts on two of these, as candidates
    of their own.

    Suitability is the sum of four shares (``standards/tables/suitability.toml``; assumed, as no
    document weighs hosts): its category; whether it is a partner already (it holds a station of
    another type, or bears the name of a station or of its unit); how long and how many evenings it
    is open, halfway where nobody knows or can read it; and the length of its front.

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
        `CANDIDATES`, EPSG:4326, by candidate_id ("shop:" or "facility:" and the host's id,
        "-2" … of its further fronts). ``front`` names the streets that a front looks on, joined by
        ";", None of a host with only one.
        ``front_m`` is NaN, ``hours`` None where nobody knows. ``attrs["excluded"]`` is how many
        hosts `exclude` kept out, ``attrs["held"]`` how many hold a station.
    """
    wanted = facilities[facilities["category"].isin(list(hosting(pack, rule)))]
    frame = pd.concat([_hosts(shops, "shop"), _hosts(wanted, "facility")], ignore_index=True)
    frame = frame[~(shapely.is_missing(frame.geometry) | shapely.is_empty(frame.geometry))]
    frame = frame.drop_duplicates("candidate_id").sort_values("candidate_id", ignore_index=True)
    frame = gpd.GeoDataFrame(frame, geometry="geometry", crs="EPSG:4326")
    shapes = to_metric(frame[["geometry"]], prepared.lines.crs).geometry.to_numpy()
    host, line, front, points, also = _fronts(prepared, shapes)
    near = np.unique(host)

    kept_out = _excluded(frame, shapes, exclude, prepared)
    own = counting(stations, types=rule.counts, with_planned=True)
    other = stations["status"].isin(["active", "planned"]).to_numpy(dtype=np.bool_) & ~own
    resting = (stations["status"] == "suspended") & stations["type"].isin(list(rule.counts))
    taking = stations[own | resting.to_numpy(dtype=np.bool_)]
    held = _beside(shapes, taking, prepared) & ~kept_out
    frame["partner"] = _beside(shapes, stations[other], prepared) | _unit(frame, stations)
    excluded, taken = int(kept_out[near].sum()), int(held[near].sum())
    free = ~(kept_out | held)[host]
    host, line, front = host[free], line[free], front[free]
    points, also = points[free], also[free]
    found = frame.iloc[host].reset_index(drop=True)
    found["front_m"] = _front(prepared, shapes[host], line)
    found["front"] = _streets(prepared, host, line, also)
    found["suitability"] = _suitability(found)
    found["adcode"] = found["adcode"].where(
        found["adcode"].notna(), prepared.parts["adcode"].to_numpy(dtype=object)[line]
    )
    more = front > 0
    found.loc[more, "candidate_id"] += "-" + pd.Series(front + 1)[more].astype("str")
    placed = to_wgs84(gpd.GeoDataFrame(geometry=points, crs=prepared.lines.crs)).geometry
    drawn = shapely.get_dimensions(shapes[host]) > 0
    found = found.set_geometry(found.geometry.where(~drawn, placed))[list(CANDIDATES)]
    found = found.sort_values("candidate_id", ignore_index=True)
    found.attrs.update(excluded=excluded, held=taken)
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


def _fronts(prepared: Prepared, shapes: Any) -> tuple[Any, Any, Any, Any, Any]:
    """Tell where along streets shapes stand, no farther than the snapping distance.

    Returns
    -------
    host, line, front : (n,) int64
        Row in `shapes`; the part that the place is nearest to; 0 for the nearest front of a host,
        1 … for further ones, from where the former ones are too far.
    points : (n,) array of Point
        Planar; of an outline its point nearest to the part.
    also : (n,) int64
        The part that a front at a corner looks on too; -1 of others.
    """
    if not len(shapes) or not len(prepared.lines):
        none = np.zeros(0, np.int64)
        return none, none, none, np.zeros(0, dtype=object), none
    streets = np.asarray(prepared.tree.geometries)
    reach = (prepared.snap_m + 1e-3) * prepared.widest
    shape, row = prepared.tree.query(shapes, predicate="dwithin", distance=reach)
    apart = shapely.distance(shapes[shape], streets[row])
    order = np.lexsort((row, apart, shape))
    shape, row = shape[order], row[order]
    at = shapely.get_point(shapely.shortest_line(shapes[shape], streets[row]), 0)
    drawn = shapely.get_dimensions(shapes) > 0
    kept: list[int] = []
    of_host: list[int] = []
    fronts: list[int] = []
    for number, (own, street) in enumerate(zip(shape.tolist(), row.tolist(), strict=True)):
        if not kept or shape[kept[-1]] != own:
            of_host = []
        if of_host and (not drawn[own] or _reaches(at[of_host], streets[street], reach)):
            continue
        fronts.append(len(of_host))
        of_host.append(number)
        kept.append(number)
    pick = np.array(kept, np.int64)
    host, front = shape[pick], np.array(fronts, np.int64)
    corner, other, points = _corners(shapes, host, streets[row[pick]], prepared)
    line = prepared.line_of[row[pick]]
    return (
        np.concatenate((host, host[corner])),
        np.concatenate((line, line[corner])),
        np.concatenate((front, _next(front, host, host[corner]))),
        np.concatenate((at[pick], points)),
        np.concatenate((np.full(len(pick), -1), line[other])),
    )


def _corners(shapes: Any, host: Any, streets: Any, prepared: Prepared) -> tuple[Any, Any, Any]:
    """Find where hosts of several fronts count on two of their streets: fronts, places."""
    rows = pd.DataFrame({"host": host, "row": np.arange(len(host))})
    rows = rows[rows["host"].duplicated(keep=False)]
    pairs = rows.merge(rows, on="host")
    pairs = pairs[pairs["row_x"] < pairs["row_y"]]
    one, two = pairs["row_x"].to_numpy(), pairs["row_y"].to_numpy()
    reach = prepared.snap_m - INSIDE_M
    both = shapely.intersection(
        shapely.buffer(streets[one], reach), shapely.buffer(streets[two], reach)
    )
    there = shapely.intersection(shapely.boundary(shapes[host[one]]), both)
    some = ~shapely.is_empty(there)
    return one[some], two[some], shapely.point_on_surface(there[some])


def _next(front: Any, host: Any, more: Any) -> Any:
    """Go on numbering the fronts of hosts."""
    count = pd.Series(front).groupby(host).size()
    turn = pd.Series(more).groupby(more).cumcount().to_numpy()
    return count.reindex(more).to_numpy(dtype=np.int64) + turn


def _streets(prepared: Prepared, host: Any, line: Any, also: Any) -> Any:
    """Name the streets of the fronts of hosts that have several."""
    name = prepared.parts["name"].fillna(prepared.parts["street_id"]).to_numpy(dtype=object)
    several = pd.Series(host).duplicated(keep=False)
    told = [
        ";".join(dict.fromkeys(str(name[one]) for one in (own, other) if one >= 0))
        for own, other in zip(line, also, strict=True)
    ]
    return pd.Series(told, dtype=object).where(several, None).to_numpy(dtype=object)


def _reaches(points: Any, street: Any, reach: float) -> bool:
    """Tell whether one of some points is near enough to a street to count on it."""
    return bool(shapely.dwithin(points, street, reach).any())


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
    """Tell which hosts bear the name of a station that is not closed, or of its unit."""
    there = stations[stations["status"].isin(["active", "planned"])]
    names = pd.concat([there["unit"], there["name"]]).dropna().unique()
    units = {name_key(name) for name in names} - {""}
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
        "hours": frame["hours"].map(_open, na_action=None).to_numpy(dtype=np.float64),
        "front": np.nan_to_num(np.minimum(frame["front_m"].to_numpy(np.float64) / full_m, 1.0)),
    }
    total: F = sum((table["weight"][name] * share for name, share in shares.items()), np.zeros(1))
    return np.round(total, 4)


def _open(said: str | None) -> float:
    """Weigh the hours that a host tells in its own words."""
    table = weights()["hours"]
    read = parse(said) if isinstance(said, str) else None
    if read is None:
        return float(table["unknown"])
    late, early = table["evening_from_h"] * 60, table["evening_to_h"] * 60
    evenings = sum(
        sum(max(0, min(stop, early) - max(start, late)) for start, stop in day)
        for day in read.weekly
    )
    long = min(read.minutes / (table["full_week_h"] * 60), 1.0)
    evening = min(evenings / (7 * (early - late)), 1.0)
    return float((1 - table["evenings"]) * long + table["evenings"] * evening)


@cache
def weights() -> Mapping[str, Any]:
    """Return the table of weights of hosts."""
    file = resources.files("stationmap.standards") / "tables" / "suitability.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))
