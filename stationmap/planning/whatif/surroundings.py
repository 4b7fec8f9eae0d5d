"""What rules say of a few places and stations, without a look at the rest of the city."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray

from stationmap import checks
from stationmap.checks import exempt, findings
from stationmap.checks import hosts as at_places
from stationmap.checks.facts import Facts
from stationmap.checks.findings import Batch
from stationmap.checks.hosts import Hosts
from stationmap.checks.kerbs import rows_of
from stationmap.covering import ticks
from stationmap.crs import scale_factor, to_metric
from stationmap.planning.whatif.changed_stations import Locate, Roll, Row
from stationmap.standards import PlacementRule, PresenceRule, Rule, ServicesRule, SpacingRule
from stationmap.streets import Streets

I = NDArray[np.int64]  # noqa: E741
Unit = tuple[str, str]
"""Kind and id of a subject."""
RuleKey = tuple[str, str]
"""Id and kind of a rule."""
SAID = findings.COLUMNS[:-1]
_NO_GAPS = ("gap_id", "street_id", "from_m", "to_m")


class Finding(NamedTuple):
    """What is found of a subject: the findings frame's columns that a person reads."""

    finding_id: str
    rule_id: str
    kind: str
    subject_kind: str
    subject_id: str
    subject_name: str | None
    adcode: str | None
    state: str
    force: str
    measured: float | None
    limit: float | None
    unit: str
    message_id: str
    message: str
    document: str
    clause: str
    assumed: bool


Found = dict[tuple[RuleKey, Unit], dict[str, tuple[Finding, ...]]]


