"""What a pack's entries say of each other: ids that stand once, names that exist, numbers that fit.

Works on the data of a file before it is a `Pack`, so that a file with other faults is told these
too. Every fault is a mapping like one of pydantic's: ``type``, ``loc``, ``input``, ``ctx``.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import opening_hours

from stationmap.errors import PackError
from stationmap.standards import patterns, tables
from stationmap.standards.extend import SECTIONS
from stationmap.standards.lines import Loc
from stationmap.standards.rules import PLACES

Fault = dict[str, Any]
Known = Mapping[str, tuple[str, ...]]


def faults(data: Mapping[str, Any]) -> Iterator[Fault]:
    """Everything wrong between the entries of a pack, and between the keys of one."""
    for section, names in SECTIONS.items():
        yield from _twice(data, section, names)
    types = {str(entry.get("id")): _names(entry) for entry in entries(data, "site_type")}
    places: Known = {
        **{place: (name.zh,) for place, name in tables.categories().items()},
        **dict.fromkeys(PLACES, ()),
    }
    for section in ("rule", "item"):
        for number, entry in enumerate(entries(data, section)):
            for fault in _in_entry(entry, types, places):
                yield {**fault, "loc": (section, number, *fault["loc"])}


def entries(data: Mapping[str, Any], section: str) -> list[Mapping[str, Any]]:
    """Return an array of tables; an empty one stands for whatever is no table."""
    found = data.get(section, [])
    return [e if isinstance(e, dict) else {} for e in found] if isinstance(found, list) else []


def _twice(data: Mapping[str, Any], section: str, names: tuple[str, ...]) -> Iterator[Fault]:
    keys = [
        tuple(str(entry.get(name)) for name in names) if "id" in entry else None
        for entry in entries(data, section)
    ]
    counts = Counter(keys)
    for number, key in enumerate(keys):
        if key is not None and counts[key] > 1:
            kind = "duplicate_kind" if len(names) > 1 else "duplicate"
            context = {"value": key[0], "of": key[-1]}
            yield {"type": kind, "loc": (section, number, "id"), "ctx": context}


def _names(site_type: Mapping[str, Any]) -> tuple[str, ...]:
    name, also = site_type.get("name"), site_type.get("also")
    said = [name.get("zh"), name.get("en")] if isinstance(name, dict) else []
    said += also if isinstance(also, list) else []
    return tuple(word for word in said if isinstance(word, str))


def _in_entry(entry: Mapping[str, Any], types: Known, places: Known) -> Iterator[Fault]:
    parts = _parts(entry)
    yield from _unknown(entry, ("site_type", "head", "counts", "site_types"), types)
    yield from _unknown(entry, ("at",), places)
    for number, part in enumerate(parts):
        for fault in _unknown(part, ("site_types",), types):
            yield {**fault, "loc": ("part", number, *fault["loc"])}
    yield from _part_numbers(parts)
    yield from _frontage(entry)
    yield from _range(entry)
    if entry.get("kind") == "indicator":
        yield from _indicator(entry)
    if entry.get("kind") == "naming":
        yield from _naming(parts)
    if entry.get("kind") == "hours":
        yield from _hours(entry)


def _parts(entry: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return entries(entry, "part")


def _unknown(entry: Mapping[str, Any], keys: Iterable[str], known: Known) -> Iterator[Fault]:
    for key in keys:
        said = entry.get(key)
        named: list[tuple[Loc, Any]] = [((key,), said)]
        if isinstance(said, list):
            named = [((key, number), one) for number, one in enumerate(said)]
        for loc, name in named:
            if isinstance(name, str) and name not in known:
                # whoever writes the name for the id is told the id
                meant = next((one for one, names in known.items() if name in names), None)
                context = {"value": name, "known": list(known), "nearest": meant}
                yield {"type": "unknown_name", "loc": loc, "ctx": context}


def _part_numbers(parts: list[Mapping[str, Any]]) -> Iterator[Fault]:
    counts = Counter(str(part["number"]) for part in parts if "number" in part)
    for at, part in enumerate(parts):
        if "number" in part and counts[str(part["number"])] > 1:
            loc = ("part", at, "number")
            yield {"type": "duplicate", "loc": loc, "ctx": {"value": part["number"]}}


def _frontage(entry: Mapping[str, Any]) -> Iterator[Fault]:
    at = entry.get("at")
    if not isinstance(at, list):
        return
    if "frontage" in at and not entry.get("along"):
        yield {"type": "frontage_without_along", "loc": ("at", at.index("frontage"))}
    if entry.get("kind") == "placement" and entry.get("along") and "frontage" not in at:
        yield {"type": "along_without_frontage", "loc": ("along",)}
    if entry.get("with_frontage") is True and not {"junction", "bus_stop"} & set(map(str, at)):
        yield {"type": "with_frontage_elsewhere", "loc": ("with_frontage",)}


def _range(entry: Mapping[str, Any]) -> Iterator[Fault]:
    least, most = entry.get("at_least", 1), entry.get("at_most")
    if isinstance(least, int | float) and isinstance(most, int) and most < least:
        yield {
            "type": "greater_than_equal",
            "loc": ("at_most",),
            "input": most,
            "ctx": {"ge": least},
        }


def _indicator(entry: Mapping[str, Any]) -> Iterator[Fault]:
    measure, target = entry.get("measure"), entry.get("at_least")
    if measure in ("share", "mean") and "denominator" not in entry:
        yield {"type": "missing", "loc": ("denominator",)}
    if measure == "number" and "denominator" in entry:
        yield {"type": "number_of", "loc": ("denominator",), "input": entry["denominator"]}
    if measure == "share" and isinstance(target, int | float) and target > 1:
        yield {"type": "share_above_one", "loc": ("at_least",), "input": target}
    if "headcounts" in entry and entry.get("per") != "unit":
        yield {"type": "headcounts_of_units", "loc": ("headcounts",)}


def _naming(parts: list[Mapping[str, Any]]) -> Iterator[Fault]:
    paths = 1
    for number, part in enumerate(parts):
        pattern = part.get("pattern")
        if not isinstance(pattern, str) or not pattern:
            continue
        try:
            paths *= patterns.paths(pattern)
            if paths > patterns.MAX_PATHS:
                raise PackError(patterns.TOO_MANY_WAYS, most=patterns.MAX_PATHS)
        except PackError as reason:
            loc = ("part", number, "pattern")
            yield {"type": "pattern", "loc": loc, "input": pattern, "ctx": {"reason": reason}}
            return


def _hours(entry: Mapping[str, Any]) -> Iterator[Fault]:
    model = entry.get("model")
    if isinstance(model, str) and model and not opening_hours.validate(model):
        yield {"type": "hours_model", "loc": ("model",), "input": model}
