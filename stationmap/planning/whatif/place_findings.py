"""Findings about places and about stations themselves, where some stations change."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from stationmap.planning.whatif.changed_stations import Row
from stationmap.planning.whatif.station_places import Served, Standing
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
from stationmap.standards import (
    ActivityRule,
    HoursRule,
    Item,
    NamingRule,
    PlacementRule,
    PresenceRule,
    Rule,
    ServicesRule,
)

STATION = "station"
_NOWHERE = np.empty(0, dtype=np.int64)
World = Mapping[str, Row | None]
"""Station id → how it would be; None where it is not there."""


class PlaceFindings:
    """What rules say of the places near stations that change, and of these stations.

    Parameters
    ----------
    ground : Surroundings
    """

    def __init__(self, ground: Surroundings) -> None:
        self._ground = ground
        self._as_it_is: Found = {}
        self._places: dict[RuleKey, Served] = {}
        self._standing: dict[RuleKey, Standing] = {}

    def look(
        self, rows: Mapping[str, Row], *, base: World, before: World, now: World
    ) -> tuple[Found, Found]:
        """Return what is found as it is and as it would be, of all that may differ.

        Parameters
        ----------
        rows : mapping of str to Row
            All stations that would not be as they are.
        base, before, now : mapping
            The stations that differ between the answer before and this one: as they are, as they
            were in that answer, as they would be.
        """
        ground, worlds = self._ground, (base, before, now)
        near = [ground.near(row)[0] for world in worlds for row in world.values()]
        places = np.unique(np.concatenate([*near, np.empty(0, np.int64)])).astype(np.int64)
        was, found = Found(), Found()
        wanted, rules = dict[RuleKey, set[Unit]](), list[Rule]()
        for rule in ground.rules:
            if isinstance(rule, PresenceRule):
                self._served(rule, places, rows, was=was, found=found)
            elif isinstance(rule, PlacementRule | ServicesRule):
                standing = self._standing_of(rule)
                for own in now:
                    for said, world in ((was, base), (found, now)):
                        said[key_of(rule), (STATION, own)] = _by_id(standing.of(world[own]))
            elif units := self._units(rule, worlds):
                wanted[key_of(rule)] = units
                rules.append(rule)
        self._know(rules, wanted, base=base)
        was |= {
            (key, unit): self._as_it_is[key, unit]
            for key, units in wanted.items()
            for unit in units
        }
        there = [row for row in now.values() if row is not None and row.status == "active"]
        if not rules or not there:
            return was, found
        batches = ground.look(rules, rows=there, places=_NOWHERE, without={*rows, *now})
        return was, found | grouped(ground.said(batches), wanted)

    def _served(
        self, rule: PresenceRule, places: I, rows: Mapping[str, Row], *, was: Found, found: Found
    ) -> None:
        """Say of places whether they have a station, as it is and as it would be."""
        key = key_of(rule)
        if key not in self._places:
            self._places[key] = Served(self._ground, rule)
        served = self._places[key]
        own = places[served.chosen[places]]
        if not len(own):
            return
        for said, some, without in ((was, (), ()), (found, list(rows.values()), list(rows))):
            for place, one in served.of(own, rows=some, without=without).items():
                group = said.setdefault((key, self._ground.unit_of(place)), {})
                group[one.finding_id] = (*group.get(one.finding_id, ()), one)

    def _standing_of(self, rule: PlacementRule | ServicesRule) -> Standing:
        key = key_of(rule)
        if key not in self._standing:
            self._standing[key] = Standing(self._ground, rule)
        return self._standing[key]

    def _know(self, rules: list[Rule], wanted: Mapping[RuleKey, set[Unit]], *, base: World) -> None:
        """Find out what is found as it is, where that is not known yet."""
        unknown = [
            rule
            for rule in rules
            if any((key_of(rule), unit) not in self._as_it_is for unit in wanted[key_of(rule)])
        ]
        if unknown:
            batches = self._ground.look(
                unknown,
                rows=[row for row in base.values() if row is not None],
                places=_NOWHERE,
                without=base.keys(),
            )
            keys = {key_of(rule): wanted[key_of(rule)] for rule in unknown}
            self._as_it_is |= grouped(self._ground.said(batches), keys)

    def _units(self, rule: Rule, worlds: tuple[World, World, World]) -> set[Unit]:
        """Return the subjects of which a rule may say something else."""
        _, before, now = worlds
        if not isinstance(rule, NamingRule | HoursRule | ActivityRule | Item):
            return set()
        touched = {own for own in now if _itself(before[own]) != _itself(now[own])}
        types = rule.site_types
        return {
            (STATION, own)
            for own in touched
            if not types or any(row.type in types for world in worlds if (row := world[own]))
        }


def _by_id(found: tuple[Finding, ...]) -> dict[str, tuple[Finding, ...]]:
    ids = dict.fromkeys(one.finding_id for one in found)
    return {own: tuple(one for one in found if one.finding_id == own) for own in ids}


def _itself(row: Row | None) -> tuple[Any, ...] | None:
    """Return what the rules about a station itself look at; None where it is not in operation."""
    if row is None or row.status != "active":
        return None
    return row.name, row.type, row.adcode
