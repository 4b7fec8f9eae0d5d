"""The poster for a station's door: its code to scan, its name, when it is open, what it has."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from stationmap.io.files import replacing
from stationmap.messages import N_, render
from stationmap.reports.content import clean
from stationmap.reports.pdf import fetcher, require_pdf

_STYLE = Path(__file__).with_name("poster.css")
_LONGEST = 160  # characters of one text; more would not be read at a door, nor fit on the page
# a name of up to so many characters is set in this size
_NAMES = ((8, "short"), (16, "middle"), (32, "long"))
_DOCTYPE = "<!DOCTYPE html>\n"


@dataclass(frozen=True)
class Poster:
    """What stands on the poster of a station; a text that is "" is left out.

    Attributes
    ----------
    city, kind, name : str
        The city, the type of the station, its name.
    hours : str
        As people write them.
    supplies : sequence of str
        What it has, in words.
    place, phone : str
        Its address in the city, and its public telephone.
    address : str
        Of the page behind the code.
    code_size, code_path : int, str
        The code: a square of so many units, and the path of what is black.
    note : str
        The last line: the station's id and the date.
    """

    city: str
    kind: str
    name: str
    hours: str
    supplies: Sequence[str]
    place: str
    phone: str
    address: str
    code_size: int
    code_path: str
    note: str


def write_poster(path: Path, poster: Poster, *, lang: str) -> None:
    """Write a poster as a PDF of one page of A4; what stood at the path is replaced at once.

    Raises
    ------
    InputError
        The system libraries that set a PDF are missing.
    """
    require_pdf()
    from weasyprint import CSS, HTML

    nothing = fetcher({})
    style = CSS(string=_STYLE.read_text(encoding="utf-8"), url_fetcher=nothing)
    for dense in (False, True):
        page = HTML(string=html(poster, lang=lang, dense=dense), url_fetcher=nothing)
        document = page.render(stylesheets=[style])
        if len(document.pages) == 1:
            break
    with replacing(path) as temporary:
        document.write_pdf(temporary)


def html(poster: Poster, *, lang: str, dense: bool = False) -> str:
    """Return a poster as an HTML document; `dense` where it says so much that it needs room."""
    root = ET.Element("html", lang="zh-CN" if lang == "zh" else "en")
    head = ET.SubElement(root, "head")
    body = ET.SubElement(root, "body", {"class": "dense"} if dense else {})
    ET.SubElement(head, "meta", charset="utf-8")
    _text(head, "title", poster.name)
    _text(body, "p", " · ".join(filter(None, (poster.city, poster.kind))), "city")
    size = next((kind for most, kind in _NAMES if len(poster.name) <= most), "longest")
    _text(body, "h1", poster.name, size)
    _code(body, poster)
    _text(body, "p", render(N_("Scan for hours, supplies and the way here"), {}, lang=lang), "scan")
    facts = (
        (N_("Opening hours"), poster.hours),
        (N_("Supplies here"), render(N_(", "), {}, lang=lang).join(poster.supplies)),
        (N_("Address"), poster.place),
        (N_("Telephone"), poster.phone),
    )
    table = ET.SubElement(body, "table")
    for label, text in facts:
        if text:
            row = ET.SubElement(table, "tr")
            _text(row, "th", render(label, {}, lang=lang))
            _text(row, "td", text)
    _text(body, "p", render(N_("Something is not right? Scan and tell us."), {}, lang=lang), "ask")
    foot = ET.SubElement(body, "footer")
    _text(foot, "p", poster.address)
    _text(foot, "p", poster.note)
    return _DOCTYPE + ET.tostring(root, encoding="unicode", method="html")


def _code(body: ET.Element, poster: Poster) -> None:
    box = f"0 0 {poster.code_size} {poster.code_size}"
    svg = ET.SubElement(body, "svg", {"viewBox": box, "class": "code"})
    ET.SubElement(svg, "path", {"d": poster.code_path})


def _text(parent: ET.Element, name: str, text: str, kind: str = "") -> None:
    element = ET.SubElement(parent, name, {"class": kind} if kind else {})
    said = clean(text)
    element.text = said if len(said) <= _LONGEST else f"{said[: _LONGEST - 1]}…"
