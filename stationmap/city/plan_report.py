"""What a plan's report is made from, gathered from a version of a city."""

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np

from stationmap.checks import spacing
from stationmap.city.dossier import counties, pack_sha256, sources_of
from stationmap.city.plans import PlanAsked, counting, lines_of, rule_of, standing
from stationmap.city.plans_access import wanted
from stationmap.messages import N_, render
from stationmap.planning.demand import GROUPS
from stationmap.planning.plan import Plan
from stationmap.reports.plan_dossier import PlanDossier, milestones
from stationmap.reports.wording import Say
from stationmap.standards import PresenceRule, SpacingRule

if TYPE_CHECKING:
    from stationmap.city.answers import Answers

_NAMED = 3  # streets that a title names


def dossier(now: "Answers", asked: PlanAsked, plan: Plan, *, lang: str) -> PlanDossier:
    """Gather what `reports.write_plan` writes.

    Parameters
    ----------
    now : Answers
    asked : PlanAsked
        What `plan` was asked for, of `now`.
    plan : Plan
    lang : str
    """
    rule = None if asked.within_m is not None else rule_of(now, asked)
    along = isinstance(rule, SpacingRule)
    districts = counties(now.layer("districts"))
    found: dict[str, Any] = dict.fromkeys(
        ("streets", "other_streets", "before", "after", "demand"), None
    )
    found["left_m"] = {}
    stations = standing(now, asked)
    if isinstance(rule, PresenceRule):
        stations = stations[stations["type"].isin(rule.counts)]
    if isinstance(rule, SpacingRule):
        stations = counting(now, rule, asked)
        lines = lines_of(now, rule, asked)
        parts = now.streets(rule.id).parts
        meant = np.ones(len(parts), dtype=np.bool_)
        if lines is not None:
            meant = np.isin(np.arange(len(parts)), lines)
        found["streets"], found["other_streets"] = parts[meant], parts[~meant]
        before = now.spacing(rule.id, with_planned=asked.with_planned, effective=asked.effective)
        found["before"] = before.gaps(rule, lines=lines)
        found["after"] = after(before, plan).gaps(rule, lines=lines)
        found["left_m"] = {
            n: float(after(before, plan, first=n).gaps(rule, lines=lines)["length_m"].sum())
            for n in milestones(len(plan.curve))
        }
    elif asked.within_m is not None:
        found["demand"] = wanted(now, asked)
    if not along and len(now.layer("ways")) and now.has_spacing:
        found["other_streets"] = now.streets().parts
    return PlanDossier(
        city=now.config.name,
        place=_place(now, asked),
        pack=now.pack,
        pack_sha256=pack_sha256(now, now.pack),
        rule=rule,
        date=now.today(),
        plan=plan,
        conditions=conditions(plan, asked, along=along, lang=lang),
        districts=districts,
        stations=stations,
        sources=sources_of(now, lang=lang),
        **found,
    )


def after(before: spacing.Spacing, plan: Plan, *, first: int | None = None) -> spacing.Spacing:
    """Return the spacing check as it is when a plan's stations stand: all, or the first of them."""
    built = plan.proposals if first is None else plan.proposals[plan.proposals["order"] <= first]
    if built.empty:
        return before
    added = gpd.GeoDataFrame(
        {"station_id": built["proposal_id"].to_numpy()},
        geometry=built.geometry.to_numpy(),
        crs=built.crs,
    )
    return spacing.update(before, added=added)


def conditions(plan: Plan, asked: PlanAsked, *, along: bool, lang: str) -> list[str]:
    """Say what was asked for, sentence by sentence."""

    def say(template: str, **params: Any) -> str:
        return render(template, params, lang=lang)

    summary = plan.summary
    told = [
        say(N_("Stations in operation, and those planned already, are taken as they stand."))
        if asked.with_planned
        else say(N_("Stations in operation are taken as they stand; planned ones do not count."))
    ]
    if asked.effective:
        told.append(say(N_("Stations that inspections found not serving do not count.")))
    if asked.budget is not None:
        told.append(
            say(N_("At most {budget} new stations were asked for."), budget=f"{asked.budget:,}")
        )
    if asked.target is not None:
        told.append(
            say(N_("A share of {target} was asked for."), target=f"{asked.target * 100:g}%")
        )
    candidates = summary.get("candidates")
    if candidates is not None:
        told.append(
            say(
                N_("{candidates} shops and facilities were looked at as hosts."),
                candidates=f"{int(candidates):,}",
            )
        )
    if summary.get("excluded"):
        told.append(
            say(N_("{excluded} more were excluded."), excluded=f"{int(summary['excluded']):,}")
        )
    if along:
        told.append(
            say(N_("Free-standing points were allowed where there is no host."))
            if asked.free_standing
            else say(N_("Free-standing points were not allowed."))
        )
    return told + _of_access(asked, say)


def _of_access(asked: PlanAsked, say: Say) -> list[str]:
    """Say what only a plan by walking distance is asked for."""
    if asked.within_m is None:
        return []
    told = [
        say(
            N_("A place is within reach at {within} m on foot or less."),
            within=f"{asked.within_m:g}",
        )
    ]
    told += [
        say(
            N_("One of the group {group} counts for {weight} people."),
            group=say(GROUPS.get(group, group)),
            weight=f"{weight:g}",
        )
        for group, weight in asked.weights
    ]
    if asked.least_share is not None:
        told.append(
            say(N_("Every county reaches at least {share}."), share=f"{asked.least_share * 100:g}%")
        )
    if asked.least_stations is not None:
        told.append(
            say(N_("Every county has at least {count} stations."), count=asked.least_stations)
        )
    return told


def _place(now: "Answers", asked: PlanAsked) -> str:
    """Say which part of the city is planned for; "" for all of it."""
    said = ""
    if asked.district is not None and asked.district != now.config.adcode:
        layer = now.layer("districts")
        names = dict(zip(layer["adcode"], layer["name"].fillna(""), strict=True))
        said = names.get(asked.district) or asked.district
    if asked.streets:
        parts = now.streets(asked.rule).parts
        known = dict(zip(parts["street_id"], parts["name"], strict=True))
        named = list(dict.fromkeys(known.get(one) or one for one in asked.streets))
        said += "、".join(named[:_NAMED])
        if len(named) > _NAMED:
            said += f" +{len(named) - _NAMED}"
    return said
