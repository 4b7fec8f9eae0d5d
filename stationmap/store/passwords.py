"""Passwords: kept as argon2 hashes, and checked no faster than guessing allows."""

import datetime as dt
import hashlib
import secrets
import unicodedata
from functools import cache
from threading import BoundedSemaphore

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy.engine import Connection

from stationmap.errors import InputError
from stationmap.store import models
from stationmap.store.accounts import Account, login_name
from stationmap.store.register import Register

SHORTEST, LONGEST = 10, 128
FEWEST_SIGNS = 5  # different ones
FORGOTTEN = dt.timedelta(hours=24)
"""After so long without a failure the count begins anew."""
FREE = {"name": 5, "address": 20}
"""Failures without a wait: of one name, and of one address, behind which a whole office may be."""
FIRST_WAIT = dt.timedelta(seconds=5)
LONGEST_WAIT = {"name": dt.timedelta(minutes=15), "address": dt.timedelta(minutes=5)}
"""Each further failure doubles the wait, up to this: nobody is locked out for good."""

_HASHER = PasswordHasher()
# a check takes 64 MiB and a processor
_AT_ONCE = BoundedSemaphore(2)
_GUESSED = (
    "1234567890 12345678910 0123456789 qwertyuiop 1qaz2wsx3edc 1q2w3e4r5t password123 "
    "password1234 admin12345 admin123456 administrator woaini1314520"
)
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that looks like another


class SignInError(InputError):
    """The name or the password is wrong; the sentence does not say which.

    ``params["account"]`` is the account of that name, for the log alone.
    """


class TooSoonError(InputError):
    """Too many have failed, or too many try at once; the password was not looked at."""


def one_time() -> str:
    """Make a password to be handed over and changed at the first sign-in."""
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))
    return "-".join(groups)


def require_strong(password: str, *, name: str) -> None:
    """Refuse a password that is quickly guessed.

    Raises
    ------
    InputError
        It is shorter than `SHORTEST` or longer than `LONGEST` characters, holds the account's
        name, or is made of few different signs.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise InputError(
            "a password has {shortest} to {longest} characters; a few words in a row are easy to "
            "remember",
            shortest=SHORTEST,
            longest=LONGEST,
        )
    plain = unicodedata.normalize("NFKC", password).casefold()
    if name and name in plain:
        raise InputError("the password must not hold the account's name; choose another one")
    if len(set(plain)) < FEWEST_SIGNS or plain in _runs():
        raise InputError("this password is quickly guessed; choose another one")


def set_password(
    register: Register,
    account_id: str,
    password: str,
    *,
    now: dt.datetime | None,
    instead_of: str | None = None,
) -> bool:
    """Keep the hash of a password; return whether it was kept.

    Parameters
    ----------
    register : Register
    account_id : str
    password : str
    now : datetime or None
        The instant (UTC) at which its owner chose it; None for one that somebody else chose, and
        that must be changed at the next sign-in.
    instead_of : str, optional
        The `mark` of the password to replace: where another one stands by now, it stays.
    """
    with _AT_ONCE:
        hashed = _HASHER.hash(password)
    row = {
        "account_id": account_id,
        "password_hash": hashed,
        "changed_at": "" if now is None else _text(now),
    }
    with register.writing() as connection:
        if instead_of is not None and instead_of != mark_in(connection, account_id):
            return False
        connection.execute(sa.delete(models.secret).where(models.secret.c.account_id == account_id))
        connection.execute(sa.insert(models.secret), [row])
    return True


def mark(register: Register, account_id: str) -> str:
    """Return what tells an account's present password from others; "" where it has none."""
    with register.reading() as connection:
        return mark_in(connection, account_id)


def mark_in(connection: Connection, account_id: str) -> str:
    """Return the same as a connection sees it."""
    return _mark(_hash_of(connection, account_id))


def is_right(register: Register, account_id: str, password: str) -> bool:
    """Whether a password is the account's present one."""
    with register.reading() as connection:
        hashed = _hash_of(connection, account_id)
    return _matches(hashed, password)


def confirm(register: Register, account_id: str, password: str, *, now: dt.datetime) -> bool:
    """Whether a password is the present one of an account that is signed in.

    Whoever guesses waits longer and longer; signing in is counted apart from it.

    Raises
    ------
    TooSoonError
        Too many have failed; nothing was looked at.
    """
    key = f"own:{_digest(account_id)}"
    with register.writing() as connection:
        _refuse_too_soon(connection, {"own": key}, now)
        _count(connection, "name", key, now)
    if not is_right(register, account_id, password):
        return False
    with register.writing() as connection:
        connection.execute(sa.delete(models.attempt).where(models.attempt.c.key == key))
    return True


