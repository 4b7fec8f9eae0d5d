"""Which days are public holidays, and which weekends are worked to make up for them."""

import datetime as dt
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, Self

from stationmap.errors import CityError

FILE = "holidays.toml"
"""A city's own holidays, in its folder."""

Kind = Literal["ordinary", "holiday", "workday", "unknown"]

# (month, day) first and last of the times of year that a notice has ever touched since 2008: of
# the New Year, Spring Festival, Qingming, May, Dragon Boat, Mid-Autumn with the National Day
_MAY_DIFFER = (
    ((1, 1), (3, 5)),
    ((3, 28), (5, 15)),
    ((5, 24), (7, 1)),
    ((9, 4), (10, 16)),
    ((12, 27), (12, 31)),
)
_NEW_YEAR = (12, 27)
_SHIPPED = Path(__file__).with_name(FILE)
_LONGEST = 40


@dataclass(frozen=True, eq=False)
class Calendar:
    """Days that are not like others of their weekday.

    Attributes
    ----------
    days : mapping of date to "holiday" or "workday"
        Public holidays, and weekend days that are worked.
    years : frozenset of int
        Years whose notice is known; of others it is not known which days differ.
    """

    days: Mapping[dt.date, Literal["holiday", "workday"]]
    years: frozenset[int]

    @classmethod
    @cache
    def shipped(cls) -> Self:
        """Return the holidays of mainland China of the years that come with the program."""
        return cls._of(_read(_SHIPPED))

    @classmethod
    def with_file(cls, path: Path) -> Self:
        """Return the shipped holidays with a city's own: a year in its file holds as a whole.

        The file is TOML; a table for each year, like ``[2027]``, has ``holidays`` and ``workdays``,
        lists of days ("2027-01-01") or of ranges with both ends ("2027-10-01/2027-10-07"), and
        may say where they are from as ``notice``. The year is that of the notice: days of the
        December before may be in it.

        Raises
        ------
        CityError
            The file cannot be read, or some part of it is none of that.
        """
        try:
            own = _read(path)
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, CityError) as error:
            raise CityError(
                "{file} of the city cannot be read: {detail}. Until it is corrected or taken away, "
                "the holidays that come with the program hold",
                file=path.name,
                detail=error if isinstance(error, CityError) else str(error),
            ) from error
        return cls._of({**_read(_SHIPPED), **own})

    @classmethod
    def _of(cls, years: "Mapping[int, _Days]") -> Self:
        days: dict[dt.date, Literal["holiday", "workday"]] = {}
        for year in sorted(years):
            days |= years[year]
        return cls(MappingProxyType(days), frozenset(years))

    def kind(self, day: dt.date) -> Kind:
        """Tell how a day differs from others of its weekday.

        Of a year without a notice, "unknown" on days of the times of year at which holidays are
        or are made up for, "ordinary" on others. The last days of a December also need the notice
        of the next year.
        """
        found = self.days.get(day)
        if found is not None:
            return found
        at = (day.month, day.day)
        told = {day.year, day.year + 1} if at >= _NEW_YEAR else {day.year}
        if told <= self.years or not any(first <= at <= last for first, last in _MAY_DIFFER):
            return "ordinary"
        return "unknown"


_Days = Mapping[dt.date, Literal["holiday", "workday"]]


def _read(path: Path) -> dict[int, _Days]:
    """Read tables of years.

    Raises
    ------
    CityError
        Saying what is wrong, and where.
    """
    years: dict[int, _Days] = {}
    for key, table in tomllib.loads(path.read_text("utf-8")).items():
        if not re.fullmatch("[12][0-9]{3}", key) or not isinstance(table, dict):
            raise CityError("{key} is no year; write each year as a table like [2027]", key=key)
        odd = sorted(set(table) - {"holidays", "workdays", "notice"})
        if odd:
            raise CityError(
                "[{year}] has the unknown key {key}; expected holidays, workdays and notice",
                year=key,
                key=odd[0],
            )
        years[int(key)] = _days(table, year=int(key))
    return years


def _days(table: Mapping[str, Any], *, year: int) -> _Days:
    days: dict[dt.date, Literal["holiday", "workday"]] = {}
    kinds: tuple[tuple[str, Literal["holiday", "workday"]], ...]
    kinds = (("holidays", "holiday"), ("workdays", "workday"))
    for key, kind in kinds:
        said = table.get(key, [])
        for item in said if isinstance(said, list) else [said]:
            for day in _range(item, year=year):
                if days.get(day, kind) != kind:
                    raise CityError(
                        "[{year}] has {day} both as a holiday and as a working day",
                        year=year,
                        day=day,
                    )
                days[day] = kind
    return MappingProxyType(days)


def _range(item: object, *, year: int) -> Iterator[dt.date]:
    first, _, last = str(item).partition("/")
    try:
        start, end = dt.date.fromisoformat(first), dt.date.fromisoformat(last or first)
    except ValueError:
        start, end = dt.date.max, dt.date.min
    if not 0 <= (end - start).days <= _LONGEST:
        raise CityError(
            "[{year}] has {item} where a day is expected, such as 2027-01-01, or a range such as "
            "2027-10-01/2027-10-07",
            year=year,
            item=str(item),
        )
    if not dt.date(year - 1, 12, 1) <= start <= end <= dt.date(year, 12, 31):
        raise CityError("[{year}] has {item}, a day of another year", year=year, item=str(item))
    for days in range((end - start).days + 1):
        yield start + dt.timedelta(days=days)
