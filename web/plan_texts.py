"""Sentences that the scripts of the plan's tab show: asking, the answer, and changes by hand."""

from collections.abc import Mapping

from stationmap.messages import N_

TEXTS: Mapping[str, str] = {
    "plan.title": N_("Plan of new stations"),
    # what is asked for
    "plan.about": N_(
        "Choose where and how many; the fewest new {point}s are worked out, at real shops and "
        "facilities, in the order in which to build them. Nothing is changed by it."
    ),
    "plan.again": N_("Ask for another plan"),
    "plan.where": N_("Area of the plan"),
    "plan.whole_city": N_("The whole city"),
    "plan.streets": N_("Only some streets"),
    "plan.street_words": N_("Street name; empty: all streets"),
    "plan.found_streets": N_("Streets found"),
    "plan.take_off": N_("Take off"),
    "plan.goal": N_("How many stations"),
    "plan.close_all": N_("As few as close all gaps"),
    "plan.at_most": N_("At most"),
    "plan.points": N_("{point}s"),
    "plan.budget": N_("Number of new stations"),
    "plan.free": N_("Allow free-standing points"),
    "plan.free_about": N_("where no shop or facility can be the host"),
    "plan.make": N_("Make the plan"),
    "plan.working": N_("Working out the plan; a whole city takes some seconds …"),
    # the answer
    "plan.result": N_("The plan"),
    "plan.nothing": N_("Nothing to add here: no gap can be closed or made smaller."),
    "plan.headline": N_("{n} new {point}s take coverage from {before} to {after}."),
    "plan.headline_of": N_("{place}: {n} new {point}s take its coverage from {before} to {after}."),
    "plan.chosen_streets": N_("The chosen streets"),
    "plan.proven_fewest": N_("✓ Proven: it cannot be done with fewer."),
    "plan.proven_best": N_("✓ Proven: no other choice of as many covers more."),
    "plan.tried": N_(
        "Of all the places that were tried none does better; free-standing points could "
        "stand elsewhere too."
    ),
    "plan.bounded": N_("Not proven to be the best: at most {gap} better may be possible."),
    "plan.with_planned": N_(
        "The {n} station that is planned already counts as if it stood.|"
        "The {n} stations that are planned already count as if they stood."
    ),
    "plan.without_planned": N_(
        "The {n} station that is planned already does not count here.|"
        "The {n} stations that are planned already do not count here."
    ),
    "plan.built_only": N_("Plans and their figures are of built coverage, not of effective."),
    "plan.part": N_("The first {n} of {of} in building order"),
    "plan.curve": N_("Coverage by number of new stations"),
    "plan.slider": N_("Number of new stations that are looked at"),
    "plan.at": N_("{n} built: {share} covered"),
    "plan.at_place": N_("number {n}: {place}"),
    "plan.curve_reached": N_("reached in this order"),
    "plan.curve_bound": N_("no plan can do better"),
    "plan.open": N_("{n} stretch that no host can close|{n} stretches that no host can close"),
    "plan.free_needed": N_("{n} free-standing point|{n} free-standing points"),
    "plan.stretch": N_("{from} to {to}, {length}"),
    "plan.along": N_("{street}, at {at}"),
    "plan.order": N_("Building order"),
    "plan.adds": N_("{n} more covered"),
    "plan.adds_none": N_("cuts a gap"),
    "plan.files": N_("Export the plan"),
    "plan.file_docx": N_("Report (Word, docx)"),
    "plan.file_pdf": N_("Report (pdf)"),
    "plan.file_xlsx": N_("Table (Excel, xlsx)"),
    "plan.file_gpkg": N_("Geodata (GeoPackage)"),
    "plan.file_geojson": N_("Geodata (GeoJSON)"),
    # by hand
    "plan.by_hand": N_("Change stations by hand"),
    "plan.add": N_("Add a station"),
    "plan.adding": N_("Click the map to add a station; press Escape or the button again to stop."),
    "plan.hint": N_(
        "Or try by hand: drag a station, click one to close it or change its type, or add one; the "
        "figures follow."
    ),
    "plan.undo": N_("Undo the last step"),
    "plan.clear": N_("Take all changes back"),
    "plan.key": N_("Signs on the map"),
    "plan.key_pin": N_("proposal, numbered in building order"),
    "plan.key_later": N_("proposal for later"),
    "plan.key_free": N_("free-standing point that would be needed"),
    "plan.key_changed": N_("station changed by hand"),
    "plan.key_closed": N_("gap that is closed"),
    "plan.by_keyboard": N_("Without the mouse"),
    "plan.add_centre": N_("Add one in the middle of the map"),
    "plan.number": N_("Number of a station"),
    "plan.choose": N_("Choose"),
    "plan.too_long": N_(
        "So many changes do not fit into the link; they are kept in this window only. Keep them as "
        "a scenario to share them."
    ),
    "plan.changed": N_("{n} station changed by hand|{n} stations changed by hand"),
    "plan.did_moved": N_("moved"),
    "plan.did_added": N_("added"),
    "plan.did_closed": N_("closed"),
    "plan.did_changed": N_("other type or status"),
    "plan.proposal": N_("Proposal {n}"),
    "plan.added": N_("New station"),
    "plan.drag": N_("Drag it on the map, or change its coordinates here."),
    "plan.lon": N_("Longitude (WGS-84)"),
    "plan.lat": N_("Latitude (WGS-84)"),
    "plan.keys": N_("Move by arrow keys: 1 m, with Shift 10 m"),
    "plan.drop": N_("Leave out of the plan"),
    "plan.remove": N_("Remove"),
    "plan.close_station": N_("Close it"),
    "plan.restore": N_("As it was"),
    "plan.gone": N_(
        "{n} changed station is not in the present data and is left out.|"
        "{n} changed stations are not in the present data and are left out."
    ),
    # figures
    "plan.live": N_("What follows from the changes"),
    "plan.live_covered_share": N_("Coverage of the city"),
    "plan.live_gaps": N_("Gaps"),
    "plan.live_points_needed": N_("Points needed"),
    "plan.live_findings_not_met": N_("Not met"),
    "plan.too_many": N_(
        "With more than 50 changed stations the map follows only for planners who are signed in."
    ),
    "plan.split": N_("Long gaps are split: there may be more of them, but they are shorter."),
    "plan.becomes": N_("becomes"),
    "plan.none_before": N_("none"),
    "plan.findings": N_("{n} finding changes|{n} findings change"),
    "plan.findings_more": N_("and {n} more"),
    # scenarios
    "plan.scenarios": N_("Kept scenarios"),
    "plan.keep_title": N_("Keep what is on the map"),
    "plan.name": N_("Name of the scenario"),
    "plan.keep": N_("Keep as a scenario"),
    "plan.keep_in": N_("Keep in “{name}”"),
    "plan.adopt": N_("Adopt as planned …"),
    "plan.adopt_about": N_(
        "Adopting asks once more, with a list, before any station is entered as planned."
    ),
    "plan.kept": N_("Kept as “{name}”."),
    "plan.opened": N_("On the map: “{name}”."),
    "plan.no_scenario": N_("There is no such scenario; it may have been deleted."),
    "plan.sign_in": N_("To keep this as a scenario or adopt it, sign in as a planner."),
    "plan.sign_in_link": N_("Sign in"),
    "plan.stations": N_("{n} station changed|{n} stations changed"),
    "plan.adopted": N_("{n} adopted"),
    "plan.page": N_("Details"),
    "plan.compare": N_("Compare the two chosen"),
    "plan.compare_this": N_("Choose “{name}” to compare"),
    "plan.all_scenarios": N_("All scenarios"),
}
