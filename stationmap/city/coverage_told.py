"""What is told of the coverage of a city: one document for programs, tables for people, files."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import pandas as pd

from stationmap.city.answers import Answers
from stationmap.city.coverage import Coverage
from stationmap.city.coverage_ground import BUILT, EFFECTIVE, FRONTAGE
from stationmap.covering import PERIODS, ByHour
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
RANGES = N_(
    "Where there are two figures, the first is covered for certain; the second adds what is not "
    "known: hours, supplies, or where people live."
)
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

    Beside the shares, `certain` and `possible`, it has what they come to in the unit of the
    summary: `covered` and `covered_at_most`; of several hours the mean.

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
    one_m = TICKS_PER_M if ground.unit == "m" else 1
    names = _names(answers)
    return {
        "summary": {
            "carrier": asked.carrier,
            "rule_id": answers.rule(asked.rule).id if asked.carrier == FRONTAGE else None,
            "within_m": _within_m(found, answers),
            "unit": ground.unit,
            "total": float(whole[BUILT]["any"].weight[0]) / one_m,
            **found.told_stations(),
            "supplies": list(asked.supplies),
            "district": asked.district or None,
            "unplaced": _unplaced(found),
            "week_of": found.monday.isoformat(),
            "notes": notes(found, lang=lang),
            **_told(whole, at, one_m),
        },
        "hours": _hours(whole, one_m),
        "by_district": [
            {
                "adcode": ground.adcodes[group],
                "name": str(names.get(ground.adcodes[group]) or ground.adcodes[group] or "–"),
                "total": float(readings[BUILT]["any"].weight[group]) / one_m,
                **_told(_of_group(readings, group), at, one_m),
            }
            for group in groups.tolist()
        ],
        "by_supply": [
            {
                "supply": supply,
                "name": render(SUPPLIES[supply], {}, lang=lang),
                **_told(one, at, one_m),
            }
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
    if unplaced := _unplaced(found):
        template = N_(
            "Where {count} of the residents live is not known: they count in the whole, and as "
            "covered perhaps; the map cannot show them."
        )
        if found.ground.unit != PEOPLE:
            template = N_(
                "Where {count} of the places are is not known: they count in the whole, and as "
                "covered perhaps; the map cannot show them."
            )
        said.append(render(template, {"count": f"{unplaced:,.0f}"}, lang=lang))
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
    amount = word(AMOUNTS[said["summary"]["unit"]])

    def shares(rows: Sequence[Mapping[str, Any]], key: str | None) -> dict[str, list[Any]]:
        columns: dict[str, list[Any]] = {}
        for name in known:
            heading = word(READINGS[name])
            if key is not None:
                heading += f" {_period(key, at, lang)}"
            of = [row[name] if key is None else row[name][key] for row in rows]
            for kind, mark in (("certain", "%"), ("possible", word(N_("%, at most")))):
                columns[f"{heading} {mark}"] = [_percent(one[kind]) for one in of]
            most = render(N_("{what}, at most"), {"what": amount}, lang=lang)
            for kind, mark in (("covered", amount), ("covered_at_most", most)):
                columns[f"{heading} {mark}"] = [round(one[kind], 1) for one in of]
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
                amount: [row["total"] for row in districts],
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


def _bare_table(
    frame: gpd.GeoDataFrame, *, unit: str, names: Mapping[str, str], lang: str
) -> pd.DataFrame:
    """Lay what is not covered out in words."""

    def word(template: str) -> str:
        return render(template, {}, lang=lang)

    points = frame.geometry.representative_point()
    return pd.DataFrame(
        {
            word(N_("Name")): frame["name"],
            word(N_("County")): frame["adcode"].map(lambda code: names.get(code, code)),
            word(N_("State")): frame["state"].map(lambda state: word(STATES[state])),
            word(AMOUNTS[unit]): frame["weight"],
            **(
                {word(N_("From, m")): frame["from_m"], word(N_("To, m")): frame["to_m"]}
                if unit == "m"
                else {}
            ),
            word(N_("Longitude")): points.x.round(7),
            word(N_("Latitude")): points.y.round(7),
        }
    )


def write(
    path: Path,
    answers: Answers,
    said: Mapping[str, Any],
    *,
    at: tuple[int, int] | None,
    bare: gpd.GeoDataFrame | None,
    lang: str,
) -> None:
    """Write figures (.xlsx, .csv: by hour), or what is not covered at an hour (.gpkg, .geojson).

    Parameters
    ----------
    path : Path
    answers : Answers
        Names districts.
    said : mapping
        A `document`.
    at : (int, int) or None
        The hour that is told too.
    bare : GeoDataFrame or None
        What is not covered at that hour, see `Coverage.not_covered`; a sheet of a workbook.
    lang : str

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
        if bare is None:
            raise InputError(
                "{file} shows what is not covered in one hour of the week: say which one, such as "
                "--at fri-19",
                file=path.name,
            )
        vector.write(path, {"not_covered": bare})
        return
    sheets = tables(said, at=at, lang=lang)
    if ending == ".csv":
        tabular.write_csv(path, next(iter(sheets.values())))
        return
    if bare is not None:
        sheets[render(N_("Not covered"), {}, lang=lang)] = _bare_table(
            bare, unit=said["summary"]["unit"], names=_names(answers), lang=lang
        )
    sheets[render(N_("Notes"), {}, lang=lang)] = pd.DataFrame(
        {render(N_("Notes"), {}, lang=lang): said["summary"]["notes"]}
    )
    tabular.write_xlsx(path, sheets)


