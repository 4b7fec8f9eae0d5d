"""Clients that are signed in: an account of any role and scope, without typing a password."""

import datetime as dt
import uuid
from itertools import count

import pytest
from argon2 import PasswordHasher

from stationmap.store import passwords, sessions
from stationmap.store.accounts import Account
from stationmap.store.events import Change

_NUMBERS = count(1)


@pytest.fixture
def cheap_hashes(monkeypatch):
    """Hashes that cost next to nothing, where many passwords are tried."""
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_HASHER", hasher)
    passwords._nobodys.cache_clear()
    yield
    passwords._nobodys.cache_clear()


def account(register, *, role="city", adcode="", unit_id=None, name=None, active=True):
    """Make an account in a register."""
    own = Account(
        id=uuid.uuid4().hex[:16],
        name=name or f"{role}{next(_NUMBERS)}",
        role=role,
        adcode=adcode,
        unit_id=unit_id,
        active=active,
    )
    columns = {name: value for name, value in vars(own).items() if name != "id"}
    change = Change("account", own.id, columns, expects=0)
    register.write([change], action=str(uuid.uuid4()), by="cli", kind="account")
    return own


def client(app, *, role="city", adcode="", unit_id=None, own=None):
    """Return a client signed in with a new account, or with `own`; it has ``account``."""
    register = app.extensions["city"].register
    own = own or account(register, role=role, adcode=adcode, unit_id=unit_id)
    made = app.test_client()
    sign_in(made, own)
    return made


def sign_in(made, own):
    """Sign a client in as an account."""
    app = made.application
    token = sessions.begin(
        app.extensions["city"].register,
        own.id,
        address="127.0.0.1",
        agent="test",
        now=app.config["CLOCK"]().astimezone(dt.UTC),
    )
    with made.session_transaction() as session:
        session["_user_id"] = token
        session["_fresh"] = True
    made.account = own


def token(made):
    """Return the form token of a client's session, for ``csrf_token`` or X-CSRFToken."""
    page = made.get("/account")
    if page.status_code != 200:
        page = made.get("/login")
    return page.text.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]


def post(made, path, data=None, *, action=None, **options):
    """Post a form with its token and the mark of its action."""
    fields = {"csrf_token": token(made), "action": action or str(uuid.uuid4()), **(data or {})}
    return made.post(path, data=fields, **options)


def cookie_name(made):
    """Return what a client's city calls its cookie."""
    return made.application.config["SESSION_COOKIE_NAME"]


def cookie(made, address):
    """Return a client's cookie as a browser's context takes it (``add_cookies``)."""
    name = cookie_name(made)
    return {"name": name, "value": made.get_cookie(name).value, "url": address}
