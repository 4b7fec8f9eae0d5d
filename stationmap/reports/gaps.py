"""Gaps as files: a table, geodata or a picture."""

from pathlib import Path
from typing import IO, Any, NamedTuple

import geopandas as gpd
import numpy as np

from stationmap.io import tabular, vector
from stationmap.messages import N_, render
from stationmap.reports import maps
from stationmap.reports.formats import EARTH, GEODATA, PICTURES, TABLES, require_suffix

# points needed, up to and including; the last class has no limit
CLASSES = ((1, "#fdbe85"), (2, "#fd8d3c"), (4, "#e6550d"), (None, "#7f2704"))
_STATION = "#00695c"


class Caption(NamedTuple):
    """What a picture says of itself."""

    title: str
    summary: str
    station_type: str
    source: str
    date: str


def write_gaps(
    path: Path,
    gaps: gpd.GeoDataFrame,
    *,
    streets: gpd.GeoDataFrame,
    stations: gpd.GeoDataFrame,
    caption: Caption,
    lang: str,
) -> None:
    """Write gaps to a file whose ending says the format; what stood there is replaced at once.

    Parameters
    ----------
    path : Path
        Ending in .gpkg, .geojson, .parquet, .csv, .xlsx, .kml, .kmz or .png.
    gaps : GeoDataFrame
        A gaps frame.
    streets, stations : GeoDataFrame
        What a picture shows beside the gaps: lines, and points that count. One metric CRS.
    caption : Caption
    lang : str

    Raises
    ------
    InputError
        The ending is none of these, or its folder does not exist.
    """
    suffix = require_suffix(path, (*GEODATA, *EARTH, *TABLES, *PICTURES))
    if suffix == ".csv":
        tabular.write_csv(path, gaps)
    elif suffix == ".xlsx":
        tabular.write_xlsx(path, {"gaps": gaps})
    elif suffix in (*GEODATA, *EARTH):
        vector.write(path, {"gaps": gaps})
    else:
        draw_gaps(path, gaps, streets=streets, stations=stations, caption=caption, lang=lang)


def draw_gaps(
    target: Path | IO[bytes],
    gaps: gpd.GeoDataFrame,
    *,
    streets: gpd.GeoDataFrame,
    stations: gpd.GeoDataFrame,
    caption: Caption,
    lang: str,
) -> None:
    """Draw a map of gaps as PNG: legend, scale bar, north arrow, source and date."""
    metric = gaps.to_crs(streets.crs)
    with maps.sheet(
        target,
        bounds=streets.total_bounds,
        title=caption.title,
        summary=caption.summary,
        source=caption.source,
        date=caption.date,
        lang=lang,
    ) as found:
        axes = found.axes
        streets.plot(ax=axes, color=maps.STREET, linewidth=1.0, aspect=None)
        for label, colour, chosen in _classes(metric, lang=found.lang):
            if len(chosen):
                chosen.plot(ax=axes, color=colour, linewidth=2.6, aspect=None)
            axes.plot([], [], color=colour, linewidth=2.6, label=f"{label} · {len(chosen)}")
        west, south, east, north = found.bounds
        shown = stations.cx[west:east, south:north].geometry
        label = f"{caption.station_type} · {len(shown)}"
        axes.scatter(shown.x, shown.y, s=9, color=_STATION, zorder=3, label=label)


def _classes(gaps: gpd.GeoDataFrame, *, lang: str) -> list[tuple[str, str, gpd.GeoDataFrame]]:
    def say(template: str, **params: Any) -> str:
        return render(template, params, lang=lang)

    rows, above = [], 0
    for limit, colour in CLASSES:
        needed = gaps["points_needed"]
        chosen = gaps[(needed > above) & (needed <= (limit or np.inf))]
        if limit is None:
            label = say(N_("{points} or more points needed"), points=above + 1)
        elif limit == above + 1:
            label = say(N_("{points} points needed"), points=limit)
        else:
            label = say(N_("{points} points needed"), points=f"{above + 1}–{limit}")
        rows.append((label, colour, chosen))
        above = limit or above
    return rows
