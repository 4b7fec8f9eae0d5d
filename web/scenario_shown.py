"""A scenario as its pages show it: figures beside those of today, its stations, and its map."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import geopandas as gpd
import pandas as pd
from flask import url_for

from stationmap.city import scenario_figures, scenarios
from stationmap.city.scenario_figures import Figures
from stationmap.city.scenarios import Scenario
from stationmap.messages import N_
from web import scenario_rows as rows
from web.access import may
from web.caching import present
from web.desk import when
from web.params import language
from web.parts import coordinates, place_of, text, type_name
from web.station_words import shown
from web.view import CityView
from web.words import say

SHOWN = 300
"""Stations in the table of a scenario's page; all of them are in its files."""
FINDINGS = 30
"""Findings in that table."""
_KEPT = 24
_figures: WeakKeyDictionary[CityView, dict[tuple[str, int, str], Figures]] = WeakKeyDictionary()


def figures_of(scenario: Scenario) -> Figures:
    """Return a scenario's figures, worked out once for as long as nothing changes."""
    held, lang = _figures.setdefault(present(), {}), language()
    key = (scenario.id, scenario.version, lang)
    if key not in held:
        if len(held) >= _KEPT:
            del held[next(iter(held))]
        held[key] = scenario_figures.figures(present().answers, scenario, lang=lang)
    return held[key]


@dataclass(frozen=True)
class Line:
    """One figure: what it is called, today, and in each scenario, with what is better of them."""

    label: str
    today: str
    values: tuple[str, ...]
    changes: tuple[str, ...]


def told(scenario: Scenario) -> dict[str, Any]:
    """Return what every page says of a scenario."""
    counts = {k: n for k, n in scenario.counts().items() if n}
    lang = language()
    parts = [f"{say(scenarios.KINDS[kind], lang=lang)} {n:,}" for kind, n in counts.items()]
    return {
        **rows.short(scenario),
        "when": when(scenario.at),
        "said": say(N_(", "), lang=lang).join(parts),
        "adopted_when": when(scenario.adopted_at),
        "map_url": url_for("pages.home", tab="plan", scenario=scenario.id),
    }


def lines(*known: Figures) -> list[Line]:
    """Lay the figures of scenarios beside those of today; none without streets."""
    if any(one.rule is None for one in known):
        return []
    made = []
    for label, key, write in _FIGURES:
        today = known[0].before.get(key)
        values = [one.after.get(key) for one in known]
        made.append(
            Line(
                say(label, lang=language()),
                write(today),
                tuple(write(value) for value in values),
                tuple(_difference(key, today, value) for value in values),
            )
        )
    return made


def shortfalls(*known: Figures) -> list[tuple[str, list[int]]]:
    """Count the shortfalls of all rules that would be no more, and that would be new."""
    lang = language()
    return [
        (say(N_("Shortfalls that go"), lang=lang), [len(one.solved) for one in known]),
        (say(N_("Shortfalls that come"), lang=lang), [len(one.caused) for one in known]),
    ]


def found_otherwise(figures: Figures) -> list[dict[str, Any]]:
    """Return the first shortfalls that come, then those that go, for a page's table."""
    both = [(one, True) for one in figures.caused] + [(one, False) for one in figures.solved]
    return [
        {"name": one.subject_name or one.subject_id, "said": one.message, "comes": comes}
        for one, comes in both[:FINDINGS]
    ]


def splits(*known: Figures) -> bool:
    """Whether there would be more gaps, and less of them: long ones are split."""
    return any(
        one.rule is not None
        and one.after["gaps"] > one.before["gaps"]
        and one.after["gap_m"] < one.before["gap_m"]
        for one in known
    )


def by_district(*known: Figures) -> list[Line]:
    """Lay the covered share of each county beside that of today, where it would be another."""
    if any(one.rule is None for one in known):
        return []
    made = []
    for code, figures in known[0].before["by_district"].items():
        shares = [one.after["by_district"].get(code, {}).get("covered_share") for one in known]
        today = figures["covered_share"]
        if today is None or all(share == today for share in shares):
            continue
        made.append(
            Line(
                present().district_name(code),
                percent(today),
                tuple(percent(share) for share in shares),
                tuple(_difference("covered_share", today, share) for share in shares),
            )
        )
    return made


