"""Addresses of a station's public pages, whatever its id is made of."""

from typing import Any

from flask import request, url_for

from stationmap.messages import printable
from web.public_places import settings

POSTER, CODE, REMARK = "poster.pdf", "qr.svg", "remark"
# what an address ends on that is a page about a station, not a station
_PAGES = frozenset({POSTER, CODE, REMARK})


def address_of(station_id: str, *, page: str = "one", external: bool = False) -> str:
    """Return the address of a station's page, or of another page about it.

    It is ``/stations/ID``; ``/stations/?id=ID`` where the id cannot be a path, as browsers and
    servers take ``//`` and ``..`` for something else.

    Parameters
    ----------
    station_id : str
    page : {"one", "poster", "code", "remark"}
    external : bool
        With the name of the server in front, and without the language: to be kept or printed.
    """
    endpoint = "remarks.new" if page == "remark" else f"station_page.{page}"
    values: dict[str, Any] = {"station_id": station_id}
    if not fits_a_path(station_id):
        endpoint, values = f"{endpoint}_by_id", {"id": station_id}
    return (
        public_address(endpoint, **values, lang=None) if external else url_for(endpoint, **values)
    )


def public_address(endpoint: str, **values: Any) -> str:
    """Return an address as it is printed and handed on, with the name of the server in front.

    That is the city's ``[published] address``; without it the name by which the server was asked.
    """
    own = settings().address
    return (
        f"{own}{url_for(endpoint, **values)}"
        if own
        else url_for(endpoint, _external=True, **values)
    )


def public_root() -> str:
    """Return the address under which everything is, without a slash at its end."""
    own = settings().address
    return f"{own}{request.script_root}" if own else request.root_url.rstrip("/")


def fits_a_path(station_id: str) -> bool:
    """Whether an id can be the path of an address and comes back as it is."""
    parts = station_id.split("/")
    return (
        parts[-1] not in _PAGES
        and not {"", ".", ".."} & set(parts)
        and printable(station_id) == station_id
        and "\n" not in station_id
    )
