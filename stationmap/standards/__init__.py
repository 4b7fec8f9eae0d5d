"""Standards packs: what a city's document requires, as data."""

from stationmap.standards.pack import (
    Clause,
    Document,
    Entry,
    Frontage,
    Pack,
    Rule,
    SiteType,
    SpacingRule,
    Text,
    site_type,
)
from stationmap.standards.read import (
    InvalidPack,
    Problem,
    available,
    load,
    load_file,
    path_of,
    problems,
)

__all__ = [
    "Clause",
    "Document",
    "Entry",
    "Frontage",
    "InvalidPack",
    "Pack",
    "Problem",
    "Rule",
    "SiteType",
    "SpacingRule",
    "Text",
    "available",
    "load",
    "load_file",
    "path_of",
    "problems",
    "site_type",
]
