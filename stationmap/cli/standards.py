"""The commands about standards packs: list, show, validate, new."""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stationmap.cli.output import language, print_json, said, say, tell
from stationmap.errors import InputError
from stationmap.messages import N_

if TYPE_CHECKING:
    from stationmap.standards import Entry, Item, Pack, Rule

BAD_INPUT = 2

standards_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

Json = Annotated[bool, typer.Option("--json", help="输出一个 JSON 文档 · one JSON document")]
Given = Annotated[
    str, typer.Argument(metavar="ID|FILE", help="标准编号或文件 · id of a pack, or a pack file")
]

_FORCES = {"binding": N_("binding"), "advisory": N_("advisory")}
_ROLES = {
    "head": N_("head station"),
    "station": N_("station"),
    "point": N_("point"),
}
_SERVED_BY = {
    "register": N_("the register"),
    "import": N_("imports"),
    "export": N_("exports"),
    "check": N_("checks"),
    "report": N_("reports"),
    "map": N_("the map"),
    "indicators": N_("indicators"),
    "inspections": N_("inspection rounds"),
    "planning": N_("planning"),
    "feed": N_("the open feed"),
}


@standards_app.command("list")
def list_standards(as_json: Json = False) -> None:
    r"""列出随附的标准。 List the standards packs that come with StationMap.

    \b
    示例 Examples:
      stationmap standards list
      stationmap standards list --json
    """
    from stationmap import standards

    packs = [standards.load(pack_id) for pack_id in standards.available()]
    if as_json:
        print_json([_summary(pack) for pack in packs])
        return
    for pack in packs:
        typer.echo(f"{pack.id}  {pack.name.get(language())}  {pack.document.number}")
        say(
            N_("    {place}, {date}: {rules} rules, {items} items, {processes} processes"),
            place=pack.jurisdiction.get(language()),
            date=pack.document.date or pack.edition,
            rules=len(pack.rules),
            items=len(pack.items),
            processes=len(pack.processes),
        )


@standards_app.command("show")
def show_standard(pack_id: Given, as_json: Json = False) -> None:
    r"""显示一个标准：站点类型、规则、检查项，各有出处。 Show a pack: types, rules, items, clauses.

    \b
    示例 Examples:
      stationmap standards show quzhou-2018
      stationmap standards show our-city.toml --json
    """
    from stationmap import standards

    pack = standards.load_file(_file(pack_id))
    if as_json:
        print_json(pack.model_dump(mode="json", by_alias=True))
        return
    _print_head(pack)
    _print_types(pack)
    _print_rules(pack.rules)
    _print_items(pack.items)
    if pack.processes:
        typer.echo()
        say(N_("Ways of working"))
    for process in pack.processes:
        _print_entry(process, process.title.get(language()))
        say(N_("      served by: {part}"), part=said(_SERVED_BY[process.served_by]))


@standards_app.command("validate")
def validate_standard(pack_id: Given, as_json: Json = False) -> None:
    r"""检查标准文件，逐行指出问题。 Check a pack file; every problem is told with its line.

    \b
    示例 Examples:
      stationmap standards validate our-city.toml
      stationmap standards validate our-city.toml --json
    """
    from stationmap import standards

    file = _file(pack_id)
    found = standards.problems(file)
    if as_json:
        lang = language()
        told = [
            {"file": p.file, "line": p.line, "key": p.key, "message": p.render(lang)} for p in found
        ]
        print_json({"file": str(file), "valid": not found, "problems": told})
    elif found:
        for problem in found:
            tell(
                N_("{file}, line {line}: {message}"),
                file=problem.file,
                line=problem.line,
                message=problem,
            )
        tell(
            N_("{file}: {count} problems; mend them and validate again"),
            file=file,
            count=len(found),
        )
    else:
        pack = standards.load_file(file)
        say(
            N_("{file} is valid: {name}, {rules} rules, {items} checklist items"),
            file=file,
            name=pack.name.get(language()),
            rules=len(pack.rules),
            items=len(pack.items),
        )
    if found:
        raise typer.Exit(BAD_INPUT)


