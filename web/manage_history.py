"""What was changed in the register, by whom and when, and the way back."""

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from stationmap.city import station_merge
from stationmap.errors import Conflict
from stationmap.messages import N_, printable
from stationmap.store import Action, Event
from web import action_filters
from web.access import allow, log, log_after, may, me, within
from web.caching import present
from web.desk import action_id as mark
from web.desk import register, say_done, when
from web.params import Params, language
from web.station_rows import Names, subject_of, subject_of_station
from web.station_words import COLUMNS, CONTACT, ENTITIES, KINDS, SILENT, label, shown
from web.words import say

manage_history = Blueprint("manage_history", __name__, url_prefix="/manage/stations")

PAGE = 50
MOST_SHOWN = 200
"""Events of one action that its page lists; an import may have many thousands."""

_BATCH = 500
_ROUNDS = 4
"""Pages of the city's actions that are looked through for one of a county's."""

LATEST = 2**53  # beyond every event's number
# what is undone on pages of its own, or never
_NOT_HERE = frozenset(
    {"account", "edition", "inspect", "void", "order", "draw", "rounds", "scenario"}
)


# ------------------------------------------------------------------- one station


@manage_history.get("/history")
@allow("station.read")
def history() -> ResponseReturnValue:
    """Show every change of one station, field by field, newest first; of a merged one too."""
    station_id, params = printable(request.args.get("id", "")), Params.of_request()
    within({"id": station_id, **subject_of_station(station_id)})
    before = params.whole("before", default=LATEST, low=1, high=LATEST)
    columns = [c for c in COLUMNS if c != "id"]
    column = params.one_of("field", columns, default="")
    entities = ["station", *(["contact"] if may("contact.read") and not column else [])]
    found = [e for entity in entities for e in _of(entity, station_id, column, before=before)]
    if not found and before == LATEST and not column:
        abort(404)
    found.sort(key=lambda event: event.seq, reverse=True)
    page, row = found[:PAGE], register().get("station", station_id)
    if any(event.entity == "contact" for event in page):
        log("contact.read", f"station:{station_id}")
    name = (row or {}).get("name") or next(
        (e.before["name"] for e in page if e.before and e.before.get("name")), station_id
    )
    return render_template(
        "stations_history.html",
        station_id=station_id,
        name=name,
        there=row is not None,
        now_at=None if row else station_merge.merged_into(register(), station_id),
        out_by="" if row else _removed_by(station_id),
        events=_lines(page, params.lang, column),
        columns=[(c, label(present(), c, lang=params.lang)) for c in columns],
        column=column,
        before=page[-1].seq if len(found) > PAGE else None,
        newest=before == LATEST,
    )


def _removed_by(station_id: str) -> str:
    """Return the action that took a station out; "" where there is none."""
    last = next(iter(register().history("station", station_id, limit=1)), None)
    return last.action if last else ""


def _of(entity: str, own: str, column: str, *, before: int) -> list[Event]:
    """Return a page of a row's events, and one more; those of one column if it is named."""
    found: list[Event] = []
    while len(found) <= PAGE:
        events = register().history(entity, own, before=before, limit=PAGE + 1)
        found += [
            e for e in events if not column or column in {**(e.before or {}), **(e.after or {})}
        ]
        if len(events) <= PAGE or not column:
            return found
        before = events[-1].seq
    return found


# ------------------------------------------------------------------- actions


@manage_history.get("/changes")
@allow("station.manage")
def changes() -> ResponseReturnValue:
    """List what was done to the stations in the account's charge, newest first."""
    params = Params.of_request()
    before = params.whole("before", default=LATEST, low=1, high=LATEST)
    kind = params.one_of("kind", KINDS, default="")
    said = action_filters.asked()
    found, last = _visible(before, kind, action_filters.filters(said))
    stations = register().touched([action.id for action, _ in found], "station")
    names = Names(params.lang)
    return render_template(
        "stations_changes.html",
        actions=[
            {
                "id": action.id,
                "at": when(action.at),
                "by": names.of(action.by),
                "kind": say(KINDS.get(action.kind, action.kind), lang=params.lang),
                "stations": stations.get(action.id, 0),
                "events": action.events,
                "subject": _subject(first, params.lang),
                "undone": action.undone_by is not None,
            }
            for action, first in found
        ],
        kinds=[(k, say(text, lang=params.lang)) for k, text in KINDS.items() if k not in _NOT_HERE],
        kind=kind,
        asked=said,
        before=last,
        newest=before == LATEST,
    )


