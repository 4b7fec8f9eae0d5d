"""Plans for the spacing rule, against trying everything, and on awkward streets."""

import math

import geopandas as gpd
import numpy as np
import pytest
from planning_towns import (
    CLOSE,
    candidates_of,
    line,
    none_fixed,
    on,
    planned_town,
    ring,
    subsets,
    with_plan,
)
from shapely import LineString, Point
from spacing_towns import CRS, random_town, stations_of, streets_of

from stationmap.checks.spacing import check, prepare, update
from stationmap.errors import InputError
from stationmap.planning.plan import CURVE, PROPOSALS, UNCOVERABLE
from stationmap.planning.spacing_plan import plan_spacing_of


def plan(streets, at, *, spacing_m=50.0, fixed=None, stretches=None, suits=None, **asked):
    """Plan for streets with candidates at points."""
    prepared = prepare(streets_of(streets, stretches=stretches), spacing_m=spacing_m)
    fixed = none_fixed() if fixed is None else stations_of(fixed)
    own = candidates_of(at, suitability=suits)
    return prepared, plan_spacing_of(prepared, fixed=fixed, candidates=own, **asked)


def ids(found):
    return sorted(one.removeprefix("shop:c").lstrip("0") or "0" for one in found["proposal_id"])


# ------------------------------------------------------------------ against trying everything


@pytest.mark.parametrize("seed", range(10))
def test_no_subset_leaves_less_open_with_fewer_or_more_suitable_stations(seed):
    sides = ("both", "each")[seed % 2]
    town, fixed, candidates = planned_town(seed, most=7, sides=sides)
    spacing_m = (30.0, 50.0, 80.0)[seed % 3]
    prepared = prepare(town, spacing_m=spacing_m, sides=sides)
    found = plan_spacing_of(prepared, fixed=fixed, candidates=candidates)
    tried = list(subsets(prepared, fixed, candidates))
    least_open = min(open_ticks for _, (open_ticks, _, _) in tried)
    suits = (100 * candidates["suitability"]).round().to_numpy()
    number, suit = min(
        (len(rows), -suits[list(rows)].sum())
        for rows, (open_ticks, _, _) in tried
        if open_ticks <= least_open + CLOSE
    )
    assert abs(found.summary["uncoverable_m"] * 1e4 - least_open) <= CLOSE
    assert found.summary["proposals"] == found.summary["bound"] == number
    assert round(100 * found.proposals["suitability"].sum()) == -suit
    assert found.summary["status"] == "optimal"


@pytest.mark.parametrize("seed", range(8))
def test_free_standing_points_are_the_fewest_of_all_places_on_streets_apart(seed):
    """Apart, what hosts leave open takes `points_needed` points, wherever they stand."""
    rng = np.random.default_rng(seed)
    lines = [line(rng.uniform(60, 420)), ring(rng.uniform(20, 60), y=500.0, corners=12)]
    at = [p for one in lines for p in on(one, *rng.uniform(0, one.length, rng.integers(1, 5)))]
    prepared, found = plan(lines, at, free_standing=True)
    fewest = min(
        (needed, needed + len(rows))
        for rows, (_, needed, _) in subsets(prepared, none_fixed(), candidates_of(at))
    )
    free = int((found.proposals["host_kind"] == "free").sum())
    assert (free, len(found.proposals)) == fewest
    assert not len(check(prepared, with_plan(none_fixed(), found.proposals)).gaps())


@pytest.mark.parametrize("seed", range(4))
def test_no_subset_of_the_budget_covers_more(seed):
    town, fixed, candidates = planned_town(seed, most=7, sides=("both", "each")[seed % 2])
    prepared = prepare(town, spacing_m=40.0, sides=("both", "each")[seed % 2])
    tried = list(subsets(prepared, fixed, candidates))
    for budget in (1, 3):
        found = plan_spacing_of(prepared, fixed=fixed, candidates=candidates, budget=budget)
        best = max(covered for rows, (_, _, covered) in tried if len(rows) <= budget)
        reached = check(prepared, with_plan(fixed, found.proposals)).summary()["covered_m"]
        assert best == round(reached * 1e4) == round(found.curve["value"].iloc[-1] * 1e4)
        assert len(found.proposals) <= budget
        for n, bound in zip(found.curve["n"], found.curve["bound"], strict=True):
            best_of_n = max(covered for rows, (_, _, covered) in tried if len(rows) <= n)
            assert best_of_n <= bound * 1e4 + 1


# ------------------------------------------------------------------ closing


