"""Coverage: what has a station within reach, along the street or on foot, and at which hours."""

from stationmap.covering.along import B, F, I, Placed, Spans, place, ticks, uncovered
from stationmap.covering.pieces import Pieces, pieces
from stationmap.covering.serving import VISIT, effective, failing, known_on
from stationmap.covering.times import (
    HOURS,
    PERIODS,
    ByHour,
    by_hour,
    open_mask,
    states,
    supply_mask,
)

__all__ = [
    "HOURS",
    "PERIODS",
    "VISIT",
    "B",
    "ByHour",
    "F",
    "I",
    "Pieces",
    "Placed",
    "Spans",
    "by_hour",
    "effective",
    "failing",
    "known_on",
    "open_mask",
    "pieces",
    "place",
    "states",
    "supply_mask",
    "ticks",
    "uncovered",
]