@manage_history.get("/changes/<uuid:action_id>")
@allow("station.manage")
def change(action_id: Any) -> ResponseReturnValue:
    """Show what one action changed, and offer to undo it."""
    lang = language()
    action = _of_account(str(action_id))
    mine = _events_of_account(action, limit=MOST_SHOWN)
    _log_contacts(action, mine)
    return render_template(
        "stations_change.html",
        done=action,
        at=when(action.at),
        by=Names(lang).of(action.by),
        kind=say(KINDS.get(action.kind, action.kind), lang=lang),
        events=_lines(mine, lang),
        more=action.events - len(mine),
        undone=action.undone_by is not None,
        beyond=len(mine) < min(action.events, MOST_SHOWN),
        changed=None,
    )


@manage_history.post("/changes/<uuid:action_id>/undo")
@allow("station.manage")
def undo(action_id: Any) -> ResponseReturnValue:
    """Put back what an action changed; where rows were changed since, say which, and ask."""
    lang, undone = language(), _of_account(str(action_id))
    if not _is_all_mine(undone):
        log_after("refused", f"undo {undone.id}", outcome="scope")
        abort(404)
    rest = request.form.get("rest") == "1"
    try:
        receipt = register().undo(undone.id, action=mark(), by=me().id, keep_changed=rest)
    except Conflict as conflict:
        if conflict.params["entity"] == "action":
            say_done(N_("This was undone already."))
            return redirect(url_for(".change", action_id=undone.id), code=303)
        events = _events_of_account(undone, limit=MOST_SHOWN)
        _log_contacts(undone, events)
        page = render_template(
            "stations_change.html",
            done=undone,
            at=when(undone.at),
            by=Names(lang).of(undone.by),
            kind=say(KINDS.get(undone.kind, undone.kind), lang=lang),
            events=_lines(events, lang),
            more=undone.events - len(events),
            undone=False,
            beyond=False,
            changed=_since(undone, lang),
        )
        return page, 409
    if not receipt.again:
        log_after("change", f"undo {undone.id}")
    if receipt.kept:
        say_done(
            N_("Undone: {count}; left as they are, because they were changed since: {kept}."),
            count=receipt.events,
            kept=len(receipt.kept),
        )
    else:
        say_done(N_("It stands as before."), undo=url_for(".undo", action_id=receipt.action))
    return redirect(_after_undo(undone), code=303)


def _log_contacts(action: Action, events: list[Event]) -> None:
    """Log that contacts are seen, where a page that is about to show events has some."""
    if any(event.entity == "contact" for event in events):
        log("contact.read", f"action:{action.id}")


def _after_undo(undone: Action) -> str:
    """Address of the one station that was put back; else of the list of changes."""
    stations = {e.id for e in register().events(undone.id, limit=2) if e.entity == "station"}
    if undone.events == 1 and len(stations) == 1:
        station_id = stations.pop()
        if register().get("station", station_id) is not None:
            return url_for("manage_stations.one", id=station_id)
    return url_for(".change", action_id=undone.id)


def _of_account(action_id: str) -> Action:
    """Return an action of which the account may see something; 404 else."""
    action = register().action(action_id)
    if action is None or action.kind in _NOT_HERE or not _events_of_account(action, limit=1):
        abort(404)
    return action


def _events_of_account(action: Action, *, limit: int) -> list[Event]:
    """Return the first events of an action that the account may see.

    Of a large action those on stations that are in its district now, if its first ones are not.
    """
    first = register().events(action.id, limit=max(limit, 20))
    mine = [event for event in first if _is_mine(event)]
    if not mine and action.events > len(first):
        found = register().events_within(action.id, adcode=me().adcode, limit=limit)
        mine = [event for event in found if _is_mine(event)]
    return mine[:limit]


