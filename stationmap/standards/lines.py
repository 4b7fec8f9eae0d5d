"""Where in a TOML text each table, key and value of a list stands."""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence

Loc = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BETWEEN = re.compile(r"(?:[ \t\r\n,]|#[^\n]*)*")
_KEY = re.compile(r"""[ \t]*([\w-]+|"(?:\\.|[^"\\])*"|'[^']*')[ \t]*(\.?)""")
_TEXT = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}(?!")'
    r"|'''.*?'{3,5}(?!')"
    r'|"(?:\\.|[^"\\])*"'
    r"|'[^']*'",
    re.DOTALL,
)
_BARE = re.compile(r"[^,\]}\n#]*")


def lines(text: str) -> dict[Loc, int]:
    """Return the line, from 1, of every table, key and list value of a valid TOML text.

    A place is the way to it: ``("rule", 0, "along", 2)``. Text that is no valid TOML gives
    nothing of use.
    """
    return _Scan(text).found


def line_of(loc: Loc, known: Mapping[Loc, int]) -> int:
    """Return the line of a place, or of the nearest place around it that the text has."""
    for length in range(len(loc), 0, -1):
        if loc[:length] in known:
            return known[loc[:length]]
    return 1


class _Scan:
    def __init__(self, text: str) -> None:
        self.text = text
        self.starts = [m.end() for m in re.finditer("\n", text)]
        self.found: dict[Loc, int] = {}
        entries: Counter[Loc] = Counter()
        table: Loc = ()
        at = self._past(_BLANK, 0)
        while at < len(text):
            if text[at] == "[":
                double = text.startswith("[[", at)
                keys, end = self._keys(at + 1 + double)
                parent = _place(keys[:-1], entries)
                last: Loc = (*parent, keys[-1])
                entries[last] += double
                self.found.setdefault(last, self._line(at))
                table = _place(keys[-1:], entries, start=parent)
                self.found[table] = self._line(at)
                at = text.index("]", end) + 1 + double
            else:
                at = self._pair(at, table)
            at = self._past(_BLANK, at)

    def _line(self, at: int) -> int:
        return bisect_right(self.starts, at) + 1

    def _past(self, pattern: re.Pattern[str], at: int) -> int:
        found = pattern.match(self.text, at)
        return found.end() if found else at

    def _keys(self, at: int) -> tuple[list[str], int]:
        """Return the keys of a dotted key and where it ends."""
        keys: list[str] = []
        while found := _KEY.match(self.text, at):
            keys.append(found[1].strip("\"'"))
            at = found.end()
            if not found[2]:
                break
        return keys, at

    def _pair(self, at: int, table: Loc) -> int:
        keys, end = self._keys(at)
        place = table
        for key in keys:
            place = (*place, key)
            self.found.setdefault(place, self._line(at))
        return self._value(self._past(_BLANK, self.text.index("=", end) + 1), place)

    def _value(self, at: int, place: Loc) -> int:
        """Return where the value at `at` ends, having noted the values in it."""
        opening = self.text[at : at + 1]
        if opening not in ("[", "{"):
            return self._past(_TEXT if opening in ('"', "'") else _BARE, at)
        closing = "]" if opening == "[" else "}"
        number = 0
        at = self._past(_BETWEEN, at + 1)
        while self.text[at : at + 1] not in (closing, ""):
            if opening == "[":
                self.found.setdefault((*place, number), self._line(at))
                at = self._value(at, (*place, number))
                number += 1
            else:
                at = self._pair(at, place)
            at = self._past(_BETWEEN, at)
        return at + 1


def _place(keys: Sequence[str], entries: Mapping[Loc, int], *, start: Loc = ()) -> Loc:
    place = start
    for key in keys:
        place = (*place, key)
        if entries.get(place):
            place = (*place, entries[place] - 1)
    return place
