"""The datum of a list in words: which places agree, how far they would move, what to choose."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import pyproj

from stationmap.messages import N_
from web.import_words import DATUMS, told
from web.words import say

_EVIDENCE: Mapping[str, str] = MappingProxyType(
    {
        "facility": N_(
            "{matches} of {used} places stand beside a facility of the same name or kind, mostly "
            "{median} m off (by chance it would be about {expected})."
        ),
        "nothing": N_("None of {used} places stands beside a facility of the same name or kind."),
        "district": N_(
            "Of {used} places near a border, {matches} lie in the district that the list gives "
            "(by chance it would be about {expected})."
        ),
        "street": N_(
            "{matches} of {used} places stand within 25 m of a street (by chance it would be about "
            "{expected})."
        ),
    }
)
_MOVED = N_("The places would lie about {metres} m from where they lie under {datum}.")
_DECIDED = N_(
    "It is {datum}: under it the places agree best with this city's map. Nothing is to be chosen, "
    "unless you know better who made the list."
)
_UNDECIDED = N_(
    "It cannot be told: {reason}. Look at the map, choose the one under which the places stand at "
    "the street or the door where they belong; if in doubt, ask who made the list."
)
_GEOD = pyproj.Geod(ellps="WGS84")
_SHORT: Mapping[str, str] = MappingProxyType(
    {"wgs84": "WGS-84", "gcj02": "GCJ-02", "bd09": "BD-09"}
)


def datum_advice(evidence: Mapping[str, Any], lang: str) -> str:
    """Say what datum a list has and whether something is to be chosen.

    Parameters
    ----------
    evidence : mapping
        ``decided, reason``, as `stationmap.city.preview.preview` gives them.
    lang : str
    """
    if decided := evidence["decided"]:
        return say(_DECIDED, lang=lang, datum=_SHORT[decided])
    return say(_UNDECIDED, lang=lang, reason=told(evidence["reason"], lang))


def datum_cards(
    evidence: Mapping[str, Any] | None, places: Mapping[str, Any] | None, lang: str
) -> list[dict[str, Any]]:
    """Return the datums that may be chosen, each with what speaks for it.

    Parameters
    ----------
    evidence, places : mapping or None
        As `stationmap.city.preview.preview` gives them.
    lang : str

    Returns
    -------
    list of dict
        ``id, name, lines, decided, other``: the last where another datum is the decided one.
    """
    decided = evidence["decided"] or "" if evidence else ""
    hypotheses = {h["datum"]: h for h in evidence["hypotheses"]} if evidence else {}
    cards = []
    for datum, label in DATUMS.items():
        lines = _lines(hypotheses[datum], lang) if datum in hypotheses else []
        other = decided not in ("", datum)
        if other and places:
            metres = _apart_m(places[datum], places[decided])
            lines.insert(0, say(_MOVED, lang=lang, metres=f"{metres:.0f}", datum=_SHORT[decided]))
        cards.append(
            {
                "id": datum,
                "name": say(label, lang=lang),
                "lines": lines,
                "decided": decided == datum,
                "other": other,
            }
        )
    return cards


def _lines(hypothesis: Mapping[str, Any], lang: str) -> list[str]:
    lines = []
    for kind, support in hypothesis["by"].items():
        if not support["points_used"]:
            continue
        median = support["median_m"]
        lines.append(
            say(
                _EVIDENCE["nothing" if median is None and kind == "facility" else kind],
                lang=lang,
                matches=support["matches"],
                used=support["points_used"],
                expected=f"{support['expected']:.0f}",
                median="–" if median is None else f"{median:.0f}",
            )
        )
    return lines


def _apart_m(one: list[list[float]], other: list[list[float]]) -> float:
    """Return the median distance of places under two datums, in metres."""
    (x, y), (to_x, to_y) = np.transpose(one), np.transpose(other)
    return float(np.median(_GEOD.inv(x, y, to_x, to_y)[2]))
