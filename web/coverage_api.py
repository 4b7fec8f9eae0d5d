"""JSON under ``/api/v1/``: coverage by hour of the week, and what is not covered at an hour."""

import json

import numpy as np
import shapely
from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from web.allowance import limited
from web.caching import kept_by_version, present
from web.coverage_asked import document, shown
from web.open_data import opened
from web.params import Params
from web.parts import MAP_DATUM
from web.public_places import settings

coverage_api = opened(
    limited(kept_by_version(Blueprint("coverage_api", __name__, url_prefix="/api/v1")))
)

MOST = 4000
"""Features in one answer, the longest or heaviest first."""


@coverage_api.get("/coverage")
def figures() -> ResponseReturnValue:
    """Shares covered in every hour of the week, by district and by supply."""
    now, params = present(), Params.of_request()
    asked = shown(now, params)
    said = document(now, asked, params.lang)
    at = {"day": asked.at[0] + 1, "hour": asked.at[1]}
    return jsonify(version=now.version, at=at, notices=params.notices, **said)


@coverage_api.get("/coverage/not-covered")
def not_covered() -> ResponseReturnValue:
    """List what is not covered in one hour of the week, or only perhaps."""
    now, params = present(), Params.of_request()
    asked = shown(now, params)
    frame = asked.not_covered()
    total, frame = len(frame), frame.head(MOST)
    decimals = settings().decimals
    rounded = shapely.transform(frame.geometry.to_numpy(), lambda xy: np.round(xy, decimals))
    columns = ["name", "adcode", "state", "weight", "street_id"]
    rows = frame[columns].astype("object").where(frame[columns].notna(), None)
    features = [
        {"type": "Feature", "geometry": json.loads(shape), "properties": row}
        for shape, row in zip(shapely.to_geojson(rounded), rows.to_dict("records"), strict=True)
    ]
    return jsonify(
        type="FeatureCollection",
        version=now.version,
        datum=MAP_DATUM,
        total=total,
        features=features,
    )