def sign_in(
    register: Register, name: str, password: str, *, address: str, now: dt.datetime
) -> tuple[Account, str]:
    """Return the account of a name and its password, and the `mark` of that password.

    Whoever guesses waits longer and longer, by the name and by the address guessed from. An
    unknown name, a disabled account and a wrong password take as long, and read the same.

    Parameters
    ----------
    register : Register
    name, password : str
        As typed.
    address : str
        Network address of who asks.
    now : datetime
        UTC.

    Raises
    ------
    SignInError
        There is no such account with this password.
    TooSoonError
        Too many have failed; nothing was looked at.
    """
    keys = {"name": login_name(name), "address": address}
    hashes = {kind: f"{kind}:{_digest(text)}" for kind, text in keys.items()}
    with register.writing() as connection:
        _refuse_too_soon(connection, hashes, now)
        # counted before the password is looked at: guesses at the same time each count
        for kind, key in hashes.items():
            _count(connection, kind, key, now)
    found = register.rows("account", name=login_name(name))
    account = Account.of_row(found[0]) if found else None
    with register.reading() as connection:
        hashed = _hash_of(connection, account.id) if account else None
    good = _matches(hashed, password)
    if account is None or not account.active or not good:
        raise SignInError("name or password is wrong; try again", account=account)
    with register.writing() as connection:
        attempt = models.attempt
        connection.execute(sa.delete(attempt).where(attempt.c.key == hashes["name"]))
        # the success itself is no failure of the address; those of before stay
        connection.execute(
            sa.update(attempt)
            .where(attempt.c.key == hashes["address"])
            .values(failures=attempt.c.failures - 1, until=None)
        )
    return account, _mark(hashed)


def _refuse_too_soon(connection: Connection, keys: dict[str, str], now: dt.datetime) -> None:
    chosen = sa.select(sa.func.max(models.attempt.c.until)).where(
        models.attempt.c.key.in_(keys.values())
    )
    until = connection.execute(chosen).scalar()
    if until and until > _text(now):
        left = dt.datetime.fromisoformat(until) - now
        raise TooSoonError(
            "too many attempts have failed; try again in {minutes} min, or ask your administrator "
            "for a new password",
            minutes=max(1, -(-left.seconds // 60)),
        )


def _count(connection: Connection, kind: str, key: str, now: dt.datetime) -> None:
    attempt = models.attempt
    connection.execute(sa.delete(attempt).where(attempt.c.last_at < _text(now - FORGOTTEN)))
    before = connection.execute(sa.select(attempt.c.failures).where(attempt.c.key == key)).scalar()
    failures = (before or 0) + 1
    over = failures - FREE[kind]
    wait = min(FIRST_WAIT * 2 ** min(over, 20), LONGEST_WAIT[kind]) if over >= 0 else None
    row = {
        "key": key,
        "failures": failures,
        "last_at": _text(now),
        "until": None if wait is None else _text(now + wait),
    }
    connection.execute(sa.delete(attempt).where(attempt.c.key == key))
    connection.execute(sa.insert(attempt), [row])


def _mark(hashed: str | None) -> str:
    return _digest(hashed)[:16] if hashed else ""


def _hash_of(connection: Connection, account_id: str) -> str | None:
    chosen = sa.select(models.secret.c.password_hash).where(
        models.secret.c.account_id == account_id
    )
    found: str | None = connection.execute(chosen).scalar()
    return found


def _matches(hashed: str | None, password: str) -> bool:
    with _AT_ONCE:
        try:
            _HASHER.verify(hashed or _nobodys(), password[: LONGEST + 1])
        except VerificationError:
            return False
    return hashed is not None


@cache
def _nobodys() -> str:
    """Hash that no password has, so that an unknown name takes as long as a known one."""
    return _HASHER.hash(secrets.token_hex(32))


@cache
def _runs() -> frozenset[str]:
    """Rows of keys, forwards and backwards, that stand for a password."""
    rows = frozenset(_GUESSED.split())
    return rows | {row[::-1] for row in rows}


def _digest(text: str) -> str:
    # what was typed as a name may be a password
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]


def _text(at: dt.datetime) -> str:
    return at.isoformat(timespec="milliseconds")
