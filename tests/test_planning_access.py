"""Access plans are the best there are: every choice is tried on small towns, by walks of their own.

Who serves whom is worked out here by `Walks`, place by place; the best choice by trying them all.
"""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
from drawn_ways import lonlat, network, walk
from test_walking_search import town

from stationmap.errors import InputError
from stationmap.planning import access
from stationmap.planning.access import plan_access
from stationmap.planning.demand import as_candidates, demand_of
from stationmap.planning.optimum import enough
from stationmap.planning.plan import CURVE, PROPOSALS, UNCOVERABLE
from stationmap.walking import Network, Walks

WITHIN_M = 180.0
COUNTIES = np.array(["330802", "330803"], dtype=object)
TOWNS = 3
INSTANCES = 18


def points(places):
    lon, lat = lonlat(*np.asarray(places, dtype=float).reshape(-1, 2).T)
    return gpd.points_from_xy(lon, lat, crs=4326)


def demand_at(places, *, weight, adcode=None, kind="people"):
    size = len(places)
    columns = {
        "demand_id": [f"d{i}" for i in range(size)],
        "kind": kind,
        "name": [f"网格{i}" for i in range(size)],
        "adcode": adcode if adcode is not None else ["330802"] * size,
        "weight": np.asarray(weight, dtype=float),
    }
    return gpd.GeoDataFrame(columns, geometry=points(places), crs=4326)


def hosts_at(places, *, suitability=None, adcode=None):
    size = len(places)
    columns = {
        "candidate_id": [f"c{i}" for i in range(size)],
        "host_kind": "shop",
        "host_id": [f"h{i}" for i in range(size)],
        "name": [f"店{i}" for i in range(size)],
        "category": "bakery",
        "hours": None,
        "partner": False,
        "front_m": np.nan,
        "suitability": np.zeros(size) if suitability is None else suitability,
        "adcode": adcode if adcode is not None else ["330802"] * size,
    }
    return gpd.GeoDataFrame(columns, geometry=points(places), crs=4326)


def stations_at(places, *, adcode=None):
    size = len(places)
    columns = {
        "station_id": [f"s{i}" for i in range(size)],
        "adcode": adcode if adcode is not None else ["330802"] * size,
    }
    return gpd.GeoDataFrame(columns, geometry=points(places), crs=4326)


class Small:
    """A town with ten places of demand, seven hosts and a station; who serves whom."""

    def __init__(self, net, size, rng):
        spots = rng.uniform(-50, size + 50, (10, 2))
        hosts = rng.uniform(0, size, (7, 2))
        hosts[-1] = hosts[0] + 1.0  # two beside each other
        there = rng.uniform(0, size, (1, 2))
        self.network = net
        self.weight = rng.integers(0, 40, 10).astype(float)
        self.suits = rng.integers(0, 101, 7) / 100.0
        self.county, self.of_host = rng.integers(0, 2, 10), rng.integers(0, 2, 7)
        codes = COUNTIES[self.county]
        self.demand = demand_at(spots, weight=self.weight, adcode=codes)
        self.hosts = hosts_at(hosts, suitability=self.suits, adcode=COUNTIES[self.of_host])
        self.stations = stations_at(there)
        served = self._served(self.stations)
        self.covers, self.there = self._served(self.hosts), served.any(axis=1)
        # every choice of hosts, a row each
        self.all = (np.arange(2**7)[:, None] >> np.arange(7)) & 1 == 1
        self.number = self.all.sum(axis=1)
        self.serves = self.there | (self.all @ self.covers.T)
        self.values = self.serves @ self.weight

    def _served(self, frame):
        ids = [str(i) for i in range(len(frame))]
        walks = Walks(self.network, station_ids=ids, lon=frame.geometry.x, lat=frame.geometry.y)
        places = zip(self.demand.geometry.x, self.demand.geometry.y, strict=True)
        metres = [walks.metres(lon, lat, np.arange(len(frame))) for lon, lat in places]
        with np.errstate(invalid="ignore"):
            return np.round(np.array(metres), 4) <= WITHIN_M

    def reached(self, choice):
        return self.there | self.covers[:, list(choice)].any(axis=1)

    def value(self, choice):
        return float(self.weight[self.reached(choice)].sum())

    def best(self, number):
        """Most that any so many hosts serve."""
        return self.values[self.number <= number].max()

    def plan(self, **asked):
        return plan_access(
            self.demand,
            self.hosts,
            network=self.network,
            stations=self.stations,
            within_m=WITHIN_M,
            **asked,
        )

    def chosen(self, plan):
        return [int(host[1:]) for host in plan.proposals["host_id"]]


