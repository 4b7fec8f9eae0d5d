"""Blank workbooks that an office fills in and imports without options."""

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO, Any, NamedTuple

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.worksheet.datavalidation import DataValidation

from stationmap import standards
from stationmap.errors import InputError
from stationmap.inspections import Checklist
from stationmap.io import xlsform
from stationmap.io.files import replacing
from stationmap.io.sheets import column_letters
from stationmap.io.tabular import EXPLANATIONS
from stationmap.standards import Pack, tables
from stationmap.standards.entries import Text

ROWS = 5000
"""Rows of a workbook whose cells offer their choices."""
_LISTS = "选项"
_FILL = PatternFill("solid", fgColor="DDE8F0")
_MUST_FILL = PatternFill("solid", fgColor="FBE3C0")
_SHEET = {"zh": EXPLANATIONS[0], "en": EXPLANATIONS[1]}
_HEADS = {
    "zh": ("列名", "怎么填", "必填", "示例", "可选内容"),
    "en": ("Column", "What it takes", "Must be there", "Example", "Choices"),
}
_MUST = {"zh": "必填", "en": "yes"}
_GUIDE = {
    "zh": (
        "在第一张表里从第 2 行起填写，一行一条；不要改列名，不要合并单元格。",
        "用不着的列可以空着或删去。合计行不必填，填了也不读取。",
        "不要填写个人姓名、电话和身份证号：系统不保存。",
    ),
    "en": (
        "Fill in the first sheet from row 2 on, one row each; keep the headings, merge no cells.",
        "Columns that are not needed may stay empty or be deleted; totals are not read.",
        "Write no names, phones or identity numbers of persons: they are not kept.",
    ),
}
_FIXED: Mapping[str, Mapping[str, Sequence[str]]] = {
    "statuses": {
        "zh": ("正常运行", "拟建", "暂停开放", "已撤销"),
        "en": ("active", "planned", "suspended", "closed"),
    },
    "yes_no": {"zh": ("是", "否"), "en": ("yes", "no")},
    "visits": {
        "zh": ("督查", "走访", "暗访", "自查"),
        "en": ("supervision", "call", "covert", "self"),
    },
    "results": {
        "zh": ("符合", "不符合", "不适用", "未检查"),
        "en": ("met", "not_met", "not_applicable", "unknown"),
    },
    "has_or_not": {"zh": ("有", "无"), "en": ("yes", "no")},
    "channels": {
        "zh": ("线上", "线下", "线上、线下"),
        "en": ("online", "offline", "online, offline"),
    },
    "urban": {"zh": ("城市社区", "农村社区"), "en": ("urban", "rural")},
}


class Column(NamedTuple):
    """One column of a blank workbook, in one language."""

    role: str
    heading: str
    note: str
    example: Any
    must: bool
    text: bool
    width: int
    choices: Sequence[str]


@cache
def _tables() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("templates.toml").read_text("utf-8"))


def kinds() -> tuple[str, ...]:
    """Return the kinds of import for which there is a blank workbook."""
    return tuple(_tables())


def title(kind: str) -> Text:
    """Return what a kind of workbook is called."""
    return Text(**_table(kind)["title"])


def headings(kind: str, *, lang: str = "zh") -> dict[str, str]:
    """Return what a blank workbook calls its columns: role → heading."""
    return {column["role"]: column["heading"][lang] for column in _table(kind)["column"]}


def columns(kind: str, *, pack: Pack | None = None, lang: str = "zh") -> list[Column]:
    """Return the columns of a blank workbook.

    Parameters
    ----------
    kind : str
        One of `kinds`.
    pack : Pack, optional
        The standard whose types of stations and rules are offered; those of all unless given.
    lang : {"zh", "en"}

    Raises
    ------
    InputError
        There is no such workbook.
    """
    found = []
    for column in _table(kind)["column"]:
        choices = _choices(column.get("choices", ""), pack=pack, lang=lang)
        example = column.get("example", {}).get(lang, choices[0] if choices else "")
        found.append(
            Column(
                role=column["role"],
                heading=column["heading"][lang],
                note=column["note"][lang],
                example=example,
                must=column.get("must", False),
                text=column.get("text", False),
                width=column["width"],
                choices=choices,
            )
        )
    return found


