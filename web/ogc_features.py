"""Layers ready to be paged by other programs: prepared once a version, any page of it at once."""

import datetime as dt
from functools import lru_cache
from threading import RLock
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
from flask import current_app
from numpy.typing import NDArray

from stationmap.city import open_data
from stationmap.city.open_data import SOURCE_PLACE
from web.finding_words import shown
from web.keeping import once
from web.ogc_asks import Box, Moved, Span
from web.view import CityView

# column (or columns) that tell one feature of a layer from the others
KEYS = {
    "stations": ("station_id",),
    "gaps": ("gap_id",),
    "streets": ("street_id", "part"),
    "facilities": ("id",),
    "districts": ("adcode",),
    "findings": ("finding_id",),
}
OPENED = "opened_on"  # the day from which a feature is there
CHOICES = 8  # how many choices of rows are kept of a layer


class Features:
    """One layer: its properties as columns, its places, and which rows a choice takes.

    Parameters
    ----------
    name : str
        One of `stationmap.city.open_data.LAYERS`.
    frame : GeoDataFrame
        In EPSG:4326; kept, not copied.
    decimals : int
        Decimals of a degree that are published.
    zone : ZoneInfo
        In which days begin.
    """

    def __init__(
        self, name: str, frame: gpd.GeoDataFrame, *, decimals: int, zone: ZoneInfo
    ) -> None:
        self.name = name
        self.frame = frame
        self.lock = RLock()
        self._decimals, self.zone = decimals, zone
        self._shapes = frame.geometry.to_numpy()
        plain = pd.DataFrame(open_data.told(frame).drop(columns=frame.geometry.name))
        plain = plain.reset_index(drop=True)
        for column, values in plain.select_dtypes("float").items():
            held = values.where(np.isfinite(values))
            plain[column] = held.round(decimals) if column in SOURCE_PLACE else held
        self._table = pa.Table.from_pandas(plain, preserve_index=False)
        self._ids = pa.array(_ids(plain, KEYS[name]), type=pa.string())
        self._chosen = lru_cache(maxsize=CHOICES)(self._choose)

    def __len__(self) -> int:
        return len(self._shapes)

    @once
    def _rows(self) -> dict[str, int]:
        return {own: row for row, own in enumerate(self._ids.to_pylist())}

    def row(self, feature_id: str) -> int | None:
        """Return where a feature stands; None where there is none of that id."""
        return self._rows.get(feature_id)

    @once
    def bounds(self) -> list[float] | None:
        """West, south, east, north of all places as published; None without any."""
        if not self._placed.any():
            return None
        found = shapely.total_bounds(self._shapes)
        step = 10.0**-self._decimals
        out = [np.floor(v / step) for v in found[:2]] + [np.ceil(v / step) for v in found[2:]]
        return [round(float(v) * step, self._decimals) for v in out]

    @once
    def opened(self) -> NDArray[np.datetime64] | None:
        """The day from which each feature is there, NaT where unknown; None without such days."""
        if OPENED not in self.frame:
            return None
        days = pd.to_datetime(self.frame[OPENED], format="%Y-%m-%d", errors="coerce")
        return np.asarray(days, dtype="datetime64[D]") if days.notna().any() else None

    def choose(self, box: Box | None, span: Span | None) -> NDArray[np.intp] | None:
        """Return the rows that a box and a span of time take, in order; None for all of them.

        What has no place is in every box, what has no known day in every span of time.
        """
        if box is None and (span is None or self.opened is None):
            return None
        return self._chosen(box, span)

    def _choose(self, box: Box | None, span: Span | None) -> NDArray[np.intp]:
        keep = np.ones(len(self), dtype=bool)
        if box is not None:
            keep &= ~self._placed
            keep[self._in(box)] = True
        if span is not None and span.end is not None and self.opened is not None:
            last = np.datetime64(span.end.astimezone(self.zone).date(), "D")
            keep &= np.isnat(self.opened) | (self.opened <= last)
        return np.flatnonzero(keep)

    @once
    def _placed(self) -> NDArray[np.bool_]:
        empty: NDArray[np.bool_]
        empty = shapely.is_missing(self._shapes) | shapely.is_empty(self._shapes)
        return ~empty

    @once
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree(self._shapes)

    def _in(self, box: Box) -> NDArray[np.intp]:
        rows: NDArray[np.intp]
        rows = np.unique(self._tree.query(box.boxes, predicate="intersects")[1])
        if box.exact is None:
            return rows
        moved, shape = box.exact
        touching: NDArray[np.bool_] = shapely.intersects(moved.shapes(self._shapes[rows]), shape)
        return rows[touching]

    def texts(
        self, rows: NDArray[np.intp] | slice, *, moved: Moved | None, datum: str
    ) -> list[str]:
        """Return the text of a GeoJSON feature for each of some rows, without its last bracket.

        Parameters
        ----------
        rows : array of int, or slice
        moved : Moved or None
            Into which reference system; longitude and latitude of `datum` where None.
        datum : str
            One of `stationmap.crs.DATUMS`.
        """
        shapes = open_data.published_shapes(
            self._shapes[rows], datum=datum, decimals=self._decimals
        )
        places = shapely.to_geojson(shapes if moved is None else moved.shapes(shapes))
        if isinstance(rows, slice):
            length = rows.stop - rows.start
            table, ids = self._table.slice(rows.start, length), self._ids.slice(rows.start, length)
        else:
            table, ids = self._table.take(rows), self._ids.take(pa.array(rows))
        names = table.column_names
        columns = [column.to_pylist() for column in table.columns]
        return [
            f'{{"type":"Feature","id":{open_data.json_text(own)},"geometry":{place or "null"},'
            f'"properties":{open_data.json_text(dict(zip(names, row, strict=True)))}'
            for own, place, *row in zip(ids.to_pylist(), places, *columns, strict=True)
        ]


def features(now: CityView, name: str, *, lang: str) -> Features:
    """Return a layer of the version in force, ready to be paged.

    Findings of new data that are not worked out yet are those of the data before.
    """
    if name == "findings":
        found, _ = shown(now, lang)
        frame = found.frame(lang)
    else:
        frame = now.answers.export_layer(name, lang=lang)
    kept: dict[tuple[str, str], Features] = current_app.extensions.setdefault("open_features", {})
    key = (name, lang if name == "findings" else "")
    one = kept.get(key)
    config = now.answers.config
    if one is None or one.frame is not frame:
        one = kept[key] = Features(
            name,
            frame,
            decimals=config.published.decimals,
            zone=ZoneInfo(config.time_zone),
        )
    return one


def first_day(found: Features) -> dt.date | None:
    """Return the first day that any feature of a layer is known to be there from."""
    return None if found.opened is None else np.nanmin(found.opened).astype(dt.date)


def _ids(plain: pd.DataFrame, key: tuple[str, ...]) -> list[str]:
    """Make a text for each row that no other has: its key, numbered where that repeats."""
    parts = [plain[name].astype(object).where(plain[name].notna(), "-").astype(str) for name in key]
    counts: dict[str, int] = {}
    used: set[str] = set()
    found = []
    for text in map("-".join, zip(*parts, strict=True)):
        own = text
        while own in used:
            counts[text] = counts.get(text, 1) + 1
            own = f"{text}~{counts[text]}"
        used.add(own)
        found.append(own)
    return found
