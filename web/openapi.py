"""The API's own description: an OpenAPI document for programs, and a page for people."""

import re
from collections.abc import Mapping
from importlib.metadata import version
from types import MappingProxyType
from typing import Any

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue

from stationmap.checks import RULE_KINDS
from stationmap.city import open_data
from stationmap.city.coverage_ground import carriers
from stationmap.city.near import NEEDS
from stationmap.city.plans import plan_rules
from stationmap.messages import N_
from web.caching import kept_by_version, present
from web.findings import SIGNS
from web.ogc_asks import CRS84, systems
from web.open_data import opened
from web.open_files import FILES
from web.openapi_paths import (
    MOST,
    OPERATIONS,
    PARAMS,
    PROBLEM,
    Operation,
    Param,
)
from web.params import language
from web.station_address import public_address, public_root
from web.view import CityView
from web.words import say

openapi = opened(kept_by_version(Blueprint("openapi", __name__)))

MEDIA = "application/vnd.oai.openapi+json;version=3.0"
_STATUS: Mapping[int, str] = MappingProxyType(
    {
        200: N_("The answer"),
        302: N_("It was merged into another station: the address of that one"),
        304: N_("Unchanged since the answer that If-None-Match names"),
        400: N_("A value in the address cannot be used; the sentence says which"),
        401: N_("Only for those who are signed in"),
        404: N_("There is none of this name"),
        429: N_("One address asked too often; Retry-After says when it may ask again"),
        500: N_("A fault of the server; nothing was lost"),
        503: N_("The data cannot be read just now; try again in a minute"),
    }
)
_ALWAYS = (200, 500, 503)
_LINK = {
    "type": "object",
    "required": ["href", "rel"],
    "properties": {name: {"type": "string"} for name in ("href", "rel", "type", "title")},
}
_LINKS = {"type": "array", "items": {"$ref": "#/components/schemas/Link"}}
_FEATURE: dict[str, Any] = {
    "type": "object",
    "required": ["type", "id", "geometry", "properties"],
    "properties": {
        "type": {"type": "string", "enum": ["Feature"]},
        "id": {"type": "string"},
        "geometry": {
            "type": "object",
            "nullable": True,
            "required": ["type"],
            "properties": {"type": {"type": "string"}},
        },
        "properties": {"type": "object"},
        "links": _LINKS,
    },
}
_COLLECTION: dict[str, Any] = {
    "type": "object",
    "required": ["type", "features"],
    "properties": {
        "type": {"type": "string", "enum": ["FeatureCollection"]},
        "features": {
            "type": "array",
            "items": {"type": "object", "required": ["type", "geometry", "properties"]},
        },
    },
}
SCHEMAS: Mapping[str, Any] = MappingProxyType(
    {
        "Object": {"type": "object"},
        "File": {"type": "string", "format": "binary"},
        "Link": _LINK,
        "Problem": {
            "type": "object",
            "required": ["title", "status", "detail"],
            "properties": {
                "type": {"type": "string"},
                "title": {"type": "string"},
                "status": {"type": "integer"},
                "detail": {"type": "string"},
            },
        },
        "Feature": _FEATURE,
        "FeatureCollection": _COLLECTION,
        "Features": {
            "type": "object",
            "required": ["type", "features", "links", "numberMatched", "numberReturned"],
            "properties": {
                "type": {"type": "string", "enum": ["FeatureCollection"]},
                "features": {"type": "array", "items": {"$ref": "#/components/schemas/Feature"}},
                "links": _LINKS,
                "numberMatched": {"type": "integer", "minimum": 0},
                "numberReturned": {"type": "integer", "minimum": 0},
                "version": {"type": "string"},
                "datum": {"type": "string"},
            },
        },
        "Collection": {
            "type": "object",
            "required": ["id", "links", "crs", "storageCrs"],
            "properties": {
                "id": {"type": "string"},
                "title": {"type": "string"},
                "extent": {"type": "object"},
                "itemType": {"type": "string"},
                "crs": {"type": "array", "items": {"type": "string"}},
                "storageCrs": {"type": "string"},
                "links": _LINKS,
            },
        },
    }
)


@openapi.get("/api/v1/openapi.json")
def document() -> ResponseReturnValue:
    """Give the OpenAPI 3.0 document of all public routes."""
    return Response(open_data.json_text(described(present(), language())), content_type=MEDIA)


