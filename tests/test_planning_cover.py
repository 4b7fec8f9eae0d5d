"""The fewest columns that cover every row: against every subset there is, and against spopt."""

import numpy as np
import pytest
from scipy import sparse

from stationmap.planning.optimum import cover, fewest, reductions
from stationmap.planning.optimum.cover import cheapest
from stationmap.planning.optimum.solving import Clock, as_bool

INSTANCES = 1000


def table(rng, *, rows=8, columns=8):
    """A random table, sparse or dense, sometimes of intervals as along a street."""
    shape = tuple(rng.integers(1, (rows + 1, columns + 1)))
    if rng.random() < 0.5:
        return rng.random(shape) < rng.uniform(0.1, 0.7)
    begin = rng.integers(0, shape[0], shape[1])
    end = begin + rng.integers(1, 5, shape[1])
    number = np.arange(shape[0])[:, None]
    return (begin <= number) & (number < end)


def subsets(columns):
    """Every choice of columns, one a row."""
    return (np.arange(2**columns)[:, None] >> np.arange(columns)) & 1 > 0


def best_of_all(covers, suits, last):
    """(of last resort, columns, suitability) of the best of all subsets."""
    choices = subsets(covers.shape[1])
    held = covers[covers.any(axis=1)].astype(int)
    whole = ((choices.astype(int) @ held.T) > 0).all(axis=1)
    number, of_last = choices.sum(axis=1), (choices & last).sum(axis=1)
    keys = np.column_stack((of_last, number, -(choices * suits).sum(axis=1)))[whole]
    return tuple(keys[np.lexsort(keys.T[::-1])][0])


def test_equals_the_best_of_all_subsets_on_random_tables():
    rng = np.random.default_rng(71)
    for number in range(INSTANCES):
        covers = table(rng)
        columns = covers.shape[1]
        hundredths = rng.integers(0, 101, columns) if number % 2 else np.zeros(columns, int)
        last = rng.random(columns) < (0.4 if number % 3 == 0 else 0.0)
        chosen = fewest(sparse.csr_array(covers), suitability=hundredths / 100, last_resort=last)
        picked = chosen.columns
        found = (last[picked].sum(), len(picked), -hundredths[picked].sum())
        assert found == best_of_all(covers, hundredths, last), number
        assert chosen.bound == len(picked)
        assert chosen.status == "optimal"
        assert list(chosen.out_of_reach) == list(np.flatnonzero(~covers.any(axis=1)))
        reach = covers[:, picked].any(axis=1)
        assert (reach == covers.any(axis=1)).all()


def test_fewest_of_last_resort_comes_before_fewest_in_all():
    # one column of last resort covers all; the others take three
    covers = sparse.csr_array(np.array([[1, 1, 0, 0], [1, 0, 1, 0], [1, 0, 0, 1]], bool))
    last = np.array([True, False, False, False])
    assert list(fewest(covers).columns) == [0]
    assert list(fewest(covers, last_resort=last).columns) == [1, 2, 3]


def test_thousand_regular_columns_still_come_before_one_of_last_resort():
    number = 1000
    regular = sparse.eye_array(number, format="csr", dtype=bool)
    covers = sparse.hstack([np.ones((number, 1), bool), regular], format="csr")
    last = np.arange(number + 1) == 0
    chosen = fewest(covers, last_resort=last)
    assert list(chosen.columns) == list(range(1, number + 1))
    assert chosen.bound == number


def test_much_suitability_never_buys_one_column_more():
    # two poor columns cover twenty rows; twenty good ones would suit far more
    rows = 20
    halves = np.zeros((rows, 2), bool)
    halves[:10, 0] = halves[10:, 1] = True
    covers = sparse.csr_array(np.hstack((halves, np.eye(rows, dtype=bool))))
    suits = np.concatenate(([0.0, 0.0], np.ones(rows)))
    assert list(fewest(covers, suitability=suits).columns) == [0, 1]


def test_of_columns_alike_the_first_is_chosen():
    covers = sparse.csr_array(np.ones((3, 4), bool))
    assert list(fewest(covers).columns) == [0]
    assert list(fewest(covers, suitability=np.array([0.2, 0.7, 0.7, 0.1])).columns) == [1]


def test_suitability_is_compared_in_hundredths():
    covers = sparse.csr_array(np.ones((1, 2), bool))
    assert list(fewest(covers, suitability=np.array([0.5, 0.504])).columns) == [0]
    assert list(fewest(covers, suitability=np.array([0.5, 0.506])).columns) == [1]


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0), (2, 2)])
def test_nothing_to_cover_takes_nothing(shape):
    suits = np.linspace(0.0, 1.0, shape[1])
    chosen = fewest(sparse.csr_array(shape, dtype=bool), suitability=suits)
    assert len(chosen.columns) == chosen.bound == 0
    assert chosen.status == "optimal"
    assert list(chosen.out_of_reach) == list(range(shape[0]))


