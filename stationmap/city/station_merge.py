"""Two stations that are one: what the merged one keeps, what follows it, where its id is found."""

from collections.abc import Mapping
from typing import Any

from stationmap.errors import InputError
from stationmap.store import Change, Register, queries

MERGE = queries.MERGE
"""Kind of the action; its note is the id of the station that was kept."""

COLUMNS = (
    "name",
    "type",
    "status",
    "unit",
    "supervising_unit",
    "address",
    "hours",
    "supplies",
    "phone",
    "parent_id",
    "platform_id",
    "demonstration",
    "opened_on",
    "geometry",
)
"""Columns that are chosen one by one."""

TOGETHER: Mapping[str, tuple[str, ...]] = {
    "unit": ("unit", "unit_id"),
    "hours": ("hours", "hours_source"),
    "geometry": ("geometry", "adcode", "source_lon", "source_lat", "source_datum"),
}
"""Columns that go with a chosen one."""

# what refers to a station by its id: entity, column
_REFERRING = (
    ("project", "station_id"),
    ("activity", "station_id"),
    ("closure", "station_id"),
    ("restock", "station_id"),
    ("application", "station_id"),
    ("remark", "station_id"),
    ("inspection", "station_id"),
    ("photo", "station_id"),
    ("rectification", "station_id"),
    ("exemption", "subject_id"),
    ("station", "parent_id"),
)
_FARTHEST = 50  # merges of merges


def changes(
    register: Register, *, keep: Mapping[str, Any], drop: Mapping[str, Any], of_other: set[str]
) -> list[Change]:
    """Return what makes one station of two.

    Parameters
    ----------
    register : Register
    keep, drop : mapping
        Rows as they were shown, with their versions.
    of_other : set of str
        Those of `COLUMNS`, or "contact", that are taken from `drop`.

    Raises
    ------
    InputError
        Both are the same station.
    """
    if keep["id"] == drop["id"]:
        raise InputError("a station cannot be merged with itself; choose two")
    taken = {
        column: drop[column]
        for name in COLUMNS
        if name in of_other
        for column in TOGETHER.get(name, (name,))
    }
    # one cannot be the superior of itself
    if taken.get("parent_id", keep["parent_id"]) in (keep["id"], drop["id"]):
        taken["parent_id"] = None
    return [
        Change("station", keep["id"], taken, expects=keep["version"]),
        Change("station", drop["id"], None, expects=drop["version"]),
        *_contacts(register, keep["id"], drop["id"], of_other="contact" in of_other),
        *_followers(register, keep=keep["id"], drop=drop["id"]),
    ]


def followers(register: Register, station_id: str) -> int:
    """Return how many rows refer to a station, and would go along."""
    return sum(len(register.rows(e, **{column: station_id})) for e, column in _REFERRING)


def merged_into(register: Register, station_id: str) -> str | None:
    """Return the station that a merged one is now; None where it is in the register or was none."""
    found = station_id
    for _ in range(_FARTHEST):
        last = next(iter(register.history("station", found, limit=1)), None)
        if last is None or last.after is not None:
            return found if last is not None and found != station_id else None
        if last.kind != MERGE:
            return None
        found = last.note
    return None


def _contacts(register: Register, keep: str, drop: str, *, of_other: bool) -> list[Change]:
    own, other = register.get("contact", keep), register.get("contact", drop)
    if other is None:
        return []
    moved = [Change("contact", drop, None, expects=other["version"])]
    if own is None or of_other:
        values = {name: other[name] for name in ("person", "phone", "note")}
        version = own["version"] if own else 0
        moved.append(Change("contact", keep, values, expects=version))
    return moved


def _followers(register: Register, *, keep: str, drop: str) -> list[Change]:
    return [
        Change(entity, row["id"], {column: keep}, expects=row["version"])
        for entity, column in _REFERRING
        for row in register.rows(entity, **{column: drop})
        if (entity, row["id"]) != ("station", keep)
    ]
