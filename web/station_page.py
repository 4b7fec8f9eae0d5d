"""A station's own page, for everybody: what it is, when it is open, how it stands, its poster."""

import ipaddress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, redirect, render_template, request
from flask.typing import ResponseReturnValue

from stationmap import stations as station_words
from stationmap.city.station_merge import merged_into
from stationmap.city.wording import Day
from stationmap.messages import N_, printable
from stationmap.reports.poster import Poster, write_poster
from web import json_ld
from web.caching import present
from web.desk import register
from web.downloads import written
from web.notices import closures_of, notices_of, phone_of, short_of
from web.open_words import hours_words
from web.pages import script_json
from web.params import language
from web.parts import text, type_name
from web.public_places import published
from web.qr import code
from web.station_address import CODE, POSTER, address_of
from web.station_open import open_now
from web.station_told import told
from web.station_words import supplies, supply_told
from web.view import CityView
from web.words import WebError, say

station_page = Blueprint("station_page", __name__, url_prefix="/stations")


class _MergedError(Exception):
    """The station is another one by now."""

    def __init__(self, into: str) -> None:
        self.into = into


@station_page.get(f"/{POSTER}", endpoint="poster_by_id", defaults={"station_id": None})
@station_page.get(f"/<path:station_id>/{POSTER}")
def poster(station_id: str | None) -> ResponseReturnValue:
    """Write the poster for a station's door: a PDF of one page with its code."""
    try:
        now, facts = _found(_asked(station_id))
    except _MergedError as merged:
        return redirect(address_of(merged.into, page="poster"))
    lang, address = language(), address_of(facts["station_id"], external=True)
    drawn = code(address)
    if drawn is None:
        raise WebError(
            "the address of this station's page is too long for a code, because its number is; "
            "give the station a shorter number, and nothing else changes"
        )
    head = now.name
    if _is_local(address):
        head = say(N_("A trial: no phone can follow this code"), lang=lang)
    sheet = Poster(
        city=head,
        kind=facts["type_name"],
        name=facts["name"] or facts["station_id"],
        hours=facts["hours_shown"] or "",
        supplies=facts["promised"],
        place=facts["address"] or "",
        phone=facts["phone"] or "",
        address=address,
        code_size=drawn.size,
        code_path=drawn.path,
        note=f"{facts['station_id']} · {Day(now.today.isoformat()).render(lang)}",
    )

    def write(path: Path) -> None:
        write_poster(path, sheet, lang=lang)

    name = f"{say(N_('Poster'), lang=lang)}-{facts['name'] or facts['station_id']}"
    return written(now, write, name=name, ending="pdf")


@station_page.get(f"/{CODE}", endpoint="code_by_id", defaults={"station_id": None})
@station_page.get(f"/<path:station_id>/{CODE}", endpoint="code")
def picture(station_id: str | None) -> ResponseReturnValue:
    """Draw the code of a station's page."""
    try:
        _, facts = _found(_asked(station_id))
    except _MergedError as merged:
        return redirect(address_of(merged.into, page="code"))
    drawn = code(address_of(facts["station_id"], external=True))
    if drawn is None:
        abort(404)
    return Response(drawn.svg(), mimetype="image/svg+xml")


@station_page.get("/", endpoint="one_by_id", defaults={"station_id": None})
@station_page.get("/<path:station_id>")
def one(station_id: str | None) -> ResponseReturnValue:
    """Show everything public about a station; one that was merged is shown as what it is now."""
    try:
        now, facts = _found(_asked(station_id))
    except _MergedError as merged:
        return redirect(address_of(merged.into))
    lang, own = language(), facts["station_id"]
    address = address_of(own, external=True)
    page = render_template(
        "station.html",
        city=now.name,
        station=facts,
        name=facts["name"] or say(N_("Unnamed station"), lang=lang),
        data_date=now.date,
        address=address,
        local=_is_local(address),
        code=code(address),
        open=_open(now, facts, lang),
        place=_published(facts),
        page_data=script_json(_structured(now, facts, address)),
        **told(now, own, lang),
    )
    # what it says of today hangs on the hour
    return Response(page, headers={"Cache-Control": "no-cache"})


def _asked(station_id: str | None) -> str:
    return request.args.get("id", "") if station_id is None else station_id


def _found(station_id: str) -> tuple[CityView, dict[str, Any]]:
    """Return the public facts of a station; 404 where there is none."""
    now, lang = present(), language()
    if not station_id or printable(station_id) != station_id:
        abort(404)
    if station_id not in now.stations.index:
        merged = merged_into(register(), station_id)
        if merged is None or merged not in now.stations.index:
            abort(404)
        raise _MergedError(merged)
    row = now.stations.loc[station_id]
    placed = row.geometry is not None and not row.geometry.is_empty
    names = ("name", "unit", "supervising_unit", "address", "hours", "hours_source", "platform_id")
    listed = [one for one in (text(row["supplies"]) or "").split(";") if one]
    named = {one: supplies(one, lang=lang)[0] for one in listed}
    short, gone = short_of(now, station_id), now.answers.missed_supplies().get(station_id, ())
    facts = {name: text(row[name]) for name in names}
    return now, facts | {
        "station_id": station_id,
        "type_name": type_name(now, row["type"], lang),
        "status": row["status"],
        "status_name": say(station_words.STATUSES[row["status"]], lang=lang),
        "district": now.district_name(text(row["adcode"]) or ""),
        "demonstration": bool(row["demonstration"]),
        "hours_shown": hours_words(text(row["hours"]), lang),
        "told_supplies": [
            {
                "text": supply_told(name, short=one in short, missed=one in gone, lang=lang),
                "low": one in short or one in gone,
            }
            for one, name in named.items()
        ],
        "promised": [name for one, name in named.items() if one not in gone],
        "phone": phone_of(now, station_id),
        "notices": notices_of(now, station_id, lang),
        "lonlat": (row.geometry.x, row.geometry.y) if placed else None,
    }


def _open(now: CityView, facts: dict[str, Any], lang: str) -> dict[str, Any] | None:
    """Say whether it is open; None where its status or a notice says more than its hours."""
    if facts["status"] != "active" or any(notice["in_force"] for notice in facts["notices"]):
        return None
    closures = closures_of(now, station_id=facts["station_id"])
    return open_now(now, facts["hours"], closures, lang)


def _structured(now: CityView, facts: dict[str, Any], address: str) -> dict[str, Any]:
    return json_ld.place(
        address=address,
        station=facts,
        lonlat=_published(facts),
        # what runs low is still there; what a check did not find is promised to nobody
        supplies=dict.fromkeys(facts["promised"], True),
        closures=facts["notices"],
        city=now.name,
        district=facts["district"],
        today=now.today,
        calendar=now.answers.calendar(),
    )


def _published(facts: dict[str, Any]) -> list[float] | None:
    """Where it is, WGS-84, as precise as the city publishes it."""
    return facts["lonlat"] and published(*facts["lonlat"], datum="wgs84")


def _is_local(address: str) -> bool:
    """Whether an address leads to the computer itself, so that no phone gets there."""
    host = urlsplit(address).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
