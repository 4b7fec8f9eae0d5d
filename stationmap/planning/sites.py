"""Everywhere along streets where a station stands or could, and what would be left of the gaps."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from stationmap.checks.kerbs import Prepared, rows_of
from stationmap.checks.matching import match
from stationmap.checks.spacing_rule import Cut, cut
from stationmap.covering import B, F, I, Placed, ticks
from stationmap.crs import to_metric, to_wgs84
from stationmap.errors import InputError
from stationmap.linear import interpolate
from stationmap.planning.free import free_places
from stationmap.planning.windows import Along

SITES = (
    "candidate_id",
    "host_kind",
    "host_id",
    "front",
    "name",
    "category",
    "suitability",
    "adcode",
    "geometry",
)


@dataclass(frozen=True)
class Sites:
    """Points where stations stand (the first `fixed`) or could, and the kerbs that they serve.

    Attributes
    ----------
    prepared : Prepared
    kerb : (k,) int64
        Kerbs planned for, as `prepared` numbers them.
    fixed : int
    table : GeoDataFrame
        `SITES` of the points that follow the fixed ones, EPSG:4326: candidates by their id, then
        free-standing ones.
    x, y : (n,) float64
        Planar metres of all points.
    placed, point
        Places of all points along all kerbs, and which point each is of.
    """

    prepared: Prepared
    kerb: I
    fixed: int
    table: gpd.GeoDataFrame
    x: F
    y: F
    placed: Placed
    point: I

    @classmethod
    def of(
        cls, prepared: Prepared, kerb: I, *, fixed: gpd.GeoDataFrame, table: gpd.GeoDataFrame
    ) -> "Sites":
        """Find which kerbs fixed stations and candidates count on.

        Raises
        ------
        CrsError
            When one of the frames has no CRS.
        InputError
            When a candidate is no point.
        """
        wrong = np.flatnonzero(shapely.get_type_id(table.geometry.to_numpy()) > 0)
        if wrong.size:
            raise InputError(
                "candidate {candidate} is a {kind}: expected a point",
                candidate=table["candidate_id"].iloc[wrong[0]],
                kind=table.geometry.iloc[wrong[0]].geom_type,
            )
        planar = [to_metric(frame[["geometry"]], prepared.lines.crs) for frame in (fixed, table)]
        points = np.concatenate([frame.geometry.to_numpy() for frame in planar])
        points[shapely.is_empty(points)] = None
        x, y = shapely.get_x(points), shapely.get_y(points)
        return cls._placed(prepared, kerb, len(fixed), table, x, y)

    @classmethod
    def _placed(
        cls, prepared: Prepared, kerb: I, fixed: int, table: gpd.GeoDataFrame, x: F, y: F
    ) -> "Sites":
        matches = match(prepared, x, y)
        placed, row = matches.on_kerbs(prepared.sides)
        return cls(prepared, kerb, fixed, table, x, y, placed, matches.station[row])

    def __len__(self) -> int:
        return len(self.x)

    @property
    def is_fixed(self) -> B:
        """Whether a station stands there."""
        found: B = np.arange(len(self)) < self.fixed
        return found

    @property
    def is_free(self) -> B:
        """Whether the point is free-standing."""
        free = (self.table["host_kind"] == "free").to_numpy(dtype=np.bool_)
        return np.concatenate((np.zeros(self.fixed, np.bool_), free))

    @property
    def suitability(self) -> F:
        """Suitability of each point; 0 of fixed ones."""
        own = self.table["suitability"].to_numpy(dtype=np.float64)
        return np.concatenate((np.zeros(self.fixed), own))

    def along(self) -> Along:
        """Return the runs planned for, with all points along them."""
        return Along.of(self.prepared, self.kerb, self.placed, self.point)

    def with_free_standing(self) -> "Sites":
        """Add the free-standing points that can be of use."""
        kerb, at_m = free_places(self.along())
        spots = np.column_stack((kerb // len(self.prepared.sides), ticks(at_m)))
        once = np.sort(np.unique(spots, axis=0, return_index=True)[1])
        table = free_table(self.prepared, kerb[once], at_m[once])
        own = table.geometry.to_crs(self.prepared.lines.crs).to_numpy()
        return self._placed(
            self.prepared,
            self.kerb,
            self.fixed,
            pd.concat([self.table, table], ignore_index=True),
            np.concatenate((self.x, shapely.get_x(own))),
            np.concatenate((self.y, shapely.get_y(own))),
        )

    def cut(self, there: B) -> Cut:
        """Apply the rule to the kerbs planned for, with some of the points."""
        owner, row = rows_of(self.placed.first, self.kerb)
        keep = there[self.point[row]]
        count = np.bincount(owner[keep], minlength=len(self.kerb))
        first = np.concatenate(([0], np.cumsum(count)))
        return cut(self.prepared, self.kerb, Placed(self.placed.at_m[row[keep]], first))


def free_table(prepared: Prepared, kerb: I, at_m: F) -> gpd.GeoDataFrame:
    """Return `SITES` of free-standing points on the lines of kerbs, at chainages of them."""
    sides = len(prepared.sides)
    line = kerb // sides
    x, y = interpolate(prepared.lines, line, at_m)
    parts = prepared.parts.iloc[line]
    names = [
        f"free:{street}:{part}:{at:.4f}:{prepared.sides[side]}"
        for street, part, at, side in zip(
            parts["street_id"], parts["part"], at_m, kerb % sides, strict=True
        )
    ]
    frame = pd.DataFrame(
        {
            "candidate_id": pd.array(names, dtype="str"),
            "host_kind": "free",
            "host_id": None,
            "front": None,
            "name": None,
            "category": None,
            "suitability": 0.0,
            "adcode": parts["adcode"].to_numpy(),
        }
    )
    points = shapely.points(x, y)
    return to_wgs84(gpd.GeoDataFrame(frame, geometry=points, crs=prepared.lines.crs))[list(SITES)]
