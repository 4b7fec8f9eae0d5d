"""Who may do what: one table of permissions, and what every route declares of it.

A route declares itself with `allow` or `public`; `guard` refuses an application in which one does
neither. Whoever is not signed in is sent to the sign-in page, or told so (401) where that would
lose what they typed; a role that may not gets 403; what lies out of scope is not there (404).
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeVar
from urllib.parse import urlencode

from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    current_app,
    g,
    redirect,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf.csrf import CSRFError, CSRFProtect

from stationmap.errors import RegisterError
from stationmap.store import audit
from stationmap.store.accounts import ROLES, Account
from web.params import language
from web.words import WebError

csrf = CSRFProtect()

_ALL = frozenset(ROLES)
_OFFICES = frozenset({"unit", "county", "city"})
_ADMINISTRATORS = frozenset({"county", "city"})

PERMISSIONS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "station.read": _ALL,
        "station.edit": _OFFICES,
        "station.manage": _ADMINISTRATORS,
        "contact.read": _OFFICES,
        "import": _ADMINISTRATORS,
        "application.make": frozenset({"unit"}),
        "application.decide": _ADMINISTRATORS,
        "closure": _OFFICES,
        "restock": _OFFICES,
        "remark.answer": _OFFICES,
        "inspect": _OFFICES | {"inspector"},
        "inspection.void": _ADMINISTRATORS,
        "order.read": _OFFICES | {"inspector"},
        "order.answer": _OFFICES,
        "order.manage": _ADMINISTRATORS,
        "supervise": _ADMINISTRATORS,
        "plan.read": _ALL,
        "plan.make": _ADMINISTRATORS | {"planner"},
        "account.manage": _ADMINISTRATORS,
        "audit.read": _ADMINISTRATORS,
        "own": _ALL,
    }
)
"""Permission → roles that have it, each within its own scope."""

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_Declared = TypeVar("_Declared", bound=Callable[..., Any] | Blueprint)
_View = TypeVar("_View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Access:
    """What a route declares: a permission, or None for everybody; the bytes its body may have."""

    permission: str | None
    body: int | None = None


class NotSignedInError(WebError):
    """Nobody is signed in where somebody must be."""


class NotAllowedError(WebError):
    """The role may not do this, or the form is not one of ours."""


def allow(permission: str, *, body: int | None = None) -> Callable[[_View], _View]:
    """Let a view be used by the roles that have a permission; directly under the route.

    Parameters
    ----------
    permission : str
        One of `PERMISSIONS`.
    body : int, optional
        Bytes that an upload may have; as few as everywhere unless given.
    """
    if permission not in PERMISSIONS:
        raise KeyError(permission)

    def mark(view: _View) -> _View:
        view.__dict__["access"] = Access(permission, body)
        return view

    return mark


def public(declared: _Declared) -> _Declared:
    """Let a view, or all of a blueprint's, be used by everybody."""
    declared.__dict__["access"] = Access(None)
    return declared


def access_of(app: Flask, endpoint: str) -> Access | None:
    """Return what a route declares; None where it declares nothing."""
    own: Access | None = app.view_functions[endpoint].__dict__.get("access")
    if own is not None or endpoint == "static":
        return own or Access(None)
    blueprint = app.blueprints.get(endpoint.rpartition(".")[0])
    found: Access | None = blueprint.__dict__.get("access") if blueprint else None
    return found


def guard(app: Flask) -> None:
    """Hold every route of `app` to what it declares.

    Raises
    ------
    LookupError
        A route declares nothing; the sentence names it.
    """
    bare = sorted({e for e in app.view_functions if access_of(app, e) is None})
    if bare:
        raise LookupError(f"routes that declare neither allow(…) nor public: {', '.join(bare)}")
    # asked for once it is known who asks, see `_admit`; good for as long as the session
    app.config.update(WTF_CSRF_CHECK_DEFAULT=False, WTF_CSRF_TIME_LIMIT=None)
    csrf.init_app(app)
    app.before_request(_admit)
    app.after_request(_unkept)


def visitor() -> Account | None:
    """Return the account that is signed in, in any view; None for a resident."""
    found: Account | None = getattr(current_user, "account", None)
    return found


def visitor_if_known() -> Account | None:
    """Return the same for pages that do without: None while the register does not answer."""
    try:
        return visitor()
    except RegisterError:
        return None


def me() -> Account:
    """Return the account of this request; only in views that `allow` somebody."""
    account: Account = g.account
    return account


def may(permission: str) -> bool:
    """Whether whoever is signed in has a permission."""
    account = visitor_if_known()
    return account is not None and account.role in PERMISSIONS[permission]


def by_script() -> bool:
    """Whether a script of a page asks, not a person who goes somewhere."""
    return request.headers.get("Sec-Fetch-Dest") == "empty"


