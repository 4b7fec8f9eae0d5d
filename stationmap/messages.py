"""Sentences for people: an English template in the code, its Chinese in ``locale/zh``."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from babel.messages.pofile import read_po

LANGUAGES = ("zh", "en")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def N_(text: str) -> str:  # noqa: N802 - gettext's own name for "translate later"
    """Mark a template for the catalogues and return it unchanged."""
    return text


@cache
def catalogue(lang: str, *, folder: Path = Path(__file__).parent / "locale") -> Mapping[str, str]:
    """Templates of the core in one language: English template → template in `lang`.

    All ``*.po`` files of ``folder/lang`` are read; English is its own catalogue (empty).
    """
    found: dict[str, str] = {}
    for file in sorted((folder / lang).glob("*.po")):
        with file.open("rb") as stream:
            found.update({str(m.id): str(m.string) for m in read_po(stream) if m.id and m.string})
    return found


def render(template: str, params: Mapping[str, Any], *, lang: str = "en") -> str:
    """Fill a template with its parameters in `lang`; one not translated stays English.

    A parameter that is itself a sentence (it has a ``render(lang)``) is rendered first.
    """
    shown = {k: v.render(lang) if hasattr(v, "render") else v for k, v in params.items()}
    return catalogue(lang).get(template, template).format(**shown)


def printable(text: str) -> str:
    """Return text without control characters, but for tabs and ends of lines.

    A terminal would obey them.
    """
    return text if text.isprintable() else _CONTROL.sub("", text)
