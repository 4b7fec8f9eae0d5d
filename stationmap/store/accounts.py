"""Accounts: who may sign in, in which role, and for which stations."""

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from stationmap.errors import InputError
from stationmap.store.events import Change
from stationmap.store.models import ENTITIES
from stationmap.store.register import Register
from stationmap.store.standing import refuse_taken

ROLES = ("inspector", "planner", "unit", "county", "city")


@dataclass(frozen=True)
class Account:
    """One account; its id stands in events and in the log, its name only here.

    Attributes
    ----------
    id : str
    name : str
        What its owner types to sign in.
    role : str
        One of `ROLES`.
    adcode : str
        Start of the codes of the districts it reaches; "" is the whole city. A unit's account
        carries the code of the unit's county, so that the county's administrator finds it.
    unit_id : str or None
        The unit of role "unit"; None for the other roles.
    active : bool
        A disabled account cannot sign in.
    """

    id: str
    name: str
    role: str
    adcode: str
    unit_id: str | None
    active: bool

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> "Account":
        """Take an account from its row in the register."""
        return cls(
            id=row["id"],
            name=row["name"] or "",
            role=row["role"] or "",
            adcode=row["adcode"] or "",
            unit_id=row["unit_id"] or None,
            active=bool(row["active"]),
        )

    def covers(self, adcode: str | None, unit_id: str | None) -> bool:
        """Whether what lies in a district and belongs to a unit is within this account's scope.

        Parameters
        ----------
        adcode : str or None
            Where it lies; None (not known) is reached only from the whole city.
        unit_id : str or None
            The unit it belongs to; None for none.
        """
        if self.role == "unit":
            return bool(self.unit_id) and unit_id == self.unit_id
        if self.role == "city" or not self.adcode:
            return self.role in ROLES
        return bool(adcode) and str(adcode).startswith(self.adcode)


@dataclass(frozen=True)
class Unit:
    """A unit that an account can be made for.

    Attributes
    ----------
    id, name : str
    adcode : str
        Where it is, as the list of units says; else where its stations are, if they are all in
        one district; "" if not known.
    reaches : frozenset of str
        Codes of all that it has, its own among them; "" is one that is not known.
    """

    id: str
    name: str
    adcode: str
    reaches: frozenset[str]

    def lies_in(self, adcode: str) -> bool:
        """Whether all of it lies in a district; "" is the whole city."""
        return all(code.startswith(adcode) for code in self.reaches)


def login_name(text: str) -> str:
    """Return a name as it is compared: letters small, full-width signs narrow."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def accounts(register: Register) -> list[Account]:
    """Return all accounts by role, the city's first, and name."""
    found = [Account.of_row(row) for row in register.rows("account")]
    return sorted(found, key=lambda a: (-ROLES.index(a.role), a.adcode, a.name))


def by_name(register: Register, name: str) -> Account | None:
    """Return the account of a name; None where there is none."""
    found = register.rows("account", name=login_name(name))
    return Account.of_row(found[0]) if found else None


def units(register: Register) -> list[Unit]:
    """Return the units of the list of units and those that stations name by id, by name."""
    unit, station = ENTITIES["unit"], ENTITIES["station"]
    listed = sa.select(unit.c.id, unit.c.name, unit.c.adcode)
    at = (
        sa.select(station.c.unit_id, sa.func.min(station.c.unit), station.c.adcode)
        .where(station.c.unit_id.is_not(None))
        .group_by(station.c.unit_id, station.c.adcode)
    )
    with register.reading() as connection:
        stand, rows = connection.execute(at).all(), connection.execute(listed).all()
    names = {unit_id: name or unit_id for unit_id, name, _ in [*stand, *rows]}
    own = {unit_id: adcode or "" for unit_id, _, adcode in rows}
    reaches = defaultdict(set)
    for unit_id, _, adcode in [*stand, *rows]:
        reaches[unit_id].add(adcode or "")
    found = []
    for unit_id, name in names.items():
        codes = frozenset(reaches[unit_id])
        only = min(codes) if len(codes) == 1 else ""
        found.append(Unit(unit_id, name, own.get(unit_id) or only, codes))
    return sorted(found, key=lambda one: (one.name, one.id))


def checked(
    register: Register, *, name: str, role: str, adcode: str, unit_id: str | None
) -> dict[str, Any]:
    """Return the columns of an account.

    Parameters
    ----------
    register : Register
    name, role : str
    adcode : str
        See `Account`; of a unit the unit's own is taken, if it is known.
    unit_id : str or None

    Raises
    ------
    InputError
        The name or the role cannot be used, or the scope does not fit the role.
    """
    name = login_name(name)
    if not re.fullmatch(r"[\w.@-]{2,40}", name):
        raise InputError(
            "an account's name has 2 to 40 letters, digits, or signs of . @ - _, and no blanks"
        )
    if role not in ROLES:
        raise InputError("{role} is no role; choose one of the list", role=role[:40])
    adcode = "" if role == "city" else adcode.strip()
    if not re.fullmatch("[0-9]{0,12}", adcode) or 0 < len(adcode) < 6:
        raise InputError(
            "{adcode} is no code of a district; expected 6 to 12 digits, such as 330802",
            adcode=adcode[:40],
        )
    if role == "county" and not adcode:
        raise InputError("an account of a county needs the county's code, such as 330802")
    if role != "unit":
        return {"name": name, "role": role, "adcode": adcode, "unit_id": None}
    own = next((unit for unit in units(register) if unit.id == unit_id), None)
    if own is None:
        raise InputError(
            "an account of a unit needs a unit of the register; import the units first, then "
            "choose one"
        )
    return {"name": name, "role": role, "adcode": own.adcode or adcode, "unit_id": own.id}


def creation(register: Register, columns: Mapping[str, Any], *, action: str) -> Change:
    """Return the change that makes an account of `checked` columns.

    Its id tells nothing of its owner; the same action sent again makes the same account.

    Raises
    ------
    InputError
        The name is taken.
    """
    own = hashlib.sha256(f"account {action}".encode()).hexdigest()[:16]
    _refuse_taken(register, columns["name"], but=own)
    return Change("account", own, {**columns, "active": True}, expects=0)


def alteration(
    register: Register, account: Account, columns: Mapping[str, Any], *, expects: int | None
) -> list[Change]:
    """Return what gives an account other columns (see `checked`), or disables it.

    Where another account is to administer the city alone from then on, it has to stand as it does:
    two who disable each other at once meet a Conflict.

    Raises
    ------
    InputError
        The name is taken, or nobody would be left to administer the city.
    """
    whole = {"active": account.active, **columns}
    _refuse_taken(register, whole.get("name", account.name), but=account.id)
    changes = [Change("account", account.id, columns, expects=expects)]
    stays = whole["active"] and whole.get("role", account.role) == "city"
    if account.role == "city" and account.active and not stays:
        rows = register.rows("account", role="city", active=True)
        other = next((row for row in rows if row["id"] != account.id), None)
        if other is None:
            raise InputError(
                "this is the only account that administers the whole city; make another one first"
            )
        changes.append(Change("account", other["id"], {}, expects=other["version"]))
    return changes


def _refuse_taken(register: Register, name: str, *, but: str) -> None:
    with register.reading() as connection:
        refuse_taken(connection, name, but=but)
