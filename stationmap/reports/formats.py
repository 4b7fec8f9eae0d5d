"""Which files can be written: their endings, and layers that need no drawing."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import geopandas as gpd

from stationmap.errors import InputError
from stationmap.io import tabular, vector

TABLES = (".csv", ".xlsx")
GEODATA = (".gpkg", ".geojson", ".parquet")
EARTH = (".kml", ".kmz")
PICTURES = (".png",)
DOCUMENTS = (".docx", ".pdf")
EXPORTS = (".gpkg", ".xlsx", *EARTH)


def require_suffix(path: Path, known: Sequence[str]) -> str:
    """Return a path's ending in lower case; InputError where it is none of the known ones."""
    suffix = path.suffix.lower()
    if suffix not in known:
        raise InputError(
            "{file}: no such output format; give a name that ends in one of: {known}",
            file=path.name,
            known=" ".join(known),
        )
    return suffix


def write_layers(path: Path, layers: Mapping[str, gpd.GeoDataFrame]) -> None:
    """Write several layers to one file: a GeoPackage, KML, or a workbook with a sheet for each."""
    if require_suffix(path, EXPORTS) == ".xlsx":
        tabular.write_xlsx(path, layers)
    else:
        vector.write(path, layers)
