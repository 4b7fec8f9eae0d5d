"""Sentences that the map's scripts show of coverage, of visits and of inspectors' work."""

from collections.abc import Mapping

from stationmap.inspections import orders
from stationmap.messages import N_

TEXTS: Mapping[str, str] = {
    "coverage.built": N_("Built coverage"),
    "coverage.effective": N_("Effective coverage"),
    "coverage.unknown": N_("no inspections yet"),
    "coverage.built_long": N_("Built coverage: every station in operation counts."),
    "coverage.effective_long": N_(
        "Effective coverage: stations found closed, unstaffed or failing, or not looked at for "
        "long, do not count."
    ),
    "coverage.unknown_long": N_(
        "Effective coverage is not known: there are no inspections yet. It is told once the first "
        "is submitted."
    ),
    "coverage.both": N_("Built {built} · effective {effective}."),
    "coverage.idle": N_(
        "Of {of} {point}s that count, {n} does not serve at present.|"
        "Of {of} {point}s that count, {n} do not serve at present."
    ),
    "coverage.idle_points": N_(
        "{points} of them only while {point}s that stand there do not serve: once they do, none "
        "are needed for that."
    ),
    "gap.idle": N_(
        "{n} {point} stands here but does not serve:|{n} {point}s stand here but do not serve:"
    ),
    "gap.idle_none": N_("Once they serve, there is no gap here."),
    "gap.idle_left": N_("Once they serve, at least {points} more {point}s are needed here."),
    "coverage.never": N_(
        "{n} was never inspected; it counts for {days} days from its list.|"
        "{n} were never inspected; they count for {days} days from their list."
    ),
    # a station's card
    "station.counts_built": N_(
        "Counts for the spacing rule as built; for effective coverage not at present"
    ),
    "visited.title": N_("Last visit"),
    "visited.never": N_("not visited yet"),
    "visited.last": N_("{date}, {visit}: {result}"),
    "visited.idle": N_("Does not serve at present"),
    "visited.on": N_("{why} ({date})"),
    "visited.since": N_("{why} (known as of {date})"),
    "visited.checklist": N_("Checklist, line by line"),
    "visited.begin": N_("Begin the inspection"),
    "visited.own_check": N_("Check it ourselves"),
    "visited.order": N_("Order"),
    "visited.due": N_("until {date}"),
    "visited.late": N_("overdue since {date}"),
    **{f"order.{state}": label for state, label in orders.STATES.items()},
    # what waits for an inspector
    "work.title": N_("My inspections"),
    "work.reinspect": N_("To re-inspect"),
    "work.overdue": N_("Order overdue"),
    "work.round": N_("On the round"),
    "work.stale": N_("Not visited for {stale} days: counts no more"),
    "work.due": N_("To be inspected: never was, or not for {due} days (assumed)"),
    "work.done": N_("Done today"),
    # legend
    "legend.idle": N_("In operation, does not serve at present"),
}
