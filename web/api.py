"""JSON under ``/api/v1/``: the summary, streets, gaps and stations, whole and by viewport."""

from collections.abc import Iterable, Mapping
from itertools import repeat
from typing import Any

import numpy as np
import pandas as pd
import shapely
from flask import Blueprint, abort, jsonify
from flask.typing import ResponseReturnValue

from stationmap import stations as station_words
from stationmap.cli.output import CLASSES
from stationmap.messages import N_
from stationmap.standards import SpacingRule
from web.caching import kept_by_version, present
from web.params import Params, language
from web.view import CityView
from web.words import ASSUMED, STREET_CLASSES, say

api = kept_by_version(Blueprint("api", __name__, url_prefix="/api/v1"))

PAGE = 50
MAX_PAGE = 200
LAST_LATIN = "\u036f"
LAST = "\U0010ffff"
# column, and whether it rises
SORTS = {"points": ("points_needed", False), "length": ("length_m", False), "name": ("shown", True)}


@api.get("/summary")
def summary() -> ResponseReturnValue:
    """Figures of the whole city, with the rule they follow."""
    now, lang = present(), language()
    if not now.has_streets:
        return jsonify(version=now.version, streets=0, stations=_station_counts(now))
    found, table = now.spacing.summary(), now.street_table
    return jsonify(
        version=now.version,
        **{name: _plain(value) for name, value in found.items() if not name.startswith("by_")},
        known_frontage_m=now.known_frontage_m,
        largest=_largest_gap(now),
        streets=len(table),
        streets_with_gaps=int((table["gaps"] > 0).sum()),
        by_class=_rows(found["by_class"], {c: class_name(c, lang) for c in now.rule.along}),
        by_district=_rows(found["by_district"], now.districts),
        stations=_station_counts(now),
        to_locate=int((now.stations.geometry.isna() | now.stations.geometry.is_empty).sum()),
        rule=rule_words(now, lang),
    )


@api.get("/streets")
def streets() -> ResponseReturnValue:
    """Streets with frontage, filtered, sorted and paged, each with its strip."""
    now, params = present(), Params.of_request()
    sort = params.one_of("sort", SORTS, default="points")
    offset = params.whole("offset", default=0, low=0, high=10**9)
    limit = params.whole("limit", default=PAGE, low=1, high=MAX_PAGE)
    found = now.select_streets(**_filters(now, params))
    key, rising = SORTS[sort]
    if key == "shown":
        found = found.assign(shown=_sortable(found, params.lang))
    order = {key: rising, "length_m": False, "street_id": True}
    found = found.sort_values(list(order), ascending=list(order.values()), kind="stable")
    page = found.iloc[offset : offset + limit]
    outlines = now.outlines(page["street_id"]) if len(page) else {}
    return jsonify(
        version=now.version,
        total=len(found),
        gaps=int(found["gaps"].sum()),
        points_needed=int(found["points_needed"].sum()),
        longest_m=_metres(found["length_m"].max()) if len(found) else 0,
        offset=offset,
        notices=params.notices,
        streets=[
            {**_street(now, row, params.lang), "parts": _outline(outlines[row["street_id"]])}
            for row in page.to_dict("records")
        ],
    )


@api.get("/streets/<path:street_id>")
def street(street_id: str) -> ResponseReturnValue:
    """One street: its strip with stations and gaps as chainages, and its lines to follow."""
    now, lang = present(), language()
    if street_id not in now.street_table.index:
        abort(404)
    row = now.street_table.loc[street_id].to_dict()
    lines = now.parts[now.parts["street_id"] == street_id].set_index("part").geometry
    parts = _strip(now, street_id)
    for part in parts:
        part["line"] = _coordinates(lines[part["part"]])
    return jsonify(version=now.version, **_street(now, row, lang), parts=parts)


