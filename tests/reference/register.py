"""The register and its imports by the law alone: a dictionary of rows and a list of actions.

It shares no code with the product. A row keeps beside its columns all that its source said last,
so that "changed by hand" is a comparison, not a note.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Row = dict[str, Any]
Key = tuple[str, str]
PLACE = ("geometry", "adcode", "source_lon", "source_lat", "source_datum")
NOT_SAID = ("source", "source_row")
NO_HANDS = ("import", "adopt")


class StaleError(Exception):
    """What is asked no longer fits: a version, an action's content, a row changed since."""


@dataclass
class Standing:
    """One row as it is, and what its source said of it (None: no source brought it)."""

    columns: Row
    said: Row | None = None
    created: int = 0
    version: int = 0


@dataclass(frozen=True)
class Wish:
    """What is asked of one row; `said` is given by imports alone."""

    key: Key
    after: Row | None
    expects: int | None = None
    said: Row | None = None


@dataclass(frozen=True)
class Step:
    """One change that was made: the row before it and after it, None where there was none."""

    seq: int
    key: Key
    before: Standing | None
    after: Standing | None


@dataclass
class Deed:
    """One action and what it did."""

    id: str
    by: str
    kind: str
    note: str
    asked: Any
    undoes: str | None = None
    steps: list[Step] = field(default_factory=list)
    seq: int = 0
    kept: list[Key] = field(default_factory=list)


def differ(one: Any, other: Any) -> bool:
    """Whether two values are not the same value."""
    return one != other or isinstance(one, bool) != isinstance(other, bool)


def full(columns: Mapping[str, Any]) -> Row:
    """Without what is empty."""
    return {name: value for name, value in columns.items() if value is not None}


class Book:
    """What a register is."""

    def __init__(self) -> None:
        self.rows: dict[Key, Standing] = {}
        self.deeds: list[Deed] = []
        self.seq = 0

    # -- writing

    def write(
        self, wishes: Sequence[Wish], *, action: str, by: str, kind: str, note: str = ""
    ) -> tuple[Deed, bool]:
        """Do all of it or nothing; gives the deed, and whether it had been done before."""
        asked = (kind, [(w.key, w.after, w.expects) for w in wishes])
        known = self._known(action, asked)
        if known:
            return known, True
        for wish in wishes:
            held = self.rows.get(wish.key)
            if wish.expects is not None and wish.expects != (held.version if held else 0):
                raise StaleError(wish.key)
        deed = Deed(action, by, kind, note, asked)
        for wish in wishes:
            held = self.rows.get(wish.key)
            if wish.after is None:
                self._set(deed, wish.key, None)
                continue
            columns = full({**(held.columns if held else {}), **wish.after})
            said = wish.said if wish.said is not None else held.said if held else None
            self._set(deed, wish.key, (columns, said))
        return self._done(deed), False

    def undo(
        self, undone: str, *, action: str, by: str, keep_changed: bool = False, note: str = ""
    ) -> tuple[Deed, bool]:
        """Put back what an action changed; an undo is an action and can be undone."""
        asked = ("undo", undone, keep_changed)
        known = self._known(action, asked)
        if known:
            return known, True
        target = self.deed(undone)
        if target is None:
            raise KeyError(undone)
        if self.undone_by(undone):
            raise StaleError(undone)
        again = {undone, *self._redone(undone)}
        changed = [s.key for s in target.steps if self.steps(s.key)[0][0].id not in again]
        if changed and not keep_changed:
            raise StaleError(changed)
        deed = Deed(action, by, "undo", note, asked, undoes=undone, kept=changed)
        for step in target.steps:
            if step.key not in changed:
                old = step.before
                self._set(deed, step.key, None if old is None else (old.columns, old.said))
        return self._done(deed), False

    def _known(self, action: str, asked: Any) -> Deed | None:
        deed = self.deed(action)
        if deed and deed.asked != asked:
            raise StaleError(action)
        return deed

    def _set(self, deed: Deed, key: Key, wanted: tuple[Row, Row | None] | None) -> None:
        held = self.rows.get(key)
        if held is None and wanted is None:
            return
        stands = held and wanted and not _differ(held.columns, wanted[0])
        if stands and noted(held, key[1]) == noted(Standing(*wanted), key[1]):
            held.said = wanted[1]
            return
        self.seq += 1
        after = None
        if wanted:
            created = held.created if held else self.seq
            after = Standing(dict(wanted[0]), wanted[1], created, self.seq)
            self.rows[key] = after
        else:
            del self.rows[key]
        deed.steps.append(Step(self.seq, key, held, after))

    def _done(self, deed: Deed) -> Deed:
        deed.seq = self.seq
        self.deeds.append(deed)
        return deed

    def _redone(self, action: str) -> list[str]:
        """Actions that undid an undo of an action: they did it again."""
        undoes = [d.id for d in self.deeds if d.undoes == action]
        redone = [d.id for d in self.deeds if d.undoes in undoes]
        return redone + [one for again in redone for one in self._redone(again)]

    # -- reading

    def deed(self, action: str) -> Deed | None:
        """The action of an id."""
        return next((d for d in self.deeds if d.id == action), None)

    def undone_by(self, action: str) -> str | None:
        """The undo of an action that is not undone itself."""
        for deed in reversed(self.deeds):
            if deed.undoes == action and not self.undone_by(deed.id):
                return deed.id
        return None

    def steps(self, key: Key) -> list[tuple[Deed, Step]]:
        """All that ever happened to a row, newest first."""
        return [(d, s) for d in reversed(self.deeds) for s in reversed(d.steps) if s.key == key]

    def last(self, key: Key) -> Step:
        """What happened to a row last."""
        return self.steps(key)[0][1]

    def at(self, key: Key, version: int) -> Standing | None:
        """A row as it was when the register had so many events."""
        return next((s.after for _, s in self.steps(key) if s.seq <= version), None)

    def of(self, entity: str) -> dict[str, Standing]:
        """Rows of one kind in the order in which they came to be."""
        found = {key[1]: row for key, row in self.rows.items() if key[0] == entity}
        return dict(sorted(found.items(), key=lambda one: one[1].created))

    def taken_by_hand(self, key: Key) -> bool:
        """Whether the row is gone because a person removed it: an undo is as what it undoes."""
        if key in self.rows or not self.steps(key):
            return False
        deed = self.steps(key)[0][0]
        odd = False
        while deed.undoes:
            deed, odd = self.deed(deed.undoes), not odd
        return not odd and deed.kind not in NO_HANDS