class Surroundings:
    """A city's facts, ready to be looked at around a few stations again and again.

    Parameters
    ----------
    facts : Facts
    exemptions : DataFrame
    lang : str
        Of the sentences.
    locate : callable
        See `changed_stations.Locate`.
    """

    def __init__(
        self, facts: Facts, *, exemptions: pd.DataFrame, lang: str, locate: Locate
    ) -> None:
        self.facts = facts
        self.roll = Roll(facts.stations, locate=locate)
        entries = facts.pack.entries(None)
        self.rules: list[Rule] = list({(one.id, one.kind): one for one in entries}.values())
        self._exemptions, self._lang = exemptions, lang
        self._spared = frozenset(exemptions["subject_id"].dropna())
        self._project = pyproj.Transformer.from_crs(4326, facts.crs, always_xy=True)
        hosts = facts.hosts
        self.places, self._pairs = hosts.places, hosts
        self._shapes = to_metric(hosts.places[["geometry"]], facts.crs).geometry.to_numpy()
        shapely.prepare(self._shapes)
        self._tree = shapely.STRtree(self._shapes)
        self._area = at_places.has_inside(hosts.places)
        self._first = np.searchsorted(hosts.place, np.arange(len(hosts.places) + 1))
        self._station = np.flatnonzero((facts.stations["status"] == "active").to_numpy(dtype=bool))
        self._type = facts.active["type"].to_numpy(dtype=object)
        within = [
            r.within_m
            for r in self.rules
            if isinstance(r, PresenceRule | PlacementRule | ServicesRule)
        ]
        self._reach_m = max(within, default=0.0)
        self._kinds = hosts.places["place"].to_numpy(dtype=object)
        self._units: list[Unit] = list(
            zip(hosts.places["subject_kind"], hosts.places["id"].astype("str"), strict=True)
        )
        self._near: dict[Row, tuple[I, I]] = {}

    # -- places ------------------------------------------------------------------------------

    def metric(self, row: Row) -> tuple[float, float]:
        """Return where a station would stand in the city's metric CRS."""
        x, y = self._project.transform(row.lon, row.lat)
        return float(x), float(y)

    def near(self, row: Row | None) -> tuple[I, I]:
        """Return the places at which a station would stand, and how far from each in ticks."""
        if row is None or not row.stands or not len(self._shapes):
            return np.empty(0, np.int64), np.empty(0, np.int64)
        if row not in self._near:
            x, y = self.metric(row)
            point = shapely.Point(x, y)
            scale = float(scale_factor(self.facts.crs, [x], [y])[0])
            place = self._tree.query(
                point, predicate="dwithin", distance=(self._reach_m + 1e-3) * scale
            )
            distance = shapely.distance(self._shapes[place], point)
            apart = ticks(distance / scale)
            keep = np.where(self._area[place], distance <= 0, apart <= ticks(self._reach_m))
            if len(self._near) > 50_000:
                self._near.clear()
            self._near[row] = place[keep].astype(np.int64), apart[keep]
        return self._near[row]

    def around(self, places: I, within_m: float) -> I:
        """Return places, and all that lie within some planar metres of any of them; rising."""
        known = self._shapes[places]
        known = known[~shapely.is_missing(known)]
        _, found = self._tree.query(shapely.centroid(known), predicate="dwithin", distance=within_m)
        return np.union1d(places, found).astype(np.int64)

    def beside(self, places: I) -> tuple[I, I, I]:
        """Pairs of places, by their number in `places`, and active stations; ticks apart."""
        owner, pair = rows_of(self._first, places)
        return owner, self._pairs.station[pair], self._pairs.apart[pair]

    def active_rows(self, ids: Collection[str]) -> I:
        """Return the numbers, among the active ones, of those stations that are."""
        rows = [row for own in ids if (row := self.roll.row_of.get(own)) is not None]
        at = np.searchsorted(self._station, rows)
        at = at[(at < len(self._station))]
        found: I = at[np.isin(self._station[at], rows)].astype(np.int64)
        return found

    def unit_of(self, place: int) -> Unit:
        """Return the subject that a place is."""
        return self._units[place]

    def subjects(self, places: I, kinds: Collection[str]) -> set[Unit]:
        """Return the subjects among some places that are of some kinds."""
        return {self._units[n] for n in places.tolist() if self._kinds[n] in kinds}

    @cached_property
    def _lost(self) -> I:
        """Places without a known outline, of a kind and county one: they leave others in doubt."""
        lost = np.flatnonzero(shapely.is_missing(self._shapes))
        rows = self.places.iloc[lost]
        county = rows["adcode"].astype(object).str[:6]
        twice = pd.DataFrame({"place": rows["place"], "county": county}).duplicated()
        found: I = lost[~twice.to_numpy(dtype=bool)]
        return found

    # -- what is found there -----------------------------------------------------------------

    def look(
        self,
        rules: Sequence[Rule],
        *,
        rows: Sequence[Row],
        places: I,
        without: Collection[str] = (),
    ) -> list[Batch]:
        """Check rules at some places and stations.

        Parameters
        ----------
        rules : sequence of Rule
        rows : sequence of Row
            Stations that are subjects, as they would be.
        places : (n,) int64
            Row numbers of places, rising: all at which one of `rows` stands.
        without : collection of str
            Ids of the stations that are not as they are, of `rows`.
        """
        own = list(rows)
        base = self._beside(places, without)
        others = self._station[np.unique(base[0])]
        frame = self.roll.rows(own, others=others)
        facts = self._of(frame, [row.station_id for row in own])
        facts.__dict__["hosts"] = self._hosts(facts, own, others, base, places)
        facts.__dict__["built_up"] = self.facts.built_up
        return checks.run(rules, facts)

    def _beside(self, places: I, without: Collection[str]) -> tuple[I, I, I]:
        """Pairs of active stations and places; of each type at a place the nearest is enough."""
        owner, pair = rows_of(self._first, places)
        station = self._pairs.station[pair]
        if without:
            gone = np.array([self.roll.row_of.get(own, -1) for own in without])
            keep = ~np.isin(self._station[station], gone)
            owner, pair, station = owner[keep], pair[keep], station[keep]
        kinds, code = np.unique(self._type[station].astype(str), return_inverse=True)
        _, first = np.unique(owner * max(len(kinds), 1) + code, return_index=True)
        return station[first], places[owner[first]], self._pairs.apart[pair[first]]

    def _hosts(
        self, facts: Facts, own: Sequence[Row], others: I, base: tuple[I, I, I], places: I
    ) -> Hosts:
        active = np.cumsum((facts.stations["status"] == "active").to_numpy(dtype=bool)) - 1
        station, place, apart = [], [], []
        for number, row in enumerate(own):
            near, far = self.near(row)
            among = np.isin(near, places)
            station.append(np.full(int(among.sum()), active[number]))
            place.append(near[among])
            apart.append(far[among])
        station.append(active[len(own) + np.searchsorted(others, self._station[base[0]])])
        place.append(base[1])
        apart.append(base[2])
        chosen = np.union1d(places, self._lost)
        one, two, far = (np.concatenate(part).astype(np.int64) for part in (station, place, apart))
        two = np.searchsorted(chosen, two)
        order = np.lexsort((one, far, two))
        return Hosts(
            self.places.iloc[chosen].reset_index(drop=True), one[order], two[order], far[order]
        )

    def _of(self, frame: gpd.GeoDataFrame, ids: Sequence[str]) -> Facts:
        """Facts of some stations; of the tables what tells of some of them."""
        facts = self.facts
        units = facts.units
        if len(units):
            units = units[units["id"].isin(frame["unit_id"].dropna())]
        judged = facts.inspections
        found = replace(
            facts,
            stations=frame,
            units=units,
            projects=facts.projects.iloc[self._told("projects", ids)],
            activities=facts.activities.iloc[
                np.union1d(self._told("activities", ids), self._ends).astype(np.int64)
            ],
            inspections=None if judged is None else judged.iloc[self._told("inspections", ids)],
            streets=lambda: self._streets_near(frame.geometry.iloc[: len(ids)]),
        )
        found.__dict__["completeness"] = facts.completeness
        return found

    def _told(self, table: str, ids: Sequence[str]) -> I:
        known = self._rows_of_stations[table]
        found = [known[own] for own in ids if own in known]
        return np.sort(np.concatenate([*found, np.empty(0, np.int64)])).astype(np.int64)

    @cached_property
    def _rows_of_stations(self) -> Mapping[str, Mapping[str, I]]:
        tables = {
            name: getattr(self.facts, name) for name in ("projects", "activities", "inspections")
        }
        return {
            name: {} if table is None else table.groupby("station_id").indices
            for name, table in tables.items()
        }

    @cached_property
    def _ends(self) -> I:
        """The first and the last activity: they bound the months of which activities are asked."""
        day = self.facts.activities["date"].reset_index(drop=True).dropna()
        day = day[day.dt.normalize() <= pd.Timestamp(self.facts.today)]
        return np.array([day.idxmin(), day.idxmax()] if len(day) else [], dtype=np.int64)

    def _streets_near(self, points: gpd.GeoSeries) -> Streets | None:
        """Return the streets near some places alone."""
        streets = self.facts.streets()
        rule = next((rule for rule in self.rules if isinstance(rule, SpacingRule)), None)
        found = self.facts.spacing(rule.id) if rule is not None and streets is not None else None
        if found is None or streets is None:
            return streets
        prepared = found.prepared
        known = points[~(points.isna() | points.is_empty)]
        x, y = self._project.transform(known.x.to_numpy(), known.y.to_numpy())
        _, near = prepared.tree.query(
            shapely.points(x, y),
            predicate="dwithin",
            distance=(self._reach_m + 1e-3) * prepared.widest,
        )
        lines = np.unique(prepared.line_of[near])
        first, twins = self._lines_of(streets)
        number, row = rows_of(first, lines)
        beside, twin = rows_of(twins, lines)
        return replace(
            streets,
            parts=streets.parts.iloc[lines].reset_index(drop=True),
            stretches=streets.stretches.iloc[row].assign(line=number),
            twins=streets.twins.iloc[twin].assign(line=beside),
        )

    def _lines_of(self, streets: Streets) -> tuple[I, I]:
        if "lines" not in self.__dict__:
            every = np.arange(len(streets.parts) + 1)
            self.__dict__["lines"] = tuple(
                np.searchsorted(frame["line"].to_numpy(), every)
                for frame in (streets.stretches, streets.twins)
            )
        found: tuple[I, I] = self.__dict__["lines"]
        return found

    def spares(self, subject_id: str) -> bool:
        """Whether an exemption names a subject."""
        return subject_id in self._spared

    # -- in words ----------------------------------------------------------------------------

    def said(self, batches: Iterable[Batch], *, gaps: pd.DataFrame | None = None) -> list[Finding]:
        """Say what was found, as the check of the whole city does.

        Parameters
        ----------
        batches : iterable of Batch
        gaps : DataFrame, optional
            All gaps of the streets that the batches tell of.
        """
        every = list(batches)
        found = [Finding(*row) for row in findings.rows(every, lang=self._lang)]
        some = pd.DataFrame(columns=list(_NO_GAPS)) if gaps is None else gaps
        if self._spared.isdisjoint({one.subject_id for one in found} | set(some["street_id"])):
            return found
        frame = exempt.spare(
            findings.frame(every, lang=self._lang),
            self._exemptions,
            gaps=some,
            today=self.facts.today,
            lang=self._lang,
        )
        return told(frame)


def told(frame: pd.DataFrame) -> list[Finding]:
    """Return the rows of a findings frame."""
    columns = []
    for name in SAID:
        values = frame[name].astype(object).to_numpy(dtype=object, copy=True)
        values[pd.isna(values)] = None
        columns.append(values.tolist())
    return [Finding(*row) for row in zip(*columns, strict=True)]


def grouped(found: Iterable[Finding], wanted: Mapping[RuleKey, Collection[Unit]]) -> Found:
    """Group findings by rule and subject; only of the subjects that are wanted."""
    groups: Found = {(key, unit): {} for key, units in wanted.items() for unit in units}
    for one in found:
        group = groups.get(((one.rule_id, one.kind), (one.subject_kind, one.subject_id)))
        if group is not None:
            group[one.finding_id] = (*group.get(one.finding_id, ()), one)
    return groups


def key_of(rule: Any) -> RuleKey:
    """Return what tells a rule from all others of its pack."""
    return rule.id, rule.kind
