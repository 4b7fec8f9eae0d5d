"""What rules say of single places and single stations, each case worked out only once.

A rule's finding depends on how near the next station is, or the next place, only by whether there
is one within reach, and by the distance that it tells. So each case is said by the rule itself
once, and the distance put in its place afterwards.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from stationmap.checks import placement, presence
from stationmap.checks.hosts import Hosts
from stationmap.checks.placement import FRONTAGE, Fronts
from stationmap.covering import ticks
from stationmap.linear import locate
from stationmap.planning.changes import NEW
from stationmap.planning.whatif.changed_stations import Row
from stationmap.planning.whatif.surroundings import Finding, I, Surroundings
from stationmap.standards import PlacementRule, PresenceRule, ServicesRule

AHEAD_M = 400.0
"""Around a place that is asked about, the others within so many metres are said with it."""
_KEPT = 200_000
Case = tuple[Any, ...]


class Served:
    """What a rule about places with a station says of places, given how near one stands.

    Parameters
    ----------
    ground : Surroundings
    rule : PresenceRule
    """

    def __init__(self, ground: Surroundings, rule: PresenceRule) -> None:
        self._ground, self._rule = ground, rule
        places, active = ground.places, ground.facts.active
        chosen = places["place"].isin(list(rule.at)).to_numpy(dtype=bool)
        if rule.with_frontage:
            chosen = chosen & (places["frontage"] != "none").to_numpy(dtype=bool)
        self.chosen: NDArray[np.bool_] = chosen
        self._counts = active["type"].isin(list(rule.counts)).to_numpy(dtype=bool)
        self._reach = int(ticks(rule.within_m))
        self._said: dict[tuple[int, bool], Finding] = {}

    def of(self, places: I, *, rows: Sequence[Row], without: Sequence[str]) -> dict[int, Finding]:
        """Say of places of the rule, with stations as they would be, and without some that are.

        Parameters
        ----------
        places : (n,) int64
            Rising; all of `chosen`.
        rows : sequence of Row
        without : sequence of str
        """
        far = np.iinfo(np.int64).max
        nearest = np.full(len(places), far)
        owner, station, apart = self._ground.beside(places)
        counts = self._counts[station] & (apart <= self._reach)
        if without:
            counts &= ~np.isin(station, self._ground.active_rows(without))
        np.minimum.at(nearest, owner[counts], apart[counts])
        for row in rows:
            if row.stands and row.type in self._rule.counts:
                place, apart = self._ground.near(row)
                place, apart = place[apart <= self._reach], apart[apart <= self._reach]
                at = np.searchsorted(places, place)
                among = (at < len(places)) & (places[np.minimum(at, len(places) - 1)] == place)
                np.minimum.at(nearest, at[among], apart[among])
        there = (nearest < far).tolist()
        self._know(places)
        metres = (nearest / ticks(1.0)).tolist()
        return {
            place: self._said[place, has]._replace(measured=m if has else None)
            for place, has, m in zip(places.tolist(), there, metres, strict=True)
        }

    def _know(self, places: I) -> None:
        """Have the rule say each place with a station at it, and without one."""
        if all((place, True) in self._said for place in places.tolist()):
            return
        ahead = self._ground.around(places, AHEAD_M)
        ahead = ahead[self.chosen[ahead]]
        new = [n for n in ahead.tolist() if (n, True) not in self._said]
        rows = self._ground.places.iloc[new]
        kinds = rows["subject_kind"].tolist()
        order = [
            n for kind in dict.fromkeys(kinds) for n, k in zip(new, kinds, strict=True) if k == kind
        ]
        one = self._a_station()
        for has in (True, False):
            number = len(new) if has else 0
            facts = replace(self._ground.facts, stations=one)
            facts.__dict__["built_up"] = self._ground.facts.built_up
            facts.__dict__["completeness"] = self._ground.facts.completeness
            facts.__dict__["hosts"] = Hosts(
                rows.reset_index(drop=True),
                np.zeros(number, np.int64),
                np.arange(number),
                np.zeros(number, np.int64),
            )
            batches = [b for b in presence.check(self._rule, facts) if b.subject_kind != "city"]
            said = self._ground.said(batches)
            for place, finding in zip(order, said, strict=True):
                self._said[place, has] = finding

    def _a_station(self) -> gpd.GeoDataFrame:
        return self._ground.roll.rows(
            [Row(NEW, None, self._rule.counts[0], "active", None, 0.0, 0.0)]
        )


class Standing:
    """What a rule about where stations stand, or what they offer there, says of a station.

    Parameters
    ----------
    ground : Surroundings
    rule : PlacementRule or ServicesRule
    """

    def __init__(self, ground: Surroundings, rule: PlacementRule | ServicesRule) -> None:
        self._ground, self._rule = ground, rule
        places = ground.places
        self._at = places["place"].isin(list(rule.at)).to_numpy(dtype=bool)
        self._doubt: NDArray[np.bool_] = (
            placement.doubtful(rule, ground.facts)
            if isinstance(rule, PlacementRule)
            else places["doubt"].to_numpy(dtype=bool)
        )
        self._ids = places["id"].astype("str").to_numpy(dtype=object)
        self._reach = int(ticks(rule.within_m))
        self._said: dict[Case, tuple[Finding, ...]] = {}

    def of(self, row: Row | None) -> tuple[Finding, ...]:
        """Say of a station as it is or would be; nothing where it is not in operation."""
        if row is None or row.status != "active":
            return ()
        place, apart = self._ground.near(row)
        keep = self._at[place] & (apart <= self._reach)
        place, apart = place[keep], apart[keep]
        sure = ~self._doubt[place]
        if isinstance(self._rule, ServicesRule):
            best = min(
                zip(
                    apart[sure].tolist(), self._ids[place[sure]], place[sure].tolist(), strict=True
                ),
                default=None,
            )
            if best is None:
                return ()
            return self._case(row, (best[2],))
        if row.type != self._rule.site_type:
            return ()
        nearest = apart[sure].min() / ticks(1.0) if sure.any() else np.nan
        guessed = False
        if FRONTAGE in self._rule.at and row.lon is not None and self._fronts is not None:
            beside, assumed = self._beside(row)
            guessed = bool(np.isnan(nearest)) and assumed
            nearest = np.fmin(nearest, beside)
        there = bool(np.isfinite(nearest))
        found = self._case(row, (row.lon is None, there, not sure.all(), guessed))
        return tuple(one._replace(measured=float(nearest) if there else None) for one in found)

    def _case(self, row: Row, of: Case) -> tuple[Finding, ...]:
        case = row.station_id, row.name, row.type, row.adcode, *of
        if case not in self._said:
            if len(self._said) > _KEPT:
                self._said.clear()
            batches = self._ground.look(
                [self._rule],
                rows=[row],
                places=self._ground.near(row)[0],
                without=[row.station_id],
            )
            self._said[case] = tuple(
                one for one in self._ground.said(batches) if one.subject_id == row.station_id
            )
        return self._said[case]

    @cached_property
    def _fronts(self) -> tuple[Fronts, shapely.STRtree] | None:
        streets = self._ground.facts.streets()
        if streets is None or not isinstance(self._rule, PlacementRule):
            return None
        shapes = [streets.parts.geometry.to_numpy(), streets.twins.geometry.to_numpy()]
        fronts = Fronts.of(streets, along=self._rule.along)
        return fronts, shapely.STRtree(np.concatenate(shapes))

    def _beside(self, row: Row) -> tuple[float, bool]:
        """Return how far a station would be from the rule's frontage; whether that is assumed."""
        assert self._fronts is not None
        fronts, tree = self._fronts
        x, y = (np.array([value]) for value in self._ground.metric(row))
        reach = (self._rule.within_m + 1e-3) * float(fronts.near.scale.max(initial=1.0))
        line = tree.query(shapely.points(x, y), predicate="dwithin", distance=reach)[1]
        own = np.zeros(len(line), dtype=np.int64)
        at_m, apart, _ = locate(fronts.near, line, x[own], y[own])
        ok = ticks(apart) <= self._reach
        beside, assumed = fronts.beside(own[ok], line[ok], at_m[ok], apart[ok], x, y)
        return float(beside[0]), bool(assumed[0])
