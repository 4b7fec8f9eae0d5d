"""OGC API Features under ``/ogc/``: what QGIS, GDAL and other maps read the city's layers with.

It holds what `CONFORMS_TO` names: OGC 17-069r4 (core, GeoJSON, OpenAPI 3.0) and 18-058r1 (crs).
"""

import datetime as dt
from typing import Any

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue

from stationmap.city import open_data
from stationmap.crs import DATUMS
from stationmap.messages import N_
from web import ogc_asks as asks
from web.caching import kept_by_version, present
from web.ogc_features import Features, features, first_day
from web.open_data import opened
from web.open_files import FILES
from web.station_address import public_address
from web.view import CityView
from web.words import WebError, say

ogc = opened(kept_by_version(Blueprint("ogc", __name__, url_prefix="/ogc")))

_PART = "http://www.opengis.net/spec/ogcapi-features-{}/1.0/conf/{}"
CONFORMS_TO = [
    *(_PART.format(1, name) for name in ("core", "oas30", "geojson")),
    _PART.format(2, "crs"),
]
JSON, GEOJSON = "application/json", "application/geo+json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
PUBLISHED = tuple(datum for datum in DATUMS if datum != "cgcs2000")
ITEM_PARAMS = ("crs", "out_datum", "lang", asks.FORM)
ITEMS_PARAMS = ("bbox", "bbox-crs", "datetime", "limit", "offset", *ITEM_PARAMS)


@ogc.get("/", strict_slashes=False)
def landing() -> ResponseReturnValue:
    """Say what there is, with links to all of it."""
    lang = _plain()
    now = present()
    return _json(
        title=_title(now, lang),
        description=say(
            N_(
                "Open data of the volunteer-service stations: where they are, what they have, and "
                "where one is missing. No personal data."
            ),
            lang=lang,
        ),
        version=now.version,
        links=[
            _link("self", "ogc.landing", JSON),
            _link("service-desc", "openapi.document", OPENAPI),
            _link("service-doc", "openapi.page", "text/html"),
            _link("conformance", "ogc.conformance", JSON),
            _link("data", "ogc.collections", JSON),
        ],
    )


@ogc.get("/conformance")
def conformance() -> ResponseReturnValue:
    """Name the conformance classes of the standards that hold."""
    _plain()
    return _json(conformsTo=CONFORMS_TO)


@ogc.get("/collections")
def collections() -> ResponseReturnValue:
    """List the layers."""
    lang, now = _plain(), present()
    return _json(
        links=[_link("self", "ogc.collections", JSON)],
        collections=[
            _collection(features(now, name, lang=lang), lang) for name in open_data.LAYERS
        ],
    )


@ogc.get("/collections/<collection_id>")
def collection(collection_id: str) -> ResponseReturnValue:
    """Describe one layer."""
    lang, now = _plain(), present()
    return _json(**_collection(_layer(now, collection_id, lang), lang))


@ogc.get("/collections/<collection_id>/items")
def items(collection_id: str) -> ResponseReturnValue:
    """Give a page of a layer's features: all, or those in a box and a span of time."""
    asks.known_only(ITEMS_PARAMS)
    lang, now = asks.lang(), present()
    found = _layer(now, collection_id, lang)
    known = asks.systems(present().bounds)
    limit, offset = asks.page()
    moved, datum = _system(known)
    rows = found.choose(asks.box(known), asks.span(found.zone))
    total = len(found) if rows is None else len(rows)
    first, last = min(offset, total), min(offset + limit, total)
    page = slice(first, last) if rows is None else rows[first:last]
    texts = found.texts(page, moved=moved, datum=datum)
    links = [_here("self")]
    if last < total:
        links.append(_here("next", offset=last, limit=limit))
    if first > 0:
        links.append(_here("prev", offset=max(0, first - limit), limit=min(limit, first)))
    links.append(_link("collection", "ogc.collection", JSON, collection_id=collection_id))
    head = {
        "type": "FeatureCollection",
        "version": now.version,
        "datum": datum,
        "numberMatched": total,
        "numberReturned": len(texts),
        "links": links,
    }
    body = ",\n".join(f"{text}}}" for text in texts)
    return _geojson(f'{open_data.json_text(head)[:-1]},"features":[{body}]}}', moved, datum)


