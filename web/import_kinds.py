"""What may be imported on the page, by whom, and what its columns may be."""

from collections.abc import Iterable

from stationmap.city import layers
from stationmap.city.imports import OSM
from stationmap.city.kinds import KINDS
from stationmap.city.rows import EVIDENCE
from stationmap.standards import Pack

OFFICE_KINDS = ("stations", "units", "projects", "activities", "indicators", "inspections")
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
    "demand",
    "osm",
)

_PLACING = ("lon", "lat", "x", "y", "lonlat")


def kinds_for(role: str) -> tuple[str, ...]:
    """Return the kinds of import of a role, "city" or "county"."""
    return (*OFFICE_KINDS, *CITY_KINDS) if role == "city" else OFFICE_KINDS


def roles_of(kind: str, *, pack: Pack, headings: Iterable[str]) -> list[str]:
    """Return what a column of a kind of list may be, in a file of some headings."""
    if kind == OSM:
        return []
    spec = KINDS[kind]
    placing = () if spec.shape == "none" else (*_PLACING, "district")
    extra = EVIDENCE if placing else ()
    there = {*headings}
    own = [role for role, also in spec.more(pack).items() if there.intersection((role, *also))]
    return list(dict.fromkeys([*spec.roles.split(), *extra, *placing, *own]))


def is_listed(kind: str) -> bool:
    """Whether rows of a kind go into the register, one by one, and not into the map as a whole."""
    return kind != OSM and layers.registered(KINDS[kind].layer)
