"""The public functions plan and sum up for any frames, in any CRS, and draw what they found."""

from itertools import combinations

import geopandas as gpd
import numpy as np
import pytest
import shapely

import stationmap
from stationmap.errors import CrsError, InputError

CRS = "EPSG:4547"
EAST, NORTH = 500_000, 3_200_000  # on the central meridian, where a metre of the CRS is one


def points(xy, **columns):
    placed = shapely.points(np.add(np.atleast_2d(xy), (EAST, NORTH)))
    return gpd.GeoDataFrame(columns, geometry=placed, crs=CRS)


def line(*xy):
    return shapely.LineString(np.add(xy, (EAST, NORTH)))


@pytest.fixture
def cross():
    lines = [line((0, 0), (400, 0)), line((200, -150), (200, 150))]
    return gpd.GeoDataFrame(
        {"name": ["礼贤路", "南街"]},
        index=["a", "b"],
        geometry=lines,
        crs=CRS,
    )


@pytest.fixture
def shops():
    lot = np.random.default_rng(7)
    along = [(x, 5) for x in lot.uniform(0, 400, 30)]
    up = [(205, y) for y in lot.uniform(-150, 150, 20)]
    return points(along + up, name=[f"店{number}" for number in range(50)])


def with_new(stations, plan):
    new = plan.proposals.to_crs(CRS).geometry
    both = [shapely.get_coordinates(frame.geometry) for frame in (stations, new)]
    return points(np.concatenate(both) - (EAST, NORTH))


@pytest.mark.parametrize("free", [False, True])
def test_after_a_plan_only_the_named_gaps_are_left(cross, shops, free):
    stations = points([(100, 3)])
    plan = stationmap.plan_spacing(cross, stations, hosts=shops, free_standing=free)
    left = stationmap.find_gaps(cross, with_new(stations, plan))
    assert len(stationmap.find_gaps(cross, stations)) == plan.summary["before"]["gaps"]
    assert sorted(left["length_m"].round(3)) == sorted(plan.uncoverable["length_m"].round(3))
    assert plan.summary["bound"] == plan.summary["objective"] == len(plan.proposals)
    assert not (free and len(left))


def test_rows_of_a_plan_name_the_lines_and_hosts_of_the_frames(cross, shops):
    plan = stationmap.plan_spacing(cross, points([(100, 3)]), hosts=shops)
    assert set(plan.proposals["street_id"]) <= {"a", "b"}
    assert set(plan.proposals["street_name"]) <= {"礼贤路", "南街"}
    host = shops.loc[plan.proposals["host_id"].astype(int)]
    assert plan.proposals["name"].tolist() == host["name"].tolist()
    assert (plan.proposals.to_crs(CRS).distance(host.reset_index(drop=True)) < 1e-3).all()


def test_the_crs_of_the_frames_makes_no_difference(cross, shops):
    one = stationmap.plan_spacing(cross, points([(100, 3)]), hosts=shops, budget=4)
    other = stationmap.plan_spacing(
        cross.to_crs(4326), points([(100, 3)]).to_crs(3857), hosts=shops.to_crs(4326), budget=4
    )
    assert one.proposals["host_id"].tolist() == other.proposals["host_id"].tolist()
    assert one.curve["value"].to_numpy() == pytest.approx(other.curve["value"].to_numpy(), abs=0.05)


def test_a_budget_is_spent_as_well_as_by_trying_every_choice():
    lot = np.random.default_rng(3)
    people = points(lot.uniform(0, 600, (40, 2)), people=lot.integers(1, 90, 40))
    hosts = points(lot.uniform(0, 600, (9, 2)))
    plan = stationmap.plan_coverage(people, hosts, within_m=120.0, weight="people", budget=3)
    one, other = (np.asarray(frame.geometry.values) for frame in (people, hosts))
    near = shapely.distance(one[:, None], other[None, :]) <= 120.0
    best = max(
        people["people"][near[:, list(choice)].any(axis=1)].sum()
        for choice in combinations(range(9), 3)
    )
    assert plan.summary["objective"] == best == plan.summary["bound"]
    share = stationmap.coverage(
        people, with_new(points(np.zeros((0, 2))), plan), within_m=120.0, weight="people"
    )
    assert share.loc["all", "covered"] == best


