"""The command that holds a city to its standard: ``check``."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
from stationmap.messages import N_

if TYPE_CHECKING:
    from stationmap.reports import Dossier
    from stationmap.standards import Pack

COUNTIES_SHOWN = 5
FINDINGS_SHOWN = 50
FEW = 20  # so many findings are listed unasked
RULES_WIDTH = 120
WIDEST = {1: 18, 2: 38}  # clause and words in the table of rules


def check(
    city: Annotated[
        Path,
        typer.Argument(metavar="CITY", help="城市文件夹 · the city's folder", show_default=False),
    ],
    rule: Annotated[
        list[str] | None,
        typer.Option(
            "--rule",
            metavar="ID",
            help="只查这条规定并列出每项，可重复 · only this rule, each finding listed; repeatable",
            show_default=False,
        ),
    ] = None,
    district: Annotated[
        str | None,
        typer.Option(
            metavar="ADCODE",
            help="只查这个县（市、区）· only this county or district",
            show_default=False,
        ),
    ] = None,
    standard: Annotated[
        str | None,
        typer.Option(
            metavar="ID|FILE",
            help="改用另一标准来查 · hold the city to another standard than its own",
            show_default=False,
        ),
    ] = None,
    inspections: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="检查结果表：站点编号、检查项、结果、日期 · inspectors' judgements, .xlsx or .csv",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="写入 .xlsx .docx .pdf .png .gpkg .geojson .parquet .csv .kml .kmz · write a file",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="标准输出只有一个 JSON 文档 · one JSON document on stdout"),
    ] = False,
) -> None:
    r"""对照标准逐条核对：哪里符合、哪里不符合、哪些情况不明。 Hold a city to its standard.

    \b
    示例 Examples:
      stationmap check nanjing
      stationmap check nanjing --rule Q-T3 --district 320102
      stationmap check nanjing --standard changzhi-2021 --out 督查通报.docx
      stationmap check nanjing --inspections 检查结果.xlsx --json > check.json
    """
    from stationmap import reports
    from stationmap.city import City
    from stationmap.city.dossier import dossier
    from stationmap.city.inspections import read_inspections
    from stationmap.city.supervision import so_far
    from stationmap.io.notes import Note

    if out is not None:
        reports.require_writable(out)
    opened = City.open(city)
    now = opened.now()
    pack = _pack(standard)
    judged = None
    if inspections is not None:
        judged = read_inspections(inspections, pack=pack or now.pack)
        strangers = set(judged["station_id"]) - set(now.stations()["station_id"])
        if strangers:
            tell(
                N_("Warning: {count} stations of {file} are not in the city's list: {ids}"),
                count=len(strangers),
                file=inspections.name,
                ids=", ".join(sorted(strangers)[:5]),
            )
    chosen = tuple(rule or ())
    with working() as status:
        status(Note(N_("checking every rule"), {}))
        found = now.check(
            rules=chosen,
            district=district,
            standard=pack,
            inspections=judged,
            lang=language(),
        )
        seen = None
        if out is not None and standard is None:
            seen = so_far(now, opened.register, adcode=district or "", lang=language())
        gathered = dossier(
            now, found, rules=chosen, district=district, supervision=seen, lang=language()
        )
        if out is not None:
            status(Note(N_("writing"), {}))
            reports.write_findings(out, gathered, lang=language())
    if as_json:
        print_json({"summary": found.summary, "findings": feature_collection(found.findings)})
    else:
        few = len(found.findings) <= FEW
        _print(gathered, city=city, listed=bool(chosen) or few)
    if out is not None:
        tell(N_("written: {file}"), file=out)


def _pack(standard: str | None) -> "Pack | None":
    from stationmap import standards

    if standard is None:
        return None
    return standards.load_file(standard) if standard.endswith(".toml") else standards.load(standard)


# ------------------------------------------------------------------- what is printed


def _print(dossier: "Dossier", *, city: Path, listed: bool) -> None:
    from stationmap.reports.wording import OUTCOMES

    tally = dossier.tally
    say(
        N_("{city} held to {pack} ({document}): {counts}"),
        city=dossier.city,
        pack=dossier.pack.name.get(language()),
        document=dossier.pack.document.number,
        counts=said(N_(", ")).join(f"{said(OUTCOMES[n])} {tally[n]:,}" for n in OUTCOMES),
    )
    _print_coverage(dossier)
    _print_rules(dossier)
    if listed:
        _print_findings(dossier)
    _print_missing(dossier, city=city)
    _print_counties(dossier)


def _print_coverage(dossier: "Dossier") -> None:
    from stationmap.reports.wording import percent

    found = dossier.frontage
    if found is not None and found.effective is not None:
        say(
            N_("Built {built} · effective {effective}."),
            built=percent(found.summary["covered_share"]),
            effective=percent(found.effective["covered_share"]),
        )


def _print_rules(dossier: "Dossier") -> None:
    from stationmap.reports.wording import OUTCOMES, words

    print_table(
        (said(N_("Rule")), said(N_("Clause")), said(N_("What it asks"))),
        [
            (
                row["rule"].id,
                row["rule"].clause.article,
                words(row["rule"], lang=language()),
                *(f"{row[name]:,}" if row[name] else "·" for name in OUTCOMES),
            )
            for _, row in dossier.by_rule.iterrows()
        ],
        numbers=[said(label) for label in OUTCOMES.values()],
        widest=WIDEST,
        width=RULES_WIDTH,
    )


def _print_findings(dossier: "Dossier") -> None:
    """List what is not met, advised or cannot be told, the worst first."""
    from stationmap.reports.wording import OUTCOMES, text

    order = {"not_met": 0, "advised": 1, "unknown": 2}
    rows = dossier.findings.assign(outcome=dossier.outcome, county=dossier.county)
    rows = rows[rows["outcome"].isin(order)]
    rows = rows.sort_values("outcome", key=lambda s: s.map(order), kind="stable")
    for row in rows.head(FINDINGS_SHOWN).itertuples():
        county = dossier.area(row.county, lang=language())
        name, message = text(row.subject_name) or text(row.subject_id), text(row.message)
        what = message if name in message else f"{name}  {message}"
        typer.echo(f"  {said(OUTCOMES[row.outcome])}  {row.rule_id}  {county}  {what}")
    more = len(rows) - FINDINGS_SHOWN
    if more > 0:
        say(N_("  … and {more} more; --out writes every finding to a file"), more=f"{more:,}")


def _print_missing(dossier: "Dossier", *, city: Path) -> None:
    from stationmap.reports.wording import standing

    if not dossier.missing:
        return
    say(N_("What is lacking, and how to bring it:"))
    commands: dict[str, list[str]] = {}
    for row in dossier.missing:
        label = f"{row['name']} ({standing(row, said)})"
        command = _command(row["layer"], city=city, file=said(N_("FILE")))
        commands.setdefault(command, []).append(label)
    for command, labels in commands.items():
        typer.echo(f"  {said(N_(', ')).join(labels)}")
        typer.echo(f"      {command}")


# layer → kind of import, where they differ
_IMPORTS = {
    "built_up": "built-up",
    "community": "communities",
    "subdistrict": "subdistricts",
    "compound": "compounds",
    "civilised_unit": "civilised-units",
    "counts": "indicators",
}


def _command(layer: str, *, city: Path, file: str) -> str:
    name, _, part = layer.partition(":")
    if name == "inspections":
        return f"stationmap check {city} --inspections {file}"
    if name == "streets":
        return f"stationmap import osm {file} --city {city}"
    kind = _IMPORTS.get(name, name)
    only = f" --set type={part}" if part and name == "stations" else ""
    return f"stationmap import {kind} {file} --city {city} --complete{only}"


def _print_counties(dossier: "Dossier") -> None:
    table = dossier.by_county
    worst = table[table["not_met"] + table["advised"] > 0]
    worst = worst.sort_values(["not_met", "advised"], ascending=False)
    more, worst = len(worst) - COUNTIES_SHOWN, worst.head(COUNTIES_SHOWN)
    if len(table) < 2 or worst.empty:
        return
    from stationmap.reports.wording import share_built

    headings: Sequence[str] = [
        said(label)
        for label in (
            N_("Not met"),
            N_("Advice"),
            N_("Due"),
            N_("Built"),
            N_("Lacking"),
            N_("Cannot be told"),
            N_("Share built"),
        )
    ]
    counts = ("not_met", "advised", "due", "built", "lacking", "untold")
    rows = [
        (
            dossier.area(str(code), lang=language()),
            *(f"{row[name]:,}" for name in counts),
            share_built(row, said),
        )
        for code, row in worst.iterrows()
    ]
    print_table((said(N_("County")),), rows, numbers=headings)
    if more > 0:
        say(N_("  … and {more} more; --out writes every county to a file"), more=f"{more:,}")
