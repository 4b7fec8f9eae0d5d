"""What the command line prints: sentences in the user's language, tables, one JSON document."""

import json
import math
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import typer

from stationmap.messages import N_, printable, render

if TYPE_CHECKING:
    import geopandas as gpd

    from stationmap.checks.spacing import Spacing
    from stationmap.city.answers import Answers
    from stationmap.city.import_report import Counts, ImportReport
    from stationmap.io.notes import Note

LANG_VARIABLE = "STATIONMAP_LANG"
STREETS_SHOWN = 20
WIDTH = 100
REFUSALS_SHOWN = 5

# what sentences call the classes of streets along which a rule holds
CLASSES = {
    "commercial": N_("commercial streets"),
    "main": N_("main roads"),
    "secondary": N_("secondary roads"),
    "bus_route": N_("bus routes"),
}


# ------------------------------------------------------------------- words


def language() -> str:
    """Language of the output: by STATIONMAP_LANG, else English where LANG says so, else Chinese."""
    chosen = os.environ.get(LANG_VARIABLE) or os.environ.get("LANG", "")
    return "en" if chosen.lower().startswith("en") else "zh"


def said(template: str, **params: Any) -> str:
    """Return a sentence in the user's language."""
    return printable(render(template, params, lang=language()))


def say(template: str, **params: Any) -> None:
    """Print a sentence to standard output."""
    typer.echo(said(template, **params))


def tell(template: str, **params: Any) -> None:
    """Print a sentence to standard error."""
    typer.echo(said(template, **params), err=True)


@contextmanager
def working() -> "Iterator[Callable[[Note], None]]":
    """Show the stage of long work on a terminal's standard error; elsewhere show nothing."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.text import Text

    # a plain Text: brackets in the name of a file are no markup
    with Console(stderr=True).status("…") as status:
        yield lambda note: status.update(Text(note.render(language()) + " …"))


# ------------------------------------------------------------------- JSON


def print_json(document: Any) -> None:
    """Print the one JSON document of a command to standard output."""
    text = json.dumps(_plain(document), ensure_ascii=False, allow_nan=False)
    typer.echo(text)


def feature_collection(frame: "gpd.GeoDataFrame") -> dict[str, Any]:
    """Return a frame in EPSG:4326 as a GeoJSON FeatureCollection."""
    found: dict[str, Any] = json.loads(frame.to_json(na="null", drop_id=True))
    return {"type": "FeatureCollection", "features": found["features"]}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


# ------------------------------------------------------------------- imports


def print_report(report: "ImportReport", *, dry_run: bool) -> None:
    """Print what became of a file's rows."""
    from stationmap.city.layers import LABELS

    kind = said(LABELS[report.kind])
    say(N_("{kind} from {file}"), kind=kind, file=report.file)
    for layer, counts in report.layers.items():
        say(N_("  {layer}: {counts}"), layer=said(LABELS[layer]), counts=_counts(counts))
    say(N_("  all: {counts}"), counts=_counts(report.counts))
    if report.totals:
        say(N_("  {rows} of the quarantined only add up others"), rows=report.totals)
    if report.diff is not None:
        say(
            N_("  new {new}, changed {changed}, removed {removed}"),
            new=len(report.diff.new),
            changed=len(report.diff.changed),
            removed=report.removed,
        )
        _print_conflicts(report)
    if report.counts.to_locate:
        say(N_("  of these {rows} have no place yet (to locate)"), rows=report.counts.to_locate)
    if report.outside:
        say(N_("  {rows} lie outside the city's streets and districts"), rows=report.outside)
    if report.datum is not None:
        # evidence for another datum stands in the warning, not beside the datum it speaks against
        agrees = report.evidence is not None and report.evidence.decided in (None, report.datum)
        reason = f" ({report.evidence.render(language())})" if agrees else ""
        say(N_("  datum {datum}{reason}"), datum=report.datum, reason=reason)
    for note in report.notes:
        say(N_("  note: {note}"), note=note)
    _print_refusals(report)
    if dry_run:
        say(N_("  nothing was written (--dry-run)"))
    elif not report.written:
        say(N_("  nothing changed: the city had all of it already"))


def _print_conflicts(report: "ImportReport") -> None:
    lines = report.diff.conflicts if report.diff is not None else []
    for line in lines[:REFUSALS_SHOWN]:
        say(
            N_("  edited here and in the file, row {row}: {id} {name}"),
            row=line.row,
            id=line.id,
            name=line.name or "",
        )
    if (more := len(lines) - REFUSALS_SHOWN) > 0:
        say(N_("  … and {rows} more"), rows=more)


def _print_refusals(report: "ImportReport") -> None:
    for entry in report.entries[:REFUSALS_SHOWN]:
        reason, advice = entry.refusal.sentences()
        row = entry.id if entry.row is None else entry.row
        say(N_("  not used, {row}: {reason}; {advice}"), row=row, reason=reason, advice=advice)
    more = len(report.entries) - REFUSALS_SHOWN
    if more > 0:
        say(N_("  … and {rows} more"), rows=more)
    if report.quarantine_file is not None:
        say(N_("  all rows not used are listed in {file}"), file=report.quarantine_file)


def _counts(counts: "Counts") -> str:
    return said(
        N_("read {read}, accepted {accepted} (unchanged {unchanged}), quarantined {quarantined}"),
        **vars(counts),
    )


# ------------------------------------------------------------------- gaps


