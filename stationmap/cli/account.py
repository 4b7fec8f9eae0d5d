"""``stationmap account``: the first administrator, and help for who forgot a password."""

import datetime as dt
import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stationmap.cli.output import print_json, print_table, said, say, tell
from stationmap.errors import InputError
from stationmap.messages import N_

if TYPE_CHECKING:
    from stationmap.store import Register

account_app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None)

CityFolder = Annotated[
    Path, typer.Argument(metavar="CITY", help="城市文件夹 · the city's folder", show_default=False)
]
Name = Annotated[
    str, typer.Argument(metavar="NAME", help="账号名 · the account's name", show_default=False)
]

ROLES = {
    "city": N_("city administrator"),
    "county": N_("county administrator"),
    "unit": N_("unit administrator"),
    "planner": N_("planner"),
    "inspector": N_("inspector"),
}


@account_app.command("add")
def add(
    city: CityFolder,
    name: Name,
    role: Annotated[
        str,
        typer.Option(metavar="ROLE", help="角色 · role: city, county, unit, planner, inspector"),
    ] = "city",
    adcode: Annotated[
        str,
        typer.Option(metavar="CODE", help="区县代码 · code of its district", show_default=False),
    ] = "",
    unit: Annotated[
        str | None,
        typer.Option(metavar="ID", help="单位编号 · id of its unit", show_default=False),
    ] = None,
) -> None:
    r"""添加账号，密码按提示输入，或从标准输入读一行。 Add an account; its password is asked for.

    \b
    示例 Examples:
      stationmap account add demo-city admin
      stationmap account add demo-city kecheng --role county --adcode 330802
    """
    from stationmap.store import accounts, passwords

    register = _register(city)
    columns = accounts.checked(register, name=name, role=role, adcode=adcode, unit_id=unit)
    action = str(uuid.uuid4())
    change = accounts.creation(register, columns, action=action)
    password = _password(columns["name"])
    _write(register, [change], action=action)
    passwords.set_password(register, change.id, password, now=dt.datetime.now(dt.UTC))
    _log(register, "account.add", change.id)
    say(N_("{name} can sign in as {role}."), name=columns["name"], role=said(ROLES[role]))


@account_app.command("list")
def show(
    city: CityFolder,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="标准输出为一个 JSON 文档 · one JSON document on stdout"),
    ] = False,
) -> None:
    r"""列出所有账号。 List the accounts.

    \b
    示例 Examples:
      stationmap account list demo-city
    """
    from stationmap.store import accounts

    found = accounts.accounts(_register(city))
    if as_json:
        print_json([vars(account) for account in found])
        return
    if not found:
        say(N_("There is no account yet; make one with: stationmap account add {city} NAME"),
            city=city)  # fmt: skip
        return
    headings = (N_("Account"), N_("Role"), N_("District code"), N_("Unit id"), N_("State"))
    state = {True: N_("in use"), False: N_("disabled")}
    print_table(
        [said(heading) for heading in headings],
        [
            (a.name, said(ROLES[a.role]), a.adcode, a.unit_id or "", said(state[a.active]))
            for a in found
        ],
    )


@account_app.command("password")
def password(city: CityFolder, name: Name) -> None:
    r"""设置新密码，并结束该账号的所有登录。 Set a new password and end all its sessions.

    \b
    示例 Examples:
      stationmap account password demo-city admin
    """
    from stationmap.store import passwords, sessions

    register = _register(city)
    account = _account(register, name)
    passwords.set_password(
        register, account.id, _password(account.name), now=dt.datetime.now(dt.UTC)
    )
    sessions.end(register, account.id)
    _log(register, "account.password", account.id)
    say(N_("{name} has a new password, and is signed out everywhere."), name=account.name)


@account_app.command("disable")
def disable(
    city: CityFolder,
    name: Name,
    undo: Annotated[bool, typer.Option("--undo", help="重新启用 · put it back in use")] = False,
) -> None:
    r"""停用账号（不删除，记录保留）。 Disable an account; what it did stays on record.

    \b
    示例 Examples:
      stationmap account disable demo-city kecheng
      stationmap account disable demo-city kecheng --undo
    """
    from stationmap.store import accounts, sessions

    register = _register(city)
    account = _account(register, name)
    changes = accounts.alteration(register, account, {"active": undo}, expects=None)
    _write(register, changes, action=str(uuid.uuid4()))
    if not undo:
        sessions.end(register, account.id)
    _log(register, "account.enable" if undo else "account.disable", account.id)
    if undo:
        say(N_("{name} can sign in again."), name=account.name)
    else:
        say(N_("{name} cannot sign in any more."), name=account.name)


def _register(city: Path) -> "Register":
    from stationmap.city import City

    return City.open(city).register


def _account(register: "Register", name: str) -> Any:
    from stationmap.store import accounts

    found = accounts.by_name(register, name)
    if found is None:
        raise InputError(
            "there is no account {name}; `stationmap account list` shows them", name=name
        )
    return found


def _write(register: "Register", changes: Any, *, action: str) -> None:
    register.write(changes, action=action, by="cli", kind="account")


def _log(register: "Register", action: str, subject: str) -> None:
    from stationmap.store import audit

    audit.write(
        register,
        at=dt.datetime.now(dt.UTC),
        account=None,
        action=action,
        subject=subject,
        outcome="done",
        address="cli",
    )


def _password(name: str) -> str:
    """Take a password from the terminal, twice, or one line of standard input."""
    from stationmap.store import passwords

    if sys.stdin.isatty():
        tell(N_("The password has at least {count} characters."), count=passwords.SHORTEST)
        typed: str = typer.prompt(
            said(N_("Password")),
            hide_input=True,
            confirmation_prompt=said(N_("Once more")),
        )
    else:
        try:
            typed = sys.stdin.readline().rstrip("\r\n")
            typed.encode()
        except UnicodeError as error:
            raise InputError("the password is no text in UTF-8; type it, or send it so") from error
    passwords.require_strong(typed, name=name)
    return typed