def _visible(
    before: int, kind: str, filters: dict[str, Any]
) -> tuple[list[tuple[Action, Event]], int | None]:
    """Return a page of actions with an event of each that the account may see, of a station's."""
    found: list[tuple[Action, Event]] = []
    kinds = (kind,) if kind else tuple(k for k in KINDS if k not in _NOT_HERE)
    at: int | None = before
    for _ in range(_ROUNDS):
        actions = register().actions(before=at, kinds=kinds, limit=PAGE, **filters)
        for action in actions:
            events = _events_of_account(action, limit=20)
            first = sorted(events, key=lambda event: event.entity != "station")
            mine = next(iter(first), None)
            if mine is not None:
                found.append((action, mine))
            if len(found) == PAGE:
                return found, action.seq
        if len(actions) < PAGE:
            return found, None
        at = actions[-1].seq
    return found, at


def _is_mine(event: Event) -> bool:
    account = me()
    if event.entity in _NOT_HERE:
        return False
    if account.role == "city":
        return True
    if _follows_own_merge(event):
        return True
    subject = subject_of(event)
    if not account.covers(subject.get("adcode"), subject.get("unit_id")):
        return False
    # a station that came from elsewhere, or went there, is not for one county to put back
    codes = [r["adcode"] for r in (event.before, event.after) if r and r.get("adcode")]
    return event.entity != "station" or all(
        account.covers(code, subject.get("unit_id")) for code in codes
    )


def _follows_own_merge(event: Event) -> bool:
    """Whether a merge of the account's own, or its undo, gave a station another superior."""
    return (
        event.kind in (station_merge.MERGE, "undo")
        and event.by == me().id
        and event.entity == "station"
        and None not in (event.before, event.after)
        and {*(event.before or {}), *(event.after or {})} == {"parent_id"}
    )


def _is_all_mine(action: Action) -> bool:
    if me().role == "city":
        # the city's office has everything in its charge; what is not for here stands apart
        return action.kind not in _NOT_HERE
    # an adoption also notes in its scenario what was adopted
    return all(
        _is_mine(event) or (event.entity == "scenario" and event.by == me().id)
        for event in _all(action)
    )


def _all(action: Action) -> Iterator[Event]:
    for offset in range(0, max(action.events, 1), _BATCH):
        yield from register().events(action.id, offset=offset, limit=_BATCH)


def _since(undone: Action, lang: str) -> list[str]:
    """Name the rows that were changed after an action."""
    return [_subject(event, lang) for event in register().changed_since(undone.id)]


# ------------------------------------------------------------------- events in words


def _subject(event: Event, lang: str) -> str:
    """Say what an event is about: its kind of thing and its name or id."""
    row = {**(event.before or {}), **(event.after or {})}
    if not row.get("name"):
        row = register().get(event.entity, event.id) or row
    name = row.get("name") or row.get("station_id") or event.id
    entity = say(ENTITIES.get(event.entity, event.entity), lang=lang)
    return name if event.entity == "station" else f"{entity} {name}"


def _lines(events: list[Event], lang: str, column: str = "") -> list[dict[str, Any]]:
    names = Names(lang)
    return [
        {
            "at": when(event.at),
            "by": names.of(event.by),
            "action": event.action,
            "kind": say(KINDS.get(event.kind, event.kind), lang=lang),
            "subject": _subject(event, lang),
            "station": event.id if event.entity == "station" else "",
            "new": event.before is None,
            "gone": event.after is None,
            "fields": [f for f in _fields(event, lang) if column in ("", f["column"])],
        }
        for event in events
    ]


def _fields(event: Event, lang: str) -> list[dict[str, str]]:
    """Return the columns that an event changed, before and after, as a reader sees them."""
    before, after = event.before or {}, event.after or {}
    order = list(CONTACT if event.entity == "contact" else COLUMNS)
    columns = sorted(
        {*before, *after} - SILENT, key=lambda c: (order.index(c) if c in order else 99, c)
    )
    return [
        {
            "column": column,
            "label": _label(event.entity, column, lang),
            "before": _value(event.entity, column, before.get(column), lang),
            "after": _value(event.entity, column, after.get(column), lang),
        }
        for column in columns
    ]


def _label(entity: str, column: str, lang: str) -> str:
    if entity == "contact":
        return say(CONTACT.get(column, column), lang=lang)
    return label(present(), column, lang=lang)


def _value(entity: str, column: str, value: Any, lang: str) -> str:
    if entity == "contact" and not may("contact.read"):
        return "…"
    return shown(present(), column, value, lang=lang)
