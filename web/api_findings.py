"""JSON under ``/api/v1/``: rules with what they find, findings in a viewport, and by subject."""

from typing import Any

import pandas as pd
import shapely
from flask import Blueprint, abort, jsonify, request
from flask.typing import ResponseReturnValue

from stationmap.checks import RULE_KINDS
from stationmap.standards import tables
from web.caching import kept_by_version, present
from web.finding_words import (
    in_words,
    lines,
    missing,
    of_subject,
    process,
    rule_in_full,
    rule_in_short,
    settled_of_subject,
    shown,
)
from web.findings import SIGNS, Bools
from web.open_data import opened
from web.params import Params, language
from web.parts import MAP_DATUM, cells, collection, coordinates, feature, text
from web.public_places import published_all
from web.view import CityView

findings_api = opened(kept_by_version(Blueprint("findings", __name__, url_prefix="/api/v1")))

PAGE = 50
MAX_PAGE = 200


@findings_api.get("/rules")
def rules() -> ResponseReturnValue:
    """Rules and items of the pack in its order, each with its findings counted by state."""
    now, params = present(), Params.of_request()
    lang = params.lang
    found, told = shown(now, lang)
    keep = found.select(**_filters(now, params, "district", "site_type"))
    counts = found.counts_by_rule(keep)
    document = now.pack.document
    return jsonify(
        version=now.version,
        **told,
        date=found.today.isoformat(),
        pack=now.pack.name.get(lang),
        edition=now.pack.edition,
        document={"number": document.number, "title": document.title, "issuer": document.issuer},
        counts=found.counts(keep),
        notices=params.notices,
        rules=[
            {"key": key, **rule_in_short(rule, lang), "counts": number}
            for key, rule, number in zip(found.keys, found.rules, counts, strict=True)
        ],
        processes=[process(entry, lang) for entry in now.pack.processes],
        missing=[missing(row) for row in found.missing(lang)],
    )


@findings_api.get("/rules/<path:key>/findings")
def findings(key: str) -> ResponseReturnValue:
    """List the findings of one rule, shortfalls first: filtered and paged."""
    now, params = present(), Params.of_request()
    lang = params.lang
    found, told = shown(now, lang)
    rule = found.rule(key)
    if rule is None:
        abort(404)
    signs = params.some_of("state", SIGNS)
    keep = found.select(rule=key, **_filters(now, params, "district", "site_type", "words"))
    counts = found.counts(keep)
    if signs:
        keep &= found.select(signs=signs)
    offset = params.whole("offset", default=0, low=0, high=10**9)
    limit = params.whole("limit", default=PAGE, low=1, high=MAX_PAGE)
    rows = found.ordered(keep)
    return jsonify(
        version=now.version,
        **told,
        rule=rule_in_full(now, rule, lang),
        counts=counts,
        total=len(rows),
        offset=offset,
        notices=params.notices,
        missing=[missing(row) for row in found.missing(lang) if rule.id in row["rules"]],
        datum=MAP_DATUM,
        findings=in_words(now, found, rows[offset : offset + limit], lang),
    )


@findings_api.get("/finding")
def finding() -> ResponseReturnValue:
    """One finding, ``?id=``: its rule, its shape on the map, and what else is found there."""
    now, lang = present(), language()
    found, told = shown(now, lang)
    row = found.row_of(request.args.get("id", ""))
    if row is None:
        abort(404)
    shape = found.frame(lang).geometry.iloc[row]
    [said] = in_words(now, found, [row], lang)
    rule = found.rule(said["rule"])
    kind, subject_id = said["subject_kind"], said["subject_id"]
    return jsonify(
        version=now.version,
        **told,
        **said,
        datum=MAP_DATUM,
        about=rule and rule_in_full(now, rule, lang),
        lines=lines(shape),
        strip=_strip(now, kind, subject_id),
        findings=[
            other
            for other in of_subject(now, found, kind, subject_id, lang)
            if other["finding_id"] != said["finding_id"]
        ],
    )


def _strip(now: CityView, kind: str, subject_id: str) -> dict[str, str] | None:
    """Say which street, and which gap of it, shows a subject; None where none does."""
    if kind == "gap" and subject_id in now.gaps.index:
        return {"street": str(now.gaps.at[subject_id, "street_id"]), "gap": subject_id}
    if kind == "street" and subject_id in now.street_table.index:
        return {"street": subject_id, "gap": ""}
    return None


@findings_api.get("/map/findings")
def map_findings() -> ResponseReturnValue:
    """Subjects in a viewport with the worst that is found of each, or gathered into cells."""
    now, params = present(), Params.of_request()
    view = params.viewport()
    found, told = shown(now, params.lang)
    keep: Bools = found.select(
        rule=params.text("rule"),
        kinds=params.some_of("kind", [*RULE_KINDS, *now.kinds]),
        signs=params.some_of("state", SIGNS),
        **_filters(now, params, "district", "site_type", "words"),
    )
    rows = found.in_view(view, keep=keep)
    if isinstance(rows, pd.DataFrame):
        return cells(now, rows, ("count", *SIGNS), **told)
    frame = found.frame(params.lang).iloc[rows]
    names = ("finding_id", "subject_kind", "subject_id", "subject_name", "rule_id")
    columns = [frame[name].astype(object).where(frame[name].notna(), None) for name in names]
    places = published_all(*found.places[rows].T, datum=MAP_DATUM).tolist()
    signs = found.signs[rows].tolist()
    return collection(
        now,
        (
            feature("Point", place, {**dict(zip(names, row, strict=True)), "sign": SIGNS[sign]})
            for place, sign, *row in zip(places, signs, *columns, strict=True)
        ),
        total=len(rows),
        **told,
    )


@findings_api.get("/facilities/<path:facility_id>", merge_slashes=False)
def facility(facility_id: str) -> ResponseReturnValue:
    """One facility: what it is, and what it meets and does not, each with its clause.

    `findings` is null while the rules are still at new data: ask again.
    """
    now, lang = present(), language()
    row = now.facility(facility_id)
    if row is None:
        abort(404)
    category = tables.categories().get(row["category"])
    point = shapely.point_on_surface(row["geometry"])
    placed = point is not None and not point.is_empty
    return jsonify(
        version=now.version,
        facility_id=facility_id,
        name=text(row["name"]),
        category=category.get(lang) if category else text(row["category"]),
        district=now.district_name(text(row["adcode"]) or ""),
        source=text(row["source"]),
        place=coordinates(point)[0] if placed else None,
        datum=MAP_DATUM,
        lines=lines(row["geometry"]),
        findings=settled_of_subject(now, "facility", facility_id, lang),
    )


def _filters(now: CityView, params: Params, *names: str) -> dict[str, Any]:
    found = {
        "district": params.text("district"),
        "site_type": params.one_of("type", [t.id for t in now.pack.site_types], default=""),
        "words": params.text("q"),
    }
    return {name: found[name] for name in names} | {"lang": params.lang}
