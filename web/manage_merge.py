"""Stations that stand twice: pairs that are proposed, and two made one, field by field."""

import math
from functools import lru_cache
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pyproj import Geod

from stationmap.city import station_duplicates, station_merge
from stationmap.city.station_duplicates import Pair
from stationmap.city.station_merge import COLUMNS, MERGE
from stationmap.errors import Conflict
from stationmap.messages import N_
from stationmap.store.events import Row
from web.access import allow, log, may, me
from web.caching import present
from web.desk import register, say_done, submit
from web.params import Params, language
from web.station_rows import find, frame_of, own, sent_before
from web.station_words import label, shown
from web.view import CityView
from web.words import say

manage_merge = Blueprint("manage_merge", __name__, url_prefix="/manage/stations")

PAGE = 30
MOST_OFFERED = 8
_ELLIPSOID = Geod(ellps="WGS84")


@manage_merge.get("/duplicates")
@allow("station.manage")
def proposals() -> ResponseReturnValue:
    """List pairs of stations that may be one, the surest first."""
    now, params = present(), Params.of_request()
    offset = params.whole("offset", default=0, low=0, high=10**6)
    pairs = _pairs(now, me().adcode)
    return render_template(
        "stations_duplicates.html",
        total=len(pairs),
        offset=offset,
        limit=PAGE,
        pairs=[_shown(now, pair, params.lang) for pair in pairs[offset : offset + PAGE]],
    )


@lru_cache(maxsize=2)
def _pairs(now: CityView, adcode: str) -> list[Pair]:
    """Pairs in one version of the city, in the districts whose codes begin so."""
    del adcode  # the account's own, by which the frame is cut
    return station_duplicates.propose(frame_of(now))


def _shown(now: CityView, pair: Pair, lang: str) -> dict[str, Any]:
    return {
        "keep": _short(now, pair.keep, lang),
        "drop": _short(now, pair.drop, lang),
        "sure": pair.sure,
        "why": pair.why.render(lang),
    }


def _short(now: CityView, station_id: str, lang: str) -> dict[str, str]:
    row = now.stations.loc[station_id]
    facts = [
        shown(now, name, None if row[name] != row[name] else row[name], lang=lang)
        for name in ("type", "unit", "address")
    ]
    name = row["name"] if isinstance(row["name"], str) else station_id
    return {"id": station_id, "name": name, "facts": " · ".join(filter(None, facts))}


@manage_merge.get("/merge")
@allow("station.manage")
def choose() -> ResponseReturnValue:
    """Show two stations beside each other; without a second one, ask for it."""
    keep = own(request.args.get("keep", ""))
    drop_id, params = request.args.get("drop", ""), Params.of_request()
    if not drop_id:
        words = params.text("q")
        found = find({"words": words}, limit=MOST_OFFERED + 1)[1] if words else _nearby(keep)
        return render_template(
            "stations_other.html",
            keep=keep,
            words=words,
            others=_by_distance(keep, found)[:MOST_OFFERED],
        )
    return _side_by_side(keep, own(drop_id))


@manage_merge.post("/merge")
@allow("station.manage")
def merge() -> ResponseReturnValue:
    """Make one station of two."""
    keep_id, drop_id = request.form.get("keep", ""), request.form.get("drop", "")
    there = url_for("manage_stations.one", id=keep_id)
    if sent_before():
        return redirect(there, code=303)
    keep, drop = own(keep_id), own(drop_id)
    of_other = {name for name in (*COLUMNS, "contact") if request.form.get(name) == "drop"}
    versions = (request.form.get("keep_version"), request.form.get("drop_version"))
    if versions != (str(keep["version"]), str(drop["version"])):
        return _side_by_side(keep, drop, of_other=of_other, stale=True), 409
    changes = station_merge.changes(register(), keep=keep, drop=drop, of_other=of_other)
    try:
        receipt = submit(changes, kind=MERGE, note=keep["id"])
    except Conflict:
        return _side_by_side(own(keep_id), own(drop_id), of_other=of_other, stale=True), 409
    say_done(
        N_("{id} is now part of this station; its id still leads here."),
        undo=url_for("manage_history.undo", action_id=receipt.action),
        id=drop["id"],
    )
    return redirect(there, code=303)


def _nearby(row: Row) -> list[Row]:
    """Stations around one, to choose from."""
    if row["geometry"] is None:
        return find({"words": row["name"] or ""}, limit=MOST_OFFERED + 1)[1] if row["name"] else []
    lon, lat = row["geometry"]
    step = 0.002  # about 200 m
    box = (lon - step, lat - step, lon + step, lat + step)
    return find({"bbox": box}, limit=MOST_OFFERED + 1)[1]


def _by_distance(keep: Row, found: list[Row]) -> list[Row]:
    """Return the others with their distance (``away``, whole metres), the nearest first."""
    others = [{**row, "away": _away(keep, row)} for row in found if row["id"] != keep["id"]]
    return sorted(others, key=lambda row: math.inf if row["away"] is None else row["away"])


def _away(one: Row, other: Row) -> int | None:
    if one["geometry"] is None or other["geometry"] is None:
        return None
    return round(float(_ELLIPSOID.inv(*one["geometry"], *other["geometry"])[2]))


def _titled(row: Row, lang: str) -> str:
    """Name a station so that it is told from another of its name."""
    if not row["name"]:
        return str(row["id"])
    return say(N_("{name} ({id})"), lang=lang, name=row["name"], id=row["id"])


def _contact_texts(rows: tuple[Row, Row]) -> list[str] | None:
    """Return whom to reach at either of two stations; None unless both have somebody."""
    found = [register().get("contact", row["id"]) for row in rows]
    if None in found or not may("contact.read"):
        return None
    for row in rows:
        log("contact.read", f"station:{row['id']}")
    columns = ("person", "phone", "note")
    return [" · ".join(filter(None, (one[c] for c in columns))) for one in found if one]


def _side_by_side(
    keep: Row, drop: Row, *, of_other: set[str] | None = None, stale: bool = False
) -> str:
    now, lang = present(), language()
    nothing = say(N_("(empty)"), lang=lang)
    fields = []
    for name in COLUMNS:
        mine, other = (shown(now, name, row.get(name), lang=lang) for row in (keep, drop))
        if not mine and not other:
            continue
        # what only the other one knows is taken over, unless somebody chose
        take = (not mine and bool(other)) if of_other is None else name in of_other
        fields.append(
            {
                "name": name,
                "label": label(now, name, lang=lang),
                "keep": mine or nothing,
                "drop": other or nothing,
                "same": mine == other,
                "take": take,
            }
        )
    return render_template(
        "stations_merge.html",
        keep=keep,
        drop=drop,
        fields=fields,
        keep_title=_titled(keep, lang),
        drop_title=_titled(drop, lang),
        contacts=_contact_texts((keep, drop)),
        contact_of_drop=of_other is not None and "contact" in of_other,
        stale=stale,
        followers=station_merge.followers(register(), drop["id"]),
    )
