"""A report as a Word document, in the look of an official one (GB/T 9704)."""

import io
from functools import cache
from itertools import zip_longest
from pathlib import Path
from typing import Any

from stationmap.io.files import replacing
from stationmap.reports.content import (
    MARGINS_MM,
    PICTURE_HIGH_MM,
    TEXT_MM,
    Block,
    Column,
    Paragraph,
    Picture,
    Report,
    Table,
    clean,
)

# style → font for Chinese, font for Latin, points
_FONTS = {
    "Normal": ("仿宋_GB2312", "Times New Roman", 16.0),
    "Title": ("方正小标宋简体", "Times New Roman", 22.0),
    "Subtitle": ("楷体_GB2312", "Times New Roman", 16.0),
    "Heading 1": ("黑体", "Times New Roman", 16.0),
    "Heading 2": ("楷体_GB2312", "Times New Roman", 16.0),
    "Caption": ("黑体", "Times New Roman", 12.0),
    "Footer": ("宋体", "Times New Roman", 14.0),
}
_GRID = "Table Grid"
# what stands in for a font on a machine that lacks it, in the table of fonts of the document
_STAND_INS = {
    "仿宋_GB2312": "仿宋,FangSong,Noto Serif CJK SC",
    "方正小标宋简体": "华文中宋,STZhongsong,SimSun,Noto Serif CJK SC",
    "楷体_GB2312": "楷体,KaiTi,Noto Serif CJK SC",
    "黑体": "SimHei,Noto Sans CJK SC",
    "宋体": "SimSun,Noto Serif CJK SC",
}
_TABLES = ("Normal Table", _GRID)
_LINE_PT = 28.0
_TABLE_PT = 10.5
_NOTE_PT = 10.5


def write_docx(path: Path, report: Report) -> None:
    """Write a report; what stood at the path is replaced at once.

    Fonts are named for Chinese and Latin text apart, with stand-ins for machines without the
    official ones. Headings of tables repeat on every page; pages are numbered.
    """
    from docx import Document
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    document = Document(io.BytesIO(_blank(report.lang)))
    document.core_properties.title = clean(report.title.replace("\n", ""))
    document.add_paragraph(clean(report.title), style="Title")
    if report.subtitle:
        document.add_paragraph(clean(report.subtitle), style="Subtitle")
    for paragraph in report.opening:
        _add(document, paragraph, report)
    for level, heading, blocks in report.outline():
        _indent(document.add_paragraph(clean(heading), style=f"Heading {level}"), report)
        for block, following in zip_longest(blocks, blocks[1:]):
            added = _add(document, block, report)
            if isinstance(following, Picture):
                added.paragraph_format.keep_with_next = True
    for number, closing in enumerate(report.closing):
        added = _add(document, closing, report)
        added.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        added.paragraph_format.keep_with_next = number + 1 < len(report.closing)
        added.paragraph_format.space_before = Pt(0 if number else _LINE_PT)
    for annex in report.annexes:
        added = document.add_paragraph(clean(annex.heading), style="Heading 1")
        added.paragraph_format.page_break_before = annex is report.annexes[0]
        for block in annex.blocks:
            _add(document, block, report)
    with replacing(path) as temporary:
        document.save(str(temporary))


# ------------------------------------------------------------------- blocks


def _add(document: Any, block: Block, report: Report) -> Any:
    if isinstance(block, Paragraph):
        return _add_paragraph(document, block, report)
    if isinstance(block, Picture):
        return _add_picture(document, block)
    return _add_table(document, block)


def _add_paragraph(document: Any, block: Paragraph, report: Report) -> Any:
    from docx.shared import Pt

    paragraph = document.add_paragraph(clean(block.text))
    if block.kind == "body":
        _indent(paragraph, report)
    if block.kind == "note":
        paragraph.paragraph_format.line_spacing = 1.0
        for run in paragraph.runs:
            run.font.size = Pt(_NOTE_PT)
    return paragraph


