"""Files to take away: reports, gaps, indicators, and blank workbooks to fill in."""

import io
import re
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import BoundedSemaphore, Lock

from flask import Blueprint, Response, abort, send_file

from stationmap import reports
from stationmap.city import open_data, templates
from stationmap.city.dossier import dossier
from stationmap.io import tabular
from stationmap.messages import N_
from stationmap.reports.wording import percent
from web.caching import kept_by_version, present
from web.open_data import opened
from web.params import Params, gap_filters
from web.parts import class_name, type_name
from web.tables import gap_table, indicator_table
from web.view import EFFECTIVE, CityView
from web.words import say

downloads = opened(kept_by_version(Blueprint("downloads", __name__, url_prefix="/download")))

FORMATS = ("xlsx", "docx", "pdf", "gpkg", "png")
GAP_FORMATS = ("xlsx", "gpkg", "kml", "png")
# one report at a time: each takes a processor for seconds
_ONE = Lock()
# and few that wait: the map itself needs threads too
_PLACES = BoundedSemaphore(3)


@downloads.get("/report.<ending>")
def report(ending: str) -> Response:
    """Write the report on all rules, or on one (``?rule=``), of the city or of a district."""
    if ending not in FORMATS:
        abort(404)
    now, params = present(), Params.of_request()
    rule = params.text("rule").partition(":")[0]
    if rule and rule not in {entry.id for entry in now.pack.entries()}:
        abort(404)
    district = params.one_of("district", list(now.counties), default="") or None
    rules = (rule,) if rule else ()

    def write(path: Path) -> None:
        check = now.answers.check(rules=rules, district=district, today=now.today, lang=params.lang)
        found = dossier(now.answers, check, rules=rules, district=district, lang=params.lang)
        found = _for_everybody(found, ending, decimals=_decimals(now))
        reports.write_findings(path, found, lang=params.lang)

    return written(now, write, name=rule or now.pack.id, ending=ending)


@downloads.get("/gaps.<ending>")
def gaps(ending: str) -> Response:
    """Write the gaps that the list's filters let through (``?q=&class=&district=&coverage=``)."""
    params = Params.of_request()
    now = present().by(params.coverage())
    if ending not in GAP_FORMATS or not now.has_gaps:
        abort(404)
    filters = gap_filters(params, now.along)
    keep, name = now.select_gaps(**filters), now.pack.label("gap").get(params.lang)
    if now.coverage == EFFECTIVE:
        name = f"{name} ({say(N_('Effective coverage'), lang=params.lang)})"

    def write(path: Path) -> None:
        if ending == "xlsx":
            tabular.write_xlsx(path, {name: gap_table(now, keep, params.lang)})
            return
        gaps = now.gaps[keep].reset_index(drop=True)
        if ending != "png":
            gaps = open_data.published(gaps, datum="wgs84", decimals=_decimals(now))
        reports.write_gaps(
            path,
            gaps,
            streets=now.answers.streets(now.spacing_rule.id).parts,
            stations=now.answers.counting(now.spacing_rule.id, effective=now.coverage == EFFECTIVE),
            caption=_caption(now, filters, name, params.lang),
            lang=params.lang,
        )

    return written(now, write, name=name, ending=ending)


@downloads.get("/indicators.<ending>")
def indicators(ending: str) -> Response:
    """Write the figures of all indicators of the city, its counties and units."""
    if ending not in ("xlsx", "csv"):
        abort(404)
    now, params = present(), Params.of_request()
    name = say(N_("Indicators"), lang=params.lang)

    def write(path: Path) -> None:
        table = indicator_table(now, params.lang)
        if ending == "csv":
            tabular.write_csv(path, table)
        else:
            tabular.write_xlsx(path, {name: table})

    return written(now, write, name=name, ending=ending)


def _decimals(now: CityView) -> int:
    return now.answers.config.published.decimals


def _for_everybody(found: reports.Dossier, ending: str, *, decimals: int) -> reports.Dossier:
    """Return what a public report is written from: published places, and no approver's name."""
    if found.exemptions is not None:
        found = replace(found, exemptions=found.exemptions.drop(columns="approver"))
    if ending not in ("gpkg", "xlsx"):
        return found
    findings, frontage = found.findings, found.frontage
    if ending == "xlsx":
        # a workbook has one place for each
        findings = findings.set_geometry(findings.geometry.representative_point())
    if frontage is not None:
        gaps = open_data.published(frontage.gaps, datum="wgs84", decimals=decimals)
        frontage = replace(frontage, gaps=gaps)
    findings = open_data.published(findings, datum="wgs84", decimals=decimals)
    return replace(found, findings=findings, frontage=frontage)


def written(now: CityView, write: Callable[[Path], None], *, name: str, ending: str) -> Response:
    """Let a file be written beside the city, and send it."""
    if not _PLACES.acquire(blocking=False):
        abort(503)
    try:
        with _ONE, tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"report.{ending}"
            write(path)
            data = path.read_bytes()
    finally:
        _PLACES.release()
    return _file(data, f"{now.name}-{name}-{now.today:%Y%m%d}.{ending}")


def _caption(now: CityView, filters: dict[str, str], name: str, lang: str) -> reports.Caption:
    figures, rule = now.figures(**filters), now.spacing_rule
    summary = say(
        N_(
            "{frontage} km of shop frontage, {share} of it within {spacing} m of a {type}; "
            "{gaps} gaps, at least {points} more needed"
        ),
        lang=lang,
        frontage=f"{figures['frontage_m'] / 1000:.1f}",
        share=percent(figures["covered_share"]),
        spacing=f"{rule.spacing_m:g}",
        type=type_name(now, rule.site_type, lang),
        gaps=f"{figures['gaps']:,}",
        points=f"{figures['points_needed']:,}",
    )
    some = [
        class_name(filters["street_class"], lang) if filters["street_class"] else "",
        now.district_name(filters["district"]) if filters["district"] else "",
        filters["words"],
    ]
    return reports.Caption(
        title=" · ".join([now.name, name, *filter(None, some)]),
        summary=summary,
        station_type=" / ".join(type_name(now, t, lang) for t in rule.counts),
        source=", ".join(dict.fromkeys(r.file for r in now.answers.sources())),
        date=(now.date or "")[:10],
    )


@downloads.get("/template/<kind>.xlsx")
def template(kind: str) -> Response:
    """Write a blank workbook with the types of the city's own pack."""
    if kind not in templates.kinds():
        abort(404)
    now, params = present(), Params.of_request()
    book = io.BytesIO()
    templates.write(book, kind, pack=now.pack, lang=params.lang)
    return _file(book.getvalue(), f"{templates.title(kind).get(params.lang)}.xlsx")


def _file(data: bytes, name: str) -> Response:
    """Send a file under a name that any file system takes."""
    safe = re.sub(r"[^\w.()（）-]+", "_", name).strip("._")
    return send_file(io.BytesIO(data), as_attachment=True, download_name=safe)
