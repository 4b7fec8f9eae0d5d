"""Lists into the register: what stands of them, what changes, and one write."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from stationmap.city import inspection_list, layers
from stationmap.city.answers import Answers
from stationmap.city.atlas_import import record_now, record_of, tell_completeness, tell_removed
from stationmap.city.brought import Brought
from stationmap.city.diff import Diff, Field, Line, alike, brought_by, compare, pairs, renumbered
from stationmap.city.listed import CONTACT, Listed
from stationmap.city.register import ENTITY, SOURCES, source_id
from stationmap.city.scope import belongs
from stationmap.city.versions import KEPT, SourceRecord
from stationmap.errors import Conflict, InputError
from stationmap.io.notes import Note
from stationmap.messages import N_
from stationmap.store import Change, Register
from stationmap.store.register import AS_THE_SOURCE_SAYS

# ------------------------------------------------------------------- against the register


@dataclass(frozen=True)
class How:
    """How a file is brought into the register.

    Attributes
    ----------
    by : str
        Id of the account, or "cli".
    within : str
        Beginning of the adcodes that may change; "" for all.
    add : bool
        The file only adds and corrects.
    replace : bool
        It takes the place of another list of the same source.
    action : str or None
        UUID of the action; a new one unless given.
    name : str
        What the file is called at home; the name of its path unless given.
    """

    by: str = "cli"
    within: str = ""
    add: bool = False
    replace: bool = False
    action: str | None = None
    name: str = ""


@dataclass
class Plan:
    """What an import writes.

    Attributes
    ----------
    diff : Diff
        Its `changes` have those of contacts too.
    shared : bool
        Whether the same source has rows that this import must not touch.
    to_locate : int
        Accepted rows that have no place, in the file or by hand.
    warnings : list of Note
    """

    diff: Diff
    shared: bool = False
    to_locate: int = 0
    warnings: list[Note] = field(default_factory=list)


def plan(
    register: Register,
    now: Answers,
    brings: Listed,
    *,
    source: str,
    file: str,
    known_before: bool,
    how: How,
    dry_run: bool = False,
) -> Plan:
    """Compare a list with what the register holds of its source.

    Parameters
    ----------
    register : Register
    now : Answers
    brings : Listed
    source, file : str
    known_before : bool
        Whether the source was imported before.
    how : How
    dry_run : bool
        Warn where an import would stop.

    Raises
    ------
    InputError
        The source has the name of another list.
    """
    if brings.layer == layers.INSPECTIONS:
        return Plan(inspection_list.added(register, now, brings, source=source))
    entity, fresh = ENTITY[brings.layer], brings.fresh
    standing = register.rows(entity, source=source)
    mine = standing
    if how.within:
        find = belongs(now)
        mine = [r for r in standing if (find(brings.layer, r) or "").startswith(how.within)]
    made = Plan(Diff(), shared=len(mine) < len(standing))
    if standing and not how.add and not how.replace:
        again = pairs(fresh, mine, source=source)
        if moved := renumbered(again, fresh):
            made.warnings.append(Note(_RENUMBERED, {"source": source, "rows": moved}))
        if not mine or not (alike(again, fresh) or brings.layer == "counts"):
            note = Note(_OTHER_LIST, {"source": source, "file": file, "rows": len(standing)})
            if not dry_run:
                raise InputError(note.template, **note.params)
            made.warnings.append(note)
    everyone = now.register.snapshot.frames[entity]["id"]

    made.diff = diff = compare(
        fresh,
        mine,
        entity=entity,
        source=source,
        refused=brings.refused,
        taken={*everyone} - {row["id"] for row in mine},
        said=brings.said if how.add else None,
        add=how.add,
        lost=lambda ids: _removed(register, entity, ids, source=source) if known_before else (),
    )
    if entity == "station":
        places = {row["id"]: row["geometry"] for row in mine}
        after = {change.id: change.after or {} for change in diff.changes}
        places |= {own: row["geometry"] for own, row in after.items() if "geometry" in row}
        made.to_locate = sum(places.get(own) is None for own in diff.ids.values())
        _contacts(register, brings, diff, add=how.add)
    made.warnings += _told(diff, file=file, source=source)
    return made


_OTHER_LIST = N_(
    "{source} is the name of another list: none of the {rows} rows that it brought is like one in "
    "{file}; give this list a name of its own with --set source=NAME, or say --replace if it is to "
    "take the place of the other"
)
_RENUMBERED = N_(
    "{rows} rows have an id under which {source} brought another row before: if its rows were "
    "numbered anew, undo this import, leave the column of ids out and import it again"
)
_TOLD = {
    "conflicts": N_(
        "{rows} rows were changed both here and in {file}: what was changed here stays; look "
        "through them"
    ),
    "kept": N_(
        "{rows} rows that {source} had brought are not in {file}, but were changed here since: "
        "they stay; remove them by hand if they are gone"
    ),
    "held": N_(
        "{rows} rows that {source} had brought stay as they are: {file} has them, but cannot be "
        "used there"
    ),
    "removed_by_hand": N_(
        "{rows} rows of {file} were removed here by hand and stay removed; undo that removal if "
        "they are wanted"
    ),
}


def _removed(register: Register, entity: str, ids: Collection[str], *, source: str) -> set[str]:
    """Return those of a list's ids whose rows, brought by it, a person removed."""
    named = [f"{source}-{own}" for own in ids]
    return {
        brought_by({"id": own, **row})["id"]
        for own, row in register.removed(entity, [*ids, *named]).items()
        if row.get("source") == source
    }


