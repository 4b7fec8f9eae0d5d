"""Presence: every place of some kinds has a station of a type."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd
import shapely

from stationmap.checks import words
from stationmap.checks.facts import Facts
from stationmap.checks.findings import MET, NOT_APPLICABLE, NOT_MET, UNKNOWN, Batch
from stationmap.checks.hosts import AREAS, B, has_inside
from stationmap.messages import N_
from stationmap.standards import PresenceRule

MESSAGES: Mapping[str, str] = MappingProxyType(
    {
        "presence.met": N_("{place}: {name} has its {site_type}"),
        "presence.missing": N_("{place}: {name} has no {site_type}"),
        "presence.undeclared": N_(
            "{place}: {name} has no known {site_type}; the list of stations is not declared "
            "complete"
        ),
        "presence.doubt": N_("{name}: not known whether it is a {place}"),
        "presence.no_place": N_("{place}: {name} has no known location"),
        "presence.outside": N_("{place}: {name} lies outside the built-up area"),
        "presence.no_built_up": N_(
            "{place}: {name} cannot be judged; the built-up area has not been imported"
        ),
        "presence.no_layer": N_("no {place} is known; import them, or declare them complete"),
    }
)


def check(rule: PresenceRule, facts: Facts) -> list[Batch]:
    """Say of every place of the rule's kinds whether a station of the type stands there.

    1. A place of which nobody says whether it is of the kind, or where it is, is unknown.
    2. Where the rule holds in the built-up area alone, places outside are not concerned; without
       that area all are unknown.
    3. An active station that counts, inside the place or within the rule's distance, meets it.
    4. Else it is not met where the stations of every counting type are declared complete, unknown
       elsewhere.

    A kind of place of which none is known, and that is not declared complete, is one unknown
    finding of the city.
    """
    hosts = facts.hosts
    chosen = hosts.places["place"].isin(list(rule.at)).to_numpy(dtype=bool)
    if rule.with_frontage:
        chosen = chosen & (hosts.places["frontage"] != "none").to_numpy()
    station, place, apart = hosts.pairs(rule.at, within_m=rule.within_m)
    counts = facts.active["type"].isin(list(rule.counts)).to_numpy(dtype=bool)[station]
    place, apart = place[counts], apart[counts]
    nearest = np.full(len(hosts.places), np.nan)
    np.fmin.at(nearest, place, apart)

    rows = hosts.places[chosen]
    served = np.isfinite(nearest[chosen])
    complete = np.ones(len(rows), dtype=bool)
    for site_type in rule.counts:
        complete &= facts.declared(f"stations:{site_type}", rows["adcode"])
    shapes = rows.geometry.to_numpy()
    outside, no_area = _outside(rule, facts, shapes)
    reasons: list[tuple[B, str, str]] = [
        (rows["doubt"].to_numpy(dtype=bool), UNKNOWN, "presence.doubt"),
        (shapely.is_missing(shapes) | shapely.is_empty(shapes), UNKNOWN, "presence.no_place"),
        (no_area, UNKNOWN, "presence.no_built_up"),
        (outside, NOT_APPLICABLE, "presence.outside"),
        (served, MET, "presence.met"),
        (complete, NOT_MET, "presence.missing"),
        (np.ones(len(rows), dtype=bool), UNKNOWN, "presence.undeclared"),
    ]
    conditions = [reason[0] for reason in reasons]
    area = has_inside(rows)
    batches = [
        Batch(
            rule,
            str(kind),
            subject_id=rows["id"].to_numpy()[own],
            subject_name=rows["name"].to_numpy(dtype=object)[own],
            adcode=rows["adcode"].to_numpy(dtype=object)[own],
            geometry=shapes[own],
            state=np.select(conditions, [reason[1] for reason in reasons], UNKNOWN)[own],
            message=np.select(conditions, [reason[2] for reason in reasons], "")[own],
            messages=MESSAGES,
            params={
                "name": words.names(rows["name"], rows["id"])[own],
                "place": words.places(rows["place"])[own],
                "site_type": facts.pack.site_type(rule.site_type).name,
            },
            measured=nearest[chosen][own],
            limit=np.where(area, np.nan, rule.within_m)[own],
            unit="m",
            assumed=_assumed(rule, rows, area)[own],
        )
        for kind, own in _by(rows["subject_kind"])
    ]
    return [*batches, *_unknown_kinds(rule, facts)]


def _assumed(rule: PresenceRule, rows: pd.DataFrame, area: B) -> B:
    """Tell where the answer rests on an assumed distance, or on assumed frontage."""
    assumed: B = (rows["frontage"] == "assumed").to_numpy(dtype=bool)
    return assumed | (~area & ("within_m" in rule.assumed))


def _outside(rule: PresenceRule, facts: Facts, shapes: np.ndarray) -> tuple[B, B]:
    """Which places lie outside the built-up area, and which cannot be told."""
    none = np.zeros(len(shapes), dtype=bool)
    if not rule.built_up:
        return none, none
    if facts.built_up is None:
        return none, ~none
    inside: B = shapely.intersects(facts.built_up, shapely.point_on_surface(shapes))
    return ~inside, none


def _by(values: pd.Series) -> list[tuple[str, B]]:
    return [(value, (values == value).to_numpy()) for value in dict.fromkeys(values)]


def _unknown_kinds(rule: PresenceRule, facts: Facts) -> list[Batch]:
    """One finding of the city for each kind of place of which nothing is known."""
    known = set(facts.hosts.places["place"])
    batches = []
    for kind in rule.at:
        key = AREAS[kind][0] if kind in AREAS else f"facilities:{kind}"
        if kind in known or facts.declared(key, [facts.adcode])[0]:
            continue
        if kind == "junction" and facts.streets() is not None:
            continue
        batches.append(
            Batch(
                rule,
                "city",
                subject_id=[f"{facts.adcode}:{kind}"],
                subject_name=facts.name,
                adcode=facts.adcode or None,
                geometry=[None],
                state=UNKNOWN,
                message="presence.no_layer",
                messages=MESSAGES,
                params={"place": words.place(kind)},
            )
        )
    return batches
