"""补充物资: a supply runs short at a station, is reported, and is replenished."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from stationmap.city.wording import worded
from stationmap.errors import InputError
from stationmap.messages import N_
from stationmap.stations import SUPPLIES

SHORT, REPLENISHED = "short", "replenished"
OTHER = "other"
NOTE = 200  # characters
# what can run short: the five, and what a note says
SHORTAGES: Mapping[str, str] = MappingProxyType({**SUPPLIES, OTHER: N_("Something else")})


def shortage(
    station_id: str,
    *,
    supply: str,
    note: str,
    others: Iterable[Mapping[str, Any]] = (),
    label: str = "note",
) -> dict[str, Any]:
    """Return the columns of a new report that a supply runs short.

    Parameters
    ----------
    station_id : str
    supply : str
        A key of `SHORTAGES`.
    note : str
        How much is left, what to bring; needed for "other".
    others : iterable of mapping
        Reports of the same station; the same supply is reported once until it is replenished.
    label : str
        What the form calls the note.

    Raises
    ------
    InputError
        The supply is unknown or reported already, or the note is missing or cannot be kept.
    """
    if supply not in SHORTAGES:
        raise InputError("Please choose what runs short; nothing was saved yet.")
    text = worded(note, what=label, limit=NOTE, required=supply == OTHER)
    if supply != OTHER and any(
        other["supply"] == supply and other["state"] == SHORT for other in others
    ):
        raise InputError(
            "That this runs short was reported already and waits to be replenished; nothing was "
            "saved twice."
        )
    return {"station_id": station_id, "supply": supply, "state": SHORT, "note": text}