@api.get("/gaps/<path:gap_id>")
def gap(gap_id: str) -> ResponseReturnValue:
    """One gap with what the rule says and what of it is assumed."""
    now, lang = present(), language()
    if gap_id not in now.gaps.index:
        abort(404)
    row = now.gaps.loc[gap_id]
    street = now.street_table.loc[row["street_id"]].to_dict()
    return jsonify(
        version=now.version,
        **_gap(now, row.to_dict(), lang),
        street={"street_id": row["street_id"], **_names(street, lang)},
        document=row["document"],
        clause=row["clause"],
        rule=rule_words(now, lang),
        line=_coordinates(row.geometry),
    )


@api.get("/stations/<path:station_id>")
def station(station_id: str) -> ResponseReturnValue:
    """One station's public facts; posts and units, never persons."""
    now, lang = present(), language()
    if station_id not in now.stations.index:
        abort(404)
    row = now.stations.loc[station_id]
    placed = row.geometry is not None and not row.geometry.is_empty
    texts = ("name", "unit", "supervising_unit", "address", "hours", "hours_source", "source")
    return jsonify(
        version=now.version,
        station_id=station_id,
        **{name: _text(row[name]) for name in texts},
        type=row["type"],
        type_name=type_name(now, row["type"], lang),
        status=row["status"],
        status_name=say(station_words.STATUSES[row["status"]], lang=lang),
        supplies=[
            say(station_words.SUPPLIES.get(s, s), lang=lang)
            for s in (_text(row["supplies"]) or "").split(";")
            if s
        ],
        district=now.district_name(_text(row["adcode"]) or ""),
        counts=row["type"] in now.rule.counts and row["status"] == "active" and placed,
        demonstration=bool(row["demonstration"]),
        source_row=None if pd.isna(row["source_row"]) else int(row["source_row"]),
        place=_coordinates(row.geometry)[0] if placed else None,
    )


@api.get("/map/gaps")
def map_gaps() -> ResponseReturnValue:
    """Gaps in a viewport as lines, or gathered into cells where they are many or far away."""
    now, params = present(), Params.of_request()
    found = now.gaps_in(params.viewport(), keep=now.select_gaps(**_filters(now, params)))
    if "gap_id" not in found:
        return _cells(now, found, ("count", "points_needed", "length_m"))
    geometry = [_coordinates(line) for line in found.geometry]
    columns = ["gap_id", "street_id", "points_needed", "length_m", "frontage", "side"]
    return _collection(
        now,
        (
            _feature("LineString", xy, {**row, "length_m": _metres(row["length_m"])})
            for xy, row in zip(geometry, found[columns].to_dict("records"), strict=True)
        ),
        total=len(found),
    )


@api.get("/map/stations")
def map_stations() -> ResponseReturnValue:
    """Stations in a viewport as points, or gathered into cells where they are many or far away."""
    now, params = present(), Params.of_request()
    view = params.viewport()
    hidden = [t for t in params.text("hide").split(",") if t]
    found = now.stations_in(view, hidden=hidden)
    if "station_id" not in found:
        return _cells(now, found, ("count",))
    geometry = [_coordinates(point)[0] for point in found.geometry]
    columns = ["station_id", "type", "status", "name"]
    texts = found[columns].astype(object).where(found[columns].notna(), None)
    return _collection(
        now,
        (
            _feature("Point", xy, row)
            for xy, row in zip(geometry, texts.to_dict("records"), strict=True)
        ),
        total=len(found),
    )


@api.get("/map/labels")
def map_labels() -> ResponseReturnValue:
    """Street names to write in a viewport: text, place, angle on the screen."""
    now, params = present(), Params.of_request()
    found = now.labels_in(params.viewport(), english=params.lang == "en")
    rows = zip(found["text"], found["lon"], found["lat"], found["angle_deg"], strict=True)
    return jsonify(
        version=now.version,
        labels=[
            [text, round(float(lon), 6), round(float(lat), 6), round(float(angle), 1)]
            for text, lon, lat, angle in rows
        ],
    )


