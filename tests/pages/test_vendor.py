"""Vendored files are the published ones at Folium's versions, and the shell asks for no others."""

import hashlib
import json
import re
from pathlib import Path

import folium
import pytest
from folium.plugins import VectorGridProtobuf

from web import basemaps, maps

VENDOR = Path(maps.__file__).parent / "static" / "vendor"
MANIFEST = json.loads((VENDOR / "manifest.json").read_text(encoding="utf-8"))
LINKS = dict([*folium.Map.default_js, *folium.Map.default_css, *VectorGridProtobuf.default_js])


def test_every_vendored_file_is_in_the_manifest_with_its_hash():
    listed = {file: digest for package in MANIFEST for file, digest in package["files"].items()}
    there = {
        path.relative_to(VENDOR).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.rglob("*")
        if path.is_file() and path.name not in {"manifest.json", "LICENSE.txt"}
    }
    assert there == listed


@pytest.mark.parametrize("package", MANIFEST, ids=lambda package: package["package"])
def test_every_package_has_its_licence_and_foliums_version(package):
    assert (VENDOR / package["package"] / "LICENSE.txt").is_file()
    assert package["licence"]
    asked = {
        found[1]
        for url in LINKS.values()
        if (found := re.search(rf"/{re.escape(package['package'])}@([\w.]+)/", url))
    }
    assert asked <= {package["version"], "latest"}
    assert asked or package["package"] == basemaps.SCRIPT.split("/")[0]


def test_every_link_of_the_shell_is_decided_on():
    assert set(maps.VENDORED) == set(LINKS)
    for file in filter(None, maps.VENDORED.values()):
        assert (VENDOR / file).is_file()


def test_a_link_that_nobody_decided_on_is_refused(monkeypatch):
    monkeypatch.setattr(
        maps._Map, "default_js", [*maps._Map.default_js, ("new", "https://cdn.example/new.js")]
    )
    with pytest.raises(KeyError, match="new"):
        maps.shell(lat=0.0, lon=0.0, zoom=3)


def test_pictures_that_vendored_styles_ask_for_are_there():
    asked = [
        (path.parent / url).resolve()
        for path in VENDOR.rglob("*.css")
        for url in re.findall(r"url\(\"?([^)\"]+)\"?\)", path.read_text(encoding="utf-8"))
        if not url.startswith(("data:", "#"))
    ]
    assert len(asked) >= 3
    assert [path for path in asked if not path.is_file()] == []


def test_folium_writes_an_empty_map_and_nothing_else():
    shell = maps.shell(lat=28.9, lon=118.8, zoom=13)
    assert shell.element == '<div class="folium-map" id="map_stations" ></div>'
    assert re.findall(r"L\.\w+\(", shell.script) == ["L.map("]
    assert "http" not in "".join([shell.script, shell.element, *shell.styles, *shell.scripts])
