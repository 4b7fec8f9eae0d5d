"""Facts: everything that the rules of a pack look at, prepared once for all of them."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import ArrayLike, NDArray

from stationmap.checks import hosts
from stationmap.checks.hosts import Hosts
from stationmap.checks.spacing import Spacing
from stationmap.crs import to_metric, to_wgs84
from stationmap.standards import Pack, PlacementRule, PresenceRule, ServicesRule
from stationmap.streets import Streets
from stationmap.streets.junctions import frontage_at, junctions

EVERYWHERE = "*"
_AT_PLACES = (PresenceRule, PlacementRule, ServicesRule)
COUNTY = 6
"""Level of counties and districts of a city."""
STOP_REACH_M = 30.0
"""A bus stop stands at a street within this distance of its line."""
_JUNCTION: Mapping[str, Any] = MappingProxyType(
    {"place": "junction", "subject_kind": "junction", "layer": "streets"}
)
_BUS_STOP: Mapping[str, Any] = MappingProxyType(
    {"place": "bus_stop", "subject_kind": "bus_stop", "layer": "bus_stops"}
)


def stem(adcode: str) -> str:
    """Return what the codes of all in a district begin with: of a city or province no zeros."""
    if len(adcode) == COUNTY and adcode.endswith("00"):
        return adcode[:2] if adcode.endswith("0000") else adcode[:4]
    return adcode


@dataclass(frozen=True)
class Facts:
    """What is known of a city; frames with geometry are in EPSG:4326.

    Attributes
    ----------
    pack : Pack
    name, adcode : str
        Of the city.
    crs : pyproj.CRS
        The local metric one, in which distances are measured.
    today : date
    stations : GeoDataFrame
        The stations frame, every status, ``adcode`` where each lies; None without a place.
    facilities : GeoDataFrame
        id, name, category, source, adcode, geometry: points and outlines, each facility once.
    zones : GeoDataFrame
        Areas and lists by import: id, kind (built_up, community, subdistrict, compound,
        civilised_unit), name, urban (True, False or None), adcode, source, geometry (or None).
    bus_stops : GeoDataFrame
        id, name, adcode, geometry.
    districts : GeoDataFrame
        Counties: adcode, name, level, population, geometry.
    counts : DataFrame
        subject (adcode or unit), subject_kind ("district", "unit"), name, period, count (of
        `standards.rules.Count`), value, source.
    units : DataFrame
        id, name, adcode, civilised, organisation, platform_id (text or None), headcount, source.
    projects : DataFrame
        id, station_id, name, service, published ("online", "offline", "online;offline" or None),
        source.
    activities : DataFrame
        id, station_id, unit_id, name, date (datetime64), place, served, content, hours, quality,
        reported, source.
    inspections : DataFrame or None
        station_id, item, part (0 for the item as a whole), state (`findings.STATES`), at
        (datetime64): the newest judgement decides; and item "visit": state "met" or "not_met"
        for a station found open, staffed and in use, or not. None: none were given.
    complete : callable
        ``complete(layer)``: the adcodes whose data in a layer are declared complete ("*" for
        all). Layers: shops, facilities, streets, ``stations:TYPE``, community, subdistrict,
        compound, civilised_unit, built_up, units, projects, activities.
    listed_on : mapping
        Source of stations → day on which its list was imported.
    entered_on : mapping
        Id of a station that no list brought → day on which it was entered by hand.
    streets, spacing : callable
        ``spacing(rule_id)`` and ``streets()`` (of the pack's spacing rule), worked out when
        first asked for; None for a city without streets, or a pack without a spacing rule.
    """

    pack: Pack
    name: str
    adcode: str
    crs: pyproj.CRS
    today: date
    stations: gpd.GeoDataFrame
    facilities: gpd.GeoDataFrame
    zones: gpd.GeoDataFrame
    bus_stops: gpd.GeoDataFrame
    districts: gpd.GeoDataFrame
    counts: pd.DataFrame
    units: pd.DataFrame
    projects: pd.DataFrame
    activities: pd.DataFrame
    inspections: pd.DataFrame | None
    complete: Callable[[str], Collection[str]]
    streets: Callable[[], Streets | None]
    spacing: Callable[[str], Spacing | None]
    listed_on: Mapping[str, date] = field(default_factory=dict)
    entered_on: Mapping[str, date] = field(default_factory=dict)

    @cached_property
    def active(self) -> gpd.GeoDataFrame:
        """The active stations, with row numbers from 0; those without a place too."""
        return self.stations[self.stations["status"] == "active"].reset_index(drop=True)

    @cached_property
    def active_counties(self) -> pd.Series:
        """The county of each active station: the first six digits of its adcode."""
        return self.active["adcode"].astype("str").str[:6]

    def declared(self, layer: str, adcode: ArrayLike) -> NDArray[np.bool_]:
        """Tell for each adcode whether the data of a layer are declared complete there.

        A declaration for a county or a city holds for what lies in it, one for "*" everywhere; the
        city is complete where all its counties are.
        """
        within, whole = self._complete_in(layer)
        code, known = pd.factorize(np.asarray(adcode, dtype=object))
        told = [str(one).startswith(within) or (whole and one == self.adcode) for one in known]
        nowhere = "".startswith(within) or (whole and self.adcode == "")
        found: NDArray[np.bool_] = np.array([*told, nowhere], dtype=bool)[code]
        return found

    def _complete_in(self, layer: str) -> tuple[tuple[str, ...], bool]:
        """Return what adcodes begin with where a layer is complete; whether the city's does."""
        if layer not in self.completeness:
            said = {*self.complete(layer), *self.complete(layer.partition(":")[0])}
            within = ("",) if EVERYWHERE in said else tuple(stem(code) for code in said)
            counties = self.districts.loc[self.districts["level"] == COUNTY, "adcode"]
            whole = len(counties) > 0 and bool(counties.str.startswith(within).all())
            self.completeness[layer] = within, whole
        return self.completeness[layer]

    @cached_property
    def completeness(self) -> dict[str, tuple[tuple[str, ...], bool]]:
        """What is known by now of where layers are complete; of facts with the same layers."""
        return {}

    @cached_property
    def built_up(self) -> Any | None:
        """The built-up area as one prepared geometry; None where none was imported."""
        shapes = self.zones.loc[self.zones["kind"] == "built_up"].geometry.dropna().to_numpy()
        if not len(shapes):
            return None
        whole = shapely.union_all(shapely.make_valid(shapes))
        shapely.prepare(whole)
        return whole

    @cached_property
    def hosts(self) -> Hosts:
        """The places that the pack's rules name, and the active stations at them: one join."""
        rules = [r for r in self.pack.rules if isinstance(r, _AT_PLACES)]
        kinds = list(dict.fromkeys(kind for rule in rules for kind in rule.at))
        frames = [hosts.facilities(self.facilities, kinds=kinds)]
        frames += [hosts.areas(self.zones, kind=kind) for kind in kinds if kind in hosts.AREAS]
        frames += [self._along_streets(kind) for kind in ("junction", "bus_stop") if kind in kinds]
        places = pd.concat(frames, ignore_index=True)
        reach_m = max((rule.within_m for rule in rules), default=0.0)
        return hosts.of(self.active, places, reach_m=reach_m, crs=self.crs)

    def _along_streets(self, kind: str) -> gpd.GeoDataFrame:
        streets = self.streets()
        if kind == "junction":
            if streets is None:
                return hosts.table(self.bus_stops.iloc[:0], **_JUNCTION)
            rows = to_wgs84(junctions(streets))
            return hosts.table(rows, **dict(_JUNCTION) | {"frontage": rows["frontage"]})
        rows = self.bus_stops
        if rows.empty:
            rows = self.facilities[self.facilities["category"] == "bus_stop"]
        rows = rows[rows.geometry.notna()]
        front: Any = "none"
        if streets is not None:
            at = to_metric(rows[["geometry"]], streets.crs).geometry.centroid
            front = frontage_at(streets, at.x, at.y, reach_m=STOP_REACH_M)
        return hosts.table(rows, **dict(_BUS_STOP) | {"frontage": front})

    @cached_property
    def district_names(self) -> Mapping[str, str]:
        """Names of districts by adcode; the city's own too."""
        rows = self.districts.dropna(subset=["name"])
        return {self.adcode: self.name, **dict(zip(rows["adcode"], rows["name"], strict=True))}
