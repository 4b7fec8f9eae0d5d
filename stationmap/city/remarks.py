"""Residents' remarks on a station: what may be said, and how the unit settles it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from stationmap.city.wording import worded
from stationmap.errors import InputError
from stationmap.messages import N_

OPEN, ANSWERED, DISMISSED = "open", "answered", "dismissed"
TEXT = 300  # characters, of a remark and of an answer
KINDS: Mapping[str, str] = MappingProxyType(
    {
        "closed": N_("It was closed when it should be open"),
        "supplies": N_("Something it should have is missing"),
        "facts": N_("Its place or its details are wrong"),
        "service": N_("About the service"),
        "other": N_("Something else"),
    }
)
# kinds that say enough without a word more
PLAIN = frozenset({"closed", "facts"})
STATES: Mapping[str, str] = MappingProxyType(
    {
        OPEN: N_("Waits for an answer"),
        ANSWERED: N_("Answered"),
        DISMISSED: N_("Set aside"),
    }
)


def remark(station_id: str, *, kind: str, text: str, label: str = "text") -> dict[str, Any]:
    """Return the columns of a new remark; it changes nothing of the station.

    Parameters
    ----------
    station_id : str
    kind : str
        A key of `KINDS`.
    text : str
        Needed but for a kind of `PLAIN`.
    label : str
        What the form calls the text.

    Raises
    ------
    InputError
        The kind is unknown, or the text is missing, too long or holds private numbers.
    """
    if kind not in KINDS:
        raise InputError("Please choose what your remark is about; nothing was sent yet.")
    said = worded(text, what=label, limit=TEXT, required=kind not in PLAIN)
    return {"station_id": station_id, "kind": kind, "text": said, "state": OPEN}


def settled(row: Mapping[str, Any], *, state: str, answer: str, label: str) -> dict[str, Any]:
    """Return what to set when a remark is answered or set aside; both need their sentence.

    Raises
    ------
    InputError
        The remark is settled already, or the sentence is missing or cannot be kept.
    """
    if state not in (ANSWERED, DISMISSED):
        raise InputError("Please choose whether to answer the remark or to set it aside.")
    if row["state"] != OPEN:
        raise InputError("This remark was settled already; your answer was not saved.")
    return {"state": state, "answer": worded(answer, what=label, limit=TEXT, required=True)}
