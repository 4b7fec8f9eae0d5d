"""The office's own circular (督查通报) of a check, section by section."""

from collections.abc import Iterable
from typing import Any

from stationmap.messages import N_, render
from stationmap.reports import pictures
from stationmap.reports.content import Block, Column, Paragraph, Report, Section, Table
from stationmap.reports.dossier import Dossier
from stationmap.reports.frontage import frontage_section
from stationmap.reports.indicators import indicator_section
from stationmap.reports.plan_dossier import PlanDossier
from stationmap.reports.supervision import supervision_section
from stationmap.reports.wording import (
    OUTCOMES,
    UNITS,
    Say,
    day,
    issued,
    share_built,
    standing,
    text,
    words,
)
from stationmap.standards import IndicatorRule, Rule, SpacingRule

_HYPHEN = "\u2011"  # at which no line breaks
SHA_SHOWN = 10  # digits of a hash, enough to tell files apart
TITLE_LINE = 20  # characters of a title that stand on one line
LISTED = 20  # shortfalls of a rule that the report lists; the workbook has all


def bulletin(dossier: Dossier, *, lang: str) -> Report:
    """Compose the report of a check: what is lacking, by county and by rule, with the clauses.

    Shortfalls of advisory force, what cannot be told, and values that the document does not give
    stand in sections of their own.
    """

    def say(template: str, **params: Any) -> str:
        return render(template, params, lang=lang)

    document = dossier.pack.document
    written = (
        _overall(dossier, say, lang=lang),
        frontage_section(dossier, say, lang=lang),
        _shortfalls(dossier, say, lang=lang),
        _advice(dossier, say, lang=lang),
        _counties(dossier, say, lang=lang),
        indicator_section(dossier, say, lang=lang),
        supervision_section(dossier.supervision, say, lang=lang) if dossier.supervision else None,
        _untold(dossier, say, lang=lang),
        _assumed(dossier, say, lang=lang),
        _exemptions(dossier, say, lang=lang),
    )
    title = say(
        N_("Inspection of {stations}, {city}: circular"),
        city=dossier.city,
        stations=dossier.pack.label("stations").get(lang),
    )
    if len(title) > TITLE_LINE and lang == "zh":
        title = title.replace(dossier.city, f"{dossier.city}\n", 1)
    return Report(
        title=title,
        subtitle=say(N_("as of {date}"), date=day(dossier.date.isoformat(), lang=lang)),
        opening=(
            Paragraph(say(N_("To the counties and units concerned:")), "address"),
            Paragraph(
                say(
                    N_(
                        "Held to {title} ({number}, {issued}), the data of {city} as of {date} "
                        "were checked item by item against the standard {pack}, edition "
                        "{edition}. The result is as follows."
                    ),
                    title=document.title,
                    number=document.number,
                    issued=issued(dossier.pack, lang=lang),
                    city=dossier.city,
                    date=day(dossier.date.isoformat(), lang=lang),
                    pack=dossier.pack.name.get(lang),
                    edition=dossier.pack.edition,
                )
            ),
        ),
        sections=tuple(section for section in written if section is not None),
        closing=(
            Paragraph(dossier.city, "date"),
            Paragraph(day(dossier.date.isoformat(), lang=lang), "date"),
        ),
        annexes=(_every_rule(dossier, say, lang=lang), sources(dossier, say, lang=lang)),
        lang=lang,
    )


# ------------------------------------------------------------------- sections


