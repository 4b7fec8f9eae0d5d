"""``stationmap undo``: take an import back, or see which ones there were."""

import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stationmap.cli.output import print_json, print_table, said, say, tell
from stationmap.errors import Conflict, InputError
from stationmap.messages import N_

if TYPE_CHECKING:
    from stationmap.store import Action, Register

RECENT = 20
_MOST = 10_000  # imports that a short mark is looked for in
_SHORT = 8  # signs of a mark, as receipts show it
_NAMED = 8


def undo(
    city: Annotated[
        Path,
        typer.Argument(metavar="CITY", help="城市文件夹 · the city's folder", show_default=False),
    ],
    action: Annotated[
        str,
        typer.Argument(
            metavar="[ACTION]",
            help="要撤销的导入的编号；不写则列出最近的导入 · the import; none: list the last ones",
            show_default=False,
        ),
    ] = "",
    keep: Annotated[
        bool,
        typer.Option("--keep", help="之后改过的保留不动 · leave alone what was changed since"),
    ] = False,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="标准输出为一个 JSON 文档 · one JSON document on stdout"),
    ] = False,
) -> None:
    r"""撤销一次导入；不写编号则列出最近的导入。 Take an import back, or list the last ones.

    道路、店铺、设施、边界等地图数据不能这样撤销，请重新导入原来的文件。
    Map data (streets, shops, facilities, borders) cannot be taken back; import the former file.

    \b
    示例 Examples:
      stationmap undo demo-city
      stationmap undo demo-city 3f2a91c0
      stationmap undo demo-city 3f2a91c0 --keep
    """
    from stationmap.city import City

    register = City.open(city).register
    if not action:
        _show(register.actions(kinds=("import",), limit=RECENT), as_json=as_json)
        return
    found = _import(register, action)
    try:
        receipt = register.undo(
            found.id, action=str(uuid.uuid4()), by="cli", keep_changed=keep, note=found.note
        )
    except Conflict as conflict:
        if conflict.params["entity"] == "action":
            raise
        changed = [f"{e.entity} {e.id}" for e in register.changed_since(found.id)]
        raise InputError(
            "nothing was undone: {count} rows of this import were changed since ({names}); with "
            "--keep they stay as they are and the rest is undone",
            count=len(changed),
            names=", ".join(changed[:_NAMED]) + (" …" if len(changed) > _NAMED else ""),
        ) from conflict
    if as_json:
        kept = [{"entity": entity, "id": own} for entity, own in receipt.kept]
        print_json(
            {"undone": found.id, "action": receipt.action, "rows": receipt.events, "kept": kept}
        )
        return
    say(
        N_("The import of {file} is undone: {rows} rows are as before it, {kept} were left alone."),
        file=found.note,
        rows=receipt.events,
        kept=len(receipt.kept),
    )


def _import(register: "Register", mark: str) -> "Action":
    """Return the import of a mark, or of its first signs."""
    wanted = mark.strip().lower()
    imports = register.actions(kinds=("import",), limit=_MOST)
    found = [one for one in imports if len(wanted) >= _SHORT and one.id.startswith(wanted)]
    if len(found) != 1:
        raise InputError(
            "there is no import {mark} in the register; `stationmap undo {city}` lists them. Map "
            "data such as streets, shops and facilities cannot be taken back: import the former "
            "file again",
            mark=mark[:40],
            city=said(N_("CITY")),
        )
    return found[0]


def _show(imports: list["Action"], *, as_json: bool) -> None:
    if as_json:
        print_json([_plain(one) for one in imports])
        return
    if not imports:
        say(N_("Nothing was imported into the register yet."))
    else:
        headings = (N_("Import"), N_("Time (UTC)"), N_("File"), N_("Rows changed"), N_("State"))
        state = {True: N_("undone"), False: N_("stands")}
        rows = [
            (
                one.id[:_SHORT],
                one.at[:16].replace("T", " "),
                one.note,
                str(one.events),
                said(state[one.undone_by is not None]),
            )
            for one in imports
        ]
        print_table([said(heading) for heading in headings], rows)
    tell(
        N_(
            "Map data (streets, shops, facilities, borders) are not listed and cannot be taken "
            "back; import the former file again."
        )
    )


def _plain(one: "Action") -> dict[str, Any]:
    return {
        "id": one.id,
        "at": one.at,
        "by": one.by,
        "file": one.note,
        "rows": one.events,
        "undone_by": one.undone_by,
    }
