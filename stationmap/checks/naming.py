"""Naming: the names of stations follow a pattern, and the part that does not is pointed at."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stationmap.checks import words
from stationmap.checks.facts import Facts
from stationmap.checks.findings import MET, NOT_MET, UNKNOWN, Batch
from stationmap.checks.subjects import bare, listed_completely, of_types, station_batch
from stationmap.messages import N_
from stationmap.standards import NamePart, NamingRule, Text, patterns

MESSAGES: Mapping[str, str] = MappingProxyType(
    {
        "naming.met": N_("{name} follows the standard name"),
        "naming.none": N_("the station has no name"),
        "naming.none_undeclared": N_(
            "the name of the station is not known; the list of stations is not declared complete"
        ),
        "naming.long": N_("the name is longer than {most} characters and was not compared"),
        "naming.text": N_("{name}: {label} should read {expected}; there stands {instead}"),
        "naming.pattern": N_("{name}: {label} does not follow its pattern; there stands {instead}"),
        "naming.missing": N_("{name}: {label} is missing at the end"),
        "naming.more": N_("{name}: nothing should follow {label}; there stands {instead}"),
        "naming.county": N_(
            "{name}: {label} should be {expected}; {instead} is another county or district"
        ),
        "naming.other": N_("{name}: {label} should read {expected}; there stands {instead}"),
        "naming.undecided": N_(
            "{name}: {label} reads {instead}; the county or the unit of the station is not known"
        ),
    }
)
_UNKNOWN = frozenset({"naming.none_undeclared", "naming.long", "naming.undecided"})


class _Own(NamedTuple):
    """What the part with the county or the unit may read at a station; whether both are known."""

    options: tuple[str, ...]
    shown: str
    decided: bool


class _Result(NamedTuple):
    message: str
    label: Text | None = None
    expected: str = ""
    instead: str = ""


@dataclass(frozen=True)
class _Run:
    """Parts of a name in a row that are said, or have a pattern; then one that depends."""

    parts: tuple[NamePart, ...]
    prefixes: tuple[re.Pattern[str], ...]
    own: NamePart | None

    @property
    def whole(self) -> re.Pattern[str]:
        return self.prefixes[-1]


def check(rule: NamingRule, facts: Facts) -> list[Batch]:
    """Compare the names of the rule's stations with its parts, one after another.

    1. A part that names the county or the unit reads the station's own county, with or without
       区, 县, 市 or 旗 at its end, or the station's unit, with or without the city or the county
       before it. The county is that of the first six digits of the adcode.
    2. The first part that does not match is told, and what stands there instead. Another
       county's name there is not met.
    3. Where the county or the unit is not known, another word there leaves the name unknown.
    4. A station without a name is not met where those of its type are declared complete, else
       unknown; so is a name too long to compare.

    Each distinct name is compared once.
    """
    stations = of_types(facts, rule.site_types)
    runs = _runs(rule.part)
    complete = listed_completely(facts, stations)
    unit_names = dict(zip(facts.units["id"], facts.units["name"], strict=True))
    unit = stations["unit"].where(stations["unit"].notna(), stations["unit_id"].map(unit_names))
    distinct = pd.DataFrame(
        {
            "name": stations["name"].to_numpy(dtype=object),
            "county": stations["adcode"].str[:6].to_numpy(dtype=object),
            "unit": unit.to_numpy(dtype=object),
            "complete": complete,
        }
    )
    code, rows = pd.factorize(pd.MultiIndex.from_frame(distinct.fillna("")))
    owns: dict[tuple[str, str], _Own] = {}
    others = {n for c, n in facts.district_names.items() if c != facts.adcode}
    others |= {bare(name) for name in others}
    found = []
    for name, county, unit_name, listed in rows:
        key = (county, unit_name)
        if key not in owns:
            owns[key] = _own(facts, county=county, unit=unit_name)
        found.append(_judge(name, owns[key], runs, others=others, listed=listed))
    message = np.array([r.message for r in found], dtype=object)
    states = [UNKNOWN if m in _UNKNOWN else MET if m == "naming.met" else NOT_MET for m in message]
    params: dict[str, list[Any]] = {
        "label": [r.label for r in found],
        "expected": [r.expected for r in found],
        "instead": [r.instead for r in found],
    }
    return [
        station_batch(
            rule,
            stations,
            state=np.array(states, dtype=object)[code],
            message=message[code],
            messages=MESSAGES,
            params={
                "name": words.names(stations["name"], stations["station_id"]),
                "most": patterns.MAX_TEXT,
                **{key: _array(values)[code] for key, values in params.items()},
            },
        )
    ]


def _judge(name: str, own: _Own, runs: list[_Run], *, others: set[str], listed: bool) -> _Result:
    if not name:
        return _Result("naming.none" if listed else "naming.none_undeclared")
    if len(name) > patterns.MAX_TEXT:
        return _Result("naming.long")
    if _matches(name, 0, own.options, runs):
        return _Result("naming.met")
    at, last = 0, runs[0].parts[0].label if runs[0].parts else None
    for number, run in enumerate(runs):
        for part, prefix in zip(run.parts, run.prefixes[1:], strict=True):
            if not prefix.match(name, at):
                before = run.prefixes[run.parts.index(part)].match(name, at)
                return _wrong(name, before.end() if before else at, part)
            last = part.label
        matched = run.whole.match(name, at)
        at = matched.end() if matched else at
        if run.own is None:
            break
        last = run.own.label
        option = next((o for o in own.options if name.startswith(o, at)), None)
        # 潞州区东街社区 may be a unit that is not known, more than the county at its beginning
        if option is not None and (own.decided or not _ends(name, at, own, runs[number + 1 :])):
            at += len(option)
            continue
        return _wrong_own(name, at, own, runs[number:], others=others)
    return _Result("naming.more", last, "", name[at:])


def _wrong(name: str, at: int, part: NamePart) -> _Result:
    if at >= len(name):
        return _Result("naming.missing", part.label)
    if part.text is not None:
        return _Result("naming.text", part.label, part.text, name[at:])
    return _Result("naming.pattern", part.label, "", name[at:])


def _wrong_own(name: str, at: int, own: _Own, runs: list[_Run], *, others: set[str]) -> _Result:
    """Tell what stands where the county or the unit should, up to where the name goes on."""
    part, rest = runs[0].own, runs[1:]
    assert part is not None
    if at >= len(name):
        return _Result("naming.missing", part.label)
    ends = _ends(name, at, own, rest)
    if not ends:
        follows = rest[0].prefixes[1] if rest[0].parts else None
        begin = follows.search(name, at + 1) if follows else None
        ends = [begin.start()] if begin else []
    instead = name[at : ends[0]] if ends else name[at:]
    if instead in others:
        return _Result("naming.county", part.label, own.shown, instead)
    if not own.decided and ends:
        return _Result("naming.undecided", part.label, "", instead)
    if not own.decided and rest[0].parts:
        return _wrong(name, at, rest[0].parts[0])
    return _Result("naming.other", part.label, own.shown, instead)


def _ends(name: str, at: int, own: _Own, rest: list[_Run]) -> list[int]:
    """Where a word from a character on may end, for the rest of the name to follow its parts."""
    return [e for e in range(at + 1, len(name) + 1) if _matches(name, e, own.options, rest)]


def _matches(name: str, at: int, options: tuple[str, ...], runs: list[_Run]) -> bool:
    """Tell whether the name from a character on is exactly these runs of parts."""
    reached = {at}
    for run in runs:
        if run.own is None:
            break
        # each place once, however many ways lead to it
        reached = {
            begin + len(option)
            for start in reached
            for begin, option in _occurrences(name, start, options)
            if run.whole.fullmatch(name, start, begin)
        }
    return any(runs[-1].whole.fullmatch(name, start) for start in reached)


def _occurrences(name: str, start: int, options: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    for option in options:
        begin = name.find(option, start)
        while begin >= 0:
            yield begin, option
            begin = name.find(option, begin + 1)


def _runs(parts: tuple[NamePart, ...]) -> list[_Run]:
    """Cut the parts behind each that depends on the station; the last run has none."""
    runs, held = [], list[NamePart]()
    for part in (*parts, None):
        if part is not None and part.of is None:
            held.append(part)
            continue
        texts = [re.escape(p.text) if p.text else f"(?:{p.pattern})" for p in held]
        prefixes = [re.compile("".join(texts[:k])) for k in range(len(texts) + 1)]
        runs.append(_Run(tuple(held), tuple(prefixes), part))
        held = []
    return runs


def _own(facts: Facts, *, county: str, unit: str) -> _Own:
    """Return the ways to say a station's county or unit, longest first."""
    name = facts.district_names.get(county) if county != facts.adcode else None
    # a city that is itself a county, 思茅区
    if county == facts.adcode and not county.endswith("00"):
        name = facts.name
    options = {name, bare(name)} if name else set()
    if unit:
        short = unit.removeprefix(facts.name)
        shorter = short.removeprefix(name or "")
        options |= {unit, short, shorter, (name or "") + shorter}
    usable = sorted((o for o in options if len(o) > 1), key=lambda o: (-len(o), o))
    shown = " / ".join(filter(None, [name, unit]))
    return _Own(tuple(usable), shown, bool(name and unit))


def _array(values: list[Any]) -> NDArray[np.object_]:
    found: NDArray[np.object_] = np.empty(len(values), dtype=object)
    found[:] = values
    return found
