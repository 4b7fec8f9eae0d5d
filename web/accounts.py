"""Accounts of others: an administrator makes, changes and disables those within their scope."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from stationmap.errors import InputError, RegisterError
from stationmap.messages import N_
from stationmap.store import accounts as store
from stationmap.store import passwords, sessions
from stationmap.store.accounts import Account, Unit
from web import desk
from web.access import allow, log_after, me
from web.browsers import browser_name
from web.caching import present
from web.params import Params, language
from web.station_rows import sent_before
from web.words import WebError, say

accounts = Blueprint("accounts", __name__, url_prefix="/manage/accounts")
accounts.add_app_template_filter(browser_name, "browser")

WHOLE = "all"
"""What the form sends for the whole city, so that nobody gives it by leaving a field alone."""
_STATE = "stationmap.first_passwords"
ROLES: Mapping[str, str] = MappingProxyType(
    {
        "city": N_("City administrator"),
        "county": N_("County administrator"),
        "unit": N_("Unit administrator"),
        "planner": N_("Planner"),
        "inspector": N_("Inspector"),
    }
)
# role -> the roles whose accounts it looks after
GIVES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"city": tuple(ROLES), "county": ("unit", "planner", "inspector")}
)


def role_name(role: str | None) -> str:
    """Name a role for people."""
    return say(ROLES.get(role or "", role or ""), lang=language())


def looks_after(account: Account) -> bool:
    """Whether an account is one that the present administrator may change."""
    if account.role not in GIVES.get(me().role, ()):
        return False
    return me().role == "city" or (bool(me().adcode) and account.adcode.startswith(me().adcode))


@accounts.get("")
@allow("account.manage")
def listed() -> ResponseReturnValue:
    """List the accounts within scope (``?q=&role=``)."""
    params = Params.of_request()
    words, role = params.text("q").casefold(), params.one_of("role", ROLES, default="")
    found = [
        account
        for account in store.accounts(desk.register())
        if (looks_after(account) or account.id == me().id)
        and words in account.name
        and role in ("", account.role)
    ]
    return render_template(
        "accounts.html",
        accounts=found,
        scopes={account.id: scope_name(account) for account in found},
        roles=[(key, role_name(key)) for key in ROLES],
        words=params.text("q"),
        role=role,
    )


@accounts.route("/new", methods=["GET", "POST"])
@allow("account.manage")
def new() -> ResponseReturnValue:
    """Make an account; its first password is shown once, to be handed over."""
    if request.method == "GET":
        return _form(None, {"role": "", "adcode": me().adcode})
    try:
        columns = _asked()
        change = store.creation(desk.register(), columns, action=desk.action_id())
        desk.submit([change], kind="account", logged="account.add")
    except InputError as error:
        return _again(None, error)
    return _hand_over(change.id, instead_of="")


@accounts.route("/<account_id>", methods=["GET", "POST"])
@allow("account.manage")
def edit(account_id: str) -> ResponseReturnValue:
    """Show and change one account."""
    account, version = _one(account_id)
    if request.method == "GET":
        return _form(
            account, vars(account) | {"version": version, "adcode": account.adcode or WHOLE}
        )
    if sent_before():
        return redirect(url_for("accounts.listed"), code=303)
    try:
        changes = store.alteration(desk.register(), account, _asked(), expects=_version())
        desk.submit(changes, kind="account", logged="account.change")
    except InputError as error:
        return _again(account, error)
    desk.say_done(N_("The account is saved."))
    return redirect(url_for("accounts.listed"), code=303)


@accounts.post("/<account_id>/password")
@allow("account.manage")
def reset(account_id: str) -> ResponseReturnValue:
    """Give an account a new first password, and sign it out everywhere."""
    account, _ = _one(account_id)
    if account.id == me().id:
        raise WebError("Change your own password under “My account”.")
    return _hand_over(account.id, instead_of=request.form.get("present", ""))


@accounts.get("/<account_id>/password")
@allow("account.manage")
def first_password(account_id: str) -> ResponseReturnValue:
    """Show the password that was just made, once; from then on, that it was shown."""
    account, _ = _one(account_id)
    password = _made().pop((me().id, account.id), None)
    if password and not passwords.is_right(desk.register(), account.id, password):
        password = None
    return render_template("account_password.html", account=account, password=password)


@accounts.post("/<account_id>/state")
@allow("account.manage")
def state(account_id: str) -> ResponseReturnValue:
    """Disable an account, or put it back in use (``active=1``)."""
    account, _ = _one(account_id)
    active = request.form.get("active") == "1"
    if account.id == me().id:
        raise WebError("You cannot disable your own account; ask another administrator.")
    if sent_before():
        return redirect(url_for("accounts.listed"), code=303)
    changes = store.alteration(desk.register(), account, {"active": active}, expects=None)
    logged = "account.enable" if active else "account.disable"
    desk.submit(changes, kind="account", logged=logged)
    if not active:
        sessions.end(desk.register(), account.id)
    template = N_("{name} can sign in again.") if active else N_("{name} cannot sign in any more.")
    desk.say_done(template, name=account.name)
    return redirect(url_for("accounts.listed"), code=303)


def scope_name(account: Account) -> str:
    """Say in words what an account reaches."""
    place = present().district_name(account.adcode) if account.adcode else ""
    if account.role != "unit":
        return place or say(N_("The whole city"), lang=language())
    names = {unit.id: unit.name for unit in store.units(desk.register())}
    return names.get(account.unit_id or "", account.unit_id or "")


def _one(account_id: str) -> tuple[Account, int]:
    row = desk.register().get("account", account_id)
    if row is None:
        abort(404)
    account = Account.of_row(row)
    if not looks_after(account):
        log_after("refused", f"{request.path}", outcome="scope")
        abort(404)
    return account, int(row["version"])


def _version() -> int:
    """Version at which the form was shown; 0, which no account has, where it does not say."""
    text = request.form.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 16 else 0


def _asked() -> dict[str, Any]:
    """Return the columns of the form, if whoever asks may give that role and scope."""
    form = request.form
    role, place = form.get("role", ""), form.get("adcode", "")
    if not role:
        raise WebError("Choose the account's role; nothing was saved.")
    if role == "county" and place in {"", WHOLE}:
        raise WebError("Choose the district that a county administrator looks after.")
    if role in {"planner", "inspector"} and not place:
        raise WebError("Choose the district that the account reaches, or the whole city.")
    columns = store.checked(
        desk.register(),
        name=form.get("name", ""),
        role=role,
        adcode="" if place == WHOLE else place,
        unit_id=form.get("unit_id") or None,
    )
    asked = Account(id="", active=True, **columns)
    beyond = asked.role == "unit" and asked.unit_id not in {unit.id for unit in _units()}
    if beyond or not looks_after(asked):
        raise WebError(
            "Accounts of this role, or of this place, are not yours to give; choose another one."
        )
    return columns


def _places() -> list[tuple[str, str]]:
    own = me().adcode
    found = {k: v for k, v in present().counties.items() if k.startswith(own)}
    return list(found.items()) if not own or own in found else [
        (own, present().district_name(own)), *found.items()
    ]  # fmt: skip


def _units() -> list[Unit]:
    return [unit for unit in store.units(desk.register()) if unit.lies_in(me().adcode)]


def _form(
    account: Account | None, values: Mapping[str, Any], *, wrong: str = "", status: int = 200
) -> Response:
    page = render_template(
        "account_edit.html",
        account=account,
        present_password=passwords.mark(desk.register(), account.id) if account else "",
        values=values,
        roles=[(key, role_name(key)) for key in GIVES[me().role]],
        places=_places(),
        units=_units(),
        whole=WHOLE,
        wrong=wrong,
    )
    return Response(page, status=status)


def _again(account: Account | None, error: InputError) -> Response:
    if isinstance(error, RegisterError):
        raise error
    return _form(account, request.form, wrong=error.render(language()), status=400)


def _hand_over(account_id: str, *, instead_of: str) -> ResponseReturnValue:
    """Make a first password, unless another one was made since the form was shown."""
    password = passwords.one_time()
    if passwords.set_password(
        desk.register(), account_id, password, now=None, instead_of=instead_of
    ):
        sessions.end(desk.register(), account_id)
        log_after("account.password", account_id)
        _made()[me().id, account_id] = password
    return redirect(url_for("accounts.first_password", account_id=account_id), code=303)


def _made() -> dict[tuple[str, str], str]:
    """First passwords that were not shown yet, by who made them and whose they are."""
    found: dict[tuple[str, str], str] = current_app.extensions.setdefault(_STATE, {})
    return found
