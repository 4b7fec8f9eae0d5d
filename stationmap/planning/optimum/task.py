"""A problem as it is solved: without what weighs nothing, cannot be covered, or is superfluous."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from stationmap.planning.optimum.prices import merged
from stationmap.planning.optimum.reductions import dominated_columns
from stationmap.planning.optimum.solving import TINY, Clock, F, I

SMALL = 100_000
"""Entries up to which one programme closes a gap, and many prices are cheap."""


@dataclass(frozen=True)
class Task:
    """A problem without rows that weigh nothing or that none covers, alike rows as one.

    Columns that another makes superfluous are left out; `columns` tells which are left.
    """

    matrix: sparse.csr_array
    weight: F
    columns: I
    clock: Clock

    @classmethod
    def of(cls, matrix: sparse.csr_array, weight: F, clock: Clock) -> "Task":
        """Make it of a table as `as_bool` returns it."""
        held = np.flatnonzero((np.diff(matrix.indptr) > 0) & (weight > 0))
        if not len(held):
            return cls(matrix[held][:, :0], weight[held], np.zeros(0, np.int64), clock)
        weights, first = merged(matrix[held], weight[held])
        rows = matrix[held[first]]
        columns = np.flatnonzero(~dominated_columns(rows, np.ones(rows.shape[1]), clock))
        return cls(rows.tocsc()[:, columns].tocsr(), weights, columns, clock)

    @property
    def small(self) -> bool:
        """Whether one programme can close what prices leave open."""
        return bool(self.matrix.nnz <= SMALL)

    def whole_down(self, bounds: F) -> F:
        """Round bounds down to what whole weights can sum to."""
        whole = np.all(self.weight == np.rint(self.weight))
        return np.floor(bounds + 1e-6 + TINY * bounds) if whole else bounds
