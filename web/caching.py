"""Answers kept by the browser for as long as the city's data stay the same."""

from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from pathlib import Path

from flask import Blueprint, Response, current_app, g, request

from web.view import CityView, Source


@cache
def _program() -> str:
    """Mark of this program: a newer one may put the same data in other words."""
    files = [p for p in Path(__file__).parent.rglob("*") if p.suffix in {".py", ".po", ".toml"}]
    newest = max(int(p.stat().st_mtime) for p in files)
    return f"{version('stationmap')}-{newest:x}"


def present() -> CityView:
    """View of the version in force when this request came."""
    if "view" not in g:
        source: Source = current_app.extensions["stationmap"]
        g.view = source.now()
    found: CityView = g.view
    return found


def whole() -> str:
    """Mark of all that is shown: the city's data, and the day, as findings hang on it."""
    return f"{present().version}-{present().today:%Y%m%d}"


def ground() -> str:
    """Mark of what lies still under the stations: it stays whatever the register takes in."""
    atlas = present().answers.atlas
    return atlas.name if atlas else "none"


def keep_nothing() -> None:
    """Say that this answer is not the last word on the present data."""
    g.etag = ""


def kept_by_version(blueprint: Blueprint, *, mark: Callable[[], str] = whole) -> Blueprint:
    """Give the blueprint's answers an ETag of what they show, and answer 304 to it."""

    @blueprint.before_request
    def _unchanged() -> Response | None:
        g.etag = f"{mark()}-{_program()}"
        if request.if_none_match.contains(g.etag):
            return Response(status=304)
        return None

    @blueprint.after_request
    def _tagged(response: Response) -> Response:
        if not g.etag:
            response.headers["Cache-Control"] = "no-store"
        elif response.status_code in {200, 204, 304}:
            response.set_etag(g.etag)
            response.headers.setdefault("Cache-Control", "no-cache")
        return response

    return blueprint
