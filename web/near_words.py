"""A station and the way to it, as ``/near`` tells them to a resident."""

import datetime as dt
import math
from typing import Any

from stationmap.city.near import NEEDS, Found
from stationmap.messages import N_
from stationmap.stations import SUPPLIES
from web.access import clock
from web.desk import instant
from web.near_form import Form
from web.open_words import open_words
from web.parts import text, type_name
from web.view import CityView
from web.words import say

WALKING_M = 80  # metres that people walk in a minute
SIGNS = {"open": "✓", "closed": "–", "unknown": "?"}


def metres(length_m: float, lang: str) -> str:
    """Ground metres as people say them: 320 米, 1.8 公里."""
    if length_m < 999.5:
        return say(N_("{n} m"), lang=lang, n=f"{length_m:.0f}")
    return say(N_("{n} km"), lang=lang, n=f"{length_m / 1000:.1f}")


def minutes(length_m: float) -> int:
    """Minutes of a walk, rounded up."""
    return max(1, math.ceil(length_m / WALKING_M))


def needs_words(lang: str) -> dict[str, str]:
    """Name what can be asked for."""
    return {need: say(label, lang=lang) for need, label in NEEDS.items()}


def day_words(day: dt.date, lang: str) -> str:
    """Write a day."""
    if lang == "en":
        return f"{day:%Y-%m-%d}"
    return f"{day.year}年{day.month}月{day.day}日"


def asked_words(form: Form, lang: str) -> str:
    """Say in a line what is asked for: 雨伞、充电 · 现在开放."""
    named = needs_words(lang)
    parts = [say(N_(", "), lang=lang).join(named[need] for need in form.needs)]
    if form.when == "now":
        parts.append(say(N_("open now"), lang=lang))
    elif form.at:
        time = f"{day_words(form.at.date(), lang)} {form.at:%H:%M}"
        parts.append(say(N_("open at {time}"), lang=lang, time=time))
    return " · ".join(filter(None, parts))


def card(now: CityView, found: Found, form: Form, lang: str) -> dict[str, Any]:
    """Return what the page says of one station that was found."""
    row = now.stations.loc[found.station_id]
    point = row.geometry
    walked = found.walk_m is not None
    length_m = found.walk_m if found.walk_m is not None else found.straight_m
    zone = now.answers.config.time_zone
    opening = open_words(
        found.state, lang, zone, when=form.at or clock(), closed_for=found.closed_for
    )
    return {
        "id": found.station_id,
        "name": text(row["name"]) or say(N_("Unnamed station"), lang=lang),
        "type": type_name(now, text(row["type"]), lang),
        "address": text(row["address"]),
        "unit": text(row["unit"]),
        "phone": text(row.get("phone")),
        "hours": text(row["hours_source"]) or text(row["hours"]),
        "lon": float(point.x),
        "lat": float(point.y),
        "walked": walked,
        "length": metres(length_m, lang),
        "minutes": minutes(length_m),
        "opening": opening,
        "sign": SIGNS[opening["state"]],
        "has": _has(row, found, form, lang),
        "unlisted": text(row["supplies"]) is None,
        "toilet": metres(found.toilet_m, lang) if found.toilet_m is not None else None,
        "lacks": [needs_words(lang)[need] for need in found.lacks],
        "unsure": [needs_words(lang)[need] for need in found.unknown],
        "checked": _checked(found.checked_on, now.today, lang),
    }


def _has(row: Any, found: Found, form: Form, lang: str) -> list[dict[str, Any]]:
    listed = set((text(row["supplies"]) or "").split(";"))
    named = needs_words(lang)
    return [
        {"id": need, "name": named[need], "asked": need in form.needs, "short": need in found.short}
        for need in SUPPLIES
        if need in listed
    ]


def _checked(day: dt.date | None, today: dt.date, lang: str) -> str:
    if day is None:
        return say(N_("not checked yet"), lang=lang)
    ago = (today - day).days
    if ago <= 0:
        return say(N_("checked today"), lang=lang)
    if ago == 1:
        return say(N_("checked yesterday"), lang=lang)
    if ago <= 60:
        return say(N_("checked {n} days ago"), lang=lang, n=ago)
    return say(N_("checked on {day}"), lang=lang, day=day_words(day, lang))


def time_words(at: dt.datetime, zone: Any, lang: str) -> str:
    """Write an instant as day and minute of the city's clock."""
    return instant(at.isoformat(), zone=zone, lang=lang)
