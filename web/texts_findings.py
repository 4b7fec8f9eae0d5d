"""Sentences that the scripts of the standards' panel and of findings show."""

from collections.abc import Mapping

from stationmap.messages import N_

TEXTS: Mapping[str, str] = {
    # states, by shape, colour and word
    "sign.not_met": N_("Not met"),
    "sign.advised": N_("Advice"),
    "sign.unknown": N_("Cannot be told"),
    "sign.met": N_("Met"),
    "sign.not_applicable": N_("Not applicable"),
    "unit.h": N_("{n} h"),
    # the list of rules
    "rules.rules": N_("Checked against the data"),
    "rules.processes": N_("Working arrangements"),
    "rules.served_by": N_("Served by {by}"),
    "rules.no_subject": N_("Nothing here to check"),
    "rules.date": N_("Checked as of {date}"),
    "rules.pending": N_(
        "Found at {time}, before the newest data came; they are being checked. While data keep "
        "changing, a large city is checked once a minute."
    ),
    "rules.none_title": N_("No rules"),
    "rules.none_text": N_("The city's pack holds no rules or checklist items yet."),
    "rules.words": N_("Name, or words of the finding"),
    "rules.all_types": N_("All types of station"),
    "rules.all_districts": N_("All districts"),
    # one rule
    "rule.back": N_("All rules"),
    "rule.paraphrase": N_("In our own words; the document decides."),
    "rule.states": N_("By state"),
    "rule.all": N_("All"),
    "rule.findings": N_("Findings"),
    "rule.none_title": N_("No finding fits"),
    "rule.none_text": N_("Nothing that this rule says fits these filters."),
    "rule.no_subject_text": N_(
        "There is nothing in the data that this rule speaks of, and nothing that it misses."
    ),
    "rule.missing": N_("The city's pack has no such rule; look for it in the list."),
    # why something is unknown
    "missing.title": N_("Why something cannot be told, and what to do"),
    "missing.text": N_(
        "What is not in a list may only be missing from it. It counts as a shortfall once the "
        "list is imported and declared complete."
    ),
    "missing.absent": N_("Not imported yet: {names}"),
    "missing.undeclared": N_("Imported, but not declared complete: {names}"),
    "missing.counted": N_("{name} ({n})"),
    "missing.command": N_("stationmap import {kind} FILE --city {city} --complete"),
    "missing.or": N_("Or declare it in city.toml, section [complete]: {layer}"),
    # findings
    "finding.measured": N_("Measured: {measured}"),
    "finding.measured_limit": N_("Measured: {measured}, limit: {limit}"),
    "finding.rule": N_("Standard {rule}"),
    "finding.of_this": N_("What the standard says of it"),
    "finding.others": N_("What else is found here"),
    "finding.none": N_("No rule speaks of it."),
    "finding.waiting": N_(
        "New data are being checked; what is found will stand here. While data keep changing, a "
        "large city is checked once a minute."
    ),
    "finding.nowhere": N_("not on the map"),
    "finding.facility": N_("All about this facility"),
    "finding.station": N_("All about this station"),
    "finding.street": N_("Open the street"),
    "finding.missing": N_("This finding is not in the present data; it may be settled by now."),
    "facility.unnamed": N_("Unnamed facility"),
    "facility.category": N_("Category"),
    "facility.missing": N_("This facility is not in the present data."),
    # legend
    "legend.findings": N_("Findings"),
    "legend.kinds": N_("Of rules about"),
    # a link, and what can be taken away
    "copy.done": N_("Link copied"),
    "copy.by_hand": N_("Copy this link by hand: {link}"),
    "export.title": N_("Export"),
    "export.of_rule": N_("Report on rule {rule}"),
    "export.of_all": N_("Report on all rules"),
    "export.of_gaps": N_("The gaps that the filters let through"),
    "export.of_indicators": N_("The figures of all indicators"),
    "export.open_data": N_("Open data of all layers, for programs"),
    "export.csv": N_("Table (csv)"),
    "export.kml": N_("Google Earth (kml)"),
    "export.xlsx": N_("Workbook (xlsx)"),
    "export.docx": N_("Circular (docx)"),
    "export.pdf": N_("Circular (pdf)"),
    "export.png": N_("Map (png)"),
    "export.gpkg": N_("Map layers (gpkg)"),
    "export.blank": N_("Blank workbooks to fill in"),
    # a standard without gaps
    "empty.rule_title": N_("No gaps in this standard"),
    "empty.rule_text": N_(
        "This city's standard does not ask for a station every so many metres, so there are no "
        "gaps to list. What it does ask stands under Standards."
    ),
    "empty.rule_link": N_("See the standards"),
    "summary.filtered": N_("Of what the filters let through: "),
}
