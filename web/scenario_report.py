"""The report of a scenario (docx, pdf): what it would change, as figures and on maps; its sites."""

import io
import struct
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import pandas as pd

from stationmap.city import scenarios
from stationmap.city.scenario_figures import Figures
from stationmap.city.scenarios import Scenario
from stationmap.crs import to_metric
from stationmap.messages import N_
from stationmap.reports import maps
from stationmap.reports.content import Block, Column, Paragraph, Picture, Report, Section, Table
from stationmap.reports.docx import write_docx
from stationmap.reports.pdf import write_pdf
from stationmap.reports.wording import day
from web import scenario_shown as shown
from web.caching import present
from web.params import language
from web.parts import assumption, text, type_name
from web.station_words import shown as written
from web.words import say

ROWS = 500
"""Stations in the annexed table; the workbook has all."""
_GAP = "#d5400b"
_MARKS = {
    "new": ("o", "#5b2a86"),
    "moved": ("s", "#0067a5"),
    "closed": ("X", "#5a5a5a"),
    "altered": ("^", "#7a6a00"),
}


def write(scenario: Scenario, path: Path) -> None:
    """Write the report of a scenario; the path's ending says the format, .docx or .pdf.

    Raises
    ------
    InputError
        The system libraries that set a PDF are missing.
    """
    (write_docx if path.suffix == ".docx" else write_pdf)(path, _report(scenario))


def _report(scenario: Scenario) -> Report:
    now, lang = present(), language()
    found, frame = shown.figures_of(scenario), shown.stations(scenario)
    date = day(now.today.isoformat(), lang=lang)
    share = say(N_("Covered share by district"), lang=lang)
    tables = [
        _table(say(N_("Figures"), lang=lang), shown.lines(found)),
        _table(share, shown.by_district(found)),
    ]
    goes = [f"{label} {counts[0]}" for label, counts in shown.shortfalls(found)]
    results: list[Block] = [table for table in tables if table is not None]
    results += [Paragraph(line) for line in goes]
    sections = [Section(say(N_("What it would change"), lang=lang), tuple(results))]
    if found.rule is not None:
        drawn = tuple(_maps(scenario, found, frame))
        sections.append(Section(say(N_("On the map"), lang=lang), drawn))
    sections.append(Section(say(N_("Grounds"), lang=lang), tuple(_grounds(scenario, found))))
    return Report(
        title=say(N_("Scenario: {name}"), lang=lang, name=scenario.name),
        subtitle=date,
        opening=(Paragraph(_opening(scenario, found)),),
        sections=tuple(sections),
        closing=(Paragraph(now.name, "date"), Paragraph(date, "date")),
        annexes=(_stations(frame),),
        lang=lang,
    )


def _opening(scenario: Scenario, found: Figures) -> str:
    lang = language()
    told = say(
        N_("The scenario changes {count} stations: {said}."),
        lang=lang,
        count=f"{len(scenario.changes):,}",
        said=shown.told(scenario)["said"],
    )
    if found.rule is not None:
        told += say(
            N_(
                "With all of them in operation the covered share goes from {before} to {after}, "
                "and the gaps from {gaps} to {left}."
            ),
            lang=lang,
            before=shown.percent(found.before["covered_share"]),
            after=shown.percent(found.after["covered_share"]),
            gaps=f"{found.before['gaps']:,}",
            left=f"{found.after['gaps']:,}",
        )
    return f"{told}{scenario.note}"


def _table(title: str, lines: list[shown.Line]) -> Table | None:
    if not lines:
        return None
    lang = language()
    heads = (N_("As it is"), N_("With the scenario"), N_("Difference"))
    columns = [Column(say(N_("Figure"), lang=lang), 2.0)]
    columns += [Column(say(head, lang=lang), number=True) for head in heads]
    rows = [[one.label, one.today, one.values[0], one.changes[0] or "–"] for one in lines]
    return Table(title, tuple(columns), rows)


def _maps(scenario: Scenario, found: Figures, frame: gpd.GeoDataFrame) -> Iterator[Picture]:
    for caption, after in ((N_("As it is"), False), (N_("With the scenario"), True)):
        target = io.BytesIO()
        said = say(caption, lang=language())
        _draw(target, scenario.name if after else said, found, frame if after else None)
        width, height = struct.unpack(">II", target.getvalue()[16:24])
        yield Picture(target.getvalue(), said, height / width)


