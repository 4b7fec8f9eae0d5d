"""Plans (布点方案) of one version of a city: what is asked for, and the plan that answers it."""

import difflib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from stationmap.checks.facts import stem
from stationmap.checks.words import Said
from stationmap.crs import to_metric
from stationmap.errors import InputError
from stationmap.messages import N_
from stationmap.planning.plan import Plan
from stationmap.standards import Pack, PresenceRule, SpacingRule

if TYPE_CHECKING:
    from stationmap.checks.kerbs import Prepared
    from stationmap.city.answers import Answers

METRES_A_MINUTE = 80.0
"""How far people walk in a minute; assumed, so that five minutes are 400 m."""
KEPT = 12
"""Plans of one version that are kept, the newest."""
_NAMED = 8  # suspended stations that are named
_LIKE = 3  # names that are offered for one that is not known
_LIKENESS = 0.4  # of those names, from 0 to 1
_CHINESE = re.compile("[\u4e00-\u9fff]")
_KIND = re.compile("(大道|大街|路|街|巷|弄)$| (road|street|avenue|lane)$", re.IGNORECASE)


class UnknownStreetError(InputError):
    """No street of the rule is called so, or lies there."""


@dataclass(frozen=True)
class PlanAsked:
    """What a plan is asked for; as it can be compared and kept.

    Attributes
    ----------
    rule : str, optional
        Id of a spacing or presence rule; the pack's only spacing rule unless given.
    budget : int, optional
        So many new stations at most; without one as few as close all that can be closed.
    streets : tuple of str
        Ids or names of streets; all without any.
    district : str, optional
        Adcode, or its beginning, of the streets (or demand) that are meant.
    free_standing : bool
        Free-standing points may be proposed where no host is.
    with_planned : bool
        Stations that are planned already count as if they stood.
    effective : bool
        Stations that do not serve today do not count; see `Answers.idle`.
    exclude : tuple of str
        Ids of shops and facilities that are no hosts.
    excluded_area : bytes, optional
        WKB in EPSG:4326: hosts within it are none.
    within_m : float, optional
        Walking metres: asks for an access plan instead of a rule's.
    demand : str
        Of an access plan: "people", "communities", or "facilities:CATEGORY".
    weights : tuple of (str, float)
        Group of people, and for how many one of it counts.
    target : float, optional
        Share of the demand that is to be reached, 0 to 1.
    least_share : float, optional
        Every county reaches at least this share.
    least_stations : int, optional
        Every county has at least so many stations.
    limit_s : float
        Seconds after which the best that was found is given, with its bound.
    """

    rule: str | None = None
    budget: int | None = None
    streets: tuple[str, ...] = ()
    district: str | None = None
    free_standing: bool = False
    with_planned: bool = True
    effective: bool = False
    exclude: tuple[str, ...] = ()
    excluded_area: bytes | None = None
    within_m: float | None = None
    demand: str = "people"
    weights: tuple[tuple[str, float], ...] = ()
    target: float | None = None
    least_share: float | None = None
    least_stations: int | None = None
    limit_s: float = 60.0


def plan(now: "Answers", asked: PlanAsked) -> Plan:
    """Answer what is asked for.

    Raises
    ------
    InputError
        What is asked for cannot be: a sentence names what of it, and the remedy.
    PackError
        The standard has no rule to plan for.
    """
    if asked.effective and now.inspections() is None:
        raise InputError(
            "effective coverage of {city} is not known: nobody has inspected any station yet; "
            "leave out --effective, or import inspections first",
            city=now.config.name,
        )
    if asked.within_m is not None:
        from stationmap.city.plans_access import access_plan

        _only_of_spacing(asked)
        found = access_plan(now, asked)
    else:
        rule = rule_of(now, asked)
        if isinstance(rule, PresenceRule):
            from stationmap.city.plans_access import presence_plan

            _only_of_spacing(asked)
            found = presence_plan(now, rule, asked)
        else:
            found = _spacing_plan(now, rule, asked)
    return replace(found, summary={**found.summary, **_asked(asked), "version": now.version})


def _only_of_spacing(asked: PlanAsked) -> None:
    """Refuse what a plan by walking distance, or for single places, would not heed."""
    if asked.within_m is not None and asked.rule is not None:
        raise InputError(
            "a plan by walking distance serves no rule: leave out the rule {rule}, or the walking "
            "distance",
            rule=asked.rule,
        )
    if asked.streets:
        raise InputError(
            "a plan by walking distance, or for the places that a rule names, cannot be narrowed "
            "to streets such as “{street}”: leave the streets out, or choose a district",
            street=asked.streets[0],
        )
    if asked.free_standing:
        raise InputError(
            "free-standing points belong to plans along streets: leave them out of a plan by "
            "walking distance, or for the places that a rule names"
        )


