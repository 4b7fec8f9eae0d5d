"""The Flask application: one city, its pages and its data, and what a mistake looks like."""

from http import HTTPStatus
from pathlib import Path
from uuid import uuid4

from flask import Flask, Response, current_app, json, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from stationmap.city import City
from stationmap.city.plans import UnknownStreetError
from stationmap.errors import CityError, Conflict, PackError, RegisterError, StationMapError
from stationmap.messages import N_
from web import access, desk, login
from web.access import NotAllowedError, NotSignedInError, public
from web.accounts import accounts, role_name, scope_name
from web.api import api
from web.api_findings import findings_api
from web.api_indicators import indicators_api
from web.applications import applications
from web.audit import audit
from web.basemaps import archive_of, basemaps
from web.coverage import coverage_page
from web.coverage_api import coverage_api
from web.downloads import downloads
from web.handover import links
from web.home_tables import home_tables
from web.importing import importing
from web.inspect import inspect
from web.inspect_api import inspect_api
from web.inspect_map import inspect_map
from web.manage_forms import manage_forms
from web.manage_history import manage_history
from web.manage_locate import manage_locate
from web.manage_merge import manage_merge
from web.manage_stations import manage_stations
from web.near import near
from web.near_api import near_api
from web.ogc import ogc
from web.open_files import open_files
from web.openapi import openapi
from web.order_files import order_files
from web.orders import orders
from web.pages import pages
from web.params import language
from web.photos import photos
from web.plan_api import plan_api
from web.remarks import remarks
from web.scenarios import scenarios
from web.scenarios_api import scenarios_api
from web.security import pack, protect
from web.sitemap import sitemap
from web.station_address import address_of
from web.station_page import station_page
from web.supervision import supervision
from web.supervision_table import supervision_table
from web.tiles import tiles
from web.unit_home import unit_home
from web.view import Source
from web.visit_pages import visit_pages
from web.what_if_api import what_if_api, what_if_planner
from web.words import catalogue, say

# open to everybody as a whole; the others declare each of their routes
PUBLIC = (
    *(pages, api, findings_api, indicators_api, tiles, basemaps, downloads),
    *(station_page, sitemap),
    *(ogc, open_files, openapi, near_api, plan_api, what_if_api),
    *(coverage_page, coverage_api),
)
BLUEPRINTS = (
    *map(public, PUBLIC),
    login.login,
    accounts,
    audit,
    unit_home,
    applications,
    orders,
    order_files,
    visit_pages,
    remarks,
    home_tables,
    inspect_api,
    inspect_map,
    photos,
    importing,
    manage_forms,
    inspect,
    supervision,
    supervision_table,
    scenarios,
    scenarios_api,
    manage_locate,
    manage_stations,
    manage_history,
    manage_merge,
    near,
    what_if_planner,
)

# one table: what went wrong -> the status that says so
STATUSES: list[tuple[type[Exception], int]] = [
    (NotSignedInError, 401),
    (NotAllowedError, 403),
    (Conflict, 409),
    (UnknownStreetError, 404),
    (CityError, 503),
    (PackError, 503),
    (StationMapError, 400),
]
SENTENCES = {
    400: N_("This could not be read, and nothing was saved. Go back and try again."),
    403: N_("Your account may not do this. Ask your administrator if it should."),
    404: N_("There is nothing at this address."),
    405: N_("This address can only be read."),
    413: N_("This is too large to be sent; nothing was saved. Send less at once."),
    429: N_("This network address asks too often; wait a moment and try again."),
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
        There is no city, or it cannot be read, or its base map or its register.
    LookupError
        A route does not declare who may use it.
    """
    app = Flask(__name__)
    city = City.open(Path(city_path))
    app.extensions["city"] = city
    app.extensions["stationmap"] = Source(city)
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
    app.jinja_env.globals.update(
        new_action=lambda: str(uuid4()),
        navigation=desk.navigation,
        city_name=desk.city_name,
        when=desk.when,
        said_done=desk.said,
        role_name=role_name,
        entrance=login.entrance,
        scope_name=scope_name,
        station_address=address_of,
        handover_links=lambda lon, lat, name: links(lon, lat, name, language()),
        say=lambda template, **params: say(template, lang=language(), **params),
    )
    archive_of(source_of(app).now())
    protect(app)
    pack(app)
    login.prepare(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    access.speak(app)
    access.guard(app)
    app.register_error_handler(StationMapError, _refused)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(RecursionError, _too_deep)
    app.register_error_handler(Exception, _fault)
    return app


def source_of(app: Flask) -> Source:
    """Return the city behind an application."""
    source: Source = app.extensions["stationmap"]
    return source


def _refused(error: StationMapError) -> ResponseReturnValue:
    status = next(status for kind, status in STATUSES if isinstance(error, kind))
    if isinstance(error, RegisterError) and error.params.get("why") == "full":
        status = HTTPStatus.INSUFFICIENT_STORAGE
    return _problem(status, error.render(language()))


def _http_error(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    response = _problem(status, say(SENTENCES.get(status, error.name), lang=language()))
    if isinstance(error, MethodNotAllowed):
        response.headers["Allow"] = ", ".join(error.valid_methods or ["GET"])
    if (wait := getattr(error, "retry_after", None)) is not None:
        response.headers["Retry-After"] = str(wait)
    return response


def _too_deep(error: RecursionError) -> ResponseReturnValue:
    """Refuse a body of brackets within brackets; elsewhere it is a fault of ours."""
    return _problem(400, say(SENTENCES[400], lang=language())) if request.is_json else _fault(error)


def _fault(error: Exception) -> ResponseReturnValue:
    current_app.logger.error("%s %s", request.method, request.path, exc_info=error)
    return _problem(500, say(SENTENCES[500], lang=language()))


def _problem(status: int, sentence: str) -> Response:
    """One plain sentence: as a page for a person, as problem+json for a program."""
    if request.path.startswith(("/api/", "/ogc/", "/tiles/", "/healthz")):
        title = HTTPStatus(status).phrase
        body = json.dumps(
            {"type": "about:blank", "title": title, "status": status, "detail": sentence}
        )
        return Response(body, status=status, mimetype="application/problem+json")
    before = login.came_from()
    page = _with_menu(status, sentence, before)
    if page is not None:
        return Response(page, status=status, mimetype="text/html")
    sign_in = url_for("login.sign_in", next=before or None) if status == 401 else ""
    page = render_template(
        "error.html", lang=language(), status=status, sentence=sentence, sign_in=sign_in
    )
    return Response(page, status=status, mimetype="text/html")


def _with_menu(status: int, sentence: str, before: str) -> str | None:
    """Write the page of an error for whoever is signed in; None where the menu cannot be had."""
    if access.visitor_if_known() is None:
        return None
    try:
        return render_template("error_manage.html", status=status, sentence=sentence, before=before)
    except Exception as error:
        # what is wrong may be what the menu needs; the sentence has to be said all the same
        current_app.logger.error("no menu: %s", request.path, exc_info=error)
        return None
