"""JSON under ``/api/v1/``: the city's indicators, and its counties' outlines to colour."""

from functools import lru_cache
from typing import Any

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from shapely import get_coordinates
from shapely.geometry import mapping

from web import indicators
from web.caching import kept_by_version, present
from web.params import language
from web.parts import assumption
from web.view import CityView

indicators_api = kept_by_version(Blueprint("indicators_api", __name__, url_prefix="/api/v1"))


@indicators_api.get("/indicators")
def all_indicators() -> ResponseReturnValue:
    """All indicators of the pack, with the figures of the city, its counties and units."""
    now = present()
    return jsonify(version=now.version, indicators=_said(now, now.today, language()))


@indicators_api.get("/map/districts")
def map_districts() -> ResponseReturnValue:
    """Outlines of the city's counties, simplified; none where no districts were imported."""
    now = present()
    return jsonify(type="FeatureCollection", version=now.version, features=_outlines(now))


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
    rows = zip(found["adcode"], found["name"], found["point"], found.geometry, strict=True)
    return [
        {
            "type": "Feature",
            "geometry": mapping(shape),
            "properties": {
                "id": code,
                "name": name,
                "label": get_coordinates(point)[0].round(indicators.DIGITS).tolist(),
            },
        }
        for code, name, point, shape in rows
    ]
