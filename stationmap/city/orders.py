"""Orders of a city: what one is about in its own words, and what people do with it.

An order is issued and decided by inspections (`stationmap.city.visits`); here it is answered by the
unit, returned where the answer does not do, and given more time. Each is one action.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from stationmap.city.answers import Answers
from stationmap.city.station_merge import merged_into
from stationmap.city.visits import MissingPhotosError, Picture, Pictures, checklist_of
from stationmap.city.wording import worded
from stationmap.errors import InputError
from stationmap.inspections import MET, NOT_APPLICABLE, NOT_MET, SELF, Line
from stationmap.inspections import orders as flow
from stationmap.messages import N_
from stationmap.standards import Pack
from stationmap.store import Change, Receipt, Register
from stationmap.store.accounts import Account
from stationmap.store.events import Event

ORDER = "order"
"""Kind of the action."""
ANSWER, REASON = 500, 300  # characters
MOST_PHOTOS = 20
"""Of one answer."""
COURSE = 200  # events of an order that are told

Row = dict[str, Any]


@dataclass
class Finding:
    """One line of an order: what was asked, what was found, and the photos before and after.

    Attributes
    ----------
    key : str
    line : Line or None
        In the words of the edition by which it was inspected.
    note : str
        The inspector's.
    before, answered, after : list of dict
        Photos of the inspection, of the unit's answers, and of re-inspections; oldest first.
    state : str or None
        What the last re-inspection that looked at it found.
    """

    key: str
    line: Line | None
    note: str
    before: list[Row] = field(default_factory=list)
    answered: list[Row] = field(default_factory=list)
    after: list[Row] = field(default_factory=list)
    state: str | None = None

    @property
    def basis(self) -> str:
        """Where the document asks for it; "" of what is ours."""
        return " ".join(filter(None, (self.line.document, self.line.article))) if self.line else ""


@dataclass(frozen=True)
class Story:
    """All of an order.

    Attributes
    ----------
    order : dict
    station : dict
        id, name, type, address; as it stands now, also where it was merged into another.
    inspection : dict
        The one that found it; {} where it is not in the register.
    findings : list of Finding
    photos : list of dict
        Of the answers, of no line.
    again : list of dict
        Re-inspections, oldest first.
    course : list of Event
        What became of it, oldest first.
    """

    order: Row
    station: Row
    inspection: Row
    findings: list[Finding]
    photos: list[Row]
    again: list[Row]
    course: list[Event]


def story(register: Register, answers: Answers, order: Row) -> Story:
    """Gather all that an order is about."""
    found = register.get("inspection", order["inspection_id"] or "") or {}
    checklist = checklist_of(register, order["checklist"], answers=answers)
    notes = (found.get("details") or {}).get("notes", {})
    findings = [
        Finding(key, checklist.by_key.get(key), notes.get(key, "")) for key in order["lines"]
    ]
    by_key = {one.key: one for one in findings}
    rest: list[Row] = []
    for photo in register.rows("photo", inspection_id=order["inspection_id"]):
        if photo["line"] in by_key:
            by_key[photo["line"]].before.append(photo)
    for photo in register.rows("photo", order_id=order["id"]):
        (by_key[photo["line"]].answered if photo["line"] in by_key else rest).append(photo)
    again = register.rows("inspection", order_id=order["id"])
    counting = (one for one in again if one["visit"] != SELF and not one["voided"])
    again = sorted(counting, key=lambda one: one["at"])
    for one in again:
        said = checklist_of(register, one["checklist"], answers=answers).answers(one["found"])
        for key, finding in by_key.items():
            finding.state = said.get(key, finding.state)
        for photo in register.rows("photo", inspection_id=one["id"]):
            if photo["line"] in by_key:
                by_key[photo["line"]].after.append(photo)
    course = register.history("rectification", order["id"], limit=COURSE)[::-1]
    return Story(
        order=order,
        station=station_of(register, answers, order["station_id"]),
        inspection=found,
        findings=findings,
        photos=rest,
        again=again,
        course=course,
    )


def station_of(register: Register, answers: Answers, station_id: str) -> Row:
    """Return id, name, type and address of a station, or of the one that it became part of.

    Of one that is not in the register any more only the id is known.
    """
    frame = answers.stations()
    for own in (station_id, merged_into(register, station_id)):
        rows = frame[frame["station_id"] == own] if own else frame.iloc[:0]
        if len(rows):
            row = rows.iloc[0]
            texts = {name: row[name] for name in ("name", "type", "address")}
            known = {name: value if value == value else None for name, value in texts.items()}
            return {"id": own, **known, "name": known["name"] or own}
    return {"id": station_id, "name": station_id, "type": None, "address": None}


def addressed(order: Mapping[str, Any], pack: Pack) -> tuple[str, str]:
    """Return to whom the notice of an order goes, and who gets a copy; "" for nobody.

    Where the pack has it go to the supervising department and none is known, it goes to the unit.
    """
    unit = order["unit"] or order["unit_id"] or ""
    supervisor = order["supervising_unit"] or ""
    if pack.notice_to == "supervisor" and supervisor:
        return supervisor, unit
    return unit, supervisor


# ------------------------------------------------------------------- what people do


def answer(
    register: Register,
    order: Row,
    *,
    text: str,
    label: str,
    photos: Mapping[str, str],
    pictures: Pictures,
    version: int,
    action: str,
    by: Account,
    now: dt.datetime,
) -> Receipt:
    """Write what the unit did about an order, with its photos; it does not close the order.

    Parameters
    ----------
    register : Register
    order : dict
        As it stands.
    text : str
    label : str
        What the form calls the text.
    photos : mapping
        Photo id → key of the line that it shows, "" for none.
    pictures : callable
        See `visits.Pictures`.
    version : int
        At which the form showed the order.
    action : str
        The form's mark; sent again it answers the first receipt.
    by : Account
    now : datetime
        The server's clock, with a zone.

    Raises
    ------
    Conflict
        The order was changed meanwhile.
    MissingPhotosError
        A photo is not here.
    InputError
        The order is closed, or the text is missing or cannot be kept, or the photos are too many.
    """
    request = {"order": order["id"], "version": version, "answer": text, "photos": dict(photos)}
    if receipt := register.again(action, kind=ORDER, request=request):
        return receipt
    if len(photos) > MOST_PHOTOS:
        raise InputError(
            "An answer takes up to {limit} photos and this has {n}; nothing was saved yet. Leave "
            "some out.",
            limit=MOST_PHOTOS,
            n=len(photos),
        )
    said = worded(text, what=label, limit=ANSWER, required=True)
    after = flow.answered(order, answer=said, at=_instant(now))
    kept = {photo: pictures(photo) for photo in photos}
    missing = [photo for photo, picture in kept.items() if picture is None]
    if missing:
        raise MissingPhotosError(
            "{count} photos of this answer are not here any more; nothing was saved yet. Choose "
            "them again.",
            count=len(missing),
            missing=missing,
        )
    shown = [
        _photo(order, photo, line=photos[photo], picture=picture)
        for photo, picture in kept.items()
        if picture is not None
    ]
    return _write(
        register, order, after, *shown, version=version, action=action, by=by, request=request
    )


def give_back(
    register: Register,
    order: Row,
    *,
    reason: str,
    due: str,
    label: str,
    version: int,
    action: str,
    by: Account,
    now: dt.datetime,
    today: dt.date,
) -> Receipt:
    """Return an answered order to be put right until a new day (ISO text, inclusive).

    See `answer` for the other parameters.

    Raises
    ------
    Conflict
        The order was changed meanwhile.
    InputError
        There is no answer to return, the reason is missing or cannot be kept, or the day is wrong.
    """
    request = {"order": order["id"], "version": version, "return": reason, "due": due}
    if receipt := register.again(action, kind=ORDER, request=request):
        return receipt
    said = worded(reason, what=label, limit=REASON, required=True)
    after = flow.returned(order, reason=said, due=due, today=today, at=_instant(now))
    return _write(register, order, after, version=version, action=action, by=by, request=request)


def extend(
    register: Register,
    order: Row,
    *,
    reason: str,
    due: str,
    label: str,
    version: int,
    action: str,
    by: Account,
    now: dt.datetime,
    today: dt.date,
) -> Receipt:
    """Give an order a later deadline (ISO text, inclusive), with a reason.

    See `answer` for the other parameters.

    Raises
    ------
    Conflict
        The order was changed meanwhile.
    InputError
        The order is closed, the reason is missing or cannot be kept, or the day is not later.
    """
    request = {"order": order["id"], "version": version, "extend": reason, "due": due}
    if receipt := register.again(action, kind=ORDER, request=request):
        return receipt
    said = worded(reason, what=label, limit=REASON, required=True)
    after = flow.extended(order, reason=said, due=due, today=today, at=_instant(now))
    return _write(register, order, after, version=version, action=action, by=by, request=request)


def cancel(
    register: Register,
    order: Row,
    *,
    reason: str,
    label: str,
    version: int,
    action: str,
    by: Account,
    now: dt.datetime,
) -> Receipt:
    """Withdraw an order that should not have been issued, with a reason.

    See `answer` for the other parameters.

    Raises
    ------
    Conflict
        The order was changed meanwhile.
    InputError
        The order is settled already, or the reason is missing or cannot be kept.
    """
    request = {"order": order["id"], "version": version, "cancel": reason}
    if receipt := register.again(action, kind=ORDER, request=request):
        return receipt
    said = worded(reason, what=label, limit=REASON, required=True)
    after = flow.cancelled(order, reason=said, at=_instant(now))
    return _write(register, order, after, version=version, action=action, by=by, request=request)


def _write(
    register: Register,
    order: Row,
    after: Mapping[str, Any],
    *others: Change,
    version: int,
    action: str,
    by: Account,
    request: Mapping[str, Any],
) -> Receipt:
    changes: Sequence[Change] = (
        Change("rectification", order["id"], after, expects=version),
        *others,
    )
    return register.write(
        changes,
        action=action,
        by=by.id,
        kind=ORDER,
        note=order["station_id"] or "",
        request=dict(request),
    )


def _photo(order: Row, photo: str, *, line: str, picture: Picture) -> Change:
    if line and line not in order["lines"]:
        raise InputError("This order has no line {line}; nothing was saved yet.", line=line[:40])
    return Change(
        "photo",
        photo,
        {
            "sha256": picture.sha256,
            "bytes": picture.bytes,
            "width": picture.width,
            "height": picture.height,
            "taken_at": picture.taken_at,
            "station_id": order["station_id"],
            "order_id": order["id"],
            "line": line,
        },
        expects=0,
    )


def _instant(now: dt.datetime) -> str:
    return now.astimezone(dt.UTC).isoformat(timespec="milliseconds")


FOUND: Mapping[str, str] = MappingProxyType(
    {MET: N_("Met"), NOT_MET: N_("Not met"), NOT_APPLICABLE: N_("Not applicable")}
)
"""What a re-inspection found of a line → what it is called."""
STEPS: Mapping[str, str] = MappingProxyType(
    {
        "issued": N_("Order issued"),
        "answered": N_("Answered by the unit"),
        "returned": N_("Returned by the office"),
        "extended": N_("Deadline moved"),
        "failed": N_("Re-inspected: not put right yet"),
        "closed": N_("Re-inspected: all met, closed"),
        "reopened": N_("The re-inspection counts no more: waits again"),
        "cancelled": N_("Withdrawn by the office"),
    }
)
"""Step of an order's course → what it is called."""


def step_of(event: Event) -> str:
    """Tell which step of an order an event was; a key of `STEPS`."""
    after = event.after or {}
    if event.before is None:
        return "issued"
    if after.get("state") == flow.CLOSED:
        return "closed"
    if after.get("state") == flow.CANCELLED:
        return "cancelled"
    if (event.before or {}).get("state") == flow.CLOSED:
        return "reopened"
    if "answered_at" in after:
        return "answered"
    if event.kind != ORDER:
        return "failed"
    return "returned" if after.get("state") == flow.RETURNED else "extended"
