"""What no choice of 0, 1, … columns can cover more than, over the whole curve of a plan."""

import numpy as np
from scipy import sparse

from stationmap.planning.optimum.order import in_building_order
from stationmap.planning.optimum.prices import Bought, buy
from stationmap.planning.optimum.solving import TINY, Clock, F, as_bool
from stationmap.planning.optimum.task import Task

_PRICES = {True: 24, False: 6}
"""How many further prices are tried, for a small table and for a large one."""
_NEAR = 0.002
"""How near to what can be covered a bound is near enough."""


def most_of_each(covers: sparse.sparray, weight: F, values: F, *, limit_s: float = 10.0) -> F:
    """Return what no choice of 0, 1, … columns covers more than.

    Parameters
    ----------
    covers : sparse array of bool, (rows, columns)
        Which column covers which row.
    weight : array of float
        Per row, 0 or more.
    values : array of float
        What the first 0, 1, … columns of a plan cover, from 0 on.
    limit_s : float
        Seconds; bounds are looser when they run out.
    """
    task = Task.of(as_bool(covers), np.asarray(weight, np.float64), Clock(limit_s))
    last = len(values) - 1
    columns = np.arange(task.matrix.shape[1])
    _, reached = in_building_order(task.matrix.tocsc(), task.weight, columns, budget=last)
    known = np.maximum(np.pad(reached, (0, last + 1 - len(reached)), mode="edge"), values)
    return bounds_at(task, bought_along(task, known, (), task.clock), values)


def bought_along(
    task: Task, known: F, tried: tuple[Bought, ...], clock: Clock
) -> tuple[Bought, ...]:
    """Buy at further prices until no number of columns has a bound that is far from its value.

    Between two purchases the bound is furthest off where their lines cross. The price between them
    lowers it there, unless both are best at that price: then no price does any better.

    Parameters
    ----------
    task : Task
        The problem.
    known : array of float
        What 0, 1, … columns cover at least; it bounds nothing.
    tried : tuple of Bought
        What was bought already.
    clock : Clock
        When to stop.
    """
    bought = list(tried)
    last = len(known) - 1
    sought = np.ones(last + 1, np.bool_)
    numbers = np.arange(last + 1)
    for _ in range(_PRICES[task.small]):
        points = {0.0: 0.0, float(last): float(known[-1])}
        points |= {b.amount: b.level for b in bought if 0 < b.amount < last}
        x, y = np.array(sorted(points.items())).T
        bounds = bounds_at(task, tuple(bought), known)
        far = bounds - np.maximum(known, np.interp(numbers, x, y))
        off = np.where(sought, far / np.maximum(bounds, TINY), 0.0)
        worst = int(np.argmax(off))
        if off[worst] <= _NEAR or clock.over:
            break
        k = int(np.searchsorted(x, worst))
        price = float((y[k] - y[k - 1]) / (x[k] - x[k - 1]))
        if price > 0:
            bought.append(buy(task.matrix, task.weight, price, clock, largest=0))
        if price <= 0 or not x[k - 1] + 0.5 < bought[-1].amount < x[k] - 0.5:
            sought[int(np.ceil(x[k - 1])) : int(x[k]) + 1] = False
    return tuple(bought)


def bounds_at(task: Task, tried: tuple[Bought, ...], values: F) -> F:
    """Return for 0, 1, … columns what no choice of as many covers more than.

    Parameters
    ----------
    task : Task
        The problem.
    tried : tuple of Bought
        Each bounds every number of columns.
    values : array of float
        What so many columns cover at least: no bound is told to be less.
    """
    alone = np.sort(task.matrix.T.astype(np.float64) @ task.weight)[::-1]
    sums = np.concatenate(([0.0], np.cumsum(alone)))
    numbers = np.arange(len(values))
    bounds = np.minimum(sums[np.minimum(numbers, len(alone))], task.weight.sum())
    for bought in tried:
        bounds = np.minimum(bounds, bought.worth + bought.price * numbers)
    return np.maximum(task.whole_down(bounds), values)
