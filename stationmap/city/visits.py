"""Visits: what an inspector found at a station enters the register, once and whole.

One submission is one action: the inspection, its photos, the order for what failed, and the
decision on the order that it re-inspects. Sent again it is answered by its first receipt.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from stationmap.city.answers import Answers
from stationmap.city.sent import Sent
from stationmap.city.station_merge import merged_into
from stationmap.city.unit_names import unit_of
from stationmap.city.visit_notes import instant, notes
from stationmap.city.visit_orders import (
    ChangedError,
    decision,
    due_of,
    is_of_orders,
    ordered,
    reopened,
    righted,
    still,
    unsettled,
    withdrawn,
)
from stationmap.errors import Conflict, InputError, RegisterError
from stationmap.inspections import (
    NOT_APPLICABLE,
    NOT_MET,
    SELF,
    Checklist,
)
from stationmap.io.notes import Note
from stationmap.standards import Text
from stationmap.store import Change, Receipt, Register, inspections
from stationmap.store.accounts import Account

INSPECT, VOID = "inspect", "void"
"""Kinds of the actions."""

_TRIES = 5
_OTHERS = 10


@dataclass(frozen=True)
class Picture:
    """A photo that is kept: digest of its file, bytes, pixels, when it is said to be taken."""

    sha256: str
    bytes: int
    width: int
    height: int
    taken_at: str | None = None


Pictures = Callable[[str], Picture | None]
"""Photo id → the picture that this inspector uploaded under it; None where there is none."""


class MissingPhotosError(InputError):
    """Photos of a visit are not uploaded yet; ``params["missing"]`` are their ids."""


class NoSuchStationError(InputError):
    """A station is not in the register."""


@dataclass(frozen=True)
class Outcome:
    """What became of a submission.

    Attributes
    ----------
    inspection : dict
        The row in the register.
    again : bool
        It was sent before; this is its first receipt.
    notes : list of Note
        What the inspector should know: a wrong clock, a newer edition, an order that is there.
    failed : list of str
        Keys of the lines that are not met.
    others : list of dict
        Inspections of the same station by others that the form did not show, newest first.
    order : dict or None
        The order that was issued with it.
    decided : (str, str) or None
        Id of the order that it re-inspected, and the order's state now.
    decides : bool
        Whether it was this visit that closed or returned that order.
    """

    inspection: dict[str, Any]
    again: bool
    notes: list[Note] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    others: list[dict[str, Any]] = field(default_factory=list)
    order: dict[str, Any] | None = None
    decided: tuple[str, str] | None = None
    decides: bool = False


def station_of(answers: Answers, register: Register, station_id: str) -> dict[str, Any]:
    """Return the station that is meant by an id, also where it was merged into another since.

    One that only names its unit has the unit's id, where one of its county has the name.

    Raises
    ------
    NoSuchStationError
        It is not in the register any more.
    """
    for own in (station_id, merged_into(register, station_id)):
        frame = answers.stations()
        rows = frame[frame["station_id"] == own] if own else frame.iloc[:0]
        if len(rows):
            row: dict[str, Any] = rows.iloc[0].to_dict()
            known = {name: None if value != value else value for name, value in row.items()}
            known["unit_id"] = known["unit_id"] or unit_of(
                answers.table("units"), name=known["unit"], adcode=known["adcode"]
            )
            return known
    raise NoSuchStationError(
        "The station {station} is not in the register any more; the inspection stays on the "
        "device. Ask your administrator where it went.",
        station=station_id,
    )


def checklist_of(register: Register, checklist_id: str, *, answers: Answers) -> Checklist:
    """Return a checklist of any edition that was ever handed out.

    Raises
    ------
    InputError
        There is none of this id.
    """
    current = Checklist.of_pack(answers.pack)
    if current.id == checklist_id:
        return current
    row = register.get("checklist", checklist_id)
    if row is None:
        raise InputError(
            "This checklist is not one of this city's; the inspection stays on the device. Load "
            "the page anew and send it again."
        )
    return Checklist.of_content(row["content"])


def submit(
    register: Register,
    answers: Answers,
    sent: Sent,
    *,
    by: Account,
    pictures: Pictures,
    now: dt.datetime,
) -> Outcome:
    """Write an inspection, and what follows from it.

    Parameters
    ----------
    register : Register
    answers : Answers
        The city as it is.
    sent : Sent
        See `sent.read`.
    by : Account
        The inspector; that the station is in its scope is the caller's to see to.
    pictures : callable
        See `Pictures`.
    now : datetime
        The server's clock, with a zone.

    Raises
    ------
    Conflict
        Another inspection was sent under this id.
    MissingPhotosError
        Photos of it are not here yet.
    InputError
        An answer does not fit the checklist, or the kind of visit the account.
    """
    request = sent.model_dump(exclude={"sent_at", "device"})
    if receipt := register.again(sent.id, kind=INSPECT, request=request):
        return _told(register, answers, sent, receipt, by=by)
    station = station_of(answers, register, sent.station_id)
    checklist = checklist_of(register, sent.checklist, answers=answers)
    _refuse_unfit(sent, checklist, role=by.role)
    _refuse_order_of_another(register, sent, station["station_id"])
    checklists = partial(checklist_of, register, answers=answers)
    at, clock = instant(sent, now=now)
    photos = _photos(register, sent, station["station_id"], pictures=pictures)
    inspection = _inspection(sent, station, checklist, answers, by=by) | {
        "at": _text(at),
        "received_at": _text(now),
        "clock": clock,
        "seq": register.seq(),
    }
    today, days = _day(now, answers), answers.pack.rectify_days
    right = righted(register, inspection, checklists) if sent.order else set()
    due = due_of(sent.order, today=today, days=days) if sent.order else None
    for _ in range(_TRIES):
        standing = unsettled(register.rows, station["station_id"])
        changes = [
            *_edition(register, checklist),
            Change("inspection", sent.id, inspection, expects=0),
            *photos,
            *ordered(sent, station, checklist, standing, inspection, due=due, right=right),
            *decision(
                sent,
                standing,
                days=days,
                today=today,
                inspection=inspection,
                others=register.rows("inspection", order_id=sent.order_id) if sent.order_id else [],
                found=lambda own: register.get("inspection", own),
                checklists=checklists,
            ),
        ]
        try:
            receipt = register.write(
                changes,
                action=sent.id,
                by=by.id,
                kind=INSPECT,
                note=station["station_id"],
                only_if=still(station["station_id"], standing),
                request=request,
            )
        except (ChangedError, Conflict) as error:
            # another inspection of the station came between: look again, and decide anew
            if isinstance(error, Conflict) and not is_of_orders(error):
                raise
        else:
            return _told(register, answers, sent, receipt, by=by)
    raise RegisterError(
        "Others are changing the orders of this station at this moment; the inspection stays on "
        "the device and is sent again by itself.",
        why="busy",
    )


def void(
    register: Register,
    inspection_id: str,
    *,
    reason: str,
    action: str,
    by: str,
    withdrawn_at: dt.datetime | None = None,
) -> Receipt:
    """Say that an inspection counts no more, and why; it stays in the register.

    An order that it closed waits again as it did before.

    Parameters
    ----------
    register : Register
    inspection_id : str
    reason : str
    action : str
        Sent again it answers the first receipt.
    by : str
        Id of the account.
    withdrawn_at : datetime, optional
        With a zone; the orders that it issued are withdrawn too. They stand unless given.

    Raises
    ------
    Conflict
        Somebody else changed it at the same moment.
    InputError
        There is no such inspection, or it is void already.
    """
    request = {"void": inspection_id, "reason": reason, "orders": withdrawn_at is not None}
    if receipt := register.again(action, kind=VOID, request=request):
        return receipt
    row = register.get("inspection", inspection_id)
    if row is None or row["voided"]:
        raise InputError("There is no such inspection that counts; nothing was changed.")
    changes = [
        Change("inspection", inspection_id, {"voided": reason}, expects=row["version"]),
        *reopened(register, row),
    ]
    if withdrawn_at is not None:
        changes += withdrawn(register, inspection_id, reason=reason, at=_text(withdrawn_at))
    return register.write(
        changes, action=action, by=by, kind=VOID, note=row["station_id"], request=request
    )


def number_of(row: Mapping[str, Any], *, zone: str) -> str:
    """Return the number by which people call an inspection or an order: its day and event."""
    at = dt.datetime.fromisoformat(row.get("received_at") or row["issued_at"])
    return f"{at.astimezone(ZoneInfo(zone)):%Y%m%d}-{row['created']:06d}"


# ------------------------------------------------------------------- reading a submission


def _refuse_unfit(sent: Sent, checklist: Checklist, *, role: str) -> None:
    if (sent.visit == SELF) != (role == "unit"):
        raise InputError(
            "A unit checks itself, and others inspect; this account cannot send this kind of "
            "visit. It stays on the device."
        )
    keys = {*sent.answers, *sent.notes, *sent.photos, *sent.same}
    if unknown := sorted(keys - {*checklist.by_key, ""}):
        raise InputError(
            "The checklist has no line {line}; the inspection stays on the device. Load the page "
            "anew and send it again.",
            line=unknown[0],
        )
    for key, state in sent.answers.items():
        line = checklist.by_key.get(key)
        if line and state == NOT_APPLICABLE and not line.may_not_apply:
            raise InputError(
                "“{line}” cannot be left out as not applicable: say whether it is met. The "
                "inspection stays on the device.",
                line=Text(**line.text),
            )
    if sent.visit == "covert" and (sent.signature or sent.signed_post):
        raise InputError(
            "An unannounced visit is not signed by the unit; take the signature out and send it "
            "again."
        )
    if sent.visit == SELF and sent.order_id:
        raise InputError(
            "A unit answers an order and others re-inspect it; this check of the unit's own stays "
            "on the device. Begin a new one and send that."
        )
    if sent.order and (sent.visit == SELF or sent.order_id):
        raise InputError(
            "An order is issued by an inspection of somebody else, and anew where there is none "
            "yet; take it out and send it again."
        )


def _refuse_order_of_another(register: Register, sent: Sent, station_id: str) -> None:
    order = register.get("rectification", sent.order_id) if sent.order_id else None
    if order is not None and order["station_id"] != station_id:
        raise InputError(
            "The order that this visit re-inspects is of another station; the inspection stays on "
            "the device. Begin a new one at this station and send that."
        )


def _day(at: dt.datetime, answers: Answers) -> dt.date:
    return at.astimezone(ZoneInfo(answers.config.time_zone)).date()


def _photos(register: Register, sent: Sent, station_id: str, *, pictures: Pictures) -> list[Change]:
    lines = {photo: key for key, photos in sent.photos.items() for photo in photos}
    if sent.signature:
        lines[sent.signature] = "signature"
    kept = {photo: pictures(photo) for photo in lines}
    if missing := [photo for photo, picture in kept.items() if picture is None]:
        raise MissingPhotosError(
            "{count} photos of this inspection have not arrived yet; it stays on the device and is "
            "sent again with them.",
            count=len(missing),
            missing=missing,
        )
    taken = [photo for photo in lines if register.get("photo", photo) is not None]
    if taken:
        raise InputError("A photo of this inspection belongs to another one already.")
    return [
        Change(
            "photo",
            photo,
            {
                **{name: getattr(kept[photo], name) for name in ("sha256", "bytes", "width")},
                "height": kept[photo].height,  # type: ignore[union-attr]
                "taken_at": kept[photo].taken_at,  # type: ignore[union-attr]
                "station_id": station_id,
                "inspection_id": sent.id,
                "line": key,
            },
            expects=0,
        )
        for photo, key in lines.items()
    ]


def _inspection(
    sent: Sent, station: Mapping[str, Any], checklist: Checklist, answers: Answers, *, by: Account
) -> dict[str, Any]:
    details = sent.model_dump(
        include={"notes", "same", "note", "signature", "signed_post", "seen", "device", "photos"}
    )
    details["same"] = [key for key in sent.same if key in sent.answers]
    supplies = {name: supply.model_dump() for name, supply in sent.supplies.items()}
    return {
        "station_id": station["station_id"],
        "checklist": sent.checklist,
        "visit": sent.visit,
        "inspector_id": by.id,
        "claimed_at": sent.claimed_at,
        "found": checklist.found(sent.answers),
        "result": checklist.result(sent.answers, site_type=station["type"]),
        "details": {**details, "supplies": supplies},
        "order_id": sent.order_id,
        "atlas": answers.atlas.name if answers.atlas else None,
        "adcode": station["adcode"],
        "unit_id": station["unit_id"],
    }


# ------------------------------------------------------------------- the checklist


def _edition(register: Register, checklist: Checklist) -> list[Change]:
    if register.get("checklist", checklist.id) is not None:
        return []
    return [edition(checklist)]


def edition(checklist: Checklist) -> Change:
    """Return the change that keeps the words of a checklist."""
    return Change(
        "checklist",
        checklist.id,
        {"pack": checklist.pack, "edition": checklist.edition, "content": checklist.content},
    )


# ------------------------------------------------------------------- the receipt


def _told(
    register: Register, answers: Answers, sent: Sent, receipt: Receipt, *, by: Account
) -> Outcome:
    """Say what became of a submission, from what the register has of it."""
    row = register.get("inspection", sent.id)
    assert row is not None
    checklist = checklist_of(register, row["checklist"], answers=answers)
    # whether the station is still there or not: what was taken in is acknowledged
    failed = [line.key for line in checklist.lines if sent.answers.get(line.key) == NOT_MET]
    order = register.get("rectification", sent.order.id) if sent.order else None
    decided = register.get("rectification", sent.order_id) if sent.order_id else None
    return Outcome(
        inspection=row,
        again=receipt.again,
        notes=notes(
            register,
            sent,
            row,
            order=order,
            decided=decided,
            failed=failed,
            former=checklist.id != Checklist.of_pack(answers.pack).id,
            checklists=partial(checklist_of, register, answers=answers),
            days=answers.pack.rectify_days,
            zone=answers.config.time_zone,
        ),
        failed=failed,
        others=_others(register, row, seen=sent.seen, by=by, zone=answers.config.time_zone),
        order=order,
        decided=(decided["id"], decided["state"]) if decided else None,
        decides=decided is not None
        and any(
            event.action == sent.id for event in register.history("rectification", decided["id"])
        ),
    )


def _others(
    register: Register, own: Mapping[str, Any], *, seen: str | None, by: Account, zone: str
) -> list[dict[str, Any]]:
    """Return what others found at the station since the inspection that the form showed.

    Without one that the form showed, those of the same day and later, by the city's clock.
    """
    last = register.get("inspection", seen) if seen else None
    at = dt.datetime.fromisoformat(own["at"]).astimezone(ZoneInfo(zone))
    day = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return inspections.by_others(
        register,
        own["station_id"],
        inspector_id=by.id,
        since_at="" if last else _text(day),
        after=last["created"] if last else 0,
        limit=_OTHERS,
    )


def _text(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).isoformat(timespec="milliseconds")
