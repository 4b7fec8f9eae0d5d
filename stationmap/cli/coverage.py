"""The command that tells what is covered, at which hours: ``coverage``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stationmap.cli.output import (
    feature_collection,
    language,
    print_json,
    print_table,
    said,
    say,
    tell,
    working,
)
from stationmap.errors import InputError
from stationmap.messages import N_

if TYPE_CHECKING:
    from stationmap.city.coverage import Coverage

EVERY_H = 3  # the table on the screen has every third hour; files and --json have all


def coverage(
    city: Annotated[
        Path,
        typer.Argument(metavar="CITY", help="城市文件夹 · the city's folder", show_default=False),
    ],
    rule: Annotated[
        str | None,
        typer.Option(
            "--rule",
            metavar="ID",
            help="按哪条间距规定 · the spacing rule of frontage",
            show_default=False,
        ),
    ] = None,
    demand: Annotated[
        str,
        typer.Option(
            metavar="frontage|people|people:GROUP|communities|facilities:CATEGORY",
            help="看什么的覆盖：临街店面、居民、社区，或一类设施 · what is to be covered",
        ),
    ] = "frontage",
    within: Annotated[
        float | None,
        typer.Option(
            metavar="METRES",
            help="步行多少米以内（默认 500）· the longest walk; 500 by default",
            show_default=False,
        ),
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option(
            metavar="MINUTES",
            help="步行几分钟以内（每分钟 80 米）· the same in minutes, 80 m each",
            show_default=False,
        ),
    ] = None,
    supply: Annotated[
        list[str] | None,
        typer.Option(
            "--supply",
            metavar="umbrella|charging|kit|first_aid|water",
            help="只计备有这种物资的站点，可重复 · only stations that have it; repeatable",
            show_default=False,
        ),
    ] = None,
    district: Annotated[
        str | None,
        typer.Option(
            metavar="ADCODE",
            help="只看这个县（市、区）· only this county or district",
            show_default=False,
        ),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            metavar="DAY-HOUR",
            help="另看某一小时，如 fri-19、周五19时 · tell of one hour too, such as fri-19",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="写入 .xlsx .csv；某一小时的未覆盖处 .gpkg .geojson · write a file",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="标准输出只有一个 JSON 文档 · one JSON document on stdout"),
    ] = False,
) -> None:
    r"""一周里什么时候、哪里有开放的站点：建成覆盖和有效覆盖。 What is covered, hour by hour.

    \b
    示例 Examples:
      stationmap coverage demo-city
      stationmap coverage demo-city --at fri-19 --supply first_aid
      stationmap coverage demo-city --demand communities --minutes 15
      stationmap coverage demo-city --at fri-19 --out 周五晚未覆盖.gpkg
    """
    from stationmap.city import City
    from stationmap.city import coverage as covering
    from stationmap.city import coverage_told as told
    from stationmap.io.notes import Note

    hour = told.read_at(at) if at is not None else None
    asked = covering.CoverageAsked(
        carrier=demand,
        rule=rule,
        within_m=_within(within, minutes),
        supplies=tuple(dict.fromkeys(supply or ())),
        district=district or "",
    )
    now = City.open(city).now()
    with working() as status:
        status(Note(N_("working out coverage"), {}))
        found = covering.of(now, asked, now.today())
        document = told.document(found, now, at=hour, lang=language())
        if out is not None:
            status(Note(N_("writing"), {}))
            bare = found.not_covered(*hour) if hour is not None else None
            told.write(out, now, document, at=hour, bare=bare, lang=language())
    if as_json:
        if hour is not None:
            document["not_covered"] = feature_collection(found.not_covered(*hour))
        print_json(document)
    else:
        _print(found, document, hour)
    if out is not None:
        tell(N_("written: {file}"), file=out)


def _within(within: float | None, minutes: float | None) -> float:
    from stationmap.city.coverage import METRES_A_MINUTE, CoverageAsked

    if within is not None and minutes is not None:
        raise InputError("give --within or --minutes, not both")
    if minutes is not None:
        return minutes * METRES_A_MINUTE
    return CoverageAsked.within_m if within is None else within


def _print(found: "Coverage", document: dict[str, Any], at: tuple[int, int] | None) -> None:
    from stationmap.city import coverage_told as told
    from stationmap.reports.wording import percent

    summary, lang = document["summary"], language()
    known = [name for name in told.READINGS if summary[name] is not None]
    total = N_("{what}: {total} m; covered where a station is within {within} m along the street")
    if summary["unit"] == "people":
        total = N_("{what}: {total} people; covered where a station is within {within} m on foot")
    elif summary["unit"] != "m":
        total = N_("{what}: {total} places; covered where a station is within {within} m on foot")
    say(
        total,
        what=told.carrier_name(found.asked.carrier, lang=lang),
        total=f"{summary['total']:,.0f}",
        within=f"{summary['within_m']:g}",
    )

    def cell(one: dict[str, float | None]) -> str:
        sure, most = percent(one["certain"]), percent(one["possible"])
        return sure if sure == most else f"{sure}–{most}"

    keys = [*told.PERIOD_NAMES, *(["at"] if at else [])]
    titles = [
        told.hour_name(at, lang=lang) if key == "at" and at else said(told.PERIOD_NAMES[key])
        for key in keys
    ]
    amount = said(told.AMOUNTS[summary["unit"]])
    print_table(
        (said(N_("When covered")),),
        [
            (
                title,
                *(
                    text
                    for name in known
                    for text in (cell(summary[name][key]), told.amounts(summary[name][key]))
                ),
            )
            for title, key in zip(titles, keys, strict=True)
        ],
        numbers=[text for name in known for text in (said(told.READINGS[name]), amount)],
    )
    if any(one["certain"] != one["possible"] for one in summary["built"].values()):
        typer.echo(said(told.RANGES))
    hours = range(0, 24, EVERY_H)
    print_table(
        (said(N_("Hour")),),
        [
            (
                said(day),
                *(
                    percent(document["hours"][number * 24 + hour]["built"]["certain"], digits=0)
                    for hour in hours
                ),
            )
            for number, day in enumerate(told.DAYS)
        ],
        numbers=[f"{hour}:00" for hour in hours],
    )
    if len(document["by_district"]) > 1:
        print_table(
            (said(N_("County")),),
            [
                (row["name"], *(cell(row["built"][key]) for key in keys))
                for row in document["by_district"]
            ],
            numbers=titles,
        )
        print_table(
            (said(N_("County")),),
            [
                (
                    row["name"],
                    f"{row['total']:,.0f}",
                    told.amounts(row["built"][keys[-1 if at else 0]]),
                )
                for row in document["by_district"]
            ],
            numbers=[amount, f"{said(N_('Covered'))} · {titles[-1 if at else 0]}"],
        )
    print_table(
        (said(N_("Supply")),),
        [
            (row["name"], *(cell(row["built"][key]) for key in keys))
            for row in document["by_supply"]
        ],
        numbers=titles,
    )
    say(
        N_("{stations} stations reach any of it; the hours of {unknown} are not known."),
        stations=f"{summary['stations']:,}",
        unknown=f"{summary['hours_unknown']:,}",
    )
    for note in summary["notes"]:
        typer.echo(note)
