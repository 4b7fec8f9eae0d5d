"""What every part of a pack is made of: words in two languages, clauses, entries with a force."""

import datetime
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

IDENTIFIER = "^[A-Za-z0-9][A-Za-z0-9_-]*$"
ENTRY_ID = "^[A-Za-z0-9][A-Za-z0-9_-]*(\\.[A-Za-z0-9_-]+)*$"
ADCODE = "^[0-9]{6}$"
Identifier = Annotated[str, Field(pattern=IDENTIFIER)]
Words = Annotated[str, Field(min_length=1)]
Metres = Annotated[float, Field(gt=0)]


class Model(BaseModel):
    """A frozen table of a pack; unknown keys are errors."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, populate_by_name=True, allow_inf_nan=False
    )


# a TOML array is a list; frozen models hold tuples
Many = Field(strict=False)


class Text(Model):
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

    def render(self, lang: str) -> str:
        """Return the words in `lang`: a text may stand in a sentence as it is."""
        return self.get(lang)


class Document(Model):
    """The document that a pack carries; ``date`` is left out where it gives a year alone."""

    number: Words
    title: Words
    date: datetime.date | None = None
    issuer: Words


class Clause(Model):
    """Where a document says it, and what it says in our own words, never its sentence."""

    document: Words
    article: Words
    text: Text


class Entry(Model):
    """What every entry of a document has: an id, its clause and its force.

    A shortfall against a binding entry is 不符合, against an advisory one 建议.
    """

    id: Annotated[str, Field(pattern=ENTRY_ID)]
    clause: Clause
    force: Literal["binding", "advisory"] = "binding"


class Rule(Entry):
    """What every kind of rule has beside its own parameters.

    ``assumed`` are the parameters, dotted, whose value the document does not give: those that the
    pack lists, and those that it leaves to the defaults. ``by`` is the day, inclusive, until which
    the document wants it done.
    """

    # parameters that follow from others when a pack leaves them out
    derived: ClassVar[frozenset[str]] = frozenset()

    kind: str
    by: datetime.date | None = None
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
