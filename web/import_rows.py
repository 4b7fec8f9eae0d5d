"""Rows of an import as the page lists them: those refused, and those of the comparison."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from stationmap.city.preview import LISTS
from stationmap.messages import N_
from stationmap.stations import STATUSES
from web.import_words import role_label, told
from web.words import say

__all__ = ["LISTS", "page_of", "reasons_of"]

FEW, REASONS = 12, 12


def page_of(
    report: Mapping[str, Any], show: str, *, offset: int, limit: int, lang: str
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

    Returns
    -------
    sequence of dict
        ``row, id, name`` and, of refused rows, ``reason, advice``; of others ``fields``, each with
        ``label, before, after``.
    """
    if show == "refused":
        return [
            {
                "row": entry["row"],
                "id": entry["id"],
                "name": entry["name"],
                "reason": told(entry["reason"], lang),
                "advice": told(entry["advice"], lang),
            }
            for entry in report["entries"][offset : offset + limit]
        ]
    lines = report["diff"][show].get("rows", [])[offset : offset + limit]
    return [line | {"fields": [_field(f, lang) for f in line["fields"]]} for line in lines]


def reasons_of(report: Mapping[str, Any], *, lang: str) -> list[tuple[str, int]]:
    """Say why rows are refused, in the words of the first of each kind; nothing of a few rows."""
    entries = report["entries"]
    if len(entries) <= FEW:
        return []
    keys = [_kind_of(entry["reason"]) for entry in entries]
    first = dict(zip(reversed(keys), reversed(entries), strict=True))
    found = Counter(keys).most_common()
    said = [(told(first[key]["reason"], lang), n) for key, n in found[:REASONS]]
    if rest := sum(n for _, n in found[REASONS:]):
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
