"""Applications of a unit: for a new station (admission), or to give one up (withdrawal).

::

    submitted ──approve──▶ approved     admission: the station is listed as planned or in operation
        │                               withdrawal: the station is withdrawn
        ├─────refuse───▶ refused        with its reason
        └────withdraw──▶ withdrawn      by the unit itself
"""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from stationmap.city import station_edit
from stationmap.city.answers import Answers
from stationmap.city.station_edit import Edit
from stationmap.city.wording import worded
from stationmap.errors import InputError
from stationmap.io.notes import Note
from stationmap.messages import N_

ADMISSION, WITHDRAWAL = "admission", "withdrawal"
SUBMITTED, APPROVED, REFUSED, WITHDRAWN = "submitted", "approved", "refused", "withdrawn"
KINDS: Mapping[str, str] = MappingProxyType(
    {ADMISSION: N_("New station"), WITHDRAWAL: N_("Withdrawal of a station")}
)
STATES: Mapping[str, str] = MappingProxyType(
    {
        SUBMITTED: N_("Waits for a decision"),
        APPROVED: N_("Approved"),
        REFUSED: N_("Refused"),
        WITHDRAWN: N_("Taken back by the unit"),
    }
)
MOVES: Mapping[str, str] = MappingProxyType(
    {"approve": APPROVED, "refuse": REFUSED, "withdraw": WITHDRAWN}
)
# as what an approved station is listed
LISTED_AS = ("planned", "active")
REASON = 300  # characters
FIELDS = ("name", "type", "address", "hours", "supplies", "place")


def proposed(form: Mapping[str, Sequence[str]], *, now: Answers) -> Edit:
    """Read the station that a unit proposes.

    Parameters
    ----------
    form : mapping
        Field → texts, as `station_edit.read` takes them.
    now : Answers
        The city; its place decides whose station it will be.

    Returns
    -------
    Edit
        All that is wrong at once; a name and a place in the city are needed.
    """
    asked = {name: form.get(name, [""]) for name in FIELDS} | {"datum": form.get("datum", [""])}
    edit = station_edit.read(asked, now=now, row={}, fields=FIELDS, covers=lambda *_: True)
    if not edit.after.get("name"):
        edit.wrong["name"] = Note(N_("write the name of the station"), {})
    if not edit.after.get("geometry") and "place" not in edit.wrong:
        edit.wrong["place"] = Note(
            N_("tap the map where it shall stand, or write longitude and latitude"), {}
        )
    elif "place" not in edit.wrong and not edit.after.get("adcode"):
        edit.wrong["place"] = Note(N_("this place lies in none of the city's districts"), {})
    return edit


def admission(
    station: Mapping[str, Any], *, unit_id: str | None, reason: str, label: str
) -> dict[str, Any]:
    """Return the columns of an application for a new station.

    Parameters
    ----------
    station : mapping
        ``after`` of what `proposed` returned.
    unit_id : str or None
        The unit that applies.
    reason : str
    label : str
        What the form calls the reason.

    Raises
    ------
    InputError
        The reason is missing or cannot be kept.
    """
    kept = {n: list(v) if isinstance(v, tuple) else v for n, v in station.items() if v is not None}
    return {
        "unit_id": unit_id,
        "kind": ADMISSION,
        "state": SUBMITTED,
        "station": kept,
        "reason": worded(reason, what=label, limit=REASON, required=True),
    }


def withdrawal(
    station: Mapping[str, Any],
    *,
    unit_id: str | None,
    reason: str,
    waiting: Iterable[Mapping[str, Any]] = (),
    label: str,
) -> dict[str, Any]:
    """Return the columns of an application for giving a station up.

    Parameters
    ----------
    station : mapping
        ``station_id`` and ``status``.
    unit_id : str or None
        The unit that gives it up.
    reason : str
    waiting : iterable of mapping
        Such applications that wait already.
    label : str
        What the form calls the reason.

    Raises
    ------
    InputError
        The station is withdrawn, or that is applied for, or the reason is missing.
    """
    if station["status"] == "closed":
        raise InputError("This station is withdrawn already; nothing was sent.")
    if list(waiting):
        raise InputError(
            "Its withdrawal was applied for already and waits; nothing was sent twice."
        )
    return {
        "unit_id": unit_id,
        "kind": WITHDRAWAL,
        "station_id": station["station_id"],
        "state": SUBMITTED,
        "reason": worded(reason, what=label, limit=REASON, required=True),
    }


def moved(row: Mapping[str, Any], *, step: str, decision: str = "", label: str) -> dict[str, Any]:
    """Return what to set when an application is approved, refused or taken back.

    Parameters
    ----------
    row : mapping
        The application as it stands.
    step : str
        A key of `MOVES`.
    decision : str
        What to tell the unit; needed for a refusal.
    label : str
        What the form calls it.

    Raises
    ------
    InputError
        The application is decided already, or the reason is missing or cannot be kept.
    """
    if step not in MOVES:
        raise InputError("Please choose whether to approve or to refuse; nothing was saved yet.")
    if row["state"] != SUBMITTED:
        raise InputError(
            "This application was settled meanwhile; what you chose was not saved. See below how "
            "it stands."
        )
    said = worded(decision, what=label, limit=REASON, required=step == "refuse")
    return {"state": MOVES[step], "decision": said}


def listed(row: Mapping[str, Any], *, status: str, unit: str | None) -> dict[str, Any]:
    """Return the columns of the station that an approved admission puts on the list.

    Raises
    ------
    InputError
        `status` is none of `LISTED_AS`.
    """
    if status not in LISTED_AS:
        raise InputError("Please choose as what the station is listed; nothing was saved yet.")
    return {
        **row["station"],
        "geometry": tuple(row["station"]["geometry"]),
        "status": status,
        "unit_id": row["unit_id"],
        "unit": unit,
        "demonstration": False,
    }
