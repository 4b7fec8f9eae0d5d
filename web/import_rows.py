"""Rows of an import as the page lists them: those refused, and those of the comparison."""

from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from stationmap.city.preview import LISTS
from stationmap.messages import N_
from stationmap.stations import STATUSES
from web.import_words import role_label, told
from web.words import say

__all__ = ["LISTS", "as_numbered", "page_of", "reasons_of"]

FEW, REASONS = 12, 12
_OF_FILE = ("new", "changed", "conflicts")  # lists of rows that stand in the file itself


def page_of(
    report: Mapping[str, Any],
    show: str,
    *,
    offset: int,
    limit: int,
    lang: str,
    numbers: Mapping[str, int] = MappingProxyType({}),
) -> Sequence[dict[str, Any]]:
    """Return some rows of one of a report's lists, in words.

    Parameters
    ----------
    report : mapping
        As `stationmap.city.preview.reported` gives it.
    show : str
        "refused", or one of `LISTS`.
    offset, limit : int
    lang : str
    numbers : mapping of str to int
        Row → its number in the file that it was refused of, which is shown in its place.

    Returns
    -------
    sequence of dict
        ``row, id, name`` and, of refused rows, ``reason, advice``; of others ``fields``, each with
        ``label, before, after``.
    """
    if show == "refused":
        return [
            {
                "row": _number(entry["row"], numbers),
                "id": entry["id"],
                "name": entry["name"],
                "reason": told(as_numbered(entry["reason"], numbers), lang),
                "advice": told(entry["advice"], lang),
            }
            for entry in report["entries"][offset : offset + limit]
        ]
    lines = report["diff"][show].get("rows", [])[offset : offset + limit]
    return [
        line
        | {
            "row": _number(line["row"], numbers) if show in _OF_FILE else line["row"],
            "fields": [_field(f, lang) for f in line["fields"]],
        }
        for line in lines
    ]


def as_numbered(reason: Any, numbers: Mapping[str, int]) -> Any:
    """Return a packed reason that names another row by its number in the file before."""
    if not numbers or "first" not in reason.get("params", {}):
        return reason
    first = reason["params"]["first"]
    return {**reason, "params": {**reason["params"], "first": _number(first, numbers)}}


def _number(row: int | None, numbers: Mapping[str, int]) -> int | None:
    return numbers.get(str(row), row)


def reasons_of(report: Mapping[str, Any], *, lang: str) -> list[tuple[str, int]]:
    """Say why rows are refused, in the words of the first of each kind.

    Nothing of a few rows, or where nearly each has a reason of its own.
    """
    entries = report["entries"]
    if len(entries) <= FEW:
        return []
    keys = [_kind_of(entry["reason"]) for entry in entries]
    first = dict(zip(reversed(keys), reversed(entries), strict=True))
    found = Counter(keys).most_common()
    if 2 * len(found) > len(entries):
        return []
    # the last one by itself is named, too
    most = REASONS if len(found) > REASONS + 1 else len(found)
    said = [(told(first[key]["reason"], lang), n) for key, n in found[:most]]
    if rest := sum(n for _, n in found[most:]):
        said.append((say(N_("other reasons"), lang=lang), rest))
    return said


def _kind_of(reason: Any) -> str:
    params = reason["params"]
    return f"{reason['template']} {params.get('value', '')}"


def _field(field: Mapping[str, Any], lang: str) -> dict[str, str]:
    name = field["name"]
    return {
        "label": role_label("stations", "lonlat" if name == "geometry" else name, lang),
        "before": _value(name, field["before"], lang),
        "after": _value(name, field["after"], lang),
    }


def _value(name: str, value: Any, lang: str) -> str:
    if value is None or value == "":
        return "–"
    if name == "status" and value in STATUSES:
        return say(STATUSES[value], lang=lang)
    if isinstance(value, list):
        return ", ".join(f"{v:.6f}" if isinstance(v, float) else str(v) for v in value)
    if isinstance(value, float):
        return f"{value:.10g}"
    return str(value)
