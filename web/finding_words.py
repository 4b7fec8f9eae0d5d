"""What the pages say of findings, rules and what is missing, in the reader's language."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import shapely

from stationmap.checks import RULE_KINDS
from stationmap.messages import N_
from stationmap.reports import wording
from stationmap.standards import Process, Rule
from web.caching import keep_nothing
from web.findings import SIGNS, Findings, type_of
from web.parts import MAP_DATUM, assumption, coordinates, metres, text, type_name
from web.public_places import published
from web.view import CityView
from web.words import IMPORTED_AS, SERVED_BY, say


def shown(now: CityView, lang: str) -> tuple[Findings, dict[str, Any]]:
    """Return the findings to show, and what an answer says of them.

    While the rules are still at new data, those are the ones found before: ``pending`` is the
    instant of it (UTC, ISO text), else None.
    """
    found, at = now.findings.shown(lang)
    if at is not None:
        keep_nothing()
    return found, {"pending": at and at.isoformat(timespec="seconds")}


def settled_of_subject(
    now: CityView, kind: str, subject_id: str, lang: str, *, datum: str = MAP_DATUM
) -> list[dict[str, Any]] | None:
    """Say the same as `of_subject`; None while the rules are still at new data."""
    if not now.findings.settled(lang):
        keep_nothing()
        return None
    return of_subject(now, now.findings, kind, subject_id, lang, datum=datum)


def of_subject(
    now: CityView,
    found: Findings,
    kind: str,
    subject_id: str,
    lang: str,
    *,
    datum: str = MAP_DATUM,
) -> list[dict[str, Any]]:
    """Say what the rules find of one subject, in their order."""
    return in_words(now, found, found.of_subject(kind, subject_id), lang, datum=datum)


def in_words(
    now: CityView, found: Findings, rows: Iterable[int], lang: str, *, datum: str = MAP_DATUM
) -> list[dict[str, Any]]:
    """Say what stands in some rows of findings; their places in `datum`, as published."""
    rows = np.asarray(list(rows), dtype=np.int64)
    places, signs, types = found.places[rows], found.signs[rows], found.site_types[rows]
    several = len(now.counties) > 1
    said = []
    table = found.frame(lang).drop(columns="geometry").iloc[rows].to_dict("records")
    keys = map(found.key_of, rows)
    for row, key, place, number, site_type in zip(table, keys, places, signs, types, strict=True):
        sign, adcode = SIGNS[number], text(row["adcode"]) or ""
        said.append(
            {
                "finding_id": row["finding_id"],
                "rule": key,
                "rule_id": row["rule_id"],
                "kind": row["kind"],
                "subject_kind": row["subject_kind"],
                "subject": say(wording.SUBJECTS[row["subject_kind"]], lang=lang),
                "subject_id": row["subject_id"],
                "subject_name": _name(row, lang),
                "site_type": type_name(now, site_type, lang) if site_type else None,
                "district": now.district_name(adcode) if adcode and several else "",
                "sign": sign,
                "sign_name": say(wording.OUTCOMES[sign], lang=lang),
                "message": row["message"],
                "measured": _number(row["measured"]),
                "limit": _number(row["limit"]),
                "unit": row["unit"],
                "document": row["document"],
                "clause": row["clause"],
                "assumed": bool(row["assumed"]),
                "place": published(*place, datum=datum) if np.isfinite(place).all() else None,
            }
        )
    return said


def _name(row: dict[str, Any], lang: str) -> str | None:
    """Name a subject; a street without a name is said to have none, others go by their id."""
    own = text(row["subject_name"])
    if own is None and row["subject_kind"] in ("gap", "street"):
        return say(N_("Unnamed street"), lang=lang)
    return own


def rule_in_short(rule: Rule, lang: str) -> dict[str, Any]:
    """Say of a rule what a list of them shows."""
    group = getattr(rule, "group", None)
    return {
        "rule_id": rule.id,
        "kind": rule.kind,
        "kind_name": kind_name(rule.kind, lang),
        "group": group.get(lang) if group else None,
        "title": wording.words(rule, lang=lang),
        "force": rule.force,
        "force_name": say(wording.FORCES[rule.force], lang=lang),
        "document": rule.clause.document,
        "article": rule.clause.article,
        "site_type": type_of(rule),
    }


def rule_in_full(now: CityView, rule: Rule, lang: str) -> dict[str, Any]:
    """Say of a rule its clause in our words, what its kind asks, and what is assumed."""
    same = rule.clause.document == now.pack.document.number
    return {
        **rule_in_short(rule, lang),
        "text": rule.clause.text.get(lang),
        "document_title": now.pack.document.title if same else None,
        "sentence": say(RULE_KINDS[rule.kind].sentence, lang=lang)
        if rule.kind in RULE_KINDS
        else None,
        "assumed": [assumption(rule, name, lang) for name in rule.assumed],
    }


def process(entry: Process, lang: str) -> dict[str, Any]:
    """Say of a way of working what the document asks, and what here serves it."""
    return {
        "rule_id": entry.id,
        "title": entry.title.get(lang),
        "text": entry.clause.text.get(lang),
        "document": entry.clause.document,
        "article": entry.clause.article,
        "served_by": say(SERVED_BY[entry.served_by], lang=lang),
    }


def kind_name(kind: str, lang: str) -> str:
    """Name a kind of rule."""
    return say(RULE_KINDS[kind].label, lang=lang) if kind in RULE_KINDS else kind


def missing(row: dict[str, Any]) -> dict[str, Any]:
    """Say what a layer is that something stays unknown without, and as what it is imported."""
    return {
        "layer": row["layer"],
        "name": row["name"],
        "rows": row["rows"],
        "rules": row["rules"],
        "kind": IMPORTED_AS.get(row["layer"].partition(":")[0]),
    }


def lines(shape: Any) -> list[list[list[float]]]:
    """Lines and outlines of a geometry, as lists of coordinates; none of a point."""
    if shape is None or shape.is_empty:
        return []
    outline = shapely.boundary(shape) if shapely.get_dimensions(shape) == 2 else shape
    parts = [p for p in shapely.get_parts(outline) if p.geom_type in {"LineString", "LinearRing"}]
    return [coordinates(part) for part in parts]


def _number(value: float) -> float | None:
    return None if np.isnan(value) else metres(value)
