"""Which columns of a table hold its coordinates, in degrees or metres; decided by their values.

"X" and "Y" mean east and north on a map but north and east in Chinese surveying (Gauss-Krüger), so
that the headings alone do not tell; every decision is noted.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stationmap.io import cells
from stationmap.io.notes import Note
from stationmap.messages import N_

F = NDArray[np.float64]

_PAIRS = (("lon", "lat"), ("x", "y"), ("easting", "northing"))
_CHINA_LON, _CHINA_LAT = (70.0, 140.0), (0.0, 60.0)  # no number lies in both
_EASTINGS = ((100_000.0, 900_000.0), (13_000_000.0, 46_000_000.0))  # without, with zone number
_NORTHINGS = ((1_900_000.0, 6_100_000.0),)
MIN_METRES = 1_000.0


class Places(NamedTuple):
    """Coordinate roles decided: "lon" and "lat" in degrees, or "x" (east) and "y" (north) in m."""

    frame: pd.DataFrame
    roles: dict[str, str]
    headings: tuple[str, ...]  # where the coordinates stand
    notes: list[Note]


def numbers(values: "pd.Series[object]") -> F:
    """Read the numbers of a column; NaN where a cell holds none."""
    return np.array([cells.number(value) for value in values], dtype=float)


def has_pair(frame: pd.DataFrame, roles: dict[str, str]) -> bool:
    """Whether two coordinate columns, or one of pairs, hold numbers in at least one row."""
    for first, second in _PAIRS:
        if first in roles and second in roles:
            both = numbers(frame[roles[first]]) * numbers(frame[roles[second]])
            if np.isfinite(both).any():
                return True
    return "lonlat" in roles and bool(np.isfinite(_split(frame[roles["lonlat"]])).any())


def place_columns(frame: pd.DataFrame, roles: dict[str, str]) -> Places:
    """Decide which columns are longitude and latitude, or east and north.

    Longitude and latitude said in words come first, then east and north, then X and Y by their
    values, then one column of pairs, which is split into two new columns. Columns of another kind
    lose their role. Nothing is judged: swapped or impossible values stay as they are.
    """
    roles = dict(roles)
    coordinate_roles = [*(role for pair in _PAIRS for role in pair), "lonlat"]
    said = {role: roles.pop(role) for role in coordinate_roles if role in roles}
    notes: list[Note] = []
    found: dict[str, str] = {}
    headings: tuple[str, ...] = ()
    if "lon" in said and "lat" in said:
        found = {"lon": said["lon"], "lat": said["lat"]}
    elif "easting" in said and "northing" in said:
        found = {"x": said["easting"], "y": said["northing"]}
    elif "x" in said and "y" in said:
        first, second = said["x"], said["y"]
        found, note = _decide(first, second, numbers(frame[first]), numbers(frame[second]))
        notes.append(note)
    if found:
        headings = tuple(found.values())
    elif "lonlat" in said:
        heading = said["lonlat"]
        halves = _split(frame[heading])
        if np.isfinite(halves).any():
            names = f"{heading} [1]", f"{heading} [2]"
            frame = frame.assign(**{names[0]: halves[0], names[1]: halves[1]}).astype(object)
            found, note = _decide(*names, *halves)
            headings = (heading,)
            notes.append(note)
        elif "address" not in roles:
            roles["address"] = heading
    unused = [heading for heading in said.values() if heading not in headings]
    if found and unused:
        text = N_("the coordinates are read from {used}; {unused} are not used")
        notes.append(Note(text, {"used": ", ".join(headings), "unused": ", ".join(unused)}))
    elif unused and roles.get("address") not in unused:
        text = N_("{unused} alone give no place: the other coordinate is missing")
        notes.append(Note(text, {"unused": ", ".join(unused)}))
    return Places(frame, roles | found, headings, notes)


def _split(values: "pd.Series[object]") -> F:
    """Two rows of numbers from a column of pairs."""
    pairs = [cells.pair(value) for value in values]
    return np.array(pairs, dtype=float).reshape(-1, 2).T


def _decide(first: str, second: str, a: F, b: F) -> tuple[dict[str, str], Note]:
    """Roles of two columns by the median of their values; the first is east if they do not tell."""
    both = np.isfinite(a) & np.isfinite(b)
    if not both.any():
        text = N_("{first} and {second} hold no pair of numbers")
        return {"x": first, "y": second}, Note(text, {"first": first, "second": second})
    u, v = float(np.median(a[both])), float(np.median(b[both]))
    params = {"first": first, "second": second}
    if abs(u) <= 180 and abs(v) <= 180:
        if abs(u) > 90 or (_in(u, _CHINA_LON) and _in(v, _CHINA_LAT)):
            text = N_("by their values, {first} is the longitude and {second} the latitude")
            return {"lon": first, "lat": second}, Note(text, params)
        if abs(v) > 90 or (_in(v, _CHINA_LON) and _in(u, _CHINA_LAT)):
            text = N_("by their values, {first} is the latitude and {second} the longitude")
            return {"lon": second, "lat": first}, Note(text, params)
        text = N_(
            "{first} was taken for the longitude and {second} for the latitude: the values alone"
            " do not tell"
        )
        return {"lon": first, "lat": second}, Note(text, params)
    if min(abs(u), abs(v)) >= MIN_METRES:
        if _in(u, *_EASTINGS) and _in(v, *_NORTHINGS):
            text = N_("by their values, {first} is east and {second} north, in metres")
            return {"x": first, "y": second}, Note(text, params)
        if _in(v, *_EASTINGS) and _in(u, *_NORTHINGS):
            text = N_(
                "by their values, {first} is north and {second} east, in metres, as in surveying"
            )
            return {"x": second, "y": first}, Note(text, params)
    text = N_("{first} was taken for east and {second} for north: the values alone do not tell")
    return {"x": first, "y": second}, Note(text, params)


def _in(value: float, *ranges: tuple[float, float]) -> bool:
    return any(low <= value <= high for low, high in ranges)
