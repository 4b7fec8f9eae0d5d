"""What the import page asks before it goes on: about places that lie outside the city."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import shapely

from stationmap.city.answers import Answers
from stationmap.messages import N_
from web.words import say

FEW = 3
"""Places outside the city that need no word: stations stand beyond its border too."""
_SIMPLE_DEG = 5e-4  # about 50 m
_SENTENCE = N_("{outside} of {of} places do not lie in this city.")


def far(report: Mapping[str, Any]) -> bool:
    """Whether more than a few places of an import lie outside the city, or all of them."""
    outside: int = report["outside"]
    return outside > 0 and (outside > FEW or outside >= placed(report))


def placed(report: Mapping[str, Any]) -> int:
    """Count the places that an import would bring in."""
    counts: Mapping[str, int] = report["counts"]
    return max(int(report["outside"]), counts["accepted"] - counts["to_locate"])


def outside_said(outside: int, of: int, lang: str) -> str:
    """Say how many places lie outside the city; "" of none."""
    return say(_SENTENCE, lang=lang, outside=outside, of=of) if outside else ""


def outline(now: Answers) -> list[list[list[float]]]:
    """Return the lines that bound the city's districts, else its extent: longitude, latitude."""
    districts = now.layer("districts").geometry
    shapes = shapely.simplify(districts.to_numpy(), _SIMPLE_DEG)
    if not len(shapes):
        extent = now.extent()
        shapes = np.array([shapely.box(*extent)] if extent else [], dtype=object)
    rings = shapely.get_exterior_ring(shapely.get_parts(shapes))
    return [shapely.get_coordinates(ring).round(5).tolist() for ring in rings]
