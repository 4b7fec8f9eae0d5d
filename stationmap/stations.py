"""The stations frame: its columns, statuses and supplies, and which stations count."""

import re
from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from stationmap.errors import CrsError, InputError
from stationmap.messages import N_

COLUMNS = (
    "station_id",
    "name",
    "type",
    "status",
    "unit_id",
    "unit",
    "supervising_unit",
    "address",
    "adcode",
    "parent_id",
    "hours",
    "hours_source",
    "supplies",
    "platform_id",
    "demonstration",
    "opened_on",
    "source",
    "source_row",
    "source_lon",
    "source_lat",
    "source_datum",
    "geometry",
)
_DTYPES = dict.fromkeys(COLUMNS[:-1], "str") | {
    "demonstration": "bool",
    "source_row": "Int64",
    "source_lon": "float64",
    "source_lat": "float64",
}

# id → label; the office's word is the label's Chinese line
STATUSES: Mapping[str, str] = MappingProxyType(
    {
        "active": N_("In operation"),
        "planned": N_("Planned"),
        "suspended": N_("Suspended"),
        "closed": N_("Withdrawn"),
    }
)
# the 五个一, in the order in which the office says them
SUPPLIES: Mapping[str, str] = MappingProxyType(
    {
        "umbrella": N_("Umbrella"),
        "charging": N_("Charging"),
        "kit": N_("Handy kit"),
        "first_aid": N_("First aid"),
        "water": N_("Drinking water"),
    }
)
# role of a type → roles of another standard that it may stand for, the nearest first
AS_ROLE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "head": ("head", "station", "point"),
        "station": ("station", "head", "point"),
        "point": ("point", "station"),
    }
)
_STATUS_WORDS = {
    "active": "正常运行 运行 运行中 正常 在用 已建 已建成 开放 启用 active open in_operation",
    "planned": "拟建 在建 待建 规划 筹建 planned proposed",
    "suspended": "暂停开放 暂停 停用 停开 暂停运行 暂停服务 suspended",
    "closed": "已撤销 撤销 关闭 已关闭 拆除 已拆除 withdrawn closed",
}
_STATUS_OF = {word: status for status, words in _STATUS_WORDS.items() for word in words.split()}
_SUPPLY_WORDS = {
    "umbrella": "雨伞 umbrella",
    "charging": "充电 charg",
    "kit": "百宝箱 toolbox kit",
    "first_aid": "急救 药箱 药品 first_aid medic",
    "water": "饮水 饮用水 water",
}
_TRUTH = dict.fromkeys(["true", "yes", "y", "是", "√", "1", "1.0"], True)
_TRUTH |= dict.fromkeys(["", *["false", "no", "n", "否", "×", "0", "0.0"]], False)


def empty() -> gpd.GeoDataFrame:
    """Return a stations frame without rows: every column, its dtype, EPSG:4326."""
    return conform(pd.DataFrame({"station_id": []}))


