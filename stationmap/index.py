"""A live R-tree of stations: insert, move, remove, nearest with a filter, viewport.

Places are kept as earth-centred metres (x, y, z on the WGS-84 ellipsoid), so nearness is the same
everywhere: no city's projection, no pole, no antimeridian.
"""

import math
from collections.abc import Callable
from threading import Lock
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pyproj
import rtree.index
import shapely
from numpy.typing import NDArray

from stationmap.errors import InputError
from stationmap.stations import require_wgs84

F = NDArray[np.float64]

_GEOD = pyproj.Geod(ellps="WGS84")
_A_M = _GEOD.a
_E2 = _GEOD.es
# arc = chord (1 + chord² / 24 R²) on the mean radius: right to 0.001 % up to _NEAR_M, beyond which
# the geodesic is computed
_ARC = 1.0 / (24.0 * 6371008.8**2)
_NEAR_M = 1_000_000.0
_ROUNDING_M = 0.001
_NODE = 20  # entries in a node of the tree; 16 to 30 answer fastest


class Nearby(NamedTuple):
    """A station and its straight distance over ground, in metres."""

    station_id: str
    distance_m: float


class StationIndex:
    """Stations by place, changed one by one without a rebuild; safe to share between threads.

    Parameters
    ----------
    frame : GeoDataFrame
        ``station_id`` and points in EPSG:4326; rows without a place are left out.

    Raises
    ------
    CrsError
        The geometry is not in EPSG:4326.
    InputError
        A station id stands twice, or a place is not a finite longitude and latitude.
    """

    def __init__(self, frame: gpd.GeoDataFrame) -> None:
        require_wgs84(frame)
        points = frame.geometry.to_numpy()
        placed = ~(shapely.is_missing(points) | shapely.is_empty(points))
        self._ids: list[str] = frame["station_id"][placed].tolist()
        self._slots = {station_id: slot for slot, station_id in enumerate(self._ids)}
        if len(self._slots) < len(self._ids):
            twice = next(s for i, s in enumerate(self._ids) if self._slots[s] != i)
            raise _already(twice)
        self._lonlat = shapely.get_coordinates(points[placed])
        usable = (np.abs(self._lonlat) <= (180.0, 90.0)).all(axis=1)
        if not usable.all():
            _require_place(*self._lonlat[np.flatnonzero(~usable)[0]])
        self._xyz = _earth_centred(*self._lonlat.T)
        self._lock = Lock()
        properties = rtree.index.Property(dimension=3, leaf_capacity=_NODE, index_capacity=_NODE)
        stream = (np.arange(len(self._ids)), self._xyz, self._xyz) if self._ids else None
        self._tree: Any = rtree.index.Index(stream, properties=properties)

    def __len__(self) -> int:
        return len(self._slots)

    def __contains__(self, station_id: str) -> bool:
        return station_id in self._slots

    def insert(self, station_id: str, *, lon: float, lat: float) -> None:
        """Add a station at a WGS-84 place in degrees; InputError if its id is there already."""
        _require_place(lon, lat)
        with self._lock:
            if station_id in self._slots:
                raise _already(station_id)
            slot = len(self._ids)
            if slot == len(self._xyz):
                self._lonlat, self._xyz = _doubled(self._lonlat), _doubled(self._xyz)
            self._ids.append(station_id)
            self._slots[station_id] = slot
            self._put(slot, lon, lat)

    def move(self, station_id: str, *, lon: float, lat: float) -> None:
        """Move a station to a WGS-84 place in degrees; InputError if its id is unknown."""
        _require_place(lon, lat)
        with self._lock:
            slot = self._slot(station_id)
            self._tree.delete(slot, self._xyz[slot])
            self._put(slot, lon, lat)

    def remove(self, station_id: str) -> None:
        """Take a station out; InputError if its id is unknown."""
        with self._lock:
            slot = self._slot(station_id)
            self._tree.delete(slot, self._xyz[slot])
            del self._slots[station_id]

    def nearest(
        self,
        lon: float,
        lat: float,
        *,
        k: int = 1,
        where: Callable[[str], bool] | None = None,
    ) -> list[Nearby]:
        """Return the `k` stations nearest to a place, nearest first, fewer if there are fewer.

        Parameters
        ----------
        lon, lat : float
            WGS-84 degrees.
        k : int
            How many, at least 1.
        where : callable of a station id, optional
            Only stations for which it is true; asked once for each. The search widens until `k`
            pass.

        Returns
        -------
        list of Nearby
            Distances are geodesic to 0.001 %. Equal distances stand in the order of the ids.
        """
        _require_place(lon, lat)
        if k < 1:
            raise InputError("k is {k}; expected at least 1", k=k)
        place = _earth_centred(lon, lat)
        passes: dict[int, bool] = {}
        wanted = k if where is None else 4 * k
        while True:
            with self._lock:
                slots = list(self._tree.nearest(place, wanted)) if self._slots else []
                all_seen = len(slots) >= len(self._slots)
            if where is not None:
                for slot in slots:
                    if slot not in passes:
                        passes[slot] = where(self._ids[slot])
                slots = [slot for slot in slots if passes[slot]]
            if len(slots) >= k or all_seen:
                break
            wanted *= 4
        metres = _ground_m(place, self._xyz[slots]) if slots else []
        if metres and max(metres) > _NEAR_M:
            metres = _GEOD.inv([lon] * len(slots), [lat] * len(slots), *self._lonlat[slots].T)[2]
        found = [Nearby(self._ids[slot], m) for slot, m in zip(slots, metres, strict=True)]
        return sorted(found, key=_near_first)[:k]

    def viewport(self, bbox: tuple[float, float, float, float]) -> list[str]:
        """Ids of the stations in a window of longitude and latitude, its edges included.

        Parameters
        ----------
        bbox : (west, south, east, north)
            WGS-84 degrees; east less than west reaches over the antimeridian.

        Returns
        -------
        list of str
            In the order in which the stations were added.
        """
        west, south, east, north = bbox
        if not all(map(math.isfinite, bbox)) or south > north:
            raise InputError(
                "the window {bbox} is not west, south, east, north in degrees", bbox=bbox
            )
        width = min(east - west if east >= west else east - west + 360.0, 360.0)
        box = _box(west, width, max(south, -90.0), min(north, 90.0))
        with self._lock:
            slots = np.sort(self._tree.intersection_v(box[:1], box[1:])[0])
            lon, lat = self._lonlat[slots].T
            within = ((lon - west) % 360.0 <= width) & (lat >= south) & (lat <= north)
            return [self._ids[slot] for slot in slots[within]]

    def _slot(self, station_id: str) -> int:
        if station_id not in self._slots:
            raise InputError(
                "station {station_id} is not in the index; insert it first", station_id=station_id
            )
        return self._slots[station_id]

    def _put(self, slot: int, lon: float, lat: float) -> None:
        self._lonlat[slot] = lon, lat
        self._xyz[slot] = _earth_centred(lon, lat)
        self._tree.insert(slot, self._xyz[slot])


