"""Metres over ground between places in WGS-84 degrees, fast on arrays and on single places."""

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
    squared = (chord * chord).sum(axis=-1)
    arc: F = np.sqrt(squared) * (1.0 + squared * _ARC)
    return arc


def metres_a_degree(lat: Any) -> tuple[Any, Any]:
    """Metres of one degree of longitude and of one degree of latitude at a latitude."""
    phi = np.radians(lat)
    flat = 1.0 - _E2 * np.sin(phi) ** 2
    east = np.radians(_A_M / np.sqrt(flat) * np.cos(phi))
    return east, np.radians(_A_M * (1.0 - _E2) / flat**1.5)
