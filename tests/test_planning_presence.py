"""Presence plans: after them the check finds none without a station, and with no fewer could it."""

import itertools
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from facts_builder import CRS, facts, place, rule, square

from stationmap import stations as frames
from stationmap.checks import findings, presence
from stationmap.checks.findings import MET, NOT_MET
from stationmap.errors import InputError
from stationmap.planning.plan import PROPOSALS
from stationmap.planning.presence import plan_presence
from stationmap.standards import PresenceRule, load

PACK = load("quzhou-2018")
COMPLETE = ["stations:post", "facilities:hospital", "subdistrict"]
RULE = rule(PresenceRule, site_type="post", at=["hospital", "subdistrict"], within_m=50.0)


def known(one=RULE, **rows):
    pack = PACK.model_copy(update={"rules": (one,)})
    return facts(pack=pack, **{"complete": COMPLETE, **rows})


def hospital(x, y, **more):
    return {"name": "医院", "category": "hospital", "geometry": place(x, y), **more}


def subdistrict(x, y, **more):
    more = {"geometry": square(x, y), **more}
    return {"name": "街道", "kind": "subdistrict", "adcode": "330802", **more}


def hosts_at(*spots, suitability=None, **columns):
    size = len(spots)
    points = gpd.GeoSeries([place(x, y) for x, y in spots], crs=CRS).to_crs(4326)
    own = {
        "candidate_id": [f"c{i}" for i in range(size)],
        "host_kind": ["shop"] * size,
        "host_id": [f"h{i}" for i in range(size)],
        "name": [f"店{i}" for i in range(size)],
        "category": ["bakery"] * size,
        "hours": [None] * size,
        "partner": [False] * size,
        "front_m": np.full(size, np.nan),
        "suitability": np.zeros(size) if suitability is None else np.array(suitability),
        "adcode": ["330802"] * size,
    }
    return gpd.GeoDataFrame({**own, **columns}, geometry=points, crs=4326)


def lacking(facts_):
    frame = findings.frame(presence.check(facts_.pack.rules[0], facts_), lang="en")
    return set(frame.loc[frame["state"] == NOT_MET, "subject_id"])


def built(facts_, shapes):
    """Facts with active posts at some places more."""
    size = len(shapes)
    columns = {"station_id": [f"n{i}" for i in range(size)], "type": "post", "status": "active"}
    fresh = frames.conform(gpd.GeoDataFrame(columns, geometry=list(shapes), crs=4326))
    table = pd.concat([facts_.stations, fresh], ignore_index=True)
    return replace(facts_, stations=gpd.GeoDataFrame(table, geometry="geometry", crs=4326))


@pytest.mark.parametrize("seed", range(8))
def test_as_few_as_can_be_leave_no_place_without_a_station(seed):
    rng = np.random.default_rng(seed)
    places = rng.uniform(0, 300, (6, 2))
    squares = rng.uniform(0, 250, (2, 2))
    spots = rng.uniform(0, 300, (6, 2))
    there = known(
        facilities=[hospital(*xy) for xy in places],
        zones=[subdistrict(*xy) for xy in squares],
        stations=[{"x": 150.0, "y": 150.0}],
    )
    hosts = hosts_at(*spots, suitability=rng.integers(0, 101, 6) / 100)
    plan = plan_presence(RULE, there, candidates=hosts)
    assert tuple(plan.proposals.columns) == PROPOSALS
    assert lacking(built(there, plan.proposals.geometry)) == set()
    due = lacking(there)
    assert plan.curve["value"].iloc[-1] - plan.curve["value"].iloc[0] == len(due)
    # all choices of hosts: what is left then stands for itself
    serves = [due - lacking(built(there, [shape])) for shape in hosts.geometry]
    left = {
        choice: due.difference(*(serves[c] for c in choice))
        for n in range(7)
        for choice in itertools.combinations(range(6), n)
    }
    best = left[tuple(range(6))]
    own = plan.proposals[plan.proposals["host_kind"] == "place"]
    assert bool(len(own)) == bool(best)
    assert best.isdisjoint(lacking(built(there, own.geometry)))
    hosted = len(plan.proposals) - len(own)
    if not best:
        assert hosted == min(len(c) for c, lost in left.items() if not lost)
        assert plan.summary["objective"] == plan.summary["bound"] == hosted
    for budget in (1, 2):
        some = plan_presence(RULE, there, candidates=hosts, budget=budget)
        assert len(some.proposals) <= budget
        still = lacking(built(there, some.proposals.geometry))
        assert some.summary["objective"] == len(due) - len(still)
        assert len(still) <= min(len(lost) for c, lost in left.items() if len(c) <= budget)