def _already(station_id: str) -> InputError:
    return InputError(
        "station {station_id} is in the index already; move it, or give the new one its own id",
        station_id=station_id,
    )


def _require_place(lon: float, lat: float) -> None:
    # written so that NaN fails too
    if not (-180.0 <= lon <= 180.0 and -90.0 <= lat <= 90.0):
        raise InputError(
            "longitude {lon}, latitude {lat} is no place; expected degrees within ±180 and ±90",
            lon=lon,
            lat=lat,
        )


def _doubled(rows: F) -> F:
    return np.concatenate([rows, np.full((max(len(rows), 8), rows.shape[1]), np.nan)])


def _earth_centred(lon: Any, lat: Any) -> Any:
    """Earth-centred metres of WGS-84 degrees: (n, 3) for arrays, a tuple of three for floats."""
    m: Any = math if isinstance(lon, float | int) else np
    lam, phi = m.radians(lon), m.radians(lat)
    normal = _A_M / m.sqrt(1.0 - _E2 * m.sin(phi) ** 2)
    across = normal * m.cos(phi)
    xyz = (across * m.cos(lam), across * m.sin(lam), normal * (1.0 - _E2) * m.sin(phi))
    return xyz if m is math else np.stack(xyz, axis=-1)


def _ground_m(place: tuple[float, float, float], xyz: F) -> list[float]:
    """Metres over ground from a place to others, all earth-centred: the arc over each chord."""
    apart = xyz - np.array(place)
    return [
        math.sqrt(chord2) * (1.0 + chord2 * _ARC)
        for chord2 in np.einsum("ij,ij->i", apart, apart).tolist()
    ]


def _near_first(near: Nearby) -> tuple[float, str]:
    return near.distance_m, near.station_id


def _box(west: float, width: float, south: float, north: float) -> F:
    """Least and greatest corner of an earth-centred box around a window, shape (2, 3)."""
    rims = _earth_centred(np.zeros(2), np.array([south, north]))
    across = [rims[0, 0], rims[1, 0], *([_A_M] if south <= 0.0 <= north else [])]
    least, most = min(across), max(across)

    def span(turn: float) -> tuple[float, float]:
        """Range of the cosine between two longitudes, `turn` degrees on."""
        start = (west - turn) % 360.0
        ends = [math.cos(math.radians(start)), math.cos(math.radians(start + width))]
        low = -1.0 if start <= 180.0 <= start + width or start + width >= 540.0 else min(ends)
        high = 1.0 if start + width >= 360.0 or start == 0.0 else max(ends)
        return low, high

    lower, upper = [], []
    for low, high in (span(0.0), span(90.0)):  # x by the cosine, y by the sine
        lower.append(min(least * low, most * low))
        upper.append(max(least * high, most * high))
    return np.array(
        [
            [*(v - _ROUNDING_M for v in lower), rims[0, 2] - _ROUNDING_M],
            [*(v + _ROUNDING_M for v in upper), rims[1, 2] + _ROUNDING_M],
        ]
    )
