"""JSON under ``/api/v1/``: the summary, streets, gaps and stations, whole and by viewport."""

from collections.abc import Mapping
from itertools import repeat
from typing import Any

import pandas as pd
from flask import Blueprint, abort, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue

from stationmap import hours
from stationmap import stations as station_words
from stationmap.city.station_merge import merged_into
from stationmap.cli.output import CLASSES
from stationmap.messages import N_, printable
from web.caching import ground, kept_by_version, present
from web.desk import register
from web.finding_words import settled_of_subject
from web.notices import notices_of, phone_of, short_of
from web.open_data import opened
from web.params import Params, gap_filters, language
from web.parts import (
    MAP_DATUM,
    assumption,
    cells,
    class_name,
    collection,
    coordinates,
    feature,
    metres,
    place_of,
    plain,
    text,
    type_name,
)
from web.public_places import asked_datum, published
from web.standing_words import (
    coverages,
    idle_ids,
    idle_within,
    idle_words,
    lines_of,
    standing_words,
)
from web.station_address import address_of
from web.station_words import source_name, supplies
from web.view import EFFECTIVE, CityView
from web.words import say

api = opened(kept_by_version(Blueprint("api", __name__, url_prefix="/api/v1")))

PAGE = 50
MAX_PAGE = 200
LAST_LATIN = "\u036f"
LAST = "\U0010ffff"
# column, and whether it rises
SORTS = {"points": ("points_needed", False), "length": ("length_m", False), "name": ("shown", True)}


@api.get("/summary")
def summary() -> ResponseReturnValue:
    """Figures of the whole city, with the rule they follow."""
    params = Params.of_request()
    now = present().by(params.coverage())
    lang, filters = params.lang, gap_filters(params, now.along)
    if not now.has_gaps:
        return jsonify(
            version=now.version,
            ground=ground(),
            streets=0,
            has_rule=now.rule is not None,
            stations=_station_counts(now),
        )
    found, table = now.spacing.summary(), now.street_table
    some = now.figures(**filters) if any(filters.values()) else None
    return jsonify(
        version=now.version,
        ground=ground(),
        **{name: plain(value) for name, value in found.items() if not name.startswith("by_")},
        known_frontage_m=now.known_frontage_m,
        **coverages(present(), filters),
        coverage=now.coverage,
        largest=_largest_gap(now),
        streets=len(table),
        streets_with_gaps=int((table["gaps"] > 0).sum()),
        has_rule=True,
        filtered=some and some | {"along": [say(CLASSES[c], lang=lang) for c in some["along"]]},
        along=[say(CLASSES[c], lang=lang) for c in now.along],
        by_class=_rows(found["by_class"], {c: class_name(c, lang) for c in now.along}),
        by_district=_rows(found["by_district"], now.districts),
        stations=_station_counts(now),
        to_locate=int((now.stations.geometry.isna() | now.stations.geometry.is_empty).sum()),
        rule=rule_words(now, lang),
    )


@api.get("/streets")
def streets() -> ResponseReturnValue:
    """Streets with frontage, filtered, sorted and paged, each with its strip."""
    params = Params.of_request()
    now = present().by(params.coverage())
    sort = params.one_of("sort", SORTS, default="points")
    offset = params.whole("offset", default=0, low=0, high=10**9)
    limit = params.whole("limit", default=PAGE, low=1, high=MAX_PAGE)
    found = now.select_streets(**gap_filters(params, now.along))
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
        longest_m=metres(found["length_m"].max()) if len(found) else 0,
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
    params = Params.of_request()
    now, lang = present().by(params.coverage()), params.lang
    if street_id not in now.street_table.index:
        abort(404)
    row = now.street_table.loc[street_id].to_dict()
    lines = now.parts[now.parts["street_id"] == street_id].set_index("part").geometry
    parts = _strip(now, street_id)
    for part in parts:
        part["line"] = coordinates(lines[part["part"]])
    return jsonify(version=now.version, datum=MAP_DATUM, **_street(now, row, lang), parts=parts)


