"""The inspectors' pages: one shell that opens without a network, its worker and its manifest.

The shell is the same for everybody and knows nobody: who works with it, and what they have in
hand, comes from the interface of inspections and stays on the phone, apart for each account.
"""

import hashlib
import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, json, jsonify, render_template, url_for
from flask.typing import ResponseReturnValue

from stationmap.messages import N_
from web import basemaps, security
from web.access import public
from web.caching import ground, present
from web.inspect_texts import script_texts
from web.pages import script_json
from web.params import language
from web.words import say

inspect = public(Blueprint("inspect", __name__, url_prefix="/inspect"))

STATIC = Path(__file__).parent / "static"
BEGINNING = "js/inspect/app.js"
WORKER = "js/inspect/sw.js"
STYLES = (
    "vendor/bootstrap/bootstrap.min.css",
    "vendor/leaflet/leaflet.css",
    "css/tokens.css",
    "css/app.css",
    "css/inspect.css",
)
SCRIPTS = (
    "vendor/leaflet/leaflet.js",
    "vendor/leaflet.vectorgrid/Leaflet.VectorGrid.bundled.min.js",
)
ICON = "icon.svg"
TITLE = N_("Inspection")
LANGUAGES = ("zh", "en")
_PARTS_OF_PAGE = ("templates/inspect.html", "templates/base.html")


@inspect.get("/")
def shell() -> ResponseReturnValue:
    """Show the shell; what it shows is found by its scripts, and by the part behind the #."""
    now, lang = present(), language()
    page = render_template(
        "inspect.html",
        city=now.name,
        styles=STYLES,
        scripts=SCRIPTS,
        modules=list(_modules()),
        beginning=BEGINNING,
        page_data=script_json(_page_data(lang)),
    )
    return Response(
        page,
        headers={
            "Cache-Control": "no-cache",
            "Content-Security-Policy": security.policy(
                pictures=("blob:", *basemaps.hosts(now)), more=security.INSTALLED
            ),
            "Permissions-Policy": "camera=(), geolocation=(self), microphone=(), payment=()",
        },
    )


@inspect.get("/sw.js")
def worker() -> ResponseReturnValue:
    """Send the worker that keeps the shell on the phone, and the list of what it keeps.

    A new version of anything in the list makes another text of it: by that a browser knows.
    """
    files = [_address(name) for name in _files()]
    kept = {
        "version": _version(),
        "files": files,
        "shells": {lang: _shell_address(lang) for lang in LANGUAGES},
    }
    text = f"const KEPT = {json.dumps(kept, indent=1)};\n\n{(STATIC / WORKER).read_text('utf-8')}"
    return Response(text, mimetype="text/javascript", headers={"Cache-Control": "no-cache"})


@inspect.get("/manifest.webmanifest")
def manifest() -> ResponseReturnValue:
    """Say how the pages stand among a phone's own applications."""
    lang = language()
    answer = jsonify(
        name=f"{say(TITLE, lang=lang)} · {present().name}",
        short_name=say(TITLE, lang=lang),
        lang="en" if lang == "en" else "zh-CN",
        start_url=_shell_address(lang),
        scope="/inspect/",
        display="standalone",
        background_color="#f6f4f1",
        theme_color="#f6f4f1",
        icons=[{"src": _address(ICON), "sizes": "any", "type": "image/svg+xml"}],
    )
    answer.mimetype = "application/manifest+json"
    answer.headers["Cache-Control"] = "no-cache"
    return answer


def _page_data(lang: str) -> dict[str, Any]:
    now = present()
    return {
        "lang": lang,
        "version": now.version,
        "cityName": now.name,
        "zone": now.answers.config.time_zone,
        "ground": ground(),
        "bounds": now.bounds,
        "basemap": basemaps.page_data(now, lang),
        "types": [{"id": t.id, "name": t.name.get(lang)} for t in now.pack.site_types],
        "signIn": url_for("login.sign_in", next=_shell_address(lang)),
        "account": url_for("login.own"),
        "worker": url_for("inspect.worker").partition("?")[0],
        "texts": script_texts(lang),
    }


def _address(name: str) -> str:
    return url_for("static", filename=name)


def _shell_address(lang: str) -> str:
    path = url_for("inspect.shell").partition("?")[0]
    return f"{path}?lang=en" if lang == "en" else path


def _modules() -> Iterator[str]:
    """Yield the scripts that the first one needs, itself first."""
    found, waiting = set(), [BEGINNING]
    while waiting:
        name = waiting.pop(0)
        file = STATIC / name
        if name in found or not file.is_file():
            continue
        found.add(name)
        yield name
        others = re.findall(r'"(\.{1,2}/[\w/-]+\.js)"', file.read_text("utf-8"))
        waiting += [posixpath.normpath(f"{posixpath.dirname(name)}/{other}") for other in others]


def _files() -> list[str]:
    kept = [ICON, *STYLES, *SCRIPTS, *_modules()]
    return [name for name in kept if (STATIC / name).is_file()]


def _version() -> str:
    """Mark of all that the worker keeps: the files, the words and the city's own settings."""
    digest = hashlib.sha256()
    own = Path(__file__).parent
    for file in [
        *(STATIC / name for name in [*_files(), WORKER]),
        *(own / name for name in _PARTS_OF_PAGE),
    ]:
        digest.update(file.read_bytes())
    for lang in LANGUAGES:
        # the version of the data changes with every visit, what is kept does not
        data = {**_page_data(lang), "version": ""}
        digest.update(json.dumps([data, present().name], sort_keys=True).encode())
    return digest.hexdigest()[:16]