def _told(diff: Diff, *, file: str, source: str) -> list[Note]:
    params = {"file": file, "source": source}
    return [
        Note(template, {**params, "rows": len(getattr(diff, name))})
        for name, template in _TOLD.items()
        if getattr(diff, name)
    ]


def _unchanged(diff: Diff, brings: Listed) -> int:
    """Count the rows of a file of which all that they give is the same as before."""
    news = {line.row for lines in (diff.new, diff.changed, diff.removed_by_hand) for line in lines}
    if brings.spans:
        each = zip(brings.fresh, brings.spans, strict=True)
        return sum(span for one, span in each if one.number not in news)
    return len({one.number for one in brings.fresh} - news)


# ------------------------------------------------------------------- whom to ask


def _contacts(register: Register, brings: Listed, diff: Diff, *, add: bool) -> None:
    """Add the changes of contacts: three-way too, but what they say is never told."""
    gone = {change.id for change in diff.changes if change.after is None}
    standing = {row["id"]: row for row in register.rows("contact")}
    diff.changes += [
        Change("contact", own, None, standing[own]["version"]) for own in gone if own in standing
    ]
    new = {line.id for line in diff.new}
    changed: set[str] = set()
    nothing: dict[str, str | None] = dict.fromkeys(CONTACT)
    for position, own in diff.ids.items():
        said = brings.contacts.get(position, nothing)
        row = standing.get(own)
        ours = {n: row[n] if row else None for n in CONTACT}
        news = {n: v for n, v in said.items() if v != ours[n] and not (add and v is None)}
        if not news:
            continue
        base = nothing if own in new else _base(register, own)
        after = {n: v for n, v in news.items() if ours[n] == base[n]}
        number = brings.fresh[position].number
        if any(ours[n] != base[n] != v for n, v in news.items() if n not in after):
            line = Line(own, brings.fresh[position].values.get("name"), number)
            diff.conflicts.append(line._replace(fields=(Field("contact", None, None),)))
        if not after:
            continue
        version = row["version"] if row else 0
        whole = {**ours, "note": row["note"] if row else None, **after}
        empty = not any(whole.values())
        diff.changes.append(Change("contact", own, None if empty else after, version))
        changed.add(own)
    _tell_changed(diff, changed - new)


def _base(register: Register, own: str) -> dict[str, str | None]:
    """Return a contact as lists brought it last."""
    base: dict[str, str | None] = dict.fromkeys(CONTACT)
    for one in reversed(register.history("contact", own)):
        if one.kind in AS_THE_SOURCE_SAYS:
            base |= {n: (one.after or {}).get(n, base[n]) for n in CONTACT}
    return base


def _tell_changed(diff: Diff, changed: set[str]) -> None:
    """Count rows among the changed ones whose contact alone is another."""
    told = Field("contact", None, None)
    diff.changed = [
        line._replace(fields=(*line.fields, told)) if line.id in changed else line
        for line in diff.changed
    ] + [line._replace(fields=(told,)) for line in diff.same if line.id in changed]
    diff.same = [line for line in diff.same if line.id not in changed]


