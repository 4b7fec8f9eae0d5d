"""Results as files: tables, geodata and pictures of gaps."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np

from stationmap.errors import InputError
from stationmap.io import tabular, vector
from stationmap.io.files import replacing
from stationmap.messages import N_, render

TABLES = (".csv", ".xlsx")
GEODATA = (".gpkg", ".geojson", ".parquet")
PICTURES = (".png",)
EXPORTS = (".gpkg", ".xlsx")

# points needed, up to and including; the last class has no limit
CLASSES = ((1, "#fdbe85"), (2, "#fd8d3c"), (4, "#e6550d"), (None, "#7f2704"))
_STREET, _STATION = "#c9c4bb", "#00695c"
_FONTS = ("Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei", "SimHei")
_WIDE_IN, _DPI = 10.0, 150
_EDGE = 0.03  # of the larger side, around the streets
_NICE_M = (50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000)


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
        Ending in .gpkg, .geojson, .parquet, .csv, .xlsx or .png.
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
    suffix = require_suffix(path, (*GEODATA, *TABLES, *PICTURES))
    if suffix == ".csv":
        tabular.write_csv(path, gaps)
    elif suffix == ".xlsx":
        tabular.write_xlsx(path, {"gaps": gaps})
    elif suffix in GEODATA:
        vector.write(path, {"gaps": gaps})
    else:
        draw_gaps(path, gaps, streets=streets, stations=stations, caption=caption, lang=lang)


def write_layers(path: Path, layers: Mapping[str, gpd.GeoDataFrame]) -> None:
    """Write several layers to one file: a GeoPackage, or a workbook with a sheet for each."""
    if require_suffix(path, EXPORTS) == ".xlsx":
        tabular.write_xlsx(path, layers)
    else:
        vector.write(path, layers)


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


def draw_gaps(
    path: Path,
    gaps: gpd.GeoDataFrame,
    *,
    streets: gpd.GeoDataFrame,
    stations: gpd.GeoDataFrame,
    caption: Caption,
    lang: str,
) -> None:
    """Draw a map of gaps as PNG: legend, scale bar, source and date."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    font = _chinese_font()
    lang = lang if font else "en"

    def say(template: str, **params: Any) -> str:
        return render(template, params, lang=lang)

    metric = gaps.to_crs(streets.crs)
    west, south, east, north = streets.total_bounds
    ratio = float(np.clip((north - south) / max(east - west, 1.0), 0.5, 1.5))
    fonts = [font, "DejaVu Sans"] if font else ["DejaVu Sans"]
    with rc_context({"font.family": "sans-serif", "font.sans-serif": fonts}):
        figure = Figure(figsize=(_WIDE_IN, _WIDE_IN * ratio + 1.4), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        axes.set_aspect("equal")
        axes.set_axis_off()
        edge = max(east - west, north - south) * _EDGE
        axes.set(xlim=(west - edge, east + edge), ylim=(south - edge, north + edge))
        axes.set_autoscale_on(False)
        streets.plot(ax=axes, color=_STREET, linewidth=1.0, aspect=None)
        for label, colour, chosen in _classes(metric, say):
            if len(chosen):
                chosen.plot(ax=axes, color=colour, linewidth=2.6, aspect=None)
            axes.plot([], [], color=colour, linewidth=2.6, label=f"{label} · {len(chosen)}")
        shown = stations.cx[west - edge : east + edge, south - edge : north + edge].geometry
        label = f"{caption.station_type} · {len(shown)}"
        axes.scatter(shown.x, shown.y, s=9, color=_STATION, zorder=3, label=label)
        axes.legend(loc="upper left", fontsize=8, framealpha=0.9)
        _scale_bar(axes, east - west)
        figure.suptitle(caption.title, fontsize=14)
        axes.set_title(caption.summary, fontsize=9)
        figure.supxlabel(
            say(N_("Source: {source} · {date}"), source=caption.source, date=caption.date),
            fontsize=8,
        )
        with replacing(path) as temporary:
            figure.savefig(temporary, dpi=_DPI, format="png")


def _classes(gaps: gpd.GeoDataFrame, say: Any) -> list[tuple[str, str, gpd.GeoDataFrame]]:
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


def _scale_bar(axes: Any, width_m: float) -> None:
    """Draw a bar of a round length, about a fifth of the width, in the lower left corner."""
    length = max((m for m in _NICE_M if m <= width_m / 4), default=_NICE_M[0])
    west, _ = axes.get_xlim()
    south, north = axes.get_ylim()
    y = south + (north - south) * 0.02
    axes.plot([west, west + length], [y, y], color="black", linewidth=2, solid_capstyle="butt")
    text = f"{length // 1000} km" if length >= 1000 else f"{length} m"
    axes.annotate(
        text, (west + length / 2, y), textcoords="offset points", xytext=(0, 4), ha="center", size=8
    )


def _chinese_font() -> str | None:
    from matplotlib import font_manager

    names = set(font_manager.get_font_names())
    return next((font for font in _FONTS if font in names), None)
