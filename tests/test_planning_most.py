"""Most weight for a budget and enough of it: against every subset there is, and against spopt."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from stationmap.errors import InputError
from stationmap.planning.optimum import Least, OutOfReachError, enough, most, most_of_each, task
from stationmap.planning.optimum.prices import buy
from stationmap.planning.optimum.solving import Clock, as_bool

INSTANCES = 400


def table(rng, *, rows=9, columns=8):
    """A random table, sparse or dense, sometimes of intervals as along a street."""
    shape = tuple(rng.integers(1, (rows + 1, columns + 1)))
    if rng.random() < 0.5:
        return rng.random(shape) < rng.uniform(0.1, 0.7)
    begin = rng.integers(0, shape[0], shape[1])
    end = begin + rng.integers(1, 5, shape[1])
    number = np.arange(shape[0])[:, None]
    return (begin <= number) & (number < end)


def weights(rng, rows):
    """Alike, whole with some 0, or of any size."""
    kind = rng.integers(3)
    if kind == 0:
        return np.ones(rows)
    return rng.integers(0, 9, rows).astype(float) if kind == 1 else rng.gamma(1.0, 100.0, rows)


def every_subset(covers, weight):
    """Every choice of columns: (which, how many, weight covered)."""
    choices = (np.arange(2 ** covers.shape[1])[:, None] >> np.arange(covers.shape[1])) & 1 > 0
    covered = (choices.astype(int) @ covers.T.astype(int)) > 0
    return choices, choices.sum(axis=1), covered @ weight


def town(seed, *, rows=150, columns=120):
    """A table with too many subsets to look at: places and sites on a plane."""
    rng = np.random.default_rng(seed)
    places, sites = rng.uniform(0, 100, (rows, 2)), rng.uniform(0, 100, (columns, 2))
    metres = np.hypot(*(places[:, None] - sites[None]).transpose(2, 0, 1))
    return SimpleNamespace(
        covers=sparse.csr_array(metres <= 12.0), weight=rng.integers(1, 50, rows).astype(float)
    )


def test_equals_the_best_of_all_subsets_for_every_budget():
    rng = np.random.default_rng(81)
    for number in range(INSTANCES):
        covers = table(rng)
        weight = weights(rng, len(covers))
        _, counts, values = every_subset(covers, weight)
        budget = int(rng.integers(1, covers.shape[1] + 2))
        best = most(sparse.csr_array(covers), weight, budget=budget)
        assert best.values[-1] == pytest.approx(values[counts <= budget].max()), number
        assert best.status == "optimal"
        assert len(best.columns) <= budget
        for n, bound in enumerate(best.bounds):
            assert bound >= values[counts <= n].max() - 1e-6, "no bound is below what is possible"


def test_equals_the_fewest_of_all_subsets_for_every_target():
    rng = np.random.default_rng(82)
    for number in range(INSTANCES):
        covers = table(rng)
        weight = weights(rng, len(covers))
        _, counts, values = every_subset(covers, weight)
        target = rng.uniform(0.0, 1.0) * values.max() if number % 4 else values.max()
        found = enough(sparse.csr_array(covers), weight, target=target)
        fewest = counts[values >= target * (1 - 1e-9)].min()
        assert len(found.columns) == found.least_number == fewest, number
        assert found.values[-1] >= target * (1 - 1e-9)
        assert found.status == "optimal"


def test_building_order_adds_most_at_every_step_and_values_are_what_is_covered():
    case = town(1)
    best = most(case.covers, case.weight, budget=12)
    covered = np.zeros(case.covers.shape[0], bool)
    columns = case.covers.tocsc()
    left = list(best.columns)
    for n, column in enumerate(best.columns):
        assert best.values[n] == case.weight[covered].sum()
        gains = [case.weight[columns[:, [c]].toarray()[:, 0] & ~covered].sum() for c in left]
        assert gains[left.index(column)] == max(gains)
        covered |= columns[:, [column]].toarray()[:, 0]
        left.remove(column)
    assert best.values[-1] == case.weight[covered].sum()


@pytest.mark.parametrize("seed", range(2))
def test_never_above_its_own_bound_and_the_bound_holds_for_every_number(seed):
    case = town(seed)
    whole = most(case.covers, case.weight, budget=20)
    assert (whole.values <= whole.bounds).all()
    assert (np.diff(whole.bounds) >= 0).all()
    for n in (1, 3, 8, 14):
        alone = most(case.covers, case.weight, budget=n)
        assert alone.status == "optimal"
        assert alone.values[-1] <= whole.bounds[n] + 1e-6


def test_prices_alone_are_as_good_as_one_programme(monkeypatch):
    # as for a city too large for one programme: nearly always nothing is lost
    monkeypatch.setattr(task, "SMALL", 0)
    for seed in range(3):
        case = town(seed)
        by_prices = most(case.covers, case.weight, budget=15)
        with monkeypatch.context() as changed:
            changed.setattr(task, "SMALL", 10**6)
            exact = most(case.covers, case.weight, budget=15)
        assert by_prices.values[-1] <= exact.values[-1] <= by_prices.bounds[-1]
        assert by_prices.values[-1] >= 0.98 * exact.values[-1]
        reached = enough(case.covers, case.weight, target=exact.values[-1])
        assert reached.least_number <= 15 <= len(reached.columns) <= 17


def test_worth_at_a_price_equals_the_best_of_all_subsets():
    rng = np.random.default_rng(83)
    for _ in range(300):
        covers = table(rng)
        weight = weights(rng, len(covers))
        covers, weight = covers[covers.any(axis=1)], weight[covers.any(axis=1)]
        _, counts, values = every_subset(covers, weight)
        price = float(rng.uniform(0.1, 1.0) * (1.0 + weight.max(initial=0.0)))
        bought = buy(as_bool(sparse.csr_array(covers)), weight, price, Clock(60.0))
        assert bought.worth == pytest.approx((values - price * counts).max(), abs=1e-6)
        assert bought.value - price * bought.number == pytest.approx(bought.worth, abs=1e-6)


def test_group_minima_equal_the_best_of_all_subsets():
    rng = np.random.default_rng(84)
    checked = 0
    for number in range(150):
        covers = table(rng, rows=8, columns=7)
        rows, columns = covers.shape
        weight = rng.integers(1, 9, rows).astype(float)
        row_group, column_group = rng.integers(0, 2, rows), rng.integers(0, 2, columns)
        own = np.array([weight[row_group == g].sum() for g in (0, 1)])
        least = Least(
            row_group, own * rng.choice([0.0, 0.4, 0.8], 2), column_group, rng.integers(0, 3, 2)
        )
        budget = int(rng.integers(1, columns + 1))
        choices, counts, values = every_subset(covers, weight)
        covered = (choices.astype(int) @ covers.T.astype(int)) > 0
        fits = np.ones(len(choices), bool)
        for g in (0, 1):
            fits &= covered[:, row_group == g] @ weight[row_group == g] >= least.weight[g] - 1e-9
            fits &= choices[:, column_group == g].sum(axis=1) >= least.columns[g]
        if not (fits & (counts <= budget)).any():
            with pytest.raises(OutOfReachError) as raised:
                most(sparse.csr_array(covers), weight, budget=budget, least=least)
            if raised.value.what == "budget":
                assert raised.value.asked == counts[fits].min()
                assert raised.value.possible == budget
            else:
                assert not fits.any()
                assert raised.value.possible < raised.value.asked
            continue
        checked += 1
        best = most(sparse.csr_array(covers), weight, budget=budget, least=least)
        assert best.values[-1] == values[fits & (counts <= budget)].max(), number
        target = 0.7 * values[fits].max()
        found = enough(sparse.csr_array(covers), weight, target=target, least=least)
        assert len(found.columns) == found.least_number
        assert found.least_number == counts[fits & (values >= target)].min()
    assert checked > 40


def test_a_target_out_of_reach_tells_what_can_be_reached_and_with_how_many():
    covers = sparse.csr_array(np.array([[1, 0], [0, 1], [0, 0]], bool))
    with pytest.raises(OutOfReachError) as raised:
        enough(covers, np.array([2.0, 3.0, 5.0]), target=9.0)
    error = raised.value
    assert (error.what, error.asked, error.possible, error.columns) == ("target", 9.0, 5.0, 2)


def test_a_minimum_out_of_reach_names_the_group_and_the_most_there_is():
    covers = sparse.csr_array(np.array([[1, 0], [0, 1], [0, 0]], bool))
    least = Least(np.array([0, 1, 1]), np.array([0.0, 8.0]), np.array([0, 1]), np.array([0, 0]))
    with pytest.raises(OutOfReachError) as raised:
        most(covers, np.array([2.0, 3.0, 5.0]), budget=2, least=least)
    error = raised.value
    assert (error.what, error.group, error.asked, error.possible) == ("weight", 1, 8.0, 3.0)
    assert error.columns == 1


@pytest.mark.parametrize("wrong", [-1.0, np.nan, np.inf])
def test_a_wrong_weight_is_named_in_one_sentence(wrong):
    covers = sparse.csr_array(np.ones((2, 1), bool))
    for ask in (lambda w: most(covers, w, budget=1), lambda w: enough(covers, w, target=1.0)):
        with pytest.raises(InputError, match="weight of demand 2 is"):
            ask(np.array([1.0, wrong]))


@pytest.mark.parametrize("budget", [0, -3])
def test_a_budget_below_one_is_explained(budget):
    with pytest.raises(InputError, match="1 or more"):
        most(sparse.csr_array(np.ones((2, 1), bool)), np.ones(2), budget=budget)


def test_more_stations_than_add_anything_are_not_chosen():
    covers = sparse.csr_array(np.ones((3, 5), bool))
    best = most(covers, np.ones(3), budget=50)
    assert len(best.columns) == 1
    assert list(best.values) == [0.0, 3.0]


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0), (2, 2)])
def test_nothing_to_cover_takes_nothing(shape):
    covers = sparse.csr_array(shape, dtype=bool)
    for best in (
        most(covers, np.ones(shape[0]), budget=2),
        enough(covers, np.ones(shape[0]), target=0.0),
    ):
        assert len(best.columns) == 0
        assert list(best.values) == list(best.bounds) == [0.0]
        assert best.status == "optimal"


def test_of_choices_that_cover_the_same_the_more_suitable_is_taken():
    covers = sparse.csr_array(np.array([[1, 1, 0], [1, 1, 1]], bool))
    suits = np.array([0.1, 0.9, 1.0])
    assert list(most(covers, np.ones(2), budget=1, suitability=suits).columns) == [1]
    assert list(enough(covers, np.ones(2), target=2.0, suitability=suits).columns) == [1]


def test_without_time_the_choice_stays_within_its_bound():
    case = town(9)
    hurried = most(case.covers, case.weight, budget=15, limit_s=0.0)
    best = most(case.covers, case.weight, budget=15)
    assert hurried.values[-1] <= best.values[-1] <= hurried.bounds[-1]
    assert len(hurried.columns) <= 15


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_equals_spopt_at_the_size_of_its_san_francisco_example(seed):
    """205 places with people, 16 sites, 4 to choose: as the example of its documentation."""
    pulp = pytest.importorskip("pulp")
    locate = pytest.importorskip("spopt.locate")
    rng = np.random.default_rng(seed)
    places, sites = rng.uniform(0, 10_000, (205, 2)), rng.uniform(0, 10_000, (16, 2))
    metres = np.hypot(*(places[:, None] - sites[None]).transpose(2, 0, 1))
    people = rng.integers(100, 8000, 205).astype(float)
    budget, within_m = 2 + seed, 1500.0 + 300.0 * seed
    theirs = locate.MCLP.from_cost_matrix(metres, people, within_m, p_facilities=budget).solve(
        pulp.PULP_CBC_CMD(msg=False)
    )
    ours = most(sparse.csr_array(metres <= within_m), people, budget=budget)
    assert ours.values[-1] == pytest.approx(pulp.value(theirs.problem.objective))
    assert ours.status == "optimal"


def best_of_all(case, number):
    """Value of the best choice of so many columns, by one plain integer programme."""
    points, sites = case.covers.shape
    table = sparse.hstack([case.covers.astype(float), -sparse.eye_array(points)])
    limit = sparse.csr_array(np.repeat([1.0, 0.0], (sites, points))[None])
    answer = milp(
        np.concatenate((np.zeros(sites), -case.weight)),
        integrality=np.arange(sites + points) < sites,
        bounds=Bounds(0, 1),
        constraints=[LinearConstraint(table, 0, np.inf), LinearConstraint(limit, 0, number)],
    )
    return -answer.fun


@pytest.mark.parametrize("budget", [20, 90])
def test_no_bound_of_the_curve_is_far_from_the_best_of_so_many(budget):
    # also where the budget is more than enough for all there is
    case = town(11)
    best = most(case.covers, case.weight, budget=budget)
    values = best.values
    alone = most_of_each(case.covers, case.weight, values)
    for n in (1, 2, 4, 9, 16, 25, 40):
        if n < len(values):
            true = best_of_all(case, n)
            assert true - 1e-6 <= best.bounds[n] <= 1.02 * true
            assert true - 1e-6 <= alone[n] <= 1.02 * true