def _overall(dossier: Dossier, say: Say, *, lang: str) -> Section:
    tally, built = dossier.tally, dossier.built
    counts = say(
        N_(
            "{rules} rules were held against {findings} cases: {met} met, {not_met} not met, "
            "{advised} with advice, {unknown} cannot be told, {not_applicable} not applicable."
        ),
        rules=len(dossier.rules),
        findings=f"{len(dossier.findings):,}",
        **{name: f"{tally[name]:,}" for name in OUTCOMES},
    )
    blocks: list[Block] = [Paragraph(counts)]
    if built["due"]:
        due = say(
            N_(
                "The binding rules ask for {due} stations; {built} are built, {lacking} lack, "
                "{untold} cannot be told: {share} built."
            ),
            share=share_built(built, say),
            **{name: f"{built[name]:,}" for name in ("due", "built", "lacking", "untold")},
        )
        blocks += [Paragraph(due), _built_table(dossier, say, lang=lang)]
    picture = pictures.city_picture(dossier, lang=lang)
    return Section(say(N_("Overall")), (*blocks, *([picture] if picture else [])))


def _built_table(dossier: Dossier, say: Say, *, lang: str) -> Table:
    rows = [
        [dossier.area(code, lang=lang), *_built_cells(row, say)]
        for code, row in _counties_of(dossier)
    ]
    if several := len(rows) > 1:
        rows.append([say(N_("Whole city")), *_built_cells(dossier.built, say)])
    return Table(
        say(N_("Stations due and built, by county")),
        (
            Column(say(N_("County")), 1.6),
            Column(say(N_("Due")), number=True),
            Column(say(N_("Built")), number=True),
            Column(say(N_("Lacking")), number=True),
            Column(say(N_("Cannot be told")), number=True),
            Column(say(N_("Share built")), 1.3, number=True),
            Column(say(N_("Not met")), number=True),
            Column(say(N_("Advice")), number=True),
        ),
        rows,
        note=say(
            N_(
                "Due: places where a binding rule asks for a station, counted by rule. Not met and "
                "advice count all rules."
            )
        ),
        total=several,
    )


def _built_cells(row: Any, say: Say) -> list[str]:
    counts = [f"{row[name]:,}" for name in ("due", "built", "lacking", "untold")]
    return [*counts, share_built(row, say), f"{row['not_met']:,}", f"{row['advised']:,}"]


def _counties_of(dossier: Dossier) -> Iterable[tuple[str, Any]]:
    """Yield the counties, and what else there is anything to say of, by adcode."""
    table = dossier.by_county
    some = table[["due", "not_met", "advised"]].sum(axis=1) > 0
    named = table.index.isin(dossier.districts["adcode"])
    for code, row in table[some | named].sort_index().iterrows():
        yield str(code), row


def _shortfalls(dossier: Dossier, say: Say, *, lang: str) -> Section:
    rules = _rules(dossier, "not_met", say, lang=lang)
    none = Paragraph(say(N_("No binding rule is found not met.")))
    return Section(say(N_("Shortfalls by rule")), () if rules else (none,), rules)


def _advice(dossier: Dossier, say: Say, *, lang: str) -> Section | None:
    rules = _rules(dossier, "advised", say, lang=lang)
    if not rules:
        return None
    lead = say(
        N_(
            "The document only recommends what follows; a shortfall is advice and counts as no "
            "failure."
        )
    )
    return Section(say(OUTCOMES["advised"]), (Paragraph(lead),), rules)


def _rules(dossier: Dossier, outcome: str, say: Say, *, lang: str) -> tuple[Section, ...]:
    """Return a section for each rule with findings of an outcome, in the document's order."""
    table = dossier.by_rule
    found = []
    for _, row in table[table[outcome] > 0].iterrows():
        rule = row["rule"]
        said = say(
            N_(
                "{rule_id} · {document}, {article}. Met {met}, not met {not_met}, advice "
                "{advised}, cannot be told {unknown}, not applicable {not_applicable}."
            ),
            rule_id=rule.id.replace("-", _HYPHEN),
            document=rule.clause.document,
            article=rule.clause.article,
            **{name: f"{row[name]:,}" for name in OUTCOMES},
        )
        if isinstance(rule, SpacingRule) and dossier.frontage is not None:
            listed: Block = Paragraph(say(N_("The gaps stand in the section on the streets.")))
        elif isinstance(rule, IndicatorRule) and dossier.indicators is not None:
            listed = Paragraph(say(N_("The figures stand in the section on the indicators.")))
        else:
            listed = shortfall_table(dossier, rule, outcome, say, lang=lang)
        found.append(Section(words(rule, lang=lang), (Paragraph(said), listed)))
    return tuple(found)


