"""Metres over ground between places in WGS-84 degrees, fast on arrays and on single places."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

F = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_A_M = 6378137.0
_E2 = 0.0066943799901413165
# arc = chord (1 + chord² / 24 R²) on the mean radius: right to 1e-8 up to 50 km
_ARC = 1.0 / (24.0 * 6371008.8**2)


def earth_centred(lon: Any, lat: Any) -> F:
    """Earth-centred metres (…, 3) of WGS-84 degrees."""
    lam, phi = np.radians(lon), np.radians(lat)
    sin = np.sin(phi)
    normal = _A_M / np.sqrt(1.0 - _E2 * sin * sin)
    across = normal * np.cos(phi)
    xyz = (across * np.cos(lam), across * np.sin(lam), normal * (1.0 - _E2) * sin)
    return np.stack(xyz, axis=-1)


def apart_m(xyz: F, other: F) -> F:
    """Metres over ground between earth-centred places."""
    chord = xyz - other
    squared = np.einsum("...i,...i->...", chord, chord)
    arc: F = np.sqrt(squared) * (1.0 + squared * _ARC)
    return arc


def metres_a_degree(lat: Any) -> tuple[Any, Any]:
    """Metres of one degree of longitude and of one degree of latitude at a latitude."""
    m: Any = math if isinstance(lat, float) else np
    phi = m.radians(lat)
    sin = m.sin(phi)
    flat = 1.0 - _E2 * sin * sin
    normal = _A_M / m.sqrt(flat)
    east, north = normal * m.cos(phi), normal * (1.0 - _E2) / flat
    return m.radians(east), m.radians(north)


def ground_m(lon: float, lat: float, other_lon: float, other_lat: float) -> float:
    """Metres over ground between two places, WGS-84 degrees."""
    x, y, z = place_of(lon, lat)
    other_x, other_y, other_z = place_of(other_lon, other_lat)
    squared = (x - other_x) ** 2 + (y - other_y) ** 2 + (z - other_z) ** 2
    return math.sqrt(squared) * (1.0 + squared * _ARC)


def place_of(lon: float, lat: float) -> tuple[float, float, float]:
    """Earth-centred metres of one place, as `earth_centred` gives for many."""
    lam, phi = math.radians(lon), math.radians(lat)
    sin = math.sin(phi)
    normal = _A_M / math.sqrt(1.0 - _E2 * sin * sin)
    across = normal * math.cos(phi)
    return across * math.cos(lam), across * math.sin(lam), normal * (1.0 - _E2) * sin
