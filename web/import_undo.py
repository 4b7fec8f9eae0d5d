"""Taking an import back: what would become of the stations, and who has changed some since."""

from collections import Counter
from typing import Any

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from stationmap.errors import Conflict
from stationmap.messages import N_
from stationmap.store import Action, Event
from stationmap.store.queries import MERGE
from web.access import log_after, me
from web.caching import present
from web.desk import action_id, register, say_done, when
from web.import_scope import is_all_mine
from web.params import language
from web.station_rows import Names
from web.station_words import CONTACT, ENTITIES, KINDS, SILENT, label
from web.words import say

MOST_SHOWN = 200
MOST_NAMED = 8
_MERGES = 500  # the latest ones that are looked through for a station that was kept


def undo(import_id: str) -> ResponseReturnValue:
    """Ask whether an import is to be taken back (GET); take it back (POST).

    With ``?redo=1`` the import is put back.
    """
    found, redo = register().action(import_id), request.args.get("redo") == "1"
    if found is None or found.kind != "import" or (me().role != "city" and found.by != me().id):
        abort(404)
    if not is_all_mine(found):
        log_after("refused", f"undo {found.id}", outcome="scope")
        abort(404)
    start_page = redirect(url_for("importing.start"), code=303)
    if (found.undone_by is None) == redo:
        say_done(N_("That was done already; nothing changed."))
        return start_page
    undone = found.undone_by or found.id
    if request.method != "POST":
        return _page(found, undone, redo=redo)
    try:
        receipt = register().undo(
            undone,
            action=action_id(),
            by=me().id,
            keep_changed="keep" in request.form,
            over="over" in request.form,
            note=found.note,
        )
    except Conflict as conflict:
        if conflict.params["entity"] == "action":
            # somebody else was a moment quicker
            say_done(N_("That was done already; nothing changed."))
            return start_page
        return _page(found, undone, redo=redo), 409
    log_after("change", f"{'redo' if redo else 'undo'} {found.id}")
    back = url_for("importing.undo", import_id=found.id, redo=None if redo else 1)
    if receipt.kept:
        template = N_("Done, but for {n} entries that were edited since; they stay: {names}.")
    elif redo:
        template = N_("The import stands again.")
    else:
        template = N_("The import was undone: everything is as before it.")
    say_done(template, undo=back, n=len(receipt.kept), names=_names(receipt.kept))
    return start_page


def _names(kept: list[tuple[str, str]]) -> str:
    lang = language()
    named = [_name(entity, own, {}, lang) for entity, own in kept[:MOST_NAMED]]
    return say(N_(", "), lang=lang).join(named) + ("…" if len(kept) > MOST_NAMED else "")


def _page(found: Action, undone: str, *, redo: bool) -> str:
    lang, changed = language(), register().changed_since(undone)
    stays = {(e.entity, e.id) for e in changed}
    names = Names(lang)
    counts = _counts(register().events(undone, limit=10**7), stays)
    return render_template(
        "import_undo.html",
        found=found,
        by=names.of(found.by),
        redo=redo,
        counts=counts,
        others=say(N_(", "), lang=lang).join(
            f"{say(ENTITIES[entity], lang=lang)} {n}"
            for entity, n in counts.items()
            if entity in ENTITIES
        ),
        changed=[_line(e, names, lang) for e in changed[:MOST_SHOWN]],
        total=len(changed),
    )


def _counts(events: list[Event], stays: set[tuple[str, str]]) -> Counter[str]:
    """Count what an undo would do of itself: stations that go, come back, change; other rows.

    Other rows are counted together, and by what they are.
    """
    found: Counter[str] = Counter()
    for event in events:
        if (event.entity, event.id) in stays:
            continue
        if event.entity != "station":
            found["other"] += 1
            found[event.entity] += 1
        elif event.before is None:
            found["gone"] += 1
        else:
            found["back" if event.after is None else "changed"] += 1
    return found


def _line(event: Event, names: Names, lang: str) -> dict[str, Any]:
    """Say of one row who changed it last, when and in what."""
    last = register().history(event.entity, event.id, limit=1)[0]
    fields = sorted({*(last.before or {}), *(last.after or {})} - SILENT)
    gone, by, at, kind = last.after is None, last.by, last.at, last.kind
    if last.seq == event.seq and (merge := _merged_into(event.id)):
        fields, by, at, kind = [], merge.by, merge.at, merge.kind
    if gone or event.entity not in ("station", "contact"):
        fields = []
    labels = [
        say(CONTACT.get(f, f), lang=lang)
        if event.entity == "contact"
        else label(present(), f, lang=lang)
        for f in fields
    ]
    return {
        "name": _name(event.entity, event.id, event.after or event.before or {}, lang),
        "station": event.id if event.entity in ("station", "contact") else "",
        "what": say(KINDS.get(kind, kind), lang=lang),
        "fields": say(N_(", "), lang=lang).join(labels),
        "gone": gone,
        "by": names.of(by),
        "at": when(at),
    }


def _merged_into(station_id: str) -> Action | None:
    merges = register().actions(kinds=(MERGE,), limit=_MERGES)
    return next((m for m in merges if m.note == station_id and m.undone_by is None), None)


def _name(entity: str, own: str, row: dict[str, Any], lang: str) -> str:
    stands = register().get("station" if entity == "contact" else entity, own) or row
    name = str(stands.get("name") or own)
    if entity == "station":
        return name if name == own else say(N_("{name} ({id})"), lang=lang, name=name, id=own)
    return f"{say(ENTITIES.get(entity, entity), lang=lang)} {name}"
