"""Sessions: who is signed in, from where, since when; each can be ended at any time."""

import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass

import sqlalchemy as sa

from stationmap.store import models, passwords
from stationmap.store.accounts import Account
from stationmap.store.register import Register

IDLE = dt.timedelta(hours=2)
ABSOLUTE = dt.timedelta(hours=12)
NOTED = dt.timedelta(minutes=5)
"""How exactly it is kept when a session was last used."""
AGENT_LENGTH = 200


@dataclass(frozen=True)
class Session:
    """One sign-in that lasts; instants are UTC, ISO text."""

    id: str
    account_id: str
    created_at: str
    seen_at: str
    expires_at: str
    address: str
    agent: str


@dataclass(frozen=True)
class SignedIn:
    """Who a session belongs to; `must_change`: the password was chosen by somebody else."""

    account: Account
    session: Session
    must_change: bool


def begin(
    register: Register,
    account_id: str,
    *,
    address: str,
    agent: str,
    now: dt.datetime,
    password: str | None = None,
) -> str | None:
    """Begin a session; return its token, of which only the hash is kept.

    Parameters
    ----------
    register : Register
    account_id : str
    address, agent : str
        Network address and browser, for the list of sessions.
    now : datetime
        UTC.
    password : str, optional
        The `passwords.mark` of the password that was given for it: where another one stands by
        now, no session begins, and None is returned.
    """
    token, table = secrets.token_urlsafe(32), models.session
    row = {
        "token_sha256": _hash(token),
        "id": secrets.token_hex(8),
        "account_id": account_id,
        "created_at": _text(now),
        "seen_at": _text(now),
        "expires_at": _text(now + ABSOLUTE),
        "address": address,
        "agent": agent[:AGENT_LENGTH].replace("\0", ""),
    }
    with register.writing() as connection:
        if password is not None and password != passwords.mark_in(connection, account_id):
            return None
        connection.execute(
            sa.delete(table).where(
                (table.c.expires_at <= _text(now)) | (table.c.seen_at <= _text(now - IDLE))
            )
        )
        connection.execute(sa.insert(table), [row])
    return token


def find(register: Register, token: str, *, now: dt.datetime) -> SignedIn | None:
    """Return who a token belongs to; None where the session is over or the account disabled."""
    session, account, secret = models.session, models.ENTITIES["account"], models.secret
    chosen = (
        sa.select(session, account, secret.c.changed_at)
        .join(account, account.c.id == session.c.account_id)
        .outerjoin(secret, secret.c.account_id == account.c.id)
        .where(
            session.c.token_sha256 == _hash(token),
            session.c.expires_at > _text(now),
            session.c.seen_at > _text(now - IDLE),
            account.c.active,
        )
    )
    with register.reading() as connection:
        row = connection.execute(chosen).first()
    if row is None:
        return None
    own = row._mapping
    return SignedIn(
        Account.of_row({column.name: own[column] for column in account.columns}),
        Session(**{name: own[session.c[name]] for name in Session.__annotations__}),
        must_change=own[secret.c.changed_at] == "",
    )


def note(register: Register, session: Session, *, now: dt.datetime) -> None:
    """Keep that a session is used now; written only every `NOTED`."""
    if session.seen_at > _text(now - NOTED):
        return
    table = models.session
    with register.writing() as connection:
        connection.execute(
            sa.update(table).where(table.c.id == session.id).values(seen_at=_text(now))
        )


def of_account(register: Register, account_id: str, *, now: dt.datetime) -> list[Session]:
    """Return the sessions of an account that last, the one used last first."""
    table = models.session
    chosen = (
        sa.select(*(table.c[name] for name in Session.__annotations__))
        .where(
            table.c.account_id == account_id,
            table.c.expires_at > _text(now),
            table.c.seen_at > _text(now - IDLE),
        )
        .order_by(table.c.seen_at.desc(), table.c.id)
    )
    with register.reading() as connection:
        return [Session(**row) for row in connection.execute(chosen).mappings()]


def end(
    register: Register, account_id: str, *, session_id: str | None = None, keep: str | None = None
) -> int:
    """End sessions of an account; return how many.

    Parameters
    ----------
    register : Register
    account_id : str
    session_id : str, optional
        Only this one.
    keep : str, optional
        Id of the session that goes on.
    """
    table = models.session
    chosen = sa.delete(table).where(table.c.account_id == account_id)
    if session_id is not None:
        chosen = chosen.where(table.c.id == session_id)
    if keep is not None:
        chosen = chosen.where(table.c.id != keep)
    with register.writing() as connection:
        return connection.execute(chosen).rowcount


def signing_key(register: Register) -> str:
    """Return the key that signs the cookies of this register's city; made once."""
    table, name = models.setting, "signing_key"
    chosen = sa.select(table.c.value).where(table.c.name == name)
    with register.reading() as connection:
        found = connection.execute(chosen).scalar()
    if found is None:
        with register.writing() as connection:
            found = connection.execute(chosen).scalar()
            if found is None:
                found = secrets.token_hex(32)
                connection.execute(sa.insert(table), [{"name": name, "value": found}])
    return str(found)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _text(at: dt.datetime) -> str:
    return at.isoformat(timespec="milliseconds")
