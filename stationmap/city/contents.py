"""What one version of a city holds: its layers, its stations, what inspectors judged of them."""

import datetime as dt
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import RLock
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj

from stationmap import facilities
from stationmap.checks import whole
from stationmap.checks.facts import EVERYWHERE
from stationmap.city import inspected, layers
from stationmap.city.config import Config
from stationmap.city.districts import with_adcode
from stationmap.city.register import ENTITY, SOURCES, Held
from stationmap.city.versions import SourceRecord, Version
from stationmap.city.zones import with_districts
from stationmap.crs import local_crs
from stationmap.errors import CityError
from stationmap.hours import Calendar
from stationmap.hours import calendar as holidays
from stationmap.standards import Pack
from stationmap.walking import Network

_T = TypeVar("_T")
_MISSING: Any = object()
# what is kept under these names is brought up to the next version, where little has changed
_GO_ON = frozenset(
    {"stations", "spacing", "idle", "effective", "near_paths", "checked_on", "not_met"}
)
# what is kept under these names follows from the atlas, the settings and the standard alone
_OF_THE_GROUND = frozenset(
    {"layer", "facilities", "zones", "demand", "streets", "prepared", "walking", "near_area"}
)


class Contents:
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
        before: "Contents | None" = None,
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

    def same_ground(self, other: "Contents") -> bool:
        """Whether both stand on the same atlas, settings and standard, whatever their registers."""
        names = [v.atlas.name if v.atlas else None for v in (self, other)]
        return names[0] == names[1] and (self.config, self.pack) == (other.config, other.pack)

    def _take_over(self, before: "Contents") -> None:
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
            self._former = {k: v for k, v in kept.items() if k[0] in _GO_ON}
        if changed is not None and "station" not in changed:
            # a visit changes no station, and seldom which ones serve
            idle = (None, *(value for key, value in kept.items() if key[0] == "idle"))
            self._kept |= {
                key: value
                for key, value in kept.items()
                if key[0] in ("stations", "spacing", "near_places", "near_paths", "near_cards")
                or (key[0] in ("effective", "gaps") and key[3] in idle)
            }

    def same_stations(self, other: "Contents") -> bool:
        """Whether both stand on the same ground with the same stations, as far as is known."""
        frame = self._kept.get(("stations",))
        same = frame is not None and frame is other._kept.get(("stations",))
        return same and self.same_ground(other)

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
        return self._keep(
            ("facilities",), lambda: self._facilities_with_hours().drop(columns="hours")
        )

    def hosts(self) -> Mapping[str, gpd.GeoDataFrame]:
        """Return the shops and the facilities, as `layer` and `facilities` do, with their hours.

        A column ``hours`` more: the words of the source, missing where it tells none.
        """
        shops = layers.read(self.atlas, "shops")
        return {"shop": shops, "facility": self._facilities_with_hours()}

    def _facilities_with_hours(self) -> gpd.GeoDataFrame:
        return self._keep(("facilities", "hours"), self._facilities)

    def _facilities(self) -> gpd.GeoDataFrame:
        stored = layers.read(self.atlas, "facilities")
        frame = layers.public("facilities", stored).assign(hours=stored["hours"])
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

    def demand(self) -> gpd.GeoDataFrame:
        """Return how many people live where: `layers.ATLAS`, each row in the county of its place.

        An id that two sources use carries the source's name.
        """
        return self._keep(("demand",), self._demand)

    def _demand(self) -> gpd.GeoDataFrame:
        frame = self.layer("demand")
        twice = frame["id"].duplicated(keep=False)
        own = frame["id"].mask(twice, frame["source"] + "-" + frame["id"])
        return self._located(frame.assign(id=own))

    def walking(self) -> Network:
        """Return what people walk on; without edges where the city has no streets."""
        return self._keep(("walking",), lambda: Network.from_ways(self.layer("ways")))

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

    def today(self) -> dt.date:
        """Return the present day in the city's time zone."""
        return dt.datetime.now(ZoneInfo(self.config.time_zone)).date()

    def calendar(self) -> Calendar:
        """Return the public holidays: the shipped ones, and the city's own ``holidays.toml``.

        Where that file cannot be read, the shipped ones alone: see `calendar_fault`.
        """
        return self._calendar()[0]

    def calendar_fault(self) -> CityError | None:
        """Return what is wrong with the city's own ``holidays.toml``; None where nothing is."""
        return self._calendar()[1]

    def _calendar(self) -> tuple[Calendar, CityError | None]:
        path = self.path / holidays.FILE
        try:
            changed = path.stat().st_mtime_ns
        except OSError:
            return Calendar.shipped(), None
        self._forget(lambda key: key[0] == "calendar" and key[1] != changed)
        return self._keep(("calendar", changed), lambda: _own_calendar(path))

    def _forget(self, stale: Callable[[tuple[Any, ...]], bool]) -> None:
        """Drop what was kept for a day that is over."""
        with self._lock:
            for key in [key for key in list(self._kept) if stale(key)]:
                self._kept.pop(key, None)

    def newest(self, kind: str, asked: tuple[Any, ...], make: Callable[[], _T], *, most: int) -> _T:
        """Return the answer to a question; it goes with this version.

        Parameters
        ----------
        kind : str
            Of questions.
        asked : tuple
        make : callable
            Works the answer out, once for all who ask at the same time.
        most : int
            So many answers of the kind are kept, those made last.
        """
        others = [key for key in list(self._kept) if key[0] == kind and key[1:] != asked]
        stale = set(others[: len(others) - (most - 1)] if len(others) >= most else ())
        self._forget(stale.__contains__)
        return self._keep((kind, *asked), make)

    def is_kept(self, kind: str, asked: tuple[Any, ...]) -> bool:
        """Whether `newest` answers at once."""
        return (kind, *asked) in self._kept

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


def _own_calendar(path: Path) -> tuple[Calendar, CityError | None]:
    try:
        return Calendar.with_file(path), None
    except CityError as error:
        # a slip in a side file is no reason to turn residents away
        return Calendar.shipped(), error
