"""The part of a report on supervision (督查): visits, results, orders; good stations."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import pandas as pd

from stationmap.messages import N_, render
from stationmap.reports.content import Block, Column, Paragraph, Section, Table
from stationmap.reports.wording import Say, day, percent

LISTED = 20  # units, and stations, that the report lists
COUNTS = ("sites", "visited", "passed", "failed", "open", "overdue", "closed", "in_time")
"""Columns of the tables, all whole numbers."""

CRITERIA: Mapping[str, str] = MappingProxyType(
    {
        "passed": N_("visited in the period, and every binding item met"),
        "orders": N_("no order open, and none that was overdue in the period"),
        "activities": N_("as many activities as the period has full months, one at least"),
        "remarks": N_("no remark of residents without an answer"),
    }
)
"""What makes a good station; the documents leave it to the office, so this is our assumption."""


@dataclass(frozen=True)
class Supervision:
    """What supervision found in a period, by county and by unit.

    Attributes
    ----------
    since, until : date
        The period, both inclusive.
    by_county, by_unit : DataFrame
        Index key (adcode; id or name of the unit, "" where not known), name, `COUNTS`: sites open
        now; of them visited in the period by others than their unit, visited and met in all
        binding items, visited and not met in any; orders unsettled at the period's end, of these
        overdue; orders closed in the period, of these within their deadline.
    good : DataFrame
        Stations that fulfil all `CRITERIA`: station_id, name, county, unit, demonstration.
    nearly : int
        Stations that fail none of them, but of which one or more cannot be told.
    untold : mapping
        Criterion → stations of which it cannot be told, among `nearly`.
    """

    since: dt.date
    until: dt.date
    by_county: pd.DataFrame
    by_unit: pd.DataFrame
    good: pd.DataFrame
    nearly: int = 0
    untold: Mapping[str, int] = field(default_factory=dict)

    @property
    def total(self) -> pd.Series:
        """Sums of the counties."""
        return self.by_county[list(COUNTS)].sum()


def rate(part: int, whole: int, say: Say) -> str:
    """Say a share with what it is of; "–" of nothing."""
    if not whole:
        return "–"
    said = N_("{share} ({part} of {whole})")
    return say(said, share=percent(part / whole), part=f"{part:,}", whole=f"{whole:,}")


HEADINGS: Sequence[tuple[str, float]] = (
    (N_("Sites"), 0.9),
    (N_("Visited"), 1.1),
    (N_("Passed"), 1.1),
    (N_("Cannot be told"), 1.0),
    (N_("Open orders"), 0.9),
    (N_("Overdue orders"), 0.9),
    (N_("Closed in time"), 1.1),
)


def cells(row: Mapping[str, Any] | pd.Series, say: Say) -> list[str]:
    """Return a row's cells under `HEADINGS`."""
    judged = row["passed"] + row["failed"]
    return [
        f"{row['sites']:,}",
        rate(row["visited"], row["sites"], say),
        rate(row["passed"], judged, say),
        f"{row['visited'] - judged:,}",
        f"{row['open']:,}",
        f"{row['overdue']:,}",
        rate(row["in_time"], row["closed"], say),
    ]


def notes(say: Say) -> str:
    """Say how the figures are counted."""
    return say(
        N_(
            "Sites are those in use. Visited: by others than their own unit, within the period. "
            "Passed: of the visited sites whose result can be told, those that met every binding "
            "item looked at within the period; where an item was not looked at the result cannot "
            "be told. Orders as they stood at the end of the period."
        )
    )


def table(frame: pd.DataFrame, first: str, say: Say, *, title: str, total: bool) -> Table:
    """Compose one of the two tables."""
    rows = [[row["name"], *cells(row, say)] for _, row in frame.iterrows()]
    if total:
        rows.append([say(N_("Whole city")), *cells(frame[list(COUNTS)].sum(), say)])
    columns = (
        Column(first, 1.6),
        *(Column(say(heading), width, number=True) for heading, width in HEADINGS),
    )
    return Table(title, columns, rows, total=total)


def worst_first(units: pd.DataFrame) -> pd.DataFrame:
    """Order units: overdue orders, failed sites, open orders."""
    return units.sort_values(["overdue", "failed", "open"], ascending=False, kind="stable")


