"""Packs that extend another: whose file it is, and the two made one.

A pack that extends another says only what differs. Site types, items and processes are matched by
id, rules by id and kind; what the other lacks is added. Tables are merged key by key, but words
(``{ zh, en }``) and lists are replaced whole. A parameter that the extending pack states is no
longer assumed, unless it lists it again.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stationmap.standards.lines import Loc

SECTIONS = {"site_type": ("id",), "rule": ("id", "kind"), "item": ("id",), "process": ("id",)}
# what every pack says for itself
OWN = ("id", "edition", "extends")


def file_of(pack_id: str, *, beside: Path, shipped: Path) -> Path | None:
    """Return the file of the pack that the file `beside` extends; None where there is none.

    A file in the same folder comes before the packs that come along; no file extends itself.
    """
    for folder in (beside.parent, shipped):
        file = folder / f"{pack_id}.toml"
        try:
            if file.is_file() and file.resolve() != beside.resolve():
                return file
        except OSError:  # no file can have so long a name
            return None
    return None


def merge(
    parent: Mapping[str, Any], child: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[Loc, Loc]]:
    """Return the child's data made whole with its parent's.

    Parameters
    ----------
    parent, child : mapping
        Data as read from TOML; the parent's is whole and valid.

    Returns
    -------
    dict
        The whole.
    dict of place to place
        Places of entries in the whole → the same entry's place in the child's file, for those
        that the child names.
    """
    base = {key: value for key, value in parent.items() if key not in OWN}
    whole = _over(base, {k: v for k, v in child.items() if k not in SECTIONS})
    origin: dict[Loc, Loc] = {}
    for section, names in SECTIONS.items():
        own = child.get(section, [])
        if not isinstance(own, list):
            whole[section] = own
            continue
        entries = list(parent.get(section, []))
        for number, entry in enumerate(own):
            at = _match(entries, entry, names)
            if at is None or (section, at) in origin:
                at = len(entries)
                entries.append(entry)
            else:
                entries[at] = _entry(entries[at], entry)
            origin[section, at] = (section, number)
        if entries:
            whole[section] = entries
    return whole, origin


def own_place(loc: Loc, origin: Mapping[Loc, Loc]) -> Loc:
    """Return a place of the whole as a place of the child's file, as far as that goes."""
    if len(loc) > 1 and loc[0] in SECTIONS:
        entry = origin.get(loc[:2])
        return ("extends",) if entry is None else (*entry, *loc[2:])
    return loc if loc else ("extends",)


def _match(entries: list[Any], entry: Any, names: tuple[str, ...]) -> int | None:
    """Return which entry is meant; one without a kind means the only one of its id."""
    if not isinstance(entry, dict):
        return None
    said = [name for name in names if name in entry]
    if "id" not in said:
        return None
    found = [
        at
        for at, one in enumerate(entries)
        if isinstance(one, dict) and all(one.get(name) == entry[name] for name in said)
    ]
    return found[0] if len(found) == 1 else None


def _entry(parent: Mapping[str, Any], child: Mapping[str, Any]) -> dict[str, Any]:
    whole = _over(parent, child)
    if "assumed" in parent and "assumed" not in child:
        whole["assumed"] = [name for name in parent["assumed"] if not _says(child, name)]
    return whole


def _over(parent: Mapping[str, Any], child: Mapping[str, Any]) -> dict[str, Any]:
    whole = dict(parent)
    for key, value in child.items():
        old = whole.get(key)
        merge_them = isinstance(old, dict) and isinstance(value, dict) and "zh" not in old
        whole[key] = _over(dict(old or {}), value) if merge_them else value
    return whole


def _says(table: Any, name: str) -> bool:
    for part in name.split("."):
        if not isinstance(table, dict) or part not in table:
            return False
        table = table[part]
    return True
