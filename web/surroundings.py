"""What stands around a proposed place: the nearest station, and the gap it would help close."""

import math

import geopandas as gpd
import numpy as np
import shapely

from stationmap.crs import to_metric
from stationmap.index import StationIndex
from stationmap.messages import N_
from stationmap.tiles import Viewport
from web.view import CityView
from web.words import say

REACH_M = 1000
STANDING = ("active", "planned")
_CLOSE = 19  # a zoom at which nothing is gathered
_M_PER_DEG = 111_320.0


def around(
    now: CityView, place: tuple[float, float], *, site_type: str | None, lang: str
) -> list[str]:
    """Say what somebody who decides about a new station wants to know of its place.

    Parameters
    ----------
    now : CityView
    place : tuple of float
        Longitude and latitude, WGS-84 degrees.
    site_type : str or None
        Type of the proposed station; only one that the spacing rule counts helps close a gap.
    lang : str

    Returns
    -------
    list of str
        Sentences.
    """
    lon, lat = place
    found = now.stations_in(_window(lon, lat, REACH_M))
    said = [N_("No station in operation or planned lies within {metres} m.")]
    values: dict[str, object] = {"metres": REACH_M}
    if "station_id" in found:
        held = found[found["status"].isin(STANDING).to_numpy(dtype=bool)]
        near = StationIndex(gpd.GeoDataFrame(held)).nearest(lon, lat)
        if near and near[0].distance_m <= REACH_M:
            name = held["name"].get(near[0].station_id) or near[0].station_id
            said = [N_("The nearest station in operation or planned is {name}, {metres} m away.")]
            values = {"name": name, "metres": round(near[0].distance_m)}
    sentences = [say(said[0], lang=lang, **values)]
    if now.has_gaps and site_type in now.spacing_rule.counts:
        sentences.append(_gap(now, lon, lat, lang))
    return sentences


def _gap(now: CityView, lon: float, lat: float, lang: str) -> str:
    snap_m = now.spacing_rule.snap_m
    seen = now.gaps_in(_window(lon, lat, snap_m), keep=np.ones(len(now.gaps), dtype=bool))
    if "gap_id" not in seen or not len(seen):
        return say(N_("It lies on no gap."), lang=lang)
    crs = now.answers.crs()
    lines = to_metric(gpd.GeoDataFrame(seen), crs)
    point = to_metric(
        gpd.GeoDataFrame(geometry=[shapely.Point(lon, lat)], crs="EPSG:4326"), crs
    ).geometry.iloc[0]
    distance = shapely.distance(lines.geometry.to_numpy(), point)
    nearest = int(distance.argmin())
    if distance[nearest] > snap_m:
        return say(N_("It lies on no gap."), lang=lang)
    gap = seen.iloc[nearest]
    return say(
        N_("It lies on a gap of {street}, {length} m long, that needs {points} more."),
        lang=lang,
        street=now.street_table["name"].get(gap["street_id"]) or gap["street_id"],
        length=round(gap["length_m"]),
        points=int(gap["points_needed"]),
    )


def _window(lon: float, lat: float, metres: float) -> Viewport:
    north = metres / _M_PER_DEG * 1.01
    east = north / max(math.cos(math.radians(lat)), 0.01)
    return Viewport(lon - east, lat - north, lon + east, lat + north, _CLOSE)
