"""The command that says where to add stations: ``plan``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stationmap.cli.output import (
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
    from stationmap.city import City
    from stationmap.city.plans import PlanAsked
    from stationmap.planning.plan import Plan
    from stationmap.reports import PlanDossier

SHOWN = 30
_WIDEST = {1: 24, 2: 30}


def plan(
    city: Annotated[
        Path,
        typer.Argument(metavar="CITY", help="城市文件夹 · the city's folder", show_default=False),
    ],
    rule: Annotated[
        str | None,
        typer.Option(
            metavar="ID",
            help="间距或应设站点的规定，默认唯一的间距规定 · rule to plan for; by default the "
            "only one about spacing",
            show_default=False,
        ),
    ] = None,
    budget: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="至多新增几个；不写则用最少的补齐 · so many new stations at most; without it "
            "the fewest that close all",
            show_default=False,
        ),
    ] = None,
    street: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ID|NAME", help="只要这条街道，可重复 · only this street", show_default=False
        ),
    ] = None,
    district: Annotated[
        str | None,
        typer.Option(
            metavar="ADCODE|NAME",
            help="只要这个县（市、区）· only this county or district",
            show_default=False,
        ),
    ] = None,
    free_standing: Annotated[
        bool,
        typer.Option(
            "--free-standing",
            help="无处可依托的地方设独立点位 · propose free-standing points where no host is",
        ),
    ] = False,
    without_planned: Annotated[
        bool,
        typer.Option("--without-planned", help="拟建站点不算 · planned stations do not count"),
    ] = False,
    effective: Annotated[
        bool,
        typer.Option(
            "--effective",
            help="只算真正起作用的站点（按检查记录）· count only stations that serve",
        ),
    ] = False,
    exclude: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="不作依托单位的：编号表（.csv .xlsx）或范围（.geojson .gpkg）· hosts to leave "
            "out: ids, or areas",
            show_default=False,
        ),
    ] = None,
    within: Annotated[
        float | None,
        typer.Option(
            metavar="METRES",
            help="按步行距离布点，如 500 · plan by walking distance instead",
            show_default=False,
        ),
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option(
            metavar="N",
            help="按步行时间布点，每分钟 80 米 · the same by time, 80 m a minute",
            show_default=False,
        ),
    ] = None,
    demand: Annotated[
        str | None,
        typer.Option(
            metavar="people|communities|facilities:CATEGORY",
            help="步行布点为谁：人口、社区、某类设施 · whom walking distance is for",
            show_default=False,
        ),
    ] = None,
    weight: Annotated[
        list[str] | None,
        typer.Option(
            metavar="GROUP=N",
            help="某群体一人按几人计，如 empty_nest=3 · one of a group counts for so many",
            show_default=False,
        ),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            metavar="SHARE",
            help="覆盖目标，如 95% · share of the demand to reach",
            show_default=False,
        ),
    ] = None,
    least_share: Annotated[
        str | None,
        typer.Option(
            metavar="SHARE",
            help="每个县（市、区）至少覆盖，如 80% · every county reaches at least",
            show_default=False,
        ),
    ] = None,
    least_stations: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="每个县（市、区）至少几个站点 · every county has at least so many",
            show_default=False,
        ),
    ] = None,
    save: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="存为比选方案 · keep as a scenario", show_default=False),
    ] = None,
    adopt: Annotated[
        bool,
        typer.Option("--adopt", help="列入拟建 · list the proposals as planned stations"),
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="写入 .gpkg .geojson .xlsx .docx .pdf .png · write to a file",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="标准输出只有一个 JSON 文档 · one JSON document on stdout"),
    ] = False,
) -> None:
    r"""布点方案：最少在哪些单位增设站点，并证明不能更少。 Where to add the fewest stations.

    \b
    示例 Examples:
      stationmap plan nanjing --out 布点方案.docx
      stationmap plan nanjing --street 人民路 --street 新桥街
      stationmap plan nanjing --budget 20 --district 320102 --out plan.xlsx
      stationmap plan nanjing --within 500 --demand people --target 95%
      stationmap plan nanjing --adopt
    """
    from stationmap import reports
    from stationmap.city import City, plan_report
    from stationmap.city.plans import METRES_A_MINUTE, PlanAsked, district_code
    from stationmap.io.notes import Note
    from stationmap.reports.plan_words import document

    if out is not None:
        reports.require_plan(out)
    if minutes is not None:
        if within is not None:
            raise InputError("--within and --minutes say the same: give one of the two")
        within = minutes * METRES_A_MINUTE
    _only_on_foot(
        within, demand=demand, weight=weight, target=target, least=(least_share, least_stations)
    )
    ids, area = _excluded(exclude)
    opened = City.open(city)
    if save is not None:
        from stationmap.city.plan_keep import require_free

        require_free(opened, save)
    now = opened.now()
    asked = PlanAsked(
        rule=rule,
        budget=budget,
        streets=tuple(dict.fromkeys(street or ())),
        district=None if district is None else district_code(now, district),
        free_standing=free_standing,
        with_planned=not without_planned,
        effective=effective,
        exclude=ids,
        excluded_area=area,
        within_m=within,
        demand=demand or "people",
        weights=_weights(weight or []),
        target=_share(target, option="--target"),
        least_share=_share(least_share, option="--least-share"),
        least_stations=least_stations,
    )
    with working() as status:
        status(Note(N_("planning"), {}))
        found = now.plan(asked)
        told = plan_report.dossier(now, asked, found, lang=language())
        if out is not None:
            status(Note(N_("writing"), {}))
            reports.write_plan(out, told, lang=language())
    kept = _keep(opened, asked, found, save=save, adopt=adopt)
    if as_json:
        body = document(found, pack=now.pack, lang=language())
        print_json(body | ({"scenario": kept} if kept else {}))
    else:
        _print(told)
    if out is not None:
        tell(N_("written: {file}"), file=out)


def _only_on_foot(
    within: float | None, *, demand: Any, weight: Any, target: Any, least: Any
) -> None:
    """Refuse what only a plan by walking distance can be asked for."""
    options = {
        "--demand": demand,
        "--weight": weight or None,
        "--target": target,
        "--least-share": least[0],
        "--least-stations": least[1],
    }
    given = [name for name, value in options.items() if value is not None]
    if given and within is None:
        raise InputError(
            "{option} belongs to a plan by walking distance: add --within METRES or --minutes N",
            option=given[0],
        )


def _share(text: str | None, *, option: str) -> float | None:
    """Read 95% or 0.95."""
    if text is None:
        return None
    number = text.strip().removesuffix("%").removesuffix("％")
    try:
        value = float(number)
    except ValueError:
        value = -1.0
    if number != text.strip():
        value /= 100
    if not 0 < value <= 1:
        raise InputError(
            "{option} is “{value}”; expected a share above 0 and up to 100%, such as 95%",
            option=option,
            value=text,
        )
    return value


def _weights(given: list[str]) -> tuple[tuple[str, float], ...]:
    """Read GROUP=N."""
    pairs: dict[str, float] = {}
    for one in given:
        group, equals, number = one.partition("=")
        try:
            pairs[group.strip()] = float(number)
        except ValueError:
            equals = ""
        if not equals or not group.strip():
            raise InputError(
                "--weight {given} is not of the form GROUP=NUMBER, such as empty_nest=3", given=one
            )
    return tuple(sorted(pairs.items()))


def _excluded(file: Path | None) -> tuple[tuple[str, ...], bytes | None]:
    """Read ids of hosts to leave out, or the areas in which they lie."""
    if file is None:
        return (), None
    from stationmap.city.plan_exclude import read_excluded

    return read_excluded(file)


def _keep(
    city: "City", asked: "PlanAsked", found: "Plan", *, save: str | None, adopt: bool
) -> dict[str, Any] | None:
    """Keep a plan as a scenario, and adopt it, where that is asked for; tell what became of it."""
    if save is None and not adopt:
        return None
    from stationmap.city.plan_keep import keep

    kept = keep(city, asked, found, name=save, adopt=adopt, lang=language())
    tell(N_("kept as scenario “{name}” ({id})"), name=kept["name"], id=kept["id"])
    if adopt:
        tell(N_("{count} stations are planned now"), count=f"{kept['planned']:,}")
        for one in kept["left"][:SHOWN]:
            tell(N_("  not adopted: {what}"), what=one)
        if kept["action"]:
            tell(
                N_("to take this back: stationmap undo {city} {action}"),
                city=str(city.path),
                action=kept["action"][:8],
            )
    return kept


def _print(told: "PlanDossier") -> None:
    from stationmap.reports.plan import adds_heading
    from stationmap.reports.plan_sentences import sentences
    from stationmap.reports.plan_tables import hosts

    for one in sentences(told, lang=language()):
        typer.echo(one)
    table = hosts(told, lang=language())
    order = said(N_("Building order"))
    table = table[table[order].notna()].sort_values(order)
    if table.empty:
        return
    columns = [said(name) for name in (N_("Street"), N_("Host"), N_("Category"))]
    numbers = [said(N_("Chainage, m")), adds_heading(told, said)]
    table = table.rename(columns={said(N_("Adds at its turn")): numbers[1]})
    if (table[columns[0]] == "").all():
        columns, numbers = [said(N_("County")), *columns[1:]], numbers[1:]
    print_table(
        (order, *columns),
        [
            (
                str(row[order]),
                *(str(row[name]) for name in columns),
                *("–" if row[name] != row[name] else f"{row[name]:,.0f}" for name in numbers),
            )
            for row in table.head(SHOWN).to_dict("records")
        ],
        numbers=numbers,
        widest=_WIDEST,
    )
    more = len(table) - SHOWN
    if more > 0:
        say(N_("  … and {more} more; --out writes all of them to a file"), more=f"{more:,}")
