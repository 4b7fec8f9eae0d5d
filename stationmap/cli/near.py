"""``stationmap near``: the nearest stations that fit, on foot."""

import datetime as dt
import re
from pathlib import Path
from typing import Annotated, Any

import typer

from stationmap.cli.output import language, print_json, print_table, said, say, tell
from stationmap.errors import InputError
from stationmap.messages import N_

_MISSES = {
    "closed": N_("closed then"),
    "lacks": N_("lacks what is needed"),
    "far": N_("farther than asked"),
}


def near(
    city: Annotated[
        Path,
        typer.Argument(metavar="CITY", help="城市文件夹 · the city's folder", show_default=False),
    ],
    at: Annotated[
        str,
        typer.Option(
            metavar="LON,LAT",
            help="所在位置：经度,纬度 · where: longitude,latitude",
            show_default=False,
        ),
    ],
    datum: Annotated[
        str,
        typer.Option(metavar="wgs84|gcj02|bd09", help="位置的坐标系 · the datum of the place"),
    ] = "wgs84",
    supply: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="需要什么，可重复：umbrella 雨伞 charging 充电 kit 百宝箱 first_aid 急救 "
            "water 饮水 toilet 厕所 step_free 无台阶 · what is needed; may be repeated",
            show_default=False,
        ),
    ] = None,
    open_at: Annotated[
        str,
        typer.Option(
            metavar="TIME",
            help="何时要开放：now 或 2026-03-05T09:00 · open at that time",
            show_default=False,
        ),
    ] = "",
    k: Annotated[str, typer.Option("-k", metavar="N", help="几个站点 · how many")] = "5",
    max_m: Annotated[
        str,
        typer.Option(
            metavar="METRES", help="最远多少米 · the farthest, in metres", show_default=False
        ),
    ] = "",
    as_json: Annotated[
        bool,
        typer.Option("--json", help="标准输出只有一个 JSON 文档 · one JSON document on stdout"),
    ] = False,
) -> None:
    r"""找最近的站点：按步行距离，开着门，有您要的东西。 The nearest stations that fit, on foot.

    \b
    示例 Examples:
      stationmap near nanjing --at 118.7953,32.0617
      stationmap near nanjing --at 118.7953,32.0617 --supply umbrella --open-at now
      stationmap near nanjing --at 118.8004,32.0597 --datum gcj02 --supply toilet -k 3 --json
    """
    from stationmap.city import City, near_asked
    from stationmap.city.near import Asked
    from stationmap.city.near_cards import document

    opened = City.open(city).now()
    now = dt.datetime.now(dt.UTC)
    texts = re.split(r"\s*[,，]\s*|\s+", at.strip())
    if len(texts) != 2:
        raise InputError("--at {given} is not of the form LON,LAT, such as 118.87,28.95", given=at)
    lon, lat = near_asked.place(
        opened,
        near_asked.degrees(texts[0], name="--at", example=118.8742),
        near_asked.degrees(texts[1], name="--at", example=28.9561),
        datum=datum,
    )
    needs = near_asked.needs(supply or [])
    when = near_asked.instant(open_at, name="--open-at", zone=opened.config.time_zone, now=now)
    reach = near_asked.metres(max_m, name="--max-m")
    wanted, limited = near_asked.count(k, name="-k")
    asked = Asked(
        lon=lon,
        lat=lat,
        k=wanted,
        needs=needs,
        open_at=when,
        now=now,
        max_m=reach,
    )
    result = opened.nearby().near(asked)
    odd = near_asked.notices(opened, outside=result.outside, open_at=when, asked_at=now)
    found = document(
        opened,
        result,
        lang=language(),
        datum=opened.config.published.datum,
        when=when or now,
        notices=[*limited, *odd],
    )
    fault = opened.calendar_fault()
    if fault is not None:
        tell("{sentence}", sentence=fault)
    if as_json:
        print_json(found)
        return
    for sentence in filter(None, [*found["notices"], found["why_straight"]]):
        tell("{sentence}", sentence=sentence)
    _print(found)


def _print(found: dict[str, Any]) -> None:
    rows = found["features"] or found["others"]
    if not rows:
        say(N_("There is no station yet that could be found."))
        return
    if not found["features"]:
        say(N_("Nothing fits. What is nearest, and why it does not fit:"))
    print_table(
        [said(N_("Station")), said(N_("Open or not")), said(N_("What it has"))],
        [_row(one["properties"]) for one in rows],
        numbers=[said(N_("Walk, m")), said(N_("Straight, m"))],
        wide=0,
    )


def _row(facts: dict[str, Any]) -> list[str]:
    comma = said(N_(", "))
    has = comma.join(facts["supplies_text"])
    if facts["supplies"] is None:
        has = said(N_("not known"))
    why = comma.join(said(_MISSES[one]) for one in facts["misses"])
    named = [facts["name"], facts["station_id"], facts["address"], why]
    return [
        "\n".join(filter(None, named)),
        facts["open_text"],
        has,
        "–" if facts["walk_m"] is None else f"{facts['walk_m']:,.0f}",
        f"{facts['straight_m']:,.0f}",
    ]
