"""Plans of a city by walking distance, and for the places at which a rule wants stations."""

from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from stationmap.city.districts import with_adcode
from stationmap.city.plans import PlanAsked, excluded, fit, in_district, standing
from stationmap.crs import local_crs, to_metric
from stationmap.planning.access import plan_access
from stationmap.planning.candidates import HELD_M
from stationmap.planning.demand import demand_of
from stationmap.planning.plan import Plan
from stationmap.planning.presence import plan_presence
from stationmap.standards import PresenceRule, SpacingRule

if TYPE_CHECKING:
    from stationmap.city.answers import Answers

# among hosts that serve alike a public facility comes before a shop; assumed
_SUITABILITY = {"facility": 1.0, "shop": 0.5}
_COLUMNS = (
    "candidate_id",
    "host_kind",
    "host_id",
    "name",
    "category",
    "hours",
    "partner",
    "front_m",
    "suitability",
    "adcode",
)


def access_plan(now: "Answers", asked: PlanAsked) -> Plan:
    """Return the plan by walking distance that is asked for.

    Raises
    ------
    InputError
        What is asked for cannot be.
    """
    assert asked.within_m is not None
    demand, stations = wanted(now, asked), standing(now, asked)
    hosts = _free(now, hosts_of(now, asked), asked)
    districts = now.layer("districts").dropna(subset=["name"])
    network = now.walking()
    return plan_access(
        demand,
        hosts,
        network=network if len(network.edges) else None,
        stations=stations,
        within_m=asked.within_m,
        budget=asked.budget,
        target=asked.target,
        least_share=asked.least_share,
        least_stations=asked.least_stations,
        site_type=type_of(now),
        names=dict(zip(districts["adcode"], districts["name"], strict=True)),
        limit_s=asked.limit_s,
    )


def wanted(now: "Answers", asked: PlanAsked) -> gpd.GeoDataFrame:
    """Return the demand that an access plan is for; see `demand_of`.

    Raises
    ------
    InputError
        There is none of the kind, or a weight cannot be.
    """
    demand = demand_of(
        asked.demand,
        demand=now.demand(),
        zones=now.zones(),
        facilities=now.facilities(),
        weights=dict(asked.weights),
    )
    if asked.district is None:
        return demand
    begins = in_district(now, asked.district)
    inside = demand["adcode"].fillna("").astype("str").str.startswith(begins)
    return demand[inside].reset_index(drop=True)


def presence_plan(now: "Answers", rule: PresenceRule, asked: PlanAsked) -> Plan:
    """Return the plan for the places at which a rule wants stations.

    Raises
    ------
    InputError
        What is asked for cannot be.
    """
    facts = now.facts()
    if asked.effective:
        serving = ~facts.stations["station_id"].isin(now.idle(facts.today))
        facts = replace(facts, stations=facts.stations[serving].reset_index(drop=True))
    return plan_presence(
        rule,
        facts,
        candidates=hosts_of(now, asked),
        budget=asked.budget,
        district="" if asked.district is None else in_district(now, asked.district),
        with_planned=asked.with_planned,
        limit_s=asked.limit_s,
    )


def hosts_of(now: "Answers", asked: PlanAsked) -> gpd.GeoDataFrame:
    """Return all shops and facilities of the city that are not left out, as candidates."""
    frames = {"facility": fit(now.facilities()), "shop": fit(now.layer("shops"))}
    rows = pd.concat(
        [
            pd.DataFrame(
                {
                    "candidate_id": f"{kind}:" + frame["id"].astype("str"),
                    "host_kind": kind,
                    "host_id": frame["id"].astype("str"),
                    "name": frame["name"].astype("object"),
                    "category": frame["category"].astype("object"),
                    "hours": None,
                    "partner": False,
                    "front_m": np.nan,
                    "suitability": _SUITABILITY[kind],
                    "adcode": None,
                    "geometry": frame.geometry.representative_point().to_numpy(),
                }
            )
            for kind, frame in frames.items()
        ],
        ignore_index=True,
    )
    rows = rows[~rows["host_id"].isin(excluded(now, asked))]
    hosts = gpd.GeoDataFrame(rows, geometry="geometry", crs="EPSG:4326")
    hosts = hosts[~(hosts.geometry.isna() | hosts.geometry.is_empty)]
    once = hosts.drop_duplicates("candidate_id").reset_index(drop=True)
    located = with_adcode(once, districts=now.layer("districts"), city=now.config.adcode)
    return located[[*_COLUMNS, "geometry"]]


def _free(now: "Answers", hosts: gpd.GeoDataFrame, asked: PlanAsked) -> gpd.GeoDataFrame:
    """Leave out hosts at which a station of the type stands, also a suspended one."""
    there = now.stations()
    taking = {"active", "suspended"} | ({"planned"} if asked.with_planned else set())
    there = there[there["status"].isin(taking) & (there["type"] == type_of(now))]
    there = there[~(there.geometry.isna() | there.geometry.is_empty)]
    if there.empty or hosts.empty:
        return hosts
    west, south, east, north = hosts.total_bounds
    metric = local_crs([west, east], [south, north])
    tree = shapely.STRtree(to_metric(there[["geometry"]], metric).geometry.to_numpy())
    own = to_metric(hosts[["geometry"]], metric).geometry.to_numpy()
    held = np.unique(tree.query(own, predicate="dwithin", distance=HELD_M)[0])
    return hosts.drop(index=hosts.index[held]).reset_index(drop=True)


def type_of(now: "Answers") -> str:
    """Return the type of new stations: the spacing rule's, else the first that is a station."""
    along = [r.site_type for r in now.pack.rules if isinstance(r, SpacingRule)]
    stations = [site.id for site in now.pack.site_types if site.role == "station"]
    return (along or stations or [now.pack.site_types[0].id])[0]