def shortfall_table(dossier: Dossier, rule: Rule, outcome: str, say: Say, *, lang: str) -> Table:
    """List a rule's findings of one outcome, `LISTED` of them; the rest is counted.

    Every county has its turn: the first of each, then the second of each.
    """
    findings = dossier.findings
    chosen = (findings["rule_id"] == rule.id).to_numpy() & (dossier.outcome == outcome)
    chosen &= (findings["kind"] == rule.kind).to_numpy()
    rows = findings[chosen].assign(county=dossier.county[chosen])
    turn = rows.groupby("county").cumcount()
    first = rows.loc[turn.sort_values(kind="stable").index[:LISTED]]
    first = first.sort_index().sort_values("county", kind="stable")
    measured = bool(first["measured"].notna().any())
    columns = [
        Column(say(N_("No.")), 0.8, number=True),
        Column(say(N_("Subject")), 2.2),
        Column(say(N_("County")), 1.1),
        Column(say(N_("What was found")), 4.0),
    ]
    if measured:
        columns.append(Column(say(N_("Measured / limit")), 1.6, number=True))
    listed = [
        [
            str(number),
            text(row.subject_name) or text(row.subject_id),
            dossier.area(row.county, lang=lang),
            text(row.message),
            *([figures(row, say)] if measured else []),
        ]
        for number, row in enumerate(first.itertuples(), start=1)
    ]
    more = len(rows) - len(first)
    note = say(N_("{more} more stand in the workbook (xlsx)."), more=f"{more:,}") if more else ""
    return Table("", tuple(columns), listed, note=note)


def figures(row: Any, say: Say) -> str:
    """Say what was measured, and the limit, with the unit."""
    unit = UNITS.get(row.unit, "{value}")
    values = [row.measured] if row.limit != row.limit else [row.measured, row.limit]
    return " / ".join(
        "–" if v != v else say(unit, value=f"{v:,.1f}".removesuffix(".0")) for v in values
    )


def _counties(dossier: Dossier, say: Say, *, lang: str) -> Section | None:
    found = []
    for code, picture in pictures.county_pictures(dossier, lang=lang):
        row = dossier.by_county.loc[code]
        said = say(
            N_(
                "Due {due}, built {built}, lacking {lacking}, cannot be told {untold}: {share} "
                "built. All rules: not met {not_met}, advice {advised}."
            ),
            share=share_built(row, say),
            **{
                name: f"{row[name]:,}"
                for name in ("due", "built", "lacking", "untold", "not_met", "advised")
            },
        )
        found.append(Section(dossier.area(code, lang=lang), (Paragraph(said), picture)))
    return Section(say(N_("County by county")), (), tuple(found)) if found else None


def _untold(dossier: Dossier, say: Say, *, lang: str) -> Section | None:
    rows = dossier.untold
    if rows.empty and not dossier.missing:
        return None
    lead = say(
        N_(
            "The following cannot be told from the data at hand. They are counted neither as met "
            "nor as not met."
        )
    )
    blocks: list[Block] = [Paragraph(lead)]
    if dossier.missing:
        listed = [
            [row["name"], standing(row, say), say(N_(", ")).join(row["rules"])]
            for row in dossier.missing
        ]
        columns = (
            Column(say(N_("Data")), 1.6),
            Column(say(N_("What there is")), 2.0),
            Column(say(N_("Rules that ask for it")), 2.6),
        )
        blocks.append(Table(say(N_("Data that are lacking")), columns, listed))
    if len(rows):
        listed = [
            [
                row.rule.id,
                words(row.rule, lang=lang),
                text(row.message) if row.alike else say(N_("{one} (and alike)"), one=row.message),
                f"{row.cases:,}",
            ]
            for row in rows.itertuples()
        ]
        reasons = (
            Column(say(N_("Rule")), 1.1),
            Column(say(N_("What it asks")), 2.6),
            Column(say(N_("Why it cannot be told")), 3.4),
            Column(say(N_("Cases")), 0.9, number=True),
        )
        blocks.append(Table(say(N_("Why cases cannot be told")), reasons, listed))
    return Section(say(N_("What cannot be told")), tuple(blocks))


