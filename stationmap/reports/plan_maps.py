"""The pictures of a plan: the streets before and after it, and the curve of what it reaches."""

import io
import struct
from pathlib import Path
from typing import IO, Any

import geopandas as gpd
import numpy as np
import shapely

from stationmap.crs import local_crs, to_metric
from stationmap.messages import N_, render
from stationmap.reports import maps
from stationmap.reports.content import Picture
from stationmap.reports.plan_dossier import PlanDossier, milestones
from stationmap.reports.plan_words import type_name
from stationmap.reports.wording import day

NUMBERED = 60
"""New stations that are numbered on a map; of more the numbers would hide each other."""
_OTHER, _GAP, _LEFT = "#e6e2da", "#e6550d", "#7f2704"
_STATION, _NEW, _FREE, _DEMAND = "#00695c", "#1f4e9c", "#8e24aa", "#b26a00"
_SOURCES = 3
_CURVE_IN = (8.5, 4.6)
_LAST_NAMED, _APART = 0.7, 6.0  # of the stations, and per cent: nearer to the end is too near


def picture(dossier: PlanDossier, *, after: bool, lang: str) -> Picture:
    """Return the map of the streets before or after the plan."""
    target = io.BytesIO()
    draw(target, dossier, after=after, lang=lang)
    caption = N_("After the plan") if after else N_("Before the plan")
    return _picture(target, render(caption, {}, lang=lang))


def draw(target: Path | IO[bytes], dossier: PlanDossier, *, after: bool, lang: str) -> None:
    """Draw the map as PNG: legend, scale bar, north arrow, source and date."""
    files = list(dict.fromkeys(one.file for one in dossier.sources))
    more = len(files) - _SOURCES
    bounds, crs = _frame(dossier)
    title = N_("{place}: after the plan") if after else N_("{place}: before the plan")
    with maps.sheet(
        target,
        bounds=bounds,
        title=render(title, {"place": dossier.title_place}, lang=lang),
        summary="",
        source=", ".join(files[:_SOURCES]) + (f" +{more}" if more > 0 else "") or "–",
        date=day(dossier.date.isoformat(), lang=lang),
        lang=lang,
    ) as shown:
        _draw_lines(shown, dossier, crs, after=after)
        _draw_points(shown, dossier, crs, after=after)


def curve(dossier: PlanDossier, *, lang: str) -> Picture:
    """Return the curve: share reached against new stations, and the proven bound."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    font = maps.chinese_font()
    lang = lang if font else "en"
    table = dossier.plan.curve
    fonts = [font, "DejaVu Sans"] if font else ["DejaVu Sans"]
    n, share = table["n"].to_numpy(float), table["share"].to_numpy(float) * 100
    whole = whole_of(table)
    bound = table["bound"].to_numpy(float) / whole * 100 if whole else np.full(len(n), np.nan)
    settings: Any = {
        "font.family": "sans-serif",
        "font.sans-serif": fonts,
        "text.parse_math": False,
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
    target = io.BytesIO()
    with rc_context(settings):
        figure = Figure(figsize=_CURVE_IN, layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        known = np.isfinite(bound)
        if known.any() and (bound[known] - share[known] > 0.05).any():
            axes.plot(
                n[known],
                np.minimum(bound[known], 100),
                color="#777777",
                linestyle=(0, (4, 3)),
                label=render(N_("no plan can reach more"), {}, lang=lang),
            )
        axes.plot(n, share, color=_NEW, linewidth=2.4, label=_of_plan(lang))
        axes.fill_between(n, share, share[0], color=_NEW, alpha=0.12)
        for at in milestones(len(n))[1:]:
            axes.plot(n[at], share[at], "o", color=_NEW, markersize=5)
            if n[-1] > n[at] > n[-1] * _LAST_NAMED and share[at] > share[-1] - _APART:
                continue  # its words would lie on those of the last one
            axes.annotate(
                f"{n[at]:.0f} · {share[at]:.1f}%",
                (n[at], share[at]),
                textcoords="offset points",
                xytext=(4, -15) if at < len(n) - 1 else (0, -15),
                ha="left" if at < len(n) - 1 else "right",
                size=11,
            )
        axes.set_xlabel(render(N_("new stations, in building order"), {}, lang=lang), size=13)
        axes.set_ylabel(render(N_("covered, %"), {}, lang=lang), size=13)
        axes.set(xlim=(0, max(1.0, n[-1]) * 1.02), ylim=(0, 105))
        axes.tick_params(labelsize=11)
        axes.grid(alpha=0.3)
        axes.legend(loc="lower right", fontsize=12, framealpha=0.92)
        figure.savefig(target, dpi=160, format="png")
    return _picture(target, render(N_("What each further station adds"), {}, lang=lang))


def whole_of(table: Any) -> float:
    """Return what a curve's shares are of, in its unit; 0 where nothing is reached."""
    known = table[(table["share"] > 0) & (table["value"] > 0)]
    return float(known["value"].iloc[-1] / known["share"].iloc[-1]) if len(known) else 0.0


def _of_plan(lang: str) -> str:
    return render(N_("this plan"), {}, lang=lang)


