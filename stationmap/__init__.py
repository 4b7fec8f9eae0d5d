"""StationMap (有礼地图): where along the streets volunteer-service stations are missing.

The names below are the public ones; each is loaded when it is first used, so that importing the
package is quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stationmap.checks.spacing import Spacing, find_gaps
    from stationmap.city import City
    from stationmap.crs import convert, convert_geometry, local_crs
    from stationmap.datum import assess as assess_datum
    from stationmap.errors import (
        CityError,
        CrsError,
        DatumUndecided,
        InputError,
        PackError,
        StationMapError,
    )
    from stationmap.index import StationIndex
    from stationmap.io.osm import read as read_osm
    from stationmap.io.tabular import read as read_table
    from stationmap.io.vector import read as read_vector
    from stationmap.planning.library import coverage, plan_coverage, plan_spacing
    from stationmap.planning.plan import Plan
    from stationmap.standards import Pack
    from stationmap.standards import load as load_pack
    from stationmap.streets import Streets
    from stationmap.streets import build as build_streets

__all__ = [
    "City",
    "CityError",
    "CrsError",
    "DatumUndecided",
    "InputError",
    "Pack",
    "PackError",
    "Plan",
    "Spacing",
    "StationIndex",
    "StationMapError",
    "Streets",
    "assess_datum",
    "build_streets",
    "convert",
    "convert_geometry",
    "coverage",
    "find_gaps",
    "load_pack",
    "local_crs",
    "plan_coverage",
    "plan_spacing",
    "read_osm",
    "read_table",
    "read_vector",
]

_HOMES = {
    "City": "city",
    "Pack": "standards",
    "Plan": "planning.plan",
    "Spacing": "checks.spacing",
    "StationIndex": "index",
    "Streets": "streets",
    "assess_datum": "datum:assess",
    "build_streets": "streets:build",
    "convert": "crs",
    "convert_geometry": "crs",
    "coverage": "planning.library",
    "find_gaps": "checks.spacing",
    "load_pack": "standards:load",
    "local_crs": "crs",
    "plan_coverage": "planning.library",
    "plan_spacing": "planning.library",
    "read_osm": "io.osm:read",
    "read_table": "io.tabular:read",
    "read_vector": "io.vector:read",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'stationmap' has no attribute {name!r}")
    module, _, own_name = _HOMES.get(name, "errors").partition(":")
    value = getattr(import_module(f"stationmap.{module}"), own_name or name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
