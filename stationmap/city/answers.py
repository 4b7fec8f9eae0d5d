"""What follows from one version of a city's data: layers read and results worked out, each once."""

from collections.abc import Callable
from pathlib import Path
from threading import RLock
from typing import Any, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from stationmap import stations
from stationmap.checks import spacing
from stationmap.city import layers
from stationmap.city.config import Config
from stationmap.city.versions import SourceRecord, Version
from stationmap.crs import local_crs, to_metric, to_wgs84
from stationmap.errors import CityError
from stationmap.standards import Pack, SpacingRule
from stationmap.streets import Streets, build

_T = TypeVar("_T")


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
        register: Version | None,
    ) -> None:
        self.path = path
        self.version = version
        self.config = config
        self.pack = pack
        self.atlas = atlas
        self.register = register
        self._kept: dict[tuple[Any, ...], Any] = {}
        self._lock = RLock()

    def sources(self) -> list[SourceRecord]:
        """Return what every import brought: records of the atlas, then of the register."""
        return [r for v in (self.atlas, self.register) if v for r in v.manifest.sources]

    def complete(self, layer: str) -> set[str]:
        """Districts whose data in a layer are declared complete, by imports or by ``city.toml``."""
        declared = {d for record in self.sources() for d in record.complete.get(layer, [])}
        return declared.union(*(ids for key, ids in self.config.complete.items() if key == layer))

    def layer(self, name: str) -> gpd.GeoDataFrame:
        """Return a layer of the atlas with its public columns."""
        return self._keep(
            ("layer", name), lambda: layers.public(name, layers.read(self.atlas, name))
        )

    def stations(self) -> gpd.GeoDataFrame:
        """Return the stations frame, each station in the district where it lies."""
        return self._keep(
            ("stations",),
            lambda: _with_adcode(
                layers.read(self.register, layers.STATIONS),
                districts=self.layer("districts"),
                city=self.config.adcode,
            ),
        )

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

    def rule(self, rule: str | None) -> SpacingRule:
        """Return a spacing rule of the pack: by id, or its only one."""
        found: SpacingRule = self.pack.rule(rule)
        return found

    def streets(self, rule: str | None = None) -> Streets:
        """Return the streets along which a spacing rule holds."""
        chosen = self.rule(rule)
        return self._keep(
            ("streets", chosen.id),
            lambda: build(
                self._ways(),
                self.layer("shops"),
                rule=chosen,
                districts=self.layer("districts"),
                areas=self.layer("areas"),
                bus_stops=self.layer("bus_stops"),
                crs=self.crs(),
                complete=self.complete("shops"),
                adcode=self.config.adcode,
            ),
        )

    def prepared(self, rule: str | None = None) -> spacing.Prepared:
        """Return a rule's streets, ready to be checked again and again."""
        chosen = self.rule(rule)
        return self._keep(
            ("prepared", chosen.id),
            lambda: spacing.prepare(
                self.streets(rule),
                spacing_m=chosen.spacing_m,
                snap_m=chosen.snap_m,
                sides=chosen.sides,
            ),
        )

    def spacing(self, rule: str | None = None, *, with_planned: bool = False) -> spacing.Spacing:
        """Return the spacing check of the stations that count."""
        chosen = self.rule(rule)
        return self._keep(
            ("spacing", chosen.id, with_planned),
            lambda: spacing.check(
                self.prepared(rule), self.counting(rule, with_planned=with_planned)
            ),
        )

    def gaps(self, rule: str | None = None, *, with_planned: bool = False) -> gpd.GeoDataFrame:
        """Return the gaps frame of a rule."""
        chosen = self.rule(rule)
        return self._keep(
            ("gaps", chosen.id, with_planned),
            lambda: self.spacing(rule, with_planned=with_planned).gaps(chosen),
        )

    def counting(self, rule: str | None = None, *, with_planned: bool = False) -> gpd.GeoDataFrame:
        """Return station_id and geometry of the stations that count, in the local metric CRS."""
        frame, types = self.stations(), self.rule(rule).counts
        counts = stations.counting(frame, types=types, with_planned=with_planned)
        return to_metric(frame.loc[counts, ["station_id", "geometry"]], self.crs())

    def export_layers(self) -> dict[str, gpd.GeoDataFrame]:
        """Return the layers that outside programs get, in the columns of their contract.

        All of them, without rows where there is nothing; findings are so until rules other than
        spacing are checked.
        """
        streets, gaps = layers.typed(layers.STREETS), layers.typed(layers.GAPS)
        if len(self.layer("ways")):
            streets = to_wgs84(self.streets().parts)[[*layers.STREETS, "geometry"]]
            gaps = self.gaps()
        return {
            "stations": self.stations(),
            "streets": streets,
            **{name: self.layer(name) for name in ("shops", "facilities", "districts")},
            "gaps": gaps,
            "findings": layers.typed(layers.FINDINGS),
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
        with self._lock:
            if key not in self._kept:
                self._kept[key] = make()
            found: _T = self._kept[key]
            return found


def _with_adcode(
    frame: gpd.GeoDataFrame, *, districts: gpd.GeoDataFrame, city: str
) -> gpd.GeoDataFrame:
    """Where a station lies decides; what lies in no district keeps what its list says.

    Without districts the city is one; a city without a code leaves it unknown.
    """
    if districts.empty:
        return frame.assign(adcode=frame["adcode"].fillna(city or None).astype("str"))
    points = frame.loc[frame.geometry.notna(), ["geometry"]]
    inside = points.sjoin(districts[["adcode", "geometry"]], predicate="intersects")
    # of nested districts the smallest
    size = pd.Series(shapely.area(districts.geometry.to_numpy()), index=districts.index)
    inside = inside.assign(size=size.loc[inside["index_right"]].to_numpy()).sort_values("size")
    found = inside[~inside.index.duplicated()]["adcode"]
    return frame.assign(adcode=found.reindex(frame.index).fillna(frame["adcode"]).astype("str"))
