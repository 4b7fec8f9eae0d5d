"""What every page of an administrator does: reach the register, write an action, say it is done."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app, flash, get_flashed_messages, request

from stationmap.city import City
from stationmap.messages import N_
from stationmap.store.events import Change, Receipt, action_of
from stationmap.store.register import Register
from stationmap.store.standing import Check
from web.access import PERMISSIONS, log_after, may, me, visitor_if_known
from web.caching import present
from web.params import language
from web.words import say


@dataclass(frozen=True)
class Place:
    """One line of the side navigation."""

    path: str
    label: str
    permission: str


NAVIGATION = (
    Place("/manage/stations", N_("Station register"), "station.read"),
    Place("/manage/import", N_("Import"), "import"),
    Place("/manage/locate", N_("To locate"), "station.manage"),
    Place("/inspect/", N_("Inspection"), "inspect"),
    Place("/manage/orders", N_("Rectification orders"), "order.read"),
    Place("/manage/supervision", N_("Supervision"), "supervise"),
    Place("/plans", N_("Scenarios"), "plan.make"),
    Place("/manage/forms", N_("Forms"), "station.read"),
    Place("/manage/applications", N_("Applications"), "application.decide"),
    Place("/home", N_("Our unit"), "application.make"),
    Place("/home", N_("Units"), "application.decide"),
    Place("/manage/accounts", N_("Accounts"), "account.manage"),
    Place("/manage/audit", N_("Log"), "audit.read"),
)


def city() -> City:
    """Return the city behind the application."""
    found: City = current_app.extensions["city"]
    return found


def city_name() -> str:
    """Return the city's name."""
    return present().name


def register() -> Register:
    """Return the city's register."""
    return city().register


def action_id() -> str:
    """Return the mark of the action that this form asks for, made when the form was shown.

    Raises
    ------
    InputError
        The form has none, or it is no UUID.
    """
    return action_of(request.form.get("action", ""))


def submit(
    changes: Iterable[Change],
    *,
    kind: str,
    note: str = "",
    logged: str = "change",
    only_if: Check | None = None,
) -> Receipt:
    """Write the changes of this form as one action of the account, and log it.

    A form that is sent twice is written once, and gets its first receipt again.

    Parameters
    ----------
    changes : iterable of Change
    kind, note, only_if
        See `Register.write`.
    logged : str
        The log's action; any but "change" names one row, whose id is then the object.

    Raises
    ------
    Conflict
        Somebody else has changed one of the rows meanwhile, or the mark was used for other changes.
    RegisterError
        The register is busy, full, damaged or out of reach; nothing was written.
    """
    asked = list(changes)
    receipt = register().write(
        asked, action=action_id(), by=me().id, kind=kind, note=note, only_if=only_if
    )
    if not receipt.again:
        told = [one for one in asked if one.after != {}]
        first = f" {told[0].entity}:{told[0].id}" if len(told) == 1 else ""
        log_after(logged, told[0].id if logged != "change" else f"{kind}{first} {receipt.action}")
    return receipt


def say_done(template: str, *, undo: str = "", warn: bool = False, **params: Any) -> None:
    """Have the next page say a sentence, with a button that undoes it.

    Parameters
    ----------
    template : str
        Of the pages' catalogue.
    undo : str
        Address to which the button posts; no button unless given.
    warn : bool
        It is something to look at, not something that is done.
    **params
        Values for the template's named fields.
    """
    said = say(template, lang=language(), **params)
    flash(json.dumps({"text": said, "undo": undo, "warn": warn}))


def said() -> list[dict[str, Any]]:
    """Return what the actions before have to say (see `say_done`), and forget it.

    Those who look after the data also learn that the city's own holidays cannot be read.
    """
    found = [json.loads(str(text)) for text in get_flashed_messages()]
    fault = present().answers.calendar_fault() if may("import") else None
    if fault is not None:
        found.append({"text": fault.render(language()), "undo": "", "warn": True})
    return found


def when(text: str | None) -> str:
    """Write an instant (UTC, ISO text) as the day and minute of the city's clock."""
    return instant(text, zone=ZoneInfo(present().answers.config.time_zone), lang=language())


def instant(text: str | None, *, zone: ZoneInfo, lang: str) -> str:
    """Write an instant (UTC, ISO text) as the day and minute of a zone."""
    if not text:
        return ""
    at = datetime.fromisoformat(text).astimezone(zone)
    if lang == "en":
        return f"{at:%Y-%m-%d %H:%M}"
    return f"{at.year}年{at.month}月{at.day}日 {at:%H:%M}"


def navigation() -> list[Place]:
    """Return the places that the account may go to, as far as this application has them."""
    account = visitor_if_known()
    if account is None:
        return []
    there = {rule.rule for rule in current_app.url_map.iter_rules()}
    return [
        place
        for place in NAVIGATION
        if account.role in PERMISSIONS[place.permission] and place.path in there
    ]
