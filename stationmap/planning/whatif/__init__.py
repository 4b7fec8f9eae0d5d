"""What would be if some stations were otherwise: gaps, coverage and findings, at once."""

from stationmap.planning.whatif.changed_stations import Locate, Roll, Row
from stationmap.planning.whatif.engine import After, WhatIf
from stationmap.planning.whatif.street_findings import Difference, Gap
from stationmap.planning.whatif.surroundings import Finding

__all__ = ["After", "Difference", "Finding", "Gap", "Locate", "Roll", "Row", "WhatIf"]
