"""Best coverage when every column has a price: what bounds the best for every number of columns.

With ``worth(price)`` the greatest covered weight less the price of its columns, no n columns cover
more than ``worth(price) + price * n``, whatever the price. A column that covers less than the price
is never bought and one without which more than the price is lost always is, so a problem falls
apart into small parts, and a good price leaves nothing between what is bought and its bound.
"""

from dataclasses import dataclass

import numpy as np
from scipy import optimize, sparse

from stationmap.planning.optimum.reductions import components, dominated_columns
from stationmap.planning.optimum.solving import B, Clock, F, I, least_cost

_PART_S = 5.0
"""Seconds for one part in whole numbers; its linear bound holds when they run out."""
LARGEST = 1_000_000
"""Columns of a part that is still tried in whole numbers."""
_BATCH = 4000
"""Rows that are solved together, of as many parts as there are."""


@dataclass(frozen=True)
class Bought:
    """What is bought at a price.

    Attributes
    ----------
    price : float
        Of every column.
    columns : array of bool
        Those bought.
    number : int
        How many.
    value : float
        Weight they cover.
    worth : float
        Proven: no choice covers more, less the price of its columns.
    amount : float
        Columns where parts of one can be bought too; `number` where nothing is bought in part.
    """

    price: float
    columns: B
    number: int
    value: float
    worth: float
    amount: float

    def bound(self, number: int) -> float:
        """Return what no choice of as many columns exceeds."""
        return self.worth + self.price * number

    @property
    def level(self) -> float:
        """What `amount` columns are bounded by: no price bounds them any better."""
        return self.worth + self.price * self.amount


def buy(
    matrix: sparse.csr_array, weight: F, price: float, clock: Clock, *, largest: int = LARGEST
) -> Bought:
    """Buy what covers most weight less the price of the columns.

    Parameters
    ----------
    matrix : sparse array of bool, (rows, columns)
        Which column covers which row.
    weight : array of float
        Per row.
    price : float
        Of every column, above 0.
    clock : Clock
        When to stop.
    largest : int
        Columns of the largest part that is solved in whole numbers where the linear programme
        leaves it broken. Its bound holds for larger ones.
    """
    left, worth, columns, bought = _left(matrix, weight, price, clock)
    amount = float(bought.sum())
    if left is not None:
        share, more = _solved(left[0], left[1], price, clock, largest)
        bought[columns[share > 0.5]] = True
        worth, amount = worth + more, amount + float(share.sum())
    value = covered(matrix, weight, bought)
    number = int(bought.sum())
    return Bought(price, bought, number, value, max(worth, value - price * number), amount)


def covered(matrix: sparse.csr_array, weight: F, columns: B) -> float:
    """Return the weight of the rows that `columns` cover."""
    return float(weight[(matrix.astype(np.int32) @ columns.astype(np.int32)) > 0].sum())


def merged(matrix: sparse.csr_array, weight: F, group: I | None = None) -> tuple[F, I]:
    """Return the weight of every kind of row, and a row of each kind; rows alike are one kind.

    Parameters
    ----------
    matrix : sparse array of bool
        Without empty rows.
    weight : array of float
        Per row.
    group : array of int, optional
        Rows of different groups are of different kinds.
    """
    draw = np.random.default_rng(20180823)
    keys = draw.integers(1, 2**63 - 1, (2, matrix.shape[1]))
    sums = [np.add.reduceat(key[matrix.indices], matrix.indptr[:-1]) for key in keys]
    marks = [*sums, *([] if group is None else [group])]
    order = np.lexsort(marks)
    other = np.any([np.diff(mark[order]) != 0 for mark in marks], axis=0)
    begins = np.append(True, other)
    kind = np.cumsum(begins) - 1
    weights = np.bincount(kind, weights=weight[order]).astype(np.float64)
    first = order[begins]
    return weights, first


