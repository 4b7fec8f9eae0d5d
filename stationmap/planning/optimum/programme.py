"""Most weight for a budget, and enough of it, as one integer programme; with what groups get."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from stationmap.planning.optimum.cover import fewest
from stationmap.planning.optimum.solving import TINY, B, Clock, F, I, Solved, least_cost


@dataclass(frozen=True)
class Least:
    """What every group of rows and columns (a county) gets at least.

    Attributes
    ----------
    row_group : array of int
        Group per row, from 0; -1 of none.
    weight : array of float
        Per group the weight of its rows to be covered; 0 for none. What is covered already is
        no row: take it off.
    column_group : array of int
        Group per column, from 0; -1 of none.
    columns : array of int
        Per group the number of its columns to be chosen; 0 for none. What is there already is no
        column: take it off.
    """

    row_group: I
    weight: F
    column_group: I
    columns: I


class OutOfReachError(ValueError):
    """Something is asked that no choice gives.

    Attributes
    ----------
    what : str
        "weight" or "columns" of a group's `Least`; "budget" when the budget is too small for all
        of `Least` together; "target" of `enough`.
    group : int
        The group; -1 for "budget" and "target".
    asked, possible : float
        What is asked, and the most there is: weight, or columns. For "budget" `asked` is the
        fewest columns that `Least` needs, and `possible` the budget.
    columns : int
        For "target" and "weight": with how many columns `possible` is reached, as few as can be.
    """

    def __init__(
        self, what: str, *, asked: float, possible: float, group: int = -1, columns: int = -1
    ) -> None:
        super().__init__(f"{what} of group {group}: {asked} asked, {possible} possible")
        self.what = what
        self.group = group
        self.asked = asked
        self.possible = possible
        self.columns = columns


def best_with(
    matrix: sparse.csr_array, weight: F, *, budget: int, least: Least | None, limit_s: float
) -> tuple[B | None, float]:
    """Return at most `budget` columns of greatest weight, if any in time, and its bound.

    Parameters
    ----------
    matrix, weight, budget, least, limit_s
        As for `stationmap.planning.optimum.most`.
    """
    rows, columns = matrix.shape
    limit = np.concatenate((np.ones(columns), np.zeros(rows)))
    cost = np.concatenate((np.zeros(columns), -weight))
    solved = _solved(matrix, weight, cost, (limit, -np.inf, float(budget)), least, limit_s)
    chosen = None if solved.x is None else solved.x[:columns] > 0.5
    return chosen, min(-solved.bound, float(weight.sum()))


def fewest_with(
    matrix: sparse.csr_array, weight: F, *, target: float, least: Least | None, limit_s: float
) -> tuple[B | None, int]:
    """Return the fewest columns that cover `target`, if any in time, and how few it may be.

    Parameters
    ----------
    matrix, weight, target, least, limit_s
        As for `stationmap.planning.optimum.enough`.
    """
    rows, columns = matrix.shape
    total = np.concatenate((np.zeros(columns), weight))
    cost = np.concatenate((np.ones(columns), np.zeros(rows)))
    limits = (total, target * (1 - TINY), np.inf)
    solved = _solved(matrix, weight, cost, limits, least, limit_s)
    chosen = None if solved.x is None else solved.x[:columns] > 0.5
    return chosen, whole_at_least(solved.bound)


def whole_at_least(bound: float) -> int:
    """Return the least whole number, from 0, that is not below `bound` by more than rounding."""
    return max(int(np.ceil(bound - 1e-6)), 0) if np.isfinite(bound) else 0


def _solved(
    matrix: sparse.csr_array,
    weight: F,
    cost: F,
    limits: tuple[F, float, float],
    least: Least | None,
    limit_s: float,
) -> Solved:
    """Solve on (columns chosen, share covered of rows); a row is covered if a column of it is."""
    rows, columns = matrix.shape
    blocks = [sparse.hstack([matrix.astype(np.float64), -sparse.eye_array(rows)], format="csr")]
    low, high = [limits[1]], [limits[2]]
    blocks.append(sparse.csr_array(limits[0][None]))
    for line, asked in _lines(weight, columns, least):
        blocks.append(sparse.csr_array(line[None]))
        low.append(asked)
        high.append(np.inf)
    return least_cost(
        cost,
        sparse.vstack(blocks, format="csr"),
        low=np.concatenate((np.zeros(rows), low)),
        high=np.concatenate((np.full(rows, np.inf), high)),
        whole=np.arange(rows + columns) < columns,
        limit_s=limit_s,
    )


def _lines(weight: F, columns: int, least: Least | None) -> list[tuple[F, float]]:
    """Return what every group asks: factors of columns and rows, and their least sum."""
    if least is None:
        return []
    lines = []
    for group in np.flatnonzero(least.weight > 0):
        own = np.where(least.row_group == group, weight, 0.0)
        line = np.concatenate((np.zeros(columns), own))
        lines.append((line, float(least.weight[group]) * (1 - TINY)))
    for group in np.flatnonzero(least.columns > 0):
        own = (least.column_group == group).astype(np.float64)
        line = np.concatenate((own, np.zeros(len(weight))))
        lines.append((line, float(least.columns[group])))
    return lines


def check_groups(matrix: sparse.csr_array, weight: F, least: Least, clock: Clock) -> None:
    """Raise `OutOfReachError` for the first group that cannot get what it asks."""
    reach = np.diff(matrix.indptr) > 0
    for group in np.flatnonzero(least.weight > 0):
        own = reach & (least.row_group == group) & (weight > 0)
        possible, asked = float(weight[own].sum()), float(least.weight[group])
        if possible < asked * (1 - TINY):
            columns = len(fewest(matrix[np.flatnonzero(own)], limit_s=clock.left_s).columns)
            raise OutOfReachError(
                "weight", group=int(group), asked=asked, possible=possible, columns=columns
            )
    for group in np.flatnonzero(least.columns > 0):
        number, wanted = int((least.column_group == group).sum()), int(least.columns[group])
        if number < wanted:
            raise OutOfReachError("columns", group=int(group), asked=wanted, possible=number)
