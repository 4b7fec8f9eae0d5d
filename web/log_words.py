"""Lines of the log in the reader's words: what was done, and on what, with names and links."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from flask import url_for

from stationmap.messages import N_
from stationmap.store import audit as log_book
from stationmap.store.events import Action
from stationmap.store.register import Register
from web import desk
from web.import_words import kind_label
from web.words import catalogue, say

ACTIONS: Mapping[str, str] = MappingProxyType(
    {
        "login": N_("Sign in"),
        "logout": N_("Sign out"),
        "session.end": N_("Sign out elsewhere"),
        "password": N_("Change own password"),
        "change": N_("Change the register"),
        "contact.read": N_("Read contacts"),
        "export": N_("Export"),
        "refused": N_("Turned away"),
        "account.password": N_("New password for an account"),
        "account.add": N_("Add an account"),
        "account.change": N_("Change an account"),
        "account.disable": N_("Disable an account"),
        "account.enable": N_("Put an account back in use"),
        "db.restore": N_("Restore a backup"),
    }
)
# kind of a change of the register -> what was done; where a kind is not here, its log's action says
KINDS: Mapping[str, str] = MappingProxyType(
    {
        "create": N_("Enter a station"),
        "edit": N_("Edit a station"),
        "move": N_("Move a station"),
        "status": N_("Change a station's status"),
        "contact": N_("Change a contact"),
        "merge": N_("Merge stations"),
        "import": N_("Import"),
        "locate": N_("Locate stations"),
        "closure": N_("Closure notice: enter or change"),
        "restock": N_("Supplies: report or settle"),
        "application": N_("Application: make or decide"),
        "remark": N_("Residents' remark: answer"),
        "inspect": N_("Inspection"),
        "void": N_("Void this inspection"),
        "order": N_("Order: answer, return, extend or withdraw"),
        "draw": N_("Draw sites for visits"),
        "rounds": N_("Lay out or assign rounds"),
        "scenario": N_("Scenario: keep, change or delete"),
        "plan": N_("Scenario: adopt"),
        "account": ACTIONS["account.change"],
        "undo": N_("Undo"),
        "redo": N_("Undo an undo"),
    }
)
# what an export tells the log, where that is no heading of a page
EXPORTS: Mapping[str, str] = MappingProxyType(
    {
        "stations": N_("Station register"),
        "locate": N_("To locate"),
        "import": N_("Import"),
        "audit": N_("Log"),
        "draw": N_("Draws and rounds"),
        "supervision": N_("Supervision"),
    }
)
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_CHANGE = re.compile(rf"(?P<kind>\w+)(?: (?P<about>.+))? (?P<action>{_UUID})")


@dataclass(frozen=True)
class Told:
    """What a line tells: its action, its object and the object's address ("" for none)."""

    what: str
    text: str = ""
    href: str = ""


class Words:
    """What lines of the log tell; things that several lines name are looked up once.

    Parameters
    ----------
    register : Register
    names : mapping
        Names of the accounts that the reader may know, by id.
    lang : str
    linked : bool
        Whether addresses are wanted: they need a request, which a table that is still being sent
        has no more.
    """

    def __init__(
        self, register: Register, *, names: Mapping[str, str], lang: str, linked: bool
    ) -> None:
        self._register = register
        self._linked = linked
        self._names = names
        self._lang = lang
        self._rows: dict[tuple[str, str], Mapping[str, Any]] = {}
        self._actions: dict[str, Action | None] = {}

    def told(self, line: log_book.Line) -> Told:
        """Return what a line tells; of what cannot be read, the line itself."""
        action, subject = line["action"] or "", line["object"] or ""
        what = self._word(ACTIONS.get(action, action))
        if action == "change" and (parts := _CHANGE.fullmatch(subject)):
            return self._change(what, parts["kind"], parts["about"] or "", parts["action"])
        if action == "contact.read":
            return Told(what, *self._thing("station", subject.removeprefix("station:")))
        if action.startswith("account."):
            return Told(what, *self._thing("account", subject))
        if action == "session.end":
            return Told(what, self._say(N_("{count} places"), count=subject))
        if action == "export":
            return Told(what, self._exported(subject))
        if action == "refused":
            # what lies out of the reader's scope may stand in it: no name is looked up
            return Told(what, self._place(subject))
        return Told(what, subject)

    def _change(self, what: str, kind: str, about: str, action_id: str) -> Told:
        what = self._word(KINDS[kind]) if kind in KINDS else what
        entity, _, own = about.partition(":")
        if own:
            return Told(what, *self._thing(entity, own))
        href = (
            "" if kind == "account" else self._address("manage_history.change", action_id=action_id)
        )
        if kind == "import" and about:
            return Told(what, kind_label(about, self._lang), href)
        action = self._action(action_id)
        if action is None:
            return Told(what)
        if kind in {"undo", "redo"}:
            what = f"{what} · {self._word(KINDS.get(action.kind, action.kind))}"
        if action.events == 1:
            event = self._register.events(action_id, limit=1)[0]
            text, _ = self._thing(event.entity, event.id)
            return Told(what, text, href)
        return Told(what, self._say(N_("{count} changes"), count=action.events), href)

    def _thing(self, entity: str, own: str) -> tuple[str, str]:
        """Return the name of a row, or of the station it is about, and its address."""
        if entity == "account":
            if own not in self._names:
                return own, ""
            return self._names[own], self._address("accounts.edit", account_id=own)
        row = self._row(entity, own)
        station = own if entity in {"station", "contact"} else str(row.get("station_id") or "")
        name = row.get("name") or self._row("station", station).get("name") or station or own
        href = self._address("manage_history.history", id=station) if station else ""
        return str(name), href

    def _row(self, entity: str, own: str) -> Mapping[str, Any]:
        if (entity, own) not in self._rows:
            register = self._register
            found: Mapping[str, Any] = (register.get(entity, own) if own else None) or {}
            if own and not found:
                last = register.history(entity, own, limit=1)
                found = (last[0].before if last else None) or {}
            self._rows[entity, own] = found
        return self._rows[entity, own]

    def _action(self, own: str) -> Action | None:
        if own not in self._actions:
            self._actions[own] = self._register.action(own)
        return self._actions[own]

    def _exported(self, subject: str) -> str:
        title, _, count = subject.rpartition(" ")
        if not count.isdecimal():
            title, count = subject, ""
        name = self._word(EXPORTS.get(title, title))
        return self._say(N_("{what}: {count} rows"), what=name, count=count) if count else name

    def _place(self, subject: str) -> str:
        if not subject.startswith("/"):
            return ""
        inside = [
            p for p in desk.NAVIGATION if f"{subject} ".startswith((p.path + "/", p.path + " "))
        ]
        return self._word(inside[0].label) if inside else ""

    def _address(self, endpoint: str, **values: Any) -> str:
        return url_for(endpoint, **values) if self._linked else ""

    def _word(self, text: str) -> str:
        """Translate a text without fields, which may be anything that was kept."""
        return catalogue(self._lang).get(text, text)

    def _say(self, template: str, **params: Any) -> str:
        return say(template, lang=self._lang, **params)
