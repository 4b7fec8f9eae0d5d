"""Where the places of a plan are, so that somebody can find them: streets, chainages, hosts."""

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from stationmap.messages import N_
from stationmap.reports.plan_dossier import PlanDossier
from stationmap.reports.plan_words import HOST_KINDS
from stationmap.reports.wording import Say, text

SIDES: Mapping[str, str] = {"left": N_("left side"), "right": N_("right side")}
NEAR_M = 300.0
"""A named street so far from an end of an unnamed one, at most, tells where that is."""
DECIMALS = 5


class Places:
    """Words for the places of one plan.

    Parameters
    ----------
    dossier : PlanDossier
    say : Say
        Renders a template in the reader's language.
    """

    def __init__(self, dossier: PlanDossier, say: Say) -> None:
        self._say = say
        frames = [f for f in (dossier.streets, dossier.other_streets) if f is not None]
        parts = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
        parts = parts.reindex(columns=["street_id", "part", "name", "geometry"])
        self.names = {
            own: name for own, name in zip(parts["street_id"], parts["name"], strict=True) if name
        }
        count = parts["street_id"].value_counts()
        self._several = frozenset(count.index[count > 1])
        named = parts["name"].fillna("") != ""
        self._named = parts[named].reset_index(drop=True)
        self._tree = shapely.STRtree(self._named["geometry"].to_numpy(dtype=object))
        unnamed = parts[~named]
        keys = zip(unnamed["street_id"], unnamed["part"], strict=True)
        self._unnamed = dict(zip(keys, unnamed["geometry"], strict=True))

    def street(self, name: Any, own_id: Any, part: Any = None) -> str:
        """Return a street's name; one without is told by the named streets at its ends."""
        if text(name):
            return text(name)
        unnamed = self._say(N_("(unnamed)"))
        line = None if part is None or pd.isna(part) else self._unnamed.get((own_id, int(part)))
        ends = [] if line is None else list(dict.fromkeys(self._ends(line)))
        if len(ends) == 2:
            return self._say(
                N_("{unnamed}, from {one} to {other}"), unnamed=unnamed, one=ends[0], other=ends[1]
            )
        if ends:
            return self._say(N_("{unnamed}, by {one}"), unnamed=unnamed, one=ends[0])
        return f"{unnamed} {text(own_id).rpartition('-')[2]}".strip()

    def _ends(self, line: Any) -> list[str]:
        found = []
        for at in (0.0, 1.0):
            end = shapely.line_interpolate_point(line, at, normalized=True)
            near = self._tree.query_nearest(end, max_distance=NEAR_M, all_matches=False)
            found += [str(self._named["name"].iloc[int(row)]) for row in near[:1]]
        return found

    def part(self, street_id: Any, part: Any) -> int | None:
        """Return the number of a part; None on a street of one part."""
        return None if street_id not in self._several or pd.isna(part) else int(part)

    def along(self, street_id: Any, part: Any, said: str) -> str:
        """Put the part of the street before a chainage, where there are several."""
        number = self.part(street_id, part)
        if number is None:
            return said
        return self._say(N_("part {part}: {at}"), part=number, at=said)

    def chainage(self, row: Mapping[str, Any]) -> str:
        """Return where along its street a station stands: part, metres, side; "–" for nowhere."""
        if pd.isna(row["chainage_m"]):
            return "–"
        side = SIDES.get(text(row["side"]))
        said = f"{row['chainage_m']:,.0f}" + (f" {self._say(side)}" if side else "")
        return self.along(row["street_id"], row["part"], said)

    def host(self, row: Mapping[str, Any]) -> str:
        """Name the host of a station; what has no name is told by its coordinates."""
        free = row["host_kind"] == "free"
        if not free and text(row["name"]):
            return text(row["name"])
        called = self._say(HOST_KINDS["free"] if free else N_("(without a name)"))
        lon, lat = degrees(gpd.GeoSeries([row["geometry"]]))
        return (
            called if np.isnan(lon[0]) else f"{called} {lon[0]:.{DECIMALS}f}, {lat[0]:.{DECIMALS}f}"
        )


def degrees(shapes: gpd.GeoSeries) -> tuple[Any, Any]:
    """Return longitude and latitude of points in EPSG:4326, to `DECIMALS`; NaN for none."""
    points = shapely.centroid(shapes.to_numpy(dtype=object))
    return shapely.get_x(points).round(DECIMALS), shapely.get_y(points).round(DECIMALS)
