"""Presence plans: a station for every place of a rule that is known to have none.

A place is planned for where the check finds it not met. Where it is unknown whether a station
stands, none is proposed: such places are counted. Hosts come first; where no host is, the place
itself is proposed.
"""

from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import sparse

from stationmap.checks import hosts, presence
from stationmap.checks.facts import Facts
from stationmap.checks.findings import MET, NOT_MET, UNKNOWN, Batch
from stationmap.checks.words import Said
from stationmap.errors import InputError
from stationmap.messages import N_
from stationmap.planning.demand import as_candidates
from stationmap.planning.listing import FEWER, F, curve, proposals, uncoverable
from stationmap.planning.optimum import fewest, in_building_order, most, most_of_each
from stationmap.planning.plan import Plan
from stationmap.planning.serving import table
from stationmap.standards import PresenceRule

_UNKNOWN = N_(
    "{count} places are not planned for: it is not known whether they have a station, as the list "
    "of stations is not declared complete there, or what they are"
)


def plan_presence(
    rule: PresenceRule,
    facts: Facts,
    *,
    candidates: gpd.GeoDataFrame,
    budget: int | None = None,
    district: str = "",
    with_planned: bool = True,
    limit_s: float = 60.0,
) -> Plan:
    """Plan stations for the places that a presence rule asks for.

    Parameters
    ----------
    rule : PresenceRule
    facts : Facts
        Whose pack holds the rule.
    candidates : GeoDataFrame
        candidate_id, host_kind, host_id, name, category, suitability, adcode, geometry in
        EPSG:4326; may be empty. One that is the place itself is preferred to its neighbours.
    budget : int, optional
        So many new stations at most, 1 or more, at the most places; the fewest for all without.
    district : str
        Only places whose adcode begins so.
    with_planned : bool
        Stations that are planned already count.
    limit_s : float
        Seconds after which the best that was found is given, with its bound.

    Raises
    ------
    InputError
        The budget is none.
    """
    if budget is not None and budget < 1:
        raise InputError(
            "a plan for {budget} new stations cannot add any: give a budget of 1 or more",
            budget=budget,
        )
    if with_planned:
        status = facts.stations["status"].astype("object")
        stations = facts.stations.assign(status=status.mask(status == "planned", "active"))
        facts = replace(facts, stations=stations)
    batches = presence.check(rule, facts)
    judged = _judged(batches, facts, district)
    places = judged[judged["state"] == NOT_MET].reset_index(drop=True)
    offered, covers = _offered(rule, facts, places, candidates)
    suits = _suits(offered, places, covers)
    weight = np.ones(len(places))
    own = (offered["host_kind"] == "place").to_numpy()
    if budget is None:
        chosen = fewest(covers, suitability=suits, last_resort=own, limit_s=limit_s)
        order, values = in_building_order(sparse.csc_array(covers), weight, chosen.columns)
        bounds = most_of_each(covers, weight, values)
        status, objective, bound = chosen.status, len(order), chosen.bound
    else:
        best = most(covers, weight, budget=budget, suitability=suits, limit_s=limit_s)
        order, values, bounds, status = best.columns, best.values, best.bounds, best.status
        objective, bound = round(values[-1]), round(np.floor(bounds[-1] + 1e-6))
    met = int((judged["state"] == MET).sum())
    unknown = int((judged["state"] == UNKNOWN).sum())
    total = met + len(places)
    assumptions = [Said(_UNKNOWN, count=unknown)] if unknown else []
    assumptions += _not_known(batches)
    if budget is not None and len(order) < budget:
        assumptions.append(Said(FEWER, budget=budget, count=len(order)))
    stations_there = int((facts.active["type"].isin(list(rule.counts))).sum())
    alone = np.asarray(covers[:, order].T.astype(np.float64) @ weight)
    summary: dict[str, Any] = {
        "kind": "presence",
        "rule_id": rule.id,
        "type": rule.site_type,
        "unit": "places",
        "objective": objective,
        "bound": bound,
        "status": status,
        "gap": abs(objective - bound) / max(objective, bound, 1),
        "proposals": len(order),
        "candidates": len(candidates),
        "excluded": int(candidates.attrs.get("excluded", 0)),
        "uncoverable": 0,
        "uncoverable_m": 0.0,
        "unknown": unknown,
        "before": _figures(met, total, stations_there),
        "after": _figures(met + round(values[-1]), total, stations_there + len(order)),
        "assumptions": assumptions,
        "document": rule.clause.document,
        "clause": rule.clause.article,
        "budget": budget,
        "target": None,
    }
    columns: dict[str, Any] = {"rule_id": rule.id, "site_type": rule.site_type, "prefix": rule.id}
    return Plan(
        proposals=proposals(offered.iloc[order], alone=alone, adds=np.diff(values), **columns),
        uncoverable=uncoverable(places.iloc[:0], kind="place", weight=np.zeros(0), reasons=()),
        suggested=proposals(
            offered.iloc[:0], alone=np.zeros(0), adds=np.zeros(0), ordered=False, **columns
        ),
        curve=curve(met + values, np.minimum(met + bounds, total), total=float(total)),
        summary=summary,
    )


