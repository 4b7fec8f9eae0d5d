"""Small streets drawn in metres around a place in Zhejiang."""

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import shapely

from stationmap import standards
from stationmap.crs import local_crs
from stationmap.streets import Streets, build

CRS = local_crs([118.89, 118.91], [28.94, 28.96])
RULE = standards.load("quzhou-2018").rule()
WAY = {
    "name": "",
    "name_en": "",
    "name_alt": "",
    "highway": "secondary",
    "oneway": 0,
    "junction": "",
    "tunnel": False,
    "bridge": False,
    "motorroad": False,
    "area": False,
    "bus": False,
}


def way(way_id: int, xy: Sequence[tuple[float, float]], **tags: Any) -> dict[str, Any]:
    return {"way_id": way_id, **WAY, **tags, "geometry": shapely.LineString(xy)}


def layer(rows: list[dict[str, Any]], columns: Sequence[str]) -> gpd.GeoDataFrame:
    frame = gpd.GeoDataFrame(rows, columns=[*columns, "geometry"], geometry="geometry", crs=CRS)
    return frame.to_crs(4326)


def points(xy: Sequence[tuple[float, float]]) -> gpd.GeoDataFrame:
    rows = [
        {"id": str(i), "name": "", "category": "shop", "source": "t", "geometry": shapely.Point(p)}
        for i, p in enumerate(xy)
    ]
    return layer(rows, ["id", "name", "category", "source"])


def districts(**boxes: tuple[float, float, float, float]) -> gpd.GeoDataFrame:
    rows = [
        {"adcode": code[1:], "name": code, "level": 6, "geometry": shapely.box(*box)}
        for code, box in boxes.items()
    ]
    return layer(rows, ["adcode", "name", "level"])


def streets(
    ways: list[dict[str, Any]],
    *,
    shops: gpd.GeoDataFrame | None = None,
    within: gpd.GeoDataFrame | None = None,
    retail: Sequence[tuple[float, float, float, float]] = (),
    bus_stops: Sequence[tuple[float, float]] = (),
    complete: Sequence[str] = (),
    crs: Any = CRS,
    **changes: Any,
) -> Streets:
    areas = [{"kind": "retail", "geometry": shapely.box(*box)} for box in retail]
    stops = [{"id": "b", "name": "", "geometry": shapely.Point(p)} for p in bus_stops]
    return build(
        layer(ways, ["way_id", *WAY]),
        points([]) if shops is None else shops,
        rule=RULE.model_copy(update=changes),
        districts=districts() if within is None else within,
        areas=layer(areas, ["kind"]),
        bus_stops=layer(stops, ["id", "name"]),
        crs=crs,
        complete=complete,
    )


def lengths(made: Streets) -> list[float]:
    return sorted(round(length, 2) for length in made.parts["length_m"])


def frontage(made: Streets, side: str = "both") -> list[tuple[float, float, str]]:
    rows = made.stretches[made.stretches["side"] == side]
    return [
        (round(a, 3), round(b, 3), kind)
        for a, b, kind in zip(rows["from_m"], rows["to_m"], rows["frontage"], strict=True)
    ]
