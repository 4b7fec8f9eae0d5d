"""Maps as pictures: streets, districts and findings, with all that a printed map must carry."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from stationmap.io.files import replacing
from stationmap.messages import N_, render
from stationmap.reports.wording import OUTCOMES

STREET = "#c9c4bb"
_BOUNDARY, _NAME = "#8a8178", "#57504a"
_FONTS = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "PingFang SC",
    "Microsoft YaHei",
    "SimHei",
    "WenQuanYi Zen Hei",
)
_LONG_IN, _DPI = 8.5, 160  # the longer side of the map
_EDGE = 0.03  # of the larger side, around what is shown
_NICE_M = (50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000)
_LABELLED = 40  # no more names of districts than this
_LEAST_NAMED = 0.03  # of the map: what is smaller has no room for its name

# outcome → marker, fill, outline, size: told apart by shape, fill and colour, drawn in this order
MARKS: dict[str, tuple[str, str, str, float]] = {
    "unknown": ("o", "none", "#6b6b6b", 20.0),
    "met": ("o", "#00796b", "white", 22.0),
    "advised": ("^", "#e69f00", "#6b4a00", 34.0),
    "not_met": ("X", "#d5400b", "white", 44.0),
}


@dataclass(frozen=True)
class Sheet:
    """A map being drawn: matplotlib axes in metres, their bounds, the language that fonts allow."""

    axes: Any
    bounds: tuple[float, float, float, float]
    lang: str


@contextmanager
def sheet(
    target: Path | IO[bytes],
    *,
    bounds: Sequence[float],
    title: str,
    summary: str,
    source: str,
    date: str,
    lang: str,
) -> Iterator[Sheet]:
    """Open a map in metres; when the block ends well it is written as PNG, finished.

    Parameters
    ----------
    target : Path or binary stream
        A file is replaced at once, when the new one is complete.
    bounds : sequence of float
        West, south, east, north of what is shown, in the metric CRS of all that is drawn; north
        is up.
    title, summary, source, date : str
        What stands above and below the map.
    lang : str
        English is used where no font of this machine has Chinese.
    """
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    font = chinese_font()
    lang = lang if font else "en"
    west, south, east, north = _roomy(bounds)
    ratio = float(np.clip((north - south) / (east - west), 0.5, 1.2))
    fonts = [font, "DejaVu Sans"] if font else ["DejaVu Sans"]
    with rc_context(
        {
            "font.family": "sans-serif",
            "font.sans-serif": fonts,
            "text.parse_math": False,  # a name with dollar signs is no formula
        }
    ):
        wide = _LONG_IN / max(1.0, ratio)
        figure = Figure(figsize=(wide, wide * ratio + 1.4), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        axes.set_aspect("equal")
        axes.set(xlim=(west, east), ylim=(south, north), xticks=[], yticks=[])
        axes.set_autoscale_on(False)
        for spine in axes.spines.values():
            spine.set_color(_BOUNDARY)
        yield Sheet(axes, (west, south, east, north), lang)
        axes.set(xlabel="", ylabel="")  # a frame draws the names of its axes
        if axes.get_legend_handles_labels()[0]:
            axes.legend(loc="upper left", fontsize=13, framealpha=0.92)
        _scale_bar(axes, east - west)
        _north_arrow(axes, render(N_("N"), {}, lang=lang))
        figure.suptitle(title, fontsize=16)
        axes.set_title(summary, fontsize=13, wrap=True)
        foot = N_("Source: {source} · {date}")
        figure.supxlabel(
            render(foot, {"source": source, "date": date}, lang=lang), fontsize=9, wrap=True
        )
        if isinstance(target, Path):
            with replacing(target) as temporary:
                figure.savefig(temporary, dpi=_DPI, format="png")
        else:
            figure.savefig(target, dpi=_DPI, format="png")


def _roomy(bounds: Sequence[float]) -> tuple[float, float, float, float]:
    """Widen bounds by an edge; what is a point or nothing becomes a square of 200 m."""
    west, south, east, north = np.nan_to_num(np.asarray(bounds, dtype=float))
    edge = max((east - west) * _EDGE, (north - south) * _EDGE)
    missing = max(0.0, 100.0 - max(east - west, north - south) / 2)
    grow = edge + missing
    return west - grow, south - grow, east + grow, north + grow


def draw_ground(
    shown: Sheet, *, streets: gpd.GeoDataFrame | None, districts: gpd.GeoDataFrame
) -> None:
    """Draw streets, and the boundaries and names of districts; all in the map's CRS."""
    if streets is not None and len(streets):
        streets.plot(ax=shown.axes, color=STREET, linewidth=0.9, aspect=None, zorder=1)
    if districts.empty:
        return
    districts.boundary.plot(
        ax=shown.axes, color=_BOUNDARY, linewidth=0.9, linestyle=(0, (6, 3)), aspect=None, zorder=2
    )
    if len(districts) > _LABELLED or shown.lang != "zh":
        return
    frame = shapely.box(*shown.bounds)
    inside = shapely.intersection(districts.geometry.to_numpy(), frame)
    large = shapely.area(inside) > _LEAST_NAMED * shapely.area(frame)
    for name, area in zip(districts["name"][large], inside[large], strict=True):
        if name:
            place = shapely.point_on_surface(area)
            shown.axes.annotate(
                name, (place.x, place.y), ha="center", size=11, color=_NAME, alpha=0.9, zorder=2
            )


