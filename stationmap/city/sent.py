"""What a phone sends of one visit: read, or refused in one sentence."""

import datetime as dt
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from stationmap.errors import InputError
from stationmap.io.notes import Note
from stationmap.messages import N_, printable

_Key = Annotated[str, Field(max_length=80)]
_Id = Annotated[str, Field(max_length=200)]
_Uuid = Annotated[str, Field(pattern="^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
_Words = Annotated[str, Field(max_length=500)]


def _day(text: str) -> str:
    return dt.date.fromisoformat(text).isoformat()


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class SentOrder(_Model):
    """The order that is to be issued for what failed."""

    id: _Uuid
    lines: Annotated[list[_Key], Field(max_length=200)]
    unit_id: _Id | None = None
    unit: _Words | None = None
    supervising_unit: _Words | None = None
    due: Annotated[str, Field(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), AfterValidator(_day)]
    note: _Words = ""


class Supply(_Model):
    """How many there are of a supply, and in what condition."""

    count: Annotated[int, Field(ge=0, le=9999)] | None = None
    condition: Annotated[str, Field(max_length=40)] | None = None


class Sent(_Model):
    """What a phone sends of one visit."""

    id: _Uuid
    station_id: _Id
    checklist: Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
    visit: Literal["call", "supervision", "covert", "self"]
    claimed_at: Annotated[str, Field(max_length=40)]
    sent_at: Annotated[str, Field(max_length=40)] = ""
    seen: _Uuid | None = None
    answers: dict[_Key, Literal["met", "not_met", "not_applicable", "unknown"]]
    same: Annotated[list[_Key], Field(max_length=200)] = Field(default_factory=list)
    notes: dict[_Key, _Words] = Field(default_factory=dict)
    photos: dict[_Key, Annotated[list[_Uuid], Field(max_length=20)]] = Field(default_factory=dict)
    supplies: Annotated[dict[_Key, Supply], Field(max_length=100)] = Field(default_factory=dict)
    note: Annotated[str, Field(max_length=1000)] = ""
    signature: _Uuid | None = None
    signed_post: Annotated[str, Field(max_length=50)] = ""
    order_id: _Uuid | None = None
    order: SentOrder | None = None
    device: Annotated[str, Field(max_length=200)] = ""


def read(sent: Mapping[str, Any]) -> Sent:
    """Read what a phone sent.

    Raises
    ------
    InputError
        Something of it cannot be understood; the sentence names it.
    """
    try:
        return Sent.model_validate(_printable(sent))
    except ValidationError as error:
        first = error.errors()[0]
        raise InputError(
            "This inspection could not be read ({where}: {why}); it stays on the device. Open it "
            "there, put that right and send it again.",
            where=Note(_WHERE.get(str(next(iter(first["loc"]), "")), _ELSEWHERE), {}),
            why=_why(first),
        ) from error


_WHERE: Mapping[str, str] = MappingProxyType(
    {
        "answers": N_("an answer"),
        "notes": N_("the note of an item"),
        "note": N_("the note"),
        "photos": N_("the photos"),
        "supplies": N_("the supplies"),
        "signature": N_("the signature"),
        "signed_post": N_("the post of who signed"),
        "order": N_("the order"),
        "visit": N_("the kind of visit"),
    }
)
_ELSEWHERE = N_("what the page adds by itself")


def _why(error: Mapping[str, Any]) -> Note:
    limits = error.get("ctx", {})
    if error["type"] == "string_too_long":
        return Note(N_("longer than {n} characters"), {"n": limits["max_length"]})
    if error["type"] == "too_long":
        return Note(N_("more than {n} of them"), {"n": limits["max_length"]})
    if error["type"] in ("greater_than_equal", "less_than_equal"):
        return Note(N_("a number that cannot be"), {})
    return Note(N_("not of the form that is expected"), {})


def _printable(value: Any) -> Any:
    """Return JSON without control characters in its texts."""
    if isinstance(value, str):
        return printable(value).replace("\0", "")
    if isinstance(value, Mapping):
        return {key: _printable(one) for key, one in value.items()}
    return [_printable(one) for one in value] if isinstance(value, list) else value
