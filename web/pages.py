"""The pages themselves: the planner's map, and the page for what is not there."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, url_for
from flask.typing import ResponseReturnValue

from stationmap.city import templates
from stationmap.stations import STATUSES
from web import basemaps, security
from web.access import may, visitor_if_known
from web.caching import ground, present
from web.finding_words import kind_name
from web.inspect_sites import due_days
from web.maps import Shell, shell
from web.params import language
from web.parts import class_name, type_name
from web.texts import script_texts
from web.view import CityView
from web.words import say

pages = Blueprint("pages", __name__)


@pages.get("/")
def home() -> ResponseReturnValue:
    """Show the map with its list of gaps."""
    now, lang = present(), language()
    data = _page_data(now, lang)
    page = render_template(
        "map.html",
        lang=lang,
        city=now.name,
        pack=now.pack,
        data_date=now.date,
        classes=data["classes"],
        districts=data["districts"],
        shell=_shell(now),
        base_scripts=basemaps.scripts(now),
        modules=_modules(),
        page_data=script_json(data),
    )
    policy = security.policy(pictures=basemaps.hosts(now))
    headers = {"Cache-Control": "no-store", "Content-Security-Policy": policy}
    return Response(page, headers=headers)


@pages.get("/healthz")
def health() -> ResponseReturnValue:
    """Say that the city can be read, and at which version."""
    return jsonify(status="ok", version=present().version)


def _page_data(now: CityView, lang: str) -> dict[str, Any]:
    rule, pack = now.rule, now.pack
    point = rule.site_type if rule else pack.site_types[-1].id
    return {
        "lang": lang,
        "version": now.version,
        "ground": ground(),
        "bounds": now.bounds,
        "basemap": basemaps.page_data(now, lang),
        "firstTab": "gaps" if rule else "standards",
        "types": [{"id": t.id, "name": t.name.get(lang)} for t in pack.site_types],
        "point": type_name(now, point, lang),
        "pointType": point,
        "spacingRule": rule.id if rule else "",
        "classes": [{"id": c, "name": class_name(c, lang)} for c in now.along],
        "districts": [{"id": k, "name": v} for k, v in now.districts.items()],
        "counties": [{"id": k, "name": v} for k, v in now.counties.items()],
        "kinds": [{"id": k, "name": kind_name(k, lang)} for k in now.kinds],
        "statuses": {s: say(label, lang=lang) for s, label in STATUSES.items()},
        "folder": now.answers.path.name,
        "templates": [{"id": k, "name": templates.title(k).get(lang)} for k in templates.kinds()],
        "stationsWord": pack.label("stations").get(lang),
        "edit": _edit(),
        "inspect": _inspect(now),
        "plan": _plan(now),
        "texts": script_texts(lang),
    }


def _edit() -> dict[str, str | None] | None:
    """Say which stations whoever is signed in may open from the map; None for residents."""
    account = visitor_if_known()
    if account is None:
        return None
    address = url_for("manage_stations.one")
    return {"url": address, "adcode": account.adcode, "unit": account.unit_id}


def _inspect(now: CityView) -> dict[str, Any] | None:
    """Say where whoever is signed in inspects stations, and which; None for those who do not."""
    account = visitor_if_known()
    if account is None or not may("inspect"):
        return None
    return {
        "url": url_for("inspect.shell"),
        "orders": "/manage/orders",
        "adcode": account.adcode,
        "unit": account.unit_id,
        "all": account.role == "inspector",
        "dueDays": due_days(now),
        "staleDays": now.pack.stale_days,
    }


def _plan(now: CityView) -> dict[str, Any]:
    """Say where scenarios are kept, who may see them, and how many stations are planned already."""
    return {
        "planned": int((now.stations["status"] == "planned").sum()),
        "signedIn": visitor_if_known() is not None,
        "signIn": url_for("login.sign_in", next="/?tab=plan"),
        "scenarios": url_for("scenarios.listing"),
    }


@cache
def _modules() -> list[str]:
    """Scripts of the page, so that the browser need not find them one behind the other."""
    folder, found, waiting = Path(__file__).parent / "static" / "js", set(), ["main.js"]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += re.findall(r'"\./([\w-]+\.js)"', (folder / name).read_text("utf-8"))
    return sorted(found)


def _shell(now: CityView) -> Shell:
    west, south, east, north = now.bounds or [73.0, 18.0, 135.0, 54.0]
    return shell(lat=(south + north) / 2, lon=(west + east) / 2, zoom=13 if now.bounds else 4)


def script_json(data: Any) -> str:
    """JSON that cannot end its script element: no `<`, no line separators."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text
