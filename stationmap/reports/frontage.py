"""The section of a report on the shop frontage: covered, gaps, stations needed."""

from typing import Any

import pandas as pd

from stationmap.messages import N_
from stationmap.reports import pictures
from stationmap.reports.assumed import READINGS
from stationmap.reports.content import Block, Column, Paragraph, Section, Table
from stationmap.reports.dossier import Dossier, Frontage
from stationmap.reports.wording import Say, percent

LISTED = 20
CLASSES = {
    "commercial": N_("commercial streets"),
    "main": N_("main roads"),
    "secondary": N_("secondary roads"),
    "bus_route": N_("bus routes"),
}
_FIGURES = ("frontage_m", "assumed_m", "covered_m", "gaps", "points_needed")


def frontage_section(dossier: Dossier, say: Say, *, lang: str) -> Section | None:
    """Return the section; None where no spacing rule was checked."""
    found = dossier.frontage
    if found is None:
        return None
    kind = dossier.pack.site_type(found.rule.site_type).name.get(lang)
    blocks: list[Block] = [Paragraph(_summary(found, say, kind=kind))]
    if "by_district" in found.summary:
        blocks += [_by_county(dossier, found, say, lang=lang), _by_class(found, say)]
    if len(found.gaps):
        blocks.append(_longest(dossier, found, say, lang=lang))
    picture = pictures.gaps_picture(dossier, lang=lang)
    if picture is not None:
        blocks.append(picture)
    return Section(say(N_("Along the streets")), tuple(blocks))


def _summary(found: Frontage, say: Say, *, kind: str) -> str:
    summary = found.summary
    text = say(
        N_(
            "{rule_id} ({article}) asks for a {type} every {spacing_m:g} m along the shop frontage "
            "of {streets}. Of {frontage} km of frontage {share} has one within that distance; "
            "{gaps} gaps, {gap_km} km long, need at least {points} more."
        ),
        rule_id=found.rule.id,
        article=found.rule.clause.article,
        type=kind,
        spacing_m=found.rule.spacing_m,
        streets=say(N_(", ")).join(say(CLASSES[name]) for name in found.rule.along),
        frontage=km(summary["frontage_m"]),
        share=percent(summary["covered_share"]),
        gaps=f"{summary['gaps']:,}",
        gap_km=km(summary["gap_m"]),
        points=f"{summary['points_needed']:,}",
    )
    if summary["assumed_m"] > 0:
        text += say(
            N_(
                " Of the frontage {assumed} km are assumed, since the shops there are not declared "
                "complete; shops are known along {known} km."
            ),
            assumed=km(summary["assumed_m"]),
            known=km(found.known_m),
        )
    if found.effective is not None:
        text += say(
            N_(" Without the stations that inspections found not serving it is {share}."),
            share=percent(found.effective["covered_share"]),
        )
    if "runs" not in summary:  # of one district
        return text
    return text + say(
        N_(
            " By count {ok} of {runs} stretches have enough. The standard decides by {decides}: "
            "{verdict}."
        ),
        ok=f"{summary['runs_count_ok']:,}",
        runs=f"{summary['runs']:,}",
        decides=say(READINGS[found.rule.decides]),
        verdict=say(verdict(met=found.met)),
    )


def verdict(*, met: bool | None) -> str:
    """Return the template of what a city's frontage as a whole is."""
    if met is None:
        return N_("cannot be told, there is no frontage")
    return N_("the target is reached") if met else N_("the target is not reached")


def _by_county(dossier: Dossier, found: Frontage, say: Say, *, lang: str) -> Table:
    rows = [
        [dossier.area(code, lang=lang), *_cells(figures)]
        for code, figures in sorted(found.summary["by_district"].items())
    ]
    rows.append([say(N_("Whole city")), *_cells(found.summary)])
    return Table(
        say(N_("Shop frontage by county")), _columns(say(N_("County")), say), rows, total=True
    )


def _by_class(found: Frontage, say: Say) -> Table:
    by_class = found.summary["by_class"]
    rows = [[say(CLASSES[name]), *_cells(by_class[name])] for name in CLASSES if name in by_class]
    return Table(say(N_("Shop frontage by class of street")), _columns(say(N_("Class")), say), rows)


def _columns(first: str, say: Say) -> tuple[Column, ...]:
    return (
        Column(first, 1.7),
        Column(say(N_("Frontage, km")), number=True),
        Column(say(N_("assumed, km")), number=True),
        Column(say(N_("Covered, km")), number=True),
        Column(say(N_("Covered")), number=True),
        Column(say(N_("Gaps")), number=True),
        Column(say(N_("Points needed")), number=True),
    )


def _cells(figures: Any) -> list[str]:
    lengths = [km(figures[name]) for name in ("frontage_m", "assumed_m", "covered_m")]
    counts = [f"{figures[name]:,}" for name in ("gaps", "points_needed")]
    return [*lengths, percent(figures["covered_share"]), *counts]


def _longest(dossier: Dossier, found: Frontage, say: Say, *, lang: str) -> Table:
    gaps = found.gaps.sort_values(
        ["points_needed", "length_m", "gap_id"], ascending=[False, False, True]
    )
    rows = [
        [
            str(number),
            say(N_("(unnamed)")) if pd.isna(row.street_name) else row.street_name,
            dossier.area(row.adcode or "", lang=lang),
            say(CLASSES.get(row.street_class, row.street_class)),
            f"{row.from_m:,.0f}–{row.to_m:,.0f}",
            f"{row.length_m:,.0f}",
            f"{row.points_needed:,}",
        ]
        for number, row in enumerate(gaps.head(LISTED).itertuples(), start=1)
    ]
    more = len(gaps) - len(rows)
    return Table(
        say(N_("Gaps that need most")),
        (
            Column(say(N_("No.")), 0.8, number=True),
            Column(say(N_("Street")), 2.0),
            Column(say(N_("County")), 1.2),
            Column(say(N_("Class")), 1.4),
            Column(say(N_("From–to, m")), 1.4, number=True),
            Column(say(N_("Length, m")), 1.0, number=True),
            Column(say(N_("Points needed")), 1.0, number=True),
        ),
        rows,
        note=say(N_("{more} more stand in the workbook (xlsx)."), more=f"{more:,}") if more else "",
    )


def km(metres: float) -> str:
    """Return metres as kilometres with one decimal."""
    return f"{metres / 1000:,.1f}"
