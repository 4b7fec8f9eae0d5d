"""Pairs within a walk are those that the walks of each place alone give."""

import importlib

import numpy as np
import pytest
from drawn_ways import lonlat, network
from hypothesis import given, settings
from hypothesis import strategies as st
from test_walking_search import town

from stationmap.walking import Walks
from stationmap.walking.reach import reach

module = importlib.import_module("stationmap.walking.reach")


@pytest.fixture(scope="module")
def cramped():
    """Cells and tables so small that a few streets go beyond all of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_CELL_M", 120.0)
        patch.setattr(module, "_AT_ONCE", 200)
        yield


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans(), st.sampled_from([(30, 12), (9, 25)]))
@pytest.mark.usefixtures("cramped")
def test_pairs_are_those_of_each_place_alone(seed, step_free, sizes):
    rng = np.random.default_rng(seed)
    net, size = town(rng)
    many, few = (rng.uniform(-250, size + 250, (n, 2)) for n in sizes)
    few[:3], many[3:5] = many[:3], many[:2]
    many[-1] = (-4000, 0)  # near to nothing
    a, b = (np.array(lonlat(*places.T)) for places in (many, few))
    a[:, -2] = np.nan
    within = float(rng.choice([60.0, 250.0, 900.0]))
    rows, others, metres = reach(net, *a, *b, within_m=within, step_free=step_free)
    ids = [str(i) for i in range(b.shape[1])]
    walks = Walks(net, station_ids=ids, lon=b[0], lat=b[1], step_free=step_free)
    due = np.array([walks.metres(lon, lat, np.arange(b.shape[1])) for lon, lat in a.T])
    with np.errstate(invalid="ignore"):
        due_rows, due_others = np.nonzero(np.round(due, 4) <= within)
    assert rows.tolist() == due_rows.tolist()
    assert others.tolist() == due_others.tolist()
    assert metres == pytest.approx(due[rows, others], abs=1e-6)


def test_the_limit_is_inclusive_to_a_tenth_of_a_millimetre():
    net = network([(0, 0), (3000, 0)])
    a, b = np.array(lonlat([100.0], [0.0])), np.array(lonlat([600.0], [0.0]))
    metres = Walks(net, station_ids=["s"], lon=b[0], lat=b[1]).metres(*a[:, 0], [0])[0]
    for beyond, found in ((0.0, 1), (-0.00004, 1), (-0.001, 0), (0.001, 1)):
        assert len(reach(net, *a, *b, within_m=round(metres, 4) + beyond)[0]) == found


def test_nobody_and_nothing_are_in_no_pair():
    net = network([(0, 0), (3000, 0)])
    a = np.array(lonlat([100.0, 500.0], [0.0, 0.0]))
    assert [len(v) for v in reach(net, [], [], *a, within_m=500.0)] == [0, 0, 0]
    assert [len(v) for v in reach(net, *a, [], [], within_m=500.0)] == [0, 0, 0]
    assert [len(v) for v in reach(net, [np.nan], [np.nan], *a, within_m=500.0)] == [0, 0, 0]
    assert [len(v) for v in reach(network([(0, 0), (1, 0)]), *(a + 5), *a, within_m=9.0)] == [0] * 3
