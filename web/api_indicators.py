"""JSON under ``/api/v1/``: the city's indicators, and its counties' outlines to colour."""

from functools import lru_cache
from typing import Any

import shapely
from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from shapely.geometry import mapping

from web import indicators
from web.caching import kept_by_version, present
from web.open_data import opened
from web.params import language
from web.parts import MAP_DATUM, assumption
from web.view import CityView

indicators_api = opened(
    kept_by_version(Blueprint("indicators_api", __name__, url_prefix="/api/v1"))
)


@indicators_api.get("/indicators")
def all_indicators() -> ResponseReturnValue:
    """All indicators of the pack, with the figures of the city, its counties and units."""
    now = present()
    return jsonify(version=now.version, indicators=_said(now, now.today, language()))


@indicators_api.get("/map/districts")
def map_districts() -> ResponseReturnValue:
    """Outlines of the city's counties, simplified; none where no districts were imported."""
    now = present()
    return jsonify(
        type="FeatureCollection", version=now.version, datum=MAP_DATUM, features=_outlines(now)
    )


@lru_cache(maxsize=4)
def _said(now: CityView, today: Any, lang: str) -> list[dict[str, Any]]:
    facts = now.answers.facts(today=today)
    return [
        {
            **indicators.said(rule, facts, lang),
            "assumed": [assumption(rule, name, lang) for name in rule.assumed],
        }
        for rule in indicators.rules(now.pack)
    ]


@lru_cache(maxsize=2)
def _outlines(now: CityView) -> list[dict[str, Any]]:
    found = indicators.outlines(now.answers.facts(today=now.today))
    decimals = min(indicators.DIGITS, now.answers.config.published.decimals)
    rows = zip(found["adcode"], found["name"], found["point"], found.geometry, strict=True)
    return [
        {
            "type": "Feature",
            "geometry": mapping(shapely.transform(shape, lambda xy: xy.round(decimals))),
            "properties": {
                "id": code,
                "name": name,
                "label": shapely.get_coordinates(point)[0].round(decimals).tolist(),
            },
        }
        for code, name, point, shape in rows
    ]
