"""The ways of a city that people on foot may use, as a network of nodes and edges.

Two ways share a node where they share a coordinate (to 1e-7°). An edge is a piece of one way
between two nodes where ways meet or end. A *mainland* is a connected component of at least
`MAINLAND_M`, or the longest; the others are islands. Mainlands are those of the whole network,
stairs included. A place and a station are snapped to the nearest edge of a mainland that is no
staircase, whatever is asked: nobody's door is on the stairs. Without steps, the way is the shortest
between the same two feet that uses no staircase; where there is none, there is no step-free way.
One-way streets bind no walker.
Which ways are walkable follows
https://wiki.openstreetmap.org/wiki/OSM_tags_for_routing/Access_restrictions
"""

from functools import cached_property

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from stationmap.stations import require_wgs84
from stationmap.walking.edges import Edges
from stationmap.walking.feet import Feet, Snapped
from stationmap.walking.ground import Bools, F, Ints, apart_m, earth_centred
from stationmap.walking.side import Side

MAINLAND_M = 2_000.0
"""A connected component as long as this, metres, is no island."""

_STEPS_A_DEGREE = 1e7  # coordinates are the same where they are so after rounding to this
_CARRIAGEWAYS = ("tertiary", "secondary", "primary", "trunk")
_ROADS = frozenset([*_CARRIAGEWAYS, *(f"{name}_link" for name in _CARRIAGEWAYS)])
_FOOTWAYS = frozenset(["footway", "pedestrian", "corridor", "platform"])
_PATHS = frozenset(["path", "track", "bridleway", "cycleway"])
_LANES = frozenset(["living_street", "residential", "service", "unclassified", "road"])
_WALKABLE = _ROADS | _FOOTWAYS | _PATHS | _LANES | {"steps"}


def walkable(ways: pd.DataFrame) -> Bools:
    """Which ways people on foot may use.

    Not a motorway or motor road, a way under construction, or one closed to them; a road for cars
    in a tunnel only where it says that they may. A column ``foot`` ("yes", "no" or missing),
    ``tunnel`` or ``motorroad`` that is not there says nothing.
    """
    highway = ways["highway"]
    foot = _texts(ways, "foot")
    tunnel = _flag(ways, "tunnel") & highway.isin(_ROADS)
    barred = _flag(ways, "motorroad") | (foot == "no")
    usable = highway.isin(_WALKABLE) & ~barred & (~tunnel | (foot == "yes"))
    return np.asarray(usable, dtype=bool)


