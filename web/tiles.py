"""Vector tiles of the base map: ``/tiles/{ground|streets}/{z}/{x}/{y}.mvt``."""

from flask import Blueprint, Response, abort, request

from stationmap.tiles import MAX_TILE_ZOOM
from web.caching import ground, kept_by_version, present
from web.open_data import opened
from web.view import TILE_LAYERS

tiles = opened(kept_by_version(Blueprint("tiles", __name__, url_prefix="/tiles"), mark=ground))


@tiles.get("/<layer>/<int:z>/<int:x>/<int:y>.mvt")
def tile(layer: str, z: int, x: int, y: int) -> Response:
    """One tile; with ``?v=`` of the present ground it may be kept for a day."""
    if layer not in TILE_LAYERS or z > MAX_TILE_ZOOM or max(x, y) >= 2**z:
        abort(404)
    found = present().tile(layer, z, x, y)
    response = Response(found, mimetype="application/vnd.mapbox-vector-tile")
    if request.args.get("v") == ground():
        response.headers["Cache-Control"] = "public, max-age=86400"
    return response