@api.get("/gaps/<path:gap_id>")
def gap(gap_id: str) -> ResponseReturnValue:
    """One gap with what the rule says and what of it is assumed.

    By effective coverage also which stations stand in it but do not serve; see `idle_within`.
    """
    params = Params.of_request()
    built, lang = present(), params.lang
    now = built.by(params.coverage())
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
        idle=idle_within(built, row.to_dict(), lang) if now.coverage == EFFECTIVE else None,
        datum=MAP_DATUM,
        line=coordinates(row.geometry),
    )


@api.get("/idle")
def idle() -> ResponseReturnValue:
    """Stations that count as built but not for effective coverage, with their reasons, paged."""
    params, now = Params.of_request(), present()
    offset = params.whole("offset", default=0, low=0, high=10**9)
    limit = params.whole("limit", default=PAGE, low=1, high=MAX_PAGE)
    found = idle_ids(now)
    return jsonify(
        version=now.version,
        total=len(found),
        offset=offset,
        notices=params.notices,
        stations=[idle_words(now, own, params.lang) for own in found[offset : offset + limit]],
    )


@api.get("/stations/<path:station_id>")
def station(station_id: str) -> ResponseReturnValue:
    """One station's public facts; posts and units, never persons.

    `findings` is null while the rules are still at new data: ask again.
    """
    now, params = present(), Params.of_request()
    lang, datum = params.lang, asked_datum(params)
    if printable(station_id) != station_id:
        abort(404)
    if station_id not in now.stations.index:
        merged = merged_into(register(), station_id)
        if merged not in now.stations.index:
            abort(404)
        asked = request.args.get("out_datum")
        return redirect(url_for(".station", station_id=merged, out_datum=asked))
    row = now.stations.loc[station_id]
    placed = row.geometry is not None and not row.geometry.is_empty
    texts = ("name", "unit", "supervising_unit", "address", "hours", "hours_source")
    listed, short = text(row["supplies"]) or "", short_of(now, station_id)
    return jsonify(
        version=now.version,
        station_id=station_id,
        page=address_of(station_id),
        remark=address_of(station_id, page="remark"),
        **{name: text(row[name]) for name in texts},
        source=source_name(text(row["source"]) or "", lang=lang) or None,
        opening_hours=hours.osm(text(row["hours"])),
        phone=phone_of(now, station_id),
        adcode=text(row["adcode"]),
        unit_id=text(row["unit_id"]),
        type=row["type"],
        type_name=type_name(now, row["type"], lang),
        status=row["status"],
        status_name=say(station_words.STATUSES[row["status"]], lang=lang),
        supplies=supplies(listed, lang=lang),
        supplies_short=supplies(";".join(s for s in listed.split(";") if s in short), lang=lang),
        district=now.district_name(text(row["adcode"]) or ""),
        **_counting(now, row, lang),
        **standing_words(now, station_id, lang),
        demonstration=bool(row["demonstration"]),
        source_row=None if pd.isna(row["source_row"]) else int(row["source_row"]),
        place=published(row.geometry.x, row.geometry.y, datum=datum) if placed else None,
        datum=datum,
        notices=notices_of(now, station_id, lang),
        findings=settled_of_subject(now, "station", station_id, lang, datum=datum),
    )


@api.get("/stations/<path:station_id>/checklist")
def checklist(station_id: str) -> ResponseReturnValue:
    """Where a station stands, line by line of the checklist in force; no notes, photos, names."""
    now, lang = present(), language()
    if station_id not in now.stations.index:
        abort(404)
    return jsonify(version=now.version, station_id=station_id, **lines_of(now, station_id, lang))


def _counting(now: CityView, row: pd.Series, lang: str) -> dict[str, Any]:
    """Whether a station counts for the spacing rule (None without one), and why it does not."""
    if not now.has_gaps:
        return {"counts": None, "counts_not": None}
    rule, why = now.spacing_rule, ""
    if row["status"] != "active":
        why = N_("it is not in operation")
    elif row["type"] not in rule.counts:
        why = N_("only {types} counts")
    elif row.geometry is None or row.geometry.is_empty:
        why = N_("it has no place yet")
    elif row["station_id"] not in now.counted:
        why = N_("no street with the rule lies within {snap_m} m of it")
    types = " / ".join(type_name(now, t, lang) for t in rule.counts)
    said = say(why, lang=lang, types=types, snap_m=f"{rule.snap_m:g}") if why else None
    return {"counts": not why, "counts_not": said}


