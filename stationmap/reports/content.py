"""What a report says, apart from how it is set: sections of paragraphs, tables and pictures."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

# text width of the page in mm: A4 less 28 mm left and 26 mm right, as GB/T 9704 has it
TEXT_MM = 156.0
MARGINS_MM = {"top": 37.0, "right": 26.0, "bottom": 35.0, "left": 28.0}
PICTURE_HIGH_MM = 132.0

_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DIGITS = "〇一二三四五六七八九"


@dataclass(frozen=True)
class Paragraph:
    """Some sentences; ``kind`` is "body", "note" (small), "address" or "date" (who, when)."""

    text: str
    kind: str = "body"


@dataclass(frozen=True)
class Column:
    """A column of a table: heading, share of the width, and whether it holds numbers."""

    heading: str
    width: float = 1.0
    number: bool = False


@dataclass(frozen=True)
class Table:
    """A table of texts; a ``note`` stands below it, ``total`` tells that the last row sums up."""

    title: str
    columns: tuple[Column, ...]
    rows: Sequence[Sequence[str]]
    note: str = ""
    total: bool = False


@dataclass(frozen=True)
class Picture:
    """A PNG with its caption; ``ratio`` is height over width."""

    png: bytes = field(repr=False)
    caption: str
    ratio: float


Block = Paragraph | Table | Picture


@dataclass(frozen=True)
class Section:
    """A heading, what stands below it, and the sections within."""

    heading: str
    blocks: tuple[Block, ...] = ()
    sections: tuple["Section", ...] = ()


@dataclass(frozen=True)
class Report:
    """A whole report: title (of one or more lines), opening, sections, closing, annexed tables."""

    title: str
    subtitle: str
    opening: tuple[Paragraph, ...]
    sections: tuple[Section, ...]
    closing: tuple[Paragraph, ...]
    annexes: tuple[Section, ...]
    lang: str

    def outline(self) -> Iterator[tuple[int, str, tuple[Block, ...]]]:
        """Yield level (1, 2), numbered heading and blocks of the sections, in order."""
        for number, section in enumerate(self.sections, start=1):
            yield 1, numbered(number, level=1, lang=self.lang) + section.heading, section.blocks
            for inner, part in enumerate(section.sections, start=1):
                yield 2, numbered(inner, level=2, lang=self.lang) + part.heading, part.blocks


def numbered(number: int, *, level: int, lang: str) -> str:
    """Return what stands before a heading: 一、 （一） in Chinese, 1. and (1) in English."""
    if lang != "zh":
        return f"{number}. " if level == 1 else f"({number}) "
    words = chinese_number(number)
    return f"{words}、" if level == 1 else f"（{words}）"


def chinese_number(number: int) -> str:
    """Write a number from 1 to 99 in Chinese: 十二, 二十."""
    tens, ones = divmod(number, 10)
    if not 0 < number < 100:
        return str(number)
    ten = ("" if tens == 1 else _DIGITS[tens]) + "十" if tens else ""
    return ten + (_DIGITS[ones] if ones else "")


def clean(text: str) -> str:
    """Return text without the characters that no XML document may hold."""
    return _ILLEGAL.sub("", text)
