"""The layers of an atlas and of a register: their columns, and what an import changes in them."""

import hashlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from stationmap import stations
from stationmap.city.versions import Version
from stationmap.messages import N_
from stationmap.planning.demand import GROUPS

WGS84 = "EPSG:4326"
TEXT = "str"
TRUTH = "object"  # True, False or None
DATE = "datetime64[us]"

# every layer is stored with the name of its source beside these columns
ATLAS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "ways": {
            "way_id": "int64",
            "name": TEXT,
            "name_en": TEXT,
            "name_alt": TEXT,
            "highway": TEXT,
            "oneway": "int8",
            "junction": TEXT,
            "tunnel": "bool",
            "bridge": "bool",
            "motorroad": "bool",
            "area": "bool",
            "bus": "bool",
            "foot": TEXT,
            "footway": TEXT,
        },
        "shops": {
            "id": TEXT,
            "name": TEXT,
            "category": TEXT,
            "hours": TEXT,
            "source": TEXT,
        },
        "facilities": {
            "id": TEXT,
            "name": TEXT,
            "category": TEXT,
            "hours": TEXT,
            "tags": TEXT,
            "source": TEXT,
        },
        "districts": {
            "adcode": TEXT,
            "name": TEXT,
            "level": "Int64",
            "population": "float64",
            "residential": TEXT,
        },
        "areas": {"kind": TEXT},
        "bus_stops": {"id": TEXT, "name": TEXT},
        "landscape": {"kind": TEXT},
        "demand": {
            "id": TEXT,
            "name": TEXT,
            "people": "float64",
            **dict.fromkeys(GROUPS, "float64"),
            "located_by": TEXT,
            "adcode": TEXT,
            "source": TEXT,
        },
        "zones": {
            "id": TEXT,
            "kind": TEXT,
            "name": TEXT,
            "urban": TRUTH,
            "adcode": TEXT,
            "source": TEXT,
        },
    }
)
ZONES = ("built_up", "community", "subdistrict", "compound", "civilised_unit")
STATIONS = "stations"
# layers of the register without places
TABLES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "units": {
            "id": TEXT,
            "name": TEXT,
            "adcode": TEXT,
            "civilised": TRUTH,
            "organisation": TRUTH,
            "platform_id": TEXT,
            "headcount": "float64",
            "source": TEXT,
        },
        "projects": {
            "id": TEXT,
            "station_id": TEXT,
            "name": TEXT,
            "service": TEXT,
            "published": TEXT,
            "source": TEXT,
        },
        "activities": {
            "id": TEXT,
            "station_id": TEXT,
            "unit_id": TEXT,
            "name": TEXT,
            "date": DATE,
            "place": TEXT,
            "served": TEXT,
            "content": TEXT,
            "hours": "float64",
            "quality": TEXT,
            "reported": TRUTH,
            "post_in_charge": TEXT,
            "post_recording": TEXT,
            "source": TEXT,
        },
        "counts": {
            "subject": TEXT,
            "subject_kind": TEXT,
            "name": TEXT,
            "period": TEXT,
            "count": TEXT,
            "value": "float64",
            "source": TEXT,
        },
        "exemptions": {
            "id": TEXT,
            "rule_id": TEXT,
            "subject_id": TEXT,
            "from_m": "float64",
            "to_m": "float64",
            "reason": TEXT,
            "approver": TEXT,
            "until": DATE,
            "source": TEXT,
        },
    }
)
REGISTER = (STATIONS, *TABLES)
INSPECTIONS = "inspections"
"""What inspectors found: rows that are added to the register, and never changed by a list."""
_ADDED: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        INSPECTIONS: {
            **dict.fromkeys(("id", "station_id", "checklist", "visit", "at", "claimed_at"), TEXT),
            **dict.fromkeys(("found", "result", "adcode", "unit_id"), TEXT),
            "details": TRUTH,
        }
    }
)
LABELS: Mapping[str, str] = MappingProxyType(
    {
        "ways": N_("roads"),
        "shops": N_("shops"),
        "facilities": N_("facilities"),
        "districts": N_("districts"),
        "areas": N_("commercial areas"),
        "bus_stops": N_("bus stops"),
        "landscape": N_("waters, parks, buildings"),
        "zones": N_("zones"),
        "demand": N_("where people live"),
        "built_up": N_("built-up areas"),
        "community": N_("communities"),
        "subdistrict": N_("sub-districts"),
        "compound": N_("compounds"),
        "civilised_unit": N_("civilised units"),
        "units": N_("units"),
        "projects": N_("projects"),
        "activities": N_("activities"),
        "counts": N_("counts"),
        "exemptions": N_("exemptions"),
        STATIONS: N_("stations"),
        INSPECTIONS: N_("inspections"),
        # kinds of import that are not called as their layer
        "osm": N_("OpenStreetMap data"),
        "streets": N_("streets"),
        "built-up": N_("built-up areas"),
        "communities": N_("communities"),
        "subdistricts": N_("sub-districts"),
        "compounds": N_("compounds"),
        "civilised-units": N_("civilised units"),
        "indicators": N_("counts"),
    }
)
_INTERNAL = frozenset({"tags", "residential", "hours"})  # stored, but no part of a contract
FINDINGS: Mapping[str, str] = MappingProxyType(
    {
        "finding_id": TEXT,
        "rule_id": "category",
        "kind": "category",
        "subject_kind": "category",
        "subject_id": TEXT,
        "subject_name": TEXT,
        "adcode": TEXT,
        "state": "category",
        "force": "category",
        "measured": "float64",
        "limit": "float64",
        "unit": "category",
        "message_id": "category",
        "message": TEXT,
        "document": "category",
        "clause": "category",
        "assumed": "bool",
    }
)
STREETS: Mapping[str, str] = MappingProxyType(
    {"street_id": TEXT, "name": TEXT, "part": "int64", "adcode": TEXT, "length_m": "float64"}
)
GAPS: Mapping[str, str] = MappingProxyType(
    {
        "gap_id": TEXT,
        "street_id": TEXT,
        "street_name": TEXT,
        "street_class": TEXT,
        "adcode": TEXT,
        "part": "int64",
        "side": TEXT,
        "from_m": "float64",
        "to_m": "float64",
        "length_m": "float64",
        "points_needed": "int64",
        "frontage": TEXT,
        "shops_m": "float64",
        "rule_id": TEXT,
        "document": TEXT,
        "clause": TEXT,
    }
)
_KEYS = {
    "ways": "way_id",
    "shops": "id",
    "facilities": "id",
    "districts": "adcode",
    "bus_stops": "id",
    "zones": "id",
    "demand": "id",
}


