"""The commands of StationMap itself: new, import, undo, template, gaps, export."""

from importlib import metadata
from pathlib import Path
from typing import Annotated, Any

import typer

from stationmap.cli.account import account_app
from stationmap.cli.check import check
from stationmap.cli.checklist import checklist
from stationmap.cli.coverage import coverage
from stationmap.cli.db import db_app
from stationmap.cli.draw import draw
from stationmap.cli.near import near
from stationmap.cli.output import (
    feature_collection,
    gaps_summary,
    language,
    print_coverages,
    print_gaps,
    print_json,
    print_report,
    said,
    say,
    summary_sentence,
    tell,
    working,
)
from stationmap.cli.plan import plan
from stationmap.cli.standards import standards_app
from stationmap.cli.undo import undo
from stationmap.errors import InputError
from stationmap.messages import N_

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
app.add_typer(account_app, name="account", help="账号 · Accounts.")
app.add_typer(standards_app, name="standards", help="查看标准 · Look at standards packs.")
app.add_typer(db_app, name="db", help="核对、备份、恢复站点库 · Verify and back up the register.")

CityFolder = Annotated[
    Path, typer.Argument(metavar="CITY", help="城市文件夹 · the city's folder", show_default=False)
]
Json = Annotated[
    bool, typer.Option("--json", help="标准输出只有一个 JSON 文档 · one JSON document on stdout")
]


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(metadata.version("stationmap"))
        raise typer.Exit


@app.callback(
    epilog="示例 Examples:  stationmap demo; stationmap serve demo-city; stationmap import --help"
)
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", help="版本 · version", callback=_print_version, is_eager=True),
    ] = False,
    lang: Annotated[
        str | None,
        typer.Option(
            metavar="zh|en",
            help="语言（默认取 STATIONMAP_LANG，再取 LANG）· language; by default STATIONMAP_LANG, "
            "then LANG",
            show_default=False,
        ),
    ] = None,
) -> None:
    """有礼地图：沿街哪里还缺志愿服务站点。 StationMap.

    Where along the streets volunteer-service stations are missing.
    """
    del version, lang  # taken before the commands are read, so that it may stand anywhere


@app.command()
def new(
    city: CityFolder,
    standard: Annotated[
        str,
        typer.Option(
            metavar="ID|FILE",
            help="标准编号或标准文件 · id of a standards pack, or a pack file",
            show_default=False,
        ),
    ],
    name: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="城市名称，默认取文件夹名 · the city's name; by default the folder's",
            show_default=False,
        ),
    ] = None,
    adcode: Annotated[
        str | None,
        typer.Option(
            metavar="CODE",
            help="六位行政区划代码，默认未知 · its six-digit code; unknown by default",
            show_default=False,
        ),
    ] = None,
) -> None:
    r"""新建城市文件夹。 Make a city's folder.

    \b
    示例 Examples:
      stationmap new 衢州市 --standard quzhou-2018 --adcode 330800
      stationmap new nanjing --standard quzhou-2018 --name 南京 --adcode 320100
    """
    from stationmap.city import City

    made = City.create(city, standard=standard, name=name, adcode=adcode)
    say(
        N_(
            "{city} is ready: {name}, standard {standard}. Next: "
            "stationmap import osm FILE --city {city}"
        ),
        city=city,
        name=made.config.name,
        standard=made.pack.id,
    )
    if not made.config.adcode:
        say(
            N_(
                "The city's code is unknown; street ids begin with 0. Give --adcode when you know "
                "it."
            )
        )


