"""Coverage: what has a station within reach, along the street or on foot, and at which hours."""

from stationmap.coverage.along import B, F, I, Placed, Spans, place, ticks, uncovered
from stationmap.coverage.serving import VISIT, effective, failing, known_on

__all__ = [
    "VISIT",
    "B",
    "F",
    "I",
    "Placed",
    "Spans",
    "effective",
    "failing",
    "known_on",
    "place",
    "ticks",
    "uncovered",
]
