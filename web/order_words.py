"""Orders in the reader's words: rows of lists, lines with their photos, and the course."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from flask import url_for

from stationmap.city import orders as city_orders
from stationmap.city.orders import FOUND, STEPS, Finding, Story
from stationmap.city.visits import number_of
from stationmap.errors import RegisterError
from stationmap.inspections import orders as flow
from stationmap.inspections.words import VISIT_NAMES
from stationmap.store import orders as stored
from stationmap.store.events import Event
from web.access import me, visitor_if_known
from web.accounts import ROLES
from web.caching import present
from web.desk import register
from web.inspect_words import seen_as
from web.params import language
from web.parts import text, type_name
from web.view import CityView
from web.words import labelled, say

Row = dict[str, Any]


def photo_url(photo_id: str, *, size: str = "thumb") -> str:
    """Return the address of a photo."""
    return url_for("photos.picture", photo_id=photo_id, size=size)


def listed(now: CityView, row: Row) -> Row:
    """Return an order as lists show it."""
    lang, late = language(), flow.overdue(row, now.today)
    return {
        **{n: row[n] for n in ("id", "state", "due", "issued_at", "decided_at")},
        **{n: row[n] for n in ("station_id", "version")},
        "number": number(now, row),
        "station": station_name(now, row["station_id"]),
        "unit": row["unit"] or row["unit_id"] or "",
        "county": now.district_name((row["adcode"] or "")[: stored.COUNTY]),
        "state_name": say(flow.STATES[row["state"]], lang=lang),
        "late": late,
        "left": (dt.date.fromisoformat(row["due"]) - now.today).days,
        "lines": len(row["lines"]),
    }


def number(now: CityView, row: Mapping[str, Any]) -> str:
    """Return what people call an order or an inspection."""
    return number_of(row, zone=now.answers.config.time_zone)


def station_name(now: CityView, station_id: str) -> str:
    """Return a station's name; of one that is not listed any more, of what it became part of."""
    if station_id in now.stations.index:
        return text(now.stations.at[station_id, "name"]) or station_id
    found = city_orders.station_of(register(), now.answers, station_id)
    return str(found["name"])


def told(now: CityView, story: Story) -> Row:
    """Return all of an order as its page shows it."""
    order, found, lang = story.order, story.inspection, language()
    addressee, copy_to = city_orders.addressed(order, now.pack)
    return {
        **listed(now, order),
        "station": story.station["name"],
        "type": type_name(now, story.station["type"], lang),
        "address": story.station["address"] or "",
        "now_id": story.station["id"],
        "addressee": addressee,
        "copy_to": copy_to,
        "to_supervisor": now.pack.notice_to == "supervisor" and bool(order["supervising_unit"]),
        "note": order["note"] or "",
        "answer": order["answer"] or "",
        "answered_at": order["answered_at"],
        "visit": labelled(VISIT_NAMES, seen_as(found["visit"]), lang=lang) if found else "",
        "visited_at": found.get("at"),
        "inspection_id": found.get("id"),
        "voided": found.get("voided"),
        "findings": [_finding(one) for one in story.findings],
        "photos": [_shown(one) for one in story.photos],
        "again": len(story.again),
        "course": [_step(one) for one in story.course[::-1]],
    }


def _finding(one: Finding) -> Row:
    lang, line = language(), one.line
    return {
        "key": one.key,
        "text": line.text[lang] if line else one.key,
        "title": line.title[lang] if line else "",
        "basis": one.basis,
        "clause": line.clause[lang] if line and line.document else "",
        "note": one.note,
        "before": [_shown(photo) for photo in one.before],
        "answered": [_shown(photo) for photo in one.answered],
        "after": [_shown(photo) for photo in one.after],
        "state": one.state,
        "state_name": labelled(FOUND, one.state, lang=lang) if one.state else "",
    }


def _shown(photo: Row) -> Row:
    width, height = photo["width"] or 4, photo["height"] or 3
    return {
        "id": photo["id"],
        "thumb": photo_url(photo["id"]),
        "full": photo_url(photo["id"], size="full"),
        "width": 320,
        "height": round(320 * height / width),
        "taken_at": photo["taken_at"],
    }


def _step(event: Event) -> Row:
    after = event.after or {}
    words = after.get("answer") if "answered_at" in after else after.get("decision")
    return {
        "at": event.at,
        "name": say(STEPS[city_orders.step_of(event)], lang=language()),
        "by": by_whom(event.by),
        "words": words or "",
        "due": after.get("due") if event.before is not None else None,
    }


def by_whom(account_id: str) -> str:
    """Name an account for whoever may know it, else its role."""
    row = register().get("account", account_id)
    if row is None:
        return ""
    known = me().role in {"county", "city"} or row["id"] == me().id
    return str(row["name"]) if known else say(ROLES.get(row["role"], ""), lang=language())


def of_unit(unit_id: str, *, limit: int) -> tuple[int, list[Row]]:
    """Return how many orders of a unit are not settled, and the first of them for a list.

    Those that the account may see.
    """
    adcode = me().adcode if me().role == "county" else ""
    asked = stored.Asked(adcode=adcode, unit_id=unit_id, states=flow.UNSETTLED)
    total, rows = stored.find(register(), asked, limit=limit)
    now = present()
    return total, [listed(now, row) for row in rows]


def waiting() -> int:
    """Return how many orders wait for the account: to be put right, or to be re-inspected."""
    account = visitor_if_known()
    if account is None:
        return 0
    asked = (
        stored.Asked(unit_id=account.unit_id or "", states=stored.LATE)
        if account.role == "unit"
        else stored.Asked(
            adcode="" if account.role == "city" else account.adcode, states=(flow.ANSWERED,)
        )
    )
    try:
        return stored.find(register(), asked, limit=0)[0]
    except RegisterError:
        return 0  # the page says itself that the register does not answer
