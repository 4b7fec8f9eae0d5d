"""What the interface of inspections says: kinds of visit, checklists and faults in a language."""

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from flask import Response, json

from stationmap.inspections import MET, NOT_APPLICABLE, NOT_MET, SELF, UNKNOWN, Checklist, openly
from stationmap.inspections.words import CONDITIONS, VISIT_NAMES
from stationmap.messages import N_
from stationmap.standards import Pack
from stationmap.stations import SUPPLIES
from web.access import me
from web.words import labelled, say

STATES: Mapping[str, str] = MappingProxyType(
    {
        MET: N_("Met"),
        NOT_MET: N_("Not met"),
        NOT_APPLICABLE: N_("Not applicable"),
        UNKNOWN: N_("Not looked at"),
    }
)


def problem(status: int, sentence: str, **more: Any) -> Response:
    """Answer with a fault as problem+json: its sentence, and what a program needs beside it."""
    title = HTTPStatus(status).phrase
    body = {"type": "about:blank", "title": title, "status": status, "detail": sentence, **more}
    return Response(json.dumps(body), status=status, mimetype="application/problem+json")


def visits_of(role: str) -> list[str]:
    """Return the kinds of visit that a role makes: a unit looks at what is its own."""
    return [kind for kind in VISIT_NAMES if (kind == SELF) == (role == "unit")]


def visit_name(kind: str, lang: str) -> str:
    """Name a kind of visit."""
    return labelled(VISIT_NAMES, kind, lang=lang)


def seen_as(kind: str) -> str:
    """Return a kind of visit as the account is told it: a unit never of an unannounced one."""
    return openly(kind) if me().role == "unit" else kind


def choices(words: Mapping[str, str], lang: str) -> list[dict[str, str]]:
    """Write ids and their names as a form offers them."""
    return [{"id": key, "name": say(name, lang=lang)} for key, name in words.items()]


def lines_of(checklist: Checklist, lang: str) -> list[dict[str, Any]]:
    """Write the lines of a checklist in a language."""
    return [
        {
            "key": line.key,
            "item": line.item,
            "part": line.part,
            "text": line.text[lang],
            "title": line.title[lang],
            "group": line.group[lang] if line.group else None,
            "document": line.document,
            "article": line.article,
            "clause": line.clause[lang],
            "force": line.force,
            "may_not_apply": line.may_not_apply,
            "site_types": list(line.site_types),
        }
        for line in checklist.lines
    ]


def words_of(checklist: Checklist, pack: Pack, lang: str) -> dict[str, Any]:
    """Write a checklist as a phone keeps it.

    Parameters
    ----------
    checklist : Checklist
    pack : Pack
        The city's present one, which names the document where it is the checklist's own.
    lang : str
    """
    own = checklist.pack == pack.id
    return {
        "id": checklist.id,
        "pack": checklist.pack,
        "edition": checklist.edition,
        "document": pack.document.title if own else checklist.pack,
        "lines": lines_of(checklist, lang),
        "supplies": choices(SUPPLIES, lang),
        "conditions": choices(CONDITIONS, lang),
    }
