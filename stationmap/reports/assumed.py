"""The values that a document does not give, in words: what was assumed, and for which rules."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from stationmap.checks import words
from stationmap.messages import N_, render
from stationmap.standards import Pack, Rule

# dotted parameter → what it says, with the value in it
PARAMETERS: Mapping[str, str] = {
    "within_m": N_("a station serves a place within {value} m of it, or within its outline"),
    "counts": N_("stations that count: {value}"),
    "at": N_("kinds of place that are meant: {value}"),
    "built_up": N_("only places within the built-up area count: {value}"),
    "with_frontage": N_("only places with shop frontage count: {value}"),
    "along": N_("classes of street that are meant: {value}"),
    "site_types": N_("stations that are meant: {value}"),
    "spacing_m": N_("distance between stations: {value} m"),
    "snap_m": N_("a station belongs to a street within {value} m of it"),
    "sides": N_("stations on both sides of a street count for each other: {value}"),
    "decides": N_("reading that decides: {value}"),
    "frontage.reach_m": N_("a shop faces a street within {value} m of it"),
    "frontage.reach_main_m": N_("a shop faces a main road within {value} m of it"),
    "frontage.front_m": N_("a shop fronts {value} m of the street to each side of its place"),
    "frontage.join_m": N_("pieces of shop frontage closer than {value} m are one"),
    "frontage.min_shops": N_("a commercial street has at least {value} shops"),
    "frontage.min_share": N_("a commercial street has shop frontage along at least {value} of it"),
    "at_least": N_("at least {value}"),
    "at_most": N_("at most {value}"),
    "per": N_("counted by {value}"),
    "model": N_("hours to be open: {value}"),
}
READINGS: Mapping[str, str] = {
    "count": N_("count"),
    "gap": N_("largest gap"),
    "covered": N_("covered share"),
}


class Assumption(NamedTuple):
    """One assumed value and the ids of the rules that rest on it."""

    text: str
    rules: tuple[str, ...]


def assumptions(rules: Sequence[Rule], pack: Pack, *, lang: str) -> list[Assumption]:
    """List what is assumed in some rules of a pack, alike ones once, in the rules' order."""
    found: dict[str, list[str]] = {}
    for rule in rules:
        for name in rule.assumed:
            found.setdefault(_sentence(rule, name, pack, lang=lang), []).append(rule.id)
    return [Assumption(text, tuple(dict.fromkeys(ids))) for text, ids in found.items()]


def _sentence(rule: Rule, name: str, pack: Pack, *, lang: str) -> str:
    value: Any = rule
    for part in name.split("."):
        value = getattr(value, part)
    template = PARAMETERS.get(name)
    said = _value(name, value, pack, lang=lang)
    return render(template, {"value": said}, lang=lang) if template else f"{name} = {said}"


def _value(name: str, value: Any, pack: Pack, *, lang: str) -> str:
    if name == "decides":
        return render(READINGS[value], {}, lang=lang)
    if name == "sides" or isinstance(value, bool):
        yes = value is True or value == "both"
        return render(N_("yes") if yes else N_("no"), {}, lang=lang)
    if name == "frontage.min_share":
        return f"{value:.0%}"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, tuple):
        types = {t.id: t.name.get(lang) for t in pack.site_types}
        named = [types.get(one) or words.place(one).render(lang) for one in map(str, value)]
        return render(N_(", "), {}, lang=lang).join(named)
    return str(value)
