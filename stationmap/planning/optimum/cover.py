"""The fewest columns that cover every row: set cover, exact, with its proof."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from stationmap.planning.optimum.order import more_suitable
from stationmap.planning.optimum.reductions import components, reduced
from stationmap.planning.optimum.solving import (
    B,
    Clock,
    F,
    I,
    Solved,
    as_bool,
    hundredths,
    least_cost,
)
from stationmap.planning.plan import BOUNDED, OPTIMAL

_TIES = 300_000
"""Entries up to which the greatest suitability is sought exactly."""
_LAST = 20.0
_NUMBER = 1000.0
"""What a column costs more for being of last resort, and for being one at all, at first."""


@dataclass(frozen=True)
class Chosen:
    """Columns that cover every row that can be covered.

    Attributes
    ----------
    columns : array of int
        Sorted.
    bound : int
        Proven: fewer columns do not cover these rows with as few of last resort.
    status : str
        `OPTIMAL` when as many columns as `bound` were chosen, and surely as few of last resort as
        can be; `BOUNDED` when the time ran out.
    out_of_reach : array of int
        Rows that no column covers, sorted.
    """

    columns: I
    bound: int
    status: str
    out_of_reach: I


def fewest(
    covers: sparse.sparray,
    *,
    suitability: F | None = None,
    last_resort: B | None = None,
    limit_s: float = 60.0,
) -> Chosen:
    """Choose the fewest columns that cover every row that any column covers.

    Among all choices the one with the fewest columns of last resort, of these the one with the
    fewest columns, of these one of the greatest total suitability; in a table of more than
    `_TIES` entries, where that takes far longer than the number, columns are replaced by more
    suitable ones one after the other. The same input gives the same
    choice; of columns that cover the same rows and are as suitable the first is preferred.

    Parameters
    ----------
    covers : sparse array of bool, (rows, columns)
        Which column covers which row.
    suitability : array of float, optional
        Per column, from 0 to 1; compared in hundredths. Alike without.
    last_resort : array of bool, optional
        Columns to be chosen only where no other covers. None without.
    limit_s : float
        Seconds; what is chosen then still covers, `Chosen.bound` tells how few it could be. When
        they run out in the search for the greatest suitability, the number is still the fewest.
    """
    matrix = as_bool(covers)
    number = matrix.shape[1]
    clock = Clock(limit_s)
    last = np.zeros(number, bool) if last_resort is None else np.asarray(last_resort, bool)
    held = np.diff(matrix.indptr) > 0
    within = matrix[np.flatnonzero(held)]
    few_last, sure = _fewest_last(within, last, clock)
    chosen, bound = _fewest(within, last, few_last, clock)
    few = int(chosen.sum())
    if few and bound >= few and suitability is not None and np.ptp(hundredths(suitability, number)):
        suits = hundredths(suitability, number)
        chosen = more_suitable(within, np.ones(within.shape[0]), chosen, suits, last.astype(int))
        if within.nnz <= _TIES:
            chosen = _most_suitable(within, last, chosen, suits, clock)
    status = OPTIMAL if sure and bound >= few else BOUNDED
    return Chosen(np.flatnonzero(chosen), bound, status, np.flatnonzero(~held))


def _fewest_last(matrix: sparse.csr_array, last: B, clock: Clock) -> tuple[int, bool]:
    """Return how many columns of last resort it takes, and whether that is proven.

    What no other column covers takes them.
    """
    if not last.any():
        return 0, True
    regular = (matrix.astype(np.int32) @ (~last).astype(np.int32)) > 0
    rows = matrix[np.flatnonzero(~regular)]
    chosen, bound = cheapest(rows, np.ones(matrix.shape[1]), clock)
    number = int(chosen.sum())
    return number, bound >= number - 1e-6


def _fewest(matrix: sparse.csr_array, last: B, few_last: int, clock: Clock) -> tuple[B, int]:
    """Return columns, and how few there are at least with as few of last resort.

    A column costs 1, one of last resort so much more that the cheapest choice holds `few_last` of
    them. It is then the one with the fewest columns among those with as few of last resort.
    """
    dear = _LAST
    while True:
        chosen, bound = cheapest(matrix, 1.0 + dear * last.astype(np.float64), clock)
        held = int(chosen[last].sum())
        if held <= few_last or clock.over:
            return chosen, max(int(np.ceil(bound - dear * held - 1e-6)), 0)
        dear *= 20.0


def _most_suitable(matrix: sparse.csr_array, last: B, chosen: B, suits: F, clock: Clock) -> B:
    """Return as many columns of greatest total suitability; `chosen` when the time runs out.

    The cost of a column is as in `_fewest` and less by what it suits, in steps so small that the
    cheapest choice still holds as few columns: that it does is looked at, not supposed.
    """
    step, dear = _NUMBER, _LAST
    while not clock.over:
        cost = step * (1.0 + dear * last.astype(np.float64)) + 100.0 - suits
        better, _ = cheapest(matrix, cost, clock)
        if better.sum() == chosen.sum() and better[last].sum() == chosen[last].sum():
            return better if suits[better].sum() >= suits[chosen].sum() else chosen
        step, dear = step * 10.0, dear * 2.0
    return chosen


def cheapest(matrix: sparse.csr_array, cost: F, clock: Clock) -> tuple[B, float]:
    """Return the columns of least total cost that cover every row, and a bound of that cost.

    Parameters
    ----------
    matrix : sparse array of bool, (rows, columns)
        Every row has a column; as `as_bool` returns it.
    cost : array of float
        Per column, above 0.
    clock : Clock
        When to stop; the rest is then covered column by column.
    """
    core = reduced(matrix, cost, clock)
    chosen = np.zeros(matrix.shape[1], bool)
    chosen[core.forced] = True
    bound = float(cost[core.forced].sum())
    if core.matrix.shape[0]:
        picked, more = _solved(core.matrix, cost[core.columns], clock)
        chosen[core.columns[picked]] = True
        bound += more
    return chosen, bound


def _solved(matrix: sparse.csr_array, cost: F, clock: Clock) -> tuple[B, float]:
    """Solve the linear programme, and what it leaves broken part by part in whole numbers."""
    size = len(cost)
    relaxed = _programme(matrix, cost, np.zeros(size, bool), clock)
    if relaxed.x is None:
        return _greedy(matrix, cost), 0.0
    chosen = relaxed.x > 0.5
    broken = np.abs(relaxed.x - np.rint(relaxed.x)) > 1e-6
    row_part, column_part, _ = components(matrix)
    parts = np.unique(column_part[broken])
    whole = ~np.isin(column_part, parts)
    bound = float(cost[whole & chosen].sum())
    for part in parts:
        own = np.flatnonzero(column_part == part)
        rows = matrix[np.flatnonzero(row_part == part)].tocsc()[:, own].tocsr()
        solved = _programme(rows, cost[own], np.ones(len(own), bool), clock)
        picked = _greedy(rows, cost[own]) if solved.x is None else solved.x > 0.5
        chosen[own] = picked
        bound += max(solved.bound, float(cost[own] @ relaxed.x[own]))
    return chosen, bound


def _programme(matrix: sparse.csr_array, cost: F, whole: B, clock: Clock) -> Solved:
    rows = matrix.shape[0]
    return least_cost(
        cost,
        matrix.astype(np.float64),
        low=np.ones(rows),
        high=np.full(rows, np.inf),
        whole=whole,
        limit_s=clock.left_s,
    )


def _greedy(matrix: sparse.csr_array, cost: F) -> B:
    """Cover with whatever covers most of what is left for its cost."""
    left = np.ones(matrix.shape[0])
    chosen = np.zeros(matrix.shape[1], bool)
    columns = matrix.T.tocsr().astype(np.float64)
    while left.any():
        column = int(np.argmax((columns @ left) / cost))
        chosen[column] = True
        left[columns.indices[columns.indptr[column] : columns.indptr[column + 1]]] = 0.0
    return chosen
