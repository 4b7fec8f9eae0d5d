"""The report of a plan (布点方案), section by section; see `plan_files` for how it is written."""

from typing import Any

import pandas as pd

from stationmap.messages import N_, render
from stationmap.reports import plan_maps, plan_tables
from stationmap.reports.assumed import assumptions
from stationmap.reports.bulletin import TITLE_LINE, sources
from stationmap.reports.content import Block, Column, Paragraph, Report, Section, Table
from stationmap.reports.plan_dossier import PlanDossier, milestones
from stationmap.reports.plan_places import Places
from stationmap.reports.plan_sentences import sentences
from stationmap.reports.plan_words import HOST_KINDS, category, said, type_name
from stationmap.reports.wording import Say, day, issued, percent, text

LISTED = 20
"""Streets in the text; the annexed table has every station."""
ROWS = 500
"""Stations in the annexed table; the workbook has all."""
OPEN_ROWS = 60
_FIGURES = (
    # name in the summary, what it is called, how it is said
    ("frontage_m", N_("shop frontage, km"), "km"),
    ("covered_m", N_("of it covered, km"), "km"),
    ("covered_share", N_("covered share"), "share"),
    ("gaps", N_("gaps"), "count"),
    ("gap_m", N_("length of the gaps, km"), "km"),
    ("points_needed", N_("points that the gaps still need"), "count"),
    ("stations", N_("stations that count"), "count"),
    ("people", N_("people in all"), "count"),
    ("reached", N_("of them within reach"), "count"),
    ("share", N_("covered share"), "share"),
)


def plan_report(dossier: PlanDossier, *, lang: str) -> Report:
    """Compose the report: answer and proof, maps, order and curve, hosts, open stretches, grounds.

    Parameters
    ----------
    dossier : PlanDossier
    lang : {"zh", "en"}
    """

    def say(template: str, **params: Any) -> str:
        return render(template, params, lang=lang)

    kind = type_name(dossier.pack, dossier.plan.summary.get("type"), lang=lang)
    title = say(N_("Plan of new {type}, {place}"), type=kind, place=dossier.title_place)
    if len(title) > TITLE_LINE and lang == "zh":
        title = title.replace(dossier.title_place, f"{dossier.title_place}\n", 1)
    written = (
        _answer(dossier, say, lang=lang),
        _maps(dossier, say, lang=lang),
        _order(dossier, say, lang=lang),
        _streets(dossier, say, lang=lang),
        _open(dossier, say, lang=lang),
        _grounds(dossier, say, lang=lang),
    )
    return Report(
        title=title,
        subtitle=say(N_("as of {date}"), date=day(dossier.date.isoformat(), lang=lang)),
        opening=(Paragraph(_opening(dossier, say, lang=lang)),),
        sections=tuple(section for section in written if section is not None),
        closing=(
            Paragraph(dossier.city, "date"),
            Paragraph(day(dossier.date.isoformat(), lang=lang), "date"),
        ),
        annexes=tuple(
            annex
            for annex in (_hosts(dossier, say, lang=lang), sources(dossier, say, lang=lang))
            if annex is not None
        ),
        lang=lang,
    )


# ------------------------------------------------------------------- sections


def _opening(dossier: PlanDossier, say: Say, *, lang: str) -> str:
    document, rule = dossier.pack.document, dossier.rule
    given = {
        "title": document.title,
        "number": document.number,
        "issued": issued(dossier.pack, lang=lang),
        "date": day(dossier.date.isoformat(), lang=lang),
    }
    if rule is None:
        return say(
            N_(
                "This plan rests on the city's data as of {date}. The standard in force is "
                "{title} ({number}, {issued})."
            ),
            **given,
        )
    return say(
        N_(
            "{title} ({number}, {issued}) asks in {article}: {clause}. This plan serves it, on "
            "the city's data as of {date}."
        ),
        article=rule.clause.article,
        clause=rule.clause.text.get(lang).rstrip("。."),
        **given,
    )


def _answer(dossier: PlanDossier, say: Say, *, lang: str) -> Section:
    blocks: list[Block] = [Paragraph("".join(_spaced(sentences(dossier, lang=lang), lang=lang)))]
    table = _figures(dossier, say)
    return Section(say(N_("Result")), (*blocks, *([table] if table else [])))


