"""In which order to build what was chosen: each next adds most."""

import heapq

import numpy as np
from scipy import sparse

from stationmap.planning.optimum.solving import B, F, I


def in_building_order(
    covers: sparse.csc_array, weight: F, columns: I, *, budget: int | None = None
) -> tuple[I, F]:
    """Order `columns` so that each adds most to those before it; the first of equals comes first.

    Parameters
    ----------
    covers : sparse array of bool, (rows, columns)
        By columns.
    weight : array of float
        Per row.
    columns : array of int
        Those to order.
    budget : int, optional
        How many to order at most; all without.

    Returns
    -------
    array of int, array of float
        The columns in order, and the weight covered by the first 0, 1, … of them.
    """
    indptr, indices = covers.indptr, covers.indices
    left = weight.astype(np.float64, copy=True)
    sums = covers[:, columns].T.astype(np.float64) @ left
    heap = [(-gain, int(column)) for gain, column in zip(sums.tolist(), columns, strict=True)]
    heapq.heapify(heap)
    order: list[int] = []
    values = [0.0]
    stop = len(columns) if budget is None else min(budget, len(columns))
    while heap and len(order) < stop:
        _, column = heap[0]
        rows = indices[indptr[column] : indptr[column + 1]]
        entry = (-float(left[rows].sum()), column)
        heapq.heapreplace(heap, entry)
        if heap[0] == entry:
            heapq.heappop(heap)
            order.append(column)
            left[rows] = 0.0
            values.append(values[-1] - entry[0])
    return np.asarray(order, np.int64), np.asarray(values)


def more_suitable(matrix: sparse.csr_array, weight: F, chosen: B, suits: F, group: I | None) -> B:
    """Replace columns by more suitable ones wherever nothing is lost, one after the other.

    Parameters
    ----------
    matrix : sparse array of bool, (rows, columns)
        Which column covers which row.
    weight : array of float
        Per row; rows of weight 0 may be lost.
    chosen : array of bool
        Columns.
    suits : array of float
        Per column; the greater the better. The first of equals is taken.
    group : array of int, optional
        Per column; only columns of one group replace each other.
    """
    if not len(suits) or not np.ptp(suits):
        return chosen
    chosen = chosen.copy()
    kept = np.flatnonzero((np.diff(matrix.indptr) > 0) & (weight > 0))
    by_row = matrix[kept]
    by_column = by_row.tocsc()
    times = by_row.astype(np.int64) @ chosen.astype(np.int64)
    for column in np.flatnonzero(chosen):
        rows = by_column.indices[by_column.indptr[column] : by_column.indptr[column + 1]]
        own = rows[times[rows] == 1]
        if not len(own):
            continue
        others, number = np.unique(by_row[own].indices, return_counts=True)
        others = others[(number == len(own)) & ~chosen[others] & (suits[others] > suits[column])]
        if group is not None:
            others = others[group[others] == group[column]]
        if len(others):
            other = others[np.argmax(suits[others])]
            chosen[[column, other]] = False, True
            times[rows] -= 1
            times[by_column.indices[by_column.indptr[other] : by_column.indptr[other + 1]]] += 1
    return chosen
