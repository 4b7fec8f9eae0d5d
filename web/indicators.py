"""Indicators as the pages show them: figures by city, county and unit, held to their targets."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from stationmap.checks import counts, findings, indicator
from stationmap.checks.facts import Facts
from stationmap.checks.findings import MET, NOT_APPLICABLE, NOT_MET, UNKNOWN
from stationmap.messages import N_
from stationmap.standards import IndicatorRule, Pack
from web.words import labelled, say

# units are many, and the ones that fall short come first
MAX_UNITS = 200
ORDER = (NOT_MET, UNKNOWN, MET, NOT_APPLICABLE)
FINEST_DEG, COARSEST_DEG = 1e-5, 5e-4  # of simplified outlines: 1 m to 50 m
DIGITS = 5

# whose figure it is
LEVELS: Mapping[str, str] = MappingProxyType(
    {"city": N_("the city"), "county": N_("each county"), "unit": N_("each unit")}
)
# what is counted: the scripts say so many people, hours, times
_PEOPLE = (
    "population",
    "headcount",
    "registered",
    "active",
    "staff_registered",
    "staff_hours_reached",
    "backbone",
)
# what `checks.counts` names as the source of what it counts itself
SOURCES: Mapping[str, str] = MappingProxyType({"register": N_("counted from the lists here")})
AMOUNTS: Mapping[str, str] = MappingProxyType(
    {**dict.fromkeys(_PEOPLE, "people"), "hours": "hours", "trainings": "times"}
)


def rules(pack: Pack) -> list[IndicatorRule]:
    """List the indicators of a pack, in its order."""
    return [rule for rule in pack.rules if isinstance(rule, IndicatorRule)]


def said(rule: IndicatorRule, facts: Facts, lang: str) -> dict[str, Any]:
    """Say of an indicator what it asks, and the figures of every city, county and unit."""
    table = indicator.measure(rule, facts)
    found = findings.frame(indicator.check(rule, facts), lang=lang)
    sentences = dict(zip(found["subject_id"], found["message"], strict=True))
    table = table.assign(
        sentence=table["subject"].map(sentences),
        held=table["subject_kind"] == rule.per,
        order=table["state"].map(ORDER.index),
    )
    is_unit = table["subject_kind"] == "unit"
    units = table[is_unit].sort_values("order", kind="stable")
    absent = found.loc[found["message_id"] == "indicator.no_subjects", "message"]
    held = table.loc[table["held"], "state"].value_counts()
    return {
        "id": rule.id,
        "name": rule.name.get(lang),
        "force": rule.force,
        "text": rule.clause.text.get(lang),
        "document": rule.clause.document,
        "article": rule.clause.article,
        "measure": rule.measure,
        "per": rule.per,
        "level": say(LEVELS[rule.per], lang=lang),
        "target": None if rule.at_least is None else scaled(rule.at_least, rule),
        "counted": say(counts.LABELS[rule.numerator], lang=lang),
        "amount": AMOUNTS.get(rule.numerator, ""),
        "base": say(counts.LABELS[rule.denominator], lang=lang) if rule.denominator else None,
        "base_amount": AMOUNTS.get(rule.denominator or "", ""),
        "counts": {state: int(held.get(state, 0)) for state in ORDER},
        "absent": absent.iloc[0] if len(absent) else None,
        "rows": _rows(table[~is_unit], rule, lang),
        "units": _rows(units.head(MAX_UNITS), rule, lang),
        "units_total": len(units),
    }


def scaled(value: float, rule: IndicatorRule) -> float:
    """Scale a value to how it is said, per cent of shares, rounded down to two decimals.

    So none that falls short reads as its target.
    """
    by = 10_000.0 if rule.measure == "share" else 100.0
    return float(np.floor(np.round(value * by, 6)) / 100.0)


def source_name(source: object, lang: str) -> str | None:
    """Say where a figure comes from: files by their names, what was counted here in words."""
    if not isinstance(source, str) or not source:
        return None
    parts = (labelled(SOURCES, part, lang=lang) for part in source.split("; "))
    return say(N_(", "), lang=lang).join(parts)


def _rows(table: pd.DataFrame, rule: IndicatorRule, lang: str) -> list[dict[str, Any]]:
    return [
        {
            "id": row["subject"],
            "kind": row["subject_kind"],
            "name": row["name"] if isinstance(row["name"], str) else row["subject"],
            "held": row["held"],
            "state": row["state"],
            "value": None if np.isnan(row["value"]) else scaled(row["value"], rule),
            "counted": _number(row["numerator"]),
            "base": _number(row["denominator"]),
            "required": _number(row["required"]),
            "needed": _number(row["needed"]),
            "period": _text(row["period"]),
            "base_period": _text(row["base_period"]),
            "source": source_name(row["source"], lang),
            "sentence": _text(row["sentence"]),
        }
        for row in table.to_dict("records")
    ]


def outlines(facts: Facts) -> gpd.GeoDataFrame:
    """Return the outlines of the city's counties that have one, simplified together.

    Columns adcode, name, point (within the outline, for a label) and geometry, in EPSG:4326,
    coordinates to `DIGITS` decimals (1 m). Neighbours keep their common line.
    """
    areas = facts.districts[["adcode", "geometry"]].drop_duplicates("adcode")
    names = counts.counties(facts)[["subject", "name"]].rename(columns={"subject": "adcode"})
    found = gpd.GeoDataFrame(names.merge(areas, on="adcode"), crs=facts.districts.crs)
    shapes = shapely.make_valid(found.geometry.to_numpy())
    polygonal = ~shapely.is_empty(shapes) & (shapely.get_dimensions(shapes) == 2)
    found, shapes = found[polygonal], shapes[polygonal]
    if not len(found):
        return found.assign(point=found.geometry)
    west, south, east, north = shapely.total_bounds(shapes)
    coarse = np.clip(max(east - west, north - south) / 4000.0, FINEST_DEG, COARSEST_DEG)
    simple = shapely.coverage_simplify(_polygons(shapes), coarse)
    simple = shapely.transform(simple, lambda xy: np.round(xy, DIGITS))
    return found.assign(
        geometry=simple, point=shapely.point_on_surface(_largest(shapes)), name=found["name"]
    )


def _polygons(shapes: Any) -> Any:
    """Drop lines and points that mending left beside the areas."""
    return np.array(
        [
            shape
            if shape.geom_type != "GeometryCollection"
            else shapely.union_all([p for p in shape.geoms if p.area > 0])
            for shape in shapes
        ],
        dtype=object,
    )


def _largest(shapes: Any) -> Any:
    parts, owner = shapely.get_parts(shapes, return_index=True)
    order = np.lexsort((-shapely.area(parts), owner))
    _, first = np.unique(owner[order], return_index=True)
    return parts[order][first]


def _number(value: float) -> float | None:
    if np.isnan(value):
        return None
    return int(value) if float(value).is_integer() else round(float(value), 2)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
