"""Findings about how many stations there are, and which is the head of which, as some change."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import shapely

from stationmap import checks
from stationmap.checks import count, hierarchy
from stationmap.checks.facts import Facts
from stationmap.planning.whatif.changed_stations import Row
from stationmap.planning.whatif.place_findings import STATION, World
from stationmap.planning.whatif.surroundings import (
    Finding,
    Found,
    I,
    RuleKey,
    Surroundings,
    Unit,
    grouped,
    key_of,
)
from stationmap.standards import CountRule, HierarchyRule, IndicatorRule, Rule

_COUNTY = 6  # digits of an adcode that name its county
_KEPT = 1000  # ways in which groups change, of which what is said is kept
_GROUP = ("unit_id", "adcode", "platform_id")


@dataclass(frozen=True)
class Listed:
    """How many stations areas have more (fewer: below 0): by rule, then by the area's number."""

    more: Mapping[RuleKey, Mapping[int, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Looked:
    """What was looked at: subjects as it is and as it would be; and rules as a whole."""

    was: Found
    now: Found
    whole: Mapping[RuleKey, tuple[list[Finding], list[Finding]]]
    listed: Listed


class RegisterFindings:
    """What the rules about the list of stations as a whole say when some change.

    Parameters
    ----------
    ground : Surroundings
    """

    def __init__(self, ground: Surroundings) -> None:
        self._ground = ground
        self._areas: dict[RuleKey, _Areas] = {}
        self._whole: dict[RuleKey, list[Finding]] = {}
        self._of_groups: dict[tuple[RuleKey, frozenset[Any]], list[Finding]] = {}

    def look(
        self,
        listed: Listed,
        rows: Mapping[str, Row],
        *,
        before: World,
        now: World,
    ) -> Looked:
        """Return what is found as it is and as it would be, of all that may differ.

        `listed` is that of the answer before; the others are as for `PlaceFindings.look`.
        """
        was, found = Found(), Found()
        whole = dict[RuleKey, tuple[list[Finding], list[Finding]]]()
        more = dict(listed.more)
        others = [own for own in now if _listed(before[own]) != _listed(now[own])]
        for rule in self._ground.rules:
            key = key_of(rule)
            if isinstance(rule, CountRule):
                areas = self._counted(rule)
                more[key], touched = areas.count(more.get(key, {}), before=before, now=now)
                if rule.heads_only and self._heads_change(rule.site_type, rows):
                    whole[key] = self._as_a_whole(rule, rows)
                elif touched:
                    wanted = {key: {areas.units[n] for n in touched}}
                    was |= grouped(self._ground.said([areas.judged(touched, {})]), wanted)
                    found |= grouped(self._ground.said([areas.judged(touched, more[key])]), wanted)
            elif isinstance(rule, HierarchyRule) and others:
                if self._heads_change(rule.head, rows) or self._parents_change(rows):
                    whole[key] = self._as_a_whole(rule, rows)
                    continue
                one, two = self._below(rule, rows, others)
                was |= one
                found |= two
            elif isinstance(rule, IndicatorRule) and others and _of_stations(rule):
                whole[key] = self._first(rule), self._in_groups_said(rule, rows)
        return Looked(was, found, whole, Listed(more))

    # -- numbers of stations -----------------------------------------------------------------

    def _counted(self, rule: CountRule) -> "_Areas":
        key = key_of(rule)
        if key not in self._areas:
            self._areas[key] = _Areas(rule, self._ground.facts)
        return self._areas[key]

    def _in_groups_said(self, rule: IndicatorRule, rows: Mapping[str, Row]) -> list[Finding]:
        """Say a rule that only counts stations by unit, county, and on the platform or not.

        What is said hangs on how many more or fewer each group has: each such change once.
        """
        frame, change = self._ground.roll.frame, Counter[tuple[str | None, str, bool]]()
        for own, row in rows.items():
            at, was = self._ground.roll.row_of.get(own), self._ground.roll.get(own)
            unit, number = (None, None) if at is None else frame.loc[at, ["unit_id", "platform_id"]]
            for one, times in ((was, -1), (row, 1)):
                if one is not None and one.status == "active":
                    known = None if pd.isna(unit) else str(unit)
                    change[known, (one.adcode or "")[:_COUNTY], pd.notna(number)] += times
        changed = frozenset((group, times) for group, times in change.items() if times)
        key = key_of(rule), changed
        if key not in self._of_groups:
            if len(self._of_groups) > _KEPT:
                self._of_groups.clear()
            table = pd.DataFrame(
                [(u, c, "1" if on else None, times) for (u, c, on), times in changed],
                columns=[*_GROUP, "stands_for"],
            )
            stations = _in_groups(pd.concat([self._groups, _signed(table)]))
            self._of_groups[key] = self._said(rule, replace(self._ground.facts, stations=stations))
        return self._of_groups[key]

    @cached_property
    def _groups(self) -> pd.DataFrame:
        active = self._ground.facts.active
        county = active["adcode"].str[:_COUNTY]
        table = pd.DataFrame(active[list(_GROUP)]).assign(adcode=county, stands_for=1)
        return _in_groups(_signed(table))

    # -- heads and their branches ------------------------------------------------------------

    def _heads_change(self, head: str, rows: Mapping[str, Row]) -> bool:
        """Whether other stations than now are head stations in operation."""
        for own, row in rows.items():
            was = self._ground.roll.get(own)
            pair = [
                one is not None and one.status == "active" and one.type == head
                for one in (was, row)
            ]
            if pair[0] != pair[1]:
                return True
        return False

    @cached_property
    def _stating(self) -> list[int]:
        """Row numbers of the stations in operation that name a parent."""
        frame = self._ground.roll.frame
        stated = (frame["status"] == "active") & frame["parent_id"].notna()
        return np.flatnonzero(stated.to_numpy(dtype=bool)).tolist()

    def _sentinel(self, rows: Mapping[str, Row]) -> int | None:
        """Return a station that stays as it is, in operation, and names a parent."""
        ids = self._ids
        return next((n for n in self._stating if ids[n] not in rows), None)

    def _parents_change(self, rows: Mapping[str, Row]) -> bool:
        """Whether it changes that any station in operation names a parent at all."""
        if self._sentinel(rows) is not None:
            return False
        row_of, parents = self._ground.roll.row_of, self._parents
        now = any(
            row.status == "active" and own in row_of and parents[row_of[own]] is not None
            for own, row in rows.items()
        )
        return now != bool(self._stating)

    @cached_property
    def _ids(self) -> list[str]:
        return list(self._ground.roll.row_of)

    @cached_property
    def _parents(self) -> list[str | None]:
        parents = self._ground.roll.frame["parent_id"].astype(object)
        found: list[str | None] = parents.where(parents.notna(), None).tolist()
        return found

    @cached_property
    def _children(self) -> Mapping[str, I]:
        found: Mapping[str, I] = self._ground.roll.frame.groupby("parent_id").indices
        return found

    def _below(
        self, rule: HierarchyRule, rows: Mapping[str, Row], changed: Collection[str]
    ) -> tuple[Found, Found]:
        """Look at some stations and their branches, with all that stands above them."""
        roll, ids = self._ground.roll, self._ids
        subjects = dict.fromkeys(changed)
        for own in changed:
            subjects |= dict.fromkeys(ids[n] for n in self._children.get(own, ()))
        heads = (roll.frame["type"] == rule.head).to_numpy(dtype=bool)
        needed = dict.fromkeys([*subjects, *(ids[n] for n in np.flatnonzero(heads))])
        needed |= dict.fromkeys(own for own, row in rows.items() if row.type == rule.head)
        if (sentinel := self._sentinel(rows)) is not None:
            needed[ids[sentinel]] = None
        waiting = list(needed)
        while waiting:
            at = roll.row_of.get(waiting.pop())
            above = None if at is None else self._parents[at]
            if above is not None and above not in needed and above in roll.row_of:
                needed[above] = None
                waiting.append(above)
        wanted: dict[RuleKey, set[Unit]] = {key_of(rule): {(STATION, own) for own in subjects}}
        # in the order of the list
        as_is = sorted(roll.row_of[own] for own in needed if own in roll.row_of)
        would = [rows[own] for own in needed if own in rows]
        rest = [n for n in as_is if ids[n] not in rows]
        found = [
            grouped(self._said(rule, replace(self._ground.facts, stations=frame)), wanted)
            for frame in (roll.rows([], others=as_is), roll.rows(would, others=rest))
        ]
        return found[0], found[1]

    # -- rules that look at all stations -----------------------------------------------------

    def _as_a_whole(
        self, rule: Rule, rows: Mapping[str, Row]
    ) -> tuple[list[Finding], list[Finding]]:
        """Check a rule for all stations, as they are and as they would be."""
        roll = self._ground.roll
        rest = [n for n, own in enumerate(self._ids) if own not in rows]
        frame = roll.rows(list(rows.values()), others=rest)
        return self._first(rule), self._said(rule, replace(self._ground.facts, stations=frame))

    def _first(self, rule: Rule) -> list[Finding]:
        key = key_of(rule)
        if key not in self._whole:
            self._whole[key] = self._said(rule, self._ground.facts)
        return self._whole[key]

    def _said(self, rule: Rule, facts: Facts) -> list[Finding]:
        return self._ground.said(checks.run([rule], facts))


class _Areas:
    """The areas of a rule about numbers, and how many stations each has now."""

    def __init__(self, rule: CountRule, facts: Facts) -> None:
        self._rule, self._facts = rule, facts
        subjects, self._count = count.counted(rule, facts)
        self._subjects = subjects.reset_index(drop=True)
        kind = "city" if rule.per == "city" else "area"
        self.units: list[Unit] = [(kind, str(own)) for own in subjects["id"]]
        self._head = hierarchy.city_head(facts, head=rule.site_type) if rule.heads_only else ""
        self._of_county: dict[str, list[int]] = {}
        if rule.per == "county":
            for number, code in enumerate(self._subjects["adcode"]):
                self._of_county.setdefault(code, []).append(number)
        elif rule.per != "city":
            shapes = self._subjects["geometry"].to_numpy(dtype=object, copy=True)
            shapes[self._subjects["nowhere"].to_numpy(dtype=bool)] = None
            shapely.prepare(shapes)
            self._tree = shapely.STRtree(shapes)

    def count(
        self, more: Mapping[int, int], *, before: World, now: World
    ) -> tuple[dict[int, int], list[int]]:
        """Count on: how many stations the areas have more than now, and of which it changed."""
        found, touched = dict(more), set[int]()
        if not len(self._subjects):
            return found, []
        for own in now:
            was, would = self._of(before[own]), self._of(now[own])
            for area in {*was, *would}:
                if change := would.count(area) - was.count(area):
                    found[area] = found.get(area, 0) + change
                    touched.add(area)
        return found, sorted(touched)

    def _of(self, row: Row | None) -> list[int]:
        """Return the areas for which a station counts."""
        rule = self._rule
        if row is None or row.status != "active" or row.type != rule.site_type:
            return []
        if rule.heads_only and self._head is not None:
            is_head = row.station_id == self._head
            if is_head != (rule.per == "city"):
                return []
        if rule.per == "city":
            return [0]
        if rule.per == "county":
            return self._of_county.get((row.adcode or "")[:_COUNTY], [])
        if row.lon is None:
            return []
        found: list[int] = self._tree.query(
            shapely.Point(row.lon, row.lat), predicate="intersects"
        ).tolist()
        return found

    def judged(self, areas: list[int], more: Mapping[int, int]) -> Any:
        """Say of some areas whether they have so many stations as they should."""
        number = self._count[areas] + np.array([more.get(n, 0) for n in areas], dtype=np.int64)
        known = self._head is not None
        some = self._subjects.iloc[areas]
        return count.judged(self._rule, self._facts, some, number, head_known=known)


def _listed(row: Row | None) -> tuple[Any, ...] | None:
    """Return what decides in which lists of stations in operation a station is."""
    return None if row is None or row.status != "active" else (row.name, row.type, row.adcode)


def _of_stations(rule: IndicatorRule) -> bool:
    return any(str(name).startswith("stations") for name in (rule.numerator, rule.denominator))


def _signed(table: pd.DataFrame) -> pd.DataFrame:
    """Return groups as they are compared: on the platform is any number there."""
    on = table["platform_id"].astype(object)
    return table.assign(
        unit_id=table["unit_id"].astype("str"),
        adcode=table["adcode"].astype("str"),
        platform_id=on.notna().map({True: "1", False: None}).astype("str"),
    )


def _in_groups(table: pd.DataFrame) -> pd.DataFrame:
    table = table.groupby(list(_GROUP), dropna=False, sort=False)["stands_for"].sum().reset_index()
    return table[table["stands_for"] > 0].assign(status="active").reset_index(drop=True)