def amounts(one: Mapping[str, float | None]) -> str:
    """Say how much is covered, "424,600–430,386" where some of it only perhaps."""
    sure, most = (f"{one[key] or 0:,.0f}" for key in ("covered", "covered_at_most"))
    return sure if sure == most else f"{sure}–{most}"


def _names(answers: Answers) -> dict[str, str]:
    return dict(zip(*(answers.layer("districts")[k] for k in ("adcode", "name")), strict=True))


def _within_m(found: Coverage, answers: Answers) -> float:
    if found.asked.carrier == FRONTAGE:
        return float(answers.rule(found.asked.rule).spacing_m)
    return found.asked.within_m


def _period(key: str, at: tuple[int, int] | None, lang: str) -> str:
    if key == "at" and at is not None:
        return hour_name(at, lang=lang)
    return render(PERIOD_NAMES[key], {}, lang=lang)


def _unplaced(found: Coverage) -> float:
    return float(found.ground.unplaced[found.groups].sum())


def _of_group(
    readings: Mapping[str, Mapping[str, ByHour]], group: int
) -> dict[str, dict[str, ByHour]]:
    return {
        name: {key: by.of([group]) for key, by in one.items()} for name, one in readings.items()
    }


def _told(
    readings: Mapping[str, Mapping[str, ByHour]], at: tuple[int, int] | None, one_m: int
) -> dict[str, Any]:
    """Tell built and effective coverage of one group: at any hour, in each period, at an hour."""
    return {
        name: _periods(readings[name], at, one_m) if name in readings else None
        for name in (BUILT, EFFECTIVE)
    }


def _periods(one: Mapping[str, ByHour], at: tuple[int, int] | None, one_m: int) -> dict[str, Any]:
    hours = one["hours"]
    found = {"any": _pair(one["any"], [0], one_m)}
    found |= {name: _pair(hours, some, one_m) for name, some in PERIODS.items()}
    if at is not None:
        found["at"] = _pair(hours, [at[0] * 24 + at[1]], one_m)
    return found


def _pair(by: ByHour, hours: Sequence[int], one_m: int) -> dict[str, float | None]:
    """Return the mean of some hours of one group: shares, and what they come to."""
    sure, most = (float(v[0, list(hours)].mean()) for v in (by.certain, by.possible))
    whole = float(by.weight[0])
    return {
        "certain": sure / whole if whole else None,
        "possible": most / whole if whole else None,
        "covered": sure / one_m,
        "covered_at_most": most / one_m,
    }


def _hours(whole: Mapping[str, Mapping[str, ByHour]], one_m: int) -> list[dict[str, Any]]:
    return [
        {
            "day": day + 1,
            "hour": hour,
            **{
                name: _pair(whole[name]["hours"], [day * 24 + hour], one_m)
                if name in whole
                else None
                for name in (BUILT, EFFECTIVE)
            },
        }
        for day in range(7)
        for hour in range(24)
    ]


def _percent(share: float | None) -> float | None:
    return None if share is None else round(share * 100, 2)
