"""Scenarios (比选方案): stations as they would be, kept under a name, to compare, share and adopt.

A scenario is a list of changes (`stationmap.planning.changes`). Keeping one changes no station;
`stationmap.city.scenario_adopt` does.
"""

import datetime as dt
import itertools
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import pandas as pd

from stationmap import store
from stationmap.city.answers import Answers
from stationmap.city.wording import worded
from stationmap.errors import InputError
from stationmap.messages import N_, render
from stationmap.planning.changes import Change, read_changes
from stationmap.store import Receipt, Register
from stationmap.store.accounts import Account

ENTITY = KIND = "scenario"
"""Name of the entity, and kind of the actions that keep, change and delete one."""
NAME, NOTE = 80, 500  # characters
_DECIMALS = 10  # a centimetre more would open gaps again that points a spacing apart close
_NAMED = N_("Name of the scenario")
_NOTED = N_("Note")


@dataclass(frozen=True)
class Scenario:
    """One scenario as it stands.

    Attributes
    ----------
    id : str
        A UUID.
    name, note : str
    rule_id : str
        Spacing rule for which it was made; "" for none.
    changes : tuple of Change
    adcode : str
        Start of the codes of what its author looks after; "" is the whole city.
    by_id : str
        Account that made it, or "cli".
    at : str
        When it was changed last: UTC, ISO text.
    published : bool
        Whether everybody who has the link may read it, not only who is signed in.
    adopted : mapping
        Id of a change → id of the station that it made or changed.
    adopted_at : str
        UTC, ISO text; "" while nothing was adopted.
    version : int
        See `store.Change.expects`.
    """

    id: str
    name: str
    note: str
    rule_id: str
    changes: tuple[Change, ...]
    adcode: str
    by_id: str
    at: str
    published: bool
    adopted: Mapping[str, str]
    adopted_at: str
    version: int

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> "Scenario":
        """Take a scenario from its row in the register."""
        return cls(
            id=row["id"],
            changes=tuple(Change(**one) for one in row["changes"] or ()),
            published=bool(row["published"]),
            adopted=MappingProxyType(dict(row["adopted"] or {})),
            version=row["version"],
            **{
                name: row[name] or ""
                for name in ("name", "note", "rule_id", "adcode", "by_id", "at", "adopted_at")
            },
        )

    def changeable_by(self, account: Account) -> bool:
        """Whether an account may change and delete it: its author, or who looks after it all."""
        return account.id == self.by_id or (
            account.role in ("county", "city") and account.covers(self.adcode or None, None)
        )

    def counts(self) -> dict[str, int]:
        """Count its changes: ``new`` stations, and others ``moved``, ``closed`` or ``altered``.

        One that is closed counts as closed alone; one of another type or status, as altered.
        """
        kinds = [kind_of(change) for change in self.changes]
        return {kind: kinds.count(kind) for kind in KINDS}


KINDS: Mapping[str, str] = MappingProxyType(
    {
        "new": N_("New"),
        "moved": N_("Moved"),
        "closed": N_("Closed for good"),
        "altered": N_("Type or status changed"),
    }
)
"""What a change does → what it is called."""


def kind_of(change: Change) -> str:
    """Tell what a change does; a key of `KINDS`."""
    if change.is_new:
        return "new"
    if change.status == "closed":
        return "closed"
    return "moved" if change.lon is not None else "altered"


def get(register: Register, scenario_id: str) -> Scenario | None:
    """Return a scenario; None where there is none of this id."""
    row = register.get(ENTITY, scenario_id)
    return None if row is None else Scenario.of_row(row)


def listed(register: Register) -> list[Scenario]:
    """Return all scenarios, the one that was changed last first."""
    found = [Scenario.of_row(row) for row in register.rows(ENTITY)]
    return sorted(found, key=lambda one: (one.at, one.id), reverse=True)


def save(
    register: Register,
    answers: Answers,
    *,
    name: str,
    changes: Any,
    note: str = "",
    rule_id: str = "",
    adcode: str = "",
    action: str,
    by: str,
    now: dt.datetime,
    lang: str = "zh",
) -> tuple[Scenario, Receipt]:
    """Keep a new scenario.

    Parameters
    ----------
    register : Register
    answers : Answers
        The city: its types, rules and stations.
    name, note : str
        As typed; a name that another scenario has gets a number.
    changes : list of dict
        As `read_changes` takes them; at least one.
    rule_id : str
        A spacing rule of the pack, "" for none.
    adcode : str
        See `Scenario`.
    action : str
        The client's UUID: sent again it answers the same scenario.
    by : str
        Id of the account, or "cli".
    now : datetime
        The server's clock, with a zone.
    lang : str
        In which fields are named where one is wrong.

    Raises
    ------
    Conflict
        The action was taken with other content.
    InputError
        The name is missing or too long, a change cannot be read, or there is none; nothing was
        saved.
    """
    scenario_id = str(uuid.uuid5(_uuid(action), ENTITY))
    request = {"name": name, "note": note, "rule": rule_id, "changes": changes}
    receipt = register.again(action, kind=KIND, request=request)
    if receipt is None:
        worded_as = _worded(name=name, note=note, lang=lang)
        after = {
            **worded_as,
            "name": _free(worded_as["name"], {row["name"] for row in register.rows(ENTITY)}),
            "rule_id": _rule(answers, rule_id),
            "changes": _changes(answers, changes),
            "adcode": adcode,
            "by_id": by,
            "at": _instant(now),
            "published": False,
        }
        receipt = register.write(
            [store.Change(ENTITY, scenario_id, after, expects=0)],
            action=action,
            by=by,
            kind=KIND,
            request=request,
        )
    found = get(register, scenario_id)
    if found is None:
        raise InputError("This scenario was deleted meanwhile; nothing was saved.")
    return found, receipt


