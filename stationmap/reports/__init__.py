"""Results as files: tables, geodata, pictures, and reports for an office to send."""

from stationmap.reports.dossier import Dossier, Frontage, Source
from stationmap.reports.findings import require_writable, write_findings
from stationmap.reports.formats import (
    DOCUMENTS,
    EARTH,
    EXPORTS,
    GEODATA,
    PICTURES,
    TABLES,
    require_suffix,
    write_layers,
)
from stationmap.reports.gaps import Caption, draw_gaps, write_gaps
from stationmap.reports.plan_dossier import PlanDossier
from stationmap.reports.plan_files import PLANS, require_plan, write_plan

__all__ = [
    "DOCUMENTS",
    "EARTH",
    "EXPORTS",
    "GEODATA",
    "PICTURES",
    "PLANS",
    "TABLES",
    "Caption",
    "Dossier",
    "Frontage",
    "PlanDossier",
    "Source",
    "draw_gaps",
    "require_plan",
    "require_suffix",
    "require_writable",
    "write_findings",
    "write_gaps",
    "write_layers",
    "write_plan",
]
