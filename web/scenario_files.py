"""A scenario to take away: a workbook, a GeoPackage, or GeoJSON."""

from pathlib import Path

import pandas as pd
from flask import Response

from stationmap.city import scenarios
from stationmap.city.scenarios import Scenario
from stationmap.io import tabular, vector
from stationmap.messages import N_
from web import scenario_report
from web import scenario_shown as shown
from web.caching import present
from web.params import language
from web.parts import class_name, type_name
from web.station_words import shown as written
from web.take_away import take_away
from web.words import say

ENDINGS = ("xlsx", "gpkg", "geojson")
REPORTS = ("docx", "pdf")
"""Take some seconds to set: for those who are signed in."""


def write(scenario: Scenario, ending: str) -> Response:
    """Write a scenario: its stations, but for GeoJSON with gaps closed and new; or its report.

    Stations that were adopted have the ids that they got; the others those of the scenario.
    """
    tables = {"xlsx": _workbook, "gpkg": _package, "geojson": _geojson}
    made = tables.get(ending, scenario_report.write)
    return take_away(lambda path: made(scenario, path), name=scenario.name, ending=ending)


def _geojson(scenario: Scenario, path: Path) -> None:
    vector.write(path, {"scenario": _frame(scenario)})


def _package(scenario: Scenario, path: Path) -> None:
    found = shown.figures_of(scenario)
    layers = {"scenario": _frame(scenario)}
    if found.closed is not None and found.new is not None:
        layers |= {"gaps_closed": found.closed, "gaps_new": found.new}
    vector.write(path, layers)


def _frame(scenario: Scenario) -> pd.DataFrame:
    frame = shown.stations(scenario)
    frame = frame.assign(
        station_id=frame["station_id"].map(lambda own: scenario.adopted.get(own, own)),
        adopted=frame["station_id"].isin(list(scenario.adopted)),
    )
    return frame[[*frame.columns.drop("geometry"), "geometry"]]


def _workbook(scenario: Scenario, path: Path) -> None:
    now, lang = present(), language()

    def word(text: str) -> str:
        return say(text, lang=lang)

    frame = _frame(scenario)
    places = frame.geometry
    sheet = pd.DataFrame(
        {
            word(N_("Id")): frame["station_id"],
            word(N_("Change")): frame["kind"].map(lambda kind: word(scenarios.KINDS[kind])),
            word(N_("Name")): frame["name"],
            word(N_("Type")): frame["type"].map(lambda own: type_name(now, own, lang)),
            word(N_("Status")): frame["status"].map(
                lambda own: written(now, "status", own, lang=lang)
            ),
            word(N_("District")): frame["adcode"].map(
                lambda code: now.district_name(code) if isinstance(code, str) else ""
            ),
            word(N_("Host")): frame["host_id"],
            word(N_("Longitude")): places.x.round(7),
            word(N_("Latitude")): places.y.round(7),
            word(N_("Adopted")): frame["adopted"].map(
                {True: word(N_("yes")), False: word(N_("no"))}
            ),
        }
    )
    sheets = {word(N_("Scenario")): sheet}
    found = shown.figures_of(scenario)
    if found.closed is not None and found.new is not None:
        lines = [*shown.lines(found), *shown.by_district(found)]
        sheets[word(N_("Figures"))] = pd.DataFrame(
            {
                word(N_("Figure")): [line.label for line in lines],
                word(N_("As it is")): [line.today for line in lines],
                word(N_("With the scenario")): [line.values[0] for line in lines],
                word(N_("Difference")): [line.changes[0] for line in lines],
            }
        )
        for name, gaps in ((N_("Gaps closed"), found.closed), (N_("Gaps new"), found.new)):
            sheets[word(name)] = pd.DataFrame(
                {
                    word(N_("Street")): gaps["street_name"],
                    word(N_("Class")): gaps["street_class"].map(lambda c: class_name(c, lang)),
                    word(N_("From (m)")): gaps["from_m"].round(1),
                    word(N_("To (m)")): gaps["to_m"].round(1),
                    word(N_("Length (m)")): gaps["length_m"].round(1),
                    word(N_("Points needed")): gaps["points_needed"],
                }
            )
    tabular.write_xlsx(path, sheets)