def change(
    register: Register,
    answers: Answers,
    scenario: Scenario,
    *,
    name: str | None = None,
    note: str | None = None,
    changes: Any = None,
    published: bool | None = None,
    version: int,
    action: str,
    by: str,
    now: dt.datetime,
    lang: str = "zh",
) -> Receipt:
    """Give a scenario another name, note or other changes, or publish it; None leaves as it is.

    See `save` for the other parameters; `version` is the one that was read.

    Raises
    ------
    Conflict
        Somebody else changed it meanwhile.
    InputError
        See `save`; or the changes of one that was adopted are to be others.
    """
    request = {"id": scenario.id, "version": version, "name": name, "note": note}
    request |= {"changes": changes, "published": published}
    if receipt := register.again(action, kind=KIND, request=request):
        return receipt
    after: dict[str, Any] = _worded(name=name, note=note, lang=lang)
    if published is not None:
        after["published"] = published
    if changes is not None:
        wanted = _changes(answers, changes)
        if scenario.adopted and wanted != [one.as_json() for one in scenario.changes]:
            raise InputError(
                "This scenario was adopted, so its stations stay as they were adopted; nothing was "
                "saved. Keep yours under another name."
            )
        after["changes"] = wanted
    return register.write(
        [store.Change(ENTITY, scenario.id, {**after, "at": _instant(now)}, expects=version)],
        action=action,
        by=by,
        kind=KIND,
        request=request,
    )


def delete(
    register: Register, scenario: Scenario, *, version: int, action: str, by: str
) -> Receipt:
    """Delete a scenario; the stations that were planned from it stay. `Register.undo` undoes it.

    Raises
    ------
    Conflict
        Somebody else changed it meanwhile.
    """
    request = {"id": scenario.id, "version": version, "delete": True}
    return register.again(action, kind=KIND, request=request) or register.write(
        [store.Change(ENTITY, scenario.id, None, expects=version)],
        action=action,
        by=by,
        kind=KIND,
        request=request,
    )


def left_out(answers: Answers, scenario: Scenario) -> tuple[tuple[Change, ...], tuple[str, ...]]:
    """Return the changes that can still be made, and the ids of stations that are there no more."""
    known = set(answers.stations()["station_id"])
    there = tuple(c for c in scenario.changes if c.is_new or c.station_id in known)
    gone = tuple(c.station_id for c in scenario.changes if c not in there)
    return there, gone


def host_names(answers: Answers, ids: Collection[str]) -> dict[str, str]:
    """Name those shops and facilities of some ids that are there; "" for one without a name."""
    parts = [answers.layer("shops"), answers.facilities()]
    found = pd.concat([part.loc[part["id"].isin(ids), ["id", "name"]] for part in parts])
    return dict(zip(found["id"].astype("str"), found["name"].fillna("").astype("str"), strict=True))


def _worded(*, name: str | None, note: str | None, lang: str) -> dict[str, Any]:
    found = {}
    if name is not None:
        what = render(_NAMED, {}, lang=lang)
        found["name"] = worded(name, what=what, limit=NAME, required=True)
    if note is not None:
        found["note"] = worded(note, what=render(_NOTED, {}, lang=lang), limit=NOTE)
    return found


def _free(name: str, taken: Collection[str]) -> str:
    """Return a name, with a number where another scenario has it: two alike could not be told."""
    tails = itertools.chain([""], (f" ({number})" for number in itertools.count(2)))
    names = (name[: NAME - len(tail)] + tail for tail in tails)
    return next(one for one in names if one not in taken)


def _rule(answers: Answers, rule_id: str) -> str:
    known = [rule.id for rule in answers.pack.rules if rule.kind == "spacing"]
    if rule_id and rule_id not in known:
        raise InputError(
            "the standard has no spacing rule {rule}; nothing was saved. Choose one of: {known}",
            rule=rule_id[:40],
            known=", ".join(known) or "–",
        )
    return rule_id


def _changes(answers: Answers, rows: Any) -> list[dict[str, Any]]:
    found = read_changes(
        rows,
        types=[one.id for one in answers.pack.site_types],
        known=set(answers.stations()["station_id"]),
    )
    if not found:
        raise InputError(
            "This scenario changes no station; nothing was saved. Add or move one first."
        )
    return [
        {
            name: round(value, _DECIMALS) if isinstance(value, float) else value
            for name, value in one.as_json().items()
        }
        for one in found
    ]


def _uuid(action: str) -> uuid.UUID:
    return uuid.UUID(store.events.action_of(action))


def _instant(now: dt.datetime) -> str:
    return now.astimezone(dt.UTC).isoformat(timespec="milliseconds")