def _spaced(told: list[str], *, lang: str) -> list[str]:
    return told if lang == "zh" else [f"{one} " for one in told]


def _figures(dossier: PlanDossier, say: Say) -> Table | None:
    before = dossier.plan.summary.get("before") or {}
    after = dossier.plan.summary.get("after") or {}
    rows = [
        [say(label), _shown(before[name], form), _shown(after[name], form)]
        for name, label, form in _FIGURES
        if before.get(name) is not None and after.get(name) is not None
    ]
    if not rows:
        return None
    columns = (
        Column(say(N_("Figure")), 2.0),
        Column(say(N_("Before the plan")), number=True),
        Column(say(N_("After the plan")), number=True),
    )
    return Table(say(N_("Before and after")), columns, rows)


def _shown(value: Any, form: str) -> str:
    if form == "share":
        return percent(value)
    return f"{value / 1000:,.2f}" if form == "km" else f"{round(value):,}"


def _maps(dossier: PlanDossier, say: Say, *, lang: str) -> Section | None:
    if dossier.streets is None and dossier.demand is None and dossier.plan.proposals.empty:
        return None
    text_ = say(
        N_(
            "The first map shows the stations there are and what they leave open; the second, the "
            "new stations and what is left then."
        )
        if dossier.before is not None
        else N_("The first map shows the stations there are; the second, the new ones too.")
    )
    if 0 < len(dossier.plan.proposals) <= plan_maps.NUMBERED:
        text_ += say(N_(" New stations carry their number in the building order."))
    pictures = [plan_maps.picture(dossier, after=after, lang=lang) for after in (False, True)]
    return Section(say(N_("Maps")), (Paragraph(text_), *pictures))


def _order(dossier: PlanDossier, say: Say, *, lang: str) -> Section | None:
    curve = dossier.plan.curve
    if len(curve) < 2:
        return None
    whole = plan_maps.whole_of(curve)
    gaps, rows = bool(dossier.left_m), []
    former: float | None = None
    for at in milestones(len(curve)):
        row = curve.iloc[at]
        share = float(row["share"])
        best = float(row["bound"]) / whole if whole and not pd.isna(row["bound"]) else None
        rows.append(
            [
                f"{int(row['n']):,}",
                percent(share),
                *([f"{dossier.left_m.get(int(row['n']), 0.0) / 1000:,.2f}"] if gaps else []),
                "–"
                if former is None
                else say(N_("{points} points"), points=_points(share, former)),
                percent(None if best is None else min(1.0, max(best, share))),
                percent(_gap(row["gap"])),
            ]
        )
        former = share
    columns = (
        Column(say(N_("New stations")), number=True),
        Column(say(N_("Covered")), number=True),
        *([Column(say(N_("length of the gaps, km")), 1.2, number=True)] if gaps else []),
        Column(say(N_("More than in the row above")), 1.4, number=True),
        Column(say(N_("No plan with as many reaches more than")), 1.6, number=True),
        Column(say(N_("Gap to the best, at most")), 1.2, number=True),
    )
    lead = say(
        N_(
            "New stations are numbered in building order: whichever number is built, the first "
            "ones bring most. The curve tells where more of them bring little."
        )
    )
    if closes_gaps(dossier):
        lead += say(
            N_(
                "The last ones add no covered length; they stand where a gap would otherwise be "
                "left."
            )
        )
    spacing = getattr(dossier.rule, "spacing_m", None)
    note = ""
    if gaps and spacing is not None:
        note = say(
            N_(
                "Covered is frontage within {spacing} m of a station along the street; a gap is "
                "the whole stretch between two stations more than {spacing} m apart, of which the "
                "ends near the stations are covered. So the two do not add up to all."
            ),
            spacing=f"{spacing:g}",
        )
    table = Table(say(N_("Stages of building")), columns, rows, note)
    picture = plan_maps.curve(dossier, lang=lang)
    return Section(say(N_("Building order")), (Paragraph(lead), table, picture))


def closes_gaps(dossier: PlanDossier) -> bool:
    """Whether some stations are there to close a gap alone, and cover nothing more."""
    return bool(dossier.left_m) and bool((dossier.plan.proposals["adds"].fillna(1) < 0.5).any())