def _left(
    matrix: sparse.csr_array, weight: F, price: float, clock: Clock
) -> tuple[tuple[sparse.csr_array, F] | None, float, I, B]:
    """Return (rows and weights left, worth of what is bought surely, columns left, those bought).

    1. A column of which the open rows weigh no more than the price is not bought.
    2. One whose own rows, that no other column covers, weigh more than the price is.
    3. One whose open rows all are another's too is not.
    """
    bought = np.zeros(matrix.shape[1], bool)
    columns = np.arange(matrix.shape[1])
    worth = 0.0
    while True:
        before = len(columns)
        table = matrix.tocsc()
        kept = (table.T.astype(np.float64) @ weight) > price
        matrix, columns = table[:, np.flatnonzero(kept)].tocsr(), columns[kept]
        held = np.diff(matrix.indptr)
        own = held == 1
        alone = np.zeros(len(columns))
        np.add.at(alone, matrix.indices[matrix.indptr[:-1][own]], weight[own])
        sure = alone > price
        bought[columns[sure]] = True
        got = (matrix.astype(np.int32) @ sure.astype(np.int32)) > 0
        worth += float(weight[got].sum()) - price * int(sure.sum())
        rows = (held > 0) & ~got
        matrix = matrix[np.flatnonzero(rows)].tocsc()[:, np.flatnonzero(~sure)].tocsr()
        weight, columns = weight[rows], columns[~sure]
        if not matrix.shape[0] or not len(columns):
            return None, worth, columns, bought
        weight, first = merged(matrix, weight)
        matrix = matrix[first]
        needed = ~dominated_columns(matrix, np.ones(len(columns)), clock)
        matrix, columns = matrix.tocsc()[:, np.flatnonzero(needed)].tocsr(), columns[needed]
        if len(columns) == before or clock.over:
            return (matrix, weight), worth, columns, bought


def _solved(
    matrix: sparse.csr_array, weight: F, price: float, clock: Clock, largest: int
) -> tuple[F, float]:
    """Solve the parts, some at a time; return how much is bought and what no purchase exceeds."""
    row_part, column_part, parts = components(matrix)
    size = np.bincount(row_part, minlength=parts)
    batch = np.cumsum(size) // _BATCH
    bought = np.zeros(matrix.shape[1])
    worth = 0.0
    row_batch, column_batch = batch[row_part], batch[column_part]
    for number in np.unique(batch):
        rows, own = np.flatnonzero(row_batch == number), np.flatnonzero(column_batch == number)
        piece = matrix[rows].tocsc()[:, own].tocsr()
        bought[own], more = _batch(piece, weight[rows], price, clock, largest)
        worth += more
    return bought, worth


def _batch(
    matrix: sparse.csr_array, weight: F, price: float, clock: Clock, largest: int
) -> tuple[F, float]:
    """Solve the linear programme, and what it leaves broken part by part in whole numbers."""
    columns = matrix.shape[1]
    x, worth = _relaxed(matrix, weight, price, clock.left_s)
    if x is None:
        return np.zeros(columns), worth
    broken = np.abs(x - np.rint(x)) > 1e-6
    x = np.where(broken, x, np.rint(x))
    if not broken.any():
        return x, worth
    row_part, column_part, _ = components(matrix)
    for part in np.unique(column_part[broken]):
        own = np.flatnonzero(column_part == part)
        if len(own) > largest:
            continue
        mine = np.flatnonzero(row_part == part)
        piece = matrix[mine].tocsc()[:, own].tocsr()
        relaxed = _worth(piece, weight[mine], price, x[own])
        limit_s = min(clock.left_s, _PART_S)
        better, bound = _in_whole_numbers(piece, weight[mine], price, limit_s)
        if better is not None:
            x[own] = better
        worth -= max(relaxed - bound, 0.0)
    return x, worth


def _worth(matrix: sparse.csr_array, weight: F, price: float, x: F) -> float:
    share = np.minimum(matrix.astype(np.float64) @ x, 1.0)
    return float(weight @ share - price * x.sum())


def _relaxed(
    matrix: sparse.csr_array, weight: F, price: float, limit_s: float
) -> tuple[F | None, float]:
    """Return how much of every column is bought, and what no purchase is worth more than.

    The dual programme is solved, as it is smaller: every row offers up to its weight, no column
    takes more than its price, and what the rows do not offer is the worth. What is bought are the
    prices of its own constraints.
    """
    rows, columns = matrix.shape
    answer = optimize.linprog(
        np.full(rows, -1.0),
        A_ub=matrix.T.tocsc().astype(np.float64),
        b_ub=np.full(columns, price),
        bounds=np.column_stack((np.zeros(rows), weight)),
        method="highs-ds",
        options={"time_limit": limit_s, "presolve": False},
    )
    total = float(weight.sum())
    if answer.status != 0:
        return None, total
    return np.maximum(-answer.ineqlin.marginals, 0.0), total + float(answer.fun)


def _in_whole_numbers(
    matrix: sparse.csr_array, weight: F, price: float, limit_s: float
) -> tuple[F | None, float]:
    """Return which columns are bought, and what no purchase is worth more than."""
    rows, columns = matrix.shape
    solved = least_cost(
        np.concatenate((np.full(columns, price), weight)),
        sparse.hstack([matrix.astype(np.float64), sparse.eye_array(rows)], format="csr"),
        low=np.ones(rows),
        high=np.full(rows, np.inf),
        whole=np.arange(rows + columns) < columns,
        limit_s=limit_s,
    )
    worth = float(weight.sum()) - max(solved.bound, 0.0)
    return None if solved.x is None else solved.x[:columns], worth
