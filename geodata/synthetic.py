"""Labelled synthetic stations at the real shops of any city, to see the rule at work there."""

import random

import geopandas as gpd
import numpy as np
import pandas as pd

from stationmap import stations
from stationmap.checks import spacing
from stationmap.crs import to_metric
from stationmap.errors import InputError
from stationmap.linear import Lines, within
from stationmap.standards import SiteType, SpacingRule
from stationmap.streets import Streets

SOURCE = "synthetic"


def stations_at_shops(
    shops: gpd.GeoDataFrame,
    *,
    streets: Streets,
    rule: SpacingRule,
    site_type: SiteType,
    share: float = 0.4,
    seed: int = 1,
) -> gpd.GeoDataFrame:
    """Put stations at shops until about a share of the shop frontage is covered.

    Parameters
    ----------
    shops : GeoDataFrame
        The shops frame, with its CRS; a shop with an outline has its station in the outline.
    streets : Streets
        The city's streets as `rule` sees them.
    rule : SpacingRule
        Gives spacing and snapping distance; its frontage is what is to be covered.
    site_type : SiteType
        Type of the stations.
    share : float
        Covered share aimed at, 0 < share ≤ 1; as much as the shops allow where they do not suffice.
    seed : int
        The same seed and shops, in whatever order, give the same stations.

    Returns
    -------
    GeoDataFrame
        A stations frame (EPSG:4326): active, `source` "synthetic", names that begin with 合成.
        Nothing but the place is claimed: no unit, no hours, no supplies.

    Raises
    ------
    InputError
        `share` is out of range, or no shop stands at a street along which the rule holds.
    """
    if not 0 < share <= 1:
        raise InputError("share is {share}: expected more than 0 and at most 1", share=share)
    doors = _doors(shops, streets, rule, seed=seed)
    if doors.empty:
        raise InputError(
            "no shop stands within {snap_m:g} m of a street along which rule {rule} holds; import "
            "streets and shops of one place first",
            snap_m=rule.snap_m,
            rule=rule.id,
        )
    prepared = spacing.prepare(
        streets, spacing_m=rule.spacing_m, snap_m=rule.snap_m, sides=rule.sides
    )
    low, high = 1, len(doors)
    while low < high:  # the covered share grows with every station
        count = (low + high) // 2
        summary = spacing.check(prepared, doors.iloc[:count]).summary()
        if (summary["covered_share"] or 0.0) < share:
            low = count + 1
        else:
            high = count
    return _frame(doors.iloc[:low], site_type)


def _doors(
    shops: gpd.GeoDataFrame, streets: Streets, rule: SpacingRule, *, seed: int
) -> gpd.GeoDataFrame:
    """Return shops that may be stations, in the order of choice: one a spacing and street."""
    ordered = shops.assign(geometry=to_metric(shops, streets.crs).geometry.representative_point())
    ordered = gpd.GeoDataFrame(ordered, crs=streets.crs).sort_values("id").drop_duplicates("id")
    order = list(range(len(ordered)))
    random.Random(seed).shuffle(order)  # noqa: S311 - drawing a sample, not keys
    ordered = ordered.iloc[order].reset_index(drop=True)
    lines = Lines.from_geometries(streets.parts.geometry, crs=streets.crs)
    x, y = ordered.geometry.x.to_numpy(), ordered.geometry.y.to_numpy()
    shop, line, at_m, _, _ = within(lines, x, y, distance_m=rule.snap_m)
    places = pd.DataFrame({"shop": shop, "line": line, "cell": at_m // rule.spacing_m})
    first = places.sort_values("shop", kind="stable").drop_duplicates(["line", "cell"])
    doors = ordered.iloc[np.unique(first["shop"].to_numpy())]
    return doors.assign(station_id=SOURCE + "-" + doors["id"].astype(str)).reset_index(drop=True)


def _frame(doors: gpd.GeoDataFrame, site_type: SiteType) -> gpd.GeoDataFrame:
    places = doors.geometry.to_crs("EPSG:4326")
    label = "合成" + site_type.name.zh
    names = doors["name"].fillna("").map(lambda shop: f"{label}（{shop}）" if shop else label)
    return stations.conform(
        gpd.GeoDataFrame(
            {
                "station_id": doors["station_id"],
                "name": names,
                "type": site_type.id,
                "status": "active",
                "source": SOURCE,
                "source_lon": places.x,
                "source_lat": places.y,
                "source_datum": "wgs84",
            },
            geometry=places,
            crs="EPSG:4326",
        )
    )
