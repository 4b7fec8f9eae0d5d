"""Small towns to plan for, and the best plan found by trying everything."""

import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import LineString, Point
from spacing_towns import CRS, random_town, stations_of

from stationmap.checks.spacing import check
from stationmap.crs import to_wgs84

CLOSE = 50  # ticks (5 mm): sums of gaps that are one piece or two differ by their rounding


def candidates_of(points, *, suitability=None, prefix="c"):
    """Candidates at points of the towns' CRS, with ids that sort as the points stand."""
    ids = [f"shop:{prefix}{number:03d}" for number in range(len(points))]
    frame = {
        "candidate_id": ids,
        "host_kind": "shop",
        "host_id": [one.removeprefix("shop:") for one in ids],
        "name": "店",
        "category": "bank",
        "hours": None,
        "partner": False,
        "front_m": np.nan,
        "suitability": np.zeros(len(ids)) if suitability is None else suitability,
        "adcode": "330802",
    }
    return to_wgs84(gpd.GeoDataFrame(frame, geometry=list(points), crs=CRS))


def none_fixed():
    return stations_of([])


def line(length, *, y=0.0, x=0.0):
    return LineString([(x, y), (x + length, y)])


def ring(radius, *, x=0.0, y=0.0, corners=360):
    angle = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    xy = np.column_stack((x + radius * np.cos(angle), y + radius * np.sin(angle)))
    return LineString(np.vstack((xy, xy[:1])))


def on(street, *at_m):
    return [Point(street.interpolate(at).coords[0]) for at in at_m]


def planned_town(seed, *, most, sides="both"):
    """A random town, the stations that are fixed, and up to `most` candidates."""
    rng = np.random.default_rng(seed)
    town, stations = random_town(seed, sides=sides, stations=most + int(rng.integers(0, 4)))
    fixed = stations.iloc[most:].reset_index(drop=True)
    own = rng.integers(0, 4, most) / 10
    return town, fixed, candidates_of(list(stations.geometry[:most]), suitability=own)


def with_plan(fixed, *frames):
    """The fixed stations, and what plans propose, as stations."""
    rows = [to_wgs84(fixed)[["station_id", "geometry"]]]
    rows += [
        frame[["proposal_id", "geometry"]].rename(columns={"proposal_id": "station_id"})
        for frame in frames
    ]
    return gpd.GeoDataFrame(pd.concat(rows, ignore_index=True), geometry="geometry", crs=4326)


def subsets(prepared, fixed, candidates):
    """Every subset of candidates: ticks of gap, points needed and ticks covered, by the check."""
    own = candidates.to_crs(CRS).rename(columns={"candidate_id": "station_id"})
    stations = pd.concat([fixed, own[["station_id", "geometry"]]], ignore_index=True)
    for size in range(len(own) + 1):
        for rows in itertools.combinations(range(len(own)), size):
            there = [*range(len(fixed)), *(len(fixed) + row for row in rows)]
            found = check(prepared, stations.iloc[there]).summary()
            yield (
                rows,
                (
                    round(found["gap_m"] * 1e4),
                    found["points_needed"],
                    round(found["covered_m"] * 1e4),
                ),
            )
