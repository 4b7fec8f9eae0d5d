"""Junctions of a city's streets, and which places along the streets have shop frontage."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from stationmap.linear import Lines, locate, within
from stationmap.streets import Streets

SAME_JUNCTION_M = 40.0
"""Nodes of the same streets no farther apart are one junction: carriageways meet several times."""
FRONT_M = 15.0
"""Frontage begins no farther than this along the street from a place that has it."""
_MICRO = 1_000.0  # nodes are the same where their coordinates agree to the millimetre


def junctions(streets: Streets) -> gpd.GeoDataFrame:
    """Find where streets of different names meet in a node that both have.

    Returns
    -------
    GeoDataFrame
        One row a junction, in the streets' CRS: id (the streets' ids, with a number where they
        meet more than once, from west to east), name (their names), adcode (of the first),
        frontage ("shops", "assumed" or "none"), geometry (a point). Streets that cross without a
        common node (bridges) do not meet.
    """
    parts = streets.parts
    lines = pd.concat([parts.geometry, streets.twins.geometry], ignore_index=True)
    owner = np.concatenate([np.arange(len(parts)), streets.twins["line"].to_numpy(dtype=np.int64)])
    xy, row = shapely.get_coordinates(lines.to_numpy(), return_index=True)
    street, ids = pd.factorize(parts["street_id"], sort=True)
    vertices = pd.DataFrame(
        {
            "x": np.rint(xy[:, 0] * _MICRO).astype(np.int64),
            "y": np.rint(xy[:, 1] * _MICRO).astype(np.int64),
            "street": street[owner[row]],
            "vertex": np.arange(len(xy)),
        }
    ).drop_duplicates(["x", "y", "street"])
    shared = vertices[vertices.duplicated(["x", "y"], keep=False)]
    shared = shared.sort_values(["x", "y", "street"])
    meeting = shared.groupby(["x", "y"], sort=True).agg({"street": tuple, "vertex": "first"})
    places = xy[meeting["vertex"].to_numpy(dtype=np.int64)]
    who, known = pd.factorize(meeting["street"])
    cluster = _clusters(places, who)
    # of a cluster the westernmost node speaks: the rows are sorted by x, then y
    first = pd.Series(cluster).drop_duplicates().index.to_numpy()
    who, places = who[first], places[first]
    number = pd.Series(who).groupby(who).cumcount().to_numpy()
    one = parts.drop_duplicates("street_id").set_index("street_id").loc[ids]
    names = one["name"].fillna("").replace("", "–").tolist()
    code = one["adcode"].to_numpy(dtype=object)
    sets = ["×".join(str(ids[s]) for s in members) for members in known]
    called = [" / ".join(names[s] for s in members) for members in known]
    frame = {
        "id": [sets[w] + (f"#{n + 1}" if n else "") for w, n in zip(who, number, strict=True)],
        "name": [called[w] for w in who],
        "adcode": code[[known[w][0] for w in who]],
        "frontage": frontage_at(streets, places[:, 0], places[:, 1], reach_m=SAME_JUNCTION_M),
    }
    return gpd.GeoDataFrame(frame, geometry=shapely.points(places), crs=streets.crs)


def frontage_at(
    streets: Streets, x: ArrayLike, y: ArrayLike, *, reach_m: float
) -> NDArray[np.object_]:
    """Tell for places whether there is shop frontage beside them: "shops", "assumed" or "none".

    Parameters
    ----------
    streets : Streets
    x, y : (n,) array_like
        In the streets' CRS; a place that is not finite has none.
    reach_m : float
        A place lies at a street within this distance of either carriageway, inclusive; frontage
        counts that begins within `FRONT_M` of its foot point on the measured line, inclusive.
    """
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    found: NDArray[np.object_] = np.full(len(x), "none", dtype=object)
    stretches = streets.stretches[streets.stretches["frontage"] != "none"]
    if stretches.empty or not len(x):
        return found
    measured, twins = streets.parts.geometry.to_numpy(), streets.twins.geometry.to_numpy()
    lines = Lines.from_geometries(np.concatenate([measured, twins]), crs=streets.crs)
    place, line, _, _, _ = within(lines, x, y, distance_m=reach_m)
    line = np.concatenate([np.arange(len(measured)), streets.twins["line"].to_numpy(np.int64)])[
        line
    ]
    at_m, _, _ = locate(lines, line, x[place], y[place])
    pairs = pd.DataFrame({"place": place, "line": line, "at_m": at_m})
    pairs = pairs.merge(stretches[["line", "from_m", "to_m", "frontage"]], on="line")
    beside = (pairs["at_m"] >= pairs["from_m"] - FRONT_M) & (
        pairs["at_m"] <= pairs["to_m"] + FRONT_M
    )
    for kind in ("assumed", "shops"):  # known shops speak last
        found[pairs.loc[beside & (pairs["frontage"] == kind), "place"].to_numpy()] = kind
    return found


def _clusters(places: NDArray[np.float64], who: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give places numbers so that near ones of the same streets share a number."""
    pairs = cKDTree(places).query_pairs(SAME_JUNCTION_M, output_type="ndarray")
    pairs = pairs[who[pairs[:, 0]] == who[pairs[:, 1]]]
    ones = np.ones(len(pairs), dtype=bool)
    graph = coo_array((ones, (pairs[:, 0], pairs[:, 1])), shape=(len(places), len(places)))
    _, number = connected_components(graph, directed=False)
    return np.asarray(number, dtype=np.int64)