@pytest.mark.parametrize("seed", range(8))
def test_after_the_plan_the_check_finds_what_it_named_and_nothing_else(seed):
    sides = ("both", "each")[seed % 2]
    town, stations = random_town(seed, sides=sides, stations=10 + seed % 30)
    fixed, rest = stations.iloc[::3], stations.iloc[[k for k in range(len(stations)) if k % 3]]
    candidates = candidates_of(list(rest.geometry))
    prepared = prepare(town, spacing_m=45.0, sides=sides)
    named = ["subject_id", "part", "side", "from_m", "to_m", "length_m", "points_needed"]
    for free_standing in (False, True):
        found = plan_spacing_of(
            prepared, fixed=fixed, candidates=candidates, free_standing=free_standing
        )
        after = check(prepared, with_plan(fixed, found.proposals))
        gaps = after.gaps().rename(columns={"street_id": "subject_id"})
        assert gaps[named].round(3).values.tolist() == (
            found.uncoverable[named].round(3).values.tolist()
        )
        for name, value in found.summary["after"].items():
            assert after.summary().get(name, value) == pytest.approx(value)
        assert found.curve["value"].iloc[-1] == pytest.approx(after.summary()["covered_m"])
        assert not free_standing or not len(gaps)
        built = update(check(prepared, fixed), added=with_plan(none_fixed(), found.proposals))
        assert built.summary() == after.summary()
        closed = check(prepared, with_plan(fixed, found.proposals, found.suggested))
        assert not len(closed.gaps())
        assert len(found.suggested) == found.uncoverable["points_needed"].sum()


def test_only_the_chosen_streets_are_planned_for():
    streets = [line(200.0), line(200.0, y=300.0)]
    at = [p for one in streets for p in on(one, 40, 80, 120, 160)]
    _, both = plan(streets, at)
    prepared, one = plan(streets, at, lines=[1])
    assert len(both.proposals) == 2 * len(one.proposals) == 8
    assert set(one.proposals["street_name"]) == {"街1"}
    assert one.summary["before"]["frontage_m"] == 200
    assert not len(check(prepared, with_plan(none_fixed(), one.proposals)).gaps(lines=[1]))


# ------------------------------------------------------------------ awkward streets


def test_a_corner_host_serves_both_streets():
    streets = [line(80.0), LineString([(40, -40), (40, 40)])]
    at = [Point(40, 10), Point(70, 1), Point(39, -35)]
    _, found = plan(streets, at)
    assert ids(found.proposals) == ["0"]
    row = found.proposals.iloc[0]
    assert {row["street_id"], row["also"]} == {"330802-0", "330802-1"}
    assert row["covers_m"] == row["adds"] == 160


@pytest.mark.parametrize(("at", "number"), [(50.0, 1), (50.001, 0), (49.999, 0)])
def test_a_host_closes_a_street_of_a_hundred_metres_only_from_its_middle(at, number):
    _, found = plan([line(100.0)], on(line(100.0), at))
    assert len(found.uncoverable) == 1 - number


def test_one_free_standing_point_serves_two_streets_that_cross():
    streets = [line(60.0), LineString([(15, -15), (15, 45)])]
    prepared, found = plan(streets, [], free_standing=True)
    assert len(found.proposals) == 1
    assert not len(check(prepared, with_plan(none_fixed(), found.proposals)).gaps())
    # nothing is said of the places that nobody tried
    assert found.summary["status"] == "tried"
    far = [line(400.0), LineString([(150, -150), (150, 250)])]
    _, most = plan(far, [], spacing_m=100.0, budget=1, free_standing=True)
    assert (most.summary["objective"], most.summary["status"]) == (400, "tried")


def test_a_free_standing_point_stands_where_two_streets_need_one():
    """Not at their crossing, which is too near the end of one; but as far on as it counts."""
    streets = [line(60.0), LineString([(5, -30), (5, 30)])]
    prepared, found = plan(streets, [], free_standing=True)
    assert len(found.proposals) == 1
    assert not len(check(prepared, with_plan(none_fixed(), found.proposals)).gaps())


def test_a_host_a_millimetre_too_far_from_the_street_is_none():
    at = [Point(50, 30.0), Point(50, -30.001)]
    _, found = plan([line(100.0)], at)
    assert ids(found.proposals) == ["0"]
    _, none = plan([line(100.0)], at[1:])
    assert len(none.proposals) == 0
    assert none.uncoverable["length_m"].tolist() == [100]


def test_stations_that_are_there_are_built_upon():
    street = line(300.0)
    _, found = plan([street], on(street, *range(10, 300, 10)), fixed=on(street, 50, 100, 200, 250))
    assert len(found.proposals) == 1
    assert found.proposals["chainage_m"].iloc[0] == pytest.approx(150)
    assert found.summary["before"]["gaps"] == 1