@ogc.get("/collections/<collection_id>/items/<path:feature_id>", merge_slashes=False)
def item(collection_id: str, feature_id: str) -> ResponseReturnValue:
    """Give one feature."""
    asks.known_only(ITEM_PARAMS)
    lang, now = asks.lang(), present()
    found = _layer(now, collection_id, lang)
    moved, datum = _system(asks.systems(present().bounds))
    row = found.row(feature_id)
    if row is None:
        abort(404)
    [text] = found.texts(slice(row, row + 1), moved=moved, datum=datum)
    said = {
        "version": now.version,
        "datum": datum,
        "links": [
            _here("self"),
            _link("collection", "ogc.collection", JSON, collection_id=collection_id),
        ],
    }
    return _geojson(f"{text},{open_data.json_text(said)[1:]}", moved, datum)


def _plain() -> str:
    """Return the language asked for, where nothing else may be asked."""
    asks.known_only(("lang", asks.FORM))
    return asks.lang()


def _title(now: CityView, lang: str) -> str:
    return f"{now.name} · {say(N_('Open data'), lang=lang)}"


def _layer(now: CityView, name: str, lang: str) -> Features:
    if name not in open_data.LAYERS:
        abort(404)
    return features(now, name, lang=lang)


def _system(known: list[str]) -> tuple[asks.Moved | None, str]:
    """Return the reference system and the datum asked for; WGS-84 unless the address says."""
    moved = asks.system(known)
    datum = asks.one_of("out_datum", PUBLISHED, default="wgs84")
    if datum != "wgs84" and moved is not None:
        raise WebError(
            "crs and out_datum={datum} exclude each other: {datum} has no reference system of its "
            "own; leave one of them out",
            datum=datum,
        )
    return moved, datum


def _collection(found: Features, lang: str) -> dict[str, Any]:
    name = found.name
    systems = asks.systems(present().bounds)
    own = {"collection_id": name}
    extent: dict[str, Any] = {}
    if found.bounds is not None:
        extent["spatial"] = {"bbox": [found.bounds], "crs": asks.CRS84}
    if (day := first_day(found)) is not None:
        start = dt.datetime.combine(day, dt.time.min, tzinfo=found.zone).astimezone(dt.UTC)
        extent["temporal"] = {"interval": [[f"{start:%Y-%m-%dT%H:%M:%SZ}", None]]}
    return {
        "id": name,
        "title": say(open_data.LAYERS[name], lang=lang),
        **({"extent": extent} if extent else {}),
        "itemType": "feature",
        "crs": systems,
        "storageCrs": asks.CRS84,
        "links": [
            _link("self", "ogc.collection", JSON, **own),
            _link("items", "ogc.items", GEOJSON, **own),
            *(
                _link("enclosure", "open_files.layer", kind, name=name, ending=ending)
                for ending, kind in FILES.items()
            ),
        ],
    }


def _link(rel: str, endpoint: str, kind: str, **values: Any) -> dict[str, str]:
    return {"rel": rel, "type": kind, "href": public_address(endpoint, **values)}


def _here(rel: str, **changes: Any) -> dict[str, str]:
    """Link to this answer, or to another page of it."""
    values = {**request.args, **changes, **(request.view_args or {})}
    return _link(rel, str(request.endpoint), GEOJSON, **values)


def _json(**said: Any) -> Response:
    return Response(open_data.json_text(said), mimetype=JSON)


def _geojson(text: str, moved: asks.Moved | None, datum: str) -> Response:
    uri = moved.uri if moved else asks.CRS84
    if datum != "wgs84":
        # no authority has a name for it: this one leads to where it is explained
        uri = public_address("openapi.page", _anchor=datum)
    return Response(text, mimetype=GEOJSON, headers={"Content-Crs": f"<{uri}>"})