def test_the_place_itself_is_preferred_to_its_neighbour_and_is_the_last_resort():
    there = known(facilities=[hospital(0, 0), hospital(500, 0)])
    hosts = hosts_at((0, 0), (10, 0), suitability=[0.2, 0.9], host_id=["F0", "h1"])
    plan = plan_presence(RULE, there, candidates=hosts)
    kinds = dict(zip(plan.proposals["host_id"], plan.proposals["host_kind"], strict=True))
    assert kinds == {"F0": "shop", "F1": "place"}
    alone = plan_presence(RULE, there, candidates=hosts.iloc[:0])
    assert set(alone.proposals["host_kind"]) == {"place"}
    assert lacking(built(there, alone.proposals.geometry)) == set()


def test_what_is_unknown_is_not_planned_for_but_counted():
    there = known(facilities=[hospital(0, 0)], complete=["facilities:hospital"])
    plan = plan_presence(RULE, there, candidates=hosts_at((0, 0)))
    assert plan.proposals.empty
    assert plan.summary["unknown"] == 1
    told = [said.render("en") for said in plan.summary["assumptions"]]
    assert told[0].startswith("1 places are not planned for")
    assert "no sub-district or town is known" in told[1]
    assert all(said.render("zh") for said in plan.summary["assumptions"])


def test_planned_stations_count_unless_told_otherwise():
    rows = {"facilities": [hospital(0, 0)], "zones": [subdistrict(900, 900)]}
    there = known(stations=[{"x": 5.0, "y": 0.0, "status": "planned"}], **rows)
    hosts = hosts_at((0, 0), (950, 950))
    assert plan_presence(RULE, there, candidates=hosts).proposals["host_id"].tolist() == ["h1"]
    every = plan_presence(RULE, there, candidates=hosts, with_planned=False)
    assert set(every.proposals["host_id"]) == {"h0", "h1"}


def test_a_district_plans_for_its_own_places_alone():
    rows = [hospital(0, 0, adcode="330802"), hospital(900, 0, adcode="330803")]
    plan = plan_presence(
        RULE, known(facilities=rows), candidates=hosts_at((0, 0), (900, 0)), district="330803"
    )
    assert plan.proposals["host_id"].tolist() == ["h1"]
    assert plan.summary["before"]["total"] == 1


def test_a_host_in_an_area_stands_inside_it():
    there = known(zones=[subdistrict(0, 0)])
    plan = plan_presence(RULE, there, candidates=hosts_at((-20, 50), (50, 50)))
    assert plan.proposals["host_id"].tolist() == ["h1"]
    assert shapely.contains(there.hosts.places.geometry[0], plan.proposals.geometry[0])


@pytest.mark.parametrize("budget", [0, -1])
def test_a_budget_of_none_is_refused(budget):
    with pytest.raises(InputError, match="cannot add any: give a budget of 1 or more"):
        plan_presence(RULE, known(), candidates=hosts_at((0, 0)), budget=budget)


def test_a_rule_that_is_met_needs_nothing():
    there = known(facilities=[hospital(0, 0)], stations=[{"x": 1.0, "y": 0.0}])
    plan = plan_presence(RULE, there, candidates=hosts_at((0, 0)))
    assert plan.proposals.empty
    assert plan.summary["before"] == plan.summary["after"]
    assert presence.check(RULE, there)[0].state.tolist() == [MET]
