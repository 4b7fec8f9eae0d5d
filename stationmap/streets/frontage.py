"""Shop frontage: which stretches of a street have shops along them."""

from collections.abc import Sequence
from typing import Protocol

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from stationmap.linear import Lines, locate
from stationmap.streets.intervals import Axis
from stationmap.streets.network import Bools, Ints, Lineworks


class Frontage(Protocol):
    """How shops become frontage: distances in metres, limits as in `shop_feet` and `busy`."""

    @property
    def reach_m(self) -> float:
        """Farthest a shop may lie from a street that it fronts, inclusive."""

    @property
    def reach_main_m(self) -> float:
        """The same on trunk and primary roads."""

    @property
    def front_m(self) -> float:
        """What a shop fronts to each side of its foot point."""

    @property
    def join_m(self) -> float:
        """Stretches closer than this join."""

    @property
    def min_shops(self) -> int:
        """Fewest shops of a commercial street."""

    @property
    def min_share(self) -> float:
        """Least share of shop frontage of a commercial street, inclusive."""


class StreetRule(Protocol):
    """What a rule says of the streets along which it holds."""

    @property
    def along(self) -> Sequence[str]:
        """Classes of streets; one of several counts under the first named."""

    @property
    def sides(self) -> str:
        """Say whether both kerbs are one ("both") or checked apart ("each")."""

    @property
    def frontage(self) -> Frontage:
        """Distances of shop frontage."""


ON_LINE_M = 0.5
"""What stands closer to a street's line than this is on both of its sides."""


def shop_feet(
    lines: Lines,
    geometry: Lineworks,
    *,
    twins: Lineworks,
    twin_line: Ints,
    shops: gpd.GeoDataFrame,
    reach_m: float,
) -> pd.DataFrame:
    """Find the foot points of shops on the lines that they lie within reach of.

    A shop drawn as an outline is measured from the outline. What lies within reach of a twin
    counts too; its foot is the point of the measured line that is nearest to the shop.

    Returns
    -------
    DataFrame
        line, shop (row), at_m, offset_m (+ left), distance_m (to the nearer carriageway); one row
        for each line and shop with ``distance_m <= reach_m`` (rounded to 0.1 mm).
    """
    places = np.asarray(shops.geometry.values, dtype=object)
    target = np.concatenate([geometry, twins])
    target_line = np.r_[np.arange(len(geometry)), twin_line]
    if not len(places) or not len(target):
        return pd.DataFrame(columns=["line", "shop", "at_m", "offset_m", "distance_m"], dtype=float)
    shop, hit = shapely.STRtree(target).query(places, predicate="dwithin", distance=reach_m * 1.001)
    line = target_line[hit]
    distance = np.round(shapely.distance(places[shop], target[hit]) / lines.scale[line], 4)
    found = pd.DataFrame({"line": line, "shop": shop, "distance_m": distance})
    found = found[found["distance_m"] <= reach_m]
    found = found.groupby(["line", "shop"], as_index=False)["distance_m"].min()
    line, shop = found["line"].to_numpy(), found["shop"].to_numpy()
    nearest = shapely.get_point(shapely.shortest_line(places[shop], geometry[line]), 0)
    outline = shapely.get_dimensions(places[shop]) > 0
    place = np.where(outline, nearest, places[shop])
    xy = shapely.get_coordinates(place)
    at_m, _, offset_m = locate(lines, line, xy[:, 0], xy[:, 1])
    return found.assign(at_m=at_m, offset_m=offset_m)


def shop_stretches(
    feet: pd.DataFrame, *, axis: Axis, front_m: float, join_m: float, each_side: bool
) -> pd.DataFrame:
    """Join the stretches that shops front: columns line, from_m, to_m, side; sorted, disjoint.

    Each shop fronts `front_m` to either side of its foot; neighbours closer than `join_m` join.
    """
    sides: dict[str, Bools | slice] = {"both": slice(None)}
    if each_side:
        offset = feet["offset_m"].to_numpy(dtype=float)
        sides = {"left": offset > -ON_LINE_M, "right": offset < ON_LINE_M}
    found = []
    for side, rows in sides.items():
        line = feet["line"].to_numpy(dtype=np.int64)[rows]
        at = feet["at_m"].to_numpy(dtype=float)[rows]
        line, low, high = axis.merge(line, at - front_m, at + front_m, closer_than_m=join_m)
        found.append(pd.DataFrame({"line": line, "from_m": low, "to_m": high, "side": side}))
    return pd.concat(found, ignore_index=True)
