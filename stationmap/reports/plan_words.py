"""The words of a plan: what its hosts, reasons and assumptions are called, and its JSON."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from stationmap.messages import N_, render
from stationmap.reports.plan_dossier import PlanParts
from stationmap.standards import Pack, tables

HOST_KINDS: Mapping[str, str] = {
    "shop": N_("shop on the street"),
    "facility": N_("facility"),
    "place": N_("the place itself"),
    "free": N_("free-standing point"),
    "host": N_("Host"),
}
# what the figures of a plan are counted in, and what the whole of it is called
UNITS: Mapping[str, str] = {
    "m": N_("metres of shop frontage"),
    "people": N_("people"),
    "places": N_("places"),
}


def said(value: Any, *, lang: str) -> str:
    """Return a message in `lang`: one that renders itself, or a template without parameters."""
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return ""
    if hasattr(value, "render"):
        return str(value.render(lang))
    text = str(value)
    return text if "{" in text else render(text, {}, lang=lang)


def category(kind: str, value: Any, *, lang: str) -> str:
    """Name the category of a host: a shop's, or a facility's."""
    if kind == "place":
        return render(HOST_KINDS[kind], {}, lang=lang)
    if value is None or pd.isna(value) or value == "":
        return ""
    found = tables.categories().get(str(value)) if kind != "shop" else None
    return (found or tables.shop_name(str(value))).get(lang)


def type_name(pack: Pack, type_id: Any, *, lang: str) -> str:
    """Name a type of station as the pack does; by its id where the pack has none."""
    found = {site.id: site.name for site in pack.site_types}.get(str(type_id))
    return found.get(lang) if found else str(type_id or "")


def with_words(frame: gpd.GeoDataFrame, *, pack: Pack, lang: str) -> gpd.GeoDataFrame:
    """Add what types, hosts and categories are called; a reason becomes its sentence."""
    more: dict[str, list[str]] = {}
    if "host_kind" in frame:
        more["host_kind_name"] = [
            render(HOST_KINDS.get(k, str(k)), {}, lang=lang) for k in frame["host_kind"]
        ]
        more["category_name"] = [
            category(k, c, lang=lang)
            for k, c in zip(frame["host_kind"], frame["category"], strict=True)
        ]
        more["type_name"] = [type_name(pack, t, lang=lang) for t in frame["type"]]
    if "reason" in frame:
        more["reason"] = [said(one, lang=lang) for one in frame["reason"]]
    return frame.assign(**more)


def document(
    plan: PlanParts, *, pack: Pack, lang: str, decimals: int | None = None
) -> dict[str, Any]:
    """Return a plan as JSON has it: summary, proposals, uncoverable, suggested, curve.

    Parameters
    ----------
    plan : PlanParts
    pack : Pack
        Names the types.
    lang : str
    decimals : int, optional
        Of degrees, as they are published; all that there are unless given.
    """

    def features(frame: gpd.GeoDataFrame) -> dict[str, Any]:
        worded = with_words(frame, pack=pack, lang=lang)
        if decimals is not None:
            places = shapely.transform(worded.geometry.array, lambda xy: np.round(xy, decimals))
            worded = worded.set_geometry(gpd.GeoSeries(places, index=worded.index, crs=worded.crs))
        found = json.loads(worded.to_json(na="null", drop_id=True))
        return {"type": "FeatureCollection", "features": found["features"]}

    summary = {name: plain(value, lang=lang) for name, value in plan.summary.items()}
    told = plan.summary.get("assumptions") or ()
    return {
        "summary": summary | {"assumptions": [said(one, lang=lang) for one in told]},
        "proposals": features(plan.proposals),
        "uncoverable": features(plan.uncoverable),
        "suggested": features(plan.suggested),
        "curve": [
            {name: plain(value, lang=lang) for name, value in row.items()}
            for row in plan.curve.to_dict("records")
        ],
    }


def plain(value: Any, *, lang: str) -> Any:
    """Return a value as JSON has it: messages as sentences, no numpy, nothing that is no number."""
    if hasattr(value, "render"):
        return value.render(lang)
    if isinstance(value, Mapping):
        return {str(name): plain(one, lang=lang) for name, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(one, lang=lang) for one in value]
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist(), lang=lang)
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value
