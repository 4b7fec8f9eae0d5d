"""The columns that cover most weight for a budget, and the fewest that cover enough of it."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from stationmap.errors import InputError
from stationmap.planning.optimum import cover
from stationmap.planning.optimum.curve import bought_along, bounds_at
from stationmap.planning.optimum.order import in_building_order, more_suitable
from stationmap.planning.optimum.prices import LARGEST, Bought, covered
from stationmap.planning.optimum.programme import (
    Least,
    OutOfReachError,
    best_with,
    check_groups,
    fewest_with,
    whole_at_least,
)
from stationmap.planning.optimum.search import Bracket, between, bracket
from stationmap.planning.optimum.solving import TINY, B, Clock, F, I, as_bool, hundredths
from stationmap.planning.optimum.task import Task
from stationmap.planning.plan import BOUNDED, OPTIMAL

__all__ = ["Best", "enough", "most"]

_POLISH_S = 10.0
"""Seconds for what differs between two purchases."""
_SMALL_PART = 150
"""Columns of a part solved in whole numbers at a price, where a programme for all follows."""
_CURVE = 0.2
"""Share of the time that is left for the bounds of fewer columns than are chosen."""


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
    weight = _checked(weight)
    if budget < 1:
        raise InputError(
            "a plan for {budget} new stations cannot add any: give a budget of 1 or more",
            budget=budget,
        )
    matrix = as_bool(covers)
    clock = Clock(limit_s)
    budget = min(budget, matrix.shape[1])
    task = Task.of(matrix, weight, clock)
    tried: tuple[Bought, ...] = ()
    if least is None:
        chosen, bound, tried = _within_budget(task, budget)
        full = np.zeros(matrix.shape[1], bool)
        full[task.columns[chosen]] = True
    else:
        full, bound = _within_budget_with(matrix, weight, budget, least, clock)
    full = more_suitable(
        matrix, weight, full, hundredths(suitability, matrix.shape[1]), _group(least)
    )
    order, values = in_building_order(matrix.tocsc(), weight, np.flatnonzero(full))
    if least is None:
        adds = np.append(np.diff(values) > 0, False)[: len(order)]
        order, values = order[adds], values[np.append(True, adds)]
    bounds = bounds_at(task, tried, values)
    bounds[-1] = max(min(bounds[-1], bound), values[-1])
    bounds = np.minimum.accumulate(bounds[::-1])[::-1]
    done = bounds[-1] - values[-1] <= TINY * max(1.0, bounds[-1])
    return Best(order, values, bounds, OPTIMAL if done else BOUNDED)


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
    weight = _checked(weight)
    matrix = as_bool(covers)
    clock = Clock(limit_s)
    task = Task.of(matrix, weight, clock)
    possible = float(task.weight.sum())
    if possible < target * (1 - TINY):
        number = len(cover.fewest(task.matrix, limit_s=clock.left_s).columns)
        raise OutOfReachError("target", asked=target, possible=possible, columns=number)
    tried: tuple[Bought, ...] = ()
    if least is None:
        chosen, number, tried = _reaching(task, target)
        full = np.zeros(matrix.shape[1], bool)
        full[task.columns[chosen]] = True
    else:
        full, number = _reaching_with(matrix, weight, target, least, clock)
    full = more_suitable(
        matrix, weight, full, hundredths(suitability, matrix.shape[1]), _group(least)
    )
    order, values = in_building_order(matrix.tocsc(), weight, np.flatnonzero(full))
    bounds = np.minimum.accumulate(bounds_at(task, tried, values)[::-1])[::-1]
    return Best(order, values, bounds, OPTIMAL if number >= len(order) else BOUNDED, number)


def _checked(weight: F) -> F:
    weight = np.asarray(weight, np.float64)
    wrong = np.flatnonzero(~(np.isfinite(weight) & (weight >= 0)))
    if len(wrong):
        raise InputError(
            "the weight of demand {number} is {value}: weights must be numbers of 0 or more",
            number=int(wrong[0]) + 1,
            value=float(weight[wrong[0]]),
        )
    return weight


def _group(least: Least | None) -> I | None:
    return None if least is None else least.column_group


def _within_budget(task: Task, budget: int) -> tuple[B, float, tuple[Bought, ...]]:
    """Return the columns chosen, what no choice exceeds, and what was bought on the way."""
    matrix, weight = task.matrix, task.weight
    total = float(weight.sum())
    first, values = in_building_order(
        matrix.tocsc(), weight, np.arange(matrix.shape[1]), budget=budget
    )
    greedy = _among(first, matrix)
    if not len(first) or values[-1] >= total * (1 - TINY):
        few = cover.fewest(matrix, limit_s=task.clock.left_s).columns
        enough_of = few if len(few) <= len(first) else first
        known = np.append(values[: len(enough_of)], total)
        return _among(enough_of, matrix), total, _along(task, known, ())
    found = bracket(
        matrix,
        weight,
        excess=lambda b: b.amount / budget - 1.0,
        done=lambda b: _meets(task, b, budget),
        guess=float(values[-1] - values[-2]),
        clock=task.clock,
        largest=_SMALL_PART if task.small else LARGEST,
    )
    tried = _along(task, values, found.tried)
    bound = float(task.whole_down(np.array(min(found.bound(budget), total))))
    choices = [greedy]
    if found.dear is not None:
        chosen = found.dear.columns
        if found.cheap is not None:
            many = found.cheap.columns
            chosen = between(
                matrix, weight, chosen, many, may=lambda have, _value, more: have + more <= budget
            )
        choices.append(_filled(task, _fitting(task, chosen, budget), budget))
    best = max(choices, key=lambda columns: covered(matrix, weight, columns))
    best, bound = _closed(task, found, best, bound, budget)
    return best, bound, tried


def _closed(task: Task, found: Bracket, best: B, bound: float, budget: int) -> tuple[B, float]:
    """Close what is left between a choice and its bound by programmes: near it, then whole."""
    matrix, weight = task.matrix, task.weight
    value = covered(matrix, weight, best)
    if found.dear is not None and found.cheap is not None and _open(value, bound):
        sure = _fitting(task, found.dear.columns & found.cheap.columns, budget)
        free = np.flatnonzero(found.dear.columns != found.cheap.columns)
        rest = np.flatnonzero(~_rows_of(matrix, sure))
        picked, _ = best_with(
            matrix[rest].tocsc()[:, free].tocsr(),
            weight[rest],
            budget=budget - int(sure.sum()),
            least=None,
            limit_s=min(task.clock.left_s, _POLISH_S),
        )
        if picked is not None:
            sure[free[picked]] = True
            best, value = _better(task, best, sure)
    if _open(value, bound) and task.small and not task.clock.over:
        picked, proven = best_with(
            matrix, weight, budget=budget, least=None, limit_s=task.clock.left_s
        )
        bound = min(bound, float(task.whole_down(np.array(proven))))
        if picked is not None:
            best, value = _better(task, best, picked)
    return best, max(bound, value)


def _reaching(task: Task, target: float) -> tuple[B, int, tuple[Bought, ...]]:
    """Return the columns chosen, how few it must be, and what was bought on the way."""
    matrix, weight = task.matrix, task.weight
    goal = target * (1 - TINY)
    if goal <= 0:
        return np.zeros(matrix.shape[1], bool), 0, ()
    first, values = in_building_order(matrix.tocsc(), weight, np.arange(matrix.shape[1]))
    if goal >= float(weight.sum()) - float(weight.min()) * 0.5:
        full = cover.fewest(matrix, limit_s=task.clock.left_s)
        known = np.append(values[: len(full.columns)], float(weight.sum()))
        return _among(full.columns, matrix), full.bound, _along(task, known, ())
    number = min(int(np.searchsorted(values, goal)), len(first))
    choices = [_among(first[:number], matrix)]
    found = bracket(
        matrix,
        weight,
        excess=lambda b: b.level / goal - 1.0,
        done=lambda _: False,
        guess=float(values[number] - values[number - 1]),
        clock=task.clock,
        largest=_SMALL_PART if task.small else LARGEST,
    )
    tried = _along(task, values[: number + 1], found.tried)
    bound = max(whole_at_least((goal - b.worth) / b.price) for b in found.tried)
    if found.cheap is not None:
        choices.append(_filled(task, found.cheap.columns, None, goal))
        if found.dear is not None:
            few = between(
                matrix,
                weight,
                found.dear.columns,
                found.cheap.columns,
                may=lambda _have, value, _more: value < goal,
            )
            choices.append(_filled(task, few, None, goal))
    best = min(choices, key=lambda columns: int(columns.sum()))
    if bound < best.sum() and task.small and not task.clock.over:
        picked, proven = fewest_with(
            matrix, weight, target=target, least=None, limit_s=task.clock.left_s
        )
        bound = max(bound, proven)
        if picked is not None and covered(matrix, weight, picked) < goal:
            picked = _filled(task, picked, None, goal)
        if picked is not None and picked.sum() < best.sum():
            best = picked
    return best, bound, tried


def _within_budget_with(
    matrix: sparse.csr_array, weight: F, budget: int, least: Least, clock: Clock
) -> tuple[B, float]:
    """Return the columns chosen when groups get their least, and what no choice exceeds."""
    needed, number = _reaching_with(matrix, weight, 0.0, least, clock)
    if number > budget:
        raise OutOfReachError("budget", asked=number, possible=budget)
    chosen, bound = best_with(matrix, weight, budget=budget, least=least, limit_s=clock.left_s)
    if chosen is None:
        if needed.sum() > budget:
            raise _no_plan()
        chosen = needed
    return chosen, bound


def _reaching_with(
    matrix: sparse.csr_array, weight: F, target: float, least: Least, clock: Clock
) -> tuple[B, int]:
    """Return the fewest columns for a target when groups get their least, and how few at least."""
    check_groups(matrix, weight, least, clock)
    chosen, number = fewest_with(matrix, weight, target=target, least=least, limit_s=clock.left_s)
    if chosen is None:
        raise _no_plan()
    return chosen, number


def _no_plan() -> InputError:
    return InputError(
        "no plan with these minima was found in time: allow more time, or ask for fewer minima"
    )


def _along(task: Task, known: F, tried: tuple[Bought, ...]) -> tuple[Bought, ...]:
    return bought_along(task, known, tried, Clock(_CURVE * task.clock.left_s))


def _fitting(task: Task, columns: B, budget: int) -> B:
    """Keep what adds most where parts of columns, rounded, are more columns than the budget."""
    if columns.sum() <= budget:
        return columns.copy()
    own = np.flatnonzero(columns)
    order, _ = in_building_order(task.matrix.tocsc(), task.weight, own, budget=budget)
    return _among(order, task.matrix)


def _filled(task: Task, columns: B, budget: int | None, goal: float = np.inf) -> B:
    """Add whatever adds most, up to a number of columns or until a weight is covered."""
    matrix, weight = task.matrix, task.weight
    left = np.where(_rows_of(matrix, columns), 0.0, weight)
    value = float(weight.sum() - left.sum())
    more = matrix.shape[1] if budget is None else budget - int(columns.sum())
    if more <= 0 or value >= goal:
        return columns
    order, values = in_building_order(matrix.tocsc(), left, np.flatnonzero(~columns), budget=more)
    filled = columns.copy()
    filled[order[: int(np.searchsorted(value + values, goal))]] = True
    return filled


def _better(task: Task, best: B, other: B) -> tuple[B, float]:
    values = [covered(task.matrix, task.weight, columns) for columns in (best, other)]
    return (other, values[1]) if values[1] > values[0] else (best, values[0])


def _among(columns: I, matrix: sparse.csr_array) -> B:
    chosen = np.zeros(matrix.shape[1], bool)
    chosen[columns] = True
    return chosen


def _rows_of(matrix: sparse.csr_array, columns: B) -> B:
    held: B = (matrix.astype(np.int32) @ columns.astype(np.int32)) > 0
    return held


def _meets(task: Task, bought: Bought, budget: int) -> bool:
    """Whether what was bought, filled up to the budget, is as much as its price allows."""
    if bought.number > budget or bought.amount > budget:
        return False
    filled = _filled(task, bought.columns, budget)
    bound = float(task.whole_down(np.array(bought.bound(budget))))
    return not _open(covered(task.matrix, task.weight, filled), bound)


def _open(value: float, bound: float) -> bool:
    return bound - value > TINY * max(1.0, bound)