@openapi.get("/api")
def page() -> ResponseReturnValue:
    """Explain the open data and their API to people."""
    now, lang = present(), language()
    found = described(now, lang)
    groups: dict[str, list[tuple[str, Any]]] = {tag["name"]: [] for tag in found["tags"]}
    for path, methods in found["paths"].items():
        groups[methods["get"]["tags"][0]].append((path, methods["get"]))
    layers = {name: say(label, lang=lang) for name, label in open_data.LAYERS.items()}
    return render_template(
        "api.html",
        city=now.name,
        now=now,
        groups=groups,
        layers=layers,
        endings=list(FILES),
        landing=public_address("ogc.landing"),
    )


def described(now: CityView, lang: str) -> dict[str, Any]:
    """Return the document about one version of a city."""
    about = N_(
        "Read only, without an account, without personal data. Every answer with coordinates says "
        "its datum. Stations, the nearest, ways, places, OGC features, GeoJSON and CSV files take "
        "out_datum; without it OGC features are in WGS-84, the others in the city's own setting. "
        "All else is WGS-84. Answers with an ETag can be asked again with If-None-Match."
    )
    tags = dict.fromkeys(say(op.group, lang=lang) for op in OPERATIONS)
    return {
        "openapi": "3.0.3",
        "info": {
            "title": f"{now.name} · {say(N_('Open data'), lang=lang)}",
            "description": say(about, lang=lang),
            "version": version("stationmap"),
        },
        "servers": [{"url": public_root()}],
        "tags": [{"name": name} for name in tags],
        "paths": {op.path: {"get": _operation(now, op, lang)} for op in OPERATIONS},
        "components": {"schemas": dict(SCHEMAS)},
    }


def _operation(now: CityView, op: Operation, lang: str) -> dict[str, Any]:
    names = re.findall(r"{(\w+)}", op.path)
    statuses = sorted({*_ALWAYS, *op.other, *([304] if op.kept else [])})
    return {
        "operationId": re.sub(r"\W+", "_", op.path).strip("_"),
        "tags": [say(op.group, lang=lang)],
        "summary": say(op.about, lang=lang),
        "parameters": [_of_path(now, name) for name in names]
        + [_param(now, key, PARAMS[key], lang) for key in op.params.split()],
        "responses": {str(code): _response(op, code, lang) for code in statuses},
    }


def _of_path(now: CityView, name: str) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string", "minLength": 1}
    if name == "collection_id":
        schema = {"type": "string", "enum": list(open_data.LAYERS)}
    elif name == "station_id" and len(now.stations):
        schema["example"] = str(now.stations.index[0])
    elif name == "street_id" and len(now.street_table):
        schema["example"] = str(now.street_table.index[0])
    elif name == "gap_id" and len(now.gaps):
        schema["example"] = str(now.gaps.index[0])
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _param(now: CityView, key: str, param: Param, lang: str) -> dict[str, Any]:
    schema = param.schema
    if isinstance(schema, str):
        schema = _choices(now, schema)
    return {
        "name": param.name or key,
        "in": "query",
        "required": param.required,
        "description": say(param.about, lang=lang, needs=", ".join(NEEDS), most=MOST),
        "schema": dict(schema),
        **({"style": "form", "explode": False} if schema.get("type") == "array" else {}),
    }


def _choices(now: CityView, what: str) -> dict[str, Any]:
    """Return the schema of a value, or of several, out of what there is."""
    several = {
        "needs": list(NEEDS),
        "kinds": list(dict.fromkeys([*RULE_KINDS, *now.kinds])),
        "signs": list(SIGNS),
    }
    if what in several:
        return {"type": "array", "items": {"type": "string", "enum": several[what]}}
    if what == "crs":
        return {"type": "string", "enum": systems(now.bounds), "default": CRS84}
    known = {
        "classes": now.along,
        "carriers": carriers(now.answers),
        "counties": list(now.counties),
        "plan_rules": plan_rules(now.pack),
        "spacing_rules": [rule.id for rule in now.pack.rules if rule.kind == "spacing"],
        "types": [t.id for t in now.pack.site_types],
    }[what]
    return {"type": "string", "enum": ["", *known]}


def _response(op: Operation, code: int, lang: str) -> dict[str, Any]:
    found: dict[str, Any] = {"description": say(_STATUS[code], lang=lang)}
    if code == 200:
        schema: dict[str, Any] = {"$ref": f"#/components/schemas/{op.schema}"}
        if op.has:
            schema = {"type": "object", "required": op.has.split()}
        found["content"] = {media: {"schema": schema} for media in op.media}
        found["headers"] = {"ETag": {"schema": {"type": "string"}}} if op.kept else {}
        if "crs" in op.params.split():
            found["headers"]["Content-Crs"] = {"schema": {"type": "string"}}
    elif code >= 400:
        problem = {"$ref": "#/components/schemas/Problem"} if op.errors == PROBLEM else {}
        found["content"] = {op.errors: {"schema": problem or {"type": "string"}}}
    return found
