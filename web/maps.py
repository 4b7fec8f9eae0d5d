"""The map shell: Folium writes the empty map and names its assets; all data comes later by URL.

No text of a user ever passes through here: Folium neither escapes it for scripts nor for popups.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import folium
from branca.element import CssLink, JavascriptLink
from folium.plugins import VectorGridProtobuf

# Folium's names for its assets -> vendored file at the version Folium pins; None: not needed,
# because nothing here is a Folium marker and Bootstrap serves with its styles alone
VENDORED: Mapping[str, str | None] = {
    "leaflet": "leaflet/leaflet.js",
    "leaflet_css": "leaflet/leaflet.css",
    "bootstrap_css": "bootstrap/bootstrap.min.css",
    "vectorGrid": "leaflet.vectorgrid/Leaflet.VectorGrid.bundled.min.js",
    "jquery": None,
    "bootstrap": None,
    "awesome_markers": None,
    "glyphicons_css": None,
    "awesome_markers_font_css": None,
    "awesome_markers_css": None,
    "awesome_rotate_css": None,
}
MAX_ZOOM = 19


@dataclass(frozen=True)
class Shell:
    """What Folium wrote: vendored files to link, the map's element and the script that opens it."""

    styles: list[str]
    scripts: list[str]
    element: str
    script: str


class _Map(folium.Map):
    """A Folium map that links vendored files and nothing else."""

    default_js = [*folium.Map.default_js, *VectorGridProtobuf.default_js]  # noqa: RUF012


def shell(*, lat: float, lon: float, zoom: int) -> Shell:
    """Write an empty map, ``window.map_stations``, that opens at a place.

    Parameters
    ----------
    lat, lon : float
        WGS-84 degrees of the middle.
    zoom : int
        Map zoom it opens with.

    Raises
    ------
    KeyError
        If Folium asks for an asset that is not in `VENDORED`.
    """
    empty = _Map(
        location=[lat, lon],
        zoom_start=zoom,
        tiles=None,
        zoom_control=False,
        attributionControl=False,
        maxZoom=MAX_ZOOM,
        minZoom=3,
        fadeAnimation=False,
    )
    empty._name, empty._id = "map", "stations"
    figure: Any = empty.get_root()
    figure.render()
    links = [
        (VENDORED[name], type(link))
        for name, link in figure.header._children.items()
        if isinstance(link, JavascriptLink | CssLink)
    ]
    return Shell(
        styles=[file for file, kind in links if file and kind is CssLink],
        scripts=[file for file, kind in links if file and kind is JavascriptLink],
        element=figure.html.render().strip(),
        script=figure.script.render().strip(),
    )