@api.get("/map/gaps")
def map_gaps() -> ResponseReturnValue:
    """Gaps in a viewport as lines, or gathered into cells where they are many or far away."""
    params = Params.of_request()
    now = present().by(params.coverage())
    found = now.gaps_in(params.viewport(), keep=now.select_gaps(**gap_filters(params, now.along)))
    if "gap_id" not in found:
        return cells(now, found, ("count", "points_needed", "length_m"))
    geometry = [coordinates(line) for line in found.geometry]
    columns = ["gap_id", "street_id", "points_needed", "length_m", "frontage", "side"]
    return collection(
        now,
        (
            feature("LineString", xy, {**row, "length_m": metres(row["length_m"])})
            for xy, row in zip(geometry, found[columns].to_dict("records"), strict=True)
        ),
        total=len(found),
    )


@api.get("/map/stations")
def map_stations() -> ResponseReturnValue:
    """Stations in a viewport as points, or gathered into cells where they are many or far away."""
    params = Params.of_request()
    now, view = present().by(params.coverage()), params.viewport()
    hidden = [t for t in params.text("hide").split(",") if t]
    found = now.stations_in(view, hidden=hidden)
    if "station_id" not in found:
        return cells(now, found, ("count",))
    geometry = [coordinates(point)[0] for point in found.geometry]
    columns = ["station_id", "type", "status", "name"]
    texts = found[columns].astype(object).where(found[columns].notna(), None)
    return collection(
        now,
        (
            feature("Point", xy, row | {"idle": row["station_id"] in now.idle})
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
        datum=MAP_DATUM,
        labels=[
            [text, *place_of(lon, lat), round(float(angle), 1)] for text, lon, lat, angle in rows
        ],
    )


def rule_words(now: CityView, lang: str) -> dict[str, Any]:
    """Say the spacing rule: our paraphrase, its clause, and what of it is assumed."""
    rule, document = now.spacing_rule, now.pack.document
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
        "assumed": [assumption(rule, name, lang) for name in rule.assumed],
    }


def _largest_gap(now: CityView) -> dict[str, Any] | None:
    if not len(now.gaps):
        return None
    row = now.gaps.iloc[int(now.gaps["length_m"].argmax())]
    return {"gap_id": row["gap_id"], "street_id": row["street_id"]}


def _station_counts(now: CityView) -> list[dict[str, Any]]:
    counts = now.stations.groupby(["type", "status"]).size()
    return [{"type": t, "status": s, "count": int(n)} for (t, s), n in counts.items()]


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
    own, other = text(own), text(other)
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
        "length_m": metres(row["length_m"]),
        "frontage_m": metres(row["frontage_m"]),
        "covered_m": metres(row["covered_m"]),
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
        **{n: metres(row[n]) for n in ("from_m", "to_m", "length_m", "shops_m")},
    }


def _outline(parts: Mapping[int, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Parts of a street with runs [from, to, side] and gaps [from, to, points needed, side]."""
    return [
        {
            "part": part,
            "length_m": metres(found["length_m"]),
            "runs": [[metres(a), metres(b), *rest] for a, b, *rest in found["runs"]],
            "gaps": [[metres(a), metres(b), *rest] for a, b, *rest in found["gaps"]],
        }
        for part, found in parts.items()
    ]


def _strip(now: CityView, street_id: str) -> list[dict[str, Any]]:
    """Parts of a street with runs of frontage, gaps and stations as chainages."""
    parts: dict[int, dict[str, Any]] = {}
    for kerb in now.strips(street_id):
        side = kerb["side"]
        empty = {"part": kerb["part"], "length_m": metres(kerb["length_m"])}
        part = parts.setdefault(kerb["part"], {**empty, "runs": [], "gaps": [], "stations": []})
        part["runs"] += [[metres(a), metres(b), side] for a, b in kerb["frontage"]]
        part["gaps"] += [
            [
                *(metres(gap[name]) for name in ("from_m", "to_m", "length_m")),
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
        "name": text(row["name"]),
        "type": row["type"],
        "at_m": metres(at_m),
    }


def _rows(table: Any, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Rows of a table of figures, in the order of `names`."""
    order = [key for key in names if key in table] + [key for key in table if key not in names]
    return [
        {"id": key, "name": names.get(key, key), **{n: plain(v) for n, v in table[key].items()}}
        for key in order
    ]