def rule_of(now: "Answers", asked: PlanAsked) -> SpacingRule | PresenceRule:
    """Return the rule to plan for.

    Raises
    ------
    InputError
        There is no such rule, or it is one that no new station could meet.
    PackError
        There is none.
    """
    if asked.rule is None:
        return now.rule(None)
    entries = [entry for entry in now.pack.entries() if entry.id == asked.rule]
    if not entries:
        raise InputError(
            "pack {pack} has no rule {rule_id}; it has: {known}",
            pack=now.pack.id,
            rule_id=asked.rule,
            known=", ".join(plan_rules(now.pack)) or "–",
        )
    for entry in entries:
        if isinstance(entry, SpacingRule | PresenceRule):
            return entry
    raise InputError(
        "{rule} cannot be met by adding stations: plan for a rule about distance or presence, "
        "one of {known}",
        rule=asked.rule,
        known=", ".join(plan_rules(now.pack)) or "–",
    )


def plan_rules(pack: Pack) -> list[str]:
    """Return the ids of the rules that new stations can meet."""
    return [rule.id for rule in pack.rules if isinstance(rule, SpacingRule | PresenceRule)]


def counting(now: "Answers", rule: SpacingRule, asked: PlanAsked) -> gpd.GeoDataFrame:
    """Return the stations that a plan takes as given: station_id, geometry in metres."""
    return now.counting(rule.id, with_planned=asked.with_planned, effective=asked.effective)


def standing(now: "Answers", asked: PlanAsked) -> gpd.GeoDataFrame:
    """Return the stations that a plan of another kind takes as given."""
    frame = now.stations()
    statuses = ("active", "planned") if asked.with_planned else ("active",)
    keep = frame["status"].isin(statuses) & ~(frame.geometry.isna() | frame.geometry.is_empty)
    if asked.effective:
        keep &= ~frame["station_id"].isin(now.idle(now.today()))
    return frame[keep].reset_index(drop=True)


def lines_of(now: "Answers", rule: SpacingRule, asked: PlanAsked) -> tuple[int, ...] | None:
    """Return the parts that are meant, as rows of ``Streets.parts``; None for all.

    Raises
    ------
    InputError
        No street is called so, there is no such district, or none of the streets lies in it.
    """
    parts = now.streets(rule.id).parts
    keep = np.ones(len(parts), dtype=np.bool_)
    if asked.district is not None:
        keep &= (
            parts["adcode"].fillna("").str.startswith(in_district(now, asked.district)).to_numpy()
        )
        if not keep.any():
            raise UnknownStreetError(
                "no street of {rule} lies in district {district}; choose another one",
                rule=rule.id,
                district=asked.district,
            )
    if asked.streets:
        here = keep & _called(parts, asked.streets)
        if not here.any():
            raise UnknownStreetError(
                "none of the streets asked for lies in district {district}; leave one of the two "
                "out",
                district=asked.district,
            )
        keep = here
    return None if keep.all() else tuple(np.flatnonzero(keep).tolist())


def in_district(now: "Answers", district: str) -> str:
    """Return what the adcodes in a district begin with.

    Raises
    ------
    InputError
        The city has no such district.
    """
    layer = now.layer("districts")
    known = {now.config.adcode, *layer["adcode"]}
    if not district or not any(code and code.startswith(stem(district)) for code in known):
        names = dict(zip(layer["adcode"], layer["name"].fillna(""), strict=True))
        shown = {code for code in known if len(code) == 6}
        shown = shown - {now.config.adcode} or shown
        listed = [f"{c} {names.get(c, '')}".strip() for c in sorted(shown)]
        raise InputError(
            "there is no district {district} in this city; its districts: {known}",
            district=district,
            known=", ".join(listed) or "–",
        )
    return stem(district)


def district_code(now: "Answers", district: str) -> str:
    """Return the adcode of a district that is given by its name; anything else as it is."""
    layer = now.layer("districts")
    codes = dict(zip(layer["name"], layer["adcode"], strict=True))
    return str(codes.get(district, district))


def _called(parts: gpd.GeoDataFrame, streets: tuple[str, ...]) -> Any:
    """Tell which parts are of streets of some ids or names."""
    names = [parts[name].fillna("").astype("str") for name in ("street_id", "name", "name_en")]
    called = {one for name in names[1:] for one in name if one}
    keep = np.zeros(len(parts), dtype=np.bool_)
    for asked in streets:
        here = np.logical_or.reduce([(name == asked).to_numpy() for name in names])
        if not asked or not here.any():
            like = alike(asked, called)
            if not like:
                raise UnknownStreetError(
                    "there is no street “{street}” to which the rule applies, and none is called "
                    "like it: look its name up on the map, or give its id",
                    street=asked,
                )
            raise UnknownStreetError(
                "there is no street “{street}” to which the rule applies; names like it: {known}",
                street=asked,
                known=", ".join(like),
            )
        keep |= here
    return keep


