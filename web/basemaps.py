"""What lies under the data: the city's own streets, a PMTiles archive, or another server's map."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from flask import Blueprint, Response, abort, request, send_file

from stationmap import crs
from stationmap.city.basemap import Archive, archive
from stationmap.messages import N_
from web.caching import present
from web.view import CityView
from web.words import say

basemaps = Blueprint("basemaps", __name__)
FILE = "/basemap.pmtiles"
SCRIPT = "protomaps-leaflet/protomaps-leaflet.js"
FOREVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class Provider:
    """A map that another server draws, in tiles of 256 px.

    ``layers`` are address templates, lowest first: {s} is one of ``servers``, {key} the key.
    """

    layers: tuple[str, ...]
    servers: tuple[str, ...]
    max_zoom: int
    credit: str
    about: str
    datum: str = "wgs84"

    def hosts(self) -> list[str]:
        """Where its tiles come from: the only servers outside that the page may ask."""
        hosts = {"/".join(layer.split("/")[:3]) for layer in self.layers}
        return sorted({host.replace("{s}", server) for host in hosts for server in self.servers})


AMAP = (
    "https://webrd0{s}.is.autonavi.com/appmaptile"
    "?lang=zh_cn&size=1&scale=1&style=8&x={x}&y={y}&z={z}"
)


def _wmts(layer: str) -> str:
    return (
        f"https://t{{s}}.tianditu.gov.cn/{layer}_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0"
        f"&LAYER={layer}&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles"
        "&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk={key}"
    )


PROVIDERS: Mapping[str, Provider] = MappingProxyType(
    {
        "tianditu": Provider(
            layers=(_wmts("vec"), _wmts("cva")),
            servers=tuple("01234567"),
            max_zoom=18,
            credit=N_("Tianditu"),
            about="https://www.tianditu.gov.cn/",
        ),
        "amap": Provider(
            layers=(AMAP,),
            servers=tuple("1234"),
            max_zoom=18,
            credit=N_("Amap"),
            about="https://www.amap.com/",
            datum="gcj02",
        ),
        "osm": Provider(
            layers=("https://tile.openstreetmap.org/{z}/{x}/{y}.png",),
            servers=("",),
            max_zoom=19,
            credit=N_("© OpenStreetMap contributors"),
            about="https://www.openstreetmap.org/copyright",
        ),
    }
)


NAMES: Mapping[str, str] = MappingProxyType(
    {
        "streets": N_("the city's own streets"),
        "none": N_("none"),
        "pmtiles": N_("the city's file"),
        "tianditu": N_("Tianditu"),
        "amap": N_("Amap"),
        "osm": N_("OpenStreetMap"),
    }
)


def archive_of(now: CityView) -> Archive | None:
    """Look at the city's PMTiles archive; None where another base map is set."""
    answers = now.answers
    if answers.config.basemap.kind != "pmtiles":
        return None
    return archive(answers.path, answers.config)


def hosts(now: CityView) -> list[str]:
    """Servers outside from which the page may take pictures."""
    provider = PROVIDERS.get(now.answers.config.basemap.kind)
    return provider.hosts() if provider else []


def scripts(now: CityView) -> list[str]:
    """Vendored scripts that the city's base map needs beside the map's own."""
    return [SCRIPT] if now.answers.config.basemap.kind == "pmtiles" else []


def page_data(now: CityView, lang: str) -> dict[str, Any]:
    """Say to the scripts what to draw under the data, and whom to name for it."""
    chosen = now.answers.config.basemap
    data: dict[str, Any] = {
        "kind": chosen.kind,
        "name": say(NAMES[chosen.kind], lang=lang),
        "datum": "wgs84",
        "review": chosen.review_number,
    }
    if found := archive_of(now):
        data |= {"url": f"{FILE}?v={found.mark}", "maxZoom": found.max_zoom}
    if provider := PROVIDERS.get(chosen.kind):
        data |= {
            "layers": [layer.replace("{key}", chosen.key) for layer in provider.layers],
            "servers": list(provider.servers),
            "maxZoom": provider.max_zoom,
            "credit": say(provider.credit, lang=lang),
            "about": provider.about,
            "datum": provider.datum,
        }
    if data["datum"] == "gcj02":
        data["china"] = crs.china_outline()
    return data


@basemaps.get(FILE)
def pmtiles() -> Response:
    """Send the archive or, as a rule, a range of it; with ``?v=`` of its mark kept for good."""
    found = archive_of(present())
    if found is None:
        abort(404)
    response = send_file(
        found.path, mimetype="application/vnd.pmtiles", etag=found.mark, conditional=True
    )
    if request.args.get("v") == found.mark:
        response.headers["Cache-Control"] = FOREVER
    return response