@standards_app.command("new")
def new_standard(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="新标准文件 · the file to write")],
    extends: Annotated[
        str | None,
        typer.Option(metavar="ID", help="在这个标准上改几处 · change a few things of this pack"),
    ] = None,
) -> None:
    r"""写一个带说明的空白标准文件。 Write a commented pack file to fill in.

    \b
    示例 Examples:
      stationmap standards new our-city-2026.toml
      stationmap standards new quzhou-2026.toml --extends quzhou-2018
    """
    from stationmap import standards

    if file.suffix != ".toml":
        raise InputError(
            "{file} is no name for a pack file; it ends in .toml, such as our-city-2026.toml",
            file=file,
        )
    if not re.fullmatch(standards.IDENTIFIER, file.stem):
        raise InputError(
            "{name} cannot be the id of a pack: use letters, digits, - and _ for the file's name",
            name=file.stem,
        )
    if extends == file.stem:
        raise InputError("{name} cannot extend itself; give the file another name", name=file.stem)
    if not file.parent.is_dir():
        raise InputError("there is no folder {folder}; make it first", folder=file.parent)
    parent = None if extends is None else standards.load(extends)
    text = standards.blank(file.stem, file=file.name, parent=parent)
    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        raise InputError(
            "{file} exists already and is not overwritten; choose another name", file=file
        ) from None
    say(
        N_("written: {file}. Fill in the empty quotes, then: stationmap standards validate {file}"),
        file=file,
    )


def _file(given: str) -> Path:
    """Return the file of a pack that is given by id or by path."""
    from stationmap import standards

    path = Path(given)
    if path.is_dir():
        inside = sorted(p.name for p in path.glob("*.toml"))
        raise InputError(
            "{folder} is a folder; name one file, in it are: {known}",
            folder=given,
            known=", ".join(inside) or "–",
        )
    if path.is_file():
        return path
    if path.suffix or len(path.parts) > 1:
        beside = sorted(p.name for p in path.parent.glob("*.toml"))
        raise InputError(
            "there is no file {file}; pack files in its folder: {known}",
            file=given,
            known=", ".join(beside) or "–",
        )
    return standards.path_of(given)


def _summary(pack: "Pack") -> dict[str, Any]:
    return {
        "id": pack.id,
        "name": pack.name.get(language()),
        "edition": pack.edition,
        "document": pack.document.number,
        "date": None if pack.document.date is None else pack.document.date.isoformat(),
        "jurisdiction": pack.jurisdiction.get(language()),
        "adcode": pack.adcode,
        "rules": len(pack.rules),
        "items": len(pack.items),
        "processes": len(pack.processes),
    }


def _print_head(pack: "Pack") -> None:
    document = pack.document
    typer.echo(f"{pack.id}  {pack.name.get(language())}  {pack.edition}")
    dated = document.date or pack.edition
    typer.echo(f"{document.number}  {document.title}  {dated}  {document.issuer}")
    typer.echo(f"{pack.jurisdiction.get(language())}  {pack.adcode}")
    if pack.extends is not None:
        say(N_("extends {parent}"), parent=pack.extends)


def _print_types(pack: "Pack") -> None:
    typer.echo()
    say(N_("Types of stations"))
    for site_type in pack.site_types:
        belongs, name = site_type.belongs_at, site_type.name.get(language())
        typer.echo(f"  {site_type.id}  {name}  {said(_ROLES[site_type.role])}  {belongs.article}")
        typer.echo(f"      {belongs.text.get(language())}")


def _print_rules(rules: "Iterable[Rule]") -> None:
    from stationmap.checks import RULE_KINDS

    typer.echo()
    say(N_("Rules"))
    for rule in rules:
        _print_entry(rule, said(RULE_KINDS[rule.kind].label))
        hidden = {"id", "clause", "force", "assumed"}
        said_by_rule = rule.model_dump(mode="json", exclude=hidden, exclude_unset=True)
        for key, value in said_by_rule.items():
            typer.echo(f"      {key} = {json.dumps(value, ensure_ascii=False)}")
        say(
            N_("      not in the document, assumed here: {names}"),
            names=", ".join(rule.assumed) or "–",
        )


def _print_items(items: "Iterable[Item]") -> None:
    group = None
    for item in items:
        if item.group != group or group is None:
            group = item.group
            typer.echo()
            say(N_("Checklist: {group}"), group=group or "–")
        title = item.title.get(language())
        types = ", ".join(item.site_types)
        _print_entry(item, f"{title}  ({types})" if types else title)
        for part in item.part:
            words = f"      {part.number}. {part.text.get(language())}"
            force = "" if part.force == item.force else f"  {said(_FORCES[part.force])}"
            typer.echo(words + force)


def _print_entry(entry: "Entry", title: str) -> None:
    clause, force = entry.clause, said(_FORCES[entry.force])
    typer.echo(f"  {entry.id}  {title}  {force}  {clause.document} {clause.article}")
    typer.echo(f"      {clause.text.get(language())}")
