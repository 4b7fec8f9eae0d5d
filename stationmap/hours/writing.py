"""What was read of opening hours, written in OpenStreetMap's syntax."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WORKING_DAYS = "工作日"
"""The comment of rules that hold on working days, whichever they are."""
Season = tuple[tuple[int, int], tuple[int, int]]
"""The first and the last (month, day) of a time of year, which may go over the end of one."""
_WEEKEND = frozenset((5, 6))
_DAY = 1440
# more days than an exception from daily hours would name
_FEW = 2


class Unread(Exception):  # noqa: N818 - a way out of the reader, no error of the program
    """Some part cannot be read."""


@dataclass
class Block:
    """Some days, and what is said of them."""

    days: frozenset[int]
    holidays: bool = False
    named: bool = True
    season: str = ""
    times: list[tuple[int, int]] = field(default_factory=list)
    state: str = ""
    part: bool = False
    working: bool = False
    loosely: bool = False

    @property
    def said(self) -> bool:
        """Whether anything is said of the days."""
        return bool(self.times or self.state)


def written(blocks: list[Block]) -> str:
    """Write blocks as rules; of two that speak of one day the closed, or the narrower one holds.

    Raises
    ------
    Unread
        The blocks contradict each other, or may be meant in more ways than one.
    """
    closed = frozenset[int]().union(*(b.days for b in blocks if b.state == "off"))
    seasons = list(dict.fromkeys(b.season for b in blocks if b.times))
    if not seasons or (len(seasons) > 1 and "" in seasons) or _doubtful(blocks, closed):
        raise Unread
    timed = [b for b in blocks if b.times]
    rules = []
    for season in seasons:
        table = _table([b for b in blocks if b.times and b.season == season])
        for day in closed:
            table.pop(day, None)
        worked = _worked(blocks, season)
        by_times: dict[tuple[bool, tuple[tuple[int, int], ...]], list[int]] = {}
        for day in sorted(table):
            by_times.setdefault((day in worked, table[day]), []).append(day)
        for (working, times), days in by_times.items():
            # a night by itself (12:00-02:00) might be a slip when it is read again
            plain = len(days) == 7 and times[-1][1] <= _DAY
            said = "" if plain else _day_list(days)
            mark = f'open "{WORKING_DAYS}"' if working else ""
            parts = (season, said, _time_list(times), mark)
            rules.append(" ".join(part for part in parts if part))
    if not rules:
        raise Unread
    rest = _untold([season_of(season) for season in seasons if season])
    # a rule after "; " would cut the night of the day before; no two of these tell of one day
    night = any(end > _DAY for b in timed for _, end in b.times)
    return "; ".join([(", " if night else "; ").join(rules), *rest, *_holidays(blocks)])


def season_of(text: str) -> Season:
    """Read months, or days of them: May-Sep, May 15-Sep 10, Jul 1-15, Dec."""
    first, _, last = text.partition("-")
    month, _, of_month = first.partition(" ")
    start = MONTHS.index(month) + 1
    if last.isdigit():
        return (start, int(of_month or 1)), (start, int(last))
    end, _, until = last.partition(" ")
    closing = int(until) if until else int(of_month) if of_month and not last else 31
    return (start, int(of_month or 1)), (MONTHS.index(end or month) + 1, closing)


def in_season(day: dt.date, seasons: Iterable[Season]) -> bool:
    """Whether a day is in one of some seasons; in none of them it is if there are none."""
    at = (day.month, day.day)
    within = [
        first <= at <= last if first <= last else at >= first or at <= last
        for first, last in seasons
    ]
    return any(within) or not within


def _untold(seasons: list[Season]) -> list[str]:
    """Write that nothing is known of the rest of the year, where only seasons were told."""
    year = [dt.date(2024, 1, 1) + dt.timedelta(days=days) for days in range(366)]
    runs: list[list[dt.date]] = []
    for before, day in pairwise([None, *year]):
        if day is None or in_season(day, seasons):
            continue
        if runs and runs[-1][-1] == before:
            runs[-1].append(day)
        else:
            runs.append([day])
    said = ",".join(
        f"{MONTHS[a.month - 1]} {a.day}-{MONTHS[b.month - 1]} {b.day}"
        for a, *_, b in ((run[0], run[-1]) for run in runs)
    )
    return [f"{said} 00:00-24:00 unknown"] if said else []


def _doubtful(blocks: list[Block], closed: frozenset[int]) -> bool:
    timed = [b for b in blocks if b.times]
    told = frozenset[int]().union(*(b.days for b in blocks))
    return (
        any(b.days and b.days <= closed for b in timed)
        or (len(timed) > 1 and any(not b.named and b.times == [(0, _DAY)] for b in timed))
        or any(not b.named and _may_be_behind(b, a) for b, a in pairwise(timed))
        # 节假日 may mean weekends too
        or (any(b.loosely for b in timed) and not told >= _WEEKEND)
    )


def _may_be_behind(times: Block, days: Block) -> bool:
    """Whether days may belong to the times before them: 9:00-17:00 周一至周五 周六 10:00-12:00."""
    return days.named and days.season == times.season and len(days.days) > _FEW


def _worked(blocks: list[Block], season: str) -> frozenset[int]:
    """Return the days of which only what is said of working days tells."""
    timed = [b for b in blocks if b.times and b.season == season]
    named = frozenset[int]().union(*(b.days for b in timed if not b.working))
    return frozenset[int]().union(*(b.days for b in timed if b.working)) - named


def _table(blocks: list[Block]) -> dict[int, tuple[tuple[int, int], ...]]:
    """Return the times of each day of the week."""
    table: dict[int, tuple[tuple[int, int], ...]] = {}
    whose: dict[int, Block] = {}
    for block in blocks:
        for day in block.days:
            before = table.get(day, ())
            both = sorted([*before, *block.times])
            apart = all(a[1] <= b[0] for a, b in pairwise(both))
            if before and apart and block.part:
                table[day] = tuple(both)
            elif not before or (not apart and block.days < whose[day].days):
                table[day] = tuple(block.times)
            else:
                raise Unread
        whose |= dict.fromkeys(block.days, block)
    return table


def _holidays(blocks: list[Block]) -> list[str]:
    said = [b for b in blocks if b.holidays]
    if len(said) > 1 or (said and said[0].season and said[0].times):
        raise Unread
    usual = {tuple(b.times) for b in blocks if b.times and b.days}
    if said and said[0].state == "usual":
        if len(usual) > 1:
            raise Unread
        return [f"PH {_time_list(*usual)}"]
    if not said and any(b.working for b in blocks):
        # what is said of weekends may hold for holidays too
        return ["PH off" if all(b.working for b in blocks if b.times) else "PH unknown"]
    return [f"PH {b.state or _time_list(tuple(b.times))}" for b in said]


def _day_list(days: list[int]) -> str:
    runs: list[list[int]] = []
    for day in days:
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ",".join(
        DAYS[run[0]] if len(run) == 1 else f"{DAYS[run[0]]}-{DAYS[run[-1]]}" for run in runs
    )


def _time_list(times: tuple[tuple[int, int], ...]) -> str:
    return ",".join(f"{_clock(start)}-{_clock(end)}" for start, end in times)


def _clock(minutes: int) -> str:
    minutes -= _DAY if minutes > _DAY else 0
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
