"""What follows from one version of a city's data: layers read and results worked out, each once."""

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

import geopandas as gpd
import pandas as pd
import pyproj

from stationmap import stations
from stationmap.checks import spacing, whole
from stationmap.checks.facts import Facts
from stationmap.checks.whole import Check
from stationmap.city import layers, missed_supplies, near_facts, plans
from stationmap.city.contents import Contents
from stationmap.city.districts import covers
from stationmap.city.missed_supplies import NotMet
from stationmap.city.near import Nearby
from stationmap.city.near_cards import Cards
from stationmap.city.near_places import Paths, Places
from stationmap.crs import local_crs, to_metric, to_wgs84
from stationmap.errors import PackError
from stationmap.planning.plan import Plan
from stationmap.standards import Pack, SpacingRule
from stationmap.streets import Streets, build

# streets of every class, for a standard that names none
_ALL_STREETS = SpacingRule.model_validate(
    {
        "id": "streets",
        "kind": "spacing",
        "site_type": "station",
        "along": ["commercial", "main", "secondary", "bus_route"],
        "spacing_m": 50.0,
        "clause": {"document": "–", "article": "–", "text": {"zh": "–"}},
    }
)


class Answers(Contents):
    """One version of a city, and what follows from it; see `Contents`."""

    @property
    def has_spacing(self) -> bool:
        """Whether the pack has a spacing rule and the city has streets."""
        return self._ruled and len(self.layer("ways")) > 0

    @property
    def _ruled(self) -> bool:
        return any(rule.kind == "spacing" for rule in self.pack.rules)

    def facts(
        self,
        *,
        standard: Pack | None = None,
        inspections: pd.DataFrame | None = None,
        today: dt.date | None = None,
    ) -> Facts:
        """Return everything that the rules of a pack look at.

        Parameters
        ----------
        standard : Pack, optional
            The pack whose rules are meant, the city's own unless given; types of stations are
            told in its words (see `checks.whole.as_pack`).
        inspections : DataFrame, optional
            Judgements of inspectors in the place of the register's; see `checks.facts.Facts`.
        today : date, optional
            The present day in the city's time zone unless given.
        """
        pack = standard or self.pack
        units = self.table("units")
        held = whole.as_pack(self.stations(), own=self.pack, pack=pack)
        held = held.assign(unit_id=held["unit_id"].fillna(_unit_ids(held["unit"], units)))
        along = next((r for r in pack.rules if isinstance(r, SpacingRule)), None)
        laid = along is not None and len(self.layer("ways")) > 0

        def spacing_of(rule_id: str) -> spacing.Spacing | None:
            if not laid:
                return None
            if pack == self.pack:
                return self.spacing(rule_id)
            rule: SpacingRule = pack.rule(rule_id)
            return self._keep(
                ("spacing", rule, pack.id),
                lambda: spacing.check(self._prepared(rule), self._counting(held, rule)),
            )

        return Facts(
            pack=pack,
            name=self.config.name,
            adcode=self.config.adcode,
            crs=self._any_crs(),
            today=today or self.today(),
            stations=held,
            facilities=self.facilities(),
            zones=self.zones(),
            bus_stops=self._located(self.layer("bus_stops").assign(adcode=None)),
            districts=self.layer("districts"),
            **{name: self.table(name) for name in ("counts", "units", "projects", "activities")},
            inspections=self.inspections() if inspections is None else inspections,
            complete=lambda layer: self._complete_as(layer, pack),
            streets=lambda: self._streets(along) if along is not None and laid else None,
            spacing=spacing_of,
            listed_on=self._listed_on(),
            entered_on=self.register.entered_on(held["station_id"]),
        )

    def _complete_as(self, layer: str, pack: Pack) -> set[str]:
        """Return where a layer is declared complete; types of stations in another pack's words.

        A type that no own one stands for is complete where all own ones are.
        """
        name, _, type_id = layer.partition(":")
        if name != layers.STATIONS or not type_id or pack.id == self.pack.id:
            return self.complete(layer)
        types = whole.types_as(own=self.pack, pack=pack)
        own = [t for t, other in types.items() if other == type_id] or list(types)
        said = [self.complete(f"{name}:{t}") for t in own]
        return {code for codes in said for code in codes if all(covers(c, code) for c in said)}

    def check(
        self,
        *,
        rules: Collection[str] = (),
        district: str | None = None,
        standard: Pack | None = None,
        inspections: pd.DataFrame | None = None,
        today: dt.date | None = None,
        lang: str = "zh",
    ) -> Check:
        """Hold the city to its standard, or to another one.

        Parameters
        ----------
        rules : collection of str
            Ids of rules or items, all without any.
        district : str, optional
            Only findings whose adcode begins so.
        standard, inspections, today
            See `facts`.
        lang : str
            Language of the sentences.

        Raises
        ------
        PackError
            The standard has no rule of one of the ids.
        """
        facts = self.facts(standard=standard, inspections=inspections, today=today)

        def work() -> Check:
            return whole.check(
                facts.pack,
                facts,
                rules=tuple(rules),
                district=district,
                exemptions=self.table("exemptions"),
                lang=lang,
            )

        if inspections is not None or standard is not None:
            return work()
        self._forget(lambda key: key[0] == "check" and key[3] != facts.today)
        return self._keep(("check", tuple(rules), district, facts.today, lang), work)

    def _any_crs(self) -> pyproj.CRS:
        """Return the streets' metric CRS, else one centred on whatever has a place."""
        if len(self.layer("ways")):
            return self.crs()
        placed = self.stations().geometry.dropna()
        bounds = self.extent() or (
            tuple(placed.total_bounds) if len(placed) else (105, 35, 105, 35)
        )
        west, south, east, north = bounds
        return local_crs([west, east], [south, north])

    def rule(self, rule: str | None) -> SpacingRule:
        """Return a spacing rule of the pack: by id, or its only one.

        Raises
        ------
        PackError
            The pack has none.
        """
        if rule is None and not self._ruled:
            raise PackError(
                "{pack} ({name}) asks for no distance between stations along streets, so there "
                "are no gaps; see what it asks with `stationmap check`",
                pack=self.pack.id,
                name=self.pack.name,
            )
        found: SpacingRule = self.pack.rule(rule)
        return found

    def streets(self, rule: str | None = None) -> Streets:
        """Return the streets along which a spacing rule holds."""
        return self._streets(self.rule(rule))

    def _streets(self, rule: SpacingRule) -> Streets:
        return self._keep(
            ("streets", rule.along, rule.frontage),
            lambda: build(
                self._ways(),
                self.layer("shops"),
                rule=rule,
                districts=self.layer("districts"),
                areas=self.layer("areas"),
                bus_stops=self.layer("bus_stops"),
                crs=self.crs(),
                complete=self._complete_shops(),
                adcode=self.config.adcode,
            ),
        )

    def prepared(self, rule: str | None = None) -> spacing.Prepared:
        """Return a rule's streets, ready to be checked again and again."""
        return self._prepared(self.rule(rule))

    def _prepared(self, rule: SpacingRule) -> spacing.Prepared:
        return self._keep(
            ("prepared", rule),
            lambda: spacing.prepare(
                self._streets(rule),
                spacing_m=rule.spacing_m,
                snap_m=rule.snap_m,
                sides=rule.sides,
            ),
        )

    def _effective(
        self, rule: SpacingRule, idle: frozenset[str], *, with_planned: bool
    ) -> spacing.Spacing:
        of_rule = ("effective", rule.id, with_planned)
        key = next((key for key in self._former if key[:3] == of_rule), None)
        if key is None:
            built = self.spacing(rule.id, with_planned=with_planned)
            return spacing.update(built, removed=sorted(idle)) if idle else built
        # only what changed, or serves otherwise than before, is looked at anew
        former, was = self._former.pop(key), key[3]
        changed = self._changed_stations() | (was ^ idle)
        frame = self.stations()
        some = frame[frame["station_id"].isin(changed - idle)]
        here = self._counting(some, rule, with_planned=with_planned)
        return spacing.update(former, moved=here, removed=changed.difference(here["station_id"]))

    def spacing(
        self, rule: str | None = None, *, with_planned: bool = False, effective: bool = False
    ) -> spacing.Spacing:
        """Return the spacing check of the stations that count.

        Parameters
        ----------
        rule : str, optional
            Id of a rule, the pack's only one unless given.
        with_planned : bool
            Planned stations count too.
        effective : bool
            Stations that do not serve today are left out; see `idle`.
        """
        chosen = self.rule(rule)
        if effective:
            idle = self.idle(self.today())
            return self._keep(
                ("effective", chosen.id, with_planned, idle),
                lambda: self._effective(chosen, idle, with_planned=with_planned),
            )
        key = ("spacing", chosen.id, with_planned)

        def work() -> spacing.Spacing:
            former, frame = self._former.pop(key, None), self.stations()
            if former is None:
                counting = self._counting(frame, chosen, with_planned=with_planned)
                return spacing.check(self.prepared(rule), counting)
            changed = self._changed_stations()
            some = frame[frame["station_id"].isin(changed)]
            here = self._counting(some, chosen, with_planned=with_planned)
            return spacing.update(
                former, moved=here, removed=changed.difference(here["station_id"])
            )

        return self._keep(key, work)

    def gaps(
        self, rule: str | None = None, *, with_planned: bool = False, effective: bool = False
    ) -> gpd.GeoDataFrame:
        """Return the gaps frame of a rule; see `spacing`."""
        chosen = self.rule(rule)
        found = self.spacing(rule, with_planned=with_planned, effective=effective)
        idle = self.idle(self.today()) if effective else None
        return self._keep(("gaps", chosen.id, with_planned, idle), lambda: found.gaps(chosen))

    def plan(self, asked: plans.PlanAsked) -> Plan:
        """Return where to add stations; the newest plans are kept, see `plans.plan`."""
        today = self.today()
        self._forget(lambda key: key[0] == "plan" and key[2] != today)
        former = [key for key in list(self._kept) if key[0] == "plan" and key[1] != asked]
        stale = set(former[: -(plans.KEPT - 1)])
        self._forget(stale.__contains__)
        return self._keep(("plan", asked, today), lambda: plans.plan(self, asked))

    def kept_plan(self, asked: plans.PlanAsked) -> Plan | None:
        """Return a plan that was worked out already; None where none is kept."""
        found: Plan | None = self._kept.get(("plan", asked, self.today()))
        return found

    def nearby(self) -> Nearby:
        """Return who answers what stations are near a place."""
        return self._keep(("nearby",), lambda: near_facts.nearby(self))

    def near_places(self) -> Places:
        """Return the stations that can be walked to, prepared."""
        return self._keep(("near_places",), lambda: near_facts.places(self, self._any_crs()))

    def near_paths(self, step_free: bool) -> Paths | None:  # noqa: FBT001 - what it is asked for
        """Return the ways to the stations, without steps or any; None without a network."""
        key = ("near_paths", step_free)
        return self._keep(
            key, lambda: near_facts.paths(self, step_free, self._former.pop(key, None))
        )

    def near_cards(self) -> Cards:
        """Return what is said of each station that is found."""
        return self._keep(("near_cards",), lambda: Cards(self))

    def missed_supplies(self) -> Mapping[str, tuple[str, ...]]:
        """Return station id → supplies that it lists and the last check did not find."""
        return self._keep(("missed",), lambda: missed_supplies.missed(self))

    def supplies_not_met(self) -> NotMet:
        """Return what the newest judgements say is not there; see `missed_supplies.not_met`."""

        def work() -> NotMet:
            former: NotMet | None = self._former.pop(("not_met",), None)
            if former is None:
                return missed_supplies.not_met(self)
            changed = self._changed_inspections() | self._changed_stations()
            fresh = missed_supplies.not_met(self, of=changed) if changed else {}
            return {own: some for own, some in former.items() if own not in changed} | {**fresh}

        return self._keep(("not_met",), work)

    def near_area(self) -> Any:
        """Return the city's own area in degrees, a little widened; None where nobody knows."""
        return self._keep(("near_area",), lambda: near_facts.area(self))

    def checked_on(self, today: dt.date) -> dict[str, dt.date]:
        """Return the day of the newest inspection of each station, as everybody may know it."""
        key = ("checked_on", today)

        def work() -> dict[str, dt.date]:
            self._forget(lambda other: other[0] == "checked_on" and other != key)
            zone, rows = self.config.time_zone, self.register.snapshot.frames["inspection"]
            former = self._former.pop(key, None)
            if former is None:
                return near_facts.checked_on(rows, zone=zone, today=today)
            changed = self._changed_inspections() | self._changed_stations()
            some = rows[rows["station_id"].isin(changed)]
            fresh = near_facts.checked_on(some, zone=zone, today=today)
            return {own: on for own, on in former.items() if own not in changed} | fresh

        return self._keep(key, work)

    def counting(
        self, rule: str | None = None, *, with_planned: bool = False, effective: bool = False
    ) -> gpd.GeoDataFrame:
        """Return station_id and geometry (local metric CRS) of what counts; see `spacing`."""
        found = self._counting(self.stations(), self.rule(rule), with_planned=with_planned)
        return found[~found["station_id"].isin(self.idle(self.today()))] if effective else found

    def _counting(
        self, frame: gpd.GeoDataFrame, rule: SpacingRule, *, with_planned: bool = False
    ) -> gpd.GeoDataFrame:
        counts = stations.counting(frame, types=rule.counts, with_planned=with_planned)
        return to_metric(frame.loc[counts, ["station_id", "geometry"]], self.crs())

    def export_layers(self, *, lang: str = "zh") -> dict[str, gpd.GeoDataFrame]:
        """Return the layers that outside programs get, in the columns of their contract.

        All of them, without rows where there is nothing. Streets are those of the classes that the
        spacing rule names; of all classes in a standard without one.
        """
        names = ("stations", "streets", "shops", "facilities", "districts", "gaps", "findings")
        return {name: self.export_layer(name, lang=lang) for name in names}

    def export_layer(self, name: str, *, lang: str = "zh") -> gpd.GeoDataFrame:
        """Return one of the layers of `export_layers`; the same frame as long as it holds."""
        if name == "stations":
            return self.stations()
        if name == "streets":
            return self._keep(("streets", "exported"), self._exported_streets)
        if name == "facilities":
            return self._keep(
                ("facilities", "exported"), lambda: layers.public(name, self.facilities())
            )
        if name == "gaps":
            return self.gaps() if self.has_spacing else layers.typed(layers.GAPS)
        if name == "findings":
            return self.check(lang=lang).findings
        return self.layer(name)

    def _exported_streets(self) -> gpd.GeoDataFrame:
        if not len(self.layer("ways")):
            return layers.typed(layers.STREETS)
        laid = self.streets() if self._ruled else self._streets(_ALL_STREETS)
        return to_wgs84(laid.parts)[[*layers.STREETS, "geometry"]]


def _unit_ids(name: pd.Series, units: pd.DataFrame) -> pd.Series:
    """Return the ids of the units that stations name, where only one unit has the name."""
    known = units.drop_duplicates("name", keep=False).dropna(subset=["name"])
    return name.map(dict(zip(known["name"], known["id"], strict=True))).astype("str")