def percent(share: float | None) -> str:
    """Write a share of 1 with a tenth; what is not all never reads as 100, nothing never as 0."""
    if share is None:
        return "–"
    value = 100 * share
    if 0 < value < 100:
        value = min(max(round(value, 1), 0.1), 99.9)
    return f"{value:.1f}%"


def _whole(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}"


def _metres(value: float | None) -> str:
    if value is None:
        return "–"
    template = N_("{km} km") if value >= 1000 else N_("{m} m")
    return say(template, lang=language(), km=f"{value / 1000:,.1f}", m=f"{value:,.0f}")


_FIGURES = (
    (N_("Covered share of frontage"), "covered_share", percent),
    (N_("Covered frontage"), "covered_m", _metres),
    (N_("Gaps"), "gaps", _whole),
    (N_("Length of the gaps"), "gap_m", _metres),
    (N_("Points still needed"), "points_needed", _whole),
    (N_("Stations that count on a street"), "stations_counted", _whole),
)


def _difference(key: str, today: float | None, value: float | None) -> str:
    """Write by how much a figure would change; "" where it would not."""
    if today is None or value is None or value == today:
        return ""
    by = value - today
    # what is written alike is no difference
    if (round(abs(by), 3 if key == "covered_share" else 0)) == 0:
        return ""
    sign = "+" if by > 0 else "−"
    if key == "covered_share":
        template = N_("{sign}{points} points")
        return say(template, lang=language(), sign=sign, points=f"{100 * abs(by):.1f}")
    return sign + (_metres(abs(by)) if key.endswith("_m") else _whole(abs(by)))


# ------------------------------------------------------------------- stations and map


def stations(scenario: Scenario) -> gpd.GeoDataFrame:
    """Return the stations of a scenario as they would be; see `scenario_figures.changed`."""
    now = present()
    there, _ = scenarios.left_out(now.answers, scenario)
    return scenario_figures.changed(now.answers, there)


def table(scenario: Scenario, frame: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """Return the first stations of a scenario for a page's table."""
    now, lang = present(), language()
    manages = may("station.read")
    made = []
    for row in frame.head(SHOWN).to_dict("records"):
        own = scenario.adopted.get(row["station_id"], "")
        own = own or ("" if row["kind"] == "new" else row["station_id"])
        there = own in now.stations.index
        made.append(
            {
                "kind": say(scenarios.KINDS[row["kind"]], lang=lang),
                "name": text(row["name"]) or "",
                "type": type_name(now, row["type"], lang),
                "status": shown(now, "status", _status(row), lang=lang),
                "district": now.district_name(row["adcode"]) if text(row["adcode"]) else "",
                "adopted": row["station_id"] in scenario.adopted,
                "url": url_for("manage_stations.one", id=own) if there and manages else "",
            }
        )
    return made


def _status(row: Mapping[str, Any]) -> str:
    """Return the status that a station would get: new ones are planned first."""
    return "planned" if row["kind"] == "new" else str(row["status"])


def on_map(scenario: Scenario, frame: gpd.GeoDataFrame) -> dict[str, Any]:
    """Return what the script draws of a scenario: its stations, and gaps closed and new."""
    found = figures_of(scenario)
    return {
        "name": scenario.name,
        "stations": [_station(row) for row in frame.to_dict("records") if row["geometry"]],
        "closed": _lines(found.closed),
        "new": _lines(found.new),
        "others": _others(found),
    }


def _station(row: Mapping[str, Any]) -> dict[str, Any]:
    lang = language()
    kind = say(scenarios.KINDS[row["kind"]], lang=lang)
    left = None if pd.isna(row["from_lon"]) else place_of(row["from_lon"], row["from_lat"])
    return {
        "at": place_of(row["geometry"].x, row["geometry"].y),
        "from": left if row["kind"] == "moved" else None,
        "kind": row["kind"],
        "type": row["type"],
        "status": row["status"],
        "said": " · ".join(filter(None, (kind, text(row["name"])))),
    }


def _others(found: Figures) -> list[list[list[float]]] | None:
    """Return the gaps that stay as they are; None where they are too many for a page."""
    if found.remaining is None or found.new is None:
        return None
    stay = ~found.remaining["gap_id"].isin(found.new["gap_id"]).to_numpy(dtype=bool)
    return _lines(found.remaining[stay])


def _lines(gaps: gpd.GeoDataFrame | None) -> list[list[list[float]]]:
    if gaps is None:
        return []
    return [coordinates(line) for line in gaps.geometry]
