"""The nearest stations, the way to one, and places by name: JSON for every program."""

import json
from typing import Any

from flask import Blueprint, Response, abort, jsonify
from flask.typing import ResponseReturnValue

from stationmap.city import near_asked
from stationmap.city.answers import Answers
from stationmap.city.near import Asked
from stationmap.city.near_cards import document, minutes
from stationmap.city.station_merge import merged_into
from stationmap.messages import printable
from web.access import clock
from web.allowance import limited
from web.caching import present
from web.desk import register
from web.open_data import opened
from web.params import Params
from web.proposed import places_called
from web.public_places import asked_datum, published, published_all

near_api = opened(limited(Blueprint("near_api", __name__, url_prefix="/api/v1")))

GEOJSON = "application/geo+json"
UNKEPT = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


@near_api.get("/stations/nearest")
def nearest() -> ResponseReturnValue:
    """Stations that fit, nearest first on foot; where none fits, the nearest and why not."""
    params, now, asked_at = Params.of_request(), present().answers, clock()
    values, zone = params.values, now.config.time_zone
    lon, lat = _place(params, now)
    datum = asked_datum(params)
    k, limited = near_asked.count(values.get("k", ""), name="k")
    open_at = near_asked.instant(values.get("open_at", ""), name="open_at", zone=zone, now=asked_at)
    asked = Asked(
        lon=lon,
        lat=lat,
        k=k,
        needs=near_asked.needs(values.getlist("supply")),
        open_at=open_at,
        now=asked_at,
        max_m=near_asked.metres(values.get("max_m", ""), name="max_m"),
    )
    result = now.nearby().near(asked)
    odd = near_asked.notices(now, outside=result.outside, open_at=open_at, asked_at=asked_at)
    return _unkept(
        document(
            now,
            result,
            lang=params.lang,
            datum=datum,
            when=open_at or asked_at,
            notices=[*limited, *odd],
        )
    )


@near_api.get("/stations/<path:station_id>/route")
def route(station_id: str) -> ResponseReturnValue:
    """Tell the way on foot from a place to a station: a line with its length, leg by leg."""
    params, now = Params.of_request(), present().answers
    station_id = _known(station_id)
    lon, lat = _place(params, now)
    out_datum = asked_datum(params)
    free = params.one_of("step_free", ("0", "1", "false", "true"), default="0") in ("1", "true")
    nearby = now.nearby()
    asked = Asked(lon=lon, lat=lat, now=clock(), needs=("step_free",) if free else ())
    one = nearby.one(station_id, asked)
    if one is None:
        abort(404)
    way = nearby.route(lon, lat, station_id, step_free=free)
    line = None
    if way is not None:
        line = published_all(way.line[:, 0], way.line[:, 1], datum=out_datum).tolist()
    notices = near_asked.notices(
        now, outside=nearby.is_outside(lon, lat), open_at=None, asked_at=clock()
    )
    return _unkept(
        {
            "type": "Feature",
            "id": station_id,
            "version": now.version,
            "datum": out_datum,
            "geometry": line and {"type": "LineString", "coordinates": line},
            "properties": {
                "station_id": station_id,
                "walked": way is not None,
                "length_m": way and round(way.length_m, 1),
                "straight_m": round(one.straight_m, 1),
                "minutes": way and minutes(way.length_m),
                "step_free": free,
                "stairs": way is not None and any(leg.stairs for leg in way.legs),
                "legs": [
                    {
                        "name": leg.name,
                        "kind": leg.kind,
                        "length_m": round(leg.length_m, 1),
                        "stairs": leg.stairs,
                        "turn": leg.turn,
                    }
                    for leg in (way.legs if way else ())
                ],
            },
            "notices": [note.render(params.lang) for note in notices],
        }
    )


@near_api.get("/places")
def places() -> ResponseReturnValue:
    """Streets and places of the city that a text names, from its own map."""
    params = Params.of_request()
    datum = asked_datum(params)
    words = params.text("q")
    known, more = places_called(words, params.lang) if words else ([], False)
    return jsonify(
        version=present().version,
        datum=datum,
        places=[
            {
                **{name: place[name] for name in ("name", "kind", "district")},
                "place": published(place["lon"], place["lat"], datum=datum),
            }
            for place in known
        ],
        more=more,
        notices=params.notices,
    )


def _place(params: Params, now: Answers) -> tuple[float, float]:
    """Return the place asked about, WGS-84 degrees."""
    lon = near_asked.degrees(params.values.get("lon"), name="lon", example=118.8742)
    lat = near_asked.degrees(params.values.get("lat"), name="lat", example=28.9561)
    datum = params.values.get("datum", "") or "wgs84"
    return near_asked.place(now, lon, lat, datum=datum)


def _known(station_id: str) -> str:
    """Return the id of a station, of the one that stands for it where two became one; or 404."""
    if printable(station_id) != station_id:
        abort(404)
    frame = present().stations
    found = station_id if station_id in frame.index else merged_into(register(), station_id)
    if found is None or found not in frame.index:
        abort(404)
    return found


def _unkept(document: dict[str, Any]) -> Response:
    """Answer with what no cache keeps: it tells where somebody is, and of this minute alone."""
    return Response(_written(document), mimetype=GEOJSON, headers=UNKEPT)


_written = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
