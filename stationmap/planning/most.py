"""The columns that cover most weight for a budget, and the fewest that cover enough of it."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from stationmap.errors import InputError
from stationmap.planning.order import in_building_order
from stationmap.planning.plan import BOUNDED, OPTIMAL
from stationmap.planning.solving import Clock, F, I, Solved, least_cost

_TINY = 1e-9


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


@dataclass(frozen=True)
class Best:
    """Columns in building order, and what no other choice can exceed.

    Attributes
    ----------
    columns : array of int
        Each adds most to those before it, of the chosen.
    values : array of float
        Weight covered by the first 0, 1, … columns.
    bounds : array of float
        Proven: no choice of as many columns covers more.
    status : str
        `OPTIMAL` or `BOUNDED`.
    least_number : int
        Proven: fewer columns do not do what was asked. 0 for `most`.
    """

    columns: I
    values: F
    bounds: F
    status: str
    least_number: int = 0


def most(
    covers: sparse.sparray,
    weight: F,
    *,
    budget: int,
    least: Least | None = None,
    suitability: F | None = None,
    limit_s: float = 60.0,
) -> Best:
    """Choose at most `budget` columns that cover the greatest weight.

    Fewer are chosen where more add nothing.

    Parameters
    ----------
    covers : sparse array of bool, (rows, columns)
        Which column covers which row.
    weight : array of float
        Per row, 0 or more.
    budget : int
        1 or more; more than there are columns counts as all of them.
    least : Least, optional
        What every group gets at least.
    suitability : array of float, optional
        Per column, from 0 to 1, in hundredths; decides among choices that cover the same.
    limit_s : float
        Seconds; what is chosen then is told with its bound.

    Raises
    ------
    InputError
        For a weight that is negative or no number, and a budget below 1.
    OutOfReachError
        When `least` cannot be given.
    """
    _check(weight)
    if budget < 1:
        raise InputError(
            "a plan for {budget} new stations cannot add any: give a budget of 1 or more",
            budget=budget,
        )
    matrix = sparse.csr_array(covers).astype(bool)
    clock = Clock(limit_s)
    budget = min(budget, matrix.shape[1])
    return _plain(matrix, weight, budget, least, clock)


def enough(
    covers: sparse.sparray,
    weight: F,
    *,
    target: float,
    least: Least | None = None,
    suitability: F | None = None,
    limit_s: float = 60.0,
) -> Best:
    """Choose the fewest columns that cover at least the weight `target`.

    Parameters
    ----------
    covers, weight, least, suitability, limit_s
        As for `most`.
    target : float
        Weight to reach, inclusive.

    Raises
    ------
    InputError
        For a weight that is negative or no number.
    OutOfReachError
        When `target` or `least` cannot be reached.
    """
    _check(weight)
    matrix = sparse.csr_array(covers).astype(bool)
    clock = Clock(limit_s)
    return _plain_enough(matrix, weight, target, least, clock)


def _check(weight: F) -> None:
    wrong = np.flatnonzero(~(np.isfinite(weight) & (np.asarray(weight) >= 0)))
    if len(wrong):
        raise InputError(
            "the weight of demand {number} is {value}: weights must be numbers of 0 or more",
            number=int(wrong[0]) + 1,
            value=float(weight[wrong[0]]),
        )


def _programme(
    matrix: sparse.csr_array, weight: F, least: Least | None
) -> tuple[sparse.csr_array, F, F]:
    """Return the constraints on (columns, covered share of rows): covers, and what is least."""
    rows, columns = matrix.shape
    blocks = [sparse.hstack([matrix.astype(float), -sparse.eye_array(rows)], format="csr")]
    low = [np.zeros(rows)]
    if least is not None:
        for group in np.flatnonzero(least.weight > 0):
            part = np.where(least.row_group == group, weight, 0.0)
            blocks.append(sparse.csr_array(np.concatenate((np.zeros(columns), part))[None]))
            low.append(least.weight[group : group + 1] * (1 - _TINY))
        for group in np.flatnonzero(least.columns > 0):
            part = (least.column_group == group).astype(float)
            blocks.append(sparse.csr_array(np.concatenate((part, np.zeros(rows)))[None]))
            low.append(least.columns[group : group + 1].astype(float))
    lows = np.concatenate(low)
    return sparse.vstack(blocks, format="csr"), lows, np.full(len(lows), np.inf)


def _plain(
    matrix: sparse.csr_array, weight: F, budget: int, least: Least | None, clock: Clock
) -> Best:
    rows, columns = matrix.shape
    if least is not None:
        needed = _plain_enough(matrix, weight, 0.0, least, clock)
        if needed.least_number > budget:
            raise OutOfReachError("budget", asked=needed.least_number, possible=budget)
    constraints, low, high = _programme(matrix, weight, least)
    limit = sparse.csr_array(np.concatenate((np.ones(columns), np.zeros(rows)))[None])
    solved = least_cost(
        np.concatenate((np.zeros(columns), -weight)),
        sparse.vstack([constraints, limit], format="csr"),
        low=np.append(low, -np.inf),
        high=np.append(high, budget),
        whole=np.arange(rows + columns) < columns,
        limit_s=clock.left_s,
    )
    chosen = np.zeros(0, np.int64) if solved.x is None else np.flatnonzero(solved.x[:columns])
    order, values = in_building_order(matrix.tocsc(), weight, chosen)
    bounds = np.minimum(-solved.bound, weight.sum())
    at = np.maximum(np.full(len(values), bounds), values)
    at[0] = 0.0
    done = at[-1] - values[-1] <= _TINY * max(1.0, at[-1])
    return Best(order, values, at, OPTIMAL if done else BOUNDED)


def _plain_enough(
    matrix: sparse.csr_array, weight: F, target: float, least: Least | None, clock: Clock
) -> Best:
    rows, columns = matrix.shape
    reach = np.diff(matrix.indptr) > 0
    if weight[reach].sum() < target * (1 - _TINY):
        raise OutOfReachError("target", asked=target, possible=float(weight[reach].sum()))
    if least is not None:
        _check_groups(weight, reach, least)
    constraints, low, high = _programme(matrix, weight, least)
    total = sparse.csr_array(np.concatenate((np.zeros(columns), weight))[None])
    solved: Solved = least_cost(
        np.concatenate((np.ones(columns), np.zeros(rows))),
        sparse.vstack([constraints, total], format="csr"),
        low=np.append(low, target * (1 - _TINY)),
        high=np.append(high, np.inf),
        whole=np.arange(rows + columns) < columns,
        limit_s=clock.left_s,
    )
    chosen = np.arange(columns) if solved.x is None else np.flatnonzero(solved.x[:columns])
    order, values = in_building_order(matrix.tocsc(), weight, chosen)
    number = int(np.ceil(solved.bound - 1e-6)) if np.isfinite(solved.bound) else 0
    bounds = np.full(len(values), weight[reach].sum())
    bounds[0] = 0.0
    status = OPTIMAL if number >= len(order) else BOUNDED
    return Best(order, values, bounds, status, number)


def _check_groups(weight: F, reach: np.ndarray, least: Least) -> None:
    for group in np.flatnonzero(least.weight > 0):
        possible = float(weight[reach & (least.row_group == group)].sum())
        if possible < least.weight[group] * (1 - _TINY):
            raise OutOfReachError(
                "weight", group=int(group), asked=float(least.weight[group]), possible=possible
            )
    for group in np.flatnonzero(least.columns > 0):
        number = int((least.column_group == group).sum())
        if number < least.columns[group]:
            raise OutOfReachError(
                "columns", group=int(group), asked=float(least.columns[group]), possible=number
            )