def _assumed(dossier: Dossier, say: Say, *, lang: str) -> Section | None:
    found = dossier.assumed[lang]
    if not found:
        return None
    lead = say(
        N_(
            "The document does not give the following values; what rests on them is marked, and is "
            "to be confirmed by the office."
        )
    )
    columns = (
        Column(say(N_("What is assumed")), 3.4),
        Column(say(N_("Rules that rest on it")), 2.0),
    )
    listed = [[one.text, say(N_(", ")).join(one.rules)] for one in found]
    return Section(say(N_("Values assumed")), (Paragraph(lead), Table("", columns, listed)))


def _exemptions(dossier: Dossier, say: Say, *, lang: str) -> Section | None:
    rows = dossier.exemptions
    if rows is None or rows.empty:
        return None
    named = dossier.findings[["subject_id", "subject_name"]].drop_duplicates("subject_id")
    names = dict(zip(named["subject_id"], map(text, named["subject_name"]), strict=True))
    # a report for everybody does not say who approved: that may be a person
    told = "approver" in rows
    listed = [
        [
            text(row.rule_id),
            names.get(text(row.subject_id)) or text(row.subject_id),
            text(row.reason),
            *([text(row.approver)] if told else []),
            day(str(row.until), lang=lang) if text(row.until) else say(N_("without end")),
            say(N_("in force") if row.valid else N_("expired")),
        ]
        for row in rows.itertuples()
    ]
    columns = (
        Column(say(N_("Rule")), 1.1),
        Column(say(N_("Subject")), 2.0),
        Column(say(N_("Reason")), 2.6),
        *([Column(say(N_("Approved by")), 1.4)] if told else []),
        Column(say(N_("Until")), 1.8),
        Column(say(N_("State")), 0.9),
    )
    return Section(say(N_("Exemptions")), (Table("", columns, listed),))


def _every_rule(dossier: Dossier, say: Say, *, lang: str) -> Section:
    rows = [
        [
            row["rule"].id,
            row["rule"].clause.article,
            words(row["rule"], lang=lang),
            *(f"{row[name]:,}" for name in OUTCOMES),
        ]
        for _, row in dossier.by_rule.iterrows()
    ]
    columns = (
        Column(say(N_("Rule")), 1.1),
        Column(say(N_("Clause")), 1.6),
        Column(say(N_("What it asks")), 3.6),
        *(Column(say(name), 0.9, number=True) for name in OUTCOMES.values()),
    )
    return Section(say(N_("Table A: every rule")), (Table("", columns, rows),))


def sources(dossier: Dossier | PlanDossier, say: Say, *, lang: str) -> Section:
    """Return the annex that names the sources of the data, and the standard in force."""
    rows = [
        [
            one.file,
            one.kind,
            day(one.imported_on, lang=lang),
            f"{one.rows:,}",
            one.sha256[:SHA_SHOWN],
        ]
        for one in dossier.sources
    ]
    columns = (
        Column(say(N_("File")), 2.6),
        Column(say(N_("Holds")), 1.4),
        Column(say(N_("Imported")), 1.5),
        Column(say(N_("Rows used")), 1.0, number=True),
        Column("SHA-256", 1.4),
    )
    standard = say(
        N_("Standard {pack}, edition {edition}, SHA-256 {sha256}; made with StationMap."),
        pack=dossier.pack.id,
        edition=dossier.pack.edition,
        sha256=dossier.pack_sha256[:SHA_SHOWN] or "–",
    )
    heading = say(N_("Table B: sources of the data"))
    return Section(heading, (Table("", columns, rows), Paragraph(standard, "note")))