def _differ(one: Row, other: Row) -> bool:
    return any(differ(one.get(n), other.get(n)) for n in one.keys() | other.keys())


def noted(row: Standing, own: str) -> Row | None:
    """What stands beside a row: what its source says otherwise, an id too; None: no source."""
    if row.said is None:
        return None
    held = {**row.columns, "id": own}
    names = ((held.keys() - {"id"}) | row.said.keys()) - {*NOT_SAID}
    return {n: row.said.get(n) for n in names if differ(held.get(n), row.said.get(n))}


# ----------------------------------------------------------------------------- imports


@dataclass(frozen=True)
class Line:
    """One row of a list that can be used: the id that the list gives it, and what it says."""

    id: str
    says: Row


@dataclass
class Compared:
    """What a list is to the register: ids of the register, by what becomes of them."""

    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    same: list[str] = field(default_factory=list)
    conflicts: dict[str, set[str]] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    removed_by_hand: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    wishes: list[Wish] = field(default_factory=list)


def merged(row: Standing, says: Row) -> tuple[Row, set[str]]:
    """Three ways: columns to set, and what both the source and a person changed."""
    said = row.said or {}
    after: Row = {n: says[n] for n in NOT_SAID if n in says}
    both: set[str] = set()
    alone = [(n,) for n in says if n not in PLACE and n != "id" and n not in NOT_SAID]
    for group in [*alone, PLACE] if "geometry" in says else alone:
        told = any(differ(says.get(n), said.get(n)) for n in group)
        own = any(differ(row.columns.get(n), said.get(n)) for n in group)
        agree = not any(differ(says.get(n), row.columns.get(n)) for n in group[:2])
        if not own or agree:
            after |= {n: says.get(n) for n in group}
        elif told and any(differ(says.get(n), said.get(n)) for n in group[:1]):
            both.add(group[0])
    return after, both


def compare(
    book: Book,
    lines: Iterable[Line],
    *,
    source: str,
    refused: frozenset[str] = frozenset(),
    add: bool = False,
    within: Callable[[Row], bool] = lambda _: True,
) -> Compared:
    """What an edition of a list does to the stations of its source."""
    found = Compared()
    stations = book.of("station")
    mine = {r.said["id"]: i for i, r in stations.items() if r.columns.get("source") == source}
    inside = {own: i for own, i in mine.items() if within(stations[i].columns)}
    met, given = set(), set(stations)
    for line in lines:
        if line.id in mine and line.id not in inside:
            found.outside.append(line.id)
            continue
        met.add(line.id)
        if line.id not in mine:
            _come(book, line, found, given, source=source)
            continue
        own = inside[line.id]
        row = stations[own]
        said = {**row.said, **line.says, "id": line.id}
        told = any(differ(v, row.said.get(n)) for n, v in line.says.items() if n not in NOT_SAID)
        after, both = merged(row, line.says)
        if add:
            after.pop("source_row")  # the row stands in the list, not in its correction
        (found.changed if told and _news(row, after, both) else found.same).append(own)
        if both:
            found.conflicts[own] = both
        found.wishes.append(Wish(("station", own), after, row.version, said))
    for theirs, own in inside.items():
        if theirs in met or add:
            continue
        if theirs in refused:
            found.held.append(own)
        elif noted(stations[own], own).keys() - {"id"}:
            found.kept.append(own)
        else:
            found.missing.append(own)
            found.wishes.append(Wish(("station", own), None, stations[own].version))
    return found


def _news(row: Standing, after: Row, both: set[str]) -> bool:
    return bool(both) or any(differ(row.columns.get(n), v) for n, v in after.items())


def _come(book: Book, line: Line, found: Compared, given: set[str], *, source: str) -> None:
    """A row that the source did not have: new, or one that a person removed."""
    gone = [k[1] for k in {s.key for d in book.deeds for s in d.steps} if k[0] == "station"]
    for own in gone:
        if book.taken_by_hand(("station", own)):
            last = book.last(("station", own)).before
            if last and last.columns.get("source") == source and last.said["id"] == line.id:
                found.removed_by_hand.append(line.id)
                return
    own, number = line.id, 1
    while own in given:
        own = f"{source}-{line.id}" + (f"-{number}" if number > 1 else "")
        number += 1
    given.add(own)
    found.new.append(own)
    after = {**line.says, "source": source}
    found.wishes.append(Wish(("station", own), after, 0, {**line.says, "id": line.id}))


def cell(text: str) -> str | None:
    """What a cell says: its words one blank apart; nothing at all is no word."""
    return re.sub(r"\s+", " ", text).strip() or None
