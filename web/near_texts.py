"""Every sentence that the scripts of ``/near`` show; ``{name}`` is filled in by them."""

from collections.abc import Mapping
from types import MappingProxyType

from stationmap.messages import N_
from web.words import catalogue

TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "near.locating": N_("Finding your position …"),
        "near.refused": N_(
            "Your position was not given, and it is not needed: write a street or place, or tap "
            "the map."
        ),
        "near.lost": N_(
            "Your position could not be found just now. Try again, write a street or place, or tap "
            "the map."
        ),
        "near.insecure": N_(
            "The browser gives positions only to addresses that begin with https. Write a street "
            "or place, or tap the map."
        ),
        "near.looking": N_("Looking …"),
        "near.offline": N_("No network, and nothing was found anew. Try again in a moment."),
        "near.not_sent": N_("There is no network: nothing was sent. Try again in a moment."),
        "near.sent": N_("The unit has your remark. Thank you."),
        "near.picked": N_("the place chosen on the map"),
        "near.map_lost": N_("The map could not be loaded; the list has all that it shows."),
        "map.label": N_(
            "Map: arrow keys move it, plus and minus zoom. The stations on it are in the list."
        ),
        "map.zoom_in": N_("Zoom in"),
        "map.zoom_out": N_("Zoom out"),
        "unit.m": N_("{n} m"),
        "unit.km": N_("{n} km"),
        "base.own": N_("The city's own streets"),
        "base.name": N_("Base map: {name}"),
        "base.review": N_("Review number {number}"),
    }
)


def script_texts(lang: str) -> dict[str, str]:
    """All of them in one language, not yet filled in."""
    words = catalogue(lang)
    return {key: words.get(text, text) for key, text in TEXTS.items()}
