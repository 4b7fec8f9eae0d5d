"""The audit log, for administrators: their own scope's, newest first."""

import csv
import datetime as dt
import io
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from stationmap.messages import N_
from stationmap.store import accounts as store
from stationmap.store import audit as log_book
from web import desk
from web.access import allow, log, me
from web.accounts import role_name
from web.params import Params, language
from web.words import WebError, say

audit = Blueprint("audit", __name__, url_prefix="/manage/audit")

PAGE = 100
MOST = 100_000  # lines of a download

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
        "account.disable": N_("Disable an account"),
        "account.enable": N_("Put an account back in use"),
    }
)
OUTCOMES: Mapping[str, str] = MappingProxyType(
    {
        "done": N_("done"),
        "wrong": N_("wrong name or password"),
        "scope": N_("out of scope"),
        "csrf": N_("form not accepted"),
    }
)


@audit.get("")
@allow("audit.read")
def listed() -> ResponseReturnValue:
    """Show the log (``?account=&action=&first=&last=&before=``)."""
    params = Params.of_request()
    asked = _asked(params)
    before = params.whole("before", default=0, low=0, high=2**53)
    lines = log_book.read(desk.register(), **asked, before=before or None, limit=PAGE + 1)
    known = _accounts()
    return render_template(
        "audit.html",
        lines=[_shown(line, known) for line in lines[:PAGE]],
        more=lines[PAGE - 1]["seq"] if len(lines) > PAGE else None,
        accounts=sorted((key, name) for key, name in known.items()),
        actions=[(key, say(label, lang=language())) for key, label in ACTIONS.items()],
        asked=request.args,
    )


@audit.get("/log.csv")
@allow("audit.read")
def download() -> ResponseReturnValue:
    """Write what the filters let through as CSV."""
    asked = _asked(Params.of_request())
    log("export", "audit")
    lines = log_book.read(desk.register(), **asked, limit=MOST)
    known, text = _accounts(), io.StringIO()
    writer = csv.writer(text)
    headings = [N_("Time"), N_("Account"), N_("Role"), N_("What was done"), N_("On what")]
    headings += [N_("Outcome"), N_("Network address")]
    writer.writerow([say(heading, lang=language()) for heading in headings])
    for line in lines:
        row = _shown(line, known)
        cells = [row[n] for n in ("when", "who", "role", "what", "object", "outcome", "address")]
        writer.writerow([_cell(cell) for cell in cells])
    headers = {"Content-Disposition": 'attachment; filename="audit.csv"'}
    return Response("\ufeff" + text.getvalue(), mimetype="text/csv", headers=headers)


def _asked(params: Params) -> dict[str, Any]:
    return {
        "adcode": "" if me().role == "city" else me().adcode,
        "account_id": params.text("account"),
        "action": params.one_of("action", ACTIONS, default=""),
        "first": _midnight(params.text("first"), days=0),
        "last": _midnight(params.text("last"), days=1),
    }


def _midnight(text: str, *, days: int) -> str:
    """Return where a day of the city begins, some days on, in UTC."""
    if not text:
        return ""
    try:
        day = dt.date.fromisoformat(text) + dt.timedelta(days=days)
    except (ValueError, OverflowError):
        raise WebError("{day} is no day; expected one such as 2026-03-05", day=text[:40]) from None
    zone = ZoneInfo(desk.city().now().config.time_zone)
    at = dt.datetime.combine(day, dt.time(), zone).astimezone(dt.UTC)
    return at.isoformat(timespec="milliseconds")


def _accounts() -> dict[str, str]:
    """Names of the accounts within scope, by id."""
    found = store.accounts(desk.register())
    if me().role != "city":
        found = [a for a in found if a.adcode.startswith(me().adcode) and a.adcode]
    return {account.id: account.name for account in found}


def _shown(line: log_book.Line, known: Mapping[str, str]) -> dict[str, str]:
    lang = language()
    outcome = line["outcome"] or ""
    return {
        "at": line["at"],
        "when": desk.when(line["at"]),
        "who": known.get(line["account_id"], line["account_id"] or "–"),
        "role": role_name(line["role"]),
        "what": say(ACTIONS.get(line["action"], line["action"]), lang=lang),
        "object": line["object"] or "",
        "outcome": say(OUTCOMES.get(outcome, outcome), lang=lang),
        "bad": "" if outcome == "done" else "1",
        "address": line["address"] or "",
    }


def _cell(text: str) -> str:
    """Text that no table program takes for a formula."""
    return f"'{text}" if text[:1] in tuple("=+-@\t\r\0") and text != "–" else text
