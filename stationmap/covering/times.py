"""Coverage by hour of the week: what has an open station within reach, for certain or perhaps.

A week has 168 hours from Monday 0:00. A station is open in an hour when it is open from its first
minute to its last, closed when it is closed for some of it, unknown else. The week is an ordinary
one: no public holidays, no weekends that are worked. Demand is whatever carries a weight: pieces of
frontage, people, places.
"""

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stationmap.covering.along import F, I
from stationmap.errors import InputError
from stationmap.hours import parse
from stationmap.hours.days import line

I8 = NDArray[np.int8]

DAYS, DAY_HOURS = 7, 24
HOURS = DAYS * DAY_HOURS
OPEN, CLOSED, UNKNOWN = 1, 0, -1
"""States in a mask."""

_MINUTES = 60
# what `hours.days` calls closed, unknown and open: the least of an hour's minutes is its state
_OF_MINUTES = np.array([CLOSED, UNKNOWN, OPEN], dtype=np.int8)
_BLOCK = 400_000  # pairs looked at together
# hours of each byte
_BITS = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1).astype(np.float64)


def _span(days: range, hours: Sequence[int]) -> tuple[int, ...]:
    return tuple(day * DAY_HOURS + hour for day in days for hour in hours)


PERIODS = MappingProxyType(
    {
        "day": _span(range(5), range(9, 17)),
        "evening": _span(range(5), range(18, 22)),
        "weekend": _span(range(5, 7), range(9, 17)),
        "night": _span(range(7), [*range(6), 22, 23]),
    }
)
"""Hours of the week in a few words: Monday to Friday 9–17, Monday to Friday 18–22, Saturday and
Sunday 9–17, every day 22–6."""


@dataclass(frozen=True)
class ByHour:
    """How much is covered in each of some hours, by group.

    Attributes
    ----------
    weight : (groups,) float64
        All there is.
    certain : (groups, hours) float64
        What has a station within reach that is open.
    possible : (groups, hours) float64
        What has one that is open or may be; never less than `certain`.
    """

    weight: F
    certain: F
    possible: F

    def of(self, groups: Sequence[int] | I) -> "ByHour":
        """Add some groups up to one."""
        rows = np.asarray(groups, dtype=np.int64)
        return ByHour(
            self.weight[rows].sum(keepdims=True),
            self.certain[rows].sum(axis=0, keepdims=True),
            self.possible[rows].sum(axis=0, keepdims=True),
        )

    def columns(self, some: slice) -> "ByHour":
        """Return the same of some of the hours."""
        return ByHour(self.weight, self.certain[:, some], self.possible[:, some])

    def shares(self, group: int = 0) -> tuple[F, F]:
        """Return the shares covered for certain and perhaps, hour by hour; NaN of nothing."""
        whole = self.weight[group]
        if not whole:
            nothing = np.full(self.certain.shape[1], np.nan)
            return nothing, nothing
        return self.certain[group] / whole, self.possible[group] / whole


def open_mask(hours: Sequence[str | None], *, monday: dt.date) -> I8:
    """Tell in which hours of a week places are open.

    Parameters
    ----------
    hours : sequence of n str or None
        What each says of its hours, as `hours.parse` reads it.
    monday : date
        First day of the week, which tells the season; all its days are taken for ordinary ones.

    Returns
    -------
    ndarray of int8, shape (n, 168)
        `OPEN`, `CLOSED` or `UNKNOWN`; unknown throughout where the hours are not known or not read.
    """
    number, texts = pd.factorize(pd.Series(list(hours), dtype="object"))
    rows = np.array([*(_week(text, monday) for text in texts), _week(None, monday)], dtype=np.int8)
    found: I8 = rows[number]
    return found


def _week(text: str | None, monday: dt.date) -> I8:
    read = parse(text)
    if read is None:
        return np.full(HOURS, UNKNOWN, dtype=np.int8)
    minutes = np.zeros((DAYS, DAY_HOURS * _MINUTES), dtype=np.int64)
    for day in range(DAYS):
        at = monday + dt.timedelta(days=day)
        for start, end, state in line(read.osm, at, "ordinary", "ordinary"):
            minutes[day, start:end] = state
    found: I8 = _OF_MINUTES[minutes.reshape(HOURS, _MINUTES).min(axis=1)]
    return found


