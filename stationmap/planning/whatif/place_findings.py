"""Findings about places and about stations themselves, where some stations change."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from stationmap.planning.whatif.changed_stations import Row
from stationmap.planning.whatif.surroundings import (
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
        wanted, rules = dict[RuleKey, set[Unit]](), list[Rule]()
        for rule in ground.rules:
            if units := self._units(rule, places, worlds):
                wanted[key_of(rule)] = units
                rules.append(rule)
        self._know(rules, wanted, places=places, base=base)
        was = {
            (key, unit): self._as_it_is[key, unit]
            for key, units in wanted.items()
            for unit in units
        }
        if not rules:
            return was, {}
        among = set(places.tolist())
        beside = [
            row
            for own, row in rows.items()
            if own not in now and not among.isdisjoint(ground.near(row)[0].tolist())
        ]
        batches = ground.look(
            rules,
            rows=[row for row in now.values() if row is not None],
            places=places,
            beside=beside,
            without={*rows, *now},
        )
        return was, grouped(ground.said(batches), wanted)

    def _know(
        self, rules: list[Rule], wanted: Mapping[RuleKey, set[Unit]], *, places: I, base: World
    ) -> None:
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
                places=places,
                without=base.keys(),
            )
            keys = {key_of(rule): wanted[key_of(rule)] for rule in unknown}
            self._as_it_is |= grouped(self._ground.said(batches), keys)

    def _units(self, rule: Rule, places: I, worlds: tuple[World, World, World]) -> set[Unit]:
        """Return the subjects of which a rule may say something else."""
        _, before, now = worlds
        if isinstance(rule, PresenceRule):
            return self._ground.subjects(places, rule.at)
        if isinstance(rule, ServicesRule) and not self._ground.subjects(places, rule.at):
            return set()
        if isinstance(rule, PlacementRule | ServicesRule):
            touched = set(now)
        elif isinstance(rule, NamingRule | HoursRule | ActivityRule | Item):
            touched = {own for own in now if _itself(before[own]) != _itself(now[own])}
        else:
            return set()
        types = (rule.site_type,) if isinstance(rule, PlacementRule) else rule.site_types
        return {
            (STATION, own)
            for own in touched
            if not types or any(row.type in types for world in worlds if (row := world[own]))
        }


def _itself(row: Row | None) -> tuple[Any, ...] | None:
    """Return what the rules about a station itself look at; None where it is not in operation."""
    if row is None or row.status != "active":
        return None
    return row.name, row.type, row.adcode