def conform(layer: str, frame: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return `frame` with exactly the stored columns of a layer, in order, with their dtypes.

    A column that is not there is missing text, False or 0; geometry is taken as EPSG:4326.
    """
    if layer == STATIONS:
        return stations.conform(gpd.GeoDataFrame(frame, geometry="geometry", crs=WGS84))
    dtypes = {**_columns(layer), "source": TEXT}
    columns = {
        name: _cast(frame.get(name), dtype, size=len(frame)) for name, dtype in dtypes.items()
    }
    nowhere = np.full(len(frame), None, dtype=object)
    geometry = np.asarray(frame.get("geometry", nowhere), dtype=object)
    return gpd.GeoDataFrame(columns, geometry=geometry, crs=WGS84)


def empty(layer: str) -> pd.DataFrame:
    """Return a layer without rows: a GeoDataFrame, or a DataFrame for one of `TABLES`."""
    if layer == STATIONS:
        return stations.empty()
    return _unplaced(layer, conform(layer, pd.DataFrame()))


def typed(columns: Mapping[str, str]) -> gpd.GeoDataFrame:
    """Return a frame without rows: the columns with their dtypes, and a geometry."""
    data = {name: pd.Series([], dtype=dtype) for name, dtype in columns.items()}
    return gpd.GeoDataFrame(data, geometry=np.array([], dtype=object), crs=WGS84)


def stored(version: Version | None, layer: str) -> gpd.GeoDataFrame | None:
    """Return a layer as an import wrote it; None where the version has none."""
    frame = version.read(layer) if version else None
    if frame is not None and layer in ATLAS and not set(ATLAS[layer]) <= set(frame.columns):
        return conform(layer, frame)  # written before some columns were stored
    if frame is not None and layer != STATIONS:
        # a file tells a column of True and False from one that holds None too
        truths = {name: TRUTH for name, dtype in _columns(layer).items() if dtype == TRUTH}
        frame = frame.astype(truths) if truths else frame
    return frame


def read(version: Version | None, layer: str) -> Any:
    """Return a layer, without rows where the version has none.

    Returns
    -------
    GeoDataFrame
        In EPSG:4326; or a DataFrame for one of `TABLES`.
    """
    frame = stored(version, layer)
    return empty(layer) if frame is None else _unplaced(layer, frame)


def public(layer: str, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the columns that a layer shows, in the order of the contract."""
    if layer not in ATLAS:
        return frame
    return frame[[name for name in (*ATLAS[layer], "geometry") if name not in _INTERNAL]]


def _unplaced(layer: str, frame: gpd.GeoDataFrame) -> pd.DataFrame:
    return pd.DataFrame(frame[list(TABLES[layer])]) if layer in TABLES else frame


def _columns(layer: str) -> Mapping[str, str]:
    return (ATLAS if layer in ATLAS else _ADDED if layer in _ADDED else TABLES)[layer]


def registered(layer: str) -> bool:
    """Whether rows of a layer go into the register, one by one."""
    return layer in REGISTER or layer in _ADDED


def replace_source(
    old: gpd.GeoDataFrame | None, fresh: gpd.GeoDataFrame, *, layer: str, source: str
) -> tuple[gpd.GeoDataFrame, NDArray[np.bool_], int]:
    """Put what a source brings now in the place of what it brought before.

    Returns
    -------
    frame : GeoDataFrame
        Rows of other sources as they were, `fresh` where the source's rows stood, else last.
    unchanged : ndarray of bool
        Which rows of `fresh` the same source had brought before.
    removed : int
        Rows with an id that the source had brought before and brings no more.
    """
    if old is None:
        return fresh, np.zeros(len(fresh), dtype=bool), 0
    own = (old["source"] == source).to_numpy()
    if layer == "zones":
        # one file may bring several kinds, each with an import of its own
        own = own & old["kind"].isin(fresh["kind"]).to_numpy()
    before, now = row_hashes(old[own]), row_hashes(fresh)
    unchanged = np.isin(_with_ordinal(now), _with_ordinal(before))
    key = _KEYS.get(layer)
    removed = int((~old.loc[own, key].isin(fresh[key])).sum()) if key else 0
    if not own.all():
        # in the place of the old rows, so that the same file again leaves the same layer
        start = int(own.argmax()) if own.any() else len(old)
        head, tail = old[:start], old[start:][~own[start:]]
        fresh = conform(layer, pd.concat([head, fresh, tail], ignore_index=True))
    return fresh, unchanged, removed


def row_hashes(frame: gpd.GeoDataFrame) -> NDArray[np.uint64]:
    """Hash of every row's content, geometry included."""
    plain = pd.DataFrame(frame.drop(columns="geometry"))
    plain["geometry"] = shapely.to_wkb(frame.geometry.to_numpy())
    hashes: NDArray[np.uint64] = pd.util.hash_pandas_object(plain, index=False).to_numpy()
    return hashes


def content_ids(parts: pd.DataFrame, *, prefix: str) -> NDArray[np.object_]:
    """Ids for rows that have none: a hash of what the columns say, and an ordinal for repeats."""
    rows = zip(*(parts[name].tolist() for name in parts), strict=True)
    texts = ("\x1f".join("" if _is_missing(v) else str(v) for v in row) for row in rows)
    hashes = [hashlib.sha256(text.encode()).hexdigest()[:12] for text in texts]
    digest = pd.Series(hashes, index=parts.index, dtype="object")
    ordinal = digest.groupby(digest).cumcount()
    ids = prefix + digest + ("-" + (ordinal + 1).astype(str)).where(ordinal > 0, "")
    return np.asarray(ids, dtype=object)


def _is_missing(value: Any) -> bool:
    return value is None or value != value


def _with_ordinal(hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Hashes that tell the first of several equal rows from the second, and so on."""
    ordinal = pd.Series(hashes).groupby(hashes).cumcount().to_numpy().astype(np.uint64)
    return np.asarray(hashes + ordinal * np.uint64(0x9E3779B97F4A7C15))


def _cast(values: Any, dtype: str, *, size: int) -> pd.Series:
    if values is None:
        fill: Any = {"bool": False, "int8": 0, "int64": 0}.get(dtype)
        return pd.Series([fill] * size, dtype=dtype)
    series = pd.Series(values).reset_index(drop=True)
    if dtype in (TEXT, TRUTH):
        series = series.astype("object").where(series.notna(), None)
    return series.astype(dtype)
