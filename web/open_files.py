"""Open data to take away under ``/data/``: each layer, or all of them, with version and day."""

import io
from collections.abc import Callable
from pathlib import Path

from flask import Blueprint, Response, abort, g, send_file

from stationmap.city import open_data
from stationmap.city.config import PUBLISHED_DATUMS
from web.caching import kept_by_version, present
from web.open_data import opened
from web.open_kept import keep_files, kept_files
from web.params import Params
from web.view import CityView

open_files = opened(kept_by_version(Blueprint("open_files", __name__, url_prefix="/data")))
open_files.record(keep_files)

FILES = {
    "geojson": "application/geo+json",
    "csv": "text/csv",
    "gpkg": "application/geopackage+sqlite3",
    "parquet": "application/vnd.apache.parquet",
}
"""Ending → media type."""
SMALL = 1_000_000  # bytes of a file that is read at once, and not held open while it is sent


@open_files.get("/<name>.<ending>")
def layer(name: str, ending: str) -> Response:
    """Write one layer (``?out_datum=&lang=``); a file that names its own system is in WGS-84."""
    if name not in open_data.LAYERS or ending not in FILES:
        abort(404)
    params, now = Params.of_request(), present()
    datum = _datum(params, now, ending)

    decimals = now.answers.config.published.decimals

    def write(path: Path) -> None:
        frame = now.answers.export_layer(name, lang=params.lang)
        frame = open_data.published(frame, datum=datum, decimals=decimals)
        open_data.write(path, {name: frame}, said=open_data.about(now.answers, datum=datum))

    return _sent(now, write, name=name, datum=datum, ending=ending, lang=params.lang)


@open_files.get("/city.gpkg")
def city() -> Response:
    """Write all layers into one GeoPackage, in WGS-84."""
    params, now = Params.of_request(), present()
    datum = _datum(params, now, "gpkg")

    def write(path: Path) -> None:
        found = open_data.layers(now.answers, datum=datum, lang=params.lang, public=True)
        open_data.write(path, found, said=open_data.about(now.answers, datum=datum))

    return _sent(now, write, name="city", datum=datum, ending="gpkg", lang=params.lang)


def _sent(
    now: CityView,
    write: Callable[[Path], None],
    *,
    name: str,
    datum: str,
    ending: str,
    lang: str,
) -> Response:
    """Send a file that is written once for all who ask for the same."""
    # without Chinese, which many clients drop from a name
    called = f"{name}-{datum}-{now.version}-{now.today:%Y%m%d}.{ending}"

    def send(path: Path) -> Response:
        small = path.stat().st_size <= SMALL
        return send_file(
            io.BytesIO(path.read_bytes()) if small else path,
            mimetype=FILES[ending],
            as_attachment=True,
            download_name=called,
            etag=g.etag or False,
        )

    key = (now.version, now.today, now.answers.config, name, ending, datum, lang)
    return kept_files().send(str(key), write, ending=ending, send=send)


def _datum(params: Params, now: CityView, ending: str) -> str:
    usual = open_data.usual_datum(now.answers, f".{ending}")
    return params.one_of("out_datum", PUBLISHED_DATUMS, default=usual)
