"""The way to a station in words, leg by leg."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from stationmap.messages import N_
from stationmap.walking import Leg, Route
from web.near_words import metres
from web.words import say

TURNS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "": ("↑", "{way}"),
        "straight": ("↑", N_("straight on, {way}")),
        "left": ("←", N_("turn left, {way}")),
        "right": ("→", N_("turn right, {way}")),
        "back": ("↓", N_("turn back, {way}")),
    }
)
WAYS: Mapping[str, str] = MappingProxyType(
    {
        "footway": N_("along the footway"),
        "crossing": N_("across the street"),
        "steps": N_("over the stairs"),
        "road": N_("along the road"),
        "path": N_("along the path"),
    }
)


def legs(route: Route, lang: str) -> list[dict[str, Any]]:
    """Return what to do, in order: ``sign``, ``text``, ``length`` and ``kind`` of each leg."""
    last = len(route.legs) - 1
    return [_leg(leg, lang, ends=i == last) for i, leg in enumerate(route.legs)]


def _leg(leg: Leg, lang: str, *, ends: bool) -> dict[str, Any]:
    sign, template = TURNS[leg.turn]
    way = say(WAYS[leg.kind], lang=lang)
    if leg.name and leg.kind == "crossing":
        way = say(N_("across {name}"), lang=lang, name=leg.name)
    elif leg.name:
        way = say(N_("along {name}"), lang=lang, name=leg.name)
    elif leg.kind == "path" and ends:
        way = say(N_("to the station"), lang=lang)
    elif leg.kind == "path" and not leg.turn:
        way = say(N_("to the street"), lang=lang)
    text = say(template, lang=lang, way=way)
    if leg.stairs and leg.name:
        text = say(N_("{text} (stairs)"), lang=lang, text=text)
    return {
        "sign": sign,
        "text": text[:1].upper() + text[1:],
        "length": metres(leg.length_m, lang),
        "kind": leg.kind,
    }
