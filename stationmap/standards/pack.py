"""What a standards pack may say: one city's document in one edition, as frozen models.

A pack is a TOML file that reads like the notice it comes from. Every entry cites its clause, says
its force, and lists what the document does not give (``assumed``).
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import Field

from stationmap.errors import PackError
from stationmap.standards.entries import (
    ADCODE,
    Clause,
    Document,
    Entry,
    Identifier,
    Many,
    Model,
    Rule,
    Text,
    Words,
)
from stationmap.standards.rules import AnyRule, Item

Label = Literal[
    "stations", "gap", "built_coverage", "effective_coverage", "unit", "supervisor", "notice"
]
LABELS: Mapping[Label, Text] = MappingProxyType(
    {
        "stations": Text(zh="站点", en="Stations"),
        "gap": Text(zh="空白路段", en="Gap"),
        "built_coverage": Text(zh="建成覆盖", en="Built coverage"),
        "effective_coverage": Text(zh="有效覆盖", en="Effective coverage"),
        "unit": Text(zh="所属单位", en="Unit"),
        "supervisor": Text(zh="主管部门", en="Supervising department"),
        "notice": Text(zh="整改通知书", en="Rectification notice"),
    }
)


class SiteType(Model):
    """A type of station, with the kinds of place where it belongs.

    ``also`` are further names under which lists of stations know it; ``role`` is what it compares
    with in another city's standard: head station, station, point.
    """

    id: Identifier
    name: Text
    also: Annotated[tuple[Words, ...], Many] = ()
    role: Literal["head", "station", "point"] = "station"
    belongs_at: Clause


class Process(Entry):
    """A clause that is a way of working.

    ``served_by`` is the part of the product that serves it.
    """

    title: Text
    served_by: Literal[
        "register",
        "import",
        "export",
        "check",
        "report",
        "map",
        "indicators",
        "inspections",
        "planning",
        "feed",
    ]


class Pack(Model):
    """One city's standard in one edition.

    ``items`` are the checklist, ``rules`` what is worked out from data, ``processes`` the rest of
    the document. Ids are those of the clauses in the office's list of requirements; a dot adds a
    number where one requirement needs several entries (CZ-T.2). ``extends`` names the pack from
    which it took what its own file does not say; the pack itself is whole. ``notice_to`` says to
    whom the notice of an order is addressed; the other one gets a copy.
    """

    id: Identifier
    extends: Identifier | None = None
    edition: Words
    name: Text
    jurisdiction: Text
    adcode: Annotated[str, Field(pattern=ADCODE)]
    document: Document
    labels: dict[Label, Text] = Field(default={})
    stale_days: Annotated[int, Field(ge=1)] = 365
    rectify_days: Annotated[int, Field(ge=1)] = 15
    notice_to: Literal["unit", "supervisor"] = "unit"
    site_types: Annotated[tuple[SiteType, ...], Many, Field(alias="site_type", min_length=1)]
    rules: Annotated[tuple[AnyRule, ...], Many, Field(alias="rule")] = ()
    items: Annotated[tuple[Item, ...], Many, Field(alias="item")] = ()
    processes: Annotated[tuple[Process, ...], Many, Field(alias="process")] = ()

    def site_type(self, type_id: str) -> SiteType:
        """Return the site type of an id; KeyError where the pack has none."""
        for site_type in self.site_types:
            if site_type.id == type_id:
                return site_type
        raise KeyError(type_id)

    def rule(self, rule_id: str | None = None, *, kind: str = "spacing") -> Any:
        """Return the rule of an id, or without one the pack's only rule of a kind.

        Raises
        ------
        PackError
            No such rule, or several of the kind and no id to choose by.
        """
        found = [r for r in self.rules if r.kind == kind and rule_id in (None, r.id)]
        if len(found) == 1:
            return found[0]
        raise PackError(
            "pack {pack}: {count} rules of kind {kind} fit {rule_id}; expected one of {known}",
            pack=self.id,
            count=len(found),
            kind=kind,
            rule_id=rule_id or "*",
            known=", ".join(r.id for r in self.rules if r.kind == kind) or "–",
        )

    def entries(self, name: str | None = None) -> tuple[Rule, ...]:
        """Return rules, then items; with a name those of this id, and of its dotted ones.

        Raises
        ------
        PackError
            The pack has none of this name.
        """
        every: tuple[Rule, ...] = (*self.rules, *self.items)
        if name is None:
            return every
        found = tuple(e for e in every if e.id == name or e.id.startswith(f"{name}."))
        if found:
            return found
        raise PackError(
            "pack {pack} has no rule {rule_id}; it has: {known}",
            pack=self.id,
            rule_id=name,
            known=", ".join(dict.fromkeys(e.id for e in every)),
        )

    def label(self, key: Label) -> Text:
        """Return the office's word for a thing: the pack's own, else the usual one."""
        return self.labels.get(key, LABELS[key])


def site_type(text: str, pack: Pack) -> str | None:
    """Return the id of the site type that a list of stations means by `text`; None if unsure.

    Ids, names and further names of the pack's types are known whole, however quoted or spaced;
    else the one type whose Chinese name stands within the text (学雷锋志愿服务“有礼亭” is 有礼亭).
    """
    said = _bare(text)
    names = {
        _bare(name): site.id
        for site in pack.site_types
        for name in (site.id, site.name.zh, site.name.en, *site.also)
    }
    if said in names:
        return names[said]
    within = {found for name, found in names.items() if name in said and not name.isascii()}
    return within.pop() if len(within) == 1 else None


def _bare(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).lower()