def alike(asked: str, names: Collection[str]) -> list[str]:
    """Return the names most like one, in its own script; what kind of street it is counts less."""
    chinese = bool(_CHINESE.search(asked))
    cores = {one: _KIND.sub("", one) or one for one in sorted(names)}
    core = _KIND.sub("", asked) or asked
    likeness = {
        one: difflib.SequenceMatcher(None, core.lower(), own.lower()).ratio()
        for one, own in cores.items()
        if bool(_CHINESE.search(one)) == chinese
    }
    best = sorted(likeness, key=lambda one: (-likeness[one], one))
    return [one for one in best if likeness[one] >= _LIKENESS][:_LIKE]


def _spacing_plan(now: "Answers", rule: SpacingRule, asked: PlanAsked) -> Plan:
    from stationmap.planning.candidates import of_city
    from stationmap.planning.spacing_plan import plan_spacing_of

    lines, there = lines_of(now, rule, asked), now.stations()
    if not asked.with_planned:
        there = there[there["status"] != "planned"]
    hosts = now.hosts()
    candidates = of_city(
        prepared=now.prepared(rule.id),
        shops=fit(hosts["shop"]),
        facilities=fit(hosts["facility"]),
        rule=rule,
        pack=now.pack,
        stations=there,
        exclude=excluded(now, asked),
    )
    found = plan_spacing_of(
        now.prepared(rule.id),
        fixed=counting(now, rule, asked),
        candidates=candidates,
        lines=lines,
        budget=asked.budget,
        free_standing=asked.free_standing,
        rule=rule,
        limit_s=asked.limit_s,
    )
    resting = _suspended(now.prepared(rule.id), there, rule, lines)
    if not resting:
        return found
    told = Said(
        N_("stations here are suspended, and could be opened again ({count}): {names}"),
        count=f"{len(resting):,}",
        names=", ".join(resting[:_NAMED]) + (" …" if len(resting) > _NAMED else ""),
    )
    return replace(
        found, summary={**found.summary, "assumptions": [*found.summary["assumptions"], told]}
    )


def _suspended(
    prepared: "Prepared",
    stations: gpd.GeoDataFrame,
    rule: SpacingRule,
    lines: tuple[int, ...] | None,
) -> list[str]:
    """Name the suspended stations that would count on the streets meant."""
    some = stations[(stations["status"] == "suspended") & stations["type"].isin(list(rule.counts))]
    some = some[~(some.geometry.isna() | some.geometry.is_empty)]
    if some.empty:
        return []
    points = to_metric(some[["geometry"]], prepared.lines.crs).geometry.to_numpy()
    reach = prepared.snap_m * prepared.widest
    row, near = prepared.tree.query(points, predicate="dwithin", distance=reach)
    meant = np.ones(len(row), np.bool_)
    if lines is not None:
        meant = np.isin(prepared.line_of[near], lines)
    there = some.iloc[np.unique(row[meant])]
    names: list[str] = there["name"].fillna(there["station_id"]).tolist()
    return names


def fit(hosts: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Leave out the kinds that nobody would ask: `left_out` of ``tables/suitability.toml``."""
    from stationmap.planning.candidates import weights

    return hosts[~hosts["category"].isin(weights()["left_out"])].reset_index(drop=True)


def excluded(now: "Answers", asked: PlanAsked) -> tuple[str, ...]:
    """Return the ids of the shops and facilities that are not to be hosts.

    Raises
    ------
    InputError
        An id is of none of them.
    """
    hosts = [now.layer("shops"), now.facilities()]
    known = {one for frame in hosts for one in frame["id"]}
    strangers = [one for one in asked.exclude if one not in known]
    if strangers:
        raise InputError(
            "{count} excluded ids are of no shop or facility of this city, such as {ids}: correct "
            "or remove them",
            count=len(strangers),
            ids=", ".join(strangers[:3]),
        )
    if asked.excluded_area is None:
        return asked.exclude
    area = shapely.from_wkb(asked.excluded_area)
    shapely.prepare(area)
    inside = [
        one
        for frame in hosts
        for one in frame["id"][shapely.intersects(area, frame.geometry.to_numpy())]
    ]
    return tuple(dict.fromkeys((*asked.exclude, *inside)))


def _asked(asked: PlanAsked) -> Mapping[str, Any]:
    """Return what was asked for, as a plan's summary tells it again."""
    return {
        "budget": asked.budget,
        "target": asked.target,
        "district": asked.district,
        "streets": list(asked.streets),
        "free_standing": asked.free_standing,
        "with_planned": asked.with_planned,
        "effective": asked.effective,
        "within_m": asked.within_m,
        "weights": dict(asked.weights),
    }
