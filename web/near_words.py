"""A station and the way to it, as ``/near`` tells them to a resident."""

import datetime as dt
from typing import Any

from stationmap.city.near import NEEDS, STEP_FREE, Found
from stationmap.city.near_cards import minutes
from stationmap.city.near_places import TOILET
from stationmap.messages import N_
from stationmap.stations import SUPPLIES
from web.access import clock
from web.desk import instant
from web.near_form import Form
from web.open_words import hours_words, open_words
from web.station_address import address_of
from web.station_words import supply_told
from web.view import CityView
from web.words import say

SIGNS = {"open": "✓", "closed": "–", "unknown": "?"}


def metres(length_m: float, lang: str) -> str:
    """Ground metres as people say them: 320 米, 1.8 公里."""
    if length_m < 999.5:
        return say(N_("{n} m"), lang=lang, n=f"{length_m:.0f}")
    return say(N_("{n} km"), lang=lang, n=f"{length_m / 1000:.1f}")


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
    cards = now.answers.near_cards()
    facts = cards.facts(found.station_id, lang=lang)
    lon, lat = cards.place(found.station_id, datum="wgs84")["coordinates"]
    length_m = found.straight_m if found.walk_m is None else found.walk_m
    zone, when = now.answers.config.time_zone, form.at or clock()
    opening = open_words(found.state, lang, zone, when=when, closed_for=found.closed_for)
    named = needs_words(lang)
    return {
        "id": found.station_id,
        "page": address_of(found.station_id),
        "name": facts["name"] or say(N_("Unnamed station"), lang=lang),
        "type": facts["type_name"],
        "address": facts["address"],
        "unit": facts["unit"],
        "phone": facts["phone"],
        "hours": hours_words(facts["hours"], lang),
        "lon": lon,
        "lat": lat,
        "walked": found.walk_m is not None,
        "length": metres(length_m, lang),
        "minutes": minutes(length_m),
        "opening": opening,
        "sign": SIGNS[opening["state"]],
        "has": [
            {"id": supply, "name": named[supply]}
            | {
                "asked": supply in form.needs,
                "short": supply in found.short,
                "missed": supply in found.missed,
                "text": supply_told(
                    named[supply],
                    short=supply in found.short,
                    missed=supply in found.missed,
                    lang=lang,
                ),
            }
            for supply in SUPPLIES
            if supply in (facts["supplies"] or ())
        ],
        "unlisted": facts["supplies"] is None,
        "step_free": _is_step_free(found, form),
        "toilet_asked": TOILET in form.needs,
        "toilet": None if found.toilet_m is None else metres(found.toilet_m, lang),
        "lacks": [named[need] for need in found.lacks if need != STEP_FREE],
        "steps_only": STEP_FREE in found.lacks,
        "unsure": [named[need] for need in found.unknown],
        "checked": _checked(found.checked_on, now.today, lang),
    }


def _is_step_free(found: Found, form: Form) -> bool:
    asked = STEP_FREE in form.needs and found.walk_m is not None
    return asked and STEP_FREE not in (*found.lacks, *found.unknown)


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