def supply_mask(
    supplies: Sequence[str | None],
    missed: Sequence[Collection[str]],
    *,
    asked: Collection[str],
) -> I8:
    """Tell which places have all of some supplies.

    Parameters
    ----------
    supplies : sequence of n str or None
        What each lists, joined by ";".
    missed : sequence of n collections of str
        What it lists and the last check did not find.
    asked : collection of str

    Returns
    -------
    ndarray of int8, shape (n,)
        `OPEN` where all are listed and none was found missing, `CLOSED` where one was found
        missing, `UNKNOWN` where one is not listed: nobody says that it is not there.
    """
    wanted = set(asked)
    return np.array(
        [
            CLOSED
            if wanted & set(gone)
            else OPEN
            if wanted <= set((listed if isinstance(listed, str) else "").split(";"))
            else UNKNOWN
            for listed, gone in zip(supplies, missed, strict=True)
        ],
        dtype=np.int8,
    )


def both(one: I8, other: I8) -> I8:
    """Return what holds where both are asked: closed if either is, open only if both are."""
    shut, open_ = (one == CLOSED) | (other == CLOSED), (one == OPEN) & (other == OPEN)
    found: I8 = np.where(shut, CLOSED, np.where(open_, OPEN, UNKNOWN)).astype(np.int8)
    return found


def by_hour(
    open_mask: I8, pairs: tuple[I, I], weight: F | I, group: I, *, groups: int | None = None
) -> ByHour:
    """Add up what is covered in each hour.

    Parameters
    ----------
    open_mask : (stations, hours) int8
        As `open_mask` gives it; hours may be any number of columns.
    pairs : (demand, station) of (k,) int64
        What each station has within its reach, in any order.
    weight : (n,) float64 or int64
        Of each demand; whole numbers below 2**53 add up exactly.
    group : (n,) int64
        Of each demand, from 0, such as the number of its district.
    groups : int, optional
        How many groups there are; as many as are named unless given.

    Raises
    ------
    InputError
        A weight is negative or no number.
    """
    heavy = np.asarray(weight, dtype=np.float64)
    wrong = np.flatnonzero(~(np.isfinite(heavy) & (heavy >= 0)))
    if wrong.size:
        raise InputError(
            "the weight in row {row} is {value}; give each place a number that is not negative",
            row=int(wrong[0]) + 1,
            value=float(heavy[wrong[0]]),
        )
    number = groups if groups is not None else int(group.max(initial=-1)) + 1
    hours = open_mask.shape[1]
    total = np.zeros((2, number, hours))
    for kind, mask in enumerate((open_mask == OPEN, open_mask != CLOSED)):
        bits = np.packbits(mask, axis=1)
        for demand, pattern in _patterns(bits, pairs):
            _add(total[kind], pattern, heavy[demand], group[demand])
    whole = np.bincount(group, heavy, number).astype(np.float64)
    return ByHour(whole, *total)


def states(mask: I8, pairs: tuple[I, I], *, demands: int) -> I8:
    """Tell of each demand whether it is covered by stations in some states.

    Parameters
    ----------
    mask : (stations,) int8
        A column of `open_mask`.
    pairs : (demand, station)
    demands : int

    Returns
    -------
    ndarray of int8, shape (demands,)
        `OPEN` where a station within reach is open, `UNKNOWN` where one may be, `CLOSED` else.
    """
    demand, station = pairs
    found = np.full(demands, CLOSED, dtype=np.int8)
    found[demand[mask[station] == UNKNOWN]] = UNKNOWN
    found[demand[mask[station] == OPEN]] = OPEN
    return found


def _patterns(bits: NDArray[np.uint8], pairs: tuple[I, I]) -> Iterator[tuple[I, NDArray[np.uint8]]]:
    """Join the hours of all stations of each demand: demand, packed hours, block by block."""
    demand, station = pairs
    if (demand[1:] < demand[:-1]).any():
        order = np.argsort(demand, kind="stable")
        demand, station = demand[order], station[order]
    first = np.flatnonzero(np.diff(demand, prepend=-1))
    blocks = np.unique(np.searchsorted(first, np.arange(0, len(demand) + _BLOCK, _BLOCK)))
    ends = np.append(first, len(demand))
    for a, b in zip(blocks[:-1].tolist(), blocks[1:].tolist(), strict=True):
        rows = slice(ends[a], ends[b])
        joined = np.bitwise_or.reduceat(bits[station[rows]], first[a:b] - ends[a], axis=0)
        yield demand[first[a:b]], joined


def _add(total: F, pattern: NDArray[np.uint8], weight: F, group: I) -> None:
    """Add weights to the hours of their patterns, eight hours at a time: one byte."""
    groups, hours = total.shape
    first = group * len(_BITS)
    for byte, column in enumerate(np.ascontiguousarray(pattern.T)):
        by_value = np.bincount(first + column, weight, groups * len(_BITS))
        eight = by_value.reshape(groups, -1) @ _BITS
        some = slice(8 * byte, min(8 * byte + 8, hours))
        total[:, some] += eight[:, : some.stop - some.start]