def write(
    target: str | Path | IO[bytes], kind: str, *, pack: Pack | None = None, lang: str = "zh"
) -> None:
    """Write the blank workbook of a kind.

    Its first sheet has one frozen row of headings, each with a comment; cells with a choice offer
    it. A second sheet explains every column. What is filled in can be imported without options.

    Parameters
    ----------
    target : str, Path or binary stream
        A file is replaced at once, when the new one is complete.
    kind, pack, lang
        See `columns`.
    """
    found = columns(kind, pack=pack, lang=lang)
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title(kind).get(lang)
    lists = book.create_sheet(_LISTS)
    for number, column in enumerate(found, start=1):
        letters = column_letters(number)
        cell = sheet.cell(1, number, column.heading)
        cell.font = Font(bold=True)
        cell.fill = _MUST_FILL if column.must else _FILL
        cell.alignment = Alignment(vertical="center", wrap_text=True)
        cell.comment = Comment(column.note, "StationMap", width=260, height=90)
        sheet.column_dimensions[letters].width = column.width
        if column.text:
            sheet.column_dimensions[letters].number_format = "@"
            for row in range(2, 201):
                sheet.cell(row, number).number_format = "@"
        if column.choices:
            _offer(sheet, lists, column.choices, number=number)
    sheet.freeze_panes = "A2"
    sheet.row_dimensions[1].height = 30
    _explain(book.create_sheet(_SHEET[lang], 1), found, lang=lang)
    lists.sheet_state = "hidden"
    if isinstance(target, str | Path):
        with replacing(Path(target)) as temporary:
            book.save(temporary)
    else:
        book.save(target)


def _table(kind: str) -> Any:
    if kind not in _tables():
        raise InputError(
            "there is no blank workbook for {kind}; expected one of: {known}",
            kind=kind,
            known=", ".join(_tables()),
        )
    return _tables()[kind]


def _choices(name: str, *, pack: Pack | None, lang: str) -> Sequence[str]:
    if not name:
        return ()
    if name in _FIXED:
        return _FIXED[name][lang]
    packs = [pack] if pack else [standards.load(one) for one in standards.available()]
    if name == "types":
        types = [site_type for one in packs for site_type in one.site_types]
        return tuple(dict.fromkeys(t.name.zh if lang == "zh" else t.id for t in types))
    if name == "lines":
        lines = [line for one in packs for line in Checklist.of_pack(one).lines]
        return tuple(dict.fromkeys(xlsform.label_of(line)[lang] for line in lines))
    if name == "rules":
        return tuple(dict.fromkeys(entry.id for one in packs for entry in one.entries()))
    categories = tables.categories()
    return tuple(text.zh if lang == "zh" else key for key, text in categories.items())


def _offer(sheet: Any, lists: Any, choices: Sequence[str], *, number: int) -> None:
    """Let the cells of a column be chosen from a list, which stands on a hidden sheet."""
    letters = column_letters(number)
    for row, choice in enumerate(choices, start=1):
        lists.cell(row, number, choice)
    rule = DataValidation(
        type="list",
        formula1=f"'{_LISTS}'!${letters}$1:${letters}${len(choices)}",
        allow_blank=True,
        showErrorMessage=True,
    )
    rule.add(f"{letters}2:{letters}{ROWS}")
    sheet.add_data_validation(rule)


def _explain(sheet: Any, found: Sequence[Column], *, lang: str) -> None:
    for text in _GUIDE[lang]:
        sheet.append([text])
    sheet.append([])
    sheet.append(_HEADS[lang])
    for cell in sheet[sheet.max_row]:
        cell.font = Font(bold=True)
        cell.fill = _FILL
    for column in found:
        must = _MUST[lang] if column.must else ""
        choices = "、".join(column.choices) if lang == "zh" else ", ".join(column.choices)
        sheet.append([column.heading, column.note, must, column.example, choices])
    for letters, width in zip("ABCDE", (22, 60, 14, 28, 60), strict=True):
        sheet.column_dimensions[letters].width = width
    for row in sheet.iter_rows(min_row=6):
        for cell in row:
            cell.alignment = Alignment(vertical="top", wrap_text=True)
