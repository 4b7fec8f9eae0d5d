"""The stations that can be walked to, prepared for being asked again and again."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray

from stationmap.crs import to_metric
from stationmap.index import StationIndex
from stationmap.stations import SUPPLIES
from stationmap.walking import Network, Walks

TOILET = "toilet"
# assumed: a toilet this near, straight over ground, is one that a station can send to
TOILET_M = 100.0

F = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


class Places:
    """The stations that can be walked to, as arrays; good as long as stations and ground stay."""

    def __init__(self, frame: gpd.GeoDataFrame, *, toilets: gpd.GeoSeries, crs: pyproj.CRS) -> None:
        """Take the stations in operation and the suspended ones that have a place.

        Parameters
        ----------
        frame : GeoDataFrame
            The stations frame, EPSG:4326.
        toilets : GeoSeries
            Public toilets, points or outlines, EPSG:4326; none where the data have none.
        crs : pyproj.CRS
            Local metric CRS.
        """
        placed = frame.geometry.notna() & ~frame.geometry.is_empty
        frame = frame[placed & frame["status"].isin(["active", "suspended"])]
        self.ids: list[str] = frame["station_id"].tolist()
        self.row_of = {own: row for row, own in enumerate(self.ids)}
        self.lon, self.lat = frame.geometry.x.to_numpy(), frame.geometry.y.to_numpy()
        self.active: Bools = (frame["status"] == "active").to_numpy(dtype=bool)
        self.index = StationIndex(frame[["station_id", "geometry"]])
        self.toilet_m = _to_nearest(frame, toilets, crs=crs)
        self.toilets_known = len(toilets) > 0
        listed = [set(t.split(";")) if isinstance(t, str) else None for t in frame["supplies"]]
        self.unlisted: Bools = np.array([one is None for one in listed], dtype=bool)
        self.has: dict[str, Bools] = {
            need: np.array([one is not None and need in one for one in listed], dtype=bool)
            for need in SUPPLIES
        }
        self.has[TOILET] = self.toilet_m <= TOILET_M
        number, texts = pd.factorize(frame["hours"], use_na_sentinel=False)
        self.hours_of: Ints = number
        self.hours = [text if isinstance(text, str) else None for text in texts]

    def same_places(self, other: "Places") -> bool:
        """Whether both have the same stations at the same places."""
        return (
            self.ids == other.ids
            and np.array_equal(self.lon, other.lon)
            and np.array_equal(self.lat, other.lat)
        )

    def is_unknown(self, need: str) -> Bools | None:
        """Where nobody knows of a need whether it is there; None where that is so nowhere."""
        if need == TOILET:
            return None if self.toilets_known else np.ones(len(self.ids), dtype=bool)
        return self.unlisted


class Paths:
    """The ways to some stations over a city's network."""

    def __init__(self, network: Network, places: Places, *, step_free: bool) -> None:
        self.places, self._network, self._step_free = places, network, step_free
        at = {"station_ids": places.ids, "lon": places.lon, "lat": places.lat}
        self.walks = Walks(network, **at, step_free=step_free)
        #: rows of stations to which no way is known
        self.off: Ints = np.flatnonzero(self._edges(places.lon, places.lat) < 0)

    def begins_at(self, lon: float, lat: float) -> bool:
        """Whether a way for walkers is near a place."""
        return bool(self._edges(np.array([lon]), np.array([lat]))[0] >= 0)

    def _edges(self, lon: F, lat: F) -> Any:
        return self._network.snap(lon, lat, step_free=self._step_free).edge


@dataclass(frozen=True)
class Facts:
    """What else is known of the stations in one version of the register.

    Attributes
    ----------
    closures : mapping
        Station id → its closure notices: ``from_date``, ``to_date`` (ISO, None: until further
        notice) and ``reason``.
    short : mapping
        Station id → supplies that are reported as running short.
    missed : mapping
        Station id → supplies that it lists and the newest inspection did not find.
    checked_on : callable of a day
        Returns station id → the day of the last inspection, as known on that day.
    """

    closures: Mapping[str, Sequence[Mapping[str, Any]]]
    short: Mapping[str, tuple[str, ...]]
    checked_on: Callable[[dt.date], Mapping[str, dt.date]]
    missed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def _to_nearest(frame: gpd.GeoDataFrame, toilets: gpd.GeoSeries, *, crs: pyproj.CRS) -> F:
    """Metres from each station to the nearest toilet, infinite beyond `TOILET_M`."""
    metres = np.full(len(frame), np.inf)
    if not len(toilets) or not len(frame):
        return metres
    shapes = to_metric(gpd.GeoDataFrame(geometry=toilets), crs).geometry.to_numpy()
    points = to_metric(frame[["geometry"]], crs).geometry.to_numpy()
    (rows, _), apart = shapely.STRtree(shapes).query_nearest(
        points, max_distance=1.01 * TOILET_M, return_distance=True, all_matches=False
    )
    metres[rows] = apart
    return metres
