"""The tables of plans that serve places: proposals, what stays out of reach, the curve."""

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stationmap.messages import N_
from stationmap.planning.plan import CURVE, PROPOSALS, UNCOVERABLE

F = NDArray[np.float64]
B = NDArray[np.bool_]
I = NDArray[np.int64]  # noqa: E741

FEWER = N_(
    "{budget} new stations were asked for and {count} are enough: no further candidate serves "
    "anybody new"
)


def proposals(
    candidates: gpd.GeoDataFrame,
    *,
    prefix: str,
    rule_id: str | None,
    site_type: str | None,
    alone: F,
    adds: F,
    ordered: bool = True,
) -> gpd.GeoDataFrame:
    """Return candidates as proposals, in their order.

    Parameters
    ----------
    candidates : GeoDataFrame
        Those chosen, in building order: candidate_id, host_kind, host_id, name, category,
        suitability, adcode, geometry in EPSG:4326.
    prefix : str
        How their ids begin; the candidate's follows.
    rule_id, site_type : str or None
    alone, adds : array of float
        What each covers alone, and at its turn.
    ordered : bool
        Whether they have an order at all: those that are only suggested have none.
    """
    size = len(candidates)
    order = np.arange(1, size + 1) if ordered else [None] * size
    nothing = np.full(size, np.nan)
    columns: dict[str, Any] = {
        "proposal_id": prefix + "-" + candidates["candidate_id"].astype("str").to_numpy(object),
        "rule_id": rule_id,
        "type": site_type,
        **{
            name: _or_none(candidates[name])
            for name in ("host_kind", "host_id", "name", "category", "adcode")
        },
        "front": None,
        "suitability": candidates["suitability"].to_numpy(dtype=np.float64),
        "street_id": None,
        "street_name": None,
        "part": pd.array([None] * size, dtype="Int64"),
        "side": None,
        "chainage_m": nothing,
        "also": "",
        "covers_m": alone,
        "adds": adds,
        "closes_m": nothing,
        "order": pd.array(order, dtype="Int64"),
    }
    return gpd.GeoDataFrame(
        {name: columns[name] for name in PROPOSALS[:-1]},
        geometry=candidates.geometry.to_numpy(),
        crs="EPSG:4326",
        index=pd.RangeIndex(size),
    )


def uncoverable(
    rows: gpd.GeoDataFrame, *, kind: str, weight: F, reasons: Sequence[Any]
) -> gpd.GeoDataFrame:
    """Return subjects that nobody can cover.

    Parameters
    ----------
    rows : GeoDataFrame
        id, name, adcode, geometry in EPSG:4326.
    kind : str
        "people" or "place".
    weight : array of float
    reasons : sequence of messages
    """
    size = len(rows)
    nothing = np.full(size, np.nan)
    told = np.empty(size, dtype=object)
    told[:] = list(reasons)
    columns: dict[str, Any] = {
        "kind": kind,
        "subject_id": rows["id"].to_numpy(dtype=object),
        "name": _or_none(rows["name"]),
        "adcode": _or_none(rows["adcode"]),
        "part": pd.array([None] * size, dtype="Int64"),
        "side": None,
        **dict.fromkeys(("from_m", "to_m", "length_m"), nothing),
        "weight": weight,
        "points_needed": np.ones(size, dtype=np.int64),
        "reason": told,
    }
    return gpd.GeoDataFrame(
        {name: columns[name] for name in UNCOVERABLE[:-1]},
        geometry=rows.geometry.to_numpy(),
        crs="EPSG:4326",
        index=pd.RangeIndex(size),
    )


def curve(values: F, bounds: F, *, total: float) -> pd.DataFrame:
    """Return the curve of 0, 1, … new stations: values reached, and their proven bounds."""
    share = values / total if total > 0 else np.ones(len(values))
    gap = np.divide(bounds - values, bounds, out=np.zeros(len(values)), where=bounds > 0)
    table = (np.arange(len(values)), values, share, bounds, gap.clip(0.0))
    return pd.DataFrame(dict(zip(CURVE, table, strict=True)))


def _or_none(values: pd.Series) -> NDArray[np.object_]:
    found = values.astype("object")
    return np.asarray(found.where(found.notna(), None), dtype=object)
