"""The price at which the number of columns, or the weight covered, is as asked."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from stationmap.planning.optimum.prices import LARGEST, Bought, buy, covered
from stationmap.planning.optimum.solving import TINY, B, Clock, F, I

_CLOSE = 1e-6
_MOST_PRICES = 40
_STRIDE = 0.03
"""By how much the second price differs from the first at most."""
_FAR = 0.002
"""Excess above which lines are not yet worth following."""


@dataclass(frozen=True)
class Bracket:
    """What was bought at every price tried, and either side of what is asked.

    Attributes
    ----------
    tried : tuple of Bought
        All; each bounds every number of columns.
    dear, cheap : Bought, optional
        The cheapest that is too dear for what is asked (or just right), and the dearest that is
        too cheap; None where there is none.
    """

    tried: tuple[Bought, ...]
    dear: Bought | None
    cheap: Bought | None

    def bound(self, number: int) -> float:
        """Return what no choice of as many columns exceeds."""
        return min((b.bound(number) for b in self.tried), default=np.inf)


def bracket(
    matrix: sparse.csr_array,
    weight: F,
    *,
    excess: Callable[[Bought], float],
    done: Callable[[Bought], bool],
    guess: float,
    clock: Clock,
    largest: int = LARGEST,
) -> Bracket:
    """Search the price at which ``worth(price) + price * number`` is least.

    Two purchases either side of what is asked are two lines under the worth. Where they cross, no
    price bounds any better once the worth there is on the lines. Before, when what is bought is far
    from what is asked, one price is tried where a straight line through the two meets that.

    Parameters
    ----------
    matrix, weight, clock, largest
        As for `buy`.
    excess : callable
        By how much of what is asked more was bought; negative for less.
    done : callable
        Whether what was bought is just what is asked.
    guess : float
        A price to begin with, above 0.
    """
    lowest = 0.5 * float(weight[weight > 0].min(initial=np.inf))
    price, stride, line = guess, _STRIDE, -np.inf
    met = False
    above: Bought | None = None
    below: Bought | None = None
    tried: list[Bought] = []
    while len(tried) < _MOST_PRICES and not (tried and clock.over):
        bought = buy(matrix, weight, price, clock, largest=largest)
        tried.append(bought)
        over = excess(bought)
        if over <= 0:
            above = bought
        else:
            below = bought
        if done(bought) or bought.worth <= line + _CLOSE * max(abs(bought.value), 1.0):
            break
        if above is None or below is None:
            if price <= lowest:
                break
            step = min(0.75 * abs(over) + 0.002, stride)
            price = max(price * (1.0 + step if over > 0 else 1.0 - step), lowest)
            stride = min(2.0 * stride, 0.5)
            continue
        price, line = _crossing(above, below)
        if not below.price * (1 + 1e-12) < price < above.price * (1 - 1e-12):
            break
        if abs(over) > _FAR and not met:
            met = True
            price, line = _met(above, below, excess), -np.inf
    return Bracket(tuple(tried), above, below)


def _met(above: Bought, below: Bought, excess: Callable[[Bought], float]) -> float:
    """Return the price where the excess would be 0 on a straight line; not near either end."""
    less, more = excess(above), excess(below)
    share = min(max(more / (more - less), 0.05), 0.95)
    return below.price + share * (above.price - below.price)


def _crossing(above: Bought, below: Bought) -> tuple[float, float]:
    """Return the price at which both are worth the same, and how much that is."""
    more = below.amount - above.amount
    if more <= TINY:
        return below.price, -np.inf
    price = (below.level - above.level) / more
    return price, above.level - price * above.amount


def between(
    matrix: sparse.csr_array,
    weight: F,
    few: B,
    many: B,
    *,
    may: Callable[[int, float, int], bool],
) -> B:
    """Change `few` towards `many` where that gives most per column, as far as is asked.

    Columns in which the two differ fall into parts that share no row; what one part changes does
    not depend on the others.

    Parameters
    ----------
    matrix, weight
        As for `buy`.
    few, many : array of bool
        Columns of two choices.
    may : callable
        Whether a part may be changed, given the number of columns so far, the weight they cover,
        and how many columns more there would be.
    """
    own = np.flatnonzero(few != many)
    if not len(own):
        return few
    common = (matrix.astype(np.int32) @ (few & many).astype(np.int32)) > 0
    piece = matrix[np.flatnonzero(~common)].tocsc()[:, own]
    rows_weight = weight[~common]
    _, part = csgraph.connected_components(piece.T.astype(np.int32) @ piece.astype(np.int32))
    number = int(part.max()) + 1
    of_row = _part_of_rows(piece.tocsr(), part)
    gains, counts = np.zeros(number), np.zeros(number, np.int64)
    for columns, sign in ((many[own], 1), (few[own], -1)):
        got = (piece.astype(np.int32) @ columns.astype(np.int32)) > 0
        gains += sign * np.bincount(of_row[got], weights=rows_weight[got], minlength=number)
        counts += sign * np.bincount(part[columns], minlength=number)
    chosen = few.copy()
    have, value = int(few.sum()), covered(matrix, weight, few)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(counts > 0, gains / counts, np.where(gains >= 0, np.inf, -np.inf))
    flipped = np.zeros(number, bool)
    for p in np.argsort(-ratio, kind="stable"):
        if ratio[p] <= 0 or not may(have, value, int(counts[p])):
            continue
        flipped[p] = True
        have, value = have + int(counts[p]), value + float(gains[p])
    changed = own[flipped[part]]
    chosen[changed] = many[changed]
    return chosen


def _part_of_rows(piece: sparse.csr_array, part: I) -> I:
    of_row = np.zeros(piece.shape[0], np.int64)
    held = np.diff(piece.indptr) > 0
    of_row[held] = part[piece.indices[piece.indptr[:-1][held]]]
    return of_row
