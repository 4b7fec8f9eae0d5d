"""Porto Alegre: who of 812 935 real people is 15 minutes away, and how few stations change that."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from stationmap.errors import InputError
from stationmap.io import osm
from stationmap.planning.access import plan_access
from stationmap.planning.demand import as_candidates, demand_of
from stationmap.walking import Network, Walks

FOLDER = "porto-alegre-coverage"
PEOPLE = 812_935
WITHIN_M = 1200.0  # fifteen minutes at 80 m a minute


class PortoAlegre:
    """Streets, people by hexagon, fifteen known places as stations, all facilities as hosts."""

    def __init__(self, shared):
        found = osm.read(shared(f"{FOLDER}/poa.osm.pbf"))
        self.network = Network.from_ways(found.ways)
        hexes = pd.read_csv(shared(f"{FOLDER}/poa_hexgrid.csv"))
        points = gpd.points_from_xy(hexes["lon"], hexes["lat"])
        nothing = gpd.GeoDataFrame({"id": []}, geometry=[], crs=4326)
        columns = {"id": hexes["id"], "name": None, "people": hexes["population"], "adcode": None}
        people = gpd.GeoDataFrame(columns, geometry=points, crs=4326)
        self.demand = demand_of("people", demand=people, zones=nothing, facilities=nothing)
        known = pd.read_csv(shared(f"{FOLDER}/poa_points_of_interest.csv"))
        points = gpd.points_from_xy(known["lon"], known["lat"])
        self.stations = gpd.GeoDataFrame({"station_id": known["id"]}, geometry=points, crs=4326)
        hosts = found.facilities
        self.hosts = gpd.GeoDataFrame(
            {
                "candidate_id": hosts["id"],
                "host_kind": "facility",
                "host_id": hosts["id"],
                "name": hosts["name"],
                "category": hosts["category"],
                "hours": None,
                "partner": False,
                "front_m": np.nan,
                "suitability": 0.5,
                "adcode": None,
            },
            geometry=hosts.geometry.representative_point(),
            crs=4326,
        )

    def plan(self, hosts=None, **asked):
        return plan_access(
            self.demand,
            self.hosts if hosts is None else hosts,
            network=self.network,
            stations=self.stations,
            within_m=WITHIN_M,
            **asked,
        )

    def served(self, *frames):
        """Ids of the demand with a walk short enough to the nearest of some places."""
        points = pd.concat([frame.geometry for frame in frames], ignore_index=True)
        ids = [str(k) for k in range(len(points))]
        walks = Walks(self.network, station_ids=ids, lon=points.x, lat=points.y)
        places = zip(self.demand.geometry.x, self.demand.geometry.y, strict=True)
        near = [bool(walks.nearest(lon, lat, k=1, max_m=WITHIN_M)) for lon, lat in places]
        return self.demand["demand_id"][near]

    def reached(self, *frames):
        """People with a walk short enough to the nearest of some places."""
        served = self.demand["demand_id"].isin(self.served(*frames))
        return float(self.demand["weight"][served].sum())


@pytest.fixture(scope="module")
def city(shared):
    return PortoAlegre(shared)


@pytest.fixture(scope="module")
def plan(city):
    return city.plan()


def test_all_people_are_there(city, plan):
    assert city.demand["weight"].sum() == plan.summary["before"]["total"] == PEOPLE


def test_people_served_are_those_who_find_a_station_near(city, plan):
    assert plan.summary["before"]["value"] == city.reached(city.stations)
    assert plan.summary["after"]["value"] == city.reached(city.stations, plan.proposals)
    lost = plan.uncoverable["weight"].sum()
    assert plan.summary["after"]["value"] + lost == PEOPLE
    shares = [round(plan.summary[when]["share"], 3) for when in ("before", "after")]
    assert (shares, len(plan.proposals)) == ([0.183, 0.954], 54)
    assert (len(plan.uncoverable), lost) == (134, 37_411)


def test_no_fewer_could_serve_them(city, plan):
    """Even if parts of stations would do, they take more than one station less than planned."""
    hosts = city.hosts.geometry
    ids = [str(k) for k in range(len(hosts))]
    walks = Walks(city.network, station_ids=ids, lon=hosts.x, lat=hosts.y)
    due = city.demand[city.demand["weight"] > 0]
    own = np.array(
        [walks.metres(point.x, point.y, np.arange(len(hosts))) for point in due.geometry]
    )
    with np.errstate(invalid="ignore"):
        serves = own <= WITHIN_M
    there = due["demand_id"].isin(city.served(city.stations)).to_numpy()
    lost = ~there & ~serves.any(axis=1)
    assert set(due["demand_id"][lost]) == set(plan.uncoverable["subject_id"])
    rows = np.unique(np.unique(serves[~there & ~lost], axis=0), axis=1).astype(float)
    ones = np.ones(rows.shape[1])
    least = linprog(ones, A_ub=-rows, b_ub=-np.ones(len(rows)), bounds=(0, None)).fun
    assert np.ceil(least - 1e-6) == len(plan.proposals) == plan.summary["bound"]
    assert plan.summary["status"] == "optimal"


def test_most_of_them_take_a_few_and_every_further_station_adds_less(city):
    plan = city.plan(budget=10)
    assert len(plan.proposals) == 10
    assert plan.summary["gap"] <= 1e-4
    assert plan.summary["after"]["value"] == city.reached(city.stations, plan.proposals)
    assert (np.diff(plan.proposals["adds"]) <= 0).all()
    assert (plan.curve["bound"] >= plan.curve["value"] - 1e-6).all()
    enough = city.plan(target=plan.summary["after"]["share"])
    assert len(enough.proposals) == enough.summary["bound"] <= 10


def test_everybody_is_reached_only_from_where_people_live(city, plan):
    with pytest.raises(InputError, match="100 % of the demand is beyond reach") as error:
        city.plan(target=1.0)
    assert f"takes {len(plan.proposals)} new stations" in str(error.value)
    every = pd.concat([city.hosts, as_candidates(city.demand)], ignore_index=True)
    whole = city.plan(every)
    assert whole.summary["after"]["value"] == PEOPLE
    places = (whole.proposals["host_kind"] == "place").sum()
    assert places == len(plan.suggested)
