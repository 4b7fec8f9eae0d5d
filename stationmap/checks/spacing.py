"""The spacing check of a whole city: a station every so many metres of shop frontage.

`prepare` makes the streets ready once, `check` answers for all stations, and `update` answers again
when some of them change. `spacing_rule.cut` is the rule itself. `find_gaps` does it all for any
lines and points.
"""

from collections.abc import Collection
from typing import Any

import geopandas as gpd
import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from stationmap.checks.columns import lines_of, points_of
from stationmap.checks.kerbs import Prepared, prepare, prepare_lines
from stationmap.checks.matching import Known, Matches, Stations, around, match, match_near
from stationmap.checks.spacing_gaps import gap_geometry, gap_places
from stationmap.checks.spacing_result import Spacing
from stationmap.checks.spacing_rule import Cut, cut
from stationmap.checks.spacing_tally import tally
from stationmap.covering import F, Placed
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
    known = Known(*_places(stations, prepared))
    matches = match(prepared, known.x, known.y)
    found = _cut_all(prepared, matches)
    return Spacing(
        prepared=prepared,
        stations=Stations(known),
        stations_counted=int(np.count_nonzero(np.bincount(matches.station))),
        tally=tally(prepared, found),
        matches=matches,
        first_cut=found,
    )


def _cut_all(prepared: Prepared, matches: Matches) -> Cut:
    placed, _ = matches.on_kerbs(prepared.sides)
    return cut(prepared, np.arange(len(prepared.length_m)), placed)


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
            now |= zip(
                ids.astype("str").tolist(), zip(x.tolist(), y.tolist(), strict=True), strict=True
            )
    was = [known[1:] for station in now if (known := spacing.stations.get(station))]
    stations, numbers = spacing.stations.put(now)

    # the parts concerned are those near where the stations were, or near where they are
    places = np.array([*now.values(), *was], float).reshape(-1, 2)
    place, near = around(prepared, places[:, 0], places[:, 1])
    lines = np.array(sorted(set(prepared.line_of[near].tolist())), np.int64)
    here = place < len(now)
    line, station, at_m, offset_m = match_near(
        prepared, place[here], near[here], places[:, 0], places[:, 1]
    )
    old = spacing.matches_of(lines)
    touched = set(numbers)
    keep = np.array([number not in touched for number in old.station.tolist()], np.bool_)
    new = Matches.of(
        np.concatenate((old.line[keep], np.searchsorted(lines, line))),
        np.concatenate((old.station[keep], np.array(numbers, np.int64)[station])),
        np.concatenate((old.at_m[keep], at_m)),
        np.concatenate((old.offset_m[keep], offset_m)),
        lines=len(lines),
    )
    # what was found there is taken off, what is found now is added
    both = Placed.chain(*(found.on_kerbs(prepared.sides)[0] for found in (old, new)))
    kerbs = prepared.kerbs_of(lines)
    found = cut(prepared, np.concatenate((kerbs, kerbs)), both)
    change = tally(prepared, found, weight=np.repeat((-1, 1), len(kerbs)))
    counted = len(set(station.tolist())) - len(touched.intersection(old.station.tolist()))
    return Spacing(
        prepared=prepared,
        stations=stations,
        stations_counted=spacing.stations_counted + counted,
        tally=spacing.tally + change,
        matches=spacing.matches,
        changed={**spacing.changed, **dict(zip(lines.tolist(), new.by_line(), strict=True))},
    )


def find_gaps(
    streets: gpd.GeoDataFrame | pa.Table,
    stations: gpd.GeoDataFrame | pa.Table,
    *,
    spacing_m: float = 50.0,
    snap_m: float = 30.0,
    sides: str = "both",
) -> gpd.GeoDataFrame:
    """Find the gaps between points along lines, whatever they are.

    Parameters
    ----------
    streets : GeoDataFrame or pyarrow.Table
        LineStrings; each is measured by itself, and counts from end to end. A table is one read
        from GeoParquet: large files are quicker that way, as no geometry objects are made.
    stations : GeoDataFrame or pyarrow.Table
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
    prepared, labels, crs = prepare_frame(streets, spacing_m=spacing_m, snap_m=snap_m, sides=sides)
    lines = prepared.lines
    _, x, y = _places(stations, prepared)
    found = _cut_all(prepared, match(prepared, x, y))
    table = gap_places(prepared, found)
    table.insert(0, "street", labels[table.pop("line")])
    gaps = gpd.GeoDataFrame(table, geometry=gap_geometry(prepared, found), crs=lines.crs)
    return gaps if crs is lines.crs else gaps.to_crs(crs)


def prepare_frame(
    streets: gpd.GeoDataFrame | pa.Table, *, spacing_m: float, snap_m: float, sides: str
) -> tuple[Prepared, NDArray[Any], Any]:
    """Make the lines of a frame ready as `find_gaps` takes them; also their labels and CRS."""
    lines, labels, crs = _lines(streets)
    prepared = prepare_lines(lines, spacing_m=spacing_m, snap_m=snap_m, sides=sides)
    return prepared, labels, crs


def _lines(streets: gpd.GeoDataFrame | pa.Table) -> tuple[Lines, NDArray[Any], Any]:
    """Lines in a metric CRS, their own or else a local one; their labels; the CRS they had."""
    if isinstance(streets, pa.Table):
        xy, first, crs = lines_of(streets)
        if _is_metric(crs):
            return Lines.from_vertices(xy, first, crs=crs), np.arange(len(first) - 1), crs
        shapes = shapely.from_ragged_array(shapely.GeometryType.LINESTRING, xy, (first,))
        streets = gpd.GeoDataFrame(geometry=shapes, crs=crs)
    planar, crs = streets, streets.crs
    if not _is_metric(crs):
        west, south, east, north = np.nan_to_num(to_wgs84(streets).total_bounds)
        planar = to_metric(streets, local_crs([west, east], [south, north]))
    lines = Lines.from_geometries(planar.geometry.values, crs=planar.crs)
    return lines, streets.index.to_numpy(), lines.crs if planar is streets else crs


def _is_metric(crs: Any) -> bool:
    try:
        require_metric(crs, what="streets")
    except CrsError:
        return False
    return True


def _places(stations: gpd.GeoDataFrame | pa.Table, prepared: Prepared) -> tuple[NDArray[Any], F, F]:
    """Ids and planar coordinates of stations, NaN where there is no place."""
    crs = prepared.lines.crs
    if isinstance(stations, pa.Table):
        xy, own = points_of(stations)
        ids = np.arange(len(xy))
        if own is crs or (own is not None and own == crs):
            return ids, np.ascontiguousarray(xy[:, 0]), np.ascontiguousarray(xy[:, 1])
        stations = gpd.GeoDataFrame(geometry=shapely.points(xy), crs=own)
    geometry = stations.geometry
    if geometry.crs is not crs and geometry.crs != crs:
        geometry = to_metric(stations, crs).geometry
    points = np.asarray(geometry.values, dtype=object)
    wrong = np.flatnonzero(shapely.get_type_id(points) > 0)
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
    named = "station_id" in stations.columns
    ids = np.asarray(stations["station_id"] if named else stations.index, dtype=object)
    return ids, shapely.get_x(points), shapely.get_y(points)