def _points(share: float, former: float) -> str:
    return f"{(share - former) * 100:.1f}"


def _gap(value: Any) -> float | None:
    return None if pd.isna(value) else max(0.0, float(value))


def _streets(dossier: PlanDossier, say: Say, *, lang: str) -> Section | None:
    table = plan_tables.streets(dossier, lang=lang)
    table = table[table["street_id"] != ""]
    if table.empty:
        return None
    kinds = [k for k in HOST_KINDS if table[k].sum() > 0]
    needed = bool(table["needed"].sum() > 0)
    rows = [
        [
            str(number),
            row["street"],
            *([row["county"]] if dossier.several else []),
            f"{row['count']:,}",
            *(f"{row[k]:,}" for k in kinds),
            *([f"{row['needed']:,}"] if needed else []),
        ]
        for number, row in enumerate(table.head(LISTED).to_dict("records"), start=1)
    ]
    more = len(table) - len(rows)
    columns = (
        Column(say(N_("No.")), 0.7, number=True),
        Column(say(N_("Street")), 2.2),
        *([Column(say(N_("County")), 1.4)] if dossier.several else []),
        Column(say(N_("New stations")), 1.0, number=True),
        *(Column(say(N_("at a {kind}"), kind=say(HOST_KINDS[k])), 1.1, number=True) for k in kinds),
        *([Column(say(N_("Free-standing points needed")), 1.2, number=True)] if needed else []),
    )
    lead = say(
        N_(
            "The new stations lie on {streets} streets. Table A lists each of them with its host "
            "and place."
        ),
        streets=f"{len(table):,}",
    )
    note = say(N_("{more} more streets stand in Table A."), more=f"{more:,}") if more > 0 else ""
    return Section(
        say(N_("Hosts by street")),
        (Paragraph(lead), Table(say(N_("Streets with most new stations")), columns, rows, note)),
    )


def _open(dossier: PlanDossier, say: Say, *, lang: str) -> Section | None:
    found = dossier.plan.uncoverable
    if found.empty:
        return None
    order = found.sort_values(
        ["points_needed", "length_m", "weight", "subject_id"],
        ascending=[False, False, False, True],
    )
    along = bool(found["length_m"].notna().any())
    reasons = list(dict.fromkeys(said(one, lang=lang) for one in order["reason"]))
    alike = len(reasons) == 1
    places = Places(dossier, say)
    rows = []
    for number, row in enumerate(order.head(OPEN_ROWS).to_dict("records"), start=1):
        stretch = f"{row['from_m']:,.0f}–{row['to_m']:,.0f}"
        stretch = places.along(row["subject_id"], row["part"], stretch)
        place = [stretch, f"{row['length_m']:,.0f}"]
        rows.append(
            [
                str(number),
                places.street(row["name"], row["subject_id"], row["part"]),
                *([dossier.area(text(row["adcode"]))] if dossier.several else []),
                *(place if along else []),
                f"{int(row['points_needed']):,}",
                *([] if alike else [str(reasons.index(said(row["reason"], lang=lang)) + 1)]),
            ]
        )
    more = len(found) - len(rows)
    columns = (
        Column(say(N_("No.")), 0.6, number=True),
        Column(say(N_("Street or place")), 1.7),
        *([Column(say(N_("County")), 1.1)] if dossier.several else []),
        *(
            [
                Column(say(N_("From–to, m")), 1.6, number=True),
                Column(say(N_("Length, m")), 0.9, number=True),
            ]
            if along
            else []
        ),
        Column(say(N_("Points needed")), 0.8, number=True),
        *([] if alike else [Column(say(N_("Reason")), 0.7, number=True)]),
    )
    lead = say(
        N_(
            "What follows cannot be covered from any shop or facility on the list. Where points of "
            "its own are built instead, the workbook (xlsx) and the geodata (gpkg) tell their "
            "places."
        )
    )
    if alike:
        lead += say(N_("Of all of them: {reason}."), reason=reasons[0].rstrip("。."))
    note = say(N_("{more} more stand in the workbook (xlsx)."), more=f"{more:,}") if more else ""
    if not alike:
        listed = say(N_("; ")).join(
            f"({n}) {one.rstrip('。.')}" for n, one in enumerate(reasons, 1)
        )
        note = "".join(_spaced([say(N_("Reasons: {listed}."), listed=listed), note], lang=lang))
    table = Table(say(N_("Not coverable")), columns, rows, note.strip())
    return Section(say(N_("What no host can cover")), (Paragraph(lead), table))


