"""The audit log, for administrators: their own scope's, newest first."""

import csv
import datetime as dt
import io
from collections.abc import Iterable, Iterator, Mapping
from operator import itemgetter
from types import MappingProxyType
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from stationmap.io import cells
from stationmap.messages import N_
from stationmap.store import Register
from stationmap.store import accounts as store
from stationmap.store import audit as log_book
from web import desk
from web.access import PERMISSIONS, allow, log, me
from web.accounts import ROLES
from web.caching import present
from web.log_words import ACTIONS, Words
from web.params import Params, language
from web.words import WebError, say

audit = Blueprint("audit", __name__, url_prefix="/manage/audit")

PAGE = 100
AT_ONCE = 2_000  # lines of a download that are read together

COLUMNS = ("when", "who", "role", "what", "object", "outcome", "address", "raw")
OUTCOMES: Mapping[str, str] = MappingProxyType(
    # who is turned away for a permission has it as the outcome
    dict.fromkeys(PERMISSIONS, N_("not for this role"))
    | {
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
    known = _Shown(linked=True)
    return render_template(
        "audit.html",
        lines=[known.line(line) for line in lines[:PAGE]],
        more=lines[PAGE - 1]["seq"] if len(lines) > PAGE else None,
        accounts=sorted(known.names.items(), key=lambda pair: pair[1]),
        actions=[(key, say(label, lang=language())) for key, label in ACTIONS.items()],
        asked=request.args,
    )


@audit.get("/log.csv")
@allow("audit.read")
def download() -> ResponseReturnValue:
    """Write all that the filters let through as CSV."""
    asked = _asked(Params.of_request())
    log("export", "audit")
    headings = [N_("Time"), N_("Account"), N_("Role"), N_("What was done"), N_("On what")]
    headings += [N_("Outcome"), N_("Network address"), N_("As kept")]
    first = [say(heading, lang=language()) for heading in headings]
    pieces = _csv(first, asked, register=desk.register(), known=_Shown(linked=False))
    response = Response(pieces, mimetype="text/csv")
    name = quote(f"{say(N_('Log'), lang=language())}-{present().today:%Y%m%d}.csv")
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
    return response


def _csv(
    first: list[str], asked: Mapping[str, Any], *, register: Register, known: "_Shown"
) -> Iterator[str]:
    """Write the log piece by piece: it may be long."""
    yield "\ufeff" + _rows([first])
    before = None
    while lines := log_book.read(register, **asked, before=before, limit=AT_ONCE):
        yield _rows(map(itemgetter(*COLUMNS), map(known.line, lines)))
        before = lines[-1]["seq"]


def _rows(rows: Iterable[Iterable[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(map(cells.guarded, row) for row in rows)
    return text.getvalue()


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
        zone = ZoneInfo(present().answers.config.time_zone)
        at = dt.datetime.combine(day, dt.time(), zone).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise WebError("{day} is no day; expected one such as 2026-03-05", day=text[:40]) from None
    return at.isoformat(timespec="milliseconds")


def _accounts() -> dict[str, str]:
    """Names of the accounts within scope, by id."""
    found = store.accounts(desk.register())
    if me().role != "city":
        found = [a for a in found if a.adcode.startswith(me().adcode) and a.adcode]
    return {account.id: account.name for account in found}


class _Shown:
    """Lines of the log in the reader's words."""

    def __init__(self, *, linked: bool) -> None:
        self.names = _accounts()
        self._lang = language()
        self._zone = ZoneInfo(present().answers.config.time_zone)
        self._words: dict[str, str] = {}
        self._told = Words(desk.register(), names=self.names, lang=self._lang, linked=linked)

    def line(self, line: log_book.Line) -> dict[str, str]:
        """Return one line: its texts, and whether it tells of something that did not succeed."""
        outcome, own = line["outcome"] or "", line["account_id"]
        told, raw = self._told.told(line), line["object"] or ""
        return {
            "at": line["at"],
            "when": desk.instant(line["at"], zone=self._zone, lang=self._lang),
            "who": self.names.get(own, own or "–"),
            "role": self._say(ROLES.get(line["role"], line["role"] or "")),
            "what": told.what,
            "object": told.text,
            "href": told.href,
            "raw": raw if raw != told.text else "",
            "outcome": self._say(OUTCOMES.get(outcome, outcome)),
            "bad": "" if outcome == "done" else "1",
            "address": line["address"] or "",
        }

    def _say(self, template: str) -> str:
        if template not in self._words:
            self._words[template] = say(template, lang=self._lang)
        return self._words[template]
