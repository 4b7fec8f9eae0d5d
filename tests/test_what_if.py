"""What would be after some changes is what a check of the whole changed city says."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest
import shapely
from what_if_town import TYPES, town

from stationmap.checks import spacing, whole
from stationmap.planning.changes import NEW, Change
from stationmap.planning.whatif import Roll, WhatIf
from stationmap.planning.whatif.surroundings import told
from stationmap.standards import SpacingRule
from stationmap.stations import STATUSES, counting

SEEDS = range(3)
STEPS = 12
HELD = 6  # each so many steps the answer is held against a check of the whole town


def district_of(facts):
    """Who tells in which county of a town a place lies."""
    rows = facts.districts

    def district(lon, lat, own):
        inside = shapely.intersects_xy(rows.geometry.to_numpy(), lon, lat)
        return rows["adcode"].to_numpy()[np.argmax(inside)] if inside.any() else own

    return district


def whole_check(facts, changes, exemptions):
    """Check a whole town with its stations as changes make them: spacing by rule, findings."""
    frame = Roll(facts.stations, locate=district_of(facts)).all_changed(changes)
    found = {}
    for rule in facts.pack.rules:
        if isinstance(rule, SpacingRule):
            counts = counting(frame, types=rule.counts)
            prepared = facts.spacing(rule.id).prepared
            found[rule.id] = spacing.check(prepared, frame.loc[counts, ["station_id", "geometry"]])
    after = replace(facts, stations=frame, spacing=found.get)
    return found, whole.check(facts.pack, after, exemptions=exemptions, lang="zh").findings


def by_id(findings):
    """Findings by id, all that there are of each."""
    found = {}
    for one in told(findings):
        found.setdefault(one.finding_id, []).append(one)
    return {own: tuple(some) for own, some in found.items()}


def gap_rows(gaps):
    """Gaps by id, with everything that is said of them."""
    names = [n for n in gaps.columns if n not in ("geometry", "rule_id", "document", "clause")]
    rows = zip(*(gaps[name].tolist() for name in names), gaps.geometry.to_wkt(), strict=True)
    return {row[0]: row for row in rows}


class Held:
    """A town, who tells what would be there, and a check of all of it as it is."""

    def __init__(self, seed):
        self.facts, self.exemptions = town(seed)
        self.engine = WhatIf(
            self.facts, exemptions=self.exemptions, lang="zh", locate=district_of(self.facts)
        )
        spacings, findings = whole_check(self.facts, [], self.exemptions)
        self.gaps = {rule: gap_rows(one.gaps()) for rule, one in spacings.items()}
        self.found = by_id(findings)

    def hold(self, changes):
        """Hold what would be after some changes against a check of the whole town."""
        after = self.engine.after(changes)
        spacings, findings = whole_check(self.facts, changes, self.exemptions)
        for rule, one in spacings.items():
            assert after.summaries(rule)[1] == one.summary()
            goes = after.gone(rule)
            stay = {own: row for own, row in self.gaps[rule].items() if own not in goes}
            assert stay | gap_rows(after.new(rule)) == gap_rows(one.gaps())
            assert not {*goes} - self.gaps[rule].keys()
        now = by_id(findings)
        expected = {
            own: pair
            for own in self.found.keys() | now.keys()
            if (pair := (self.found.get(own, ()), now.get(own, ())))[0] != pair[1]
        }
        said = {own: pair for group in after.said.values() for own, pair in group.items()}
        assert said == expected
        return after


def random_change(rng, facts, number):
    """One station dropped, dragged, closed, opened, or of another type."""
    placed = facts.stations[facts.stations.geometry.notna()]
    spots = [*placed.geometry, *facts.facilities.geometry.dropna().representative_point()]
    spot = rng.choice(spots)
    far = rng.choice((0.0, 1e-4, 6e-4))
    place = {"lon": spot.x + rng.gauss(0, far), "lat": spot.y + rng.gauss(0, far)}
    own = rng.choice(facts.stations["station_id"].tolist())
    return rng.choice(
        [
            Change(
                f"{NEW}{number}", **place, type=rng.choice(TYPES), name=rng.choice([None, "新"])
            ),
            Change(f"{NEW}{number % 3}", **place, type=rng.choice(TYPES)),
            Change(own, **place),
            Change(own, status=rng.choice(list(STATUSES))),
            Change(own, type=rng.choice(TYPES)),
            Change(own, **place, type=rng.choice(TYPES), status="active"),
            Change(own),
        ]
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_random_changes_equal_a_check_of_the_whole_town(seed):
    held, rng, changes = Held(seed), Random(seed), {}
    for step in range(STEPS):
        # each answer goes on from the one before: more changes, others, and some taken back
        for number in range(rng.randint(3, 12)):
            change = random_change(rng, held.facts, 10 * step + number)
            changes[change.station_id] = change
        for own in rng.sample(list(changes), min(len(changes), rng.choice((0, 0, 1, 3)))):
            del changes[own]
        if (step + 1) % HELD:
            held.engine.after(list(changes.values()))
        else:
            held.hold(list(changes.values()))
