"""The spacing check of a whole city: a station every so many metres of shop frontage.

`prepare` makes the streets ready once, `check` answers for all stations, and `update` answers again
when some of them change. `spacing_rule.cut` is the rule itself. `find_gaps` does it all for any
lines and points.
"""

from collections.abc import Collection
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from stationmap.checks.kerbs import Prepared, prepare, prepare_lines
from stationmap.checks.matching import Known, Matches, Stations, around, match, match_few
from stationmap.checks.spacing_gaps import gap_geometry, gap_places
from stationmap.checks.spacing_result import Spacing
from stationmap.checks.spacing_rule import cut
from stationmap.checks.spacing_tally import tally
from stationmap.coverage import F, Placed
from stationmap.crs import local_crs, require_metric, to_metric, to_wgs84
from stationmap.errors import CrsError, InputError
from stationmap.linear import Lines

__all__ = ["Prepared", "Spacing", "check", "find_gaps", "prepare", "update"]


def check(prepared: Prepared, stations: gpd.GeoDataFrame) -> Spacing:
    """Check the spacing of stations along all streets.

    Parameters
    ----------
    prepared : Prepared
    stations : GeoDataFrame
        The stations that count: points with a column station_id, in any CRS. One without a place
        counts nowhere.

    Raises
    ------
    CrsError
        When the stations have no CRS.
    InputError
        When a station is not a point.
    """
    return _check(prepared, Known(*_places(stations, prepared)))


def _check(prepared: Prepared, known: Known) -> Spacing:
    matches = match(prepared, known.x, known.y)
    placed, _ = matches.on_kerbs(prepared.sides)
    found = cut(prepared, np.arange(len(prepared.length_m)), placed)
    return Spacing(
        prepared=prepared,
        stations=Stations(known),
        stations_counted=int(np.count_nonzero(np.bincount(matches.station))),
        tally=tally(prepared, found),
        matches=matches,
        first_cut=found,
    )


def update(
    spacing: Spacing,
    *,
    moved: gpd.GeoDataFrame | None = None,
    added: gpd.GeoDataFrame | None = None,
    removed: Collection[str] = (),
) -> Spacing:
    """Answer again after some stations changed; only the parts near them are looked at.

    Parameters
    ----------
    spacing : Spacing
        Stays as it is.
    moved, added : GeoDataFrame, optional
        Stations that count, where they are now; as for `check`.
    removed : collection of str
        Ids of stations that count no more; one that did not count is passed over.

    Returns
    -------
    Spacing
        Equal to a full `check` of the stations as they are now.
    """
    prepared = spacing.prepared
    now = {station: (np.nan, np.nan) for station in removed if spacing.stations.get(station)}
    for frame in (moved, added):
        if frame is not None:
            ids, x, y = _places(frame, prepared)
            now |= {
                str(i): xy
                for i, xy in zip(ids, zip(x.tolist(), y.tolist(), strict=True), strict=True)
            }
    was = [place for station in now if (place := spacing.stations.get(station))]
    stations, number = spacing.stations.put(now)

    # the parts concerned: near where the stations were, or near where they are
    _, left = around(prepared, *(np.array([place[i] for place in was], float) for i in (1, 2)))
    new_x, new_y = (np.array([xy[i] for xy in now.values()], float) for i in (0, 1))
    line, station, at_m, offset_m = match_few(prepared, new_x, new_y)
    lines = np.unique(np.concatenate((prepared.line_of[left], line)))

    old = spacing.matches_of(lines)
    keep = ~np.isin(old.station, number)
    new = Matches.of(
        np.concatenate((old.line[keep], np.searchsorted(lines, line))),
        np.concatenate((old.station[keep], np.array(number, np.int64)[station])),
        np.concatenate((old.at_m[keep], at_m)),
        np.concatenate((old.offset_m[keep], offset_m)),
        lines=len(lines),
    )
    # what was found there is taken off, what is found now is added
    both = Placed.chain(*(found.on_kerbs(prepared.sides)[0] for found in (old, new)))
    kerbs = prepared.kerbs_of(lines)
    found = cut(prepared, np.concatenate((kerbs, kerbs)), both)
    change = tally(prepared, found, weight=np.repeat((-1, 1), len(kerbs)))
    renewed = {
        line: (new.station[rows], new.at_m[rows], new.offset_m[rows])
        for i, line in enumerate(lines.tolist())
        for rows in (slice(new.first[i], new.first[i + 1]),)
    }
    return Spacing(
        prepared=prepared,
        stations=stations,
        stations_counted=spacing.stations_counted
        + len(np.unique(station))
        - len(np.unique(old.station[~keep])),
        tally=spacing.tally + change,
        matches=spacing.matches,
        changed={**spacing.changed, **renewed},
    )


