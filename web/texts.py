"""Every sentence that a script shows; ``{name}`` is filled in, ``one|many`` is chosen by ``n``."""

from collections.abc import Mapping

from stationmap.messages import N_
from web import plan_texts, texts_coverage, texts_findings, texts_indicators
from web.words import catalogue

SCRIPT_TEXTS: Mapping[str, str] = {
    # units and numbers
    "unit.m": N_("{n} m"),
    "unit.km": N_("{n} km"),
    "unit.percent": N_("{n} %"),
    # summary
    "summary.line": N_(
        "{streets} have {frontage} of shop frontage; {share} of it has a {point} within {spacing}. "
        "There are {gaps} gaps; at least {points} more {point}s are needed."
    ),
    "summary.line_effective": N_(
        "By effective coverage, {streets} have {frontage} of shop frontage; {share} of it has a "
        "{point} that serves within {spacing}. There are {gaps} gaps; at least {points} more "
        "{point}s are needed."
    ),
    "summary.join": N_(" and "),
    "summary.list": N_(", "),
    "summary.assumed": N_(
        "Assumed: for {assumed} the shops are not known to be complete, so the whole street counts "
        "as shop frontage. Shops are known along {known}."
    ),
    "summary.all_known": N_("Shops are declared complete: only known shop frontage counts."),
    "how.title": N_("How this is counted"),
    "how.rule": N_("The rule"),
    "how.readings": N_("Three readings of the rule"),
    "how.count": N_("By count"),
    "how.count_value": N_("{ok} of {n} stretches have enough points"),
    "how.gap": N_("By largest gap"),
    "how.gap_value": N_("{n} gap|{n} gaps"),
    "how.covered": N_("By covered share"),
    "how.covered_value": N_("{share} within {spacing}"),
    "how.decides": N_("decides"),
    "how.by_class": N_("By class of street"),
    "how.by_district": N_("By district"),
    "how.assumed": N_("Not in the document, assumed here"),
    "how.counted": N_("Stations that count: {n}"),
    "how.to_locate": N_("Stations still without a place: {n}"),
    "table.frontage": N_("Frontage"),
    "table.share": N_("Covered"),
    "table.gaps": N_("Gaps"),
    "table.points": N_("Points needed"),
    # list
    "list.total": N_("{n} street|{n} streets"),
    "list.points": N_("{n} point needed|{n} points needed"),
    "list.fine": N_("No gaps"),
    "list.gaps": N_("{n} gap|{n} gaps"),
    "list.covered": N_("{share} covered"),
    "list.assumed": N_("assumed"),
    "list.more": N_("Show {n} more"),
    "list.none_title": N_("No street fits"),
    "list.none_text": N_("No street with shop frontage fits these filters."),
    "list.clear": N_("Clear filters"),
    "empty.streets_title": N_("No streets yet"),
    "empty.streets_text": N_(
        "This city has no streets, so there is nothing to check. Import them with "
        "“stationmap import osm FILE --city CITY”, then reload this page."
    ),
    "empty.stations": N_(
        "There are no stations yet: all shop frontage is a gap. Import them with "
        "“stationmap import stations FILE --city CITY”."
    ),
    # street
    "street.back": N_("All streets"),
    "street.strip": N_("Strip of {name}: arrow keys move along it"),
    "street.start": N_("Distances are counted from the western, else the southern end."),
    "street.part": N_("Part {n} of {of}"),
    "street.at_gap": N_("at {at}: gap of {length}"),
    "street.at_covered": N_("at {at}: no gap"),
    "street.at_none": N_("at {at}: no shop frontage"),
    "street.gaps": N_("Gaps on this street"),
    "street.no_gaps": N_("This street has no gaps."),
    "street.span": N_("{from}–{to}"),
    "street.through": N_("{from}–{to}, through the start"),
    "street.stations": N_("{n} station counts here|{n} stations count here"),
    "street.missing": N_("This street is not in the present data; look for it in the list."),
    # gap
    "gap.title": N_("Gap of {length}"),
    "gap.need": N_("at least {n} more {point}|at least {n} more {point}s"),
    "gap.where": N_("Where"),
    "gap.from_to": N_("{from} to {to} from the start"),
    "gap.class": N_("Class"),
    "gap.district": N_("District"),
    "gap.side": N_("Side"),
    "gap.left": N_("left, looking away from the start"),
    "gap.right": N_("right, looking away from the start"),
    "gap.frontage": N_("Shop frontage"),
    "gap.shops": N_("known: shops here are declared complete"),
    "gap.assumed": N_("assumed: the whole street counts; shops known along {known} of it"),
    "gap.rule": N_("What the rule says"),
    "gap.binding": N_("binding"),
    "gap.advisory": N_("advisory"),
    "gap.fly": N_("Show on the map"),
    "gap.missing": N_("This gap is not in the present data; it may be closed by now."),
    # stations
    "station.type": N_("Type"),
    "station.status": N_("Status"),
    "station.unit": N_("Unit"),
    "station.supervising": N_("Supervised by"),
    "station.hours": N_("Hours"),
    "station.hours_unknown": N_("not known"),
    "station.phone": N_("Public telephone"),
    "station.address": N_("Address"),
    "station.district": N_("District"),
    "station.supplies": N_("Supplies"),
    "station.supply_short": N_("{supply}: running low"),
    "station.source": N_("Source"),
    "station.source_row": N_("{source}, row {row}"),
    "station.unnamed": N_("Unnamed station"),
    "station.counts": N_("Counts for the spacing rule"),
    "station.counts_not": N_("Does not count for the spacing rule: {why}"),
    "station.demonstration": N_("Demonstration station"),
    "station.closed_now": N_("Closed today"),
    "station.closed_later": N_("Will be closed"),
    "station.page": N_("Public page and poster"),
    "station.remark": N_("Tell the unit of a problem"),
    "station.edit": N_("Open in the list of stations"),
    "station.missing": N_("This station is not in the present data."),
    # map
    "map.label": N_(
        "Map: arrow keys move it, plus and minus zoom. The list has all that it shows."
    ),
    "map.gathered": N_(
        "Too many to show each: circles count points needed, boxes count stations, signs count "
        "findings."
    ),
    "map.close": N_("Close"),
    "map.zoom_in": N_("Zoom in"),
    "map.zoom_out": N_("Zoom out"),
    # legend
    "legend.gaps": N_("Gaps, by points needed"),
    "legend.assumed": N_("with fine breaks: frontage assumed"),
    "legend.other": N_("Other type"),
    # trouble
    "error.title": N_("That did not work"),
    "error.network": N_(
        "The server did not answer. Nothing is lost; check that it is running and try again."
    ),
    "error.retry": N_("Try again"),
    "data.new": N_("The data have changed; this page shows the new state."),
    # bottom sheet
    "sheet.more": N_("Show more of the list"),
    "sheet.less": N_("Show more of the map"),
    **texts_coverage.TEXTS,
    **texts_findings.TEXTS,
    **texts_indicators.TEXTS,
    **plan_texts.TEXTS,
}


def script_texts(lang: str) -> dict[str, str]:
    """All of them in one language, not yet filled in."""
    words = catalogue(lang)
    return {key: words.get(text, text) for key, text in SCRIPT_TEXTS.items()}
