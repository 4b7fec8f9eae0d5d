"""Count: so many stations of a type in the city, in every county or in every community."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd
import shapely

from stationmap.checks import words
from stationmap.checks.facts import COUNTY, Facts
from stationmap.checks.findings import MET, NOT_MET, UNKNOWN, Batch
from stationmap.checks.hierarchy import city_head
from stationmap.checks.hosts import I
from stationmap.messages import N_
from stationmap.standards import CountRule

_ZONES: Mapping[str, tuple[str, bool | None]] = MappingProxyType(
    {
        "community": ("community", None),
        "city_community": ("community", True),
        "subdistrict": ("subdistrict", None),
    }
)
MESSAGES: Mapping[str, str] = MappingProxyType(
    {
        "count.met": N_("{place}: {name} has {count} × {site_type}"),
        "count.few": N_("{place}: {name} has {count} × {site_type}; at least {at_least} needed"),
        "count.many": N_("{place}: {name} has {count} × {site_type}; at most {at_most} allowed"),
        "count.undeclared": N_(
            "{place}: {name} has {count} known × {site_type}, of at least {at_least}; the list of "
            "stations is not declared complete"
        ),
        "count.which": N_(
            "{place}: {name} has {count} × {site_type}; which is the head station of the city is "
            "not known"
        ),
        "count.doubt": N_("{name}: not known whether it is a {place}"),
        "count.no_place": N_("{place}: {name} has no known location"),
        "count.no_layer": N_("no {place} is known; import them, or declare them complete"),
    }
)


def check(rule: CountRule, facts: Facts) -> list[Batch]:
    """Count the active stations of the type in every area of the rule's level.

    Too few is not met where these stations are declared complete there, else unknown; too many
    is not met in any case. Stations without a location count by their adcode in counties, and
    nowhere in communities. Of head stations (``heads_only``) the city counts its own alone, and a
    county the others; where the city's cannot be told (`hierarchy.city_head`), a city that has
    some, and a county with too many, are unknown.
    """
    subjects, count = counted(rule, facts)
    if subjects.empty:
        return _nothing_known(rule, facts)
    known = not rule.heads_only or city_head(facts, head=rule.site_type) is not None
    return [judged(rule, facts, subjects, count, head_known=known)]


def judged(
    rule: CountRule, facts: Facts, subjects: pd.DataFrame, count: I, *, head_known: bool
) -> Batch:
    """Say of areas (see `counted`) whether so many stations are as many as there should be."""
    few = count < rule.at_least
    many = count > (rule.at_most or np.inf)
    complete = facts.declared(f"stations:{rule.site_type}", subjects["adcode"])
    which = np.full(len(subjects), not head_known) & (many if rule.per == "county" else count > 0)
    conditions = [
        which,
        subjects["doubt"].to_numpy(dtype=bool),
        subjects["nowhere"].to_numpy(dtype=bool),
        many,
        ~few,
        complete,
    ]
    states = [UNKNOWN, UNKNOWN, UNKNOWN, NOT_MET, MET, NOT_MET]
    messages = [
        "count.which",
        "count.doubt",
        "count.no_place",
        "count.many",
        "count.met",
        "count.few",
    ]
    kind = "city" if rule.per == "city" else "area"
    return Batch(
        rule,
        kind,
        subject_id=subjects["id"].to_numpy(),
        subject_name=subjects["name"].to_numpy(dtype=object),
        adcode=subjects["adcode"].to_numpy(dtype=object),
        geometry=subjects["geometry"].to_numpy(dtype=object),
        state=np.select(conditions, states, UNKNOWN),
        message=np.select(conditions, messages, "count.undeclared"),
        messages=MESSAGES,
        params={
            "place": words.place(rule.per),
            "name": words.names(subjects["name"], subjects["id"]),
            "count": count,
            "site_type": facts.pack.site_type(rule.site_type).name,
            "at_least": rule.at_least,
            "at_most": rule.at_most,
        },
        measured=count,
        limit=np.where(many, rule.at_most or np.nan, rule.at_least),
        assumed=np.where(many, "at_most" in rule.assumed, "at_least" in rule.assumed),
    )


def counted(rule: CountRule, facts: Facts) -> tuple[pd.DataFrame, I]:
    """Return areas (id, name, adcode, doubt, nowhere, geometry), and how many stations each has."""
    own = facts.active["type"] == rule.site_type
    if rule.heads_only and (head := city_head(facts, head=rule.site_type)) is not None:
        is_head = facts.active["station_id"] == head
        own &= is_head if rule.per == "city" else ~is_head
    if rule.per == "city":
        city = {"id": [facts.adcode or facts.name], "name": [facts.name], "geometry": [None]}
        subjects = pd.DataFrame(city | {"adcode": [facts.adcode or None]}).astype(object)
        return subjects.assign(doubt=False, nowhere=False), np.array([int(own.sum())])
    if rule.per == "county":
        rows = facts.districts[facts.districts["level"] == COUNTY]
        code = facts.active.loc[own, "adcode"].fillna("").str[:6].value_counts()
        subjects = rows[["adcode", "name", "geometry"]].assign(
            id=rows["adcode"], doubt=False, nowhere=False
        )
        return subjects, rows["adcode"].map(code).fillna(0).to_numpy(dtype=np.int64)
    zone, urban = _ZONES[rule.per]
    rows = facts.zones[facts.zones["kind"] == zone].reset_index(drop=True)
    doubt = pd.Series(np.zeros(len(rows), dtype=bool), index=rows.index)
    if urban is not None:
        said = rows["urban"].astype("object")
        doubt = said.isna()
        rows, doubt = rows[doubt | (said == urban)], doubt[doubt | (said == urban)]
        rows, doubt = rows.reset_index(drop=True), doubt.reset_index(drop=True)
    shapes = rows.geometry.to_numpy()
    points = facts.active.geometry.to_numpy()[own.to_numpy(dtype=bool)]
    shapely.prepare(shapes)
    area, _ = shapely.STRtree(points).query(shapes, predicate="intersects")
    subjects = rows[["id", "name", "adcode", "geometry"]].assign(
        doubt=doubt, nowhere=shapely.get_dimensions(shapes) < 2
    )
    inside = np.bincount(area, minlength=len(rows))
    return subjects, np.where(subjects["nowhere"], 0, inside)


def _nothing_known(rule: CountRule, facts: Facts) -> list[Batch]:
    layer = _ZONES[rule.per][0] if rule.per in _ZONES else "districts"
    if facts.declared(layer, [facts.adcode])[0]:
        return []
    return [
        Batch(
            rule,
            "city",
            subject_id=[f"{facts.adcode}:{rule.per}"],
            subject_name=facts.name,
            adcode=facts.adcode or None,
            geometry=[None],
            state=UNKNOWN,
            message="count.no_layer",
            messages=MESSAGES,
            params={"place": words.place(rule.per)},
        )
    ]
