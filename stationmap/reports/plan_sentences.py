"""What a plan comes to, in sentences: the answer, its proof, and what stays open."""

import math
from typing import Any

import pandas as pd

from stationmap.messages import N_, render
from stationmap.reports.frontage import km
from stationmap.reports.plan_dossier import PlanDossier
from stationmap.reports.plan_maps import whole_of
from stationmap.reports.plan_words import type_name
from stationmap.reports.wording import Say, percent

_LESS_M = 5.0  # metres by which gaps are shorter in a sentence that says so


def sentences(dossier: PlanDossier, *, lang: str) -> list[str]:
    """Return the answer, the proof, and what stays open, as far as there is any."""

    def say(template: str, **params: Any) -> str:
        return render(template, params, lang=lang)

    told = [
        _answer(dossier, say, lang=lang),
        _measure(dossier, say),
        _proof(dossier, say),
        _enough(dossier, say),
        _open(dossier, say),
    ]
    return [one for one in told if one]


def shares(dossier: PlanDossier) -> tuple[float | None, float | None]:
    """Return the shares reached before and after the plan; None where there is nothing to reach."""
    found = dossier.plan.curve["share"]
    if not len(found) or pd.isna(found.iloc[-1]):
        return None, None
    return float(found.iloc[0]), float(found.iloc[-1])


def _answer(dossier: PlanDossier, say: Say, *, lang: str) -> str:
    plan, summary = dossier.plan, dossier.plan.summary
    before, after = shares(dossier)
    given = {
        "place": dossier.title_place,
        "count": f"{len(plan.proposals):,}",
        "type": type_name(dossier.pack, summary.get("type"), lang=lang),
        "before": percent(before),
        "after": percent(after),
        "label": dossier.pack.label("gap").get(lang),
    }
    unit = summary.get("unit")
    if plan.proposals.empty and summary.get("target") is not None:
        return say(
            N_("{place}: the {target} asked for is reached already; {before} is covered as it is."),
            target=f"{summary['target'] * 100:g}%",
            **given,
        )
    if plan.proposals.empty:
        return say(
            N_("{place}: no new station is proposed; {before} is covered as it is."), **given
        )
    if unit == "m" and dossier.before is not None and dossier.after is not None:
        told = say(
            N_(
                "{place}: with new stations ({type}: {count}), coverage of the shop frontage rises "
                "from {before} to {after}. {label}: {km_before} km before, {km_after} km after "
                "({gaps_before} and {gaps_after} stretches)."
            ),
            **given,
            gaps_before=f"{len(dossier.before):,}",
            gaps_after=f"{len(dossier.after):,}",
            km_before=f"{dossier.before['length_m'].sum() / 1000:,.2f}",
            km_after=f"{dossier.after['length_m'].sum() / 1000:,.2f}",
        )
        if len(dossier.after) <= len(dossier.before):
            return told
        less = dossier.before["length_m"].sum() - dossier.after["length_m"].sum()
        split = say(
            N_("A station splits a long stretch, so there are more of them, but shorter.")
            if less > _LESS_M
            else N_("A station splits a long stretch, so there are more of them.")
        )
        return told + split if lang == "zh" else f"{told} {split}"
    if unit == "people":
        return say(
            N_(
                "{place}: with new stations ({type}: {count}), the share of people within reach "
                "rises from {before} to {after}."
            ),
            **given,
        )
    if summary.get("kind") == "access":
        return say(
            N_(
                "{place}: with new stations ({type}: {count}), the share of places within reach "
                "rises from {before} to {after}."
            ),
            **given,
        )
    return say(
        N_(
            "{place}: with new stations ({type}: {count}), the share of places that have one "
            "rises from {before} to {after}."
        ),
        **given,
    )


def _measure(dossier: PlanDossier, say: Say) -> str:
    """Say by what the plan is measured, where that is easily taken for something else."""
    summary = dossier.plan.summary
    if summary.get("weights"):
        return say(N_("Shares and numbers count by the weights of the groups, not by heads."))
    if counts_stations(summary) or dossier.plan.proposals.empty or not dossier.left_m:
        return ""
    needed = [(summary.get(name) or {}).get("points_needed") for name in ("before", "after")]
    if None in needed:
        return ""
    return say(
        N_(
            "So many stations cover as much frontage as can be; a gap is closed only when stations "
            "stand near enough all along it: closing all needs {before} points before, and "
            "{after} after."
        ),
        before=f"{needed[0]:,}",
        after=f"{needed[1]:,}",
    )


def _proof(dossier: PlanDossier, say: Say) -> str:
    """Say what is proven of the plan: that fewer cannot do, or how far off it may be at most."""
    plan, summary = dossier.plan, dossier.plan.summary
    count, bound = len(plan.proposals), summary.get("bound")
    if bound is None or not count or (isinstance(bound, float) and math.isnan(bound)):
        return ""
    if summary.get("status") == "tried":
        return say(
            N_(
                "Of all the places that were tried none does better; free-standing points could "
                "stand elsewhere too."
            )
        )
    optimal = summary.get("status") == "optimal"
    if counts_stations(summary):
        if optimal or bound >= count:
            return say(N_("It is proven that fewer new stations cannot do the same."))
        return say(
            N_("At least {bound} of them are proven to be needed: {more} at most could be saved."),
            bound=f"{math.ceil(bound):,}",
            more=f"{count - math.ceil(bound):,}",
        )
    if optimal:
        return say(N_("It is proven that no other {count} places reach more."), count=f"{count:,}")
    whole = whole_of(plan.curve)
    return say(
        N_("It is proven that no {count} places reach more than {bound} (a gap of {gap} at most)."),
        count=f"{count:,}",
        bound=percent(min(1.0, bound / whole) if whole else None, digits=2),
        gap=percent(summary.get("gap"), digits=2),
    )


def _enough(dossier: PlanDossier, say: Say) -> str:
    """Say that more of the stations asked for would add nothing, where that is proven."""
    summary, count = dossier.plan.summary, len(dossier.plan.proposals)
    optimal = summary.get("status") == "optimal"
    if counts_stations(summary) or not optimal or not 0 < count < summary["budget"]:
        return ""
    return say(
        N_("Of the {budget} asked for, more than {count} would add nothing."),
        budget=f"{summary['budget']:,}",
        count=f"{count:,}",
    )


def counts_stations(summary: Any) -> bool:
    """Whether a plan's objective is as few stations as do it, and not as much as so many reach."""
    return summary.get("budget") is None or summary.get("target") is not None


def _open(dossier: PlanDossier, say: Say) -> str:
    rest = dossier.plan.uncoverable
    if rest.empty:
        return ""
    points = f"{int(rest['points_needed'].sum()):,}"
    metres = float(rest["length_m"].fillna(0).sum())
    if (rest["kind"] == "gap").all():
        return say(
            N_(
                "No shop or facility could take a station along {km} km ({count} stretches); "
                "free-standing points needed there: {points}."
            ),
            count=f"{len(rest):,}",
            km=km(metres),
            points=points,
        )
    return say(N_("Out of reach of every possible host: {count} places."), count=f"{len(rest):,}")
