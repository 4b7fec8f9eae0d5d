"""In which district things lie, and which districts hold which."""

import geopandas as gpd
import pandas as pd
import shapely

from stationmap.checks.facts import EVERYWHERE, stem


def covers(codes: set[str], code: str) -> bool:
    """Whether a district lies in one of some districts."""
    return EVERYWHERE in codes or (
        code != EVERYWHERE and any(code.startswith(stem(c)) for c in codes)
    )


def with_adcode(
    frame: gpd.GeoDataFrame, *, districts: gpd.GeoDataFrame, city: str
) -> gpd.GeoDataFrame:
    """Where a station lies decides; what lies in no district keeps what its list says.

    Without districts the city is one; a city without a code leaves it unknown.
    """
    if districts.empty:
        return frame.assign(adcode=frame["adcode"].fillna(city or None).astype("str"))
    points = frame.loc[frame.geometry.notna(), ["geometry"]]
    if not (shapely.get_type_id(points.geometry.to_numpy()) == 0).all():
        points = points.set_geometry(points.geometry.representative_point())
    inside = points.sjoin(districts[["adcode", "geometry"]], predicate="intersects")
    # of nested districts the smallest
    size = pd.Series(shapely.area(districts.geometry.to_numpy()), index=districts.index)
    inside = inside.assign(size=size.loc[inside["index_right"]].to_numpy())
    # a district without a code of its own tells less than the one around it
    inside["coded"] = inside["adcode"].astype("str").str.fullmatch("[0-9]{6,12}")
    inside = inside.sort_values(["coded", "size"], ascending=[False, True])
    found = inside[~inside.index.duplicated()]["adcode"]
    return frame.assign(adcode=found.reindex(frame.index).fillna(frame["adcode"]).astype("str"))