def small_towns():
    for seed in range(TOWNS):
        net, size = town(np.random.default_rng(seed))
        for number in range(INSTANCES // TOWNS + 1):
            yield Small(net, size, np.random.default_rng([seed, number]))


@pytest.fixture(scope="module")
def towns():
    found = list(small_towns())
    assert sum(t.covers[~t.there].any() for t in found) > len(found) / 2
    return found


# ------------------------------------------------------------------- the best there is


def test_as_few_as_serve_all_who_can_be_and_the_most_suitable_of_these(towns):
    for t in towns:
        plan = t.plan()
        enough = t.values >= t.values[-1]
        fewest = t.number[enough].min()
        suits = round(100 * (t.all @ t.suits)[enough & (t.number == fewest)].max())
        chosen = t.chosen(plan)
        assert (len(chosen), t.value(chosen)) == (fewest, t.values[-1])
        assert round(100 * t.suits[chosen].sum()) == suits
        assert (plan.summary["objective"], plan.summary["bound"]) == (fewest, fewest)
        assert plan.summary["status"] == "optimal"
        lost = [f"d{i}" for i in np.flatnonzero(~t.reached(range(7)) & (t.weight > 0))]
        assert plan.uncoverable["subject_id"].tolist() == lost


@pytest.mark.parametrize("budget", [1, 2, 3, 7])
def test_so_many_serve_as_much_as_any_so_many_can(towns, budget):
    for t in towns:
        plan = t.plan(budget=budget)
        best = t.best(budget)
        chosen = t.chosen(plan)
        assert len(chosen) <= budget
        assert t.value(chosen) == plan.summary["objective"] == best
        assert plan.summary["bound"] == pytest.approx(best)
        assert plan.summary["after"]["value"] == best


def test_the_curve_tells_every_prefix_and_never_more_than_its_bound(towns):
    for t in towns:
        for asked in ({}, {"budget": 3}):
            plan = t.plan(**asked)
            chosen = t.chosen(plan)
            assert tuple(plan.curve.columns) == CURVE
            values = [t.value(chosen[:n]) for n in range(len(chosen) + 1)]
            assert plan.curve["value"].tolist() == pytest.approx(values)
            best = [t.best(n) for n in range(len(chosen) + 1)]
            assert (plan.curve["bound"] >= np.array(best) - 1e-6).all()
            assert plan.proposals["adds"].tolist() == pytest.approx(np.diff(values).tolist())
            assert (np.diff(plan.proposals["adds"]) <= 1e-6).all()
            alone = [t.weight[t.covers[:, c]].sum() for c in chosen]
            assert plan.proposals["covers_m"].tolist() == pytest.approx(alone)


@pytest.mark.parametrize("target", [0.3, 0.6, 0.9])
def test_a_target_is_reached_by_as_few_as_can_be_or_refused(towns, target):
    for t in towns:
        enough = t.values >= target * t.weight.sum() - 1e-9
        if not enough.any():
            with pytest.raises(InputError, match="is beyond reach: with all candidates"):
                t.plan(target=target)
            continue
        plan = t.plan(target=target)
        fewest = t.number[enough].min()
        assert len(plan.proposals) == plan.summary["bound"] == fewest
        assert t.value(t.chosen(plan)) >= target * t.weight.sum() - 1e-9


@pytest.mark.parametrize(("share", "stations"), [(0.5, 0), (0.0, 1), (0.4, 2), (0.0, 3)])
def test_every_county_gets_its_least_or_the_one_that_cannot_is_named(towns, share, stations):
    refused = 0
    for t in towns:
        good = np.ones(len(t.all), dtype=bool)
        for k in np.unique(t.county):
            own = t.county == k
            good &= t.serves[:, own] @ t.weight[own] >= share * t.weight[own].sum() - 1e-9
            # the station that is there stands in the first county
            good &= t.all[:, t.of_host == k].sum(axis=1) + (k == 0) >= stations
        asked = {"least_share": share or None, "least_stations": stations or None}
        if not good.any():
            refused += 1
            with pytest.raises(InputError, match="3308"):
                t.plan(budget=7, **asked)
            continue
        fewest = t.number[good].min()
        budget = max(fewest, 3)
        plan = t.plan(budget=int(budget), **asked)
        choice = np.isin(np.arange(7), t.chosen(plan))
        assert good[(t.all == choice).all(axis=1)].all()
        best = t.values[good & (t.number <= budget)].max()
        assert t.value(t.chosen(plan)) == plan.summary["objective"] == best
        plan = t.plan(**asked)
        assert len(plan.proposals) == t.number[good & (t.values >= t.values[-1])].min()
        if fewest > 1:
            with pytest.raises(InputError, match=f"takes {fewest} new stations and the budget is"):
                t.plan(budget=int(fewest) - 1, **asked)
    assert refused < len(towns)


def test_places_themselves_are_the_last_resort(towns):
    for t in towns:
        everything = gpd.pd.concat([t.hosts, as_candidates(t.demand)], ignore_index=True)
        plan = plan_access(
            t.demand, everything, network=t.network, stations=t.stations, within_m=WITHIN_M
        )
        assert plan.summary["after"]["share"] == pytest.approx(1.0)
        assert plan.uncoverable.empty
        alone = t.plan()
        kinds = plan.proposals["host_kind"].value_counts()
        assert kinds.get("place", 0) == len(alone.suggested)


def test_the_same_input_gives_the_same_plan_in_any_order(towns):
    for t in towns[:10]:
        plan = t.plan(budget=3)
        again = plan_access(
            t.demand,
            t.hosts.iloc[::-1],
            network=t.network,
            stations=t.stations,
            within_m=WITHIN_M,
            budget=3,
        )
        assert plan.proposals["proposal_id"].tolist() == again.proposals["proposal_id"].tolist()


# ------------------------------------------------------------------- a street of 3 km


@pytest.fixture(scope="module")
def street():
    return network([(0, 0), (3000, 0)])


def along(street, *, people, hosts, there=(), within_m=100.0, **asked):
    """Plan on a street, places in metres from its begin."""
    return plan_access(
        demand_at([(x, 0) for x in people], weight=[10.0 + x / 1000 for x in people]),
        hosts_at([(x, 0) for x in hosts]),
        network=street,
        stations=stations_at([(x, 0) for x in there]),
        within_m=within_m,
        **asked,
    )


def test_who_is_served_already_needs_nobody(street):
    plan = along(street, people=[500, 1000], hosts=[510, 1010], there=[520])
    assert plan.proposals["host_id"].tolist() == ["h1"]
    assert plan.summary["before"]["places"] == 1
    assert plan.summary["after"]["by_county"]["330802"]["value"] == plan.summary["after"]["total"]
    done = along(street, people=[500], hosts=[], there=[520])
    assert done.proposals.empty
    assert done.summary["objective"] == done.summary["bound"] == 0


def test_what_nobody_reaches_is_told_with_its_reason_and_a_place(street):
    people = demand_at([(500, 0), (2000, 0), (2050, 0), (0, 9000)], weight=[1, 2, 3, 4])
    people.loc[0, "geometry"] = None
    plan = plan_access(
        people,
        hosts_at([(1000, 0)]),
        network=street,
        stations=stations_at([]),
        within_m=100.0,
    )
    assert tuple(plan.uncoverable.columns) == UNCOVERABLE
    assert [reason.render("en") for reason in plan.uncoverable["reason"]] == [
        "its place is not known",
        "no candidate is within 100 m on foot",
        "no candidate is within 100 m on foot",
        "it is not near any way that is open to people on foot",
    ]
    assert plan.summary["uncoverable_weight"] == 10.0
    assert tuple(plan.suggested.columns) == PROPOSALS
    assert plan.suggested["host_kind"].tolist() == ["place", "place"]
    assert plan.suggested["covers_m"].tolist() == [5.0, 4.0]
    assert plan.suggested["order"].isna().all()


def test_more_budget_than_hosts_is_no_error_and_told(street):
    plan = along(street, people=[500, 1000], hosts=[500, 1000], budget=9)
    assert len(plan.proposals) == 2
    assert [said.render("en") for said in plan.summary["assumptions"]] == [
        "9 new stations were asked for and 2 are enough: no further candidate serves anybody new"
    ]


@pytest.mark.parametrize("known", [False, True])
def test_without_ways_distances_are_straight_and_that_is_told(known):
    nothing = gpd.GeoDataFrame({"highway": []}, geometry=[], crs=4326)
    plan = plan_access(
        demand_at([(0, 0), (0, 300)], weight=[1, 1]),
        hosts_at([(0, 100)]),
        network=Network.from_ways(nothing) if known else None,
        stations=stations_at([]),
        within_m=150.0,
    )
    assert plan.summary["after"]["value"] == 1
    assert "straight" in plan.summary["assumptions"][0].render("en")


def test_a_walk_is_inclusive_and_goes_along_the_street(street):
    metres = round(float(walk(street, (500, 0), (600, 0))), 4)
    for beyond, found in ((0.0, 1), (0.001, 1), (-0.001, 0)):
        plan = along(street, people=[500], hosts=[600], within_m=metres + beyond)
        assert len(plan.proposals) == found
    bend = network([(0, 0), (200, 0), (200, 10), (0, 10), (0, 2000)])
    wall = plan_access(
        demand_at([(20, 1)], weight=[1]),
        hosts_at([(20, 9)]),
        network=bend,
        stations=stations_at([]),
        within_m=100.0,
    )
    assert wall.proposals.empty


# ------------------------------------------------------------------- what cannot be


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"budget": 0}, "a plan for 0 new stations cannot add any: give a budget of 1 or more"),
        ({"budget": -3}, "a plan for -3 new stations cannot add any: give a budget of 1 or more"),
        ({"hosts": []}, "there is no candidate to build a station at: import shops or facilities"),
        ({"target": 0.0}, "a target of 0 % is no share"),
        ({"target": 1.5}, "a target of 150 % is no share"),
        (
            {"target": 0.9},
            "90 % of the demand is beyond reach: with all candidates it is at most 48.8 %, which",
        ),
        (
            {"target": 0.9, "hosts": [500, 1000], "budget": 1},
            "90 % of the demand takes at least 2 new stations and the budget is 1",
        ),
        ({"least_share": 1.2}, "at least 120 % for every county is no share"),
        ({"least_stations": -1}, "at least -1 stations for every county cannot be"),
        (
            {"least_share": 0.8},
            "柯城区 cannot have 80 % of its demand served: with all candidates it is at most 48.8",
        ),
        (
            {"least_stations": 4, "there": [20]},
            "柯城区 cannot have 4 stations: it has 1 and candidates for 1 more",
        ),
        (
            {"least_share": 1.0, "hosts": [500, 1000], "budget": 1},
            "what every county is to get at least takes 2 new stations and the budget is 1",
        ),
        ({"within_m": 0.0}, "a walk of 0.0 m is none"),
        ({"within_m": np.inf}, "a walk of inf m is none"),
    ],
)
def test_what_cannot_be_is_one_sentence_that_names_it(street, asked, sentence):
    asked = {"people": [500, 1000], "hosts": [500], "names": {"330802": "柯城区"}, **asked}
    with pytest.raises(InputError) as error:
        along(street, **asked)
    assert str(error.value).startswith(sentence)
    assert "infeasible" not in str(error.value)
    assert error.value.render("zh") != str(error.value)


