"""Checklists: what is asked at a station, line by line, in the words of one edition of a pack.

Two lines stand first in every checklist, as effective coverage hangs on them: the station is found
open at its hours, and staffed. Then come the lines of the pack's items, in the document's order.
"""

import hashlib
import json
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

from stationmap.messages import N_, render
from stationmap.standards import Pack

VISIT = "visit"
"""Item of the two lines of our own."""
OPEN, STAFFED = f"{VISIT}#1", f"{VISIT}#2"
MET, NOT_MET, NOT_APPLICABLE, UNKNOWN = "met", "not_met", "not_applicable", "unknown"
LETTERS: Mapping[str, str] = MappingProxyType(
    {MET: "m", NOT_MET: "n", NOT_APPLICABLE: "x", UNKNOWN: "?"}
)
"""Answer → the letter that it is stored as."""
STATES: Mapping[str, str] = MappingProxyType({letter: state for state, letter in LETTERS.items()})

_TITLE = N_("As found")
_OWN = (N_("Open at the hours it tells"), N_("Somebody on duty"))


def key_of(item: str, part: int) -> str:
    """Return the key of a line: ``Q-C1#2``, or ``Q-C7`` for an item without lines."""
    return f"{item}#{part}" if part else item


@dataclass(frozen=True)
class Line:
    """One line: what is asked, of which types of station (all without any), with what force.

    Words are by language ("zh", "en"). ``part`` is 0 for an item without lines.
    """

    item: str
    part: int
    text: Mapping[str, str]
    title: Mapping[str, str]
    group: Mapping[str, str] | None
    document: str
    article: str
    clause: Mapping[str, str]
    force: str
    may_not_apply: bool
    site_types: tuple[str, ...]

    @property
    def key(self) -> str:
        """What names the line within its checklist."""
        return key_of(self.item, self.part)

    def concerns(self, site_type: str) -> bool:
        """Whether it is asked at stations of a type."""
        return not self.site_types or site_type in self.site_types


@dataclass(frozen=True)
class Checklist:
    """All lines of one edition of a pack; its id is a digest of all of it."""

    pack: str
    edition: str
    lines: tuple[Line, ...]

    @classmethod
    def of_pack(cls, pack: Pack) -> "Checklist":
        """Take the items of a pack.

        A line without types of its own has those of its item; an item whose lines do not concern
        all of its types is asked as a whole (part 0) at the others. The same object of a pack gives
        the same checklist.
        """
        for known, made in list(_RECENT):
            if known is pack:
                return made
        made = cls._made_of(pack)
        _RECENT.append((pack, made))
        return made

    @classmethod
    def _made_of(cls, pack: Pack) -> "Checklist":
        lines = [_own(number) for number in (1, 2)]
        every = tuple(t.id for t in pack.site_types)
        for item in pack.items:
            shared: dict[str, Any] = {
                "item": item.id,
                "title": item.title.model_dump(),
                "group": item.group.model_dump() if item.group else None,
                "document": item.clause.document,
                "article": item.clause.article,
                "clause": item.clause.text.model_dump(),
            }
            told: set[str] = set()
            for part in item.part:
                types = _both(item.site_types, part.site_types)
                told.update(types or every)
                lines.append(
                    Line(
                        part=part.number,
                        text=part.text.model_dump(),
                        force="advisory" if "advisory" in (item.force, part.force) else "binding",
                        may_not_apply=part.may_not_apply,
                        site_types=types,
                        **shared,
                    )
                )
            rest = tuple(t for t in item.site_types or every if t not in told)
            if rest:
                lines.append(
                    Line(
                        part=0,
                        text=item.title.model_dump(),
                        force=item.force,
                        may_not_apply=item.may_not_apply,
                        site_types=rest if told else item.site_types,
                        **shared,
                    )
                )
        return cls(pack.id, pack.edition, tuple(lines))

    @classmethod
    def of_content(cls, content: Mapping[str, Any]) -> "Checklist":
        """Take what `content` gave."""
        lines = (
            Line(**{**line, "site_types": tuple(line["site_types"])}) for line in content["lines"]
        )
        return cls(content["pack"], content["edition"], tuple(lines))

    @cached_property
    def content(self) -> dict[str, Any]:
        """All of it as JSON has it."""
        lines = [{**asdict(line), "site_types": list(line.site_types)} for line in self.lines]
        return {"pack": self.pack, "edition": self.edition, "lines": lines}

    @cached_property
    def id(self) -> str:
        """Digest of its content: 32 hexadecimal digits."""
        text = json.dumps(self.content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    @cached_property
    def by_key(self) -> Mapping[str, Line]:
        """Line of each key."""
        return {line.key: line for line in self.lines}

    def of_type(self, site_type: str) -> tuple[Line, ...]:
        """Return the lines that are asked at stations of a type, in their order."""
        return tuple(line for line in self.lines if line.concerns(site_type))

    def found(self, answers: Mapping[str, str]) -> str:
        """Write answers (key → state) as one letter a line; a line without one is unknown."""
        return "".join(LETTERS[answers.get(line.key, UNKNOWN)] for line in self.lines)

    def answers(self, found: str) -> dict[str, str]:
        """Read what `found` wrote: key → state, the unknown ones left out."""
        pairs = zip(self.lines, found, strict=True)
        return {line.key: STATES[letter] for line, letter in pairs if letter != LETTERS[UNKNOWN]}

    def failed(self, answers: Mapping[str, str], *, site_type: str) -> list[str]:
        """Return the keys of the lines of a type, advisory ones too, that are not met."""
        return [line.key for line in self.of_type(site_type) if answers.get(line.key) == NOT_MET]

    def result(self, answers: Mapping[str, str], *, site_type: str) -> str:
        """Return where a station of a type stands by some answers alone.

        Not met with a binding line that is not; unknown while one of them has no answer, or "not
        applicable" where there is no room for that; else met.
        """
        binding = [line for line in self.of_type(site_type) if line.force == "binding"]
        said = [answers.get(line.key, UNKNOWN) for line in binding]
        if NOT_MET in said:
            return NOT_MET
        refused = (
            state == NOT_APPLICABLE and not line.may_not_apply
            for line, state in zip(binding, said, strict=True)
        )
        return UNKNOWN if UNKNOWN in said or any(refused) else MET


_RECENT: deque[tuple[Pack, Checklist]] = deque(maxlen=4)


def _own(number: int) -> Line:
    text = _OWN[number - 1]
    words, title = (
        {lang: render(t, {}, lang=lang) for lang in ("zh", "en")} for t in (text, _TITLE)
    )
    return Line(
        item=VISIT,
        part=number,
        text=words,
        title=title,
        group=None,
        document="",
        article="",
        clause=words,
        force="binding",
        may_not_apply=number == 2,
        site_types=(),
    )


def _both(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    """Return the types in both lists, where an empty list stands for all."""
    if one and other:
        return tuple(t for t in other if t in one)
    return one or other