def _grounds(dossier: PlanDossier, say: Say, *, lang: str) -> Section:
    blocks: list[Block] = [Paragraph("".join(_spaced([*dossier.conditions], lang=lang)).strip())]
    told = [said(one, lang=lang) for one in dossier.plan.summary.get("assumptions") or ()]
    if dossier.rule is not None:
        told = [one.text for one in assumptions([dossier.rule], dossier.pack, lang=lang)] + told
    told = list(dict.fromkeys(told))
    if told:
        blocks.append(
            Paragraph(
                say(
                    N_("Values that the document does not give were assumed: {assumed}."),
                    assumed=say(N_("; ")).join(one.rstrip("。.") for one in told),
                )
            )
        )
    blocks.append(
        Paragraph(
            say(
                N_(
                    "Hosts were taken from the data alone; nobody has asked them yet. Before a "
                    "station is listed as planned, the host's consent is to be had and the place "
                    "looked at."
                )
            )
        )
    )
    return Section(say(N_("Grounds and assumptions")), tuple(blocks))


# ------------------------------------------------------------------- annexes


def _hosts(dossier: PlanDossier, say: Say, *, lang: str) -> Section | None:
    proposals = plan_tables.by_street(dossier.plan.proposals)
    if proposals.empty:
        return None
    streets = bool((proposals["street_id"].fillna("") != "").any())
    places = Places(dossier, say)
    rows = []
    for row in proposals.head(ROWS).to_dict("records"):
        where = plan_tables.street_of(row, places) or dossier.area(text(row["adcode"]))
        kind = HOST_KINDS.get(row["host_kind"], "")
        kind_of = category(row["host_kind"], row["category"], lang=lang)
        rows.append(
            [
                f"{int(row['order']):,}",
                where,
                *([places.chainage(row)] if streets else []),
                places.host(row),
                kind_of or (say(kind) if row["host_kind"] != "free" else "–"),
                "–" if pd.isna(row["adds"]) else f"{row['adds']:,.0f}",
            ]
        )
    more = len(proposals) - len(rows)
    columns = (
        Column(say(N_("Building order")), 1.0, number=True),
        Column(say(N_("Street") if streets else N_("County")), 1.7),
        *([Column(say(N_("Chainage, m")), 1.0, number=True)] if streets else []),
        Column(say(N_("Host")), 2.6),
        Column(say(N_("Category")), 1.2),
        Column(adds_heading(dossier, say), 1.1, number=True),
    )
    notes = []
    if streets:
        notes = [
            say(
                N_(
                    "Chainage counts from the western end of the street's part; the parts of a "
                    "street are numbered from west to east."
                )
            )
        ]
    if bool((proposals["name"].fillna("") == "").any()):
        notes.append(
            say(
                N_(
                    "What has no name is told by longitude and latitude (WGS-84); the workbook "
                    "(xlsx) has those of every station."
                )
            )
        )
    if closes_gaps(dossier):
        notes.append(say(N_("Stations that cover nothing more (0) are there to close a gap.")))
    if more > 0:
        notes.append(say(N_("{more} more stand in the workbook (xlsx)."), more=f"{more:,}"))
    table = Table("", columns, rows, "".join(_spaced(notes, lang=lang)).strip())
    heading = N_("Table A: new stations by street") if streets else N_("Table A: new stations")
    return Section(say(heading), (table,))


def adds_heading(dossier: PlanDossier, say: Say) -> str:
    """Return the heading of what each station adds at its turn, with its unit."""
    unit = dossier.plan.summary.get("unit")
    if unit == "m":
        return say(N_("Covers more, m"))
    if dossier.plan.summary.get("weights"):
        return say(N_("Reaches more, weighted"))
    return say(N_("Reaches more people")) if unit == "people" else say(N_("Serves more places"))