class Network:
    """What people walk on in a city.

    Attributes
    ----------
    nodes : (n, 2) float64
        Longitude and latitude, WGS-84 degrees.
    edges : Edges
    """

    def __init__(self, nodes: F, edges: Edges) -> None:
        self.nodes = nodes
        self.edges = edges

    @classmethod
    def from_ways(cls, ways: gpd.GeoDataFrame) -> "Network":
        """Make the network of the ways that are walkable.

        Parameters
        ----------
        ways : GeoDataFrame
            Layer ``ways`` of an atlas in EPSG:4326: highway, geometry (lines), and, where they are
            there, name, tunnel, motorroad, foot, footway.

        Raises
        ------
        CrsError
            The geometry is not in EPSG:4326.
        """
        require_wgs84(ways)
        ways = ways[walkable(ways)]
        parts = ways.geometry.to_numpy()
        way_of_part = np.arange(len(parts))
        if (shapely.get_type_id(parts) != shapely.GeometryType.LINESTRING).any():
            parts, way_of_part = shapely.get_parts(parts, return_index=True)
        lonlat, part_of = shapely.get_coordinates(parts, return_index=True)
        known = np.isfinite(lonlat).all(axis=1) & (np.abs(lonlat) <= (180.0, 90.0)).all(axis=1)
        lonlat, part_of = lonlat[known], part_of[known]
        key = _place_key(lonlat)
        fresh = np.r_[True, (np.diff(part_of) != 0) | (np.diff(key) != 0)][: len(key)]
        lonlat, part_of, key = lonlat[fresh], part_of[fresh], key[fresh]

        place = np.unique(key, return_inverse=True)[1]
        ends = np.diff(part_of, prepend=-1) != 0
        ends |= np.diff(part_of, append=-1) != 0
        cuts = np.flatnonzero(ends | (np.bincount(place)[place] > 1 if len(place) else ends))
        begin, stop = cuts[:-1], cuts[1:]
        inside = part_of[begin] == part_of[stop]
        begin, stop = begin[inside], stop[inside]
        used, node = np.unique(place[np.r_[begin, stop]], return_inverse=True)
        nodes = np.empty((len(used), 2))
        nodes[node] = lonlat[np.r_[begin, stop]]

        size = stop - begin + 1
        first = np.r_[0, np.cumsum(size)]
        rows = np.arange(first[-1]) + np.repeat(begin - first[:-1], size)
        lonlat = lonlat[rows]
        at_m, length_m = _chainage(lonlat, first)
        way = way_of_part[part_of[begin]]
        highway = ways["highway"].to_numpy(dtype=object)[way]
        footway = _texts(ways, "footway")[way]
        edges = Edges(
            start=node[: len(begin)].astype(np.int64),
            end=node[len(begin) :].astype(np.int64),
            length_m=length_m,
            stairs=np.asarray(highway == "steps", dtype=bool),
            name=_texts(ways, "name")[way],
            kind=_kinds(highway, footway),
            first=first,
            lonlat=lonlat,
            at_m=at_m,
        )
        return cls(nodes, edges)

    @property
    def length_m(self) -> float:
        """Metres of all edges, islands included."""
        return float(self.edges.length_m.sum())

    @cached_property
    def islands(self) -> pd.DataFrame:
        """Components that are no mainland, the longest first.

        Columns length_m, nodes (how many), lon, lat (the middle of its nodes, WGS-84 degrees).
        """
        component, metres = self._components
        nodes = pd.DataFrame({"lon": self.nodes[:, 0], "lat": self.nodes[:, 1]})
        groups = nodes.groupby(component)
        frame = groups[["lon", "lat"]].mean()
        frame.insert(0, "length_m", metres[frame.index])
        frame.insert(1, "nodes", groups.size())
        frame = frame[~_is_mainland(metres)[frame.index]]
        return frame.sort_values("length_m", ascending=False, kind="stable", ignore_index=True)

    def snap(self, lon: ArrayLike, lat: ArrayLike, *, step_free: bool = False) -> Snapped:
        """Find the nearest place of an edge of a mainland that is no staircase.

        Parameters
        ----------
        lon, lat : (k,) array_like
            WGS-84 degrees.
        step_free : bool
            Whether walks shall have no steps; feet are the same either way.

        Returns
        -------
        Snapped
            Arrays of k entries; edge is -1 where nothing is near.
        """
        return self.side(step_free=step_free).feet.many(
            np.atleast_1d(np.asarray(lon, dtype=np.float64)),
            np.atleast_1d(np.asarray(lat, dtype=np.float64)),
        )

    def to_nearest(
        self, lon: ArrayLike, lat: ArrayLike, *, step_free: bool = False
    ) -> tuple[F, Ints]:
        """For every node the walk to the nearest of some places, in one pass.

        Parameters
        ----------
        lon, lat : (k,) array_like
            WGS-84 degrees; a place that is not near the network is nowhere.
        step_free : bool
            Walk no steps.

        Returns
        -------
        metres : (n,) float64
            From each node to the nearest place, the place's way to the network included; infinite
            where no place can be reached, as on islands, or amid stairs without steps.
        which : (n,) int64
            Row of that place; -1 where there is none.
        """
        feet = self.snap(lon, lat, step_free=step_free)
        return self.side(step_free=step_free).to_nearest(feet)

    def side(self, *, step_free: bool) -> Side:
        """Return the mainlands, without steps if asked for, ready to be searched."""
        return self._step_free if step_free else self._with_steps

    @cached_property
    def _with_steps(self) -> Side:
        return Side(self.nodes, self.edges, np.flatnonzero(self._on_mainland), feet=self._feet)

    @cached_property
    def _step_free(self) -> Side:
        if not self.edges.stairs.any():
            return self._with_steps
        return Side(self.nodes, self.edges, self._level, feet=self._feet)

    @cached_property
    def _feet(self) -> Feet:
        return Feet(self.edges, self._level)

    @cached_property
    def _level(self) -> Ints:
        """Edges of mainlands that are no stairs."""
        return np.flatnonzero(self._on_mainland & ~self.edges.stairs)

    @cached_property
    def _on_mainland(self) -> Bools:
        component, metres = self._components
        on: Bools = _is_mainland(metres)[component[self.edges.start]]
        return on

    @cached_property
    def _components(self) -> tuple[Ints, F]:
        """Component of each node, and metres of each component."""
        start, end = self.edges.start, self.edges.end
        n = len(self.nodes)
        links = coo_array((np.ones(len(start)), (start, end)), shape=(n, n))
        if not n:
            return np.zeros(0, dtype=np.int64), np.zeros(0)
        count, component = connected_components(links.tocsr(), directed=False)
        metres = np.bincount(component[start], weights=self.edges.length_m, minlength=count)
        return component.astype(np.int64), np.asarray(metres, dtype=np.float64)


