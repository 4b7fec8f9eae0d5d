"""Names of accounts: one belongs to one account alone."""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stationmap.errors import InputError
from stationmap.store.models import account


def refuse_taken(connection: Connection, name: str, *, but: str) -> None:
    """Refuse a name that an account has; where it has to last, in the write that gives it.

    Parameters
    ----------
    connection : Connection
    name : str
        As it is stored, see `accounts.login_name`.
    but : str
        Id of the account that may have it.

    Raises
    ------
    InputError
        The name is taken.
    """
    other = sa.select(account.c.id).where(account.c.name == name, account.c.id != but).limit(1)
    if connection.scalar(other) is not None:
        raise InputError("there is an account {name} already; choose another name", name=name)
