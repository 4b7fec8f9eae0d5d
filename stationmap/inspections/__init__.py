"""Inspections: checklists, what visits find, and what follows from it (pure)."""

from stationmap.inspections.checklist import (
    MET,
    NOT_APPLICABLE,
    NOT_MET,
    OPEN,
    STAFFED,
    UNKNOWN,
    VISIT,
    Checklist,
    Line,
    key_of,
)
from stationmap.inspections.judgement import (
    COVERT,
    SELF,
    VISITS,
    judgements,
    openly,
)

__all__ = [
    "COVERT",
    "MET",
    "NOT_APPLICABLE",
    "NOT_MET",
    "OPEN",
    "SELF",
    "STAFFED",
    "UNKNOWN",
    "VISIT",
    "VISITS",
    "Checklist",
    "Line",
    "judgements",
    "key_of",
    "openly",
]