def test_hosts_at_both_ends_of_what_stays_open_keep_it_short():
    street = line(300.0)
    _, found = plan([street], on(street, 40, 90, 100, 230, 260))
    rows = found.uncoverable
    assert rows[["from_m", "to_m", "points_needed"]].values.tolist() == [[100, 230, 2]]
    assert found.suggested["chainage_m"].round(2).tolist() == [143.33, 186.67]
    assert rows["reason"].str.contains("no shop or facility").all()
    assert list(found.uncoverable.columns) == list(UNCOVERABLE)


def test_a_host_between_two_such_stretches_is_not_built():
    street = line(400.0)
    _, found = plan([street], on(street, 50, 200, 350))
    assert found.uncoverable[["from_m", "to_m"]].values.tolist() == [[50, 350]]
    assert ids(found.proposals) == ["0", "2"]


def test_a_host_at_the_very_end_of_what_stays_open_is_not_built():
    street = line(120.0)
    _, found = plan([street], [*on(street, 40), Point(125, 3), Point(127, -3)])
    assert ids(found.proposals) == ["0"]
    assert found.uncoverable[["from_m", "to_m"]].values.tolist() == [[40, 120]]


def test_a_short_frontage_takes_a_station_on_it_or_near_it_along_the_street():
    street, rule = line(400.0), "main"
    stretches = [
        (0, 0.0, 100.0, rule, "330802", "none", "both"),
        (0, 100.0, 130.0, rule, "330802", "shops", "both"),
        (0, 130.0, 200.0, rule, "330802", "none", "both"),
        (0, 200.0, 220.0, rule, "330802", "shops", "both"),
        (0, 220.0, 400.0, rule, "330802", "none", "both"),
    ]
    _, found = plan([street], on(street, 49.999, 115, 210), stretches=stretches)
    assert ids(found.proposals) == ["1", "2"]
    _, shared = plan([street], on(street, 115, 165, 210), stretches=stretches)
    assert ids(shared.proposals) == ["1"]  # 35 m from either
    _, open_ = plan([street], on(street, 49.999, 210), stretches=stretches)
    assert open_.uncoverable[["from_m", "to_m"]].values.tolist() == [[100, 130]]
    assert open_.suggested["chainage_m"].tolist() == [115]


def test_a_ring_has_no_ends():
    around = ring(60.0)
    length = around.length
    number = math.ceil(length / 50)
    at = on(around, *np.arange(0, length, 5.0))
    _, found = plan([around], at)
    assert len(found.proposals) == number
    _, free = plan([around], [], free_standing=True)
    assert len(free.proposals) == number
    steps = np.diff(np.sort(free.proposals["chainage_m"]))
    assert steps == pytest.approx(length / number, abs=1e-3)
    _, small = plan([ring(7.0)], on(ring(7.0), 3.0, 20.0), suits=[0.1, 0.2])
    assert ids(small.proposals) == ["1"]


def test_a_run_through_the_origin_of_a_closed_street_is_one():
    around = ring(60.0)
    length = around.length
    stretches = [
        (0, 0.0, 45.0, "main", "330802", "shops", "both"),
        (0, 45.0, length - 45.0, "main", "330802", "none", "both"),
        (0, length - 45.0, length, "main", "330802", "shops", "both"),
    ]
    _, found = plan([around], on(around, 2.0, 20.0, length - 20), stretches=stretches)
    assert ids(found.proposals) == ["0"]


def test_each_side_takes_its_own_hosts():
    street = line(100.0)
    prepared = prepare(streets_of([street]), spacing_m=50.0, sides="each")
    at = [Point(50, 5), Point(50, -5), Point(50, 8)]
    found = plan_spacing_of(
        prepared, fixed=none_fixed(), candidates=candidates_of(at, suitability=[0.1, 0.1, 0.9])
    )
    assert ids(found.proposals) == ["1", "2"]
    assert sorted(found.proposals["side"]) == ["left", "right"]


def test_a_street_that_runs_back_over_itself_is_told_as_such():
    there_and_back = LineString([(0, 0), (200, 0), (0, 0.0)])
    _, found = plan([there_and_back], [], free_standing=True)
    assert found.uncoverable["reason"].str.contains("over itself").all()
    assert found.summary["uncoverable_m"] > 0


# ------------------------------------------------------------------ ties, order, the curve


def test_equally_few_are_the_more_suitable_and_then_the_first():
    street = line(100.0)
    _, found = plan([street], on(street, 50, 50, 50), suits=[0.2, 0.7, 0.7])
    assert ids(found.proposals) == ["1"]


