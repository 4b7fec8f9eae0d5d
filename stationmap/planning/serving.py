"""Who serves whom on foot: demand, the stations that are there, and candidates for new ones."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy import sparse
from scipy.spatial import cKDTree

from stationmap.linear import expand
from stationmap.planning.listing import B, F, I
from stationmap.walking import Network
from stationmap.walking.ground import apart_m, earth_centred
from stationmap.walking.reach import reach

COUNTY = 6
"""Digits of the code of a county."""

_ROUND = 1e4  # metres are compared to 0.1 mm
_BLOCK = 2_000  # columns compared with all others at a time


@dataclass(frozen=True)
class Town:
    """Demand, candidates and stations, and who serves whom.

    Attributes
    ----------
    demand : GeoDataFrame
        As `demand.demand_of` gives it.
    weight : (n,) float64
        Of the demand.
    candidates : GeoDataFrame
        By their ids.
    covers : (n, m) sparse array of bool
        Which candidate would serve which demand.
    served : (n,) bool
        Which demand the stations that are there serve.
    near : (n,) bool
        Which demand is near any way that is open to people on foot.
    counties : tuple of str
        Codes of the counties of the demand, ascending.
    of_demand, of_candidate, of_station : array of int
        Row of the county of each; -1 where it is not known, or has no demand.
    """

    demand: gpd.GeoDataFrame
    weight: F
    candidates: gpd.GeoDataFrame
    covers: sparse.csr_array
    served: B
    near: B
    counties: tuple[str, ...]
    of_demand: I
    of_candidate: I
    of_station: I

    @property
    def total(self) -> float:
        """Weight of all demand."""
        return float(self.weight.sum())

    @property
    def there(self) -> float:
        """Weight that is served already."""
        return float(self.weight[self.served].sum())

    @property
    def open(self) -> I:
        """Rows of demand with any weight that is not served yet."""
        return np.flatnonzero(~self.served & (self.weight > 0))

    @property
    def can(self) -> B:
        """Which demand is served, or could be by some candidate."""
        found: B = self.served | (np.diff(self.covers.indptr) > 0)
        return found


def who_serves(
    demand: gpd.GeoDataFrame,
    candidates: gpd.GeoDataFrame,
    stations: gpd.GeoDataFrame,
    *,
    network: Network | None,
    within_m: float,
) -> Town:
    """Find whom stations and candidates serve, within a walk of some metres, inclusive.

    Parameters
    ----------
    demand, candidates, stations, network
        See `access.plan_access`.
    within_m : float
    """
    # the first of equals is preferred
    candidates = candidates.sort_values("candidate_id", kind="stable", ignore_index=True)
    stations = stations[stations.geometry.notna()]
    start, hosts, there = (lonlat(frame) for frame in (demand, candidates, stations))
    rows, columns, near = pairs(start, np.r_[hosts, there], network, within_m)
    new = columns < len(hosts)
    served = np.zeros(len(demand), dtype=bool)
    served[rows[~new]] = True
    own = _own(demand, candidates)
    rows, columns = np.r_[rows[new], own[0]], np.r_[columns[new], own[1]]
    codes = _county(demand)
    counties = pd.Index(sorted(codes[codes != ""].unique()))
    places = [counties.get_indexer(_county(frame)) for frame in (demand, candidates, stations)]
    of_demand, of_candidate, of_station = (one.astype(np.int64) for one in places)
    return Town(
        demand=demand,
        weight=np.asarray(demand["weight"], dtype=np.float64),
        candidates=candidates,
        covers=table(rows, columns, shape=(len(demand), len(candidates))),
        served=served,
        near=near,
        counties=tuple(counties),
        of_demand=of_demand,
        of_candidate=of_candidate,
        of_station=of_station,
    )


def table(rows: I, columns: I, *, shape: tuple[int, int]) -> sparse.csr_array:
    """Return a table that is true where pairs say so."""
    ones = np.ones(len(rows), dtype=bool)
    found = sparse.csr_array((ones, (rows, columns)), shape=shape)
    found.sum_duplicates()
    return found


def lonlat(frame: gpd.GeoDataFrame) -> F:
    """Degrees of points, NaN for none; an outline stands for a point in it."""
    shapes = frame.geometry.to_numpy()
    points = np.where(shapely.get_type_id(shapes) > 0, shapely.point_on_surface(shapes), shapes)
    found: F = np.c_[shapely.get_x(points), shapely.get_y(points)]
    return found


def pairs(start: F, goal: F, network: Network | None, within_m: float) -> tuple[I, I, B]:
    """Find pairs of places with a walk short enough, and which starts are near to any way at all.

    Distances are straight lines without a network, or on one without any way.
    """
    if network is not None and len(network.edges):
        rows, columns, _ = reach(network, *start.T, *goal.T, within_m=within_m)
        return rows, columns, network.snap(*start.T).edge >= 0
    known, placed = (np.flatnonzero(np.isfinite(p).all(axis=1)) for p in (start, goal))
    one, other = earth_centred(*start[known].T), earth_centred(*goal[placed].T)
    near = cKDTree(other).query_ball_point(one, within_m + 1.0) if len(placed) else []
    owner, _ = expand(np.array([len(found) for found in near], dtype=np.int64))
    found = np.array([row for rows in near for row in rows], dtype=np.int64)
    metres = apart_m(one[owner], other[found])
    fits = np.rint(metres * _ROUND) <= round(within_m * _ROUND)
    return known[owner[fits]], placed[found[fits]], np.ones(len(start), dtype=bool)


def thinned(covers: sparse.csr_array, candidates: gpd.GeoDataFrame) -> I:
    """Return columns without whose others no plan gets worse.

    Left out are those that serve nobody, and those of whom another serves all they serve, suits as
    well, and is no place of the demand itself unless they are.

    Parameters
    ----------
    covers : sparse array of bool, (rows, columns)
    candidates : GeoDataFrame
        host_kind and suitability of each column; of equals the first stays.
    """
    size = np.asarray(covers.astype(np.int64).sum(axis=0)).ravel()
    kept = np.flatnonzero(size > 0)
    size = size[kept]
    suits = np.nan_to_num(candidates["suitability"].to_numpy(dtype=np.float64))[kept]
    suits = np.rint(100.0 * suits)
    place = (candidates["host_kind"] == "place").to_numpy()[kept]
    part = sparse.csc_array(covers[:, kept]).astype(np.int32)
    dropped = np.zeros(len(kept), dtype=bool)
    for begin in range(0, len(kept), _BLOCK):
        shared = sparse.coo_array(part[:, begin : begin + _BLOCK].T @ part)
        mine, other = shared.row + begin, shared.col
        held = (shared.data == size[mine]) & (mine != other)
        mine, other = mine[held], other[held]
        better = (suits[other] >= suits[mine]) & (place[other] <= place[mine])
        alike = (size[mine] == size[other]) & (suits[mine] == suits[other])
        alike &= place[mine] == place[other]
        dropped[mine[better & (~alike | (other < mine))]] = True
    return kept[~dropped]


def _county(frame: gpd.GeoDataFrame) -> pd.Series:
    if "adcode" not in frame:
        return pd.Series("", index=frame.index, dtype="object")
    codes = frame["adcode"].astype("object")
    return codes.where(codes.notna(), "").map(str).str[:COUNTY]


def _own(demand: gpd.GeoDataFrame, candidates: gpd.GeoDataFrame) -> tuple[I, I]:
    """Places that are candidates themselves serve at least themselves."""
    places = np.flatnonzero(candidates["host_kind"] == "place")
    rows = pd.Index(demand["demand_id"]).get_indexer(candidates["host_id"].iloc[places])
    return rows[rows >= 0].astype(np.int64), places[rows >= 0]
