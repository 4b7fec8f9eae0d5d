"""A report as PDF: one page of HTML, set by WeasyPrint, which may fetch nothing."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from stationmap.errors import InputError
from stationmap.io.files import replacing
from stationmap.reports.content import Block, Paragraph, Picture, Report, Table, clean

_STYLE = Path(__file__).parent / "report.css"
_PICTURES = "picture:"
_WHOLE_ROWS = 5  # a table of so many is not broken between pages
_COLUMNS = 8  # of more, the words are smaller
# ids of rules stay on one line: Q-P.1
_UNBROKEN = re.compile(r"((?<![A-Za-z])[A-Z]{1,4}-[A-Z0-9]+(?:\.[A-Z0-9]+)*)")


def require_pdf() -> None:
    """Load WeasyPrint; InputError where the system libraries that it stands on are missing."""
    try:
        import weasyprint  # noqa: F401
    except OSError as error:
        raise InputError(
            "a PDF cannot be set on this machine: the library Pango is missing ({detail}); on "
            "Debian and Ubuntu: apt-get install libpango-1.0-0 libpangoft2-1.0-0 "
            "libharfbuzz-subset0 fonts-noto-cjk; or write .docx, which needs none of it",
            detail=str(error).split("\n")[0],
        ) from error


def write_pdf(path: Path, report: Report) -> None:
    """Write a report; what stood at the path is replaced at once.

    Raises
    ------
    InputError
        The system libraries that set a PDF are missing.
    """
    require_pdf()
    from weasyprint import CSS, HTML

    pictures: dict[str, bytes] = {}
    page = HTML(string=html(report, pictures=pictures), url_fetcher=fetcher(pictures))
    style = CSS(string=_STYLE.read_text(encoding="utf-8"), url_fetcher=fetcher({}))
    with replacing(path) as temporary:
        page.write_pdf(temporary, stylesheets=[style])


def html(report: Report, *, pictures: dict[str, bytes]) -> str:
    """Return a report as an HTML document; its pictures are put into `pictures`, by address."""
    root = ET.Element("html", lang="zh-CN" if report.lang == "zh" else "en")
    head, body = ET.SubElement(root, "head"), ET.SubElement(root, "body")
    ET.SubElement(head, "meta", charset="utf-8")
    _text(head, "title", report.title.replace("\n", ""))
    _text(body, "h1", report.title)
    _text(body, "p", report.subtitle, {"class": "subtitle"})
    for paragraph in report.opening:
        _add(body, paragraph, pictures)
    for level, heading, blocks in report.outline():
        _text(body, f"h{level + 1}", heading)
        for block in blocks:
            _add(body, block, pictures)
    for number, paragraph in enumerate(report.closing):
        _text(body, "p", paragraph.text, {"class": "date first" if number == 0 else "date"})
    for annex in report.annexes:
        section = ET.SubElement(body, "section", {"class": "annex"})
        _text(section, "h2", annex.heading)
        for block in annex.blocks:
            _add(section, block, pictures)
    return "<!DOCTYPE html>\n" + ET.tostring(root, encoding="unicode", method="html")


def _add(parent: ET.Element, block: Block, pictures: dict[str, bytes]) -> None:
    if isinstance(block, Paragraph):
        _text(parent, "p", block.text, {"class": block.kind})
    elif isinstance(block, Picture):
        address = f"{_PICTURES}{len(pictures)}"
        pictures[address] = block.png
        figure = ET.SubElement(parent, "figure")
        ET.SubElement(figure, "img", src=address, alt=clean(block.caption))
        _text(figure, "figcaption", block.caption)
    else:
        _add_table(parent, block)


def _add_table(parent: ET.Element, block: Table) -> None:
    kinds = {"whole": len(block.rows) <= _WHOLE_ROWS, "wide": len(block.columns) > _COLUMNS}
    table = ET.SubElement(parent, "table")
    if any(kinds.values()):
        table.set("class", " ".join(name for name, so in kinds.items() if so))
    if block.title:
        _text(table, "caption", block.title)
    whole = sum(column.width for column in block.columns)
    group = ET.SubElement(table, "colgroup")
    for column in block.columns:
        ET.SubElement(group, "col", style=f"width: {100 * column.width / whole:.3f}%")
    headings = ET.SubElement(ET.SubElement(table, "thead"), "tr")
    for column in block.columns:
        _text(headings, "th", column.heading)
    body = ET.SubElement(table, "tbody")
    for number, cells in enumerate(block.rows, start=1):
        last = block.total and number == len(block.rows)
        row = ET.SubElement(body, "tr", {"class": "total"} if last else {})
        for cell, column in zip(cells, block.columns, strict=True):
            _text(row, "td", cell, {"class": "number"} if column.number else {})
    if block.note:
        _text(parent, "p", block.note, {"class": "note"})


def _text(
    parent: ET.Element, name: str, text: str, attributes: dict[str, str] | None = None
) -> None:
    element = ET.SubElement(parent, name, attributes or {})
    pieces = [clean(text)] if name == "title" else _UNBROKEN.split(clean(text))
    element.text = pieces[0]
    for unbroken, rest in zip(pieces[1::2], pieces[2::2], strict=True):
        ET.SubElement(element, "span").text = unbroken
        element[-1].tail = rest


def fetcher(pictures: Mapping[str, bytes]) -> Any:
    """Return a fetcher that knows these pictures and refuses every other address."""
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

    class Pictures(URLFetcher):  # type: ignore[misc]
        def fetch(self, url: str, headers: Any = None) -> Any:
            del headers
            if url not in pictures:
                raise FatalURLFetchingError(url)
            return URLFetcherResponse(url, pictures[url], {"Content-Type": "image/png"})

    return Pictures()