def test_stored_false_entries_and_duplicates_cover_nothing_more():
    data, rows, columns = [1, 1, 0], [0, 0, 1], [0, 0, 1]
    covers = sparse.csr_array(sparse.coo_array((data, (rows, columns)), shape=(2, 2)))
    chosen = fewest(covers)
    assert list(chosen.columns) == [0]
    assert list(chosen.out_of_reach) == [1]


def test_without_time_all_is_covered_and_the_bound_is_no_lie():
    rng = np.random.default_rng(3)
    covers = sparse.csr_array(rng.random((80, 60)) < 0.06)
    hurried = fewest(covers, limit_s=0.0)
    best = fewest(covers)
    assert best.status == "optimal"
    assert hurried.bound <= best.bound <= len(hurried.columns)
    assert (covers[:, hurried.columns].sum(axis=1) > 0).sum() == 80 - len(hurried.out_of_reach)


def test_without_time_few_of_last_resort_are_not_told_as_proven():
    every, worse = np.ones(60, bool), 0
    for seed in range(20):
        covers = sparse.csr_array(np.random.default_rng(seed).random((80, 60)) < 0.06)
        hurried, exact = (fewest(covers, last_resort=every, limit_s=limit) for limit in (0, 60))
        if len(hurried.columns) > len(exact.columns):
            worse += 1
            assert hurried.status == "bounded"
    assert worse > 0


def test_the_same_input_gives_the_same_choice():
    rng = np.random.default_rng(5)
    covers = sparse.csr_array(rng.random((60, 50)) < 0.07)
    suits = rng.random(50)
    first, second = (fewest(covers, suitability=suits).columns for _ in range(2))
    assert list(first) == list(second)


def test_for_a_large_town_the_number_is_proven_and_no_more_suitable_column_is_left_out(monkeypatch):
    monkeypatch.setattr(cover, "_TIES", 0)
    rng = np.random.default_rng(6)
    for _ in range(100):
        covers = table(rng)
        covers = covers[covers.any(axis=1)]
        suits = rng.integers(0, 101, covers.shape[1])
        chosen = fewest(sparse.csr_array(covers), suitability=suits / 100)
        assert len(chosen.columns) == chosen.bound == fewest(sparse.csr_array(covers)).bound
        for column in chosen.columns:
            rest = covers[:, np.setdiff1d(chosen.columns, [column])].any(axis=1)
            could = np.flatnonzero((covers | rest[:, None]).all(axis=0))
            could = np.setdiff1d(could, chosen.columns)
            assert (suits[could] <= suits[column]).all()


def test_reductions_keep_the_least_cost():
    rng = np.random.default_rng(72)
    for _ in range(300):
        covers = table(rng)
        covers = covers[covers.any(axis=1)]
        cost = rng.integers(1, 6, covers.shape[1]).astype(float)
        choices = subsets(covers.shape[1])
        whole = ((choices.astype(int) @ covers.T.astype(int)) > 0).all(axis=1)
        least = (choices[whole] @ cost).min()
        chosen, bound = cheapest(as_bool(sparse.csr_array(covers)), cost, Clock(60.0))
        assert cost[chosen].sum() == least == pytest.approx(bound)


def test_sets_are_compared_alike_in_one_step_and_in_many(monkeypatch):
    rng = np.random.default_rng(73)
    covers = as_bool(sparse.csr_array(rng.random((60, 50)) < 0.1))
    cost = rng.integers(1, 3, 50).astype(float)
    at_once = reductions.superfluous_rows(covers), reductions.dominated_columns(covers, cost)
    monkeypatch.setattr(reductions, "_AT_ONCE", 1)
    by_steps = reductions.superfluous_rows(covers), reductions.dominated_columns(covers, cost)
    assert all((a == b).all() for a, b in zip(at_once, by_steps, strict=True))
    assert at_once[0].any()
    assert at_once[1].any()


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_equals_spopt_at_the_size_of_its_san_francisco_example(seed):
    """205 places, 16 sites, a service distance in metres: as the example of its documentation."""
    pulp = pytest.importorskip("pulp")
    locate = pytest.importorskip("spopt.locate")
    rng = np.random.default_rng(seed)
    places, sites = rng.uniform(0, 10_000, (205, 2)), rng.uniform(0, 10_000, (16, 2))
    metres = np.hypot(*(places[:, None] - sites[None]).transpose(2, 0, 1))
    within_m = float(metres.min(axis=1).max()) + 200.0 * seed
    theirs = locate.LSCP.from_cost_matrix(metres, within_m).solve(pulp.PULP_CBC_CMD(msg=False))
    ours = fewest(sparse.csr_array(metres <= within_m))
    assert len(ours.columns) == ours.bound == round(pulp.value(theirs.problem.objective))
    assert not len(ours.out_of_reach)