def conform(frame: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return a copy of `frame` as a stations frame: exactly `COLUMNS`, in order, with their dtypes.

    Text is trimmed and blank text is missing; ids and adcodes are text ("00123" stays, 330802.0
    is "330802"). A missing
    status is "active", a missing ``demonstration`` False, a missing geometry None (待定位).

    Parameters
    ----------
    frame : DataFrame or GeoDataFrame
        At least ``station_id``; geometry, if any, points in EPSG:4326. Other columns are left out.

    Raises
    ------
    InputError
        A station id is missing or stands twice, a status is not one of `STATUSES`, or a geometry
        is not one point within ±180°, ±90° (limits included).
    CrsError
        The geometry has no CRS, or another one than EPSG:4326.
    """
    frame = frame.reset_index(drop=True)
    columns = {
        name: _column(frame.get(name), dtype, index=frame.index) for name, dtype in _DTYPES.items()
    }
    columns["status"] = columns["status"].fillna("active")
    _require_ids(columns["station_id"])
    known = columns["status"].isin(list(STATUSES))
    if not known.all():
        row = int(np.flatnonzero(~known)[0])
        raise InputError(
            "station {station_id}: unknown status {status}; expected one of {expected}",
            station_id=columns["station_id"][row],
            status=columns["status"][row],
            expected=", ".join(STATUSES),
        )
    return gpd.GeoDataFrame(
        columns, geometry=_points(frame, columns["station_id"]), crs="EPSG:4326"
    )


def require_wgs84(frame: pd.DataFrame) -> None:
    """Raise CrsError unless the frame's geometry is declared to be in EPSG:4326."""
    crs = getattr(frame["geometry"], "crs", None)
    if crs is None:
        raise CrsError("the stations' geometry has no reference system; set the one it is in")
    if crs.to_epsg() != 4326:
        raise CrsError(
            "the stations' geometry is in {crs}; convert it to EPSG:4326 first", crs=crs.name
        )


def counting(
    frame: gpd.GeoDataFrame, *, types: Collection[str], with_planned: bool = False
) -> NDArray[np.bool_]:
    """Which stations count: active, of one of `types`, and with a place.

    Parameters
    ----------
    frame : GeoDataFrame
        A stations frame of n rows.
    types : collection of str
        Site type ids that count.
    with_planned : bool
        Let planned stations count too.

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    statuses = ["active", "planned"] if with_planned else ["active"]
    stands = frame["status"].isin(statuses) & frame["type"].isin(list(types))
    placed = ~(frame.geometry.isna() | frame.geometry.is_empty)
    counts: NDArray[np.bool_] = (stands & placed).to_numpy(dtype=bool)
    return counts


def read_statuses(text: Iterable[Any]) -> NDArray[np.object_]:
    """Status ids of an office's words (正常运行, 拟建, …); None where a word is not known."""
    return _array(_STATUS_OF.get(re.sub(r"\s+", "_", _text(t).lower())) for t in text)


def read_supplies(text: Iterable[Any]) -> NDArray[np.object_]:
    """Supplies columns of free text such as 雨伞、充电宝、饮水.

    Ids of `SUPPLIES` come first and in their order, then what maps to none of them as it was
    written, all joined by ";"; None where nothing is said.
    """
    return _array(_supplies(_text(t)) for t in text)


def _supplies(text: str) -> str | None:
    found: set[str] = set()
    others: list[str] = []
    for word in filter(None, re.split(r"[\s;；,，、/|+]+", text)):
        ids = {
            supply
            for supply, words in _SUPPLY_WORDS.items()
            if any(part in word.lower() for part in words.split())
        }
        found |= ids
        if not ids and word not in others:
            others.append(word)
    return ";".join([supply for supply in SUPPLIES if supply in found] + others) or None


def _text(value: Any) -> str:
    if value is None or value is pd.NA or value != value:
        return ""
    # a number column with a blank is one of floats: 330802.0 was written 330802
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value) if whole else value).strip()


def _array(values: Iterable[str | None]) -> NDArray[np.object_]:
    return np.array(list(values), dtype=object)


def _column(values: pd.Series | None, dtype: str, *, index: pd.Index) -> pd.Series:
    if values is None:
        fill = False if dtype == "bool" else None
        return pd.Series([fill] * len(index), index=index, dtype="object").astype(dtype)
    if dtype == "str":
        as_text = values.dtype == "str"
        text = values.str.strip() if as_text else values.astype("object").map(_text)
        return text.where(text != "", None).astype("str")
    if dtype == "bool" and values.dtype != "bool":
        return values.astype("object").map(_truth).astype("bool")
    return values.astype(dtype)


def _truth(value: Any) -> bool:
    word = _text(value).lower()
    if word not in _TRUTH:
        raise InputError(
            "demonstration is {value}; expected one of {expected}",
            value=value,
            expected="true, false, yes, no, 是, 否, 1, 0",
        )
    return _TRUTH[word]


def _require_ids(ids: pd.Series) -> None:
    if ids.isna().any():
        raise InputError(
            "row {row} of the stations has no station_id; give every station its own",
            row=int(np.flatnonzero(ids.isna())[0]),
        )
    if ids.duplicated().any():
        raise InputError(
            "station_id {station_id} stands twice; every station needs its own",
            station_id=ids[ids.duplicated()].iloc[0],
        )


def _points(frame: pd.DataFrame, ids: pd.Series) -> NDArray[np.object_]:
    if "geometry" not in frame:
        return np.full(len(frame), None, dtype=object)
    points: NDArray[np.object_] = np.asarray(frame["geometry"], dtype=object)
    present = ~shapely.is_missing(points)
    if present.any():
        require_wgs84(frame)
    x, y = np.full(len(frame), np.nan), np.full(len(frame), np.nan)
    single = (shapely.get_type_id(points) == shapely.GeometryType.POINT) & ~shapely.is_empty(points)
    x[single], y[single] = shapely.get_x(points[single]), shapely.get_y(points[single])
    usable = (np.abs(x) <= 180) & (np.abs(y) <= 90)
    if (present & ~usable).any():
        row = int(np.flatnonzero(present & ~usable)[0])
        raise InputError(
            "station {station_id}: its place {place} is not one point of longitude and latitude",
            station_id=ids[row],
            place=shapely.to_wkt(points[row]),
        )
    return points
