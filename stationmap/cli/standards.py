"""The commands about standards packs: list, show."""

import json
from typing import Annotated

import typer

from stationmap.cli.output import language, say
from stationmap.messages import N_

standards_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@standards_app.command("list")
def list_standards() -> None:
    r"""列出随附的标准。 List the standards packs that come with StationMap.

    \b
    示例 Examples:
      stationmap standards list
    """
    from stationmap import standards

    for pack_id in standards.available():
        pack = standards.load(pack_id)
        typer.echo(f"{pack.id}  {pack.name.get(language())}  {pack.document.number}")


@standards_app.command("show")
def show_standard(
    pack_id: Annotated[str, typer.Argument(metavar="ID", help="标准编号 · id of the pack")],
) -> None:
    r"""显示一个标准：站点类型与规则，各有出处。 Show a pack: types, rules, clauses.

    \b
    示例 Examples:
      stationmap standards show quzhou-2018
    """
    from stationmap import standards

    lang = language()
    pack = standards.load(pack_id)
    document = pack.document
    typer.echo(f"{pack.id}  {pack.name.get(lang)}  {pack.edition}")
    typer.echo(f"{document.number}  {document.title}  {document.date}  {document.issuer}")
    typer.echo()
    say(N_("Types of stations"))
    for site_type in pack.site_types:
        belongs = site_type.belongs_at
        typer.echo(f"  {site_type.id}  {site_type.name.get(lang)}  {belongs.article}")
        typer.echo(f"      {belongs.text.get(lang)}")
    typer.echo()
    say(N_("Rules"))
    for rule in pack.rules:
        typer.echo(f"  {rule.id}  {rule.clause.document} {rule.clause.article}")
        typer.echo(f"      {rule.clause.text.get(lang)}")
        for key, value in rule.model_dump(mode="json", exclude={"id", "clause", "assumed"}).items():
            typer.echo(f"      {key} = {json.dumps(value, ensure_ascii=False)}")
        say(
            N_("      not in the document, assumed here: {names}"),
            names=", ".join(rule.assumed) or "–",
        )
