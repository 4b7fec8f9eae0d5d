"""Accounts: who may sign in, in which role, and for which stations."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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


def new_id() -> str:
    """Make the id of a new account: it tells nothing of its owner."""
    return secrets.token_hex(8)
