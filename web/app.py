"""The Flask application: one city, its pages and its data, and what a mistake looks like."""

from http import HTTPStatus
from pathlib import Path

from flask import Flask, Response, current_app, json, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from stationmap.city import City
from stationmap.errors import CityError, PackError, StationMapError
from stationmap.messages import N_
from web.api import api
from web.api_findings import findings_api
from web.api_indicators import indicators_api
from web.basemaps import archive_of, basemaps
from web.downloads import downloads
from web.pages import pages
from web.params import language
from web.security import pack, protect
from web.tiles import tiles
from web.view import Source
from web.words import catalogue, say

# one table: what went wrong -> the status that says so
STATUSES: list[tuple[type[Exception], int]] = [
    (CityError, 503),
    (PackError, 503),
    (StationMapError, 400),
]
SENTENCES = {
    404: N_("There is nothing at this address."),
    405: N_("This address can only be read."),
    503: N_("Other files are being written; try again in a minute."),
    500: N_("Something went wrong here; nothing was lost. Try again, or tell who runs this map."),
}


def create_app(city_path: str | Path) -> Flask:
    """Make the application that shows one city.

    Parameters
    ----------
    city_path : path
        A city folder.

    Raises
    ------
    CityError
        There is no city, or it cannot be read, or its base map.
    """
    app = Flask(__name__)
    app.extensions["stationmap"] = Source(City.open(Path(city_path)))
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.config["MAX_CONTENT_LENGTH"] = 1_000_000
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: catalogue(language()).get(text, text),
        lambda one, many, n: catalogue(language()).get(one if n == 1 else many, many),
        newstyle=True,
    )
    archive_of(source_of(app).now())
    protect(app)
    pack(app)
    for blueprint in (pages, api, findings_api, indicators_api, tiles, basemaps, downloads):
        app.register_blueprint(blueprint)
    app.register_error_handler(StationMapError, _refused)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _fault)
    return app


def source_of(app: Flask) -> Source:
    """Return the city behind an application."""
    source: Source = app.extensions["stationmap"]
    return source


def _refused(error: StationMapError) -> ResponseReturnValue:
    status = next(status for kind, status in STATUSES if isinstance(error, kind))
    return _problem(status, error.render(language()))


def _http_error(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    response = _problem(status, say(SENTENCES.get(status, error.name), lang=language()))
    if isinstance(error, MethodNotAllowed):
        response.headers["Allow"] = ", ".join(error.valid_methods or ["GET"])
    return response


def _fault(error: Exception) -> ResponseReturnValue:
    current_app.logger.error("%s %s", request.method, request.path, exc_info=error)
    return _problem(500, say(SENTENCES[500], lang=language()))


def _problem(status: int, sentence: str) -> Response:
    """One plain sentence: as a page for a person, as problem+json for a program."""
    if request.path.startswith(("/api/", "/tiles/", "/healthz")):
        title = HTTPStatus(status).phrase
        body = json.dumps(
            {"type": "about:blank", "title": title, "status": status, "detail": sentence}
        )
        return Response(body, status=status, mimetype="application/problem+json")
    page = render_template("error.html", lang=language(), status=status, sentence=sentence)
    return Response(page, status=status, mimetype="text/html")