def test_the_same_question_has_the_same_answer_in_whatever_order_candidates_come():
    town, fixed, candidates = planned_town(5, most=20)
    prepared = prepare(town, spacing_m=40.0)
    one, other = (
        plan_spacing_of(prepared, fixed=fixed, candidates=frame)
        for frame in (candidates, candidates.iloc[::-1])
    )
    assert one.proposals.drop(columns="geometry").equals(other.proposals.drop(columns="geometry"))
    assert list(one.proposals.columns) == list(PROPOSALS)


@pytest.mark.parametrize("seed", [11, 46])
def test_every_next_station_adds_most_and_the_curve_adds_up(seed):
    town, fixed, candidates = planned_town(seed, most=25)
    prepared = prepare(town, spacing_m=40.0)
    for asked in ({}, {"budget": 6}, {"free_standing": True}):
        found = plan_spacing_of(prepared, fixed=fixed, candidates=candidates, **asked)
        adds = found.proposals["adds"].to_numpy()
        assert (np.diff(adds) <= 1e-4).all()
        assert (found.proposals["covers_m"] >= found.proposals["adds"] - 1e-3).all()
        curve = found.curve
        assert list(curve.columns) == list(CURVE)
        assert curve["n"].tolist() == list(range(len(adds) + 1))
        assert np.diff(curve["value"]) == pytest.approx(adds, abs=1e-3)
        assert (curve["bound"] >= curve["value"]).all()
        closes = found.proposals["closes_m"].to_numpy()
        left_m = check(prepared, fixed).summary()["gap_m"] - np.cumsum([0, *closes])
        for n in range(len(adds) + 1):
            built = check(prepared, with_plan(fixed, found.proposals.iloc[:n]))
            assert built.summary()["gap_m"] == pytest.approx(left_m[n], abs=1e-2)
            assert curve["value"].iloc[n] == pytest.approx(built.summary()["covered_m"], abs=1e-3)
            assert curve["share"].iloc[n] == pytest.approx(built.summary()["covered_share"])


def test_of_stations_that_cover_nothing_more_the_first_closes_the_longest_gap():
    streets = [line(133.0), line(135.0, y=300.0)]
    fixed = [*on(streets[0], 40, 93), *on(streets[1], 40, 95)]
    _, found = plan(streets, [*on(streets[0], 65), *on(streets[1], 65)], fixed=fixed)
    assert found.proposals["adds"].tolist() == [0, 0]
    assert ids(found.proposals) == ["0", "1"]
    assert found.proposals["closes_m"].round(3).tolist() == [55, 53]
    assert found.summary["after"]["gap_m"] == 0


def test_free_standing_points_stand_evenly_and_keep_when_coordinates_are_rounded():
    street = line(270.0)
    prepared, found = plan([street], [], free_standing=True)
    assert found.proposals["chainage_m"].sort_values().tolist() == [45, 90, 135, 180, 225]
    stations = with_plan(none_fixed(), found.proposals)
    short = stations.set_geometry(
        gpd.points_from_xy(*stations.geometry.get_coordinates().round(6).to_numpy().T, crs=4326)
    )
    assert not len(check(prepared, short).gaps())


# ------------------------------------------------------------------ what cannot be


def test_a_budget_of_none_is_refused_in_a_sentence():
    for budget in (0, -3):
        with pytest.raises(InputError, match=f"a plan for {budget} new stations"):
            plan([line(100.0)], on(line(100.0), 50), budget=budget)


def test_a_budget_beyond_all_candidates_takes_what_there_is():
    _, found = plan([line(300.0)], on(line(300.0), 50, 150), budget=9)
    assert len(found.proposals) == found.summary["candidates"] == 2
    told = [
        getattr(one, "render", lambda _, one=one: one)("zh") for one in found.summary["assumptions"]
    ]
    assert any("要求新增 9 个站点，2 个就够了" in one for one in told)


def test_candidates_and_stations_without_a_place_count_nowhere():
    street = line(100.0)
    _, found = plan([street], [None, Point(), *on(street, 50)], fixed=[None, Point()])
    assert ids(found.proposals) == ["2"]


def test_no_candidates_are_refused_where_there_are_gaps_and_only_there():
    with pytest.raises(InputError, match="no shop or facility where a station could stand"):
        plan([line(100.0)], [])
    _, found = plan([line(100.0)], [], fixed=on(line(100.0), 50))
    assert len(found.proposals) == len(found.uncoverable) == 0
    assert found.summary["after"]["covered_share"] == 1


def test_an_outline_is_no_candidate():
    prepared = prepare(streets_of([line(100.0)]), spacing_m=50.0)
    shapes = candidates_of([Point(50, 10)]).to_crs(CRS)
    shapes = shapes.set_geometry(shapes.buffer(5))
    with pytest.raises(InputError, match="shop:c000 is a Polygon: expected a point"):
        plan_spacing_of(prepared, fixed=none_fixed(), candidates=shapes)
