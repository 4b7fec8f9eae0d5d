"""Plans for the spacing rule: the fewest stations that close its gaps, or the best for a budget."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import sparse

from stationmap.checks.kerbs import Prepared
from stationmap.checks.words import Said
from stationmap.covering import B, F, I
from stationmap.errors import InputError
from stationmap.linear import TICKS_PER_M
from stationmap.messages import N_
from stationmap.planning import spacing_frames as frames
from stationmap.planning.closing import Gaps, in_closing_order
from stationmap.planning.even import spread
from stationmap.planning.optimum import Best, Chosen, fewest, most, most_of_each
from stationmap.planning.plan import CURVE, OPTIMAL, TRIED, Plan
from stationmap.planning.sites import SITES, Sites
from stationmap.planning.windows import Atoms, atoms
from stationmap.standards import SpacingRule

_FOR_BOUNDS = 0.1
"""Share of the time for what fewer stations than a closing plan has could cover at most."""


def plan_spacing_of(
    prepared: Prepared,
    *,
    fixed: gpd.GeoDataFrame,
    candidates: gpd.GeoDataFrame,
    lines: Sequence[int] | None = None,
    budget: int | None = None,
    free_standing: bool = False,
    rule: SpacingRule | None = None,
    limit_s: float = 60.0,
) -> Plan:
    """Plan the fewest stations that close the gaps, or those that cover most for a budget.

    Without a budget as few metres of gap as can be are left open, with the fewest stations, of
    these the most suitable. With one, the stations that cover most frontage (within the spacing
    along the street). A station counts on every street within snapping distance of it.

    Parameters
    ----------
    prepared : Prepared
    fixed : GeoDataFrame
        The stations taken as given: points with a column station_id, in any CRS.
    candidates : GeoDataFrame
        Where stations could stand: `planning.candidates.CANDIDATES`. ``attrs["excluded"]`` is how
        many were left out, if it is there.
    lines : sequence of int, optional
        The parts (rows of ``Streets.parts``) that are planned for; all unless given. Candidates
        count on all.
    budget : int, optional
        So many new stations at most, 1 or more; more than there are candidates counts as all.
    free_standing : bool
        Propose free-standing points too, as few as can be, where no candidate closes a gap.
    rule : SpacingRule, optional
        Whose id, type, document and article the plan tells.
    limit_s : float
        Seconds for the optimisation; after them the best that was found is given with its bound.

    Raises
    ------
    InputError
        For a budget below 1; and where there are gaps, but neither candidates nor free-standing
        points to close them.
    """
    if budget is not None and budget < 1:
        raise InputError(
            "a plan for {budget} new stations cannot add any: give a budget of 1 or more",
            budget=budget,
        )
    asked = np.arange(len(prepared.lines)) if lines is None else np.unique(np.array(lines, int))
    table = candidates.sort_values("candidate_id", kind="stable", ignore_index=True)
    table = table.assign(front=table.get("front"))[list(SITES)]
    sites = Sites.of(prepared, prepared.kerbs_of(asked), fixed=fixed, table=table)
    before = sites.cut(sites.is_fixed)
    if len(before.gap_owner) and not len(candidates) and not free_standing:
        raise InputError(
            "there is no shop or facility where a station could stand: import shops or "
            "facilities, exclude fewer, or allow free-standing points"
        )
    if free_standing:
        sites = sites.with_free_standing()
    found = _close(sites, limit_s) if budget is None else _spend(sites, budget, limit_s)
    sites = found.sites
    after = sites.cut(sites.is_fixed | found.chosen)
    left = after if budget is None else sites.cut(np.ones(len(sites), np.bool_))
    values = found.curve["value"].to_numpy()
    proposals = frames.proposals(
        sites,
        found.order,
        found.atoms,
        left_m=found.left_m,
        adds_m=np.diff(values),
        closes_m=found.closes_m,
        rule=rule,
    )
    uncoverable = frames.uncoverable(sites, left, free_standing=free_standing)
    suggested = frames.suggested(sites, left, rule)
    summary: dict[str, Any] = {
        "kind": "spacing" if budget is None else "budget",
        "rule_id": rule.id if rule else None,
        "type": rule.site_type if rule else None,
        "unit": "m",
        "objective": len(proposals) if budget is None else float(values[-1]),
        "bound": found.bound,
        "status": _status(sites, found, budget),
        "gap": found.gap,
        "proposals": len(proposals),
        "free_standing_proposals": int((proposals["host_kind"] == "free").sum()),
        "candidates": len(candidates),
        "excluded": int(candidates.attrs.get("excluded", 0)),
        "uncoverable": len(uncoverable),
        "uncoverable_m": float(uncoverable["length_m"].sum()),
        "suggested": len(suggested),
        "before": frames.figures(prepared, before),
        "after": frames.figures(prepared, after),
        "assumptions": _assumptions(
            prepared, free_standing=free_standing, budget=budget, number=len(proposals)
        ),
        "document": rule.clause.document if rule else None,
        "clause": rule.clause.article if rule else None,
        "budget": budget,
        "spacing_m": prepared.spacing_m,
        "snap_m": prepared.snap_m,
    }
    return Plan(proposals, uncoverable, suggested, found.curve, summary)


@dataclass(frozen=True)
class _Found:
    """What was chosen: points, also in building order; the curve, and the proof."""

    sites: Sites
    chosen: B
    order: I
    closes_m: F
    curve: pd.DataFrame
    atoms: Atoms
    left_m: F
    bound: float
    status: str
    gap: float


def _status(sites: Sites, found: _Found, budget: int | None) -> str:
    """Tell what is proven: of free-standing points only that no place that was tried is better."""
    free = sites.is_free if budget is not None else sites.is_free & found.chosen
    return TRIED if found.status == OPTIMAL and free.any() else found.status


def _close(sites: Sites, limit_s: float) -> _Found:
    """Choose the fewest points that leave as few metres of gap as can be."""
    window, point, windows = sites.along().windows()
    done = np.zeros(windows, np.bool_)
    done[window[point < sites.fixed]] = True
    keep = ~done[window]
    columns, column = np.unique(point[keep], return_inverse=True)
    rows, row = np.unique(window[keep], return_inverse=True)
    covers = sparse.csr_array(
        (np.ones(len(row), np.bool_), (row, column)), shape=(len(rows), len(columns))
    )
    best: Chosen = fewest(
        covers,
        suitability=sites.suitability[columns] if len(columns) else None,
        last_resort=sites.is_free[columns],
        limit_s=limit_s,
    )
    chosen = np.zeros(len(sites), np.bool_)
    chosen[columns[best.columns]] = True
    sites = spread(sites, chosen)
    along = sites.along()
    parts = atoms(along, points=len(sites))
    left, base = _left(sites, parts)
    gaps = Gaps(along, there=sites.is_fixed | chosen, fixed=sites.fixed)
    order, values, closes_m = in_closing_order(parts.covers, left, np.flatnonzero(chosen), gaps)
    bounds = most_of_each(
        parts.covers[:, sites.fixed :], left, values, limit_s=limit_s * _FOR_BOUNDS
    )
    number = len(best.columns)
    return _Found(
        sites=sites,
        chosen=chosen,
        order=order,
        closes_m=closes_m,
        curve=_curve(parts, base, values, bounds),
        atoms=parts,
        left_m=left / TICKS_PER_M,
        bound=best.bound,
        status=best.status,
        gap=(number - best.bound) / number if number else 0.0,
    )


def _spend(sites: Sites, budget: int, limit_s: float) -> _Found:
    """Choose the points that cover most frontage, for a budget."""
    along = sites.along()
    parts = atoms(along, points=len(sites))
    left, base = _left(sites, parts)
    columns = np.arange(sites.fixed, len(sites))
    rows = np.flatnonzero(left)
    best: Best = most(
        parts.covers[:, columns][rows],
        left[rows],
        budget=budget,
        suitability=sites.suitability[columns],
        limit_s=limit_s,
    )
    order = columns[best.columns]
    chosen = np.zeros(len(sites), np.bool_)
    chosen[order] = True
    gaps = Gaps(along, there=sites.is_fixed | chosen, fixed=sites.fixed)
    curve = _curve(parts, base, best.values, best.bounds)
    bound, value = curve["bound"].iloc[-1], curve["value"].iloc[-1]
    return _Found(
        sites=sites,
        chosen=chosen,
        order=order,
        closes_m=np.array([gaps.add(point) for point in order.tolist()]) / TICKS_PER_M,
        curve=curve,
        atoms=parts,
        left_m=left / TICKS_PER_M,
        bound=float(bound),
        status=best.status,
        gap=float((bound - value) / bound) if bound else 0.0,
    )


def _left(sites: Sites, parts: Atoms) -> tuple[F, float]:
    """Ticks of each stretch that the fixed stations leave uncovered; ticks that they cover."""
    covered = parts.covers[:, : sites.fixed].sum(axis=1) > 0
    left = np.where(covered, 0, parts.length).astype(np.float64)
    return left, float(parts.length[covered].sum())


def _curve(parts: Atoms, base: float, values: F, bounds: F) -> pd.DataFrame:
    whole = parts.length.sum() / TICKS_PER_M
    value, bound = (base + values) / TICKS_PER_M, (base + bounds) / TICKS_PER_M
    share = value / whole if whole else np.full(len(value), np.nan)
    gap = np.where(bound > 0, (bound - value) / np.where(bound > 0, bound, 1.0), 0.0)
    columns = np.arange(len(value)), np.round(value, 4), share, np.round(bound, 4), gap
    return pd.DataFrame(dict(zip(CURVE, columns, strict=True)))


def _assumptions(
    prepared: Prepared, *, free_standing: bool, budget: int | None, number: int
) -> list[Any]:
    """Say on what the plan rests, beside the rule."""
    told: list[Any] = [
        Said(
            N_("a station counts on every street within {snap_m:g} m of it"),
            snap_m=prepared.snap_m,
        ),
        N_("a host is taken at its nearest point to the street; whether it agrees is to be asked"),
        N_("of equally good plans that with the more suitable hosts; no document weighs hosts"),
    ]
    if free_standing:
        told.append(
            N_(
                "free-standing points are tried on the line of the street, whole spacings on from "
                "the stations, hosts and ends before a stretch without hosts, and where streets "
                "meet"
            )
        )
    if budget is not None:
        told.append(
            Said(
                N_("frontage is covered within {spacing_m:g} m of a station, along the street"),
                spacing_m=prepared.spacing_m,
            )
        )
        if number < budget:
            template = N_(
                "{budget} new stations were asked for and {count} are enough: no further one "
                "covers more frontage"
            )
            told.append(Said(template, budget=budget, count=number))
    return told
