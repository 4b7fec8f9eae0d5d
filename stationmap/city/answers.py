"""What follows from one version of a city's data: layers read and results worked out, each once."""

import datetime as dt
from collections.abc import Callable, Collection
from pathlib import Path
from threading import RLock
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj

from stationmap import facilities, stations
from stationmap.checks import spacing, whole
from stationmap.checks.facts import EVERYWHERE, Facts
from stationmap.checks.whole import Check
from stationmap.city import inspected, layers
from stationmap.city.config import Config
from stationmap.city.districts import covers, with_adcode
from stationmap.city.register import ENTITY, SOURCES, Held
from stationmap.city.versions import SourceRecord, Version
from stationmap.city.zones import with_districts
from stationmap.crs import local_crs, to_metric, to_wgs84
from stationmap.errors import CityError, PackError
from stationmap.standards import Pack, SpacingRule
from stationmap.streets import Streets, build

_T = TypeVar("_T")
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
_MISSING: Any = object()
# what is kept under these names follows from the atlas, the settings and the standard alone
_OF_THE_GROUND = frozenset({"layer", "facilities", "zones", "streets", "prepared"})


class Answers:
    """One version of a city; nothing in it changes, whatever is imported meanwhile.

    Layers are read when first asked for. A version is kept on disk beside newer ones only for a
    while (`stationmap.city.versions.KEPT`); what was not read until then raises CityError. Frames
    are in EPSG:4326, kept and shared: copy before you change one.
    """

    def __init__(
        self,
        path: Path,
        *,
        version: str,
        config: Config,
        pack: Pack,
        atlas: Version | None,
        register: Held,
        before: "Answers | None" = None,
    ) -> None:
        self.path = path
        self.version = version
        self.config = config
        self.pack = pack
        self.atlas = atlas
        self.register = register
        self._kept: dict[tuple[Any, ...], Any] = {}
        self._making: dict[tuple[Any, ...], Any] = {}
        self._lock = RLock()
        self._former: dict[tuple[Any, ...], Any] = {}
        if before is not None:
            self._take_over(before)

    def same_ground(self, other: "Answers") -> bool:
        """Whether both stand on the same atlas, settings and standard, whatever their registers."""
        names = [v.atlas.name if v.atlas else None for v in (self, other)]
        return names[0] == names[1] and (self.config, self.pack) == (other.config, other.pack)

    def _take_over(self, before: "Answers") -> None:
        """Keep what was worked out for the version before and holds for this one too."""
        if not self.same_ground(before):
            return
        changed = self.register.snapshot.changed
        if before.register.snapshot is self.register.snapshot:
            changed = {}
        with before._lock:
            kept = dict(before._kept)
        for key, value in kept.items():
            table = ENTITY.get(str(key[1])) if key[0] == "table" else None
            if key[0] in _OF_THE_GROUND or (
                table is not None and changed is not None and table not in changed
            ):
                self._kept[key] = value
        if changed is not None:
            former = ("stations", "spacing", "idle", "effective")
            self._former = {k: v for k, v in kept.items() if k[0] in former}

    def sources(self) -> list[SourceRecord]:
        """Return what every import brought: records of the atlas, then of the register."""
        atlas = self.atlas.manifest.sources if self.atlas else []
        return [*atlas, *self.register.sources()]

    def complete(self, layer: str) -> set[str]:
        """Districts whose data in a layer are declared complete, by imports or by ``city.toml``."""
        declared = {d for record in self.sources() for d in record.complete.get(layer, [])}
        return declared.union(*(ids for key, ids in self.config.complete.items() if key == layer))

    def _complete_shops(self) -> set[str]:
        """Return where shops are complete; the code of the city stands for all of it."""
        found = self.complete("shops")
        return {EVERYWHERE} if self.config.adcode in found else found

    def layer(self, name: str) -> gpd.GeoDataFrame:
        """Return a layer of the atlas with its public columns."""
        return self._keep(
            ("layer", name), lambda: layers.public(name, layers.read(self.atlas, name))
        )

    def stations(self) -> gpd.GeoDataFrame:
        """Return the stations frame, each station in the district where it lies."""
        return self._keep(("stations",), self._stations)

    def _stations(self) -> gpd.GeoDataFrame:
        former = self._former.pop(("stations",), None)
        if former is None:
            return self._located(self.register.layer(layers.STATIONS))
        changed = self._changed_stations()
        if not changed:
            return former
        fresh = self._located(self.register.stations_of(changed))
        frame = pd.concat([former[~former["station_id"].isin(changed)], fresh])
        order = self.register.snapshot.frames["station"]["id"]
        return frame.set_index("station_id", drop=False).loc[order].reset_index(drop=True)

    def _changed_stations(self) -> frozenset[str]:
        """Ids of the stations that differ from those of the version that came before."""
        return (self.register.snapshot.changed or {}).get("station", frozenset())

    def facilities(self) -> gpd.GeoDataFrame:
        """Return the facilities, each once whatever sources have it, with the adcode of its place.

        Columns id, name, category, source, adcode, geometry; an id that two sources use carries
        the source's name.
        """
        return self._keep(("facilities",), self._facilities)

    def _facilities(self) -> gpd.GeoDataFrame:
        frame = self.layer("facilities")
        frame = frame[frame["category"].notna()].reset_index(drop=True)
        if frame.empty:
            return frame.assign(adcode=pd.Series(dtype="str"))
        west, south, east, north = frame.total_bounds
        frame = facilities.merge(frame, crs=local_crs([west, east], [south, north]))
        twice = frame["id"].duplicated(keep=False)
        frame["id"] = frame["id"].mask(twice, frame["source"] + "-" + frame["id"])
        return self._located(frame.assign(adcode=None))

    def zones(self) -> gpd.GeoDataFrame:
        """Return communities, sub-districts, compounds, civilised units and the built-up area.

        Communities and sub-districts among the districts are taken for zones too.
        Columns id, kind, name, urban, adcode, source, geometry (None where it is only listed).
        """
        return self._keep(
            ("zones",),
            lambda: self._located(
                with_districts(
                    layers.read(self.atlas, "zones"), layers.read(self.atlas, "districts")
                )
            ),
        )

    def table(self, name: str) -> pd.DataFrame:
        """Return a table of the register: units, projects, activities, counts, exemptions."""
        return self._keep(("table", name), lambda: self.register.layer(name))

    def inspections(self) -> pd.DataFrame | None:
        """Return the newest judgement of each line at each station; None before the first."""
        zone = self.config.time_zone
        return self._keep(
            ("inspections",),
            lambda: (
                inspected.judged(self.register, zone=zone)
                if inspected.are_there(self.register)
                else None
            ),
        )

    def idle(self, today: dt.date) -> frozenset[str]:
        """Return the active stations that do not serve; none while nobody has inspected any."""
        self._forget(lambda key: key[0] == "idle" and key[1] != today)
        found: frozenset[str] | None = self._keep(("idle", today), lambda: self._idle(today))
        return frozenset() if found is None else found

    def _idle(self, today: dt.date) -> frozenset[str] | None:
        # None is kept before the first inspection: with it also the facts of others are judged
        former = self._former.pop(("idle", today), None)
        if not inspected.are_there(self.register):
            return None
        frame, rest, changed = self.stations(), frozenset[str](), None
        active = frame[frame["status"] == "active"]
        if former is not None and SOURCES not in (self.register.snapshot.changed or {}):
            changed = self._changed_stations() | self._changed_inspections()
            rest, active = former - changed, active[active["station_id"].isin(changed)]
        return rest | inspected.idle(
            active,
            inspected.judged(self.register, zone=self.config.time_zone, of=changed),
            pack=self.pack,
            listed_on=self._listed_on(),
            entered_on=self.register.entered_on(active["station_id"]),
            today=today,
        )

    def _changed_inspections(self) -> frozenset[str]:
        """Ids of the stations of which there are other inspections than before."""
        changed = (self.register.snapshot.changed or {}).get("inspection", frozenset())
        rows = self.register.snapshot.frames["inspection"]
        return frozenset(rows.loc[rows["id"].isin(changed), "station_id"])

    def listed_on(self, of: pd.DataFrame) -> pd.Series:
        """Return the day from which the facts of some stations are, as their lists tell."""
        entered_on = self.register.entered_on(of["station_id"])
        return whole.listed(of, listed_on=self._listed_on(), entered_on=entered_on)

    def _listed_on(self) -> dict[str, dt.date]:
        return {
            record.source: dt.datetime.fromisoformat(record.imported_at).date()
            for record in self.sources()
            if record.kind == layers.STATIONS
        }

    def _located(self, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        return with_adcode(frame, districts=self.layer("districts"), city=self.config.adcode)

    def extent(self) -> tuple[float, float, float, float] | None:
        """West, south, east, north in degrees of what the atlas holds; None where it is empty."""
        frames = (self.layer(name) for name in ("ways", "districts", "facilities", "shops"))
        bounds = [frame.total_bounds for frame in frames if len(frame)]
        if not bounds:
            return None
        west, south, _, _ = np.min(bounds, axis=0)
        _, _, east, north = np.max(bounds, axis=0)
        return float(west), float(south), float(east), float(north)

    def crs(self) -> pyproj.CRS:
        """Return the local metric CRS, centred on the city's streets."""
        west, south, east, north = self._ways().total_bounds
        return local_crs([west, east], [south, north])

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

    def _forget(self, stale: Callable[[tuple[Any, ...]], bool]) -> None:
        """Drop what was kept for a day that is over."""
        with self._lock:
            for key in [key for key in list(self._kept) if stale(key)]:
                self._kept.pop(key, None)

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

    def today(self) -> dt.date:
        """Return the present day in the city's time zone."""
        return dt.datetime.now(ZoneInfo(self.config.time_zone)).date()

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
        counting = self.counting(rule.id, with_planned=with_planned)
        here = counting[counting["station_id"].isin(changed - idle)]
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
            counting = self.counting(rule, with_planned=with_planned)
            former = self._former.pop(key, None)
            if former is None:
                return spacing.check(self.prepared(rule), counting)
            changed = self._changed_stations()
            here = counting[counting["station_id"].isin(changed)]
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
        streets, gaps = layers.typed(layers.STREETS), layers.typed(layers.GAPS)
        if len(self.layer("ways")):
            laid = self.streets() if self._ruled else self._streets(_ALL_STREETS)
            streets = to_wgs84(laid.parts)[[*layers.STREETS, "geometry"]]
        if self.has_spacing:
            gaps = self.gaps()
        return {
            "stations": self.stations(),
            "streets": streets,
            "shops": self.layer("shops"),
            "facilities": layers.public("facilities", self.facilities()),
            "districts": self.layer("districts"),
            "gaps": gaps,
            "findings": self.check(lang=lang).findings,
        }

    def _ways(self) -> gpd.GeoDataFrame:
        ways = self.layer("ways")
        if ways.empty:
            raise CityError(
                "{city} has no streets yet; import some first with "
                "`stationmap import osm FILE --city {city}` or `import streets`",
                city=str(self.path),
            )
        return ways

    def _keep(self, key: tuple[Any, ...], make: Callable[[], _T]) -> _T:
        found: _T
        if (found := self._kept.get(key, _MISSING)) is not _MISSING:
            return found
        # a lock for each: while the whole city is checked, the map goes on
        with self._lock:
            making = self._making.setdefault(key, RLock())
        with making:
            if (found := self._kept.get(key, _MISSING)) is _MISSING:
                found = self._kept[key] = make()
            return found


def _unit_ids(name: pd.Series, units: pd.DataFrame) -> pd.Series:
    """Return the ids of the units that stations name, where only one unit has the name."""
    known = units.drop_duplicates("name", keep=False).dropna(subset=["name"])
    return name.map(dict(zip(known["name"], known["id"], strict=True))).astype("str")