def draw_findings(
    shown: Sheet, geometry: NDArray[Any], outcome: NDArray[Any], *, zorder: int = 4
) -> None:
    """Draw findings by outcome, the worst on top: lines as lines, all else as a mark.

    Parameters
    ----------
    shown : Sheet
    geometry : ndarray of geometry, shape (n,)
        In the map's CRS; None is counted in the legend, not drawn.
    outcome : ndarray of str, shape (n,)
        Of `MARKS`; others are left out.
    zorder : int
        Of the first outcome.
    """
    lines = np.isin(shapely.get_type_id(geometry), (1, 5))
    for height, (name, (marker, fill, edge, size)) in enumerate(MARKS.items()):
        chosen = outcome == name
        count = int(chosen.sum())
        if not count:
            continue
        label = f"{render(OUTCOMES[name], {}, lang=shown.lang)} · {count:,}"
        colour = edge if fill == "none" else fill
        drawn = geometry[chosen & lines]
        if len(drawn):
            gpd.GeoSeries(drawn).plot(
                ax=shown.axes, color=colour, linewidth=2.4, aspect=None, zorder=zorder + height
            )
        points = shapely.point_on_surface(geometry[chosen & ~lines])
        shown.axes.scatter(
            shapely.get_x(points),
            shapely.get_y(points),
            s=size,
            marker=marker,
            facecolors=fill,
            edgecolors=edge,
            linewidths=1.1 if fill == "none" else 0.6,
            zorder=zorder + height,
            label=label,
        )


def _scale_bar(axes: Any, width_m: float) -> None:
    """Draw a bar of a round length, about a fifth of the width, in the lower left corner."""
    length = max((m for m in _NICE_M if m <= width_m / 4), default=_NICE_M[0])
    west, east = axes.get_xlim()
    south, north = axes.get_ylim()
    x, y = west + (east - west) * 0.02, south + (north - south) * 0.025
    axes.plot([x, x + length], [y, y], color="black", linewidth=2, solid_capstyle="butt", zorder=9)
    text = f"{length // 1000} km" if length >= 1000 else f"{length} m"
    axes.annotate(
        text,
        (x + length / 2, y),
        textcoords="offset points",
        xytext=(0, 4),
        ha="center",
        size=12,
        zorder=9,
    )


def _north_arrow(axes: Any, letter: str) -> None:
    axes.annotate(
        letter,
        xy=(0.965, 0.975),
        xytext=(0.965, 0.895),
        xycoords="axes fraction",
        ha="center",
        va="center",
        size=15,
        zorder=9,
        arrowprops={"arrowstyle": "-|>", "color": "black", "linewidth": 1.6, "mutation_scale": 18},
    )


@cache
def chinese_font() -> str | None:
    """Return a font of this machine that has Chinese; None where there is none."""
    from matplotlib import font_manager

    names = set(font_manager.get_font_names())
    return next((font for font in _FONTS if font in names), None)
