"""Sentences that the scripts of the indicators' panel and of the base maps show."""

from collections.abc import Mapping

from stationmap.messages import N_

TEXTS: Mapping[str, str] = {
    # indicators
    "indicator.choose": N_("Indicator"),
    "indicator.met": N_("Reached"),
    "indicator.not_met": N_("Not reached"),
    "indicator.advised": N_("Advice"),
    "indicator.unknown": N_("Cannot be told"),
    "indicator.not_applicable": N_("Not applicable"),
    "indicator.information": N_("For information"),
    "indicator.target": N_("Target for {who}: {target} or more"),
    "indicator.no_target": N_("The document sets no target; the figures are for information."),
    "indicator.name": N_("Name"),
    "indicator.value": N_("Value"),
    "indicator.aim": N_("Target"),
    "indicator.needed": N_("Needed"),
    "indicator.whole": N_("whole city"),
    "indicator.asked": N_("{required} needed: {target} of {base} {n}"),
    "indicator.of": N_("{counted} {over}, {base} {under}"),
    "indicator.alone": N_("{counted} {over}"),
    "indicator.source": N_("source: {source}"),
    "indicator.units": N_("Units ({n})"),
    "indicator.more": N_("{n} more units are not shown; the report has them all."),
    "indicator.remedy": N_(
        "What cannot be told is not a shortfall: {counted} or what it is held against has not been "
        "imported. Import the figures:"
    ),
    "indicator.command": N_("stationmap import indicators FILE --city {city}"),
    "indicator.blank": N_("Blank workbook to fill in"),
    "indicator.none_title": N_("No indicators"),
    "indicator.none_text": N_("This city's standard sets no indicators."),
    "amount.people": N_("{n} people"),
    "amount.hours": N_("{n} h"),
    "amount.times": N_("{n} times"),
    "class.all": N_("Any value"),
    "class.under": N_("Under {to}"),
    "class.from": N_("{from} or more"),
    "class.between": N_("{from} to under {to}"),
    "class.target": N_("Target {target}"),
    "class.information": N_("No county is held to a target here: for information."),
    "class.no_districts": N_(
        "No districts have been imported, so nothing can be coloured; the table has all figures."
    ),
    "class.no_counties": N_("There are no figures by county to colour; they are by {who}."),
    # base maps
    "base.name": N_("Base map: {name}"),
    "base.own": N_("The city's own streets"),
    "base.review": N_("Review number {number}"),
}