def _judged(batches: list[Batch], facts: Facts, district: str) -> gpd.GeoDataFrame:
    """Return the places that the rule is about, with what the check says of each."""
    frames = [
        pd.DataFrame({"subject_kind": b.subject_kind, "id": b.subject_id, "state": b.state})
        for b in batches
        if b.subject_kind != "city"
    ]
    said = pd.concat(frames) if frames else pd.DataFrame(columns=["subject_kind", "id", "state"])
    places = facts.hosts.places.drop_duplicates(["subject_kind", "id"])
    found = places.merge(said.drop_duplicates(["subject_kind", "id"]), on=["subject_kind", "id"])
    within = found["adcode"].fillna("").astype("str").str.startswith(district)
    return found[within.to_numpy(dtype=bool)].reset_index(drop=True)


def _not_known(batches: list[Batch]) -> list[Said]:
    """Say of which kinds of place none is known."""
    return [
        Said(b.messages[str(b.message)], **b.params) for b in batches if b.subject_kind == "city"
    ]


def _offered(
    rule: PresenceRule, facts: Facts, places: gpd.GeoDataFrame, candidates: gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame, sparse.csr_array]:
    """Return the candidates that serve any of the places, then the places themselves, and whom."""
    candidates = candidates.sort_values("candidate_id", kind="stable", ignore_index=True)
    paired = hosts.of(candidates, places, reach_m=rule.within_m, crs=facts.crs)
    near, column = np.unique(paired.station, return_inverse=True)
    rows = places.rename(columns={"id": "demand_id"}).assign(kind=places["place"])
    own = as_candidates(rows.set_geometry(rows.geometry.representative_point()))
    offered = pd.concat([candidates.iloc[near][list(own.columns)], own], ignore_index=True)
    # two places may be one within the other
    apart = hosts.of(own, places, reach_m=rule.within_m, crs=facts.crs)
    every = np.arange(len(places))
    pairs = [(paired.place, column), (apart.place, len(near) + apart.station)]
    pairs.append((every, len(near) + every))
    row, column = (np.concatenate(one) for one in zip(*pairs, strict=True))
    shape = len(places), len(offered)
    return gpd.GeoDataFrame(offered, geometry="geometry", crs="EPSG:4326"), table(
        row, column, shape=shape
    )


def _suits(offered: gpd.GeoDataFrame, places: gpd.GeoDataFrame, covers: sparse.csr_array) -> F:
    """Prefer the candidate that is itself the place that lacks a station."""
    suits: F = np.nan_to_num(offered["suitability"].to_numpy(dtype=np.float64)).clip(0.0, 0.99)
    found = sparse.coo_array(covers)
    same = (
        places["id"].to_numpy(dtype=object)[found.row]
        == offered["host_id"].to_numpy(dtype=object)[found.col]
    )
    suits[found.col[same]] = 1.0
    suits[(offered["host_kind"] == "place").to_numpy()] = 0.0
    return suits


def _figures(met: int, total: int, stations: int) -> dict[str, Any]:
    """Places of which it is known, and how many of them have a station."""
    return {
        "value": met,
        "total": total,
        "share": met / total if total else 1.0,
        "stations": stations,
    }
