"""Access plans: stations that people reach on foot within some metres, as few or as good as can be.

Who reaches a station that is there is served already. Among the candidates

- without a budget and a target, the fewest are chosen that serve all whom any candidate can serve;
- with a target, the fewest that bring the share of the demand that is served to it;
- with a budget, so many at most that serve the greatest weight.

Every county may be promised a share of its own demand, and a number of stations.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
from scipy import sparse

from stationmap.checks.words import Said
from stationmap.errors import InputError
from stationmap.messages import N_
from stationmap.planning.demand import PEOPLE, as_candidates
from stationmap.planning.listing import FEWER, B, F, I, curve, proposals, uncoverable
from stationmap.planning.optimum import (
    Least,
    OutOfReachError,
    enough,
    fewest,
    in_building_order,
    most,
    most_of_each,
)
from stationmap.planning.plan import OPTIMAL, Plan
from stationmap.planning.serving import Town, lonlat, pairs, table, thinned, who_serves
from stationmap.walking import Network

_TINY = 1e-9
_STRAIGHT = N_("no way in the city is open to people on foot: distances are straight lines")
_NOT_KNOWN = N_("its place is not known")
_NO_HOST = N_("no candidate is within {metres} m on foot")
_NO_WAY = N_("it is not near any way that is open to people on foot")


@dataclass(frozen=True)
class _Asked:
    """What a plan is asked for, checked."""

    within_m: float
    budget: int | None
    target: float | None
    least_share: float | None
    least_stations: int | None


def plan_access(
    demand: gpd.GeoDataFrame,
    candidates: gpd.GeoDataFrame,
    *,
    network: Network | None,
    stations: gpd.GeoDataFrame,
    within_m: float,
    budget: int | None = None,
    target: float | None = None,
    least_share: float | None = None,
    least_stations: int | None = None,
    site_type: str | None = None,
    names: Mapping[str, str] = MappingProxyType({}),
    limit_s: float = 60.0,
) -> Plan:
    """Plan stations for people on foot.

    Parameters
    ----------
    demand : GeoDataFrame
        Of `demand.demand_of`: demand_id, kind, name, adcode, weight, geometry (points or None), in
        EPSG:4326. What has no place is counted, and served by nobody.
    candidates : GeoDataFrame
        candidate_id, host_kind, host_id, name, category, suitability, adcode, geometry, in
        EPSG:4326; `demand.as_candidates` gives the places of the demand itself, which serve at
        least themselves, and come last in a plan without budget and target.
    network : Network or None
        What people walk on; straight lines without one, or without any way, and the plan tells it.
    stations : GeoDataFrame
        Those that count: geometry in EPSG:4326, adcode; ones that are planned too.
    within_m : float
        The longest walk, metres, inclusive to 0.1 mm.
    budget : int, optional
        So many new stations at most, 1 or more.
    target : float, optional
        Share of the weight to be served, above 0 up to 1.
    least_share : float, optional
        Every county has at least this share of its own weight served, 0 to 1.
    least_stations : int, optional
        Every county with demand has at least so many stations, those that are there included.
    site_type : str, optional
        Type of the new stations.
    names : mapping
        Adcode → name of the county, for sentences.
    limit_s : float
        Seconds after which the best that was found is given, with its bound.

    Returns
    -------
    Plan
        ``covers_m`` and ``adds`` of proposals are weights. ``suggested`` are places of the demand
        that nobody can serve, the fewest from which all of it is.

    Raises
    ------
    InputError
        What is asked cannot be: one sentence names what of it, and the remedy.
    """
    asked = _Asked(within_m, budget, target, least_share, least_stations)
    _check(asked, demand)
    town = who_serves(demand, candidates, stations, network=network, within_m=within_m)
    least = _least(town, asked)
    if not len(town.candidates) and (town.there < town.total or _asks(least)):
        raise InputError(
            "there is no candidate to build a station at: import shops or facilities, exclude "
            "fewer of them, or allow the places of the demand themselves"
        )
    _check_target(town, asked, limit_s)
    found = _solved(town, asked, least, names=names, limit_s=limit_s)
    return _plan(town, asked, found, network=network, site_type=site_type, limit_s=limit_s)


# ------------------------------------------------------------------- what is asked


def _check(asked: _Asked, demand: gpd.GeoDataFrame) -> None:
    if not np.isfinite(asked.within_m) or asked.within_m <= 0:
        raise InputError(
            "a walk of {metres} m is none: give the longest walk in metres, more than 0",
            metres=asked.within_m,
        )
    if asked.budget is not None and asked.budget < 1:
        raise InputError(
            "a plan for {budget} new stations cannot add any: give a budget of 1 or more",
            budget=asked.budget,
        )
    if asked.target is not None and not 0 < asked.target <= 1:
        raise InputError(
            "a target of {target} is no share: give one above 0 % and up to 100 %",
            target=_share(asked.target),
        )
    if asked.least_share is not None and not 0 <= asked.least_share <= 1:
        raise InputError(
            "at least {share} for every county is no share: give one from 0 % to 100 %",
            share=_share(asked.least_share),
        )
    if asked.least_stations is not None and asked.least_stations < 0:
        raise InputError(
            "at least {count} stations for every county cannot be: give 0 or more",
            count=asked.least_stations,
        )
    weight = np.asarray(demand["weight"], dtype=np.float64)
    wrong = np.flatnonzero(~(np.isfinite(weight) & (weight >= 0)))
    if len(wrong):
        row = demand.iloc[int(wrong[0])]
        raise InputError(
            "the demand {name} has no usable weight ({value}), like {count} places in all: give "
            "every place a number of 0 or more, or leave it out",
            name=row["name"] or row["demand_id"],
            value=weight[wrong[0]],
            count=len(wrong),
        )
    if not weight.sum() > 0:
        raise InputError(
            "there is no demand: nobody lives where the plan is asked for; choose other demand, or "
            "another district"
        )


def _share(share: float) -> str:
    """Say a share to a tenth of a per cent."""
    return f"{round(100 * share, 1):g} %"


def _asks(least: Least | None) -> bool:
    return least is not None and bool((least.columns > 0).any())


def _least(town: Town, asked: _Asked) -> Least | None:
    """Return what is promised to every county beyond what it has."""
    if not asked.least_share and not asked.least_stations:
        return None
    lost = int((town.of_demand < 0).sum())
    if lost:
        raise InputError(
            "what every county gets at least cannot be told: the county of {count} places of the "
            "demand is not known; import the districts, or leave the minimum out",
            count=lost,
        )
    size = len(town.counties)
    weight, columns = np.zeros(size), np.zeros(size, dtype=np.int64)
    if asked.least_share:
        own = np.bincount(town.of_demand, weights=town.weight, minlength=size)
        there = town.weight * town.served
        has = np.bincount(town.of_demand, weights=there, minlength=size)
        weight = (own * asked.least_share - has).clip(0.0)
        weight[weight <= own * _TINY] = 0.0
    if asked.least_stations:
        known = town.of_station[town.of_station >= 0]
        columns = (asked.least_stations - np.bincount(known, minlength=size)).clip(0)
    rows = town.of_demand[town.open]
    return Least(rows, weight, town.of_candidate, columns.astype(np.int64))


def _check_target(town: Town, asked: _Asked, limit_s: float) -> None:
    """Refuse a share that all candidates together do not reach."""
    possible = float(town.weight[town.can].sum())
    if asked.target is None or possible >= asked.target * town.total * (1 - _TINY):
        return
    needed = fewest(town.covers[town.open], limit_s=limit_s)
    raise InputError(
        "{target} of the demand is beyond reach: with all candidates it is at most {possible}, "
        "which takes {count} new stations; lower the target, lengthen the walk, or allow more "
        "candidates",
        target=_share(asked.target),
        possible=_below(possible / town.total),
        count=len(needed.columns),
    )


def _below(share: float) -> str:
    """Say a share to a tenth of a per cent, never more than it is."""
    return f"{np.floor(1000 * share + 1e-6) / 10:g} %"


# ------------------------------------------------------------------- the choice


@dataclass(frozen=True)
class _Found:
    """Candidates in building order; weight newly served by the first 0, 1, …; what is proven."""

    columns: I
    values: F
    bounds: F
    status: str
    objective: float
    bound: float


def _solved(
    town: Town, asked: _Asked, least: Least | None, *, names: Mapping[str, str], limit_s: float
) -> _Found:
    rows = town.open
    weight = town.weight[rows]
    covers = sparse.csr_array(town.covers[rows])
    kept = thinned(covers, town.candidates) if not _asks(least) else np.arange(covers.shape[1])
    part = sparse.csr_array(covers[:, kept])
    suits = np.nan_to_num(town.candidates["suitability"].to_numpy(dtype=np.float64))[kept]
    if least is not None:
        least = Least(least.row_group, least.weight, least.column_group[kept], least.columns)
    most_there = float(weight[np.diff(part.indptr) > 0].sum())
    goal = most_there if asked.target is None else asked.target * town.total - town.there
    goal = min(goal, most_there)
    places = (town.candidates["host_kind"] == "place").to_numpy()[kept]
    options: dict[str, Any] = {"least": least, "suitability": suits, "limit_s": limit_s}
    try:
        if asked.budget is not None and asked.target is None:
            return _best(town, part, weight, kept, asked.budget, options)
        if least is None and goal >= most_there * (1 - _TINY):
            chosen = fewest(part, suitability=suits, last_resort=places, limit_s=limit_s)
            columns, number, status = chosen.columns, chosen.bound, chosen.status
        else:
            found = enough(part, weight, target=max(goal, 0.0), **options)
            columns, number, status = found.columns, found.least_number, found.status
    except OutOfReachError as error:
        raise _told(error, town, names) from error
    if asked.budget is not None and asked.target is not None and number > asked.budget:
        raise InputError(
            "{target} of the demand takes at least {count} new stations and the budget is "
            "{budget}: raise the budget, or lower the target",
            target=_share(asked.target),
            count=number,
            budget=asked.budget,
        )
    if asked.budget is not None and asked.target is not None and len(columns) > asked.budget:
        raise InputError(
            "the time was not enough to find a plan within the budget of {budget}: the best found "
            "for {target} of the demand takes {count} new stations; raise the budget, or lower the "
            "target",
            target=_share(asked.target),
            count=len(columns),
            budget=asked.budget,
        )
    order, values = in_building_order(sparse.csc_array(part), weight, columns)
    bounds = most_of_each(part, weight, values)
    return _Found(kept[order], values, bounds, status, float(len(order)), float(number))


def _best(
    town: Town, part: sparse.csr_array, weight: F, kept: I, budget: int, options: dict[str, Any]
) -> _Found:
    best = most(part, weight, budget=budget, **options)
    bounds = np.minimum(best.bounds, float(weight.sum()))
    reached = town.there + best.values[-1]
    return _Found(
        kept[best.columns], best.values, bounds, best.status, reached, town.there + bounds[-1]
    )


def _told(error: OutOfReachError, town: Town, names: Mapping[str, str]) -> InputError:
    """Say in one sentence what cannot be had."""
    if error.what == "budget":
        return InputError(
            "what every county is to get at least takes {count} new stations and the budget is "
            "{budget}: raise the budget, or lower the minimum",
            count=int(error.asked),
            budget=int(error.possible),
        )
    code = town.counties[error.group]
    county = names.get(code, code)
    if error.what == "columns":
        there = int((town.of_station == error.group).sum())
        return InputError(
            "{county} cannot have {asked} stations: it has {there} and candidates for {possible} "
            "more; lower the minimum, or allow more candidates there",
            county=county,
            asked=there + int(error.asked),
            there=there,
            possible=int(error.possible),
        )
    own = float(town.weight[town.of_demand == error.group].sum())
    there_share = float(town.weight[(town.of_demand == error.group) & town.served].sum())
    return InputError(
        "{county} cannot have {asked} of its demand served: with all candidates it is at most "
        "{possible}; lower the minimum, lengthen the walk, or allow more candidates",
        county=county,
        asked=_share((there_share + error.asked) / own),
        possible=_below((there_share + error.possible) / own),
    )


# ------------------------------------------------------------------- the plan


def _plan(
    town: Town,
    asked: _Asked,
    found: _Found,
    *,
    network: Network | None,
    site_type: str | None,
    limit_s: float,
) -> Plan:
    rows = town.open
    values = town.there + found.values
    bounds = np.maximum((town.there + found.bounds).clip(max=town.total), values)
    chosen = town.candidates.iloc[found.columns]
    alone = np.asarray(town.covers[:, found.columns].T.astype(np.float64) @ town.weight)
    offered = proposals(
        chosen,
        prefix="access",
        rule_id=None,
        site_type=site_type,
        alone=alone,
        adds=np.diff(values),
    )
    reached = town.served.copy()
    reached[rows] |= np.diff(sparse.csr_array(town.covers[rows][:, found.columns]).indptr) > 0
    lost = np.flatnonzero(~town.can & (town.weight > 0))
    straight = network is None or not len(network.edges)
    assumptions = [Said(_STRAIGHT)] if straight else []
    fewer = asked.budget is not None and len(chosen) < asked.budget and asked.target is None
    if fewer and not (town.can & ~reached & (town.weight > 0)).any():
        assumptions.append(Said(FEWER, budget=asked.budget, count=len(chosen)))
    people = bool((town.demand["kind"] == PEOPLE).all())
    by_number = asked.budget is None or asked.target is not None
    off = (found.objective - found.bound if by_number else found.bound - found.objective) / max(
        found.objective if by_number else found.bound, 1.0
    )
    summary = {
        "kind": "access",
        "rule_id": None,
        "type": site_type,
        "unit": "people" if people else "places",
        "objective": int(found.objective) if by_number else found.objective,
        "bound": int(found.bound) if by_number else found.bound,
        "status": found.status,
        "gap": max(off, 0.0) if found.status != OPTIMAL else 0.0,
        "proposals": len(chosen),
        "candidates": len(town.candidates),
        "excluded": int(town.candidates.attrs.get("excluded", 0)),
        "uncoverable": len(lost),
        "uncoverable_m": 0.0,
        "uncoverable_weight": float(town.weight[lost].sum()),
        "before": _figures(town, town.served, len(town.of_station)),
        "after": _figures(town, reached, len(town.of_station) + len(chosen)),
        "assumptions": assumptions,
        "document": None,
        "clause": None,
        "budget": asked.budget,
        "target": asked.target,
        "least_share": asked.least_share,
        "least_stations": asked.least_stations,
        "within_m": asked.within_m,
    }
    return Plan(
        proposals=offered,
        uncoverable=_uncoverable(town, lost, asked.within_m, people=people),
        suggested=_suggested(town, lost, network, asked, site_type=site_type, limit_s=limit_s),
        curve=curve(values, bounds, total=town.total),
        summary=summary,
    )


def _figures(town: Town, reached: B, stations: int) -> dict[str, Any]:
    """Weight and places that are served, in all and in every county."""
    value = float(town.weight[reached].sum())
    counties = {
        code: {
            "total": float(town.weight[own].sum()),
            "value": float(town.weight[own & reached].sum()),
        }
        for row, code in enumerate(town.counties)
        if (own := town.of_demand == row).any()
    }
    return {
        "value": value,
        "total": town.total,
        "share": value / town.total,
        "places": int(reached.sum()),
        "stations": stations,
        "by_county": counties,
    }


def _uncoverable(town: Town, lost: I, within_m: float, *, people: bool) -> gpd.GeoDataFrame:
    rows = town.demand.iloc[lost].rename(columns={"demand_id": "id"})
    nowhere = rows.geometry.isna().to_numpy()
    reasons = [
        Said(_NOT_KNOWN)
        if gone
        else Said(_NO_HOST, metres=f"{within_m:g}")
        if near
        else Said(_NO_WAY)
        for gone, near in zip(nowhere, town.near[lost], strict=True)
    ]
    kind = "people" if people else "place"
    return uncoverable(rows, kind=kind, weight=town.weight[lost], reasons=reasons)


def _suggested(
    town: Town,
    lost: I,
    network: Network | None,
    asked: _Asked,
    *,
    site_type: str | None,
    limit_s: float,
) -> gpd.GeoDataFrame:
    """Return the fewest places of the demand that serve all of it that no candidate can."""
    placed = town.demand.geometry.notna().to_numpy()
    left, every = lost[placed[lost]], np.flatnonzero(placed)
    places = as_candidates(town.demand.iloc[every])
    here = lonlat(town.demand)
    rows, columns, _ = pairs(here[left], here[every], network, asked.within_m)
    own = np.searchsorted(every, left)
    rows, columns = np.r_[rows, np.arange(len(left))], np.r_[columns, own]
    covers = table(rows, columns, shape=(len(left), len(every)))
    weight = town.weight[left]
    chosen = fewest(covers, limit_s=limit_s).columns
    alone = np.asarray(covers[:, chosen].T.astype(np.float64) @ weight)
    return proposals(
        places.iloc[chosen],
        prefix="access",
        rule_id=None,
        site_type=site_type,
        alone=alone,
        adds=np.full(len(chosen), np.nan),
        ordered=False,
    )
