"""What can be left out of a covering problem without changing its best answer.

1. A row whose columns include all columns of another row is covered whenever that one is.
2. A column whose rows are all covered by another that costs no more is never needed.
3. The only column of a row must be chosen, and all its rows are covered then.

Each makes room for the others, so they are applied in turn until nothing changes.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from stationmap.planning.optimum.solving import B, Clock, F, I

_AT_ONCE = 20_000_000
_WORTH = 2_000_000_000
"""Products of a comparison of all sets with each other: per step, and at most (then none)."""


@dataclass(frozen=True)
class Core:
    """What is left of a covering problem.

    Attributes
    ----------
    matrix : sparse array of bool
        The rows and columns that are left.
    rows, columns : array of int
        Which they were.
    forced : array of int
        Columns that every best answer of the left-out kind holds.
    """

    matrix: sparse.csr_array
    rows: I
    columns: I
    forced: I


def reduced(matrix: sparse.csr_array, cost: F, clock: Clock | None = None) -> Core:
    """Reduce a set cover in which every row has a column.

    Parameters
    ----------
    matrix : sparse array of bool, (rows, columns)
        Which column covers which row, without duplicate or stored false entries.
    cost : array of float
        Per column, above 0.
    clock : Clock, optional
        When to stop; what is left then can be reduced further.
    """
    rows = np.arange(matrix.shape[0])
    columns = np.arange(matrix.shape[1])
    forced: list[I] = []
    while True:
        before = matrix.shape
        kept = ~superfluous_rows(matrix, clock)
        matrix, rows = matrix[kept], rows[kept]
        held = ~dominated_columns(matrix, cost[columns], clock)
        matrix, columns = _columns_of(matrix, held), columns[held]
        only = np.diff(matrix.indptr) == 1
        if only.any():
            must = np.unique(matrix.indices[matrix.indptr[:-1][only]])
            forced.append(columns[must])
            chosen = np.zeros(matrix.shape[1], bool)
            chosen[must] = True
            open_rows = (matrix.astype(np.int32) @ chosen.astype(np.int32)) == 0
            matrix, rows = _columns_of(matrix[open_rows], ~chosen), rows[open_rows]
            columns = columns[~chosen]
        late = clock is not None and clock.over
        if matrix.shape == before or not matrix.shape[0] or late:
            break
    all_forced = np.concatenate(forced) if forced else np.zeros(0, np.int64)
    return Core(matrix, rows, columns, all_forced)


def superfluous_rows(matrix: sparse.csr_array, clock: Clock | None = None) -> B:
    """Return the rows that hold all columns of another row; of equal rows all but the first.

    Those that were found when the time ran out.
    """
    size = np.diff(matrix.indptr)
    drop = np.zeros(matrix.shape[0], bool)
    for small, large in _subsets(matrix, clock):
        drop[large[(size[small] < size[large]) | (small < large)]] = True
    return drop


def dominated_columns(matrix: sparse.csr_array, cost: F, clock: Clock | None = None) -> B:
    """Return the columns that cover nothing which another, not dearer, does not cover too.

    Of equal columns all but the first. Those that were found when the time ran out.
    """
    sets = matrix.T.tocsr()
    size = np.diff(sets.indptr)
    drop: B = size == 0
    for small, large in _subsets(sets, clock):
        equal = (size[small] == size[large]) & (cost[small] == cost[large])
        drop[small[(cost[large] <= cost[small]) & (~equal | (large < small))]] = True
    return drop


def components(matrix: sparse.csr_array) -> tuple[I, I, int]:
    """Return the connected part of every row and of every column, and the number of parts."""
    rows, columns = matrix.shape
    table = matrix.tocoo()
    graph = sparse.coo_array(
        (np.ones(table.nnz, np.int8), (table.row, table.col + rows)), shape=(rows + columns,) * 2
    )
    number, label = csgraph.connected_components(graph, directed=False)
    label = label.astype(np.int64)
    return label[:rows], label[rows:], int(number)


def _columns_of(matrix: sparse.csr_array, kept: B) -> sparse.csr_array:
    return matrix.tocsc()[:, np.flatnonzero(kept)].tocsr()


def _subsets(sets: sparse.csr_array, clock: Clock | None) -> Iterator[tuple[I, I]]:
    """Yield pairs of sets of which the first holds nothing that the second does not hold."""
    number = sparse.csr_array(
        (np.ones(sets.nnz, np.int32), sets.indices, sets.indptr), shape=sets.shape
    )
    turned = number.T.tocsr()
    size = np.diff(sets.indptr)
    holders = np.diff(turned.indptr).astype(np.float64)
    work = np.concatenate(([0.0], np.cumsum(holders[sets.indices])))[sets.indptr]
    if work[-1] > _WORTH:
        return
    begin = 0
    while begin < sets.shape[0] and not (clock is not None and clock.over):
        end = max(int(np.searchsorted(work, work[begin] + _AT_ONCE, "right")) - 1, begin + 1)
        shared = number[begin:end] @ turned
        small = np.repeat(np.arange(begin, end), np.diff(shared.indptr))
        within = (shared.data == size[small]) & (small != shared.indices)
        yield small[within], shared.indices[within].astype(np.int64)
        begin = end
