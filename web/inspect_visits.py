"""Visits as an inspector's phone shows them: the newest answer of every line, and one visit."""

from collections.abc import Mapping
from typing import Any

from flask import g, url_for

from stationmap.city import visits
from stationmap.inspections import COVERT, Checklist, orders
from stationmap.inspections.checklist import LETTERS, NOT_MET
from stationmap.standards import Pack
from stationmap.store import inspections
from web.access import may, me
from web.accounts import role_name
from web.caching import present
from web.desk import register
from web.inspect_sites import Row, covert_before, stations
from web.inspect_words import lines_of, seen_as, visit_name, words_of

MOST_LOOKED_AT = 40  # visits back in which the newest answer of a line is looked for


def who(account_id: str | None) -> str:
    """Name an account for a colleague; for a unit, which is inspected, its role alone."""
    known = g.setdefault("accounts_named", {})
    if account_id not in known:
        known[account_id] = register().get("account", account_id or "")
    row = known[account_id]
    if row is None:
        return ""
    if me().role == "unit" and row["id"] != me().id:
        return role_name(row["role"])
    return str(row["name"])


def seen(row: Mapping[str, Any]) -> bool:
    """Whether the account may know of an inspection by now; see `covert_before`."""
    return bool(row["visit"] != COVERT or row["at"] < covert_before(me()))


def photos_of(**equals: Any) -> dict[str, list[str]]:
    """Return ids of photos by line, in the order in which they came."""
    found: dict[str, list[str]] = {}
    for row in register().rows("photo", **equals):
        found.setdefault(row["line"] or "", []).append(row["id"])
    return found


def lines_now(station_id: str, checklist: Checklist, *, own: bool) -> Row:
    """Return what is known of a station by line, for the form that is filled in next.

    Parameters
    ----------
    station_id : str
    checklist : Checklist
        The one in force.
    own : bool
        Whether a unit's own checks tell something: they do in its own form.
    """
    rows = inspections.of_station(
        register(),
        station_id,
        limit=MOST_LOOKED_AT,
        own_checks=own,
        covert_before=covert_before(me()),
    )
    found: dict[str, Row] = {}
    supplies: Row = {}
    former: dict[str, list[str]] = {}
    for row in rows:
        said = row["details"] or {}
        supplies = supplies or said.get("supplies") or {}
        former.setdefault(row["checklist"], _keys(row["checklist"], checklist))
        for key, letter in zip(former[row["checklist"]], row["found"], strict=True):
            if letter in _SAID and key in checklist.by_key and key not in found:
                found[key] = {
                    "state": _SAID[letter],
                    "at": row["at"],
                    "inspection": row["id"],
                    "note": (said.get("notes") or {}).get(key, ""),
                    "photos": (said.get("photos") or {}).get(key, []),
                }
    return {
        "lines": found,
        "supplies": supplies,
        "seen": rows[0]["id"] if rows else None,
        "checklist": checklist.id,
        "orders": _orders(station_id),
    }


_SAID = {letter: state for state, letter in LETTERS.items() if state != "unknown"}


def _keys(checklist_id: str, current: Checklist) -> list[str]:
    """Return the keys of a checklist's lines."""
    if checklist_id == current.id:
        return [line.key for line in current.lines]
    known = g.setdefault("lines_of_checklists", {})
    if checklist_id not in known:
        row = register().get("checklist", checklist_id)
        found = Checklist.of_content(row["content"]) if row else None
        known[checklist_id] = [line.key for line in found.lines] if found else []
    keys: list[str] = known[checklist_id]
    return keys


def _orders(station_id: str) -> list[Row]:
    zone = present().answers.config.time_zone
    names = ("id", "state", "due", "lines", "note", "unit", "unit_id", "supervising_unit")
    more = ("checklist", "inspection_id", "issued_at", "answer", "answered_at", "decision")
    rows = register().rows("rectification", station_id=station_id)
    return [
        {
            **{name: row[name] for name in (*names, *more)},
            "number": visits.number_of(row, zone=zone),
            "photos": [own for ids in photos_of(order_id=row["id"]).values() for own in ids],
        }
        for row in rows
        if row["state"] in orders.UNSETTLED
    ]


def voiding(row: Row) -> Row | None:
    """Return why an inspection counts no more, by whom and since when; None of one that counts."""
    if not row["voided"]:
        return None
    said = (one for one in register().history("inspection", row["id"]) if one.kind == visits.VOID)
    event = next(said, None)
    return {
        "why": row["voided"],
        "by": who(event.by) if event else "",
        "at": event.at if event else "",
    }


def summary(row: Row, lang: str) -> Row:
    """Write a visit as a list of visits has it."""
    said = row["details"] or {}
    return {
        **{n: row[n] for n in ("id", "station_id", "at", "received_at", "result")},
        "visit": seen_as(row["visit"]),
        "visit_name": visit_name(seen_as(row["visit"]), lang),
        "number": visits.number_of(row, zone=present().answers.config.time_zone),
        "by": who(row["inspector_id"]),
        "not_met": (row["found"] or "").count(LETTERS[NOT_MET]),
        "photos": sum(len(ids) for ids in (said.get("photos") or {}).values()),
        "order_id": row["order_id"],
        "voided": row["voided"],
    }


def full(row: Row, checklist: Checklist, pack: Pack, lang: str) -> Row:
    """Write a visit with all that was said, line by line, in its own checklist's words."""
    said, held = row["details"] or {}, stations().row(row["station_id"])
    answers, photos = checklist.answers(row["found"]), photos_of(inspection_id=row["id"])
    notes, same = said.get("notes") or {}, set(said.get("same") or ())
    words = words_of(checklist, pack, lang)
    site_type = held["type"] if held else None
    lines = [
        {
            **line,
            "state": answers.get(line["key"], "unknown"),
            "note": notes.get(line["key"], ""),
            "photos": photos.get(line["key"], []),
            "same": line["key"] in same,
        }
        for line in lines_of(checklist, lang)
        if line["key"] in answers
        or site_type is None
        or checklist.by_key[line["key"]].concerns(site_type)
    ]
    issued = register().rows("rectification", inspection_id=row["id"])
    desk = url_for("visit_pages.one", inspection_id=row["id"])
    return {
        **summary(row, lang),
        "voiding": voiding(row),
        "desk": desk if may("inspection.void") else None,
        "station_name": (held and held["name"]) or row["station_id"],
        "checklist": checklist.id,
        "edition": checklist.edition,
        "document": words["document"],
        "clock": row["clock"],
        "claimed_at": row["claimed_at"],
        "lines": lines,
        "photos_of": photos,
        "supplies": said.get("supplies") or {},
        "supply_names": words["supplies"],
        "conditions": words["conditions"],
        "note": said.get("note") or "",
        "signature": said.get("signature"),
        "signed_post": said.get("signed_post") or "",
        "order": next(
            ({name: order[name] for name in ("id", "state", "due", "lines")} for order in issued),
            None,
        ),
    }
