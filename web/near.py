"""The residents' page ``/near``: the nearest stations that fit, and the way to one of them.

Every answer is a page that needs no script. Scripts add the phone's own position, the map, and a
worker that keeps the last answers on the phone, for where there is no network.
"""

import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyproj
from flask import Blueprint, Response, json, jsonify, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from stationmap.city import near_asked
from stationmap.city.near import STEP_FREE, Asked
from stationmap.city.near_cards import minutes
from stationmap.city.station_merge import merged_into
from stationmap.messages import N_
from web import basemaps, security
from web.access import clock, public
from web.allowance import limited
from web.caching import ground, present
from web.desk import register
from web.near_form import AT, FIRST, NOW, Form, Place, read
from web.near_texts import script_texts
from web.near_way import legs
from web.near_words import asked_words, card, metres, needs_words, time_words
from web.pages import script_json
from web.params import language
from web.proposed import places_called
from web.public_places import published_all
from web.station_address import address_of
from web.view import CityView
from web.words import say

near = public(limited(Blueprint("near", __name__, url_prefix="/near")))

STATIC = Path(__file__).parent / "static"
WORKER = "js/near/sw.js"
ICON = "icon.svg"
STYLES = ("css/tokens.css", "css/app.css", "css/near.css")
BEGINNING = "js/near/app.js"
# fetched when a map is wanted, and kept from then on
MAP_STYLE = "vendor/leaflet/leaflet.css"
MAP_SCRIPTS = (
    "vendor/leaflet/leaflet.js",
    "vendor/leaflet.vectorgrid/Leaflet.VectorGrid.bundled.min.js",
)
MAP_MODULE = "js/near/map.js"
LONG_M = 500  # a street of more has no single place
TITLE = N_("Find a station")
# a house number, as people write it behind a street
_NUMBERED = re.compile(r"\d+(?:-\d+)?\s*号")
_GEOD = pyproj.Geod(ellps="WGS84")
PERMISSIONS = "camera=(), geolocation=(self), microphone=(), payment=()"


@near.get("")
def page() -> ResponseReturnValue:
    """Answer a resident's question, or ask for it."""
    now, lang = present(), language()
    form = read(now)
    if form.station and not _known(now, form.station):
        form.station = ""
        form.notices.append(say(N_("The station of this link is not there any more."), lang=lang))
    choices = _find_place(form, lang)
    if form.station and form.place and not form.wrong:
        return _way(now, form, lang)
    if form.station:
        return redirect(address_of(form.station))
    result = now.answers.nearby().near(_asked(form)) if form.place and not form.wrong else None
    if result is not None:
        odd = near_asked.notices(
            now.answers, outside=result.outside, open_at=form.at, asked_at=clock()
        )
        form.notices += [note.render(lang) for note in odd]
    found = [card(now, one, form, lang) for one in (result.found if result else ())]
    others = [card(now, one, form, lang) for one in (result.others if result else ())]
    return _page(
        "near.html",
        now,
        form,
        data={"stations": _dots(found or others), "me": _me(form)},
        status=400 if form.wrong else 200,
        choices=choices,
        result=result,
        found=found,
        others=others,
        asked=asked_words(form, lang),
        more=result is not None and len(found) == form.k < near_asked.MOST,
        fewer=len(found) < form.k,
        more_k=min(near_asked.MOST, form.k + FIRST),
    )


def _way(now: CityView, form: Form, lang: str) -> ResponseReturnValue:
    """Show one station, and how to walk there."""
    place, station_id = form.place, form.station
    one = now.answers.nearby().one(station_id, _asked(form))
    if place is None or one is None:
        # what is closed for good, or another by now, has a page that says so
        return redirect(address_of(station_id))
    route = now.answers.nearby().route(
        place.lon, place.lat, station_id, step_free=STEP_FREE in form.needs
    )
    shown = card(now, one, form, lang)
    line = published_all(*zip(*route.line, strict=True), datum="wgs84").tolist() if route else []
    return _page(
        "near_way.html",
        now,
        form,
        data={"stations": _dots([shown]), "me": _me(form), "line": line},
        to=shown,
        legs=legs(route, lang) if route else [],
        length=metres(route.length_m, lang) if route else "",
        minutes=minutes(route.length_m) if route else 0,
        stairs=route is not None and any(leg.stairs for leg in route.legs),
    )


def _known(now: CityView, station_id: str) -> bool:
    return station_id in now.stations.index or merged_into(register(), station_id) is not None


def _asked(form: Form) -> Asked:
    place, instant = form.place, clock()
    if place is None:
        raise ValueError("nothing can be near to nowhere")
    at = {NOW: instant, AT: form.at}.get(form.when)
    return Asked(lon=place.lon, lat=place.lat, k=form.k, needs=form.needs, open_at=at, now=instant)