def _frame(dossier: PlanDossier) -> tuple[Any, Any]:
    """Return the bounds of a map in metres, and its CRS: what the plan is about, and no more."""
    about = [
        frame
        for frame in (
            *(dossier.before, dossier.demand),
            *(dossier.plan.proposals, dossier.plan.uncoverable),
        )
        if frame is not None and len(frame)
    ]
    if not about:
        about = [f for f in (dossier.streets, dossier.demand, dossier.stations) if _any(f)]
    bounds = np.array([f.to_crs("EPSG:4326").total_bounds for f in about])
    bounds = bounds[np.isfinite(bounds).all(axis=1)] if len(bounds) else bounds
    if not len(bounds):
        bounds = np.zeros((1, 4))
    west, south = bounds[:, :2].min(axis=0)
    east, north = bounds[:, 2:].max(axis=0)
    lines = dossier.streets if _any(dossier.streets) else dossier.other_streets
    crs = local_crs([west, east], [south, north]) if lines is None else lines.crs
    box = gpd.GeoSeries([shapely.box(west, south, east, north)], crs="EPSG:4326").to_crs(crs)
    return box.total_bounds, crs


def _any(frame: gpd.GeoDataFrame | None) -> Any:
    return frame is not None and len(frame) > 0


def _draw_lines(shown: maps.Sheet, dossier: PlanDossier, crs: Any, *, after: bool) -> None:
    def line(frame: Any, colour: str, width: float, label: str = "", zorder: int = 1) -> None:
        if not _any(frame):
            return
        frame.plot(ax=shown.axes, color=colour, linewidth=width, aspect=None, zorder=zorder)
        if label:
            shown.axes.plot([], [], color=colour, linewidth=max(width, 2.4), label=label)

    def say(template: str, **params: Any) -> str:
        return render(template, params, lang=shown.lang)

    maps.draw_ground(shown, streets=None, districts=to_metric(dossier.districts, crs))
    line(dossier.other_streets, _OTHER, 0.8)
    line(dossier.streets, maps.STREET, 1.0, zorder=2)
    left = dossier.after if after else dossier.before
    if _any(left):
        assert left is not None
        gaps = to_metric(left, crs)
        name = dossier.pack.label("gap").get(shown.lang)
        line(gaps, _LEFT if after else _GAP, 2.6, f"{name} · {len(gaps):,}", zorder=3)
    elif _any(dossier.plan.uncoverable):
        rest = dossier.plan.uncoverable
        rest = to_metric(rest[rest.geometry.geom_type == "LineString"], crs)
        line(rest, _LEFT, 2.6, say(N_("not coverable · {count}"), count=f"{len(rest):,}"))


def _draw_points(shown: maps.Sheet, dossier: PlanDossier, crs: Any, *, after: bool) -> None:
    axes, plan = shown.axes, dossier.plan
    if dossier.demand is not None and len(dossier.demand):
        _draw_demand(shown, dossier.demand, crs)
    west, south, east, north = shown.bounds

    def points(frame: Any, label: str, **style: Any) -> gpd.GeoDataFrame:
        found = to_metric(frame[~(frame.geometry.isna() | frame.geometry.is_empty)], crs)
        found = found.cx[west:east, south:north]
        if len(found):
            at = found.geometry.representative_point()
            axes.scatter(at.x, at.y, label=f"{label} · {len(found):,}", **style)
        return found

    kind = type_name(dossier.pack, plan.summary.get("type"), lang=shown.lang)
    there = N_("stations, there already") if dossier.rule is None else N_("{type}, there already")
    there = render(there, {"type": kind}, lang=shown.lang)
    points(dossier.stations, there, s=11, color=_STATION, zorder=4)
    if not after:
        return
    few = len(plan.proposals) <= NUMBERED
    new = points(
        plan.proposals,
        render(N_("{type}, new"), {"type": kind}, lang=shown.lang),
        s=120 if few else 20,
        color=_NEW,
        edgecolors="white",
        linewidths=0.6,
        zorder=6,
    )
    free = render(N_("free-standing point that would be needed"), {}, lang=shown.lang)
    points(
        plan.suggested,
        free,
        s=34,
        marker="D",
        facecolors="none",
        edgecolors=_FREE,
        linewidths=1.2,
        zorder=5,
    )
    if few:
        for order, place in zip(new["order"], new.geometry, strict=True):
            axes.annotate(
                str(int(order)),
                (place.x, place.y),
                color="white",
                size=8,
                ha="center",
                va="center",
                zorder=7,
            )


def _draw_demand(shown: maps.Sheet, demand: gpd.GeoDataFrame, crs: Any) -> None:
    """Draw the places to be reached as rings, the larger the more they weigh."""
    placed = demand[~(demand.geometry.isna() | demand.geometry.is_empty)]
    placed = placed[placed["weight"] > 0]
    if placed.empty:
        return
    points = to_metric(placed, crs).geometry.representative_point()
    weight = placed["weight"].to_numpy(dtype=float)
    shown.axes.scatter(
        points.x,
        points.y,
        s=20 + 160 * weight / weight.max(),
        facecolors="none",
        edgecolors=_DEMAND,
        linewidths=1.1,
        zorder=3,
        label=render(
            N_("places to be reached · {count}"), {"count": f"{len(placed):,}"}, lang=shown.lang
        ),
    )


def _picture(target: io.BytesIO, caption: str) -> Picture:
    width, height = struct.unpack(">II", target.getvalue()[16:24])
    return Picture(target.getvalue(), caption, float(height / width))
