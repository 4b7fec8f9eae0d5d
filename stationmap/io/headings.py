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
    """The data file, turned round: normalised heading → role, and word → datum.

    ``kinds`` has the headings that mean something else, or anything at all, in a list of one kind.
    """

    roles: Mapping[str, str]
    weaker: Mapping[str, str]
    kinds: Mapping[str, Mapping[str, str]]
    persons: frozenset[str]
    datums: Mapping[str, str]
    datum_word: re.Pattern[str]


@cache
def words() -> Words:
    """Read ``headings.toml`` once."""
    data = tomllib.loads(Path(__file__).with_name("headings.toml").read_text("utf-8"))
    datums = _turned(data["datums"])
    longest_first = sorted(datums, key=len, reverse=True)
    pattern = re.compile("|".join(map(re.escape, longest_first)))
    return Words(
        roles=_turned(data["roles"]),
        weaker=_turned(data["weaker"]),
        kinds={kind: _turned(table) for kind, table in data["kinds"].items()},
        persons=frozenset(map(normal, data["persons"]["headings"])),
        datums=datums,
        datum_word=pattern,
    )


def _turned(table: Mapping[str, Iterable[str]]) -> dict[str, str]:
    return {normal(word): key for key, found in table.items() for word in found}


def normal(heading: str) -> str:
    """Half width, lower case, letters and digits alone."""
    return _NO_LETTER.sub("", unicodedata.normalize("NFKC", heading).casefold())


def role_of(heading: str, *, weaker: bool = False, kind: str | None = None) -> str | None:
    """Return the role that a heading names, or None.

    The whole heading is looked up first, then the part outside brackets, then the part inside;
    each as it is, then without the name of a datum, then as a name that dBASE cut.

    Parameters
    ----------
    heading : str
        As the table writes it.
    weaker : bool
        Look among the headings that name a role only where no other does.
    kind : str, optional
        The kind of list, whose own headings come first.
    """
    text = unicodedata.normalize("NFKC", heading)
    tables = [words().weaker] if weaker else [words().kinds.get(kind or "", {}), words().roles]
    for roles in tables:
        for part in (text, _BRACKETS.sub("", text), *_BRACKETS.findall(text)):
            found = _look_up(normal(part), roles)
            if found:
                return found
    return None


def names_persons(heading: str) -> bool:
    """Whether a column holds persons' names or private numbers by its heading."""
    text = unicodedata.normalize("NFKC", heading)
    return any(normal(part) in words().persons for part in (text, _BRACKETS.sub("", text)))


def _look_up(text: str, roles: Mapping[str, str]) -> str | None:
    for candidate in (text, words().datum_word.sub("", text)):
        if candidate in roles:
            return roles[candidate]
    if len(text) == DBASE_LENGTH and text.isascii():
        longer = {role for heading, role in roles.items() if heading.startswith(text)}
        return longer.pop() if len(longer) == 1 else None
    return None


def datum_of(heading: str) -> str | None:
    """Return the datum that a heading names ("GCJ-02经度" → "gcj02"), or None."""
    found = words().datum_word.search(normal(heading))
    return words().datums[found[0]] if found else None


def roles_of(headings: Iterable[str], *, kind: str | None = None) -> dict[str, list[str]]:
    """Return for each role the headings that name it, in their order."""
    headings = list(headings)
    found = _roles_of(headings, weaker=False, kind=kind)
    taken = {heading for named in found.values() for heading in named}
    rest = [heading for heading in headings if heading not in taken]
    return _roles_of(rest, weaker=True, kind=kind) | found


def _roles_of(headings: Iterable[str], *, weaker: bool, kind: str | None) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for heading in headings:
        role = role_of(heading, weaker=weaker, kind=kind)
        if role:
            found.setdefault(role, []).append(heading)
    return found