def _indent(paragraph: Any, report: Report) -> None:
    """Indent the first line by two Chinese characters."""
    if report.lang == "zh":
        from docx.oxml.ns import qn

        indent = paragraph._p.get_or_add_pPr().get_or_add_ind()
        indent.set(qn("w:firstLineChars"), "200")
        indent.set(qn("w:firstLine"), str(int(2 * _FONTS["Normal"][2] * 20)))


def _add_picture(document: Any, block: Picture) -> Any:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Mm

    paragraph = document.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.keep_with_next = True
    paragraph.paragraph_format.line_spacing = 1.0
    width = min(TEXT_MM, PICTURE_HIGH_MM / block.ratio)
    shape = paragraph.add_run().add_picture(io.BytesIO(block.png), width=Mm(width))
    shape._inline.docPr.set("descr", clean(block.caption))
    return document.add_paragraph(clean(block.caption), style="Caption")


def _add_table(document: Any, block: Table) -> Any:
    from docx.enum.table import WD_TABLE_ALIGNMENT
    from docx.shared import Mm

    if block.title:
        title = document.add_paragraph(clean(block.title), style="Caption")
        title.paragraph_format.keep_with_next = True
    table = document.add_table(rows=1, cols=len(block.columns), style=_GRID)
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    whole = sum(column.width for column in block.columns)
    for made, column in zip(table.columns, block.columns, strict=True):
        made.width = Mm(TEXT_MM * column.width / whole)
    _fill(table.rows[0], [c.heading for c in block.columns], block.columns, bold=True)
    _mark(table.rows[0], "w:tblHeader")
    for number, cells in enumerate(block.rows, start=1):
        last = block.total and number == len(block.rows)
        _fill(table.add_row(), cells, block.columns, bold=last)
    return _add_note(document, block.note)


def _add_note(document: Any, note: str) -> Any:
    """Add what stands below a table; without a note a small gap."""
    from docx.shared import Pt

    paragraph = document.add_paragraph(clean(note))
    paragraph.paragraph_format.line_spacing = Pt(15 if note else 8)
    paragraph.paragraph_format.space_after = Pt(6 if note else 0)
    for run in paragraph.runs:
        run.font.size = Pt(_NOTE_PT)
    return paragraph


def _fill(row: Any, cells: Any, columns: tuple[Column, ...], *, bold: bool) -> None:
    from docx.enum.table import WD_ALIGN_VERTICAL
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Mm, Pt

    whole = sum(column.width for column in columns)
    _mark(row, "w:cantSplit")
    for cell, text, column in zip(row.cells, cells, columns, strict=True):
        cell.width = Mm(TEXT_MM * column.width / whole)
        cell.vertical_alignment = WD_ALIGN_VERTICAL.CENTER
        paragraph = cell.paragraphs[0]
        centred = bold or column.number
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER if centred else WD_ALIGN_PARAGRAPH.LEFT
        paragraph.paragraph_format.line_spacing = 1.0
        run = paragraph.add_run(clean(text))
        run.font.size = Pt(_TABLE_PT)
        if bold:
            _set_fonts(run._r.get_or_add_rPr(), "黑体", "Times New Roman")


def _mark(row: Any, name: str) -> None:
    from docx.oxml import OxmlElement

    row._tr.get_or_add_trPr().append(OxmlElement(name))


# ------------------------------------------------------------------- page and styles


