"""What a list changes in the register: rows matched with what its source brought before, by field.

A row of the register keeps in ``brought`` what its source says where the row says something else:
nothing where it stands as it was brought, None where no source brought it.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from stationmap.store.events import Change, same

Row = Mapping[str, Any]

SHOWN = 50
PLACE = ("geometry", "source_lon", "source_lat", "source_datum", "adcode")
"""Columns of a place: they change together, or stay together."""

_HASH = re.compile(r"[a-z]-[0-9a-f]{12}(?:-\d+)?")
_BOOKKEEPING = frozenset({"source_row"})  # where a row stands in its file is no news
_PHRASE = 200  # letters of a value that JSON shows


@dataclass(frozen=True)
class Fresh:
    """A row that a file brings.

    Attributes
    ----------
    id : str
        As the file has it, else a hash of what the row says.
    number : int
        The row's number in the file.
    values : mapping
        Columns of the entity as the register stores them.
    """

    id: str
    number: int
    values: Mapping[str, Any]


class Field(NamedTuple):
    """One column of a row: what stands, what the list says, and what it said before."""

    name: str
    before: Any
    after: Any
    brought: Any = None


class Line(NamedTuple):
    """One row of a comparison; `row` is its number in the file, None for one that is not in it."""

    id: str
    name: str | None
    row: int | None
    fields: tuple[Field, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return plain values; long texts are cut."""
        fields = [
            {"name": f.name, "before": _short(f.before), "after": _short(f.after)}
            for f in self.fields
        ]
        return {"id": self.id, "name": self.name, "row": self.row, "fields": fields}