def test_a_budget_is_never_exceeded_when_the_time_runs_out(street, monkeypatch):
    def hurried(*given, **options):
        return replace(enough(*given, **options), least_number=1, status="bounded")

    monkeypatch.setattr(access, "enough", hurried)
    asked = {"people": [500, 1000], "hosts": [500, 1000], "target": 0.9}
    assert len(along(street, budget=2, **asked).proposals) == 2
    with pytest.raises(InputError, match=r"the time was not enough .* takes 2 new stations"):
        along(street, budget=1, **asked)


@pytest.mark.parametrize("weight", [np.nan, -1.0, np.inf])
def test_a_weight_that_is_none_is_named(street, weight):
    with pytest.raises(InputError, match="the demand 网格1 has no usable weight"):
        plan_access(
            demand_at([(0, 0), (100, 0)], weight=[1.0, weight]),
            hosts_at([(0, 0)]),
            network=street,
            stations=stations_at([]),
            within_m=100.0,
        )


def test_no_demand_and_no_county_are_told(street):
    nobody = {"network": street, "stations": stations_at([]), "within_m": 100.0}
    with pytest.raises(InputError, match="there is no demand: nobody lives"):
        plan_access(demand_at([(0, 0)], weight=[0.0]), hosts_at([(0, 0)]), **nobody)
    lost = demand_at([(0, 0), (10, 0)], weight=[1.0, 1.0], adcode=["330802", None])
    with pytest.raises(InputError, match="the county of 1 places of the demand is not known"):
        plan_access(lost, hosts_at([(0, 0)]), least_share=0.5, **nobody)


