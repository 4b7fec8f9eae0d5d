"""What the columns of a table mean: headings matched to roles by the words of ``headings.toml``."""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

DBASE_LENGTH = 10
_BRACKETS = re.compile(r"[(\[{<【〔《](.*?)(?:[)\]}>】〕》]|$)")
_NO_LETTER = re.compile(r"[\W_]+")


class Words(NamedTuple):
    """The data file, turned round: normalised heading → role, and word → datum."""

    roles: Mapping[str, str]
    datums: Mapping[str, str]
    datum_word: re.Pattern[str]


@cache
def words() -> Words:
    """Read ``headings.toml`` once."""
    data = tomllib.loads(Path(__file__).with_name("headings.toml").read_text("utf-8"))
    roles = {normal(heading): role for role, found in data["roles"].items() for heading in found}
    datums = {normal(word): datum for datum, found in data["datums"].items() for word in found}
    longest_first = sorted(datums, key=len, reverse=True)
    return Words(roles, datums, re.compile("|".join(map(re.escape, longest_first))))


def normal(heading: str) -> str:
    """Half width, lower case, letters and digits alone."""
    return _NO_LETTER.sub("", unicodedata.normalize("NFKC", heading).casefold())


def role_of(heading: str) -> str | None:
    """Return the role that a heading names, or None.

    The whole heading is looked up first, then the part outside brackets, then the part inside;
    each as it is, then without the name of a datum, then as a name that dBASE cut.
    """
    text = unicodedata.normalize("NFKC", heading)
    inside = _BRACKETS.findall(text)
    parts = [text, _BRACKETS.sub("", text), *inside]
    for part in parts:
        found = _look_up(normal(part))
        if found:
            return found
    return None


def _look_up(text: str) -> str | None:
    roles, _, datum_word = words()
    bare = datum_word.sub("", text)
    for candidate in (text, bare):
        if candidate in roles:
            return roles[candidate]
    if len(text) == DBASE_LENGTH and text.isascii():
        longer = {role for heading, role in roles.items() if heading.startswith(text)}
        return longer.pop() if len(longer) == 1 else None
    return None


def datum_of(heading: str) -> str | None:
    """Return the datum that a heading names ("GCJ-02经度" → "gcj02"), or None."""
    _, datums, datum_word = words()
    found = datum_word.search(normal(heading))
    return datums[found[0]] if found else None


def roles_of(headings: Iterable[str]) -> dict[str, list[str]]:
    """Return for each role the headings that name it, in their order."""
    found: dict[str, list[str]] = {}
    for heading in headings:
        role = role_of(heading)
        if role:
            found.setdefault(role, []).append(heading)
    return found
