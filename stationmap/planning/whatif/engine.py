"""What-if: what changes in gaps, coverage and findings when some stations change.

`WhatIf.after` looks only at what lies near the stations that changed, and goes on from the answer
before where only one more station moved. It says what a check of the whole city would say.
"""

import itertools
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, TypeGuard

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from stationmap.checks.facts import Facts
from stationmap.checks.spacing import Spacing, update
from stationmap.planning.changes import Change
from stationmap.planning.whatif.changed_stations import Locate, Row
from stationmap.planning.whatif.place_findings import PlaceFindings, World
from stationmap.planning.whatif.register_findings import Listed, RegisterFindings
from stationmap.planning.whatif.street_findings import (
    Difference,
    Gap,
    StreetFindings,
    frame,
    shapes,
)
from stationmap.planning.whatif.surroundings import (
    Finding,
    Found,
    RuleKey,
    Surroundings,
    Unit,
    grouped,
)
from stationmap.standards import SpacingRule

KEPT = 16
"""Answers that are kept to go on from."""
Differing = Mapping[str, tuple[tuple[Finding, ...], tuple[Finding, ...]]]
"""Finding id → what is found before and after; empty where nothing is."""
Said = Mapping[tuple[RuleKey, Unit], Differing]


@dataclass(frozen=True)
class After:
    """A city after some stations changed.

    Attributes
    ----------
    rows : mapping of str to Row
        Stations that are not as they are now.
    before, spacing : mapping of str to Spacing
        Rule id → the spacing check, as it is and as it would be.
    gaps : mapping of (str, str) to Difference
        Rule id and street id → its gaps that differ.
    said : mapping
        Rule and subject → finding id → findings before and after, where they differ.
    listed : Listed
        How many stations the areas have more or fewer.
    """

    before: Mapping[str, Spacing]
    spacing: Mapping[str, Spacing]
    rows: Mapping[str, Row] = field(default_factory=dict)
    gaps: Mapping[tuple[str, str], Difference] = field(default_factory=dict)
    said: Said = field(default_factory=dict)
    listed: Listed = field(default_factory=Listed)

    def gone(self, rule_id: str) -> list[str]:
        """Return the ids of the gaps of a rule that are there no more, or not as they were."""
        return [
            gap.gap_id
            for (rule, _), one in self.gaps.items()
            if rule == rule_id
            for gap in one.gone
        ]

    def new(self, rule_id: str) -> gpd.GeoDataFrame:
        """Return the gaps of a rule that were not there, or not so: as `Spacing.gaps` has them."""
        return frame(self.before[rule_id].prepared, self._new(rule_id))

    def new_gaps(self, rule_id: str) -> list[tuple[Gap, Any]]:
        """Return the same gaps, each with its line in EPSG:4326; quicker."""
        gaps = self._new(rule_id)
        return list(zip(gaps, shapes(self.before[rule_id].prepared, gaps), strict=True))

    def _new(self, rule_id: str) -> list[Gap]:
        return [gap for (rule, _), one in self.gaps.items() if rule == rule_id for gap in one.new]

    def streets(self, rule_id: str) -> list[str]:
        """Return the ids of the streets with other gaps than now."""
        return sorted(street for rule, street in self.gaps if rule == rule_id)

    def summaries(self, rule_id: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return `Spacing.summary` of a rule, as it is and as it would be."""
        return self.before[rule_id].summary(), self.spacing[rule_id].summary()

    def findings(self) -> list[tuple[Finding | None, Finding | None]]:
        """Return what is found otherwise: before and after, None where nothing is found."""
        return [
            (was[0] if was else None, now[0] if now else None)
            for group in self.said.values()
            for was, now in group.values()
        ]


class WhatIf:
    """A city, ready to tell what would be if some of its stations were otherwise.

    Parameters
    ----------
    facts : Facts
        As they are.
    exemptions : DataFrame
        See `checks.whole.check`.
    lang : str
        Of the sentences.
    locate : callable
        See `changed_stations.Locate`.
    """

    def __init__(
        self, facts: Facts, *, exemptions: pd.DataFrame, lang: str, locate: Locate
    ) -> None:
        self.ground = Surroundings(facts, exemptions=exemptions, lang=lang, locate=locate)
        self._places, self._lists = PlaceFindings(self.ground), RegisterFindings(self.ground)
        self.spacing_rules = [r for r in self.ground.rules if isinstance(r, SpacingRule)]
        self.spacing = {
            rule.id: found
            for rule in self.spacing_rules
            if (found := facts.spacing(rule.id)) is not None
        }
        self._streets = StreetFindings(self.ground, self.spacing)
        self._lock = Lock()
        self._kept: OrderedDict[frozenset[Row], After] = OrderedDict()
        self._nothing = After(before=self.spacing, spacing=self.spacing)

    def after(self, changes: Sequence[Change]) -> After:
        """Tell what would be after some changes.

        Parameters
        ----------
        changes : sequence of Change
            Each of another station.

        Raises
        ------
        InputError
            A station that is to change is not there.
        """
        rows = self._rows(changes)
        wanted = frozenset(rows)
        with self._lock:
            found = self._kept.get(wanted)
            start = self._kept.get(self._near(wanted), self._nothing)
        if found is None:
            found = self._step(start, {row.station_id: row for row in rows})
        with self._lock:
            self._kept[wanted] = found
            self._kept.move_to_end(wanted)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return found

    def step(self, changes: Sequence[Change]) -> int:
        """Return in how many stations an answer would differ from one that is kept.

        Raises as `after`.
        """
        wanted = frozenset(self._rows(changes))
        with self._lock:
            return _apart(self._near(wanted), wanted)

    def _rows(self, changes: Sequence[Change]) -> list[Row]:
        """Return the stations that changes make otherwise than they are."""
        roll = self.ground.roll
        rows = [roll.changed(change) for change in changes]
        return [row for row in rows if row != roll.get(row.station_id)]

    def _near(self, wanted: frozenset[Row]) -> frozenset[Row]:
        """Return what differs least from an answer: one that is kept, or the city as it is.

        Of equals the one of the same stations: a station that is dragged was there before.
        """
        ids = {row.station_id for row in wanted}

        def apart(kept: frozenset[Row]) -> tuple[int, int]:
            return _apart(kept, wanted), len(ids ^ {row.station_id for row in kept})

        return min((frozenset[Row](), *self._kept), key=apart)

    def _step(self, was: After, rows: Mapping[str, Row]) -> After:
        """Go on from an answer to the next one: only the stations that differ are looked at."""
        get = self.ground.roll.get
        touched = [own for own in {**was.rows, **rows} if was.rows.get(own) != rows.get(own)]
        if not touched:
            return was
        base = {own: get(own) for own in touched}
        before = {own: was.rows.get(own, base[own]) for own in touched}
        now = {own: rows.get(own, base[own]) for own in touched}

        spacing, streets = dict(was.spacing), set[str]()
        for rule in self.spacing_rules:
            if rule.id in spacing:
                spacing[rule.id], lines = self._updated(
                    spacing[rule.id], rule, before=before, now=now
                )
                names = spacing[rule.id].prepared.parts["street_id"]
                streets |= set(names.iloc[lines])
        gaps = dict(was.gaps)
        differences, along = self._streets.look(spacing, sorted(streets))
        for key, difference in differences.items():
            if difference.gone or difference.new:
                gaps[key] = difference
            else:
                gaps.pop(key, None)

        places = self._places.look(rows, base=base, before=before, now=now)
        lists = self._lists.look(was.listed, rows, before=before, now=now)
        return After(
            before=was.before,
            spacing=spacing,
            rows=dict(rows),
            gaps=gaps,
            said=_merged(was.said, [along, places, (lists.was, lists.now)], whole=lists.whole),
            listed=lists.listed,
        )

    def _updated(
        self, spacing: Spacing, rule: SpacingRule, *, before: World, now: World
    ) -> tuple[Spacing, list[int]]:
        """Update the check of one rule; also return the parts that were looked at."""
        was, would = (
            {own: row for own, row in world.items() if _counts(row, rule)}
            for world in (before, now)
        )
        moved = [
            row
            for own, row in would.items()
            if own not in was or (was[own].lon, was[own].lat) != (row.lon, row.lat)
        ]
        removed = [own for own in was if own not in would]
        if not moved and not removed:
            return spacing, []
        places = np.array([self.ground.metric(row) for row in moved]).reshape(-1, 2)
        frame = gpd.GeoDataFrame(
            {"station_id": [row.station_id for row in moved]},
            geometry=shapely.points(places),
            crs=self.ground.facts.crs,
        )
        found = update(spacing, moved=frame, removed=removed)
        old = spacing.changed
        return found, [n for n, new in found.changed.items() if new is not old.get(n)]


def _apart(one: frozenset[Row], other: frozenset[Row]) -> int:
    """Return how many stations two answers differ in."""
    return len({row.station_id for row in one ^ other})


def _counts(row: Row | None, rule: SpacingRule) -> TypeGuard[Row]:
    return row is not None and row.stands and row.type in rule.counts


def _merged(
    said: Said,
    pairs: Iterable[tuple[Found, Found]],
    *,
    whole: Mapping[RuleKey, tuple[list[Finding], list[Finding]]],
) -> dict[tuple[RuleKey, Unit], Differing]:
    """Put what was found of some subjects, and of rules as a whole, in the place of what was."""
    found = {key: group for key, group in said.items() if key[0] not in whole}
    every = [*pairs, *(_by_subject(*both) for both in whole.values())]
    for was, now in every:
        for key in was.keys() | now.keys():
            one, two = was.get(key, {}), now.get(key, {})
            differing = {
                own: (one.get(own, ()), two.get(own, ()))
                for own in {**one, **two}
                if one.get(own) != two.get(own)
            }
            if differing:
                found[key] = differing
            else:
                found.pop(key, None)
    return found


def _by_subject(*both: list[Finding]) -> tuple[Found, Found]:
    wanted: dict[RuleKey, set[Unit]] = {}
    for one in itertools.chain(*both):
        wanted.setdefault((one.rule_id, one.kind), set()).add((one.subject_kind, one.subject_id))
    was, now = (grouped(found, wanted) for found in both)
    return was, now
