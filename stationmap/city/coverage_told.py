"""What is told of the coverage of a city: one document for programs, tables for people, files."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from stationmap.city.answers import Answers
from stationmap.city.coverage import Coverage
from stationmap.city.coverage_ground import BUILT, EFFECTIVE, FRONTAGE
from stationmap.covering import PERIODS, ByHour, F
from stationmap.errors import InputError
from stationmap.io import tabular, vector
from stationmap.linear import TICKS_PER_M
from stationmap.messages import N_, render
from stationmap.planning.demand import COMMUNITIES, GROUPS, PEOPLE
from stationmap.standards.tables import categories
from stationmap.stations import SUPPLIES

ENDINGS = (".xlsx", ".csv", ".gpkg", ".geojson")
DAYS: Sequence[str] = (
    N_("Monday"),
    N_("Tuesday"),
    N_("Wednesday"),
    N_("Thursday"),
    N_("Friday"),
    N_("Saturday"),
    N_("Sunday"),
)
READINGS: Mapping[str, str] = MappingProxyType(
    {BUILT: N_("Built coverage"), EFFECTIVE: N_("Effective coverage")}
)
PERIOD_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "any": N_("Whatever the hour"),
        "day": N_("Working days 9–17"),
        "evening": N_("Working days 18–22"),
        "weekend": N_("Weekends 9–17"),
        "night": N_("Nights 22–6"),
    }
)
STATES: Mapping[str, str] = MappingProxyType(
    {"no": N_("not covered"), "perhaps": N_("not known: hours or supplies are not told")}
)
AMOUNTS: Mapping[str, str] = MappingProxyType(
    {"m": N_("Frontage, m"), "people": N_("People"), "places": N_("Places")}
)
"""What is summed up, by its unit."""
_DAY_NAMES = {
    word: day
    for day, words in enumerate(
        (
            "1 mon monday 周一 星期一",
            "2 tue tuesday 周二 星期二",
            "3 wed wednesday 周三 星期三",
            "4 thu thursday 周四 星期四",
            "5 fri friday 周五 星期五",
            "6 sat saturday 周六 星期六",
            "7 sun sunday 周日 周天 星期日 星期天",
        )
    )
    for word in words.split()
}
_AT = re.compile(r"(?P<day>[1-7]|[a-z]+|(?:周|星期).)[ \-]?(?P<hour>[0-9]{1,2})(?::00|时|点)?")


def read_at(text: str) -> tuple[int, int]:
    """Read an hour of the week such as ``fri-19``, ``5-19`` or 周五19时: day from 0, hour.

    Raises
    ------
    InputError
        It is none.
    """
    found = _AT.fullmatch(text.strip().lower())
    day = _DAY_NAMES.get(found["day"]) if found else None
    if found is None or day is None or int(found["hour"]) > 23:
        raise InputError(
            "“{value}” is no hour of the week; write day and hour like fri-19 or 周五19时",
            value=text,
        )
    return day, int(found["hour"])


def document(
    found: Coverage,
    answers: Answers,
    *,
    at: tuple[int, int] | None = None,
    lang: str,
) -> dict[str, Any]:
    """Return the figures as one JSON document, shares from 0 to 1 (None of nothing).

    Parameters
    ----------
    found : Coverage
    answers : Answers
        Names districts.
    at : (int, int), optional
        A day (0 is Monday) and hour that is told too.
    lang : str
        Of names and notes.
    """
    asked, ground, groups = found.asked, found.ground, found.groups
    readings = found.readings
    whole = {name: {k: v.of(groups) for k, v in one.items()} for name, one in readings.items()}
    names = dict(zip(*(answers.layer("districts")[k] for k in ("adcode", "name")), strict=True))
    return {
        "summary": {
            "carrier": asked.carrier,
            "rule_id": answers.rule(asked.rule).id if asked.carrier == FRONTAGE else None,
            "within_m": _within_m(found, answers),
            "unit": ground.unit,
            "total": _amount(found, whole[BUILT]["any"].weight[0]),
            **found.told_stations(),
            "supplies": list(asked.supplies),
            "district": asked.district or None,
            "week_of": found.monday.isoformat(),
            "notes": notes(found, lang=lang),
            **_told(whole, at),
        },
        "hours": _hours(whole),
        "by_district": [
            {
                "adcode": ground.adcodes[group],
                "name": str(names.get(ground.adcodes[group]) or ground.adcodes[group] or "–"),
                "total": _amount(found, readings[BUILT]["any"].weight[group]),
                **_told(_of_group(readings, group), at),
            }
            for group in groups.tolist()
        ],
        "by_supply": [
            {"supply": supply, "name": render(SUPPLIES[supply], {}, lang=lang), **_told(one, at)}
            for supply, one in found.by_supply().items()
        ],
    }


def notes(found: Coverage, *, lang: str) -> list[str]:
    """Say in sentences what the figures rest on."""
    said = [
        render(
            N_(
                "An ordinary week: public holidays and weekends that are worked are left aside; "
                "hours that change with the season are those of the week of {monday}."
            ),
            {"monday": found.monday.isoformat()},
            lang=lang,
        ),
        render(
            N_(
                "A station counts in an hour only if it is open throughout the hour. Where its "
                "hours, or whether it has a supply, are not known, what it reaches is covered "
                "perhaps, and told apart."
            ),
            {},
            lang=lang,
        ),
    ]
    if found.ground.straight:
        told = N_("The city has nothing to walk on: distances are straight lines.")
        said.append(render(told, {}, lang=lang))
    if EFFECTIVE not in found.readings:
        told = N_("Effective coverage is not known: nobody has inspected any station yet.")
        said.append(render(told, {}, lang=lang))
    return said


def carrier_name(carrier: str, *, lang: str) -> str:
    """Name what is to be covered."""
    if carrier == FRONTAGE:
        return render(N_("shop frontage"), {}, lang=lang)
    if carrier == PEOPLE:
        return render(N_("residents"), {}, lang=lang)
    if carrier == COMMUNITIES:
        return render(N_("communities"), {}, lang=lang)
    kind, _, part = carrier.partition(":")
    if kind == PEOPLE:
        return render(GROUPS[part], {}, lang=lang)
    known = categories().get(part)
    return known.get(lang) if known else part


def hour_name(at: tuple[int, int], *, lang: str) -> str:
    """Name an hour of the week: 周五 19–20 时."""
    day = render(DAYS[at[0]], {}, lang=lang)
    return render(
        N_("{day} {hour}:00–{next}:00"),
        {"day": day, "hour": at[1], "next": at[1] + 1},
        lang=lang,
    )


def tables(
    said: Mapping[str, Any], *, at: tuple[int, int] | None, lang: str
) -> dict[str, pd.DataFrame]:
    """Lay a `document` out in sheets: by hour, by district, by supply; shares in per cent."""

    def word(template: str) -> str:
        return render(template, {}, lang=lang)

    known = [name for name in READINGS if said["summary"][name] is not None]

    def shares(rows: Sequence[Mapping[str, Any]], key: str | None) -> dict[str, list[Any]]:
        columns: dict[str, list[Any]] = {}
        for name in known:
            heading = word(READINGS[name])
            if key is not None:
                heading += f" {_period(key, at, lang)}"
            of = [row[name] if key is None else row[name][key] for row in rows]
            for kind, mark in (("certain", "%"), ("possible", word(N_("%, at most")))):
                columns[f"{heading} {mark}"] = [_percent(one[kind]) for one in of]
        return columns

    keys = [*PERIOD_NAMES, *(["at"] if at else [])]
    hours, districts, supplies = said["hours"], said["by_district"], said["by_supply"]
    every = {k: v for key in keys for k, v in shares(districts, key).items()}
    return {
        word(N_("By hour")): pd.DataFrame(
            {
                word(N_("Weekday")): [word(DAYS[row["day"] - 1]) for row in hours],
                word(N_("From, h")): [row["hour"] for row in hours],
                **shares(hours, None),
            }
        ),
        word(N_("By district")): pd.DataFrame(
            {
                word(N_("County")): [row["name"] for row in districts],
                word(N_("Code")): [row["adcode"] for row in districts],
                word(AMOUNTS[said["summary"]["unit"]]): [row["total"] for row in districts],
                **every,
            }
        ),
        word(N_("By supply")): pd.DataFrame(
            {
                word(N_("Supply")): [row["name"] for row in supplies],
                **{k: v for key in keys for k, v in shares(supplies, key).items()},
            }
        ),
    }


def write(
    path: Path,
    found: Coverage,
    said: Mapping[str, Any],
    *,
    at: tuple[int, int] | None,
    lang: str,
) -> None:
    """Write figures (.xlsx, .csv: by hour), or what is not covered at an hour (.gpkg, .geojson).

    A workbook has a sheet of what is not covered where an hour is asked for.

    Raises
    ------
    InputError
        The file has another ending, or is one of places and no hour was asked for.
    """
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise InputError(
            "{option} is “{value}”; expected one of {expected}",
            option="--out",
            value=path.name,
            expected=", ".join(ENDINGS),
        )
    if ending in (".gpkg", ".geojson"):
        if at is None:
            raise InputError(
                "{file} shows what is not covered in one hour of the week: say which one, such as "
                "--at fri-19",
                file=path.name,
            )
        vector.write(path, {"not_covered": found.not_covered(*at)})
        return
    sheets = tables(said, at=at, lang=lang)
    if ending == ".csv":
        tabular.write_csv(path, next(iter(sheets.values())))
        return
    if at is not None:
        sheets[render(N_("Not covered"), {}, lang=lang)] = found.not_covered(*at)
    sheets[render(N_("Notes"), {}, lang=lang)] = pd.DataFrame(
        {render(N_("Notes"), {}, lang=lang): said["summary"]["notes"]}
    )
    tabular.write_xlsx(path, sheets)


def _within_m(found: Coverage, answers: Answers) -> float:
    if found.asked.carrier == FRONTAGE:
        return float(answers.rule(found.asked.rule).spacing_m)
    return found.asked.within_m


def _period(key: str, at: tuple[int, int] | None, lang: str) -> str:
    if key == "at" and at is not None:
        return hour_name(at, lang=lang)
    return render(PERIOD_NAMES[key], {}, lang=lang)


def _amount(found: Coverage, weight: float) -> float:
    return float(weight) / TICKS_PER_M if found.ground.unit == "m" else float(weight)


def _of_group(
    readings: Mapping[str, Mapping[str, ByHour]], group: int
) -> dict[str, dict[str, ByHour]]:
    return {
        name: {key: by.of([group]) for key, by in one.items()} for name, one in readings.items()
    }


def _told(
    readings: Mapping[str, Mapping[str, ByHour]], at: tuple[int, int] | None
) -> dict[str, Any]:
    """Tell built and effective coverage of one group: at any hour, in each period, at an hour."""
    return {
        name: _periods(readings[name], at) if name in readings else None
        for name in (BUILT, EFFECTIVE)
    }


def _periods(one: Mapping[str, ByHour], at: tuple[int, int] | None) -> dict[str, Any]:
    hours = one["hours"].shares()
    found = {"any": _pair(*one["any"].shares(), hours=[0])}
    found |= {name: _pair(*hours, hours=some) for name, some in PERIODS.items()}
    if at is not None:
        found["at"] = _pair(*hours, hours=[at[0] * 24 + at[1]])
    return found


def _pair(certain: F, possible: F, *, hours: Sequence[int]) -> dict[str, float | None]:
    """Return the mean of some hours."""
    rows = list(hours)
    return {"certain": _share(certain[rows]), "possible": _share(possible[rows])}


def _share(values: F) -> float | None:
    mean = float(np.mean(values))
    return None if np.isnan(mean) else mean


def _hours(whole: Mapping[str, Mapping[str, ByHour]]) -> list[dict[str, Any]]:
    shares = {name: one["hours"].shares() for name, one in whole.items()}
    return [
        {
            "day": day + 1,
            "hour": hour,
            **{
                name: _pair(*shares[name], hours=[day * 24 + hour]) if name in shares else None
                for name in (BUILT, EFFECTIVE)
            },
        }
        for day in range(7)
        for hour in range(24)
    ]


def _percent(share: float | None) -> float | None:
    return None if share is None else round(share * 100, 2)