# ------------------------------------------------------------------- an import


def compare_with(
    register: Register, now: Answers, change: Brought, *, how: How, dry_run: bool
) -> Plan:
    """Compare what a file brings with the register, and say so in its report."""
    report, brings = change.report, change.listed
    assert brings is not None  # of every kind of the register
    before = record_of(report, now.register.sources())
    made = plan(
        register,
        now,
        brings,
        source=report.source,
        file=report.file,
        known_before=before is not None,
        how=how,
        dry_run=dry_run,
    )
    report.diff = diff = made.diff
    report.warnings += made.warnings
    report.removed = len(diff.missing)
    report.counts.to_locate = made.to_locate
    report.counts.unchanged = _unchanged(diff, brings)
    tell_completeness(change, None if how.add else before)
    tell_removed(report, dry_run=dry_run)
    return made


def bring_in(
    city: Path,
    register: Register,
    now: Answers,
    change: Brought,
    *,
    how: How,
    lang: str,
    last: bool,
) -> bool:
    """Write what a file brings into the register as one action, unless all of it is there.

    Returns
    -------
    bool
        False where somebody changed one of the rows in this moment: nothing was written, and the
        file is to be compared anew.

    Raises
    ------
    Conflict
        The same, at the `last` attempt; or the action was taken before with other content.
    """
    report = change.report
    made = compare_with(register, now, change, how=how, dry_run=False)
    record, before = (
        record_now(city, change, lang=lang),
        record_of(report, now.register.sources()),
    )
    if before is not None and (how.add or made.shared):
        record = combined(record, before, new=len(made.diff.new), how=how)
    changes = [*made.diff.changes, *_recorded(register, record)]
    action = how.action or str(uuid.uuid4())
    if changes:
        if made.diff.changes and change.listed and change.listed.layer == layers.INSPECTIONS:
            inspection_list.keep_words(register, now.pack, by=how.by)
        try:
            register.write(changes, action=action, by=how.by, kind="import", note=report.file)
        except Conflict as conflict:
            if last or conflict.params["entity"] == "action":
                raise
            return False
        report.written = True
    if changes or (how.action and register.action(action)):
        report.action = action
    return True


def combined(record: SourceRecord, before: SourceRecord, *, new: int, how: How) -> SourceRecord:
    """Return the record of a source after a file that only adds to it, or changes a part of it.

    Rows that the file brought into use are quarantined no more. What was declared complete stays,
    but for the part that the file was about.
    """
    mended = min(new, before.quarantined)
    mine = how.within if how.within and not how.add else None
    complete = {
        key: [c for c in codes if mine is None or not c.startswith(mine)]
        for key, codes in before.complete.items()
    }
    for key, codes in record.complete.items():
        complete[key] = sorted({*complete.get(key, []), *codes})
    return record.model_copy(
        update={
            "file": before.file,
            "sha256": before.sha256,
            "read": before.read + new - mended,
            "accepted": before.accepted + new,
            "quarantined": before.quarantined - mended,
            "quarantine_file": record.quarantine_file or before.quarantine_file,
            "rows": {layer: rows + new for layer, rows in before.rows.items()},
            "complete": {key: codes for key, codes in complete.items() if codes},
        }
    )


def _recorded(register: Register, record: SourceRecord) -> list[Change]:
    """Return the change that keeps a record; none where it tells of the same import."""
    own = source_id(record)
    row = register.get(SOURCES, own)
    if row and record.same_as(SourceRecord.model_validate(row["record"])):
        return []
    after = {"record": record.model_dump(mode="json")}
    return [Change(SOURCES, own, after, row["version"] if row else 0)]


def quarantine_files(register: Register, records: Collection[SourceRecord]) -> set[str | None]:
    """Return the lists of rows that records name, and those they named before: undo brings back."""
    names: set[str | None] = {record.quarantine_file for record in records}
    for record in records:
        for event in register.history(SOURCES, source_id(record), limit=KEPT):
            said = [(values or {}).get("record") for values in (event.before, event.after)]
            names |= {s.get("quarantine_file") for s in said if s}
    return names