def _find_place(form: Form, lang: str) -> list[dict[str, Any]]:
    """Go to the place that is called as the form says; return the places to choose from, if many.

    What is typed counts more than the position of the answer before.
    """
    if not form.words or form.wrong:
        return []
    number = _NUMBERED.search(form.words)
    if number and (at := _of_a_station(form.words)) is not None:
        form.place = Place(*at, form.words)
        return []
    found, more = places_called(form.words, lang)
    same = [one for one in found if one["name"] == form.words]
    if len(found) == 1 or len(same) == 1:
        one = (same or found)[0]
        form.place = Place(one["lon"], one["lat"], one["name"])
        if number and number[0] not in one["name"]:
            template = N_("{number} is not on the city's map; the way begins at {name}.")
            form.notices.append(say(template, lang=lang, number=number[0], name=one["name"]))
        if _span_m(one["box"]) > LONG_M:
            template = N_("{name} is long: the way begins at its middle. The map is more exact.")
            form.notices.append(say(template, lang=lang, name=one["name"]))
        return []
    form.place = None
    if more:
        template = N_("Many places are called like this; here are the {n} that fit best.")
        form.notices.append(say(template, lang=lang, n=len(found)))
    return found


def _of_a_station(words: str) -> tuple[float, float] | None:
    """Return the place of the station whose address ends so; None where that is not just one."""
    stations = present().stations
    there = stations["address"].str.endswith(words, na=False) & stations.geometry.notna()
    found = stations.geometry[there]
    return (float(found.iloc[0].x), float(found.iloc[0].y)) if len(found) == 1 else None


def _span_m(box: list[float]) -> float:
    """Metres between the corners of a box: west, south, east, north."""
    west, south, east, north = box
    return float(_GEOD.inv(west, south, east, north)[2])


def _dots(cards: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"id": one["id"], "name": one["name"], "n": number, "state": one["opening"]["state"]}
        | {"lon": one["lon"], "lat": one["lat"]}
        for number, one in enumerate(cards, 1)
    ]


def _me(form: Form) -> list[float] | None:
    return [form.place.lon, form.place.lat] if form.place else None


def _page(
    template: str,
    now: CityView,
    form: Form,
    *,
    data: dict[str, Any],
    status: int = 200,
    **parts: Any,
) -> Response:
    lang, zone = language(), ZoneInfo(now.answers.config.time_zone)
    page = render_template(
        template,
        city=now.name,
        form=form,
        needs=needs_words(lang),
        at=clock(),
        at_words=time_words(clock(), zone, lang),
        styles=STYLES,
        beginning=BEGINNING,
        page_data=script_json(_page_data(now, lang)),
        answer_data=script_json(data),
        **parts,
    )
    return Response(
        page,
        status=status,
        headers={
            # a person's place is nothing for caches on the way
            "Cache-Control": "private, no-cache",
            "Content-Security-Policy": security.policy(
                pictures=basemaps.hosts(now), more=security.INSTALLED
            ),
            "Permissions-Policy": PERMISSIONS,
            "Near-Version": _version(),
        },
    )


@near.get("/sw.js")
def worker() -> ResponseReturnValue:
    """Send the worker and the list of what it keeps, which is another with each new version."""
    kept = {
        "version": _version(),
        "page": url_for("near.page").partition("?")[0],
        "files": [_static(name) for name in (ICON, *STYLES, BEGINNING)],
    }
    text = f"const KEPT = {json.dumps(kept, indent=1)};\n\n{(STATIC / WORKER).read_text('utf-8')}"
    headers = {"Cache-Control": "no-cache", "Service-Worker-Allowed": kept["page"]}
    return Response(text, mimetype="text/javascript", headers=headers)


@near.get("/manifest.webmanifest")
def manifest() -> ResponseReturnValue:
    """Say how the page stands among a phone's own applications."""
    lang = language()
    answer = jsonify(
        name=f"{say(TITLE, lang=lang)} · {present().name}",
        short_name=say(TITLE, lang=lang),
        lang="en" if lang == "en" else "zh-CN",
        start_url=url_for("near.page"),
        scope=url_for("near.page").partition("?")[0],
        display="standalone",
        background_color="#f6f4f1",
        theme_color="#c8102e",
        icons=[{"src": _static(ICON), "sizes": "any", "type": "image/svg+xml"}],
    )
    answer.mimetype = "application/manifest+json"
    answer.headers["Cache-Control"] = "no-cache"
    return answer


def _page_data(now: CityView, lang: str) -> dict[str, Any]:
    scripts = [*MAP_SCRIPTS, *(f"vendor/{name}" for name in basemaps.scripts(now))]
    return {
        "lang": lang,
        "version": now.version,
        "ground": ground(),
        "bounds": now.bounds,
        "basemap": basemaps.page_data(now, lang),
        "types": [],
        "page": url_for("near.page"),
        "worker": url_for("near.worker").partition("?")[0],
        "map": {
            "style": _static(MAP_STYLE),
            "scripts": [_static(name) for name in scripts],
            "module": _static(MAP_MODULE),
        },
        "texts": script_texts(lang),
    }


def _static(name: str) -> str:
    return url_for("static", filename=name)


@cache
def _version() -> str:
    """Mark of the files that the worker keeps."""
    digest = hashlib.sha256()
    for name in (ICON, *STYLES, BEGINNING, WORKER):
        digest.update((STATIC / name).read_bytes())
    return digest.hexdigest()[:16]
