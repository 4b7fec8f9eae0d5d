"""Integer programmes by HiGHS, with what is proven when the time runs out."""

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, sparse

B = NDArray[np.bool_]
F = NDArray[np.float64]
I = NDArray[np.int64]  # noqa: E741 - the whole code's name for it

TINY = 1e-9
"""How much of a weight counts as nothing: what sums of floats may be off."""


class Clock:
    """How much of a time limit is left.

    Parameters
    ----------
    limit_s : float
        Seconds from now.
    """

    def __init__(self, limit_s: float) -> None:
        self.end = time.monotonic() + limit_s

    @property
    def left_s(self) -> float:
        """Seconds that are left, at least a hundredth."""
        return max(self.end - time.monotonic(), 0.01)

    @property
    def over(self) -> bool:
        """Whether none is left."""
        return time.monotonic() >= self.end


@dataclass(frozen=True)
class Solved:
    """What came out of a programme.

    Attributes
    ----------
    x : array of float, optional
        The best solution found; None where there is none, or none was found in time.
    bound : float
        No solution costs less; minus infinity where nothing is proven.
    possible : bool
        False when it is proven that there is no solution.
    """

    x: F | None
    bound: float
    possible: bool


def least_cost(
    cost: F,
    rows: sparse.csr_array,
    *,
    low: F,
    high: F,
    whole: B,
    upper: F | float = 1.0,
    limit_s: float,
) -> Solved:
    """Return the x of least cost with ``low <= rows @ x <= high`` and ``0 <= x <= upper``.

    Parameters
    ----------
    cost : array of float
        Per column.
    rows : sparse array
        The constraints.
    low, high : array of float
        Per constraint; infinite where there is no limit.
    whole : array of bool
        Columns that must be whole numbers; values of these are returned rounded.
    upper : float or array of float
        Largest value per column.
    limit_s : float
        Seconds.
    """
    if not len(cost):
        fits = bool(np.all(low <= 0) and np.all(high >= 0))
        return Solved(np.zeros(0) if fits else None, 0.0, fits)
    answer = optimize.milp(
        cost,
        integrality=whole.astype(np.int64),
        bounds=optimize.Bounds(0.0, upper),
        constraints=optimize.LinearConstraint(rows.tocsc(), low, high) if rows.shape[0] else None,
        options={"mip_rel_gap": 0.0, "time_limit": limit_s},
    )
    bound = answer.mip_dual_bound if whole.any() else answer.fun
    x = answer.x
    if x is not None:
        x = np.where(whole, np.rint(x), x)
    proven = -np.inf if bound is None or not np.isfinite(bound) else float(bound)
    return Solved(x, proven, answer.status != 2)


def as_bool(covers: sparse.sparray) -> sparse.csr_array:
    """Return the table by rows, each true entry once and no false ones."""
    matrix = sparse.csr_array(covers, copy=True).astype(np.bool_)
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    return matrix


def hundredths(suitability: F | None, columns: int) -> F:
    """Return the suitability of every column in whole hundredths; 0 where it is not told."""
    if suitability is None:
        return np.zeros(columns)
    return np.rint(100.0 * np.asarray(suitability, np.float64))
