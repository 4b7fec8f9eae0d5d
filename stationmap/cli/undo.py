"""``stationmap undo``: take an import or an adoption back, or see which ones there were."""

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
_ADOPTION = "plan"
_KINDS = ("import", _ADOPTION)


def undo(
    city: Annotated[
        Path,
        typer.Argument(metavar="CITY", help="城市文件夹 · the city's folder", show_default=False),
    ],
    action: Annotated[
        str,
        typer.Argument(
            metavar="[ACTION]",
            help="要撤销的导入或列入拟建的编号；不写则列出最近的 · the import or adoption; none: "
            "list the last ones",
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
    r"""撤销一次导入或列入拟建；不写编号则列出最近的。 Take an import or adoption back.

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
        _show(register, register.actions(kinds=_KINDS, limit=RECENT), as_json=as_json)
        return
    found = _found(register, action)
    try:
        receipt = register.undo(
            found.id, action=str(uuid.uuid4()), by="cli", keep_changed=keep, note=found.note
        )
    except Conflict as conflict:
        if conflict.params["entity"] == "action":
            raise
        changed = [f"{e.entity} {e.id}" for e in register.changed_since(found.id)]
        raise InputError(
            "nothing was undone: {count} of its rows were changed since ({names}); with "
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
    if found.kind == _ADOPTION:
        told = N_(
            "The adoption of {scenario} is undone: {rows} rows are as before it, {kept} were left "
            "alone."
        )
    else:
        told = N_(
            "The import of {file} is undone: {rows} rows are as before it, {kept} were left alone."
        )
    say(
        told,
        file=found.note,
        scenario=_about(register, found),
        rows=receipt.events,
        kept=len(receipt.kept),
    )


def _found(register: "Register", mark: str) -> "Action":
    """Return the import or adoption of a mark, or of its first signs."""
    wanted = mark.strip().lower()
    imports = register.actions(kinds=_KINDS, limit=_MOST)
    found = [one for one in imports if len(wanted) >= _SHORT and one.id.startswith(wanted)]
    if len(found) != 1:
        raise InputError(
            "there is no import or adoption {mark} in the register; `stationmap undo {city}` lists "
            "them. Map data such as streets, shops and facilities cannot be taken back: import the "
            "former file again",
            mark=mark[:40],
            city=said(N_("CITY")),
        )
    return found[0]


def _show(register: "Register", imports: list["Action"], *, as_json: bool) -> None:
    if as_json:
        print_json([_plain(register, one) for one in imports])
        return
    if not imports:
        say(N_("Nothing was imported into the register yet."))
    else:
        headings = (
            N_("Import or adoption"),
            N_("Time (UTC)"),
            N_("File or scenario"),
            N_("Rows changed"),
            N_("State"),
        )
        state = {True: N_("undone"), False: N_("stands")}
        rows = [
            (
                one.id[:_SHORT],
                one.at[:16].replace("T", " "),
                _about(register, one),
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


def _about(register: "Register", one: "Action") -> str:
    """Tell the file of an import, or the scenario that was adopted."""
    if one.kind != _ADOPTION:
        return one.note
    scenario = register.get("scenario", one.note)
    return said(N_("scenario “{name}”"), name=scenario["name"] if scenario else one.note)


def _plain(register: "Register", one: "Action") -> dict[str, Any]:
    return {
        "id": one.id,
        "at": one.at,
        "by": one.by,
        "kind": one.kind,
        "file": _about(register, one),
        "rows": one.events,
        "undone_by": one.undone_by,
    }
