"""Rounds are balanced groups of near sites, each in the shortest order there is."""

from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stationmap.inspections import rounds

PLACES = st.lists(
    st.tuples(st.integers(-5000, 5000), st.integers(-5000, 5000)), min_size=0, max_size=60
).map(lambda rows: np.array(rows, dtype=float).reshape(-1, 2))


def metres(xy, order):
    return sum(float(np.hypot(*(xy[a] - xy[b]))) for a, b in pairwise(order))


def spread(xy, groups):
    return sum(float(((xy[g] - xy[g].mean(axis=0)) ** 2).sum()) for g in groups)


@settings(max_examples=100, deadline=None)
@given(xy=PLACES, most=st.integers(1, rounds.MOST))
def test_every_site_is_in_one_round_and_rounds_are_balanced(xy, most):
    found = rounds.groups(xy, most=most)
    assert len(found) == -(-len(xy) // most)
    assert sorted(int(n) for g in found for n in g) == list(range(len(xy)))
    sizes = [len(g) for g in found]
    assert not sizes or (max(sizes) <= most and max(sizes) - min(sizes) <= 1)


@settings(max_examples=60, deadline=None)
@given(xy=PLACES.filter(lambda xy: len(xy) <= 7))
def test_the_order_is_as_short_as_the_best_of_all(xy):
    order, length = rounds.shortest(xy)
    assert sorted(order.tolist()) == list(range(len(xy)))
    assert length == pytest.approx(metres(xy, order))
    best = min((metres(xy, p) for p in permutations(range(len(xy)))), default=0.0)
    assert length == pytest.approx(best)


def test_the_order_of_the_largest_round_is_never_longer_than_any_exchange_of_it():
    xy = np.random.default_rng(5).uniform(0, 4000, (rounds.MOST, 2))
    order, length = rounds.shortest(xy)
    for i in range(rounds.MOST):
        for j in range(i + 2, rounds.MOST + 1):
            turned = [*order[:i], *order[i:j][::-1], *order[j:]]
            assert metres(xy, turned) >= length - 1e-6


def test_near_sites_are_together():
    corners = np.array([[0, 0], [9000, 0], [0, 9000], [9000, 9000]], dtype=float)
    jitter = np.random.default_rng(1).uniform(-200, 200, (4, 6, 2))
    xy = (corners[:, None] + jitter).reshape(-1, 2)[np.random.default_rng(2).permutation(24)]
    found = rounds.groups(xy, most=6)
    assert spread(xy, found) < 24 * 2 * 200**2


def test_exchanges_bring_rounds_nearer_than_cuts_alone():
    better = 0
    for seed in range(10):
        xy = np.random.default_rng(seed).uniform(0, 5000, (40, 2))
        cut = rounds._cut(xy, np.arange(40), 5)
        after = rounds.groups(xy, most=8)
        assert spread(xy, after) <= spread(xy, cut) * (1 + 1e-9)
        better += spread(xy, after) < spread(xy, cut) * 0.99
    assert better >= 5


def test_sites_of_one_place_and_the_same_input_give_the_same_rounds():
    xy = np.zeros((20, 2))
    once, twice = (rounds.groups(xy, most=8) for _ in range(2))
    assert [g.tolist() for g in once] == [g.tolist() for g in twice]
    order, length = rounds.shortest(xy[:12])
    assert length == 0.0
    assert sorted(order.tolist()) == list(range(12))


@pytest.mark.parametrize("most", [0, rounds.MOST + 1])
def test_a_round_too_large_to_order_is_refused(most):
    with pytest.raises(ValueError, match="sites"):
        rounds.groups(np.zeros((3, 2)), most=most)
