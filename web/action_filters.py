"""Which actions a list of changes shows: by whom, between which days, of what kind."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from flask import request

from stationmap.messages import N_, printable
from web.caching import present
from web.desk import register
from web.params import language
from web.station_rows import COMMAND_LINE
from web.words import WebError, say

_LONGEST = 60


def asked() -> dict[str, str]:
    """Return what the address asks for, as it was typed: ``who, first, last``."""
    found = {name: request.args.get(name, "") for name in ("who", "first", "last")}
    return {name: printable(text).strip()[:_LONGEST] for name, text in found.items()}


def filters(said: dict[str, str]) -> dict[str, Any]:
    """Return the same as `queries.actions` takes it.

    Raises
    ------
    WebError
        A day is none.
    """
    found: dict[str, Any] = {}
    if said["who"]:
        found["by"] = _accounts(said["who"])
    if said["first"]:
        found["since"] = _midnight(said["first"])
    if said["last"]:
        found["until"] = _midnight(said["last"], days=1)
    return found


def _accounts(words: str) -> list[str]:
    """Return the ids of those whose names contain some words."""
    names = {row["id"]: row["name"] or "" for row in register().rows("account")}
    names[COMMAND_LINE] = say(N_("command line"), lang=language())
    return [own for own, name in names.items() if words.casefold() in name.casefold()]


def _midnight(text: str, *, days: int = 0) -> str:
    """Return where a day of the city begins, some days on, in UTC."""
    try:
        day = dt.date.fromisoformat(text) + dt.timedelta(days=days)
        zone = ZoneInfo(present().answers.config.time_zone)
        at = dt.datetime.combine(day, dt.time(), zone).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise WebError("{day} is no day; expected one such as 2026-03-05", day=text) from None
    return at.isoformat(timespec="milliseconds")