def _draw(target: io.BytesIO, title: str, found: Figures, frame: gpd.GeoDataFrame | None) -> None:
    """Draw the streets with the gaps there are; with those that would be, and the stations."""
    now, lang = present(), language()
    assert found.rule is not None
    answers, parts = now.answers, now.answers.streets(found.rule.id).parts
    gaps = answers.gaps(found.rule.id)
    if frame is not None and found.closed is not None:
        kept = gaps[~gaps["gap_id"].isin(found.closed["gap_id"]).to_numpy(dtype=bool)]
        gaps = gpd.GeoDataFrame(pd.concat([kept, found.new]), crs=gaps.crs)
    with maps.sheet(
        target,
        bounds=parts.total_bounds,
        title=title,
        summary="",
        source=now.name,
        date=day(now.today.isoformat(), lang=lang),
        lang=lang,
    ) as sheet:
        districts = to_metric(answers.layer("districts"), parts.crs)
        maps.draw_ground(sheet, streets=parts, districts=districts)
        if len(gaps):
            label = f"{say(N_('Gaps'), lang=sheet.lang)} · {len(gaps):,}"
            lines = to_metric(gaps, parts.crs)
            lines.plot(ax=sheet.axes, color=_GAP, linewidth=2.4, aspect=None, zorder=3)
            sheet.axes.plot([], [], color=_GAP, linewidth=2.4, label=label)
        if frame is None:
            return
        placed = to_metric(frame[frame.geometry.notna()], parts.crs)
        for kind, (marker, colour) in _MARKS.items():
            some = placed[placed["kind"] == kind]
            if len(some):
                label = f"{say(scenarios.KINDS[kind], lang=sheet.lang)} · {len(some):,}"
                x, y = some.geometry.x, some.geometry.y
                look = {"marker": marker, "color": colour, "edgecolors": "white"}
                sheet.axes.scatter(x, y, s=34, linewidths=0.6, zorder=5, label=label, **look)


def _grounds(scenario: Scenario, found: Figures) -> list[Block]:
    """Say on what the figures rest."""
    lang = language()
    told = [say(N_("As if all its stations were in operation."), lang=lang)]
    if found.rule is not None:
        clause, document = found.rule.clause, present().pack.document
        told.append(
            say(
                N_("The clause: {document}, {article}: {text}"),
                lang=lang,
                document=document.title,
                article=clause.article,
                text=clause.text.get(lang),
            )
        )
        assumed = [assumption(found.rule, name, lang) for name in found.rule.assumed]
        if assumed:
            template = N_("The document does not give, and is assumed here: {said}.")
            told.append(say(template, lang=lang, said=say(N_("; "), lang=lang).join(assumed)))
    if found.left_out:
        told.append(
            say(
                N_("{count} of its stations are not in the register any more and are left out."),
                lang=lang,
                count=len(found.left_out),
            )
        )
    if scenario.adopted:
        told.append(
            say(N_("{count} of its stations were adopted."), lang=lang, count=len(scenario.adopted))
        )
    return [Paragraph(text) for text in told]


def _stations(frame: gpd.GeoDataFrame) -> Section:
    now, lang = present(), language()
    heads = ((N_("Name"), 2.4), (N_("Change"), 1.0), (N_("Type"), 1.2), (N_("Status"), 1.2))
    columns = tuple(Column(say(head, lang=lang), width) for head, width in heads)
    rows = [
        [
            text(row["name"]) or say(N_("Unnamed station"), lang=lang),
            say(scenarios.KINDS[row["kind"]], lang=lang),
            type_name(now, row["type"], lang),
            written(now, "status", row["status"], lang=lang),
            now.district_name(row["adcode"]) if text(row["adcode"]) else "–",
        ]
        for row in frame.head(ROWS).to_dict("records")
    ]
    columns = (*columns, Column(say(N_("District"), lang=lang), 2.0))
    note = ""
    if len(frame) > ROWS:
        template = N_("The first {count} of {total}; the workbook has all.")
        note = say(template, lang=lang, count=ROWS, total=f"{len(frame):,}")
    return Section(say(N_("Its stations"), lang=lang), (Table("", columns, rows, note=note),))
