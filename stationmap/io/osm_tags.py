"""What the tags of an OpenStreetMap object say: names, direction, and whether it is a place."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stationmap.standards import tables

Get = Callable[[str], str | None]

# keys that make an object a place, the most telling first; named ones of NAMED_KEYS are kept as
# facilities even where the shared table has no category for them
NAMED_KEYS = ("amenity", "healthcare", "office", "tourism", "leisure", "historic")
PLACE_KEYS = (*NAMED_KEYS, "shop", "railway", "aeroway", "public_transport", "place")
# keys that do so with some values only
VALUE_KEYS = ("building", "emergency", "barrier", "highway", "landuse")
# the languages of a second local name, in the order they are looked for
LANGUAGES = ("zh", "sv", "fi", "de", "fr", "it", "ca", "es")
# nodes that are a piece of road, never a place
ROAD_NODES = frozenset(
    ["crossing", "traffic_signals", "turning_circle", "street_lamp", "give_way", "stop"]
)
_NOT_TUNNELS = (None, "no", "building_passage", "culvert", "covered")
_WELCOME = ("yes", "designated", "permissive", "official")
_UNWELCOME = ("no", "private", "use_sidepath")
_CLOSED = ("no", "private")
_PAVED_SIDE = ("both", "left", "right", "yes")
_ONEWAY = {"yes": 1, "true": 1, "1": 1, "-1": -1, "reverse": -1}


@cache
def place_keys() -> tuple[str, ...]:
    """Return the keys that a place is judged by: ours, then the qualifiers of the shared table."""
    keys = (*PLACE_KEYS, *VALUE_KEYS)
    return (*keys, *(key for key in tables.facility_keys() if key not in keys))


@cache
def tells(key: str, value: str | None) -> bool:
    """Whether this one tag makes a facility."""
    if value is None:
        return False
    return tables.facility_category(pd.DataFrame({key: [value]}))[0] is not None


def place(key: str, get: Get) -> tuple[Any, ...] | None:
    """Row (id, name, opening hours, tags) of an object that is a place, or None."""
    values = [get(k) for k in PLACE_KEYS]
    name = name_of(get)
    named_building = get("building") is not None and tables.name_tells(name)
    if not (any(values) or named_building or any(tells(k, get(k)) for k in VALUE_KEYS)):
        return None
    hours = get("opening_hours")
    return (key, name, hours, *values, *[get(k) for k in place_keys()[len(PLACE_KEYS) :]])


def name_of(get: Get) -> str | None:
    """Return the main name, else the Chinese, else the English one."""
    return get("name") or get("name:zh") or get("name:en")


def second_name(get: Get, name: str) -> str | None:
    """Return the first name in a local language that differs from the main one."""
    for language in LANGUAGES:
        other = get(f"name:{language}")
        if other is not None and other != name:
            return other
    return None


def direction(get: Get, *, highway: str) -> int:
    """1 along the way, -1 against it, 0 both ways; implied on motorways and in roundabouts."""
    said = get("oneway")
    if said is not None:
        return _ONEWAY.get(said, 0)
    return int(highway == "motorway" or get("junction") in ("roundabout", "circular"))


def is_tunnel(get: Get) -> bool:
    """Whether a road runs underground; under a building or a roof it does not."""
    return get("tunnel") not in _NOT_TUNNELS


def on_foot(get: Get) -> str | None:
    """Whether a way says that people on foot may use it: "yes", "no", or None where it does not.

    A tunnel with a pavement says yes; a way closed to all says no, unless it is open on foot.
    """
    foot = get("foot")
    if foot in _WELCOME or (is_tunnel(get) and get("sidewalk") in _PAVED_SIDE):
        return "yes"
    return "no" if foot in _UNWELCOME or get("access") in _CLOSED else None


def is_bus_platform(get: Get) -> bool:
    """Whether buses call at this platform or stop position."""
    return get("public_transport") in ("platform", "stop_position") and (
        get("bus") == "yes" or get("trolleybus") == "yes"
    )


def facility_tags(places: pd.DataFrame) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Category of each place, and the tag ("amenity=library") it is a facility for.

    Facilities are the places of a known category and other named ones that are more than a shop:
    those have a tag and no category, unless their name tells one. The tag is the one that gives the
    category alone, if one does.

    Parameters
    ----------
    places : DataFrame of n rows
        Columns `place_keys()`, None where an object has no such tag.

    Returns
    -------
    tuple of ndarray of object, shape (n,)
        None where a place has no category; None where it is no facility.
    """
    keys = (*PLACE_KEYS, *VALUE_KEYS)
    values = {key: places[key].to_numpy(dtype=object) for key in keys}
    has = {key: pd.notna(values[key]) for key in keys}
    category = tables.facility_category(places)
    known = pd.notna(category)
    named = pd.notna(places["name"]).to_numpy() & np.any([has[key] for key in NAMED_KEYS], axis=0)
    tag: NDArray[np.object_] = np.full(len(places), None, dtype=object)
    open_rows = known | named
    alone = _categories_alone(places, keys)
    for key in keys:
        gives = np.array([alone.get((key, value)) for value in values[key]], dtype=object)
        fits = open_rows & known & (gives == category)
        tag[fits] = key + "=" + values[key][fits]
        open_rows &= ~fits
    for key in PLACE_KEYS:
        fits = open_rows & has[key]
        tag[fits] = key + "=" + values[key][fits]
        open_rows &= ~fits
    buildings = pd.isna(tag) & has["building"]
    said = tag.copy()
    said[buildings] = "building=" + values["building"][buildings]
    by_name = tables.category_by_name(places["name"], category, said)
    told = buildings & pd.notna(by_name)
    tag[told] = said[told]
    return by_name, tag


def _categories_alone(places: pd.DataFrame, keys: tuple[str, ...]) -> dict[tuple[str, str], str]:
    """Category that each tag in use gives without any other tag."""
    tags = [(key, value) for key in keys for value in places[key].dropna().unique()]
    alone = pd.DataFrame([{key: value} for key, value in tags], columns=list(keys), dtype=object)
    return dict(zip(tags, tables.facility_category(alone), strict=True))