def supervision_section(found: Supervision, say: Say, *, lang: str) -> Section:
    """Return the section of a report: counties, units that fall short, good stations."""
    lead = say(
        N_("From {since} to {until}."),
        since=day(found.since.isoformat(), lang=lang),
        until=day(found.until.isoformat(), lang=lang),
    )
    several = len(found.by_county) > 1
    counties = table(
        found.by_county,
        say(N_("County")),
        say,
        title=say(N_("Supervision by county")),
        total=several,
    )
    blocks: list[Block] = [Paragraph(lead), counties, Paragraph(notes(say), "note")]
    short = worst_first(found.by_unit)
    short = short[(short["overdue"] > 0) | (short["failed"] > 0) | (short["open"] > 0)]
    if len(short):
        title = say(N_("Units with orders or sites that failed"))
        blocks.append(table(short.head(LISTED), say(N_("Unit")), say, title=title, total=False))
        blocks += _more(len(short), say)
    return Section(say(N_("Supervision of sites")), tuple(blocks), (_good(found, say),))


def criteria(found: Supervision, say: Say) -> list[str]:
    """Say what makes a good station, and of how many it cannot be told."""
    lines = []
    for name, text in CRITERIA.items():
        untold = found.untold.get(name, 0)
        said = say(text)
        if untold:
            said = say(
                N_("{criterion} (cannot be told of {untold} sites)"), criterion=said, untold=untold
            )
        lines.append(said)
    return lines


def _good(found: Supervision, say: Say) -> Section:
    said = say(
        N_(
            "Candidates for the list of good stations: {good}. Asked of each (assumed, for the "
            "office to settle): {criteria}."
        ),
        good=f"{len(found.good):,}",
        criteria=say(N_("; ")).join(criteria(found, say)),
    )
    blocks: list[Block] = [Paragraph(said)]
    if found.nearly:
        blocks.append(
            Paragraph(
                say(
                    N_(
                        "{nearly} more sites fail in none of these, but not all can be told of "
                        "them; they are not listed."
                    ),
                    nearly=f"{found.nearly:,}",
                )
            )
        )
    if len(found.good):
        columns = (
            Column(say(N_("Station")), 2.4),
            Column(say(N_("County")), 1.2),
            Column(say(N_("Unit")), 2.2),
            Column(say(N_("Demonstration station")), 0.9),
        )
        rows = [
            [
                row["name"],
                row["county"],
                row["unit"],
                say(N_("yes")) if row["demonstration"] else "",
            ]
            for _, row in found.good.head(LISTED).iterrows()
        ]
        blocks += [Table("", columns, rows), *_more(len(found.good), say)]
    return Section(say(N_("Good stations")), tuple(blocks))


def _more(count: int, say: Say) -> list[Block]:
    more = count - LISTED
    if more <= 0:
        return []
    return [
        Paragraph(say(N_("{more} more stand in the workbook (xlsx)."), more=f"{more:,}"), "note")
    ]


def supervision_sheets(found: Supervision, *, lang: str) -> dict[str, pd.DataFrame]:
    """Return the sheets of a workbook: counties, units, good stations, how it is counted."""

    def say(template: str, **params: Any) -> str:
        return render(template, params, lang=lang)

    def figures(frame: pd.DataFrame, first: str) -> pd.DataFrame:
        judged = frame["passed"] + frame["failed"]
        columns = {
            N_("Sites"): frame["sites"],
            N_("Visited"): frame["visited"],
            N_("Share visited, %"): _share(frame["visited"], frame["sites"]),
            N_("Result can be told"): judged,
            N_("Passed"): frame["passed"],
            N_("Pass rate of those that can be told, %"): _share(frame["passed"], judged),
            N_("Cannot be told"): frame["visited"] - judged,
            N_("Open orders"): frame["open"],
            N_("Overdue orders"): frame["overdue"],
            N_("Closed orders"): frame["closed"],
            N_("Closed in time"): frame["in_time"],
        }
        return pd.DataFrame(
            {first: frame["name"], **{say(name): values for name, values in columns.items()}}
        ).reset_index(drop=True)

    good = found.good
    lines = [notes(say), *criteria(found, say)]
    return {
        say(N_("Supervision by county")): figures(found.by_county, say(N_("County"))),
        say(N_("Supervision by unit")): figures(worst_first(found.by_unit), say(N_("Unit"))),
        say(N_("Good stations")): pd.DataFrame(
            {
                say(N_("Id")): good["station_id"],
                say(N_("Station")): good["name"],
                say(N_("County")): good["county"],
                say(N_("Unit")): good["unit"],
                say(N_("Demonstration station")): [
                    say(N_("yes") if one else N_("no")) for one in good["demonstration"]
                ],
            }
        ).reset_index(drop=True),
        say(N_("How supervision is counted")): pd.DataFrame(
            {
                say(N_("Text")): [
                    say(
                        N_("From {since} to {until}."),
                        since=found.since.isoformat(),
                        until=found.until.isoformat(),
                    ),
                    *lines,
                ]
            }
        ),
    }


def _share(part: pd.Series, whole: pd.Series) -> pd.Series:
    return (100.0 * part / whole.where(whole > 0)).round(1)
