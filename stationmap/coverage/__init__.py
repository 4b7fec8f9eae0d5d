"""Coverage: what has a station within reach, along the street or on foot, and at which hours."""

from stationmap.coverage.along import B, F, I, Placed, Spans, place, ticks, uncovered
from stationmap.coverage.pieces import Pieces, pieces
from stationmap.coverage.serving import VISIT, effective, failing, known_on
from stationmap.coverage.times import (
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
