"""Pictures of a plan for notebooks: a map to read, a map to explore, the curve."""

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from stationmap.crs import local_crs, to_metric

if TYPE_CHECKING:
    from stationmap.planning.plan import Plan

NEW, OPEN, THERE, GROUND = "#c62828", "#e6550d", "#00695c", "#c9c4bb"
_SHOWN = ["order", "name", "category", "street_name", "chainage_m", "adds"]


def draw(
    plan: "Plan",
    *,
    streets: gpd.GeoDataFrame | None = None,
    stations: gpd.GeoDataFrame | None = None,
    ax: Any = None,
) -> Any:
    """Draw a plan on matplotlib axes, in ground metres; see `Plan.plot`."""
    axes = _axes(ax)
    layers = [
        (streets, {"color": GROUND, "linewidth": 1.0, "zorder": 1}),
        (plan.uncoverable, {"color": OPEN, "linewidth": 4.0, "zorder": 2}),
        (stations, {"color": THERE, "markersize": 12, "zorder": 3}),
        (plan.suggested, {"facecolor": "none", "edgecolor": NEW, "markersize": 30, "zorder": 4}),
        (plan.proposals, {"color": NEW, "markersize": 60, "zorder": 5}),
    ]
    shown = [frame for frame, _ in layers if frame is not None and len(frame)]
    if not shown:
        return axes
    bounds = pd.DataFrame([frame.to_crs(4326).total_bounds for frame in shown])
    crs = local_crs([bounds[0].min(), bounds[2].max()], [bounds[1].min(), bounds[3].max()])
    for frame, style in layers:
        if frame is not None and len(frame):
            to_metric(frame, crs).plot(ax=axes, aspect="equal", **style)
    placed = to_metric(plan.proposals, crs)
    for order, point in zip(placed["order"], placed.geometry, strict=True):
        axes.annotate(
            str(order),
            (point.x, point.y),
            color="white",
            fontsize=6,
            ha="center",
            va="center",
            zorder=6,
        )
    axes.set_axis_off()
    return axes


def draw_curve(plan: "Plan", *, ax: Any = None) -> Any:
    """Draw share against new stations, with its proven bound; see `Plan.plot_curve`."""
    axes = _axes(ax)
    curve = plan.curve
    axes.plot(curve["n"], curve["share"] * 100, color=NEW, linewidth=2)
    total = curve["value"] / curve["share"].where(curve["share"] > 0)
    axes.plot(curve["n"], curve["bound"] / total * 100, color="#777777", linestyle=":")
    axes.set(xlabel="n", ylabel="%", ylim=(0, 100), xlim=(0, max(1, int(curve["n"].max()))))
    axes.grid(alpha=0.3)
    return axes


def explore(plan: "Plan", **options: Any) -> Any:
    """Lay a plan on a map to move about in; see `Plan.explore`."""
    shown = plan.proposals[[*_SHOWN, "geometry"]]
    if not len(plan.uncoverable):
        return shown.explore(color=NEW, marker_kwds={"radius": 6}, **options)
    below = plan.uncoverable[["name", "length_m", "points_needed", "geometry"]]
    m = below.explore(color=OPEN, style_kwds={"weight": 6}, **options)
    return shown.explore(m=m, color=NEW, marker_kwds={"radius": 6}) if len(shown) else m


def _axes(ax: Any) -> Any:
    if ax is not None:
        return ax
    from matplotlib import pyplot

    return pyplot.figure(figsize=(8, 6), layout="constrained").subplots()
