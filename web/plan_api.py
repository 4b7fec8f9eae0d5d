"""Plans (布点方案) under ``/api/v1/plan``: where to add stations; as JSON, and as files."""

from dataclasses import replace
from pathlib import Path
from threading import BoundedSemaphore, Lock
from typing import Any

from flask import Blueprint, Response, abort, jsonify
from flask.typing import ResponseReturnValue

from stationmap import reports
from stationmap.city import open_data, plan_report
from stationmap.city.plans import PlanAsked
from stationmap.messages import N_
from stationmap.planning.plan import Plan
from stationmap.reports.plan_words import document
from web.access import may
from web.allowance import limited
from web.caching import kept_by_version, present, whole
from web.downloads import written
from web.open_data import opened
from web.params import Params
from web.view import CityView
from web.words import WebError, say


def _mark() -> str:
    return f"{whole()}-{'exact' if _exact() else 'published'}"


def _exact() -> bool:
    """Whether whoever asks may plan: a place that is rounded could open a gap again."""
    return may("plan.make")


plan_api = Blueprint("plan_api", __name__, url_prefix="/api/v1")
plan_api = opened(limited(kept_by_version(plan_api, mark=_mark)))

GEODATA = ("gpkg", "geojson", "xlsx")
FORMATS = (*GEODATA, "docx", "pdf", "png")
MOST_STREETS = 50
LIMIT_S = 20.0
"""Seconds that a plan may take; what was found by then is given with its bound."""
NAMES = frozenset(("rule", "street", "district", "budget", "free_standing", "lang"))
# one at a time: each takes a processor for seconds; planners do not wait for everybody else
_ONE, _ONE_PLANNER = Lock(), Lock()
_PLACES, _OF_PLANNERS = BoundedSemaphore(3), BoundedSemaphore(3)


@plan_api.get("/plan")
def plan() -> ResponseReturnValue:
    """Where to add stations so that the gaps close, with the proof and the curve."""
    params, now = Params.of_request(), present()
    found = _plan(now, _asked(params, now))
    decimals = None if _exact() else now.answers.config.published.decimals
    body = document(found, pack=now.pack, lang=params.lang, decimals=decimals)
    return jsonify(version=now.version, datum="wgs84", notices=params.notices, **body)


@plan_api.get("/plan.<ending>")
def plan_file(ending: str) -> Response:
    """Write the same plan as a file: geodata, a workbook, a report or a map."""
    if ending not in FORMATS:
        abort(404)
    params, now = Params.of_request(), present()
    asked = _asked(params, now)
    found = _plan(now, asked)

    def write(path: Path) -> None:
        told = plan_report.dossier(now.answers, asked, found, lang=params.lang)
        if ending in GEODATA and not _exact():
            told = _published(told, found, now)
        reports.write_plan(path, told, lang=params.lang)

    return written(now, write, name=say(N_("Plan"), lang=params.lang), ending=ending)


def _published(told: reports.PlanDossier, plan: Plan, now: CityView) -> reports.PlanDossier:
    """Round places as the city publishes them."""
    decimals = now.answers.config.published.decimals

    def rounded(frame: Any) -> Any:
        if frame is None:
            return None
        return open_data.published(frame, datum="wgs84", decimals=decimals)

    parts = ("proposals", "uncoverable", "suggested")
    plan = replace(plan, **{name: rounded(getattr(plan, name)) for name in parts})
    return replace(told, plan=plan, before=rounded(told.before), after=rounded(told.after))


@plan_api.after_request
def _by_cookie(response: Response) -> Response:
    response.vary.add("Cookie")
    return response


def _plan(now: CityView, asked: PlanAsked) -> Plan:
    if (kept := now.answers.kept_plan(asked)) is not None:
        return kept
    one, places = (_ONE_PLANNER, _OF_PLANNERS) if _exact() else (_ONE, _PLACES)
    if not places.acquire(blocking=False):
        abort(503)
    try:
        with one:
            return now.answers.plan(asked)
    finally:
        places.release()


def _asked(params: Params, now: CityView) -> PlanAsked:
    """Read what is asked for from the address."""
    params.only(NAMES)
    streets = tuple(dict.fromkeys(s for s in params.values.getlist("street") if s))
    if len(streets) > MOST_STREETS:
        raise WebError(
            "a plan of {count} single streets is too many for one question; ask for at most "
            "{most}, or for a district",
            count=len(streets),
            most=MOST_STREETS,
        )
    asked = PlanAsked(
        rule=params.text("rule") or (now.rule.id if now.rule else None),
        streets=streets,
        district=params.text("district") or None,
        free_standing=params.one_of("free_standing", ("0", "1"), default="0") == "1",
        limit_s=LIMIT_S,
    )
    if not params.values.get("budget"):
        return asked
    return replace(asked, budget=params.whole("budget", default=0, low=-(10**6), high=10**6))
