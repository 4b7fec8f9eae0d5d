"""Stations as they would be: of each what a change may touch, beside the list as it stands."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from stationmap import stations
from stationmap.errors import InputError
from stationmap.planning.changes import NEW, Change

Locate = Callable[[float, float, str | None], str | None]
"""Return the district of a place, given longitude, latitude and what the list says of it."""
_TOUCHED = ("station_id", "name", "type", "status", "adcode")


class Row(NamedTuple):
    """What a change may touch of a station; None where nothing is known, or it has no place."""

    station_id: str
    name: str | None
    type: str | None
    status: str
    adcode: str | None
    lon: float | None
    lat: float | None

    @property
    def stands(self) -> bool:
        """Whether it is in operation and has a place."""
        return self.status == "active" and self.lon is not None


class Roll:
    """A stations frame, to look up and to change single stations.

    Parameters
    ----------
    frame : GeoDataFrame
        A stations frame.
    locate : callable
        Tells the district of a place, see `Locate`.
    """

    def __init__(self, frame: gpd.GeoDataFrame, *, locate: Locate) -> None:
        blank = stations.conform(pd.DataFrame({"station_id": [NEW]}))
        self.frame = frame.reset_index(drop=True)
        self._locate = locate
        self._with_blank: gpd.GeoDataFrame = pd.concat([self.frame, blank], ignore_index=True)
        self._texts = [self.frame[name].astype(object).to_numpy() for name in _TOUCHED]
        points = self.frame.geometry.to_numpy()
        self._lon, self._lat = shapely.get_x(points), shapely.get_y(points)
        self.row_of: Mapping[str, int] = {own: row for row, own in enumerate(self._texts[0])}

    def get(self, station_id: str) -> Row | None:
        """Return a station as it is; None where there is none."""
        row = self.row_of.get(station_id)
        if row is None:
            return None
        own, name, kind, status, adcode = (_text(values[row]) for values in self._texts)
        lon, lat = float(self._lon[row]), float(self._lat[row])
        there = lon == lon
        return Row(
            str(own), name, kind, str(status), adcode, *((lon, lat) if there else (None,) * 2)
        )

    def changed(self, change: Change) -> Row:
        """Return a station as a change makes it.

        Raises
        ------
        InputError
            It is not there, and the change does not say that it is new.
        """
        was = self.get(change.station_id)
        if was is None and not (change.is_new and change.lon is not None):
            raise InputError(
                "there is no station {station} to change: load the map anew",
                station=change.station_id,
            )
        if was is None:
            was = Row(change.station_id, change.name, None, "active", None, None, None)
        lon, lat, adcode = was.lon, was.lat, was.adcode
        if change.lon is not None and change.lat is not None:
            lon, lat = change.lon, change.lat
            adcode = self._locate(lon, lat, adcode)
        return was._replace(
            type=change.type or was.type,
            status=change.status or was.status,
            adcode=adcode,
            lon=lon,
            lat=lat,
        )

    def rows(
        self, rows: Sequence[Row], *, others: Sequence[int] | NDArray[Any] = ()
    ) -> gpd.GeoDataFrame:
        """Return a stations frame of some stations as they would be, then of others as they are.

        Parameters
        ----------
        rows : sequence of Row
        others : sequence of int
            Row numbers in `frame`.
        """
        blank = len(self.frame)
        at = [self.row_of.get(row.station_id, blank) for row in rows]
        found = self._with_blank.iloc[[*at, *others]].reset_index(drop=True)
        for place, name in enumerate(_TOUCHED):
            values = found[name].to_numpy(dtype=object, copy=True)
            values[: len(rows)] = [row[place] for row in rows]
            found[name] = pd.Series(values, dtype="str")
        points = found.geometry.to_numpy().copy()
        points[: len(rows)] = _points(rows)
        return found.set_geometry(gpd.GeoSeries(points, crs=self.frame.crs))

    def all_changed(self, changes: Iterable[Change]) -> gpd.GeoDataFrame:
        """Return the whole stations frame as changes make it, new stations at its end."""
        rows = [self.changed(change) for change in changes]
        given = {row.station_id for row in rows}
        kept = [n for own, n in self.row_of.items() if own not in given]
        found = self.rows(rows, others=kept)
        ids = [*self.row_of, *(row.station_id for row in rows if row.station_id not in self.row_of)]
        order = found.set_index("station_id", drop=False).rename_axis(None)
        return order.loc[ids].reset_index(drop=True)


def _points(rows: Sequence[Row]) -> NDArray[np.object_]:
    found = np.full(len(rows), None, dtype=object)
    placed = [n for n, row in enumerate(rows) if row.lon is not None]
    found[placed] = shapely.points([(rows[n].lon, rows[n].lat) for n in placed] or np.empty((0, 2)))
    return found


def _text(value: Any) -> str | None:
    return None if value is None or value != value else str(value)