# ------------------------------------------------------------------- who is meant


def people(**columns):
    size = len(columns["people"])
    groups = dict.fromkeys(("empty_nest", "left_behind", "migrants", "disabled"), np.nan)
    frame = {"id": [f"w{i}" for i in range(size)], "name": None, "adcode": None}
    return gpd.GeoDataFrame({**frame, **groups, **columns}, geometry=points([(0, 0)] * size))


NOTHING = gpd.GeoDataFrame(
    {name: [] for name in ("id", "kind", "name", "category", "adcode")}, geometry=[], crs=4326
)


def meant(of, demand=NOTHING, *, zones=NOTHING, facilities=NOTHING, **options):
    return demand_of(of, demand=demand, zones=zones, facilities=facilities, **options)


def test_a_member_of_a_group_counts_for_its_weight_instead_of_one():
    frame = people(people=[100.0, 50.0], empty_nest=[10.0, np.nan], disabled=[5.0, 50.0])
    weights = {"empty_nest": 3.0, "disabled": 0.0}
    assert meant("people", frame)["weight"].tolist() == [100, 50]
    assert meant("people", frame, weights=weights)["weight"].tolist() == [115, 0]


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (("houses",), "unknown demand houses"),
        (("facilities",), "unknown demand facilities"),
        (("people",), "nobody knows where people live"),
        (("communities",), "no communities are known"),
        (("facilities:school",), "no facility of category school is known"),
        (("people", people(people=[np.nan])), "w0 has no usable number of people"),
        (("people", people(people=[-4.0])), "w0 has no usable number of people"),
    ],
)
def test_demand_that_is_not_there_is_one_sentence(asked, sentence):
    with pytest.raises(InputError) as error:
        meant(*asked)
    assert str(error.value).startswith(sentence)
    assert error.value.render("zh") != str(error.value)


@pytest.mark.parametrize(
    ("weights", "sentence"),
    [
        ({"teachers": 2.0}, "unknown group of people teachers"),
        ({"disabled": -1.0}, "the weight of disabled is -1.0"),
        ({"disabled": np.nan}, "the weight of disabled is nan"),
        ({"disabled": 0.0, "empty_nest": 0.0}, "the groups of w0 are more people than live there"),
    ],
)
def test_weights_that_cannot_be_are_one_sentence(weights, sentence):
    frame = people(people=[10.0], disabled=[8.0], empty_nest=[9.0])
    with pytest.raises(InputError) as error:
        meant("people", frame, weights=weights)
    assert str(error.value).startswith(sentence)
    with pytest.raises(InputError, match="weights by group count people"):
        meant("communities", frame, weights=weights)
