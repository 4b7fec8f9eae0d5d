"""Spacing plans of central Nanjing and Helsinki, their shops declared complete."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from scipy import optimize, sparse

from stationmap.checks.spacing import check
from stationmap.city import City
from stationmap.planning.candidates import of_city
from stationmap.planning.plan import OPTIMAL, TRIED
from stationmap.planning.sites import SITES, Sites
from stationmap.planning.spacing_plan import plan_spacing_of

FILES = {
    "nanjing": "osm-nanjing-downtown/nanjing_downtown.osm.pbf",
    "helsinki": "osm-pbf-world/helsinki.osm.pbf",
}
# stations of the plan, stretches that no host closes and their metres; with free-standing points:
# stations, and how many of them stand free
SHOWN = {"nanjing": (53, 10, 518.6, 61, 11), "helsinki": (184, 1, 59.7, 185, 1)}


@pytest.fixture(scope="module", params=list(FILES))
def place(request, shared, tmp_path_factory):
    """A city with its shops declared complete, its candidates, and no station."""
    folder = tmp_path_factory.mktemp("plan") / request.param
    city = City.create(folder, standard="quzhou-2018")
    city.import_file("osm", shared(FILES[request.param]))
    settings = folder / "city.toml"
    head = settings.read_text("utf-8").split("[complete]")[0]
    settings.write_text(f'{head}[complete]\nshops = ["*"]\n', encoding="utf-8")
    now = City.open(folder).now()
    rule, prepared = now.rule(None), now.prepared()
    candidates = of_city(
        prepared=prepared,
        shops=now.layer("shops"),
        facilities=now.facilities(),
        rule=rule,
        pack=now.pack,
        stations=now.stations(),
    )
    return request.param, prepared, now.counting(rule.id), candidates, rule


def stations_of(found):
    rows = found.proposals[["proposal_id", "geometry"]]
    return rows.rename(columns={"proposal_id": "station_id"})


def test_the_plan_is_proven_and_leaves_open_what_it_names(place):
    name, prepared, fixed, candidates, rule = place
    found = plan_spacing_of(prepared, fixed=fixed, candidates=candidates, rule=rule)
    number, voids, void_m, *_ = SHOWN[name]
    assert found.summary["status"] == OPTIMAL
    assert (len(found.proposals), found.summary["bound"]) == (number, number)
    assert (len(found.uncoverable), round(found.summary["uncoverable_m"], 1)) == (voids, void_m)
    gaps = check(prepared, stations_of(found)).gaps()
    columns = ["street_id", "part", "from_m", "to_m", "points_needed"]
    named = found.uncoverable.rename(columns={"subject_id": "street_id"})
    assert gaps[columns].values.tolist() == named[columns].values.tolist()
    both = pd.concat([found.proposals, found.suggested])[["proposal_id", "geometry"]]
    both = both.rename(columns={"proposal_id": "station_id"})
    assert not len(check(prepared, gpd.GeoDataFrame(both, crs=4326)).gaps())
    assert found.proposals["also"].str.len().gt(0).any()  # corners serve two streets


def test_the_number_is_that_of_the_plain_programme(place):
    """No reduction, no component: every window a row, every candidate a column."""
    name, prepared, fixed, candidates, _ = place
    table = candidates[list(SITES)]
    kerbs = prepared.kerbs_of(np.arange(len(prepared.lines)))
    sites = Sites.of(prepared, kerbs, fixed=fixed, table=table)
    window, point, number = sites.along().windows()
    pairs = np.ones(len(window)), (window, point)
    covers = sparse.csr_array(pairs, shape=(number, len(sites)))
    covers.data[:] = 1
    solved = optimize.milp(
        np.ones(len(sites)),
        constraints=optimize.LinearConstraint(covers, lb=1),
        integrality=np.ones(len(sites)),
        bounds=optimize.Bounds(0, 1),
    )
    assert solved.status == 0
    assert round(solved.fun) == SHOWN[name][0]


def test_free_standing_points_close_everything_with_the_fewest_of_them(place):
    name, prepared, fixed, candidates, rule = place
    found = plan_spacing_of(
        prepared, fixed=fixed, candidates=candidates, rule=rule, free_standing=True
    )
    *_, number, free = SHOWN[name]
    assert found.summary["status"] == TRIED
    assert (len(found.proposals), found.summary["free_standing_proposals"]) == (number, free)
    assert not len(found.uncoverable)
    assert not len(check(prepared, stations_of(found)).gaps())


def test_a_budget_reaches_what_is_proven_and_the_curve_flattens(place):
    _, prepared, fixed, candidates, rule = place
    found = plan_spacing_of(prepared, fixed=fixed, candidates=candidates, rule=rule, budget=40)
    assert found.curve["gap"].iloc[-1] <= 1e-4
    assert (found.curve["gap"] <= 0.05).all()
    assert (np.diff(found.proposals["adds"]) <= 1e-4).all()
    built = check(prepared, stations_of(found)).summary()
    assert found.curve["value"].iloc[-1] == pytest.approx(built["covered_m"])