def class_name(street_class: str, lang: str) -> str:
    """Name a class of streets."""
    return say(STREET_CLASSES.get(street_class, street_class), lang=lang)


def type_name(now: CityView, type_id: str | None, lang: str) -> str:
    """Name a site type as the pack does; by its id where the pack has none."""
    for site_type in now.pack.site_types:
        if site_type.id == type_id:
            return site_type.name.get(lang)
    return str(type_id or "")


def rule_words(now: CityView, lang: str) -> dict[str, Any]:
    """Say the spacing rule: our paraphrase, its clause, and what of it is assumed."""
    rule, document = now.rule, now.pack.document
    return {
        "id": rule.id,
        "text": rule.clause.text.get(lang),
        "document": rule.clause.document,
        "article": rule.clause.article,
        "title": document.title,
        "force": rule.force,
        "along": [say(CLASSES[c], lang=lang) for c in rule.along],
        "spacing_m": rule.spacing_m,
        "decides": rule.decides,
        "site_type": type_name(now, rule.site_type, lang),
        "counts": [type_name(now, t, lang) for t in rule.counts],
        "assumed": [_assumption(rule, name, lang) for name in rule.assumed],
    }


def _assumption(rule: SpacingRule, name: str, lang: str) -> str:
    value: Any = rule
    for step in name.split("."):
        value = getattr(value, step)
    shown = f"{value:.0%}" if name.endswith("share") else value
    shown = f"{shown:g}" if isinstance(shown, float) else shown
    return say(ASSUMED.get(f"{name}={value}", ASSUMED.get(name, name)), lang=lang, value=shown)


def _largest_gap(now: CityView) -> dict[str, Any] | None:
    if not len(now.gaps):
        return None
    row = now.gaps.iloc[int(now.gaps["length_m"].argmax())]
    return {"gap_id": row["gap_id"], "street_id": row["street_id"]}


def _station_counts(now: CityView) -> list[dict[str, Any]]:
    counts = now.stations.groupby(["type", "status"]).size()
    return [{"type": t, "status": s, "count": int(n)} for (t, s), n in counts.items()]


def _filters(now: CityView, params: Params) -> dict[str, str]:
    return {
        "words": params.text("q"),
        "street_class": params.one_of("class", now.rule.along, default=""),
        "district": params.text("district"),
    }


def _sortable(table: pd.DataFrame, lang: str) -> list[bytes]:
    """Sort keys of names: GB 18030 has the common characters in the order of their pinyin."""
    names = map(_shown_names, table["name"], table["name_en"], repeat(lang))
    # unnamed streets last
    return [(first or LAST).casefold().encode("gb18030") for first, _ in names]


def _names(row: Mapping[str, Any], lang: str) -> dict[str, Any]:
    first, second = _shown_names(row["name"], row["name_en"], lang)
    return {"name": first or say(N_("Unnamed street"), lang=lang), "second_name": second}


def _shown_names(own: Any, other: Any, lang: str) -> tuple[str | None, str | None]:
    """Put first the name that a reader of `lang` reads; one in Latin letters stays first."""
    own, other = _text(own), _text(other)
    if not own or (lang == "en" and other and max(own) > LAST_LATIN):
        own, other = other, own
    return own, other if other != own else None


def _street(now: CityView, row: Mapping[str, Any], lang: str) -> dict[str, Any]:
    several = len(now.districts) > 1
    return {
        "street_id": row["street_id"],
        **_names(row, lang),
        "classes": [class_name(c, lang) for c in row["classes"]],
        "districts": [now.districts[c] for c in row["adcodes"] if c] if several else [],
        "length_m": _metres(row["length_m"]),
        "frontage_m": _metres(row["frontage_m"]),
        "covered_m": _metres(row["covered_m"]),
        "gaps": int(row["gaps"]),
        "points_needed": int(row["points_needed"]),
        "count_ok": bool(row["count_ok"]),
        "assumed": bool(row["assumed_m"] > 0),
    }


