"""In which order to build what was chosen: each next adds most."""

import heapq

import numpy as np
from scipy import sparse

from stationmap.planning.solving import F, I


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
