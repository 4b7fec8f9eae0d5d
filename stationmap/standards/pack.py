"""What a standards pack may say: one city's document in one edition, as frozen models.

A pack is a TOML file that reads like the notice it comes from. Every entry cites its clause, says
its force, and lists what the document does not give (``assumed``).
"""

import re
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from stationmap.errors import PackError

Lang = Literal["zh", "en"]
StreetClass = Literal["commercial", "main", "secondary", "bus_route"]
Label = Literal["stations", "gap", "built_coverage", "effective_coverage", "unit", "supervisor"]
IDENTIFIER = "^[A-Za-z0-9][A-Za-z0-9_-]*$"
ADCODE = "^[0-9]{6}$"
Identifier = Annotated[str, Field(pattern=IDENTIFIER)]
Words = Annotated[str, Field(min_length=1)]
Metres = Annotated[float, Field(gt=0)]


class _Model(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, populate_by_name=True, allow_inf_nan=False
    )


# a TOML array is a list; frozen models hold tuples
Many = Field(strict=False)


class Text(_Model):
    """The same words in Chinese and English; English may be left out and is then the Chinese."""

    zh: Words
    en: str = ""

    @model_validator(mode="before")
    @classmethod
    def _chinese_stands_in(cls, data: Any) -> Any:
        return {"en": data.get("zh", ""), **data} if isinstance(data, dict) else data

    def get(self, lang: str) -> str:
        """Return the words in `lang` ("zh" or "en")."""
        return self.en if lang == "en" else self.zh


LABELS: Mapping[Label, Text] = MappingProxyType(
    {
        "stations": Text(zh="站点", en="Stations"),
        "gap": Text(zh="空白路段", en="Gap"),
        "built_coverage": Text(zh="建成覆盖", en="Built coverage"),
        "effective_coverage": Text(zh="有效覆盖", en="Effective coverage"),
        "unit": Text(zh="所属单位", en="Unit"),
        "supervisor": Text(zh="主管部门", en="Supervising department"),
    }
)


class Document(_Model):
    """The document that a pack carries."""

    number: Words
    title: Words
    date: date
    issuer: Words


class Clause(_Model):
    """Where a document says it, and what it says in our own words, never its sentence."""

    document: Words
    article: Words
    text: Text


class SiteType(_Model):
    """A type of station, with the kinds of place where it belongs.

    ``also`` are further names under which lists of stations know it.
    """

    id: Identifier
    name: Text
    also: Annotated[tuple[Words, ...], Many] = ()
    belongs_at: Clause


class Entry(_Model):
    """What every entry of a document has: an id, its clause and its force.

    A shortfall against a binding entry is 不符合, against an advisory one 建议.
    """

    id: Identifier
    clause: Clause
    force: Literal["binding", "advisory"] = "binding"


class Rule(Entry):
    """What every kind of rule has beside its own parameters.

    ``assumed`` are the parameters, dotted, whose value the document does not give: those that the
    pack lists, and those that it leaves to the defaults.
    """

    # parameters that follow from others when a pack leaves them out
    derived: ClassVar[frozenset[str]] = frozenset()

    kind: str
    assumed: Annotated[tuple[str, ...], Many] = ()

    @model_validator(mode="before")
    @classmethod
    def _left_out_is_assumed(cls, data: Any) -> Any:
        if not isinstance(data, dict) or not isinstance(data.get("assumed", ()), list | tuple):
            return data
        listed = data.get("assumed", ())
        left_out = [
            name
            for name, field in _parameters(cls).items()
            if not field.is_required()
            and name not in cls.derived
            and not _says(data, name)
            and name not in listed
        ]
        return {**data, "assumed": [*listed, *left_out]}

    @field_validator("assumed")
    @classmethod
    def _are_parameters(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        known = list(_parameters(cls))
        for name in names:
            if name not in known:
                raise PydanticCustomError(
                    "unknown_name", "unknown name", {"value": name, "known": known}
                )
        return names


def _parameters(rule: type[Rule]) -> dict[str, FieldInfo]:
    """Fields of a kind of rule that may be assumed; those of a table in it by dotted names."""
    found: dict[str, FieldInfo] = {}
    for name, field in rule.model_fields.items():
        inner = field.annotation
        if name in Rule.model_fields:
            continue
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            found |= {f"{name}.{part}": f for part, f in inner.model_fields.items()}
        else:
            found[name] = field
    return found


def _says(data: Any, name: str) -> bool:
    for part in name.split("."):
        if isinstance(data, BaseModel):
            data = {n: getattr(data, n) for n in data.model_fields_set}
        if not isinstance(data, dict) or part not in data:
            return False
        data = data[part]
    return True


class Frontage(_Model):
    """How shops become shop frontage along a part of a street.

    A shop within ``reach_m`` (inclusive; ``reach_main_m`` on trunk and primary roads) fronts
    ``front_m`` to each side of its foot point; stretches closer than ``join_m`` join. A named part
    is a commercial street with at least ``min_shops`` shops and a frontage share of at least
    ``min_share``.
    """

    reach_m: Metres = 30.0
    reach_main_m: Metres = 50.0
    front_m: Metres = 15.0
    join_m: Annotated[float, Field(ge=0)] = 20.0
    min_shops: Annotated[int, Field(ge=1)] = 5
    min_share: Annotated[float, Field(ge=0, le=1)] = 0.5


class SpacingRule(Rule):
    """A station of a type every so many metres along the shop frontage of some streets.

    Attributes
    ----------
    site_type : str
        The type that has to stand there, and that a gap needs more of.
    counts : tuple of str
        The types whose stations count; the site type alone unless the pack says otherwise.
    along : tuple of str
        Street classes, in the document's order.
    spacing_m : float
        A piece of frontage longer than this is a gap; exactly this is none.
    snap_m : float
        A station counts on a part within this distance of it, inclusive.
    sides : {"both", "each"}
        Whether one station serves both kerbs, or each side is checked apart.
    decides : {"gap", "count", "covered"}
        Which of the three readings tells met from not met.
    """

    derived = frozenset({"counts"})

    kind: Literal["spacing"]
    site_type: Identifier
    counts: Annotated[tuple[Identifier, ...], Many, Field(min_length=1)] = ()
    along: Annotated[tuple[StreetClass, ...], Many, Field(min_length=1)]
    spacing_m: Metres
    snap_m: Metres = 30.0
    sides: Literal["both", "each"] = "both"
    decides: Literal["gap", "count", "covered"] = "gap"
    frontage: Frontage = Frontage()

    @model_validator(mode="before")
    @classmethod
    def _counts_itself(cls, data: Any) -> Any:
        if isinstance(data, dict) and "site_type" in data:
            return {"counts": [data["site_type"]], **data}
        return data


# the kinds of rule that packs may hold: with a second kind, a union told apart by `kind`
AnyRule = SpacingRule


class Pack(_Model):
    """One city's standard in one edition."""

    id: Identifier
    edition: Words
    name: Text
    jurisdiction: Text
    adcode: Annotated[str, Field(pattern=ADCODE)]
    document: Document
    labels: dict[Label, Text] = {}
    site_types: Annotated[tuple[SiteType, ...], Many, Field(alias="site_type", min_length=1)]
    rules: Annotated[tuple[AnyRule, ...], Many, Field(alias="rule")] = ()

    def site_type(self, type_id: str) -> SiteType:
        """Return the site type of an id; KeyError where the pack has none."""
        for site_type in self.site_types:
            if site_type.id == type_id:
                return site_type
        raise KeyError(type_id)

    def rule(self, rule_id: str | None = None, *, kind: str = "spacing") -> AnyRule:
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
