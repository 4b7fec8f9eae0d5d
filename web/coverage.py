"""The page of coverage: hours of a week, districts, supplies, a map of what is not covered."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from flask import Blueprint, Response, abort, render_template, url_for
from flask.typing import ResponseReturnValue

from stationmap.city import coverage_told as told
from stationmap.city import open_data
from stationmap.city.coverage import METRES_A_MINUTE, CoverageAsked
from stationmap.city.coverage_ground import BUILT, FRONTAGE, carriers
from stationmap.messages import N_
from stationmap.planning.demand import PEOPLE
from stationmap.reports.wording import percent
from stationmap.stations import SUPPLIES
from web import basemaps, security
from web.allowance import limited
from web.caching import kept_by_version, present
from web.coverage_asked import WALKS, Shown, document, shown
from web.downloads import written
from web.params import Params
from web.station_rows import map_data, map_shell
from web.view import CityView
from web.words import say

coverage_page = limited(kept_by_version(Blueprint("coverage_page", __name__)))

ENDINGS = tuple(ending.lstrip(".") for ending in told.ENDINGS)
LONGEST = 12
"""How many stretches or places that are not covered are listed beside the map."""
STEPS = (0.2, 0.4, 0.6, 0.8)
"""Where the colours of the heat table change, shares."""
_AMOUNTS = {"m": N_("{n} m"), "people": N_("{n} people"), "places": N_("{n} places")}
_APART = 0.005  # half a point: less is not told in a cell


@coverage_page.get("/coverage")
def page() -> ResponseReturnValue:
    """Show the coverage of a week."""
    now, params = present(), Params.of_request()
    if not carriers(now.answers):
        return render_template("coverage.html", city=now.name, shown=None)
    asked, lang = shown(now, params), params.lang
    said = document(now, asked, lang)
    body = render_template(
        "coverage.html",
        city=now.name,
        shown=asked,
        said=said,
        notices=params.notices,
        answer=_answer(asked, said, lang),
        what=told.carrier_name(asked.asked.carrier, lang=lang),
        kinds=[(k, told.carrier_name(k, lang=lang)) for k in carriers(now.answers)],
        walks=[(m, f"{m / METRES_A_MINUTE:.0f}") for m in WALKS],
        days=[say(day, lang=lang) for day in told.DAYS],
        supplies=[(key, say(label, lang=lang)) for key, label in SUPPLIES.items()],
        counties=list(now.counties.items()),
        readings=[(name, say(told.READINGS[name], lang=lang)) for name in asked.found.readings],
        hour_name=told.hour_name(asked.at, lang=lang),
        periods=[(k, say(v, lang=lang)) for k, v in told.PERIOD_NAMES.items()],
        heat=_heat(asked, said, lang),
        steps=[*zip((0, *STEPS), (*STEPS, 1), strict=True)],
        share=_range,
        count=told.amounts,
        many=lambda one: _amount(said, one, lang),
        ranges=say(told.RANGES, lang=lang),
        longest=_longest(now, asked, lang),
        link=_link(asked),
        frontage=asked.asked.carrier == FRONTAGE,
        people=asked.asked.carrier == PEOPLE,
        amount=say(told.AMOUNTS[asked.found.ground.unit], lang=lang),
        endings=ENDINGS,
        shell=map_shell(now, None),
        base_scripts=basemaps.scripts(now),
        page_data=map_data(now, lang, ask=_query(asked)),
    )
    policy = security.policy(pictures=basemaps.hosts(now))
    return Response(body, headers={"Content-Security-Policy": policy})


@coverage_page.get("/download/coverage.<ending>")
def download(ending: str) -> ResponseReturnValue:
    """Write the figures (xlsx, csv), or what is not covered at the hour (gpkg, geojson)."""
    if ending not in ENDINGS:
        abort(404)
    now, params = present(), Params.of_request()
    asked, lang = shown(now, params), params.lang

    def write(path: Path) -> None:
        said = document(now, asked, lang)
        bare = _published(now, asked)
        told.write(path, now.answers, said, at=asked.at, bare=bare, lang=lang)

    return written(now, write, name=say(N_("Coverage by hour"), lang=lang), ending=ending)


def _published(now: CityView, asked: Shown) -> Any:
    frame = asked.not_covered()
    return open_data.published(frame, datum="wgs84", decimals=now.answers.config.published.decimals)


def _query(asked: Shown) -> dict[str, Any]:
    """Return the values of an address that asks for the same; usual ones are left out."""
    own, usual = asked.asked, CoverageAsked()
    values = {
        "of": own.carrier,
        "within": f"{own.within_m:g}" if own.within_m != usual.within_m else "",
        "supply": list(own.supplies),
        "district": own.district,
        "coverage": asked.reading if asked.reading != BUILT else "",
        "day": str(asked.at[0] + 1),
        "hour": str(asked.at[1]),
    }
    return {name: value for name, value in values.items() if value}


def _link(asked: Shown) -> Any:
    """Return a function that writes addresses of the same with some values changed."""

    def link(endpoint: str = "coverage_page.page", **changed: Any) -> str:
        values = {**_query(asked), **changed}
        return url_for(endpoint, **{k: v for k, v in values.items() if v not in ("", None, [])})

    return link


def _answer(asked: Shown, said: Mapping[str, Any], lang: str) -> str:
    """Say the figure of the hour in one sentence."""
    one = said["summary"][asked.reading]["at"]
    template = N_(
        "{hour}: {share} of {what} ({amount}) has an open station within {within} m {way}."
    )
    if asked.asked.supplies:
        template = N_(
            "{hour}: {share} of {what} ({amount}) has an open station with {supplies} within "
            "{within} m {way}."
        )
    along = asked.asked.carrier == FRONTAGE
    return say(
        template,
        lang=lang,
        hour=told.hour_name(asked.at, lang=lang),
        share=_range(one),
        amount=_amount(said, one, lang),
        what=told.carrier_name(asked.asked.carrier, lang=lang),
        supplies=say(N_(", "), lang=lang).join(
            say(SUPPLIES[supply], lang=lang) for supply in asked.asked.supplies
        ),
        within=f"{said['summary']['within_m']:g}",
        way=say(N_("along the street") if along else N_("on foot"), lang=lang),
    )


def _amount(said: Mapping[str, Any], one: Mapping[str, float | None], lang: str) -> str:
    return say(_AMOUNTS[said["summary"]["unit"]], lang=lang, n=told.amounts(one))


def _range(one: Mapping[str, float | None]) -> str:
    sure, most = percent(one["certain"]), percent(one["possible"])
    return sure if sure == most else f"{sure}–{most}"


def _heat(asked: Shown, said: Mapping[str, Any], lang: str) -> list[list[dict[str, Any]]]:
    """Return 24 rows of 7 cells: what is written in each, its colour and its sentence."""
    rows: list[list[dict[str, Any]]] = [[] for _ in range(24)]
    for row in said["hours"]:
        one, at = row[asked.reading], (row["day"] - 1, row["hour"])
        sure, most = one["certain"], one["possible"]
        rows[row["hour"]].append(
            {
                "day": row["day"],
                "step": sum(sure is not None and sure >= step for step in STEPS),
                "text": percent(sure, digits=0).rstrip("%"),
                "more": round((most - sure) * 100)
                if sure is not None and most - sure > _APART
                else 0,
                "said": f"{told.hour_name(at, lang=lang)}: {_range(one)}",
                "chosen": at == asked.at,
            }
        )
    return rows


def _longest(now: CityView, asked: Shown, lang: str) -> list[dict[str, Any]]:
    frame = asked.not_covered()
    return [
        {
            "name": row["name"] if isinstance(row["name"], str) and row["name"] else "",
            "district": now.district_name(row["adcode"]) if row["adcode"] else "",
            "amount": None if pd.isna(row["weight"]) else round(row["weight"]),
            "state": say(told.STATES[row["state"]], lang=lang),
            "perhaps": row["state"] == "perhaps",
            "street": row["street_id"] if isinstance(row["street_id"], str) else "",
        }
        for row in frame.head(LONGEST).to_dict("records")
    ]
