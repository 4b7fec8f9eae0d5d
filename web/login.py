"""Signing in and out, and what everybody may do with their own account."""

import datetime as dt
import hashlib
import ipaddress
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import BoundedSemaphore

from flask import (
    Blueprint,
    Flask,
    Request,
    Response,
    abort,
    current_app,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user

from stationmap.errors import InputError, RegisterError
from stationmap.messages import N_, printable
from stationmap.store import passwords, sessions
from stationmap.store.accounts import Account
from stationmap.store.passwords import SignInError, TooSoonError
from web import desk
from web.access import allow, by_script, clock, log, log_after, me, public, visitor
from web.params import language
from web.words import WebError

login = Blueprint("login", __name__)

AGAIN = dt.timedelta(minutes=1)
_STATE = "stationmap.login"
# few at a time check passwords, each for a part of a second: the map itself needs threads too
_PLACES = BoundedSemaphore(4)
ENTRANCES = {
    "inspector": "/inspect/",
    "unit": "/home",
    "county": "/manage/stations",
    "city": "/manage/stations",
}
"""Where a role begins."""


class Visitor(UserMixin):  # type: ignore[misc]
    """Who is signed in, as Flask-Login knows them: by the token of the session."""

    def __init__(self, token: str, found: sessions.SignedIn) -> None:
        self.token = token
        self.account = found.account
        self.session = found.session
        self.must_change = found.must_change

    def get_id(self) -> str:
        """Return what the signed cookie carries."""
        return self.token


class _Logins(LoginManager):  # type: ignore[misc]
    def _update_remember_cookie(self, response: Response) -> Response:
        # nobody is remembered; asking would make every public answer vary by cookie
        return response


class _Cookies(SecureCookieSessionInterface):
    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Read the session; whoever sends none, as nearly every resident, costs nothing."""
        if self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)

    def get_cookie_secure(self, app: Flask) -> bool:
        """Keep the cookie off plain http wherever https is used; see `_is_safe`."""
        del app
        return request.is_secure


def cookie_name(city: Path) -> str:
    """Name the cookie of a city: several may be served by one host, on ports that share cookies."""
    return f"stationmap-{hashlib.sha256(str(city.resolve()).encode()).hexdigest()[:8]}"


def prepare(app: Flask) -> None:
    """Have `app` know who is signed in."""
    register = app.extensions["city"].register
    try:
        app.secret_key = sessions.signing_key(register)
    except RegisterError as error:
        # a city that cannot be written still shows its map; nobody can sign in meanwhile
        app.logger.warning("nobody can sign in: %s", error)
        app.secret_key = secrets.token_hex(32)
    app.extensions[_STATE] = {"not_before": dt.datetime.min.replace(tzinfo=dt.UTC)}
    app.config.update(
        CLOCK=lambda: dt.datetime.now(dt.UTC),
        SESSION_COOKIE_NAME=cookie_name(app.extensions["city"].path),
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
    )
    app.session_interface = _Cookies()
    logins = _Logins()
    logins.session_protection = None
    logins.init_app(app, add_context_processor=False)
    logins.user_loader(_load)


def _load(token: str) -> Visitor | None:
    register, now = desk.register(), clock()
    found = sessions.find(register, token, now=now)
    if found is None:
        return None
    _note(found.session)
    return Visitor(token, found)


def _note(lasting: sessions.Session) -> None:
    """Keep that a session is used, as far as the register is free to be written.

    What an open page asks by itself is no use of it.
    """
    state = current_app.extensions[_STATE]
    if by_script() or clock() < state["not_before"]:
        return
    try:
        sessions.note(desk.register(), lasting, now=clock())
    except RegisterError:
        # a long import holds it; pages need not wait for it one after the other
        state["not_before"] = clock() + AGAIN


@login.route("/login", methods=["GET", "POST"])
@public
def sign_in() -> ResponseReturnValue:
    """Ask for name and password, and go on to where one wanted to."""
    wrong, status = "", 200
    if not _is_safe():
        wrong, status = _unsafe(), 403
    elif request.method == "POST":
        try:
            return _begin(request.form.get("name", ""), request.form.get("password", ""))
        except SignInError as error:
            log("login", outcome="wrong", account=error.params["account"])
            wrong, status = error.render(language()), 401
        except TooSoonError as error:
            wrong, status = error.render(language()), 429
    elif (account := visitor()) is not None:
        return redirect(_onward(account), code=303)
    page = render_template(
        "login.html",
        wrong=wrong,
        safe=_is_safe(),
        folder="" if desk.register().rows("account") else desk.city().path.name,
        name=request.form.get("name", "")[:100],
        then=_own_path(request.values.get("next", "")),
    )
    return Response(page, status=status)


def _begin(name: str, password: str) -> ResponseReturnValue:
    register, now, address = desk.register(), clock(), request.remote_addr or ""
    with _place():
        account, mark = passwords.sign_in(register, name, password, address=address, now=now)
    log("login", account=account)
    agent = request.user_agent.string
    token = sessions.begin(
        register, account.id, address=address, agent=agent, now=now, password=mark
    )
    found = sessions.find(register, token, now=now) if token else None
    if token is None or found is None:
        raise SignInError("name or password is wrong; try again", account=account)
    _forget()
    login_user(Visitor(token, found))
    return redirect(_onward(account), code=303)


@contextmanager
def _place() -> Iterator[None]:
    if not _PLACES.acquire(blocking=False):
        raise TooSoonError("many are signing in at this moment; try again in a few seconds")
    try:
        yield
    finally:
        _PLACES.release()


def _forget() -> None:
    """End the session of before, and all that its cookie carries: nothing of it is fixed."""
    if (account := visitor()) is not None:
        sessions.end(desk.register(), account.id, session_id=current_user.session.id)
    session.clear()


@login.post("/logout")
@allow("own")
def sign_out() -> ResponseReturnValue:
    """End this session."""
    log_after("logout")
    _forget()
    logout_user()
    return redirect(url_for("login.sign_in", out=1), code=303)


@login.get("/account")
@allow("own")
def own() -> ResponseReturnValue:
    """Show one's account, its sessions, and the form for a new password."""
    return _own_page()


def _own_page(wrong: str = "", *, status: int = 200) -> Response:
    lasting = sessions.of_account(desk.register(), me().id, now=clock())
    page = render_template(
        "account.html",
        account=me(),
        sessions=lasting,
        present=current_user.session.id,
        must_change=current_user.must_change,
        shortest=passwords.SHORTEST,
        wrong=wrong,
    )
    return Response(page, status=status)


@login.post("/account/password")
@allow("own")
def password() -> ResponseReturnValue:
    """Change one's password; the other sessions end."""
    register, typed = desk.register(), request.form.get("password", "")
    try:
        with _place():
            present = request.form.get("present", "")
            if not passwords.confirm(register, me().id, present, now=clock()):
                log_after("password", outcome="wrong")
                raise WebError("the present password is wrong; type it once more")
            if typed != request.form.get("again", ""):
                raise WebError("the two new passwords are not the same; type them once more")
            passwords.require_strong(typed, name=me().name)
            passwords.set_password(register, me().id, typed, now=clock())
    except InputError as error:
        if isinstance(error, RegisterError):
            raise
        status = 429 if isinstance(error, TooSoonError) else 400
        return _own_page(error.render(language()), status=status)
    sessions.end(register, me().id, keep=current_user.session.id)
    log_after("password")
    desk.say_done(N_("Your password is changed. Other places are signed out."))
    return redirect(url_for("login.own"), code=303)


@login.post("/account/sessions/end")
@allow("own")
def end_session() -> ResponseReturnValue:
    """End one of one's sessions (``session``), or all but this one."""
    chosen = request.form.get("session") or None
    if chosen and printable(chosen) != chosen:
        abort(404)
    ended = sessions.end(
        desk.register(),
        me().id,
        session_id=chosen,
        keep=None if chosen else current_user.session.id,
    )
    log_after("session.end", str(ended))
    desk.say_done(N_("Signed out elsewhere: {count}."), count=ended)
    return redirect(url_for("login.own"), code=303)


def _is_safe() -> bool:
    """Whether a password may travel: over https, or within this computer."""
    return request.is_secure or (_is_local(request.remote_addr) and _is_local(_host()))


def _host() -> str:
    return request.host.rpartition(":")[0].strip("[]") if ":" in request.host else request.host


def _is_local(address: str | None) -> bool:
    try:
        return ipaddress.ip_address(address or "").is_loopback
    except ValueError:
        return address == "localhost"


def _unsafe() -> str:
    return WebError(
        "Signing in needs https, so that nobody on the way reads the password. Ask who runs this "
        "server to put an https proxy before it and to start it with --proxy; on the server's own "
        "computer open http://localhost."
    ).render(language())


def _own_path(text: str) -> str:
    """Return a path of this server to go on to; "" for anything else."""
    own = re.fullmatch(r"/(?![/\\])[^\\\s\x00-\x1f]*", text)
    return text if own and not text.startswith(("/login", "/logout")) else ""


def _onward(account: Account) -> str:
    return _own_path(request.values.get("next", "")) or entrance(account)


def entrance(account: Account | None) -> str:
    """Return where the map's link leads: to sign in, or to where the account's role begins."""
    if account is None:
        return url_for("login.sign_in")
    path = ENTRANCES.get(account.role)
    if path is None:
        return url_for("login.own")
    return f"{path}?lang=en" if language() == "en" else path


def came_from() -> str:
    """Return the page of ours from which a form was sent; "" where that is not known."""
    own = request.host_url.rstrip("/")
    before = request.referrer or ""
    return _own_path(before.removeprefix(own)) if before.startswith(f"{own}/") else ""
