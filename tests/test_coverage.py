"""Covered share along kerbs, against sampling the kerb every centimetre."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stationmap.covering import Placed, Spans, effective, ticks, uncovered

CM = 100  # ticks

kerbs = st.lists(
    st.tuples(
        st.integers(0, 900),  # length, decimetres
        st.booleans(),
        st.lists(st.floats(0, 1), max_size=5),
    ),
    max_size=5,
)


def placed_on(kerbs):
    at = [np.sort(np.array(shares) * length / 10) for length, _, shares in kerbs]
    first = np.concatenate(([0], np.cumsum([len(a) for a in at]))).astype(np.int64)
    length_m = np.array([length / 10 for length, _, _ in kerbs], dtype=float)
    closed = np.array([closed and length > 0 for length, closed, _ in kerbs], dtype=bool)
    return Placed(np.concatenate([np.zeros(0), *at]), first), length_m, closed, at


@given(kerbs, st.integers(1, 300))
@settings(deadline=None, max_examples=150)
def test_uncovered_is_what_lies_beyond_reach_of_every_station(kerbs, reach):
    placed, length_m, closed, at = placed_on(kerbs)
    reach_m = reach / 10
    kerb, low, high = uncovered(placed.laps(length_m, closed), length_m, reach_m=reach_m)
    assert (high > low).all()
    for i in range(len(kerbs)):
        x = np.arange(0.005, length_m[i], 0.01)
        apart = np.abs(x[:, None] - at[i][None, :])
        if closed[i]:
            apart = np.minimum(apart, length_m[i] - apart)
        far = apart.min(axis=1, initial=np.inf) > reach_m
        here = kerb == i
        edges = np.stack((low[here], high[here]), axis=1).ravel() / 10_000
        assert (np.diff(edges) >= 0).all()
        found = np.searchsorted(edges, x) % 2 == 1
        assert (found != far).sum() <= len(edges)  # a sample may fall on an edge


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 50), st.integers(0, 20)), max_size=8),
    st.lists(st.tuples(st.integers(0, 3), st.integers(-5, 80), st.integers(0, 60)), max_size=5),
)
@settings(deadline=None, max_examples=150)
def test_spans_within_a_stretch_are_counted_tick_by_tick(spans, asked):
    taken = [set() for _ in range(4)]
    rows = []
    for kerb, low, long in spans:
        ticks_of = set(range(low, low + long))
        if not ticks_of & taken[kerb]:
            taken[kerb] |= ticks_of
            rows.append((kerb, low, low + long))
    kerb, low, high = np.array(sorted(rows), dtype=np.int64).reshape(-1, 3).T
    asked = np.array([(k, a, a + n) for k, a, n in asked], dtype=np.int64).reshape(-1, 3)
    found = Spans.of(kerb, low, high).within(*asked.T)
    assert found.tolist() == [len(taken[k] & set(range(a, b))) for k, a, b in asked.tolist()]


def test_laps_repeat_the_stations_of_rings_only():
    placed = Placed(np.array([3.0, 8.0, 5.0]), np.array([0, 2, 2, 3]))
    around = placed.laps(np.array([10.0, 10.0, 20.0]), np.array([True, True, False]))
    assert around.at_m.tolist() == [-7, -2, 3, 8, 13, 18, 5]
    assert around.first.tolist() == [0, 6, 6, 7]
    assert around.kerb.tolist() == [0] * 6 + [2]


@pytest.mark.parametrize(("apart_m", "bare"), [(99.999, 0), (100.0, 0), (100.001, 10)])
def test_exactly_the_reach_is_covered(apart_m, bare):
    placed = Placed(np.array([0.0, apart_m]), np.array([0, 2]))
    _, low, high = uncovered(placed, np.array([apart_m]), reach_m=50.0)
    assert (high - low).sum() == bare


def test_ticks_are_tenths_of_a_millimetre_rounded():
    assert ticks(np.array([50.0, 50.00004, 50.00006, -0.00004])).tolist() == [
        500_000,
        500_000,
        500_001,
        0,
    ]


def inspected(*rows):
    columns = ["station_id", "item", "state", "at", "part"]
    frame = pd.DataFrame([(*row, 0)[:5] for row in rows], columns=columns)
    return frame.assign(at=pd.to_datetime(frame["at"]))


STATIONS = pd.DataFrame({"station_id": ["a", "b"]})
LISTED = pd.Series(pd.to_datetime(["2026-06-01", None]))


@pytest.mark.parametrize(
    ("rows", "serves"),
    [
        ([], [True, False]),
        ([("b", "visit", "met", "2026-06-01")], [True, True]),
        ([("b", "visit", "met", "2025-06-16")], [True, True]),
        ([("b", "visit", "met", "2025-06-14")], [True, False]),
        ([("a", "visit", "not_met", "2026-06-02")], [False, False]),
        (
            [("a", "visit", "not_met", "2026-06-02"), ("a", "visit", "met", "2026-06-03")],
            [True, False],
        ),
        ([("a", "Q-C1", "not_met", "2026-06-02")], [False, False]),
        ([("a", "Q-C2", "not_met", "2026-06-02")], [True, False]),
        ([("a", "Q-C1", "unknown", "2026-06-02")], [True, False]),
        ([("a", "Q-C1", "not_met", "2026-06-02", 1)], [False, False]),
        ([("a", "Q-C1", "not_met", "2026-06-02", 2)], [True, False]),
        (
            [("a", "Q-C1", "not_met", "2026-06-02", 0), ("a", "Q-C1", "met", "2026-06-03", 1)],
            [True, False],
        ),
        (
            [("a", "Q-C1", "not_met", "2026-06-03", 0), ("a", "Q-C1", "met", "2026-06-02", 1)],
            [False, False],
        ),
        (
            [("a", "visit", "not_met", "2026-06-02", 1), ("a", "visit", "met", "2026-06-03", 2)],
            [False, False],
        ),
    ],
    ids=[
        "never inspected: the list speaks, and nobody knows when b was listed",
        "inspected",
        "364 days ago",
        "366 days ago",
        "found closed",
        "found open since",
        "a binding item failed",
        "an advisory item failed",
        "not judged",
        "a binding line failed",
        "an advisory line of a binding item failed",
        "the item failed as a whole, and was asked by its lines since",
        "the item failed as a whole after its lines were met",
        "found closed, and staffed since",
    ],
)
def test_a_station_serves_unless_it_failed_or_its_facts_are_stale(rows, serves):
    found = effective(
        STATIONS,
        inspected(*rows),
        listed_on=LISTED,
        binding=[("Q-C1", 0), ("Q-C1", 1)],
        stale_days=365,
        today=date(2026, 6, 15),
    )
    assert found.tolist() == serves
