"""What may be imported on the page, by whom, and what its columns may be."""

from stationmap.city import layers
from stationmap.city.imports import OSM
from stationmap.city.kinds import KINDS
from stationmap.city.rows import EVIDENCE

OFFICE_KINDS = ("stations", "units", "projects", "activities", "indicators")
"""Kinds of import that a county's administrator may bring in too."""

CITY_KINDS = (
    "exemptions",
    "facilities",
    "shops",
    "streets",
    "districts",
    "built-up",
    "communities",
    "subdistricts",
    "compounds",
    "civilised-units",
    "osm",
)

_PLACING = ("lon", "lat", "x", "y", "lonlat")


def kinds_for(role: str) -> tuple[str, ...]:
    """Return the kinds of import of a role, "city" or "county"."""
    return (*OFFICE_KINDS, *CITY_KINDS) if role == "city" else OFFICE_KINDS


def roles_of(kind: str) -> list[str]:
    """Return what a column of a kind of list may be."""
    if kind == OSM:
        return []
    spec = KINDS[kind]
    placing = () if spec.shape == "none" else (*_PLACING, "district")
    extra = EVIDENCE if placing else ()
    return list(dict.fromkeys([*spec.roles.split(), *extra, *placing]))


def is_listed(kind: str) -> bool:
    """Whether rows of a kind go into the register, one by one, and not into the map as a whole."""
    return kind != OSM and KINDS[kind].layer in layers.REGISTER