@cache
def _blank(lang: str) -> bytes:
    """Return a document without text, set up; made once, as many may be written in a row."""
    from docx import Document

    document = Document()
    _set_up(document, lang)
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def _set_up(document: Any, lang: str) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
    from docx.shared import Mm, Pt, RGBColor

    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    for side, width in MARGINS_MM.items():
        setattr(section, f"{side}_margin", Mm(width))
    section.footer_distance = Mm(MARGINS_MM["bottom"] - 7 - 5)
    for name, (chinese, latin, size) in _FONTS.items():
        style = document.styles[name]
        style.font.size = Pt(size)
        style.font.bold = style.font.italic = False
        style.font.color.rgb = RGBColor(0, 0, 0)
        _set_fonts(style.element.get_or_add_rPr(), chinese, latin)
        layout = style.paragraph_format
        layout.space_before = layout.space_after = Pt(0)
        layout.line_spacing_rule = WD_LINE_SPACING.EXACTLY
        layout.line_spacing = Pt(_LINE_PT)
    for name in ("Title", "Subtitle", "Caption"):
        document.styles[name].paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    document.styles["Title"].paragraph_format.line_spacing = Pt(36)
    document.styles["Subtitle"].paragraph_format.space_after = Pt(_LINE_PT)
    document.styles["Caption"].paragraph_format.line_spacing = Pt(20)
    _no_rule_below_title(document)
    _leave_out_tables(document)
    _speak(document, "zh-CN" if lang == "zh" else "en-US")
    _number_pages(document)
    _name_stand_ins(document)
    document.core_properties.author = "StationMap"
    document.core_properties.language = "zh-CN" if lang == "zh" else "en"


def _set_fonts(properties: Any, chinese: str, latin: str) -> None:
    """Name the fonts of a run or a style; those of the theme would be stronger and go."""
    from docx.oxml.ns import qn

    fonts = properties.get_or_add_rFonts()
    for key in list(fonts.attrib):
        del fonts.attrib[key]
    for key, font in (("ascii", latin), ("hAnsi", latin), ("cs", latin), ("eastAsia", chinese)):
        fonts.set(qn(f"w:{key}"), font)


def _speak(document: Any, language: str) -> None:
    """Say the language of all text: it decides how Chinese punctuation is drawn."""
    from docx.oxml.ns import qn

    for found in document.styles.element.iter(qn("w:lang")):
        found.set(qn("w:val"), language)
        found.set(qn("w:eastAsia"), "zh-CN")


def _leave_out_tables(document: Any) -> None:
    """Leave out the looks of tables that are not used: most of the styles that a look-up reads."""
    from docx.enum.style import WD_STYLE_TYPE

    for style in list(document.styles):
        if style.type == WD_STYLE_TYPE.TABLE and style.name not in _TABLES:
            style.delete()


def _no_rule_below_title(document: Any) -> None:
    from docx.oxml.ns import qn

    properties = document.styles["Title"].element.get_or_add_pPr()
    for border in properties.findall(qn("w:pBdr")):
        properties.remove(border)


def _number_pages(document: Any) -> None:
    """Set the number of each page at its outer edge, as official documents do."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    document.settings.odd_and_even_pages_header_footer = True
    section = document.sections[0]
    sides = (
        (section.footer, WD_ALIGN_PARAGRAPH.RIGHT),
        (section.even_page_footer, WD_ALIGN_PARAGRAPH.LEFT),
    )
    for footer, side in sides:
        footer.is_linked_to_previous = False
        paragraph = footer.paragraphs[0]
        paragraph.style = document.styles["Footer"]
        paragraph.alignment = side
        paragraph.add_run("— ")
        _add_page_field(paragraph)
        paragraph.add_run(" —")


def _add_page_field(paragraph: Any) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    for kind, text in (("begin", None), (None, "PAGE"), ("end", None)):
        run = paragraph.add_run()._r
        if kind:
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
        else:
            mark = OxmlElement("w:instrText")
            mark.text = text
        run.append(mark)


def _name_stand_ins(document: Any) -> None:
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.opc.oxml import serialize_part_xml
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    part = document.part.part_related_by(RELATIONSHIP_TYPE.FONT_TABLE)
    root = parse_xml(part.blob)
    for font, stand_ins in _STAND_INS.items():
        root.append(
            parse_xml(
                f'<w:font {nsdecls("w")} w:name="{font}"><w:altName w:val="{stand_ins}"/></w:font>'
            )
        )
    part._blob = serialize_part_xml(root)