def within(row: Mapping[str, Any] | None) -> None:
    """Answer 404, and log it, unless there is a row and it lies within the account's scope.

    Parameters
    ----------
    row : mapping or None
        With ``adcode`` and ``unit_id``, as far as the entity has them, and ``id``.
    """
    if row is None:
        abort(404)
    if not me().covers(row.get("adcode"), row.get("unit_id")):
        log_after("refused", f"{request.path} {row.get('id', '')}", outcome="scope")
        abort(404)


def clock() -> dt.datetime:
    """Return the present instant, UTC."""
    now: dt.datetime = current_app.config["CLOCK"]()
    return now


def log(
    action: str, subject: str = "", *, outcome: str = "done", account: Account | None = None
) -> None:
    """Write a line into the audit log: who, when, what, on what, how it ended.

    Call it before something private is shown or sent: what cannot be logged is not shown.

    Parameters
    ----------
    action : str
        What was done, such as "contact.read" or "export"; `web.audit.ACTIONS` names them.
    subject : str
        On what: an id, a path, a number of rows; no personal data.
    outcome : str
        "done", or why not.
    account : Account, optional
        Who, where it is not the one that is signed in.

    Raises
    ------
    RegisterError
        The log cannot be written.
    """
    audit.write(
        current_app.extensions["city"].register,
        at=clock(),
        account=account or visitor(),
        action=action,
        subject=subject,
        outcome=outcome,
        address=request.remote_addr or "",
    )


def log_after(action: str, subject: str = "", *, outcome: str = "done") -> None:
    """Write the same of what has happened already: a log out of reach is told to the operator."""
    try:
        log(action, subject, outcome=outcome)
    except RegisterError as error:
        current_app.logger.error("not in the log: %s %s %s: %s", action, subject, outcome, error)


def _admit() -> ResponseReturnValue | None:
    if request.endpoint is None:
        return None
    access = access_of(current_app, request.endpoint) or Access("own")
    if access.body is not None:
        request.max_content_length = access.body
    if access.permission is not None:
        answer = _known(access.permission)
        if answer is not None:
            return answer
    if request.method not in _SAFE:
        _ours()
    return None


def _unkept(response: Response) -> Response:
    """Keep what is not for everybody out of every cache."""
    access = access_of(current_app, request.endpoint) if request.endpoint else None
    if access is not None and (access.permission is not None or request.blueprint == "login"):
        response.headers["Cache-Control"] = "no-store"
    return response


def _known(permission: str) -> ResponseReturnValue | None:
    account = visitor()
    if account is not None and request.headers.get("X-Account", account.id) != account.id:
        account = None  # a page asks that was opened before somebody else signed in
    if account is None:
        if request.method in _SAFE and not by_script() and not request.path.startswith("/api/"):
            asked = request.full_path.rstrip("?")
            return redirect(url_for("login.sign_in", next=asked), code=303)
        raise NotSignedInError(
            "You are signed in no longer, and nothing was saved. Sign in again: what you typed is "
            "kept in this window."
        )
    g.account = account
    if account.role not in PERMISSIONS[permission]:
        _refused(permission)
        raise NotAllowedError("Your account may not do this. Ask your administrator if it should.")
    if current_user.must_change and permission != "own":
        if request.path.startswith("/api/"):
            raise NotAllowedError(
                "Choose a password of your own first, under “My account”; nothing was saved."
            )
        return redirect(url_for("login.own"), code=303)
    return None


def _ours() -> None:
    try:
        csrf.protect()
    except CSRFError:
        _refused("csrf")
        raise NotAllowedError(
            "This form is too old, and nothing was saved. Go back, load the page anew, and send it "
            "once more."
        ) from None


def _refused(outcome: str) -> None:
    if visitor() is not None:
        log_after("refused", request.path, outcome=outcome)


def here(**values: Any) -> str:
    """Address of the present page with some values of its query replaced."""
    if request.endpoint is None:
        return request.path
    # what is asked for is never an argument of url_for, which takes some names for its own
    path = url_for(request.endpoint, **(request.view_args or {})).partition("?")[0]
    query = {**request.args.to_dict(), **values}
    if language() == "en":
        query.setdefault("lang", "en")
    text = urlencode({name: value for name, value in query.items() if value is not None})
    return f"{path}?{text}" if text else path


def speak(app: Flask) -> None:
    """Keep the language in every address that `app` makes, and give its templates these names."""

    @app.url_defaults
    def _same_language(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint != "static" and request and language() == "en":
            values.setdefault("lang", "en")

    app.context_processor(lambda: {"lang": language()})
    app.jinja_env.globals.update(visitor=visitor_if_known, may=may, here=here)
