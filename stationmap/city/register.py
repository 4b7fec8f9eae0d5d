"""The register as layers: frames of its present state, and the changes that frames ask for."""

import datetime as dt
import hashlib
from collections.abc import Collection, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from stationmap import stations
from stationmap.city import layers
from stationmap.city.config import Config
from stationmap.city.versions import SourceRecord
from stationmap.store import Register, Snapshot

FILE = "register.sqlite"
# layer -> entity of the register
ENTITY: Mapping[str, str] = MappingProxyType(
    {
        layers.STATIONS: "station",
        "units": "unit",
        "projects": "project",
        "activities": "activity",
        "counts": "count",
        "exemptions": "exemption",
    }
)
SOURCES = "import_source"
PLANNED = "scenario:"
"""What the source of a station begins with that was planned from a scenario; its id follows."""


class Held:
    """What a register holds at one sequence number, as layers; frames are shared."""

    def __init__(self, snapshot: Snapshot, register: Register) -> None:
        self.snapshot = snapshot
        self._register = register

    @property
    def seq(self) -> int:
        """Number of the last event."""
        return self.snapshot.seq

    def layer(self, name: str) -> Any:
        """Return a layer with the columns of its contract.

        Returns
        -------
        GeoDataFrame
            The stations frame in EPSG:4326; or a DataFrame for one of `layers.TABLES`.
        """
        frame = self.snapshot.frames[ENTITY[name]]
        if name == layers.STATIONS:
            return _stations(frame)
        return pd.DataFrame(layers.conform(name, frame)[list(layers.TABLES[name])])

    def stations_of(self, chosen: Collection[str]) -> gpd.GeoDataFrame:
        """Return the stations of some ids; one that is not there is left out."""
        frame = self.snapshot.frames["station"]
        return _stations(frame[frame["id"].isin(chosen)])

    def entered_on(self, chosen: Collection[str]) -> dict[str, dt.date]:
        """Return the day on which each of some stations that no list brought was last written."""
        frame = self.snapshot.frames["station"]
        unlisted = frame["source"].fillna(PLANNED).astype("str").str.startswith(PLANNED)
        by_hand = frame[unlisted.to_numpy(dtype=bool) & frame["id"].isin(chosen)]
        written = self._register.written_at(by_hand["version"].tolist())
        pairs = zip(by_hand["id"], by_hand["version"], strict=True)
        return {own: written[seq] for own, seq in pairs if seq in written}

    def sources(self) -> list[SourceRecord]:
        """Return what every import brought, in the order of their first imports."""
        records = self.snapshot.frames[SOURCES]["record"]
        return [SourceRecord.model_validate(record) for record in records]


def _stations(frame: pd.DataFrame) -> gpd.GeoDataFrame:
    return stations.conform(placed(frame).rename(columns={"id": "station_id"}))


def placed(frame: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return rows of the register with points in the place of pairs of coordinates."""
    pairs = frame["geometry"].to_numpy()
    there = np.array([pair is not None for pair in pairs], dtype=bool)
    points = np.full(len(frame), None, dtype=object)
    if there.any():
        points[there] = shapely.points(np.array(pairs[there].tolist(), dtype=float))
    return gpd.GeoDataFrame(frame.drop(columns="geometry"), geometry=points, crs=layers.WGS84)


def open_register(city: Path, config: Config) -> Register:
    """Open the register of the city in a folder, where its settings say it is."""
    return Register.open(config.database.url or city / FILE)


def ids(layer: str, frame: pd.DataFrame) -> list[str]:
    """Return the ids that rows of a layer have in the register, of any source."""
    if layer == layers.STATIONS:
        return list(frame["station_id"])
    if layer != "counts":
        return list(frame["id"])
    names = ("source", "subject", "subject_kind", "name", "period", "count")
    rows = zip(*(frame[name].tolist() for name in names), strict=True)
    return [
        hashlib.sha256("\x1f".join("" if v != v or v is None else str(v) for v in row).encode())
        .hexdigest()[:16]
        for row in rows
    ]  # fmt: skip


def source_id(record: SourceRecord) -> str:
    """Return the id of the record of a source."""
    return f"{record.kind}:{record.source}"