def _is_mainland(metres: F) -> Bools:
    found: Bools = (metres >= MAINLAND_M) | ((metres == metres.max(initial=0.0)) & (metres > 0.0))
    return found


def _flag(ways: pd.DataFrame, name: str) -> Bools:
    if name not in ways:
        return np.zeros(len(ways), dtype=bool)
    return np.asarray(ways[name].eq(True), dtype=bool)  # noqa: FBT003 - a value, not an option


def _texts(ways: pd.DataFrame, name: str) -> NDArray[np.object_]:
    """Return a column of texts and None; None throughout where there is no such column."""
    if name not in ways:
        return np.full(len(ways), None, dtype=object)
    values = ways[name]
    return np.asarray(values.astype(object).where(values.notna(), None), dtype=object)


def _kinds(highway: NDArray[np.object_], footway: NDArray[np.object_]) -> NDArray[np.object_]:
    """Kind of each edge, for the words of a route."""
    said = pd.Series(highway, dtype=object)
    walk, path = said.isin(_FOOTWAYS).to_numpy(), said.isin(_PATHS).to_numpy()
    crossing = (walk | path) & np.asarray(footway == "crossing", dtype=bool)
    kinds = np.select(
        [crossing, said.eq("steps").to_numpy(), walk, path],
        ["crossing", "steps", "footway", "path"],
        "road",
    )
    return kinds.astype(object)


def _place_key(lonlat: F) -> Ints:
    """One number for each place, the same for places that round to the same 1e-7°."""
    whole = np.rint(lonlat * _STEPS_A_DEGREE).astype(np.int64)
    key: Ints = ((whole[:, 0] + 1_800_000_000) << 31) + (whole[:, 1] + 900_000_000)
    return key


def _chainage(lonlat: F, first: Ints) -> tuple[F, F]:
    """Metres of each vertex from the first of its line, and metres of each line."""
    at_m = np.zeros(len(lonlat))
    if len(lonlat):
        xyz = earth_centred(*lonlat.T)
        at_m[1:] = apart_m(xyz[1:], xyz[:-1])
        at_m[first[:-1]] = 0.0
        # one running sum that starts afresh at each line, so that no error piles up
        total = np.add.reduceat(at_m, first[:-1])
        at_m[first[1:-1]] = -total[:-1]
        np.cumsum(at_m, out=at_m)
        at_m -= np.repeat(at_m[first[:-1]], np.diff(first))
    return at_m, at_m[first[1:] - 1] if len(lonlat) else np.zeros(0)