# whole in the list of commands, where the long one would be cut
@app.command(
    "import", short_help="导入文件，可用的全收。 Import a file: all usable rows, or nothing."
)
def import_(
    kind: Annotated[
        str,
        typer.Argument(
            metavar="KIND",
            help="osm | streets | shops | facilities | districts | stations | built-up | "
            "communities | subdistricts | compounds | civilised-units | demand | units | "
            "projects | activities | indicators | exemptions | inspections",
        ),
    ],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="文件 · the file")],
    city: Annotated[
        Path,
        typer.Option(metavar="CITY", help="城市文件夹 · the city's folder", show_default=False),
    ],
    datum: Annotated[
        str,
        typer.Option(
            metavar="auto|wgs84|gcj02|bd09|cgcs2000",
            help="坐标系；auto 凭证据判断，不明就停下 · datum; auto decides by evidence, or stops",
        ),
    ] = "auto",
    column: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ROLE=HEADING",
            help="哪一列是什么，如 type=类别，可重复 · which column is what; may be repeated",
            show_default=False,
        ),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="ROLE=VALUE",
            help="全部行取同一值，如 type=point，可重复 · one value for all rows; may be repeated",
            show_default=False,
        ),
    ] = None,
    sheet: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="工作表或图层 · sheet or layer of the file", show_default=False
        ),
    ] = None,
    complete: Annotated[
        bool,
        typer.Option(
            "--complete",
            help="声明数据齐全，没有的才算缺（店铺齐全时，只有店铺所在处算临街店面）· declare the "
            "data complete: only then does what is not in them count as missing (of shops: "
            "frontage is only where shops are)",
        ),
    ] = False,
    add: Annotated[
        bool,
        typer.Option(
            "--add",
            help="只补充和更正，文件中没有的行保留 · only add and correct; rows not in it stay",
        ),
    ] = False,
    replace: Annotated[
        bool,
        typer.Option(
            "--replace",
            help="同名的另一份名单由这份代替 · take the place of another list of the same name",
        ),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="只报告，不写入 · report only, write nothing")
    ] = False,
    as_json: Json = False,
) -> None:
    r"""导入一个文件：可用的全部导入，或者什么都不写。 Import a file: all usable rows, or nothing.

    \b
    示例 Examples:
      stationmap import osm nanjing.osm.pbf --city nanjing
      stationmap import stations 站点.xlsx --city nanjing --column type=类别
      stationmap import stations poi.csv --city nanjing --datum auto --set type=point
      stationmap import streets roads.shp --city nanjing --set highway=secondary
      stationmap import shops shops.csv --city nanjing --complete
      stationmap import communities 社区.gpkg --city nanjing --complete
      stationmap import stations 有礼站.xlsx --city nanjing --set type=post --complete
      stationmap import facilities 医院.xls --city nanjing --set category=hospital --complete
      stationmap import units 单位名单.xlsx --city nanjing
      stationmap import stations 更正.xlsx --city nanjing --set source=站点 --add
      stationmap import indicators 指标.xlsx --city nanjing --set period=2026Q3
      stationmap import inspections 检查.xlsx --city nanjing
    """
    from stationmap.city import City

    opened = City.open(city)
    with working() as status:
        report = opened.import_file(
            kind,
            file,
            datum=datum,
            columns=_pairs(column, option="--column"),
            sets=_pairs(set_, option="--set"),
            sheet=sheet,
            complete=complete,
            add=add,
            replace=replace,
            dry_run=dry_run,
            lang=language(),
            progress=status,
        )
    for warning in report.warnings:
        tell(N_("Warning: {warning}"), warning=warning)
    if as_json:
        print_json(report.to_json(lang=language()))
    else:
        print_report(report, dry_run=dry_run)


@app.command()
def template(
    kind: Annotated[
        str,
        typer.Argument(
            metavar="KIND",
            help="stations | units | projects | activities | indicators | facilities | communities "
            "| exemptions | inspections",
        ),
    ],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="如 站点台账.xlsx · the workbook")],
    city: Annotated[
        Path | None,
        typer.Option(
            metavar="CITY",
            help="按哪个城市的标准给出类型，默认给出全部 · whose types to offer; all by default",
            show_default=False,
        ),
    ] = None,
) -> None:
    r"""写出空白台账：填好后可直接导入。 Write a blank workbook to fill in and import.

    \b
    示例 Examples:
      stationmap template stations 站点台账.xlsx --city nanjing
      stationmap template indicators 指标.xlsx
    """
    from stationmap.city import City, templates

    if file.suffix.lower() != ".xlsx":
        raise InputError("{file} must end in .xlsx", file=file.name)
    pack = City.open(city).pack if city is not None else None
    templates.write(file, kind, pack=pack, lang=language())
    tell(N_("written: {file}"), file=file)


