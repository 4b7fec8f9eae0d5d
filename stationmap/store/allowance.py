"""How often something may be done without an account, by whom it comes from."""

import datetime as dt
import hashlib
import hmac
from collections.abc import Mapping

import sqlalchemy as sa

from stationmap.errors import InputError
from stationmap.store import models, sessions
from stationmap.store.register import Register


class TooOftenError(InputError):
    """The allowance is used up; ``params["minutes"]`` to wait."""


def take(
    register: Register, what: str, limits: Mapping[str, int], *, per: dt.timedelta, now: dt.datetime
) -> None:
    """Use one of what each of some sources may do in a time; nothing is used where one is refused.

    Parameters
    ----------
    register : Register
    what : str
        What is done, such as "remark".
    limits : mapping
        Source → how often it may in `per`: a network address, or a word for all together. Of it a
        keyed hash is kept that cannot be traced back, and that is another one every day (UTC).
    per : timedelta
    now : datetime
        UTC.

    Raises
    ------
    TooOftenError
        One of the sources has used up what it may.
    """
    table, key = models.attempt, sessions.signing_key(register).encode()
    at = now.isoformat(timespec="milliseconds")
    with register.writing() as connection:
        for source, limit in limits.items():
            name = f"{what} {at[:10]} {source}".encode("utf-8", "replace")
            own = f"{what}:{hmac.new(key, name, hashlib.sha256).hexdigest()[:32]}"
            row = connection.execute(sa.select(table).where(table.c.key == own)).first()
            used, until = 0, (now + per).isoformat(timespec="milliseconds")
            if row is not None and row.until and row.until > at:
                used, until = row.failures, row.until
            if used >= limit:
                left = dt.datetime.fromisoformat(until) - now
                raise TooOftenError(
                    "That is too much at once, so it was not sent. Try again in {minutes} min; "
                    "what you wrote still stands below.",
                    minutes=max(1, -(-left.seconds // 60)),
                )
            connection.execute(sa.delete(table).where(table.c.key == own))
            values = {"key": own, "failures": used + 1, "last_at": at, "until": until}
            connection.execute(sa.insert(table), [values])
