"""Where things are, as it is published: in the datum asked for, as precise as the city sets it."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stationmap.city.config import Published
from stationmap.crs import DATUMS, convert
from web.caching import present
from web.params import Params


def settings() -> Published:
    """Return what the city sets for coordinates that leave the house."""
    return present().answers.config.published


def asked_datum(params: Params, *, name: str = "out_datum") -> str:
    """Return the datum in which an answer is wanted: the city's own unless the address says.

    Raises
    ------
    WebError
        It is none of `stationmap.crs.DATUMS`.
    """
    return params.one_of(name, DATUMS, default=settings().datum)


def published(lon: float, lat: float, *, datum: str) -> list[float]:
    """Return [longitude, latitude] of a place as it is published.

    Parameters
    ----------
    lon, lat : float
        WGS-84 degrees.
    datum : str
        Of the answer, one of `stationmap.crs.DATUMS`.
    """
    decimals = settings().decimals
    if datum not in ("wgs84", "cgcs2000"):
        x, y = convert(lon, lat, source="wgs84", target=datum)
        lon, lat = float(x), float(y)
    return [round(lon, decimals), round(lat, decimals)]


def published_all(lon: ArrayLike, lat: ArrayLike, *, datum: str) -> NDArray[np.float64]:
    """Return the same of many places at once, shape (n, 2)."""
    x, y = convert(lon, lat, source="wgs84", target=datum)
    found: NDArray[np.float64] = np.column_stack([x, y]).round(settings().decimals)
    return found