@app.command()
def gaps(
    city: CityFolder,
    with_planned: Annotated[
        bool,
        typer.Option("--with-planned", help="拟建站点也算 · count planned stations too"),
    ] = False,
    effective: Annotated[
        bool,
        typer.Option(
            "--effective",
            help="只算真正起作用的站点（按检查记录）· count only stations that serve",
        ),
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="写入 .gpkg .geojson .parquet .csv .xlsx .kml .kmz .png · write to a file",
            show_default=False,
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    r"""列出空白路段：临街店面哪里超过规定间距没有站点。 List the gaps along the shop frontage.

    \b
    示例 Examples:
      stationmap gaps nanjing
      stationmap gaps nanjing --with-planned --out gaps.xlsx
      stationmap gaps nanjing --effective
      stationmap gaps nanjing --json > gaps.json
    """
    from stationmap import reports
    from stationmap.city import City
    from stationmap.io.notes import Note

    if out is not None:
        endings = (*reports.GEODATA, *reports.EARTH, *reports.TABLES, *reports.PICTURES)
        reports.require_suffix(out, endings)
    opened = City.open(city).now()
    if effective and opened.inspections() is None:
        raise InputError(
            "effective coverage of {city} is not known: nobody has inspected any station yet; "
            "leave out --effective, or import inspections first",
            city=opened.config.name,
        )
    counted: dict[str, Any] = {"with_planned": with_planned, "effective": effective}
    with working() as status:
        status(Note(N_("laying out the streets"), {}))
        opened.streets()
        status(Note(N_("looking for gaps"), {}))
        spacing, found = opened.spacing(**counted), opened.gaps(**counted)
        summary = gaps_summary(opened, spacing)
        built = opened.spacing(with_planned=with_planned) if effective else None
        if built is not None:
            summary["built"] = gaps_summary(opened, built)
        if out is not None:
            status(Note(N_("writing"), {}))
            rule = opened.rule(None)
            reports.write_gaps(
                out,
                found,
                streets=opened.streets().parts,
                stations=opened.counting(**counted),
                caption=reports.Caption(
                    title=" · ".join(
                        [opened.config.name, opened.pack.label("gap").get(language())]
                        + ([said(N_("Effective coverage"))] if effective else [])
                    ),
                    summary=summary_sentence(opened, summary),
                    station_type=opened.pack.site_type(rule.site_type).name.get(language()),
                    source=", ".join(dict.fromkeys(r.file for r in opened.sources())),
                    date=max(r.imported_at[:10] for r in opened.sources()),
                ),
                lang=language(),
            )
    if as_json:
        print_json({"summary": summary, "gaps": feature_collection(found)})
    else:
        print_gaps(opened, spacing, summary)
        if built is not None:
            print_coverages(opened, built, spacing)
    if out is not None:
        tell(N_("written: {file}"), file=out)


app.command("near")(near)
app.command("check")(check)
app.command("plan")(plan)
app.command("coverage")(coverage)
app.command("draw")(draw)
app.command("checklist")(checklist)
app.command("undo")(undo)


@app.command()
def export(
    city: CityFolder,
    out: Annotated[
        Path,
        typer.Option(
            metavar="FILE",
            help="输出文件 .gpkg .xlsx .kml .kmz，或一个图层 .geojson .csv .parquet · the file",
            show_default=False,
        ),
    ],
    layer: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="只要一个图层；.geojson .csv .parquet 默认 stations · one layer only; by default "
            "stations in a file that holds one",
            show_default=False,
        ),
    ] = None,
    datum: Annotated[
        str | None,
        typer.Option(
            metavar="wgs84|gcj02|bd09",
            help="坐标系，限 .geojson 和 .csv，默认 wgs84 · datum, for .geojson and .csv; wgs84 by "
            "default",
            show_default=False,
        ),
    ] = None,
    published: Annotated[
        bool,
        typer.Option(
            "--published",
            help="与网上公布的一致：按城市设置的坐标系和小数位数 · as the web publishes it: in "
            "the datum and with the decimals that the city sets",
        ),
    ] = False,
) -> None:
    r"""导出城市数据：站点、街道、店铺、设施、区划、空白路段、检查结论。 Export a city's layers.

    \b
    示例 Examples:
      stationmap export nanjing --out nanjing.gpkg
      stationmap export nanjing --out stations.csv --datum gcj02
      stationmap export nanjing --out gaps.geojson --layer gaps
      stationmap export nanjing --out stations.geojson --published
    """
    from stationmap import reports
    from stationmap.city import City, open_data
    from stationmap.city.config import PUBLISHED_DATUMS
    from stationmap.io.notes import Note

    ending = reports.require_suffix(out, (*reports.EXPORTS, *open_data.ONE_LAYER))
    opened = City.open(city).now()
    usual = open_data.usual_datum(opened, ending) if published else "wgs84"
    chosen = datum or usual
    if chosen not in PUBLISHED_DATUMS:
        raise InputError(
            "{option} is “{value}”; expected one of {expected}",
            option="--datum",
            value=chosen,
            expected=", ".join(PUBLISHED_DATUMS),
        )
    with working() as status:
        status(Note(N_("writing"), {}))
        found = open_data.layers(opened, datum=chosen, lang=language(), public=published)
        if layer is None and ending in open_data.ONE_LAYER:
            layer = "stations"
        if layer is not None:
            if layer not in found:
                raise InputError(
                    "{option} is “{value}”; expected one of {expected}",
                    option="--layer",
                    value=layer,
                    expected=", ".join(found),
                )
            found = {layer: found[layer]}
        open_data.write(out, found, said=open_data.about(opened, datum=chosen))
    rows = ", ".join(f"{name} {len(frame)}" for name, frame in found.items())
    tell(N_("written: {file} ({rows}; {datum})"), file=out, rows=rows, datum=chosen)


def _pairs(given: list[str] | None, *, option: str) -> dict[str, str]:
    """Split ``role=value``; the last of a repeated role stands."""
    pairs: dict[str, str] = {}
    for one in given or []:
        role, equals, value = one.partition("=")
        if not (role.strip() and equals and value.strip()):
            raise InputError(
                "{option} {given} is not of the form ROLE=VALUE, such as type=point",
                option=option,
                given=one,
            )
        pairs[role.strip()] = value.strip()
    return pairs
