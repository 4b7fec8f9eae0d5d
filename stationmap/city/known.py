"""What lists call things that the city knows: districts, stations, units by code, id or name."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stationmap.city.answers import Answers
from stationmap.city.kind import Context, Kind
from stationmap.city.rows import Rows
from stationmap.messages import N_

_ADCODE = re.compile("[0-9]{6,12}")
_ENDING = re.compile(r"(?:自治县|自治旗|地区|新区|[市县区旗盟])$")


class Names:
    """Things by what a list may call them: their id, else a name that only one of them has.

    `others` are ids that lists have for some of them, beside their own.
    """

    def __init__(
        self,
        ids: Iterable[Any],
        names: Iterable[Any],
        *,
        others: Iterable[tuple[str, str]] = (),
    ) -> None:
        self._ids: set[str] = set()
        self._names: dict[str, str | None] = {}
        for other, own in others:
            self._names[other] = own if self._names.get(other, own) == own else None
        for own, name in zip(ids, names, strict=True):
            self._ids.add(own)
            if name == name and name:
                # two of one name: neither is meant
                self._names[name] = own if self._names.get(name, own) == own else None

    def find(self, word: Any) -> str | None:
        """Return the id that a word means; None where none, or more than one."""
        return word if word in self._ids else self._names.get(word)


def stations(context: Context) -> Names:
    """Return the stations by id, by the id in their list where that is another one, or by name."""
    frame = context.now.stations()
    rows = context.now.register.snapshot.frames["station"]
    others = [
        (brought["id"], own)
        for own, brought in zip(rows["id"], rows["brought"], strict=True)
        if brought and "id" in brought
    ]
    return Names(frame["station_id"], frame["name"], others=others)


def districts(context: Context) -> Mapping[str, str]:
    """Return adcodes by the names of the city and its districts, whole and without 区, 县, 市.

    A short name that two of them share is left out.
    """
    now = context.now
    frame = now.layer("districts")
    pairs = [(now.config.name, now.config.adcode)] if now.config.adcode else []
    pairs += [
        (name, code)
        for name, code in zip(frame["name"], frame["adcode"], strict=True)
        if name == name and name and adcode(code)
    ]
    whole = dict(reversed(pairs))
    short: dict[str, set[str]] = {}
    for name, code in pairs:
        if len(stem := _ENDING.sub("", name)) > 1:
            short.setdefault(stem, set()).add(code)
    return {stem: codes.pop() for stem, codes in short.items() if len(codes) == 1} | whole


def adcodes(rows: Rows, context: Context, *, asked: NDArray[np.bool_] | None = None) -> pd.Series:
    """Return the adcode that each row gives, or that its district has; None where neither.

    Only of the rows `asked` about, all unless given, it is said that their district is unknown.
    """
    said = rows.text("adcode").map(adcode, na_action="ignore").astype("object")
    district = rows.text("district")
    named = district.map(districts(context), na_action="ignore").astype("object")
    # some lists write the code where others write the name
    named = named.where(named.notna(), district.map(adcode, na_action="ignore"))
    found = said.where(said.notna(), named)
    context.warn(
        N_("{rows} rows name a district that the city does not know; write its adcode"),
        (district.notna() & found.isna()).to_numpy() & (True if asked is None else asked),
    )
    return found.where(found.notna(), None)


def adcode(text: Any) -> str | None:
    """Read a code of a district: six digits or more, without the zeros of a county's longer ones.

    The statistical office writes 330802000000 for 330802. None where the text is no code.
    """
    if not _ADCODE.fullmatch(str(text)):
        return None
    county, rest = str(text)[:6], str(text)[6:]
    return county if not rest.strip("0") else str(text)


def taken(now: Answers, kind: Kind, *, source: str) -> frozenset[str]:
    """Return the ids of zones that zones of a source and kind must not take: those of the others.

    The other layers of the atlas may repeat ids; the register sees to its own.
    """
    if kind.layer != "zones":
        return frozenset()
    zones = now.layer("zones")
    own = (zones["source"] == source) & (zones["kind"] == kind.complete)
    return frozenset(zones.loc[~own, "id"])
