"""Findings as files: workbook, report, map, geodata; the file's ending says which."""

from pathlib import Path

import geopandas as gpd

from stationmap.errors import InputError
from stationmap.io import kml_write, tabular, vector
from stationmap.reports.dossier import Dossier
from stationmap.reports.formats import (
    DOCUMENTS,
    EARTH,
    GEODATA,
    PICTURES,
    TABLES,
    require_suffix,
)

ENDINGS = (*TABLES, *DOCUMENTS, *PICTURES, *GEODATA, *EARTH)


def require_writable(path: Path) -> None:
    """Refuse early what `write_findings` would refuse after long work."""
    suffix = require_suffix(path, ENDINGS)
    if not path.parent.is_dir():
        raise InputError(
            "the folder {folder} does not exist: make it first", folder=str(path.parent)
        )
    if suffix == ".pdf":
        from stationmap.reports.pdf import require_pdf

        require_pdf()


def write_findings(path: Path, dossier: Dossier, *, lang: str) -> None:
    """Write what a check found; what stood at the path is replaced at once.

    Parameters
    ----------
    path : Path
        Ending in .xlsx, .csv, .docx, .pdf, .png, .gpkg, .geojson, .parquet, .kml or .kmz.
    dossier : Dossier
    lang : str

    Raises
    ------
    InputError
        The ending is none of these, its folder does not exist, or the libraries that set a PDF
        cannot be loaded.
    """
    require_writable(path)
    suffix = path.suffix.lower()
    if suffix == ".csv":
        tabular.write_csv(path, dossier.findings)
    elif suffix == ".xlsx":
        from stationmap.reports.sheets import write_workbook

        write_workbook(path, dossier, lang=lang)
    elif suffix == ".png":
        from stationmap.reports.pictures import draw_city

        draw_city(path, dossier, lang=lang)
    elif suffix in DOCUMENTS:
        from stationmap.reports.bulletin import bulletin
        from stationmap.reports.docx import write_docx
        from stationmap.reports.pdf import write_pdf

        write = write_docx if suffix == ".docx" else write_pdf
        write(path, bulletin(dossier, lang=lang))
    elif suffix in EARTH:
        kml_write.write(path, {"findings": dossier.findings})
    else:
        vector.write(path, _layers(dossier, whole=suffix == ".gpkg"))


def _layers(dossier: Dossier, *, whole: bool) -> dict[str, gpd.GeoDataFrame]:
    layers = {"findings": dossier.findings}
    if whole and dossier.frontage is not None:
        layers["gaps"] = dossier.frontage.gaps
    return layers