def test_coverage_is_summed_up_by_a_column():
    people = points([(0, 0), (90, 0), (500, 0)], people=[3, 4, 5], county=["x", "x", "y"])
    found = stationmap.coverage(
        people, points([(0, 50)]), within_m=100.0, weight="people", by="county"
    )
    assert found.to_dict("index") == {
        "x": {"total": 7.0, "covered": 3.0, "share": pytest.approx(3 / 7)},
        "y": {"total": 5.0, "covered": 0.0, "share": 0.0},
    }


def test_a_walk_goes_along_the_streets():
    wall = gpd.GeoDataFrame(geometry=[line((0, 0), (0, 1500), (40, 1500), (40, 0))], crs=CRS)
    people, station = points([(1, 1)]), points([(39, 1)])
    straight = stationmap.coverage(people, station, within_m=100.0)
    walked = stationmap.coverage(people, station, within_m=100.0, streets=wall)
    assert (straight.loc["all", "share"], walked.loc["all", "share"]) == (1.0, 0.0)


@pytest.mark.parametrize("weight", [-1.0, float("nan"), "many"])
def test_a_weight_that_is_none_is_named_with_its_row(weight):
    people = points([(0, 0), (9, 0)]).assign(people=[2.0, weight])
    with pytest.raises(InputError, match="row 1 is") as caught:
        stationmap.coverage(people, points([(0, 0)]), within_m=10.0, weight="people")
    assert "people" in str(caught.value)


def test_a_missing_column_and_a_missing_crs_are_told(cross, shops):
    with pytest.raises(InputError, match="there is no column suits: expected one of name"):
        stationmap.plan_spacing(cross, points([(0, 0)]), hosts=shops, suitability="suits")
    with pytest.raises(CrsError, match=r"^hosts: no coordinate"):
        stationmap.plan_spacing(
            cross, points([(0, 0)]), hosts=shops.set_crs(None, allow_override=True)
        )


def test_a_plan_is_in_the_crs_of_its_frame_and_says_itself_in_a_line(cross, shops):
    plan = stationmap.plan_spacing(cross, points([(100, 3)]), hosts=shops)
    assert plan.proposals.crs == plan.uncoverable.crs == cross.crs
    assert repr(plan).startswith(f"<Plan: {len(plan.proposals)} new stations, optimal, 14.")
    assert "30" in repr(plan.summary["assumptions"])


def test_a_budget_is_a_whole_number(cross, shops):
    with pytest.raises(InputError, match=r"2\.5 is no whole number of stations"):
        stationmap.plan_spacing(cross, points([(100, 3)]), hosts=shops, budget=2.5)


def test_a_plan_draws_itself(cross, shops):
    from matplotlib.figure import Figure

    plan = stationmap.plan_spacing(cross, points([(100, 3)]), hosts=shops)
    axes = plan.plot(streets=cross, stations=points([(100, 3)]), ax=Figure().subplots())
    numbers = sorted(int(text.get_text()) for text in axes.texts)
    assert numbers == list(range(1, len(plan.proposals) + 1))
    line, bound = plan.plot_curve(ax=Figure().subplots()).lines
    assert line.get_ydata()[-1] == pytest.approx(100 * plan.summary["after"]["covered_share"])
    assert (bound.get_ydata() >= line.get_ydata() - 1e-9).all()


def test_a_plan_is_laid_on_a_map_to_explore(cross, shops):
    plan = stationmap.plan_spacing(cross, points([(100, 3)]), hosts=shops)
    page = plan.explore(tiles=None).get_root().render()
    assert all(f'"order": {number},' in page for number in plan.proposals["order"])