@dataclass
class Diff:
    """What a list is to the register.

    Attributes
    ----------
    new : list of Line
        Rows that the register gets.
    changed : list of Line
        Rows of which the list says something else than it said before, with the columns that are
        set.
    same : list of Line
        Rows of which it says what it said before, whatever was edited since.
    conflicts : list of Line
        Rows of which both the list and a person changed a column: the person's stands. They are
        among the changed ones too.
    missing : list of Line
        Rows that the list had brought before and brings no more: they are removed.
    kept : list of Line
        Rows that it brings no more but somebody edited since: they stay.
    held : list of Line
        Rows that it brought before and that stay because what the file says of them now cannot be
        used.
    removed_by_hand : list of Line
        Rows that somebody removed from the register since they were brought: they stay removed.
    changes : list of Change
        What is to be written.
    ids : dict
        Number of each fresh row, in their order, to its id in the register; without those that
        stay removed.
    """

    new: list[Line] = field(default_factory=list)
    changed: list[Line] = field(default_factory=list)
    same: list[Line] = field(default_factory=list)
    conflicts: list[Line] = field(default_factory=list)
    missing: list[Line] = field(default_factory=list)
    kept: list[Line] = field(default_factory=list)
    held: list[Line] = field(default_factory=list)
    removed_by_hand: list[Line] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    ids: dict[int, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return counts, and the first rows of each list (of the same ones the count alone)."""
        lists = {name: getattr(self, name) for name in _LISTS}
        return {
            name: {"count": len(lines)}
            | ({} if name == "same" else {"rows": [line.to_json() for line in lines[:SHOWN]]})
            for name, lines in lists.items()
        }


_LISTS = ("new", "changed", "same", "conflicts", "missing", "kept", "held", "removed_by_hand")


@dataclass(frozen=True)
class Refused:
    """Words of the rows of a file that cannot be used: they hold what was brought for them before.

    Attributes
    ----------
    ids : frozenset of str
        Their ids.
    words : mapping
        Column → what rows without an id say there.
    """

    ids: frozenset[str] = frozenset()
    words: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def hold(self, row: Row) -> bool:
        """Whether a row of the register may be one of them."""
        said = brought_by(row)
        if said["id"] in self.ids:
            return True
        return any(said.get(column) in words for column, words in self.words.items())


def brought_by(row: Row) -> dict[str, Any]:
    """Return a row of the register as its source last brought it."""
    said = {**row, **(row.get("brought") or {})}
    if isinstance(said.get("geometry"), list):
        said["geometry"] = tuple(said["geometry"])
    return said


def edited(row: Row) -> bool:
    """Whether a row says something else than its source."""
    return bool((row.get("brought") or {}).keys() - {"id"})


# ------------------------------------------------------------------- the same row


def pairs(
    fresh: Sequence[Fresh], standing: Sequence[Row], *, source: str, add: bool = False
) -> dict[int, Row]:
    """Find for rows of a file the rows of the register that they were before.

    By the id that the file gave; rows without one by all that they say, then by a name (and type)
    that no other such row has, then by a place that no other has. A row that had no id and is given
    one is found by name and place together.

    Parameters
    ----------
    fresh : sequence of Fresh
    standing : sequence of mapping
        Rows that the same source brought before.
    source : str
    add : bool
        The file only adds and corrects: a row of one name that stands elsewhere is another one.

    Returns
    -------
    dict
        Position in `fresh` → row of the register; new rows are not in it.
    """
    by_id = {brought_by(row)["id"]: row for row in standing}
    # before ids were kept as the file has them, one that another source had got the source's name
    prefixed = {
        i.removeprefix(f"{source}-"): row for i, row in by_id.items() if i.startswith(f"{source}-")
    }
    found: dict[int, Row] = {}
    used: set[str] = set()

    def take(position: int, row: Row | None) -> None:
        if row is not None and position not in found and row["id"] not in used:
            found[position] = row
            used.add(row["id"])

    for ids in (by_id, prefixed):
        for position, one in enumerate(fresh):
            take(position, ids.get(one.id))
    for key, hashed in _CORRECTED if add else _NEXT:
        rest = [row for row in standing if row["id"] not in used and _is_hash(row, source=source)]
        if not rest:
            break
        loose = {
            p: f
            for p, f in enumerate(fresh)
            if p not in found and (_HASH.fullmatch(f.id) is not None) == hashed
        }
        now = _unique(((p, f.values) for p, f in loose.items()), key)
        before = _unique(((row["id"], brought_by(row)) for row in rest), key)
        rows = {row["id"]: row for row in rest}
        for word, position in now.items():
            take(position, rows.get(before.get(word, "")))
    return found


def _is_hash(row: Row, *, source: str) -> bool:
    return _HASH.fullmatch(str(brought_by(row)["id"]).removeprefix(f"{source}-")) is not None


def _unique(rows: Iterable[tuple[Any, Row]], key: Callable[[Row], Any]) -> dict[Any, Any]:
    """Return what only one row says → that row."""
    found: dict[Any, Any] = {}
    for own, row in rows:
        if (word := key(row)) is not None:
            found[word] = own if word not in found else None
    return {word: own for word, own in found.items() if own is not None}


def _name_and_type(row: Row) -> Any:
    return (row["name"], row.get("type")) if row.get("name") else None


def _name(row: Row) -> Any:
    return row.get("name") or None


def _spot(row: Row) -> Any:
    at = row.get("geometry")
    return (*at, row.get("type")) if at is not None else None


def _name_at_place(row: Row) -> Any:
    return (row["name"], row.get("type"), row.get("geometry")) if row.get("name") else None


# by what rows are told apart, and whether those of the file have no id
_NEXT = ((_name_and_type, True), (_name, True), (_spot, True), (_name_at_place, False))
_CORRECTED = ((_name_at_place, True),)


def alike(found: Mapping[int, Row], fresh: Sequence[Fresh]) -> int:
    """Count the pairs that share more than a number: a name, a place, or all that they say."""
    count = 0
    for position, row in found.items():
        one, before = fresh[position], brought_by(row)
        said = [
            (one.values[name], before.get(name))
            for name in ("name", "geometry", "address")
            if one.values.get(name) is not None and before.get(name) is not None
        ]
        # a hash is of all that a row says
        count += not said or _HASH.fullmatch(one.id) is not None or any(a == b for a, b in said)
    return count


def renumbered(found: Mapping[int, Row], fresh: Sequence[Fresh]) -> int:
    """Count the pairs of which the file has the name under another id than before."""
    names = _unique(((p, brought_by(row)) for p, row in found.items()), _name)
    return sum(
        names.get(fresh[position].values.get("name"), position) != position for position in found
    )


# ------------------------------------------------------------------- field by field


def merge(row: Row, one: Fresh) -> tuple[dict[str, Any], list[Field], list[Field]]:
    """Bring what a source says now into a row that may have been edited since.

    Returns
    -------
    after : dict
        Columns to set, ``brought`` among them.
    news : list of Field
        Columns of which the source says something else than before.
    conflicts : list of Field
        Those of them that were edited to something else still: they stay as they are.
    """
    base, values = brought_by(row), one.values
    if (
        row.get("brought") == {}
        and one.id == row["id"]
        and all(same(v, base.get(n)) for n, v in values.items())
    ):
        return {}, [], []
    after: dict[str, Any] = {}
    news: list[Field] = []
    conflicts: list[Field] = []
    for group in _groups(row, values):
        first = group[0]
        fresh = [n for n in group if not same(values[n], base.get(n))]
        theirs = same(row.get(first), base.get(first)) or same(row.get(first), values[first])
        if theirs:
            # a person's place that the list now has too is the list's, with all that belongs to it
            agreed = not same(row.get(first), base.get(first))
            told = group if agreed else fresh
            after |= {n: values[n] for n in told if not same(row.get(n), values[n])}
        elif first in fresh:
            conflicts.append(Field(first, row.get(first), values[first], base.get(first)))
        if first in fresh and first not in _BOOKKEEPING:
            news.append(Field(first, row.get(first), values[first], base.get(first)))
    brought = row.get("brought")
    said = {n: values.get(n, base.get(n)) for n in {*values, *(brought or {})}} | {"id": one.id}
    said = {
        n: list(v) if isinstance(v, tuple) else v
        for n, v in said.items()
        if n not in _BOOKKEEPING and not same(after.get(n, row.get(n)), v)
    }
    return after if said == brought else {**after, "brought": said}, news, conflicts


def _groups(row: Row, values: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Columns that change together; the first of them tells whether somebody edited them."""
    placed = [values.get("geometry"), row.get("geometry"), brought_by(row).get("geometry")]
    if all(at is None for at in placed):
        return [(name,) for name in values]
    together = tuple(name for name in PLACE if name in values)
    groups = [together, *((name,) for name in values if name not in together)]
    return [group for group in groups if group]


# ------------------------------------------------------------------- the whole list


def compare(
    fresh: Sequence[Fresh],
    standing: Sequence[Row],
    *,
    entity: str,
    source: str,
    refused: Refused = Refused(),
    taken: Collection[str] = frozenset(),
    said: Collection[str] | None = None,
    add: bool = False,
    lost: Callable[[Collection[str]], Collection[str]] = lambda _: (),
) -> Diff:
    """Compare a list with what its source brought before.

    Parameters
    ----------
    fresh : sequence of Fresh
        Rows of the file that can be used; no id twice.
    standing : sequence of mapping
        Rows of the register that the same source brought before, all their columns.
    entity, source : str
    refused : Refused
        The rows of the file that cannot be used.
    taken : collection of str
        Ids of the rows that other sources or people brought.
    said : collection of str, optional
        Columns that the list speaks of; the others of rows that stand are left alone.
    add : bool
        The file only adds and corrects: nothing is missing.
    lost : callable
        Which of some ids are those of rows that a person removed.
    """
    diff = Diff()
    found = pairs(fresh, standing, source=source, add=add)
    gone = lost([one.id for position, one in enumerate(fresh) if position not in found])
    used = {*taken, *(row["id"] for row in standing)}
    for position, one in enumerate(fresh):
        if position in found:
            diff.ids[position] = found[position]["id"]
        elif one.id not in gone:
            diff.ids[position] = _free(one.id, source=source, used=used)
            used.add(diff.ids[position])
    # rows that name each other do so by the ids of their file
    other = {fresh[p].id: own for p, own in diff.ids.items() if fresh[p].id != own}
    for position, one in enumerate(fresh):
        name, own = one.values.get("name"), diff.ids.get(position)
        if own is None:
            diff.removed_by_hand.append(Line(one.id, name, one.number))
            continue
        values = {**one.values}
        if (parent := values.get("parent_id")) in other:
            values["parent_id"] = other[parent]
        if position not in found:
            after = {n: v for n, v in values.items() if v is not None}
            after |= {"source": source, "brought": {} if own == one.id else {"id": one.id}}
            diff.changes.append(Change(entity, own, after, 0))
            diff.new.append(Line(own, name, one.number))
            continue
        row = found[position]
        spoken = {n: v for n, v in values.items() if said is None or n in said}
        after, news, conflicts = merge(row, replace(one, values=spoken))
        if after:
            diff.changes.append(Change(entity, own, after, row["version"]))
        shown = row.get("name") if row.get("name") is not None else name
        # what the person had written already is no news for the register
        told = tuple(f for f in news if f not in conflicts and not same(f.before, f.after))
        line = Line(own, shown, one.number, told)
        (diff.changed if told or conflicts else diff.same).append(line)
        if conflicts:
            diff.conflicts.append(line._replace(fields=tuple(conflicts)))
    _tell_missing(diff, standing, found.values(), entity=entity, refused=refused, add=add)
    return diff


def _tell_missing(
    diff: Diff,
    standing: Iterable[Row],
    found: Iterable[Row],
    *,
    entity: str,
    refused: Refused,
    add: bool,
) -> None:
    there = {row["id"] for row in found}
    for row in standing:
        if row["id"] in there or add:
            continue
        line = Line(row["id"], row.get("name"), None)
        if refused.hold(row):
            diff.held.append(line)
        elif edited(row):
            diff.kept.append(line)
        else:
            diff.missing.append(line)
            diff.changes.append(Change(entity, row["id"], None, row["version"]))


def _free(own: str, *, source: str, used: Collection[str]) -> str:
    """Return an id that no row has: as it is, with the source's name, with a number."""
    if own not in used:
        return own
    named = f"{source}-{own}"
    number, free = 1, named
    while free in used:
        number += 1
        free = f"{named}-{number}"
    return free


def _short(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return value[:_PHRASE] if isinstance(value, str) else value
