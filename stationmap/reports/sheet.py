"""The checklist of a pack on paper: A4, to be printed and filled in by hand at a station."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from stationmap.inspections import VISIT, Checklist, Line
from stationmap.inspections.words import VISIT_NAMES
from stationmap.io.files import replacing
from stationmap.messages import N_, render
from stationmap.reports.content import clean
from stationmap.reports.pdf import fetcher, require_pdf
from stationmap.standards import Pack
from stationmap.stations import SUPPLIES

STYLE = Path(__file__).with_name("sheet.css")
BOX = "☐"
_COLUMNS = (
    N_("Line"),
    N_("What it asks"),
    N_("Met"),
    N_("Not met"),
    N_("Not applicable"),
    N_("What was found"),
)


@dataclass(frozen=True)
class Blank:
    """One sheet: the type of station that it is for, and what is known of the station itself.

    Attributes
    ----------
    site_type : str
        Id of a type of the pack.
    station : mapping
        ``id, name, address, unit, supervising_unit`` of a station; empty for a blank sheet.
    """

    site_type: str
    station: Mapping[str, str | None] = field(default_factory=dict)


def sheets(pack: Pack, blanks: Sequence[Blank], *, lang: str, style: str = "") -> str:
    """Return one HTML document with a sheet for each blank, each on a page of its own.

    Parameters
    ----------
    pack : Pack
    blanks : sequence of Blank
    lang : {"zh", "en"}
    style : str
        Address of the style sheet; none unless given.
    """
    writer = _Writer(pack, Checklist.of_pack(pack), lang)
    root = ET.Element("html", lang="zh-CN" if lang == "zh" else "en")
    head, body = ET.SubElement(root, "head"), ET.SubElement(root, "body")
    ET.SubElement(head, "meta", charset="utf-8")
    ET.SubElement(head, "meta", name="viewport", content="width=device-width, initial-scale=1")
    _text(head, "title", writer.say(N_("Inspection sheet")))
    if style:
        ET.SubElement(head, "link", rel="stylesheet", href=style)
    for blank in blanks:
        writer.add(ET.SubElement(body, "section"), blank)
    return "<!DOCTYPE html>\n" + ET.tostring(root, encoding="unicode", method="html")


def write_pdf(path: Path, pack: Pack, blanks: Sequence[Blank], *, lang: str) -> None:
    """Write the sheets as a PDF; what stood at the path is replaced at once.

    Raises
    ------
    InputError
        The system libraries that set a PDF are missing.
    """
    require_pdf()
    from weasyprint import CSS, HTML

    nothing = fetcher({})
    page = HTML(string=sheets(pack, blanks, lang=lang), url_fetcher=nothing)
    style = CSS(string=STYLE.read_text(encoding="utf-8"), url_fetcher=nothing)
    with replacing(path) as temporary:
        page.write_pdf(temporary, stylesheets=[style])


def write_html(path: Path, pack: Pack, blanks: Sequence[Blank], *, lang: str) -> None:
    """Write the sheets as one HTML file that needs no other; see `write_pdf`."""
    page = sheets(pack, blanks, lang=lang)
    style = f"<style>\n{STYLE.read_text(encoding='utf-8')}</style></head>"
    with replacing(path) as temporary:
        temporary.write_text(page.replace("</head>", style, 1), encoding="utf-8")


class _Writer:
    def __init__(self, pack: Pack, checklist: Checklist, lang: str) -> None:
        self.pack, self.checklist, self.lang = pack, checklist, lang

    def say(self, template: str, **params: Any) -> str:
        return render(template, params, lang=self.lang)

    def add(self, section: ET.Element, blank: Blank) -> None:
        say, document = self.say, self.pack.document
        named = self.pack.site_type(blank.site_type).name.get(self.lang)
        _text(section, "h1", say(N_("Inspection sheet: {type}"), type=named))
        issued = f"{document.number} · {self.pack.id} {self.pack.edition}"
        _text(section, "p", issued, "document")
        self._about(section, blank, named)
        how = N_(
            "Tick one box a line. What is not looked at stays empty. “Not applicable” has a box "
            "only where the document leaves room for it; of an advisory line a shortfall is advice."
        )
        _text(section, "p", say(how), "how")
        self._lines(section, self.checklist.of_type(blank.site_type))
        self._supplies(section)
        self._end(section)

    def _about(self, section: ET.Element, blank: Blank, named: str) -> None:
        say, known = self.say, blank.station
        supervisor = known.get("supervising_unit")
        kinds = "　".join(f"{BOX} {say(kind)}" for kind in VISIT_NAMES.values())
        rows = (
            (N_("Station"), known.get("name"), N_("Station id"), known.get("id")),
            (N_("Type"), named, N_("Unit"), known.get("unit")),
            (N_("Address"), known.get("address"), N_("Supervising unit"), supervisor),
            (N_("Kind of visit"), kinds, N_("Date and time"), None),
        )
        body = _table(section, "about")
        for first, one, second, other in rows:
            row = ET.SubElement(body, "tr")
            for head, text in ((first, one), (second, other)):
                _text(row, "th", say(head)).set("scope", "row")
                _text(row, "td", text or "")

    def _lines(self, section: ET.Element, lines: Sequence[Line]) -> None:
        body = _table(section, "lines", [self.say(head) for head in _COLUMNS])
        before = None
        for line in lines:
            if line.item != before:
                before = line.item
                self._item(body, line)
            row = ET.SubElement(body, "tr")
            _text(row, "td", line.key.replace("#", "/").removeprefix(f"{VISIT}/"), "key")
            asked = _text(row, "td", line.text[self.lang])
            if line.force == "advisory":
                mark = ET.SubElement(asked, "span", {"class": "advisory"})
                mark.text = self.say(N_(" (advisory)"))
            for there in (True, True, line.may_not_apply):
                _text(row, "td", BOX if there else "", "box")
            ET.SubElement(row, "td")

    def _item(self, body: ET.Element, line: Line) -> None:
        row = ET.SubElement(body, "tr", {"class": "item"})
        head = _text(row, "th", line.title[self.lang] + " ")
        head.set("colspan", str(len(_COLUMNS)))
        if line.article:
            ET.SubElement(head, "span").text = line.article

    def _supplies(self, section: ET.Element) -> None:
        heads = (N_("Supply"), N_("Count"), N_("Condition"))
        body = _table(section, "supplies whole", [self.say(head) for head in heads])
        for label in SUPPLIES.values():
            row = ET.SubElement(body, "tr")
            _text(row, "td", self.say(label))
            for _ in heads[1:]:
                ET.SubElement(row, "td")

    def _end(self, section: ET.Element) -> None:
        say, days = self.say, self.pack.rectify_days
        body = _table(section, "end whole")
        until = N_("To be put right within {days} days, until:")
        signature = N_("Signature on the spot, and post (not of an unannounced visit)")
        for heads in (
            (say(N_("Remarks")),),
            (say(until, days=days), say(N_("Inspector"))),
            (say(signature),),
        ):
            row = ET.SubElement(body, "tr")
            for head in heads:
                _text(row, "th", head).set("scope", "row")
                ET.SubElement(row, "td").set("colspan", "1" if heads[1:] else "3")


def _table(parent: ET.Element, kind: str, heads: Sequence[str] = ()) -> ET.Element:
    """Add a table; return its body."""
    table = ET.SubElement(parent, "table", {"class": kind})
    if heads:
        row = ET.SubElement(ET.SubElement(table, "thead"), "tr")
        for head in heads:
            _text(row, "th", head).set("scope", "col")
    return ET.SubElement(table, "tbody")


def _text(parent: ET.Element, name: str, text: str, kind: str = "") -> ET.Element:
    element = ET.SubElement(parent, name, {"class": kind} if kind else {})
    element.text = clean(text)
    return element