def summary_sentence(now: "Answers", summary: dict[str, Any]) -> str:
    """Return the one sentence that sums up the gaps of a city."""
    rule = now.rule(None)
    share = summary["covered_share"]
    sentence = said(
        N_(
            "{streets} have {frontage} km of shop frontage; {share} of it has a {type} within "
            "{spacing} m. {label}: {gaps}; at least {points} more {type} needed"
        ),
        streets=said(N_(", ")).join(said(CLASSES[name]) for name in rule.along),
        frontage=_km(summary["frontage_m"]),
        share="–" if share is None else f"{share:.0%}",
        type=now.pack.site_type(rule.site_type).name.get(language()),
        spacing=f"{rule.spacing_m:g}",
        label=now.pack.label("gap").get(language()),
        gaps=summary["gaps"],
        points=summary["points_needed"],
    )
    return sentence[:1].upper() + sentence[1:]


def print_gaps(now: "Answers", spacing: "Spacing", summary: dict[str, Any]) -> None:
    """Print the summary and the streets that need most points."""
    from stationmap.reports.assumed import READINGS
    from stationmap.reports.frontage import verdict

    streets, rule = now.streets(), now.rule(None)
    typer.echo(summary_sentence(now, summary))
    if summary["assumed_m"] > 0:
        say(
            N_(
                "Of it {assumed} km are assumed: the shops there are not declared complete, so the "
                "whole street counts. Shops are known along {known} km."
            ),
            assumed=_km(summary["assumed_m"]),
            known=_km(shops_m(now)),
        )
    say(
        N_(
            "By count {ok} of {runs} stretches have enough; by largest gap {gaps} gaps; by covered "
            "share {share}. The standard decides by {decides}."
        ),
        ok=summary["runs_count_ok"],
        runs=summary["runs"],
        gaps=summary["gaps"],
        share="–" if summary["covered_share"] is None else f"{summary['covered_share']:.1%}",
        decides=said(READINGS[rule.decides]),
    )
    say(
        N_("So the city as a whole: {verdict}."),
        verdict=said(verdict(met=spacing.met(rule.decides))),
    )
    say(
        N_("Streets measured once: {length} km (both carriageways apart: {raw} km)."),
        length=_km(float(streets.parts["length_m"].sum())),
        raw=_km(streets.raw_m),
    )
    _print_streets(spacing)


def print_coverages(now: "Answers", built: "Spacing", effective: "Spacing") -> None:
    """Print built and effective coverage beside each other."""
    shares = (spacing.summary()["covered_share"] for spacing in (built, effective))
    say(
        N_(
            "Built coverage {built}, effective {effective}: {idle} of {stations} stations that "
            "count do not serve (found closed, unstaffed or failing, or not looked at for more "
            "than {days} days)."
        ),
        **{
            name: "–" if share is None else f"{share:.1%}"
            for name, share in zip(("built", "effective"), shares, strict=True)
        },
        idle=built.stations_counted - effective.stations_counted,
        stations=built.stations_counted,
        days=now.pack.stale_days,
    )


def gaps_summary(now: "Answers", spacing: "Spacing") -> dict[str, Any]:
    """Return what `gaps --json` says of the city.

    Beside `Spacing.summary`: ``shops_m``, the length along which shops are known, the reading that
    ``decides``, and whether the city is ``met`` by it.
    """
    decides = now.rule(None).decides
    verdict = {"shops_m": shops_m(now), "decides": decides, "met": spacing.met(decides)}
    return spacing.summary() | verdict


def shops_m(now: "Answers") -> float:
    """Return the length of frontage along which shops are known, in metres."""
    known = now.streets().shop_stretches
    return float((known["to_m"] - known["from_m"]).sum())


def _print_streets(spacing: "Spacing") -> None:
    table = spacing.streets()
    table = table[table["gaps"] > 0].sort_values(
        ["points_needed", "gap_m", "street_id"], ascending=[False, False, True]
    )
    if table.empty:
        return
    headings = (
        N_("Frontage, m"),
        N_("Covered"),
        N_("Gaps"),
        N_("Gap length, m"),
        N_("Points needed"),
    )
    print_table(
        (said(N_("Street")), said(N_("Class"))),
        [
            (
                str(row.name or said(N_("(unnamed)"))),
                said(CLASSES[row.street_class]),
                f"{row.frontage_m:,.0f}",
                f"{row.covered_share:.0%}",
                str(row.gaps),
                f"{row.gap_m:,.0f}",
                str(row.points_needed),
            )
            for row in table.head(STREETS_SHOWN).itertuples()
        ],
        numbers=[said(heading) for heading in headings],
        wide=0,
    )
    more = len(table) - STREETS_SHOWN
    if more > 0:
        say(N_("… and {streets} more streets; --out writes every gap to a file"), streets=more)


# ------------------------------------------------------------------- tables


def print_table(
    headings: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    numbers: Sequence[str] = (),
    wide: int | None = None,
    widest: Mapping[int, int] = MappingProxyType({}),
    width: int = WIDTH,
) -> None:
    """Print a table of texts.

    Parameters
    ----------
    headings : sequence of str
    rows : iterable of sequence of str
        One text for each of the headings, then of the numbers.
    numbers : sequence of str
        Headings of the columns set to the right, after the others.
    wide : int, optional
        The column that takes what room there is.
    widest : mapping of int to int
        Columns whose longer texts are cut, to which width.
    width : int
        Of a line, off a terminal.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    def plain(number: int, text: str) -> Text:
        shown = Text(text)  # brackets in it are no markup
        if number in widest:
            shown.truncate(widest[number], overflow="ellipsis")
        return shown

    shown = Table(box=box.SIMPLE_HEAD)
    for number, heading in enumerate(headings):
        shown.add_column(Text(heading), overflow="fold", ratio=1 if number == wide else None)
    for heading in numbers:
        shown.add_column(Text(heading), justify="right")
    for row in rows:
        shown.add_row(*(plain(number, text) for number, text in enumerate(row)))
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=width)
    console.print(shown)


def _km(metres: float) -> str:
    return f"{metres / 1000:,.1f}"
