"""What search engines may read: robots.txt, and a map of the site with a page for each station."""

from typing import Any
from xml.sax.saxutils import escape

from flask import Blueprint, Response, abort, current_app

from web.caching import kept_by_version, present
from web.station_address import address_of, public_address

sitemap = kept_by_version(Blueprint("sitemap", __name__))

PER_FILE = 20_000
"""Addresses in one file; the protocol (sitemaps.org) allows 50 000 and 50 MB."""

# pages for those who are signed in, forms, and what a resident alone has the address of
# (remarks); then answers without end, and files that are written anew for each who asks
_KEPT_OUT = (
    *("/manage", "/home", "/inspect", "/login", "/logout", "/remarks"),
    *("/stations/*/remark", "/stations/remark"),
    *("/near?", "/stations/*/poster.pdf", "/stations/poster.pdf", "/download/", "/data/"),
)
_PAGES = ("/", "/near")
_NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"


@sitemap.get("/robots.txt")
def robots() -> Response:
    """Say what programs may read, and where the map of the site is."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in _KEPT_OUT)]
    lines += ["", f"Sitemap: {_address('sitemap.index')}", ""]
    return Response("\n".join(lines), mimetype="text/plain")


@sitemap.get("/sitemap.xml")
def index() -> Response:
    """List the files of the map of the site."""
    count = 1 + max(len(_stations()) - 1, 0) // PER_FILE
    parts = [_address("sitemap.part", number=number) for number in range(1, count + 1)]
    return _xml("sitemapindex", "sitemap", parts)


@sitemap.get("/sitemap-<int:number>.xml")
def part(number: int) -> Response:
    """List the addresses of some stations in operation, and of the pages themselves."""
    ids = _stations()[(number - 1) * PER_FILE : number * PER_FILE] if number else []
    if number != 1 and not ids:
        abort(404)
    there = {rule.rule for rule in current_app.url_map.iter_rules()}
    home = _address("pages.home").rstrip("/")
    first = [home + path for path in _PAGES if path in there] if number == 1 else []
    return _xml("urlset", "url", [*first, *(address_of(own, external=True) for own in ids)])


def _stations() -> list[str]:
    """Ids of the stations that are there for people: in operation, or closed for a while."""
    frame = present().stations
    return [str(own) for own in frame.index[frame["status"].isin(["active", "suspended"])]]


def _address(endpoint: str, *, number: int | None = None) -> str:
    values: dict[str, Any] = {"lang": None, "number": number}
    return public_address(endpoint, **values)


def _xml(root: str, each: str, addresses: list[str]) -> Response:
    rows = "".join(f"<{each}><loc>{escape(address)}</loc></{each}>\n" for address in addresses)
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{_NAMESPACE}">\n{rows}</{root}>\n'
    )
    return Response(text, mimetype="application/xml")
