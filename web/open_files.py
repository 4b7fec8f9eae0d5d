"""Open data to take away under ``/data/``: each layer, or all of them, with version and day."""

from pathlib import Path

from flask import Blueprint, Response, abort

from stationmap.city import open_data
from stationmap.city.config import PUBLISHED_DATUMS
from stationmap.messages import N_
from web.caching import kept_by_version, present
from web.downloads import written
from web.open_data import opened
from web.params import Params
from web.view import CityView
from web.words import say

open_files = opened(kept_by_version(Blueprint("open_files", __name__, url_prefix="/data")))

FILES = {
    "geojson": "application/geo+json",
    "csv": "text/csv",
    "gpkg": "application/geopackage+sqlite3",
    "parquet": "application/vnd.apache.parquet",
}
"""Ending → media type."""


@open_files.get("/<name>.<ending>")
def layer(name: str, ending: str) -> Response:
    """Write one layer (``?out_datum=&lang=``); a file that names its own system is in WGS-84."""
    if name not in open_data.LAYERS or ending not in FILES:
        abort(404)
    params, now = Params.of_request(), present()
    datum = _datum(params, now, ending)

    def write(path: Path) -> None:
        frame = open_data.published(
            now.answers.export_layer(name, lang=params.lang),
            datum=datum,
            decimals=now.answers.config.published.decimals,
        )
        open_data.write(path, {name: frame}, said=open_data.about(now.answers, datum=datum))

    title = say(open_data.LAYERS[name], lang=params.lang)
    found = written(now, write, name="-".join([title, datum, now.version]), ending=ending)
    found.mimetype = FILES[ending]
    return found


@open_files.get("/city.gpkg")
def city() -> Response:
    """Write all layers into one GeoPackage, in WGS-84."""
    params, now = Params.of_request(), present()
    datum = _datum(params, now, "gpkg")

    def write(path: Path) -> None:
        found = open_data.layers(now.answers, datum=datum, lang=params.lang)
        open_data.write(path, found, said=open_data.about(now.answers, datum=datum))

    title = say(N_("Open data"), lang=params.lang)
    found = written(now, write, name="-".join([title, datum, now.version]), ending="gpkg")
    found.mimetype = FILES["gpkg"]
    return found


def _datum(params: Params, now: CityView, ending: str) -> str:
    usual = open_data.usual_datum(now.answers, f".{ending}")
    return params.one_of("out_datum", PUBLISHED_DATUMS, default=usual)