def _gap(now: CityView, row: Mapping[str, Any], lang: str) -> dict[str, Any]:
    return {
        "gap_id": row["gap_id"],
        "part": int(row["part"]),
        "side": row["side"],
        "street_class": class_name(row["street_class"], lang),
        "district": now.district_name(row["adcode"]) if len(now.districts) > 1 else "",
        "points_needed": int(row["points_needed"]),
        "frontage": row["frontage"],
        **{n: _metres(row[n]) for n in ("from_m", "to_m", "length_m", "shops_m")},
    }


def _outline(parts: Mapping[int, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Parts of a street with runs [from, to, side] and gaps [from, to, points needed, side]."""
    return [
        {
            "part": part,
            "length_m": _metres(found["length_m"]),
            "runs": [[_metres(a), _metres(b), *rest] for a, b, *rest in found["runs"]],
            "gaps": [[_metres(a), _metres(b), *rest] for a, b, *rest in found["gaps"]],
        }
        for part, found in parts.items()
    ]


def _strip(now: CityView, street_id: str) -> list[dict[str, Any]]:
    """Parts of a street with runs of frontage, gaps and stations as chainages."""
    parts: dict[int, dict[str, Any]] = {}
    for kerb in now.strips(street_id):
        side = kerb["side"]
        empty = {"part": kerb["part"], "length_m": _metres(kerb["length_m"])}
        part = parts.setdefault(kerb["part"], {**empty, "runs": [], "gaps": [], "stations": []})
        part["runs"] += [[_metres(a), _metres(b), side] for a, b in kerb["frontage"]]
        part["gaps"] += [
            [
                *(_metres(gap[name]) for name in ("from_m", "to_m", "length_m")),
                int(gap["points_needed"]),
                side,
                gap["gap_id"],
            ]
            for gap in kerb["gaps"]
        ]
        beads = (_bead(now, found["station_id"], found["at_m"]) for found in kerb["stations"])
        part["stations"] += [bead for bead in beads if bead not in part["stations"]]
    return list(parts.values())


def _bead(now: CityView, station_id: str, at_m: float) -> dict[str, Any]:
    row = now.stations.loc[station_id]
    return {
        "station_id": station_id,
        "name": _text(row["name"]),
        "type": row["type"],
        "at_m": _metres(at_m),
    }


def _rows(table: Any, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Rows of a table of figures, in the order of `names`."""
    order = [key for key in names if key in table] + [key for key in table if key not in names]
    return [
        {"id": key, "name": names.get(key, key), **{n: _plain(v) for n, v in table[key].items()}}
        for key in order
    ]


def _collection(
    now: CityView, features: Iterable[dict[str, Any]], *, total: int, gathered: bool = False
) -> ResponseReturnValue:
    return jsonify(
        type="FeatureCollection",
        version=now.version,
        total=total,
        gathered=gathered,
        features=list(features),
    )


def _cells(now: CityView, cells: pd.DataFrame, columns: tuple[str, ...]) -> ResponseReturnValue:
    rows = cells.to_dict("records")
    features = (
        _feature(
            "Point",
            [round(row["lon"], 6), round(row["lat"], 6)],
            {name: round(row[name]) for name in columns},
        )
        for row in rows
    )
    return _collection(now, features, total=int(cells["count"].sum()), gathered=True)


def _feature(kind: str, coordinates: Any, properties: Mapping[str, Any]) -> dict[str, Any]:
    geometry = {"type": kind, "coordinates": coordinates}
    return {"type": "Feature", "geometry": geometry, "properties": dict(properties)}


def _coordinates(geometry: Any) -> list[list[float]]:
    rounded: list[list[float]] = np.round(shapely.get_coordinates(geometry), 6).tolist()
    return rounded


def _metres(value: Any) -> float:
    return round(float(value), 1)


def _text(value: Any) -> str | None:
    return None if value is None or pd.isna(value) or value == "" else str(value)


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and np.isnan(value) else value
