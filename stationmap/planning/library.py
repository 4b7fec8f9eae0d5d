"""Plans and coverage for any frames of lines and points, in a few lines of a notebook."""

from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from stationmap.checks import spacing
from stationmap.crs import to_wgs84
from stationmap.errors import InputError
from stationmap.planning.access import plan_access
from stationmap.planning.plan import Plan
from stationmap.planning.serving import lonlat, pairs
from stationmap.planning.spacing_plan import plan_spacing_of
from stationmap.walking import Network


def plan_spacing(
    streets: gpd.GeoDataFrame,
    stations: gpd.GeoDataFrame,
    *,
    hosts: gpd.GeoDataFrame,
    spacing_m: float = 50.0,
    snap_m: float = 30.0,
    sides: str = "both",
    budget: int | None = None,
    free_standing: bool = False,
    suitability: str | None = None,
) -> Plan:
    """Plan the fewest new stations that close the gaps between points along lines.

    Parameters
    ----------
    streets, stations, spacing_m, snap_m, sides
        As `find_gaps` takes them; frames in any CRS.
    hosts : GeoDataFrame
        Points where stations could stand, in any CRS; columns name and category are shown.
    budget : int, optional
        So many new stations at most, 1 or more, those that cover most; by default all gaps close.
    free_standing : bool
        Propose free-standing points too, as few as can be, where no host closes a gap.
    suitability : str, optional
        Column of `hosts` with numbers from 0 to 1 by which ties are broken.

    Returns
    -------
    Plan
        In the CRS of `streets`; ``street_id`` is the index label of the line, ``host_id`` that of
        the host.

    Raises
    ------
    CrsError
        When a frame has no CRS.
    InputError
        For other geometries, distances that are not positive, or a plan that cannot be.

    Examples
    --------
    >>> plan = plan_spacing(streets, stations, hosts=shops, spacing_m=50)  # doctest: +SKIP
    >>> plan.summary["proposals"], plan.summary["bound"], plan.plot()  # doctest: +SKIP
    """
    _check_budget(budget)
    prepared, labels, _ = spacing.prepare_frame(
        streets, spacing_m=spacing_m, snap_m=snap_m, sides=sides
    )
    parts = prepared.parts.assign(street_id=pd.Index(labels).astype(str))
    if "name" in streets.columns:
        parts = parts.assign(name=streets["name"].fillna("").astype(str).to_numpy())
    found = plan_spacing_of(
        replace(prepared, parts=parts),
        fixed=_stations(stations),
        candidates=_candidates(hosts, suitability),
        budget=budget,
        free_standing=free_standing,
    )
    return _in_crs(found, streets.crs)


def plan_coverage(
    demand: gpd.GeoDataFrame,
    hosts: gpd.GeoDataFrame,
    *,
    within_m: float,
    stations: gpd.GeoDataFrame | None = None,
    streets: gpd.GeoDataFrame | None = None,
    weight: str | None = None,
    budget: int | None = None,
    target: float | None = None,
    suitability: str | None = None,
) -> Plan:
    """Plan the stations from which most, or enough, or all of a demand is within reach.

    Parameters
    ----------
    demand : GeoDataFrame
        Points to be reached, in any CRS; outlines stand for a point within them.
    hosts : GeoDataFrame
        Points where stations could stand, in any CRS; columns name and category are shown.
    within_m : float
        The longest walk, metres, inclusive.
    stations : GeoDataFrame, optional
        Those that are there.
    streets : GeoDataFrame, optional
        Lines that people walk on, with OpenStreetMap's ``highway`` if they have it; straight lines
        without.
    weight : str, optional
        Column of `demand` with what each point weighs, 0 or more; 1 by default.
    budget : int, optional
        So many new stations at most, 1 or more.
    target : float, optional
        Share of the weight to be reached, above 0 up to 1; all that can be, by default.
    suitability : str, optional
        Column of `hosts` with numbers from 0 to 1 by which ties are broken.

    Returns
    -------
    Plan
        In the CRS of `demand`; ``host_id`` is the index label of the host, ``covers_m`` and
        ``adds`` are weights.

    Raises
    ------
    CrsError
        When a frame has no CRS.
    InputError
        For weights that are missing, negative or no numbers, and for a plan that cannot be.

    Examples
    --------
    >>> plan = plan_coverage(people, shops, within_m=500, budget=10)  # doctest: +SKIP
    >>> plan.curve["share"].iloc[-1], plan.summary["gap"]  # doctest: +SKIP
    """
    _check_budget(budget)
    found = plan_access(
        _demand(demand, weight),
        _candidates(hosts, suitability),
        network=_network(streets),
        stations=_stations(stations),
        within_m=within_m,
        budget=budget,
        target=target,
    )
    return _in_crs(found, demand.crs)