def find_gaps(
    streets: gpd.GeoDataFrame,
    stations: gpd.GeoDataFrame,
    *,
    spacing_m: float = 50.0,
    snap_m: float = 30.0,
    sides: str = "both",
) -> gpd.GeoDataFrame:
    """Find the gaps between points along lines, whatever they are.

    Parameters
    ----------
    streets : GeoDataFrame
        LineStrings; each is measured by itself, and counts from end to end.
    stations : GeoDataFrame
        Points, in any CRS.
    spacing_m : float
        A piece of line longer than this without a station is a gap; metres, exclusive.
    snap_m : float
        A station counts on a line within this distance of it; metres, inclusive.
    sides : {"both", "each"}
        Whether a station counts for both sides of a line, or each side is checked apart.

    Returns
    -------
    GeoDataFrame
        In the CRS of `streets`, in their order: street (its index label), side, from_m, to_m,
        length_m, points_needed, geometry.

    Raises
    ------
    CrsError
        When a frame has no CRS.
    InputError
        For other geometries, or distances that are not positive.

    Examples
    --------
    >>> gaps = find_gaps(streets, stations, spacing_m=50)  # doctest: +SKIP
    >>> gaps["length_m"].max()  # doctest: +SKIP
    """
    planar = _planar(streets)
    lines = Lines.from_geometries(planar.geometry.values, crs=planar.crs)
    prepared = prepare_lines(lines, spacing_m=spacing_m, snap_m=snap_m, sides=sides)
    found = _check(prepared, Known(*_places(stations, prepared)))._cut(None)
    table = gap_places(prepared, found)
    table.insert(0, "street", streets.index.to_numpy()[table.pop("line")])
    gaps = gpd.GeoDataFrame(table, geometry=gap_geometry(prepared, found), crs=planar.crs)
    return gaps if planar is streets else gaps.to_crs(streets.crs)


def _planar(streets: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Streets in a metric CRS: their own, else a local one."""
    try:
        require_metric(streets.crs, what="streets")
    except CrsError:
        west, south, east, north = np.nan_to_num(to_wgs84(streets).total_bounds)
        return to_metric(streets, local_crs([west, east], [south, north]))
    return streets


def _places(stations: gpd.GeoDataFrame, prepared: Prepared) -> tuple[NDArray[np.object_], F, F]:
    """Ids and planar coordinates of stations, NaN where there is no place."""
    crs = prepared.lines.crs
    if stations.crs is not crs and stations.crs != crs:
        stations = to_metric(stations, crs)
    points = np.asarray(stations.geometry.values, dtype=object)
    wrong = np.flatnonzero(~np.isin(shapely.get_type_id(points), (-1, 0)))
    if wrong.size:
        raise InputError(
            "station {row} is a {kind}: expected a point",
            row=int(wrong[0]),
            kind=points[wrong[0]].geom_type,
        )
    hollow = shapely.is_empty(points)
    if hollow.any():
        points = points.copy()
        points[hollow] = None
    ids: Any = stations.get("station_id", stations.index)
    return np.asarray(ids, dtype=object), shapely.get_x(points), shapely.get_y(points)
