"""A workbook written with the standard library alone, so that the same rows make the same bytes."""

import io
import zipfile
from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape

Row = Sequence[str | float | None]
_SHEETS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_DATE = (2026, 7, 1, 0, 0, 0)


def workbook(sheets: Sequence[tuple[str, Sequence[Row]]], *, merged: str = "") -> bytes:
    """Return a workbook of sheets: name and rows of text, numbers and empty cells.

    `merged` is the range that is one cell on the sheet with most rows, such as ``A1:F1``.
    """
    largest = max(range(len(sheets)), key=lambda n: len(sheets[n][1]))
    parts = {
        "[Content_Types].xml": _content_types(len(sheets)),
        "_rels/.rels": _relations([("officeDocument", "xl/workbook.xml")]),
        "xl/workbook.xml": _list_of(name for name, _ in sheets),
        "xl/_rels/workbook.xml.rels": _relations(
            [("worksheet", f"worksheets/sheet{n}.xml") for n in range(1, len(sheets) + 1)]
        ),
    }
    for n, (_, rows) in enumerate(sheets):
        part = f"xl/worksheets/sheet{n + 1}.xml"
        parts[part] = _sheet(rows, merged=merged if n == largest else "")
    out = io.BytesIO()
    # stored: what is packed differs from one zlib to the next
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, text in parts.items():
            archive.writestr(zipfile.ZipInfo(name, _DATE), _HEAD + text)
    return out.getvalue()


def _content_types(sheets: int) -> str:
    said = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_TYPES}.worksheet+xml"/>'
        for n in range(1, sheets + 1)
    )
    return (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/>'
        f"{said}</Types>"
    )


def _relations(targets: Sequence[tuple[str, str]]) -> str:
    said = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(targets, start=1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{said}</Relationships>'


def _list_of(names: Iterable[str]) -> str:
    said = "".join(
        f'<sheet name="{escape(name)}" sheetId="{n}" r:id="rId{n}"/>'
        for n, name in enumerate(names, start=1)
    )
    return f'<workbook xmlns="{_SHEETS}" xmlns:r="{_OFFICE}"><sheets>{said}</sheets></workbook>'


def _sheet(rows: Sequence[Row], *, merged: str) -> str:
    said = "".join(
        f'<row r="{n}">{"".join(_cell(v, f"{_letters(k)}{n}") for k, v in enumerate(row))}</row>'
        for n, row in enumerate(rows, start=1)
    )
    joined = f'<mergeCells count="1"><mergeCell ref="{merged}"/></mergeCells>' if merged else ""
    return f'<worksheet xmlns="{_SHEETS}"><sheetData>{said}</sheetData>{joined}</worksheet>'


def _cell(value: str | float | None, place: str) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, str):
        text = f'<t xml:space="preserve">{escape(value)}</t>'
        return f'<c r="{place}" t="inlineStr"><is>{text}</is></c>'
    return f'<c r="{place}"><v>{value!r}</v></c>'


def _letters(column: int) -> str:
    return chr(ord("A") + column)