def coverage(
    demand: gpd.GeoDataFrame,
    stations: gpd.GeoDataFrame,
    *,
    within_m: float,
    streets: gpd.GeoDataFrame | None = None,
    weight: str | None = None,
    by: str | None = None,
) -> pd.DataFrame:
    """Sum up how much of a demand has a station within reach.

    Parameters
    ----------
    demand, stations, within_m, streets, weight
        As `plan_coverage` takes them.
    by : str, optional
        Column of `demand` to sum up by, such as a district.

    Returns
    -------
    DataFrame
        total, covered (weights) and share (NaN where there is nothing), a row for each value of
        `by` in order, or one row named "all".

    Raises
    ------
    CrsError, InputError
        As for `plan_coverage`; InputError too for a walk that is not positive.

    Examples
    --------
    >>> coverage(people, stations, within_m=500, weight="population")  # doctest: +SKIP
    """
    if not (np.isfinite(within_m) and within_m > 0):
        raise InputError(
            "a walk of {metres} m is none: give the longest walk in metres, more than 0",
            metres=within_m,
        )
    wanted, there = _demand(demand, weight), _stations(stations)
    place, _, _ = pairs(lonlat(wanted), lonlat(there), _network(streets), within_m)
    served = np.zeros(len(wanted), np.bool_)
    served[place] = True
    group = _column(demand, by).to_numpy() if by else np.full(len(wanted), "all")
    rows = pd.DataFrame({"total": wanted["weight"], "covered": wanted["weight"].where(served, 0.0)})
    found = rows.groupby(group).sum()
    return found.assign(share=found["covered"] / found["total"].where(found["total"] > 0))


def _check_budget(budget: int | None) -> None:
    if budget is not None and not isinstance(budget, int | np.integer):
        raise InputError("a budget of {budget} is no whole number of stations", budget=budget)


def _in_crs(plan: Plan, crs: Any) -> Plan:
    frames = ("proposals", "uncoverable", "suggested")
    return replace(plan, **{name: getattr(plan, name).to_crs(crs) for name in frames})


def _demand(frame: gpd.GeoDataFrame, weight: str | None) -> gpd.GeoDataFrame:
    placed = to_wgs84(frame, what="demand")
    weights = pd.Series(1.0, frame.index)
    if weight is not None:
        weights = pd.to_numeric(_column(frame, weight), errors="coerce")
        wrong = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))
        if wrong.size:
            raise InputError(
                "the weight of row {row} is {value}: expected a number of 0 or more; mend the "
                "column {column}, or leave the row out",
                row=frame.index[wrong[0]],
                value=frame[weight].iloc[wrong[0]],
                column=weight,
            )
    rows = {
        "demand_id": frame.index.astype(str),
        "kind": "people" if weight else "place",
        "name": _text(frame, "name"),
        "adcode": _text(frame, "adcode"),
        "weight": weights.to_numpy(float),
    }
    return gpd.GeoDataFrame(rows, geometry=_points(placed), crs=placed.crs)


def _candidates(frame: gpd.GeoDataFrame, suitability: str | None) -> gpd.GeoDataFrame:
    placed = to_wgs84(frame, what="hosts")
    suits = pd.Series(1.0, frame.index) if suitability is None else _column(frame, suitability)
    rows = {
        # ids in the order of the rows, so that ties go to the first
        "candidate_id": [f"{number:09d}" for number in range(len(frame))],
        "host_kind": "host",
        "host_id": frame.index.astype(str),
        "name": _text(frame, "name"),
        "category": _text(frame, "category"),
        "hours": None,
        "partner": False,
        "front_m": 0.0,
        "suitability": suits.to_numpy(float),
        "adcode": _text(frame, "adcode"),
    }
    return gpd.GeoDataFrame(rows, geometry=_points(placed), crs=placed.crs)


def _stations(frame: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame:
    if frame is None:
        frame = gpd.GeoDataFrame(geometry=[], crs="EPSG:4326")
    placed = to_wgs84(frame, what="stations")
    own = frame["station_id"] if "station_id" in frame.columns else frame.index
    rows = {"station_id": pd.Index(own).astype(str), "adcode": _text(frame, "adcode")}
    return gpd.GeoDataFrame(rows, geometry=placed.geometry.to_numpy(), crs=placed.crs)


def _network(streets: gpd.GeoDataFrame | None) -> Network | None:
    if streets is None:
        return None
    ways = to_wgs84(streets, what="streets")
    return Network.from_ways(ways if "highway" in ways.columns else ways.assign(highway="path"))


def _points(frame: gpd.GeoDataFrame) -> np.ndarray:
    shapes = np.asarray(frame.geometry.values, dtype=object)
    return np.where(shapely.get_type_id(shapes) == 0, shapes, shapely.point_on_surface(shapes))


def _text(frame: pd.DataFrame, column: str) -> pd.Series:
    found = frame[column] if column in frame.columns else pd.Series(None, frame.index, dtype=object)
    return pd.Series(found.astype("str").where(found.notna(), None).to_numpy(), dtype="str")


def _column(frame: pd.DataFrame, name: str) -> pd.Series:
    if name not in frame.columns:
        raise InputError(
            "there is no column {name}: expected one of {known}",
            name=name,
            known=", ".join(map(str, frame.columns)),
        )
    return frame[name]
