"""Hosts: the places where stations belong, and which stations stand at which of them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray

from stationmap.covering import ticks
from stationmap.crs import scale_factor, to_metric

B = NDArray[np.bool_]
F = NDArray[np.float64]
I = NDArray[np.int64]  # noqa: E741

# kinds of place that are areas by import: zone, and whether it is urban
AREAS: Mapping[str, tuple[str, bool | None]] = {
    "city_community": ("community", True),
    "rural_community": ("community", False),
    "subdistrict": ("subdistrict", None),
    "compound": ("compound", None),
    "civilised_unit": ("civilised_unit", None),
}
_INSIDE = ["city_community", "rural_community", "subdistrict", "compound"]
COMMUNITIES = ("city_community", "rural_community")
# a point of these says nothing of what lies in them; at that of a compound or a unit stations stand
_OUTLINED = ("community", "subdistrict")
COLUMNS = ("place", "subject_kind", "id", "name", "adcode", "layer", "doubt", "frontage")


@dataclass(frozen=True)
class Hosts:
    """Places of all kinds that a pack names, and the active stations near them.

    Attributes
    ----------
    places : GeoDataFrame
        place (the kind that packs name), subject_kind, id, name, adcode, layer (whose
        completeness decides), doubt (whether it may not be of this kind at all: a community of
        which nobody says whether it is urban), frontage ("shops", "assumed", "none"), geometry in
        EPSG:4326 (None for a place that is only listed).
    station, place, apart : (n,) int64
        Pairs of an active station and a place: rows, and ground distance in ticks of 0.1 mm
        (0 inside an outline); sorted by place, then distance.
    """

    places: gpd.GeoDataFrame
    station: I
    place: I
    apart: I

    def pairs(self, kinds: Collection[str], *, within_m: float) -> tuple[I, I, F]:
        """Return station rows, place rows and metres of the pairs of some kinds of place.

        `within_m` is inclusive, compared after rounding to 0.1 mm; outlines of areas count their
        inside.
        """
        wanted = self.places["place"].isin(list(kinds)).to_numpy()[self.place]
        keep = wanted & (self.apart <= ticks(within_m))
        return self.station[keep], self.place[keep], self.apart[keep] / ticks(1.0)


def of(
    stations: gpd.GeoDataFrame, places: gpd.GeoDataFrame, *, reach_m: float, crs: pyproj.CRS
) -> Hosts:
    """Pair stations with the places no farther than `reach_m` from them, in one join.

    Parameters
    ----------
    stations : GeoDataFrame
        Points in EPSG:4326; one without a place stands nowhere.
    places : GeoDataFrame
        `COLUMNS` and geometry in EPSG:4326.
    reach_m : float
        Ground metres, inclusive; areas are paired with the stations inside their outline or on its
        edge, those that are points with what lies within reach.
    crs : pyproj.CRS
        The city's metric CRS.
    """
    points = to_metric(stations[["geometry"]], crs).geometry.to_numpy()
    shapes = to_metric(places[["geometry"]], crs).geometry.to_numpy()
    x, y = shapely.get_x(points), shapely.get_y(points)
    scale = np.ones(len(points))
    known = np.isfinite(x)
    scale[known] = scale_factor(crs, x[known], y[known])
    area = has_inside(places)
    reach = np.where(area, 0.0, (reach_m + 1e-3) * scale.max(initial=1.0))
    shapely.prepare(shapes)
    tree = shapely.STRtree(points)
    place, station = tree.query(shapes, predicate="dwithin", distance=reach)
    apart = ticks(shapely.distance(points[station], shapes[place]) / scale[station])
    keep = apart <= np.where(area[place], 0, ticks(reach_m))
    station, place, apart = station[keep], place[keep], apart[keep]
    order = np.lexsort((station, apart, place))
    return Hosts(places, station[order], place[order], apart[order])


def has_inside(places: gpd.GeoDataFrame) -> B:
    """Tell which places are areas that count their inside alone: no points, and no units."""
    drawn = ~np.isin(shapely.get_dimensions(places.geometry.to_numpy()), (0, 1))
    found: B = places["place"].isin(_INSIDE).to_numpy(dtype=bool) & drawn
    return found


def table(rows: pd.DataFrame, **columns: object) -> gpd.GeoDataFrame:
    """Return places from rows with id, name, adcode and geometry, other columns as given."""
    defaults: dict[str, object] = {"doubt": False, "frontage": "none"}
    frame = pd.DataFrame(rows[["id", "name", "adcode"]]).assign(**(defaults | columns))
    geometry = np.asarray(rows["geometry"], dtype=object)
    return gpd.GeoDataFrame(frame[list(COLUMNS)], geometry=geometry, crs="EPSG:4326")


def facilities(frame: gpd.GeoDataFrame, *, kinds: Collection[str]) -> gpd.GeoDataFrame:
    """Return the facilities whose category is one of some kinds of place."""
    rows = frame[frame["category"].isin(list(kinds))]
    layer = "facilities:" + rows["category"].astype("str")
    return table(rows, place=rows["category"], subject_kind="facility", layer=layer)


def areas(zones: gpd.GeoDataFrame, *, kind: str) -> gpd.GeoDataFrame:
    """Return the areas of a kind of place; communities of unknown kind are in doubt in both.

    Communities and sub-districts of which a mere point is known have no geometry.
    """
    zone, urban = AREAS[kind]
    rows = zones[zones["kind"] == zone]
    doubt = np.zeros(len(rows), dtype=bool)
    if urban is not None:
        said = rows["urban"].astype("object")
        doubt = said.isna().to_numpy(dtype=bool)
        rows, doubt = rows[doubt | (said == urban)], doubt[doubt | (said == urban).to_numpy()]
    if zone in _OUTLINED:
        drawn = shapely.get_dimensions(rows.geometry.to_numpy()) == 2
        rows = rows.set_geometry(rows.geometry.where(drawn, None))
    return table(rows, place=kind, subject_kind="area", layer=zone, doubt=doubt)
