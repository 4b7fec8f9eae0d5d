"""The fewest columns that cover every row: set cover, exact, with its proof."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from stationmap.planning.plan import BOUNDED, OPTIMAL
from stationmap.planning.solving import B, Clock, F, I, Solved, least_cost

HUNDREDTHS = 100.0


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
        `OPTIMAL` when as many columns as `bound` were chosen, `BOUNDED` when the time ran out.
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
    fewest columns, of these one of the greatest total suitability. The same input gives the same
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
        Seconds; what is chosen then still covers, `Chosen.bound` tells how few it could be.
    """
    matrix = _as_bool(covers)
    rows, columns = matrix.shape
    clock = Clock(limit_s)
    suits = np.zeros(columns) if suitability is None else np.rint(HUNDREDTHS * suitability)
    last = np.zeros(columns, bool) if last_resort is None else np.asarray(last_resort, bool)
    held = np.diff(matrix.indptr) > 0
    out = np.flatnonzero(~held)
    chosen, bound = _core(matrix[np.flatnonzero(held)], suits, last, clock)
    return Chosen(np.flatnonzero(chosen), bound, OPTIMAL if bound >= chosen.sum() else BOUNDED, out)


def _as_bool(covers: sparse.sparray) -> sparse.csr_array:
    matrix = sparse.csr_array(covers).astype(bool)
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    return matrix


def _core(matrix: sparse.csr_array, suits: F, last: B, clock: Clock) -> tuple[B, int]:
    """Solve one aim after the other, each kept while the next is sought."""
    rows, columns = matrix.shape
    if not rows:
        return np.zeros(columns, bool), 0
    aims = [np.ones(columns)]
    if last.any():
        aims.insert(0, last.astype(float))
    if suits.any():
        aims.append(-suits)
    kept: list[F] = []
    most: list[float] = []
    best: B | None = None
    bound = 0
    for aim in aims:
        stack = [matrix.astype(float), *(sparse.csr_array(row[None]) for row in kept)]
        solved: Solved = least_cost(
            aim,
            sparse.vstack(stack, format="csr"),
            low=np.concatenate((np.ones(rows), np.full(len(kept), -np.inf))),
            high=np.concatenate((np.full(rows, np.inf), most)),
            whole=np.ones(columns, bool),
            limit_s=clock.left_s,
        )
        if aim is aims[-1 - bool(suits.any())] and np.isfinite(solved.bound):
            bound = int(np.ceil(solved.bound - 1e-6))
        if solved.x is None:
            break
        best = solved.x > 0.5
        kept.append(aim)
        most.append(float(aim @ best))
    return (_greedy(matrix, last) if best is None else best), bound


def _greedy(matrix: sparse.csr_array, last: B) -> B:
    """Cover with whatever covers most of what is left."""
    left = np.ones(matrix.shape[0], bool)
    chosen = np.zeros(matrix.shape[1], bool)
    columns = matrix.astype(np.int64).T.tocsr()
    while left.any():
        gain = columns @ left.astype(np.int64)
        regular = np.where(last, 0, gain)
        column = int(np.argmax(regular if regular.any() else gain))
        chosen[column] = True
        left[columns.indices[columns.indptr[column] : columns.indptr[column + 1]]] = False
    return chosen
